//! The one task that decides: what to start, and what to make of what comes back.

mod articles;
mod failing;
mod finding;

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{self, JoinError, JoinSet};
use url::Url;

use super::Job;
use super::harvest::Harvest;
use super::journal::{Batch, Intake, Ledger};
use super::keep::{Archived, Kept};
use super::paces::Paces;
use super::rhythms::{Heard, Rhythms};
use super::robots_cache::{Gate, RobotsCache};
use super::sources::Finder;
use super::visit::{Came, RobotsRead, Transfer, Visited, Visitor};
use crate::crawl::freshness::FRESH_MAX;
use crate::crawl::retry::LATER_MAX;
use crate::crawl::robots::product_token;
use crate::crawl::{HostKey, redirect, url_key};
use crate::extract::Rejection;
use crate::failure::Status;
use crate::frontier::{Ack, Known, Lease, Millis, Outcome};
use crate::page::Warning;
use crate::run::clock::{Clock, millis};
use crate::run::report::{Report, Stopped};
use crate::run::{RunError, Stop, Watch};
use failing::Verdict;

/// Most URLs of a host that was given up which are settled in one commit.
const CLOSED_TOGETHER: usize = 1_000;

/// Leases, tasks in flight, and what they brought since the last commit.
pub(super) struct Conductor<'j> {
    job: &'j Job,
    /// By this word robots.txt groups are matched.
    agent: String,
    clock: Clock,
    visitor: Visitor,
    robots: RobotsCache,
    paces: Paces,
    rhythms: Rhythms,
    intake: Intake,
    finder: Finder,
    /// What each site yields.
    pub(super) harvest: Harvest,
    tasks: JoinSet<Brought>,
    /// The lease of each task, for one that panics.
    in_hand: HashMap<task::Id, Lease>,
    /// What the archive has for the lease that is to begin next, if there is one.
    archived: Option<Archived>,
    batch: Batch,
    /// Which sources led to what of the batch.
    heard: Vec<Heard>,
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
    kept: Vec<Kept>,
    what: What,
}

enum What {
    Robots(RobotsRead),
    Page(Visited),
}

impl Brought {
    fn of<T>(lease: Lease, url: Url, came: Came<T>, what: impl FnOnce(T) -> What) -> Self {
        Self {
            lease,
            url,
            transfer: came.transfer,
            kept: came.kept,
            what: what(came.read),
        }
    }
}

impl<'j> Conductor<'j> {
    pub(super) fn new(job: &'j Job, clock: Clock, visitor: Visitor, report: Report) -> Self {
        let agent = product_token(&job.fetch.user_agent).to_owned();
        Self {
            job,
            robots: RobotsCache::new(&agent, job.retry.later),
            paces: Paces::new(job.politeness),
            rhythms: Rhythms::new(job.rest_max),
            harvest: Harvest::new(Intake::of(job, clock.millis())),
            intake: Intake::of(job, clock.millis()),
            agent,
            clock,
            visitor,
            finder: Finder::new(job.finding.choice.clone(), job.finding.max_found),
            tasks: JoinSet::new(),
            in_hand: HashMap::new(),
            archived: None,
            batch: Batch::default(),
            heard: Vec::new(),
            report,
            settled: 0,
            untold: Vec::new(),
        }
    }

    pub(super) fn into_report(self) -> Report {
        self.report
    }

    /// The report, and what each site yielded.
    pub(super) fn into_yields(self) -> (Report, Harvest) {
        (self.report, self.harvest)
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
            let stopping = stop.why();
            let places = if stopping.is_some() { 0 } else { self.places() };
            for lease in ledger.frontier().lease(self.clock.millis(), places)? {
                self.recall(&lease, ledger)?;
                let host = lease.host.clone();
                self.begin(lease);
                self.settle_closed(&host, ledger)?;
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
                    let rest = ledger.frontier().pending()? > 0;
                    return Ok(if rest { stopped } else { Stopped::Finished });
                }
                if due.is_none() {
                    return Ok(Stopped::Finished);
                }
            }
            self.wait(due, stopping.is_some(), stop).await;
        }
    }

    /// Settles what waits for a host that was given up, many URLs in one commit.
    fn settle_closed(&mut self, host: &str, ledger: &mut dyn Ledger) -> Result<(), RunError> {
        if self.paces.closed(host, self.clock.millis()).is_some() {
            let most = self.left().min(CLOSED_TOGETHER);
            for lease in ledger.frontier().drain(host, most)? {
                self.begin(lease);
            }
        }
        Ok(())
    }

    fn commit(&mut self, ledger: &mut dyn Ledger, watch: &dyn Watch) -> Result<(), RunError> {
        if !self.batch.acks.is_empty() {
            let committed = ledger.commit(std::mem::take(&mut self.batch))?;
            self.report.duplicates += committed.duplicates;
            self.report.silent_edits += committed.silent_edits;
            self.count_found(&committed.admitted, watch);
            let heard = std::mem::take(&mut self.heard);
            let memos = self.rhythms.committed(heard, &committed);
            ledger.frontier().remember(&memos)?;
        }
        for failure in self.untold.drain(..) {
            watch.settled(failure);
        }
        Ok(())
    }

    /// How many more URLs may be in hand.
    fn places(&self) -> usize {
        let free = self.job.concurrency.saturating_sub(self.tasks.len());
        free.min(self.left())
    }

    /// How many more URLs may be begun in this run.
    fn left(&self) -> usize {
        let begun = self.settled + self.tasks.len() as u64;
        let left = self.job.limit.map(|limit| limit.saturating_sub(begun));
        left.map_or(usize::MAX, |left| {
            usize::try_from(left).unwrap_or(usize::MAX)
        })
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

    /// Calls to mind what an earlier run, or this one a while ago, learnt of the lease's host.
    fn recall(&mut self, lease: &Lease, ledger: &mut dyn Ledger) -> Result<(), RunError> {
        let now = self.clock.millis();
        if let Some(name) = self.paces.missing(&lease.host) {
            let memo = ledger.frontier().recall(&name, now)?;
            let longest = self.job.retry.later.max(LATER_MAX);
            self.paces
                .recalled(&lease.host, memo.as_deref(), now + millis(longest));
        }
        if let Some(name) = self.rhythms.missing(lease) {
            let memo = ledger.frontier().recall(&name, now)?;
            self.rhythms.recalled(name, memo.as_deref());
        }
        let Some(url) = asked(lease) else {
            return Ok(());
        };
        if let Some(name) = self.robots.missing(&url)
            && let Some(memo) = ledger.frontier().recall(&name, now)?
        {
            self.robots.recalled(&url, &memo, now);
        }
        if self.job.fetch.exchanges {
            self.archived = Some(Archived::recall(ledger.frontier(), &url, now)?);
        }
        Ok(())
    }

    /// Starts what a lease asks for, or settles it at once.
    fn begin(&mut self, lease: Lease) {
        let now = self.clock.millis();
        let Some(lease) = self.prepared(lease) else {
            return;
        };
        if let Some((status, detail)) = lease.verdict.clone() {
            return self.fail(&lease, 0, Verdict::unasked(status, detail));
        }
        let Some(url) = asked(&lease) else {
            let verdict = Verdict::unasked(Status::BadUrl, "no URL in the state".to_owned());
            return self.fail(&lease, 0, verdict);
        };
        if let Some(closed) = self.paces.closed(&lease.host, now) {
            let verdict = Verdict {
                again: Some(closed.until),
                attempts: lease.failed,
                ..Verdict::unasked(closed.status, closed.detail.clone())
            };
            return self.fail(&lease, 0, verdict);
        }
        if is_fresh(&lease, now) {
            let known = lease.known.clone().unwrap_or_default();
            return self.take_unchanged(&lease, 0, known);
        }
        if self.is_unruly(&url) {
            return self.ask_page(lease, url, Some(Warning::RobotsIgnored));
        }
        match self.robots.gate(&url, now) {
            Gate::ReadRobots => self.ask_robots(lease, url),
            Gate::Open { warning } => self.ask_page(lease, url, warning),
            Gate::Closed {
                status,
                detail,
                until,
            } => {
                let verdict = Verdict {
                    again: until,
                    ..Verdict::unasked(status, detail)
                };
                self.fail(&lease, 0, verdict);
            }
        }
    }

    /// Whether the user had the robots.txt of this host ignored.
    fn is_unruly(&self, url: &Url) -> bool {
        let host = HostKey::of(url);
        self.job
            .ignore_robots
            .iter()
            .any(|named| named == host.as_str())
    }

    fn ask_robots(&mut self, lease: Lease, url: Url) {
        let (visitor, agent) = (self.visitor.clone(), self.agent.clone());
        let pause = self.job.politeness.delay;
        let known = self.robots.old(&url).cloned();
        let archived = self.archived.take();
        self.start(lease, async move |lease| {
            let came = visitor.robots(&url, &agent, known, pause, archived).await;
            Brought::of(lease, url, came, What::Robots)
        });
    }

    fn ask_page(&mut self, lease: Lease, url: Url, warning: Option<Warning>) {
        let (visitor, now) = (self.visitor.clone(), self.clock.now());
        let archived = self.archived.take();
        self.start(lease, async move |lease| {
            let came = visitor.page(&lease, &url, warning, now, archived).await;
            Brought::of(lease, url, came, What::Page)
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
            kept,
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
            HostKey::of(&url).as_str(),
            transfer.requests,
            transfer.wire_bytes,
            transfer.body_bytes,
        );
        self.batch.kept.extend(kept);
        match what {
            What::Robots(read) => self.take_robots(&lease, &url, read, transfer),
            What::Page(visited) => self.take_page(&lease, &url, visited, transfer),
        }
    }

    fn take_robots(&mut self, lease: &Lease, url: &Url, read: RobotsRead, transfer: Transfer) {
        let now = self.clock.millis();
        let memo = match read {
            RobotsRead::Rules(read) => self.robots.learn(url, *read, now),
            RobotsRead::Unchanged => self.robots.renew(url, now),
            RobotsRead::Failed(error) => return self.take_no_robots(lease, url, &error, transfer),
        };
        self.batch.memos.push(memo);
        self.paces.answered(&lease.host, transfer.took);
        let ready = self.host_ready(lease, url, transfer.ended);
        let again = Outcome::Again {
            failed: false,
            due: 0,
        };
        self.ack(lease, ready, again);
    }

    fn take_page(&mut self, lease: &Lease, url: &Url, visited: Visited, transfer: Transfer) {
        if !matches!(visited, Visited::Failed(_)) {
            self.paces.answered(&lease.host, transfer.took);
        }
        let ready = self.host_ready(lease, url, transfer.ended);
        // Of an article of several pages the last one does not speak for the others.
        let fresh_until = match lease.parts {
            Some(_) => 0,
            None => self.clock.millis() + millis(transfer.fresh_for),
        };
        match visited {
            Visited::Article(read) => {
                self.follow(lease, url, read.links.as_ref());
                self.take_article(lease, ready, *read, fresh_until);
            }
            Visited::GoesOn { next, parts } => self.go_on(lease, ready, &next, &parts),
            Visited::Source(read) => self.take_source(lease, url, ready, *read),
            Visited::Kept => {
                self.settle(None);
                self.ack(lease, ready, Outcome::Article(Known::default()));
            }
            Visited::NotModified if lease.is_source => self.source_unchanged(lease, ready),
            Visited::NotModified => {
                let known = Known {
                    fresh_until,
                    ..lease.known.clone().unwrap_or_default()
                };
                self.harvest.unchanged(lease);
                self.take_unchanged(lease, ready, known);
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
                    page_type,
                    attempts: lease.failed + 1,
                    ..Verdict::unasked(status, detail)
                };
                self.fail(lease, ready, verdict);
            }
            Visited::Failed(error) => self.take_failure(lease, url, &error, transfer),
        }
    }

    fn take_redirect(&mut self, lease: &Lease, ready: Millis, location: Option<&str>) {
        let path: Vec<Url> = lease
            .path
            .iter()
            .filter_map(|url| Url::parse(url).ok())
            .collect();
        match redirect::next(&path, location, self.job.redirects_max) {
            Ok(target) => {
                let to = url_key::without_credentials(target.as_str());
                tracing::debug!(url = %shown(lease), %to, "redirect");
                let host = HostKey::of(&target).as_str().to_owned();
                let path = lease.path.iter().cloned().chain([target.into()]).collect();
                self.ack(lease, ready, Outcome::Moved { path, host });
            }
            Err((status, detail)) => {
                let verdict = Verdict {
                    attempts: lease.failed + 1,
                    ..Verdict::unasked(status, detail)
                };
                self.fail(lease, ready, verdict);
            }
        }
    }

    fn settle(&mut self, failure: Option<Status>) {
        self.settled += 1;
        self.untold.push(failure);
    }

    fn ack(&mut self, lease: &Lease, host_ready: Millis, outcome: Outcome) {
        let mut ack = Ack {
            id: lease.id,
            host: lease.host.clone(),
            host_ready,
            outcome,
        };
        self.intake.ack(&mut ack);
        self.batch.acks.push(ack);
    }

    /// When the group of a host may be asked again whose response ended so: the pause goes on
    /// while the page is read.
    fn host_ready(&self, lease: &Lease, url: &Url, ended: Millis) -> Millis {
        let crawl_delay = self.robots.crawl_delay(url, self.clock.millis());
        ended + millis(self.paces.pause(&lease.host, crawl_delay))
    }
}

/// The address that a lease is to be asked at.
fn asked(lease: &Lease) -> Option<Url> {
    url_key::parse(lease.path.last()?).ok()
}

/// The host whose page a lease was about.
fn host_of(lease: &Lease) -> HostKey {
    let url = asked(lease);
    url.map_or_else(
        || HostKey::from_stored(String::new()),
        |url| HostKey::of(&url),
    )
}

/// Whether what is known of a lease's page need not be asked again yet (RFC 9111 §4.2). A time too
/// far ahead was set by a clock that was.
fn is_fresh(lease: &Lease, now: Millis) -> bool {
    let known = lease.known.as_ref().filter(|_| lease.path.len() == 1);
    known.is_some_and(|known| {
        known.fresh_until > now && known.fresh_until <= now + millis(FRESH_MAX)
    })
}

/// The URL of a lease as a log may show it.
fn shown(lease: &Lease) -> Cow<'_, str> {
    url_key::without_credentials(&lease.url)
}
