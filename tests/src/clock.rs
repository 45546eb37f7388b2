//! The one place of this package that reads a clock: programs run on the machine's, tests on one that they set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jwt_core::{Moment, Moments, Timestamp};

/// A clock and a random source that servers, clients and tests share by cloning it.
#[derive(Clone, Debug)]
pub struct Clock {
    base: Base,
    /// Seconds added to what `base` says.
    ahead: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug)]
enum Base {
    Machine,
    Fixed(Timestamp),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn machine() -> Self {
        Self { base: Base::Machine, ahead: Arc::default() }
    }

    /// A clock that stands at `now` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn fixed(now: Timestamp) -> Self {
        Self { base: Base::Fixed(now), ahead: Arc::default() }
    }

    /// The time.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "a program must read the clock somewhere: here, and nowhere else")]
    pub fn now(&self) -> Timestamp {
        let base = match self.base {
            Base::Machine => Timestamp::from(std::time::SystemTime::now()),
            Base::Fixed(now) => now,
        };
        base.saturating_add(Duration::from_secs(self.ahead.load(Ordering::SeqCst)))
    }

    /// The time and 32 random bytes of the operating system.
    ///
    /// # Panics
    ///
    /// If the operating system has no random bytes: there is nothing to go on with.
    #[must_use]
    #[expect(clippy::expect_used, reason = "no program of this package can go on without random bytes")]
    pub fn moment(&self) -> Moment {
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).expect("random bytes from the operating system");
        Moment::new(self.now(), entropy)
    }

    /// A repeatable sequence of moments that tells this clock's time.
    pub fn moments(&self, seed: [u8; 32]) -> impl FnMut() -> Moment + Send + use<> {
        let (clock, mut moments) = (self.clone(), Moments::from_seed(seed));
        move || moments.at(clock.now())
    }

    /// Moves this clock, and all its clones, forward by whole seconds.
    pub fn advance(&self, by: Duration) {
        self.ahead.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}
