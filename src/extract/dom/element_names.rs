//! The names that a page gives its elements: the words of `class` and `data-testid`, and the `id`.
//!
//! A page says the same few hundred names thousands of times, and mostly several together in the same
//! order. So each name is numbered once, and so is each value of an attribute: what is known of them is
//! kept in plain lists by number.

use foldhash::HashMap;
use foldhash::fast::RandomState;

use super::{Attr, NodeId, Span, Tree};

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
    /// The value of each attribute of the tree that names its element.
    values: Vec<ValueId>,
}

/// The value of an attribute that names nothing.
const NO_VALUE: ValueId = ValueId::MAX;

impl Names {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut names = Self {
            values: Vec::with_capacity(tree.attrs.len()),
            ..Self::default()
        };
        // As many as most pages have.
        let mut known_values = HashMap::with_capacity_and_hasher(256, RandomState::default());
        let mut known_names = HashMap::with_capacity_and_hasher(512, RandomState::default());
        let mut words = Vec::new();
        for &(attr, span) in &tree.attrs {
            let value = if matches!(attr, Attr::Class | Attr::DataTestid | Attr::Id) {
                let fresh = len(&names.ends);
                let value = *known_values.entry(tree.slice(span)).or_insert(fresh);
                if value == fresh {
                    names.read(tree, span, &mut known_names, &mut words);
                }
                value
            } else {
                NO_VALUE
            };
            names.values.push(value);
        }
        names.words = String::from_utf8(words).unwrap_or_default();
        names
    }

    fn read<'t>(
        &mut self,
        tree: &'t Tree,
        value: Span,
        known: &mut HashMap<&'t str, NameId>,
        words: &mut Vec<u8>,
    ) {
        let text = tree.slice(value);
        for name in text.split_ascii_whitespace() {
            let fresh = len(&self.known);
            let id = *known.entry(name).or_insert(fresh);
            if id == fresh {
                let start = value.start + len_of(name.as_ptr().addr() - text.as_ptr().addr());
                let end = start + len_of(name.len());
                let before = len(words);
                push_words(words, name);
                let own = Span {
                    start: before,
                    end: len(words),
                };
                self.known.push((Span { start, end }, own));
            }
            self.all.push(id);
        }
        self.ends.push(len(&self.all));
    }
}

/// Appends the lower-case words of a name, a space between them: parted at what is no letter and
/// where case rises.
fn push_words(words: &mut Vec<u8>, name: &str) {
    if name.is_ascii() {
        push_ascii(words, name.as_bytes());
    } else {
        push_others(words, name);
    }
}

fn push_others(words: &mut Vec<u8>, name: &str) {
    let start = words.len();
    let mut gap = false;
    let mut before = Kind::Sign;
    for c in name.chars() {
        let kind = Kind::of(c);
        gap |= kind == Kind::Sign || (kind == Kind::Capital && before == Kind::Small);
        before = kind;
        if kind == Kind::Sign {
            continue;
        }
        if gap && words.len() > start {
            words.push(b' ');
        }
        gap = false;
        let mut utf8 = [0; 4];
        for c in c.to_lowercase() {
            words.extend(c.encode_utf8(&mut utf8).as_bytes());
        }
    }
}

/// The same of a name in ASCII, as nearly all are: without a branch that depends on its letters.
fn push_ascii(words: &mut Vec<u8>, name: &[u8]) {
    let start = words.len();
    words.resize(start + 2 * name.len(), 0);
    let room = &mut words[start..];
    let (mut len, mut gap, mut was_small) = (0, false, false);
    for &byte in name {
        let is_letter = byte.is_ascii_alphanumeric();
        gap |= !is_letter | (byte.is_ascii_uppercase() & was_small);
        was_small = byte.is_ascii_lowercase();
        let is_later = len > 0;
        // What is not kept is written over by what comes next.
        room[len] = b' ';
        len += usize::from(is_letter & gap & is_later);
        room[len] = byte.to_ascii_lowercase();
        len += usize::from(is_letter);
        gap &= !is_letter;
    }
    words.truncate(start + len);
}

/// What a character is in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Small,
    Capital,
    /// A digit, or a letter without case.
    Other,
    Sign,
}

impl Kind {
    #[inline]
    fn of(c: char) -> Self {
        match c {
            c if !c.is_alphanumeric() => Self::Sign,
            c if c.is_lowercase() => Self::Small,
            c if c.is_uppercase() => Self::Capital,
            _ => Self::Other,
        }
    }
}

/// Bounded by the bytes of a page, whose spans are u32.
fn len_of(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn len<T>(items: &[T]) -> u32 {
    len_of(items.len())
}

impl Tree {
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
        self.value(id, Attr::Class)
    }

    /// The value of its `data-testid`.
    #[must_use]
    pub fn test_value(&self, id: NodeId) -> Option<ValueId> {
        self.value(id, Attr::DataTestid)
    }

    /// The value of its `id`: mostly one name.
    #[must_use]
    pub fn id_value(&self, id: NodeId) -> Option<ValueId> {
        self.value(id, Attr::Id)
    }

    fn value(&self, id: NodeId, attr: Attr) -> Option<ValueId> {
        let at = self.attr_index(id, attr)?;
        Some(self.element_names().values[at])
    }

    fn element_names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Limits, Tag, parse};
    use super::*;

    proptest! {
        #[test]
        fn names_of_ascii_have_words_as_others_have(name in "[A-Ca-c0-1_: -]{0,12}") {
            let (mut words, mut same) = (b"before".to_vec(), b"before".to_vec());
            push_ascii(&mut words, name.as_bytes());
            push_others(&mut same, &name);
            prop_assert_eq!(words, same);
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
        let of = |value: fn(&Tree, NodeId) -> Option<ValueId>| -> Vec<Vec<&str>> {
            let all = tree.ids().filter(|&id| tree.is(id, Tag::P));
            all.map(|id| names(value(&tree, id))).collect()
        };
        let both = || vec!["lead", "AuthorBox"];
        assert_eq!(
            of(Tree::class_value),
            [both(), vec!["lead"], both(), vec![]]
        );
        assert_eq!(of(Tree::id_value), [vec![], vec![], vec!["lead"], vec![]]);
        assert_eq!((tree.names().len(), tree.values().len()), (2, 3));
        assert_eq!(
            tree.names()
                .map(|name| tree.name_words(name))
                .collect::<Vec<_>>(),
            ["lead", "author box"]
        );
    }
}
