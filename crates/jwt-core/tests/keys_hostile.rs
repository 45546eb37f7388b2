//! No bytes make a key reader panic, and what is accepted has one spelling.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

use jwt_core::{Algorithm, EcdsaSignature, Jwk, JwkSet, SigningKey, VerifyingKey, VerifyingKeys};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Every file of a key that the tests have.
const FILES: &[&str] = &[
    include_str!("fixtures/rsa2048.pkcs8.pem"),
    include_str!("fixtures/rsa2048.pkcs1.pem"),
    include_str!("fixtures/rsa2048.spki.pem"),
    include_str!("fixtures/rsa2048.pkcs1.pub.pem"),
    include_str!("fixtures/ec-p256.pkcs8.pem"),
    include_str!("fixtures/ec-p256.sec1.pem"),
    include_str!("fixtures/ec-p256.spki.pem"),
    include_str!("fixtures/ec-p384.pkcs8.pem"),
    include_str!("fixtures/ec-p384.spki.pem"),
    include_str!("fixtures/ed25519.pkcs8.pem"),
    include_str!("fixtures/ed25519.spki.pem"),
];

/// The octets of a file, read by other means than the library's.
fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let value = |character: u8| match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = base64.bytes().filter(|&character| character != b'=').map(value).collect();
    let octets = digits.chunks(4).flat_map(|digits| {
        let all = digits.iter().fold(0_u32, |all, &digit| all << 6 | u32::from(digit)) << (6 * (4 - digits.len()));
        all.to_be_bytes()[1..digits.len()].to_vec()
    });
    octets.collect()
}

/// Reads the octets as everything that they could be; answers how often that succeeded.
fn read_der(octets: &[u8]) -> usize {
    let mut accepted = 0;
    for &algorithm in Algorithm::ALL {
        accepted += usize::from(EcdsaSignature::from_der(octets, algorithm).is_ok());
        if let Ok(key) = VerifyingKey::from_der(algorithm, octets) {
            accepted += 1;
            assert!(key.verify(b"input", &vec![1; algorithm.signature_len().unwrap_or(256)]).is_err());
        }
        if let Ok(key) = SigningKey::from_der(algorithm, octets) {
            accepted += 1;
            let signature = key.sign(b"input").unwrap();
            assert!(key.verifying_key().unwrap().verify(b"input", &signature).is_ok());
        }
    }
    accepted
}

fn read_pem(text: &str) {
    for &algorithm in Algorithm::ALL {
        let _: (Result<_, _>, Result<_, _>) =
            (VerifyingKey::from_pem(algorithm, text), SigningKey::from_pem(algorithm, text));
    }
}

fn read_json(json: &[u8]) {
    if let Ok(jwk) = Jwk::from_slice(json) {
        let written = serde_json::to_string(&jwk).unwrap();
        if let Some(public) = jwk.public() {
            let again = Jwk::from_slice(written.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&public).unwrap());
            assert_eq!(again.thumbprint(), jwk.thumbprint());
        }
        let whole = Jwk::from_slice(jwk.dangerous_to_private_json().expose().as_bytes()).unwrap();
        assert_eq!(whole.is_private(), jwk.is_private());
        for &algorithm in Algorithm::ALL {
            if let Ok(key) = VerifyingKey::from_jwk_as(&jwk, algorithm) {
                assert!(key.verify(b"input", &vec![1; algorithm.signature_len().unwrap_or(256)]).is_err());
            }
            let _: Result<_, _> = SigningKey::from_jwk_as(&jwk, algorithm);
        }
    }
    if let Ok(set) = JwkSet::from_slice(json) {
        let keys = VerifyingKeys::new(&set, Algorithm::ALL);
        assert!(keys.len() + keys.unusable().len() == set.keys().len() + set.unsupported().len());
        for alg in ["RS256", "EdDSA", "", "none"] {
            for kid in [None, Some("a"), Some("")] {
                assert!(set.find(alg, kid).map_or(0, |keys| keys.len()) <= 4);
                assert!(keys.find(alg, kid).map_or(0, Iterator::count) <= 4);
            }
        }
    }
}

#[test]
fn every_truncated_file_is_refused() {
    for file in FILES {
        let whole = der(file);
        for length in 0..whole.len() {
            assert_eq!(read_der(&whole[..length]), 0, "{length} of {} octets", whole.len());
        }
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(read_der(&longer), 0, "one octet more");
        for length in 0..file.trim_end().len() {
            let cut = &file[..length];
            assert!(Algorithm::ALL.iter().all(|&algorithm| VerifyingKey::from_pem(algorithm, cut).is_err()), "{cut}");
            assert!(Algorithm::ALL.iter().all(|&algorithm| SigningKey::from_pem(algorithm, cut).is_err()), "{cut}");
        }
    }
}

#[test]
fn lengths_that_promise_gigabytes_cost_nothing() {
    for octets in [
        &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF][..],
        &[0x30, 0x88, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x30, 0xFF],
        &[0x30, 0x82, 0xFF, 0xFF, 0x02, 0x82, 0xFF, 0xFF],
    ] {
        assert_eq!(read_der(octets), 0);
    }
    let long = format!("-----BEGIN PUBLIC KEY-----\n{}-----END PUBLIC KEY-----\n", "AAAA\n".repeat(1 << 20));
    read_pem(&long);
}

/// A JSON value, most of the time a text that a key could hold.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec![
            "\"AQAB\"", "\"P-256\"", "\"Ed25519\"", "\"X25519\"", "\"sig\"", "\"enc\"", "\"EdDSA\"", "\"HS256\"", "\"ES256\"", "\"a\"", "\"\"",
            "\"EC\"", "\"OKP\"", "\"RSA\"", "\"oct\"", "\"AKP\"", "[\"verify\"]", "[]", "[\"sign\",\"sign\"]", "null", "1e999", "-0", "{}", "[[1]]", "true",
            "\"\\u0041\\u0041\"", "\"\\ud800\"",
            "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"", "\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"",
            "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"", "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"",
        ]).prop_map(String::from),
        1 => vec(select(vec!['A', 'B', '_', '-', '9', '=', '+', 'é', '\\', '"']), 0..50).prop_map(|text| format!("\"{}\"", text.into_iter().collect::<String>())),
        1 => (0_u8..=255, 0_usize..700).prop_map(|(octet, length)| format!("\"{}\"", jwt_core::base64url::encode(vec![octet; length]))),
    ]
}

fn key() -> impl Strategy<Value = String> {
    let name = select(vec![
        "kty", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "oth", "k", "pub", "priv", "alg", "use",
        "key_ops", "kid", "x5c", "x5t", "zzz",
    ]);
    let kty = select(vec![
        "",
        "\"kty\":\"OKP\",\"crv\":\"Ed25519\",",
        "\"kty\":\"EC\",\"crv\":\"P-256\",",
        "\"kty\":\"RSA\",",
        "\"kty\":\"oct\",",
        "\"kty\":\"AKP\",",
    ]);
    (kty, vec((name, value()), 1..6)).prop_map(|(kty, members)| {
        let members: Vec<String> = members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{kty}{}}}", members.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..300)) {
        read_der(&bytes);
        read_json(&bytes);
        read_pem(&String::from_utf8_lossy(&bytes));
    }

    /// What a mutated file still is, is a key that works: never a panic, never a signature that does not verify.
    #[test]
    fn mutated_files_do_not_panic(file in select(FILES), changes in vec((any::<Index>(), any::<u8>()), 1..4), cut in any::<Option<Index>>()) {
        let mut octets = der(file);
        for (index, octet) in changes {
            let index = index.index(octets.len());
            octets[index] = octet;
        }
        if let Some(cut) = cut {
            octets.truncate(cut.index(octets.len()));
        }
        // A mutated RSA private key may pass ring's checks of its parts and fail when it signs, which is an error and no panic.
        for &algorithm in Algorithm::ALL {
            let _: Result<_, _> = VerifyingKey::from_der(algorithm, &octets);
            let _: Result<_, _> = SigningKey::from_der(algorithm, &octets).map(|key| key.sign(b"input"));
        }
    }

    #[test]
    fn mutated_pem_does_not_panic(file in select(FILES), changes in vec((any::<Index>(), "[A-Za-z0-9+/=\\-\n\r \u{e9}]"), 1..4)) {
        let mut text: Vec<char> = file.chars().collect();
        for (index, character) in changes {
            let index = index.index(text.len());
            text[index] = character.chars().next().unwrap();
        }
        read_pem(&text.into_iter().collect::<String>());
    }

    #[test]
    fn weird_keys_do_not_panic_and_are_written_as_they_are_read(key in key()) {
        read_json(key.as_bytes());
    }

    #[test]
    fn weird_sets_lose_no_key(keys in vec(prop_oneof![4 => key(), 1 => value()], 0..8)) {
        read_json(format!("{{\"keys\":[{}]}}", keys.join(",")).as_bytes());
    }

    /// R || S and DER are two spellings of one signature.
    #[test]
    fn r_and_s_survive_der(r in vec(any::<u8>(), 32), s in vec(any::<u8>(), 32)) {
        prop_assume!(r.iter().any(|&octet| octet != 0) && s.iter().any(|&octet| octet != 0));
        let integer = |half: &[u8]| {
            let start = half.iter().position(|&octet| octet != 0).unwrap();
            let sign: &[u8] = if half[start] >= 0x80 { &[0] } else { &[] };
            let content = [sign, &half[start..]].concat();
            [&[2, u8::try_from(content.len()).unwrap()][..], &content].concat()
        };
        let both = [integer(&r), integer(&s)].concat();
        let der = [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat();
        let signature = EcdsaSignature::from_der(&der, Algorithm::ES256).unwrap();
        prop_assert_eq!(signature.as_bytes(), [r, s].concat());
    }
}
