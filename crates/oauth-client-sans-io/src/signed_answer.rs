//! The private machine of flows whose answer may be signed: one request, and then the check of what the server signed.
//!
//! # Theory of operation
//!
//! `Asking` is an exchange as any other. An answer that is not signed ends it; a signed one leads to `Checking`, a [`SignatureCheck`] with the server's keys, and
//! only when the signature holds are the claims looked at. What was sent is forgotten as soon as it is answered.

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use jwt_core::{JwkSet, Moment, Secret, Timestamp, Unverified};
use oauth_types::dpop::DpopNonce;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{ApiMisuse, Error, InvalidReason};
use crate::exchange::{Exchange, ExchangeBody, Outgoing, Received};
use crate::flow::{Input, Step};
use crate::signature::{Keys, KeysBody, SignatureBody, SignatureCheck};

/// What came.
pub(crate) enum Given<T> {
    /// An answer that is not signed.
    Plain(T),
    /// A JWT, of which nothing was looked at.
    Signed(String),
}

/// An answer, and the newest DPoP nonce of the server.
pub(crate) struct Answered<T> {
    given: Given<T>,
    nonce: Option<DpopNonce>,
}

impl<T> Answered<T> {
    pub(crate) fn new(given: Given<T>, received: &Received<'_>) -> Self {
        Self { given, nonce: received.nonce.cloned() }
    }
}

/// What the answer must be, and how that is stored.
pub(crate) trait Expected: Clone + Serialize + DeserializeOwned {
    /// What the answer says.
    type Answer;

    /// What a signed answer says, after its signature was checked.
    fn claims(&self, token: Unverified<'_>, now: Timestamp) -> Result<Self::Answer, InvalidReason>;

    /// Whether what was said, signed or not, is what was asked for.
    fn check(&self, answer: Self::Answer) -> Result<Self::Answer, InvalidReason> {
        Ok(answer)
    }
}

/// An answer that was checked, and what came with it.
pub(crate) struct Checked<T> {
    pub(crate) answer: T,
    pub(crate) nonce: Option<DpopNonce>,
    /// The server's keys, if they had to be fetched.
    pub(crate) fetched_keys: Option<JwkSet>,
}

/// One request whose answer may be signed.
#[derive(Debug)]
pub(crate) struct SignedAnswer<R, E> {
    state: State<R>,
    expected: E,
    keys: Keys,
}

#[derive(Debug)]
enum State<R> {
    Asking(Box<Exchange<R>>),
    Checking(Box<(SignatureCheck, Option<DpopNonce>)>),
    Ended,
}

impl<R, E> SignedAnswer<R, E>
where
    E: Expected,
    R: Outgoing<Output = Answered<E::Answer>>,
{
    pub(crate) fn new(request: R, expected: E, keys: Keys) -> Self {
        Self { state: State::Asking(Box::new(Exchange::new(request))), expected, keys }
    }

    /// The request, as long as it is not answered.
    pub(crate) fn request_mut(&mut self) -> Option<&mut R> {
        match &mut self.state {
            State::Asking(exchange) => Some(exchange.request_mut()),
            State::Checking(_) | State::Ended => None,
        }
    }

    /// Begins with this nonce, which the server gave earlier.
    pub(crate) fn with_nonce(mut self, nonce: Option<DpopNonce>) -> Self {
        self.state = match self.state {
            State::Asking(exchange) => State::Asking(Box::new(exchange.with_nonce(nonce))),
            state @ (State::Checking(_) | State::Ended) => state,
        };
        self
    }

    pub(crate) const fn expected_mut(&mut self) -> &mut E {
        &mut self.expected
    }

    pub(crate) const fn keys_mut(&mut self) -> &mut Keys {
        &mut self.keys
    }

    fn fail<T>(&mut self, reason: InvalidReason) -> Result<T, Error> {
        self.state = State::Ended;
        Err(Error::InvalidResponse { operation: R::OPERATION, reason })
    }

    fn finish(
        &mut self,
        answer: E::Answer,
        nonce: Option<DpopNonce>,
        fetched_keys: Option<JwkSet>,
    ) -> Result<Step<Checked<E::Answer>>, Error> {
        match self.expected.check(answer) {
            Ok(answer) => {
                self.state = State::Ended;
                Ok(Step::Done(Checked { answer, nonce, fetched_keys }))
            }
            Err(reason) => self.fail(reason),
        }
    }

    /// The one transition function. As with a [`Flow`](crate::Flow), an error other than misuse ends it.
    pub(crate) fn handle(&mut self, at: &Moment, input: Input) -> Result<Step<Checked<E::Answer>>, Error> {
        match &mut self.state {
            State::Asking(exchange) => match exchange.handle(at, input) {
                Ok(step) => step.then(|Answered { given, nonce }| match given {
                    Given::Plain(answer) => self.finish(answer, nonce, None),
                    Given::Signed(token) => {
                        let keys = core::mem::take(&mut self.keys);
                        let check = SignatureCheck::new(R::OPERATION, Secret::new(token), keys);
                        self.state = State::Checking(Box::new((check, nonce)));
                        self.handle_checking(at, Input::Resume)
                    }
                }),
                Err(error) => {
                    if !error.is_misuse() {
                        self.state = State::Ended;
                    }
                    Err(error)
                }
            },
            State::Checking(_) => self.handle_checking(at, input),
            State::Ended => Err(ApiMisuse::Ended.into()),
        }
    }

    fn handle_checking(&mut self, at: &Moment, input: Input) -> Result<Step<Checked<E::Answer>>, Error> {
        let State::Checking(checking) = &mut self.state else { return Err(ApiMisuse::Ended.into()) };
        checking.0.handle(at, input)?.then(|()| {
            let State::Checking(checked) = core::mem::replace(&mut self.state, State::Ended) else {
                return Err(ApiMisuse::Ended.into());
            };
            let (mut check, nonce) = *checked;
            let fetched_keys = check.take_fetched();
            match self.expected.claims(check.token()?, at.now()) {
                Ok(answer) => self.finish(answer, nonce, fetched_keys),
                Err(reason) => self.fail(reason),
            }
        })
    }

    pub(crate) fn to_body(&self) -> SignedAnswerBody<R::Body, E> {
        SignedAnswerBody {
            state: match &self.state {
                State::Asking(exchange) => StateBody::Asking(Box::new(exchange.to_body())),
                State::Checking(checking) => StateBody::Checking(Box::new((
                    checking.0.to_body(),
                    checking.1.as_ref().map(|nonce| nonce.as_str().to_string()),
                ))),
                State::Ended => StateBody::Ended,
            },
            expected: self.expected.clone(),
            keys: self.keys.to_body(),
        }
    }

    pub(crate) fn from_body(body: SignedAnswerBody<R::Body, E>) -> Option<Self> {
        let state = match body.state {
            StateBody::Asking(exchange) => State::Asking(Box::new(Exchange::from_body(*exchange)?)),
            StateBody::Checking(checking) => {
                let (check, nonce) = *checking;
                let nonce = nonce.map(DpopNonce::new).transpose().ok()?;
                State::Checking(Box::new((SignatureCheck::from_body(R::OPERATION, check)?, nonce)))
            }
            StateBody::Ended => State::Ended,
        };
        Some(Self { state, expected: body.expected, keys: Keys::from_body(body.keys)? })
    }
}

/// A [`SignedAnswer`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedAnswerBody<R, E> {
    state: StateBody<R>,
    expected: E,
    keys: KeysBody,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody<R> {
    Asking(Box<ExchangeBody<R>>),
    Checking(Box<(SignatureBody, Option<String>)>),
    Ended,
}
