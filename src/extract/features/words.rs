//! Where else the text of a block stands.

use std::hash::BuildHasher;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use crate::extract::heuristic::{Scene, ratio};
use crate::extract::text::Spaces;
use crate::extract::{short, text};

/// Where else the text of a block stands. Shares are of those blocks that are asked for.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// How many blocks have the same text.
    pub(super) same: Vec<u32>,
    /// Share of the block's words that are in the title.
    pub(super) in_title: Vec<f32>,
    /// Share of the block's words that are in the description.
    pub(super) in_description: Vec<f32>,
    /// Share of the block's word triples that are in JSON-LD's `articleBody`; −1 without one.
    pub(super) in_json_ld: Vec<f32>,
}

/// Fewest words of an `articleBody` that is one, and no teaser.
const BODY_WORDS: usize = 60;

impl Copies {
    pub(super) fn of(scene: &Scene, article_body: Option<&str>, asked: &[usize]) -> Self {
        let keys = || scene.blocks.iter().map(|block| block.key);
        let body = article_body.map(|body| {
            let words: Vec<u64> = hashes(&text::key(body)).collect();
            let triples: Vec<u64> = triples(&words).collect();
            Hashes::of(&triples)
        });
        let body = body.filter(|body| body.len >= BODY_WORDS);
        let of_words = |key| Hashes::of(&hashes(key).collect::<Vec<u64>>());
        let title = of_words(&scene.title_key);
        let description = of_words(&scene.description_key);
        let none = || vec![-1.0; scene.blocks.len()];
        let mut copies = Self {
            same: same(keys()),
            in_title: none(),
            in_description: none(),
            in_json_ld: none(),
        };
        let (mut words, mut threes): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        for &at in asked {
            words.clear();
            words.extend(hashes(scene.blocks[at].key));
            copies.in_title[at] = title.share(&words);
            copies.in_description[at] = description.share(&words);
            if let Some(body) = &body {
                threes.clear();
                threes.extend(triples(&words));
                copies.in_json_ld[at] = body.share(&threes);
            }
        }
        copies
    }
}

/// How many keys are as each.
fn same<'k>(keys: impl ExactSizeIterator<Item = &'k str>) -> Vec<u32> {
    let mut known = HashMap::with_capacity_and_hasher(keys.len(), RandomState::default());
    let mut counts: Vec<u32> = Vec::with_capacity(keys.len());
    let places: Vec<usize> = keys
        .map(|key| {
            let place = *known.entry(key).or_insert(counts.len());
            if place == counts.len() {
                counts.push(0);
            }
            counts[place] += 1;
            place
        })
        .collect();
    places.into_iter().map(|place| counts[place]).collect()
}

/// A hash of each word of a key, in order.
fn hashes(key: &str) -> impl Iterator<Item = u64> + '_ {
    let mut start = 0;
    let ends = Spaces::of(key.as_bytes()).chain([key.len()]);
    ends.map(move |end| {
        let hash = short::hash_part(key.as_bytes(), start, end);
        start = end + 1;
        hash
    })
}

/// A set of hashes.
struct Hashes {
    /// Each in the first free slot from its own on; 0 where there is none.
    slots: Vec<u64>,
    /// An odd number that no page can know.
    seed: u64,
    /// What leaves as many of the upper bits as a slot's number has.
    shift: u32,
    len: usize,
}

impl Hashes {
    fn of(hashes: &[u64]) -> Self {
        let slots = (hashes.len() * 4).next_power_of_two().max(2);
        let mut set = Self {
            slots: vec![0; slots],
            shift: u64::BITS - slots.trailing_zeros(),
            seed: RandomState::default().hash_one(0_u8) | 1,
            len: 0,
        };
        for &hash in hashes {
            let slot = set.slot(some(hash));
            set.len += usize::from(set.slots[slot] == 0);
            set.slots[slot] = some(hash);
        }
        set
    }

    /// Where a hash is looked for first.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the upper bits are taken")]
    fn first_slot(&self, hash: u64) -> usize {
        (hash.wrapping_mul(self.seed) >> self.shift) as usize
    }

    /// The slot of a hash, or that where it would be put.
    fn slot(&self, hash: u64) -> usize {
        let mut slot = self.first_slot(hash);
        while self.slots[slot] != 0 && self.slots[slot] != hash {
            slot = (slot + 1) % self.slots.len();
        }
        slot
    }

    /// Share of the hashes that are in the set.
    fn share(&self, hashes: &[u64]) -> f32 {
        let inside = hashes.chunks(AT_ONCE).map(|hashes| self.count(hashes));
        let all = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
        ratio(inside.sum(), all)
    }

    /// How many of a few hashes are in the set. There is no telling whether a word is, so nothing branches
    /// upon it; those whose first slot is another's are looked for apart.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "a branch would be guessed wrong"
    )]
    fn count(&self, hashes: &[u64]) -> u32 {
        let mut inside = 0;
        let (mut others, mut len) = ([0; AT_ONCE], 0);
        for (&hash, _) in hashes.iter().zip(0..AT_ONCE) {
            let hash = some(hash);
            let have = self.slots[self.first_slot(hash)];
            inside += u32::from(have == hash);
            others[len] = hash;
            len += usize::from((have != 0) & (have != hash));
        }
        for &hash in &others[..len] {
            inside += u32::from(self.slots[self.slot(hash)] == hash);
        }
        inside
    }
}

/// Hashes that are looked for at once.
const AT_ONCE: usize = 32;

/// A hash that is not that of an empty slot.
fn some(hash: u64) -> u64 {
    hash.max(1)
}

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
        let held: Vec<u64> = (0..1000).map(|n| n * 3).collect();
        let set = Hashes::of(&held);
        // 0 and 1 are one to the set, and neither is 2.
        let asked: Vec<u64> = (2..3000).collect();
        assert_eq!((set.len, set.share(&held)), (1000, 1.0));
        assert!((set.share(&asked) - 999.0 / 2998.0).abs() < 1e-6);
        assert!(set.share(&[]).abs() < 1e-6);
    }
}
