//! What the page shows a reader near the headline: names, dates, times.

use jiff::civil::Date;

use super::dates;
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::text;

/// Blocks on each side of the headline in which a date is that of the story.
const NEAR_BLOCKS: usize = 12;
/// Most letters in a block whose date is the story's, not one the story tells of.
const DATE_LINE_MASS: u32 = 120;
/// Most letters in a byline.
const BYLINE_MASS: u32 = 80;

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
    pub fn read(tree: &Tree, blocks: &[Block], title: Option<&str>) -> Self {
        let title_key = text::key(title.unwrap_or_default());
        let headline = blocks
            .iter()
            .position(|block| !title_key.is_empty() && text::key(&block.text) == title_key);
        let mut shown = Self::default();
        shown.read_elements(tree, headline.map_or(0, |at| blocks[at].node));
        shown.read_bylines(blocks, headline.unwrap_or(0));
        shown.read_dates(blocks, headline.unwrap_or(0));
        shown
    }

    fn read_elements(&mut self, tree: &Tree, headline: NodeId) {
        let mut times: Vec<(bool, String)> = Vec::new();
        for id in tree.ids() {
            if is_author(tree, id) {
                self.push_author(tree, id);
            }
            if has_word(tree, id, Attr::Itemprop, &["datepublished"])
                || has_word(tree, id, Attr::Property, &["datepublished"])
            {
                let written = tree
                    .attr(id, Attr::Content)
                    .or_else(|| tree.attr(id, Attr::Datetime));
                self.published.extend(
                    written
                        .map(str::to_owned)
                        .or_else(|| Some(text::collapsed(&tree.text_below(id)))),
                );
            }
            if tree.is(id, Tag::Time) {
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
        let name = text::collapsed(&tree.text_below(id));
        let inside = (id..tree.end(id)).find_map(|node| tree.attr(node, Attr::Href));
        if !name.is_empty() && text::mass(&name) <= BYLINE_MASS && self.authors.len() < 8 {
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

    fn read_dates(&mut self, blocks: &[Block], headline: usize) {
        let near =
            headline.saturating_sub(NEAR_BLOCKS / 4)..(headline + NEAR_BLOCKS).min(blocks.len());
        let short = |block: &&Block| block.mass <= DATE_LINE_MASS;
        let date = |block: &Block| dates::in_text(&block.text);
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
fn byline(line: &str) -> Option<String> {
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
}
