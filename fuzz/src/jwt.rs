//! Formats and keys.

use base64::Engine as _;
use jwt_core::json::{self, Limits};
use jwt_core::policy::{Audience, Expiry, Issuer, Policy, Typ};
use jwt_core::{
    Algorithm, Header, Jwk, JwkSet, SigningKey, Timestamp, Unverified, VerifyingKey, VerifyingKeys, base64url,
};

use crate::jws::{any_jws_rightly_signed, no_jws_is_forged};
use crate::selected;
use crate::signed::any_header_and_payload_rightly_signed;

/// Formats and keys: base64url, JSON, JWK, JWK Set, DER, PEM, and tokens of every kind.
///
/// # Panics
///
/// On a finding.
pub fn jwt(data: &[u8]) {
    let Some((selector, rest)) = selected(data) else { return };
    match selector % 16 {
        0 => base64url_is_canonical(rest),
        1 => json_is_stricter_than_serde_json(rest),
        2 => a_key_is_written_back_as_it_was_read(rest),
        3 => a_set_is_its_usable_keys(rest),
        4 => a_token_is_its_parts(rest),
        5 => no_token_is_forged(rest),
        6 => what_is_signed_is_verified(rest),
        7 => keys_in_der_and_pem_are_read_or_refused(rest),
        9 => no_jws_is_forged(rest),
        10 => any_jws_rightly_signed(rest),
        _ => any_header_and_payload_rightly_signed(rest),
    }
}

/// When it is while fuzzing.
const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

/// Nobody who fuzzes knows it.
const SECRET: &[u8; 64] = b"fuzzing: a secret of sixty-four bytes that no input can contain!";

/// One text, one meaning: what decodes is written back as it was, whichever way it is decoded, and decodes to what the base64 crate's plain engine and the
/// definition (RFC 4648, section 5) say.
fn base64url_is_canonical(text: &[u8]) {
    let decoded = base64url::decode(text);
    assert_eq!(decoded.as_ref().ok(), base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(text).ok().as_ref());
    assert_eq!(decoded.as_ref().ok(), by_definition(text).as_ref());
    let mut appended = b"before".to_vec();
    assert_eq!(base64url::decode_to(text, &mut appended).is_ok(), decoded.is_ok());
    let mut room = vec![0; text.len()];
    assert_eq!(base64url::decode_slice(text, &mut room).ok(), decoded.as_ref().ok().map(Vec::len));
    if let Ok(bytes) = decoded {
        assert!(room.starts_with(&bytes));
        assert_eq!(appended, [b"before", bytes.as_slice()].concat());
        assert_eq!(base64url::encode(bytes).as_bytes(), text, "two spellings of one value");
    }
}

fn by_definition(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u16, 0_u32);
    for character in text {
        let value = ALPHABET.iter().position(|letter| letter == character)?;
        bits = bits << 6 | u16::try_from(value).ok()?;
        count += 6;
        if let Some(rest) = count.checked_sub(8) {
            bytes.push(u8::try_from(bits >> rest).ok()?);
            (bits, count) = (bits & ((1 << rest) - 1), rest);
        }
    }
    // A rest of six bits is no octet; the unused bits are zero.
    (count < 6 && bits == 0).then_some(bytes)
}

/// What the strict reader accepts, serde_json accepts too, and reads the same; what it refuses beyond serde_json has one of few reasons; borrowed and owned
/// reading agree.
fn json_is_stricter_than_serde_json(text: &[u8]) {
    let ours = json::from_slice::<json::Value>(text, &Limits::default());
    let mut buffer = text.to_vec();
    let borrowed = json::from_buffer::<json::Value>(&mut buffer, &Limits::default());
    assert_eq!(ours, borrowed, "owned and borrowed reading differ");
    let theirs = serde_json::from_slice::<serde_json::Value>(text);
    match (ours, theirs) {
        (Ok(ours), theirs) => {
            let theirs = theirs.expect("the oracle refuses what we accept");
            assert_eq!(serde_json::to_value(&ours).expect("a value is written"), theirs, "read differently");
        }
        (Err(error), Ok(_)) => assert!(
            ["json_duplicate_member", "json_too_deep", "json_too_many_members", "json_too_long"]
                .contains(&error.code()),
            "refused without a reason: {error}"
        ),
        (Err(_), Err(_)) => {}
    }
}

fn a_key_is_written_back_as_it_was_read(text: &[u8]) {
    let Ok(key) = Jwk::from_slice(text) else { return };
    assert_eq!(key.thumbprint(), key.clone().with_kid("other").thumbprint(), "the name is no part of the thumbprint");
    let Some(public) = key.public() else { return };
    let written = serde_json::to_vec(&public).expect("a key is written");
    let again = Jwk::from_slice(&written).expect("what we write we read");
    assert!(!again.is_private(), "a private member was written");
    assert_eq!(again.thumbprint(), key.thumbprint());
    for algorithm in ALGORITHMS {
        drop(VerifyingKey::from_jwk_as(&key, *algorithm));
        drop(SigningKey::from_jwk_as(&key, *algorithm));
    }
}

fn a_set_is_its_usable_keys(text: &[u8]) {
    let Ok(set) = JwkSet::from_slice(text) else { return };
    assert!(core::str::from_utf8(text).is_ok(), "a set is text");
    assert!(serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok(), "a set is JSON, its bad keys too");
    let keys = VerifyingKeys::new(&set, ALGORITHMS);
    assert_eq!(
        keys.len() + keys.unusable().len(),
        set.keys().len() + set.unsupported().len(),
        "a key was lost or made up"
    );
}

fn a_token_is_its_parts(text: &[u8]) {
    let Ok(text) = core::str::from_utf8(text) else { return };
    let Ok(token) = Unverified::parse(text, &jwt_core::Limits::default()) else { return };
    let mut parts = token.signing_input().to_vec();
    parts.push(b'.');
    parts.extend(base64url::encode(token.signature()).into_bytes());
    assert_eq!(parts, text.as_bytes(), "two spellings of one token");
    drop(token.dangerous_claims::<json::Value>());
}

/// Key set, newline, token: whatever the header says, nobody signs with a key of ours.
fn no_token_is_forged(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (Some(set), Some(token)) = (parts.next(), parts.next()) else { return };
    let Ok(token) = core::str::from_utf8(token) else { return };
    let key = VerifyingKey::hs256(SECRET).expect("a good key");
    assert!(jwt_core::verify::<json::Value>(token, &key, &any(), NOW).is_err(), "a token was forged");
    if let Ok(set) = JwkSet::from_slice(set) {
        drop(jwt_core::verify_with_keys::<json::Value>(token, &VerifyingKeys::new(&set, ALGORITHMS), &any(), NOW));
    }
}

/// Claims of any shape: if they can be signed and the strict reader takes them, they come back as they were.
fn what_is_signed_is_verified(text: &[u8]) {
    let Ok(claims) = json::object_from_slice::<json::Object>(text, &Limits::default()) else { return };
    let key = SigningKey::hs512(SECRET).expect("a good key");
    let Ok(token) = jwt_core::sign(&Header::new(Algorithm::HS512), &claims, &key) else { return };
    let key = key.verifying_key().expect("HMAC verifies with the same key");
    match jwt_core::verify::<json::Object>(&token, &key, &any(), NOW) {
        Ok(verified) => assert_eq!(
            serde_json::to_value(verified.claims()).expect("claims are written"),
            serde_json::to_value(&claims).expect("claims are written"),
        ),
        Err(error) => assert_ne!(error.code(), "invalid_signature", "our own signature is refused"),
    }
    // One character more or less, and it is no longer ours.
    assert!(jwt_core::verify::<json::Object>(&format!("{token}A"), &key, &any(), NOW).is_err());
}

fn keys_in_der_and_pem_are_read_or_refused(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for algorithm in ALGORITHMS {
        drop(VerifyingKey::from_der(*algorithm, bytes));
        drop(SigningKey::from_der(*algorithm, bytes));
        drop(VerifyingKey::from_pem(*algorithm, &text));
        drop(SigningKey::from_pem(*algorithm, &text));
    }
}

fn any() -> Policy {
    Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::DangerousAny, Expiry::DangerousOptional)
}

const ALGORITHMS: &[Algorithm] =
    &[Algorithm::HS256, Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::Ed25519];
