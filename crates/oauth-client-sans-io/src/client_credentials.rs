//! [`ClientCredentials`]: tokens for the client itself (RFC 6749, section 4.4).

use oauth_types::metadata::AuthorizationServer;
use oauth_types::token::TokenRequest;
use oauth_types::{HttpRequest, Replay};

use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow};
use crate::grant::{Grant, GrantBody, grant_parameters};
use crate::tokens::Tokens;

/// Gets tokens for the client itself, not for a user.
///
/// # Theory of operation
///
/// One token request. Nothing is spent by it, so it is sent again, a few times and with waits between, when no answer came or the server is overloaded.
///
/// Of a client that sends a secret (a signature is asked for in the same place, and a client without either is `outstanding` at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> outstanding: secret
///     outstanding --> done: 200 (Tokens)
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> failed: anything else
///     waiting --> asked: poll
///     done --> [*]
///     failed --> [*]
/// ```
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
        if !client.is_confidential() {
            return Err(ApiMisuse::InvalidArgument("a public client has no credentials").into());
        }
        Ok(Self { exchange: Exchange::new(Request { grant: Grant::new(server, client)? }) })
    }
}

grant_parameters! { ClientCredentials: scope resource authorization_details parameter dpop_nonce }

exchange_flow! {
    /// It holds no secret but what the caller put into a [`parameter`](Self::parameter).
    ClientCredentials(Request) -> Tokens, "client_credentials", 1
}

#[derive(Debug)]
struct Request {
    grant: Grant,
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::ClientCredentials;
    const REPLAY: Replay = Replay::Safe;
    const BINDS: bool = true;
    type Output = Tokens;
    type Body = GrantBody;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        self.grant.to_http(TokenRequest::client_credentials(), credentials)
    }

    fn read(&self, received: &Received<'_>) -> Result<Tokens, Error> {
        self.grant.tokens(Self::OPERATION, received)
    }

    fn to_body(&self) -> GrantBody {
        self.grant.to_body()
    }

    fn from_body(body: GrantBody) -> Option<Self> {
        Some(Self { grant: Grant::from_body(body)? })
    }
}
