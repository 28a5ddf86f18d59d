//! Row → probability that the block belongs to the article: gradient-boosted trees.
//!
//! `trees.tsv` is the trained table; `README.md` beside it is its card: data, scores, limits, and
//! how to rebuild it. A tree is a line `tree` and its nodes, numbered from 0: a split `feature
//! threshold low high`, where `low` is the node to go on with when the feature is at most the
//! threshold, or `leaf value`. The values of all trees are summed and squashed to 0.0 to 1.0.

use std::sync::LazyLock;

use super::features::{FEATURES, Row};

static TRAINED: LazyLock<Model> = LazyLock::new(|| {
    Model::read(include_str!("trees.tsv")).unwrap_or_else(|error| panic!("trees.tsv: {error}"))
});

/// A model: trees in one table.
///
/// A feature is compared with few thresholds in all, so that its number in a row is its place among
/// them, and a node fits into four bytes. Where a row goes is the same.
#[derive(Debug, PartialEq)]
pub struct Model {
    nodes: Vec<Node>,
    /// What a leaf adds; of a split nothing.
    values: Vec<f32>,
    roots: Vec<u32>,
    /// The thresholds of each feature, in order.
    thresholds: Vec<Vec<f32>>,
}

/// A split, or a leaf, which leads to itself.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    column: u8,
    /// The place of the threshold among its feature's.
    place: u8,
    /// Numbers within the tree.
    low: u8,
    high: u8,
}

/// A row as places among the thresholds.
type Places = [u8; FEATURES.len()];

/// A table that is no model.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct NoModel {
    line: usize,
    what: &'static str,
}

/// A line of the table.
enum Line {
    Tree,
    Split {
        column: usize,
        threshold: f32,
        low: u8,
        high: u8,
    },
    Leaf(f32),
}

impl Model {
    /// The model that is part of this library.
    #[must_use]
    pub fn trained() -> &'static Self {
        &TRAINED
    }

    /// Reads a table.
    ///
    /// # Errors
    ///
    /// Fails at a line that is no node, names no feature, or leads out of its tree or back; at a
    /// tree of more than 255 nodes or a feature with more than 255 thresholds.
    pub fn read(table: &str) -> Result<Self, NoModel> {
        let mut lines = Vec::new();
        let rows = table.lines().enumerate();
        for (at, row) in rows.filter(|(_, row)| !row.is_empty() && !row.starts_with('#')) {
            let line = at + 1;
            let what = "no node";
            lines.push((line, read_line(row).ok_or(NoModel { line, what })?));
        }
        let mut model = Self {
            nodes: Vec::new(),
            values: Vec::new(),
            roots: Vec::new(),
            thresholds: thresholds(&lines),
        };
        for (line, node) in lines {
            model.push(node).map_err(|what| NoModel { line, what })?;
        }
        model.check()?;
        Ok(model)
    }

    fn push(&mut self, line: Line) -> Result<(), &'static str> {
        if matches!(line, Line::Tree) {
            self.roots.push(self.next());
            return Ok(());
        }
        let root = *self.roots.last().ok_or("a node without a tree")?;
        let own = u8::try_from(self.next() - root).map_err(|_| "a tree too large")?;
        let leaf = Node {
            column: 0,
            place: 0,
            low: own,
            high: own,
        };
        let (node, value) = match line {
            Line::Tree => return Ok(()),
            Line::Leaf(value) => (leaf, value),
            Line::Split { low, high, .. } if low.min(high) <= own => return Err("no node"),
            Line::Split {
                column,
                threshold,
                low,
                high,
            } => {
                let before = place(&self.thresholds[column], threshold);
                let split = Node {
                    column: u8::try_from(column).map_err(|_| "too many features")?,
                    place: u8::try_from(before).map_err(|_| "too many thresholds")?,
                    low,
                    high,
                };
                (split, 0.0)
            }
        };
        self.nodes.push(node);
        self.values.push(value);
        Ok(())
    }

    fn next(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// Every way ends at a leaf of the same tree.
    fn check(&self) -> Result<(), NoModel> {
        let is_whole = |tree: &[Node]| {
            let is_inside = |node: &Node| usize::from(node.low.max(node.high)) < tree.len();
            !tree.is_empty() && tree.iter().all(is_inside)
        };
        let what = "a tree that does not end";
        let mut trees = self.trees();
        if trees.all(|(nodes, _)| is_whole(nodes)) {
            Ok(())
        } else {
            Err(NoModel { line: 0, what })
        }
    }

    /// Nodes and values of each tree.
    fn trees(&self) -> impl Iterator<Item = (&[Node], &[f32])> {
        let ends = self.roots.iter().skip(1).copied().chain([self.next()]);
        self.roots.iter().zip(ends).map(|(&root, end)| {
            let tree = root as usize..end as usize;
            (&self.nodes[tree.clone()], &self.values[tree])
        })
    }

    /// The probability, for the block of each row, that it belongs to the article.
    #[must_use]
    pub fn probabilities(&self, rows: &[Row]) -> Vec<f32> {
        let places: Vec<Places> = rows.iter().map(|row| self.places(row)).collect();
        let mut sums = vec![0.0_f32; rows.len()];
        // Tree by tree, so that one tree at a time is in the nearest cache.
        for (nodes, values) in self.trees() {
            for (sums, rows) in sums.chunks_mut(LANES).zip(places.chunks(LANES)) {
                add(nodes, values, rows, sums);
            }
        }
        sums.iter().map(|sum| 1.0 / (1.0 + (-sum).exp())).collect()
    }

    fn places(&self, row: &Row) -> Places {
        std::array::from_fn(|column| {
            let before = place(&self.thresholds[column], row[column]);
            u8::try_from(before).unwrap_or(u8::MAX)
        })
    }
}

/// How many of the sorted thresholds are less than the value: it goes low at just the others.
fn place(thresholds: &[f32], value: f32) -> usize {
    thresholds.partition_point(|&threshold| threshold < value)
}

/// Rows that go down a tree side by side: one alone waits at each step for the node before.
const LANES: usize = 8;

fn add(nodes: &[Node], values: &[f32], rows: &[Places], sums: &mut [f32]) {
    let mut at = [0_u8; LANES];
    loop {
        let mut moves = false;
        for (at, row) in at.iter_mut().zip(rows) {
            let node = nodes[usize::from(*at)];
            let is_low = row[usize::from(node.column)] <= node.place;
            let next = if is_low { node.low } else { node.high };
            moves |= next != *at;
            *at = next;
        }
        if !moves {
            break;
        }
    }
    for (sum, at) in sums.iter_mut().zip(at) {
        *sum += values[usize::from(at)];
    }
}

/// The thresholds that each feature is compared with, in order.
fn thresholds(lines: &[(usize, Line)]) -> Vec<Vec<f32>> {
    let mut all = vec![Vec::new(); FEATURES.len()];
    for (_, line) in lines {
        if let Line::Split {
            column, threshold, ..
        } = line
        {
            all[*column].push(*threshold);
        }
    }
    for of_feature in &mut all {
        of_feature.sort_unstable_by(f32::total_cmp);
        of_feature.dedup();
    }
    all
}

fn read_line(line: &str) -> Option<Line> {
    let mut words = line.split('\t');
    match words.next()? {
        "tree" => Some(Line::Tree),
        "leaf" => Some(Line::Leaf(words.next()?.parse().ok()?)),
        name => Some(Line::Split {
            column: FEATURES.iter().position(|(known, _)| *known == name)?,
            threshold: words.next()?.parse().ok()?,
            low: words.next()?.parse().ok()?,
            high: words.next()?.parse().ok()?,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUMP: &str = "# one split\ntree\nmass\t3.5\t1\t2\nleaf\t-2\nleaf\t2\n";

    #[test]
    fn trees_are_walked_and_summed() {
        let mut row: Row = [0.0; FEATURES.len()];
        let twice = Model::read(&format!("{STUMP}{STUMP}")).unwrap();
        row[0] = 3.5;
        let low = twice.probabilities(&[row])[0];
        assert!((low - 1.0 / (1.0 + 4_f32.exp())).abs() < 1e-6);
        row[0] = 3.6;
        assert!(twice.probabilities(&[row])[0] > 0.98);
    }

    #[test]
    fn what_is_no_tree_is_refused_with_its_line() {
        for (table, line) in [
            ("leaf\t1", 1),
            ("tree\nno_such\t1\t1\t2\nleaf\t1\nleaf\t1", 2),
            ("tree\nmass\t1\t0\t1\nleaf\t1", 2),
            ("tree\nmass\t1\t1\t9\nleaf\t1", 0),
            ("tree\ntree\nleaf\t1", 0),
        ] {
            let error = Model::read(table).unwrap_err();
            assert_eq!(error.line, line, "{table}: {error}");
        }
    }

    #[test]
    fn the_trained_model_is_one() {
        assert!(Model::trained().roots.len() >= 100);
    }
}
