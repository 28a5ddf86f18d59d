//! Which parts of a page are about something else than its story.

use std::sync::LazyLock;

use crate::extract::block::Block;
use crate::extract::dom::{NodeId, Tag, Tree, ValueId};
use crate::extract::short::Set;

/// Blocks before and after the headline in which a date or a name is that of the story.
pub const BLOCKS_BEFORE: usize = 3;
/// See [`BLOCKS_BEFORE`].
pub const BLOCKS_AFTER: usize = 12;

/// Parts of the page that are not about its story, or not only.
#[derive(Debug)]
pub struct Apart {
    is_other: Vec<Option<Other>>,
    /// The nodes around the headline.
    near: std::ops::Range<NodeId>,
}

/// What a part is about instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// Readers' comments and other stories, with authors and dates of their own.
    Story,
    /// Asides, menus and footers, with dates of the site and of what it sells.
    Side,
}

impl Apart {
    /// Finds the parts, given the place of the headline among the blocks.
    #[must_use]
    pub fn of(tree: &Tree, blocks: &[Block], headline: Option<usize>) -> Self {
        let headline_node = headline.map(|at| blocks[at].node);
        let mut is_other = vec![None; tree.len() as usize];
        let of_others: Vec<bool> = tree
            .names()
            .map(|name| names_other_story(tree.name(name)))
            .collect();
        let holds_other = |value| {
            let mut names = tree.names_in(value).iter();
            names.any(|&name| of_others[name as usize])
        };
        let of_others: Vec<bool> = tree.values().map(holds_other).collect();
        for id in tree.ids().skip(1) {
            let own = || {
                let holds_headline = || headline_node.is_some_and(|node| tree.contains(id, node));
                Other::of(tree, id, &of_others).filter(|_| !holds_headline())
            };
            let above = is_other[tree.parent(id) as usize];
            is_other[id as usize] = match above {
                Some(Other::Story) => above,
                None | Some(Other::Side) => own().or(above),
            };
        }
        let near = headline.map_or(0..0, |at| {
            let first = blocks[at.saturating_sub(BLOCKS_BEFORE)].first;
            let end = blocks
                .get(at + BLOCKS_AFTER)
                .map_or(tree.len(), |block| block.first);
            first..end
        });
        Self { is_other, near }
    }

    /// Whether the node is among the blocks around the headline.
    #[must_use]
    pub fn is_near(&self, id: NodeId) -> bool {
        self.near.contains(&id)
    }

    /// Whether the node belongs to another story or to a reader's comment.
    #[must_use]
    pub fn is_other_story(&self, id: NodeId) -> bool {
        self.is_other[id as usize] == Some(Other::Story)
    }

    /// Whether the node belongs to an aside, a menu or a footer.
    #[must_use]
    pub fn is_side(&self, id: NodeId) -> bool {
        self.is_other[id as usize] == Some(Other::Side)
    }

    /// Whether what the node says may be of the story.
    #[must_use]
    pub fn is_near_or_own(&self, id: NodeId) -> bool {
        self.is_other[id as usize].is_none() || self.near.contains(&id)
    }
}

impl Other {
    /// `of_others` says of each value on the page whether a name in it is of another story.
    fn of(tree: &Tree, id: NodeId, of_others: &[bool]) -> Option<Self> {
        let tag = tree.tag(id)?;
        if matches!(tag, Tag::Html | Tag::Body | Tag::Main) {
            return None;
        }
        let says_other = |value: Option<ValueId>| value.is_some_and(|at| of_others[at as usize]);
        if says_other(tree.class_value(id)) || says_other(tree.id_value(id)) {
            return Some(Self::Story);
        }
        // The footer of an article is a part of it.
        let in_article = || {
            let mut above = tree.ancestors(id).skip(1);
            above.any(|above| matches!(tree.tag(above), Some(Tag::Article | Tag::Main)))
        };
        let is_side = matches!(tag, Tag::Aside | Tag::Nav) || (tag == Tag::Footer && !in_article());
        is_side.then_some(Self::Side)
    }
}

/// Words in class names of readers' comments and of cards for other stories.
const OTHER_WORDS: [&str; 18] = [
    "related",
    "recommended",
    "recommendations",
    "recirculation",
    "teaser",
    "teasers",
    "comment",
    "comments",
    "commentlist",
    "kommentar",
    "kommentare",
    "kommentarer",
    "respond",
    "replies",
    "recent",
    "popular",
    "trending",
    "mostread",
];

static OTHER: LazyLock<Set> = LazyLock::new(|| Set::of(&OTHER_WORDS));

/// A class or id of readers' comments (`comment-body`, `commentlist`) or of cards (`related-posts`).
fn names_other_story(name: &str) -> bool {
    let name = name.as_bytes();
    let comments = name
        .get(..7)
        .is_some_and(|head| head.eq_ignore_ascii_case(b"comment"));
    let mut words = name.split(|byte| matches!(byte, b'-' | b'_'));
    comments || words.any(|word| OTHER.contains(word))
}
