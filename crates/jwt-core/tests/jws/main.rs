//! JWS beyond JWT: the examples of the RFCs, every form there and back, and what a strict reader refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests, helpers included")]

extern crate alloc;

mod examples;

use examples::*;
use jwt_core::json::Object;
use jwt_core::jws::{self, Jws, JwsError, JwsSigningInput, Limits, VerifiedJws};
use jwt_core::{Algorithm, Header, SignatureVerified, SigningKey, VerifyingKey, VerifyingKeys, base64url};
use proptest::prelude::*;

const CLAIMS: &[u8] = b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

fn hmac() -> SigningKey {
    SigningKey::hs256(&[7; 32]).unwrap()
}

fn key() -> VerifyingKey {
    hmac().verifying_key().unwrap()
}

fn rfc_hmac(k: &str) -> VerifyingKey {
    VerifyingKey::hs256(&base64url::decode(k).unwrap()).unwrap()
}

fn compact(text: &str) -> Result<Jws<'static>, JwsError> {
    Jws::compact(text, &Limits::default())
}

fn json(text: &str) -> Result<Jws<'static>, JwsError> {
    Jws::json(text.as_bytes(), &Limits::default())
}

fn code(result: Result<Jws<'_>, JwsError>) -> &'static str {
    result.and_then(|jws| jws.verify_with_key(&key())).map_or_else(|error| error.code(), |_| "ok")
}

fn indexes(verified: &VerifiedJws<'_>) -> Vec<usize> {
    verified.signatures().iter().map(jws::VerifiedSignature::index).collect()
}

/// Any protected header and payload, rightly signed in base64url: the two parts and the signature.
fn parts(header: &str, payload: &[u8]) -> [String; 3] {
    let (header, payload) = (base64url::encode(header), base64url::encode(payload));
    let signature = base64url::encode(hmac().sign(format!("{header}.{payload}").as_bytes()).unwrap());
    [header, payload, signature]
}

/// The same with the payload as it is.
fn parts_unencoded(header: &str, payload: &str) -> [String; 2] {
    let header = base64url::encode(header);
    let signature = base64url::encode(hmac().sign(format!("{header}.{payload}").as_bytes()).unwrap());
    [header, signature]
}

const HS256: &str = r#"{"alg":"HS256"}"#;
const UNENCODED: &str = r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#;

#[test]
fn rfc7515_a1_is_read() {
    // JWS-13, JWS-17
    let verified = compact(A1).unwrap().verify_with_key(&rfc_hmac(A1_KEY)).unwrap();
    assert_eq!(verified.payload(), CLAIMS);
    assert_eq!((indexes(&verified), verified.is_signed_by_all()), (vec![0], true));
}

#[test]
fn rfc7515_a5_and_e_are_refused() {
    // JWA-08, A1, JWS-08
    assert_eq!(code(compact(A5)), "no_key_for_algorithm");
    assert_eq!(code(compact(E)), "header_crit_unsupported");
}

#[cfg(feature = "ring")]
mod with_ring {
    use jwt_core::Jwk;

    use super::*;

    fn jwk(text: &str, algorithm: Algorithm) -> VerifyingKey {
        VerifyingKey::from_jwk_as(&Jwk::from_slice(text.as_bytes()).unwrap(), algorithm).unwrap()
    }

    #[test]
    fn rfc7515_a2_a3_are_read() {
        // JWS-17
        for (text, key) in [(A2, jwk(A2_KEY, Algorithm::RS256)), (A3, jwk(A3_KEY, Algorithm::ES256))] {
            assert_eq!(compact(text).unwrap().verify_with_key(&key).unwrap().payload(), CLAIMS);
        }
    }

    #[test]
    fn rfc7515_a6_has_two_valid_signatures_and_says_which() {
        // JWS-11, JWS-12
        let (rsa, ec) = (jwk(A2_KEY, Algorithm::RS256), jwk(A3_KEY, Algorithm::ES256));
        let read = json(A6).unwrap();
        let both = read.verify(&VerifyingKeys::from_keys(vec![ec.clone(), rsa.clone()]));
        // The keys are named in the unprotected headers only, which choose nothing.
        let both = both.unwrap();
        assert_eq!((indexes(&both), both.is_signed_by_all()), (vec![0, 1], true));
        assert_eq!(both.signatures().iter().map(jws::VerifiedSignature::key).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(both.payload(), CLAIMS);
        for (key, index) in [(rsa, 0), (ec, 1)] {
            let one = read.verify_with_key(&key).unwrap();
            assert_eq!((indexes(&one), one.is_signed_by_all()), (vec![index], false));
            assert_eq!(one.signatures()[0].algorithm(), key.algorithm());
        }
        assert_eq!(
            read.signatures()[1].dangerous_unprotected().get_str("kid"),
            Some("e9bc097a-ce51-4036-9562-d2ade882db0d")
        );
        assert_eq!(code(json(A6)), "no_key_for_algorithm");
    }

    #[test]
    fn rfc7515_a7_is_read() {
        let verified = json(A7).unwrap().verify_with_key(&jwk(A3_KEY, Algorithm::ES256)).unwrap();
        assert_eq!(verified.payload(), CLAIMS);
    }

    #[test]
    fn rfc7520_4_1_and_4_2_are_read_in_three_forms() {
        for (algorithm, text, general, flattened) in [
            (Algorithm::RS256, COOKBOOK_4_1, COOKBOOK_4_1_GENERAL, COOKBOOK_4_1_FLATTENED),
            (Algorithm::PS384, COOKBOOK_4_2, COOKBOOK_4_2_GENERAL, COOKBOOK_4_2_FLATTENED),
        ] {
            let key = jwk(COOKBOOK_RSA, algorithm);
            for read in [compact(text), json(general), json(flattened)] {
                assert_eq!(read.unwrap().verify_with_key(&key).unwrap().payload(), COOKBOOK_PAYLOAD.as_bytes());
            }
        }
    }

    #[test]
    fn rfc7520_4_8_one_of_three_signatures_has_an_unprotected_algorithm_and_does_not_count() {
        // JWS-12, JWS-14, A3
        let hmac = rfc_hmac(COOKBOOK_HMAC).with_kid("018c0ae5-4d9b-471b-bfd6-eef314bc7037");
        let keys = VerifyingKeys::from_keys(vec![jwk(COOKBOOK_RSA, Algorithm::RS256), hmac]);
        let read = json(COOKBOOK_4_8).unwrap();
        let verified = read.verify(&keys).unwrap();
        assert_eq!(indexes(&verified), [0, 2]);
        assert_eq!(verified.payload(), COOKBOOK_PAYLOAD.as_bytes());
        assert_eq!(read.signatures()[1].header().unwrap_err().code(), "header_alg_invalid");
    }
}

#[test]
fn es512_of_rfc7515_a4_and_rfc7520_4_3_needs_a_backend_and_then_is_read() {
    #[derive(Debug)]
    struct AnyP521;
    impl jwt_core::Verifier for AnyP521 {
        fn algorithm(&self) -> Algorithm {
            Algorithm::ES512
        }
        fn verify(&self, input: &[u8], signature: &[u8]) -> Result<SignatureVerified, jwt_core::InvalidSignature> {
            assert_eq!(signature.len(), 132);
            assert!(input.starts_with(b"eyJhbGciOiJFUzUxMi"));
            Ok(SignatureVerified::assertion())
        }
    }
    let p521 = VerifyingKey::from_verifier(alloc::sync::Arc::new(AnyP521));
    for (text, payload) in [(A4, "Payload"), (COOKBOOK_4_3, COOKBOOK_PAYLOAD)] {
        assert_eq!(code(compact(text)), "no_key_for_algorithm");
        assert_eq!(compact(text).unwrap().verify_with_key(&p521).unwrap().payload(), payload.as_bytes());
    }
    for text in [COOKBOOK_4_3_GENERAL, COOKBOOK_4_3_FLATTENED] {
        assert_eq!(json(text).unwrap().verify_with_key(&p521).unwrap().payload(), COOKBOOK_PAYLOAD.as_bytes());
    }
}

#[test]
fn rfc7520_4_4_is_written_octet_for_octet_in_three_forms() {
    // JWS-17
    let kid = "018c0ae5-4d9b-471b-bfd6-eef314bc7037";
    let signer = SigningKey::hs256(&base64url::decode(COOKBOOK_HMAC).unwrap()).unwrap().with_kid(kid);
    let signed = jws::sign(&Header::new(Algorithm::HS256), COOKBOOK_PAYLOAD.as_bytes(), &signer).unwrap();
    assert_eq!(signed.to_compact().unwrap(), COOKBOOK_4_4);
    assert_eq!(signed.to_flattened().unwrap(), COOKBOOK_4_4_FLATTENED);
    assert_eq!(signed.to_general().unwrap(), COOKBOOK_4_4_GENERAL);
    let key = rfc_hmac(COOKBOOK_HMAC);
    for read in [compact(COOKBOOK_4_4), json(COOKBOOK_4_4_FLATTENED), json(COOKBOOK_4_4_GENERAL)] {
        assert_eq!(read.unwrap().verify_with_key(&key).unwrap().payload(), COOKBOOK_PAYLOAD.as_bytes());
    }

    // Section 4.5: the same, detached.
    assert_eq!(signed.to_compact_detached().unwrap(), COOKBOOK_4_5);
    assert_eq!(signed.to_flattened_detached().unwrap(), COOKBOOK_4_5_FLATTENED);
    assert_eq!(signed.to_general_detached().unwrap(), COOKBOOK_4_5_GENERAL);
    let (payload, limits) = (COOKBOOK_PAYLOAD.as_bytes(), Limits::default());
    for read in [
        Jws::compact_detached(COOKBOOK_4_5, payload, &limits),
        Jws::json_detached(COOKBOOK_4_5_FLATTENED.as_bytes(), payload, &limits),
        Jws::json_detached(COOKBOOK_4_5_GENERAL.as_bytes(), payload, &limits),
    ] {
        assert_eq!(read.unwrap().verify_with_key(&key).unwrap().payload(), payload);
    }
    assert_eq!(json(COOKBOOK_4_5_FLATTENED).unwrap_err().code(), "jws_payload_missing");
    assert_eq!(
        compact(COOKBOOK_4_5).unwrap().verify_with_key(&key).unwrap_err().code(),
        "invalid_signature",
        "nothing between the dots is the empty payload"
    );
}

#[test]
fn rfc7520_4_6_is_written_octet_for_octet_with_a_member_unprotected() {
    let signer = SigningKey::hs256(&base64url::decode(COOKBOOK_HMAC).unwrap()).unwrap();
    let signed = jws::sign(&Header::new(Algorithm::HS256), COOKBOOK_PAYLOAD.as_bytes(), &signer).unwrap();
    let signed = signed.with_unprotected("kid", "018c0ae5-4d9b-471b-bfd6-eef314bc7037").unwrap();
    assert_eq!(signed.to_flattened().unwrap(), COOKBOOK_4_6_FLATTENED);
    assert_eq!(signed.to_general().unwrap(), COOKBOOK_4_6_GENERAL);
    assert_eq!(signed.to_compact().unwrap_err().code(), "sign_form");
    for text in [COOKBOOK_4_6_FLATTENED, COOKBOOK_4_6_GENERAL] {
        assert!(json(text).unwrap().verify_with_key(&rfc_hmac(COOKBOOK_HMAC)).is_ok());
    }
}

#[test]
fn a3_rfc7520_4_7_an_algorithm_from_the_unprotected_header_is_never_taken() {
    // JWS-14
    for text in [COOKBOOK_4_7_FLATTENED, COOKBOOK_4_7_GENERAL] {
        let refused = json(text).unwrap().verify_with_key(&rfc_hmac(COOKBOOK_HMAC)).unwrap_err();
        assert_eq!(refused.code(), "header_alg_invalid");
    }
}

#[test]
fn rfc7797_section_4_is_read_and_written_octet_for_octet() {
    // JWS-10
    let (payload, limits, key) = (b"$.02", Limits::default(), rfc_hmac(A1_KEY));
    let signer = SigningKey::hs256(&base64url::decode(A1_KEY).unwrap()).unwrap();
    let header = Header::new(Algorithm::HS256);
    let encoded = jws::sign(&header, payload, &signer).unwrap();
    assert_eq!(encoded.to_compact().unwrap(), B64_41);
    assert_eq!(compact(B64_41).unwrap().verify_with_key(&key).unwrap().payload(), payload);

    let plain = jws::sign_unencoded(&header, payload, &signer).unwrap();
    assert_eq!(plain.to_compact_detached().unwrap(), B64_42);
    let object = |text: &str| serde_json::from_str::<Object>(text).unwrap();
    for name in ["protected", "payload", "signature"] {
        assert_eq!(object(&plain.to_flattened().unwrap()).get(name), object(B64_42_JSON).get(name));
    }
    assert_eq!(plain.to_compact().unwrap_err().code(), "sign_form");

    let detached = Jws::compact_detached(B64_42, payload, &limits).unwrap();
    assert_eq!(detached.signing_input(0).unwrap(), b"eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.$.02");
    assert_eq!(detached.verify_with_key(&key).unwrap().payload(), payload);
    assert_eq!(json(B64_42_JSON).unwrap().verify_with_key(&key).unwrap().payload(), payload);
    assert_eq!(compact(B64_42).unwrap_err().code(), "jws_unencoded_inline");
}

#[test]
fn an_unencoded_payload_is_critical_protected_and_never_inline_in_a_compact_jws() {
    // JWS-08, JWS-10
    let limits = Limits::default();
    let detached = |header: &str| {
        let [header, signature] = parts_unencoded(header, "a.b");
        code(Jws::compact_detached(&format!("{header}..{signature}"), b"a.b", &limits))
    };
    assert_eq!(detached(UNENCODED), "ok");
    assert_eq!(detached(r#"{"alg":"HS256","b64":false}"#), "header_b64_invalid");
    for b64 in ["null", r#""false""#, "0", "[]"] {
        assert_eq!(detached(&format!(r#"{{"alg":"HS256","b64":{b64},"crit":["b64"]}}"#)), "header_b64_invalid");
    }
    // `true` is what it is without.
    for header in [r#"{"alg":"HS256","b64":true}"#, r#"{"alg":"HS256","b64":true,"crit":["b64"]}"#] {
        let [header, payload, signature] = parts(header, b"x");
        assert_eq!(code(compact(&format!("{header}.{payload}.{signature}"))), "ok");
        assert_eq!(code(Jws::compact_detached(&format!("{header}..{signature}"), b"x", &limits)), "ok");
    }
    // What was signed in base64url is not taken for what was signed as it is, nor the other way round.
    let [header, payload, signature] = parts(UNENCODED, b"x");
    assert_eq!(code(compact(&format!("{header}.{payload}.{signature}"))), "jws_unencoded_inline");
    assert_eq!(code(Jws::compact_detached(&format!("{header}..{signature}"), b"x", &limits)), "invalid_signature");
    assert_eq!(
        code(Jws::compact_detached(&format!("{header}..{signature}"), payload.as_bytes(), &limits)),
        "ok",
        "it is the characters that are signed"
    );
    // A dot would move the boundary between the parts.
    let [header, signature] = parts_unencoded(UNENCODED, "a.b");
    assert_eq!(code(compact(&format!("{header}.a.b.{signature}"))), "token_not_three_parts");

    let flattened = |payload: &str| {
        let [header, signature] = parts_unencoded(UNENCODED, payload);
        let payload = serde_json::to_string(payload).unwrap();
        code(json(&format!(r#"{{"payload":{payload},"protected":"{header}","signature":"{signature}"}}"#)))
    };
    for payload in ["", "$.02", "a.b", "J\u{f6}rg \"J\"\n\u{0}", "=="] {
        assert_eq!(flattened(payload), "ok", "{payload:?}");
    }
}

#[test]
fn a8_crit_is_obeyed_in_full() {
    // JWS-08, JWS-09
    let verdict = |header: &str| {
        let [header, payload, signature] = parts(header, b"x");
        code(compact(&format!("{header}.{payload}.{signature}")))
    };
    for (header, expected) in [
        (r#"{"alg":"HS256","exp":1}"#, "ok"),
        (r#"{"alg":"HS256","b64":true,"crit":["b64"]}"#, "ok"),
        (r#"{"alg":"HS256","crit":[]}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","crit":null}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","crit":"b64"}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","crit":["b64"]}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","b64":true,"crit":["b64","b64"]}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","b64":true,"crit":["b64",1]}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","crit":["alg"]}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","b64":true,"crit":["B64"]}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","exp":1,"crit":["exp"]}"#, "header_crit_unsupported"),
        (r#"{"alg":"HS256","exp":1,"b64":true,"crit":["b64","exp"]}"#, "header_crit_unsupported"),
        (r#"{"alg":"HS256","kid":1}"#, "header_member_wrong_type"),
        (r#"{"kid":"k"}"#, "header_alg_invalid"),
        (r#"{"alg":"HS256","alg":"HS256"}"#, "header_not_strict_json"),
        (r#"["alg"]"#, "header_not_strict_json"),
        (r#"{"alg":"none"}"#, "no_key_for_algorithm"),
        (r#"{"alg":"HS384"}"#, "no_key_for_algorithm"),
    ] {
        assert_eq!(verdict(header), expected, "{header}");
    }
}

#[test]
fn a9_a_jwt_reader_never_takes_what_only_this_module_reads() {
    // JWS-04, JWS-10
    use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
    use jwt_core::{Policy, Timestamp, verify};
    let policy =
        Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::DangerousAny, Expiry::DangerousOptional);
    let verdict = |text: &str| {
        verify::<Object>(text, &key(), &policy, Timestamp::EPOCH).map_or_else(|error| error.code(), |_| "ok")
    };
    let signed = jws::sign(&Header::new(Algorithm::HS256), b"{}", &hmac()).unwrap();
    assert_eq!(verdict(&signed.to_compact().unwrap()), "ok", "the compact form of an object is a token");
    assert_eq!(verdict(&signed.to_flattened().unwrap()), "token_foreign_character");
    assert_eq!(verdict(&signed.to_general().unwrap()), "token_foreign_character");
    assert_eq!(verdict(&signed.to_compact_detached().unwrap()), "invalid_signature");
    let [header, payload, signature] = parts(r#"{"alg":"HS256","b64":true,"crit":["b64"]}"#, b"{}");
    assert_eq!(verdict(&format!("{header}.{payload}.{signature}")), "header_b64_in_jwt");
    let [header, signature] = parts_unencoded(UNENCODED, "e30");
    assert_eq!(verdict(&format!("{header}.e30.{signature}")), "header_b64_in_jwt");
}

#[test]
fn the_two_json_forms_are_kept_apart_and_each_is_whole() {
    // JWS-11
    let [header, payload, signature] = parts(HS256, b"x");
    let one = format!(r#""protected":"{header}","signature":"{signature}""#);
    let flattened = |members: &str| code(json(&format!(r#"{{"payload":"{payload}",{members}}}"#)));
    assert_eq!(flattened(&one), "ok");
    assert_eq!(flattened(&format!(r#"{one},"unknown":[{{"a":1}}]"#)), "ok");
    assert_eq!(flattened(&format!(r#""signatures":[{{{one},"x":1}}]"#)), "ok");
    for (members, expected) in [
        (format!(r#"{one},"signatures":[{{{one}}}]"#), "jws_mixed_forms"),
        (format!(r#""signatures":[{{{one}}}],"protected":"{header}""#), "jws_mixed_forms"),
        (format!(r#""signatures":[{{{one}}}],"header":{{"kid":"k"}}"#), "jws_mixed_forms"),
        (format!(r#"{one},"signatures":[]"#), "jws_mixed_forms"),
        (r#""signatures":[]"#.into(), "jws_no_signature"),
        (r#""signatures":null"#.into(), "jws_member_invalid"),
        (format!(r#""signatures":{{{one}}}"#), "jws_member_invalid"),
        (format!(r#""signatures":[{{{one}}},"x"]"#), "jws_member_invalid"),
        (format!(r#""signatures":[{{{one}}},{{}}]"#), "jws_member_invalid"),
        (format!(r#""protected":"{header}""#), "jws_member_invalid"),
        (format!(r#""signature":"{signature}""#), "jws_member_invalid"),
        (format!(r#""protected":"","signature":"{signature}""#), "jws_member_invalid"),
        (format!(r#""protected":"","header":{{"alg":"HS256"}},"signature":"{signature}""#), "jws_member_invalid"),
        (format!(r#""protected":null,"signature":"{signature}""#), "jws_member_invalid"),
        (format!(r#""protected":{{"alg":"HS256"}},"signature":"{signature}""#), "jws_member_invalid"),
        (format!(r#"{one},"header":{{}}"#), "jws_member_invalid"),
        (format!(r#"{one},"header":null"#), "jws_member_invalid"),
        (format!(r#"{one},"header":["kid"]"#), "jws_member_invalid"),
        (format!(r#""protected":"{header}","signature":1"#), "jws_member_invalid"),
        (format!(r#"{one},"header":{{"alg":"HS256"}}"#), "jws_headers_not_disjoint"),
        (format!(r#"{one},"header":{{"\u0061lg":"HS256"}}"#), "jws_headers_not_disjoint"),
        (format!(r#"{one},"header":{{"kid":"k","crit":["kid"]}}"#), "jws_member_unprotected"),
        (format!(r#"{one},"header":{{"b64":false}}"#), "jws_member_unprotected"),
        (format!(r#"{one},"header":{{"kid":"a","kid":"b"}}"#), "jws_not_strict_json"),
        (format!(r#"{one},"protected":"{header}""#), "jws_not_strict_json"),
        (format!(r#"{one},"payload":"{payload}""#), "jws_not_strict_json"),
        (format!(r#""protected":"{header}=","signature":"{signature}""#), "header_encoding"),
        (format!(r#""protected":"{header}","signature":"{signature}=""#), "signature_encoding"),
        (format!(r#""protected":"{header}","signature":"""#), "invalid_signature"),
    ] {
        assert_eq!(flattened(&members), expected, "{members}");
    }
    for (text, expected) in [
        (String::new(), "jws_not_strict_json"),
        ("[]".into(), "jws_not_strict_json"),
        (A1.into(), "jws_not_strict_json"),
        (format!("{{{one}}}"), "jws_payload_missing"),
        (format!(r#"{{"payload":null,{one}}}"#), "jws_member_invalid"),
        (format!(r#"{{"payload":["{payload}"],{one}}}"#), "jws_member_invalid"),
        (format!(r#"{{"payload":"{payload}=",{one}}}"#), "invalid_signature"),
    ] {
        assert_eq!(code(json(&text)), expected, "{text}");
    }
    // Payloads that are not base64url are not payloads, however well they are signed.
    let signature = base64url::encode(hmac().sign(format!("{header}.eA==").as_bytes()).unwrap());
    assert_eq!(
        code(json(&format!(r#"{{"payload":"eA==","protected":"{header}","signature":"{signature}"}}"#))),
        "payload_encoding"
    );
}

#[test]
fn a_detached_payload_is_either_inside_or_outside() {
    let signed = jws::sign(&Header::new(Algorithm::HS256), b"x", &hmac()).unwrap();
    let limits = Limits::default();
    let inline = (signed.to_compact().unwrap(), signed.to_flattened().unwrap());
    assert_eq!(code(Jws::compact_detached(&inline.0, b"x", &limits)), "jws_payload_not_detached");
    assert_eq!(code(Jws::json_detached(inline.1.as_bytes(), b"x", &limits)), "jws_payload_not_detached");
    let with_empty = signed.to_flattened_detached().unwrap().replacen('{', r#"{"payload":"","#, 1);
    assert_eq!(code(Jws::json_detached(with_empty.as_bytes(), b"x", &limits)), "jws_payload_not_detached");
    assert_eq!(code(Jws::compact_detached(&signed.to_compact_detached().unwrap(), b"y", &limits)), "invalid_signature");
}

#[test]
fn one_valid_signature_is_enough_and_the_result_says_which() {
    // JWS-12
    let payload = b"contract";
    let other = SigningKey::hs256(&[8; 32]).unwrap();
    let header = Header::new(Algorithm::HS256);
    let ours = || jws::sign(&header, payload, &hmac()).unwrap();
    let theirs = || jws::sign(&header, payload, &other).unwrap();
    let read = |signed: jws::SignedJws| json(&signed.to_general().unwrap()).unwrap();
    let verified = read(theirs().and(ours()).unwrap()).verify_with_key(&key()).unwrap();
    assert_eq!((indexes(&verified), verified.is_signed_by_all()), (vec![1], false));
    let read_theirs = read(theirs().and(theirs()).unwrap());
    assert_eq!(read_theirs.verify_with_key(&key()).unwrap_err().code(), "invalid_signature");
    // One signer twice is one signer: the keys say so.
    let twice = read(ours().and(ours()).unwrap()).verify(&VerifyingKeys::from_keys(vec![key()])).unwrap();
    assert_eq!(twice.signatures().iter().map(jws::VerifiedSignature::key).collect::<Vec<_>>(), [0, 0]);
    // A signature that nobody here understands does not spoil the others.
    let odd = parts(r#"{"alg":"HS256","x":1,"crit":["x"]}"#, payload);
    let ours = parts(HS256, payload);
    let signatures = [&odd, &ours]
        .map(|[header, _, signature]| format!(r#"{{"protected":"{header}","signature":"{signature}"}}"#))
        .join(",");
    let text = format!(r#"{{"payload":"{}","signatures":[{signatures}]}}"#, ours[1]);
    let read = json(&text).unwrap();
    assert_eq!(indexes(&read.verify_with_key(&key()).unwrap()), [1]);
    assert_eq!(read.signatures()[0].header().unwrap_err().code(), "header_crit_unsupported");
    // One that is out of order does.
    assert_eq!(
        json(&text.replace(&odd[0], &base64url::encode(r#"{"alg":"HS256","crit":[]}"#))).unwrap_err().code(),
        "header_crit_invalid"
    );
}

#[test]
fn all_signatures_are_over_the_same_payload_in_the_same_form() {
    let header = Header::new(Algorithm::HS256);
    let encoded = jws::sign(&header, b"x", &hmac()).unwrap();
    let plain = jws::sign_unencoded(&header, b"x", &hmac()).unwrap();
    assert_eq!(encoded.clone().and(plain).unwrap_err().code(), "sign_form");
    assert_eq!(encoded.clone().and(jws::sign(&header, b"y", &hmac()).unwrap()).unwrap_err().code(), "sign_form");
    let both = encoded.clone().and(encoded).unwrap();
    assert_eq!(both.to_compact().unwrap_err().code(), "sign_form");
    assert_eq!(both.to_flattened().unwrap_err().code(), "sign_form");
    // RFC 7797, section 3
    let [header, payload, signature] = parts(HS256, b"x");
    let [plain_header, plain_signature] = parts_unencoded(UNENCODED, &payload);
    let text = format!(
        r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}},{{"protected":"{plain_header}","signature":"{plain_signature}"}}]}}"#
    );
    assert_eq!(code(json(&text)), "jws_mixed_b64");
}

#[test]
fn a10_limits_come_before_work() {
    // JWS-16
    let signed = jws::sign(&Header::new(Algorithm::HS256), &[b'x'; 600], &hmac()).unwrap();
    let (text, json_text) = (signed.to_compact().unwrap(), signed.to_flattened().unwrap());
    let small = Limits::default().max_bytes(500);
    assert_eq!(code(Jws::compact(&text, &small)), "token_too_long");
    assert_eq!(code(Jws::json(json_text.as_bytes(), &small)), "jws_not_strict_json");
    let junk = "a".repeat(10 << 20);
    assert_eq!(code(compact(&junk)), "token_too_long");
    assert_eq!(code(json(&junk)), "jws_not_strict_json");
    let tiny = Limits::default().max_header_bytes(10);
    assert_eq!(code(Jws::compact(&text, &tiny)), "header_too_long");
    assert_eq!(code(Jws::json(json_text.as_bytes(), &tiny)), "header_too_long");
    // eyJhbGciOiJIUzI1NiJ9 has 20 characters.
    for (limit, expected) in [(20, "ok"), (19, "header_too_long")] {
        let limits = Limits::default().max_header_bytes(limit);
        assert_eq!(code(Jws::compact(&text, &limits)), expected);
        assert_eq!(code(Jws::json(json_text.as_bytes(), &limits)), expected);
    }

    let one = || jws::sign(&Header::new(Algorithm::HS256), b"x", &hmac()).unwrap();
    let many = |count: usize| (1..count).fold(one(), |all, _| all.and(one()).unwrap()).to_general().unwrap();
    assert_eq!(code(json(&many(16))), "ok");
    assert_eq!(code(json(&many(17))), "jws_too_many_signatures");
    assert_eq!(code(Jws::json(many(17).as_bytes(), &Limits::default().max_signatures(17))), "ok");
    // A11
    let deep = format!(r#"{{"payload":"","signature":"","x":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    assert_eq!(code(json(&deep)), "jws_not_strict_json");
    assert_eq!(code(Jws::json(json_text.as_bytes(), &Limits::default().max_members(2))), "jws_not_strict_json");
}

#[test]
fn a_header_that_no_recipient_would_accept_is_not_signed() {
    let header = || Header::new(Algorithm::HS256);
    for header in [header().with("crit", vec!["b64"]), header().with("b64", false), header().with("kid", 1u64)] {
        assert_eq!(jws::sign(&header, b"x", &hmac()).unwrap_err().code(), "sign_header");
        assert_eq!(jws::sign_unencoded(&header, b"x", &hmac()).unwrap_err().code(), "sign_header");
    }
    assert_eq!(jws::sign(&Header::new(Algorithm::HS384), b"x", &hmac()).unwrap_err().code(), "sign_algorithm_mismatch");
    let signed = jws::sign(&header(), b"x", &hmac()).unwrap();
    for name in ["alg", "crit", "b64"] {
        assert_eq!(signed.clone().with_unprotected(name, "x").unwrap_err().code(), "sign_form");
    }
    let named = jws::sign(&header().with_kid("k"), b"x", &hmac()).unwrap();
    assert_eq!(named.with_unprotected("kid", "k").unwrap_err().code(), "sign_form");
    let binary = jws::sign_unencoded(&header(), &[0xFF], &hmac()).unwrap();
    assert_eq!(binary.to_flattened().unwrap_err().code(), "sign_form");
    assert!(binary.to_flattened_detached().is_ok());
}

#[test]
fn a_header_keeps_the_name_that_it_has_and_gets_the_keys_if_it_has_none() {
    let kid = |header: &Header| {
        let text = jws::sign(header, b"x", &hmac().with_kid("key's")).unwrap().to_compact().unwrap();
        compact(&text).unwrap().signatures()[0].header().unwrap().kid().map(str::to_owned)
    };
    assert_eq!(kid(&Header::new(Algorithm::HS256)).as_deref(), Some("key's"));
    assert_eq!(kid(&Header::new(Algorithm::HS256).with_kid("header's")).as_deref(), Some("header's"));
}

#[test]
fn a_signature_can_be_made_and_checked_elsewhere() {
    let pending = JwsSigningInput::new(&Header::new(Algorithm::HS256), b"x").unwrap();
    assert_eq!(pending.clone().complete(&[0; 31]).unwrap_err().code(), "sign_signature_length");
    let signature = hmac().sign(pending.as_bytes()).unwrap();
    let text = pending.complete(&signature).unwrap().to_compact().unwrap();
    let read = compact(&text).unwrap();
    assert_eq!(read.signing_input(1), None);
    let proof = key().verify(&read.signing_input(0).unwrap(), read.signatures()[0].signature()).unwrap();
    assert_eq!(read.verified_elsewhere(0, proof).unwrap().payload(), b"x");
    assert!(read.verified_elsewhere(1, SignatureVerified::assertion()).is_err());
}

#[test]
fn nothing_of_a_payload_is_in_any_debug() {
    let signed = jws::sign(&Header::new(Algorithm::HS256), b"top secret", &hmac()).unwrap();
    let text = signed.to_compact().unwrap();
    let read = compact(&text).unwrap();
    let shown = format!("{signed:?} {read:?} {:?}", read.verify_with_key(&key()).unwrap());
    for hidden in ["secret", "dG9wIHNlY3JldA", "116"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), header in "\\PC{0,40}", members in "\\PC{0,40}") {
        let limits = Limits::default();
        let _ = Jws::json(&bytes, &limits);
        let _ = Jws::json_detached(&bytes, b"x", &limits);
        let [header, payload, signature] = parts(&header, &bytes);
        for text in [
            format!("{header}.{payload}.{signature}"),
            format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}","header":{{{members}}}}}"#),
            format!(r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}},{members}]}}"#),
        ] {
            for read in [Jws::compact(&text, &limits), Jws::json(text.as_bytes(), &limits)].into_iter().flatten() {
                let _ = read.verify_with_key(&key());
            }
        }
    }

    #[test]
    fn every_payload_comes_back_from_every_form(payload in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC*") {
        let (limits, header) = (Limits::default(), Header::new(Algorithm::HS256).with_kid("k"));
        let signed = jws::sign(&header, &payload, &hmac()).unwrap();
        let inline = [compact(&signed.to_compact().unwrap()), json(&signed.to_flattened().unwrap()), json(&signed.to_general().unwrap())];
        for read in inline {
            prop_assert_eq!(read.unwrap().verify_with_key(&key()).unwrap().into_payload(), payload.clone());
        }
        for signed in [signed, jws::sign_unencoded(&header, &payload, &hmac()).unwrap()] {
            let (a, b, c) = (signed.to_compact_detached().unwrap(), signed.to_flattened_detached().unwrap(), signed.to_general_detached().unwrap());
            for read in [Jws::compact_detached(&a, &payload, &limits), Jws::json_detached(b.as_bytes(), &payload, &limits), Jws::json_detached(c.as_bytes(), &payload, &limits)] {
                let read = read.unwrap();
                let verified = read.verify_with_key(&key()).unwrap();
                prop_assert_eq!(verified.payload(), &payload[..]);
            }
        }
        let signed = jws::sign_unencoded(&header, text.as_bytes(), &hmac()).unwrap();
        for read in [json(&signed.to_flattened().unwrap()), json(&signed.to_general().unwrap())] {
            prop_assert_eq!(read.unwrap().verify_with_key(&key()).unwrap().into_payload(), text.as_bytes());
        }
    }

    #[test]
    fn any_changed_byte_of_an_accepted_jws_is_refused_or_says_the_same(position in any::<prop::sample::Index>(), byte in 0x20u8..0x7F, form in 0usize..3) {
        let signed = jws::sign(&Header::new(Algorithm::HS256), b"{\"pay\":1}", &hmac()).unwrap();
        let mut text = match form {
            0 => signed.to_compact().unwrap(),
            1 => signed.to_flattened().unwrap(),
            _ => signed.to_general().unwrap(),
        }.into_bytes();
        let position = position.index(text.len());
        prop_assume!(text[position] != byte);
        text[position] = byte;
        let text = String::from_utf8(text).unwrap();
        let read = if form == 0 { compact(&text) } else { json(&text) };
        if let Ok(verified) = read.and_then(|read| read.verify_with_key(&key())) {
            prop_assert!(form != 0, "a compact jws has one spelling");
            prop_assert_eq!(verified.payload(), b"{\"pay\":1}");
        }
    }
}
