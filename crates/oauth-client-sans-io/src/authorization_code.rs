//! [`AuthorizationCode`]: the first half of a login, up to the redirect of the browser (RFC 6749, section 4.1; RFC 7636; OpenID Connect Core, section 3.1).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::{Moment, Secret, Timestamp};
use oauth_types::authorization::{AuthorizationRequest, Prompt, ResponseMode};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::pkce::Pkce;
use oauth_types::state::{Nonce, State};
use oauth_types::{RedirectUri, Resource, Scope};

use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error};
use crate::pending::{PendingAuthorization, SessionBinding};
use crate::signature::Keys;

/// Begins a login with an authorization code: always with PKCE `S256`, always with a `state`, with a `nonce` where `openid` is asked for.
///
/// # Theory of operation
///
/// [`begin`](AuthorizationCode::begin) makes the URL to which the browser is sent and a [`PendingAuthorization`], which records everything that
/// must be checked when the browser comes back, often to another process: store it. [`PendingAuthorization::accept`] then takes the whole callback
/// and gives the next flow, [`CodeExchange`](crate::CodeExchange).
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, AuthorizationCode, Client, SessionBinding};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::authorization::Callback;
/// use oauth_types::{ClientId, Endpoint, Issuer, RedirectUri, Scope};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let server = AuthorizationServer::new(Issuer::new("https://as.example")?)
///     .with_authorization_endpoint(Endpoint::new("https://as.example/authorize")?)
///     .with_token_endpoint(Endpoint::new("https://as.example/token")?);
/// let client = Client::new(ClientId::new("my-app")?, Authentication::None);
///
/// let session = SessionBinding::new("the value of the browser's session cookie");
/// let redirect = AuthorizationCode::new(&server, &client, RedirectUri::new("https://app.example/callback")?)
///     .scope("files.read".parse::<Scope>()?)
///     .session(&session)
///     .begin(&at.at(now))?;
/// assert!(redirect.url.starts_with("https://as.example/authorize?response_type=code&client_id=my-app"));
///
/// // The browser goes to `redirect.url` and comes back to the callback with a query.
/// let mut pending = redirect.pending;
/// let forged = Callback::Query("code=stolen&state=guessed");
/// assert!(pending.accept(&at.at(now), Some(&session), forged).is_err()); // and nothing was consumed
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthorizationCode<'s> {
    server: &'s AuthorizationServer,
    client: &'s Client,
    redirect_uri: RedirectUri,
    scope: Option<Scope>,
    resources: Vec<Resource>,
    max_age: Option<Duration>,
    prompts: Vec<Prompt>,
    login_hint: Option<Secret>,
    response_mode: ResponseMode,
    session: Option<SessionBinding>,
    lifetime: Duration,
    /// Their values may be secrets.
    parameters: Vec<(String, Secret)>,
}

/// Where to send the browser, and what to remember until it comes back.
#[non_exhaustive]
pub struct Redirect {
    /// The authorization request as a URL. Open it in the browser as it is.
    pub url: String,
    /// What must be checked when the browser comes back. Store it first.
    pub pending: PendingAuthorization,
}

impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirect").field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// How long a login may take. RFC 9700 asks for a limit and names none; ten minutes is what a person with a second factor needs,
/// and what most servers allow for theirs.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

impl<'s> AuthorizationCode<'s> {
    /// A login of `client` at `server` that comes back to `redirect_uri`.
    pub const fn new(server: &'s AuthorizationServer, client: &'s Client, redirect_uri: RedirectUri) -> Self {
        Self {
            server,
            client,
            redirect_uri,
            scope: None,
            resources: Vec::new(),
            max_age: None,
            prompts: Vec::new(),
            login_hint: None,
            response_mode: ResponseMode::Query,
            session: None,
            lifetime: DEFAULT_LIFETIME,
            parameters: Vec::new(),
        }
    }

    /// Asks for this scope (RFC 6749, section 3.3). With `openid` in it, an ID token is demanded and checked.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Asks for tokens for this resource; may be called again for another (RFC 8707, section 2). The token request repeats it.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Asks that the user logged in no longer ago than this, in whole seconds; the ID token's `auth_time` is checked against it (OpenID Connect Core,
    /// section 3.1.2.1). Without an ID token ([`Login::id_token`](crate::Login)) it is the server's word only.
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        // What is sent, and stored.
        self.max_age = Some(Duration::from_secs(max_age.as_secs()));
        self
    }

    /// Asks the server to ask the user for this; may be called again for another (OpenID Connect Core, section 3.1.2.1).
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        self.prompts.push(prompt);
        self
    }

    /// Says who is likely to log in (OpenID Connect Core, section 3.1.2.1).
    pub fn login_hint(mut self, login_hint: impl Into<String>) -> Self {
        self.login_hint = Some(Secret::new(login_hint));
        self
    }

    /// Asks for the answer in this way instead of in the query (OAuth 2.0 Form Post Response Mode). An answer that comes another way is not ours.
    pub const fn response_mode(mut self, mode: ResponseMode) -> Self {
        self.response_mode = mode;
        self
    }

    /// Binds the login to a browser session: a callback without the same session is not ours (RFC 9700, section 4.7; the state alone does not bind it to a browser).
    pub fn session(mut self, session: &SessionBinding) -> Self {
        self.session = Some(session.clone());
        self
    }

    /// Gives the login this long instead of ten minutes.
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Adds a parameter of the caller's own, such as `audience` or `access_type`, to the authorization request. [`begin`](Self::begin) refuses one that it
    /// sets itself.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), Secret::new(value)));
        self
    }

    /// Makes the redirect. State, nonce and PKCE verifier come from the moment.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no authorization or token endpoint, says that it does not support `S256` (an absent list is no such
    /// statement: RFC 9700, section 2.1.1), has no `jwks_uri` although `openid` is asked for, or a parameter of the caller's own cannot be added.
    pub fn begin(self, at: &Moment) -> Result<Redirect, Error> {
        let endpoint =
            self.server.authorization_endpoint().ok_or(ApiMisuse::MissingEndpoint("authorization_endpoint"))?;
        let party = Party::at_token_endpoint(self.server, self.client)?;
        if !self.server.supports_s256() {
            return Err(ApiMisuse::Unsupported("PKCE with S256").into());
        }
        let openid = self.scope.as_ref().is_some_and(|scope| scope.contains("openid"));
        if openid && self.server.jwks_uri().is_none() {
            return Err(ApiMisuse::MissingEndpoint("jwks_uri").into());
        }

        let state = State::generate(at);
        let nonce = openid.then(|| Nonce::generate(at));
        let pkce = Pkce::generate(at);
        let mut request = AuthorizationRequest::new(
            self.client.id().clone(),
            self.redirect_uri.clone(),
            state.clone(),
            pkce.challenge(),
        );
        if let Some(scope) = &self.scope {
            request = request.with_scope(scope.clone());
        }
        if let Some(nonce) = &nonce {
            request = request.with_nonce(nonce.clone());
        }
        for resource in &self.resources {
            request = request.with_resource(resource.clone());
        }
        if let Some(max_age) = self.max_age {
            request = request.with_max_age(max_age);
        }
        for prompt in self.prompts {
            request = request.with_prompt(prompt);
        }
        if let Some(login_hint) = &self.login_hint {
            request = request.with_login_hint(login_hint.expose());
        }
        if self.response_mode != ResponseMode::Query {
            request = request.with_response_mode(self.response_mode);
        }
        for (name, value) in self.parameters {
            request = request.with_parameter(name, value.expose());
        }
        let url = request.to_url(endpoint).map_err(ApiMisuse::from)?;
        let pending = PendingAuthorization {
            party,
            iss_required: self.server.iss_parameter_supported(),
            keys: Keys { jwks_uri: self.server.jwks_uri().cloned(), ..Keys::default() },
            redirect_uri: self.redirect_uri,
            state,
            verifier: pkce.into_verifier(),
            nonce,
            scope: self.scope,
            resources: self.resources,
            max_age: self.max_age,
            acr_values: Vec::new(),
            response_mode: self.response_mode,
            session: self.session,
            dpop_nonce: None,
            // Whole seconds, so that what is stored is what was promised.
            expires_at: Timestamp::from_unix(at.now().saturating_add(self.lifetime).as_unix()),
            used: false,
        };
        Ok(Redirect { url: url.to_string(), pending })
    }
}
