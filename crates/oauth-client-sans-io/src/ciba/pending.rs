//! [`CibaPending`], which waits for the user, and the flows that come of it: [`CibaPolling`] and [`CibaPush`].

use alloc::string::{String, ToString};

use jwt_core::{JwkSet, Moment, Secret, Timestamp};
use oauth_types::ciba::{ClientNotification, ClientNotificationToken, Notified};
use oauth_types::dpop::DpopNonce;
use oauth_types::token::TokenRequest;
use oauth_types::{AuthReqId, Issuer};
use serde::{Deserialize, Serialize};

use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::flow::machine_flow;
use crate::grant::{Grant, GrantBody};
use crate::login::{Expected, ExpectedBody, Login, LoginBody, LoginCheck};
use crate::pending::{AcceptError, NotOurs};
use crate::polling::{Awaited, Pace, Polling, polling_flow};
use crate::stored::stored;
use crate::tokens::Tokens;

/// A login whose user is being asked on a device of the user's own: everything that must be checked when the outcome comes.
///
/// Store it with [`to_stored`](Self::to_stored), under its [`auth_req_id`](Self::auth_req_id), where the client's notification endpoint will find it. It gives one
/// flow, once: [`poll`](Self::poll), [`accept_ping`](Self::accept_ping) or [`accept_push`](Self::accept_push), as the client is registered. Across processes that
/// holds if the record is taken from its store atomically, as with [`PendingAuthorization`](crate::PendingAuthorization).
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> CibaPolling: poll, accept_ping
///     [*] --> CibaPush: accept_push
///     CibaPolling --> Login: Done
///     CibaPush --> Login: Done
///     Login --> [*]
/// ```
#[derive(Debug)]
pub struct CibaPending {
    /// At the token endpoint.
    pub(super) grant: Grant,
    pub(super) auth_req_id: AuthReqId,
    pub(super) delivery: Delivery,
    pub(super) pace: Pace,
    pub(super) expected: Expected,
    pub(super) dpop_nonce: Option<DpopNonce>,
    pub(super) used: bool,
}

/// How the outcome comes (CIBA Core 1.0, section 5), and what the server shows when it brings it.
#[derive(Clone, Debug)]
pub(super) enum Delivery {
    Poll,
    Ping(ClientNotificationToken),
    Push(ClientNotificationToken),
}

impl CibaPending {
    /// The server that was asked.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        self.grant.party.issuer()
    }

    /// The server's name for the request, which notifications repeat: the key under which to store this.
    #[must_use]
    pub const fn auth_req_id(&self) -> &AuthReqId {
        &self.auth_req_id
    }

    /// What the server shows when it notifies the client; `None` for one that polls.
    #[must_use]
    pub const fn notification_token(&self) -> Option<&ClientNotificationToken> {
        self.delivery.token()
    }

    /// When it is too late for an outcome.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.pace.expires_at()
    }

    /// Whether it gave its flow already, or the server's refusal.
    #[must_use]
    pub const fn is_used(&self) -> bool {
        self.used
    }

    /// Checks the ID token with these keys of the server first, and fetches its key set only if none of them fits.
    #[must_use]
    pub fn known_keys(mut self, keys: JwkSet) -> Self {
        self.expected.keys.know(&keys);
        self
    }

    /// The flow that asks whether the user has decided, from one interval after the server's answer on. A client that is registered for ping may poll instead of waiting
    /// to be told; a ping that comes later is then answered with [`AcceptError::AlreadyUsed`], and nothing is asked twice.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] if it gave a flow already, or the client is one to which tokens are pushed, which does not poll (CIBA Core 1.0, section 10.1).
    pub fn poll(&mut self) -> Result<CibaPolling, Error> {
        if self.used {
            return Err(ApiMisuse::Ended.into());
        }
        match self.delivery {
            Delivery::Poll | Delivery::Ping(_) => Ok(self.polling(self.pace)),
            Delivery::Push(_) => Err(ApiMisuse::InvalidArgument("who is pushed tokens does not poll").into()),
        }
    }

    /// Takes a ping (CIBA Core 1.0, section 10.2). Gives the flow that asks for the tokens at once; should the server not have them after all, it goes on as that of
    /// [`poll`](Self::poll).
    ///
    /// Checked in this order, each before anything later is looked at: the token (in constant time), the name of the request, that it is a ping and
    /// was to be one, first use, expiry. Answer [`ClientNotification::accepted`], also to a ping that was accepted before: the server repeats what it is not thanked for.
    ///
    /// # Errors
    ///
    /// [`AcceptError::NotOurs`] consumes nothing: anybody can post to a notification endpoint. So do [`AcceptError::AlreadyUsed`] and [`AcceptError::Expired`].
    pub fn accept_ping(&mut self, at: &Moment, notification: &ClientNotification) -> Result<CibaPolling, AcceptError> {
        match (&self.delivery, self.notified(notification)?) {
            (Delivery::Ping(_), Notified::Ping) => {}
            _ => return Err(NotOurs::Delivery.into()),
        }
        let pace = self.in_time(at)?;
        Ok(self.polling(pace.at_once()))
    }

    /// Takes tokens that are pushed, or the word that there will be none (CIBA Core 1.0, section 10.3). Gives the flow that checks the ID token: its signature, its claims,
    /// and that `at_hash`, `rt_hash` and `auth_req_id` in it name what came with it.
    ///
    /// Checked in the order of [`accept_ping`](Self::accept_ping). Tokens that come when the time is over are refused, since whoever waited for them has been told so.
    ///
    /// # Errors
    ///
    /// As [`accept_ping`](Self::accept_ping), and [`AcceptError::Refused`] with the server's own answer, which ends the login: the user declined, or the time is over.
    pub fn accept_push(&mut self, at: &Moment, notification: &ClientNotification) -> Result<CibaPush, AcceptError> {
        let outcome = match (&self.delivery, self.notified(notification)?) {
            (Delivery::Push(_), Notified::Tokens(response)) => Ok(response),
            (Delivery::Push(_), Notified::Error(response)) => Err(response),
            _ => return Err(NotOurs::Delivery.into()),
        };
        self.in_time(at)?;
        self.used = true;
        let operation = Operation::BackchannelToken;
        let response =
            outcome.map_err(|refusal| AcceptError::Refused(Error::Refused { operation, response: refusal.clone() }))?;
        let party = &self.grant.party;
        let tokens = Tokens::received(party, self.grant.scope.as_ref(), (**response).clone(), at.now(), None);
        let no_id_token = Error::InvalidResponse { operation, reason: InvalidReason::IdTokenMissing };
        let checked = self.expected.clone().check(operation, party.client().id(), tokens);
        let check = checked.and_then(|check| check.map_err(|_| no_id_token)).map_err(AcceptError::Refused)?;
        Ok(CibaPush { check: check.pushed(self.auth_req_id.clone()) })
    }

    /// What the server of this login says, if it is this server and this login.
    fn notified<'n>(&self, notification: &'n ClientNotification) -> Result<&'n Notified, NotOurs> {
        // CIBA Core 1.0, sections 10.2 and 10.3.1: the token that authenticates the notification has to be verified first.
        match self.delivery.token() {
            Some(token) if token.matches(notification.token().expose()) => {}
            Some(_) | None => return Err(NotOurs::NotificationToken),
        }
        if !self.auth_req_id.matches(notification.auth_req_id().expose()) {
            return Err(NotOurs::AuthReqId);
        }
        Ok(notification.notified())
    }

    fn in_time(&self, at: &Moment) -> Result<Pace, AcceptError> {
        let pace = self.pace.at(at.now());
        if self.used {
            return Err(AcceptError::AlreadyUsed);
        }
        if pace.is_over() {
            return Err(AcceptError::Expired);
        }
        Ok(pace)
    }

    fn polling(&mut self, pace: Pace) -> CibaPolling {
        self.used = true;
        let handle = Secret::new(self.auth_req_id.expose());
        let (grant, expected) = (self.grant.clone(), self.expected.clone());
        CibaPolling { polling: Polling::new(grant, handle, pace, expected, self.dpop_nonce.clone()) }
    }

    fn to_body(&self) -> PendingBody {
        let (delivery, notification_token) = self.delivery.to_body();
        PendingBody {
            grant: self.grant.to_body(),
            auth_req_id: self.auth_req_id.expose().to_string(),
            delivery,
            notification_token,
            pace: self.pace,
            expected: self.expected.to_body(),
            dpop_nonce: self.dpop_nonce.as_ref().map(|nonce| nonce.as_str().to_string()),
            used: self.used,
        }
    }

    fn from_body(body: PendingBody) -> Option<Self> {
        Some(Self {
            grant: Grant::from_body(body.grant)?,
            auth_req_id: AuthReqId::new(body.auth_req_id),
            delivery: Delivery::from_body(&body.delivery, body.notification_token)?,
            pace: body.pace,
            expected: Expected::from_body(body.expected)?,
            dpop_nonce: body.dpop_nonce.map(DpopNonce::new).transpose().ok()?,
            used: body.used,
        })
    }
}

impl Delivery {
    pub(super) const fn token(&self) -> Option<&ClientNotificationToken> {
        match self {
            Self::Poll => None,
            Self::Ping(token) | Self::Push(token) => Some(token),
        }
    }

    /// Name and token.
    pub(super) fn to_body(&self) -> (String, Option<String>) {
        let name = match self {
            Self::Poll => "poll",
            Self::Ping(_) => "ping",
            Self::Push(_) => "push",
        };
        (name.to_string(), self.token().map(|token| token.expose().to_string()))
    }

    pub(super) fn from_body(name: &str, token: Option<String>) -> Option<Self> {
        let token = token.map(ClientNotificationToken::new).transpose().ok()?;
        match (name, token) {
            ("poll", None) => Some(Self::Poll),
            ("ping", Some(token)) => Some(Self::Ping(token)),
            ("push", Some(token)) => Some(Self::Push(token)),
            _ => None,
        }
    }
}

stored! {
    /// It holds the name of the request and the token for notifications in the clear: store it where only your program can read it.
    CibaPending, "ciba_pending", 1, PendingBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PendingBody {
    grant: GrantBody,
    auth_req_id: String,
    delivery: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notification_token: Option<String>,
    pace: Pace,
    expected: ExpectedBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop_nonce: Option<String>,
    used: bool,
}

/// Asks the server again and again whether the user has decided (CIBA Core 1.0, sections 10.1 and 11). Made by [`CibaPending::poll`] and [`CibaPending::accept_ping`].
///
/// # Theory of operation
///
/// As [`DevicePolling`](crate::DevicePolling), but that the interval counts from the start of one poll to the start of the next, since a server may hold its answer back
/// until there is something to say (long polling), for no longer than the request's contract allows; polls never overlap. After a ping the first one is sent at once.
///
/// Of a client that sends a secret, with an ID token and no known key (tokens without one end the flow at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> waiting
///     waiting --> asked: poll
///     asked --> outstanding: secret
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> late: 503 in an hour (longer than the login may take)
///     outstanding --> fetching: 200 (tokens with an ID token)
///     outstanding --> failed: anything else
///     late --> failed: poll
///     fetching --> verifying: 200 (the keys)
///     fetching --> fetch_waits: resume, 503, not sent, unknown
///     fetching --> failed: anything else
///     fetch_waits --> fetching: poll
///     verifying --> done: verified
///     verifying --> failed: not verified
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// See [`Ciba`](crate::Ciba).
#[derive(Debug)]
pub struct CibaPolling {
    polling: Polling<Backchannel>,
}

polling_flow! {
    /// It holds the name of the request, and later the tokens, in the clear: store it where only your program can read it.
    CibaPolling(Backchannel) -> Login, "ciba_polling", 1
}

/// What [`CibaPolling`] waits for.
#[derive(Debug)]
struct Backchannel;

impl Awaited for Backchannel {
    const OPERATION: Operation = Operation::BackchannelToken;
    const FROM_REQUEST: bool = true;

    fn request(handle: &Secret) -> TokenRequest {
        TokenRequest::ciba(AuthReqId::new(handle.expose()))
    }
}

/// Checks tokens that were pushed (CIBA Core 1.0, section 10.3.1). Made by [`CibaPending::accept_push`] only, so that nothing is checked that somebody else sent.
///
/// # Theory of operation
///
/// The check of the ID token, as at the end of every login: see [`IdTokenCheck`](crate::IdTokenCheck). Its keys are fetched if none of the known ones fits.
///
/// Where no known key fits (where one does, `asked` comes at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> fetching: resume, poll
///     fetching --> asked: 200 (the keys)
///     fetching --> waiting: resume, 503, not sent, unknown
///     fetching --> failed: anything else
///     waiting --> fetching: poll
///     asked --> done: verified
///     asked --> failed: not verified
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// See [`Ciba`](crate::Ciba).
#[derive(Debug)]
pub struct CibaPush {
    check: LoginCheck,
}

machine_flow! {
    /// It holds the tokens in the clear: store it where only your program can read it.
    CibaPush { check: LoginCheck } -> Login, "ciba_push", 1, LoginBody
}
