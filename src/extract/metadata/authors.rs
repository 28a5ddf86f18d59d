//! Who wrote it: a list of names, cleaned; none rather than a wrong one.

use std::collections::HashSet;

use url::Url;

use super::head::Head;
use super::json_ld::JsonLd;
use super::shown::Shown;
use crate::article::Author;
use crate::extract::text;

/// Words before a name that are no part of it, whoever wrote them there.
const LEADS: [&str; 17] = [
    "by",
    "written by",
    "posted by",
    "published by",
    "author",
    "authors",
    "text by",
    "words by",
    "story by",
    "autor",
    "auteur",
    "autore",
    "from",
    "text",
    "автор",
    "текст",
    "skrevet av",
];

/// Words before a name in a shown byline, which in a declared name are a part of it (`De Niro`,
/// `Von der Leyen`).
const SHOWN_LEADS: [&str; 9] = ["von", "par", "por", "door", "av", "af", "di", "de", "oleh"];

/// Words that end what somebody is, rather than is called, after a name and a comma.
const ROLES: [&str; 30] = [
    "correspondent",
    "reporter",
    "editor",
    "writer",
    "journalist",
    "columnist",
    "contributor",
    "producer",
    "analyst",
    "critic",
    "chief",
    "staff",
    "author",
    "photographer",
    "professor",
    "fellow",
    "director",
    "redakteur",
    "redakteurin",
    "redaktör",
    "korrespondent",
    "korrespondentin",
    "journaliste",
    "journalistin",
    "rédacteur",
    "rédactrice",
    "periodista",
    "redactor",
    "redactora",
    "giornalista",
];

/// Degrees and the like that follow a name and a comma and are a part of it, as keys.
#[rustfmt::skip]
const DEGREES: [&str; 36] = [
    "md", "m d", "do", "phd", "ph d", "edd", "psyd", "jd", "llm", "mba", "mph", "ma", "ms", "msc",
    "ba", "bs", "bsc", "rn", "np", "dnp", "rd", "rdn", "fand", "dds", "dvm", "pharmd", "lcsw",
    "cfa", "cfp", "cpa", "cpp", "psp", "esq", "jr", "sr", "iii",
];

/// Most letters in the name of an agency (`AP`, `CNN`) after that of its reporter.
const AGENCY_LETTERS_MAX: usize = 5;

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
    let claims = [
        (&json_ld.authors, Said::Declared),
        (&metas, Said::Declared),
        (&shown.authors, Said::Shown),
    ];
    claims
        .into_iter()
        .map(|(claims, said)| cleaned(claims, said, site_name, base))
        .find(|authors| !authors.is_empty())
        .unwrap_or_default()
}

/// The authors among names that machines read, with the addresses of their pages.
pub(super) fn declared(
    claims: &[(String, Option<String>)],
    site_name: Option<&str>,
    base: Option<&Url>,
) -> Vec<Author> {
    cleaned(claims, Said::Declared, site_name, base)
}

/// The authors in shown bylines, with the addresses that they link to.
pub(super) fn shown(
    claims: &[(String, Option<String>)],
    site_name: Option<&str>,
    base: Option<&Url>,
) -> Vec<Author> {
    cleaned(claims, Said::Shown, site_name, base)
}

/// Where a name stands: where a machine reads it, or in a byline, which is a sentence of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Declared,
    Shown,
}

fn cleaned(
    claims: &[(String, Option<String>)],
    said: Said,
    site_name: Option<&str>,
    base: Option<&Url>,
) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    let mut seen = HashSet::new();
    for (claim, url) in claims {
        let names = split(claim, said);
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
fn split(claim: &str, said: Said) -> Vec<String> {
    let mut spread = text::collapsed(claim);
    for joint in [
        " and ", " & ", " und ", " et ", " y ", " e ", " og ", " och ", " en ", " with ", " и ",
    ] {
        spread = spread.replace(joint, "; ");
    }
    for joint in [" / ", " | ", "|", "、", " · ", " • "] {
        spread = spread.replace(joint, ", ");
    }
    let mut names: Vec<String> = Vec::new();
    for group in spread.split([';', '\n']) {
        let mut person: Option<String> = None;
        for part in group.split(',').map(|part| without_lead(part, said)) {
            match &mut person {
                Some(name) if is_degree(&part) => *name = format!("{name}, {part}"),
                Some(_) if is_role_or_agency(&part) => {}
                _ if part.is_empty() => {}
                _ => names.extend(person.replace(part)),
            }
        }
        names.extend(person);
    }
    names
}

fn is_degree(part: &str) -> bool {
    DEGREES.contains(&text::key(part).as_str())
}

fn is_role_or_agency(part: &str) -> bool {
    let key = text::key(part);
    let last = key.rsplit(' ').next().unwrap_or_default();
    let in_capitals = !part.is_empty() && part.chars().all(char::is_uppercase);
    ROLES.contains(&last) || (in_capitals && part.chars().count() <= AGENCY_LETTERS_MAX)
}

fn without_lead(name: &str, said: Said) -> String {
    let name = name
        .trim()
        .trim_matches(|c: char| matches!(c, '-' | '–' | '—' | '|' | ':' | '•' | '·' | '.' | '@'))
        .trim();
    let shown: &[&str] = match said {
        Said::Declared => &[],
        Said::Shown => &SHOWN_LEADS,
    };
    let lead = LEADS
        .iter()
        .chain(shown)
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

    fn names(claim: &str, said: Said) -> Vec<String> {
        cleaned(&[(claim.to_owned(), None)], said, Some("The Paper"), None)
            .into_iter()
            .map(|author| author.name)
            .collect()
    }

    #[test]
    fn bylines_become_names() {
        let rows: [(&str, &[&str]); 14] = [
            ("By Ann Lee and Bo Ek", &["Ann Lee", "Bo Ek"]),
            ("Von Jürgen Müller", &["Jürgen Müller"]),
            ("Ann Lee, Bo Ek; Cy Dent", &["Ann Lee", "Bo Ek", "Cy Dent"]),
            ("Byron Long", &["Byron Long"]),
            ("admin", &[]),
            ("https://x.example/ann", &[]),
            ("ann@x.example", &[]),
            ("山田太郎", &["山田太郎"]),
            ("The Paper", &[]),
            ("Ann Lee, Political Correspondent", &["Ann Lee"]),
            ("Ann Lee MD, PhD", &["Ann Lee MD, PhD"]),
            (
                "Ann Lee, MS, RD, and Bo Ek, AP",
                &["Ann Lee, MS, RD", "Bo Ek"],
            ),
            ("Ann Lee | Associate Editor", &["Ann Lee"]),
            ("Ann Lee et AFP", &["Ann Lee", "AFP"]),
        ];
        for (claim, want) in rows {
            assert_eq!(names(claim, Said::Shown), want, "{claim}");
        }
    }

    #[test]
    fn declared_names_keep_their_particles() {
        for name in ["De Niro", "Von der Leyen", "Di Stefano", "Par Lager"] {
            assert_eq!(names(name, Said::Declared), [name]);
        }
        assert_eq!(names("By Ann Lee", Said::Declared), ["Ann Lee"]);
    }

    #[test]
    fn a_flood_of_names_is_cut() {
        // In letters: a name has no digits.
        let name = |n: usize| format!("Ann {n:015b}").replace('0', "o").replace('1', "i");
        let flood: Vec<_> = (0..20_000).map(|n| (name(n), None)).collect();
        assert_eq!(
            cleaned(&flood, Said::Declared, None, None).len(),
            AUTHORS_MAX
        );
    }
}
