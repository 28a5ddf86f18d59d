//! Finds the links of a block again in its text.
//!
//! Blocks are made of text nodes with white space collapsed, so that the two agree but for white
//! space, characters without width and the `|` between cells. All others are letters here: a link
//! is found as a range of letters among the text nodes, and those are counted out in the block.

use url::Url;

use super::{Scene, resolve, shown};
use crate::article::details::Link;
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::text;

/// Most links of one page: an index of a thousand entries with ten each.
const LINKS_MAX: usize = 10_000;

/// Finds the links of blocks, which are to be asked for in order.
pub(super) struct Links<'a> {
    scene: Scene<'a>,
    base: Option<&'a Url>,
    left: usize,
    run: Option<Run>,
}

/// Text nodes that made one block, or several where it was parted into its lines.
struct Run {
    first: NodeId,
    /// Links, and the letters of the run that they hold.
    links: Vec<(NodeId, usize, usize)>,
    /// The next block of the run, and how many letters those before it have.
    at: usize,
    letters: usize,
}

impl<'a> Links<'a> {
    pub(super) fn new(scene: Scene<'a>, base: Option<&'a Url>) -> Self {
        Self {
            scene,
            base,
            left: LINKS_MAX,
            run: None,
        }
    }

    /// The links of the block at place `at`, whose text begins at byte `start` of the body.
    pub(super) fn of(&mut self, at: usize, start: usize) -> Vec<Link> {
        let Scene { tree, blocks } = self.scene;
        let block = &blocks[at];
        if block.links == 0 {
            return Vec::new();
        }
        let known = self.run.take().filter(|run| run.first == block.first);
        let mut run = known.unwrap_or_else(|| Run::of(self.scene, block.first));
        while run.at < at {
            run.letters += letters(&blocks[run.at]).count();
            run.at += 1;
        }
        let pieces = run.pieces(block);
        self.run = Some(run);
        let linked = |(link, from, to): (NodeId, usize, usize)| {
            let url = address(tree, link, self.base)?;
            let text_range = [start + from, start + to];
            Some(Link { text_range, url })
        };
        let links: Vec<Link> = pieces
            .into_iter()
            .filter_map(linked)
            .take(self.left)
            .collect();
        self.left -= links.len();
        links
    }
}

fn address(tree: &Tree, link: NodeId, base: Option<&Url>) -> Option<String> {
    let url = resolve(base, tree.attr(link, Attr::Href)?)?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.into())
}

impl Run {
    fn of(scene: Scene, first: NodeId) -> Self {
        let Scene { tree, blocks } = scene;
        let at = blocks.partition_point(|block| block.first < first);
        let next = blocks.partition_point(|block| block.first <= first);
        let end = blocks.get(next).map_or(tree.len(), |block| block.first);
        Self {
            first,
            links: links_between(tree, first, end),
            at,
            letters: 0,
        }
    }

    /// The parts of the block's text that are inside a link: its node, and the part's first byte
    /// and the one after its last.
    fn pieces(&self, block: &Block) -> Vec<(NodeId, usize, usize)> {
        let places: Vec<usize> = letters(block).collect();
        let end = self.letters + places.len();
        let first = self.links.partition_point(|(_, _, to)| *to <= self.letters);
        let inside = self.links[first..]
            .iter()
            .take_while(|(_, from, _)| *from < end);
        let piece = |&(link, from, to): &(NodeId, usize, usize)| {
            let first = *places.get(from.saturating_sub(self.letters))?;
            let last = *places.get(to.min(end) - 1 - self.letters)?;
            let length = block.text.get(last..)?.chars().next()?.len_utf8();
            Some((link, first, last + length))
        };
        inside.filter_map(piece).collect()
    }
}

/// The links among the text nodes from `first` to before `end`, as ranges of letters.
fn links_between(tree: &Tree, first: NodeId, end: NodeId) -> Vec<(NodeId, usize, usize)> {
    let mut found: Vec<(NodeId, usize, usize)> = Vec::new();
    let mut open: Vec<NodeId> = tree
        .ancestors(first)
        .filter(|&id| tree.is(id, Tag::A))
        .collect();
    open.reverse();
    let mut count = 0;
    let mut id = first;
    while id < end {
        while open.pop_if(|link| tree.end(*link) <= id).is_some() {}
        if let Some(text) = tree.text(id) {
            let before = count;
            count += text.chars().filter(|&c| is_letter(c)).count();
            match (open.last(), found.last_mut()) {
                (Some(&link), Some((last, _, to))) if *last == link => *to = count,
                (Some(&link), _) if count > before => found.push((link, before, count)),
                _ => {}
            }
            id += 1;
            continue;
        }
        let tag = tree.tag(id).unwrap_or(Tag::Other);
        if shown::is_skipped(tree, id, tag) && !is_heading_button(tree, id, tag) {
            id = tree.end(id);
            continue;
        }
        if tag == Tag::A {
            open.push(id);
        }
        id += 1;
    }
    found
}

/// Blocks are made of buttons right inside headings: they fold the section below.
fn is_heading_button(tree: &Tree, id: NodeId, tag: Tag) -> bool {
    let above = tree.tag(tree.parent(id));
    tag == Tag::Button && above.and_then(Tag::heading_level).is_some()
}

/// Where the letters of a block's text are.
fn letters<'t>(block: &Block<'t>) -> impl Iterator<Item = usize> + use<'t> {
    let letters = block.text.char_indices().filter(|&(_, c)| is_letter(c));
    letters.map(|(at, _)| at)
}

/// Whether a character is in a block's text exactly where it is in a text node.
fn is_letter(c: char) -> bool {
    !c.is_whitespace() && c != '|' && !text::is_noise(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Texts;
    use crate::extract::block::split;
    use crate::extract::dom::{Limits, parse};

    #[test]
    fn the_lines_of_a_run_find_their_links_at_once() {
        // A hundred thousand, which would take minutes if each passed over the links of those before.
        let count = 100_000;
        let texts = Texts::default();
        let block = &split(&parse("<p>x", &Limits::default()), &texts)[0];
        let mut run = Run {
            first: 0,
            links: (0..count).map(|at| (1, at, at + 1)).collect(),
            at: 0,
            letters: 0,
        };
        for letters in 0..count {
            run.letters = letters;
            assert_eq!(run.pieces(block), [(1, 0, 1)]);
        }
    }
}
