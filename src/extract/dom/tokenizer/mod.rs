//! The tokenizer of the HTML Standard (§13.2.5) over a whole page.
//!
//! A page lies in memory as one text, so that the standard's states become ways through it: a text is a
//! range from here to the next `<`, found by memchr, and not a character at a time. Ranges go to the
//! tree builder as they are, without a copy; character references are decoded only where there is a `&`,
//! and only in what is emitted. Parse errors are not told: nobody here reads them.
//!
//! Comes in: an [`Input`]. Goes out: tokens, into a [`Sink`], which answers of what kind the text after a
//! start tag is. html5ever's own tokenizer is the oracle of the tests.
//!
//! Never: panic on any input, go back in it.

mod char_ref;
mod comment;
mod doctype;
mod input;
mod markup;
mod script;
mod tag;
#[cfg(test)]
pub(super) mod tests;
mod text;
mod token;

use super::elements::PageNames;

pub(super) use input::Input;
use token::Attribute;
pub(super) use token::{Content, Doctype, Sink, StartTag};

/// What is told of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// All attributes, or only those that the arena keeps and the tree builder needs.
    pub(super) all_attributes: bool,
    /// How many attributes of a tag are looked at.
    pub(super) attributes: usize,
}

/// A page on its way into a sink.
pub(super) struct Tokenizer<'a, S> {
    sink: S,
    options: Options,
    /// The text of the page, and its bytes.
    html: &'a str,
    bytes: &'a [u8],
    has_nul: bool,
    at: usize,
    content: Content,
    /// The start tag before the text that stands here, which alone its end tag can end.
    last_start: &'a str,
    /// The beginning of a text with character references.
    decoded: String,
    /// The attributes of a tag, and those of their values that had to be decoded.
    attrs: Vec<Attribute>,
    values: String,
    names: PageNames,
}

impl<'a, S: Sink> Tokenizer<'a, S> {
    pub(super) fn new(sink: S, input: &'a Input, options: Options) -> Self {
        let html = input.text();
        Self {
            sink,
            options,
            html,
            bytes: html.as_bytes(),
            has_nul: input.has_nul,
            at: 0,
            content: Content::Data,
            last_start: "",
            decoded: String::new(),
            attrs: Vec::new(),
            values: String::new(),
            names: PageNames::default(),
        }
    }

    /// Emits the whole page; gives back the sink, and the names on the page.
    pub(super) fn run(mut self) -> (S, PageNames) {
        while self.at < self.bytes.len() && !self.sink.is_full() {
            match self.content {
                Content::Data => self.data(),
                Content::Plaintext => self.raw_text(self.bytes.len()),
                Content::Rcdata => self.rcdata(),
                Content::Rawtext => self.raw_text(self.raw_end(self.at)),
                Content::Script => self.raw_text(self.script_end()),
            }
        }
        self.sink.end();
        (self.sink, self.names)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    #[expect(
        clippy::string_slice,
        reason = "ranges begin and end at ASCII bytes, or at the page's end"
    )]
    fn slice(&self, from: usize, to: usize) -> &'a str {
        &self.html[from..to]
    }
}
