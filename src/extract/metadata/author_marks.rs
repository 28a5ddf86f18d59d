//! By what elements are told to hold an author: standards' attributes, class names, links to authors' pages.

use std::sync::LazyLock;

use super::ADDRESS_BYTES_MAX;
use super::head::has_word;
use crate::article::ValueSource;
use crate::extract::dom::{Attr, AttrSet, NodeId, Tag, Tree, ValueId};
use crate::extract::short::Set;
use crate::extract::text;

/// How an element says that it holds an author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// `rel`, `itemprop`, `property`: a standard says so.
    Standard(ValueSource),
    /// A class, id or test id with the word in it.
    Class,
    /// A link to an address such as `/author/ann-lee`.
    Link,
}

/// Of each value on a page that names elements whether it calls its element an author; nothing where none does.
pub(super) struct Authors(Vec<bool>);

impl Authors {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut are = vec![false; tree.names().len()];
        // Few names hold what a word of an author does, and all that do are found at once.
        let stems = AUTHOR_STEMS.iter();
        for name in stems.flat_map(|stem| tree.names_holding(stem)) {
            are[name as usize] = names_author(tree.name_words(name));
        }
        if !are.contains(&true) {
            return Self(Vec::new());
        }
        let call = |value| tree.names_in(value).iter().any(|&name| are[name as usize]);
        Self(tree.values().map(call).collect())
    }

    fn is_called(&self, tree: &Tree, id: NodeId) -> bool {
        let calls = |value: ValueId| self.0[value as usize];
        let values = || [tree.class_value(id), tree.test_value(id), tree.id_value(id)];
        !self.0.is_empty() && values().into_iter().flatten().any(calls)
    }
}

/// Words of class names by which templates call the author.
const AUTHOR_WORDS: [&str; 20] = [
    "author",
    "authors",
    "byline",
    "bylines",
    "autor",
    "autoren",
    "autora",
    "autores",
    "auteur",
    "auteurs",
    "autore",
    "autori",
    "writer",
    "writers",
    "contributor",
    "contributors",
    "journalist",
    "columnist",
    "redakteur",
    "verfasser",
];

/// What each of these words holds.
const AUTHOR_STEMS: [&str; 8] = [
    "aut",
    "byline",
    "writer",
    "contributor",
    "journalist",
    "columnist",
    "redakteur",
    "verfasser",
];

/// Words that make of a class name with such a word something else.
const BESIDE_WORDS: [&str; 37] = [
    "quote",
    "zitat",
    "testimonial",
    "citation",
    "cita",
    "sender",
    "image",
    "img",
    "avatar",
    "photo",
    "picture",
    "pic",
    "thumb",
    "thumbnail",
    "icon",
    "bio",
    "biography",
    "description",
    "desc",
    "about",
    "social",
    "links",
    "follow",
    "posts",
    "articles",
    "related",
    "more",
    "comment",
    "comments",
    "role",
    "job",
    "position",
    "date",
    "time",
    "reviewer",
    "list",
    "title",
];

/// Attributes by which an element may say that it holds an author.
pub(super) const CALLING: AttrSet = AttrSet::of(&[
    Attr::Class,
    Attr::DataTestid,
    Attr::Href,
    Attr::Id,
    Attr::Itemprop,
    Attr::Property,
    Attr::Rel,
]);

/// Those of them that a standard gives a meaning.
const STANDARD: AttrSet = AttrSet::of(&[Attr::Itemprop, Attr::Property, Attr::Rel]);

/// How an element says that it holds an author, if it does.
pub(super) fn mark_of(
    tree: &Tree,
    id: NodeId,
    host: Option<&str>,
    authors: &Authors,
) -> Option<Mark> {
    let tag = tree.tag(id)?;
    if tag.is_silent() && tag != Tag::Button
        || matches!(
            tag,
            Tag::Body
                | Tag::Html
                | Tag::Meta
                | Tag::Link
                | Tag::Img
                | Tag::Figure
                | Tag::Figcaption
        )
    {
        return None;
    }
    if tree.has_any(id, STANDARD)
        && let Some(mark) = standard_mark(tree, id)
    {
        return Some(mark);
    }
    if authors.is_called(tree, id) {
        return Some(Mark::Class);
    }
    (tag == Tag::A
        && tree
            .attr(id, Attr::Href)
            .is_some_and(|href| leads_to_author(href, host)))
    .then_some(Mark::Link)
}

/// What a standard's attribute says of it.
fn standard_mark(tree: &Tree, id: NodeId) -> Option<Mark> {
    let has = |attr, words: &[&str]| has_word(tree, id, attr, words);
    if has(Attr::Rel, &["author"]) {
        return Some(Mark::Standard(ValueSource::RelAuthor));
    }
    if has(Attr::Itemprop, &["author", "creator"]) && tree.attr(id, Attr::Content).is_none() {
        return Some(Mark::Standard(ValueSource::Microdata));
    }
    if has(
        Attr::Property,
        &["author", "schema:author", "dc:creator", "article:author"],
    ) && tree.attr(id, Attr::Content).is_none()
    {
        return Some(Mark::Standard(ValueSource::Rdfa));
    }
    None
}

/// Whether the words of a name call the author, and not his picture or life. A word may hold another, as in
/// `postauthor`.
fn names_author(words: &str) -> bool {
    if words.len() > 80 {
        return false;
    }
    let holds_one =
        |word: &str| (holds(word, b"author") && !holds(word, b"authori")) || holds(word, b"byline");
    let is_author = |word: &str| AUTHOR.contains(word) || holds_one(word);
    text::words(words).any(is_author) && !text::words(words).any(|word| BESIDE.contains(word))
}

static AUTHOR: LazyLock<Set> = LazyLock::new(|| Set::of(&AUTHOR_WORDS));
static BESIDE: LazyLock<Set> = LazyLock::new(|| Set::of(&BESIDE_WORDS));
static AUTHOR_PATH: LazyLock<Set> = LazyLock::new(|| Set::of(&AUTHOR_PATHS));

/// Whether a word holds another. Words are short, and making a searcher takes longer than to look.
fn holds(word: &str, part: &[u8]) -> bool {
    word.as_bytes()
        .windows(part.len())
        .any(|window| window == part)
}

/// Parts of addresses below which sites keep a page for each author.
const AUTHOR_PATHS: [&str; 46] = [
    "author",
    "authors",
    "autor",
    "autoren",
    "autorin",
    "autores",
    "auteur",
    "auteurs",
    "autore",
    "autori",
    "profile",
    "profiles",
    "profil",
    "people",
    "person",
    "staff",
    "team",
    "by",
    "journalist",
    "journalists",
    "journaliste",
    "journalistes",
    "journalisten",
    "writer",
    "writers",
    "contributor",
    "contributors",
    "columnist",
    "columnists",
    "reporter",
    "reporters",
    "redakteur",
    "user",
    "users",
    "member",
    "members",
    "creator",
    "creators",
    "producers",
    "newsteam",
    "byline",
    "experts",
    "expert",
    "signature",
    "firmas",
    "bio",
];

/// Whether an address is of somebody's page on the same site: `/author/ann-lee`.
fn leads_to_author(href: &str, host: Option<&str>) -> bool {
    if href.len() > ADDRESS_BYTES_MAX {
        return false;
    }
    let end = memchr::memchr2(b'?', b'#', href.as_bytes());
    let path = href.split_at(end.unwrap_or(href.len())).0;
    if !is_below_author_path(path) {
        return false;
    }
    let path = match path.split_once("//") {
        Some((_, rest)) => {
            let (there, path) = rest.split_once('/').unwrap_or_default();
            if host.is_some_and(|host| site_of(host) != site_of(there)) {
                return false;
            }
            path
        }
        None => path,
    };
    is_below_author_path(path)
}

fn is_below_author_path(path: &str) -> bool {
    let path = path.trim_end_matches('/').as_bytes();
    let Some(end) = memchr::memrchr(b'/', path) else {
        return false;
    };
    let above = &path[..end];
    let start = memchr::memrchr(b'/', above).map_or(0, |at| at + 1);
    AUTHOR_PATH.contains(&above[start..])
}

/// The last two labels of a host, which mostly are the site.
fn site_of(host: &str) -> &str {
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at);
    let second = dots.nth(1);
    second.map_or(host, |at| host.split_at(at + 1).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_an_author_holds_a_stem() {
        for word in AUTHOR_WORDS {
            assert!(
                AUTHOR_STEMS.iter().any(|stem| word.contains(stem)),
                "{word}"
            );
        }
    }
}
