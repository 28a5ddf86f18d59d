//! Which kept blocks are rows of one table, and what its cells hold.
//!
//! The blocks of a page part a table row by row, and a row whose cells are long or hold lists
//! cell by cell. Here they come together again, unless the table is there for layout.

use foldhash::{HashMap, HashSet};
use std::ops::Range;

use super::grid::{Grid, cells_of, is_cell};
use super::{Scene, nearest, shown};
use crate::article::details::Table;
use crate::article::{BlockKind, BodyBlock};
use crate::extract::dom::{NodeId, Tag, Tree};
use crate::extract::text;

/// Most letters in a cell of a table without heads: what holds more is layout. As for the plain
/// rows of blocks.
const CELL_MASS: u32 = 200;

pub(super) struct Tables<'a> {
    scene: Scene<'a>,
    kept: &'a [BodyBlock<&'a str>],
    /// Whether a row holds data, by row.
    tabular: HashMap<NodeId, bool>,
    /// Whether a table has heads, by table.
    headed: HashMap<NodeId, bool>,
    /// The cells of a table in their places, by table; none for one that is too large.
    grids: HashMap<NodeId, Option<Grid>>,
    /// The tables whose caption was told.
    captioned: HashSet<NodeId>,
    /// Blocks before this one are of rows that make no table.
    refused_until: usize,
}

impl<'a> Tables<'a> {
    pub(super) fn new(scene: Scene<'a>, kept: &'a [BodyBlock<&'a str>]) -> Self {
        Self {
            scene,
            kept,
            tabular: HashMap::default(),
            headed: HashMap::default(),
            grids: HashMap::default(),
            captioned: HashSet::default(),
            refused_until: 0,
        }
    }

    /// The table whose rows begin with the kept block `at`, and how many blocks they are.
    pub(super) fn run_at(&mut self, at: usize) -> Option<(NodeId, usize)> {
        let (table, _) = self.place(at)?;
        if at >= self.refused_until {
            let end = self.run_end(table, at);
            if self.is_table(table, at..end) {
                return Some((table, end - at));
            }
            self.refused_until = end;
        }
        // Each row for itself.
        (self.kept[at].kind == BlockKind::TableRow).then_some((table, 1))
    }

    /// The first kept block from `at` on that is not of the table.
    fn run_end(&mut self, table: NodeId, at: usize) -> usize {
        let mut end = at;
        while self.place(end).is_some_and(|(of, _)| of == table) {
            end += 1;
        }
        end
    }

    fn is_table(&mut self, table: NodeId, run: Range<usize>) -> bool {
        let mut rows: Vec<NodeId> = run
            .clone()
            .filter_map(|at| self.place(at))
            .map(|(_, row)| row)
            .collect();
        rows.dedup();
        let is_plain = |block: &&BodyBlock<&str>| block.kind == BlockKind::TableRow;
        let plain = self.kept[run].iter().filter(is_plain).count();
        // Rows of one cell are plain in no table; heads make sure that it is one.
        let is_headed = self.headed.get(&table) == Some(&true);
        let is_table = plain * 2 >= rows.len() || (is_headed && rows.len() > 1);
        is_table && self.grid(table).is_some()
    }

    fn grid(&mut self, table: NodeId) -> Option<&Grid> {
        let tree = self.scene.tree;
        let of = || Grid::of(tree, rows_of(tree, table));
        self.grids.entry(table).or_insert_with(of).as_ref()
    }

    /// The table and the row of a kept block, if that row holds data.
    fn place(&mut self, at: usize) -> Option<(NodeId, NodeId)> {
        let kept = self.kept.get(at)?;
        let tree = self.scene.tree;
        let node = self.scene.blocks[kept.at as usize].node;
        let row = nearest(tree, node, Tag::Tr)?;
        let table = nearest(tree, row, Tag::Table)?;
        if nearest(tree, node, Tag::Table) != Some(table) {
            return None;
        }
        let headed = *self
            .headed
            .entry(table)
            .or_insert_with(|| has_heads(tree, table));
        let tabular = self
            .tabular
            .entry(row)
            .or_insert_with(|| is_tabular(tree, row, headed));
        (kept.kind == BlockKind::TableRow || *tabular).then_some((table, row))
    }

    /// The cells of the rows that were kept.
    pub(super) fn cells(&mut self, table: NodeId, kept: &[BodyBlock<&str>]) -> Table {
        let tree = self.scene.tree;
        let node = |block: &BodyBlock<&str>| self.scene.blocks[block.at as usize].node;
        let mut texts: HashMap<NodeId, String> = HashMap::default();
        let mut rows: Vec<NodeId> = Vec::new();
        for block in kept {
            let Some(row) = nearest(tree, node(block), Tag::Tr) else {
                continue;
            };
            rows.push(row);
            if block.kind == BlockKind::TableRow {
                texts.extend(cells_of(tree, row).map(|cell| (cell, shown::text_of(tree, cell))));
            } else if let Some(cell) = cell_around(tree, row, node(block)) {
                let text = texts.entry(cell).or_default();
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(block.text);
            }
        }
        rows.dedup();
        let text = |cell| texts.get(&cell).cloned().unwrap_or_default();
        let row_alone = rows.clone();
        let laid_out = match self.grid(table) {
            Some(grid) => Some(grid.lay_out(&rows, text)),
            None => Grid::of(tree, row_alone).map(|grid| grid.lay_out(&rows, text)),
        };
        Table {
            caption: self.caption(table),
            ..laid_out.unwrap_or_default()
        }
    }

    /// What a table says of itself, if no part of it has said so before: a table whose rows are each
    /// for themselves would say it with each.
    fn caption(&mut self, table: NodeId) -> Option<String> {
        let is_first = self.captioned.insert(table);
        is_first.then(|| caption(self.scene.tree, table)).flatten()
    }
}

/// The cell of a row that holds a node.
fn cell_around(tree: &Tree, row: NodeId, node: NodeId) -> Option<NodeId> {
    let is_of_row = |id: &NodeId| tree.parent(*id) == row;
    let around = tree.ancestors(node).find(is_of_row)?;
    is_cell(tree, around).then_some(around)
}

fn caption(tree: &Tree, table: NodeId) -> Option<String> {
    let caption = tree
        .children(table)
        .find(|&child| tree.is(child, Tag::Caption))?;
    Some(shown::text_of(tree, caption)).filter(|text| !text.is_empty())
}

fn has_heads(tree: &Tree, table: NodeId) -> bool {
    tree.below(table).any(|id| tree.is(id, Tag::Th))
}

/// Whether no cell of the row holds a table, heading, quote or code, nor, in a table without
/// heads, a long text.
fn is_tabular(tree: &Tree, row: NodeId, headed: bool) -> bool {
    let is_layout = |id| {
        let tag = tree.tag(id);
        matches!(tag, Some(Tag::Table | Tag::Blockquote | Tag::Pre))
            || tag.and_then(Tag::heading_level).is_some()
    };
    let mass_of = |cell| -> u32 {
        let texts = tree.below(cell).filter_map(|id| tree.text(id));
        texts.map(text::mass).sum()
    };
    !tree.below(row).any(is_layout)
        && (headed || cells_of(tree, row).all(|cell| mass_of(cell) <= CELL_MASS))
}

/// The rows of a table, without those of tables in it.
fn rows_of(tree: &Tree, table: NodeId) -> Vec<NodeId> {
    let mut rows = Vec::new();
    let mut id = table + 1;
    while id < tree.end(table) {
        match tree.tag(id) {
            Some(Tag::Table) => id = tree.end(id),
            Some(Tag::Tr) => {
                rows.push(id);
                id += 1;
            }
            _ => id += 1,
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};

    // Of each a hundred thousand, which would take minutes if each looked at all of them.

    #[test]
    fn the_cell_around_a_text_is_found_from_the_text() {
        let html = format!("<table><tr>{}</table>", "<td><b>x</b>".repeat(100_000));
        let tree = parse(&html, &Limits::default());
        let row = tree.find(0, Tag::Tr).unwrap();
        let texts = tree.ids().filter(|&id| tree.text(id).is_some());
        let around: Vec<_> = texts.map(|id| cell_around(&tree, row, id)).collect();
        assert!(cells_of(&tree, row).map(Some).eq(around));
        assert_eq!(cell_around(&tree, row, row), None);
    }

    #[test]
    fn a_caption_is_looked_for_once() {
        let html = format!(
            "<table>{}<caption>x</caption></table>",
            "<tbody>".repeat(100_000)
        );
        let tree = parse(&html, &Limits::default());
        let table = tree.find(0, Tag::Table).unwrap();
        let scene = Scene {
            tree: &tree,
            blocks: &[],
        };
        let mut tables = Tables::new(scene, &[]);
        assert_eq!(tables.caption(table).as_deref(), Some("x"));
        assert!((0..100_000).all(|_| tables.caption(table).is_none()));
    }
}
