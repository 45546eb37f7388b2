//! Laws that hold for every algorithm and for claims of any shape.
#![cfg(feature = "ring")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests, helpers included")]

use std::sync::LazyLock;

use jwt_core::json::{Number, Object, Value};
use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
use jwt_core::{
    Algorithm, Header, Limits, Policy, SigningInput, SigningKey, Timestamp, Unverified, VerifyingKey, VerifyingKeys,
    base64url, sign, verify, verify_with_keys,
};
use proptest::prelude::*;

/// Every algorithm that this build can sign with.
static KEYS: LazyLock<Vec<(SigningKey, VerifyingKey)>> = LazyLock::new(|| {
    let rsa = include_str!("fixtures/rsa2048.pkcs8.pem");
    let pem = [
        (Algorithm::RS256, rsa),
        (Algorithm::RS384, rsa),
        (Algorithm::RS512, rsa),
        (Algorithm::PS256, rsa),
        (Algorithm::PS384, rsa),
        (Algorithm::PS512, rsa),
        (Algorithm::ES256, include_str!("fixtures/ec-p256.pkcs8.pem")),
        (Algorithm::ES384, include_str!("fixtures/ec-p384.pkcs8.pem")),
        (Algorithm::Ed25519, include_str!("fixtures/ed25519.pkcs8.pem")),
    ];
    let pem = pem.map(|(algorithm, pem)| SigningKey::from_pem(algorithm, pem));
    let hmac = [SigningKey::hs256(&[1; 64]), SigningKey::hs384(&[1; 64]), SigningKey::hs512(&[1; 64])];
    let with_public = |key: Result<SigningKey, _>| {
        let key: SigningKey = key.unwrap();
        let verifying = key.verifying_key().unwrap();
        (key, verifying)
    };
    hmac.into_iter().chain(pem).map(with_public).collect()
});

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

fn policy() -> Policy {
    Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required)
}

fn any_value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |number| Number::from_f64(number).map(Value::Number)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        any::<String>().prop_map(Value::from),
        "[\\x00-\\x7f]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Claims that the policy takes, with others of any name and type around them.
fn any_claims() -> impl Strategy<Value = Object> {
    prop::collection::vec(("\\PC{0,10}", any_value()), 0..6).prop_map(|members| {
        let mut claims: Object = members.into_iter().collect();
        for name in ["sub", "jti", "nbf", "iat"] {
            claims.remove(name);
        }
        claims.insert("iss", "https://as.example");
        claims.insert("aud", Value::Array(vec!["other".into(), "api".into()]));
        claims.insert("exp", NOW.as_unix() + 100);
        claims
    })
}

/// What is left of a value that was written and read: a number that is whole has lost its fraction's point.
fn written(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_every_algorithm_signs_is_verified_read_back_and_encoded_as_it_was(claims in any_claims(), index in 0..12_usize) {
        let (signing, key) = &KEYS[index];
        let header = Header::new(signing.algorithm());
        let token = sign(&header, &claims, signing).unwrap();
        let verified = verify::<Object>(&token, key, &policy(), NOW).unwrap();
        prop_assert_eq!(verified.algorithm(), key.algorithm());
        prop_assert_eq!(written(verified.claims()), written(&claims));

        // An accepted token is what its parts encode to, byte for byte.
        let unverified = Unverified::parse(&token, &Limits::default()).unwrap();
        let parts: Vec<Vec<u8>> = token.split('.').map(|part| base64url::decode(part).unwrap()).collect();
        prop_assert_eq!(parts.iter().map(base64url::encode).collect::<Vec<_>>().join("."), &token[..]);
        prop_assert_eq!(unverified.signature(), &parts[2][..]);
        // And what was read is written and signed again, member for member, to the same header and payload, but for the spelling of numbers.
        let again = SigningInput::new(unverified.header(), verified.claims()).unwrap();
        let first = SigningInput::new(&header, &claims).unwrap();
        prop_assert_eq!(again.as_bytes().split(|byte| *byte == b'.').next(), first.as_bytes().split(|byte| *byte == b'.').next());
        let payload = again.as_bytes().split(|byte| *byte == b'.').nth(1).unwrap();
        let payload: serde_json::Value = serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap();
        prop_assert_eq!(payload, written(&claims));
    }

    /// JWT-09: whatever key verifies a token, it is the one that signed it.
    #[test]
    fn no_other_key_verifies(claims in any_claims(), signer in 0..12_usize, verifier in 0..12_usize) {
        let (signing, own) = &KEYS[signer];
        let key = &KEYS[verifier].1;
        let token = sign(&Header::new(signing.algorithm()), &claims, signing).unwrap();
        let verdict = verify::<Value>(&token, key, &policy(), NOW);
        prop_assert_eq!(verdict.is_ok(), own.algorithm() == key.algorithm());
        let set = VerifyingKeys::from_keys(vec![key.clone()]);
        prop_assert_eq!(verify_with_keys::<Value>(&token, &set, &policy(), NOW).is_ok(), verdict.is_ok());
    }
}

/// Every byte of a token of every algorithm, changed to every character that may stand there, and to some that may not.
#[test]
fn any_single_byte_change_is_refused() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0~";
    let mut claims = Object::new();
    claims.insert("iss", "https://as.example");
    claims.insert("aud", "api");
    claims.insert("exp", NOW.as_unix() + 100);
    let mut changes = 0_u32;
    for (signing, key) in KEYS.iter() {
        let token = sign(&Header::new(signing.algorithm()), &claims, signing).unwrap();
        assert!(verify::<Value>(&token, key, &policy(), NOW).is_ok());
        // HMAC costs little, so there every position meets every character; the others meet those next to the one that stands there, which differ in the last bits.
        let thorough = signing.algorithm().as_str().starts_with("HS");
        for position in 0..token.len() {
            let own = token.as_bytes()[position];
            let place = ALPHABET.iter().position(|&character| character == own).unwrap();
            let near = [place + 1, place ^ 1, place + 32].map(|place| ALPHABET[place % 64]);
            let others: &[u8] = if thorough { ALPHABET } else { &near };
            for &other in others.iter().filter(|&&other| other != own) {
                let mut changed = token.clone().into_bytes();
                changed[position] = other;
                let changed = String::from_utf8(changed).unwrap();
                let error = verify::<Value>(&changed, key, &policy(), NOW).unwrap_err();
                assert!(error.failures().is_empty(), "{changed}: came as far as the claims");
                changes += 1;
            }
        }
    }
    assert!(changes > 40_000, "{changes}");
}

/// A byte more or less, anywhere.
#[test]
fn any_inserted_or_removed_byte_is_refused() {
    let mut claims = Object::new();
    claims.insert("iss", "https://as.example");
    claims.insert("aud", "api");
    claims.insert("exp", NOW.as_unix() + 100);
    for (signing, key) in
        KEYS.iter().filter(|(key, _)| ["HS256", "ES256", "Ed25519"].contains(&key.algorithm().as_str()))
    {
        let token = sign(&Header::new(signing.algorithm()), &claims, signing).unwrap();
        for position in 0..=token.len() {
            for character in "A_.9".chars() {
                let mut changed = token.clone();
                changed.insert(position, character);
                assert!(verify::<Value>(&changed, key, &policy(), NOW).is_err(), "{changed}");
            }
            let shorter: String = token
                .chars()
                .enumerate()
                .filter(|(place, _)| *place != position)
                .map(|(_, character)| character)
                .collect();
            if shorter != token {
                assert!(verify::<Value>(&shorter, key, &policy(), NOW).is_err(), "{shorter}");
            }
            assert!(position == token.len() || verify::<Value>(&token[..position], key, &policy(), NOW).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// JWT-03, JWT-04: over all nanoseconds the verdict changes once at `nbf` and once at `exp`, fractions and leeways included; found by halving.
    #[test]
    fn now_moved_across_nbf_and_exp_flips_the_verdict_once(
        nbf in 1_000_u64..2_000_000_000,
        length in 2_000_u64..1_000_000,
        eighths in (0_u32..8, 0_u32..8),
        leeway in 0_u64..900,
    ) {
        let claims = format!(
            r#"{{"iss":"https://as.example","aud":"api","nbf":{nbf}.{:03},"exp":{}.{:03}}}"#,
            eighths.0 * 125, nbf + length, eighths.1 * 125,
        );
        let input = format!("{}.{}", base64url::encode(r#"{"alg":"HS256"}"#), base64url::encode(claims));
        let (signing, key) = &KEYS[0];
        let token = format!("{input}.{}", base64url::encode(signing.sign(input.as_bytes()).unwrap()));
        let policy = policy().leeway(core::time::Duration::from_secs(leeway));
        let at = |nanoseconds: u64| Timestamp::from_duration(core::time::Duration::from_nanos(nanoseconds));
        let code = |nanoseconds: u64| verify::<Value>(&token, key, &policy, at(nanoseconds)).map_or_else(|error| error.code(), |_| "ok");

        let nanoseconds = |seconds: u64, eighths: u32| seconds * 1_000_000_000 + u64::from(eighths) * 125_000_000;
        let start = nanoseconds(nbf - leeway, eighths.0);
        let end = nanoseconds(nbf + length + leeway, eighths.1);
        // The first moment at which the verdict is no longer `before`, if it changes once between the two.
        let flip = |mut low: u64, mut high: u64, before: &str| {
            assert!(code(low) == before && code(high) != before);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if code(middle) == before { low = middle } else { high = middle }
            }
            high
        };
        let middle = nanoseconds(nbf + length / 2, 0);
        prop_assert_eq!((code(0), code(middle), code(u64::MAX)), ("not_yet_valid", "ok", "expired"));
        prop_assert_eq!(flip(0, middle, "not_yet_valid"), start);
        prop_assert_eq!(flip(middle, u64::MAX, "ok"), end);
        // Halving takes for granted that it changes once: so look around, and at many other moments.
        for moment in (0..64).map(|step| step * (2 * end / 64)).chain([start - 1, start, start + 1, end - 1, end, end + 1]) {
            let expected = if moment < start { "not_yet_valid" } else if moment < end { "ok" } else { "expired" };
            prop_assert_eq!(code(moment), expected, "{}", moment);
        }
    }
}
