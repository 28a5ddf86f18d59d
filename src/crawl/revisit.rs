//! When what was read is worth asking for again: an article by its age, a source by how often it
//! gave something new.

use std::time::Duration;

use serde::{Deserialize, Serialize};

const DAY: Duration = Duration::from_hours(24);

/// The ages of [`Revisit::default`]: six requests an article, dense while it is being
/// corrected and written on, the last when it is a week old. Our choice; what it catches in half a
/// year of simulated edits stands in `benches/README.md`.
pub const AGES: [Duration; 6] = [
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(6),
    DAY,
    Duration::from_hours(3 * 24),
    Duration::from_hours(7 * 24),
];

/// The ages at which an article is asked again. Beyond the last it rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revisit {
    /// Ascending, each once.
    ages: Vec<Duration>,
}

impl Default for Revisit {
    fn default() -> Self {
        Self { ages: AGES.into() }
    }
}

impl Revisit {
    /// At these ages, in any order; at none of them, never.
    #[must_use]
    pub fn at(mut ages: Vec<Duration>) -> Self {
        ages.sort_unstable();
        ages.dedup();
        Self { ages }
    }

    /// Never.
    #[must_use]
    pub fn never() -> Self {
        Self::at(Vec::new())
    }

    /// The last age; none for never.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        self.ages.last().copied()
    }

    /// How long an article of this age is left alone; none for good. Ages that went by unused are
    /// not made up for.
    #[must_use]
    pub fn after(&self, age: Duration) -> Option<Duration> {
        let next = self.ages.iter().find(|next| **next > age)?;
        next.checked_sub(age)
    }
}

/// The memory of a rhythm halves in this time: sites change their habits, and a week holds
/// a weekend.
const HALF_LIFE: Duration = Duration::from_hours(7 * 24);
/// A source is asked so many times as often as it gives something new, so that what is new is on
/// average known after an eighth of the time between two such changes.
const ASKED_PER_CHANGE: f64 = 4.0;

/// How often a source gives something new, from what was seen of it.
///
/// The rate of a Poisson process from `changes` seen in a time, with one more change than was seen, so
/// that a source of which nothing is known is asked at once, and one that stays silent ever more
/// seldom (after Cho and Garcia-Molina, "Estimating frequency of change", ACM TOIT 3:3, 2003, whose
/// estimators also shift the count to stay clear of zero). However many pages one reading
/// finds, it is one change: of a burst a feed needs to be read once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    /// How long it was watched, in seconds that fade.
    watched: f64,
    /// In how many readings of that time something was new; they fade as well.
    changes: f64,
}

impl Rhythm {
    /// It was read, the last time so long ago, and gave something new, or did not.
    #[must_use]
    pub fn read(self, since: Duration, is_new: bool) -> Self {
        let kept = 0.5_f64.powf(since.as_secs_f64() / HALF_LIFE.as_secs_f64());
        Self {
            watched: self.watched * kept + since.as_secs_f64(),
            changes: self.changes * kept + f64::from(u8::from(is_new)),
        }
    }

    /// How long it is left alone now, at most `most`.
    #[must_use]
    pub fn rest(self, most: Duration) -> Duration {
        let rest = self.watched / (ASKED_PER_CHANGE * (self.changes + 1.0));
        Duration::try_from_secs_f64(rest).map_or(most, |rest| rest.min(most))
    }
}

/// Longest rest of a source, unless the user says another: a day's news is known within a day.
pub const REST_MAX: Duration = DAY;
/// Longest rest of a source that leads to others: a sitemap of its own for each day is common.
pub const LEADING_REST_MAX: Duration = Duration::from_hours(6);

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn an_article_is_asked_at_its_ages_and_then_rests() {
        let revisit = Revisit::at(vec![DAY, HOUR, HOUR]);
        for (age, want) in [
            (Duration::ZERO, Some(HOUR)),
            (MINUTE * 59, Some(MINUTE)),
            (HOUR, Some(HOUR * 23)),
            (HOUR * 5, Some(HOUR * 19)),
            (DAY, None),
            (DAY * 400, None),
        ] {
            assert_eq!(revisit.after(age), want, "{age:?}");
        }
        assert_eq!(Revisit::never().after(Duration::ZERO), None);
        assert_eq!(Revisit::never().longest(), None);
        assert_eq!(revisit.longest(), Some(DAY));
    }

    /// Reads a source that has something new every `gap`, whenever its rest is over and a run
    /// begins, for so many days. How often it was read, and the mean delay of what was new.
    fn watch(gap: Duration, run_every: Duration, days: u32) -> (u32, Duration) {
        let mut rhythm = Rhythm::default();
        let (mut last, mut again) = (Duration::ZERO, Duration::ZERO);
        let (mut reads, mut known, mut delay) = (0, 0_u32, Duration::ZERO);
        let mut now = Duration::ZERO;
        while now < DAY * days {
            if now >= again {
                let out = u32::try_from(now.as_secs() / gap.as_secs()).unwrap();
                for nth in known + 1..=out {
                    delay += now.saturating_sub(gap * nth);
                }
                rhythm = rhythm.read(now.saturating_sub(last), out > known);
                (last, known, reads) = (now, out, reads + 1);
                again = now + rhythm.rest(REST_MAX);
            }
            now += run_every;
        }
        (reads, delay / known.max(1))
    }

    #[test]
    fn a_source_is_asked_some_four_times_as_often_as_it_changes() {
        for (gap, run_every) in [(HOUR * 8, MINUTE * 15), (HOUR, MINUTE), (HOUR * 24, HOUR)] {
            let days = 28;
            let changes = DAY.as_secs_f64() * f64::from(days) / gap.as_secs_f64();
            let (reads, delay) = watch(gap, run_every, days);
            let per_change = f64::from(reads) / changes;
            assert!(
                (3.0..6.5).contains(&per_change),
                "{gap:?}: {per_change} readings a change"
            );
            assert!(delay < gap / 4, "{gap:?}: new pages wait {delay:?}");
        }
    }

    #[test]
    fn one_that_is_always_new_is_asked_by_each_run_and_a_dead_one_hardly() {
        let (reads, _) = watch(MINUTE, HOUR, 7);
        assert!(reads >= 160, "{reads} readings in 168 runs");
        let (reads, _) = watch(DAY * 1_000, MINUTE * 15, 60);
        assert!((60..110).contains(&reads), "{reads} readings in 60 days");
    }

    #[test]
    fn a_source_that_has_died_down_is_left_alone_and_one_that_wakes_is_not() {
        let busy = (0..200).fold(Rhythm::default(), |rhythm, _| rhythm.read(HOUR, true));
        assert!(busy.rest(REST_MAX) < MINUTE * 20, "{busy:?}");
        let silent = (0..30).fold(busy, |rhythm, _| rhythm.read(DAY, false));
        assert!(silent.rest(REST_MAX) > HOUR * 6, "{silent:?}");
        let awake = (0..100).fold(silent, |rhythm, _| rhythm.read(HOUR, true));
        assert!(awake.rest(REST_MAX) < HOUR, "{awake:?}");
    }

    #[test]
    fn a_first_reading_asks_for_another_by_the_next_run() {
        let first = Rhythm::default().read(Duration::ZERO, false);
        assert_eq!(first.rest(REST_MAX), Duration::ZERO);
    }
}
