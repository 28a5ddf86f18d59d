//! Schema.org metadata in `<script type="application/ld+json">`.
//!
//! Pages write it by template and get it wrong: comments around it, bare line breaks in strings,
//! trailing commas, arrays where objects are meant. What can be read after a mild repair is; the
//! rest is passed over. Depth is bounded by `serde_json`'s own limit, objects by `NODES_MAX`, and
//! each reference is followed once, so that reading takes time linear in the length of the scripts.

use std::cell::OnceCell;

use foldhash::{HashMap, HashSet};

use url::Url;

use super::json::{Object, Value};
use crate::article::{AuthorKind, PageType};
use crate::extract::dom::{NodeId, Tree};
use crate::extract::text;

/// Most objects looked at in all scripts of a page.
const NODES_MAX: usize = 5_000;
/// Most types of one object that are looked at, and most strings of a list for the first that says
/// something: objects have one or two.
const STRINGS_MAX: usize = 8;
/// Most names and most keywords that are read: each may be markup, which is parsed. The longest byline
/// of the corpora has nine names, those of consortia run to dozens.
const PARTIES_MAX: usize = 200;
const KEYWORDS_MAX: usize = 500;

/// The article that a page describes, as far as it does.
#[derive(Debug, Default)]
pub struct JsonLd {
    /// `headline`, or `name`.
    pub headline: Option<String>,
    /// `author`, or `creator`.
    pub authors: Vec<Party>,
    /// `datePublished`, as written.
    pub published: Option<String>,
    /// `dateModified`, as written.
    pub modified: Option<String>,
    /// `datePublished` of the page as such, where no article is described.
    pub page_published: Option<String>,
    /// `dateModified` of the page as such.
    pub page_modified: Option<String>,
    /// Name of `publisher`.
    pub publisher: Option<String>,
    /// `articleSection`.
    pub section: Option<String>,
    /// `keywords`.
    pub keywords: Vec<String>,
    /// `description`.
    pub description: Option<String>,
    /// `image`: address, width and height.
    pub images: Vec<(String, Option<u32>, Option<u32>)>,
    /// `isAccessibleForFree`.
    pub is_free: Option<bool>,
    /// `wordCount`.
    pub word_count: Option<u32>,
    /// `license`.
    pub license: Option<String>,
    /// `inLanguage`.
    pub language: Option<String>,
    /// `articleBody`.
    pub body: Option<String>,
    /// From `@type`.
    pub page_type: Option<PageType>,
    /// Whether `@type` is `NewsArticle` or one of its kinds.
    pub is_news: bool,
}

/// A person or organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// `name`.
    pub name: String,
    /// `url`.
    pub url: Option<String>,
    /// Whether its `@type` says that it is a person, or that it is an organisation.
    pub kind: Option<AuthorKind>,
}

/// What tells the page's own story from others that it describes.
#[derive(Debug, Default)]
pub struct Own {
    /// What relative addresses resolve against.
    pub base: Option<Url>,
    /// The address that answered, and the canonical one.
    pub addresses: Vec<Url>,
    /// Keys of the declared title and of first-level headings.
    pub title_keys: Vec<String>,
}

impl Own {
    fn is_address_of(&self, object: &Object) -> bool {
        let claims = ["url", "mainEntityOfPage", "@id"];
        let claims = claims.iter().filter_map(|key| object.get(key));
        claims
            .filter_map(|claim| address(claim, &HashMap::default()))
            .filter_map(|claim| match &self.base {
                Some(base) => base.join(&claim).ok(),
                None => Url::parse(&claim).ok(),
            })
            .any(|claim| self.addresses.iter().any(|own| is_same_page(own, &claim)))
    }

    fn is_headline_of(&self, object: &Object) -> bool {
        let headline = object.get("headline").and_then(first_string);
        headline.is_some_and(|headline| self.title_keys.contains(&text::key(&headline)))
    }
}

/// Whether two addresses differ in scheme, `www.`, fragment and final slash at most.
fn is_same_page(a: &Url, b: &Url) -> bool {
    fn host(url: &Url) -> &str {
        let host = url.host_str().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host)
    }
    fn path(url: &Url) -> &str {
        url.path().trim_end_matches('/')
    }
    // Of the front page each node of a site may say that it is part of.
    (!path(a).is_empty() || a.query().is_some())
        && path(a) == path(b)
        && host(a) == host(b)
        && a.query() == b.query()
}

impl JsonLd {
    /// Reads the article described by scripts of the page, else its product or forum post: the one
    /// at the page's own address, else the one of its own headline, else the first.
    #[must_use]
    pub fn read(tree: &Tree, scripts: &[NodeId], own: &Own) -> Self {
        let texts = scripts.iter().map(|&script| tree.text_below(script));
        let texts: Vec<Script> = texts.map(Script::of).collect();
        let scripts: Vec<Value> = texts.iter().filter_map(Script::parse).collect();
        let mut objects = Vec::new();
        for script in &scripts {
            flatten(script, &mut objects);
        }
        let typed = |wanted: fn(PageType) -> bool| {
            let of_type = || {
                objects
                    .iter()
                    .copied()
                    .filter(move |object| type_of(object).is_some_and(wanted))
            };
            of_type()
                .find(|object| own.is_address_of(object))
                .or_else(|| of_type().find(|object| own.is_headline_of(object)))
                .or_else(|| of_type().next())
        };
        let is_story = |kind| matches!(kind, PageType::Article | PageType::LiveBlog);
        let article = typed(is_story)
            .or_else(|| typed(|kind| kind == PageType::Forum))
            .or_else(|| typed(|_| true));
        let mut read = article
            .map(|article| Self::of(article, &objects))
            .unwrap_or_default();
        read.add_page(&objects);
        read
    }

    /// Adds the dates of the `WebPage`.
    fn add_page(&mut self, objects: &[&Object]) {
        let is_page = |object: &&&Object| {
            let types = object.get("@type");
            types.is_some_and(|all| types_in(all).any(|name| name.ends_with("WebPage")))
        };
        let date = |key: &str| {
            let mut pages = objects.iter().filter(is_page);
            pages.find_map(|page| page.get(key).and_then(first_string))
        };
        self.page_published = date("datePublished");
        self.page_modified = date("dateModified");
    }

    fn of(article: &Object, objects: &[&Object]) -> Self {
        let string = |key: &str| article.get(key).and_then(first_string);
        let by_id = by_id(objects);
        let named = |key: &str| {
            article
                .get(key)
                .map(|value| names(value, &by_id))
                .unwrap_or_default()
        };
        Self {
            headline: string("headline").or_else(|| string("name")),
            authors: Some(named("author"))
                .filter(|all| !all.is_empty())
                .unwrap_or_else(|| named("creator")),
            published: string("datePublished")
                .or_else(|| string("dateCreated"))
                .or_else(|| string("uploadDate")),
            modified: string("dateModified"),
            page_published: None,
            page_modified: None,
            publisher: named("publisher")
                .into_iter()
                .next()
                .map(|party| party.name),
            section: string("articleSection"),
            keywords: article
                .get("keywords")
                .map(|value| strings(value, KEYWORDS_MAX).collect())
                .unwrap_or_default(),
            description: string("description"),
            images: article
                .get("image")
                .map(|value| images(value, &by_id))
                .unwrap_or_default(),
            is_free: article.get("isAccessibleForFree").and_then(truth),
            word_count: article.get("wordCount").and_then(count),
            license: article
                .get("license")
                .and_then(|value| address(value, &by_id)),
            language: article.get("inLanguage").and_then(language),
            body: string_of(article.get("articleBody")),
            page_type: type_of(article),
            is_news: article
                .get("@type")
                .is_some_and(|all| types_in(all).any(|name| name.ends_with("NewsArticle"))),
        }
    }
}

/// A script, and what it is after a repair where it needs one.
struct Script {
    text: String,
    repaired: OnceCell<String>,
}

impl Script {
    fn of(text: String) -> Self {
        let repaired = OnceCell::new();
        Self { text, repaired }
    }

    fn parse(&self) -> Option<Value<'_>> {
        let text = self.text.trim();
        let repaired = || self.repaired.get_or_init(|| repaired(text));
        serde_json::from_str(text)
            .or_else(|_| serde_json::from_str(repaired().trim_end_matches([';', ' ', '\n'])))
            .ok()
    }
}

/// Without comments and what hides a script from old readers, without control characters in
/// strings, and without commas before a closing bracket.
fn repaired(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let after = rest.split_at(c.len_utf8()).1;
        if in_string {
            out.push(if c.is_control() { ' ' } else { c });
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            rest = after;
            continue;
        }
        if let Some(behind) = after_aside(rest) {
            rest = behind;
            continue;
        }
        if matches!(c, '}' | ']') {
            out.truncate(out.trim_end().trim_end_matches(',').len());
        }
        in_string = c == '"';
        out.push(c);
        rest = after;
    }
    out
}

/// What follows a comment, or a mark that hides the script, if the text starts with one.
fn after_aside(text: &str) -> Option<&str> {
    const MARKS: [&str; 4] = ["<![CDATA[", "]]>", "<!--", "-->"];
    let mark = || MARKS.iter().find_map(|mark| text.strip_prefix(mark));
    let block = |inner: &'_ str| {
        inner
            .split_once("*/")
            .map_or(inner.len(), |(comment, _)| comment.len() + 2)
    };
    if let Some(inner) = text.strip_prefix("/*") {
        return Some(inner.split_at(block(inner)).1);
    }
    // A line may hold nothing but the mark behind it: `//<![CDATA[`.
    let line = |inner: &str| {
        let bare = MARKS
            .iter()
            .find(|mark| inner.trim_start_matches(' ').starts_with(**mark));
        bare.map_or_else(|| inner.find('\n').unwrap_or(inner.len()), |_| 0)
    };
    text.strip_prefix("//")
        .map(|inner| inner.split_at(line(inner)).1)
        .or_else(mark)
}

/// All objects of a value in order, those in `@graph`, arrays and known properties included; but
/// not what a list holds, which are other stories.
fn flatten<'v, 'j>(value: &'v Value<'j>, objects: &mut Vec<&'v Object<'j>>) {
    let mut to_do = vec![value];
    while let Some(value) = to_do.pop().filter(|_| objects.len() < NODES_MAX) {
        match value {
            Value::Array(items) => to_do.extend(items.iter().rev()),
            Value::Object(object) => {
                objects.push(object);
                let inner = [
                    "@graph",
                    "mainEntity",
                    "mainEntityOfPage",
                    "author",
                    "publisher",
                    "image",
                ];
                to_do.extend(inner.iter().rev().filter_map(|key| object.get(key)));
            }
            _ => {}
        }
    }
}

fn type_of(object: &Object) -> Option<PageType> {
    types_in(object.get("@type")?).find_map(|name| {
        Some(match name.rsplit(['/', ':']).next().unwrap_or_default() {
            "LiveBlogPosting" => PageType::LiveBlog,
            "DiscussionForumPosting" | "QAPage" | "Question" => PageType::Forum,
            "Product" | "ProductGroup" => PageType::Product,
            "BlogPosting" | "Report" | "SocialMediaPosting" | "Review" | "Recipe" | "HowTo" => {
                PageType::Article
            }
            name if name.ends_with("Article") => PageType::Article,
            _ => return None,
        })
    })
}

/// The first object of each `@id` that says more than its `@id`.
fn by_id<'v, 'j>(objects: &[&'v Object<'j>]) -> HashMap<&'v str, &'v Object<'j>> {
    let mut by_id = HashMap::default();
    for &object in objects.iter().filter(|object| object.len() > 1) {
        if let Some(id) = object.get("@id").and_then(Value::as_str) {
            by_id.entry(id).or_insert(object);
        }
    }
    by_id
}

/// The `@id` of an object that says nothing else.
fn reference<'v>(object: &'v Object) -> Option<&'v str> {
    object
        .get("@id")
        .filter(|_| object.len() == 1)
        .and_then(Value::as_str)
}

/// Names and addresses of people or organisations, however deep the lists are nested.
fn names(value: &Value, by_id: &HashMap<&str, &Object>) -> Vec<Party> {
    let mut names = Vec::new();
    // A thousand references to one long list are one.
    let mut followed = HashSet::default();
    let mut to_do = vec![value];
    while let Some(value) = to_do.pop().filter(|_| names.len() < PARTIES_MAX) {
        match value {
            Value::String(name) => names.push(Party {
                name: clean(name),
                ..Party::default()
            }),
            Value::Array(items) => to_do.extend(items.iter().rev()),
            Value::Object(object) => match reference(object) {
                Some(id) if followed.insert(id) => {
                    names.extend(by_id.get(id).copied().into_iter().flat_map(names_of));
                }
                Some(_) => {}
                None => names.extend(names_of(object)),
            },
            _ => {}
        }
    }
    names
}

/// The name or names of one person or organisation; the address when there is one name.
fn names_of(object: &Object) -> Vec<Party> {
    let party = |name, url| Party {
        name,
        url,
        kind: object.get("@type").and_then(kind_of),
    };
    match object.get("name") {
        Some(Value::String(name)) => Some(clean(name))
            .filter(|name| !name.is_empty())
            .map(|name| party(name, object.get("url").and_then(first_string)))
            .into_iter()
            .collect(),
        Some(all) => {
            let names = strings(all, PARTIES_MAX);
            names.map(|name| party(name, None)).collect()
        }
        None => Vec::new(),
    }
}

fn kind_of(types: &Value) -> Option<AuthorKind> {
    types_in(types).find_map(|name| match name.rsplit(['/', ':']).next() {
        Some("Person") => Some(AuthorKind::Person),
        Some(name) if name.ends_with("Organization") || name == "Corporation" => {
            Some(AuthorKind::Organization)
        }
        _ => None,
    })
}

fn language(value: &Value) -> Option<String> {
    let object = value.as_object();
    object.map_or_else(
        || first_string(value),
        |object| {
            ["alternateName", "name"]
                .iter()
                .find_map(|key| first_string(object.get(key)?))
        },
    )
}

/// The address of a picture, or of the first of many.
fn address(value: &Value, by_id: &HashMap<&str, &Object>) -> Option<String> {
    match value {
        Value::String(url) => Some(url.to_string()),
        Value::Array(items) => items.first().and_then(|item| address(item, by_id)),
        Value::Object(object) => {
            // One step only, so that cycles end.
            let target = reference(object).and_then(|id| by_id.get(id).copied());
            ["url", "contentUrl", "@id"]
                .iter()
                .find_map(|key| address(target.unwrap_or(object).get(key)?, &HashMap::default()))
        }
        _ => None,
    }
    .filter(|url| !url.is_empty())
}

/// Most pictures kept.
const IMAGES_MAX: usize = 20;

fn images(
    value: &Value,
    by_id: &HashMap<&str, &Object>,
) -> Vec<(String, Option<u32>, Option<u32>)> {
    let all = match value {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let read = |image: &Value| {
        let object = image.as_object();
        let target = object.map(|object| {
            reference(object)
                .and_then(|id| by_id.get(id).copied())
                .unwrap_or(object)
        });
        let size = |key: &str| target?.get(key).and_then(count);
        Some((address(image, by_id)?, size("width"), size("height")))
    };
    all.iter().filter_map(read).take(IMAGES_MAX).collect()
}

/// A number, or one in a string such as `1200px`.
fn count(value: &Value) -> Option<u32> {
    let number = || {
        let digits = value.as_str()?.trim().trim_end_matches("px").trim();
        digits.parse().ok()
    };
    let exact = match value {
        Value::Count(number) => u32::try_from(*number).ok(),
        _ => None,
    };
    exact.or_else(number).filter(|number| *number > 0)
}

/// `true`, `"True"`, `"http://schema.org/False"`.
fn truth(value: &Value) -> Option<bool> {
    let said = || match value
        .as_str()?
        .rsplit('/')
        .next()?
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    };
    match value {
        Value::Bool(truth) => Some(*truth),
        _ => said(),
    }
}

fn first_string(value: &Value) -> Option<String> {
    strings(value, STRINGS_MAX).next()
}

/// The strings in a string or an array of them, cleaned, none empty; `most` are looked at.
fn strings<'v>(value: &'v Value, most: usize) -> impl Iterator<Item = String> + 'v {
    let all = raw_strings(value).take(most);
    all.map(clean).filter(|text| !text.is_empty())
}

/// The names of types, which no template takes for text and writes with markup.
fn types_in<'v>(value: &'v Value) -> impl Iterator<Item = &'v str> {
    raw_strings(value).take(STRINGS_MAX).map(str::trim)
}

/// The strings in a string or an array of them, as they are written.
fn raw_strings<'v>(value: &'v Value) -> impl Iterator<Item = &'v str> {
    let all = match value {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    all.iter().filter_map(Value::as_str)
}

fn string_of(value: Option<&Value>) -> Option<String> {
    value?
        .as_str()
        .map(str::to_owned)
        .filter(|text| !text.trim().is_empty())
}

/// On one line, markup and entities undone: templates write both into JSON.
fn clean(text: &str) -> String {
    if text.contains(['<', '&']) {
        let tree = crate::extract::dom::parse(
            text,
            &crate::extract::dom::Limits {
                nodes: 10_000,
                ..Default::default()
            },
        );
        return text::collapsed(&tree.text_below(0)).into_owned();
    }
    text::collapsed(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::head::Head;
    use super::*;
    use crate::extract::dom::{Limits, parse};

    fn read(json: &str) -> JsonLd {
        read_as(json, &Own::default())
    }

    fn read_as(json: &str, own: &Own) -> JsonLd {
        let html = format!("<script type='application/ld+json'>{json}</script>");
        let tree = parse(&html, &Limits::default());
        JsonLd::read(&tree, &Head::read(&tree).scripts, own)
    }

    #[test]
    fn the_story_is_the_one_at_the_pages_address_or_of_its_title() {
        let url = |url: &str| Url::parse(url).unwrap();
        let at = |address: &str| Own {
            base: Some(url(address)),
            addresses: vec![url(address)],
            ..Own::default()
        };
        let titled = Own {
            title_keys: vec!["own story".to_owned()],
            ..Own::default()
        };
        let other = r#"{"@type":"NewsArticle","headline":"Other","url":"https://x.example/other"}"#;
        let own = |claim: &str| format!(r#"{{"@type":"Article","headline":"Own story!",{claim}}}"#);
        let rows = [
            (
                r#""url":"http://www.x.example/own/#top""#,
                at("https://x.example/own"),
            ),
            (r#""url":"/own""#, at("https://x.example/own")),
            (
                r#""mainEntityOfPage":{"@type":"WebPage","@id":"https://x.example/?p=7"}"#,
                at("https://x.example/?p=7"),
            ),
            (
                r#""mainEntityOfPage":"https://x.example/p?p=7""#,
                at("https://x.example/p?p=7"),
            ),
            (r#""url":7"#, titled),
        ];
        for (claim, identity) in rows {
            let got = read_as(&format!("[{other},{}]", own(claim)), &identity);
            assert_eq!(got.headline.as_deref(), Some("Own story!"), "{claim}");
        }
        // Without any such sign the first, but none of a list.
        let list = format!(r#"{{"@type":"ItemList","itemListElement":[{other}]}}"#);
        let got = read(&format!("[{list},{}]", own(r#""url":7"#)));
        assert_eq!(got.headline.as_deref(), Some("Own story!"));
        assert_eq!(read(&list).headline, None);
    }

    #[test]
    fn a_plain_article() {
        let got = read(
            r#"{"@type":"NewsArticle","headline":"A &amp; B","author":{"name":"Ann Lee","url":"/ann"},
            "datePublished":"2026-01-02","publisher":{"name":"The Paper"},"keywords":["x","y"]}"#,
        );
        assert_eq!(got.headline.as_deref(), Some("A & B"));
        let author = &got.authors[0];
        assert_eq!(
            (author.name.as_str(), author.url.as_deref()),
            ("Ann Lee", Some("/ann"))
        );
        assert_eq!(
            (got.publisher.as_deref(), got.keywords.len()),
            (Some("The Paper"), 2)
        );
        assert_eq!(got.page_type, Some(PageType::Article));
    }

    #[test]
    fn graphs_references_and_nested_lists() {
        let got = read(
            r##"{"@graph":[{"@type":"WebPage"},{"@type":["Article"],"author":[[{"@id":"#a"}],null,3,"Bo Ek"],
            "image":{"@id":"#a"}},{"@type":"Person","@id":"#a","name":"Ann","author":{"@id":"#a"}}]}"##,
        );
        assert_eq!(
            got.authors
                .iter()
                .map(|party| party.name.as_str())
                .collect::<Vec<_>>(),
            ["Ann", "Bo Ek"]
        );
    }

    #[test]
    fn lists_without_end_are_cut() {
        let list = |part: &str, times: usize| vec![part; times].join(",");
        let typed = |before: usize| {
            let others = list(r#""&""#, before);
            read(&format!(
                r#"{{"@type":[{others},"NewsArticle"],"headline":"a"}}"#
            ))
            .headline
        };
        assert_eq!(typed(STRINGS_MAX - 1).as_deref(), Some("a"));
        assert_eq!(typed(STRINGS_MAX), None);
        let (names, words) = (list(r#""Ann""#, 1_000), list(r#"{"name":"Bo"}"#, 1_000));
        let got = read(&format!(
            r#"{{"@type":"Article","author":[{names},{words}],"keywords":[{names}]}}"#
        ));
        assert_eq!(got.authors.len(), PARTIES_MAX);
        assert_eq!(got.keywords.len(), KEYWORDS_MAX);
    }

    #[test]
    fn a_thousand_references_are_followed_once() {
        let names = vec!["\"Ann\""; 150].join(",");
        let references = vec![r##"{"@id":"#a"}"##; 1_000].join(",");
        let got = read(&format!(
            r##"[{{"@type":"Article","author":[{references}]}},{{"@id":"#a","name":[{names}]}}]"##
        ));
        assert_eq!(got.authors.len(), 150);
    }

    #[test]
    fn broken_json_is_repaired_or_passed_over() {
        assert_eq!(
            read("<!-- {\"@type\":\"Article\",\"headline\":\"a\nb\",} -->")
                .headline
                .as_deref(),
            Some("a b")
        );
        let story = r#"{"@type":"Article","headline":"See https://x.example /* here */",}"#;
        for (before, after) in [
            ("/* <![CDATA[ */", "/* ]]> */"),
            ("//<![CDATA[\n", "\n//]]>"),
            ("// the story\n", ";"),
            ("<![CDATA[", "]]>;"),
            ("/* made by hand */", "/* not closed"),
        ] {
            let got = read(&format!("{before}{story}{after}")).headline;
            let want = Some("See https://x.example /* here */");
            assert_eq!(got.as_deref(), want, "{before}");
        }
        for json in ["", "{", "[[[[", "nonsense", "{\"@type\":7}", "null"] {
            assert!(read(json).headline.is_none(), "{json}");
        }
    }

    #[test]
    fn pictures_and_prices_are_read_in_every_form() {
        let got = read(
            r#"{"@type":"NewsArticle","image":[{"url":"/a.jpg","width":1200,"height":"630px"},"/b.jpg"],
            "isAccessibleForFree":"False","wordCount":"640","license":"https://x.example/by"}"#,
        );
        let want = [
            ("/a.jpg".to_owned(), Some(1200), Some(630)),
            ("/b.jpg".to_owned(), None, None),
        ];
        assert_eq!(got.images, want);
        assert_eq!((got.is_free, got.word_count), (Some(false), Some(640)));
        assert!(got.is_news && got.license.is_some());
    }

    proptest::proptest! {
        #[test]
        fn any_script_is_read(json in r#"(\{|\}|\[|\]|"|,|:|<!--|-->|/\*|\*/|//|\]\]>|;|&lt;|\\|@id|@type|@graph|author|name|Article|image|null|[0-9a-z \n]){0,200}"#) {
            let got = read(&json);
            proptest::prop_assert!(got.authors.iter().all(|party| !party.name.is_empty()));
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let got = read(&String::from_utf8_lossy(&bytes));
            proptest::prop_assert!(got.authors.iter().all(|party| !party.name.is_empty()));
        }
    }

    #[test]
    fn endless_and_cyclic_scripts_end() {
        let deep = format!("{}{}", r#"{"@graph":["#.repeat(50_000), "]}".repeat(50_000));
        let cyclic = r##"[{"@type":"Article","@id":"#a","author":{"@id":"#a"},"image":{"@id":"#b"}},
            {"@id":"#b","image":{"@id":"#a"},"url":{"@id":"#b"}}]"##;
        let wide = format!(
            r#"{{"@type":"Article","author":[{}]}}"#,
            r#"{"@type":"Person","name":["a","b"]},"#.repeat(100_000)
        );
        for json in [deep.as_str(), cyclic, wide.as_str()] {
            read(json);
        }
    }
}
