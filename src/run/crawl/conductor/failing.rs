//! What the conductor makes of what failed: asked again soon, by a later run, or not at all; and
//! what it says of the host.

use url::Url;

use super::{Conductor, host_of, shown};
use crate::article::PageType;
use crate::crawl::retry::{Attempt, can_heal, retry_after};
use crate::failure::{Failure, Status};
use crate::fetch::FetchError;
use crate::frontier::{Lease, Millis, Outcome};
use crate::record::Record;
use crate::run::clock::millis;
use crate::run::crawl::paces::Closed;
use crate::run::crawl::parts::Parts;
use crate::run::crawl::visit::Transfer;

/// Why a URL is given up.
pub(super) struct Verdict {
    pub(super) status: Status,
    pub(super) detail: String,
    pub(super) page_type: Option<PageType>,
    pub(super) attempts: u32,
    /// When a later run may ask again.
    pub(super) again: Option<Millis>,
}

impl Verdict {
    /// Of a URL that no request was made for.
    pub(super) fn unasked(status: Status, detail: String) -> Self {
        Self {
            status,
            detail,
            page_type: None,
            attempts: 0,
            again: None,
        }
    }
}

impl Conductor<'_> {
    pub(super) fn take_no_robots(
        &mut self,
        lease: &Lease,
        url: &Url,
        error: &FetchError,
        transfer: Transfer,
    ) {
        let now = self.clock.millis();
        self.paces.strained(&lease.host);
        let attempt = self.attempt(self.robots.failures(url, now) + 1, error);
        if let Some(pause) = self.pause(&attempt) {
            self.robots.failing(url, attempt.failed, now);
            let due = (now + pause).max(self.host_ready(lease, url, transfer.ended));
            return self.ack(lease, due, Outcome::Again { failed: false, due });
        }
        // What we ourselves refuse to ask is no fault of the host's, and the page has it, too.
        let status = match error.status {
            refused @ (Status::SsrfBlocked | Status::BadUrl) if error.unreached => refused,
            _ => Status::RobotsUnreachable,
        };
        // Of a host that was never reached the reason is named, which the status does not tell.
        let detail = if error.unreached && status == Status::RobotsUnreachable {
            format!("robots.txt: {}: {error}", error.status)
        } else {
            format!("robots.txt: {error}")
        };
        let memo = self.robots.close(url, status, detail.clone(), now);
        self.batch.memos.push(memo);
        let ready = self.host_ready(lease, url, transfer.ended);
        let verdict = Verdict {
            attempts: attempt.failed,
            again: can_heal(status, error.code).then(|| now + millis(self.job.retry.later)),
            ..Verdict::unasked(status, detail)
        };
        self.fail(lease, ready, verdict);
    }

    pub(super) fn take_failure(
        &mut self,
        lease: &Lease,
        url: &Url,
        error: &FetchError,
        transfer: Transfer,
    ) {
        let now = self.clock.millis();
        let attempt = self.attempt(lease.failed + 1, error);
        let closed = self.judge_failure(lease, &attempt, error, transfer);
        // A server that says how long to wait means all its pages; one that is left alone now waits
        // for nobody.
        let ready = if closed {
            now
        } else {
            let wish = now.saturating_add(millis(attempt.host_wait()));
            self.host_ready(lease, url, transfer.ended).max(wish)
        };
        let Some(pause) = self.pause(&attempt).filter(|_| !closed) else {
            let later = self.job.retry.later(&attempt, lease.given_up);
            let verdict = Verdict {
                attempts: attempt.failed,
                again: later.map(|later| now + millis(later)),
                ..Verdict::unasked(error.status, error.detail.clone())
            };
            return self.fail(lease, ready, verdict);
        };
        tracing::debug!(url = %shown(lease), attempt = attempt.failed, %error, "again later");
        let due = now + pause;
        self.ack(lease, ready, Outcome::Again { failed: true, due });
    }

    /// Learns what a failure says of the group, and closes it when that is enough.
    fn judge_failure(
        &mut self,
        lease: &Lease,
        attempt: &Attempt,
        error: &FetchError,
        transfer: Transfer,
    ) -> bool {
        let later = self.job.retry.later(attempt, 0).unwrap_or_default();
        if !can_heal(attempt.status, attempt.code) {
            if error.code.is_some() {
                self.paces.answered(&lease.host, transfer.took);
            }
            return false;
        }
        let in_a_row = self.paces.failed(&lease.host);
        let (status, detail) = if attempt.closes_host() {
            let wait = attempt.host_wait().as_secs();
            let detail = format!("the host asked to be left alone for {wait} s");
            (Status::RateLimited, detail)
        } else if let Some(failed) = in_a_row {
            let detail = format!("{failed} requests in a row failed, the last: {error}");
            (Status::HostFailing, detail)
        } else {
            return false;
        };
        tracing::warn!(host = lease.host, %status, detail, "the host is given up for this run");
        let until = self.clock.millis() + millis(later);
        let closed = Closed {
            status,
            detail,
            until,
        };
        let memo = self.paces.close(&lease.host, closed);
        self.batch.memos.push(memo);
        true
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
    pub(super) fn fail(&mut self, lease: &Lease, ready: Millis, verdict: Verdict) {
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
            again,
        } = verdict;
        let mut again = again;
        if let Some(known) = &lease.known {
            if status == Status::NotFound && self.take_gone(lease, ready, &detail) {
                return;
            }
            tracing::warn!(url = %shown(lease), %status, detail, "kept, asking again failed");
            self.harvest.failed(lease, status, page_type);
            self.report.kept(status);
            let next = self.next_visit(known.since);
            again = next.map(|next| again.map_or(next, |again| again.min(next)));
        } else {
            tracing::warn!(url = %shown(lease), %status, detail, attempts, "failed");
            self.harvest.failed(lease, status, page_type);
            self.report.failure(host_of(lease).as_str(), status);
            let failure = Failure::of_url(&shown(lease), status, detail, attempts);
            let failure = failure.being(page_type);
            self.batch
                .records
                .push((lease.id, Record::Failure(failure)));
        }
        self.settle(Some(status));
        let failed = Outcome::Failed(status);
        let outcome = again.map_or(failed, |again| Outcome::FailedUntil(status, again));
        self.ack(lease, ready, outcome);
    }
}
