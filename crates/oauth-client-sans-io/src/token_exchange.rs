//! [`TokenExchange`]: one token for another (RFC 8693).

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use oauth_types::metadata::AuthorizationServer;
use oauth_types::token::{self, TokenRequest, TokenResponse, TokenTypeIdentifier};
use oauth_types::{HttpRequest, Replay, SecurityToken};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow};
use crate::grant::{Grant, GrantBody, grant_parameters};
use crate::tokens::Tokens;

/// Exchanges a token for another: to act for a user at the next service, or to be known in another domain (RFC 8693).
///
/// The output says what was issued: [`Tokens::issued_token_type`]. It is of the type that was asked for, or the flow fails. What is no access token
/// (`token_type` `N_A`) is in [`Tokens::access_token`] all the same, as RFC 8693, section 2.2.1 has it, and never in [`Tokens::authorization`].
///
/// # Theory of operation
///
/// One token request. A server may take a subject token once only, so the request is sent again only where it certainly was not sent, or was refused for want
/// of a DPoP nonce; `asked` is there for a client that authenticates or binds its tokens to a key, once for each signature or secret.
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
///
/// # Examples
///
/// The exchange of RFC 8693, section 2.3:
///
/// ```
/// use jwt_core::{Answer, KeyId, Moments, Secret, Timestamp};
/// use oauth_client_sans_io::{Authentication, Client, Flow, Step, TokenExchange};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::token::TokenTypeIdentifier;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer, Resource, SecurityToken};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_441_917_533);
/// let server = AuthorizationServer::new(Issuer::new("https://as.example.com")?)
///     .with_token_endpoint(Endpoint::new("https://as.example.com/as/token.oauth2")?);
/// let client = Client::new(ClientId::new("rs08")?, Authentication::SecretBasic(KeyId::new("secret")));
///
/// let subject = SecurityToken::new("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC");
/// let mut flow = TokenExchange::new(&server, &client, subject, TokenTypeIdentifier::AccessToken)?
///     .resource(Resource::new("https://backend.example.com/api")?);
/// let Step::Ask(_) = flow.resume(at.at(now))? else { panic!("the secret is asked for") };
/// let secret = Answer::Secret(Secret::new("long-secure-random-secret"));
/// let Step::Send(request) = flow.handle_answer(at.at(now), secret)? else { panic!() };
/// assert_eq!(request.header("authorization"), Some("Basic cnMwODpsb25nLXNlY3VyZS1yYW5kb20tc2VjcmV0"));
/// let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
///     r#"{"access_token":"eyJhbGciOiJFUzI1NiJ9","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":60}"#,
/// );
/// let Step::Done(tokens) = flow.handle_response(at.at(now), response)? else { panic!() };
/// assert_eq!(tokens.issued_token_type(), Some(&TokenTypeIdentifier::AccessToken));
/// assert_eq!(tokens.authorization().as_deref(), Some("Bearer eyJhbGciOiJFUzI1NiJ9"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TokenExchange {
    exchange: Exchange<ExchangeRequest>,
}

impl TokenExchange {
    /// Exchanges this token, which is of this type, at `server`. Whom the new one is about is whom this one is about.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no token endpoint.
    pub fn new(
        server: &AuthorizationServer,
        client: &Client,
        subject_token: SecurityToken,
        subject_token_type: TokenTypeIdentifier,
    ) -> Result<Self, Error> {
        let exchange = token::TokenExchange::new(subject_token, subject_token_type);
        Ok(Self { exchange: Exchange::new(ExchangeRequest { grant: Grant::new(server, client)?, exchange }) })
    }

    /// Says who acts for the subject: this token, which is of this type.
    #[must_use]
    pub fn actor(self, actor_token: SecurityToken, actor_token_type: TokenTypeIdentifier) -> Self {
        self.with(|exchange| exchange.with_actor(actor_token, actor_token_type))
    }

    /// Names a service at which the new token shall be used, by the name that the server knows it by; may be called again for another.
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.with(|exchange| exchange.with_audience(audience))
    }

    /// Asks for a token of this type, and takes no other.
    #[must_use]
    pub fn requested_token_type(self, token_type: TokenTypeIdentifier) -> Self {
        self.with(|exchange| exchange.with_requested_token_type(token_type))
    }

    fn with(mut self, change: impl FnOnce(token::TokenExchange) -> token::TokenExchange) -> Self {
        let request = self.exchange.request_mut();
        request.exchange = change(request.exchange.clone());
        self
    }
}

grant_parameters! { TokenExchange: scope resource authorization_details parameter dpop_nonce }

exchange_flow! {
    /// It holds the subject token and the actor token in the clear: store it where only your program can read it.
    TokenExchange(ExchangeRequest) -> Tokens, "token_exchange", 1
}

/// The token request of an exchange (RFC 8693, section 2.1).
#[derive(Debug)]
pub(crate) struct ExchangeRequest {
    pub(crate) grant: Grant,
    pub(crate) exchange: token::TokenExchange,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeRequestBody {
    grant: GrantBody,
    /// The token and its type.
    subject: (String, String),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    audiences: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested: Option<String>,
}

impl Outgoing for ExchangeRequest {
    const OPERATION: Operation = Operation::TokenExchange;
    const REPLAY: Replay = Replay::IfNotSent;
    const BINDS: bool = true;
    type Output = Tokens;
    type Body = ExchangeRequestBody;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        self.grant.to_http(TokenRequest::token_exchange(self.exchange.clone()), credentials)
    }

    fn read(&self, received: &Received<'_>) -> Result<Tokens, Error> {
        let response = TokenResponse::from_exchange(received.response, &self.exchange, &self.grant.expect(received));
        self.grant.received(Self::OPERATION, response, received)
    }

    fn to_body(&self) -> ExchangeRequestBody {
        let pair = |token: &SecurityToken, token_type: &TokenTypeIdentifier| {
            (token.expose().to_string(), token_type.as_str().to_string())
        };
        ExchangeRequestBody {
            grant: self.grant.to_body(),
            subject: pair(self.exchange.subject_token(), self.exchange.subject_token_type()),
            actor: self.exchange.actor().map(|(token, token_type)| pair(token, token_type)),
            audiences: self.exchange.audiences().map(ToOwned::to_owned).collect(),
            requested: self.exchange.requested_token_type().map(|token_type| token_type.as_str().to_string()),
        }
    }

    fn from_body(body: ExchangeRequestBody) -> Option<Self> {
        let pair = |(token, token_type): (String, String)| {
            (SecurityToken::new(token), TokenTypeIdentifier::from(token_type.as_str()))
        };
        let (token, token_type) = pair(body.subject);
        let mut exchange = token::TokenExchange::new(token, token_type);
        if let Some((token, token_type)) = body.actor.map(pair) {
            exchange = exchange.with_actor(token, token_type);
        }
        for audience in body.audiences {
            exchange = exchange.with_audience(audience);
        }
        if let Some(requested) = &body.requested {
            exchange = exchange.with_requested_token_type(TokenTypeIdentifier::from(requested.as_str()));
        }
        Some(Self { grant: Grant::from_body(body.grant)?, exchange })
    }
}
