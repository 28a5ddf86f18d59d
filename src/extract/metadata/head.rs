//! What `<head>` declares: `<meta>`, `<link>`, `<title>`, `<base>`, and the language of `<html>`.
//!
//! Read from anywhere in the page, since broken heads spill into the body.

use std::borrow::Cow;

use crate::extract::dom::{Attr, Limits, NodeId, Tag, Tree, parse};
use crate::extract::text;

/// The declarations of a page.
#[derive(Debug, Default)]
pub struct Head<'t> {
    /// Names in small letters, and contents.
    metas: Vec<(Cow<'t, str>, Cow<'t, str>)>,
    /// Text of the first `<title>`.
    pub title: Option<String>,
    /// `href` of `<link rel=canonical>`.
    pub canonical: Option<String>,
    /// `href` of `<link rel=amphtml>`.
    pub amp: Option<String>,
    /// `href` of `<link rel=license>` or of a link to one.
    pub license: Option<String>,
    /// `href` of `<base>`.
    pub base: Option<String>,
    /// `lang` of `<html>`, or of `<body>`.
    pub lang: Option<String>,
    /// The scripts that hold JSON.
    pub scripts: Vec<NodeId>,
    /// The first `<h1>`s.
    pub headings: Vec<NodeId>,
}

/// Most first-level headings among which the headline is looked for.
const H1_MAX: usize = 5;

impl<'t> Head<'t> {
    /// Reads the declarations of a page.
    #[must_use]
    pub fn read(tree: &'t Tree) -> Self {
        let mut head = Self::default();
        for id in tree.elements() {
            match tree.tag(id) {
                Some(Tag::Meta) => head.read_meta(tree, id),
                Some(Tag::Link | Tag::A) => head.read_link(tree, id),
                Some(Tag::Title) if head.title.is_none() => {
                    head.title = Some(text::collapsed(&tree.text_below(id)).into_owned())
                        .filter(|title| !title.is_empty());
                }
                Some(Tag::Base) if head.base.is_none() => {
                    head.base = tree.attr(id, Attr::Href).map(str::to_owned);
                }
                Some(Tag::H1) if head.headings.len() < H1_MAX => head.headings.push(id),
                Some(Tag::Script) => {
                    let holds_json = |kind: &&str| kind.contains("json");
                    let json = tree.attr(id, Attr::Type).filter(holds_json);
                    head.scripts.extend(json.map(|_| id));
                }
                Some(Tag::Html | Tag::Body) if head.lang.is_none() => {
                    head.lang = tree.attr(id, Attr::Lang).map(str::to_owned);
                }
                _ => {}
            }
        }
        head
    }

    fn read_meta(&mut self, tree: &'t Tree, id: NodeId) {
        let Some(content) = tree
            .attr(id, Attr::Content)
            .map(collapsed)
            .filter(|content| !content.is_empty())
        else {
            return;
        };
        for attr in [Attr::Property, Attr::Name, Attr::Itemprop, Attr::HttpEquiv] {
            if let Some(key) = tree.attr(id, attr) {
                self.metas
                    .push((in_small_letters(key.trim()), content.clone()));
            }
        }
    }

    fn read_link(&mut self, tree: &Tree, id: NodeId) {
        let Some(rel) = tree.attr(id, Attr::Rel) else {
            return;
        };
        let href = tree
            .attr(id, Attr::Href)
            .map(str::trim)
            .filter(|href| !href.is_empty());
        let Some(href) = href else { return };
        for rel in words_in(rel) {
            let is = |name: &str| rel.eq_ignore_ascii_case(name);
            let field = if is("canonical") && tree.is(id, Tag::Link) {
                &mut self.canonical
            } else if is("amphtml") {
                &mut self.amp
            } else if is("license") {
                &mut self.license
            } else {
                continue;
            };
            field.get_or_insert_with(|| href.to_owned());
        }
    }

    /// The content of the first of the named metas that there is.
    #[must_use]
    pub fn meta(&self, keys: &[&str]) -> Option<&str> {
        keys.iter()
            .find_map(|key| self.metas.iter().find(|(have, _)| have == key))
            .map(|(_, content)| &**content)
    }

    /// The pictures of Open Graph, each with the width and height that follow it, then Twitter's.
    #[must_use]
    pub fn images(&self) -> Vec<(String, Option<u32>, Option<u32>)> {
        let mut images: Vec<(String, Option<u32>, Option<u32>)> = Vec::new();
        for (key, content) in &self.metas {
            let size = || {
                content
                    .trim()
                    .trim_end_matches("px")
                    .parse()
                    .ok()
                    .filter(|size| *size > 0)
            };
            match (&**key, images.last_mut()) {
                ("og:image", _) => images.push((content.to_string(), None, None)),
                ("og:image:url" | "og:image:secure_url", None) => {
                    images.push((content.to_string(), None, None));
                }
                ("og:image:width", Some(image)) => image.1 = image.1.or_else(size),
                ("og:image:height", Some(image)) => image.2 = image.2.or_else(size),
                _ => {}
            }
        }
        let twitter = self.metas(&["twitter:image", "twitter:image:src"]);
        images.extend(twitter.map(|url| (url, None, None)));
        images
    }

    /// The contents of all metas whose name `says` so.
    pub fn metas_where(&self, says: impl Fn(&str) -> bool) -> impl Iterator<Item = String> {
        self.metas
            .iter()
            .filter(move |(have, _)| says(have))
            .map(|(_, content)| content.to_string())
    }

    /// The contents of all metas with those names.
    pub fn metas(&self, keys: &[&str]) -> impl Iterator<Item = String> {
        self.metas
            .iter()
            .filter(|(have, _)| keys.contains(&&**have))
            .map(|(_, content)| content.to_string())
    }
}

/// Most bytes of an attribute of words such as `rel` that are looked at.
const WORDS_BYTES_MAX: usize = 256;

/// The words of an attribute such as `rel`; of an endless one the first. Formatting that goes on over many
/// paragraphs has the same attributes in each.
fn words_in(attribute: &str) -> std::str::SplitAsciiWhitespace<'_> {
    let end = attribute.floor_char_boundary(WORDS_BYTES_MAX);
    attribute.split_at(end).0.split_ascii_whitespace()
}

/// Whether an attribute of words such as `rel` has one of some, ASCII case ignored.
pub(in crate::extract) fn has_word(tree: &Tree, id: NodeId, attr: Attr, words: &[&str]) -> bool {
    let is_one = |have: &str| words.iter().any(|word| have.eq_ignore_ascii_case(word));
    tree.attr(id, attr)
        .is_some_and(|value| words_in(value).any(is_one))
}

/// The content on one line.
fn collapsed(content: &str) -> Cow<'_, str> {
    match unescaped(content) {
        Cow::Borrowed(content) => text::collapsed(content),
        Cow::Owned(content) => Cow::Owned(text::collapsed(&content).into_owned()),
    }
}

fn in_small_letters(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// The content with character references undone once more: templates escape what was escaped.
/// Only those that end in `;`, since the rest are parameters of addresses (`?a=b&copy=1`).
fn unescaped(content: &str) -> Cow<'_, str> {
    let mut rest = content;
    let mut html = String::new();
    let mut escapes = 0;
    while let Some((before, after)) = rest.split_once('&') {
        let is_reference = starts_reference(after);
        escapes += usize::from(is_reference);
        html.push_str(&before.replace('<', "&lt;"));
        html.push_str(if is_reference { "&" } else { "&amp;" });
        rest = after;
    }
    if escapes == 0 {
        return Cow::Borrowed(content);
    }
    html.push_str(&rest.replace('<', "&lt;"));
    Cow::Owned(parse(&html, &Limits::default()).text_below(0))
}

/// Whether what follows a `&` is a name or number and a `;`.
fn starts_reference(after: &str) -> bool {
    let bytes = after.as_bytes();
    let end = bytes
        .iter()
        .position(|b| !b.is_ascii_alphanumeric() && *b != b'#');
    end.is_some_and(|end| end > 0 && bytes[end] == b';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_escaped_twice_is_read_once_more() {
        let rows = [
            ("Fish &amp; chips", "Fish & chips"),
            (
                "&#8220;Fish&#x201d; &uuml;ber < &lt;b>",
                "“Fish” über < <b>",
            ),
            (
                "https://x.example/?a=1&copy=2&b",
                "https://x.example/?a=1&copy=2&b",
            ),
            ("?a=1&copy=2&amp;b=3", "?a=1&copy=2&b=3"),
            ("Fish & chips; and &; more", "Fish & chips; and &; more"),
        ];
        for (content, want) in rows {
            assert_eq!(unescaped(content), want);
        }
    }
}
