//! Reading a JWK in two steps: [`RawJwk`] takes any JSON value without complaint, so that one bad key cannot end a set; then
//! [`RawJwk::interpret`] says what is wrong with it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::{Zeroize, Zeroizing};

use super::certificate::{self, Public};
use super::octets::Store;
use super::{Curve, Jwk, KeyError, Limits, Material, Octets, RsaCrt, RsaPrivate, UnsupportedKey, Word, spki};
use crate::algorithm::Family;
use crate::{Algorithm, json};

/// One JWK, read by [`Jwk::from_slice`].
pub(super) fn jwk(text: &[u8], limits: &Limits) -> Result<Jwk, KeyError> {
    limits.check_key(text.len())?;
    let mut buffer = Zeroizing::new(json::buffer_of(text));
    let raw: RawJwk<'_> = json::from_buffer(&mut buffer, &json::Limits::default().max_bytes(text.len()))?;
    raw.into_key(Store::with_capacity(text.len()))
}

/// A member of a key set that may or may not be a usable key: what it says, unjudged.
pub(super) struct RawJwk<'a> {
    is_object: bool,
    duplicate: bool,
    members: [Option<Member<'a>>; NAMES.len()],
}

impl RawJwk<'_> {
    /// The key alone, or what is wrong with it.
    fn into_key(self, mut store: Store) -> Result<Jwk, KeyError> {
        let mut key = self.interpret(&mut store)?;
        let store = store.finish();
        key.each_octets_mut(|octets| octets.adopt(&store));
        Ok(key)
    }

    /// The key, whose octets are in the store until they are adopted; or what is wrong with it.
    pub(super) fn interpret(&self, store: &mut Store) -> Result<Jwk, KeyError> {
        if !self.is_object {
            return Err(KeyError::Malformed { what: "a key that is no object" });
        }
        if self.duplicate {
            return Err(KeyError::Duplicate);
        }
        // RFC 7517, section 4.1: "kty" is required and case-sensitive.
        let kty = self.text("kty")?.ok_or(KeyError::Missing { member: "kty" })?;
        let material = match kty {
            "oct" => Material::Oct { k: self.public("k", store)? },
            "RSA" => self.rsa(store)?,
            "EC" => self.ec(store)?,
            "OKP" => self.okp(store)?,
            "AKP" => self.akp(store)?,
            _ => return Err(KeyError::NotSupported { what: "kty" }),
        };
        self.check_others(kty)?;
        self.check_certificate(&material, store)?;
        let alg = self.text("alg")?;
        agree(&material, alg, store)?;
        let mut word = |word: &str| {
            let known = ["sig", "enc"].into_iter().chain(Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()));
            let known = known.into_iter().find(|known| *known == word);
            known.map_or_else(|| Word::Other(store.put_text(word)), Word::Known)
        };
        let (key_use, alg) = (self.text("use")?.map(&mut word), alg.map(&mut word));
        let kid = self.text("kid")?.map(|kid| store.put_text(kid));
        Ok(Jwk { kid, key_use, key_ops: self.key_ops()?, alg, material })
    }

    /// The key as one of a set: where it cannot be used, with what can be said about it.
    pub(super) fn interpret_in_set(&self, store: &mut Store) -> Result<Jwk, UnsupportedKey> {
        self.interpret(store).map_err(|reason| self.unsupported(reason))
    }

    /// What can be said about a key that cannot be used.
    pub(super) fn unsupported(&self, reason: KeyError) -> UnsupportedKey {
        let text = |name| self.text(name).ok().flatten().map(Into::into);
        UnsupportedKey { kid: text("kid"), kty: text("kty"), reason }
    }

    fn rsa(&self, store: &mut Store) -> Result<Material, KeyError> {
        let (n, e) = (self.public("n", store)?, self.public("e", store)?);
        if self.member("oth").is_some() {
            return Err(KeyError::NotSupported { what: "an RSA key of more than two primes" });
        }
        // RFC 7518, section 6.3.2: "if the producer includes any of the other private key parameters, then all of the others MUST be present".
        let crt = match (
            self.octets("p", store)?,
            self.octets("q", store)?,
            self.octets("dp", store)?,
            self.octets("dq", store)?,
            self.octets("qi", store)?,
        ) {
            (None, None, None, None, None) => None,
            (Some(p), Some(q), Some(dp), Some(dq), Some(qi)) => Some(RsaCrt { p, q, dp, dq, qi }),
            _ => return Err(KeyError::Malformed { what: "p, q, dp, dq and qi stand together or not at all" }),
        };
        let private = match (self.octets("d", store)?, crt) {
            (Some(d), crt) => Some(Box::new(RsaPrivate { d, crt })),
            (None, None) => None,
            (None, Some(_)) => return Err(KeyError::Missing { member: "d" }),
        };
        if let Some(private) = &private {
            let crt = private.crt.as_ref();
            let crt = crt.map(|crt| [&crt.p, &crt.q, &crt.dp, &crt.dq, &crt.qi]);
            if core::iter::once(&private.d)
                .chain(crt.into_iter().flatten())
                .any(|number| store.get(number).first().is_none_or(|&first| first == 0))
            {
                return Err(KeyError::Malformed { what: "a private number" });
            }
        }
        Material::check_rsa(store.get(&n), store.get(&e))?;
        Ok(Material::Rsa { n, e, private })
    }

    fn ec(&self, store: &mut Store) -> Result<Material, KeyError> {
        let curve = self.curve(Curve::EC)?;
        // The point in one piece, as backends want it.
        let tag = store.put(&[4]);
        let (x, y) = (self.public_sized("x", curve.octets(), store)?, self.public_sized("y", curve.octets(), store)?);
        let d = self.sized("d", curve.octets(), store)?;
        Ok(Material::Ec { curve, point: Octets::joined([tag, x, y]), d })
    }

    fn okp(&self, store: &mut Store) -> Result<Material, KeyError> {
        let curve = self.curve(Curve::OKP)?;
        let x = self.public_sized("x", curve.octets(), store)?;
        spki::check_edwards(store.get(&x), curve)?;
        let d = self.sized("d", curve.octets(), store)?;
        Ok(Material::Okp { curve, x, d })
    }

    /// RFC 9964: `alg` is required, `priv` is the seed.
    fn akp(&self, store: &mut Store) -> Result<Material, KeyError> {
        let algorithm = Algorithm::from_name(self.text("alg")?.ok_or(KeyError::Missing { member: "alg" })?);
        // FIPS 204, table 2: the sizes of a public key.
        let (algorithm, octets) = match algorithm {
            Some(algorithm @ Algorithm::MlDsa44) => (algorithm, 1312),
            Some(algorithm @ Algorithm::MlDsa65) => (algorithm, 1952),
            Some(algorithm @ Algorithm::MlDsa87) => (algorithm, 2592),
            _ => return Err(KeyError::NotSupported { what: "alg" }),
        };
        let public = self.public_sized("pub", octets, store)?;
        let seed = self.sized("priv", 32, store)?;
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
    fn check_certificate(&self, key: &Material, store: &mut Store) -> Result<(), KeyError> {
        self.sized("x5t", 20, store)?;
        let sha256 = self.sized("x5t#S256", 32, store)?;
        let chain = match self.member("x5c") {
            None => return Ok(()),
            Some(Member::List(chain)) => chain,
            Some(Member::Text(_) | Member::Other) => return Err(KeyError::Malformed { what: "x5c" }),
        };
        let sha256 = sha256.as_ref().map(|sha256| store.get(sha256));
        certificate::check(chain.iter().map(Text::as_str), sha256, Public::of(key, |octets| store.get(octets)))
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

    /// The octets that a member spells. They may be private, so nothing but the store ever holds them.
    fn octets(&self, name: &'static str, store: &mut Store) -> Result<Option<Octets>, KeyError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        store.put_decoded(text).map(Some).map_err(|_| KeyError::Malformed { what: name })
    }

    fn public(&self, name: &'static str, store: &mut Store) -> Result<Octets, KeyError> {
        self.octets(name, store)?.ok_or(KeyError::Missing { member: name })
    }

    /// Octets of exactly this length, if they are there: leading zeros are kept (RFC 7518, section 6.2.1.2).
    fn sized(&self, name: &'static str, expected: usize, store: &mut Store) -> Result<Option<Octets>, KeyError> {
        let octets = self.octets(name, store)?;
        let fits = octets.as_ref().is_none_or(|octets| store.get(octets).len() == expected);
        if fits { Ok(octets) } else { Err(KeyError::Malformed { what: name }) }
    }

    fn public_sized(&self, name: &'static str, expected: usize, store: &mut Store) -> Result<Octets, KeyError> {
        self.sized(name, expected, store)?.ok_or(KeyError::Missing { member: name })
    }
}

/// What `alg` says must not contradict what the key is (RFC 8725, section 3.1).
fn agree(material: &Material, alg: Option<&str>, store: &Store) -> Result<(), KeyError> {
    let octets = if let Material::Oct { k } = material { Some(store.get(k).len()) } else { None };
    let Some(name) = alg else {
        return if octets == Some(0) { Err(KeyError::Malformed { what: "k" }) } else { Ok(()) };
    };
    let mut named = Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.is_named(name)).peekable();
    let first = named.peek().copied();
    match (first, named.find(|&algorithm| material.fits(algorithm))) {
        (Some(expected), None) => Err(KeyError::Mismatch { expected, found: material.kind() }),
        (_, Some(hmac)) if hmac.family() == Family::Hmac => Material::check_hmac(octets.unwrap_or_default(), hmac),
        (_, Some(_) | None) => Ok(()),
    }
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

/// The registry has eight operations.
const MAX_KEY_OPS: usize = 16;

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawJwk::deserialize(deserializer)?.into_key(Store::with_capacity(0)).map_err(de::Error::custom)
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
