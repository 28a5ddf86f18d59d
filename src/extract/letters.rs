//! What characters outside ASCII are, by a table: the standard library looks for each among hundreds of ranges,
//! which in texts of other scripts than Latin is asked of every letter.

use std::sync::OnceLock;

use super::text;

/// What a character is, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kind(u8);

/// Characters that are read together, when the first of them is met: a script has one or a few such rows.
const TOGETHER: usize = 64;

/// All characters of the Basic Multilingual Plane; what is beyond it is rare.
static TABLE: [OnceLock<[Kind; TOGETHER]>; 0x1_0000 / TOGETHER] =
    [const { OnceLock::new() }; 0x1_0000 / TOGETHER];

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

    #[inline]
    pub(super) fn of(c: char) -> Self {
        let place = c as usize;
        match TABLE.get(place / TOGETHER) {
            Some(kinds) => kinds.get_or_init(|| kinds_with(c))[place % TOGETHER],
            None => Self::read(c),
        }
    }

    fn read(c: char) -> Self {
        let is_unspaced = text::is_unspaced(c);
        let is_word = is_unspaced && c.is_alphabetic() && !text::is_vowel_sign(c);
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        Self(
            bit(c.is_alphanumeric(), Self::LETTER)
                | bit(c.is_numeric(), Self::NUMERIC)
                | bit(c.is_uppercase(), Self::CAPITAL)
                | bit(is_unspaced, Self::UNSPACED)
                | bit(is_word, Self::WORD)
                | bit(matches!(c, '\u{ac00}'..='\u{d7a3}'), Self::SYLLABLE)
                | bit(text::lower(c).eq([c]), Self::LOWER),
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

    /// Whether [`text::lower`] leaves it as it is.
    pub(super) fn is_lower(self) -> bool {
        self.has(Self::LOWER)
    }

    /// What a letter or digit adds to [`text::mass`].
    pub(super) fn weight(self) -> u32 {
        match self {
            kind if kind.is_unspaced() => 3,
            kind if kind.has(Self::SYLLABLE) => 2,
            _ => 1,
        }
    }
}

/// The characters that stand with one in the table.
fn kinds_with(c: char) -> [Kind; TOGETHER] {
    let first = c as usize / TOGETHER * TOGETHER;
    std::array::from_fn(|at| {
        let c = u32::try_from(first + at).ok().and_then(char::from_u32);
        c.map_or(Kind::default(), Kind::read)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_characters_say_of_themselves() {
        for c in '\0'..'\u{20000}' {
            let kind = Kind::of(c);
            assert_eq!(kind, Kind::read(c), "{c:?}");
            assert_eq!(kind.is_letter(), c.is_alphanumeric(), "{c:?}");
            assert_eq!(kind.is_capital(), c.is_uppercase(), "{c:?}");
        }
        let weights = ['é', '한', '橋', '\u{20000}'].map(|c| Kind::of(c).weight());
        assert_eq!(weights, [1, 2, 3, 3]);
        assert!(Kind::of('ß').is_lower() && !Kind::of('İ').is_lower());
    }
}
