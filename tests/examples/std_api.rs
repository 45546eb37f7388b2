//! A protected API on plain `std`, with the `authenticate_token` of every tutorial done right.
//!
//! `cargo run --example std_api` starts it on a loopback port, calls it four times and ends.
//!
//! What is usually written is ten lines that take the second word of the `Authorization` field, verify it with whatever algorithm and secret are at hand, and
//! answer 401 or 403 with an empty body. Here are as many lines. The guard behind them looks at the scheme, the number of fields, the algorithm, the issuer, the
//! audience, the kind of the token, every time and the scope, and writes the challenge that a client can act on.
#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that talks to a person"
)]

use std::error::Error;
use std::time::Duration;

use conformance::clock::Clock;
use conformance::net::Bound;
use conformance::transport::blocking;
use jwt_core::json::Object;
use jwt_core::{Algorithm, Header, SigningKey, Timestamp, VerifyingKeys, sign};
use oauth_resource_sans_io::{Check, Denial, Guard, Principal, RequestHead, Requirement, Throttle};
use oauth_types::{HttpRequest, HttpResponse, Issuer, Purpose, Scope};

type Failure = Box<dyn Error + Send + Sync>;

const ISSUER: &str = "https://as.example";

/// Lets `next` answer those who may; answers the others.
fn authenticate_token(
    guard: &Guard,
    throttle: &mut Throttle,
    now: Timestamp,
    request: &HttpRequest,
    next: impl FnOnce(&Principal) -> HttpResponse,
) -> HttpResponse {
    // By whatever tells callers apart; here there is only one address.
    let caller = "127.0.0.1";
    if let Some(wait) = throttle.wait(caller, now) {
        return Denial::throttled(wait).to_http();
    }
    match guard.check(&RequestHead::from_http(request), now) {
        Check::Granted(principal) => next(&principal),
        Check::Denied(denial) => {
            if denial.reason().error() == Some("invalid_token") {
                throttle.failed(caller, now);
            }
            denial.to_http()
        }
        // A guard with keys of its own, without proofs and stores, needs nothing.
        Check::Needs(_) | _ => HttpResponse::new(503),
    }
}

fn main() -> Result<(), Failure> {
    let clock = Clock::machine();
    let bound = Bound::new()?;
    let api = bound.origin();
    // The secret is shared with the authorization server, and made once by a random source.
    let key = SigningKey::hs256(&clock.moment().derive("a secret of 32 octets", 0))?;
    let guard = Guard::new(api.as_str())
        .issuer_with_keys(Issuer::new(ISSUER)?, VerifyingKeys::from_keys(vec![key.verifying_key()?]))
        .requirement(Requirement::from(Scope::parse("files.read")?));
    let mut throttle = Throttle::new(10, Duration::from_secs(1), 1000);
    let served = clock.clone();
    let server = bound.serve(move |request| {
        authenticate_token(&guard, &mut throttle, served.now(), &request, |principal| {
            HttpResponse::new(200).with_body(format!("files of {}\n", principal.subject().unwrap_or("nobody")))
        })
    })?;

    let agent = blocking::agent();
    let good = token(&key, &api, "files.read", clock.now())?;
    let narrow = token(&key, &api, "files.write", clock.now())?;
    for (what, field) in [
        ("nobody", None),
        ("alice", Some(format!("Bearer {good}"))),
        ("alice with another scope", Some(format!("Bearer {narrow}"))),
        ("somebody with a token of their own making", Some("Bearer eyJhbGciOiJub25lIn0.e30.".into())),
    ] {
        let request = HttpRequest::get(format!("{}/files", server.origin()), Purpose::Resource);
        let request = match field {
            Some(field) => request.with_header("authorization", field),
            None => request,
        };
        let response = blocking::send(&agent, request).map_err(|failure| format!("{failure:?}"))?;
        println!("{what}: {} {}", response.status(), response.header("www-authenticate").unwrap_or("welcome"));
    }
    Ok(())
}

/// What an authorization server would issue.
fn token(key: &SigningKey, api: &str, scope: &str, now: Timestamp) -> Result<String, Failure> {
    let texts =
        [("iss", ISSUER), ("aud", api), ("sub", "alice"), ("client_id", "app"), ("jti", scope), ("scope", scope)];
    let mut claims: Object = texts.into_iter().collect();
    claims.insert("iat", now.as_unix());
    claims.insert("exp", now.as_unix().saturating_add(300));
    Ok(sign(&Header::new(Algorithm::HS256).with_typ("at+jwt"), &claims, key)?)
}
