//! Public keys as DER: `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7; RFC 3279, 5480, 8410) and PKCS#1 `RSAPublicKey` (RFC 8017, appendix A.1.1).

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
            check_point(key, curve)?;
            Ok(Material::Ec { curve, point: key.into(), d: None })
        }
        Kind::Okp(curve) if key.len() == curve.octets() => {
            check_edwards(key, curve)?;
            Ok(Material::Okp { curve, x: key.into(), d: None })
        }
        Kind::Okp(_) => Err(MALFORMED),
    }
}

/// The octets of a key of a kind that is not read here, whatever the algorithm identifier says.
pub(crate) fn unread(der: &[u8]) -> Result<&[u8], KeyError> {
    let mut info = Der::only_sequence(der)?;
    info.sequence()?;
    let key = info.bits()?;
    info.finish()?;
    Ok(key)
}

/// PKCS#1: `SEQUENCE { modulus, publicExponent }`.
pub(crate) fn rsa_public(der: &[u8]) -> Result<Material, KeyError> {
    let mut key = Der::only_sequence(der)?;
    let (n, e) = (key.unsigned()?, key.unsigned()?);
    key.finish()?;
    Material::rsa(n, e)
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

/// Whether these octets are an uncompressed point (SEC 1, section 2.3.3), by their form.
pub(crate) fn check_point(point: &[u8], curve: Curve) -> Result<(), KeyError> {
    match point {
        [4, xy @ ..] if xy.len() == 2 * curve.octets() => Ok(()),
        [2 | 3, ..] => Err(KeyError::NotSupported { what: "a compressed point" }),
        _ => Err(KeyError::Malformed { what: "point" }),
    }
}

/// Refuses the Ed25519 keys of small order: with them, a signature that anybody can write down verifies over many a message, or over every one, so that it
/// proves nothing (RFC 8725, section 3.4: validate "that the public key is a valid point"; RFC 8032 leaves it to the verifier).
pub(crate) fn check_edwards(key: &[u8], curve: Curve) -> Result<(), KeyError> {
    let small = |small: &[u8; 32]| {
        // The sign of the other coordinate is the highest bit.
        let (last, rest) = (key.last().map(|last| last & 0x7F), key.get(..31));
        last.as_ref() == small.last() && rest == small.get(..31)
    };
    if curve == Curve::Ed25519 && SMALL_ORDER.iter().any(small) { Err(KeyError::Inconsistent) } else { Ok(()) }
}

/// The encodings of the y coordinates of all eight points whose order divides the cofactor, those that are not reduced included.
const SMALL_ORDER: [[u8; 32]; 7] = [
    with_ends(0x00, 0x00, 0x00), // 0: order 4
    with_ends(0x01, 0x00, 0x00), // 1: order 1
    with_ends(0xEC, 0xFF, 0x7F), // p - 1: order 2
    with_ends(0xED, 0xFF, 0x7F), // p, which is 0
    with_ends(0xEE, 0xFF, 0x7F), // p + 1, which is 1
    [
        0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF,
        0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
    ], // order 8
    [
        0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20,
        0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
    ], // order 8
];

const fn with_ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut octets = [middle; 32];
    octets[0] = first;
    octets[31] = last;
    octets
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
    use alloc::vec::Vec;

    use super::*;

    /// Each of them is one: some signature that needs no private key verifies.
    #[cfg(feature = "ring")]
    #[test]
    fn a4_keys_of_small_order_verify_what_nobody_signed_and_are_refused() {
        for key in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut key = key;
                key[31] |= sign;
                assert!(matches!(check_edwards(&key, Curve::Ed25519), Err(KeyError::Inconsistent)));
            }
            // R = -hA is one of the eight points, S = 0.
            let forged =
                SMALL_ORDER.iter().flat_map(|r| [0, 0x80].map(|sign| [&r[..31], &[r[31] | sign], &[0; 32]].concat()));
            let verifies = |signature: &Vec<u8>| {
                let key = ::ring::signature::UnparsedPublicKey::new(&::ring::signature::ED25519, &key);
                (0..64_u8).any(|message| key.verify(&[message], signature).is_ok())
            };
            assert!(forged.into_iter().any(|signature| verifies(&signature)), "{key:02x?}");
        }
        assert!(check_edwards(&[7; 32], Curve::Ed25519).is_ok());
        assert!(check_edwards(&[0; 57], Curve::Ed448).is_ok());
    }

    #[test]
    fn a_point_and_an_edwards_key_have_the_length_of_their_curve() {
        // JWK-03, JWK-06
        for length in [0, 63, 65, 96] {
            let point: Vec<u8> = [4].into_iter().chain([7; 96].into_iter().take(length)).collect();
            assert!(matches!(check_point(&point, Curve::P256), Err(KeyError::Malformed { what: "point" })), "{length}");
        }
        assert!(check_point(&[4; 65], Curve::P256).is_ok());
        for length in [31_u8, 33] {
            let head = [0x30, length + 10, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, length + 1, 0x00];
            let key: Vec<u8> = head.into_iter().chain([7; 33].into_iter().take(length.into())).collect();
            assert!(matches!(public(&key), Err(MALFORMED)), "{length}");
        }
    }

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
