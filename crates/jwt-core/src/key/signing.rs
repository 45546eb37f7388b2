//! [`SigningKey`]: makes signatures of one algorithm.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::foreseen::Usual;
use super::hmac::HmacKey;
use super::pkcs8::PrivateKey;
use super::verifying::algorithm_of;
use super::{Signer, SignerError, VerifyingKey, pem};
use crate::json::Cut;
use crate::jwk::{Material, Operation};
use crate::{Algorithm, Header, Jwk, KeyError};

/// A key that makes signatures of exactly one algorithm (RFC 7518, section 3; RFC 8725, section 3.1). Cheap to clone.
///
/// `Debug` shows its algorithm and its name. An HMAC key is wiped when its last clone is dropped; an RSA, ECDSA or Ed25519 key is not, because `ring`, which holds it, does not wipe
/// what it drops. Where that matters, keep the key elsewhere and sign with [`SigningInput`](crate::SigningInput), or bring a [`Signer`] that wipes.
///
/// # Examples
///
/// ```
/// use jwt_core::SigningKey;
///
/// let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// let signature = key.sign(b"input")?;
/// assert!(key.verifying_key()?.verify(b"input", &signature).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    kid: Option<Arc<str>>,
    backend: Arc<Backend>,
    usual: Arc<Usual>,
}

#[allow(clippy::large_enum_variant, reason = "it lives behind an `Arc`, once for each key")]
enum Backend {
    Hmac(HmacKey),
    #[cfg(feature = "ring")]
    Ring {
        private: super::ring::Private,
        public: Material,
    },
    Foreign(Arc<dyn Signer>),
}

impl SigningKey {
    /// A key for HMAC with SHA-256, of at least 32 octets.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 32 octets (RFC 7518, section 3.2).
    pub fn hs256(key: &[u8]) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS256, key)
    }

    /// A key for HMAC with SHA-384, of at least 48 octets.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 48 octets.
    pub fn hs384(key: &[u8]) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS384, key)
    }

    /// A key for HMAC with SHA-512, of at least 64 octets.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 64 octets.
    pub fn hs512(key: &[u8]) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS512, key)
    }

    /// The private key `jwk`, with the one algorithm that it is for: the one it names or, for EC and OKP, the only possible one.
    ///
    /// # Errors
    ///
    /// [`KeyError::AlgorithmNotNamed`] for RSA and symmetric keys without `alg`: see [`SigningKey::from_jwk_as`]; otherwise as there.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        Self::from_jwk_as(jwk, algorithm_of(jwk)?)
    }

    /// The private key `jwk` with this algorithm, which must not contradict the key's type, curve, `alg`, `use` and `key_ops`; under its `kid`.
    ///
    /// # Errors
    ///
    /// [`KeyError::Mismatch`] and [`KeyError::WrongUse`] if it does, [`KeyError::NotPrivate`] for a public key, [`KeyError::Inconsistent`] if the private
    /// part does not belong to the public one, [`KeyError::NotSupported`] for RSA without primes and if no backend of this build has the algorithm.
    /// ring signs with RSA keys of 2048 to 4096 bits and exponents from 65537.
    pub fn from_jwk_as(jwk: &Jwk, algorithm: Algorithm) -> Result<Self, KeyError> {
        jwk.check(algorithm, Operation::Sign)?;
        if !jwk.is_private() {
            return Err(KeyError::NotPrivate);
        }
        let key = match jwk.material() {
            Material::Oct { k } => Self::hmac(algorithm, k)?,
            material @ (Material::Rsa { .. } | Material::Ec { .. } | Material::Okp { .. } | Material::Akp { .. }) => {
                Self::from_material(material, algorithm)?
            }
        };
        Ok(match jwk.kid() {
            Some(kid) => key.with_kid(kid),
            None => key,
        })
    }

    /// A private key in PEM: `PRIVATE KEY` (PKCS#8), `EC PRIVATE KEY` (SEC 1) or `RSA PRIVATE KEY` (PKCS#1), none of them encrypted. One block, nothing around it.
    ///
    /// # Errors
    ///
    /// [`KeyError::Malformed`], [`KeyError::Mismatch`] if the key is of another kind than `algorithm`, [`KeyError::NotPrivate`] for a public key's block,
    /// [`KeyError::NotSupported`] for other blocks, for EC keys without their public key and for algorithms without a backend, [`KeyError::Inconsistent`] if the
    /// private part does not belong to the public one.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, KeyError> {
        let (label, der) = pem::decode(pem)?;
        let key = match label {
            "PRIVATE KEY" => PrivateKey::from_pkcs8(&der)?,
            "EC PRIVATE KEY" => PrivateKey::ec(&der, None)?,
            "RSA PRIVATE KEY" => PrivateKey::rsa(&der)?,
            "PUBLIC KEY" | "RSA PUBLIC KEY" => return Err(KeyError::NotPrivate),
            _ => return Err(KeyError::NotSupported { what: "this kind of pem block" }),
        };
        Self::from_private(&key, algorithm)
    }

    /// A private key as DER of PKCS#8 (RFC 5208, RFC 5958), not encrypted.
    ///
    /// # Errors
    ///
    /// As [`SigningKey::from_pem`].
    pub fn from_der(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        Self::from_private(&PrivateKey::from_pkcs8(pkcs8)?, algorithm)
    }

    /// A key of a backend of your own.
    #[must_use]
    pub fn from_signer(signer: Arc<dyn Signer>) -> Self {
        Self::new(signer.algorithm(), Backend::Foreign(signer))
    }

    /// This key under the name `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        let kid = kid.into();
        self.usual = Arc::new(Usual::new(self.algorithm, Some(&kid)));
        self.kid = Some(kid.into());
        self
    }

    /// The key's name, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm of this key.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The signature over `input`, the signing input of a JWS (RFC 7515, section 5.1). ECDSA and PSS draw on the system's random source, in the backend.
    ///
    /// # Errors
    ///
    /// [`SignerError`] if the backend fails or its signature does not have the algorithm's length.
    pub fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.signature(input).map(Signature::into_bytes)
    }

    /// As [`SigningKey::sign`], without an allocation for algorithms whose signatures are short.
    pub(crate) fn signature(&self, input: &[u8]) -> Result<Signature, SignerError> {
        let signature = match &*self.backend {
            Backend::Hmac(key) => key.sign(input),
            #[cfg(feature = "ring")]
            Backend::Ring { private, .. } => private.sign(input)?,
            Backend::Foreign(signer) => Signature::Long(signer.sign(input)?),
        };
        let found = signature.as_bytes().len();
        match self.algorithm.signature_len() {
            Some(expected) if expected != found => Err(SignerError::Length { found, expected }),
            Some(_) | None => Ok(signature),
        }
    }

    /// The key that checks what this one signs, under the same name.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotSupported`] for a backend of your own, which alone knows its public key.
    pub fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        let key = match &*self.backend {
            Backend::Hmac(key) => VerifyingKey::from_hmac(self.algorithm, key.clone()),
            #[cfg(feature = "ring")]
            Backend::Ring { public, .. } => VerifyingKey::from_material(public, self.algorithm)?,
            Backend::Foreign(_) => return Err(KeyError::NotSupported { what: "the public key of a foreign signer" }),
        };
        Ok(match self.kid() {
            Some(kid) => key.with_kid(kid),
            None => key.foreseeing(),
        })
    }

    /// The public key as a JWK that says what it is for (`kid`, `use`, `alg`): an entry of the set that an issuer publishes.
    ///
    /// `None` for symmetric keys, which have no public part, and for backends of your own.
    #[must_use]
    pub fn public_jwk(&self) -> Option<Jwk> {
        match &*self.backend {
            Backend::Hmac(_) | Backend::Foreign(_) => None,
            #[cfg(feature = "ring")]
            Backend::Ring { public, .. } => {
                let jwk = Jwk::from_material(public.clone()).with_algorithm(self.algorithm).ok()?;
                Some(match self.kid() {
                    Some(kid) => jwk.with_kid(kid),
                    None => jwk,
                })
            }
        }
    }

    pub(crate) fn hmac(algorithm: Algorithm, key: &[u8]) -> Result<Self, KeyError> {
        Ok(Self::new(algorithm, Backend::Hmac(HmacKey::new(algorithm, key)?)))
    }

    fn new(algorithm: Algorithm, backend: Backend) -> Self {
        Self { algorithm, kid: None, backend: Arc::new(backend), usual: Arc::new(Usual::new(algorithm, None)) }
    }

    /// The spelling, in base64url, of a header that was foreseen when this key was made, with the key's name; such a header is for this key's algorithm.
    pub(crate) fn foreseen_header(&self, header: &Header) -> Option<&str> {
        self.usual.spelling_of(header)
    }

    fn from_private(key: &PrivateKey<'_>, algorithm: Algorithm) -> Result<Self, KeyError> {
        key.check(algorithm)?;
        #[cfg(feature = "ring")]
        {
            Self::from_ring(super::ring::Private::from_der(key, algorithm)?, algorithm)
        }
        #[cfg(not(feature = "ring"))]
        Err(NO_BACKEND)
    }

    /// The caller has checked that the material fits the algorithm.
    #[cfg(feature = "ring")]
    fn from_material(material: &Material, algorithm: Algorithm) -> Result<Self, KeyError> {
        Self::from_ring(super::ring::Private::from_material(material, algorithm)?, algorithm)
    }

    #[cfg(not(feature = "ring"))]
    const fn from_material(_: &Material, _: Algorithm) -> Result<Self, KeyError> {
        Err(NO_BACKEND)
    }

    #[cfg(feature = "ring")]
    fn from_ring(private: super::ring::Private, algorithm: Algorithm) -> Result<Self, KeyError> {
        let public = private.public()?;
        Ok(Self::new(algorithm, Backend::Ring { private, public }))
    }
}

#[cfg(not(feature = "ring"))]
const NO_BACKEND: KeyError = KeyError::NotSupported { what: "this algorithm, without the feature `ring`" };

/// A signature, on the stack if it is short.
pub(crate) enum Signature {
    Short { bytes: [u8; SHORT], len: usize },
    Long(Vec<u8>),
}

impl Signature {
    pub(super) fn new(signature: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..signature.len()) {
            Some(place) => {
                place.copy_from_slice(signature);
                Self::Short { bytes, len: signature.len() }
            }
            None => Self::Long(signature.to_vec()),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { bytes, len } => bytes.get(..*len).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Short { .. } => self.as_bytes().to_vec(),
            Self::Long(bytes) => bytes,
        }
    }
}

/// ES384 has the longest of those that the built-in backends make on the stack.
const SHORT: usize = 96;

/// Shows the algorithm and the name only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid().map(Cut))
            .finish_non_exhaustive()
    }
}
