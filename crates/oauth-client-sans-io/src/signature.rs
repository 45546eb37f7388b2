//! The private machine that checks the signature of whatever a server signs: with the keys that are known, and with those that it publishes now if none of them fits.
//!
//! # Theory of operation
//!
//! `Ready` looks for keys that fit the token's header among the known ones, and is `Asked` to have the signature checked with them. If none fits, or none holds,
//! the server's key set is fetched, once (`Fetching`). When the signature holds, the check has `Ended`, and its owner reads the claims.
//! A token that no published key can verify (`none`, an algorithm that is not known or not allowed) ends it before anything is fetched.
//!
//! An HMAC is another matter: it is made with the client's secret, so nothing is fetched for it, and whoever holds the secret is asked. It is taken only where the
//! algorithm was named: what a client is registered for, and nothing that a token says of itself.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jwt_core::{Algorithm, Answer, Family, Jwk, JwkSet, KeyId, Limits, Moment, Question, Secret, Unverified};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{Endpoint, HttpRequest, Purpose, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::exchange::{Credentials, Exchange, ExchangeBody, Outgoing, Received, is_false};
use crate::flow::{Input, Step};
use crate::profile::Rule;

/// The keys of a server, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    /// Where it publishes them.
    pub(crate) jwks_uri: Option<Endpoint>,
    /// Those that the caller has already.
    ///
    /// Seldom there, and large, as are the algorithms: flows that wait are kept by the million.
    pub(crate) known: Option<Box<JwkSet>>,
    /// Which algorithms it may sign with; `None` is any that a published key can have.
    pub(crate) algorithms: Option<Box<[Algorithm]>>,
    /// Whether its ID tokens may name it without `https://`.
    pub(crate) schemeless_issuer: bool,
    /// The client's secret, for an HMAC among the algorithms.
    pub(crate) secret: Option<KeyId>,
}

/// The check of one signature.
#[derive(Debug)]
pub(crate) struct SignatureCheck {
    operation: Operation,
    token: Secret,
    keys: Keys,
    fetched: Option<JwkSet>,
    state: State,
}

#[derive(Debug)]
enum State {
    Ready,
    Asked,
    Fetching(Exchange<KeysRequest>),
    Ended,
}

impl SignatureCheck {
    pub(crate) const fn new(operation: Operation, token: Secret, keys: Keys) -> Self {
        Self { operation, token, keys, fetched: None, state: State::Ready }
    }

    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) const fn keys_mut(&mut self) -> &mut Keys {
        &mut self.keys
    }

    /// The token as it came.
    pub(crate) fn text(&self) -> &str {
        self.token.expose()
    }

    /// The token whose signature is checked.
    pub(crate) fn token(&self) -> Result<Unverified<'_>, Error> {
        Unverified::parse(self.token.expose(), &Limits::default())
            .map_err(|error| Error::InvalidResponse { operation: self.operation, reason: error.into() })
    }

    /// The server's keys, if they had to be fetched.
    pub(crate) const fn take_fetched(&mut self) -> Option<JwkSet> {
        self.fetched.take()
    }

    /// The keys to try: the fetched ones once there are any.
    fn candidates(&self, token: &Unverified<'_>) -> Vec<Jwk> {
        let keys = self.fetched.as_ref().or(self.keys.known.as_deref());
        keys.and_then(|keys| keys.select(token.header()).ok())
            .map(|keys| keys.into_iter().cloned().collect())
            .unwrap_or_default()
    }

    fn fail<T>(&mut self, reason: InvalidReason) -> Result<T, Error> {
        self.state = State::Ended;
        Err(Error::InvalidResponse { operation: self.operation, reason })
    }

    /// Asks for the signature, or fetches keys, or gives up.
    fn ask(&mut self, at: &Moment) -> Result<Step<()>, Error> {
        let token = match self.token() {
            Ok(token) => token,
            Err(error) => {
                self.state = State::Ended;
                return Err(error);
            }
        };
        let Some(algorithm) = token.header().algorithm().filter(|algorithm| self.keys.allow(*algorithm)) else {
            return self.fail(InvalidReason::NoKey);
        };
        let keys = self.candidates(&token);
        let (input, signature) = (token.signing_input().to_vec(), token.signature().to_vec());
        if let Some(key) = self.keys.secret.clone().filter(|_| algorithm.family() == Family::Hmac) {
            self.state = State::Asked;
            return Ok(Step::Ask(Question::VerifyMac { key, algorithm, input, signature }));
        }
        if keys.is_empty() {
            return self.fetch(at, InvalidReason::NoKey);
        }
        self.state = State::Asked;
        Ok(Step::Ask(Question::Verify { keys, algorithm, input, signature }))
    }

    /// Fetches the server's key set, unless that was done before.
    fn fetch(&mut self, at: &Moment, otherwise: InvalidReason) -> Result<Step<()>, Error> {
        match (&self.fetched, self.keys.jwks_uri.clone()) {
            (None, Some(endpoint)) => {
                self.state = State::Fetching(Exchange::new(KeysRequest { endpoint }));
                self.handle(at, Input::Resume)
            }
            (Some(_), _) | (None, None) => self.fail(otherwise),
        }
    }

    fn handle_verdict(&mut self, at: &Moment, key: Option<usize>) -> Result<Step<()>, Error> {
        let by_mac = self.token()?.header().algorithm().is_some_and(|algorithm| algorithm.family() == Family::Hmac);
        match key {
            // No key set has the secret.
            None if by_mac => self.fail(InvalidReason::Jwt(jwt_core::Error::Signature)),
            // Keys change under a `kid` that stays, and some sets have none: a fresh set decides.
            None => self.fetch(at, InvalidReason::Jwt(jwt_core::Error::Signature)),
            // One secret was asked about, or all keys that fit.
            Some(index) if index >= if by_mac { 1 } else { self.candidates(&self.token()?).len() } => {
                Err(ApiMisuse::WrongAnswer.into())
            }
            Some(_) => {
                self.state = State::Ended;
                Ok(Step::Done(()))
            }
        }
    }

    /// The one transition function: done when the signature holds.
    pub(crate) fn handle(&mut self, at: &Moment, input: Input) -> Result<Step<()>, Error> {
        match (&mut self.state, input) {
            (State::Ended, _) => Err(ApiMisuse::Ended.into()),
            (State::Ready, Input::Resume | Input::Poll) | (State::Asked, Input::Resume) => self.ask(at),
            (State::Asked, Input::Answer(Answer::Verified(key))) => self.handle_verdict(at, key),
            (State::Fetching(exchange), input) => exchange.handle(at, input)?.then(|keys| {
                self.fetched = Some(keys);
                self.ask(at)
            }),
            (State::Asked, Input::Answer(_)) => Err(ApiMisuse::WrongAnswer.into()),
            (State::Asked, Input::Poll) => Err(ApiMisuse::NotWaiting.into()),
            (State::Ready | State::Asked, Input::Response(_) | Input::Failure(_)) => Err(ApiMisuse::NoRequest.into()),
            (State::Ready, Input::Answer(_)) => Err(ApiMisuse::NoQuestion.into()),
        }
    }

    pub(crate) fn to_body(&self) -> SignatureBody {
        SignatureBody {
            token: self.token.expose().to_string(),
            keys: self.keys.to_body(),
            fetched: self.fetched.clone(),
            state: match &self.state {
                State::Ready => StateBody::Ready,
                State::Asked => StateBody::Asked,
                State::Fetching(exchange) => StateBody::Fetching(exchange.to_body()),
                State::Ended => StateBody::Ended,
            },
        }
    }

    pub(crate) fn from_body(operation: Operation, body: SignatureBody) -> Option<Self> {
        Some(Self {
            operation,
            token: Secret::new(body.token),
            keys: Keys::from_body(body.keys)?,
            fetched: body.fetched,
            state: match body.state {
                StateBody::Ready => State::Ready,
                StateBody::Asked => State::Asked,
                StateBody::Fetching(exchange) => State::Fetching(Exchange::from_body(exchange)?),
                StateBody::Ended => State::Ended,
            },
        })
    }
}

impl Keys {
    /// Those of this set that may be published are known from now on, and no others.
    pub(crate) fn know(&mut self, keys: &JwkSet) {
        self.known = Some(Box::new(published(keys)));
    }

    /// Those of `server`, of the algorithms that the rules of `client` allow.
    pub(crate) fn of(server: &AuthorizationServer, client: &Client) -> Self {
        let algorithms = client.rules().algorithms().map(Into::into);
        let schemeless_issuer = server.schemeless_issuer();
        let secret = client.secret().cloned();
        Self { jwks_uri: server.jwks_uri().cloned(), known: None, algorithms, schemeless_issuer, secret }
    }

    /// The same of a token that the server signs for `client` with the algorithm that is registered for its kind, if one is.
    pub(crate) fn registered(mut self, client: &Client, algorithm: Option<Algorithm>) -> Self {
        self.secret = client.secret().cloned();
        self.restrict(algorithm.as_slice());
        self
    }

    /// Whether something may be signed with this.
    fn allow(&self, algorithm: Algorithm) -> bool {
        match &self.algorithms {
            // An HMAC is made with the client's secret (OpenID Connect Core, section 10.1), so it is not without its having been agreed on.
            None => algorithm.family() != Family::Hmac,
            Some(allowed) => {
                allowed.contains(&algorithm) && (algorithm.family() != Family::Hmac || self.secret.is_some())
            }
        }
    }

    /// Whether an HMAC may come.
    fn has_mac(&self) -> bool {
        self.algorithms.iter().flat_map(|allowed| allowed.iter()).any(|algorithm| algorithm.family() == Family::Hmac)
    }

    /// Whether something that the server signs can be checked, before it is asked for.
    pub(crate) fn check(&self) -> Result<(), ApiMisuse> {
        let by_mac = |algorithm: &Algorithm| algorithm.family() == Family::Hmac;
        match &self.algorithms {
            // What is registered is not what the client's rules allow.
            Some(allowed) if allowed.is_empty() => Err(ApiMisuse::Forbidden(Rule::Algorithms)),
            // OpenID Connect Core, section 10.1: with a secret that no public client has. No published key is needed.
            Some(allowed) if allowed.iter().all(by_mac) => {
                let missing = ApiMisuse::InvalidArgument("an HMAC of the server is checked with a client secret");
                self.secret.as_ref().map(drop).ok_or(missing)
            }
            Some(_) | None => self.jwks_uri.as_ref().map(drop).ok_or(ApiMisuse::MissingEndpoint("jwks_uri")),
        }
    }

    /// Takes what is signed with one of these only, if any are named. What was said before holds, too: who keeps a rule cannot name what it forbids.
    pub(crate) fn restrict(&mut self, algorithms: &[Algorithm]) {
        if algorithms.is_empty() {
            return;
        }
        let before = self.algorithms.take();
        let allowed = |algorithm: &Algorithm| before.as_ref().is_none_or(|before| before.contains(algorithm));
        self.algorithms = Some(algorithms.iter().copied().filter(allowed).collect());
    }

    pub(crate) fn to_body(&self) -> KeysBody {
        KeysBody {
            jwks_uri: self.jwks_uri.as_ref().map(|endpoint| endpoint.as_str().to_string()),
            known: self.known.as_deref().cloned(),
            algorithms: self
                .algorithms
                .as_ref()
                .map(|algorithms| algorithms.iter().map(|algorithm| algorithm.as_str().to_string()).collect()),
            schemeless_issuer: self.schemeless_issuer,
            // It has a use only where an HMAC was agreed on.
            secret: self.secret.as_ref().filter(|_| self.has_mac()).map(|key| key.as_str().to_string()),
        }
    }

    pub(crate) fn from_body(body: KeysBody) -> Option<Self> {
        Some(Self {
            jwks_uri: body.jwks_uri.map(Endpoint::new).transpose().ok()?,
            known: body.known.map(Box::new),
            algorithms: match body.algorithms {
                Some(names) => Some(names.iter().map(|name| Algorithm::from_name(name)).collect::<Option<_>>()?),
                None => None,
            },
            schemeless_issuer: body.schemeless_issuer,
            secret: body.secret.map(KeyId::new),
        })
    }
}

/// A [`SignatureCheck`] inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignatureBody {
    token: String,
    keys: KeysBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fetched: Option<JwkSet>,
    state: StateBody,
}

/// [`Keys`] inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known: Option<JwkSet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    algorithms: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "is_false")]
    schemeless_issuer: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody {
    Ready,
    Asked,
    Fetching(ExchangeBody<String>),
    Ended,
}

/// The fetch of a key set.
#[derive(Debug)]
struct KeysRequest {
    endpoint: Endpoint,
}

impl Outgoing for KeysRequest {
    const OPERATION: Operation = Operation::Jwks;
    const REPLAY: Replay = Replay::Safe;
    type Output = JwkSet;
    type Body = String;

    fn party(&self) -> Option<&Party> {
        None
    }

    fn to_http(&self, _: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        Ok(keys_request(&self.endpoint))
    }

    fn read(&self, received: &Received<'_>) -> Result<JwkSet, Error> {
        let invalid = |reason| Error::InvalidResponse { operation: Self::OPERATION, reason };
        match received.response.status() {
            200 => JwkSet::from_slice(received.response.body())
                .map(|set| published(&set))
                .map_err(|_| invalid(InvalidReason::Jwks)),
            status => Err(invalid(InvalidReason::Status(status))),
        }
    }

    fn to_body(&self) -> String {
        self.endpoint.as_str().to_string()
    }

    fn from_body(body: String) -> Option<Self> {
        Some(Self { endpoint: Endpoint::new(body).ok()? })
    }
}

/// The keys of a set that may be published. A private or symmetric one that is among them is anybody's, and verifies nothing.
///
/// They are all that is stored, too: a flow that is restored must not find others.
pub(crate) fn published(set: &JwkSet) -> JwkSet {
    JwkSet::new(set.keys().iter().filter(|key| !key.is_private()).cloned().collect())
}

/// A GET for a key set (RFC 7517, section 8.5.1 for the media type).
pub(crate) fn keys_request(endpoint: &Endpoint) -> HttpRequest {
    HttpRequest::get(endpoint.as_str(), Purpose::Jwks)
        .with_header("accept", "application/jwk-set+json, application/json")
}

/// Gives a flow the methods that say with which keys a signature is checked; the field named has the [`Keys`]. The text is that of the first.
macro_rules! signature_keys {
    ($(#[$algorithms:meta])* $flow:ident: $check:ident) => {
        impl $flow {
            $(#[$algorithms])*
            #[must_use]
            pub fn algorithms(mut self, algorithms: &[jwt_core::Algorithm]) -> Self {
                self.$check.keys_mut().restrict(algorithms);
                self
            }

            /// Tries these keys of the server first, and fetches its key set only if none of them fits.
            #[must_use]
            pub fn known_keys(mut self, keys: jwt_core::JwkSet) -> Self {
                self.$check.keys_mut().know(&keys);
                self
            }
        }
    };
}
pub(crate) use signature_keys;
