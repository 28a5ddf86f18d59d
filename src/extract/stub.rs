//! What a paywall leaves of a story: where it stands, and what it offers below.

use super::block::Block;
use super::metadata::rights;
use super::select::{Chosen, Copy};
use crate::article::{BodyBlock, Judge, Metadata, Paywall, Reason, Removed, Verdict};

/// Cuts the body at a line that says that there is more for those who pay; what is below offers it.
/// Whether there is such a line, and what is above it is a stub.
pub(super) fn cut_at_wall(
    chosen: &mut Chosen,
    blocks: &[Block],
    metadata: &Metadata,
    stated_words: Option<u32>,
) -> bool {
    let is_free = metadata.paywall.map_or_else(
        || metadata.is_accessible_for_free == Some(true),
        |paywall| paywall == Paywall::Free,
    );
    let Some(first) = chosen.body.first().map(|block| block.at) else {
        return false;
    };
    if is_free || !matches!(chosen.copy, Copy::Itself) {
        return false;
    }
    let below = (0..).zip(blocks).skip_while(|(at, _)| *at <= first);
    let mut walls = below.filter(|(_, block)| rights::shows_wall(block));
    let Some((wall, _)) = walls.next() else {
        return false;
    };
    let (above, below): (Vec<&BodyBlock<&str>>, Vec<&BodyBlock<&str>>) =
        chosen.body.iter().partition(|block| block.at < wall);
    let words =
        |blocks: &[&BodyBlock<&str>]| -> u32 { blocks.iter().map(|block| block.words).sum() };
    let last = above.last().map_or("", |block| block.text);
    let is_stub = rights::is_stub(Some(Paywall::Closed), stated_words, words(&above), last);
    // A line amid a story that goes on tells of something else.
    if !is_stub || words(&below) > words(&above) {
        return false;
    }
    let offers = below.into_iter().map(removed).collect::<Vec<_>>();
    chosen.body.retain(|block| block.at < wall);
    chosen.removed.extend(offers);
    chosen.removed.sort_by_key(|block| block.at);
    true
}

fn removed<'t>(block: &BodyBlock<&'t str>) -> Removed<&'t str> {
    Removed {
        reason: Reason::Notice,
        kind: block.kind,
        text: block.text,
        at: block.at,
        removed: Verdict {
            by: Judge::Heuristic,
            score: block.kept.score,
        },
    }
}
