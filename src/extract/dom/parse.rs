//! A page → its [`Tree`]: tokenizer and tree construction together.

use super::selectable::{Kept, Selectable};
use super::tokenizer::{Input, Options, Tokenizer};
use super::tree_construction::Builder;
use super::{Limits, Tree};

/// Parses a page as a browser with scripts enabled does, within `limits`.
///
/// The content of `<noscript>` is one text node; parse it again when it is wanted.
#[must_use]
pub fn parse<'p>(html: &'p str, limits: &Limits) -> Tree<'p> {
    let input = Input::of_page(html);
    let builder = Builder::new(*limits, input.text());
    let (builder, _) = Tokenizer::new(builder, &input, options(limits, false)).run();
    let (arena, _) = builder.finish();
    let (tree, _) = arena.into_tree();
    let page = input.into_page();
    Tree { page, ..tree }
}

/// Parses a page as [`parse()`] does, and keeps what selectors ask for.
#[must_use]
pub fn parse_selectable<'p>(html: &'p str, limits: &Limits) -> (Tree<'p>, Selectable) {
    let input = Input::of_page(html);
    let builder = Builder::keeping_all(*limits, input.text());
    let (builder, names) = Tokenizer::new(builder, &input, options(limits, true)).run();
    let (arena, kept) = builder.finish();
    let (tree, built) = arena.into_tree();
    let kept = kept.unwrap_or_else(|| Kept::new(0));
    // Asks the tree where its nodes are, and for no text: the page is still the tokenizer's.
    let selectable = kept.lay_out(&tree, built.as_deref(), &names);
    let page = input.into_page();
    (Tree { page, ..tree }, selectable)
}

fn options(limits: &Limits, all_attributes: bool) -> Options {
    Options {
        all_attributes,
        attributes: usize::from(limits.attributes),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree_construction::SHALLOW;
    use super::super::{Attr, Tag};
    use super::*;

    /// The greatest depth that the parser reached, and that of the tree.
    fn depths(html: &str) -> (u16, u16) {
        let limits = Limits::default();
        let input = Input::of_page(html);
        let builder = Builder::new(limits, input.text());
        let (builder, _) = Tokenizer::new(builder, &input, options(&limits, false)).run();
        let reached = builder.arena.depth_reached();
        let (tree, _) = builder.arena.into_tree();
        let kept = tree.ids().map(|id| tree.depth(id)).max();
        (reached, kept.unwrap_or(0))
    }

    #[test]
    fn nothing_nests_deeper_than_the_limit() {
        let pages = [
            "<div>".repeat(3_000),
            format!("<div>{}", "</x>".repeat(300)).repeat(3_000),
            format!("{}{}", "<div>".repeat(500), "<object></div>".repeat(3_000)),
            "<table><tr><td>".repeat(3_000),
            "<form><object></form></object>".repeat(3_000),
            "<svg><foreignObject>".repeat(3_000),
            "<template><div>".repeat(3_000),
        ];
        let limit = Limits::default().depth;
        for html in pages {
            let (reached, kept) = depths(&html);
            // One more for the text in the deepest element, two for `<tbody><tr>`.
            assert!(reached <= limit + 3, "{html:.40}: {reached}");
            assert!(kept <= limit + 1, "{html:.40}: {kept}");
        }
        // Each paragraph opens all formatting anew; only nodes bound how deep that goes.
        let html: String = (0..800).map(|n| format!("<p><b a={n}></p>")).collect();
        assert!(depths(&format!("{html}<p>x")).1 <= limit + 1);
    }

    #[test]
    fn what_is_too_deep_stands_beside_its_parent_in_order() {
        let limits = Limits {
            depth: 4,
            ..Limits::default()
        };
        let tree = parse("<p><b><i><u>a</u>b</i>c</b>d", &limits);
        assert_eq!(tree.text_below(0), "abcd");
        assert!(tree.cut.depth && tree.ids().all(|id| tree.depth(id) <= 5));
    }

    #[test]
    fn texts_parted_by_what_is_dropped_are_one() {
        for (html, want) in [
            ("<p>one<!--x--> two", "one two"),
            ("<p>a</x>b</x>c", "abc"),
            ("<p>a &amp; b<!--x--> c", "a & b c"),
            ("<p>a\r\n<!--x-->b", "a\nb"),
            ("<p>1 < 2<!--x--> < 3", "1 < 2 < 3"),
            ("<p>one</body> two", "one two"),
        ] {
            let tree = parse(html, &Limits::default());
            let texts: Vec<&str> = tree.ids().filter_map(|id| tree.text(id)).collect();
            assert_eq!(texts, [want], "{html}");
        }
    }

    #[test]
    fn what_stands_in_the_page_is_not_copied() {
        for (html, own) in [
            ("<p class=a>1 < 2<p title='b c'>three", ""),
            ("<p>a\r\nb", ""),
            ("<p title='a &amp; b'>c &lt; d<p>e", "a & bc < d"),
        ] {
            assert_eq!(parse(html, &Limits::default()).own, own, "{html}");
        }
    }

    #[test]
    fn copies_of_an_attribute_are_one_and_of_a_long_one_few() {
        for (bytes, most) in [(5, 10_001), (100_000, 3)] {
            let class = "y".repeat(bytes);
            let html = format!("<p><b class=&amp;{class}>{}", "<p>x".repeat(10_000));
            let tree = parse(&html, &Limits::default());
            assert!(tree.own.len() < 2 * html.len(), "{}", tree.own.len());
            let kept = |id| tree.attr(id, Attr::Class);
            let copies = tree
                .ids()
                .filter_map(kept)
                .filter(|kept| kept.strip_prefix('&') == Some(&class));
            assert_eq!(copies.count(), most);
            let all = tree.ids().filter(|&id| tree.is(id, Tag::B));
            assert_eq!(all.count(), 10_001);
        }
    }

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
