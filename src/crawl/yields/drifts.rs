//! When a measure's drift begins, and when and why it ends.

use jiff::{SignedDuration, Timestamp};

use super::Turn;
use super::evidence::{CHANCE, VALUES_MIN, is_off, shows_alone, shows_twice};
use super::pools::{RECENT, VALUES_AMONG_MAX, VALUES_MAX, last_values, together};
use crate::history::{Drift, Measure, Pool, Rolling, Site, Tally};

/// The numbers of last pools that are looked at together.
const LOOKS: [usize; 4] = [1, 2, 4, RECENT];
/// From its first run on, before a site's articles are judged: a week without a weekend in it knows
/// none. What is blocked, not there or without text is judged at once.
const GETS_KNOWN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a drift lasts until it is what is usual.
pub(super) const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Values that show that a measure is back: more than the least, lest a wall with gaps come and go.
const BACK_VALUES: f64 = 2.0 * VALUES_MIN;

/// Begins or ends the drift of a measure, as the last pools have it.
pub(super) fn judge(site: &mut Site, measure: Measure, now: Timestamp) -> Option<(Drift, Turn)> {
    let mut drifts = site.drifts.iter();
    let Some(at) = drifts.position(|drift| drift.measure == measure) else {
        let drift = begins(site, measure, now)?;
        site.drifts.push(drift);
        return Some((drift, Turn::Began));
    };
    let mut drift = site.drifts[at];
    let turn = if is_back(site, &drift) {
        site.held.remove(&measure);
        // The last pool is what shows that it is back.
        let before_last = site.recent.len() - 1;
        leave_out(&mut site.recent[..before_last], measure, |pool| {
            pool.to >= drift.since
        });
        Turn::Back
    } else if now.duration_since(drift.noticed_at) >= LASTS && is_known_by_now(site, &drift) {
        let held = site.held.remove(&measure).unwrap_or_default();
        site.usual.insert(measure, held);
        leave_out(&mut site.recent, measure, |pool| pool.to < drift.since);
        Turn::Usual
    } else {
        drift.now = farthest(site, &drift);
        site.drifts[at] = drift;
        return None;
    };
    site.drifts.remove(at);
    Some((drift, turn))
}

/// Takes a measure out of pools that belong to a state which has ended.
fn leave_out(pools: &mut [Pool], measure: Measure, belongs: impl Fn(&Pool) -> bool) {
    for pool in pools.iter_mut().filter(|pool| belongs(pool)) {
        pool.tallies.remove(&measure);
    }
}

/// The drift that the last pools show, if they do: the fewest that do.
fn begins(site: &Site, measure: Measure, now: Timestamp) -> Option<Drift> {
    let is_known = now.duration_since(site.first_seen) >= GETS_KNOWN;
    let at_once = [Measure::Blocked, Measure::NotFound, Measure::NoText];
    if !is_known && !at_once.contains(&measure) {
        return None;
    }
    LOOKS.into_iter().find_map(|look| {
        let first = site.recent.len().checked_sub(look)?;
        let (before, last) = site.recent.split_at(first);
        let mut usual = usual(site, measure);
        for pool in before.iter().filter_map(|pool| pool.tallies.get(&measure)) {
            usual.add(pool);
        }
        let seen = together(last, measure, VALUES_MAX);
        shows(measure, last, &seen, &usual).then(|| Drift {
            measure,
            before: natural(measure, &usual.values),
            now: natural(measure, &seen),
            since: last.first().map_or(now, |pool| pool.from),
            noticed_at: now,
        })
    })
}

/// Whether pools, `seen` together, show that something has changed.
fn shows(measure: Measure, pools: &[Pool], seen: &Tally, usual: &Rolling) -> bool {
    if pools.len() == 1 {
        return shows_alone(measure, seen, usual);
    }
    let (earlier, later) = pools.split_at(pools.len() / 2);
    let halves = [earlier, later].map(|half| together(half, measure, VALUES_AMONG_MAX));
    shows_twice(measure, &halves, usual)
}

/// Whether the last values are as they were before the drift.
fn is_back(site: &Site, drift: &Drift) -> bool {
    let measure = drift.measure;
    let Some(last) = last_values(site, measure, drift.since, BACK_VALUES) else {
        return false;
    };
    let [at, before, now] =
        [natural(measure, &last), drift.before, drift.now].map(|value| comparable(measure, value));
    (at - before).abs() < (at - now).abs() && !is_off(measure, &last, &usual(site, measure), CHANCE)
}

/// Whether enough has come since the drift began to know what is usual now.
fn is_known_by_now(site: &Site, drift: &Drift) -> bool {
    let held = site.held.get(&drift.measure);
    let held = held.map_or(0.0, |held| held.values.n);
    let since = site.recent.partition_point(|pool| pool.to < drift.since);
    held + together(&site.recent[since..], drift.measure, VALUES_MAX).n >= BACK_VALUES
}

/// What the measure has come to, if that is farther from usual than what is known of the drift.
fn farthest(site: &Site, drift: &Drift) -> f64 {
    let measure = drift.measure;
    let last = last_values(site, measure, drift.since, VALUES_MIN);
    let last = last.map_or(drift.now, |last| natural(measure, &last));
    let off = |value: f64| comparable(measure, value) - comparable(measure, drift.before);
    let is_same_side = off(last) * off(drift.now) > 0.0;
    if is_same_side && off(last).abs() > off(drift.now).abs() {
        last
    } else {
        drift.now
    }
}

fn usual(site: &Site, measure: Measure) -> Rolling {
    site.usual.get(&measure).copied().unwrap_or_default()
}

/// The mean in the measure's own unit.
fn natural(measure: Measure, tally: &Tally) -> f64 {
    let mean = tally.mean().unwrap_or_default();
    match measure {
        Measure::WordCount | Measure::Blocks => mean.exp(),
        _ => mean,
    }
}

/// A value in the measure's own unit, as it is compared: of sizes the logarithm.
fn comparable(measure: Measure, value: f64) -> f64 {
    match measure {
        Measure::WordCount | Measure::Blocks => value.max(1.0).ln(),
        _ => value,
    }
}
