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

/// The first of: a heading that a declared title confirms, `og:title` and its like, JSON-LD
/// headline, `<title>`, the page's first `<h1>`; without the site's name.
#[must_use]
pub fn choose(
    head: &Head,
    json_ld: &JsonLd,
    blocks: &[Block],
    site_name: Option<&str>,
) -> Option<String> {
    let claims = [
        head.meta(&METAS),
        json_ld.headline.as_deref(),
        head.title.as_deref(),
    ];
    let claims: Vec<&str> = claims.into_iter().flatten().collect();
    let declared: Vec<String> = claims
        .iter()
        .map(|title| without_site(title, site_name))
        .filter(|title| !title.is_empty())
        .collect();
    let is_headline = |block: &&Block| {
        declared.iter().any(|title| confirms(title, &block.text))
            || claims
                .iter()
                .any(|claim| is_first_part(claim, &block.text, site_name))
    };
    let headings = blocks
        .iter()
        .filter(|block| matches!(block.kind, BlockKind::Heading(1 | 2)));
    let shown = headings.clone().find(is_headline);
    let first_h1 = || {
        headings
            .clone()
            .find(|block| block.kind == BlockKind::Heading(1))
    };
    shown
        .map(|block| text::collapsed(&block.text))
        .or_else(|| declared.first().cloned())
        .or_else(|| first_h1().map(|block| text::collapsed(&block.text)))
}

/// Whether a heading and a declared title are the same headline, give or take the ends.
fn confirms(declared: &str, heading: &str) -> bool {
    let (declared, heading) = (text::key(declared), text::key(heading));
    let long = text::mass(&heading) >= 12;
    !heading.is_empty()
        && (declared == heading
            || (long && (declared.starts_with(&heading) || heading.starts_with(&declared))))
}

/// Whether a heading is what a title says before its first separator, and not the site's name.
fn is_first_part(title: &str, heading: &str, site_name: Option<&str>) -> bool {
    let heading = text::key(heading);
    let first = SEPARATORS
        .iter()
        .filter_map(|separator| title.split_once(separator))
        .map(|(first, _)| first)
        .min_by_key(|first| first.len());
    !heading.is_empty()
        && first.is_some_and(|first| text::key(first) == heading)
        && site_name.is_none_or(|site| text::key(site) != heading)
}

/// The title without the site's name at its end or start.
#[must_use]
pub fn without_site(title: &str, site_name: Option<&str>) -> String {
    let title = text::collapsed(title);
    let site = site_name.map(text::key).unwrap_or_default();
    for separator in SEPARATORS {
        if let Some((rest, last)) = title.rsplit_once(separator)
            && is_site(last, rest, &site)
        {
            return without_site(rest, site_name);
        }
        if let Some((first, rest)) = title.split_once(separator)
            && !site.is_empty()
            && text::key(first) == site
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
            assert_eq!(without_site(title, site), want);
        }
    }
}
