//! Feeds: RSS 0.9x, 1.0 and 2.0 with Dublin Core, Atom (RFC 4287), JSON Feed 1.1.

use serde::Deserialize;
use url::Url;

use super::feed_date;
use super::listing::{Form, Listing};
use super::xml::{self, Ended};
use crate::entry::Entry;

/// Most authors of one entry, and of a feed, whose authors each entry without any has.
const AUTHORS_MAX: usize = 50;
const FEED_AUTHORS_MAX: usize = 8;
/// Most bytes of an author's name that is one.
const NAME_BYTES_MAX: usize = 200;
/// Most bytes of the name of a language (RFC 5646 §4.4.1). Each entry has a copy of the feed's.
const LANGUAGE_BYTES_MAX: usize = 35;

/// Reads RSS. The page is `link`; where there is none, a `guid` that is an address.
pub(super) fn rss(text: &str, base: &Url) -> Listing {
    let mut listing = Listing::of(Form::Rss);
    let mut item = Item::default();
    let mut language = None;
    let whole = xml::read(text, |ended| match (ended.parent(), ended.name()) {
        (_, "item") => std::mem::take(&mut item).put(&mut listing, base, language.as_ref()),
        ("channel", "language" | "dc:language") => {
            language = Some(ended.text.to_owned()).filter(|text| !text.is_empty());
            true
        }
        ("channel", "link" | "atom:link" | "atom10:link") => next_page(&mut listing, base, ended),
        ("item", _) => {
            item.learn_rss(ended);
            true
        }
        _ => true,
    });
    listing.is_partial |= !whole;
    listing
}

/// Reads Atom. The page is the link without `rel`, or with `alternate`.
pub(super) fn atom(text: &str, base: &Url) -> Listing {
    let mut listing = Listing::of(Form::Atom);
    let mut item = Item::default();
    // The author of the feed is that of entries without one (RFC 4287 §4.2.1).
    let (mut author, mut names) = (None, Vec::new());
    let whole = xml::read(text, |ended| match (ended.parent(), ended.name()) {
        (_, "entry") => {
            let mut item = std::mem::take(&mut item);
            if item.entry.authors.is_empty() {
                item.entry.authors.extend(author.clone());
            }
            item.put(&mut listing, base, None)
        }
        ("author", "name") => {
            names.extend(xml::plain(ended.text));
            true
        }
        ("feed", "author") => {
            let is_name = |name: &String| name.len() <= NAME_BYTES_MAX;
            author = std::mem::take(&mut names).into_iter().find(is_name);
            true
        }
        ("entry", "author") => {
            names.drain(..).for_each(|name| item.author(name));
            true
        }
        ("feed", "link") => next_page(&mut listing, base, ended),
        ("entry", _) => {
            item.learn_atom(ended);
            true
        }
        _ => {
            // The author of a quoted source is not that of the entry.
            if ended.name() == "author" {
                names.clear();
            }
            true
        }
    });
    listing.is_partial |= !whole;
    listing
}

/// A feed in several documents names the next (RFC 5005 §3); archives, which go back to the first
/// day, are left alone.
fn next_page(listing: &mut Listing, base: &Url, ended: &Ended) -> bool {
    match (ended.attribute("rel"), ended.attribute("href")) {
        (Some("next"), Some(link)) => listing.push_listing(base, link, None),
        _ => true,
    }
}

#[derive(Default)]
struct Item {
    link: String,
    guid: String,
    entry: Entry,
}

impl Item {
    fn learn_rss(&mut self, ended: &Ended) {
        let (text, entry) = (ended.text, &mut self.entry);
        match ended.name() {
            "link" if self.link.is_empty() => text.clone_into(&mut self.link),
            // FeedBurner moves the real address here.
            "feedburner:origlink" if !text.is_empty() => text.clone_into(&mut self.link),
            "guid" | "id" if ended.attribute("ispermalink") != Some("false") => {
                text.clone_into(&mut self.guid);
            }
            "title" => entry.title = xml::plain(text),
            "pubdate" => {
                entry.date_published = feed_date::normal(text).or(entry.date_published.take());
            }
            "dc:date" | "dcterms:created" | "dcterms:issued" if entry.date_published.is_none() => {
                entry.date_published = feed_date::normal(text);
            }
            "dcterms:modified" | "atom:updated" => entry.date_modified = feed_date::normal(text),
            "dc:language" => entry.language = Some(text.to_owned()),
            "author" | "dc:creator" => {
                if let Some(name) = person(text) {
                    self.author(name);
                }
            }
            "media:content" | "media:thumbnail" | "enclosure" if entry.image.is_none() => {
                entry.image = picture(ended);
            }
            _ => {}
        }
    }

    fn learn_atom(&mut self, ended: &Ended) {
        let (text, entry) = (ended.text, &mut self.entry);
        match ended.name() {
            "link" => self.learn_link(ended),
            "title" => entry.title = xml::plain(text),
            "published" | "issued" => entry.date_published = feed_date::normal(text),
            "updated" | "modified" => entry.date_modified = feed_date::normal(text),
            "id" => text.clone_into(&mut self.guid),
            _ => {}
        }
    }

    fn learn_link(&mut self, ended: &Ended) {
        let is_page = matches!(ended.attribute("rel"), None | Some("alternate" | ""));
        let is_html = ended
            .attribute("type")
            .is_none_or(|kind| kind.contains("html"));
        if is_page
            && let Some(link) = ended.attribute("href")
            && (self.link.is_empty() || is_html && ended.attribute("type").is_some())
        {
            link.clone_into(&mut self.link);
        }
    }

    fn author(&mut self, name: String) {
        let authors = &mut self.entry.authors;
        let is_name = name.len() <= NAME_BYTES_MAX;
        if is_name && authors.len() < AUTHORS_MAX && !authors.contains(&name) {
            authors.push(name);
        }
    }

    fn put(mut self, listing: &mut Listing, base: &Url, language: Option<&String>) -> bool {
        let is_address = |text: &str| text.starts_with("http://") || text.starts_with("https://");
        if self.link.is_empty() && is_address(&self.guid) {
            self.link = self.guid;
        }
        let is_language = |name: &&String| name.len() <= LANGUAGE_BYTES_MAX;
        let language = self.entry.language.as_ref().or(language);
        self.entry.language = language.filter(is_language).cloned();
        listing.push(base, &self.link, self.entry)
    }
}

/// The name in RSS's `author`, which is `mail@host (Name)`; an address alone names nobody.
fn person(text: &str) -> Option<String> {
    let named = match text.split_once('(') {
        Some((mail, name)) if mail.contains('@') => name.trim_end_matches([')', ' ']),
        _ if text.contains('@') => return None,
        _ => text,
    };
    xml::plain(named)
}

fn picture(ended: &Ended) -> Option<String> {
    let is_picture = ended.name() == "media:thumbnail"
        || ended.attribute("medium") == Some("image")
        || ended
            .attribute("type")
            .is_some_and(|kind| kind.starts_with("image/"));
    let url = ended.attribute("url").filter(|_| is_picture)?;
    url.starts_with("http").then(|| url.to_owned())
}

#[derive(Deserialize)]
struct JsonFeed {
    version: String,
    #[serde(default)]
    items: Vec<serde_json::Value>,
    language: Option<String>,
    next_url: Option<String>,
    author: Option<JsonAuthor>,
    #[serde(default)]
    authors: Vec<JsonAuthor>,
}

#[derive(Deserialize)]
struct JsonItem {
    url: Option<String>,
    external_url: Option<String>,
    id: Option<serde_json::Value>,
    title: Option<String>,
    date_published: Option<String>,
    date_modified: Option<String>,
    language: Option<String>,
    image: Option<String>,
    author: Option<JsonAuthor>,
    #[serde(default)]
    authors: Vec<JsonAuthor>,
}

#[derive(Deserialize)]
struct JsonAuthor {
    name: Option<String>,
}

/// Reads JSON Feed; none when it is other JSON. An item that is malformed is passed over.
pub(super) fn json(text: &str, base: &Url) -> Option<Listing> {
    let feed: JsonFeed = serde_json::from_str(text).ok()?;
    if !feed.version.contains("jsonfeed.org/version/") {
        return None;
    }
    let mut listing = Listing::of(Form::JsonFeed);
    if let Some(next) = &feed.next_url {
        listing.push_listing(base, next, None);
    }
    let everyone = names(feed.authors, feed.author);
    let everyone: Vec<String> = everyone.take(FEED_AUTHORS_MAX).collect();
    for item in feed.items {
        let Ok(item) = serde_json::from_value::<JsonItem>(item) else {
            listing.bad += 1;
            continue;
        };
        if !put_json(item, &mut listing, base, feed.language.as_ref(), &everyone) {
            break;
        }
    }
    Some(listing)
}

fn names(all: Vec<JsonAuthor>, one: Option<JsonAuthor>) -> impl Iterator<Item = String> {
    let named = all.into_iter().chain(one).filter_map(|author| author.name);
    let named = named.filter_map(|name| xml::plain(&name));
    named
        .filter(|name| name.len() <= NAME_BYTES_MAX)
        .take(AUTHORS_MAX)
}

fn put_json(
    json: JsonItem,
    listing: &mut Listing,
    base: &Url,
    language: Option<&String>,
    everyone: &[String],
) -> bool {
    let date = |text: Option<String>| feed_date::normal(&text?);
    let mut item = Item {
        link: json.url.or(json.external_url).unwrap_or_default(),
        guid: json
            .id
            .and_then(|id| id.as_str().map(str::to_owned))
            .unwrap_or_default(),
        entry: Entry {
            title: json.title.as_deref().and_then(xml::plain),
            date_published: date(json.date_published),
            date_modified: date(json.date_modified),
            language: json.language,
            image: json.image.filter(|url| url.starts_with("http")),
            ..Entry::default()
        },
    };
    names(json.authors, json.author).for_each(|name| item.author(name));
    if item.entry.authors.is_empty() {
        item.entry.authors = everyone.to_vec();
    }
    item.put(listing, base, language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::listing::read;

    fn of(text: &str) -> Listing {
        let base = Url::parse("https://courier.example/feeds/all.xml").unwrap();
        read(text.as_bytes(), None, &base).unwrap()
    }

    fn links(listing: &Listing) -> Vec<&str> {
        listing.pages.iter().map(|page| page.url.as_str()).collect()
    }

    #[test]
    fn rss_with_all_its_sins() {
        let listing = of(
            r#"<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="d" xmlns:media="m" xmlns:atom="a">
            <channel><title>The Courier</title><link>https://courier.example/</link><language>en-GB</language>
            <atom:link rel="next" href="?page=2"/>
            <image><title>Logo</title><link>https://courier.example/logo</link></image>
            <item><title><![CDATA[<b>Bridge</b> &amp; road]]></title><link>
               /bridge </link><guid isPermaLink="false">77</guid><pubDate>Mon, 02 Mar 2026 09:30:00 +0100</pubDate>
               <dc:creator>Mara Lindt</dc:creator><dc:creator>Mara Lindt</dc:creator>
               <media:content url="https://courier.example/b.jpg" medium="image"><media:title>Not the title</media:title></media:content>
               <source url="x"><title>Agency</title></source></item>
            <item><title>By its guid</title><guid>https://courier.example/guid</guid><author>desk@courier.example (The Desk)</author></item>
            <item><title>Nowhere</title></item>
            <item><link>https://courier.example/bridge</link></item>
            </channel></rss>"#,
        );
        assert_eq!(
            links(&listing),
            [
                "https://courier.example/bridge",
                "https://courier.example/guid"
            ]
        );
        let first = &listing.pages[0].entry;
        assert_eq!(first.title.as_deref(), Some("Bridge & road"));
        assert_eq!(
            first.date_published.as_deref(),
            Some("2026-03-02T09:30:00+01:00")
        );
        assert_eq!(
            (first.authors.as_slice(), first.language.as_deref()),
            (&["Mara Lindt".to_owned()][..], Some("en-GB"))
        );
        assert_eq!(
            first.image.as_deref(),
            Some("https://courier.example/b.jpg")
        );
        assert_eq!(listing.pages[1].entry.authors, ["The Desk"]);
        assert_eq!(
            listing.listings[0].0.as_str(),
            "https://courier.example/feeds/all.xml?page=2"
        );
        assert_eq!(listing.bad, 1);
    }

    #[test]
    fn rss_of_1999_and_rdf() {
        let rdf = of(
            "<rdf:RDF xmlns='http://purl.org/rss/1.0/'><channel/><item rdf:about='x'><title>A</title>\
                      <link>/a</link><dc:date>2026-03-02T09:30:00Z</dc:date></item></rdf:RDF>",
        );
        assert_eq!(links(&rdf), ["https://courier.example/a"]);
        assert_eq!(
            rdf.pages[0].entry.date_published.as_deref(),
            Some("2026-03-02T09:30:00Z")
        );
    }

    #[test]
    fn atom_links_and_authors() {
        let listing = of(
            r#"<feed xmlns="http://www.w3.org/2005/Atom"><author><name>The Desk</name></author>
            <link rel="self" href="/self"/>
            <entry><title type="xhtml"><div>Bridge <b>open</b></div></title>
              <link rel="edit" href="/edit"/><link rel="enclosure" href="/a.mp3"/><link href="/one"/>
              <published>2026-03-02T09:30:00Z</published><updated>2026-03-03T09:30:00Z</updated>
              <author><name>Mara Lindt</name></author><author><name>Jo Berg</name></author></entry>
            <entry><link rel="alternate" type="application/json" href="/two.json"/><link rel="alternate" type="text/html" href="/two"/>
              <source><author><name>Somebody else</name></author></source></entry></feed>"#,
        );
        assert_eq!(
            links(&listing),
            ["https://courier.example/one", "https://courier.example/two"]
        );
        let entry = &listing.pages[0].entry;
        assert_eq!(entry.title.as_deref(), Some("Bridge open"));
        assert_eq!(entry.authors, ["Mara Lindt", "Jo Berg"]);
        assert_eq!(entry.date_modified.as_deref(), Some("2026-03-03T09:30:00Z"));
        assert_eq!(listing.pages[1].entry.authors, ["The Desk"]);
    }

    #[test]
    fn json_feeds() {
        let listing = of(
            r#"{"version":"https://jsonfeed.org/version/1.1","language":"de","authors":[{"name":"The Desk"}],
            "next_url":"https://courier.example/2.json","items":[
            {"id":1,"url":"https://courier.example/1","title":"Eins","date_published":"2026-03-02T09:30:00+01:00","authors":[{"name":"Mara"}]},
            {"id":"https://courier.example/2"}, 7, {"url":"javascript:alert(1)"}]}"#,
        );
        assert_eq!(
            links(&listing),
            ["https://courier.example/1", "https://courier.example/2"]
        );
        assert_eq!(listing.pages[0].entry.authors, ["Mara"]);
        assert_eq!(listing.pages[1].entry.authors, ["The Desk"]);
        assert_eq!((listing.bad, listing.listings.len()), (2, 1));
    }

    #[test]
    fn what_each_entry_has_of_the_feed_is_short() {
        let of_feed = |language: &str, name: &str| {
            let authors = vec![format!(r#"{{"name":"{name}"}}"#); 50].join(",");
            let listing = of(&format!(
                r#"{{"version":"https://jsonfeed.org/version/1.1","language":"{language}","authors":[{authors}],"items":[{{"url":"/1"}}]}}"#
            ));
            let entry = &listing.pages[0].entry;
            (entry.language.is_some(), entry.authors.len())
        };
        let long = "x".repeat(201);
        assert_eq!(of_feed("de-Latn-CH", "The Desk"), (true, FEED_AUTHORS_MAX));
        assert_eq!(of_feed(&long, &long), (false, 0));
    }
}
