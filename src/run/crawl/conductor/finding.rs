//! What the conductor makes of sources: which pages they lead to, and what is told of each.

use url::Url;

use super::failing::Verdict;
use super::{Conductor, host_of, shown};
use crate::crawl::listing::Form;
use crate::crawl::url_key::without_credentials;
use crate::extract::Outlinks;
use crate::failure::{Failure, Status};
use crate::frontier::{Admission, Known, Lease, Millis, NewUrl, Origin, Outcome};
use crate::record::Record;
use crate::run::Watch;
use crate::run::crawl::errand::{Errand, What};
use crate::run::crawl::rhythms::Heard;
use crate::run::crawl::visit::SourceRead;
use crate::run::report::SourceFailure;

impl Conductor<'_> {
    /// A lease as it is to be asked; none when it is a source of which enough was found, or that
    /// rests.
    pub(super) fn prepared(&mut self, mut lease: Lease) -> Option<Lease> {
        if !lease.is_source {
            return Some(lease);
        }
        let errand = Errand::of(&lease);
        let wanted = self.finder.fingerprint();
        // What was left out the last time may be wanted now.
        lease.known = lease.known.filter(|known| known.fingerprint == wanted);
        let root = errand.root.as_deref().unwrap_or_default();
        if self.finder.has_enough(&errand) {
            self.report.source(root).leave("listings", 1);
            self.ack_source(&lease, 0, Known::default());
            return None;
        }
        let Some(instead) = self.rhythms.instead_of(&lease, self.clock.millis()) else {
            return Some(lease);
        };
        self.report.source(root).rested += 1;
        self.batch.found.extend(instead);
        let known = lease.known.clone().unwrap_or_default();
        self.ack_source(&lease, 0, known);
        None
    }

    /// Takes in what a source leads to.
    pub(super) fn take_source(
        &mut self,
        lease: &Lease,
        url: &Url,
        ready: Millis,
        read: SourceRead,
    ) {
        let errand = Errand::of(lease);
        let Some((found, is_final)) = self.found_by(&errand, url, &read) else {
            let detail = "neither a feed nor a sitemap, nor a page that names one".to_owned();
            let verdict = Verdict {
                attempts: lease.failed + 1,
                ..Verdict::unasked(Status::NoArticle, detail)
            };
            return self.fail(lease, ready, verdict);
        };
        let root = errand.root.unwrap_or_default();
        self.report.source(&root).read += 1;
        tracing::debug!(url = %shown(lease), found = found.len(), "source");
        self.harvest.source(lease);
        let now = self.clock.millis();
        let heard = Heard::of(lease, self.batch.found.len(), &found, now);
        self.heard.push(heard);
        self.batch.found.extend(found);
        // What leads to further listings must lead to them again the next time.
        let validators = is_final.then_some((read.etag, read.last_modified));
        let (etag, last_modified) = validators.unwrap_or_default();
        let known = Known {
            address: Some(without_credentials(url.as_str()).into_owned()),
            etag,
            last_modified,
            ..Known::default()
        };
        self.ack_source(lease, ready, known);
    }

    /// What to take in, and whether no listing is among it; none when the source is no source.
    fn found_by(
        &mut self,
        errand: &Errand,
        at: &Url,
        read: &SourceRead,
    ) -> Option<(Vec<NewUrl>, bool)> {
        let now = self.clock.now();
        let root = errand.root.as_deref().unwrap_or_default();
        let sitemaps = match errand.what {
            What::Site => self.robots.sitemaps(at, self.clock.millis()).to_vec(),
            _ => Vec::new(),
        };
        let (finder, report) = (&mut self.finder, self.report.source(root));
        let mut found = match (&read.listing, errand.what) {
            (Some(listing), What::Listing | What::Site) => {
                let mut errand = errand.clone();
                // A feed may tell of any site; a sitemap speaks for its own (sitemaps.org,
                // "Sitemap file location").
                let is_feed = matches!(listing.form, Form::Rss | Form::Atom | Form::JsonFeed);
                if errand.sites.is_empty() && !is_feed {
                    errand.sites = vec![at.clone()];
                }
                finder.of_listing(&errand, listing.clone(), report, now)
            }
            (None, What::Listing) if read.links.feeds.is_empty() => return None,
            (None, What::Listing) => finder.of_feeds(errand, &read.links, report),
            (None, What::Site) => finder.of_site(errand, at, &read.links, &sitemaps, report),
            (_, What::Front | What::Page) => Vec::new(),
        };
        if errand.follow > 0 && matches!(errand.what, What::Site | What::Front) {
            found.extend(finder.of_links(errand, at, &read.links, report, now));
        }
        let is_final = found.iter().all(|new| new.origin != Origin::Source);
        Some((found, is_final && errand.what != What::Site))
    }

    /// Takes in where a page leads, if its errand says so.
    pub(super) fn follow(&mut self, lease: &Lease, at: &Url, links: Option<&Outlinks>) {
        let Some(links) = links else { return };
        let errand = Errand::of(lease);
        let root = errand.root.as_deref().unwrap_or_default();
        let (report, now) = (self.report.source(root), self.clock.now());
        let found = self.finder.of_links(&errand, at, links, report, now);
        self.batch.found.extend(found);
    }

    pub(super) fn source_unchanged(&mut self, lease: &Lease, ready: Millis) {
        let root = Errand::of(lease).root.unwrap_or_default();
        self.report.source(&root).read += 1;
        let memo = self.rhythms.unchanged(lease, self.clock.millis());
        self.batch.memos.extend(memo);
        self.harvest.source(lease);
        self.ack_source(lease, ready, lease.known.clone().unwrap_or_default());
    }

    /// A source that is read has no record: what it leads to has. One that failed has.
    pub(super) fn fail_source(&mut self, lease: &Lease, ready: Millis, verdict: Verdict) {
        let Verdict {
            status,
            detail,
            attempts,
            ..
        } = verdict;
        let errand = Errand::of(lease);
        if errand.guessed {
            tracing::debug!(url = %shown(lease), %status, detail, "no sitemap in the usual place");
        } else {
            tracing::warn!(url = %shown(lease), %status, detail, "source failed");
            self.harvest.failed(lease, status, None);
            let record = Failure::of_url(&shown(lease), status, detail.clone(), attempts);
            self.batch.records.push((lease.id, Record::Failure(record)));
            let failure = SourceFailure {
                url: shown(lease).into_owned(),
                status,
                detail,
            };
            let root = errand.root.unwrap_or_default();
            let host = host_of(lease);
            self.report.source_failed(&root, host.as_str(), failure);
        }
        self.untold.push(Some(status).filter(|_| !errand.guessed));
        self.ack(lease, ready, Outcome::Failed(status));
    }

    fn ack_source(&mut self, lease: &Lease, ready: Millis, known: Known) {
        self.untold.push(None);
        let known = Known {
            version: 1,
            fingerprint: self.finder.fingerprint(),
            traces: None,
            ..known
        };
        self.ack(lease, ready, Outcome::Article(known));
    }

    /// Counts what was taken in of sources.
    pub(super) fn count_found(&mut self, admitted: &[(Origin, Admission)], watch: &dyn Watch) {
        let new = admitted
            .iter()
            .filter(|(_, admission)| *admission == Admission::New)
            .count();
        if new > 0 {
            watch.planned(new as u64);
        }
        for (origin, admission) in admitted {
            match (origin, admission) {
                (Origin::Source, _) | (_, Admission::Queued) => {}
                (_, Admission::New) => self.report.found += 1,
                (_, Admission::Done) => {
                    self.report.already_done += 1;
                    self.report.articles_in_all += 1;
                }
                // What a source still names, and what failed for good, is no news.
                (_, Admission::Failed(_)) => self.report.already_done += 1,
            }
        }
    }
}
