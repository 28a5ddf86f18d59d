//! One pass over the characters of a text for all that is asked of them: its key, its words and letters,
//! the signs in it, and where phrases may begin.
//!
//! Most bytes are ASCII, which go by a table, whole runs of letters at once.

use super::phrases::{Openers, Said};
use super::text::{self, Key};

/// What one pass over a text tells.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// [`text::key`] of the text.
    pub(super) key: String,
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

impl Reading {
    /// Reads a text.
    pub(super) fn of(text: &str) -> Self {
        let mut reader = Reader::new(text);
        reader.read();
        let key = reader.key.into_string();
        Self {
            said: Said::of(&key, &reader.openers, reader.has_unspaced),
            key,
            words: reader.words,
            mass: reader.mass,
            shape: reader.shape,
        }
    }
}

/// What a byte of ASCII is, as bits; that of capitals is what sets them apart from small letters.
const LETTER: u8 = 1;
const DIGIT: u8 = 1 << 1;
/// Parts no words of a key: the apostrophe.
const JOINS: u8 = 1 << 2;
/// Parts no words that are counted: apostrophe and hyphen.
const LINKS: u8 = 1 << 3;
const STOP: u8 = 1 << 4;
const CAPITAL: u8 = 1 << 5;
const COMMA: u8 = 1 << 6;
const SIGN: u8 = 1 << 7;

/// Of what is outside ASCII nothing is said.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut at = 0;
    while at < 128 {
        class[at as usize] = match at {
            b'a'..=b'z' => LETTER,
            b'A'..=b'Z' => LETTER | CAPITAL,
            b'0'..=b'9' => LETTER | DIGIT,
            b'\'' => JOINS | LINKS,
            b'-' => LINKS,
            b'.' | b'!' | b'?' => STOP,
            b',' | b';' => COMMA,
            b'|' | b'/' | b'@' | b'#' | b'>' => SIGN,
            _ => 0,
        };
        at += 1;
    }
    class
};

struct Reader<'t> {
    text: &'t str,
    key: Key,
    openers: Openers,
    words: u32,
    mass: u32,
    shape: Shape,
    /// Whether a letter would go on with the word that is counted.
    inside: bool,
    /// Whether a letter would be the first of a run.
    starts_run: bool,
    has_unspaced: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            key: Key::with_capacity(text.len()),
            openers: Openers::default(),
            words: 0,
            mass: 0,
            shape: Shape::default(),
            inside: false,
            starts_run: true,
            has_unspaced: false,
        }
    }

    fn read(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let class = CLASS[usize::from(byte)];
            at = if class & LETTER != 0 {
                self.letters(bytes, at, class)
            } else if byte.is_ascii() {
                self.sign(at, class)
            } else {
                self.other(at)
            };
        }
        self.openers.end(self.key.len());
    }

    /// A run of ASCII letters and digits, the first of that class; where it ends.
    fn letters(&mut self, bytes: &[u8], from: usize, first: u8) -> usize {
        self.open_letter(bytes[from] | (first & CAPITAL), first == LETTER);
        self.shape.capitals += u32::from(self.starts_run && first & CAPITAL != 0);
        self.words += u32::from(!self.inside);
        let rest = &bytes[from..];
        let (mut len, mut seen) = (0, 0);
        let mut word = self.openers.word();
        for (&byte, out) in rest.iter().zip(self.key.room(rest.len())) {
            let class = CLASS[usize::from(byte)];
            if class & LETTER == 0 {
                break;
            }
            let lower = byte | (class & CAPITAL);
            *out = lower;
            word.push(lower);
            seen |= class;
            len += 1;
        }
        self.openers.go_on(word);
        if seen & DIGIT != 0 {
            let digits = rest[..len].iter().filter(|byte| byte.is_ascii_digit());
            self.shape.digits += count(digits.count());
        }
        self.key.take(len);
        self.mass += count(len);
        (self.inside, self.starts_run) = (true, false);
        from + len
    }

    /// Parts a letter, which begins with that byte in the key, from the word before where that is due.
    fn open_letter(&mut self, first: u8, is_lower: bool) {
        if self.key.len() == 0 {
            self.shape.starts_lower = is_lower;
        }
        let end = self.key.len();
        if self.key.part() {
            self.openers.end_word(end, first);
        }
    }

    /// A byte of ASCII that is no letter; where what follows begins.
    fn sign(&mut self, at: usize, class: u8) -> usize {
        self.key.sign(class & JOINS != 0);
        self.inside &= class & LINKS != 0;
        self.starts_run = true;
        if class & (COMMA | SIGN | STOP) != 0 {
            self.shape.commas += u32::from(class & COMMA != 0);
            self.shape.signs += u32::from(class & SIGN != 0);
            let is_stop = class & STOP != 0 && !self.goes_on(at + 1);
            self.shape.stops += u32::from(is_stop);
        }
        at + 1
    }

    /// Whether a letter or digit stands right there.
    fn goes_on(&self, at: usize) -> bool {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.starts_with(char::is_alphanumeric)
    }

    /// A character outside ASCII; where what follows begins.
    fn other(&mut self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let Some(c) = rest.chars().next() else {
            return self.text.len();
        };
        let next = at + c.len_utf8();
        let is_letter = c.is_alphanumeric();
        if is_letter {
            self.other_letter(c);
        } else {
            self.other_sign(c, next);
        }
        self.count_words(c, is_letter);
        self.starts_run = !is_letter;
        next
    }

    fn other_letter(&mut self, c: char) {
        let lower = text::lower(c);
        let mut utf8 = [0; 4];
        let first = lower
            .clone()
            .next()
            .unwrap_or(c)
            .encode_utf8(&mut utf8)
            .as_bytes()[0];
        self.open_letter(first, c.is_lowercase());
        for c in lower {
            let bytes = c.encode_utf8(&mut utf8).as_bytes();
            self.key.push(bytes);
            let mut word = self.openers.word();
            for &byte in bytes {
                word.push(byte);
            }
            self.openers.go_on(word);
        }
        self.shape.capitals += u32::from(self.starts_run && c.is_uppercase());
        self.shape.digits += u32::from(c.is_numeric());
        self.mass += text::weight(c);
    }

    fn other_sign(&mut self, c: char, next: usize) {
        self.key.sign(text::joins(c));
        match c {
            '、' | '，' | '،' => self.shape.commas += 1,
            '。' | '！' | '？' | '।' | '۔' => self.shape.stops += 1,
            '؟' if !self.goes_on(next) => self.shape.stops += 1,
            '•' | '·' | '→' | '›' | '»' | '©' => self.shape.signs += 1,
            _ => {}
        }
    }

    fn count_words(&mut self, c: char, is_letter: bool) {
        let is_unspaced = text::is_unspaced(c);
        self.has_unspaced |= is_unspaced;
        if is_unspaced && !c.is_numeric() {
            self.words += u32::from(c.is_alphabetic() && !text::is_vowel_sign(c));
            self.inside = false;
        } else if is_letter {
            self.words += u32::from(!self.inside);
            self.inside = true;
        } else {
            self.inside &= matches!(c, '\u{2019}' | '\u{200c}' | '\u{200d}');
        }
    }
}

/// Of bytes of a page, which are fewer than 4 GiB.
fn count(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
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

    proptest! {
        #[test]
        fn key_and_mass_are_those_of_a_text(text in "([a-zA-Z0-9 ,.'’é%–-]|\\PC){0,60}") {
            let read = Reading::of(&text);
            prop_assert_eq!(read.mass, text::mass(&text));
            prop_assert_eq!(read.key, text::key(&text));
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
