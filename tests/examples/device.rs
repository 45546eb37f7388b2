//! A login on another device: the device shows a code, its user enters it elsewhere, the device polls until it is let in.
//!
//! `cargo run --example device` starts an authorization server on a loopback port and plays the user itself.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that talks to a person and waits"
)]

use std::error::Error;
use std::time::Duration;

use conformance::clock::Clock;
use conformance::server::Consent;
use conformance::transport::blocking;
use conformance::world::{APP, World};
use jwt_core::{Keyring, KeyringError};
use oauth_client_sans_io::drive::{self, DriveError};
use oauth_client_sans_io::{Authentication, Client, DeviceAuthorization, Discovery, Flow};
use oauth_types::{ClientId, Issuer};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let world = World::start(&Clock::machine())?;
    let server = drive(Discovery::new(Issuer::new(world.issuer())?))?;
    let client = Client::new(ClientId::new(APP)?, Authentication::None);

    // 1. Ask for a code, and show it.
    let shown = drive(DeviceAuthorization::new(&server, &client)?.scope("openid files.read".parse()?))?;
    println!("Go to {} and enter {}.", shown.verification_uri, shown.user_code);

    std::thread::scope(|scope| {
        // 2. The user does so, on another device, after a while.
        let (world, user_code) = (&world, shown.user_code);
        scope.spawn(move || {
            std::thread::sleep(Duration::from_secs(7));
            world.model().decide_on_device(&user_code, Consent::Given);
            println!("(The user has said yes.)");
        });

        // 3. Meanwhile the device polls, at the pace that the server set.
        let login = drive(shown.polling)?;
        let claims = login.id_token.ok_or("no ID token")?;
        println!("Logged in as {}.", claims.claims().subject());
        Ok(())
    })
}

/// Drives one flow to its end, with a real clock and a real HTTP client.
fn drive<F: Flow>(mut flow: F) -> Result<F::Output, DriveError<KeyringError>> {
    let (clock, agent, keyring) = (Clock::machine(), blocking::agent(), Keyring::new());
    drive::blocking(
        &mut flow,
        || clock.moment(),
        std::thread::sleep,
        |request| blocking::send(&agent, request),
        |question| keyring.answer(question),
    )
}
