//! [`Throttle`]: how often attempts may fail.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::Timestamp;
use oauth_client_sans_io::stored;
use serde::{Deserialize, Serialize};

use crate::bounded::{Bounded, Mark, mark};

/// A token bucket for each key of the caller's choosing (an address, a client, a prefix of either): pure data that takes failures and says who has to wait.
///
/// A bucket holds `burst` failures. Each one takes a token, and every `refill` one comes back; who has none left waits for it. Keys are kept as hashes, a limited
/// number of them: when there is no room the one goes that would be forgotten soonest, so that a flood of new keys cannot free one that fails all the time.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use jwt_core::Timestamp;
/// use oauth_resource_sans_io::{Denial, Throttle};
///
/// let mut throttle = Throttle::new(5, Duration::from_secs(10), 10_000);
/// let (address, now) = ("192.0.2.7", Timestamp::from_unix(1_700_000_000));
/// for _ in 0..5 {
///     assert!(throttle.wait(address, now).is_none());
///     throttle.failed(address, now); // where a check ended with `invalid_token`, say
/// }
/// let wait = throttle.wait(address, now).expect("five have failed");
/// assert_eq!(wait, Duration::from_secs(10));
/// assert_eq!(Denial::throttled(wait).status(), 429);
/// ```
#[derive(Clone, Debug)]
pub struct Throttle {
    burst: u32,
    refill: Duration,
    /// Until when the bucket of a key is not full again. That is all that a bucket has to say: each failure puts it off by `refill`.
    buckets: Bounded<()>,
}

impl Throttle {
    /// So many failures at once, one at least; one more for every `refill`, in whole milliseconds, one at least; for so many keys at a time, 100 000 at most.
    #[must_use]
    pub fn new(burst: u32, refill: Duration, keys: usize) -> Self {
        let refill = Duration::from_millis(u64::try_from(refill.as_millis()).unwrap_or(u64::MAX).max(1));
        Self { burst: burst.max(1), refill, buckets: Bounded::new(keys) }
    }

    /// How long whoever has this key must wait; `None` where the next attempt may be made now.
    #[must_use]
    pub fn wait(&self, key: &str, now: Timestamp) -> Option<Duration> {
        let missing = self.missing(&mark(&[key]), now);
        let wait = missing.saturating_sub(self.refill.saturating_mul(self.burst.saturating_sub(1)));
        (!wait.is_zero()).then_some(wait)
    }

    /// An attempt of whoever has this key has failed.
    pub fn failed(&mut self, key: &str, now: Timestamp) {
        let mark = mark(&[key]);
        let full_at = now.saturating_add(self.missing(&mark, now).saturating_add(self.refill).min(self.whole()));
        if self.buckets.limit() == 0 {
            return;
        }
        self.buckets.forget_after(now.saturating_add(self.longest()));
        if !self.buckets.has_room(&mark, now) {
            self.buckets.evict();
        }
        self.buckets.put(mark, full_at, ());
    }

    /// How many keys it holds, some of which may be free again.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether nobody has failed lately.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How long the bucket under this mark takes until it is full.
    fn missing(&self, mark: &Mark, now: Timestamp) -> Duration {
        let missing = self.buckets.get(mark, now).map_or(Duration::ZERO, |(full_at, ())| full_at.saturating_since(now));
        if missing > self.longest() {
            return Duration::ZERO;
        }
        // A clock that was set back a little makes no bucket emptier than empty.
        missing.min(self.whole())
    }

    /// How long an empty bucket takes until it is full.
    fn whole(&self) -> Duration {
        self.refill.saturating_mul(self.burst)
    }

    /// A bucket that is not full for longer is of a clock that was far ahead: it would stay empty until then.
    fn longest(&self) -> Duration {
        self.whole().saturating_mul(2)
    }

    fn to_body(&self) -> Body {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let bucket = |until: Timestamp| {
            let fraction = u64::from(!until.as_duration().subsec_nanos().is_multiple_of(1_000_000));
            millis(until.as_duration()).saturating_add(fraction)
        };
        Body {
            burst: self.burst,
            refill: millis(self.refill),
            limit: self.buckets.limit(),
            entries: self.buckets.written().map(|(mark, until, ())| (mark, bucket(until))).collect(),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        let entries = body.entries.into_iter();
        let entries = entries.map(|(mark, until)| (mark, Timestamp::from_duration(Duration::from_millis(until)), ()));
        let buckets = Bounded::read(body.limit, entries)?;
        Some(Self { buckets, ..Self::new(body.burst, Duration::from_millis(body.refill), body.limit) })
    }
}

stored! {
    /// It holds hashes of keys, and times: who has to wait has to after a restart too.
    Throttle, "throttle", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    burst: u32,
    refill: u64,
    limit: usize,
    entries: Vec<(String, u64)>,
}
