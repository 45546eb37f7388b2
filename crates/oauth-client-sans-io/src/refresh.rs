//! [`Refresh`]: new tokens for old (RFC 6749, section 6).

use alloc::string::{String, ToString};

use jwt_core::{KeyId, Moment, Secret};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::response::Expect;
use oauth_types::token::{TokenRequest, TokenResponse};
use oauth_types::{HttpRequest, RefreshToken, Replay, Resource, Scope};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Exchange, ExchangeBody, Outgoing};
use crate::flow::{Flow, Input, Step};
use crate::grant::{Grant, GrantBody};
use crate::stored::{self, stored};
use crate::tokens::Tokens;

/// Gets new tokens with a refresh token. A new refresh token replaces the old one, and none keeps it.
///
/// # Theory of operation
///
/// One token request. A server may rotate the refresh token when it sees the request, so it is sent again only where it certainly was not sent
/// ([`SendFailure::NotSent`](crate::SendFailure::NotSent)). Whatever else goes wrong without a verdict of the server ends the flow with [`Error::Transport`]:
/// **keep the refresh token** and try again later; a 503 does not log anybody out. Only `invalid_grant` says that the token is dead.
/// The response with the new tokens is followed by [`Step::Done`]; nothing between them can fail, so no rotated token is lost here.
/// A new ID token is not looked at: see [`IdTokenCheck`](crate::IdTokenCheck).
///
/// Run one refresh of a token at a time: two at once look to a rotating server like a stolen token, and it revokes the family (RFC 9700, section 4.14.2).
#[derive(Debug)]
pub struct Refresh {
    exchange: Exchange<Request>,
}

impl Refresh {
    /// A refresh of the tokens that `server` gave to `client`.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the tokens are another server's, hold no refresh token, or the server has no token endpoint.
    pub fn new(server: &AuthorizationServer, client: &Client, tokens: &Tokens) -> Result<Self, Error> {
        // RFC 9700, section 4.4: nothing of one server goes to another.
        if tokens.issuer() != server.issuer() {
            return Err(ApiMisuse::OtherServer.into());
        }
        let refresh_token = tokens.refresh_token().ok_or(ApiMisuse::NoRefreshToken)?.clone();
        let mut flow = Self::with_token(server, client, refresh_token)?;
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

    /// Asks for tokens for this resource; may be called again for another (RFC 8707, section 2.2).
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.exchange.request_mut().grant.resources.push(resource);
        self
    }

    /// Adds a parameter of the caller's own.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.exchange.request_mut().grant.parameters.push((name.into(), Secret::new(value)));
        self
    }

    fn to_body(&self) -> Body {
        let request = self.exchange.request();
        Body {
            grant: request.grant.to_body(),
            refresh_token: request.refresh_token.expose().to_string(),
            granted: request.granted.as_ref().map(ToString::to_string),
            exchange: self.exchange.to_body(),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        let request = Request {
            grant: Grant::from_body(body.grant)?,
            refresh_token: RefreshToken::new(body.refresh_token),
            granted: body.granted.as_deref().map(stored::scope).transpose().ok()?,
        };
        Some(Self { exchange: Exchange::from_body(request, &body.exchange) })
    }
}

impl Flow for Refresh {
    type Output = Tokens;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Tokens>, Error> {
        let response = match self.exchange.handle(&at, input)?.split() {
            Ok(response) => response,
            Err(pause) => return Ok(pause.widen()),
        };
        let response = TokenResponse::from_http(&response, &Expect::new(at.now()))
            .map_err(|error| Error::of_token(Operation::Refresh, error))?;
        let request = self.exchange.request();
        let scope = request.grant.scope.as_ref().or(request.granted.as_ref());
        let mut tokens = Tokens::received(&request.grant.issuer, scope, response, at.now());
        tokens.keep_refresh_token(&request.refresh_token);
        tokens.keep_grant(request.granted.as_ref());
        Ok(Step::Done(tokens))
    }
}

stored! {
    /// It holds the refresh token in the clear: store it where only your program can read it.
    Refresh, "refresh", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    grant: GrantBody,
    refresh_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    granted: Option<String>,
    exchange: ExchangeBody,
}

#[derive(Debug)]
struct Request {
    grant: Grant,
    refresh_token: RefreshToken,
    /// What the refresh token was granted for, if that is known.
    granted: Option<Scope>,
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::Refresh;
    const REPLAY: Replay = Replay::IfNotSent;

    fn secret_key(&self) -> Option<&KeyId> {
        self.grant.secret_key()
    }

    fn to_http(&self, secret: Option<&Secret>) -> Result<HttpRequest, ApiMisuse> {
        self.grant.to_http(TokenRequest::refresh_token(self.refresh_token.clone()), secret)
    }
}
