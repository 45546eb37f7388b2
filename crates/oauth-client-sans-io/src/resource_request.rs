//! [`ResourceRequest`]: the application's own request, with an access token, and what the answer means for that token (RFC 6750, RFC 9449, RFC 9470, RFC 9728).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::base64url;
use jwt_core::profile::DpopProof;
use oauth_types::access_token::{PresentedToken, TokenError, TokenScheme};
use oauth_types::challenge::BearerChallenge;
use oauth_types::dpop::DpopNonce;
use oauth_types::error_response::{ErrorCode, ErrorResponse};
use oauth_types::reading::Reading;
use oauth_types::{
    AccessToken, Challenges, Endpoint, HttpRequest, HttpResponse, Method, Purpose, Replay, Resource, Scope,
};
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientBody, DpopKey, Party, reading};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow, is_false};
use crate::step_up::StepUp;
use crate::stored;
use crate::tokens::Tokens;

/// Sends the application's own request to a protected resource with an access token, and reads what the answer means for the token.
///
/// The token goes into the `Authorization` field, as `Bearer` (RFC 6750, section 2.1) or as `DPoP` with a fresh proof beside it (RFC 9449, section 7), and the
/// client's certificate is shown where tokens are bound to it. It goes to the resource that it is for and nowhere else: a request for another URL is refused.
/// Whatever the application says with the request, and whatever it is answered, is its own: any response that is not about the token is handed over as it came,
/// a 404 and a 503 among them.
///
/// # Theory of operation
///
/// `Ready` → (`Asked` for the signature of the proof) → `Outstanding` → `Ended`. A resource that asks for a DPoP nonce is asked once more with it
/// (RFC 9449, section 9): it has refused the request, so nothing has happened there. Otherwise the request is repeated only where no answer came at all, and
/// only as far as its own [`Replay`] allows: a `POST` is not once it may have been seen.
///
/// Of a bearer token and a request that may be repeated (a bound token is proved first, with every sending):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> outstanding: resume, poll
///     outstanding --> waiting: resume, not sent, unknown
///     outstanding --> done: anything else (whatever was answered)
///     waiting --> outstanding: poll
///     done --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{KeyId, Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, Client, DpopNonces, Flow, ResourceOutcome, ResourceRequest, Step};
/// # use oauth_client_sans_io::{ClientCredentials, Tokens};
/// # use oauth_types::metadata::AuthorizationServer;
/// # use oauth_types::Issuer;
/// use oauth_types::{ClientId, Endpoint, HttpRequest, HttpResponse, Purpose, Resource};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let client = Client::new(ClientId::new("app")?, Authentication::SelfSignedTls);
/// # let server = AuthorizationServer::new(Issuer::new("https://as.example")?).with_token_endpoint(Endpoint::new("https://as.example/token")?);
/// # let mut grant = ClientCredentials::new(&server, &client)?.scope("files.read".parse()?);
/// # let Step::Send(_) = grant.resume(at.at(now))? else { panic!() };
/// # let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(r#"{"access_token":"abc","token_type":"Bearer"}"#);
/// # let Step::Done(tokens) = grant.handle_response(at.at(now), response)? else { panic!() };
/// // let tokens: Tokens = ..
/// let api = Resource::new("https://api.example")?;
/// let mut nonces = DpopNonces::new(); // kept beside the tokens
///
/// let url = Endpoint::new("https://api.example/files/7")?;
/// let request = HttpRequest::get(url.as_str(), Purpose::Resource);
/// let mut flow = ResourceRequest::new(&tokens, &client, &api, request)?.dpop_nonce(nonces.find(&url).cloned());
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!("nothing has to be signed") };
/// assert_eq!(request.header("authorization"), Some("Bearer abc"));
///
/// let response = HttpResponse::new(403)
///     .with_header("www-authenticate", r#"Bearer error="insufficient_scope", scope="files.write""#);
/// let Step::Done(answer) = flow.handle_response(at.at(now), response)? else { panic!() };
/// if let Some(nonce) = answer.dpop_nonce {
///     nonces.learn(&url, nonce);
/// }
/// match answer.outcome {
///     ResourceOutcome::Response => { /* `answer.response` is the application's */ }
///     ResourceOutcome::InvalidToken => { /* `Refresh`, then the same request once more; or authorize anew */ }
///     ResourceOutcome::StepUp(step_up) => {
///         assert_eq!(step_up.scope, Some("files.read files.write".parse()?)); // for `AuthorizationCode`
///     }
///     _ => { /* `ResourceDiscovery::from_challenge` with `answer.resource_metadata` */ }
/// }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ResourceRequest {
    exchange: Exchange<Request>,
}

/// What a resource answered.
#[derive(Debug)]
#[non_exhaustive]
pub struct ResourceAnswer {
    /// What it means for the token.
    pub outcome: ResourceOutcome,
    /// The answer as it came.
    pub response: HttpResponse,
    /// The newest nonce of the resource's server (RFC 9449, section 9), where tokens are bound to a key: for [`DpopNonces`](crate::DpopNonces).
    pub dpop_nonce: Option<DpopNonce>,
    /// Where a challenge says that the resource's metadata is (RFC 9728, section 5.1): for [`ResourceDiscovery`](crate::ResourceDiscovery), which
    /// reads it anew: it may have changed (section 5.2).
    pub resource_metadata: Option<Endpoint>,
}

/// What a resource's answer means for the token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceOutcome {
    /// It is not about the token, or no other token would change it: hand the response to the application.
    Response,
    /// The token was refused (RFC 6750, section 3.1: expired, revoked, malformed): refresh, and send the request once more; if the new token is refused too, or
    /// there is no refresh token, authorize anew.
    InvalidToken,
    /// The token is good, but not for this: authorize anew, interactively, with what is asked for (RFC 9470, section 4; RFC 6750, section 3.1).
    StepUp(StepUp),
    /// Nothing is said about the token, only where the resource's metadata is: the authorization server may have changed. Read the metadata anew
    /// (RFC 9728, section 5.2), and go on with tokens of a server that it names.
    Challenged,
}

impl ResourceRequest {
    /// `request` for `resource`, with the access token of `tokens`, which were given to `client` for this resource. The URL of the request is that of the
    /// resource or one below it, byte for byte (`https://api.example` stands above everything of that host). An `Authorization` field that the request has is
    /// replaced.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`]: [`OtherResource`](ApiMisuse::OtherResource) for any other URL, also one that is neither `https` nor `http` on a loopback host;
    /// [`TokenType`](ApiMisuse::TokenType) for a token that is neither Bearer nor DPoP; [`OtherKey`](ApiMisuse::OtherKey) where the tokens are bound to another
    /// key than the client's, or only one of them is; [`InvalidArgument`](ApiMisuse::InvalidArgument) where the request has a token in its URL or body (RFC 6750,
    /// section 2: one method only); [`InvalidRequest`](ApiMisuse::InvalidRequest) for a token that no header field can hold.
    pub fn new(tokens: &Tokens, client: &Client, resource: &Resource, request: HttpRequest) -> Result<Self, Error> {
        let scheme = tokens.presented_by(client)?;
        if Endpoint::new(request.url()).is_err() || !resource.is_at_or_above(request.url()) {
            return Err(ApiMisuse::OtherResource.into());
        }
        let request = Request {
            client: client.clone(),
            scheme,
            token: tokens.access_token().clone(),
            asked: tokens.granted().cloned(),
            reading: Reading::Interop,
            // As it will be restored.
            request: Parts::of(&request).into_request().ok_or(ApiMisuse::OtherResource)?,
        };
        match PresentedToken::from_http(&request.presented()?) {
            Ok(_) => Ok(Self { exchange: Exchange::new(request) }),
            Err(TokenError::InUrl | TokenError::InBody | TokenError::Repeated | TokenError::Malformed | _) => {
                Err(ApiMisuse::InvalidArgument("an access token stands in the url or the body").into())
            }
        }
    }

    /// The scope that was asked for when the tokens were granted: a step-up asks for all of it again. Without this, what was granted counts.
    #[must_use]
    pub fn requested_scope(mut self, scope: Scope) -> Self {
        self.exchange.request_mut().asked = Some(scope);
        self
    }

    /// Begins with the nonce that the resource's server gave last ([`DpopNonces`](crate::DpopNonces)), which saves a request.
    #[must_use]
    pub fn dpop_nonce(mut self, nonce: Option<DpopNonce>) -> Self {
        self.exchange = self.exchange.with_nonce(nonce);
        self
    }

    /// Reads challenges like this instead of with [`Reading::Interop`].
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.exchange.request_mut().reading = reading;
        self
    }
}

exchange_flow! {
    /// It holds the access token and the application's request in the clear: store it where only your program can read it.
    ResourceRequest(Request) -> ResourceAnswer, "resource_request", 1
}

#[derive(Debug)]
struct Request {
    client: Client,
    scheme: TokenScheme,
    token: AccessToken,
    /// The scope that was asked for so far.
    asked: Option<Scope>,
    reading: Reading,
    /// The application's.
    request: HttpRequest,
}

impl Request {
    /// The request with its token.
    fn presented(&self) -> Result<HttpRequest, ApiMisuse> {
        let token = PresentedToken::new(self.scheme, self.token.clone())?;
        Ok(token.add_to(self.request.clone()))
    }

    /// The challenge that says most: one for the token's own scheme before one of the other, one with an error before one without.
    fn challenge(&self, challenges: &Challenges) -> Option<BearerChallenge> {
        let schemes = match self.scheme {
            TokenScheme::DPoP => [TokenScheme::DPoP, TokenScheme::Bearer],
            TokenScheme::Bearer | _ => [TokenScheme::Bearer, TokenScheme::DPoP],
        };
        let mut found: Vec<BearerChallenge> = schemes
            .iter()
            .flat_map(|scheme| challenges.iter().filter(|challenge| challenge.is(scheme.as_str())))
            .filter_map(|challenge| BearerChallenge::from_challenge(challenge, self.reading).ok())
            .collect();
        let best = found.iter().position(|challenge| challenge.error().is_some()).unwrap_or(0);
        (best < found.len()).then(|| found.swap_remove(best))
    }

    fn outcome(&self, status: u16, challenges: &Challenges) -> ResourceOutcome {
        if !matches!(status, 401 | 403) {
            return ResourceOutcome::Response;
        }
        let challenge = self.challenge(challenges).unwrap_or_default();
        let asked = self.asked.as_ref();
        match (status, challenge.error()) {
            (_, Some(ErrorCode::InsufficientUserAuthentication)) => {
                ResourceOutcome::StepUp(StepUp::of_login(&challenge, asked))
            }
            (_, Some(ErrorCode::InsufficientScope)) => {
                StepUp::of_scope(&challenge, asked).map_or(ResourceOutcome::Response, ResourceOutcome::StepUp)
            }
            (401, Some(ErrorCode::InvalidToken)) => ResourceOutcome::InvalidToken,
            (401, None) if challenges.resource_metadata().is_some() => ResourceOutcome::Challenged,
            // RFC 6750, section 3.1, wants an error here; many send none, and the token is all that they can mean.
            (401, None) => ResourceOutcome::InvalidToken,
            // A bare 403 is the application's, and so is an error that no other token would mend (`invalid_request`, `invalid_dpop_proof`).
            _ => ResourceOutcome::Response,
        }
    }
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::Resource;
    const REPLAY: Replay = Replay::Safe;
    const ANY_STATUS: bool = true;
    type Output = ResourceAnswer;
    type Body = Body;

    fn party(&self) -> Option<&Party> {
        None
    }

    fn replay(&self) -> Replay {
        self.request.contract().replay()
    }

    fn proof(&self) -> Option<(&DpopKey, DpopProof)> {
        let key = self.client.dpop_key().filter(|_| self.scheme == TokenScheme::DPoP)?;
        let proof = DpopProof::new(self.request.method().as_str(), self.request.url());
        // RFC 9449, sections 4.2 and 7: beside an access token, the proof holds its hash.
        Some((key, proof.access_token(self.token.expose())))
    }

    fn to_http(&self, _: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let request = self.presented()?;
        // RFC 8705, section 3: the certificate that the token is bound to.
        Ok(if self.client.shows_certificate() { request.with_client_certificate(true) } else { request })
    }

    fn read(&self, received: &Received<'_>) -> Result<ResourceAnswer, Error> {
        let response = received.response;
        if self.scheme == TokenScheme::DPoP
            && !matches!(DpopNonce::demanded_by_resource(response, self.reading), Ok(None))
        {
            let response = ErrorResponse::new(ErrorCode::UseDpopNonce);
            return Err(Error::Refused { operation: Self::OPERATION, response });
        }
        let challenges = Challenges::from_http(response, self.reading).unwrap_or_default();
        Ok(ResourceAnswer {
            outcome: self.outcome(response.status(), &challenges),
            response: response.clone(),
            dpop_nonce: received.nonce.cloned(),
            resource_metadata: challenges.resource_metadata().and_then(|url| Endpoint::new(url).ok()),
        })
    }

    fn to_body(&self) -> Body {
        Body {
            client: self.client.to_body(),
            scheme: self.scheme.as_str().to_string(),
            token: self.token.expose().to_string(),
            asked: self.asked.as_ref().map(ToString::to_string),
            strict: self.reading.is_strict(),
            request: Parts::of(&self.request),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        let request = Self {
            client: Client::from_body(body.client)?,
            scheme: TokenScheme::from_name(&body.scheme)?,
            token: AccessToken::new(body.token),
            asked: body.asked.as_deref().map(stored::scope).transpose().ok()?,
            reading: reading(body.strict),
            request: body.request.into_request()?,
        };
        // What has to be signed can be.
        (request.scheme != TokenScheme::DPoP || request.client.dpop_key().is_some()).then_some(request)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    client: ClientBody,
    scheme: String,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    strict: bool,
    request: Parts,
}

/// The application's request as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    /// In base64url: it is any bytes.
    body: String,
    replay: u8,
    max_response_bytes: usize,
    /// In whole seconds.
    timeout: u64,
    #[serde(default, skip_serializing_if = "is_false")]
    certificate: bool,
}

/// The classes in the order of their stored numbers.
const REPLAYS: [Replay; 3] = [Replay::Never, Replay::IfNotSent, Replay::Safe];

impl Parts {
    fn of(request: &HttpRequest) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in request.headers() {
            match headers.iter_mut().find(|(known, _)| known == name) {
                // RFC 9110, section 5.3: fields of one name say the same in one field; RFC 6265, section 5.4, has its own way.
                Some((_, joined)) => {
                    joined.push_str(if name == "cookie" { "; " } else { ", " });
                    joined.push_str(value);
                }
                None => headers.push((name.to_string(), value.to_string())),
            }
        }
        let contract = request.contract();
        let timeout = contract.timeout();
        Self {
            method: request.method().as_str().to_string(),
            url: request.url().to_string(),
            headers,
            body: base64url::encode(request.body()),
            replay: REPLAYS.iter().zip(0..).find(|(class, _)| **class == contract.replay()).map_or(0, |(_, n)| n),
            max_response_bytes: contract.max_response_bytes(),
            timeout: timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0)),
            certificate: contract.client_certificate(),
        }
    }

    fn into_request(self) -> Option<HttpRequest> {
        let url = Endpoint::new(self.url).ok()?;
        let mut request = HttpRequest::new(Method::from_name(&self.method)?, url.as_str(), Purpose::Resource)
            .with_body(base64url::decode(self.body).ok()?)
            .with_replay(*REPLAYS.get(usize::from(self.replay))?)
            .with_max_response_bytes(self.max_response_bytes)
            .with_timeout(Duration::from_secs(self.timeout))
            .with_client_certificate(self.certificate);
        for (name, value) in self.headers {
            request = request.with_header(&name, value);
        }
        Some(request)
    }
}
