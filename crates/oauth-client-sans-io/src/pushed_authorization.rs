//! [`PushedAuthorization`]: the first half of a login whose request goes straight to the server (RFC 9126).

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use jwt_core::{KeyId, Moment, SigningInput, Timestamp};
use oauth_types::authorization::AuthorizationRequest;
use oauth_types::dpop::DpopNonce;
use oauth_types::{
    Endpoint, HttpRequest, PushedAuthorizationRequest, PushedAuthorizationResponse, Replay, RequestObject,
};
use serde::{Deserialize, Serialize};

use crate::authorization_code::{Redirect, Storable};
use crate::client::{Party, PartyBody};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow};
use crate::pending::{Asked, PendingBody};
use crate::request_object::{RequestObjectKey, RequestObjectKeyBody};

/// Pushes an authorization request to the server and gives the redirect, which carries a reference to it and nothing else (RFC 9126).
///
/// Made by [`AuthorizationCode::push`](crate::AuthorizationCode::push). With a [`RequestObjectKey`] the request is signed first (section 3).
///
/// # Theory of operation
///
/// One request, which may be sent again without harm: at worst the server keeps one request for nobody. A signed request is signed anew for every sending,
/// and so are the client's assertion and the proof of its DPoP key (RFC 9449, section 10.1). A server that asks for a DPoP nonce is asked once more with it;
/// the newest nonce goes on into the code exchange.
///
/// The states are those of every flow of one request. A refusal ends it: the request was wrong, or the client not known.
///
/// Of a client that sends a secret (a signature is asked for in the same place, and a client without either is `outstanding` at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> outstanding: secret
///     outstanding --> done: 200 (Redirect)
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
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, AuthorizationCode, Client, Flow, Step};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer, RedirectUri};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let server = AuthorizationServer::new(Issuer::new("https://as.example")?)
///     .with_authorization_endpoint(Endpoint::new("https://as.example/authorize")?)
///     .with_pushed_authorization_request_endpoint(Endpoint::new("https://as.example/par")?)
///     .with_token_endpoint(Endpoint::new("https://as.example/token")?);
/// let client = Client::new(ClientId::new("my-app")?, Authentication::None);
///
/// let mut flow = AuthorizationCode::new(&server, &client, RedirectUri::new("https://app.example/callback")?)
///     .push(&at.at(now))?;
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!("a public client is asked nothing") };
/// assert_eq!(request.url(), "https://as.example/par");
///
/// let answer = HttpResponse::new(201).with_header("content-type", "application/json")
///     .with_body(r#"{"request_uri":"urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c","expires_in":60}"#);
/// let Step::Done(redirect) = flow.handle_response(at.at(now), answer)? else { panic!("the request was taken") };
/// assert_eq!(
///     redirect.url,
///     "https://as.example/authorize?client_id=my-app&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c",
/// );
/// assert_eq!(redirect.expires_at, Some(Timestamp::from_unix(1_700_000_060)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PushedAuthorization {
    exchange: Exchange<Request>,
}

impl PushedAuthorization {
    pub(crate) fn new(
        party: Party,
        prepared: Storable,
        key: Option<RequestObjectKey>,
        nonce: Option<DpopNonce>,
    ) -> Self {
        let Storable { request, endpoint, asked } = prepared;
        Self { exchange: Exchange::new(Request { party, request, key, endpoint, asked }).with_nonce(nonce) }
    }
}

exchange_flow! {
    /// It holds the authorization request, the PKCE verifier, the state and the nonce in the clear: keep it from everybody but your program.
    PushedAuthorization(Request) -> Redirect, "pushed_authorization", 1
}

#[derive(Debug)]
struct Request {
    /// The client at the pushed authorization request endpoint.
    party: Party,
    request: Box<AuthorizationRequest>,
    key: Option<RequestObjectKey>,
    /// Where the browser goes with the reference.
    endpoint: Endpoint,
    asked: Box<Asked>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    party: PartyBody,
    parameters: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<RequestObjectKeyBody>,
    endpoint: String,
    pending: PendingBody,
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::PushedAuthorization;
    const REPLAY: Replay = Replay::Safe;
    const BINDS: bool = true;
    type Output = Redirect;
    type Body = Body;

    fn party(&self) -> Option<&Party> {
        Some(&self.party)
    }

    fn object(&self, at: &Moment) -> Option<Result<(KeyId, SigningInput), ApiMisuse>> {
        self.key.as_ref().map(|key| key.sign(&self.request, self.party.issuer(), None, at))
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let pushed = match &credentials.object {
            Some(object) => {
                let client_id = self.party.client().id().clone();
                PushedAuthorizationRequest::signed(client_id, RequestObject::new(object.as_str()))
            }
            None => PushedAuthorizationRequest::new((*self.request).clone()),
        };
        pushed.to_http(self.party.endpoint(), &credentials.auth).map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<Redirect, Error> {
        let response = PushedAuthorizationResponse::from_http(received.response, &self.party.expect(received))
            .map_err(|error| Error::of_response(Self::OPERATION, error))?;
        let mut asked = self.asked.clone();
        asked.dpop_nonce = received.nonce.cloned();
        // Whole seconds, rounded down: when the server made its answer is not known.
        let received_at = Timestamp::from_unix(received.now.as_unix());
        let expires_at = response.expires_in().map(|lifetime| received_at.saturating_add(lifetime));
        let url = response.into_reference(self.party.client().id().clone()).to_url(&self.endpoint);
        Ok(Redirect::new(url, asked, expires_at))
    }

    fn to_body(&self) -> Body {
        Body {
            party: self.party.to_body(),
            // They were read from such a text; were they not written, they would not be restored.
            parameters: self.request.to_query().unwrap_or_default(),
            key: self.key.as_ref().map(RequestObjectKey::to_body),
            endpoint: self.endpoint.as_str().to_string(),
            pending: self.asked.to_body(),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        let asked = Asked::from_unused_body(body.pending)?;
        Some(Self {
            party: Party::from_body(body.party)?,
            request: Box::new(AuthorizationRequest::from_query(body.parameters).ok()?),
            key: match body.key {
                Some(key) => Some(RequestObjectKey::from_body(key)?),
                None => None,
            },
            endpoint: Endpoint::new(body.endpoint).ok()?,
            asked: Box::new(asked),
        })
    }
}
