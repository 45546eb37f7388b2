//! [`Algorithm`]: the signature algorithms of RFC 7518, 8037, 8812, 9864 and 9964 that a key can be bound to.

use core::fmt;

/// A JWS signature algorithm (RFC 7518, section 3.1). `none` cannot be written down.
///
/// HS256, HS384 and HS512 are always available; RS*, PS*, ES256, ES384 and Ed25519 with the feature `ring`; the others by a
/// [`Signer`](crate::Signer) or [`Verifier`](crate::Verifier) of your own.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Family};
///
/// assert_eq!(Algorithm::from_name("ES256"), Some(Algorithm::ES256));
/// assert_eq!(Algorithm::ES256.family(), Family::Ecdsa);
/// assert_eq!(Algorithm::from_name("none"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256 (RFC 7518, section 3.2).
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256 (RFC 7518, section 3.5).
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256 (RFC 7518, section 3.4).
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// ECDSA on P-521 with SHA-512.
    ES512,
    /// ECDSA on secp256k1 with SHA-256 (RFC 8812).
    ES256K,
    /// EdDSA on Ed25519 (RFC 8037, and RFC 9864 for the name). The old name `EdDSA` is read for it too.
    Ed25519,
    /// EdDSA on Ed448 (RFC 9864).
    Ed448,
    /// ML-DSA with the parameter set ML-DSA-44 (FIPS 204; RFC 9964).
    MlDsa44,
    /// ML-DSA with the parameter set ML-DSA-65.
    MlDsa65,
    /// ML-DSA with the parameter set ML-DSA-87.
    MlDsa87,
}

impl Algorithm {
    /// Every algorithm that has a name here.
    pub const ALL: &'static [Self] = &[
        Self::HS256,
        Self::HS384,
        Self::HS512,
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::ES256K,
        Self::Ed25519,
        Self::Ed448,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
    ];

    /// The registered name, as `alg` carries it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::ES256K => "ES256K",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
        }
    }

    /// The algorithm of this exact, case-sensitive name (RFC 7515, section 4.1.1); `None` for every other text, `none` included.
    ///
    /// The polymorphic name `EdDSA` is no algorithm of its own (RFC 9864 deprecates it): see [`Algorithm::is_named`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.as_str() == name)
    }

    /// Whether a header's `alg` text names this algorithm: its own name, or `EdDSA` for the two EdDSA algorithms (RFC 8037, section 3.1).
    #[must_use]
    pub fn is_named(self, name: &str) -> bool {
        name == self.as_str() || (name == "EdDSA" && matches!(self, Self::Ed25519 | Self::Ed448))
    }

    /// The family, which decides what kind of key fits (RFC 8725, section 3.1).
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::HS256 | Self::HS384 | Self::HS512 => Family::Hmac,
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => Family::Rsa,
            Self::ES256 | Self::ES384 | Self::ES512 | Self::ES256K => Family::Ecdsa,
            Self::Ed25519 | Self::Ed448 => Family::EdDsa,
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => Family::MlDsa,
        }
    }

    /// The one length in bytes that a signature of this algorithm has; `None` for RSA, where it is the modulus's.
    #[must_use]
    pub const fn signature_len(self) -> Option<usize> {
        match self {
            Self::HS256 => Some(32),
            Self::HS384 => Some(48),
            // RFC 7518, section 3.4: R || S, each of the curve's length.
            Self::HS512 | Self::ES256 | Self::ES256K | Self::Ed25519 => Some(64),
            Self::ES384 => Some(96),
            Self::ES512 => Some(132),
            Self::Ed448 => Some(114),
            // FIPS 204, table 2.
            Self::MlDsa44 => Some(2420),
            Self::MlDsa65 => Some(3309),
            Self::MlDsa87 => Some(4627),
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of key an algorithm uses.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Family};
///
/// // What a protected API allows: nothing that shares a secret with it.
/// let mut asymmetric = Algorithm::ALL.iter().filter(|algorithm| algorithm.family() != Family::Hmac);
/// assert!(asymmetric.all(|algorithm| !algorithm.as_str().starts_with("HS")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Symmetric: `kty` `oct`.
    Hmac,
    /// `kty` `RSA`.
    Rsa,
    /// `kty` `EC`.
    Ecdsa,
    /// `kty` `OKP`.
    EdDsa,
    /// `kty` `AKP`.
    MlDsa,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_none_in_any_spelling_is_no_algorithm() {
        for name in ["none", "None", "NONE", "nOnE", "", " none", "none ", "hs256", "HS256 ", "EDDSA", "EdDSA"] {
            assert_eq!(Algorithm::from_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for &algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.as_str()), Some(algorithm));
            assert!(algorithm.is_named(algorithm.as_str()));
        }
        assert!(Algorithm::Ed25519.is_named("EdDSA"));
        assert!(!Algorithm::ES256.is_named("EdDSA"));
    }
}
