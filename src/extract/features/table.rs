//! The table of features: a name, and how it is read off a block among the others.
//!
//! Shares are 0.0 to 1.0, sizes as they are: trees ask which of two is larger, on whatever scale. What does not
//! exist is −1.

use super::layout::{Group, Within, begins_with_link};
use super::{Row, View};
use crate::article::{BlockKind, PageType, Reason};
use crate::extract::dom::{NodeId, Tag};
use crate::extract::heuristic::holders::HolderId;
use crate::extract::heuristic::items::Item;
use crate::extract::heuristic::labels::Form;
use crate::extract::heuristic::ratio;
use crate::extract::text;

/// A list of features, and the function that reads all of them off a block: as one, so that what several ask
/// for is found once.
macro_rules! features {
    ($($name:literal => $read:expr,)+) => {
        /// The names of the features, in the order of the columns.
        pub const FEATURES: [&str; [$($name),+].len()] = [$($name),+];

        pub(super) fn row(view: &View) -> Row {
            [$(read(view, $read)),+]
        }
    };
}

fn read(view: &View, feature: impl Fn(&View) -> f32) -> f32 {
    feature(view)
}

#[rustfmt::skip]
features! {
    // The block itself.
    "mass" => |v| size(v.block.mass),
    "words" => |v| size(v.block.words),
    "link_density" => |v| v.block.link_density(),
    "links" => |v| size(v.block.links),
    "bold_share" => |v| ratio(v.block.bold_mass, v.block.mass),
    "kind" => |v| kind(v.block.kind),
    "tag" => |v| tag(v, 0),
    "parent_tag" => |v| tag(v, 1),
    "depth" => |v| f32::from(v.all.scene.tree.depth(v.block.node)),
    "capital_share" => |v| ratio(v.shape().capitals, v.block.words),
    "digit_share" => |v| ratio(v.shape().digits, v.block.mass),
    "comma_share" => |v| ratio(v.shape().commas, v.block.words),
    "stops" => |v| size(v.shape().stops),
    "sign_share" => |v| ratio(v.shape().signs, v.block.words),
    "word_mass" => |v| ratio(v.block.mass, v.block.words),
    "starts_lower" => |v| flag(v.shape().starts_lower),
    "ends_sentence" => |v| flag(v.block.ends_sentence),
    "cut_off" => |v| flag(text::is_cut_off(v.block.text)),
    "copies" => |v| size(v.all.scene.same[v.at]),
    "in_title" => |v| v.all.copies.title[v.at],
    "in_description" => |v| v.all.copies.description[v.at],
    "in_json_ld" => |v| v.all.copies.json_ld[v.at],
    // What the heuristic thinks of it and of its neighbours.
    "reason" => reason,
    "reason_before_2" => |v| near(v, -2, reason),
    "reason_before_1" => |v| near(v, -1, reason),
    "reason_after_1" => |v| near(v, 1, reason),
    "reason_after_2" => |v| near(v, 2, reason),
    "kept_around" => kept_around,
    "label" => label,
    "label_before_1" => |v| near(v, -1, label),
    "since_label" => since_label,
    "mark" => |v| v.mark().map_or(-1.0, |(mark, _)| f32::from(mark.reason.code())),
    "mark_strength" => |v| v.mark().map_or(-1.0, |(mark, _)| f32::from(mark.strength as u8)),
    "mark_prose_share" => |v| v.mark().map_or(-1.0, |(_, id)| v.all.scene.sums.prose_share(id)),
    "mark_distance" => |v| v.mark().map_or(-1.0, |(_, id)| steps(v, v.node(id))),
    // Where it stands in the tree.
    "in_article" => |v| v.within(Within::ARTICLE),
    "in_main" => |v| v.within(Within::MAIN),
    "in_header" => |v| v.within(Within::HEADER),
    "in_frame" => |v| v.within(Within::FRAME),
    "in_list" => |v| v.within(Within::LIST),
    "in_table" => |v| v.within(Within::TABLE),
    "in_form" => |v| v.within(Within::FORM),
    "in_figure" => |v| v.within(Within::FIGURE),
    "in_quote" => |v| v.within(Within::QUOTE),
    "in_body_property" => |v| v.within(Within::BODY),
    "steps_up" => |v| f32::from(v.place().up),
    "in_container" => |v| flag(v.container().is_some_and(|at| v.all.scene.tree.contains(at, v.block.node))),
    "steps_to_container" => |v| v.container().map_or(-1.0, |at| steps(v, at)),
    "branch_share" => |v| page_share(v, v.branch()),
    "branch_link_density" => |v| link_density(v, v.branch()),
    "branch_prose" => |v| prose(v, v.branch()),
    "branch_kept" => |v| kept(v, v.branch()),
    "branch_mean" => |v| mean(v, v.branch()),
    "self_children" => |v| children(v, v.above(0)),
    "self_prose" => |v| prose(v, v.above(0)),
    "parent_children" => |v| children(v, v.above(1)),
    "parent_prose" => |v| prose(v, v.above(1)),
    "parent_kept" => |v| kept(v, v.above(1)),
    "parent_link_density" => |v| link_density(v, v.above(1)),
    "parent_mean" => |v| mean(v, v.above(1)),
    "parent_share" => |v| page_share(v, v.above(1)),
    "above_2_children" => |v| children(v, v.above(2)),
    "above_2_prose" => |v| prose(v, v.above(2)),
    "above_2_kept" => |v| kept(v, v.above(2)),
    "above_2_link_density" => |v| link_density(v, v.above(2)),
    "above_2_mean" => |v| mean(v, v.above(2)),
    "above_3_prose" => |v| prose(v, v.above(3)),
    "above_3_kept" => |v| kept(v, v.above(3)),
    "above_3_link_density" => |v| link_density(v, v.above(3)),
    "above_4_prose" => |v| prose(v, v.above(4)),
    "above_4_kept" => |v| kept(v, v.above(4)),
    // Blocks like it.
    "like_count" => |v| size(v.group(0).count),
    "like_prose" => |v| { let group = v.group(0); group.share(group.prose) },
    "like_kept" => |v| { let group = v.group(0); group.share(group.kept) },
    "like_link_density" => |v| { let group = v.group(0); group.share(group.links) },
    "like_page_share" => |v| ratio(v.group(0).mass, v.all.scene.sums.page().mass),
    "like_parent_count" => |v| size(v.group(1).count),
    "like_parent_prose" => |v| { let group = v.group(1); group.share(group.prose) },
    "like_parent_kept" => |v| { let group = v.group(1); group.share(group.kept) },
    // The list of like elements that it stands in.
    "item_count" => |v| item(v, |item| size(item.list.count)),
    "item_leading" => |v| item(v, |item| ratio(item.list.leading, item.list.count)),
    "item_cut_off" => |v| item(v, |item| ratio(item.list.cut_off, item.list.count)),
    "item_mean" => |v| item(v, |item| size(item.list.mass / item.list.count.max(1))),
    "item_share" => |v| v.item().map_or(-1.0, |item| ratio(item.list.mass, v.all.scene.sums.page().mass)),
    "item_distance" => |v| v.item().map_or(-1.0, |item| steps(v, v.node(item.id))),
    "item_leads" => |v| item(v, |item| flag(item.leads)),
    // Where it stands in the text.
    "place" => |v| ratio(v.all.before[v.at], v.all.scene.sums.page().mass),
    "from_headline" => |v| v.all.scene.headline.map_or(0.0, |at| apart(at, v.at)),
    "from_first_prose" => |v| apart(v.all.first_prose, v.at),
    "from_last_prose" => |v| apart(v.all.last_prose, v.at),
    "mass_before_1" => |v| near(v, -1, |v| size(v.block.mass)),
    "mass_after_1" => |v| near(v, 1, |v| size(v.block.mass)),
    "mass_after_2" => |v| near(v, 2, |v| size(v.block.mass)),
    "link_density_before_1" => |v| near(v, -1, |v| v.block.link_density()),
    "link_density_after_1" => |v| near(v, 1, |v| v.block.link_density()),
    "kind_before_1" => |v| near(v, -1, |v| kind(v.block.kind)),
    "kind_after_1" => |v| near(v, 1, |v| kind(v.block.kind)),
    "since_heading" => since_heading,
    "starts_linked" => |v| flag(begins_with_link(v.all.scene.tree, v.block)),
    "like_linked" => |v| ratio(v.group(0).linked, v.group(0).count),
    "like_parent_linked" => |v| ratio(v.group(1).linked, v.group(1).count),
    "steps_up_to_headline" => |v| f32::from(v.place().up_to_headline),
    "with_headline_share" => |v| page_share(v, with_headline(v)),
    "with_headline_kept" => |v| kept(v, with_headline(v)),
    "before_container" => |v| v.container().map_or(0.0, |at| flag(v.block.node < at)),
    "relative_mass" => |v| ratio(v.block.mass + 1, v.all.usual_mass + 1),
    // The page.
    "page_mass" => |v| size(v.all.scene.sums.page().mass),
    "page_link_density" => |v| v.all.scene.sums.page().link_density(),
    "page_prose" => |v| prose(v, HolderId::DOCUMENT),
    "page_kept" => |v| size(v.all.kept_mass),
    "page_blocks" => |v| size(u32::try_from(v.all.scene.blocks.len()).unwrap_or(u32::MAX)),
    "page_type" => |v| page_type(v.all.claimed.page_type),
    "page_dated" => |v| flag(v.all.claimed.is_dated),
    "page_signed" => |v| flag(v.all.claimed.is_signed),
    "page_container" => |v| ratio(v.all.container_mass, v.all.scene.sums.page().mass),
    "page_largest_group" => |v| ratio(v.all.largest_group, v.all.scene.sums.page().mass),
    "page_articles" => |v| size(v.all.articles),
    "page_headings" => |v| size(v.all.headings),
    "address_depth" => |v| v.all.claimed.address.depth,
    "address_words" => |v| v.all.claimed.address.words,
    "address_digits" => |v| v.all.claimed.address.digits,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a feature needs no more than 24 bits"
)]
fn size(size: u32) -> f32 {
    size as f32
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

fn kind(kind: BlockKind) -> f32 {
    match kind {
        BlockKind::Paragraph => 0.0,
        BlockKind::Quote => 1.0,
        BlockKind::ListItem(None) => 2.0,
        BlockKind::ListItem(Some(_)) => 3.0,
        BlockKind::TableRow => 4.0,
        BlockKind::Preformatted => 5.0,
        BlockKind::Caption => 6.0,
        BlockKind::Heading(level) => 6.0 + f32::from(level),
    }
}

/// Names in falling order of how often they hold a story.
fn tag(view: &View, level: usize) -> f32 {
    match view.all.scene.tree.tag(view.node(view.above(level))) {
        Some(Tag::P) => 0.0,
        Some(Tag::Article) => 1.0,
        Some(Tag::Section) => 2.0,
        Some(Tag::Div) => 3.0,
        Some(Tag::Blockquote) => 4.0,
        Some(tag) if tag.heading_level().is_some() => 5.0,
        Some(Tag::Li | Tag::Dd | Tag::Dt) => 6.0,
        Some(Tag::Ul | Tag::Ol | Tag::Dl) => 7.0,
        Some(Tag::Td | Tag::Th | Tag::Tr) => 8.0,
        Some(Tag::Figure | Tag::Figcaption) => 9.0,
        Some(Tag::Header) => 10.0,
        Some(Tag::Form | Tag::Fieldset) => 11.0,
        Some(Tag::Aside | Tag::Nav | Tag::Footer) => 12.0,
        _ => 13.0,
    }
}

fn reason(view: &View) -> f32 {
    view.all.judgement.reasons[view.at].map_or(0.0, |reason| f32::from(Reason::code(reason)))
}

fn page_type(kind: Option<PageType>) -> f32 {
    match kind {
        Some(PageType::Article) => 1.0,
        Some(PageType::LiveBlog) => 2.0,
        Some(PageType::Forum) => 3.0,
        Some(PageType::Product) => 4.0,
        // What is found out only later.
        _ => 0.0,
    }
}

fn near(view: &View, by: isize, feature: fn(&View) -> f32) -> f32 {
    view.neighbour(by).map_or(-1.0, |view| feature(&view))
}

/// Blocks on each side that are looked at for what the heuristic keeps around a block.
const AROUND: isize = 5;

fn kept_around(view: &View) -> f32 {
    let around = (-AROUND..=AROUND)
        .filter(|&by| by != 0)
        .filter_map(|by| view.neighbour(by));
    let (mut kept, mut all) = (0, 0);
    for near in around {
        all += near.block.mass;
        kept += if near.is_kept() { near.block.mass } else { 0 };
    }
    ratio(kept, all)
}

fn item(view: &View, feature: fn(Item) -> f32) -> f32 {
    view.item().map_or(-1.0, feature)
}

fn label(view: &View) -> f32 {
    match view.label() {
        None => 0.0,
        Some(Form::Start) => 1.0,
        Some(Form::Line) => 2.0,
    }
}

/// Blocks back to the nearest label line, up to 12.
fn since_label(view: &View) -> f32 {
    back_to(view, |view| view.label() == Some(Form::Line))
}

fn since_heading(view: &View) -> f32 {
    back_to(view, |view| view.block.is_heading())
}

fn back_to(view: &View, is: fn(&View) -> bool) -> f32 {
    let mut steps = 0.0;
    for by in 1..12 {
        steps += 1.0;
        if view.neighbour(-by).is_none_or(|view| is(&view)) {
            break;
        }
    }
    steps
}

/// The nearest node above the block that also holds the headline.
fn with_headline(view: &View) -> HolderId {
    let steps = view.place().up_to_headline;
    view.above(usize::from(steps))
}

/// Steps from the block's element up to `id`, or 20 when that is not above it.
fn steps(view: &View, id: NodeId) -> f32 {
    let tree = view.all.scene.tree;
    if tree.contains(id, view.block.node) {
        f32::from(tree.depth(view.block.node) - tree.depth(id))
    } else {
        20.0
    }
}

fn page_share(view: &View, id: HolderId) -> f32 {
    let sums = &view.all.scene.sums;
    ratio(sums[id].mass, sums.page().mass)
}

fn link_density(view: &View, id: HolderId) -> f32 {
    view.all.scene.sums[id].link_density()
}

/// Share of the text below the node that is prose.
fn prose(view: &View, id: HolderId) -> f32 {
    let sum = view.all.scene.sums[id];
    ratio(sum.prose, sum.mass)
}

/// Share of the text below the node that the heuristic keeps.
fn kept(view: &View, id: HolderId) -> f32 {
    let sum = view.all.scene.sums[id];
    ratio(view.all.layout.places[id].kept, sum.mass)
}

/// Mean mass of the blocks below the node.
fn mean(view: &View, id: HolderId) -> f32 {
    let sum = view.all.scene.sums[id];
    ratio(sum.mass, view.all.layout.places[id].blocks)
}

fn children(view: &View, id: HolderId) -> f32 {
    size(view.all.layout.children[id])
}

/// Signed distance in blocks from `from` to `to`.
fn apart(from: usize, to: usize) -> f32 {
    let distance = size(u32::try_from(from.abs_diff(to)).unwrap_or(u32::MAX));
    if to < from { -distance } else { distance }
}

impl View<'_> {
    fn node(&self, id: HolderId) -> NodeId {
        self.all.scene.sums.holders.node(id)
    }

    fn group(&self, level: usize) -> Group {
        let layout = &self.all.layout;
        layout.groups[layout.signature[self.at][level] as usize]
    }
}
