//! The one task that decides: what to start, and what to make of what comes back.

mod finding;

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{self, JoinError, JoinSet};
use url::Url;

use super::Job;
use super::journal::{Batch, Committed, Ledger};
use super::parts::{Joined, Parts};
use super::robots_cache::{Gate, RobotsCache};
use super::sources::Finder;
use super::visit::{Read, RobotsRead, Transfer, Visited, Visitor};
use crate::article::{Article, PageType, content_hash};
use crate::crawl::retry::{Attempt, retry_after};
use crate::crawl::robots::product_token;
use crate::crawl::{HostKey, redirect, url_key};
use crate::extract::Rejection;
use crate::failure::{Failure, Status};
use crate::fetch::FetchError;
use crate::frontier::{Ack, Known, Lease, Millis, Outcome};
use crate::record::Record;
use crate::run::clock::{Clock, millis};
use crate::run::report::{Report, Stopped};
use crate::run::{RunError, Stop, Watch};

/// Leases, tasks in flight, and what they brought since the last commit.
pub(super) struct Conductor<'j> {
    job: &'j Job,
    /// By this word robots.txt groups are matched.
    agent: String,
    clock: Clock,
    visitor: Visitor,
    robots: RobotsCache,
    finder: Finder,
    tasks: JoinSet<Brought>,
    /// The lease of each task, for one that panics.
    in_hand: HashMap<task::Id, Lease>,
    batch: Batch,
    report: Report,
    /// URLs finished in this run, and not yet told to whoever watches.
    settled: u64,
    untold: Vec<Option<Status>>,
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

/// Why a URL is given up.
struct Verdict {
    status: Status,
    detail: String,
    page_type: Option<PageType>,
    attempts: u32,
}

impl<'j> Conductor<'j> {
    pub(super) fn new(job: &'j Job, clock: Clock, visitor: Visitor, report: Report) -> Self {
        Self {
            job,
            agent: product_token(&job.fetch.user_agent).to_owned(),
            clock,
            visitor,
            robots: RobotsCache::default(),
            finder: Finder::new(job.finding.choice.clone(), job.finding.max_found),
            tasks: JoinSet::new(),
            in_hand: HashMap::new(),
            batch: Batch::default(),
            report,
            settled: 0,
            untold: Vec::new(),
        }
    }

    pub(super) fn into_report(self) -> Report {
        self.report
    }

    /// Works until nothing is left, the limit is reached, or `stop` says so and all is drained.
    pub(super) async fn run(
        &mut self,
        ledger: &mut dyn Ledger,
        stop: &Stop,
        watch: &dyn Watch,
    ) -> Result<Stopped, RunError> {
        loop {
            while let Some(brought) = self.tasks.try_join_next_with_id() {
                self.take(brought);
            }
            self.commit(ledger, watch)?;
            let stopping = stop.signal().map(Stopped::Signal);
            let places = if stopping.is_some() { 0 } else { self.places() };
            for lease in ledger.frontier().lease(self.clock.millis(), places)? {
                self.begin(lease);
            }
            if !self.batch.acks.is_empty() {
                continue;
            }
            let due = if places == 0 {
                None
            } else {
                ledger.frontier().next_due()?
            };
            if self.tasks.is_empty() {
                if let Some(stopped) = stopping {
                    return Ok(stopped);
                }
                if let Some(stopped) = self.limit_reached() {
                    let rest = ledger.frontier().counts()?.pending > 0;
                    return Ok(if rest { stopped } else { Stopped::Finished });
                }
                if due.is_none() {
                    return Ok(Stopped::Finished);
                }
            }
            self.wait(due, stopping.is_some(), stop).await;
        }
    }

    fn commit(&mut self, ledger: &mut dyn Ledger, watch: &dyn Watch) -> Result<(), RunError> {
        if !self.batch.acks.is_empty() {
            let Committed {
                admitted,
                duplicates,
            } = ledger.commit(std::mem::take(&mut self.batch))?;
            self.report.duplicates += duplicates;
            self.count_found(&admitted, watch);
        }
        for failure in self.untold.drain(..) {
            watch.settled(failure);
        }
        Ok(())
    }

    /// How many more URLs may be in hand.
    fn places(&self) -> usize {
        let free = self.job.concurrency.saturating_sub(self.tasks.len());
        let begun = self.settled + self.tasks.len() as u64;
        let left = self
            .job
            .limit
            .map_or(u64::MAX, |limit| limit.saturating_sub(begun));
        free.min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    fn limit_reached(&self) -> Option<Stopped> {
        self.job
            .limit
            .filter(|&limit| self.settled >= limit)
            .map(|_| Stopped::Limit)
    }

    /// Until a task ends, a URL is due, or somebody says stop.
    async fn wait(&mut self, due: Option<Millis>, draining: bool, stop: &Stop) {
        let pause = due.map_or(0, |due| {
            u64::try_from(due - self.clock.millis()).unwrap_or(0)
        });
        let brought = tokio::select! {
            Some(brought) = self.tasks.join_next_with_id() => Some(brought),
            () = tokio::time::sleep(Duration::from_millis(pause)), if due.is_some() => None,
            () = stop.wait(), if !draining => None,
        };
        if let Some(brought) = brought {
            self.take(brought);
        }
    }

    /// Starts what a lease asks for, or settles it at once.
    fn begin(&mut self, lease: Lease) {
        let Some(lease) = self.prepared(lease) else {
            return;
        };
        if let Some((status, detail)) = lease.verdict.clone() {
            return self.fail(&lease, 0, Verdict::unasked(status, detail));
        }
        let Some(url) = lease.path.last().and_then(|last| url_key::parse(last).ok()) else {
            let verdict = Verdict::unasked(Status::BadUrl, "no URL in the state".to_owned());
            return self.fail(&lease, 0, verdict);
        };
        match self.robots.gate(&url, self.clock.millis()) {
            Gate::ReadRobots => self.ask_robots(lease, url),
            Gate::Open { forbidden, .. } => self.ask_page(lease, url, forbidden),
            Gate::Closed { status, detail } => {
                self.fail(&lease, 0, Verdict::unasked(status, detail));
            }
        }
    }

    fn ask_robots(&mut self, lease: Lease, url: Url) {
        let (visitor, agent) = (self.visitor.clone(), self.agent.clone());
        let pause = self.job.politeness.delay;
        self.start(lease, async move |lease| {
            let (read, transfer) = visitor.robots(&url, &agent, pause).await;
            let what = What::Robots(read);
            Brought {
                lease,
                url,
                transfer,
                what,
            }
        });
    }

    fn ask_page(&mut self, lease: Lease, url: Url, forbidden: bool) {
        let (visitor, now) = (self.visitor.clone(), self.clock.now());
        self.start(lease, async move |lease| {
            let (visited, transfer) = visitor.page(&lease, &url, forbidden, now).await;
            let what = What::Page(visited);
            Brought {
                lease,
                url,
                transfer,
                what,
            }
        });
    }

    fn start<W, F>(&mut self, lease: Lease, work: W)
    where
        W: FnOnce(Lease) -> F,
        F: Future<Output = Brought> + Send + 'static,
    {
        let task = self.tasks.spawn(work(lease.clone()));
        self.in_hand.insert(task.id(), lease);
    }

    fn take(&mut self, brought: Result<(task::Id, Brought), JoinError>) {
        let (task, brought) = match brought {
            Ok((task, brought)) => (task, Ok(brought)),
            Err(error) => (error.id(), Err(error)),
        };
        let Some(lease) = self.in_hand.remove(&task) else {
            return;
        };
        let Brought {
            lease,
            url,
            transfer,
            what,
        } = match brought {
            Ok(brought) => brought,
            // A fault of ours must not hold the host's other pages up.
            Err(error) => {
                let detail = format!("internal error: {error}");
                return self.fail(&lease, 0, Verdict::unasked(Status::NoArticle, detail));
            }
        };
        self.report.transfer(
            &lease.host,
            transfer.requests,
            transfer.wire_bytes,
            transfer.body_bytes,
        );
        match what {
            What::Robots(read) => self.take_robots(&lease, &url, read),
            What::Page(visited) => self.take_page(&lease, &url, visited),
        }
    }

    fn take_robots(&mut self, lease: &Lease, url: &Url, read: RobotsRead) {
        let now = self.clock.millis();
        let error = match read {
            RobotsRead::Rules { robots, forbidden } => {
                self.robots.learn(url, robots, forbidden, now);
                let ready = self.host_ready(url);
                return self.ack(
                    lease,
                    ready,
                    Outcome::Again {
                        failed: false,
                        due: 0,
                    },
                );
            }
            RobotsRead::Failed(error) => error,
        };
        let attempt = self.attempt(self.robots.failures(url, now) + 1, &error);
        if let Some(pause) = self.pause(&attempt) {
            self.robots.failing(url, attempt.failed, now);
            let due = (now + pause).max(self.host_ready(url));
            return self.ack(lease, due, Outcome::Again { failed: false, due });
        }
        // A host that was never reached has the status of that, since the page would fail so too.
        let status = if error.unreached {
            error.status
        } else {
            Status::RobotsUnreachable
        };
        let detail = format!("robots.txt: {error}");
        self.robots.close(url, status, detail.clone(), now);
        let ready = self.host_ready(url);
        let verdict = Verdict {
            status,
            detail,
            page_type: None,
            attempts: attempt.failed,
        };
        self.fail(lease, ready, verdict);
    }

    fn take_page(&mut self, lease: &Lease, url: &Url, visited: Visited) {
        let ready = self.host_ready(url);
        match visited {
            Visited::Article(read) => {
                self.follow(lease, url, read.links.as_ref());
                self.take_article(lease, ready, *read);
            }
            Visited::GoesOn { next, parts } => self.go_on(lease, ready, &next, &parts),
            Visited::Source(read) => self.take_source(lease, url, *read),
            Visited::Kept => {
                self.settle(None);
                self.ack(lease, ready, Outcome::Article(Known::default()));
            }
            Visited::NotModified if lease.is_source => self.source_unchanged(lease, ready),
            Visited::NotModified => {
                self.take_unchanged(lease, ready, lease.known.clone().unwrap_or_default());
            }
            Visited::Redirect { location } => {
                self.take_redirect(lease, ready, location.as_deref());
            }
            Visited::Rejected(rejection, links) => {
                self.follow(lease, url, links.as_ref());
                let Rejection {
                    status,
                    page_type,
                    detail,
                } = rejection;
                let verdict = Verdict {
                    status,
                    detail,
                    page_type,
                    attempts: lease.failed + 1,
                };
                self.fail(lease, ready, verdict);
            }
            Visited::Failed(error) => self.take_failure(lease, url, &error),
        }
    }

    fn take_article(&mut self, lease: &Lease, ready: Millis, read: Read) {
        let Read {
            mut article,
            traces,
            ..
        } = read;
        let response = article.http.clone().unwrap_or_default();
        let before = lease.known.as_ref();
        let fingerprint = fingerprint(&article);
        let unchanged = before.is_some_and(|before| before.fingerprint == fingerprint);
        let version = before.map_or(1, |before| before.version + u32::from(!unchanged));
        let (etag, last_modified) = (response.etag, response.last_modified);
        let known = Known {
            version,
            fingerprint,
            address: article.final_url.clone(),
            etag,
            last_modified,
            traces: (!unchanged).then_some(traces),
        };
        if unchanged {
            return self.take_unchanged(lease, ready, known);
        }
        article.version = version;
        tracing::debug!(url = %shown(lease), words = article.word_count, version, "article");
        self.report.article(&lease.host, before.is_some());
        self.settle(None);
        let record = Record::Article(Box::new(article));
        self.batch.records.push((lease.id, record));
        self.ack(lease, ready, Outcome::Article(known));
    }

    /// Queues the next page of an article of several, with the parts so far.
    fn go_on(&mut self, lease: &Lease, ready: Millis, next: &Url, parts: &Parts) {
        let outcome = Outcome::Continued {
            address: next.to_string(),
            host: HostKey::of(next).as_str().to_owned(),
            parts: parts.to_json(),
        };
        self.ack(lease, ready, outcome);
    }

    /// A page of an article could not be had: what is there of it counts.
    fn do_without(&mut self, lease: &Lease, ready: Millis, parts: Parts) {
        match parts.missing() {
            Joined::GoesOn { next, parts } => self.go_on(lease, ready, &next, &parts),
            Joined::Done(article) => self.take_article(lease, ready, Read::of(*article, None)),
        }
    }

    fn take_unchanged(&mut self, lease: &Lease, ready: Millis, known: Known) {
        tracing::debug!(url = %shown(lease), "not modified");
        self.report.unchanged(&lease.host);
        self.settle(None);
        self.ack(lease, ready, Outcome::Article(known));
    }

    fn take_redirect(&mut self, lease: &Lease, ready: Millis, location: Option<&str>) {
        let path: Vec<Url> = lease
            .path
            .iter()
            .filter_map(|url| Url::parse(url).ok())
            .collect();
        match redirect::next(&path, location) {
            Ok(target) => {
                tracing::debug!(url = %shown(lease), to = %target, "redirect");
                let host = HostKey::of(&target).as_str().to_owned();
                let path = lease.path.iter().cloned().chain([target.into()]).collect();
                self.ack(lease, ready, Outcome::Moved { path, host });
            }
            Err((status, detail)) => {
                let attempts = lease.failed + 1;
                let verdict = Verdict {
                    status,
                    detail,
                    page_type: None,
                    attempts,
                };
                self.fail(lease, ready, verdict);
            }
        }
    }

    fn take_failure(&mut self, lease: &Lease, url: &Url, error: &FetchError) {
        let now = self.clock.millis();
        let attempt = self.attempt(lease.failed + 1, error);
        // A server that says how long to wait means all its pages.
        let mut host_ready = self.host_ready(url);
        if attempt.closes_host() {
            let wait = attempt.host_wait().as_secs();
            let detail = format!("the host asked to be left alone for {wait} s");
            self.robots.close(url, Status::RateLimited, detail, now);
        } else {
            host_ready = host_ready.max(now + millis(attempt.host_wait()));
        }
        let Some(pause) = self.pause(&attempt) else {
            let verdict = Verdict {
                status: error.status,
                detail: error.detail.clone(),
                page_type: None,
                attempts: attempt.failed,
            };
            return self.fail(lease, host_ready, verdict);
        };
        tracing::debug!(url = %shown(lease), attempt = attempt.failed, %error, "again later");
        let due = now + pause;
        self.ack(lease, host_ready, Outcome::Again { failed: true, due });
    }

    /// What failed, the server's wish in the terms of this run's clock.
    fn attempt(&self, failed: u32, error: &FetchError) -> Attempt {
        let now = self.clock.now().as_second();
        let wish = error.retry_after.as_deref();
        Attempt {
            failed,
            status: error.status,
            code: error.code,
            retry_after: wish.and_then(|header| retry_after(header, now)),
        }
    }

    /// How long to wait before asking again; none to give up.
    fn pause(&self, attempt: &Attempt) -> Option<Millis> {
        self.job.retry.pause(attempt, fastrand::f64()).map(millis)
    }

    /// Settles a lease as a failure; a URL that has an article keeps that instead.
    fn fail(&mut self, lease: &Lease, ready: Millis, verdict: Verdict) {
        if lease.is_source {
            return self.fail_source(lease, ready, verdict);
        }
        if let Some(parts) = lease.parts.as_deref().and_then(Parts::read) {
            return self.do_without(lease, ready, parts);
        }
        let Verdict {
            status,
            detail,
            page_type,
            attempts,
        } = verdict;
        if lease.known.is_some() {
            tracing::warn!(url = %shown(lease), %status, detail, "kept, asking again failed");
            self.report.kept(status);
        } else {
            tracing::warn!(url = %shown(lease), %status, detail, attempts, "failed");
            self.report.failure(&lease.host, status);
            let failure = Failure::of_url(&lease.url, status, detail, attempts);
            let failure = failure.being(page_type);
            self.batch
                .records
                .push((lease.id, Record::Failure(failure)));
        }
        self.settle(Some(status));
        self.ack(lease, ready, Outcome::Failed(status));
    }

    fn settle(&mut self, failure: Option<Status>) {
        self.settled += 1;
        self.untold.push(failure);
    }

    fn ack(&mut self, lease: &Lease, host_ready: Millis, outcome: Outcome) {
        self.batch.acks.push(Ack {
            id: lease.id,
            host: lease.host.clone(),
            host_ready,
            outcome,
        });
    }

    /// When the host that just answered may be asked again.
    fn host_ready(&self, url: &Url) -> Millis {
        let now = self.clock.millis();
        now + millis(self.job.politeness.pause(self.robots.crawl_delay(url, now)))
    }
}

impl Verdict {
    /// Of a URL that no request was made for.
    fn unasked(status: Status, detail: String) -> Self {
        Self {
            status,
            detail,
            page_type: None,
            attempts: 0,
        }
    }
}

/// The URL of a lease as a log may show it.
fn shown(lease: &Lease) -> Cow<'_, str> {
    url_key::without_credentials(&lease.url)
}

/// By this a changed article is told from the same one: what a reader would call the story.
fn fingerprint(article: &Article) -> String {
    let title = article.metadata.title.as_deref().unwrap_or_default();
    content_hash(&format!("{title}\n{}", article.text))
}
