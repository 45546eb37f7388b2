//! [`VerifyingKeys`]: the ready keys of a set, found by name.

use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;

use super::VerifyingKey;
use crate::jwk::{Few, MAX_CANDIDATES, Operation, UnsupportedKey};
use crate::{Algorithm, Header, Jwk, JwkSet, KeyError, NoMatch};

/// How a key is made ready: [`VerifyingKey::from_jwk_as`], or a function of your own that knows more algorithms (and asks that one for the rest).
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Jwk, KeyError, MakeKey, VerifyingKey};
///
/// /// ES512 by a crate of your choice, the others as ever.
/// fn make(jwk: &Jwk, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
///     # fn p521(_: &Jwk) -> Result<VerifyingKey, KeyError> { Err(KeyError::Backend { reason: "not on the curve" }) }
///     if algorithm == Algorithm::ES512 { p521(jwk) } else { VerifyingKey::from_jwk_as(jwk, algorithm) }
/// }
///
/// let secret = Jwk::from_slice(br#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#)?;
/// let with_mine: MakeKey = make; // for `VerifyingKeys::with_backend`, `Keyring::backend`
/// assert_eq!(with_mine(&secret, Algorithm::HS256)?.algorithm(), Algorithm::HS256);
/// # Ok::<(), KeyError>(())
/// ```
pub type MakeKey = fn(&Jwk, Algorithm) -> Result<VerifyingKey, KeyError>;

/// The keys of a set, each parsed and bound to one of the algorithms that the caller allows: what tokens of an issuer are checked with.
///
/// Whether the coordinates of an EC or OKP key are those of a point of its curve, the built-in backend finds out only when it checks a signature, not when the
/// set is read: a key that is off its curve is not in [`VerifyingKeys::unusable`], but nothing is ever signed with it
/// ([`Error::Signature`](crate::Error::Signature)).
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "ring")] {
/// use jwt_core::{Algorithm, JwkSet, VerifyingKeys};
///
/// let set = JwkSet::from_slice(br#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
/// ]}"#)?;
/// let keys = VerifyingKeys::new(&set, &[Algorithm::Ed25519]);
/// assert_eq!(keys.find("EdDSA", Some("k1"))?.len(), 1);
/// assert!(keys.find("ES256", Some("k1")).is_err());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct VerifyingKeys {
    keys: Vec<VerifyingKey>,
    by_kid: Names,
    unusable: Vec<UnsupportedKey>,
}

impl VerifyingKeys {
    /// The keys of `set` that can verify with one of `allowed`: each with the algorithm that it names or, if it names none, with the only one allowed that fits it.
    ///
    /// All others are in [`VerifyingKeys::unusable`]: keys that several allowed algorithms fit and that name none, keys that are not for verifying, private keys,
    /// keys that the backend does not take.
    #[must_use]
    pub fn new(set: &JwkSet, allowed: &[Algorithm]) -> Self {
        Self::with_backend(set, allowed, VerifyingKey::from_jwk_as)
    }

    /// The same with a backend of your own.
    #[must_use]
    pub fn with_backend(set: &JwkSet, allowed: &[Algorithm], make: MakeKey) -> Self {
        let mut ready = Self { unusable: set.unsupported().to_vec(), ..Self::default() };
        ready.keys.reserve_exact(set.keys().len());
        for jwk in set.keys() {
            match make_ready(jwk, allowed, make) {
                Ok(key) => ready.keys.push(key),
                Err(reason) => ready.unusable.push(UnsupportedKey {
                    kid: jwk.kid().map(Into::into),
                    kty: Some(jwk.kty().into()),
                    reason,
                }),
            }
        }
        ready.indexed()
    }

    /// Keys that are ready already, for example of your own backend. A token is checked with those that have its `kid` and its algorithm.
    #[must_use]
    pub fn from_keys(keys: Vec<VerifyingKey>) -> Self {
        Self { keys, ..Self::default() }.indexed()
    }

    /// The keys that may verify a token with this header: see [`VerifyingKeys::find`]. Nothing but `alg` and `kid` is looked at: a header's `jwk`, `jku`,
    /// `x5u` and `x5c` choose no key (RFC 7515, section 10.3).
    ///
    /// # Errors
    ///
    /// [`NoMatch`] says why none fits.
    pub fn select(&self, header: &Header) -> Result<Candidates<'_>, NoMatch> {
        self.find(header.alg(), header.kid())
    }

    /// The keys that may verify a token with this `alg` and `kid` (its header's): at most [`MAX_CANDIDATES`], in the order of the set.
    ///
    /// With a `kid`, only keys that have exactly this one. Without, all whose algorithm is the one named.
    ///
    /// # Errors
    ///
    /// [`NoMatch`] says why none fits.
    pub fn find(&self, alg: &str, kid: Option<&str>) -> Result<Candidates<'_>, NoMatch> {
        let Some(kid) = kid else {
            return Candidates::of(self.keys.iter(), alg).ok_or(NoMatch::NoKeyForAlgorithm);
        };
        let same = |key: &&VerifyingKey| key.kid_bytes() == Some(kid.as_bytes());
        let named = self.by_kid.places(kid.as_bytes()).filter_map(|index| self.keys.get(index)).filter(same);
        let mut named = named.peekable();
        if named.peek().is_none() {
            return Err(self.why_not(kid));
        }
        Candidates::of(named, alg).ok_or(NoMatch::NoFittingKey)
    }

    /// How many keys are ready.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is ready.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that are ready, in the order of the set.
    #[must_use]
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// The keys that are not, with the reason of each; those that the set could not read come first.
    #[must_use]
    pub fn unusable(&self) -> &[UnsupportedKey] {
        &self.unusable
    }

    /// A name that belongs to an unusable key is known: fetching the set anew would not help.
    fn why_not(&self, kid: &str) -> NoMatch {
        let known = self.unusable.iter().any(|key| key.kid.as_deref() == Some(kid));
        if known { NoMatch::NoFittingKey } else { NoMatch::UnknownKid }
    }

    fn indexed(mut self) -> Self {
        self.by_kid = Names::of(&self.keys);
        self
    }
}

/// Where the keys are that have a name: names are strewn over as many buckets as there are keys.
#[derive(Clone, Default)]
struct Names {
    /// Marks and places, by bucket and then as in the set.
    names: Vec<(u64, usize)>,
    /// Where each bucket begins in `names`, and where the last one ends.
    buckets: Vec<usize>,
    bits: u32,
}

impl Names {
    fn of(keys: &[VerifyingKey]) -> Self {
        let mut names = Vec::with_capacity(keys.len());
        names.extend(keys.iter().enumerate().filter_map(|(index, key)| Some((mark(key.kid_bytes()?), index))));
        let bits = names.len().next_power_of_two().trailing_zeros();
        names.sort_unstable_by_key(|&(mark, index)| (bucket(mark, bits), index));
        let mut buckets = Vec::with_capacity((1 << bits) + 1);
        let starts = (0..=1 << bits).scan(0, |at, number| {
            while names.get(*at).is_some_and(|&(mark, _)| bucket(mark, bits) < number) {
                *at += 1;
            }
            Some(*at)
        });
        buckets.extend(starts);
        Self { names, buckets, bits }
    }

    /// The places of the keys that may have this name.
    fn places(&self, kid: &[u8]) -> impl Iterator<Item = usize> {
        let mark = mark(kid);
        let number = bucket(mark, self.bits);
        let edge = |number| self.buckets.get(number).copied().unwrap_or_default();
        let names = self.names.get(edge(number)..edge(number + 1)).unwrap_or_default();
        names.iter().filter(move |(own, _)| *own == mark).map(|&(_, index)| index)
    }
}

/// The upper bits of a product depend on all bits of the mark.
fn bucket(mark: u64, bits: u32) -> usize {
    let product = mark.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(product.checked_shr(u64::BITS - bits).unwrap_or_default()).unwrap_or_default()
}

/// The last bytes of a name, in which names differ more often than in the first: what is compared before the name itself.
fn mark(kid: &[u8]) -> u64 {
    match kid.last_chunk::<8>() {
        Some(last) => u64::from_be_bytes(*last),
        None => kid.iter().fold(0, |mark, &byte| mark << 8 | u64::from(byte)),
    }
}

/// The one allowed algorithm of a key, and the key made ready for it.
fn make_ready(jwk: &Jwk, allowed: &[Algorithm], make: MakeKey) -> Result<VerifyingKey, KeyError> {
    let mut refused = KeyError::NotAllowed;
    let mut fitting = None;
    for &algorithm in allowed {
        match jwk.check(algorithm, Operation::Verify) {
            Ok(()) if fitting.is_some_and(|other| other != algorithm) => return Err(KeyError::AlgorithmNotNamed),
            Ok(()) => fitting = Some(algorithm),
            Err(error @ KeyError::WrongUse) => refused = error,
            Err(_) => {}
        }
    }
    let algorithm = fitting.ok_or(refused)?;
    let key = make(jwk, algorithm)?;
    // A backend must not change what was decided here.
    if key.algorithm() != algorithm {
        return Err(KeyError::Mismatch { expected: algorithm, found: key.algorithm().as_str() });
    }
    Ok(match jwk.kid() {
        Some(kid) if key.kid() != Some(kid) => key.with_kid(kid),
        Some(_) | None => key,
    })
}

/// Shows names and algorithms of the first few keys.
impl fmt::Debug for VerifyingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKeys")
            .field("keys", &Few(&self.keys))
            .field("unusable", &Few(&self.unusable))
            .finish_non_exhaustive()
    }
}

/// The keys to try on one token, in order: at least one, at most [`MAX_CANDIDATES`].
///
/// # Examples
///
/// ```
/// use jwt_core::{SigningKey, VerifyingKeys};
///
/// let key = |byte, kid: &str| SigningKey::hs256(&[byte; 32])?.verifying_key().map(|key| key.with_kid(kid));
/// let keys = VerifyingKeys::from_keys(vec![key(1, "old")?, key(2, "new")?]);
/// let names: Vec<_> = keys.find("HS256", None)?.filter_map(|key| key.kid()).collect();
/// assert_eq!(names, ["old", "new"]); // without a `kid`, each is tried
/// assert_eq!(keys.find("HS256", Some("new"))?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Candidates<'k> {
    keys: [Option<&'k VerifyingKey>; MAX_CANDIDATES],
}

impl<'k> Candidates<'k> {
    /// The first keys for this algorithm, if there is one.
    pub(crate) fn of(keys: impl Iterator<Item = &'k VerifyingKey>, alg: &str) -> Option<Self> {
        let mut candidates = Self { keys: [None; MAX_CANDIDATES] };
        let mut fitting = keys.filter(|key| key.algorithm().is_named(alg)).fuse();
        for slot in &mut candidates.keys {
            *slot = fitting.next();
        }
        candidates.keys.iter().any(Option::is_some).then_some(candidates)
    }
}

impl<'k> Iterator for Candidates<'k> {
    type Item = &'k VerifyingKey;

    fn next(&mut self) -> Option<Self::Item> {
        self.keys.iter_mut().find_map(Option::take)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.keys.iter().flatten().count();
        (left, Some(left))
    }
}

impl ExactSizeIterator for Candidates<'_> {}

impl FusedIterator for Candidates<'_> {}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;

    #[test]
    fn every_key_is_found_by_its_name_whatever_the_others_are_called() {
        let mut names: Vec<String> =
            (0..50).flat_map(|n| [format!("{n}-the-same-end"), format!("{n}"), format!("x{n}")]).collect();
        names.extend(["", "\0", "\0\0", "a", "\0a"].map(Into::into));
        let key = |name: &String| VerifyingKey::hs256(&[7; 32]).unwrap().with_kid(name.as_str());
        let keys: Vec<VerifyingKey> = names.iter().chain(&names).map(key).collect();
        let keys = VerifyingKeys::from_keys(keys);
        for name in &names {
            let found: Vec<_> = keys.find("HS256", Some(name)).unwrap().collect();
            assert_eq!(found.len(), 2, "{name:?}");
            assert!(found.iter().all(|key| key.kid() == Some(name)));
        }
        for unknown in ["the-same-end", "50-the-same-end", "\0\0\0", "b"] {
            assert_eq!(keys.find("HS256", Some(unknown)).err(), Some(NoMatch::UnknownKid));
        }
    }
}
