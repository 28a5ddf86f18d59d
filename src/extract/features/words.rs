//! Where else the text of a block stands.

use std::hash::BuildHasher;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use crate::extract::heuristic::{Scene, ratio};
use crate::extract::text::Spaces;
use crate::extract::{short, text};

/// Where else the text of a block stands.
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
    pub(super) fn of(scene: &Scene, article_body: Option<&str>) -> Self {
        let keys = || scene.blocks.iter().map(|block| block.key.as_str());
        let body = article_body.map(|body| {
            let words: Vec<u64> = hashes(&text::key(body)).collect();
            let triples: Vec<u64> = triples(&words).collect();
            Hashes::of(&triples)
        });
        let body = body.filter(|body| body.len >= BODY_WORDS);
        let of_words = |key| Hashes::of(&hashes(key).collect::<Vec<u64>>());
        let title = of_words(&scene.title_key);
        let description = of_words(&scene.description_key);
        let mut copies = Self {
            same: same(keys()),
            ..Self::default()
        };
        let mut words: Vec<u64> = Vec::new();
        for key in keys() {
            words.clear();
            words.extend(hashes(key));
            copies.in_title.push(title.share(words.iter().copied()));
            copies
                .in_description
                .push(description.share(words.iter().copied()));
            let in_body = body.as_ref().map(|body| body.share(triples(&words)));
            copies.in_json_ld.push(in_body.unwrap_or(-1.0));
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

    /// The slot of a hash, or that where it would be put.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the upper bits are taken")]
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "one branch, hardly ever taken"
    )]
    fn slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (hash.wrapping_mul(self.seed) >> self.shift) as usize;
        while (self.slots[slot] != 0) & (self.slots[slot] != hash) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    #[inline]
    fn contains(&self, hash: u64) -> bool {
        self.slots[self.slot(some(hash))] != 0
    }

    /// Share of the items that are in the set.
    fn share(&self, items: impl Iterator<Item = u64>) -> f32 {
        let (mut all, mut inside) = (0, 0);
        for item in items {
            all += 1;
            inside += u32::from(self.contains(item));
        }
        ratio(inside, all)
    }
}

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
