//! A whole login, end to end: discovery, authorization code with PKCE, ID token, an API call, a refused one, refresh, revocation.
//!
//! `cargo run --example login` starts an authorization server and an API on loopback ports and plays the browser itself;
//! `cargo run --example login -- --browser` prints the URL and waits for yours.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that talks to a person and waits"
)]

use std::error::Error;
use std::fmt::Display;
use std::sync::mpsc;
use std::time::Duration;

use conformance::clock::Clock;
use conformance::net::Bound;
use conformance::transport::blocking;
use conformance::world::{APP, World};
use conformance::{api, server};
use jwt_core::Keyring;
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, Client, Discovery, Flow, Refresh, Revocation, SessionBinding, Tokens, drive,
};
use oauth_types::authorization::Callback;
use oauth_types::{ClientId, HttpRequest, HttpResponse, Issuer, Method, Purpose, RedirectUri, Resource};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let browser = std::env::args().any(|argument| argument == "--browser");
    let world = World::start(&Clock::machine())?;
    let app = App { clock: Clock::machine(), agent: blocking::agent(), keyring: Keyring::new() };
    say("authorization server", world.issuer());
    say("protected API", world.api());

    // 1. Where are the endpoints? (RFC 8414)
    let server = app.drive(Discovery::new(Issuer::new(world.issuer())?))?;
    say("discovered", server.token_endpoint().map_or("", |endpoint| endpoint.as_str()));

    // 2. Send the browser away, with PKCE, state and nonce, and remember what must be checked when it is back.
    let callbacks = Callbacks::listen()?;
    let client = Client::new(ClientId::new(APP)?, Authentication::None);
    let session = SessionBinding::new("the value of a session cookie");
    let redirect = AuthorizationCode::new(&server, &client, RedirectUri::new(callbacks.uri.as_str())?)
        .scope(format!("openid {}", api::READ).parse()?)
        .resource(Resource::new(world.api())?)
        .session(&session)
        .begin(&app.clock.moment())?;
    say("authorization request", shortened(&redirect.url));
    if browser {
        println!("\n  Open this in your browser:\n\n  {}\n", redirect.url);
    } else {
        play_browser(&redirect.url)?;
    }

    // 3. It is back: check the whole callback, redeem the code, verify the ID token.
    let callback = callbacks.next.recv_timeout(Duration::from_secs(if browser { 600 } else { 10 }))?;
    let mut pending = redirect.pending;
    let exchange = pending.accept(&app.clock.moment(), Some(&session), Callback::Url(&callback))?;
    say("callback accepted", "state, issuer and session are right");
    let login = app.drive(exchange)?;
    let claims = login.id_token.ok_or("no ID token")?;
    say("logged in as", format!("{} (ID token verified)", claims.claims().subject()));
    describe(&login.tokens);

    // 4. Call the API: what the scope allows, and what it does not.
    let files = format!("{}/files", world.api());
    let answer = app.call(HttpRequest::get(files.as_str(), Purpose::Resource), Some(&login.tokens))?;
    say("GET /files", format!("{}: {}", answer.status(), String::from_utf8_lossy(answer.body()).trim()));
    let answer = app.call(HttpRequest::new(Method::Delete, files.as_str(), Purpose::Resource), Some(&login.tokens))?;
    say("DELETE /files", refusal(&answer));

    // 5. Refresh: the new refresh token replaces the old one.
    let tokens = app.drive(Refresh::new(&server, &client, &login.tokens)?)?;
    say("refreshed", "new tokens");
    describe(&tokens);

    // 6. Revoke: the refresh token and everything it could give are dead.
    app.drive(Revocation::new(&server, &client, &tokens)?)?;
    say("revoked", "the refresh token");
    match app.drive(Refresh::new(&server, &client, &tokens)?) {
        Ok(_) => return Err("a revoked refresh token still works".into()),
        Err(error) => say("refresh again", format!("{} ({error})", error.code())),
    }
    println!("\ndone, as {}", server::SUBJECT);
    Ok(())
}

/// What the flows do not have: a clock, random bytes, an HTTP client and keys.
struct App {
    clock: Clock,
    agent: ureq::Agent,
    keyring: Keyring,
}

impl App {
    /// Drives one flow to its end.
    fn drive<F: Flow>(&self, mut flow: F) -> Result<F::Output, drive::DriveError<jwt_core::KeyringError>> {
        drive::blocking(
            &mut flow,
            || self.clock.moment(),
            std::thread::sleep,
            |request| blocking::send(&self.agent, request),
            |question| self.keyring.answer(question),
        )
    }

    /// Calls the API with an access token.
    fn call(
        &self,
        request: HttpRequest,
        tokens: Option<&Tokens>,
    ) -> Result<HttpResponse, Box<dyn Error + Send + Sync>> {
        let request = match tokens {
            Some(tokens) => request.with_header("authorization", tokens.authorization().ok_or("not a bearer token")?),
            None => request,
        };
        blocking::send(&self.agent, request).map_err(|failure| format!("the API did not answer: {failure:?}").into())
    }
}

/// The loopback listener to which the browser is sent back (RFC 8252, section 7.3).
struct Callbacks {
    uri: String,
    next: mpsc::Receiver<String>,
    _server: conformance::net::Server,
}

impl Callbacks {
    fn listen() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let bound = Bound::new()?;
        let uri = format!("{}/callback", bound.origin());
        let (sender, next) = mpsc::channel();
        let server = bound.serve(move |request| {
            if !request.url().contains("/callback?") {
                return HttpResponse::new(404);
            }
            // If nobody waits any more there is nothing to tell.
            drop(sender.send(request.url().to_owned()));
            HttpResponse::new(200)
                .with_header("content-type", "text/plain")
                .with_body(b"You can close this window.\n".to_vec())
        })?;
        Ok(Self { uri, next, _server: server })
    }
}

/// What a browser does: it opens a URL and follows redirects.
fn play_browser(url: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let browser: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    browser.get(url).call()?;
    Ok(())
}

fn describe(tokens: &Tokens) {
    let scope = tokens.scope().map(ToString::to_string).unwrap_or_default();
    let expires = tokens.expires_at().map(|at| at.saturating_since(tokens.received_at()).as_secs());
    say("granted scope", scope);
    say("access token", format!("good for {} s", expires.unwrap_or_default()));
    say("refresh token", if tokens.refresh_token().is_some() { "given" } else { "none" });
}

fn refusal(answer: &HttpResponse) -> String {
    format!("{}: {}", answer.status(), answer.header("www-authenticate").unwrap_or_default())
}

/// The URL without the values of its parameters.
fn shortened(url: &str) -> String {
    let (endpoint, query) = url.split_once('?').unwrap_or((url, ""));
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    format!("{endpoint}?{}", names.join("&"))
}

fn say(what: &str, value: impl Display) {
    println!("{what:<24} {value}");
}
