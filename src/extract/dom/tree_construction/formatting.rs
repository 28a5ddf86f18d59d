//! Formatting that goes on where its end tag stands elsewhere: the list of active formatting elements
//! (§13.2.4.3), and the adoption agency (§13.2.6.4.7).

use foldhash::fast::FixedState;
use std::hash::BuildHasher;

use super::super::NodeId;
use super::super::arena::Attrs;
use super::super::elements::{Name, Sets, as_written};
use super::super::tokenizer::StartTag;
use super::stack::Open;
use super::{Builder, Namespace};

/// An entry of the list: a formatting element, or a marker that parts what is in a cell or the like.
#[derive(Debug, Clone, Copy)]
enum Entry {
    Marker,
    Element(Element),
}

#[derive(Debug, Clone, Copy)]
struct Element {
    node: NodeId,
    name: Name,
    /// Its attributes, which its copies share.
    attrs: Attrs,
    /// A hash of all its attributes in any order, kept in the arena or not.
    signature: u64,
}

/// The list of active formatting elements, the last one last.
#[derive(Debug, Default)]
pub(super) struct Formatting(Vec<Entry>);

/// How many elements of one name and with the same attributes are in the list: the "Noah's Ark clause".
const ALIKE_MAX: usize = 3;

/// Entries that are kept when the list is twice as long; open elements are never as many.
const ENTRIES_MAX: usize = 1 << 10;

impl Formatting {
    pub(super) fn push_marker(&mut self) {
        // A table closes an open `<object>`, but leaves its marker in the list: all such is of no use any more.
        if self.0.len() >= 2 * ENTRIES_MAX {
            self.0.drain(..ENTRIES_MAX);
        }
        self.0.push(Entry::Marker);
    }

    pub(super) fn clear_to_marker(&mut self) {
        while let Some(Entry::Element(_)) = self.0.pop() {}
    }

    /// From the last element to the last marker, each with its place.
    fn since_marker(&self) -> impl Iterator<Item = (usize, &Element)> {
        let entries = self.0.iter().enumerate().rev();
        entries.map_while(|(at, entry)| match entry {
            Entry::Element(element) => Some((at, element)),
            Entry::Marker => None,
        })
    }

    /// The last element of a name since the last marker, and its place.
    fn last_of(&self, name: Name) -> Option<(usize, Element)> {
        let mut elements = self.since_marker();
        let last = elements.find(|(_, element)| element.name == name);
        last.map(|(at, element)| (at, *element))
    }

    fn place_of(&self, node: NodeId) -> Option<usize> {
        let is_it =
            |entry: &Entry| matches!(entry, Entry::Element(element) if element.node == node);
        self.0.iter().rposition(is_it)
    }

    fn element_at(&self, at: usize) -> Option<Element> {
        match self.0.get(at) {
            Some(Entry::Element(element)) => Some(*element),
            _ => None,
        }
    }

    fn remove_node(&mut self, node: NodeId) {
        if let Some(at) = self.place_of(node) {
            self.0.remove(at);
        }
    }

    fn push(&mut self, element: Element) {
        let alike =
            |other: &Element| other.name == element.name && other.signature == element.signature;
        let alike = self.since_marker().filter(|(_, other)| alike(other));
        let (count, first) = alike.fold((0, None), |(count, _), (at, _)| (count + 1, Some(at)));
        if let Some(first) = first.filter(|_| count >= ALIKE_MAX) {
            self.0.remove(first);
        }
        self.0.push(Entry::Element(element));
    }
}

/// Hashes of attributes are only compared within a page. Of links one is in the list since the last marker,
/// so that none is compared.
fn signature(tag: &StartTag) -> u64 {
    if tag.name == Name::A {
        return 0;
    }
    let of_one =
        |(name, value): (&str, &str)| FixedState::default().hash_one((as_written(name), value));
    tag.written().map(of_one).fold(0, u64::wrapping_add)
}

impl Builder<'_> {
    /// Inserts a formatting element and opens it.
    pub(super) fn insert_formatting(&mut self, tag: &StartTag) {
        let open = self.insert(tag);
        self.formatting.push(Element {
            node: open.node,
            name: tag.name,
            attrs: self.arena.attrs_of(open.node),
            signature: signature(tag),
        });
    }

    /// `<a>` closes the one before.
    pub(super) fn link(&mut self, tag: &StartTag) {
        if let Some((_, before)) = self.formatting.last_of(Name::A) {
            self.adopt(Name::A);
            self.formatting.remove_node(before.node);
            self.open.remove_node(before.node);
        }
        self.reopen_formatting();
        self.insert_formatting(tag);
    }

    pub(super) fn nobr(&mut self, tag: &StartTag) {
        self.reopen_formatting();
        if self.open.has_in_scope(Sets::SCOPE, Name::NOBR) {
            self.adopt(Name::NOBR);
            self.reopen_formatting();
        }
        self.insert_formatting(tag);
    }

    /// A copy of a formatting element, in no tree yet.
    fn copy(&mut self, of: Element) -> Open {
        let copy = self.create_with(of.name, Namespace::Html, Attrs::default());
        self.arena.share_attrs(copy.node, of.attrs);
        if let Some(kept) = &mut self.kept {
            kept.copy(of.node, copy.node);
        }
        copy
    }

    fn is_marker_or_open(&self, at: usize) -> bool {
        let element = self.formatting.element_at(at);
        element.is_none_or(|element| self.open.place_of(element.node).is_some())
    }

    /// "Reconstruct the active formatting elements".
    pub(super) fn reopen_formatting(&mut self) {
        let len = self.formatting.0.len();
        let is_settled = |at: &usize| self.is_marker_or_open(*at);
        let first = (0..len).rev().find(is_settled).map_or(0, |at| at + 1);
        for at in first..len {
            let Some(element) = self.formatting.element_at(at) else {
                continue;
            };
            let place = self.place();
            let copy = self.copy(element);
            self.insert_at(place, copy.node);
            self.open.push(copy);
            self.replace(at, element, copy);
        }
    }

    /// Puts a copy in the place of a formatting element.
    fn replace(&mut self, at: usize, element: Element, copy: Open) {
        self.formatting.0[at] = Entry::Element(Element {
            node: copy.node,
            ..element
        });
    }

    /// The "adoption agency algorithm" for the end tag of a formatting element.
    pub(super) fn adopt(&mut self, name: Name) {
        let current = self.open.current().filter(|open| open.is(name));
        if current.is_some_and(|open| self.formatting.place_of(open.node).is_none()) {
            return self.open.pop();
        }
        for _ in 0..8 {
            let Some((at, element)) = self.formatting.last_of(name) else {
                return self.any_other_end(name);
            };
            let Some(place) = self.open.place_of(element.node) else {
                self.formatting.0.remove(at);
                return;
            };
            if !self.open.has_node_in_scope(element.node) {
                return;
            }
            let Some(block) = self.furthest_block(place) else {
                self.open.truncate(place);
                self.formatting.0.remove(at);
                return;
            };
            self.adopt_into(element, place, block);
        }
    }

    /// The place of the topmost special element above the formatting element on the stack.
    fn furthest_block(&self, place: usize) -> Option<usize> {
        let special = |at: &usize| {
            self.open
                .get(*at)
                .is_some_and(|open| open.sets.meets(Sets::SPECIAL))
        };
        (place..self.open.len()).find(special)
    }

    /// One round: steps 11 to 19, for a formatting element and the place of its furthest block.
    fn adopt_into(&mut self, element: Element, place: usize, block: usize) {
        let above = place
            .checked_sub(1)
            .and_then(|at| self.open.get(at))
            .copied();
        let Some(furthest) = self.open.get(block).copied() else {
            return;
        };
        let (last, bookmark) = self.move_formatting(element, furthest, block);
        self.arena.detach(last);
        let target = match above {
            Some(above) => self.place_in(above),
            None => self.place(),
        };
        self.insert_at(target, last);
        let copy = self.copy(element);
        self.arena.move_children(furthest.node, copy.node);
        self.arena.append(furthest.node, copy.node);
        let entry = Entry::Element(Element {
            node: copy.node,
            ..element
        });
        match bookmark.and_then(|node| self.formatting.place_of(node)) {
            Some(after) => {
                self.formatting.0.insert(after + 1, entry);
                self.formatting.remove_node(element.node);
            }
            None => {
                if let Some(at) = self.formatting.place_of(element.node) {
                    self.formatting.0[at] = entry;
                }
            }
        }
        self.open.remove_node(element.node);
        let below = self
            .open
            .place_of(furthest.node)
            .map_or(self.open.len(), |at| at + 1);
        self.open.insert(below, copy);
    }

    /// Step 13: goes down from the furthest block to the formatting element; closes what is no formatting, and
    /// puts each copy of formatting around the last. Gives the outermost node, and the node after whose entry
    /// the formatting element's copy stands in the list.
    fn move_formatting(
        &mut self,
        element: Element,
        furthest: Open,
        block: usize,
    ) -> (NodeId, Option<NodeId>) {
        let (mut last, mut bookmark) = (furthest.node, None);
        let (mut at, mut inner) = (block, 0);
        while let Some(node) = at
            .checked_sub(1)
            .and_then(|below| self.open.get(below))
            .copied()
        {
            at -= 1;
            inner += 1;
            if node.node == element.node {
                break;
            }
            if inner > 3 {
                self.formatting.remove_node(node.node);
            }
            let Some(entry) = self.formatting.place_of(node.node) else {
                self.open.remove(at);
                continue;
            };
            let Some(formatting) = self.formatting.element_at(entry) else {
                continue;
            };
            let copy = self.copy(formatting);
            self.open.set(at, copy);
            self.replace(entry, formatting, copy);
            if last == furthest.node {
                bookmark = Some(copy.node);
            }
            self.arena.detach(last);
            self.arena.append(copy.node, last);
            last = copy.node;
        }
        (last, bookmark)
    }
}
