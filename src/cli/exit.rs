//! The exit codes, which are a contract.

use crate::run::reextract::Reextracted;
use crate::run::{Report, RunError, Stopped};

/// All fine.
pub const OK: u8 = 0;
/// Some inputs failed.
pub const SOME_FAILED: u8 = 1;
/// Usage or configuration error.
pub const USAGE: u8 = 2;
/// Nothing extracted.
pub const NOTHING: u8 = 3;
/// Output or state not writable.
pub const NOT_WRITABLE: u8 = 4;
/// A fault of ours; the same that Rust gives to a process that panics.
pub const FAULT: u8 = 101;

/// A site yields otherwise than it used to, and the user wanted to know.
pub const DRIFT: u8 = 6;

/// The code of a run that ended with `code`, if drifts are to count.
#[must_use]
pub fn of_drift(code: u8, report: &Report, fails: bool) -> u8 {
    if fails && !report.drift.is_empty() && is_counted(code) {
        DRIFT
    } else {
        code
    }
}

/// Whether a code is a count of failures: less than what is wrong with the run itself.
fn is_counted(code: u8) -> bool {
    matches!(code, OK | SOME_FAILED | NOTHING)
}

/// The code of a run that came to its end.
#[must_use]
pub fn of_report(report: &Report) -> u8 {
    match report.stopped {
        Stopped::Signal(signal) => of_signal(signal),
        Stopped::ClosedPipe => OK,
        Stopped::Finished | Stopped::Limit | Stopped::TimeLimit => {
            let failed = report.failures_in_all + report.refresh_failed;
            match (report.articles_in_all, failed) {
                // A feed without news is fine.
                (articles, 0) if articles > 0 || report.pending > 0 || report.has_sources() => OK,
                (0, _) => NOTHING,
                _ => SOME_FAILED,
            }
        }
    }
}

/// The code of pages that were extracted again.
#[must_use]
pub fn of_reextraction(done: &Reextracted) -> u8 {
    match (done.stopped, done.articles, done.damaged) {
        (Stopped::Signal(signal), ..) => of_signal(signal),
        (Stopped::ClosedPipe, ..) => OK,
        (_, 0, _) => NOTHING,
        (_, _, 0) => OK,
        _ => SOME_FAILED,
    }
}

/// The code of a search that found so many pages.
#[must_use]
pub fn of_discovery(report: &Report, found: u64) -> u8 {
    match (report.stopped, found, report.failures_in_all) {
        (Stopped::Signal(signal), ..) => of_signal(signal),
        (_, 0, _) => NOTHING,
        (_, _, 0) => OK,
        _ => SOME_FAILED,
    }
}

/// The code of a run that a signal stopped, as shells have it.
#[must_use]
pub fn of_signal(signal: i32) -> u8 {
    128 + u8::try_from(signal).unwrap_or(0)
}

/// The code of an error.
#[must_use]
pub fn of_error(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<RunError>().map_or(USAGE, of_run_error)
}

/// The code of an error that ended a run.
#[must_use]
pub fn of_run_error(error: &RunError) -> u8 {
    match error {
        RunError::Output(_) | RunError::State(_) | RunError::Locked(_) => NOT_WRITABLE,
        RunError::Broke(_) => FAULT,
        _ => USAGE,
    }
}

/// The worst of several codes: what a job list as a whole came to. A signal is worse than a fault of
/// ours, that than an output that cannot be written, that than a wrong configuration, that than a
/// drift, and each than any count of failures.
#[must_use]
pub fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    let codes: Vec<u8> = codes.into_iter().collect();
    let fatal = codes.iter().copied().filter(|&code| !is_counted(code));
    if let Some(fatal) = fatal.max_by_key(|&code| (code != DRIFT, code)) {
        return fatal;
    }
    match codes.first() {
        None => OK,
        Some(&code) if codes.iter().all(|&other| other == code) => code,
        Some(_) => SOME_FAILED,
    }
}

/// An error with its causes on one line.
#[must_use]
pub fn describe(error: &anyhow::Error) -> String {
    let mut lines: Vec<String> = error.chain().map(ToString::to_string).collect();
    lines.dedup();
    lines.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Status;
    use jiff::Timestamp;

    fn report(articles: u64, failures: &[Status]) -> Report {
        let mut report = Report::begin(Timestamp::UNIX_EPOCH);
        report.inputs = articles + failures.len() as u64;
        for _ in 0..articles {
            report.article("h", false);
        }
        for &status in failures {
            report.failure("h", status);
        }
        report
    }

    #[test]
    fn codes_of_reports() {
        for (articles, failures, want) in [
            (2, &[][..], OK),
            (2, &[Status::NotFound][..], SOME_FAILED),
            (0, &[Status::NotFound][..], NOTHING),
            (1, &[Status::Duplicate][..], OK),
            (0, &[][..], NOTHING),
        ] {
            assert_eq!(
                of_report(&report(articles, failures)),
                want,
                "{articles} {failures:?}"
            );
        }
        let mut stopped = report(1, &[]);
        stopped.stopped = Stopped::Signal(15);
        assert_eq!(of_report(&stopped), 143);
    }

    #[test]
    fn a_drift_counts_where_it_is_asked_for_and_nothing_is_worse() {
        let drift = serde_json::json!({
            "measure": "blocked", "before": 0.0, "now": 1.0,
            "since": Timestamp::UNIX_EPOCH, "noticed_at": Timestamp::UNIX_EPOCH,
        });
        let mut adrift = report(1, &[]);
        adrift.drift.push(crate::run::report::SiteDrift {
            site: "courier.example".to_owned(),
            drift: serde_json::from_value(drift).unwrap(),
        });
        for (code, fails, want) in [
            (OK, true, DRIFT),
            (NOTHING, true, DRIFT),
            (OK, false, OK),
            (143, true, 143),
            (NOT_WRITABLE, true, NOT_WRITABLE),
        ] {
            assert_eq!(of_drift(code, &adrift, fails), want);
        }
        assert_eq!(of_drift(OK, &report(1, &[]), true), OK);
    }

    #[test]
    fn a_job_list_is_as_good_as_its_worst_job() {
        assert_eq!(worst([OK, OK]), OK);
        assert_eq!(worst([OK, NOTHING]), SOME_FAILED);
        assert_eq!(worst([NOTHING, NOTHING]), NOTHING);
        assert_eq!(worst([SOME_FAILED, NOT_WRITABLE]), NOT_WRITABLE);
        assert_eq!(worst([USAGE, SOME_FAILED]), USAGE);
        assert_eq!(worst([]), OK);
        for [a, b] in [
            [SOME_FAILED, DRIFT],
            [DRIFT, USAGE],
            [USAGE, NOT_WRITABLE],
            [NOT_WRITABLE, FAULT],
            [FAULT, 130],
            [130, 143],
        ] {
            assert_eq!((worst([a, b]), worst([b, a])), (b, b), "whatever the order");
        }
    }
}
