//! What makes the choice of a body doubtful: named warnings, each of which lowers the confidence.
//!
//! Measured on the development suites (AEB, fundus, WCXB), each page judged by a model that has
//! seen no page of its site: `src/extract/model/README.md` has the table.

use std::borrow::Cow;

use foldhash::HashMap;

use super::block::Block;
use super::dom::{NodeId, Tree};
use super::metadata::Claims;
use super::select::Chosen;
use super::text;
use crate::article::{BodyBlock, Judge};
use crate::page::Warning;

/// Fewest words of a JSON-LD `articleBody` that is compared with the text: shorter ones are teasers.
const BODY_WORDS: usize = 60;
/// Share of its words that the text has to hold: templates leave lists and captions in it.
const BODY_SHARE: f32 = 0.7;
/// Probability from which on a dropped paragraph might have been kept.
const DOUBTFUL: f32 = 0.2;
/// Share of such paragraphs, compared with what was kept, from which on much was dropped.
const DROPPED_SHARE: f32 = 0.25;

/// Adds the warnings that a chosen body deserves, and lowers its confidence.
pub(super) fn weigh(chosen: &mut Chosen, (tree, blocks): (&Tree, &[Block]), claims: &Claims) {
    let found = [
        (
            leads_elsewhere(chosen, tree, blocks),
            Warning::LeadElsewhere,
        ),
        (disagrees(chosen, blocks, claims), Warning::JsonLdDisagrees),
        (drops_much(chosen, blocks), Warning::ManyWordsDropped),
    ];
    let found = found.into_iter().filter(|(is_so, _)| *is_so);
    chosen.warnings.extend(found.map(|(_, warning)| warning));
    let trust: f32 = chosen
        .warnings
        .iter()
        .map(|&warning| trust(warning))
        .product();
    let short = if text_words(chosen) < super::SHORT_WORDS {
        SHORT
    } else {
        1.0
    };
    chosen.confidence = (chosen.confidence * trust * short * 100.0).round() / 100.0;
}

/// What is left of the confidence in a short text: of 20 pages it was 0.65, and their F1 0.59.
const SHORT: f32 = 0.91;

/// What is left of the confidence: F1 in the measure of the confidence that the model had, over
/// all pages with the warning. Where those are fewer than five, a guess.
fn trust(warning: Warning) -> f32 {
    match warning {
        // 225 pages, 0.899 for 0.909.
        Warning::LeadElsewhere => 0.99,
        // 55 pages, 0.698 for 0.732.
        Warning::ManyWordsDropped => 0.95,
        // 7 pages, 0.851 for 0.883.
        Warning::FromNoscript => 0.96,
        // Three pages each. Nobody sees those texts on the page, so they may be somebody else's.
        Warning::JsonLdDisagrees => 0.9,
        Warning::FromEmbeddedState => 0.8,
        _ => 1.0,
    }
}

fn text_words(chosen: &Chosen) -> u32 {
    chosen.body.iter().map(|block| block.words).sum()
}

/// Whether the first paragraph stands outside of the element that holds the story.
fn leads_elsewhere(chosen: &Chosen, tree: &Tree, blocks: &[Block]) -> bool {
    let first = chosen.body.iter().find_map(|kept| {
        let block = block_of(blocks, kept.at, kept.text)?;
        block.is_prose().then_some(block.node)
    });
    let is_outside =
        |(container, node): (NodeId, NodeId)| container != node && !tree.contains(container, node);
    chosen.container.zip(first).is_some_and(is_outside)
}

/// The page's block at that place, if the text is its own and no other copy's.
fn block_of<'b, 't>(blocks: &'b [Block<'t>], at: u32, text: &str) -> Option<&'b Block<'t>> {
    let block = blocks.get(at as usize)?;
    std::ptr::eq(block.text, text).then_some(block)
}

/// Whether much of the text that the page's JSON-LD gives was not found.
fn disagrees(chosen: &Chosen, blocks: &[Block], claims: &Claims) -> bool {
    let Some(key) = claims.article_body_key() else {
        return false;
    };
    let claimed: Vec<u64> = text::word_hashes(key).collect();
    if claimed.len() < BODY_WORDS {
        return false;
    }
    let key_of = |kept: &BodyBlock<&str>| {
        block_of(blocks, kept.at, kept.text).map_or_else(
            || Cow::Owned(text::key(kept.text)),
            |block| Cow::Borrowed(block.key),
        )
    };
    let mut left: HashMap<u64, u32> = HashMap::default();
    for key in chosen.body.iter().map(key_of) {
        for word in text::word_hashes(&key) {
            *left.entry(word).or_default() += 1;
        }
    }
    let found = claimed.iter().filter(|word| {
        let count = left.get_mut(word).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    });
    let share = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    super::heuristic::ratio(share(found.count()), share(claimed.len())) < BODY_SHARE
}

/// Whether the model dropped many paragraphs that it was not sure of.
fn drops_much(chosen: &Chosen, blocks: &[Block]) -> bool {
    let mass = |at: u32, text: &str| {
        let block = block_of(blocks, at, text);
        block.map_or_else(|| text::mass(text), |block| block.mass)
    };
    let doubtful = chosen.removed.iter().filter(|block| {
        block.removed.by == Judge::Model
            && block.removed.score.is_some_and(|score| score >= DOUBTFUL)
    });
    let doubtful: u32 = doubtful.map(|block| mass(block.at, block.text)).sum();
    if doubtful == 0 {
        return false;
    }
    let kept = chosen.body.iter().map(|block| mass(block.at, block.text));
    super::heuristic::ratio(doubtful, kept.sum()) > DROPPED_SHARE
}

#[cfg(test)]
mod tests {
    use super::{Chosen, drops_much};
    use crate::article::{BlockKind, BodyBlock, Judge, Reason, Removed, Verdict};
    use crate::extract::reading::Reading;
    use crate::extract::{Options, extract};
    use crate::page::{Page, Warning};

    const TEXT: &str = "<p>The council has voted to renew the harbour wall, which has stood since 1891, after a long session.<p>The work is to begin in the spring and will cost about two million, according to the treasurer.<p>Fishermen had asked for a later date because of the herring, but the engineers refused to wait.";

    fn read(head: &str, body: &str) -> (f32, Vec<Warning>) {
        let page = format!("<title>Harbour</title>{head}<article>{body}</article>");
        let article = extract(&Page::from_html(page), &Options::default()).unwrap();
        (article.confidence, article.warnings)
    }

    #[test]
    fn a_lead_outside_of_the_story_is_a_warning() {
        let page = include_str!("../../testdata/pages/lead-in-own-element/source.html");
        let article = extract(&Page::from_html(page), &Options::default()).unwrap();
        assert!(article.warnings.contains(&Warning::LeadElsewhere));
        assert!(!read("", TEXT).1.contains(&Warning::LeadElsewhere));
    }

    #[test]
    fn doubtful_paragraphs_that_were_dropped_are_a_warning() {
        let verdict = |score| Verdict {
            by: Judge::Model,
            score: Some(score),
        };
        let kept = BodyBlock {
            kind: BlockKind::Paragraph,
            text: TEXT,
            words: Reading::of(TEXT).words,
            at: 0,
            kept: verdict(0.9),
        };
        let block = |score| Removed {
            reason: Reason::LowScore,
            kind: BlockKind::Paragraph,
            text: TEXT,
            at: 1,
            removed: verdict(score),
        };
        let mut chosen = Chosen {
            body: vec![kept],
            removed: vec![block(0.05), block(0.1)],
            ..Chosen::default()
        };
        assert!(!drops_much(&chosen, &[]));
        chosen.removed.push(block(0.4));
        assert!(drops_much(&chosen, &[]));
    }

    fn stated(body: &str) -> String {
        format!(
            "<script type=application/ld+json>{{\"@type\":\"NewsArticle\",\"articleBody\":\"{body}\"}}</script>"
        )
    }

    #[test]
    fn another_text_in_json_ld_is_a_warning_and_costs_confidence() {
        let same = TEXT.replace("<p>", " ");
        let (sure, warnings) = read(&stated(&same), TEXT);
        assert!(
            !warnings.contains(&Warning::JsonLdDisagrees),
            "{warnings:?}"
        );
        let other = "Something else altogether was told by this page, ".repeat(9);
        let (doubtful, warnings) = read(&stated(&other), TEXT);
        assert!(warnings.contains(&Warning::JsonLdDisagrees), "{warnings:?}");
        assert!(doubtful < sure);
    }
}
