//! [`ReplaySet`]: which DPoP proofs one process has seen (RFC 9449, section 11.1).

use alloc::string::String;
use alloc::vec::Vec;

use jwt_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bounded::{Bounded, Full, mark, seconds};
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

    /// Inserts a proof's key until a time, both of the [`FreshnessCheck`](crate::FreshnessCheck), and says whether it was not there. A proof whose time has ended
    /// while something else was asked is not inserted and not new: nothing could tell it from a second one.
    ///
    /// # Errors
    ///
    /// [`Full`] where it has no room, so that nothing can be said about a proof which is not there.
    pub fn insert(&mut self, key: &str, until: Timestamp, now: Timestamp) -> Result<bool, Full> {
        let mark = mark(&[key]);
        if until <= now {
            return Ok(false);
        }
        if self.0.get(&mark, now).is_some() {
            return Ok(false);
        }
        self.0.make_room(&mark, now)?;
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
        let entries = self.0.written().map(|(mark, until, ())| (mark, seconds(until))).collect();
        Body { limit: self.0.limit(), entries }
    }

    fn from_body(body: Body) -> Option<Self> {
        let entries = body.entries.into_iter().map(|(mark, until)| (mark, Timestamp::from_unix(until), ()));
        Bounded::read(body.limit, entries).map(Self)
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
