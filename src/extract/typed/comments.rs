//! Readers' comments: blocks that were removed as such, put together by the element that holds one.

use super::{Scene, blocks_below, nearest, shown};
use crate::article::details::Comment;
use crate::article::{Reason, Removed};
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::heuristic::labels;
use crate::extract::text;

/// Most letters in the name of an author, or in a date.
const NAME_MASS: u32 = 60;

/// Comments back from a block among which its own is looked for: replies stand inside what they
/// reply to, but the rest of that rarely comes after them.
const REPLIES_MAX: usize = 32;

/// The comments of a page, in its order. Where no element is said to hold one comment, each block
/// is one that is neither a heading nor in a form.
pub(super) fn read(page: Scene, removed: &[Removed]) -> Vec<Comment> {
    let Scene { tree, blocks } = page;
    let mut comments: Vec<(Option<NodeId>, Comment)> = Vec::new();
    let is_comment = |removed: &&Removed| removed.reason == Reason::Comments;
    for removed in removed.iter().filter(is_comment) {
        let block = &blocks[removed.at as usize];
        let item = tree.ancestors(block.node).find(|&id| is_item(tree, id));
        let is_about = item.is_some_and(|item| part(tree, block.first, item) != Part::Text);
        let is_furniture =
            || item.is_none() && (block.is_heading() || is_in_a_form(page, block.node));
        if is_about || block.is_all_link() || labels::label_of(block).is_some() || is_furniture() {
            continue;
        }
        let mut known = comments.iter_mut().rev().take(REPLIES_MAX);
        match known.find(|(of, _)| item.is_some() && *of == item) {
            Some((_, comment)) => {
                comment.text.push_str("\n\n");
                comment.text.push_str(&removed.text);
            }
            None => comments.push((item, comment(tree, item, &removed.text))),
        }
    }
    let has_items = comments.iter().any(|(item, _)| item.is_some());
    comments
        .into_iter()
        .filter(|(item, comment)| {
            // Beside comments that are elements there are titles and notices.
            (item.is_some() || !has_items) && text::mass(&comment.text) > 0
        })
        .map(|(_, comment)| comment)
        .collect()
}

/// Whether a node is in a form to write a comment; some systems have the whole page in a form.
fn is_in_a_form(page: Scene, node: NodeId) -> bool {
    let form = nearest(page.tree, node, Tag::Form);
    form.is_some_and(|form| {
        blocks_below(page.blocks, page.tree, form).len() * 2 < page.blocks.len()
    })
}

fn comment(tree: &Tree, item: Option<NodeId>, text: &str) -> Comment {
    let about = item.map(|item| about(tree, item)).unwrap_or_default();
    Comment {
        text: text.to_owned(),
        author: about.0,
        date: about.1,
    }
}

/// Nodes of a comment among which author and date are looked for.
const NODES_MAX: u32 = 500;

/// Author and date of a comment, not those of a reply in it.
fn about(tree: &Tree, item: NodeId) -> (Option<String>, Option<String>) {
    let (mut author, mut date) = (None, None);
    let shown = |id| Some(shown::text_of(tree, id)).filter(|text| is_short(text));
    let mut id = item + 1;
    let end = tree.end(item).min(item.saturating_add(NODES_MAX));
    while id < end {
        if is_item(tree, id) {
            id = tree.end(id);
            continue;
        }
        match own_part(tree, id) {
            Some(Part::Author) if author.is_none() => author = shown(name_in(tree, id)),
            Some(Part::Date) if date.is_none() => {
                let time = tree.find(id, Tag::Time);
                let exact = time.and_then(|time| tree.attr(time, Attr::Datetime));
                date = exact
                    .map(text::collapsed)
                    .filter(|text| is_short(text))
                    .or_else(|| shown(id));
            }
            _ => {}
        }
        id += 1;
    }
    (author, date)
}

/// The name itself, where an hCard says which part of what is there it is: "Ann says".
fn name_in(tree: &Tree, author: NodeId) -> NodeId {
    let is_name = |&id: &NodeId| {
        let class = tree.attr(id, Attr::Class).unwrap_or_default();
        class.split_ascii_whitespace().any(|name| name == "fn")
    };
    tree.below(author).find(is_name).unwrap_or(author)
}

fn is_short(text: &str) -> bool {
    (1..=NAME_MASS).contains(&text::mass(text))
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
    let mut between = tree.ancestors(first).take_while(|&id| id != item);
    between
        .find_map(|id| own_part(tree, id))
        .unwrap_or(Part::Text)
}

fn own_part(tree: &Tree, id: NodeId) -> Option<Part> {
    match tree.tag(id)? {
        Tag::Time => return Some(Part::Date),
        Tag::Cite => return Some(Part::Author),
        _ => {}
    }
    let of = |attr| tree.attr(id, attr).unwrap_or_default();
    let words = of(Attr::Class).split(|c: char| !c.is_ascii_alphanumeric());
    let mut names = words.chain([of(Attr::Itemprop), of(Attr::Rel)]);
    names.find_map(|name| match name.to_ascii_lowercase().as_str() {
        "author" | "username" | "user" | "commenter" | "fn" | "creator" => Some(Part::Author),
        "date" | "time" | "timestamp" | "datetime" | "datecreated" | "datepublished"
        | "metadata" => Some(Part::Date),
        "content" | "body" | "text" => Some(Part::Text),
        _ => None,
    })
}
