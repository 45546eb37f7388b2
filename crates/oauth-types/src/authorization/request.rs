//! [`AuthorizationRequest`].

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::ResponseMode;
use crate::form;
use crate::identifiers::{ClientId, Endpoint, RedirectUri, Resource, Scope};
use crate::pkce::CodeChallenge;
use crate::request::BuildError;
use crate::state::{Nonce, State};

mod read;

pub use read::AuthorizationRequestError;

/// A request for an authorization code (RFC 6749, section 4.1.1; RFC 7636, section 4.3; OpenID Connect Core, section 3.1.2.1).
///
/// A client makes one with [`AuthorizationRequest::new`], which demands all that RFC 9700 does, and sends a browser to [`AuthorizationRequest::to_url`]. A
/// server reads one with [`AuthorizationRequest::from_query`], and there a state, a redirect URI and a challenge may be missing: what it then does is its
/// policy.
///
/// `Debug` shows no state, no nonce, no login hint and no value of a further parameter.
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
    prompts: Vec<Prompt>,
    max_age: Option<Duration>,
    acr_values: Option<String>,
    login_hint: Option<String>,
    parameters: Vec<(String, String)>,
}

impl AuthorizationRequest {
    /// A request with what every request needs. `S256` is the method of the challenge.
    #[must_use]
    pub fn new(client_id: ClientId, redirect_uri: RedirectUri, state: State, code_challenge: &CodeChallenge) -> Self {
        Self {
            redirect_uri: Some(redirect_uri),
            state: Some(state),
            code_challenge: Some(code_challenge.clone()),
            ..Self::empty(client_id)
        }
    }

    fn empty(client_id: ClientId) -> Self {
        Self {
            client_id,
            redirect_uri: None,
            state: None,
            code_challenge: None,
            scope: None,
            nonce: None,
            resources: Vec::new(),
            response_mode: None,
            prompts: Vec::new(),
            max_age: None,
            acr_values: None,
            login_hint: None,
            parameters: Vec::new(),
        }
    }

    /// Asks for this scope.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Sends this nonce, to come back in the ID token.
    #[must_use]
    pub fn with_nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Adds a resource at which the token is to be used (RFC 8707, section 2): the one parameter that may come several times.
    #[must_use]
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
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
            self.prompts.retain(|other| !alone && *other != Prompt::None && *other != prompt);
            self.prompts.push(prompt);
        }
        self
    }

    /// Asks for a login that is no older than this, in whole seconds (OpenID Connect Core, section 3.1.2.1; RFC 9470, section 4).
    #[must_use]
    pub const fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Asks for one of these authentication context classes, separated by spaces, the most wanted first.
    #[must_use]
    pub fn with_acr_values(mut self, acr_values: impl Into<String>) -> Self {
        self.acr_values = Some(acr_values.into());
        self
    }

    /// Says who is likely to log in.
    #[must_use]
    pub fn with_login_hint(mut self, login_hint: impl Into<String>) -> Self {
        self.login_hint = Some(login_hint.into());
        self
    }

    /// Adds a parameter of the caller's own (`audience`, `access_type`, ...).
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`] for a name that this type sets itself, or that must never stand in a URL (`client_secret`, `code_verifier`, ...),
    /// [`BuildError::RepeatedParameter`] for a name that was added before, [`BuildError::EmptyParameter`] without a name or a value.
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, BuildError> {
        let (name, value) = (name.into(), value.into());
        if name.is_empty() || value.is_empty() {
            return Err(BuildError::EmptyParameter);
        }
        if OURS.iter().chain(REQUEST_OBJECT).chain(FORBIDDEN).any(|reserved| *reserved == name) {
            return Err(BuildError::ReservedParameter { name });
        }
        if self.parameters.iter().any(|(other, _)| *other == name) {
            return Err(BuildError::RepeatedParameter { name });
        }
        self.parameters.push((name, value));
        Ok(self)
    }

    /// The URL that the browser is sent to.
    ///
    /// The endpoint's own query is kept (RFC 6749, section 3.1), but for parameters that this request sends: those give way, since none may come twice.
    #[must_use]
    pub fn to_url(&self, endpoint: &Endpoint) -> String {
        let (base, query) = endpoint.as_str().split_once('?').unwrap_or((endpoint.as_str(), ""));
        let mut url = String::with_capacity(endpoint.as_str().len() + self.length_hint());
        url.push_str(base);
        let mut separator = '?';
        for piece in query.split('&').filter(|piece| !piece.is_empty() && !self.sends(piece)) {
            url.push(separator);
            url.push_str(piece);
            separator = '&';
        }
        self.write(separator, &mut url);
        url
    }

    /// The parameters alone, form-encoded.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = String::with_capacity(self.length_hint());
        self.write('?', &mut query);
        // The separator before the first pair.
        query.remove(0);
        query
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

    /// Where the token is to be used.
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// How the answer is to come; `None` is [`ResponseMode::Query`].
    #[must_use]
    pub const fn response_mode(&self) -> Option<ResponseMode> {
        self.response_mode
    }

    /// What the user is to be asked.
    #[must_use]
    pub fn prompts(&self) -> &[Prompt] {
        &self.prompts
    }

    /// How old the login may be.
    #[must_use]
    pub const fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// The wanted authentication context classes, separated by spaces.
    #[must_use]
    pub fn acr_values(&self) -> Option<&str> {
        self.acr_values.as_deref()
    }

    /// Who is likely to log in.
    #[must_use]
    pub fn login_hint(&self) -> Option<&str> {
        self.login_hint.as_deref()
    }

    /// The value of a further parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Writes every parameter, the first after `separator`, in the order of the example in RFC 6749, section 4.1.1, and what later RFCs added after it.
    fn write(&self, mut separator: char, out: &mut String) {
        let mut pair = |name: &str, value: &str| {
            // A parameter without a value is none.
            if !value.is_empty() {
                out.push(separator);
                form::encode_component(name, out);
                out.push('=');
                form::encode_component(value, out);
                separator = '&';
            }
        };
        pair("response_type", "code");
        pair("client_id", self.client_id.as_str());
        pair("state", self.state.as_ref().map_or("", State::expose));
        pair("redirect_uri", self.redirect_uri.as_ref().map_or("", RedirectUri::as_str));
        pair("scope", self.scope.as_ref().map_or("", Scope::as_str));
        if let Some(challenge) = &self.code_challenge {
            pair("code_challenge", challenge.as_str());
            pair("code_challenge_method", CodeChallenge::METHOD);
        }
        pair("nonce", self.nonce.as_ref().map_or("", Nonce::expose));
        for resource in &self.resources {
            pair("resource", resource.as_str());
        }
        pair("response_mode", self.response_mode.map_or("", ResponseMode::as_str));
        if !self.prompts.is_empty() {
            let prompts: Vec<&str> = self.prompts.iter().map(Prompt::as_str).collect();
            pair("prompt", &prompts.join(" "));
        }
        if let Some(max_age) = self.max_age {
            pair("max_age", &max_age.as_secs().to_string());
        }
        pair("acr_values", self.acr_values().unwrap_or_default());
        pair("login_hint", self.login_hint().unwrap_or_default());
        for (name, value) in &self.parameters {
            pair(name, value);
        }
    }

    /// Whether an encoded pair of an endpoint's query has a name that this request sends. (Those of its own that it leaves out are none either.)
    fn sends(&self, piece: &str) -> bool {
        let name = piece.split('=').next().unwrap_or_default();
        form::decode_component(name.as_bytes())
            .is_ok_and(|name| OURS.contains(&name.as_str()) || self.parameter(&name).is_some())
    }

    /// About how long the encoded parameters are, so that writing them seldom needs a second allocation.
    fn length_hint(&self) -> usize {
        // Names and separators of the parameters that are always there, `S256`, and some room for what encoding adds.
        const FIXED: usize = 200;
        let texts = [
            Some(self.client_id.as_str()),
            self.state.as_ref().map(State::expose),
            self.redirect_uri.as_ref().map(RedirectUri::as_str),
            self.scope.as_ref().map(Scope::as_str),
            self.code_challenge.as_ref().map(CodeChallenge::as_str),
            self.nonce.as_ref().map(Nonce::expose),
            self.acr_values(),
            self.login_hint(),
        ];
        let own = texts.into_iter().flatten().map(str::len).sum::<usize>();
        let resources = self.resources.iter().map(|resource| resource.as_str().len() + 24).sum::<usize>();
        let further = self.parameters.iter().map(|(name, value)| name.len() + value.len() + 8).sum::<usize>();
        FIXED + own + resources + further
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
            .field("prompts", &self.prompts)
            .field("max_age", &self.max_age)
            .field("parameters", &self.parameters.len())
            .finish_non_exhaustive()
    }
}

/// What the server is to ask the user (OpenID Connect Core, section 3.1.2.1; Initiating User Registration, section 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// Nothing at all: answer with an error if the user would have to do anything.
    None,
    /// To log in again.
    Login,
    /// To consent again.
    Consent,
    /// Which account to use.
    SelectAccount,
    /// To make an account.
    Create,
    /// Something of the server's own: a word.
    Other(Scope),
}

impl Prompt {
    /// The word in `prompt`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
            Self::Create => "create",
            Self::Other(word) => word.as_str(),
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "none" => Self::None,
            "login" => Self::Login,
            "consent" => Self::Consent,
            "select_account" => Self::SelectAccount,
            "create" => Self::Create,
            other => Self::Other(Scope::parse(other).ok()?),
        })
    }
}

/// The parameters that the type itself sets.
const OURS: &[&str] = &[
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
];

/// These stand for the whole request (RFC 9101, section 5): beside the others they would be a second one.
const REQUEST_OBJECT: &[&str] = &["request", "request_uri"];

/// Credentials, which never stand in a URL (RFC 6749, section 2.3.1; RFC 7636, section 4.5).
const FORBIDDEN: &[&str] = &["client_secret", "client_assertion", "client_assertion_type", "code_verifier"];
