//! The manual says what is so: every test that it names exists, and every threat has its chapter and a test that is named after it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests, helpers included")]

use std::fs;
use std::path::Path;

use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
use jwt_core::{Algorithm, Header, Policy, RegisteredClaims, SigningKey, Timestamp, sign, verify};

const ATTACKS: &str = include_str!("../src/manual/attacks.md");
const DEFAULTS: &str = include_str!("../src/manual/defaults.md");
const MIGRATING: &str = include_str!("../src/manual/migrating.md");

/// All Rust of the package.
fn sources(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_manual_names_exists() {
    let mut text = String::new();
    for directory in ["src", "tests"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), &mut text);
    }
    let chapters: Vec<&str> = ATTACKS.split("\n## ").skip(1).collect();
    assert_eq!(chapters.len(), 17);
    for (number, chapter) in (1..).zip(chapters) {
        assert!(chapter.starts_with(&format!("A{number}: ")), "{chapter}");
        let (_, tests) = chapter.split_once("\nTests: ").unwrap();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{chapter}");
        for name in &names {
            assert!(text.contains(&format!("fn {name}(")), "the manual names a test that does not exist: {name}");
        }
        let prefix = format!("a{number}_");
        assert!(names.iter().any(|name| name.starts_with(&prefix)), "no test is named after A{number}");
    }
}

#[test]
fn every_limit_is_by_default_what_the_manual_says() {
    let (token, json) = (jwt_core::Limits::default(), jwt_core::json::Limits::default());
    let (jwk, jws) = (jwt_core::jwk::Limits::default(), jwt_core::jws::Limits::default());
    for (limits, fields) in [
        (
            format!("{token:?}"),
            &["max_token_bytes: 65536", "max_header_bytes: 16384", "max_depth: 32", "max_members: 8192"][..],
        ),
        (format!("{json:?}"), &["max_bytes: 1048576", "max_depth: 32", "max_members: 65536"]),
        (format!("{jwk:?}"), &["max_key_bytes: 65536", "max_set_bytes: 4194304", "max_keys: 4096"]),
        (format!("{jws:?}"), &["max_bytes: 1048576", "max_signatures: 16"]),
    ] {
        assert!(fields.iter().all(|field| limits.contains(field)), "{limits}");
    }
    for row in [
        "[`max_token_bytes`](crate::Limits::max_token_bytes) | 64 KiB |",
        "[`max_header_bytes`](crate::Limits::max_header_bytes) | 16 KiB |",
        "[`max_depth`](crate::Limits::max_depth) | 32 |",
        "[`max_members`](crate::Limits::max_members) | 8192 |",
        "[`json::Limits`](crate::json::Limits): bytes | 1 MiB |",
        "[`json::Limits`](crate::json::Limits): depth, members | 32, 65 536 |",
        "[`jwk::Limits`](crate::jwk::Limits): one key | 64 KiB |",
        "[`jwk::Limits`](crate::jwk::Limits): a set | 4 MiB, 4096 keys |",
        "[`jws::Limits`](crate::jws::Limits): bytes | 1 MiB |",
        "[`jws::Limits`](crate::jws::Limits): signatures | 16 |",
    ] {
        assert!(DEFAULTS.contains(row), "the manual does not say: {row}");
    }
}

#[test]
fn every_code_that_the_manual_promises_exists() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    let (_, table) = MIGRATING.split_once("\n## Errors\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let mut codes = 0;
    for code in rows.filter_map(|row| row.split_once(" | ")).flat_map(|(_, ours)| ours.split('`').skip(1).step_by(2)) {
        if code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            assert!(text.contains(&format!("\"{code}\"")), "the manual names a code that does not exist: {code}");
            codes += 1;
        }
    }
    assert!(codes >= 24, "{codes}");
}

#[test]
fn a17_every_token_is_judged_anew_by_all_of_its_arguments() {
    let key = SigningKey::hs256(&[7; 32]).unwrap();
    let claims = RegisteredClaims::new()
        .with_issuer("https://as.example")
        .with_audience("api")
        .with_expires_at(Timestamp::from_unix(1_700_000_100));
    let token = sign(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    let policy = |audience| {
        Policy::new(Issuer::exactly("https://as.example"), Audience::contains(audience), Typ::Jwt, Expiry::Required)
    };
    let verdict = |key: &SigningKey, audience, now| {
        let (key, now) = (key.verifying_key().unwrap(), Timestamp::from_unix(now));
        verify::<RegisteredClaims>(&token, &key, &policy(audience), now).map_or_else(|error| error.code(), |_| "ok")
    };
    // Accepted twice, and in between refused for each argument that differs.
    for _ in 0..2 {
        assert_eq!(verdict(&key, "api", 1_700_000_099), "ok");
        assert_eq!(verdict(&key, "other", 1_700_000_099), "audience_mismatch");
        assert_eq!(verdict(&key, "api", 1_700_000_100), "expired");
        assert_eq!(verdict(&SigningKey::hs256(&[8; 32]).unwrap(), "api", 1_700_000_099), "invalid_signature");
    }
}
