//! Public keys as DER: `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7; RFC 3279, 5480, 8410) and PKCS#1 `RSAPublicKey` (RFC 8017, appendix A.1.1).

use alloc::vec::Vec;

use super::der::{Der, MALFORMED, NULL, OBJECT_IDENTIFIER};
use super::{Curve, KeyError, Material};

/// The key that the algorithm identifier and the octets make.
pub(crate) fn public(der: &[u8]) -> Result<Material, KeyError> {
    let mut info = Der::only_sequence(der)?;
    let kind = algorithm(info.sequence()?)?;
    let key = info.bits()?;
    info.finish()?;
    match kind {
        Kind::Rsa => rsa_public(key),
        Kind::Ec(curve) => {
            let (x, y) = coordinates(key, curve)?;
            Ok(Material::Ec { curve, x, y, d: None })
        }
        Kind::Okp(curve) if key.len() == curve.octets() => Ok(Material::Okp { curve, x: key.to_vec(), d: None }),
        Kind::Okp(_) => Err(MALFORMED),
    }
}

/// PKCS#1: `SEQUENCE { modulus, publicExponent }`.
pub(crate) fn rsa_public(der: &[u8]) -> Result<Material, KeyError> {
    let mut key = Der::only_sequence(der)?;
    let (n, e) = (key.unsigned()?.to_vec(), key.unsigned()?.to_vec());
    key.finish()?;
    Material::rsa(n, e, None)
}

/// What an algorithm identifier says.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Rsa,
    Ec(Curve),
    Okp(Curve),
}

/// Reads an `AlgorithmIdentifier`: the key type and the curve, with exactly the parameters that its RFC asks for.
pub(crate) fn algorithm(mut identifier: Der<'_>) -> Result<Kind, KeyError> {
    let kind = match identifier.read(OBJECT_IDENTIFIER)? {
        RSA_ENCRYPTION => {
            // RFC 3279, section 2.3.1: "The parameters field MUST have ASN.1 type NULL".
            if !identifier.read(NULL)?.is_empty() {
                return Err(MALFORMED);
            }
            Kind::Rsa
        }
        EC_PUBLIC_KEY => Kind::Ec(curve(identifier.read(OBJECT_IDENTIFIER)?)?),
        // RFC 8410, section 3: "the parameters MUST be absent".
        ED25519 => Kind::Okp(Curve::Ed25519),
        ED448 => Kind::Okp(Curve::Ed448),
        _ => return Err(KeyError::NotSupported { what: "the key type in the algorithm identifier" }),
    };
    identifier.finish()?;
    Ok(kind)
}

/// The named curve of this object identifier (RFC 5480, section 2.1.1.1).
pub(crate) fn curve(oid: &[u8]) -> Result<Curve, KeyError> {
    match oid {
        SECP256R1 => Ok(Curve::P256),
        SECP384R1 => Ok(Curve::P384),
        SECP521R1 => Ok(Curve::P521),
        SECP256K1 => Ok(Curve::Secp256k1),
        _ => Err(KeyError::NotSupported { what: "the curve in the algorithm identifier" }),
    }
}

/// The two coordinates of an uncompressed point (SEC 1, section 2.3.3).
pub(crate) fn coordinates(point: &[u8], curve: Curve) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    match point {
        [4, xy @ ..] if xy.len() == 2 * curve.octets() => {
            let (x, y) = xy.split_at(curve.octets());
            Ok((x.to_vec(), y.to_vec()))
        }
        [2 | 3, ..] => Err(KeyError::NotSupported { what: "a compressed point" }),
        _ => Err(KeyError::Malformed { what: "point" }),
    }
}

const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]; // 1.2.840.113549.1.1.1
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]; // 1.2.840.10045.2.1
const SECP256R1: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]; // 1.2.840.10045.3.1.7
const SECP384R1: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x22]; // 1.3.132.0.34
const SECP521R1: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x23]; // 1.3.132.0.35
const SECP256K1: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x0A]; // 1.3.132.0.10
const ED25519: &[u8] = &[0x2B, 0x65, 0x70]; // 1.3.101.112
const ED448: &[u8] = &[0x2B, 0x65, 0x71]; // 1.3.101.113

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_beside_what_the_structure_has() {
        let key = [0x03, 0x21, 0x00].into_iter().chain([7; 32]);
        let info = |head: &[u8], tail: &[u8]| -> Vec<u8> {
            head.iter().copied().chain(key.clone()).chain(tail.iter().copied()).collect()
        };
        assert!(public(&info(&[0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70], &[])).is_ok());
        for bad in [
            // Parameters, which Ed25519 must not have; a value after the key; one after the whole.
            info(&[0x30, 0x2C, 0x30, 0x07, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x05, 0x00], &[]),
            info(&[0x30, 0x2C, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70], &[0x05, 0x00]),
            info(&[0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70], &[0x05, 0x00]),
            // Parameters that RSA must have.
            info(&[0x30, 0x30, 0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01], &[]),
        ] {
            assert!(matches!(public(&bad), Err(MALFORMED)), "{bad:02x?}");
        }
    }
}
