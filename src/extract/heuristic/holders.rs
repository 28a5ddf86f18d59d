//! The elements that hold blocks, and sums over what is below them.
//!
//! What is asked of elements for the sake of blocks is asked of them. They are some half of all elements and a fourth of
//! all nodes, so that what is known of them lies side by side, and sweeps over them read little else.

use std::ops::{Index, IndexMut, Range};

use super::ratio;
use crate::extract::block::Block;
use crate::extract::dom::{NodeId, Tree};

/// An element by its place among the [`Holders`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HolderId(u32);

impl HolderId {
    /// All nodes that are none.
    const NOBODY: Self = Self(0);
    /// The document, around all others.
    pub const DOCUMENT: Self = Self(1);
    /// Where the elements begin.
    const FIRST: u32 = 2;
}

/// The elements that a block begins in or is in, and all around these, in document order.
#[derive(Debug)]
pub struct Holders {
    /// Which node each is.
    nodes: Vec<NodeId>,
    /// The one around each; the document is in itself.
    above: Vec<HolderId>,
    /// Which of them each node is, if any.
    places: Vec<HolderId>,
}

impl Holders {
    fn of(tree: &Tree, blocks: &[Block]) -> Self {
        const SEEN: HolderId = HolderId(u32::MAX);
        let mut places = vec![HolderId::NOBODY; tree.len().max(1) as usize];
        for block in blocks {
            for id in [tree.parent(block.first), block.node] {
                let unseen =
                    |&id: &NodeId| std::mem::replace(&mut places[id as usize], SEEN) != SEEN;
                tree.ancestors(id).take_while(unseen).for_each(drop);
            }
        }
        places[0] = HolderId::DOCUMENT;
        let mut nodes = vec![0, 0];
        let mut above = vec![HolderId::NOBODY, HolderId::DOCUMENT];
        for id in tree.elements() {
            if places[id as usize] == SEEN {
                // Bounded by the number of nodes, itself a u32.
                places[id as usize] = HolderId(u32::try_from(nodes.len()).unwrap_or(u32::MAX));
                above.push(places[tree.parent(id) as usize]);
                nodes.push(id);
            }
        }
        Self {
            nodes,
            above,
            places,
        }
    }

    /// All but the document, in document order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = HolderId> + use<> {
        let end = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        (HolderId::FIRST..end).map(HolderId)
    }

    /// Those that are among some nodes, in document order.
    pub fn among(&self, nodes: Range<NodeId>) -> impl Iterator<Item = HolderId> + use<> {
        let elements = &self.nodes[HolderId::FIRST as usize..];
        let place = |end: NodeId| {
            let before = elements.partition_point(|&id| id < end);
            HolderId::FIRST + u32::try_from(before).unwrap_or(u32::MAX)
        };
        (place(nodes.start)..place(nodes.end)).map(HolderId)
    }

    /// Which of them a node is; all nodes that are none share one place.
    #[must_use]
    pub fn at(&self, node: NodeId) -> HolderId {
        self.places[node as usize]
    }

    /// Which node it is.
    #[must_use]
    pub fn node(&self, id: HolderId) -> NodeId {
        self.nodes[id.0 as usize]
    }

    /// The one around it; the document is in itself.
    #[must_use]
    pub fn above(&self, id: HolderId) -> HolderId {
        self.above[id.0 as usize]
    }

    /// Makes true of each what is true of one around it.
    pub fn inherit(&self, is: &mut PerHolder<bool>) {
        for id in self.ids() {
            let is_around = is[self.above(id)];
            is[id] |= is_around;
        }
    }

    /// Adds to each what those below it have, from the bottom up.
    pub fn sum_up<T: Copy>(&self, each: &mut PerHolder<T>, add: impl Fn(&mut T, T)) {
        for id in self.ids().rev() {
            let below = each[id];
            add(&mut each[self.above(id)], below);
        }
    }

    /// The same value for each.
    #[must_use]
    pub fn each<T: Clone>(&self, value: T) -> PerHolder<T> {
        PerHolder(vec![value; self.nodes.len()])
    }
}

/// Something of each element that holds a block, of the document, and of all other nodes together.
#[derive(Debug)]
pub struct PerHolder<T>(Vec<T>);

impl<T> Index<HolderId> for PerHolder<T> {
    type Output = T;

    fn index(&self, id: HolderId) -> &T {
        &self.0[id.0 as usize]
    }
}

impl<T> IndexMut<HolderId> for PerHolder<T> {
    fn index_mut(&mut self, id: HolderId) -> &mut T {
        &mut self.0[id.0 as usize]
    }
}

/// What is at and below a node, in `text::mass`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    /// All text.
    pub mass: u32,
    /// Text inside links.
    pub links: u32,
    /// Blocks that read as prose.
    pub prose: u32,
}

impl Sum {
    /// Share of the text that is inside links, 0.0 to 1.0.
    #[must_use]
    pub fn link_density(self) -> f32 {
        ratio(self.links, self.mass)
    }

    fn add(&mut self, other: Self) {
        self.mass += other.mass;
        self.links += other.links;
        self.prose += other.prose;
    }
}

/// Sums over the subtree of each element that holds a block.
#[derive(Debug)]
pub struct Sums {
    /// Those of which there are sums.
    pub holders: Holders,
    each: PerHolder<Sum>,
}

impl Sums {
    pub(crate) fn of(tree: &Tree, blocks: &[Block]) -> Self {
        let holders = Holders::of(tree, blocks);
        let mut each = holders.each(Sum::default());
        for block in blocks {
            each[holders.at(block.node)].add(Sum {
                mass: block.mass,
                links: block.link_mass,
                prose: if block.is_prose() { block.mass } else { 0 },
            });
        }
        holders.sum_up(&mut each, Sum::add);
        Self { holders, each }
    }

    /// The sum of a node; nothing of one that holds no block.
    #[must_use]
    pub fn at(&self, node: NodeId) -> Sum {
        self[self.holders.at(node)]
    }

    /// The sum of the page.
    #[must_use]
    pub fn page(&self) -> Sum {
        self[HolderId::DOCUMENT]
    }

    /// Share of the page's prose below the node, 0.0 to 1.0.
    #[must_use]
    pub fn prose_share(&self, id: HolderId) -> f32 {
        ratio(self[id].prose, self.page().prose)
    }
}

impl Index<HolderId> for Sums {
    type Output = Sum;

    fn index(&self, id: HolderId) -> &Sum {
        &self.each[id]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Texts;
    use crate::extract::block;
    use crate::extract::dom::{Limits, Tag, parse};

    #[test]
    fn holders_are_what_a_block_begins_in_and_all_around() {
        let html = "<title>t</title><div><svg></svg><p><i><b>a</b></i> <u>b</u></p><img></div><div> </div>";
        let tree = parse(html, &Limits::default());
        let texts = Texts::default();
        let sums = Sums::of(&tree, &block::split(&tree, &texts));
        let holders = &sums.holders;
        let tags: Vec<Option<Tag>> = holders.ids().map(|id| tree.tag(holders.node(id))).collect();
        let expected = [Tag::Html, Tag::Body, Tag::Div, Tag::P, Tag::I, Tag::B];
        assert_eq!(tags, expected.map(Some));
        assert_eq!(sums.page().mass, 2);
        for id in holders.ids() {
            let node = holders.node(id);
            assert_eq!(holders.at(node), id);
            assert_eq!(holders.node(holders.above(id)), tree.parent(node));
        }
    }

    #[test]
    fn a_tree_without_nodes_has_no_holders() {
        let sums = Sums::of(&Tree::default(), &[]);
        assert_eq!(sums.holders.ids().count(), 0);
        assert_eq!(sums.page().mass, 0);
    }

    #[test]
    fn what_holds_no_block_has_no_sum_and_is_among_none() {
        let tree = parse("<p>a</p><img><p>b</p>", &Limits::default());
        let texts = Texts::default();
        let sums = Sums::of(&tree, &block::split(&tree, &texts));
        let image = tree.elements().find(|&id| tree.is(id, Tag::Img)).unwrap();
        assert_eq!(sums.at(image).mass, 0);
        assert_eq!(sums.holders.among(image..image + 1).count(), 0);
        assert_eq!(sums.holders.among(image..tree.len()).count(), 1);
        assert_eq!(sums.holders.among(0..tree.len()).count(), 4);
    }

    #[test]
    fn what_is_true_of_an_element_is_inherited_by_all_below_it() {
        let html = "<div><p><b>a</b>b<p>c</div><p>d";
        let tree = parse(html, &Limits::default());
        let texts = Texts::default();
        let holders = Holders::of(&tree, &block::split(&tree, &texts));
        let mut inside = holders.each(false);
        let tree = &tree;
        let tags = |tag: Tag| tree.elements().filter(move |&id| tree.is(id, tag));
        for card in tags(Tag::P).take(2) {
            inside[holders.at(card)] = true;
        }
        holders.inherit(&mut inside);
        let is_inside = |id: &NodeId| inside[holders.at(*id)];
        assert_eq!(tags(Tag::P).filter(is_inside).count(), 2);
        assert_eq!(tags(Tag::B).filter(is_inside).count(), 1);
        assert_eq!(tags(Tag::Div).filter(is_inside).count(), 0);
    }
}
