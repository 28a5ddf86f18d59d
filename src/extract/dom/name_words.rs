//! The words of the names that a page gives its elements: `author box` of `AuthorBox` and `author-box`.

use super::Span;
use super::element_names::len_of;

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

    /// Nearly all are in ASCII: without a branch that depends on the letters.
    fn push_ascii(&mut self, name: &[u8]) {
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
        fn names_of_ascii_have_words_as_others_have(name in "[A-Ca-c0-1_: -]{0,12}") {
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
