//! Text: the data, RCDATA, RAWTEXT, PLAINTEXT and CDATA section states.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3, memmem};

use super::{Content, Sink, Tokenizer, char_ref};

impl<'a, S: Sink> Tokenizer<'a, S> {
    /// The data state: a text, and the markup after it.
    pub(super) fn data(&mut self) {
        let mut from = self.at;
        while let Some(at) = self.special(self.at) {
            self.at = at + 1;
            match self.bytes[at] {
                b'&' => from = self.reference(from, at, false).unwrap_or(from),
                b'<' if self.is_markup(at + 1) => {
                    self.emit_text(from, at);
                    return self.markup();
                }
                0 => {
                    self.emit_text(from, at);
                    self.sink.nul();
                    from = self.at;
                }
                _ => {}
            }
        }
        self.at = self.bytes.len();
        self.emit_text(from, self.at);
    }

    /// Where the data state has something to decide.
    #[inline]
    fn special(&self, from: usize) -> Option<usize> {
        let rest = &self.bytes[from..];
        // Four of ten tags stand right behind another, and most texts are a line end and a few spaces.
        if rest.first() == Some(&b'<') {
            return Some(from);
        }
        let found = if self.has_nul {
            memchr3(b'<', b'&', 0, rest)
        } else {
            memchr2(b'<', b'&', rest)
        };
        found.map(|at| from + at)
    }

    /// Decodes the reference at `at`, if it is one: the text from `from` on before it, and its
    /// characters, then stand in `decoded`. Says where the text goes on.
    fn reference(&mut self, from: usize, at: usize, in_attribute: bool) -> Option<usize> {
        let (chars, end) = char_ref::read(self.html, at + 1, in_attribute)?;
        let before = self.slice(from, at);
        self.push(before);
        self.decoded.extend(chars.into_iter().flatten());
        self.at = end;
        Some(end)
    }

    /// Adds a text to `decoded`; a U+0000 becomes U+FFFD.
    fn push(&mut self, text: &str) {
        if self.has_nul && memchr(0, text.as_bytes()).is_some() {
            self.decoded.push_str(&text.replace('\0', "\u{fffd}"));
        } else {
            self.decoded.push_str(text);
        }
    }

    /// Emits a text that ends with this range and begins with what is decoded.
    fn emit_text(&mut self, from: usize, to: usize) {
        let text = self.slice(from, to);
        if self.decoded.is_empty() {
            if !text.is_empty() {
                self.sink.text(text);
            }
            return;
        }
        self.decoded.push_str(text);
        self.sink.text(&self.decoded);
        self.decoded.clear();
    }

    /// Decodes the character references of a range into `decoded`; where what is left of it begins.
    pub(super) fn decode(&mut self, from: usize, to: usize, in_attribute: bool) -> usize {
        let mut copied = from;
        self.at = from;
        while let Some(at) = memchr(b'&', &self.bytes[self.at..to]).map(|at| self.at + at) {
            self.at = at + 1;
            copied = self.reference(copied, at, in_attribute).unwrap_or(copied);
        }
        self.at = to;
        copied
    }

    /// A range as it is; a U+0000 becomes U+FFFD.
    pub(super) fn whole(&self, from: usize, to: usize) -> Cow<'a, str> {
        let text = self.slice(from, to);
        if self.has_nul && memchr(0, text.as_bytes()).is_some() {
            return Cow::Owned(text.replace('\0', "\u{fffd}"));
        }
        Cow::Borrowed(text)
    }

    pub(super) fn rcdata(&mut self) {
        let end = self.raw_end(self.at);
        let rest = self.decode(self.at, end, false);
        let rest = self.slice(rest, end);
        self.push(rest);
        self.emit_text(end, end);
        self.end_raw(end);
    }

    /// A text without references up to `end`, and the end tag there.
    pub(super) fn raw_text(&mut self, end: usize) {
        let text = self.whole(self.at, end);
        if !text.is_empty() {
            self.sink.text(&text);
        }
        self.end_raw(end);
    }

    fn end_raw(&mut self, end: usize) {
        self.content = Content::Data;
        self.at = end;
        if end < self.bytes.len() {
            self.at = end + 2;
            self.end_tag();
        }
    }

    /// Where the end tag of this text begins, from `from` on, or the page's end.
    pub(super) fn raw_end(&self, from: usize) -> usize {
        let opens = memchr::memchr_iter(b'<', &self.bytes[from..]);
        opens
            .map(|open| from + open)
            .find(|&open| self.ends_raw(open))
            .unwrap_or(self.bytes.len())
    }

    /// Whether an appropriate end tag begins at `open`, where a `<` is.
    pub(super) fn ends_raw(&self, open: usize) -> bool {
        let name = self.last_start;
        if name.is_empty() {
            return false;
        }
        let from = open + 2;
        let to = from + name.len();
        self.byte(open + 1) == Some(b'/')
            && self
                .bytes
                .get(from..to)
                .is_some_and(|here| here.eq_ignore_ascii_case(name.as_bytes()))
            && self.byte(to).is_some_and(super::tag::ends_name)
    }

    /// The CDATA section state, which only SVG and `MathML` have.
    pub(super) fn cdata(&mut self) {
        let rest = &self.bytes[self.at..];
        let close = memmem::find(rest, b"]]>");
        let end = close.map_or(self.bytes.len(), |close| self.at + close);
        let mut from = self.at;
        while let Some(nul) = memchr(0, &self.bytes[from..end]).filter(|_| self.has_nul) {
            self.emit_text(from, from + nul);
            self.sink.nul();
            from += nul + 1;
        }
        self.emit_text(from, end);
        self.at = (end + 3).min(self.bytes.len());
    }
}
