//! What a label announces: the cards, names and lines after "Recommended news", "Author" and the like.
//!
//! With helpful class names this is already gone; here the label, and the shape of what follows
//! it, are all there is. A run ends where the story goes on, so that a sentence of it is never lost.

use super::labels::{Form, label_of};
use super::{Reasons, Scene};
use crate::article::Reason;
use crate::extract::block::Block;
use crate::extract::text;

/// Marks labels, and what they announce.
pub fn follow_labels(scene: &Scene, reasons: &mut Reasons) {
    let open: Vec<usize> = (0..scene.blocks.len())
        .filter(|&at| reasons[at].is_none())
        .collect();
    let labels: Vec<Option<(Reason, Form)>> =
        open.iter().map(|&at| label_of(&scene.blocks[at])).collect();
    let blocks: Vec<&Block> = open.iter().map(|&at| &scene.blocks[at]).collect();
    let found = runs(&blocks, &labels);
    for (&at, reason) in open.iter().zip(found) {
        reasons[at] = reason;
    }
}

/// The reason for each block of a sequence, given which of them are labels.
#[must_use]
pub fn runs(blocks: &[&Block], labels: &[Option<(Reason, Form)>]) -> Reasons {
    let mut reasons: Reasons = vec![None; blocks.len()];
    let Some(first_prose) = blocks.iter().position(|block| block.is_prose()) else {
        return reasons;
    };
    let mut at = 0;
    while at < blocks.len() {
        let Some((reason, form)) = labels[at] else {
            at += 1;
            continue;
        };
        let end = match form {
            Form::Start => at + 1,
            // Before the story a label is only itself: the headline and lead come next.
            Form::Line if at < first_prose => at + 1,
            Form::Line => end_of_run(blocks, labels, at, reason),
        };
        if end > at {
            reasons[at..end].fill(Some(reason));
        }
        at = end.max(at + 1);
    }
    reasons
}

/// The first block after the label at `at` that it does not announce; `at` itself when the block
/// is no label after all but a heading of the story.
fn end_of_run(
    blocks: &[&Block],
    labels: &[Option<(Reason, Form)>],
    at: usize,
    reason: Reason,
) -> usize {
    let rest = at + 1;
    let next_label = (rest..blocks.len())
        .find(|&i| matches!(labels[i], Some((_, Form::Line))))
        .unwrap_or(blocks.len());
    let announced = match reason {
        Reason::RelatedLinks => cards(&blocks[rest..next_label]),
        Reason::AuthorBox => author(&blocks[rest..next_label], next_label == blocks.len()),
        Reason::Comments => comments(&blocks[rest..next_label]),
        Reason::Newsletter | Reason::Share | Reason::Tags => short_lines(&blocks[rest..next_label]),
        _ => 0,
    };
    let heads_story = blocks[at].is_heading()
        && announced == 0
        && blocks
            .get(rest)
            .is_some_and(|block| block.is_prose() && labels[rest].is_none())
        && matches!(
            reason,
            Reason::RelatedLinks
                | Reason::Tags
                | Reason::Comments
                | Reason::Caption
                | Reason::Copyright
        );
    if heads_story { at } else { rest + announced }
}

/// Headlines, dates and teasers: all up to the first paragraph that is whole and no teaser.
///
/// A paragraph is a teaser when it is cut off, or when headline and short paragraph alternate at
/// least twice and to the end. One whole paragraph under one headline may be the story's last.
fn cards(blocks: &[&Block]) -> usize {
    let is_headline = |block: &Block| !block.is_prose() || block.link_density() > 0.5;
    let goes_on = |block: &&Block| !is_headline(block) && !text::is_cut_off(&block.text);
    let prose = blocks.iter().filter(|block| !is_headline(block));
    let teasers =
        prose.clone().count() >= 2 && prose.clone().all(|block| block.mass <= TEASER_MASS);
    let alternate = !blocks
        .windows(2)
        .any(|pair| pair.iter().all(|block| !is_headline(block)));
    let led = blocks.first().is_some_and(|block| is_headline(block));
    if teasers && alternate && led {
        blocks.len()
    } else {
        blocks.iter().position(goes_on).unwrap_or(blocks.len())
    }
}

/// Most letters in a teaser that is not cut off: three sentences.
const TEASER_MASS: u32 = 320;

/// A name, a role, a few lines of life; prose only when nothing but links and labels follows.
fn author(blocks: &[&Block], at_end: bool) -> usize {
    let short = blocks.iter().take_while(|block| !block.is_prose()).count();
    let prose = blocks[short..]
        .iter()
        .take_while(|block| block.is_prose())
        .count();
    let after = &blocks[short + prose..];
    let ends_here = after.iter().all(|block| !block.is_prose());
    if prose <= 2 && ends_here && (short > 0 || at_end || prose == 1) {
        blocks.len()
    } else if short <= 4 {
        short
    } else {
        0
    }
}

/// Names, dates and opinions, to the end.
fn comments(blocks: &[&Block]) -> usize {
    if blocks.first().is_some_and(|block| block.is_prose()) {
        0
    } else {
        blocks.len()
    }
}

/// Lines that are no prose.
fn short_lines(blocks: &[&Block]) -> usize {
    blocks
        .iter()
        .take_while(|block| !block.is_prose() && !block.is_heading() && block.mass < 100)
        .count()
}
