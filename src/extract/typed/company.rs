//! The company of a picture: why the texts beside it were left out.
//!
//! Each picture asks about the texts in each element around it. So the texts that matter are known
//! by their places, among which those of an element are looked up: it may be around all of a page.

use std::ops::Range;

use crate::article::Reason;
use crate::extract::block::Block;

pub(super) struct Company {
    /// Why each block of the page was left out; none for those that were kept.
    reasons: Vec<Option<Reason>>,
    /// The blocks that say what kind of element they are in, in order.
    speaking: Vec<usize>,
    /// Those of them that speak for a figure, and for a bare picture.
    for_figures: Vec<usize>,
    for_bare: Vec<usize>,
}

impl Company {
    pub(super) fn new(blocks: &[Block], reasons: Vec<Option<Reason>>) -> Self {
        let speaking: Vec<usize> = (0..reasons.len())
            .filter(|&at| speaks(reasons[at]))
            .collect();
        let speak_for = |is_figure: bool| {
            let is_own = |&at: &usize| !is_foreign(&blocks[at], reasons[at], is_figure);
            speaking.iter().copied().filter(is_own).collect()
        };
        Self {
            for_figures: speak_for(true),
            for_bare: speak_for(false),
            speaking,
            reasons,
        }
    }

    /// Why a block was left out, if it was.
    pub(super) fn reason(&self, at: usize) -> Option<Reason> {
        self.reasons[at]
    }

    /// Whether any of those blocks says what kind of element it is in.
    pub(super) fn speaks(&self, blocks: Range<usize>) -> bool {
        !among(&self.speaking, blocks).is_empty()
    }

    /// Whether the texts around a picture were not left out for a reason that is one for it, too;
    /// `next` is the first block after it.
    pub(super) fn is_good(&self, around: Range<usize>, next: usize, is_figure: bool) -> bool {
        if !self.speaks(around.clone()) {
            return true;
        }
        let own = if is_figure {
            &self.for_figures
        } else {
            &self.for_bare
        };
        if among(own, around.clone()).is_empty() {
            return false;
        }
        let before = among(&self.speaking, around.start..next.min(around.end));
        let after = among(&self.speaking, next.max(around.start)..around.end);
        let is_close = |&at: &usize| {
            matches!(
                self.reasons[at],
                Some(Reason::RelatedLinks | Reason::AuthorBox | Reason::LinkDensity)
            ) || (self.reasons[at] == Some(Reason::Byline) && !is_figure)
        };
        !before.last().into_iter().chain(after.first()).any(is_close)
    }
}

/// Those of some places, in order, that lie in a range.
fn among(places: &[usize], range: Range<usize>) -> &[usize] {
    let before = |end: usize| places.partition_point(|&place| place < end);
    let inside = before(range.start)..before(range.end);
    places.get(inside).unwrap_or_default()
}

/// Whether a block says what kind of element it is in; captions and credits do not.
fn speaks(reason: Option<Reason>) -> bool {
    !matches!(reason, Some(Reason::Caption | Reason::Copyright))
}

/// Whether a block was left out for a reason that is one for a picture, too.
fn is_foreign(block: &Block, reason: Option<Reason>, is_figure: bool) -> bool {
    match reason {
        Some(
            Reason::RelatedLinks
            | Reason::AuthorBox
            | Reason::Advertisement
            | Reason::Newsletter
            | Reason::Comments
            | Reason::Navigation
            | Reason::LinkDensity
            | Reason::Share
            | Reason::Tags,
        ) => true,
        Some(Reason::Byline | Reason::Outside) => !is_figure,
        Some(Reason::Title) | None => false,
        Some(_) => block.is_all_link(),
    }
}
