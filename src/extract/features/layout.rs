//! What the features ask of the tree: sums, signatures and the way to the container, each by one
//! sweep over nodes or blocks.

use foldhash::HashMap;
use foldhash::fast::RandomState;

use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::heuristic::holders::{HolderId, Holders, PerHolder};
use crate::extract::heuristic::marks::Mark;
use crate::extract::heuristic::{Judgement, Scene, ratio};

/// What the features ask of the tree.
#[derive(Debug)]
pub(super) struct Layout {
    /// What is known of each element that holds a block, besides its sums.
    pub(super) places: PerHolder<Place>,
    /// Element children of each.
    pub(super) children: PerHolder<u32>,
    /// How many elements are an `<article>`.
    pub(super) articles: u32,
    /// The signature group of each block, and of its parent.
    pub(super) signature: Vec<[u32; 2]>,
    /// The groups.
    pub(super) groups: Vec<Group>,
}

/// Where an element that holds a block stands, and what is below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Blocks at or below the node.
    pub(super) blocks: u32,
    /// Mass at or below the node that the heuristic keeps.
    pub(super) kept: u32,
    /// Kinds of elements that the node is in.
    pub(super) within: Within,
    /// The nearest mark at or above the node, believed or not, and the node that has it.
    pub(super) mark: Option<(Mark, HolderId)>,
    /// Steps up from the node to the nearest ancestor that also holds the container.
    pub(super) up: u16,
    /// Steps up from the node to the nearest ancestor that also holds the headline.
    pub(super) up_to_headline: u16,
    /// The last node on the way to the container: the branch that leads away from the container.
    pub(super) branch: HolderId,
}

impl Place {
    /// The one around all, before any block is counted.
    const DOCUMENT: Self = Self {
        blocks: 0,
        kept: 0,
        within: Within(0),
        mark: None,
        up: 0,
        up_to_headline: 0,
        branch: HolderId::DOCUMENT,
    };
}

/// The kinds of elements above a node, as bits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Within(u16);

impl Within {
    /// Inside `<article>`.
    pub(super) const ARTICLE: Self = Self(1);
    /// Inside `<main>`.
    pub(super) const MAIN: Self = Self(1 << 1);
    /// Inside `<header>`.
    pub(super) const HEADER: Self = Self(1 << 2);
    /// Inside `<footer>`, `<aside>` or `<nav>`.
    pub(super) const FRAME: Self = Self(1 << 3);
    /// Inside a list.
    pub(super) const LIST: Self = Self(1 << 4);
    /// Inside a table.
    pub(super) const TABLE: Self = Self(1 << 5);
    /// Inside `<form>`.
    pub(super) const FORM: Self = Self(1 << 6);
    /// Inside `<figure>`.
    pub(super) const FIGURE: Self = Self(1 << 7);
    /// Inside `<blockquote>`.
    pub(super) const QUOTE: Self = Self(1 << 8);
    /// Inside an element that says it holds the article's body (`itemprop`).
    pub(super) const BODY: Self = Self(1 << 9);

    /// Whether the node is in an element of that kind.
    #[must_use]
    pub(super) fn has(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }

    fn of(tree: &Tree, id: NodeId) -> Self {
        let by_tag = match tree.tag(id) {
            Some(Tag::Article) => Self::ARTICLE.0,
            Some(Tag::Main) => Self::MAIN.0,
            Some(Tag::Header) => Self::HEADER.0,
            Some(Tag::Footer | Tag::Aside | Tag::Nav) => Self::FRAME.0,
            Some(Tag::Ul | Tag::Ol | Tag::Dl | Tag::Menu) => Self::LIST.0,
            Some(Tag::Table) => Self::TABLE.0,
            Some(Tag::Form) => Self::FORM.0,
            Some(Tag::Figure) => Self::FIGURE.0,
            Some(Tag::Blockquote) => Self::QUOTE.0,
            _ => 0,
        };
        let says_body = tree
            .attr(id, Attr::Itemprop)
            .is_some_and(|prop| prop.eq_ignore_ascii_case("articlebody"));
        Self(by_tag | if says_body { Self::BODY.0 } else { 0 })
    }
}

/// Blocks of one signature: the same names and classes of the element and of its parent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Group {
    /// How many blocks.
    pub(super) count: u32,
    /// Their mass.
    pub(super) mass: u32,
    /// Mass of those that read as prose.
    pub(super) prose: u32,
    /// Mass inside links.
    pub(super) links: u32,
    /// How many of the blocks begin with a link.
    pub(super) linked: u32,
    /// Mass that the heuristic keeps.
    pub(super) kept: u32,
}

impl Layout {
    /// Sweeps over a page that the heuristic has judged.
    #[must_use]
    pub(super) fn of(scene: &Scene, judgement: &Judgement) -> Self {
        let (children, articles) = count(scene.tree, &scene.sums.holders);
        let mut layout = Self {
            places: scene.sums.holders.each(Place::DOCUMENT),
            children,
            articles,
            signature: Vec::with_capacity(scene.blocks.len()),
            groups: Vec::new(),
        };
        let headline = scene.headline.map(|at| scene.blocks[at].node);
        layout.sweep_down(scene, judgement, headline);
        layout.sweep_up(scene, judgement);
        layout.group(scene, judgement);
        layout
    }

    fn sweep_down(&mut self, scene: &Scene, judgement: &Judgement, headline: Option<NodeId>) {
        let (tree, holders) = (scene.tree, &scene.sums.holders);
        for id in holders.ids() {
            let node = holders.node(id);
            let above_id = holders.above(id);
            let above = self.places[above_id];
            let mut place = Place {
                within: Within(above.within.0 | Within::of(tree, node).0),
                mark: judgement.marks[id].map_or(above.mark, |mark| Some((mark, id))),
                branch: id,
                ..Place::DOCUMENT
            };
            if !headline.is_some_and(|inner| tree.contains(node, inner)) {
                place.up_to_headline = above.up_to_headline.saturating_add(1);
            }
            let holds_container = judgement
                .container
                .is_some_and(|inner| tree.contains(node, inner));
            if !holds_container {
                place.up = above.up.saturating_add(1);
                if above_id != HolderId::DOCUMENT && above.up > 0 {
                    place.branch = above.branch;
                }
            }
            self.places[id] = place;
        }
    }

    fn sweep_up(&mut self, scene: &Scene, judgement: &Judgement) {
        let holders = &scene.sums.holders;
        for (block, reason) in scene.blocks.iter().zip(&judgement.reasons) {
            let place = &mut self.places[holders.at(block.node)];
            place.blocks += 1;
            place.kept += if reason.is_none() { block.mass } else { 0 };
        }
        holders.sum_up(&mut self.places, |above, below| {
            above.blocks += below.blocks;
            above.kept += below.kept;
        });
    }

    fn group(&mut self, scene: &Scene, judgement: &Judgement) {
        let holders = &scene.sums.holders;
        let hasher = RandomState::default();
        let mut known = HashMap::with_capacity_and_hasher(scene.blocks.len(), hasher);
        for (block, reason) in scene.blocks.iter().zip(&judgement.reasons) {
            let own = holders.at(block.node);
            let begins = begins_with_link(scene.tree, block);
            let mut of = |id: HolderId, level: u8| {
                let fresh = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
                let group = *known
                    .entry(scene.items.signatures.of(holders, id, level))
                    .or_insert(fresh);
                if group == fresh {
                    self.groups.push(Group::default());
                }
                self.groups[group as usize].add(block, reason.is_none(), begins);
                group
            };
            let pair = [of(own, 0), of(holders.above(own), 1)];
            self.signature.push(pair);
        }
    }
}

/// How many element children each has, and how many elements are an `<article>`.
fn count(tree: &Tree, holders: &Holders) -> (PerHolder<u32>, u32) {
    let (mut children, mut articles) = (holders.each(0), 0);
    for id in tree.elements() {
        // Those below what is no holder are counted together, and asked for by nobody.
        children[holders.at(tree.parent(id))] += 1;
        articles += u32::from(tree.is(id, Tag::Article));
    }
    (children, articles)
}

impl Group {
    fn add(&mut self, block: &Block, is_kept: bool, is_linked: bool) {
        self.count += 1;
        self.mass += block.mass;
        self.links += block.link_mass;
        self.linked += u32::from(is_linked);
        self.prose += if block.is_prose() { block.mass } else { 0 };
        self.kept += if is_kept { block.mass } else { 0 };
    }

    /// A part of the group's mass, 0.0 to 1.0.
    #[must_use]
    pub(super) fn share(&self, part: u32) -> f32 {
        ratio(part, self.mass)
    }
}

/// Whether the first words of a block are a link.
pub(super) fn begins_with_link(tree: &Tree, block: &Block) -> bool {
    let inside = tree.ancestors(block.first);
    let mut inside = inside.take_while(|&id| id != block.node);
    block.links > 0 && inside.any(|id| tree.is(id, Tag::A))
}
