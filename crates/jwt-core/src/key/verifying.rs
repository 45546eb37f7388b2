//! [`VerifyingKey`]: checks signatures of one algorithm.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use super::foreseen::Foreseen;
use super::hmac::HmacKey;
use super::{InvalidSignature, SignatureVerified, Verifier, pem};
use crate::json::Cut;
use crate::jwk::{Material, Operation, Text, spki};
use crate::{Algorithm, Jwk, KeyError};

/// A key that checks signatures of exactly one algorithm. Cheap to clone.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, VerifyingKey};
///
/// let key = VerifyingKey::hs256(b"a secret of at least 32 octets ...")?.with_kid("2026-01");
/// assert_eq!((key.algorithm(), key.kid()), (Algorithm::HS256, Some("2026-01")));
/// assert!(key.verify(b"input", &[0; 32]).is_err());
/// # Ok::<(), jwt_core::KeyError>(())
/// ```
#[derive(Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    kid: Option<Text>,
    backend: Backend,
    /// Not for keys made by [`VerifyingKey::from_jwk_as`], as those of sets are: they are many, and found by what a header says.
    foreseen: Option<Arc<Foreseen>>,
}

/// What the keys of a set are made of is shared, so none of them takes an allocation of its own.
#[derive(Clone)]
enum Backend {
    Hmac(Arc<HmacKey>),
    #[cfg(feature = "ring")]
    Ring(super::ring::Public),
    Foreign(Arc<dyn Verifier>),
}

impl VerifyingKey {
    /// A key for HMAC with SHA-256, of at least 32 octets.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 32 octets (RFC 7518, section 3.2).
    pub fn hs256(key: &[u8]) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS256, key).map(Self::foreseeing)
    }

    /// A key for HMAC with SHA-384, of at least 48 octets.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 48 octets.
    pub fn hs384(key: &[u8]) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS384, key).map(Self::foreseeing)
    }

    /// A key for HMAC with SHA-512, of at least 64 octets.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 64 octets.
    pub fn hs512(key: &[u8]) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS512, key).map(Self::foreseeing)
    }

    /// The public key `jwk`, with the one algorithm that it is for: the one it names or, for EC, OKP and AKP, the only possible one.
    ///
    /// # Errors
    ///
    /// [`KeyError::AlgorithmNotNamed`] for RSA and symmetric keys without `alg`: see [`VerifyingKey::from_jwk_as`]; otherwise as there.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        Self::from_jwk_as(jwk, algorithm_of(jwk)?).map(Self::foreseeing)
    }

    /// The public key `jwk` with this algorithm, which must not contradict the key's type, curve, `alg`, `use` and `key_ops`; under its `kid`.
    ///
    /// # Errors
    ///
    /// [`KeyError::Mismatch`] and [`KeyError::WrongUse`] if it does, [`KeyError::PrivateKey`] for a private key that is not symmetric (take
    /// [`Jwk::public`]), [`KeyError::NotSupported`] if no backend of this build has the algorithm.
    pub fn from_jwk_as(jwk: &Jwk, algorithm: Algorithm) -> Result<Self, KeyError> {
        jwk.check(algorithm, Operation::Verify)?;
        if jwk.is_private() && !jwk.is_symmetric() {
            return Err(KeyError::PrivateKey);
        }
        let key = Self::from_material(jwk.material(), algorithm)?;
        Ok(Self { kid: jwk.shared_kid().cloned(), ..key })
    }

    /// A public key in PEM: `PUBLIC KEY` (`SubjectPublicKeyInfo`) or `RSA PUBLIC KEY` (PKCS#1). One block, nothing around it.
    ///
    /// # Errors
    ///
    /// [`KeyError::Malformed`], [`KeyError::Mismatch`] if the key is of another kind than `algorithm`, [`KeyError::PrivateKey`] for a private key's block,
    /// [`KeyError::NotSupported`] for other blocks (certificates) and for algorithms without a backend, and what RSA numbers are refused for.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, KeyError> {
        let (label, der) = pem::decode(pem)?;
        let material = match label {
            "PUBLIC KEY" => spki::public(&der)?,
            "RSA PUBLIC KEY" => spki::rsa_public(&der)?,
            "PRIVATE KEY" | "EC PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => {
                return Err(KeyError::PrivateKey);
            }
            _ => return Err(KeyError::NotSupported { what: "this kind of pem block" }),
        };
        Self::from_fitting_material(&material, algorithm).map(Self::foreseeing)
    }

    /// A public key as DER of a `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).
    ///
    /// # Errors
    ///
    /// As [`VerifyingKey::from_pem`].
    pub fn from_der(algorithm: Algorithm, spki: &[u8]) -> Result<Self, KeyError> {
        Self::from_fitting_material(&spki::public(spki)?, algorithm).map(Self::foreseeing)
    }

    /// A key of a backend of your own.
    #[must_use]
    pub fn from_verifier(verifier: Arc<dyn Verifier>) -> Self {
        Self::new(verifier.algorithm(), Backend::Foreign(verifier)).foreseeing()
    }

    /// This key under the name `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into().into());
        self.foreseeing()
    }

    /// The key's name, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_ref().map(Text::as_str)
    }

    /// For comparisons.
    #[inline]
    pub(super) fn kid_bytes(&self) -> Option<&[u8]> {
        self.kid.as_ref().map(Text::as_bytes)
    }

    /// The one algorithm of this key.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Checks `signature` over `input`, the signing input of a JWS (RFC 7515, section 5.2). HMAC is compared in constant time.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], also for every signature that does not have the algorithm's length.
    pub fn verify(&self, input: &[u8], signature: &[u8]) -> Result<SignatureVerified, InvalidSignature> {
        // RFC 7518, section 3.4, and CVE-2022-21449: lengths before the backend. RSA's is the modulus's, checked beside it.
        if self.algorithm.signature_len().is_some_and(|length| length != signature.len()) {
            return Err(InvalidSignature);
        }
        let valid = match &self.backend {
            Backend::Hmac(key) => key.verify(input, signature),
            #[cfg(feature = "ring")]
            Backend::Ring(key) => key.verify(input, signature),
            Backend::Foreign(verifier) => verifier.verify(input, signature).is_ok(),
        };
        if valid { Ok(SignatureVerified::with(self.algorithm)) } else { Err(InvalidSignature) }
    }

    fn hmac(algorithm: Algorithm, key: &[u8]) -> Result<Self, KeyError> {
        HmacKey::new(algorithm, key).map(|key| Self::from_hmac(algorithm, key))
    }

    pub(super) fn from_hmac(algorithm: Algorithm, key: HmacKey) -> Self {
        Self::new(algorithm, Backend::Hmac(Arc::new(key)))
    }

    const fn new(algorithm: Algorithm, backend: Backend) -> Self {
        Self { algorithm, kid: None, backend, foreseen: None }
    }

    /// Spells out the headers that tokens of this key usually have.
    pub(super) fn foreseeing(mut self) -> Self {
        self.foreseen = Some(Arc::new(Foreseen::new(self.algorithm, self.kid())));
        self
    }

    /// The `typ` of a header, still encoded, that was foreseen when this key was made: one that names this key's algorithm, and has no other member than
    /// `typ` and `kid`.
    #[inline]
    pub(crate) fn foreseen_typ(&self, encoded_header: &str) -> Option<Option<&'static str>> {
        self.foreseen.as_ref()?.typ_of(encoded_header)
    }

    fn from_fitting_material(material: &Material, algorithm: Algorithm) -> Result<Self, KeyError> {
        if !material.fits(algorithm) {
            return Err(KeyError::Mismatch { expected: algorithm, found: material.kind() });
        }
        Self::from_material(material, algorithm)
    }

    /// The caller has checked that the material fits the algorithm.
    pub(super) fn from_material(material: &Material, algorithm: Algorithm) -> Result<Self, KeyError> {
        if let Material::Oct { k } = material {
            return Self::hmac(algorithm, k);
        }
        #[cfg(feature = "ring")]
        {
            let key = super::ring::Public::new(material, algorithm)?;
            Ok(Self::new(algorithm, Backend::Ring(key)))
        }
        #[cfg(not(feature = "ring"))]
        Err(KeyError::NotSupported { what: "this algorithm, without the feature `ring`" })
    }
}

/// The algorithm that a key names or implies.
pub(super) fn algorithm_of(jwk: &Jwk) -> Result<Algorithm, KeyError> {
    match (jwk.algorithm(), jwk.alg()) {
        (Some(algorithm), _) => Ok(algorithm),
        // It names something that is no signature algorithm of ours, or its curve is not for signing.
        (None, Some(_)) => Err(KeyError::WrongUse),
        (None, None) if jwk.crv().is_some() => Err(KeyError::WrongUse),
        (None, None) => Err(KeyError::AlgorithmNotNamed),
    }
}

/// Shows the algorithm and the name only.
impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid().map(Cut))
            .finish_non_exhaustive()
    }
}
