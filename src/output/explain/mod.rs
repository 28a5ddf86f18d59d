//! What became of each block of one page, and why: as text for a terminal, as a page for a
//! browser, as JSON for tools.
//!
//! In: an [`Account`], in page order. Out: a string. All text in it comes from strangers; what
//! could command a terminal, or run in a browser, is taken out or escaped here.

pub mod html;
pub mod text;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::article::{BlockKind, BodyBlock, Judge, Metadata, Reason, Removed};
use crate::failure::Failure;
use crate::page::{Source, Warning};

/// The version of the JSON form.
pub const SCHEMA: &str = "chaffinch-explain/1";

/// All that is told of one page.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// `ok`, or the status of the failure record that the page would give.
    pub status: String,
    /// Why there is no article, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The address asked for, or given for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The address that answered, after redirects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_url: Option<String>,
    /// Where the page came from.
    pub source: Source,
    /// What the page says of itself.
    #[serde(flatten)]
    pub metadata: Metadata,
    /// Words that were kept.
    pub word_count: u32,
    /// How sure the extractor is of what it kept, 0.0 to 1.0.
    pub confidence: f32,
    /// What a user should know.
    pub warnings: Vec<Warning>,
    /// The version of Chaffinch that judged.
    pub extractor_version: &'static str,
    /// Every block.
    pub blocks: Vec<Told>,
}

/// What is told of one block.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Its place among the blocks, from 0.
    pub at: usize,
    /// Whether it is part of the body.
    pub kept: bool,
    /// Why not, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Why, or why not, in words.
    pub why: Cow<'static, str>,
    /// Who had the last word.
    pub by: Judge,
    /// The model's probability that it belongs to the story, 0.0 to 1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// What it is, by name.
    pub kind: &'static str,
    /// The level of a heading, 1 to 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The same with all that belongs to it.
    #[serde(skip)]
    pub shape: BlockKind,
    /// Its text.
    pub text: String,
}

impl From<BodyBlock> for Told {
    fn from(block: BodyBlock) -> Self {
        let score = block.kept.score.map(rounded);
        Self {
            kept: true,
            why: words::why_kept(&words::name(&block.kept.by), score),
            score,
            ..Self::new(block.kind, block.text, block.kept.by)
        }
    }
}

impl From<Removed> for Told {
    fn from(block: Removed) -> Self {
        Self {
            reason: Some(block.reason),
            why: words::why_removed(&words::name(&block.reason)),
            score: block.removed.score.map(rounded),
            ..Self::new(block.kind, block.text, block.removed.by)
        }
    }
}

impl Told {
    fn new(shape: BlockKind, text: String, by: Judge) -> Self {
        Self {
            at: 0,
            kept: false,
            reason: None,
            why: Cow::Borrowed(""),
            by,
            score: None,
            kind: words::kind(shape),
            level: match shape {
                BlockKind::Heading(level) => Some(level),
                _ => None,
            },
            shape,
            text,
        }
    }

    /// The reason's name, if it was dropped.
    fn reason_name(&self) -> Option<String> {
        self.reason.as_ref().map(words::name)
    }
}

/// The blocks of a page in its order. `from_copy` says that the body is not from the visible page,
/// so that it stands nowhere between what was removed: it comes last.
#[must_use]
pub fn in_page_order(body: Vec<BodyBlock>, removed: Vec<Removed>, from_copy: bool) -> Vec<Told> {
    let removed = removed
        .into_iter()
        .map(|block| ((false, block.at), block.into()));
    let body = body
        .into_iter()
        .map(|block| ((from_copy, block.at), block.into()));
    let mut placed: Vec<((bool, u32), Told)> = removed.chain(body).collect();
    placed.sort_by_key(|(place, _)| *place);
    let blocks = placed.into_iter().map(|(_, block)| block).enumerate();
    blocks.map(|(at, block)| Told { at, ..block }).collect()
}

/// Scores are told to three places; the model has no more to say.
fn rounded(score: f32) -> f32 {
    (score * 1000.0).round() / 1000.0
}

impl Account {
    /// Why there is no article, in a line.
    fn no_article(&self) -> Option<String> {
        let detail = self.detail.as_deref().unwrap_or_default();
        (self.status != "ok").then(|| format!("{}: {detail}", self.status))
    }

    /// The headline, or what stands for it.
    fn headline(&self) -> &str {
        self.metadata.title.as_deref().unwrap_or("(no title)")
    }

    /// What is known of the page, by label, in the order in which it is shown.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let page = &self.metadata;
        let warnings: Vec<String> = self.warnings.iter().map(words::name).collect();
        let authors: Vec<&str> = page
            .authors
            .iter()
            .map(|author| author.name.as_str())
            .collect();
        let kept = self.blocks.iter().filter(|block| block.kept).count();
        let all = self.blocks.len();
        let reached = self.final_url.clone();
        let facts = [
            ("file", self.source.path.clone()),
            ("address", self.url.clone()),
            (
                "reached",
                reached.filter(|url| Some(url) != self.url.as_ref()),
            ),
            ("authors", Some(authors.join(", "))),
            ("published", page.date_published.clone()),
            ("modified", page.date_modified.clone()),
            ("site", page.site_name.clone()),
            ("language", page.language.clone()),
            ("page type", page.page_type.as_ref().map(words::name)),
            ("confidence", Some(format!("{:.2}", self.confidence))),
            ("warnings", Some(warnings.join(", "))),
            (
                "kept",
                Some(format!("{kept} of {all} blocks, {} words", self.word_count)),
            ),
        ];
        facts
            .into_iter()
            .filter_map(|(label, fact)| Some((label, fact?)))
            .filter(|(_, fact)| !fact.is_empty())
            .collect()
    }

    /// How many blocks were dropped for each reason, most first: name, words, count.
    fn counts(&self) -> Vec<(String, &str, usize)> {
        let mut counts: BTreeMap<String, (&str, usize)> = BTreeMap::new();
        for block in &self.blocks {
            if let Some(name) = block.reason_name() {
                counts.entry(name).or_insert((&block.why, 0)).1 += 1;
            }
        }
        let mut counts: Vec<_> = counts
            .into_iter()
            .map(|(name, (why, count))| (name, why, count))
            .collect();
        counts.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
        counts
    }

    /// The account as one JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        json_line(self)
    }
}

/// A failure in the same form as an account: one JSON object on one line.
#[must_use]
pub fn failure_json(failure: &Failure) -> String {
    json_line(failure)
}

/// JSON that is safe on a terminal, too: serde escapes the control characters of ASCII alone.
fn json_line(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut out = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if c.is_control() || words::turns_text(c) {
            out += &format!("\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::article::Verdict;

    pub(super) fn kept(text: &str, at: u32) -> BodyBlock {
        BodyBlock {
            kind: BlockKind::Paragraph,
            text: text.to_owned(),
            words: 0,
            at,
            kept: Verdict {
                by: Judge::Model,
                score: Some(0.9712),
            },
        }
    }

    pub(super) fn dropped(reason: Reason, text: &str, at: u32) -> Removed {
        Removed {
            reason,
            kind: BlockKind::Paragraph,
            text: text.to_owned(),
            at,
            removed: Verdict {
                by: Judge::Heuristic,
                score: Some(0.02),
            },
        }
    }

    pub(super) fn account(body: Vec<BodyBlock>, removed: Vec<Removed>) -> Account {
        Account {
            schema: SCHEMA,
            status: "ok".to_owned(),
            detail: None,
            url: None,
            final_url: None,
            source: Source::stdin(),
            metadata: Metadata::default(),
            word_count: 0,
            confidence: 0.9,
            warnings: Vec::new(),
            extractor_version: "0",
            blocks: in_page_order(body, removed, false),
        }
    }

    #[test]
    fn a_body_from_a_copy_comes_last() {
        let text = |from_copy| {
            let removed = vec![
                dropped(Reason::Notice, "a", 0),
                dropped(Reason::Notice, "b", 2),
            ];
            let blocks = in_page_order(vec![kept("c", 1)], removed, from_copy);
            assert!(blocks.iter().map(|block| block.at).eq(0..3));
            blocks
                .into_iter()
                .map(|block| block.text)
                .collect::<String>()
        };
        assert_eq!((text(false), text(true)), ("acb".into(), "abc".into()));
    }

    #[test]
    fn the_json_form_names_things_as_the_records_do() {
        let mut heading = dropped(Reason::EmptyHeading, "More", 1);
        heading.kind = BlockKind::Heading(3);
        let json = account(vec![kept("Yes.", 0)], vec![heading]).to_json();
        let told: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            told["blocks"],
            serde_json::json!([
                { "at": 0, "kept": true, "why": "reads like the story", "by": "model", "score": 0.971, "kind": "paragraph", "text": "Yes." },
                { "at": 1, "kept": false, "reason": "empty_heading", "why": "a heading with nothing under it",
                  "by": "heuristic", "score": 0.02, "kind": "heading", "level": 3, "text": "More" },
            ])
        );
        assert_eq!(
            (json.matches('\n').count(), json.ends_with("}\n")),
            (1, true)
        );
    }
}
