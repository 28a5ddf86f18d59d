//! How jobs fare, for whoever looks from outside: a page for a browser, JSON, metrics, a few lines.
//!
//! In: what the schedule is about, and the history of each job. Out: text. All of it is a function of
//! its arguments; who serves or writes it is not known here.

mod chart;
pub mod html;
pub mod metrics;
pub mod text;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::article::EXTRACTOR_VERSION;
use crate::history::{Day, Drift, History, Run, Site, Totals};

/// The version of the JSON form.
pub const SCHEMA: &str = "chaffinch-status/1";
/// Days that a chart shows.
const DAYS_SHOWN: i64 = 30;

/// How all jobs fare.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The version of Chaffinch.
    pub version: &'static str,
    /// When this was so.
    pub generated_at: Timestamp,
    /// The process that runs the jobs; none for a report from files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// The jobs, in the order of the configuration.
    pub jobs: Vec<JobStatus>,
}

/// The process that runs jobs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Service {
    /// When it began.
    pub started_at: Timestamp,
    /// When its schedule last looked at the clock; none where there is no schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<Timestamp>,
    /// Whether it looks as often as it should.
    pub is_well: bool,
    /// Why the last new configuration is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_configuration: Option<String>,
}

/// How one job fares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobStatus {
    /// Its name.
    pub name: String,
    /// The folder of its output and state.
    pub out: String,
    /// When it starts by itself, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// When it starts next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// The run that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<Running>,
    /// What ended the last run before its work was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<JobError>,
    /// Counts of all runs.
    pub totals: Totals,
    /// The last runs, oldest first.
    pub runs: Vec<Run>,
    /// The sites by name.
    pub sites: BTreeMap<String, SiteStatus>,
}

/// A run that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Running {
    /// When it began.
    pub since: Timestamp,
    /// Pages and sources that it knows to be asked.
    pub planned: u64,
    /// Those that are done.
    pub settled: u64,
    /// Of those, the failures.
    pub failures: u64,
}

/// What ended a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobError {
    /// When.
    pub at: Timestamp,
    /// What.
    pub why: String,
}

/// What one site yields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SiteStatus {
    /// The run that met it first.
    pub first_seen: Timestamp,
    /// The last run that had to do with it.
    pub last_seen: Timestamp,
    /// Articles of all runs.
    pub articles: u64,
    /// Failures of all runs.
    pub failures: u64,
    /// The drifts that last.
    pub drift: Vec<Drift>,
    /// The last days on which something came of it, in UTC, oldest first.
    pub days: Vec<DayStatus>,
}

/// What one site yielded on one day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayStatus {
    /// Which.
    pub date: Date,
    /// Articles written.
    pub articles: u64,
    /// Articles found the same.
    pub unchanged: u64,
    /// Failures by status.
    pub failures_by_status: BTreeMap<String, u64>,
    /// Words of an article: the geometric mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word_count: Option<f64>,
    /// Share of title, authors, date, description, image and section that is filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<f64>,
    /// How sure the extractor was: the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

impl Status {
    /// The status of jobs at a time.
    #[must_use]
    pub fn new(generated_at: Timestamp, service: Option<Service>, jobs: Vec<JobStatus>) -> Self {
        Self {
            schema: SCHEMA,
            version: EXTRACTOR_VERSION,
            generated_at,
            service,
            jobs,
        }
    }

    /// The status as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Numbers, strings, maps with names for keys: it always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Whether the process that it is of does what it should; none is well.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.service.as_ref().is_none_or(|service| service.is_well)
    }

    /// In short, for whoever only asks whether the process lives.
    #[must_use]
    pub fn to_health_json(&self) -> String {
        let jobs = self.jobs.iter().map(|job| {
            json!({
                "name": job.name,
                "running": job.running.is_some(),
                "next": job.next,
                "last_run": job.runs.last(),
                "error": job.error,
                "drifts": job.drifts(),
            })
        });
        let health = json!({
            "status": if self.is_well() { "ok" } else { "hangs" },
            "version": self.version,
            "at": self.generated_at,
            "started_at": self.service.as_ref().map(|service| service.started_at),
            "looked_at": self.service.as_ref().and_then(|service| service.looked_at),
            "jobs": jobs.collect::<Vec<_>>(),
        });
        format!("{health}\n")
    }

    /// The drifts of all jobs: job, site, drift.
    fn drifts(&self) -> impl Iterator<Item = (&JobStatus, &str, &Drift)> {
        self.jobs.iter().flat_map(|job| {
            let sites = job.sites.iter();
            sites.flat_map(move |(name, site)| {
                site.drift
                    .iter()
                    .map(move |drift| (job, name.as_str(), drift))
            })
        })
    }

    /// The day of its time, in UTC.
    fn today(&self) -> Date {
        self.generated_at.to_zoned(TimeZone::UTC).date()
    }
}

impl JobStatus {
    /// A job that has not run.
    #[must_use]
    pub fn new(name: &str, out: &str) -> Self {
        Self {
            name: name.to_owned(),
            out: out.to_owned(),
            when: None,
            next: None,
            running: None,
            error: None,
            totals: Totals::default(),
            runs: Vec::new(),
            sites: BTreeMap::new(),
        }
    }

    /// Takes in what its history says.
    pub fn take_in(&mut self, history: &History) {
        self.totals = history.totals.clone();
        self.runs.clone_from(&history.runs);
        let sites = history.sites.iter();
        self.sites = sites
            .map(|(name, site)| (name.clone(), SiteStatus::of(site)))
            .collect();
    }

    /// The last run that did what was to do, as far as it was to.
    fn last_success(&self) -> Option<&Run> {
        let is_success =
            |run: &&Run| matches!(run.stopped.as_str(), "finished" | "limit" | "time_limit");
        self.runs.iter().rev().find(is_success)
    }

    fn drifts(&self) -> usize {
        self.sites.values().map(|site| site.drift.len()).sum()
    }

    /// The sites, those that drift first, then those with most articles of late.
    fn sites_by_need(&self, today: Date) -> Vec<(&str, &SiteStatus)> {
        let mut sites: Vec<_> = self
            .sites
            .iter()
            .map(|(name, site)| (name.as_str(), site))
            .collect();
        sites.sort_by_cached_key(|(_, site)| {
            let articles: u64 = site.last_days(today).map(|day| day.articles).sum();
            (site.drift.is_empty(), std::cmp::Reverse(articles))
        });
        sites
    }
}

impl SiteStatus {
    fn of(site: &Site) -> Self {
        Self {
            first_seen: site.first_seen,
            last_seen: site.last_seen,
            articles: site.articles,
            failures: site.failures,
            drift: site.drifts.clone(),
            days: site.days.iter().map(DayStatus::of).collect(),
        }
    }

    /// The days that are shown, as far as there are any.
    fn last_days(&self, today: Date) -> impl Iterator<Item = &DayStatus> {
        let first = today.saturating_sub(SignedDuration::from_hours(24 * (DAYS_SHOWN - 1)));
        self.days.iter().filter(move |day| day.date >= first)
    }

    /// A value of each day that is shown; none for a day without one.
    fn by_day(&self, today: Date, value: impl Fn(&DayStatus) -> Option<f64>) -> Vec<Option<f64>> {
        let mut days = self.last_days(today).peekable();
        let back = |days: i64| today.saturating_sub(SignedDuration::from_hours(24 * days));
        (0..DAYS_SHOWN)
            .rev()
            .map(|days_ago| {
                days.next_if(|day| day.date == back(days_ago))
                    .and_then(&value)
            })
            .collect()
    }
}

impl DayStatus {
    fn of(day: &Day) -> Self {
        let rounded = |value: f64| (value * 1e3).round() / 1e3;
        Self {
            date: day.date,
            articles: day.articles,
            unchanged: day.unchanged,
            failures_by_status: day.failures.clone(),
            word_count: day.words.mean().map(|mean| mean.exp().round()),
            fields: day.fields.mean().map(rounded),
            confidence: day.confidence.mean().map(rounded),
        }
    }

    fn failures(&self) -> u64 {
        self.failures_by_status.values().sum()
    }

    /// Share of what was asked that failed.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of a day are far below 2^52"
    )]
    fn failing(&self) -> Option<f64> {
        let failures = self.failures();
        let all = failures + self.articles + self.unchanged;
        (all > 0).then(|| failures as f64 / all as f64)
    }
}

/// A moment for people.
fn moment(at: Timestamp) -> String {
    at.strftime("%F %R UTC").to_string()
}

/// A time span for people: its largest unit, and the next where that is small.
fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) if hours < 10 => format!("{hours} h {} min", minutes % 60),
        (days, hours, _) if days < 2 => format!("{hours} h"),
        (days, ..) => format!("{days} days"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A status with something everywhere; `name` is what strangers and users call things.
    pub(crate) fn status(name: &str) -> Status {
        let now: Timestamp = "2026-11-23T07:30:00Z".parse().unwrap();
        let drift = serde_json::json!({
            "measure": "blocked", "before": 0.02, "now": 1.0,
            "since": "2026-11-22T07:30:00Z", "noticed_at": "2026-11-22T07:30:00Z",
        });
        let day = |date: &str, articles: u64| {
            serde_json::json!({
                "date": date, "runs": 4, "articles": articles, "failures": {"not_found": 1},
                "words": [2, 12.43, 77.25], "fields": [12, 11, 11], "confidence": [2, 1.88, 1.77],
            })
        };
        let run = |at: &str, stopped: &str| {
            serde_json::json!({
                "started_at": at, "finished_at": now, "elapsed_seconds": 61.5, "stopped": stopped,
                "articles": 12, "changed": 1, "not_modified": 3, "failures": 2,
                "failures_by_status": {"not_found": 1, "blocked": 1}, "found": 13, "duplicates": 0,
                "pending": 4, "requests": 20, "wire_bytes": 1_000_000, "drifts": 1,
            })
        };
        let history = serde_json::json!({
            "schema": "chaffinch-history/1",
            "totals": {"runs": 2, "elapsed_seconds": 123.0, "articles": 24, "requests": 40,
                "failures_by_status": {"not_found": 2, "blocked": 2}},
            "runs": [run("2026-11-22T07:30:00Z", "finished"), run("2026-11-23T07:29:00Z", "signal")],
            "sites": {name: {
                "first_seen": "2026-10-01T00:00:00Z", "last_seen": now, "articles": 24, "failures": 4,
                "days": [day("2026-10-01", 3), day("2026-11-20", 9), day("2026-11-23", 12)],
                "usual": {}, "faded_at": now, "recent": [],
                "silence": {"pause_seconds": 0, "seconds": 0}, "drifts": [drift],
            }},
        });
        let history: History = serde_json::from_value(history).unwrap();
        let mut job = JobStatus::new(name, name);
        job.take_in(&history);
        job.when = Some(name.to_owned());
        job.next = Some("2026-11-23T07:45:00Z".parse().unwrap());
        job.error = Some(JobError {
            at: now,
            why: name.to_owned(),
        });
        job.running = Some(Running {
            since: now,
            planned: 30,
            settled: 7,
            failures: 1,
        });
        let service = Service {
            started_at: "2026-11-01T00:00:00Z".parse().unwrap(),
            looked_at: None,
            is_well: true,
            refused_configuration: Some(name.to_owned()),
        };
        Status::new(
            now,
            Some(service),
            vec![job, JobStatus::new("new", "out/new")],
        )
    }

    #[test]
    fn days_without_anything_stand_in_their_place() {
        let status = status("courier.example");
        let site = &status.jobs[0].sites["courier.example"];
        let articles = site.by_day(status.today(), |day| {
            u32::try_from(day.articles).ok().map(f64::from)
        });
        assert_eq!(articles.len(), 30);
        let some: Vec<(usize, f64)> = articles
            .iter()
            .enumerate()
            .filter_map(|(at, value)| Some((at, (*value)?)))
            .collect();
        assert_eq!(some, [(26, 9.0), (29, 12.0)]);
    }

    #[test]
    fn sites_that_drift_come_first() {
        let mut status = status("courier.example");
        let mut calm = status.jobs[0].sites["courier.example"].clone();
        calm.drift.clear();
        calm.days[2].articles = 99;
        status.jobs[0]
            .sites
            .insert("a.example".to_owned(), calm.clone());
        calm.days[2].articles = 1;
        status.jobs[0].sites.insert("b.example".to_owned(), calm);
        let names: Vec<&str> = status.jobs[0]
            .sites_by_need(status.today())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["courier.example", "a.example", "b.example"]);
    }

    #[test]
    fn the_json_has_what_is_known() {
        let status = status("courier.example");
        let json: serde_json::Value = serde_json::from_str(&status.to_json()).unwrap();
        assert_eq!(json["schema"], "chaffinch-status/1");
        let site = &json["jobs"][0]["sites"]["courier.example"];
        assert_eq!(site["drift"][0]["measure"], "blocked");
        assert_eq!(site["days"][2]["word_count"], 500.0);
        assert_eq!(json["jobs"][1]["runs"], serde_json::json!([]));
        assert!(json["jobs"][1].get("next").is_none());
    }

    #[test]
    fn time_spans_for_people() {
        for (seconds, want) in [
            (-3, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_600 * 2 + 61, "2 h 1 min"),
            (3_600 * 30, "30 h"),
            (86_400 * 3, "3 days"),
        ] {
            assert_eq!(span(SignedDuration::from_secs(seconds)), want);
        }
    }
}
