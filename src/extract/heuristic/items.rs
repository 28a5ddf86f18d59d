//! Lists of like elements, each of which may lead elsewhere: teasers, products, posts, chapters.
//!
//! Like elements have the same name and class, and so do their parents, wherever on the page they
//! stand: a grid of cards is often parted into rows.

use foldhash::HashMap;
use foldhash::fast::RandomState;

use super::holders::{HolderId, Holders, PerHolder, Sums};
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NameId, NodeId, Tag, Tree, ValueId};
use crate::extract::{short, text};

/// Fewest like elements that make a list.
const ITEMS_MIN: u32 = 3;

/// The lists of a page.
#[derive(Debug)]
pub(crate) struct Items {
    pub(crate) signatures: Signatures,
    /// The nearest item at or above each element that holds a block, preferring lists that lead elsewhere; the document where there is none.
    nearest: PerHolder<HolderId>,
    /// Which list each is an item of; 0 is of those that are in none.
    list: PerHolder<u32>,
    lists: Vec<List>,
    holds: PerHolder<Holds>,
}

/// One element of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) id: HolderId,
    pub(crate) list: List,
    /// Whether it begins with a link, or has a headline that is one.
    pub(crate) leads: bool,
}

/// What is known of all elements of a list.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct List {
    pub(crate) count: u32,
    pub(crate) mass: u32,
    pub(crate) prose: u32,
    /// How many begin with a link, or have a headline that is one.
    pub(crate) leading: u32,
    /// Mass inside links.
    pub(crate) links: u32,
    /// How many hold a picture or a heading.
    pub(crate) headed: u32,
    /// How many end in text that was cut off.
    pub(crate) cut_off: u32,
}

impl List {
    fn is_one(&self) -> bool {
        self.count >= ITEMS_MIN
    }

    /// Whether the items are what leads to other pages: a headline with a picture or a good part of
    /// links, or with text that was cut off.
    pub(crate) fn is_of_cards(&self) -> bool {
        self.leads()
            && (self.is_cut_off()
                || (self.headed * 4 >= self.count * 3 && self.links * 5 >= self.mass))
    }

    /// Whether at least every second item ends in text that was cut off.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.cut_off * 2 >= self.count
    }

    /// Whether most of the items lead elsewhere.
    pub(crate) fn leads(&self) -> bool {
        self.is_one() && self.leading * 4 >= self.count * 3
    }
}

impl Items {
    pub(crate) fn of(tree: &Tree, blocks: &[Block], sums: &Sums) -> Self {
        let holders = &sums.holders;
        let mut items = Self {
            signatures: Signatures::new(tree, holders),
            nearest: holders.each(HolderId::DOCUMENT),
            list: holders.each(0),
            lists: vec![List::default()],
            holds: Holds::of(tree, blocks, holders),
        };
        items.gather(tree, sums, blocks.len());
        items.sweep_down(holders);
        items
    }

    /// The list that the element is an item of.
    pub(crate) fn list_of(&self, id: HolderId) -> List {
        self.lists[self.list[id] as usize]
    }

    pub(crate) fn around(&self, id: HolderId) -> Option<Item> {
        let id = Some(self.nearest[id]).filter(|&id| id != HolderId::DOCUMENT)?;
        Some(Item {
            id,
            list: self.list_of(id),
            leads: self.holds[id].leads(),
        })
    }

    /// Of about so many elements that hold a block.
    fn gather(&mut self, tree: &Tree, sums: &Sums, size: usize) {
        let holders = &sums.holders;
        let mut known = HashMap::with_capacity_and_hasher(size, RandomState::default());
        for id in holders.ids() {
            let sum = sums[id];
            if sum.mass == 0 || !tree.tag(holders.node(id)).is_some_and(can_be_item) {
                continue;
            }
            let fresh = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
            let list = *known
                .entry(self.signatures.of(holders, id, 0))
                .or_insert(fresh);
            if list == fresh {
                self.lists.push(List::default());
            }
            self.list[id] = list;
            let (list, holds) = (&mut self.lists[list as usize], self.holds[id]);
            list.count += 1;
            list.mass += sum.mass;
            list.prose += sum.prose;
            list.links += sum.links;
            list.headed += u32::from(holds.has(Holds::HEAD));
            list.leading += u32::from(holds.leads());
            list.cut_off += u32::from(holds.has(Holds::LAST_IS_CUT));
        }
    }

    fn sweep_down(&mut self, holders: &Holders) {
        for id in holders.ids() {
            let above = self.nearest[holders.above(id)];
            self.nearest[id] = if self.is_nearer(id, above) { id } else { above };
        }
    }

    fn is_nearer(&self, id: HolderId, above: HolderId) -> bool {
        // Of what is an item of no list, as the document, the list is none.
        let own = self.list_of(id);
        own.is_one() && (own.leads() || !self.list_of(above).leads())
    }
}

/// Most prose in a teaser, in letters, on the average of its list: three sentences.
pub(crate) const TEASER_PROSE_MAX: u32 = 320;
/// Letters of prose above which a single element of a list of teasers is a post in full.
const POST_PROSE: u32 = 2 * TEASER_PROSE_MAX;

/// The elements of a page that lead to other pages with a headline each.
pub(crate) struct Teasers {
    /// How many of them tell of a story: an `<article>`, or one with a `<time>` or a sentence.
    pub(crate) count: u32,
    /// For each element the outermost one that it is, or is in; the document where there is none.
    around: PerHolder<HolderId>,
}

impl Teasers {
    /// The outermost teaser that an element is, or is in.
    pub(crate) fn around(&self, id: HolderId) -> Option<HolderId> {
        Some(self.around[id]).filter(|&teaser| teaser != HolderId::DOCUMENT)
    }
}

impl Items {
    /// All teasers, nested ones once.
    pub(crate) fn teasers(&self, sums: &Sums) -> Teasers {
        let mut teasers = Teasers {
            count: 0,
            around: sums.holders.each(HolderId::DOCUMENT),
        };
        for id in sums.holders.ids() {
            let above = teasers.around[sums.holders.above(id)];
            if above != HolderId::DOCUMENT {
                teasers.around[id] = above;
                continue;
            }
            let list = self.list_of(id);
            let of_teasers = list.leads() && list.prose <= TEASER_PROSE_MAX * list.count;
            let (holds, prose) = (self.holds[id], sums[id].prose);
            if of_teasers && holds.leads() && prose <= POST_PROSE {
                teasers.around[id] = id;
                teasers.count += u32::from(prose > 0 || holds.has(Holds::STORY));
            }
        }
        teasers
    }
}

fn can_be_item(tag: Tag) -> bool {
    tag.is_block() && tag != Tag::Body && tag.heading_level().is_none()
}

/// What like elements have in common: their name and class, and those of their parents.
#[derive(Debug)]
pub(crate) struct Signatures {
    /// A hash of each element's name and class, without the numbers that often count up in it.
    own: PerHolder<u64>,
}

impl Signatures {
    fn new(tree: &Tree, holders: &Holders) -> Self {
        let mut letters = Vec::new();
        let mut of_names: Vec<Option<u64>> = vec![None; tree.names().len()];
        let mut of_values: Vec<Option<u64>> = vec![None; tree.values().len()];
        let mut of_name = |name: NameId| {
            let hash = &mut of_names[name as usize];
            *hash.get_or_insert_with(|| hash_without_digits(tree.name(name), &mut letters))
        };
        let mut of_value = |value: ValueId| {
            let hash_all = || {
                let names = tree.names_in(value).iter();
                names.fold(0, |hash, &name| short::hash_on(hash, of_name(name)))
            };
            *of_values[value as usize].get_or_insert_with(hash_all)
        };
        let mut own = holders.each(short::hash_on(0, 0));
        for id in holders.ids() {
            let node = holders.node(id);
            let tag = tree.tag(node).map_or(0, |tag| tag as u64 + 1);
            let class = tree.class_value(node);
            let class = class.map_or(0, &mut of_value);
            own[id] = short::hash_on(tag, class);
        }
        Self { own }
    }

    /// A hash of the signature, another one for each `kind` of question.
    pub(crate) fn of(&self, holders: &Holders, id: HolderId, kind: u8) -> u64 {
        let with_own = short::hash_on(u64::from(kind), self.own[id]);
        short::hash_on(with_own, self.own[holders.above(id)])
    }
}

/// A hash of what is no digit; `letters` is a place to gather that. No branch depends on a single byte.
fn hash_without_digits(name: &str, letters: &mut Vec<u8>) -> u64 {
    let name = name.as_bytes();
    if !name
        .iter()
        .fold(false, |any, byte| any | byte.is_ascii_digit())
    {
        return short::hash(name);
    }
    if letters.len() < name.len() {
        letters.resize(name.len(), 0);
    }
    let mut len = 0;
    for &byte in name {
        letters[len] = byte;
        len += usize::from(!byte.is_ascii_digit());
    }
    short::hash(&letters[..len])
}

/// Fewest letters of a link that reads as a headline, and not as a name or a number.
const HEADLINE_MASS: u32 = 20;

/// Fewest letters of a text that a machine cuts off; a button below it has fewer.
const TEASER_MASS: u32 = 40;

/// What a node is, or holds, as bits.
#[derive(Debug, Clone, Copy, Default)]
struct Holds(u16);

impl Holds {
    /// It is in a link to another page.
    const IN_LINK: u16 = 1;
    /// A picture or a heading.
    const HEAD: u16 = 1 << 1;
    /// An `<article>` or a `<time>`.
    const STORY: u16 = 1 << 2;
    /// A heading that is all link.
    const LINKED_HEADING: u16 = 1 << 3;
    /// A link of a headline's length.
    const LONG_LINK: u16 = 1 << 4;
    /// Text or a picture, and whether the first is in a link.
    const ANY: u16 = 1 << 5;
    const FIRST_IS_LINKED: u16 = 1 << 6;
    /// A text of a headline's length, and whether the first is all link.
    const LONG: u16 = 1 << 7;
    const FIRST_LONG_IS_LINK: u16 = 1 << 8;
    /// A text of a teaser's length, and whether the last ends where a machine cut it off.
    const TEASER: u16 = 1 << 9;
    const LAST_IS_CUT: u16 = 1 << 10;

    /// Of each element that holds a block.
    fn of(tree: &Tree, blocks: &[Block], holders: &Holders) -> PerHolder<Self> {
        let of_nodes = Self::of_nodes(tree);
        let mut each = holders.each(Self::default());
        for id in holders.ids() {
            each[id] = of_nodes[holders.node(id) as usize];
        }
        for block in blocks {
            each[holders.at(block.node)].add(block);
        }
        holders.sum_up(&mut each, Self::add_below);
        each
    }

    /// Of each node, without what its texts are.
    fn of_nodes(tree: &Tree) -> Vec<Self> {
        let mut all = vec![Self::default(); tree.len() as usize];
        for id in tree.ids().skip(1) {
            let above = tree.parent(id);
            let in_link = all[above as usize].0 & Self::IN_LINK;
            let own = Self::of_node(tree, id, in_link != 0);
            all[id as usize].0 = in_link | own;
            // What a node has all around it have: that ends at the first that had it before.
            let mut around = tree.ancestors(above);
            while around.next().is_some_and(|at| all[at as usize].see(own)) {}
        }
        all
    }

    fn of_node(tree: &Tree, id: NodeId, in_link: bool) -> u16 {
        let content = |in_link: bool| Self::ANY | flag(in_link, Self::FIRST_IS_LINKED);
        let Some(tag) = tree.tag(id) else {
            let is_seen = id != 0 && !tree.is_blank(id);
            return if is_seen { content(in_link) } else { 0 };
        };
        match tag {
            Tag::A => flag(leads_elsewhere(tree, id), Self::IN_LINK),
            Tag::Img => Self::HEAD | content(in_link),
            Tag::Article | Tag::Time => Self::STORY,
            _ => flag(tag.heading_level().is_some(), Self::HEAD),
        }
    }

    fn has(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    /// Whether a headline in it is a link to another page, or its first text of a headline's length
    /// is one, or the first thing in it is one and a link in it has that length.
    fn leads(self) -> bool {
        const BEGINS: u16 = Holds::FIRST_IS_LINKED | Holds::LONG_LINK;
        self.has(Self::LINKED_HEADING | Self::FIRST_LONG_IS_LINK) || self.0 & BEGINS == BEGINS
    }

    /// Adds a block of the node, of which there may be more before.
    fn add(&mut self, block: &Block) {
        let is_link = block.is_all_link();
        self.0 |= flag(block.is_heading() && is_link, Self::LINKED_HEADING)
            | flag(block.link_mass >= HEADLINE_MASS, Self::LONG_LINK);
        if block.mass >= HEADLINE_MASS && !self.has(Self::LONG) {
            self.0 |= Self::LONG | flag(is_link, Self::FIRST_LONG_IS_LINK);
        }
        if block.mass >= TEASER_MASS {
            self.0 &= !Self::LAST_IS_CUT;
            self.0 |= Self::TEASER | flag(text::is_cut_off(block.text), Self::LAST_IS_CUT);
        }
    }

    /// Adds what the next node below it is; whether any of it is new.
    fn see(&mut self, own: u16) -> bool {
        const OF_ALL: u16 = Holds::HEAD | Holds::STORY | Holds::ANY;
        let first = flag(!self.has(Self::ANY), own & Self::FIRST_IS_LINKED);
        let with = self.0 | own & OF_ALL | first;
        std::mem::replace(&mut self.0, with) != with
    }

    /// Adds what the texts of a child are, the last child first.
    fn add_below(&mut self, below: Self) {
        const OF_NODES: u16 = Holds::IN_LINK | Holds::ANY | Holds::FIRST_IS_LINKED;
        // What comes first in the child comes first in the whole.
        let replaced = flag(below.has(Self::LONG), Self::FIRST_LONG_IS_LINK);
        let mut added = below.0 & !OF_NODES;
        if self.has(Self::TEASER) {
            added &= !Self::LAST_IS_CUT;
        }
        self.0 = (self.0 & !replaced) | added;
    }
}

fn flag(is: bool, bit: u16) -> u16 {
    if is { bit } else { 0 }
}

fn leads_elsewhere(tree: &Tree, link: NodeId) -> bool {
    let href = tree.attr(link, Attr::Href).map(str::trim_start);
    href.is_some_and(|href| !href.is_empty() && !href.starts_with(['#', 'j', 'J', 'm']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};

    #[test]
    fn elements_have_what_is_below_them_and_the_first_of_it_tells_whether_they_begin_linked() {
        let html = "<div><p></p><ul><li><a href=/1>one</a> text</li><li>text <a href=/2>two</a></li></ul></div>
            <section><span><img></span><a href=/3>three</a><time></time></section>";
        let tree = parse(html, &Limits::default());
        let of_nodes = Holds::of_nodes(&tree);
        let bits = |tag: Tag| -> Vec<u16> {
            let nodes = tree.elements().filter(|&id| tree.is(id, tag));
            nodes.map(|id| of_nodes[id as usize].0).collect()
        };
        let linked = Holds::ANY | Holds::FIRST_IS_LINKED;
        assert_eq!(bits(Tag::P), [0]);
        assert_eq!(bits(Tag::Li), [linked, Holds::ANY]);
        assert_eq!(bits(Tag::Div), [linked]);
        assert_eq!(bits(Tag::A), [linked | Holds::IN_LINK; 3]);
        let picture = Holds::ANY | Holds::HEAD;
        assert_eq!(bits(Tag::Span), [picture]);
        assert_eq!(bits(Tag::Section), [picture | Holds::STORY]);
    }
}
