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
fn is_vowel_sign(c: char) -> bool {
    matches!(c,
        '\u{0e31}' | '\u{0e34}'..='\u{0e3a}' | '\u{0e47}'..='\u{0e4e}'
        | '\u{0eb1}' | '\u{0eb4}'..='\u{0ebc}' | '\u{0ec8}'..='\u{0ece}'
        | '\u{102b}'..='\u{103e}' | '\u{1056}'..='\u{1059}' | '\u{105e}'..='\u{1060}'
        | '\u{1062}'..='\u{1064}' | '\u{1067}'..='\u{106d}' | '\u{1071}'..='\u{1074}'
        | '\u{1082}'..='\u{108d}' | '\u{108f}' | '\u{109a}'..='\u{109d}'
        | '\u{17b4}'..='\u{17d3}' | '\u{17dd}')
}

/// Words as a person counts them: runs of letters and digits, and each letter of a script that is
/// written without spaces; vowel signs belong to their letter.
#[must_use]
pub(super) fn word_count(text: &str) -> u32 {
    let mut count = 0;
    let mut inside = false;
    for c in text.chars() {
        // Most characters, and several times as fast.
        if c.is_ascii() {
            let is_word = c.is_ascii_alphanumeric();
            count += u32::from(is_word && !inside);
            inside = is_word || (inside && matches!(c, '\'' | '-'));
        } else if is_unspaced(c) && !c.is_numeric() {
            count += u32::from(c.is_alphabetic() && !is_vowel_sign(c));
            inside = false;
        } else if c.is_alphanumeric() {
            count += u32::from(!inside);
            inside = true;
        } else if !matches!(c, '\u{2019}' | '\u{200c}' | '\u{200d}') {
            inside = false;
        }
    }
    count
}

/// How much a text says, in letters of an alphabetic script: a character of an unspaced script
/// weighs three, a Korean syllable, which is two letters or three, two. Unlike words it compares
/// across languages.
#[must_use]
pub(super) fn mass(text: &str) -> u32 {
    let weight = |c: char| match c {
        c if is_unspaced(c) => 3,
        '\u{ac00}'..='\u{d7a3}' => 2,
        _ => 1,
    };
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
    let mut out = Vec::with_capacity(text.len());
    // A space is due before the next letter, unless that is the first.
    let mut gap = false;
    let mut utf8 = [0; 4];
    for c in text.chars() {
        // Most characters, and several times as fast.
        let ascii = u8::try_from(c).ok().filter(u8::is_ascii);
        let is_letter = ascii.map_or_else(|| c.is_alphanumeric(), |c| c.is_ascii_alphanumeric());
        if !is_letter {
            let joins = matches!(c, '\'' | '\u{2019}' | '\u{ad}' | '\u{200b}');
            gap |= !joins && !out.is_empty();
            continue;
        }
        if gap {
            out.push(b' ');
            gap = false;
        }
        if let Some(letter) = ascii {
            out.push(letter.to_ascii_lowercase());
        } else if c.is_lowercase() {
            out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        } else {
            // Lower-casing Turkish İ leaves its dot as a mark of its own.
            for lower in c.to_lowercase().filter(|&lower| lower != '\u{307}') {
                out.extend_from_slice(lower.encode_utf8(&mut utf8).as_bytes());
            }
        }
    }
    String::from_utf8(out).unwrap_or_default()
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
            assert_eq!(word_count(text), count, "{text}");
        }
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
