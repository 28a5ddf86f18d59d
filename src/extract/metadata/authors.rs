//! Who wrote it: a list of names with what each names; none rather than a wrong one.
//!
//! What metadata declares is believed first, but a byline beside the headline corrects it: it may
//! name more people, or others than whoever pressed the button. Organisations are authors where
//! the page shows them as such, or no person is named and they are not the site itself.

use std::cell::LazyCell;

use foldhash::{HashMap, HashSet};

use url::Url;

use super::bylines;
use super::head::Head;
use super::json_ld::JsonLd;
use super::names::{self, Name, Said};
use super::shown::Shown;
use super::title::names_site;
use crate::article::{Author, AuthorKind, PageType, ValueSource};
use crate::extract::block::Block;
use crate::extract::text;

/// Most authors kept. The longest byline of the corpora has nine names, those of consortia run to
/// dozens; a page with more lists its staff, or is hostile.
const AUTHORS_MAX: usize = 100;
/// Most metas of one name that are read, each for several authors or for one that is named already.
const METAS_MAX: usize = 200;

/// Metas that name authors, most reliable first.
const METAS: [&str; 14] = [
    "author",
    "article:author",
    "og:article:author",
    "article:author_name",
    "dc.creator",
    "dcterms.creator",
    "dc.contributor.author",
    "citation_author",
    "parsely-author",
    "sailthru.author",
    "shareaholic:article_author_name",
    "byl",
    "authors",
    "cxenseparse:author",
];

/// What authors are told from.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The name of the site.
    pub site_name: Option<&'a str>,
    /// The host of the page's address.
    pub host: Option<&'a str>,
    /// What addresses of authors resolve against.
    pub base: Option<&'a Url>,
    /// Whether the page says that it is an article; of other pages the author is whoever made them.
    pub is_article: bool,
    /// Whether it says that it is news: then a newsroom may be the author of its own site.
    pub is_news: bool,
    /// What the page shows.
    pub blocks: &'a [Block<'a>],
}

/// Authors as one source has them.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    /// The authors, in order.
    pub authors: Vec<Author>,
    /// What names them; none where nobody is named.
    pub source: Option<ValueSource>,
}

/// The authors, and all that sources say of them.
#[must_use]
pub fn choose(
    head: &Head,
    json_ld: &JsonLd,
    shown: &Shown,
    setting: &Setting,
) -> (Claim, Vec<Claim>) {
    let claims = declared(head, json_ld, setting);
    let byline = of_bylines(shown, setting);
    let logs_in = json_ld.page_type == Some(PageType::Forum);
    let chosen = decide(&claims, &byline, logs_in, setting);
    let chosen = with_agencies(chosen, claims.iter().chain([&byline.claim]), setting);
    let all = claims.into_iter().chain([byline.claim]).collect();
    (chosen, all)
}

fn declared(head: &Head, json_ld: &JsonLd, setting: &Setting) -> Vec<Claim> {
    let mut scripts = Claim {
        source: Some(ValueSource::JsonLd),
        ..Claim::default()
    };
    for party in &json_ld.authors {
        if scripts.authors.len() == AUTHORS_MAX {
            break;
        }
        let names = names::read(&party.name, Said::Declared);
        let url = party.url.as_deref().filter(|_| names.len() == 1);
        push(&mut scripts.authors, names, url, party.kind, setting);
    }
    let written = written_by(head).map(|name| (name, ValueSource::Meta));
    let metas = METAS.iter().map(|key| {
        let source = if key.starts_with("article") || key.starts_with("og") {
            ValueSource::OpenGraph
        } else {
            ValueSource::Meta
        };
        let mut claim = Claim {
            source: Some(source),
            ..Claim::default()
        };
        for content in head.metas(&[key]).take(METAS_MAX) {
            push(
                &mut claim.authors,
                names::read(&content, Said::Declared),
                None,
                None,
                setting,
            );
        }
        claim
    });
    let mut claims: Vec<Claim> = std::iter::once(scripts).chain(metas).collect();
    if let Some((name, source)) = written {
        let mut claim = Claim {
            source: Some(source),
            ..Claim::default()
        };
        push(
            &mut claim.authors,
            names::read(&name, Said::Declared),
            None,
            None,
            setting,
        );
        claims.push(claim);
    }
    claims.retain(|claim| !claim.authors.is_empty());
    claims
}

/// `twitter:data1` where `twitter:label1` says "Written by", in any language.
fn written_by(head: &Head) -> Option<String> {
    ["1", "2"].iter().find_map(|n| {
        let label = head.meta(&[&format!("twitter:label{n}")])?;
        names::is_lead(label).then_some(())?;
        head.meta(&[&format!("twitter:data{n}")]).map(str::to_owned)
    })
}

/// The byline of the page.
struct Byline {
    claim: Claim,
    /// Whether it is one line or element.
    is_one: bool,
    /// Whether only its place calls it one.
    is_bare: bool,
}

fn of_bylines(shown: &Shown, setting: &Setting) -> Byline {
    let mut group = bylines::first_group(&shown.bylines);
    let names_person = |byline: &bylines::Byline| {
        let mut names = byline.names.iter();
        names.any(|name| names::looks_like_person(&name.text))
    };
    let bare = shown
        .bylines
        .iter()
        .position(|byline| byline.rank == bylines::BARE);
    if let Some(at) = bare.filter(|_| !group.iter().any(names_person)) {
        group = &shown.bylines[at..=at];
    }
    let mut claim = Claim {
        source: group.first().map(|byline| byline.source),
        ..Claim::default()
    };
    for byline in group {
        for name in &byline.names {
            let key = text::key(&name.text);
            let own = byline.links.iter().find(|(said, _)| *said == key);
            let url = own.map(|(_, href)| href).or(byline.url.as_ref());
            let name = vec![name.clone()];
            push(
                &mut claim.authors,
                name,
                url.map(String::as_str),
                None,
                setting,
            );
        }
    }
    Byline {
        claim,
        // A line in a marked element is found twice.
        is_one: group.first().is_some_and(|first| first.holds_all(group)),
        is_bare: group.iter().any(|byline| byline.rank == bylines::BARE),
    }
}

fn push(
    authors: &mut Vec<Author>,
    names: Vec<Name>,
    url: Option<&str>,
    kind: Option<AuthorKind>,
    setting: &Setting,
) {
    if authors.len() == AUTHORS_MAX {
        return;
    }
    let mut seen: HashSet<String> = authors
        .iter()
        .map(|author| text::key(&author.name))
        .collect();
    for Name {
        text: name,
        kind: by_words,
    } in names
    {
        if authors.len() == AUTHORS_MAX {
            return;
        }
        let name = without_lead(name, setting);
        let key = text::key(&name);
        let person_like = by_words == AuthorKind::Person && names::looks_like_person(&name);
        let kind = match kind {
            Some(AuthorKind::Organization) => AuthorKind::Organization,
            // The site of a person may have that person's name; in scripts it is mostly meant.
            Some(AuthorKind::Person)
                if by_words == AuthorKind::Person && !is_called_as_site(&key, setting) =>
            {
                AuthorKind::Person
            }
            None if person_like && !is_called_as_site(&key, setting) => AuthorKind::Person,
            _ if is_site(&key, setting) || is_like_site(&key, setting) => AuthorKind::Organization,
            _ => by_words,
        };
        // `Ann Lee Berlin` after `Ann Lee` is the same person with something beside.
        let longer = authors.iter().any(|author| {
            author.name.contains(' ')
                && name.len() > author.name.len()
                && name.starts_with(author.name.as_str())
        });
        if !longer && seen.insert(key) {
            authors.push(Author {
                name,
                url: url.and_then(|href| absolute(href, setting.base)),
                kind,
            });
        }
    }
}

/// The name of the site without a "von" that a template put before it; in the name of a person it
/// is a part.
fn without_lead(name: String, setting: &Setting) -> String {
    if !name.starts_with(char::is_lowercase) {
        return name;
    }
    let rest = names::after_lead(&name).map(str::to_owned);
    let is_sites = |rest: &String| {
        let key = text::key(rest);
        is_site(&key, setting) || is_like_site(&key, setting)
    };
    rest.filter(is_sites).unwrap_or(name)
}

fn is_site(key: &str, setting: &Setting) -> bool {
    names_site(key, setting.site_name, setting.host)
}

/// Fewest letters that a name and a host must share to be one.
const SHARED_LETTERS: usize = 5;

/// Whether the name is much like that of the site: `El Comercio Perú` at `elcomercio.pe`, initials
/// for a host, or a part of the site's name of two words or more.
fn is_like_site(key: &str, setting: &Setting) -> bool {
    let joined: String = key
        .chars()
        .filter(|c| *c != ' ')
        .map(plain_letter)
        .collect();
    let initials: String = key
        .split(' ')
        .filter_map(|word| word.chars().next())
        .map(plain_letter)
        .collect();
    let labels = setting.host.unwrap_or_default().rsplit('.').skip(1);
    let by_host = labels.map(|label| label.replace('-', "")).any(|label| {
        let shared = joined.len().min(label.len()) >= SHARED_LETTERS;
        (shared && (joined.contains(&label) || label.contains(&joined)))
            || (initials.len() >= 3 && initials == label)
    });
    let site = text::key(setting.site_name.unwrap_or_default());
    let by_name = key.contains(' ') && site.contains(key)
        || site.len() >= SHARED_LETTERS && format!(" {key} ").contains(&format!(" {site} "));
    by_host || by_name
}

/// Whether a name that may be a person's is that of the site: it starts with an article, or the
/// host is its initials.
fn is_called_as_site(key: &str, setting: &Setting) -> bool {
    let first = key.split(' ').next().unwrap_or_default();
    let articled = [
        "the", "el", "la", "los", "las", "le", "les", "il", "der", "die", "das", "o", "a",
    ]
    .contains(&first);
    let initials: String = key
        .split(' ')
        .filter_map(|word| word.chars().next())
        .collect();
    let labels = setting.host.unwrap_or_default().rsplit('.').skip(1);
    (articled && is_like_site(key, setting))
        || (initials.len() >= 3 && labels.into_iter().any(|label| label == initials))
}

/// The letter without its accent, as hosts are written.
fn plain_letter(c: char) -> char {
    match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        c => c,
    }
}

fn decide(claims: &[Claim], byline: &Byline, logs_in: bool, setting: &Setting) -> Claim {
    let people = |claim: &Claim| Claim {
        authors: claim
            .authors
            .iter()
            .filter(|author| author.kind == AuthorKind::Person)
            .cloned()
            .collect(),
        source: claim.source,
    };
    let shown = people(&byline.claim);
    let first = claims
        .iter()
        .map(people)
        .find(|claim| !claim.authors.is_empty());
    let key = |author: &Author| names::key_of(&author.name);
    let keys = |claim: &Claim| -> HashSet<String> { claim.authors.iter().map(key).collect() };
    let shown_full = shown
        .authors
        .iter()
        .any(|author| names::looks_like_person(&author.name));
    if let Some(first) = first {
        if byline.is_bare {
            return first;
        }
        let (said, seen) = (keys(&first), keys(&shown));
        let is_said_shown = LazyCell::new(|| any_is_shown(&said, setting.blocks));
        let logins = first
            .authors
            .iter()
            .all(|author| names::is_login(&author.name));
        let sites = first
            .authors
            .iter()
            .all(|author| is_site(&text::key(&author.name), setting));
        let more = byline.is_one && said.is_subset(&seen);
        if shown_full && (more || logins || (sites && !seen.is_subset(&said))) {
            return with_urls(shown, &first);
        }
        if shown_full && said.is_disjoint(&seen) && !*is_said_shown {
            return shown;
        }
        if logins && !logs_in && !*is_said_shown {
            return Claim::default();
        }
        let by_script = first.source == Some(ValueSource::JsonLd);
        let words = first
            .authors
            .iter()
            .any(|author| author.name.contains(' ') || names::looks_like_person(&author.name));
        let declares = by_script || (setting.is_article && words);
        let in_a_line = || {
            let people = first.authors.iter();
            let people = people.filter(|author| names::looks_like_person(&author.name));
            shown.authors.is_empty() && any_is_a_line(&people.map(key).collect(), setting.blocks)
        };
        if !declares && said.is_disjoint(&seen) && !in_a_line() {
            return shown;
        }
        return first;
    }
    if !shown.authors.is_empty() {
        return shown;
    }
    organisations(claims, &byline.claim, setting)
}

/// The chosen people, and the agencies that the same source names beside them.
fn with_agencies<'c>(
    mut chosen: Claim,
    claims: impl Iterator<Item = &'c Claim>,
    setting: &Setting,
) -> Claim {
    let mut named: HashSet<String> = chosen.authors.iter().map(|a| text::key(&a.name)).collect();
    let is_person = |author: &Author| author.kind == AuthorKind::Person;
    if !chosen.authors.iter().all(is_person) {
        return chosen;
    }
    let beside = claims.filter(|claim| {
        let mut people = claim.authors.iter().filter(|author| is_person(author));
        people.any(|author| named.contains(&text::key(&author.name)))
    });
    let agencies: Vec<&Author> = beside
        .flat_map(|claim| &claim.authors)
        .filter(|author| names::is_agency(&author.name))
        .filter(|author| !is_site(&text::key(&author.name), setting))
        .collect();
    for agency in agencies {
        if named.insert(text::key(&agency.name)) {
            chosen.authors.push(agency.clone());
        }
    }
    chosen
}

/// The chosen authors with the addresses that another source knows.
fn with_urls(mut chosen: Claim, other: &Claim) -> Claim {
    for author in &mut chosen.authors {
        let key = text::key(&author.name);
        let known = other
            .authors
            .iter()
            .find(|other| text::key(&other.name) == key);
        author.url = author.url.take().or_else(|| known?.url.clone());
    }
    chosen
}

fn organisations(claims: &[Claim], byline: &Claim, setting: &Setting) -> Claim {
    let shown: HashSet<String> = byline
        .authors
        .iter()
        .map(|author| text::key(&author.name))
        .collect();
    let kept = |claim: &Claim| Claim {
        authors: claim
            .authors
            .iter()
            .filter(|author| {
                let key = text::key(&author.name);
                shown.contains(&key)
                    || (names::is_agency(&author.name) && !is_site(&key, setting))
                    || (claim.source == Some(ValueSource::JsonLd)
                        && (!is_site(&key, setting) || setting.is_news))
            })
            .cloned()
            .collect(),
        source: claim.source,
    };
    claims
        .iter()
        .chain([byline])
        .map(kept)
        .find(|claim| !claim.authors.is_empty())
        .unwrap_or_default()
}

/// Whether the page shows one of some names on a line of its own, as boxes about authors do.
fn any_is_a_line(keys: &HashSet<String>, blocks: &[Block]) -> bool {
    let mut lines = blocks.iter().filter(|block| block.key.contains(' '));
    lines.any(|line| keys.contains(line.key))
}

/// Whether the page shows the words of one of some keys anywhere: each text is gone through once, however
/// many there are.
fn any_is_shown(keys: &HashSet<String>, blocks: &[Block]) -> bool {
    let mut by_first: HashMap<&str, Vec<&str>> = HashMap::default();
    for key in keys {
        let first = text::words(key).next().unwrap_or_default();
        by_first.entry(first).or_default().push(key);
    }
    let holds_one = |text: &str| {
        let mut start = 0;
        text::words(text).any(|word| {
            let rest = text.get(start..).unwrap_or_default();
            start += word.len() + 1;
            let opens = |key: &&str| {
                let after = rest.strip_prefix(*key);
                after.is_some_and(|after| after.is_empty() || after.starts_with(' '))
            };
            let keys = by_first.get(word);
            keys.is_some_and(|keys| keys.iter().any(opens))
        })
    };
    blocks.iter().any(|block| holds_one(block.key))
}

/// The authors in texts that a user's rules point at, with the addresses that they link to.
pub(super) fn of_texts(
    texts: &[(String, Option<String>)],
    said: Said,
    setting: &Setting,
) -> Vec<Author> {
    let mut authors = Vec::new();
    for (text, url) in texts {
        let names = names::read(text, said);
        let url = url.as_deref().filter(|_| names.len() == 1);
        push(&mut authors, names, url, None, setting);
    }
    authors.retain(|author| {
        let site = setting.site_name.map(text::key);
        site.is_none_or(|site| text::key(&author.name) != site)
    });
    authors
}

fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let url = Url::parse(href).ok().or_else(|| base?.join(href).ok())?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::super::Claims;
    use super::*;
    use crate::extract::Texts;
    use crate::extract::block;
    use crate::extract::dom::{Limits, parse};
    use crate::page::Page;

    fn authors(html: &str) -> Vec<Author> {
        let html = format!("<meta property=og:site_name content='The Harrow Post'>{html}");
        let tree = parse(&html, &Limits::default());
        let page = Page::from_html(html.as_str()).at("https://www.harrowpost.example/news/bridge");
        Claims::read(&tree, &page)
            .choose(&tree, &block::split(&tree, &Texts::default()))
            .authors
    }

    fn names(html: &str) -> Vec<String> {
        authors(html)
            .into_iter()
            .map(|author| author.name)
            .collect()
    }

    fn script(author: &str) -> String {
        format!(
            r#"<script type="application/ld+json">{{"@type":"Article","author":{author}}}</script>"#
        )
    }

    const STORY: &str =
        "<p>The bridge over the river opened to cars and walkers on Monday morning.</p>";

    #[test]
    fn shown_bylines_are_read_however_they_are_marked_up() {
        let rows = [
            "<p class=byline>By Ann Lee</p>",
            "<p>By <a href=/people/ann-lee>Ann Lee</a>, Political Correspondent</p>",
            "<div><b>By<!-- --> <span class=blockAuthor_authorName__N6>Ann Lee</span></b></div>",
            "<p>Written by</p><p>Ann Lee</p>",
            "<p>3 May 2026 by Ann Lee</p>",
            "<div class=author-box><img alt=x><h4>Ann Lee</h4><p>Ann Lee is a writer who lives in Harrow.</p></div>",
            "<a href=/author/ann-lee>Ann Lee</a>",
            "<span itemprop=author>Ann Lee</span>",
            "<p>3.5.2026 - Redaktion: Ann Lee (Harrow)</p>",
            "<p>Photo: Bo Ek</p><p>By Ann Lee</p>",
        ];
        for row in rows {
            assert_eq!(
                names(&format!("<h1>Bridge opens</h1>{row}{STORY}")),
                ["Ann Lee"],
                "{row}"
            );
        }
    }

    #[test]
    fn nobody_is_invented() {
        let rows = [
            "<p>By the time it opened, nobody was there.</p>",
            "<figure><img><figcaption class=author>Bo Ek</figcaption></figure>",
            "<blockquote><p class=author>Bo Ek</p></blockquote>",
            "<p>Photo: Bo Ek</p>",
            "<p class=author>The Harrow Post</p>",
            "<div class=comments><b class=author>Bo Ek</b></div>",
            "<a href='https://video.example/user/harrowpost'>Harrow Videos</a>",
            "<meta name=author content=admin>",
            "<meta name=author content='Web Works GmbH'>",
        ];
        for row in rows {
            let got = authors(&format!("<h1>Bridge opens</h1>{STORY}{row}"));
            assert!(
                got.iter()
                    .all(|author| author.kind == AuthorKind::Organization
                        && row.contains("Harrow Post")),
                "{row}: {got:?}"
            );
        }
    }

    #[test]
    fn a_shown_byline_corrects_what_scripts_declare() {
        let page = |declared: &str, byline: &str| {
            format!(
                "{}<h1>Bridge opens</h1><p class=byline>{byline}</p>{STORY}",
                script(declared)
            )
        };
        // More names than declared, others than whoever posted it, a person for a user name.
        assert_eq!(
            names(&page(
                r#"{"@type":"Person","name":"Ann Lee"}"#,
                "By Ann Lee and Bo Ek"
            )),
            ["Ann Lee", "Bo Ek"]
        );
        assert_eq!(
            names(&page(
                r#"{"@type":"Person","name":"Cy Dent"}"#,
                "By Ann Lee"
            )),
            ["Ann Lee"]
        );
        assert_eq!(
            names(&page(r#"{"name":"alee"}"#, "By Ann Lee")),
            ["Ann Lee"]
        );
        // What is declared holds where nothing shows otherwise.
        assert_eq!(
            names(&page(
                r#"{"@type":"Person","name":"Cy Dent"}"#,
                "3 May 2026"
            )),
            ["Cy Dent"]
        );
    }

    #[test]
    fn organisations_are_told_apart() {
        let kinds = |html: &str| -> Vec<(String, AuthorKind)> {
            authors(html)
                .into_iter()
                .map(|author| (author.name, author.kind))
                .collect()
        };
        let agency = kinds(&format!(
            "{}<h1>Bridge opens</h1>{STORY}",
            script(r#"{"@type":"Organization","name":"Reuters"}"#)
        ));
        assert_eq!(agency, [("Reuters".to_owned(), AuthorKind::Organization)]);
        let person = kinds(&format!(
            "{}<h1>Bridge opens</h1>{STORY}",
            script(r#"{"@type":"Person","name":"Ann Lee","url":"/ann"}"#)
        ));
        assert_eq!(person, [("Ann Lee".to_owned(), AuthorKind::Person)]);
    }

    #[test]
    fn names_are_shown_by_all_of_their_words() {
        let tree = parse(
            "<p>The story is by Ann Lee, who lives here.</p><p>Bo Ek</p><p>Cyd Denton</p>",
            &Limits::default(),
        );
        let texts = Texts::default();
        let blocks = block::split(&tree, &texts);
        let keys = |name: &str| HashSet::from_iter(["no one".to_owned(), name.to_owned()]);
        for (name, is_shown, is_a_line) in [
            ("ann lee", true, false),
            ("lee", true, false),
            ("here", true, false),
            ("bo ek", true, true),
            ("bo", true, false),
            ("cyd dent", false, false),
            ("yd denton", false, false),
            ("lee ann", false, false),
            ("ek cyd", false, false),
        ] {
            assert_eq!(any_is_shown(&keys(name), &blocks), is_shown, "{name}");
            assert_eq!(any_is_a_line(&keys(name), &blocks), is_a_line, "{name}");
        }
    }

    #[test]
    fn a_flood_of_names_is_cut() {
        // In letters: a name has no digits.
        let name = |n: usize| {
            format!("\"Ann {n:015b}\"")
                .replace('0', "o")
                .replace('1', "i")
        };
        let flood: Vec<String> = (0..20_000).map(name).collect();
        let html = script(&format!("[{}]", flood.join(",")));
        assert_eq!(authors(&html).len(), AUTHORS_MAX);
    }
}
