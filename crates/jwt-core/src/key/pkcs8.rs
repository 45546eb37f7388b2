//! Private keys as DER: PKCS#8 (RFC 5208, RFC 5958), SEC 1 `ECPrivateKey` (RFC 5915) and PKCS#1 `RSAPrivateKey` (RFC 8017, appendix A.1.2).
//!
//! This reads what the key is for and where its numbers are. Whether the numbers are a key, the backend checks.

use crate::jwk::Curve;
use crate::jwk::der::{Der, MALFORMED, OBJECT_IDENTIFIER, OCTET_STRING, context, whole_octets};
use crate::jwk::spki::{self, Kind};
use crate::{Algorithm, Family, KeyError};

/// A private key within its DER.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(feature = "ring"),
    expect(dead_code, reason = "only a backend reads the numbers; without one the key is checked, then refused")
)]
pub(super) enum PrivateKey<'a> {
    /// The whole `RSAPrivateKey`, and its public numbers.
    Rsa { der: &'a [u8], n: &'a [u8], e: &'a [u8] },
    /// The private number and, if the key has it, the public point.
    Ec { curve: Curve, d: &'a [u8], point: Option<&'a [u8]> },
    /// The seed and, if the key has it, the public key.
    Okp { curve: Curve, seed: &'a [u8], public: Option<&'a [u8]> },
}

impl<'a> PrivateKey<'a> {
    pub(super) fn from_pkcs8(der: &'a [u8]) -> Result<Self, KeyError> {
        let mut info = Der::only_sequence(der)?;
        let version = info.version()?;
        let kind = spki::algorithm(info.sequence()?)?;
        let key = info.read(OCTET_STRING)?;
        // RFC 5958, section 2: attributes [0], and since version 2 (which is 1 on the wire) the public key [1].
        info.optional(context(0, true))?;
        let public = match info.optional(context(1, false))? {
            Some(public) => Some(whole_octets(public)?),
            // ring before 0.17 wrote the tag constructed, with the BIT STRING's own tag inside; such files are about.
            None => info.optional(context(1, true))?.map(only_bits).transpose()?,
        };
        info.finish()?;
        if version > 1 || (version == 0 && public.is_some()) {
            return Err(MALFORMED);
        }
        match kind {
            Kind::Rsa => Self::rsa(key),
            Kind::Ec(curve) => Self::ec(key, Some(curve)),
            // RFC 8410, section 7: the key is an OCTET STRING within the OCTET STRING.
            Kind::Okp(curve) => {
                let mut inner = Der::new(key);
                let seed = inner.read(OCTET_STRING)?;
                inner.finish()?;
                if seed.len() != curve.octets() || public.is_some_and(|public| public.len() != curve.octets()) {
                    return Err(MALFORMED);
                }
                Ok(Self::Okp { curve, seed, public })
            }
        }
    }

    /// PKCS#1: two primes only (version 0).
    pub(super) fn rsa(der: &'a [u8]) -> Result<Self, KeyError> {
        let mut key = Der::only_sequence(der)?;
        if key.version()? != 0 {
            return Err(KeyError::NotSupported { what: "an RSA key of more than two primes" });
        }
        let (n, e) = (key.unsigned()?, key.unsigned()?);
        for _d_p_q_dp_dq_qi in 0..6 {
            key.unsigned()?;
        }
        key.finish()?;
        Ok(Self::Rsa { der, n, e })
    }

    /// SEC 1. The curve may be named here, outside, or in both places, where it must be the same.
    pub(super) fn ec(der: &'a [u8], outside: Option<Curve>) -> Result<Self, KeyError> {
        let mut key = Der::only_sequence(der)?;
        if key.version()? != 1 {
            return Err(MALFORMED);
        }
        let d = key.read(OCTET_STRING)?;
        let inside = match key.optional(context(0, true))? {
            None => None,
            Some(parameters) => {
                let mut parameters = Der::new(parameters);
                let curve = spki::curve(parameters.read(OBJECT_IDENTIFIER)?)?;
                parameters.finish()?;
                Some(curve)
            }
        };
        let point = key.optional(context(1, true))?.map(only_bits).transpose()?;
        key.finish()?;
        let curve = match (outside, inside) {
            (Some(outside), Some(inside)) if outside != inside => return Err(MALFORMED),
            (Some(curve), _) | (None, Some(curve)) => curve,
            (None, None) => return Err(MALFORMED),
        };
        // RFC 5915, section 3: "an octet string of length ceiling (log2(n)/8)".
        if d.len() != curve.octets() {
            return Err(MALFORMED);
        }
        Ok(Self::Ec { curve, d, point })
    }

    /// Whether this key can do `algorithm`.
    pub(super) fn check(&self, algorithm: Algorithm) -> Result<(), KeyError> {
        let (fits, found) = match self {
            Self::Rsa { .. } => (algorithm.family() == Family::Rsa, "RSA"),
            Self::Ec { curve, .. } | Self::Okp { curve, .. } => (curve.algorithm() == Some(algorithm), curve.as_str()),
        };
        if fits { Ok(()) } else { Err(KeyError::Mismatch { expected: algorithm, found }) }
    }
}

/// The octets of the one BIT STRING that this content is.
fn only_bits(content: &[u8]) -> Result<&[u8], KeyError> {
    let mut content = Der::new(content);
    let bits = content.bits()?;
    content.finish()?;
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_named_inside_and_outside_is_the_same() {
        let (_, der) = crate::key::pem::decode(include_str!("../../tests/fixtures/ec-p256.sec1.pem")).unwrap();
        assert!(PrivateKey::ec(&der, None).is_ok());
        assert!(PrivateKey::ec(&der, Some(Curve::P256)).is_ok());
        // The same length, another curve.
        assert!(matches!(PrivateKey::ec(&der, Some(Curve::Secp256k1)), Err(MALFORMED)));
        assert!(matches!(PrivateKey::ec(&der, Some(Curve::P384)), Err(MALFORMED)));
    }
}
