//! The user's rules for single sites: CSS selectors that win over heuristic and model.
//!
//! A [`Site`] names a domain and, by [`Key`], what its selectors hit: the body, what to drop,
//! title, author and date. [`Rules::of`] finds the site of a page, `parse` asks its selectors of
//! the page, and `Hits` say what becomes of each block. None are shipped: a rule is a statement
//! of the user's about a site that they know, not of ours about the web.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use url::Host;

use super::block::{self, Block, Cuts};
use super::dom::{self, Attr, Limits, NodeId, Selectable, Selector, Tag, Tree};
use super::heuristic::labels::part_at_labels;
use super::texts::Texts;
use super::{Options, Rejection, decode, metadata, sniff, text, visibility};
use crate::article::Reason;
use crate::page::{Page, Warning};

/// The rules for all sites; each domain once.
#[derive(Debug, Default, PartialEq)]
pub struct Rules {
    /// Longest domain first, so that the first that covers a host is the most specific.
    sites: Vec<Site>,
}

/// The rules for one site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its domain.
    pub domain: Domain,
    /// What is asked of its pages. Of one key, in falling order of preference.
    pub rules: Vec<Rule>,
}

/// One selector and what it is to find.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it finds.
    pub key: Key,
    /// How.
    pub selector: Selector,
}

/// What a selector finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The body: what is inside is kept, all else dropped.
    Body,
    /// What is dropped, inside the body too.
    Drop,
    /// The headline.
    Title,
    /// Who wrote it.
    Author,
    /// The day, or moment, of publication.
    Date,
}

impl Key {
    /// Its name in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Drop => "drop",
            Self::Title => "title",
            Self::Author => "author",
            Self::Date => "date",
        }
    }
}

/// A host name, which stands for itself and its subdomains; or an IP address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Domain(String);

/// A text that is no host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no domain such as \"example.com\": no scheme, port or path")]
pub struct BadDomain(String);

impl FromStr for Domain {
    type Err = BadDomain;

    /// Reads a host as URLs have it: case and IDN are normalised as there.
    fn from_str(text: &str) -> Result<Self, BadDomain> {
        let host = Host::parse(text.trim().trim_end_matches('.'));
        host.map(|host| Self(host.to_string()))
            .map_err(|_| BadDomain(text.to_owned()))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Domain {
    /// Whether a host, as URLs have it, is this one or a subdomain.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let below = host.trim_end_matches('.').strip_suffix(&self.0);
        below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
    }
}

impl Rules {
    /// The rules for these sites; of two with one domain the first counts.
    #[must_use]
    pub fn new(mut sites: Vec<Site>) -> Self {
        sites.sort_by_key(|site| std::cmp::Reverse(site.domain.0.len()));
        Self { sites }
    }

    /// The most specific site that covers a host, as URLs have it.
    #[must_use]
    pub fn of_host(&self, host: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.domain.covers(host))
    }

    /// The site of a page: of the address that answered, else of the one asked for.
    #[must_use]
    pub fn of(&self, page: &Page) -> Option<&Site> {
        if self.sites.is_empty() {
            return None;
        }
        self.of_host(metadata::address_of(page)?.host_str()?)
    }
}

/// What a rule says of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ruling {
    Keep,
    Drop,
}

impl Ruling {
    pub(super) fn reason(self) -> Option<Reason> {
        (self == Self::Drop).then_some(Reason::SiteRule)
    }
}

/// A ruling or none for each block; empty on a page without rules.
pub(super) type Rulings = Vec<Option<Ruling>>;

/// What the selectors of a site hit on a page.
#[derive(Debug, Default)]
pub(super) struct Hits<'s> {
    rules: &'s [Rule],
    /// For each rule, in document order.
    nodes: Vec<Vec<NodeId>>,
}

/// Parses a page and asks of it the selectors of its site.
pub(super) fn parse<'p, 's>(
    html: &'p str,
    site: Option<&'s Site>,
    limits: &Limits,
) -> (Tree<'p>, Hits<'s>) {
    let Some(site) = site else {
        return (dom::parse(html, limits), Hits::default());
    };
    let (tree, selectable) = dom::parse_selectable(html, limits);
    (tree, Hits::of(site, &selectable))
}

impl<'s> Hits<'s> {
    fn of(site: &'s Site, page: &Selectable) -> Self {
        let hit = |rule: &Rule| page.hits(&rule.selector);
        Self {
            rules: &site.rules,
            nodes: site.rules.iter().map(hit).collect(),
        }
    }

    /// Whether the site has a rule of that key.
    pub(super) fn has(&self, key: Key) -> bool {
        self.rules.iter().any(|rule| rule.key == key)
    }

    /// What each selector of that key hits, in the order of the selectors.
    pub(super) fn by_selector(&self, key: Key) -> impl Iterator<Item = &[NodeId]> {
        let of_key = move |(rule, _): &(&Rule, _)| rule.key == key;
        let hits = self.rules.iter().zip(&self.nodes).filter(of_key);
        hits.map(|(_, nodes)| nodes.as_slice())
    }

    /// What the selectors of that key hit, without what is inside another hit.
    fn outermost(&self, tree: &Tree, key: Key) -> Vec<NodeId> {
        let mut hits: Vec<NodeId> = self.by_selector(key).flatten().copied().collect();
        hits.sort_unstable();
        let mut end = 0;
        hits.retain(|&id| {
            let is_outer = id >= end;
            end = end.max(tree.end(id));
            is_outer
        });
        hits
    }

    /// Parts a page into blocks, at the hits too, and says which blocks the rules decide.
    pub(super) fn split<'t>(&self, tree: &Tree, texts: &'t Texts) -> (Vec<Block<'t>>, Rulings) {
        if self.rules.is_empty() {
            return (
                part_at_labels(block::split(tree, texts), texts),
                Rulings::new(),
            );
        }
        let dropped = self.outermost(tree, Key::Drop);
        let rest = |edges: &[NodeId]| {
            let skipped = &dropped;
            part_at_labels(
                block::split_at(tree, 0, &Cuts { skipped, edges }, texts),
                texts,
            )
        };
        let bodies = self.outermost(tree, Key::Body);
        let is_body = |block: &Block| is_inside(tree, &bodies, block.first);
        // A body without text is none: the page is read as if there were no rule.
        let by_body = Some(rest(&bodies)).filter(|blocks| blocks.iter().any(is_body));
        let mut ruled: Vec<(Block, Option<Ruling>)> = match by_body {
            None => rest(&[]).into_iter().map(|block| (block, None)).collect(),
            Some(blocks) => {
                let ruling = |block| {
                    let keep = is_body(&block);
                    (block, Some(if keep { Ruling::Keep } else { Ruling::Drop }))
                };
                blocks.into_iter().map(ruling).collect()
            }
        };
        for root in dropped.into_iter().filter(|&id| is_read(tree, id)) {
            let blocks =
                part_at_labels(block::split_at(tree, root, &Cuts::default(), texts), texts);
            ruled.extend(blocks.into_iter().map(|block| (block, Some(Ruling::Drop))));
        }
        ruled.sort_by_key(|(block, _)| block.first);
        ruled.into_iter().unzip()
    }

    /// Which of the rules on blocks came to nothing.
    pub(super) fn unmatched(&self, rulings: &[Option<Ruling>]) -> impl Iterator<Item = Warning> {
        let body = !rulings.contains(&Some(Ruling::Keep));
        let drop = self.by_selector(Key::Drop).all(<[NodeId]>::is_empty);
        [
            (body && self.has(Key::Body)).then_some(Warning::SiteRuleBodyUnmatched),
            (drop && self.has(Key::Drop)).then_some(Warning::SiteRuleDropUnmatched),
        ]
        .into_iter()
        .flatten()
    }
}

/// Whether a node is at or below one of `roots`, which are sorted and apart.
fn is_inside(tree: &Tree, roots: &[NodeId], id: NodeId) -> bool {
    let before = roots.partition_point(|&root| root <= id);
    before > 0 && tree.contains(roots[before - 1], id)
}

/// Whether the text of an element is among the blocks of its page at all.
fn is_read(tree: &Tree, id: NodeId) -> bool {
    let is_unread = |above: NodeId| {
        let tag = tree.tag(above).unwrap_or(Tag::Other);
        tag.is_silent() || (!tag.is_block() && visibility::is_invisible(tree, above))
    };
    !tree.ancestors(id).skip(1).any(is_unread)
}

/// Most bytes of an element's text that are read as a title, a name or a date.
const LINE_BYTES_MAX: usize = 4_096;

/// What an element says in one line: to a machine in `content` or `datetime`, else to a reader.
pub(super) fn line(tree: &Tree, id: NodeId) -> (String, Said) {
    let declared = tree
        .attr(id, Attr::Content)
        .or_else(|| tree.attr(id, Attr::Datetime))
        .map(text::collapsed)
        .filter(|value| !value.is_empty());
    match declared {
        Some(value) => (value.into_owned(), Said::Declared),
        None => (shown_line(tree, id), Said::Shown),
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// In an attribute, for machines.
    Declared,
    /// In the text.
    Shown,
}

/// The text of an element on one line, with a space where a reader sees a break.
fn shown_line(tree: &Tree, id: NodeId) -> String {
    let mut line = String::new();
    let mut at = id + 1;
    while at < tree.end(id) && line.len() < LINE_BYTES_MAX {
        let tag = tree.tag(at);
        line.push_str(tree.text(at).unwrap_or_default());
        if tag.is_some_and(|tag| tag.is_block() || tag == Tag::Br) {
            line.push(' ');
        }
        at = match tag {
            Some(tag) if tag.is_silent() => tree.end(at),
            _ => at + 1,
        };
    }
    text::collapsed(&line).into_owned()
}

/// What one selector hits on one page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// What it is to find.
    pub key: Key,
    /// The selector as it was written.
    pub selector: String,
    /// The number of elements it hits.
    pub elements: usize,
    /// The first of them.
    pub first: Vec<Shown>,
}

/// An element that was hit, for a person to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// The way to it, as a selector would name it; its last steps when it is long.
    pub path: String,
    /// The start of what it says, on one line without control characters.
    pub text: String,
}

/// Most elements of a [`Trial`] that are shown.
const SHOWN_MAX: usize = 3;
/// Most characters of their text.
const SHOWN_CHARS: usize = 80;
/// Most steps of their path.
const SHOWN_STEPS: usize = 6;

/// Asks the selectors of a site of a page, to see what they hit.
///
/// # Errors
///
/// [`crate::failure::Status::NotHtml`] when the body is no text.
pub fn trial(page: &Page, site: &Site, options: &Options) -> Result<Vec<Trial>, Rejection> {
    sniff::require_text(&page.body)?;
    let decoded = decode::decode(
        &page.body,
        super::content_type(page),
        super::tld(page).as_deref(),
    );
    let (tree, selectable) = dom::parse_selectable(&decoded.text, &options.limits);
    let shown = |&id: &NodeId| Shown {
        path: last_steps(&text::collapsed(&selectable.path(id))),
        text: shortened(&line(&tree, id).0),
    };
    let try_one = |rule: &Rule| {
        let hits = selectable.hits(&rule.selector);
        Trial {
            key: rule.key,
            selector: rule.selector.text().to_owned(),
            elements: hits.len(),
            first: hits.iter().take(SHOWN_MAX).map(shown).collect(),
        }
    };
    Ok(site.rules.iter().map(try_one).collect())
}

fn last_steps(path: &str) -> String {
    let steps: Vec<String> = path.split(" > ").map(shortened).collect();
    let cut = steps.len().saturating_sub(SHOWN_STEPS);
    let lead = if cut > 0 { "… > " } else { "" };
    lead.to_owned() + &steps[cut..].join(" > ")
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default().trim_end()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Domain {
        text.parse().unwrap()
    }

    fn site(domain: &str, rules: &[(Key, &str)]) -> Site {
        let rule = |&(key, selector): &(Key, &str)| Rule {
            key,
            selector: selector.parse().unwrap(),
        };
        Site {
            domain: domain.parse().unwrap(),
            rules: rules.iter().map(rule).collect(),
        }
    }

    /// The blocks of a page, `+` before what the rules keep and `-` before what they drop.
    fn split(html: &str, rules: &[(Key, &str)]) -> Vec<String> {
        let site = site("x.example", rules);
        let (tree, hits) = parse(html, Some(&site), &Limits::default());
        let texts = Texts::default();
        let (blocks, rulings) = hits.split(&tree, &texts);
        let shown = blocks.iter().zip(rulings).map(|(block, ruling)| {
            let sign = match ruling {
                Some(Ruling::Keep) => "+",
                Some(Ruling::Drop) => "-",
                None => " ",
            };
            format!("{sign}{}", block.text)
        });
        shown.collect()
    }

    #[test]
    fn a_domain_covers_itself_and_its_subdomains() {
        for (name, host, want) in [
            ("example.com", "example.com", true),
            ("Example.COM.", "www.example.com", true),
            ("example.com", "a.b.example.com.", true),
            ("example.com", "anexample.com", false),
            ("www.example.com", "example.com", false),
            ("münchen.example", "xn--mnchen-3ya.example", true),
            ("127.0.0.1", "127.0.0.1", true),
        ] {
            assert_eq!(domain(name).covers(host), want, "{name} {host}");
        }
        for text in [
            "",
            "https://x.example",
            "x.example/a",
            "x.example:80",
            "a b",
        ] {
            assert!(text.parse::<Domain>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_most_specific_site_wins() {
        let names = ["example.com", "live.example.com", "other.example"];
        let rules = Rules::new(names.map(|name| site(name, &[])).into());
        let of = |url: &str| {
            let found = rules.of(&Page::from_html("").at(url));
            found.map(|site| site.domain.to_string())
        };
        for (url, want) in [
            ("https://www.example.com/a", Some("example.com")),
            ("https://LIVE.example.com:8080/a", Some("live.example.com")),
            ("http://a.live.example.com", Some("live.example.com")),
            ("http://example.org", None),
        ] {
            assert_eq!(of(url).as_deref(), want, "{url}");
        }
        assert!(rules.of(&Page::from_html("")).is_none());
    }

    #[test]
    fn rules_decide_on_blocks() {
        use Key::{Body, Drop};
        let page = "<h1>h</h1><div id=b><p>a <i class=x>x</i> b<div class=x>y</div><p>c</div><p>d";
        for (rules, want) in [
            (&[(Body, "#b")][..], &["-h", "+a x b", "+y", "+c", "-d"][..]),
            // An inline element is taken out of its paragraph.
            (&[(Drop, ".x")], &[" h", " a b", "-x", "-y", " c", " d"]),
            (
                &[(Body, "#b"), (Drop, ".x"), (Drop, "div.x")],
                &["-h", "+a b", "-x", "-y", "+c", "-d"],
            ),
            (
                &[(Body, "h1"), (Body, "p:last-child")],
                &["+h", "-a x b", "-y", "+c", "+d"],
            ),
            // What is inside a hit is in it, too.
            (
                &[(Drop, "body"), (Drop, ".x")],
                &["-h", "-a x b", "-y", "-c", "-d"],
            ),
            // An inline body is parted from what is around it.
            (
                &[(Body, "i.x")],
                &["-h", "-a", "+x", "-b", "-y", "-c", "-d"],
            ),
            // Nothing, and nothing with text in it: as without a rule.
            (&[(Body, "main")], &[" h", " a x b", " y", " c", " d"]),
            (
                &[(Body, "#b"), (Drop, "#b")],
                &[" h", "-a x b", "-y", "-c", " d"],
            ),
        ] {
            assert_eq!(split(page, rules), want, "{rules:?}");
        }
    }

    #[test]
    fn parts_of_rows_lists_and_links_can_be_dropped() {
        for (page, want) in [
            (
                "<table><tr><td>a<td class=x>b<td>c</table>",
                &[" a | c", "-b"][..],
            ),
            ("<ol><li>a<li class=x>b<li>c</ol>", &[" a", "-b", " c"]),
            (
                "a <a class=x>b<div>c</div>d</a> e",
                &[" a e", "-b", "-c", "-d"],
            ),
            // What no block shows is dropped without a word.
            (
                "<p>a<p hidden><span hidden><b class=x>b</b></span>",
                &[" a"],
            ),
            ("<p>a<button><b class=x>b</b></button>", &[" a"]),
        ] {
            assert_eq!(split(page, &[(Key::Drop, ".x")]), want, "{page}");
        }
        let (tree, hits) = parse("<ol><li>a<li class=x>b<li>c</ol>", None, &Limits::default());
        assert_eq!(hits.split(&tree, &Texts::default()).1, []);
    }

    #[test]
    fn trials_show_what_a_person_can_read() {
        let page = Page::from_html(
            "<body><p>a\u{1b}[31m<p>b<br>c<p>d<p>e<time datetime=2026-03-02>long ago</time>",
        );
        let site = site("x.example", &[(Key::Drop, "p"), (Key::Date, "time")]);
        let trials = trial(&page, &site, &Options::default()).unwrap();
        let texts = |trial: &Trial| -> Vec<String> {
            let shown = trial.first.iter();
            shown.map(|shown| shown.text.clone()).collect()
        };
        assert_eq!(trials[0].elements, 4);
        assert_eq!(texts(&trials[0]), ["a[31m", "b c", "d"]);
        assert_eq!(texts(&trials[1]), ["2026-03-02"]);
        assert_eq!(trials[1].first[0].path, "body > p > time");
        assert_eq!(shortened(&"é".repeat(100)).chars().count(), SHOWN_CHARS + 1);
        assert_eq!(
            last_steps("a > b > c > d > e > f > g"),
            "… > b > c > d > e > f > g"
        );
    }
}
