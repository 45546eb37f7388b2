//! RFC 7515, appendix A.1 to A.4: the examples' keys over the examples' signing inputs, octet for octet.
//!
//! The headers and payloads have line breaks (CR LF), which is why the tokens stand here as they are and not as JSON.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

use jwt_core::{Algorithm, Jwk, KeyError, SigningKey, VerifyingKey, base64url};

/// RFC 7515, A.1.1.
const A1_KEY: &str =
    r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
/// RFC 7515, A.1.1.
const A1_TOKEN: &str = r#"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"#;
/// RFC 7515, A.2.1.
const A2_KEY: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB","d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ","p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc","q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc","dp":"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0","dq":"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU","qi":"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U"}"#;
/// RFC 7515, A.2.1.
const A2_TOKEN: &str = r#"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"#;
/// RFC 7515, A.3.1.
const A3_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
/// RFC 7515, A.3.1.
const A3_TOKEN: &str = r#"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"#;
/// RFC 7515, A.4.1.
const A4_KEY: &str = r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2","d":"AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C"}"#;
/// RFC 7515, A.4.1.
const A4_TOKEN: &str = r#"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"#;

/// Signing input and signature of a token.
fn parts(token: &str) -> (&str, Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input, base64url::decode(signature).unwrap())
}

// JWS-17
#[test]
fn a1_hs256_signs_octet_for_octet_and_verifies() {
    let jwk = Jwk::from_slice(A1_KEY.as_bytes()).unwrap();
    let (input, signature) = parts(A1_TOKEN);
    assert!(matches!(VerifyingKey::from_jwk(&jwk), Err(KeyError::AlgorithmNotNamed)));
    let key = SigningKey::from_jwk_as(&jwk, Algorithm::HS256).unwrap();
    assert_eq!(key.sign(input.as_bytes()).unwrap(), signature);
    let key = VerifyingKey::from_jwk_as(&jwk, Algorithm::HS256).unwrap();
    assert!(key.verify(input.as_bytes(), &signature).is_ok());
}

#[cfg(feature = "ring")]
#[test]
fn a2_rs256_signs_octet_for_octet_and_verifies() {
    let jwk = Jwk::from_slice(A2_KEY.as_bytes()).unwrap();
    let (input, signature) = parts(A2_TOKEN);
    let key = SigningKey::from_jwk_as(&jwk, Algorithm::RS256).unwrap();
    assert_eq!(key.sign(input.as_bytes()).unwrap(), signature);
    let key = VerifyingKey::from_jwk_as(&jwk.public().unwrap(), Algorithm::RS256).unwrap();
    assert!(key.verify(input.as_bytes(), &signature).is_ok());
}

#[cfg(feature = "ring")]
#[test]
fn a3_es256_verifies_and_round_trips() {
    let jwk = Jwk::from_slice(A3_KEY.as_bytes()).unwrap();
    let (input, signature) = parts(A3_TOKEN);
    let verifying = VerifyingKey::from_jwk(&jwk.public().unwrap()).unwrap();
    assert_eq!(verifying.algorithm(), Algorithm::ES256);
    assert!(verifying.verify(input.as_bytes(), &signature).is_ok());
    let own = SigningKey::from_jwk(&jwk).unwrap().sign(input.as_bytes()).unwrap();
    assert!(verifying.verify(input.as_bytes(), &own).is_ok());
}

#[test]
fn a4_es512_is_read_and_typed_as_not_supported() {
    let jwk = Jwk::from_slice(A4_KEY.as_bytes()).unwrap();
    assert_eq!(jwk.algorithm(), Some(Algorithm::ES512));
    let (_, signature) = parts(A4_TOKEN);
    assert_eq!(Some(signature.len()), Algorithm::ES512.signature_len());
    assert!(matches!(VerifyingKey::from_jwk(&jwk.public().unwrap()), Err(KeyError::NotSupported { .. })));
    assert!(matches!(SigningKey::from_jwk(&jwk), Err(KeyError::NotSupported { .. })));
}

#[cfg(not(feature = "ring"))]
#[test]
fn without_a_backend_rsa_and_ec_keys_are_typed_as_not_supported() {
    for (jwk, algorithm, token) in [(A2_KEY, Algorithm::RS256, A2_TOKEN), (A3_KEY, Algorithm::ES256, A3_TOKEN)] {
        let jwk = Jwk::from_slice(jwk.as_bytes()).unwrap();
        assert!(!parts(token).1.is_empty());
        assert!(matches!(SigningKey::from_jwk_as(&jwk, algorithm), Err(KeyError::NotSupported { .. })));
        assert!(matches!(
            VerifyingKey::from_jwk_as(&jwk.public().unwrap(), algorithm),
            Err(KeyError::NotSupported { .. })
        ));
    }
}
