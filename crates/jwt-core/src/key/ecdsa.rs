//! ECDSA signatures as JWS carries them: [`EcdsaSignature`].

use alloc::vec::Vec;

use crate::jwk::der::Der;
use crate::{Algorithm, Family, KeyError};

/// An ECDSA signature in the form of JWS: R || S, each as long as its curve's order (RFC 7518, section 3.4).
///
/// Key services and many libraries answer in DER (`SEQUENCE { r INTEGER, s INTEGER }`, RFC 3279): this converts.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, EcdsaSignature};
///
/// let der = [0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07];
/// let signature = EcdsaSignature::from_der(&der, Algorithm::ES256)?;
/// assert_eq!(signature.as_bytes().len(), 64);
/// assert_eq!((signature.as_bytes()[31], signature.as_bytes()[63]), (5, 7));
/// # Ok::<(), jwt_core::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcdsaSignature(Vec<u8>);

impl EcdsaSignature {
    /// Reads strict DER.
    ///
    /// # Errors
    ///
    /// [`KeyError::Mismatch`] if `algorithm` is not ECDSA; [`KeyError::Malformed`] for anything but two positive INTEGERs in their shortest form
    /// that fit the curve.
    pub fn from_der(der: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        let (Family::Ecdsa, Some(length)) = (algorithm.family(), algorithm.signature_len()) else {
            return Err(KeyError::Mismatch { expected: algorithm, found: "ECDSA" });
        };
        let mut both = Der::only_sequence(der)?;
        let (r, s) = (both.unsigned()?, both.unsigned()?);
        both.finish()?;
        let half = length / 2;
        let mut fixed = Vec::with_capacity(length);
        for number in [r, s] {
            if number == [0] || number.len() > half {
                return Err(KeyError::Malformed { what: "signature" });
            }
            fixed.resize(fixed.len().saturating_add(half).saturating_sub(number.len()), 0);
            fixed.extend_from_slice(number);
        }
        Ok(Self(fixed))
    }

    /// R || S.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// R || S.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
