//! DPoP proofs (RFC 9449): a client shows with every request that it holds the key to which its tokens are bound.

mod check;
mod make;
mod target;

pub use check::{DpopClaims, DpopProfile, UndecidedProof};
pub use make::DpopProof;

use alloc::string::String;

use crate::jwk::bits;
use crate::{Jwk, KeyError, base64url, digest};

const TYP: &str = "dpop+jwt";

/// `ath`: "The value MUST be the result of a base64url encoding .. the SHA-256 hash of the ASCII encoding of the associated access token's value." (section 4.2)
fn token_hash(access_token: &str) -> String {
    base64url::encode(digest::sha256(access_token.as_bytes()))
}

/// Whether a check with this key, which whoever sends the proof has chosen, costs no more than [`DpopProfile::MAX_RSA_BITS`] and
/// [`DpopProfile::MAX_RSA_EXPONENT`] say. Keys of the other types have one size.
fn check_cost(key: &Jwk) -> Result<(), KeyError> {
    let (Some(n), Some(e)) = (key.public_member("n"), key.public_member("e")) else { return Ok(()) };
    // Such a number begins with no zero octet (RFC 7518, section 2, "Base64urlUInt"), which was seen to when the key was read.
    let bits = bits(n);
    if bits > DpopProfile::MAX_RSA_BITS {
        return Err(KeyError::TooLong { bits, maximum: DpopProfile::MAX_RSA_BITS });
    }
    let exponent = e.iter().try_fold(0_u32, |value, &octet| value.checked_mul(256)?.checked_add(octet.into()));
    if exponent.is_some_and(|exponent| exponent <= DpopProfile::MAX_RSA_EXPONENT) {
        Ok(())
    } else {
        Err(KeyError::Exponent)
    }
}

#[cfg(all(test, feature = "ring"))]
mod tests;
