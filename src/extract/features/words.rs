//! Where else the text of a block stands.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use crate::extract::heuristic::{Scene, ratio};
use crate::extract::{short, text};

/// Where else the text of a block stands. Shares are of those blocks that are asked for.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// Share of the block's words that are in the title.
    pub(super) title: Vec<f32>,
    /// Share of the block's words that are in the description.
    pub(super) description: Vec<f32>,
    /// Share of the block's word triples that are in JSON-LD's `articleBody`; −1 without one.
    pub(super) json_ld: Vec<f32>,
}

/// Fewest words of an `articleBody` that is one, and no teaser.
const BODY_WORDS: usize = 60;

impl Copies {
    pub(super) fn of(scene: &Scene, body_key: Option<&str>, asked: &[usize]) -> Self {
        let body = body_key.map(|key| {
            let words: Vec<u64> = text::word_hashes(key).collect();
            let triples: Vec<u64> = triples(&words).collect();
            Hashes::of(&triples)
        });
        let body = body.filter(|body| body.len >= BODY_WORDS);
        let of_words = |key| text::word_hashes(key).collect::<Vec<u64>>();
        let known = Hashes::of_both(
            &of_words(&scene.title_key),
            &of_words(&scene.description_key),
        );
        let none = || vec![-1.0; scene.blocks.len()];
        let mut copies = Self {
            title: none(),
            description: none(),
            json_ld: none(),
        };
        let (mut words, mut threes): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        for &at in asked {
            words.clear();
            // Not `extend`, which asks at each word whether there is room for all that may come.
            text::word_hashes(scene.blocks[at].key).for_each(|hash| words.push(hash));
            [copies.title[at], copies.description[at]] = known.shares(&words);
            if let Some(body) = &body {
                threes.clear();
                threes.extend(triples(&words));
                [copies.json_ld[at], _] = body.shares(&threes);
            }
        }
        copies
    }
}

/// One or two sets of hashes.
struct Hashes {
    /// Each in the first free slot from its own on; 0 where there is none. The two lowest bits say in which
    /// sets it is.
    slots: Vec<u64>,
    /// An odd number that no page can know.
    seed: u64,
    /// What leaves as many of the upper bits as a slot's number has.
    shift: u32,
    len: usize,
}

impl Hashes {
    fn of(hashes: &[u64]) -> Self {
        Self::of_both(hashes, &[])
    }

    fn of_both(first: &[u64], second: &[u64]) -> Self {
        let slots = ((first.len() + second.len()) * 4)
            .next_power_of_two()
            .max(2);
        let mut set = Self {
            slots: vec![0; slots],
            shift: u64::BITS - slots.trailing_zeros(),
            seed: RandomState::default().hash_one(0_u8) | 1,
            len: 0,
        };
        for (hashes, own) in [(first, 1), (second, 2)] {
            for &hash in hashes {
                let slot = set.slot(hash & !SETS);
                set.len += usize::from(set.slots[slot] == 0);
                set.slots[slot] |= (hash & !SETS) | own;
            }
        }
        set
    }

    /// Where a hash without its lowest bits is looked for first.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the upper bits are taken")]
    fn first_slot(&self, hash: u64) -> usize {
        (hash.wrapping_mul(self.seed) >> self.shift) as usize
    }

    /// The slot of a hash, or that where it would be put.
    fn slot(&self, hash: u64) -> usize {
        let mut slot = self.first_slot(hash);
        while self.slots[slot] != 0 && self.slots[slot] & !SETS != hash {
            slot = (slot + 1) % self.slots.len();
        }
        slot
    }

    /// Share of the hashes that are in each of the sets.
    fn shares(&self, hashes: &[u64]) -> [f32; 2] {
        let inside = hashes.chunks(AT_ONCE).map(|hashes| self.count(hashes));
        let inside = inside.fold([0, 0], |all, some| [all[0] + some[0], all[1] + some[1]]);
        let all = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
        inside.map(|inside| ratio(inside, all))
    }

    /// How many of a few hashes are in each of the sets. There is no telling whether a word is, so nothing branches
    /// upon it; those whose first slot is another's are looked for apart.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "a branch would be guessed wrong"
    )]
    fn count(&self, hashes: &[u64]) -> [u32; 2] {
        let [mut first, mut second] = [0, 0];
        let (mut others, mut len) = ([0; AT_ONCE], 0);
        for (&hash, _) in hashes.iter().zip(0..AT_ONCE) {
            let hash = hash & !SETS;
            let have = self.slots[self.first_slot(hash)];
            // No slot with something in it is in no set, so that an empty one counts for nothing.
            let is_it = have & !SETS == hash;
            first += u32::from(is_it & (have & 1 != 0));
            second += u32::from(is_it & (have & 2 != 0));
            others[len] = hash;
            len += usize::from((have != 0) & !is_it);
        }
        for &hash in &others[..len] {
            let have = self.slots[self.slot(hash)];
            first += u32::from(have & 1 != 0);
            second += u32::from(have & 2 != 0);
        }
        [first, second]
    }
}

/// Hashes that are looked for at once.
const AT_ONCE: usize = 32;

/// The bits of a slot that say in which sets its hash is.
const SETS: u64 = 3;

/// Hashes of each three words in a row; fewer than three words are one.
fn triples(words: &[u64]) -> impl Iterator<Item = u64> + '_ {
    let one = |words: &[u64]| {
        let words = words.iter();
        words.fold(0, |hash, word| short::hash_on(hash, *word))
    };
    words.windows(words.len().clamp(1, 3)).map(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_set_is_counted_whatever_slot_it_has() {
        // The two lowest bits are not looked at.
        let every = |step: u64| (0..1000).map(|n| 4 * n * step).collect::<Vec<u64>>();
        let (third, fifth) = (every(3), every(5));
        let set = Hashes::of_both(&third, &fifth);
        // Every fifteenth is in both, up to the last of the third.
        assert_eq!(set.len, 1800);
        let asked: Vec<u64> = (1..3000).map(|n| 4 * n).collect();
        let rows: [(&Hashes, &[u64], [f32; 2]); 5] = [
            (&set, &third, [1.0, 0.2]),
            (&set, &fifth, [0.2, 1.0]),
            (&set, &asked, [999.0 / 2999.0, 599.0 / 2999.0]),
            (&set, &[], [0.0, 0.0]),
            (&Hashes::of(&third), &third, [1.0, 0.0]),
        ];
        for (set, asked, shares) in rows {
            assert_eq!(
                set.shares(asked).map(f32::to_bits),
                shares.map(f32::to_bits)
            );
        }
    }
}
