//! Tree → [`Block`]s: the page as a reader's eye parts it.
//!
//! A block is a maximal run of inline text between block boundaries (Kohlschütter et al., WSDM
//! 2010), also parted at `<hr>` and at two or more `<br>`. A row of a plain table is one block.
//! What a browser never shows as text (scripts, form controls, players) is skipped; what it hides
//! by style is kept and judged later. Each text node is used at most once, in document order.

use super::dom::{Attr, NodeId, Tag, Tree};
use super::phrases::Said;
use super::reading::{Reading, Room, Shape};
use super::texts::Texts;
use super::{text, visibility};
use crate::article::BlockKind;

/// One block of a page.
#[derive(Debug, Clone)]
pub struct Block<'t> {
    /// The block-level element that holds the run.
    pub node: NodeId,
    /// The first text node of the run.
    pub first: NodeId,
    /// The parent and the name of that element, by which blocks side by side know one another;
    /// none in plain text.
    pub place: Option<(NodeId, Tag)>,
    /// What it is.
    pub kind: BlockKind,
    /// Its text, white space collapsed; `\n` for a single `<br>` and inside preformatted text.
    pub text: &'t str,
    /// The text folded: lower case, no punctuation. Blocks that read alike have one.
    pub key: &'t str,
    /// What the phrases in it tell.
    pub(super) said: Said,
    /// The signs in it.
    pub(super) shape: Shape,
    /// Whether the text ends as a sentence does.
    pub ends_sentence: bool,
    /// Whether the text may have line breaks in it: known as it is made, so that few texts are searched for them.
    pub(super) may_break: bool,
    /// Words in the text, as a person counts them.
    pub words: u32,
    /// `text::mass` of the text.
    pub mass: u32,
    /// Mass of the text inside links.
    pub link_mass: u32,
    /// Number of links.
    pub links: u32,
    /// Mass of the text set bold.
    pub bold_mass: u32,
}

impl<'t> Block<'t> {
    /// A paragraph that stands nowhere.
    pub(super) fn of(text: &str, texts: &'t Texts) -> Self {
        Self::within(&mut Room::default(), text, texts)
    }

    fn within(room: &mut Room, text: &str, texts: &'t Texts) -> Self {
        let (read, key) = Reading::within(room, text);
        Self {
            node: 0,
            first: 0,
            place: None,
            kind: BlockKind::Paragraph,
            said: read.said,
            shape: read.shape,
            key: texts.keep(key),
            ends_sentence: text::ends_sentence(text),
            may_break: true,
            words: read.words,
            mass: read.mass,
            text: texts.keep(text),
            link_mass: 0,
            links: 0,
            bold_mass: 0,
        }
    }

    /// Share of the text inside links, 0.0 to 1.0.
    #[must_use]
    pub fn link_density(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a ratio of sizes of one block")]
        let ratio = self.link_mass as f32 / self.mass.max(1) as f32;
        ratio.min(1.0)
    }

    /// Whether all of the text is one link or more.
    #[must_use]
    pub fn is_all_link(&self) -> bool {
        self.link_density() > 0.9
    }

    /// Whether it is a heading.
    #[must_use]
    pub fn is_heading(&self) -> bool {
        matches!(self.kind, BlockKind::Heading(_))
    }

    /// Whether it reads like a line of prose: a sentence of some length, few links in it.
    #[must_use]
    pub fn is_prose(&self) -> bool {
        self.mass >= PROSE_MASS
            && self.ends_sentence
            && !self.is_heading()
            && u64::from(self.link_mass) * 2 < u64::from(self.mass)
    }
}

/// Letters from which on a block that ends as a sentence counts as prose: about ten words.
pub const PROSE_MASS: u32 = 50;

/// Parts the page into blocks, in document order.
#[must_use]
pub fn split<'t>(tree: &Tree, texts: &'t Texts) -> Vec<Block<'t>> {
    split_at(tree, 0, &Cuts::default(), texts)
}

/// Where to part a page besides: sorted ids of elements.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cuts<'a> {
    /// Elements that are left out. A run goes on after an inline one.
    pub(super) skipped: &'a [NodeId],
    /// Elements at whose ends a run ends, inline ones too.
    pub(super) edges: &'a [NodeId],
}

/// Parts what is at and below `root` into blocks, cut as told.
#[must_use]
pub(super) fn split_at<'t>(
    tree: &Tree,
    root: NodeId,
    cuts: &Cuts,
    texts: &'t Texts,
) -> Vec<Block<'t>> {
    let mut run = Run::new(tree, cuts.edges, texts);
    let mut open: Vec<NodeId> = Vec::new();
    let mut id = root.max(1);
    let end = if root == 0 {
        tree.len()
    } else {
        tree.end(root)
    };
    while id < end {
        while let Some(&top) = open.last().filter(|&&top| tree.end(top) <= id) {
            open.pop();
            run.leave(top);
        }
        if let Some(text) = tree.text(id) {
            run.push_text(id, text, &open);
            id += 1;
            continue;
        }
        let tag = tree.tag(id).unwrap_or(Tag::Other);
        let in_heading = || open.last().is_some_and(|&top| is_heading(tree, top));
        let is_silent = tag.is_silent() && !(tag == Tag::Button && in_heading());
        if is_silent || (!tag.is_block() && visibility::is_invisible(tree, id)) {
            id = tree.end(id);
            continue;
        }
        if cuts.skipped.binary_search(&id).is_ok() {
            if tag.is_block() {
                run.enter(id, tag);
                run.leave(id);
            }
            id = tree.end(id);
            continue;
        }
        run.enter(id, tag);
        open.push(id);
        id += 1;
    }
    while let Some(top) = open.pop() {
        run.leave(top);
    }
    run.flush();
    run.blocks
}

/// The run that is being gathered, and the blocks done.
struct Run<'p, 't> {
    tree: &'p Tree<'p>,
    edges: &'p [NodeId],
    texts: &'t Texts,
    blocks: Vec<Block<'t>>,
    text: String,
    room: Room,
    first: NodeId,
    owner: NodeId,
    link_mass: u32,
    links: u32,
    bold_mass: u32,
    breaks: u32,
    may_break: bool,
    /// Counts of open elements of each kind that changes how text is taken.
    in_link: u32,
    in_bold: u32,
    in_pre: u32,
    /// The row of a plain table that is open: its cells make one block.
    row: Option<NodeId>,
    /// The place to give the next item, for each open list.
    lists: Vec<Option<u32>>,
    item: Option<u32>,
}

/// As many as nearly all pages have, so that they need not be moved.
const BLOCKS_USUAL: usize = 512;

impl<'p, 't> Run<'p, 't> {
    fn new(tree: &'p Tree, edges: &'p [NodeId], texts: &'t Texts) -> Self {
        Self {
            tree,
            edges,
            texts,
            blocks: Vec::with_capacity(BLOCKS_USUAL),
            text: String::new(),
            room: Room::default(),
            first: 0,
            owner: 0,
            link_mass: 0,
            links: 0,
            bold_mass: 0,
            breaks: 0,
            may_break: false,
            in_link: 0,
            in_bold: 0,
            in_pre: 0,
            row: None,
            lists: Vec::new(),
            item: None,
        }
    }

    fn enter(&mut self, id: NodeId, tag: Tag) {
        if tag.is_block() || self.is_edge(id) {
            self.boundary(tag);
        }
        match tag {
            Tag::A if !is_own_anchor(self.tree, id) => {
                self.in_link += 1;
                self.links += 1;
            }
            Tag::B | Tag::Strong => self.in_bold += 1,
            Tag::Pre | Tag::Xmp => self.in_pre += 1,
            Tag::Br => self.line_break(),
            Tag::Tr if self.row.is_none() && is_plain_row(self.tree, id) => self.row = Some(id),
            Tag::Ol => self.lists.push(Some(start_of(self.tree, id))),
            Tag::Ul | Tag::Menu | Tag::Dir => self.lists.push(None),
            Tag::Li => self.item = self.next_item(),
            _ => {}
        }
    }

    fn leave(&mut self, id: NodeId) {
        let tag = self.tree.tag(id).unwrap_or(Tag::Other);
        if tag.is_block() || self.is_edge(id) {
            self.boundary(tag);
        }
        match tag {
            Tag::A if !is_own_anchor(self.tree, id) => self.in_link -= 1,
            Tag::B | Tag::Strong => self.in_bold -= 1,
            Tag::Pre | Tag::Xmp => self.in_pre -= 1,
            Tag::Tr if self.row == Some(id) => {
                self.row = None;
                self.flush();
            }
            Tag::Ol | Tag::Ul | Tag::Menu | Tag::Dir => {
                self.lists.pop();
            }
            _ => {}
        }
    }

    fn next_item(&mut self) -> Option<u32> {
        let place = self.lists.last_mut()?.as_mut()?;
        let this = *place;
        *place = place.saturating_add(1);
        Some(this)
    }

    fn is_edge(&self, id: NodeId) -> bool {
        self.edges.binary_search(&id).is_ok()
    }

    /// Ends the run, or inside a plain row parts its cells.
    fn boundary(&mut self, tag: Tag) {
        if self.row.is_none() {
            self.flush();
        } else if matches!(tag, Tag::Td | Tag::Th)
            && !self.text.is_empty()
            && !self.text.ends_with("| ")
        {
            trim_end(&mut self.text);
            self.text.push_str(" | ");
        } else if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    fn line_break(&mut self) {
        self.breaks += 1;
        if self.row.is_some() {
            push_gap(&mut self.text);
        } else if self.breaks >= 2 && self.in_pre == 0 {
            self.flush();
        } else if !self.text.is_empty() {
            trim_end(&mut self.text);
            self.text.push('\n');
            self.may_break = true;
        }
    }

    fn push_text(&mut self, id: NodeId, text: &str, open: &[NodeId]) {
        let is_blank = self.tree.is_blank(id);
        if !is_blank {
            self.breaks = 0;
            if self.first == 0 {
                self.first = id;
                self.owner = self.row.unwrap_or_else(|| owner(self.tree, open));
            }
            if self.in_link > 0 || self.in_bold > 0 {
                let mass = text::mass(text);
                self.link_mass += if self.in_link > 0 { mass } else { 0 };
                self.bold_mass += if self.in_bold > 0 { mass } else { 0 };
            }
        }
        if self.in_pre > 0 && self.row.is_none() {
            self.may_break = true;
            self.text.extend(
                text.chars()
                    .filter(|&c| !c.is_control() || c == '\n' || c == '\t'),
            );
        } else if is_blank && !text.is_empty() {
            push_gap(&mut self.text);
        } else {
            text::push_collapsed(&mut self.text, text);
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.trim();
            if self.first != 0 && !text::is_blank(&self.text) {
                let block = self.block();
                self.blocks.push(block);
            }
            self.text.clear();
        }
        (self.first, self.link_mass, self.bold_mass, self.breaks) = (0, 0, 0, 0);
        self.may_break = false;
        self.links = u32::from(self.in_link > 0);
    }

    fn trim(&mut self) {
        trim_end(&mut self.text);
        while self.in_pre == 0 && self.text.ends_with('|') {
            self.text.pop();
            trim_end(&mut self.text);
        }
    }

    /// The block that the run is. The text is copied, as long as it is, from where runs are gathered.
    fn block(&mut self) -> Block<'t> {
        let text = if self.in_pre > 0 {
            self.text.trim_matches('\n')
        } else {
            &self.text
        };
        let read = Block::within(&mut self.room, text, self.texts);
        let tag = self.tree.tag(self.owner);
        Block {
            node: self.owner,
            first: self.first,
            place: tag.map(|tag| (self.tree.parent(self.owner), tag)),
            kind: self.kind(),
            may_break: self.may_break,
            link_mass: self.link_mass,
            links: self.links,
            bold_mass: self.bold_mass,
            ..read
        }
    }

    /// What the innermost element that says so makes of the run.
    fn kind(&self) -> BlockKind {
        for at in self.tree.ancestors(self.owner) {
            match self.tree.tag(at).unwrap_or(Tag::Other) {
                Tag::Pre | Tag::Xmp => return BlockKind::Preformatted,
                Tag::Tr if self.tree.is(self.owner, Tag::Tr) => return BlockKind::TableRow,
                Tag::Figcaption | Tag::Caption => return BlockKind::Caption,
                Tag::Li => return BlockKind::ListItem(self.item),
                Tag::Blockquote => return BlockKind::Quote,
                Tag::Article | Tag::Section | Tag::Main | Tag::Td | Tag::Body => break,
                tag => {
                    if let Some(level) = tag.heading_level() {
                        return BlockKind::Heading(level);
                    }
                }
            }
        }
        BlockKind::Paragraph
    }
}

/// Parts what comes next by a space, if nothing parts it yet.
fn push_gap(text: &mut String) {
    if !text.is_empty() && !text.ends_with([' ', '\n']) {
        text.push(' ');
    }
}

fn trim_end(text: &mut String) {
    text.truncate(text.trim_end().len());
}

/// The innermost open block-level element.
fn owner(tree: &Tree, open: &[NodeId]) -> NodeId {
    open.iter()
        .rev()
        .copied()
        .find(|&id| tree.tag(id).is_some_and(Tag::is_block))
        .unwrap_or(0)
}

fn is_heading(tree: &Tree, id: NodeId) -> bool {
    tree.tag(id).and_then(Tag::heading_level).is_some()
}

/// A heading's link to itself leads nowhere else.
fn is_own_anchor(tree: &Tree, link: NodeId) -> bool {
    tree.attr(link, Attr::Href)
        .is_some_and(|href| href.starts_with('#'))
        && tree.ancestors(link).any(|above| is_heading(tree, above))
}

fn start_of(tree: &Tree, list: NodeId) -> u32 {
    tree.attr(list, Attr::Start)
        .and_then(|start| start.trim().parse().ok())
        .unwrap_or(1)
}

/// Most letters in a cell of a plain row: longer ones are layout, or prose in a table.
const CELL_MASS: u32 = 200;

/// Whether a row's cells are short and hold nothing that is a block of its own.
fn is_plain_row(tree: &Tree, row: NodeId) -> bool {
    let is_cell = |id: &NodeId| matches!(tree.tag(*id), Some(Tag::Td | Tag::Th));
    let cells: Vec<NodeId> = tree.children(row).filter(is_cell).collect();
    cells.len() > 1 && cells.iter().all(|&cell| is_plain_cell(tree, cell))
}

fn is_plain_cell(tree: &Tree, cell: NodeId) -> bool {
    let mut mass = 0;
    for id in tree.below(cell) {
        match tree.tag(id) {
            None => mass += tree.text(id).map_or(0, text::mass),
            Some(Tag::Div | Tag::P) => {}
            Some(tag) if tag.is_block() => return false,
            Some(_) => {}
        }
        if mass > CELL_MASS {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};
    use BlockKind::{Caption, Heading, ListItem, Paragraph, Quote};

    fn texts(html: &str) -> Vec<String> {
        split(&parse(html, &Limits::default()), &Texts::default())
            .iter()
            .map(|block| block.text.to_owned())
            .collect()
    }

    #[test]
    fn runs_are_parted_where_a_reader_sees_a_break() {
        let rows: [(&str, &[&str]); 10] = [
            ("<p>one <b>two</b><p>three", &["one two", "three"]),
            ("a<br>b<br><br>c<hr>d", &["a\nb", "c", "d"]),
            ("<div>a<div>b</div>c</div>", &["a", "b", "c"]),
            ("<ul><li>a<ul><li>b</ul></ul>", &["a", "b"]),
            ("<pre>a\n  b</pre>", &["a\n  b"]),
            (
                "<table><tr><th>k<td>v<tr><td>x<td><p>y</table>",
                &["k | v", "x | y"],
            ),
            ("<table><tr><td><h2>h</h2>p<td>q</table>", &["h", "p", "q"]),
            (
                "<script>x</script><button>y</button><style>z</style>w",
                &["w"],
            ),
            ("  \n <p> \u{a0} </p>", &[]),
            ("<table>lost<tr><td>a</table>", &["lost", "a"]),
        ];
        for (html, want) in rows {
            assert_eq!(texts(html), want, "{html}");
        }
    }

    #[test]
    fn kinds_come_from_the_innermost_element_that_says_so() {
        let html = "<h2><span>h</span></h2><ol start=3><li>a<li><p>b</ol><blockquote><p>q</blockquote>\
                    <figure><figcaption>c</figcaption></figure><p>p";
        let texts = Texts::default();
        let kinds: Vec<BlockKind> = split(&parse(html, &Limits::default()), &texts)
            .into_iter()
            .map(|block| block.kind)
            .collect();
        assert_eq!(
            kinds,
            [
                Heading(2),
                ListItem(Some(3)),
                ListItem(Some(4)),
                Quote,
                Caption,
                Paragraph
            ]
        );
    }

    #[test]
    fn link_mass_is_that_of_the_run() {
        let html = "<p>ab <a href=x>cd</a><p>ef";
        let texts = Texts::default();
        let blocks = split(&parse(html, &Limits::default()), &texts);
        assert_eq!(
            (blocks[0].mass, blocks[0].link_mass, blocks[0].links),
            (4, 2, 1)
        );
        assert_eq!((blocks[1].link_mass, blocks[1].links), (0, 0));
    }
}
