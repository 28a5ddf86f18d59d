//! What the features ask of a block's text: its shape, and where else it stands.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashSet};

use crate::extract::heuristic::{Scene, ratio};
use crate::extract::text;

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
        let body = article_body.map(|body| triples(&hashes(&text::key(body))).collect());
        let body = body.filter(|body: &HashSet<u64>| body.len() >= BODY_WORDS);
        let words_of = |text: &str| -> HashSet<u64> { hashes(text).into_iter().collect() };
        let title = words_of(&scene.title_key);
        let description = words_of(&scene.description_key);
        let mut copies = Self::default();
        for key in keys() {
            let words = hashes(key);
            let share_in = |words_in: &HashSet<u64>| share(words.iter().copied(), words_in);
            copies.same.push(counts[key]);
            copies.in_title.push(share_in(&title));
            copies.in_description.push(share_in(&description));
            let in_body = body.as_ref().map(|body| share(triples(&words), body));
            copies.in_json_ld.push(in_body.unwrap_or(-1.0));
        }
        copies
    }
}

fn hash_of(word: &[u8]) -> u64 {
    FixedState::default().hash_one(word)
}

/// A hash of each word of a key, in order.
fn hashes(key: &str) -> Vec<u64> {
    let words = key.as_bytes().split(|&byte| byte == b' ');
    words.map(hash_of).collect()
}

fn share(items: impl Iterator<Item = u64>, others: &HashSet<u64>) -> f32 {
    let (mut all, mut inside) = (0, 0);
    for item in items {
        all += 1;
        inside += u32::from(others.contains(&item));
    }
    ratio(inside, all)
}

/// Hashes of each three words in a row; fewer than three words are one.
fn triples(words: &[u64]) -> impl Iterator<Item = u64> + '_ {
    words
        .windows(words.len().clamp(1, 3))
        .map(|words| FixedState::default().hash_one(words))
}
