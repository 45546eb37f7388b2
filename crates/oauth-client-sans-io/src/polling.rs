//! The private machine that asks the token endpoint again and again whether a user has decided (RFC 8628, sections 3.4 and 3.5; CIBA Core 1.0, sections 10.1 and 11).
//!
//! # Theory of operation
//!
//! `Waiting` until the next poll is due → `Asking`, which is one request with all that it must be shown with → back to `Waiting` if the user has not decided, the
//! server did not answer, or wants to see its DPoP nonce; `Login` when the tokens are there. [`Pace`] alone decides when: no poll is sent before it is due, and none
//! after the end of the lifetime, which is looked at before each sending and again when an answer comes that is none. Tokens that come late are tokens: the
//! server gave them for a request that was sent in time, and whoever threw them away would leave a grant behind that nobody can use.

mod pace;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use jwt_core::{JwkSet, Moment, Secret};
use oauth_types::dpop::DpopNonce;
use oauth_types::response::ResponseError;
use oauth_types::token::{TokenRequest, TokenResponse};
use oauth_types::{ErrorCode, HttpRequest, Replay, retry_after};
use serde::{Deserialize, Serialize};

pub(crate) use self::pace::Pace;
use crate::client::Party;
use crate::error::{ApiMisuse, Error, Operation, TransportFailure};
use crate::exchange::{Credentials, Exchange, ExchangeBody, Outgoing, Received};
use crate::flow::{Input, Step};
use crate::grant::{Grant, GrantBody};
use crate::login::{Expected, ExpectedBody, Login, LoginBody, LoginCheck};
use crate::tokens::Tokens;

/// What is waited for: a kind of grant that is polled.
pub(crate) trait Awaited: fmt::Debug {
    const OPERATION: Operation;
    /// Whether the interval counts from the request that was sent last, and not from its answer.
    const FROM_REQUEST: bool;
    /// The token request with what names the login.
    fn request(handle: &Secret) -> TokenRequest;
}

/// A login on another device, as it is polled for.
#[derive(Debug)]
pub(crate) struct Polling<A> {
    state: State<A>,
    pace: Pace,
    expected: Expected,
}

#[derive(Debug)]
enum State<A> {
    Waiting(Box<Exchange<Request<A>>>),
    Asking(Box<Exchange<Request<A>>>),
    Login(LoginCheck),
}

impl<A: Awaited> Polling<A> {
    /// Polls with this handle, which `grant`'s server gave, at this pace.
    pub(crate) fn new(grant: Grant, handle: Secret, pace: Pace, expected: Expected, nonce: Option<DpopNonce>) -> Self {
        let request = Request { grant, handle, awaited: PhantomData };
        let exchange = Exchange::new(request).with_nonce(nonce);
        Self { state: State::Waiting(Box::new(exchange)), pace, expected }
    }

    pub(crate) fn know_keys(&mut self, keys: JwkSet) {
        self.expected.keys.know(&keys);
    }

    pub(crate) fn add_parameter(&mut self, name: String, value: Secret) {
        match &mut self.state {
            State::Waiting(exchange) | State::Asking(exchange) => {
                exchange.request_mut().grant.parameters.push((name, value));
            }
            State::Login(_) => {}
        }
    }

    pub(crate) const fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The one transition function.
    pub(crate) fn handle(&mut self, at: &Moment, input: Input) -> Result<Step<Login>, Error> {
        // Not kept if the input is misuse.
        let pace = self.pace.at(at.now());
        match (&mut self.state, input) {
            (State::Waiting(exchange), Input::Resume | Input::Poll) => {
                if pace.is_over() || !pace.is_due() {
                    return self.wait(pace);
                }
                let step = exchange.handle(at, Input::Resume)?;
                if let State::Waiting(exchange) = self.end() {
                    self.state = State::Asking(exchange);
                }
                self.asked(at, pace, step)
            }
            (State::Waiting(_), Input::Response(_) | Input::Failure(_)) => Err(ApiMisuse::NoRequest.into()),
            (State::Waiting(_), Input::Answer(_)) => Err(ApiMisuse::NoQuestion.into()),
            (State::Asking(exchange), input) => {
                let known = exchange.nonce().cloned();
                let result = exchange.handle(at, input);
                let renewed = exchange.nonce() != known.as_ref();
                self.asking(at, pace, renewed, result)
            }
            (State::Login(check), input) => check.handle(at, input),
        }
    }

    /// What the exchange said.
    fn asking(
        &mut self,
        at: &Moment,
        pace: Pace,
        nonce_is_new: bool,
        result: Result<Step<Polled>, Error>,
    ) -> Result<Step<Login>, Error> {
        match result {
            Ok(Step::Done(Polled::Tokens(tokens))) => self.login(at, *tokens),
            Ok(Step::Done(Polled::Pending { slow_down, retry_after })) => {
                let pace = if slow_down { pace.slower() } else { pace };
                self.wait(pace.answered(at.now(), A::FROM_REQUEST, retry_after))
            }
            Ok(step) => self.asked(at, pace, step),
            // RFC 9449, section 8: once more with the nonce, when the next poll is due. A server that refuses the nonce which it has just given has no use for any.
            Err(Error::Refused { response, .. })
                if response.is_use_dpop_nonce() && nonce_is_new && !pace.nonce_was_wanted() =>
            {
                self.wait(pace.answered(at.now(), A::FROM_REQUEST, None).nonce_wanted())
            }
            Err(Error::Transport { failure, .. }) => {
                let asked_for = match failure {
                    TransportFailure::Unavailable { retry_after, .. } => retry_after,
                    TransportFailure::NotSent | TransportFailure::Unknown => None,
                };
                self.wait(pace.failed(at.now(), asked_for))
            }
            Err(error) => {
                if !error.is_misuse() {
                    // RFC 8628, section 3.5: "If the client receives an error response with any other error code, it MUST stop polling".
                    self.end();
                }
                Err(error)
            }
        }
    }

    /// A step on the way to the next poll, which is taken only in time.
    fn asked(&mut self, at: &Moment, pace: Pace, step: Step<Polled>) -> Result<Step<Login>, Error> {
        if pace.is_over() {
            return self.wait(pace);
        }
        self.pace = if matches!(step, Step::Send(_)) { pace.sent(at.now()) } else { pace };
        // Nothing is answered before it is sent.
        step.then(|_| self.wait(pace))
    }

    /// Waits until the next poll is due, or the lifetime is over.
    fn wait(&mut self, pace: Pace) -> Result<Step<Login>, Error> {
        if pace.is_over() {
            self.end();
            return Err(Error::Expired { operation: A::OPERATION });
        }
        self.pace = pace;
        match self.end() {
            State::Asking(mut exchange) | State::Waiting(mut exchange) => {
                exchange.renew();
                self.state = State::Waiting(exchange);
                Ok(Step::Wait(pace.next()))
            }
            State::Login(_) => Err(ApiMisuse::Ended.into()),
        }
    }

    fn login(&mut self, at: &Moment, tokens: Tokens) -> Result<Step<Login>, Error> {
        let client_id = match self.end() {
            State::Asking(exchange) | State::Waiting(exchange) => exchange.request().grant.party.client().id().clone(),
            State::Login(_) => return Err(ApiMisuse::Ended.into()),
        };
        match self.expected.check(A::OPERATION, &client_id, tokens)? {
            Ok(mut check) => {
                let step = check.handle(at, Input::Resume);
                self.state = State::Login(check);
                step
            }
            Err(login) => Ok(Step::Done(login)),
        }
    }

    /// Ends, and gives what there was.
    const fn end(&mut self) -> State<A> {
        core::mem::replace(&mut self.state, State::Login(LoginCheck::Ended))
    }

    pub(crate) fn to_body(&self) -> PollingBody {
        PollingBody {
            state: match &self.state {
                State::Waiting(exchange) => StateBody::Waiting(Box::new(exchange.to_body())),
                State::Asking(exchange) => StateBody::Asking(Box::new(exchange.to_body())),
                State::Login(check) => StateBody::Login(check.to_body()),
            },
            pace: self.pace,
            expected: self.expected.to_body(),
        }
    }

    pub(crate) fn from_body(body: PollingBody) -> Option<Self> {
        Some(Self {
            state: match body.state {
                StateBody::Waiting(exchange) => State::Waiting(Box::new(Exchange::from_body(*exchange)?)),
                StateBody::Asking(exchange) => State::Asking(Box::new(Exchange::from_body(*exchange)?)),
                StateBody::Login(check) => State::Login(LoginCheck::from_body(check)?),
            },
            pace: body.pace,
            expected: Expected::from_body(body.expected)?,
        })
    }
}

/// A [`Polling`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PollingBody {
    state: StateBody,
    pace: Pace,
    expected: ExpectedBody,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody {
    Waiting(Box<ExchangeBody<RequestBody>>),
    Asking(Box<ExchangeBody<RequestBody>>),
    Login(LoginBody),
}

/// One poll.
#[derive(Debug)]
struct Request<A> {
    /// What was asked for. Only the resources are named again (RFC 8707, section 2.2).
    grant: Grant,
    /// The device code, or the identifier of the authentication request.
    handle: Secret,
    awaited: PhantomData<fn() -> A>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestBody {
    grant: GrantBody,
    handle: String,
}

/// What a poll gives, if no error.
enum Polled {
    Tokens(Box<Tokens>),
    /// The user has not decided.
    Pending {
        slow_down: bool,
        retry_after: Option<Duration>,
    },
}

impl<A: Awaited> Outgoing for Request<A> {
    const OPERATION: Operation = A::OPERATION;
    const REPLAY: Replay = Replay::Safe;
    const BINDS: bool = true;
    // When to ask again is for the pace to say.
    const SENDINGS: u8 = 1;
    type Output = Polled;
    type Body = RequestBody;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        self.grant.to_http_without_scope(A::request(&self.handle), credentials)
    }

    fn read(&self, received: &Received<'_>) -> Result<Polled, Error> {
        let response = TokenResponse::from_http(received.response, &self.grant.expect(received));
        if let Err(ResponseError::Refused(refusal)) = &response {
            let slow_down = *refusal.code() == ErrorCode::SlowDown;
            if slow_down || *refusal.code() == ErrorCode::AuthorizationPending {
                let retry_after = retry_after::of(received.response, received.now);
                return Ok(Polled::Pending { slow_down, retry_after });
            }
        }
        self.grant.received(Self::OPERATION, response, received).map(Box::new).map(Polled::Tokens)
    }

    fn wants_nonce(&self, _: &Error, _: &oauth_types::HttpResponse) -> bool {
        // A repetition is a poll like any other, and has to wait like any other.
        false
    }

    fn to_body(&self) -> RequestBody {
        RequestBody { grant: self.grant.to_body(), handle: self.handle.expose().to_string() }
    }

    fn from_body(body: RequestBody) -> Option<Self> {
        let (grant, handle) = (Grant::from_body(body.grant)?, Secret::new(body.handle));
        Some(Self { grant, handle, awaited: PhantomData })
    }
}

/// Makes a flow of a type whose field `polling` is its machine, and gives it what every such flow has.
macro_rules! polling_flow {
    ($(#[$secrets:meta])* $flow:ident($awaited:ty) -> $output:ty, $kind:literal, $version:literal) => {
        impl $flow {
            /// When the server gives up on the user, and this flow on the server.
            #[must_use]
            pub const fn expires_at(&self) -> jwt_core::Timestamp {
                self.polling.pace().expires_at()
            }

            /// How long it waits between two polls: what the server said, and five seconds more for every `slow_down`.
            #[must_use]
            pub const fn interval(&self) -> core::time::Duration {
                self.polling.pace().interval()
            }

            /// Checks the ID token with these keys of the server first, and fetches its key set only if none of them fits.
            #[must_use]
            pub fn known_keys(mut self, keys: jwt_core::JwkSet) -> Self {
                self.polling.know_keys(keys);
                self
            }

            /// Adds a parameter of the caller's own to every poll.
            #[must_use]
            pub fn parameter(
                mut self,
                name: impl Into<alloc::string::String>,
                value: impl Into<alloc::string::String>,
            ) -> Self {
                self.polling.add_parameter(name.into(), jwt_core::Secret::new(value));
                self
            }
        }

        $crate::flow::machine_flow! {
            $(#[$secrets])*
            $flow { polling: $crate::polling::Polling<$awaited> } -> $output, $kind, $version,
            $crate::polling::PollingBody
        }
    };
}
pub(crate) use polling_flow;
