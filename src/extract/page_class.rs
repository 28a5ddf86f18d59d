//! What a whole page is when it is no article: front page, consent wall, challenge, error page.
//!
//! In: the chosen text and what the page claims. Out: its class, and why there is no article, if
//! there is none. A page that calls itself an article and gives its date is believed, so that a
//! story about cookies or about error pages stays one.

use foldhash::{HashMap, HashSet};
use std::sync::LazyLock;

use super::block::Block;
use super::dom::{Attr, NodeId, Tag, Tree};
use super::heuristic::Scene;
use super::metadata::Claims;
use super::phrases::{Said, Topic};
use super::reading::Reading;
use super::{Favor, Rejection, text};
use crate::article::{BodyBlock, Metadata, PageType};

/// What the classes are told apart by.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) blocks: &'a [Block<'a>],
    pub(super) scene: &'a Scene<'a, 'a>,
    /// What was chosen of the blocks.
    pub(super) body: &'a [BodyBlock<&'a str>],
    pub(super) metadata: &'a Metadata,
    pub(super) claims: &'a Claims<'a>,
}

/// Most words of an error page: its excuse, and what else there is to read.
const ERROR_WORDS: u32 = 150;
/// Most words shown by a guard that asks for a proof.
const CHALLENGE_WORDS: u32 = 80;
/// Share of a page's text from which on a page that speaks of consent is a consent wall.
const CONSENT_SHARE: f32 = 0.5;
/// Phrases about consent that a block must hold to be about nothing else: one is in many a story.
const CONSENT_PHRASES: u8 = 2;
/// Teasers from which on a page without a story is an index.
const INDEX_CARDS: u32 = 8;
/// Teasers whose text was taken for the story's from which on it is an index, too.
const INDEX_KEPT: usize = 5;
/// Letters of prose outside of teasers above which a page has a story of its own: a news brief.
const STORY_PROSE: u32 = 300;

/// The class of a page that is no article, and why it is none.
pub(super) fn no_article(seen: Seen, favor: Favor) -> Option<Rejection> {
    let is_dated = seen.metadata.date_published.is_some();
    if seen.metadata.page_type == Some(PageType::Article) && is_dated {
        return None;
    }
    let kept: u32 = seen.body.iter().map(|block| block.words).sum();
    let names = names(seen);
    let (class, detail) = challenge(seen, &names, kept)
        .or_else(|| error(&names, kept))
        .or_else(|| consent(seen, &names))
        .or_else(|| form(seen))
        .or_else(|| index(seen).filter(|_| favor != Favor::Recall))?;
    Some(Rejection::of_class(class, detail))
}

type Finding = (PageType, String);

fn challenge(seen: Seen, names: &[String], kept: u32) -> Option<Finding> {
    if kept > CHALLENGE_WORDS {
        return None;
    }
    let told = seen.blocks.iter().find_map(|block| block.said.challenge);
    let told = told
        .map(|(_, phrase)| phrase)
        .or_else(|| named(PageType::Challenge, names))?;
    Some((
        PageType::Challenge,
        format!("a challenge page: \u{201c}{told}\u{201d}"),
    ))
}

fn error(names: &[String], kept: u32) -> Option<Finding> {
    let told = named(PageType::ErrorPage, names).filter(|_| kept <= ERROR_WORDS)?;
    Some((
        PageType::ErrorPage,
        format!("an error page: \u{201c}{told}\u{201d}"),
    ))
}

fn consent(seen: Seen, names: &[String]) -> Option<Finding> {
    let least = match named(PageType::ConsentWall, names) {
        Some(_) => 1,
        None => CONSENT_PHRASES,
    };
    let is_about = |said: &Said| said.of_consent >= least;
    let all: u32 = seen.blocks.iter().map(|block| block.mass).sum();
    let about = seen.blocks.iter().filter(|block| block.is_prose());
    let about: u32 = about
        .filter(|block| is_about(&block.said))
        .map(|block| block.mass)
        .sum();
    let share = super::heuristic::ratio(about, all);
    if share < CONSENT_SHARE {
        return None;
    }
    let is_told = |block: &&BodyBlock<&str>| !is_about(&Reading::of(block.text).said);
    let told = seen.body.iter().filter(is_told);
    let told: u32 = told.map(|block| text::mass(block.text)).sum();
    (told < STORY_PROSE).then(|| {
        let detail = "a consent wall: nearly all text asks for consent".to_owned();
        (PageType::ConsentWall, detail)
    })
}

/// What stands in a form that is only a part of the page; some servers put whole pages into one.
fn form(seen: Seen) -> Option<Finding> {
    let tree = seen.tree;
    let form_of = |block: &Block| {
        tree.ancestors(block.node)
            .find(|&id| tree.is(id, Tag::Form))
    };
    let sums = &seen.scene.sums;
    let is_part =
        |form: NodeId| sums.at(form).mass * 2 < sums.page().mass && wants_mail(tree, form);
    let mut known: HashMap<NodeId, bool> = HashMap::default();
    let (mut inside, mut outside) = (0, 0);
    for kept in seen.body {
        let block = seen.blocks.get(kept.at as usize)?;
        let form = form_of(block);
        if form.is_some_and(|form| *known.entry(form).or_insert_with(|| is_part(form))) {
            inside += block.mass;
        } else {
            outside += block.mass;
        }
    }
    (inside > outside && outside < STORY_PROSE).then(|| {
        let detail = "a form, and no story around it".to_owned();
        (PageType::Form, detail)
    })
}

/// Whether there is a field for a mail address; products are bought by forms, too.
fn wants_mail(tree: &Tree, form: NodeId) -> bool {
    let is_mail = |id| {
        let kind = tree.attr(id, Attr::Type).unwrap_or_default();
        tree.is(id, Tag::Input) && kind.eq_ignore_ascii_case("email")
    };
    tree.below(form).any(is_mail)
}

fn index(seen: Seen) -> Option<Finding> {
    if seen.metadata.page_type.is_some() {
        return None;
    }
    let sums = &seen.scene.sums;
    let teasers = seen.scene.items.teasers(sums);
    let (mut story, mut kept) = (0, HashSet::default());
    for block in seen.body {
        // What another copy of the text gave is no block of the page, and no teaser.
        let shown = seen.blocks.get(block.at as usize);
        let shown = shown.filter(|shown| shown.text == block.text);
        let teaser = |shown: &Block| teasers.around(sums.holders.at(shown.node));
        match shown.map(|shown| (shown.is_prose(), teaser(shown))) {
            Some((true, Some(teaser))) => _ = kept.insert(teaser),
            Some((true, None)) | None => story += text::mass(block.text),
            Some((false, _)) => {}
        }
    }
    let is_index = teasers.count >= INDEX_CARDS || kept.len() >= INDEX_KEPT;
    (is_index && story < STORY_PROSE).then(|| {
        let detail = format!("an index page: {} teasers and no story", teasers.count);
        (PageType::Index, detail)
    })
}

/// Parts of titles that are looked at: each is held against all phrases.
const TITLE_PARTS: usize = 32;

/// Folded parts of the title, and the first headings.
fn names(seen: Seen) -> Vec<String> {
    let titles = [seen.claims.page_title(), seen.metadata.title.as_deref()];
    let parts = titles
        .into_iter()
        .flatten()
        .flat_map(|title| title.split(['|', '–', '—', '·', ':', '»', '!']))
        .flat_map(|part| part.split(" - "))
        .take(TITLE_PARTS);
    let headings = seen.blocks.iter().filter(|block| block.is_heading());
    parts
        .chain(headings.take(3).map(|block| block.text))
        .map(text::key)
        .collect()
}

/// Where on a page a phrase stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// It is a part of the title, or a heading.
    Name,
    /// It is somewhere in a block.
    Text,
}

struct Row {
    class: PageType,
    place: Place,
    /// Folded as the text of pages is.
    phrases: Vec<String>,
}

static TABLE: LazyLock<Vec<Row>> =
    LazyLock::new(|| include_str!("pages.tsv").lines().filter_map(row).collect());

fn row(line: &'static str) -> Option<Row> {
    let mut columns = line.split('\t');
    let class = match columns.next()? {
        "error" => PageType::ErrorPage,
        "challenge" => PageType::Challenge,
        "consent" => PageType::ConsentWall,
        _ => return None,
    };
    let place = match columns.next()? {
        "name" => Place::Name,
        _ => Place::Text,
    };
    let phrases = columns.next()?.split(" | ").map(text::key).collect();
    Some(Row {
        class,
        place,
        phrases,
    })
}

/// Phrases that tell of a wall or a guard wherever they stand in a text.
pub(super) fn phrases() -> impl Iterator<Item = (String, Topic)> {
    let rows = TABLE.iter().filter(|row| row.place == Place::Text);
    rows.flat_map(|row| {
        let topic = match row.class {
            PageType::Challenge => Topic::Challenge,
            _ => Topic::ConsentWall,
        };
        row.phrases
            .iter()
            .map(move |phrase| (phrase.clone(), topic))
    })
}

fn all_named(class: PageType) -> impl Iterator<Item = &'static str> {
    let rows = TABLE.iter();
    let rows = rows.filter(move |row| row.class == class && row.place == Place::Name);
    rows.flat_map(|row| row.phrases.iter().map(String::as_str))
}

fn named(class: PageType, names: &[String]) -> Option<&'static str> {
    all_named(class).find(|phrase| names.iter().any(|name| name == phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_names_in_many_languages() {
        for class in [
            PageType::ErrorPage,
            PageType::Challenge,
            PageType::ConsentWall,
        ] {
            assert!(all_named(class).count() > 10);
            assert!(all_named(class).all(|phrase| !phrase.is_empty()));
        }
        assert!(all_named(PageType::ErrorPage).any(|name| name == "seite nicht gefunden"));
    }
}
