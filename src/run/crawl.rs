//! The crawl: URLs from the frontier over fetch and extract to the output, until nothing is left
//! to do or somebody says stop.
//!
//! One task conducts: it leases as many URLs as there are free places, starts a task for each,
//! gathers what they bring, writes it, and acks it in one transaction with the lengths of the
//! output. Whatever happens between two of those transactions is cut off and done again.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use super::clock::{Clock, millis};
use super::lock::Lock;
use super::report::{Report, Stopped};
use super::robots_cache::{Gate, RobotsCache};
use super::visit::{RobotsRead, Transfer, Visited, Visitor};
use super::{RunError, Stop, Watch};
use crate::article::{Article, content_hash};
use crate::crawl::retry::{Attempt, Retry, retry_after};
use crate::crawl::robots::product_token;
use crate::crawl::{HostKey, Politeness, UrlKey, redirect, url_key};
use crate::extract;
use crate::failure::{Failure, Status};
use crate::fetch::{self, Client, FetchError};
use crate::frontier::sqlite::SqliteFrontier;
use crate::frontier::{Ack, Admission, Frontier, FrontierError, Known, Lease, Millis, NewUrl, Outcome};
use crate::input::urls::Line;
use crate::output::folder::Folder;
use crate::output::{Format, Sink, atomic};
use crate::record::Record;

/// What to crawl, and how.
#[derive(Debug, Clone)]
pub struct Job {
    /// The URLs, as the user wrote them, with the place of each.
    pub urls: Vec<Line>,
    /// The folder of output and state.
    pub out: PathBuf,
    /// The form of the output besides `articles.jsonl`.
    pub format: Format,
    /// Asking.
    pub fetch: fetch::Options,
    /// Extracting.
    pub extract: extract::Options,
    /// Pauses.
    pub politeness: Politeness,
    /// Asking again.
    pub retry: Retry,
    /// Most requests at once, over all hosts.
    pub concurrency: usize,
    /// Ask again what is done.
    pub refresh: bool,
    /// Most URLs to finish in this run.
    pub limit: Option<u64>,
}

/// URLs admitted in one transaction.
const ADMIT_BATCH: usize = 1_000;
/// Name of the note that failures healed by a refresh are still to be taken out of their file.
const HEALING: &str = "healing";

/// Crawls until all is done, the limit is reached or `stop` says so.
///
/// # Errors
///
/// [`RunError`] when output or state cannot be written; nothing that was acked is lost.
pub async fn crawl(job: Job, stop: &Stop, watch: &dyn Watch) -> Result<Report, RunError> {
    let state = job.out.join("state");
    let _lock = Lock::take(&state, &job.out)?;
    let clock = Clock::start();
    let mut journal = Journal::open(&job, &state)?;
    let mut report = Report::begin(clock.now());
    journal.admit(&job, &mut report)?;
    let pending = journal.frontier.counts()?.pending;
    watch.planned(job.limit.map_or(pending, |limit| pending.min(limit)));
    tracing::info!(urls = report.inputs, pending, already_done = report.already_done, out = %job.out.display(), "crawling");
    let visitor = Visitor {
        client: Client::new(&job.fetch)?,
        options: job.extract,
        cores: Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from))),
    };
    let out = job.out.clone();
    let mut conductor = Conductor {
        agent: product_token(&job.fetch.user_agent).to_owned(),
        job,
        clock,
        visitor,
        robots: RobotsCache::default(),
        tasks: JoinSet::new(),
        batch: Batch::default(),
        report,
        settled: 0,
    };
    let stopped = conductor.run(&mut journal, stop, watch).await?;
    if stopped == Stopped::Finished && conductor.job.refresh {
        journal.frontier.end_refresh()?;
    }
    let mut report = conductor.report;
    report.pending = journal.frontier.counts()?.pending;
    report.end(clock.now(), clock.elapsed(), stopped);
    atomic::write(&out.join("report.json"), report.to_json().as_bytes())?;
    Ok(report)
}

/// State and output, which must agree.
struct Journal {
    frontier: SqliteFrontier,
    folder: Folder,
}

impl Journal {
    fn open(job: &Job, state: &std::path::Path) -> Result<Self, RunError> {
        let mut frontier = SqliteFrontier::open(&state.join("frontier.sqlite"))?;
        let marks = frontier.marks()?;
        let mut folder = Folder::open(&job.out, job.format, &marks)?;
        for path in folder.shortened() {
            tracing::warn!(path = %path.display(), "shorter than the state knows: it was changed from outside; appending to what is left");
        }
        let lengths = folder.commit()?;
        frontier.ack(&[], &lengths)?;
        Ok(Self { frontier, folder })
    }

    /// Takes the job's URLs in. With a refresh, failures that are to be asked again leave their
    /// file; the note [`HEALING`] outlives a kill in between.
    fn admit(&mut self, job: &Job, report: &mut Report) -> Result<(), RunError> {
        if job.refresh {
            self.frontier.begin_refresh()?;
            self.frontier.ack(&[], &vec![(HEALING.to_owned(), 1)])?;
        }
        for lines in job.urls.chunks(ADMIT_BATCH) {
            let urls: Vec<NewUrl> = lines.iter().map(new_url).collect();
            let admitted = self.frontier.admit(&urls, job.refresh)?;
            report.inputs += admitted.len() as u64;
            for admission in admitted {
                report.already_done += u64::from(matches!(admission, Admission::Done | Admission::Failed));
                report.articles_in_all += u64::from(admission == Admission::Done);
                report.failures_in_all += u64::from(admission == Admission::Failed);
            }
        }
        let healing = self.frontier.marks()?.iter().any(|(name, value)| name == HEALING && *value == 1);
        if healing {
            let frontier = &mut self.frontier;
            self.folder.keep_failures(|url| frontier.is_failed(url).map_err(RunError::from))?;
            let mut marks = self.folder.commit()?;
            marks.push((HEALING.to_owned(), 0));
            self.frontier.ack(&[], &marks)?;
        }
        Ok(())
    }

    /// Writes records and acks their leases: first the output, made durable, then the state.
    fn commit(&mut self, batch: Batch) -> Result<(), RunError> {
        for record in &batch.records {
            self.folder.write(record)?;
        }
        let marks = self.folder.commit()?;
        self.frontier.ack(&batch.acks, &marks)?;
        Ok(())
    }
}

/// A line of a list as the frontier takes it.
fn new_url(line: &Line) -> NewUrl {
    match url_key::parse(&line.text) {
        Ok(url) => NewUrl {
            key: UrlKey::of(&url).to_string(),
            url: line.text.clone(),
            host: HostKey::of(&url).as_str().to_owned(),
            verdict: None,
        },
        Err(error) => NewUrl {
            key: format!("bad {}", line.text),
            url: line.text.clone(),
            host: String::new(),
            verdict: Some((Status::BadUrl, format!("{}: {error}", line.place))),
        },
    }
}

/// What is to be written and acked together.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    acks: Vec<Ack>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.acks.is_empty()
    }
}

/// What a task brings back.
struct Brought {
    lease: Lease,
    url: Url,
    transfer: Transfer,
    what: What,
}

enum What {
    Robots(RobotsRead),
    Page(Visited),
}

struct Conductor {
    job: Job,
    agent: String,
    clock: Clock,
    visitor: Visitor,
    robots: RobotsCache,
    tasks: JoinSet<Brought>,
    batch: Batch,
    report: Report,
    /// URLs finished in this run.
    settled: u64,
}

impl Conductor {
    async fn run(&mut self, journal: &mut Journal, stop: &Stop, watch: &dyn Watch) -> Result<Stopped, RunError> {
        loop {
            while let Some(brought) = self.tasks.try_join_next() {
                self.take(brought, watch);
            }
            if !self.batch.is_empty() {
                journal.commit(std::mem::take(&mut self.batch))?;
            }
            let stopping = stop.signal().map(Stopped::Signal);
            let places = if stopping.is_some() { 0 } else { self.places() };
            for lease in journal.frontier.lease(self.clock.millis(), places)? {
                self.begin(lease, watch);
            }
            if !self.batch.is_empty() {
                continue;
            }
            if self.tasks.is_empty() {
                if let Some(stopped) = stopping.or_else(|| self.limit_reached()) {
                    return Ok(stopped);
                }
            }
            let due = if places == 0 { None } else { journal.frontier.next_due()? };
            if self.tasks.is_empty() && due.is_none() {
                return Ok(Stopped::Finished);
            }
            self.wait(due, stop, watch).await;
        }
    }

    /// How many more URLs may be in hand.
    fn places(&self) -> usize {
        let free = self.job.concurrency.saturating_sub(self.tasks.len());
        let left = self.job.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.settled + self.tasks.len() as u64));
        free.min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    fn limit_reached(&self) -> Option<Stopped> {
        self.job.limit.filter(|&limit| self.settled >= limit).map(|_| Stopped::Limit)
    }

    /// Until a task ends, a URL is due, or somebody says stop.
    async fn wait(&mut self, due: Option<Millis>, stop: &Stop, watch: &dyn Watch) {
        let pause = due.map_or(u64::MAX / 4, |due| u64::try_from(due - self.clock.millis()).unwrap_or(0));
        let draining = stop.signal().is_some();
        let brought = tokio::select! {
            Some(brought) = self.tasks.join_next() => Some(brought),
            () = tokio::time::sleep(std::time::Duration::from_millis(pause)), if due.is_some() => None,
            () = stop.wait(), if !draining => None,
        };
        if let Some(brought) = brought {
            self.take(brought, watch);
        }
    }

    /// Starts what a lease asks for, or settles it at once.
    fn begin(&mut self, lease: Lease, watch: &dyn Watch) {
        if let Some((status, detail)) = lease.verdict.clone() {
            return self.fail(&lease, status, detail, 0, 0, watch);
        }
        let url = match lease.path.last().map(|last| url_key::parse(last)) {
            Some(Ok(url)) => url,
            _ => return self.fail(&lease, Status::BadUrl, "no URL in the state".to_owned(), 0, 0, watch),
        };
        match self.robots.gate(&url, self.clock.millis()) {
            Gate::ReadRobots { .. } => {
                let (visitor, agent) = (self.visitor.clone(), self.agent.clone());
                self.tasks.spawn(async move {
                    let (read, transfer) = visitor.robots(&url, &agent).await;
                    Brought { lease, url, transfer, what: What::Robots(read) }
                });
            }
            Gate::Open { forbidden, .. } => {
                let (visitor, now) = (self.visitor.clone(), self.clock.now());
                self.tasks.spawn(async move {
                    let (visited, transfer) = visitor.page(&lease, &url, forbidden, now).await;
                    Brought { lease, url, transfer, what: What::Page(visited) }
                });
            }
            Gate::Closed { status, detail } => self.fail(&lease, status, detail, 0, 0, watch),
        }
    }

    fn take(&mut self, brought: Result<Brought, tokio::task::JoinError>, watch: &dyn Watch) {
        // Extraction's panics are caught in the visit; a lease that is lost here is asked again
        // by the next run.
        let Ok(Brought { lease, url, transfer, what }) = brought else { return };
        self.report.transfer(&lease.host, transfer.requests, transfer.wire_bytes, transfer.body_bytes);
        match what {
            What::Robots(read) => self.take_robots(&lease, &url, read, watch),
            What::Page(visited) => self.take_page(&lease, &url, visited, watch),
        }
    }

    fn take_robots(&mut self, lease: &Lease, url: &Url, read: RobotsRead, watch: &dyn Watch) {
        let now = self.clock.millis();
        let error = match read {
            RobotsRead::Rules { robots, forbidden } => {
                self.robots.learn(url, robots, forbidden, now);
                let ready = self.host_ready(url);
                return self.ack(lease, ready, Outcome::Again { failed: false, due: 0 });
            }
            RobotsRead::Failed(error) => error,
        };
        let Gate::ReadRobots { failed } = self.robots.gate(url, now) else { return };
        let attempt = self.attempt(failed + 1, &error);
        if let Some(pause) = self.job.retry.pause(&attempt, fastrand::f64()) {
            self.robots.failing(url, failed + 1, now);
            let due = (now + millis(pause)).max(self.host_ready(url));
            return self.ack(lease, due, Outcome::Again { failed: false, due });
        }
        // A host that was never reached has the status of that, since the page would fail so too.
        let status = if error.unreached { error.status } else { Status::RobotsUnreachable };
        let detail = format!("robots.txt: {error}");
        self.robots.close(url, status, detail.clone(), now);
        let ready = self.host_ready(url);
        self.fail(lease, status, detail, failed + 1, ready, watch);
    }

    fn take_page(&mut self, lease: &Lease, url: &Url, visited: Visited, watch: &dyn Watch) {
        let ready = self.host_ready(url);
        match visited {
            Visited::Article(article) => self.take_article(lease, ready, article, watch),
            Visited::NotModified => self.take_unchanged(lease, ready, lease.known.clone().unwrap_or_default(), watch),
            Visited::Redirect { location } => self.take_redirect(lease, ready, location.as_deref(), watch),
            Visited::Failed(error) => self.take_failure(lease, ready, &error, watch),
        }
    }

    fn take_article(&mut self, lease: &Lease, ready: Millis, mut article: Box<Article>, watch: &dyn Watch) {
        let response = article.http.clone().unwrap_or_default();
        let mut known = Known {
            version: 1,
            fingerprint: fingerprint(&article),
            etag: response.etag,
            last_modified: response.last_modified,
        };
        if let Some(before) = &lease.known {
            known.version = before.version;
            if before.fingerprint == known.fingerprint {
                return self.take_unchanged(lease, ready, known, watch);
            }
            known.version += 1;
        }
        article.version = known.version;
        tracing::debug!(url = %lease.url, words = article.word_count, version = known.version, "article");
        self.report.article(&lease.host, known.version > 1);
        self.settle(None, watch);
        self.batch.records.push(Record::Article(article));
        self.ack(lease, ready, Outcome::Article(known));
    }

    fn take_unchanged(&mut self, lease: &Lease, ready: Millis, known: Known, watch: &dyn Watch) {
        tracing::debug!(url = %lease.url, "not modified");
        self.report.unchanged(&lease.host);
        self.settle(None, watch);
        self.ack(lease, ready, Outcome::Article(known));
    }

    fn take_redirect(&mut self, lease: &Lease, ready: Millis, location: Option<&str>, watch: &dyn Watch) {
        let path: Vec<Url> = lease.path.iter().filter_map(|url| Url::parse(url).ok()).collect();
        match redirect::next(&path, location) {
            Ok(target) => {
                tracing::debug!(url = %lease.url, to = %target, "redirect");
                let host = HostKey::of(&target).as_str().to_owned();
                let path = lease.path.iter().cloned().chain([target.into()]).collect();
                self.ack(lease, ready, Outcome::Moved { path, host });
            }
            Err((status, detail)) => self.fail(lease, status, detail, lease.failed + 1, ready, watch),
        }
    }

    fn take_failure(&mut self, lease: &Lease, ready: Millis, error: &FetchError, watch: &dyn Watch) {
        let attempt = self.attempt(lease.failed + 1, error);
        let Some(pause) = self.job.retry.pause(&attempt, fastrand::f64()) else {
            return self.fail(lease, error.status, error.detail.clone(), lease.failed + 1, ready, watch);
        };
        tracing::debug!(url = %lease.url, attempt = lease.failed + 1, %error, "again later");
        let due = self.clock.millis() + millis(pause);
        // A server that says how long to wait means all its pages.
        let host_ready = if attempt.retry_after.is_some() { ready.max(due) } else { ready };
        self.ack(lease, host_ready, Outcome::Again { failed: true, due });
    }

    fn attempt(&self, failed: u32, error: &FetchError) -> Attempt {
        let now = self.clock.now().as_second();
        let retry_after = error.retry_after.as_deref().and_then(|header| retry_after(header, now));
        Attempt { failed, status: error.status, code: error.code, retry_after }
    }

    /// Settles a lease as a failure; a URL that has an article keeps that instead.
    fn fail(&mut self, lease: &Lease, status: Status, detail: String, attempts: u32, ready: Millis, watch: &dyn Watch) {
        if lease.known.is_some() {
            tracing::warn!(url = %lease.url, %status, detail, "asking again failed, the article stays");
            self.report.kept(status);
        } else {
            tracing::warn!(url = %lease.url, %status, detail, attempts, "failed");
            self.report.failure(&lease.host, status);
            self.batch.records.push(Record::Failure(Failure::of_url(&lease.url, status, detail, attempts)));
        }
        self.settle(Some(status), watch);
        self.ack(lease, ready, Outcome::Failed(status));
    }

    fn settle(&mut self, failure: Option<Status>, watch: &dyn Watch) {
        self.settled += 1;
        watch.settled(failure);
    }

    fn ack(&mut self, lease: &Lease, host_ready: Millis, outcome: Outcome) {
        self.batch.acks.push(Ack { id: lease.id, host: lease.host.clone(), host_ready, outcome });
    }

    /// When the host that just answered may be asked again.
    fn host_ready(&self, url: &Url) -> Millis {
        let now = self.clock.millis();
        let crawl_delay = match self.robots.gate(url, now) {
            Gate::Open { crawl_delay, .. } => crawl_delay,
            _ => None,
        };
        now + millis(self.job.politeness.pause(crawl_delay))
    }
}

/// By this a changed article is told from the same one: what a reader would call the story.
fn fingerprint(article: &Article) -> String {
    content_hash(&format!("{}\n{}", article.metadata.title.as_deref().unwrap_or_default(), article.text))
}

impl From<FrontierError> for Box<RunError> {
    fn from(error: FrontierError) -> Self {
        Box::new(error.into())
    }
}
