//! The first half of a login: what is asked, in which way, and what comes back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use jwt_core::{Answer, Moment, Moments, Question, Timestamp};
use laws::{START, keyring};
use oauth_client_sans_io::{Error, Flow, SendFailure, Step};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Pairs, RedirectUri};

#[allow(dead_code, reason = "the harness is shared with the laws")]
#[path = "../laws/mod.rs"]
mod laws;

mod issuer;
mod profile;
mod pushed;
mod request;
mod signed_request;
mod signed_response;

const PAR: &str = "https://as.example/par";

fn at() -> Moment {
    Moments::from_seed([4; 32]).at(START)
}

/// The scenarios' server, which also takes pushed requests.
fn server() -> AuthorizationServer {
    laws::scenarios::server().with_pushed_authorization_request_endpoint(Endpoint::new(PAR).unwrap())
}

fn callback() -> RedirectUri {
    RedirectUri::new("https://app.example/callback").unwrap()
}

/// A flow, its clock and its moments.
struct Driven<F> {
    flow: F,
    moments: Moments,
    now: Timestamp,
}

impl<F: Flow> Driven<F> {
    fn new(flow: F) -> Self {
        Self { flow, moments: Moments::from_seed([5; 32]), now: START }
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
    /// Answers with the scenarios' keys as long as something is asked.
    fn answered(&mut self, mut step: Result<Step<F::Output>, Error>) -> Result<Step<F::Output>, Error> {
        while let Ok(Step::Ask(question)) = step {
            step = self.answer(keyring().answer(question).unwrap());
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
fn json(status: u16, body: &str) -> HttpResponse {
    HttpResponse::new(status).with_header("content-type", "application/json").with_body(body)
}

/// The one value of a parameter of a URL's query.
fn parameter(url: &str, name: &'static str) -> Option<String> {
    let (_, query) = url.split_once('?').unwrap();
    Pairs::parse(query).unwrap().unique(name).unwrap().map(str::to_owned)
}

/// The one value of a parameter of a request's form.
fn field(request: &HttpRequest, name: &'static str) -> Option<String> {
    Pairs::parse(request.body()).unwrap().unique(name).unwrap().map(str::to_owned)
}
