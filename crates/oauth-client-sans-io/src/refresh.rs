//! [`Refresh`]: new tokens for old (RFC 6749, section 6).

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use oauth_types::metadata::AuthorizationServer;
use oauth_types::response::Expect;
use oauth_types::token::{TokenRequest, TokenResponse};
use oauth_types::{HttpRequest, RefreshToken, Replay, Scope};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow};
use crate::grant::{Grant, GrantBody, grant_parameters};
use crate::stored;
use crate::tokens::Tokens;

/// Gets new tokens with a refresh token. A new refresh token replaces the old one, and none keeps it.
///
/// # Theory of operation
///
/// One token request. A server may rotate the refresh token when it sees the request, so it is sent again only where it certainly was not sent
/// ([`SendFailure::NotSent`](crate::SendFailure::NotSent)), or was refused for want of a DPoP nonce. Whatever else goes wrong without a verdict of the server ends
/// the flow with [`Error::Transport`]: **keep the refresh token** and try again later; a 503 does not log anybody out. Only `invalid_grant` says that the token is dead.
/// The response with the new tokens is followed by [`Step::Done`](crate::Step::Done); nothing between them can fail, so no rotated token is lost here. An answer that
/// must not be used, because its token is not bound to the client's key or because the client reads strictly, is refused, and the refresh token in it is kept for
/// the caller: [`Error::rotated_refresh_token`].
///
/// A new ID token is not looked at: see [`IdTokenCheck`](crate::IdTokenCheck).
///
/// Run one refresh of a token at a time: two at once look to a rotating server like a stolen token, and it revokes the family (RFC 9700, section 4.14.2).
///
/// Of a client that sends a secret (a signature is asked for in the same place, and a client without either is `outstanding` at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> outstanding: secret
///     outstanding --> done: 200 (Tokens)
///     outstanding --> waiting: not sent
///     outstanding --> failed: anything else
///     waiting --> asked: poll
///     done --> [*]
///     failed --> [*]
/// ```
#[derive(Debug)]
pub struct Refresh {
    exchange: Exchange<Request>,
}

impl Refresh {
    /// A refresh of the tokens that `server` gave to `client`.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the tokens are another server's, hold no refresh token, or are bound to another key than the client's (a public client's
    /// refresh token is: RFC 9449, section 5), or the server has no token endpoint.
    pub fn new(server: &AuthorizationServer, client: &Client, tokens: &Tokens) -> Result<Self, Error> {
        // RFC 9700, section 4.4: nothing of one server goes to another.
        if tokens.issuer() != server.issuer() {
            return Err(ApiMisuse::OtherServer.into());
        }
        let refresh_token = tokens.refresh_token().ok_or(ApiMisuse::NoRefreshToken)?.clone();
        if !client.is_confidential() && tokens.dpop_jkt() != client.dpop_jkt().as_ref() {
            return Err(ApiMisuse::OtherKey.into());
        }
        let mut flow = Self::with_token(server, client, refresh_token)?.dpop_nonce(tokens.dpop_nonce().cloned());
        flow.exchange.request_mut().granted = tokens.granted().cloned();
        Ok(flow)
    }

    /// A refresh with a refresh token that the caller kept in a way of its own and knows to be `server`'s.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no token endpoint.
    pub fn with_token(
        server: &AuthorizationServer,
        client: &Client,
        refresh_token: RefreshToken,
    ) -> Result<Self, Error> {
        let grant = Grant::new(server, client)?;
        Ok(Self { exchange: Exchange::new(Request { grant, refresh_token, granted: None }) })
    }

    /// Asks for less than was granted. Without this, nothing is sent and the tokens are for all of it again.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where it is known what was granted and this is more: "the requested scope MUST NOT include any scope not originally granted" (RFC 6749, section 6).
    pub fn scope(mut self, scope: Scope) -> Result<Self, Error> {
        let request = self.exchange.request_mut();
        if request.granted.as_ref().is_some_and(|granted| !scope.is_subset_of(granted)) {
            return Err(ApiMisuse::InvalidArgument("a refresh cannot widen the scope").into());
        }
        request.grant.scope = Some(scope);
        Ok(self)
    }
}

grant_parameters! { Refresh: resource authorization_details parameter dpop_nonce }

exchange_flow! {
    /// It holds the refresh token in the clear: store it where only your program can read it.
    Refresh(Request) -> Tokens, "refresh", 1
}

#[derive(Debug)]
struct Request {
    grant: Grant,
    refresh_token: RefreshToken,
    /// What the refresh token was granted for, if that is known.
    granted: Option<Scope>,
}

impl Request {
    /// The error with the new refresh token, where the answer that it is about has one: the old one is dead then, whatever else is wrong. Nothing else of the answer
    /// is taken, and nothing of one that no reading understands.
    fn with_rotated(&self, error: Error, received: &Received<'_>) -> Error {
        let Error::InvalidResponse { operation, reason } = error else { return error };
        let rotated = TokenResponse::from_http(received.response, &Expect::new(received.now)).ok();
        let rotated = rotated.and_then(|response| response.refresh_token().cloned());
        let reason = match rotated.filter(|token| !token.matches(self.refresh_token.expose())) {
            Some(refresh_token) => InvalidReason::Rotated { reason: Box::new(reason), refresh_token },
            None => reason,
        };
        Error::InvalidResponse { operation, reason }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    grant: GrantBody,
    refresh_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    granted: Option<String>,
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::Refresh;
    const REPLAY: Replay = Replay::IfNotSent;
    const BINDS: bool = true;
    type Output = Tokens;
    type Body = Body;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        self.grant.to_http(TokenRequest::refresh_token(self.refresh_token.clone()), credentials)
    }

    fn read(&self, received: &Received<'_>) -> Result<Tokens, Error> {
        let tokens = self.grant.tokens(Self::OPERATION, received);
        let tokens = tokens.map_err(|error| self.with_rotated(error, received))?;
        Ok(tokens.keep(&self.refresh_token, self.grant.scope.as_ref(), self.granted.as_ref()))
    }

    fn to_body(&self) -> Body {
        Body {
            grant: self.grant.to_body(),
            refresh_token: self.refresh_token.expose().to_string(),
            granted: self.granted.as_ref().map(ToString::to_string),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        Some(Self {
            grant: Grant::from_body(body.grant)?,
            refresh_token: RefreshToken::new(body.refresh_token),
            granted: body.granted.as_deref().map(stored::scope).transpose().ok()?,
        })
    }
}
