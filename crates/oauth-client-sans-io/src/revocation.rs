//! [`Revocation`]: telling the server that a token is no longer needed (RFC 7009).

use alloc::string::{String, ToString};

use jwt_core::Secret;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::revocation::{RevocationRequest, RevocationResponse, TokenTypeHint};
use oauth_types::{AccessToken, HttpRequest, RefreshToken, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party, PartyBody};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow};
use crate::tokens::Tokens;

/// Revokes a token. The server's 200 is success, also for a token that it does not know (RFC 7009, section 2.2).
///
/// # Theory of operation
///
/// One request, which may be sent again without harm: after a 503 "the client must assume the token still exists and may retry after a reasonable delay"
/// (RFC 7009, section 2.2.1).
///
/// Of a client that sends a secret (a signature is asked for in the same place, and a client without either is `outstanding` at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> outstanding: secret
///     outstanding --> done: 200 (nothing)
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> failed: anything else
///     waiting --> asked: poll
///     done --> [*]
///     failed --> [*]
/// ```
#[derive(Debug)]
pub struct Revocation {
    exchange: Exchange<Request>,
}

impl Revocation {
    /// Revokes the refresh token of these tokens or, where there is none, the access token. Servers revoke the whole grant with a refresh token (RFC 7009, section 2.1).
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the tokens are another server's or the server has no revocation endpoint.
    pub fn new(server: &AuthorizationServer, client: &Client, tokens: &Tokens) -> Result<Self, Error> {
        // RFC 9700, section 4.4: nothing of one server goes to another.
        if tokens.issuer() != server.issuer() {
            return Err(ApiMisuse::OtherServer.into());
        }
        match tokens.refresh_token() {
            Some(token) => Self::of_refresh_token(server, client, token),
            None => Self::of_access_token(server, client, tokens.access_token()),
        }
    }

    /// Revokes this refresh token, which the caller knows to be `server`'s.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no revocation endpoint.
    pub fn of_refresh_token(
        server: &AuthorizationServer,
        client: &Client,
        token: &RefreshToken,
    ) -> Result<Self, Error> {
        Self::of(server, client, token.expose(), TokenTypeHint::RefreshToken)
    }

    /// Revokes this access token, which the caller knows to be `server`'s.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no revocation endpoint.
    pub fn of_access_token(server: &AuthorizationServer, client: &Client, token: &AccessToken) -> Result<Self, Error> {
        Self::of(server, client, token.expose(), TokenTypeHint::AccessToken)
    }

    fn of(server: &AuthorizationServer, client: &Client, token: &str, hint: TokenTypeHint) -> Result<Self, Error> {
        let party = Party::new(server, client, "revocation_endpoint", AuthorizationServer::revocation_endpoint)?;
        Ok(Self { exchange: Exchange::new(Request { party, token: Secret::new(token), hint }) })
    }
}

exchange_flow! {
    /// It holds the token in the clear: store it where only your program can read it.
    Revocation(Request) -> (), "revocation", 1
}

#[derive(Debug)]
struct Request {
    party: Party,
    token: Secret,
    hint: TokenTypeHint,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    party: PartyBody,
    token: String,
    refresh: bool,
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::Revocation;
    const REPLAY: Replay = Replay::Safe;
    type Output = ();
    type Body = Body;

    fn party(&self) -> Option<&Party> {
        Some(&self.party)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        RevocationRequest::new(self.token.clone())
            .with_hint(self.hint.clone())
            .to_http(self.party.endpoint(), self.party.client().id(), &credentials.auth)
            .map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<(), Error> {
        RevocationResponse::from_http(received.response, &self.party.expect(received))
            .map(drop)
            .map_err(|error| Error::of_response(Self::OPERATION, error))
    }

    fn to_body(&self) -> Body {
        Body {
            party: self.party.to_body(),
            token: self.token.expose().to_string(),
            refresh: self.hint == TokenTypeHint::RefreshToken,
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        Some(Self {
            party: Party::from_body(body.party)?,
            token: Secret::new(body.token),
            hint: if body.refresh { TokenTypeHint::RefreshToken } else { TokenTypeHint::AccessToken },
        })
    }
}
