//! [`ReplaySet`]: which DPoP proofs one process has seen (RFC 9449, section 11.1).

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::{Blame, Timestamp, base64url};
use serde::{Deserialize, Serialize};

use crate::bounded::{Bounded, mark, seconds};
use oauth_client_sans_io::stored;

/// The proofs that were seen, as far as they could be used again: for an API that is one process. Pure data: several processes need a store that they share
/// ([`FreshnessCheck`](crate::FreshnessCheck) shows one).
///
/// It never forgets a proof before its time. When it is full it says so, and the request is to be [put off](crate::FreshnessCheck::unavailable).
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use jwt_core::Timestamp;
/// use oauth_resource_sans_io::ReplaySet;
///
/// let mut seen = ReplaySet::new(10_000);
/// let now = Timestamp::from_unix(1_700_000_000);
/// let until = now.saturating_add(Duration::from_secs(90));
/// assert!(seen.insert("the check's key", until, now)?);
/// assert!(!seen.insert("the check's key", until, now)?, "a replay");
/// # Ok::<(), oauth_resource_sans_io::Full>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReplaySet(Bounded<()>);

impl ReplaySet {
    /// For this many proofs at a time, 100 000 at most: as many as come in the time that a proof is good for, which is
    /// [`Dpop::max_age`](crate::Dpop::max_age) and the guard's leeway.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Bounded::new(limit))
    }

    /// Inserts a proof's key until a time, both of the [`FreshnessCheck`](crate::FreshnessCheck), and says whether it was not there.
    ///
    /// # Errors
    ///
    /// [`Full`] where it has no room, so that nothing can be said about a proof which is not there.
    pub fn insert(&mut self, key: &str, until: Timestamp, now: Timestamp) -> Result<bool, Full> {
        let mark = mark(&[key]);
        if self.0.get(&mark, now).is_some() {
            return Ok(false);
        }
        if !self.0.has_room(&mark, now) {
            let retry_after = self.0.next_end().map_or(Duration::ZERO, |end| end.saturating_since(now));
            return Err(Full { limit: self.0.limit(), retry_after });
        }
        self.0.put(mark, until, ());
        Ok(true)
    }

    /// How many proofs it holds, some of which may have ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn to_body(&self) -> Body {
        let entries = self.0.iter().map(|(mark, until, ())| (base64url::encode(mark), seconds(until))).collect();
        Body { limit: self.0.limit(), entries }
    }

    fn from_body(body: Body) -> Option<Self> {
        let mut set = Bounded::new(body.limit);
        for (mark, until) in body.entries {
            let mark = base64url::decode(mark).ok()?.try_into().ok()?;
            set.put(mark, Timestamp::from_unix(until), ());
        }
        (set.len() <= set.limit()).then_some(Self(set))
    }
}

stored! {
    /// It holds hashes and times: after a restart a proof is as little taken twice as before.
    ReplaySet, "replay_set", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    limit: usize,
    entries: Vec<(String, u64)>,
}

/// A list that never forgets before its time has no room for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list holds {limit} entries and has no room")]
pub struct Full {
    limit: usize,
    retry_after: Duration,
}

impl Full {
    pub(crate) const fn new(limit: usize, retry_after: Duration) -> Self {
        Self { limit, retry_after }
    }

    /// When the next entry ends, and there is room again.
    #[must_use]
    pub const fn retry_after(self) -> Duration {
        self.retry_after
    }

    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "list_full"
    }

    /// The caller's, whose limit it is.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Caller
    }
}
