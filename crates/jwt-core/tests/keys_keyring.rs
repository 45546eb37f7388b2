//! The keyring answers what a flow asks, and says typed what it cannot.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

extern crate alloc;

use jwt_core::{
    Algorithm, Answer, Blame, Jwk, KeyError, Keyring, KeyringError, Question, Secret, SigningKey, VerifyingKey,
    base64url,
};

const SECRET: &str = "a client secret of at least 32 octets";

fn oct(octets: &[u8]) -> Jwk {
    Jwk::from_slice(format!(r#"{{"kty":"oct","k":"{}"}}"#, base64url::encode(octets)).as_bytes()).unwrap()
}

fn keyring() -> Keyring {
    Keyring::new()
        .signing_key("key", SigningKey::hs256(&[7; 32]).unwrap())
        .secret("client", Secret::new(SECRET))
        .secret("short", Secret::new("short"))
}

fn sign(key: &str, algorithm: Algorithm) -> Result<Vec<u8>, KeyringError> {
    match keyring().answer(Question::Sign { key: key.into(), algorithm, input: b"input".to_vec() })? {
        Answer::Signature(signature) => Ok(signature),
        other => panic!("{other:?}"),
    }
}

fn verify(
    keyring: &Keyring,
    keys: Vec<Jwk>,
    algorithm: Algorithm,
    signature: &[u8],
) -> Result<Option<usize>, KeyringError> {
    match keyring.answer(Question::Verify {
        keys,
        algorithm,
        input: b"input".to_vec(),
        signature: signature.to_vec(),
    })? {
        Answer::Verified(index) => Ok(index),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_signs_with_its_own_algorithm_only() {
    assert_eq!(sign("key", Algorithm::HS256).unwrap(), SigningKey::hs256(&[7; 32]).unwrap().sign(b"input").unwrap());
    let wrong = sign("key", Algorithm::HS512).unwrap_err();
    assert_eq!(wrong, KeyringError::Algorithm { asked: Algorithm::HS512, found: Algorithm::HS256 });
    assert_eq!(sign("no such key", Algorithm::HS256).unwrap_err(), KeyringError::UnknownKey);
    assert_eq!((wrong.code(), wrong.blame()), ("keyring_algorithm", Blame::Caller));
}

// OpenID Connect Core, section 9: client_secret_jwt
#[test]
fn a_client_secret_signs_with_hmac_if_it_is_long_enough() {
    assert_eq!(
        sign("client", Algorithm::HS256).unwrap(),
        SigningKey::hs256(SECRET.as_bytes()).unwrap().sign(b"input").unwrap()
    );
    assert!(matches!(sign("client", Algorithm::HS512), Err(KeyringError::Key(KeyError::TooShort { .. }))));
    assert!(matches!(sign("short", Algorithm::HS256), Err(KeyringError::Key(KeyError::TooShort { bits: 40, .. }))));
    assert!(matches!(sign("client", Algorithm::RS256), Err(KeyringError::Key(KeyError::Mismatch { .. }))));
}

#[test]
fn a_secret_is_revealed_by_its_name_and_a_key_is_not() {
    let secret = |key: &str| keyring().answer(Question::Secret { key: key.into() });
    assert!(matches!(secret("client").unwrap(), Answer::Secret(secret) if secret.expose() == SECRET));
    assert_eq!(secret("key").unwrap_err(), KeyringError::UnknownKey);
}

#[test]
fn the_first_key_that_verifies_is_named() {
    let signature = sign("key", Algorithm::HS256).unwrap();
    let keys = || vec![oct(&[1; 32]), oct(&[2; 8]), oct(&[7; 32]), oct(&[7; 32])];
    assert_eq!(verify(&Keyring::new(), keys(), Algorithm::HS256, &signature).unwrap(), Some(2));
    assert_eq!(verify(&Keyring::new(), keys(), Algorithm::HS256, &[0; 32]).unwrap(), None);
    assert_eq!(verify(&Keyring::new(), Vec::new(), Algorithm::HS256, &signature).unwrap(), None);
    assert_eq!(
        verify(&Keyring::new(), keys(), Algorithm::RS256, &signature).unwrap(),
        None,
        "no key fits: not verified"
    );
    let five = [keys(), keys()[..1].to_vec()].concat();
    assert_eq!(
        verify(&Keyring::new(), five, Algorithm::HS256, &signature).unwrap_err(),
        KeyringError::TooManyKeys { found: 5 }
    );
}

#[test]
fn an_algorithm_without_a_backend_is_the_programs_fault_and_not_a_false_signature() {
    let ed448 =
        Jwk::from_slice(format!(r#"{{"kty":"OKP","crv":"Ed448","x":"{}"}}"#, base64url::encode([1; 57])).as_bytes())
            .unwrap();
    let error = verify(&Keyring::new(), vec![ed448.clone()], Algorithm::Ed448, &[1; 114]).unwrap_err();
    assert!(matches!(error, KeyringError::Key(KeyError::NotSupported { .. })));

    fn toy(_: &Jwk, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
        #[derive(Debug)]
        struct Yes(Algorithm);
        impl jwt_core::Verifier for Yes {
            fn algorithm(&self) -> Algorithm {
                self.0
            }
            fn verify(&self, _: &[u8], _: &[u8]) -> Result<jwt_core::SignatureVerified, jwt_core::InvalidSignature> {
                Ok(jwt_core::SignatureVerified::assertion())
            }
        }
        Ok(VerifyingKey::from_verifier(alloc::sync::Arc::new(Yes(algorithm))))
    }
    assert_eq!(verify(&Keyring::new().backend(toy), vec![ed448], Algorithm::Ed448, &[1; 114]).unwrap(), Some(0));
}

#[test]
fn a_backend_that_answers_for_some_keys_or_with_another_algorithm_changes_no_verdict() {
    // Does not know keys of nines, and makes HS512 of those of eights.
    fn odd(jwk: &Jwk, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
        match jwk.dangerous_private_member("k").unwrap() {
            [9, ..] => Err(KeyError::NotSupported { what: "nine" }),
            [8, ..] => VerifyingKey::hs512(&[7; 64]),
            _ => VerifyingKey::from_jwk_as(jwk, algorithm),
        }
    }
    let keyring = Keyring::new().backend(odd);
    let signature = sign("key", Algorithm::HS256).unwrap();
    // One key was checked: the signature is false, whatever the other key is.
    assert_eq!(verify(&keyring, vec![oct(&[9; 32]), oct(&[1; 32])], Algorithm::HS256, &signature).unwrap(), None);
    assert!(verify(&keyring, vec![oct(&[9; 32])], Algorithm::HS256, &signature).is_err());
    let hs512 = SigningKey::hs512(&[7; 64]).unwrap().sign(b"input").unwrap();
    assert_eq!(verify(&keyring, vec![oct(&[8; 64])], Algorithm::HS256, &hs512).unwrap(), None);
    assert_eq!(verify(&keyring, vec![oct(&[8; 64])], Algorithm::HS512, &hs512).unwrap(), Some(0));
}

#[test]
fn debug_shows_names_only() {
    let question = Question::Sign { key: "key".into(), algorithm: Algorithm::HS256, input: b"payload".to_vec() };
    assert_eq!(format!("{question:?}"), r#"Sign { key: KeyId("key"), algorithm: HS256, .. }"#);
    assert_eq!(format!("{:?}", Answer::Signature(vec![1, 2, 3])), "Signature(3 bytes)");
    assert_eq!(format!("{:?}", Answer::Secret(Secret::new(SECRET))), "Secret([redacted])");
    let shown = format!("{:?}", keyring());
    assert!(!shown.contains("octets") && shown.contains("client"), "{shown}");
}

#[test]
fn a_mac_is_verified_with_the_secret_of_its_name_and_with_no_other_key() {
    // JWA-01, A2: the key is the caller's, and no public key is ever a secret.
    let ask = |keyring: &Keyring, key: &str, algorithm: Algorithm, signature: &[u8]| {
        let (key, signature) = (key.into(), signature.to_vec());
        match keyring.answer(Question::VerifyMac { key, algorithm, input: b"input".to_vec(), signature })? {
            Answer::Verified(index) => Ok::<_, KeyringError>(index),
            other => panic!("{other:?}"),
        }
    };
    let mac = sign("client", Algorithm::HS256).unwrap();
    assert_eq!(ask(&keyring(), "client", Algorithm::HS256, &mac), Ok(Some(0)));
    for wrong in [&[] as &[u8], &[0; 32], &mac[..31], &sign("key", Algorithm::HS256).unwrap()] {
        assert_eq!(ask(&keyring(), "client", Algorithm::HS256, wrong), Ok(None));
    }
    assert_eq!(ask(&keyring(), "key", Algorithm::HS256, &sign("key", Algorithm::HS256).unwrap()), Ok(Some(0)));
    let code = |key: &str, algorithm| ask(&keyring(), key, algorithm, &[0; 32]).unwrap_err().code();
    assert_eq!(code("no such key", Algorithm::HS256), "keyring_unknown_key");
    assert_eq!(code("key", Algorithm::HS384), "keyring_algorithm");
    assert_eq!(code("short", Algorithm::HS256), "key_too_short");
    assert_eq!(code("client", Algorithm::RS256), "key_algorithm_mismatch");
    // Neither the input nor the HMAC is shown.
    let question = Question::VerifyMac {
        key: "client".into(),
        algorithm: Algorithm::HS256,
        input: b"input".to_vec(),
        signature: b"signature".to_vec(),
    };
    assert_eq!(format!("{question:?}"), r#"VerifyMac { key: KeyId("client"), algorithm: HS256, .. }"#);
}

#[cfg(feature = "ring")]
#[test]
fn a_mac_is_not_verified_with_a_key_that_signs_in_another_way() {
    let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap();
    let signature = key.sign(b"input").unwrap();
    let keyring = Keyring::new().signing_key("ed", key);
    let input = b"input".to_vec();
    let question = Question::VerifyMac { key: "ed".into(), algorithm: Algorithm::Ed25519, input, signature };
    assert_eq!(keyring.answer(question).unwrap_err().code(), "keyring_algorithm");
}
