//! Blocks → rows of numbers: what the model is told of each block.
//!
//! In: a page that the heuristic has judged. Out: a [`Row`] for each block, its columns named by
//! [`FEATURES`]. Repetition and geometry say most: how the blocks of the same signature look, and
//! where a block stands relative to the container; then what the heuristic thinks of the block
//! and its neighbours. No word of any language is a feature but by way of the heuristic's tables.

mod layout;
mod table;
mod words;

pub use table::FEATURES;

use super::block::Block;
use super::dom::NodeId;
use super::heuristic::holders::HolderId;
use super::heuristic::items::Item;
use super::heuristic::labels::Form;
use super::heuristic::marks::Mark;
use super::heuristic::{Judgement, Scene};
use crate::article::PageType;
use crate::extract::reading::Shape;
use layout::{Layout, Place, Within};
use url::Url;
use words::Copies;

/// The features of one block.
pub type Row = [f32; FEATURES.len()];

/// The page as the features see it.
#[derive(Debug)]
pub struct Surroundings<'a> {
    scene: &'a Scene<'a, 'a>,
    judgement: &'a Judgement,
    layout: Layout,
    copies: Copies,
    /// Mass of all blocks before each.
    before: Vec<u32>,
    first_prose: usize,
    last_prose: usize,
    kept_mass: u32,
    claimed: Claimed<'a>,
    /// Mass of the container, and of the largest group of like blocks.
    container_mass: u32,
    largest_group: u32,
    articles: u32,
    headings: u32,
    /// The median mass of the prose that the heuristic keeps.
    usual_mass: u32,
}

/// What the page claims of itself that bears on its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Claimed<'a> {
    /// The text that JSON-LD gives as the article's body.
    pub article_body_key: Option<&'a str>,
    /// The kind of page that it says it is.
    pub page_type: Option<PageType>,
    /// Whether it names a day of publication.
    pub is_dated: bool,
    /// Whether it names an author.
    pub is_signed: bool,
    /// Its address.
    pub address: Address,
}

/// What the path of an address looks like: a story's own is deep, or ends in the words of its
/// headline or in a number. All −1 where there is none.
#[derive(Debug, Clone, Copy)]
pub struct Address {
    /// Segments of the path.
    depth: f32,
    /// Words of its longest segment, parted by dashes.
    words: f32,
    /// Digits in it.
    digits: f32,
    /// Whether it names a forum.
    is_forum: bool,
}

impl Claimed<'_> {
    /// Whether the page says that it is many people's posts, by its markup or its address.
    #[must_use]
    pub fn is_forum(&self) -> bool {
        self.page_type == Some(PageType::Forum) || self.address.is_forum
    }
}

/// Words of a forum's address, which are the same in many languages.
const FORUM_WORDS: [&str; 14] = [
    "board",
    "boards",
    "community",
    "comments",
    "discuss",
    "discussion",
    "discussions",
    "forum",
    "forums",
    "talk",
    "thread",
    "threads",
    "topic",
    "viewtopic",
];

fn is_forum(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().split('.');
    let path = url.path().split(['/', '.']);
    host.chain(path)
        .any(|part| FORUM_WORDS.contains(&part.to_ascii_lowercase().as_str()))
}

impl Default for Address {
    fn default() -> Self {
        Self {
            depth: -1.0,
            words: -1.0,
            digits: -1.0,
            is_forum: false,
        }
    }
}

impl Address {
    /// Looks at the path of `url`.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let segments = || url.path().split('/').filter(|segment| !segment.is_empty());
        let words = segments().map(|segment| segment.split(['-', '_', '+']).count());
        let count = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
        Self {
            depth: count(segments().count()),
            words: count(words.max().unwrap_or(0)),
            digits: count(url.path().bytes().filter(u8::is_ascii_digit).count()),
            is_forum: is_forum(url),
        }
    }
}

/// One block among the others.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    all: &'a Surroundings<'a>,
    at: usize,
    block: &'a Block<'a>,
    /// The block's element.
    holder: HolderId,
}

impl<'a> Surroundings<'a> {
    /// The features of some of the blocks that are asked for.
    #[must_use]
    pub fn rows(&self, asked: &[usize]) -> Vec<Row> {
        let asked = asked.iter();
        asked.map(|&at| table::row(&self.view(at))).collect()
    }

    fn view(&'a self, at: usize) -> View<'a> {
        let block = &self.scene.blocks[at];
        View {
            all: self,
            at,
            block,
            holder: self.scene.sums.holders.at(block.node),
        }
    }

    /// Looks around on a page for the features of some blocks.
    #[must_use]
    pub fn of(
        scene: &'a Scene<'a, 'a>,
        judgement: &'a Judgement,
        claimed: Claimed<'a>,
        asked: &[usize],
    ) -> Self {
        let blocks = scene.blocks;
        let layout = Layout::of(scene, judgement);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut sum = 0;
        let before = blocks.iter().map(|block| {
            sum += block.mass;
            sum - block.mass
        });
        let is_story = |&at: &usize| judgement.reasons[at].is_none() && blocks[at].is_prose();
        let kept = blocks.iter().zip(&judgement.reasons);
        Self {
            copies: Copies::of(scene, claimed.article_body_key, asked),
            before: before.collect(),
            first_prose: (0..blocks.len()).find(is_story).unwrap_or(0),
            last_prose: (0..blocks.len()).rfind(is_story).unwrap_or(0),
            kept_mass: kept
                .filter(|(_, reason)| reason.is_none())
                .map(|(block, _)| block.mass)
                .sum(),
            claimed,
            container_mass: judgement.container.map_or(0, |id| scene.sums.at(id).mass),
            largest_group: layout
                .groups
                .iter()
                .map(|group| group.mass)
                .max()
                .unwrap_or(0),
            articles: layout.articles,
            headings: count(blocks.iter().filter(|block| block.is_heading()).count()),
            usual_mass: usual_mass(scene, judgement),
            layout,
            scene,
            judgement,
        }
    }
}

fn usual_mass(scene: &Scene, judgement: &Judgement) -> u32 {
    let blocks = scene.blocks.iter().zip(&judgement.reasons);
    let story = blocks.filter(|(block, reason)| reason.is_none() && block.is_prose());
    let mut masses: Vec<u32> = story.map(|(block, _)| block.mass).collect();
    masses.sort_unstable();
    masses.get(masses.len() / 2).copied().unwrap_or(0)
}

impl<'a> View<'a> {
    /// The block `by` places further on, or back.
    fn neighbour(&self, by: isize) -> Option<View<'a>> {
        let at = self.at.checked_add_signed(by)?;
        (at < self.all.scene.blocks.len()).then(|| self.all.view(at))
    }

    /// How the block matched the table of labels, if it did.
    fn label(&self) -> Option<Form> {
        self.all.scene.labels[self.at].map(|(_, form)| form)
    }

    fn is_kept(&self) -> bool {
        self.all.judgement.reasons[self.at].is_none()
    }

    fn shape(&self) -> Shape {
        self.block.shape
    }

    /// Where the block's element stands.
    fn place(&self) -> &'a Place {
        &self.all.layout.places[self.holder]
    }

    fn within(&self, kind: Within) -> f32 {
        f32::from(u8::from(self.place().within.has(kind)))
    }

    /// The nearest mark at or above the block, and who has it.
    fn mark(&self) -> Option<(Mark, HolderId)> {
        self.place().mark
    }

    /// The list item around the block, if it stands in one.
    fn item(&self) -> Option<Item> {
        self.all.scene.items.around(self.holder)
    }

    fn container(&self) -> Option<NodeId> {
        self.all.judgement.container
    }

    /// The branch of the tree that leads from what also holds the container to the block.
    fn branch(&self) -> HolderId {
        self.place().branch
    }

    /// The block's element, or the one `level` above it.
    fn above(&self, level: usize) -> HolderId {
        let holders = &self.all.scene.sums.holders;
        (0..level).fold(self.holder, |id, _| holders.above(id))
    }
}
