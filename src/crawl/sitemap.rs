//! Sitemaps, their indexes and plain lists (sitemaps.org, protocol 0.9), with Google's news and
//! image extensions and the other languages of a page (`hreflang`).

use url::Url;

use super::feed_date;
use super::listing::{Form, Listing};
use super::xml::{self, Ended};
use crate::entry::Entry;

/// Most other languages of one page that are listed.
const ALTERNATES_MAX: usize = 100;

/// Reads a sitemap of pages.
pub(super) fn urls(text: &str, base: &Url) -> Listing {
    let mut listing = Listing::of(Form::Sitemap);
    let mut page = Page::default();
    let whole = xml::read(text, |ended| {
        if ended.name() == "url" {
            return std::mem::take(&mut page).put(&mut listing, base);
        }
        page.learn(ended);
        true
    });
    listing.is_partial |= !whole;
    listing
}

/// Reads a sitemap of sitemaps.
pub(super) fn index(text: &str, base: &Url) -> Listing {
    let mut listing = Listing::of(Form::SitemapIndex);
    let (mut link, mut changed) = (String::new(), None);
    let whole = xml::read(text, |ended| match (ended.parent(), ended.name()) {
        (_, "sitemap") => {
            let link = std::mem::take(&mut link);
            // Some write the address without its `loc`.
            let link = if link.is_empty() {
                ended.text.to_owned()
            } else {
                link
            };
            listing.push_listing(base, &link, changed.take())
        }
        ("sitemap", "loc") => {
            ended.text.clone_into(&mut link);
            true
        }
        ("sitemap", "lastmod") => {
            changed = feed_date::normal(ended.text);
            true
        }
        _ => true,
    });
    listing.is_partial |= !whole;
    listing
}

/// Reads a list of bare addresses, one a line; none when its first line is no address.
pub(super) fn lines(text: &str, base: &Url) -> Option<Listing> {
    let mut listing = Listing::of(Form::TextSitemap);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        let is_address = line.starts_with("http://") || line.starts_with("https://");
        if !is_address && listing.pages.is_empty() {
            return None;
        }
        let link = if is_address { line } else { "" };
        if !listing.push(base, link, Entry::default()) {
            break;
        }
    }
    (!listing.pages.is_empty()).then_some(listing)
}

#[derive(Default)]
struct Page {
    link: String,
    entry: Entry,
    /// Other languages: language and address.
    alternates: Vec<(String, String)>,
}

impl Page {
    fn learn(&mut self, ended: &Ended) {
        let entry = &mut self.entry;
        let text = ended.text;
        match (ended.parent(), ended.name()) {
            ("url", "loc") => text.clone_into(&mut self.link),
            ("url", "lastmod") => entry.date_modified = feed_date::normal(text),
            ("news:news", "news:title") => entry.title = xml::plain(text),
            ("news:news", "news:publication_date") => {
                entry.date_published = feed_date::normal(text);
            }
            ("news:publication", "news:name") => entry.site_name = xml::plain(text),
            ("news:publication", "news:language") => {
                entry.language = Some(text.to_owned()).filter(|text| !text.is_empty());
            }
            ("image:image", "image:loc") if entry.image.is_none() => {
                entry.image = Some(text.to_owned()).filter(|text| text.starts_with("http"));
            }
            ("url", "xhtml:link") if self.alternates.len() < ALTERNATES_MAX => {
                if let Some((language, link)) = alternate(ended) {
                    self.alternates.push((language, link));
                }
            }
            _ => {}
        }
    }

    /// Hands the page over, and its other languages, of which only the language is known.
    fn put(self, listing: &mut Listing, base: &Url) -> bool {
        let mut goes_on = listing.push(base, &self.link, self.entry);
        for (language, link) in self.alternates {
            // `x-default` is where a visitor of unknown language is sent, mostly to choose one.
            let is_other = language != "x-default" && link != self.link;
            let entry = Entry {
                language: Some(language),
                ..Entry::default()
            };
            goes_on = goes_on && (!is_other || listing.push(base, &link, entry));
        }
        goes_on
    }
}

fn alternate(ended: &Ended) -> Option<(String, String)> {
    let (language, link) = (ended.attribute("hreflang")?, ended.attribute("href")?);
    (ended.attribute("rel")? == "alternate")
        .then(|| (language.to_ascii_lowercase(), link.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::listing::read;

    fn base() -> Url {
        Url::parse("https://courier.example/sitemap.xml").unwrap()
    }

    #[test]
    fn news_images_and_languages() {
        let xml = r#"<?xml version="1.0"?>
            <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="n" xmlns:image="i" xmlns:xhtml="x">
            <url><loc> https://courier.example/bridge?a=1&amp;b=2
              </loc><lastmod>2026-03-02</lastmod>
              <news:news><news:publication><news:name>The Courier</news:name><news:language>en</news:language></news:publication>
              <news:publication_date>2026-03-01T10:00:00+01:00</news:publication_date>
              <news:title>Bridge &amp;amp; road</news:title></news:news>
              <image:image><image:loc>https://courier.example/b.jpg</image:loc><image:title>No title of the page</image:title></image:image>
              <image:image><image:loc>https://courier.example/c.jpg</image:loc></image:image>
              <xhtml:link rel="alternate" hreflang="de" href="https://courier.example/de/bruecke"/>
              <xhtml:link rel="alternate" hreflang="x-default" href="https://courier.example/choose"/>
            </url><url><loc>ftp://x.example/</loc></url><url/></urlset>"#;
        let listing = read(xml.as_bytes(), None, &base()).unwrap();
        let [bridge, german] = &listing.pages[..] else {
            panic!("{listing:?}");
        };
        assert_eq!(
            bridge.url.as_str(),
            "https://courier.example/bridge?a=1&b=2"
        );
        assert_eq!(
            bridge.entry,
            Entry {
                title: Some("Bridge & road".into()),
                date_published: Some("2026-03-01T10:00:00+01:00".into()),
                date_modified: Some("2026-03-02".into()),
                authors: Vec::new(),
                site_name: Some("The Courier".into()),
                language: Some("en".into()),
                image: Some("https://courier.example/b.jpg".into()),
                found_in: Some(base().into()),
                told_by: Some(crate::entry::Teller::Sitemap),
            }
        );
        assert_eq!(german.entry.language.as_deref(), Some("de"));
        assert_eq!((listing.bad, listing.is_partial), (2, false));
    }

    #[test]
    fn an_index_and_one_that_breaks_off() {
        let xml = "<sitemapindex><sitemap><loc>/a.xml</loc><lastmod>junk</lastmod></sitemap>\
                   <sitemap><loc>/a.xml</loc></sitemap><sitemap><loc>/b.xml.gz</loc><lastmod>2026-01-02</lastmod></sitemap><sitemap>\n https://courier.example/c.xml</sitemap><sitemap><lo";
        let listing = read(xml.as_bytes(), None, &base()).unwrap();
        let got: Vec<_> = listing
            .listings
            .iter()
            .map(|(url, changed)| (url.path(), changed.as_deref()))
            .collect();
        assert_eq!(
            got,
            [
                ("/a.xml", None),
                ("/b.xml.gz", Some("2026-01-02")),
                ("/c.xml", None)
            ]
        );
        assert!(listing.is_partial);
    }

    #[test]
    fn lists_of_lines() {
        let text = "\u{feff}https://courier.example/1\r\n\r\nnonsense\nhttps://courier.example/2";
        let listing = read(text.as_bytes(), None, &base()).unwrap();
        assert_eq!((listing.pages.len(), listing.bad), (2, 1));
    }
}
