//! Phrases that are looked for anywhere in a text, all tables at once.
//!
//! The tables are `heuristic/labels.tsv`, `metadata/paywalls.tsv` and `pages.tsv`, and the leads of
//! bylines in `metadata/names.tsv`. A text is looked
//! up word by word, whatever the number of phrases; in scripts without spaces letter by letter.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::heuristic::labels;
use super::metadata::{names, rights};
use super::{page_class, text};
use crate::article::Reason;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    labels::phrases().for_each(|(phrase, topic)| table.add(phrase, topic, End::Open));
    rights::phrases().for_each(|phrase| table.add(phrase, Topic::Wall, End::Whole));
    page_class::phrases().for_each(|(phrase, topic)| table.add(phrase, topic, End::Whole));
    for lead in names::leads() {
        let long = if lead.contains(' ') {
            Lead::Long
        } else {
            Lead::Short
        };
        table.add(lead.to_owned(), Topic::Lead(long), End::Whole);
    }
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
    /// The longest of what announces a name.
    pub(super) lead: Option<Lead>,
}

/// What announces a name: "by", "written by".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lead {
    /// One word, which may well say something else.
    Short,
    /// Two words or more.
    Long,
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
    Lead(Lead),
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
    /// For each place of a hash, what may follow a word with that hash for a phrase to begin with it: a
    /// bit for each byte that a second word may begin with. Few words open a phrase, and asking the map
    /// for each takes most of the time.
    may_follow: Vec<u64>,
    by_word: HashMap<&'static str, Vec<Phrase>>,
    /// Phrases of scripts without spaces, which may begin in the middle of a word.
    by_letter: HashMap<char, Vec<Phrase>>,
    len: u16,
}

/// The words of a key with which phrases may begin, told while the key is made.
#[derive(Debug)]
pub(super) struct Openers {
    table: &'static Table,
    /// The word so far, and where it begins.
    word: Word,
    start: usize,
    found: Vec<usize>,
}

/// A word in the making, by its hash.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Word(u32);

impl Word {
    /// Takes one more byte.
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }

    fn of(word: &str) -> Self {
        let mut hash = Self::default();
        word.bytes().for_each(|byte| hash.push(byte));
        hash
    }

    /// Its place in the table; the upper bits are the better ones.
    fn place(self) -> usize {
        (self.0 >> 17) as usize % OPENERS
    }
}

impl Default for Openers {
    fn default() -> Self {
        Self::of_table(&TABLE)
    }
}

impl Openers {
    fn of_table(table: &'static Table) -> Self {
        Self {
            table,
            word: Word::default(),
            start: 0,
            found: Vec::new(),
        }
    }

    /// The word so far.
    #[inline]
    pub(super) fn word(&self) -> Word {
        self.word
    }

    /// The word goes on, and is that by now.
    #[inline]
    pub(super) fn go_on(&mut self, word: Word) {
        self.word = word;
    }

    /// Ends the word at the place `end` of the key; the byte is the first of the next word.
    #[inline]
    pub(super) fn end_word(&mut self, end: usize, next: u8) {
        if self.table.may_follow[self.word.place()] & follower(next) != 0 {
            self.found.push(self.start);
        }
        (self.word, self.start) = (Word::default(), end + 1);
    }

    /// Ends the last word of the key.
    pub(super) fn end(&mut self, end: usize) {
        self.end_word(end, NOTHING);
    }

    /// Those of a key that is there already.
    fn of_key(key: &str, table: &'static Table) -> Self {
        let mut openers = Self::of_table(table);
        for (at, &byte) in key.as_bytes().iter().enumerate() {
            if byte == b' ' {
                openers.end_word(at, key.as_bytes().get(at + 1).copied().unwrap_or(NOTHING));
            } else {
                openers.word.push(byte);
            }
        }
        openers.end(key.len());
        openers
    }
}

impl Said {
    /// What is said in a text that was folded by [`text::key`].
    pub(super) fn of(key: &str, openers: &Openers, has_unspaced: bool) -> Self {
        let table = openers.table;
        let (mut said, may_consent) = table.look_up(key, openers, has_unspaced);
        let is_numbered = || key.bytes().any(|byte| byte.is_ascii_digit());
        if !said.consent && (may_consent || has_unspaced) && is_numbered() {
            let is_word = |word: &&str| !word.bytes().all(|byte| byte.is_ascii_digit());
            let words: Vec<&str> = key.split(' ').filter(is_word).collect();
            let bare = words.join(" ");
            let openers = Openers::of_key(&bare, table);
            said.consent = table.look_up(&bare, &openers, has_unspaced).0.consent;
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
            Topic::Lead(lead) => self.lead = self.lead.max(Some(lead)),
        }
    }
}

/// Places for the first words of phrases, of which there are some three hundred.
const OPENERS: usize = 1 << 11;

/// What follows the last word of a key.
const NOTHING: u8 = 0;

/// The bit of a byte that a word begins with: letters and digits have each, or two together, their own.
fn follower(byte: u8) -> u64 {
    1 << ((byte >> 1) % 64)
}

impl Table {
    fn new() -> Self {
        Self {
            may_follow: vec![0; OPENERS],
            by_word: HashMap::default(),
            by_letter: HashMap::default(),
            len: 0,
        }
    }

    fn add(&mut self, phrase: String, topic: Topic, end: End) {
        // The table is made once and lives as long as the program.
        let text: &'static str = phrase.leak();
        // A lead is a word of its own in any script.
        let is_lead = matches!(topic, Topic::Lead(_));
        let unspaced = !is_lead && text.chars().any(text::is_unspaced);
        let phrases = if unspaced {
            let first = text.chars().next().unwrap_or_default();
            self.by_letter.entry(first).or_default()
        } else {
            let first = text.split(' ').next().unwrap_or_default();
            self.may_follow[Word::of(first).place()] |= followers(text, topic);
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

    /// What is said, and whether a phrase of consent may begin somewhere.
    fn look_up(&self, key: &str, openers: &Openers, has_unspaced: bool) -> (Said, bool) {
        let mut said = Said::default();
        let mut may_consent = false;
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
        for rest in openers.found.iter().filter_map(|&start| key.get(start..)) {
            let word = rest.split(' ').next().unwrap_or_default();
            for phrase in self.by_word.get(word).into_iter().flatten() {
                may_consent |= phrase.topic == Topic::Consent;
                if phrase.opens(rest) {
                    find(phrase);
                }
            }
        }
        if has_unspaced {
            for (at, letter) in key.char_indices() {
                if let (Some(phrases), Some(rest)) = (self.by_letter.get(&letter), key.get(at..)) {
                    let found = phrases
                        .iter()
                        .filter(|phrase| rest.starts_with(phrase.text));
                    found.for_each(&mut find);
                }
            }
        }
        (said, may_consent)
    }
}

/// What may follow the first word of a phrase. Numbers stand amid what a site says of its cookies.
fn followers(phrase: &str, topic: Topic) -> u64 {
    let numbers = match topic {
        Topic::Consent => (b'0'..=b'9').map(follower).fold(0, |all, bit| all | bit),
        _ => 0,
    };
    let second = phrase.split_once(' ').map(|(_, rest)| rest.bytes().next());
    second.map_or(u64::MAX, |first| {
        follower(first.unwrap_or(NOTHING)) | numbers
    })
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

    fn table(phrases: &[&str], topic: Topic, end: End) -> &'static Table {
        let mut table = Table::new();
        for phrase in phrases {
            table.add((*phrase).to_owned(), topic, end);
        }
        Box::leak(Box::new(table))
    }

    fn said(key: &str, table: &'static Table) -> Said {
        let has_unspaced = key.chars().any(text::is_unspaced);
        Said::of(key, &Openers::of_key(key, table), has_unspaced)
    }

    #[test]
    fn phrases_are_found_where_words_begin() {
        let phrases = ["use cookie", "cookieを使用し"];
        let table = table(&phrases, Topic::Tells(Reason::Notice), End::Open);
        for key in [
            "we use cookies here",
            "use cookie",
            "当サイトはcookieを使用します",
        ] {
            assert_eq!(said(key, table).tells, Some(Reason::Notice), "{key}");
        }
        for key in ["", "they reuse cookies", "use no cookies", "使用"] {
            assert_eq!(said(key, table).tells, None, "{key}");
        }
    }

    #[test]
    fn whole_phrases_end_with_a_word_and_count_once() {
        let phrases = ["cookies", "your consent", "cookies"];
        let table = table(&phrases, Topic::ConsentWall, End::Whole);
        for (key, count) in [
            ("cookies and cookies with your consent", 2),
            ("your consents", 0),
            ("a cookies", 1),
            ("", 0),
        ] {
            assert_eq!(said(key, table).of_consent, count, "{key}");
        }
    }

    #[test]
    fn numbers_do_not_part_what_a_site_says_of_consent() {
        assert!(said("we and our 214 partners store and access", &TABLE).consent);
        assert!(!said("214", &TABLE).consent);
    }
}
