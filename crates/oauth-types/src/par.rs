//! Pushed authorization requests (RFC 9126): [`PushedAuthorizationRequest`], [`PushedAuthorizationResponse`].
//!
//! The client posts the parameters of its [`AuthorizationRequest`], authenticated, and gets a reference; the browser carries nothing but that.
//!
//! Checked here: all that [`authorization`](crate::authorization) checks of a request, that no `request_uri` is pushed (section 2.1), and that the answer has a
//! reference that lives a second at least (section 2.2). That a reference is used once, by the client that pushed it, is for the server.
//!
//! ```text
//! POST /as/par HTTP/1.1
//! Authorization: Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3
//! Content-Type: application/x-www-form-urlencoded
//!
//! response_type=code&client_id=s6BhdRkqt3&state=af0ifjsldkj&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb&...
//! ```
//!
//! ```
//! use core::time::Duration;
//! use jwt_core::Timestamp;
//! use oauth_types::authorization::{AuthorizationRequest, RequestReference, RequestUri};
//! use oauth_types::{ClientAuth, ClientId, ClientSecret, CodeVerifier, Endpoint, Expect, RedirectUri, State};
//! use oauth_types::{PushedAuthorizationRequest, PushedAuthorizationResponse};
//!
//! let (client, redirect_uri) = (ClientId::new("s6BhdRkqt3")?, RedirectUri::new("https://client.example.org/cb")?);
//! let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?;
//! let request = AuthorizationRequest::new(client.clone(), redirect_uri, State::new("af0ifjsldkj")?, &verifier.challenge());
//! let auth = ClientAuth::Basic(ClientSecret::new("7Fjfp0ZBr1KtDRbnfVdmIw"));
//! let http = PushedAuthorizationRequest::new(request).to_http(&Endpoint::new("https://as.example.com/as/par")?, &auth)?;
//!
//! // The server reads it and answers ...
//! let (pushed, presented) = PushedAuthorizationRequest::from_http(&http)?;
//! assert!(presented.has_secret(&ClientSecret::new("7Fjfp0ZBr1KtDRbnfVdmIw")));
//! assert!(pushed.request().and_then(AuthorizationRequest::state).is_some_and(|state| state.matches("af0ifjsldkj")));
//! let uri = RequestUri::new("urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c")?;
//! let answer = PushedAuthorizationResponse::new(uri, Duration::from_secs(60)).to_http();
//!
//! // ... and the client sends the browser off.
//! let response = PushedAuthorizationResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000)))?;
//! let url = response.into_reference(client).to_url(&Endpoint::new("https://as.example.com/authorize")?);
//! assert!(url.starts_with("https://as.example.com/authorize?client_id=s6BhdRkqt3&request_uri=urn%3A"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::Blame;
use jwt_core::json::Object;

use crate::authorization::{AuthorizationRequest, AuthorizationRequestError, RequestReference, RequestUri};
use crate::client_auth::{ClientAuth, PresentedClient};
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::form::Pairs;
use crate::http::{HttpRequest, HttpResponse, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint};
use crate::reading::Deviation;
use crate::request::{self, BuildError, Further, Parameters, RequestError};
use crate::response::{self, Expect, InvalidResponse, Member, ResponseError, Success, Wire};
use crate::secret::RequestObject;

/// An authorization request that goes straight to the server (RFC 9126, section 2.1): its parameters, or a signed request object (section 3).
///
/// A reference inside of it (`request_uri`) cannot be written, and is refused: "The request_uri authorization request parameter is one exception, and it
/// MUST NOT be provided."
#[derive(Clone, Debug)]
pub struct PushedAuthorizationRequest(Pushed);

#[derive(Clone, Debug)]
enum Pushed {
    Plain(Box<AuthorizationRequest>),
    Signed { client_id: ClientId, object: RequestObject },
}

impl PushedAuthorizationRequest {
    /// Pushes these parameters.
    #[must_use]
    pub fn new(request: AuthorizationRequest) -> Self {
        Self(Pushed::Plain(Box::new(request)))
    }

    /// Pushes a request object, made from [`AuthorizationRequest::to_request_object`] (RFC 9126, section 3).
    #[must_use]
    pub const fn signed(client_id: ClientId, object: RequestObject) -> Self {
        Self(Pushed::Signed { client_id, object })
    }

    /// The request as it goes to the server. It may be repeated unless the client's assertion or a request object is in it, of which a server takes none
    /// twice: at worst the server keeps one request for nobody.
    ///
    /// # Errors
    ///
    /// As [`AuthorizationRequest::to_url`], and [`BuildError::Credentials`] as [`ClientAuth::authorization`].
    pub fn to_http(&self, endpoint: &Endpoint, auth: &ClientAuth) -> Result<HttpRequest, BuildError> {
        match &self.0 {
            Pushed::Plain(request) => {
                let kind = (Purpose::PushedAuthorization, Replay::Safe);
                let own = request.to_own()?;
                let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.expose())).collect();
                request::post(endpoint, kind, &own, request.further(), &[], (request.client_id(), auth))
            }
            Pushed::Signed { client_id, object } => {
                // RFC 9126, section 3: the parameters of the request are claims of the object, and only what authenticates the client stands beside it.
                let own = [("client_id", client_id.as_str()), ("request", object.expose())];
                // The object has a `jti`, which makes it good for one sending (RFC 7519, section 4.1.7: "can be used to prevent the JWT from being replayed").
                let kind = (Purpose::PushedAuthorization, Replay::IfNotSent);
                request::post(endpoint, kind, &own, &Further::new(), &[], (client_id, auth))
            }
        }
    }

    /// Reads a request that came to a server, and who it says that it comes from. Nothing of it has been verified: neither the client, nor that it may
    /// use this redirect URI, nor the signature of a request object.
    ///
    /// # Errors
    ///
    /// [`PushedRequestError`]; [`PushedRequestError::to_http`] is the answer to it.
    pub fn from_http(request: &HttpRequest) -> Result<(Self, PresentedClient), PushedRequestError> {
        let mut parameters = Parameters::read(request)?;
        let client = PresentedClient::take(request, &mut parameters)?;
        let Some(client_id) = client.client_id() else {
            return Err(RequestError::MissingParameter { name: "client_id" }.into());
        };
        // RFC 9126, section 2.1: "Reject the request if the request_uri authorization request parameter is provided."
        if parameters.take("request_uri").is_some() {
            return Err(AuthorizationRequestError::RequestUri.into());
        }
        if let Some(object) = parameters.take("request").map(RequestObject::new) {
            // Whatever else stands there does not count (RFC 9126, section 3).
            return Ok((Self(Pushed::Signed { client_id: client_id.clone(), object }), client));
        }
        let mut pairs: Vec<(String, String)> = Vec::with_capacity(16);
        pairs.push(("client_id".to_owned(), client_id.as_str().to_owned()));
        pairs.extend(parameters.rest().map(|(name, value)| (name.to_owned(), value.to_owned())));
        let request = AuthorizationRequest::read(&Pairs::from_pairs(pairs))?;
        Ok((Self::new(request), client))
    }

    /// Who asks.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        match &self.0 {
            Pushed::Plain(request) => request.client_id(),
            Pushed::Signed { client_id, .. } => client_id,
        }
    }

    /// The request, unless it is a request object.
    #[must_use]
    pub fn request(&self) -> Option<&AuthorizationRequest> {
        match &self.0 {
            Pushed::Plain(request) => Some(request),
            Pushed::Signed { .. } => None,
        }
    }

    /// The request object, not verified: [`jwt_core::profile::RequestObjectProfile`] does, for [this client](Self::client_id), and then
    /// [`AuthorizationRequest::from_request_object`] reads it.
    #[must_use]
    pub const fn request_object(&self) -> Option<&RequestObject> {
        match &self.0 {
            Pushed::Plain(_) => None,
            Pushed::Signed { object, .. } => Some(object),
        }
    }
}

/// Why a pushed request is refused (RFC 9126, section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushedRequestError {
    /// It is no such request, or the client's authentication cannot be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The authorization request in it is wrong.
    #[error(transparent)]
    Authorization(#[from] AuthorizationRequestError),
}

impl PushedRequestError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Request(error) => error.code(),
            Self::Authorization(error) => error.code(),
        }
    }

    /// Always the peer's: here, the client's.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }

    /// The error code to answer with.
    #[must_use]
    pub const fn error_code(self) -> ErrorCode {
        match self {
            Self::Request(error) => error.error_code(),
            // A reference in a pushed request is not unsupported but forbidden.
            Self::Authorization(AuthorizationRequestError::RequestUri) => ErrorCode::InvalidRequest,
            Self::Authorization(error) => error.error_code(),
        }
    }

    /// The answer: an [`ErrorResponse`] with the right status and fields.
    #[must_use]
    pub fn to_http(self) -> HttpResponse {
        match self {
            Self::Request(error) => error.to_http(),
            Self::Authorization(_) => ErrorResponse::new(self.error_code()).to_http(400),
        }
    }
}

/// Where the server keeps the request (RFC 9126, section 2.2), for one use.
#[derive(Clone)]
pub struct PushedAuthorizationResponse {
    request_uri: RequestUri,
    expires_in: Option<Duration>,
    extra: Object,
    deviations: Vec<Deviation>,
}

impl PushedAuthorizationResponse {
    /// The request is kept there, for this long, in whole seconds, one at least. The reference must be one that nobody can guess (RFC 9126, section 7.1).
    #[must_use]
    pub const fn new(request_uri: RequestUri, expires_in: Duration) -> Self {
        let expires_in = if expires_in.as_secs() == 0 { Duration::from_secs(1) } else { expires_in };
        Self { request_uri, expires_in: Some(expires_in), extra: Object::new(), deviations: Vec::new() }
    }

    /// Reads an answer of the pushed authorization request endpoint.
    ///
    /// # Errors
    ///
    /// [`ResponseError::Refused`] if the server said no, [`ResponseError::Transient`] if it said nothing that counts, and
    /// [`ResponseError::Invalid`] if it broke the protocol.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        // RFC 9126, section 2.2: "the server MUST generate a request URI and provide it in the response with a 201 HTTP status code."
        let mut members = response::read(response, Success::with(201, "request_uri"), expect)?;
        let request_uri = members.take_text("request_uri")?;
        let request_uri = request_uri.ok_or(InvalidResponse::Missing { member: "request_uri" })?;
        let request_uri =
            RequestUri::new(request_uri).map_err(|_| InvalidResponse::Malformed { member: "request_uri" })?;
        let expires_in = members.take_positive_lifetime("expires_in")?;
        // "expires_in: A JSON number that represents the lifetime of the request URI in seconds as a positive integer."
        if expires_in.is_none() {
            members.tolerance.tolerate(Deviation::Missing { member: "expires_in" })?;
        }
        let (extra, deviations) = members.into_rest();
        Ok(Self { request_uri, expires_in, extra, deviations })
    }

    /// Where the request is.
    #[must_use]
    pub const fn request_uri(&self) -> &RequestUri {
        &self.request_uri
    }

    /// For how long it is there from when the answer was made; `None` if the server did not say.
    #[must_use]
    pub const fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    response::further!();

    /// What the browser of this client's user carries.
    #[must_use]
    pub fn into_reference(self, client_id: ClientId) -> RequestReference {
        RequestReference::uri(client_id, self.request_uri)
    }

    /// The answer of a server.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let own = [
            ("request_uri", Some(Member::Text(self.request_uri.expose()))),
            ("expires_in", self.expires_in.map(|lifetime| Member::Number(lifetime.as_secs()))),
        ];
        response::json(201, &Wire { own, rest: &self.extra })
    }
}

/// Shows no reference, and nothing of `extra` but how many there are.
impl fmt::Debug for PushedAuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushedAuthorizationResponse")
            .field("request_uri", &self.request_uri)
            .field("expires_in", &self.expires_in)
            .field("extra", &self.extra.len())
            .field("deviations", &self.deviations)
            .finish()
    }
}

#[cfg(test)]
mod tests;
