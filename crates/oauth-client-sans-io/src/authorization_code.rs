//! [`AuthorizationCode`]: the first half of a login, up to the redirect of the browser (RFC 6749, section 4.1; RFC 7636; OpenID Connect Core, section 3.1).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::json::Object;
use jwt_core::{Moment, Secret, Timestamp};
use oauth_types::CodeVerifier;
use oauth_types::authorization::{AuthorizationRequest, AuthorizationRequestParts, Display, Prompt, ResponseMode};
use oauth_types::dpop::DpopNonce;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::rar::AuthorizationDetails;
use oauth_types::state::{Nonce, State};
use oauth_types::{Endpoint, IdToken, RedirectUri, Resource, Scope};

use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error};
use crate::pending::{Asked, PendingAuthorization, SessionBinding};
use crate::pushed_authorization::PushedAuthorization;
use crate::request_object::{RequestObjectKey, SignedAuthorization};
use crate::signature::Keys;
use refusals::words;

mod acr;
mod refusals;

/// Begins a login with an authorization code: always with PKCE `S256`, always with a `state`, with a `nonce` where `openid` is asked for, and with the
/// thumbprint of the client's DPoP key where it has one (RFC 9449, section 10), so that nobody else can redeem the code.
///
/// # Theory of operation
///
/// The request takes one of three ways to the server, and each ends in a [`Redirect`]: the URL to which the browser is sent, and a [`PendingAuthorization`],
/// which records everything that must be checked when the browser comes back, often to another process: store it.
///
/// * [`begin`](AuthorizationCode::begin) writes the request into the URL.
/// * [`push`](AuthorizationCode::push) sends it to the server first (RFC 9126), signed if it has a [key](AuthorizationCode::request_object), and the browser
///   carries a reference: a flow, [`PushedAuthorization`].
/// * [`sign`](AuthorizationCode::sign) has it signed, and the browser carries the JWT (RFC 9101): a flow, [`SignedAuthorization`].
///
/// [`PendingAuthorization::accept`] then takes the whole callback and gives the next flow, [`CodeExchange`](crate::CodeExchange). What the server's metadata
/// says that it cannot do is refused before anything is sent, and so is what the client's [`Profile`](crate::Profile) forbids. (A list that is absent says
/// nothing.) There is no other response type than `code`: no implicit grant, and no hybrid flow.
///
/// A native application gives the redirect URI at which it listens: of the loopback address with whatever port it got (RFC 8252, section 7.3), or of its
/// private-use scheme (section 7.1).
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> Redirect: begin
///     [*] --> PushedAuthorization: push
///     [*] --> SignedAuthorization: sign
///     PushedAuthorization --> Redirect: Done
///     SignedAuthorization --> Redirect: Done
///     Redirect --> PendingAuthorization: pending (the browser goes)
///     PendingAuthorization --> CodeExchange: accept (the browser comes back)
///     CodeExchange --> Login: Done
///     Login --> [*]
/// ```
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
#[derive(Clone)]
#[must_use]
pub struct AuthorizationCode<'s> {
    server: &'s AuthorizationServer,
    client: &'s Client,
    redirect_uri: RedirectUri,
    scope: Option<Scope>,
    resources: Vec<Resource>,
    authorization_details: AuthorizationDetails,
    /// Large, and left to the server by most.
    wishes: Option<Box<Wishes>>,
    response_mode: ResponseMode,
    request_object: Option<RequestObjectKey>,
    session: Option<SessionBinding>,
    dpop_nonce: Option<DpopNonce>,
    lifetime: Duration,
    /// Their values may be secrets.
    parameters: Vec<(String, Secret)>,
}

/// Shows nothing that is about a person, and no value of a parameter.
impl fmt::Debug for AuthorizationCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCode")
            .field("issuer", self.server.issuer())
            .field("client", self.client)
            .field("redirect_uri", &self.redirect_uri)
            .field("scope", &self.scope)
            .field("resources", &self.resources)
            .field("response_mode", &self.response_mode)
            .finish_non_exhaustive()
    }
}

/// Where to send the browser, and what to remember until it comes back.
#[non_exhaustive]
pub struct Redirect {
    /// The authorization request as a URL. Open it in the browser as it is.
    pub url: String,
    /// Until when the server takes the URL: it keeps a pushed request for a while only (RFC 9126, section 2.2), and a signed one ends. `None` where nothing
    /// limits it but the login's own end, [`PendingAuthorization::expires_at`].
    pub expires_at: Option<Timestamp>,
    /// What must be checked when the browser comes back. Store it first.
    pub pending: PendingAuthorization,
}

impl Redirect {
    pub(crate) const fn new(url: String, asked: Box<Asked>, expires_at: Option<Timestamp>) -> Self {
        Self { url, expires_at, pending: PendingAuthorization::new(asked) }
    }
}

impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirect")
            .field("expires_at", &self.expires_at)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

/// A request in a flow, where it goes, and what must come back.
pub(crate) struct Storable {
    pub(crate) request: Box<AuthorizationRequest>,
    pub(crate) endpoint: Endpoint,
    pub(crate) asked: Box<Asked>,
}

/// A request as it is when it was stored and restored. What no server could read could not be, and is not sent.
fn restored(request: &AuthorizationRequest) -> Result<Box<AuthorizationRequest>, ApiMisuse> {
    let request = AuthorizationRequest::from_query(request.to_query().map_err(ApiMisuse::from)?);
    request
        .map(Box::new)
        .map_err(|_| ApiMisuse::InvalidArgument("the request is longer than servers read, or nests too deep"))
}

/// How long a login may take. RFC 9700 asks for a limit and names none; ten minutes is what a person with a second factor needs,
/// and what most servers allow for theirs.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

impl<'s> AuthorizationCode<'s> {
    /// A login of `client` at `server` that comes back to `redirect_uri`.
    #[inline]
    pub const fn new(server: &'s AuthorizationServer, client: &'s Client, redirect_uri: RedirectUri) -> Self {
        Self {
            server,
            client,
            redirect_uri,
            scope: None,
            resources: Vec::new(),
            authorization_details: AuthorizationDetails::new(),
            wishes: None,
            response_mode: ResponseMode::Query,
            request_object: None,
            session: None,
            dpop_nonce: None,
            lifetime: DEFAULT_LIFETIME,
            parameters: Vec::new(),
        }
    }

    /// Asks for this scope (RFC 6749, section 3.3). With `openid` in it, an ID token is demanded and checked.
    #[inline]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Asks for tokens for this resource; may be called again for another (RFC 8707, section 2). The token request repeats it.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Asks for these (RFC 9396, section 2). The token request repeats them (section 6).
    pub fn authorization_details(mut self, details: AuthorizationDetails) -> Self {
        self.authorization_details = details;
        self
    }

    /// Asks that the user logged in no longer ago than this, in whole seconds; the ID token's `auth_time` is checked against it (OpenID Connect Core,
    /// section 3.1.2.1). Where `openid` is asked for, a login without an ID token is then refused; where it is not, it is the server's word only.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        // What is sent, and stored.
        self.wishes_mut().max_age = Some(Duration::from_secs(max_age.as_secs()));
        self
    }

    /// Asks the server to ask the user for this; may be called again for another (OpenID Connect Core, section 3.1.2.1).
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        self.wishes_mut().prompts.push(prompt);
        self
    }

    /// Wishes that the user is authenticated in one of these ways, the most wanted first: `acr_values`, a voluntary wish (OpenID Connect Core, section 5.5.1.1).
    ///
    /// A server may log the user in in another way, and the ID token is taken whatever its `acr` is. A resource that asked for them (RFC 9470, section 3)
    /// checks the access token itself. To demand one of the login use [`essential_acr`](Self::essential_acr).
    pub fn acr_values<T: Into<String>>(mut self, acr_values: impl IntoIterator<Item = T>) -> Self {
        self.wishes_mut().acr_values = acr_values.into_iter().map(Into::into).collect();
        self
    }

    /// Demands that the user is authenticated in one of these ways: `acr` as an essential claim of the ID token (OpenID Connect Core, section 5.5.1.1:
    /// "the Authorization Server MUST return an acr Claim Value that matches one of the requested values"). A login whose ID token names none of them is refused
    /// with the advice [`StepUp`](crate::Advice::StepUp); where `openid` is not asked for, it is the server's word only.
    ///
    /// It is a part of [`claims`](Self::claims), in the place of what they say of `acr`.
    pub fn essential_acr<T: Into<String>>(mut self, acr_values: impl IntoIterator<Item = T>) -> Self {
        self.wishes_mut().essential_acr = acr_values.into_iter().map(Into::into).collect();
        self
    }

    /// Asks for single claims: an object with `userinfo`, `id_token` or both (OpenID Connect Core, section 5.5). An `acr` that is essential for the ID token
    /// and has values is checked, as [`essential_acr`](Self::essential_acr) says; nothing else is.
    pub fn claims(mut self, claims: Object) -> Self {
        self.wishes_mut().claims = Some(claims);
        self
    }

    /// Says who is likely to log in (OpenID Connect Core, section 3.1.2.1).
    pub fn login_hint(mut self, login_hint: impl Into<String>) -> Self {
        self.wishes_mut().login_hint = Some(Secret::new(login_hint));
        self
    }

    /// Shows an ID token that the server gave earlier: who is logged in, or was (OpenID Connect Core, section 3.1.2.1). It travels through the browser:
    /// [`push`](Self::push) it where that matters.
    pub fn id_token_hint(mut self, id_token: IdToken) -> Self {
        self.wishes_mut().id_token_hint = Some(id_token);
        self
    }

    /// Asks for pages in one of these languages (BCP 47), the most wanted first (OpenID Connect Core, section 3.1.2.1).
    pub fn ui_locales<T: Into<String>>(mut self, ui_locales: impl IntoIterator<Item = T>) -> Self {
        self.wishes_mut().ui_locales = ui_locales.into_iter().map(Into::into).collect();
        self
    }

    /// Says how the pages are to be shown (OpenID Connect Core, section 3.1.2.1).
    pub fn display(mut self, display: Display) -> Self {
        self.wishes_mut().display = Some(display);
        self
    }

    /// Asks for the answer in this way instead of in the query (OAuth 2.0 Form Post Response Mode; JARM). An answer that comes another way is not ours; with a
    /// mode that ends in `jwt`, neither is one that is not signed.
    pub const fn response_mode(mut self, mode: ResponseMode) -> Self {
        self.response_mode = mode;
        self
    }

    /// Signs the request with this key (RFC 9101): go on with [`push`](Self::push) or [`sign`](Self::sign).
    pub fn request_object(mut self, key: RequestObjectKey) -> Self {
        self.request_object = Some(key);
        self
    }

    /// Binds the login to a browser session: a callback without the same session is not ours (RFC 9700, section 4.7; the state alone does not bind it to a browser).
    pub fn session(mut self, session: &SessionBinding) -> Self {
        self.session = Some(session.clone());
        self
    }

    /// Begins with the DPoP nonce that the server gave last ([`Tokens::dpop_nonce`](crate::Tokens::dpop_nonce)), which saves a request.
    pub fn dpop_nonce(mut self, nonce: Option<DpopNonce>) -> Self {
        self.dpop_nonce = nonce;
        self
    }

    /// Gives the login this long instead of ten minutes.
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Adds a parameter of the caller's own, such as `audience` or `access_type`, to the authorization request. One that the request sets itself is refused
    /// when it is made.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), Secret::new(value)));
        self
    }

    /// Makes the redirect, with the whole request in its URL. State, nonce and PKCE verifier come from the moment.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no authorization or token endpoint, or no `jwks_uri` although it is to sign something; where its metadata
    /// says that it does not support what is asked ([`ApiMisuse::Unsupported`]; an absent list is no such statement: RFC 9700, section 2.1.1);
    /// where the client's profile or the server forbids it ([`ApiMisuse::Forbidden`]), as of a server that wants requests pushed; where there is a
    /// [`request_object`](Self::request_object) key, with which a URL that nobody signed would not be what was asked for; and where a value cannot be written.
    pub fn begin(self, at: &Moment) -> Result<Redirect, Error> {
        if self.request_object.is_some() {
            return Err(ApiMisuse::InvalidArgument("a request that is to be signed begins with push or sign").into());
        }
        let write =
            |request: &AuthorizationRequest, endpoint: &Endpoint| request.to_url(endpoint).map_err(ApiMisuse::from);
        let (url, asked) = self.prepare(at, false, write)?;
        Ok(Redirect::new(url, asked, None))
    }

    /// Begins with a request to the server, which keeps the authorization request and gives a reference for the browser to carry (RFC 9126).
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), and [`ApiMisuse::MissingEndpoint`] where the server takes no pushed requests.
    pub fn push(mut self, at: &Moment) -> Result<PushedAuthorization, Error> {
        let party = Party::new(
            self.server,
            self.client,
            "pushed_authorization_request_endpoint",
            AuthorizationServer::pushed_authorization_request_endpoint,
        )?;
        let (key, nonce) = (self.request_object.clone(), self.dpop_nonce.take());
        Ok(PushedAuthorization::new(party, self.storable(at, true)?, key, nonce))
    }

    /// Begins with the signature of the request, which then stands in the URL as a JWT (RFC 9101, section 5.1).
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), and [`ApiMisuse::InvalidArgument`] without a [`request_object`](Self::request_object) key.
    pub fn sign(self, at: &Moment) -> Result<SignedAuthorization, Error> {
        let key = self.request_object.clone().ok_or(ApiMisuse::InvalidArgument("there is no key for the request"))?;
        Ok(SignedAuthorization::new(self.storable(at, false)?, key))
    }

    fn storable(self, at: &Moment, pushed: bool) -> Result<Storable, ApiMisuse> {
        let write = |request: &AuthorizationRequest, endpoint: &Endpoint| Ok((restored(request)?, endpoint.clone()));
        let ((request, endpoint), asked) = self.prepare(at, pushed, write)?;
        Ok(Storable { request, endpoint, asked })
    }

    fn wishes_mut(&mut self) -> &mut Wishes {
        self.wishes.get_or_insert_default()
    }

    /// What is written of the request to this endpoint, and what is remembered of it.
    fn prepare<W>(
        mut self,
        at: &Moment,
        pushed: bool,
        write: impl FnOnce(&AuthorizationRequest, &Endpoint) -> Result<W, ApiMisuse>,
    ) -> Result<(W, Box<Asked>), ApiMisuse> {
        let endpoint =
            self.server.authorization_endpoint().ok_or(ApiMisuse::MissingEndpoint("authorization_endpoint"))?;
        let party = Party::at_token_endpoint(self.server, self.client)?;
        let claims = self.wishes.as_mut().map(|wishes| wishes.claims()).transpose()?.flatten();
        let demanded_acr = claims.as_ref().map(acr::essential).unwrap_or_default();
        let openid = self.scope.as_ref().is_some_and(|scope| scope.contains("openid"));
        self.check(endpoint, &demanded_acr, openid, pushed)?;

        let (state, verifier, nonce) = fresh(at, openid);
        let mut parts = AuthorizationRequestParts::default();
        (parts.redirect_uri, parts.state, parts.nonce) = (Some(self.redirect_uri), Some(state), nonce);
        (parts.scope, parts.resources) = (self.scope, self.resources);
        parts.authorization_details = self.authorization_details;
        let mut request = AuthorizationRequest::from_parts(self.client.id().clone(), parts, &verifier.challenge());
        let max_age = self.wishes.as_ref().and_then(|wishes| wishes.max_age);
        if let Some(wishes) = self.wishes {
            request = wishes.ask(request)?;
        }
        if let Some(claims) = claims {
            request = request.with_claims(claims);
        }
        if self.response_mode != ResponseMode::Query {
            request = request.with_response_mode(self.response_mode);
        }
        if let Some(key) = self.client.dpop_key() {
            request = request.with_dpop_jkt(&key.thumbprint());
        }
        for (name, value) in &self.parameters {
            request = request.with_parameter(name.as_str(), value.expose());
        }

        let written = write(&request, endpoint)?;
        let sent = request.into_parts();
        let (Some(redirect_uri), Some(state)) = (sent.redirect_uri, sent.state) else {
            return Err(ApiMisuse::InvalidArgument("a request without a redirect uri or a state"));
        };
        let asked = Asked {
            party,
            iss_required: self.server.iss_parameter_supported(),
            keys: Keys::of(self.server, self.client),
            redirect_uri,
            state,
            verifier: Some(verifier),
            nonce: sent.nonce,
            scope: sent.scope,
            resources: sent.resources,
            authorization_details: sent.authorization_details,
            max_age,
            acr_values: demanded_acr,
            response_mode: self.response_mode,
            session: self.session,
            dpop_nonce: self.dpop_nonce,
            // Whole seconds, so that what is stored is what was promised.
            expires_at: Timestamp::from_unix(at.now().saturating_add(self.lifetime).as_unix()),
        };
        Ok((written, Box::new(asked)))
    }
}

/// Who is to log in, and how (OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Default)]
struct Wishes {
    max_age: Option<Duration>,
    prompts: Vec<Prompt>,
    acr_values: Vec<String>,
    essential_acr: Vec<String>,
    claims: Option<Object>,
    login_hint: Option<Secret>,
    id_token_hint: Option<IdToken>,
    ui_locales: Vec<String>,
    display: Option<Display>,
}

impl Wishes {
    /// The `claims` parameter, taken out.
    fn claims(&mut self) -> Result<Option<Object>, ApiMisuse> {
        acr::with_essential(self.claims.take(), &self.essential_acr)
    }

    /// Asks for all but the claims.
    fn ask(self, mut request: AuthorizationRequest) -> Result<AuthorizationRequest, ApiMisuse> {
        if let Some(max_age) = self.max_age {
            request = request.with_max_age(max_age);
        }
        for prompt in self.prompts {
            request = request.with_prompt(prompt);
        }
        if !self.acr_values.is_empty() {
            request = request.with_acr_values(words("acr_values", &self.acr_values)?);
        }
        if let Some(login_hint) = &self.login_hint {
            request = request.with_login_hint(login_hint.expose());
        }
        if let Some(id_token) = self.id_token_hint {
            request = request.with_id_token_hint(id_token);
        }
        if !self.ui_locales.is_empty() {
            request = request.with_ui_locales(words("ui_locales", &self.ui_locales)?);
        }
        if let Some(display) = self.display {
            request = request.with_display(display);
        }
        Ok(request)
    }
}

/// What nobody can foretell, each as its `generate` makes it of the moment: with a nonce for OpenID Connect.
fn fresh(at: &Moment, openid: bool) -> (State, CodeVerifier, Option<Nonce>) {
    let (state, verifier, nonce) = if openid {
        let [state, verifier, nonce] = at.derive_each(["state", "code_verifier", "nonce"]);
        (state, verifier, Some(nonce))
    } else {
        let [state, verifier] = at.derive_each(["state", "code_verifier"]);
        (state, verifier, None)
    };
    (State::from_random(state), CodeVerifier::from_random(verifier), nonce.map(Nonce::from_random))
}
