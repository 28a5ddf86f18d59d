//! What the conductor makes of what was read: an article, one that is the same, or a part of one.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::{Conductor, host_of, shown};
use crate::article::{Article, content_hash};
use crate::crawl::HostKey;
use crate::failure::Status;
use crate::frontier::{Known, Lease, Millis, Outcome};
use crate::record::Record;
use crate::run::clock::millis;
use crate::run::crawl::copies;
use crate::run::crawl::parts::{Joined, Parts};
use crate::run::crawl::visit::Read;

impl Conductor<'_> {
    pub(super) fn take_article(
        &mut self,
        lease: &Lease,
        ready: Millis,
        read: Read,
        fresh_until: Millis,
    ) {
        let Read {
            mut article,
            traces,
            ..
        } = read;
        let response = article.http.clone().unwrap_or_default();
        let before = lease.known.as_ref();
        let fingerprint = fingerprint(&article);
        let is_same = before.is_some_and(|before| before.fingerprint == fingerprint);
        let known = Known {
            version: before.map_or(1, |before| before.version + u32::from(!is_same)),
            fingerprint,
            address: article.final_url.clone(),
            etag: response.etag,
            last_modified: response.last_modified,
            fresh_until,
            since: before.map_or_else(|| self.came_out(&article), |before| before.since),
            again: None,
            copy: before.and_then(|before| before.copy.clone()),
            traces: (!is_same).then_some(traces),
        };
        let last = before.and_then(copies::unpacked);
        let was_gone = last.as_ref().is_some_and(|last| last.gone_at.is_some());
        if is_same && !was_gone {
            self.harvest.unchanged(lease);
            return self.take_unchanged(lease, ready, known);
        }
        article.version = known.version;
        match last {
            Some(last) if is_same => article.duplicate_of = last.duplicate_of,
            Some(last) => {
                self.report.silent_edits += u64::from(copies::tell_change(&mut article, &last));
            }
            None => {}
        }
        tracing::debug!(url = %shown(lease), words = article.word_count, version = known.version, "article");
        self.report
            .article(host_of(lease).as_str(), before.is_some());
        self.harvest.article(lease, &article);
        self.write(lease, ready, article, known);
    }

    /// When an article came out: when its page says so, if that can be, else now.
    fn came_out(&self, article: &Article) -> Millis {
        let now = self.clock.millis();
        let published = article.metadata.date_published.as_deref();
        let published = published.and_then(|date| date.parse::<Timestamp>().ok());
        published.map_or(now, |published| published.as_millisecond().min(now))
    }

    /// The page of an article is there no more. Its record is written once more and says so, where the
    /// state still has it; false where not.
    pub(super) fn take_gone(&mut self, lease: &Lease, ready: Millis, detail: &str) -> bool {
        let Some(known) = &lease.known else {
            return false;
        };
        let Some(mut last) = copies::unpacked(known) else {
            return false;
        };
        let is_news = last.gone_at.is_none();
        self.report.gone(is_news);
        let known = Known {
            // Should it come back, its page is to be had.
            etag: None,
            last_modified: None,
            fresh_until: 0,
            ..known.clone()
        };
        if is_news {
            tracing::warn!(url = %shown(lease), detail, "gone");
            self.harvest.failed(lease, Status::NotFound, None);
            last.gone_at = Some(self.clock.now());
            self.write(lease, ready, last, known);
        } else {
            self.settle(None);
            self.keep(lease, ready, known);
        }
        true
    }

    fn write(&mut self, lease: &Lease, ready: Millis, article: Article, known: Known) {
        self.settle(None);
        let record = Record::Article(Box::new(article));
        self.batch.records.push((lease.id, record));
        self.keep(lease, ready, known);
    }

    fn keep(&mut self, lease: &Lease, ready: Millis, known: Known) {
        let again = self.next_visit(known.since);
        let known = Known { again, ..known };
        self.ack(lease, ready, Outcome::Article(known));
    }

    /// When an article that came out so is asked again.
    pub(super) fn next_visit(&self, since: Millis) -> Option<Millis> {
        let now = self.clock.millis();
        let age = Duration::from_millis(u64::try_from(now - since).unwrap_or(0));
        let after = self.job.revisit.after(age)?;
        Some(now.saturating_add(millis(after)))
    }

    /// Queues the next page of an article of several, with the parts so far.
    pub(super) fn go_on(&mut self, lease: &Lease, ready: Millis, next: &Url, parts: &Parts) {
        let outcome = Outcome::Continued {
            address: next.to_string(),
            host: HostKey::of(next).as_str().to_owned(),
            parts: parts.to_json(),
        };
        self.ack(lease, ready, outcome);
    }

    /// A page of an article could not be had: what is there of it counts.
    pub(super) fn do_without(&mut self, lease: &Lease, ready: Millis, parts: Parts) {
        match parts.missing() {
            Joined::GoesOn { next, parts } => self.go_on(lease, ready, &next, &parts),
            Joined::Done(article) => self.take_article(lease, ready, Read::of(*article, None), 0),
        }
    }

    pub(super) fn take_unchanged(&mut self, lease: &Lease, ready: Millis, known: Known) {
        tracing::debug!(url = %shown(lease), "not modified");
        self.report.unchanged(host_of(lease).as_str());
        self.settle(None);
        self.keep(lease, ready, known);
    }
}

/// By this a changed article is told from the same one: what a reader would call the story.
fn fingerprint(article: &Article) -> String {
    let title = article.metadata.title.as_deref().unwrap_or_default();
    content_hash(&format!("{title}\n{}", article.text))
}
