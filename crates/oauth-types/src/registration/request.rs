//! [`RegistrationRequest`].

use serde::Serialize;

use super::ClientMetadata;
use super::metadata::SERVERS;
use crate::access_token;
use crate::http::{HttpRequest, Method, Purpose, Replay};
use crate::identifiers::Endpoint;
use crate::request::{self, BuildError, RequestError};
use crate::secret::AccessToken;

/// Asks a server to register a client (RFC 7591, section 3.1).
#[derive(Clone, Debug)]
pub struct RegistrationRequest {
    metadata: ClientMetadata,
    initial_access_token: Option<AccessToken>,
}

impl RegistrationRequest {
    /// A request for a client with these metadata.
    #[must_use]
    pub const fn new(metadata: ClientMetadata) -> Self {
        Self { metadata, initial_access_token: None }
    }

    /// Shows a token that allows to register (RFC 7591, section 3: "initial access token").
    #[must_use]
    pub fn with_initial_access_token(mut self, token: AccessToken) -> Self {
        self.initial_access_token = Some(token);
        self
    }

    /// What is to be registered.
    #[must_use]
    pub const fn metadata(&self) -> &ClientMetadata {
        &self.metadata
    }

    /// The token that allows to register.
    #[must_use]
    pub const fn initial_access_token(&self) -> Option<&AccessToken> {
        self.initial_access_token.as_ref()
    }

    /// The request as it goes to the server. It must not be repeated unless it surely was not sent: it makes a client each time.
    ///
    /// # Errors
    ///
    /// [`BuildError::AccessToken`] if the token is not of the syntax of RFC 6750, section 2.1.
    pub fn to_http(&self, endpoint: &Endpoint) -> Result<HttpRequest, BuildError> {
        let request = with_json(
            HttpRequest::new(Method::Post, endpoint.shared(), Purpose::Registration),
            self.metadata.to_object(),
        );
        let request = request.with_replay(Replay::IfNotSent);
        match &self.initial_access_token {
            Some(token) => access_token::with_bearer(request, token.expose()),
            None => Ok(request),
        }
    }

    /// Reads a request that came to a server. Nothing of it has been verified; the software statement neither.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it (RFC 7591, section 3.2.2): [`RequestError::RedirectUri`],
    /// [`RequestError::ClientMetadata`].
    pub fn from_http(request: &HttpRequest) -> Result<Self, RequestError> {
        if request.method() != Method::Post {
            return Err(RequestError::Method);
        }
        let initial_access_token = match request.header("authorization") {
            Some(_) => Some(access_token::required_bearer(request)?),
            None => None,
        };
        let mut object = request::read_json(request)?;
        // RFC 7591, section 3.1: what is not understood is ignored, and a new client has none of these.
        for member in SERVERS {
            object.remove(member);
        }
        let metadata = ClientMetadata::read_request(object)?;
        Ok(Self { metadata, initial_access_token })
    }
}

pub(super) fn with_json(request: HttpRequest, body: &impl Serialize) -> HttpRequest {
    request
        .with_header("accept", "application/json")
        .with_header("content-type", "application/json")
        // Cannot fail: names are text and numbers are finite.
        .with_body(serde_json::to_vec(body).unwrap_or_default())
}
