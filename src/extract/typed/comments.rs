//! Readers' comments: blocks that were removed as such, put together by the element that holds one.

use super::classes::ByClass;
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
pub(super) fn read(page: Scene, removed: &[Removed<&str>]) -> Vec<Comment> {
    let Scene { tree, blocks } = page;
    let mut thread = Thread::new(tree);
    let mut comments: Vec<(Option<NodeId>, Comment)> = Vec::new();
    let is_comment = |removed: &&Removed<&str>| removed.reason == Reason::Comments;
    for removed in removed.iter().filter(is_comment) {
        let block = &blocks[removed.at as usize];
        let item = tree.ancestors(block.node).find(|&id| thread.is_item(id));
        let is_about = item.is_some_and(|item| thread.part(block.first, item) != Part::Text);
        let is_furniture =
            || item.is_none() && (block.is_heading() || is_in_a_form(page, block.node));
        if is_about || block.is_all_link() || labels::label_of(block).is_some() || is_furniture() {
            continue;
        }
        let mut known = comments.iter_mut().rev().take(REPLIES_MAX);
        match known.find(|(of, _)| item.is_some() && *of == item) {
            Some((_, comment)) => {
                comment.text.push_str("\n\n");
                comment.text.push_str(removed.text);
            }
            None => comments.push((item, thread.comment(item, removed.text))),
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

/// Nodes of a comment among which author and date are looked for.
const NODES_MAX: u32 = 500;

/// Longest exact date in bytes: to the nanosecond, and with room to spare.
const DATE_BYTES: usize = 1_000;

/// The elements of a page as far as they are of comments.
struct Thread<'t> {
    tree: &'t Tree<'t>,
    classes: ByClass<Class>,
}

/// What the class of an element says.
#[derive(Debug, Clone, Copy, Default)]
struct Class {
    /// It holds one comment.
    is_item: bool,
    /// It is a name in an hCard.
    is_name: bool,
    part: Option<Part>,
}

/// What a block inside a comment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Text,
    Author,
    Date,
}

impl<'t> Thread<'t> {
    fn new(tree: &'t Tree) -> Self {
        let classes = ByClass::new(Class::of);
        Self { tree, classes }
    }

    fn comment(&mut self, item: Option<NodeId>, text: &str) -> Comment {
        let about = item.map(|item| self.about(item)).unwrap_or_default();
        Comment {
            text: text.to_owned(),
            author: about.0,
            date: about.1,
        }
    }

    /// Author and date of a comment, not those of a reply in it.
    fn about(&mut self, item: NodeId) -> (Option<String>, Option<String>) {
        let tree = self.tree;
        let (mut author, mut date) = (None, None);
        let mut id = item + 1;
        let end = tree.end(item).min(item.saturating_add(NODES_MAX));
        while id < end {
            if self.is_item(id) {
                id = tree.end(id);
                continue;
            }
            match self.own_part(id) {
                Some(Part::Author) if author.is_none() => author = shown(tree, self.name_in(id)),
                Some(Part::Date) if date.is_none() => {
                    date = exact_date(tree, id).or_else(|| shown(tree, id));
                }
                _ => {}
            }
            id += 1;
        }
        (author, date)
    }

    /// The name itself, where an hCard says which part of what is there it is: "Ann says".
    fn name_in(&mut self, author: NodeId) -> NodeId {
        let mut inside = first_below(self.tree, author);
        let name = inside.find(|&id| self.classes.of(self.tree, id).is_name);
        name.unwrap_or(author)
    }

    /// Whether an element holds one comment: by schema.org, or as `WordPress` and others call it.
    fn is_item(&mut self, id: NodeId) -> bool {
        let is_typed = |kind: &str| kind.strip_suffix('/').unwrap_or(kind).ends_with("/Comment");
        self.tree.attr(id, Attr::Itemtype).is_some_and(is_typed)
            || self.classes.of(self.tree, id).is_item
    }

    /// What the elements between a text and its comment call it.
    fn part(&mut self, first: NodeId, item: NodeId) -> Part {
        let mut between = self.tree.ancestors(first).take_while(|&id| id != item);
        between
            .find_map(|id| self.own_part(id))
            .unwrap_or(Part::Text)
    }

    fn own_part(&mut self, id: NodeId) -> Option<Part> {
        match self.tree.tag(id)? {
            Tag::Time => return Some(Part::Date),
            Tag::Cite => return Some(Part::Author),
            _ => {}
        }
        let of = |attr| self.tree.attr(id, attr).and_then(Part::named);
        self.classes
            .of(self.tree, id)
            .part
            .or_else(|| of(Attr::Itemprop))
            .or_else(|| of(Attr::Rel))
    }
}

impl Class {
    fn of(class: &str) -> Self {
        let mut names = class.split_ascii_whitespace();
        let mut words = class.split(|c: char| !c.is_ascii_alphanumeric());
        Self {
            is_name: names.clone().any(|name| name == "fn"),
            is_item: names.any(|name| matches!(name, "comment" | "comment-item" | "comment__item")),
            part: words.find_map(Part::named),
        }
    }
}

/// Longest word that names a part.
const NAME_BYTES: usize = 16;

impl Part {
    fn named(word: &str) -> Option<Self> {
        if word.len() > NAME_BYTES {
            return None;
        }
        match word.to_ascii_lowercase().as_str() {
            "author" | "username" | "user" | "commenter" | "fn" | "creator" => Some(Self::Author),
            "date" | "time" | "timestamp" | "datetime" | "datecreated" | "datepublished"
            | "metadata" => Some(Self::Date),
            "content" | "body" | "text" => Some(Self::Text),
            _ => None,
        }
    }
}

/// The date that a `<time>` at or below a node has for machines.
fn exact_date(tree: &Tree, id: NodeId) -> Option<String> {
    let mut inside = std::iter::once(id).chain(first_below(tree, id));
    let time = inside.find(|&id| tree.is(id, Tag::Time))?;
    let exact = tree.attr(time, Attr::Datetime)?;
    let exact = (exact.len() <= DATE_BYTES).then(|| text::collapsed(exact).into_owned())?;
    Some(exact).filter(|text| is_short(text))
}

/// The text of a node where it is short enough for a name or a date.
fn shown(tree: &Tree, id: NodeId) -> Option<String> {
    shown::short_text_of(tree, id).filter(|text| is_short(text))
}

/// The first nodes below one.
fn first_below(tree: &Tree, id: NodeId) -> impl Iterator<Item = NodeId> {
    tree.below(id).take(NODES_MAX as usize)
}

fn is_short(text: &str) -> bool {
    (1..=NAME_MASS).contains(&text::mass(text))
}
