//! What the schedule tells to whoever shows it: a status page, metrics, a log.
//!
//! The driver calls a [`Board`] from its own task, between two looks at the clock: a method that
//! waits holds up the schedule, so it only notes what it is told.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::run::{Report, RunError};

/// A job as it stands at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name, unique among the jobs.
    pub name: String,
    /// The folder of its output and state.
    pub out: PathBuf,
    /// When it starts, as the configuration says it: `every 15m`, `0 4 * * * (Europe/Berlin)`.
    pub when: String,
    /// When it last started, in this process or an earlier one.
    pub last: Option<Timestamp>,
    /// When it is to start next, jitter included; in the past while it waits for another job. None
    /// when it runs only when asked, or never again.
    pub next: Option<Timestamp>,
    /// Whether it is at work.
    pub running: bool,
}

/// Is told of each change of a schedule. What does not interest is left out: every method does
/// nothing by itself.
pub trait Board: Send + Sync {
    /// All jobs as they stand now, in the order of the configuration: at the beginning, after each
    /// start and end, and when a new configuration was taken over. Replaces what was told before.
    fn standing(&self, _now: Timestamp, _jobs: &[Standing]) {}

    /// The schedule has looked at the clock; it does so every 30 s at least, also while a job
    /// works, as long as the process is alive and well.
    fn looked(&self, _now: Timestamp) {}

    /// A job starts.
    fn started(&self, _now: Timestamp, _job: &str) {}

    /// A job ended, with what it did or with what ended it.
    fn ended(&self, _now: Timestamp, _job: &str, _result: &Result<Report, RunError>) {}

    /// The configuration was read anew; with the reason where it cannot be used, so that the old
    /// one stays.
    fn reloaded(&self, _now: Timestamp, _result: Result<(), &str>) {}
}

/// Shows nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoBoard;

impl Board for NoBoard {}
