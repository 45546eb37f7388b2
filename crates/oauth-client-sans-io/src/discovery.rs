//! [`Discovery`]: from an issuer to its metadata (RFC 8414, OpenID Connect Discovery).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::{Moment, Timestamp};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::reading::Reading;
use oauth_types::{HttpResponse, Issuer, retry_after};
use serde::{Deserialize, Serialize};

use crate::error::{ApiMisuse, Error, InvalidReason, Operation, TransportFailure};
use crate::exchange::{MAX_DELAY, Wait};
use crate::flow::{Flow, Input, SendFailure, Step};
use crate::stored::stored;

/// Fetches the metadata of an authorization server (RFC 8414, section 3; OpenID Connect Discovery 1.0, section 4).
///
/// # Theory of operation
///
/// `Ready` sends a GET for the first well-known URL of the issuer and is `Outstanding`. A usable document whose `issuer` is the expected one, byte for byte,
/// is the output. A document of **another issuer** ends the flow at once: it must not be used, and no other candidate is asked (RFC 8414, section 3.3).
/// Any other answer leads to the next candidate. When all have been asked and one of them gave no answer or a passing failure, the flow is
/// `Waiting`, as long as the server asked for, and then asks them all again, up to a limit of rounds; if none did, it ends with the last answer's fault.
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Discovery, Flow, Step};
/// use oauth_types::{HttpResponse, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut flow = Discovery::new(Issuer::new("https://as.example")?);
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!("a request comes first") };
/// assert_eq!(request.url(), "https://as.example/.well-known/oauth-authorization-server");
///
/// let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
///     r#"{"issuer":"https://as.example","token_endpoint":"https://as.example/token","response_types_supported":["code"]}"#,
/// );
/// let Step::Done(server) = flow.handle_response(at.at(now), response)? else { panic!("the document is good") };
/// assert_eq!(server.token_endpoint().map(|endpoint| endpoint.as_str()), Some("https://as.example/token"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Discovery {
    issuer: Issuer,
    reading: Reading,
    state: State,
    /// The candidate that is asked, or will be asked next.
    candidate: usize,
    /// Rounds through all candidates that were begun.
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

/// All candidates are asked at most this often.
const MAX_ROUNDS: u8 = 3;
/// The wait between two rounds.
const ROUND_DELAY: Duration = Duration::from_secs(2);

impl Discovery {
    /// The discovery of this issuer.
    #[must_use]
    pub const fn new(issuer: Issuer) -> Self {
        Self { issuer, reading: Reading::Interop, state: State::Ready, candidate: 0, rounds: 1, transient: None }
    }

    /// Reads the document like this instead of with [`Reading::Interop`].
    #[must_use]
    pub const fn reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    fn candidates(&self) -> Vec<String> {
        AuthorizationServer::well_known_urls(&self.issuer)
    }

    fn send(&mut self) -> Result<Step<AuthorizationServer>, Error> {
        match self.candidates().get(self.candidate) {
            Some(url) => {
                self.state = State::Outstanding;
                Ok(Step::Send(AuthorizationServer::request(url)))
            }
            None => self.fail(InvalidReason::Status(404)),
        }
    }

    fn fail<T>(&mut self, reason: InvalidReason) -> Result<T, Error> {
        self.state = State::Ended;
        Err(Error::InvalidResponse { operation: Operation::Discovery, reason })
    }

    /// The candidate gave nothing: asks the next one, or all again later, or ends with `reason`.
    fn next(&mut self, now: Timestamp, reason: InvalidReason) -> Result<Step<AuthorizationServer>, Error> {
        self.candidate = self.candidate.saturating_add(1);
        if self.candidate < self.candidates().len() {
            return self.send();
        }
        let Some(transient) = self.transient else { return self.fail(reason) };
        let delay = transient.retry_after().unwrap_or(ROUND_DELAY).max(ROUND_DELAY);
        if self.rounds >= MAX_ROUNDS || delay > MAX_DELAY {
            self.state = State::Ended;
            let failure = transient.into();
            return Err(Error::Transport { operation: Operation::Discovery, failure });
        }
        self.rounds = self.rounds.saturating_add(1);
        self.candidate = 0;
        self.transient = None;
        Ok(self.wait(Wait::new(now, delay)))
    }

    fn wait(&mut self, wait: Wait) -> Step<AuthorizationServer> {
        self.state = State::Waiting(wait);
        Step::Wait(wait.until())
    }

    fn handle_wait(&mut self, now: Timestamp, wait: Wait) -> Result<Step<AuthorizationServer>, Error> {
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

    fn handle_response(&mut self, now: Timestamp, response: &HttpResponse) -> Result<Step<AuthorizationServer>, Error> {
        let status = response.status();
        if status == 429 || status >= 500 {
            let retry_after = retry_after::of(response, now).map(|delay| delay.as_secs());
            self.note(Transient::Unavailable { status, retry_after });
            return self.next(now, InvalidReason::Status(status));
        }
        match AuthorizationServer::from_http(&self.issuer, response, self.reading) {
            Ok(server) => {
                self.state = State::Ended;
                Ok(Step::Done(server))
            }
            Err(error) if error.is_issuer_mismatch() => self.fail(error.into()),
            Err(error) => self.next(now, error.into()),
        }
    }

    fn handle_failure(&mut self, now: Timestamp, failure: SendFailure) -> Result<Step<AuthorizationServer>, Error> {
        self.note(match failure {
            SendFailure::NotSent => Transient::NotSent,
            SendFailure::Unknown => Transient::Unknown,
        });
        self.next(now, InvalidReason::Status(0))
    }

    /// A GET may be sent again after a restart, but not for ever.
    fn handle_restart(&mut self, now: Timestamp) -> Result<Step<AuthorizationServer>, Error> {
        self.handle_failure(now, SendFailure::Unknown)
    }

    fn to_body(&self) -> DiscoveryBody {
        DiscoveryBody {
            issuer: self.issuer.as_str().to_string(),
            strict: self.reading == Reading::Strict,
            state: self.state,
            candidate: self.candidate,
            rounds: self.rounds,
            transient: self.transient,
        }
    }

    fn from_body(body: DiscoveryBody) -> Option<Self> {
        Some(Self {
            issuer: Issuer::new(body.issuer).ok()?,
            reading: if body.strict { Reading::Strict } else { Reading::Interop },
            state: body.state,
            candidate: body.candidate,
            rounds: body.rounds,
            transient: body.transient,
        })
    }
}

impl Flow for Discovery {
    type Output = AuthorizationServer;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<AuthorizationServer>, Error> {
        let now = at.now();
        match (self.state, input) {
            (State::Ended, _) => Err(ApiMisuse::Ended.into()),
            (State::Ready, Input::Resume | Input::Poll) => self.send(),
            (State::Waiting(wait), Input::Resume | Input::Poll) => self.handle_wait(now, wait),
            (State::Outstanding, Input::Resume) => self.handle_restart(now),
            (State::Outstanding, Input::Response(response)) => self.handle_response(now, &response),
            (State::Outstanding, Input::Failure(failure)) => self.handle_failure(now, failure),
            (State::Outstanding, Input::Poll) => Err(ApiMisuse::NotWaiting.into()),
            (State::Ready | State::Waiting(_), Input::Response(_) | Input::Failure(_)) => {
                Err(ApiMisuse::NoRequest.into())
            }
            (_, Input::Answer(_)) => Err(ApiMisuse::NoQuestion.into()),
        }
    }
}

stored! {
    /// It holds no secret.
    Discovery, "discovery", 1, DiscoveryBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DiscoveryBody {
    issuer: String,
    strict: bool,
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
