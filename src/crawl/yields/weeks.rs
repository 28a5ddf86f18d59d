//! The length of articles, a week against the weeks before it: what run by run is lost among long
//! reads and short news, such as half of each text, or chaff that is taken for text.
//!
//! A week has all its days in it, so that days are what differs here, and seven of them differ less
//! than one. It remembers nothing: as time goes on, days of the new state are among those before.

use jiff::SignedDuration;

use super::evidence::is_another_week;
use super::{Turn, When};
use crate::history::{Day, Drift, Measure, Rolling, Site, Tally};

const MEASURE: Measure = Measure::WeekWordCount;
/// Days before the week, on which something came, from which on they are known.
const KNOWN_DAYS: f64 = 14.0;
/// Values of a day that count: the archive that a first run reads is one day.
const VALUES_MAX: f64 = 500.0;

/// Begins or ends the drift of a site's weeks.
pub(super) fn judge(site: &mut Site, when: &When) -> Option<(Drift, Turn)> {
    let lasting = site
        .drifts
        .iter()
        .position(|drift| drift.measure == MEASURE);
    let found = look(site, when);
    match (lasting, found) {
        (None, Some(drift)) => {
            let is_told = site
                .drifts
                .iter()
                .any(|drift| drift.measure == Measure::WordCount);
            (!is_told).then(|| {
                site.drifts.push(drift);
                (drift, Turn::Began)
            })
        }
        (Some(at), Some(drift)) => {
            site.drifts[at].now = drift.now;
            None
        }
        (Some(at), None) => Some((site.drifts.remove(at), Turn::Usual)),
        (None, None) => None,
    }
}

/// The drift that the last seven days show, if they do.
fn look(site: &Site, when: &When) -> Option<Drift> {
    let last = site.days.last()?.date;
    let first = last.saturating_sub(SignedDuration::from_hours(6 * 24));
    let (before, week) = site
        .days
        .split_at(site.days.partition_point(|day| day.date < first));
    let usual = together(before);
    let now = together(week);
    let is_known = usual.pools >= KNOWN_DAYS;
    (is_known && is_another_week(&now, &usual)).then(|| Drift {
        measure: MEASURE,
        before: mean(&usual.values),
        now: mean(&now.values),
        since: when
            .now
            .saturating_sub(SignedDuration::from_hours(7 * 24))
            .unwrap_or(when.now),
        noticed_at: when.now,
    })
}

fn together(days: &[Day]) -> Rolling {
    let mut all = Rolling::default();
    for day in days {
        all.add(&day.words.at_most(VALUES_MAX));
    }
    all
}

/// Words, of which the logarithms were added up.
fn mean(words: &Tally) -> f64 {
    words.mean().unwrap_or_default().exp()
}
