//! Errors, sorted by blame.

use core::fmt;

/// Whose fault a failure is: the same four answers for all four crates.
///
/// Every error type of this family has `code()` (a stable, machine-readable name) and `blame()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The other side sent something wrong: a forged token, a malformed answer, a refusal.
    Peer,
    /// The calling program is at fault: a weak key, a policy that cannot hold, a call at the wrong moment.
    Caller,
    /// No usable answer came: network, outage, overload. Nothing is known about the credential.
    Transport,
    /// Only time is in the way: expired, or not valid yet. Refreshing or waiting helps.
    Time,
}

impl Blame {
    /// The stable name: `peer`, `caller`, `transport` or `time`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Caller => "caller",
            Self::Transport => "transport",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
