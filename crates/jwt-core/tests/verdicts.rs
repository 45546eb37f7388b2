//! Hostile and odd tokens and the verdict on each: THREATS A1 to A17 as far as a compact JWT meets them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests, helpers included")]

use core::time::Duration;

use jwt_core::json::Value;
use jwt_core::policy::{Audience, Claim, Expiry, Issuer, Reason, Typ};
use jwt_core::{
    Algorithm, Blame, Error, Header, Limits, Policy, RegisteredClaims, SignError, SignatureVerified, SigningInput,
    SigningKey, Timestamp, Unverified, VerifyingKey, VerifyingKeys, base64url, sign, verify, verify_borrowed,
    verify_with_keys,
};
use proptest::prelude::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const NOW: u64 = 1_700_000_000;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"iss":"https://as.example","aud":"api","sub":"alice","exp":1700000100}"#;

fn signing_key() -> SigningKey {
    SigningKey::hs256(SECRET).unwrap()
}

fn key() -> VerifyingKey {
    VerifyingKey::hs256(SECRET).unwrap()
}

fn policy() -> Policy {
    Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required)
}

/// Any bytes as header and payload, rightly signed.
fn signed(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let signature = signing_key().sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature))
}

fn judge(token: &str, policy: &Policy, now: u64) -> Result<Value, Error> {
    verify::<Value>(token, &key(), policy, Timestamp::from_unix(now)).map(jwt_core::Verified::into_claims)
}

fn code_of(token: &str) -> &'static str {
    judge(token, &policy(), NOW).map_or_else(|error| error.code(), |_| "ok")
}

fn with_header(header: &str) -> &'static str {
    code_of(&signed(header, CLAIMS))
}

fn with_claims(claims: &str) -> &'static str {
    code_of(&signed(HEADER, claims))
}

#[test]
fn a_good_token_is_accepted() {
    assert_eq!(code_of(&signed(HEADER, CLAIMS)), "ok");
}

#[test]
fn claims_are_the_same_wherever_the_payload_was_decoded() {
    let (keys, now) = (VerifyingKeys::from_keys(vec![key()]), Timestamp::from_unix(NOW));
    let ends = ["", r"\n", r"\ud83d\ude00", "\u{e9}", "\n"];
    for (end, length) in ends.into_iter().flat_map(|end| (505..=520).map(move |length| (end, length))) {
        let room = length - CLAIMS.len() - r#","x":"""#.len() - end.len();
        let payload = format!(r#"{},"x":"{}{end}"}}"#, CLAIMS.strip_suffix('}').unwrap(), "x".repeat(room));
        assert_eq!(payload.len(), length);
        let token = signed(HEADER, payload);
        let borrowed = verify_borrowed::<Value>(&token, &key(), &policy(), now, &mut Vec::new());
        assert_eq!(borrowed.is_ok(), end != "\n", "a line end must be escaped");
        assert_eq!(verify::<Value>(&token, &key(), &policy(), now), borrowed);
        assert_eq!(verify_with_keys::<Value>(&token, &keys, &policy(), now), borrowed);
    }
}

#[test]
fn a1_none_is_refused_in_every_spelling() {
    for alg in ["none", "None", "NONE", "nOnE", "noNE", "none ", "", "null"] {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        let expected = if alg.is_empty() { "header_alg_invalid" } else { "algorithm_mismatch" };
        assert_eq!(with_header(&header), expected);
        let unsigned = format!("{}.{}.", base64url::encode(&header), base64url::encode(CLAIMS));
        assert_eq!(code_of(&unsigned), expected);
    }
    // The right name and no signature.
    let unsigned = format!("{}.{}.", base64url::encode(HEADER), base64url::encode(CLAIMS));
    assert_eq!(code_of(&unsigned), "invalid_signature");
}

#[test]
fn a2_a3_the_token_never_chooses_the_algorithm() {
    // JWT-09
    for algorithm in Algorithm::ALL.iter().filter(|&&algorithm| algorithm != Algorithm::HS256) {
        assert_eq!(with_header(&format!(r#"{{"alg":"{algorithm}"}}"#)), "algorithm_mismatch");
    }
    for alg in ["hs256", "HS256 ", "HS-256", "EdDSA", "HMAC", "RSA1_5", "dir"] {
        assert_eq!(with_header(&format!(r#"{{"alg":"{alg}"}}"#)), "algorithm_mismatch");
    }
    let keys = VerifyingKeys::from_keys(vec![key().with_kid("k")]);
    let token = signed(r#"{"alg":"HS384","kid":"k"}"#, CLAIMS);
    let verdict = verify_with_keys::<Value>(&token, &keys, &policy(), Timestamp::from_unix(NOW)).unwrap_err();
    assert_eq!(verdict.code(), "no_fitting_key");
}

#[cfg(feature = "ring")]
#[test]
fn a2_a_public_key_is_never_an_hmac_secret() {
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"; // RFC 8037, appendix A.2
    let jwk = jwt_core::Jwk::from_slice(format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"}}"#).as_bytes()).unwrap();
    let public = VerifyingKey::from_jwk(&jwk).unwrap();
    let attacker = SigningKey::hs256(&base64url::decode(X).unwrap()).unwrap();
    let claims: Value = jwt_core::json::from_slice(CLAIMS.as_bytes(), &Default::default()).unwrap();
    let token = sign(&Header::new(Algorithm::HS256), &claims, &attacker).unwrap();
    let verdict = verify::<Value>(&token, &public, &policy(), Timestamp::from_unix(NOW)).unwrap_err();
    assert_eq!(verdict, Error::AlgorithmMismatch { key: Algorithm::Ed25519 });
}

#[test]
fn a4_a_key_in_the_header_is_not_followed() {
    // JWS-15
    let attacker = SigningKey::hs256(b"attacker's own key, long enough!").unwrap();
    let jwk = format!(r#"{{"kty":"oct","k":"{}"}}"#, base64url::encode(b"attacker's own key, long enough!"));
    for member in [
        format!(r#""jwk":{jwk}"#),
        r#""jku":"https://evil.example/jwks""#.into(),
        r#""x5c":["AAAA"]"#.into(),
        r#""x5u":"x""#.into(),
    ] {
        let header = format!(r#"{{"alg":"HS256",{member}}}"#);
        let input = format!("{}.{}", base64url::encode(&header), base64url::encode(CLAIMS));
        let token = format!("{input}.{}", base64url::encode(attacker.sign(input.as_bytes()).unwrap()));
        assert_eq!(code_of(&token), "invalid_signature");
        // Nor does it harm a token that is rightly signed.
        assert_eq!(with_header(&header), "ok");
    }
}

#[test]
fn a5_a_signature_of_the_wrong_length_is_refused() {
    let token = signed(HEADER, CLAIMS);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = base64url::decode(signature).unwrap();
    for wrong in [
        &[][..],
        &[0; 32],
        &[0; 64],
        &signature[..31],
        &signature[1..],
        &[&signature[..], &[0]].concat(),
        &[0x30; 5000],
    ] {
        assert_eq!(code_of(&format!("{input}.{}", base64url::encode(wrong))), "invalid_signature");
    }
}

#[test]
fn a7_a_claim_that_is_missing_or_of_the_wrong_type_is_refused_not_skipped() {
    // JWT-02, JWT-05, JWT-06, JWT-07, JWT-08
    let claims = |iss: &str, aud: &str, exp: &str| {
        let members: Vec<_> = [("iss", iss), ("aud", aud), ("exp", exp)]
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!(r#""{name}":{value}"#))
            .collect();
        with_claims(&format!("{{{}}}", members.join(",")))
    };
    let (iss, aud, exp) = (r#""https://as.example""#, r#""api""#, "1700000100");
    assert_eq!(claims(iss, aud, exp), "ok");
    assert_eq!(claims("", aud, exp), "issuer_missing");
    assert_eq!(claims(iss, "", exp), "audience_missing");
    assert_eq!(claims(iss, aud, ""), "exp_missing");
    for wrong in ["null", "1", "true", "{}", "[]", r#"["https://as.example"]"#] {
        assert_eq!(claims(wrong, aud, exp), "issuer_wrong_type", "{wrong}");
    }
    for wrong in [
        r#""""#,
        r#""https://as.example/""#,
        r#""HTTPS://as.example""#,
        r#""https://as.example ""#,
        r#""https://as.example\u0000""#,
    ] {
        assert_eq!(claims(wrong, aud, exp), "issuer_mismatch", "{wrong}");
    }
    for wrong in ["null", "1", "false", "{}", r#"{"api":1}"#, "[1]", r#"["api",1]"#, r#"["api",null]"#, r#"[["api"]]"#]
    {
        assert_eq!(claims(iss, wrong, exp), "audience_wrong_type", "{wrong}");
    }
    for wrong in ["[]", r#""""#, r#"["API"]"#, r#""api ""#, r#"["ap","i"]"#] {
        assert_eq!(claims(iss, wrong, exp), "audience_mismatch", "{wrong}");
    }
    for right in [r#"["api"]"#, r#"["other","api"]"#, r#"[ "api" , "api" ]"#, r#""\u0061pi""#, r#"["\n","\u0061pi"]"#] {
        assert_eq!(claims(iss, right, exp), "ok", "{right}");
    }
    for wrong in ["null", r#""1700000100""#, "true", "[1700000100]", "{}", r#""""#] {
        assert_eq!(claims(iss, aud, wrong), "exp_wrong_type", "{wrong}");
    }
    for past in [
        "0",
        "-0",
        "-1",
        "1699999999.9",
        "1e9",
        "-1e300",
        "1700000000",
        "17e8",
        "1700000000.0",
        "-9223372036854775808",
        "1e-400",
    ] {
        assert_eq!(claims(iss, aud, past), "expired", "{past}");
    }
    for future in [
        "1700000000.5",
        "1e300",
        "18446744073709551615",
        "18446744073709551616",
        "9223372036854775808",
        "1.7e308",
        "1700000001",
    ] {
        assert_eq!(claims(iss, aud, future), "ok", "{future}");
    }
    assert_eq!(claims(iss, aud, "1e999"), "claims_not_strict_json");
}

#[test]
fn a7_times_that_nobody_asked_for_are_checked_if_they_are_there() {
    let with = |member: &str| with_claims(&CLAIMS.replace('}', &format!(",{member}}}")));
    for name in ["nbf", "iat"] {
        for wrong in ["null", r#""1""#, "true", "[]", "{}"] {
            assert_eq!(with(&format!(r#""{name}":{wrong}"#)), format!("{name}_wrong_type"), "{wrong}");
        }
        for right in ["1700000000", "0", "-5", "1.5e9", "1699999999.999", "-1e300"] {
            assert_eq!(with(&format!(r#""{name}":{right}"#)), "ok", "{right}");
        }
    }
    for future in ["1700000001", "1e300", "18446744073709551615", "1700000000.001"] {
        assert_eq!(with(&format!(r#""nbf":{future}"#)), "not_yet_valid");
        assert_eq!(with(&format!(r#""iat":{future}"#)), "issued_in_future");
    }
    for wrong in ["null", "1", "[]"] {
        assert_eq!(with(&format!(r#""jti":{wrong}"#)), "jti_wrong_type");
    }
    // Without a decision on the expiry it still counts, and is still a number.
    let lax = Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::DangerousAny, Expiry::DangerousOptional);
    let code = |claims: &str| judge(&signed(HEADER, claims), &lax, NOW).map_or_else(|error| error.code(), |_| "ok");
    assert_eq!(code("{}"), "ok");
    assert_eq!(code(r#"{"exp":1}"#), "expired");
    assert_eq!(code(r#"{"exp":null}"#), "exp_wrong_type");
    assert_eq!(code(r#"{"sub":5}"#), "subject_wrong_type");
    assert_eq!(code(r#"{"iss":5,"aud":[]}"#), "ok");
}

#[test]
fn a7_a_registered_claim_that_is_required_must_be_of_its_type_too() {
    // JWT-02, JWT-05, JWT-08: also where the policy says dangerously that any will do.
    let lax =
        || Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::DangerousAny, Expiry::DangerousOptional);
    for (name, claim, good, wrong) in [
        ("iss", Claim::Issuer, r#"{"iss":"anybody"}"#, r#"{"iss":5}"#),
        ("sub", Claim::Subject, r#"{"sub":"anybody"}"#, r#"{"sub":5}"#),
        ("aud", Claim::Audience, r#"{"aud":["anybody"]}"#, r#"{"aud":[5]}"#),
        ("exp", Claim::Expiry, r#"{"exp":1700000001}"#, r#"{"exp":"1700000001"}"#),
        ("nbf", Claim::NotBefore, r#"{"nbf":1700000000}"#, r#"{"nbf":"1700000000"}"#),
        ("iat", Claim::IssuedAt, r#"{"iat":1700000000}"#, r#"{"iat":"1700000000"}"#),
        ("jti", Claim::Id, r#"{"jti":"any"}"#, r#"{"jti":5}"#),
    ] {
        let verdict = |claims: &str| judge(&signed(HEADER, claims), &lax().require(name), NOW);
        assert!(verdict(good).is_ok(), "{name}");
        for (claims, reason) in [("{}", Reason::Missing), (wrong, Reason::WrongType)] {
            let error = verdict(claims).unwrap_err();
            let failures: Vec<_> = error.failures().iter().map(|failure| (failure.claim(), failure.reason())).collect();
            assert_eq!(failures, [(&claim, reason)], "{name} {claims}");
        }
    }
}

#[test]
fn a7_what_the_policy_requires_must_be_there() {
    let token = |claims: &str| signed(HEADER, claims);
    let policy = policy().require("client_id").require("jti").require("client_id").require("x\n");
    let all = CLAIMS.replace('}', r#","client_id":"c","jti":"j","x\n":0}"#);
    assert!(judge(&token(&all), &policy, NOW).is_ok());
    let error = judge(&token(CLAIMS), &policy, NOW).unwrap_err();
    let claims: Vec<_> = error.failures().iter().map(|failure| (failure.claim().clone(), failure.reason())).collect();
    assert_eq!(
        claims,
        [
            (Claim::Id, Reason::Missing),
            (Claim::Required("client_id".into()), Reason::Missing),
            (Claim::Required("x\n".into()), Reason::Missing)
        ]
    );
    let null = all.replace(r#""client_id":"c""#, r#""client_id":null"#);
    assert_eq!(judge(&token(&null), &policy, NOW).unwrap_err().code(), "required_claim_missing");
    // Not at the top is not there.
    let inner = CLAIMS.replace('}', r#","jti":"j","x\n":1,"inner":{"client_id":"c"}}"#);
    assert_eq!(judge(&token(&inner), &policy, NOW).unwrap_err().code(), "required_claim_missing");

    let subject = self::policy().subject("alice");
    assert!(judge(&token(CLAIMS), &subject, NOW).is_ok());
    assert_eq!(judge(&token(&CLAIMS.replace("alice", "bob")), &subject, NOW).unwrap_err().code(), "subject_mismatch");
    assert_eq!(judge(&token(&CLAIMS.replace("sub", "Sub")), &subject, NOW).unwrap_err().code(), "subject_missing");
}

#[test]
fn a7_an_age_limit_needs_iat() {
    let policy = policy().max_age(Duration::from_secs(60)).leeway(Duration::from_secs(5));
    let code = |iat: &str| {
        let claims = CLAIMS.replace('}', &format!(r#","iat":{iat}}}"#));
        judge(&signed(HEADER, claims), &policy, NOW).map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(judge(&signed(HEADER, CLAIMS), &policy, NOW).unwrap_err().code(), "iat_missing");
    assert_eq!(code("1699999935"), "ok");
    assert_eq!(code("1699999934"), "too_old");
    assert_eq!(code("-1e300"), "too_old");
    assert_eq!(code("1700000005"), "ok");
    assert_eq!(code("1700000006"), "issued_in_future");
}

#[test]
fn a8_crit_and_b64_are_never_ignored() {
    // JWS-08, JWS-10; the rows stand in full at the header's own tests.
    assert_eq!(with_header(r#"{"alg":"HS256","crit":["x"],"x":1}"#), "header_crit_unsupported");
    assert_eq!(with_header(r#"{"alg":"HS256","crit":[]}"#), "header_crit_invalid");
    assert_eq!(with_header(r#"{"alg":"HS256","b64":true}"#), "header_b64_in_jwt");
}

#[test]
fn a9_other_serializations_are_refused() {
    // JWS-01, JWS-04, JWT-12
    let token = signed(HEADER, CLAIMS);
    for (text, code) in [
        (String::new(), "token_not_three_parts"),
        ("abc".into(), "token_not_three_parts"),
        ("a.b".into(), "token_not_three_parts"),
        ("a.b.c.d".into(), "token_not_three_parts"),
        ("a.b.c.d.e".into(), "encrypted_token"),
        ("....".into(), "encrypted_token"),
        ("a.b.c.d.e.f".into(), "token_not_three_parts"),
        (".".repeat(1000), "token_not_three_parts"),
        (format!("{token}."), "token_not_three_parts"),
        (format!("{token}\n"), "token_foreign_character"),
        (format!(" {token}"), "token_foreign_character"),
        (format!("Bearer {token}"), "token_foreign_character"),
        (format!("{token}="), "token_foreign_character"),
        (token.replace('.', "%2E"), "token_foreign_character"),
        (format!("{token}\0"), "token_foreign_character"),
        (format!("{token}é"), "token_foreign_character"),
        (format!("{token}~"), "token_foreign_character"),
        (r#"{"payload":"","protected":"","signature":""}"#.into(), "token_foreign_character"),
        ("..".into(), "header_not_strict_json"),
    ] {
        assert_eq!(code_of(&text), code, "{text:?}");
    }
    assert_eq!(with_header(r#"{"alg":"HS256","cty":"JWT"}"#), "nested_token"); // JWT-11
    assert_eq!(with_header(r#"{"alg":"HS256","cty":"application/jwt"}"#), "nested_token");
    assert_eq!(with_header(r#"{"alg":"HS256","cty":"json"}"#), "ok");
}

#[test]
fn a10_junk_is_refused_by_its_length() {
    let junk = "a".repeat(10_000_000);
    assert_eq!(code_of(&junk), "token_too_long");
    let wide = policy().limits(Limits::default().max_token_bytes(usize::MAX));
    assert_eq!(judge(&format!("{junk}.a.a"), &wide, NOW).unwrap_err().code(), "header_too_long");
    let dots = ".".repeat(10_000_000);
    assert_eq!(judge(&dots, &wide, NOW).unwrap_err().code(), "token_not_three_parts");
    // A payload that would cost something is not looked at before the signature holds.
    let bomb = format!(
        "{}.{}.{}",
        base64url::encode(HEADER),
        base64url::encode("[".repeat(40_000)),
        base64url::encode([0; 32])
    );
    assert_eq!(code_of(&bomb), "invalid_signature");
    let members: Vec<_> = (0..9000).map(|n| format!(r#""{n}":1"#)).collect();
    let many = signed(HEADER, format!("{{{}}}", members.join(",")));
    assert_eq!(judge(&many, &wide, NOW).unwrap_err().code(), "claims_not_strict_json");
}

#[test]
fn a10_the_limits_hold_for_a_header_that_was_foreseen_too() {
    // Of its three members the key knows the spelling beforehand.
    let token = signed(r#"{"alg":"HS256","typ":"JWT","kid":"k"}"#, "{}");
    let code = |limits: Limits| {
        let lax = Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::Jwt, Expiry::DangerousOptional);
        let now = Timestamp::from_unix(NOW);
        verify::<Value>(&token, &key().with_kid("k"), &lax.limits(limits), now)
            .map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(code(Limits::default().max_members(3)), "ok");
    assert_eq!(code(Limits::default().max_members(2)), "header_not_strict_json");
    assert_eq!(code(Limits::default().max_depth(1)), "ok");
    assert_eq!(code(Limits::default().max_depth(0)), "header_not_strict_json");
    // base64url("{"alg":"HS256","typ":"JWT","kid":"k"}") has 50 characters.
    assert_eq!(code(Limits::default().max_header_bytes(50)), "ok");
    assert_eq!(code(Limits::default().max_header_bytes(49)), "header_too_long");
    assert_eq!(code(Limits::default().max_token_bytes(token.len())), "ok");
    assert_eq!(code(Limits::default().max_token_bytes(token.len() - 1)), "token_too_long");
}

#[test]
fn a10_of_two_sets_of_limits_each_holds() {
    // JWS-16: those that a token was taken apart with, and those of the policy.
    let token = signed(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"a":[1]}"#);
    let second = |first: Limits, second: Limits| {
        let lax = Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::Jwt, Expiry::DangerousOptional);
        let unverified = Unverified::parse(&token, &first)?;
        let proof = unverified.check_signature([&key()])?;
        let now = Timestamp::from_unix(NOW);
        unverified.verified::<Value>(proof, &lax.limits(second), now, &mut Vec::new()).map(drop)
    };
    let usual = Limits::default;
    for (limits, expected) in [
        (usual().max_token_bytes(token.len()), "ok"),
        (usual().max_token_bytes(token.len() - 1), "token_too_long"),
        // base64url({"alg":"HS256","typ":"JWT"}) has 36 characters.
        (usual().max_header_bytes(36), "ok"),
        (usual().max_header_bytes(35), "header_too_long"),
        (usual().max_depth(2), "ok"),
        (usual().max_depth(1), "claims_not_strict_json"),
        (usual().max_members(2), "ok"),
    ] {
        for verdict in [second(limits, usual()), second(usual(), limits), second(limits, limits)] {
            assert_eq!(verdict.map_or_else(|error| error.code(), |()| "ok"), expected, "{limits:?}");
        }
        let lax = Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::Jwt, Expiry::DangerousOptional);
        let whole = judge(&token, &lax.limits(limits), NOW).map_or_else(|error| error.code(), |_| "ok");
        assert_eq!(whole, expected, "{limits:?}");
    }
    let (one, two) = (usual().max_members(1), usual().max_members(2));
    assert_eq!(second(one, usual()).unwrap_err().code(), "header_not_strict_json");
    assert_eq!(second(two, one).unwrap_err().code(), "claims_not_strict_json");
}

#[test]
fn a11_nesting_is_refused_in_header_and_claims() {
    let nested = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(with_header(&format!(r#"{{"alg":"HS256","x":{nested}}}"#)), "header_not_strict_json");
    assert_eq!(with_claims(&CLAIMS.replace('}', &format!(r#","x":{nested}}}"#))), "claims_not_strict_json");
}

#[test]
fn a15_one_token_has_one_spelling() {
    // JWS-02, JWS-03, JWS-05, JWS-06, JWT-01
    let token = signed(HEADER, CLAIMS);
    let (input, signature) = token.rsplit_once('.').unwrap();
    // The last character of a 32-byte signature has two unused bits.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(&signature[42..]).unwrap();
    for other in 1..4 {
        let spelling = format!("{}{}", &signature[..42], &alphabet[last + other..=last + other]);
        assert_eq!(code_of(&format!("{input}.{spelling}")), "signature_encoding");
    }
    assert_eq!(code_of(&format!("{input}.{signature}A")), "invalid_signature");
    assert_eq!(code_of(&format!("{input}.{signature}AA")), "signature_encoding");
    assert_eq!(code_of(&format!("A{token}")), "header_encoding");

    let resigned = |header: &str, payload: &str| {
        let input = format!("{header}.{payload}");
        let signature = signing_key().sign(input.as_bytes()).unwrap();
        code_of(&format!("{input}.{}", base64url::encode(signature)))
    };
    assert_eq!(resigned(&base64url::encode(HEADER), "AB"), "payload_encoding");
    assert_eq!(resigned(&base64url::encode(HEADER), "A"), "payload_encoding");
    assert_eq!(resigned("AB", &base64url::encode(CLAIMS)), "header_encoding");

    for claims in [
        "",
        "[]",
        "null",
        "1",
        r#""{}""#,
        "{}{}",
        "\u{feff}{}",
        r#"{"a":1,"\u0061":1}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":{"b":0,"b":0}}"#,
    ] {
        assert_eq!(with_claims(claims), "claims_not_strict_json", "{claims}");
    }
    assert_eq!(code_of(&signed(HEADER, b"{\"a\":\"\xff\"}")), "claims_not_strict_json");
    assert_eq!(code_of(&signed(b"{\"alg\":\"HS256\",\"x\":\"\xff\"}", CLAIMS)), "header_not_strict_json");
    let utf16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(code_of(&signed(utf16, CLAIMS)), "header_not_strict_json");
    assert_eq!(with_header(r#"{"alg":"HS256","alg":"HS256"}"#), "header_not_strict_json");
    assert_eq!(with_header(r#"["HS256"]"#), "header_not_strict_json");
    // Escapes are another spelling of the same header, which the signature covers.
    assert_eq!(with_header(r#"{"\u0061lg":"HS\u003256"}"#), "ok");
}

#[test]
fn a16_a_token_of_another_kind_is_refused() {
    // JWT-10
    let policy_for = |typ| Policy::new(Issuer::DangerousAny, Audience::DangerousAny, typ, Expiry::Required);
    let code = |header: &str, typ| {
        judge(&signed(header, CLAIMS), &policy_for(typ), NOW).map_or_else(|error| error.code(), |_| "ok")
    };
    let plain = r#"{"alg":"HS256"}"#;
    let with = |typ: &str| format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#);
    for typ in ["JWT", "jwt", "application/jwt", "Application/JWT"] {
        assert_eq!(code(&with(typ), Typ::Jwt), "ok");
        assert_eq!(code(&with(typ), Typ::IdToken), "ok");
        assert_eq!(code(&with(typ), Typ::AccessToken), "typ_mismatch");
    }
    for typ in ["at+jwt", "at+JWT", "application/at+jwt"] {
        assert_eq!(code(&with(typ), Typ::AccessToken), "ok");
        assert_eq!(code(&with(typ), Typ::Jwt), "typ_mismatch");
        assert_eq!(code(&with(typ), Typ::IdToken), "typ_mismatch");
        assert_eq!(code(&with(typ), Typ::exactly("application/at+jwt")), "ok");
    }
    for typ in ["", "at jwt", "at+jwt ", "text/at+jwt", "dpop+jwt", "logout+jwt"] {
        assert_eq!(code(&with(typ), Typ::AccessToken), "typ_mismatch", "{typ}");
        assert_eq!(code(&with(typ), Typ::Jwt), "typ_mismatch", "{typ}");
        assert_eq!(code(&with(typ), Typ::DangerousAny), "ok");
    }
    assert_eq!(code(plain, Typ::Jwt), "ok");
    assert_eq!(code(plain, Typ::AccessToken), "typ_missing");
    assert_eq!(code(plain, Typ::exactly("JWT")), "typ_missing");
}

#[test]
fn all_failing_claims_are_told_at_once_and_the_gravest_gives_the_code() {
    let token = signed(r#"{"alg":"HS256","typ":"at+jwt"}"#, r#"{"aud":"other","exp":1,"nbf":"x"}"#);
    let error = judge(&token, &policy(), NOW).unwrap_err();
    let codes: Vec<_> = error.failures().iter().map(|failure| failure.code()).collect();
    assert_eq!(codes, ["issuer_missing", "audience_mismatch", "typ_mismatch", "nbf_wrong_type", "expired"]);
    assert_eq!((error.code(), error.blame()), ("issuer_missing", Blame::Peer));
    let expired = judge(&signed(HEADER, CLAIMS), &policy(), NOW + 100).unwrap_err();
    assert_eq!((expired.code(), expired.blame()), ("expired", Blame::Time));
}

#[test]
fn white_space_between_the_parts_of_json_changes_no_verdict() {
    let spaced = |json: &str, [before, behind]: [&str; 2]| {
        let inside = |at: usize| json[..at].matches('"').count() % 2 == 1;
        let part = |(at, character): (usize, char)| match character {
            '{' | '}' | '[' | ']' | ':' | ',' if !inside(at) => format!("{before}{character}{behind}"),
            other => other.to_string(),
        };
        json.char_indices().map(part).collect::<String>()
    };
    let claims = r#"{"iss":"https://as.example","aud":["x","api"],"sub":"alice","jti":"1","exp":1700000100,"nbf":1,"iat":1,"own":{"a":[]},"nul":null}"#;
    let policy = policy().require("own").subject("alice");
    let spaces =
        [" ", "\n", "\r", "\t", " \r\n\t"].into_iter().flat_map(|space| [["", space], [space, ""], [space, space]]);
    for space in spaces {
        let (header, claims) = (spaced(HEADER, space), spaced(claims, space));
        assert!(judge(&signed(&header, &claims), &policy, NOW).is_ok(), "{claims}");
        let code = |from: &str, to: &str| {
            assert!(claims.contains(from));
            judge(&signed(&header, claims.replace(from, to)), &policy, NOW).err().map(|error| error.code())
        };
        assert_eq!(code("1700000100", "1700000000"), Some("expired"));
        assert_eq!(code(r#""alice""#, "1"), Some("subject_wrong_type"));
        assert_eq!(code(r#""api""#, r#""ap""#), Some("audience_mismatch"));
        assert_eq!(code(r#""nul""#, r#""own""#), Some("claims_not_strict_json"));
        assert_eq!(
            judge(&signed(&header, &claims), &policy.clone().require("nul"), NOW).unwrap_err().code(),
            "required_claim_missing"
        );
    }
    // What else looks like white space is none.
    for other in ["\u{b}", "\u{c}", "\u{a0}", "\u{feff}", "\0"] {
        assert_eq!(with_claims(&spaced(CLAIMS, [other, ""])), "claims_not_strict_json", "{other:?}");
        assert_eq!(with_header(&spaced(HEADER, ["", other])), "header_not_strict_json", "{other:?}");
    }
}

#[test]
fn whatever_stands_in_the_place_of_a_claim_is_told() {
    use jwt_core::json::JsonKind::{Array, Boolean, Null, Number, Object, String};
    let place = [("null", Null), ("true", Boolean), ("false", Boolean), ("-1", Number), ("0", Number), ("9", Number)];
    let values = place.into_iter().chain([(r#""x""#, String), ("[1]", Array), ("{}", Object)]);
    let good = [
        ("iss", r#""https://as.example""#),
        ("aud", r#""api""#),
        ("sub", r#""alice""#),
        ("jti", r#""1""#),
        ("exp", "1700000100"),
        ("nbf", "1"),
        ("iat", "1"),
    ];
    for (value, found) in values {
        for claim in ["iss", "aud", "sub", "jti", "exp", "nbf", "iat"] {
            let expected = if ["exp", "nbf", "iat"].contains(&claim) { Number } else { String };
            if found == expected {
                continue;
            }
            let members = good.map(|(name, good)| format!(r#""{name}": {}"#, if name == claim { value } else { good }));
            let error = judge(&signed(HEADER, format!("{{{}}}", members.join(","))), &policy(), NOW).unwrap_err();
            let told: Vec<_> = error.failures().iter().map(|failure| (failure.found(), failure.expected())).collect();
            assert_eq!(told, [(Some(found), Some(expected))], "{claim}: {value}");
        }
    }
}

#[test]
fn the_verdict_does_not_depend_on_the_type_of_the_claims() {
    #[derive(Debug, serde::Deserialize)]
    struct Narrow {
        #[expect(dead_code, reason = "read by nobody")]
        scope: String,
    }
    let code = |claims: &str| {
        let token = signed(HEADER, claims);
        verify::<Narrow>(&token, &key(), &policy(), Timestamp::from_unix(NOW)).unwrap_err().code()
    };
    assert_eq!(code(CLAIMS), "claims_unfit");
    assert_eq!(code(&CLAIMS.replace("as.example", "evil.example")), "issuer_mismatch");
    assert_eq!(code(&CLAIMS.replace('}', r#","scope":5,"exp":1}"#)), "claims_not_strict_json");
    assert_eq!(code(&CLAIMS.replace("1700000100", "1").replace('}', r#","scope":5}"#)), "expired");
}

#[test]
fn the_verdict_does_not_depend_on_what_only_the_type_forbids() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "read by nobody")]
    struct Picky {
        #[serde(default)]
        wide: u128,
        #[serde(default)]
        signed: i128,
        #[serde(alias = "user")]
        sub: String,
    }
    for member in [
        r#""wide":-1"#,
        r#""wide":340282366920938463463374607431768211456"#,
        r#""signed":170141183460469231731687303715884105728"#,
        r#""user":"bob""#,
    ] {
        for (claims, type_fits, type_does_not) in [
            (CLAIMS.to_owned(), "ok", "claims_unfit"),
            (CLAIMS.replace("as.example", "evil.example"), "issuer_mismatch", "issuer_mismatch"),
            (CLAIMS.replace("1700000100", "1"), "expired", "expired"),
            (CLAIMS.replace('}', r#","exp":1}"#), "claims_not_strict_json", "claims_not_strict_json"),
        ] {
            let claims = claims.replace('}', &format!(",{member}}}"));
            let token = signed(HEADER, &claims);
            assert_eq!(code_of(&token), type_fits, "{claims}");
            let error = verify::<Picky>(&token, &key(), &policy(), Timestamp::from_unix(NOW)).unwrap_err();
            assert_eq!(error.code(), type_does_not, "{claims}");
        }
    }
}

#[test]
fn legal_oddities_are_accepted() {
    for claims in [
        r#" { "exp" : 1700000100.5 , "iss":"https://as.example", "aud":["api"] } "#,
        r#"{"exp":17000001e2,"iss":"https:\/\/as.example","aud":"api","x":[null,{"y":[]}],"":"","é":1}"#,
    ] {
        assert_eq!(with_claims(claims), "ok", "{claims}");
    }
    assert_eq!(with_header("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\", \"unknown\":{\"a\":[1]}}"), "ok");
}

#[test]
fn no_output_shows_payload_or_secret() {
    let token = signed(HEADER, CLAIMS.replace("alice", "s3cr3t-subject"));
    let verified = verify::<Value>(&token, &key(), &policy(), Timestamp::from_unix(NOW)).unwrap();
    let unverified = Unverified::parse(&token, &Limits::default()).unwrap();
    let claims = RegisteredClaims::new().with_subject("s3cr3t-subject");
    let input = SigningInput::new(&Header::new(Algorithm::HS256), &claims).unwrap();
    let wrong = judge(&token.replace("eyJ", "eyK"), &policy(), NOW).unwrap_err();
    for text in [
        format!("{verified:?} {unverified:?} {input:?}"),
        format!("{wrong} {wrong:?}"),
        format!("{:?} {:?}", key(), signing_key()),
    ] {
        assert!(!text.contains("s3cr3t") && !text.contains("0123456789abcdef"), "{text}");
    }
}

#[test]
fn a_signature_checked_elsewhere_leads_through_the_same_second_half() {
    let token = signed(HEADER, CLAIMS);
    let mut buffer = Vec::new();
    let second = |policy: &Policy, buffer: &mut Vec<u8>| {
        let unverified = Unverified::parse(&token, &Limits::default()).unwrap();
        let proof = SignatureVerified::assertion();
        unverified
            .verified::<RegisteredClaims>(proof, policy, Timestamp::from_unix(NOW), buffer)
            .map(|token| token.algorithm())
    };
    assert_eq!(second(&policy(), &mut buffer), Ok(Algorithm::HS256));
    assert_eq!(second(&policy().subject("bob"), &mut buffer).unwrap_err().code(), "subject_mismatch");
}

#[test]
fn signing_is_strict_about_what_it_emits() {
    #[derive(serde::Serialize)]
    struct Twice {
        sub: &'static str,
        #[serde(flatten)]
        registered: RegisteredClaims,
    }
    let header = Header::new(Algorithm::HS256);
    let code = |verdict: Result<String, SignError>| verdict.map_or_else(|error| error.code(), |_| "ok");
    let key = signing_key();
    assert_eq!(code(sign(&header, &[1, 2], &key)), "sign_claims_not_strict_json");
    assert_eq!(code(sign(&header, "text", &key)), "sign_claims_not_strict_json");
    assert_eq!(code(sign(&header, &(), &key)), "sign_claims_not_strict_json");
    let twice = Twice { sub: "a", registered: RegisteredClaims::new().with_subject("b") };
    assert_eq!(code(sign(&header, &twice, &key)), "sign_claims_not_strict_json");
    let once = Twice { sub: "a\n", registered: RegisteredClaims::new() };
    assert_eq!(code(sign(&header, &once, &key)), "ok");
    for (name, value) in
        [("exp", Value::from("1")), ("iss", Value::Null), ("aud", Value::Array(vec![])), ("nbf", Value::Bool(true))]
    {
        let claims: jwt_core::json::Object = [(name, value)].into_iter().collect();
        let verdict = sign(&header, &claims, &key).unwrap_err().code();
        // An empty audience is a list for nobody, and no recipient's.
        assert_eq!(verdict, "sign_claim_wrong_type", "{name}");
    }
    let other = Header::new(Algorithm::HS384);
    assert_eq!(sign(&other, &once, &key).unwrap_err().code(), "sign_algorithm_mismatch");
    let broken = header.clone().with("b64", false);
    assert_eq!(sign(&broken, &once, &key).unwrap_err().code(), "sign_header");
    for name in ["typ", "cty"] {
        let odd = header.clone().with(name, 1u64);
        assert_eq!(sign(&odd, &once, &key).unwrap_err().code(), "sign_header", "{name}");
        assert_eq!(sign(&odd, &once, &signing_key().with_kid("k1")).unwrap_err().code(), "sign_header", "{name}");
    }
    for length in [0, 31, 33, 64] {
        let input = SigningInput::new(&header, &once).unwrap();
        assert_eq!(input.complete(&vec![0; length]).unwrap_err().code(), "sign_signature_length");
    }
    let named = sign(&header, &once, &signing_key().with_kid("k1")).unwrap();
    assert_eq!(Unverified::parse(&named, &Limits::default()).unwrap().header().kid(), Some("k1"));
}

/// What would be signed is signed, or refused with this code; and what is signed here, `verify` reads.
fn signed_and_read(header: &Header, claims: &jwt_core::json::Object, key: &SigningKey) -> &'static str {
    let signed = sign(header, claims, key);
    let elsewhere = SigningInput::new(header, claims).and_then(|input| {
        let signature = key.sign(input.as_bytes())?;
        input.complete(&signature)
    });
    if key.kid().is_none() {
        let code = |result: &Result<String, SignError>| result.clone().map_err(|error| error.code());
        assert_eq!(code(&signed), code(&elsewhere));
    }
    match signed {
        Ok(token) => {
            let policy = Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::Jwt, Expiry::DangerousOptional);
            verify::<Value>(&token, &key.verifying_key().unwrap(), &policy, Timestamp::from_unix(NOW)).unwrap();
            "ok"
        }
        Err(error) => {
            assert_eq!(error.blame(), Blame::Caller);
            error.code()
        }
    }
}

#[test]
fn a9_claims_are_not_signed_as_a_nested_token() {
    // RFC 7519, section 5.2
    let header = Header::new(Algorithm::HS256);
    let claims = jwt_core::json::Object::new();
    for (cty, code) in [
        ("JWT", "sign_header"),
        ("jwt", "sign_header"),
        ("application/jwt", "sign_header"),
        ("json", "ok"),
        ("JWT2", "ok"),
    ] {
        for key in [signing_key(), signing_key().with_kid("k1")] {
            let header = header.clone().with("cty", cty);
            assert_eq!(signed_and_read(&header, &claims, &key), code, "{cty}");
        }
    }
    let error = sign(&header.clone().with("cty", "JWT"), &claims, &signing_key()).unwrap_err();
    assert_eq!(error, SignError::Header(jwt_core::HeaderError::Nested));
    // What holds another token is a JWS of any payload.
    assert!(jwt_core::jws::sign(&header.with("cty", "JWT"), b"e30.e30.", &signing_key()).is_ok());
}

#[test]
fn a10_what_is_too_long_for_a_recipient_is_not_signed() {
    let header = Header::new(Algorithm::HS256);
    let none = jwt_core::json::Object::new();
    // `{"alg":"HS256","kid":"..."}`: what is left of 16 KiB in base64url.
    let longest = (16 << 10) / 4 * 3 - r#"{"alg":"HS256","kid":""}"#.len();
    for (length, code) in [(longest, "ok"), (longest + 1, "sign_too_long"), (20_000, "sign_too_long")] {
        let kid = "k".repeat(length);
        assert_eq!(signed_and_read(&header.clone().with_kid(&kid), &none, &signing_key()), code, "{length}");
        assert_eq!(signed_and_read(&header, &none, &signing_key().with_kid(&kid)), code, "{length}");
    }
    let mut lengths = Vec::new();
    for length in 49_000..49_100 {
        let claims: jwt_core::json::Object = [("x", "x".repeat(length))].into_iter().collect();
        if signed_and_read(&header, &claims, &signing_key()) == "ok" {
            lengths.push(sign(&header, &claims, &signing_key()).unwrap().len());
        }
    }
    assert!(lengths.len() < 100 && lengths.iter().max().is_some_and(|longest| (65_534..=65_536).contains(longest)));
    let long: jwt_core::json::Object = [("x", "x".repeat(50_000))].into_iter().collect();
    let error = sign(&header, &long, &signing_key()).unwrap_err();
    assert_eq!(error, SignError::TooLong { part: "token", limit: 65_536 });
    assert_eq!(error.to_string(), "token is longer than the 65536 characters that a recipient takes");
}

#[test]
fn a11_what_is_too_deep_for_a_recipient_is_not_signed() {
    fn nested(depth: usize) -> Value {
        (1..depth).fold(Value::Object(jwt_core::json::Object::new()), |inner, _| Value::Array(vec![inner]))
    }
    let header = Header::new(Algorithm::HS256);
    let object = |value: Value| [("x", value)].into_iter().collect::<jwt_core::json::Object>();
    for (depth, code) in [(31, "ok"), (32, "sign_claims_not_strict_json"), (127, "sign_claims_not_strict_json")] {
        assert_eq!(signed_and_read(&header, &object(nested(depth)), &signing_key()), code, "{depth}");
        let header_code = if code == "ok" { "ok" } else { "sign_header" };
        let deep = header.clone().with("x", nested(depth));
        assert_eq!(signed_and_read(&deep, &object(Value::Null), &signing_key()), header_code, "{depth}");
    }
    let wide = |elements: usize| object(Value::Array(vec![Value::from(1_u64); elements]));
    assert_eq!(signed_and_read(&header, &wide(8191), &signing_key()), "ok");
    assert_eq!(signed_and_read(&header, &wide(8192), &signing_key()), "sign_claims_not_strict_json");
}

/// Claims that are JSON text already, as a `serde_json::value::RawValue` is.
struct Text(&'static str);

impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        const NAME: &str = "$serde_json::private::RawValue";
        let mut text = serializer.serialize_struct(NAME, 1)?;
        text.serialize_field(NAME, self.0)?;
        text.end()
    }
}

#[test]
fn a15_claims_that_are_text_already_are_read_as_strictly_before_they_are_signed() {
    // JWS-06, JWT-01, JWT-02
    let code = |claims| {
        sign(&Header::new(Algorithm::HS256), &Text(claims), &signing_key()).map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(code(r#"{"sub":"a","exp":1,"x":{"y":[]}}"#), "ok");
    for claims in
        ["", "[]", "1", r#"{"a":1"#, r#"{"a":1}{}"#, r#"{"a":1,"\u0061":2}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"a":01}"#]
    {
        assert_eq!(code(claims), "sign_claims_not_strict_json", "{claims}");
    }
    for claims in [r#"{"exp":"1"}"#, r#"{"aud":[]}"#, r#"{"\u0073ub":null}"#] {
        assert_eq!(code(claims), "sign_claim_wrong_type", "{claims}");
    }
}

fn claims() -> impl Strategy<Value = RegisteredClaims> {
    let text = || prop::option::of("\\PC{0,12}");
    (text(), text(), prop::collection::vec("[a-z\"\\\\]{0,6}", 0..3), 1u64..1 << 40, prop::option::of(0u64..1 << 40))
        .prop_map(|(sub, jti, audiences, exp, nbf)| {
            let mut claims =
                RegisteredClaims::new().with_issuer("i").with_audience("me").with_expires_at(Timestamp::from_unix(exp));
            for audience in audiences {
                claims = claims.with_audience(audience);
            }
            claims.sub = sub;
            claims.jti = jti;
            claims.nbf = nbf.map(Timestamp::from_unix);
            claims
        })
}

fn own_policy() -> Policy {
    Policy::new(Issuer::exactly("i"), Audience::contains("me"), Typ::Jwt, Expiry::Required)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_verified_and_read_back(mut claims in claims(), typ in "(JWT|jwt)?") {
        claims.nbf = None;
        let header = Header::new(Algorithm::HS256);
        let header = if typ.is_empty() { header } else { header.with_typ(typ) };
        let token = sign(&header, &claims, &signing_key()).unwrap();
        let mut buffer = Vec::new();
        let verified = verify_borrowed::<RegisteredClaims>(&token, &key(), &own_policy(), Timestamp::EPOCH, &mut buffer).unwrap();
        prop_assert_eq!(verified.expires_at(), claims.exp);
        prop_assert_eq!(verified.into_claims(), claims);
    }

    #[test]
    fn any_changed_byte_is_refused(claims in claims(), position in any::<prop::sample::Index>(), to in any::<u8>()) {
        let token = sign(&Header::new(Algorithm::HS256), &claims, &signing_key()).unwrap();
        let mut bytes = token.clone().into_bytes();
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != to);
        bytes[position] = to;
        if let Ok(changed) = String::from_utf8(bytes) {
            let verdict = verify::<Value>(&changed, &key(), &own_policy(), claims.nbf.unwrap_or_default());
            prop_assert!(verdict.is_err_and(|error| error.failures().is_empty()), "{}", changed);
        }
    }

    /// JWT-03, JWT-04: over all times, a token is first too early, then valid, then expired, and changes at the very second.
    #[test]
    fn time_flips_the_verdict_once_at_each_end(claims in claims(), leeway in 0u64..1000) {
        let token = sign(&Header::new(Algorithm::HS256), &claims, &signing_key()).unwrap();
        let policy = own_policy().leeway(Duration::from_secs(leeway));
        let code = |now| verify::<Value>(&token, &key(), &policy, Timestamp::from_unix(now)).map_or_else(|error| error.code(), |_| "ok");
        let (nbf, exp) = (claims.nbf.map_or(0, Timestamp::as_unix), claims.exp.unwrap().as_unix());
        let (start, end) = (nbf.saturating_sub(leeway), exp + leeway);
        let mut times = vec![0, start.saturating_sub(1), start, start + 1, end - 1, end, end + 1, u64::MAX];
        times.sort_unstable();
        for now in times {
            let expected = match (now < start, now >= end) {
                (true, _) => "not_yet_valid",
                (false, true) => "expired",
                (false, false) => "ok",
            };
            prop_assert_eq!(code(now), expected, "{} in {}..{}", now, start, end);
        }
    }

    #[test]
    fn a13_no_bytes_and_no_time_panic(header in "\\PC{0,60}", payload in prop::collection::vec(any::<u8>(), 0..60), now in any::<u64>(), leeway in any::<u64>()) {
        let policy = own_policy().leeway(Duration::from_secs(leeway)).max_age(Duration::from_secs(leeway));
        let _ = verify::<Value>(&header, &key(), &policy, Timestamp::from_unix(now));
        for header in [header.as_str(), HEADER] {
            let _ = judge(&signed(header, &payload), &policy, now);
        }
        let _ = judge(&signed(HEADER, format!(r#"{{"iss":"i","aud":"me","exp":{now},"iat":-{leeway},"nbf":{leeway}.{now}e{}}}"#, now % 400)), &policy, now);
    }
}
