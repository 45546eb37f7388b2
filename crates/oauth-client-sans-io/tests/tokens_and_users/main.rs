//! What the flows about tokens, users and registrations do, step by step, with the examples of their RFCs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use jwt_core::json::Object;
use jwt_core::{Answer, Limits, Moments, Question, Secret, Timestamp, Unverified};
use oauth_client_sans_io::{Authentication, Client, Error, Flow, SendFailure, Step};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Endpoint, HttpRequest, HttpResponse, Issuer};

mod exchanges;
mod introspection;
mod registrations;
mod users;

#[allow(dead_code, reason = "the harness is shared with the laws")]
#[path = "../laws/mod.rs"]
mod laws;

/// A flow, its clock and its moments.
struct Driven<F> {
    flow: F,
    moments: Moments,
    now: Timestamp,
}

impl<F: Flow> Driven<F> {
    fn new(flow: F) -> Self {
        Self::at(flow, laws::START)
    }
    fn at(flow: F, now: Timestamp) -> Self {
        Self { flow, moments: Moments::from_seed([5; 32]), now }
    }
    fn resume(&mut self) -> Result<Step<F::Output>, Error> {
        self.flow.resume(self.moments.at(self.now))
    }
    fn respond(&mut self, response: HttpResponse) -> Result<Step<F::Output>, Error> {
        self.flow.handle_response(self.moments.at(self.now), response)
    }
    fn fail(&mut self, failure: SendFailure) -> Result<Step<F::Output>, Error> {
        self.flow.handle_failure(self.moments.at(self.now), failure)
    }
    fn answer(&mut self, answer: Answer) -> Result<Step<F::Output>, Error> {
        self.flow.handle_answer(self.moments.at(self.now), answer)
    }
    fn secret(&mut self, secret: &str) -> Result<Step<F::Output>, Error> {
        self.answer(Answer::Secret(Secret::new(secret)))
    }
    /// Answers questions with the keyring of the scenarios until something else comes.
    fn answered(&mut self, step: Result<Step<F::Output>, Error>) -> Result<Step<F::Output>, Error> {
        let mut step = step;
        while let Ok(Step::Ask(question)) = step {
            step = self.answer(laws::keyring().answer(question).unwrap());
        }
        step
    }
}

fn sent<T>(step: Result<Step<T>, Error>) -> HttpRequest {
    match step {
        Ok(Step::Send(request)) => request,
        other => panic!("expected a request, got {other:?}"),
    }
}
fn asked<T>(step: Result<Step<T>, Error>) -> Question {
    match step {
        Ok(Step::Ask(question)) => question,
        other => panic!("expected a question, got {other:?}"),
    }
}
fn done<T>(step: Result<Step<T>, Error>) -> T {
    match step {
        Ok(Step::Done(output)) => output,
        other => panic!("expected the output, got {other:?}"),
    }
}
fn code<T>(step: Result<Step<T>, Error>) -> String {
    step.map_or_else(|error| error.code().to_owned(), |step| format!("{step:?}"))
}
/// What is to be signed: its claims.
fn claims(question: &Question) -> Object {
    let Question::Sign { input, .. } = question else { panic!("nothing to sign in {question:?}") };
    claims_of(&[core::str::from_utf8(input).unwrap(), "."].concat())
}
fn claims_of(token: &str) -> Object {
    Unverified::parse(token, &Limits::default()).unwrap().dangerous_claims().unwrap()
}
fn json(body: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}
fn refused(status: u16, code: &str) -> HttpResponse {
    HttpResponse::new(status)
        .with_header("content-type", "application/json")
        .with_body(format!(r#"{{"error":"{code}"}}"#))
}
fn form(request: &HttpRequest) -> String {
    String::from_utf8(request.body().to_vec()).unwrap()
}
fn server(issuer: &str) -> AuthorizationServer {
    AuthorizationServer::new(Issuer::new(issuer).unwrap())
}
fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url).unwrap()
}
fn public() -> Client {
    Client::new(ClientId::new("client").unwrap(), Authentication::None)
}
fn basic(id: &str) -> Client {
    Client::new(ClientId::new(id).unwrap(), Authentication::SecretBasic("secret".into()))
}
