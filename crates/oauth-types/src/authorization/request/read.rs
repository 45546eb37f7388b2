//! Reading an [`AuthorizationRequest`], as a server does.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::Blame;
use jwt_core::json::{self, Limits, Object, Value};
use jwt_core::profile::RequestObjectClaims;

use super::{
    AuthorizationRequest, AuthorizationRequestParts, Display, FORBIDDEN, LoginRequest, OURS, Prompt, ResponseMode,
};
use crate::dpop::DpopJkt;
use crate::error_response::ErrorCode;
use crate::form::{FormError, MAX_FORM_BYTES, Pairs};
use crate::identifiers::{ClientId, RedirectUri, Resource, Scope};
use crate::pkce::CodeChallenge;
use crate::rar::AuthorizationDetails;
use crate::request;
use crate::secret::IdToken;
use crate::state::{Nonce, State};

impl AuthorizationRequest {
    /// Reads the query of a request that came to the authorization endpoint, without the `?`; or the body, where it came by `POST`.
    ///
    /// # Errors
    ///
    /// [`AuthorizationRequestError`]. A server must not redirect where the client or its redirect URI is what is wrong (RFC 6749, section 4.1.2.1); and it
    /// still has to check that both are registered. [`AuthorizationRequestError::RequestObject`] and [`AuthorizationRequestError::RequestUri`] say that the
    /// request is a [`RequestReference`](crate::authorization::RequestReference).
    pub fn from_query(query: impl AsRef<[u8]>) -> Result<Self, AuthorizationRequestError> {
        Self::read(&Pairs::parse(query)?)
    }

    /// Reads the parameters of a request object that was verified. Nothing outside of it counts (RFC 9101, section 6.3: "The authorization server MUST
    /// only use the parameters in the Request Object, even if the same parameter is provided in the query parameter").
    ///
    /// # Errors
    ///
    /// As [`AuthorizationRequest::from_query`]; [`AuthorizationRequestError::Malformed`] also for a parameter of another JSON type.
    pub fn from_request_object(claims: &RequestObjectClaims) -> Result<Self, AuthorizationRequestError> {
        let as_json = |name: &str, value: &Value| {
            matches!(
                (name, value),
                ("max_age", Value::Number(_))
                    | ("claims", Value::Object(_))
                    | ("authorization_details", Value::Array(_))
            )
        };
        let claims = claims.all().iter().filter(|(name, _)| !OF_THE_JWT.contains(name));
        let pairs =
            Pairs::from_claims(claims, OURS, as_json).map_err(|name| AuthorizationRequestError::Malformed { name })?;
        Self::read(&pairs)
    }

    pub(crate) fn read(pairs: &Pairs) -> Result<Self, AuthorizationRequestError> {
        use AuthorizationRequestError as Error;

        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name).filter(|name| *name != "resource").collect();
        names.sort_unstable();
        // RFC 6749, section 3.1: "Request and response parameters MUST NOT be included more than once."
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(Error::Repeated);
        }
        let find = |name: &'static str| pairs.unique(name);
        for (name, error) in [("request", Error::RequestObject), ("request_uri", Error::RequestUri)] {
            if find(name)?.is_some() {
                return Err(error);
            }
        }
        for name in FORBIDDEN {
            if find(name)?.is_some() {
                return Err(Error::Malformed { name });
            }
        }

        let client_id = find("client_id")?.ok_or(Error::Missing { name: "client_id" })?;
        let mut request =
            Self::of(parsed("client_id", ClientId::new(client_id))?, AuthorizationRequestParts::default());
        request.redirect_uri =
            find("redirect_uri")?.map(|text| parsed("redirect_uri", RedirectUri::new(text))).transpose()?;
        match find("response_type")? {
            Some("code") => {}
            Some(_) => return Err(Error::UnsupportedResponseType),
            None => return Err(Error::Missing { name: "response_type" }),
        }
        request.state = find("state")?.map(|text| parsed("state", State::new(text))).transpose()?;
        request.code_challenge = match (find("code_challenge")?, find("code_challenge_method")?) {
            (Some(challenge), Some(CodeChallenge::METHOD)) => {
                Some(parsed("code_challenge", CodeChallenge::new(challenge))?)
            }
            // RFC 7636, section 4.3: the method "Defaults to "plain" if not present", and that is not offered.
            (Some(_), Some(_) | None) | (None, Some(_)) => {
                return Err(Error::Malformed { name: "code_challenge_method" });
            }
            (None, None) => None,
        };
        request.scope = find("scope")?.map(|text| parsed("scope", Scope::parse(text))).transpose()?;
        request.nonce = find("nonce")?.map(|text| parsed("nonce", Nonce::new(text))).transpose()?;
        for text in pairs.all("resource").filter(|text| !text.is_empty()) {
            request.resources.push(parsed("resource", Resource::new(text))?);
        }
        request.response_mode = find("response_mode")?
            .map(|text| ResponseMode::from_name(text).ok_or(Error::Malformed { name: "response_mode" }))
            .transpose()?;
        let mut login = LoginRequest::default();
        if let Some(text) = find("prompt")? {
            login.prompts = read_prompts(text)?;
        }
        login.max_age =
            find("max_age")?.map(|text| read_seconds(text).ok_or(Error::Malformed { name: "max_age" })).transpose()?;
        login.acr_values = find("acr_values")?.map(ToOwned::to_owned);
        login.login_hint = find("login_hint")?.map(ToOwned::to_owned);
        login.id_token_hint = find("id_token_hint")?.map(IdToken::new);
        login.ui_locales = find("ui_locales")?.map(ToOwned::to_owned);
        login.display = find("display")?
            .map(|text| Display::from_name(text).ok_or(Error::Malformed { name: "display" }))
            .transpose()?;
        login.claims = find("claims")?.map(|text| parsed("claims", read_claims(text))).transpose()?;
        request.login = Some(Box::new(login));
        if let Some(text) = find("authorization_details")? {
            request.authorization_details = parsed("authorization_details", AuthorizationDetails::parse(text))?;
        }
        request.dpop_jkt = find("dpop_jkt")?.map(|text| parsed("dpop_jkt", DpopJkt::new(text))).transpose()?;
        for (name, value) in pairs.iter() {
            if !name.is_empty() && !value.is_empty() && !OURS.contains(&name) {
                request.parameters.push(name, value);
            }
        }
        // The browser must not be sent there, not even with an error: two readers of the URL would see two answers.
        if !request.can_be_answered() {
            return Err(Error::Malformed { name: "redirect_uri" });
        }
        Ok(request)
    }
}

/// Why an authorization request cannot be served as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationRequestError {
    /// The query cannot be read.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A parameter other than `resource` came twice.
    #[error("a parameter is repeated")]
    Repeated,
    /// A required parameter is missing or empty.
    #[error("{name} is missing")]
    Missing {
        /// The parameter's registered name.
        name: &'static str,
    },
    /// A parameter's value breaks the rules of its RFC, or the parameter must not stand in a URL.
    #[error("{name} is malformed or not allowed")]
    Malformed {
        /// The parameter's registered name.
        name: &'static str,
    },
    /// The response type is not `code`.
    #[error("the response type is not code")]
    UnsupportedResponseType,
    /// The request comes as a JWT (RFC 9101, section 5): a [`RequestReference`](crate::authorization::RequestReference). Also: a request inside a request.
    #[error("the request is a request object")]
    RequestObject,
    /// The request is a reference to a JWT or to what was pushed (RFC 9101, section 5; RFC 9126, section 4): a
    /// [`RequestReference`](crate::authorization::RequestReference). Also: a reference inside a request.
    #[error("the request is a request_uri")]
    RequestUri,
}

impl AuthorizationRequestError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form(error) => error.code(),
            Self::Repeated => "authorization_request_repeated",
            Self::Missing { .. } => "authorization_request_missing",
            Self::Malformed { .. } => "authorization_request_malformed",
            Self::UnsupportedResponseType => "authorization_request_response_type",
            Self::RequestObject => "authorization_request_object",
            Self::RequestUri => "authorization_request_uri",
        }
    }

    /// The client: the server's peer.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }

    /// The error code to answer with (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6).
    #[must_use]
    pub const fn error_code(self) -> ErrorCode {
        match self {
            Self::Malformed { name } => request::malformed(name),
            Self::Form(_) | Self::Repeated | Self::Missing { .. } => ErrorCode::InvalidRequest,
            Self::UnsupportedResponseType => ErrorCode::UnsupportedResponseType,
            Self::RequestObject => ErrorCode::RequestNotSupported,
            Self::RequestUri => ErrorCode::RequestUriNotSupported,
        }
    }
}

fn parsed<T, E>(name: &'static str, result: Result<T, E>) -> Result<T, AuthorizationRequestError> {
    result.map_err(|_| AuthorizationRequestError::Malformed { name })
}

/// OpenID Connect Core, section 3.1.2.1: "If this parameter contains none with any other value, an error is returned."
fn read_prompts(text: &str) -> Result<Vec<Prompt>, AuthorizationRequestError> {
    let words = parsed("prompt", Scope::parse(text))?;
    let prompts: Vec<_> = words.tokens().filter_map(Prompt::from_word).collect();
    if prompts.len() > 1 && prompts.contains(&Prompt::None) {
        return Err(AuthorizationRequestError::Malformed { name: "prompt" });
    }
    Ok(prompts)
}

fn read_seconds(text: &str) -> Option<Duration> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok().map(Duration::from_secs) } else { None }
}

/// OpenID Connect Core, section 5.5: a JSON object.
fn read_claims(text: &str) -> Result<Object, json::JsonError> {
    json::object_from_slice(text.as_bytes(), &Limits::default().max_bytes(MAX_FORM_BYTES))
}

/// What a request object holds as a JWT, and not as a request (RFC 9101, section 4; RFC 7519, section 4.1).
const OF_THE_JWT: &[&str] = &["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
