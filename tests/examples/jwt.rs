//! Create and validate a JWT; tell an expired token from a tampered one.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that reads the clock and talks to a person"
)]

use std::time::{Duration, SystemTime};

use jwt_core::policy::{Audience, Expiry, Issuer, Policy, Typ};
use jwt_core::{Algorithm, Blame, Header, RegisteredClaims, SigningKey, Timestamp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    let key = SigningKey::hs256(&secret)?;
    let now = Timestamp::from(SystemTime::now());

    // Create: good for 30 minutes.
    let claims = RegisteredClaims::new()
        .with_issuer("https://me.example")
        .with_audience("my-api")
        .with_subject("alice")
        .with_issued_at(now)
        .with_expires_at(now.saturating_add(Duration::from_secs(30 * 60)));
    let token = jwt_core::sign(&Header::new(Algorithm::HS256).with_typ("JWT"), &claims, &key)?;

    // Validate: no decision can be left out.
    let policy =
        Policy::new(Issuer::exactly("https://me.example"), Audience::contains("my-api"), Typ::Jwt, Expiry::Required);
    let key = key.verifying_key()?;
    let valid = jwt_core::verify::<RegisteredClaims>(&token, &key, &policy, now)?;
    println!("valid: subject {:?}", valid.claims().sub);

    // Expired: only time is in the way, so a new token helps.
    let later = now.saturating_add(Duration::from_secs(31 * 60));
    let expired = jwt_core::verify::<RegisteredClaims>(&token, &key, &policy, later).unwrap_err();
    println!("31 minutes later: {} ({expired}), blame {}", expired.code(), expired.blame());
    assert_eq!(expired.blame(), Blame::Time);

    // Tampered (other claims under this signature): somebody is at fault, and no new token helps.
    let other =
        jwt_core::sign(&Header::new(Algorithm::HS256), &claims.with_subject("mallory"), &SigningKey::hs256(&[0; 32])?)?;
    let tampered = [other.rsplit_once('.').unwrap().0, token.rsplit_once('.').unwrap().1].join(".");
    let forged = jwt_core::verify::<RegisteredClaims>(&tampered, &key, &policy, now).unwrap_err();
    println!("tampered: {} ({forged}), blame {}", forged.code(), forged.blame());
    assert_eq!(forged.blame(), Blame::Peer);
    Ok(())
}
