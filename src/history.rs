//! What a job has been doing: its last runs, and what each site yielded. A contract, data only.
//!
//! It lies in a crawl's `state/history.json`, form [`SCHEMA`], and is written whole at the end of
//! each run. Nothing in it is needed to go on crawling.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The version of the form.
pub const SCHEMA: &str = "chaffinch-history/1";
/// Most runs that are kept, the last ones.
pub const RUNS_MAX: usize = 100;
/// Most days of a site that are kept: two months, so that a month can be held against the one before.
pub const DAYS_MAX: usize = 60;
/// Most sites that are kept, those with most pages: some 15 kB each.
pub const SITES_MAX: usize = 1_000;

/// What a job has been doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Counts of all runs since it began.
    pub totals: Totals,
    /// The last runs, oldest first.
    pub runs: Vec<Run>,
    /// The sites: politeness groups, by name.
    pub sites: BTreeMap<String, Site>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            totals: Totals::default(),
            runs: Vec::new(),
            sites: BTreeMap::new(),
        }
    }
}

/// Counts that only grow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Runs that came to their end.
    pub runs: u64,
    /// Seconds that they took.
    pub elapsed_seconds: f64,
    /// Articles written.
    pub articles: u64,
    /// Of those, new versions of articles known before.
    pub changed: u64,
    /// Articles asked again and found the same.
    pub not_modified: u64,
    /// Failures by status, those of articles that were kept among them.
    pub failures_by_status: BTreeMap<String, u64>,
    /// Pages that sources named and that no run knew before.
    pub found: u64,
    /// Requests made.
    pub requests: u64,
    /// Bytes received in bodies, as they came over the wire.
    pub wire_bytes: u64,
}

/// The summary of a run's report, whose keys mean the same there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Seconds between the two.
    pub elapsed_seconds: f64,
    /// Why it ended: `finished`, `limit`, `time_limit`, `signal`, `closed_pipe`.
    pub stopped: String,
    /// Articles written.
    pub articles: u64,
    /// Of those, new versions.
    pub changed: u64,
    /// Articles found the same.
    pub not_modified: u64,
    /// Failures written.
    pub failures: u64,
    /// The failures by status.
    pub failures_by_status: BTreeMap<String, u64>,
    /// Pages that sources named and that no run knew before.
    pub found: u64,
    /// Articles that are duplicates of another one.
    pub duplicates: u64,
    /// Inputs left for the next run.
    pub pending: u64,
    /// Requests made.
    pub requests: u64,
    /// Bytes received in bodies.
    pub wire_bytes: u64,
    /// Drifts that lasted at its end.
    pub drifts: u64,
}

/// What one site yielded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// The run that met it first.
    pub first_seen: Timestamp,
    /// The last run that had to do with it.
    pub last_seen: Timestamp,
    /// Articles of all runs.
    pub articles: u64,
    /// Failures of all runs.
    pub failures: u64,
    /// The last days on which something came of it, oldest first.
    pub days: Vec<Day>,
    /// What is usual: fades with time.
    pub usual: BTreeMap<Measure, Rolling>,
    /// Until when `usual` has faded.
    pub faded_at: Timestamp,
    /// The last pools, oldest first, which are not yet part of what is usual.
    pub recent: Vec<Pool>,
    /// What came since a drift began, by its measure: it is not usual yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<Measure, Rolling>,
    /// How long nothing new came of its sources.
    pub silence: Waiting,
    /// Since when it gives no answer at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<Down>,
    /// The drifts that last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drifts: Vec<Drift>,
}

/// Time without anything new.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The last run that asked its sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Seconds between two such runs, smoothed.
    pub pause_seconds: u64,
    /// Seconds up to that run in which nothing new came although somebody asked.
    pub seconds: u64,
}

/// Time without an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Down {
    /// The first run that got none.
    pub since: Timestamp,
    /// How many runs have got none since.
    pub runs: u64,
}

/// What a site yielded on a day, in UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Runs that had to do with it.
    pub runs: u64,
    /// Articles written.
    pub articles: u64,
    /// Articles found the same.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unchanged: u64,
    /// Failures by status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<String, u64>,
    /// Logarithms of the articles' words.
    pub words: Tally,
    /// Fields of the articles: 1 for one that is filled, 0 for one that is not.
    pub fields: Tally,
    /// The articles' confidence.
    pub confidence: Tally,
    /// Runs in which something new came of its sources.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub arrivals: u64,
    /// The longest silence that ended on it, in seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub silent_seconds: u64,
    /// The longest time without an answer that ended on it, in seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub down_seconds: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference to the field"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Day {
    /// A day without anything.
    #[must_use]
    pub fn new(date: Date) -> Self {
        Self {
            date,
            runs: 0,
            articles: 0,
            unchanged: 0,
            failures: BTreeMap::new(),
            words: Tally::default(),
            fields: Tally::default(),
            confidence: Tally::default(),
            arrivals: 0,
            silent_seconds: 0,
            down_seconds: 0,
        }
    }
}

/// Values, added up. A share is the mean of ones and zeros. In JSON `[n, sum, squares]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 3]", into = "[f64; 3]")]
pub struct Tally {
    /// How many; no whole number once it was made lighter.
    pub n: f64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
}

impl Tally {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.n += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    /// Adds what another tally holds.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The same with at most so many values: mean and spread stay.
    #[must_use]
    pub fn at_most(self, most: f64) -> Self {
        let share = (most / self.n).min(1.0);
        if self.n > most {
            Self {
                n: most,
                sum: self.sum * share,
                squares: self.squares * share,
            }
        } else {
            self
        }
    }

    /// The mean; none of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0.0).then(|| self.sum / self.n)
    }
}

/// Six digits behind the point are kept: sums of logarithms over months need no more.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

impl From<[f64; 3]> for Tally {
    fn from([n, sum, squares]: [f64; 3]) -> Self {
        Self { n, sum, squares }
    }
}

impl From<Tally> for [f64; 3] {
    fn from(tally: Tally) -> Self {
        [tally.n, tally.sum, tally.squares].map(rounded)
    }
}

/// Pools, added up so that the spread between them is still known. In JSON
/// `[pools, n, sum, squares, n_squared, between]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 6]", into = "[f64; 6]")]
pub struct Rolling {
    /// How many pools; no whole number once they have faded.
    pub pools: f64,
    /// The values in them.
    pub values: Tally,
    /// The sum of the squares of their numbers of values.
    pub n_squared: f64,
    /// The sum of the squares of their sums, each over its number of values.
    pub between: f64,
}

impl Rolling {
    /// Adds a pool, if there is something in it.
    pub fn add(&mut self, pool: &Tally) {
        if pool.n > 0.0 {
            self.pools += 1.0;
            self.values.merge(pool);
            self.n_squared += pool.n * pool.n;
            self.between += pool.sum * pool.sum / pool.n;
        }
    }

    /// Leaves such a share of the weight of all that is in it.
    pub fn fade(&mut self, share: f64) {
        self.pools *= share;
        self.values.n *= share;
        self.values.sum *= share;
        self.values.squares *= share;
        self.n_squared *= share;
        self.between *= share;
    }
}

impl From<[f64; 6]> for Rolling {
    fn from([pools, n, sum, squares, n_squared, between]: [f64; 6]) -> Self {
        Self {
            pools,
            values: Tally { n, sum, squares },
            n_squared,
            between,
        }
    }
}

impl From<Rolling> for [f64; 6] {
    fn from(rolling: Rolling) -> Self {
        let [n, sum, squares] = rolling.values.into();
        let [pools, n_squared, between] =
            [rolling.pools, rolling.n_squared, rolling.between].map(rounded);
        [pools, n, sum, squares, n_squared, between]
    }
}

/// What came of a site in one run, or in several that brought little each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// Its first run.
    pub from: Timestamp,
    /// Its last run.
    pub to: Timestamp,
    /// Pages in it.
    pub pages: u64,
    /// What was measured.
    pub tallies: BTreeMap<Measure, Tally>,
}

/// What is measured of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Share of pages that it keeps from us: 401, 403, 429, a challenge, a consent wall, robots.txt.
    Blocked,
    /// Share of the pages that could be read and gave no article, or one of few words, which warns of
    /// `short_text`.
    NoText,
    /// Share of pages that are not there.
    NotFound,
    /// Share of articles with a title.
    Title,
    /// With at least one author.
    Authors,
    /// With a date.
    DatePublished,
    /// With a description.
    Description,
    /// With a picture.
    Image,
    /// With a section.
    Section,
    /// Share of articles that are stubs, which warn of `paywall_stub`.
    PaywallStub,
    /// Share of articles of which the visible page held next to nothing, which warn of
    /// `from_noscript`, `from_json_ld` or `from_embedded_state`.
    NotVisible,
    /// Share of articles on which a rule of the user's hits nothing.
    SiteRuleUnmatched,
    /// Words of an article: the geometric mean.
    WordCount,
    /// Blocks of an article: the geometric mean.
    Blocks,
    /// How sure the extractor is: the mean.
    Confidence,
    /// Words of an article over a week: the geometric mean. Smaller changes show in it.
    WeekWordCount,
    /// Seconds without any answer.
    Unreachable,
    /// Seconds in which sources brought nothing new.
    Silence,
}

impl Measure {
    /// Every measure, in the order of the documentation.
    pub const ALL: [Self; 18] = [
        Self::Blocked,
        Self::NoText,
        Self::NotFound,
        Self::Title,
        Self::Authors,
        Self::DatePublished,
        Self::Description,
        Self::Image,
        Self::Section,
        Self::PaywallStub,
        Self::NotVisible,
        Self::SiteRuleUnmatched,
        Self::WordCount,
        Self::Blocks,
        Self::Confidence,
        Self::WeekWordCount,
        Self::Unreachable,
        Self::Silence,
    ];

    /// The name in files, metrics and warnings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::NoText => "no_text",
            Self::NotFound => "not_found",
            Self::Title => "title",
            Self::Authors => "authors",
            Self::DatePublished => "date_published",
            Self::Description => "description",
            Self::Image => "image",
            Self::Section => "section",
            Self::PaywallStub => "paywall_stub",
            Self::NotVisible => "not_visible",
            Self::SiteRuleUnmatched => "site_rule_unmatched",
            Self::WordCount => "word_count",
            Self::Blocks => "blocks",
            Self::Confidence => "confidence",
            Self::WeekWordCount => "week_word_count",
            Self::Unreachable => "unreachable",
            Self::Silence => "silence",
        }
    }

    /// A value of it for people: `3 %`, `512`, `0.93`, `2d 4h`.
    #[must_use]
    pub fn shown(self, value: f64) -> String {
        match self {
            Self::WordCount | Self::WeekWordCount | Self::Blocks => format!("{value:.0}"),
            Self::Confidence => format!("{value:.2}"),
            Self::Unreachable | Self::Silence => hours(value),
            _ => format!("{:.0} %", value * 100.0),
        }
    }
}

fn hours(seconds: f64) -> String {
    let hours = SignedDuration::try_from_secs_f64(seconds)
        .unwrap_or_default()
        .as_hours();
    match (hours / 24, hours % 24) {
        (0, hours) => format!("{hours}h"),
        (days, 0) => format!("{days}d"),
        (days, hours) => format!("{days}d {hours}h"),
    }
}

/// A measure of a site that is not what it was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Which measure.
    pub measure: Measure,
    /// What is usual, in the measure's own unit.
    pub before: f64,
    /// What it is now: of all that came since, the farthest from usual.
    pub now: f64,
    /// When the first page came that shows it.
    pub since: Timestamp,
    /// When it was noticed.
    pub noticed_at: Timestamp,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { measure, .. } = self;
        write!(
            f,
            "{} {} instead of {}",
            measure.name(),
            measure.shown(self.now),
            measure.shown(self.before)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_serde_agree() {
        for measure in Measure::ALL {
            assert_eq!(serde_json::to_value(measure).unwrap(), measure.name());
        }
    }

    #[test]
    fn values_as_people_read_them() {
        for (measure, value, want) in [
            (Measure::Blocked, 0.034, "3 %"),
            (Measure::WordCount, 511.6, "512"),
            (Measure::Confidence, 0.934, "0.93"),
            (Measure::Silence, 3_600.0 * 52.0, "2d 4h"),
            (Measure::Silence, 3_600.0 * 48.0, "2d"),
            (Measure::Unreachable, 7_000.0, "1h"),
        ] {
            assert_eq!(measure.shown(value), want);
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "a tenth of whole numbers is exact here")]
    fn what_was_made_lighter_keeps_mean_and_spread() {
        let mut tally = Tally::default();
        (0..100).for_each(|value| tally.add(f64::from(value)));
        let light = tally.at_most(10.0);
        assert_eq!(light.n, 10.0);
        assert_eq!(light.mean(), tally.mean());
        assert_eq!(light.squares / light.n, tally.squares / tally.n);
        assert_eq!(light.at_most(10.0), light);
        assert_eq!(Tally::default().at_most(10.0), Tally::default());
    }
}
