//! Reading a metadata document.

use alloc::string::String;
use alloc::vec::Vec;

use jwt_core::json::{self, Limits, Object, Value};

use super::MetadataError;
use crate::error_response::is_plain_url;
use crate::http::{Contract, HttpResponse};
use crate::identifiers::Endpoint;
use crate::reading::{Deviation, Kind, Reading, Tolerance};
use crate::response;

/// The members that were not taken yet.
pub(super) struct Members {
    pub(super) object: Object,
    pub(super) tolerance: Tolerance,
}

/// A member of a kind of its own.
pub(super) trait Member: Sized {
    /// Takes it out of the document. What cannot be read counts as absent and is recorded.
    fn take(members: &mut Members, name: &'static str) -> Result<Option<Self>, MetadataError>;

    fn to_value(&self) -> Value;
}

impl Members {
    /// The document of an answer.
    pub(super) fn from_http(response: &HttpResponse, reading: Reading) -> Result<Self, MetadataError> {
        // RFC 8414, section 3.2, and RFC 9728, section 3.2: "A successful response MUST use the 200 OK HTTP status code".
        if response.status() != 200 {
            return Err(MetadataError::Status { status: response.status() });
        }
        let mut tolerance = Tolerance::new(reading);
        if !response::is_json(response.header("content-type")) {
            tolerance.tolerate(Deviation::ContentType)?;
        }
        Self::read(response.body(), tolerance)
    }

    /// A document that is at hand.
    pub(super) fn from_json(json: &[u8], reading: Reading) -> Result<Self, MetadataError> {
        Self::read(json, Tolerance::new(reading))
    }

    fn read(body: &[u8], mut tolerance: Tolerance) -> Result<Self, MetadataError> {
        let body = response::without_mark(body, &mut tolerance)?;
        let limits = Limits::default().max_bytes(Contract::DEFAULT_MAX_RESPONSE_BYTES).max_depth(MAX_DEPTH);
        let object = json::object_from_slice(body, &limits)?;
        Ok(Self { object, tolerance })
    }

    /// The text that says whose document this is: looked at before anything else.
    pub(super) fn take_identifier(&mut self, member: &'static str) -> Result<String, MetadataError> {
        match self.object.remove(member) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(MetadataError::Malformed { member }),
            None => Err(MetadataError::Missing { member }),
        }
    }

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

    /// A URL of a page for people.
    pub(super) fn take_link(&mut self, member: &'static str) -> Result<Option<String>, MetadataError> {
        match self.take_text(member)? {
            Some(url) if !is_plain_url(&url) => self.absent(Deviation::Malformed { member }),
            found => Ok(found),
        }
    }

    pub(super) fn take_text(&mut self, member: &'static str) -> Result<Option<String>, MetadataError> {
        match self.object.remove(member) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => self.absent(Deviation::Empty { member }),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => self.absent(Deviation::WrongType { member, found: response::kind(&value) }),
        }
    }

    /// A list of strings that is not empty.
    pub(super) fn take_list(&mut self, member: &'static str) -> Result<Option<Vec<String>>, MetadataError> {
        match self.take_any_list(member)? {
            // RFC 8414, section 3.2: "Claims with zero elements MUST be omitted from the response."
            Some(elements) if elements.is_empty() => self.absent(Deviation::Empty { member }),
            found => Ok(found),
        }
    }

    /// A list of strings. One element of another kind costs the list: what it would have said is not known.
    pub(super) fn take_any_list(&mut self, member: &'static str) -> Result<Option<Vec<String>>, MetadataError> {
        match self.object.remove(member) {
            None => Ok(None),
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
                Ok(response::flag_in(&value))
            }
        }
    }

    pub(super) fn absent<T>(&mut self, deviation: Deviation) -> Result<Option<T>, MetadataError> {
        self.tolerance.tolerate(deviation)?;
        Ok(None)
    }
}

/// RFC 8414, section 2, and RFC 9728, section 2, of the algorithms of signatures: "The value none MUST NOT be used." Where it is, it is left out.
pub(super) fn drop_none(
    algs: &mut Option<Vec<String>>,
    member: &'static str,
    tolerance: &mut Tolerance,
) -> Result<(), Deviation> {
    if let Some(list) = algs
        && list.iter().any(|alg| alg == "none")
    {
        tolerance.tolerate(Deviation::Malformed { member })?;
        list.retain(|alg| alg != "none");
        if list.is_empty() {
            *algs = None;
        }
    }
    Ok(())
}

/// How deep a document may nest: registered members nest two deep (`mtls_endpoint_aliases`, `verified_claims` lists), and extensions a few more.
const MAX_DEPTH: usize = 16;
