//! Names that pages use all the time, as atoms made once: interning a name anew in each tag would
//! hash it, and for one that html5ever's own table lacks lock a table shared by all threads.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use html5ever::{LocalName, Namespace, QualName, ns};

use super::{Attr, Tag};

/// The element names of one page: first those of [`Known::elements`], then its own.
pub(super) type NameId = u32;

/// HTML's names that [`Tag`] leaves out, so that they need no table of the page's own.
const OTHER_HTML: [&str; 41] = [
    "acronym",
    "annotation-xml",
    "applet",
    "area",
    "basefont",
    "bdi",
    "bdo",
    "big",
    "bgsound",
    "col",
    "colgroup",
    "data",
    "del",
    "dfn",
    "font",
    "foreignobject",
    "frame",
    "frameset",
    "image",
    "ins",
    "kbd",
    "keygen",
    "listing",
    "mark",
    "marquee",
    "nobr",
    "noembed",
    "noframes",
    "output",
    "param",
    "plaintext",
    "rb",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "slot",
    "strike",
    "sub",
    "track",
    "wbr",
];

/// The names of pictures in SVG that pages repeat most.
const SVG: [&str; 24] = [
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "feColorMatrix",
    "filter",
    "g",
    "image",
    "line",
    "linearGradient",
    "mask",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "rect",
    "stop",
    "style",
    "svg",
    "symbol",
    "text",
    "title",
    "use",
];

/// Elements that the parser compares by all their attributes (HTML Standard §13.2.4.3, the "Noah's
/// Ark clause"), or by some that the arena does not keep. `<a>` is compared only by name.
const COMPARED: [&str; 14] = [
    "annotation-xml",
    "b",
    "big",
    "code",
    "em",
    "font",
    "i",
    "nobr",
    "s",
    "small",
    "strike",
    "strong",
    "tt",
    "u",
];

/// Names that become names of [`Attr`] in SVG and `MathML`.
const FOREIGN_ATTRS: [&str; 5] = [
    "xlink:href",
    "xlink:role",
    "xlink:title",
    "xlink:type",
    "xml:lang",
];

/// A start or end tag's name.
#[derive(Clone)]
pub(super) struct TagName {
    pub(super) local: LocalName,
    /// Whether the parser itself needs all attributes.
    pub(super) is_compared: bool,
}

/// All that is known of names before any page is read.
pub(super) struct Known {
    /// By [`NameId`].
    pub(super) elements: Vec<(QualName, Tag)>,
    ids: HashMap<QualName, NameId, BuildHasherDefault<AtomHasher>>,
    tags: Table<TagName>,
    attrs: Table<LocalName>,
}

pub(super) static KNOWN: LazyLock<Known> = LazyLock::new(Known::new);

impl Known {
    fn new() -> Self {
        let html = Tag::ALL.iter().map(|tag| tag.name()).chain(OTHER_HTML);
        let tags = html.clone().map(|name| (name, tag_name(name)));
        let attrs = Attr::ALL.iter().map(|attr| attr.name());
        let attrs = attrs.chain(FOREIGN_ATTRS);
        let attrs = attrs.map(|name| (name, LocalName::from(name)));
        let elements: Vec<(QualName, Tag)> = html
            .map(|name| (ns!(html), name))
            .chain(SVG.map(|name| (ns!(svg), name)))
            .map(|(ns, local)| element(ns, local))
            .collect();
        let names = elements.iter().map(|(name, _)| name.clone());
        Self {
            ids: names.zip(0..).collect(),
            tags: Table::new(tags),
            attrs: Table::new(attrs),
            elements,
        }
    }

    /// The id of an element's name.
    pub(super) fn id(&self, name: &QualName) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// The tag name `key`.
    #[inline]
    pub(super) fn tag(&self, key: Key) -> Option<&TagName> {
        self.tags.get(key)
    }

    /// The attribute name `key`, if the arena keeps it.
    #[inline]
    pub(super) fn attr(&self, key: Key) -> Option<&LocalName> {
        self.attrs.get(key)
    }
}

fn element(ns: Namespace, local: &str) -> (QualName, Tag) {
    let name = QualName::new(None, ns, LocalName::from(local));
    let tag = tag_of(&name);
    (name, tag)
}

/// SVG and `MathML` have a `title`, `style`, `a` of their own, which are not HTML's.
pub(super) fn tag_of(name: &QualName) -> Tag {
    if name.ns == ns!(html) || matches!(&*name.local, "svg" | "math") {
        Tag::from_name(&name.local)
    } else {
        Tag::Other
    }
}

fn tag_name(name: &str) -> TagName {
    TagName {
        local: LocalName::from(name),
        is_compared: COMPARED.contains(&name),
    }
}

/// A name of at most 16 bytes as a number, its ASCII letters in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u128);

/// Longest name that has a [`Key`].
const KEY_BYTES: usize = 16;

impl Key {
    /// The key of `bytes[from..to]`, which is not empty; none for a long name.
    #[inline]
    pub(super) fn of(bytes: &[u8], from: usize, to: usize) -> Option<Self> {
        let len = to - from;
        // A U+0000 at its end would not tell in a number.
        if len > KEY_BYTES || bytes.get(to - 1) == Some(&0) {
            return None;
        }
        let packed = if let Some(chunk) = bytes.get(from..).and_then(<[u8]>::first_chunk) {
            u128::from_le_bytes(*chunk) & (u128::MAX >> (8 * (KEY_BYTES - len)))
        } else {
            let mut chunk = [0; KEY_BYTES];
            chunk[..len].copy_from_slice(bytes.get(from..to)?);
            u128::from_le_bytes(chunk)
        };
        Some(Self(lower(packed)))
    }

    /// Mixes by a multiplication, whose upper bits depend on all lower ones.
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    fn slot(self, mask: usize) -> usize {
        let folded = (self.0 as u64) ^ ((self.0 >> 64) as u64).rotate_left(23);
        (folded.wrapping_mul(MIX) >> 48) as usize & mask
    }
}

/// 2^64 divided by the golden ratio, which spreads like numbers (Knuth, TAOCP 6.4).
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// ASCII capitals in lower case, 16 bytes at once.
fn lower(bytes: u128) -> u128 {
    const EACH: u128 = u128::from_le_bytes([1; 16]);
    let low = bytes & (EACH * 0x7f);
    // The upper bit of each byte says: at least 'A'; past 'Z'.
    let from_a = low + EACH * (0x80 - u128::from(b'A'));
    let past_z = low + EACH * (0x7f - u128::from(b'Z'));
    let capital = from_a & !past_z & !bytes & (EACH * 0x80);
    bytes | (capital >> 2)
}

/// What is known of names by their keys.
struct Table<V> {
    slots: Vec<Option<(Key, V)>>,
}

/// So many slots a name that most names sit in their own, and few enough for the nearest cache.
const SLOTS_PER_NAME: usize = 3;

impl<V> Table<V> {
    fn new<'a>(names: impl Iterator<Item = (&'a str, V)> + Clone) -> Self {
        let len = (names.clone().count() * SLOTS_PER_NAME).next_power_of_two();
        let mut slots: Vec<Option<(Key, V)>> = Vec::new();
        slots.resize_with(len, || None);
        for (name, value) in names {
            let key = Key::of(name.as_bytes(), 0, name.len()).expect("known names are short");
            let mut slot = key.slot(len - 1);
            while slots[slot].is_some() {
                slot = (slot + 1) % len;
            }
            slots[slot] = Some((key, value));
        }
        Self { slots }
    }

    #[inline]
    fn get(&self, key: Key) -> Option<&V> {
        let mut slot = key.slot(self.slots.len() - 1);
        loop {
            let (have, value) = self.slots[slot].as_ref()?;
            if *have == key {
                return Some(value);
            }
            slot = (slot + 1) % self.slots.len();
        }
    }
}

/// Atoms bring a hash along, which only needs mixing.
#[derive(Default)]
pub(super) struct AtomHasher(u64);

impl Hasher for AtomHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_isize(&mut self, _: isize) {
        // Whether there is a prefix: it follows from the rest.
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = (self.0.rotate_left(5) ^ hash).wrapping_mul(MIX);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Option<Key> {
        Key::of(name.as_bytes(), 0, name.len())
    }

    #[test]
    fn keys_fold_ascii_case_alone() {
        assert_eq!(key("DiV"), key("div"));
        assert_eq!(key("DATA-LAZY-SRCSET"), key("data-lazy-srcset"));
        for (one, other) in [
            ("[", "{"),
            ("@", "`"),
            ("Ä", "ä"),
            ("a", "aa"),
            ("b", "b\u{1}"),
        ] {
            assert_ne!(key(one), key(other), "{one}");
        }
        let page = "xDIVERSE, and what follows it";
        assert_eq!(Key::of(page.as_bytes(), 1, 4), key("div"));
        assert_eq!((key("seventeen-letters"), key("a\0")), (None, None));
    }

    #[test]
    fn every_name_is_found_and_no_other() {
        for tag in Tag::ALL {
            let name = key(tag.name()).and_then(|key| KNOWN.tag(key));
            assert_eq!(name.map(|name| &*name.local), Some(tag.name()));
            let (name, same) = element(ns!(html), tag.name());
            let id = KNOWN.id(&name).expect("all tags are elements");
            assert_eq!((KNOWN.elements[id as usize].1, same), (*tag, *tag));
        }
        for attr in Attr::ALL {
            let name = key(attr.name()).and_then(|key| KNOWN.attr(key));
            assert_eq!(name.map(|name| &**name), Some(attr.name()));
        }
        for name in ["x", "onclick", "data-x", "clas", "classe"] {
            assert!(key(name).and_then(|key| KNOWN.attr(key)).is_none());
        }
    }
}
