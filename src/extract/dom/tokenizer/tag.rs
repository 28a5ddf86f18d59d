//! Tags: the tag name, attribute and self-closing start tag states.

use memchr::{memchr, memchr2};

use super::super::elements::{AttrName, Name, Sets};
use super::token::{Attribute, Range, Value, is_same_name, name_number};
use super::{Content, Sink, StartTag, Tokenizer};
use crate::extract::eight;
use crate::extract::short::Key;

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

/// What ends the name of an attribute, after its first byte.
const NAME_ENDS: u8 = SPACE | SLASH | CLOSE | EQUALS;

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

/// Where the value of an attribute is written.
struct Written {
    from: usize,
    to: usize,
    /// Whether there may be character references in it.
    may_refer: bool,
}

impl<S: Sink> Tokenizer<'_, S> {
    /// The start tag whose name begins here.
    pub(super) fn start_tag(&mut self) {
        let (name, written) = self.tag_name();
        let is_asked = name.sets().meets(Sets::COMPARED) || name.sets().meets(Sets::ASKED);
        let all = self.options.all_attributes || is_asked;
        self.attrs.clear();
        self.values.clear();
        let mut seen = 0;
        let Some(self_closing) = self.attributes(|this| this.attribute(all, &mut seen)) else {
            return self.drop_rest();
        };
        let tag = StartTag {
            name,
            self_closing,
            attrs: &self.attrs,
            page: self.html,
            decoded: &self.values,
        };
        self.content = self.sink.start_tag(&tag);
        if self.content != Content::Data {
            self.last_start = self.slice(written.start, written.end);
        }
    }

    /// The end tag whose name begins here; its attributes mean nothing.
    pub(super) fn end_tag(&mut self) {
        let (name, _) = self.tag_name();
        if self.attributes(Self::skip_attribute).is_none() {
            return self.drop_rest();
        }
        self.sink.end_tag(name);
    }

    /// Goes past the name of a tag.
    #[expect(
        clippy::inline_always,
        reason = "of two callers; 0.5 % of the instructions of an extraction"
    )]
    #[inline(always)]
    fn tag_name(&mut self) -> (Name, Range) {
        let from = self.at;
        if let Some((key, to)) = self.short_name(from, SPACE | SLASH | CLOSE)
            && let Some(name) = self.names.known_element(key)
        {
            self.at = to;
            return (name, from..to);
        }
        let to = self.name_end(from, SPACE | SLASH | CLOSE);
        let text = self.slice(from, to);
        self.at = to;
        (self.names.element(self.bytes, from, to, text), from..to)
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

    /// Goes past an attribute, and keeps it unless it is one too many, or one that nobody asks for.
    fn attribute(&mut self, all: bool, seen: &mut usize) -> Option<()> {
        let from = self.at;
        *seen += 1;
        let name = if let Some((key, to)) = self.short_name(from, NAME_ENDS) {
            self.at = to;
            self.names.attr_of_key(key)
        } else {
            let to = self.attribute_name();
            self.names.attr(self.bytes, from, to)
        };
        let to = self.at;
        let is_kept = (all || name != AttrName::Other) && *seen <= self.options.attributes;
        let value = self.value()?;
        if is_kept {
            self.keep(name, from..to, &value);
        }
        Some(())
    }

    fn keep(&mut self, name: AttrName, written: Range, value: &Written) {
        let text = |written: &Range| self.slice(written.start, written.end);
        let number = if name == AttrName::Other {
            name_number(text(&written))
        } else {
            0
        };
        let is_there = |have: &Attribute| {
            (have.name, have.number) == (name, number)
                && (name != AttrName::Other || is_same_name(text(&have.written), text(&written)))
        };
        // Of two of one name the first counts.
        if !self.attrs.iter().any(is_there) {
            let value = self.value_text(value);
            self.attrs.push(Attribute {
                name,
                written,
                number,
                value,
            });
        }
    }

    fn value_text(&mut self, written: &Written) -> Value {
        let Written { from, to, .. } = *written;
        if !written.may_refer && !self.has_nul {
            return Value::AsIs(from..to);
        }
        let (start, after) = (self.values.len(), self.at);
        let rest = self.decode(from, to, true);
        self.at = after;
        let rest = self.whole(rest, to);
        self.values.push_str(&self.decoded);
        self.values.push_str(&rest);
        self.decoded.clear();
        Value::Decoded(start..self.values.len())
    }

    fn skip_attribute(&mut self) -> Option<()> {
        self.attribute_name();
        self.value().map(|_| ())
    }

    /// Goes past an attribute's name, whose first byte may be a `=`.
    fn attribute_name(&mut self) -> usize {
        self.at = self.name_end(self.at + 1, NAME_ENDS);
        self.at
    }

    /// Goes past an attribute's value and gives its range, which is empty when there is none; none when
    /// the page ends in it.
    #[inline]
    fn value(&mut self) -> Option<Written> {
        self.skip_space();
        if self.byte(self.at)? != b'=' {
            let (from, to) = (self.at, self.at);
            let may_refer = false;
            return Some(Written {
                from,
                to,
                may_refer,
            });
        }
        self.at += 1;
        self.skip_space();
        let from = self.at;
        let first = self.byte(from)?;
        if matches!(first, b'"' | b'\'') {
            return self.quoted(from + 1, first);
        }
        self.at = self.until(from, SPACE | CLOSE);
        Some(Written {
            from,
            to: self.at,
            may_refer: memchr(b'&', &self.bytes[from..self.at]).is_some(),
        })
    }

    /// Goes past a value in quotes, and looks for the end and for references at once.
    #[inline]
    fn quoted(&mut self, from: usize, quote: u8) -> Option<Written> {
        let mut to = from + memchr2(quote, b'&', &self.bytes[from..])?;
        let may_refer = self.bytes[to] == b'&';
        if may_refer {
            to += memchr(quote, &self.bytes[to..])?;
        }
        self.at = to + 1;
        Some(Written {
            from,
            to,
            may_refer,
        })
    }

    #[inline]
    pub(super) fn skip_space(&mut self) {
        let mut at = self.at;
        while self.byte(at).is_some_and(is_space) {
            at += 1;
        }
        self.at = at;
    }

    /// The key of a name of at most seven bytes from `from` on, the first of which ends none, and where it ends at
    /// one of that class. Nearly all names are that short, and have no byte in them that is looked at twice.
    #[inline]
    fn short_name(&self, from: usize, class: u8) -> Option<(Key, usize)> {
        let chunk = self.bytes.get(from..).and_then(<[u8]>::first_chunk)?;
        let bytes = u64::from_le_bytes(*chunk);
        let ends = may_end(bytes) & !0xff;
        if ends == 0 {
            return None;
        }
        let len = eight::first(ends);
        let to = from + len;
        if CLASS[usize::from(self.bytes[to])] & class == 0 {
            return None;
        }
        Some((Key::of_first(bytes, len)?, to))
    }

    /// [`Self::until`] for names, whose ends cannot be guessed: eight bytes are looked at together.
    #[inline]
    fn name_end(&self, from: usize, class: u8) -> usize {
        let mut at = from;
        while let Some(chunk) = self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let ends = may_end(u64::from_le_bytes(*chunk));
            if ends == 0 {
                at += chunk.len();
                continue;
            }
            at += eight::first(ends);
            if CLASS[usize::from(self.bytes[at])] & class != 0 {
                return at;
            }
            at += 1;
        }
        self.until(at, class)
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

/// Says in the upper bit of each of eight bytes whether a name may end there: at what is no greater than a space,
/// and at `/`, `=` and `>`. No end is missed, and the first that is told is one; those after it need not be.
#[inline]
fn may_end(bytes: u64) -> u64 {
    let is = |byte| eight::may_be(bytes, byte);
    eight::may_be_less(bytes, b' ' + 1) | is(b'/') | is(b'=') | is(b'>')
}
