//! Time and randomness as arguments: [`Timestamp`], [`Moment`] and, for tests, [`Moments`].
//!
//! No crate of this family reads a clock or a random source. Whoever calls says what time it is and, where something fresh
//! may have to be made (a state, a nonce, a PKCE verifier, a `jti`), hands over 32 random bytes for that one call.

use core::fmt;
use core::time::Duration;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

/// A point in time: the time since 1970-01-01T00:00:00Z, leap seconds ignored (RFC 7519, section 2, `NumericDate`).
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use jwt_core::Timestamp;
///
/// let issued = Timestamp::from_unix(1_700_000_000);
/// let expires = issued.saturating_add(Duration::from_secs(1800));
/// assert_eq!(expires.as_unix(), 1_700_001_800);
/// assert_eq!(expires.saturating_since(issued), Duration::from_secs(1800));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(Duration);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(Duration::ZERO);
    /// Later than any time that will be met.
    pub const MAX: Self = Self(Duration::MAX);

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The time since the epoch.
    #[must_use]
    pub const fn from_duration(since_epoch: Duration) -> Self {
        Self(since_epoch)
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_unix(self) -> u64 {
        self.0.as_secs()
    }

    /// The time since the epoch.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        self.0
    }

    /// This time plus `duration`; [`Timestamp::MAX`] instead of an overflow.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    /// This time minus `duration`; [`Timestamp::EPOCH`] instead of an underflow.
    #[must_use]
    pub const fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }

    /// How long this is after `earlier`; zero if it is not after it.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_secs().fmt(f)
    }
}

/// Times before the epoch become the epoch.
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for Timestamp {
    fn from(time: std::time::SystemTime) -> Self {
        Self(time.duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO))
    }
}

/// When it is, and 32 fresh random bytes: the two things that a pure protocol crate cannot know.
///
/// One moment is for one call: it is neither `Copy` nor `Clone`. The bytes must come from a cryptographic random source
/// (`getrandom`, `OsRng`, WebCrypto): state, nonce, PKCE verifier and every `jti` made in the call derive from them, so that none of them
/// can be foretold or repeated, whatever was stored, restored or copied before. A `jti` derives from what its message says too, so that two messages made of
/// one moment have two; the same message of the same moment is the same, `jti` included.
///
/// # Examples
///
/// ```
/// use jwt_core::{Moment, Timestamp};
///
/// # let entropy = [42; 32];
/// // let mut entropy = [0; 32];
/// // getrandom::fill(&mut entropy)?;
/// let at = Moment::new(Timestamp::from_unix(1_700_000_000), entropy);
/// assert_eq!(at.now().as_unix(), 1_700_000_000);
///
/// let session = at.derive("session id", 0);
/// assert_ne!(session, at.derive("session id", 1));
/// assert_ne!(session, at.derive("csrf token", 0));
/// ```
pub struct Moment {
    /// The current time.
    now: Timestamp,
    entropy: [u8; 32],
}

impl Moment {
    /// A moment: the current time and 32 bytes of a cryptographic random source.
    #[must_use]
    pub const fn new(now: Timestamp, entropy: [u8; 32]) -> Self {
        Self { now, entropy }
    }

    /// The current time.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// HMAC-SHA-256(entropy, label length || label || counter || now): 32 bytes that nobody can foretell, different for each label and counter.
    ///
    /// For makers of fresh values (and for your own: a session identifier, say). The counter tells values of one label apart within one moment.
    #[must_use]
    pub fn derive(&self, label: &str, counter: u32) -> [u8; 32] {
        self.derive_from(self.keyed(), label, counter)
    }

    /// What [`derive`](Self::derive) gives for each of these labels, with the counter 0: in less time, since the key is prepared once.
    ///
    /// ```
    /// use jwt_core::{Moment, Timestamp};
    ///
    /// let at = Moment::new(Timestamp::from_unix(1_700_000_000), [42; 32]); // 32 bytes of your random source
    /// let [session, csrf] = at.derive_each(["session id", "csrf token"]);
    /// assert_eq!((session, csrf), (at.derive("session id", 0), at.derive("csrf token", 0)));
    /// ```
    #[must_use]
    pub fn derive_each<const N: usize>(&self, labels: [&str; N]) -> [[u8; 32]; N] {
        let keyed = self.keyed();
        labels.map(|label| self.derive_from(keyed.clone(), label, 0))
    }

    fn keyed(&self) -> Hmac<Sha256> {
        crate::digest::hmac_state(&self.entropy)
    }

    fn derive_from(&self, mut mac: Hmac<Sha256>, label: &str, counter: u32) -> [u8; 32] {
        mac.update(&(label.len() as u64).to_be_bytes());
        mac.update(label.as_bytes());
        mac.update(&counter.to_be_bytes());
        mac.update(&self.now.0.as_nanos().to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl Drop for Moment {
    fn drop(&mut self) {
        // As a slice, it is wiped at once, and not byte by byte.
        self.entropy.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moment").field("now", &self.now).finish_non_exhaustive()
    }
}

/// A repeatable sequence of moments, for tests, fuzzers and demonstrations: never for production, where every moment needs real randomness.
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
///
/// let now = Timestamp::from_unix(1_700_000_000);
/// let (mut one, mut same) = (Moments::from_seed([7; 32]), Moments::from_seed([7; 32]));
/// let first = one.at(now).derive("state", 0);
/// assert_eq!(first, same.at(now).derive("state", 0));
/// assert_ne!(first, one.at(now).derive("state", 0));
/// ```
#[derive(Clone)]
pub struct Moments {
    seed: [u8; 32],
    count: u32,
}

impl Moments {
    /// The sequence of this seed.
    #[must_use]
    pub const fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, count: 0 }
    }

    /// The next moment of the sequence, at `now`.
    #[must_use]
    pub fn at(&mut self, now: Timestamp) -> Moment {
        let entropy = Moment::new(Timestamp::EPOCH, self.seed).derive("moments", self.count);
        self.count = self.count.wrapping_add(1);
        Moment::new(now, entropy)
    }
}

impl fmt::Debug for Moments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moments").field("count", &self.count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_derives_differently_by_label_counter_time_and_entropy() {
        let moment = |now, byte| Moment::new(Timestamp::from_unix(now), [byte; 32]);
        let base = moment(1, 1).derive("state", 0);
        assert_eq!(base, moment(1, 1).derive("state", 0));
        assert_ne!(base, moment(1, 1).derive("nonce", 0));
        assert_ne!(base, moment(1, 1).derive("state", 1));
        assert_ne!(base, moment(2, 1).derive("state", 0));
        assert_ne!(base, moment(1, 2).derive("state", 0));
    }

    #[test]
    fn what_is_derived_together_is_what_is_derived_apart() {
        let at = Moment::new(Timestamp::from_unix(1), [1; 32]);
        let labels = [
            "state",
            "code_verifier",
            "nonce",
            "",
            "a label that is longer than a block of the hash, which has 64 bytes",
        ];
        assert_eq!(at.derive_each(labels), labels.map(|label| at.derive(label, 0)));
        assert_eq!(at.derive_each([]), [[0; 32]; 0]);
    }

    #[test]
    fn moments_of_one_seed_repeat_and_never_within_one_sequence() {
        let mut a = Moments::from_seed([7; 32]);
        let mut b = Moments::from_seed([7; 32]);
        let now = Timestamp::from_unix(5);
        let first = a.at(now).derive("x", 0);
        assert_eq!(first, b.at(now).derive("x", 0));
        assert_ne!(first, a.at(now).derive("x", 0));
    }

    #[test]
    fn debug_shows_no_entropy() {
        let text = alloc::format!("{:?}", Moment::new(Timestamp::from_unix(1), [0xAB; 32]));
        assert!(!text.contains("171") && !text.contains("ab"), "{text}");
        assert!(text.starts_with("Moment { now: "), "{text}");
        let text = alloc::format!("{:?}", Moments::from_seed([0xAB; 32]));
        assert_eq!(text, "Moments { count: 0, .. }");
    }

    #[test]
    fn a_timestamp_displays_whole_seconds() {
        assert_eq!(alloc::format!("{}", Timestamp::from_unix(1_700_000_000)), "1700000000");
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_system_time_is_counted_from_the_epoch_and_never_below_it() {
        use std::time::UNIX_EPOCH;
        assert_eq!(Timestamp::from(UNIX_EPOCH + Duration::from_secs(7)), Timestamp::from_unix(7));
        assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_secs(7)), Timestamp::EPOCH);
    }
}
