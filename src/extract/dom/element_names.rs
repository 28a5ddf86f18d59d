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
        for &(attr, span) in &tree.attrs {
            let value = if matches!(attr, Attr::Class | Attr::DataTestid | Attr::Id) {
                let fresh = len(&names.ends);
                let value = *known_values.entry(tree.slice(span)).or_insert(fresh);
                if value == fresh {
                    names.read(tree, span, &mut known_names);
                }
                value
            } else {
                NO_VALUE
            };
            names.values.push(value);
        }
        names
    }

    fn read<'t>(&mut self, tree: &'t Tree, value: Span, known: &mut HashMap<&'t str, NameId>) {
        let text = tree.slice(value);
        for name in text.split_ascii_whitespace() {
            let fresh = len(&self.known);
            let id = *known.entry(name).or_insert(fresh);
            if id == fresh {
                let start = value.start + len_of(name.as_ptr().addr() - text.as_ptr().addr());
                let end = start + len_of(name.len());
                let before = len_of(self.words.len());
                push_words(&mut self.words, name);
                let words = Span {
                    start: before,
                    end: len_of(self.words.len()),
                };
                self.known.push((Span { start, end }, words));
            }
            self.all.push(id);
        }
        self.ends.push(len(&self.all));
    }
}

/// Appends the lower-case words of a name, a space between them: parted at what is no letter and
/// where case rises.
fn push_words(words: &mut String, name: &str) {
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
            words.push(' ');
        }
        gap = false;
        if c.is_ascii() {
            words.push(c.to_ascii_lowercase());
        } else {
            words.extend(c.to_lowercase());
        }
    }
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
            'a'..='z' => Self::Small,
            'A'..='Z' => Self::Capital,
            '0'..='9' => Self::Other,
            c if c.is_ascii() || !c.is_alphanumeric() => Self::Sign,
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
    use super::super::{Limits, Tag, parse};
    use super::*;

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
