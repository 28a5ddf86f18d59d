//! The history of a job: read when a run begins, written when it ends, told of in between.

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

/// Where the history of the job in the folder `out` lies.
#[must_use]
pub fn path_in(out: &Path) -> PathBuf {
    out.join("state").join("history.json")
}

/// The history of the job in the folder `out`; none where there was no run.
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

/// The history that a run goes on with. One that cannot be read is put aside and begun anew: what it is
/// for is telling, and the job knows all it needs without it.
pub(super) fn begin(out: &Path) -> History {
    read(out).map_or_else(
        |error| {
            put_aside(&error);
            History::default()
        },
        Option::unwrap_or_default,
    )
}

/// Keeps a history that cannot be read from being written over, as `history.json.broken`.
fn put_aside(error: &HistoryError) {
    let HistoryError { path, source } = error;
    let aside = format!("{path}.broken");
    match std::fs::rename(path, &aside) {
        Ok(()) => {
            tracing::warn!(path, error = %source, aside, "the history is put aside and begun anew");
        }
        Err(why) => {
            tracing::warn!(path, error = %source, %why, "the history is begun anew, and cannot be put aside");
        }
    }
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

/// Adds the run of a cleaning job, which knows no sites, to the history in the folder `out`. What one
/// that was cut short had extracted is not kept, and so not counted.
pub(super) fn keep(out: &Path, report: &Report) -> Result<(), OutputError> {
    let mut history = begin(out);
    if report.stopped == Stopped::Finished {
        note(&mut history, report);
    } else {
        let kept = Report {
            articles: 0,
            failures: 0,
            failures_by_status: BTreeMap::new(),
            ..report.clone()
        };
        note(&mut history, &kept);
    }
    write(out, &history)
}

/// Writes the history of the job in the folder `out`.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// It was written over, and counters and what is usual were gone.
    #[test]
    fn a_history_that_cannot_be_read_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("state")).unwrap();
        assert_eq!(begin(dir.path()), History::default());
        for broken in ["{\"schema\": \"chaff", "{}"] {
            std::fs::write(path_in(dir.path()), broken).unwrap();
            let history = begin(dir.path());
            assert_eq!(history, History::default());
            write(dir.path(), &history).unwrap();
            let aside = dir.path().join("state/history.json.broken");
            assert_eq!(std::fs::read_to_string(aside).unwrap(), broken);
        }
    }

    #[test]
    fn a_cleaning_that_was_cut_short_has_written_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("state")).unwrap();
        let mut report = Report::begin(jiff::Timestamp::UNIX_EPOCH);
        report.article("", false);
        for stopped in [Stopped::Finished, Stopped::TimeLimit] {
            report.stopped = stopped;
            keep(dir.path(), &report).unwrap();
        }
        let history = read(dir.path()).unwrap().unwrap();
        let runs = history.runs.iter();
        let runs: Vec<_> = runs
            .map(|run| (run.stopped.as_str(), run.articles))
            .collect();
        assert_eq!(runs, [("finished", 1), ("time_limit", 0)]);
        assert_eq!((history.totals.runs, history.totals.articles), (2, 1));
    }
}
