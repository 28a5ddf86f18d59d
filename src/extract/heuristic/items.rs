//! Lists of like elements, each of which may lead elsewhere: teasers, products, posts, chapters.
//!
//! Like elements have the same name and class, and so do their parents, wherever on the page they
//! stand: a grid of cards is often parted into rows.

use foldhash::HashMap;

use super::Sums;
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::text;

/// Fewest like elements that make a list.
const ITEMS_MIN: u32 = 3;

/// The lists of a page.
#[derive(Debug)]
pub(crate) struct Items {
    pub(crate) signatures: Signatures,
    /// For each node the nearest item at or above it, preferring lists that lead elsewhere.
    nearest: Vec<Option<NodeId>>,
    list: Vec<u32>,
    lists: Vec<List>,
    leads: Vec<bool>,
    /// Whether the node is, or holds, an `<article>` or a `<time>`, or prose.
    is_story: Vec<bool>,
    /// Whether the node holds more prose than a teaser does, whatever the others of its list hold.
    is_post: Vec<bool>,
}

/// One element of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) node: NodeId,
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
        let len = tree.len() as usize;
        let mut items = Self {
            signatures: Signatures::new(tree),
            nearest: vec![None; len],
            list: vec![0; len],
            lists: vec![List::default()],
            leads: leads(tree, blocks),
            is_story: holding(tree, |tag| matches!(tag, Tag::Article | Tag::Time)),
            is_post: sums.prose.iter().map(|&prose| prose > POST_PROSE).collect(),
        };
        let headed = holding(tree, |tag| tag == Tag::Img || tag.heading_level().is_some());
        for (is_story, prose) in items.is_story.iter_mut().zip(&sums.prose) {
            *is_story |= *prose > 0;
        }
        items.gather(tree, sums, &cut_off(tree, blocks), &headed);
        items.sweep_down(tree);
        items
    }

    /// The list that the element is an item of.
    pub(crate) fn list_of(&self, id: NodeId) -> List {
        self.lists[self.list[id as usize] as usize]
    }

    pub(crate) fn around(&self, id: NodeId) -> Option<Item> {
        let node = self.nearest[id as usize]?;
        Some(Item {
            node,
            list: self.lists[self.list[node as usize] as usize],
            leads: self.leads[node as usize],
        })
    }

    fn gather(&mut self, tree: &Tree, sums: &Sums, cut_off: &[bool], headed: &[bool]) {
        let mut known: HashMap<u64, u32> = HashMap::default();
        for id in tree.ids().skip(1) {
            let at = id as usize;
            if sums.mass[at] == 0 || !tree.tag(id).is_some_and(can_be_item) {
                continue;
            }
            let fresh = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
            let list = *known
                .entry(self.signatures.of(tree, id, 0))
                .or_insert(fresh);
            if list == fresh {
                self.lists.push(List::default());
            }
            self.list[at] = list;
            let list = &mut self.lists[list as usize];
            list.count += 1;
            list.mass += sums.mass[at];
            list.prose += sums.prose[at];
            list.links += sums.links[at];
            list.headed += u32::from(headed[at]);
            list.leading += u32::from(self.leads[at]);
            list.cut_off += u32::from(cut_off[at]);
        }
    }

    fn sweep_down(&mut self, tree: &Tree) {
        for id in tree.ids().skip(1) {
            let at = id as usize;
            let above = self.nearest[tree.parent(id) as usize];
            let own = self.lists[self.list[at] as usize];
            let above_leads =
                above.is_some_and(|id| self.lists[self.list[id as usize] as usize].leads());
            let is_nearer = own.is_one() && (own.leads() || !above_leads);
            self.nearest[at] = if is_nearer { Some(id) } else { above };
        }
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
    /// For each node the outermost one that it is, or is in.
    pub(crate) around: Vec<Option<NodeId>>,
}

impl Items {
    /// All teasers, nested ones once.
    pub(crate) fn teasers(&self, tree: &Tree) -> Teasers {
        let mut teasers = Teasers {
            count: 0,
            around: vec![None; tree.len() as usize],
        };
        for id in tree.ids().skip(1) {
            let at = id as usize;
            let list = self.list_of(id);
            let of_teasers = list.leads() && list.prose <= TEASER_PROSE_MAX * list.count;
            let own = of_teasers && self.leads[at] && !self.is_post[at];
            let above = teasers.around[tree.parent(id) as usize];
            teasers.count += u32::from(own && above.is_none() && self.is_story[at]);
            teasers.around[at] = above.or(own.then_some(id));
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
    /// For each node a hash of its name and class, without the numbers that often count up in it.
    own: Vec<u64>,
}

impl Signatures {
    fn new(tree: &Tree) -> Self {
        let of_names: Vec<u64> = tree
            .names()
            .map(|name| hash_without_digits(tree.name(name)))
            .collect();
        let of_value = |value| {
            let names = tree.names_in(value).iter();
            names.fold(0, |hash, &name| mixed(hash, of_names[name as usize]))
        };
        let of_values: Vec<u64> = tree.values().map(of_value).collect();
        let own = |id| {
            let tag = tree.tag(id).map_or(0, |tag| tag as u64 + 1);
            let class = tree.class_value(id);
            mixed(tag, class.map_or(0, |value| of_values[value as usize]))
        };
        Self {
            own: tree.ids().map(own).collect(),
        }
    }

    /// A hash of the signature, another one for each `kind` of question.
    pub(crate) fn of(&self, tree: &Tree, id: NodeId, kind: u8) -> u64 {
        let with_own = mixed(u64::from(kind), self.own[id as usize]);
        mixed(with_own, self.own[tree.parent(id) as usize])
    }
}

/// Takes one more number into a hash; an odd constant without a pattern, here 2^64 / φ, spreads it.
fn mixed(hash: u64, next: u64) -> u64 {
    (hash.rotate_left(23) ^ next).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn hash_without_digits(name: &str) -> u64 {
    let bytes = name.bytes().filter(|byte| !byte.is_ascii_digit());
    bytes.fold(0, |hash, byte| mixed(hash, u64::from(byte)))
}

/// Fewest letters of a link that reads as a headline, and not as a name or a number.
const HEADLINE_MASS: u32 = 20;

/// For each node whether a headline in it is a link to another page, or its first text of a
/// headline's length is one, or the first thing in it is one and a link in it has that length.
fn leads(tree: &Tree, blocks: &[Block]) -> Vec<bool> {
    let len = tree.len() as usize;
    let mut in_link = vec![false; len];
    let mut first_is_link = vec![None; len];
    let mut leads = vec![false; len];
    let mut has_headline = vec![false; len];
    let mut first_long = vec![None; len];
    for id in tree.ids().skip(1) {
        in_link[id as usize] = in_link[tree.parent(id) as usize] || leads_elsewhere(tree, id);
    }
    for block in blocks {
        leads[block.node as usize] |= block.is_heading() && block.is_all_link();
        has_headline[block.node as usize] |= block.link_mass >= HEADLINE_MASS;
        if block.mass >= HEADLINE_MASS {
            first_long[block.node as usize].get_or_insert(block.is_all_link());
        }
    }
    for id in tree.ids().skip(1).rev() {
        let (at, above) = (id as usize, tree.parent(id) as usize);
        let is_content =
            tree.is(id, Tag::Img) || tree.text(id).is_some_and(|text| !text.trim().is_empty());
        if is_content {
            first_is_link[at] = Some(in_link[at]);
        }
        first_is_link[above] = first_is_link[at].or(first_is_link[above]);
        leads[above] |= leads[at];
        has_headline[above] |= has_headline[at];
        first_long[above] = first_long[at].or(first_long[above]);
    }
    let begins = first_is_link.iter().zip(has_headline).zip(first_long);
    for (leads, ((first, has_headline), first_long)) in leads.iter_mut().zip(begins) {
        *leads |= (*first == Some(true) && has_headline) || first_long == Some(true);
    }
    leads
}

fn leads_elsewhere(tree: &Tree, id: NodeId) -> bool {
    let href = || tree.attr(id, Attr::Href).map(str::trim_start);
    tree.is(id, Tag::A)
        && href().is_some_and(|href| !href.is_empty() && !href.starts_with(['#', 'j', 'J', 'm']))
}

/// For each node whether it is, or holds, such an element.
fn holding(tree: &Tree, is: fn(Tag) -> bool) -> Vec<bool> {
    let mut holds: Vec<bool> = tree.ids().map(|id| tree.tag(id).is_some_and(is)).collect();
    for id in tree.ids().skip(1).rev() {
        holds[tree.parent(id) as usize] |= holds[id as usize];
    }
    holds
}

/// Fewest letters of a text that a machine cuts off; a button below it has fewer.
const TEASER_MASS: u32 = 40;

/// For each node whether the last text in it ends where a machine cut it off.
fn cut_off(tree: &Tree, blocks: &[Block]) -> Vec<bool> {
    let mut last: Vec<Option<bool>> = vec![None; tree.len() as usize];
    for block in blocks {
        if block.mass >= TEASER_MASS {
            last[block.node as usize] = Some(text::is_cut_off(&block.text));
        }
    }
    for id in tree.ids().skip(1).rev() {
        let (at, above) = (id as usize, tree.parent(id) as usize);
        last[above] = last[above].or(last[at]);
    }
    last.into_iter().map(|is| is == Some(true)).collect()
}
