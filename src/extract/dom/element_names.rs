//! The names that a page gives its elements: the words of `class` and `data-testid`, and the `id`.
//!
//! A page says the same few hundred names thousands of times, so each is numbered once, and what
//! is known of it is kept in a plain list by its number.

use foldhash::HashMap;

use super::{Attr, Kind, NodeId, Span, Tree};

/// The number of a name on its page, from 0.
pub type NameId = u32;

/// Which names each element has.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Each name once, and where its words are in `words`.
    known: Vec<(Span, Span)>,
    words: String,
    /// Names of elements, in document order.
    all: Vec<NameId>,
    /// Where the names of each node begin in `all`: those of class, test id, and id.
    starts: Vec<[u32; 3]>,
}

impl Names {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut names = Self {
            starts: Vec::with_capacity(tree.nodes.len() + 1),
            ..Self::default()
        };
        let mut known = HashMap::default();
        for node in &tree.nodes {
            let mut starts = [0; 3];
            let attrs = match node.kind {
                Kind::Element(_, range) => &tree.attrs[range.start as usize..range.end as usize],
                _ => &[],
            };
            for (start, wanted) in starts
                .iter_mut()
                .zip([Attr::Class, Attr::DataTestid, Attr::Id])
            {
                *start = len(&names.all);
                if let Some((_, value)) = attrs.iter().find(|(attr, _)| *attr == wanted) {
                    names.read(tree, *value, &mut known);
                }
            }
            names.starts.push(starts);
        }
        names.starts.push([len(&names.all); 3]);
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
    }

    fn range(&self, id: NodeId, from: usize, to: usize) -> &[NameId] {
        let at = 3 * id as usize;
        let starts = self.starts.as_flattened();
        &self.all[starts[at + from] as usize..starts[at + to] as usize]
    }
}

/// Appends the lower-case words of a name, a space between them: parted at what is no letter and
/// where case rises.
fn push_words(words: &mut String, name: &str) {
    let start = words.len();
    let (mut before, mut gap) = (' ', false);
    for c in name.chars() {
        let is_letter = c.is_alphanumeric();
        gap |= !is_letter || (c.is_uppercase() && before.is_lowercase());
        before = c;
        if !is_letter {
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

/// Bounded by the bytes of a page, whose spans are u32.
fn len_of(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn len<T>(items: &[T]) -> u32 {
    len_of(items.len())
}

impl Tree {
    /// How many names there are: all are below this.
    #[must_use]
    pub fn name_count(&self) -> usize {
        self.names().known.len()
    }

    /// A name as it is written.
    #[must_use]
    pub fn name(&self, name: NameId) -> &str {
        self.slice(self.names().known[name as usize].0)
    }

    /// Its words in lower case, a space between them: `author box` of `AuthorBox` and `author-box`.
    #[must_use]
    #[expect(clippy::string_slice, reason = "the span of whole pushed words")]
    pub fn name_words(&self, name: NameId) -> &str {
        let names = self.names();
        let (_, words) = names.known[name as usize];
        &names.words[words.start as usize..words.end as usize]
    }

    /// The names in the element's `class`.
    #[must_use]
    pub fn class_names(&self, id: NodeId) -> &[NameId] {
        self.names().range(id, 0, 1)
    }

    /// The names in its `data-testid`.
    #[must_use]
    pub fn test_names(&self, id: NodeId) -> &[NameId] {
        self.names().range(id, 1, 2)
    }

    /// The words of its `id`: mostly one.
    #[must_use]
    pub fn id_names(&self, id: NodeId) -> &[NameId] {
        self.names().range(id, 2, 3)
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(self))
    }
}
