//! CSS selectors over a [`Tree`]: the only file that names scraper.
//!
//! Selectors ask for what the arena does not keep: all attributes and the names of all elements.
//! [`super::parse_selectable`] has the builder keep both and lays out, beside the tree, a `scraper::Html`
//! of the same nodes in the same order: its n-th node is node n of the tree, so that what a
//! selector hits needs no search, and the limits on hostile pages hold for both. There is one
//! parse, and nothing of this is built for a page that no selector is asked of.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use html5ever::{Attribute, LocalName, QualName, ns};
use scraper::node::{Element, Text};
use scraper::{ElementRef, Html, Node, StrTendril};

use super::arena::{COPIES_FREE_BYTES, COPIES_MAX};
use super::elements::{Name, PageNames, as_written};
use super::tokenizer::StartTag;
use super::tree_construction::Namespace;
use super::{Limits, NodeId, Tree, svg};

/// A CSS selector, or several parted by commas, compiled.
#[derive(Clone, PartialEq)]
pub struct Selector {
    text: String,
    parsed: scraper::Selector,
}

/// A text that is no selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{selector:?} is no CSS selector: {why}")]
pub struct BadSelector {
    selector: String,
    why: String,
}

impl Selector {
    /// The selector as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl FromStr for Selector {
    type Err = BadSelector;

    fn from_str(text: &str) -> Result<Self, BadSelector> {
        use scraper::error::SelectorErrorKind::{EndOfLine, UnexpectedSelectorParseError};
        let parsed = scraper::Selector::parse(text).map_err(|error| BadSelector {
            selector: text.to_owned(),
            why: match error {
                EndOfLine => "it ends too early".to_owned(),
                // Its own words ask to report a bug.
                UnexpectedSelectorParseError(kind) => format!("{kind:?}"),
                other => other.to_string().to_lowercase(),
            },
        })?;
        let text = text.to_owned();
        Ok(Self { text, parsed })
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// What selectors can be asked of: the elements of a [`Tree`] with all that they carry.
#[derive(Debug)]
pub struct Selectable {
    html: Html,
}

impl Selectable {
    /// The elements that a selector hits, in document order.
    #[must_use]
    pub fn hits(&self, selector: &Selector) -> Vec<NodeId> {
        let mut hits = self.html.select(&selector.parsed).peekable();
        let is_hit = |(_, node): &(NodeId, _)| hits.next_if(|hit| **hit == *node).is_some();
        let hit = (0..).zip(self.html.tree.nodes()).filter(is_hit);
        hit.map(|(id, _)| id).collect()
    }

    /// All nodes in document order.
    #[cfg(test)]
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.html.tree.nodes().map(|node| node.value())
    }

    /// The way to an element from below `<html>`, as a selector would name it: `body > main > p.lead`.
    #[must_use]
    pub fn path(&self, id: NodeId) -> String {
        let Some(node) = self.html.tree.nodes().nth(id as usize) else {
            return String::new();
        };
        let above = node.ancestors().filter_map(ElementRef::wrap);
        let mut steps: Vec<String> = std::iter::once(node)
            .filter_map(ElementRef::wrap)
            .chain(above)
            .map(|element| step(element.value()))
            .collect();
        if steps.len() > 1 {
            steps.pop();
        }
        steps.reverse();
        steps.join(" > ")
    }
}

/// Most classes of an element in a path: enough to know it by.
const PATH_CLASSES: usize = 2;

fn step(element: &Element) -> String {
    let id = element.id().map(|id| format!("#{id}"));
    let classes = || {
        // In their order, and those that need no escape in a selector.
        let classes = element.attr("class").unwrap_or_default();
        let plain = |class: &&str| class.bytes().all(is_plain);
        let first = classes.split_ascii_whitespace().filter(plain);
        let first = first.take(PATH_CLASSES);
        first.map(|class| format!(".{class}")).collect()
    };
    element.name().to_owned() + &id.unwrap_or_else(classes)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// What the arena does not keep of the elements under construction.
pub(super) struct Kept {
    elements: HashMap<NodeId, KeptElement>,
    /// Bytes of attributes that may still be kept.
    room: usize,
}

#[derive(Clone)]
struct KeptElement {
    name: Name,
    namespace: Namespace,
    /// Names as they should be written in HTML, and values.
    attrs: Vec<(String, String)>,
}

impl Kept {
    pub(super) fn new(page_bytes: usize) -> Self {
        Self {
            elements: HashMap::new(),
            room: COPIES_MAX * page_bytes + COPIES_FREE_BYTES,
        }
    }

    pub(super) fn add(&mut self, id: NodeId, namespace: Namespace, tag: &StartTag) {
        let attrs = tag
            .written()
            .map(|(name, value)| (as_written(name).into_owned(), value.to_owned()));
        let element = KeptElement {
            name: tag.name,
            namespace,
            attrs: attrs.collect(),
        };
        self.insert(id, element);
    }

    /// Adds an element that is a copy of another.
    pub(super) fn copy(&mut self, of: NodeId, id: NodeId) {
        if let Some(element) = self.elements.get(&of).cloned() {
            self.insert(id, element);
        }
    }

    fn insert(&mut self, id: NodeId, mut element: KeptElement) {
        element.attrs.retain(|(name, value)| {
            let left = self.room.checked_sub(name.len() + value.len() + 1);
            self.room = left.unwrap_or(0);
            left.is_some()
        });
        self.elements.insert(id, element);
    }

    /// A second `<html>` or `<body>` adds to the first.
    pub(super) fn add_missing(&mut self, id: NodeId, tag: &StartTag, limits: &Limits) {
        let Some(KeptElement { attrs, .. }) = self.elements.get_mut(&id) else {
            return;
        };
        for (name, value) in tag.written() {
            let name = as_written(name).into_owned();
            let is_new = attrs.iter().all(|(have, _)| *have != name);
            if attrs.len() < usize::from(limits.attributes) && is_new {
                attrs.push((name, value.to_owned()));
            }
        }
    }

    /// Lays out the kept elements as `tree` is laid out; `built` says which node each one was, if another.
    pub(super) fn lay_out(
        mut self,
        tree: &Tree,
        built: Option<&[NodeId]>,
        names: &PageNames,
    ) -> Selectable {
        let mut html = Html::new_document();
        let mut placed = vec![html.tree.root().id()];
        let names = names.list();
        for id in tree.ids().skip(1) {
            let old = built.map_or(id, |built| built[id as usize]);
            let node = match self.elements.remove(&old) {
                Some(kept) => Node::Element(kept.into_element(&names)),
                // Selectors ask whether there is text, never which.
                None => Node::Text(Text {
                    text: StrTendril::new(),
                }),
            };
            let parent = html.tree.get_mut(placed[tree.parent(id) as usize]);
            let mut parent = parent.expect("a parent is placed before its children");
            placed.push(parent.append(node).id());
        }
        Selectable { html }
    }
}

impl KeptElement {
    fn into_element(self, names: &[&str]) -> Element {
        let name = names.get(self.name.place()).copied().unwrap_or_default();
        let (ns, name) = match self.namespace {
            Namespace::Html => (ns!(html), name),
            Namespace::MathMl => (ns!(mathml), name),
            Namespace::Svg => (ns!(svg), svg::element(name)),
        };
        let attrs = self.attrs.into_iter().map(|(name, value)| Attribute {
            name: svg::attribute(self.namespace, &name),
            value: StrTendril::from(value),
        });
        Element::new(
            QualName::new(None, ns, LocalName::from(name)),
            attrs.collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse_selectable};

    fn hits(html: &str, selector: &str) -> Vec<String> {
        let (tree, selectable) = parse_selectable(html, &Limits::default());
        let hits = selectable.hits(&selector.parse().unwrap());
        hits.into_iter().map(|id| tree.text_below(id)).collect()
    }

    #[test]
    fn selectors_see_what_the_arena_does_not_keep() {
        let html = "<my-box data-x=1>a</my-box><p onclick=y>b<p>c<svg><title>d</title></svg>";
        for (selector, want) in [
            ("my-box[data-x='1']", &["a"][..]),
            ("p[onclick], p:nth-of-type(2)", &["b", "cd"]),
            ("svg > title", &["d"]),
            (":root > body > p:has(svg)", &["cd"]),
            ("video", &[]),
        ] {
            assert_eq!(hits(html, selector), want, "{selector}");
        }
    }

    #[test]
    fn what_is_in_a_template_is_not_hit() {
        assert_eq!(hits("<template><p>a</p></template><p>b", "p"), ["b"]);
    }

    #[test]
    fn a_second_body_adds_its_attributes() {
        assert_eq!(
            hits("<body class=a>x<body class=b data-k=v>", ".a[data-k]"),
            ["x"]
        );
    }

    #[test]
    fn copies_of_attributes_are_few() {
        let flood = format!(
            "<p><b class={}>{}",
            "y".repeat(50_000),
            "<p>x".repeat(5_000)
        );
        let (_, selectable) = parse_selectable(&flood, &Limits::default());
        let bytes = |node: &Node| -> usize {
            let attrs = node.as_element().into_iter().flat_map(Element::attrs);
            attrs.map(|(_, value)| value.len()).sum()
        };
        let all: usize = selectable
            .html
            .tree
            .nodes()
            .map(|node| bytes(node.value()))
            .sum();
        assert!(all > 0 && all < 10 * flood.len(), "{all}");
    }

    #[test]
    fn limits_hold_and_nodes_stay_the_same() {
        let limits = Limits {
            depth: 6,
            nodes: 60,
            ..Limits::default()
        };
        let html = "<div><i>".repeat(20) + &"<p class=x>y".repeat(50);
        let (tree, selectable) = parse_selectable(&html, &limits);
        assert!(tree.cut.depth && tree.cut.nodes);
        assert_eq!(selectable.html.tree.nodes().count(), tree.len() as usize);
        for id in selectable.hits(&"p.x".parse().unwrap()) {
            assert!(tree.is(id, super::super::Tag::P), "{id}");
        }
    }

    #[test]
    fn bad_selectors_are_named() {
        for (text, why) in [
            ("p[", "it ends too early"),
            ("p:contains(\"x\")", "UnsupportedPseudoClassOrElement"),
            ("", "EmptySelector"),
            ("> p", "EmptySelector"),
        ] {
            let error = text.parse::<Selector>().unwrap_err().to_string();
            let start = format!("{text:?} is no CSS selector: ");
            assert!(error.starts_with(&start) && error.contains(why), "{error}");
        }
    }

    #[test]
    fn paths_name_elements_as_selectors_do() {
        let (_, page) = parse_selectable(
            "<main id=m><p class='lead md:up big red'>x<b>y",
            &Limits::default(),
        );
        let path = |selector: &str| page.path(page.hits(&selector.parse().unwrap())[0]);
        assert_eq!(path("b"), "body > main#m > p.lead.big > b");
        assert_eq!(path("html"), "html");
    }
}
