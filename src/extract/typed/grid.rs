//! The cells of a table in their places: "forming a table" of the HTML Standard (§4.9.12.1), for
//! rows that were kept.
//!
//! Columns in which no cell begins are left out: a head that spans a hundred columns, to be sure,
//! is as wide as the rows below it.

use std::ops::Range;

use crate::article::details::{Span, Table};
use crate::extract::dom::{Attr, NodeId, Tag, Tree};

/// Widest and highest span that counts (HTML Standard §4.9.11).
const COLSPAN_MAX: usize = 1_000;
const ROWSPAN_MAX: usize = 65_534;

/// Places that a table may have for each of its cells, and what is free: a page of spans alone
/// would be a million times its size.
const PLACES_A_CELL: usize = 16;
const PLACES_FREE: usize = 10_000;

/// How many times the bytes of its cells a table may have in all its places, and what is free: a
/// long text that spans as many rows as there are would be the square of its size.
const BYTES_A_BYTE: usize = 4;
const BYTES_FREE: usize = 10_000;

/// The rows of a table, and its cells in their places.
pub(super) struct Grid {
    rows: Vec<NodeId>,
    /// In order of rows, then columns.
    placed: Vec<Placed>,
}

/// A cell of a table, as its markup has it.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    node: NodeId,
    columns: usize,
    rows: usize,
    is_head: bool,
}

impl Cell {
    pub(super) fn of(tree: &Tree, node: NodeId) -> Self {
        let span = |attr| -> Option<usize> { tree.attr(node, attr)?.trim().parse().ok() };
        let head_row = tree.is(tree.parent(tree.parent(node)), Tag::Thead);
        Self {
            node,
            columns: span(Attr::Colspan).unwrap_or(1).clamp(1, COLSPAN_MAX),
            // 0 is to the end of the row group.
            rows: match span(Attr::Rowspan) {
                Some(0) => ROWSPAN_MAX,
                Some(rows) => rows.min(ROWSPAN_MAX),
                None => 1,
            },
            is_head: tree.is(node, Tag::Th) || head_row,
        }
    }
}

/// A cell in its place.
struct Placed {
    cell: Cell,
    row: usize,
    column: usize,
}

impl Grid {
    /// Places the cells of rows of one table; none when that takes more places than it may have.
    pub(super) fn of(tree: &Tree, rows: Vec<NodeId>) -> Option<Self> {
        let placed = place(tree, &rows)?;
        Some(Self { rows, placed })
    }

    /// Fills in the texts of those rows that are among `kept`, which are in order: in each place
    /// that a cell spans, or only in its first where that is too much.
    pub(super) fn lay_out(&self, kept: &[NodeId], text: impl Fn(NodeId) -> String) -> Table {
        let kept: Vec<usize> = kept
            .iter()
            .filter_map(|row| self.rows.binary_search(row).ok())
            .collect();
        let placed: Vec<&Placed> = kept.iter().flat_map(|&row| self.of_row(row)).collect();
        let columns = columns_of(placed.iter().copied());
        let mut table = Table {
            rows: vec![vec![String::new(); columns.len()]; kept.len()],
            ..Table::default()
        };
        let mut heads = vec![vec![false; columns.len()]; kept.len()];
        let area = |placed: &Placed| {
            let down = span(&kept, placed.row, placed.cell.rows);
            (down, span(&columns, placed.column, placed.cell.columns))
        };
        let texts: Vec<String> = placed.iter().map(|of| text(of.cell.node)).collect();
        let counts = placed.iter().map(|of| {
            let (down, across) = area(of);
            down.len() * across.len()
        });
        let is_filled = may_fill(texts.iter().map(String::len).zip(counts));
        for (placed, text) in placed.into_iter().zip(texts) {
            let (down, across) = area(placed);
            for row in down.clone() {
                heads[row][across.clone()].fill(placed.cell.is_head);
            }
            let (in_rows, in_columns) = if is_filled {
                (down.clone(), across.clone())
            } else {
                (first_of(&down), first_of(&across))
            };
            for row in in_rows {
                table.rows[row][in_columns.clone()].fill(text.clone());
            }
            if down.len() > 1 || across.len() > 1 {
                table.spans.push(Span {
                    row: down.start,
                    column: across.start,
                    rows: down.len(),
                    columns: across.len(),
                });
            }
        }
        count_heads(&mut table, &heads);
        table
    }

    fn of_row(&self, row: usize) -> &[Placed] {
        let start = self.placed.partition_point(|placed| placed.row < row);
        let end = self.placed.partition_point(|placed| placed.row <= row);
        &self.placed[start..end]
    }
}

/// The first place of some.
fn first_of(places: &Range<usize>) -> Range<usize> {
    places.start..places.end.min(places.start + 1)
}

/// Whether texts may stand in each of their places, given the bytes of each and how many those are.
fn may_fill(texts: impl Iterator<Item = (usize, usize)>) -> bool {
    let (own, all) = texts.fold((0, 0_usize), |(own, all), (bytes, places)| {
        (own + bytes, all.saturating_add(bytes * places))
    });
    all <= BYTES_FREE + BYTES_A_BYTE * own
}

/// Which of the sorted `places` lie in the `length` from `first` on.
fn span(places: &[usize], first: usize, length: usize) -> Range<usize> {
    let before = |end: usize| places.partition_point(|&place| place < end);
    before(first)..before(first + length)
}

/// The columns in which a cell begins.
fn columns_of<'a>(placed: impl Iterator<Item = &'a Placed>) -> Vec<usize> {
    let mut columns: Vec<usize> = placed.map(|placed| placed.column).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn count_heads(table: &mut Table, heads: &[Vec<bool>]) {
    let is_head_row = |row: &&Vec<bool>| row.iter().all(|&head| head);
    table.header_rows = heads.iter().take_while(is_head_row).count();
    let rest = heads.get(table.header_rows..).unwrap_or_default();
    let width = heads.first().map_or(0, Vec::len);
    let is_head_column = |&column: &usize| !rest.is_empty() && rest.iter().all(|row| row[column]);
    table.header_columns = (0..width).take_while(is_head_column).count();
}

/// Gives each cell its row and column; none when that takes more places than the table may have.
fn place(tree: &Tree, rows: &[NodeId]) -> Option<Vec<Placed>> {
    let ends = group_ends(tree, rows);
    let mut placed: Vec<Placed> = Vec::new();
    // Columns that cells of rows above reach into, in order: first, end, and the row they end at.
    let mut taken: Vec<(usize, usize, usize)> = Vec::new();
    let mut steps = 0;
    for (row, &node) in rows.iter().enumerate() {
        taken.retain(|&(_, _, end)| end > row);
        steps += taken.len();
        let mut reaching = Vec::new();
        let (mut column, mut next) = (0, 0);
        for cell in cells_of(tree, node) {
            let mut cell = Cell::of(tree, cell);
            cell.rows = cell.rows.min(ends[row] - row);
            while let Some(&(_, end, _)) = taken.get(next).filter(|(first, _, _)| *first <= column)
            {
                column = column.max(end);
                next += 1;
            }
            if cell.rows > 1 {
                reaching.push((column, column + cell.columns, row + cell.rows));
            }
            placed.push(Placed { cell, row, column });
            column += cell.columns;
        }
        taken.extend(reaching);
        taken.sort_unstable();
        if steps > PLACES_FREE + PLACES_A_CELL * placed.len() {
            return None;
        }
    }
    let size = columns_of(placed.iter()).len().checked_mul(rows.len())?;
    (size <= PLACES_FREE + PLACES_A_CELL * placed.len()).then_some(placed)
}

/// For each row the first one after its row group, into which no cell reaches.
fn group_ends(tree: &Tree, rows: &[NodeId]) -> Vec<usize> {
    let mut ends = vec![rows.len(); rows.len()];
    for at in (1..rows.len()).rev() {
        let same = tree.parent(rows[at - 1]) == tree.parent(rows[at]);
        ends[at - 1] = if same { ends[at] } else { at };
    }
    ends
}

/// The cells of a row.
pub(super) fn cells_of<'t>(tree: &'t Tree, row: NodeId) -> impl Iterator<Item = NodeId> + 't {
    tree.children(row).filter(|&id| is_cell(tree, id))
}

pub(super) fn is_cell(tree: &Tree, id: NodeId) -> bool {
    matches!(tree.tag(id), Some(Tag::Td | Tag::Th))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};

    #[test]
    fn a_long_text_stands_in_the_first_of_many_places() {
        let html = format!("<table><tr><td rowspan=100>x{}", "<td>y<tr>".repeat(100));
        let tree = parse(&html, &Limits::default());
        let rows: Vec<NodeId> = tree.elements().filter(|&id| tree.is(id, Tag::Tr)).collect();
        let grid = Grid::of(&tree, rows.clone()).unwrap();
        for (bytes, is_filled) in [(100, true), (10_000, false)] {
            let long = "a".repeat(bytes);
            let text = |cell| tree.text_below(cell).replace('x', &long);
            let table = grid.lay_out(&rows[..100], text);
            let (first, below) = table.rows.split_first().unwrap();
            assert_eq!(*first, [long.as_str(), "y"]);
            let want = if is_filled { long.as_str() } else { "" };
            assert!(below.iter().all(|row| *row == [want, "y"]), "{bytes}");
            assert_eq!((table.spans.len(), table.spans[0].rows), (1, 100));
        }
    }
}
