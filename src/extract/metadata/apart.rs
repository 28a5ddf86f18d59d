//! Which parts of a page are about something else than its story.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::sync::LazyLock;

use crate::extract::block::Block;
use crate::extract::dom::{NameId, NodeId, Tag, Tree, ValueId};
use crate::extract::short::Set;

/// Blocks before and after the headline in which a date or a name is that of the story.
pub const BLOCKS_BEFORE: usize = 3;
/// See [`BLOCKS_BEFORE`].
pub const BLOCKS_AFTER: usize = 12;

/// Parts of the page that are not about its story, or not only: each element is looked at when it is first asked
/// about, since most never are.
#[derive(Debug)]
pub struct Apart<'t> {
    tree: &'t Tree<'t>,
    headline: Option<NodeId>,
    /// Of each node, once it is known.
    known: Vec<Cell<Option<About>>>,
    /// Room for the way up to what is known.
    way: RefCell<Vec<NodeId>>,
    /// Of each value on the page, once it is known, whether a name in it is of another story.
    of_others: Vec<Cell<Option<bool>>>,
    /// The nodes around the headline.
    near: Range<NodeId>,
}

/// What a part is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// The story, as far as is known.
    Story,
    /// Readers' comments and other stories, with authors and dates of their own.
    OtherStory,
    /// Asides, menus and footers, with dates of the site and of what it sells.
    Side,
}

impl<'t> Apart<'t> {
    /// Finds the parts, given the place of the headline among the blocks.
    #[must_use]
    pub fn of(tree: &'t Tree, blocks: &[Block], headline: Option<usize>) -> Self {
        let near = headline.map_or(0..0, |at| {
            let first = blocks[at.saturating_sub(BLOCKS_BEFORE)].first;
            let end = blocks
                .get(at + BLOCKS_AFTER)
                .map_or(tree.len(), |block| block.first);
            first..end
        });
        Self {
            tree,
            headline: headline.map(|at| blocks[at].node),
            known: vec![Cell::new(None); tree.len() as usize],
            way: RefCell::default(),
            of_others: vec![Cell::new(None); tree.values().len()],
            near,
        }
    }

    fn about(&self, id: NodeId) -> About {
        let known = |id: NodeId| self.known[id as usize].get();
        if let Some(known) = known(id) {
            return known;
        }
        let mut way = self.way.borrow_mut();
        let unknown = self
            .tree
            .ancestors(id)
            .take_while(|&at| known(at).is_none());
        way.extend(unknown);
        let above = way.last().map_or(id, |&at| self.tree.parent(at));
        let mut about = known(above).unwrap_or(About::Story);
        while let Some(at) = way.pop() {
            if about != About::OtherStory {
                about = self.of_itself(at).unwrap_or(about);
            }
            self.known[at as usize].set(Some(about));
        }
        about
    }

    /// What an element says that it and all below it is about, unless it holds the headline.
    fn of_itself(&self, id: NodeId) -> Option<About> {
        let tree = self.tree;
        let tag = tree.tag(id)?;
        if matches!(tag, Tag::Html | Tag::Body | Tag::Main) {
            return None;
        }
        let named = [tree.class_value(id), tree.id_value(id)];
        // The footer of an article is a part of it.
        let in_article = || {
            let mut above = tree.ancestors(id).skip(1);
            above.any(|above| matches!(tree.tag(above), Some(Tag::Article | Tag::Main)))
        };
        let is_side =
            || matches!(tag, Tag::Aside | Tag::Nav) || (tag == Tag::Footer && !in_article());
        let about = if named
            .into_iter()
            .flatten()
            .any(|value| self.is_of_others(value))
        {
            About::OtherStory
        } else if is_side() {
            About::Side
        } else {
            return None;
        };
        let holds_headline = self.headline.is_some_and(|node| tree.contains(id, node));
        (!holds_headline).then_some(about)
    }

    fn is_of_others(&self, value: ValueId) -> bool {
        let known = &self.of_others[value as usize];
        let names_one = |&name: &NameId| names_other_story(self.tree.name(name));
        let is = known
            .get()
            .unwrap_or_else(|| self.tree.names_in(value).iter().any(names_one));
        known.set(Some(is));
        is
    }

    /// The nodes around the headline; none where there is none.
    #[must_use]
    pub fn near(&self) -> Range<NodeId> {
        self.near.clone()
    }

    /// Whether the node is among the blocks around the headline.
    #[must_use]
    pub fn is_near(&self, id: NodeId) -> bool {
        self.near.contains(&id)
    }

    /// Whether the node belongs to another story or to a reader's comment.
    #[must_use]
    pub fn is_other_story(&self, id: NodeId) -> bool {
        self.about(id) == About::OtherStory
    }

    /// Whether the node belongs to an aside, a menu or a footer.
    #[must_use]
    pub fn is_side(&self, id: NodeId) -> bool {
        self.about(id) == About::Side
    }

    /// Whether what the node says may be of the story.
    #[must_use]
    pub fn is_near_or_own(&self, id: NodeId) -> bool {
        self.near.contains(&id) || self.about(id) == About::Story
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
