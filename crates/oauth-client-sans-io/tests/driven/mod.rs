//! What the tests of single flows share: a flow with its clock, what its steps are expected to be, and what servers answer.

use jwt_core::json::Object;
use jwt_core::{Answer, Limits, Moments, Question, Secret, Timestamp, Unverified};
use oauth_client_sans_io::{Error, Flow, Input, SendFailure, Step};
use oauth_types::{HttpRequest, HttpResponse};

use crate::laws::{START, keyring};

/// A flow, its clock and its moments.
pub(crate) struct Driven<F> {
    pub(crate) flow: F,
    pub(crate) moments: Moments,
    pub(crate) now: Timestamp,
}

impl<F: Flow> Driven<F> {
    pub(crate) fn new(flow: F) -> Self {
        Self::at(flow, START)
    }
    pub(crate) fn at(flow: F, now: Timestamp) -> Self {
        Self { flow, moments: Moments::from_seed([5; 32]), now }
    }
    pub(crate) fn handle(&mut self, input: Input) -> Result<Step<F::Output>, Error> {
        self.flow.handle(self.moments.at(self.now), input)
    }
    pub(crate) fn resume(&mut self) -> Result<Step<F::Output>, Error> {
        self.handle(Input::Resume)
    }
    pub(crate) fn poll(&mut self) -> Result<Step<F::Output>, Error> {
        self.handle(Input::Poll)
    }
    pub(crate) fn respond(&mut self, response: HttpResponse) -> Result<Step<F::Output>, Error> {
        self.handle(Input::Response(response))
    }
    pub(crate) fn fail(&mut self, failure: SendFailure) -> Result<Step<F::Output>, Error> {
        self.handle(Input::Failure(failure))
    }
    pub(crate) fn answer(&mut self, answer: Answer) -> Result<Step<F::Output>, Error> {
        self.handle(Input::Answer(answer))
    }
    pub(crate) fn secret(&mut self, secret: &str) -> Result<Step<F::Output>, Error> {
        self.answer(Answer::Secret(Secret::new(secret)))
    }
    /// Answers with the scenarios' keys as long as something is asked.
    pub(crate) fn answered(&mut self, mut step: Result<Step<F::Output>, Error>) -> Result<Step<F::Output>, Error> {
        while let Ok(Step::Ask(question)) = step {
            step = self.answer(keyring().answer(question).unwrap());
        }
        step
    }
    /// Waits as long as the step says, then polls.
    pub(crate) fn wait(&mut self, step: Step<F::Output>) -> Result<Step<F::Output>, Error> {
        let until = wait(Ok(step));
        assert!(until > self.now);
        self.now = until;
        self.poll()
    }
}

pub(crate) fn sent<T>(step: Result<Step<T>, Error>) -> HttpRequest {
    match step {
        Ok(Step::Send(request)) => request,
        other => panic!("expected a request, got {other:?}"),
    }
}
pub(crate) fn asked<T>(step: Result<Step<T>, Error>) -> Question {
    match step {
        Ok(Step::Ask(question)) => question,
        other => panic!("expected a question, got {other:?}"),
    }
}
pub(crate) fn wait<T>(step: Result<Step<T>, Error>) -> Timestamp {
    match step {
        Ok(Step::Wait(until)) => until,
        other => panic!("expected a wait, got {other:?}"),
    }
}
pub(crate) fn done<T>(step: Result<Step<T>, Error>) -> T {
    match step {
        Ok(Step::Done(output)) => output,
        other => panic!("expected the output, got {other:?}"),
    }
}

pub(crate) fn json(status: u16, body: impl AsRef<[u8]>) -> HttpResponse {
    HttpResponse::new(status).with_header("content-type", "application/json").with_body(body.as_ref())
}
pub(crate) fn refused(status: u16, code: &str) -> HttpResponse {
    json(status, format!(r#"{{"error":"{code}"}}"#))
}
pub(crate) fn form(request: &HttpRequest) -> String {
    String::from_utf8(request.body().to_vec()).unwrap()
}
/// What a token claims, unverified.
pub(crate) fn claims(token: &str) -> Object {
    Unverified::parse(token, &Limits::default()).unwrap().dangerous_claims().unwrap()
}
