//! Small questions about text that every stage asks alike: white space, words, letters, ends.

use std::borrow::Cow;

use super::letters::Kind;
pub(super) use super::letters::{is_unspaced, lower};
pub(super) use super::reading::key;
use super::{eight, short};

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
    if text.as_bytes().first().is_some_and(u8::is_ascii_graphic) {
        return false;
    }
    // Most blank texts indent markup, and going through their characters takes several times as long.
    let (eights, last) = text.as_bytes().as_chunks();
    let all_are_spaces = |bytes: &[u8]| {
        bytes
            .iter()
            .all(|byte| matches!(byte, b'\t'..=b'\r' | b' '))
    };
    let are_spaces = |chunk: &[u8; 8]| are_spaces(u64::from_le_bytes(*chunk));
    (eights.iter().all(are_spaces) && all_are_spaces(last)) || text.trim_start().is_empty()
}

/// Whether all of eight bytes are white space of ASCII.
fn are_spaces(bytes: u64) -> bool {
    eight::are(bytes, b' ') | eight::within(bytes, b'\t', b'\r') == eight::UPPER
}

/// The words of a key: what stands between its spaces.
pub(super) fn words(key: &str) -> Words<'_> {
    Words {
        key,
        from: Some(0),
        spaces: Spaces::of(key.as_bytes()),
    }
}

/// A hash of each word of a key, in order: to compare words of one page.
pub(super) fn word_hashes(key: &str) -> impl Iterator<Item = u64> + '_ {
    let mut start = 0;
    let ends = Spaces::of(key.as_bytes()).chain([key.len()]);
    ends.map(move |end| {
        let hash = short::hash_part(key.as_bytes(), start, end);
        start = end + 1;
        hash
    })
}

/// See [`words`].
#[derive(Debug, Clone)]
pub(super) struct Words<'k> {
    key: &'k str,
    from: Option<usize>,
    spaces: Spaces<'k>,
}

impl<'k> Iterator for Words<'k> {
    type Item = &'k str;

    #[inline]
    fn next(&mut self) -> Option<&'k str> {
        let from = self.from?;
        let end = self.spaces.next();
        self.from = end.map(|end| end + 1);
        self.key.get(from..end.unwrap_or(self.key.len()))
    }
}

/// The places of the spaces in a key. Words are short, and setting out to search for a space takes longer
/// than to look at each byte; so those of 64 bytes are found at once.
#[derive(Debug, Clone)]
pub(super) struct Spaces<'k> {
    /// What is not looked at yet, and where it begins.
    rest: &'k [u8],
    next: usize,
    /// A bit for each byte before, the last 64 at most, and where they begin.
    found: u64,
    base: usize,
}

impl<'k> Spaces<'k> {
    pub(super) fn of(key: &'k [u8]) -> Self {
        Self {
            rest: key,
            next: 0,
            found: 0,
            base: 0,
        }
    }
}

impl Iterator for Spaces<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            if self.rest.is_empty() {
                return None;
            }
            let (bytes, rest) = self.rest.split_at(self.rest.len().min(64));
            (self.found, self.base, self.rest) = (spaces(bytes), self.next, rest);
            self.next += bytes.len();
        }
        let at = self.base + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(at)
    }

    /// Without asking at each space whether there is more to look at.
    #[inline]
    fn fold<B, F: FnMut(B, usize) -> B>(self, init: B, mut each: F) -> B {
        let (mut folded, mut base, mut found) = (init, self.base, self.found);
        let mut chunks = self.rest.chunks(64);
        let mut next = self.next;
        loop {
            while found != 0 {
                folded = each(folded, base + found.trailing_zeros() as usize);
                found &= found - 1;
            }
            let Some(chunk) = chunks.next() else {
                return folded;
            };
            (found, base) = (spaces(chunk), next);
            next += chunk.len();
        }
    }
}

/// A bit for each of at most 64 bytes: whether it is a space.
fn spaces(bytes: &[u8]) -> u64 {
    /// Brings the lowest bits of eight bytes together in the upper byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let of_eight = |bytes: &[u8; 8]| {
        let is_space = eight::are(u64::from_le_bytes(*bytes), b' ') >> 7;
        is_space.wrapping_mul(GATHER) >> 56
    };
    let (eights, last) = bytes.as_chunks();
    let mut found = 0;
    for (at, chunk) in (0..).zip(eights) {
        found |= of_eight(chunk) << (8 * at);
    }
    if !last.is_empty() {
        let last = short::packed(last).to_le_bytes();
        found |= last.first_chunk().map_or(0, of_eight) << (8 * eights.len());
    }
    found
}

/// Appends `text` to `out`: runs of white space become one space, none at the start, and
/// [`is_noise`] goes. A trailing space is left for the next piece; trim it at the end.
pub(super) fn push_collapsed(out: &mut String, text: &str) {
    let mut gap = out.is_empty() || out.ends_with([' ', '\n']);
    let mut rest = text;
    while !rest.is_empty() {
        // Most text is words with one space between them, which go over in one piece.
        let (plain, other) = rest.split_at(plain_len(rest, gap));
        if let Some(last) = plain.bytes().last() {
            out.push_str(plain);
            gap = last == b' ';
        }
        let mut others = other.chars();
        if others.next().is_some_and(char::is_whitespace) {
            if !gap {
                out.push(' ');
            }
            gap = true;
        }
        rest = others.as_str();
    }
}

/// How many bytes at the start are characters that are seen, and single spaces; none at the very start
/// where one is there already.
fn plain_len(text: &str, gap: bool) -> usize {
    let bytes = text.as_bytes();
    let mut before = if gap { b' ' } else { b'x' };
    let mut at = 0;
    loop {
        at += even_len(bytes.get(at..).unwrap_or_default(), before);
        let other = text.get(at..).unwrap_or_default().chars().next();
        let Some(other) = other.filter(|&c| !c.is_ascii() && !c.is_whitespace() && !is_noise(c))
        else {
            return at;
        };
        at += other.len_utf8();
        before = b'x';
    }
}

/// How many bytes at the start are not [`is_odd`], given the one before them.
fn even_len(bytes: &[u8], mut before: u8) -> usize {
    let mut len = 0;
    let (eights, last) = bytes.as_chunks::<8>();
    for chunk in eights {
        if any_may_be_odd(u64::from_le_bytes(*chunk), before)
            && let Some(at) = first_odd(chunk, before)
        {
            return len + at;
        }
        before = chunk[7];
        len += chunk.len();
    }
    len + first_odd(last, before).unwrap_or(last.len())
}

/// Whether one of eight bytes may be odd: those outside ASCII are told, too, which are few in most texts.
fn any_may_be_odd(bytes: u64, before: u8) -> bool {
    let controls = eight::may_be_less(bytes, b' ') | eight::may_be(bytes, 0x7f);
    let spaces = eight::are(bytes, b' ');
    let after_space = (spaces << 8) | u64::from(before == b' ') << 7;
    (bytes | controls | (spaces & after_space)) & eight::UPPER != 0
}

/// The first odd byte, given the one before them.
fn first_odd(bytes: &[u8], before: u8) -> Option<usize> {
    let befores = std::iter::once(&before).chain(bytes);
    let mut pairs = bytes.iter().zip(befores);
    pairs.position(|(&byte, &before)| is_odd(byte, before))
}

/// Whether a byte is a control character, a second space, or the first of a character that may be white
/// space or noise.
fn is_odd(byte: u8, before: u8) -> bool {
    match byte {
        b' ' => before == b' ',
        b'!'..=b'~' => false,
        _ => byte <= 0x7f || matches!(byte, 0xc2 | 0xe1..=0xe3 | 0xef),
    }
}

/// `text` on one line, each run of white space one space: as it is where it is so already, as most are.
#[must_use]
pub(super) fn collapsed(text: &str) -> Cow<'_, str> {
    if even_len(text.as_bytes(), b' ') == text.len() {
        return Cow::Borrowed(text.trim_end_matches(' '));
    }
    let mut out = String::with_capacity(text.len());
    push_collapsed(&mut out, text);
    out.truncate(out.trim_end().len());
    Cow::Owned(out)
}

/// How much a text says, in letters of an alphabetic script: a character of an unspaced script
/// weighs three, a Korean syllable, which is two letters or three, two. Unlike words it compares
/// across languages.
#[must_use]
pub(super) fn mass(text: &str) -> u32 {
    let (chunks, last) = text.as_bytes().as_chunks();
    let ascii: u32 = chunks.iter().map(ascii_mass).sum();
    let ascii = ascii + ascii_mass(&short::packed(last).to_le_bytes());
    if text.is_ascii() {
        return ascii;
    }
    let others = text.chars().filter(|c| !c.is_ascii()).map(Kind::of);
    let letters = others.filter(|kind| kind.is_letter());
    ascii + letters.map(Kind::weight).sum::<u32>()
}

/// Letters and digits of ASCII among 16 bytes, which are counted in bytes so that a register holds all.
fn ascii_mass(bytes: &[u8; 16]) -> u32 {
    let letters = bytes.map(|byte| u8::from(byte.is_ascii_alphanumeric()));
    u32::from(letters.into_iter().fold(0, u8::wrapping_add))
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

/// Whether letters on both sides of the sign are of one word in a key.
pub(super) fn joins(c: char) -> bool {
    matches!(c, '\u{2019}' | '\u{ad}' | '\u{200b}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a letter or digit says.
    fn weight(c: char) -> u32 {
        match c {
            c if is_unspaced(c) => 3,
            '\u{ac00}'..='\u{d7a3}' => 2,
            _ => 1,
        }
    }

    /// [`push_collapsed`], letter by letter.
    fn simple_push(out: &mut String, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                push_one_space(out);
            } else if !is_noise(c) {
                out.push(c);
            }
        }
    }

    fn push_one_space(out: &mut String) {
        if !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }

    proptest! {
        #[test]
        fn texts_collapse_letter_by_letter(texts in proptest::collection::vec(
            "([a-zé ’„\u{ad}\u{a0}\u{200b}\u{3000}\n\t\u{7f}\u{1}橋]|\\PC){0,40}", 0..4,
        )) {
            let (mut fast, mut simple) = (String::new(), String::new());
            for text in &texts {
                push_collapsed(&mut fast, text);
                simple_push(&mut simple, text);
            }
            for text in &texts {
                let mut one = String::new();
                simple_push(&mut one, text);
                prop_assert_eq!(collapsed(text), one.trim_end());
            }
            prop_assert_eq!(fast, simple);
        }

        #[test]
        fn words_stand_between_spaces(key in "[a-z !é]{0,150}") {
            let split: Vec<&str> = key.split(' ').collect();
            prop_assert_eq!(words(&key).collect::<Vec<_>>(), split);
        }

        #[test]
        fn mass_is_that_of_each_letter(text in "([a-zA-Z0-9 ,é橋다]){0,60}") {
            let letters = text.chars().filter(|c| c.is_alphanumeric());
            prop_assert_eq!(mass(&text), letters.map(weight).sum::<u32>());
        }
    }

    #[test]
    fn white_space_collapses_and_noise_goes() {
        assert_eq!(collapsed(" a\u{a0}\n\t b\u{ad}c\u{200b} \u{feff}"), "a bc");
        assert_eq!(collapsed("\u{0}x\u{7}"), "x");
        assert!(matches!(
            collapsed("On one line, \u{e9} "),
            Cow::Borrowed("On one line, \u{e9}")
        ));
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
