//! Hostile and odd tokens with the verdict on each, in a table that other libraries can be held against too: `verdicts.tsv`.
//!
//! The columns: name · ids of requirements, rows of the known attacks (A1 to A17) and sections that the row is for · keys · policy · now in seconds · token, with
//! Rust's escapes for what is not printable ASCII · verdict, `ok` or the code of the error. `world.rs` says what the names of keys and policies stand for.
//!
//! The table is written by the rows in this folder, in which the verdicts stand too; nothing of a row is computed by what it tests but the signature. To write it
//! anew after a row was added: `cargo test -p jwt-core --test corpus -- --ignored`.
#![cfg(feature = "ring")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    unreachable_pub,
    reason = "these are tests, helpers included"
)]

mod claims;
mod encoding;
mod headers;
mod json;
mod keys;
mod rows;
mod signatures;
mod world;

use std::collections::BTreeSet;

use jwt_core::json::Value;
use jwt_core::{Error, Limits, Policy, Timestamp, Unverified};

use rows::{Row, Rows};
use world::Keys;

const TABLE: &str = include_str!("verdicts.tsv");

fn all_rows() -> Vec<Row> {
    let mut rows = Rows::default();
    headers::add(&mut rows);
    claims::add(&mut rows);
    json::add(&mut rows);
    encoding::add(&mut rows);
    signatures::add(&mut rows);
    keys::add(&mut rows);
    rows.finish()
}

fn table() -> String {
    all_rows().iter().fold(rows::TITLES.to_owned() + "\n", |table, row| table + &row.line() + "\n")
}

#[test]
fn the_table_is_what_the_rows_write() {
    let (table, rows) = (TABLE.lines(), table());
    let differing = table.clone().zip(rows.lines()).find(|(table, row)| table != row);
    assert_eq!(differing, None, "verdicts.tsv is not what the rows write");
    assert_eq!(table.count(), rows.lines().count());
}

#[test]
#[ignore = "writes the table"]
fn write_the_table() {
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/verdicts.tsv"), table()).unwrap();
}

#[test]
fn every_row_gets_its_verdict() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in TABLE.lines().skip(1) {
        let row = Row::read(line);
        let found = verdict(&row);
        if found != row.verdict {
            wrong.push(format!("{}: expected {}, found {found}", row.name, row.verdict));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count} verdicts are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 300, "{count} rows");
}

/// The verdict, which all entry points share.
fn verdict(row: &Row) -> String {
    let (token, policy, now) = (row.token.as_str(), &world::policy(&row.policy), Timestamp::from_unix(row.now));
    let keys = world::keys(&row.keys);
    let mut buffer = Vec::new();
    let (owned, borrowed) = match &keys {
        Keys::One(key) => (
            jwt_core::verify::<Value>(token, key, policy, now).map(drop),
            jwt_core::verify_borrowed::<serde::de::IgnoredAny>(token, key, policy, now, &mut buffer).map(drop),
        ),
        Keys::Set(set) => (
            jwt_core::verify_with_keys::<Value>(token, set, policy, now).map(drop),
            jwt_core::verify_with_keys_borrowed::<serde::de::IgnoredAny>(token, set, policy, now, &mut buffer)
                .map(drop),
        ),
    };
    assert_eq!(owned, borrowed, "owned and borrowed claims differ for {token}");
    // Taken apart by hand; a token with two faults may be refused for the other one.
    let by_hand = by_hand(token, &world::limits(&row.policy), &keys, policy, now);
    assert_eq!(owned.is_ok(), by_hand.is_ok(), "{owned:?} and by hand {by_hand:?}");
    owned.map_or_else(|error| error.code().to_owned(), |()| "ok".to_owned())
}

fn by_hand(token: &str, limits: &Limits, keys: &Keys, policy: &Policy, now: Timestamp) -> Result<(), Error> {
    let unverified = Unverified::parse(token, limits)?;
    let proof = match keys {
        Keys::One(key) => unverified.check_signature([key])?,
        Keys::Set(set) => unverified.check_signature_with_keys(set)?,
    };
    unverified.verified::<Value>(proof, policy, now, &mut Vec::new()).map(drop)
}

#[test]
fn every_row_of_the_known_attacks_is_covered() {
    // A12, PBES2 and decompression, is met only by refusing what is encrypted.
    let named: BTreeSet<String> =
        all_rows().iter().flat_map(|row| row.refs.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    for attack in 1..=17 {
        assert!(named.contains(&format!("A{attack}")), "no row for A{attack}");
    }
    let requirements = "JWS-01 JWS-02 JWS-03 JWS-04 JWS-05 JWS-06 JWS-07 JWS-08 JWS-09 JWS-10 JWS-13 JWS-15 JWS-16 JWA-01 JWA-04 JWA-05 \
        JWA-08 JWA-09 JWK-02 JWK-07 JWK-08 JWK-11 JWT-01 JWT-02 JWT-03 JWT-04 JWT-05 JWT-06 JWT-07 JWT-08 JWT-09 JWT-10 JWT-11 JWT-12";
    for id in requirements.split_ascii_whitespace() {
        assert!(named.contains(id), "no row for {id}");
    }
}
