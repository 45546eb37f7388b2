//! ES512 by the `p521` crate, plugged in from outside through `Signer` and `Verifier`: what jwt-core does not build in is a matter of a few lines.

use std::fmt;
use std::sync::Arc;

use jwt_core::json::Value;
use jwt_core::policy::{Audience, Expiry, Issuer, Policy, Typ};
use jwt_core::{
    Algorithm, Answer, Header, InvalidSignature, Jwk, JwkSet, KeyError, Keyring, Question, RegisteredClaims,
    SignatureVerified, Signer, SignerError, SigningKey, Timestamp, Verifier, VerifyingKey, VerifyingKeys, base64url,
};
use p521::ecdsa::signature::{Signer as _, Verifier as _};

/// A public key of P-521.
pub(crate) struct P521(p521::ecdsa::VerifyingKey);

impl P521 {
    /// The key of a JWK, by the public members that jwt-core has read.
    pub(crate) fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let (Some(x), Some(y), Some("P-521")) = (jwk.public_member("x"), jwk.public_member("y"), jwk.crv()) else {
            return Err(KeyError::NotSupported { what: "a key that is not of P-521" });
        };
        // SEC 1, section 2.3.4: uncompressed. That the point is on the curve is checked here.
        let point = [&[4], x, y].concat();
        p521::ecdsa::VerifyingKey::from_sec1_bytes(&point)
            .map(Self)
            .map_err(|_| KeyError::Malformed { what: "the point" })
    }
}

impl Verifier for P521 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES512
    }

    fn verify(&self, input: &[u8], signature: &[u8]) -> Result<SignatureVerified, InvalidSignature> {
        let signature = p521::ecdsa::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
        self.0.verify(input, &signature).map(|()| SignatureVerified::assertion()).map_err(|_| InvalidSignature)
    }
}

impl fmt::Debug for P521 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P521")
    }
}

/// A private key of P-521.
struct P521Private(p521::ecdsa::SigningKey);

impl Signer for P521Private {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES512
    }

    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature: p521::ecdsa::Signature =
            self.0.try_sign(input).map_err(|_| SignerError::Failed("p521 could not sign"))?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl fmt::Debug for P521Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P521Private")
    }
}

/// What `VerifyingKeys` and `Keyring` make keys with: ES512 here, everything else as always.
pub(crate) fn make(jwk: &Jwk, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
    match algorithm {
        Algorithm::ES512 => Ok(VerifyingKey::from_verifier(Arc::new(P521::from_jwk(jwk)?))),
        other => VerifyingKey::from_jwk_as(jwk, other),
    }
}

fn signing_key(jwk: &Jwk) -> SigningKey {
    let key = p521::ecdsa::SigningKey::from_slice(jwk.dangerous_private_member("d").unwrap()).unwrap();
    SigningKey::from_signer(Arc::new(P521Private(key))).with_kid("bilbo.baggins@hobbiton.example")
}

fn policy() -> Policy {
    Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required)
}

fn claims() -> RegisteredClaims {
    RegisteredClaims::new()
        .with_issuer("https://as.example")
        .with_audience("api")
        .with_expires_at(NOW.saturating_add(SECOND))
}

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);
const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

/// RFC 7520, section 3.1 and 3.2.
const PRIVATE: &str = r#"{"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521","x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt","y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1","d":"AAhRON2r9cqXX1hg-RoI6R1tX5p2rUAYdmpHZoC1XNM56KtscrX6zbKipQrCW9CGZH3T4ubpnoTKLDYJ_fF3_rJt"}"#;

#[test]
fn a_foreign_backend_signs_and_verifies_tokens() {
    let private = Jwk::from_slice(PRIVATE.as_bytes()).unwrap();
    let public = private.public().unwrap();
    let signing = signing_key(&private);
    let token = jwt_core::sign(&Header::new(Algorithm::ES512), &claims(), &signing).unwrap();

    let key = make(&public, Algorithm::ES512).unwrap();
    let verified = jwt_core::verify::<RegisteredClaims>(&token, &key, &policy(), NOW).unwrap();
    assert_eq!((verified.algorithm(), verified.claims()), (Algorithm::ES512, &claims()));

    // By name, out of a set in which a key of a built-in algorithm stands beside it.
    let ed25519 = r#"{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let set = format!(r#"{{"keys":[{ed25519},{}]}}"#, serde_json::to_string(&public).unwrap());
    let set = JwkSet::from_slice(set.as_bytes()).unwrap();
    let keys = VerifyingKeys::with_backend(&set, &[Algorithm::Ed25519, Algorithm::ES512], make);
    assert_eq!((keys.len(), keys.unusable().len()), (2, 0));
    assert!(jwt_core::verify_with_keys::<Value>(&token, &keys, &policy(), NOW).is_ok());
    // Without the backend the key is one that this build cannot use, and the other one is none the worse.
    let keys = VerifyingKeys::new(&set, &[Algorithm::Ed25519, Algorithm::ES512]);
    assert_eq!((keys.len(), keys.unusable()[0].reason.code()), (1, "key_not_supported"));
    let error = jwt_core::verify_with_keys::<Value>(&token, &keys, &policy(), NOW).unwrap_err();
    assert_eq!(error.code(), "no_fitting_key");

    // Every other bit of the signature is refused.
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = base64url::decode(signature).unwrap();
    assert_eq!(signature.len(), 132);
    for position in (0..132).step_by(7) {
        let mut changed = signature.clone();
        changed[position] ^= 1;
        let token = format!("{input}.{}", base64url::encode(changed));
        assert_eq!(jwt_core::verify::<Value>(&token, &key, &policy(), NOW).unwrap_err().code(), "invalid_signature");
    }
}

/// JWA-04: lengths are checked before the backend is asked.
#[test]
fn a_foreign_backend_never_sees_a_signature_of_the_wrong_length() {
    #[derive(Debug)]
    struct Credulous;
    impl Verifier for Credulous {
        fn algorithm(&self) -> Algorithm {
            Algorithm::ES512
        }
        fn verify(&self, _: &[u8], signature: &[u8]) -> Result<SignatureVerified, InvalidSignature> {
            assert_eq!(signature.len(), 132);
            Ok(SignatureVerified::assertion())
        }
    }
    let key = VerifyingKey::from_verifier(Arc::new(Credulous));
    assert!(key.verify(b"input", &[0; 132]).is_ok());
    for length in [0, 1, 64, 131, 133, 139, 264] {
        assert!(key.verify(b"input", &vec![0; length]).is_err());
    }
    #[derive(Debug)]
    struct Der;
    impl Signer for Der {
        fn algorithm(&self) -> Algorithm {
            Algorithm::ES512
        }
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
            Ok(vec![0x30; 139])
        }
    }
    let error = jwt_core::sign(&Header::new(Algorithm::ES512), &claims(), &SigningKey::from_signer(Arc::new(Der)));
    assert_eq!(error.unwrap_err().code(), "sign_backend");
}

#[test]
fn a_keyring_answers_with_a_foreign_backend() {
    let private = Jwk::from_slice(PRIVATE.as_bytes()).unwrap();
    let public = private.public().unwrap();
    let keyring = Keyring::new().signing_key("own", signing_key(&private)).backend(make);
    let sign = Question::Sign { key: "own".into(), algorithm: Algorithm::ES512, input: b"input".to_vec() };
    let Answer::Signature(signature) = keyring.answer(sign).unwrap() else { panic!("no signature") };
    let verify = |keyring: &Keyring, signature: Vec<u8>| {
        let keys = vec![public.clone()];
        keyring.answer(Question::Verify { keys, algorithm: Algorithm::ES512, input: b"input".to_vec(), signature })
    };
    assert!(matches!(verify(&keyring, signature.clone()), Ok(Answer::Verified(Some(0)))));
    assert!(matches!(verify(&keyring, vec![1; 132]), Ok(Answer::Verified(None))));
    assert_eq!(verify(&Keyring::new(), signature).unwrap_err().code(), "key_not_supported");
}

/// RFC 7520, section 4.3: made by another implementation.
#[test]
fn the_signature_of_rfc_7520_is_verified() {
    const INPUT: &str = "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
    const SIGNATURE: &str = "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2";
    let public = Jwk::from_slice(PRIVATE.as_bytes()).unwrap().public().unwrap();
    let key = make(&public, Algorithm::ES512).unwrap();
    let signature = base64url::decode(SIGNATURE).unwrap();
    assert!(key.verify(INPUT.as_bytes(), &signature).is_ok());
    assert!(key.verify(&INPUT.as_bytes()[1..], &signature).is_err());
}

/// JWK-03: the backend finds a point that is not on the curve.
#[test]
fn a_point_beside_the_curve_makes_no_key() {
    let beside = PRIVATE.replace(r#""y":"Adym"#, r#""y":"Adyn"#).split(r#","d""#).next().unwrap().to_owned() + "}";
    let jwk = Jwk::from_slice(beside.as_bytes()).unwrap();
    assert_eq!(make(&jwk, Algorithm::ES512).unwrap_err().code(), "key_malformed");
}
