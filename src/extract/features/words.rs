//! What the features ask of a block's text: its shape, and where else it stands.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::extract::heuristic::{Scene, ratio};
use crate::extract::text;

/// Counts over the characters of a block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    pub(super) words: u32,
    pub(super) capitals: u32,
    pub(super) digits: u32,
    /// Commas and their like.
    pub(super) commas: u32,
    /// Full stops and their like that end a sentence: at the end, or before a space.
    pub(super) stops: u32,
    /// Bars, bullets, slashes, arrows, at and copyright signs.
    pub(super) signs: u32,
    pub(super) starts_lower: bool,
    pub(super) ends_sentence: bool,
    pub(super) is_cut_off: bool,
}

impl Shape {
    pub(super) fn of(text: &str) -> Self {
        let mut shape = Self {
            words: text::word_count(text),
            starts_lower: text
                .chars()
                .find(|c| c.is_alphanumeric())
                .is_some_and(char::is_lowercase),
            ends_sentence: text::ends_sentence(text),
            is_cut_off: text::is_cut_off(text),
            ..Self::default()
        };
        let mut chars = text.chars().peekable();
        let mut starts_word = true;
        while let Some(c) = chars.next() {
            shape.capitals += u32::from(starts_word && c.is_uppercase());
            shape.digits += u32::from(c.is_numeric());
            match c {
                ',' | ';' | '、' | '，' | '،' => shape.commas += 1,
                '。' | '！' | '？' | '।' | '۔' => shape.stops += 1,
                '.' | '!' | '?' | '؟'
                    if chars.peek().is_none_or(|next| !next.is_alphanumeric()) =>
                {
                    shape.stops += 1;
                }
                '|' | '•' | '·' | '/' | '→' | '›' | '»' | '@' | '©' | '#' | '>' => {
                    shape.signs += 1;
                }
                _ => {}
            }
            starts_word = !c.is_alphanumeric();
        }
        shape
    }
}

/// Where else the text of a block stands.
#[derive(Debug)]
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
        let keys: Vec<String> = scene
            .blocks
            .iter()
            .map(|block| text::key(&block.text))
            .collect();
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for key in &keys {
            *counts.entry(key).or_default() += 1;
        }
        let body = article_body
            .map(text::key)
            .map(|key| triples(&key).collect::<HashSet<u64>>());
        let body = body.filter(|body| body.len() >= BODY_WORDS);
        let share_in = |text: &str| -> Vec<f32> {
            let words: HashSet<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            keys.iter()
                .map(|key| share(key.split(' '), |word| words.contains(word)))
                .collect()
        };
        let in_body = |key: &String| match &body {
            Some(body) => share(triples(key), |triple| body.contains(triple)),
            None => -1.0,
        };
        Self {
            same: keys.iter().map(|key| counts[key.as_str()]).collect(),
            in_title: share_in(&scene.title_key),
            in_description: share_in(&scene.description_key),
            in_json_ld: keys.iter().map(in_body).collect(),
        }
    }
}

fn share<T>(items: impl Iterator<Item = T>, is_in: impl Fn(&T) -> bool) -> f32 {
    let (mut all, mut inside) = (0, 0);
    for item in items {
        all += 1;
        inside += u32::from(is_in(&item));
    }
    ratio(inside, all)
}

/// Hashes of each three words in a row; fewer than three words are one.
fn triples(key: &str) -> impl Iterator<Item = u64> + '_ {
    let words: Vec<&str> = key.split(' ').collect();
    let hash = |words: &[&str]| {
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        hasher.finish()
    };
    let hashes: Vec<u64> = if words.len() < 3 {
        vec![hash(&words)]
    } else {
        words.windows(3).map(hash).collect()
    };
    hashes.into_iter()
}
