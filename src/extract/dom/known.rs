//! Names that pages use all the time, as atoms made once: interning a name anew in each tag would
//! hash it, and for one that html5ever's own table lacks lock a table shared by all threads.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use html5ever::{LocalName, Namespace, QualName, ns};

use super::{Attr, Tag};
use crate::extract::short::{Key, MIX, Table};

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

    #[test]
    fn every_name_is_found_and_no_other() {
        for tag in Tag::ALL {
            let name = Key::of_word(tag.name()).and_then(|key| KNOWN.tag(key));
            assert_eq!(name.map(|name| &*name.local), Some(tag.name()));
            let (name, same) = element(ns!(html), tag.name());
            let id = KNOWN.id(&name).expect("all tags are elements");
            assert_eq!((KNOWN.elements[id as usize].1, same), (*tag, *tag));
        }
        for attr in Attr::ALL {
            let name = Key::of_word(attr.name()).and_then(|key| KNOWN.attr(key));
            assert_eq!(name.map(|name| &**name), Some(attr.name()));
        }
        for name in ["x", "onclick", "data-x", "clas", "classe"] {
            let key = Key::of_word(name).expect("a short name");
            assert!(KNOWN.attr(key).is_none());
        }
    }
}
