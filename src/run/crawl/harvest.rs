//! What a run gets of each site, gathered for `crawl/yields`.
//!
//! A page belongs to the site where it was named, not to where redirects lead: a consent wall often
//! stands on a host of its own. News belongs to the site of the source that named it.

use std::collections::{BTreeMap, HashSet};

use super::errand::Errand;
use super::journal::Intake;
use crate::article::{Article, PageType};
use crate::crawl::yields::{Sample, is_answer};
use crate::failure::Status;
use crate::frontier::Lease;
use crate::history::{History, SITES_MAX};

/// Samples by site.
#[derive(Debug)]
pub(super) struct Harvest {
    intake: Intake,
    /// The sites that the history knows: they are always gathered, others while there is room.
    known: HashSet<String>,
    samples: BTreeMap<String, Sample>,
}

impl Harvest {
    pub(super) fn new(intake: Intake) -> Self {
        Self {
            intake,
            known: HashSet::new(),
            samples: BTreeMap::new(),
        }
    }

    /// Makes sure that the sites of a history are among those gathered.
    pub(super) fn expect(&mut self, history: &History) {
        self.known = history.sites.keys().cloned().collect();
    }

    pub(super) fn into_samples(self) -> BTreeMap<String, Sample> {
        self.samples
    }

    /// An article was written.
    pub(super) fn article(&mut self, lease: &Lease, article: &Article) {
        self.news(lease);
        if let Some(sample) = self.of_lease(lease) {
            sample.article(article);
        }
    }

    /// An article was asked again and is the same.
    pub(super) fn unchanged(&mut self, lease: &Lease) {
        if let Some(sample) = self.of_lease(lease) {
            sample.unchanged();
        }
    }

    /// A page or source could not be had.
    pub(super) fn failed(&mut self, lease: &Lease, status: Status, page_type: Option<PageType>) {
        if is_answer(status) && !lease.is_source {
            self.news(lease);
        }
        if let Some(sample) = self.of_lease(lease) {
            sample.failed(status, page_type);
        }
    }

    /// A source was read, or is the same as the last time.
    pub(super) fn source(&mut self, lease: &Lease) {
        if let Some(sample) = self.of_lease(lease) {
            sample.source();
        }
    }

    /// Counts a page that a source named and that nothing was known of, for the source's site.
    fn news(&mut self, lease: &Lease) {
        if lease.known.is_some() {
            return;
        }
        let found_in = Errand::of(lease).entry.and_then(|entry| entry.found_in);
        if let Some(found_in) = found_in
            && let Some(sample) = self.of(&found_in)
        {
            sample.news += 1;
        }
    }

    fn of_lease(&mut self, lease: &Lease) -> Option<&mut Sample> {
        self.of(lease.path.first()?)
    }

    /// The sample of an address's site; none for a line that is no URL, and where there are too
    /// many sites.
    fn of(&mut self, address: &str) -> Option<&mut Sample> {
        let site = self.intake.lane(address);
        let has_room = self.samples.len() < 2 * SITES_MAX;
        let is_known = self.known.contains(&site) || self.samples.contains_key(&site);
        (!site.is_empty() && (has_room || is_known)).then(|| self.samples.entry(site).or_default())
    }
}
