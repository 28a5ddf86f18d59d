//! The names that a page gives its elements: the words of `class` and `data-testid`, and the `id`.
//!
//! A page says the same few hundred names thousands of times, and mostly several together in the same
//! order. So each name is numbered once, and so is each value of an attribute: what is known of them is
//! kept in plain lists by number.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

use super::name_words::Words;
use super::{Attr, AttrSet, Kind, NodeId, Span, Tree};
use crate::extract::eight;

/// The number of a name on its page, from 0.
pub type NameId = u32;

/// The number of an attribute's value on its page, from 0: of those that name elements.
pub type ValueId = u32;

/// Which names each element has.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Each name once, and where its words are in `words`.
    known: Vec<(Span, Span)>,
    words: String,
    /// The names in values, one value after the other.
    all: Vec<NameId>,
    /// Where the names of each value end in `all`.
    ends: Vec<u32>,
    /// The values of each node's `class` and `id`.
    of_nodes: Vec<ClassAndId>,
    /// Those of `data-testid`, which few have, in order.
    tests: Vec<(NodeId, ValueId)>,
}

#[derive(Debug, Clone, Copy)]
struct ClassAndId {
    class: ValueId,
    id: ValueId,
}

/// The value of an attribute that names nothing.
const NO_VALUE: ValueId = ValueId::MAX;

/// The attributes that name their element.
const NAMING: AttrSet = AttrSet::of(&[Attr::Class, Attr::DataTestid, Attr::Id]);

impl Names {
    pub(super) fn of(tree: &Tree) -> Self {
        let (class, id) = (NO_VALUE, NO_VALUE);
        let mut reader = Reader {
            tree,
            values: Vec::with_capacity(VALUES_USUAL),
            known_values: Numbers::with_room_for(VALUES_USUAL),
            known_names: Numbers::with_room_for(NAMES_USUAL),
            words: Words::default(),
            names: Self {
                known: Vec::with_capacity(NAMES_USUAL),
                all: Vec::with_capacity(NAMES_USUAL),
                ends: Vec::with_capacity(VALUES_USUAL),
                of_nodes: vec![ClassAndId { class, id }; tree.nodes.len()],
                ..Self::default()
            },
        };
        for at in tree.elements() {
            reader.element(at);
        }
        Self {
            words: reader.words.into_string(),
            ..reader.names
        }
    }
}

/// As many values and names as most pages have.
const VALUES_USUAL: usize = 256;
const NAMES_USUAL: usize = 512;

/// Numbers the values and names of a page.
struct Reader<'t> {
    tree: &'t Tree<'t>,
    /// Each value once.
    values: Vec<Span>,
    known_values: Numbers,
    known_names: Numbers,
    words: Words,
    names: Names,
}

impl Reader<'_> {
    fn element(&mut self, at: NodeId) {
        let tree = self.tree;
        let node = tree.node(at);
        let Kind::Element(_, range) = node.kind else {
            return;
        };
        if !node.attrs.meets(NAMING) {
            return;
        }
        for &(attr, span) in &tree.attrs[range.start as usize..range.end as usize] {
            match attr {
                Attr::Class => self.names.of_nodes[at as usize].class = self.value(span),
                Attr::Id => self.names.of_nodes[at as usize].id = self.value(span),
                Attr::DataTestid => {
                    let value = self.value(span);
                    self.names.tests.push((at, value));
                }
                _ => {}
            }
        }
    }

    fn value(&mut self, span: Span) -> ValueId {
        let (tree, values) = (self.tree, &self.values);
        let value = tree.bytes(span);
        let is_same = |id: u32| tree.bytes(values[id as usize]) == value;
        match self.known_values.number(value, is_same) {
            Number::Known(id) => id,
            Number::New(id) => {
                self.values.push(span);
                self.names_in(span);
                id
            }
        }
    }

    fn names_in(&mut self, value: Span) {
        let text = self.tree.bytes(value);
        let mut from = 0;
        while from < text.len() {
            let to = space_from(text, from);
            if from < to {
                let [start, end] = [from, to].map(|at| value.start + len_of(at));
                let id = self.name(Span { start, end });
                self.names.all.push(id);
            }
            from = to + 1;
        }
        self.names.ends.push(len(&self.names.all));
    }

    fn name(&mut self, span: Span) -> NameId {
        let (tree, known) = (self.tree, &self.names.known);
        let name = tree.bytes(span);
        let is_same = |id: u32| tree.bytes(known[id as usize].0) == name;
        match self.known_names.number(name, is_same) {
            Number::Known(id) => id,
            Number::New(id) => {
                let words = self.words.push(tree.slice(span));
                self.names.known.push((span, words));
                id
            }
        }
    }
}

/// Where white space comes next, or else the value ends: eight bytes are looked at together.
fn space_from(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let controls = eight::may_be_less(u64::from_le_bytes(*chunk), b' ' + 1);
        if controls == 0 {
            at += chunk.len();
            continue;
        }
        at += eight::first(controls);
        if text[at].is_ascii_whitespace() {
            return at;
        }
        at += 1;
    }
    let rest = text.get(at..).unwrap_or_default();
    let space = rest.iter().position(u8::is_ascii_whitespace);
    at + space.unwrap_or(rest.len())
}

/// Numbers texts in the order in which they are met. A map would keep the texts, too, and so takes
/// three times the room, most of which is out of the cache when it is looked at.
struct Numbers {
    /// Pages are hostile: nobody shall make texts whose hashes collide.
    seed: RandomState,
    /// A power of two, more than twice as many as there are texts.
    slots: Vec<Slot>,
    count: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    hash: u32,
    /// The number and one; 0 where there is none.
    after: u32,
}

enum Number {
    Known(u32),
    New(u32),
}

impl Numbers {
    fn with_room_for(count: usize) -> Self {
        Self {
            seed: RandomState::default(),
            slots: vec![Slot::default(); (2 * count).next_power_of_two()],
            count: 0,
        }
    }

    /// The number of a text, given whether it is the same as one that has a number.
    fn number(&mut self, text: &[u8], is_same: impl Fn(u32) -> bool) -> Number {
        let mut hasher = self.seed.build_hasher();
        hasher.write(text);
        #[expect(clippy::cast_possible_truncation, reason = "a hash")]
        let hash = hasher.finish() as u32;
        let mut at = self.place_of(hash);
        loop {
            let slot = self.slots[at];
            match slot.after.checked_sub(1) {
                None => break,
                Some(id) if slot.hash == hash && is_same(id) => return Number::Known(id),
                Some(_) => at = (at + 1) & (self.slots.len() - 1),
            }
        }
        let id = self.count;
        self.count += 1;
        let after = self.count;
        self.slots[at] = Slot { hash, after };
        if 2 * self.count as usize >= self.slots.len() {
            self.grow();
        }
        Number::New(id)
    }

    fn place_of(&self, hash: u32) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        let larger = vec![Slot::default(); 2 * self.slots.len()];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot.after == 0 {
                continue;
            }
            let mut at = self.place_of(slot.hash);
            while self.slots[at].after != 0 {
                at = (at + 1) & (self.slots.len() - 1);
            }
            self.slots[at] = slot;
        }
    }
}

/// Bounded by the bytes of a page, whose spans are u32.
pub(super) fn len_of(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn len<T>(items: &[T]) -> u32 {
    len_of(items.len())
}

impl Tree<'_> {
    /// All names on the page: each below the next.
    pub fn names(&self) -> std::ops::Range<NameId> {
        0..len(&self.element_names().known)
    }

    /// All values that name elements.
    pub fn values(&self) -> std::ops::Range<ValueId> {
        0..len(&self.element_names().ends)
    }

    /// A name as it is written.
    #[must_use]
    pub fn name(&self, name: NameId) -> &str {
        self.slice(self.element_names().known[name as usize].0)
    }

    /// Its words in lower case, a space between them: `author box` of `AuthorBox` and `author-box`.
    #[must_use]
    #[expect(clippy::string_slice, reason = "the span of whole pushed words")]
    pub fn name_words(&self, name: NameId) -> &str {
        let names = self.element_names();
        let (_, words) = names.known[name as usize];
        &names.words[words.start as usize..words.end as usize]
    }

    /// The names whose words hold a text of one word, in order.
    #[must_use]
    pub fn names_holding(&self, part: &str) -> Vec<NameId> {
        let names = self.element_names();
        let places = memchr::memmem::find_iter(names.words.as_bytes(), part);
        let before = |(_, words): &(Span, Span), place: usize| words.end as usize <= place;
        let name = |place| names.known.partition_point(|name| before(name, place));
        let mut found: Vec<NameId> = places.map(|place| len_of(name(place))).collect();
        found.dedup();
        found
    }

    /// The names in a value.
    #[must_use]
    pub fn names_in(&self, value: ValueId) -> &[NameId] {
        let names = self.element_names();
        let (at, ends) = (value as usize, &names.ends);
        let start = at.checked_sub(1).map_or(0, |before| ends[before]);
        &names.all[start as usize..ends[at] as usize]
    }

    /// The value of an element's `class`.
    #[must_use]
    pub fn class_value(&self, id: NodeId) -> Option<ValueId> {
        let value = self.element_names().of_nodes[id as usize].class;
        Some(value).filter(|value| *value != NO_VALUE)
    }

    /// The value of its `data-testid`.
    #[must_use]
    pub fn test_value(&self, id: NodeId) -> Option<ValueId> {
        let tests = &self.element_names().tests;
        let at = tests.binary_search_by_key(&id, |(node, _)| *node).ok()?;
        Some(tests[at].1)
    }

    /// The value of its `id`: mostly one name.
    #[must_use]
    pub fn id_value(&self, id: NodeId) -> Option<ValueId> {
        let value = self.element_names().of_nodes[id as usize].id;
        Some(value).filter(|value| *value != NO_VALUE)
    }

    fn element_names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(self))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, Tag, parse};
    use super::*;

    #[test]
    fn as_many_texts_as_there_are_have_numbers() {
        let mut numbers = Numbers::with_room_for(4);
        let texts: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
        for round in 0..2 {
            for (at, text) in (0..).zip(&texts) {
                let is_same = |id: u32| texts[id as usize] == *text;
                let number = numbers.number(text.as_bytes(), is_same);
                assert!(match number {
                    Number::New(id) => round == 0 && id == at,
                    Number::Known(id) => round == 1 && id == at,
                });
            }
        }
    }

    #[test]
    fn values_and_names_are_numbered_once() {
        let html =
            "<p class='lead AuthorBox'><p class=' lead'><p class='lead AuthorBox' id=lead><p>";
        let tree = parse(html, &Limits::default());
        let names = |value: Option<ValueId>| -> Vec<&str> {
            let names = value.map_or(&[][..], |value| tree.names_in(value));
            names.iter().map(|&name| tree.name(name)).collect()
        };
        let of = |value: &dyn Fn(NodeId) -> Option<ValueId>| -> Vec<Vec<&str>> {
            let all = tree.ids().filter(|&id| tree.is(id, Tag::P));
            all.map(|id| names(value(id))).collect()
        };
        let both = || vec!["lead", "AuthorBox"];
        assert_eq!(
            of(&|id| tree.class_value(id)),
            [both(), vec!["lead"], both(), vec![]]
        );
        assert_eq!(
            of(&|id| tree.id_value(id)),
            [vec![], vec![], vec!["lead"], vec![]]
        );
        assert_eq!((tree.names().len(), tree.values().len()), (2, 3));
        assert_eq!(tree.names_holding("author"), [1]);
        assert_eq!(tree.names_holding("a"), [0, 1]);
        assert_eq!(tree.names_holding("dauthor"), [] as [NameId; 0]);
        assert_eq!(
            tree.names()
                .map(|name| tree.name_words(name))
                .collect::<Vec<_>>(),
            ["lead", "author box"]
        );
    }
}
