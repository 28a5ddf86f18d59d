//! Where else the text of a block stands.

use foldhash::{HashMap, HashSet};

use crate::extract::heuristic::{Scene, ratio};
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
        let mut counts: HashMap<&str, u32> = HashMap::default();
        for key in keys() {
            *counts.entry(key).or_default() += 1;
        }
        let body = article_body.map(|body| {
            let words: Vec<u64> = hashes(&text::key(body)).collect();
            Hashes::of(triples(&words))
        });
        let body = body.filter(|body| body.all.len() >= BODY_WORDS);
        let title = Hashes::of(hashes(&scene.title_key));
        let description = Hashes::of(hashes(&scene.description_key));
        let mut copies = Self::default();
        let mut words: Vec<u64> = Vec::new();
        for key in keys() {
            words.clear();
            words.extend(hashes(key));
            copies.same.push(counts[key]);
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

/// A hash of each word of a key, in order.
fn hashes(key: &str) -> impl Iterator<Item = u64> + '_ {
    text::words(key).map(|word| short::hash(word.as_bytes()))
}

/// A set of hashes.
struct Hashes {
    all: HashSet<u64>,
    /// For the lower bits of a hash whether there is one: most that are asked for are not.
    seen: [u64; 16],
}

impl Hashes {
    fn of(hashes: impl Iterator<Item = u64>) -> Self {
        let all: HashSet<u64> = hashes.collect();
        let mut seen = [0; 16];
        for &hash in &all {
            seen[place(hash)] |= bit(hash);
        }
        Self { all, seen }
    }

    fn contains(&self, hash: u64) -> bool {
        self.seen[place(hash)] & bit(hash) != 0 && self.all.contains(&hash)
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

fn place(hash: u64) -> usize {
    (hash >> 6) as usize % 16
}

fn bit(hash: u64) -> u64 {
    1 << (hash % 64)
}

/// Hashes of each three words in a row; fewer than three words are one.
fn triples(words: &[u64]) -> impl Iterator<Item = u64> + '_ {
    let one = |words: &[u64]| {
        let words = words.iter();
        words.fold(0, |hash, word| short::hash_on(hash, *word))
    };
    words.windows(words.len().clamp(1, 3)).map(one)
}
