//! What the tokenizer tells: tags with their attributes, as ranges of the page.

use super::super::Attr;
use super::super::elements::{AttrName, Name};
use crate::extract::short::MIX;

/// What kind of text stands here, as the last start tag decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Content {
    Data,
    /// The text of `<title>` and `<textarea>`: character references, but no markup.
    Rcdata,
    /// That of `<style>`, `<iframe>` and the like.
    Rawtext,
    Script,
    /// All that follows a `<plaintext>`.
    Plaintext,
}

/// Where tokens go.
pub(in super::super) trait Sink {
    /// A start tag; says what its text is.
    fn start_tag(&mut self, tag: &StartTag) -> Content;
    /// An end tag; its attributes and slash mean nothing.
    fn end_tag(&mut self, name: Name);
    /// A part of a text, never empty.
    fn text(&mut self, text: &str);
    /// A U+0000 where markup may stand.
    fn nul(&mut self);
    fn comment(&mut self, text: &str);
    fn doctype(&mut self, doctype: &Doctype);
    /// The end of the page.
    fn end(&mut self);
    /// Whether the current element is one of SVG or `MathML`.
    fn is_foreign(&self) -> bool;
    /// Whether no more tokens are wanted; the page ends here for the sink.
    fn is_full(&self) -> bool {
        false
    }
}

/// A doctype, its name in lower case.
#[derive(Debug, Default)]
pub(in super::super) struct Doctype {
    pub(in super::super) name: Option<String>,
    pub(in super::super) public_id: Option<String>,
    pub(in super::super) system_id: Option<String>,
    pub(in super::super) force_quirks: bool,
}

/// A range of bytes.
pub(in super::super) type Range = std::ops::Range<usize>;

/// An attribute of a tag.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) name: AttrName,
    /// The name as it stands in the page.
    pub(super) written: Range,
    /// Its [`name_number`], where the name itself does not tell it.
    pub(super) number: u64,
    pub(super) value: Value,
}

/// Where a value stands.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// In the page.
    AsIs(Range),
    /// Among the values of the tag that had to be decoded.
    Decoded(Range),
}

/// A start tag.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct StartTag<'t> {
    pub(in super::super) name: Name,
    pub(in super::super) self_closing: bool,
    /// The list itself, not a slice of it: its length has just been stored, and reading it with what was
    /// stored before would wait for that.
    pub(super) attrs: &'t Vec<Attribute>,
    pub(super) page: &'t str,
    pub(super) decoded: &'t String,
}

static NO_ATTRS: Vec<Attribute> = Vec::new();
static NO_TEXT: String = String::new();

impl<'t> StartTag<'t> {
    /// A tag without attributes.
    pub(in super::super) fn bare(name: Name) -> Self {
        Self {
            name,
            self_closing: false,
            attrs: &NO_ATTRS,
            page: "",
            decoded: &NO_TEXT,
        }
    }

    /// The same tag with another name.
    pub(in super::super) fn called(self, name: Name) -> Self {
        Self { name, ..self }
    }

    pub(in super::super) fn has_attrs(&self) -> bool {
        !self.attrs.is_empty()
    }

    /// The attributes that the arena keeps; in SVG and `MathML` some have other names.
    pub(in super::super) fn kept(
        self,
        is_foreign: bool,
    ) -> impl Iterator<Item = (Attr, Given<'t>)> {
        self.attrs.iter().filter_map(move |attr| {
            let name = match attr.name {
                AttrName::Kept(name) => name,
                AttrName::Foreign(name) if is_foreign => name,
                AttrName::Foreign(_) | AttrName::Other => return None,
            };
            Some((name, Given { tag: self, attr }))
        })
    }

    /// The value of an attribute that the arena keeps.
    pub(in super::super) fn attr(self, wanted: Attr) -> Option<&'t str> {
        let mut kept = self.kept(false);
        kept.find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.text())
    }

    /// All attributes that were told, their names as they are written in the page.
    pub(in super::super) fn written(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        let name = move |attr: &'t Attribute| self.page.get(attr.written.clone());
        let attrs = self.attrs.iter();
        attrs.map(move |attr| (name(attr).unwrap_or_default(), self.value(attr)))
    }

    /// Whether it has an attribute of that name, which the arena need not keep.
    pub(in super::super) fn has(self, wanted: &str) -> bool {
        self.written()
            .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    }

    fn value(self, attr: &Attribute) -> &'t str {
        let value = match &attr.value {
            Value::AsIs(range) => self.page.get(range.clone()),
            Value::Decoded(range) => self.decoded.get(range.clone()),
        };
        value.unwrap_or_default()
    }
}

/// The value that a tag gives an attribute.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Given<'t> {
    tag: StartTag<'t>,
    attr: &'t Attribute,
}

impl<'t> Given<'t> {
    /// Where it stands in the page, if it stands there as it is.
    pub(in super::super) fn place(self) -> Option<&'t Range> {
        match &self.attr.value {
            Value::AsIs(range) => Some(range),
            Value::Decoded(_) => None,
        }
    }

    pub(in super::super) fn text(self) -> &'t str {
        self.tag.value(self.attr)
    }
}

/// Whether two names of attributes are one, as they should be written.
pub(super) fn is_same_name(one: &str, other: &str) -> bool {
    as_they_should_be(one).eq(as_they_should_be(other))
}

/// A number that two names share if they are one, and most others do not: a tag may have some hundred names.
pub(super) fn name_number(name: &str) -> u64 {
    let next = |number: u64, c: char| (number.rotate_left(5) ^ u64::from(c)).wrapping_mul(MIX);
    as_they_should_be(name).fold(0, next)
}

/// The letters that `as_written` gives.
fn as_they_should_be(name: &str) -> impl Iterator<Item = char> {
    let of_nul = |c| if c == '\0' { '\u{fffd}' } else { c };
    name.chars().map(move |c| of_nul(c.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::super::super::elements::as_written;
    use super::*;

    #[test]
    fn names_are_one_in_any_case_and_with_nul_replaced() {
        for (one, other, is) in [
            ("on-Click", "ON-click", true),
            ("a\0", "A\u{fffd}", true),
            ("a\0", "a", false),
            ("ä", "Ä", false),
            ("", "", true),
        ] {
            assert_eq!(is_same_name(one, other), is, "{one} {other}");
            assert_eq!(name_number(one) == name_number(other), is, "{one} {other}");
            assert_eq!(as_written(one) == as_written(other), is, "{one} {other}");
        }
    }
}
