//! The private machine that fetches a metadata document from the first of its URLs that has it.
//!
//! # Theory of operation
//!
//! `Ready` sends a GET for the first URL and is `Outstanding`. A usable document is the output. A document of **somebody else** ends the search at once: it must
//! not be used, and no other URL is asked. Any other answer leads to the next URL. When all have been asked and one of them gave no answer or a passing failure,
//! the search is `Waiting`, as long as the server asked for, and then asks them all again, up to a limit of rounds; if none did, it has `Ended` with the last
//! answer's fault.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::{Moment, Timestamp};
use oauth_types::metadata::MetadataError;
use oauth_types::{HttpRequest, HttpResponse, Purpose, retry_after};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{ApiMisuse, Error, InvalidReason, Operation, TransportFailure};
use crate::exchange::{MAX_DELAY, Wait, is_transient};
use crate::flow::{Input, SendFailure, Step};

/// A document, and where it may be.
pub(crate) trait Document: Sized {
    /// What it is fetched for.
    const OPERATION: Operation;
    /// What it is when it was read.
    type Output;
    /// How it is stored.
    type Body: Serialize + DeserializeOwned;

    /// Where it may be, in the order in which to ask: one URL or a few.
    fn candidates(&self) -> Vec<String>;
    /// Reads an answer.
    fn read(&self, response: &HttpResponse) -> Result<Self::Output, MetadataError>;
    /// Whether the document is somebody else's.
    fn is_mismatch(error: MetadataError) -> bool;

    fn to_body(&self) -> Self::Body;
    fn from_body(body: Self::Body) -> Option<Self>;
}

/// The search for one document.
#[derive(Debug)]
pub(crate) struct Search<D> {
    document: D,
    state: State,
    /// The URL that is asked, or will be asked next.
    candidate: usize,
    /// Rounds through all URLs that were begun.
    rounds: u8,
    /// The passing failure of this round; of several, the one that asks for the longest wait.
    transient: Option<Transient>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ready,
    Outstanding,
    Waiting(Wait),
    Ended,
}

/// A failure that may have passed when it is tried again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Transient {
    NotSent,
    Unknown,
    /// With the seconds of its `Retry-After`.
    Unavailable {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
}

/// All URLs are asked at most this often.
const MAX_ROUNDS: u8 = 3;
/// The wait between two rounds.
const ROUND_DELAY: Duration = Duration::from_secs(2);

impl<D: Document> Search<D> {
    pub(crate) const fn new(document: D) -> Self {
        Self { document, state: State::Ready, candidate: 0, rounds: 1, transient: None }
    }

    pub(crate) const fn document_mut(&mut self) -> &mut D {
        &mut self.document
    }

    fn send(&mut self) -> Result<Step<D::Output>, Error> {
        match self.document.candidates().get(self.candidate) {
            Some(url) => {
                self.state = State::Outstanding;
                Ok(Step::Send(HttpRequest::get(url.as_str(), Purpose::Metadata)))
            }
            None => self.fail(InvalidReason::Status(404)),
        }
    }

    fn fail<T>(&mut self, reason: InvalidReason) -> Result<T, Error> {
        self.state = State::Ended;
        Err(Error::InvalidResponse { operation: D::OPERATION, reason })
    }

    /// The URL gave nothing: asks the next one, or all again later, or ends with `reason`.
    fn next(&mut self, now: Timestamp, reason: InvalidReason) -> Result<Step<D::Output>, Error> {
        self.candidate = self.candidate.saturating_add(1);
        if self.candidate < self.document.candidates().len() {
            return self.send();
        }
        let Some(transient) = self.transient else { return self.fail(reason) };
        let delay = transient.retry_after().unwrap_or(ROUND_DELAY).max(ROUND_DELAY);
        if self.rounds >= MAX_ROUNDS || delay > MAX_DELAY {
            self.state = State::Ended;
            let failure = transient.into();
            return Err(Error::Transport { operation: D::OPERATION, failure });
        }
        self.rounds = self.rounds.saturating_add(1);
        self.candidate = 0;
        self.transient = None;
        Ok(self.wait(Wait::new(now, delay)))
    }

    fn wait(&mut self, wait: Wait) -> Step<D::Output> {
        self.state = State::Waiting(wait);
        Step::Wait(wait.until())
    }

    fn handle_wait(&mut self, now: Timestamp, wait: Wait) -> Result<Step<D::Output>, Error> {
        match wait.rest(now) {
            Some(rest) => Ok(self.wait(rest)),
            None => self.send(),
        }
    }

    fn note(&mut self, transient: Transient) {
        if self.transient.is_none_or(|earlier| earlier.retry_after() <= transient.retry_after()) {
            self.transient = Some(transient);
        }
    }

    fn handle_response(&mut self, now: Timestamp, response: &HttpResponse) -> Result<Step<D::Output>, Error> {
        let status = response.status();
        if status >= 500 && !is_transient(status) {
            return self.next(now, InvalidReason::Status(status));
        }
        if is_transient(status) {
            let retry_after = retry_after::of(response, now).map(|delay| delay.as_secs());
            self.note(Transient::Unavailable { status, retry_after });
            return self.next(now, InvalidReason::Status(status));
        }
        match self.document.read(response) {
            Ok(output) => {
                self.state = State::Ended;
                Ok(Step::Done(output))
            }
            Err(error) if D::is_mismatch(error) => self.fail(error.into()),
            Err(error) => self.next(now, error.into()),
        }
    }

    fn handle_failure(&mut self, now: Timestamp, failure: SendFailure) -> Result<Step<D::Output>, Error> {
        self.note(match failure {
            SendFailure::NotSent => Transient::NotSent,
            SendFailure::Unknown => Transient::Unknown,
        });
        self.next(now, InvalidReason::Status(0))
    }

    /// The one transition function. As with a [`Flow`](crate::Flow), an error other than misuse ends the search.
    pub(crate) fn handle(&mut self, at: &Moment, input: Input) -> Result<Step<D::Output>, Error> {
        let now = at.now();
        match (self.state, input) {
            (State::Ended, _) => Err(ApiMisuse::Ended.into()),
            (State::Ready, Input::Resume | Input::Poll) => self.send(),
            (State::Waiting(wait), Input::Resume | Input::Poll) => self.handle_wait(now, wait),
            // A GET may be sent again after a restart, but not for ever.
            (State::Outstanding, Input::Resume) => self.handle_failure(now, SendFailure::Unknown),
            (State::Outstanding, Input::Response(response)) => self.handle_response(now, &response),
            (State::Outstanding, Input::Failure(failure)) => self.handle_failure(now, failure),
            (State::Outstanding, Input::Poll) => Err(ApiMisuse::NotWaiting.into()),
            (State::Ready | State::Waiting(_), Input::Response(_) | Input::Failure(_)) => {
                Err(ApiMisuse::NoRequest.into())
            }
            (_, Input::Answer(_)) => Err(ApiMisuse::NoQuestion.into()),
        }
    }

    pub(crate) fn to_body(&self) -> SearchBody<D::Body> {
        SearchBody {
            document: self.document.to_body(),
            state: self.state,
            candidate: self.candidate,
            rounds: self.rounds,
            transient: self.transient,
        }
    }

    pub(crate) fn from_body(body: SearchBody<D::Body>) -> Option<Self> {
        Some(Self {
            document: D::from_body(body.document)?,
            state: body.state,
            candidate: body.candidate,
            rounds: body.rounds,
            transient: body.transient,
        })
    }
}

/// A [`Search`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchBody<B> {
    document: B,
    state: State,
    candidate: usize,
    rounds: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transient: Option<Transient>,
}

impl From<Transient> for TransportFailure {
    fn from(transient: Transient) -> Self {
        match transient {
            Transient::NotSent => Self::NotSent,
            Transient::Unknown => Self::Unknown,
            Transient::Unavailable { status, .. } => Self::Unavailable { status, retry_after: transient.retry_after() },
        }
    }
}

impl Transient {
    fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => retry_after.map(Duration::from_secs),
            Self::NotSent | Self::Unknown => None,
        }
    }
}

/// Makes a flow of a type whose field `search` is its one search, and gives it its stored form.
macro_rules! search_flow {
    ($(#[$secrets:meta])* $flow:ident($document:ty) -> $output:ty, $kind:literal, $version:literal) => {
        $crate::flow::machine_flow! {
            $(#[$secrets])*
            $flow { search: $crate::search::Search<$document> } -> $output, $kind, $version,
            $crate::search::SearchBody<<$document as $crate::search::Document>::Body>
        }
    };
}
pub(crate) use search_flow;
