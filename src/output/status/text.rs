//! The status in a few lines for a terminal.

use std::fmt::Write;

use super::{JobStatus, Status, moment, span};

/// Most sites and drifts that are named of a job.
const SITES_MAX: usize = 20;

/// The lines. Names come from strangers and users: what would steer a terminal is left out.
#[must_use]
pub fn render(status: &Status) -> String {
    let mut out = String::new();
    for job in &status.jobs {
        job_lines(&mut out, job, status);
    }
    out.retain(|c| c == '\n' || !c.is_control());
    out
}

fn job_lines(out: &mut String, job: &JobStatus, status: &Status) {
    let _ = writeln!(out, "{} ({})", job.name, job.out);
    let Some(last) = job.runs.last() else {
        out.push_str("  no run yet\n");
        return;
    };
    let ago = span(status.generated_at.duration_since(last.finished_at));
    let _ = writeln!(
        out,
        "  last run   {}, {ago} ago: {}, {} articles, {} failures, {} left to do, in {:.1} s",
        moment(last.started_at),
        last.stopped.replace('_', " "),
        last.articles,
        last.failures,
        last.pending,
        last.elapsed_seconds
    );
    let totals = &job.totals;
    let failures: u64 = totals.failures_by_status.values().sum();
    let _ = writeln!(
        out,
        "  all runs   {}: {} articles, {failures} failures, {} requests",
        totals.runs, totals.articles, totals.requests
    );
    let drifts = status.drifts().filter(|(of, ..)| of.name == job.name);
    for (_, site, drift) in drifts.take(SITES_MAX) {
        let _ = writeln!(
            out,
            "  drift      {site}: {drift}, since {}",
            moment(drift.since)
        );
    }
    let today = status.today();
    let sites = job.sites_by_need(today);
    for (name, site) in sites.iter().take(SITES_MAX) {
        let (mut articles, mut failures) = (0, 0);
        for day in site.last_days(today) {
            articles += day.articles;
            failures += day.failures();
        }
        let _ = writeln!(
            out,
            "  site       {name}: {articles} articles, {failures} failures in 30 days"
        );
    }
    if sites.len() > SITES_MAX {
        let _ = writeln!(out, "  and {} more sites", sites.len() - SITES_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::status;

    #[test]
    fn a_job_in_five_lines() {
        assert_eq!(
            render(&status("courier\u{1b}[2J")),
            "courier[2J (courier[2J)\n  \
             last run   2026-11-23 07:29 UTC, 0 s ago: signal, 12 articles, 2 failures, 4 left to do, in 61.5 s\n  \
             all runs   2: 24 articles, 4 failures, 40 requests\n  \
             drift      courier[2J: blocked 100 % instead of 2 %, since 2026-11-22 07:30 UTC\n  \
             site       courier[2J: 21 articles, 2 failures in 30 days\n\
             new (out/new)\n  no run yet\n"
        );
    }
}
