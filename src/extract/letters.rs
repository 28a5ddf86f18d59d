//! What characters outside ASCII are, by a table: the standard library looks for each among hundreds of ranges,
//! which in texts of other scripts than Latin is asked of every letter.

use std::sync::atomic::{AtomicU8, Ordering};

/// What a character is, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind(u8);

/// The kinds of all characters of the Basic Multilingual Plane that were met, 0 of others; what is beyond it is
/// rare. A page has few letters that differ, so that each is read when it is met. Whoever reads it finds the same.
static TABLE: [AtomicU8; 0x1_0000] = [const { AtomicU8::new(0) }; 0x1_0000];

impl Kind {
    /// A letter or a digit.
    const LETTER: u8 = 1;
    const NUMERIC: u8 = 1 << 1;
    const CAPITAL: u8 = 1 << 2;
    /// Of a script that is written without spaces.
    const UNSPACED: u8 = 1 << 3;
    /// A word by itself in such a script.
    const WORD: u8 = 1 << 4;
    /// A Korean syllable.
    const SYLLABLE: u8 = 1 << 5;
    /// The same in lower case.
    const LOWER: u8 = 1 << 6;

    /// That it was read.
    const KNOWN: u8 = 1 << 7;

    #[inline]
    pub(super) fn of(c: char) -> Self {
        let Some(known) = TABLE.get(c as usize) else {
            return Self::read(c);
        };
        match known.load(Ordering::Relaxed) {
            0 => Self::read_into(c, known),
            kind => Self(kind),
        }
    }

    #[cold]
    fn read_into(c: char, known: &AtomicU8) -> Self {
        let kind = Self::read(c);
        known.store(kind.0, Ordering::Relaxed);
        kind
    }

    fn read(c: char) -> Self {
        let is_unspaced = is_unspaced(c);
        let is_word = is_unspaced && c.is_alphabetic() && !is_vowel_sign(c);
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        Self(
            Self::KNOWN
                | bit(c.is_alphanumeric(), Self::LETTER)
                | bit(c.is_numeric(), Self::NUMERIC)
                | bit(c.is_uppercase(), Self::CAPITAL)
                | bit(is_unspaced, Self::UNSPACED)
                | bit(is_word, Self::WORD)
                | bit(matches!(c, '\u{ac00}'..='\u{d7a3}'), Self::SYLLABLE)
                | bit(lower(c).eq([c]), Self::LOWER),
        )
    }

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    /// Whether it is a letter or a digit.
    pub(super) fn is_letter(self) -> bool {
        self.has(Self::LETTER)
    }

    pub(super) fn is_numeric(self) -> bool {
        self.has(Self::NUMERIC)
    }

    pub(super) fn is_capital(self) -> bool {
        self.has(Self::CAPITAL)
    }

    /// Whether it is of a script that is written without spaces.
    pub(super) fn is_unspaced(self) -> bool {
        self.has(Self::UNSPACED)
    }

    /// Whether it counts as a word of such a script: not vowel signs, which belong to their letter.
    pub(super) fn is_word(self) -> bool {
        self.has(Self::WORD)
    }

    /// Whether [`lower`] leaves it as it is.
    pub(super) fn is_lower(self) -> bool {
        self.has(Self::LOWER)
    }

    /// What a letter or digit adds to `text::mass`.
    pub(super) fn weight(self) -> u32 {
        match self {
            kind if kind.is_unspaced() => 3,
            kind if kind.has(Self::SYLLABLE) => 2,
            _ => 1,
        }
    }
}

/// Whether the script is written without spaces, so that each character counts as a word.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}'      // Thai, Lao
        | '\u{1000}'..='\u{109f}'    // Burmese
        | '\u{1780}'..='\u{17ff}'    // Khmer
        | '\u{3040}'..='\u{30ff}'    // kana
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'    // Han
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Whether the character stands above, below or around the letter before it: the vowel signs and
/// tones of Thai, Lao, Burmese and Khmer.
fn is_vowel_sign(c: char) -> bool {
    matches!(c,
        '\u{0e31}' | '\u{0e34}'..='\u{0e3a}' | '\u{0e47}'..='\u{0e4e}'
        | '\u{0eb1}' | '\u{0eb4}'..='\u{0ebc}' | '\u{0ec8}'..='\u{0ece}'
        | '\u{102b}'..='\u{103e}' | '\u{1056}'..='\u{1059}' | '\u{105e}'..='\u{1060}'
        | '\u{1062}'..='\u{1064}' | '\u{1067}'..='\u{106d}' | '\u{1071}'..='\u{1074}'
        | '\u{1082}'..='\u{108d}' | '\u{108f}' | '\u{109a}'..='\u{109d}'
        | '\u{17b4}'..='\u{17d3}' | '\u{17dd}')
}

/// The letter in lower case. Lower-casing Turkish İ leaves its dot as a mark of its own.
pub(super) fn lower(c: char) -> impl Iterator<Item = char> + Clone {
    c.to_lowercase().filter(|&lower| lower != '\u{307}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_characters_say_of_themselves() {
        for c in '\0'..'\u{20000}' {
            let kind = Kind::of(c);
            assert_eq!((kind, kind), (Kind::read(c), Kind::of(c)), "{c:?}");
            assert_eq!(kind.is_letter(), c.is_alphanumeric(), "{c:?}");
            assert_eq!(kind.is_capital(), c.is_uppercase(), "{c:?}");
        }
        let weights = ['é', '한', '橋', '\u{20000}'].map(|c| Kind::of(c).weight());
        assert_eq!(weights, [1, 2, 3, 3]);
        assert!(Kind::of('ß').is_lower() && !Kind::of('İ').is_lower());
    }
}
