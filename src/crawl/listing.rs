//! The bytes that a feed's or sitemap's address gave → the pages and further listings it names.
//!
//! What it is shows in the bytes, whatever the server calls it: RSS (0.9x, 1.0, 2.0), Atom and JSON
//! Feed in `feed`, sitemaps, their indexes and plain lists in `sitemap`. All are
//! bounded in bytes and entries, and read as far as they go: half a sitemap is better than none.

use url::Url;

use super::{feed, sitemap, xml};
use crate::crawl::url_key;
use crate::entry::{Entry, Teller};

/// Largest listing that is read, unpacked: 50 MiB, a sitemap's most (sitemaps.org, protocol); no
/// feed comes near.
pub const LISTING_BYTES_MAX: usize = 50 << 20;
/// Most entries of one listing: a sitemap's most (sitemaps.org, protocol).
pub const ENTRIES_MAX: usize = 50_000;

/// What a listing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// RSS 0.9x, 1.0 or 2.0.
    Rss,
    /// Atom (RFC 4287).
    Atom,
    /// JSON Feed 1 and 1.1.
    JsonFeed,
    /// A sitemap.
    Sitemap,
    /// A sitemap that lists sitemaps.
    SitemapIndex,
    /// A sitemap of bare lines.
    TextSitemap,
}

impl Form {
    fn teller(self) -> Teller {
        match self {
            Self::Rss | Self::Atom | Self::JsonFeed => Teller::Feed,
            Self::Sitemap | Self::SitemapIndex | Self::TextSitemap => Teller::Sitemap,
        }
    }
}

/// A page that a listing names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its address.
    pub url: Url,
    /// What is said of it.
    pub entry: Entry,
}

/// A listing that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// What it is.
    pub form: Form,
    /// The pages it names, in its order, each once.
    pub pages: Vec<Named>,
    /// The listings it names, each once, with the date of their last change.
    pub listings: Vec<(Url, Option<String>)>,
    /// Addresses that cannot be crawled.
    pub bad: usize,
    /// It broke off, or has more entries than are read.
    pub is_partial: bool,
}

impl Listing {
    pub(super) fn of(form: Form) -> Self {
        Self {
            form,
            pages: Vec::new(),
            listings: Vec::new(),
            bad: 0,
            is_partial: false,
        }
    }

    /// Takes a page in. False when there are enough.
    pub(super) fn push(&mut self, base: &Url, link: &str, mut entry: Entry) -> bool {
        match resolved(base, link) {
            Some(url) => {
                entry.found_in = Some(base.to_string());
                entry.told_by = Some(self.form.teller());
                self.pages.push(Named { url, entry });
            }
            None => self.bad += 1,
        }
        self.has_room()
    }

    /// Takes a listing in. False when there are enough.
    pub(super) fn push_listing(&mut self, base: &Url, link: &str, changed: Option<String>) -> bool {
        match resolved(base, link) {
            Some(url) => self.listings.push((url, changed)),
            None => self.bad += 1,
        }
        self.has_room()
    }

    fn has_room(&mut self) -> bool {
        let room = self.pages.len() + self.listings.len() + self.bad < ENTRIES_MAX;
        self.is_partial |= !room;
        room
    }

    fn each_once(mut self) -> Self {
        let mut seen = std::collections::HashSet::new();
        self.pages.retain(|page| seen.insert(page.url.clone()));
        seen.clear();
        self.listings.retain(|(url, _)| seen.insert(url.clone()));
        self
    }
}

fn resolved(base: &Url, link: &str) -> Option<Url> {
    let link = link.trim();
    if link.is_empty() {
        return None;
    }
    let url = base.join(link).ok()?;
    url_key::parse(url.as_str()).ok()
}

/// Reads the listing that `base` gave. None when it is none, such as an HTML page.
#[must_use]
pub fn read(body: &[u8], content_type: Option<&str>, base: &Url) -> Option<Listing> {
    let within = body.get(..LISTING_BYTES_MAX).unwrap_or(body);
    let text = xml::decoded(within, content_type);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let mut listing = if text.starts_with('{') {
        feed::json(text, base)?
    } else if text.starts_with('<') {
        match xml::root(text)?.to_ascii_lowercase().as_str() {
            "rss" | "rdf" => feed::rss(text, base),
            "feed" => feed::atom(text, base),
            "urlset" => sitemap::urls(text, base),
            "sitemapindex" => sitemap::index(text, base),
            _ => return None,
        }
    } else {
        sitemap::lines(text, base)?
    };
    listing.is_partial |= within.len() < body.len();
    Some(listing.each_once())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base() -> Url {
        Url::parse("https://courier.example/feeds/all").unwrap()
    }

    #[test]
    fn what_it_is_shows_in_the_bytes() {
        for (body, want) in [
            ("<rss><channel/></rss>", Some(Form::Rss)),
            (
                "\u{feff} <?xml version='1.0'?><!-- x --><feed/>",
                Some(Form::Atom),
            ),
            ("<rdf:RDF/>", Some(Form::Rss)),
            ("<urlset/>", Some(Form::Sitemap)),
            ("<s:sitemapindex/>", Some(Form::SitemapIndex)),
            (
                "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[]}",
                Some(Form::JsonFeed),
            ),
            ("https://courier.example/1\n", Some(Form::TextSitemap)),
            ("{\"error\":\"nothing here\"}", None),
            ("<!doctype html><html><title>404", None),
            ("Not found", None),
            ("", None),
        ] {
            let got = read(body.as_bytes(), Some("text/html"), &base());
            assert_eq!(got.map(|listing| listing.form), want, "{body}");
        }
    }

    #[test]
    fn entries_are_capped() {
        let many: String = (0..60_000)
            .map(|n| format!("<url><loc>/{n}</loc></url>"))
            .collect();
        let listing = read(format!("<urlset>{many}</urlset>").as_bytes(), None, &base()).unwrap();
        assert_eq!(
            (listing.pages.len(), listing.is_partial),
            (ENTRIES_MAX, true)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&body, None, &base());
        }

        #[test]
        fn no_tags_make_it_fail(pieces in prop::collection::vec(prop::sample::select(vec![
            "<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "https://a.example/", "</link>",
            "<feed>", "<entry>", "<link href='/x' rel='alternate'/>", "<author>", "<name>", "&amp", "&#x110000;", "<![CDATA[", "]]>",
            "<urlset>", "<url>", "<loc>", "</loc>", "<lastmod>2026-01-01", "<!--", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "é", "<a b=", "<?", "</",
        ]), 0..40)) {
            let body: String = pieces.concat();
            if let Some(listing) = read(body.as_bytes(), None, &base()) {
                for page in listing.pages {
                    prop_assert!(matches!(page.url.scheme(), "http" | "https"));
                }
            }
        }
    }
}
