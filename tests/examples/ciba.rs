//! A login without a browser (CIBA, in ping mode): a till asks for a customer, the customer's own device asks them, and the server tells the till when to fetch its
//! tokens.
//!
//! `cargo run --example ciba` starts an authorization server on a loopback port and plays the customer itself.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that talks to a person and waits"
)]

use std::error::Error;
use std::sync::mpsc;

use conformance::clock::Clock;
use conformance::net::Bound;
use conformance::server::{Consent, Delivery, RegisteredClient};
use conformance::transport::blocking;
use conformance::world::{SCOPE, SECRET, World};
use jwt_core::{Keyring, KeyringError, Secret};
use oauth_client_sans_io::drive::{self, DriveError};
use oauth_client_sans_io::{Authentication, Ciba, Client, Discovery, Flow};
use oauth_types::ciba::{ClientNotification, Hint};
use oauth_types::{ClientAuthMethod, ClientId, ClientSecret, Endpoint, HttpRequest, Issuer, Reading};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let clock = Clock::machine();
    // The till's notification endpoint hands on whatever can be read; whether it means anything, the login that waits for it knows.
    let (bound, (tell, told)) = (Bound::new()?, mpsc::channel());
    let endpoint = Endpoint::new(format!("{}/notify", bound.origin()))?;
    let _endpoint =
        bound.serve(move |request: HttpRequest| match ClientNotification::from_http(&request, Reading::Interop) {
            Ok(notification) => {
                drop(tell.send(notification));
                ClientNotification::accepted()
            }
            Err(error) => error.to_http(),
        })?;
    let (id, secret) = (ClientId::new("till")?, ClientSecret::new(SECRET));
    let registered = RegisteredClient::confidential(id.clone(), ClientAuthMethod::ClientSecretBasic, secret)
        .scope(SCOPE.parse()?)
        .backchannel(Delivery::Ping(endpoint));
    let world = World::start_with(&clock, |server| server.client(registered))?;
    let server = drive(Discovery::new(Issuer::new(world.issuer())?))?;
    let client = Client::new(id, Authentication::SecretBasic("till secret".into()));

    // 1. Ask for the customer, and show what their device shows too. A till that may restart stores `pending` now.
    let alice = Hint::LoginHint("alice".into());
    let flow = Ciba::new(&server, &client, "openid files.read".parse()?, alice)?.binding_message("W4SCT");
    let mut pending = drive(flow.ping(&clock.moment()))?;
    println!("Please look at your own device. It shows W4SCT.");

    // 2. The customer agrees, and the server tells the till.
    let notifications = {
        let mut model = world.model();
        model.decide_backchannel(clock.now(), pending.auth_req_id(), Consent::Given);
        model.notifications(clock.now())
    };
    for notification in notifications {
        blocking::send(&blocking::agent(), notification).map_err(|_| "the till does not answer")?;
    }

    // 3. Is it about this login, and from this server? Then fetch the tokens.
    let polling = pending.accept_ping(&clock.moment(), &told.recv()?)?;
    let login = drive(polling)?;
    println!("Logged in as {}.", login.id_token.ok_or("no ID token")?.claims().subject());
    Ok(())
}

/// Drives one flow to its end, with a real clock and a real HTTP client.
fn drive<F: Flow>(mut flow: F) -> Result<F::Output, DriveError<KeyringError>> {
    let (clock, agent) = (Clock::machine(), blocking::agent());
    let keyring = Keyring::new().secret("till secret", Secret::new(SECRET));
    drive::blocking(
        &mut flow,
        || clock.moment(),
        std::thread::sleep,
        |request| blocking::send(&agent, request),
        |question| keyring.answer(question),
    )
}
