//! The headline as the page shows it, without the site's name.

use std::borrow::Cow;

use foldhash::{HashMap, HashSet};

use url::Url;

use super::head::Head;
use super::json_ld::JsonLd;
use crate::article::{BlockKind, ValueSource};
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::text;

/// What parts a headline from the name of the site in `<title>`.
const SEPARATORS: [&str; 13] = [
    " | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • ", " / ", "｜", " ― ", "ㅣ",
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

/// A title, and where it was found.
pub type Title = (String, ValueSource);

/// What a title is told from.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The name of the site.
    pub site_name: Option<&'a str>,
    /// The page's address.
    pub address: Option<&'a Url>,
    /// The page.
    pub tree: &'a Tree<'a>,
    /// What it shows.
    pub blocks: &'a [Block<'a>],
}

/// The headline as the page shows it, else as it declares it; every candidate, best first.
///
/// A heading is the headline by its level, its place, its class, and by how much of it the declared
/// titles and the address repeat; one that nothing confirms only where it is the page's only
/// first-level heading. The site's name is the title only of a page that has no other.
#[must_use]
pub fn candidates(head: &Head, json_ld: &JsonLd, setting: &Setting) -> Vec<Title> {
    let host = setting.address.and_then(Url::host_str);
    let site = Site::of(setting.site_name, host);
    let claims = claims(head, json_ld);
    let section = head
        .meta(&["article:section"])
        .or(json_ld.section.as_deref());
    let wordings = Wording::all(&claims, &site, section);
    let worded = |claim: &str| wordings.iter().find(|wording| wording.claim == claim);
    let declared: Vec<Declared> = claims
        .iter()
        .filter_map(|(claim, source)| Some((worded(claim)?, *source)))
        .filter(|(wording, _)| !wording.title.is_empty())
        .collect();
    let mut headings: Vec<Heading> = Heading::all(setting);
    headings.retain(|heading| !site.is_named(heading.key));
    let slug = slug(setting.address);
    let evidence = Evidence::of(&wordings, &declared, slug.as_deref());
    let shown = headlines(&headings, &evidence, json_ld.is_news);
    let shown = shown
        .into_iter()
        .map(|heading| (heading.without_kicker(&declared), ValueSource::Heading));
    let (sites, said): (Vec<Declared>, Vec<Declared>) = declared
        .iter()
        .partition(|(wording, _)| site.is_named(&wording.key));
    // One word in `<title>` is the site more often than the story.
    let (single, said): (Vec<Declared>, Vec<Declared>) =
        said.into_iter().partition(|(wording, source)| {
            *source == ValueSource::TitleElement
                && !wording.title.contains(' ')
                && !wording.title.chars().any(text::is_unspaced)
        });
    let (first, lower) = unconfirmed(&headings, setting);
    let titles = |declared: Vec<Declared>| {
        let title = |(wording, source): Declared| (wording.title.clone(), source);
        declared.into_iter().map(title).collect::<Vec<Title>>()
    };
    let mut all: Vec<Title> = shown
        .chain(titles(said))
        .chain(first)
        .chain(titles(single))
        .chain(lower)
        .chain(titles(sites))
        .chain(first_of_all(setting))
        .collect();
    let mut seen = HashSet::default();
    all.retain(|(title, _)| !title.is_empty() && seen.insert(text::key(title)));
    all
}

/// A declared title and what it is taken apart into. Most pages declare the same several times over.
struct Wording<'a> {
    claim: &'a str,
    /// Without the name of the site and the section.
    title: String,
    /// The key of that.
    key: String,
    /// The parts of the claim, as keys.
    parts: Vec<String>,
}

/// How a title is declared, and where.
type Declared<'w> = (&'w Wording<'w>, ValueSource);

impl<'a> Wording<'a> {
    /// Each that is among the claims, once.
    fn all(claims: &[(&'a str, ValueSource)], site: &Site, section: Option<&str>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (claim, _) in claims {
            if all.iter().any(|wording| wording.claim == *claim) {
                continue;
            }
            let title = without_section(&without_site(claim, site), section);
            all.push(Self {
                claim,
                key: text::key(&title),
                title,
                parts: parts(claim),
            });
        }
        all
    }
}

/// Most words of an address that repeat the headline: each heading is compared with them.
const SLUG_WORDS_MAX: usize = 64;

/// The part of an address with the most words, where it has three or more, as a key.
fn slug(address: Option<&Url>) -> Option<String> {
    let segments = address?.path().split('/').map(text::key);
    let slug = segments.max_by_key(|segment| text::words(segment).count())?;
    Some(slug).filter(|slug| (3..=SLUG_WORDS_MAX).contains(&text::words(slug).count()))
}

/// What the page declares as its title, most reliable first.
fn claims<'a>(head: &'a Head, json_ld: &'a JsonLd) -> Vec<(&'a str, ValueSource)> {
    let (shared, other) = METAS.split_at(2);
    let meta = |key: &&str| head.meta(&[*key]).map(|title| (title, meta_source(key)));
    let script = json_ld.headline.as_deref();
    let element = head.title.as_deref();
    shared
        .iter()
        .filter_map(meta)
        .chain(script.map(|title| (title, ValueSource::JsonLd)))
        .chain(other.iter().filter_map(meta))
        .chain(element.map(|title| (title, ValueSource::TitleElement)))
        .filter(|(title, _)| title.len() <= TITLE_BYTES_MAX)
        .collect()
}

/// The headings that enough speaks for, best first.
fn headlines<'h, 'a>(
    headings: &'h [Heading<'a>],
    evidence: &Evidence,
    is_news: bool,
) -> Vec<&'h Heading<'a>> {
    let lone = headings.iter().filter(|heading| heading.level == 1).count() == 1;
    let mut scored: Vec<(f32, &Heading)> = headings
        .iter()
        .map(|heading| (heading.score(evidence, lone), heading))
        .filter(|(score, heading)| {
            *score >= HEADING_SCORE && (!is_news || evidence.declares(&Phrase::of(&heading.spaced)))
        })
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored.into_iter().map(|(_, heading)| heading).collect()
}

/// The first heading of the first level; else, where the only one of that level names the site, the
/// first of the second.
fn unconfirmed(headings: &[Heading], setting: &Setting) -> (Option<Title>, Option<Title>) {
    let level = |level: u8| {
        let heading = headings.iter().find(|heading| heading.level == level)?;
        Some((heading.text.clone().into_owned(), ValueSource::Heading))
    };
    let first = level(1);
    let lower = level(2).filter(|_| first.is_none() && first_heading(setting).is_some());
    (first, lower)
}

fn first_heading<'a>(setting: &Setting<'a>) -> Option<&'a Block<'a>> {
    let mut blocks = setting.blocks.iter();
    blocks.find(|block| block.kind == BlockKind::Heading(1))
}

fn first_of_all(setting: &Setting) -> Option<Title> {
    let first = first_heading(setting).filter(|block| block.text.len() <= TITLE_BYTES_MAX);
    first.map(|block| {
        (
            text::collapsed(block.text).into_owned(),
            ValueSource::Heading,
        )
    })
}

fn meta_source(key: &str) -> ValueSource {
    if key.starts_with("og:") {
        ValueSource::OpenGraph
    } else {
        ValueSource::Meta
    }
}

/// Least score of a heading that is the headline.
const HEADING_SCORE: f32 = 0.8;

/// Least likeness of a headline and the title that a news page declares.
const DECLARED_LIKENESS: f32 = 0.8;

/// Least likeness of a headline and the title that is shared: they differ by how they are written.
const SHARED_LIKENESS: f32 = 0.95;

/// How much a later part of a title counts beside the first.
const LATER_PART: f32 = 0.8;

/// What the page says elsewhere of its headline.
struct Evidence<'k> {
    /// Declared titles, and what they say before the first separator.
    titles: Vec<Phrase<'k>>,
    /// Those that scripts and Open Graph declare.
    stated: Vec<Phrase<'k>>,
    /// What Open Graph declares: of two headlines that a page has, the one meant for readers.
    shared: Option<Phrase<'k>>,
    /// What they say after it.
    parts: Vec<Phrase<'k>>,
    slug: Option<Phrase<'k>>,
}

impl<'k> Evidence<'k> {
    fn of(wordings: &'k [Wording], declared: &[Declared<'k>], slug: Option<&'k str>) -> Self {
        let first = wordings.iter().filter_map(|wording| wording.parts.first());
        let whole = wordings.iter().filter(|wording| !wording.title.is_empty());
        let whole = whole.map(|wording| &wording.key);
        // After the first separator mostly comes the section or the site.
        let later = wordings
            .iter()
            .flat_map(|wording| wording.parts.iter().skip(1));
        let stated = |source| matches!(source, ValueSource::JsonLd | ValueSource::OpenGraph);
        let stated = declared.iter().filter(|(_, source)| stated(*source));
        let mut shared = declared.iter();
        let shared = shared.find(|(_, source)| *source == ValueSource::OpenGraph);
        Self {
            titles: phrases(first.chain(whole)),
            stated: phrases(stated.map(|(wording, _)| &wording.key)),
            shared: shared.map(|(wording, _)| Phrase::of(&wording.key)),
            parts: phrases(later),
            slug: slug.map(Phrase::of),
        }
    }

    /// Whether a declared title is the heading, give or take a word or two, or its end. Newsrooms
    /// declare the headline that they mean; elsewhere declared titles are for search engines.
    fn declares(&self, heading: &Phrase) -> bool {
        let mut titles = self.stated.iter();
        titles.any(|title| {
            title.likeness(heading) >= DECLARED_LIKENESS || title.words.starts_with(&heading.words)
        })
    }

    fn shares(&self, heading: &Phrase) -> bool {
        // A kicker may stand before it.
        self.shared.as_ref().is_some_and(|title| {
            title.likeness(heading) >= SHARED_LIKENESS
                || (title.words.len() >= 3 && heading.words.ends_with(&title.words))
        })
    }

    /// How much a heading and the declared titles, or the address, have in common, 0.0 to 1.0.
    fn likeness(&self, heading: &Phrase) -> f32 {
        let whole = self.titles.iter().chain(&self.slug);
        let whole = whole.map(|title| title.likeness(heading));
        let parts = self.parts.iter();
        let parts = parts.map(|part| LATER_PART * part.likeness(heading));
        whole.chain(parts).fold(0.0, f32::max)
    }
}

/// The phrases of keys, each once.
fn phrases<'k>(keys: impl Iterator<Item = &'k String>) -> Vec<Phrase<'k>> {
    let mut phrases: Vec<Phrase> = Vec::new();
    for key in keys {
        if phrases.iter().all(|phrase| phrase.key != key) {
            phrases.push(Phrase::of(key));
        }
    }
    phrases
}

/// A key, taken apart.
struct Phrase<'k> {
    key: &'k str,
    words: Vec<&'k str>,
    /// The words, or letters where the script has no spaces: of a key in which they are not the same.
    letters: Option<Vec<&'k str>>,
}

impl<'k> Phrase<'k> {
    fn of(key: &'k str) -> Self {
        let words: Vec<&str> = text::words(key).collect();
        let is_unspaced = !key.is_ascii() && key.chars().any(text::is_unspaced);
        Self {
            key,
            letters: is_unspaced.then(|| letters(&words)),
            words,
        }
    }

    fn units(&self) -> &[&'k str] {
        self.letters.as_deref().unwrap_or(&self.words)
    }

    /// F1 of the words of two titles. Scripts without spaces are compared by letters.
    fn likeness(&self, other: &Phrase) -> f32 {
        let (a, b) = (self.units(), other.units());
        let all = u16::try_from(a.len() + b.len()).unwrap_or(u16::MAX);
        2.0 * f32::from(in_common(a, b)) / f32::from(all.max(1))
    }
}

/// How many words of `b` are in `a`, each as often as it is there. Titles have few words, so that
/// looking through them is quicker than to hash them.
fn in_common(a: &[&str], b: &[&str]) -> u16 {
    let mut hits = 0_u16;
    if a.len() <= u32::BITS as usize {
        let mut taken = 0_u32;
        for word in b {
            let mut free = a.iter().zip(0_u32..).filter(|(_, at)| taken >> at & 1 == 0);
            if let Some((_, at)) = free.find(|(other, _)| *other == word) {
                taken |= 1 << at;
                hits = hits.saturating_add(1);
            }
        }
        return hits;
    }
    let mut left: HashMap<&str, i32> = HashMap::default();
    for word in a {
        *left.entry(word).or_default() += 1;
    }
    for word in b {
        if let Some(count) = left.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            hits = hits.saturating_add(1);
        }
    }
    hits
}

/// The words, or the letters of a script without spaces.
fn letters<'k>(words: &[&'k str]) -> Vec<&'k str> {
    let mut units = Vec::with_capacity(words.len());
    for word in words {
        if word.is_ascii() || !word.chars().any(text::is_unspaced) {
            units.push(*word);
        } else {
            let letters = word.char_indices();
            units.extend(letters.filter_map(|(at, c)| word.get(at..at + c.len_utf8())));
        }
    }
    units
}

/// A title that a page declares, without the site's name.
pub(super) fn declared(title: &str, site_name: Option<&str>, host: Option<&str>) -> Option<String> {
    believed(without_site(title, &Site::of(site_name, host)))
}

/// A title that is there and is not endless.
pub(super) fn believed(title: String) -> Option<String> {
    Some(title).filter(|title| !title.is_empty() && title.len() <= TITLE_BYTES_MAX)
}

/// A heading that may be the headline.
struct Heading<'a> {
    text: Cow<'a, str>,
    /// The key of the text.
    key: &'a str,
    /// The same with its runs apart.
    spaced: Cow<'a, str>,
    level: u8,
    /// The texts of its runs, where it has several.
    runs: Vec<Cow<'a, str>>,
    /// Whether a class or `itemprop` calls it the headline.
    is_called: bool,
    is_in_story: bool,
    is_apart: bool,
    /// Its place among the headings, from 0.
    at: usize,
}

/// Most headings looked at.
const HEADINGS_MAX: usize = 60;

impl<'a> Heading<'a> {
    fn all(setting: &Setting<'a>) -> Vec<Self> {
        let blocks = setting.blocks.iter().enumerate();
        let headings = blocks.filter(|(_, block)| {
            matches!(block.kind, BlockKind::Heading(1..=2)) && block.text.len() <= TITLE_BYTES_MAX
        });
        headings
            .take(HEADINGS_MAX)
            .enumerate()
            .filter_map(|(at, (place, block))| Self::of(setting, at, place, block))
            .collect()
    }

    fn of(setting: &Setting<'a>, at: usize, place: usize, block: &'a Block) -> Option<Self> {
        let BlockKind::Heading(level) = block.kind else {
            return None;
        };
        let tree = setting.tree;
        if block.key.is_empty() {
            return None;
        }
        let end = setting
            .blocks
            .get(place + 1)
            .map_or(tree.len(), |next| next.first);
        let runs = (block.first..end.max(block.first))
            .filter_map(|node| tree.text(node))
            .filter(|run| !text::is_blank(run))
            .map(text::collapsed)
            .filter(|run| !run.is_empty());
        let runs: Vec<Cow<str>> = runs.take(8).collect();
        // Runs side by side stand apart to a reader, by style.
        let spaced = if runs.len() > 1 && runs.len() <= 4 {
            Cow::Owned(text::key(&runs.join(" ")))
        } else {
            Cow::Borrowed(block.key)
        };
        let above = || tree.ancestors(block.node);
        let is_called = above().take(3).any(|node| calls_headline(tree, node));
        let text = text::collapsed(block.text);
        Some(Self {
            key: block.key,
            text,
            spaced,
            level,
            runs,
            is_called,
            is_in_story: above()
                .any(|node| matches!(tree.tag(node), Some(Tag::Article | Tag::Main))),
            is_apart: above().any(|node| {
                matches!(
                    tree.tag(node),
                    Some(Tag::Nav | Tag::Aside | Tag::Footer | Tag::Form | Tag::Dialog)
                )
            }) || block.link_density() > 0.9 && level > 1,
            at,
        })
    }

    /// How much speaks for the heading: what others say of it counts most.
    fn score(&self, evidence: &Evidence, lone: bool) -> f32 {
        let words = Phrase::of(&self.spaced);
        let like = evidence.likeness(&words);
        let first = self.level == 1;
        let is_long =
            words.words.len() > SITE_WORDS_MAX || self.text.chars().any(text::is_unspaced);
        let bonus = |is: bool, bonus: f32| if is { bonus } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let late = 0.01 * self.at as f32;
        like + bonus(first, 0.35)
            + bonus(first && lone, 0.15)
            + bonus(first && lone && is_long, 0.15)
            + bonus(evidence.shares(&words), 0.8)
            + bonus(self.is_called, 0.15)
            + bonus(self.is_in_story, 0.1)
            - bonus(self.is_apart, 0.5)
            - late
    }

    /// The headline without the line over it, where the heading holds both: the run that a declared
    /// title is, or ends with.
    fn without_kicker(&self, declared: &[Declared]) -> String {
        let is_declared = |key: &str| declared.iter().any(|(title, _)| title.key == key);
        if self.runs.len() < 2 || self.runs.len() > 4 || is_declared(self.key) {
            return self.text.clone().into_owned();
        }
        // What declares both lines is how they are written on one.
        let states = |source| matches!(source, ValueSource::OpenGraph | ValueSource::JsonLd);
        let is_both = |(title, of): &&Declared| states(*of) && title.key == *self.spaced;
        if let Some((title, _)) = declared.iter().find(is_both) {
            return title.title.clone();
        }
        let is_title = |run: &&Cow<str>| {
            let key = text::key(run);
            let words = key.split(' ').count();
            text::mass(run) >= 12
                && words >= 3
                && declared.iter().any(|(title, _)| title.key.ends_with(&key))
        };
        self.runs
            .iter()
            .find(is_title)
            .unwrap_or(&self.text)
            .clone()
            .into_owned()
    }
}

/// What classes call the headline.
const HEADLINE_CLASSES: [&str; 8] = [
    "headline",
    "entry-title",
    "article-title",
    "post-title",
    "article__title",
    "post__title",
    "article-header",
    "articletitle",
];

/// Whether an element is called the headline.
fn calls_headline(tree: &Tree, node: NodeId) -> bool {
    // All have one or the other, and most classes neither.
    let is_part =
        |part: &[u8]| part.eq_ignore_ascii_case(b"titl") || part.eq_ignore_ascii_case(b"head");
    let says = |attr, words: &[&str]| {
        let said = tree.attr(node, attr).unwrap_or_default();
        said.as_bytes().windows(4).any(is_part) && {
            let said = said.to_ascii_lowercase();
            words.iter().any(|word| said.contains(word))
        }
    };
    says(Attr::Itemprop, &HEADLINE_CLASSES[..1]) || says(Attr::Class, &HEADLINE_CLASSES)
}

/// The parts of a title, as keys.
fn parts(title: &str) -> Vec<String> {
    let joint = SEPARATORS[0];
    let mut title = text::collapsed(title).into_owned();
    for separator in &SEPARATORS[1..] {
        if title.contains(separator) {
            title = title.replace(separator, joint);
        }
    }
    title
        .split(joint)
        .map(text::key)
        .filter(|part| !part.is_empty())
        .collect()
}

/// How a site is called, as keys.
struct Site<'h> {
    name: Option<String>,
    host: Option<String>,
    /// The labels of the host but the last.
    labels: Vec<&'h str>,
}

impl<'h> Site<'h> {
    fn of(name: Option<&str>, host: Option<&'h str>) -> Self {
        Self {
            name: name.map(text::key),
            host: host.map(|host| text::key(host.trim_start_matches("www."))),
            labels: host.unwrap_or_default().rsplit('.').skip(1).collect(),
        }
    }

    /// Whether a key is the name of the site, or of the host without its punctuation.
    fn is_named(&self, key: &str) -> bool {
        let joined = || key.bytes().filter(|byte| *byte != b' ');
        let is_joined = |label: &&str| label.bytes().filter(|byte| *byte != b'-').eq(joined());
        self.name.as_deref() == Some(key)
            || self.host.as_deref() == Some(key)
            || (joined().count() >= 4 && self.labels.iter().any(is_joined))
    }
}

/// See [`Site::is_named`].
pub(super) fn names_site(key: &str, site_name: Option<&str>, host: Option<&str>) -> bool {
    Site::of(site_name, host).is_named(key)
}

/// The title without the site's name at its end or start.
fn without_site(title: &str, site: &Site) -> String {
    let title = text::collapsed(title);
    let name = site.name.as_deref().unwrap_or_default();
    for separator in SEPARATORS {
        if !title.contains(separator) {
            continue;
        }
        if let Some((rest, last)) = title.rsplit_once(separator)
            && is_site(last, rest, name)
        {
            return without_site(rest, site);
        }
        if let Some((first, rest)) = title.split_once(separator)
            && site.is_named(&text::key(first))
        {
            return rest.trim().to_owned();
        }
    }
    title.into_owned()
}

/// The title without the section that the page declares, after a dash with or without spaces.
fn without_section(title: &str, section: Option<&str>) -> String {
    let is_section = |last: &str| {
        let section = section.map(text::key).filter(|section| !section.is_empty());
        section.is_some_and(|section| section == text::key(last))
    };
    match title.rsplit_once(['-', '–', '|']) {
        Some((rest, last)) if rest.split_whitespace().count() >= 3 && is_section(last) => {
            rest.trim().to_owned()
        }
        _ => title.to_owned(),
    }
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
    use crate::extract::Texts;
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
            assert_eq!(without_site(title, &Site::of(site, None)), want);
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
        let address = Url::parse("https://www.harrow-daily-news.example/news/7").unwrap();
        let texts = Texts::default();
        let setting = Setting {
            site_name: head.meta(&["og:site_name"]),
            address: Some(&address),
            tree: &tree,
            blocks: &block::split(&tree, &texts),
        };
        let titles = candidates(&head, &JsonLd::default(), &setting);
        titles.into_iter().next().map(|(title, _)| title)
    }

    #[test]
    fn an_endless_address_repeats_no_headline() {
        let of = |words: usize| {
            let address = format!("https://x.example/a/{}", vec!["bridge"; words].join("-"));
            slug(Some(&Url::parse(&address).unwrap())).is_some()
        };
        assert_eq!(
            [2, 3, SLUG_WORDS_MAX, SLUG_WORDS_MAX + 1].map(of),
            [false, true, true, false]
        );
    }

    #[test]
    fn an_endless_title_is_none() {
        assert_eq!(
            title_of(&format!("<title>{}", "a - b | ".repeat(100_000))),
            None
        );
    }
}
