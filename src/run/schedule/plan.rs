//! Which job starts when: a value that is told the time and never asks for it.
//!
//! Of the jobs whose time has come, the one that has waited longest starts first. After a start its
//! next time always lies ahead, behind the times of all that wait: so a waiting job waits for at
//! most one run of each other one, however long and however often those run.

use std::time::Duration;

use jiff::Timestamp;

use super::timing::{CatchUp, LATE, Start, Timing, earlier, later};

/// A job of which only its starts matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// When it starts by itself; none for only when asked.
    pub timing: Option<Timing>,
    /// How many of 65,536 parts of the jitter are its share: drawn once by lot, and kept.
    pub lot: u16,
    /// Its last start, in this process or an earlier one.
    pub last: Option<Start>,
    /// Whether that start has still to be made good: a signal or a kill cut its run short.
    pub cut_short: bool,
}

/// What to do at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Start the job with this number.
    Start(usize),
    /// Look again then, when the job with this number is to start.
    Wait(usize, Timestamp),
    /// No job will ever start again.
    Never,
}

/// Which job starts when.
#[derive(Debug, Clone)]
pub struct Plan {
    entries: Vec<Entry>,
    /// The latest time that the plan was told: an earlier one comes from a clock that was set back.
    latest: Timestamp,
}

#[derive(Debug, Clone)]
struct Entry {
    job: Planned,
    /// The time that is waited for, or whose start is overdue; jitter aside.
    due: Option<Timestamp>,
}

/// A clock that is set back by less is one that was a little fast: patterns do not mean the same
/// time twice. By more, it was wrong, and what it said before does not count. Vixie cron draws the
/// line there, too (cron(8)).
const SET_BACK: Duration = Duration::from_hours(3);

impl Plan {
    /// The plan of some jobs, which are told from each other by their place in the list.
    #[must_use]
    pub fn new(jobs: Vec<Planned>, now: Timestamp) -> Self {
        let entries = jobs.into_iter().map(|job| Entry::new(job, now)).collect();
        Self {
            entries,
            latest: now,
        }
    }

    /// The plan of other jobs. One that was there before is named by the place that it had: its
    /// last start counts as this plan knows it, and with the same timing it keeps its time.
    #[must_use]
    pub fn of_others(&self, jobs: Vec<(Planned, Option<usize>)>, now: Timestamp) -> Self {
        let known = |before: Option<usize>| self.entries.get(before?);
        let entries = jobs.into_iter().map(|(job, before)| match known(before) {
            Some(entry) if entry.job.timing == job.timing => entry.clone(),
            Some(entry) => Entry::new(
                Planned {
                    timing: job.timing,
                    ..entry.job.clone()
                },
                now,
            ),
            None => Entry::new(job, now),
        });
        Self {
            entries: entries.collect(),
            latest: now,
        }
    }

    /// What to do now. The answer stays the same until its time comes, a job starts or the clock is
    /// set.
    pub fn look(&mut self, now: Timestamp) -> Look {
        self.notice_the_clock(now);
        for entry in &mut self.entries {
            entry.pass_over(now);
        }
        let starts = self.entries.iter().enumerate();
        let first = starts
            .filter_map(|(place, entry)| Some((entry.start()?, place)))
            .min();
        match first {
            None => Look::Never,
            Some((start, place)) if start <= now => Look::Start(place),
            Some((start, place)) => Look::Wait(place, start),
        }
    }

    /// A job has started, be it that its time had come or that somebody asked for it.
    ///
    /// # Panics
    ///
    /// When there is no job with that number.
    pub fn started(&mut self, place: usize, now: Timestamp) -> Start {
        let entry = &mut self.entries[place];
        let overdue = entry.start().is_some_and(|start| start <= now);
        let start = Start {
            due: entry.due.filter(|_| overdue).unwrap_or(now),
            at: now,
        };
        entry.job.last = Some(start);
        entry.job.cut_short = false;
        entry.due = entry.due_after(start);
        start
    }

    /// The job with this number, as far as its starts go.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn job(&self, place: usize) -> &Planned {
        &self.entries[place].job
    }

    /// When that job starts next, jitter included; in the past while it waits for another one.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn next(&self, place: usize) -> Option<Timestamp> {
        self.entries[place].start()
    }

    /// Intervals are time that passes: they are as long as before when the clock is set back.
    fn notice_the_clock(&mut self, now: Timestamp) {
        let back = Duration::try_from(self.latest.duration_since(now)).unwrap_or_default();
        self.latest = now;
        if back.is_zero() {
            return;
        }
        for entry in &mut self.entries {
            entry.set_back(back, now);
        }
    }
}

impl Entry {
    fn new(job: Planned, now: Timestamp) -> Self {
        let mut entry = Self { job, due: None };
        entry.due = entry.first_due(now);
        entry
    }

    fn first_due(&self, now: Timestamp) -> Option<Timestamp> {
        let timing = self.job.timing.as_ref()?;
        let share = self.share();
        match self.job.last {
            Some(last) if self.job.cut_short => Some(last.due.min(now)),
            Some(last) if last.at <= now => timing.after(last, share),
            // The clock was set back since.
            Some(last) if timing.is_cron() && last.at <= later(now, SET_BACK) => {
                timing.after(last, share)
            }
            Some(_) => timing.after(Start { due: now, at: now }, share),
            None => timing.first(now, share),
        }
    }

    fn due_after(&self, start: Start) -> Option<Timestamp> {
        self.job.timing.as_ref()?.after(start, self.share())
    }

    /// The job's share of the jitter.
    fn share(&self) -> Duration {
        let timing = self.job.timing.as_ref();
        let jitter = timing.map_or(Duration::ZERO, |timing| timing.jitter);
        jitter.mul_f64(f64::from(self.job.lot) / 65_536.0)
    }

    fn start(&self) -> Option<Timestamp> {
        Some(later(self.due?, self.share()))
    }

    /// Passes over starts that were missed, if that is wanted.
    fn pass_over(&mut self, now: Timestamp) {
        if let (Some(timing), Some(due)) = (&self.job.timing, self.due)
            && timing.catch_up == CatchUp::Skip
        {
            let bearable = earlier(earlier(now, self.share()), LATE);
            self.due = timing.not_before(bearable, due);
        }
    }

    fn set_back(&mut self, by: Duration, now: Timestamp) {
        let Some(timing) = &self.job.timing else {
            return;
        };
        if !timing.is_cron() {
            self.due = self.due.map(|due| earlier(due, by));
        } else if by > SET_BACK {
            self.due = timing.first(now, self.share());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::schedule::timing::When;
    use jiff::tz::TimeZone;

    /// A moment of 1 March 2026 and the days after it: `3 04:30` is half past four on the third.
    fn at(text: &str) -> Timestamp {
        let (day, time) = text.split_once(' ').unwrap();
        format!("2026-03-{:02}T{time}Z", day.parse::<u32>().unwrap())
            .parse()
            .unwrap()
    }

    fn shown(time: Timestamp) -> String {
        time.strftime("%-d %H:%M:%S").to_string()
    }

    fn every(minutes: u64) -> Timing {
        Timing {
            when: When::Every(Duration::from_mins(minutes)),
            jitter: Duration::ZERO,
            catch_up: CatchUp::Once,
        }
    }

    fn cron(pattern: &str) -> Timing {
        Timing {
            when: When::Cron {
                pattern: Box::new(pattern.parse().unwrap()),
                zone: TimeZone::UTC,
            },
            ..every(1)
        }
    }

    fn skipping(timing: Timing) -> Timing {
        Timing {
            catch_up: CatchUp::Skip,
            ..timing
        }
    }

    fn new(timing: Timing) -> Planned {
        Planned {
            timing: Some(timing),
            lot: 0,
            last: None,
            cut_short: false,
        }
    }

    /// A job that last started when it was due.
    fn since(last: &str, timing: Timing) -> Planned {
        let start = Start {
            due: at(last),
            at: at(last),
        };
        Planned {
            last: Some(start),
            ..new(timing)
        }
    }

    /// Looks at each time, and starts what is to start. What was seen: the number of a job that
    /// started, or until when to wait.
    fn played(plan: &mut Plan, times: &[&str]) -> Vec<String> {
        let looked = times.iter().map(|time| match plan.look(at(time)) {
            Look::Never => "never".to_owned(),
            Look::Wait(_, until) => shown(until),
            Look::Start(job) => {
                plan.started(job, at(time));
                format!("job {job}")
            }
        });
        looked.collect()
    }

    fn check(job: Planned, times: &[&str], want: &[&str]) {
        let mut plan = Plan::new(vec![job.clone()], at(times[0]));
        assert_eq!(played(&mut plan, times), want, "{job:?} at {times:?}");
    }

    #[test]
    fn intervals_do_not_drift() {
        // Each start is noticed some seconds late; the next one is due by the quarter all the same.
        check(
            new(every(15)),
            &[
                "1 10:00:00",
                "1 10:00:01",
                "1 10:15:20",
                "1 10:15:21",
                "1 10:30:29",
                "1 10:30:30",
            ],
            &[
                "job 0",
                "1 10:15:00",
                "job 0",
                "1 10:30:00",
                "job 0",
                "1 10:45:00",
            ],
        );
        // A run that takes longer than the interval is followed at once by one more, from whose
        // start the interval counts: starts are never closer than half of it.
        check(
            new(every(15)),
            &["1 10:00:00", "1 10:40:00", "1 10:40:01"],
            &["job 0", "job 0", "1 10:55:00"],
        );
    }

    #[test]
    fn the_last_start_counts_also_when_it_was_in_an_earlier_process() {
        for (last, timing, now, want) in [
            ("1 10:00:00", every(60), "1 10:20:00", "1 11:00:00"),
            ("1 10:00:00", every(60), "1 11:00:00", "job 0"),
            ("1 10:00:00", every(60), "2 09:00:00", "job 0"),
            ("1 04:00:00", cron("0 4 * * *"), "1 10:00:00", "2 04:00:00"),
            ("1 04:00:00", cron("0 4 * * *"), "2 03:00:00", "2 04:00:00"),
            // Missed while nothing ran: once right away, or not at all.
            ("1 04:00:00", cron("0 4 * * *"), "3 10:00:00", "job 0"),
            (
                "1 04:00:00",
                skipping(cron("0 4 * * *")),
                "3 10:00:00",
                "4 04:00:00",
            ),
            (
                "1 10:00:00",
                skipping(every(60)),
                "2 09:20:00",
                "2 10:00:00",
            ),
            // Five minutes late is not missed.
            (
                "1 04:00:00",
                skipping(cron("0 4 * * *")),
                "2 04:05:00",
                "job 0",
            ),
            (
                "1 04:00:00",
                skipping(cron("0 4 * * *")),
                "2 04:05:01",
                "3 04:00:00",
            ),
            ("1 10:00:00", skipping(every(60)), "2 09:05:00", "job 0"),
            // Of many that were missed the last one may be hardly late.
            (
                "1 04:00:00",
                skipping(cron("0 * * * *")),
                "2 09:03:00",
                "job 0",
            ),
        ] {
            check(since(last, timing), &[now], &[want]);
        }
        check(new(every(60)), &["1 10:20:00"], &["job 0"]);
        check(new(cron("0 4 * * *")), &["1 10:20:00"], &["2 04:00:00"]);
    }

    #[test]
    fn what_was_missed_is_made_good_once() {
        let slept = ["2 04:00:00", "5 09:12:00", "5 09:13:00", "6 04:00:00"];
        check(
            since("1 04:00:00", cron("0 4 * * *")),
            &slept,
            &["job 0", "job 0", "6 04:00:00", "job 0"],
        );
        check(
            since("1 04:00:00", skipping(cron("0 4 * * *"))),
            &slept,
            &["job 0", "6 04:00:00", "6 04:00:00", "job 0"],
        );
    }

    #[test]
    fn a_run_that_was_cut_short_is_made_good() {
        let cut = |timing| Planned {
            cut_short: true,
            ..since("1 04:00:00", timing)
        };
        check(
            cut(cron("0 4 * * *")),
            &["1 04:20:00", "1 04:21:00"],
            &["job 0", "2 04:00:00"],
        );
        check(cut(every(60)), &["1 04:20:00"], &["job 0"]);
        check(
            cut(skipping(cron("0 4 * * *"))),
            &["1 04:20:00"],
            &["2 04:00:00"],
        );
        check(
            cut(skipping(cron("0 4 * * *"))),
            &["1 04:02:00"],
            &["job 0"],
        );
    }

    #[test]
    fn a_clock_that_is_set() {
        // Back by a little: a time that has been is not meant twice, and intervals stay as long.
        check(
            new(cron("0 4 * * *")),
            &["1 03:59:00", "1 04:00:00", "1 03:30:00", "1 04:00:00"],
            &["1 04:00:00", "job 0", "2 04:00:00", "2 04:00:00"],
        );
        check(
            new(every(60)),
            &["1 10:00:00", "1 10:20:00", "1 09:20:00", "1 10:00:00"],
            &["job 0", "1 11:00:00", "1 10:00:00", "job 0"],
        );
        // Back by days: it was wrong.
        check(
            new(cron("0 4 * * *")),
            &["20 03:59:00", "20 04:00:00", "1 03:30:00", "1 04:00:00"],
            &["20 04:00:00", "job 0", "1 04:00:00", "job 0"],
        );
        // The same while no process ran: the last start lies ahead.
        check(
            since("20 04:00:00", cron("0 4 * * *")),
            &["1 03:30:00"],
            &["1 04:00:00"],
        );
        check(
            since("1 04:00:00", cron("0 4 * * *")),
            &["1 03:30:00"],
            &["2 04:00:00"],
        );
        check(
            since("20 04:00:00", every(60)),
            &["1 03:30:00"],
            &["1 04:30:00"],
        );
        // Forth: as when the machine has slept.
        check(
            new(cron("0 4 * * *")),
            &["1 03:59:00", "8 12:00:00", "8 12:01:00"],
            &["1 04:00:00", "job 0", "9 04:00:00"],
        );
    }

    #[test]
    fn jitter_is_a_share_that_stays() {
        let drawn = |lot, timing: Timing| Planned {
            lot,
            ..new(Timing {
                jitter: Duration::from_mins(8),
                ..timing
            })
        };
        for (lot, first, second) in [
            (0, "1 04:00:00", "2 04:00:00"),
            (1 << 15, "1 04:04:00", "2 04:04:00"),
            (u16::MAX, "1 04:07:59", "2 04:07:59"),
        ] {
            let mut plan = Plan::new(vec![drawn(lot, cron("0 4 * * *"))], at("1 03:00:00"));
            assert_eq!(played(&mut plan, &["1 03:00:00"]), [first]);
            assert_eq!(
                played(&mut plan, &["1 04:08:00", "1 04:08:00"]),
                ["job 0", second],
                "{lot}"
            );
        }
        // Longer than the interval, it still leaves no start out.
        let hourly = Timing {
            jitter: Duration::from_hours(3),
            ..cron("0 * * * *")
        };
        check(
            Planned {
                lot: 1 << 15,
                ..since("1 04:00:00", hourly)
            },
            &["1 05:00:00", "1 06:30:00", "1 06:30:01"],
            &["1 06:30:00", "job 0", "1 07:30:00"],
        );
        check(
            drawn(1 << 15, every(60)),
            &["1 10:00:00", "1 10:04:00", "1 10:04:01"],
            &["1 10:04:00", "job 0", "1 11:04:00"],
        );
    }

    #[test]
    fn who_has_waited_longest_is_next_and_nobody_starves() {
        let jobs = vec![new(every(1)), new(cron("0 4 * * *")), new(every(1))];
        let mut plan = Plan::new(jobs, at("1 03:50:00"));
        // Each run takes ten minutes.
        let times = [
            "1 03:50:00",
            "1 04:00:00",
            "1 04:10:00",
            "1 04:20:00",
            "1 04:30:00",
            "1 04:40:00",
        ];
        assert_eq!(
            played(&mut plan, &times),
            ["job 0", "job 2", "job 0", "job 1", "job 2", "job 0"]
        );
    }

    #[test]
    fn a_year_in_berlin_has_each_day_once_and_each_hour_once() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let here = |pattern: &str| {
            new(Timing {
                when: When::Cron {
                    pattern: Box::new(pattern.parse().unwrap()),
                    zone: berlin.clone(),
                },
                ..every(1)
            })
        };
        let jobs = ["30 2 * * *", "5 * * * *", "30 1,2 * * *"].map(here);
        let mut now: Timestamp = "2026-01-01T00:00:00+01:00".parse().unwrap();
        let end: Timestamp = "2027-01-01T00:00:00+01:00".parse().unwrap();
        let mut plan = Plan::new(jobs.to_vec(), now);
        let mut starts = vec![Vec::new(); jobs.len()];
        while now < end {
            if let Look::Start(job) = plan.look(now) {
                plan.started(job, now);
                starts[job].push(now.to_zoned(berlin.clone()).date());
            }
            now = later(now, Duration::from_secs(30));
        }
        assert_eq!(
            starts.iter().map(Vec::len).collect::<Vec<_>>(),
            [365, 365 * 24, 365 * 2]
        );
        let days = &mut starts[0];
        days.dedup();
        assert_eq!(days.len(), 365, "no day has two");
    }

    #[test]
    fn a_job_that_is_asked_for_has_started_too() {
        for (timing, now, next) in [
            (Some(cron("0 4 * * *")), "1 03:59:00", Some("1 04:00:00")),
            (Some(cron("0 4 * * *")), "1 04:00:30", Some("2 04:00:00")),
            (Some(every(60)), "1 03:59:00", Some("1 04:59:00")),
            (None, "1 03:59:00", None),
        ] {
            let job = Planned {
                timing,
                ..new(every(1))
            };
            let mut plan = Plan::new(vec![job], at("1 03:00:00"));
            plan.started(0, at(now));
            assert_eq!(plan.next(0).map(shown).as_deref(), next);
        }
        let mut plan = Plan::new(Vec::new(), at("1 10:00:00"));
        assert_eq!(plan.look(at("1 10:00:00")), Look::Never);
    }

    #[test]
    fn other_jobs_take_over_what_is_known() {
        let now = at("1 10:20:00");
        let mut plan = Plan::new(vec![new(every(60)), new(every(60))], at("1 10:00:00"));
        played(&mut plan, &["1 10:00:00", "1 10:05:00"]);
        let others = vec![
            (new(every(60)), Some(1)),
            (new(every(10)), Some(0)),
            (new(cron("0 4 * * *")), Some(0)),
            (new(every(60)), None),
            (since("1 09:30:00", every(60)), None),
        ];
        let plan = plan.of_others(others, now);
        let next = (0..5).map(|job| plan.next(job).map(shown).unwrap());
        assert_eq!(
            next.collect::<Vec<_>>(),
            [
                "1 11:00:00",
                "1 10:10:00",
                "2 04:00:00",
                "1 10:20:00",
                "1 10:30:00"
            ]
        );
    }
}
