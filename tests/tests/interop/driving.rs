//! Flows driven with real HTTP and real time, for every provider.

use std::cell::Cell;
use std::time::Duration;

use conformance::transport::blocking;
use jwt_core::{Algorithm, Jwk, Keyring, KeyringError, Moment, Secret, SigningKey, Timestamp};
use oauth_client_sans_io::drive::{self, DriveError};
use oauth_client_sans_io::{Flow, Login, PendingAuthorization, SendFailure};
use oauth_types::authorization::Callback;
use oauth_types::{HttpRequest, HttpResponse, RedirectUri};

use crate::browser::{Back, Browser};

/// The secret of every client that has one.
pub(crate) const SECRET: &str = "a secret of the tests, 32 octets or more: 50% & +/=~";
/// Any port will do (RFC 8252, section 7.3).
pub(crate) const CALLBACK: &str = "http://127.0.0.1:49152/callback";

/// RFC 7515, appendix A.3: the clients' key.
pub(crate) const CLIENT_KEY: &[u8] = br#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

pub(crate) fn at() -> Moment {
    moment(std::time::SystemTime::now().into())
}

pub(crate) fn moment(now: Timestamp) -> Moment {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).unwrap();
    Moment::new(now, entropy)
}

pub(crate) fn keyring() -> Keyring {
    let key =
        SigningKey::from_jwk(&Jwk::from_slice(CLIENT_KEY).unwrap().with_algorithm(Algorithm::ES256).unwrap()).unwrap();
    Keyring::new()
        .secret("secret", Secret::new(SECRET))
        .secret("wrong secret", Secret::new("another secret"))
        .signing_key("key", key)
}

pub(crate) type Driven<T> = Result<T, DriveError<KeyringError>>;

/// Drives a flow with ureq and real time.
pub(crate) fn run<F: Flow>(flow: F) -> Driven<F::Output> {
    run_as(flow, &keyring())
}

/// The same with other credentials.
pub(crate) fn run_as<F: Flow>(mut flow: F, keyring: &Keyring) -> Driven<F::Output> {
    let agent = blocking::agent();
    let send = |request| blocking::send(&agent, request);
    drive::blocking(&mut flow, at, std::thread::sleep, send, |question| keyring.answer(question))
}

/// The same with another way to send.
pub(crate) fn run_over<F: Flow>(
    mut flow: F,
    send: impl FnMut(HttpRequest) -> Result<HttpResponse, SendFailure>,
) -> Driven<F::Output> {
    let keyring = keyring();
    drive::blocking(&mut flow, at, std::thread::sleep, send, |question| keyring.answer(question))
}

/// The same for what waits for a person: its clock leaps over each wait, and `meanwhile` happens in it, which is told the how manyth it is.
pub(crate) fn run_leaping<F: Flow>(flow: F, meanwhile: impl FnMut(usize)) -> Driven<F::Output> {
    let agent = blocking::agent();
    run_leaping_over(flow, |request| blocking::send(&agent, request), meanwhile)
}

/// The same with another way to send.
pub(crate) fn run_leaping_over<F: Flow>(
    mut flow: F,
    send: impl FnMut(HttpRequest) -> Result<HttpResponse, SendFailure>,
    mut meanwhile: impl FnMut(usize),
) -> Driven<F::Output> {
    let (keyring, leapt, waits) = (keyring(), Cell::new(Duration::ZERO), Cell::new(0));
    let later = || moment(Timestamp::from(std::time::SystemTime::now()).saturating_add(leapt.get()));
    let wait = |delay| {
        waits.set(waits.get() + 1);
        meanwhile(waits.get());
        leapt.set(leapt.get() + delay);
    };
    drive::blocking(&mut flow, later, wait, send, |question| keyring.answer(question))
}

pub(crate) fn redirect_uri() -> RedirectUri {
    RedirectUri::new(CALLBACK).unwrap()
}

/// Has Alice log in and agree, and redeems what came back.
pub(crate) fn finish(url: &str, pending: PendingAuthorization) -> Driven<Login> {
    finish_in(&mut Browser::of("alice"), url, pending)
}

/// The same in a browser that may know somebody.
pub(crate) fn finish_in(browser: &mut Browser, url: &str, mut pending: PendingAuthorization) -> Driven<Login> {
    let back = browser.open(url, CALLBACK);
    run(pending.accept(&at(), None, callback(&back)).unwrap())
}

pub(crate) fn callback(back: &Back) -> Callback<'_> {
    match back {
        Back::Redirect(url) => Callback::Url(url),
        Back::Form(body) => Callback::Form(body.as_bytes()),
        Back::Page(page) => panic!("the login ends with {page}"),
    }
}

pub(crate) fn subject(login: &Login) -> &str {
    login.id_token.as_ref().expect("an ID token").claims().subject()
}

pub(crate) fn code<T>(result: Driven<T>) -> String {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.code().to_owned(),
    }
}
