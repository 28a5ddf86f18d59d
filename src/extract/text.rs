//! Small questions about text that every stage asks alike: white space, words, letters, ends.

/// Whether the character takes no room and means nothing to a reader of plain text: zero-width
/// space, soft hyphen, byte order mark, word joiner and other format controls. Joiners stay:
/// scripts and emoji need them; so do the marks of writing direction.
pub(super) fn is_noise(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
    ) || (c.is_control() && !c.is_whitespace())
}

/// Whether there is nothing but white space in it.
pub(super) fn is_blank(text: &str) -> bool {
    // Most blank texts indent markup, and going through their characters takes several times as long.
    let mut rest = text
        .bytes()
        .skip_while(|byte| matches!(byte, b'\t'..=b'\r' | b' '));
    match rest.next() {
        None => true,
        Some(byte) => !byte.is_ascii() && text.trim().is_empty(),
    }
}

/// The words of a key: what stands between its spaces.
pub(super) fn words(key: &str) -> Words<'_> {
    Words { rest: Some(key) }
}

/// See [`words`]. Words are short, and setting out to search for a space takes longer than to look.
#[derive(Debug, Clone)]
pub(super) struct Words<'k> {
    rest: Option<&'k str>,
}

impl<'k> Iterator for Words<'k> {
    type Item = &'k str;

    fn next(&mut self) -> Option<&'k str> {
        let rest = self.rest?;
        let Some(end) = rest.bytes().position(|byte| byte == b' ') else {
            self.rest = None;
            return Some(rest);
        };
        self.rest = rest.get(end + 1..);
        rest.get(..end)
    }
}

/// Appends `text` to `out`: runs of white space become one space, none at the start, and
/// [`is_noise`] goes. A trailing space is left for the next piece; trim it at the end.
pub(super) fn push_collapsed(out: &mut String, text: &str) {
    out.reserve(text.len());
    let mut gap = out.is_empty() || out.ends_with([' ', '\n']);
    let mut rest = text;
    while !rest.is_empty() {
        // Most text is words with one space between them, which go over in one piece.
        let len = plain_len(rest.as_bytes(), gap);
        let (plain, other) = rest.split_at(len);
        if let Some(last) = plain.bytes().last() {
            out.push_str(plain);
            gap = last == b' ';
        }
        let mut others = other.chars();
        if let Some(c) = others.next() {
            if c.is_whitespace() {
                if !gap {
                    out.push(' ');
                }
                gap = true;
            } else if !is_noise(c) {
                out.push(c);
                gap = false;
            }
        }
        rest = others.as_str();
    }
}

/// How many bytes at the start are ASCII that is seen, and single spaces; none at the very start
/// where one is there already.
fn plain_len(bytes: &[u8], gap: bool) -> usize {
    let mut gap = gap;
    let is_plain = |byte: &u8| {
        let is_space = *byte == b' ';
        let is_plain = byte.is_ascii_graphic() || (is_space && !gap);
        gap = is_space;
        is_plain
    };
    bytes.iter().copied().take_while(is_plain).count()
}

/// `text` on one line, each run of white space one space.
#[must_use]
pub(super) fn collapsed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_collapsed(&mut out, text);
    out.truncate(out.trim_end().len());
    out
}

/// Whether the script is written without spaces, so that each character counts as a word.
#[must_use]
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
pub(super) fn is_vowel_sign(c: char) -> bool {
    matches!(c,
        '\u{0e31}' | '\u{0e34}'..='\u{0e3a}' | '\u{0e47}'..='\u{0e4e}'
        | '\u{0eb1}' | '\u{0eb4}'..='\u{0ebc}' | '\u{0ec8}'..='\u{0ece}'
        | '\u{102b}'..='\u{103e}' | '\u{1056}'..='\u{1059}' | '\u{105e}'..='\u{1060}'
        | '\u{1062}'..='\u{1064}' | '\u{1067}'..='\u{106d}' | '\u{1071}'..='\u{1074}'
        | '\u{1082}'..='\u{108d}' | '\u{108f}' | '\u{109a}'..='\u{109d}'
        | '\u{17b4}'..='\u{17d3}' | '\u{17dd}')
}

/// How much a text says, in letters of an alphabetic script: a character of an unspaced script
/// weighs three, a Korean syllable, which is two letters or three, two. Unlike words it compares
/// across languages.
#[must_use]
pub(super) fn mass(text: &str) -> u32 {
    // Counted in bytes, so that a register holds many.
    let count = |bytes: &[u8]| -> u8 {
        let letters = bytes
            .iter()
            .map(|byte| u8::from(byte.is_ascii_alphanumeric()));
        letters.fold(0, u8::wrapping_add)
    };
    let ascii: u32 = text
        .as_bytes()
        .chunks(255)
        .map(|bytes| u32::from(count(bytes)))
        .sum();
    if text.is_ascii() {
        return ascii;
    }
    let others = text
        .chars()
        .filter(|c| !c.is_ascii() && c.is_alphanumeric());
    ascii + others.map(weight).sum::<u32>()
}

/// What a letter or digit adds to [`mass`].
pub(super) fn weight(c: char) -> u32 {
    match c {
        c if is_unspaced(c) => 3,
        '\u{ac00}'..='\u{d7a3}' => 2,
        _ => 1,
    }
}

/// Whether the text ends as a sentence does, closing quotes and brackets aside.
#[must_use]
pub(super) fn ends_sentence(text: &str) -> bool {
    let end = text.trim_end_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | ')' | ']' | '»' | '«' | '”' | '“' | '’' | '」' | '』' | '）'
            )
    });
    end.ends_with([
        '.', '!', '?', '…', '。', '！', '？', '．', '｡', '؟', '।', '॥', '۔', '։', '።', '။', '។',
        ':', ';', '：',
    ])
}

/// Whether a sentence ends within the text: a full stop and its like after a word of some length
/// that is no abbreviation, and a space or nothing after it.
#[must_use]
pub(super) fn holds_sentence(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        word.ends_with(['.', '!', '?', '؟', '।', '۔', '։', '።'])
            && word.chars().filter(|c| c.is_alphabetic()).count() >= 4
    }) || text.contains(['。', '！', '？', '｡'])
}

/// Whether the text was cut off by a machine: it ends in dots, bare or in brackets.
#[must_use]
pub(super) fn is_cut_off(text: &str) -> bool {
    let end =
        text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ']' | ')' | '»' | '>'));
    end.ends_with('…') || end.ends_with("...") || end.ends_with(". . .")
}

/// Letters and digits in lower case, everything else one space, none at the ends: two texts that
/// read alike have one key.
#[must_use]
pub(super) fn key(text: &str) -> String {
    let mut key = Key::with_capacity(text.len());
    for c in text.chars() {
        // Most characters, and several times as fast.
        if let Some(ascii) = u8::try_from(c).ok().filter(u8::is_ascii) {
            if ascii.is_ascii_alphanumeric() {
                key.part();
                key.push(&[ascii.to_ascii_lowercase()]);
            } else {
                key.sign(ascii == b'\'');
            }
        } else if c.is_alphanumeric() {
            key.part();
            let mut utf8 = [0; 4];
            lower(c).for_each(|c| key.push(c.encode_utf8(&mut utf8).as_bytes()));
        } else {
            key.sign(joins(c));
        }
    }
    key.into_string()
}

/// A key in the making.
#[derive(Debug)]
pub(super) struct Key {
    /// The key, and room for more.
    bytes: Vec<u8>,
    len: usize,
    /// Whether a space is due before the next letter, unless that is the first.
    gap: bool,
}

impl Key {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: vec![0; bytes],
            len: 0,
            gap: false,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Parts what comes next from the word before where that is due; whether it was.
    #[inline]
    pub(super) fn part(&mut self) -> bool {
        let is_due = self.gap && self.len > 0;
        if is_due {
            self.push(b" ");
        }
        self.gap = false;
        is_due
    }

    /// Adds a letter or digit, or a part of one.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.take(bytes.len());
    }

    /// Room for so many bytes or more.
    #[inline]
    pub(super) fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.len + bytes;
        if self.bytes.len() < end {
            // Few letters are longer in lower case.
            self.bytes.resize(2 * end, 0);
        }
        &mut self.bytes[self.len..]
    }

    /// Takes what was put into the first so many bytes of the room: letters or digits.
    #[inline]
    pub(super) fn take(&mut self, bytes: usize) {
        self.len += bytes;
    }

    /// Passes what is neither.
    #[inline]
    pub(super) fn sign(&mut self, joins: bool) {
        self.gap |= !joins;
    }

    pub(super) fn into_string(mut self) -> String {
        self.bytes.truncate(self.len);
        String::from_utf8(self.bytes).unwrap_or_default()
    }
}

/// The letter in lower case. Lower-casing Turkish İ leaves its dot as a mark of its own.
pub(super) fn lower(c: char) -> impl Iterator<Item = char> + Clone {
    c.to_lowercase().filter(|&lower| lower != '\u{307}')
}

/// Whether letters on both sides of the sign are of one word in a key.
pub(super) fn joins(c: char) -> bool {
    matches!(c, '\u{2019}' | '\u{ad}' | '\u{200b}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_collapses_and_noise_goes() {
        assert_eq!(collapsed(" a\u{a0}\n\t b\u{ad}c\u{200b} \u{feff}"), "a bc");
        assert_eq!(collapsed("\u{0}x\u{7}"), "x");
        assert_eq!(collapsed("👩\u{200d}🚀"), "👩\u{200d}🚀");
    }

    #[test]
    fn blank_texts_and_words() {
        for blank in ["", " ", "\n\t \u{b}", " \u{a0}\u{3000}"] {
            assert!(is_blank(blank), "{blank:?}");
        }
        assert!(!is_blank(" a") && !is_blank("\u{1}") && !is_blank("\u{a0}é"));
        let words = |key| words(key).collect::<Vec<_>>();
        assert_eq!(words("one zwei"), ["one", "zwei"]);
        assert_eq!((words(""), words("a ")), (vec![""], vec!["a", ""]));
    }

    #[test]
    fn mass_compares_across_scripts() {
        for (text, want) in [("bridge 2", 7), ("橋", 3), ("다리", 4), ("!", 0)] {
            assert_eq!(mass(text), want, "{text}");
        }
    }

    #[test]
    fn sentence_ends() {
        for text in [
            "Yes.",
            "“Yes!”",
            "終わり。」",
            "He said (so)?)",
            "है।",
            "Այո։",
            "አዎ።",
            "ပါ။",
            "终．",
            "ｵﾜﾘ｡",
        ] {
            assert!(ends_sentence(text), "{text}");
        }
        for text in ["A headline", "By Ann", ""] {
            assert!(!ends_sentence(text), "{text}");
        }
        assert!(is_cut_off("and so […]") && is_cut_off("then...") && !is_cut_off("Done."));
    }

    #[test]
    fn keys_forget_case_and_punctuation() {
        assert_eq!(key("  Don’t — STOP! "), "dont stop");
        assert_eq!(key("À lire aussi :"), "à lire aussi");
        assert_eq!(key("İLGİLİ"), "ilgili");
    }
}
