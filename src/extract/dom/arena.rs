//! The nodes of a tree under construction: in the order in which they are made, and linked once the parser
//! rearranges them.
//!
//! When parsing ends, [`Arena::into_tree`] lays them out in document order, which most pages are in
//! already. Links are u32 with [`NONE`] for none, and node 0 is the document.

use std::borrow::Cow;

use foldhash::HashMap;

use super::tokenizer::StartTag;
use super::{Attr, AttrSet, Cut, Kind, Limits, Node, NodeId, Span, Tag, Tree};
use crate::extract::text;

pub(super) const NONE: NodeId = NodeId::MAX;
pub(super) const DOCUMENT: NodeId = 0;

/// How many times the page's length the attributes of all copies may have, and what is free. The parser opens
/// unclosed formatting anew in each paragraph, so that a `<b>` with a class of a megabyte would be read, or
/// stored, as often as there are paragraphs.
pub(super) const COPIES_MAX: usize = 1;
pub(super) const COPIES_FREE_BYTES: usize = 1 << 16;

/// Bytes that are not in the page as they are, with which the rest of the page is left out: half of what a [`Span`]
/// counts, since the last token may bring as many again.
const OWN_BYTES_MAX: usize = 1 << 30;

/// How a node is linked to others, besides its parent.
#[derive(Debug, Clone, Copy)]
struct Links {
    first: NodeId,
    last: NodeId,
    before: NodeId,
    after: NodeId,
}

impl Links {
    const NONE: Self = Self {
        first: NONE,
        last: NONE,
        before: NONE,
        after: NONE,
    };
}

/// The attributes of an element, which others that are copies of it share.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attrs {
    range: Span,
    set: AttrSet,
}

/// The nodes of a tree under construction.
#[derive(Debug)]
pub(super) struct Arena<'p> {
    limits: Limits,
    /// The page as its tokens are ranges of it.
    page: &'p str,
    /// As they will be in the tree, but for where they end.
    nodes: Vec<Node>,
    /// How they are linked: nothing while each is the last one of its parent when it is made, so that they are in
    /// order as they are.
    links: Vec<Links>,
    /// Those of them that are elements.
    elements: Vec<NodeId>,
    attrs: Vec<(Attr, Span)>,
    /// What is not in the page as it is.
    own: String,
    /// Bytes of values that copies of elements may still share.
    copies_room: usize,
    /// What templates hold is no part of the tree.
    template_contents: HashMap<NodeId, NodeId>,
    pub(super) cut: Cut,
}

impl<'p> Arena<'p> {
    pub(super) fn new(limits: Limits, page: &'p str) -> Self {
        // As much as nearly all pages have, so that nothing need be moved: what is not used costs nothing.
        let nodes = (page.len() / 32).min(limits.nodes as usize);
        let mut arena = Self {
            limits,
            page,
            nodes: Vec::with_capacity(nodes),
            links: Vec::new(),
            elements: Vec::with_capacity(nodes),
            attrs: Vec::with_capacity(page.len() / 32),
            own: String::new(),
            copies_room: COPIES_MAX * page.len() + COPIES_FREE_BYTES,
            template_contents: HashMap::default(),
            cut: Cut::default(),
        };
        arena.create(Kind::Document, AttrSet::default());
        arena
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether the rest of the page must be left out.
    pub(super) fn is_full(&self) -> bool {
        self.nodes.len() >= self.limits.nodes as usize || self.own.len() >= OWN_BYTES_MAX
    }

    /// How deep a node is; one that was moved with what it is in may be deeper by now.
    pub(super) fn depth(&self, id: NodeId) -> u16 {
        self.nodes[id as usize].depth
    }

    pub(super) fn has_parent(&self, id: NodeId) -> bool {
        self.nodes[id as usize].parent != NONE
    }

    #[inline]
    fn create(&mut self, kind: Kind, attrs: AttrSet) -> NodeId {
        self.push(Node {
            parent: NONE,
            end: NONE,
            kind,
            depth: 0,
            is_blank: false,
            attrs,
        })
    }

    fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NONE - 1);
        self.nodes.push(node);
        if self.are_linked() {
            self.links.push(Links::NONE);
        }
        id
    }

    pub(super) fn create_element(&mut self, tag: Tag, attrs: Attrs) -> NodeId {
        let id = self.create(Kind::Element(tag, attrs.range), attrs.set);
        self.elements.push(id);
        id
    }

    /// A text below a node, but not yet among what is in that.
    fn create_text(&mut self, parent: NodeId, text: &str) -> NodeId {
        let span = self.store(text);
        self.push(Node {
            parent,
            end: NONE,
            kind: Kind::Text(span),
            depth: self.depth_below(parent),
            is_blank: text::is_blank(text),
            attrs: AttrSet::default(),
        })
    }

    /// The attributes of an element.
    pub(super) fn attrs_of(&self, id: NodeId) -> Attrs {
        let node = &self.nodes[id as usize];
        match node.kind {
            Kind::Element(_, range) => Attrs {
                range,
                set: node.attrs,
            },
            Kind::Document | Kind::Text(_) => Attrs::default(),
        }
    }

    fn set_attrs(&mut self, id: NodeId, attrs: Attrs) {
        let node = &mut self.nodes[id as usize];
        if let Kind::Element(_, range) = &mut node.kind {
            (*range, node.attrs) = (attrs.range, attrs.set);
        }
    }

    /// Gives a copy of an element those of the element, while there is room.
    pub(super) fn share_attrs(&mut self, id: NodeId, attrs: Attrs) {
        let range = attrs.range.start as usize..attrs.range.end as usize;
        let values = &self.attrs[range];
        let bytes: usize = values
            .iter()
            .map(|(_, span)| (span.end - span.start) as usize + 1)
            .sum();
        let left = self.copies_room.checked_sub(bytes);
        self.copies_room = left.unwrap_or(0);
        if left.is_some() {
            self.set_attrs(id, attrs);
        }
    }

    /// A node that holds what is no part of the tree.
    pub(super) fn create_template_contents(&mut self, template: NodeId) {
        let contents = self.create(Kind::Document, AttrSet::default());
        self.template_contents.insert(template, contents);
    }

    /// What stands for an element where nodes are put into it: its contents where it is a template.
    pub(super) fn contents(&mut self, id: NodeId) -> NodeId {
        let Some(&contents) = self.template_contents.get(&id) else {
            return id;
        };
        // Outside the tree, but as deep on the parser's stack.
        self.nodes[contents as usize].depth = self.nodes[id as usize].depth;
        contents
    }

    /// Where a text stands: most are a part of the page.
    fn store(&mut self, text: &str) -> Span {
        let place = self.place_in_page(text);
        place.unwrap_or_else(|| self.store_own(text))
    }

    fn place_in_page(&self, text: &str) -> Option<Span> {
        let from = text.as_ptr().addr().wrapping_sub(self.page.as_ptr().addr());
        (from < self.page.len()).then(|| Span::in_page(from, from + text.len()))
    }

    fn store_own(&mut self, text: &str) -> Span {
        let start = self.own.len();
        self.own.push_str(text);
        Span::in_own(start, self.own.len())
    }

    /// Keeps the attributes of a tag; in SVG and `MathML` some have other names.
    #[inline]
    pub(super) fn keep_attrs(&mut self, tag: &StartTag, is_foreign: bool) -> Attrs {
        let start = span_index(self.attrs.len());
        let set = self.store_attrs(tag, is_foreign);
        let end = span_index(self.attrs.len());
        let range = Span { start, end };
        Attrs { range, set }
    }

    /// Adds the attributes of a tag to all others; which they are.
    #[inline]
    fn store_attrs(&mut self, tag: &StartTag, is_foreign: bool) -> AttrSet {
        let mut set = AttrSet::default();
        let most = self.limits.value_bytes;
        for (name, value) in tag.kept(is_foreign) {
            let span = match value.place() {
                Some(place) if place.len() <= most => Span::in_page(place.start, place.end),
                _ => {
                    let text = value.text();
                    let kept = text.floor_char_boundary(most);
                    self.store(text.get(..kept).unwrap_or_default())
                }
            };
            self.attrs.push((name, span));
            set.add(name);
        }
        set
    }

    /// Adds those attributes of a second start tag that an element lacks.
    pub(super) fn add_attrs_if_missing(&mut self, id: NodeId, tag: &StartTag) {
        let node = self.nodes[id as usize];
        let Kind::Element(name, old) = node.kind else {
            return;
        };
        let start = self.attrs.len();
        self.store_attrs(tag, false);
        let new = self.attrs.split_off(start);
        let missing = new
            .into_iter()
            .filter(|(name, _)| !node.attrs.meets(AttrSet::of(&[*name])));
        let missing: Vec<(Attr, Span)> = missing.collect();
        let mut merged = self.attrs[old.start as usize..old.end as usize].to_vec();
        if missing.is_empty() || merged.len() + missing.len() > usize::from(self.limits.attributes)
        {
            return;
        }
        merged.extend(missing);
        let range = Span {
            start: span_index(start),
            end: span_index(start + merged.len()),
        };
        let node = &mut self.nodes[id as usize];
        node.kind = Kind::Element(name, range);
        for (name, _) in &merged {
            node.attrs.add(*name);
        }
        self.attrs.extend(merged);
    }

    fn are_linked(&self) -> bool {
        !self.links.is_empty()
    }

    /// Links the nodes, all of which stand below their parents in the order in which they were made.
    fn link(&mut self) {
        if self.are_linked() {
            return;
        }
        self.links = vec![Links::NONE; self.nodes.len()];
        for id in self.ids().skip(1) {
            let parent = self.nodes[id as usize].parent;
            if parent != NONE {
                self.link_last(parent, id);
            }
        }
    }

    /// Makes a node the last one of another.
    fn link_last(&mut self, parent: NodeId, id: NodeId) {
        let above = &mut self.links[parent as usize];
        let last = std::mem::replace(&mut above.last, id);
        match last {
            NONE => above.first = id,
            _ => self.links[last as usize].after = id,
        }
        self.links[id as usize].before = last;
    }

    pub(super) fn detach(&mut self, id: NodeId) {
        self.link();
        let parent = self.nodes[id as usize].parent;
        let Links { before, after, .. } = self.links[id as usize];
        if parent == NONE {
            return;
        }
        match before {
            NONE => self.links[parent as usize].first = after,
            _ => self.links[before as usize].after = after,
        }
        match after {
            NONE => self.links[parent as usize].last = before,
            _ => self.links[after as usize].before = before,
        }
        self.nodes[id as usize].parent = NONE;
        let links = &mut self.links[id as usize];
        (links.before, links.after) = (NONE, NONE);
    }

    /// Puts a node, which has no parent, at the end of another.
    #[inline]
    pub(super) fn append(&mut self, parent: NodeId, id: NodeId) {
        let is_newest = id + 1 == self.ids().end;
        if self.are_linked() || !is_newest {
            self.link();
            self.link_last(parent, id);
        }
        self.put_below(parent, id);
    }

    /// Puts a node, which has no parent, before one that has.
    pub(super) fn insert_before(&mut self, sibling: NodeId, id: NodeId) {
        self.link();
        let parent = self.nodes[sibling as usize].parent;
        let before = std::mem::replace(&mut self.links[sibling as usize].before, id);
        let links = &mut self.links[id as usize];
        (links.before, links.after) = (before, sibling);
        match before {
            NONE => self.links[parent as usize].first = id,
            _ => self.links[before as usize].after = id,
        }
        self.put_below(parent, id);
    }

    fn depth_below(&self, parent: NodeId) -> u16 {
        self.nodes[parent as usize].depth.saturating_add(1)
    }

    fn put_below(&mut self, parent: NodeId, id: NodeId) {
        let depth = self.depth_below(parent);
        let node = &mut self.nodes[id as usize];
        (node.parent, node.depth) = (parent, depth);
    }

    /// Moves all that is in one node to the end of another.
    pub(super) fn move_children(&mut self, from: NodeId, to: NodeId) {
        self.link();
        loop {
            let first = self.links[from as usize].first;
            if first == NONE {
                return;
            }
            self.detach(first);
            self.append(to, first);
        }
    }

    /// Text for a reader, or JSON-LD; scripts and styles are not worth their memory.
    fn keeps_text_of(&self, parent: NodeId) -> bool {
        match self.nodes[parent as usize].kind {
            Kind::Element(Tag::Style, _) => false,
            Kind::Element(Tag::Script, range) => self.limits.scripts || self.is_json(range),
            _ => true,
        }
    }

    fn is_json(&self, range: Span) -> bool {
        const JSON: &[u8] = b"application/ld+json";
        let attrs = &self.attrs[range.start as usize..range.end as usize];
        let kind = attrs.iter().find(|(name, _)| *name == Attr::Type);
        let kind = kind.map(|(_, span)| span.of(self.page, &self.own));
        let head = kind.and_then(|kind| kind.trim().as_bytes().get(..JSON.len()));
        head.is_some_and(|head| head.eq_ignore_ascii_case(JSON))
    }

    /// Adds text at the end of `parent`: to the text that stands there, unless that would be copied again, else as a
    /// new node.
    pub(super) fn append_text(&mut self, parent: NodeId, text: &str) {
        if !self.keeps_text_of(parent) {
            return;
        }
        let last = self.last_of(parent);
        if last == NONE || !self.extend_text(last, text) {
            let id = self.create_text(parent, text);
            if self.are_linked() {
                self.link_last(parent, id);
            }
        }
    }

    /// The last node in another, as far as text may go on in it. Where nothing is linked that is the newest; white
    /// space behind a `</head>` with a script after it is parted so.
    fn last_of(&self, parent: NodeId) -> NodeId {
        if self.are_linked() {
            return self.links[parent as usize].last;
        }
        let newest = self.ids().end - 1;
        let is_in = self.nodes[newest as usize].parent == parent;
        if is_in { newest } else { NONE }
    }

    fn extend_text(&mut self, id: NodeId, text: &str) -> bool {
        let Kind::Text(span) = self.nodes[id as usize].kind else {
            return false;
        };
        let Some(longer) = self.longer(span, text) else {
            return false;
        };
        let node = &mut self.nodes[id as usize];
        node.kind = Kind::Text(longer);
        node.is_blank = node.is_blank && text::is_blank(text);
        true
    }

    /// Where a text stands with another after it; none where that would have to be copied once more.
    fn longer(&mut self, span: Span, text: &str) -> Option<Span> {
        if span.is_own() && span.end != Span::in_own(0, self.own.len()).end {
            return None;
        }
        let start = if span.is_own() {
            span.start
        } else {
            self.store_own(span.of(self.page, "")).start
        };
        let end = self.store_own(text).end;
        Some(Span { start, end })
    }

    pub(super) fn text_before(&mut self, sibling: NodeId, text: &str) {
        self.link();
        let parent = self.nodes[sibling as usize].parent;
        let id = self.create_text(parent, text);
        self.insert_before(sibling, id);
    }

    /// The finished tree, still without its page, and which node under construction each of its nodes was, unless all
    /// are where they were made. Nodes that were left without a parent are not in it.
    pub(super) fn into_tree<'t>(mut self) -> (Tree<'t>, Option<Vec<NodeId>>) {
        let built = (!self.are_in_order()).then(|| self.put_in_order());
        let tree = Tree {
            names: std::cell::OnceCell::new(),
            elements: self.elements,
            nodes: self.nodes,
            attrs: self.attrs,
            page: Cow::default(),
            own: self.own,
            cut: self.cut,
        };
        (tree, built)
    }

    fn ids(&self) -> std::ops::Range<NodeId> {
        0..span_index(self.nodes.len())
    }

    /// Says where the nodes end, if they were made in document order and none is to be put elsewhere, as on
    /// most pages.
    fn are_in_order(&mut self) -> bool {
        if self.are_linked() {
            return false;
        }
        let document = &mut self.nodes[DOCUMENT as usize];
        document.parent = DOCUMENT;
        let len = self.ids().end;
        for id in 1..len {
            let Node { parent, depth, .. } = self.nodes[id as usize];
            if depth > self.limits.depth || close(&mut self.nodes, id, parent).is_none() {
                return false;
            }
        }
        let is_closed = close(&mut self.nodes, len, DOCUMENT).is_some();
        self.nodes[DOCUMENT as usize].end = len;
        is_closed
    }

    /// The parser opens up to a few elements unasked (`<tbody>`, formatting that goes on after a
    /// `</p>`), so that the limit of the parser alone bounds its work, but not the depth: what is deeper
    /// is put beside its parent here.
    fn put_in_order(&mut self) -> Vec<NodeId> {
        self.link();
        let mut nodes: Vec<Node> = Vec::with_capacity(self.nodes.len());
        let mut built: Vec<NodeId> = Vec::with_capacity(self.nodes.len());
        // (old id, new id of the parent); a stack of siblings yet to come, not recursion.
        let mut to_do = vec![(DOCUMENT, DOCUMENT)];
        while let Some((old, parent)) = to_do.pop() {
            let (from, links) = (&self.nodes[old as usize], &self.links[old as usize]);
            let id = span_index(nodes.len());
            let above = nodes.get(parent as usize);
            let depth = above.map_or(0, |node| node.depth.saturating_add(1));
            nodes.push(Node {
                parent,
                end: id + 1,
                kind: from.kind,
                depth,
                is_blank: from.is_blank,
                attrs: from.attrs,
            });
            built.push(old);
            if links.after != NONE && old != DOCUMENT {
                to_do.push((links.after, parent));
            }
            if links.first != NONE {
                let too_deep = depth > self.limits.depth;
                self.cut.depth |= too_deep;
                to_do.push((links.first, if too_deep { parent } else { id }));
            }
        }
        for id in (1..nodes.len()).rev() {
            let Node { parent, end, .. } = nodes[id];
            let above = &mut nodes[parent as usize];
            above.end = above.end.max(end);
        }
        let is_element = |id: &NodeId| matches!(nodes[*id as usize].kind, Kind::Element(..));
        self.elements = (0..span_index(nodes.len())).filter(is_element).collect();
        self.nodes = nodes;
        built
    }

    /// The greatest depth of all nodes.
    #[cfg(test)]
    pub(super) fn depth_reached(&self) -> u16 {
        self.nodes.iter().map(|node| node.depth).max().unwrap_or(0)
    }
}

/// Ends at `end` those of the nodes, in document order, that the last one is in and that are below `parent`;
/// none if the last one is not in that.
fn close(nodes: &mut [Node], end: NodeId, parent: NodeId) -> Option<()> {
    let mut open = end.checked_sub(1)?;
    while open != parent {
        if open == DOCUMENT {
            return None;
        }
        let node = &mut nodes[open as usize];
        node.end = end;
        open = node.parent;
    }
    Some(())
}

/// Sizes are bounded by [`Arena::is_full`], so this never saturates.
fn span_index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
