//! The one interface of every machine: [`Flow`], its [`Input`]s and its [`Step`]s.

use alloc::boxed::Box;
use core::fmt;

use jwt_core::{Answer, Moment, Question, Timestamp};
use oauth_types::{HttpRequest, HttpResponse};

use crate::error::Error;

/// A state machine that runs between two moments at which somebody else must act: a browser, a person, the calling program.
///
/// Every input returns the one next [`Step`], applied at once: nothing is parked inside, so a flow is whole between any two calls and may be
/// stored there. Whoever drives it performs the step and hands the result back; [`drive`](crate::drive) holds the two loops, and the crate's front page shows one by hand.
///
/// Store a flow **after** [`Step::Send`] was returned and **before** the request is sent. A restored flow then knows that its request may have been seen.
///
/// # The state diagrams
///
/// Each flow's page has one, and a test compares it with the flow. What stands at an arrow are the inputs: `resume` and `poll` (when it is time), the statuses of
/// responses (`200` is the answer that was hoped for, `503` stands for 429 and 5xx, `503 in an hour` for one with a long `Retry-After`), `not sent` and `unknown`
/// ([`SendFailure`]), and answers: `secret`, `signature`, `verified`. `anything else` is whatever else may come in that state. A state is left by nothing that is not
/// drawn. How often a request is sent is limited: after the last sending, what leads to `waiting` leads to `failed`.
///
/// # Errors
///
/// Every method answers [`Error`]. [`Error::ApiMisuse`] leaves the flow as it was; every other error ends it, and a later call answers
/// [`ApiMisuse::Ended`](crate::ApiMisuse::Ended).
pub trait Flow {
    /// What the flow is for.
    type Output;

    /// The one transition function.
    ///
    /// # Errors
    ///
    /// See [`Flow`].
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Self::Output>, Error>;

    /// Begins, or goes on after a restart: what was asked but not answered is asked anew. Every driver calls this first.
    ///
    /// # Errors
    ///
    /// See [`Flow`]; [`Error::Transport`] where a request may have been seen and must not be sent twice.
    fn resume(&mut self, at: Moment) -> Result<Step<Self::Output>, Error> {
        self.handle(at, Input::Resume)
    }

    /// The time of a [`Step::Wait`] has come. Too early is harmless: the same wait is answered.
    ///
    /// # Errors
    ///
    /// See [`Flow`].
    fn poll(&mut self, at: Moment) -> Result<Step<Self::Output>, Error> {
        self.handle(at, Input::Poll)
    }

    /// The answer to the outstanding request, whatever its status.
    ///
    /// # Errors
    ///
    /// See [`Flow`].
    fn handle_response(&mut self, at: Moment, response: HttpResponse) -> Result<Step<Self::Output>, Error> {
        self.handle(at, Input::Response(response))
    }

    /// No answer came to the outstanding request.
    ///
    /// # Errors
    ///
    /// See [`Flow`].
    fn handle_failure(&mut self, at: Moment, failure: SendFailure) -> Result<Step<Self::Output>, Error> {
        self.handle(at, Input::Failure(failure))
    }

    /// The answer to the question that [`Step::Ask`] put.
    ///
    /// # Errors
    ///
    /// See [`Flow`].
    fn handle_answer(&mut self, at: Moment, answer: Answer) -> Result<Step<Self::Output>, Error> {
        self.handle(at, Input::Answer(answer))
    }
}

impl<F: Flow + ?Sized> Flow for &mut F {
    type Output = F::Output;
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Self::Output>, Error> {
        (**self).handle(at, input)
    }
}

impl<F: Flow + ?Sized> Flow for Box<F> {
    type Output = F::Output;
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Self::Output>, Error> {
        (**self).handle(at, input)
    }
}

/// All that can happen to a flow: what tables, properties, fuzzers and logs enumerate.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input {
    /// Begin, or go on after a restart.
    Resume,
    /// The time of a wait has come.
    Poll,
    /// The answer to the outstanding request.
    Response(HttpResponse),
    /// No answer came to the outstanding request.
    Failure(SendFailure),
    /// The answer to the outstanding question.
    Answer(Answer),
}

/// What to do next. Exhaustive on purpose: a driver handles all four.
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "a driver must handle every step, so a new one has to break it at compile time"
)]
pub enum Step<T> {
    /// Send this request as it is, follow no redirect, and hand back the response whatever its status ([`Flow::handle_response`]),
    /// or say that none came ([`Flow::handle_failure`]).
    Send(HttpRequest),
    /// Sign, verify or reveal: [`Keyring::answer`](jwt_core::Keyring::answer) in one line, or a KMS, an HSM, WebCrypto ([`Flow::handle_answer`]).
    /// If the answerer fails, the flow stays whole: drop it, store it, or call [`Flow::resume`] later.
    Ask(Question),
    /// Wait until this time, which lies in the future, then [`Flow::poll`].
    Wait(Timestamp),
    /// The end.
    Done(T),
}

impl<T> Step<T> {
    /// The same step in a flow that goes on with `next` where this one has ended.
    pub(crate) fn then<U>(self, next: impl FnOnce(T) -> Result<Step<U>, Error>) -> Result<Step<U>, Error> {
        match self {
            Self::Send(request) => Ok(Step::Send(request)),
            Self::Ask(question) => Ok(Step::Ask(question)),
            Self::Wait(until) => Ok(Step::Wait(until)),
            Self::Done(output) => next(output),
        }
    }
}

/// Shows no output: what a flow ends with holds tokens.
impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(request) => f.debug_tuple("Send").field(request).finish(),
            Self::Ask(question) => f.debug_tuple("Ask").field(question).finish(),
            Self::Wait(until) => f.debug_tuple("Wait").field(until).finish(),
            Self::Done(_) => f.write_str("Done(..)"),
        }
    }
}

/// Why no answer came to a request. The difference decides whether it may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendFailure {
    /// Certainly nothing reached the server: no connection, name not found, TLS refused. When in doubt it is [`SendFailure::Unknown`].
    NotSent,
    /// The server may have seen the request and acted on it: a timeout, a connection that broke, an answer over the size limit.
    Unknown,
}

/// Makes a flow of a type whose one field is a private machine with `handle`, `to_body` and `from_body`, and gives it its stored form.
macro_rules! machine_flow {
    (
        $(#[$secrets:meta])*
        $flow:ident { $field:ident: $machine:ty } -> $output:ty, $kind:literal, $version:literal, $body:ty
    ) => {
        impl $crate::flow::Flow for $flow {
            type Output = $output;

            fn handle(
                &mut self,
                at: jwt_core::Moment,
                input: $crate::flow::Input,
            ) -> Result<$crate::flow::Step<Self::Output>, $crate::error::Error> {
                self.$field.handle(&at, input)
            }
        }

        impl $flow {
            fn to_body(&self) -> $body {
                self.$field.to_body()
            }

            fn from_body(body: $body) -> Option<Self> {
                Some(Self { $field: <$machine>::from_body(body)? })
            }
        }

        $crate::stored::stored! {
            $(#[$secrets])*
            $flow, $kind, $version, $body
        }
    };
}
pub(crate) use machine_flow;
