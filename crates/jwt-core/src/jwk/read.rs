//! Reading a JWK in two steps: [`RawJwk`] takes any JSON value without complaint, so that one bad key cannot end a set; then
//! [`RawJwk::interpret`] says what is wrong with it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::{Zeroize, Zeroizing};

use super::{Curve, Jwk, KeyError, Material, Octets, RsaCrt, RsaPrivate, UnsupportedKey, certificate};
use crate::json::{Limits, from_buffer};
use crate::{Algorithm, base64url};

/// One JWK, read by [`Jwk::from_slice`].
pub(super) fn jwk(json: &[u8]) -> Result<Jwk, KeyError> {
    let limits = Limits::default().max_bytes(MAX_KEY_BYTES);
    if json.len() > MAX_KEY_BYTES {
        return Err(KeyError::TooLarge { limit: MAX_KEY_BYTES });
    }
    let mut buffer = Zeroizing::new(json.to_vec());
    from_buffer::<RawJwk<'_>>(&mut buffer, &limits)?.interpret()
}

/// A member of a key set that may or may not be a usable key: what it says, unjudged.
pub(super) struct RawJwk<'a> {
    is_object: bool,
    duplicate: bool,
    members: [Option<Member<'a>>; NAMES.len()],
}

impl RawJwk<'_> {
    /// The key, or what is wrong with it.
    pub(super) fn interpret(&self) -> Result<Jwk, KeyError> {
        if !self.is_object {
            return Err(KeyError::Malformed { what: "a key that is no object" });
        }
        if self.duplicate {
            return Err(KeyError::Duplicate);
        }
        // RFC 7517, section 4.1: "kty" is required and case-sensitive.
        let kty = self.text("kty")?.ok_or(KeyError::Missing { member: "kty" })?;
        let material = match kty {
            "oct" => Material::Oct { k: self.private("k")?.ok_or(KeyError::Missing { member: "k" })? },
            "RSA" => self.rsa()?,
            "EC" => self.ec()?,
            "OKP" => self.okp()?,
            "AKP" => self.akp()?,
            _ => return Err(KeyError::NotSupported { what: "kty" }),
        };
        self.check_others(kty)?;
        self.check_certificate(&material)?;
        let key = Jwk {
            kid: self.text("kid")?.map(Into::into),
            key_use: self.text("use")?.map(Into::into),
            key_ops: self.key_ops()?,
            alg: self.text("alg")?.map(Into::into),
            material,
        };
        agree(&key)?;
        Ok(key)
    }

    /// The key as one of a set: where it cannot be used, with what can be said about it.
    pub(super) fn interpret_in_set(&self) -> Result<Jwk, UnsupportedKey> {
        self.interpret().map_err(|reason| UnsupportedKey {
            kid: self.text("kid").ok().flatten().map(Into::into),
            kty: self.text("kty").ok().flatten().map(Into::into),
            reason,
        })
    }

    fn rsa(&self) -> Result<Material, KeyError> {
        let (n, e) = (self.public("n")?, self.public("e")?);
        if self.member("oth").is_some() {
            return Err(KeyError::NotSupported { what: "an RSA key of more than two primes" });
        }
        // RFC 7518, section 6.3.2: "if the producer includes any of the other private key parameters, then all of the others MUST be present".
        let crt = match (
            self.private("p")?,
            self.private("q")?,
            self.private("dp")?,
            self.private("dq")?,
            self.private("qi")?,
        ) {
            (None, None, None, None, None) => None,
            (Some(p), Some(q), Some(dp), Some(dq), Some(qi)) => Some(RsaCrt { p, q, dp, dq, qi }),
            _ => return Err(KeyError::Malformed { what: "p, q, dp, dq and qi stand together or not at all" }),
        };
        let private = match (self.private("d")?, crt) {
            (Some(d), crt) => Some(Box::new(RsaPrivate { d, crt })),
            (None, None) => None,
            (None, Some(_)) => return Err(KeyError::Missing { member: "d" }),
        };
        if let Some(private) = &private {
            let crt = private.crt.as_ref();
            let crt = crt.map(|crt| [&crt.p, &crt.q, &crt.dp, &crt.dq, &crt.qi]);
            if core::iter::once(&private.d)
                .chain(crt.into_iter().flatten())
                .any(|number| number.first().is_none_or(|&first| first == 0))
            {
                return Err(KeyError::Malformed { what: "a private number" });
            }
        }
        Material::rsa(n, e, private)
    }

    fn ec(&self) -> Result<Material, KeyError> {
        let curve = self.curve(Curve::EC)?;
        let x = sized(self.public("x")?, curve.octets(), "x")?;
        let y = sized(self.public("y")?, curve.octets(), "y")?;
        let d = self.private("d")?.map(|d| sized(d, curve.octets(), "d")).transpose()?;
        Ok(Material::Ec { curve, x, y, d })
    }

    fn okp(&self) -> Result<Material, KeyError> {
        let curve = self.curve(Curve::OKP)?;
        let x = sized(self.public("x")?, curve.octets(), "x")?;
        let d = self.private("d")?.map(|d| sized(d, curve.octets(), "d")).transpose()?;
        Ok(Material::Okp { curve, x, d })
    }

    /// RFC 9964: `alg` is required, `priv` is the seed.
    fn akp(&self) -> Result<Material, KeyError> {
        let algorithm = Algorithm::from_name(self.text("alg")?.ok_or(KeyError::Missing { member: "alg" })?);
        // FIPS 204, table 2: the sizes of a public key.
        let (algorithm, octets) = match algorithm {
            Some(algorithm @ Algorithm::MlDsa44) => (algorithm, 1312),
            Some(algorithm @ Algorithm::MlDsa65) => (algorithm, 1952),
            Some(algorithm @ Algorithm::MlDsa87) => (algorithm, 2592),
            _ => return Err(KeyError::NotSupported { what: "alg" }),
        };
        let public = sized(self.public("pub")?, octets, "pub")?;
        let seed = self.private("priv")?.map(|seed| sized(seed, 32, "priv")).transpose()?;
        Ok(Material::Akp { algorithm, public, seed })
    }

    fn curve(&self, curves: &[Curve]) -> Result<Curve, KeyError> {
        let name = self.text("crv")?.ok_or(KeyError::Missing { member: "crv" })?;
        let known = curves.iter().copied().find(|curve| curve.as_str() == name);
        known.ok_or(KeyError::NotSupported { what: "crv" })
    }

    fn key_ops(&self) -> Result<Option<Vec<String>>, KeyError> {
        let ops = match self.member("key_ops") {
            None => return Ok(None),
            Some(Member::List(ops)) => ops,
            Some(Member::Text(_) | Member::Other) => return Err(KeyError::Malformed { what: "key_ops" }),
        };
        let mut known: Vec<String> = Vec::new();
        for op in ops {
            // RFC 7517, section 4.3: "Duplicate key operation values MUST NOT be present in the array."
            if known.iter().any(|known| known == op.as_str()) || known.len() == MAX_KEY_OPS {
                return Err(KeyError::Malformed { what: "key_ops" });
            }
            known.push(op.as_str().into());
        }
        Ok(Some(known))
    }

    /// A private member of another type of key is a sign of confusion.
    fn check_others(&self, kty: &str) -> Result<(), KeyError> {
        let own: &[&str] = match kty {
            "oct" => &["k"],
            "RSA" => &["d", "p", "q", "dp", "dq", "qi"],
            "EC" | "OKP" => &["d"],
            _ => &["priv"],
        };
        if PRIVATE_NAMES.iter().any(|name| self.member(name).is_some() && !own.contains(name)) {
            return Err(KeyError::Malformed { what: "a private member of another type of key" });
        }
        self.text("x5u")?;
        Ok(())
    }

    /// RFC 7517, sections 4.7 to 4.9. SHA-1 (`x5t`) is not computed, so only its length is checked.
    fn check_certificate(&self, key: &Material) -> Result<(), KeyError> {
        if let Some(sha1) = self.octets("x5t")? {
            sized(sha1, 20, "x5t")?;
        }
        let sha256 = self.octets("x5t#S256")?.map(|sha256| sized(sha256, 32, "x5t#S256")).transpose()?;
        let chain = match self.member("x5c") {
            None => return Ok(()),
            Some(Member::List(chain)) => chain,
            Some(Member::Text(_) | Member::Other) => return Err(KeyError::Malformed { what: "x5c" }),
        };
        certificate::check(chain.iter().map(Text::as_str), sha256.as_deref(), key)
    }

    fn member(&self, name: &str) -> Option<&Member<'_>> {
        self.members.get(position(name)?)?.as_ref()
    }

    fn text(&self, name: &'static str) -> Result<Option<&str>, KeyError> {
        match self.member(name) {
            None => Ok(None),
            Some(Member::Text(text)) => Ok(Some(text.as_str())),
            Some(Member::List(_) | Member::Other) => Err(KeyError::Malformed { what: name }),
        }
    }

    fn octets(&self, name: &'static str) -> Result<Option<Vec<u8>>, KeyError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        base64url::decode(text).map(Some).map_err(|_| KeyError::Malformed { what: name })
    }

    fn public(&self, name: &'static str) -> Result<Vec<u8>, KeyError> {
        self.octets(name)?.ok_or(KeyError::Missing { member: name })
    }

    fn private(&self, name: &'static str) -> Result<Option<Octets>, KeyError> {
        Ok(self.octets(name)?.map(Zeroizing::new))
    }
}

/// What `alg` and `use` say must not contradict what the key is (RFC 8725, section 3.1).
fn agree(key: &Jwk) -> Result<(), KeyError> {
    let Some(name) = &key.alg else { return Ok(()) };
    let mut named = Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.is_named(name)).peekable();
    match named.peek().copied() {
        Some(expected) if !named.any(|algorithm| key.material.fits(algorithm)) => {
            Err(KeyError::Mismatch { expected, found: key.material.kind() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Octets of exactly this length: leading zeros are kept (RFC 7518, section 6.2.1.2).
fn sized<T: AsRef<[u8]>>(octets: T, expected: usize, what: &'static str) -> Result<T, KeyError> {
    if octets.as_ref().len() == expected { Ok(octets) } else { Err(KeyError::Malformed { what }) }
}

/// The members that this library knows. All others are ignored (RFC 7517, section 4).
const NAMES: [&str; 24] = [
    "kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e", "pub", "d", "p", "q", "dp", "dq", "qi", "oth",
    "k", "priv", "x5c", "x5t", "x5t#S256", "x5u",
];

const PRIVATE_NAMES: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

fn position(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}

/// An RSA key of 8192 bits with all private numbers is 6 KiB, an ML-DSA-87 key 4 KiB; the rest is room for a chain of certificates.
const MAX_KEY_BYTES: usize = 64 * 1024;
/// The registry has eight operations.
const MAX_KEY_OPS: usize = 16;

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawJwk::deserialize(deserializer)?.interpret().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for RawJwk<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl RawVisitor {
    const fn no_object<'a>() -> RawJwk<'a> {
        RawJwk { is_object: false, duplicate: false, members: [const { None }; NAMES.len()] }
    }
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawJwk<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Web Key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut raw = RawJwk { is_object: true, ..Self::no_object() };
        while let Some(Name(index)) = map.next_key()? {
            match index.and_then(|index| raw.members.get_mut(index)) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(slot) => {
                    raw.duplicate |= slot.replace(map.next_value()?).is_some();
                }
            }
        }
        Ok(raw)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::no_object())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Self::no_object())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Self::no_object())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Self::no_object())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Self::no_object())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Self::no_object())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Self::no_object())
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Self::no_object())
    }
}

/// The index in [`NAMES`] of a member's name.
struct Name(Option<usize>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }
            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(position(name)))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// The value of a known member: text, a list of texts, or anything else, which no known member may be.
enum Member<'a> {
    Text(Text<'a>),
    List(Vec<Text<'a>>),
    Other,
}

/// Text that may be a private number in base64url: a copy is wiped.
struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value of a member")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Member::Text(Text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Member::Text(Text(Cow::Owned(text.into()))))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Member::Text(Text(Cow::Owned(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        let mut texts_only = true;
        while let Some(item) = seq.next_element()? {
            match item {
                Member::Text(text) => list.push(text),
                Member::List(_) | Member::Other => texts_only = false,
            }
        }
        Ok(if texts_only { Member::List(list) } else { Member::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }
}
