//! Tags: the tag name, attribute and self-closing start tag states.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind, Token};
use html5ever::{Attribute, LocalName, QualName, ns};
use memchr::memchr;

use super::{Sink, Tokenizer};

/// White space inside tags; a carriage return is none after preprocessing.
pub(super) fn is_space(byte: u8) -> bool {
    CLASS[usize::from(byte)] & SPACE != 0
}

/// Whether a tag's name ends before this byte.
pub(super) fn ends_name(byte: u8) -> bool {
    CLASS[usize::from(byte)] & (SPACE | SLASH | CLOSE) != 0
}

const SPACE: u8 = 1;
const SLASH: u8 = 2;
const CLOSE: u8 = 4;
const EQUALS: u8 = 8;

/// What a byte is inside a tag.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    class[b'\t' as usize] = SPACE;
    class[b'\n' as usize] = SPACE;
    class[b'\x0c' as usize] = SPACE;
    class[b' ' as usize] = SPACE;
    class[b'/' as usize] = SLASH;
    class[b'>' as usize] = CLOSE;
    class[b'=' as usize] = EQUALS;
    class
};

/// The attributes of a tag so far.
#[derive(Default)]
struct Attributes {
    kept: Vec<Attribute>,
    /// How many there were, kept or not.
    seen: usize,
    had_duplicate: bool,
}

impl<S: Sink> Tokenizer<'_, S> {
    /// The start tag whose name begins here.
    pub(super) fn start_tag(&mut self) {
        let from = self.at;
        let to = self.until(from, SPACE | SLASH | CLOSE);
        let name = self.names.tag(self.bytes, from, to, self.slice(from, to));
        let all = self.options.all_attributes || name.is_compared;
        let mut attributes = Attributes::default();
        self.at = to;
        let Some(self_closing) = self.attributes(|this| this.attribute(all, &mut attributes))
        else {
            return self.drop_rest();
        };
        let tag = Tag {
            kind: TagKind::StartTag,
            name: name.local.clone(),
            self_closing,
            attrs: attributes.kept,
            had_duplicate_attributes: attributes.had_duplicate,
        };
        let answer = self.process(Token::TagToken(tag));
        self.follow(&answer, name.local);
    }

    /// The end tag whose name begins here; its attributes mean nothing.
    pub(super) fn end_tag(&mut self) {
        let from = self.at;
        let to = self.until(from, SPACE | SLASH | CLOSE);
        let name = self.names.tag(self.bytes, from, to, self.slice(from, to));
        self.at = to;
        let Some(self_closing) = self.attributes(Self::skip_attribute) else {
            return self.drop_rest();
        };
        self.emit(Token::TagToken(Tag {
            kind: TagKind::EndTag,
            name: name.local,
            self_closing,
            attrs: Vec::new(),
            had_duplicate_attributes: false,
        }));
    }

    /// A tag that the page ends in is none.
    fn drop_rest(&mut self) {
        self.at = self.bytes.len();
    }

    /// Goes to the tag's end with `each` for an attribute; whether it closes itself, or none when the
    /// page ends first.
    fn attributes(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<bool> {
        loop {
            self.skip_space();
            match self.byte(self.at)? {
                b'>' => {
                    self.at += 1;
                    return Some(false);
                }
                b'/' => {
                    self.at += 1;
                    if self.byte(self.at)? == b'>' {
                        self.at += 1;
                        return Some(true);
                    }
                }
                _ => each(self)?,
            }
        }
    }

    fn attribute(&mut self, all: bool, attributes: &mut Attributes) -> Option<()> {
        let (from, to) = (self.at, self.attribute_name());
        attributes.seen += 1;
        let name = if attributes.seen > self.options.attributes {
            None
        } else if let Some(known) = self.names.kept_attribute(self.bytes, from, to) {
            Some(known.clone())
        } else {
            let name = self.html.get(from..to).filter(|_| all);
            name.and_then(|name| self.names.other(name))
        };
        let (from, to) = self.value()?;
        if let Some(name) = name {
            self.keep(attributes, name, from, to);
        }
        Some(())
    }

    fn keep(&mut self, attributes: &mut Attributes, name: LocalName, from: usize, to: usize) {
        let is_first = |have: &Attribute| have.name.local != name;
        if !attributes.kept.iter().all(is_first) {
            attributes.had_duplicate = true;
            return;
        }
        let value = self.value_text(from, to);
        let name = QualName::new(None, ns!(), name);
        attributes.kept.push(Attribute { name, value });
    }

    fn value_text(&mut self, from: usize, to: usize) -> StrTendril {
        if memchr(b'&', &self.bytes[from..to]).is_none() {
            return self.whole(from, to);
        }
        let after = self.at;
        let text = self.decode(from, to, true);
        self.at = after;
        text
    }

    fn skip_attribute(&mut self) -> Option<()> {
        self.attribute_name();
        self.value().map(|_| ())
    }

    /// Goes past an attribute's name, whose first byte may be a `=`.
    fn attribute_name(&mut self) -> usize {
        self.at = self.until(self.at + 1, SPACE | SLASH | CLOSE | EQUALS);
        self.at
    }

    /// Goes past an attribute's value and gives its range, which is empty when there is none; none when
    /// the page ends in it.
    #[inline]
    fn value(&mut self) -> Option<(usize, usize)> {
        self.skip_space();
        if self.byte(self.at)? != b'=' {
            return Some((self.at, self.at));
        }
        self.at += 1;
        self.skip_space();
        let from = self.at;
        let first = self.byte(from)?;
        if matches!(first, b'"' | b'\'') {
            let to = from + 1 + memchr(first, &self.bytes[from + 1..])?;
            self.at = to + 1;
            return Some((from + 1, to));
        }
        self.at = self.until(from, SPACE | CLOSE);
        Some((from, self.at))
    }

    #[inline]
    pub(super) fn skip_space(&mut self) {
        while self.byte(self.at).is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// The first byte of that class from `from` on, or the page's end.
    #[inline]
    fn until(&self, from: usize, class: u8) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let found = rest
            .iter()
            .position(|&byte| CLASS[usize::from(byte)] & class != 0);
        found.map_or(self.bytes.len(), |len| from + len)
    }
}
