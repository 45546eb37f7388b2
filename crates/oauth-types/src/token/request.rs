//! [`TokenRequest`]: what a client asks the token endpoint.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::client_auth::{ClientAuth, PresentedClient};
use crate::http::{HttpRequest, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint, RedirectUri, Resource, Scope};
use crate::pkce::CodeVerifier;
use crate::request::{self, BuildError, Parameters, RequestError};
use crate::secret::{AuthorizationCode, RefreshToken};

/// A request for tokens: a grant, and what the tokens shall be good for.
///
/// ```
/// use oauth_types::{ClientAuth, ClientId, ClientSecret, Endpoint, Resource, Scope, TokenRequest};
///
/// let request = TokenRequest::client_credentials()
///     .scope(Scope::parse("read")?)
///     .resource(Resource::new("https://api.example.com/")?)
///     .param("tenant", "7");
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
    /// In the order of the wire. Wiped when dropped: a parameter of the caller's own may well be a secret.
    parameters: Vec<(String, String)>,
}

/// What entitles a client to tokens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Grant {
    /// `authorization_code` (RFC 6749, section 4.1.3): a code that came back from the user's browser.
    #[non_exhaustive]
    AuthorizationCode {
        /// The code, good for one request.
        code: AuthorizationCode,
        /// The PKCE verifier (RFC 7636, section 4.5). `None` only in a request that came to a server.
        code_verifier: Option<CodeVerifier>,
        /// The redirect URI of the authorization request, unchanged (RFC 6749, section 4.1.3).
        redirect_uri: Option<RedirectUri>,
    },
    /// `client_credentials` (RFC 6749, section 4.4.2): the client's own authentication.
    ClientCredentials,
    /// `refresh_token` (RFC 6749, section 6).
    #[non_exhaustive]
    RefreshToken {
        /// The refresh token; with rotation it is good for one request.
        refresh_token: RefreshToken,
    },
}

impl Grant {
    /// The value of `grant_type`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AuthorizationCode { .. } => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken { .. } => "refresh_token",
        }
    }

    /// Whether the request may be sent a second time.
    ///
    /// A code or a rotating refresh token that was sent may have been used, and a second use revokes what the first one gave (RFC 6749,
    /// section 4.1.2; RFC 9700, section 4.14.2): only a request that surely was not sent may be repeated. A client's own credentials give
    /// one more token at worst.
    const fn replay(&self) -> Replay {
        match self {
            Self::AuthorizationCode { .. } | Self::RefreshToken { .. } => Replay::IfNotSent,
            Self::ClientCredentials => Replay::Safe,
        }
    }
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

    /// Asks for a new access token (RFC 6749, section 6). Without [`TokenRequest::scope`] it gets the scope of the old one.
    #[must_use]
    pub const fn refresh_token(refresh_token: RefreshToken) -> Self {
        Self::new(Grant::RefreshToken { refresh_token })
    }

    const fn new(grant: Grant) -> Self {
        Self { grant, scope: None, resources: Vec::new(), parameters: Vec::new() }
    }

    /// Asks for this scope (RFC 6749, section 3.3). An empty one is not sent.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Names a resource at which the token shall be used (RFC 8707, section 2). May be called several times.
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Adds a parameter of the caller's own. [`TokenRequest::to_http`] refuses names that the request sets itself, and names given twice.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// The grant.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The scope that is asked for.
    #[must_use]
    pub const fn requested_scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The resources that are named.
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// All other parameters.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
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
        let mut own: Vec<(&str, &str)> = Vec::with_capacity(8);
        own.push(("grant_type", self.grant.as_str()));
        match &self.grant {
            Grant::AuthorizationCode { code, code_verifier, redirect_uri } => {
                own.push(("code", code.expose()));
                own.extend(redirect_uri.as_ref().map(|uri| ("redirect_uri", uri.as_str())));
                own.extend(code_verifier.as_ref().map(|verifier| ("code_verifier", verifier.expose())));
            }
            Grant::ClientCredentials => {}
            Grant::RefreshToken { refresh_token } => own.push(("refresh_token", refresh_token.expose())),
        }
        own.extend(self.scope.as_ref().filter(|scope| !scope.is_empty()).map(|scope| ("scope", scope.as_str())));
        own.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        let kind = (Purpose::Token, self.grant.replay());
        request::post(endpoint, kind, &own, &self.parameters, RESERVED, (client_id, auth))
    }

    /// Reads a request that came to a server, and who it says that it comes from. Nothing of it has been verified.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it.
    pub fn from_http(request: &HttpRequest) -> Result<(Self, PresentedClient), RequestError> {
        let mut parameters = Parameters::read(request)?;
        let client = PresentedClient::take(request, &mut parameters)?;
        let grant = match parameters.require("grant_type")? {
            "authorization_code" => {
                let code = AuthorizationCode::new(parameters.require("code")?);
                let code_verifier = parameters.take_with("code_verifier", CodeVerifier::new)?;
                let redirect_uri = parameters.take_with("redirect_uri", RedirectUri::new)?;
                Grant::AuthorizationCode { code, code_verifier, redirect_uri }
            }
            "client_credentials" => Grant::ClientCredentials,
            "refresh_token" => {
                Grant::RefreshToken { refresh_token: RefreshToken::new(parameters.require("refresh_token")?) }
            }
            _ => return Err(RequestError::UnsupportedGrantType),
        };
        let scope = parameters.take_with("scope", Scope::parse)?;
        let resources = parameters.take_all("resource").map(Resource::new).collect::<Result<_, _>>();
        let resources = resources.map_err(|_| RequestError::MalformedParameter { name: "resource" })?;
        // RFC 6749, section 3.2: "The authorization server MUST ignore unrecognized request parameters." They are the caller's to ignore.
        let rest = parameters.rest().filter(|(name, _)| !RESERVED.contains(name));
        let rest = rest.map(|(name, value)| (name.into(), value.into())).collect();
        Ok((Self { grant, scope, resources, parameters: rest }, client))
    }
}

impl Drop for TokenRequest {
    fn drop(&mut self) {
        for (_, value) in &mut self.parameters {
            value.zeroize();
        }
    }
}

/// Shows no value of a parameter, and no code or token.
impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { grant, scope, resources, parameters } = self;
        f.debug_struct("TokenRequest")
            .field("grant", grant)
            .field("scope", scope)
            .field("resources", resources)
            .field("parameters", &parameters.len())
            .finish()
    }
}

/// What a token request sets itself, under any grant: none of it can be slipped in as a parameter of the caller's own.
const RESERVED: &[&str] =
    &["grant_type", "code", "code_verifier", "redirect_uri", "refresh_token", "scope", "resource"];
