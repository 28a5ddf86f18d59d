//! Blocks and the true text of a page → how much of each block is in it.
//!
//! Tokens are runs of letters and digits, and each character of an unspaced script. A block is
//! placed in the truth where most of its 4-grams are found, at up to [`PLACES`] places; the chain
//! of places that keeps both orders and covers most is taken; what is left may then take places
//! that nothing covers, for pages whose truth has another order than the markup.

use std::collections::HashMap;

/// Candidate places of one block.
const PLACES: usize = 4;
/// Words of a gram.
const GRAM: usize = 4;

/// One block's place: where it starts in the truth, and how many of its tokens are there.
#[derive(Debug, Clone, Copy)]
struct Place {
    block: usize,
    start: usize,
    len: usize,
    matched: usize,
}

/// The tokens of a text, folded.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        let unspaced = matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}');
        if c.is_alphanumeric() && !unspaced {
            word.extend(c.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if unspaced {
            tokens.push(c.to_string());
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

/// The share of each block's tokens that the truth holds at the place found for it, 0.0 to 1.0.
pub(crate) fn shares(blocks: &[&str], truth: &str) -> Vec<f64> {
    let line_starts: Vec<usize> = line_starts(truth);
    let truth = tokens(truth);
    let blocks: Vec<Vec<String>> = blocks.iter().map(|text| tokens(text)).collect();
    let index = index(&truth);
    let places: Vec<Place> = (0..blocks.len())
        .flat_map(|at| places(at, &blocks[at], &truth, &index, &line_starts))
        .collect();
    let mut covered = vec![false; truth.len()];
    let mut shares = vec![0.0; blocks.len()];
    let mut take = |place: &Place| {
        let range = place.start..(place.start + place.len).min(truth.len());
        covered[range].fill(true);
        shares[place.block] = place.matched as f64 / place.len as f64;
    };
    let chain = chain(&places);
    chain.iter().for_each(&mut take);
    let mut rest: Vec<Place> = places
        .iter()
        .filter(|place| shares[place.block] == 0.0 && place.len >= GRAM)
        .copied()
        .collect();
    rest.sort_by_key(|place| std::cmp::Reverse(place.matched));
    for place in rest {
        let range = place.start..(place.start + place.len).min(truth.len());
        let free = covered[range.clone()].iter().filter(|&&is| !is).count();
        if shares[place.block] == 0.0 && free * 2 >= range.len() {
            covered[range].fill(true);
            shares[place.block] = place.matched as f64 / place.len as f64;
        }
    }
    shares
}

fn line_starts(truth: &str) -> Vec<usize> {
    let mut at = 0;
    truth
        .lines()
        .map(|line| {
            let start = at;
            at += tokens(line).len();
            start
        })
        .collect()
}

fn index(truth: &[String]) -> HashMap<&[String], Vec<usize>> {
    let mut index: HashMap<&[String], Vec<usize>> = HashMap::new();
    for (at, gram) in truth.windows(GRAM).enumerate() {
        index.entry(gram).or_default().push(at);
    }
    index
}

fn places(
    block: usize,
    tokens: &[String],
    truth: &[String],
    index: &HashMap<&[String], Vec<usize>>,
    line_starts: &[usize],
) -> Vec<Place> {
    let starts: Vec<i64> = if tokens.len() < GRAM {
        let fits = |&&start: &&usize| truth[start..].starts_with(tokens);
        let found = line_starts.iter().filter(fits);
        if tokens.is_empty() {
            Vec::new()
        } else {
            found.take(PLACES).map(|&start| start as i64).collect()
        }
    } else {
        let mut offsets: HashMap<i64, u32> = HashMap::new();
        for (at, gram) in tokens.windows(GRAM).enumerate() {
            for &found in index.get(gram).into_iter().flatten().take(50) {
                *offsets.entry(found as i64 - at as i64).or_default() += 1;
            }
        }
        let mut offsets: Vec<(i64, u32)> = offsets.into_iter().collect();
        offsets.sort_by_key(|&(offset, count)| (std::cmp::Reverse(count), offset));
        offsets
            .into_iter()
            .take(PLACES)
            .map(|(offset, _)| offset)
            .collect()
    };
    let place = |start: i64| {
        let start = usize::try_from(start.max(0)).unwrap_or(0);
        let end = (start + tokens.len()).min(truth.len());
        let matched = overlap(tokens, &truth[start.min(end)..end]);
        Place {
            block,
            start,
            len: tokens.len(),
            matched,
        }
    };
    let half = |place: &Place| place.matched * 2 >= place.len;
    starts.into_iter().map(place).filter(half).collect()
}

/// Tokens that both have, however often.
fn overlap(a: &[String], b: &[String]) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for token in b {
        *counts.entry(token).or_default() += 1;
    }
    let in_b = |token: &&String| {
        counts.get_mut(token.as_str()).is_some_and(|count| {
            let left = *count > 0;
            *count -= usize::from(left);
            left
        })
    };
    a.iter().filter(in_b).count()
}

/// The chain of places, rising in block and in truth, that matches most.
fn chain(places: &[Place]) -> Vec<Place> {
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(places.len());
    for (at, place) in places.iter().enumerate() {
        let fits = |&before: &usize| {
            let other: &Place = &places[before];
            // Blocks that lost or gained a few words may overlap by as many.
            other.block < place.block
                && other.start + other.len <= place.start + place.len / 3 + 1
                && other.start <= place.start
        };
        let before = (0..at)
            .filter(fits)
            .max_by_key(|&before| (best[before].0, std::cmp::Reverse(before)));
        let sum = before.map_or(0, |before| best[before].0) + place.matched;
        best.push((sum, before));
    }
    let mut at = (0..places.len()).max_by_key(|&at| (best[at].0, std::cmp::Reverse(at)));
    let mut chain = Vec::new();
    while let Some(here) = at {
        chain.push(places[here]);
        at = best[here].1;
    }
    chain
}
