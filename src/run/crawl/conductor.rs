//! The one task that decides: what to start, and what to make of what comes back.

use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use url::Url;

use super::Job;
use super::journal::{Batch, Journal};
use super::robots_cache::{Gate, RobotsCache};
use super::visit::{RobotsRead, Transfer, Visited, Visitor};
use crate::article::{Article, content_hash};
use crate::crawl::retry::{Attempt, retry_after};
use crate::crawl::robots::product_token;
use crate::crawl::{HostKey, redirect, url_key};
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
    tasks: JoinSet<Brought>,
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
            tasks: JoinSet::new(),
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
        journal: &mut Journal,
        stop: &Stop,
        watch: &dyn Watch,
    ) -> Result<Stopped, RunError> {
        loop {
            while let Some(brought) = self.tasks.try_join_next() {
                self.take(brought);
            }
            self.commit(journal, watch)?;
            let stopping = stop.signal().map(Stopped::Signal);
            let places = if stopping.is_some() { 0 } else { self.places() };
            for lease in journal.lease(self.clock.millis(), places)? {
                self.begin(lease);
            }
            if !self.batch.acks.is_empty() {
                continue;
            }
            let due = if places == 0 {
                None
            } else {
                journal.next_due()?
            };
            if self.tasks.is_empty() {
                if let Some(stopped) = stopping.or_else(|| self.limit_reached()) {
                    return Ok(stopped);
                }
                if due.is_none() {
                    return Ok(Stopped::Finished);
                }
            }
            self.wait(due, stop).await;
        }
    }

    fn commit(&mut self, journal: &mut Journal, watch: &dyn Watch) -> Result<(), RunError> {
        if !self.batch.acks.is_empty() {
            journal.commit(&std::mem::take(&mut self.batch))?;
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
    async fn wait(&mut self, due: Option<Millis>, stop: &Stop) {
        let pause = due.map_or(0, |due| {
            u64::try_from(due - self.clock.millis()).unwrap_or(0)
        });
        let draining = stop.signal().is_some();
        let brought = tokio::select! {
            Some(brought) = self.tasks.join_next() => Some(brought),
            () = tokio::time::sleep(Duration::from_millis(pause)), if due.is_some() => None,
            () = stop.wait(), if !draining => None,
        };
        if let Some(brought) = brought {
            self.take(brought);
        }
    }

    /// Starts what a lease asks for, or settles it at once.
    fn begin(&mut self, lease: Lease) {
        if let Some((status, detail)) = lease.verdict.clone() {
            return self.fail(
                &lease,
                0,
                Verdict {
                    status,
                    detail,
                    attempts: 0,
                },
            );
        }
        let Some(url) = lease.path.last().and_then(|last| url_key::parse(last).ok()) else {
            let detail = "no URL in the state".to_owned();
            return self.fail(
                &lease,
                0,
                Verdict {
                    status: Status::BadUrl,
                    detail,
                    attempts: 0,
                },
            );
        };
        match self.robots.gate(&url, self.clock.millis()) {
            Gate::ReadRobots => self.ask_robots(lease, url),
            Gate::Open { forbidden, .. } => self.ask_page(lease, url, forbidden),
            Gate::Closed { status, detail } => {
                self.fail(
                    &lease,
                    0,
                    Verdict {
                        status,
                        detail,
                        attempts: 0,
                    },
                );
            }
        }
    }

    fn ask_robots(&mut self, lease: Lease, url: Url) {
        let (visitor, agent) = (self.visitor.clone(), self.agent.clone());
        self.tasks.spawn(async move {
            let (read, transfer) = visitor.robots(&url, &agent).await;
            Brought {
                lease,
                url,
                transfer,
                what: What::Robots(read),
            }
        });
    }

    fn ask_page(&mut self, lease: Lease, url: Url, forbidden: bool) {
        let (visitor, now) = (self.visitor.clone(), self.clock.now());
        self.tasks.spawn(async move {
            let (visited, transfer) = visitor.page(&lease, &url, forbidden, now).await;
            Brought {
                lease,
                url,
                transfer,
                what: What::Page(visited),
            }
        });
    }

    fn take(&mut self, brought: Result<Brought, JoinError>) {
        // A visit catches the extractor's panics; a lease that is lost here all the same is asked
        // again by the next run.
        let Ok(Brought {
            lease,
            url,
            transfer,
            what,
        }) = brought
        else {
            return;
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
        let failed = self.robots.failures(url, now) + 1;
        if let Some(pause) = self.pause(failed, &error) {
            self.robots.failing(url, failed, now);
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
        self.fail(
            lease,
            ready,
            Verdict {
                status,
                detail,
                attempts: failed,
            },
        );
    }

    fn take_page(&mut self, lease: &Lease, url: &Url, visited: Visited) {
        let ready = self.host_ready(url);
        match visited {
            Visited::Article(article) => self.take_article(lease, ready, article),
            Visited::NotModified => {
                self.take_unchanged(lease, ready, lease.known.clone().unwrap_or_default());
            }
            Visited::Redirect { location } => {
                self.take_redirect(lease, ready, location.as_deref());
            }
            Visited::Failed(error) => self.take_failure(lease, ready, &error),
        }
    }

    fn take_article(&mut self, lease: &Lease, ready: Millis, mut article: Box<Article>) {
        let response = article.http.clone().unwrap_or_default();
        let before = lease.known.as_ref();
        let fingerprint = fingerprint(&article);
        let unchanged = before.is_some_and(|before| before.fingerprint == fingerprint);
        let version = before.map_or(1, |before| before.version + u32::from(!unchanged));
        let (etag, last_modified) = (response.etag, response.last_modified);
        let known = Known {
            version,
            fingerprint,
            etag,
            last_modified,
        };
        if unchanged {
            return self.take_unchanged(lease, ready, known);
        }
        article.version = version;
        tracing::debug!(url = %lease.url, words = article.word_count, version, "article");
        self.report.article(&lease.host, before.is_some());
        self.settle(None);
        self.batch.records.push(Record::Article(article));
        self.ack(lease, ready, Outcome::Article(known));
    }

    fn take_unchanged(&mut self, lease: &Lease, ready: Millis, known: Known) {
        tracing::debug!(url = %lease.url, "not modified");
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
                tracing::debug!(url = %lease.url, to = %target, "redirect");
                let host = HostKey::of(&target).as_str().to_owned();
                let path = lease.path.iter().cloned().chain([target.into()]).collect();
                self.ack(lease, ready, Outcome::Moved { path, host });
            }
            Err((status, detail)) => {
                self.fail(
                    lease,
                    ready,
                    Verdict {
                        status,
                        detail,
                        attempts: lease.failed + 1,
                    },
                );
            }
        }
    }

    fn take_failure(&mut self, lease: &Lease, ready: Millis, error: &FetchError) {
        let attempts = lease.failed + 1;
        let Some(pause) = self.pause(attempts, error) else {
            let (status, detail) = (error.status, error.detail.clone());
            return self.fail(
                lease,
                ready,
                Verdict {
                    status,
                    detail,
                    attempts,
                },
            );
        };
        tracing::debug!(url = %lease.url, attempt = attempts, %error, "again later");
        let due = self.clock.millis() + pause;
        // A server that says how long to wait means all its pages.
        let host_ready = if error.retry_after.is_some() {
            ready.max(due)
        } else {
            ready
        };
        self.ack(lease, host_ready, Outcome::Again { failed: true, due });
    }

    /// How long to wait before asking again after `failed` failures; none to give up.
    fn pause(&self, failed: u32, error: &FetchError) -> Option<Millis> {
        let now = self.clock.now().as_second();
        let attempt = Attempt {
            failed,
            status: error.status,
            code: error.code,
            retry_after: error
                .retry_after
                .as_deref()
                .and_then(|header| retry_after(header, now)),
        };
        self.job.retry.pause(&attempt, fastrand::f64()).map(millis)
    }

    /// Settles a lease as a failure; a URL that has an article keeps that instead.
    fn fail(&mut self, lease: &Lease, ready: Millis, verdict: Verdict) {
        let Verdict {
            status,
            detail,
            attempts,
        } = verdict;
        if lease.known.is_some() {
            tracing::warn!(url = %lease.url, %status, detail, "kept, asking again failed");
            self.report.kept(status);
        } else {
            tracing::warn!(url = %lease.url, %status, detail, attempts, "failed");
            self.report.failure(&lease.host, status);
            let failure = Failure::of_url(&lease.url, status, detail, attempts);
            self.batch.records.push(Record::Failure(failure));
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

/// By this a changed article is told from the same one: what a reader would call the story.
fn fingerprint(article: &Article) -> String {
    let title = article.metadata.title.as_deref().unwrap_or_default();
    content_hash(&format!("{title}\n{}", article.text))
}
