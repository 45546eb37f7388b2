//! RFC 8037, appendix A: an Ed25519 key, its thumbprint, and a signature octet for octet.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

use jwt_core::{Algorithm, Jwk, SigningKey, VerifyingKey, base64url};

/// RFC 8037, A.1.
const A1: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// RFC 8037, A.2.
const A2: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// RFC 8037, A.4.
const A4_TOKEN: &str = r#"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"#;

#[test]
fn a1_a2_the_private_and_the_public_key_are_read() {
    let (private, public) = (Jwk::from_slice(A1.as_bytes()).unwrap(), Jwk::from_slice(A2.as_bytes()).unwrap());
    assert_eq!(private.dangerous_private_member("d").unwrap()[..4], [0x9d, 0x61, 0xb1, 0x9d]);
    assert_eq!(public.public_member("x").unwrap()[..4], [0xd7, 0x5a, 0x98, 0x01]);
    assert_eq!((private.is_private(), public.is_private()), (true, false));
    assert_eq!(public.algorithm(), Some(Algorithm::Ed25519));
    assert_eq!(serde_json::to_string(&private).unwrap(), serde_json::to_string(&public).unwrap());
}

#[test]
fn a3_the_thumbprint_is_that_of_the_public_members() {
    for key in [A1, A2] {
        assert_eq!(
            Jwk::from_slice(key.as_bytes()).unwrap().thumbprint().to_string(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }
}

// JWA-09, JWS-17
#[cfg(feature = "ring")]
#[test]
fn a4_a5_the_signature_is_made_octet_for_octet_and_verified() {
    let (input, signature) = A4_TOKEN.rsplit_once('.').unwrap();
    let key = SigningKey::from_jwk(&Jwk::from_slice(A1.as_bytes()).unwrap()).unwrap();
    let made = key.sign(input.as_bytes()).unwrap();
    assert_eq!(base64url::encode(&made), signature);
    let key = VerifyingKey::from_jwk(&Jwk::from_slice(A2.as_bytes()).unwrap()).unwrap();
    assert!(key.verify(input.as_bytes(), &made).is_ok());
}

#[cfg(not(feature = "ring"))]
#[test]
fn a4_without_a_backend_the_key_is_typed_as_not_supported() {
    assert!(A4_TOKEN.contains('.') && base64url::decode("AA").is_ok());
    assert!(
        SigningKey::from_jwk(&Jwk::from_slice(A1.as_bytes()).unwrap())
            .is_err_and(|error| error.code() == "key_not_supported")
    );
    assert!(
        VerifyingKey::from_jwk(&Jwk::from_slice(A2.as_bytes()).unwrap())
            .is_err_and(|error| error.code() == "key_not_supported")
    );
}
