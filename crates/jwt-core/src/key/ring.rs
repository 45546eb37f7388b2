//! RSA, ECDSA and Ed25519 by `ring` (feature `ring`).

use alloc::vec::Vec;

use ::ring::rand::SystemRandom;
use ::ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ::ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
    ECDSA_P384_SHA384_FIXED_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RsaEncoding, RsaKeyPair, RsaParameters, UnparsedPublicKey, VerificationAlgorithm,
};

use super::SignerError;
use super::pkcs8::PrivateKey;
use super::signing::Signature;
use crate::jwk::spki::check_point;
use crate::jwk::{Curve, Material, Octets};
use crate::{Algorithm, KeyError};

/// A public key in the form that ring checks signatures with: it has no other that could be prepared.
#[derive(Clone)]
pub(super) enum Public {
    Rsa {
        n: Octets,
        e: Octets,
        parameters: &'static RsaParameters,
    },
    /// ECDSA: the uncompressed point; Ed25519: the 32 octets.
    Point {
        point: Octets,
        verification: &'static dyn VerificationAlgorithm,
    },
}

impl Public {
    /// The caller has checked that the material fits the algorithm.
    pub(super) fn new(material: &Material, algorithm: Algorithm) -> Result<Self, KeyError> {
        match material {
            Material::Rsa { n, e, .. } => {
                let parameters = rsa_parameters(algorithm).ok_or(UNSUPPORTED)?;
                // ring verifies with exponents from 3 to 2^33 - 1, all of which `Material::check_rsa` lets through.
                Ok(Self::Rsa { n: n.clone(), e: e.clone(), parameters })
            }
            Material::Ec { curve, point, .. } => {
                let (verification, _) = ecdsa(*curve).ok_or(UNSUPPORTED)?;
                Ok(Self::Point { point: point.clone(), verification })
            }
            Material::Okp { curve: Curve::Ed25519, x, .. } => {
                Ok(Self::Point { point: x.clone(), verification: &ED25519 })
            }
            Material::Okp { .. } | Material::Oct { .. } | Material::Akp { .. } => Err(UNSUPPORTED),
        }
    }

    pub(super) fn verify(&self, input: &[u8], signature: &[u8]) -> bool {
        match self {
            // RFC 8017, section 8: a signature has the length of the modulus.
            Self::Rsa { n, e, parameters } => {
                let components = PublicKeyComponents { n: &**n, e: &**e };
                signature.len() == n.len() && components.verify(parameters, input, signature).is_ok()
            }
            Self::Point { point, verification } => {
                UnparsedPublicKey::new(*verification, &**point).verify(input, signature).is_ok()
            }
        }
    }
}

/// A private key, parsed. ring does not wipe it when it is dropped.
pub(super) enum Private {
    Rsa { pair: RsaKeyPair, encoding: &'static dyn RsaEncoding },
    Ecdsa { pair: EcdsaKeyPair, curve: Curve },
    Ed25519(Ed25519KeyPair),
}

impl Private {
    /// The private half of a JWK. The caller has checked that the material fits the algorithm.
    pub(super) fn from_material(material: &Material, algorithm: Algorithm) -> Result<Self, KeyError> {
        match material {
            Material::Rsa { n, e, private } => {
                let private = private.as_ref().ok_or(KeyError::NotPrivate)?;
                let crt = private
                    .crt
                    .as_ref()
                    .ok_or(KeyError::NotSupported { what: "an RSA private key without its primes" })?;
                check_signing_rsa(n, e)?;
                let pair = RsaKeyPair::from_components(&KeyPairComponents {
                    public_key: PublicKeyComponents { n: &**n, e: &**e },
                    d: &*private.d,
                    p: &*crt.p,
                    q: &*crt.q,
                    dP: &*crt.dp,
                    dQ: &*crt.dq,
                    qInv: &*crt.qi,
                });
                Self::rsa(pair.map_err(|_| KeyError::Inconsistent)?, algorithm)
            }
            &Material::Ec { curve, ref point, ref d } => {
                let d = d.as_ref().ok_or(KeyError::NotPrivate)?;
                let (_, signing) = ecdsa(curve).ok_or(UNSUPPORTED)?;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(signing, d, point, &SystemRandom::new());
                Ok(Self::Ecdsa { pair: pair.map_err(|_| KeyError::Inconsistent)?, curve })
            }
            Material::Okp { curve: Curve::Ed25519, x, d } => {
                let d = d.as_ref().ok_or(KeyError::NotPrivate)?;
                Ed25519KeyPair::from_seed_and_public_key(d, x).map(Self::Ed25519).map_err(|_| KeyError::Inconsistent)
            }
            Material::Okp { .. } | Material::Oct { .. } | Material::Akp { .. } => Err(UNSUPPORTED),
        }
    }

    /// A key that was read from DER. The caller has checked that it fits the algorithm.
    pub(super) fn from_der(key: &PrivateKey<'_>, algorithm: Algorithm) -> Result<Self, KeyError> {
        match *key {
            PrivateKey::Rsa { der, n, e } => {
                check_signing_rsa(n, e)?;
                Self::rsa(RsaKeyPair::from_der(der).map_err(|_| KeyError::Inconsistent)?, algorithm)
            }
            PrivateKey::Ec { curve, d, point } => {
                let (_, signing) = ecdsa(curve).ok_or(UNSUPPORTED)?;
                // ring derives no public keys from private ones.
                let point = point.ok_or(KeyError::NotSupported { what: "an EC private key without its public key" })?;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(signing, d, point, &SystemRandom::new());
                Ok(Self::Ecdsa { pair: pair.map_err(|_| KeyError::Inconsistent)?, curve })
            }
            PrivateKey::Okp { curve: Curve::Ed25519, seed, public: Some(public) } => {
                Ed25519KeyPair::from_seed_and_public_key(seed, public)
                    .map(Self::Ed25519)
                    .map_err(|_| KeyError::Inconsistent)
            }
            PrivateKey::Okp { curve: Curve::Ed25519, seed, public: None } => Ed25519KeyPair::from_seed_unchecked(seed)
                .map(Self::Ed25519)
                .map_err(|_| KeyError::Malformed { what: "seed" }),
            PrivateKey::Okp { .. } => Err(UNSUPPORTED),
        }
    }

    fn rsa(pair: RsaKeyPair, algorithm: Algorithm) -> Result<Self, KeyError> {
        let encoding = rsa_encoding(algorithm).ok_or(UNSUPPORTED)?;
        Ok(Self::Rsa { pair, encoding })
    }

    /// The public half, from what ring computed.
    pub(super) fn public(&self) -> Result<Material, KeyError> {
        match self {
            Self::Rsa { pair, .. } => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                Material::rsa(&n, &e)
            }
            Self::Ecdsa { pair, curve } => {
                let point = pair.public_key().as_ref();
                check_point(point, *curve)?;
                Ok(Material::Ec { curve: *curve, point: point.into(), d: None })
            }
            Self::Ed25519(pair) => {
                Ok(Material::Okp { curve: Curve::Ed25519, x: pair.public_key().as_ref().into(), d: None })
            }
        }
    }

    pub(super) fn sign(&self, input: &[u8]) -> Result<Signature, SignerError> {
        let failed = |_| SignerError::Failed("the system's random source or the key failed");
        match self {
            Self::Rsa { pair, encoding } => {
                let mut signature = alloc::vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), input, &mut signature).map_err(failed)?;
                Ok(Signature::Long(signature))
            }
            Self::Ecdsa { pair, .. } => pair
                .sign(&SystemRandom::new(), input)
                .map(|signature| Signature::new(signature.as_ref()))
                .map_err(failed),
            Self::Ed25519(pair) => Ok(Signature::new(pair.sign(input).as_ref())),
        }
    }
}

/// ring signs with RSA keys of 2048 to 4096 bits and exponents of 65537 or more.
fn check_signing_rsa(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    Material::check_rsa(n, e)?;
    if n.len() > SIGNING_RSA_MAX_BITS / 8 {
        return Err(KeyError::TooLong { bits: n.len().saturating_mul(8), maximum: SIGNING_RSA_MAX_BITS });
    }
    if e.len() < 3 || (e.len() == 3 && e < [1, 0, 1].as_slice()) { Err(KeyError::Exponent) } else { Ok(()) }
}

const SIGNING_RSA_MAX_BITS: usize = 4096;

const UNSUPPORTED: KeyError = KeyError::NotSupported { what: "this algorithm, by ring" };

/// Everything that ring does with ECDSA as JWS has it: fixed-length R || S, each curve with its own hash.
fn ecdsa(curve: Curve) -> Option<(&'static dyn VerificationAlgorithm, &'static EcdsaSigningAlgorithm)> {
    match curve {
        Curve::P256 => Some((&ECDSA_P256_SHA256_FIXED, &ECDSA_P256_SHA256_FIXED_SIGNING)),
        Curve::P384 => Some((&ECDSA_P384_SHA384_FIXED, &ECDSA_P384_SHA384_FIXED_SIGNING)),
        Curve::P521 | Curve::Secp256k1 | Curve::Ed25519 | Curve::Ed448 | Curve::X25519 | Curve::X448 => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all algorithms but RSA's")]
fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all algorithms but RSA's")]
fn rsa_encoding(algorithm: Algorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        Algorithm::RS256 => Some(&signature::RSA_PKCS1_SHA256),
        Algorithm::RS384 => Some(&signature::RSA_PKCS1_SHA384),
        Algorithm::RS512 => Some(&signature::RSA_PKCS1_SHA512),
        Algorithm::PS256 => Some(&signature::RSA_PSS_SHA256),
        Algorithm::PS384 => Some(&signature::RSA_PSS_SHA384),
        Algorithm::PS512 => Some(&signature::RSA_PSS_SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a6_rsa_signs_with_keys_of_up_to_4096_bits_and_exponents_from_65537_on() {
        let longer: [u8; 513] = [0xFF; 513];
        let n = longer.get(1..).unwrap();
        for e in [&[0x01, 0x00, 0x01][..], &[0x01, 0x00, 0x03], &[0x01, 0x00, 0x00, 0x01], &[0x01, 0, 0, 0, 0x01]] {
            assert_eq!(check_signing_rsa(n, e), Ok(()), "{e:02x?}");
        }
        for e in [&[0x03][..], &[0x11], &[0xFF, 0xFF]] {
            assert_eq!(check_signing_rsa(n, e), Err(KeyError::Exponent), "{e:02x?}");
        }
        let too_long = KeyError::TooLong { bits: 4104, maximum: 4096 };
        assert_eq!(check_signing_rsa(&longer, &[0x01, 0x00, 0x01]), Err(too_long));
    }
}
