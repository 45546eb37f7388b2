//! [`ClientNotification`].

use alloc::boxed::Box;
use core::fmt;

use jwt_core::Timestamp;
use jwt_core::json::{self, Object, Value};

use super::{AUTH_REQ_ID_CLAIM, ClientNotificationToken};
use crate::access_token;
use crate::error_response::ErrorResponse;
use crate::http::{HttpRequest, HttpResponse, Method, Purpose, Replay};
use crate::identifiers::Endpoint;
use crate::reading::Reading;
use crate::request::{self, RequestError};
use crate::response::{Expect, InvalidResponse, Joined, ResponseError};
use crate::secret::AuthReqId;
use crate::token::TokenResponse;

/// What a server posts to a client's notification endpoint (CIBA Core 1.0, sections 10.2 and 10.3).
///
/// Anybody can post there: it means nothing before [`ClientNotification::token`] and [`ClientNotification::auth_req_id`] were found to be those of a
/// request of the client's own.
///
/// ```
/// use oauth_types::ciba::{ClientNotification, ClientNotificationToken, Notified};
/// use oauth_types::{AuthReqId, Endpoint, Reading};
///
/// // The server ...
/// let token = ClientNotificationToken::new("8d67dc78-7faa-4d41-aabd-67707b374255")?;
/// let id = AuthReqId::new("1c266114-a1be-4252-8ad1-04986c5b9ac1");
/// let request = ClientNotification::ping(token, id).to_http(&Endpoint::new("https://client.example.com/cb")?);
/// assert_eq!(request.body(), br#"{"auth_req_id":"1c266114-a1be-4252-8ad1-04986c5b9ac1"}"#);
///
/// // ... and the client, which then asks the token endpoint once.
/// let notification = ClientNotification::from_http(&request, Reading::Interop)?;
/// assert!(notification.token().matches("8d67dc78-7faa-4d41-aabd-67707b374255"));
/// assert!(matches!(notification.notified(), Notified::Ping));
/// assert_eq!(ClientNotification::accepted().status(), 204);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ClientNotification {
    token: ClientNotificationToken,
    auth_req_id: AuthReqId,
    notified: Notified,
    /// Of a ping only.
    extra: Object,
}

/// What a client is notified of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notified {
    /// Ping (section 10.2): the token endpoint has an answer now, tokens or an error.
    Ping,
    /// Push (section 10.3.1): the tokens themselves. Use them only after the ID token was verified, and `at_hash`,
    /// [`RT_HASH_CLAIM`](super::RT_HASH_CLAIM) and [`AUTH_REQ_ID_CLAIM`] in it were found to be those of what came beside it.
    Tokens(Box<TokenResponse>),
    /// Push (section 12): there will be no tokens.
    Error(ErrorResponse),
}

impl ClientNotification {
    /// Says that the token endpoint has an answer.
    #[must_use]
    pub const fn ping(token: ClientNotificationToken, auth_req_id: AuthReqId) -> Self {
        Self { token, auth_req_id, notified: Notified::Ping, extra: Object::new() }
    }

    /// Brings the tokens.
    #[must_use]
    pub fn push(token: ClientNotificationToken, auth_req_id: AuthReqId, tokens: TokenResponse) -> Self {
        Self { token, auth_req_id, notified: Notified::Tokens(Box::new(tokens)), extra: Object::new() }
    }

    /// Says that there will be no tokens: [`ErrorCode::AccessDenied`](crate::ErrorCode::AccessDenied),
    /// [`ErrorCode::ExpiredToken`](crate::ErrorCode::ExpiredToken) or [`ErrorCode::TransactionFailed`](crate::ErrorCode::TransactionFailed).
    #[must_use]
    pub const fn push_error(token: ClientNotificationToken, auth_req_id: AuthReqId, error: ErrorResponse) -> Self {
        Self { token, auth_req_id, notified: Notified::Error(error), extra: Object::new() }
    }

    /// The notification as it goes to the client. Any 2xx is success; a redirect is not followed (section 10.2).
    #[must_use]
    pub fn to_http(&self, endpoint: &Endpoint) -> HttpRequest {
        let members = match &self.notified {
            Notified::Ping => self.extra.clone(),
            // What was written here can be read here.
            Notified::Tokens(tokens) => members_of(tokens.to_http().body()),
            Notified::Error(error) => members_of(error.to_http(400).body()),
        };
        let own = [("auth_req_id", self.auth_req_id.expose())].into_iter().collect();
        let body = Joined { own, rest: &members, reserved: &["auth_req_id"] };
        let replay = match self.notified {
            Notified::Ping => Replay::Safe,
            Notified::Tokens(_) | Notified::Error(_) => Replay::IfNotSent,
        };
        HttpRequest::new(Method::Post, endpoint.shared(), Purpose::ClientNotification)
            .with_replay(replay)
            .with_header("content-type", "application/json")
            .with_authorization(["Bearer ", self.token.expose()].concat())
            .with_body(serde_json::to_vec(&body).unwrap_or_default())
    }

    /// Reads what came to a client's notification endpoint. Nothing of it has been verified.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it: 401 without a token that can be read.
    pub fn from_http(request: &HttpRequest, reading: Reading) -> Result<Self, RequestError> {
        if request.method() != Method::Post {
            return Err(RequestError::Method);
        }
        let token = ClientNotificationToken::new(access_token::required_bearer(request)?.expose())
            .map_err(|_| RequestError::AccessToken)?;
        let mut members = request::read_json(request)?;
        let auth_req_id = match members.remove("auth_req_id") {
            Some(Value::String(id)) if !id.is_empty() => AuthReqId::new(id),
            None => return Err(RequestError::MissingParameter { name: "auth_req_id" }),
            Some(_) => return Err(RequestError::MalformedParameter { name: "auth_req_id" }),
        };
        let is_push = ["access_token", "id_token", "error"].iter().any(|member| members.get(member).is_some());
        let (notified, extra) =
            if is_push { (Self::read_push(&members, reading)?, Object::new()) } else { (Notified::Ping, members) };
        Ok(Self { token, auth_req_id, notified, extra })
    }

    /// What is pushed is what the token endpoint would have answered (section 10.3.1), so it is read by the same reader.
    fn read_push(members: &Object, reading: Reading) -> Result<Notified, RequestError> {
        let status = if members.get("access_token").is_some() { 200 } else { 400 };
        let answer =
            HttpResponse::json(status, members).map_err(|_| RequestError::MalformedParameter { name: "body" })?;
        // The time counts for answers that ask for a delay only.
        match TokenResponse::from_http(&answer, &Expect::new(Timestamp::EPOCH).reading(reading)) {
            // Section 10.3.1: the ID token carries what binds the tokens to each other.
            Ok(tokens) if tokens.id_token().is_none() => Err(InvalidResponse::Missing { member: "id_token" }.into()),
            Ok(tokens) => Ok(Notified::Tokens(Box::new(tokens))),
            Err(ResponseError::Refused(error)) => Ok(Notified::Error(error)),
            Err(ResponseError::Invalid(reason)) => Err(reason.into()),
            Err(ResponseError::Transient { .. }) => Err(InvalidResponse::Missing { member: "access_token" }.into()),
        }
    }

    /// What the server shows: compare it with the one that was sent, by [`ClientNotificationToken::matches`].
    #[must_use]
    pub const fn token(&self) -> &ClientNotificationToken {
        &self.token
    }

    /// Which request it is about.
    #[must_use]
    pub const fn auth_req_id(&self) -> &AuthReqId {
        &self.auth_req_id
    }

    /// What it says.
    #[must_use]
    pub const fn notified(&self) -> &Notified {
        &self.notified
    }

    /// What it says, taken out.
    #[must_use]
    pub fn into_notified(self) -> Notified {
        self.notified
    }

    /// What a ping brought that is not known; what tokens or an error brought beside is in their own `extra`. May be empty.
    #[must_use]
    pub const fn extra(&self) -> &Object {
        &self.extra
    }

    /// Whether the claims of the pushed ID token name the `auth_req_id` that came beside it (section 10.3.1). The hashes are for whoever verifies the ID
    /// token, who knows its algorithm.
    #[must_use]
    pub fn is_named_in(&self, id_token_claims: &Object) -> bool {
        id_token_claims.get_str(AUTH_REQ_ID_CLAIM).is_some_and(|id| self.auth_req_id.matches(id))
    }

    /// The client's answer: 204, as section 10.2 recommends.
    #[must_use]
    pub fn accepted() -> HttpResponse {
        HttpResponse::new(204)
    }
}

/// Shows neither token nor identifier, and nothing of `extra` but how many there are.
impl fmt::Debug for ClientNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientNotification")
            .field("token", &self.token)
            .field("auth_req_id", &self.auth_req_id)
            .field("notified", &self.notified)
            .field("extra", &self.extra.len())
            .finish()
    }
}

fn members_of(body: &[u8]) -> Object {
    json::object_from_slice(body, &crate::response::limits()).unwrap_or_default()
}
