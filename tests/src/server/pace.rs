//! How often a client may ask about a login that its user has not decided on yet.

use std::time::Duration;

use jwt_core::Timestamp;
use oauth_types::ErrorCode;

/// RFC 8628, section 3.2; CIBA Core 1.0, section 7.3: what a client waits if the server does not say.
pub(super) const INTERVAL: Duration = Duration::from_secs(5);

/// RFC 8628, section 3.5; CIBA Core 1.0, section 11.
const SLOW_DOWN: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    polled_at: Timestamp,
}

impl Pace {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self { interval: INTERVAL, polled_at: now }
    }

    /// The client asks: has it waited long enough?
    pub(super) fn is_kept(&mut self, now: Timestamp) -> bool {
        let waited = now.saturating_since(self.polled_at);
        self.polled_at = now;
        waited >= self.interval
    }

    /// RFC 8628, section 3.5: "the interval MUST be increased by 5 seconds for this and all subsequent requests". CIBA says "at least".
    pub(super) const fn slow_down(&mut self) -> ErrorCode {
        self.interval = self.interval.saturating_add(SLOW_DOWN);
        ErrorCode::SlowDown
    }
}
