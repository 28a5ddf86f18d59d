//! Which language of Latin script a text is in, by whatlang's method: how well its letters are those of a
//! language's alphabet, and how near its most frequent trigrams are in rank to those of the language.
//!
//! whatlang asks each of three hundred trigrams of 37 languages of the text; here each trigram of the text
//! is asked of all languages at once. It tells the languages of all other scripts, and is the oracle of the
//! tests.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use foldhash::HashMap;

/// Trigrams of a language.
const RANKS: usize = 300;
/// Trigrams of a text that are looked at.
const TEXT_RANKS: usize = 600;
/// Languages in the table.
const LANGUAGES: usize = 37;

/// What of a table of languages a text is held against. Small, since a page's own text has driven out of
/// the cache what is large.
struct Profiles {
    /// ISO 639-3.
    codes: Vec<&'static str>,
    ascii: [Letter; ASCII.len()],
    others: HashMap<char, Letter>,
    /// The place in `starts` of what begins with two letters: by their numbers.
    pairs: Vec<u16>,
    starts: Vec<Start>,
    /// Where the places of each frequent trigram begin in `places`, and where those of the last end.
    trigrams: Vec<u16>,
    /// In which languages a trigram is frequent, and its rank there: one number each.
    places: Vec<u16>,
}

/// What is known of a character.
#[derive(Debug, Clone, Copy)]
struct Letter {
    /// Its number among those of frequent trigrams.
    number: u8,
    /// The languages whose alphabet has it, as bits.
    alphabets: u64,
}

/// Numbers of characters are smaller.
const NUMBERS: usize = 128;
/// One that is in no frequent trigram and no alphabet.
const UNKNOWN: Letter = Letter {
    number: 127,
    alphabets: 0,
};

/// The frequent trigrams that begin with two letters.
#[derive(Debug, Clone, Copy, Default)]
struct Start {
    /// Their third letters, as bits.
    thirds: u128,
    /// Where they begin in `trigrams`.
    first: u16,
}

/// The characters of ASCII that are told apart in lower case, in order; all others are spaces.
const ASCII: [char; 28] = [
    ' ', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r',
    's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '\u{7f}',
];

/// The place of a character of ASCII in [`ASCII`].
fn ascii_place(c: u8) -> u8 {
    match c {
        b'a'..=b'z' => c - b'a' + 1,
        b'\x7f' => 27,
        _ => 0,
    }
}

static PROFILES: LazyLock<Profiles> = LazyLock::new(|| {
    let rows = include_str!("latin.tsv").lines();
    let rows = rows.filter(|row| !row.starts_with('#'));
    let (mut codes, mut places) = (Vec::new(), Vec::new());
    let mut alphabets: BTreeMap<char, u64> = BTreeMap::new();
    for (language, row) in rows.enumerate() {
        let mut columns = row.split('\t');
        codes.extend(columns.next());
        for letter in columns.next().unwrap_or_default().chars() {
            *alphabets.entry(letter).or_default() |= 1 << language;
        }
        let trigrams: Vec<char> = columns.next().unwrap_or_default().chars().collect();
        for (rank, trigram) in trigrams.as_chunks().0.iter().enumerate() {
            places.push(in_one(*trigram, small((language << RANK_BITS) + rank)));
        }
    }
    places.sort_unstable();
    let same = |one: &u64, other: &u64| trigram_of(*one) == trigram_of(*other);
    let frequent = places
        .chunk_by(same)
        .flat_map(|places| trigram_of(places[0]));
    let mut frequent: Vec<char> = frequent.chain(ASCII).collect();
    frequent.sort_unstable();
    frequent.dedup();
    let numbers: HashMap<char, u8> = frequent.into_iter().zip(0..).collect();
    let letter = |c: char| Letter {
        number: numbers.get(&c).copied().unwrap_or(UNKNOWN.number),
        alphabets: alphabets.get(&c).copied().unwrap_or(0),
    };
    let others = numbers.keys().chain(alphabets.keys());
    let others = others.filter(|c| !c.is_ascii());
    let mut profiles = Profiles {
        ascii: ASCII.map(letter),
        others: others.map(|&c| (c, letter(c))).collect(),
        codes,
        pairs: vec![0; NUMBERS * NUMBERS],
        starts: vec![Start::default()],
        trigrams: vec![0],
        places: places.iter().map(|&place| place_of(place)).collect(),
    };
    for places in places.chunk_by(same) {
        let trigram = trigram_of(places[0]).map(|c| usize::from(numbers[&c]));
        profiles.add(trigram, places.len());
    }
    profiles
});

/// Three characters and a place as one number, in their order: no character of the table has more than 16 bits.
fn in_one(trigram: [char; 3], place: u16) -> u64 {
    let parts = trigram.map(|c| u16::try_from(u32::from(c)).unwrap_or(u16::MAX));
    let parts = parts.into_iter().chain([place]);
    parts.fold(0, |all, part| (all << u16::BITS) | u64::from(part))
}

fn trigram_of(all: u64) -> [char; 3] {
    [48, 32, 16].map(|bits| {
        let c = u32::try_from(all >> bits & 0xffff).ok();
        c.and_then(char::from_u32).unwrap_or_default()
    })
}

fn place_of(all: u64) -> u16 {
    small(usize::try_from(all & 0xffff).unwrap_or(0))
}

/// A place is a language and a rank of so many bits.
const RANK_BITS: usize = 9;
const _: () = assert!(RANKS <= 1 << RANK_BITS && LANGUAGES << RANK_BITS <= u16::MAX as usize);

impl Profiles {
    /// Adds a trigram, greater than those before, that the next so many places are of.
    fn add(&mut self, [one, two, three]: [usize; 3], places: usize) {
        let pair = &mut self.pairs[one * NUMBERS + two];
        if *pair == 0 {
            *pair = small(self.starts.len());
            self.starts.push(Start {
                thirds: 0,
                first: small(self.trigrams.len() - 1),
            });
        }
        self.starts[usize::from(*pair)].thirds |= 1 << three;
        let before = self.trigrams.last().copied().unwrap_or(0);
        self.trigrams.push(before + small(places));
    }

    /// In which languages a trigram is frequent, and its rank there.
    fn places(&self, [one, two, three]: [u8; 3]) -> impl Iterator<Item = (usize, usize)> {
        let pair = self.pairs[usize::from(one) * NUMBERS + usize::from(two)];
        let start = self.starts[usize::from(pair)];
        let own = 1 << three;
        let at = usize::from(start.first) + (start.thirds & (own - 1)).count_ones() as usize;
        let places = if start.thirds & own == 0 {
            &[]
        } else {
            &self.places[usize::from(self.trigrams[at])..usize::from(self.trigrams[at + 1])]
        };
        let places = places.iter().map(|&place| usize::from(place));
        places.map(|place| (place >> RANK_BITS, place & ((1 << RANK_BITS) - 1)))
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
    let letters = Letters::of(&text.to_lowercase());
    let (trigrams, of_trigrams) = letters.by_trigrams();
    let (letters, of_alphabets) = letters.by_alphabets();
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
    if text.is_ascii() && !text.contains('\u{7f}') {
        return text.bytes().any(|byte| byte.is_ascii_alphabetic());
    }
    let (mut latin, mut all) = (0_usize, 0_usize);
    for c in text.chars().filter(|c| !is_stop(*c)) {
        all += 1;
        latin += usize::from(
            c.is_ascii_alphabetic() || matches!(c, '\u{80}'..='\u{2af}' | '\u{1e00}'..='\u{1eff}'),
        );
    }
    2 * latin > all
}

/// A text as numbers of its characters.
struct Letters {
    /// The place of each character in `known`; what is no letter is 0, a space.
    text: Vec<u16>,
    /// The characters of ASCII, then those others that the text has, in order.
    known: Vec<Letter>,
}

impl Letters {
    fn of(lower: &str) -> Self {
        let mut others: Vec<char> = Vec::new();
        if !lower.is_ascii() {
            others.extend(lower.chars().filter(|c| !c.is_ascii()));
            others.sort_unstable();
            others.dedup();
        }
        let place = |c: char| match u8::try_from(c) {
            Ok(ascii) if ascii.is_ascii() => u16::from(ascii_place(ascii)),
            _ => small(ASCII.len() + others.partition_point(|other| *other < c)),
        };
        let letter = |c: &char| PROFILES.others.get(c).copied().unwrap_or(UNKNOWN);
        let ascii = PROFILES.ascii.iter().copied();
        let text = if lower.is_ascii() {
            let places = lower.bytes().map(ascii_place);
            places.map(u16::from).collect()
        } else {
            lower.chars().map(place).collect()
        };
        Self {
            text,
            known: ascii.chain(others.iter().map(letter)).collect(),
        }
    }

    /// How many letters it has, and how many of them, less those that are not, are in each alphabet: as a
    /// share of all, 0.0 or more.
    fn by_alphabets(&self) -> (f64, [f64; LANGUAGES]) {
        let mut counts = vec![0_u32; self.known.len()];
        for &at in &self.text {
            counts[usize::from(at)] += 1;
        }
        let mut all = 0;
        let mut missing = [0_u32; LANGUAGES];
        let letters = self.known.iter().zip(counts).skip(1);
        for (letter, count) in letters.filter(|(_, count)| *count > 0) {
            all += count;
            // Most letters are in nearly all alphabets.
            let mut without = !letter.alphabets & ((1 << LANGUAGES) - 1);
            while without != 0 {
                missing[without.trailing_zeros() as usize] += count;
                without &= without - 1;
            }
        }
        let share = |missing: u32| f64::from(all - all.min(2 * missing)) / f64::from(all.max(1));
        (f64::from(all), missing.map(share))
    }

    /// How many of its trigrams were looked at, and how near they are to those of each language, 0.0 to 1.0.
    fn by_trigrams(&self) -> (f64, [f64; LANGUAGES]) {
        let ranked = self.ranked();
        let count = ranked.len().min(TEXT_RANKS);
        // Each trigram of a language that the text lacks is as far away as can be.
        let mut distances =
            [signed(RANKS * RANKS) - signed(RANKS.saturating_sub(count) * RANKS); LANGUAGES];
        for (trigram, rank) in ranked.into_iter().filter(|(_, rank)| *rank < TEXT_RANKS) {
            let numbers = trigram.map(|at| self.known[usize::from(at)].number);
            for (language, other) in PROFILES.places(numbers) {
                distances[language] -= signed(RANKS) - signed(rank.abs_diff(other));
            }
        }
        let farthest = signed(count.max(1) * RANKS);
        let score =
            |distance: i32| f64::from(farthest - distance.clamp(0, farthest)) / f64::from(farthest);
        (f64::from(signed(count)), distances.map(score))
    }

    /// The trigrams of the text, each once, and which rank it has: the more frequent first, of several
    /// as frequent the greater.
    fn ranked(&self) -> Vec<(Trigram, usize)> {
        let sorted = self.trigrams();
        let runs = sorted.chunk_by(|one, other| one == other);
        let mut ranked: Vec<(Trigram, usize)> = runs.map(|run| (run[0], run.len())).collect();
        // How many there are of each count, then how many before them.
        let most = ranked.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let mut before = vec![0; most + 1];
        for (_, count) in &ranked {
            before[*count] += 1;
        }
        sum_up(before.iter_mut().rev());
        for (_, count) in &mut ranked {
            let next = &mut before[*count];
            *count = *next;
            *next += 1;
        }
        ranked
    }

    /// All trigrams of the text, the greatest first.
    fn trigrams(&self) -> Vec<Trigram> {
        let mut all: Vec<Trigram> = Vec::with_capacity(self.text.len() + 1);
        let mut last = [0, 0];
        for c in self.text.iter().copied().chain([0]) {
            let is_gap = last[1] == 0 && (last[0] == 0 || c == 0);
            if !is_gap {
                all.push([last[0], last[1], c]);
            }
            last = [last[1], c];
        }
        // Letter by letter from the last, since letters are few.
        let mut sorted = all.clone();
        for letter in [2, 1, 0] {
            let mut before = vec![0; self.known.len()];
            for trigram in &all {
                before[usize::from(trigram[letter])] += 1;
            }
            sum_up(before.iter_mut().rev());
            for trigram in &all {
                let next: &mut usize = &mut before[usize::from(trigram[letter])];
                sorted[*next] = *trigram;
                *next += 1;
            }
            std::mem::swap(&mut all, &mut sorted);
        }
        all
    }
}

/// The places of three characters.
type Trigram = [u16; 3];

/// Makes of each number the sum of those before.
fn sum_up<'n>(numbers: impl Iterator<Item = &'n mut usize>) {
    let mut sum = 0;
    for number in numbers {
        sum += std::mem::replace(number, sum);
    }
}

/// Of counts of one text.
fn signed(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Of characters of one text, or of a table.
fn small(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn trigrams_are_ranked_as_by_counting_each(text in "[a-d \u{7f}é’ß]{0,80}") {
            let chars: Vec<char> = text.chars().chain([' ']).collect();
            let padded: Vec<char> = [' '].into_iter().chain(chars).collect();
            let mut counts: BTreeMap<&[char], usize> = BTreeMap::new();
            for trigram in padded.windows(3).filter(|of| !of.starts_with(&[' ', ' ']) && !of.ends_with(&[' ', ' '])) {
                *counts.entry(trigram).or_default() += 1;
            }
            let mut expected: Vec<_> = counts.into_iter().rev().collect();
            expected.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let mut others: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
            others.sort_unstable();
            others.dedup();
            let all: Vec<char> = ASCII.into_iter().chain(others).collect();
            let mut ranked = Letters::of(&text).ranked();
            ranked.sort_by_key(|(_, rank)| *rank);
            let ranked: Vec<_> = ranked.iter().map(|(of, _)| of.map(|at| all[usize::from(at)])).collect();
            let expected: Vec<&[char]> = expected.into_iter().map(|(trigram, _)| trigram).collect();
            prop_assert_eq!(ranked.iter().map(<[char; 3]>::as_slice).collect::<Vec<_>>(), expected);
        }
    }
}
