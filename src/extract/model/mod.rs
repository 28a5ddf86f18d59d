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
/// Many rows go through a tree side by side. Blocks that follow one another are much alike, so that at most
/// splits they all go one way, which the lowest and the highest value of the column tell. Only where they
/// part is each asked: a split that a row fails strikes out the leaves below its low side, and the first
/// leaf that is left is where the row ends (`QuickScorer`, Lucchese et al., SIGIR 2015).
#[derive(Debug, PartialEq)]
pub struct Model {
    splits: Vec<Split>,
    trees: Vec<Tree>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Split {
    column: u32,
    threshold: f32,
    /// The leaves that stay for a row above the threshold, as bits.
    leaves: u32,
    /// The splits on its two sides, among those of all trees; [`LEAF`] where a side has none.
    low: u32,
    high: u32,
}

/// In place of a split: a leaf.
const LEAF: u32 = u32::MAX;

#[derive(Debug, PartialEq)]
struct Tree {
    /// Its first split.
    root: u32,
    /// What each leaf adds, from the low side on.
    values: Vec<f32>,
}

/// Most leaves of a tree: one bit each.
const LEAVES_MAX: usize = 32;

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
        let mut trees: Vec<(usize, Vec<Node>)> = Vec::new();
        let rows = (1..).zip(table.lines());
        for (line, row) in rows.filter(|(_, row)| !row.is_empty() && !row.starts_with('#')) {
            let fail = |what| NoModel { line, what };
            if row == "tree" {
                trees.push((line, Vec::new()));
            } else {
                let tree = trees.last_mut();
                let (_, nodes) = tree.ok_or_else(|| fail("a node without a tree"))?;
                nodes.push(node(row).ok_or_else(|| fail("no node"))?);
            }
        }
        let mut model = Self {
            splits: Vec::new(),
            trees: Vec::new(),
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
        let root = self.branch(&mut left, 0, &mut values)?;
        let is_whole = left.iter().all(Option::is_none);
        self.trees.push(Tree { root, values });
        is_whole.then_some(())
    }

    /// Adds what is at and below a node, the low side first, and says where; none where it is no tree. A node
    /// that was added is taken away, so that this ends.
    fn branch(
        &mut self,
        nodes: &mut [Option<Node>],
        at: usize,
        values: &mut Vec<f32>,
    ) -> Option<u32> {
        match nodes.get_mut(at)?.take()? {
            Node::Leaf(value) => {
                values.push(value);
                Some(LEAF)
            }
            Node::Split {
                column,
                threshold,
                low,
                high,
            } => {
                let (before, place) = (values.len(), self.splits.len());
                self.splits.push(Split {
                    column: u32::try_from(column).ok()?,
                    threshold,
                    leaves: 0,
                    low: LEAF,
                    high: LEAF,
                });
                let low = self.branch(nodes, low, values)?;
                let leaves = !(bits(values.len()) & !bits(before));
                let high = self.branch(nodes, high, values)?;
                let split = &mut self.splits[place];
                (split.leaves, split.low, split.high) = (leaves, low, high);
                u32::try_from(place).ok()
            }
        }
    }

    /// The probability, for the block of each row, that it belongs to the article.
    #[must_use]
    pub fn probabilities(&self, rows: &[Row]) -> Vec<f32> {
        let mut sums = vec![0.0_f32; rows.len()];
        for (sums, rows) in sums.chunks_mut(LANES).zip(rows.chunks(LANES)) {
            self.add(&side_by_side(rows), sums);
        }
        sums.iter().map(|sum| 1.0 / (1.0 + (-sum).exp())).collect()
    }

    fn add(&self, rows: &SideBySide, sums: &mut [f32]) {
        let mut left = Leaves::default();
        for tree in &self.trees {
            left.of_all = u32::MAX;
            left.are_shared = true;
            self.strike(tree.root, rows, &mut left);
            let value = |leaves: u32| tree.values[leaves.trailing_zeros() as usize];
            if left.are_shared {
                let value = value(left.of_all);
                sums.iter_mut().for_each(|sum| *sum += value);
            } else {
                let each = sums.iter_mut().zip(&left.of_each);
                each.for_each(|(sum, leaves)| *sum += value(leaves & left.of_all));
            }
        }
    }

    /// Strikes out the leaves that the rows do not reach, at and below a split.
    fn strike(&self, root: u32, rows: &SideBySide, left: &mut Leaves) {
        let (mut at, mut waiting) = (root, 0);
        loop {
            let Some(split) = self.splits.get(at as usize) else {
                if waiting == 0 {
                    return;
                }
                waiting -= 1;
                at = left.waiting[waiting];
                continue;
            };
            let column = &rows[split.column as usize];
            at = if column.highest <= split.threshold {
                split.low
            } else if column.lowest > split.threshold {
                left.of_all &= split.leaves;
                split.high
            } else {
                if left.are_shared {
                    left.of_each = [u32::MAX; LANES];
                    left.are_shared = false;
                }
                strike_each(&mut left.of_each, split, &column.values);
                left.waiting[waiting] = split.high;
                waiting += 1;
                split.low
            };
        }
    }
}

/// The leaves that are left, as bits.
#[derive(Default)]
struct Leaves {
    /// For all rows.
    of_all: u32,
    /// For each row, besides; nothing where they are the same for each.
    of_each: [u32; LANES],
    are_shared: bool,
    /// The high sides of splits that are still to be looked at.
    waiting: [u32; LEAVES_MAX],
}

/// Strikes out, for each row, the leaves that it fails. Written so that it becomes a few instructions for all
/// rows of a register; amid other loops the compiler misses that.
#[inline(never)]
fn strike_each(leaves: &mut [u32; LANES], split: &Split, values: &[f32; LANES]) {
    for (leaves, value) in leaves.iter_mut().zip(values) {
        // All bits of a row that is not above the threshold, no bit of another.
        let all = u32::from(*value > split.threshold).wrapping_sub(1);
        *leaves &= split.leaves | all;
    }
}

/// The lowest `count` bits.
fn bits(count: usize) -> u32 {
    u32::try_from((1_u64 << count.min(LEAVES_MAX)) - 1).unwrap_or(u32::MAX)
}

/// Rows that go through a tree side by side: four registers full.
const LANES: usize = 16;

/// One column of some rows.
#[derive(Debug, Clone, Copy)]
struct Column {
    values: [f32; LANES],
    lowest: f32,
    highest: f32,
}

/// Some rows, column by column.
type SideBySide = [Column; FEATURES.len()];

/// Lanes without a row are as the first one.
#[inline]
fn side_by_side(rows: &[Row]) -> SideBySide {
    std::array::from_fn(|at| {
        let mut values = [rows[0][at]; LANES];
        for (value, row) in values.iter_mut().zip(rows) {
            *value = row[at];
        }
        // No value is none of the numbers, and without asking that this is done for a register at once.
        let lower = |one: f32, other: f32| if other < one { other } else { one };
        let higher = |one: f32, other: f32| if other > one { other } else { one };
        Column {
            values,
            lowest: values.iter().copied().fold(values[0], lower),
            highest: values.iter().copied().fold(values[0], higher),
        }
    })
}

fn node(line: &str) -> Option<Node> {
    let mut words = line.split('\t');
    Some(match words.next()? {
        "leaf" => Node::Leaf(words.next()?.parse().ok()?),
        name => Node::Split {
            column: FEATURES.iter().position(|known| *known == name)?,
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

    #[test]
    fn the_trained_model_is_one() {
        assert!(Model::trained().trees.len() >= 100);
    }
}
