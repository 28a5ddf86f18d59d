//! The status as metrics, in the text format 0.0.4 that Prometheus reads.
//!
//! The format is a few lines of text, and all values are known when somebody asks; a library would
//! keep them a second time, in a registry that must be told of each change.
//!
//! Counters count since the history of a job began, and grow at the end of each run. Names follow
//! Prometheus' practice: base units, `_total` for counters, no unit in labels.

use std::fmt::{Display, Write};

use super::{JobStatus, SiteStatus, Status};

/// The `Content-Type` of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics.
#[must_use]
pub fn render(status: &Status) -> String {
    let mut out = Families::default();
    out.family(
        "build_info",
        "gauge",
        "The version of Chaffinch, as a label.",
    );
    out.sample(&[("version", status.version)], 1);
    if let Some(service) = &status.service {
        out.family(
            "start_time_seconds",
            "gauge",
            "When the process began, in seconds since 1970.",
        );
        out.sample(&[], service.started_at.as_second());
    }
    counters(&mut out, status);
    gauges(&mut out, status);
    sites(&mut out, status);
    out.text
}

fn counters(out: &mut Families, status: &Status) {
    type Count = fn(&JobStatus) -> u64;
    let counts: [(&str, &str, Count); 7] = [
        ("runs_total", "Runs that came to their end.", |job| {
            job.totals.runs
        }),
        ("articles_total", "Articles written.", |job| {
            job.totals.articles
        }),
        (
            "articles_changed_total",
            "Of the articles written, new versions of known ones.",
            |job| job.totals.changed,
        ),
        (
            "articles_unchanged_total",
            "Articles asked again and found the same.",
            |job| job.totals.not_modified,
        ),
        (
            "pages_found_total",
            "Pages that sources named and that no run knew before.",
            |job| job.totals.found,
        ),
        ("requests_total", "Requests made.", |job| {
            job.totals.requests
        }),
        (
            "received_bytes_total",
            "Bytes received in bodies, as they came over the wire.",
            |job| job.totals.wire_bytes,
        ),
    ];
    for (name, help, count) in counts {
        out.by_job(status, name, "counter", help, |job| Some(count(job)));
    }
    out.by_job(
        status,
        "run_seconds_total",
        "counter",
        "Time that runs took.",
        |job| Some(job.totals.elapsed_seconds),
    );
    out.family("failures_total", "counter", "Failures by status.");
    for job in &status.jobs {
        for (failure, count) in &job.totals.failures_by_status {
            out.sample(&[("job", &job.name), ("status", failure)], count);
        }
    }
}

fn gauges(out: &mut Families, status: &Status) {
    type Value = fn(&JobStatus) -> Option<f64>;
    let values: [(&str, &str, Value); 11] = [
        ("job_running", "Whether the job is at work.", |job| {
            Some(f64::from(u8::from(job.running.is_some())))
        }),
        (
            "job_broken",
            "Whether the last run was ended by an error.",
            |job| Some(f64::from(u8::from(job.error.is_some()))),
        ),
        (
            "next_run_timestamp_seconds",
            "When the job starts next.",
            |job| Some(seconds(job.next?)),
        ),
        (
            "last_run_timestamp_seconds",
            "When the last run ended.",
            |job| Some(seconds(job.runs.last()?.finished_at)),
        ),
        (
            "last_success_timestamp_seconds",
            "When the last run ended that did all that was to do.",
            |job| Some(seconds(job.last_success()?.finished_at)),
        ),
        (
            "last_run_duration_seconds",
            "Time that the last run took.",
            |job| Some(job.runs.last()?.elapsed_seconds),
        ),
        (
            "last_run_articles",
            "Articles that the last run wrote.",
            |job| Some(number(job.runs.last()?.articles)),
        ),
        ("last_run_failures", "Failures of the last run.", |job| {
            Some(number(job.runs.last()?.failures))
        }),
        (
            "pending_pages",
            "Pages that the last run left to do.",
            |job| Some(number(job.runs.last()?.pending)),
        ),
        (
            "run_planned_pages",
            "Pages and sources that the run at work knows to be asked.",
            |job| Some(number(job.running.as_ref()?.planned)),
        ),
        (
            "run_settled_pages",
            "Pages and sources that the run at work is done with.",
            |job| Some(number(job.running.as_ref()?.settled)),
        ),
    ];
    for (name, help, value) in values {
        out.by_job(status, name, "gauge", help, value);
    }
}

fn sites(out: &mut Families, status: &Status) {
    type Count = fn(&SiteStatus) -> u64;
    let counts: [(&str, &str, Count); 2] = [
        (
            "site_articles_total",
            "Articles written, by site.",
            |site| site.articles,
        ),
        ("site_failures_total", "Failures, by site.", |site| {
            site.failures
        }),
    ];
    for (name, help, count) in counts {
        out.family(name, "counter", help);
        for job in &status.jobs {
            for (site, record) in &job.sites {
                out.sample(&[("job", &job.name), ("site", site)], count(record));
            }
        }
    }
    out.by_job(
        status,
        "drifting_measures",
        "gauge",
        "Measures of sites that are not what they were.",
        |job| Some(job.drifts()),
    );
    out.family(
        "drift",
        "gauge",
        "A measure of a site that is not what it was; 1 while it lasts.",
    );
    for (job, site, drift) in status.drifts() {
        let labels = [
            ("job", job.name.as_str()),
            ("site", site),
            ("measure", drift.measure.name()),
        ];
        out.sample(&labels, 1);
    }
}

fn seconds(at: jiff::Timestamp) -> f64 {
    number(u64::try_from(at.as_second()).unwrap_or(0))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus knows no other numbers"
)]
fn number(count: u64) -> f64 {
    count as f64
}

/// Families of samples as text.
#[derive(Default)]
struct Families {
    text: String,
    /// The family that is written.
    name: String,
}

impl Families {
    /// Begins a family.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.name = format!("chaffinch_{name}");
        let name = &self.name;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A family with one sample a job, where it has a value.
    fn by_job<V: Display>(
        &mut self,
        status: &Status,
        name: &str,
        kind: &str,
        help: &str,
        value: impl Fn(&JobStatus) -> Option<V>,
    ) {
        self.family(name, kind, help);
        for job in &status.jobs {
            if let Some(value) = value(job) {
                self.sample(&[("job", &job.name)], value);
            }
        }
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(&self.name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{before}{label}=\"{}\"", escaped(text));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}

/// A label's text: what would end it or its line is escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::status;

    #[test]
    fn every_family_is_told_of_and_named_as_it_should_be() {
        let text = render(&status("courier"));
        let mut families: Vec<(&str, &str)> = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                families.push(rest.split_once(' ').unwrap());
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                assert_eq!(families.last().unwrap().0, name, "{line}");
                let value = line.rsplit(' ').next().unwrap();
                assert!(value.parse::<f64>().is_ok(), "{line}");
            }
        }
        for (name, kind) in &families {
            assert!(name.starts_with("chaffinch_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == "counter", "{name}");
        }
        let names: std::collections::BTreeSet<_> = families.iter().collect();
        assert_eq!(names.len(), families.len(), "each family once");
    }

    #[test]
    fn values_are_those_of_the_jobs() {
        let text = render(&status("courier"));
        for want in [
            "chaffinch_articles_total{job=\"courier\"} 24\n",
            "chaffinch_articles_total{job=\"new\"} 0\n",
            "chaffinch_failures_total{job=\"courier\",status=\"not_found\"} 2\n",
            "chaffinch_run_seconds_total{job=\"courier\"} 123\n",
            "chaffinch_last_run_duration_seconds{job=\"courier\"} 61.5\n",
            "chaffinch_last_success_timestamp_seconds{job=\"courier\"} 1795419000\n",
            "chaffinch_job_running{job=\"new\"} 0\n",
            "chaffinch_run_settled_pages{job=\"courier\"} 7\n",
            "chaffinch_drift{job=\"courier\",site=\"courier\",measure=\"blocked\"} 1\n",
            "chaffinch_drifting_measures{job=\"new\"} 0\n",
        ] {
            assert!(text.contains(want), "{want} in {text}");
        }
        assert!(
            !text.contains("last_run_articles{job=\"new\"}"),
            "it never ran"
        );
    }

    #[test]
    fn a_hostile_name_stays_within_its_label() {
        let text = render(&status("a\"} 9\nevil 1\\"));
        assert!(text.contains("job=\"a\\\"} 9\\nevil 1\\\\\""), "{text}");
        assert!(text.lines().all(|line| !line.starts_with("evil")));
    }
}
