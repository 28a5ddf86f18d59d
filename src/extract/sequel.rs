//! Where an article of several pages goes on: at the address that is its own with the next number,
//! if the page calls it so, and at one that holds all of it.
//!
//! `rel=next` alone says too little: blogs give it to the story that was written before.

use url::Url;

use super::dom::{Attr, NodeId, Tag, Tree};
use super::metadata::head::has_word;
use super::metadata::{ADDRESS_BYTES_MAX, address_of, is_short};
use super::text;
use crate::article::Sequel;
use crate::page::Page;

/// Highest number of a page that is looked for; what has more is no article.
const NUMBER_MAX: u32 = 100;
/// Most links with a number or a word for all pages that are looked at.
const LINKS_MAX: usize = 10_000;
/// Longest text of a link that turns a page, in bytes.
const LABEL_BYTES_MAX: usize = 40;
/// Words that, alone or before a number, are a page's in an address or a parameter's name.
const PAGE_WORDS: [&str; 12] = [
    "page", "p", "pg", "paged", "pageno", "seite", "pagina", "página", "strona", "sida", "side",
    "sayfa",
];
/// What links to the next page say, letters and digits only, in lower case.
const NEXT_WORDS: [&str; 34] = [
    "next",
    "nextpage",
    "continue",
    "continuereading",
    "weiter",
    "weiterlesen",
    "nächsteseite",
    "aufseite",
    "suivant",
    "suivante",
    "pagesuivante",
    "siguiente",
    "páginasiguiente",
    "siguientepágina",
    "avanti",
    "successiva",
    "paginasuccessiva",
    "volgende",
    "volgendepagina",
    "następna",
    "następnastrona",
    "nästa",
    "nästasida",
    "næste",
    "næsteside",
    "neste",
    "nesteside",
    "seuraava",
    "próxima",
    "próximapágina",
    "další",
    "следующая",
    "下一页",
    "次のページ",
];
/// Parameters and last segments of the address that holds all pages.
const WHOLE_PAIRS: [&str; 10] = [
    "page=all",
    "p=all",
    "seite=all",
    "view=all",
    "view=full",
    "showall=1",
    "showall=true",
    "singlepage=true",
    "singlepage=1",
    "single=true",
];
const WHOLE_SEGMENTS: [&str; 4] = ["all", "full", "singlepage", "single-page"];

/// Reads where the article of a page goes on; nothing for a page without an address.
pub(super) fn read(tree: &Tree, page: &Page, base: Option<&Url>) -> Sequel {
    let mut found = Sequel::default();
    let (Some(own), Some(base)) = (address_of(page).filter(is_short), base) else {
        return found;
    };
    let own = Own::of(&own);
    // What a link leaves out it has from there.
    let is_numbered = own.may_go_on_at(base.as_str());
    let links = tree
        .elements()
        .filter_map(|id| link(tree, id, &own, is_numbered));
    for link in links.take(LINKS_MAX) {
        let Some(url) = base
            .join(link.href)
            .ok()
            .filter(|url| url.host() == own.url.host())
        else {
            continue;
        };
        if found.next.is_none() && link.turns && follows(&own, &url, &link) {
            found.next = Some(url);
        } else if found.whole.is_none() && is_whole(&own, &url) {
            found.whole = Some(url);
        }
        if found.next.is_some() && found.whole.is_some() {
            break;
        }
    }
    if let Some(url) = &mut found.next {
        url.set_fragment(None);
    }
    found.whole = found.whole.filter(|_| found.next.is_some());
    found
}

struct Link<'t> {
    href: &'t str,
    label: String,
    is_rel: bool,
    /// Whether it may lead to a next page at all.
    turns: bool,
}

/// The address of the page itself.
struct Own<'p> {
    url: &'p Url,
    /// Without the number of the page.
    stem: String,
    /// The number of the page after it.
    next: u32,
    /// All of it, as the first page of several has it.
    bare: String,
}

impl<'p> Own<'p> {
    fn of(url: &'p Url) -> Self {
        let bare = bare(url);
        let (stem, at) = numbered(url).unwrap_or_else(|| (bare.clone(), 1));
        Self {
            url,
            stem,
            next: at + 1,
            bare,
        }
    }

    /// Whether one address, whose form without its number is `stem`, is that of the next page.
    fn goes_on_at(&self, stem: &str, number: u32) -> bool {
        if stem == self.stem {
            number == self.next
        } else {
            stem == self.bare && number == 2
        }
    }

    /// Whether a number of a next page stands in an address.
    fn may_go_on_at(&self, address: &str) -> bool {
        let (mut number, mut is_number) = (0_u32, false);
        for byte in address.bytes().chain([b'/']) {
            if byte.is_ascii_digit() {
                let digit = u32::from(byte - b'0');
                (number, is_number) = (number.saturating_mul(10).saturating_add(digit), true);
                continue;
            }
            // Control characters in the midst of a number are taken out of an address.
            if byte.is_ascii_control() || is_number && (number == 2 || number == self.next) {
                return true;
            }
            (number, is_number) = (0, false);
        }
        false
    }
}

/// A link that may turn the page. Cheap tests first: pages have hundreds.
fn link<'t>(tree: &'t Tree, id: NodeId, own: &Own, is_numbered: bool) -> Option<Link<'t>> {
    let tag = tree.tag(id)?;
    if !matches!(tag, Tag::A | Tag::Link) {
        return None;
    }
    let href = tree.attr(id, Attr::Href)?;
    let href = Some(href.trim()).filter(|href| href.len() <= ADDRESS_BYTES_MAX)?;
    let may_be_whole = may_be_whole(href);
    let numbered =
        href.bytes().any(|byte| byte.is_ascii_digit()) && (is_numbered || own.may_go_on_at(href));
    if !numbered && !may_be_whole {
        return None;
    }
    let is_rel = has_word(tree, id, Attr::Rel, &["next"]);
    let label = match tag {
        Tag::A => text::collapsed(&tree.text_below(id)).into_owned(),
        _ => String::new(),
    };
    let turns = numbered && (is_rel || !label.is_empty() && label.len() <= LABEL_BYTES_MAX);
    (turns || may_be_whole).then_some(Link {
        href,
        label,
        is_rel,
        turns,
    })
}

/// Whether a pair or a segment of all pages stands in an address.
fn may_be_whole(href: &str) -> bool {
    let path = href.trim_end_matches('/').as_bytes();
    let ends_in = |segment: &&str| {
        let end = path.len().checked_sub(segment.len()).map(|at| &path[at..]);
        end.is_some_and(|end| end.eq_ignore_ascii_case(segment.as_bytes()))
    };
    let holds_pair = || {
        let lower = href.to_ascii_lowercase();
        WHOLE_PAIRS.iter().any(|pair| lower.contains(pair))
    };
    // Most addresses have no parameter, and end in none of the letters that segments end in.
    let may_end = path.last().is_some_and(|last| b"lLeE".contains(last));
    may_end && WHOLE_SEGMENTS.iter().any(ends_in) || href.contains('=') && holds_pair()
}

/// Whether `url` is the page after `own`, and the link says so.
fn follows(own: &Own, url: &Url, link: &Link) -> bool {
    let Some((stem, number)) = numbered(url) else {
        return false;
    };
    let is_next = own.goes_on_at(&stem, number);
    let label: String = link
        .label
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    let digits = label.trim_start_matches(|c: char| !c.is_ascii_digit());
    let word = label.strip_suffix(digits).unwrap_or(&label);
    let says_number =
        digits.parse() == Ok(number) && (word.is_empty() || PAGE_WORDS.contains(&word));
    is_next
        && (link.is_rel || says_number || NEXT_WORDS.contains(&word) || link.label.trim() == "»")
}

/// Whether `url` is the address of `own` with a word for all pages.
fn is_whole(own: &Own, url: &Url) -> bool {
    let stem = &own.stem;
    let is_word = |pair: &str| WHOLE_PAIRS.contains(&pair.to_ascii_lowercase().as_str());
    if url
        .query()
        .is_some_and(|query| query.split('&').any(is_word))
    {
        return form(url, url.path(), |pair| !is_word(pair)) == *stem;
    }
    let path = url.path().trim_end_matches('/');
    path.rsplit_once('/').is_some_and(|(before, last)| {
        WHOLE_SEGMENTS.contains(&last.to_ascii_lowercase().as_str())
            && form(url, before, |_| true) == *stem
    })
}

/// An address without the number of its page, and that number, where it has one of at least 2.
fn numbered(url: &Url) -> Option<(String, u32)> {
    let number = |text: &str| {
        text.parse()
            .ok()
            .filter(|n| (2..=NUMBER_MAX).contains(n) && !text.starts_with('0'))
    };
    let of_pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        PAGE_WORDS
            .contains(&name.to_ascii_lowercase().as_str())
            .then(|| number(value))?
    };
    if let Some(n) = url
        .query()
        .and_then(|query| query.split('&').find_map(of_pair))
    {
        return Some((form(url, url.path(), |pair| of_pair(pair).is_none()), n));
    }
    let path = url.path().trim_end_matches('/');
    let (before, last) = path.rsplit_once('/')?;
    if let Some(n) = number(last) {
        // `/story/2`, `/story/page/2`
        let word = before
            .rsplit_once('/')
            .filter(|(_, word)| is_page_word(word));
        return Some((
            form(url, word.map_or(before, |(before, _)| before), |_| true),
            n,
        ));
    }
    let name = last.split('.').next().unwrap_or(last);
    let end = last.strip_prefix(name).unwrap_or_default();
    let digits = name
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + 1);
    let (start, digits) = name.split_at_checked(digits)?;
    let n = number(digits)?;
    // `/story/page-2`, `/story/seite2`
    if is_page_word(start.trim_end_matches(['-', '_'])) {
        return Some((form(url, before, |_| true), n));
    }
    // `/story-2.html`, `/story-page-2.html`
    let start = start.strip_suffix(['-', '_', ','])?;
    let cut = start
        .rsplit_once(['-', '_'])
        .filter(|(_, word)| is_page_word(word));
    let start = cut.map_or(start, |(start, _)| start);
    Some((form(url, &format!("{before}/{start}{end}"), |_| true), n))
}

fn is_page_word(word: &str) -> bool {
    PAGE_WORDS.contains(&word.to_lowercase().as_str())
}

fn bare(url: &Url) -> String {
    form(url, url.path(), |_| true)
}

/// What two pages of one article have in common: path and those parameters that `keep` keeps.
fn form(url: &Url, path: &str, keep: impl Fn(&str) -> bool) -> String {
    let pairs = url.query().unwrap_or_default().split('&');
    let mut pairs: Vec<&str> = pairs
        .filter(|pair| !pair.is_empty() && !pair.starts_with("utm_") && keep(pair))
        .collect();
    pairs.sort_unstable();
    format!("{}?{}", path.trim_end_matches('/'), pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::extract::{Options, dom};

    proptest! {
        /// Of an address that may be told from others by its number.
        #[test]
        fn no_number_of_a_next_page_is_missed(
            own in "(/bridge|/2|/page/3|-2|\\?page=1?[1-3]|&a=2){1,3}",
            href in "(/bridge|/|\\?page=|&p=|page-|\n|1|2|3|4|#x){0,4}",
        ) {
            let own = Url::parse(&format!("https://courier.example/{own}")).unwrap();
            let next = own.join(&href).ok().and_then(|url| numbered(&url));
            let own = Own::of(&own);
            let goes_on = next.is_some_and(|(stem, number)| own.goes_on_at(&stem, number));
            let may = own.may_go_on_at(&href) || own.may_go_on_at(own.url.as_str());
            prop_assert!(!goes_on || may);
        }
    }

    fn sequel(own: &str, html: &str) -> (Option<String>, Option<String>) {
        let own = format!("https://courier.example{own}");
        let page = Page::from_html(html).at(&own);
        let tree = dom::parse(html, &Options::default().limits);
        let found = read(&tree, &page, Some(&Url::parse(&own).unwrap()));
        let path = |url: Option<Url>| url.map(|url| url[url::Position::BeforePath..].to_owned());
        (path(found.next), path(found.whole))
    }

    #[test]
    fn the_next_page_has_the_next_number() {
        for (own, html, want) in [
            (
                "/bridge",
                "<a href='?page=2'>2</a><a href='?page=3'>3</a>",
                Some("/bridge?page=2"),
            ),
            (
                "/bridge?page=2",
                "<a href='?page=3'>Next page</a>",
                Some("/bridge?page=3"),
            ),
            (
                "/bridge/",
                "<link rel=next href='/bridge/2/'>",
                Some("/bridge/2/"),
            ),
            (
                "/bridge/page/2",
                "<a href='/bridge/page/3#top'>Weiter »</a>",
                Some("/bridge/page/3"),
            ),
            (
                "/bridge",
                "<a href='/bridge/seite-2'>Seite 2</a>",
                Some("/bridge/seite-2"),
            ),
            (
                "/bridge.html",
                "<a href='bridge-2.html'>2</a>",
                Some("/bridge-2.html"),
            ),
            (
                "/bridge-2.html",
                "<a href='bridge-3.html'>»</a>",
                Some("/bridge-3.html"),
            ),
            (
                "/bridge?utm_source=x",
                "<a href='/bridge?p=2'>2</a>",
                Some("/bridge?p=2"),
            ),
            // The story before, the next part of a series, another page, another site.
            ("/bridge", "<link rel=next href='/ferry'>", None),
            ("/bridge", "<link rel=next href='/ferry-2'>", None),
            (
                "/bridge-part-1",
                "<a href='/bridge-part-2'>The bridge, part two: what it costs</a>",
                None,
            ),
            ("/bridge", "<a href='?page=3'>3</a>", None),
            (
                "/bridge",
                "<a href='https://ferry.example/bridge?page=2'>2</a>",
                None,
            ),
            ("/bridge", "<a href='?page=2'>14 comments</a>", None),
            ("/2026/03/02", "<a href='/2026/03/03'>Next</a>", None),
        ] {
            assert_eq!(sequel(own, html).0.as_deref(), want, "{own} {html}");
        }
    }

    #[test]
    fn an_endless_address_leads_nowhere() {
        let link = |bytes: usize| format!("<a href='?a={}&page=2'>2</a>", "b".repeat(bytes));
        let own = |bytes: usize| format!("/bridge?a={}", "b".repeat(bytes));
        assert!(sequel(&own(1_000), &link(1_000)).0.is_some());
        assert_eq!(sequel(&own(1_000), &link(4_000)).0, None);
        assert_eq!(sequel(&own(4_000), "<a href='?page=2'>2</a>").0, None);
    }

    #[test]
    fn all_on_one_page() {
        for (html, want) in [
            (
                "<a href='?page=2'>2</a><a href='?view=all'>On one page</a>",
                Some("/bridge?view=all"),
            ),
            (
                "<a href='?page=2'>2</a><a href='/bridge/all/'>All</a>",
                Some("/bridge/all/"),
            ),
            (
                "<a href='?page=2'>2</a><a href='/ferry?view=all'>All</a>",
                None,
            ),
            // Of one page alone it is another view, such as all comments.
            ("<a href='?view=all'>All</a>", None),
        ] {
            assert_eq!(sequel("/bridge", html).1.as_deref(), want, "{html}");
        }
    }
}
