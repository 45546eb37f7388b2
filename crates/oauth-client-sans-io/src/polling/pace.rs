//! [`Pace`]: when to ask next, and when to give up.

use core::time::Duration;

use jwt_core::Timestamp;
use oauth_types::Contract;
use serde::{Deserialize, Serialize};

use crate::exchange::is_false;

/// When to ask next, and when to give up (RFC 8628, section 3.5; CIBA Core 1.0, sections 7.3 and 11).
///
/// Everything is in whole milliseconds, so that what is stored is what there was, and every wait is rounded up. All times move back together with a clock that
/// is set back, so that time which has passed has passed: neither the wait nor the lifetime grows. How far a clock that jumps ahead has skipped nobody can know;
/// that counts as time that has passed, as it does for a machine that was asleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pace {
    /// Between two polls. It never becomes less.
    interval: u64,
    /// How many polls in a row had no answer.
    #[serde(default, skip_serializing_if = "is_zero")]
    failures: u32,
    /// The newest time that was told.
    seen: u64,
    /// When the last poll was sent.
    sent: u64,
    /// When the next one may be.
    due: u64,
    expires_at: u64,
    /// Whether the last answer asked for a DPoP nonce.
    #[serde(default, skip_serializing_if = "is_false")]
    nonce: bool,
}

impl Pace {
    /// The pace that a server set at `now`: the first poll is due after one interval, like every other.
    pub(crate) fn new(now: Timestamp, interval: Duration, lifetime: Option<Duration>) -> Self {
        let seen = told(now);
        let expires_at = seen.saturating_add(millis(lifetime.unwrap_or(DEFAULT_LIFETIME)));
        let pace = Self { interval: up(interval), failures: 0, seen, sent: seen, due: seen, expires_at, nonce: false };
        pace.answered(now, false, None)
    }

    /// The same at `now`, on a clock that may have been set back.
    pub(crate) fn at(self, now: Timestamp) -> Self {
        let seen = told(now);
        let back = self.seen.saturating_sub(seen);
        // What was rounded down together with the time is not taken off a wait.
        let less = back.saturating_sub(1);
        Self {
            seen,
            sent: self.sent.saturating_sub(less),
            due: self.due.saturating_sub(less),
            expires_at: self.expires_at.saturating_sub(back),
            ..self
        }
    }

    /// The next poll is due at once: the server says that there is something to ask for.
    pub(crate) const fn at_once(self) -> Self {
        Self { due: self.seen, ..self }
    }

    /// A poll is sent at `now`.
    pub(crate) fn sent(self, now: Timestamp) -> Self {
        Self { sent: up(now.as_duration()), ..self }
    }

    /// The server wants less of it, "for this and all subsequent requests" (RFC 8628, section 3.5).
    pub(crate) const fn slower(self) -> Self {
        Self { interval: self.interval.saturating_add(SLOW_DOWN), ..self }
    }

    /// The server answered at `now`, and the user has not decided. `from_request` counts the interval from when the poll was sent, unless no poll takes so long;
    /// also then there is a pause after an answer, for a clock that jumps ahead a little looks like a long poll.
    pub(crate) fn answered(self, now: Timestamp, from_request: bool, retry_after: Option<Duration>) -> Self {
        let answered = up(now.as_duration());
        let from_request = from_request && answered.saturating_sub(self.sent) <= up(LONGEST_POLL);
        let from = if from_request { self.sent } else { answered };
        let pause = retry_after.map_or(0, up).max(MIN_PAUSE);
        let due = from.saturating_add(self.interval).max(answered.saturating_add(pause));
        Self { failures: 0, nonce: false, due, ..self }
    }

    /// By `now` no answer came, or one that is no verdict.
    pub(crate) fn failed(self, now: Timestamp, retry_after: Option<Duration>) -> Self {
        let failures = self.failures.saturating_add(1);
        // RFC 8628, section 3.5: "clients MUST unilaterally reduce their polling frequency before retrying. The use of an exponential backoff algorithm to achieve
        // this, such as doubling the polling interval on each such connection timeout, is RECOMMENDED."
        let times = 1_u64.checked_shl(failures).unwrap_or(u64::MAX);
        let most = self.interval.saturating_mul(2).max(MAX_BACKOFF);
        let delay = self.interval.saturating_mul(times).min(most).max(retry_after.map_or(0, up)).max(MIN_PAUSE);
        Self { failures, due: up(now.as_duration()).saturating_add(delay), ..self }
    }

    /// The answer asked for a DPoP nonce.
    pub(crate) const fn nonce_wanted(self) -> Self {
        Self { nonce: true, ..self }
    }

    pub(crate) const fn nonce_was_wanted(&self) -> bool {
        self.nonce
    }

    pub(crate) const fn is_due(&self) -> bool {
        self.due <= self.seen
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.expires_at <= self.seen
    }

    /// When something happens next.
    pub(crate) fn next(&self) -> Timestamp {
        timestamp(self.due.min(self.expires_at))
    }

    pub(crate) const fn expires_at(&self) -> Timestamp {
        timestamp(self.expires_at)
    }

    pub(crate) const fn interval(&self) -> Duration {
        Duration::from_millis(self.interval)
    }
}

const fn timestamp(millis: u64) -> Timestamp {
    Timestamp::from_duration(Duration::from_millis(millis))
}

fn told(now: Timestamp) -> u64 {
    millis(now.as_duration())
}

/// In whole milliseconds; what is too long is as long as can be.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The same, rounded up.
fn up(duration: Duration) -> u64 {
    millis(duration.saturating_add(Duration::from_nanos(999_999)))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// RFC 8628, section 3.5: "the interval MUST be increased by 5 seconds"; CIBA Core 1.0, section 11: by "at least 5 seconds".
const SLOW_DOWN: u64 = 5_000;

/// The shortest interval that a server can set ([`MIN_INTERVAL`](oauth_types::device::MIN_INTERVAL)) is the shortest time between an answer and the next poll.
const MIN_PAUSE: u64 = 1_000;

/// The request's contract allows no answer later than that: if the clock says so, it was set ahead meanwhile.
const LONGEST_POLL: Duration = Contract::DEFAULT_TIMEOUT;

/// Without an answer the wait doubles up to a minute, or to twice an interval that is longer than half of that: codes live for ten minutes and more, so that a decision
/// which fell in an outage is still heard of after it.
const MAX_BACKOFF: u64 = 60_000;

/// How long the codes live if the server does not say, though RFC 8628, section 3.2, and CIBA Core 1.0, section 7.3, require it: what the former's example and Google
/// give them. The server says when they are dead, so that too long costs a few polls, and too short a login.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(1800);
