//! Which sources rest: how often each gave something new, as memos in the state.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::errand::{Errand, What};
use super::journal::Committed;
use crate::crawl::revisit::{LEADING_REST_MAX, Rhythm};
use crate::frontier::{Admission, Lease, Memo, Millis, NewUrl, Origin};
use crate::run::clock::millis;

/// For how long what is known of a source is kept after it was read: well beyond its longest rest.
const KEPT: Duration = Duration::from_hours(60 * 24);
/// Most sources in memory; beyond it all are read from the state again.
const IN_MEMORY_MAX: usize = 10_000;

/// What is known of each source that was leased in this run.
#[derive(Debug)]
pub(super) struct Rhythms {
    /// Longest rest; none when every run asks every source.
    most: Option<Duration>,
    sources: HashMap<String, Option<Known>>,
}

/// What is known of one source.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    rhythm: Rhythm,
    read_at: Millis,
    again: Millis,
    /// The feeds and sitemaps that it led to: while it rests, they may not.
    leads: Vec<Lead>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Lead {
    url: Url,
    note: Option<String>,
}

/// A source that was read, and what it led to, of which it is still to be seen what is new.
#[derive(Debug)]
pub(super) struct Heard {
    name: String,
    read_at: Millis,
    /// Where that stands in the batch.
    found: Range<usize>,
    leads: Vec<Lead>,
}

impl Rhythms {
    pub(super) fn new(most: Option<Duration>) -> Self {
        let most = most.filter(|most| !most.is_zero());
        Self {
            most,
            sources: HashMap::new(),
        }
    }

    /// The memo to be recalled before a source is asked; none when it is known already.
    pub(super) fn missing(&self, lease: &Lease) -> Option<String> {
        self.most?;
        let name = name(lease);
        (lease.is_source && !self.sources.contains_key(&name)).then_some(name)
    }

    /// Learns what was recalled, if anything.
    pub(super) fn recalled(&mut self, name: String, memo: Option<&str>) {
        if self.sources.len() >= IN_MEMORY_MAX {
            self.sources.clear();
        }
        let known = memo.and_then(|memo| serde_json::from_str(memo).ok());
        self.sources.insert(name, known);
    }

    /// What is to be asked in the place of a source that rests, if it does. A time too far ahead
    /// was set by a clock that was.
    pub(super) fn instead_of(&self, lease: &Lease, now: Millis) -> Option<Vec<NewUrl>> {
        let latest = now + millis(self.most?);
        let known = self.sources.get(&name(lease))?.as_ref()?;
        let rests = lease.known.is_some() && known.again > now && known.again <= latest;
        rests.then(|| {
            let leads = known.leads.iter();
            leads
                .map(|lead| Errand::read(lead.note.as_deref()).to_found(&lead.url))
                .collect()
        })
    }

    /// What is to be remembered of the sources of a batch, now that it is known what was new.
    pub(super) fn committed(&mut self, heard: Vec<Heard>, committed: &Committed) -> Vec<Memo> {
        let memos = heard.into_iter().filter_map(|heard| {
            let mut admitted = committed.admitted.get(heard.found)?.iter();
            let is_new = admitted.any(|(_, admission)| *admission == Admission::New);
            self.read(&heard.name, heard.read_at, is_new, heard.leads)
        });
        memos.collect()
    }

    /// A source was read and is the same as before.
    pub(super) fn unchanged(&mut self, lease: &Lease, now: Millis) -> Option<Memo> {
        let name = name(lease);
        let leads = self.sources.get(&name).cloned().flatten();
        let leads = leads.map_or_else(Vec::new, |known| known.leads);
        self.read(&name, now, false, leads)
    }

    fn read(&mut self, name: &str, now: Millis, is_new: bool, leads: Vec<Lead>) -> Option<Memo> {
        let most = self.most?;
        let most = if leads.is_empty() {
            most
        } else {
            most.min(LEADING_REST_MAX)
        };
        let before = self.sources.get(name).cloned().flatten();
        let rhythm = match before {
            Some(before) => {
                let since = u64::try_from(now - before.read_at).unwrap_or(0);
                before.rhythm.read(Duration::from_millis(since), is_new)
            }
            // The first time all is new, which tells nothing.
            None => Rhythm::default(),
        };
        let known = Known {
            rhythm,
            read_at: now,
            again: now + millis(rhythm.rest(most)),
            leads,
        };
        let memo = Memo {
            name: name.to_owned(),
            until: now + millis(KEPT),
            value: serde_json::to_string(&known).unwrap_or_default(),
        };
        self.sources.insert(name.to_owned(), Some(known));
        Some(memo)
    }
}

impl Heard {
    /// A source was read, and led to `found`, which comes behind the `before` that stand in the batch.
    pub(super) fn of(lease: &Lease, before: usize, found: &[NewUrl], now: Millis) -> Self {
        let leads = found.iter().filter(|new| new.origin == Origin::Source);
        let leads = leads.filter_map(|new| {
            let url = Url::parse(&new.url).ok()?;
            let note = new.note.clone();
            Some(Lead { url, note })
        });
        Self {
            name: name(lease),
            read_at: now,
            found: before..before + found.len(),
            leads: leads.collect(),
        }
    }
}

fn name(lease: &Lease) -> String {
    let what: What = Errand::of(lease).what;
    format!("rhythm {what:?} {}", lease.url)
}
