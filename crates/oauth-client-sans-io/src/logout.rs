//! [`Logout`] and [`PendingLogout`]: logging the user out at the provider, through the browser (OpenID Connect RP-Initiated Logout 1.0).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::{Moment, Secret, Timestamp};
use oauth_types::logout::{LogoutRequest, LogoutResponse};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::state::State;
use oauth_types::{ClientId, Endpoint, IdToken, Issuer, RedirectUri};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::{ApiMisuse, Error};
use crate::pending::{AcceptError, NotOurs, SessionBinding};
use crate::stored::stored;
use crate::tokens::Tokens;

/// Sends the browser to the provider to log the user out there too (RP-Initiated Logout, section 2).
///
/// End your own session first: whether the provider does what it is asked, and whether the browser comes back, is not known before it does.
///
/// The browser goes by a URL ([`begin`](Self::begin)) or posts a form ([`begin_post`](Self::begin_post)): "OPs MUST support the use of the HTTP GET and POST methods"
/// (section 2). A URL is seen in logs, in the history and by whoever comes next in a `Referer`, and an ID token in it names a person: post it, if you can show a page.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> LogoutRedirect: begin
///     [*] --> LogoutForm: begin_post
///     LogoutRedirect --> PendingLogout: pending (the browser goes)
///     LogoutForm --> PendingLogout: pending (the browser posts)
///     PendingLogout --> [*]: accept (the browser comes back)
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Moment, Timestamp};
/// use oauth_client_sans_io::{Authentication, Client, Logout, SessionBinding};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, IdToken, Issuer, RedirectUri};
///
/// let server = AuthorizationServer::new(Issuer::new("https://as.example")?)
///     .with_end_session_endpoint(Endpoint::new("https://as.example/logout")?);
/// let client = Client::new(ClientId::new("app")?, Authentication::None);
/// let now = Timestamp::from_unix(1_700_000_000);
/// let session = SessionBinding::new("the value of a cookie that is set now, for this logout");
/// let redirect = Logout::new(&server, &client)?
///     .id_token_hint(IdToken::new("eyJ0.e30.AAAA")) // or `of_login(&tokens)?`
///     .post_logout_redirect_uri(RedirectUri::new("https://app.example/out")?)
///     .session(&session)
///     .begin(&Moment::new(now, [42; 32]))?; // 32 bytes of your random source
/// assert!(redirect.url.starts_with("https://as.example/logout?id_token_hint=eyJ0.e30.AAAA&client_id=app&post_logout_redirect_uri="));
///
/// // Stored by its state, and found again when the browser is back.
/// let mut pending = redirect.pending.ok_or("nobody comes back")?;
/// let query = format!("state={}", pending.state());
/// pending.accept(now, Some(&session), &query)?;
/// assert_eq!(pending.accept(now, Some(&session), &query).unwrap_err().code(), "already_used");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Logout {
    issuer: Issuer,
    endpoint: Endpoint,
    client_id: ClientId,
    id_token_hint: Option<IdToken>,
    logout_hint: Option<Secret>,
    post_logout_redirect_uri: Option<RedirectUri>,
    ui_locales: Option<String>,
    session: Option<SessionBinding>,
    lifetime: Duration,
    parameters: Vec<(String, Secret)>,
}

/// Where the browser goes, and what to remember until it comes back.
#[non_exhaustive]
pub struct LogoutRedirect {
    /// The URL to send the browser to. It may hold an ID token: never log it.
    pub url: String,
    /// What to remember; `None` where no redirect URI was given, so that nobody comes back.
    pub pending: Option<PendingLogout>,
}

/// Shows no URL.
impl fmt::Debug for LogoutRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRedirect").field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// The form that the browser posts, and what to remember until it comes back.
#[derive(Debug)]
#[non_exhaustive]
pub struct LogoutForm {
    /// Where the form is posted to: its `action`.
    pub action: String,
    /// Its hidden fields, by name. An ID token may be among them. They are not escaped: let your templates do it.
    pub fields: Vec<(String, Secret)>,
    /// What to remember; `None` where no redirect URI was given, so that nobody comes back.
    pub pending: Option<PendingLogout>,
}

/// A person may read a page and answer a question at the provider.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(10 * 60);

impl Logout {
    /// A logout at `server` that `client` asks for.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no end session endpoint.
    pub fn new(server: &AuthorizationServer, client: &Client) -> Result<Self, Error> {
        let endpoint = server.end_session_endpoint().ok_or(ApiMisuse::MissingEndpoint("end_session_endpoint"))?;
        Ok(Self {
            issuer: server.issuer().clone(),
            endpoint: endpoint.clone(),
            client_id: client.id().clone(),
            id_token_hint: None,
            logout_hint: None,
            post_logout_redirect_uri: None,
            ui_locales: None,
            session: None,
            lifetime: DEFAULT_LIFETIME,
            parameters: Vec::new(),
        })
    }

    /// Says who is to be logged out, by the ID token of these tokens. Providers ask the user where nothing says it (section 2).
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the tokens are another server's, or hold no ID token.
    pub fn of_login(self, tokens: &Tokens) -> Result<Self, Error> {
        // RFC 9700, section 4.4: nothing of one server goes to another.
        if tokens.issuer() != &self.issuer {
            return Err(ApiMisuse::OtherServer.into());
        }
        let id_token = tokens.raw_id_token().ok_or(ApiMisuse::InvalidArgument("there is no ID token"))?;
        Ok(self.id_token_hint(id_token.clone()))
    }

    /// The same by an ID token that was kept in a way of your own, and is known to be the server's. It may have expired.
    pub fn id_token_hint(mut self, token: IdToken) -> Self {
        self.id_token_hint = Some(token);
        self
    }

    /// Says who is to be logged out, by a name that the server knows the user by.
    pub fn logout_hint(mut self, hint: impl Into<String>) -> Self {
        self.logout_hint = Some(Secret::new(hint));
        self
    }

    /// Has the browser sent there afterwards: a URI that is registered for that (section 3.1).
    pub fn post_logout_redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.post_logout_redirect_uri = Some(uri);
        self
    }

    /// The languages of the user, by their tags, separated by spaces, the preferred one first.
    pub fn ui_locales(mut self, locales: impl Into<String>) -> Self {
        self.ui_locales = Some(locales.into());
        self
    }

    /// Ties the way back to the browser that goes: [`PendingLogout::accept`] must be given the same binding. The session of your application has ended by then,
    /// so bind to a cookie that is set for the logout, and removed when it comes back.
    pub fn session(mut self, session: &SessionBinding) -> Self {
        self.session = Some(session.clone());
        self
    }

    /// Waits this long for the browser instead of ten minutes.
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Adds a parameter of the caller's own.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), Secret::new(value)));
        self
    }

    /// Makes the redirect. The state comes from the moment.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where a parameter of the caller's own cannot be added.
    pub fn begin(self, at: &Moment) -> Result<LogoutRedirect, Error> {
        let (request, endpoint, pending) = self.request(at);
        Ok(LogoutRedirect { url: request.to_url(&endpoint).map_err(ApiMisuse::from)?, pending })
    }

    /// Makes the form to post instead. The state comes from the moment.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    pub fn begin_post(self, at: &Moment) -> Result<LogoutForm, Error> {
        let (request, endpoint, pending) = self.request(at);
        let fields = request.fields().map_err(ApiMisuse::from)?.into_iter();
        let fields = fields.map(|(name, value)| (name.to_string(), Secret::new(value))).collect();
        Ok(LogoutForm { action: request.action(&endpoint), fields, pending })
    }

    fn request(self, at: &Moment) -> (LogoutRequest, Endpoint, Option<PendingLogout>) {
        // Section 2: `client_id` says whose redirect URI it is, where an ID token does not.
        let mut request = LogoutRequest::new().with_client_id(self.client_id);
        if let Some(token) = self.id_token_hint {
            request = request.with_id_token_hint(token);
        }
        if let Some(hint) = &self.logout_hint {
            request = request.with_logout_hint(hint.expose());
        }
        if let Some(locales) = self.ui_locales {
            request = request.with_ui_locales(locales);
        }
        for (name, value) in &self.parameters {
            request = request.with_parameter(name.as_str(), value.expose());
        }
        // Section 3: the state goes where the browser goes, so without a redirect URI there is none.
        let pending = self.post_logout_redirect_uri.as_ref().map(|_| PendingLogout {
            issuer: self.issuer,
            state: State::generate(at),
            session: self.session,
            // Whole seconds, so that what is stored is what was promised.
            expires_at: Timestamp::from_unix(at.now().saturating_add(self.lifetime).as_unix()),
            used: false,
        });
        if let (Some(uri), Some(pending)) = (self.post_logout_redirect_uri, &pending) {
            request = request.with_post_logout_redirect_uri(uri).with_state(pending.state.clone());
        }
        (request, self.endpoint, pending)
    }
}

/// A logout whose browser is away.
///
/// Store it with [`to_stored`](Self::to_stored) where [`accept`](Self::accept) will find it again, by its [`state`](Self::state). That finds it, it does not prove that this
/// browser was sent away: give a [`SessionBinding`] for that. That the browser came back proves that this logout was asked for, not that the provider did it.
///
/// `accept` marks it as used. Across processes that holds if the record is taken from its store atomically, as with a
/// [`PendingAuthorization`](crate::PendingAuthorization).
#[derive(Debug)]
pub struct PendingLogout {
    issuer: Issuer,
    state: State,
    session: Option<SessionBinding>,
    expires_at: Timestamp,
    used: bool,
}

impl PendingLogout {
    /// The server that was asked.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The `state` that the browser will bring back: the key under which to store this.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.expose()
    }

    /// When it is no longer waited for.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Takes the query that came to the redirect URI, without the `?`, and ends this logout if it is the answer to it: it came in the browser session to which the
    /// logout was [bound](Logout::session), or to none, with its state (in constant time; section 3), for the first time, and in time.
    ///
    /// # Errors
    ///
    /// [`AcceptError::NotOurs`], [`AcceptError::AlreadyUsed`] and [`AcceptError::Expired`]; none of them consumes anything.
    pub fn accept(&mut self, now: Timestamp, session: Option<&SessionBinding>, query: &str) -> Result<(), AcceptError> {
        let response = LogoutResponse::from_query(query).map_err(|error| NotOurs::Malformed(error.into()))?;
        SessionBinding::check(self.session.as_ref(), session)?;
        if !response.state().is_some_and(|state| self.state.matches(state.expose())) {
            return Err(NotOurs::State.into());
        }
        if self.used {
            return Err(AcceptError::AlreadyUsed);
        }
        if self.expires_at <= now {
            return Err(AcceptError::Expired);
        }
        self.used = true;
        Ok(())
    }

    fn to_body(&self) -> Body {
        Body {
            issuer: self.issuer.as_str().to_string(),
            state: self.state.expose().to_string(),
            session: self.session.as_ref().map(SessionBinding::to_body),
            expires_at: self.expires_at.as_unix(),
            used: self.used,
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        Some(Self {
            issuer: Issuer::new(body.issuer).ok()?,
            state: State::new(body.state).ok()?,
            session: match body.session {
                Some(hash) => Some(SessionBinding::from_body(&hash)?),
                None => None,
            },
            expires_at: Timestamp::from_unix(body.expires_at),
            used: body.used,
        })
    }
}

stored! {
    /// It holds the state in the clear: keep it from other browsers.
    PendingLogout, "pending_logout", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    issuer: String,
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    expires_at: u64,
    used: bool,
}
