//! [`IdTokenCheck`]: is this ID token the server's, and meant for this login? (OpenID Connect Core, sections 3.1.3.7 and 12.2)

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::profile::{IdTokenClaims, IdTokenProfile};
use jwt_core::{
    Answer, Family, Jwk, JwkSet, KeyId, Limits, Moment, Question, Secret, SignatureVerified, Unverified, Verified,
};
use oauth_types::state::Nonce;
use oauth_types::{AccessToken, ClientId, Endpoint, HttpRequest, HttpResponse, IdToken, Issuer, Purpose, Replay};
use serde::{Deserialize, Serialize};

use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::exchange::{Exchange, ExchangeBody, Outgoing};
use crate::flow::{Flow, Input, Step};
use crate::stored::stored;

/// Checks one ID token: its signature with the server's keys, then its claims.
///
/// [`CodeExchange`](crate::CodeExchange) runs it for a login. After a refresh it is yours to run, if you want the new ID token at all:
/// a refresh never waits for keys, because the tokens that it rotated must not be lost to an outage of something else.
///
/// # Theory of operation
///
/// `Ready` looks for keys that fit the token's header among the known ones, and is `Asked` to have the signature checked with them. If none fits, or none holds,
/// the server's key set is fetched, once (`Fetching`). When the signature holds, the claims are read and checked, and the flow has `Ended`.
/// A token that no published key can verify (`none`, HMAC, an algorithm that is not known) ends it before anything is fetched.
#[derive(Debug)]
pub struct IdTokenCheck {
    token: IdToken,
    issuer: Issuer,
    client_id: ClientId,
    nonce: Option<Nonce>,
    max_age: Option<Duration>,
    subject: Option<String>,
    access_token: Option<AccessToken>,
    jwks_uri: Option<Endpoint>,
    known: Option<JwkSet>,
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

/// An ID token that was checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedIdToken {
    /// What it says.
    pub claims: Verified<IdTokenClaims>,
    /// The server's keys, if they had to be fetched: keep them for the next check.
    pub fetched_keys: Option<JwkSet>,
}

impl IdTokenCheck {
    /// The check of an ID token that `issuer` gave to `client_id`, with the keys at `jwks_uri`.
    #[must_use]
    pub fn new(issuer: &Issuer, client_id: &ClientId, token: IdToken, jwks_uri: Option<Endpoint>) -> Self {
        Self {
            token,
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            nonce: None,
            max_age: None,
            subject: None,
            access_token: None,
            jwks_uri,
            known: None,
            fetched: None,
            state: State::Ready,
        }
    }

    /// Demands this nonce.
    #[must_use]
    pub fn nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Demands that the user logged in no longer ago than this, in whole seconds.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(Duration::from_secs(max_age.as_secs()));
        self
    }

    /// Demands this subject: the one of the original login, for an ID token that came with a refresh (OpenID Connect Core, section 12.2).
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Compares `at_hash`, if the token has one, with the access token that came beside it (OpenID Connect Core, section 3.1.3.8).
    #[must_use]
    pub fn access_token(mut self, access_token: AccessToken) -> Self {
        self.access_token = Some(access_token);
        self
    }

    /// Tries these keys of the server first.
    #[must_use]
    pub fn known_keys(mut self, keys: Option<JwkSet>) -> Self {
        self.known = keys.map(published);
        self
    }

    /// The keys to try: the fetched ones once there are any.
    fn candidates(&self, token: &Unverified<'_>) -> Vec<Jwk> {
        let keys = self.fetched.as_ref().or(self.known.as_ref());
        keys.and_then(|keys| keys.select(token.header()).ok())
            .map(|keys| keys.into_iter().cloned().collect())
            .unwrap_or_default()
    }

    fn fail<T>(&mut self, reason: InvalidReason) -> Result<T, Error> {
        self.state = State::Ended;
        Err(Error::InvalidResponse { operation: Operation::IdToken, reason })
    }

    /// Asks for the signature, or fetches keys, or gives up.
    fn ask(&mut self, at: &Moment) -> Result<Step<CheckedIdToken>, Error> {
        let token = self.token.clone();
        let token = match Unverified::parse(token.expose(), &Limits::default()) {
            Ok(token) => token,
            Err(error) => return self.fail(error.into()),
        };
        // An HMAC is made with the client's secret (OpenID Connect Core, section 10.1), which stands in no key set: no set can hold a key for it.
        let Some(algorithm) = token.header().algorithm().filter(|algorithm| algorithm.family() != Family::Hmac) else {
            return self.fail(InvalidReason::NoKey);
        };
        let keys = self.candidates(&token);
        if keys.is_empty() {
            return self.fetch(at, InvalidReason::NoKey);
        }
        self.state = State::Asked;
        let (input, signature) = (token.signing_input().to_vec(), token.signature().to_vec());
        Ok(Step::Ask(Question::Verify { keys, algorithm, input, signature }))
    }

    /// Fetches the server's key set, unless that was done before.
    fn fetch(&mut self, at: &Moment, otherwise: InvalidReason) -> Result<Step<CheckedIdToken>, Error> {
        match (&self.fetched, self.jwks_uri.clone()) {
            (None, Some(endpoint)) => {
                self.state = State::Fetching(Exchange::new(KeysRequest { endpoint }));
                self.advance(at, Input::Resume)
            }
            (Some(_), _) | (None, None) => self.fail(otherwise),
        }
    }

    fn handle_keys(&mut self, at: &Moment, response: &HttpResponse) -> Result<Step<CheckedIdToken>, Error> {
        if response.status() != 200 {
            return self.fail(InvalidReason::Status(response.status()));
        }
        match JwkSet::from_slice(response.body()) {
            Ok(keys) => {
                self.fetched = Some(published(keys));
                self.ask(at)
            }
            Err(_) => self.fail(InvalidReason::Jwks),
        }
    }

    fn handle_verdict(&mut self, at: &Moment, key: Option<usize>) -> Result<Step<CheckedIdToken>, Error> {
        let token = self.token.clone();
        let token = match Unverified::parse(token.expose(), &Limits::default()) {
            Ok(token) => token,
            Err(error) => return self.fail(error.into()),
        };
        match key {
            Some(index) if index >= self.candidates(&token).len() => Err(ApiMisuse::WrongAnswer.into()),
            // Keys change under a `kid` that stays, and some sets have none: a fresh set decides.
            None => self.fetch(at, InvalidReason::IdToken(jwt_core::Error::Signature)),
            Some(_) => match self.profile().verified(token, SignatureVerified::assertion(), at.now()) {
                Ok(claims) => {
                    self.state = State::Ended;
                    Ok(Step::Done(CheckedIdToken { claims, fetched_keys: self.fetched.take() }))
                }
                Err(error) => self.fail(error.into()),
            },
        }
    }

    fn profile(&self) -> IdTokenProfile {
        let mut profile = IdTokenProfile::new(self.issuer.as_str(), self.client_id.as_str());
        if let Some(nonce) = &self.nonce {
            profile = profile.nonce(nonce.expose());
        }
        if let Some(max_age) = self.max_age {
            profile = profile.max_age(max_age);
        }
        if let Some(subject) = &self.subject {
            profile = profile.subject(subject.as_str());
        }
        if let Some(access_token) = &self.access_token {
            profile = profile.access_token(access_token.expose());
        }
        profile
    }

    /// The one transition function.
    pub(crate) fn advance(&mut self, at: &Moment, input: Input) -> Result<Step<CheckedIdToken>, Error> {
        match (&mut self.state, input) {
            (State::Ended, _) => Err(ApiMisuse::Ended.into()),
            (State::Ready, Input::Resume | Input::Poll) | (State::Asked, Input::Resume) => self.ask(at),
            (State::Asked, Input::Answer(Answer::Verified(key))) => self.handle_verdict(at, key),
            (State::Fetching(exchange), input) => match exchange.handle(at, input)?.split() {
                Ok(response) => self.handle_keys(at, &response),
                Err(pause) => Ok(pause.widen()),
            },
            (State::Asked, Input::Answer(_)) => Err(ApiMisuse::WrongAnswer.into()),
            (State::Asked, Input::Poll) => Err(ApiMisuse::NotWaiting.into()),
            (State::Ready | State::Asked, Input::Response(_) | Input::Failure(_)) => Err(ApiMisuse::NoRequest.into()),
            (State::Ready, Input::Answer(_)) => Err(ApiMisuse::NoQuestion.into()),
        }
    }

    pub(crate) fn to_body(&self) -> CheckBody {
        CheckBody {
            token: self.token.expose().to_string(),
            issuer: self.issuer.as_str().to_string(),
            client_id: self.client_id.as_str().to_string(),
            nonce: self.nonce.as_ref().map(|nonce| nonce.expose().to_string()),
            max_age: self.max_age.map(|max_age| max_age.as_secs()),
            subject: self.subject.clone(),
            access_token: self.access_token.as_ref().map(|token| token.expose().to_string()),
            jwks_uri: self.jwks_uri.as_ref().map(|endpoint| endpoint.as_str().to_string()),
            known: self.known.clone(),
            fetched: self.fetched.clone(),
            state: match &self.state {
                State::Ready => StateBody::Ready,
                State::Asked => StateBody::Asked,
                State::Fetching(exchange) => StateBody::Fetching(exchange.to_body()),
                State::Ended => StateBody::Ended,
            },
        }
    }

    pub(crate) fn from_body(body: CheckBody) -> Option<Self> {
        let jwks_uri = body.jwks_uri.map(Endpoint::new).transpose().ok()?;
        let state = match body.state {
            StateBody::Ready => State::Ready,
            StateBody::Asked => State::Asked,
            StateBody::Fetching(exchange) => {
                State::Fetching(Exchange::from_body(KeysRequest { endpoint: jwks_uri.clone()? }, &exchange))
            }
            StateBody::Ended => State::Ended,
        };
        Some(Self {
            token: IdToken::new(body.token),
            issuer: Issuer::new(body.issuer).ok()?,
            client_id: ClientId::new(body.client_id).ok()?,
            nonce: body.nonce.map(Nonce::new).transpose().ok()?,
            max_age: body.max_age.map(Duration::from_secs),
            subject: body.subject,
            access_token: body.access_token.map(AccessToken::new),
            jwks_uri,
            known: body.known,
            fetched: body.fetched,
            state,
        })
    }
}

impl Flow for IdTokenCheck {
    type Output = CheckedIdToken;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<CheckedIdToken>, Error> {
        self.advance(&at, input)
    }
}

stored! {
    /// It holds the ID token, the nonce and the access token in the clear: store it where only your program can read it.
    IdTokenCheck, "id_token_check", 1, CheckBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckBody {
    token: String,
    issuer: String,
    client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known: Option<JwkSet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fetched: Option<JwkSet>,
    state: StateBody,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody {
    Ready,
    Asked,
    Fetching(ExchangeBody),
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

    fn secret_key(&self) -> Option<&KeyId> {
        None
    }

    fn to_http(&self, _: Option<&Secret>) -> Result<HttpRequest, ApiMisuse> {
        Ok(keys_request(&self.endpoint))
    }
}

/// The keys of a set that may be published. A private or symmetric one that is among them is anybody's, and verifies nothing.
///
/// They are all that is stored, too: a flow that is restored must not find others.
pub(crate) fn published(set: JwkSet) -> JwkSet {
    JwkSet::new(set.keys().iter().filter(|key| !key.is_private()).cloned().collect())
}

/// A GET for a key set (RFC 7517, section 8.5.1 for the media type).
pub(crate) fn keys_request(endpoint: &Endpoint) -> HttpRequest {
    HttpRequest::get(endpoint.as_str(), Purpose::Jwks)
        .with_header("accept", "application/jwk-set+json, application/json")
}
