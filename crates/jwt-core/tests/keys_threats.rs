//! The rows A2 to A6 and A14 of the known attacks, at the level of keys and key sets.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

use jwt_core::{Algorithm, Header, Jwk, JwkSet, KeyError, NoMatch, SigningKey, VerifyingKey, VerifyingKeys, base64url};

const RSA_PEM: &str = include_str!("fixtures/rsa2048.spki.pem");
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const P256: &str = r#"{"kty":"EC","crv":"P-256","kid":"ec","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

fn jwk(json: &str) -> Jwk {
    Jwk::from_slice(json.as_bytes()).unwrap()
}

/// A public RSA key of 2048 bits, with these members after its own.
fn rsa_2048(more: &str) -> String {
    let n = base64url::encode([&[0xC0][..], &[0x55; 254], &[1]].concat());
    format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"{more}}}"#)
}

fn set(keys: &[&str]) -> JwkSet {
    JwkSet::from_slice(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes()).unwrap()
}

// JWK-08
#[test]
fn a2_a_public_key_is_never_an_hmac_secret() {
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        assert!(matches!(VerifyingKey::from_pem(algorithm, RSA_PEM), Err(KeyError::Mismatch { found: "RSA", .. })));
        for json in [ED25519, P256] {
            assert!(matches!(VerifyingKey::from_jwk_as(&jwk(json), algorithm), Err(KeyError::Mismatch { .. })));
        }
    }
    // The octets of a PEM text are octets like all others to a key that is asked for as HMAC: nothing guesses, and nothing else would verify with it.
    let confused = VerifyingKey::hs256(RSA_PEM.as_bytes()).unwrap();
    assert_eq!(confused.algorithm(), Algorithm::HS256);
}

#[test]
fn a2_a_symmetric_key_is_never_a_public_key() {
    let oct = jwk(&format!(r#"{{"kty":"oct","k":"{}"}}"#, base64url::encode([1; 64])));
    for &algorithm in Algorithm::ALL {
        let fits = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512].contains(&algorithm);
        assert_eq!(VerifyingKey::from_jwk_as(&oct, algorithm).is_ok(), fits, "{algorithm}");
    }
}

#[test]
fn a2_a_set_for_rs256_finds_nothing_for_a_token_that_says_hs256() {
    let rsa = rsa_2048(r#","kid":"r""#);
    let set = set(&[&rsa]);
    assert_eq!(set.find("HS256", Some("r")).unwrap_err(), NoMatch::NoFittingKey);
    assert_eq!(set.find("none", Some("r")).unwrap_err(), NoMatch::NoFittingKey);
    let keys = VerifyingKeys::new(&set, &[Algorithm::RS256, Algorithm::HS256]);
    for alg in ["HS256", "none", "", "rs256", "RS256 ", "RS384", "PS256"] {
        assert!(keys.find(alg, Some("r")).is_err(), "{alg}");
        assert!(keys.find(alg, None).is_err(), "{alg}");
    }
}

#[test]
fn a3_a_key_that_names_no_algorithm_does_not_take_the_tokens() {
    let rsa = jwk(&rsa_2048(""));
    assert!(matches!(VerifyingKey::from_jwk(&rsa), Err(KeyError::AlgorithmNotNamed)));
    // Two allowed algorithms fit, so neither is chosen: the token must not decide.
    let keys = VerifyingKeys::new(&JwkSet::new(vec![rsa]), &[Algorithm::RS256, Algorithm::PS256]);
    assert!(keys.is_empty());
    assert_eq!(keys.unusable()[0].reason, KeyError::AlgorithmNotNamed);
}

#[test]
fn a3_the_header_names_an_algorithm_that_the_keys_alg_excludes() {
    let named = jwk(&rsa_2048(r#","alg":"PS256","kid":"a""#));
    assert!(matches!(
        VerifyingKey::from_jwk_as(&named, Algorithm::RS256),
        Err(KeyError::Mismatch { found: "PS256", .. })
    ));
    let set = JwkSet::new(vec![named]);
    assert_eq!(set.find("RS256", Some("a")).unwrap_err(), NoMatch::NoFittingKey);
    assert_eq!(set.find("PS256", Some("a")).unwrap().len(), 1);
}

// JWS-15
#[test]
fn a4_a_key_in_the_header_is_neither_used_nor_fetched() {
    let attacker: jwt_core::json::Value = serde_json::from_str(
        r#"{"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","kid":"mine"}"#,
    )
    .unwrap();
    let header = Header::new(Algorithm::Ed25519)
        .with_kid("mine")
        .with("jwk", attacker)
        .with("jku", "https://attacker.example/jwks")
        .with("x5u", "https://attacker.example/x5u");
    let set = set(&[ED25519]);
    assert_eq!(set.select(&header).unwrap_err(), NoMatch::UnknownKid);
    assert_eq!(VerifyingKeys::new(&set, &[Algorithm::Ed25519]).select(&header).unwrap_err(), NoMatch::UnknownKid);
}

// JWA-04
#[test]
fn a5_a_signature_of_another_length_never_reaches_the_backend() {
    let key = VerifyingKey::hs256(&[1; 32]).unwrap();
    let signature = SigningKey::hs256(&[1; 32]).unwrap().sign(b"input").unwrap();
    for length in 0..32 {
        assert!(key.verify(b"input", &signature[..length]).is_err(), "a truncated MAC of {length} octets");
    }
    assert!(key.verify(b"input", &[&signature[..], &[0]].concat()).is_err());
}

#[cfg(feature = "ring")]
#[test]
fn a5_zero_signatures_der_and_wrong_lengths_are_refused_by_every_algorithm() {
    let files = [
        (Algorithm::ES256, include_str!("fixtures/ec-p256.spki.pem")),
        (Algorithm::ES384, include_str!("fixtures/ec-p384.spki.pem")),
        (Algorithm::Ed25519, include_str!("fixtures/ed25519.spki.pem")),
        (Algorithm::RS256, RSA_PEM),
        (Algorithm::PS256, RSA_PEM),
    ];
    for (algorithm, pem) in files {
        let key = VerifyingKey::from_pem(algorithm, pem).unwrap();
        for length in [0, 1, 32, 63, 64, 65, 70, 71, 72, 95, 96, 97, 102, 104, 255, 256, 257, 512] {
            for fill in [0x00, 0x01, 0xFF] {
                assert!(key.verify(b"input", &vec![fill; length]).is_err(), "{algorithm}: {length} octets of {fill}");
            }
        }
        // r = s = 0 in DER, and r = s = n of P-256, which is 0 modulo n.
        assert!(key.verify(b"input", &[0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00]).is_err());
    }
    let order = base64url::decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").unwrap();
    let p256 = VerifyingKey::from_pem(Algorithm::ES256, files[0].1).unwrap();
    assert!(p256.verify(b"input", &[order.clone(), order].concat()).is_err());
}

// JWA-09
#[cfg(feature = "ring")]
#[test]
fn a5_ed25519_refuses_s_plus_the_group_order() {
    let signing = SigningKey::from_pem(Algorithm::Ed25519, include_str!("fixtures/ed25519.pkcs8.pem")).unwrap();
    let mut signature = signing.sign(b"input").unwrap();
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0_u16;
    for (octet, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*octet) + u16::from(add) + carry;
        (*octet, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert!(signing.verifying_key().unwrap().verify(b"input", &signature).is_err());
}

// ES256 signatures are R || S: the DER form of a good one is refused.
#[cfg(feature = "ring")]
#[test]
fn a5_the_der_form_of_a_good_signature_is_refused() {
    let signing = SigningKey::from_pem(Algorithm::ES256, include_str!("fixtures/ec-p256.pkcs8.pem")).unwrap();
    let fixed = signing.sign(b"input").unwrap();
    let integer = |half: &[u8]| {
        let start = half.iter().position(|&octet| octet != 0).unwrap();
        let sign: &[u8] = if half[start] >= 0x80 { &[0] } else { &[] };
        let content = [sign, &half[start..]].concat();
        [&[2, u8::try_from(content.len()).unwrap()][..], &content].concat()
    };
    let both = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    let der = [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat();
    assert!(signing.verifying_key().unwrap().verify(b"input", &der).is_err());
    let read = jwt_core::EcdsaSignature::from_der(&der, Algorithm::ES256).unwrap();
    assert_eq!(read.as_bytes(), fixed);
}

// JWA-01
#[test]
fn a6_empty_and_short_hmac_keys_are_refused() {
    type Make = fn(&[u8]) -> Result<VerifyingKey, KeyError>;
    type MakeSigning = fn(&[u8]) -> Result<SigningKey, KeyError>;
    let makers: [(usize, Make, MakeSigning); 3] = [
        (32, VerifyingKey::hs256, SigningKey::hs256),
        (48, VerifyingKey::hs384, SigningKey::hs384),
        (64, VerifyingKey::hs512, SigningKey::hs512),
    ];
    for (minimum, verifying, signing) in makers {
        for length in [0, 1, minimum - 1] {
            let expected = KeyError::TooShort { bits: length * 8, minimum: minimum * 8 };
            assert_eq!(verifying(&vec![1; length]).unwrap_err(), expected);
            assert_eq!(signing(&vec![1; length]).unwrap_err(), expected);
        }
        assert!(verifying(&vec![1; minimum]).is_ok() && signing(&vec![1; minimum]).is_ok());
    }
    // A JWK that says what it is for, when it is read; one that does not, when it is used.
    let short =
        |alg: &str| Jwk::from_slice(format!(r#"{{"kty":"oct","k":"{}"{alg}}}"#, base64url::encode([1; 31])).as_bytes());
    let expected = KeyError::TooShort { bits: 248, minimum: 256 };
    assert_eq!(short(r#","alg":"HS256""#).unwrap_err(), expected);
    assert_eq!(VerifyingKey::from_jwk_as(&short("").unwrap(), Algorithm::HS256).unwrap_err(), expected);
    assert!(matches!(Jwk::from_slice(br#"{"kty":"oct","k":""}"#), Err(KeyError::Malformed { what: "k" })));
}

// JWA-03
#[test]
fn a6_rsa_keys_out_of_bounds_are_refused() {
    let rsa = |n: &[u8], e: &[u8]| {
        let (n, e) = (base64url::encode(n), base64url::encode(e));
        Jwk::from_slice(format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#).as_bytes()).map(|_| ())
    };
    let modulus = |first: u8, length: usize| [&[first][..], &vec![0x55; length - 2], &[1]].concat();
    let e = [1, 0, 1];
    assert_eq!(rsa(&modulus(0x80, 256), &e), Ok(()));
    assert_eq!(rsa(&modulus(0xFF, 1024), &e), Ok(()));
    assert_eq!(rsa(&modulus(0x80, 128), &e), Err(KeyError::TooShort { bits: 1024, minimum: 2048 }));
    assert_eq!(rsa(&modulus(0x7F, 256), &e), Err(KeyError::TooShort { bits: 2047, minimum: 2048 }));
    assert_eq!(rsa(&modulus(0x01, 1025), &e), Err(KeyError::TooLong { bits: 8193, maximum: 8192 }));
    assert_eq!(rsa(&modulus(0x00, 257), &e), Err(KeyError::Malformed { what: "n" }));
    assert_eq!(rsa(&[], &e), Err(KeyError::Malformed { what: "n" }));
    let good = modulus(0x80, 256);
    for bad in [&[1][..], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 1]] {
        assert_eq!(rsa(&good, bad), Err(KeyError::Exponent), "{bad:?}");
    }
    for malformed in [&[][..], &[0], &[0, 1, 0, 1]] {
        assert_eq!(rsa(&good, malformed), Err(KeyError::Malformed { what: "e" }), "{malformed:?}");
    }
    assert_eq!(rsa(&good, &[3]), Ok(()));
    assert_eq!(rsa(&good, &[1, 0xFF, 0xFF, 0xFF, 0xFF]), Ok(()));
    let file = |pem| VerifyingKey::from_pem(Algorithm::RS256, pem).unwrap_err();
    assert_eq!(file(include_str!("fixtures/rsa1024.spki.pem")), KeyError::TooShort { bits: 1024, minimum: 2048 });
}

#[cfg(feature = "ring")]
#[test]
fn a6_weak_rsa_keys_do_not_sign() {
    let file = |pem| SigningKey::from_pem(Algorithm::RS256, pem).unwrap_err();
    assert_eq!(file(include_str!("fixtures/rsa1024.pkcs8.pem")), KeyError::TooShort { bits: 1024, minimum: 2048 });
    assert_eq!(file(include_str!("fixtures/rsa2048-e3.pkcs8.pem")), KeyError::Exponent);
    // What ring verifies with but does not sign with.
    let n = base64url::encode([&[0x80][..], &[0x55; 511], &[1]].concat());
    let private = r#""d":"Ag","p":"Ag","q":"Ag","dp":"Ag","dq":"Ag","qi":"Ag""#;
    let long = jwk(&format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB",{private}}}"#));
    assert_eq!(
        SigningKey::from_jwk_as(&long, Algorithm::RS256).unwrap_err(),
        KeyError::TooLong { bits: 4104, maximum: 4096 }
    );
}

// JWK-02
#[test]
fn a14_one_bad_key_does_not_kill_the_set() {
    let set = set(&[
        "null",
        "7",
        r#""key""#,
        "[]",
        "{}",
        r#"{"kty":7}"#,
        r#"{"kty":"XYZ","kid":"xyz"}"#,
        r#"{"kty":"EC","crv":"P-256","kid":"half"}"#,
        r#"{"kty":"EC","crv":"brainpoolP256r1","x":"AA","y":"AA"}"#,
        r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
        r#"{"kty":"RSA","n":[1,{"a":[]}],"e":{"x":"y"}}"#,
        ED25519,
        r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#,
        P256,
    ]);
    let kids: Vec<_> = set.keys().iter().map(Jwk::kid).collect();
    assert_eq!(kids, [Some("ed"), Some("ec")]);
    assert_eq!(set.unsupported().len(), 12);
    let xyz = set.unsupported().iter().find(|key| key.kid.as_deref() == Some("xyz")).unwrap();
    assert_eq!((xyz.kty.as_deref(), xyz.reason.code()), (Some("XYZ"), "key_not_supported"));
    assert_eq!(set.find("EdDSA", Some("ed")).unwrap().len(), 1);
}

#[test]
fn a14_the_wrong_key_is_not_taken_by_position() {
    let set = set(&[ED25519, P256]);
    let keys = VerifyingKeys::new(&set, &[Algorithm::Ed25519, Algorithm::ES256]);
    assert_eq!(set.find("ES256", Some("gone")).unwrap_err(), NoMatch::UnknownKid);
    assert_eq!(set.find("ES256", Some("")).unwrap_err(), NoMatch::UnknownKid);
    assert_eq!(set.find("ES256", Some("ED")).unwrap_err(), NoMatch::UnknownKid);
    assert_eq!(keys.find("ES256", Some("ed")).unwrap_err(), NoMatch::NoFittingKey);
    assert_eq!(keys.find("ES256", Some("gone")).unwrap_err(), NoMatch::UnknownKid);
}

#[test]
fn a14_a_secret_beside_public_keys_is_refused() {
    let oct = format!(r#"{{"kty":"oct","kid":"o","alg":"HS256","k":"{}"}}"#, base64url::encode([1; 32]));
    for keys in [[ED25519, oct.as_str()], [oct.as_str(), ED25519]] {
        let set = set(&keys);
        assert_eq!(set.keys().len(), 1);
        assert_eq!(set.unsupported()[0].reason, KeyError::SymmetricBesideAsymmetric);
        assert_eq!(set.find("HS256", Some("o")).unwrap_err(), NoMatch::NoFittingKey);
        assert!(VerifyingKeys::new(&set, &[Algorithm::HS256]).find("HS256", Some("o")).is_err());
    }
    assert_eq!(set(&[&oct]).find("HS256", Some("o")).unwrap().len(), 1);
    let mixed = JwkSet::new(vec![jwk(&oct), jwk(ED25519)]);
    assert_eq!((mixed.keys().len(), mixed.unsupported().len()), (1, 1));
}
