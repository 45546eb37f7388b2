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
        any::<i64>().prop_map(Value::from),
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

/// A moment up to `reach` seconds from now in all its spellings: whole, with a fraction, with an exponent.
fn any_time(reach: core::ops::Range<i64>) -> impl Strategy<Value = Value> {
    let now = i64::try_from(NOW.as_unix()).unwrap();
    (reach, 0_u8..3, 0_u16..1000).prop_map(move |(seconds, form, thousandths)| match form {
        0 => Value::from(now + seconds),
        1 => read(&format!("{}.{thousandths:03}", now + seconds)),
        _ => read(&format!("{}{thousandths:03}e-3", now + seconds)),
    })
}

fn read(json: &str) -> Value {
    jwt_core::json::from_slice(json.as_bytes(), &jwt_core::json::Limits::default()).unwrap()
}

/// Claims that the policy takes, the registered ones in every form that they can have, with others of any name and type around them.
fn any_claims() -> impl Strategy<Value = Object> {
    let audience = prop_oneof![
        Just(Value::from("api")),
        prop::collection::vec(any::<String>(), 0..3).prop_map(|mut all| {
            all.insert(all.len() / 2, "api".into());
            Value::Array(all.into_iter().map(Value::from).collect())
        }),
    ];
    // Since long before 1970.
    let past = || prop_oneof![any_time(-2_000_000..0), any_time(-4_000_000_000..-3_000_000_000)];
    let optional = (
        prop::option::of(any::<String>()),
        prop::option::of("\\PC{0,10}"),
        prop::option::of(past()),
        prop::option::of(past()),
    );
    let others = prop::collection::vec(("\\PC{0,10}", any_value()), 0..6);
    (others, audience, any_time(1..4_000_000_000), optional).prop_map(|(others, aud, exp, (sub, jti, nbf, iat))| {
        let mut claims: Object = others.into_iter().collect();
        claims.insert("iss", "https://as.example");
        claims.insert("aud", aud);
        claims.insert("exp", exp);
        let optional = [("sub", sub.map(Value::from)), ("jti", jti.map(Value::from)), ("nbf", nbf), ("iat", iat)];
        for (name, value) in optional {
            claims.remove(name);
            if let Some(value) = value {
                claims.insert(name, value);
            }
        }
        claims
    })
}

/// One of the keys, and a header for it that the policy takes.
fn any_signer() -> impl Strategy<Value = (usize, Header)> {
    let typ = prop::option::of(prop::sample::select(vec!["JWT", "jwt", "application/jwt"]));
    let kid = prop::option::of(prop_oneof![Just("k".to_owned()), "\\PC{1,12}"]);
    let other = prop::option::of(("x-[a-z]{1,8}", any_value()));
    (0..12_usize, typ, kid, other).prop_map(|(index, typ, kid, other)| {
        let mut header = Header::new(KEYS[index].0.algorithm());
        if let Some(typ) = typ {
            header = header.with_typ(typ);
        }
        if let Some(kid) = kid {
            header = header.with_kid(kid);
        }
        if let Some((name, value)) = other {
            header = header.with(name, value);
        }
        (index, header)
    })
}

/// What is left of a value that was written and read: a number that is whole has lost its fraction's point.
fn written(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_every_algorithm_signs_is_verified_read_back_and_encoded_as_it_was(
        claims in any_claims(),
        (index, header) in any_signer(),
    ) {
        let (signing, key) = &KEYS[index];
        let token = sign(&header, &claims, signing).unwrap();
        let verified = verify::<Object>(&token, key, &policy(), NOW).unwrap();
        prop_assert_eq!(verified.algorithm(), key.algorithm());
        prop_assert_eq!(written(verified.claims()), written(&claims));
        prop_assert!(verified.expires_at().is_some());
        prop_assert_eq!(verified.not_before().is_some(), claims.get("nbf").is_some());
        prop_assert_eq!(verified.issued_at().is_some(), claims.get("iat").is_some());

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
    fn no_other_key_verifies(
        claims in any_claims(),
        (signer, header) in any_signer(),
        verifier in 0..12_usize,
    ) {
        let (signing, own) = &KEYS[signer];
        let key = &KEYS[verifier].1;
        let token = sign(&header, &claims, signing).unwrap();
        let verdict = verify::<Value>(&token, key, &policy(), NOW);
        prop_assert_eq!(verdict.is_ok(), own.algorithm() == key.algorithm());
        // In a set, the key is also found by its name.
        let kid = header.kid().map(str::to_owned);
        let set = VerifyingKeys::from_keys(vec![kid.map_or_else(|| key.clone(), |kid| key.clone().with_kid(kid))]);
        prop_assert_eq!(verify_with_keys::<Value>(&token, &set, &policy(), NOW).is_ok(), verdict.is_ok());
    }
}

/// Every byte of a token of every algorithm, with the header that a key foresees and with one that it does not, changed to any other.
#[test]
fn any_single_byte_change_is_refused() {
    let mut claims = Object::new();
    claims.insert("iss", "https://as.example");
    claims.insert("aud", "api");
    claims.insert("exp", NOW.as_unix() + 100);
    let mut changes = 0_u32;
    for (signing, key) in KEYS.iter() {
        let (signing, key) = (signing.clone().with_kid("k1"), key.clone().with_kid("k1"));
        let bare = Header::new(signing.algorithm());
        for header in [bare.clone().with_typ("JWT").with_kid("k1"), bare] {
            let token = sign(&header, &claims, &signing).unwrap();
            assert!(verify::<Value>(&token, &key, &policy(), NOW).is_ok());
            for position in 0..token.len() {
                let own = token.as_bytes()[position];
                for other in others(own, position, signing.algorithm()) {
                    // What is no ASCII stands as the character of that number: a token is text.
                    let (before, after) = (&token[..position], &token[position + 1..]);
                    let changed = format!("{before}{}{after}", char::from(other));
                    let error = verify::<Value>(&changed, &key, &policy(), NOW).unwrap_err();
                    assert!(error.failures().is_empty(), "{changed}: came as far as the claims");
                    changes += 1;
                }
            }
        }
    }
    assert!(changes > 300_000, "{changes}");
}

/// HMAC costs little, so there every position meets all 255 other bytes. The others meet those that differ in the last bits of what they spell, a character that must
/// not stand there, and some that are spread over all bytes, the same in every run.
fn others(own: u8, position: usize, algorithm: Algorithm) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if algorithm.as_str().starts_with("HS") {
        return (0..=u8::MAX).filter(|&other| other != own).collect();
    }
    let place = ALPHABET.iter().position(|&character| character == own).unwrap_or(0);
    let near = [1, 2, 16, 32].map(|bit| ALPHABET[place ^ bit]);
    let spread = (1..4).map(|step| ALPHABET[(place + position * 7 + step * 19) % 64]);
    let foreign = b"=.+/ \n~\0\x80\xFF"[position % 10];
    near.into_iter().chain(spread).chain([foreign]).filter(|&other| other != own).collect()
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
