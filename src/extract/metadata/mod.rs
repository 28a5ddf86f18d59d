//! Tree → [`Metadata`]: sources propose, this file holds the one order of preference.
//!
//! Sources: JSON-LD ([`json_ld`]), `<meta>` and `<link>` ([`head`]), and what the page shows
//! ([`shown`]). Nothing is invented: an unknown field stays absent.

mod address;
pub mod apart;
mod author_marks;
pub mod authors;
pub mod bylines;
pub mod dates;
pub mod head;
mod json;
pub mod json_ld;
pub mod language;
pub mod names;
mod nested;
pub mod published;
pub mod relative;
pub mod rights;
mod ruled;
pub mod shown;
mod state;
pub mod title;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

use super::block::Block;
use super::dom::Tree;
use super::text;
use crate::article::details::Image;
use crate::article::{Author, Candidate, Metadata, PageType, Paywall, ValueSource};
use crate::page::Page;
pub(super) use address::{ADDRESS_BYTES_MAX, address_of, is_short};
use head::Head;
use json_ld::{JsonLd, Own};

/// All that a page says of itself, before anything is chosen.
#[derive(Debug)]
pub struct Claims<'t> {
    head: Head<'t>,
    json_ld: JsonLd,
    base: Option<Url>,
    /// The page's own address, else the canonical one.
    own: Option<Url>,
    /// The latest day that a publication date may have: the day after the page was fetched.
    latest: Option<Date>,
    fetched_at: Option<Timestamp>,
    /// The values of `X-Robots-Tag`.
    header: Vec<String>,
    /// The day of publication that scripts hold besides JSON-LD.
    in_state: Option<String>,
    /// Made when it is first asked for.
    body_key: OnceCell<String>,
}

impl<'t> Claims<'t> {
    /// Reads the claims of a page.
    #[must_use]
    pub fn read(tree: &'t Tree, page: &Page) -> Self {
        let head = Head::read(tree);
        let base = address::base_of(&head, page);
        let json_ld = JsonLd::read(
            tree,
            &head.scripts,
            &identity(tree, &head, page, base.as_ref()),
        );
        let claimed = || {
            let canonical = head.canonical.as_deref().or(head.meta(&["og:url"]))?;
            Url::parse(canonical).ok().filter(is_short)
        };
        let own = address_of(page).or_else(claimed);
        let latest = page
            .fetched_at
            .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().ok());
        // Few pages need it, and it reads all of the page once more.
        let is_told =
            json_ld.published.is_some() || head.meta(&["article:published_time"]).is_some();
        let in_state = (!is_told).then(|| state::published(&page.body)).flatten();
        Self {
            head,
            json_ld,
            base,
            own,
            latest,
            fetched_at: page.fetched_at,
            header: page
                .http
                .as_ref()
                .map(|response| response.robots.clone())
                .unwrap_or_default(),
            in_state,
            body_key: OnceCell::new(),
        }
    }

    /// The text that JSON-LD gives as the article's body, for pages that show none.
    #[must_use]
    pub fn article_body(&self) -> Option<&str> {
        self.json_ld.body.as_deref()
    }

    /// [`text::key`] of that text.
    pub(super) fn article_body_key(&self) -> Option<&str> {
        let body = self.article_body()?;
        Some(self.body_key.get_or_init(|| text::key(body)))
    }

    /// The text of `<title>`.
    #[must_use]
    pub fn page_title(&self) -> Option<&str> {
        self.head.title.as_deref()
    }

    /// The page's own address: where it was had from, or what it claims.
    #[must_use]
    pub fn address(&self) -> Option<&Url> {
        self.base.as_ref()
    }

    /// The words that the page says its story has.
    #[must_use]
    pub fn stated_words(&self) -> Option<u32> {
        self.json_ld.word_count
    }

    /// Chooses among the claims, and among what the page shows in `blocks`.
    #[must_use]
    pub fn choose(&self, tree: &Tree, blocks: &[Block]) -> Metadata {
        self.weigh(tree, blocks).0
    }

    /// Chooses as [`Self::choose`] does, and gives all that was proposed for title, authors and
    /// dates, best first.
    #[must_use]
    pub fn weigh(&self, tree: &Tree, blocks: &[Block]) -> (Metadata, Vec<Candidate>) {
        let mut field = Fields::default();
        let site_name = field.keep("site_name", self.site_name());
        let host = self.own.as_ref().and_then(Url::host_str);
        let titles = self.titles(tree, blocks, site_name.as_deref());
        let title = field.first("title", titles);
        let language = field.keep("language", language::declared(&self.head, &self.json_ld));
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
            in_state: self.in_state.as_deref(),
            order: shown.order,
        };
        let dates = published::published(&dating);
        let date_precision = dates.first().map(|(stamp, _)| stamp.precision());
        let (authors, others) = self.signed(&shown, blocks, site_name.as_deref());
        let images = self.images();
        let paywall = rights::paywall(&self.head, &self.json_ld);
        let metadata = Metadata {
            canonical_url: field.keep("canonical_url", self.canonical_url()),
            title,
            description: field.keep("description", self.description()),
            authors: field.authors(authors, others),
            site_name,
            date_published: field.first("date_published", strings(dates)),
            date_modified: field.first("date_modified", strings(published::modified(&dating))),
            date_precision,
            language,
            language_detected: None,
            section: field.keep("section", self.section()),
            tags: self.tags(),
            image: images.first().map(|image| image.url.clone()),
            images,
            publisher: field.keep("publisher", self.publisher()),
            amp_url: field.keep("amp_url", self.amp_url()),
            is_accessible_for_free: self.json_ld.is_free.or(paywall.map(is_free)),
            paywall,
            truncated: false,
            license: field.keep("license", self.license()),
            robots: rights::reservations(&self.head, &self.header),
            page_type: self.page_type(),
            sources: field.sources,
        };
        (metadata, field.candidates)
    }

    fn titles(&self, tree: &Tree, blocks: &[Block], site_name: Option<&str>) -> Vec<Found> {
        let setting = title::Setting {
            site_name,
            address: self.own.as_ref(),
            tree,
            blocks,
        };
        title::candidates(&self.head, &self.json_ld, &setting)
    }

    fn signed(
        &self,
        shown: &shown::Shown,
        blocks: &[Block],
        site_name: Option<&str>,
    ) -> (authors::Claim, Vec<authors::Claim>) {
        let setting = authors::Setting {
            site_name,
            host: self.own.as_ref().and_then(Url::host_str),
            base: self.base.as_ref(),
            is_article: self.is_article(),
            is_news: self.json_ld.is_news,
            blocks,
        };
        authors::choose(&self.head, &self.json_ld, shown, &setting)
    }

    fn site_name(&self) -> Option<Found> {
        let named = self.head.meta(&[
            "og:site_name",
            "application-name",
            "al:android:app_name",
            "dc.publisher",
        ]);
        let claimed = named.map(|name| (name.to_owned(), ValueSource::Meta));
        claimed
            .or_else(|| by_script(self.json_ld.publisher.as_deref()))
            .filter(|(name, _)| !name.contains("://") && name.chars().count() <= 80)
    }

    fn publisher(&self) -> Option<Found> {
        let meta = || {
            self.head.meta(&[
                "dc.publisher",
                "dcterms.publisher",
                "publisher",
                "citation_publisher",
            ])
        };
        by_script(self.json_ld.publisher.as_deref())
            .or_else(|| Some((meta()?.to_owned(), ValueSource::Meta)))
            .filter(|(name, _)| !name.contains("://") && name.chars().count() <= 120)
    }

    fn canonical_url(&self) -> Option<Found> {
        let linked = self
            .head
            .canonical
            .as_deref()
            .map(|href| (href, ValueSource::Link));
        let meta = || Some((self.head.meta(&["og:url"])?, ValueSource::OpenGraph));
        let (claimed, source) = linked.or_else(meta)?;
        let url = self.resolve(claimed)?;
        // A canonical of the front page says nothing of the article.
        (url.path() != "/" || url.query().is_some()).then(|| (url.into(), source))
    }

    fn amp_url(&self) -> Option<Found> {
        let url = self.resolve(self.head.amp.as_deref()?)?;
        Some((url.into(), ValueSource::Link))
    }

    fn license(&self) -> Option<Found> {
        let linked = self
            .head
            .license
            .as_deref()
            .and_then(|href| self.resolve(href));
        let linked = linked.map(|url| (url.into(), ValueSource::Link));
        let meta = || {
            Some((
                self.head
                    .meta(&["dcterms.license", "dc.license"])?
                    .to_owned(),
                ValueSource::Meta,
            ))
        };
        linked
            .or_else(|| by_script(self.json_ld.license.as_deref()))
            .or_else(meta)
    }

    fn description(&self) -> Option<Found> {
        let keys = [
            "og:description",
            "description",
            "twitter:description",
            "dc.description",
            "sailthru.description",
        ];
        let meta = keys.iter().find_map(|key| {
            let source = if *key == "og:description" {
                ValueSource::OpenGraph
            } else {
                ValueSource::Meta
            };
            Some((self.head.meta(&[key])?.to_owned(), source))
        });
        meta.or_else(|| by_script(self.json_ld.description.as_deref()))
            .filter(|(text, _)| !text.is_empty())
    }

    fn section(&self) -> Option<Found> {
        let meta = self.head.meta(&[
            "article:section",
            "parsely-section",
            "sailthru.section",
            "dc.subject",
        ]);
        meta.map(|name| (name.to_owned(), ValueSource::Meta))
            .or_else(|| by_script(self.json_ld.section.as_deref()))
            .filter(|(text, _)| !text.is_empty())
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
        let mut seen = foldhash::HashSet::default();
        let single = tags
            .iter()
            .flat_map(|tag| tag.split([',', ';', '、']))
            .map(|tag| text::collapsed(tag).into_owned());
        single
            .filter(|tag| !tag.is_empty() && seen.insert(text::key(tag)))
            .take(50)
            .collect()
    }

    /// The declared pictures, each once, the leading one first.
    fn images(&self) -> Vec<Image> {
        let metas = self.head.images().into_iter();
        let scripts = self.json_ld.images.iter().cloned();
        let mut seen = foldhash::HashSet::default();
        // Templates declare one picture several times over, and each is made an address by copying the base.
        let mut hrefs = foldhash::HashSet::default();
        metas
            .chain(scripts)
            .filter(|(href, ..)| hrefs.insert(href.clone()))
            .filter_map(|(href, width, height)| {
                let url = self.resolve(&href)?.to_string();
                Some(Image {
                    url,
                    width,
                    height,
                    ..Image::default()
                })
            })
            .filter(|image| seen.insert(image.url.clone()))
            .take(IMAGES_MAX)
            .collect()
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
        let is_story = |kind| {
            matches!(
                kind,
                PageType::Article | PageType::LiveBlog | PageType::Forum
            )
        };
        self.page_type().is_some_and(is_story)
            || self
                .head
                .meta(&["article:published_time", "datepublished"])
                .is_some()
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

fn is_free(paywall: Paywall) -> bool {
    match paywall {
        Paywall::Free => true,
        Paywall::Closed | Paywall::Metered => false,
    }
}

/// Most pictures kept.
const IMAGES_MAX: usize = 20;

/// A value, and what it was taken from.
type Found = (String, ValueSource);

fn by_script(value: Option<&str>) -> Option<Found> {
    value.map(|value| (value.to_owned(), ValueSource::JsonLd))
}

fn strings(dates: Vec<published::Dated>) -> Vec<Found> {
    let dates = dates.into_iter();
    dates
        .map(|(stamp, source)| (stamp.to_string(), source))
        .collect()
}

/// The names as one text, as candidates have them.
fn names_of(authors: &[Author]) -> String {
    let names: Vec<&str> = authors.iter().map(|author| author.name.as_str()).collect();
    names.join("; ")
}

/// Most candidates kept of one field.
const CANDIDATES_MAX: usize = 20;

/// What was chosen from where, and from what.
#[derive(Debug, Default)]
struct Fields {
    sources: BTreeMap<String, ValueSource>,
    candidates: Vec<Candidate>,
}

impl Fields {
    fn keep(&mut self, field: &str, found: Option<Found>) -> Option<String> {
        let (value, source) = found?;
        self.sources.insert(field.to_owned(), source);
        Some(value)
    }

    /// Keeps the first, and all as candidates.
    fn first(&mut self, field: &str, found: Vec<Found>) -> Option<String> {
        let candidate = |(value, source): &Found| Candidate {
            field: field.to_owned(),
            value: value.clone(),
            source: *source,
        };
        self.candidates
            .extend(found.iter().take(CANDIDATES_MAX).map(candidate));
        self.keep(field, found.into_iter().next())
    }

    fn authors(&mut self, chosen: authors::Claim, all: Vec<authors::Claim>) -> Vec<Author> {
        let found = all
            .iter()
            .filter_map(|claim| Some((names_of(&claim.authors), claim.source?)));
        let found: Vec<Found> = found.filter(|(names, _)| !names.is_empty()).collect();
        self.first("authors", found);
        self.sources.remove("authors");
        if let Some(source) = chosen.source.filter(|_| !chosen.authors.is_empty()) {
            self.sources.insert("authors".to_owned(), source);
        }
        chosen.authors
    }
}

/// By what the page's own story is told from others.
fn identity(tree: &Tree, head: &Head, page: &Page, base: Option<&Url>) -> Own {
    let canonical = head.canonical.as_deref().or(head.meta(&["og:url"]));
    let canonical = canonical.and_then(|href| match base {
        Some(base) => base.join(href).ok(),
        None => Url::parse(href).ok(),
    });
    let addresses = address_of(page).into_iter().chain(canonical);
    let headings = head.headings.iter();
    let headings = headings.map(|&id| text::key(&tree.text_below(id)));
    let declared = head.meta(&["og:title", "twitter:title"]).map(text::key);
    Own {
        base: base.cloned(),
        addresses: addresses.filter(is_short).collect(),
        title_keys: headings
            .chain(declared)
            .filter(|key| !key.is_empty())
            .collect(),
    }
}
