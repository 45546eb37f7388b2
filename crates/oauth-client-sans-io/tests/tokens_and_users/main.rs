//! What the flows about tokens, users and registrations do, step by step, with the examples of their RFCs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use driven::{Driven, asked, done, form, json, refused, sent};
use jwt_core::Question;
use jwt_core::json::Object;
use oauth_client_sans_io::{Authentication, Client, Error, Step};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Endpoint, Issuer};

mod exchanges;
mod introspection;
mod registrations;
mod users;

#[allow(dead_code, reason = "the harness is shared with the laws")]
#[path = "../laws/mod.rs"]
mod laws;

#[allow(dead_code, reason = "each test uses its part")]
#[path = "../driven/mod.rs"]
mod driven;

fn code<T>(step: Result<Step<T>, Error>) -> String {
    step.map_or_else(|error| error.code().to_owned(), |step| format!("{step:?}"))
}
/// What is to be signed: its claims.
fn claims(question: &Question) -> Object {
    let Question::Sign { input, .. } = question else { panic!("nothing to sign in {question:?}") };
    driven::claims(&[core::str::from_utf8(input).unwrap(), "."].concat())
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
