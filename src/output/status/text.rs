//! The status in a few lines for a terminal.

use std::fmt::Write;

use super::{JobStatus, Status, counted, moment, span};

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
        "  last run   {}, {ago} ago: {}, {}, {}, {} left to do, in {:.1} s",
        moment(last.started_at),
        last.stopped.replace('_', " "),
        counted(last.articles, "article"),
        counted(last.failures, "failure"),
        last.pending,
        last.elapsed_seconds
    );
    let totals = &job.totals;
    let failures: u64 = totals.failures_by_status.values().sum();
    let _ = writeln!(
        out,
        "  all runs   {}: {}, {}, {}",
        totals.runs,
        counted(totals.articles, "article"),
        counted(failures, "failure"),
        counted(totals.requests, "request")
    );
    if let Some(failing) = job.failing_in_words() {
        let _ = writeln!(out, "  failing    {failing}");
    }
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
            "  site       {name}: {}, {} in 30 days",
            counted(articles, "article"),
            counted(failures, "failure")
        );
    }
    if sites.len() > SITES_MAX {
        let more = (sites.len() - SITES_MAX) as u64;
        let _ = writeln!(out, "  and {}", counted(more, "more site"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::status;

    #[test]
    fn a_job_that_brings_nothing_but_failures_says_so() {
        let mut status = status("courier");
        assert!(!render(&status).contains("failing"));
        let last = status.jobs[0].runs.last_mut().unwrap();
        (last.articles, last.not_modified) = (0, 0);
        let text = render(&status);
        let want = "  failing    the run of 2026-11-23 07:29 UTC brought nothing but 2 failures\n";
        assert!(text.contains(want), "{text}");
    }

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
