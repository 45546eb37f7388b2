//! Sets of keys (RFC 7517, section 5): [`JwkSet`].

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use zeroize::Zeroizing;

use super::octets::Store;
use super::read::RawJwk;
use super::tolerant::{self, Refused};
use super::{Few, Jwk, KeyError, NoMatch, Operation, UnsupportedKey};
use crate::json;
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
#[derive(Clone, Default)]
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

    /// Reads a set. However many keys it has, this takes a few allocations, and a few more for each key with `key_ops` or a certificate.
    ///
    /// # Errors
    ///
    /// [`KeyError::Json`] if it is not strict JSON, no object, or `keys` is no array; [`KeyError::Missing`] without `keys`; [`KeyError::TooLarge`] over
    /// [`Limits::max_set_bytes`] or [`Limits::max_keys`]. A bad key is no error, not even one with a member twice: see [`JwkSet::unsupported`].
    pub fn from_slice(json: &[u8]) -> Result<Self, KeyError> {
        Self::from_slice_with(json, &Limits::default())
    }

    /// The same within limits of your own.
    ///
    /// # Errors
    ///
    /// As [`JwkSet::from_slice`].
    pub fn from_slice_with(json: &[u8], limits: &Limits) -> Result<Self, KeyError> {
        limits.check_set(json.len())?;
        match Self::read(json, limits, Refused::new()) {
            Err(KeyError::Json(error)) if error.is_within_a_value() => {
                // Something in some value has no meaning. If that value is a key, the others still count.
                let (json, refused) = tolerant::without_bad_keys(json, &limits.json()).ok_or(error)?;
                Self::read(&json, limits, refused)
            }
            read => read,
        }
    }

    /// `refused` are the keys that were found to be bad before, by their place in the set and in that order.
    fn read(text: &[u8], limits: &Limits, refused: Refused) -> Result<Self, KeyError> {
        let mut buffer = Zeroizing::new(json::buffer_of(text));
        let seed = ReadSet { octets: text.len(), max_keys: limits.max_keys, refused };
        json::from_buffer_by(seed, &mut buffer, &limits.json())?.into_set()
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
            // The name of an unusable key is known: fetching the set anew would not help.
            let known = self.unsupported.iter().any(|key| key.kid.as_deref() == kid);
            return Err(if known { NoMatch::NoFittingKey } else { NoMatch::UnknownKid });
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

    /// Moves symmetric keys that stand beside asymmetric ones, readable or not, to those that cannot be used.
    fn without_mixture(mut self) -> Self {
        let asymmetric = |key: &UnsupportedKey| key.kty.as_deref().is_some_and(|kty| kty != "oct");
        if self.keys.iter().all(Jwk::is_symmetric) && !self.unsupported.iter().any(asymmetric) {
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

/// Shows the first few keys, as each shows itself.
impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwkSet").field("keys", &Few(&self.keys)).field("unsupported", &Few(&self.unsupported)).finish()
    }
}

/// Reads the set; fails for what [`JwkSet::from_slice`] fails for, and for what its reader does not take.
impl<'de> Deserialize<'de> for JwkSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seed = ReadSet { octets: 0, max_keys: Limits::default().max_keys, refused: Refused::new() };
        seed.deserialize(deserializer)?.into_set().map_err(de::Error::custom)
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

/// What keys may cost to read. Every limit is checked before the work that it bounds.
///
/// # Examples
///
/// ```
/// use jwt_core::jwk::{JwkSet, KeyError, Limits};
///
/// let limits = Limits::default().max_keys(1).max_set_bytes(1000);
/// assert!(JwkSet::from_slice_with(br#"{"keys":[{}]}"#, &limits).is_ok());
/// let error = JwkSet::from_slice_with(br#"{"keys":[{},{}]}"#, &limits).unwrap_err();
/// assert_eq!(error, KeyError::TooLarge { limit: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    max_key_bytes: usize,
    max_set_bytes: usize,
    max_keys: usize,
}

impl Limits {
    /// The length of one JWK in bytes. Default: 64 KiB. An RSA key of 8192 bits with all private numbers takes 6 KiB, an ML-DSA-87 key 4 KiB; the rest is room
    /// for a chain of certificates.
    #[must_use]
    pub const fn max_key_bytes(mut self, bytes: usize) -> Self {
        self.max_key_bytes = bytes;
        self
    }

    /// The length of a JWK Set in bytes. Default: 4 MiB, some thousand keys with certificates; real sets have ten.
    #[must_use]
    pub const fn max_set_bytes(mut self, bytes: usize) -> Self {
        self.max_set_bytes = bytes;
        self
    }

    /// How many keys a set has, the bad ones included. Default: 4096; the largest known sets (one key for each client of a federation) have hundreds. It also
    /// bounds the members and elements of the set: thirty-two for each key, where ten are usual.
    #[must_use]
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys;
        self
    }

    pub(super) const fn check_key(&self, bytes: usize) -> Result<(), KeyError> {
        check(bytes, self.max_key_bytes)
    }

    const fn check_set(&self, bytes: usize) -> Result<(), KeyError> {
        check(bytes, self.max_set_bytes)
    }

    fn json(&self) -> json::Limits {
        // A few more, so that an empty set with members of its own can be read within a small limit.
        let members = self.max_keys.saturating_mul(32).saturating_add(64);
        json::Limits::default().max_bytes(self.max_set_bytes).max_members(members)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_key_bytes: 64 << 10, max_set_bytes: 4 << 20, max_keys: 4096 }
    }
}

const fn check(found: usize, limit: usize) -> Result<(), KeyError> {
    if found > limit { Err(KeyError::TooLarge { limit }) } else { Ok(()) }
}

/// A set as it was read: `keys` is `None` if there was none.
struct Read {
    keys: Option<ReadKeys>,
    duplicate: bool,
    max_keys: usize,
}

impl Read {
    fn into_set(self) -> Result<JwkSet, KeyError> {
        match self.keys {
            _ if self.duplicate => Err(KeyError::Duplicate),
            None => Err(KeyError::Missing { member: "keys" }),
            Some(ReadKeys { too_many: true, .. }) => Err(KeyError::TooLarge { limit: self.max_keys }),
            Some(ReadKeys { mut set, store, .. }) => {
                let store = store.finish();
                for key in &mut set.keys {
                    key.each_octets_mut(|octets| octets.adopt(&store));
                }
                Ok(set.without_mixture())
            }
        }
    }
}

/// Reads a set whose keys have no more than so many octets, if that is known.
struct ReadSet {
    octets: usize,
    max_keys: usize,
    refused: Refused,
}

impl<'de> DeserializeSeed<'de> for ReadSet {
    type Value = Read;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadSet {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWK Set: an object with an array `keys`")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Read, A::Error> {
        let mut read = Read { keys: None, duplicate: false, max_keys: self.max_keys };
        while let Some(name) = map.next_key::<String>()? {
            if name == "keys" {
                let keys = map.next_value_seed(ReadKeysOf(&mut self))?;
                read.duplicate |= read.keys.replace(keys).is_some();
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(read)
    }
}

/// The keys, judged one by one as they are read. Their octets are in the store.
struct ReadKeys {
    set: JwkSet,
    store: Store,
    too_many: bool,
}

struct ReadKeysOf<'s>(&'s mut ReadSet);

impl<'de> DeserializeSeed<'de> for ReadKeysOf<'_> {
    type Value = ReadKeys;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ReadKeys, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ReadKeysOf<'_> {
    type Value = ReadKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ReadKeys, A::Error> {
        let ReadSet { octets, max_keys, refused } = self.0;
        let mut read = ReadKeys { set: JwkSet::default(), store: Store::with_capacity(*octets), too_many: false };
        let mut refused = core::mem::take(refused).into_iter().peekable();
        let mut count = 0_usize;
        while let Some(raw) = seq.next_element::<RawJwk<'de>>()? {
            if count == *max_keys {
                read.too_many = true;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                break;
            }
            match refused.next_if(|(index, _)| *index == count) {
                Some((_, unsupported)) => read.set.unsupported.push(unsupported),
                None => match raw.interpret_in_set(&mut read.store) {
                    Ok(key) => read.set.keys.push(key),
                    Err(unsupported) => read.set.unsupported.push(unsupported),
                },
            }
            count = count.saturating_add(1);
        }
        Ok(read)
    }
}
