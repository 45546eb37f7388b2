//! Error answers (RFC 6749, section 5.2), read and written: [`ErrorResponse`], [`ErrorCode`].
//!
//! ```text
//! HTTP/1.1 400 Bad Request
//! Content-Type: application/json
//! Cache-Control: no-store
//!
//! {"error":"invalid_grant","error_description":"the code has expired"}
//! ```
//!
//! A client gets one as [`ResponseError::Refused`](crate::ResponseError::Refused); a server makes one:
//!
//! ```
//! use oauth_types::{ErrorCode, ErrorResponse};
//!
//! let answer = ErrorResponse::new(ErrorCode::InvalidGrant).with_description("the code has expired").to_http(400);
//! assert_eq!(answer.body(), br#"{"error":"invalid_grant","error_description":"the code has expired"}"#);
//! ```
//!
//! Checked here: that `error` is a text, in [`Reading::Interop`](crate::Reading::Interop) also in the shapes of its own that some providers give it; texts are
//! cleaned of what is not fit to be shown. What status an error may come with, [`response`] says.

mod code;
mod text;

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use jwt_core::json::{Object, Value};
use serde::{Serialize, Serializer, ser::SerializeMap};

pub use self::code::ErrorCode;
pub(crate) use self::text::{Shown, is_error_text, is_plain_url, readable};
use crate::challenge::BearerChallenge;
use crate::http::HttpResponse;
use crate::reading::{Deviation, Tolerance};
use crate::response::{self, InvalidResponse};

/// An error answer: a code, and what the server says about it.
///
/// `Debug` and `Display` show the code only: the texts are the server's and may hold anything.
#[derive(Clone)]
pub struct ErrorResponse {
    code: ErrorCode,
    // Boxed, so that a `Result` with an error in it stays small.
    details: Box<Details>,
}

#[derive(Clone, Default)]
struct Details {
    description: Option<String>,
    uri: Option<String>,
    extra: Object,
    deviations: Vec<Deviation>,
}

impl ErrorResponse {
    /// An error with this code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self { code, details: Box::default() }
    }

    /// Explains the error to a developer. Control characters are taken out.
    #[must_use]
    pub fn with_description(mut self, description: &str) -> Self {
        self.details.description = Some(readable(description).0).filter(|text| !text.is_empty());
        self
    }

    /// Points to a page about the error; left out if it is not a plain `http` or `https` URL.
    #[must_use]
    pub fn with_uri(mut self, uri: &str) -> Self {
        self.details.uri = is_plain_url(uri).then(|| uri.to_owned());
        self
    }

    /// Why. Of a provider's own shape: its code as text, or the registered code that it stands for while a device waits.
    #[must_use]
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// Whether the proof lacked the nonce that the server hands out in the same answer (RFC 9449, section 8); see
    /// [`DpopNonce::demanded_by_server`](crate::dpop::DpopNonce::demanded_by_server).
    #[must_use]
    pub fn is_use_dpop_nonce(&self) -> bool {
        self.code == ErrorCode::UseDpopNonce
    }

    /// The server's explanation for a developer, cleaned for display: no control characters and line ends, bounded. It is the server's text
    /// all the same: escape it for where it is shown.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.details.description.as_deref()
    }

    /// A page about the error: a plain `http` or `https` URL.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.details.uri.as_deref()
    }

    /// All other members, as they came.
    #[must_use]
    pub fn extra(&self) -> &Object {
        &self.details.extra
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.details.deviations
    }

    /// The answer with this status: 400 unless the RFC says otherwise. Characters of the code and of the description that RFC 6749,
    /// section 5.2 excludes are replaced, so that an error answer never fails.
    ///
    /// RFC 6749, section 5.2: a client that tried to authenticate by the `Authorization` field and failed is answered 401 with a
    /// `WWW-Authenticate` field; add it to what this returns.
    #[must_use]
    pub fn to_http(&self, status: u16) -> HttpResponse {
        response::json(status, self)
    }

    /// An error that came in a challenge, whose texts its reader has cleaned.
    pub(crate) fn from_challenge(code: ErrorCode, challenge: &BearerChallenge, deviations: Vec<Deviation>) -> Self {
        let description = challenge.error_description().map(ToOwned::to_owned);
        let uri = challenge.error_uri().map(ToOwned::to_owned);
        Found { code, description, uri }.finish(Object::new(), deviations)
    }

    /// An error that came outside of JSON: in a redirect's query, say. Same rules, same readings.
    pub(crate) fn from_parameters(
        code: &str,
        description: Option<&str>,
        uri: Option<&str>,
        tolerance: &mut Tolerance,
    ) -> Result<Self, InvalidResponse> {
        let description = match description {
            Some(text) => read_description(text, tolerance)?,
            None => None,
        };
        let uri = match uri {
            Some(text) => read_uri(text, tolerance)?,
            None => None,
        };
        let found = Found { code: read_code(code, tolerance)?, description, uri };
        Ok(found.finish(Object::default(), Vec::new()))
    }
}

impl Serialize for ErrorResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("error", &*writable(self.code.as_str()))?;
        if let Some(description) = self.description() {
            map.serialize_entry("error_description", &*writable(description))?;
        }
        if let Some(uri) = self.uri() {
            map.serialize_entry("error_uri", uri)?;
        }
        for (name, value) in self.extra().iter().filter(|(name, _)| !RESERVED.contains(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

impl fmt::Debug for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorResponse")
            .field("code", &self.code)
            .field("deviations", &self.deviations())
            .finish_non_exhaustive()
    }
}

/// An error whose members have been taken out of the body.
pub(crate) struct Found {
    code: ErrorCode,
    description: Option<String>,
    uri: Option<String>,
}

impl Found {
    pub(crate) const fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// What is left of the body is kept.
    pub(crate) fn finish(self, extra: Object, deviations: Vec<Deviation>) -> ErrorResponse {
        let Self { code, description, uri } = self;
        ErrorResponse { code, details: Box::new(Details { description, uri, extra, deviations }) }
    }
}

/// Whether any of the shapes is known by this member: without one of them there is no error to take.
pub(crate) fn is_sign(member: &str) -> bool {
    matches!(member, "error" | "errcode" | "errors" | "status")
}

/// Takes the error out of a body, if it holds one in any shape that is understood. In what is a `success` by its endpoint's own member, only `error` tells of one.
pub(crate) fn take(
    object: &mut Object,
    success: bool,
    tolerance: &mut Tolerance,
) -> Result<Option<Found>, InvalidResponse> {
    let code = match object.remove("error") {
        None => return take_foreign(object, success, tolerance),
        Some(Value::String(code)) if code.is_empty() => {
            tolerance.tolerate(Deviation::Empty { member: "error" })?;
            return take_foreign(object, success, tolerance);
        }
        Some(Value::String(code)) => code,
        Some(value @ (Value::Null | Value::Bool(false))) => {
            tolerance.tolerate(wrong_type("error", &value))?;
            return take_foreign(object, success, tolerance);
        }
        Some(value @ (Value::Bool(true) | Value::Number(_))) => {
            tolerance.tolerate(wrong_type("error", &value))?;
            text_of(&value).ok_or(InvalidResponse::Malformed { member: "error" })?
        }
        Some(Value::Object(inner)) => {
            tolerance.tolerate(Deviation::WrongType { member: "error", found: crate::reading::Kind::Object })?;
            return take_nested(inner, object, tolerance).map(Some);
        }
        Some(Value::Array(_)) => return Err(InvalidResponse::Malformed { member: "error" }),
    };
    let code = read_code(&code, tolerance)?;
    let description = match take_string(object, "error_description", tolerance)? {
        Some(text) => read_description(&text, tolerance)?,
        None => None,
    };
    let uri = match take_string(object, "error_uri", tolerance)? {
        Some(text) => read_uri(&text, tolerance)?,
        None => None,
    };
    Ok(Some(Found { code, description, uri }))
}

/// `{"error":{"message":"..","type":"OAuthException","code":190}}` (Facebook; Google's other APIs). What else it holds becomes `extra`.
fn take_nested(mut inner: Object, outer: &mut Object, tolerance: &mut Tolerance) -> Result<Found, InvalidResponse> {
    tolerance.tolerate(Deviation::ForeignErrorShape)?;
    let code = inner.get("code").and_then(text_of).or_else(|| inner.get("type").and_then(text_of));
    let code = code.ok_or(InvalidResponse::Malformed { member: "error" })?;
    let code = match waiting_code(&code, &inner) {
        Some(code) => code,
        None => read_code(&code, tolerance)?,
    };
    let description = take_foreign_text(&mut inner, "message");
    // Those outside come first, and count. (To look for each among them, and to insert each, would take quadratic time.)
    let outside = core::mem::take(outer);
    let taken: BTreeSet<&str> = outside.iter().map(|(name, _)| name).chain(RESERVED.iter().copied()).collect();
    let fresh: Vec<_> = inner.into_iter().filter(|(name, _)| !taken.contains(name.as_str())).collect();
    drop(taken);
    *outer = outside.into_iter().chain(fresh).collect();
    Ok(Found { code, description, uri: None })
}

/// What Facebook says while a device waits, in the words of RFC 8628, section 3.5: a code and its subcode stand for each of them.
fn waiting_code(code: &str, error: &Object) -> Option<ErrorCode> {
    match (code, error.get("error_subcode")?.as_u64()?) {
        ("31", 1_349_174) => Some(ErrorCode::AuthorizationPending),
        ("17", 1_349_172) => Some(ErrorCode::SlowDown),
        ("463", 1_349_152) => Some(ErrorCode::ExpiredToken),
        _ => None,
    }
}

/// The shapes of providers that do not say `error`.
fn take_foreign(
    object: &mut Object,
    success: bool,
    tolerance: &mut Tolerance,
) -> Result<Option<Found>, InvalidResponse> {
    // A success may have members of any name: in user info, `errcode` is nobody's.
    if tolerance.is_strict() || success {
        return Ok(None);
    }
    // {"errcode":40029,"errmsg":"invalid code"} (WeChat); 0 is its way to say that all is well.
    let (code, description) = if let Some(code) = object.get("errcode").and_then(text_of).filter(|code| code != "0") {
        (code, take_foreign_text(object, "errmsg"))
    } else if let Some(code) = fitbit_code(object) {
        // {"success":false,"errors":[{"errorType":"invalid_grant","message":".."}]}
        let description = first_error(object).and_then(|first| first.get("message")).and_then(text_of);
        (code, description.map(|text| readable(&text).0).filter(|text| !text.is_empty()))
    } else if let Some(code) = twitch_code(object) {
        // {"status":400,"message":"Invalid refresh token"}
        (code, take_foreign_text(object, "message"))
    } else {
        return Ok(None);
    };
    tolerance.tolerate(Deviation::ForeignErrorShape)?;
    Ok(Some(Found { code: read_code(&code, tolerance)?, description, uri: None }))
}

fn first_error(object: &Object) -> Option<&Object> {
    match object.get("errors") {
        Some(Value::Array(errors)) => match errors.first() {
            Some(Value::Object(first)) => Some(first),
            _ => None,
        },
        _ => None,
    }
}

fn fitbit_code(object: &Object) -> Option<String> {
    first_error(object)?.get("errorType").and_then(text_of)
}

fn twitch_code(object: &Object) -> Option<String> {
    let (Some(Value::Number(number)), Some(Value::String(_))) = (object.get("status"), object.get("message")) else {
        return None;
    };
    // 429 is no verdict, whoever says it.
    let claimed = number.as_u64().filter(|claimed| (400..=499).contains(claimed) && *claimed != 429)?;
    Some(claimed.to_string())
}

fn take_foreign_text(object: &mut Object, member: &str) -> Option<String> {
    let text = object.remove(member).as_ref().and_then(text_of)?;
    Some(readable(&text).0).filter(|text| !text.is_empty())
}

fn read_code(code: &str, tolerance: &mut Tolerance) -> Result<ErrorCode, InvalidResponse> {
    let (clean, changed) = readable(code);
    if changed || !is_error_text(code) {
        tolerance.tolerate(Deviation::Characters { member: "error" })?;
    }
    if clean.is_empty() {
        return Err(InvalidResponse::Malformed { member: "error" });
    }
    Ok(ErrorCode::from(clean))
}

fn read_description(text: &str, tolerance: &mut Tolerance) -> Result<Option<String>, InvalidResponse> {
    if !is_error_text(text) {
        tolerance.tolerate(Deviation::Characters { member: "error_description" })?;
    }
    Ok(Some(readable(text).0).filter(|text| !text.is_empty()))
}

fn read_uri(text: &str, tolerance: &mut Tolerance) -> Result<Option<String>, InvalidResponse> {
    if is_plain_url(text) {
        return Ok(Some(text.to_owned()));
    }
    tolerance.tolerate(Deviation::Malformed { member: "error_uri" })?;
    Ok(None)
}

/// A member that only explains: whatever is no text counts as absent.
fn take_string(
    object: &mut Object,
    member: &'static str,
    tolerance: &mut Tolerance,
) -> Result<Option<String>, InvalidResponse> {
    match object.remove(member) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(Value::String(_)) => {
            tolerance.tolerate(Deviation::Empty { member })?;
            Ok(None)
        }
        Some(value) => {
            tolerance.tolerate(wrong_type(member, &value))?;
            Ok(None)
        }
    }
}

fn wrong_type(member: &'static str, value: &Value) -> Deviation {
    Deviation::WrongType { member, found: response::kind(value) }
}

/// A code as text, whether it came as one or as a number.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Bool(true) => Some("true".to_owned()),
        Value::Number(number) => {
            let whole = number.as_u64().map(|n| n.to_string()).or_else(|| number.as_i64().map(|n| n.to_string()));
            Some(whole.unwrap_or_else(|| number.as_f64().to_string()))
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The text with every excluded character replaced by one that RFC 6749, section 5.2 allows.
pub(crate) fn writable(text: &str) -> Cow<'_, str> {
    if is_error_text(text) {
        return Cow::Borrowed(text);
    }
    let allowed = |character: char| match character {
        '"' => '\'',
        '\\' => '/',
        ' '..='~' => character,
        _ => '?',
    };
    Cow::Owned(readable(text).0.chars().map(allowed).collect())
}

/// The members that have a place of their own.
const RESERVED: &[&str] = &["error", "error_description", "error_uri"];

#[cfg(test)]
mod tests;
