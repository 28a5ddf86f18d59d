//! Times in which nothing came: no answer at all, or nothing new of a site's sources.
//!
//! Both are held against the longest such time that the site is known for, which knows its nights,
//! weekends and holidays.

#![expect(
    clippy::cast_precision_loss,
    reason = "seconds and counts of two months are far below 2^52"
)]

use jiff::{SignedDuration, Timestamp};

use super::{Sample, Turn, When, day};
use crate::history::{Down, Drift, Measure, Site, Waiting};

/// Least time without an answer that is told, in seconds: six hours. A server that is set up anew is
/// back before, and what failed meanwhile is asked again.
const DOWN_MIN: u64 = 6 * 3_600;
/// Runs in a row that got no answer, before anything is told: a machine that slept in between is
/// no server that did.
const DOWN_RUNS: u64 = 3;
/// Times that the longest known waiting must be exceeded.
const LONGER: u64 = 2;
/// Least time without news that is told, in seconds: a day.
const SILENT_MIN: u64 = 24 * 3_600;
/// Arrivals below which no longest silence is known.
const ARRIVALS_MIN: u64 = 5;
/// From its first run on, before a silence is told: in two weeks a weekend has come to its end.
const GETS_KNOWN: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The chance that a site which goes on as ever is called silent once in as long as its record is.
const SILENT_CHANCE: f64 = 1e-3;

/// Learns whether the site answered; the drift that begins or ends with that.
pub(super) fn answers(site: &mut Site, sample: &Sample, when: &When) -> Option<(Drift, Turn)> {
    if sample.answers > 0 {
        if let Some(down) = site.down.take() {
            let today = day(site, when.now);
            today.down_seconds = today.down_seconds.max(seconds(when.now, down.since));
        }
        return end(site, Measure::Unreachable);
    }
    if sample.unanswered == 0 {
        return None;
    }
    let down = site.down.get_or_insert(Down {
        since: when.now,
        runs: 0,
    });
    down.runs += 1;
    let Down { since, runs } = *down;
    let lasted = seconds(when.now, since);
    let longest = site.days.iter().map(|day| day.down_seconds).max();
    let longest = longest.unwrap_or_default();
    let is_off = runs >= DOWN_RUNS && lasted >= DOWN_MIN.max(LONGER * longest);
    goes_on(site, Measure::Unreachable, is_off, [longest, lasted], when)
}

/// Learns whether something new came of the site's sources; the drift that begins or ends with that.
pub(super) fn news(site: &mut Site, sample: &Sample, when: &When) -> Option<(Drift, Turn)> {
    if sample.news == 0 && (sample.sources == 0 || !when.is_whole) {
        return None;
    }
    wait(&mut site.silence, when.now);
    let lasted = site.silence.seconds;
    if sample.news > 0 {
        site.silence.seconds = 0;
        let today = day(site, when.now);
        today.arrivals += 1;
        today.silent_seconds = today.silent_seconds.max(lasted);
        return end(site, Measure::Silence);
    }
    let longest = site.days.iter().map(|day| day.silent_seconds).max();
    let longest = longest.unwrap_or_default();
    let arrivals: u64 = site.days.iter().map(|day| day.arrivals).sum();
    let bound = longest.max(1) as f64 * longer(arrivals);
    let is_known = when.now.duration_since(site.first_seen) >= GETS_KNOWN;
    let is_off =
        is_known && arrivals >= ARRIVALS_MIN && lasted >= SILENT_MIN && lasted as f64 > bound;
    goes_on(site, Measure::Silence, is_off, [longest, lasted], when)
}

/// Adds the time since somebody asked the last time. Who did not ask does not know: of a machine that
/// slept for a month two usual pauses count.
fn wait(silence: &mut Waiting, now: Timestamp) {
    let waited = silence
        .asked_at
        .map_or(0, |asked_at| seconds(now, asked_at));
    let usual = silence.pause_seconds;
    let most = if usual == 0 { SILENT_MIN } else { 2 * usual };
    let waited = waited.min(most);
    silence.asked_at = Some(now);
    silence.seconds += waited;
    silence.pause_seconds = if usual == 0 {
        waited
    } else {
        // As TCP smooths its round trips (RFC 6298 §2).
        (7 * usual + waited) / 8
    };
}

/// How many times the longest of `n` silences another one must last to be none of chance. If their
/// lengths are exponential, one lasts c times as long as the longest of n others with the chance
/// n! / ((1 + c) (2 + c) … (n + c)), and n of them come in as long as the record is. Silences that are
/// more regular than that, as those of a weekly, are safer still.
fn longer(n: u64) -> f64 {
    let chance = |c: f64| -> f64 { (1..=n).map(|k| k as f64 / (k as f64 + c)).product() };
    let mut c = LONGER as f64;
    while chance(c) * n as f64 > SILENT_CHANCE {
        c += 0.1;
    }
    c
}

fn end(site: &mut Site, measure: Measure) -> Option<(Drift, Turn)> {
    let at = site
        .drifts
        .iter()
        .position(|drift| drift.measure == measure)?;
    Some((site.drifts.remove(at), Turn::Back))
}

/// A waiting that goes on: it begins to be told, or is told to last longer.
fn goes_on(
    site: &mut Site,
    measure: Measure,
    is_off: bool,
    [longest, lasted]: [u64; 2],
    when: &When,
) -> Option<(Drift, Turn)> {
    let lasting = site
        .drifts
        .iter_mut()
        .find(|drift| drift.measure == measure);
    if let Some(drift) = lasting {
        drift.now = lasted as f64;
        return None;
    }
    let lasts = SignedDuration::from_secs(i64::try_from(lasted).unwrap_or(i64::MAX));
    let drift = is_off.then(|| Drift {
        measure,
        before: longest as f64,
        now: lasted as f64,
        since: when.now.saturating_sub(lasts).unwrap_or(when.now),
        noticed_at: when.now,
    })?;
    site.drifts.push(drift);
    Some((drift, Turn::Began))
}

fn seconds(now: Timestamp, since: Timestamp) -> u64 {
    u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0)
}
