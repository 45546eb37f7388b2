//! Thumbprints of keys (RFC 7638), also as URIs (RFC 9278).

use alloc::string::String;
use core::fmt;

use sha2::{Digest, Sha256};

use super::{Jwk, Material, coordinates};
use crate::base64url;

/// The SHA-256 thumbprint of a key (RFC 7638): the same for the private and the public key.
///
/// `Display` writes it in base64url, as `jkt` (RFC 9449) and many a `kid` carry it.
///
/// # Examples
///
/// ```
/// use jwt_core::Jwk;
///
/// // RFC 8037, appendix A.3
/// let key = Jwk::from_slice(br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#)?;
/// let thumbprint = key.thumbprint();
/// assert_eq!(thumbprint.to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// assert!(thumbprint.to_uri().ends_with(":sha-256:kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
/// # Ok::<(), jwt_core::KeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The octets of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The thumbprint as a URI (RFC 9278, section 3): `urn:ietf:params:oauth:jwk-thumbprint:sha-256:...`.
    #[must_use]
    pub fn to_uri(&self) -> String {
        let mut uri = String::from("urn:ietf:params:oauth:jwk-thumbprint:sha-256:");
        base64url::encode_to(self.0, &mut uri);
        uri
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

impl Jwk {
    /// The key's SHA-256 thumbprint (RFC 7638): over the required members of its type, in lexicographic order, without whitespace.
    ///
    /// Of a symmetric key it is a hash of the secret: do not show it to those who must not guess a weak one (section 7).
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        // No value can hold a character that JSON escapes: each is base64url or one of the names in this library.
        let mut hash = Sha256::new();
        let mut member = |separator: &str, name: &str, value: &str| {
            for part in [separator, name, "\":\"", value, "\""] {
                hash.update(part);
            }
        };
        match self.material() {
            // RFC 7638, section 3.2.
            Material::Oct { k } => {
                member("{\"", "k", &zeroize::Zeroizing::new(base64url::encode(k)));
                member(",\"", "kty", self.kty());
            }
            Material::Rsa { n, e, .. } => {
                member("{\"", "e", &base64url::encode(e));
                member(",\"", "kty", self.kty());
                member(",\"", "n", &base64url::encode(n));
            }
            Material::Ec { curve, point, .. } => {
                let (x, y) = coordinates(point);
                member("{\"", "crv", curve.as_str());
                member(",\"", "kty", self.kty());
                member(",\"", "x", &base64url::encode(x));
                member(",\"", "y", &base64url::encode(y));
            }
            // RFC 8037, section 2.
            Material::Okp { curve, x, .. } => {
                member("{\"", "crv", curve.as_str());
                member(",\"", "kty", self.kty());
                member(",\"", "x", &base64url::encode(x));
            }
            // RFC 9964.
            Material::Akp { algorithm, public, .. } => {
                member("{\"", "alg", algorithm.as_str());
                member(",\"", "kty", self.kty());
                member(",\"", "pub", &base64url::encode(public));
            }
        }
        hash.update("}");
        Thumbprint(hash.finalize().into())
    }
}
