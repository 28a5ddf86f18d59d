//! Jobs that start themselves: by interval or by cron, one at a time, so that two jobs never ask
//! one host at once.
//!
//! [`plan`] says which job starts when, and is told the time; [`driver`] tells it, sleeps and runs
//! the jobs. What a job's last start was lies in its folder, so that a later process knows it.

pub mod board;
pub mod driver;
mod memory;
pub mod plan;
pub mod timing;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use tokio::task::JoinSet;

use super::clock::Clock;
use super::{Report, RunError, Stop, Watch, clean, crawl};
use crate::input::urls::List;
use memory::Memory;
use plan::{Look, Plan, Planned};
use timing::Timing;

/// A job of a configuration.
#[derive(Debug)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// When it starts by itself; none for only when asked.
    pub timing: Option<Timing>,
    /// The longest that it works in one run. Then it ends as when the process is told to: what is
    /// in flight is finished, the rest is for the next run.
    pub max_run_time: Option<Duration>,
    /// What it does.
    pub work: Work,
}

/// What a job does.
#[derive(Debug)]
pub enum Work {
    /// Crawl URLs; the lists are read anew each time.
    Crawl {
        /// The crawl, with the URLs that the configuration names.
        job: Box<crawl::Job>,
        /// Files of further URLs.
        lists: Vec<PathBuf>,
    },
    /// Clean saved pages into a folder, which each run writes anew.
    Clean {
        /// The cleaning.
        job: Box<clean::Job>,
        /// The folder.
        out: PathBuf,
        /// The forms of the output.
        formats: Vec<crate::output::Format>,
    },
}

/// What came of a job.
#[derive(Debug)]
pub struct Ran {
    /// The job's name.
    pub name: String,
    /// What it did, or what ended it.
    pub result: Result<Report, RunError>,
}

impl Job {
    /// The folder of its output and state.
    #[must_use]
    pub fn out(&self) -> &Path {
        match &self.work {
            Work::Crawl { job, .. } => &job.out,
            Work::Clean { out, .. } => out,
        }
    }

    /// Whether it is to do the same, at the same times. Not all that it is made of can be compared,
    /// but all of it can be written down.
    fn is_same(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }

    /// When it starts next, if the schedule runs and nothing is in its way: at most `most` times,
    /// in the time zone of its pattern, jitter aside. What its folder tells of its last start
    /// counts.
    #[must_use]
    pub fn next_starts(&self, most: usize) -> Vec<Zoned> {
        let mut now = wall_clock();
        let mut planned = self.planned(Memory::read(self.out()).as_ref());
        let zone = planned
            .timing
            .as_ref()
            .map_or_else(TimeZone::system, Timing::zone);
        if let Some(timing) = &mut planned.timing {
            timing.jitter = Duration::ZERO;
        }
        let mut plan = Plan::new(vec![planned], now);
        let mut starts = Vec::new();
        while starts.len() < most {
            match plan.look(now) {
                Look::Never => break,
                Look::Wait(_, until) => now = until,
                Look::Start(job) => {
                    plan.started(job, now);
                    starts.push(now.to_zoned(zone.clone()));
                }
            }
        }
        starts
    }

    fn planned(&self, memory: Option<&Memory>) -> Planned {
        Planned {
            timing: self.timing.clone(),
            lot: memory.map_or_else(|| fastrand::u16(..), |memory| memory.lot),
            last: memory.map(Memory::start),
            cut_short: memory.is_some_and(|memory| memory.ended_at.is_none()),
        }
    }

    /// How long to wait after it: between two jobs lies the pause between two requests, since they
    /// may ask the same host.
    fn rest(&self) -> Duration {
        match &self.work {
            Work::Crawl { job, .. } => job.politeness.delay,
            Work::Clean { .. } => Duration::ZERO,
        }
    }

    /// Runs it, and tells it to end when its time is over.
    async fn run(&self, stop: &Stop, watch: &dyn Watch) -> Result<Report, RunError> {
        let stop = stop.of_one_run();
        // A task of its own, which ends with the run: the run may be busy when its time is over.
        let mut timer = JoinSet::new();
        if let Some(most) = self.max_run_time {
            let (stop, name) = (stop.clone(), self.name.clone());
            timer.spawn(async move {
                tokio::time::sleep(most).await;
                tracing::info!(
                    job = name,
                    "has worked for as long as it may; finishing what is in flight"
                );
                stop.end_of_time();
            });
        }
        match &self.work {
            Work::Crawl { job, lists } => {
                let mut job = (**job).clone();
                job.lists.extend(lists.iter().cloned().map(List::File));
                crawl::crawl(job, Clock::start(), &stop, watch).await
            }
            Work::Clean { job, out, formats } => clean::clean_into(job, out, formats, &stop, watch),
        }
    }
}

/// The system's time now, which may have jumped since it was last asked.
fn wall_clock() -> Timestamp {
    Clock::start().now()
}
