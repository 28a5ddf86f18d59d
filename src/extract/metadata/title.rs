//! The headline as the page shows it, without the site's name.

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
    pub tree: &'a Tree,
    /// What it shows.
    pub blocks: &'a [Block],
}

/// The headline as the page shows it, else as it declares it; every candidate, best first.
///
/// A heading is the headline by its level, its place, its class, and by how much of it the declared
/// titles and the address repeat; one that nothing confirms only where it is the page's only
/// first-level heading. The site's name is the title only of a page that has no other.
#[must_use]
pub fn candidates(head: &Head, json_ld: &JsonLd, setting: &Setting) -> Vec<Title> {
    let host = setting.address.and_then(Url::host_str);
    let claims = claims(head, json_ld);
    let section = head
        .meta(&["article:section"])
        .or(json_ld.section.as_deref());
    let declared: Vec<Title> = claims
        .iter()
        .map(|(title, source)| {
            let title = without_site(title, setting.site_name, host);
            (without_section(&title, section), *source)
        })
        .filter(|(title, _)| !title.is_empty())
        .collect();
    let is_site = |title: &str| names_site(&text::key(title), setting.site_name, host);
    let mut headings: Vec<Heading> = Heading::all(setting);
    headings.retain(|heading| !is_site(&heading.text));
    let evidence = Evidence::of(&claims, &declared, setting);
    let shown = headlines(&headings, &evidence, json_ld.is_news);
    let shown = shown
        .into_iter()
        .map(|heading| (heading.without_kicker(&declared), ValueSource::Heading));
    let (sites, said): (Vec<Title>, Vec<Title>) = declared
        .iter()
        .cloned()
        .partition(|(title, _)| is_site(title));
    // One word in `<title>` is the site more often than the story.
    let (single, said): (Vec<Title>, Vec<Title>) = said.into_iter().partition(|(title, source)| {
        *source == ValueSource::TitleElement
            && !title.contains(' ')
            && !title.chars().any(text::is_unspaced)
    });
    let (first, lower) = unconfirmed(&headings, setting);
    let mut all: Vec<Title> = shown
        .chain(said)
        .chain(first)
        .chain(single)
        .chain(lower)
        .chain(sites)
        .chain(first_of_all(setting))
        .collect();
    let mut seen = HashSet::default();
    all.retain(|(title, _)| !title.is_empty() && seen.insert(text::key(title)));
    all
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
fn headlines<'h>(headings: &'h [Heading], evidence: &Evidence, is_news: bool) -> Vec<&'h Heading> {
    let lone = headings.iter().filter(|heading| heading.level == 1).count() == 1;
    let mut scored: Vec<(f32, &Heading)> = headings
        .iter()
        .map(|heading| (heading.score(evidence, lone), heading))
        .filter(|(score, heading)| {
            *score >= HEADING_SCORE && (!is_news || evidence.declares(&heading.words))
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
        Some((heading.text.clone(), ValueSource::Heading))
    };
    let first = level(1);
    let lower = level(2).filter(|_| first.is_none() && first_heading(setting).is_some());
    (first, lower)
}

fn first_heading<'a>(setting: &Setting<'a>) -> Option<&'a Block> {
    let mut blocks = setting.blocks.iter();
    blocks.find(|block| block.kind == BlockKind::Heading(1))
}

fn first_of_all(setting: &Setting) -> Option<Title> {
    let first = first_heading(setting).filter(|block| block.text.len() <= TITLE_BYTES_MAX);
    first.map(|block| (text::collapsed(&block.text), ValueSource::Heading))
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

/// What the page says elsewhere of its headline, as words.
struct Evidence {
    /// Declared titles, and what they say before the first separator.
    titles: Vec<Vec<String>>,
    /// Those that scripts and Open Graph declare.
    stated: Vec<Vec<String>>,
    /// What Open Graph declares: of two headlines that a page has, the one meant for readers.
    shared: Option<Vec<String>>,
    /// What they say after it.
    parts: Vec<Vec<String>>,
    slug: Vec<String>,
}

impl Evidence {
    fn of(claims: &[(&str, ValueSource)], declared: &[Title], setting: &Setting) -> Self {
        // After the first separator mostly comes the section or the site.
        let later = claims
            .iter()
            .flat_map(|(claim, _)| parts(claim).into_iter().skip(1));
        let first = claims
            .iter()
            .filter_map(|(claim, _)| parts(claim).into_iter().next());
        let whole = declared.iter().map(|(title, _)| text::key(title));
        let words = |key: String| key.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let slug = setting
            .address
            .and_then(|address| {
                let segments = address.path().split('/').map(text::key);
                segments.max_by_key(|segment| segment.split(' ').count())
            })
            .map(words)
            .filter(|words| words.len() >= 3)
            .unwrap_or_default();
        let stated = declared
            .iter()
            .filter(|(_, source)| matches!(source, ValueSource::JsonLd | ValueSource::OpenGraph))
            .map(|(title, _)| words(text::key(title)))
            .collect();
        let shared = declared
            .iter()
            .find(|(_, source)| *source == ValueSource::OpenGraph)
            .map(|(title, _)| words(text::key(title)));
        Self {
            stated,
            shared,
            titles: first.chain(whole).map(words).collect(),
            parts: later.map(words).collect(),
            slug,
        }
    }

    /// Whether a declared title is the heading, give or take a word or two, or its end. Newsrooms
    /// declare the headline that they mean; elsewhere declared titles are for search engines.
    fn declares(&self, words: &[String]) -> bool {
        let mut titles = self.stated.iter();
        titles.any(|title| likeness(title, words) >= DECLARED_LIKENESS || title.starts_with(words))
    }

    fn shares(&self, words: &[String]) -> bool {
        let shared = self.shared.as_deref();
        // A kicker may stand before it.
        shared.is_some_and(|title| {
            likeness(title, words) >= SHARED_LIKENESS
                || (title.len() >= 3 && words.ends_with(title))
        })
    }

    /// How much a heading and the declared titles, or the address, have in common, 0.0 to 1.0.
    fn likeness(&self, words: &[String]) -> f32 {
        let titles = self.titles.iter().map(|title| likeness(title, words));
        let slug = likeness(&self.slug, words);
        let parts = self
            .parts
            .iter()
            .map(|part| LATER_PART * likeness(part, words));
        titles.chain(parts).fold(slug, f32::max)
    }
}

/// F1 of the words of two titles. Scripts without spaces are compared by letters.
fn likeness(a: &[String], b: &[String]) -> f32 {
    let (a, b) = (units(a), units(b));
    let all = u16::try_from(a.len() + b.len()).unwrap_or(u16::MAX);
    2.0 * f32::from(in_common(a, &b)) / f32::from(all.max(1))
}

/// How many words of `b` are in `a`, each as often as it is there. Titles have few words, so that
/// looking through them is quicker than to hash them.
fn in_common(mut a: Vec<&str>, b: &[&str]) -> u16 {
    const FEW: usize = 32;
    let mut hits = 0_u16;
    if a.len() <= FEW {
        for word in b {
            if let Some(at) = a.iter().position(|other| other == word) {
                a.swap_remove(at);
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
fn units(words: &[String]) -> Vec<&str> {
    let mut units = Vec::with_capacity(words.len());
    for word in words {
        if word.is_ascii() || !word.chars().any(text::is_unspaced) {
            units.push(word.as_str());
        } else {
            let letters = word.char_indices();
            units.extend(letters.filter_map(|(at, c)| word.get(at..at + c.len_utf8())));
        }
    }
    units
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
struct Heading {
    text: String,
    words: Vec<String>,
    level: u8,
    /// The texts of its runs, where it has several.
    runs: Vec<String>,
    /// Whether a class or `itemprop` calls it the headline.
    is_called: bool,
    is_in_story: bool,
    is_apart: bool,
    /// Its place among the headings, from 0.
    at: usize,
}

/// Most headings looked at.
const HEADINGS_MAX: usize = 60;

impl Heading {
    fn all(setting: &Setting) -> Vec<Self> {
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

    fn of(setting: &Setting, at: usize, place: usize, block: &Block) -> Option<Self> {
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
            .map(text::collapsed)
            .filter(|run| !run.is_empty());
        let runs: Vec<String> = runs.take(8).collect();
        // Runs side by side stand apart to a reader, by style.
        let spaced = if runs.len() > 1 && runs.len() <= 4 {
            text::key(&runs.join(" "))
        } else {
            block.key.clone()
        };
        let above = || tree.ancestors(block.node);
        let is_called = above().take(3).any(|node| calls_headline(tree, node));
        Some(Self {
            words: spaced.split(' ').map(str::to_owned).collect(),
            text: text::collapsed(&block.text),
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
        let like = evidence.likeness(&self.words);
        let first = self.level == 1;
        let is_long = self.words.len() > SITE_WORDS_MAX || self.text.chars().any(text::is_unspaced);
        let bonus = |is: bool, bonus: f32| if is { bonus } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let late = 0.01 * self.at as f32;
        like + bonus(first, 0.35)
            + bonus(first && lone, 0.15)
            + bonus(first && lone && is_long, 0.15)
            + bonus(evidence.shares(&self.words), 0.8)
            + bonus(self.is_called, 0.15)
            + bonus(self.is_in_story, 0.1)
            - bonus(self.is_apart, 0.5)
            - late
    }

    /// The headline without the line over it, where the heading holds both: the run that a declared
    /// title is, or ends with.
    fn without_kicker(&self, declared: &[Title]) -> String {
        let keys: Vec<String> = declared.iter().map(|(title, _)| text::key(title)).collect();
        let whole = text::key(&self.text);
        if self.runs.len() < 2 || self.runs.len() > 4 || keys.contains(&whole) {
            return self.text.clone();
        }
        // What declares both lines is how they are written on one.
        let spaced = self.words.join(" ");
        let states = |source| matches!(source, ValueSource::OpenGraph | ValueSource::JsonLd);
        let mut both = declared.iter().zip(&keys);
        if let Some(((title, _), _)) = both.find(|((_, of), key)| states(*of) && **key == spaced) {
            return title.clone();
        }
        let is_title = |run: &&String| {
            let key = text::key(run);
            let words = key.split(' ').count();
            text::mass(run) >= 12
                && words >= 3
                && keys
                    .iter()
                    .any(|title| *title == key || title.ends_with(&key))
        };
        self.runs
            .iter()
            .find(is_title)
            .unwrap_or(&self.text)
            .clone()
    }
}

/// Whether an element is called the headline.
fn calls_headline(tree: &Tree, node: NodeId) -> bool {
    let says = |attr| {
        tree.attr(node, attr)
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let itemprop = says(Attr::Itemprop);
    let class = says(Attr::Class);
    itemprop.contains("headline")
        || [
            "headline",
            "entry-title",
            "article-title",
            "post-title",
            "article__title",
            "post__title",
            "article-header",
            "articletitle",
        ]
        .iter()
        .any(|name| class.contains(name))
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
pub(super) fn names_site(key: &str, site_name: Option<&str>, host: Option<&str>) -> bool {
    let joined = key.replace(' ', "");
    let mut labels = host.unwrap_or_default().rsplit('.').skip(1);
    site_name.is_some_and(|site| text::key(site) == key)
        || host.is_some_and(|host| text::key(host.trim_start_matches("www.")) == key)
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

/// The title without the section that the page declares, after a dash with or without spaces.
fn without_section(title: &str, section: Option<&str>) -> String {
    let section = section.map(text::key).filter(|section| !section.is_empty());
    let parts = title.rsplit_once(['-', '–', '|']);
    match parts {
        Some((rest, last))
            if section.is_some_and(|section| section == text::key(last))
                && rest.split_whitespace().count() >= 3 =>
        {
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
        let address = Url::parse("https://www.harrow-daily-news.example/news/7").unwrap();
        let setting = Setting {
            site_name: head.meta(&["og:site_name"]),
            address: Some(&address),
            tree: &tree,
            blocks: &block::split(&tree),
        };
        let titles = candidates(&head, &JsonLd::default(), &setting);
        titles.into_iter().next().map(|(title, _)| title)
    }

    #[test]
    fn an_endless_title_is_none() {
        assert_eq!(
            title_of(&format!("<title>{}", "a - b | ".repeat(100_000))),
            None
        );
    }
}
