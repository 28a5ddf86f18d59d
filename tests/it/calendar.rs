//! Runs of a job at made-up times over a made-up press, and what must have come of them.

use std::collections::BTreeMap;
use std::path::Path;

use chaffinch::config::{File, jobs};
use chaffinch::run::clock::Clock;
use chaffinch::run::crawl::{self, crawl};
use chaffinch::run::schedule::Work;
use chaffinch::run::{Report, RunError, Stop, Unwatched};
use jiff::Timestamp;
use serde_json::Value;

use crate::press::{Handed, Press};

/// The times at which runs begin.
pub(crate) struct Calendar<'p> {
    press: &'p Press,
    next: i64,
    every: i64,
}

impl<'p> Calendar<'p> {
    pub(crate) fn new(press: &'p Press, every: i64) -> Self {
        Self {
            press,
            next: press.plan.start,
            every,
        }
    }

    /// The clock of the next run; the press's time is set to it.
    pub(crate) fn next(&mut self) -> Option<Clock> {
        let now = self.next;
        if now > self.press.plan.start + self.press.plan.days * 24 * 3600 {
            return None;
        }
        self.press.set(now);
        self.next += self.every;
        let now = Timestamp::from_second(now).expect("a time of this millennium");
        Some(Clock::start_at(now))
    }

    pub(crate) async fn run(&self, job: &crawl::Job, clock: Clock) -> Result<Report, RunError> {
        crawl(job.clone(), clock, &Stop::default(), &Unwatched).await
    }
}

/// A job that reads the feeds of the press, as a configuration has it, with `more` keys.
pub(crate) fn job(out: &Path, press: &Press, more: &str) -> crawl::Job {
    job_of_feeds(out, &press.feeds(), more)
}

/// A job that reads feeds.
pub(crate) fn job_of_feeds(out: &Path, feeds: &[String], more: &str) -> crawl::Job {
    let config = format!(
        "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"0s\"\nretries = 0\n\
         [[jobs]]\nname = \"press\"\nevery = \"1h\"\nout = {:?}\nfeeds = {:?}\n{more}\n",
        out.display().to_string(),
        feeds
    );
    let file = File::parse(&config, "press.toml").expect("a configuration");
    let job = jobs(&file, Path::new("")).expect("a job").remove(0);
    match job.work {
        Work::Crawl { job, .. } => *job,
        Work::Clean { .. } => unreachable!("it has feeds"),
    }
}

/// What was found in the output.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) articles: usize,
    pub(crate) silent: usize,
    pub(crate) told: usize,
    pub(crate) gone: usize,
    /// Articles that were edited later than they were asked for the last time.
    pub(crate) missed: usize,
}

/// Holds the output against what the press handed out: each version of each article is there,
/// once and in order, says what changed and whether a date tells of it, and what is gone says so; and
/// nothing that was out for two days was missed.
pub(crate) fn check(press: &Press, out: &Path) -> Seen {
    let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let lines = std::fs::read_to_string(out.join("articles.jsonl")).expect("articles");
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line).expect("a record");
        let url = record["url"].as_str().expect("a URL").to_owned();
        records.entry(url).or_default().push(record);
    }
    let mut seen = Seen::default();
    let handed = press.handed();
    for (url, Handed { versions, unsure }) in &handed {
        let records = records.remove(url).unwrap_or_default();
        // What was gone before it was first asked for is a failure.
        let is_failure = versions.first() == Some(&None);
        let versions = if is_failure { &[][..] } else { versions };
        if *unsure {
            assert!(
                records.len() <= versions.len(),
                "{url}: {versions:?} {records:?}"
            );
            continue;
        }
        assert_eq!(
            records.len(),
            versions.len(),
            "{url}: {versions:?} {records:?}"
        );
        check_versions(url, versions, &records, &mut seen);
    }
    assert!(records.is_empty(), "never handed out: {records:?}");
    check_complete(press, &handed, &mut seen);
    seen
}

fn check_versions(url: &str, versions: &[Option<u8>], records: &[Value], seen: &mut Seen) {
    let mut version = 0;
    for (nth, (handed, record)) in versions.iter().zip(records).enumerate() {
        version += u64::from(handed.is_some());
        assert_eq!(record["version"], version, "{url}");
        assert_eq!(record.get("gone_at").is_some(), handed.is_none(), "{url}");
        seen.gone += usize::from(handed.is_none());
        seen.articles += usize::from(nth == 0);
        let is_edit = nth > 0 && handed.is_some();
        if !is_edit {
            continue;
        }
        let change = &record["change"]["paragraphs"];
        assert_eq!(change.as_array().map(Vec::len), Some(1), "{url}: {record}");
        assert_eq!(
            (&change[0]["fate"], &change[0]["at"]),
            (&"changed".into(), &2.into())
        );
        let text = |key: &str| {
            change[0][key]
                .as_str()
                .expect("a text")
                .contains("corrected")
        };
        assert!(text("text") && !text("text_before"), "{url}: {record}");
        let warnings = record["warnings"].as_array().expect("a list");
        let is_silent = warnings.contains(&"silent_edit".into());
        let before = &records[nth - 1];
        assert_eq!(
            is_silent,
            record["date_modified"] == before["date_modified"],
            "{url}"
        );
        if is_silent {
            seen.silent += 1;
        } else {
            seen.told += 1;
        }
    }
}

fn check_complete(press: &Press, handed: &BTreeMap<String, Handed>, seen: &mut Seen) {
    let plan = press.plan;
    let end = plan.start + plan.days * 24 * 3600;
    for site in 0..plan.sites {
        for nth in 0..plan.out_by(site, end) {
            let life = plan.life(site, nth);
            let settled = life.out + 2 * 24 * 3600;
            if plan.is_dead(site, settled) || settled > end {
                continue;
            }
            let url = press.story(site, nth);
            let Some(handed) = handed.get(&url) else {
                panic!("{url} was never asked for");
            };
            let is_old = handed.versions == [Some(0)] && life.edited.is_some();
            seen.missed += usize::from(is_old);
        }
    }
}
