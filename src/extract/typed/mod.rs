//! Chosen blocks and the tree they are of → [`Details`]: what each block is, what was left out,
//! what readers wrote.
//!
//! In: a page as it was read and decided upon. Out: typed blocks whose ranges lie in the body's
//! text, which is theirs joined by blank lines. Never: change which text is kept. Nothing of this
//! room runs unless it is asked for.
//!
//! [`tables`] finds the rows that are one table and [`grid`] lays out its cells; [`images`] takes
//! the pictures between the blocks, [`company`] judges the texts beside one, [`sources`] chooses among
//! its files, [`files`] tells symbols and copies by their names, [`captions`] reads what stands
//! under it; [`links`] finds links again in a block's text, [`paths`] says where in the page it is,
//! [`code`] in what language; [`comments`] reads readers' comments. [`classes`] remembers what
//! classes say.
//!
//! Pages are hostile: whatever many blocks or images share, such as the element around them, is
//! read once.

mod captions;
mod classes;
mod code;
mod comments;
mod company;
mod files;
mod grid;
mod images;
mod links;
mod paths;
mod shown;
mod sources;
mod tables;

use url::Url;

use super::block::Block;
use super::dom::{NodeId, Tag, Tree};
use super::metadata::ADDRESS_BYTES_MAX;
use crate::article::details::{Details, Link, RemovedBlock, Shape, TypedBlock};
use crate::article::{BlockKind, BodyBlock, Removed};
use code::Languages;
use images::Placed;
use links::Links;
use paths::Paths;
use tables::Tables;

/// What parts the blocks of a text.
const JOINT: &str = "\n\n";

/// Characters of a removed block that the record shows.
const SHOWN_CHARS: usize = 80;

/// A tree and all its blocks, kept or not, in order.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) blocks: &'a [Block<'a>],
}

/// A body, and where it is from.
pub(super) struct Story<'a> {
    /// The page that holds the body; none for plain text.
    pub(super) scene: Option<Scene<'a>>,
    /// The blocks that were kept.
    pub(super) kept: &'a [BodyBlock<&'a str>],
    /// The blocks of the same page that were left out.
    pub(super) removed: &'a [Removed<&'a str>],
    /// What relative addresses resolve against.
    pub(super) base: Option<&'a Url>,
    /// Address of the page's leading picture.
    pub(super) image: Option<&'a str>,
    /// Whether the tree is the page's own, so that places in it are places in the page.
    pub(super) is_own: bool,
    /// Whether links are asked for.
    pub(super) links: bool,
}

/// The details of a page: `story` is where its body is from, `page` and `removed` are its own.
pub(super) fn details(
    story: &Story,
    page: Option<Scene>,
    removed: &[Removed<&str>],
    recorded: bool,
) -> Details {
    let comments = page.filter(|_| recorded);
    Details {
        recorded,
        blocks: blocks(story),
        removed: removed
            .iter()
            .filter(|_| recorded)
            .map(removed_block)
            .collect(),
        comments: comments.map_or_else(Vec::new, |page| comments::read(page, removed)),
        candidates: Vec::new(),
    }
}

fn removed_block(removed: &Removed<&str>) -> RemovedBlock {
    RemovedBlock {
        reason: removed.reason,
        length: removed.text.chars().count(),
        score: removed.removed.score.map(to_three_places),
        by: removed.removed.by,
        text: removed.text.chars().take(SHOWN_CHARS).collect(),
    }
}

fn to_three_places(score: f32) -> f32 {
    (score * 1000.0).round() / 1000.0
}

/// The typed blocks of a body, its images among them.
fn blocks(story: &Story) -> Vec<TypedBlock> {
    let Some(scene) = story.scene else {
        return from_text(story.kept);
    };
    let mut writer = Writer {
        story,
        scene,
        tables: Tables::new(scene, story.kept),
        paths: Paths::new(scene.tree),
        languages: Languages::new(scene.tree),
        links: story.links.then(|| Links::new(scene, story.base)),
        item: None,
        end: 0,
        out: Vec::new(),
    };
    let mut images = images::of_story(story, scene).into_iter().peekable();
    let mut at = 0;
    while let Some(block) = story.kept.get(at) {
        let first = scene.blocks[block.at as usize].first;
        while let Some(image) = images.next_if(|image| image.node < first) {
            writer.push_image(image);
        }
        let table = writer.tables.run_at(at);
        if let Some((node, rows)) = table {
            // Pictures in cells have no place among the blocks.
            while images
                .next_if(|image| scene.tree.contains(node, image.node))
                .is_some()
            {}
            writer.push_table(node, at..at + rows);
            at += rows;
        } else {
            writer.push_block(at);
            at += 1;
        }
    }
    images.for_each(|image| writer.push_image(image));
    writer.out
}

/// The blocks of a text without a tree.
fn from_text(kept: &[BodyBlock<&str>]) -> Vec<TypedBlock> {
    let mut end = 0;
    let typed = |block: &BodyBlock<&str>| TypedBlock {
        shape: match block.kind {
            BlockKind::Heading(level) => Shape::Heading { level },
            _ => Shape::Paragraph,
        },
        text: block.text.to_owned(),
        text_range: next_range(&mut end, block.text.len()),
        path: None,
        score: block.kept.score.map(to_three_places),
        links: Vec::new(),
    };
    kept.iter().map(typed).collect()
}

/// The range of the next `bytes` of text after the block that ends at `end`, which it moves on.
fn next_range(end: &mut usize, bytes: usize) -> [usize; 2] {
    let start = if *end == 0 { 0 } else { *end + JOINT.len() };
    *end = start + bytes;
    [start, *end]
}

/// Makes the typed blocks one after another.
struct Writer<'a> {
    story: &'a Story<'a>,
    scene: Scene<'a>,
    tables: Tables<'a>,
    paths: Paths<'a>,
    languages: Languages<'a>,
    links: Option<Links<'a>>,
    /// The list entry that the last block was of.
    item: Option<NodeId>,
    /// Where the last block of text ends.
    end: usize,
    out: Vec<TypedBlock>,
}

impl Writer<'_> {
    fn push_block(&mut self, at: usize) {
        let kept = &self.story.kept[at];
        let node = self.scene.blocks[kept.at as usize].node;
        let shape = self.shape(kept.kind, node);
        let text_range = next_range(&mut self.end, kept.text.len());
        let links = self.links_of(kept.at, text_range[0]);
        let path = self.path(node);
        self.out.push(TypedBlock {
            shape,
            text: kept.text.to_owned(),
            text_range,
            path,
            score: kept.kept.score.map(to_three_places),
            links,
        });
    }

    fn push_table(&mut self, node: NodeId, rows: std::ops::Range<usize>) {
        let kept = &self.story.kept[rows];
        let table = self.tables.cells(node, kept);
        let texts: Vec<&str> = kept.iter().map(|block| block.text).collect();
        let text = texts.join(JOINT);
        let text_range = next_range(&mut self.end, text.len());
        let mut links = Vec::new();
        let mut start = text_range[0];
        for block in kept {
            links.extend(self.links_of(block.at, start));
            start += block.text.len() + JOINT.len();
        }
        let path = self.path(node);
        self.out.push(TypedBlock {
            shape: Shape::Table(table),
            text,
            text_range,
            path,
            score: mean_score(kept),
            links,
        });
        self.item = None;
    }

    fn push_image(&mut self, placed: Placed) {
        let Placed { node, image } = placed;
        let path = self.path(node);
        self.out.push(TypedBlock {
            shape: Shape::Image(image),
            text: String::new(),
            text_range: [self.end, self.end],
            path,
            score: None,
            links: Vec::new(),
        });
    }

    fn path(&mut self, node: NodeId) -> Option<String> {
        if self.story.is_own {
            self.paths.of(node)
        } else {
            None
        }
    }

    fn links_of(&mut self, at: u32, start: usize) -> Vec<Link> {
        self.links
            .as_mut()
            .map_or_else(Vec::new, |links| links.of(at as usize, start))
    }

    fn shape(&mut self, kind: BlockKind, node: NodeId) -> Shape {
        let item = matches!(kind, BlockKind::ListItem(_))
            .then(|| nearest(self.scene.tree, node, Tag::Li))
            .flatten();
        let continued = item.is_some() && item == self.item;
        self.item = item;
        match kind {
            BlockKind::Heading(level) => Shape::Heading { level },
            BlockKind::ListItem(_) => self.list_item(item, kind, continued),
            BlockKind::Quote => Shape::Quote,
            BlockKind::Preformatted => Shape::Code {
                language: self.languages.of(node),
            },
            // A row outside a table is a line of text.
            BlockKind::Paragraph | BlockKind::Caption | BlockKind::TableRow => Shape::Paragraph,
        }
    }

    fn list_item(&self, item: Option<NodeId>, kind: BlockKind, continued: bool) -> Shape {
        let is_list = |id: &NodeId| {
            let tag = self.scene.tree.tag(*id);
            matches!(tag, Some(Tag::Ol | Tag::Ul | Tag::Menu | Tag::Dir))
        };
        let lists = || self.scene.tree.ancestors(item.unwrap_or(0)).filter(is_list);
        let ordered = lists()
            .next()
            .is_some_and(|list| self.scene.tree.is(list, Tag::Ol));
        let number = match kind {
            BlockKind::ListItem(number) if ordered && !continued => number,
            _ => None,
        };
        Shape::ListItem {
            depth: u8::try_from(lists().count().max(1)).unwrap_or(u8::MAX),
            ordered,
            number,
            continued,
        }
    }
}

fn mean_score(kept: &[BodyBlock<&str>]) -> Option<f32> {
    let scores: Vec<f32> = kept.iter().filter_map(|block| block.kept.score).collect();
    let count = u16::try_from(scores.len())
        .ok()
        .filter(|&count| count > 0)?;
    Some(to_three_places(
        scores.iter().sum::<f32>() / f32::from(count),
    ))
}

/// The innermost element of that name that is or holds `node`.
fn nearest(tree: &Tree, node: NodeId, tag: Tag) -> Option<NodeId> {
    tree.ancestors(node).find(|&id| tree.is(id, tag))
}

/// The blocks of a page below a node, as a range of their places: those whose text begins there.
fn blocks_below(blocks: &[Block], tree: &Tree, node: NodeId) -> std::ops::Range<usize> {
    let start = blocks.partition_point(|block| block.first < node);
    let end = blocks.partition_point(|block| block.first < tree.end(node));
    start..end
}

/// An absolute address that is short enough to be one: with `base` where it is relative.
fn resolve(base: Option<&Url>, href: &str) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() || href.len() > ADDRESS_BYTES_MAX {
        return None;
    }
    let joined = || {
        base.filter(|base| base.as_str().len() <= ADDRESS_BYTES_MAX)?
            .join(href)
            .ok()
    };
    let url = Url::parse(href).ok().or_else(joined)?;
    (url.as_str().len() <= ADDRESS_BYTES_MAX).then_some(url)
}

#[cfg(test)]
mod tests;
