//! [`PendingAuthorization`]: what a login remembers while the browser is away, and the check of the callback.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::time::Duration;

use jwt_core::digest::{constant_time_eq, sha256};
use jwt_core::json::Object;
use jwt_core::{Blame, Moment, Timestamp, base64url};
use oauth_types::authorization::{
    AuthorizationResponse, Callback, CallbackError, Outcome, ResponseMode, SignedResponse,
};
use oauth_types::dpop::DpopNonce;
use oauth_types::form::Pairs;
use oauth_types::rar::AuthorizationDetails;
use oauth_types::state::{Nonce, State};
use oauth_types::{CodeVerifier, Endpoint, Issuer, RedirectUri, Resource, Scope};
use serde::{Deserialize, Serialize};

use crate::client::{Party, PartyBody};
use crate::code_exchange::CodeExchange;
use crate::error::{Error, Operation};
use crate::exchange::is_false;
use crate::signature::{Keys, KeysBody};
use crate::stored::{self, stored};

/// A login whose browser is away: everything that must be checked when it comes back.
///
/// Store it with [`to_stored`](Self::to_stored) where [`accept`](Self::accept) will find it again. It is found by [`state`](Self::state), which the callback repeats;
/// that finds it, it does not prove that the callback belongs to this browser: give a [`SessionBinding`] for that.
///
/// `accept` takes the PKCE verifier out of it: a second callback is answered with [`AcceptError::AlreadyUsed`], and no record of a finished login holds one.
/// Across processes that holds if the record is taken from its store atomically (`DELETE .. RETURNING`, `GETDEL`); otherwise the server's single use of the
/// code is the last guard (RFC 6749, section 4.1.2).
#[derive(Debug)]
pub struct PendingAuthorization {
    asked: Box<Asked>,
}

/// What was asked for, and so what must come.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The client at the token endpoint of the server that was asked.
    pub(crate) party: Party,
    pub(crate) iss_required: bool,
    pub(crate) keys: Keys,
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) state: State,
    /// Gone once a callback was accepted. The flow that it gives takes it, and whatever else it needs of this.
    pub(crate) verifier: Option<CodeVerifier>,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) scope: Option<Scope>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) authorization_details: AuthorizationDetails,
    pub(crate) max_age: Option<Duration>,
    /// Of these the ID token must name one.
    pub(crate) acr_values: Vec<String>,
    pub(crate) response_mode: ResponseMode,
    pub(crate) session: Option<SessionBinding>,
    /// The newest DPoP nonce of the server.
    pub(crate) dpop_nonce: Option<DpopNonce>,
    pub(crate) expires_at: Timestamp,
}

impl PendingAuthorization {
    pub(crate) const fn new(asked: Box<Asked>) -> Self {
        Self { asked }
    }

    /// The `state` that a callback names: the key under which to look for the login that it may belong to ([`PendingAuthorization::state`]). `None` where the
    /// callback is no authorization response, or names none.
    ///
    /// Nothing is verified: where the response is signed, the state is read from a JWT that anybody may have made. It finds a login;
    /// [`accept`](Self::accept) decides whether the callback answers it.
    ///
    /// # Examples
    ///
    /// ```
    /// use oauth_client_sans_io::PendingAuthorization;
    /// use oauth_types::authorization::Callback;
    ///
    /// let state = PendingAuthorization::state_in(Callback::Query("code=SplxlOBeZQQYbYS6WxSbIA&state=xyz"));
    /// assert!(state.is_some_and(|state| state.matches("xyz")));
    /// ```
    #[must_use]
    pub fn state_in(callback: Callback<'_>) -> Option<State> {
        match AuthorizationResponse::parse(callback) {
            Ok(response) => State::new(response.state()?).ok(),
            Err(CallbackError::SignedResponse) => {
                // Where it stands does not matter here.
                let modes = [ResponseMode::QueryJwt, ResponseMode::FragmentJwt, ResponseMode::FormPostJwt];
                let signed = modes.into_iter().find_map(|mode| SignedResponse::parse(callback, mode).ok())?;
                State::new(unverified(&signed)?.get_str("state")?).ok()
            }
            Err(_) => None,
        }
    }

    /// The authorization server that was asked. With several servers of which some send no `iss`, one redirect URI each keeps them apart (RFC 9700,
    /// section 4.4.2.2): give [`accept`](Self::accept) the whole URL, or find the login by the route as well as by the state.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        self.asked.party.issuer()
    }

    /// The `state` that the callback will repeat: the key under which to store this.
    #[must_use]
    pub fn state(&self) -> &str {
        self.asked.state.expose()
    }

    /// When the login is too old to be finished.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.asked.expires_at
    }

    /// Whether a callback was accepted already.
    #[must_use]
    pub const fn is_used(&self) -> bool {
        self.asked.verifier.is_none()
    }

    /// Takes the whole callback: URL, query or form body, never parts of it. Gives the flow that redeems the code.
    ///
    /// Checked in this order, each before anything later is looked at: form, redirect URI (of a whole URL, and its own query also of a query;
    /// RFC 9700, section 4.4.2.2) and response mode,
    /// session, state (in constant time; RFC 6749, section 10.12), issuer (RFC 9207, section 2.4; also on error responses, whose text is then not shown), first use, expiry; and only then the server's error or code.
    /// An `iss` that was sent although the server does not advertise it is compared too.
    ///
    /// Of a signed response (JARM) state and issuer are compared here as the JWT names them, so that what anybody else may have sent consumes nothing. Its
    /// signature is the flow's first step, which then checks them again, with audience and expiry, before it looks at code or error (JARM, section 2.4):
    /// the server's refusal is then the flow's [`Error::Refused`].
    ///
    /// # Errors
    ///
    /// [`AcceptError::NotOurs`] consumes nothing: anybody can send a browser to a callback. So do [`AcceptError::AlreadyUsed`] and [`AcceptError::Expired`].
    /// [`AcceptError::Refused`] is the server's own answer to this login and ends it.
    pub fn accept(
        &mut self,
        at: &Moment,
        session: Option<&SessionBinding>,
        callback: Callback<'_>,
    ) -> Result<CodeExchange, AcceptError> {
        if self.asked.response_mode.is_jwt() {
            let response = SignedResponse::parse(callback, self.asked.response_mode).map_err(not_ours)?;
            self.check_place(callback, response.base_url(), response.response_mode(), session)?;
            let claims =
                unverified(&response).ok_or(NotOurs::Malformed(CallbackError::Malformed { name: "response" }))?;
            self.check_sender(claims.get_str("state"), claims.get_str("iss"))?;
            let verifier = self.begin_use(at)?;
            return Ok(CodeExchange::signed(&mut self.asked, verifier, &response));
        }
        let response = AuthorizationResponse::parse(callback).map_err(NotOurs::Malformed)?;
        self.check_place(callback, response.base_url(), response.response_mode(), session)?;
        self.check_sender(response.state(), response.iss())?;
        let verifier = self.begin_use(at)?;
        match response.into_outcome() {
            Outcome::Code(code) => Ok(CodeExchange::accepted(&mut self.asked, verifier, code)),
            Outcome::Error(response) => {
                Err(AcceptError::Refused(Error::Refused { operation: Operation::Authorization, response }))
            }
        }
    }

    /// Where the response came, how, and in whose browser.
    fn check_place(
        &self,
        callback: Callback<'_>,
        url: Option<&str>,
        mode: ResponseMode,
        session: Option<&SessionBinding>,
    ) -> Result<(), NotOurs> {
        if url.is_some_and(|url| !self.is_at_redirect_uri(url)) || !self.repeats_query(callback) {
            return Err(NotOurs::RedirectUri);
        }
        if mode != self.asked.response_mode.for_code() {
            return Err(NotOurs::ResponseMode);
        }
        SessionBinding::check(self.asked.session.as_ref(), session)
    }

    /// Which login the response is for, and who says that it sent it.
    fn check_sender(&self, state: Option<&str>, iss: Option<&str>) -> Result<(), NotOurs> {
        if !state.is_some_and(|state| self.asked.state.matches(state)) {
            return Err(NotOurs::State);
        }
        match iss {
            // RFC 9207, section 2.4: simple string comparison.
            Some(iss) if iss != self.issuer().as_str() => Err(NotOurs::Issuer),
            // JARM, section 2.1: a JWT always names its issuer.
            None if self.asked.iss_required || self.asked.response_mode.is_jwt() => Err(NotOurs::IssuerMissing),
            Some(_) | None => Ok(()),
        }
    }

    /// What a code is redeemed with, once.
    fn begin_use(&mut self, at: &Moment) -> Result<CodeVerifier, AcceptError> {
        if !self.is_used() && self.asked.expires_at <= at.now() {
            return Err(AcceptError::Expired);
        }
        self.asked.verifier.take().ok_or(AcceptError::AlreadyUsed)
    }

    /// Whether a URL without query and fragment is where the browser was to come back.
    fn is_at_redirect_uri(&self, url: &str) -> bool {
        let expected = self.asked.redirect_uri.as_str();
        let expected = expected.split_once('?').map_or(expected, |(base, _)| base);
        if url == expected {
            return true;
        }
        // Browsers write the host in lower case, leave the scheme's own port out and the empty path not.
        match (Endpoint::new(expected), Endpoint::new(url)) {
            (Ok(expected), Ok(url)) => expected.origin() == url.origin() && path(&expected) == path(&url),
            (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
        }
    }

    /// Whether the callback's query says what the redirect URI's own says: it "MUST be retained when adding additional query parameters" (RFC 6749,
    /// section 3.1.2), and may be all that tells the redirect URIs of two servers apart.
    fn repeats_query(&self, callback: Callback<'_>) -> bool {
        let Some(own) = self.asked.redirect_uri.query() else { return true };
        let found = match callback {
            Callback::Query(query) => query,
            Callback::Url(url) => {
                let url = url.split_once('#').map_or(url, |(url, _)| url);
                url.split_once('?').map_or("", |(_, query)| query)
            }
            // Where the form was posted to is not known here.
            Callback::Form(_) | _ => return true,
        };
        let (Ok(own), Ok(found)) = (Pairs::parse(own), Pairs::parse(found)) else { return false };
        let values = |pairs: &Pairs, name: &str| -> Vec<String> {
            pairs.iter().filter(|(other, _)| *other == name).map(|(_, value)| value.to_string()).collect()
        };
        own.iter().all(|(name, _)| values(&own, name) == values(&found, name))
    }

    fn to_body(&self) -> PendingBody {
        self.asked.to_body()
    }

    fn from_body(body: PendingBody) -> Option<Self> {
        Asked::from_body(body).map(Box::new).map(Self::new)
    }
}

impl Asked {
    /// The keys for the ID token, which is looked at last.
    pub(crate) fn take_keys_of_id_token(&mut self) -> Keys {
        let client = self.party.client();
        mem::take(&mut self.keys).registered(client, client.id_token_algorithm())
    }

    /// The keys for a signed response.
    pub(crate) fn keys_of_response(&self) -> Keys {
        let client = self.party.client();
        self.keys.clone().registered(client, client.response_algorithm())
    }

    pub(crate) fn to_body(&self) -> PendingBody {
        PendingBody {
            party: self.party.to_body(),
            iss_required: self.iss_required,
            keys: self.keys.to_body(),
            redirect_uri: self.redirect_uri.as_str().to_string(),
            state: self.state.expose().to_string(),
            verifier: self.verifier.as_ref().map(|verifier| verifier.expose().to_string()),
            nonce: self.nonce.as_ref().map(|nonce| nonce.expose().to_string()),
            scope: self.scope.as_ref().map(ToString::to_string),
            resources: self.resources.iter().map(|resource| resource.as_str().to_string()).collect(),
            authorization_details: stored::details(&self.authorization_details),
            max_age: self.max_age.map(|max_age| max_age.as_secs()),
            acr_values: self.acr_values.clone(),
            response_mode: self.response_mode.as_str().to_string(),
            session: self.session.as_ref().map(SessionBinding::to_body),
            dpop_nonce: self.dpop_nonce.as_ref().map(|nonce| nonce.as_str().to_string()),
            expires_at: self.expires_at.as_unix(),
            used: self.verifier.is_none(),
        }
    }

    /// What a flow remembers whose browser has yet to leave, so that nobody can have used it.
    pub(crate) fn from_unused_body(body: PendingBody) -> Option<Self> {
        Self::from_body(body).filter(|asked| asked.verifier.is_some())
    }

    fn from_body(body: PendingBody) -> Option<Self> {
        Some(Self {
            party: Party::from_body(body.party)?,
            iss_required: body.iss_required,
            keys: Keys::from_body(body.keys)?,
            redirect_uri: RedirectUri::new(body.redirect_uri).ok()?,
            state: State::new(body.state).ok()?,
            verifier: if body.used { None } else { Some(CodeVerifier::new(body.verifier?).ok()?) },
            nonce: body.nonce.map(Nonce::new).transpose().ok()?,
            scope: body.scope.as_deref().map(stored::scope).transpose().ok()?,
            resources: body.resources.into_iter().map(Resource::new).collect::<Result<_, _>>().ok()?,
            authorization_details: stored::read_details(body.authorization_details.as_deref())?,
            max_age: body.max_age.map(Duration::from_secs),
            acr_values: body.acr_values,
            response_mode: ResponseMode::from_name(&body.response_mode)?,
            session: match body.session {
                Some(hash) => Some(SessionBinding::from_body(&hash)?),
                None => None,
            },
            dpop_nonce: body.dpop_nonce.map(DpopNonce::new).transpose().ok()?,
            expires_at: Timestamp::from_unix(body.expires_at),
        })
    }
}

/// The claims of a signed response whose signature nobody has looked at.
fn unverified(response: &SignedResponse) -> Option<Object> {
    response.token().ok()?.dangerous_claims().ok()
}

fn not_ours(error: CallbackError) -> NotOurs {
    if error == CallbackError::ResponseMode { NotOurs::ResponseMode } else { NotOurs::Malformed(error) }
}

/// The path of a URL without query and fragment.
fn path(url: &Endpoint) -> &str {
    let authority_and_path = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    authority_and_path.find('/').and_then(|at| authority_and_path.get(at..)).unwrap_or("/")
}

stored! {
    /// It holds the PKCE verifier, the state and the nonce in the clear: keep it from everybody but your program, in particular from other browsers.
    PendingAuthorization, "pending", 1, PendingBody
}

/// A login whose browser is away, as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PendingBody {
    party: PartyBody,
    #[serde(default, skip_serializing_if = "is_false")]
    iss_required: bool,
    keys: KeysBody,
    redirect_uri: String,
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorization_details: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acr_values: Vec<String>,
    response_mode: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop_nonce: Option<String>,
    expires_at: u64,
    #[serde(default, skip_serializing_if = "is_false")]
    used: bool,
}

/// What ties a login, or a logout, to one browser: a value that only this browser sends, such as an `HttpOnly` cookie set before the redirect.
///
/// Only a hash of it is kept and stored.
#[derive(Clone)]
pub struct SessionBinding([u8; 32]);

impl SessionBinding {
    /// A binding to this value. It must be unguessable: 128 bits of randomness or more.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self(sha256(&[b"oauth session binding\0", value.as_bytes()].concat()))
    }

    /// Whether what was bound, or not, comes back in the same browser session, or in none.
    pub(crate) fn check(expected: Option<&Self>, found: Option<&Self>) -> Result<(), NotOurs> {
        let same = match (expected, found) {
            (Some(expected), Some(found)) => constant_time_eq(&expected.0, &found.0),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if same { Ok(()) } else { Err(NotOurs::Session) }
    }

    pub(crate) fn to_body(&self) -> String {
        base64url::encode(self.0)
    }

    pub(crate) fn from_body(hash: &str) -> Option<Self> {
        Some(Self(base64url::decode(hash).ok()?.try_into().ok()?))
    }

    /// The hash that is kept.
    #[cfg(feature = "seal")]
    pub(crate) const fn hash(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionBinding([redacted])")
    }
}

/// Why a callback, or a notification of [`CibaPending`](crate::CibaPending), does not go on to the next flow.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// It is no answer to this login: anybody can have caused it. Nothing was consumed; show an error page and go on waiting.
    #[error("this is not an answer to this login: {0}")]
    NotOurs(#[from] NotOurs),
    /// This login was finished before (a reload, a double click): show the result of that. Never a second exchange.
    #[error("this login was finished before")]
    AlreadyUsed,
    /// The login took too long: begin a new one.
    #[error("the login took longer than was allowed")]
    Expired,
    /// The server's own answer to this login, after all that shows whose it is was right. It ends the login.
    #[error(transparent)]
    Refused(Error),
}

impl AcceptError {
    /// A stable, machine-readable name: the server's own error code where it refused, otherwise ours.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotOurs(reason) => reason.code(),
            Self::AlreadyUsed => "already_used",
            Self::Expired => "expired",
            Self::Refused(error) => error.code(),
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::NotOurs(reason) => reason.blame(),
            Self::AlreadyUsed => Blame::Peer,
            Self::Expired => Blame::Time,
            Self::Refused(error) => error.blame(),
        }
    }
}

/// Why a callback or a notification is no answer to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotOurs {
    /// It is no authorization response at all: a parameter twice, a code beside an error, neither of them.
    #[error("{0}")]
    Malformed(CallbackError),
    /// It came to another URL than the redirect URI (RFC 9700, section 4.4.2.2).
    #[error("it came to another redirect URI")]
    RedirectUri,
    /// It came in another way than was asked for.
    #[error("it came in another response mode than was asked for")]
    ResponseMode,
    /// It came from another browser session, or from none.
    #[error("it belongs to another browser session")]
    Session,
    /// Its `state` is missing or another one (RFC 6749, section 10.12).
    #[error("its state is not the one that was sent")]
    State,
    /// Its `iss` is another server (RFC 9207, section 2.4): a mix-up.
    #[error("it comes from another issuer")]
    Issuer,
    /// Its `iss` is missing although the server advertises that it sends one (RFC 9207, section 2.4).
    #[error("it does not name its issuer although the server always does")]
    IssuerMissing,
    /// Its bearer token is not the one that the server was given for notifications (CIBA Core 1.0, section 10.2).
    #[error("its token is not the one that was given for notifications")]
    NotificationToken,
    /// It is about another request than this one (CIBA Core 1.0, section 10.2).
    #[error("it is about another authentication request")]
    AuthReqId,
    /// It brings the outcome in another way than the client is registered for (CIBA Core 1.0, section 5).
    #[error("it brings the outcome in another way than was asked for")]
    Delivery,
}

impl NotOurs {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed(error) => error.code(),
            Self::RedirectUri => "redirect_uri_mismatch",
            Self::ResponseMode => "response_mode_mismatch",
            Self::Session => "session_mismatch",
            Self::State => "state_mismatch",
            Self::Issuer => "issuer_mismatch",
            Self::IssuerMissing => "issuer_missing",
            Self::NotificationToken => "notification_token_mismatch",
            Self::AuthReqId => "auth_req_id_mismatch",
            Self::Delivery => "delivery_mode_mismatch",
        }
    }

    /// Whose fault it is: the peer's, or of somebody in its name.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }
}
