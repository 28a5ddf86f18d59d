//! Our arena against `scraper`, which holds the tree that the standard asks for.

use chaffinch::extract::dom::{Attr, Cut, Limits, Tag, Tree, parse, parse_selectable};
use proptest::prelude::*;
use scraper::{ElementRef, Html, Node, Selector};

/// Some of the attributes that the arena keeps.
const ATTRS: [(Attr, &str); 5] = [
    (Attr::Class, "class"),
    (Attr::Content, "content"),
    (Attr::Href, "href"),
    (Attr::Id, "id"),
    (Attr::Lang, "lang"),
];

/// The tree as text: an element's depth, name and attributes, and joined runs of text. Both sides
/// leave out what the arena does not keep: comments, doctypes, the contents of templates, and the text of
/// scripts and styles that are no JSON-LD.
fn ours(tree: &Tree) -> Vec<String> {
    let mut out = Vec::new();
    for id in tree.ids().skip(1) {
        match (tree.tag(id), tree.text(id)) {
            (Some(tag), _) => {
                let attrs = attrs(|attr, _| tree.attr(id, attr));
                out.push(format!("{}<{tag:?}{attrs}", tree.depth(id)));
            }
            (None, Some(text)) => push_text(&mut out, tree.depth(id), text),
            (None, None) => {}
        }
    }
    out
}

fn theirs(html: &str) -> Vec<String> {
    let parsed = Html::parse_document(html);
    let mut out = Vec::new();
    for node in parsed.tree.root().descendants().skip(1) {
        if node
            .ancestors()
            .any(|above| matches!(above.value(), Node::Fragment))
            || matches!(node.value(), Node::Fragment)
        {
            continue;
        }
        let depth = u16::try_from(node.ancestors().count()).unwrap();
        let parent = node.parent().and_then(|parent| parent.value().as_element());
        match node.value() {
            Node::Element(element) => {
                let attrs = attrs(|_, name| element.attr(name));
                out.push(format!("{depth}<{}{attrs}", debug_name(element)));
            }
            Node::Text(text) if keeps_text(parent) => push_text(&mut out, depth, text),
            _ => {}
        }
    }
    out
}

fn attrs<'a>(value: impl Fn(Attr, &str) -> Option<&'a str>) -> String {
    ATTRS
        .iter()
        .filter_map(|&(attr, name)| Some(format!(" {name}={:?}", value(attr, name)?)))
        .collect()
}

fn keeps_text(parent: Option<&scraper::node::Element>) -> bool {
    let html = parent.filter(|parent| parent.name.ns.ends_with("xhtml"));
    match html.map(|parent| (parent.name(), parent.attr("type"))) {
        Some(("style", _)) => false,
        Some(("script", kind)) => kind == Some("application/ld+json"),
        _ => true,
    }
}

fn debug_name(element: &scraper::node::Element) -> String {
    let is_html = element.name.ns.ends_with("xhtml");
    let name = element.name();
    // The arena's own names tell what it knows; SVG's and MathML's are not HTML's.
    let page = format!("<{name}>");
    let known = parse(&page, &Limits::default());
    let tag = known
        .ids()
        .filter_map(|id| known.tag(id))
        .find(|tag| format!("{tag:?}").eq_ignore_ascii_case(name));
    let tag = tag
        .filter(|_| is_html || matches!(name, "svg" | "math"))
        .unwrap_or(Tag::Other);
    // `<html>`, `<head>`, `<body>` and table parts make no element of their own out of place.
    let lost = [
        "html", "head", "body", "tr", "td", "th", "tbody", "thead", "tfoot", "caption",
    ];
    if tag == Tag::Other && is_html && lost.contains(&name) {
        capitalised(name)
    } else {
        format!("{tag:?}")
    }
}

fn capitalised(name: &str) -> String {
    name.char_indices()
        .map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c })
        .collect()
}

fn push_text(out: &mut Vec<String>, depth: u16, text: &str) {
    let prefix = format!("{depth}\"");
    match out.last_mut() {
        Some(last) if last.starts_with(&prefix) => last.push_str(text),
        _ => out.push(prefix + text),
    }
}

fn assert_same(html: &str) {
    assert_eq!(
        ours(&parse(html, &Limits::default())),
        theirs(html),
        "{html}"
    );
}

#[test]
fn trees_of_odd_markup_are_the_same() {
    for html in [
        "<p>a<table>b<tr><td>c</table>d",
        "<b><p>a</b>b",
        "<a href=1>x<a href=2>y",
        "<ul><li>a<li>b<ul><li>c</ul></ul>",
        "<select><option>a<option>b</select><div>c",
        "<svg><title>t</title><a>x</a></svg><math><mi>y</mi></math>",
        "<template><p>hidden</template><p>shown",
        "<noscript><p>x</noscript><script>a<b</script><style>c</style>",
        "<table><caption>k<tr><th>a<td>b</table><p>c",
        "<form><form><input></form></form><button><p>x",
        "text <!-- c --> more</p></div><br></br>",
        "<html lang=a><body class=b><html lang=c><body id=d>x",
        "<h1>a<h2>b</h1>c",
        "<pre>\n\na</pre><textarea>\nb</textarea>",
        "<p CLASS='a&amp;b' class=c id = d/><a\nhref=x?a=1&copy=2&amp;b/>y",
    ] {
        assert_same(html);
    }
}

#[test]
fn trees_of_the_golden_pages_are_the_same() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pages");
    for entry in std::fs::read_dir(root).unwrap() {
        if let Ok(html) = std::fs::read_to_string(entry.unwrap().path().join("source.html")) {
            assert_same(&html);
        }
    }
}

/// Pages that are not ours to publish: a folder of `*.html` that `CHAFFINCH_PAGES` names.
#[test]
fn trees_of_pages_at_hand_are_the_same() {
    let Some(folder) = std::env::var_os("CHAFFINCH_PAGES") else {
        eprintln!("left out: CHAFFINCH_PAGES names no folder of pages");
        return;
    };
    let mut pages = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let html = String::from_utf8_lossy(&bytes);
        // A tree that the limits cut is meant to be another.
        if parse(&html, &Limits::default()).cut == Cut::default() {
            assert_same(&html);
            pages += 1;
        }
    }
    assert!(pages > 0);
}

/// Selectors of all kinds: by name, attribute, place among siblings, relation, content.
const SELECTORS: [&str; 14] = [
    "*",
    "p, i",
    "b > *",
    ".c, .d",
    "a[href^=y]",
    "[id]",
    "td:nth-child(2), li:nth-of-type(2n)",
    "p + p, table ~ *",
    "p:empty",
    "div:has(b)",
    "body :not(p, b):last-child",
    "option, svg *, mi",
    ":root > body > :first-child",
    "template *, h2, caption, .post, article p",
];

/// What each selector hits, as text; a second parse by `scraper` alone says the same.
fn assert_same_hits(html: &str) {
    let (tree, page) = parse_selectable(html, &Limits::default());
    assert_eq!(
        ours(&tree),
        ours(&parse(html, &Limits::default())),
        "{html}"
    );
    let parsed = Html::parse_document(html);
    for selector in SELECTORS {
        let hits = page.hits(&selector.parse().unwrap());
        let ours: Vec<String> = hits.iter().map(|&id| tree.text_below(id)).collect();
        let selector = Selector::parse(selector).unwrap();
        let shown = |hit| Some((place(hit), text_of(hit)?));
        let mut theirs: Vec<_> = parsed.select(&selector).filter_map(shown).collect();
        // In document order; theirs is that of creation.
        theirs.sort();
        let theirs: Vec<String> = theirs.into_iter().map(|(_, text)| text).collect();
        assert_eq!(ours, theirs, "{selector:?} in {html}");
    }
}

/// The places of an element and all above it among their siblings, from the root on.
fn place(hit: ElementRef) -> Vec<usize> {
    let mut place: Vec<usize> = std::iter::once(*hit)
        .chain(hit.ancestors())
        .map(|node| node.prev_siblings().count())
        .collect();
    place.reverse();
    place
}

/// The text below an element without that of templates in it; none when it is in one itself.
fn text_of(hit: ElementRef) -> Option<String> {
    let is_template = |node: &Node| matches!(node, Node::Fragment);
    if hit.ancestors().any(|above| is_template(above.value())) {
        return None;
    }
    let texts = hit.descendants().filter_map(|node| {
        let apart = node.ancestors().any(|above| is_template(above.value()));
        let parent = node.parent().and_then(|parent| parent.value().as_element());
        let text = node
            .value()
            .as_text()
            .filter(|_| !apart && keeps_text(parent))?;
        Some(text.to_string())
    });
    Some(texts.collect())
}

#[test]
fn hits_on_the_golden_pages_are_the_same() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pages");
    let mut pages = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        if let Ok(html) = std::fs::read_to_string(entry.unwrap().path().join("source.html")) {
            assert_same_hits(&html);
            pages += 1;
        }
    }
    assert!(pages > 5);
}

/// Markup from pieces that make parsers stumble.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<a href=x>",
        "<a href='y&amp;' class=c id>",
        "<i class=d class=e lang=f>",
        "</a>",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "</td>",
        "<ul>",
        "<li>",
        "</ul>",
        "<h2>",
        "</h2>",
        "<br>",
        "<select>",
        "<option>",
        "</select>",
        "<svg>",
        "</svg>",
        "<form>",
        "</form>",
        "<template>",
        "</template>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "text",
        " ",
        "\n",
        "&amp;",
        "<",
        "caption",
        "<caption>",
        "<nobr>",
        "<button>",
        "</button>",
        "<pre>",
        "</pre>",
        "<title>",
        "</title>",
        "<body>",
        "</body>",
        "<math>",
        "<mi>",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn trees_of_generated_markup_are_the_same(html in markup()) {
        prop_assert_eq!(ours(&parse(&html, &Limits::default())), theirs(&html));
    }
    #[test]
    fn hits_on_generated_markup_are_the_same(html in markup()) {
        assert_same_hits(&html);
    }
}
