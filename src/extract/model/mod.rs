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
#[derive(Debug, PartialEq)]
pub struct Model {
    nodes: Vec<Node>,
    /// What a leaf adds; of a split nothing.
    values: Vec<f32>,
    roots: Vec<u32>,
}

/// A split, or a leaf, which leads to itself.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    threshold: f32,
    column: u16,
    /// Numbers within the tree.
    low: u16,
    high: u16,
}

/// A table that is no model.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct NoModel {
    line: usize,
    what: &'static str,
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
    /// Fails at a line that is no node, names no feature, or leads out of its tree or back.
    pub fn read(table: &str) -> Result<Self, NoModel> {
        let mut model = Self {
            nodes: Vec::new(),
            values: Vec::new(),
            roots: Vec::new(),
        };
        for (at, line) in table.lines().enumerate() {
            let fail = |what| NoModel { line: at + 1, what };
            if line == "tree" {
                model.roots.push(model.next());
            } else if !line.is_empty() && !line.starts_with('#') {
                let root = model.roots.last();
                let root = *root.ok_or_else(|| fail("a node without a tree"))?;
                let own = u16::try_from(model.next() - root);
                let own = own.map_err(|_| fail("a tree too large"))?;
                let (node, value) = node(line, own).ok_or_else(|| fail("no node"))?;
                model.nodes.push(node);
                model.values.push(value);
            }
        }
        model.check()?;
        Ok(model)
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
        let mut sums = vec![0.0_f32; rows.len()];
        // Tree by tree, so that one tree at a time is in the nearest cache.
        for (nodes, values) in self.trees() {
            for (sums, rows) in sums.chunks_mut(LANES).zip(rows.chunks(LANES)) {
                add(nodes, values, rows, sums);
            }
        }
        sums.iter().map(|sum| 1.0 / (1.0 + (-sum).exp())).collect()
    }
}

/// Rows that go down a tree side by side: one alone waits at each step for the node before.
const LANES: usize = 8;

fn add(nodes: &[Node], values: &[f32], rows: &[Row], sums: &mut [f32]) {
    let mut at = [0_u16; LANES];
    loop {
        let mut moves = false;
        for (at, row) in at.iter_mut().zip(rows) {
            let node = nodes[usize::from(*at)];
            let is_low = row[usize::from(node.column)] <= node.threshold;
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

/// A node and what it adds. Nodes are numbered within their tree, and lead only to later ones.
fn node(line: &str, own: u16) -> Option<(Node, f32)> {
    let mut words = line.split('\t');
    let first = words.next()?;
    if first == "leaf" {
        let leaf = Node {
            threshold: 0.0,
            column: 0,
            low: own,
            high: own,
        };
        return Some((leaf, words.next()?.parse().ok()?));
    }
    let column = FEATURES.iter().position(|(name, _)| *name == first)?;
    let threshold = words.next()?.parse().ok()?;
    let mut next = || words.next()?.parse().ok().filter(|&next| next > own);
    let split = Node {
        threshold,
        column: u16::try_from(column).ok()?,
        low: next()?,
        high: next()?,
    };
    Some((split, 0.0))
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
