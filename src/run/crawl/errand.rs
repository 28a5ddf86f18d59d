//! What a lease is for: the note that its URL carries through the frontier.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::crawl::{HostKey, UrlKey, normal_form, url_key};
use crate::entry::Entry;
use crate::failure::Status;
use crate::frontier::{Lease, NewUrl, Origin};
use crate::input::urls::Line;

/// What a URL is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Its article.
    #[default]
    Page,
    /// The pages that a feed or sitemap names.
    Listing,
    /// The feeds and sitemaps of a site, or what a listing names if it is one.
    Site,
    /// The pages that a front page links to.
    Front,
}

/// A source of pages that the user names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its address, with the place where it was named.
    pub line: Line,
    /// What it is.
    pub what: What,
}

/// What a lease is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Errand {
    pub(super) what: What,
    /// The source that the user named, from which this came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) root: Option<String>,
    /// Listings between the root and this one.
    #[serde(default)]
    pub(super) level: u8,
    /// How many links further pages are followed.
    #[serde(default)]
    pub(super) follow: u8,
    /// Pages must be of the same site as one of these; of any when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) sites: Vec<Url>,
    /// It was guessed: that it is not there is no failure.
    #[serde(default)]
    pub(super) guessed: bool,
    /// What is told of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) entry: Option<Entry>,
}

impl Errand {
    /// What a lease is for.
    pub(super) fn of(lease: &Lease) -> Self {
        Self::read(lease.note.as_deref())
    }

    /// What a URL that was found is for.
    pub(super) fn of_new(new: &NewUrl) -> Self {
        Self::read(new.note.as_deref())
    }

    pub(super) fn read(note: Option<&str>) -> Self {
        note.and_then(|note| serde_json::from_str(note).ok())
            .unwrap_or_default()
    }

    /// A source of the user's.
    pub(super) fn source(source: &Source, follow: u8) -> NewUrl {
        let errand = Self {
            what: source.what,
            root: Some(source.line.text.clone()),
            follow,
            ..Self::default()
        };
        match url_key::parse(&source.line.text) {
            Ok(url) => errand.to(&url, source.line.text.clone()),
            Err(error) => NewUrl {
                key: source_key(source.what, &format!("bad {}", source.line.text)),
                url: source.line.text.clone(),
                host: String::new(),
                verdict: Some((Status::BadUrl, format!("{}: {error}", source.line.place))),
                note: errand.note(),
                origin: Origin::Source,
                day: 0,
            },
        }
    }

    /// The keys under which a source of that address may be known.
    pub(super) fn source_keys(address: &str) -> Vec<String> {
        let parsed = url_key::parse(address).map(String::from);
        let address = parsed.unwrap_or_else(|_| format!("bad {address}"));
        let kinds = [What::Listing, What::Site, What::Front];
        kinds.map(|what| source_key(what, &address)).to_vec()
    }

    /// The errand to an address that was found.
    pub(super) fn to_found(&self, url: &Url) -> NewUrl {
        let url = normal_form::asked(url);
        self.to(&url, url.to_string())
    }

    fn to(&self, url: &Url, text: String) -> NewUrl {
        let key = UrlKey::of(url).to_string();
        let (key, origin) = match self.what {
            What::Page => (key, Origin::Found),
            // Listings may differ in their last slash, and a page may be a source as well.
            what => (source_key(what, url.as_str()), Origin::Source),
        };
        NewUrl {
            key,
            url: text,
            host: HostKey::of(url).as_str().to_owned(),
            verdict: None,
            note: self.note(),
            origin,
            day: 0,
        }
    }

    fn note(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }
}

/// No page's key.
fn source_key(what: What, address: &str) -> String {
    format!("source {what:?} {address}")
}
