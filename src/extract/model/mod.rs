//! Row → probability that the block belongs to the article: gradient-boosted trees.
//!
//! `trees.tsv` is the trained table; `README.md` beside it is its card: data, scores, limits, and
//! how to rebuild it. A tree is a line `tree` and its nodes, numbered from 0: a split `feature
//! threshold low high`, where `low` is the node to go on with when the feature is at most the
//! threshold, or `leaf value`. The values of all trees are summed and squashed to 0.0 to 1.0.

mod forest;

use std::sync::LazyLock;

use foldhash::HashMap;

use super::features::{FEATURES, Row};
use forest::{Forest, LEAVES_MAX, Split, bits};

static TRAINED: LazyLock<Model> = LazyLock::new(|| {
    Model::read(include_str!("trees.tsv")).unwrap_or_else(|error| panic!("trees.tsv: {error}"))
});

/// A model: trees in one table.
#[derive(Debug, PartialEq)]
pub struct Model {
    forest: Forest,
    /// What each leaf of each tree adds, from the low side on.
    values: Vec<[f32; LEAVES_MAX]>,
}

/// A table that is no model.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct NoModel {
    line: usize,
    what: &'static str,
}

/// A line of a tree in the table.
#[derive(Debug, Clone, Copy)]
enum Node {
    Split {
        column: usize,
        threshold: f32,
        low: usize,
        high: usize,
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
    /// Fails at a line that is no node or names no feature, and at the first line of a tree whose
    /// splits lead out of it, back, or twice to one node, or that has more than 32 leaves.
    pub fn read(table: &str) -> Result<Self, NoModel> {
        let columns = columns();
        let mut trees: Vec<(usize, Vec<Node>)> = Vec::new();
        let rows = (1..).zip(table.lines());
        for (line, row) in rows.filter(|(_, row)| !row.is_empty() && !row.starts_with('#')) {
            let fail = |what| NoModel { line, what };
            if row == "tree" {
                trees.push((line, Vec::new()));
            } else {
                let tree = trees.last_mut();
                let (_, nodes) = tree.ok_or_else(|| fail("a node without a tree"))?;
                nodes.push(node(row, &columns).ok_or_else(|| fail("no node"))?);
            }
        }
        let mut model = Self {
            forest: Forest::default(),
            values: Vec::new(),
        };
        for (line, nodes) in trees {
            let what = "no tree of at most 32 leaves";
            model.grow(nodes).ok_or(NoModel { line, what })?;
        }
        Ok(model)
    }

    fn grow(&mut self, nodes: Vec<Node>) -> Option<()> {
        if nodes.len() >= 2 * LEAVES_MAX {
            return None;
        }
        let mut values = Vec::new();
        let mut left: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
        self.branch(&mut left, 0, &mut values)?;
        let is_whole = left.iter().all(Option::is_none);
        self.forest.end_tree(values.len());
        values.resize(LEAVES_MAX, 0.0);
        self.values.push(values.try_into().ok()?);
        is_whole.then_some(())
    }

    /// Adds what is at and below a node, the low side first; none where it is no tree. A node that
    /// was added is taken away, so that this ends.
    fn branch(
        &mut self,
        nodes: &mut [Option<Node>],
        at: usize,
        values: &mut Vec<f32>,
    ) -> Option<()> {
        match nodes.get_mut(at)?.take()? {
            Node::Leaf(value) => values.push(value),
            Node::Split {
                column,
                threshold,
                low,
                high,
            } => {
                let place = self.forest.push(Split::default());
                let before = bits(values.len());
                self.branch(nodes, low, values)?;
                let between = bits(values.len());
                self.branch(nodes, high, values)?;
                let (low, high) = (between & !before, bits(values.len()) & !between);
                let split = Split::new(u32::try_from(column).ok()?, threshold, low, high);
                self.forest.set(place, split);
            }
        }
        Some(())
    }

    /// The probability, for the block of each row, that it belongs to the article.
    #[must_use]
    pub fn probabilities(&self, rows: &[Row]) -> Vec<f32> {
        let mut sums = vec![0.0_f32; rows.len()];
        self.forest.add(&self.values, rows, &mut sums);
        sums.iter().map(|sum| 1.0 / (1.0 + (-sum).exp())).collect()
    }
}

/// The place of each feature by its name.
fn columns() -> HashMap<&'static str, usize> {
    FEATURES.into_iter().zip(0..).collect()
}

fn node(line: &str, columns: &HashMap<&str, usize>) -> Option<Node> {
    // A search for the next of so few bytes takes longer than to look at each.
    let mut words = line.split(['\t']);
    Some(match words.next()? {
        "leaf" => Node::Leaf(words.next()?.parse().ok()?),
        name => Node::Split {
            column: *columns.get(name)?,
            threshold: words.next()?.parse().ok()?,
            low: words.next()?.parse().ok()?,
            high: words.next()?.parse().ok()?,
        },
    })
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
            ("tree\nmass\t1\t0\t1\nleaf\t1", 1),
            ("tree\nmass\t1\t1\t9\nleaf\t1", 1),
            ("tree\nmass\t1\t1\t1\nleaf\t1\nleaf\t1", 1),
            ("tree\ntree\nleaf\t1", 1),
        ] {
            let error = Model::read(table).unwrap_err();
            assert_eq!(error.line, line, "{table}: {error}");
        }
    }

    /// The sum of the leaves where a row ends in the trees of a table, node by node.
    fn walked(table: &str, row: &Row) -> f32 {
        let columns = columns();
        let trees = table.split("tree\n").skip(1).map(|tree| {
            let nodes = tree.lines().filter_map(|line| node(line, &columns));
            let nodes: Vec<Node> = nodes.collect();
            let mut at = 0;
            loop {
                match nodes[at] {
                    Node::Leaf(value) => return value,
                    Node::Split {
                        column,
                        threshold,
                        low,
                        high,
                    } => at = if row[column] > threshold { high } else { low },
                }
            }
        });
        trees.sum()
    }

    #[test]
    fn rows_end_where_they_do_when_walked_however_many_there_are() {
        let table = include_str!("trees.tsv");
        let mut state = 7_u32;
        let mut next = |below: u16| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(u16::try_from(state >> 16).unwrap() % below)
        };
        // Of values as features have them: many alike, shares, and -1 for none.
        let mut value = || match next(4) {
            0.0 => -1.0,
            1.0 => next(2),
            2.0 => next(100) / 100.0,
            _ => next(14),
        };
        for count in [1, 31, 33, 64, 65, 150] {
            let common: Row = std::array::from_fn(|_| value());
            let row = |_| {
                let mut row = common;
                row.iter_mut().step_by(3).for_each(|one| *one = value());
                row
            };
            let rows: Vec<Row> = (0..count).map(row).collect();
            for (row, have) in rows.iter().zip(Model::trained().probabilities(&rows)) {
                let want = 1.0 / (1.0 + (-walked(table, row)).exp());
                assert!((have - want).abs() < 1e-6, "{count} rows: {have} {want}");
            }
        }
    }

    #[test]
    fn the_trained_model_is_one() {
        assert!(Model::trained().values.len() >= 100);
    }
}
