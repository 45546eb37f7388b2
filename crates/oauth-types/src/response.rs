//! What an endpoint's answer is, before its members are looked at: [`Expect`], [`ResponseError`], [`InvalidResponse`].
//!
//! Every endpoint that a client calls directly answers in one way (RFC 6749, sections 5.1 and 5.2), and so there is one reader:
//!
//! | answer | verdict |
//! |---|---|
//! | 5xx, 429, whatever the body says | [`ResponseError::Transient`] |
//! | 3xx | [`InvalidResponse::Redirect`]: never followed |
//! | an `error`, whatever the status otherwise | [`ResponseError::Refused`] |
//! | 4xx without one (a proxy's HTML page, an empty body) | [`ResponseError::Transient`], in [`Reading::Strict`] [`ResponseError::Invalid`] |
//! | 2xx | the members |
//!
//! ```text
//! HTTP/1.1 503 Service Unavailable
//! Content-Type: application/json
//! Retry-After: 120
//!
//! {"error":"invalid_grant"}
//! ```
//!
//! ```
//! use core::time::Duration;
//! use jwt_core::Timestamp;
//! use oauth_types::{Expect, HttpResponse, ResponseError, TokenResponse};
//!
//! // An outage is no verdict, whatever the body says.
//! let answer = HttpResponse::new(503)
//!     .with_header("content-type", "application/json")
//!     .with_header("retry-after", "120")
//!     .with_body(r#"{"error":"invalid_grant"}"#);
//! let error = TokenResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000))).unwrap_err();
//! assert!(matches!(error, ResponseError::Transient { status: 503, retry_after: Some(delay) } if delay == Duration::from_secs(120)));
//! ```
//!
//! Checked here: the status, the length, the content type, and that the body is one JSON object without duplicate members. What a member may hold is checked
//! by the module whose answer it is.

mod loose;
mod members;
mod write;

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::json::{JsonError, Limits, Object, Value};
use jwt_core::{Blame, Timestamp};

use crate::error_response::{self, ErrorCode, ErrorResponse};
use crate::form::Pairs;
use crate::http::{Contract, HttpResponse, is_jwt};
use crate::identifiers::Scope;
use crate::reading::{Deviation, Kind, Reading, Tolerance};
use crate::retry_after;
pub(crate) use loose::{Loose, Piece};
pub(crate) use members::{flag_in, texts_in};
pub(crate) use write::{Joined, Member, Wire, further, json, jwt, no_store};

/// What the caller knows when an answer comes: the time, how literally to read, and what was asked for.
///
/// ```
/// use jwt_core::Timestamp;
/// use oauth_types::{Expect, Reading, Scope};
///
/// let asked = Scope::parse("read write")?;
/// let expect = Expect::new(Timestamp::from_unix(1_700_000_000)).reading(Reading::Strict).scope(&asked);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Expect<'e> {
    pub(crate) now: Timestamp,
    pub(crate) reading: Reading,
    pub(crate) scope: Option<&'e Scope>,
    pub(crate) dpop: bool,
}

impl<'e> Expect<'e> {
    /// An answer that came at `now`, read as [`Reading::Interop`]. The time is needed for a `Retry-After` that is a date.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { now, reading: Reading::Interop, scope: None, dpop: false }
    }

    /// How literally to read.
    #[must_use]
    pub const fn reading(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// The scope that was asked for: what is granted if the answer names none (RFC 6749, section 5.1).
    #[must_use]
    pub const fn scope(self, asked: &'e Scope) -> Self {
        Self { scope: Some(asked), ..self }
    }

    /// A DPoP proof was sent, so that any other `token_type` is a downgrade and refused (RFC 9449, section 5).
    #[must_use]
    pub const fn dpop(self) -> Self {
        Self { dpop: true, ..self }
    }
}

/// Why an answer is not what was hoped for.
#[derive(Clone, Debug, thiserror::Error)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a refusal, no verdict, or nonsense: there is no fourth answer, and a caller must tell the three apart"
)]
pub enum ResponseError {
    /// The server said no, and why.
    #[error("the server refused: {0}")]
    Refused(ErrorResponse),
    /// No verdict: overload, outage, or something between here and the server that answered in its place. Nothing is known about the
    /// credentials that were sent; keep all of them.
    #[error("no verdict, status {status}")]
    Transient {
        /// The status of the answer.
        status: u16,
        /// How long the server asks to be left alone, [`retry_after::MAX_DELAY`] at most.
        retry_after: Option<Duration>,
    },
    /// The answer breaks the protocol.
    #[error("invalid response: {0}")]
    Invalid(InvalidResponse),
}

impl ResponseError {
    /// The stable, machine-readable name. That of [`ResponseError::Refused`] is `refused`; the server's own code is in it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Transient { .. } => "transient",
            Self::Invalid(reason) => reason.code(),
        }
    }

    /// Whose fault it is: [`Blame::Transport`] if there is no verdict, the peer's otherwise.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Refused(_) | Self::Invalid(_) => Blame::Peer,
            Self::Transient { .. } => Blame::Transport,
        }
    }
}

impl From<InvalidResponse> for ResponseError {
    fn from(reason: InvalidResponse) -> Self {
        Self::Invalid(reason)
    }
}

impl From<Deviation> for ResponseError {
    fn from(deviation: Deviation) -> Self {
        Self::Invalid(InvalidResponse::Deviates(deviation))
    }
}

/// How an answer breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidResponse {
    /// A redirect, which must not be followed: it would carry credentials elsewhere.
    #[error("a redirect where none is allowed (status {status})")]
    Redirect {
        /// The status of the answer.
        status: u16,
    },
    /// A status that is neither success nor error.
    #[error("status {status} is neither success nor error")]
    Status {
        /// The status of the answer.
        status: u16,
    },
    /// The body is longer than [`MAX_BODY_BYTES`].
    #[error("a body longer than {MAX_BODY_BYTES} bytes")]
    TooLong,
    /// The body holds neither a JSON object nor a form that says something.
    #[error("the body is not a json object")]
    NotAnObject,
    /// The body looks like JSON but is not strict JSON: a syntax error, a member named twice, too deep.
    #[error(transparent)]
    Json(JsonError),
    /// A parameter stands twice in a form-encoded body.
    #[error("the form-encoded body repeats a parameter")]
    Form,
    /// A required member is missing, `null` or empty.
    #[error("{member} is missing")]
    Missing {
        /// The member's registered name.
        member: &'static str,
    },
    /// A member has a type or characters that no reading can make sense of.
    #[error("{member} is malformed")]
    Malformed {
        /// The member's registered name.
        member: &'static str,
    },
    /// A DPoP-bound token was asked for and another kind came (RFC 9449, section 5).
    #[error("the token is not bound to the dpop key")]
    NotBound,
    /// The user info is about somebody else than the ID token (OpenID Connect Core, section 5.3.2).
    #[error("the user info is about another subject")]
    SubjectMismatch,
    /// A signed answer was asked for, and another one came: it could be anybody's.
    #[error("the answer is not signed")]
    NotSigned,
    /// Another kind of token was issued than was asked for (RFC 8693, section 2.2.1).
    #[error("another kind of token was issued than was asked for")]
    IssuedTokenType,
    /// [`Reading::Strict`] refuses what [`Reading::Interop`] would have tolerated.
    #[error("{0}")]
    Deviates(Deviation),
}

impl InvalidResponse {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Redirect { .. } => "unexpected_redirect",
            Self::Status { .. } => "unexpected_status",
            Self::TooLong => "response_too_long",
            Self::NotAnObject => "response_not_an_object",
            Self::Json(error) => error.code(),
            Self::Form => "repeated_form_parameter",
            Self::Missing { .. } => "missing_member",
            Self::Malformed { .. } => "malformed_member",
            Self::NotBound => "token_not_bound",
            Self::SubjectMismatch => "user_info_subject_mismatch",
            Self::NotSigned => "response_not_signed",
            Self::IssuedTokenType => "issued_token_type_mismatch",
            Self::Deviates(_) => "deviates",
        }
    }

    /// Always the peer's.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Peer
    }
}

impl From<Deviation> for InvalidResponse {
    fn from(deviation: Deviation) -> Self {
        Self::Deviates(deviation)
    }
}

/// The members of a successful answer.
#[derive(Debug)]
pub(crate) struct Members<'r> {
    pub(crate) object: Loose<'r>,
    /// All values of a form are text, which is then no deviation of its own.
    pub(crate) form: bool,
    pub(crate) tolerance: Tolerance,
}

/// What an endpoint's RFC gives a success.
#[derive(Clone, Copy)]
pub(crate) struct Success {
    status: u16,
    /// A text or a boolean that it must have, if there is one.
    member: Option<&'static str>,
}

impl Success {
    pub(crate) const fn with(status: u16, member: &'static str) -> Self {
        Self { status, member: Some(member) }
    }

    /// Whether an answer is one, whatever else it says.
    fn is(self, status: u16, object: &Object) -> bool {
        let said = match self.member.and_then(|member| object.get(member)) {
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Bool(_)) => true,
            Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => false,
        };
        said && (200..=299).contains(&status)
    }
}

/// Reads an answer as far as all endpoints have it in common.
pub(crate) fn read<'r>(
    response: &'r HttpResponse,
    success: Success,
    expect: &Expect<'_>,
) -> Result<Members<'r>, ResponseError> {
    // RFC 6749, section 5.2: 400, and 401 for a client that authenticated by a header field.
    read_by(response, success, |_, status| matches!(status, 400 | 401), expect)
}

/// The same, where the endpoint's RFC gives errors a status of their own.
pub(crate) fn read_by<'r>(
    response: &'r HttpResponse,
    success: Success,
    is_usual: impl FnOnce(&ErrorCode, u16) -> bool,
    expect: &Expect<'_>,
) -> Result<Members<'r>, ResponseError> {
    let status = response.status();
    check_status(response, expect)?;
    let mut tolerance = Tolerance::new(expect.reading);
    let body = match read_body(response, &mut tolerance) {
        Ok(body) => body,
        // A proxy's page, or nothing at all, says nothing about the request.
        Err(InvalidResponse::NotAnObject) if is_client_error(status) && !tolerance.is_strict() => {
            return Err(transient(response, expect));
        }
        Err(reason) => return Err(reason.into()),
    };
    let (mut object, form) = match body {
        Body::Json(object) => (object, false),
        Body::Form(object) => (object, true),
    };
    // Without a member of an error's there is none: nothing needs to be copied to find out.
    if object.has_any(error_response::is_sign) {
        let mut whole = object.into_object();
        let succeeded = success.is(status, &whole);
        if let Some(error) = error_response::take(&mut whole, succeeded, &mut tolerance)? {
            if !is_usual(error.code(), status) {
                tolerance.tolerate(Deviation::Status { found: status })?;
            }
            return Err(ResponseError::Refused(error.finish(whole, tolerance.into_deviations())));
        }
        object = whole.into();
    }
    if is_client_error(status) {
        if tolerance.is_strict() {
            return Err(InvalidResponse::Missing { member: "error" }.into());
        }
        return Err(transient(response, expect));
    }
    if status != success.status {
        tolerance.tolerate(Deviation::Status { found: status })?;
    }
    Ok(Members { object, form, tolerance })
}

/// Reads an answer that is a JWT, as far as its compact text. An error comes as JSON all the same.
pub(crate) fn read_jwt<'r>(
    response: &'r HttpResponse,
    media_type: &str,
    read: impl FnOnce() -> Result<Members<'r>, ResponseError>,
) -> Result<String, ResponseError> {
    if response.status() != 200 || !is_media_type(response.header("content-type"), media_type) {
        // Whatever else it is, what it says is not used.
        read()?;
        return Err(InvalidResponse::NotSigned.into());
    }
    if response.body().len() > MAX_BODY_BYTES {
        return Err(InvalidResponse::TooLong.into());
    }
    let text = response.body().trim_ascii();
    match core::str::from_utf8(text) {
        Ok(text) if text.contains('.') && is_jwt(text) => Ok(text.to_owned()),
        _ => Err(InvalidResponse::NotSigned.into()),
    }
}

/// Reads an answer whose success has no body worth reading, as far as what was tolerated. `read` reads an error.
pub(crate) fn read_empty<'r>(
    response: &'r HttpResponse,
    success: u16,
    expect: &Expect<'_>,
    read: impl FnOnce(Success) -> Result<Members<'r>, ResponseError>,
) -> Result<Tolerance, ResponseError> {
    check_status(response, expect)?;
    let status = response.status();
    if !(200..=299).contains(&status) {
        read(Success { status: success, member: None })?;
        return Err(InvalidResponse::Status { status }.into());
    }
    let mut tolerance = Tolerance::new(expect.reading);
    if status != success {
        tolerance.tolerate(Deviation::Status { found: status })?;
    }
    Ok(tolerance)
}

/// Decides what the status alone decides.
pub(crate) fn check_status(response: &HttpResponse, expect: &Expect<'_>) -> Result<(), ResponseError> {
    match response.status() {
        429 | 500..=599 => Err(transient(response, expect)),
        status @ 300..=399 => Err(InvalidResponse::Redirect { status }.into()),
        200..=299 | 400..=499 => Ok(()),
        status => Err(InvalidResponse::Status { status }.into()),
    }
}

fn transient(response: &HttpResponse, expect: &Expect<'_>) -> ResponseError {
    ResponseError::Transient { status: response.status(), retry_after: retry_after::of(response, expect.now) }
}

fn is_client_error(status: u16) -> bool {
    (400..=499).contains(&status)
}

enum Body<'r> {
    Json(Loose<'r>),
    Form(Loose<'r>),
}

fn read_body<'r>(response: &'r HttpResponse, tolerance: &mut Tolerance) -> Result<Body<'r>, InvalidResponse> {
    let bytes = response.body();
    if bytes.len() > MAX_BODY_BYTES {
        return Err(InvalidResponse::TooLong);
    }
    let text = without_mark(bytes, tolerance)?;
    match text.trim_ascii_start().first() {
        Some(b'{') => {
            if !is_json(response.header("content-type")) {
                tolerance.tolerate(Deviation::ContentType)?;
            }
            let object = Loose::read(text, &limits()).map_err(InvalidResponse::Json)?;
            Ok(Body::Json(object))
        }
        Some(first) if first.is_ascii_alphabetic() && !tolerance.is_strict() => {
            let object = read_form(text)?;
            tolerance.tolerate(Deviation::FormEncoded)?;
            Ok(Body::Form(object.into()))
        }
        _ => Err(InvalidResponse::NotAnObject),
    }
}

/// The text without a byte-order mark (RFC 8259, section 8.1: "implementations that parse JSON texts MAY ignore the presence of a byte order mark").
pub(crate) fn without_mark<'b>(bytes: &'b [u8], tolerance: &mut Tolerance) -> Result<&'b [u8], Deviation> {
    let Some(text) = bytes.strip_prefix(BYTE_ORDER_MARK) else { return Ok(bytes) };
    tolerance.tolerate(Deviation::ByteOrderMark)?;
    Ok(text)
}

/// A form that says nothing about a token or an error is no form but some other text.
fn read_form(text: &[u8]) -> Result<Object, InvalidResponse> {
    let pairs = Pairs::parse(text.trim_ascii()).map_err(|_| InvalidResponse::NotAnObject)?;
    if !pairs.iter().any(|(name, _)| matches!(name, "access_token" | "error")) {
        return Err(InvalidResponse::NotAnObject);
    }
    let mut object = Object::new();
    for (name, value) in pairs.iter() {
        if object.insert(name, value).is_some() {
            return Err(InvalidResponse::Form);
        }
    }
    Ok(object)
}

pub(crate) fn is_json(content_type: Option<&str>) -> bool {
    is_media_type(content_type, "application/json")
}

pub(crate) fn is_form(content_type: Option<&str>) -> bool {
    is_media_type(content_type, "application/x-www-form-urlencoded")
}

pub(crate) fn is_media_type(content_type: Option<&str>, expected: &str) -> bool {
    content_type == Some(expected) || media_type(content_type).eq_ignore_ascii_case(expected)
}

/// A content type without its parameters, in the letters that came.
pub(crate) fn media_type(content_type: Option<&str>) -> &str {
    content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim_matches([' ', '\t'])
}

impl<'r> Members<'r> {
    /// The members that nobody has taken, and what was tolerated.
    pub(crate) fn into_rest(self) -> (Object, Vec<Deviation>) {
        (self.object.into_object(), self.tolerance.into_deviations())
    }

    /// A text that may be missing: `null` and the empty string count as absent.
    pub(crate) fn take_text(&mut self, member: &'static str) -> Result<Option<String>, InvalidResponse> {
        self.take_borrowed(member).map(|text| text.map(Cow::into_owned))
    }

    /// The same, for a text that need not be kept.
    pub(crate) fn take_borrowed(&mut self, member: &'static str) -> Result<Option<Cow<'r, str>>, InvalidResponse> {
        match self.object.take(member) {
            None => Ok(None),
            Some(Piece::Text(text)) if text.is_empty() => {
                self.tolerance.tolerate(Deviation::Empty { member })?;
                Ok(None)
            }
            Some(Piece::Text(text)) => Ok(Some(text)),
            Some(Piece::Other(Value::Null)) => {
                self.tolerance.tolerate(Deviation::WrongType { member, found: Kind::Null })?;
                Ok(None)
            }
            Some(Piece::Other(_)) => Err(InvalidResponse::Malformed { member }),
        }
    }
}

/// The kind of a JSON value, for a [`Deviation`].
pub(crate) fn kind(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(number) if number.as_u64().is_some() || number.as_i64().is_some() => Kind::Integer,
        Value::Number(_) => Kind::Fraction,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}

pub(crate) fn limits() -> Limits {
    Limits::default().max_bytes(MAX_BODY_BYTES).max_depth(MAX_DEPTH).max_members(MAX_MEMBERS)
}

/// How long the body of an answer may be, in bytes: what the request's contract says to whoever sends it.
pub const MAX_BODY_BYTES: usize = Contract::DEFAULT_MAX_RESPONSE_BYTES;

/// How deep an answer nests at most. Slack's and Fitbit's have three levels, authorization details are free to have more.
const MAX_DEPTH: usize = 16;

/// How many members and elements an answer has at most.
const MAX_MEMBERS: usize = 4096;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
