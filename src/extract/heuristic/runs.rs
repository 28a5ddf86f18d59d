//! What a label announces: the cards, names and lines after "Recommended news", "Author" and the like.
//!
//! With helpful class names this is already gone; here the label, and the shape of what follows
//! it, are all there is. A run ends where the story goes on, so that a sentence of it is never lost.

use super::labels::Form;
use super::{Reasons, Scene};
use crate::article::Reason;
use crate::extract::block::Block;
use crate::extract::text;

/// Marks labels, and what they announce; says which blocks that were.
pub fn follow_labels(scene: &Scene, reasons: &mut Reasons) -> Vec<bool> {
    let mut labelled = vec![false; reasons.len()];
    let open: Vec<usize> = (0..scene.blocks.len())
        .filter(|&at| reasons[at].is_none())
        .collect();
    let labels: Vec<Option<(Reason, Form)>> = open.iter().map(|&at| scene.labels[at]).collect();
    let blocks: Vec<&Block> = open.iter().map(|&at| &scene.blocks[at]).collect();
    let found = runs(&blocks, &labels);
    for (&at, reason) in open.iter().zip(found) {
        reasons[at] = reason;
        labelled[at] = reason.is_some();
    }
    // Whatever stands outside the container for its place alone, and is no more than a label.
    for (at, block) in scene.blocks.iter().enumerate() {
        labelled[at] |= reasons[at] == Some(Reason::Outside)
            && !block.is_heading()
            && !block.is_prose()
            && scene.labels[at].is_some();
    }
    labelled
}

/// The reason for each block of a sequence, given which of them are labels.
#[must_use]
pub fn runs(blocks: &[&Block], labels: &[Option<(Reason, Form)>]) -> Reasons {
    let mut reasons: Reasons = vec![None; blocks.len()];
    let Some(first_prose) = blocks.iter().position(|block| block.is_prose()) else {
        return reasons;
    };
    let (mut at, mut story) = (0, None);
    while at < blocks.len() {
        let Some((reason, form)) = labels[at] else {
            story = if blocks[at].is_prose() {
                Some(blocks[at])
            } else {
                story
            };
            at += 1;
            continue;
        };
        let end = match form {
            Form::Start => at + 1,
            // Before the story a label is only itself: the headline and lead come next.
            Form::Line if at < first_prose => at + 1,
            Form::Line => end_of_run(blocks, labels, at, reason, story),
        };
        if end > at {
            reasons[at..end].fill(Some(reason));
        }
        at = end.max(at + 1);
    }
    reasons
}

/// The first block after the label at `at` that it does not announce; `at` itself when the block
/// is no label after all but a heading of the story. `story` is the last paragraph before it.
fn end_of_run(
    blocks: &[&Block],
    labels: &[Option<(Reason, Form)>],
    at: usize,
    reason: Reason,
    story: Option<&Block>,
) -> usize {
    let rest = at + 1;
    let next_label = (rest..blocks.len())
        .find(|&i| matches!(labels[i], Some((_, Form::Line))))
        .unwrap_or(blocks.len());
    let told = |block: &Block| story.is_some_and(|story| goes_on(story, block));
    let announced = match reason {
        Reason::RelatedLinks => cards(&blocks[rest..next_label], &told),
        Reason::AuthorBox => author(&blocks[rest..next_label], next_label == blocks.len(), &told),
        Reason::Comments => comments(&blocks[rest..next_label], &told),
        Reason::Newsletter => boxed(blocks, at, story, &told),
        Reason::Share | Reason::Tags => short_lines(&blocks[rest..next_label], &told),
        _ => 0,
    };
    let heads_story = blocks[at].is_heading()
        && announced == 0
        && !matches!(
            reason,
            Reason::Advertisement | Reason::Share | Reason::Newsletter
        )
        && blocks
            .get(rest)
            .is_some_and(|block| block.is_prose() && labels[rest].is_none());
    if heads_story { at } else { rest + announced }
}

/// Whether a block holds a whole sentence and stands where, and as, the story's last paragraph
/// stood: there the story goes on. Plain text has no places to compare.
fn goes_on(story: &Block, block: &Block) -> bool {
    story.place.is_some()
        && story.place == block.place
        && story.kind == block.kind
        && (block.ends_sentence || text::holds_sentence(block.text))
        && !text::is_cut_off(block.text)
        && block.link_density() < 0.5
}

fn is_headline(block: &Block) -> bool {
    !block.is_prose() || block.link_density() > 0.5
}

/// Most letters in a teaser that is not cut off: three sentences.
const TEASER_MASS: u32 = 320;

/// Headlines, dates and teasers: all up to the first paragraph that is whole and no teaser.
///
/// A paragraph is a teaser when it is cut off, when it stands alone under a link and not where the
/// story's paragraphs stand, or last under a linked heading, or when headline and short paragraph
/// alternate at least twice and to the end. One whole paragraph
/// under a plain headline may be the story's last; a heading without a link after cards with
/// links is the story's next.
fn cards(blocks: &[&Block], told: &dyn Fn(&Block) -> bool) -> usize {
    if alternate(blocks) {
        return blocks.len();
    }
    let first_link = blocks.iter().position(|block| block.links > 0);
    let ends = |at: usize| {
        let block = blocks[at];
        let before = at.checked_sub(1).map(|before| blocks[before]);
        let after = blocks.get(at + 1);
        if is_headline(block) {
            let linked = first_link.is_some_and(|first| first < at);
            return told(block) || (block.is_heading() && block.links == 0 && linked);
        }
        let is_teaser = block.mass <= TEASER_MASS
            && before.is_some_and(|before| {
                let is_last = before.is_heading() && after.is_none();
                is_headline(before) && before.links > 0 && (is_last || !told(block))
            })
            && after.is_none_or(|after| is_headline(after));
        !is_teaser && !text::is_cut_off(block.text)
    };
    (0..blocks.len())
        .find(|&at| ends(at))
        .unwrap_or(blocks.len())
}

/// Whether headlines and short paragraphs alternate, twice or more and to the end. With a tree to
/// look at, the headlines must be links: the story's own parts alternate so, too.
fn alternate(blocks: &[&Block]) -> bool {
    let prose = || blocks.iter().filter(|block| !is_headline(block));
    let linked = |block: &&&Block| !is_headline(block) || block.links > 0 || block.place.is_none();
    let led = blocks.first().is_some_and(|block| is_headline(block));
    led && prose().count() >= 2
        && prose().all(|block| block.mass <= TEASER_MASS)
        && blocks
            .iter()
            .filter(|block| block.is_heading())
            .all(|block| linked(&block))
        && blocks
            .iter()
            .any(|block| linked(&block) && is_headline(block))
        && !blocks
            .windows(2)
            .any(|pair| pair.iter().all(|block| !is_headline(block)))
}

/// A name, a role, a few lines of life. Prose only when nothing but links and labels follows, and
/// where the story could go on only when it speaks of the one who was named.
fn author(blocks: &[&Block], at_end: bool, told: &dyn Fn(&Block) -> bool) -> usize {
    let count = |blocks: &[&Block], is: &dyn Fn(&Block) -> bool| {
        blocks.iter().take_while(|block| is(block)).count()
    };
    let short = count(blocks, &|block| !block.is_prose() && !told(block));
    let prose = count(&blocks[short..], &|block| block.is_prose());
    let (named, life) = (&blocks[..short], &blocks[short..short + prose]);
    let ends_here = blocks[short + prose..]
        .iter()
        .all(|block| !block.is_prose() && !told(block));
    let is_life = life.iter().all(|block| !told(block))
        || life.first().is_some_and(|block| names_one_of(block, named));
    let few = prose <= if short > 0 { 3 } else { 2 };
    if few && ends_here && is_life && (short > 0 || at_end || prose == 1) {
        blocks.len()
    } else if short <= 4 {
        short
    } else {
        0
    }
}

/// Capitalised words of the lines above a life that are looked for in it: each costs as much as it is long.
const NAMES_MAX: usize = 200;

/// Whether the text holds a capitalised word of the lines.
fn names_one_of(block: &Block, lines: &[&Block]) -> bool {
    let key = format!(" {} ", block.key);
    let words = lines.iter().flat_map(|line| line.text.split_whitespace());
    words
        .filter(|word| word.chars().count() > 2 && word.starts_with(char::is_uppercase))
        .take(NAMES_MAX)
        .any(|word| key.contains(&format!(" {} ", text::key(word))))
}

/// Names, dates and opinions, to the end, or to where the story goes on.
fn comments(blocks: &[&Block], told: &dyn Fn(&Block) -> bool) -> usize {
    if blocks.first().is_some_and(|block| block.is_prose()) {
        0
    } else {
        let Some(told) = blocks.iter().position(|block| told(block)) else {
            return blocks.len();
        };
        let headings = blocks[..told].iter().rev();
        told - headings.take_while(|block| block.is_heading()).count()
    }
}

/// Most letters of persuasion and small print in one box with an invitation to subscribe.
const BOX_MASS: u32 = 600;

/// The rest of the box that the invitation at `at` opens: what stands beside it, when the story
/// stands elsewhere; short lines where there is no box.
fn boxed(
    blocks: &[&Block],
    at: usize,
    story: Option<&Block>,
    told: &dyn Fn(&Block) -> bool,
) -> usize {
    let parent = |block: &Block| block.place.map(|(parent, _)| parent);
    let (rest, within) = (&blocks[at + 1..], parent(blocks[at]));
    let is_box = within.is_some() && story.is_some_and(|story| parent(story) != within);
    let mut mass = 0;
    let is_beside = |block: &&&Block| parent(block) == within;
    // One too many says that it is no box.
    let beside = rest.iter().filter(|_| is_box).take_while(is_beside);
    let beside = beside.take_while(|block| {
        let fits = mass <= BOX_MASS;
        mass += block.mass;
        fits
    });
    let count = beside.count();
    if is_box && mass <= BOX_MASS {
        count
    } else {
        short_lines(rest, told)
    }
}

/// Lines that are no prose.
fn short_lines(blocks: &[&Block], told: &dyn Fn(&Block) -> bool) -> usize {
    blocks
        .iter()
        .take_while(|block| {
            !block.is_prose() && !block.is_heading() && block.mass < 100 && !told(block)
        })
        .count()
}
