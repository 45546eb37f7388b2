//! Writing a JWK: the public members for everybody, the private ones on explicit demand only.

use alloc::string::String;

use serde::ser::{Serialize, SerializeMap, Serializer};
use zeroize::Zeroizing;

use super::{Jwk, Material, coordinates};
use crate::{Secret, base64url};

/// Writes the public members only (RFC 7517, section 9.3), whatever the key holds; of a symmetric key none but what it is for.
impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let key_ops = if self.is_private() { self.public_key_ops() } else { self.key_ops.clone() };
        self.serialize_with(key_ops.as_deref(), serializer)
    }
}

impl Jwk {
    fn serialize_with<S: Serializer>(&self, key_ops: Option<&[String]>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kty", self.kty())?;
        match &self.material {
            Material::Oct { .. } => {}
            Material::Rsa { n, e, .. } => {
                map.serialize_entry("n", &base64url::encode(n))?;
                map.serialize_entry("e", &base64url::encode(e))?;
            }
            Material::Ec { curve, point, .. } => {
                let (x, y) = coordinates(point);
                map.serialize_entry("crv", curve.as_str())?;
                map.serialize_entry("x", &base64url::encode(x))?;
                map.serialize_entry("y", &base64url::encode(y))?;
            }
            Material::Okp { curve, x, .. } => {
                map.serialize_entry("crv", curve.as_str())?;
                map.serialize_entry("x", &base64url::encode(x))?;
            }
            Material::Akp { public, .. } => map.serialize_entry("pub", &base64url::encode(public))?,
        }
        if let Some(kid) = self.kid() {
            map.serialize_entry("kid", kid)?;
        }
        if let Some(key_use) = self.key_use() {
            map.serialize_entry("use", key_use)?;
        }
        if let Some(key_ops) = key_ops {
            map.serialize_entry("key_ops", key_ops)?;
        }
        if let Some(alg) = self.alg() {
            map.serialize_entry("alg", alg)?;
        }
        map.end()
    }
}

/// The public members with the key's own `key_ops`.
struct OwnOps<'a>(&'a Jwk);

impl Serialize for OwnOps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_with(self.0.key_ops(), serializer)
    }
}

/// The whole key as JSON.
pub(super) fn private_json(key: &Jwk) -> Secret {
    // Room for every number, so that the text does not grow and leave copies behind; 64 octets a member for the rest.
    let octets: usize = PRIVATE.iter().filter_map(|name| key.dangerous_private_member(name)).map(<[u8]>::len).sum();
    // Writing to memory fails for no text and no list of texts.
    let public = serde_json::to_string(&OwnOps(key)).unwrap_or_default();
    let mut json =
        String::with_capacity(public.len().saturating_add(octets.saturating_mul(2)).saturating_add(PRIVATE.len() * 64));
    json.push_str(public.strip_suffix('}').unwrap_or(&public));
    for name in PRIVATE {
        if let Some(octets) = key.dangerous_private_member(name) {
            json.push_str(",\"");
            json.push_str(name);
            json.push_str("\":\"");
            json.push_str(&Zeroizing::new(base64url::encode(octets)));
            json.push('"');
        }
    }
    json.push('}');
    Secret::new(json)
}

const PRIVATE: [&str; 8] = ["k", "d", "p", "q", "dp", "dq", "qi", "priv"];
