//! Jobs that start themselves: by interval or by cron, one at a time, so that two jobs never ask
//! one host at once.

pub mod board;

use std::time::Duration;

use jiff::{Timestamp, Zoned};

use super::clock::Clock;
use super::{Report, RunError, Stop, Watch, clean, crawl};
use crate::input::urls::List;

/// When a job runs.
#[derive(Debug, Clone)]
pub enum When {
    /// At once, and again so long after each start.
    Every(Duration),
    /// At the times of a cron pattern, in the system's time zone.
    Cron(Box<croner::Cron>),
}

/// A job of a configuration.
#[derive(Debug)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// When it runs; none for only when asked.
    pub when: Option<When>,
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
        lists: Vec<std::path::PathBuf>,
    },
    /// Clean saved pages into a folder, which each run writes anew.
    Clean {
        /// The cleaning.
        job: Box<clean::Job>,
        /// The folder.
        out: std::path::PathBuf,
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

impl When {
    /// The next start after `now`; `last` is the start before, if there was one.
    ///
    /// # Errors
    ///
    /// When a cron pattern never comes.
    pub fn next(&self, now: &Zoned, last: Option<Timestamp>) -> Result<Timestamp, String> {
        match self {
            Self::Every(interval) => Ok(last.map_or(now.timestamp(), |last| {
                last.saturating_add(
                    jiff::SignedDuration::try_from(*interval).unwrap_or(jiff::SignedDuration::MAX),
                )
                .unwrap_or(Timestamp::MAX)
            })),
            Self::Cron(cron) => {
                let next = cron.find_next_occurrence(now, false);
                next.map(|next| next.timestamp())
                    .map_err(|error| error.to_string())
            }
        }
    }
}

/// Runs each job once, in order.
pub async fn once(jobs: &[Job], stop: &Stop, watch: &dyn Watch, mut ran: impl FnMut(Ran)) {
    for (at, job) in jobs.iter().enumerate() {
        if at > 0 {
            rest(job, stop).await;
        }
        if stop.signal().is_some() {
            break;
        }
        ran(run_job(job, stop, watch).await);
    }
}

/// Runs the jobs whenever their time comes, until `stop` says so. A job whose time comes while
/// another works runs right after it, once.
///
/// # Errors
///
/// [`RunError::Schedule`] for a pattern that never comes.
pub async fn forever(
    jobs: &[Job],
    stop: &Stop,
    watch: &dyn Watch,
    mut ran: impl FnMut(Ran),
) -> Result<(), RunError> {
    let mut starts: Vec<Option<Timestamp>> = jobs
        .iter()
        .map(|job| next_start(job, None))
        .collect::<Result<_, _>>()?;
    let mut told = None;
    while stop.signal().is_none() {
        let Some((at, start)) = starts
            .iter()
            .enumerate()
            .filter_map(|(at, start)| Some((at, (*start)?)))
            .min_by_key(|(_, start)| *start)
        else {
            break;
        };
        let now = wall_clock();
        if start > now {
            if told.replace(start) != Some(start) {
                tracing::info!(job = jobs[at].name, next = %start, "waiting");
            }
            let pause = Duration::try_from(start.duration_since(now)).unwrap_or_default();
            pause_for(pause.min(LOOK_AT_CLOCK), stop).await;
            continue;
        }
        ran(run_job(&jobs[at], stop, watch).await);
        starts[at] = next_start(&jobs[at], Some(now)).unwrap_or_else(|error| {
            tracing::warn!(%error, "the job does not run again");
            None
        });
        rest(&jobs[at], stop).await;
    }
    Ok(())
}

/// Longest sleep of the schedule: a machine that was suspended, or whose clock was set, is
/// noticed so much later at most.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(30);

/// The system's time now, which may have jumped since it was last asked.
fn wall_clock() -> Timestamp {
    Clock::start().now()
}

/// Between two jobs lies the pause between two requests: they may ask the same host.
async fn rest(job: &Job, stop: &Stop) {
    if let Work::Crawl { job, .. } = &job.work {
        pause_for(job.politeness.delay, stop).await;
    }
}

async fn pause_for(pause: Duration, stop: &Stop) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = stop.wait() => {}
    }
}

fn next_start(job: &Job, last: Option<Timestamp>) -> Result<Option<Timestamp>, RunError> {
    let Some(when) = &job.when else {
        return Ok(None);
    };
    let now = wall_clock().to_zoned(jiff::tz::TimeZone::system());
    when.next(&now, last)
        .map(Some)
        .map_err(|why| RunError::Schedule {
            job: job.name.clone(),
            why,
        })
}

async fn run_job(job: &Job, stop: &Stop, watch: &dyn Watch) -> Ran {
    tracing::info!(job = job.name, "starting");
    let result = match &job.work {
        Work::Crawl { job, lists } => crawl_job(job, lists, stop, watch).await,
        Work::Clean { job, out, formats } => {
            tokio::task::block_in_place(|| clean::clean_into(job, out, formats, stop, watch))
        }
    };
    Ran {
        name: job.name.clone(),
        result,
    }
}

async fn crawl_job(
    job: &crawl::Job,
    lists: &[std::path::PathBuf],
    stop: &Stop,
    watch: &dyn Watch,
) -> Result<Report, RunError> {
    let mut job = job.clone();
    job.lists.extend(lists.iter().cloned().map(List::File));
    crawl::crawl(job, Clock::start(), stop, watch).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zoned(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    #[test]
    fn intervals_count_from_the_last_start() {
        let when = When::Every(Duration::from_mins(15));
        let now = zoned("2026-03-01T10:00:00Z[UTC]");
        assert_eq!(when.next(&now, None).unwrap(), now.timestamp());
        assert_eq!(
            when.next(&now, Some(now.timestamp())).unwrap().to_string(),
            "2026-03-01T10:15:00Z"
        );
    }

    #[test]
    fn cron_means_the_wall_clock_also_when_it_is_set_forward() {
        let when = When::Cron(Box::new("30 2 * * *".parse().unwrap()));
        let next = |now: &str| when.next(&zoned(now), None).unwrap().to_string();
        assert_eq!(next("2026-03-01T10:00:00Z[UTC]"), "2026-03-02T02:30:00Z");
        // In Berlin there is no 02:30 on that day; the job runs at the first moment after.
        assert_eq!(
            next("2026-03-28T12:00:00+01:00[Europe/Berlin]"),
            "2026-03-29T01:00:00Z"
        );
    }
}
