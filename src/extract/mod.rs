//! &[`Page`] → [`Article`]: the pure core.
//!
//! In: the bytes of a page and what is known of where they came from. Out: the article with its
//! metadata, or why there is none. Never: a clock, file, socket, thread, log line or global that
//! changes; the same page and version give the same article.

pub mod block;
pub mod decode;
pub mod dom;
mod doubts;
mod eight;
mod embedded;
pub mod features;
mod firm;
pub mod heuristic;
mod letters;
pub mod metadata;
pub mod model;
mod options;
mod outlinks;
mod page_class;
mod phrases;
mod plain;
mod reading;
pub mod rules;
mod select;
mod sequel;
mod short;
mod sniff;
mod stub;
mod text;
mod texts;
mod threshold;
mod told;
mod typed;
mod visibility;

use std::fmt;

pub use options::{Detail, Favor, Options};
pub use outlinks::{Outlink, Outlinks, outlinks};
pub use texts::Texts;

use crate::article::details::Details;
use crate::article::{
    Article, BodyBlock, EXTRACTOR_VERSION, EncodingSource, Http, Metadata, PageType, Paywall,
    Removed, SCHEMA, Sequel, ValueSource, content_hash, page_id, short_id,
};
use crate::failure::Status;
use crate::page::{BodyKind, Page, Warning};
use block::Block;
use decode::Decoded;
use dom::Tree;
use features::Row;
use heuristic::labels;
use metadata::{Claims, rights};
use rules::Ruling;
use select::{Chosen, Copy};

/// Why a page gave no article.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Rejection {
    /// The kind of reason.
    pub status: Status,
    /// What the page is instead, if that is known.
    pub page_type: Option<PageType>,
    /// The same for a person.
    pub detail: String,
}

impl Rejection {
    fn of_class(class: PageType, detail: impl fmt::Display) -> Self {
        Self {
            page_type: Some(class),
            ..Self::no_article(detail)
        }
    }

    fn no_article(detail: impl fmt::Display) -> Self {
        Self {
            status: Status::NoArticle,
            page_type: None,
            detail: detail.to_string(),
        }
    }
}

/// Extracts the article of a page.
///
/// # Errors
///
/// [`Status::NotHtml`] when the body is no text, [`Status::NoArticle`] when it holds no article.
pub fn extract(page: &Page, options: &Options) -> Result<Article, Rejection> {
    let (decoded, found, text) = read(page, options, options.detail == Detail::Full)?;
    found.require_article(options)?;
    Ok(assemble(page, &decoded, found, text))
}

/// What was read on a page, article or not, and what became of each block of it.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// What the page says of itself.
    pub metadata: Metadata,
    /// The blocks that were kept.
    pub body: Vec<BodyBlock>,
    /// The blocks that were left out. With those kept, in order of `at`, the text of the page.
    pub removed: Vec<Removed>,
    /// What a user should know.
    pub warnings: Vec<Warning>,
    /// Words in the body.
    pub word_count: u32,
    /// How sure the extractor is of the body, 0.0 to 1.0.
    pub confidence: f32,
    /// Why there is no article in spite of the body, if there is none.
    pub rejection: Option<Rejection>,
}

/// Reads a page as [`extract`] does, and tells what became of each block.
///
/// # Errors
///
/// [`Status::NotHtml`] when the body is no text.
pub fn explain(page: &Page, options: &Options) -> Result<Explanation, Rejection> {
    let (decoded, found, _) = read(page, options, true)?;
    Ok(Explanation {
        warnings: warnings(page, &decoded, &found),
        rejection: found.require_article(options).err(),
        word_count: found.word_count(),
        metadata: found.metadata,
        body: found.body,
        removed: found.removed,
        confidence: found.confidence,
    })
}

/// Reads a page, with its body as one text; what was removed is told where it is asked for, since most of a page's
/// text is that.
fn read<'p>(
    page: &'p Page,
    options: &Options,
    tells_removed: bool,
) -> Result<(Decoded<'p>, Found, String), Rejection> {
    sniff::require_text(&page.body)?;
    let decoded = decode::decode(&page.body, content_type(page), tld(page).as_deref());
    if page.kind == BodyKind::Html && !content_type(page).is_none_or(sniff::is_html_label) {
        sniff::require_markup(&decoded.text)?;
    }
    let mut found = match page.kind {
        BodyKind::Html => from_html(page, &decoded.text, options, tells_removed),
        BodyKind::PlainText => plain::read(&decoded.text, options, tells_removed),
    };
    let text = found.text();
    found.finish_metadata(&text);
    if let Some(entry) = &page.entry {
        let told = told::fill(&mut found.metadata, entry);
        if let Some(details) = &mut found.details {
            details.candidates.extend(told);
        }
    }
    Ok((decoded, found, text))
}

/// The blocks of a page and what the model is told of each: for its training.
///
/// # Errors
///
/// [`Status::NotHtml`] when the body is no text.
pub fn rows<'t>(
    page: &Page,
    options: &Options,
    texts: &'t Texts,
) -> Result<(Vec<Block<'t>>, Vec<Row>), Rejection> {
    sniff::require_text(&page.body)?;
    let decoded = decode::decode(&page.body, content_type(page), tld(page).as_deref());
    let tree = dom::parse(&decoded.text, &options.limits);
    let claims = Claims::read(&tree, page);
    let blocks = labels::part_at_labels(block::split(&tree, texts), texts);
    let metadata = claims.choose(&tree, &blocks);
    let rows = select::rows(&tree, &blocks, &metadata, &claims);
    Ok((blocks, rows))
}

/// What the two readers, of markup and of plain text, hand over.
struct Found {
    metadata: Metadata,
    body: Vec<BodyBlock>,
    removed: Vec<Removed>,
    warnings: Vec<Warning>,
    confidence: f32,
    /// The words that the page says its story has.
    stated_words: Option<u32>,
    /// Whether the page says, below a stub, that there is more for those who pay.
    shows_wall: bool,
    details: Option<Box<Details>>,
    /// What the page is, when it is no article.
    class: Option<Rejection>,
    /// Where the story goes on.
    sequel: Sequel,
}

impl Found {
    fn require_article(&self, options: &Options) -> Result<(), Rejection> {
        if let Some(rejection) = &self.class {
            return Err(rejection.clone());
        }
        if self.body.is_empty() {
            return Err(Rejection::no_article("no text that reads like an article"));
        }
        let words = self.word_count();
        if words < options.min_words {
            return Err(Rejection::no_article(format_args!(
                "only {words} words of text"
            )));
        }
        Ok(())
    }

    /// Adds what only the body shows: its language, and whether it is a stub.
    fn finish_metadata(&mut self, body: &str) {
        let words = self.word_count();
        let metadata = &mut self.metadata;
        metadata.language_detected = metadata::language::detected(body);
        if metadata.language.is_none() && metadata.language_detected.is_some() {
            metadata.language.clone_from(&metadata.language_detected);
            let source = ValueSource::Text;
            metadata.sources.insert("language".to_owned(), source);
        }
        let is_stub = |paywall| rights::is_stub(Some(paywall), self.stated_words, words, body);
        // What says nothing in its markup says it to readers.
        if metadata.paywall.is_none()
            && metadata.is_accessible_for_free.is_none()
            && self.shows_wall
        {
            metadata.paywall = Some(Paywall::Closed);
            metadata.is_accessible_for_free = Some(false);
            let source = ValueSource::Text;
            metadata.sources.insert("paywall".to_owned(), source);
        }
        metadata.truncated = metadata.paywall.is_some_and(is_stub);
    }

    /// The body as one text.
    fn text(&self) -> String {
        let blocks = self.body.iter().map(|block| block.text.as_str());
        blocks.collect::<Vec<_>>().join("\n\n")
    }

    fn word_count(&self) -> u32 {
        self.body.iter().map(|block| block.words).sum()
    }
}

fn from_html(page: &Page, html: &str, options: &Options, tells_removed: bool) -> Found {
    let (tree, hits) = rules::parse(html, options.rules.of(page), &options.limits);
    let claims = Claims::read(&tree, page);
    let texts = Texts::default();
    let (blocks, rulings) = hits.split(&tree, &texts);
    let (mut metadata, mut candidates) = claims.weigh(&tree, &blocks);
    let overruled = claims.overrule(&tree, &hits, &mut metadata, &mut candidates);
    let scene = select::scene(&tree, &blocks, &metadata);
    let mut chosen = select::body(&scene, &metadata, &claims, &rulings, options);
    let is_ruled = rulings.contains(&Some(Ruling::Keep));
    if !is_ruled {
        select::fall_back(
            &mut chosen,
            (&tree, html, &texts),
            &claims,
            &metadata,
            options,
        );
        doubts::weigh(&mut chosen, (&tree, &blocks), &claims);
    }
    let shows_wall =
        !is_ruled && stub::cut_at_wall(&mut chosen, &blocks, &metadata, claims.stated_words());
    chosen.warnings.extend(overruled);
    chosen.warnings.extend(hits.unmatched(&rulings));
    chosen.warnings.extend(what_was_cut(&tree));
    let class = page_class::no_article(
        page_class::Seen {
            tree: &tree,
            blocks: &blocks,
            scene: &scene,
            body: &chosen.body,
            metadata: &metadata,
            claims: &claims,
        },
        // Who names the body of a page says that it is no index.
        if is_ruled {
            Favor::Recall
        } else {
            options.favor
        },
    );
    let mut details = if class.is_none() {
        details(&tree, &blocks, &chosen, &claims, &metadata, options)
    } else {
        None
    };
    if let Some(details) = &mut details {
        details.candidates = candidates;
    }
    Found {
        class,
        sequel: sequel::read(&tree, page, claims.address()),
        details,
        metadata,
        stated_words: claims.stated_words(),
        shows_wall,
        body: chosen.body.into_iter().map(BodyBlock::owned).collect(),
        removed: told_removed(chosen.removed, tells_removed),
        warnings: chosen.warnings,
        confidence: chosen.confidence,
    }
}

/// What was removed, with texts of its own.
fn told_removed(removed: Vec<Removed<&str>>, is_told: bool) -> Vec<Removed> {
    if is_told {
        removed.into_iter().map(Removed::owned).collect()
    } else {
        Vec::new()
    }
}

fn what_was_cut(tree: &Tree) -> impl Iterator<Item = Warning> {
    let cut = [
        (tree.cut.depth, Warning::TooDeep),
        (tree.cut.nodes, Warning::TooManyNodes),
    ];
    cut.into_iter()
        .filter(|(is_cut, _)| *is_cut)
        .map(|(_, warning)| warning)
}

/// The typed blocks of what was chosen, and the rest, where they are asked for.
fn details(
    tree: &Tree,
    blocks: &[Block],
    chosen: &Chosen,
    claims: &Claims,
    metadata: &Metadata,
    options: &Options,
) -> Option<Box<Details>> {
    if options.detail == Detail::Plain {
        return None;
    }
    let page = typed::Scene { tree, blocks };
    let (scene, is_own) = match &chosen.copy {
        Copy::Itself => (Some(page), true),
        Copy::Markup(tree, blocks) => (Some(typed::Scene { tree, blocks }), false),
        Copy::Text => (None, false),
    };
    let story = typed::Story {
        scene,
        kept: &chosen.body,
        removed: if is_own { &chosen.removed } else { &[] },
        base: claims.address(),
        image: metadata.image.as_deref(),
        is_own,
        links: options.links,
    };
    let recorded = options.detail == Detail::Full;
    Some(Box::new(typed::details(
        &story,
        Some(page),
        &chosen.removed,
        recorded,
    )))
}

fn assemble(page: &Page, decoded: &Decoded, found: Found, text: String) -> Article {
    let warnings = warnings(page, decoded, &found);
    let word_count = found.word_count();
    Article {
        schema: SCHEMA.to_owned(),
        status: "ok".to_owned(),
        id: match &page.url {
            Some(url) => short_id(url.as_bytes()),
            None => page_id(&page.body),
        },
        url: page.url.clone(),
        // A file was never asked for anywhere, so nothing answered.
        final_url: page
            .http
            .as_ref()
            .and(page.final_url.as_ref())
            .map(ToString::to_string),
        metadata: found.metadata,
        word_count,
        content_hash: content_hash(&text),
        text,
        confidence: found.confidence,
        warnings,
        source: page.source.clone(),
        http: Some(http(page, decoded)),
        fetched_at: page.fetched_at,
        found_in: page.entry.as_ref().and_then(|entry| entry.found_in.clone()),
        duplicate_of: None,
        gone_at: None,
        change: None,
        pages: Vec::new(),
        version: 1,
        extractor_version: EXTRACTOR_VERSION.to_owned(),
        details: found.details,
        body: found.body,
        removed: found.removed,
        sequel: found.sequel,
    }
}

/// Words below which a text is short for an article: the shortest tenth of the corpora's news texts.
const SHORT_WORDS: u32 = 80;

fn warnings(page: &Page, decoded: &Decoded, found: &Found) -> Vec<Warning> {
    let seen = [
        (decoded.had_errors, Warning::EncodingErrors),
        (
            decoded.source == EncodingSource::Detected
                && !page.body.is_ascii()
                && decoded.encoding != "UTF-8",
            Warning::EncodingGuessed,
        ),
        (found.word_count() < SHORT_WORDS, Warning::ShortText),
        (found.metadata.title.is_none(), Warning::NoTitle),
        (found.metadata.truncated, Warning::PaywallStub),
    ];
    let seen = seen
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, warning)| warning);
    let mut all: Vec<Warning> = page
        .warnings
        .iter()
        .chain(&found.warnings)
        .copied()
        .chain(seen)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn http(page: &Page, decoded: &Decoded) -> Http {
    let response = page.http.clone().unwrap_or_default();
    Http {
        status: page.http.as_ref().map(|response| response.status),
        content_type: response.content_type,
        encoding: Some(decoded.encoding.to_owned()),
        encoding_source: Some(decoded.source),
        bytes: page.body.len() as u64,
        etag: response.etag,
        last_modified: response.last_modified,
    }
}

fn content_type(page: &Page) -> Option<&str> {
    page.http.as_ref()?.content_type.as_deref()
}

fn tld(page: &Page) -> Option<String> {
    let host = page.final_url.as_ref()?.host_str()?;
    host.rsplit_once('.').map(|(_, tld)| tld.to_owned())
}
