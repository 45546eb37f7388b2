//! [`AuthorizationResponse`].

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use jwt_core::json::Object;
use jwt_core::{Blame, Secret, Timestamp};

use super::ResponseMode;
use crate::bytes::is_visible;
use crate::error_response::{ErrorResponse, is_error_text, writable};
use crate::form::{self, FormBuilder, FormError, Pairs};
use crate::identifiers::{ClientId, Issuer, RedirectUri, split_query};
use crate::reading::{Reading, Tolerance};
use crate::request::{self, BuildError, Further};
use crate::secret::AuthorizationCode;
use crate::state::State;

/// What came to the redirect URI, as a whole. `Debug` shows the kind only.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Callback<'c> {
    /// The whole URL, as a native application gets it. The response may stand in the query or in the fragment.
    Url(&'c str),
    /// The query, without the `?`, as a web server gets it.
    Query(&'c str),
    /// The body of a form post.
    Form(&'c [u8]),
}

impl fmt::Debug for Callback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url(_) => "Url([redacted])",
            Self::Query(_) => "Query([redacted])",
            Self::Form(_) => "Form([redacted])",
        })
    }
}

/// Where in a callback the response stands.
pub(super) struct Located {
    pub(super) pairs: Pairs,
    pub(super) response_mode: ResponseMode,
    pub(super) base_url: Option<String>,
}

impl Callback<'_> {
    pub(super) fn locate(self) -> Result<Located, CallbackError> {
        let (pairs, response_mode, base_url) = match self {
            Self::Query(query) => (Pairs::parse(query)?, ResponseMode::Query, None),
            Self::Form(body) => (Pairs::parse(body)?, ResponseMode::FormPost, None),
            Self::Url(url) => {
                let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
                let (base, query) = split_query(rest);
                let query = Pairs::parse(query.unwrap_or_default())?;
                let has_response = |pairs: &Pairs| pairs.iter().any(|(name, _)| KNOWN.contains(&name));
                // A fragment may be there for reasons of its own (Facebook appends `#_=_`), and need not even be a form.
                match (Pairs::parse(fragment).ok().filter(has_response), has_response(&query)) {
                    (Some(_), true) => return Err(CallbackError::QueryAndFragment),
                    (Some(fragment), false) => (fragment, ResponseMode::Fragment, Some(base.to_owned())),
                    (None, _) => (query, ResponseMode::Query, Some(base.to_owned())),
                }
            }
        };
        Ok(Located { pairs, response_mode, base_url })
    }
}

/// What an authorization response says.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6749, section 4.1.2: a code or an error, and no third")]
pub enum Outcome {
    /// The code, good for one token request.
    Code(AuthorizationCode),
    /// The error.
    Error(ErrorResponse),
}

/// The answer of an authorization endpoint (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207, section 2).
///
/// Read, it is well-formed and no more: compare [`AuthorizationResponse::state`], [`iss`](AuthorizationResponse::iss) and
/// [`response_mode`](AuthorizationResponse::response_mode) with the request's **before** the outcome is looked at, an error included.
///
/// `Debug` shows no code, no state and no value of a further parameter.
#[derive(Clone)]
pub struct AuthorizationResponse {
    outcome: Outcome,
    /// All that came, of which state and issuer are looked at where they stand.
    pairs: Pairs,
    /// Which of the pairs this is.
    state: Option<usize>,
    iss: Option<usize>,
    response_mode: ResponseMode,
    base_url: Option<String>,
    parameters: Further,
}

impl AuthorizationResponse {
    /// A server's answer: this code.
    #[must_use]
    pub const fn code(code: AuthorizationCode) -> Self {
        Self::new(Outcome::Code(code))
    }

    /// A server's answer: this error.
    #[must_use]
    pub const fn error(error: ErrorResponse) -> Self {
        Self::new(Outcome::Error(error))
    }

    const fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            pairs: Pairs::new(),
            state: None,
            iss: None,
            response_mode: ResponseMode::Query,
            base_url: None,
            parameters: Further::new(),
        }
    }

    /// Sends the request's state back.
    #[must_use]
    pub fn with_state(mut self, state: &State) -> Self {
        self.state = Some(self.pairs.push("state", state.expose()));
        self
    }

    /// Says who answers (RFC 9207, section 2); on errors, too.
    #[must_use]
    pub fn with_iss(mut self, issuer: &Issuer) -> Self {
        self.iss = Some(self.pairs.push("iss", issuer.as_str()));
        self
    }

    request::further!();

    /// Where a server sends the browser: the response in the query, after the redirect URI's own (RFC 6749, section 3.1.2).
    ///
    /// # Errors
    ///
    /// As [`AuthorizationResponse::to_form`]; [`BuildError::RedirectUri`] if the redirect URI's query has a parameter that a response has.
    pub fn to_redirect_url(&self, redirect_uri: &RedirectUri) -> Result<String, BuildError> {
        joined(redirect_uri, query_separator(redirect_uri), &Secret::new(self.to_form()?))
    }

    /// Where a server sends the browser: the response in the fragment.
    ///
    /// # Errors
    ///
    /// As [`AuthorizationResponse::to_redirect_url`].
    pub fn to_fragment_url(&self, redirect_uri: &RedirectUri) -> Result<String, BuildError> {
        joined(redirect_uri, "#", &Secret::new(self.to_form()?))
    }

    /// The parameters alone, form-encoded: the body of a form post.
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`], [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the server's own.
    pub fn to_form(&self) -> Result<String, BuildError> {
        self.check()?;
        let mut form = FormBuilder::with_capacity(256);
        self.each(|name, value| {
            form.append(name, value);
        });
        Ok(form.finish())
    }

    /// The claims of a signed response (JARM, section 2.1) of this issuer for this client: sign them ([`jwt_core::sign()`]), and send the JWT as a
    /// [`SignedResponse`](super::SignedResponse). "A maximum JWT lifetime of 10 minutes is RECOMMENDED."
    ///
    /// # Errors
    ///
    /// As [`AuthorizationResponse::to_form`].
    pub fn to_claims(
        &self,
        issuer: &Issuer,
        client_id: &ClientId,
        expires_at: Timestamp,
    ) -> Result<Object, BuildError> {
        self.check()?;
        let mut claims = Object::new();
        claims.insert("iss", issuer.as_str());
        claims.insert("aud", client_id.as_str());
        claims.insert("exp", expires_at.as_unix());
        self.each(|name, value| {
            if claims.get(name).is_none() {
                claims.insert(name, value);
            }
        });
        Ok(claims)
    }

    fn check(&self) -> Result<(), BuildError> {
        self.parameters.check(&[], |name| KNOWN.contains(&name))
    }

    fn each(&self, mut pair: impl FnMut(&str, &str)) {
        match &self.outcome {
            Outcome::Code(code) => pair("code", code.expose()),
            Outcome::Error(error) => {
                // RFC 6749, section 4.1.2.1, excludes the same characters as section 5.2.
                pair("error", &writable(error.code().as_str()));
                if let Some(description) = error.description() {
                    pair("error_description", &writable(description));
                }
                if let Some(uri) = error.uri() {
                    pair("error_uri", uri);
                }
            }
        }
        for (name, text) in [("state", self.state()), ("iss", self.iss())] {
            if let Some(text) = text {
                pair(name, text);
            }
        }
        for (name, value) in self.parameters.iter() {
            pair(name, value);
        }
    }

    /// Reads a callback, whole. Parameters that are not known are kept, the first of each name; those without a value are none (RFC 6749, section 3.1).
    ///
    /// # Errors
    ///
    /// [`CallbackError`]: anybody can send a browser to a redirect URI, so none of them says anything about the login that is waited for.
    pub fn parse(callback: Callback<'_>) -> Result<Self, CallbackError> {
        Self::read(callback.locate()?)
    }

    /// Reads a callback that must be of the mode that was asked for.
    ///
    /// # Errors
    ///
    /// As [`AuthorizationResponse::parse`]; [`CallbackError::ResponseMode`] for a response that stands elsewhere, [`CallbackError::PlainResponse`] where a
    /// signed one was asked for: that is read by [`SignedResponse::parse`](super::SignedResponse::parse).
    pub fn parse_as(callback: Callback<'_>, asked: ResponseMode) -> Result<Self, CallbackError> {
        let response = Self::parse(callback)?;
        if asked.is_jwt() {
            return Err(CallbackError::PlainResponse);
        }
        if response.response_mode != asked {
            return Err(CallbackError::ResponseMode);
        }
        Ok(response)
    }

    pub(super) fn read(located: Located) -> Result<Self, CallbackError> {
        let Located { pairs, response_mode, base_url } = located;
        let mut found = [None; KNOWN.len()];
        let mut parameters = Further::new();
        for (index, (name, value)) in pairs.iter().enumerate() {
            match KNOWN.into_iter().zip(&mut found).find(|(known, _)| *known == name) {
                // RFC 6749, section 3.1: none may come twice, not even without a value.
                Some((name, Some(_))) => return Err(FormError::Duplicate { name }.into()),
                Some((_, place)) => *place = Some(index),
                None => parameters.push_first(name, value),
            }
        }
        let [code, state, iss, error, description, uri, signed] = found;
        let text = |index| text_at(&pairs, index);
        if text(signed).is_some() {
            return Err(CallbackError::SignedResponse);
        }
        let outcome = match (text(code), text(error)) {
            (Some(_), Some(_)) => return Err(CallbackError::CodeAndError),
            (None, None) => return Err(CallbackError::NoOutcome),
            // RFC 6749, appendix A.11: code = 1*VSCHAR.
            (Some(code), None) if is_visible(code) => Outcome::Code(AuthorizationCode::new(code)),
            (Some(_), None) => return Err(CallbackError::Malformed { name: "code" }),
            // RFC 6749, appendix A.7: error = 1*NQSCHAR.
            (None, Some(error)) if is_error_text(error) => {
                let mut tolerance = Tolerance::new(Reading::Interop);
                let error = ErrorResponse::from_parameters(error, text(description), text(uri), &mut tolerance);
                Outcome::Error(error.map_err(|_| CallbackError::Malformed { name: "error" })?)
            }
            (None, Some(_)) => return Err(CallbackError::Malformed { name: "error" }),
        };
        Ok(Self { outcome, pairs, state, iss, response_mode, base_url, parameters })
    }

    /// The code or the error. Not to be looked at before state and issuer were compared.
    #[must_use]
    pub const fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The code or the error, taken out.
    #[must_use]
    pub fn into_outcome(self) -> Outcome {
        self.outcome
    }

    /// The state that came: compare it by [`State::matches`].
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        text_at(&self.pairs, self.state)
    }

    /// The issuer that came, form-decoded: compare it byte by byte (RFC 9207, section 2.4).
    #[must_use]
    pub fn iss(&self) -> Option<&str> {
        text_at(&self.pairs, self.iss)
    }

    /// Where the response stood.
    #[must_use]
    pub const fn response_mode(&self) -> ResponseMode {
        self.response_mode
    }

    /// The URL that it came to, without query and fragment: the redirect URI without its query. Known from [`Callback::Url`] only.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// The value of a further parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)
    }
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationResponse")
            .field("outcome", &self.outcome)
            .field("state", &self.state().is_some())
            .field("iss", &self.iss().is_some())
            .field("response_mode", &self.response_mode)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// The value of a pair. One without a value is none (RFC 6749, section 3.1).
fn text_at(pairs: &Pairs, index: Option<usize>) -> Option<&str> {
    pairs.value(index?).filter(|value| !value.is_empty())
}

/// What makes a callback no authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The query, fragment or body cannot be read, or a known parameter came twice.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A code and an error came together.
    #[error("the callback holds both a code and an error")]
    CodeAndError,
    /// Neither a code nor an error came.
    #[error("the callback holds neither a code nor an error")]
    NoOutcome,
    /// Parameters of a response stand both in the query and in the fragment.
    #[error("the callback holds a response in its query and another in its fragment")]
    QueryAndFragment,
    /// The response comes as a JWT (JARM), which was not asked for.
    #[error("the callback holds a signed response")]
    SignedResponse,
    /// A response as a JWT (JARM) was asked for, and one came that nobody signed.
    #[error("the callback holds a response that is not signed")]
    PlainResponse,
    /// A response as a JWT (JARM) came with parameters of another beside it.
    #[error("the callback holds a signed response and another")]
    SignedAndPlain,
    /// The response stands elsewhere than was asked for.
    #[error("the callback holds its response in another place than was asked for")]
    ResponseMode,
    /// A parameter holds characters that RFC 6749, appendix A excludes.
    #[error("{name} holds characters that are not allowed")]
    Malformed {
        /// The parameter's registered name.
        name: &'static str,
    },
}

impl CallbackError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form(error) => error.code(),
            Self::CodeAndError => "callback_code_and_error",
            Self::NoOutcome => "callback_no_outcome",
            Self::QueryAndFragment => "callback_query_and_fragment",
            Self::SignedResponse => "callback_signed_response",
            Self::PlainResponse => "callback_plain_response",
            Self::SignedAndPlain => "callback_signed_and_plain",
            Self::ResponseMode => "callback_response_mode",
            Self::Malformed { .. } => "callback_malformed",
        }
    }

    /// Whoever sent the browser here: the peer, or somebody in its name.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }
}

/// What stands between a redirect URI and a response in its query.
pub(super) fn query_separator(redirect_uri: &RedirectUri) -> &'static str {
    match redirect_uri.query() {
        None => "?",
        Some(query) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    }
}

/// Whether a response can be told from what is in the redirect URI's own query.
pub(super) fn can_be_returned_to(redirect_uri: &RedirectUri) -> bool {
    !form::has_query_of(redirect_uri.as_str(), &KNOWN)
}

pub(super) fn joined(redirect_uri: &RedirectUri, separator: &str, response: &Secret) -> Result<String, BuildError> {
    if !can_be_returned_to(redirect_uri) {
        return Err(BuildError::RedirectUri);
    }
    let uri = redirect_uri.as_str();
    let mut url = String::with_capacity(uri.len() + separator.len() + response.expose().len());
    for part in [uri, separator, response.expose()] {
        url.push_str(part);
    }
    Ok(url)
}

/// RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207, section 2; JARM, section 2.3. In the order in which [`AuthorizationResponse::read`] takes them.
pub(super) const KNOWN: [&str; 7] = ["code", "state", "iss", "error", "error_description", "error_uri", "response"];
