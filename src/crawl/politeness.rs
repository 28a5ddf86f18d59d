//! When a group of hosts may be asked again.
//!
//! The pause has a floor, the user's or that of robots.txt. It grows when the server slows down,
//! since a server is to rest as long as it worked (as Scrapy's `AutoThrottle` with one request at a
//! time has it), and doubles with each answer that tells of trouble; each good answer halves it,
//! back towards the floor. A group that only fails rests for longer, and is then given up.

use std::time::Duration;

/// Longest `Crawl-delay` that is honoured: 60 s. Longer ones are found on sites that copied a
/// template, and would make a crawl of one page an hour; RFC 9309 does not define the line.
pub const CRAWL_DELAY_MAX: Duration = Duration::from_mins(1);

/// The pauses between two requests to one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Politeness {
    /// The least pause, counted from the end of the last response.
    pub delay: Duration,
    /// The longest pause that slowness and trouble make of it.
    pub delay_max: Duration,
    /// Failures in a row after which a group rests.
    pub rest_after: u32,
    /// How long it rests, after each further failure again.
    pub rest: Duration,
    /// Failures in a row after which the group is given up for this run.
    pub give_up_after: u32,
}

impl Default for Politeness {
    /// A second, up to a minute; half a minute's rest after five failures, no more after ten: a
    /// dead site is given up within some four minutes, and a restart of its server outlived.
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(1),
            delay_max: Duration::from_mins(1),
            rest_after: 5,
            rest: Duration::from_secs(30),
            give_up_after: 10,
        }
    }
}

/// How a group has answered so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// How long it takes to answer, smoothed.
    slowness: Duration,
    /// What trouble adds up to.
    backed_off: Duration,
    /// Failures since the last good answer.
    failed: u32,
}

impl Pace {
    /// Learns of an answer that took so long.
    pub fn answered(&mut self, took: Duration) {
        self.slowness = (self.slowness + took) / 2;
        self.backed_off /= 2;
        self.failed = 0;
    }

    /// Learns of a failure that tells of trouble.
    pub fn failed(&mut self, politeness: &Politeness) {
        self.strained(politeness);
        self.failed = self.failed.saturating_add(1);
    }

    /// Learns of trouble that is no reason to give the group up.
    pub fn strained(&mut self, politeness: &Politeness) {
        let step = Duration::from_millis(1);
        let now = self.backed_off.max(politeness.delay).max(step);
        self.backed_off = now.saturating_mul(2).min(politeness.delay_max);
    }

    /// The pause before the next request to a host whose robots.txt asks for `crawl_delay`.
    #[must_use]
    pub fn pause(&self, politeness: &Politeness, crawl_delay: Option<Duration>) -> Duration {
        let floor = politeness
            .delay
            .max(crawl_delay.unwrap_or_default().min(CRAWL_DELAY_MAX));
        let grown = self.slowness.max(self.backed_off).min(politeness.delay_max);
        let rest = if self.failed >= politeness.rest_after {
            politeness.rest
        } else {
            Duration::ZERO
        };
        floor.max(grown).max(rest)
    }

    /// How many failures in a row the group is given up for; none while there is hope.
    #[must_use]
    pub fn given_up(&self, politeness: &Politeness) -> Option<u32> {
        (self.failed >= politeness.give_up_after).then_some(self.failed)
    }

    /// Whether nothing of it would be missed: no failure, and no slower than the floor.
    #[must_use]
    pub fn is_plain(&self, politeness: &Politeness) -> bool {
        self.failed == 0 && self.slowness.max(self.backed_off) <= politeness.delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_longer_of_both_up_to_the_cap() {
        let seconds = |crawl_delay: Option<u64>| {
            let asked = crawl_delay.map(Duration::from_secs);
            Pace::default()
                .pause(&Politeness::default(), asked)
                .as_secs()
        };
        assert_eq!(
            [None, Some(0), Some(5), Some(86_400)].map(seconds),
            [1, 1, 5, 60]
        );
    }

    #[test]
    fn a_slow_server_rests_as_long_as_it_works() {
        let politeness = Politeness::default();
        let mut pace = Pace::default();
        let mut pauses = Vec::new();
        for took in [0, 0, 8, 8, 8, 8, 8, 0, 0, 0, 0, 0] {
            pace.answered(SECOND * took);
            pauses.push(pace.pause(&politeness, None).as_millis());
        }
        assert_eq!(pauses[..2], [1000, 1000]);
        assert!(pauses[2..7].is_sorted() && pauses[6] > 7_000, "{pauses:?}");
        assert_eq!(pauses[11], 1000, "back at the floor: {pauses:?}");
        pace.answered(SECOND * 1_000);
        assert_eq!(pace.pause(&politeness, None), politeness.delay_max);
    }

    #[test]
    fn trouble_doubles_the_pause_and_good_answers_halve_it() {
        let politeness = Politeness {
            rest_after: 100,
            ..Politeness::default()
        };
        let mut pace = Pace::default();
        let pause = |pace: &Pace| pace.pause(&politeness, None).as_secs();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            pace.failed(&politeness);
            pauses.push(pause(&pace));
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(!pace.is_plain(&politeness));
        pauses.clear();
        for _ in 0..7 {
            pace.answered(Duration::ZERO);
            pauses.push(pause(&pace));
        }
        assert_eq!(pauses, [30, 15, 7, 3, 1, 1, 1]);
        assert!(pace.is_plain(&politeness));
    }

    #[test]
    fn who_only_fails_rests_and_is_then_given_up() {
        let politeness = Politeness::default();
        let mut pace = Pace::default();
        let mut waited = Duration::ZERO;
        for failed in 1..=10 {
            assert_eq!(pace.given_up(&politeness), None);
            pace.failed(&politeness);
            let pause = pace.pause(&politeness, None);
            assert_eq!(pause >= politeness.rest, failed >= 5, "{failed}");
            waited += pause;
        }
        assert_eq!(pace.given_up(&politeness), Some(10));
        assert!(waited < Duration::from_mins(7), "{waited:?}");
        pace.answered(Duration::ZERO);
        assert_eq!(pace.given_up(&politeness), None, "one good answer is hope");
    }

    #[test]
    fn no_pause_stays_short_until_there_is_trouble() {
        let politeness = Politeness {
            delay: Duration::ZERO,
            ..Politeness::default()
        };
        let mut pace = Pace::default();
        assert_eq!(pace.pause(&politeness, None), Duration::ZERO);
        pace.failed(&politeness);
        assert!(pace.pause(&politeness, None) > Duration::ZERO);
    }
}
