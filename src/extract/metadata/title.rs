//! The headline as the page shows it, without the site's name.

use super::head::Head;
use super::json_ld::JsonLd;
use crate::article::BlockKind;
use crate::extract::block::Block;
use crate::extract::dom::Tree;
use crate::extract::text;

/// What parts a headline from the name of the site in `<title>`.
const SEPARATORS: [&str; 12] = [
    " | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • ", " / ", "｜", " ― ",
];

/// The first of: a heading that the declared title confirms, `og:title`, JSON-LD headline,
/// `<title>`, the page's first `<h1>`; without the site's name.
#[must_use]
pub fn choose(
    head: &Head,
    json_ld: &JsonLd,
    tree: &Tree,
    blocks: &[Block],
    site_name: Option<&str>,
) -> Option<String> {
    let _ = tree;
    let og = head.meta(&[
        "og:title",
        "twitter:title",
        "dc.title",
        "parsely-title",
        "sailthru.title",
        "title",
    ]);
    let declared: Vec<String> = [og, json_ld.headline.as_deref(), head.title.as_deref()]
        .into_iter()
        .flatten()
        .map(|title| without_site(title, site_name))
        .filter(|title| !title.is_empty())
        .collect();
    let headings = || {
        blocks
            .iter()
            .filter(|block| matches!(block.kind, BlockKind::Heading(1 | 2)))
    };
    let confirmed =
        headings().find(|block| declared.iter().any(|title| confirms(title, &block.text)));
    let shown = confirmed.map(|block| text::collapsed(&block.text));
    let first_h1 = || {
        headings()
            .find(|block| block.kind == BlockKind::Heading(1))
            .map(|block| text::collapsed(&block.text))
    };
    shown
        .or_else(|| declared.first().cloned())
        .or_else(first_h1)
}

/// Whether a heading and a declared title are the same headline, give or take the ends.
fn confirms(declared: &str, heading: &str) -> bool {
    let (declared, heading) = (text::key(declared), text::key(heading));
    let long = text::mass(&heading) >= 12;
    !heading.is_empty()
        && (declared == heading
            || (long && (declared.starts_with(&heading) || heading.starts_with(&declared))))
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
