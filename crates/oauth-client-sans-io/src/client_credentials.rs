//! [`ClientCredentials`]: tokens for the client itself (RFC 6749, section 4.4).

use alloc::string::String;

use jwt_core::{KeyId, Moment, Secret};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::response::Expect;
use oauth_types::token::{TokenRequest, TokenResponse};
use oauth_types::{HttpRequest, Replay, Resource, Scope};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Exchange, ExchangeBody, Outgoing};
use crate::flow::{Flow, Input, Step};
use crate::grant::{Grant, GrantBody};
use crate::stored::stored;
use crate::tokens::Tokens;

/// Gets tokens for the client itself, not for a user.
///
/// # Theory of operation
///
/// One token request. Nothing is spent by it, so it is sent again, a few times and with waits between, when no answer came or the server is overloaded.
///
/// # Examples
///
/// ```
/// use jwt_core::{Answer, KeyId, Moments, Question, Secret, Timestamp};
/// use oauth_client_sans_io::{Authentication, Client, ClientCredentials, Flow, Step};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let server = AuthorizationServer::new(Issuer::new("https://as.example")?)
///     .with_token_endpoint(Endpoint::new("https://as.example/token")?);
/// let client = Client::new(ClientId::new("service")?, Authentication::SecretBasic(KeyId::new("secret")));
///
/// let mut flow = ClientCredentials::new(&server, &client)?.scope("files.read".parse()?);
/// let Step::Ask(Question::Secret { .. }) = flow.resume(at.at(now))? else { panic!("the secret is asked for") };
/// let Step::Send(request) = flow.handle_answer(at.at(now), Answer::Secret(Secret::new("s3cr3t")))? else { panic!() };
/// assert_eq!(request.url(), "https://as.example/token");
/// let response = HttpResponse::new(200)
///     .with_header("content-type", "application/json")
///     .with_body(r#"{"access_token":"abc","token_type":"Bearer","expires_in":600}"#);
/// let Step::Done(tokens) = flow.handle_response(at.at(now), response)? else { panic!() };
/// assert_eq!(tokens.authorization().as_deref(), Some("Bearer abc"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ClientCredentials {
    exchange: Exchange<Request>,
}

impl ClientCredentials {
    /// Tokens of `server` for `client`.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no token endpoint, or the client is a public one, which has no credentials to be known by (RFC 6749, section 4.4).
    pub fn new(server: &AuthorizationServer, client: &Client) -> Result<Self, Error> {
        if client.secret_key().is_none() {
            return Err(ApiMisuse::InvalidArgument("a public client has no credentials").into());
        }
        Ok(Self { exchange: Exchange::new(Request(Grant::new(server, client)?)) })
    }

    /// Asks for this scope.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.exchange.request_mut().0.scope = Some(scope);
        self
    }

    /// Asks for tokens for this resource; may be called again for another (RFC 8707, section 2).
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.exchange.request_mut().0.resources.push(resource);
        self
    }

    /// Adds a parameter of the caller's own, such as `audience`.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.exchange.request_mut().0.parameters.push((name.into(), Secret::new(value)));
        self
    }

    fn to_body(&self) -> Body {
        Body { grant: self.exchange.request().0.to_body(), exchange: self.exchange.to_body() }
    }

    fn from_body(body: Body) -> Option<Self> {
        Some(Self { exchange: Exchange::from_body(Request(Grant::from_body(body.grant)?), &body.exchange) })
    }
}

impl Flow for ClientCredentials {
    type Output = Tokens;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Tokens>, Error> {
        let response = match self.exchange.handle(&at, input)?.split() {
            Ok(response) => response,
            Err(pause) => return Ok(pause.widen()),
        };
        let response = TokenResponse::from_http(&response, &Expect::new(at.now()))
            .map_err(|error| Error::of_token(Operation::ClientCredentials, error))?;
        let Grant { issuer, scope, .. } = &self.exchange.request().0;
        Ok(Step::Done(Tokens::received(issuer, scope.as_ref(), response, at.now())))
    }
}

stored! {
    /// It holds no secret but what the caller put into a [`parameter`](Self::parameter).
    ClientCredentials, "client_credentials", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    grant: GrantBody,
    exchange: ExchangeBody,
}

#[derive(Debug)]
struct Request(Grant);

impl Outgoing for Request {
    const OPERATION: Operation = Operation::ClientCredentials;
    const REPLAY: Replay = Replay::Safe;

    fn secret_key(&self) -> Option<&KeyId> {
        self.0.secret_key()
    }

    fn to_http(&self, secret: Option<&Secret>) -> Result<HttpRequest, ApiMisuse> {
        self.0.to_http(TokenRequest::client_credentials(), secret)
    }
}
