//! What the page shows a reader near the headline: names, dates, times.

use jiff::civil::Date;

use super::dates::{self, Order};
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::text;

/// Blocks on each side of the headline in which a date is that of the story.
const NEAR_BLOCKS: usize = 12;
/// Most letters in a block whose date is the story's, not one the story tells of.
const DATE_LINE_MASS: u32 = 120;
/// Most letters in a byline.
const BYLINE_MASS: u32 = 80;

/// Most nodes and bytes of an element that is one line to a reader, white space of templates included.
const LINE_NODES_MAX: u32 = 100;
const LINE_BYTES_MAX: usize = 4_096;

/// The shown claims, in page order.
#[derive(Debug, Default)]
pub struct Shown {
    /// Texts of elements that are marked up as an author, with the address they link to.
    pub authors: Vec<(String, Option<String>)>,
    /// Machine-readable days of publication from microdata and `RDFa`.
    pub published: Vec<String>,
    /// `datetime` of `<time>` elements, those near the headline first.
    pub times: Vec<String>,
    /// Days written out near the headline, then elsewhere in short lines.
    pub dates: Vec<Date>,
}

impl Shown {
    /// Reads what a page shows, given its title.
    #[must_use]
    pub fn read(tree: &Tree, blocks: &[Block], title: Option<&str>, order: Order) -> Self {
        let title_key = text::key(title.unwrap_or_default());
        let headline = blocks
            .iter()
            .position(|block| !title_key.is_empty() && text::key(&block.text) == title_key);
        let mut shown = Self::default();
        let apart = Apart::of(tree, blocks, headline);
        shown.read_elements(tree, headline.map_or(0, |at| blocks[at].node), &apart);
        shown.read_bylines(blocks, headline.unwrap_or(0));
        shown.read_dates(blocks, headline.unwrap_or(0), order);
        shown
    }

    fn read_elements(&mut self, tree: &Tree, headline: NodeId, apart: &Apart) {
        let mut times: Vec<(bool, String)> = Vec::new();
        let own = |id: &NodeId| apart.is_other[*id as usize] != Some(Other::Story);
        for id in tree.ids().filter(own) {
            if is_author(tree, id) {
                self.push_author(tree, id);
            }
            if has_word(tree, id, Attr::Itemprop, &["datepublished"])
                || has_word(tree, id, Attr::Property, &["datepublished"])
            {
                let written = tree
                    .attr(id, Attr::Content)
                    .or_else(|| tree.attr(id, Attr::Datetime));
                self.published
                    .extend(written.map(str::to_owned).or_else(|| line(tree, id)));
            }
            if tree.is(id, Tag::Time) && apart.is_near_or_own(id) {
                let modified = has_word(tree, id, Attr::Itemprop, &["datemodified"])
                    || class_says(tree, id, "updated");
                let written = tree.attr(id, Attr::Datetime).map(str::to_owned);
                times.extend(
                    written
                        .filter(|_| !modified)
                        .map(|written| (id < headline, written)),
                );
            }
        }
        // After the headline first: what is above it may be the day of the site.
        times.sort_by_key(|(above, _)| *above);
        self.times = times.into_iter().map(|(_, written)| written).collect();
    }

    fn push_author(&mut self, tree: &Tree, id: NodeId) {
        let Some(name) = line(tree, id) else { return };
        let inside = (id..tree.end(id)).find_map(|node| tree.attr(node, Attr::Href));
        if text::mass(&name) <= BYLINE_MASS && self.authors.len() < 8 {
            self.authors.push((name, inside.map(str::to_owned)));
        }
    }

    /// Lines near the headline that start as a byline does, when no element is marked up as one.
    fn read_bylines(&mut self, blocks: &[Block], headline: usize) {
        if !self.authors.is_empty() {
            return;
        }
        let near = headline..(headline + NEAR_BLOCKS).min(blocks.len());
        let byline = blocks[near].iter().find_map(|block| byline(&block.text));
        self.authors.extend(byline.map(|name| (name, None)));
    }

    fn read_dates(&mut self, blocks: &[Block], headline: usize, order: Order) {
        let near =
            headline.saturating_sub(NEAR_BLOCKS / 4)..(headline + NEAR_BLOCKS).min(blocks.len());
        let short = |block: &&Block| block.mass <= DATE_LINE_MASS;
        let date = |block: &Block| dates::in_line(&block.text, order);
        self.dates = blocks[near].iter().filter(short).filter_map(date).collect();
        if self.dates.is_empty() {
            self.dates = blocks
                .iter()
                .filter(short)
                .filter_map(date)
                .take(1)
                .collect();
        }
    }
}

/// Parts of the page that are not about its story, or not only.
struct Apart {
    is_other: Vec<Option<Other>>,
    /// The nodes around the headline.
    near: std::ops::Range<NodeId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    /// Readers' comments and other stories, with authors and dates of their own.
    Story,
    /// Asides, menus and footers, with dates of the site and of what it sells.
    Side,
}

impl Apart {
    fn of(tree: &Tree, blocks: &[Block], headline: Option<usize>) -> Self {
        let headline_node = headline.map(|at| blocks[at].node);
        let mut is_other = vec![None; tree.len() as usize];
        for id in tree.ids().skip(1) {
            let holds_headline = headline_node.is_some_and(|node| tree.contains(id, node));
            let own = Other::of(tree, id).filter(|_| !holds_headline);
            let above = is_other[tree.parent(id) as usize];
            is_other[id as usize] = above
                .filter(|above| *above == Other::Story)
                .or(own)
                .or(above);
        }
        let near = headline.map_or(0..0, |at| {
            let first = blocks[at.saturating_sub(NEAR_BLOCKS / 4)].first;
            let end = blocks
                .get(at + NEAR_BLOCKS)
                .map_or(tree.len(), |block| block.first);
            first..end
        });
        Self { is_other, near }
    }

    fn is_near_or_own(&self, id: NodeId) -> bool {
        self.is_other[id as usize].is_none() || self.near.contains(&id)
    }
}

impl Other {
    fn of(tree: &Tree, id: NodeId) -> Option<Self> {
        let tag = tree.tag(id)?;
        if matches!(tag, Tag::Html | Tag::Body | Tag::Main) {
            return None;
        }
        let names = [Attr::Class, Attr::Id]
            .into_iter()
            .filter_map(|attr| tree.attr(id, attr));
        if names
            .flat_map(str::split_ascii_whitespace)
            .any(names_other_story)
        {
            return Some(Self::Story);
        }
        matches!(tag, Tag::Aside | Tag::Nav | Tag::Footer).then_some(Self::Side)
    }
}

/// A class or id of readers' comments (`comment-body`, `commentlist`) or of cards (`related-posts`).
fn names_other_story(name: &str) -> bool {
    let comments = name
        .get(..7)
        .is_some_and(|head| head.eq_ignore_ascii_case("comment"));
    comments
        || name.split(['-', '_']).any(|word| {
            [
                "related",
                "recommended",
                "recommendations",
                "recirculation",
                "teaser",
                "teasers",
            ]
            .iter()
            .any(|other| word.eq_ignore_ascii_case(other))
        })
}

/// Words that open a byline.
const BYLINE_LEADS: [&str; 9] = [
    "By ",
    "BY ",
    "Von ",
    "Par ",
    "Por ",
    "Door ",
    "Av ",
    "Af ",
    "Автор: ",
];

/// The name in a line such as "By Ann Lee - March 2, 2026": each word of it starts large.
#[must_use]
pub fn byline(line: &str) -> Option<String> {
    let rest = BYLINE_LEADS
        .iter()
        .find_map(|lead| line.strip_prefix(lead))?;
    let end = rest
        .find([',', '|', '·', '•', '–', '—', '\n', '('])
        .unwrap_or(rest.len());
    let name = rest.split_at(end).0.split(" - ").next()?.trim();
    let words = name.split(' ').count();
    let large = name
        .split(' ')
        .all(|word| word.chars().next().is_some_and(char::is_uppercase));
    ((2..=4).contains(&words) && large && !name.ends_with('.')).then(|| name.to_owned())
}

/// An element that markup calls the author: `rel`, `itemprop`, hCard, or a plain class name.
fn is_author(tree: &Tree, id: NodeId) -> bool {
    has_word(tree, id, Attr::Rel, &["author"])
        || (has_word(tree, id, Attr::Itemprop, &["author"])
            && tree.attr(id, Attr::Content).is_none())
        || [
            "author",
            "byline",
            "author-name",
            "byline-name",
            "authorname",
            "article-author",
            "post-author",
            "entry-author",
            "author__name",
            "byline__name",
            "article__author",
        ]
        .iter()
        .any(|name| class_says(tree, id, name))
}

/// The text of an element that holds one line; none of a larger one, since elements that are called
/// authors may be nested by the hundred.
fn line(tree: &Tree, id: NodeId) -> Option<String> {
    let nodes = tree.end(id) - id;
    let bytes = || -> usize {
        tree.below(id)
            .filter_map(|node| tree.text(node))
            .map(str::len)
            .sum()
    };
    if nodes > LINE_NODES_MAX || bytes() > LINE_BYTES_MAX {
        return None;
    }
    Some(text::collapsed(&tree.text_below(id))).filter(|text| !text.is_empty())
}

fn class_says(tree: &Tree, id: NodeId, name: &str) -> bool {
    has_word(tree, id, Attr::Class, &[name])
}

fn has_word(tree: &Tree, id: NodeId, attr: Attr, words: &[&str]) -> bool {
    tree.attr(id, attr).is_some_and(|value| {
        value
            .split_ascii_whitespace()
            .any(|have| words.iter().any(|word| have.eq_ignore_ascii_case(word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::block;
    use crate::extract::dom::{Limits, parse};

    #[test]
    fn bylines_are_told_from_sentences() {
        for line in [
            "By Ann Lee",
            "Von Ann Lee, Berlin",
            "By Ann Lee - March 2, 2026",
            "Par Ann Lee | 2 mars",
        ] {
            assert_eq!(byline(line).as_deref(), Some("Ann Lee"), "{line}");
        }
        for line in [
            "By the time it was over",
            "By Monday",
            "Von wegen",
            "By Ann Lee Opened Her Third Shop Here",
        ] {
            assert_eq!(byline(line), None, "{line}");
        }
    }

    fn shown(body: &str) -> Shown {
        let tree = parse(body, &Limits::default());
        let blocks = block::split(&tree);
        Shown::read(&tree, &blocks, Some("Bridge opens"), Order::DayFirst)
    }

    fn dates(body: &str) -> Vec<String> {
        shown(body).dates.iter().map(Date::to_string).collect()
    }

    #[test]
    fn a_date_that_a_sentence_tells_of_is_not_the_storys() {
        let story = |line: &str| format!("<h1>Bridge opens</h1><p>{line}</p>");
        for line in [
            "3 May 1999",
            "Ann Lee | Monday, 3 May 1999 | Politics and local news",
            "Published by Ann Lee in the local news on 3 May 1999.",
            "Freitag, 3. Mai 1999.",
        ] {
            assert_eq!(dates(&story(line)), ["1999-05-03"], "{line}");
        }
        for line in [
            "The old bridge fell on 3 May 1999.",
            "Die alte Brücke fiel am 3. Mai 1999!",
        ] {
            assert!(dates(&story(line)).is_empty(), "{line}");
        }
    }

    #[test]
    fn times_of_asides_are_not_taken_unless_near_the_headline() {
        let filler = "<p>A paragraph of the story that is long enough.</p>".repeat(NEAR_BLOCKS);
        let time = |at: &str| format!("<time datetime={at}>x</time>");
        let far = format!(
            "<h1>Bridge opens</h1>{filler}{filler}<aside>{}</aside><div class=related-posts>{}</div>{}",
            time("2001-01-01"),
            time("2002-02-02"),
            time("2003-03-03")
        );
        assert_eq!(shown(&far).times, ["2003-03-03"]);
        let near = format!(
            "<h1>Bridge opens</h1><aside class=meta>{}</aside>{filler}{filler}",
            time("2001-01-01")
        );
        assert_eq!(shown(&near).times, ["2001-01-01"]);
    }

    #[test]
    fn authors_of_comments_and_other_stories_are_not_the_storys() {
        let html = "<body class='comments-open'><div class=comments-open><h1>Bridge opens</h1>\
            <p class=author>Ann Lee</p></div><div class=comment-body><b class=author>Bo Ek</b></div>\
            <div class='card related'><a rel=author>Cy Dent</a></div>";
        let names: Vec<String> = shown(html)
            .authors
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["Ann Lee"]);
    }

    #[test]
    fn elements_of_many_lines_are_no_byline() {
        let html = format!(
            "<h1>Bridge opens</h1>{}{}",
            "<div class=author itemprop=datePublished>".repeat(400),
            "2 May 2020 <i></i>".repeat(1_000)
        );
        let shown = shown(&html);
        assert!(shown.authors.is_empty() && shown.published.is_empty());
    }
}
