//! What one JWK may say, and what it is written as.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

use jwt_core::{Algorithm, Jwk, KeyError, SigningKey, VerifyingKey, base64url};

const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

fn read(json: &str) -> Result<Jwk, KeyError> {
    Jwk::from_slice(json.as_bytes())
}

/// A P-256 key with these members besides its own.
fn ec(more: &str) -> Result<Jwk, KeyError> {
    read(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"{more}}}"#))
}

/// An Ed25519 key with these members besides its own.
fn okp(more: &str) -> Result<Jwk, KeyError> {
    read(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"{more}}}"#))
}

// JWK-01
#[test]
fn kty_is_required_and_case_sensitive() {
    assert_eq!(read("{}").unwrap_err(), KeyError::Missing { member: "kty" });
    for kty in ["ec", "rsa", "OCT", "Okp", "", "RSA "] {
        assert!(
            matches!(read(&format!(r#"{{"kty":"{kty}"}}"#)), Err(KeyError::NotSupported { what: "kty" })),
            "{kty:?}"
        );
    }
    assert!(ec(r#","unknown":{"deep":[1,null,{"a":1e3}]},"ext":true"#).is_ok(), "unknown members are ignored");
}

#[test]
fn one_key_is_one_object_of_strict_json() {
    for bad in
        ["", "[]", "null", "1", "\"key\"", "{", r#"{"kty":"oct","k":"AA"}x"#, r#"{"kty":"oct","kty":"oct","k":"AA"}"#]
    {
        assert!(read(bad).is_err(), "{bad:?}");
    }
    assert_eq!(read(r#"{"kty":"oct","k":"AA","\u006b":"AA"}"#).unwrap_err().code(), "json_duplicate_member");
    let unread: Result<Jwk, _> = serde_json::from_str(r#"{"kty":"oct","k":"AA","k":"AA"}"#);
    assert!(unread.unwrap_err().to_string().contains("twice"), "also with another reader");
    let long = format!(r#"{{"kty":"oct","k":"{}"}}"#, "A".repeat(70_000));
    assert!(matches!(read(&long), Err(KeyError::TooLarge { .. })));
}

#[test]
fn members_of_the_wrong_json_type_are_refused() {
    for name in ["kid", "use", "alg", "x5u", "x5t", "x5t#S256"] {
        for value in ["null", "1", "true", "[]", "{}", r#"["sig"]"#, "1.5", "-1"] {
            assert_eq!(
                ec(&format!(r#","{name}":{value}"#)).unwrap_err(),
                KeyError::Malformed { what: name },
                "{name} {value}"
            );
        }
    }
    for name in ["key_ops", "x5c"] {
        for value in ["null", "1", r#""verify""#, "{}", "[1]", r#"["verify",null]"#, r#"[["verify"]]"#] {
            assert_eq!(
                ec(&format!(r#","{name}":{value}"#)).unwrap_err(),
                KeyError::Malformed { what: name },
                "{name} {value}"
            );
        }
    }
    for value in ["null", "1", "[]", "{}"] {
        assert!(read(&format!(r#"{{"kty":"EC","crv":"P-256","x":{value},"y":"{Y}"}}"#)).is_err());
        assert!(read(&format!(r#"{{"kty":"oct","k":{value}}}"#)).is_err());
        assert!(ec(&format!(r#","d":{value}"#)).is_err());
    }
}

// JWK-03
#[test]
fn coordinates_have_exactly_the_length_of_their_field() {
    let zero = "A".repeat(43);
    assert!(
        read(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{zero}","y":"{zero}"}}"#)).is_ok(),
        "leading zeros are kept"
    );
    let point = |crv, x: &str, y: &str| read(&format!(r#"{{"kty":"EC","crv":"{crv}","x":"{x}","y":"{y}"}}"#));
    for x in [
        "",
        "AA",
        &X[..42],
        &format!("{X}A"),
        &format!("AA{X}"),
        &format!("{X}="),
        &X.replace('_', "/"),
        &X.replace('8', " "),
    ] {
        assert!(point("P-256", x, Y).is_err() || x == X, "{x:?}");
        assert!(point("P-256", Y, x).is_err() || x == X, "{x:?}");
    }
    for crv in ["P-384", "P-521"] {
        assert!(point(crv, X, Y).is_err(), "{crv}");
    }
    for crv in ["p-256", "P256", "P-192", "Ed25519", ""] {
        assert!(matches!(point(crv, X, Y), Err(KeyError::NotSupported { what: "crv" })), "{crv}");
    }
    assert_eq!(point("secp256k1", X, Y).unwrap().algorithm(), Some(Algorithm::ES256K));
    assert_eq!(
        read(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}"}}"#)).unwrap_err(),
        KeyError::Missing { member: "y" }
    );
    assert!(matches!(ec(r#","d":"AA""#), Err(KeyError::Malformed { what: "d" })));
    assert!(read(r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#).is_err());
    assert!(read(&format!(r#"{{"kty":"OKP","crv":"P-256","x":"{X}"}}"#)).is_err());
}

#[test]
fn a_curve_for_key_agreement_signs_nothing() {
    let x25519 = read(&format!(r#"{{"kty":"OKP","crv":"X25519","x":"{X}"}}"#)).unwrap();
    assert_eq!(x25519.algorithm(), None);
    assert_eq!(VerifyingKey::from_jwk(&x25519).unwrap_err(), KeyError::WrongUse);
    assert!(VerifyingKey::from_jwk_as(&x25519, Algorithm::Ed25519).is_err());
}

// JWK-04
#[test]
fn rsa_numbers_are_base64url_without_leading_zeros() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let rsa = |n: &str, e: &str| read(&format!(r#"{{"kty":"RSA","n":{n},"e":{e}}}"#));
    let good = format!("\"{n}\"");
    assert!(rsa(&good, r#""AQAB""#).is_ok());
    let zero_before_n = format!("\"{}\"", base64url::encode([&[0][..], &base64url::decode(n).unwrap()].concat()));
    for bad in [zero_before_n.as_str(), "1", "null", "[]", "{}", "true", r#""""#, r#""AQ==""#, r#""+/""#] {
        assert!(rsa(bad, r#""AQAB""#).is_err(), "n: {bad}");
    }
    // Leading zeros, other types, padding.
    for bad in [r#""AAEAAQ""#, "65537", "null", "[]", r#""""#, r#""AQAB=""#, r#""AQ A""#] {
        assert!(rsa(&good, bad).is_err(), "e: {bad}");
    }
    assert!(matches!(read(&format!(r#"{{"kty":"RSA","n":{good}}}"#)), Err(KeyError::Missing { member: "e" })));
    assert!(matches!(read(r#"{"kty":"RSA","e":"AQAB"}"#), Err(KeyError::Missing { member: "n" })));
}

// JWK-05
#[test]
fn rsa_private_members_are_complete_or_none() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let rsa = |more: &str| read(&format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"{more}}}"#));
    let all = ["d", "p", "q", "dp", "dq", "qi"];
    let members = |names: &[&str]| names.iter().map(|name| format!(r#","{name}":"Ag""#)).collect::<String>();
    assert!(rsa(&members(&all)).unwrap().is_private());
    for left_out in &all[1..] {
        let names: Vec<&str> = all.into_iter().filter(|name| name != left_out).collect();
        assert!(matches!(rsa(&members(&names)), Err(KeyError::Malformed { .. })), "without {left_out}");
    }
    assert_eq!(rsa(&members(&all[1..])).unwrap_err(), KeyError::Missing { member: "d" });
    assert!(rsa(&members(&["oth"])).is_err());
    assert!(rsa(r#","d":"AAI""#).is_err(), "a leading zero octet");
    // Numbers that are no key, and a key without its primes.
    let no_key = SigningKey::from_jwk_as(&rsa(&members(&all)).unwrap(), Algorithm::RS256);
    let no_primes = SigningKey::from_jwk_as(&rsa(r#","d":"Ag""#).unwrap(), Algorithm::RS256);
    if cfg!(feature = "ring") {
        assert_eq!(no_key.unwrap_err(), KeyError::Inconsistent);
    }
    assert!(matches!(no_primes.unwrap_err(), KeyError::NotSupported { .. }));
}

#[test]
fn a_private_member_of_another_type_is_refused() {
    for name in ["p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        assert!(ec(&format!(r#","{name}":"Ag""#)).is_err(), "{name}");
        assert!(okp(&format!(r#","{name}":"Ag""#)).is_err(), "{name}");
    }
    assert!(read(r#"{"kty":"oct","k":"AA","d":"AA"}"#).is_err());
}

// JWK-07
#[test]
fn use_key_ops_and_alg_decide_what_a_key_may_do() {
    let verifies = |more: &str| VerifyingKey::from_jwk(&okp(more)?).map(|_| ());
    let supported = if cfg!(feature = "ring") {
        Ok(())
    } else {
        Err(KeyError::NotSupported { what: "this algorithm, without the feature `ring`" })
    };
    for good in [
        "",
        r#","use":"sig""#,
        r#","key_ops":["verify"]"#,
        r#","key_ops":["sign","verify"],"use":"sig""#,
        r#","alg":"EdDSA""#,
        r#","alg":"Ed25519""#,
    ] {
        assert_eq!(verifies(good), supported, "{good}");
    }
    for bad in [
        r#","use":"enc""#,
        r#","use":"SIG""#,
        r#","use":"""#,
        r#","key_ops":[]"#,
        r#","key_ops":["sign"]"#,
        r#","key_ops":["Verify"]"#,
        r#","use":"enc","key_ops":["verify"]"#,
        r#","use":"sig","key_ops":["encrypt"]"#,
        r#","alg":"ECDH-ES""#,
        r#","alg":"""#,
        r#","alg":"ed25519""#,
    ] {
        assert_eq!(verifies(bad), Err(KeyError::WrongUse), "{bad}");
    }
    for contradiction in [r#","alg":"ES256""#, r#","alg":"HS256""#, r#","alg":"RS256""#, r#","alg":"Ed448""#] {
        assert!(matches!(okp(contradiction), Err(KeyError::Mismatch { found: "Ed25519", .. })), "{contradiction}");
    }
    assert!(matches!(ec(r#","alg":"EdDSA""#), Err(KeyError::Mismatch { .. })));
    assert!(matches!(ec(r#","alg":"ES384""#), Err(KeyError::Mismatch { .. })));
    assert!(matches!(okp(r#","key_ops":["verify","verify"]"#), Err(KeyError::Malformed { what: "key_ops" })));
    let ops = |count: usize| (0..count).map(|index| format!("\"op{index}\"")).collect::<Vec<_>>().join(",");
    assert!(okp(&format!(r#","key_ops":[{}]"#, ops(16))).is_ok());
    assert!(okp(&format!(r#","key_ops":[{}]"#, ops(17))).is_err());
}

#[test]
fn a_private_key_does_not_verify_and_a_public_one_does_not_sign() {
    let private = okp(r#","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","key_ops":["sign"]"#).unwrap();
    assert!(VerifyingKey::from_jwk(&private).is_err());
    assert_eq!(SigningKey::from_jwk(&okp("").unwrap()).unwrap_err(), KeyError::NotPrivate);
    let public = private.public().unwrap();
    assert_eq!(public.key_ops().unwrap(), ["verify"]);
    assert!(serde_json::to_string(&private).unwrap().contains(r#""key_ops":["verify"]"#));
    assert!(!public.is_private() && public.thumbprint() == private.thumbprint());
    if cfg!(feature = "ring") {
        assert!(VerifyingKey::from_jwk(&public).is_ok() && SigningKey::from_jwk(&private).is_ok());
    }
    assert!(read(r#"{"kty":"oct","k":"AA"}"#).unwrap().public().is_none());
}

#[test]
fn a_verifying_key_has_the_name_of_its_jwk() {
    // JWK-11: by which a set finds it.
    let json = r#"{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0","kid":"2026-11","alg":"HS256"}"#;
    let jwk = read(json).unwrap();
    assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap().kid(), Some("2026-11"));
    assert_eq!(VerifyingKey::from_jwk_as(&jwk, Algorithm::HS256).unwrap().kid(), Some("2026-11"));
}

/// One DER value (X.690, section 8.1).
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match length {
        [0, short @ 0..0x80] => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [&head, content].concat()
}

/// A public key under this object identifier, as a certificate has it.
fn public_key(oid: &[u8], key: &[u8]) -> Vec<u8> {
    der(0x30, &[der(0x30, &der(6, oid)), der(3, &[&[0], key].concat())].concat())
}

/// A certificate (RFC 5280, section 4.1) of which nothing is filled in but the key; as an `x5c` has it.
fn certificate(spki: &[u8]) -> String {
    use base64::Engine as _;
    let (version, serial_number, empty) = ([0xA0, 3, 2, 1, 2], [2, 1, 1], [0x30, 0]);
    let to_be_signed = [&version[..], &serial_number, &empty.repeat(4), spki].concat();
    let certificate = [&der(0x30, &to_be_signed)[..], &empty, &[3, 1, 0]].concat();
    base64::engine::general_purpose::STANDARD.encode(der(0x30, &certificate))
}

// JWK-09
#[test]
fn a_certificate_is_of_the_key_beside_it_whatever_its_kind() {
    let ec_head = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];
    let (x, y) = (base64url::decode(X).unwrap(), base64url::decode(Y).unwrap());
    let point = |x: &[u8], y: &[u8]| certificate(&[&ec_head[..], x, y].concat());
    let ec_with = |certificate: &str| ec(&format!(r#","x5c":["{certificate}"]"#)).map(drop);
    assert_eq!(ec_with(&point(&x, &y)), Ok(()));
    assert_eq!(ec_with(&point(&y, &y)), Err(KeyError::Inconsistent), "x is another");
    assert_eq!(ec_with(&point(&x, &x)), Err(KeyError::Inconsistent), "y is another");

    let edwards_head = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
    let edwards = |key: &[u8]| certificate(&[&edwards_head[..], key].concat());
    let okp_with = |certificate: &str| okp(&format!(r#","x5c":["{certificate}"]"#)).map(drop);
    let key = base64url::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
    assert_eq!(okp_with(&edwards(&key)), Ok(()));
    assert_eq!(okp_with(&edwards(&x)), Err(KeyError::Inconsistent));

    // Of another kind altogether, or of another curve with numbers of the same length.
    assert_eq!(okp_with(&point(&x, &y)), Err(KeyError::Inconsistent));
    assert_eq!(ec_with(&edwards(&key)), Err(KeyError::Inconsistent));
    let secp256k1_head = [
        0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04,
        0x00, 0x0A, 0x03, 0x42, 0x00, 0x04,
    ];
    let other_curve = certificate(&[&secp256k1_head[..], &x, &y].concat());
    assert_eq!(ec_with(&other_curve), Err(KeyError::Inconsistent));
}

// JWK-09
#[test]
fn a_certificate_of_a_kind_that_is_not_read_is_compared_by_the_octets_of_its_key() {
    use base64::Engine as _;
    let with =
        |members: &str, spki: &[u8]| read(&format!(r#"{{{members},"x5c":["{}"]}}"#, certificate(spki))).map(drop);
    // RSASSA-PSS: the numbers are the last of it.
    let pem: String = include_str!("fixtures/rsa-pss.spki.pem").lines().filter(|line| !line.starts_with('-')).collect();
    let pss = base64::engine::general_purpose::STANDARD.decode(pem).unwrap();
    let (head, [2, 3, 1, 0, 1]) = pss.split_last_chunk().unwrap() else { panic!("another exponent") };
    let mut n = head[head.len() - 256..].to_vec();
    let rsa = |n: &[u8]| format!(r#""kty":"RSA","e":"AQAB","n":"{}""#, base64url::encode(n));
    assert_eq!(with(&rsa(&n), &pss), Ok(()));
    n[100] ^= 1;
    assert_eq!(with(&rsa(&n), &pss), Err(KeyError::Inconsistent));

    let ml_dsa_44 = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11];
    let akp = include_str!("fixtures/ml-dsa-44.jwk.json");
    let mut public = read(akp).unwrap().public_member("pub").unwrap().to_vec();
    let akp = format!(r#""kty":"AKP","alg":"ML-DSA-44","pub":"{}""#, base64url::encode(&public));
    assert_eq!(with(&akp, &public_key(&ml_dsa_44, &public)), Ok(()));
    public[7] ^= 1;
    assert_eq!(with(&akp, &public_key(&ml_dsa_44, &public)), Err(KeyError::Inconsistent));

    let x25519 = [0x2B, 0x65, 0x6E];
    let okp = format!(r#""kty":"OKP","crv":"X25519","x":"{X}""#);
    let [x, y] = [X, Y].map(|key| base64url::decode(key).unwrap());
    assert_eq!(with(&okp, &public_key(&x25519, &x)), Ok(()));
    assert_eq!(with(&okp, &public_key(&x25519, &y)), Err(KeyError::Inconsistent));
    // Of another kind than the key's; a symmetric key has none.
    assert_eq!(with(&rsa(&n), &public_key(&x25519, &x)), Err(KeyError::Inconsistent));
    let ec = format!(r#""kty":"EC","crv":"P-256","x":"{X}","y":"{Y}""#);
    assert!(matches!(with(&ec, &public_key(&x25519, &x)), Err(KeyError::NotSupported { .. })));
    for key in [&public_key(&x25519, &x), &pss] {
        assert_eq!(with(&format!(r#""kty":"oct","k":"{X}""#), key), Err(KeyError::Inconsistent));
    }
}

// JWK-12
#[test]
fn no_private_member_is_ever_written_or_shown() {
    let keys = [
        read(r#"{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0","kid":"a","alg":"HS256"}"#)
            .unwrap(),
        okp(r#","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A""#).unwrap(),
        ec(r#","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI""#).unwrap(),
        read(include_str!("fixtures/ml-dsa-44.jwk.json")).unwrap(),
    ];
    for key in &keys {
        let written = serde_json::to_string(key).unwrap();
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&written).unwrap();
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
            assert!(!members.contains_key(name), "{written}");
        }
        let private = key.dangerous_to_private_json();
        for name in ["k", "d", "priv"] {
            let Some(octets) = key.dangerous_private_member(name) else { continue };
            let text = base64url::encode(octets);
            assert!(
                private.expose().contains(&text) && !written.contains(&text) && !format!("{key:?}").contains(&text)
            );
        }
        let again = Jwk::from_slice(private.expose().as_bytes()).unwrap();
        assert_eq!(again.dangerous_to_private_json().expose(), private.expose());
        assert_eq!(again.thumbprint(), key.thumbprint());
    }
}

// JWA-11
#[test]
fn ml_dsa_keys_are_read_thumbprinted_and_typed_as_not_supported() {
    for (json, algorithm) in [
        (include_str!("fixtures/ml-dsa-44.jwk.json"), Algorithm::MlDsa44),
        (include_str!("fixtures/ml-dsa-65.jwk.json"), Algorithm::MlDsa65),
        (include_str!("fixtures/ml-dsa-87.jwk.json"), Algorithm::MlDsa87),
    ] {
        let jwk = read(json).unwrap();
        assert_eq!((jwk.kty(), jwk.algorithm()), ("AKP", Some(algorithm)));
        // The examples name their keys by their thumbprint.
        assert_eq!(Some(jwk.thumbprint().to_string().as_str()), jwk.kid());
        assert!(matches!(VerifyingKey::from_jwk(&jwk.public().unwrap()), Err(KeyError::NotSupported { .. })));
        assert!(matches!(SigningKey::from_jwk(&jwk), Err(KeyError::NotSupported { .. })));
        assert!(read(&json.replace("ML-DSA-", "ML-DSA-9")).is_err());
    }
    assert_eq!(read(r#"{"kty":"AKP","pub":"AA"}"#).unwrap_err(), KeyError::Missing { member: "alg" });
    assert!(read(r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}"#).is_err());
}

#[test]
fn a_key_can_be_named_and_bound() {
    let jwk = okp("").unwrap().with_kid("k\"1").with_algorithm(Algorithm::Ed25519).unwrap();
    let again = read(&serde_json::to_string(&jwk).unwrap()).unwrap();
    assert_eq!((again.kid(), again.alg(), again.key_use()), (Some("k\"1"), Some("Ed25519"), Some("sig")));
    assert!(matches!(again.with_algorithm(Algorithm::ES256), Err(KeyError::Mismatch { .. })));
}

// JWK-07
#[test]
fn binding_a_key_to_an_algorithm_does_not_widen_what_it_may_do() {
    let oct = |ops: &str| {
        let k = base64url::encode([7; 32]);
        read(&format!(r#"{{"kty":"oct","k":"{k}"{ops}}}"#)).unwrap().with_algorithm(Algorithm::HS256)
    };
    let verifies = oct(r#","key_ops":["verify"]"#).unwrap();
    assert_eq!((verifies.alg(), verifies.key_use(), verifies.key_ops().unwrap().len()), (Some("HS256"), None, 1));
    assert!(VerifyingKey::from_jwk(&verifies).is_ok());
    assert_eq!(SigningKey::from_jwk(&verifies).unwrap_err(), KeyError::WrongUse);
    let signs = oct(r#","key_ops":["sign"]"#).unwrap();
    assert!(SigningKey::from_jwk(&signs).is_ok());
    assert_eq!(VerifyingKey::from_jwk(&signs).unwrap_err(), KeyError::WrongUse);
    assert_eq!(oct(r#","key_ops":["encrypt"]"#).unwrap_err(), KeyError::WrongUse);
    assert_eq!(oct(r#","use":"enc""#).unwrap_err(), KeyError::WrongUse);
    assert_eq!(oct("").unwrap().key_use(), Some("sig"));
}
