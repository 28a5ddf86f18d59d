//! Judged blocks → body: the decision, with a reason for every block that is left out.

use foldhash::HashSet;

use super::block::{self, Block};
use super::dom::{self, NodeId, Tag, Tree};
use super::features::{Address, Claimed, Row, Surroundings};
use super::firm::Decided;
use super::heuristic::edges::DUPLICATE_MASS;
use super::heuristic::{Judgement, Scene, Trust};
use super::metadata::Claims;
use super::reading::Reading;
use super::rules::Ruling;
use super::texts::Texts;
use super::{Options, embedded, firm, text, threshold};
use crate::article::{BlockKind, BodyBlock, Judge, Metadata, PageType, Reason, Removed, Verdict};
use crate::page::Warning;

/// The chosen body.
#[derive(Debug, Default)]
pub(super) struct Chosen<'t> {
    pub(super) body: Vec<BodyBlock<&'t str>>,
    pub(super) removed: Vec<Removed<&'t str>>,
    pub(super) warnings: Vec<Warning>,
    pub(super) confidence: f32,
    /// The element that was taken to hold the story.
    pub(super) container: Option<NodeId>,
    /// What the body was read from.
    pub(super) copy: Copy<'t>,
}

/// What a body was read from.
#[expect(clippy::large_enum_variant, reason = "there is one a page")]
#[derive(Debug, Default)]
pub(super) enum Copy<'t> {
    /// The page as it is.
    #[default]
    Itself,
    /// Markup inside the page, with all its blocks.
    Markup(Tree<'t>, Vec<Block<'t>>),
    /// Text inside the page.
    Text,
}

/// The decision on each block: a reason to leave it out, or none, and who had the last word.
type Verdicts = Vec<(Option<Reason>, Verdict)>;

/// The page as the heuristic sees it.
pub(super) fn scene<'a, 't>(
    tree: &'a Tree<'a>,
    blocks: &'a [Block<'t>],
    metadata: &Metadata,
) -> Scene<'a, 't> {
    let title = metadata.title.as_deref().unwrap_or_default();
    let description = metadata.description.as_deref().unwrap_or_default();
    Scene::new(tree, blocks, title, description, &metadata.authors)
}

/// Chooses the body of a page; without believing its class names when they would leave next to nothing.
pub(super) fn body<'t>(
    scene: &Scene<'_, 't>,
    metadata: &Metadata,
    claims: &Claims,
    rulings: &[Option<Ruling>],
    options: &Options,
) -> Chosen<'t> {
    let blocks = scene.blocks;
    let claimed = claimed(metadata, claims);
    // A body that a rule names is not doubted for being short.
    let is_ruled = rulings.contains(&Some(Ruling::Keep));
    let by = |trust| {
        let judgement = scene.judge(trust);
        let (verdicts, confidence) = weigh(scene, &judgement, claimed, rulings, options);
        let weighed = chosen(blocks, &verdicts, &judgement, confidence);
        if is_ruled || words(&weighed) >= POOR_WORDS {
            return weighed;
        }
        // A model that finds next to nothing has seen nothing like this page.
        let alone = alone(&judgement, &verdicts);
        chosen(blocks, &alone, &judgement, DOUBT.min(confidence))
    };
    let chosen = by(Trust::Classes);
    if is_ruled || words(&chosen) >= POOR_WORDS {
        return chosen;
    }
    let other = by(Trust::TagsOnly);
    if words(&other) > words(&chosen).max(POOR_WORDS) {
        other
    } else {
        chosen
    }
}

/// Rows that are made and judged at once: half a megabyte of them.
const ROWS_AT_ONCE: usize = 1_000;

/// Lets the model decide what neither a rule of the site nor the heuristic does; says which F1 may be expected.
fn weigh(
    scene: &Scene,
    judgement: &Judgement,
    claimed: Claimed,
    rulings: &[Option<Ruling>],
    options: &Options,
) -> (Verdicts, f32) {
    let decided = firm::decide(scene, judgement, claimed, rulings);
    let open: Vec<usize> = (0..decided.len())
        .filter(|&at| decided[at].is_none())
        .collect();
    let surroundings = Surroundings::of(scene, judgement, claimed, &open);
    let asked = open
        .chunks(ROWS_AT_ONCE)
        .flat_map(|some| options.model.probabilities(&surroundings.rows(some)));
    let scores = scores(&decided, asked);
    let level = threshold::choose(scene.blocks, &scores, options.favor);
    let by_model = |at: usize| {
        let doubt = judgement.reasons[at].unwrap_or(Reason::LowScore);
        let verdict = Verdict {
            by: Judge::Model,
            score: Some(scores[at]),
        };
        ((scores[at] < level.keep).then_some(doubt), verdict)
    };
    let verdict = |(at, decided): (usize, &Option<Decided>)| match *decided {
        Some((reason, by)) => (reason, Verdict { by, score: None }),
        None => by_model(at),
    };
    let mut verdicts = decided.iter().enumerate().map(verdict).collect();
    drop_repeated(scene, &mut verdicts);
    (verdicts, level.expected_f1)
}

/// The probability of each block, given those of the ones that the model decides. What is decided is certain:
/// the others are weighed, and the confidence of the whole is told, as if the model had known.
fn scores(decided: &[Option<Decided>], mut asked: impl Iterator<Item = f32>) -> Vec<f32> {
    let score = |decided: &Option<Decided>| match decided {
        Some((None, _)) => 1.0,
        Some((Some(_), _)) => 0.0,
        None => asked.next().unwrap_or_default(),
    };
    decided.iter().map(score).collect()
}

/// Leaves out what is kept for the second time: a lead that is shown above a picture and under it.
fn drop_repeated(scene: &Scene, verdicts: &mut Verdicts) {
    let mut seen = HashSet::default();
    for (at, (block, (reason, verdict))) in scene.blocks.iter().zip(verdicts).enumerate() {
        let may_repeat = scene.same[at] > 1 && block.mass >= DUPLICATE_MASS;
        if reason.is_none()
            && may_repeat
            && !seen.insert(block.text)
            && verdict.by != Judge::SiteRule
        {
            *reason = Some(Reason::DuplicateText);
            verdict.by = Judge::Heuristic;
        }
    }
}

/// What the heuristic thinks, whatever the model says; rules hold.
fn alone(judgement: &Judgement, verdicts: &Verdicts) -> Verdicts {
    let by = Judge::Heuristic;
    let reasons = judgement.reasons.iter().zip(verdicts);
    reasons
        .map(|(&reason, &ruled)| match ruled {
            (_, verdict) if verdict.by == Judge::SiteRule => ruled,
            (_, Verdict { score, .. }) => (reason, Verdict { by, score }),
        })
        .collect()
}

/// Most confidence in what the heuristic chose against the model.
const DOUBT: f32 = 0.3;

/// What the model is told of each block.
pub(super) fn rows(
    tree: &Tree,
    blocks: &[Block],
    metadata: &Metadata,
    claims: &Claims,
) -> Vec<Row> {
    let scene = scene(tree, blocks, metadata);
    let judgement = scene.judge(Trust::Classes);
    let all: Vec<usize> = (0..blocks.len()).collect();
    Surroundings::of(&scene, &judgement, claimed(metadata, claims), &all).rows(&all)
}

fn claimed<'a>(metadata: &Metadata, claims: &'a Claims) -> Claimed<'a> {
    Claimed {
        article_body_key: claims.article_body_key(),
        page_type: metadata.page_type,
        is_dated: metadata.date_published.is_some(),
        is_signed: !metadata.authors.is_empty(),
        address: claims.address().map(Address::of).unwrap_or_default(),
    }
}

fn chosen<'t>(
    blocks: &[Block<'t>],
    verdicts: &Verdicts,
    judgement: &Judgement,
    confidence: f32,
) -> Chosen<'t> {
    let kept = verdicts
        .iter()
        .filter(|(reason, _)| reason.is_none())
        .count();
    let mut chosen = Chosen {
        body: Vec::with_capacity(kept),
        removed: Vec::with_capacity(verdicts.len() - kept),
        confidence: (confidence * 100.0).round() / 100.0,
        container: judgement.container,
        ..Chosen::default()
    };
    for (at, (block, &(reason, verdict))) in (0..).zip(blocks.iter().zip(verdicts)) {
        let text = block.text;
        match reason {
            None => chosen.body.push(BodyBlock {
                kind: block.kind,
                text,
                words: block.words,
                at,
                kept: verdict,
            }),
            Some(reason) => chosen.removed.push(Removed {
                reason,
                kind: block.kind,
                text,
                at,
                removed: verdict,
            }),
        }
    }
    let found = |block: &BodyBlock<&str>| block.kept.by != Judge::SiteRule;
    if judgement.container.is_none() && chosen.body.iter().any(found) {
        chosen.warnings.push(Warning::NoContainer);
    }
    chosen
}

/// Fewest words of a visible body below which the page's other copies of the text are looked at.
const POOR_WORDS: u32 = 25;

/// When the visible page holds next to nothing: `<noscript>` copies, then JSON-LD's `articleBody`,
/// then any story in its scripts.
pub(super) fn fall_back<'t>(
    chosen: &mut Chosen<'t>,
    (tree, html, texts): (&Tree, &str, &'t Texts),
    claims: &Claims,
    metadata: &Metadata,
    options: &Options,
) {
    if !is_poor(chosen) {
        return;
    }
    let hidden: String = tree
        .ids()
        .filter(|&id| tree.is(id, Tag::Noscript))
        .map(|id| tree.text_below(id))
        .collect();
    let from_markup = |markup: &str| {
        let inner = dom::parse(texts.keep(markup), &options.limits);
        let blocks = block::split(&inner, texts);
        let other = body(
            &scene(&inner, &blocks, metadata),
            metadata,
            claims,
            &[],
            options,
        );
        Chosen {
            copy: Copy::Markup(inner, blocks),
            ..other
        }
    };
    if !hidden.trim().is_empty() {
        take_if_better(chosen, from_markup(&hidden), Warning::FromNoscript);
    }
    if is_poor(chosen)
        && let Some(text) = claims.article_body()
    {
        take_if_better(
            chosen,
            from_json_ld(text, options, texts),
            Warning::FromJsonLd,
        );
    }
    if is_poor(chosen)
        && metadata.page_type != Some(PageType::Product)
        && let title = metadata.title.as_deref().unwrap_or_default()
        && let Some(markup) = embedded::story(html, title, &options.limits)
    {
        take_if_better(chosen, from_markup(&markup), Warning::FromEmbeddedState);
    }
}

/// Whether what was chosen is next to nothing, or nothing but lines: the headlines that an empty
/// shell of a page shows.
fn is_poor(chosen: &Chosen) -> bool {
    words(chosen) < POOR_WORDS || !is_told(chosen)
}

fn is_told(chosen: &Chosen) -> bool {
    let is_prose = |text: &str| text::mass(text) >= block::PROSE_MASS && text::ends_sentence(text);
    chosen.body.iter().any(|block| is_prose(block.text))
}

fn words(chosen: &Chosen) -> u32 {
    chosen.body.iter().map(|block| block.words).sum()
}

fn take_if_better<'t>(chosen: &mut Chosen<'t>, mut other: Chosen<'t>, warning: Warning) {
    let least = if is_told(chosen) { POOR_WORDS } else { 0 };
    if words(&other) > words(chosen).max(least) {
        other.warnings.push(warning);
        other.removed = std::mem::take(&mut chosen.removed);
        *chosen = other;
    }
}

/// `articleBody` is plain text, or markup when a template put it there.
fn from_json_ld<'t>(text: &str, options: &Options, texts: &'t Texts) -> Chosen<'t> {
    let is_markup = text.contains("</") || text.contains("<br") || text.contains("<p>");
    let has_entity = text.contains("&#") || text.contains("&amp;") || text.contains("&quot;");
    let text = if is_markup || !has_entity {
        text.to_owned()
    } else {
        dom::parse(text, &options.limits).text_below(0)
    };
    let mut copy = Copy::Text;
    let paragraphs: Vec<&str> = if is_markup {
        let tree = dom::parse(texts.keep(&text), &options.limits);
        let blocks = block::split(&tree, texts);
        let paragraphs = blocks.iter().map(|block| block.text).collect();
        copy = Copy::Markup(tree, blocks);
        paragraphs
    } else {
        text.lines()
            .map(text::collapsed)
            .filter(|line| !line.is_empty())
            .map(|line| texts.keep(&line))
            .collect()
    };
    let paragraph = |(at, text): (u32, &'t str)| BodyBlock {
        kind: BlockKind::Paragraph,
        words: Reading::of(text).words,
        text,
        at,
        kept: Verdict {
            by: Judge::Heuristic,
            score: None,
        },
    };
    let body = (0..).zip(paragraphs).map(paragraph).collect();
    Chosen {
        body,
        confidence: 0.5,
        copy,
        ..Chosen::default()
    }
}
