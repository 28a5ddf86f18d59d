//! Judged blocks → what is decided before the model is asked: by the rules of a site, and by those reasons of the
//! heuristic that hold whatever the model would say.

use std::ops::Range;

use super::block::Block;
use super::features::Claimed;
use super::heuristic::{Judgement, Scene};
use super::rules::Ruling;
use crate::article::{Judge, Reason};

/// What is said of a block before the model is asked: a reason to leave it out, or none, and by whom.
pub(super) type Decided = (Option<Reason>, Judge);

/// What is decided of each block; none where the model decides.
pub(super) fn decide(
    scene: &Scene,
    judgement: &Judgement,
    claimed: Claimed,
    rulings: &[Option<Ruling>],
) -> Vec<Option<Decided>> {
    let firm = Firm::of(scene, judgement, claimed);
    let of_block = |at: usize| match rulings.get(at) {
        Some(&Some(ruling)) => Some((ruling.reason(), Judge::SiteRule)),
        _ => Some((Some(firm.reason(at)?), Judge::Heuristic)),
    };
    (0..scene.blocks.len()).map(of_block).collect()
}

/// The heuristic's reasons that hold whatever the model would say.
struct Firm<'a> {
    scene: &'a Scene<'a, 'a>,
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

/// Letters of prose from which on there is something that readers can comment on.
const COMMENTED_PROSE: u32 = 150;

/// Whether the heuristic found a text besides comments.
fn has_story(scene: &Scene, judgement: &Judgement) -> bool {
    let blocks = scene.blocks.iter().zip(&judgement.reasons);
    let kept = blocks.filter(|(block, reason)| reason.is_none() && block.is_prose());
    kept.map(|(block, _)| block.mass).sum::<u32>() >= COMMENTED_PROSE
}
