//! The private machine on which every flow that sends one request runs: ask for the credential, send, and send again where that is safe.
//!
//! # Theory of operation
//!
//! `Ready` → (a secret is needed: `Asked`) → `Outstanding` → the response is the output, and the exchange has `Ended`.
//! A failure, or a 429 or 5xx, leads to `Waiting` and from there back to `Ready`, if the request's replay class allows a second sending and
//! the budget of sendings lasts; otherwise it ends the exchange with [`Error::Transport`]. After a restart an `Outstanding` request counts as
//! seen by the server.

use core::time::Duration;

use jwt_core::{Answer, KeyId, Moment, Question, Secret, Timestamp};
use oauth_types::{HttpRequest, HttpResponse, Replay, retry_after};
use serde::{Deserialize, Serialize};

use crate::error::{ApiMisuse, Error, InvalidReason, Operation, TransportFailure};
use crate::flow::{Input, SendFailure, Step};

/// One request that can be made again from what is stored.
pub(crate) trait Outgoing {
    /// What the request is for.
    const OPERATION: Operation;
    /// Whether it may be sent again. The built request's contract says the same.
    const REPLAY: Replay;

    /// The secret without which it cannot be made.
    fn secret_key(&self) -> Option<&KeyId>;

    /// The request, with the secret if one is needed.
    fn to_http(&self, secret: Option<&Secret>) -> Result<HttpRequest, ApiMisuse>;
}

/// One request and its repetitions.
#[derive(Debug)]
pub(crate) struct Exchange<R> {
    request: R,
    state: State,
    /// How often the request was sent: bounded by [`MAX_SENDINGS`].
    sendings: u8,
    /// The limit on the body of the outstanding request's response.
    max_response_bytes: usize,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ready,
    Asked,
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
        // A clock that was set back must not make a short wait a long one.
        let too_long = remaining > Duration::from_secs(self.seconds.saturating_add(2));
        Some(if too_long { Self::new(now, Duration::from_secs(self.seconds)) } else { self })
    }
}

impl<R: Outgoing> Exchange<R> {
    pub(crate) const fn new(request: R) -> Self {
        Self { request, state: State::Ready, sendings: 0, max_response_bytes: 0 }
    }

    pub(crate) const fn request(&self) -> &R {
        &self.request
    }

    pub(crate) const fn request_mut(&mut self) -> &mut R {
        &mut self.request
    }

    fn begin(&mut self) -> Result<Step<HttpResponse>, Error> {
        if let Some(key) = self.request.secret_key() {
            let question = Question::Secret { key: key.clone() };
            self.state = State::Asked;
            return Ok(Step::Ask(question));
        }
        self.send(None)
    }

    fn send(&mut self, secret: Option<&Secret>) -> Result<Step<HttpResponse>, Error> {
        let request = self.request.to_http(secret)?;
        debug_assert_eq!(request.contract().replay(), R::REPLAY);
        self.max_response_bytes = request.contract().max_response_bytes();
        self.sendings = self.sendings.saturating_add(1);
        self.state = State::Outstanding;
        Ok(Step::Send(request))
    }

    /// Sends again after a while if that is safe, and ends otherwise.
    fn again(&mut self, now: Timestamp, failure: TransportFailure) -> Result<Step<HttpResponse>, Error> {
        let safe = match R::REPLAY {
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
        if !safe || self.sendings >= MAX_SENDINGS || delay > MAX_DELAY {
            self.state = State::Ended;
            return Err(Error::Transport { operation: R::OPERATION, failure });
        }
        Ok(self.wait(Wait::new(now, delay)))
    }

    fn wait(&mut self, wait: Wait) -> Step<HttpResponse> {
        self.state = State::Waiting(wait);
        Step::Wait(wait.until())
    }

    fn handle_wait(&mut self, now: Timestamp, wait: Wait) -> Result<Step<HttpResponse>, Error> {
        match wait.rest(now) {
            Some(rest) => Ok(self.wait(rest)),
            None => self.begin(),
        }
    }

    fn handle_response(&mut self, now: Timestamp, response: HttpResponse) -> Result<Step<HttpResponse>, Error> {
        let status = response.status();
        // 429 and 5xx are never a verdict, whatever the body says; 501 and 505 say that trying again cannot help.
        if status == 429 || (status >= 500 && status != 501 && status != 505) {
            return self
                .again(now, TransportFailure::Unavailable { status, retry_after: retry_after::of(&response, now) });
        }
        self.state = State::Ended;
        if status >= 500 {
            return Err(Error::InvalidResponse { operation: R::OPERATION, reason: InvalidReason::Status(status) });
        }
        if response.body().len() > self.max_response_bytes {
            return Err(Error::InvalidResponse { operation: R::OPERATION, reason: InvalidReason::TooLarge });
        }
        Ok(Step::Done(response))
    }

    pub(crate) const fn to_body(&self) -> ExchangeBody {
        ExchangeBody { state: self.state, sendings: self.sendings, max_response_bytes: self.max_response_bytes }
    }

    pub(crate) const fn from_body(request: R, body: &ExchangeBody) -> Self {
        Self { request, state: body.state, sendings: body.sendings, max_response_bytes: body.max_response_bytes }
    }
}

impl<R: Outgoing> Exchange<R> {
    /// The one transition function. As with a [`Flow`](crate::Flow), an error other than misuse ends the exchange.
    pub(crate) fn handle(&mut self, at: &Moment, input: Input) -> Result<Step<HttpResponse>, Error> {
        let now = at.now();
        match (self.state, input) {
            (State::Ended, _) => Err(ApiMisuse::Ended.into()),

            (State::Ready, Input::Resume | Input::Poll) | (State::Asked, Input::Resume) => self.begin(),
            (State::Asked, Input::Answer(Answer::Secret(secret))) => self.send(Some(&secret)),
            (State::Waiting(wait), Input::Resume | Input::Poll) => self.handle_wait(now, wait),

            (State::Outstanding, Input::Response(response)) => self.handle_response(now, response),
            (State::Outstanding, Input::Failure(SendFailure::NotSent)) => self.again(now, TransportFailure::NotSent),
            // After a restart nobody knows what became of the request: it counts as seen.
            (State::Outstanding, Input::Failure(SendFailure::Unknown) | Input::Resume) => {
                self.again(now, TransportFailure::Unknown)
            }

            (State::Asked, Input::Answer(_)) => Err(ApiMisuse::WrongAnswer.into()),
            (State::Asked | State::Outstanding, Input::Poll) => Err(ApiMisuse::NotWaiting.into()),
            (State::Ready | State::Asked | State::Waiting(_), Input::Response(_) | Input::Failure(_)) => {
                Err(ApiMisuse::NoRequest.into())
            }
            (State::Ready | State::Outstanding | State::Waiting(_), Input::Answer(_)) => {
                Err(ApiMisuse::NoQuestion.into())
            }
        }
    }
}

/// The part of an exchange that is stored beside its request.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeBody {
    state: State,
    sendings: u8,
    max_response_bytes: usize,
}
