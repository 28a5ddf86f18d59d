//! Text → [`Tree`]: the only room that names html5ever and scraper. Tokenizer and tree construction are our
//! own; html5ever's are the oracle of their tests.
//!
//! The tree is a compact arena in document order, after the measurements that found reference
//! counting and selectors to be what slows parsers down: a node is 32 bytes without pointers, the
//! subtree of node `n` is the range `n..end(n)`, so that every question about a subtree is a
//! linear sweep. Attributes that nobody asks for, comments, scripts and styles are not kept;
//! JSON-LD scripts are.
//!
//! Never: panic on any input, nest deeper than [`Limits::depth`], grow past [`Limits::nodes`].

mod arena;
mod element_names;
mod elements;
mod name_words;
mod names;
mod parse;
mod selectable;
mod svg;
mod tokenizer;
mod tree_construction;

pub use element_names::{NameId, ValueId};
pub use names::{Attr, AttrSet, Tag};
pub use parse::{parse, parse_selectable};
pub use selectable::{BadSelector, Selectable, Selector};

use std::borrow::Cow;
use std::cell::OnceCell;

use element_names::Names;

/// Bounds on what is built from one page. Pages are hostile input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Deepest nesting kept; deeper elements are flattened into their ancestor. Browsers stop at
    /// 512, and the standard's tree construction takes time quadratic in depth (servo/html5ever #788).
    pub depth: u16,
    /// Most nodes kept; the rest of the page is not read.
    pub nodes: u32,
    /// Most attributes kept of one element.
    pub attributes: u16,
    /// Longest attribute value kept, in bytes; the text of a page is as long as the page.
    pub value_bytes: usize,
    /// Whether the text of all scripts is kept, and not only that of JSON-LD.
    pub scripts: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 512,
            nodes: 1_000_000,
            attributes: 256,
            value_bytes: 1 << 20,
            scripts: false,
        }
    }
}

/// The index of a node in its [`Tree`]; 0 is the document.
pub type NodeId = u32;

/// A parsed page.
#[derive(Debug, Default)]
pub struct Tree<'p> {
    nodes: Vec<Node>,
    attrs: Vec<(Attr, Span)>,
    /// The page, with its line ends as they should be: most texts and values are parts of it.
    page: Cow<'p, str>,
    /// Those that are not: with character references or U+0000 in them, from tables, or parted by what is dropped.
    own: String,
    /// Those nodes that are elements: half of a page's nodes are texts, most of them blank.
    elements: Vec<NodeId>,
    /// Made when they are first asked for.
    names: OnceCell<Names>,
    /// What the limits cut.
    pub cut: Cut,
}

/// Which limits a page ran into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    /// Elements below [`Limits::depth`] were flattened.
    pub depth: bool,
    /// The page went on after [`Limits::nodes`].
    pub nodes: bool,
}

/// A range of some bytes of a tree, or of other things of which it has many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

/// Set in both ends of a range of a tree's own text, and in those of none of the page.
const OWN: u32 = 1 << 31;

impl Span {
    fn in_page(start: usize, end: usize) -> Self {
        let [start, end] = [start, end].map(|at| u32::try_from(at).unwrap_or(u32::MAX) & !OWN);
        Self { start, end }
    }

    fn in_own(start: usize, end: usize) -> Self {
        let Self { start, end } = Self::in_page(start, end);
        Self {
            start: start | OWN,
            end: end | OWN,
        }
    }

    fn is_own(self) -> bool {
        self.start & OWN != 0
    }

    /// The text, of a page and what is not in it.
    #[inline]
    fn of<'s>(self, page: &'s str, own: &'s str) -> &'s str {
        self.source(page, own).get(self.range()).unwrap_or_default()
    }

    /// Of the two the one that it is a range of.
    fn source<'s>(self, page: &'s str, own: &'s str) -> &'s str {
        if self.is_own() { own } else { page }
    }

    /// Where in its text it is.
    fn range(self) -> std::ops::Range<usize> {
        (self.start & !OWN) as usize..(self.end & !OWN) as usize
    }
}

#[derive(Debug, Clone, Copy)]
struct Node {
    parent: NodeId,
    end: NodeId,
    kind: Kind,
    depth: u16,
    /// Whether it is a text of white space alone, as most are.
    is_blank: bool,
    /// Which attributes it has: most questions about attributes are of elements that lack them.
    attrs: AttrSet,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Document,
    /// Name, and the range of its attributes.
    Element(Tag, Span),
    Text(Span),
}

impl Tree<'_> {
    /// The number of nodes, the document included.
    #[must_use]
    pub fn len(&self) -> u32 {
        // Bounded by `Limits::nodes`, itself a u32.
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// Whether the tree holds the document alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// All nodes in document order, the document first.
    #[must_use]
    pub fn ids(&self) -> std::ops::Range<NodeId> {
        0..self.len()
    }

    /// All elements in document order.
    pub fn elements(&self) -> impl DoubleEndedIterator<Item = NodeId> + '_ {
        self.elements.iter().copied()
    }

    /// The first id after the subtree of `id`.
    #[must_use]
    pub fn end(&self, id: NodeId) -> NodeId {
        self.node(id).end
    }

    /// The nodes below `id` in document order, without `id`.
    #[must_use]
    pub fn below(&self, id: NodeId) -> std::ops::Range<NodeId> {
        id + 1..self.end(id)
    }

    /// Whether `inner` is `outer` or below it.
    #[must_use]
    pub fn contains(&self, outer: NodeId, inner: NodeId) -> bool {
        (outer..self.end(outer)).contains(&inner)
    }

    /// The parent; the document is its own.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> NodeId {
        self.node(id).parent
    }

    /// The node's distance from the document.
    #[must_use]
    pub fn depth(&self, id: NodeId) -> u16 {
        self.node(id).depth
    }

    /// Those elements that are among some nodes, in document order.
    pub fn elements_in(&self, nodes: std::ops::Range<NodeId>) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.elements.partition_point(|&id| id < nodes.start);
        let elements = self.elements[first..].iter().copied();
        elements.take_while(move |&id| id < nodes.end)
    }

    /// `id`, its parent and so on up to, and without, the document.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(id), |&at| Some(self.parent(at))).take_while(|&at| at != 0)
    }

    /// The children of `id` in order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let last = self.end(id);
        let first = Some(id + 1).filter(|&child| child < last);
        std::iter::successors(first, move |&child| {
            Some(self.end(child)).filter(|&next| next < last)
        })
    }

    /// The element's name; none for text and the document.
    #[must_use]
    pub fn tag(&self, id: NodeId) -> Option<Tag> {
        match self.node(id).kind {
            Kind::Element(tag, _) => Some(tag),
            Kind::Document | Kind::Text(_) => None,
        }
    }

    /// Whether the node is an element of that name.
    #[must_use]
    pub fn is(&self, id: NodeId, tag: Tag) -> bool {
        self.tag(id) == Some(tag)
    }

    /// The text of a text node.
    #[must_use]
    pub fn text(&self, id: NodeId) -> Option<&str> {
        match self.node(id).kind {
            Kind::Text(span) => Some(self.slice(span)),
            Kind::Document | Kind::Element(..) => None,
        }
    }

    /// Whether the node is a text of white space alone.
    #[must_use]
    pub fn is_blank(&self, id: NodeId) -> bool {
        self.node(id).is_blank
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attr(&self, id: NodeId, name: Attr) -> Option<&str> {
        let at = self.attr_index(id, name)?;
        Some(self.slice(self.attrs[at].1))
    }

    /// Whether an element has one of some attributes.
    #[must_use]
    pub fn has_any(&self, id: NodeId, attrs: AttrSet) -> bool {
        self.node(id).attrs.meets(attrs)
    }

    /// The place of an attribute among those of the tree.
    fn attr_index(&self, id: NodeId, name: Attr) -> Option<usize> {
        let node = self.node(id);
        if !node.attrs.meets(AttrSet::of(&[name])) {
            return None;
        }
        let Kind::Element(_, range) = node.kind else {
            return None;
        };
        let attrs = &self.attrs[range.start as usize..range.end as usize];
        let at = attrs.iter().position(|(attr, _)| *attr == name)?;
        Some(range.start as usize + at)
    }

    /// All text below `id`, joined without separators.
    #[must_use]
    pub fn text_below(&self, id: NodeId) -> String {
        self.below(id).filter_map(|node| self.text(node)).collect()
    }

    /// The first element of that name at or below `id`.
    #[must_use]
    pub fn find(&self, id: NodeId, tag: Tag) -> Option<NodeId> {
        (id..self.end(id)).find(|&node| self.is(node, tag))
    }

    #[inline]
    fn slice(&self, span: Span) -> &str {
        span.of(&self.page, &self.own)
    }

    /// The same for what is only compared, which need not be whole characters.
    #[inline]
    fn bytes(&self, span: Span) -> &[u8] {
        let source = span.source(&self.page, &self.own).as_bytes();
        source.get(span.range()).unwrap_or_default()
    }
}
