//! Records under the field names of other tools, for people who move over: pure renaming.
//!
//! A field that the other tool has and we have not is absent; ours without a counterpart is left
//! out. Lists stay lists but where the other tool writes a string.

use serde_json::{Map, Value, json};

use crate::article::{Article, AuthorKind, Metadata};

/// Whose field names a record has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// The JSON output of adbar/trafilatura.
    Trafilatura,
    /// The JSON files of fhamborg/news-please.
    NewsPlease,
    /// The attributes of newspaper3k and newspaper4k's `Article`.
    Newspaper,
    /// `NewsArticle` of schema.org as JSON-LD.
    SchemaOrg,
}

impl std::str::FromStr for Schema {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "trafilatura" => Ok(Self::Trafilatura),
            "news-please" => Ok(Self::NewsPlease),
            "newspaper" => Ok(Self::Newspaper),
            "schema-org" => Ok(Self::SchemaOrg),
            _ => Err(format!(
                "{name:?} is none of trafilatura, news-please, newspaper, schema-org"
            )),
        }
    }
}

/// The article under the names of `schema`.
#[must_use]
pub fn renamed(article: &Article, schema: Schema) -> Value {
    let fields = match schema {
        Schema::Trafilatura => trafilatura(article),
        Schema::NewsPlease => news_please(article),
        Schema::Newspaper => newspaper(article),
        Schema::SchemaOrg => schema_org(article),
    };
    let known = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        known
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}

type Fields = Vec<(&'static str, Value)>;

fn names(metadata: &Metadata) -> Vec<&str> {
    metadata
        .authors
        .iter()
        .map(|author| author.name.as_str())
        .collect()
}

fn address(article: &Article) -> Option<&String> {
    article.final_url.as_ref().or(article.url.as_ref())
}

fn host(article: &Article) -> Option<String> {
    let url = url::Url::parse(address(article)?).ok()?;
    url.host_str().map(str::to_owned)
}

/// `;` between authors and `,` between tags, as trafilatura joins them; dates as days.
fn trafilatura(article: &Article) -> Fields {
    let metadata = &article.metadata;
    let joined = |parts: Vec<&str>, by: &str| (!parts.is_empty()).then(|| parts.join(by));
    let day = metadata
        .date_published
        .as_deref()
        .and_then(|date| date.get(..10));
    let tags: Vec<&str> = metadata.tags.iter().map(String::as_str).collect();
    vec![
        ("title", json!(metadata.title)),
        ("author", json!(joined(names(metadata), "; "))),
        ("hostname", json!(host(article))),
        ("date", json!(day)),
        ("fingerprint", json!(article.content_hash)),
        ("id", json!(article.id)),
        ("license", json!(metadata.license)),
        ("raw_text", json!(article.text)),
        (
            "source",
            json!(metadata.canonical_url.as_ref().or(address(article))),
        ),
        ("source-hostname", json!(metadata.site_name)),
        ("excerpt", json!(metadata.description)),
        ("categories", json!(metadata.section)),
        ("tags", json!(joined(tags, ","))),
        ("image", json!(metadata.image)),
        ("pagetype", json!(metadata.page_type)),
        ("language", json!(metadata.language)),
        ("text", json!(article.text)),
    ]
}

fn news_please(article: &Article) -> Fields {
    let metadata = &article.metadata;
    vec![
        ("authors", json!(names(metadata))),
        ("date_download", json!(article.fetched_at)),
        ("date_modify", json!(metadata.date_modified)),
        ("date_publish", json!(metadata.date_published)),
        ("description", json!(metadata.description)),
        ("filename", json!(article.source.path)),
        ("image_url", json!(metadata.image)),
        ("language", json!(metadata.language)),
        ("maintext", json!(article.text)),
        ("source_domain", json!(host(article))),
        ("title", json!(metadata.title)),
        ("title_page", json!(metadata.title)),
        ("url", json!(address(article))),
    ]
}

fn newspaper(article: &Article) -> Fields {
    let metadata = &article.metadata;
    let images: Vec<&str> = metadata
        .images
        .iter()
        .map(|image| image.url.as_str())
        .collect();
    vec![
        ("url", json!(address(article))),
        ("source_url", json!(host(article))),
        ("title", json!(metadata.title)),
        ("text", json!(article.text)),
        ("authors", json!(names(metadata))),
        ("publish_date", json!(metadata.date_published)),
        ("top_image", json!(metadata.image)),
        ("images", json!(images)),
        ("keywords", json!(metadata.tags)),
        ("meta_description", json!(metadata.description)),
        ("meta_lang", json!(metadata.language)),
        ("meta_site_name", json!(metadata.site_name)),
        ("canonical_link", json!(metadata.canonical_url)),
    ]
}

fn schema_org(article: &Article) -> Fields {
    let metadata = &article.metadata;
    let author = |author: &crate::article::Author| {
        let kind = match author.kind {
            AuthorKind::Person => "Person",
            AuthorKind::Organization => "Organization",
        };
        let mut party = json!({ "@type": kind, "name": author.name });
        if let (Some(url), Some(fields)) = (&author.url, party.as_object_mut()) {
            fields.insert("url".to_owned(), json!(url));
        }
        party
    };
    let authors: Vec<Value> = metadata.authors.iter().map(author).collect();
    let publisher = metadata.publisher.as_ref().or(metadata.site_name.as_ref());
    let publisher = publisher.map(|name| json!({ "@type": "Organization", "name": name }));
    let images: Vec<&str> = metadata
        .images
        .iter()
        .map(|image| image.url.as_str())
        .collect();
    vec![
        ("@context", json!("https://schema.org")),
        ("@type", json!("NewsArticle")),
        (
            "url",
            json!(metadata.canonical_url.as_ref().or(address(article))),
        ),
        ("headline", json!(metadata.title)),
        ("description", json!(metadata.description)),
        ("author", json!(authors)),
        ("publisher", json!(publisher)),
        ("datePublished", json!(metadata.date_published)),
        ("dateModified", json!(metadata.date_modified)),
        ("inLanguage", json!(metadata.language)),
        ("articleSection", json!(metadata.section)),
        ("keywords", json!(metadata.tags)),
        ("image", json!(images)),
        (
            "isAccessibleForFree",
            json!(metadata.is_accessible_for_free),
        ),
        ("license", json!(metadata.license)),
        ("wordCount", json!(article.word_count)),
        ("articleBody", json!(article.text)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article() -> Article {
        serde_json::from_value(json!({
            "schema": "chaffinch/1", "status": "ok", "id": "0123456789abcdef",
            "url": "https://x.example/news/bridge", "title": "Bridge opens",
            "authors": [{"name": "Ann Lee", "kind": "person"}, {"name": "Bo Ek", "kind": "person"}],
            "date_published": "2026-05-03T10:00:00+02:00", "tags": ["roads", "rivers"],
            "text": "The bridge over the river opened to cars and walkers on Monday morning.",
            "word_count": 13, "content_hash": "sha256:0", "confidence": 0.9, "warnings": [],
            "source": {"kind": "url"}, "version": 1, "extractor_version": "0.1.0"
        }))
        .unwrap()
    }

    #[test]
    fn each_tool_finds_its_own_names() {
        let article = article();
        let rows = [
            (Schema::Trafilatura, "/author", json!("Ann Lee; Bo Ek")),
            (Schema::Trafilatura, "/date", json!("2026-05-03")),
            (Schema::Trafilatura, "/tags", json!("roads,rivers")),
            (Schema::Trafilatura, "/hostname", json!("x.example")),
            (Schema::NewsPlease, "/authors", json!(["Ann Lee", "Bo Ek"])),
            (
                Schema::NewsPlease,
                "/date_publish",
                json!("2026-05-03T10:00:00+02:00"),
            ),
            (Schema::NewsPlease, "/maintext", json!(article.text)),
            (Schema::Newspaper, "/keywords", json!(["roads", "rivers"])),
            (
                Schema::Newspaper,
                "/publish_date",
                json!("2026-05-03T10:00:00+02:00"),
            ),
            (
                Schema::SchemaOrg,
                "/author/1",
                json!({"@type": "Person", "name": "Bo Ek"}),
            ),
            (Schema::SchemaOrg, "/headline", json!("Bridge opens")),
        ];
        for (schema, at, want) in rows {
            assert_eq!(
                renamed(&article, schema).pointer(at),
                Some(&want),
                "{schema:?} {at}"
            );
        }
        assert!(
            renamed(&article, Schema::Trafilatura)
                .get("license")
                .is_none()
        );
    }
}
