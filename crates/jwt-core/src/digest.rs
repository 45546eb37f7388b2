//! Hashes: SHA-256 for PKCE, thumbprints and bindings, and constant-time comparison.

use hmac::digest::KeyInit;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// SHA-256 of `data` (FIPS 180-4).
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
#[must_use]
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// The keyed state of an HMAC. HMAC takes a key of any length (RFC 2104, section 2), so this cannot fail.
#[expect(clippy::expect_used, reason = "HMAC accepts keys of every length (RFC 2104, section 2)")]
pub(crate) fn hmac_state<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC accepts keys of every length")
}
