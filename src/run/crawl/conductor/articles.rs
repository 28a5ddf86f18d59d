//! What the conductor makes of what was read: an article, one that is the same, or a part of one.

use url::Url;

use super::{Conductor, host_of, shown};
use crate::article::{Article, content_hash};
use crate::crawl::HostKey;
use crate::frontier::{Known, Lease, Millis, Outcome};
use crate::record::Record;
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
        let unchanged = before.is_some_and(|before| before.fingerprint == fingerprint);
        let version = before.map_or(1, |before| before.version + u32::from(!unchanged));
        let (etag, last_modified) = (response.etag, response.last_modified);
        let known = Known {
            version,
            fingerprint,
            address: article.final_url.clone(),
            etag,
            last_modified,
            fresh_until,
            traces: (!unchanged).then_some(traces),
        };
        if unchanged {
            return self.take_unchanged(lease, ready, known);
        }
        article.version = version;
        tracing::debug!(url = %shown(lease), words = article.word_count, version, "article");
        self.report
            .article(host_of(lease).as_str(), before.is_some());
        self.settle(None);
        let record = Record::Article(Box::new(article));
        self.batch.records.push((lease.id, record));
        self.ack(lease, ready, Outcome::Article(known));
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
        self.ack(lease, ready, Outcome::Article(known));
    }
}

/// By this a changed article is told from the same one: what a reader would call the story.
fn fingerprint(article: &Article) -> String {
    let title = article.metadata.title.as_deref().unwrap_or_default();
    content_hash(&format!("{title}\n{}", article.text))
}
