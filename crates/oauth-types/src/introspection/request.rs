//! [`IntrospectionRequest`].

use alloc::vec::Vec;

use jwt_core::Secret;

use super::MEDIA_TYPE;
use crate::access_token;
use crate::client_auth::{ClientAuth, PresentedClient};
use crate::http::{HttpRequest, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint};
use crate::request::{self, BuildError, Further, Parameters, RequestError};
use crate::revocation::TokenTypeHint;
use crate::secret::AccessToken;

/// Asks a server what a token is good for (RFC 7662, section 2.1).
#[derive(Clone, Debug)]
pub struct IntrospectionRequest {
    token: Secret,
    hint: Option<TokenTypeHint>,
    signed: bool,
    parameters: Further,
}

/// Who asks, for a server to check: RFC 7662, section 2.1 leaves open how. Nothing of it has been verified.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum IntrospectionCaller {
    /// A client, as at the token endpoint.
    Client(PresentedClient),
    /// Whoever holds this access token.
    Bearer(AccessToken),
}

impl IntrospectionRequest {
    /// A request about a token of any kind.
    #[must_use]
    pub const fn new(token: Secret) -> Self {
        Self { token, hint: None, signed: false, parameters: Further::new() }
    }

    /// Says what kind of token it is.
    #[must_use]
    pub fn with_hint(mut self, hint: TokenTypeHint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Asks for a signed answer (RFC 9701, section 4), which is read by
    /// [`IntrospectionResponse::signed_from_http`](super::IntrospectionResponse::signed_from_http).
    #[must_use]
    pub const fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &Secret {
        &self.token
    }

    /// What kind of token it is said to be. A server must look further if it finds none of that kind (RFC 7662, section 2.1).
    #[must_use]
    pub const fn token_type_hint(&self) -> Option<&TokenTypeHint> {
        self.hint.as_ref()
    }

    /// Whether the answer is to be signed.
    #[must_use]
    pub const fn wants_signed(&self) -> bool {
        self.signed
    }

    request::further!();

    /// The request as it goes to the server. It changes nothing there, so it may be repeated.
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`], [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the caller's own,
    /// [`BuildError::Credentials`] as [`ClientAuth::authorization`].
    pub fn to_http(
        &self,
        endpoint: &Endpoint,
        client_id: &ClientId,
        auth: &ClientAuth,
    ) -> Result<HttpRequest, BuildError> {
        let (own, further) = (self.own(), &self.parameters);
        request::post(endpoint, KIND, &own, further, RESERVED, (client_id, auth)).map(|request| self.accepting(request))
    }

    /// The same by a caller that shows an access token of its own.
    ///
    /// # Errors
    ///
    /// As [`IntrospectionRequest::to_http`]; [`BuildError::AccessToken`] if `bearer` is not of the syntax of RFC 6750, section 2.1.
    pub fn to_http_with_bearer(&self, endpoint: &Endpoint, bearer: &AccessToken) -> Result<HttpRequest, BuildError> {
        let (own, further) = (self.own(), &self.parameters);
        let request = request::post_without_client(endpoint, KIND, &own, further, RESERVED)?;
        access_token::with_bearer(self.accepting(request), bearer.expose())
    }

    /// Reads a request that came to a server, and who it says that it comes from. Nothing of it has been verified.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it.
    pub fn from_http(request: &HttpRequest) -> Result<(Self, IntrospectionCaller), RequestError> {
        let mut parameters = Parameters::read(request)?;
        let scheme = request.header("authorization").and_then(|field| field.split(' ').next());
        let caller = if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("Bearer")) {
            for name in ["client_id", "client_secret", "client_assertion", "client_assertion_type"] {
                if parameters.take(name).is_some() && name != "client_id" {
                    return Err(RequestError::ManyAuthentications);
                }
            }
            IntrospectionCaller::Bearer(access_token::required_bearer(request)?)
        } else {
            IntrospectionCaller::Client(PresentedClient::take(request, &mut parameters)?)
        };
        let token = Secret::new(parameters.require("token")?);
        let hint = parameters.take("token_type_hint").map(TokenTypeHint::from);
        let signed = request::accepts(request, MEDIA_TYPE);
        let parameters = Further::rest_of(&parameters, RESERVED);
        Ok((Self { token, hint, signed, parameters }, caller))
    }

    fn own(&self) -> Vec<(&'static str, &str)> {
        let hint = self.hint.as_ref().map(|hint| ("token_type_hint", hint.as_str()));
        [("token", self.token.expose())].into_iter().chain(hint).collect()
    }

    fn accepting(&self, request: HttpRequest) -> HttpRequest {
        if self.signed { request.with_header("accept", MEDIA_TYPE) } else { request }
    }
}

/// It changes nothing at the server.
const KIND: (Purpose, Replay) = (Purpose::Introspection, Replay::Safe);

/// What the request sets itself.
const RESERVED: &[&str] = &["token", "token_type_hint"];
