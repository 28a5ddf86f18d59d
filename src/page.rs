//! The first contract: a [`Page`] is what one URL, file or stream gave, before anybody read it.
//!
//! Fetchers and readers make pages, [`crate::extract`] reads them. After this point nothing can
//! ask whether the bytes came from the network or from a disk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::entry::Entry;

/// One fetched or read document. Data only.
#[derive(Debug, Clone)]
pub struct Page {
    /// The address that was asked for, to the letter as the user wrote it.
    pub url: Option<String>,
    /// The address that answered: after redirects, normalised. Relative links resolve against it.
    pub final_url: Option<Url>,
    /// Where the bytes came from.
    pub source: Source,
    /// The response, when there was one.
    pub http: Option<Response>,
    /// Whether the body is markup or a plain-text dump.
    pub kind: BodyKind,
    /// The body with content encodings undone, character encoding not yet.
    pub body: Vec<u8>,
    /// When the bytes were asked for; absent for saved files, whose time nobody knows.
    pub fetched_at: Option<Timestamp>,
    /// What the feed, sitemap or page that named it says of it.
    pub entry: Option<Entry>,
    /// What the fetcher or reader noticed.
    pub warnings: Vec<Warning>,
}

impl Page {
    /// A page of markup without address, response or time: what `clean` makes of stdin.
    #[must_use]
    pub fn from_html(body: impl Into<Vec<u8>>) -> Self {
        Self {
            url: None,
            final_url: None,
            source: Source::stdin(),
            http: None,
            kind: BodyKind::Html,
            body: body.into(),
            fetched_at: None,
            entry: None,
            warnings: Vec::new(),
        }
    }

    /// The same page, found at `url`.
    #[must_use]
    pub fn at(mut self, url: &str) -> Self {
        self.final_url = Url::parse(url).ok();
        self.url = Some(url.to_owned());
        self
    }
}

/// What kind of text a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// HTML or XHTML.
    Html,
    /// Lines of text without markup, such as another scraper's output.
    PlainText,
}

/// The kept part of an HTTP response.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// Status code of the last hop.
    pub status: u16,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// `ETag`, as sent.
    pub etag: Option<String>,
    /// `Last-Modified`, as sent.
    pub last_modified: Option<String>,
    /// The values of `X-Robots-Tag`, as sent.
    pub robots: Vec<String>,
}

/// Where a page came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The kind of source.
    pub kind: SourceKind,
    /// The file, as the user named it or as it was found below a named folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Of an archive's record: the byte of the file at which it, or the gzip member that holds it,
    /// starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl Source {
    /// A page fetched from its URL.
    #[must_use]
    pub fn url() -> Self {
        Self {
            kind: SourceKind::Url,
            path: None,
            offset: None,
        }
    }

    /// A saved file.
    #[must_use]
    pub fn file(path: impl Into<String>) -> Self {
        Self {
            kind: SourceKind::File,
            path: Some(path.into()),
            offset: None,
        }
    }

    /// A record of an archive.
    #[must_use]
    pub fn warc(path: impl Into<String>, offset: u64) -> Self {
        Self {
            kind: SourceKind::Warc,
            path: Some(path.into()),
            offset: Some(offset),
        }
    }

    /// Standard input.
    #[must_use]
    pub fn stdin() -> Self {
        Self {
            kind: SourceKind::Stdin,
            path: None,
            offset: None,
        }
    }
}

/// The kinds of source a page can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Fetched.
    Url,
    /// Read from a file.
    File,
    /// Read from a WARC record.
    Warc,
    /// Read from standard input.
    Stdin,
}

/// Something a user should know of a page or of how its article was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// robots.txt answered 401 or 403, which RFC 9309 §2.3.1.3 counts as no rules.
    RobotsForbidden,
    /// The user had robots.txt ignored for this host.
    RobotsIgnored,
    /// The user had the server's certificate not verified: anybody could have answered.
    TlsUnverified,
    /// The archive holds only the beginning of the page.
    BodyCut,
    /// Bytes that are not valid in the page's character encoding became U+FFFD.
    EncodingErrors,
    /// No encoding was declared; it was guessed from the bytes.
    EncodingGuessed,
    /// Nesting was deeper than the limit; deeper elements were flattened.
    TooDeep,
    /// The page had more nodes than the limit; the rest was not read.
    TooManyNodes,
    /// The text is short for an article.
    ShortText,
    /// The visible body held nothing; the text is from a `<noscript>` copy.
    FromNoscript,
    /// The visible body held nothing; the text is the page's JSON-LD `articleBody`.
    FromJsonLd,
    /// The visible body held nothing; the text was found in the page's scripts.
    FromEmbeddedState,
    /// The first paragraph stands outside of the element that holds the rest of the text.
    LeadElsewhere,
    /// Much of the page's JSON-LD `articleBody` is not in the text.
    JsonLdDisagrees,
    /// Many paragraphs that might have belonged to the text were left out.
    ManyWordsDropped,
    /// No element stood out as the article; the best paragraphs were taken.
    NoContainer,
    /// No title could be found.
    NoTitle,
    /// The text is the stub that a paywall leaves to be read.
    PaywallStub,
    /// The article has further pages, which could not be had or are beyond the limit.
    PagesMissing,
    /// Text or headline differ from the version before, and no date of the page tells of it.
    SilentEdit,
    /// The user's `body` rule for this site hits nothing here; the body is found without it.
    SiteRuleBodyUnmatched,
    /// The user's `drop` rule for this site hits nothing here.
    SiteRuleDropUnmatched,
    /// The user's `title` rule for this site gives no title here; it is found without it.
    SiteRuleTitleUnmatched,
    /// The user's `author` rule for this site gives no name here; authors are found without it.
    SiteRuleAuthorUnmatched,
    /// The user's `date` rule for this site gives no date here; it is found without it.
    SiteRuleDateUnmatched,
}
