//! One pass over the characters of a text for all that is asked of them: its key, its words and letters,
//! the signs in it, and where phrases may begin.
//!
//! Most bytes are ASCII, which go by a table, with no branch to guess from one to the next.

use super::letters::Kind;
use super::phrases::{Openers, Said};
use super::text;

/// What one pass over a text tells.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// Words as a person counts them: runs of letters and digits, and each letter of a script that is
    /// written without spaces; vowel signs belong to their letter.
    pub(super) words: u32,
    /// [`text::mass`] of the text.
    pub(super) mass: u32,
    /// What the phrases in it tell.
    pub(super) said: Said,
    /// The signs in it.
    pub(super) shape: Shape,
}

/// Counts over the characters of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Capitals at the start of a run of letters.
    pub(super) capitals: u32,
    pub(super) digits: u32,
    /// Commas and their like.
    pub(super) commas: u32,
    /// Full stops and their like that end a sentence: at the end, or before a space.
    pub(super) stops: u32,
    /// Bars, bullets, slashes, arrows, at and copyright signs.
    pub(super) signs: u32,
    /// Whether the first letter is a small one.
    pub(super) starts_lower: bool,
}

/// Room to read texts in, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Room {
    key: Vec<u8>,
    openers: Openers,
}

impl Reading {
    /// Reads a text.
    pub(super) fn of(text: &str) -> Self {
        Self::within(&mut Room::default(), text).0
    }

    /// Reads one text of many; [`text::key`] of it, too.
    pub(super) fn within<'r>(room: &'r mut Room, text: &str) -> (Self, &'r str) {
        let mut reader = Reader::new(text, &mut room.key);
        reader.read();
        let key = reader.key;
        room.openers.read(key.bytes, key.whole_len());
        let key = key.into_text();
        let has_digits = reader.shape.digits > 0;
        let read = Self {
            said: Said::of(key, &room.openers, has_digits, reader.has_unspaced),
            words: reader.words,
            mass: reader.mass,
            shape: Shape {
                starts_lower: starts_lower(text),
                ..reader.shape
            },
        };
        (read, key)
    }
}

/// Whether the first letter or digit is a small letter.
fn starts_lower(text: &str) -> bool {
    let first = text.chars().find(|c| c.is_alphanumeric());
    first.is_some_and(char::is_lowercase)
}

/// Letters and digits in lower case, everything else one space, none at the ends: two texts that
/// read alike have one key.
#[must_use]
pub(super) fn key(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut reader = Reader::new(text, &mut bytes);
    reader.read();
    let len = reader.key.whole_len();
    bytes.truncate(len);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Counts of a byte or of some, eight bits each. Those that depend on what stands before are kept or dropped
/// by a mask, so that the loop over the bytes has no branches to guess.
type Counts = u64;

/// Letters and digits, each of which is one byte of the key.
const LETTERS: Counts = 1;
/// Spaces of the key: after a letter.
const SPACES: Counts = 1 << 8;
const DIGITS: Counts = 1 << 16;
const COMMAS: Counts = 1 << 24;
const SIGNS: Counts = 1 << 32;
/// Capitals where a run of letters begins.
const CAPITALS: Counts = 1 << 40;
/// Words: where no letter stands before, or only apostrophes and hyphens between.
const WORDS: Counts = 1 << 48;
/// Full stops and their like, counted with what follows.
const STOPS: Counts = 1 << 56;
/// What counts whatever stands before.
const ALWAYS: Counts = LETTERS | DIGITS | COMMAS | SIGNS;
/// What counts at the very start.
const AT_START: Counts = ALWAYS | CAPITALS | WORDS;

/// Most bytes whose counts fit.
const COUNTED_MAX: usize = 255;

/// What to do with a byte of ASCII.
#[derive(Debug, Clone, Copy)]
struct Step {
    adds: Counts,
    /// What the next byte may add: of what this one might, and besides.
    keeps: Counts,
    sets: Counts,
    /// What stands for it in a key.
    lower: u8,
}

static STEPS: [Step; 128] = {
    let mut steps = [Step::of(0); 128];
    let mut at = 0;
    while at < 128 {
        steps[at as usize] = Step::of(at);
        at += 1;
    }
    steps
};

impl Step {
    const fn of(byte: u8) -> Self {
        let (adds, keeps, sets) = match byte {
            b'a'..=b'z' => (LETTERS | WORDS, 0, SPACES),
            b'A'..=b'Z' => (LETTERS | WORDS | CAPITALS, 0, SPACES),
            b'0'..=b'9' => (LETTERS | WORDS | DIGITS, 0, SPACES),
            b'\'' => (STOPS, SPACES | WORDS, CAPITALS),
            b'-' => (SPACES | STOPS, WORDS, CAPITALS),
            b'.' | b'!' | b'?' => (SPACES | STOPS, 0, WORDS | CAPITALS | STOPS),
            b',' | b';' => (SPACES | STOPS | COMMAS, 0, WORDS | CAPITALS),
            b'|' | b'/' | b'@' | b'#' | b'>' => (SPACES | STOPS | SIGNS, 0, WORDS | CAPITALS),
            _ => (SPACES | STOPS, 0, WORDS | CAPITALS),
        };
        let lower = if byte.is_ascii_alphanumeric() {
            byte.to_ascii_lowercase()
        } else {
            b' '
        };
        Self {
            adds,
            keeps: keeps | ALWAYS,
            sets,
            lower,
        }
    }
}

struct Reader<'t, 'r> {
    text: &'t str,
    key: Key<'r>,
    words: u32,
    mass: u32,
    shape: Shape,
    /// What the next character may add.
    may: Counts,
    has_unspaced: bool,
}

impl<'t, 'r> Reader<'t, 'r> {
    /// A reader with room for a key.
    fn new(text: &'t str, room: &'r mut Vec<u8>) -> Self {
        Self {
            text,
            key: Key::with_capacity(room, text.len()),
            words: 0,
            mass: 0,
            shape: Shape::default(),
            may: AT_START,
            has_unspaced: false,
        }
    }

    fn read(&mut self) {
        let mut rest = self.text;
        while !rest.is_empty() {
            let bytes = rest.as_bytes();
            let ascii = self.ascii(&bytes[..bytes.len().min(COUNTED_MAX)]);
            rest = rest.get(ascii..).unwrap_or_default();
            let mut chars = rest.chars();
            while let Some(c) = chars.next().filter(|c| !c.is_ascii()) {
                self.other(c);
                rest = chars.as_str();
            }
        }
        self.shape.stops += u32::from(self.may & STOPS != 0);
    }

    /// Reads what is ASCII at the start; how many bytes that is.
    fn ascii(&mut self, bytes: &[u8]) -> usize {
        let out = self.key.room(bytes.len());
        let (mut len, mut may, mut sum) = (0, self.may, 0);
        let mut read = bytes.len();
        for (at, &byte) in bytes.iter().enumerate() {
            if !byte.is_ascii() {
                read = at;
                break;
            }
            let step = STEPS[usize::from(byte & 0x7f)];
            let adds = step.adds & may;
            out[len] = step.lower;
            len += usize::from((adds | (adds >> 8)) & 1 != 0);
            may = (may & step.keeps) | step.sets;
            sum += adds;
        }
        self.key.take(len);
        self.may = may;
        self.add(sum);
        read
    }

    fn add(&mut self, counts: Counts) {
        let of = |kind: Counts| u32::from(counts.to_le_bytes()[kind.trailing_zeros() as usize / 8]);
        self.mass += of(LETTERS);
        self.words += of(WORDS);
        self.shape.digits += of(DIGITS);
        self.shape.commas += of(COMMAS);
        self.shape.signs += of(SIGNS);
        self.shape.capitals += of(CAPITALS);
        self.shape.stops += of(STOPS);
    }

    /// A character outside ASCII.
    fn other(&mut self, c: char) {
        let kind = Kind::of(c);
        let is_letter = kind.is_letter();
        let ends_sentence = self.may & STOPS != 0 && !is_letter;
        self.shape.stops += u32::from(ends_sentence);
        self.may &= !STOPS;
        if is_letter {
            self.other_letter(c, kind);
        } else {
            self.other_sign(c);
        }
        self.count_words(c, kind);
        self.may(CAPITALS, !is_letter);
    }

    fn other_letter(&mut self, c: char, kind: Kind) {
        let mut utf8 = [0; 4];
        if kind.is_lower() {
            self.key.push(c.encode_utf8(&mut utf8).as_bytes());
        } else {
            for c in text::lower(c) {
                self.key.push(c.encode_utf8(&mut utf8).as_bytes());
            }
        }
        let is_first = self.may & CAPITALS != 0;
        self.shape.capitals += u32::from(is_first && kind.is_capital());
        self.shape.digits += u32::from(kind.is_numeric());
        self.mass += kind.weight();
        self.may(SPACES, true);
    }

    fn other_sign(&mut self, c: char) {
        if self.may & SPACES != 0 && !text::joins(c) {
            self.key.push(b" ");
            self.may(SPACES, false);
        }
        match c {
            '、' | '，' | '،' => self.shape.commas += 1,
            '。' | '！' | '？' | '।' | '۔' => self.shape.stops += 1,
            '؟' => self.may(STOPS, true),
            '•' | '·' | '→' | '›' | '»' | '©' => self.shape.signs += 1,
            _ => {}
        }
    }

    fn count_words(&mut self, c: char, kind: Kind) {
        let is_first = self.may & WORDS != 0;
        self.has_unspaced |= kind.is_unspaced();
        if kind.is_unspaced() && !kind.is_numeric() {
            self.words += u32::from(kind.is_word());
            self.may(WORDS, true);
        } else if kind.is_letter() {
            self.words += u32::from(is_first);
            self.may(WORDS, false);
        } else if !matches!(c, '\u{2019}' | '\u{200c}' | '\u{200d}') {
            self.may(WORDS, true);
        }
    }

    /// Says whether the next character may add that.
    fn may(&mut self, kind: Counts, may: bool) {
        self.may = (self.may & !kind) | if may { kind } else { 0 };
    }
}

/// A key in the making.
#[derive(Debug)]
struct Key<'r> {
    /// The key, and room for more.
    bytes: &'r mut Vec<u8>,
    len: usize,
}

/// Bytes of a key's room that are no part of it: a space after it, and what lets words be read in one piece.
const SPARE: usize = 8;

impl<'r> Key<'r> {
    fn with_capacity(room: &'r mut Vec<u8>, bytes: usize) -> Self {
        if room.len() < bytes + SPARE {
            room.resize(bytes + SPARE, 0);
        }
        Self {
            bytes: room,
            len: 0,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.take(bytes.len());
    }

    /// Room for so many bytes or more.
    fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.len + bytes + SPARE;
        if self.bytes.len() < end {
            // Few letters are longer in lower case.
            self.bytes.resize(2 * end, 0);
        }
        &mut self.bytes[self.len..]
    }

    /// Takes what was put into the first so many bytes of the room.
    fn take(&mut self, bytes: usize) {
        self.len += bytes;
    }

    /// Without the space at its end.
    fn whole_len(&self) -> usize {
        let ends_in_space = self.len > 0 && self.bytes[self.len - 1] == b' ';
        self.len - usize::from(ends_in_space)
    }

    fn into_text(self) -> &'r str {
        let len = self.whole_len();
        let key = self.bytes.get(..len).unwrap_or_default();
        std::str::from_utf8(key).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(text: &str) -> Shape {
        Reading::of(text).shape
    }

    #[test]
    fn words_are_counted_as_people_do() {
        for (text, count) in [
            ("", 0),
            ("don't stop-gap 3.5", 4),
            ("関連記事", 4),
            ("서울 시", 2),
            ("a—b", 2),
            ("カタ・カナ", 4),
            // Three consonants with vowel signs and tones, and a year.
            ("กี่ที่นี่ ๒๕๖๗", 4),
            ("ភាសា", 2),
        ] {
            assert_eq!(Reading::of(text).words, count, "{text}");
        }
    }

    #[test]
    fn signs_are_counted() {
        let told = shape("“Oui, Élise!” dit O’Neil… à 3.50 € | Paris. fin");
        let want = Shape {
            // A name parted by an apostrophe begins twice.
            capitals: 5,
            digits: 3,
            commas: 1,
            stops: 2,
            signs: 1,
            starts_lower: false,
        };
        assert_eq!(told, want);
        assert!(shape("„über").starts_lower && !shape("3 a").starts_lower);
        assert_eq!(shape("終わり。はい、そう！").stops, 2);
    }

    /// What a key is, letter by letter.
    fn simple_key(text: &str) -> String {
        let mut key = String::new();
        for c in text.chars() {
            if c.is_alphanumeric() {
                key.extend(text::lower(c));
            } else if c != '\'' && !text::joins(c) {
                key.push(' ');
            }
        }
        let words: Vec<&str> = key.split(' ').filter(|word| !word.is_empty()).collect();
        words.join(" ")
    }

    proptest! {
        #[test]
        fn key_and_mass_are_those_of_a_text(text in "([a-zA-Z0-9 ,.'’é%–-]|\\PC){0,60}") {
            let mut room = Room::default();
            let (read, key) = Reading::within(&mut room, &text);
            prop_assert_eq!(read.mass, text::mass(&text));
            prop_assert_eq!(key, simple_key(&text));
        }

        /// Of a text without apostrophes or hyphens; "a.b" ends no sentence.
        #[test]
        fn counts_are_those_of_letters(text in "([a-zA-Z0-9 .!?,;|/éÉ橋。，»]){0,60}") {
            let mut pairs: Vec<(char, char)> = text.chars().zip(text.chars().skip(1)).collect();
            pairs.extend(text.chars().last().map(|last| (last, ' ')));
            let count = |is: &dyn Fn(char, char) -> bool| pairs.iter().filter(|(c, next)| is(*c, *next)).count();
            let read = shape(&text);
            let stops = count(&|c, next| c == '。' || (".!?".contains(c) && !next.is_alphanumeric()));
            prop_assert_eq!(read.stops as usize, stops);
            prop_assert_eq!(read.commas as usize, count(&|c, _| ",;，".contains(c)));
            prop_assert_eq!(read.signs as usize, count(&|c, _| "|/»".contains(c)));
            prop_assert_eq!(read.digits as usize, count(&|c, _| c.is_ascii_digit()));
            let is_part = |c: char| c.is_alphanumeric() && c != '橋';
            let ends = count(&|c, next| c == '橋' || (is_part(c) && !is_part(next)));
            prop_assert_eq!(Reading::of(&text).words as usize, ends);
        }

        /// A capital is one that follows no letter, wherever it stands.
        #[test]
        fn capitals_follow_no_letter(text in "([a-zA-Z0-9 .'’éÉ]){0,40}") {
            let before = [' '].into_iter().chain(text.chars());
            let starts = before.zip(text.chars());
            let capitals = starts.filter(|(before, c)| c.is_uppercase() && !before.is_alphanumeric());
            prop_assert_eq!(shape(&text).capitals as usize, capitals.count());
        }
    }
}
