//! An article as it was, and as it is now.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use crate::article::{Article, Metadata};
use crate::page::Source;

/// The keys of the record that tell of the page besides its text.
const FIELDS: [&str; 22] = [
    "amp_url",
    "authors",
    "canonical_url",
    "date_modified",
    "date_precision",
    "date_published",
    "description",
    "image",
    "images",
    "is_accessible_for_free",
    "language",
    "language_detected",
    "license",
    "page_type",
    "paywall",
    "publisher",
    "robots",
    "section",
    "site_name",
    "tags",
    "title",
    "truncated",
];

/// Difference of confidence below which an article is as good as it was: records have two digits.
const CONFIDENCE_STEP: f32 = 0.01;

/// What is known of an article that was: a hundred bytes, so that a great many fit into memory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Before {
    pub(super) version: u32,
    words: u32,
    confidence: f32,
    text: u64,
    fields: [u32; FIELDS.len()],
}

impl Before {
    pub(super) fn of(article: &Article) -> Self {
        Self {
            version: article.version,
            words: article.word_count,
            confidence: article.confidence,
            text: hash(&article.text),
            fields: fields(&article.metadata),
        }
    }

    /// Whether the text of an article is another one.
    pub(super) fn has_other_text(&self, article: &Article) -> bool {
        self.text != hash(&article.text)
    }
}

/// The value of each field by its hash; 0 for none.
fn fields(metadata: &Metadata) -> [u32; FIELDS.len()] {
    let values = serde_json::to_value(metadata).unwrap_or_default();
    FIELDS.map(|name| match values.get(name) {
        // What is in common to both is of the low half.
        Some(value) => u32::try_from(hash(&value.to_string()) & 0xffff_ffff).unwrap_or(0),
        None => 0,
    })
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// What became of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of it is as it was.
    Same,
    /// Its text has more words.
    Longer,
    /// Its text has fewer words.
    Shorter,
    /// Its text has as many words, and is another one.
    Reworded,
    /// Its text is the same, and something else is not.
    Metadata,
    /// There was none.
    Gained,
    /// There is none any more.
    Lost,
}

impl Outcome {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Same,
        Self::Longer,
        Self::Shorter,
        Self::Reworded,
        Self::Metadata,
        Self::Gained,
        Self::Lost,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Longer => "longer",
            Self::Shorter => "shorter",
            Self::Reworded => "reworded",
            Self::Metadata => "metadata",
            Self::Gained => "gained",
            Self::Lost => "lost",
        }
    }
}

/// What became of one article, as a line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The record's name.
    pub id: String,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Words of its text, before and now.
    pub words: [Option<u32>; 2],
    /// How sure the extractor was of it, before and now.
    pub confidence: [Option<f32>; 2],
    /// The fields of the record that have another value.
    pub changed: Vec<&'static str>,
    /// Why there is none now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where its page is.
    pub source: Source,
}

impl Change {
    /// What became of an article that is there now.
    pub(super) fn of(before: Option<&Before>, now: &Article) -> Self {
        let seen = Before::of(now);
        let (outcome, changed) = match before {
            Some(before) => before.against(&seen),
            None => (Outcome::Gained, Vec::new()),
        };
        Self {
            id: now.id.clone(),
            url: now.url.clone(),
            outcome,
            words: [before.map(|before| before.words), Some(seen.words)],
            confidence: [
                before.map(|before| before.confidence),
                Some(seen.confidence),
            ],
            changed,
            detail: None,
            source: now.source.clone(),
        }
    }

    /// An article that is there no more.
    pub(super) fn lost(
        id: String,
        url: Option<String>,
        before: &Before,
        detail: String,
        source: Source,
    ) -> Self {
        Self {
            id,
            url,
            outcome: Outcome::Lost,
            words: [Some(before.words), None],
            confidence: [Some(before.confidence), None],
            changed: Vec::new(),
            detail: Some(detail),
            source,
        }
    }
}

impl Before {
    /// What became of it, and which fields have another value.
    fn against(&self, now: &Self) -> (Outcome, Vec<&'static str>) {
        let values = self.fields.iter().zip(&now.fields);
        let changed = FIELDS.into_iter().zip(values);
        let changed: Vec<_> = changed
            .filter(|(_, (before, now))| before != now)
            .map(|(name, _)| name)
            .collect();
        let outcome = match (self.words.cmp(&now.words), self.text == now.text) {
            (_, true) if changed.is_empty() => Outcome::Same,
            (_, true) => Outcome::Metadata,
            (std::cmp::Ordering::Less, false) => Outcome::Longer,
            (std::cmp::Ordering::Greater, false) => Outcome::Shorter,
            (std::cmp::Ordering::Equal, false) => Outcome::Reworded,
        };
        (outcome, changed)
    }
}

/// What became of all articles.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    /// How many articles came to what.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Words of all texts that came to it, now less those before.
    pub words: BTreeMap<&'static str, i64>,
    /// How often a field has another value.
    pub changed: BTreeMap<&'static str, u64>,
    /// Articles of which the extractor is surer than it was, by a hundredth or more.
    pub better: u64,
    /// Articles of which it is less sure.
    pub worse: u64,
    /// The sums of what it was and is, of articles that were there before and are there now.
    #[serde(skip)]
    sums: [f64; 2],
    #[serde(skip)]
    pairs: u64,
}

impl Totals {
    pub(super) fn count(&mut self, change: &Change) {
        let name = change.outcome.name();
        *self.outcomes.entry(name).or_default() += 1;
        let [before, now] = change.words.map(|words| i64::from(words.unwrap_or(0)));
        *self.words.entry(name).or_default() += now - before;
        for field in &change.changed {
            *self.changed.entry(field).or_default() += 1;
        }
        if let [Some(before), Some(now)] = change.confidence {
            self.better += u64::from(now - before >= CONFIDENCE_STEP);
            self.worse += u64::from(before - now >= CONFIDENCE_STEP);
            self.sums[0] += f64::from(before);
            self.sums[1] += f64::from(now);
            self.pairs += 1;
        }
    }

    /// How sure the extractor was and is in the mean; none where there is nothing to compare.
    #[must_use]
    pub fn mean_confidence(&self) -> Option<[f64; 2]> {
        #[expect(clippy::cast_precision_loss, reason = "a count of pages")]
        let pairs = self.pairs as f64;
        (self.pairs > 0).then(|| self.sums.map(|sum| sum / pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::article;
    use serde_json::Value;

    #[test]
    fn every_field_is_compared() {
        let schema = include_str!("../../../schema/article.schema.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        // What the page does not tell, and what tells of the text.
        let others = [
            "schema",
            "status",
            "id",
            "url",
            "final_url",
            "sources",
            "text",
            "word_count",
            "content_hash",
            "confidence",
            "warnings",
            "source",
            "http",
            "found_in",
            "duplicate_of",
            "gone_at",
            "change",
            "pages",
            "fetched_at",
            "version",
            "extractor_version",
            "blocks",
            "removed",
            "comments",
            "candidates",
        ];
        let keys = schema["properties"].as_object().unwrap().keys();
        let mut keys: Vec<_> = keys.filter(|key| !others.contains(&key.as_str())).collect();
        keys.sort();
        assert_eq!(keys, FIELDS);
    }

    #[test]
    fn what_became_of_an_article() {
        let before = article("1", "one two three");
        let seen = Before::of(&before);
        let with = |text: &str, title: &str| {
            let mut now = article("1", text);
            now.metadata.title = Some(title.to_owned());
            Change::of(Some(&seen), &now)
        };
        for (text, title, want, changed) in [
            ("one two three", "Story 1", Outcome::Same, &[][..]),
            ("one two three", "Other", Outcome::Metadata, &["title"]),
            ("one two three four", "Story 1", Outcome::Longer, &[]),
            ("one two", "Other", Outcome::Shorter, &["title"]),
            ("three two one", "Story 1", Outcome::Reworded, &[]),
        ] {
            let change = with(text, title);
            assert_eq!(
                (change.outcome, &change.changed[..]),
                (want, changed),
                "{text}"
            );
        }
        let gained = Change::of(None, &before);
        assert_eq!(
            (gained.outcome, gained.words),
            (Outcome::Gained, [None, Some(3)])
        );
    }

    #[test]
    fn totals_are_of_words_fields_and_confidence() {
        let before = article("1", "one two three");
        let mut now = article("1", "one");
        now.confidence = 0.5;
        now.metadata.authors.clear();
        let mut totals = Totals::default();
        totals.count(&Change::of(Some(&Before::of(&before)), &now));
        totals.count(&Change::of(Some(&Before::of(&before)), &before));
        totals.count(&Change::of(None, &before));
        assert_eq!(totals.outcomes["shorter"], 1);
        assert_eq!((totals.words["shorter"], totals.words["gained"]), (-2, 3));
        assert_eq!(totals.changed["authors"], 1);
        assert_eq!((totals.better, totals.worse), (0, 1));
        let [was, is] = totals.mean_confidence().unwrap();
        assert!((was - 0.94).abs() < 1e-6 && (is - 0.72).abs() < 1e-6);
    }
}
