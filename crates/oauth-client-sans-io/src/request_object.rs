//! [`RequestObjectKey`], and [`SignedAuthorization`]: the first half of a login whose request is signed (RFC 9101).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use jwt_core::{Algorithm, Answer, KeyId, Moment, SigningInput, Timestamp, profile};
use oauth_types::authorization::{AuthorizationRequest, RequestReference};
use oauth_types::{Endpoint, Issuer, RequestObject};
use serde::{Deserialize, Serialize};

use crate::authorization_code::{Redirect, Storable};
use crate::error::{ApiMisuse, Error};
use crate::exchange::{signed, to_sign};
use crate::flow::{Flow, Input, Step};
use crate::pending::{Asked, PendingBody};
use crate::stored::stored;

/// The key of a client that signs its authorization requests (RFC 9101).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestObjectKey {
    key: KeyId,
    algorithm: Algorithm,
    kid: Option<String>,
}

impl RequestObjectKey {
    /// The key of this name, which signs with this algorithm.
    #[must_use]
    pub fn new(key: impl Into<KeyId>, algorithm: Algorithm) -> Self {
        Self { key: key.into(), algorithm, kid: None }
    }

    /// Names the key in the request object: the `kid` under which the client's JWK Set has it (RFC 7515, section 4.1.4).
    #[must_use]
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The request as it is to be signed: all of its parameters, for this issuer and nobody else, with `iat`, `nbf`, `exp` and `jti` of this moment.
    pub(crate) fn sign(
        &self,
        request: &AuthorizationRequest,
        issuer: &Issuer,
        lifetime: Option<Duration>,
        at: &Moment,
    ) -> Result<(KeyId, SigningInput), ApiMisuse> {
        let mut object = request.to_request_object(issuer)?;
        if let Some(lifetime) = lifetime {
            object = object.lifetime(lifetime);
        }
        self.signing_input(&object, at)
    }

    /// An object as it is to be signed with this key, whatever it asks for.
    pub(crate) fn signing_input(
        &self,
        object: &profile::RequestObject,
        at: &Moment,
    ) -> Result<(KeyId, SigningInput), ApiMisuse> {
        let input = object.signing_input(self.algorithm, self.kid.as_deref(), at)?;
        Ok((self.key.clone(), input))
    }

    pub(crate) fn to_body(&self) -> RequestObjectKeyBody {
        RequestObjectKeyBody {
            key: self.key.as_str().to_string(),
            alg: self.algorithm.as_str().to_string(),
            kid: self.kid.clone(),
        }
    }

    pub(crate) fn from_body(body: RequestObjectKeyBody) -> Option<Self> {
        Some(Self { key: KeyId::new(body.key), algorithm: Algorithm::from_name(&body.alg)?, kid: body.kid })
    }
}

/// A [`RequestObjectKey`] inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestObjectKeyBody {
    key: String,
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
}

/// Has an authorization request signed and gives the redirect that carries it (RFC 9101, section 5.1).
///
/// Made by [`AuthorizationCode::sign`](crate::AuthorizationCode::sign). A long request makes a long URL, which browsers and servers cut off:
/// [`AuthorizationCode::push`](crate::AuthorizationCode::push) has no such limit, and shows the user nothing of the request.
///
/// # Theory of operation
///
/// `Ready` asks for the signature and is `Asked`. The signature makes the redirect, and the flow has `Ended`. No request is sent. Whatever is asked anew is
/// made anew, so that the object's time counts from then.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> done: signature (Redirect)
///     done --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Answer, Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, AuthorizationCode, Client, Flow, RequestObjectKey, Step};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, Issuer, RedirectUri};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let server = AuthorizationServer::new(Issuer::new("https://as.example")?)
///     .with_authorization_endpoint(Endpoint::new("https://as.example/authorize")?)
///     .with_token_endpoint(Endpoint::new("https://as.example/token")?);
/// let client = Client::new(ClientId::new("my-app")?, Authentication::None);
///
/// let mut flow = AuthorizationCode::new(&server, &client, RedirectUri::new("https://app.example/callback")?)
///     .request_object(RequestObjectKey::new("kms/request-key", Algorithm::ES256).kid("2024-01"))
///     .sign(&at.at(now))?;
/// let Step::Ask(question) = flow.resume(at.at(now))? else { panic!("a signature is asked for") };
/// # let _ = question;
/// let signature = Answer::Signature(vec![1; 64]); // `keyring.answer(question)`, or a KMS
/// let Step::Done(redirect) = flow.handle_answer(at.at(now), signature)? else { panic!("that was all") };
/// assert!(redirect.url.starts_with("https://as.example/authorize?client_id=my-app&request=ey"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SignedAuthorization {
    request: Box<AuthorizationRequest>,
    key: RequestObjectKey,
    endpoint: Endpoint,
    asked: Box<Asked>,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ready,
    Asked { input: String, expires_at: u64 },
    Ended,
}

/// Shows no request: who may log in is not for a log.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Asked { .. } => "Asked",
            Self::Ended => "Ended",
        })
    }
}

/// A request object is good for no longer, however long the login may take: FAPI 2.0 Message Signing, section 5.3, has 60 minutes.
const MAX_LIFETIME: Duration = Duration::from_secs(60 * 60);

impl SignedAuthorization {
    pub(crate) fn new(prepared: Storable, key: RequestObjectKey) -> Self {
        let Storable { request, endpoint, asked } = prepared;
        Self { request, key, endpoint, asked, state: State::Ready }
    }

    fn ask(&mut self, at: &Moment) -> Result<Step<Redirect>, Error> {
        // The browser goes to the server some time within the login.
        let lifetime = self.asked.expires_at.saturating_since(at.now()).min(MAX_LIFETIME);
        if lifetime.is_zero() {
            self.state = State::Ended;
            return Err(Error::Expired { operation: crate::error::Operation::Authorization });
        }
        let issuer = self.asked.party.issuer();
        let (key, input) = self.key.sign(&self.request, issuer, Some(lifetime), at)?;
        let expires_at = at.now().saturating_add(lifetime).as_unix();
        let (question, input) = to_sign(key, &input);
        self.state = State::Asked { input, expires_at };
        Ok(Step::Ask(question))
    }

    fn handle_signature(&mut self, input: &str, expires_at: u64, signature: &[u8]) -> Result<Step<Redirect>, Error> {
        let object = signed(input, signature)?;
        self.state = State::Ended;
        let client_id = self.request.client_id().clone();
        let url = RequestReference::object(client_id, RequestObject::new(object)).to_url(&self.endpoint);
        Ok(Step::Done(Redirect::new(url, self.asked.clone(), Some(Timestamp::from_unix(expires_at)))))
    }

    fn to_body(&self) -> SignedBody {
        SignedBody {
            // It was read from such a text; were it not written, it would not be restored.
            request: self.request.to_query().unwrap_or_default(),
            key: self.key.to_body(),
            endpoint: self.endpoint.as_str().to_string(),
            pending: self.asked.to_body(),
            state: self.state.clone(),
        }
    }

    fn from_body(body: SignedBody) -> Option<Self> {
        let asked = Asked::from_unused_body(body.pending)?;
        Some(Self {
            request: Box::new(AuthorizationRequest::from_query(body.request).ok()?),
            key: RequestObjectKey::from_body(body.key)?,
            endpoint: Endpoint::new(body.endpoint).ok()?,
            asked: Box::new(asked),
            state: body.state,
        })
    }
}

impl Flow for SignedAuthorization {
    type Output = Redirect;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Redirect>, Error> {
        match (&self.state, input) {
            (State::Ended, _) => Err(ApiMisuse::Ended.into()),
            (State::Ready, Input::Resume | Input::Poll) | (State::Asked { .. }, Input::Resume) => self.ask(&at),
            (State::Asked { input, expires_at }, Input::Answer(Answer::Signature(signature))) => {
                let (input, expires_at) = (input.clone(), *expires_at);
                self.handle_signature(&input, expires_at, &signature)
            }
            (State::Asked { .. }, Input::Answer(_)) => Err(ApiMisuse::WrongAnswer.into()),
            (State::Asked { .. }, Input::Poll) => Err(ApiMisuse::NotWaiting.into()),
            (State::Ready, Input::Answer(_)) => Err(ApiMisuse::NoQuestion.into()),
            (State::Ready | State::Asked { .. }, Input::Response(_) | Input::Failure(_)) => {
                Err(ApiMisuse::NoRequest.into())
            }
        }
    }
}

stored! {
    /// It holds the authorization request, the PKCE verifier, the state and the nonce in the clear: keep it from everybody but your program.
    SignedAuthorization, "signed_authorization", 1, SignedBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedBody {
    request: String,
    key: RequestObjectKeyBody,
    endpoint: String,
    pending: PendingBody,
    state: State,
}
