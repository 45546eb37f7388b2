//! What a key owes to those who trust its signatures: a comparison that tells nothing, a nonce that never comes twice, and a secret that cannot be guessed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests, helpers included")]

use jwt_core::{
    Algorithm, Answer, Jwk, JwkSet, KeyError, Keyring, KeyringError, Question, Secret, SigningKey, VerifyingKey,
    VerifyingKeys, base64url,
};

/// A guess that is right up to its last bit is as wrong as any other.
// JWA-02
#[test]
fn a6_a_mac_is_compared_whole_and_in_constant_time() {
    for key in [SigningKey::hs256(&[1; 64]), SigningKey::hs384(&[1; 64]), SigningKey::hs512(&[1; 64])] {
        let key = key.unwrap();
        let verifying = key.verifying_key().unwrap();
        let mac = key.sign(b"input").unwrap();
        assert!(verifying.verify(b"input", &mac).is_ok());
        for bit in 0..mac.len() * 8 {
            let mut wrong = mac.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(verifying.verify(b"input", &wrong).is_err(), "{}: bit {bit}", key.algorithm());
        }
    }
    // How long it takes cannot be measured on a shared machine. What can be seen: each hash compares by `verify_slice`, which is the `hmac` crate's
    // comparison in constant time, and nothing else looks at the signature.
    let source = include_str!("../src/key/hmac.rs");
    let (_, verify) = source.split_once("fn verify(").unwrap();
    let (verify, _) = verify.split_once("\n    }\n").unwrap();
    assert_eq!(verify.matches(".verify_slice(signature).is_ok()").count(), 3, "{verify}");
    assert_eq!(verify.matches("signature").count(), 4, "{verify}");
    assert!(!verify.contains("=="), "{verify}");
}

/// Two signatures with one nonce give the private key away (RFC 8725, section 3.2).
// JWA-10
#[cfg(feature = "ring")]
#[test]
fn no_ecdsa_nonce_is_used_twice() {
    let pems = [
        (Algorithm::ES256, include_str!("fixtures/ec-p256.pkcs8.pem")),
        (Algorithm::ES384, include_str!("fixtures/ec-p384.pkcs8.pem")),
    ];
    for (algorithm, pem) in pems {
        let key = SigningKey::from_pem(algorithm, pem).unwrap();
        let verifying = key.verifying_key().unwrap();
        let mut nonces = Vec::new();
        for round in 0_u8..64 {
            // The same input twice: R, the point of the nonce, is another one. Then another input.
            for input in [&b"input"[..], &b"input"[..], &[round]] {
                let signature = key.sign(input).unwrap();
                assert!(verifying.verify(input, &signature).is_ok());
                let nonce = signature[..signature.len() / 2].to_vec();
                assert!(!nonces.contains(&nonce), "{algorithm}: R came twice");
                nonces.push(nonce);
            }
        }
    }
}

/// RFC 8725, section 3.5: "Human-memorizable passwords MUST NOT be directly used as the key to a keyed-MAC algorithm". What is shorter than the hash is refused
/// wherever a key can come from, and there is no way around it.
// JWT-14, JWA-01
#[test]
fn a6_a_password_is_an_hmac_key_on_no_path() {
    let password = "correct horse battery staple";
    let octets = password.as_bytes();
    let too_short = |minimum| KeyError::TooShort { bits: octets.len() * 8, minimum };
    let hashes = [(Algorithm::HS256, 256), (Algorithm::HS384, 384), (Algorithm::HS512, 512)];

    let verifying = [VerifyingKey::hs256(octets), VerifyingKey::hs384(octets), VerifyingKey::hs512(octets)];
    let signing = [SigningKey::hs256(octets), SigningKey::hs384(octets), SigningKey::hs512(octets)];
    for ((verifying, signing), (_, minimum)) in verifying.into_iter().zip(signing).zip(hashes) {
        assert_eq!(verifying.unwrap_err(), too_short(minimum));
        assert_eq!(signing.unwrap_err(), too_short(minimum));
    }

    for (algorithm, minimum) in hashes {
        let k = base64url::encode(octets);
        let named = format!(r#"{{"kty":"oct","k":"{k}","alg":"{algorithm}"}}"#);
        assert_eq!(Jwk::from_slice(named.as_bytes()).unwrap_err(), too_short(minimum));
        let jwk = Jwk::from_slice(format!(r#"{{"kty":"oct","k":"{k}"}}"#).as_bytes()).unwrap();
        assert_eq!(VerifyingKey::from_jwk_as(&jwk, algorithm).unwrap_err(), too_short(minimum));
        assert_eq!(SigningKey::from_jwk_as(&jwk, algorithm).unwrap_err(), too_short(minimum));

        let set = JwkSet::from_slice(format!(r#"{{"keys":[{named}]}}"#).as_bytes()).unwrap();
        assert!(VerifyingKeys::new(&set, &[algorithm]).is_empty());

        // `client_secret_jwt` with a secret that somebody made up.
        let keyring = Keyring::new().secret("client", Secret::new(password));
        let question = Question::Sign { key: "client".into(), algorithm, input: b"input".to_vec() };
        assert_eq!(keyring.answer(question).unwrap_err(), KeyringError::Key(too_short(minimum)));
    }

    // The way to do it: a key derived from the password, or drawn at random.
    let keyring = Keyring::new().secret("client", Secret::new(password.repeat(3)));
    let question = Question::Sign { key: "client".into(), algorithm: Algorithm::HS512, input: b"input".to_vec() };
    assert!(matches!(keyring.answer(question), Ok(Answer::Signature(mac)) if mac.len() == 64));
}
