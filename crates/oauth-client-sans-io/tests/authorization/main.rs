//! The first half of a login: what is asked, in which way, and what comes back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use driven::{Driven, asked, done, json, sent};
use jwt_core::{Moment, Moments};
use laws::{START, keyring};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{Endpoint, HttpRequest, Pairs, RedirectUri};

#[allow(dead_code, reason = "the harness is shared with the laws")]
#[path = "../laws/mod.rs"]
mod laws;

#[allow(dead_code, reason = "each test uses its part")]
#[path = "../driven/mod.rs"]
mod driven;

mod issuer;
mod mac;
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

/// The one value of a parameter of a URL's query.
fn parameter(url: &str, name: &'static str) -> Option<String> {
    let (_, query) = url.split_once('?').unwrap();
    Pairs::parse(query).unwrap().unique(name).unwrap().map(str::to_owned)
}

/// The one value of a parameter of a request's form.
fn field(request: &HttpRequest, name: &'static str) -> Option<String> {
    Pairs::parse(request.body()).unwrap().unique(name).unwrap().map(str::to_owned)
}
