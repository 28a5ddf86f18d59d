//! Tree → [`Metadata`]: sources propose, this file holds the one order of preference.
//!
//! Sources: JSON-LD ([`json_ld`]), `<meta>` and `<link>` ([`head`]), and what the page shows
//! ([`shown`]). Nothing is invented: an unknown field stays absent.

pub mod apart;
pub mod authors;
pub mod bylines;
pub mod dates;
pub mod head;
pub mod json_ld;
pub mod language;
pub mod names;
pub mod published;
pub mod relative;
pub mod shown;
pub mod title;

use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

use super::block::Block;
use super::dom::{Tag, Tree};
use super::text;
use crate::article::{Metadata, PageType};
use crate::page::Page;
use head::Head;
use json_ld::{JsonLd, Own};

/// All that a page says of itself, before anything is chosen.
#[derive(Debug)]
pub struct Claims {
    head: Head,
    json_ld: JsonLd,
    base: Option<Url>,
    /// The page's own address, else the canonical one.
    own: Option<Url>,
    /// The latest day that a publication date may have: the day after the page was fetched.
    latest: Option<Date>,
    fetched_at: Option<Timestamp>,
}

impl Claims {
    /// Reads the claims of a page.
    #[must_use]
    pub fn read(tree: &Tree, page: &Page) -> Self {
        let head = Head::read(tree);
        let base = base_of(&head, page);
        let json_ld = JsonLd::read(tree, &identity(tree, &head, page, base.as_ref()));
        let claimed = || {
            let canonical = head.canonical.as_deref().or(head.meta(&["og:url"]))?;
            Url::parse(canonical).ok()
        };
        let own = address_of(page).or_else(claimed);
        let latest = page
            .fetched_at
            .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().ok());
        Self {
            head,
            json_ld,
            base,
            own,
            latest,
            fetched_at: page.fetched_at,
        }
    }

    /// The text that JSON-LD gives as the article's body, for pages that show none.
    #[must_use]
    pub fn article_body(&self) -> Option<&str> {
        self.json_ld.body.as_deref()
    }

    /// The page's own address: where it was had from, or what it claims.
    #[must_use]
    pub fn address(&self) -> Option<&Url> {
        self.base.as_ref()
    }

    /// Chooses among the claims, and among what the page shows in `blocks`.
    #[must_use]
    pub fn choose(&self, tree: &Tree, blocks: &[Block]) -> Metadata {
        let site_name = self.site_name();
        let titles = title::candidates(
            &self.head,
            &self.json_ld,
            &title::Setting {
                site_name: site_name.as_deref(),
                address: self.own.as_ref(),
                tree,
                blocks,
            },
        );
        let title = titles.first().map(|(title, _)| title.clone());
        let language = language::declared(&self.head, &self.json_ld);
        let host = self.own.as_ref().and_then(Url::host_str);
        let shown = shown::Shown::read(&shown::Setting {
            tree,
            blocks,
            title: title.as_deref(),
            host,
            language: language.as_deref(),
            fetched_at: self.fetched_at,
        });
        let dating = published::Setting {
            head: &self.head,
            json_ld: &self.json_ld,
            shown: &shown,
            address: self.own.as_ref(),
            latest: self.latest,
            order: shown.order,
        };
        let published = published::published(&dating);
        let modified = published::modified(&dating);
        let first = |dates: &[published::Dated]| dates.first().map(|(stamp, _)| stamp.to_string());
        Metadata {
            canonical_url: self.canonical_url(),
            description: self.description(),
            authors: authors::choose(
                &self.head,
                &self.json_ld,
                &shown,
                &authors::Setting {
                    site_name: site_name.as_deref(),
                    host,
                    base: self.base.as_ref(),
                    is_article: self.is_article(),
                    is_news: self.json_ld.is_news,
                    blocks,
                },
            )
            .0,
            date_published: first(&published),
            date_modified: first(&modified),
            language,
            section: self.section(),
            tags: self.tags(),
            image: self.image(),
            page_type: self.page_type(),
            title,
            site_name,
        }
    }

    fn site_name(&self) -> Option<String> {
        let named = self.head.meta(&[
            "og:site_name",
            "application-name",
            "al:android:app_name",
            "dc.publisher",
        ]);
        let claimed = named
            .map(str::to_owned)
            .or_else(|| self.json_ld.publisher.clone());
        claimed.filter(|name| !name.contains("://") && name.chars().count() <= 80)
    }

    fn canonical_url(&self) -> Option<String> {
        let claimed = self
            .head
            .canonical
            .as_deref()
            .or_else(|| self.head.meta(&["og:url"]))?;
        let url = self.resolve(claimed)?;
        // A canonical of the front page says nothing of the article.
        (url.path() != "/" || url.query().is_some()).then(|| url.into())
    }

    fn description(&self) -> Option<String> {
        let keys = [
            "og:description",
            "description",
            "twitter:description",
            "dc.description",
            "sailthru.description",
        ];
        let claimed = self
            .head
            .meta(&keys)
            .map(str::to_owned)
            .or_else(|| self.json_ld.description.clone());
        claimed.filter(|text| !text.is_empty())
    }

    fn section(&self) -> Option<String> {
        let meta = self.head.meta(&[
            "article:section",
            "parsely-section",
            "sailthru.section",
            "dc.subject",
        ]);
        meta.map(str::to_owned)
            .or_else(|| self.json_ld.section.clone())
            .filter(|text| !text.is_empty())
    }

    /// Keywords, each once: article tags, then JSON-LD, then the keywords meta.
    fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = self
            .head
            .metas(&["article:tag", "parsely-tags", "sailthru.tags"])
            .collect();
        if tags.is_empty() {
            tags.clone_from(&self.json_ld.keywords);
        }
        if tags.is_empty() {
            tags = self.head.metas(&["news_keywords", "keywords"]).collect();
        }
        let mut seen = std::collections::HashSet::new();
        let single = tags
            .iter()
            .flat_map(|tag| tag.split([',', ';', '、']))
            .map(text::collapsed);
        single
            .filter(|tag| !tag.is_empty() && seen.insert(text::key(tag)))
            .take(50)
            .collect()
    }

    fn image(&self) -> Option<String> {
        let keys = [
            "og:image",
            "og:image:url",
            "og:image:secure_url",
            "twitter:image",
            "twitter:image:src",
        ];
        let claimed = self.head.meta(&keys).or(self.json_ld.image.as_deref())?;
        self.resolve(claimed).map(Url::into)
    }

    fn page_type(&self) -> Option<PageType> {
        let og_type = self
            .head
            .meta(&["og:type"])
            .unwrap_or_default()
            .to_ascii_lowercase();
        self.json_ld.page_type.or(match og_type.as_str() {
            "article" | "news" | "newsarticle" | "blog" | "article:news" => Some(PageType::Article),
            "product" | "og:product" => Some(PageType::Product),
            _ => None,
        })
    }

    /// Whether the page says that it is an article.
    fn is_article(&self) -> bool {
        let is_story = |kind| matches!(kind, PageType::Article | PageType::LiveBlog | PageType::Forum);
        self.page_type().is_some_and(is_story)
            || self.head.meta(&["article:published_time", "datepublished"]).is_some()
    }

    /// An absolute http(s) address; anything else (`javascript:`, `data:`) is none.
    fn resolve(&self, href: &str) -> Option<Url> {
        let href = href.trim();
        let url = Url::parse(href)
            .ok()
            .or_else(|| self.base.as_ref()?.join(href).ok())?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }
}

/// Most first-level headings among which the headline is looked for.
const H1_MAX: usize = 5;

/// By what the page's own story is told from others.
fn identity(tree: &Tree, head: &Head, page: &Page, base: Option<&Url>) -> Own {
    let canonical = head.canonical.as_deref().or(head.meta(&["og:url"]));
    let canonical = canonical.and_then(|href| match base {
        Some(base) => base.join(href).ok(),
        None => Url::parse(href).ok(),
    });
    let headings = tree
        .ids()
        .filter(|&id| tree.is(id, Tag::H1))
        .map(|id| text::key(&tree.text_below(id)));
    let declared = head.meta(&["og:title", "twitter:title"]).map(text::key);
    Own {
        base: base.cloned(),
        addresses: address_of(page).into_iter().chain(canonical).collect(),
        title_keys: headings
            .take(H1_MAX)
            .chain(declared)
            .filter(|key| !key.is_empty())
            .collect(),
    }
}

fn address_of(page: &Page) -> Option<Url> {
    page.final_url
        .clone()
        .or_else(|| Url::parse(page.url.as_deref()?).ok())
}

/// What relative addresses resolve against: `<base href>`, itself resolved against the page's own.
fn base_of(head: &Head, page: &Page) -> Option<Url> {
    let own = address_of(page);
    let Some(href) = &head.base else { return own };
    let base = own
        .as_ref()
        .map_or_else(|| Url::parse(href), |own| own.join(href))
        .ok();
    base.filter(|base| matches!(base.scheme(), "http" | "https"))
        .or(own)
}
