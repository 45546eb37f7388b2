//! The examples of RFC 7515, appendices A, C and E, transcribed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests, helpers included")]

#[cfg(feature = "ring")]
use jwt_core::Jwk;
use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
use jwt_core::{
    Error, Limits, Policy, RegisteredClaims, SignatureVerified, SigningKey, Timestamp, Unverified, VerifyingKey,
    base64url, verify, verify_borrowed,
};

/// "joe" and nobody else; the example has no audience.
fn policy() -> Policy {
    Policy::new(Issuer::exactly("joe"), Audience::DangerousAny, Typ::Jwt, Expiry::Required)
}

const BEFORE: Timestamp = Timestamp::from_unix(1_300_819_379);
const EXPIRY: Timestamp = Timestamp::from_unix(1_300_819_380);

fn hs256() -> VerifyingKey {
    VerifyingKey::hs256(&base64url::decode(A1_KEY).unwrap()).unwrap()
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Claims<'a> {
    iss: &'a str,
    exp: u64,
    #[serde(rename = "http://example.com/is_root")]
    is_root: bool,
}

#[test]
fn a_1_hs256_is_verified_and_its_claims_borrow() {
    let mut buffer = Vec::new();
    let token = verify_borrowed::<Claims<'_>>(A1, &hs256(), &policy(), BEFORE, &mut buffer).unwrap();
    assert_eq!(token.claims(), &Claims { iss: "joe", exp: 1_300_819_380, is_root: true });
    assert_eq!(token.expires_at(), Some(EXPIRY));
    assert_eq!((token.issued_at(), token.not_before()), (None, None));
    let expired = verify::<RegisteredClaims>(A1, &hs256(), &policy(), EXPIRY).unwrap_err();
    assert_eq!(expired.code(), "expired");
}

#[test]
fn a_1_hs256_signs_octet_for_octet() {
    // JWS-13, JWS-17: the received octets are signed, line breaks and all.
    let token = Unverified::parse(A1, &Limits::default()).unwrap();
    let key = SigningKey::hs256(&base64url::decode(A1_KEY).unwrap()).unwrap();
    assert_eq!(key.sign(token.signing_input()).unwrap(), token.signature());
    assert_eq!((token.header().alg(), token.header().typ()), ("HS256", Some("JWT")));
}

#[cfg(feature = "ring")]
#[test]
fn a_2_rs256_is_verified_and_signed_octet_for_octet() {
    let jwk = Jwk::from_slice(A2_JWK.as_bytes()).unwrap();
    let key = SigningKey::from_jwk_as(&jwk, jwt_core::Algorithm::RS256).unwrap();
    let token = Unverified::parse(A2, &Limits::default()).unwrap();
    assert_eq!(key.sign(token.signing_input()).unwrap(), token.signature());
    let claims = verify::<RegisteredClaims>(A2, &key.verifying_key().unwrap(), &policy(), BEFORE).unwrap();
    assert_eq!(claims.claims().iss.as_deref(), Some("joe"));
}

#[cfg(feature = "ring")]
#[test]
fn a_3_es256_is_verified() {
    let key = VerifyingKey::from_jwk(&Jwk::from_slice(A3_JWK.as_bytes()).unwrap()).unwrap();
    assert_eq!(verify::<RegisteredClaims>(A3, &key, &policy(), BEFORE).unwrap().claims().exp, Some(EXPIRY));
}

#[test]
fn a_4_es512_with_a_payload_that_is_no_json_is_no_jwt() {
    let token = Unverified::parse(A4, &Limits::default()).unwrap();
    assert_eq!((token.header().alg(), token.signature().len()), ("ES512", 132));
    assert_eq!(token.dangerous_claims::<RegisteredClaims>().unwrap_err().code(), "claims_not_strict_json");
    let proof = SignatureVerified::assertion();
    let mut buffer = Vec::new();
    let verdict = token.verified::<RegisteredClaims>(proof, &policy(), BEFORE, &mut buffer).unwrap_err();
    assert_eq!(verdict.code(), "claims_not_strict_json");
}

#[test]
fn a_5_an_unsecured_jws_is_refused() {
    // JWA-08
    let verdict = verify::<RegisteredClaims>(A5, &hs256(), &policy(), BEFORE).unwrap_err();
    assert_eq!(verdict.code(), "algorithm_mismatch");
    // Also if somebody asserts that its signature was checked.
    let token = Unverified::parse(A5, &Limits::default()).unwrap();
    let mut buffer = Vec::new();
    let proof = SignatureVerified::assertion();
    let verdict = token.verified::<RegisteredClaims>(proof, &policy(), BEFORE, &mut buffer).unwrap_err();
    assert_eq!(verdict, Error::UnsupportedAlgorithm);
}

#[test]
fn a_6_and_a_7_json_serializations_are_no_compact_jws() {
    // JWS-04
    for text in [A7, "{}", "[]"] {
        let verdict = verify::<RegisteredClaims>(text, &hs256(), &policy(), BEFORE).unwrap_err();
        assert_eq!(verdict.code(), "token_foreign_character");
    }
}

#[test]
fn c_base64url_without_padding() {
    assert_eq!(base64url::encode([3, 236, 255, 224, 193]), "A-z_4ME");
    assert_eq!(base64url::decode("A-z_4ME").unwrap(), [3, 236, 255, 224, 193]);
}

/// The appendix prints `http://example.invalid/UNDEFINED` and encodes `http://example.com/UNDEFINED`. Both are refused.
#[test]
fn e_a_critical_extension_that_is_not_understood_is_refused() {
    // JWS-08
    let printed = format!(
        "{}.RkFJTA.",
        base64url::encode(
            "{\"alg\":\"none\",\r\n \"crit\":[\"http://example.invalid/UNDEFINED\"],\r\n \"http://example.invalid/UNDEFINED\":true\r\n}"
        )
    );
    for text in [E, &printed] {
        let verdict = Unverified::parse(text, &Limits::default()).unwrap_err();
        assert_eq!(verdict.code(), "header_crit_unsupported");
        let verdict = verify::<RegisteredClaims>(text, &hs256(), &policy(), BEFORE).unwrap_err();
        assert_eq!(verdict.code(), "header_crit_unsupported");
    }
}

const A1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const A1_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
#[cfg(feature = "ring")]
const A2: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
#[cfg(feature = "ring")]
const A2_JWK: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB","d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ","p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc","q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc","dp":"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0","dq":"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU","qi":"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U"}"#;
#[cfg(feature = "ring")]
const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
#[cfg(feature = "ring")]
const A3_JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const A4: &str = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
const A5: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
const A7: &str = r#"{"payload":"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ","protected":"eyJhbGciOiJFUzI1NiJ9","header":{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"},"signature":"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"}"#;
const E: &str = "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.";
