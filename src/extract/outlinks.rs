//! Where a page leads: the feeds it announces and the links it shows, for whoever looks for pages.
//! Nothing of this is part of the article.

use foldhash::HashSet;

use url::Url;

use super::dom::{Attr, NodeId, Tag, Tree};
use super::metadata::head::{Head, has_word};
use super::metadata::{ADDRESS_BYTES_MAX, is_short};
use super::{Options, content_type, decode, dom, sniff, text, tld};
use crate::page::Page;

/// Most links of one page that are looked at.
const LINKS_MAX: usize = 10_000;

/// Where a page leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlinks {
    /// Feeds that it announces in its head (RSS Board, "RSS Autodiscovery"; RFC 4287 has the type),
    /// those of comments left out.
    pub feeds: Vec<Url>,
    /// Links that it shows, in its order, each address once, without `rel=nofollow`.
    pub links: Vec<Outlink>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlink {
    /// Where it leads: http or https, without fragment.
    pub url: Url,
    /// What it says; of several to one address, the longest.
    pub text: String,
}

/// Reads where a page leads. Nothing for what is no text, or has no address.
#[must_use]
pub fn outlinks(page: &Page, options: &Options) -> Outlinks {
    let own = super::metadata::address_of(page).filter(is_short);
    let (Some(own), Ok(())) = (own, sniff::require_text(&page.body)) else {
        return Outlinks::default();
    };
    let decoded = decode::decode(&page.body, content_type(page), tld(page).as_deref());
    let tree = dom::parse(&decoded.text, &options.limits);
    let base = Head::read(&tree).base.and_then(|base| own.join(&base).ok());
    read(&tree, &base.filter(is_short).unwrap_or(own))
}

fn read(tree: &Tree, base: &Url) -> Outlinks {
    let mut found = Outlinks::default();
    let mut feeds = HashSet::default();
    let mut places = foldhash::HashMap::default();
    for id in tree.ids() {
        let Some(url) = target(tree, id, base) else {
            continue;
        };
        match tree.tag(id) {
            Some(Tag::Link) if is_feed(tree, id) && feeds.insert(url.clone()) => {
                found.feeds.push(url);
            }
            Some(Tag::A)
                if found.links.len() < LINKS_MAX
                    && !has_word(tree, id, Attr::Rel, &["nofollow"]) =>
            {
                let text = text::collapsed(&tree.text_below(id)).into_owned();
                let at = *places.entry(url.clone()).or_insert(found.links.len());
                match found.links.get_mut(at) {
                    Some(link) if link.text.len() < text.len() => link.text = text,
                    Some(_) => {}
                    None => found.links.push(Outlink { url, text }),
                }
            }
            _ => {}
        }
    }
    found
}

fn target(tree: &Tree, id: NodeId, base: &Url) -> Option<Url> {
    if !matches!(tree.tag(id)?, Tag::A | Tag::Link) {
        return None;
    }
    let href = tree.attr(id, Attr::Href)?;
    // Formatting that goes on over many paragraphs makes a link of each, all with the same address.
    let href = Some(href.trim()).filter(|href| href.len() <= ADDRESS_BYTES_MAX)?;
    let mut url = base.join(href).ok()?;
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn is_feed(tree: &Tree, id: NodeId) -> bool {
    let kind = tree.attr(id, Attr::Type).unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    let is_feed = [
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
    ]
    .contains(&kind.as_str());
    let told = [Attr::Title, Attr::Href].map(|attr| tree.attr(id, attr).unwrap_or_default());
    let of_comments = told
        .iter()
        .any(|told| told.to_ascii_lowercase().contains("comment"));
    is_feed && !of_comments && has_word(tree, id, Attr::Rel, &["alternate"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_and_links() {
        let html = "<head><base href='/news/'><link rel=alternate type=application/rss+xml href=feed title=Courier>\
            <link rel='alternate' type='application/atom+xml' href='/comments/feed'>\
            <link rel=stylesheet type=text/css href=x.css></head><body>\
            <a href='bridge#top'><img src=b.jpg></a><a href=bridge>Harrow  Bridge\nreopens</a>\
            <a href='javascript:alert(1)'>x</a><a href='mailto:a@b.example'>y</a><a rel='ugc nofollow' href=/bought>z</a><a>w</a>";
        let page = Page::from_html(html).at("https://courier.example/");
        let found = outlinks(&page, &Options::default());
        let feeds: Vec<&str> = found.feeds.iter().map(Url::as_str).collect();
        assert_eq!(feeds, ["https://courier.example/news/feed"]);
        let links: Vec<_> = found
            .links
            .iter()
            .map(|link| (link.url.as_str(), link.text.as_str()))
            .collect();
        assert_eq!(
            links,
            [(
                "https://courier.example/news/bridge",
                "Harrow Bridge reopens"
            )]
        );
    }

    #[test]
    fn endless_addresses_are_passed_over() {
        let long = "a".repeat(4_000);
        let html =
            format!("<base href='/{long}/'><a href='/{long}'>x</a><a href=bridge>Bridge</a>");
        let found = outlinks(
            &Page::from_html(html).at("https://courier.example/"),
            &Options::default(),
        );
        let links: Vec<&str> = found.links.iter().map(|link| link.url.as_str()).collect();
        assert_eq!(links, ["https://courier.example/bridge"]);
    }
}
