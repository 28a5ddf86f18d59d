//! What comes of a source: which of what it names is taken in, and what is told of it.

use std::collections::HashMap;

use jiff::Timestamp;
use url::Url;

use super::errand::{Errand, Source, What};
use crate::crawl::article_url::likeness;
use crate::crawl::choice::{Choice, Left};
use crate::crawl::listing::Listing;
use crate::crawl::normal_form::is_same_site;
use crate::entry::Entry;
use crate::extract::Outlinks;
use crate::frontier::NewUrl;
use crate::run::report::SourceReport;

/// Listings between a source and the last one that is read: an index of indexes of sitemaps
/// (sitemaps.org allows one level, robots.txt leads to some with two).
const LEVELS_MAX: u8 = 3;
/// Most listings read for one source in one run, those changed last first.
const LISTINGS_MAX: u64 = 1_000;

/// Where a crawl finds pages besides those that are named, and which it wants.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Feeds, sitemaps, sites and front pages.
    pub sources: Vec<Source>,
    /// How many links away from a front page pages are; 0 when links are not followed. Above 0, the
    /// URLs of the job are front pages, too.
    pub follow: u8,
    /// Which of the pages that are found are wanted.
    pub choice: Choice,
    /// Most pages taken of one source in one run.
    pub max_found: u64,
}

impl Default for Finding {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            follow: 0,
            choice: Choice::default(),
            max_found: MAX_FOUND,
        }
    }
}

/// Most pages taken of one source in one run, unless the user says how many: a large newspaper's
/// articles of some weeks, not its archive of decades.
pub const MAX_FOUND: u64 = 10_000;

/// What of all that was found is wanted.
#[derive(Debug, Clone)]
pub(super) struct Finder {
    choice: Choice,
    max_found: u64,
    /// Pages and listings taken in this run, by root.
    taken: HashMap<String, (u64, u64)>,
}

impl Finder {
    pub(super) fn new(choice: Choice, max_found: u64) -> Self {
        Self {
            choice,
            max_found,
            taken: HashMap::new(),
        }
    }

    /// What the state knows a listing by besides its address: another choice needs it read anew.
    pub(super) fn fingerprint(&self) -> String {
        format!("{:?} {}", self.choice, self.max_found)
    }

    /// Whether enough was found for the root of an errand.
    pub(super) fn has_enough(&self, errand: &Errand) -> bool {
        let root = errand.root.as_deref().unwrap_or_default();
        self.taken
            .get(root)
            .is_some_and(|(pages, _)| *pages >= self.max_found)
    }

    /// What to take in of a listing, newest first where there is a cap to come.
    pub(super) fn of_listing(
        &mut self,
        errand: &Errand,
        listing: Listing,
        report: &mut SourceReport,
        now: Timestamp,
    ) -> Vec<NewUrl> {
        report.named += (listing.pages.len() + listing.bad) as u64;
        report.leave("bad_url", listing.bad as u64);
        report.partial += u64::from(listing.is_partial);
        let mut pages = listing.pages;
        let date = |entry: &Entry| {
            let date = entry
                .date_published
                .as_ref()
                .or(entry.date_modified.as_ref());
            date.cloned()
        };
        if pages.len() as u64 > self.max_found {
            pages.sort_by_cached_key(|page| std::cmp::Reverse(date(&page.entry)));
        }
        let mut found = Vec::new();
        for page in pages {
            found.extend(self.page(errand, &page.url, page.entry, report, now));
        }
        let mut listings = listing.listings;
        listings.sort_by(|(_, a), (_, b)| b.cmp(a));
        for (url, changed) in listings {
            let is_of_site = |site| is_same_site(site, &url);
            if !errand.sites.is_empty() && !errand.sites.iter().any(is_of_site) {
                report.leave("other_site", 1);
            } else if self.choice.is_old(changed.as_deref(), now) {
                report.leave("old_listing", 1);
            } else {
                let next = Errand {
                    what: What::Listing,
                    level: errand.level + 1,
                    guessed: false,
                    entry: None,
                    ..errand.clone()
                };
                found.extend(self.listing(&next, &url, report));
            }
        }
        found
    }

    /// What to take in of a front page: articles by the look of their addresses first.
    pub(super) fn of_links(
        &mut self,
        errand: &Errand,
        at: &Url,
        links: &Outlinks,
        report: &mut SourceReport,
        now: Timestamp,
    ) -> Vec<NewUrl> {
        let mut likely: Vec<(u32, &Url)> = links
            .links
            .iter()
            .filter(|link| link.url != *at)
            .filter_map(|link| Some((likeness(&link.url, &link.text)?, &link.url)))
            .collect();
        // Stable: of two alike the first on the page goes first.
        likely.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
        report.named += likely.len() as u64;
        let errand = Errand {
            sites: vec![at.clone()],
            ..errand.clone()
        };
        let mut found = Vec::new();
        for (_, url) in likely {
            let entry = Entry {
                found_in: Some(at.to_string()),
                ..Entry::default()
            };
            found.extend(self.page(&errand, url, entry, report, now));
        }
        found
    }

    /// The feeds and sitemaps of a site. Where its robots.txt names no sitemap, the usual place is
    /// tried (sitemaps.org, "Sitemap file location").
    pub(super) fn of_site(
        &mut self,
        errand: &Errand,
        at: &Url,
        links: &Outlinks,
        sitemaps: &[String],
        report: &mut SourceReport,
    ) -> Vec<NewUrl> {
        let listing = |sites: Vec<Url>, guessed| Errand {
            what: What::Listing,
            sites,
            guessed,
            ..errand.clone()
        };
        let mut found = self.of_feeds(errand, links, report);
        let named: Vec<Url> = sitemaps
            .iter()
            .filter_map(|line| at.join(line).ok())
            .collect();
        let guessed = named.is_empty();
        let usual = guessed.then(|| at.join("/sitemap.xml").ok()).flatten();
        for sitemap in named.iter().chain(usual.as_ref()) {
            // Who writes the robots.txt may send to another host for sitemaps of this one.
            let sites = vec![at.clone(), sitemap.clone()];
            found.extend(self.listing(&listing(sites, guessed), sitemap, report));
        }
        found
    }

    /// The feeds that a page announces.
    pub(super) fn of_feeds(
        &mut self,
        errand: &Errand,
        links: &Outlinks,
        report: &mut SourceReport,
    ) -> Vec<NewUrl> {
        let errand = Errand {
            what: What::Listing,
            level: errand.level + 1,
            ..errand.clone()
        };
        let feeds = links.feeds.iter();
        feeds
            .filter_map(|feed| self.listing(&errand, feed, report))
            .collect()
    }

    fn page(
        &mut self,
        errand: &Errand,
        url: &Url,
        entry: Entry,
        report: &mut SourceReport,
        now: Timestamp,
    ) -> Option<NewUrl> {
        let judged = self.choice.judge(url, &entry, &errand.sites, now);
        if let Err(left) = judged {
            report.leave(Left::name(left), 1);
            return None;
        }
        let root = errand.root.clone().unwrap_or_default();
        let (pages, _) = self.taken.entry(root).or_default();
        if *pages >= self.max_found {
            report.leave("over_max_found", 1);
            return None;
        }
        *pages += 1;
        report.taken += 1;
        let errand = Errand {
            what: What::Page,
            root: errand.root.clone(),
            follow: errand.follow.saturating_sub(1),
            entry: Some(entry),
            ..Errand::default()
        };
        Some(errand.to_found(url))
    }

    fn listing(&mut self, errand: &Errand, url: &Url, report: &mut SourceReport) -> Option<NewUrl> {
        let root = errand.root.clone().unwrap_or_default();
        let (_, listings) = self.taken.entry(root).or_default();
        if errand.level > LEVELS_MAX || *listings >= LISTINGS_MAX {
            report.leave("listings", 1);
            return None;
        }
        *listings += 1;
        Some(errand.to_found(url))
    }
}
