//! Keys, each bound to one algorithm: [`VerifyingKey`], [`SigningKey`], and the traits for backends of your own.
//!
//! A key says which algorithm it is for; a token never does (RFC 8725, section 3.1). The bytes of a key are never looked at to guess its kind.
//! HMAC is always there. RSA, ECDSA on P-256 and P-384, and Ed25519 come with the feature `ring`; for everything else, and for keys that
//! live elsewhere, implement [`Verifier`] and [`Signer`].

mod ecdsa;
mod foreseen;
mod hmac;
mod pem;
mod pkcs8;
#[cfg(feature = "ring")]
mod ring;
mod set;
mod signing;
mod verifying;

use alloc::vec::Vec;
use core::fmt;

pub use self::ecdsa::EcdsaSignature;
pub(crate) use self::foreseen::FORESEEN_MEMBERS;
pub use self::set::{Candidates, MakeKey, VerifyingKeys};
pub use self::signing::SigningKey;
pub use self::verifying::VerifyingKey;
use crate::{Algorithm, Blame, Error};

/// Checks signatures of one algorithm with one key: the trait for backends of your own.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use jwt_core::{Algorithm, InvalidSignature, SignatureVerified, Verifier, VerifyingKey};
///
/// #[derive(Debug)]
/// struct P521 { /* the public key of another crate */ }
///
/// impl Verifier for P521 {
///     fn algorithm(&self) -> Algorithm {
///         Algorithm::ES512
///     }
///     fn verify(&self, input: &[u8], signature: &[u8]) -> Result<SignatureVerified, InvalidSignature> {
///         # fn check(_: &[u8], _: &[u8]) -> bool { true }
///         if check(input, signature) { Ok(SignatureVerified::assertion()) } else { Err(InvalidSignature) }
///     }
/// }
///
/// let key = VerifyingKey::from_verifier(Arc::new(P521 {})).with_kid("k1");
/// assert_eq!(key.algorithm(), Algorithm::ES512);
/// ```
pub trait Verifier: Send + Sync + fmt::Debug {
    /// The one algorithm of this key. Asked once, when the [`VerifyingKey`] is made.
    fn algorithm(&self) -> Algorithm;

    /// Checks `signature` over `input`, the signing input of a JWS. A signature of a length that the algorithm does not have is never handed over.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], whatever the reason.
    fn verify(&self, input: &[u8], signature: &[u8]) -> Result<SignatureVerified, InvalidSignature>;
}

/// Makes signatures of one algorithm with one key: the trait for backends of your own. A backend that must wait (a KMS, WebCrypto) is
/// not called from inside: see [`Question`](crate::Question).
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use jwt_core::{Algorithm, EcdsaSignature, Header, Signer, SignerError, SigningKey, jws};
///
/// #[derive(Debug)]
/// struct SmartCard { /* a session with the card */ }
///
/// impl Signer for SmartCard {
///     fn algorithm(&self) -> Algorithm {
///         Algorithm::ES256
///     }
///     fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerError> {
///         # fn card_signs(_: &[u8]) -> Option<Vec<u8>> { Some([&[0x30, 6, 2, 1, 7, 2, 1, 9][..]].concat()) }
///         let der = card_signs(input).ok_or(SignerError::Failed("the card is gone"))?;
///         let signature = EcdsaSignature::from_der(&der, Algorithm::ES256);
///         signature.map(EcdsaSignature::into_bytes).map_err(|_| SignerError::Failed("the card answered nonsense"))
///     }
/// }
///
/// let key = SigningKey::from_signer(Arc::new(SmartCard {})).with_kid("card-1");
/// let signed = jws::sign(&Header::new(Algorithm::ES256), b"any bytes", &key)?;
/// assert_eq!(signed.to_compact()?.split('.').count(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Signer: Send + Sync + fmt::Debug {
    /// The one algorithm of this key. Asked once, when the [`SigningKey`] is made.
    fn algorithm(&self) -> Algorithm;

    /// The signature over `input`, as JWS carries it (RFC 7518, section 3; for ECDSA R || S, see [`EcdsaSignature`]).
    ///
    /// # Errors
    ///
    /// [`SignerError`] if the backend fails. The signature's length is checked by the caller.
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerError>;
}

/// The proof that a signature was checked: whoever holds one says so.
///
/// Made by a [`VerifyingKey`], or by [`SignatureVerified::assertion`] in code that checks signatures by other means.
///
/// # Examples
///
/// ```
/// use jwt_core::{SignatureVerified, SigningKey};
///
/// let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// let signature = key.sign(b"input")?;
/// let proof: SignatureVerified = key.verifying_key()?.verify(b"input", &signature)?;
/// assert!(key.verifying_key()?.verify(b"other input", &signature).is_err());
///
/// // Elsewhere checked: whoever writes this line vouches for it.
/// let asserted = SignatureVerified::assertion();
/// # drop((proof, asserted));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "this is the proof that a signature was checked"]
pub struct SignatureVerified {
    /// That of the key, where one of ours checked.
    algorithm: Option<Algorithm>,
}

impl SignatureVerified {
    /// Asserts that the caller has checked the signature, over exactly the signing input and with the right key: for a [`Verifier`], or for
    /// a check made elsewhere (WebCrypto, an HSM). Claims of a token are trusted on the strength of it.
    pub const fn assertion() -> Self {
        Self { algorithm: None }
    }

    /// Checked with a key of this algorithm.
    pub(crate) const fn with(algorithm: Algorithm) -> Self {
        Self { algorithm: Some(algorithm) }
    }

    /// The algorithm of the key that checked, under a header that says `alg`; for an [assertion](Self::assertion), the one that `named` says the header names.
    ///
    /// RFC 8725, section 3.1: a key says which algorithm it is for; the header can only agree.
    pub(crate) fn algorithm_under(&self, alg: &str, named: Option<Algorithm>) -> Result<Algorithm, Error> {
        match self.algorithm {
            Some(algorithm) if algorithm.is_named(alg) => Ok(algorithm),
            Some(algorithm) => Err(Error::AlgorithmMismatch { key: algorithm }),
            None => named.ok_or(Error::UnsupportedAlgorithm),
        }
    }
}

/// The signature is not one of this key over this input. Why is nobody's business: an attacker could learn from it.
///
/// # Examples
///
/// ```
/// use jwt_core::{Error, InvalidSignature};
///
/// assert_eq!(Error::from(InvalidSignature).code(), "invalid_signature");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is invalid")]
#[expect(clippy::exhaustive_structs, reason = "implementations of `Verifier` make it")]
pub struct InvalidSignature;

impl InvalidSignature {
    /// The stable, machine-readable name of this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "invalid_signature"
    }

    /// Whose fault it is: the peer's.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }
}

/// A backend could not sign.
///
/// # Examples
///
/// ```
/// use jwt_core::{Blame, SignerError};
///
/// let error = SignerError::Failed("the card is gone");
/// assert_eq!((error.code(), error.blame()), ("signer_failed", Blame::Caller));
/// assert_eq!(error.to_string(), "the backend could not sign: the card is gone");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The backend failed; its reason in a few words, without secrets.
    #[error("the backend could not sign: {0}")]
    Failed(&'static str),
    /// The backend's signature does not have the length of its algorithm: for ECDSA, R || S is needed, not DER ([`EcdsaSignature`]).
    #[error("the backend's signature has {found} bytes, {expected} are needed")]
    Length {
        /// The bytes of the signature.
        found: usize,
        /// The bytes that the algorithm has.
        expected: usize,
    },
}

impl SignerError {
    /// The stable, machine-readable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Failed(_) => "signer_failed",
            Self::Length { .. } => "signer_signature_length",
        }
    }

    /// Whose fault it is: the caller's, whose backend it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Caller
    }
}
