//! Judged blocks → body: the decision, with a reason for every block that is left out.

use super::block::{self, Block};
use super::dom::{self, Tag, Tree};
use super::heuristic::{Judgement, Scene, Trust, ratio};
use super::metadata::Claims;
use super::{Options, text};
use crate::article::{BlockKind, BodyBlock, Metadata, Removed};
use crate::page::Warning;

/// The chosen body.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) body: Vec<BodyBlock>,
    pub(super) removed: Vec<Removed>,
    pub(super) warnings: Vec<Warning>,
    pub(super) confidence: f32,
}

/// Chooses the body of a page; without believing its class names when they would leave next to nothing.
pub(super) fn body(tree: &Tree, blocks: &[Block], metadata: &Metadata) -> Chosen {
    let title = metadata.title.as_deref().unwrap_or_default();
    let description = metadata.description.as_deref().unwrap_or_default();
    let scene = Scene::new(tree, blocks, title, description);
    let chosen = chosen(&scene, &scene.judge(Trust::Classes));
    if words(&chosen) >= POOR_WORDS {
        return chosen;
    }
    let other = self::chosen(&scene, &scene.judge(Trust::TagsOnly));
    if words(&other) > words(&chosen).max(POOR_WORDS) {
        other
    } else {
        chosen
    }
}

fn chosen(scene: &Scene, judgement: &Judgement) -> Chosen {
    let mut chosen = Chosen {
        confidence: confidence(scene, judgement),
        ..Chosen::default()
    };
    for (block, reason) in scene.blocks.iter().zip(&judgement.reasons) {
        match reason {
            None => chosen.body.push(BodyBlock {
                kind: block.kind,
                text: block.text.clone(),
            }),
            Some(reason) => chosen.removed.push(Removed {
                reason: *reason,
                text: block.text.clone(),
            }),
        }
    }
    if judgement.container.is_none() && !chosen.body.is_empty() {
        chosen.warnings.push(Warning::NoContainer);
    }
    chosen
}

/// How sure the choice is: how much of the page's prose it took, and how long it is.
///
/// A heuristic measure; it is not calibrated yet.
fn confidence(scene: &Scene, judgement: &Judgement) -> f32 {
    let kept = |block: &Block, only_prose: bool| {
        if !only_prose || block.is_prose() {
            block.mass
        } else {
            0
        }
    };
    let sum = |only_prose: bool| -> u32 {
        let taken = scene
            .blocks
            .iter()
            .zip(&judgement.reasons)
            .filter(|(_, reason)| reason.is_none());
        taken.map(|(block, _)| kept(block, only_prose)).sum()
    };
    let (all, prose) = (sum(false), sum(true));
    let coverage = ratio(prose, scene.sums.prose[0]);
    let purity = ratio(prose, all);
    let length = ratio(all.min(1500), 1500);
    let score = 0.4 * coverage + 0.3 * purity + 0.3 * length;
    (score.clamp(0.0, 1.0) * 100.0).round() / 100.0
}

/// Fewest words of a visible body below which the page's other copies of the text are looked at.
const POOR_WORDS: u32 = 25;

/// When the visible page holds next to nothing: `<noscript>` copies, then JSON-LD's `articleBody`.
pub(super) fn fall_back(
    chosen: &mut Chosen,
    tree: &Tree,
    claims: &Claims,
    metadata: &Metadata,
    options: &Options,
) {
    if words(chosen) >= POOR_WORDS {
        return;
    }
    let hidden: String = tree
        .ids()
        .filter(|&id| tree.is(id, Tag::Noscript))
        .map(|id| tree.text_below(id))
        .collect();
    if !hidden.trim().is_empty() {
        let inner = dom::parse(&hidden, &options.limits);
        let other = body(&inner, &block::split(&inner), metadata);
        take_if_better(chosen, other, Warning::FromNoscript);
    }
    if words(chosen) < POOR_WORDS
        && let Some(text) = claims.article_body()
    {
        take_if_better(chosen, from_json_ld(text, options), Warning::FromJsonLd);
    }
}

fn words(chosen: &Chosen) -> u32 {
    chosen
        .body
        .iter()
        .map(|block| text::word_count(&block.text))
        .sum()
}

fn take_if_better(chosen: &mut Chosen, mut other: Chosen, warning: Warning) {
    if words(&other) > words(chosen).max(POOR_WORDS) {
        other.warnings.push(warning);
        other.removed = std::mem::take(&mut chosen.removed);
        *chosen = other;
    }
}

/// `articleBody` is plain text, or markup when a template put it there.
fn from_json_ld(text: &str, options: &Options) -> Chosen {
    let is_markup = text.contains("</") || text.contains("<br") || text.contains("<p>");
    let has_entity = text.contains("&#") || text.contains("&amp;") || text.contains("&quot;");
    let text = if is_markup || !has_entity {
        text.to_owned()
    } else {
        dom::parse(text, &options.limits).text_below(0)
    };
    let paragraphs: Vec<String> = if is_markup {
        let tree = dom::parse(&text, &options.limits);
        block::split(&tree)
            .into_iter()
            .map(|block| block.text)
            .collect()
    } else {
        text.lines()
            .map(text::collapsed)
            .filter(|line| !line.is_empty())
            .collect()
    };
    let body = paragraphs
        .into_iter()
        .map(|text| BodyBlock {
            kind: BlockKind::Paragraph,
            text,
        })
        .collect();
    Chosen {
        body,
        confidence: 0.5,
        ..Chosen::default()
    }
}
