//! [`TokenRequest`]: what a client asks the token endpoint.

use alloc::vec::Vec;
use core::fmt;

use super::{Grant, TokenExchange};
use crate::client_auth::{ClientAuth, PresentedClient};
use crate::http::{HttpRequest, Purpose};
use crate::identifiers::{ClientId, Endpoint, RedirectUri, Resource, Scope};
use crate::pkce::CodeVerifier;
use crate::rar::{self, AuthorizationDetails};
use crate::request::{self, BuildError, Further, Own, Parameters, RequestError};
use crate::secret::{Assertion, AuthReqId, AuthorizationCode, DeviceCode, RefreshToken};

/// A request for tokens: a grant, and what the tokens shall be good for.
///
/// ```
/// use oauth_types::{ClientAuth, ClientId, ClientSecret, Endpoint, Resource, Scope, TokenRequest};
///
/// let request = TokenRequest::client_credentials()
///     .with_scope(Scope::parse("read")?)
///     .with_resource(Resource::new("https://api.example.com/")?)
///     .with_parameter("tenant", "7");
/// let auth = ClientAuth::Basic(ClientSecret::new("gX1fBat3bV"));
/// let http = request.to_http(&Endpoint::new("https://server.example.com/token")?, &ClientId::new("s6BhdRkqt3")?, &auth)?;
/// assert_eq!(http.body(), b"grant_type=client_credentials&scope=read&resource=https%3A%2F%2Fapi.example.com%2F&tenant=7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokenRequest {
    grant: Grant,
    scope: Option<Scope>,
    resources: Vec<Resource>,
    authorization_details: AuthorizationDetails,
    parameters: Further,
}

impl TokenRequest {
    /// Exchanges an authorization code (RFC 6749, section 4.1.3; RFC 7636, section 4.5).
    ///
    /// `redirect_uri` is that of the authorization request. OAuth 2.1 drops it here, but an OAuth 2.0 server demands it: `None` is for a
    /// server that refuses it.
    #[must_use]
    pub const fn authorization_code(
        code: AuthorizationCode,
        code_verifier: CodeVerifier,
        redirect_uri: Option<RedirectUri>,
    ) -> Self {
        Self::new(Grant::AuthorizationCode { code, code_verifier: Some(code_verifier), redirect_uri })
    }

    /// Asks for a token on the client's own behalf (RFC 6749, section 4.4.2).
    #[must_use]
    pub const fn client_credentials() -> Self {
        Self::new(Grant::ClientCredentials)
    }

    /// Asks for a new access token (RFC 6749, section 6). Without [`TokenRequest::with_scope`] it gets the scope of the old one.
    #[must_use]
    pub const fn refresh_token(refresh_token: RefreshToken) -> Self {
        Self::new(Grant::RefreshToken { refresh_token })
    }

    /// Asks whether the user of a device has decided (RFC 8628, section 3.4).
    #[must_use]
    pub const fn device_code(device_code: DeviceCode) -> Self {
        Self::new(Grant::DeviceCode { device_code })
    }

    /// Asks whether the user has decided, on a device of their own (CIBA Core 1.0, section 10.1).
    #[must_use]
    pub const fn ciba(auth_req_id: AuthReqId) -> Self {
        Self::new(Grant::Ciba { auth_req_id })
    }

    /// Exchanges a token for another (RFC 8693, section 2.1). The answer is read by [`TokenResponse::from_exchange`](super::TokenResponse::from_exchange).
    #[must_use]
    pub const fn token_exchange(exchange: TokenExchange) -> Self {
        Self::new(Grant::TokenExchange(exchange))
    }

    /// Asks for a token by the word of somebody whom the server trusts (RFC 7523, section 2.1).
    ///
    /// The second leg of an identity assertion (draft-ietf-oauth-identity-assertion-authz-grant), after [`TokenExchange::id_jag`]:
    ///
    /// ```
    /// use jwt_core::Timestamp;
    /// use oauth_types::token::{TokenExchange, TokenResponse, TokenType};
    /// use oauth_types::{Assertion, ClientAuth, ClientId, Endpoint, Expect, HttpResponse, IdToken, Issuer, Resource, Scope, TokenRequest};
    ///
    /// # let body = r#"{"issued_token_type":"urn:ietf:params:oauth:token-type:id-jag","access_token":"eyJhbGciOiJIUzI1NiIsI","token_type":"N_A"}"#;
    /// # let answer = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    /// # let (now, client) = (Timestamp::from_unix(1_700_000_000), ClientId::new("2ec9")?);
    /// // At the identity provider that the user has logged in to ...
    /// let exchange = TokenExchange::id_jag(&IdToken::new("eyJraWQiOiJzMTZ0cVNtODhw"), &Issuer::new("https://acme.chat.example/")?);
    /// let request = TokenRequest::token_exchange(exchange.clone())
    ///     .with_resource(Resource::new("https://api.chat.example/")?)
    ///     .with_scope(Scope::parse("chat.read chat.history")?)
    ///     .to_http(&Endpoint::new("https://acme.idp.example/oauth2/token")?, &client, &ClientAuth::None)?;
    /// // ... whose answer is an assertion, no access token:
    /// let given = TokenResponse::from_exchange(&answer, &exchange, &Expect::new(now))?;
    /// assert_eq!(given.token_type(), &TokenType::NotApplicable);
    ///
    /// // At the server of the resource.
    /// let request = TokenRequest::jwt_bearer(Assertion::new(given.access_token().expose()))
    ///     .to_http(&Endpoint::new("https://acme.chat.example/oauth2/token")?, &client, &ClientAuth::None)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn jwt_bearer(assertion: Assertion) -> Self {
        Self::new(Grant::JwtBearer { assertion })
    }

    const fn new(grant: Grant) -> Self {
        let authorization_details = AuthorizationDetails::new();
        Self { grant, scope: None, resources: Vec::new(), authorization_details, parameters: Further::new() }
    }

    /// Asks for this scope (RFC 6749, section 3.3). An empty one is not sent.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    // RFC 9396, section 6: of authorization details, no more than were granted.
    request::targets!();
    request::further!();

    /// The grant.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The scope that is asked for.
    #[must_use]
    pub const fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The request as it goes to the server.
    ///
    /// Its [`Contract`](crate::http::Contract) says that a request with a code or a refresh token may be repeated only if it surely was not
    /// sent, and that one with client credentials may be repeated.
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`], [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the caller's
    /// own, [`BuildError::Credentials`] as [`ClientAuth::authorization`].
    pub fn to_http(
        &self,
        endpoint: &Endpoint,
        client_id: &ClientId,
        auth: &ClientAuth,
    ) -> Result<HttpRequest, BuildError> {
        let details = rar::parameter(&self.authorization_details);
        let mut own = Own::default();
        own.push(("grant_type", self.grant.as_str()));
        self.grant.write(&mut own);
        own.extend(self.scope.as_ref().filter(|scope| !scope.is_empty()).map(|scope| ("scope", scope.as_str())));
        own.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        own.extend(details.iter().map(|details| ("authorization_details", details.as_str())));
        let kind = (Purpose::Token, self.grant.replay());
        let reserved = reserved(&self.grant);
        request::post(endpoint, kind, &own, &self.parameters, reserved, (client_id, auth))
    }

    /// Reads a request that came to a server, and who it says that it comes from. Nothing of it has been verified.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it.
    pub fn from_http(request: &HttpRequest) -> Result<(Self, PresentedClient), RequestError> {
        let mut parameters = Parameters::read(request)?;
        let client = PresentedClient::take(request, &mut parameters)?;
        let grant = Grant::read(&mut parameters)?;
        let scope = parameters.take_with("scope", Scope::parse)?;
        let resources = parameters.take_resources()?;
        let authorization_details = parameters.take_authorization_details()?;
        let parameters = Further::rest_of(&parameters, reserved(&grant));
        Ok((Self { grant, scope, resources, authorization_details, parameters }, client))
    }
}

/// Shows no value of a parameter, and no code or token.
impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { grant, scope, resources, authorization_details, parameters } = self;
        f.debug_struct("TokenRequest")
            .field("grant", grant)
            .field("scope", scope)
            .field("resources", resources)
            .field("authorization_details", authorization_details)
            .field("parameters", parameters)
            .finish()
    }
}

/// Under other grants than the exchange `audience` is an extension, which some servers have.
fn reserved(grant: &Grant) -> &'static [&'static str] {
    if matches!(grant, Grant::TokenExchange(_)) { RESERVED } else { RESERVED.get(1..).unwrap_or(RESERVED) }
}

/// What a token request sets itself, under any grant but for the first: none of it can be slipped in as a parameter of the caller's own.
const RESERVED: &[&str] = &[
    "audience",
    "grant_type",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "device_code",
    "auth_req_id",
    "assertion",
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "requested_token_type",
    "scope",
    "resource",
    "authorization_details",
];
