//! Cards and link lists: text that leads elsewhere.

use super::holders::{HolderId, PerHolder};
use super::items::TEASER_PROSE_MAX;
use super::{Reasons, Scene};
use crate::article::{BlockKind, Reason};
use crate::extract::block::Block;
use crate::extract::dom::{NodeId, Tag};

/// Share of the container's prose above which what looks like cards may be the story.
const CARDS_SHARE_MAX: f32 = 0.4;
/// Letters of prose that must stay when cards hold more than that: a news brief.
const STORY_PROSE_MIN: u32 = 400;

/// Marks lists of like elements that each lead elsewhere with a headline and a little text; says
/// which blocks belong to those whose text is cut off, which no story is.
pub fn mark_cards(scene: &Scene, container: Option<NodeId>, reasons: &mut Reasons) -> Vec<bool> {
    let mut sure = vec![false; reasons.len()];
    let Some(container) = container else {
        return sure;
    };
    let holders = &scene.sums.holders;
    let below = holders.among(scene.tree.below(container));
    let cards: Vec<HolderId> = below.filter(|&id| is_card(scene, id)).collect();
    if cards.is_empty() {
        return sure;
    }
    let in_card = at_or_below(scene, &cards);
    let (mut inside, mut outside) = (0, 0);
    for (block, reason) in scene.blocks.iter().zip(reasons.iter()) {
        let prose = if reason.is_none() && block.is_prose() {
            block.mass
        } else {
            0
        };
        if in_card[holders.at(block.node)] {
            inside += prose;
        } else {
            outside += prose;
        }
    }
    if super::ratio(inside, inside + outside) > CARDS_SHARE_MAX && outside < STORY_PROSE_MIN {
        return sure;
    }
    let cut_off: Vec<HolderId> = cards
        .into_iter()
        .filter(|&id| scene.items.list_of(id).is_cut_off())
        .collect();
    let in_cut_off = at_or_below(scene, &cut_off);
    for (at, block) in scene.blocks.iter().enumerate() {
        if reasons[at].is_none() && in_card[holders.at(block.node)] {
            reasons[at] = Some(Reason::RelatedLinks);
            sure[at] = in_cut_off[holders.at(block.node)];
        }
    }
    sure
}

/// For each element whether it is one of `tops`, or below one.
fn at_or_below(scene: &Scene, tops: &[HolderId]) -> PerHolder<bool> {
    let holders = &scene.sums.holders;
    let mut inside = holders.each(false);
    for &top in tops {
        inside[top] = true;
    }
    holders.inherit(&mut inside);
    inside
}

/// An item of a list whose items lead elsewhere and hold no more than a teaser; not one that holds
/// the headline.
fn is_card(scene: &Scene, id: HolderId) -> bool {
    let node = scene.sums.holders.node(id);
    let of_cards = || {
        let list = scene.items.list_of(id);
        list.is_of_cards() && list.prose <= TEASER_PROSE_MAX * list.count
    };
    let holds_headline = || {
        let headline = scene.headline.map(|at| scene.blocks[at].node);
        headline.is_some_and(|inner| scene.tree.contains(node, inner))
    };
    scene.tree.tag(node).is_some_and(is_card_tag)
        && of_cards()
        && scene.sums[id].prose <= 2 * TEASER_PROSE_MAX
        && !holds_headline()
}

fn is_card_tag(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::Div | Tag::Article | Tag::Li | Tag::Section | Tag::A | Tag::Figure | Tag::Td
    )
}

/// Marks blocks that are nothing but links, lists of them, and lone headlines that lead elsewhere.
pub fn mark_link_blocks(scene: &Scene, reasons: &mut Reasons) {
    for (at, block) in scene.blocks.iter().enumerate() {
        if reasons[at].is_none()
            && leads_elsewhere(scene, block)
            && !is_among_story(scene, reasons, at)
        {
            reasons[at] = Some(Reason::LinkDensity);
        }
    }
}

/// Letters of a headline that is a paragraph of its own.
const HEADLINE_MASS: std::ops::RangeInclusive<u32> = 20..=200;
/// For one of them there are at least so many paragraphs of the story; a round-up has one for each.
const STORY_PER_HEADLINE: usize = 3;

/// Marks lone headlines of other stories between two paragraphs of this one, which nothing
/// announces: each is a link as a whole, and no sentence. Says which blocks that were.
pub fn mark_lone_headlines(scene: &Scene, reasons: &mut Reasons) -> Vec<bool> {
    let mut marked = vec![false; reasons.len()];
    let is_open = |at: &usize| matches!(reasons[*at], None | Some(Reason::LinkDensity));
    let open: Vec<usize> = (0..reasons.len()).filter(is_open).collect();
    let is_told = |block: &Block| block.is_prose() && block.link_density() < 0.5;
    let told = open.iter().filter(|&&at| is_told(&scene.blocks[at]));
    let headlines = open.windows(3).filter_map(|around| {
        let [before, block, after] = [0, 1, 2].map(|i| &scene.blocks[around[i]]);
        let is_between = is_told(before) && is_told(after) && before.place == after.place;
        (is_between && is_lone_headline(block)).then_some(around[1])
    });
    let headlines: Vec<usize> = headlines.collect();
    if headlines.len() * STORY_PER_HEADLINE <= told.count() {
        for at in headlines {
            reasons[at] = Some(Reason::RelatedLinks);
            marked[at] = true;
        }
    }
    marked
}

fn is_lone_headline(block: &Block) -> bool {
    block.kind == BlockKind::Paragraph
        && HEADLINE_MASS.contains(&block.mass)
        && block.is_all_link()
        && !block.text.ends_with(['.', '!', '。', ':', ','])
        && block.words > 1
}

/// Most items in a list of links that follows a story.
const LIST_MAX: usize = 12;

/// Marks a list of nothing but links below the last paragraph of a story, though nothing announces
/// it; says which blocks that were.
pub fn mark_last_lists(scene: &Scene, reasons: &mut Reasons) -> Vec<bool> {
    const STORY_BEFORE: usize = 3;
    let mut marked = vec![false; reasons.len()];
    let is_told = |at: &usize| reasons[*at].is_none() && scene.blocks[*at].is_prose();
    let told: Vec<usize> = (0..reasons.len()).filter(is_told).collect();
    let Some(&last) = told.last().filter(|_| told.len() >= STORY_BEFORE) else {
        return marked;
    };
    let is_item = |at: &usize| {
        reasons[*at] == Some(Reason::LinkDensity)
            && matches!(scene.blocks[*at].kind, BlockKind::ListItem(_))
            && scene.blocks[*at].is_all_link()
    };
    let items: Vec<usize> = (last + 1..reasons.len()).filter(is_item).collect();
    if items.len() <= LIST_MAX {
        for at in items {
            reasons[at] = Some(Reason::RelatedLinks);
            marked[at] = true;
        }
    }
    marked
}

fn leads_elsewhere(scene: &Scene, block: &Block) -> bool {
    // A sentence with a long link in it is still one.
    let unlinked = block.mass.saturating_sub(block.link_mass);
    let is_sentence = block.mass >= 40 && unlinked >= 15 && block.ends_sentence;
    match block.kind {
        BlockKind::Paragraph | BlockKind::Quote if is_sentence => block.link_density() > 0.9,
        BlockKind::ListItem(_) => {
            block.link_density() > 0.6 && list_density(scene, block.node) > 0.5
        }
        BlockKind::Heading(_) => block.is_all_link(),
        BlockKind::TableRow => block.link_density() > 0.8,
        BlockKind::Preformatted => false,
        _ => block.link_density() > 0.66 || (block.link_density() > 0.5 && block.mass < 120),
    }
}

/// Fewest letters of a sentence that may be all link.
const SENTENCE_MASS: u32 = 40;

/// Whether a sentence that is nearly all link stands right between paragraphs
/// of the story that are as it is.
fn is_among_story(scene: &Scene, reasons: &Reasons, at: usize) -> bool {
    let block = &scene.blocks[at];
    let is_like = |other: usize| {
        reasons.get(other) == Some(&None)
            && scene.blocks[other].is_prose()
            && scene.blocks[other].place == block.place
    };
    let before = at.checked_sub(1).is_some_and(is_like);
    block.kind == BlockKind::Paragraph
        && block.mass >= SENTENCE_MASS
        && block.text.ends_with(['.', '!', '?', '。', '”', '"'])
        && before
        && is_like(at + 1)
}

/// Link density of the list around an item.
fn list_density(scene: &Scene, item: NodeId) -> f32 {
    let is_list = |id: &NodeId| matches!(scene.tree.tag(*id), Some(Tag::Ul | Tag::Ol | Tag::Menu));
    scene
        .tree
        .ancestors(item)
        .find(is_list)
        .map_or(1.0, |list| scene.sums.at(list).link_density())
}
