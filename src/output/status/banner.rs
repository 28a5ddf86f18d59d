//! What is to be looked at, at the head of the page: jobs in trouble, sites that drift.

use std::fmt::Write;

use super::{JobStatus, Status, Trouble, moment};
use crate::history::Drift;
use crate::output::markup::escaped;

/// Troubles, and drifts, at the head of the page; each stands at its job or site, too.
const ALARMS_SHOWN: usize = 30;

/// The banner; green only if there is nothing to be looked at.
pub(super) fn banner(out: &mut String, status: &Status) {
    let (troubles, drifts) = (troubles(status), drifts(status));
    if troubles.is_empty() && drifts.is_empty() {
        out.push_str(
            "<p class=\"calm\">All is well: no job is in trouble, each site yields what it used to.</p>\n",
        );
    }
    alarm(out, "In trouble", &troubles);
    alarm(out, "Sites that do not yield what they used to", &drifts);
}

fn alarm(out: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "<section class=\"alarm\">\n<h2>{title}</h2>\n<ul>");
    for item in items.iter().take(ALARMS_SHOWN) {
        let _ = writeln!(out, "<li>{item}</li>");
    }
    out.push_str("</ul>\n");
    if items.len() > ALARMS_SHOWN {
        let _ = writeln!(out, "<p>and {} more</p>", items.len() - ALARMS_SHOWN);
    }
    out.push_str("</section>\n");
}

/// What is wrong with the process and its jobs, the process first.
fn troubles(status: &Status) -> Vec<String> {
    let mut items = Vec::new();
    if !status.is_well() {
        items.push("The schedule has not looked at its clock for minutes: it hangs.".to_owned());
    }
    if let Some(Trouble { at, why }) = status.refused_configuration() {
        let (at, why) = (moment(*at), escaped(why));
        items.push(format!(
            "The configuration of {at} cannot be used, the old one is still in use: <bdi>{why}</bdi>"
        ));
    }
    let mut job = |job: &JobStatus, what: String| {
        items.push(format!("<b><bdi>{}</bdi></b>: {what}", escaped(&job.name)));
    };
    for broken in &status.jobs {
        if let Some(Trouble { at, why }) = &broken.error {
            let (at, why) = (moment(*at), escaped(why));
            job(
                broken,
                format!("the last run broke, {at}: <bdi>{why}</bdi>"),
            );
        }
    }
    for failing in status.jobs.iter().filter(|job| job.error.is_none()) {
        if let Some(what) = failing.failing_in_words() {
            job(failing, what);
        }
    }
    items
}

fn drifts(status: &Status) -> Vec<String> {
    let item = |(job, site, drift): (&JobStatus, &str, &Drift)| {
        let (job, site, since) = (escaped(&job.name), escaped(site), moment(drift.since));
        format!(
            "<b><bdi>{site}</bdi></b>: {drift}, since {since} <span class=\"faint\">(<bdi>{job}</bdi>)</span>"
        )
    };
    status.drifts().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::status;

    /// It was green over jobs whose last run had broken.
    #[test]
    fn the_banner_is_green_only_if_all_is_well() {
        let well = Status::new(status("x").generated_at, None, Vec::new());
        let mut broken = well.clone();
        let mut job = JobStatus::new("archive", "out");
        job.error = status("no such list").jobs[0].error.clone();
        broken.jobs = vec![job];
        let mut refused = well.clone();
        refused.service = status("no [[jobs]] to run").service;
        let mut failing = well.clone();
        let mut job = status("stories").jobs.remove(0);
        (job.error, job.running) = (None, None);
        job.sites.clear();
        for run in &mut job.runs {
            (run.articles, run.not_modified) = (0, 0);
        }
        failing.jobs = vec![job];
        for (status, want) in [
            (well, None),
            (
                broken,
                Some(
                    "archive</bdi></b>: the last run broke, 2026-11-23 07:30 UTC: <bdi>no such list",
                ),
            ),
            (refused, Some("is still in use: <bdi>no [[jobs]] to run")),
            (
                failing,
                Some(
                    "stories</bdi></b>: the run of 2026-11-23 07:29 UTC brought nothing but 2 failures",
                ),
            ),
        ] {
            let mut out = String::new();
            banner(&mut out, &status);
            assert_eq!(out.contains("All is well"), want.is_none(), "{out}");
            assert_eq!(out.contains("class=\"alarm\""), want.is_some(), "{out}");
            assert!(want.is_none_or(|want| out.contains(want)), "{out}");
        }
    }
}
