//! `chaffinch run`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use super::args::{Run, Talk};
use super::crawl::{section, warn_of_no_contact};
use super::progress::Progress;
use super::{exit, runtime, summary};
use crate::config::{self, File};
use crate::crawl::url_key;
use crate::run::Stop;
use crate::run::clock::Clock;
use crate::run::listen::Listener;
use crate::run::schedule::driver::{Around, forever, once};
use crate::run::schedule::{Job, Ran, Work};
use crate::run::shown::Shown;

/// Starts of a job that `--check` prints.
const STARTS_SHOWN: usize = 3;

pub(super) fn run(flags: Run, talk: Talk) -> Result<u8> {
    let jobs = jobs(&flags)?;
    if flags.check {
        print_starts(&jobs)?;
        return Ok(check(&jobs, &flags.config));
    }
    warn_of_no_contact(jobs.iter().filter_map(|job| match &job.work {
        Work::Crawl { job, .. } => Some(&**job),
        Work::Clean { .. } => None,
    }));
    let progress = Arc::new(Progress::new(talk.progress, talk.quiet));
    let shown = Arc::new(Shown::new(Clock::start().now(), progress.clone()));
    let _listener = listen(flags.listen, &shown)?;
    let stop = Stop::on_signals();
    let around = Around {
        stop: &stop,
        watch: shown.clone(),
        board: &*shown,
    };
    let mut worst = None;
    let ran = |ran: Ran| {
        let code = tell(&ran, talk, flags.fail_on_drift);
        worst = Some(exit::worst(worst.into_iter().chain([code])));
    };
    let runtime = runtime()?;
    if flags.once {
        runtime.block_on(once(jobs, &around, ran));
    } else {
        let reread = || self::jobs(&flags).map_err(|error| exit::describe(&error));
        let done = runtime.block_on(forever(jobs, &around, reread, ran));
        done.context("cannot listen for SIGHUP")?;
    }
    progress.finish();
    let signal = stop.signal().map(exit::of_signal);
    Ok(signal.or(worst).unwrap_or(exit::OK))
}

/// Serves what is shown, if that is asked for.
pub(super) fn listen(address: Option<SocketAddr>, shown: &Arc<Shown>) -> Result<Option<Listener>> {
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = Listener::start(address, Arc::clone(shown))
        .with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!("the status is at http://{}/", listener.address);
    Ok(Some(listener))
}

/// The jobs that the configuration and the flags ask for.
fn jobs(flags: &Run) -> Result<Vec<Job>> {
    let mut file = File::read(&flags.config)?.favoring(flags.reading.favor);
    file.crawl = section(flags.asking.clone()).over(file.crawl);
    file.clean.threads = flags.threads.or(file.clean.threads);
    let base = flags.config.parent().unwrap_or(Path::new(""));
    let jobs = chosen(config::jobs(&file, base)?, flags)?;
    if !flags.once
        && let Some(job) = jobs.iter().find(|job| job.timing.is_none())
    {
        bail!(
            "{}: job {:?} has neither every nor cron; give it one, or run with --once",
            flags.config.display(),
            job.name
        );
    }
    Ok(jobs)
}

/// Those of the jobs that `--job` names.
fn chosen(mut jobs: Vec<Job>, flags: &Run) -> Result<Vec<Job>> {
    if let Some(unknown) = flags
        .job
        .iter()
        .find(|name| jobs.iter().all(|job| job.name != **name))
    {
        let names: Vec<String> = jobs.iter().map(|job| format!("{:?}", job.name)).collect();
        bail!(
            "{} has no job {unknown:?}; its jobs are {}",
            flags.config.display(),
            names.join(", ")
        );
    }
    jobs.retain(|job| flags.job.is_empty() || flags.job.contains(&job.name));
    Ok(jobs)
}

/// Prints when each job starts next.
fn print_starts(jobs: &[Job]) -> Result<()> {
    let mut text = String::new();
    for job in jobs {
        match &job.timing {
            None => text += &format!("{}: only with --once\n", job.name),
            Some(timing) => {
                text += &format!("{}: {timing}", job.name);
                if !timing.jitter.is_zero() {
                    let jitter = jiff::SignedDuration::try_from(timing.jitter)
                        .unwrap_or(jiff::SignedDuration::MAX);
                    text += &format!(", each start up to {jitter:#} later");
                }
                text.push('\n');
            }
        }
        for start in job.next_starts(STARTS_SHOWN) {
            text += &format!("  {}\n", start.strftime("%a %F %T %:z"));
        }
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Says what the jobs name and cannot have.
fn check(jobs: &[Job], config: &Path) -> u8 {
    let config = config.display();
    for missing in jobs.iter().flat_map(missing) {
        tracing::warn!("{config}: {missing}");
    }
    let wrong: Vec<String> = jobs.iter().flat_map(wrong).collect();
    for wrong in &wrong {
        tracing::error!("{config}: {wrong}");
    }
    if wrong.is_empty() {
        exit::OK
    } else {
        exit::USAGE
    }
}

/// The addresses of a job that are none.
fn wrong(job: &Job) -> Vec<String> {
    let Work::Crawl { job: crawl, .. } = &job.work else {
        return Vec::new();
    };
    let sources = crawl.finding.sources.iter().map(|source| &source.line);
    let lines = crawl.urls.iter().chain(sources);
    lines
        .filter_map(|line| {
            let error = url_key::parse(&line.text).err()?;
            Some(format!("job {:?}: {:?}: {error}", job.name, line.text))
        })
        .collect()
}

/// The files of a job that are not there: a run would end with that, unless they come before.
fn missing(job: &Job) -> Vec<String> {
    let files = match &job.work {
        Work::Crawl { lists, .. } => lists,
        Work::Clean { job, .. } => &job.paths,
    };
    files
        .iter()
        .filter_map(|path| {
            let error = std::fs::metadata(path).err()?;
            Some(format!("job {:?}: {}: {error}", job.name, path.display()))
        })
        .collect()
}

/// Says what came of a job; its exit code, had it been alone.
fn tell(ran: &Ran, talk: Talk, fails_on_drift: bool) -> u8 {
    match &ran.result {
        Ok(report) => {
            summary::print(report, Some(&ran.name), "", talk);
            exit::of_drift(exit::of_report(report), report, fails_on_drift)
        }
        Err(error) => {
            tracing::error!(job = ran.name, "{}", error.described());
            exit::of_run_error(error)
        }
    }
}
