//! Drives html5ever over a page, with a guard between its tokenizer and its tree builder.

use html5ever::TokenizerResult;
use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};

use super::attrs::without_floods;
use super::selectable::Selectable;
use super::sink::Builder;
use super::{Limits, NodeId, Tree};

/// Parses a page as a browser with scripts enabled does, within `limits`.
///
/// The content of `<noscript>` is one text node; parse it again when it is wanted.
#[must_use]
pub fn parse(html: &str, limits: &Limits) -> Tree {
    build(html, limits, Builder::new).into_tree()
}

/// Parses a page as [`parse()`] does, and keeps what selectors ask for.
#[must_use]
pub fn parse_selectable(html: &str, limits: &Limits) -> (Tree, Selectable) {
    build(html, limits, Builder::keeping_all).into_selectable()
}

pub(super) fn build(
    html: &str,
    limits: &Limits,
    new: impl FnOnce(Limits, usize) -> Builder,
) -> Builder {
    let html = without_floods(html, usize::from(limits.attributes));
    let builder = new(*limits, html.len());
    let tree_builder = TreeBuilder::new(builder, TreeBuilderOpts::default());
    let tokenizer = Tokenizer::new(Guard { tree_builder }, TokenizerOpts::default());
    feed(&tokenizer, &html);
    tokenizer.sink.tree_builder.sink
}

/// One tendril holds at most 4 GiB, so a page is fed in pieces.
const PIECE_BYTES: usize = 1 << 20;

fn feed(tokenizer: &Tokenizer<Guard>, html: &str) {
    let queue = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() && !tokenizer.sink.tree_builder.sink.is_full() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        rest = after;
        queue.push_back(StrTendril::from_slice(piece));
        // A script or an encoding label pauses the tokenizer; we run none and decode before.
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    }
    tokenizer.end();
}

/// Keeps the page from nesting too deep, and drops everything once the tree is full.
///
/// At the greatest depth each start tag first closes the element it would be put into and so
/// becomes its sibling, as in browsers.
struct Guard {
    tree_builder: TreeBuilder<NodeId, Builder>,
}

impl Guard {
    fn close_too_deep(&self, tag: &Tag, line: u64) {
        if tag.kind != TagKind::StartTag {
            return;
        }
        // The parser does not say where it stands; to answer this it asks for the current node's name.
        let _ = self.adjusted_current_node_present_but_not_in_html_namespace();
        if let Some(name) = self.tree_builder.sink.too_deep() {
            let close = Tag {
                kind: TagKind::EndTag,
                name,
                self_closing: false,
                attrs: Vec::new(),
                had_duplicate_attributes: false,
            };
            let _ = self
                .tree_builder
                .process_token(Token::TagToken(close), line);
        }
    }
}

impl TokenSink for Guard {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        let sink = &self.tree_builder.sink;
        if sink.is_full() && token != Token::EOFToken {
            return TokenSinkResult::Continue;
        }
        if let Token::TagToken(tag) = &token {
            self.close_too_deep(tag, line);
        }
        self.tree_builder.process_token(token, line)
    }

    fn end(&self) {
        self.tree_builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.tree_builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}
