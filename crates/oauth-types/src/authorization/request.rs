//! [`AuthorizationRequest`].

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::Thumbprint;
use jwt_core::json::Object;

use super::response::can_be_returned_to;
use super::{Display, Prompt, ResponseMode};
use crate::dpop::DpopJkt;
use crate::identifiers::{ClientId, RedirectUri, Resource, Scope};
use crate::pkce::CodeChallenge;
use crate::rar::AuthorizationDetails;
use crate::request::{self, Further};
use crate::secret::IdToken;
use crate::state::{Nonce, State};

mod read;
mod write;

pub use read::AuthorizationRequestError;

/// A request for an authorization code (RFC 6749, section 4.1.1; RFC 7636, section 4.3; OpenID Connect Core, section 3.1.2.1).
///
/// A client makes one with [`AuthorizationRequest::new`], which demands all that RFC 9700 does, and sends a browser to [`AuthorizationRequest::to_url`]. A
/// server reads one with [`AuthorizationRequest::from_query`], and there a state, a redirect URI and a challenge may be missing: what it then does is its
/// policy.
///
/// `Debug` shows no state, no nonce, no hint, no claims and no value of a further parameter.
#[derive(Clone)]
pub struct AuthorizationRequest {
    client_id: ClientId,
    redirect_uri: Option<RedirectUri>,
    state: Option<State>,
    code_challenge: Option<CodeChallenge>,
    scope: Option<Scope>,
    nonce: Option<Nonce>,
    resources: Vec<Resource>,
    response_mode: Option<ResponseMode>,
    authorization_details: AuthorizationDetails,
    dpop_jkt: Option<DpopJkt>,
    /// Large, and left out by most requests.
    login: Option<Box<LoginRequest>>,
    parameters: Further,
}

/// Who is to log in, and how (OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Default)]
struct LoginRequest {
    prompts: Vec<Prompt>,
    max_age: Option<Duration>,
    acr_values: Option<String>,
    login_hint: Option<String>,
    id_token_hint: Option<IdToken>,
    ui_locales: Option<String>,
    display: Option<Display>,
    claims: Option<Object>,
}

/// What a client remembers of its [`AuthorizationRequest`]: what the answer is checked against, and what the token request repeats.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AuthorizationRequestParts {
    /// Where the answer is to come; the token request repeats it (RFC 6749, section 4.1.3).
    pub redirect_uri: Option<RedirectUri>,
    /// What is to come back with the answer.
    pub state: Option<State>,
    /// What is to come back in the ID token.
    pub nonce: Option<Nonce>,
    /// What was asked for, and is granted if the server does not say otherwise (RFC 6749, section 5.1).
    pub scope: Option<Scope>,
    /// Where the token is to be used; the token request repeats them (RFC 8707, section 2.2).
    pub resources: Vec<Resource>,
    /// What the token is to be for; the token request repeats them (RFC 9396, section 6).
    pub authorization_details: AuthorizationDetails,
}

impl AuthorizationRequest {
    /// A request with what every request needs. `S256` is the method of the challenge.
    #[inline]
    #[must_use]
    pub fn new(client_id: ClientId, redirect_uri: RedirectUri, state: State, code_challenge: &CodeChallenge) -> Self {
        let (redirect_uri, state) = (Some(redirect_uri), Some(state));
        let parts = AuthorizationRequestParts { redirect_uri, state, ..AuthorizationRequestParts::default() };
        Self::from_parts(client_id, parts, code_challenge)
    }

    /// As [`new`](Self::new), with all at once that is to be remembered of it. What is left out is not sent: RFC 9700 demands a redirect URI and a state.
    #[inline]
    #[must_use]
    pub fn from_parts(client_id: ClientId, parts: AuthorizationRequestParts, code_challenge: &CodeChallenge) -> Self {
        let mut request = Self::of(client_id, parts);
        request.code_challenge = Some(*code_challenge);
        request
    }

    #[inline]
    fn of(client_id: ClientId, parts: AuthorizationRequestParts) -> Self {
        let AuthorizationRequestParts { redirect_uri, state, nonce, scope, resources, authorization_details } = parts;
        Self {
            client_id,
            redirect_uri,
            state,
            code_challenge: None,
            scope,
            nonce,
            resources,
            response_mode: None,
            authorization_details,
            dpop_jkt: None,
            login: None,
            parameters: Further::new(),
        }
    }

    /// Asks for this scope.
    #[inline]
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Sends this nonce, to come back in the ID token.
    #[inline]
    #[must_use]
    pub fn with_nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Asks for the response in this mode.
    #[must_use]
    pub const fn with_response_mode(mut self, mode: ResponseMode) -> Self {
        self.response_mode = Some(mode);
        self
    }

    /// Adds a prompt (OpenID Connect Core, section 3.1.2.1). [`Prompt::None`] stands alone: it takes the place of all others, and any other takes its.
    #[must_use]
    pub fn with_prompt(mut self, prompt: Prompt) -> Self {
        // What is spelled `Other` may be one that is known, or several words.
        for prompt in prompt.as_str().split(' ').filter_map(Prompt::from_word) {
            let alone = prompt == Prompt::None;
            self.login_mut().prompts.retain(|other| !alone && *other != Prompt::None && *other != prompt);
            self.login_mut().prompts.push(prompt);
        }
        self
    }

    /// Asks for a login that is no older than this, in whole seconds (OpenID Connect Core, section 3.1.2.1; RFC 9470, section 4).
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.login_mut().max_age = Some(max_age);
        self
    }

    /// Asks for one of these authentication context classes, separated by spaces, the most wanted first.
    #[must_use]
    pub fn with_acr_values(mut self, acr_values: impl Into<String>) -> Self {
        self.login_mut().acr_values = Some(acr_values.into());
        self
    }

    /// Says who is likely to log in.
    #[must_use]
    pub fn with_login_hint(mut self, login_hint: impl Into<String>) -> Self {
        self.login_mut().login_hint = Some(login_hint.into());
        self
    }

    /// Shows an ID token that the server gave earlier: who is logged in, or was (OpenID Connect Core, section 3.1.2.1).
    #[must_use]
    pub fn with_id_token_hint(mut self, id_token: IdToken) -> Self {
        self.login_mut().id_token_hint = Some(id_token);
        self
    }

    /// Asks for pages in one of these languages (BCP 47), separated by spaces, the most wanted first.
    #[must_use]
    pub fn with_ui_locales(mut self, ui_locales: impl Into<String>) -> Self {
        self.login_mut().ui_locales = Some(ui_locales.into());
        self
    }

    /// Says how the pages are to be shown.
    #[must_use]
    pub fn with_display(mut self, display: Display) -> Self {
        self.login_mut().display = Some(display);
        self
    }

    /// Asks for single claims (OpenID Connect Core, section 5.5): an object with `userinfo`, `id_token` or both.
    #[must_use]
    pub fn with_claims(mut self, claims: Object) -> Self {
        self.login_mut().claims = Some(claims);
        self
    }

    /// Binds the code to a DPoP key (RFC 9449, section 10): whoever redeems it must have that key.
    #[must_use]
    pub fn with_dpop_jkt(mut self, key: &Thumbprint) -> Self {
        self.dpop_jkt = Some(DpopJkt::from(key));
        self
    }

    fn login_mut(&mut self) -> &mut LoginRequest {
        self.login.get_or_insert_default()
    }

    /// Whether an answer can stand beside what is in the redirect URI. One that is posted stands elsewhere.
    fn can_be_answered(&self) -> bool {
        match self.response_mode {
            Some(ResponseMode::FormPost | ResponseMode::FormPostJwt) => true,
            None
            | Some(
                ResponseMode::Query
                | ResponseMode::Fragment
                | ResponseMode::Jwt
                | ResponseMode::QueryJwt
                | ResponseMode::FragmentJwt,
            ) => self.redirect_uri.as_ref().is_none_or(can_be_returned_to),
        }
    }

    /// Who asks.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Where the answer is to go.
    #[must_use]
    pub const fn redirect_uri(&self) -> Option<&RedirectUri> {
        self.redirect_uri.as_ref()
    }

    /// What is to come back with the answer.
    #[must_use]
    pub const fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// The challenge, by `S256`.
    #[must_use]
    pub const fn code_challenge(&self) -> Option<&CodeChallenge> {
        self.code_challenge.as_ref()
    }

    /// What is asked for.
    #[must_use]
    pub const fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// What is to come back in the ID token.
    #[must_use]
    pub const fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// What is to be remembered of a request that was written, taken out of it.
    #[inline]
    #[must_use]
    pub fn into_parts(self) -> AuthorizationRequestParts {
        let Self { redirect_uri, state, nonce, scope, resources, authorization_details, .. } = self;
        AuthorizationRequestParts { redirect_uri, state, nonce, scope, resources, authorization_details }
    }

    /// How the answer is to come; `None` is [`ResponseMode::Query`].
    #[must_use]
    pub const fn response_mode(&self) -> Option<ResponseMode> {
        self.response_mode
    }

    /// What the user is to be asked.
    #[must_use]
    pub fn prompts(&self) -> &[Prompt] {
        self.login.as_ref().map_or(&[], |login| &login.prompts)
    }

    /// How old the login may be.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.login.as_ref()?.max_age
    }

    /// The wanted authentication context classes, separated by spaces.
    #[must_use]
    pub fn acr_values(&self) -> Option<&str> {
        self.login.as_ref()?.acr_values.as_deref()
    }

    /// Who is likely to log in.
    #[must_use]
    pub fn login_hint(&self) -> Option<&str> {
        self.login.as_ref()?.login_hint.as_deref()
    }

    /// An ID token that the server gave earlier, not verified. A server takes it though it has expired (OpenID Connect Core, section 3.1.2.1).
    #[must_use]
    pub fn id_token_hint(&self) -> Option<&IdToken> {
        self.login.as_ref()?.id_token_hint.as_ref()
    }

    /// The wanted languages, separated by spaces.
    #[must_use]
    pub fn ui_locales(&self) -> Option<&str> {
        self.login.as_ref()?.ui_locales.as_deref()
    }

    /// How the pages are to be shown.
    #[must_use]
    pub fn display(&self) -> Option<Display> {
        self.login.as_ref()?.display
    }

    /// The single claims that are asked for.
    #[must_use]
    pub fn claims(&self) -> Option<&Object> {
        self.login.as_ref()?.claims.as_ref()
    }

    request::targets!();

    request::further!();

    /// The thumbprint of the DPoP key that the code is to be bound to, in base64url.
    #[must_use]
    pub fn dpop_jkt(&self) -> Option<&str> {
        self.dpop_jkt.as_ref().map(DpopJkt::as_str)
    }

    /// The value of a further parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("state", &self.state)
            .field("code_challenge", &self.code_challenge)
            .field("scope", &self.scope)
            .field("nonce", &self.nonce)
            .field("resources", &self.resources)
            .field("response_mode", &self.response_mode)
            .field("prompts", &self.prompts())
            .field("max_age", &self.max_age())
            .field("authorization_details", &self.authorization_details)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// The parameters that the type itself sets.
pub(super) const OURS: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "resource",
    "response_mode",
    "prompt",
    "max_age",
    "acr_values",
    "login_hint",
    "id_token_hint",
    "ui_locales",
    "display",
    "claims",
    "authorization_details",
    "dpop_jkt",
];

/// These stand for the whole request (RFC 9101, section 5): beside the others they would be a second one.
pub(super) const REQUEST_OBJECT: &[&str] = &["request", "request_uri"];

/// Credentials, which never stand in a URL (RFC 6749, section 2.3.1; RFC 7636, section 4.5).
pub(super) const FORBIDDEN: &[&str] = &["client_secret", "client_assertion", "client_assertion_type", "code_verifier"];
