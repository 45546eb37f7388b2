//! The private machine on which every flow that sends one request runs: ask for what it must be shown with, send, and send again where that is safe.
//!
//! # Theory of operation
//!
//! `Ready` → (`Asked`, once for each signature and secret that the request needs) → `Outstanding` → the response is read, and the exchange has `Ended`.
//! What is signed is made anew for every sending: a request object first, then the proof of a DPoP key, then the client's assertion; a secret is asked for
//! last, so that none is ever kept. A failure, or a 429 or 5xx, leads to `Waiting` and from there back to `Ready`, if the operation's replay class allows a second
//! sending and the budget of sendings lasts; otherwise it ends the exchange with [`Error::Transport`]. A server that asks for a DPoP nonce is asked
//! once more with it (RFC 9449, section 8). After a restart an `Outstanding` request counts as seen by the server.

use alloc::string::String;
use core::time::Duration;

use jwt_core::profile::DpopProof;
use jwt_core::{Answer, KeyId, Moment, Question, Secret, SigningInput, Timestamp};
use oauth_types::dpop::{self, DpopNonce};
use oauth_types::{ClientAuth, HttpRequest, HttpResponse, Replay, retry_after};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client::{Client, Credential, DpopKey, Party};
use crate::error::{ApiMisuse, Error, InvalidReason, Operation, TransportFailure};
use crate::flow::{Input, SendFailure, Step};
use asked::{Asked, Asking, Made};

mod asked;

/// One request that can be made again from what is stored, and what its response means.
pub(crate) trait Outgoing: Sized {
    /// What the request is for.
    const OPERATION: Operation;
    /// Whether another one like it, with credentials of its own, may be sent. The contract of each single one is no wider.
    const REPLAY: Replay;
    /// Whether a 429 or 5xx is an answer to be read like any other, and not a passing failure.
    const ANY_STATUS: bool = false;
    /// How often the exchange sends it by itself, with waits between. One is for whoever has a rule of its own for when to ask again.
    const SENDINGS: u8 = MAX_SENDINGS;
    /// Whether what it asks for is bound to the client's key, where the client has one (RFC 9449, sections 5 and 10.1).
    const BINDS: bool = false;
    /// What its response gives.
    type Output;
    /// How it is stored.
    type Body: Serialize + DeserializeOwned;

    /// Who asks whom; `None` where nobody has to say who asks.
    fn party(&self) -> Option<&Party>;

    /// [`Outgoing::REPLAY`], or less for this one.
    fn replay(&self) -> Replay {
        Self::REPLAY
    }

    /// The proof that goes with it, made with this key.
    fn proof(&self) -> Option<(&DpopKey, DpopProof)> {
        if Self::BINDS { self.party().and_then(Party::proof) } else { None }
    }

    /// The object that is signed before anything else and becomes a part of it.
    fn object(&self, _at: &Moment) -> Option<Result<(KeyId, SigningInput), ApiMisuse>> {
        None
    }

    /// The request.
    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse>;

    /// What its response means. No 429 and no 5xx comes here, but for [`Outgoing::ANY_STATUS`].
    fn read(&self, received: &Received<'_>) -> Result<Self::Output, Error>;

    /// Whether this refusal asks for the same again with the nonce that came beside it (RFC 9449, sections 8 and 9).
    fn wants_nonce(&self, refusal: &Error, _response: &HttpResponse) -> bool {
        matches!(refusal, Error::Refused { response, .. } if response.is_use_dpop_nonce())
    }

    fn to_body(&self) -> Self::Body;
    fn from_body(body: Self::Body) -> Option<Self>;
}

/// With what one request is shown.
pub(crate) struct Credentials {
    /// How the client authenticates.
    pub(crate) auth: ClientAuth,
    /// The object that [`Outgoing::object`] had signed.
    pub(crate) object: Option<String>,
}

/// A response, and what came with it.
pub(crate) struct Received<'r> {
    pub(crate) response: &'r HttpResponse,
    pub(crate) now: Timestamp,
    /// The newest DPoP nonce of the server.
    pub(crate) nonce: Option<&'r DpopNonce>,
}

impl Received<'_> {
    /// The nonce with which a client that binds tokens goes on, after a request that carried no proof (RFC 9449, section 8.2).
    pub(crate) fn nonce_for(&self, client: &Client) -> Option<DpopNonce> {
        client.dpop_key()?;
        DpopNonce::find(self.response).ok().flatten().or_else(|| self.nonce.cloned())
    }
}

/// One request and its repetitions.
#[derive(Debug)]
pub(crate) struct Exchange<R> {
    request: R,
    state: State,
    /// How often the request was sent: bounded by [`Outgoing::SENDINGS`], and one more for a nonce.
    sendings: u8,
    /// The limit on the body of the outstanding request's response: 4 GiB where it is more.
    max_response_bytes: u32,
    /// The newest DPoP nonce of the server.
    nonce: Option<DpopNonce>,
    /// Whether the server has had its nonce already.
    nonce_sent: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ready,
    Asked(Asked),
    Outstanding,
    Waiting(Wait),
    Ended,
}

/// A wait before another sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wait {
    until: u64,
    /// How long it was to be.
    seconds: u64,
}

/// A request is sent at most this often: three times rides out a restarting server and still ends soon.
const MAX_SENDINGS: u8 = 3;
/// The first wait; it doubles each time.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// A longer `Retry-After` is not waited for inside a flow but handed to the caller, who can do something else meanwhile.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(30);
/// How much longer a [`Wait`] is than it was to be, at most.
const ROUNDING: Duration = Duration::from_secs(2);

impl Wait {
    /// A wait of this length, in whole seconds, rounded up, so that what is stored is what was answered.
    pub(crate) fn new(now: Timestamp, delay: Duration) -> Self {
        let seconds = delay.as_secs().saturating_add(u64::from(delay.subsec_nanos() > 0));
        Self { until: now.as_unix().saturating_add(1).saturating_add(seconds), seconds }
    }

    pub(crate) const fn until(self) -> Timestamp {
        Timestamp::from_unix(self.until)
    }

    /// What is left of it at `now`; `None` if it is over.
    pub(crate) fn rest(self, now: Timestamp) -> Option<Self> {
        let remaining = self.until().saturating_since(now);
        if remaining.is_zero() {
            return None;
        }
        // A clock that was set back must not make a short wait a long one, and neither must a text that was changed.
        let delay = Duration::from_secs(self.seconds).min(MAX_DELAY);
        let too_long = remaining > delay.saturating_add(ROUNDING);
        Some(if too_long { Self::new(now, delay) } else { self })
    }
}

/// Whether a status says nothing about the request: 429 and 5xx are never a verdict, whatever the body says. 501 and 505 say that trying again cannot help.
pub(crate) const fn is_transient(status: u16) -> bool {
    status == 429 || (status >= 500 && status != 501 && status != 505)
}

impl<R: Outgoing> Exchange<R> {
    pub(crate) const fn new(request: R) -> Self {
        Self { request, state: State::Ready, sendings: 0, max_response_bytes: 0, nonce: None, nonce_sent: false }
    }

    /// Begins with this nonce, which the server gave earlier.
    pub(crate) fn with_nonce(mut self, nonce: Option<DpopNonce>) -> Self {
        self.nonce = nonce.or(self.nonce);
        self
    }

    pub(crate) const fn request(&self) -> &R {
        &self.request
    }

    pub(crate) const fn request_mut(&mut self) -> &mut R {
        &mut self.request
    }

    /// The newest DPoP nonce of the server.
    pub(crate) const fn nonce(&self) -> Option<&DpopNonce> {
        self.nonce.as_ref()
    }

    /// Begins again with the same request, which was answered: not a repetition but another one of its kind.
    pub(crate) fn renew(&mut self) {
        (self.state, self.sendings, self.nonce_sent) = (State::Ready, 0, false);
    }

    /// Asks for the next signature or secret that the request needs, or sends it.
    fn prepare(&mut self, at: &Moment, made: Made) -> Result<Step<R::Output>, Error> {
        if made.object.is_none()
            && let Some(object) = self.request.object(at)
        {
            let (key, input) = object?;
            return self.ask_to_sign(key, &input, Asking::Object, made);
        }
        if made.proof.is_none()
            && let Some((key, mut proof)) = self.request.proof()
        {
            if let Some(nonce) = &self.nonce {
                proof = proof.nonce(nonce.as_str());
            }
            let input = key.signing_input(&proof, at)?;
            let key = key.key().clone();
            return self.ask_to_sign(key, &input, Asking::Proof, made);
        }
        match self.request.party().map_or(Ok(Credential::None), |party| party.credential(at))? {
            Credential::None => self.send(made, None),
            Credential::Secret(key) => {
                let question = Question::Secret { key };
                self.state = State::Asked(Asked::new(Asking::Secret, None, made));
                Ok(Step::Ask(question))
            }
            Credential::Assertion(key, input) => self.ask_to_sign(key, &input, Asking::Assertion, made),
        }
    }

    fn ask_to_sign(
        &mut self,
        key: KeyId,
        input: &SigningInput,
        what: Asking,
        made: Made,
    ) -> Result<Step<R::Output>, Error> {
        let (question, text) = to_sign(key, input);
        self.state = State::Asked(Asked::new(what, Some(text), made));
        Ok(Step::Ask(question))
    }

    fn handle_answer(&mut self, at: &Moment, answer: Answer) -> Result<Step<R::Output>, Error> {
        let State::Asked(asked) = &self.state else { return Err(ApiMisuse::NoQuestion.into()) };
        let mut made = asked.texts.as_ref().map(|texts| texts.made.clone()).unwrap_or_default();
        match (asked.what, answer) {
            (Asking::Secret, Answer::Secret(secret)) => self.send(made, Some(secret)),
            (what @ (Asking::Object | Asking::Proof | Asking::Assertion), Answer::Signature(signature)) => {
                let input = asked.texts.as_ref().and_then(|texts| texts.input.as_deref());
                let signed = signed(input.unwrap_or_default(), &signature)?;
                match what {
                    Asking::Object => made.object = Some(signed),
                    Asking::Proof => made.proof = Some(signed),
                    Asking::Assertion | Asking::Secret => return self.send(made, Some(Secret::new(signed))),
                }
                self.prepare(at, made)
            }
            _ => Err(ApiMisuse::WrongAnswer.into()),
        }
    }

    /// Sends, with the client's secret or assertion, if it has one.
    fn send(&mut self, made: Made, shown: Option<Secret>) -> Result<Step<R::Output>, Error> {
        let party = self.request.party();
        let shown = shown.unwrap_or_else(|| Secret::new(""));
        let auth = party.map_or(ClientAuth::None, |party| party.client().authenticate(shown));
        let mut request = self.request.to_http(&Credentials { auth, object: made.object })?;
        if party.is_some_and(|party| party.client().shows_certificate()) {
            request = request.with_client_certificate(true);
        }
        if let Some(proof) = &made.proof {
            request = dpop::with_proof(request, proof).map_err(ApiMisuse::from)?;
        }
        debug_assert!(
            rank(request.contract().replay()) <= rank(self.request.replay()),
            "a single request may be repeated less than its operation"
        );
        self.max_response_bytes = u32::try_from(request.contract().max_response_bytes()).unwrap_or(u32::MAX);
        self.sendings = self.sendings.saturating_add(1);
        self.state = State::Outstanding;
        Ok(Step::Send(request))
    }

    /// Sends again after a while if that is safe, and ends otherwise.
    fn again(&mut self, now: Timestamp, failure: TransportFailure) -> Result<Step<R::Output>, Error> {
        let safe = match self.request.replay() {
            Replay::Safe => true,
            Replay::IfNotSent => failure == TransportFailure::NotSent,
            Replay::Never => false,
        };
        let asked_for = match failure {
            TransportFailure::Unavailable { retry_after, .. } => retry_after,
            TransportFailure::NotSent | TransportFailure::Unknown => None,
        };
        let backoff = FIRST_DELAY.saturating_mul(1 << self.sendings.saturating_sub(1).min(4));
        let delay = asked_for.unwrap_or(backoff).max(FIRST_DELAY);
        if !safe || self.sendings >= R::SENDINGS || delay > MAX_DELAY {
            self.state = State::Ended;
            return Err(Error::Transport { operation: R::OPERATION, failure });
        }
        Ok(self.wait(Wait::new(now, delay)))
    }

    fn wait(&mut self, wait: Wait) -> Step<R::Output> {
        self.state = State::Waiting(wait);
        Step::Wait(wait.until())
    }

    fn handle_wait(&mut self, at: &Moment, wait: Wait) -> Result<Step<R::Output>, Error> {
        match wait.rest(at.now()) {
            Some(rest) => Ok(self.wait(rest)),
            None => self.prepare(at, Made::default()),
        }
    }

    fn handle_response(&mut self, at: &Moment, response: &HttpResponse) -> Result<Step<R::Output>, Error> {
        let (now, status) = (at.now(), response.status());
        // RFC 9449, section 8.2: a nonce comes with any response. One that cannot be read is none.
        let newest = self.request.proof().and_then(|_| DpopNonce::find(response).ok().flatten());
        let is_new = newest.is_some() && newest != self.nonce;
        self.nonce = newest.or_else(|| self.nonce.take());
        if is_transient(status) && !R::ANY_STATUS {
            let retry_after = retry_after::of(response, now);
            return self.again(now, TransportFailure::Unavailable { status, retry_after });
        }
        if status >= 500 && !R::ANY_STATUS {
            return self.fail(InvalidReason::Status(status));
        }
        if u32::try_from(response.body().len()).map_or(true, |length| length > self.max_response_bytes) {
            return self.fail(InvalidReason::TooLarge);
        }
        let result = self.request.read(&Received { response, now, nonce: self.nonce.as_ref() });
        // RFC 9449, section 8: once more with the nonce. The server has refused the request, so nothing is spent.
        if let Err(refusal) = &result
            && is_new
            && !self.nonce_sent
            && self.request.wants_nonce(refusal, response)
        {
            self.nonce_sent = true;
            return self.prepare(at, Made::default());
        }
        self.state = State::Ended;
        result.map(Step::Done)
    }

    fn fail<T>(&mut self, reason: InvalidReason) -> Result<T, Error> {
        self.state = State::Ended;
        Err(Error::InvalidResponse { operation: R::OPERATION, reason })
    }

    /// The one transition function. As with a [`Flow`](crate::Flow), an error other than misuse ends the exchange.
    pub(crate) fn handle(&mut self, at: &Moment, input: Input) -> Result<Step<R::Output>, Error> {
        let now = at.now();
        match (&self.state, input) {
            (State::Ended, _) => Err(ApiMisuse::Ended.into()),

            (State::Ready, Input::Resume | Input::Poll) | (State::Asked(_), Input::Resume) => {
                self.prepare(at, Made::default())
            }
            (State::Asked(_), Input::Answer(answer)) => self.handle_answer(at, answer),
            (State::Waiting(wait), Input::Resume | Input::Poll) => {
                let wait = *wait;
                self.handle_wait(at, wait)
            }

            (State::Outstanding, Input::Response(response)) => self.handle_response(at, &response),
            (State::Outstanding, Input::Failure(SendFailure::NotSent)) => self.again(now, TransportFailure::NotSent),
            // After a restart nobody knows what became of the request: it counts as seen.
            (State::Outstanding, Input::Failure(SendFailure::Unknown) | Input::Resume) => {
                self.again(now, TransportFailure::Unknown)
            }

            (State::Asked(_) | State::Outstanding, Input::Poll) => Err(ApiMisuse::NotWaiting.into()),
            (State::Ready | State::Asked(_) | State::Waiting(_), Input::Response(_) | Input::Failure(_)) => {
                Err(ApiMisuse::NoRequest.into())
            }
            (State::Ready | State::Outstanding | State::Waiting(_), Input::Answer(_)) => {
                Err(ApiMisuse::NoQuestion.into())
            }
        }
    }

    pub(crate) fn to_body(&self) -> ExchangeBody<R::Body> {
        ExchangeBody {
            request: self.request.to_body(),
            state: self.state.clone(),
            sendings: self.sendings,
            max_response_bytes: self.max_response_bytes,
            nonce: self.nonce.as_ref().map(|nonce| String::from(nonce.as_str())),
            nonce_sent: self.nonce_sent,
        }
    }

    pub(crate) fn from_body(body: ExchangeBody<R::Body>) -> Option<Self> {
        Some(Self {
            request: R::from_body(body.request)?,
            state: body.state,
            sendings: body.sendings,
            max_response_bytes: body.max_response_bytes,
            nonce: body.nonce.map(DpopNonce::new).transpose().ok()?,
            nonce_sent: body.nonce_sent,
        })
    }
}

/// What asks for this to be signed, and the text to keep until it is.
pub(crate) fn to_sign(key: KeyId, input: &SigningInput) -> (Question, String) {
    let bytes = input.as_bytes();
    let text = String::from_utf8_lossy(bytes).into_owned();
    (Question::Sign { key, algorithm: input.algorithm(), input: bytes.to_vec() }, text)
}

/// The text that was kept, with the signature that was made for it.
pub(crate) fn signed(text: &str, signature: &[u8]) -> Result<String, ApiMisuse> {
    // The signature's length is the answerer's affair; the text is our own.
    let input = SigningInput::from_bytes(text.as_bytes()).ok();
    input.and_then(|input| input.complete(signature).ok()).ok_or(ApiMisuse::WrongAnswer)
}

/// How widely a request may be repeated.
const fn rank(replay: Replay) -> u8 {
    match replay {
        Replay::Never => 0,
        Replay::IfNotSent => 1,
        Replay::Safe => 2,
    }
}

/// An exchange as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeBody<B> {
    request: B,
    state: State,
    sendings: u8,
    max_response_bytes: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    nonce_sent: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Makes a flow of a type whose field `exchange` is its one exchange, and gives it its stored form.
macro_rules! exchange_flow {
    ($(#[$secrets:meta])* $flow:ident($request:ty) -> $output:ty, $kind:literal, $version:literal) => {
        $crate::flow::machine_flow! {
            $(#[$secrets])*
            $flow { exchange: $crate::exchange::Exchange<$request> } -> $output, $kind, $version,
            $crate::exchange::ExchangeBody<<$request as $crate::exchange::Outgoing>::Body>
        }
    };
}
pub(crate) use exchange_flow;
