//! The certificate that a JWK may carry (RFC 7517, sections 4.7 and 4.9): it must be of the key beside it. It is not validated and nothing is trusted
//! for its sake.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::der::{Der, INTEGER, SEQUENCE, context};
use super::{Curve, KeyError, Material, Octets, spki};
use crate::digest::sha256;

/// Checks a chain: each entry is base64 (not base64url) of DER; "The key in the first certificate MUST match the public key represented by other
/// members of the JWK"; `thumbprint` is the SHA-256 of the first certificate.
pub(super) fn check<'c>(
    mut chain: impl Iterator<Item = &'c str>,
    thumbprint: Option<&[u8]>,
    key: Public<'_>,
) -> Result<(), KeyError> {
    let decode = |entry: &str| STANDARD.decode(entry).map_err(|_| MALFORMED);
    let first = decode(chain.next().ok_or(MALFORMED)?)?;
    for other in chain {
        Der::only_sequence(&decode(other)?).map_err(|_| MALFORMED)?;
    }
    let info = subject_public_key_info(&first).map_err(|_| MALFORMED)?;
    let matches = match spki::public(info) {
        Ok(certified) => Public::of(&certified, |octets| octets) == key,
        Err(KeyError::NotSupported { what }) => match key {
            // The same point in another form, perhaps.
            Public::Point { .. } => return Err(KeyError::NotSupported { what }),
            // RFC 4055, section 1.2: for RSASSA-PSS the same two numbers stand under another identifier.
            Public::Rsa { .. } => {
                let certified = spki::unread(info).and_then(spki::rsa_public);
                certified.is_ok_and(|certified| Public::of(&certified, |octets| octets) == key)
            }
            // RFC 8410, section 4; RFC 9881, section 4: the key itself.
            Public::Octets(octets) => spki::unread(info).is_ok_and(|certified| certified == octets),
            Public::Nothing => false,
        },
        Err(_) => false,
    };
    if !matches || thumbprint.is_some_and(|thumbprint| thumbprint != sha256(&first)) {
        return Err(KeyError::Inconsistent);
    }
    Ok(())
}

/// The whole `SubjectPublicKeyInfo` of a certificate (RFC 5280, section 4.1).
fn subject_public_key_info(certificate: &[u8]) -> Result<&[u8], KeyError> {
    let mut certificate = Der::only_sequence(certificate)?;
    let mut to_be_signed = certificate.sequence()?;
    let _version = to_be_signed.optional(context(0, true))?;
    let _serial_number = to_be_signed.read(INTEGER)?;
    for _signature_issuer_validity_subject in 0..4 {
        to_be_signed.read(SEQUENCE)?;
    }
    to_be_signed.whole(SEQUENCE)
}

/// The public numbers of a key, to be compared.
#[derive(PartialEq)]
pub(super) enum Public<'k> {
    Rsa {
        n: &'k [u8],
        e: &'k [u8],
    },
    Point {
        curve: Curve,
        point: &'k [u8],
    },
    /// Of a kind that no certificate is read for.
    Octets(&'k [u8]),
    Nothing,
}

impl<'k> Public<'k> {
    pub(super) fn of(key: &'k Material, octets: impl Fn(&'k Octets) -> &'k [u8]) -> Self {
        match key {
            Material::Rsa { n, e, .. } => Self::Rsa { n: octets(n), e: octets(e) },
            &Material::Ec { curve, ref point, .. } => Self::Point { curve, point: octets(point) },
            &Material::Okp { curve: curve @ (Curve::Ed25519 | Curve::Ed448), ref x, .. } => {
                Self::Point { curve, point: octets(x) }
            }
            Material::Okp { x: key, .. } | Material::Akp { public: key, .. } => Self::Octets(octets(key)),
            Material::Oct { .. } => Self::Nothing,
        }
    }
}

const MALFORMED: KeyError = KeyError::Malformed { what: "x5c" };
