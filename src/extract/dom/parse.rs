//! Drives the tree builder over a page, with a guard between tokenizer and tree builder.

use std::cell::Cell;

use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{LocalName, local_name};

use super::selectable::Selectable;
use super::sink::{Builder, Handle};
use super::tokenizer::{Input, Options, Sink, Tokenizer};
use super::{Limits, Tree};

/// Parses a page as a browser with scripts enabled does, within `limits`.
///
/// The content of `<noscript>` is one text node; parse it again when it is wanted.
#[must_use]
pub fn parse(html: &str, limits: &Limits) -> Tree {
    build(html, limits, false, Builder::new).into_tree()
}

/// Parses a page as [`parse()`] does, and keeps what selectors ask for.
#[must_use]
pub fn parse_selectable(html: &str, limits: &Limits) -> (Tree, Selectable) {
    build(html, limits, true, Builder::keeping_all).into_selectable()
}

pub(super) fn build(
    html: &str,
    limits: &Limits,
    all_attributes: bool,
    new: impl FnOnce(Limits, usize) -> Builder,
) -> Builder {
    let options = Options {
        all_attributes,
        attributes: usize::from(limits.attributes),
        comments: false,
    };
    // Its decoder drops a byte order mark, but not everybody has one.
    let input = Input::new(html.strip_prefix('\u{feff}').unwrap_or(html));
    let guard = Guard::new(new(*limits, html.len()), limits.depth, html.len());
    Tokenizer::new(&guard, &input, options).run();
    guard.tree_builder.sink
}

/// The tree builder looks through open elements at each tag, so that 20 MB of `<div>` at the greatest
/// depth took 37 s. A page may have so many looks at elements deeper than [`USUAL_DEPTH`]: what is free, and
/// one more for so many bytes of the page.
const LOOKS_FREE: u64 = 1 << 23;
const BYTES_PER_LOOK: u64 = 2;

/// Up to this depth looks are not counted: pages are rarely deeper.
const USUAL_DEPTH: u16 = 64;

/// The greatest depth of the rest of a page that has used up its looks; two are `<html>` and `<body>`.
const SHALLOW: u16 = 4;

/// What a formatting element with attributes costs for each element that it is deeper than usual for such:
/// it is compared with all open ones of its name (HTML Standard §13.2.4.3). Without attributes no more than
/// three of a name are in the way.
const COMPARED_LOOKS: u64 = 8;
const COMPARED_USUAL_DEPTH: u16 = 16;

/// Keeps the page from nesting too deep, and drops everything once the tree is full.
///
/// At the greatest depth each start tag first closes the element it would be put into and so
/// becomes its sibling, as in browsers.
struct Guard {
    tree_builder: TreeBuilder<Handle, Builder>,
    depth: u16,
    looks_left: Cell<u64>,
}

impl Guard {
    fn new(builder: Builder, depth: u16, page_bytes: usize) -> Self {
        let page_bytes = u64::try_from(page_bytes).unwrap_or(u64::MAX);
        let looks = LOOKS_FREE + page_bytes / BYTES_PER_LOOK;
        Self {
            tree_builder: TreeBuilder::new(builder, TreeBuilderOpts::default()),
            depth,
            looks_left: Cell::new(looks),
        }
    }

    /// The element that the next one would be put into, its depth, and whether it is one of SVG or
    /// `MathML`.
    fn current(&self) -> (Handle, u16, bool) {
        // The parser does not say where it stands; to answer this it asks for the current node's name.
        let is_foreign = self.adjusted_current_node_present_but_not_in_html_namespace();
        let sink = &self.tree_builder.sink;
        (sink.named(), sink.depth(sink.named()), is_foreign)
    }

    fn make_room(&self, tag: &mut Tag) {
        let (element, depth, is_foreign) = self.current();
        let is_compared = !tag.attrs.is_empty() && is_formatting(&tag.name);
        let looks = if is_compared {
            COMPARED_LOOKS * u64::from(depth.saturating_sub(COMPARED_USUAL_DEPTH))
        } else {
            u64::from(depth.saturating_sub(USUAL_DEPTH))
        };
        let left = self.looks_left.get();
        self.looks_left.set(left.saturating_sub(looks));
        // Looks end at foreign elements, and what a picture has swallowed stays in it.
        if left == 0 && !is_foreign {
            if is_compared {
                tag.attrs.clear();
            }
            self.close_until(SHALLOW);
        } else if depth >= self.depth && tag.kind == TagKind::StartTag {
            self.tree_builder.sink.note_depth();
            self.close(self.tree_builder.sink.local_name(element));
        }
    }

    /// Closes elements until one less deep than `most` is open, or one that nothing closes.
    fn close_until(&self, most: u16) {
        loop {
            let (element, depth, is_foreign) = self.current();
            if depth < most || is_foreign {
                return;
            }
            self.tree_builder.sink.note_depth();
            self.close(self.tree_builder.sink.local_name(element));
            if self.current().1 >= depth {
                return;
            }
        }
    }

    fn close(&self, name: LocalName) {
        let close = Tag {
            kind: TagKind::EndTag,
            name,
            self_closing: false,
            attrs: Vec::new(),
            had_duplicate_attributes: false,
        };
        let _ = self.tree_builder.process_token(Token::TagToken(close), 1);
    }
}

/// The formatting elements of the standard, but for `<a>`, of which one is open.
fn is_formatting(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("b")
            | local_name!("big")
            | local_name!("code")
            | local_name!("em")
            | local_name!("font")
            | local_name!("i")
            | local_name!("nobr")
            | local_name!("s")
            | local_name!("small")
            | local_name!("strike")
            | local_name!("strong")
            | local_name!("tt")
            | local_name!("u")
    )
}

impl Sink for Guard {
    fn is_full(&self) -> bool {
        self.tree_builder.sink.is_full()
    }
}

impl TokenSink for Guard {
    type Handle = Handle;

    fn process_token(&self, mut token: Token, line: u64) -> TokenSinkResult<Handle> {
        if self.is_full() && token != Token::EOFToken {
            return TokenSinkResult::Continue;
        }
        if let Token::TagToken(tag) = &mut token {
            self.make_room(tag);
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

#[cfg(test)]
mod tests {
    use super::super::{Attr, Tag};
    use super::*;

    #[test]
    fn attributes_past_the_limit_are_not_kept() {
        let flood: String = (0..5_000).map(|n| format!(" a{n}=''")).collect();
        let html = format!("<div id=a{flood} class=b>one</div><p title=c>two");
        let tree = parse(&html, &Limits::default());
        let div = tree.find(0, Tag::Div).unwrap();
        assert_eq!(tree.attr(div, Attr::Id), Some("a"));
        assert_eq!(tree.attr(div, Attr::Class), None);
        assert_eq!(tree.text_below(0), "onetwo");
        let (_, page) = parse_selectable(&html, &Limits::default());
        assert_eq!(page.hits(&"[a254]".parse().unwrap()).len(), 1);
        assert_eq!(page.hits(&"[a255]".parse().unwrap()).len(), 0);
    }

    #[test]
    fn a_page_that_is_deep_for_long_becomes_flat() {
        let deep = "<div>".repeat(600);
        let html = format!("{deep}{}", "<div>x</div>".repeat(20_000));
        let tree = parse(&html, &Limits::default());
        let last = tree.len() - 1;
        assert_eq!(tree.text(last), Some("x"));
        assert!(tree.cut.depth && tree.depth(last) <= SHALLOW + 1);
        assert_eq!(tree.text_below(0).len(), 20_000);
    }

    #[test]
    fn formatting_with_attributes_becomes_flat_sooner() {
        let html: String = (0..6_000).map(|n| format!("<b id={n}>x")).collect();
        let tree = parse(&html, &Limits::default());
        let last = tree.len() - 1;
        assert!(tree.depth(last) <= SHALLOW + 1, "{}", tree.depth(last));
        assert_eq!(tree.attr(tree.parent(last), Attr::Id), None);
        assert_eq!(tree.text_below(0).len(), 6_000);
    }

    #[test]
    fn names_without_end_share_one() {
        let html: String = (0..20_000)
            .map(|n| format!("<own-{n}>x</own-{n}>"))
            .collect();
        let tree = parse(&html, &Limits::default());
        assert!(tree.ids().all(|id| tree.depth(id) <= 4));
    }

    #[test]
    fn one_byte_order_mark_is_dropped() {
        let tree = parse("\u{feff}a<script></script>\u{feff}b", &Limits::default());
        // html5ever's tokenizer drops one after each script, too.
        assert_eq!(tree.text_below(0), "a\u{feff}b");
    }
}
