//! What a run did, counted: printed at the end, written as `report.json`, read for the exit code.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::failure::Status;
use crate::history::Drift;

/// Most hosts listed in a report, those with most pages first.
const HOSTS_MAX: usize = 1_000;

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Always `chaffinch-report/1`.
    pub schema: &'static str,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Seconds between the two.
    pub elapsed_seconds: f64,
    /// Why it ended.
    pub stopped: Stopped,
    /// Inputs given to this run, each counted once for every time it was given.
    pub inputs: u64,
    /// Of those, done by an earlier run and not asked again.
    pub already_done: u64,
    /// Articles written by this run.
    pub articles: u64,
    /// Of those, new versions of articles known before.
    pub changed: u64,
    /// Of the changed, those of which no date of the page tells.
    pub silent_edits: u64,
    /// Articles whose page was found to be there no more; their records say so.
    pub gone: u64,
    /// Articles asked again and found the same.
    pub not_modified: u64,
    /// Failures written by this run.
    pub failures: u64,
    /// The failures by status, those of articles that are kept among them.
    pub failures_by_status: BTreeMap<&'static str, u64>,
    /// Articles kept although asking again failed.
    pub refresh_failed: u64,
    /// Pages that sources named and that no run knew before.
    pub found: u64,
    /// Articles that are duplicates of another one; they are among the articles.
    pub duplicates: u64,
    /// What came of each source: the feeds, sitemaps, sites and front pages that were given.
    pub sources: BTreeMap<String, SourceReport>,
    /// Records of archives that hold no page: requests, metadata, revisits, redirects, pictures.
    pub passed_over: u64,
    /// Inputs left for the next run.
    pub pending: u64,
    /// Requests made, for robots.txt too.
    pub requests: u64,
    /// Bytes received in bodies, as they came over the wire.
    pub wire_bytes: u64,
    /// The same, unpacked.
    pub body_bytes: u64,
    /// The same counts for each host.
    pub hosts: BTreeMap<String, HostReport>,
    /// What sites yield otherwise than they used to, at the end of the run.
    pub drift: Vec<SiteDrift>,
    /// Articles of this run and, among its inputs, of earlier ones.
    #[serde(skip)]
    pub articles_in_all: u64,
    /// Failures of earlier runs among the inputs.
    #[serde(skip)]
    pub failed_before: u64,
    /// Failures of this run, kept articles and duplicates aside, and of earlier ones.
    #[serde(skip)]
    pub failures_in_all: u64,
}

/// Most failures listed of one source.
const SOURCE_FAILURES_MAX: usize = 100;

/// What came of one source, and of the listings that it leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// Feeds, sitemaps and pages read for it, those unchanged since the last time among them.
    pub read: u64,
    /// Those of them that rest, since they seldom give something new, and were not asked.
    pub rested: u64,
    /// Pages that they name.
    pub named: u64,
    /// Of those, the wanted: they are queued, or known from an earlier run.
    pub taken: u64,
    /// The others by reason.
    pub left: BTreeMap<&'static str, u64>,
    /// Listings that broke off or were longer than is read.
    pub partial: u64,
    /// What could not be read, and why.
    pub failures: Vec<SourceFailure>,
}

/// A feed, sitemap or site that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceFailure {
    /// Its address.
    pub url: String,
    /// Why.
    pub status: Status,
    /// The same for a person.
    pub detail: String,
}

impl SourceReport {
    /// Counts what is left out.
    pub fn leave(&mut self, reason: &'static str, count: u64) {
        if count > 0 {
            *self.left.entry(reason).or_default() += count;
        }
    }
}

/// What a run did on one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HostReport {
    /// Articles written.
    pub articles: u64,
    /// Articles found unchanged.
    pub not_modified: u64,
    /// Failures written.
    pub failures: u64,
    /// The same by status.
    pub failures_by_status: BTreeMap<&'static str, u64>,
    /// Requests made.
    pub requests: u64,
}

impl HostReport {
    fn failure(&mut self, status: Status) {
        self.failures += 1;
        *self.failures_by_status.entry(status.name()).or_default() += 1;
    }
}

/// A drift of a site.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SiteDrift {
    /// The site: a politeness group.
    pub site: String,
    /// What it is.
    #[serde(flatten)]
    pub drift: Drift,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// All was done.
    Finished,
    /// The limit on pages was reached.
    Limit,
    /// It had worked for as long as it may.
    TimeLimit,
    /// A signal asked for it: 2 for Ctrl-C, 15 for SIGTERM.
    Signal(i32),
    /// Whoever read the output went away.
    ClosedPipe,
}

impl Stopped {
    /// The name in the history.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Limit => "limit",
            Self::TimeLimit => "time_limit",
            Self::Signal(_) => "signal",
            Self::ClosedPipe => "closed_pipe",
        }
    }
}

impl Report {
    /// An empty report of a run that begins at `now`.
    #[must_use]
    pub fn begin(now: Timestamp) -> Self {
        Self {
            schema: "chaffinch-report/1",
            started_at: now,
            finished_at: now,
            elapsed_seconds: 0.0,
            stopped: Stopped::Finished,
            inputs: 0,
            already_done: 0,
            articles: 0,
            changed: 0,
            silent_edits: 0,
            gone: 0,
            not_modified: 0,
            failures: 0,
            failures_by_status: BTreeMap::new(),
            refresh_failed: 0,
            found: 0,
            duplicates: 0,
            sources: BTreeMap::new(),
            passed_over: 0,
            pending: 0,
            requests: 0,
            wire_bytes: 0,
            body_bytes: 0,
            hosts: BTreeMap::new(),
            drift: Vec::new(),
            articles_in_all: 0,
            failed_before: 0,
            failures_in_all: 0,
        }
    }

    /// Counts a written article; `changed` when an older version of it was known.
    pub fn article(&mut self, host: &str, changed: bool) {
        self.articles += 1;
        self.articles_in_all += 1;
        self.changed += u64::from(changed);
        self.host(host).articles += 1;
    }

    /// Counts an article whose page is gone, once.
    pub fn gone(&mut self, is_news: bool) {
        self.gone += u64::from(is_news);
        self.articles_in_all += 1;
    }

    /// Counts an article that is the same as before.
    pub fn unchanged(&mut self, host: &str) {
        self.not_modified += 1;
        self.articles_in_all += 1;
        self.host(host).not_modified += 1;
    }

    /// Counts a written failure.
    pub fn failure(&mut self, host: &str, status: Status) {
        self.failures += 1;
        self.failures_in_all += u64::from(counts_against(status));
        *self.failures_by_status.entry(status.name()).or_default() += 1;
        self.host(host).failure(status);
    }

    /// What came of the source called `root`.
    pub fn source(&mut self, root: &str) -> &mut SourceReport {
        self.sources.entry(root.to_owned()).or_default()
    }

    /// Counts a listing that could not be read.
    pub fn source_failed(&mut self, root: &str, host: &str, failure: SourceFailure) {
        self.failures += 1;
        self.host(host).failure(failure.status);
        self.failures_in_all += 1;
        *self
            .failures_by_status
            .entry(failure.status.name())
            .or_default() += 1;
        let failures = &mut self.source(root).failures;
        if failures.len() < SOURCE_FAILURES_MAX {
            failures.push(failure);
        }
    }

    /// Whether a source was read, or rests because it was.
    #[must_use]
    pub fn has_sources(&self) -> bool {
        self.sources
            .values()
            .any(|source| source.read + source.rested > 0)
    }

    /// Counts an article that is kept although asking again failed.
    pub fn kept(&mut self, status: Status) {
        self.refresh_failed += 1;
        self.articles_in_all += 1;
        *self.failures_by_status.entry(status.name()).or_default() += 1;
    }

    /// Counts requests and what came back.
    pub fn transfer(&mut self, host: &str, requests: u64, wire_bytes: u64, body_bytes: u64) {
        self.requests += requests;
        self.wire_bytes += wire_bytes;
        self.body_bytes += body_bytes;
        self.host(host).requests += requests;
    }

    fn host(&mut self, host: &str) -> &mut HostReport {
        self.hosts.entry(host.to_owned()).or_default()
    }

    /// Ends the report.
    pub fn end(&mut self, now: Timestamp, elapsed: Duration, stopped: Stopped) {
        self.finished_at = now;
        self.elapsed_seconds = (elapsed.as_secs_f64() * 1000.0).round() / 1000.0;
        self.stopped = stopped;
        self.hosts.remove("");
        if self.hosts.len() > HOSTS_MAX {
            let mut hosts: Vec<_> = std::mem::take(&mut self.hosts).into_iter().collect();
            hosts.sort_by_key(|(_, host)| std::cmp::Reverse(host.size()));
            self.hosts = hosts.into_iter().take(HOSTS_MAX).collect();
        }
    }

    /// The report as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// Whether a run with such a failure is not all fine. A page that is there under another spelling
/// is nothing that went wrong.
#[must_use]
pub fn counts_against(status: Status) -> bool {
    status != Status::Duplicate
}

impl HostReport {
    fn size(&self) -> u64 {
        self.articles + self.not_modified + self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_hosts_are_left_out_of_a_long_report() {
        let mut report = Report::begin(Timestamp::UNIX_EPOCH);
        for n in 0..1_100 {
            report.article(&format!("h{n}"), false);
            if n < 10 {
                report.failure(&format!("h{n}"), Status::NotFound);
            }
        }
        report.end(Timestamp::UNIX_EPOCH, Duration::ZERO, Stopped::Finished);
        assert!((0..10).all(|n| report.hosts.contains_key(&format!("h{n}"))));
        assert_eq!(
            (report.hosts.len(), report.articles, report.failures),
            (1_000, 1_100, 10)
        );
    }
}
