//! Reading a metadata document.

use alloc::string::String;
use alloc::vec::Vec;

use jwt_core::json::{self, Limits, Object, Value};

use super::{AuthorizationServer, MetadataError};
use crate::http::{Contract, HttpResponse};
use crate::identifiers::{Endpoint, Issuer};
use crate::reading::{Deviation, Kind, Reading, Tolerance};
use crate::response;

pub(super) fn from_http(
    expected: &Issuer,
    response: &HttpResponse,
    reading: Reading,
) -> Result<AuthorizationServer, MetadataError> {
    // RFC 8414, section 3.2: "A successful response MUST use the 200 OK HTTP status code".
    if response.status() != 200 {
        return Err(MetadataError::Status { status: response.status() });
    }
    let mut tolerance = Tolerance::new(reading);
    let media_type = response.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim_matches([' ', '\t']).eq_ignore_ascii_case("application/json") {
        tolerance.tolerate(Deviation::ContentType)?;
    }
    read(expected, response.body(), tolerance)
}

pub(super) fn from_json(
    expected: &Issuer,
    json: &[u8],
    reading: Reading,
) -> Result<AuthorizationServer, MetadataError> {
    read(expected, json, Tolerance::new(reading))
}

fn read(expected: &Issuer, body: &[u8], mut tolerance: Tolerance) -> Result<AuthorizationServer, MetadataError> {
    let body = match body.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => {
            tolerance.tolerate(Deviation::ByteOrderMark)?;
            rest
        }
        None => body,
    };
    let limits = Limits::default().max_bytes(Contract::DEFAULT_MAX_RESPONSE_BYTES).max_depth(MAX_DEPTH);
    let object: Object = json::object_from_slice(body, &limits)?;
    let mut members = Members { object, tolerance };
    let mut server = AuthorizationServer::new(expected.clone());

    // Before anything else is looked at. RFC 8414, section 3.3: "The "issuer" value returned MUST be identical to the authorization server's issuer
    // identifier value into which the well-known URI string was inserted".
    match members.object.remove("issuer") {
        Some(Value::String(issuer)) if issuer == expected.as_str() => {}
        Some(Value::String(_)) => return Err(MetadataError::IssuerMismatch),
        Some(_) => return Err(MetadataError::Malformed { member: "issuer" }),
        None => return Err(MetadataError::Missing { member: "issuer" }),
    }
    server.take_members(&mut members)?;
    let Members { object, mut tolerance } = members;
    check_required(&server, &mut tolerance)?;
    server.extra = object;
    server.deviations = tolerance.into_deviations();
    Ok(server)
}

/// RFC 8414, section 2, and OpenID Connect Discovery, section 3: what a document must have.
fn check_required(server: &AuthorizationServer, tolerance: &mut Tolerance) -> Result<(), Deviation> {
    if server.response_types.is_none() {
        tolerance.tolerate(Deviation::Missing { member: "response_types_supported" })?;
    }
    // "This is REQUIRED unless no grant types are supported that use the authorization endpoint."
    let uses_authorization = server.supports_grant_type("authorization_code") || server.supports_grant_type("implicit");
    if uses_authorization && server.authorization_endpoint.is_none() {
        tolerance.tolerate(Deviation::Missing { member: "authorization_endpoint" })?;
    }
    // "This is REQUIRED unless only the implicit grant type is supported."
    let only_implicit = server.grant_types().is_some_and(|types| types.iter().all(|found| found == "implicit"));
    if !only_implicit && server.token_endpoint.is_none() {
        tolerance.tolerate(Deviation::Missing { member: "token_endpoint" })?;
    }
    Ok(())
}

/// The members that were not taken yet.
pub(super) struct Members {
    object: Object,
    tolerance: Tolerance,
}

impl Members {
    /// A URL that requests go to. The two without which nothing can be done are refused where they are unsafe; any other then counts as absent.
    pub(super) fn take_endpoint(&mut self, member: &'static str) -> Result<Option<Endpoint>, MetadataError> {
        let vital = matches!(member, "authorization_endpoint" | "token_endpoint");
        match self.object.remove(member) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => self.absent(Deviation::Empty { member }),
            Some(Value::String(text)) => match Endpoint::new(text) {
                Ok(endpoint) => Ok(Some(endpoint)),
                Err(_) if vital => Err(MetadataError::Malformed { member }),
                Err(_) => self.absent(Deviation::Malformed { member }),
            },
            Some(Value::Null) => self.absent(Deviation::WrongType { member, found: Kind::Null }),
            Some(_) if vital => Err(MetadataError::Malformed { member }),
            Some(value) => self.absent(Deviation::WrongType { member, found: response::kind(&value) }),
        }
    }

    /// A list of strings. One element of another kind costs the list: what it would have said is not known.
    pub(super) fn take_list(&mut self, member: &'static str) -> Result<Option<Vec<String>>, MetadataError> {
        match self.object.remove(member) {
            None => Ok(None),
            // RFC 8414, section 3.2: "Claims with zero elements MUST be omitted from the response."
            Some(Value::Array(elements)) if elements.is_empty() => self.absent(Deviation::Empty { member }),
            Some(Value::Array(elements)) => {
                let texts = elements.into_iter().map(|element| match element {
                    Value::String(text) => Some(text),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
                });
                match texts.collect() {
                    Some(texts) => Ok(Some(texts)),
                    None => self.absent(Deviation::Malformed { member }),
                }
            }
            Some(value) => self.absent(Deviation::WrongType { member, found: response::kind(&value) }),
        }
    }

    /// A boolean. `"true"` and `"false"` are understood.
    pub(super) fn take_flag(&mut self, member: &'static str) -> Result<Option<bool>, MetadataError> {
        match self.object.remove(member) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(value) => {
                self.tolerance.tolerate(Deviation::WrongType { member, found: response::kind(&value) })?;
                Ok(match value.as_str() {
                    Some("true") => Some(true),
                    Some("false") => Some(false),
                    Some(_) | None => None,
                })
            }
        }
    }

    fn absent<T>(&mut self, deviation: Deviation) -> Result<Option<T>, MetadataError> {
        self.tolerance.tolerate(deviation)?;
        Ok(None)
    }
}

/// How deep a document may nest: registered members nest two deep (`mtls_endpoint_aliases`, `verified_claims` lists), and extensions a few more.
const MAX_DEPTH: usize = 16;
