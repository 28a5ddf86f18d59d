//! Who wrote it: a list of names, cleaned; none rather than a wrong one.

use std::collections::HashSet;

use url::Url;

use super::head::Head;
use super::json_ld::JsonLd;
use super::shown::Shown;
use crate::article::Author;
use crate::extract::text;

/// Words before a name that are no part of it.
const LEADS: [&str; 26] = [
    "by",
    "written by",
    "posted by",
    "published by",
    "author",
    "authors",
    "von",
    "par",
    "por",
    "door",
    "av",
    "af",
    "di",
    "de",
    "autor",
    "auteur",
    "autore",
    "from",
    "text",
    "text by",
    "words by",
    "story by",
    "автор",
    "текст",
    "oleh",
    "skrevet av",
];

/// Names that are none: what templates and content systems write.
const NO_NAMES: [&str; 24] = [
    "admin",
    "administrator",
    "editor",
    "editors",
    "editorial",
    "staff",
    "staff writer",
    "staff reporter",
    "redaktion",
    "redactie",
    "redaktionen",
    "redakcja",
    "rédaction",
    "la rédaction",
    "redacción",
    "redação",
    "redazione",
    "редакция",
    "author",
    "unknown",
    "anonymous",
    "guest",
    "webmaster",
    "news desk",
];

/// Most words in a person's name.
const NAME_WORDS_MAX: usize = 6;

/// Most authors kept. The longest byline of the corpora has nine names, those of consortia run to
/// dozens; a page with more lists its staff, or is hostile.
const AUTHORS_MAX: usize = 100;

/// The authors: of JSON-LD, else of meta tags, else those shown near the headline.
#[must_use]
pub fn choose(
    head: &Head,
    json_ld: &JsonLd,
    shown: &Shown,
    site_name: Option<&str>,
    base: Option<&Url>,
) -> Vec<Author> {
    let metas = head.metas(&[
        "author",
        "article:author",
        "dc.creator",
        "dcterms.creator",
        "parsely-author",
        "sailthru.author",
        "byl",
    ]);
    let metas: Vec<_> = metas.map(|name| (name, None)).collect();
    [&json_ld.authors, &metas, &shown.authors]
        .into_iter()
        .map(|claims| cleaned(claims, site_name, base))
        .find(|authors| !authors.is_empty())
        .unwrap_or_default()
}

fn cleaned(
    claims: &[(String, Option<String>)],
    site_name: Option<&str>,
    base: Option<&Url>,
) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    let mut seen = HashSet::new();
    for (claim, url) in claims {
        let names = split(claim);
        let url = url
            .as_deref()
            .filter(|_| names.len() == 1)
            .and_then(|href| absolute(href, base));
        for name in names.into_iter().filter(|name| is_name(name, site_name)) {
            if authors.len() == AUTHORS_MAX {
                return authors;
            }
            if seen.insert(text::key(&name)) {
                authors.push(Author {
                    name,
                    url: url.clone(),
                });
            }
        }
    }
    authors
}

fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let url = Url::parse(href).ok().or_else(|| base?.join(href).ok())?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// The names in a byline, without "By" and roles.
fn split(claim: &str) -> Vec<String> {
    let claim = text::collapsed(claim);
    let mut spread = claim.clone();
    for joint in [
        " and ", " & ", " und ", " et ", " y ", " e ", " og ", " och ", " en ", " with ", " и ",
        "; ", " / ", " | ", "|", "、", " · ", " • ",
    ] {
        spread = spread.replace(joint, ", ");
    }
    spread
        .split([',', ';', '\n'])
        .map(without_lead)
        .filter(|name| !name.is_empty())
        .collect()
}

fn without_lead(name: &str) -> String {
    let name = name
        .trim()
        .trim_matches(|c: char| matches!(c, '-' | '–' | '—' | '|' | ':' | '•' | '·' | '.' | '@'))
        .trim();
    let lead = LEADS
        .iter()
        .filter(|lead| starts_with_word(name, lead))
        .max_by_key(|lead| lead.len());
    let rest = lead
        .and_then(|lead| name.get(lead.len()..))
        .map_or(name, |rest| rest.trim_start_matches([':', ' ', '\u{a0}']));
    rest.trim().to_owned()
}

fn starts_with_word(name: &str, lead: &str) -> bool {
    let head = name.get(..lead.len());
    head.is_some_and(|head| head.to_lowercase() == lead)
        && name
            .get(lead.len()..)
            .is_some_and(|rest| rest.starts_with([' ', ':', '\u{a0}']))
}

fn is_name(name: &str, site_name: Option<&str>) -> bool {
    let key = text::key(name);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let has_junk = name.contains(['@', '/', '{', '<', '_', '(', '?', '!'])
        || name.chars().any(|c| c.is_ascii_digit());
    letters >= 2
        && !has_junk
        && name.split_whitespace().count() <= NAME_WORDS_MAX
        && !NO_NAMES.contains(&key.as_str())
        && site_name.is_none_or(|site| text::key(site) != key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_become_names() {
        let rows: [(&str, &[&str]); 8] = [
            ("By Ann Lee and Bo Ek", &["Ann Lee", "Bo Ek"]),
            ("Von Jürgen Müller", &["Jürgen Müller"]),
            ("Ann Lee, Bo Ek; Cy Dent", &["Ann Lee", "Bo Ek", "Cy Dent"]),
            ("Byron Long", &["Byron Long"]),
            ("admin", &[]),
            ("https://x.example/ann", &[]),
            ("ann@x.example", &[]),
            ("山田太郎", &["山田太郎"]),
        ];
        for (claim, want) in rows {
            let got = cleaned(&[(claim.to_owned(), None)], Some("The Paper"), None);
            assert_eq!(
                got.iter()
                    .map(|author| author.name.as_str())
                    .collect::<Vec<_>>(),
                want,
                "{claim}"
            );
        }
        assert!(cleaned(&[("The Paper".to_owned(), None)], Some("The Paper"), None).is_empty());
    }

    #[test]
    fn a_flood_of_names_is_cut() {
        // In letters: a name has no digits.
        let name = |n: usize| format!("Ann {n:015b}").replace('0', "o").replace('1', "i");
        let flood: Vec<_> = (0..20_000).map(|n| (name(n), None)).collect();
        assert_eq!(cleaned(&flood, None, None).len(), AUTHORS_MAX);
    }
}
