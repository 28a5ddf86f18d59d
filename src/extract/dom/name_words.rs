//! The words of the names that a page gives its elements: `author box` of `AuthorBox` and `author-box`.

use super::Span;
use super::element_names::len_of;
use crate::extract::{eight, short};

/// The words of all names, in the making.
#[derive(Default)]
pub(super) struct Words {
    /// The words, and room for more.
    bytes: Vec<u8>,
    len: usize,
}

impl Words {
    /// Appends the lower-case words of a name, a space between them: parted at what is no letter and
    /// where case rises.
    pub(super) fn push(&mut self, name: &str) -> Span {
        // So that no word goes on in the next name.
        self.room(1)[0] = b'\n';
        self.len += 1;
        let start = len_of(self.len);
        if name.is_ascii() {
            self.push_ascii(name.as_bytes());
        } else {
            self.push_others(name);
        }
        let end = len_of(self.len);
        Span { start, end }
    }

    /// Nearly all are in ASCII.
    fn push_ascii(&mut self, name: &[u8]) {
        match self.push_plain(name) {
            Some(len) => self.len += len,
            None => self.push_by_letter(name),
        }
    }

    /// Puts a name of small letters and digits, with one sign at a time between, where the next words begin, and
    /// says how long its words are: they are the name with spaces for signs. Eight bytes are looked at together.
    fn push_plain(&mut self, name: &[u8]) -> Option<usize> {
        let room = self.room(name.len() + 8);
        let mut follows_sign = true;
        for (at, rest) in (0..name.len()).step_by(8).map(|at| (at, &name[at..])) {
            let len = rest.len().min(8);
            let bytes = short::first_bytes(rest, 0, len);
            let letters = eight::within(bytes, b'a', b'z') | eight::within(bytes, b'0', b'9');
            let signs = !letters & first_uppers(len);
            let after_signs = (signs << 8) | u64::from(follows_sign) << 7;
            if signs & after_signs != 0 || eight::within(bytes, b'A', b'Z') != 0 {
                return None;
            }
            follows_sign = signs >> (8 * len - 1) != 0;
            let whole = (signs >> 7) * 0xff;
            let words = (bytes & !whole) | (whole & eight::each(b' '));
            room[at..at + 8].copy_from_slice(&words.to_le_bytes());
        }
        Some(name.len().saturating_sub(usize::from(follows_sign)))
    }

    /// Without a branch that depends on the letters.
    fn push_by_letter(&mut self, name: &[u8]) {
        let first = name.iter().position(u8::is_ascii_alphanumeric);
        let name = &name[first.unwrap_or(name.len())..];
        let room = self.room(2 * name.len());
        let (mut len, mut before) = (0, LETTER);
        for &byte in name {
            let read = READ[usize::from(byte % 128)];
            let (letter, kind) = (read.to_le_bytes()[0], read & !0xff);
            let is_letter = kind & LETTER != 0;
            let follows_sign = before & LETTER == 0;
            let rises = kind & CAPITAL & (before << 1) != 0;
            before = kind;
            let is_first = follows_sign | rises;
            // What is not kept is written over by what comes next.
            room[len] = b' ';
            len += usize::from(is_letter & is_first);
            room[len] = letter;
            len += usize::from(is_letter);
        }
        self.len += len;
    }

    fn push_others(&mut self, name: &str) {
        let mut words = String::with_capacity(name.len());
        let mut gap = false;
        let mut before = Kind::Sign;
        for c in name.chars() {
            let kind = Kind::of(c);
            gap |= kind == Kind::Sign || (kind == Kind::Capital && before == Kind::Small);
            before = kind;
            if kind == Kind::Sign {
                continue;
            }
            if gap && !words.is_empty() {
                words.push(' ');
            }
            gap = false;
            words.extend(c.to_lowercase());
        }
        self.room(words.len())[..words.len()].copy_from_slice(words.as_bytes());
        self.len += words.len();
    }

    fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.len + bytes;
        if self.bytes.len() < end {
            // Few pages have more.
            self.bytes.resize((2 * end).max(1 << 13), 0);
        }
        &mut self.bytes[self.len..]
    }

    pub(super) fn into_string(mut self) -> String {
        self.bytes.truncate(self.len);
        String::from_utf8(self.bytes).unwrap_or_default()
    }
}

/// The upper bits of the first of eight bytes, one or more.
fn first_uppers(bytes: usize) -> u64 {
    eight::UPPER >> (8 * (8 - bytes))
}

/// A letter or digit of a name in ASCII.
const LETTER: u16 = 1 << 8;
/// One in small letters: the bit before that of a capital.
const SMALL: u16 = 1 << 9;
const CAPITAL: u16 = 1 << 10;

/// What a character of ASCII is in a name, and the letter in lower case.
static READ: [u16; 128] = {
    let mut read = [0; 128];
    let mut at = 0;
    while at < 128_u8 {
        if at.is_ascii_alphanumeric() {
            let kind = match at {
                b'a'..=b'z' => LETTER | SMALL,
                b'A'..=b'Z' => LETTER | CAPITAL,
                _ => LETTER,
            };
            read[at as usize] = kind | at.to_ascii_lowercase() as u16;
        }
        at += 1;
    }
    read
};

/// What a character is in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Small,
    Capital,
    /// A digit, or a letter without case.
    Other,
    Sign,
}

impl Kind {
    #[inline]
    fn of(c: char) -> Self {
        match c {
            c if !c.is_alphanumeric() => Self::Sign,
            c if c.is_lowercase() => Self::Small,
            c if c.is_uppercase() => Self::Capital,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_of_ascii_have_words_as_others_have(name in "[A-Ca-c0-1_: -]{0,12}|[a-c0-1-]{0,20}") {
            let of = |push: fn(&mut Words, &str)| {
                let mut words = Words::default();
                words.push("before");
                push(&mut words, &name);
                words.into_string()
            };
            let words = of(|words, name| words.push_ascii(name.as_bytes()));
            let same = of(Words::push_others);
            prop_assert_eq!(words, same);
        }
    }
}
