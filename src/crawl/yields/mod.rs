//! Whether a site still yields what it used to: when its layout changes or it begins to block, the
//! crawl goes on and its articles are worth nothing, so somebody has to be told.
//!
//! In: a [`History`], what one run got of each site, and the time. Out: the history with that in it,
//! and which drifts began and ended.
//!
//! The pages of a run are a pool; runs that bring little share one (`pools`). The last pool, the last
//! two, four and eight are each held against all that was before (`evidence`): one pool shows in the
//! first run what has gone wrong altogether, the others show what goes wrong with some pages only.
//! Pools become part of what is usual as they leave these eight, and what is usual fades.
//!
//! What came since a drift began is held back (`drifts`). The drift ends when the measure is back,
//! that is, when the last ten values are nearer to what was usual than to what was found; or when it
//! has lasted a week: what was held back is then what is usual. Times without an answer and without
//! anything new have rules of their own (`waiting`). How often all this is wrong, and how soon it is
//! right: `simulation`, and `docs/drift.md`.

mod drifts;
mod evidence;
mod pools;
mod sample;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod waiting;
mod weeks;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::history::{DAYS_MAX, Day, Drift, History, Measure, SITES_MAX, Site, Waiting};
pub use sample::{Sample, is_answer};

/// The time of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// When it ended.
    pub now: Timestamp,
    /// Whether it did all that was to do: one that was stopped says nothing of what did not come.
    pub is_whole: bool,
}

/// Something that happened to a drift of a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which site.
    pub site: String,
    /// The drift.
    pub drift: Drift,
    /// Whether it began or ended.
    pub turn: Turn,
}

/// Whether a drift begins or ends, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It was noticed.
    Began,
    /// The measure is what it was.
    Back,
    /// It has lasted so long that it is what is usual.
    Usual,
    /// The site has not been asked for as long.
    Unasked,
}

/// Takes the samples of a run, by site, into a history.
pub fn take_in(
    history: &mut History,
    samples: &BTreeMap<String, Sample>,
    when: &When,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, sample) in samples {
        let site = history.sites.entry(name.clone());
        let site = site.or_insert_with(|| new_site(when.now));
        let turns = take_in_site(site, sample, when);
        changes.extend(turns.into_iter().map(|(drift, turn)| Change {
            site: name.clone(),
            drift,
            turn,
        }));
    }
    changes.extend(unasked(history, when.now));
    forget(history, when.now);
    changes
}

/// A site that nobody has met before.
fn new_site(now: Timestamp) -> Site {
    Site {
        first_seen: now,
        last_seen: now,
        articles: 0,
        failures: 0,
        days: Vec::new(),
        usual: BTreeMap::new(),
        faded_at: now,
        recent: Vec::new(),
        held: BTreeMap::new(),
        silence: Waiting::default(),
        down: None,
        drifts: Vec::new(),
    }
}

/// Ends the drifts of sites that are not asked any more.
fn unasked(history: &mut History, now: Timestamp) -> Vec<Change> {
    let sites = history.sites.iter_mut();
    let sites = sites.filter(|(_, site)| now.duration_since(site.last_seen) >= drifts::LASTS);
    let mut changes = Vec::new();
    for (name, site) in sites {
        changes.extend(site.drifts.drain(..).map(|drift| Change {
            site: name.clone(),
            drift,
            turn: Turn::Unasked,
        }));
    }
    changes
}

/// Leaves out sites that were not asked for as long as their days are kept, and if there are too
/// many, those that gave least.
fn forget(history: &mut History, now: Timestamp) {
    let age = SignedDuration::from_hours(24 * i64::try_from(DAYS_MAX).unwrap_or(i64::MAX));
    let sites = &mut history.sites;
    sites.retain(|_, site| now.duration_since(site.last_seen) < age);
    if sites.len() > SITES_MAX {
        let mut all: Vec<_> = std::mem::take(sites).into_iter().collect();
        all.sort_by_key(|(_, site)| std::cmp::Reverse(site.articles + site.failures));
        *sites = all.into_iter().take(SITES_MAX).collect();
    }
}

fn take_in_site(site: &mut Site, sample: &Sample, when: &When) -> Vec<(Drift, Turn)> {
    site.last_seen = when.now;
    site.articles += sample.articles;
    site.failures += sample.failures.values().sum::<u64>();
    count(day(site, when.now), sample);
    pools::fade(site, when.now);
    pools::gather(site, sample, when.now);
    let measures = Measure::ALL.into_iter();
    let mut turns: Vec<_> = measures
        .filter_map(|measure| drifts::judge(site, measure, when.now))
        .collect();
    turns.extend(weeks::judge(site, when));
    turns.extend(waiting::answers(site, sample, when));
    turns.extend(waiting::news(site, sample, when));
    turns
}

/// The bucket of today.
fn day(site: &mut Site, now: Timestamp) -> &mut Day {
    let date = now.to_zoned(TimeZone::UTC).date();
    if site.days.last().is_none_or(|last| last.date != date) {
        site.days.push(Day::new(date));
        let excess = site.days.len().saturating_sub(DAYS_MAX);
        site.days.drain(..excess);
    }
    let last = site.days.len() - 1;
    &mut site.days[last]
}

fn count(day: &mut Day, sample: &Sample) {
    day.runs += 1;
    day.articles += sample.articles;
    day.unchanged += sample.unchanged;
    for (status, count) in &sample.failures {
        *day.failures.entry((*status).to_owned()).or_default() += count;
    }
    for (measure, tally) in &sample.tallies {
        match measure {
            Measure::WordCount => day.words.merge(tally),
            Measure::Confidence => day.confidence.merge(tally),
            field if sample::FIELDS.contains(field) => day.fields.merge(tally),
            _ => {}
        }
    }
}
