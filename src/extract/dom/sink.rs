//! html5ever's tree builder writes here: a linked arena that the parser may rearrange at will.
//!
//! When parsing ends, [`Builder::into_tree`] lays it out anew in document order. Links are u32
//! with [`NONE`] for none, and node 0 is the document.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, ExpandedName, LocalName, Namespace, QualName};

use super::known::{AtomHasher, KNOWN, Known, NameId, tag_of};
use super::selectable::{Kept, Selectable};
use super::{Attr, AttrSet, Cut, Kind, Limits, Node, NodeId, Span, Tag, Tree};

const NONE: NodeId = NodeId::MAX;

const DOCUMENT: Handle = Handle { id: 0, name: NONE };

/// How many times the page's length all text kept may have, and what is free. The parser opens
/// unclosed formatting anew in each paragraph, with a copy of its attributes, so that a `<b>` with
/// a class of a megabyte would be stored as often as there are paragraphs.
const COPIES_MAX: usize = 4;
const COPIES_FREE_BYTES: usize = 1 << 16;

/// A node as the parser holds it: with its name, which it asks for more often than for all else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handle {
    id: NodeId,
    /// [`NONE`] for what is no element.
    name: NameId,
}

#[derive(Debug)]
struct Linked {
    parent: NodeId,
    first: NodeId,
    last: NodeId,
    before: NodeId,
    after: NodeId,
    kind: Kind,
    depth: u16,
}

/// The tree under construction.
pub(super) struct Builder {
    limits: Limits,
    /// Bytes of text from which on attributes are dropped.
    attrs_until: usize,
    nodes: RefCell<Vec<Linked>>,
    attrs: RefCell<Vec<(Attr, Span)>>,
    text: RefCell<String>,
    known: &'static Known,
    names: RefCell<Names>,
    template_contents: RefCell<HashMap<NodeId, NodeId>>,
    /// What else selectors ask for, when any are to be asked.
    kept: Option<RefCell<Kept>>,
    cut: Cell<Cut>,
    /// The element whose name the parser asked last.
    named: Cell<Handle>,
}

/// The element names of a page that are not [`KNOWN`].
#[derive(Default)]
struct Names {
    ids: HashMap<QualName, NameId, BuildHasherDefault<AtomHasher>>,
    list: Vec<(QualName, Tag)>,
}

/// An element's name, lent to html5ever.
#[derive(Debug)]
pub(super) enum Name {
    Known(&'static QualName),
    // A clone, since a `RefCell` cannot lend its inside.
    Own(QualName),
}

impl Name {
    fn get(&self) -> &QualName {
        match self {
            Self::Known(name) => name,
            Self::Own(name) => name,
        }
    }
}

impl html5ever::interface::ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.get().ns
    }

    fn local_name(&self) -> &LocalName {
        &self.get().local
    }

    fn expanded(&self) -> ExpandedName<'_> {
        self.get().expanded()
    }
}

impl Builder {
    pub(super) fn new(limits: Limits, page_bytes: usize) -> Self {
        let builder = Self {
            limits,
            attrs_until: COPIES_MAX * page_bytes + COPIES_FREE_BYTES,
            nodes: RefCell::new(Vec::with_capacity(page_bytes / 32)),
            attrs: RefCell::default(),
            text: RefCell::new(String::with_capacity(page_bytes / 2)),
            known: &KNOWN,
            names: RefCell::default(),
            template_contents: RefCell::default(),
            kept: None,
            cut: Cell::default(),
            named: Cell::new(DOCUMENT),
        };
        builder.create(Kind::Document);
        builder
    }

    /// One that keeps all names and attributes, for [`Self::into_selectable`].
    pub(super) fn keeping_all(limits: Limits, page_bytes: usize) -> Self {
        let builder = Self::new(limits, page_bytes);
        let kept = Kept::new(builder.attrs_until);
        Self {
            kept: Some(RefCell::new(kept)),
            ..builder
        }
    }

    /// The element whose name the parser asked last.
    pub(super) fn named(&self) -> Handle {
        self.named.get()
    }

    /// How deep an element is; one that was moved with what it is in may be deeper by now.
    pub(super) fn depth(&self, element: Handle) -> u16 {
        self.nodes.borrow()[element.id as usize].depth
    }

    /// Says in [`Cut`] that elements nested too deep.
    pub(super) fn note_depth(&self) {
        self.note(|cut| cut.depth = true);
    }

    /// An element's name without its namespace.
    pub(super) fn local_name(&self, element: Handle) -> LocalName {
        self.name(element).get().local.clone()
    }

    fn name(&self, element: Handle) -> Name {
        let index = element.name as usize;
        match self.known.elements.get(index) {
            Some((name, _)) => Name::Known(name),
            None => Name::Own(
                self.names.borrow().list[index - self.known.elements.len()]
                    .0
                    .clone(),
            ),
        }
    }

    /// Whether the rest of the page must be left out, and says so in [`Cut`].
    pub(super) fn is_full(&self) -> bool {
        let full = self.nodes.borrow().len() >= self.limits.nodes as usize
            || self.text.borrow().len() >= (u32::MAX / 2) as usize;
        if full {
            self.note(|cut| cut.nodes = true);
        }
        full
    }

    fn note(&self, set: impl FnOnce(&mut Cut)) {
        let mut cut = self.cut.get();
        set(&mut cut);
        self.cut.set(cut);
    }

    fn create(&self, kind: Kind) -> NodeId {
        let mut nodes = self.nodes.borrow_mut();
        let id = NodeId::try_from(nodes.len()).unwrap_or(NONE - 1);
        nodes.push(Linked {
            parent: NONE,
            first: NONE,
            last: NONE,
            before: NONE,
            after: NONE,
            kind,
            depth: 0,
        });
        id
    }

    fn store(&self, text: &str) -> Span {
        let mut all = self.text.borrow_mut();
        let start = span_index(all.len());
        all.push_str(text);
        Span {
            start,
            end: span_index(all.len()),
        }
    }

    fn store_attrs(&self, attrs: &[Attribute]) -> Span {
        let start = span_index(self.attrs.borrow().len());
        let has_room = self.text.borrow().len() < self.attrs_until;
        let most = usize::from(self.limits.attributes);
        let kept = attrs.iter().take(if has_room { most } else { 0 });
        for attr in kept {
            let name = Attr::from_name(&attr.name.local);
            if name != Attr::Other {
                let kept = attr.value.floor_char_boundary(self.limits.value_bytes);
                let span = self.store(attr.value.get(..kept).unwrap_or_default());
                self.attrs.borrow_mut().push((name, span));
            }
        }
        Span {
            start,
            end: span_index(self.attrs.borrow().len()),
        }
    }

    fn intern(&self, name: &QualName) -> (NameId, Tag) {
        if let Some(id) = self.known.id(name) {
            return (id, self.known.elements[id as usize].1);
        }
        let mut names = self.names.borrow_mut();
        let known = self.known.elements.len();
        if let Some(&id) = names.ids.get(name) {
            return (id, names.list[id as usize - known].1);
        }
        let tag = tag_of(name);
        let id = span_index(known + names.list.len());
        names.ids.insert(name.clone(), id);
        names.list.push((name.clone(), tag));
        (id, tag)
    }

    fn detach(&self, id: NodeId) {
        let mut nodes = self.nodes.borrow_mut();
        let Linked {
            parent,
            before,
            after,
            ..
        } = nodes[id as usize];
        if parent == NONE {
            return;
        }
        match before {
            NONE => nodes[parent as usize].first = after,
            _ => nodes[before as usize].after = after,
        }
        match after {
            NONE => nodes[parent as usize].last = before,
            _ => nodes[after as usize].before = before,
        }
        let node = &mut nodes[id as usize];
        (node.parent, node.before, node.after) = (NONE, NONE, NONE);
    }

    fn attach_last(&self, parent: NodeId, id: NodeId) {
        self.detach(id);
        let mut nodes = self.nodes.borrow_mut();
        let above = &mut nodes[parent as usize];
        let (last, depth) = (above.last, above.depth);
        above.last = id;
        match last {
            NONE => above.first = id,
            _ => nodes[last as usize].after = id,
        }
        let node = &mut nodes[id as usize];
        (node.parent, node.before) = (parent, last);
        node.depth = depth.saturating_add(1);
    }

    fn attach_before(&self, sibling: NodeId, id: NodeId) {
        self.detach(id);
        let mut nodes = self.nodes.borrow_mut();
        let Linked { parent, before, .. } = nodes[sibling as usize];
        if parent == NONE {
            return;
        }
        let node = &mut nodes[id as usize];
        (node.parent, node.before, node.after) = (parent, before, sibling);
        nodes[sibling as usize].before = id;
        match before {
            NONE => nodes[parent as usize].first = id,
            _ => nodes[before as usize].after = id,
        }
        nodes[id as usize].depth = nodes[parent as usize].depth.saturating_add(1);
    }

    /// Text for a reader, or JSON-LD; scripts and styles are not worth their memory.
    fn keeps_text_of(&self, parent: NodeId) -> bool {
        let nodes = self.nodes.borrow();
        match nodes[parent as usize].kind {
            Kind::Element(Tag::Style, _) => false,
            Kind::Element(Tag::Script, range) => self.limits.scripts || self.is_json(range),
            _ => true,
        }
    }

    fn is_json(&self, range: Span) -> bool {
        let attrs = self.attrs.borrow();
        let text = self.text.borrow();
        attrs[range.start as usize..range.end as usize]
            .iter()
            .any(|&(name, span)| {
                name == Attr::Type
                    && text
                        .get(span.start as usize..span.end as usize)
                        .is_some_and(|value| {
                            value
                                .trim()
                                .to_ascii_lowercase()
                                .starts_with("application/ld+json")
                        })
            })
    }

    /// Adds text at the end of `parent` when that is where the buffer stands, else as a new node.
    fn append_text(&self, parent: NodeId, text: &str) {
        if !self.keeps_text_of(parent) {
            return;
        }
        let last = self.nodes.borrow()[parent as usize].last;
        if last != NONE && self.extend_text(last, text) {
            return;
        }
        let id = self.create(Kind::Text(self.store(text)));
        self.attach_last(parent, id);
    }

    fn extend_text(&self, id: NodeId, text: &str) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let mut all = self.text.borrow_mut();
        match &mut nodes[id as usize].kind {
            Kind::Text(span)
                if span.end as usize == all.len() && all.len() < (u32::MAX / 2) as usize =>
            {
                all.push_str(text);
                span.end = span_index(all.len());
                true
            }
            _ => false,
        }
    }

    fn create_nothing(&self) -> Handle {
        Handle {
            id: self.create(Kind::Nothing),
            name: NONE,
        }
    }

    fn is_nothing(&self, id: NodeId) -> bool {
        self.nodes.borrow()[id as usize].kind == Kind::Nothing
    }

    fn text_before(&self, sibling: NodeId, text: &str) {
        let id = self.create(Kind::Text(self.store(text)));
        self.attach_before(sibling, id);
    }

    /// The finished tree, in document order. Nodes that were left without a parent are not in it.
    ///
    /// The parser opens up to a few elements unasked (`<tbody>`, formatting that goes on after a
    /// `</p>`), so that the limit of the parser alone bounds its work, but not the depth: what is deeper
    /// is put beside its parent here.
    pub(super) fn into_tree(self) -> Tree {
        self.lay_out().0
    }

    /// The finished tree, and what selectors can be asked of.
    pub(super) fn into_selectable(mut self) -> (Tree, Selectable) {
        let kept = self.kept.take().map(RefCell::into_inner);
        let (tree, built) = self.lay_out();
        let selectable = kept.unwrap_or_else(|| Kept::new(0)).lay_out(&tree, &built);
        (tree, selectable)
    }

    /// The finished tree, and which node under construction each of its nodes was.
    fn lay_out(self) -> (Tree, Vec<NodeId>) {
        let linked = self.nodes.into_inner();
        let attrs = self.attrs.into_inner();
        let mut cut = self.cut.get();
        let mut nodes: Vec<Node> = Vec::with_capacity(linked.len());
        let mut built: Vec<NodeId> = Vec::with_capacity(linked.len());
        // (old id, new id of the parent); a stack of siblings yet to come, not recursion.
        let mut to_do = vec![(0, 0)];
        while let Some((old, parent)) = to_do.pop() {
            let from = &linked[old as usize];
            let id = span_index(nodes.len());
            let depth = nodes
                .get(parent as usize)
                .map_or(0, |node| node.depth.saturating_add(1));
            nodes.push(Node {
                parent,
                end: id + 1,
                kind: from.kind,
                depth,
                attrs: from.kind.attrs(&attrs),
            });
            built.push(old);
            if from.after != NONE && old != 0 {
                to_do.push((from.after, parent));
            }
            if from.first != NONE {
                let too_deep = depth > self.limits.depth;
                cut.depth |= too_deep;
                to_do.push((from.first, if too_deep { parent } else { id }));
            }
        }
        for id in (1..nodes.len()).rev() {
            let Node { parent, end, .. } = nodes[id];
            let above = &mut nodes[parent as usize];
            above.end = above.end.max(end);
        }
        let tree = Tree {
            names: std::cell::OnceCell::new(),
            nodes,
            attrs,
            text: self.text.into_inner(),
            cut,
        };
        (tree, built)
    }
}

impl Kind {
    fn attrs(self, all: &[(Attr, Span)]) -> AttrSet {
        let mut set = AttrSet::default();
        if let Self::Element(_, range) = self {
            let own = &all[range.start as usize..range.end as usize];
            for &(attr, _) in own {
                set.add(attr);
            }
        }
        set
    }
}

/// Sizes are bounded by [`Builder::is_full`], so this never saturates.
fn span_index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl TreeSink for Builder {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = Name;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        DOCUMENT
    }

    #[inline]
    fn elem_name<'a>(&'a self, target: &'a Handle) -> Name {
        self.named.set(*target);
        self.name(*target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Handle {
        let (interned, tag) = self.intern(&name);
        let range = self.store_attrs(&attrs);
        let id = self.create(Kind::Element(tag, range));
        if let Some(kept) = &self.kept {
            let most = usize::from(self.limits.attributes);
            kept.borrow_mut().add(id, &name, &attrs, most);
        }
        if flags.template {
            // A fragment outside the tree: nothing in a template is shown.
            let contents = self.create(Kind::Document);
            self.template_contents.borrow_mut().insert(id, contents);
        }
        let name = interned;
        Handle { id, name }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.create_nothing()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.create_nothing()
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        match child {
            NodeOrText::AppendNode(Handle { id, .. }) if self.is_nothing(id) => {}
            NodeOrText::AppendNode(Handle { id, .. }) => self.attach_last(parent.id, id),
            NodeOrText::AppendText(text) => self.append_text(parent.id, &text),
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        before: &Handle,
        child: NodeOrText<Handle>,
    ) {
        if self.nodes.borrow()[element.id as usize].parent == NONE {
            self.append(before, child);
        } else {
            self.append_before_sibling(element, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        let contents = self.template_contents.borrow();
        let Some(&contents) = contents.get(&target.id) else {
            return *target;
        };
        // Outside the tree, but as deep on the parser's stack.
        let mut nodes = self.nodes.borrow_mut();
        nodes[contents as usize].depth = nodes[target.id as usize].depth;
        Handle {
            id: contents,
            name: NONE,
        }
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        match child {
            NodeOrText::AppendNode(Handle { id, .. }) if self.is_nothing(id) => {}
            NodeOrText::AppendNode(Handle { id, .. }) => self.attach_before(sibling.id, id),
            NodeOrText::AppendText(text) => self.text_before(sibling.id, &text),
        }
    }

    /// Only `<html>` and `<body>` ask this: a second start tag that adds to the first.
    fn add_attrs_if_missing(&self, &Handle { id, .. }: &Handle, attrs: Vec<Attribute>) {
        let Kind::Element(tag, old) = self.nodes.borrow()[id as usize].kind else {
            return;
        };
        if let Some(kept) = &self.kept {
            let most = usize::from(self.limits.attributes);
            kept.borrow_mut().add_missing(id, &attrs, most);
        }
        let kept = self.attrs.borrow()[old.start as usize..old.end as usize].to_vec();
        let added = self.store_attrs(&attrs);
        let mut all = self.attrs.borrow_mut();
        let new: Vec<_> = all.drain(added.start as usize..).collect();
        let missing = new
            .into_iter()
            .filter(|(name, _)| kept.iter().all(|(have, _)| have != name));
        let merged: Vec<_> = kept.iter().copied().chain(missing).collect();
        if merged.len() == kept.len() || merged.len() > usize::from(self.limits.attributes) {
            return;
        }
        let start = span_index(all.len());
        all.extend(merged);
        let range = Span {
            start,
            end: span_index(all.len()),
        };
        self.nodes.borrow_mut()[id as usize].kind = Kind::Element(tag, range);
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        loop {
            let first = self.nodes.borrow()[node.id as usize].first;
            if first == NONE {
                break;
            }
            self.attach_last(new_parent.id, first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::parse::build;
    use super::*;

    /// The greatest depth that the parser reached, and that of the tree.
    fn depths(html: &str) -> (u16, u16) {
        let builder = build(html, &Limits::default(), false, Builder::new);
        let reached = builder.nodes.borrow().iter().map(|node| node.depth).max();
        let tree = builder.into_tree();
        let kept = tree.ids().map(|id| tree.depth(id)).max();
        (reached.unwrap_or(0), kept.unwrap_or(0))
    }

    #[test]
    fn nothing_nests_deeper_than_the_limit() {
        let pages = [
            "<div>".repeat(3_000),
            format!("<div>{}", "</x>".repeat(300)).repeat(3_000),
            format!("{}{}", "<div>".repeat(500), "<object></div>".repeat(3_000)),
            "<table><tr><td>".repeat(3_000),
            "<form><object></form></object>".repeat(3_000),
            "<svg><foreignObject>".repeat(3_000),
            "<template><div>".repeat(3_000),
        ];
        let limit = Limits::default().depth;
        for html in pages {
            let (reached, kept) = depths(&html);
            // One more for the text in the deepest element, two for `<tbody><tr>`.
            assert!(reached <= limit + 3, "{html:.40}: {reached}");
            assert!(kept <= limit + 1, "{html:.40}: {kept}");
        }
        // Each paragraph opens all formatting anew; only nodes bound how deep that goes.
        let html: String = (0..800).map(|n| format!("<p><b a={n}></p>")).collect();
        assert!(depths(&format!("{html}<p>x")).1 <= limit + 1);
    }

    #[test]
    fn what_is_too_deep_stands_beside_its_parent_in_order() {
        let limits = Limits {
            depth: 4,
            ..Limits::default()
        };
        let tree = parse("<p><b><i><u>a</u>b</i>c</b>d", &limits);
        assert_eq!(tree.text_below(0), "abcd");
        assert!(tree.cut.depth && tree.ids().all(|id| tree.depth(id) <= 5));
    }

    #[test]
    fn copies_of_a_long_attribute_are_few() {
        let class = "y".repeat(100_000);
        let html = format!("<p><b class={class}>{}", "<p>x".repeat(10_000));
        let tree = parse(&html, &Limits::default());
        assert!(tree.text.len() < 10 * html.len(), "{}", tree.text.len());
        let kept = |id| tree.attr(id, Attr::Class);
        assert_eq!(tree.ids().find_map(kept), Some(class.as_str()));
    }
}
