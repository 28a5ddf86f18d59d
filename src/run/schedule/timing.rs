//! When a job is due: an interval, or a cron pattern in a time zone. No clock is read here.
//!
//! A pattern with `*` for minute or hour means hours as they pass: an hourly job runs in each of
//! the 25 hours of a day in autumn, and in each of the 23 in spring. Every other pattern means what
//! a clock on the wall shows, and comes once a day: of a time that is shown twice the first, and
//! instead of one that is never shown the moment at which the clock was put forward. That is what
//! Vixie cron does (cron(8), "Daylight Saving Time and other time changes").

use std::fmt;
use std::time::Duration;

use croner::Cron;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

/// When a job starts by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// The times at which it is due.
    pub when: When,
    /// Each start is up to so long later: each machine has a share of it that stays the same.
    pub jitter: Duration,
    /// What becomes of a start that was missed.
    pub catch_up: CatchUp,
}

/// The times at which a job is due.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// At once, and again so long after each start; more than zero.
    Every(Duration),
    /// At the times of a cron pattern.
    Cron {
        /// The pattern.
        pattern: Box<Cron>,
        /// Whose clock it means.
        zone: TimeZone,
    },
}

/// What becomes of a start that was missed, since the machine slept, another job worked, or the
/// process was not running.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CatchUp {
    /// The job starts as soon as it can, once, however many starts were missed.
    #[default]
    Once,
    /// The job waits for the next time, unless it is no later than [`LATE`].
    Skip,
}

/// How late a start may be and still count as that start, where missed ones are skipped.
///
/// Long enough for short jobs before it and for the 30 s after which a schedule notices that the
/// machine has slept, and short against the hours between starts for which skipping matters.
pub const LATE: Duration = Duration::from_mins(5);

/// What is known of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// When the job was due, jitter aside.
    pub due: Timestamp,
    /// When it started.
    pub at: Timestamp,
}

impl Timing {
    /// Whether its time ever comes: a pattern can ask for the 30th of February.
    #[must_use]
    pub fn ever_comes(&self) -> bool {
        self.first(Timestamp::UNIX_EPOCH, Duration::ZERO).is_some()
    }

    /// The zone in which its times are said.
    pub(super) fn zone(&self) -> TimeZone {
        match &self.when {
            When::Every(_) => TimeZone::system(),
            When::Cron { zone, .. } => zone.clone(),
        }
    }

    /// Whether it goes by a clock, and not by the time that passes.
    pub(super) fn is_cron(&self) -> bool {
        matches!(self.when, When::Cron { .. })
    }

    /// When the job is first due, if it never started before. `share` is its share of the jitter.
    pub(super) fn first(&self, now: Timestamp, share: Duration) -> Option<Timestamp> {
        match &self.when {
            When::Every(_) => Some(now),
            When::Cron { pattern, zone } => next(pattern, zone, earlier(now, share)),
        }
    }

    /// When the job is due after a start; none when its pattern never comes again.
    ///
    /// Intervals count from when it was due, so that small delays do not add up; a start that was
    /// late by half an interval or more begins a new count, so that two starts are never closer
    /// than that.
    pub(super) fn after(&self, start: Start, share: Duration) -> Option<Timestamp> {
        let on_time = earlier(start.at, share);
        match &self.when {
            When::Every(interval) => {
                let late = on_time >= later(start.due, *interval / 2);
                Some(later(if late { on_time } else { start.due }, *interval))
            }
            When::Cron { pattern, zone } => next(pattern, zone, on_time.max(start.due)),
        }
    }

    /// The first time that is not before `from`, for a job that has been due since `due`.
    pub(super) fn not_before(&self, from: Timestamp, due: Timestamp) -> Option<Timestamp> {
        if due >= from {
            return Some(due);
        }
        match &self.when {
            When::Every(interval) => {
                let missed = Duration::try_from(from.duration_since(due)).unwrap_or_default();
                let starts = missed.as_nanos().div_ceil(interval.as_nanos().max(1));
                let starts = u32::try_from(starts).unwrap_or(u32::MAX);
                Some(later(due, interval.saturating_mul(starts)))
            }
            When::Cron { pattern, zone } => {
                next(pattern, zone, earlier(from, Duration::from_nanos(1)))
            }
        }
    }
}

/// `every 15m`, `0 4 * * * (Europe/Berlin)`.
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.when {
            When::Every(interval) => {
                let interval = SignedDuration::try_from(*interval).unwrap_or(SignedDuration::MAX);
                write!(f, "every {interval:#}")
            }
            When::Cron { pattern, zone } => {
                let nameless = if zone.is_unknown() {
                    "UTC"
                } else {
                    "the system's time zone"
                };
                write!(f, "{pattern} ({})", zone.iana_name().unwrap_or(nameless))
            }
        }
    }
}

/// The first time after `after` that a pattern means.
fn next(pattern: &Cron, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let fields = &pattern.pattern;
    let after_here = after.to_zoned(zone.clone());
    if [&fields.seconds, &fields.minutes, &fields.hours]
        .iter()
        .any(|field| field.from_wildcard)
    {
        let next: Zoned = pattern.find_next_occurrence(&after_here, false).ok()?;
        return Some(next.timestamp());
    }
    // Times on the wall are looked for on a clock that is never put forward or back. croner knows
    // of such times, too, but only where the pattern has one hour and one minute.
    let mut wall = after_here.datetime().to_zoned(TimeZone::UTC).ok()?;
    loop {
        wall = pattern.find_next_occurrence(&wall, false).ok()?;
        let shown = first_shown(wall.datetime(), zone)?;
        if shown > after {
            return Some(shown);
        }
    }
}

/// When the clock of a zone first shows a time, or, where it never does, a later one.
fn first_shown(wall: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset: before } | AmbiguousOffset::Fold { before, .. } => {
            before.to_timestamp(wall).ok()
        }
        AmbiguousOffset::Gap { after, .. } => {
            let before_gap = after.to_timestamp(wall).ok()?;
            let forward = zone.following(before_gap).next()?;
            Some(forward.timestamp())
        }
    }
}

/// So long after a time.
pub(super) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// So long before a time.
pub(super) fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(pattern: &str, zone: &str) -> When {
        When::Cron {
            pattern: Box::new(pattern.parse().unwrap()),
            zone: TimeZone::get(zone).unwrap(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The times of a pattern between two moments, as the clock of its zone shows them.
    fn between(pattern: &str, zone: &str, from: &str, until: &str) -> Vec<String> {
        let timing = Timing {
            when: cron(pattern, zone),
            jitter: Duration::ZERO,
            catch_up: CatchUp::Once,
        };
        let mut due = timing.first(at(from), Duration::ZERO);
        let mut times = Vec::new();
        while let Some(now) = due.filter(|due| *due < at(until)) {
            let here = now.to_zoned(TimeZone::get(zone).unwrap());
            times.push(here.strftime("%d %H:%M%:::z").to_string());
            due = timing.after(Start { due: now, at: now }, Duration::ZERO);
        }
        times
    }

    #[test]
    fn a_time_on_the_wall_comes_once_a_day_also_when_the_clock_is_set() {
        for (pattern, want) in [
            // In spring 02:30 is never shown: the job runs when the clock is put forward.
            (
                "30 2 * * *",
                ["28 02:30+01", "29 03:00+02", "30 02:30+02"].as_slice(),
            ),
            ("30 1 * * *", &["28 01:30+01", "29 01:30+01", "30 01:30+02"]),
            ("0 3 * * *", &["28 03:00+01", "29 03:00+02", "30 03:00+02"]),
            ("0 2 * * *", &["28 02:00+01", "29 03:00+02", "30 02:00+02"]),
            // Several fixed times in one pattern are no different. croner alone leaves 02:30 out.
            (
                "30 2,14 * * *",
                &[
                    "28 02:30+01",
                    "28 14:30+01",
                    "29 03:00+02",
                    "29 14:30+02",
                    "30 02:30+02",
                    "30 14:30+02",
                ],
            ),
            // Two times that are both not shown are one start.
            (
                "0,30 2 * * *",
                &[
                    "28 02:00+01",
                    "28 02:30+01",
                    "29 03:00+02",
                    "30 02:00+02",
                    "30 02:30+02",
                ],
            ),
        ] {
            let got = between(
                pattern,
                "Europe/Berlin",
                "2026-03-27T23:00:00Z",
                "2026-03-30T22:00:00Z",
            );
            assert_eq!(got, want, "{pattern}");
        }
        for (pattern, want) in [
            // In autumn 02:30 is shown twice; the first one counts.
            (
                "30 2 * * *",
                ["24 02:30+02", "25 02:30+02", "26 02:30+01"].as_slice(),
            ),
            ("0 3 * * *", &["24 03:00+02", "25 03:00+01", "26 03:00+01"]),
            (
                "30 1,2 * * *",
                &[
                    "24 01:30+02",
                    "24 02:30+02",
                    "25 01:30+02",
                    "25 02:30+02",
                    "26 01:30+01",
                    "26 02:30+01",
                ],
            ),
        ] {
            let got = between(
                pattern,
                "Europe/Berlin",
                "2026-10-23T22:00:00Z",
                "2026-10-26T23:00:00Z",
            );
            assert_eq!(got, want, "{pattern}");
        }
    }

    #[test]
    fn an_hourly_job_runs_in_each_hour_that_passes() {
        for (pattern, from, until, hours, around) in [
            (
                "0 * * * *",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
                23,
                ["29 01:00+01", "29 03:00+02"].as_slice(),
            ),
            (
                "0 * * * *",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
                25,
                &["25 02:00+02", "25 02:00+01", "25 03:00+01"],
            ),
            // From the end of one day to that of the next: 00:00 of the first is no longer to come.
            (
                "*/30 * * * *",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
                50,
                &["25 02:30+02", "25 02:00+01", "25 02:30+01"],
            ),
        ] {
            let from = earlier(at(from), Duration::from_secs(1)).to_string();
            let got = between(pattern, "Europe/Berlin", &from, until);
            assert_eq!(got.len(), hours, "{got:?}");
            assert!(
                got.windows(around.len()).any(|times| times == around),
                "{got:?}"
            );
        }
    }

    #[test]
    fn days_weeks_years_and_zones() {
        for (pattern, zone, from, want) in [
            (
                "0 4 * * *",
                "UTC",
                "2026-03-01T04:00:00Z",
                "2026-03-02T04:00:00Z",
            ),
            (
                "0 4 * * *",
                "UTC",
                "2026-03-01T03:59:59.999Z",
                "2026-03-01T04:00:00Z",
            ),
            (
                "0 4 * * *",
                "America/New_York",
                "2026-01-01T00:00:00Z",
                "2026-01-01T09:00:00Z",
            ),
            (
                "0 4 * * *",
                "Asia/Kathmandu",
                "2026-01-01T00:00:00Z",
                "2026-01-01T22:15:00Z",
            ),
            // Lord Howe Island puts its clocks forward by half an hour, at 02:00.
            (
                "10 2 * * *",
                "Australia/Lord_Howe",
                "2026-10-03T12:00:00Z",
                "2026-10-03T15:30:00Z",
            ),
            // Samoa had no 30 December 2011: the clocks went forward by a day.
            (
                "0 12 * * *",
                "Pacific/Apia",
                "2011-12-29T23:00:00Z",
                "2011-12-30T10:00:00Z",
            ),
            (
                "0 0 29 2 *",
                "UTC",
                "2026-01-01T00:00:00Z",
                "2028-02-29T00:00:00Z",
            ),
            (
                "0 0 29 2 *",
                "UTC",
                "2096-03-01T00:00:00Z",
                "2104-02-29T00:00:00Z",
            ),
            (
                "0 0 31 * *",
                "UTC",
                "2026-01-31T00:00:00Z",
                "2026-03-31T00:00:00Z",
            ),
            (
                "0 0 L * *",
                "UTC",
                "2028-02-01T00:00:00Z",
                "2028-02-29T00:00:00Z",
            ),
            (
                "0 6 * * MON",
                "UTC",
                "2026-12-31T00:00:00Z",
                "2027-01-04T06:00:00Z",
            ),
            (
                "@daily",
                "UTC",
                "2026-12-31T00:00:00Z",
                "2027-01-01T00:00:00Z",
            ),
            (
                "15 0 4 * * *",
                "UTC",
                "2026-01-01T00:00:00Z",
                "2026-01-01T04:00:15Z",
            ),
        ] {
            let When::Cron {
                pattern: cron,
                zone: of,
            } = cron(pattern, zone)
            else {
                unreachable!()
            };
            let got = next(&cron, &of, at(from)).map(|next| next.to_string());
            assert_eq!(got.as_deref(), Some(want), "{pattern} {zone} {from}");
        }
    }

    #[test]
    fn a_pattern_may_never_come() {
        for (pattern, comes) in [("0 0 30 2 *", false), ("0 0 29 2 *", true)] {
            let timing = Timing {
                when: cron(pattern, "UTC"),
                jitter: Duration::ZERO,
                catch_up: CatchUp::Once,
            };
            assert_eq!(timing.ever_comes(), comes, "{pattern}");
        }
    }

    #[test]
    fn a_timing_reads_as_it_was_written() {
        let timing = |when| Timing {
            when,
            jitter: Duration::ZERO,
            catch_up: CatchUp::Once,
        };
        assert_eq!(
            timing(When::Every(Duration::from_mins(90))).to_string(),
            "every 1h 30m"
        );
        assert_eq!(
            timing(cron("0 4 * * *", "Europe/Berlin")).to_string(),
            "0 4 * * * (Europe/Berlin)"
        );
    }
}
