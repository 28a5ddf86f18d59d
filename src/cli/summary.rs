//! What a run did, in a few lines on stderr.

use std::fmt::Write;

use super::args::{LogFormat, Talk};
use crate::run::report::SiteDrift;
use crate::run::{Report, Stopped};

/// Most hosts in a summary.
const HOSTS_MAX: usize = 10;

/// Says what a run did and where its output is.
pub(super) fn print(report: &Report, job: Option<&str>, output: &str, talk: Talk) {
    if talk.quiet {
        return;
    }
    if talk.log_format == LogFormat::Json {
        tracing::info!(
            job,
            articles = report.articles,
            failures = report.failures,
            not_modified = report.not_modified,
            pending = report.pending,
            drifts = report.drift.len(),
            requests = report.requests,
            elapsed_ms = (report.elapsed_seconds * 1000.0).round(),
            "done"
        );
        return;
    }
    let text = text(report, job, output);
    let _ = std::io::Write::write_all(&mut super::progress::Stderr, text.as_bytes());
}

/// Says how many pages were found, and where.
pub(super) fn found(report: &Report, count: u64, talk: Talk) {
    if talk.quiet || talk.log_format == LogFormat::Json {
        return;
    }
    let text = format!(
        "{} in {:.1} s{}\n{}",
        plural(count, "page"),
        report.elapsed_seconds,
        transfer(report),
        sources(report)
    );
    let _ = std::io::Write::write_all(&mut super::progress::Stderr, text.as_bytes());
}

/// A line a source: what it named, and what became of that.
fn sources(report: &Report) -> String {
    let mut out = String::new();
    // What failed first: of many sources only some are shown.
    let mut sources: Vec<_> = report.sources.iter().collect();
    sources.sort_by_key(|(_, source)| source.failures.is_empty());
    for (root, source) in sources.into_iter().take(HOSTS_MAX) {
        let _ = write!(
            out,
            "  {root}: {} read{}, {} named, {} taken",
            source.read,
            match source.rested {
                0 => String::new(),
                rested => format!(", {rested} at rest"),
            },
            plural(source.named, "page"),
            source.taken
        );
        for (reason, count) in &source.left {
            let _ = write!(out, ", {count} left out ({})", reason.replace('_', " "));
        }
        out.push('\n');
        for failure in source.failures.iter().take(HOSTS_MAX) {
            let _ = writeln!(
                out,
                "    {}: {}: {}",
                failure.url, failure.status, failure.detail
            );
        }
    }
    if report.sources.len() > HOSTS_MAX {
        let _ = writeln!(
            out,
            "  and {} more sources",
            report.sources.len() - HOSTS_MAX
        );
    }
    out
}

fn text(report: &Report, job: Option<&str>, output: &str) -> String {
    let mut out = job.map(|job| format!("{job}: ")).unwrap_or_default();
    out += &counts(report);
    let _ = writeln!(
        out,
        " in {:.1} s{}",
        report.elapsed_seconds,
        transfer(report)
    );
    for (status, count) in &report.failures_by_status {
        let _ = writeln!(out, "  {status}: {count}");
    }
    out += &sources(report);
    out += &hosts(report);
    out += &drifts(report);
    match report.stopped {
        // A cleaning begins anew; nothing of it is pending.
        Stopped::Signal(_) if report.pending == 0 => out += "stopped by a signal\n",
        Stopped::Signal(_) => out += "stopped by a signal; the same command again goes on\n",
        Stopped::TimeLimit => out += "stopped at the time limit; the next run goes on\n",
        Stopped::Limit => out += "stopped at the limit; the same command again goes on\n",
        Stopped::Finished | Stopped::ClosedPipe => {}
    }
    if !output.is_empty() {
        let _ = writeln!(out, "{output}");
    }
    out
}

/// A line a drift.
fn drifts(report: &Report) -> String {
    let mut out = String::new();
    for SiteDrift { site, drift } in report.drift.iter().take(HOSTS_MAX) {
        let since = drift.since.strftime("%F %R UTC");
        let _ = writeln!(out, "  drift: {site}: {drift}, since {since}");
    }
    if report.drift.len() > HOSTS_MAX {
        let _ = writeln!(out, "  and {} more drifts", report.drift.len() - HOSTS_MAX);
    }
    out
}

fn counts(report: &Report) -> String {
    let silently = match report.silent_edits {
        0 => String::new(),
        silent => format!(", {silent} silently"),
    };
    let changed = match report.changed {
        0 => String::new(),
        changed => format!(" ({changed} of them changed{silently})"),
    };
    let mut parts = vec![
        format!("{}{changed}", plural(report.articles, "article")),
        plural(report.failures, "failure"),
    ];
    let others = [
        (report.found, "newly found"),
        (report.duplicates, "marked as duplicate"),
        (report.gone, "gone"),
        (report.not_modified, "not modified"),
        (report.already_done, "already done"),
        (report.failed_before, "of them failed before"),
        (report.refresh_failed, "kept although asking again failed"),
        (report.pending, "left to do"),
    ];
    parts.extend(
        others
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}")),
    );
    parts.join(", ")
}

pub(super) fn plural(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn transfer(report: &Report) -> String {
    if report.requests == 0 {
        return String::new();
    }
    format!(
        "; {}, {} kB received, {} kB unpacked",
        plural(report.requests, "request"),
        report.wire_bytes / 1000,
        report.body_bytes / 1000
    )
}

/// A line a host, those with most pages first, when there is more than one.
fn hosts(report: &Report) -> String {
    if report.hosts.len() < 2 {
        return String::new();
    }
    let mut hosts: Vec<_> = report.hosts.iter().collect();
    hosts.sort_by_key(|(_, host)| {
        let all = host.articles + host.failures + host.not_modified;
        (host.failures == 0, std::cmp::Reverse(all))
    });
    let mut out = String::new();
    for (name, host) in hosts.iter().take(HOSTS_MAX) {
        let statuses = host.failures_by_status.iter();
        let statuses: Vec<String> = statuses
            .map(|(status, count)| format!("{status}: {count}"))
            .collect();
        let why = if statuses.is_empty() {
            String::new()
        } else {
            format!(" ({})", statuses.join(", "))
        };
        let _ = writeln!(
            out,
            "  {name}: {}, {}{why}, {}",
            plural(host.articles, "article"),
            plural(host.failures, "failure"),
            plural(host.requests, "request")
        );
    }
    if hosts.len() > HOSTS_MAX {
        let _ = writeln!(out, "  and {} more hosts", hosts.len() - HOSTS_MAX);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Status;
    use jiff::Timestamp;

    #[test]
    fn a_summary_names_what_failed_and_where() {
        let mut report = Report::begin(Timestamp::UNIX_EPOCH);
        report.article("a.example", false);
        report.failure("b.example", Status::NotFound);
        report.transfer("a.example", 2, 3_400, 12_000);
        report.end(
            Timestamp::UNIX_EPOCH,
            std::time::Duration::from_millis(1234),
            Stopped::Finished,
        );
        assert_eq!(
            text(&report, None, "see chaffinch-out"),
            "1 article, 1 failure in 1.2 s; 2 requests, 3 kB received, 12 kB unpacked\n  not_found: 1\n  \
             b.example: 0 articles, 1 failure (not_found: 1), 0 requests\n  a.example: 1 article, 0 failures, 2 requests\nsee chaffinch-out\n"
        );
    }
}
