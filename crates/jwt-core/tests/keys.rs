//! Keys from PEM, DER, JWK and octets: they sign and verify, only with their one algorithm, and a file of another kind is refused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

extern crate alloc;

use alloc::sync::Arc;

use jwt_core::{
    Algorithm, EcdsaSignature, InvalidSignature, Jwk, KeyError, SignatureVerified, Signer, SignerError, SigningKey,
    Verifier, VerifyingKey,
};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name, ".pem"))
    };
}

const RSA: &[Algorithm] =
    &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];

#[cfg(feature = "ring")]
fn pairs() -> Vec<(Algorithm, &'static str, &'static str)> {
    let mut pairs = vec![
        (Algorithm::ES256, fixture!("ec-p256.pkcs8"), fixture!("ec-p256.spki")),
        (Algorithm::ES256, fixture!("ec-p256.sec1"), fixture!("ec-p256.spki")),
        (Algorithm::ES384, fixture!("ec-p384.pkcs8"), fixture!("ec-p384.spki")),
        (Algorithm::Ed25519, fixture!("ed25519.pkcs8"), fixture!("ed25519.spki")),
        (Algorithm::RS256, fixture!("rsa2048.pkcs1"), fixture!("rsa2048.pkcs1.pub")),
    ];
    pairs.extend(RSA.iter().map(|&algorithm| (algorithm, fixture!("rsa2048.pkcs8"), fixture!("rsa2048.spki"))));
    pairs
}

#[cfg(feature = "ring")]
#[test]
fn every_algorithm_of_ring_signs_and_verifies_with_keys_from_files() {
    for (algorithm, private, public) in pairs() {
        let signing = SigningKey::from_pem(algorithm, private).unwrap().with_kid("k");
        let verifying = VerifyingKey::from_pem(algorithm, public).unwrap();
        let signature = signing.sign(b"input").unwrap();
        assert!(verifying.verify(b"input", &signature).is_ok(), "{algorithm}");
        assert!(verifying.verify(b"inpuT", &signature).is_err(), "{algorithm}");
        assert!(verifying.verify(b"", &signature).is_err(), "{algorithm}");
        // What it says about its public half verifies too.
        let derived = signing.verifying_key().unwrap();
        assert_eq!((derived.kid(), derived.algorithm()), (Some("k"), algorithm));
        assert!(derived.verify(b"input", &signature).is_ok(), "{algorithm}");
        let jwk = signing.public_jwk().unwrap();
        assert_eq!(
            (jwk.kid(), jwk.algorithm(), jwk.key_use(), jwk.is_private()),
            (Some("k"), Some(algorithm), Some("sig"), false)
        );
        let jwk = Jwk::from_slice(serde_json::to_string(&jwk).unwrap().as_bytes()).unwrap();
        assert!(VerifyingKey::from_jwk(&jwk).unwrap().verify(b"input", &signature).is_ok(), "{algorithm}");
    }
}

#[cfg(feature = "ring")]
#[test]
fn any_changed_octet_of_a_signature_is_refused() {
    for (algorithm, private, public) in pairs() {
        let verifying = VerifyingKey::from_pem(algorithm, public).unwrap();
        let signature = SigningKey::from_pem(algorithm, private).unwrap().sign(b"input").unwrap();
        for index in 0..signature.len() {
            let mut changed = signature.clone();
            changed[index] ^= 1;
            assert_eq!(verifying.verify(b"input", &changed).unwrap_err(), InvalidSignature, "{algorithm} {index}");
        }
    }
}

#[test]
fn hmac_signs_and_verifies_with_one_clone_of_the_state_for_each_use() {
    let octets = [7; 64];
    for (signing, verifying) in [
        (SigningKey::hs256(&octets).unwrap(), VerifyingKey::hs256(&octets).unwrap()),
        (SigningKey::hs384(&octets).unwrap(), VerifyingKey::hs384(&octets).unwrap()),
        (SigningKey::hs512(&octets).unwrap(), VerifyingKey::hs512(&octets).unwrap()),
    ] {
        let signature = signing.sign(b"input").unwrap();
        assert_eq!(signature, signing.sign(b"input").unwrap());
        assert_eq!(Some(signature.len()), signing.algorithm().signature_len());
        assert!(verifying.verify(b"input", &signature).is_ok());
        assert!(signing.verifying_key().unwrap().verify(b"input", &signature).is_ok());
        assert!(signing.public_jwk().is_none());
        for index in 0..signature.len() {
            let mut changed = signature.clone();
            changed[index] ^= 0x80;
            assert!(verifying.verify(b"input", &changed).is_err());
        }
    }
}

// RFC 4231, section 4.7 (test case 6): a key longer than the block, which HMAC hashes first.
#[test]
fn hmac_is_that_of_rfc_4231() {
    let key = SigningKey::hs256(&[0xAA; 131]).unwrap();
    let mac = key.sign(b"Test Using Larger Than Block-Size Key - Hash Key First").unwrap();
    assert_eq!(mac[..8], [0x60, 0xE4, 0x31, 0x59, 0x1E, 0xE0, 0xB6, 0x7F]);
}

#[test]
fn a_file_of_another_kind_than_the_algorithm_is_refused() {
    let publics = [
        (fixture!("rsa2048.spki"), "RSA"),
        (fixture!("ec-p256.spki"), "P-256"),
        (fixture!("ec-p384.spki"), "P-384"),
        (fixture!("ec-p521.spki"), "P-521"),
        (fixture!("ec-secp256k1.spki"), "secp256k1"),
        (fixture!("ed25519.spki"), "Ed25519"),
        (fixture!("ed448.spki"), "Ed448"),
    ];
    for (pem, kind) in publics {
        // What no backend takes is told by its name too.
        let expected = KeyError::Mismatch { expected: Algorithm::HS256, found: kind };
        assert_eq!(VerifyingKey::from_pem(Algorithm::HS256, pem).unwrap_err(), expected);
        for &algorithm in Algorithm::ALL {
            match VerifyingKey::from_pem(algorithm, pem) {
                Ok(key) => assert_eq!(key.algorithm(), algorithm),
                Err(KeyError::Mismatch { expected, found }) => assert_eq!((expected, found), (algorithm, kind)),
                Err(error) => assert!(matches!(error, KeyError::NotSupported { .. }), "{algorithm} {kind} {error}"),
            }
        }
    }
    assert!(matches!(
        SigningKey::from_pem(Algorithm::ES384, fixture!("ec-p256.pkcs8")),
        Err(KeyError::Mismatch { .. })
    ));
    assert!(matches!(
        SigningKey::from_pem(Algorithm::ES256, fixture!("rsa2048.pkcs8")),
        Err(KeyError::Mismatch { .. })
    ));
    assert!(matches!(
        SigningKey::from_pem(Algorithm::HS256, fixture!("rsa2048.pkcs8")),
        Err(KeyError::Mismatch { .. })
    ));
}

#[test]
fn a_private_file_is_no_public_key_and_the_other_way_round() {
    let public = |pem| VerifyingKey::from_pem(Algorithm::ES256, pem).unwrap_err();
    let private = |pem| SigningKey::from_pem(Algorithm::ES256, pem).unwrap_err();
    for pem in
        [fixture!("ec-p256.pkcs8"), fixture!("ec-p256.sec1"), fixture!("ec-p256.encrypted"), fixture!("rsa2048.pkcs1")]
    {
        assert_eq!(public(pem), KeyError::PrivateKey);
    }
    assert_eq!(private(fixture!("ec-p256.spki")), KeyError::NotPrivate);
    assert_eq!(private(fixture!("rsa2048.pkcs1.pub")), KeyError::NotPrivate);
    assert_eq!(private(fixture!("ec-p256.encrypted")).code(), "key_not_supported");
}

#[test]
fn what_no_backend_takes_is_typed() {
    let not_supported = |error: KeyError| matches!(error, KeyError::NotSupported { .. });
    for (algorithm, public) in [
        (Algorithm::ES512, fixture!("ec-p521.spki")),
        (Algorithm::ES256K, fixture!("ec-secp256k1.spki")),
        (Algorithm::Ed448, fixture!("ed448.spki")),
        (Algorithm::ES256, fixture!("ec-p256-compressed.spki")),
        (Algorithm::PS256, fixture!("rsa-pss.spki")),
    ] {
        assert!(not_supported(VerifyingKey::from_pem(algorithm, public).unwrap_err()), "{algorithm}");
    }
    for (algorithm, private) in [
        (Algorithm::ES512, fixture!("ec-p521.pkcs8")),
        (Algorithm::ES256K, fixture!("ec-secp256k1.pkcs8")),
        (Algorithm::ES256, fixture!("ec-p256-nopublic.sec1")),
    ] {
        assert!(not_supported(SigningKey::from_pem(algorithm, private).unwrap_err()), "{algorithm}");
    }
}

#[cfg(not(feature = "ring"))]
#[test]
fn without_ring_every_asymmetric_key_is_typed_as_not_supported() {
    for (algorithm, public) in [(RSA[0], fixture!("rsa2048.spki")), (Algorithm::Ed25519, fixture!("ed25519.spki"))] {
        assert!(matches!(VerifyingKey::from_pem(algorithm, public), Err(KeyError::NotSupported { .. })));
    }
    assert!(matches!(
        SigningKey::from_pem(Algorithm::Ed25519, fixture!("ed25519.pkcs8")),
        Err(KeyError::NotSupported { .. })
    ));
}

// JWK-06: d matches x; and the same for EC and RSA.
#[cfg(feature = "ring")]
#[test]
fn a_private_part_that_is_not_the_public_ones_is_refused() {
    for (good, bad) in [
        (
            r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2E","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        ),
        (
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#,
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LM"}"#,
        ),
    ] {
        assert!(SigningKey::from_jwk(&Jwk::from_slice(good.as_bytes()).unwrap()).is_ok());
        assert_eq!(
            SigningKey::from_jwk(&Jwk::from_slice(bad.as_bytes()).unwrap()).unwrap_err(),
            KeyError::Inconsistent
        );
    }
}

// JWK-03: a point that is not on its curve is refused by the backend, whenever the key is used.
#[cfg(feature = "ring")]
#[test]
fn a_point_that_is_not_on_its_curve_verifies_nothing() {
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1"}"#;
    // The last character has trailing bits: the JSON is refused before the curve is.
    assert!(Jwk::from_slice(jwk.as_bytes()).is_err());
    let jwk = jwk.replace("a1\"", "a4\"");
    let jwk = Jwk::from_slice(jwk.as_bytes()).unwrap();
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    assert!(key.verify(b"input", &[1; 64]).is_err());
    // So it is among the keys of a set that look usable.
    let keys = jwt_core::VerifyingKeys::new(&jwt_core::JwkSet::new(vec![jwk]), &[Algorithm::ES256]);
    assert_eq!((keys.keys().len(), keys.unusable().len()), (1, 0));
}

#[derive(Debug)]
struct Toy(Vec<u8>);

impl Verifier for Toy {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES512
    }
    fn verify(&self, input: &[u8], signature: &[u8]) -> Result<SignatureVerified, InvalidSignature> {
        assert_eq!(signature.len(), 132, "no other length is handed over");
        if signature.starts_with(input) { Ok(SignatureVerified::assertion()) } else { Err(InvalidSignature) }
    }
}

impl Signer for Toy {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES512
    }
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerError> {
        if input.is_empty() {
            return Err(SignerError::Failed("the token is unplugged"));
        }
        let mut signature = self.0.clone();
        signature[..input.len()].copy_from_slice(input);
        Ok(signature)
    }
}

#[test]
fn a_foreign_backend_signs_and_verifies_like_a_built_in_one() {
    let signing = SigningKey::from_signer(Arc::new(Toy(vec![0; 132]))).with_kid("hsm");
    let verifying = VerifyingKey::from_verifier(Arc::new(Toy(Vec::new()))).with_kid("hsm");
    assert_eq!((signing.algorithm(), signing.kid()), (Algorithm::ES512, Some("hsm")));
    let signature = signing.sign(b"input").unwrap();
    assert!(verifying.verify(b"input", &signature).is_ok());
    assert!(verifying.verify(b"other", &signature).is_err());
    assert!(verifying.verify(b"input", &signature[..131]).is_err());
    assert!(verifying.verify(b"input", &[&signature[..], &[0]].concat()).is_err());
    assert_eq!(signing.sign(b"").unwrap_err(), SignerError::Failed("the token is unplugged"));
    assert!(signing.verifying_key().is_err() && signing.public_jwk().is_none());
    // A backend that answers in DER, say.
    let signing = SigningKey::from_signer(Arc::new(Toy(vec![0; 139])));
    assert_eq!(signing.sign(b"input").unwrap_err(), SignerError::Length { found: 139, expected: 132 });
}

#[test]
fn a_signature_in_der_becomes_r_and_s() {
    let der = |algorithm, der: &[u8]| EcdsaSignature::from_der(der, algorithm);
    let r_s = der(Algorithm::ES256, &[0x30, 0x07, 0x02, 0x02, 0x00, 0x80, 0x02, 0x01, 0x01]).unwrap();
    assert_eq!(
        (r_s.as_bytes()[31], r_s.as_bytes()[63], r_s.as_bytes().iter().filter(|&&byte| byte != 0).count()),
        (0x80, 1, 2)
    );
    assert_eq!(
        der(Algorithm::ES512, &[0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07]).unwrap().into_bytes().len(),
        132
    );
    let full = [&[0x30, 0x44, 0x02, 0x20][..], &[0x7F; 32], &[0x02, 0x20], &[0x7E; 32]].concat();
    assert_eq!(der(Algorithm::ES256, &full).unwrap().as_bytes()[..32], [0x7F; 32]);
    let long = [&[0x30, 0x45, 0x02, 0x21][..], &[0x7F; 33], &[0x02, 0x20], &[0x7E; 32]].concat();
    for bad in [
        &[][..],
        &long,
        &full[..full.len() - 1],
        &[0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x07],
        &[0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x00],
        &[0x30, 0x06, 0x02, 0x01, 0x85, 0x02, 0x01, 0x07],
        &[0x30, 0x07, 0x02, 0x02, 0x00, 0x05, 0x02, 0x01, 0x07],
        &[0x30, 0x03, 0x02, 0x01, 0x05],
        &[0x30, 0x09, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07, 0x02, 0x01, 0x01],
        &[0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07, 0x00],
        &[0x30, 0x81, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07],
        &[0x30, 0x80, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07, 0x00, 0x00],
    ] {
        assert!(der(Algorithm::ES256, bad).is_err(), "{bad:02x?}");
    }
    assert!(matches!(der(Algorithm::Ed25519, &full), Err(KeyError::Mismatch { .. })));
}

#[test]
fn debug_shows_algorithm_and_name_only() {
    let key = SigningKey::hs256(b"correct horse battery staple, and more").unwrap().with_kid("k");
    assert_eq!(format!("{key:?}"), r#"SigningKey { algorithm: HS256, kid: Some("k"), .. }"#);
    assert_eq!(
        format!("{:?}", key.verifying_key().unwrap()),
        r#"VerifyingKey { algorithm: HS256, kid: Some("k"), .. }"#
    );
    let jwk = Jwk::from_slice(br#"{"kty":"oct","k":"Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ","kid":"k"}"#).unwrap();
    assert_eq!(format!("{jwk:?}"), r#"Jwk { kty: "oct", kid: Some("k"), alg: None, private: true, .. }"#);
    let long =
        Jwk::from_slice(format!(r#"{{"kty":"oct","k":"AA","kid":"\\n{}"}}"#, "x".repeat(1000)).as_bytes()).unwrap();
    assert_eq!(
        format!("{long:?}").len(),
        r#"Jwk { kty: "oct", kid: Some("\n..."), alg: None, private: true, .. }"#.len() + 62
    );
}

// RFC 8410, section 10.3: the same key with its public key beside it; and as ring wrote it before 0.17.
#[cfg(feature = "ring")]
#[test]
fn an_ed25519_file_of_version_2_is_read_in_both_spellings() {
    let seed: [u8; 32] = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
        0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ];
    let public: [u8; 32] = [
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1,
        0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    ];
    let head: &[u8] = &[0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let legacy_head: &[u8] =
        &[0x30, 0x53, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let file = |head: &[u8], tag: &[u8], public: &[u8]| [head, &seed, tag, public].concat();
    for der in [file(head, &[0x81, 0x21, 0], &public), file(legacy_head, &[0xA1, 0x23, 0x03, 0x21, 0], &public)] {
        let key = SigningKey::from_der(Algorithm::Ed25519, &der).unwrap();
        assert_eq!(key.public_jwk().unwrap().public_member("x"), Some(&public[..]));
    }
    let other = file(head, &[0x81, 0x21, 0], &seed);
    assert_eq!(SigningKey::from_der(Algorithm::Ed25519, &other).unwrap_err(), KeyError::Inconsistent);
    // RFC 8032, section 5.1.5: a public key of 32 octets.
    let short_head = [&[0x30, 0x50], &head[2..]].concat();
    let short = file(&short_head, &[0x81, 0x20, 0], &public[..31]);
    assert_eq!(SigningKey::from_der(Algorithm::Ed25519, &short).unwrap_err(), KeyError::Malformed { what: "der" });
    let version_1 = file(&[&head[..4], &[0], &head[5..]].concat(), &[0x81, 0x21, 0], &public);
    assert!(SigningKey::from_der(Algorithm::Ed25519, &version_1).is_err(), "a public key needs version 2");
}
