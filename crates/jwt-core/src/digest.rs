//! Hashes: SHA-256 for PKCE, thumbprints and bindings, and constant-time comparison.

use hmac::digest::KeyInit;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// SHA-256 of `data` (FIPS 180-4).
///
/// # Examples
///
/// ```
/// use jwt_core::{base64url, digest};
///
/// // RFC 7636, appendix B: the code challenge of a verifier.
/// let hash = digest::sha256(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
/// assert_eq!(base64url::encode(hash), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
/// ```
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
///
/// # Examples
///
/// ```
/// use jwt_core::digest::constant_time_eq;
///
/// assert!(constant_time_eq(b"a csrf token", b"a csrf token"));
/// assert!(!constant_time_eq(b"a csrf token", b"a csrf tokem"));
/// ```
#[must_use]
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    // All that differs, word by word, and one comparison: each has a price, whatever is compared.
    let ((left_words, left_rest), (right_words, right_rest)) = (left.as_chunks(), right.as_chunks());
    let words = left_words.iter().zip(right_words);
    let words =
        words.fold(0, |different, (left, right)| different | (u64::from_ne_bytes(*left) ^ u64::from_ne_bytes(*right)));
    let rest = left_rest.iter().zip(right_rest).fold(0, |different, (left, right)| different | (left ^ right));
    (left.len() == right.len()) & bool::from((words | u64::from(rest)).ct_eq(&0))
}

/// The keyed state of an HMAC. HMAC takes a key of any length (RFC 2104, section 2), so this cannot fail.
#[expect(clippy::expect_used, reason = "HMAC accepts keys of every length (RFC 2104, section 2)")]
pub(crate) fn hmac_state<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC accepts keys of every length")
}
