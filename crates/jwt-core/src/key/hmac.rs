//! HMAC with SHA-2 (RFC 7518, section 3.2): HS256, HS384, HS512.

use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha384, Sha512};

use super::signing::Signature;
use crate::digest::hmac_state;
use crate::jwk::Material;
use crate::{Algorithm, KeyError};

/// The keyed state, computed once: each use clones it and hashes the input only. It is wiped when dropped.
#[derive(Clone)]
pub(super) enum HmacKey {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl HmacKey {
    pub(super) fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self, KeyError> {
        let long_enough = || Material::check_hmac(key.len(), algorithm);
        if algorithm == Algorithm::HS256 {
            long_enough().map(|()| Self::Sha256(hmac_state(key)))
        } else if algorithm == Algorithm::HS384 {
            long_enough().map(|()| Self::Sha384(hmac_state(key)))
        } else if algorithm == Algorithm::HS512 {
            long_enough().map(|()| Self::Sha512(hmac_state(key)))
        } else {
            Err(KeyError::Mismatch { expected: algorithm, found: "a symmetric key" })
        }
    }

    pub(super) fn sign(&self, input: &[u8]) -> Signature {
        match self {
            Self::Sha256(state) => Signature::new(&state.clone().chain_update(input).finalize().into_bytes()),
            Self::Sha384(state) => Signature::new(&state.clone().chain_update(input).finalize().into_bytes()),
            Self::Sha512(state) => Signature::new(&state.clone().chain_update(input).finalize().into_bytes()),
        }
    }

    /// Whether `signature` is the whole MAC of `input`, compared in constant time.
    pub(super) fn verify(&self, input: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Sha256(state) => state.clone().chain_update(input).verify_slice(signature).is_ok(),
            Self::Sha384(state) => state.clone().chain_update(input).verify_slice(signature).is_ok(),
            Self::Sha512(state) => state.clone().chain_update(input).verify_slice(signature).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_states_that_hmac_is_made_of_are_wiped_when_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>() {}
        wiped::<Sha256>();
        wiped::<Sha384>();
        wiped::<Sha512>();
    }
}
