//! The headline as the page shows it, without the site's name.

use super::head::Head;
use super::json_ld::JsonLd;
use crate::article::BlockKind;
use crate::extract::block::Block;
use crate::extract::text;

/// What parts a headline from the name of the site in `<title>`.
const SEPARATORS: [&str; 12] = [
    " | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • ", " / ", "｜", " ― ",
];

/// Metas that give the headline, most reliable first.
const METAS: [&str; 6] = [
    "og:title",
    "twitter:title",
    "dc.title",
    "parsely-title",
    "sailthru.title",
    "title",
];

/// Longest title believed, in bytes: the longest of the corpora have some three hundred.
const TITLE_BYTES_MAX: usize = 1_000;

/// Most words in the name of a site, and in a section's.
const SITE_WORDS_MAX: usize = 4;

/// The first of: a heading that a declared title confirms, `og:title` and its like, JSON-LD
/// headline, `<title>`, the page's first `<h1>`; without the site's name, which is the title only
/// of a page that has no other.
#[must_use]
pub fn choose(
    head: &Head,
    json_ld: &JsonLd,
    blocks: &[Block],
    site_name: Option<&str>,
    host: Option<&str>,
) -> Option<String> {
    let claims = [
        head.meta(&METAS),
        json_ld.headline.as_deref(),
        head.title.as_deref(),
    ];
    let claims: Vec<&str> = claims
        .into_iter()
        .flatten()
        .filter(|claim| claim.len() <= TITLE_BYTES_MAX)
        .collect();
    let declared: Vec<String> = claims
        .iter()
        .map(|title| without_site(title, site_name, host))
        .filter(|title| !title.is_empty())
        .collect();
    let headings: Vec<Heading> = blocks.iter().filter_map(Heading::of).collect();
    let is_site = |key: &str| names_site(key, site_name, host);

    let shown = confirmed(&headings, &claims, &declared, &is_site).map(Heading::title);
    let said = || {
        declared
            .iter()
            .find(|title| !is_site(&text::key(title)))
            .cloned()
    };
    let other = |level: u8| {
        headings
            .iter()
            .find(|heading| heading.level == level && !is_site(&heading.key))
            .map(Heading::title)
    };
    // Where the site's name is the `<h1>`, headlines start at `<h2>`.
    let below_site = || other(2).filter(|_| headings.iter().any(|heading| heading.level == 1));
    let site = || {
        let first = headings.iter().find(|heading| heading.level == 1);
        declared.first().cloned().or(first.map(Heading::title))
    };
    shown
        .or_else(said)
        .or_else(|| other(1))
        .or_else(below_site)
        .or_else(site)
}

/// A title that a page declares, without the site's name.
pub(super) fn declared(title: &str, site_name: Option<&str>, host: Option<&str>) -> Option<String> {
    believed(without_site(title, site_name, host))
}

/// A title that is there and is not endless.
pub(super) fn believed(title: String) -> Option<String> {
    Some(title).filter(|title| !title.is_empty() && title.len() <= TITLE_BYTES_MAX)
}

/// A heading that may be the headline.
struct Heading<'a> {
    text: &'a str,
    key: String,
    level: u8,
}

impl<'a> Heading<'a> {
    fn of(block: &'a Block) -> Option<Self> {
        let BlockKind::Heading(level @ 1..=2) = block.kind else {
            return None;
        };
        let key = text::key(&block.text);
        (!key.is_empty() && block.text.len() <= TITLE_BYTES_MAX).then_some(Self {
            text: &block.text,
            key,
            level,
        })
    }

    fn title(&self) -> String {
        text::collapsed(self.text)
    }

    fn words(&self) -> usize {
        self.key.split(' ').count()
    }
}

/// The first heading that is a declared title, or what one says before its first separator; a
/// longer one that is another part of it, if the first is as short as a site's name.
fn confirmed<'h, 'a>(
    headings: &'h [Heading<'a>],
    claims: &[&str],
    declared: &[String],
    is_site: &dyn Fn(&str) -> bool,
) -> Option<&'h Heading<'a>> {
    let declared: Vec<String> = declared.iter().map(|title| text::key(title)).collect();
    let parts: Vec<Vec<String>> = claims.iter().map(|claim| parts(claim)).collect();
    let is_headline = |heading: &Heading| {
        declared.iter().any(|title| confirms(title, &heading.key))
            || parts
                .iter()
                .any(|parts| parts.first() == Some(&heading.key))
    };
    let first = headings
        .iter()
        .position(|heading| is_headline(heading) && !is_site(&heading.key));
    let may_be_site = first.is_none_or(|at| {
        let first = &headings[at];
        first.words() <= SITE_WORDS_MAX && !declared.contains(&first.key)
    });
    let longer = headings.iter().skip(first.unwrap_or(0)).find(|heading| {
        heading.words() > SITE_WORDS_MAX && parts.iter().any(|parts| parts.contains(&heading.key))
    });
    longer
        .filter(|_| may_be_site)
        .or(first.map(|at| &headings[at]))
}

/// Whether a heading and a declared title are the same headline, give or take the ends; both as keys.
fn confirms(declared: &str, heading: &str) -> bool {
    let long = text::mass(heading) >= 12;
    declared == heading
        || (long && (declared.starts_with(heading) || heading.starts_with(declared)))
}

/// The parts of a title, as keys.
fn parts(title: &str) -> Vec<String> {
    let joint = SEPARATORS[0];
    SEPARATORS
        .iter()
        .fold(text::collapsed(title), |title, separator| {
            title.replace(separator, joint)
        })
        .split(joint)
        .map(text::key)
        .filter(|part| !part.is_empty())
        .collect()
}

/// Whether a key is the name of the site, or of the host without its punctuation.
fn names_site(key: &str, site_name: Option<&str>, host: Option<&str>) -> bool {
    let joined = key.replace(' ', "");
    let mut labels = host.unwrap_or_default().rsplit('.').skip(1);
    site_name.is_some_and(|site| text::key(site) == key)
        || (joined.len() >= 4 && labels.any(|label| label.replace('-', "") == joined))
}

/// The title without the site's name at its end or start.
fn without_site(title: &str, site_name: Option<&str>, host: Option<&str>) -> String {
    let title = text::collapsed(title);
    let site = site_name.map(text::key).unwrap_or_default();
    for separator in SEPARATORS {
        if let Some((rest, last)) = title.rsplit_once(separator)
            && is_site(last, rest, &site)
        {
            return without_site(rest, site_name, host);
        }
        if let Some((first, rest)) = title.split_once(separator)
            && names_site(&text::key(first), site_name, host)
        {
            return rest.trim().to_owned();
        }
    }
    title
}

/// Whether the last part of a title names the site: it says so, or it is short beside the rest.
fn is_site(last: &str, rest: &str, site: &str) -> bool {
    let last_key = text::key(last);
    let same = !site.is_empty()
        && (last_key == site || site.contains(&last_key) || last_key.contains(site));
    let words = last.split_whitespace().count();
    let rest_words = rest.split_whitespace().count();
    same || (site.is_empty() && words <= 4 && rest_words >= 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::block;
    use crate::extract::dom::{Limits, parse};

    #[test]
    fn the_name_of_the_site_goes() {
        let rows = [
            (
                "Bridge opens after ten years | The Paper",
                Some("The Paper"),
                "Bridge opens after ten years",
            ),
            (
                "The Paper - Bridge opens",
                Some("The Paper"),
                "Bridge opens",
            ),
            (
                "Bridge opens after ten years - Local News - The Paper",
                None,
                "Bridge opens after ten years",
            ),
            (
                "Ten years - and a bridge",
                Some("The Paper"),
                "Ten years - and a bridge",
            ),
            ("Bridge", None, "Bridge"),
        ];
        for (title, site, want) in rows {
            assert_eq!(without_site(title, site, None), want);
        }
    }

    #[test]
    fn the_title_is_the_name_of_the_site_only_where_there_is_no_other() {
        let site = "<h1>Harrow Daily News</h1>";
        let long = "<h2>Bridge opens after ten long years</h2>";
        let named = "<meta property=og:site_name content='Harrow Daily News'>";
        let rows = [
            // Nothing says which part is the site; the long one that is a heading is not.
            (
                format!(
                    "<title>Harrow Daily News - Bridge opens after ten long years</title>{site}{long}"
                ),
                "Bridge opens after ten long years",
            ),
            (
                format!("<title>Harrow Daily News</title>{named}{site}<h2>Bridge opens</h2>"),
                "Bridge opens",
            ),
            // The host says it.
            (
                "<title>Harrow Daily News</title><h1>Bridge opens</h1>".to_owned(),
                "Bridge opens",
            ),
            (
                format!("<title>Harrow Daily News » Bridge opens after ten years</title>{site}"),
                "Bridge opens after ten years",
            ),
            (
                format!("<title>Harrow Daily News</title>{named}{site}"),
                "Harrow Daily News",
            ),
            // A site may be long and a headline short.
            (
                "<title>Bridge opens | The old paper of Harrow town</title><h1>The old paper of \
                 Harrow town</h1><h1>Bridge opens</h1>"
                    .to_owned(),
                "Bridge opens",
            ),
        ];
        for (html, want) in rows {
            assert_eq!(title_of(&html).as_deref(), Some(want), "{html}");
        }
    }

    fn title_of(html: &str) -> Option<String> {
        let tree = parse(html, &Limits::default());
        let head = Head::read(&tree);
        choose(
            &head,
            &JsonLd::default(),
            &block::split(&tree),
            head.meta(&["og:site_name"]),
            Some("www.harrow-daily-news.example"),
        )
    }

    #[test]
    fn an_endless_title_is_none() {
        assert_eq!(
            title_of(&format!("<title>{}", "a - b | ".repeat(100_000))),
            None
        );
    }
}
