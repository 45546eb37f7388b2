//! [`Revocation`]: telling the server that a token is no longer needed (RFC 7009).

use alloc::string::{String, ToString};

use jwt_core::{KeyId, Moment, Secret};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::response::Expect;
use oauth_types::revocation::{RevocationRequest, RevocationResponse, TokenTypeHint};
use oauth_types::{AccessToken, Endpoint, HttpRequest, RefreshToken, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientBody};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Exchange, ExchangeBody, Outgoing};
use crate::flow::{Flow, Input, Step};
use crate::stored::stored;
use crate::tokens::Tokens;

/// Revokes a token. The server's 200 is success, also for a token that it does not know (RFC 7009, section 2.2).
///
/// # Theory of operation
///
/// One request, which may be sent again without harm: after a 503 "the client must assume the token still exists and may retry after a reasonable delay"
/// (RFC 7009, section 2.2.1).
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
        let endpoint = server.revocation_endpoint().ok_or(ApiMisuse::MissingEndpoint("revocation_endpoint"))?.clone();
        let request = Request { client: client.clone(), endpoint, token: Secret::new(token), hint };
        Ok(Self { exchange: Exchange::new(request) })
    }

    fn to_body(&self) -> Body {
        let request = self.exchange.request();
        Body {
            client: request.client.to_body(),
            endpoint: request.endpoint.as_str().to_string(),
            token: request.token.expose().to_string(),
            refresh: request.hint == TokenTypeHint::RefreshToken,
            exchange: self.exchange.to_body(),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        let request = Request {
            client: Client::from_body(body.client)?,
            endpoint: Endpoint::new(body.endpoint).ok()?,
            token: Secret::new(body.token),
            hint: if body.refresh { TokenTypeHint::RefreshToken } else { TokenTypeHint::AccessToken },
        };
        Some(Self { exchange: Exchange::from_body(request, &body.exchange) })
    }
}

impl Flow for Revocation {
    type Output = ();

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<()>, Error> {
        match self.exchange.handle(&at, input)?.split() {
            Ok(response) => RevocationResponse::from_http(&response, &Expect::new(at.now()))
                .map(|_| Step::Done(()))
                .map_err(|error| Error::of_token(Operation::Revocation, error)),
            Err(pause) => Ok(pause.widen()),
        }
    }
}

stored! {
    /// It holds the token in the clear: store it where only your program can read it.
    Revocation, "revocation", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    client: ClientBody,
    endpoint: String,
    token: String,
    refresh: bool,
    exchange: ExchangeBody,
}

#[derive(Debug)]
struct Request {
    client: Client,
    endpoint: Endpoint,
    token: Secret,
    hint: TokenTypeHint,
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::Revocation;
    const REPLAY: Replay = Replay::Safe;

    fn secret_key(&self) -> Option<&KeyId> {
        self.client.secret_key()
    }

    fn to_http(&self, secret: Option<&Secret>) -> Result<HttpRequest, ApiMisuse> {
        RevocationRequest::new(self.token.clone())
            .with_hint(self.hint.clone())
            .to_http(&self.endpoint, self.client.id(), &self.client.authenticate(secret))
            .map_err(ApiMisuse::from)
    }
}
