//! The crawl: URLs from the frontier over fetch and extract to the output, until nothing is left
//! to do or somebody says stop.
//!
//! One task conducts (`conductor`): it leases as many URLs as there are free places, starts a
//! task for each (`visit`), gathers what they bring, and commits it (`journal`): first the
//! output, then the state with the lengths of the output. Whatever happens between two commits is
//! cut off and done again.

mod conductor;
mod copies;
mod cores;
mod descriptors;
pub mod discover;
mod errand;
mod harvest;
mod journal;
mod keep;
mod one;
mod paces;
pub(super) mod parts;
mod rhythms;
mod robots_cache;
mod sources;
mod twins;
mod visit;

use std::path::PathBuf;
use std::time::Duration;

use super::clock::Clock;
use super::lock::Lock;
use super::report::{Report, Stopped};
use super::waiting::until_stopped;
use super::{RunError, Stop, Watch, history};
use crate::crawl::retry::Retry;
use crate::crawl::revisit::Revisit;
use crate::crawl::{Lanes, Politeness};
use crate::fetch::{self, Client};
use crate::input::urls::{Line, List};
use crate::output::atomic;
use crate::{extract, output};
use conductor::Conductor;
use cores::Cores;
pub use errand::{Source, What};
use journal::Journal;
pub use one::{Fetched, fetch};
pub use sources::{Finding, MAX_FOUND};
use visit::{Then, Visitor};

/// What to crawl, and how.
#[derive(Debug, Clone)]
pub struct Job {
    /// The URLs, as the user wrote them, with the place of each.
    pub urls: Vec<Line>,
    /// Lists of further URLs, read a part at a time as they are taken in.
    pub lists: Vec<List>,
    /// Where further URLs are found.
    pub finding: Finding,
    /// The folder of output and state.
    pub out: PathBuf,
    /// The forms of the output besides `articles.jsonl`, and what becomes of its files.
    pub output: output::Options,
    /// Where what goes over the wire is kept, if it is.
    pub keep_warc: Option<output::warc::Options>,
    /// Asking.
    pub fetch: fetch::Options,
    /// Extracting.
    pub extract: extract::Options,
    /// Pauses.
    pub politeness: Politeness,
    /// Who is asked one by one.
    pub lanes: Lanes,
    /// Hosts whose robots.txt is ignored, in lower case.
    pub ignore_robots: Vec<String>,
    /// Redirects that are followed for one URL.
    pub redirects_max: usize,
    /// Longest URL that is asked, in bytes.
    pub url_bytes_max: usize,
    /// Asking again.
    pub retry: Retry,
    /// Most requests at once, over all hosts.
    pub concurrency: usize,
    /// Ask again what is done.
    pub refresh: bool,
    /// At which ages an article is asked again by a later run.
    pub revisit: Revisit,
    /// Longest rest of a source that gives nothing new; without it every run asks every source.
    pub rest_max: Option<Duration>,
    /// For how long URLs are known that no list and no source names any more; without it for good.
    pub forget: Option<Duration>,
    /// Most URLs to finish in this run.
    pub limit: Option<u64>,
}

impl Job {
    /// The URLs whose pages are wanted; where links are followed they become front pages instead.
    ///
    /// # Errors
    ///
    /// [`RunError::List`] when a list cannot be opened; when a part of one cannot be read, the URLs
    /// end in that.
    fn take_urls(&mut self, stop: &Stop) -> Result<Urls, RunError> {
        let lists = std::mem::take(&mut self.lists).into_iter();
        let lists = lists.map(|list| lines(list, stop));
        let lists: Vec<Urls> = lists.collect::<Result<_, _>>()?;
        let named = std::mem::take(&mut self.urls).into_iter().map(Ok);
        let urls = named.chain(lists.into_iter().flatten());
        if self.finding.follow == 0 {
            return Ok(Box::new(urls));
        }
        for line in urls {
            let what = What::Front;
            self.finding.sources.push(Source { line: line?, what });
        }
        Ok(Box::new(std::iter::empty()))
    }
}

/// URLs as they are read.
type Urls = Box<dyn Iterator<Item = Result<Line, RunError>> + Send>;

/// A list that may wait is opened only when its turn comes, since that waits, too.
fn lines(list: List, stop: &Stop) -> Result<Urls, RunError> {
    if !list.may_wait() {
        return opened(&list);
    }
    let urls = std::iter::once_with(move || opened(&list));
    let urls =
        urls.flat_map(|urls| urls.unwrap_or_else(|error| Box::new(std::iter::once(Err(error)))));
    Ok(Box::new(until_stopped(urls, stop)))
}

fn opened(list: &List) -> Result<Urls, RunError> {
    let name = list.name();
    let failed = move |source| RunError::List {
        name: name.clone(),
        source,
    };
    let lines = list.open().map_err(&failed)?;
    Ok(Box::new(lines.map(move |line| line.map_err(&failed))))
}

/// Crawls until all is done, the limit is reached or `stop` says so. `clock` is the time of all that
/// is decided and written; it has just been started.
///
/// # Errors
///
/// [`RunError`] when output or state cannot be written; nothing that was acked is lost.
pub async fn crawl(
    mut job: Job,
    clock: Clock,
    stop: &Stop,
    watch: &dyn Watch,
) -> Result<Report, RunError> {
    descriptors::fit(&mut job);
    job.fetch.exchanges = job.keep_warc.is_some();
    let urls = job.take_urls(stop)?;
    let state = output::create_folder(&job.out.join("state"))?;
    let _lock = Lock::take(&state, &job.out)?;
    let mut journal = Journal::open(&job, &state, clock.millis())?;
    let mut report = Report::begin(clock.now());
    journal.admit(urls, job.refresh, stop, &mut report)?;
    journal.admit_sources(&job.finding)?;
    let pending = journal.pending()?;
    watch.planned(job.limit.map_or(pending, |limit| pending.min(limit)));
    tracing::info!(
        urls = report.inputs,
        pending,
        already_done = report.already_done,
        out = %job.out.display(),
        "crawling"
    );
    for host in &job.ignore_robots {
        tracing::warn!(host, "robots.txt is ignored, as you asked");
    }
    for host in &job.fetch.insecure_hosts {
        tracing::warn!(host, "the certificate is not verified, as you asked");
    }
    let visitor = Visitor {
        client: Client::new(&job.fetch)?,
        clock,
        then: Then::Extract {
            options: job.extract.clone(),
            cores: Cores::start(usize::MAX),
        },
    };
    let mut past = history::begin(&job.out);
    let mut conductor = Conductor::new(&job, clock, visitor, report);
    conductor.harvest.expect(&past);
    let stopped = conductor.run(&mut journal, stop, watch).await?;
    let (mut report, harvest) = conductor.into_yields();
    report.pending = journal.pending()?;
    // Also when a plain run finishes what a refresh left: the next one begins anew.
    if stopped == Stopped::Finished {
        journal.end_refresh()?;
        journal.forget(&job, clock.millis())?;
    }
    journal.close()?;
    report.end(clock.now(), clock.elapsed(), stopped);
    history::end(&mut past, &harvest.into_samples(), &mut report);
    history::write(&job.out, &past)?;
    atomic::write(&job.out.join("report.json"), report.to_json().as_bytes())?;
    Ok(report)
}
