//! A JWK Set of a thousand keys, parsed and looked into.

use jwt_core::{Algorithm, JwkSet, VerifyingKeys};

use super::keys::Pair;
use super::table::{Table, Work};

const KEYS: usize = 1000;

pub(crate) fn sets(table: &mut Table) {
    for algorithm in [Algorithm::RS256, Algorithm::ES256] {
        let jwk = Pair::new(algorithm).signing().public_jwk().unwrap();
        let keys: Vec<_> = (0..KEYS).map(|number| jwk.clone().with_kid(format!("key-{number:04}"))).collect();
        let json = serde_json::to_vec(&JwkSet::new(keys)).unwrap();
        let set = JwkSet::from_slice(&json).unwrap();
        let ready = VerifyingKeys::new(&set, &[algorithm]);
        assert_eq!(ready.len(), KEYS);
        let mut turn = 0;
        table.run(
            &format!("JWK Set of {KEYS} {algorithm} keys, {} KiB", json.len() >> 10),
            vec![
                Work::new("plain serde: Vec of structs of strings", || {
                    serde_json::from_slice::<PlainSet>(&json).unwrap()
                }),
                Work::new("plain serde, borrowed", || serde_json::from_slice::<BorrowedSet<'_>>(&json).unwrap()),
                Work::new("JwkSet::from_slice", || JwkSet::from_slice(&json).unwrap()),
                Work::new("from_slice, keys ready", || {
                    VerifyingKeys::new(&JwkSet::from_slice(&json).unwrap(), &[algorithm])
                })
                .goal(2.0),
                Work::new("look-up by kid", || {
                    turn = (turn + 377) % KEYS;
                    let kid =
                        [b'k', b'e', b'y', b'-', digit(turn / 1000), digit(turn / 100), digit(turn / 10), digit(turn)];
                    ready.find(algorithm.as_str(), std::str::from_utf8(&kid).ok()).unwrap().len()
                })
                .nanoseconds(75.0),
            ],
        );
    }
}

fn digit(number: usize) -> u8 {
    b"0123456789"[number % 10]
}

/// A set as one would write it down without a library: texts, nothing decoded or checked.
#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "that they are read is what is measured")]
struct PlainSet {
    keys: Vec<PlainKey>,
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "that they are read is what is measured")]
struct PlainKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "that they are read is what is measured")]
struct BorrowedSet<'a> {
    #[serde(borrow)]
    keys: Vec<BorrowedKey<'a>>,
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "that they are read is what is measured")]
struct BorrowedKey<'a> {
    kty: &'a str,
    kid: Option<&'a str>,
    alg: Option<&'a str>,
    r#use: Option<&'a str>,
    crv: Option<&'a str>,
    n: Option<&'a str>,
    e: Option<&'a str>,
    x: Option<&'a str>,
    y: Option<&'a str>,
}
