//! The crates spoken to from any language: one JSON object a line in, one a line out.
//!
//! It adds no check and no leniency of its own: what it answers is what the public API of the crates says. What is asked in a way that it does not understand is
//! answered with `adapter_usage`, an operation that is not built yet with `not_yet`; it never ends because of its input.

#![allow(clippy::wildcard_enum_match_arm, reason = "of a JSON value one kind is wanted, and all others are not")]

/// What makes a refusal of any error of the crates.
macro_rules! refusal {
    () => {
        |error| crate::adapter::refused(error.code(), error.blame(), &error)
    };
}

mod flows;
mod guard;
mod jwt;
mod messages;
mod profiles;

use std::fmt::Display;

use jwt_core::{Blame, Timestamp, base64url};
use serde_json::{Map, Value, json};

/// Answers lines; keeps flows by number between them.
#[derive(Debug, Default)]
pub struct Adapter {
    flows: flows::Flows,
}

/// The members of an answer, or why there is none.
type Reply = Result<Value, Refusal>;

#[derive(Debug)]
enum Refusal {
    /// The line is not a question that this program understands.
    Usage(String),
    /// The operation is not built yet.
    NotYet,
    /// The crates refused: the answer to the question.
    Refused { code: String, blame: Option<Blame>, message: String },
}

impl Adapter {
    /// An adapter without flows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The answer to one line, without a line break.
    pub fn answer(&mut self, line: &str) -> String {
        let question = serde_json::from_str::<Value>(line);
        let number = question.as_ref().ok().and_then(|question| question.get("n")).cloned();
        let reply = match &question {
            Ok(Value::Object(question)) => self.dispatch(&Question(question)),
            Ok(_) => Err(usage("not a JSON object")),
            Err(error) => Err(usage(error)),
        };
        let mut answer = match reply {
            Ok(Value::Object(members)) => {
                let mut answer = members;
                answer.insert("ok".into(), true.into());
                answer
            }
            Ok(other) => Map::from_iter([("ok".into(), true.into()), ("value".into(), other)]),
            Err(refusal) => refusal.to_members(),
        };
        if let Some(number) = number {
            answer.insert("n".into(), number);
        }
        Value::Object(answer).to_string()
    }

    fn dispatch(&mut self, question: &Question<'_>) -> Reply {
        match question.text("op")? {
            "jwt_verify" => jwt::verify(question),
            "jwt_profile" => profiles::judge(question),
            "dpop_proof" => profiles::dpop_proof(question),
            "jws_verify" => jwt::jws_verify(question),
            "jws_sign" => jwt::jws_sign(question),
            "jwk_parse" => jwt::jwk_parse(question),
            "jwks_parse" => jwt::jwks_parse(question),
            "json_object" => jwt::json_object(question),
            "pkce" => messages::pkce(question),
            "form_decode" => messages::form_decode(question),
            "challenges" => messages::challenges(question),
            "well_known" => messages::well_known(question),
            "metadata" => messages::metadata(question),
            "resource_metadata" => messages::resource_metadata(question),
            "device_response" => messages::device_response(question),
            "token_response" => messages::token_response(question),
            "authorization_response" => messages::authorization_response(question),
            "authorization_url" => messages::authorization_url(question),
            "basic_auth" => messages::basic_auth(question),
            "flow_start" => self.flows.start(question),
            "flow_response" | "flow_failure" | "flow_poll" | "flow_resume" | "flow_store" | "flow_cancel" => {
                self.flows.input(question)
            }
            other => Err(usage(format!("no operation {other:?}"))),
        }
    }
}

impl Refusal {
    fn to_members(&self) -> Map<String, Value> {
        let (code, blame, message) = match self {
            Self::Usage(message) => ("adapter_usage", Some(Blame::Caller), message.as_str()),
            Self::NotYet => ("not_yet", None, "not built yet"),
            Self::Refused { code, blame, message } => (code.as_str(), *blame, message.as_str()),
        };
        let mut members = Map::from_iter([
            ("ok".into(), false.into()),
            ("code".into(), code.into()),
            ("message".into(), message.into()),
        ]);
        if let Some(blame) = blame {
            members.insert("blame".into(), blame.as_str().into());
        }
        members
    }
}

fn usage(message: impl Display) -> Refusal {
    Refusal::Usage(message.to_string())
}

/// A refusal by one of the crates' errors.
fn refused(code: &str, blame: Blame, message: impl Display) -> Refusal {
    Refusal::Refused { code: code.into(), blame: Some(blame), message: message.to_string() }
}

/// One line's object, with readers that answer `adapter_usage` where a member is missing or of another type.
struct Question<'q>(&'q Map<String, Value>);

impl<'q> Question<'q> {
    fn get(&self, name: &str) -> Option<&'q Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn required(&self, name: &str) -> Result<&'q Value, Refusal> {
        self.get(name).ok_or_else(|| usage(format!("{name} is missing")))
    }

    fn optional_text(&self, name: &str) -> Result<Option<&'q str>, Refusal> {
        self.get(name).map(|value| value.as_str().ok_or_else(|| usage(format!("{name} is not a string")))).transpose()
    }

    fn text(&self, name: &str) -> Result<&'q str, Refusal> {
        self.optional_text(name)?.ok_or_else(|| usage(format!("{name} is missing")))
    }

    fn optional_number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.get(name)
            .map(|value| value.as_u64().ok_or_else(|| usage(format!("{name} is not a whole number"))))
            .transpose()
    }

    fn number(&self, name: &str) -> Result<u64, Refusal> {
        self.optional_number(name)?.ok_or_else(|| usage(format!("{name} is missing")))
    }

    fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn now(&self) -> Result<Timestamp, Refusal> {
        self.number("now").map(Timestamp::from_unix)
    }

    fn optional_bytes(&self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        self.optional_text(name)?
            .map(|text| base64url::decode(text).map_err(|_| usage(format!("{name} is not base64url"))))
            .transpose()
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        self.optional_bytes(name)?.ok_or_else(|| usage(format!("{name} is missing")))
    }

    fn optional_texts(&self, name: &str) -> Result<Vec<&'q str>, Refusal> {
        let wrong = || usage(format!("{name} is not a list of strings"));
        self.get(name).map_or(Ok(Vec::new()), |value| {
            value.as_array().ok_or_else(wrong)?.iter().map(|text| text.as_str().ok_or_else(wrong)).collect()
        })
    }

    fn texts(&self, name: &str) -> Result<Vec<&'q str>, Refusal> {
        self.required(name)?;
        self.optional_texts(name)
    }

    fn object(&self, name: &str) -> Result<Question<'q>, Refusal> {
        match self.required(name)? {
            Value::Object(members) => Ok(Question(members)),
            _ => Err(usage(format!("{name} is not an object"))),
        }
    }
}

/// The members of `value` without those that are null.
fn present(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

/// Nothing to say but that it was accepted.
fn accepted() -> Value {
    json!({})
}
