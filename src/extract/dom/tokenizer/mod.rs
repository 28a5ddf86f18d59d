//! The tokenizer of the HTML Standard (§13.2.5) over a whole page.
//!
//! A page lies in memory as one text, so that the standard's states become ways through it: a text is a
//! range from here to the next `<`, found by memchr, and not a character at a time. A range goes to the
//! tree builder as a share of the page's buffer (a tendril), without a copy; character references are
//! decoded only where there is a `&`, and only in what is emitted. Parse errors are not told: nobody
//! here reads them.
//!
//! Comes in: an [`Input`]. Goes out: tokens, into html5ever's tree builder through its public
//! [`TokenSink`], which answers in which state the text after a start tag is. html5ever's own tokenizer
//! is the oracle of the tests.
//!
//! Never: panic on any input, go back in it.

mod char_ref;
mod comment;
mod doctype;
mod input;
mod markup;
mod names;
mod script;
mod tag;
#[cfg(test)]
mod tests;
mod text;

use html5ever::LocalName;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Token, TokenSink, TokenSinkResult};

pub(super) use input::Input;

/// Where tokens go.
pub(super) trait Sink: TokenSink {
    /// Whether no more tokens are wanted; the page ends here for the sink.
    fn is_full(&self) -> bool {
        false
    }
}

/// What is told of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// All attributes, or only those that the arena keeps and the tree builder needs.
    pub(super) all_attributes: bool,
    /// How many attributes of a tag are looked at.
    pub(super) attributes: usize,
    /// Whether comments have their text; without it they come empty.
    pub(super) comments: bool,
}

/// What kind of text stands here, as the last start tag decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Data,
    /// The text of `<title>` and `<textarea>`: character references, but no markup.
    Rcdata,
    /// That of `<style>`, `<iframe>` and the like.
    Rawtext,
    Script,
    /// All that follows a `<plaintext>`.
    Plaintext,
}

/// A page on its way into a sink.
pub(super) struct Tokenizer<'a, S> {
    sink: &'a S,
    options: Options,
    page: &'a StrTendril,
    /// The text of `page`, and its bytes.
    html: &'a str,
    bytes: &'a [u8],
    has_nul: bool,
    at: usize,
    content: Content,
    /// The start tag before the text that stands here, which alone its end tag can end.
    last_start: Option<LocalName>,
    /// The beginning of a text with character references.
    decoded: String,
    names: names::Names,
}

impl<'a, S: Sink> Tokenizer<'a, S> {
    pub(super) fn new(sink: &'a S, input: &'a Input, options: Options) -> Self {
        Self {
            sink,
            options,
            page: &input.page,
            html: &input.page,
            bytes: input.page.as_bytes(),
            has_nul: input.has_nul,
            at: 0,
            content: Content::Data,
            last_start: None,
            decoded: String::new(),
            names: names::Names::default(),
        }
    }

    /// Emits the whole page.
    pub(super) fn run(mut self) {
        while self.at < self.bytes.len() && !self.sink.is_full() {
            match self.content {
                Content::Data => self.data(),
                Content::Plaintext => self.raw_text(self.bytes.len()),
                Content::Rcdata => self.rcdata(),
                Content::Rawtext => self.raw_text(self.raw_end(self.at)),
                Content::Script => self.raw_text(self.script_end()),
            }
        }
        self.emit(Token::EOFToken);
        self.sink.end();
    }

    /// Emits what is no tag: the sink's answer to all else is to go on.
    fn emit(&self, token: Token) {
        let _ = self.process(token);
    }

    fn process(&self, token: Token) -> TokenSinkResult<S::Handle> {
        // The line is told to sinks that report errors; a constant one costs nothing.
        self.sink.process_token(token, 1)
    }

    /// What the text after a start tag is.
    fn follow(&mut self, answer: &TokenSinkResult<S::Handle>, name: LocalName) {
        self.content = match answer {
            TokenSinkResult::RawData(RawKind::Rcdata) => Content::Rcdata,
            TokenSinkResult::RawData(RawKind::Rawtext) => Content::Rawtext,
            TokenSinkResult::RawData(_) => Content::Script,
            TokenSinkResult::Plaintext => Content::Plaintext,
            // We run no scripts, and decode before we parse.
            TokenSinkResult::Continue
            | TokenSinkResult::Script(_)
            | TokenSinkResult::EncodingIndicator(_) => Content::Data,
        };
        if self.content != Content::Data {
            self.last_start = Some(name);
        }
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

    /// A range of the page without a copy.
    fn share(&self, from: usize, to: usize) -> StrTendril {
        // An `Input` is shorter than 4 GiB.
        let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.page.subtendril(index(from), index(to - from))
    }
}
