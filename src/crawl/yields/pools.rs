//! Pages gathered until they say something, and what is usual, which they become part of.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Sample;
use super::evidence::VALUES_MIN;
use crate::history::{Measure, Pool, Site, Tally};

/// Pages from which on a run is a pool of its own: as many as the least that says anything.
const PAGES: u64 = 5;
/// Values of one run and measure that count: the ten thousand pages of an archive that a first run
/// reads tell of one day, and must not outweigh the months after it.
pub(super) const VALUES_MAX: f64 = 50.0;
/// Values of one pool that count among others: a batch of one section must not speak for them.
pub(super) const VALUES_AMONG_MAX: f64 = 2.0 * VALUES_MIN;
/// Pools that are not part of what is usual yet.
pub(super) const RECENT: usize = 8;
/// Time in which the weight of what is usual falls by half: what is usual is a month old in the mean.
pub(super) const FADES_BY_HALF: SignedDuration = SignedDuration::from_hours(21 * 24);

/// Puts the pages of a run into the last pool, or into one of their own.
pub(super) fn gather(site: &mut Site, sample: &Sample, now: Timestamp) {
    if sample.pages == 0 {
        return;
    }
    let is_enough = |last: &Pool| last.pages.max(sample.pages) >= PAGES;
    if site.recent.last().is_none_or(is_enough) {
        site.recent.push(Pool {
            from: now,
            to: now,
            pages: 0,
            tallies: BTreeMap::new(),
        });
    }
    if let Some(last) = site.recent.last_mut() {
        last.to = now;
        last.pages += sample.pages;
        for (measure, tally) in &sample.tallies {
            let place = last.tallies.entry(*measure).or_default();
            place.merge(&tally.at_most(VALUES_MAX));
        }
    }
    while site.recent.len() > RECENT {
        let oldest = site.recent.remove(0);
        settle(site, &oldest);
    }
}

/// A pool becomes part of what is usual; what came since a drift began is held back.
fn settle(site: &mut Site, pool: &Pool) {
    for (measure, tally) in &pool.tallies {
        let mut drifts = site.drifts.iter();
        let is_held = drifts.any(|drift| drift.measure == *measure && pool.to >= drift.since);
        let place = if is_held {
            &mut site.held
        } else {
            &mut site.usual
        };
        place.entry(*measure).or_default().add(tally);
    }
}

/// What is usual weighs less with time.
pub(super) fn fade(site: &mut Site, now: Timestamp) {
    let since = now.duration_since(site.faded_at).as_secs_f64().max(0.0);
    let share = 0.5_f64.powf(since / FADES_BY_HALF.as_secs_f64());
    site.usual.values_mut().for_each(|usual| usual.fade(share));
    site.faded_at = now;
}

/// The values of a measure in some pools, so many of each at most.
pub(super) fn together(pools: &[Pool], measure: Measure, most: f64) -> Tally {
    let mut all = Tally::default();
    for tally in pools.iter().filter_map(|pool| pool.tallies.get(&measure)) {
        all.merge(&tally.at_most(most));
    }
    all
}

/// The values of the last pools since a time that hold so many of a measure; none when all of them
/// do not.
pub(super) fn last_values(
    site: &Site,
    measure: Measure,
    since: Timestamp,
    least: f64,
) -> Option<Tally> {
    let mut all = Tally::default();
    let pools = site.recent.iter().rev();
    for pool in pools.take_while(|pool| pool.to >= since) {
        if let Some(tally) = pool.tallies.get(&measure) {
            all.merge(tally);
        }
        if all.n >= least {
            return Some(all);
        }
    }
    None
}
