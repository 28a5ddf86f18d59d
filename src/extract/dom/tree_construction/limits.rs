//! What a page may cost: before each tag, elements are closed where they nest too deep.

use super::super::elements::Sets;
use super::super::tokenizer::StartTag;
use super::{Builder, Namespace, Token};

/// The builder looks through open elements at each tag, so that 20 MB of `<div>` at the greatest
/// depth took 37 s. A page may have so many looks at elements deeper than [`USUAL_DEPTH`]: what is free, and
/// one more for so many bytes of the page.
const LOOKS_FREE: u64 = 1 << 23;
const BYTES_PER_LOOK: u64 = 2;

/// Up to this depth looks are not counted: pages are rarely deeper.
const USUAL_DEPTH: u16 = 64;

/// The greatest depth of the rest of a page that has used up its looks; two are `<html>` and `<body>`.
pub(in super::super) const SHALLOW: u16 = 4;

/// What a formatting element with attributes costs for each element that it is deeper than usual for such:
/// it is compared with all open ones of its name (HTML Standard §13.2.4.3). Without attributes no more than
/// three of a name are in the way.
const COMPARED_LOOKS: u64 = 8;
const COMPARED_USUAL_DEPTH: u16 = 16;

/// How many looks a page has left.
#[derive(Debug)]
pub(super) struct Looks(u64);

impl Looks {
    pub(super) fn of_page(bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self(LOOKS_FREE + bytes / BYTES_PER_LOOK)
    }

    pub(super) fn are_left(&self) -> bool {
        self.0 > 0
    }

    /// Takes some; whether there were any left.
    fn take(&mut self, looks: u64) -> bool {
        let had = self.are_left();
        self.0 = self.0.saturating_sub(looks);
        had
    }
}

impl Builder<'_> {
    /// Closes what is too deep for a start tag to be put into. At the greatest depth the tag first closes the
    /// element it would be put into and so becomes its sibling, as in browsers. Whether the tag may keep its
    /// attributes.
    pub(super) fn make_room_for(&mut self, tag: &StartTag) -> bool {
        let depth = self.depth();
        let is_compared = tag.name.sets().meets(Sets::COMPARED) && tag.has_attrs();
        let looks = if is_compared {
            COMPARED_LOOKS * u64::from(depth.saturating_sub(COMPARED_USUAL_DEPTH))
        } else {
            u64::from(depth.saturating_sub(USUAL_DEPTH))
        };
        // Looks end at foreign elements, and what a picture has swallowed stays in it.
        if !self.looks.take(looks) && !self.is_in_foreign() {
            self.close_until(SHALLOW);
            return !is_compared;
        }
        if depth >= self.arena.limits().depth {
            self.arena.cut.depth = true;
            self.close_current();
        }
        true
    }

    /// The same for an end tag, which puts nothing anywhere.
    pub(super) fn make_room(&mut self) {
        let looks = u64::from(self.depth().saturating_sub(USUAL_DEPTH));
        if !self.looks.take(looks) && !self.is_in_foreign() {
            self.close_until(SHALLOW);
        }
    }

    /// Closes elements until one less deep than `most` is open, or one that nothing closes.
    fn close_until(&mut self, most: u16) {
        loop {
            let depth = self.depth();
            if depth < most || self.is_in_foreign() {
                return;
            }
            self.arena.cut.depth = true;
            self.close_current();
            if self.depth() >= depth {
                return;
            }
        }
    }

    fn close_current(&mut self) {
        if let Some(current) = self.open.current() {
            self.process(&Token::End(current.name));
        }
    }

    /// How deep the element is that the next one would be put into.
    fn depth(&self) -> u16 {
        let current = self.open.current();
        current.map_or(0, |open| self.arena.depth(open.node))
    }

    /// Whether the current element is one of SVG or `MathML`.
    pub(super) fn is_in_foreign(&self) -> bool {
        let current = self.open.current();
        current.is_some_and(|open| open.namespace != Namespace::Html)
    }
}
