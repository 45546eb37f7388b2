//! Sets of keys (RFC 7517, section 5): [`JwkSet`].

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::read::RawJwk;
use super::{Jwk, KeyError, NoMatch, Operation, UnsupportedKey};
use crate::json::{Limits, from_buffer};
use crate::{Algorithm, Header};

/// A JWK Set: the keys that could be read, in the order of the set, and those that could not, each with its reason.
///
/// One bad key costs nothing but itself (RFC 7517, section 5). Symmetric keys beside asymmetric ones are refused: who verifies with
/// published keys must not find a secret among them. To verify with a set, make [`VerifyingKeys`](crate::VerifyingKeys) of it.
///
/// # Examples
///
/// ```
/// use jwt_core::JwkSet;
///
/// let set = JwkSet::from_slice(br#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","kid":"good","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///     {"kty":"EC","crv":"P-256","kid":"bad"}
/// ]}"#)?;
/// assert_eq!(set.keys()[0].kid(), Some("good"));
/// assert_eq!(set.unsupported()[0].reason.code(), "key_member_missing");
/// # Ok::<(), jwt_core::KeyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    unsupported: Vec<UnsupportedKey>,
}

impl JwkSet {
    /// A set of these keys, with the same rule about symmetric keys as a set that was read.
    #[must_use]
    pub fn new(keys: Vec<Jwk>) -> Self {
        Self { keys, unsupported: Vec::new() }.without_mixture()
    }

    /// Reads a set.
    ///
    /// # Errors
    ///
    /// [`KeyError::Malformed`] if it is not strict JSON, no object, or has no array `keys`; [`KeyError::TooLarge`] over 4 MiB or
    /// 4096 keys. A bad key is no error: see [`JwkSet::unsupported`].
    pub fn from_slice(json: &[u8]) -> Result<Self, KeyError> {
        if json.len() > MAX_SET_BYTES {
            return Err(KeyError::TooLarge { limit: MAX_SET_BYTES });
        }
        let mut buffer = zeroize::Zeroizing::new(json.to_vec());
        let limits = Limits::default().max_bytes(MAX_SET_BYTES).max_members(MAX_SET_MEMBERS);
        from_buffer::<Read>(&mut buffer, &limits)?.into_set()
    }

    /// The keys that could be read, in the order of the set.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The keys that could not be read, with the reason of each.
    #[must_use]
    pub fn unsupported(&self) -> &[UnsupportedKey] {
        &self.unsupported
    }

    /// The keys that may verify a token with this header: see [`JwkSet::find`]. Nothing but `alg` and `kid` is looked at: a header's `jwk`, `jku`, `x5u` and
    /// `x5c` choose no key (RFC 7515, section 10.3).
    ///
    /// # Errors
    ///
    /// [`NoMatch`] says why none fits.
    pub fn select(&self, header: &Header) -> Result<Vec<&Jwk>, NoMatch> {
        self.find(header.alg(), header.kid())
    }

    /// The keys that may verify a token with this `alg` and `kid` (its header's): at most [`MAX_CANDIDATES`], the best first.
    ///
    /// With a `kid`, only keys that have exactly this one. Without, all that fit the algorithm: those that name it first, then those
    /// that name none. Keys with private members and keys that are not for verifying are never among them.
    ///
    /// # Errors
    ///
    /// [`NoMatch`] says why none fits.
    pub fn find(&self, alg: &str, kid: Option<&str>) -> Result<Vec<&Jwk>, NoMatch> {
        let named = || self.keys.iter().filter(|key| kid.is_none() || key.kid() == kid);
        if kid.is_some() && named().next().is_none() {
            return Err(NoMatch::UnknownKid);
        }
        let fitting = named().filter(|key| verifies(key, alg));
        let (mut found, unnamed): (Vec<&Jwk>, Vec<&Jwk>) = fitting.partition(|key| key.alg().is_some());
        found.extend(unnamed);
        found.truncate(MAX_CANDIDATES);
        match (found.is_empty(), kid) {
            (false, _) => Ok(found),
            (true, Some(_)) => Err(NoMatch::NoFittingKey),
            (true, None) => Err(NoMatch::NoKeyForAlgorithm),
        }
    }

    /// Moves symmetric keys that stand beside asymmetric ones to those that cannot be used.
    fn without_mixture(mut self) -> Self {
        if self.keys.iter().all(Jwk::is_symmetric) {
            return self;
        }
        for key in self.keys.extract_if(.., |key| key.is_symmetric()) {
            self.unsupported.push(UnsupportedKey {
                kid: key.kid().map(Into::into),
                kty: Some(key.kty().into()),
                reason: KeyError::SymmetricBesideAsymmetric,
            });
        }
        self
    }
}

/// Whether `key` may verify what a header's `alg` names.
fn verifies(key: &Jwk, alg: &str) -> bool {
    let mut named = Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.is_named(alg));
    (key.is_symmetric() || !key.is_private()) && named.any(|algorithm| key.check(algorithm, Operation::Verify).is_ok())
}

/// Reads the set; fails for what [`JwkSet::from_slice`] fails for.
impl<'de> Deserialize<'de> for JwkSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Read::deserialize(deserializer)?.into_set().map_err(de::Error::custom)
    }
}

/// Writes `{"keys":[...]}` with the public members of the keys; symmetric keys, which have none, are left out.
impl Serialize for JwkSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let public: Vec<&Jwk> = self.keys.iter().filter(|key| !key.is_symmetric()).collect();
        let mut set = serializer.serialize_struct("JwkSet", 1)?;
        set.serialize_field("keys", &public)?;
        set.end()
    }
}

/// How many keys may be tried on one token: enough for a rotation in which nobody names keys, too few to make us work.
pub const MAX_CANDIDATES: usize = 4;

/// Some thousand keys with certificates; real sets have ten.
const MAX_SET_BYTES: usize = 4 * 1024 * 1024;
/// The largest known sets (one key for each client of a federation) have hundreds.
const MAX_KEYS: usize = 4096;

/// Thirty-two members and elements for each of the keys; ten are usual.
const MAX_SET_MEMBERS: usize = 32 * MAX_KEYS;

/// A set as it was read: `keys` is `None` if there was none.
#[derive(Default)]
struct Read {
    keys: Option<ReadKeys>,
    duplicate: bool,
}

impl Read {
    fn into_set(self) -> Result<JwkSet, KeyError> {
        match self.keys {
            _ if self.duplicate => Err(KeyError::Duplicate),
            None => Err(KeyError::Missing { member: "keys" }),
            Some(ReadKeys { too_many: true, .. }) => Err(KeyError::TooLarge { limit: MAX_KEYS }),
            Some(ReadKeys { set, .. }) => Ok(set.without_mixture()),
        }
    }
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadVisitor)
    }
}

struct ReadVisitor;

impl<'de> Visitor<'de> for ReadVisitor {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWK Set: an object with an array `keys`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let mut read = Read::default();
        while let Some(name) = map.next_key::<String>()? {
            if name == "keys" {
                read.duplicate |= read.keys.replace(map.next_value()?).is_some();
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(read)
    }
}

/// The keys, judged one by one as they are read.
#[derive(Default)]
struct ReadKeys {
    set: JwkSet,
    too_many: bool,
}

impl<'de> Deserialize<'de> for ReadKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ReadKeysVisitor)
    }
}

struct ReadKeysVisitor;

impl<'de> Visitor<'de> for ReadKeysVisitor {
    type Value = ReadKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ReadKeys, A::Error> {
        let mut read = ReadKeys::default();
        let mut count = 0_usize;
        while !read.too_many {
            let Some(raw) = seq.next_element::<RawJwk<'de>>()? else { return Ok(read) };
            count = count.saturating_add(1);
            read.too_many = count > MAX_KEYS;
            match raw.interpret_in_set() {
                Ok(key) => read.set.keys.push(key),
                Err(unsupported) => read.set.unsupported.push(unsupported),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(read)
    }
}
