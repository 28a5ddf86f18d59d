//! Splits of all trees → the leaves where rows end, many rows at once.
//!
//! A tree is not walked: each of its splits that a row fails strikes out the leaves below its low
//! side, and the first leaf that is left is where the row ends (`QuickScorer`, Lucchese et al.,
//! SIGIR 2015). That takes no branch, so that many rows go through a tree side by side.
//!
//! Rows of a page are much alike: on the training pages half of the splits send all rows of the page the
//! same way, or are out of reach of them, and four fifths those of 64 that follow one another. So a forest
//! is narrowed to what is open for a page, and that to what is for a part of it.

use super::super::features::{FEATURES, Row};

/// Most leaves of a tree: one bit each.
pub(super) const LEAVES_MAX: usize = 32;

/// Rows that go through a tree side by side: eight registers full.
const LANES: usize = 32;

/// Rows for which a forest is narrowed before it is for [`LANES`] of them.
const SOME: usize = 2 * LANES;

/// The splits of some trees, in the order of their trees, each before those below it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Forest {
    splits: Vec<Split>,
    trees: Vec<Tree>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Split {
    column: u32,
    threshold: f32,
    /// The leaves, as bits, that it leaves open where no row, some rows, and all rows are above the threshold:
    /// those below its high side go, none, or those below its low side.
    stay: [u32; 3],
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Tree {
    /// Where its splits end among those of all trees.
    end: usize,
    /// The leaves that a row may reach.
    leaves: u32,
}

impl Split {
    /// A split whose sides have those leaves below them, as bits.
    pub(super) fn new(column: u32, threshold: f32, low: u32, high: u32) -> Self {
        Self {
            column,
            threshold,
            stay: [!high, u32::MAX, !low],
        }
    }
}

impl Forest {
    /// Adds a split of the tree that is being made; where it is.
    pub(super) fn push(&mut self, split: Split) -> usize {
        self.splits.push(split);
        self.splits.len() - 1
    }

    /// Sets a split anew.
    pub(super) fn set(&mut self, at: usize, split: Split) {
        self.splits[at] = split;
    }

    /// Ends the tree that is being made, of so many leaves.
    pub(super) fn end_tree(&mut self, leaves: usize) {
        self.trees.push(Tree {
            end: self.splits.len(),
            leaves: bits(leaves),
        });
    }

    /// Adds to the sum of each row what the leaf adds where it ends in each tree.
    pub(super) fn add(&self, values: &[[f32; LEAVES_MAX]], rows: &[Row], sums: &mut [f32]) {
        let spreads: Vec<Spread> = rows.chunks(SOME).map(Spread::of).collect();
        let (mut page, mut some) = (Self::default(), Self::default());
        self.narrow(&Spread::over(&spreads), &mut page);
        let mut columns = [[0.0; LANES]; FEATURES.len()];
        let rows = rows.chunks(SOME).zip(sums.chunks_mut(SOME));
        for (spread, (rows, sums)) in spreads.iter().zip(rows) {
            let open = if spreads.len() > 1 {
                page.narrow(spread, &mut some);
                &some
            } else {
                &page
            };
            for (rows, sums) in rows.chunks(LANES).zip(sums.chunks_mut(LANES)) {
                put_side_by_side(rows, &mut columns);
                open.add_lanes(values, &columns, sums);
            }
        }
    }

    /// Writes into `into` what of the forest is open for rows of that spread. In a loop without a branch,
    /// since which splits are open cannot be guessed.
    fn narrow(&self, spread: &Spread, into: &mut Self) {
        into.splits.clear();
        into.splits.reserve(self.splits.len());
        into.trees.clear();
        let (mut from, mut count) = (0, 0);
        for tree in &self.trees {
            let mut leaves = tree.leaves;
            for split in &self.splits[from..tree.end] {
                let column = split.column as usize;
                let above = usize::from(spread.least[column] > split.threshold)
                    + usize::from(spread.most[column] > split.threshold);
                leaves &= split.stay[above];
                into.splits.push(*split);
                // Some are above the threshold and some not, and either may get here.
                let [low, _, high] = split.stay;
                let reach = [above == 1, leaves & !low != 0, leaves & !high != 0];
                count += reach.into_iter().map(usize::from).product::<usize>();
                into.splits.truncate(count);
            }
            from = tree.end;
            into.trees.push(Tree { end: count, leaves });
        }
    }

    fn add_lanes(&self, values: &[[f32; LEAVES_MAX]], rows: &SideBySide, sums: &mut [f32]) {
        let mut from = 0;
        for (tree, values) in self.trees.iter().zip(values) {
            let splits = &self.splits[from..tree.end];
            from = tree.end;
            let value = |leaves: u32| values[leaves.trailing_zeros() as usize % LEAVES_MAX];
            if splits.is_empty() {
                let same = value(tree.leaves);
                for sum in &mut *sums {
                    *sum += same;
                }
                continue;
            }
            let leaves = leaves_left(tree.leaves, splits, rows);
            for (sum, leaves) in sums.iter_mut().zip(leaves) {
                *sum += value(leaves);
            }
        }
    }
}

/// For each row the leaves that no split of a tree strikes out. Written so that it becomes a few
/// instructions for all rows of a register; amid other loops the compiler misses that.
#[inline(never)]
fn leaves_left(leaves: u32, splits: &[Split], rows: &SideBySide) -> [u32; LANES] {
    let mut leaves = [leaves; LANES];
    for split in splits {
        let values = &rows[split.column as usize];
        let [_, _, above] = split.stay;
        for lane in 0..LANES {
            // All bits of a row that is not above the threshold, no bit of another.
            let all = u32::from(values[lane] > split.threshold).wrapping_sub(1);
            leaves[lane] &= above | all;
        }
    }
    leaves
}

/// Between what values those of some rows lie, column by column.
#[derive(Debug, Clone)]
struct Spread {
    least: Row,
    most: Row,
}

impl Spread {
    const NONE: Self = Self {
        least: [f32::INFINITY; FEATURES.len()],
        most: [f32::NEG_INFINITY; FEATURES.len()],
    };

    fn of(rows: &[Row]) -> Self {
        let mut all = Self::NONE;
        for row in rows {
            all.widen(row, row);
        }
        all
    }

    fn over(spreads: &[Self]) -> Self {
        let mut all = Self::NONE;
        for one in spreads {
            all.widen(&one.least, &one.most);
        }
        all
    }

    fn widen(&mut self, least: &Row, most: &Row) {
        for (all, &one) in self.least.iter_mut().zip(least) {
            *all = if one < *all { one } else { *all };
        }
        for (all, &one) in self.most.iter_mut().zip(most) {
            *all = if one > *all { one } else { *all };
        }
    }
}

/// Some rows, column by column.
type SideBySide = [[f32; LANES]; FEATURES.len()];

/// What stands in the lanes of no row is asked for by nobody.
fn put_side_by_side(rows: &[Row], columns: &mut SideBySide) {
    for (lane, row) in rows.iter().enumerate() {
        for (column, value) in columns.iter_mut().zip(row) {
            column[lane] = *value;
        }
    }
}

/// The lowest `count` bits.
pub(super) fn bits(count: usize) -> u32 {
    u32::try_from((1_u64 << count.min(LEAVES_MAX)) - 1).unwrap_or(u32::MAX)
}
