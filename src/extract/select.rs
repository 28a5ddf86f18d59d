//! Judged blocks → body: the decision, with a reason for every block that is left out.

use std::ops::Range;

use foldhash::HashSet;

use super::block::{self, Block};
use super::dom::{self, NodeId, Tag, Tree};
use super::features::{Address, Claimed, Row, Surroundings};
use super::heuristic::edges::DUPLICATE_MASS;
use super::heuristic::{Judgement, Scene, Trust};
use super::metadata::Claims;
use super::reading::Reading;
use super::rules::Ruling;
use super::{Options, embedded, text, threshold};
use crate::article::{BlockKind, BodyBlock, Judge, Metadata, PageType, Reason, Removed, Verdict};
use crate::page::Warning;

/// The chosen body.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) body: Vec<BodyBlock>,
    pub(super) removed: Vec<Removed>,
    pub(super) warnings: Vec<Warning>,
    pub(super) confidence: f32,
    /// The element that was taken to hold the story.
    pub(super) container: Option<NodeId>,
    /// What the body was read from.
    pub(super) copy: Copy,
}

/// What a body was read from.
#[expect(clippy::large_enum_variant, reason = "there is one a page")]
#[derive(Debug, Default)]
pub(super) enum Copy {
    /// The page as it is.
    #[default]
    Itself,
    /// Markup inside the page, with all its blocks.
    Markup(Tree, Vec<Block>),
    /// Text inside the page.
    Text,
}

/// The decision on each block: a reason to leave it out, or none, and who had the last word.
type Verdicts = Vec<(Option<Reason>, Verdict)>;

/// The page as the heuristic sees it.
pub(super) fn scene<'a>(tree: &'a Tree, blocks: &'a [Block], metadata: &Metadata) -> Scene<'a> {
    let title = metadata.title.as_deref().unwrap_or_default();
    let description = metadata.description.as_deref().unwrap_or_default();
    Scene::new(tree, blocks, title, description, &metadata.authors)
}

/// Chooses the body of a page; without believing its class names when they would leave next to nothing.
pub(super) fn body(
    scene: &Scene,
    metadata: &Metadata,
    claims: &Claims,
    rulings: &[Option<Ruling>],
    options: &Options,
) -> Chosen {
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

/// What is said of a block before the model is asked: a reason to leave it out, or none, and by whom.
type Decided = (Option<Reason>, Judge);

/// Lets the model decide what neither a rule of the site nor the heuristic does; says which F1 may be expected.
fn weigh(
    scene: &Scene,
    judgement: &Judgement,
    claimed: Claimed,
    rulings: &[Option<Ruling>],
    options: &Options,
) -> (Verdicts, f32) {
    let firm = Firm::of(scene, judgement, claimed);
    let decided: Vec<Option<Decided>> = (0..scene.blocks.len())
        .map(|at| match rulings.get(at) {
            Some(&Some(ruling)) => Some((ruling.reason(), Judge::SiteRule)),
            _ => Some((Some(firm.reason(at)?), Judge::Heuristic)),
        })
        .collect();
    let open = decided.iter().enumerate();
    let open = open.filter_map(|(at, decided)| decided.is_none().then_some(at));
    let open: Vec<usize> = open.collect();
    let surroundings = Surroundings::of(scene, judgement, claimed, &open);
    // Half a megabyte of rows at a time.
    let asked = open
        .chunks(1_000)
        .flat_map(|some| options.model.probabilities(&surroundings.rows(some)));
    let scores = scores(&decided, asked);
    let level = threshold::choose(scene.blocks, &scores, options.favor);
    let decide = |((&decided, &score), &doubt): ((&Option<Decided>, &f32), &Option<Reason>)| {
        if let Some((reason, by)) = decided {
            return (reason, Verdict { by, score: None });
        }
        let (by, doubt) = (Judge::Model, doubt.unwrap_or(Reason::LowScore));
        let verdict = Verdict {
            by,
            score: Some(score),
        };
        ((score < level.keep).then_some(doubt), verdict)
    };
    let all = decided.iter().zip(&scores).zip(&judgement.reasons);
    let mut verdicts = all.map(decide).collect();
    drop_repeated(scene.blocks, &mut verdicts);
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
fn drop_repeated(blocks: &[Block], verdicts: &mut Verdicts) {
    let mut seen = HashSet::default();
    for (block, (reason, verdict)) in blocks.iter().zip(verdicts) {
        let is_kept = reason.is_none() && block.mass >= DUPLICATE_MASS;
        if is_kept && !seen.insert(block.text.as_str()) && verdict.by != Judge::SiteRule {
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

/// Letters of prose from which on there is something that readers can comment on.
const COMMENTED_PROSE: u32 = 150;

/// Whether the heuristic found a text besides comments.
fn has_story(scene: &Scene, judgement: &Judgement) -> bool {
    let blocks = scene.blocks.iter().zip(&judgement.reasons);
    let kept = blocks.filter(|(block, reason)| reason.is_none() && block.is_prose());
    kept.map(|(block, _)| block.mass).sum::<u32>() >= COMMENTED_PROSE
}

/// The heuristic's reasons that hold whatever the model would say.
struct Firm<'a> {
    scene: &'a Scene<'a>,
    judgement: &'a Judgement,
    /// The headline and the lines above it where no prose stands: a section's name, a kicker.
    headline: Range<usize>,
    /// Whether there is a story, so that comments are comments.
    has_story: bool,
}

impl<'a> Firm<'a> {
    fn of(scene: &'a Scene, judgement: &'a Judgement, claimed: Claimed) -> Self {
        Self {
            scene,
            judgement,
            headline: lines_of_headline(scene),
            has_story: !claimed.is_forum() && has_story(scene, judgement),
        }
    }

    fn reason(&self, at: usize) -> Option<Reason> {
        let reason = self.judgement.reasons[at];
        if self.headline.contains(&at) {
            return Some(
                reason
                    .filter(|_| self.scene.headline != Some(at))
                    .unwrap_or(Reason::Title),
            );
        }
        reason.filter(|&reason| {
            self.judgement.labelled[at]
                || is_firm(reason, &self.scene.blocks[at])
                || (self.has_story && is_beside_a_story(reason, &self.scene.blocks[at]))
        })
    }
}

/// The blocks of the headline and above it. A heading that is only a part of the title may as well be one of
/// the story's own.
fn lines_of_headline(scene: &Scene) -> Range<usize> {
    let is_whole = |at: &usize| scene.blocks[*at].key == scene.title_key;
    match scene.headline.filter(is_whole) {
        Some(at) if scene.blocks[..at].iter().any(Block::is_prose) => at..at + 1,
        Some(at) => 0..at + 1,
        None => 0..0,
    }
}

/// Most confidence in what the heuristic chose against the model.
const DOUBT: f32 = 0.3;

/// Most letters in a line with a name and a date.
const LINE_MASS: u32 = 60;

/// Whether a reason holds whatever the model says: headline, byline and repeated text are never
/// part of the body, and what calls itself an author's box, an advertisement, a share bar or a
/// newsletter is what this tool is there to throw away. So is what a label announces.
fn is_firm(reason: Reason, block: &Block) -> bool {
    let is_line =
        |block: &Block| block.mass <= LINE_MASS && !block.is_heading() && !block.is_prose();
    matches!(
        reason,
        Reason::Title
            | Reason::DuplicateText
            | Reason::AuthorBox
            | Reason::Advertisement
            | Reason::Share
            | Reason::Newsletter
    ) || (reason == Reason::Byline && is_line(block))
}

/// Whether a reason holds where there is a story besides: readers comment on it, and links lead away from it.
fn is_beside_a_story(reason: Reason, block: &Block) -> bool {
    match reason {
        Reason::Comments => true,
        Reason::Navigation | Reason::Copyright => block.is_all_link(),
        _ => false,
    }
}

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
        article_body: claims.article_body(),
        page_type: metadata.page_type,
        is_dated: metadata.date_published.is_some(),
        is_signed: !metadata.authors.is_empty(),
        address: claims.address().map(Address::of).unwrap_or_default(),
    }
}

fn chosen(blocks: &[Block], verdicts: &Verdicts, judgement: &Judgement, confidence: f32) -> Chosen {
    let mut chosen = Chosen {
        confidence: (confidence * 100.0).round() / 100.0,
        container: judgement.container,
        ..Chosen::default()
    };
    for (at, (block, &(reason, verdict))) in (0..).zip(blocks.iter().zip(verdicts)) {
        let text = block.text.clone();
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
    let found = |block: &BodyBlock| block.kept.by != Judge::SiteRule;
    if judgement.container.is_none() && chosen.body.iter().any(found) {
        chosen.warnings.push(Warning::NoContainer);
    }
    chosen
}

/// Fewest words of a visible body below which the page's other copies of the text are looked at.
const POOR_WORDS: u32 = 25;

/// When the visible page holds next to nothing: `<noscript>` copies, then JSON-LD's `articleBody`,
/// then any story in its scripts.
pub(super) fn fall_back(
    chosen: &mut Chosen,
    (tree, html): (&Tree, &str),
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
        let inner = dom::parse(markup, &options.limits);
        let blocks = block::split(&inner);
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
        take_if_better(chosen, from_json_ld(text, options), Warning::FromJsonLd);
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
    chosen.body.iter().any(|block| is_prose(&block.text))
}

fn words(chosen: &Chosen) -> u32 {
    chosen.body.iter().map(|block| block.words).sum()
}

fn take_if_better(chosen: &mut Chosen, mut other: Chosen, warning: Warning) {
    let least = if is_told(chosen) { POOR_WORDS } else { 0 };
    if words(&other) > words(chosen).max(least) {
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
    let mut copy = Copy::Text;
    let paragraphs: Vec<String> = if is_markup {
        let tree = dom::parse(&text, &options.limits);
        let blocks = block::split(&tree);
        let texts = blocks.iter().map(|block| block.text.clone()).collect();
        copy = Copy::Markup(tree, blocks);
        texts
    } else {
        text.lines()
            .map(text::collapsed)
            .filter(|line| !line.is_empty())
            .collect()
    };
    let paragraph = |(at, text): (u32, String)| BodyBlock {
        kind: BlockKind::Paragraph,
        words: Reading::of(&text).words,
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
