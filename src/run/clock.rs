//! The time, read once at the start and counted from there: a clock that is set back or forth in
//! mid-run moves no pause.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::frontier::Millis;

/// A clock that only goes on.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    at_start: Timestamp,
}

impl Clock {
    /// Starts at the system's time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "run/ is where the clock is read")]
    pub fn start() -> Self {
        Self::start_at(Timestamp::now())
    }

    /// Starts at another time, from where it goes on at the usual speed: months are played through
    /// by starting each run at its own time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "run/ is where the clock is read")]
    pub fn start_at(now: Timestamp) -> Self {
        Self {
            start: Instant::now(),
            at_start: now,
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed = jiff::SignedDuration::try_from(self.elapsed()).unwrap_or_default();
        self.at_start
            .saturating_add(elapsed)
            .unwrap_or(self.at_start)
    }

    /// Now, in milliseconds since 1970.
    #[must_use]
    pub fn millis(&self) -> Millis {
        self.now().as_millisecond()
    }

    /// Since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A duration in whole milliseconds.
#[must_use]
pub fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}
