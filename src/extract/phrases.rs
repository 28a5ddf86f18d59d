//! Phrases that are looked for anywhere in a text, all tables at once.
//!
//! The tables are `heuristic/labels.tsv`, `metadata/paywalls.tsv` and `pages.tsv`. A text is looked
//! up word by word, whatever the number of phrases; in scripts without spaces letter by letter.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::heuristic::labels;
use super::metadata::rights;
use super::{page_class, text};
use crate::article::Reason;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    labels::phrases().for_each(|(phrase, topic)| table.add(phrase, topic, End::Open));
    rights::phrases().for_each(|phrase| table.add(phrase, Topic::Wall, End::Whole));
    page_class::phrases().for_each(|(phrase, topic)| table.add(phrase, topic, End::Whole));
    table
});

/// What the phrases found in a text tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// What a line that promotes leads to, if a short line with a link says so.
    pub(super) holds: Option<Reason>,
    /// What the text is, by itself.
    pub(super) tells: Option<Reason>,
    /// Whether a site speaks of its own cookies, numbers aside: "we and our 214 partners store".
    pub(super) consent: bool,
    /// Whether there is more for those who pay.
    pub(super) wall: bool,
    /// How many of the phrases stand in it of which consent walls are made.
    pub(super) of_consent: u8,
    /// The first of a guard's phrases, by its place in the table.
    pub(super) challenge: Option<(u16, &'static str)>,
}

/// What a phrase tells, by the table it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Holds(Reason),
    Tells(Reason),
    Consent,
    Wall,
    ConsentWall,
    Challenge,
}

/// How a phrase ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its last word may go on, when it is not the first: "use cookie" is found in "use cookies".
    Open,
    /// With a word.
    Whole,
}

#[derive(Debug)]
struct Phrase {
    text: &'static str,
    topic: Topic,
    end: End,
    place: u16,
}

#[derive(Debug)]
struct Table {
    /// Whether a word may be the first of a phrase, by a hash of it: few are, and asking the map
    /// for each takes most of the time.
    may_open: Vec<bool>,
    by_word: HashMap<&'static str, Vec<Phrase>>,
    /// Phrases of scripts without spaces, which may begin in the middle of a word.
    by_letter: HashMap<char, Vec<Phrase>>,
    len: u16,
}

impl Said {
    /// What is said in a text that was folded by [`text::key`].
    pub(super) fn of(key: &str) -> Self {
        let mut said = TABLE.look_up(key);
        if !said.consent && key.bytes().any(|byte| byte.is_ascii_digit()) {
            let is_word = |word: &&str| !word.bytes().all(|byte| byte.is_ascii_digit());
            let words: Vec<&str> = key.split(' ').filter(is_word).collect();
            said.consent = TABLE.look_up(&words.join(" ")).consent;
        }
        said
    }

    fn add(&mut self, phrase: &Phrase) {
        match phrase.topic {
            Topic::Holds(reason) => _ = self.holds.get_or_insert(reason),
            Topic::Tells(reason) => _ = self.tells.get_or_insert(reason),
            Topic::Consent => self.consent = true,
            Topic::Wall => self.wall = true,
            Topic::ConsentWall => self.of_consent = self.of_consent.saturating_add(1),
            Topic::Challenge => {
                let found = (phrase.place, phrase.text);
                let first = self.challenge.map_or(found, |first| first.min(found));
                self.challenge = Some(first);
            }
        }
    }
}

/// Places for the first words of phrases, of which there are some thousand.
const OPENERS: usize = 1 << 15;

/// Takes one more byte of a word into its hash.
fn hash(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

/// The place of a word by its hash, whose upper bits are the better ones.
fn place(hash: u32) -> usize {
    (hash >> 17) as usize % OPENERS
}

impl Table {
    fn new() -> Self {
        Self {
            may_open: vec![false; OPENERS],
            by_word: HashMap::default(),
            by_letter: HashMap::default(),
            len: 0,
        }
    }

    fn add(&mut self, phrase: String, topic: Topic, end: End) {
        // The table is made once and lives as long as the program.
        let text: &'static str = phrase.leak();
        let unspaced = text.chars().any(text::is_unspaced);
        let phrases = if unspaced {
            let first = text.chars().next().unwrap_or_default();
            self.by_letter.entry(first).or_default()
        } else {
            let first = text.split(' ').next().unwrap_or_default();
            self.may_open[place(first.bytes().fold(0, hash))] = true;
            self.by_word.entry(first).or_default()
        };
        let is_new = |other: &Phrase| other.text != text || other.topic != topic;
        if !text.is_empty() && phrases.iter().all(is_new) {
            self.len += 1;
            phrases.push(Phrase {
                text,
                topic,
                end,
                place: self.len,
            });
        }
    }

    fn look_up(&self, key: &str) -> Said {
        let mut said = Said::default();
        // Each phrase counts once, however often it is said.
        let mut counted: Vec<u16> = Vec::new();
        let mut find = |phrase: &Phrase| {
            if phrase.topic != Topic::ConsentWall {
                said.add(phrase);
            } else if !counted.contains(&phrase.place) {
                counted.push(phrase.place);
                said.add(phrase);
            }
        };
        let (mut start, mut seen) = (0, 0);
        for (at, byte) in key.bytes().chain([b' ']).enumerate() {
            if byte != b' ' {
                seen = hash(seen, byte);
                continue;
            }
            if self.may_open[place(seen)]
                && let (Some(word), Some(rest)) = (key.get(start..at), key.get(start..))
                && let Some(phrases) = self.by_word.get(word)
            {
                let found = phrases.iter().filter(|phrase| phrase.opens(rest));
                found.for_each(&mut find);
            }
            (start, seen) = (at + 1, 0);
        }
        if !key.is_ascii() && key.chars().any(text::is_unspaced) {
            for (at, letter) in key.char_indices() {
                if let (Some(phrases), Some(rest)) = (self.by_letter.get(&letter), key.get(at..)) {
                    let found = phrases
                        .iter()
                        .filter(|phrase| rest.starts_with(phrase.text));
                    found.for_each(&mut find);
                }
            }
        }
        said
    }
}

impl Phrase {
    /// Whether a text whose first word is the phrase's opens with all of it.
    fn opens(&self, text: &str) -> bool {
        let rest = text.strip_prefix(self.text);
        rest.is_some_and(|rest| self.end == End::Open || rest.is_empty() || rest.starts_with(' '))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_where_words_begin() {
        let mut table = Table::new();
        for phrase in ["use cookie", "cookieを使用し"] {
            table.add(phrase.to_owned(), Topic::Tells(Reason::Notice), End::Open);
        }
        for key in [
            "we use cookies here",
            "use cookie",
            "当サイトはcookieを使用します",
        ] {
            assert_eq!(table.look_up(key).tells, Some(Reason::Notice), "{key}");
        }
        for key in ["", "they reuse cookies", "use no cookies", "使用"] {
            assert_eq!(table.look_up(key).tells, None, "{key}");
        }
    }

    #[test]
    fn whole_phrases_end_with_a_word_and_count_once() {
        let mut table = Table::new();
        for phrase in ["cookies", "your consent", "cookies"] {
            table.add(phrase.to_owned(), Topic::ConsentWall, End::Whole);
        }
        for (key, count) in [
            ("cookies and cookies with your consent", 2),
            ("your consents", 0),
            ("a cookies", 1),
            ("", 0),
        ] {
            assert_eq!(table.look_up(key).of_consent, count, "{key}");
        }
    }

    #[test]
    fn numbers_do_not_part_what_a_site_says_of_consent() {
        assert!(Said::of("we and our 214 partners store and access").consent);
        assert!(!Said::of("214").consent);
    }
}
