//! The two loops that drive any [`Flow`](crate::Flow): [`blocking`] and [`future`].
//!
//! Neither knows an HTTP client, a clock or a runtime: all four come in as closures.
//!
//! * `at` makes the [`Moment`](jwt_core::Moment) of each call: the time and 32 bytes of a cryptographic random source.
//! * `sleep` waits that long.
//! * `send` sends one request by its contract and answers with the response whatever its status; [`conformance`] holds what that means as cases to test it with.
//! * `answer` answers a [`Question`](jwt_core::Question): usually `|question| keyring.answer(question)`.

pub mod conformance;

mod blocking;
mod future;

pub use blocking::blocking;
pub use future::future;

use core::time::Duration;

use jwt_core::{Blame, Timestamp};

use crate::error::Error;

/// Why a driven flow stopped without its output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError<E> {
    /// The flow ended with an error.
    #[error(transparent)]
    Flow(#[from] Error),
    /// The answerer failed. The flow is whole and can go on with `resume`.
    #[error("the question of a flow could not be answered")]
    Answer(E),
}

impl<E> DriveError<E> {
    /// The flow's error, unless the answerer failed.
    #[must_use]
    pub fn flow(&self) -> Option<&Error> {
        match self {
            Self::Flow(error) => Some(error),
            Self::Answer(_) => None,
        }
    }

    /// The stable code: the flow's, or `unanswered`.
    #[must_use]
    pub fn code(&self) -> &str {
        self.flow().map_or("unanswered", Error::code)
    }

    /// Whose fault it is; an answerer that fails is the caller's.
    #[must_use]
    pub fn blame(&self) -> Blame {
        self.flow().map_or(Blame::Caller, Error::blame)
    }
}

/// How long to sleep at `now` for a wait until `until`.
fn delay(until: Timestamp, now: Timestamp) -> Duration {
    until.saturating_since(now)
}
