//! Readers' comments: blocks that were removed as such, put together by the element that holds one.

use super::Scene;
use crate::article::details::Comment;
use crate::article::{Reason, Removed};
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::heuristic::labels;
use crate::extract::text;

/// Most letters in the name of an author, or in a date.
const NAME_MASS: u32 = 60;

/// The comments of a page, in its order. Where no element is said to hold one comment, each block
/// is one.
pub(super) fn read(page: Scene, removed: &[Removed]) -> Vec<Comment> {
    let Scene { tree, blocks } = page;
    let mut comments: Vec<(Option<NodeId>, Comment)> = Vec::new();
    let is_comment = |removed: &&Removed| removed.reason == Reason::Comments;
    for removed in removed.iter().filter(is_comment) {
        let block = &blocks[removed.at as usize];
        let item = tree.ancestors(block.node).find(|&id| is_item(tree, id));
        let known = comments.iter_mut().rev().take(REPLIES_MAX);
        let known = known
            .map(|(of, comment)| (*of, comment))
            .find(|(of, _)| item.is_some() && *of == item);
        let part = item.map_or(Part::Text, |item| part(tree, block.first, item));
        let is_control = labels::label_of(block).is_some() || block.is_all_link();
        let comment = if let Some((_, comment)) = known {
            comment
        } else {
            if is_control && part == Part::Text {
                continue;
            }
            let date = item.and_then(|item| date_of(tree, item));
            let (text, author) = (String::new(), None);
            comments.push((item, Comment { text, author, date }));
            let Some((_, comment)) = comments.last_mut() else {
                continue;
            };
            comment
        };
        match part {
            Part::Author if block.mass <= NAME_MASS => {
                comment.author.get_or_insert_with(|| removed.text.clone());
            }
            Part::Date if block.mass <= NAME_MASS => {
                comment.date.get_or_insert_with(|| removed.text.clone());
            }
            _ if is_control => {}
            _ => push_paragraph(&mut comment.text, &removed.text),
        }
    }
    comments
        .into_iter()
        .map(|(_, comment)| comment)
        .filter(|comment| text::mass(&comment.text) > 0)
        .collect()
}

/// Comments back from a block among which its own is looked for: replies stand inside what they
/// reply to, but the rest of that rarely comes after them.
const REPLIES_MAX: usize = 32;

fn push_paragraph(text: &mut String, paragraph: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(paragraph);
}

/// Whether an element holds one comment: by schema.org, or as `WordPress` and others call it.
fn is_item(tree: &Tree, id: NodeId) -> bool {
    let is_typed = |kind: &str| kind.trim_end_matches('/').ends_with("/Comment");
    tree.attr(id, Attr::Itemtype).is_some_and(is_typed)
        || tree.attr(id, Attr::Class).is_some_and(|class| {
            let mut names = class.split_ascii_whitespace();
            names.any(|name| matches!(name, "comment" | "comment-item" | "comment__item"))
        })
}

/// What a block inside a comment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Text,
    Author,
    Date,
}

/// What the elements between a text and its comment call it.
fn part(tree: &Tree, first: NodeId, item: NodeId) -> Part {
    let between = tree.ancestors(first).take_while(|&id| id != item);
    for id in between {
        if tree.is(id, Tag::Time) {
            return Part::Date;
        }
        if tree.is(id, Tag::Cite) {
            return Part::Author;
        }
        let of = |attr| tree.attr(id, attr).unwrap_or_default();
        let names = of(Attr::Class)
            .split(|c: char| !c.is_ascii_alphanumeric())
            .chain([of(Attr::Itemprop), of(Attr::Rel)]);
        for name in names {
            match name.to_ascii_lowercase().as_str() {
                "author" | "username" | "user" | "commenter" | "fn" | "creator" | "vcard" => {
                    return Part::Author;
                }
                "date" | "time" | "timestamp" | "datetime" | "datecreated" | "datepublished"
                | "metadata" => return Part::Date,
                "content" | "body" | "text" => return Part::Text,
                _ => {}
            }
        }
    }
    Part::Text
}

/// The machine-readable date of a comment, not of a reply in it.
fn date_of(tree: &Tree, item: NodeId) -> Option<String> {
    let mut id = item + 1;
    while id < tree.end(item) {
        if is_item(tree, id) {
            id = tree.end(id);
            continue;
        }
        if tree.is(id, Tag::Time)
            && let Some(date) = tree
                .attr(id, Attr::Datetime)
                .filter(|date| !date.is_empty())
        {
            return Some(date.trim().to_owned());
        }
        id += 1;
    }
    None
}
