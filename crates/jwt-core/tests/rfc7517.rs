//! RFC 7517, appendix A and B: JWK Sets and a JWK with a certificate, read and written back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

use jwt_core::{Algorithm, Jwk, JwkSet, KeyError, NoMatch, VerifyingKey, VerifyingKeys};

/// RFC 7517, A.1: two public keys.
const A1: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"},{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}]}"#;
/// RFC 7517, A.2: the same keys with their private members.
const A2: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"enc","kid":"1"},{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","d":"X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLWY2vv7B6NqXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9tv8d_cPVY3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT8bgkuqsk0GjskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q","p":"83i-7IvMGXoMXCskv73TKr8637FiO7Z27zv8oj6pbWUQyLPQBQxtPVnwD20R-60eTDmD2ujnMt5PoqMrm8RfmNhVWDtjjMmCMjOpSXicFHj7XOuVIYQyqVWlWEh6dN36GVZYk93N8Bc9vY41xy8B9RzzOGVQzXvNEvn7O0nVbfs","q":"3dfOR9cuYq-0S-mkFLzgItgMEfFzB2q3hWehMuG0oCuqnb3vobLyumqjVZQO1dIrdwgTnCdpYzBcOfW5r370AFXjiWft_NGEiovonizhKpo9VVS78TzFgxkIdrecRezsZ-1kYd_s1qDbxtkDEgfAITAG9LUnADun4vIcb6yelxk","dp":"G4sPXkc6Ya9y8oJW9_ILj4xuppu0lzi_H7VTkS8xj5SdX3coE0oimYwxIi2emTAue0UOa5dpgFGyBJ4c8tQ2VF402XRugKDTP8akYhFo5tAA77Qe_NmtuYZc3C3m3I24G2GvR5sSDxUyAN2zq8Lfn9EUms6rY3Ob8YeiKkTiBj0","dq":"s9lAH9fggBsoFR8Oac2R_E2gw282rT2kGOAhvIllETE1efrA6huUUvMfBcMpn8lqeW6vzznYY5SSQF7pMdC_agI3nG8Ibp1BUb0JUiraRNqUfLhcQb_d9GF4Dh7e74WbRsobRonujTYN1xCaP6TO61jvWrX-L18txXw494Q_cgk","qi":"GyM_p6JrXySiz1toFgKbWV-JdI3jQ4ypu9rbMWx3rQJBfmt0FoYzgUIZEVFEcOqwemRN81zoDAaa-Bk0KWNGDjJHZDdDmFhW3AN7lI-puxk_mHZGJ11rxyR8O55XLSe3SPmRfKwZI6yU24ZxvQKFYItdldUKGzO6Ia6zTKhAVRU","alg":"RS256","kid":"2011-04-29"}]}"#;
/// RFC 7517, A.3: two symmetric keys.
const A3: &str = r#"{"keys":[{"kty":"oct","alg":"A128KW","k":"GawgguFyGrWKav7AX4VKUg"},{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow","kid":"HMAC key used in JWS spec Appendix A.1 example"}]}"#;
/// RFC 7517, B: a key with a certificate.
const B: &str = r#"{"kty":"RSA","use":"sig","kid":"1b94c","n":"vrjOfz9Ccdgx5nQudyhdoR17V-IubWMeOZCwX_jj0hgAsz2J_pqYW08PLbK_PdiVGKPrqzmDIsLI7sA25VEnHU1uCLNwBuUiCO11_-7dYbsr4iJmG0Qu2j8DsVyT1azpJC_NG84Ty5KKthuCaPod7iI7w0LK9orSMhBEwwZDCxTWq4aYWAchc8t-emd9qOvWtVMDC2BXksRngh6X5bUYLy6AyHKvj-nUy1wgzjYQDwHMTplCoLtU-o-8SNnZ1tmRoGE9uJkBLdh5gFENabWnU5m1ZqZPdwS-qo-meMvVfJb6jJVWRpl2SUtCnYG2C32qvbWbjZ_jBPD5eunqsIo1vQ","e":"AQAB","x5c":["MIIDQjCCAiqgAwIBAgIGATz/FuLiMA0GCSqGSIb3DQEBBQUAMGIxCzAJBgNVBAYTAlVTMQswCQYDVQQIEwJDTzEPMA0GA1UEBxMGRGVudmVyMRwwGgYDVQQKExNQaW5nIElkZW50aXR5IENvcnAuMRcwFQYDVQQDEw5CcmlhbiBDYW1wYmVsbDAeFw0xMzAyMjEyMzI5MTVaFw0xODA4MTQyMjI5MTVaMGIxCzAJBgNVBAYTAlVTMQswCQYDVQQIEwJDTzEPMA0GA1UEBxMGRGVudmVyMRwwGgYDVQQKExNQaW5nIElkZW50aXR5IENvcnAuMRcwFQYDVQQDEw5CcmlhbiBDYW1wYmVsbDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAL64zn8/QnHYMeZ0LncoXaEde1fiLm1jHjmQsF/449IYALM9if6amFtPDy2yvz3YlRij66s5gyLCyO7ANuVRJx1NbgizcAblIgjtdf/u3WG7K+IiZhtELto/A7Fck9Ws6SQvzRvOE8uSirYbgmj6He4iO8NCyvaK0jIQRMMGQwsU1quGmFgHIXPLfnpnfajr1rVTAwtgV5LEZ4Iel+W1GC8ugMhyr4/p1MtcIM42EA8BzE6ZQqC7VPqPvEjZ2dbZkaBhPbiZAS3YeYBRDWm1p1OZtWamT3cEvqqPpnjL1XyW+oyVVkaZdklLQp2Btgt9qr21m42f4wTw+Xrp6rCKNb0CAwEAATANBgkqhkiG9w0BAQUFAAOCAQEAh8zGlfSlcI0o3rYDPBB07aXNswb4ECNIKG0CETTUxmXl9KUL+9gGlqCz5iWLOgWsnrcKcY0vXPG9J1r9AqBNTqNgHq2G03X09266X5CpOe1zFo+Owb1zxtp3PehFdfQJ610CDLEaS9V9Rqp17hCyybEpOGVwe8fnk+fbEL2Bo3UPGrpsHzUoaGpDftmWssZkhpBJKVMJyf/RuP2SmmaIzmnw9JiSlYhzo4tpzd5rFXhjRbg4zW9C+2qok+2+qDM1iJ684gPHMIY8aLWrdgQTxkumGmTqgawR+N5MDtdPTEQ0XfIBc2cJEUyMTY5MPvACWpkA6SdS4xSvdXK3IVfOWA=="]}"#;

#[test]
fn a1_two_public_keys_are_read_and_written_back() {
    let set = JwkSet::from_slice(A1.as_bytes()).unwrap();
    let [ec, rsa] = set.keys() else { panic!("two keys") };
    assert!(set.unsupported().is_empty());
    assert_eq!(
        (ec.kty(), ec.crv(), ec.key_use(), ec.kid(), ec.is_private()),
        ("EC", Some("P-256"), Some("enc"), Some("1"), false)
    );
    assert_eq!((rsa.kty(), rsa.algorithm(), rsa.kid()), ("RSA", Some(Algorithm::RS256), Some("2011-04-29")));
    assert_eq!(ec.thumbprint().to_string(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
    assert_eq!(rsa.thumbprint().to_string(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    let written: serde_json::Value = serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(A1).unwrap());
}

// JWK-07: "use" = "enc" is not for verifying
#[test]
fn a1_the_encryption_key_verifies_nothing() {
    let set = JwkSet::from_slice(A1.as_bytes()).unwrap();
    assert_eq!(set.find("ES256", Some("1")).unwrap_err(), NoMatch::NoFittingKey);
    assert_eq!(set.find("RS256", None).unwrap().len(), 1);
    assert!(matches!(VerifyingKey::from_jwk(&set.keys()[0]), Err(KeyError::WrongUse)));
    let keys = VerifyingKeys::new(&set, &[Algorithm::ES256, Algorithm::RS256]);
    assert!(keys.unusable().iter().any(|key| key.kid.as_deref() == Some("1") && key.reason == KeyError::WrongUse));
}

// JWK-12
#[test]
fn a2_private_keys_are_written_as_the_public_ones() {
    let set = JwkSet::from_slice(A2.as_bytes()).unwrap();
    assert!(set.keys().iter().all(Jwk::is_private));
    let written: serde_json::Value = serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(A1).unwrap());
    let whole: Vec<serde_json::Value> =
        set.keys().iter().map(|key| serde_json::from_str(key.dangerous_to_private_json().expose()).unwrap()).collect();
    assert_eq!(serde_json::json!({ "keys": whole }), serde_json::from_str::<serde_json::Value>(A2).unwrap());
}

#[test]
fn a2_private_keys_verify_nothing() {
    let set = JwkSet::from_slice(A2.as_bytes()).unwrap();
    assert_eq!(set.find("RS256", Some("2011-04-29")).unwrap_err(), NoMatch::NoFittingKey);
    let keys = VerifyingKeys::new(&set, &[Algorithm::RS256]);
    assert!(keys.is_empty());
    assert!(keys.unusable().iter().any(|key| key.reason == KeyError::PrivateKey));
}

#[test]
fn a3_two_symmetric_keys_are_read() {
    let set = JwkSet::from_slice(A3.as_bytes()).unwrap();
    let lengths: Vec<usize> = set.keys().iter().map(|key| key.dangerous_private_member("k").unwrap().len()).collect();
    assert_eq!(lengths, [16, 64]);
    // "A128KW" is no signature algorithm.
    assert!(matches!(VerifyingKey::from_jwk(&set.keys()[0]), Err(KeyError::WrongUse)));
    assert!(VerifyingKey::from_jwk_as(&set.keys()[1], Algorithm::HS256).is_ok());
    assert_eq!(serde_json::to_string(&set).unwrap(), r#"{"keys":[]}"#);
}

#[test]
fn b_a_certificate_of_the_key_is_accepted_and_not_kept() {
    let jwk = Jwk::from_slice(B.as_bytes()).unwrap();
    assert_eq!((jwk.kid(), jwk.key_use()), (Some("1b94c"), Some("sig")));
    assert!(!serde_json::to_string(&jwk).unwrap().contains("x5c"));
}

// JWK-09
#[test]
fn b_a_certificate_of_another_key_or_in_another_spelling_is_refused() {
    let with = |from: &str, to: &str| {
        assert!(B.contains(from));
        Jwk::from_slice(B.replacen(from, to, 1).as_bytes()).map(|_| ())
    };
    // The thumbprints of the certificate: SHA-1 is only measured, SHA-256 compared.
    assert_eq!(
        with(
            "\"kid\"",
            r#""x5t#S256":"pJm2BBpkB8y7tCqrWM0X37WOmQTO8zQw-VpxVgBb21I","x5t":"4pNenEBLv0JpLIdugWxQkOsZcK0","kid""#
        ),
        Ok(())
    );
    let other = r#""x5t#S256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","kid""#;
    assert_eq!(with("\"kid\"", other), Err(KeyError::Inconsistent));
    assert_eq!(with("\"kid\"", r#""x5t":"AAAA","kid""#), Err(KeyError::Malformed { what: "x5t" }));
    assert_eq!(with("\"kid\"", r#""x5t#S256":"AAAA","kid""#), Err(KeyError::Malformed { what: "x5t#S256" }));
    // Another key: the last bits of the modulus, the exponent.
    assert_eq!(with("qsIo1vQ", "qsIo1vw"), Err(KeyError::Inconsistent));
    assert_eq!(with("AQAB\"", "Aw\""), Err(KeyError::Inconsistent));
    // base64url, white space, padding left out, cut off, an entry that is no DER, no entry.
    assert_eq!(with("z/FuLi", "z_FuLi"), Err(KeyError::Malformed { what: "x5c" }));
    assert_eq!(with("z/FuLi", "z/Fu Li"), Err(KeyError::Malformed { what: "x5c" }));
    assert_eq!(with("OWA==\"", "OWA\""), Err(KeyError::Malformed { what: "x5c" }));
    assert_eq!(with("K3IVfOWA==\"", "\""), Err(KeyError::Malformed { what: "x5c" }));
    assert_eq!(with("OWA==\"", "OWA==\",\"AAAA\""), Err(KeyError::Malformed { what: "x5c" }));
    let none = format!("{}[]}}", B.split_at(B.find("[\"MIID").unwrap()).0);
    assert_eq!(Jwk::from_slice(none.as_bytes()).map(|_| ()), Err(KeyError::Malformed { what: "x5c" }));
}
