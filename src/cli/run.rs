//! `chaffinch run`.

use std::path::Path;

use anyhow::Result;

use super::args::{Run, Talk};
use super::crawl::{section, warn_of_no_contact};
use super::progress::Progress;
use super::{exit, runtime, summary};
use crate::config::{File, jobs};
use crate::run::Stop;
use crate::run::schedule::{Ran, Work, forever, once};

pub(super) fn run(flags: Run, talk: Talk) -> Result<u8> {
    let mut file = File::read(&flags.config)?.favoring(flags.reading.favor);
    file.crawl = section(flags.asking).over(file.crawl);
    file.clean.threads = flags.threads.or(file.clean.threads);
    let base = flags.config.parent().unwrap_or(Path::new(""));
    let jobs = jobs(&file, base)?;
    if !flags.once
        && let Some(job) = jobs.iter().find(|job| job.when.is_none())
    {
        anyhow::bail!(
            "job {:?} has neither every nor cron; give it one, or run with --once",
            job.name
        );
    }
    warn_of_no_contact(jobs.iter().filter_map(|job| match &job.work {
        Work::Crawl { job, .. } => Some(&**job),
        Work::Clean { .. } => None,
    }));
    let progress = Progress::new(talk.progress, talk.quiet);
    let stop = Stop::on_signals();
    let mut codes = Vec::new();
    let ran = |ran: Ran| codes.push(tell(&ran, talk, flags.fail_on_drift));
    let runtime = runtime()?;
    if flags.once {
        runtime.block_on(once(&jobs, &stop, &progress, ran));
    } else {
        runtime.block_on(forever(&jobs, &stop, &progress, ran))?;
    }
    progress.finish();
    let signal = stop
        .signal()
        .map(|signal| 128 + u8::try_from(signal).unwrap_or(0));
    Ok(signal.unwrap_or_else(|| exit::worst(codes)))
}

/// Says what came of a job; its exit code, had it been alone.
fn tell(ran: &Ran, talk: Talk, fails_on_drift: bool) -> u8 {
    match &ran.result {
        Ok(report) => {
            summary::print(report, Some(&ran.name), "", talk);
            exit::of_drift(exit::of_report(report), report, fails_on_drift)
        }
        Err(error) => {
            tracing::error!(job = ran.name, "{}", exit::describe_run(error));
            exit::of_run_error(error)
        }
    }
}
