//! The history of a crawl: read when it begins, written when it ends, told of in between.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::report::{Report, SiteDrift, Stopped};
use crate::crawl::yields::{Change, Sample, Turn, When, take_in};
use crate::history::{History, RUNS_MAX, Run, SCHEMA, Totals};
use crate::output::{OutputError, atomic};

/// A history that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
pub struct HistoryError {
    /// Which.
    pub path: String,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Where the history of the crawl in the folder `out` lies.
#[must_use]
pub fn path_in(out: &Path) -> PathBuf {
    out.join("state").join("history.json")
}

/// The history of the crawl in the folder `out`; none where there was no run.
///
/// # Errors
///
/// [`HistoryError`] when it cannot be read, or is of a form that this version does not know.
pub fn read(out: &Path) -> Result<Option<History>, HistoryError> {
    let path = path_in(out);
    let read = || -> io::Result<History> {
        let history: History = serde_json::from_slice(&std::fs::read(&path)?)?;
        if history.schema != SCHEMA {
            let why = format!("it is of the schema {:?}", history.schema);
            return Err(io::Error::other(why));
        }
        Ok(history)
    };
    match read() {
        Ok(history) => Ok(Some(history)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(HistoryError {
            path: path.display().to_string(),
            source,
        }),
    }
}

/// The history that a run goes on with. One that cannot be read is begun anew: what it is for is
/// telling, and the crawl knows all it needs without it.
pub(super) fn begin(out: &Path) -> History {
    read(out).map_or_else(
        |error| {
            tracing::warn!(path = error.path, error = %error.source, "the history is begun anew");
            History::default()
        },
        Option::unwrap_or_default,
    )
}

/// Takes a run that has ended into a history, and its drifts into the report; says what of them is
/// new.
pub(super) fn end(history: &mut History, samples: &BTreeMap<String, Sample>, report: &mut Report) {
    let when = When {
        now: report.finished_at,
        is_whole: report.stopped == Stopped::Finished,
    };
    for change in take_in(history, samples, &when) {
        tell(&change);
    }
    let sites = history.sites.iter();
    let drifts = sites.flat_map(|(site, record)| {
        record.drifts.iter().map(|&drift| SiteDrift {
            site: site.clone(),
            drift,
        })
    });
    report.drift = drifts.collect();
    note(history, report);
}

/// Adds a run to those of a history.
pub(super) fn note(history: &mut History, report: &Report) {
    count(&mut history.totals, report);
    history.runs.push(run_of(report));
    let excess = history.runs.len().saturating_sub(RUNS_MAX);
    history.runs.drain(..excess);
}

/// Writes the history of the crawl in the folder `out`.
pub(super) fn write(out: &Path, history: &History) -> Result<(), OutputError> {
    // Numbers, strings, maps with names for keys: it always serialises.
    let text = serde_json::to_vec(history).unwrap_or_default();
    atomic::write(&path_in(out), &text)
}

fn tell(change: &Change) {
    let (site, drift) = (&change.site, &change.drift);
    let measure = drift.measure.name();
    match change.turn {
        Turn::Began => tracing::warn!(
            site,
            measure,
            before = drift.measure.shown(drift.before),
            now = drift.measure.shown(drift.now),
            since = %drift.since.strftime("%FT%RZ"),
            "drift: the site does not yield what it used to"
        ),
        Turn::Back => tracing::info!(site, measure, "the drift has ended: all is as before"),
        Turn::Usual => tracing::info!(
            site,
            measure,
            "the drift has lasted for a week: what it has come to counts as usual now"
        ),
        Turn::Unasked => tracing::info!(
            site,
            measure,
            "the site has not been asked for a week; its drift is told no more"
        ),
    }
}

fn count(totals: &mut Totals, report: &Report) {
    totals.runs += 1;
    totals.elapsed_seconds += report.elapsed_seconds;
    totals.articles += report.articles;
    totals.changed += report.changed;
    totals.not_modified += report.not_modified;
    for (status, count) in named(report) {
        *totals.failures_by_status.entry(status).or_default() += count;
    }
    totals.found += report.found;
    totals.requests += report.requests;
    totals.wire_bytes += report.wire_bytes;
}

fn named(report: &Report) -> BTreeMap<String, u64> {
    let statuses = report.failures_by_status.iter();
    statuses
        .map(|(status, count)| ((*status).to_owned(), *count))
        .collect()
}

fn run_of(report: &Report) -> Run {
    Run {
        started_at: report.started_at,
        finished_at: report.finished_at,
        elapsed_seconds: report.elapsed_seconds,
        stopped: report.stopped.name().to_owned(),
        articles: report.articles,
        changed: report.changed,
        not_modified: report.not_modified,
        failures: report.failures,
        failures_by_status: named(report),
        found: report.found,
        duplicates: report.duplicates,
        pending: report.pending,
        requests: report.requests,
        wire_bytes: report.wire_bytes,
        drifts: report.drift.len() as u64,
    }
}
