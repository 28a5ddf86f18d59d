//! What is shown of jobs while they run: the schedule and the runs tell it, whoever looks reads it.
//!
//! Those who tell only note a few numbers. Histories are read from the jobs' folders by the one who
//! looks, and only when they have changed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::history;
use super::schedule::board::{Board, Standing};
use super::{Report, RunError, Watch};
use crate::failure::Status as FailureStatus;
use crate::history::History;
use crate::output::status::{JobError, JobStatus, Running, Service, Status};

/// A schedule that has not looked at its clock for so long hangs: it does so every half minute.
const HANGS_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// What is shown.
pub struct Shown {
    told: Mutex<Told>,
    /// Histories as they were read, by folder.
    read: Mutex<HashMap<PathBuf, Read>>,
    /// Is told the same of runs.
    watch: Arc<dyn Watch>,
}

struct Told {
    started_at: Timestamp,
    /// None where no schedule looks: of a crawl that was asked for, and of jobs that run once.
    looked_at: Option<Timestamp>,
    refused: Option<String>,
    jobs: Vec<Job>,
}

struct Job {
    standing: Standing,
    running: Option<Running>,
    error: Option<JobError>,
    /// The runs of this process: all that is known of a job which keeps no history.
    runs: History,
}

struct Read {
    modified: SystemTime,
    history: Arc<History>,
}

impl Shown {
    /// Nothing yet, in a process that began at `now`; what runs tell is handed on to `watch`.
    #[must_use]
    pub fn new(now: Timestamp, watch: Arc<dyn Watch>) -> Self {
        Self {
            told: Mutex::new(Told {
                started_at: now,
                looked_at: None,
                refused: None,
                jobs: Vec::new(),
            }),
            read: Mutex::default(),
            watch,
        }
    }

    /// One crawl, which begins at `now` because somebody asked for it.
    #[must_use]
    pub fn of_crawl(now: Timestamp, out: &Path, watch: Arc<dyn Watch>) -> Self {
        let shown = Self::new(now, watch);
        let name = out.display().to_string();
        let standing = Standing {
            name: name.clone(),
            out: out.to_owned(),
            when: "when asked".to_owned(),
            last: Some(now),
            next: None,
            running: true,
        };
        shown.standing(now, &[standing]);
        shown.started(now, &name);
        shown
    }

    /// How all jobs fare at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        let told = locked(&self.told);
        let service = Service {
            started_at: told.started_at,
            looked_at: told.looked_at,
            is_well: told
                .looked_at
                .is_none_or(|looked_at| now.duration_since(looked_at) < HANGS_AFTER),
            refused_configuration: told.refused.clone(),
        };
        let mut jobs: Vec<(PathBuf, JobStatus)> = told.jobs.iter().map(Job::status).collect();
        // Reading files is nothing that a run should wait for.
        drop(told);
        for (out, job) in &mut jobs {
            if let Some(history) = self.history(out) {
                job.take_in(&history);
            }
        }
        let jobs = jobs.into_iter().map(|(_, job)| job).collect();
        Status::new(now, Some(service), jobs)
    }

    /// The history in a folder, read anew when its file is another one. What cannot be read is as if
    /// it were not there; the next run tells why.
    fn history(&self, out: &Path) -> Option<Arc<History>> {
        let modified = history::path_in(out).metadata().ok()?.modified().ok()?;
        let mut read = locked(&self.read);
        if let Some(known) = read.get(out).filter(|known| known.modified == modified) {
            return Some(Arc::clone(&known.history));
        }
        let history = Arc::new(history::read(out).ok()??);
        let known = Read {
            modified,
            history: Arc::clone(&history),
        };
        read.insert(out.to_owned(), known);
        Some(history)
    }

    fn with_job(&self, name: &str, change: impl FnOnce(&mut Job)) {
        let mut told = locked(&self.told);
        if let Some(job) = told.jobs.iter_mut().find(|job| job.standing.name == name) {
            change(job);
        }
    }

    /// One run is at work at a time.
    fn with_running(&self, change: impl FnOnce(&mut Running)) {
        let mut told = locked(&self.told);
        if let Some(running) = told.jobs.iter_mut().find_map(|job| job.running.as_mut()) {
            change(running);
        }
    }
}

impl Job {
    fn status(&self) -> (PathBuf, JobStatus) {
        let Standing {
            name,
            out,
            when,
            next,
            ..
        } = &self.standing;
        let mut job = JobStatus::new(name, &out.display().to_string());
        job.take_in(&self.runs);
        job.when = Some(when.clone());
        job.next = *next;
        job.running.clone_from(&self.running);
        job.error.clone_from(&self.error);
        (out.clone(), job)
    }
}

/// What is noted is whole after each line, so a thread that broke leaves nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board for Shown {
    fn standing(&self, _: Timestamp, jobs: &[Standing]) {
        let mut told = locked(&self.told);
        let mut before = std::mem::take(&mut told.jobs);
        let job = |standing: &Standing| {
            let same = before
                .iter()
                .position(|job| job.standing.out == standing.out);
            let known = same.map(|at| before.swap_remove(at));
            let (running, error, runs) = known.map_or_else(
                || (None, None, History::default()),
                |known| (known.running, known.error, known.runs),
            );
            Job {
                standing: standing.clone(),
                running,
                error,
                runs,
            }
        };
        told.jobs = jobs.iter().map(job).collect();
    }

    fn looked(&self, now: Timestamp) {
        locked(&self.told).looked_at = Some(now);
    }

    fn started(&self, now: Timestamp, job: &str) {
        self.with_job(job, |job| {
            job.running = Some(Running {
                since: now,
                planned: 0,
                settled: 0,
                failures: 0,
            });
        });
    }

    fn ended(&self, now: Timestamp, job: &str, result: &Result<Report, RunError>) {
        self.with_job(job, |job| {
            job.running = None;
            match result {
                Ok(report) => {
                    job.error = None;
                    history::note(&mut job.runs, report);
                }
                Err(error) => {
                    job.error = Some(JobError {
                        at: now,
                        why: error.described(),
                    });
                }
            }
        });
    }

    fn reloaded(&self, _: Timestamp, result: Result<(), &str>) {
        locked(&self.told).refused = result.err().map(str::to_owned);
    }
}

impl Watch for Shown {
    fn wants_total(&self) -> bool {
        self.watch.wants_total()
    }

    fn planned(&self, inputs: u64) {
        self.with_running(|running| running.planned += inputs);
        self.watch.planned(inputs);
    }

    fn settled(&self, failure: Option<FailureStatus>) {
        self.with_running(|running| {
            running.settled += 1;
            running.failures += u64::from(failure.is_some());
        });
        self.watch.settled(failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Stopped, Unwatched};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    fn standing(name: &str, out: &Path) -> Standing {
        Standing {
            name: name.to_owned(),
            out: out.to_owned(),
            when: "every 15m".to_owned(),
            last: None,
            next: Some(at(15)),
            running: false,
        }
    }

    fn report(articles: u64) -> Report {
        let mut report = Report::begin(at(0));
        report.articles = articles;
        report.end(at(1), std::time::Duration::from_mins(1), Stopped::Finished);
        report
    }

    #[test]
    fn what_is_told_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let shown = Shown::new(at(0), Arc::new(Unwatched));
        shown.standing(at(0), &[standing("news", dir.path())]);
        shown.started(at(1), "news");
        shown.planned(3);
        shown.settled(None);
        shown.settled(Some(FailureStatus::NotFound));
        let status = shown.status(at(2));
        let running = status.jobs[0].running.clone().unwrap();
        assert_eq!((running.since, running.planned), (at(1), 3));
        assert_eq!((running.settled, running.failures), (2, 1));

        shown.ended(
            at(2),
            "news",
            &Err(RunError::Broke("a wheel came off".to_owned())),
        );
        let status = shown.status(at(2));
        assert_eq!(status.jobs[0].running, None);
        assert_eq!(
            status.jobs[0].error.as_ref().unwrap().why,
            "internal error: a wheel came off"
        );
        // No history yet: what this process saw is shown.
        shown.ended(at(3), "news", &Ok(report(7)));
        let status = shown.status(at(3));
        assert_eq!(
            (&status.jobs[0].error, status.jobs[0].totals.articles),
            (&None, 7)
        );
        // There is one: it knows more.
        let mut known = History::default();
        history::note(&mut known, &report(30));
        history::note(&mut known, &report(7));
        std::fs::create_dir(dir.path().join("state")).unwrap();
        history::write(dir.path(), &known).unwrap();
        let totals = &shown.status(at(3)).jobs[0].totals;
        assert_eq!((totals.articles, totals.runs), (37, 2));
    }

    #[test]
    fn a_new_configuration_keeps_what_is_known_of_a_folder() {
        let shown = Shown::new(at(0), Arc::new(Unwatched));
        let (a, b) = (Path::new("/none/a"), Path::new("/none/b"));
        shown.standing(at(0), &[standing("a", a), standing("b", b)]);
        shown.ended(at(1), "b", &Ok(report(7)));
        shown.reloaded(at(2), Err("no [[jobs]] to run"));
        shown.standing(at(2), &[standing("renamed", b)]);
        let status = shown.status(at(2));
        assert_eq!((status.jobs.len(), status.jobs[0].totals.articles), (1, 7));
        let refused = |status: Status| status.service.unwrap().refused_configuration;
        assert_eq!(refused(status).as_deref(), Some("no [[jobs]] to run"));
        shown.reloaded(at(3), Ok(()));
        assert_eq!(refused(shown.status(at(3))), None);
    }

    #[test]
    fn a_schedule_that_does_not_look_at_its_clock_is_not_well() {
        let shown = Shown::new(at(0), Arc::new(Unwatched));
        let is_well = |minute| shown.status(at(minute)).service.unwrap().is_well;
        assert!(is_well(60), "no schedule");
        shown.looked(at(60));
        assert!(is_well(61) && !is_well(62));
        shown.looked(at(62));
        assert!(is_well(63));
    }
}
