//! Which language of Latin script a text is in, by whatlang's method: how well its letters are those of a
//! language's alphabet, and how near its most frequent trigrams are in rank to those of the language.
//!
//! whatlang asks each of three hundred trigrams of 37 languages of the text; here each trigram of the text
//! is asked of all languages at once. It tells the languages of all other scripts, and is the oracle of the
//! tests.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use foldhash::HashMap;

/// Trigrams of a language.
const RANKS: usize = 300;
/// Trigrams of a text that are looked at.
const TEXT_RANKS: usize = 600;
/// Languages in the table.
const LANGUAGES: usize = 37;

/// What of a table of languages a text is held against.
struct Profiles {
    /// ISO 639-3.
    codes: Vec<&'static str>,
    /// The languages whose alphabet has the letter, as bits.
    letters: HashMap<char, u64>,
    /// Where the places of each frequent trigram begin in `places`.
    trigrams: HashMap<u64, u32>,
    /// In which languages a trigram is frequent, and its rank there: one number each, below [`END`], which
    /// ends those of a trigram. Small, since a page's own text has driven out of the cache what is large.
    places: Vec<u16>,
}

/// Ends the places of a trigram.
const END: u16 = u16::MAX;
/// A language and a rank are one number that is no end.
const _: () = assert!(LANGUAGES * RANKS < END as usize);

static PROFILES: LazyLock<Profiles> = LazyLock::new(|| {
    let mut profiles = Profiles {
        codes: Vec::new(),
        letters: HashMap::default(),
        trigrams: HashMap::default(),
        places: Vec::new(),
    };
    let rows = include_str!("latin.tsv").lines();
    let rows = rows.filter(|row| !row.starts_with('#'));
    let mut places: BTreeMap<u64, Vec<u16>> = BTreeMap::new();
    for (language, row) in rows.enumerate() {
        let mut columns = row.split('\t');
        profiles.codes.extend(columns.next());
        for letter in columns.next().unwrap_or_default().chars() {
            *profiles.letters.entry(letter).or_default() |= 1 << language;
        }
        let trigrams: Vec<char> = columns.next().unwrap_or_default().chars().collect();
        for (rank, trigram) in trigrams.chunks_exact(3).enumerate() {
            let trigram = trigram.iter().fold(0, |packed, c| pushed(packed, *c));
            let place = u16::try_from(language * RANKS + rank);
            places.entry(trigram).or_default().extend(place);
        }
    }
    for (trigram, at) in places {
        let start = u32::try_from(profiles.places.len()).unwrap_or(u32::MAX);
        profiles.trigrams.insert(trigram, start);
        profiles.places.extend(at.into_iter().chain([END]));
    }
    profiles
});

impl Profiles {
    /// In which languages a trigram is frequent, and its rank there.
    fn places(&self, trigram: u64) -> impl Iterator<Item = (usize, usize)> {
        let start = self.trigrams.get(&trigram).map(|&start| start as usize);
        let places = start.and_then(|start| self.places.get(start..));
        let places = places.into_iter().flatten().copied();
        let places = places.take_while(|&place| place != END).map(usize::from);
        places.map(|place| (place / RANKS, place % RANKS))
    }
}

/// What a text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The language, as ISO 639-3.
    Language(&'static str),
    /// It may be one of several.
    Unclear,
    /// Most of it is in another script.
    OtherScript,
}

/// How far ahead of the second a language must be to be believed, as a part of whatlang's own bound.
const RELIABLE: f64 = 0.9;

/// Tells the language of a text in Latin script.
pub(super) fn told_by(text: &str) -> Told {
    if !is_latin(text) {
        return Told::OtherScript;
    }
    let lower = text.to_lowercase();
    let (letters, of_alphabets) = by_alphabets(&lower);
    let (trigrams, of_trigrams) = by_trigrams(&lower);
    // The longer a text, the less its alphabet counts: two thirds at first, a third from a hundred letters on.
    let weight = (2.0 / 3.0 - letters / 300.0).max(1.0 / 3.0);
    let scores = of_alphabets.iter().zip(of_trigrams);
    let scores = scores.map(|(alphabet, trigrams)| alphabet * weight + trigrams * (1.0 - weight));
    let (mut first, mut second) = ((0.0, 0), 0.0);
    for (language, score) in scores.enumerate() {
        if score > first.0 {
            (first, second) = ((score, language), first.0);
        } else if score > second {
            second = score;
        }
    }
    let ahead = (first.0 - second) / second;
    let is_clear = first.0 > 0.0 && (second <= 0.0 || ahead / (3.0 / trigrams + 0.015) > RELIABLE);
    let code = PROFILES.codes.get(first.1).filter(|_| is_clear);
    code.map_or(Told::Unclear, |code| Told::Language(code))
}

/// A space, a digit or a sign of ASCII.
fn is_stop(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphabetic() && c != '\u{7f}'
}

/// Whether more than half of all letters are of Latin script.
fn is_latin(text: &str) -> bool {
    let (mut latin, mut all) = (0_usize, 0_usize);
    for c in text.chars().filter(|c| !is_stop(*c)) {
        all += 1;
        latin += usize::from(
            c.is_ascii_alphabetic() || matches!(c, '\u{80}'..='\u{2af}' | '\u{1e00}'..='\u{1eff}'),
        );
    }
    2 * latin > all
}

/// How many letters a text has, and how many of them, less those that are not, are in each alphabet: as a
/// share of all, 0.0 or more.
fn by_alphabets(lower: &str) -> (f64, [f64; LANGUAGES]) {
    let mut counts = [0_u32; 128];
    let mut all = 0;
    let mut missing = [0_u32; LANGUAGES];
    let mut miss = |c: char, count: u32| {
        let known = PROFILES.letters.get(&c).copied().unwrap_or(0);
        for (language, missing) in missing.iter_mut().enumerate() {
            *missing += if known >> language & 1 == 0 { count } else { 0 };
        }
    };
    for c in lower.chars().filter(|c| !is_stop(*c)) {
        all += 1;
        match counts.get_mut(c as usize) {
            Some(count) => *count += 1,
            None => miss(c, 1),
        }
    }
    for (c, &count) in (0_u8..).zip(&counts).filter(|(_, count)| **count > 0) {
        miss(char::from(c), count);
    }
    let share = |missing: u32| f64::from(all - all.min(2 * missing)) / f64::from(all.max(1));
    (f64::from(all), missing.map(share))
}

/// How many trigrams of a text were looked at, and how near they are to those of each language, 0.0 to 1.0.
fn by_trigrams(lower: &str) -> (f64, [f64; LANGUAGES]) {
    let ranked = ranked(lower);
    let count = ranked.len();
    // Each trigram of a language that the text lacks is as far away as can be.
    let mut distances =
        [signed(RANKS * RANKS) - signed(RANKS.saturating_sub(count) * RANKS); LANGUAGES];
    for (rank, trigram) in ranked.iter().enumerate() {
        for (language, other) in PROFILES.places(*trigram) {
            distances[language] -= signed(RANKS) - signed(rank.abs_diff(other));
        }
    }
    let farthest = signed(count.max(1) * RANKS);
    let score =
        |distance: i32| f64::from(farthest - distance.clamp(0, farthest)) / f64::from(farthest);
    (f64::from(signed(count)), distances.map(score))
}

/// Of counts of one text.
fn signed(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The most frequent trigrams of a text; what is no letter is one space.
fn ranked(lower: &str) -> Vec<u64> {
    let mut all: Vec<u64> = Vec::with_capacity(lower.len());
    let chars = lower.chars().map(|c| if is_stop(c) { ' ' } else { c });
    let mut last = [' ', ' '];
    for (at, c) in chars.chain([' ']).enumerate() {
        let is_gap = last[1] == ' ' && (last[0] == ' ' || c == ' ');
        if at > 0 && !is_gap {
            all.push(pushed(pushed(pushed(0, last[0]), last[1]), c));
        }
        last = [last[1], c];
    }
    all.sort_unstable_by_key(|trigram| Reverse(*trigram));
    let runs = all.chunk_by(|one, other| one == other);
    let mut counted: Vec<(usize, u64)> = runs.map(|run| (run.len(), run[0])).collect();
    counted.sort_by_key(|(count, _)| Reverse(*count));
    let first = counted.into_iter().take(TEXT_RANKS);
    first.map(|(_, trigram)| trigram).collect()
}

/// A trigram, in the making, as a number: 21 bits a character.
fn pushed(packed: u64, c: char) -> u64 {
    (packed << 21) | u64::from(u32::from(c))
}
