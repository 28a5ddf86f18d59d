//! Schema.org metadata in `<script type="application/ld+json">`.
//!
//! Pages write it by template and get it wrong: comments around it, bare line breaks in strings,
//! trailing commas, arrays where objects are meant. What can be read after a mild repair is; the
//! rest is passed over. Depth and size are bounded by `serde_json`'s own limit and by `NODES_MAX`.

use serde_json::{Map, Value};

use crate::article::PageType;
use crate::extract::dom::{Attr, Tag, Tree};
use crate::extract::text;

/// Most objects looked at in all scripts of a page.
const NODES_MAX: usize = 5_000;

/// The article that a page describes, as far as it does.
#[derive(Debug, Default)]
pub struct JsonLd {
    /// `headline`, or `name`.
    pub headline: Option<String>,
    /// `author`, each as name and address.
    pub authors: Vec<(String, Option<String>)>,
    /// `datePublished`, as written.
    pub published: Option<String>,
    /// `dateModified`, as written.
    pub modified: Option<String>,
    /// Name of `publisher`.
    pub publisher: Option<String>,
    /// `articleSection`.
    pub section: Option<String>,
    /// `keywords`.
    pub keywords: Vec<String>,
    /// `description`.
    pub description: Option<String>,
    /// Address of `image`.
    pub image: Option<String>,
    /// `inLanguage`.
    pub language: Option<String>,
    /// `articleBody`.
    pub body: Option<String>,
    /// From `@type`.
    pub page_type: Option<PageType>,
}

impl JsonLd {
    /// Reads the first article described by the page's scripts, else its first product or forum post.
    #[must_use]
    pub fn read(tree: &Tree) -> Self {
        let scripts: Vec<Value> = scripts(tree).filter_map(|text| parse(&text)).collect();
        let mut objects = Vec::new();
        for script in &scripts {
            flatten(script, &mut objects);
        }
        let typed = |wanted: fn(PageType) -> bool| {
            objects
                .iter()
                .copied()
                .find(|object| type_of(object).is_some_and(wanted))
        };
        let is_story = |kind| matches!(kind, PageType::Article | PageType::LiveBlog);
        let article = typed(is_story)
            .or_else(|| typed(|kind| kind == PageType::Forum))
            .or_else(|| typed(|_| true));
        article
            .map(|article| Self::of(article, &objects))
            .unwrap_or_default()
    }

    fn of(article: &Map<String, Value>, objects: &[&Map<String, Value>]) -> Self {
        let string = |key: &str| article.get(key).and_then(first_string);
        let follow = |value: &Value| resolve(value, objects);
        let named = |key: &str| {
            article
                .get(key)
                .map(|value| names(value, &follow))
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
            publisher: named("publisher").into_iter().next().map(|(name, _)| name),
            section: string("articleSection"),
            keywords: article.get("keywords").map(strings).unwrap_or_default(),
            description: string("description"),
            image: article
                .get("image")
                .and_then(|value| address(&follow(value))),
            language: article.get("inLanguage").and_then(language),
            body: string_of(article.get("articleBody")),
            page_type: type_of(article),
        }
    }
}

fn scripts(tree: &Tree) -> impl Iterator<Item = String> + '_ {
    tree.ids()
        .filter(|&id| {
            tree.is(id, Tag::Script)
                && tree
                    .attr(id, Attr::Type)
                    .is_some_and(|kind| kind.contains("json"))
        })
        .map(|id| tree.text_below(id))
}

fn parse(script: &str) -> Option<Value> {
    let script = script
        .trim()
        .trim_start_matches("<!--")
        .trim_start_matches("//<![CDATA[")
        .trim_start_matches("<![CDATA[");
    let script = script
        .trim()
        .trim_end_matches("-->")
        .trim_end_matches("//]]>")
        .trim_end_matches("]]>")
        .trim();
    let script = script.trim_end_matches(';');
    serde_json::from_str(script)
        .or_else(|_| serde_json::from_str(&repaired(script)))
        .ok()
}

/// Without control characters in strings, and without commas before a closing bracket.
fn repaired(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in script.chars() {
        if in_string {
            out.push(if c.is_control() { ' ' } else { c });
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        if matches!(c, '}' | ']') {
            out.truncate(out.trim_end().trim_end_matches(',').len());
        }
        in_string = c == '"';
        out.push(c);
    }
    out
}

/// All objects of a value in order, those in `@graph`, arrays and known properties included.
fn flatten<'v>(value: &'v Value, objects: &mut Vec<&'v Map<String, Value>>) {
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
                    "itemListElement",
                ];
                to_do.extend(inner.iter().rev().filter_map(|key| object.get(*key)));
            }
            _ => {}
        }
    }
}

fn type_of(object: &Map<String, Value>) -> Option<PageType> {
    strings(object.get("@type")?).iter().find_map(|name| {
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

/// A reference by `@id` becomes the object it names; one step only, so that cycles end.
fn resolve(value: &Value, objects: &[&Map<String, Value>]) -> Value {
    let id = value
        .as_object()
        .filter(|object| object.len() == 1)
        .and_then(|object| object.get("@id"));
    let Some(id) = id else { return value.clone() };
    let target = objects
        .iter()
        .find(|object| object.len() > 1 && object.get("@id") == Some(id));
    target.map_or_else(|| value.clone(), |object| Value::Object((*object).clone()))
}

/// Names and addresses of people or organisations, however deep the lists are nested.
fn names(value: &Value, follow: &dyn Fn(&Value) -> Value) -> Vec<(String, Option<String>)> {
    match follow(value) {
        Value::String(name) => vec![(clean(&name), None)],
        Value::Array(items) => items.iter().flat_map(|item| names(item, follow)).collect(),
        Value::Object(object) => match object.get("name") {
            Some(Value::Array(all)) => all
                .iter()
                .filter_map(Value::as_str)
                .map(|name| (clean(name), None))
                .collect(),
            Some(name) => first_string(name)
                .map(|name| (name, object.get("url").and_then(first_string)))
                .into_iter()
                .collect(),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn language(value: &Value) -> Option<String> {
    let object = value.as_object();
    object.map_or_else(
        || first_string(value),
        |object| {
            ["alternateName", "name"]
                .iter()
                .find_map(|key| first_string(object.get(*key)?))
        },
    )
}

fn address(value: &Value) -> Option<String> {
    match value {
        Value::String(url) => Some(url.clone()),
        Value::Array(items) => items.first().and_then(address),
        Value::Object(object) => ["url", "contentUrl", "@id"]
            .iter()
            .find_map(|key| address(object.get(*key)?)),
        _ => None,
    }
    .filter(|url| !url.is_empty())
}

fn first_string(value: &Value) -> Option<String> {
    strings(value).into_iter().next()
}

/// The strings in a string or an array of them, cleaned, none empty.
fn strings(value: &Value) -> Vec<String> {
    let all: Vec<String> = match value {
        Value::String(text) => vec![clean(text)],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(clean).collect(),
        _ => Vec::new(),
    };
    all.into_iter().filter(|text| !text.is_empty()).collect()
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
        return text::collapsed(&tree.text_below(0));
    }
    text::collapsed(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};

    fn read(json: &str) -> JsonLd {
        JsonLd::read(&parse(
            &format!("<script type='application/ld+json'>{json}</script>"),
            &Limits::default(),
        ))
    }

    #[test]
    fn a_plain_article() {
        let got = read(
            r#"{"@type":"NewsArticle","headline":"A &amp; B","author":{"name":"Ann Lee","url":"/ann"},
            "datePublished":"2026-01-02","publisher":{"name":"The Paper"},"keywords":["x","y"]}"#,
        );
        assert_eq!(got.headline.as_deref(), Some("A & B"));
        assert_eq!(got.authors, [("Ann Lee".into(), Some("/ann".into()))]);
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
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>(),
            ["Ann", "Bo Ek"]
        );
    }

    #[test]
    fn broken_json_is_repaired_or_passed_over() {
        assert_eq!(
            read("<!-- {\"@type\":\"Article\",\"headline\":\"a\nb\",} -->")
                .headline
                .as_deref(),
            Some("a b")
        );
        for json in ["", "{", "[[[[", "nonsense", "{\"@type\":7}", "null"] {
            assert!(read(json).headline.is_none(), "{json}");
        }
    }
}
