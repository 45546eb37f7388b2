//! Logging out: [`LogoutRequest`] and [`LogoutResponse`] through the browser (OpenID Connect RP-Initiated Logout 1.0), [`BackchannelLogoutRequest`] and
//! [`BackchannelLogoutResponse`] from server to client (OpenID Connect Back-Channel Logout 1.0).
//!
//! ```text
//! POST /backchannel_logout HTTP/1.1
//! Host: rp.example.org
//! Content-Type: application/x-www-form-urlencoded
//!
//! logout_token=eyJhbGci ... .eyJpc3Mi ... .T3BlbklE ...
//! ```
//!
//! Nothing here is trusted by being read: an ID token hint, a redirect URI and a client identifier are for the server to check, a logout token is verified by
//! its profile (`LogoutTokenProfile` in [`jwt_core::profile`]), and a state is compared with the one that was kept.
//!
//! ```
//! use oauth_types::{Endpoint, IdToken, LogoutRequest, LogoutResponse, RedirectUri, State};
//!
//! let back = RedirectUri::new("https://client.example/out")?;
//! let request = LogoutRequest::new()
//!     .with_id_token_hint(IdToken::new("eyJ0.e30.AAAA"))
//!     .with_post_logout_redirect_uri(back.clone())
//!     .with_state(State::new("xyz")?);
//! assert_eq!(
//!     request.to_url(&Endpoint::new("https://as.example/logout?tenant=7")?)?,
//!     "https://as.example/logout?tenant=7&id_token_hint=eyJ0.e30.AAAA&post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fout&state=xyz",
//! );
//!
//! let url = LogoutResponse::new(Some(State::new("xyz")?)).to_url(&back)?;
//! assert_eq!(url, "https://client.example/out?state=xyz");
//! let response = LogoutResponse::from_query("state=xyz")?;
//! assert!(response.state().is_some_and(|state| state.matches("xyz")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backchannel;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use self::backchannel::{BackchannelLogoutRequest, BackchannelLogoutResponse, LogoutToken};
use crate::form::{self, FormError, Pairs};
use crate::identifiers::{ClientId, Endpoint, RedirectUri};
use crate::request::{self, BuildError, Further, Parameters, RequestError};
use crate::secret::IdToken;
use crate::state::State;

/// Asks a server to log a user out, through the user's browser (RP-Initiated Logout 1.0, section 2).
///
/// `Debug` shows nothing of the user.
#[derive(Clone, Default)]
pub struct LogoutRequest {
    id_token_hint: Option<IdToken>,
    logout_hint: Option<String>,
    client_id: Option<ClientId>,
    post_logout_redirect_uri: Option<RedirectUri>,
    state: Option<State>,
    ui_locales: Option<String>,
    parameters: Further,
}

impl LogoutRequest {
    /// A request that says nothing about who is to be logged out: the server will ask.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says who, by an ID token that the server issued. It names a person, and a URL gets into logs: prefer [`LogoutRequest::to_form`] then.
    #[must_use]
    pub fn with_id_token_hint(mut self, token: IdToken) -> Self {
        self.id_token_hint = Some(token).filter(|token| !token.expose().is_empty());
        self
    }

    /// Says who, by a name that the server knows the user by.
    #[must_use]
    pub fn with_logout_hint(mut self, hint: impl Into<String>) -> Self {
        self.logout_hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self
    }

    /// Says which client asks: needed where there is a redirect URI but no ID token that is for one client only.
    #[must_use]
    pub fn with_client_id(mut self, client_id: ClientId) -> Self {
        self.client_id = Some(client_id);
        self
    }

    /// Says where the browser is to go then: a URI that is registered.
    #[must_use]
    pub fn with_post_logout_redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.post_logout_redirect_uri = Some(uri);
        self
    }

    /// What is to come back to the redirect URI.
    #[must_use]
    pub fn with_state(mut self, state: State) -> Self {
        self.state = Some(state);
        self
    }

    /// The languages of the user, by their tags, separated by spaces, the preferred one first.
    #[must_use]
    pub fn with_ui_locales(mut self, locales: impl Into<String>) -> Self {
        self.ui_locales = Some(locales.into()).filter(|locales| !locales.is_empty());
        self
    }

    /// An ID token that says who. Issued by this server, and perhaps expired (section 2: it "SHOULD" be accepted all the same): not verified here.
    #[must_use]
    pub const fn id_token_hint(&self) -> Option<&IdToken> {
        self.id_token_hint.as_ref()
    }

    /// A name that says who.
    #[must_use]
    pub fn logout_hint(&self) -> Option<&str> {
        self.logout_hint.as_deref()
    }

    /// Which client asks, if it says. A server compares it with the audience of the ID token (section 2).
    #[must_use]
    pub const fn client_id(&self) -> Option<&ClientId> {
        self.client_id.as_ref()
    }

    /// Where the browser is to go then. A server goes there only if the URI is registered (section 3).
    #[must_use]
    pub const fn post_logout_redirect_uri(&self) -> Option<&RedirectUri> {
        self.post_logout_redirect_uri.as_ref()
    }

    /// What is to come back.
    #[must_use]
    pub const fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// The languages of the user.
    #[must_use]
    pub fn ui_locales(&self) -> Option<&str> {
        self.ui_locales.as_deref()
    }

    request::further!();

    /// The URL that the browser is sent to. The endpoint's own query is kept, but for parameters that this request has: those give way, since none may come
    /// twice.
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`], [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the caller's own,
    /// [`BuildError::RedirectUri`] where a state is to come back to a URI whose query has one already.
    pub fn to_url(&self, endpoint: &Endpoint) -> Result<String, BuildError> {
        Ok(self.at(endpoint, &self.to_form()?))
    }

    /// The URL that the browser posts [`LogoutRequest::fields`] to (section 2: "OPs MUST support the use of the HTTP GET and POST methods"): the `action` of
    /// the form. The endpoint's own query is kept as in [`LogoutRequest::to_url`].
    #[must_use]
    pub fn action(&self, endpoint: &Endpoint) -> String {
        self.at(endpoint, "")
    }

    /// The parameters one by one: the hidden fields of a form that the browser posts to [`LogoutRequest::action`]. They are not escaped for a page.
    ///
    /// # Errors
    ///
    /// As [`LogoutRequest::to_url`].
    pub fn fields(&self) -> Result<Vec<(&str, &str)>, BuildError> {
        request::check_further(&self.parameters, RESERVED)?;
        if !self.can_be_answered() {
            return Err(BuildError::RedirectUri);
        }
        let own = self.pairs().into_iter().filter_map(|(name, value)| Some((name, value?)));
        Ok(own.chain(self.parameters.iter()).collect())
    }

    /// The parameters alone, form-encoded: the body that the browser posts to the endpoint, from a form of hidden fields.
    ///
    /// # Errors
    ///
    /// As [`LogoutRequest::to_url`].
    pub fn to_form(&self) -> Result<String, BuildError> {
        let mut text = String::new();
        for (name, value) in self.fields()? {
            form::append_pair(&mut text, name, value);
        }
        Ok(text)
    }

    fn at(&self, endpoint: &Endpoint, text: &str) -> String {
        let sent = |name: &str| RESERVED.contains(&name) || self.parameters().any(|(other, _)| other == name);
        form::join_text(endpoint.as_str(), text, sent)
    }

    /// Reads the query of a request that came to the end session endpoint, without the `?`; or the body, where it came by `POST`. Nothing of it has been
    /// verified.
    ///
    /// # Errors
    ///
    /// [`RequestError`]. A person sees the answer: [`RequestError::to_http`] is not made for that.
    pub fn from_query(query: impl AsRef<[u8]>) -> Result<Self, RequestError> {
        let mut parameters = Parameters::of(Pairs::parse(query)?)?;
        let request = Self {
            id_token_hint: parameters.take("id_token_hint").map(IdToken::new),
            logout_hint: parameters.take("logout_hint").map(ToOwned::to_owned),
            client_id: parameters.take_with("client_id", ClientId::new)?,
            post_logout_redirect_uri: parameters.take_with("post_logout_redirect_uri", RedirectUri::new)?,
            state: parameters.take_with("state", State::new)?,
            ui_locales: parameters.take("ui_locales").map(ToOwned::to_owned),
            parameters: Further::rest_of(&parameters, RESERVED),
        };
        let name = "post_logout_redirect_uri";
        if request.can_be_answered() { Ok(request) } else { Err(RequestError::MalformedParameter { name }) }
    }

    /// Whether the state can come back beside what is in the redirect URI.
    fn can_be_answered(&self) -> bool {
        let uri = self.post_logout_redirect_uri.as_ref().filter(|_| self.state.is_some());
        uri.is_none_or(|uri| !form::has_query_of(uri.as_str(), &["state"]))
    }

    fn pairs(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("id_token_hint", self.id_token_hint.as_ref().map(IdToken::expose)),
            ("logout_hint", self.logout_hint()),
            ("client_id", self.client_id.as_ref().map(ClientId::as_str)),
            ("post_logout_redirect_uri", self.post_logout_redirect_uri.as_ref().map(RedirectUri::as_str)),
            ("state", self.state.as_ref().map(State::expose)),
            ("ui_locales", self.ui_locales()),
        ]
    }
}

impl fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest")
            .field("id_token_hint", &self.id_token_hint)
            .field("logout_hint", &self.logout_hint.is_some())
            .field("client_id", &self.client_id)
            .field("post_logout_redirect_uri", &self.post_logout_redirect_uri)
            .field("state", &self.state)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// What the browser brings to the redirect URI after a logout (RP-Initiated Logout 1.0, section 3). It proves nothing: whoever sends a browser there can
/// say the same, but for the state.
#[derive(Clone, Debug, Default)]
pub struct LogoutResponse {
    state: Option<State>,
    parameters: Further,
}

impl LogoutResponse {
    /// An answer with the state of the request.
    #[must_use]
    pub const fn new(state: Option<State>) -> Self {
        Self { state, parameters: Further::new() }
    }

    request::further!();

    /// The URL that the browser is sent to; the redirect URI's own query is kept.
    ///
    /// # Errors
    ///
    /// [`BuildError::RedirectUri`] where there is a state, and the redirect URI's query has one already; [`BuildError::ReservedParameter`],
    /// [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the server's own.
    pub fn to_url(&self, post_logout_redirect_uri: &RedirectUri) -> Result<String, BuildError> {
        self.parameters.check(&[], |name| name == "state")?;
        let uri = post_logout_redirect_uri.as_str();
        let mut own = String::new();
        if let Some(state) = &self.state {
            if form::has_query_of(uri, &["state"]) {
                return Err(BuildError::RedirectUri);
            }
            form::append_pair(&mut own, "state", state.expose());
        }
        for (name, value) in self.parameters.iter() {
            form::append_pair(&mut own, name, value);
        }
        Ok(form::join_text(uri, &own, |_| false))
    }

    /// Reads the query that came to the redirect URI, without the `?`, what is in the URI's own query among it. A state that no request of ours has is none;
    /// parameters that are not known are kept, the first of each name.
    ///
    /// # Errors
    ///
    /// [`FormError`] if it cannot be read, or the state came twice.
    pub fn from_query(query: impl AsRef<[u8]>) -> Result<Self, FormError> {
        let pairs = Pairs::parse(query)?;
        let state = pairs.unique("state")?.and_then(|state| State::new(state).ok());
        Ok(Self { state, parameters: Further::unknown_of(&pairs, &["state"]) })
    }

    /// The state that came: compare it by [`State::matches`].
    #[must_use]
    pub const fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }
}

/// What the request sets itself.
const RESERVED: &[&str] =
    &["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

#[cfg(test)]
mod tests;
