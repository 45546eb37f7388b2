//! The crates spoken to from any language: one JSON object a line in, one a line out.
//!
//! It adds no check and no leniency of its own: what it answers is what the public API of the crates says. What is asked in a way that it does not understand is
//! answered with `adapter_usage`; it never ends because of its input. What a crate reads as JSON (keys, key sets, metadata, signed objects) it gets as the text that
//! stood in the line, so that members that come twice reach it, and numbers, strings and brackets that this program could not hold itself.

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

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str;

use jwt_core::digest::sha256;
use jwt_core::{Blame, Timestamp, base64url};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Answers lines; keeps flows by number between them.
#[derive(Debug, Default)]
pub struct Adapter {
    flows: flows::Flows,
}

/// The members of an answer, or why there is none.
type Reply = Result<Value, Refusal>;

#[derive(Clone, Debug)]
enum Refusal {
    /// The line is not a question that this program understands.
    Usage(String),
    /// The crates refused: the answer to the question.
    Refused { code: String, blame: Blame, message: String },
}

impl Adapter {
    /// An adapter without flows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The answer to one line, without a line break.
    pub fn answer(&mut self, line: &[u8]) -> String {
        let text = str::from_utf8(line).map_err(usage);
        let line = text.and_then(|text| Ok((text, held(text).map_err(usage)?)));
        let (reply, number) = match &line {
            Ok((text, Value::Object(members))) => {
                let question = Question { members, text };
                (self.dispatch(&question), question.source("n").ok())
            }
            Ok(_) => (Err(usage("not a JSON object")), None),
            Err(refusal) => (Err(refusal.clone()), None),
        };
        let mut members = reply.map_or_else(|refusal| refusal.to_members(), accepted);
        // Put back as it stood in the line: not every number survives being read.
        let number = number.and_then(|number| RawValue::from_string(number.to_owned()).ok());
        members.remove("n");
        serde_json::to_string(&Answer { members, n: number }).unwrap_or_default()
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
            Self::Usage(message) => ("adapter_usage", Blame::Caller, message.as_str()),
            Self::Refused { code, blame, message } => (code.as_str(), *blame, message.as_str()),
        };
        Map::from_iter([
            ("ok".into(), false.into()),
            ("code".into(), code.into()),
            ("blame".into(), blame.as_str().into()),
            ("message".into(), message.into()),
        ])
    }
}

fn usage(message: impl Display) -> Refusal {
    Refusal::Usage(message.to_string())
}

/// A refusal by one of the crates' errors.
fn refused(code: &str, blame: Blame, message: impl Display) -> Refusal {
    Refusal::Refused { code: code.into(), blame, message: message.to_string() }
}

/// One line's object, or one inside it, with readers that answer `adapter_usage` where a member is missing or of another type.
#[derive(Clone, Copy)]
struct Question<'q> {
    members: &'q Map<String, Value>,
    /// The object as it stood in the line.
    text: &'q str,
}

impl<'q> Question<'q> {
    fn get(&self, name: &str) -> Option<&'q Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn required(&self, name: &str) -> Result<&'q Value, Refusal> {
        self.get(name).ok_or_else(|| missing(name))
    }

    fn optional_text(&self, name: &str) -> Result<Option<&'q str>, Refusal> {
        self.get(name).map(|value| value.as_str().ok_or_else(|| usage(format!("{name} is not a string")))).transpose()
    }

    fn text(&self, name: &str) -> Result<&'q str, Refusal> {
        self.optional_text(name)?.ok_or_else(|| missing(name))
    }

    fn optional_number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.get(name)
            .map(|value| value.as_u64().ok_or_else(|| usage(format!("{name} is not a whole number"))))
            .transpose()
    }

    fn number(&self, name: &str) -> Result<u64, Refusal> {
        self.optional_number(name)?.ok_or_else(|| missing(name))
    }

    /// The member as it stood in the line, for a reader of the crates: one that comes twice in it is still there twice.
    fn source(&self, name: &str) -> Result<&'q str, Refusal> {
        self.sources()?.get(name).map(|text| text.get()).ok_or_else(|| missing(name))
    }

    fn sources(&self) -> Result<BTreeMap<String, &'q RawValue>, Refusal> {
        serde_json::from_str(self.text).map_err(usage)
    }

    fn optional_source(&self, name: &str) -> Result<Option<&'q str>, Refusal> {
        self.get(name).map(|_| self.source(name)).transpose()
    }

    fn optional_flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.get(name)
            .map(|value| value.as_bool().ok_or_else(|| usage(format!("{name} is neither true nor false"))))
            .transpose()
    }

    /// A flag that is not set unless it is said to be.
    fn flag(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self.optional_flag(name)?.unwrap_or(false))
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
        self.optional_bytes(name)?.ok_or_else(|| missing(name))
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
            Value::Object(members) => Ok(Question { members, text: self.source(name)? }),
            _ => Err(usage(format!("{name} is not an object"))),
        }
    }

    fn optional_object(&self, name: &str) -> Result<Option<Question<'q>>, Refusal> {
        self.get(name).map(|_| self.object(name)).transpose()
    }

    fn objects(&self, name: &str) -> Result<Vec<Question<'q>>, Refusal> {
        let wrong = || usage(format!("{name} is not a list of objects"));
        let members = self.required(name)?.as_array().ok_or_else(wrong)?;
        let texts: Vec<&'q RawValue> = serde_json::from_str(self.source(name)?).map_err(usage)?;
        let object = |(value, text): (&'q Value, &'q RawValue)| {
            Ok(Question { members: value.as_object().ok_or_else(wrong)?, text: text.get() })
        };
        members.iter().zip(texts).map(object).collect()
    }

    /// A list of pairs of strings, such as header fields; without it, none.
    fn pairs(&self, name: &str) -> Result<Vec<(&'q str, &'q str)>, Refusal> {
        let wrong = || usage(format!("{name} is not a list of pairs of strings"));
        let pair = |pair: &'q Value| match pair.as_array().map(Vec::as_slice) {
            Some([Value::String(name), Value::String(value)]) => Ok((name.as_str(), value.as_str())),
            _ => Err(wrong()),
        };
        self.get(name).map_or(Ok(Vec::new()), |value| value.as_array().ok_or_else(wrong)?.iter().map(pair).collect())
    }

    /// `seed_b64`: 32 bytes, or what they are the digest of. Without it they are zeros: an adapter answers the same to the same questions.
    fn seed(&self) -> Result<[u8; 32], Refusal> {
        let Some(seed) = self.optional_bytes("seed_b64")? else { return Ok([0; 32]) };
        Ok(<[u8; 32]>::try_from(seed.as_slice()).unwrap_or_else(|_| sha256(&seed)))
    }
}

/// A line as far as this program looks at it itself. What is JSON but cannot be held (a number out of range, half a surrogate pair, more brackets than the stack
/// bears) is here something that no reader here takes; the readers of the crates get its text.
fn held(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(|error| {
        // Whether it is JSON at all is found without holding it.
        let whole: &RawValue = serde_json::from_str(text).map_err(|_| error)?;
        Ok(held_in_part(whole.get(), DEPTH))
    })
}

fn held_in_part(text: &str, depth: usize) -> Value {
    if let Ok(value) = serde_json::from_str(text) {
        return value;
    }
    let Some(depth) = depth.checked_sub(1) else { return UNHELD.into() };
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
            members.into_iter().map(|(name, value)| (name, held_in_part(value.get(), depth))).collect()
        }
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            values.into_iter().map(|value| held_in_part(value.get(), depth)).collect()
        }
        _ => UNHELD.into(),
    }
}

/// Below this only the crates read: an algorithm of an issuer of a guard lies deepest.
const DEPTH: usize = 8;

/// No text, no whole number, no flag, no list and no object.
const UNHELD: f64 = f64::MAX;

/// The members of `value` without those that are null.
fn present(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

fn missing(name: &str) -> Refusal {
    usage(format!("{name} is missing"))
}

/// The members of an answer to a question that was understood and not refused.
fn accepted(value: Value) -> Map<String, Value> {
    let mut members = match value {
        Value::Object(members) => members,
        other => Map::from_iter([("value".into(), other)]),
    };
    members.insert("ok".into(), true.into());
    members
}

/// An answer, with the question's `n`.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    members: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<Box<RawValue>>,
}
