//! Probabilities of blocks → the level from which on they are kept.

use super::Favor;
use super::block::Block;

/// Levels of probability that are told apart.
const LEVELS: usize = 64;

/// How much the errors of one page are taken to go together, 0.0 to 1.0: if one reader's letter
/// is of the page's true text, all are. Measured by site-wise cross-validation on the development
/// suites: 0.3 to 0.5 are alike there, 0 and 1 worse on one suite each.
const TOGETHER: f32 = 0.4;

/// The probability from which on blocks are kept so that the expected F1 of the page is highest.
///
/// For blocks that are right or wrong each by itself that is a level of about half the F1 that can
/// be reached (Lipton et al., ECML 2014): lower where the model is less sure of a page. But then
/// much doubtful text passes for a little true one, so the expectation is blended, by [`TOGETHER`],
/// with that for a true text of all blocks above one unknown level, each level as likely as any.
/// Where precision or recall is favoured, it is F with another β that is to be highest.
#[must_use]
pub(super) fn choose(blocks: &[Block], scores: &[f32], favor: Favor) -> Threshold {
    let sums = Sums::of(blocks, scores);
    let mut expected = sums.expected_f(LEVELS, favor.beta());
    let mut best = (LEVELS, expected);
    for level in (1..LEVELS).rev() {
        // A level without blocks of its own keeps what the one above it keeps.
        if sums.is_any_at(level) {
            expected = sums.expected_f(level, favor.beta());
        }
        if expected >= best.1 {
            best = (level, expected);
        }
    }
    Threshold {
        keep: as_f32(best.0) / as_f32(LEVELS),
        expected_f1: sums.expected_f(best.0, 1.0),
    }
}

/// The choice for a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threshold {
    /// The probability from which on blocks are kept.
    pub(super) keep: f32,
    /// The F1 of the page that may be expected of it, 0.0 to 1.0.
    pub(super) expected_f1: f32,
}

/// Sums over all blocks at or above each level.
struct Sums {
    mass: [f32; LEVELS + 1],
    /// Mass times probability.
    hits: [f32; LEVELS + 1],
}

impl Sums {
    fn of(blocks: &[Block], scores: &[f32]) -> Self {
        let mut sums = Self {
            mass: [0.0; LEVELS + 1],
            hits: [0.0; LEVELS + 1],
        };
        for (block, &score) in blocks.iter().zip(scores) {
            #[expect(clippy::cast_precision_loss, reason = "a size of one block")]
            let mass = (block.mass + 1) as f32;
            let level = level(score);
            sums.mass[level] += mass;
            sums.hits[level] += mass * score;
        }
        for level in (0..LEVELS).rev() {
            sums.mass[level] += sums.mass[level + 1];
            sums.hits[level] += sums.hits[level + 1];
        }
        sums
    }

    fn is_any_at(&self, level: usize) -> bool {
        let at = |level: usize| (self.mass[level], self.hits[level]);
        at(level) != at(level + 1)
    }

    /// The expected F of that `beta` when all from the level on is kept.
    fn expected_f(&self, kept: usize, beta: f32) -> f32 {
        let recall = beta * beta;
        let f = |hits: f32, truth: f32| {
            (1.0 + recall) * hits / (self.mass[kept] + recall * truth).max(1.0)
        };
        let alone = f(self.hits[kept], self.hits[0]);
        let truths = self.mass[1..].iter();
        let together: f32 = truths
            .map(|&truth| f(self.mass[kept].min(truth), truth))
            .sum();
        TOGETHER * together / as_f32(LEVELS) + (1.0 - TOGETHER) * alone
    }
}

/// The highest level that is not above the probability, of 0.0 to 1.0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "levels of a probability are few; what is below the first, or no number, is of the first"
)]
fn level(score: f32) -> usize {
    // Exact, since the number of levels is a power of two.
    ((score * as_f32(LEVELS)) as usize).min(LEVELS)
}

fn as_f32(level: usize) -> f32 {
    f32::from(u8::try_from(level).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Texts;

    fn favoring(favor: Favor, blocks: &[(u32, f32)]) -> f32 {
        let texts = Texts::default();
        let block = |&(mass, _): &(u32, f32)| Block {
            mass,
            ..Block::of("", &texts)
        };
        let scores: Vec<f32> = blocks.iter().map(|(_, score)| *score).collect();
        let blocks: Vec<Block> = blocks.iter().map(block).collect();
        choose(&blocks, &scores, favor).keep
    }

    fn threshold(blocks: &[(u32, f32)]) -> f32 {
        favoring(Favor::Balanced, blocks)
    }

    #[test]
    fn doubtful_text_stays_or_goes_as_favored() {
        let page = [(500, 0.95), (300, 0.45), (300, 0.01)];
        assert!(favoring(Favor::Precision, &page) > 0.45);
        assert!(favoring(Favor::Recall, &page) <= 0.45);
    }

    #[test]
    fn what_is_clear_is_parted_in_between() {
        let level = threshold(&[(500, 0.98), (400, 0.95), (300, 0.03), (90, 0.1)]);
        assert!(level > 0.1 && level <= 0.95, "{level}");
    }

    #[test]
    fn a_page_of_doubtful_text_is_kept_rather_than_nothing() {
        assert!(threshold(&[(300, 0.4), (300, 0.38), (200, 0.01)]) <= 0.38);
    }

    #[test]
    fn many_doubtful_letters_do_not_drown_a_short_story() {
        let mut blocks = vec![(300, 0.93)];
        blocks.extend([(200, 0.25); 20]);
        assert!(threshold(&blocks) > 0.25);
    }
}
