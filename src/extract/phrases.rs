//! Phrases that are looked for anywhere in a text, all tables at once.
//!
//! The tables are `heuristic/labels.tsv`, `metadata/paywalls.tsv` and `pages.tsv`, and the leads of
//! bylines in `metadata/names.tsv`. A text is looked
//! up word by word, whatever the number of phrases; in scripts without spaces letter by letter.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use foldhash::HashMap;

use super::heuristic::labels;
use super::metadata::{names, rights};
use super::text::Spaces;
use super::{page_class, short, text};
use crate::article::Reason;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let of_labels = labels::phrases().map(|(phrase, topic)| (phrase, topic, End::Open));
    let of_walls = rights::phrases().map(|phrase| (phrase, Topic::Wall, End::Whole));
    let of_pages = page_class::phrases().map(|(phrase, topic)| (phrase, topic, End::Whole));
    let of_leads = names::leads().map(|lead| {
        let long = if lead.contains(' ') {
            Lead::Long
        } else {
            Lead::Short
        };
        (lead.to_owned(), Topic::Lead(long), End::Whole)
    });
    Table::of(of_labels.chain(of_walls).chain(of_pages).chain(of_leads))
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
    /// Its first word.
    first: &'static str,
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
    by_word: short::Table<Vec<Phrase>>,
    /// Phrases of scripts without spaces, which may begin in the middle of a word.
    by_letter: HashMap<char, Vec<Phrase>>,
}

/// The place of a word in [`Table::may_follow`]: its first eight bytes tell it well enough.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the upper bits are taken")]
fn place(bytes: &[u8], from: usize, to: usize) -> usize {
    let word = short::first_bytes(bytes, from, to);
    (word.wrapping_mul(short::MIX) >> (u64::BITS - OPENERS.trailing_zeros())) as usize % OPENERS
}

/// The words of a key with which phrases may begin: where they begin and end.
#[derive(Debug, Default)]
pub(super) struct Openers(Vec<(usize, usize)>);

impl Openers {
    /// Takes those of the key that the first `len` bytes are, for those of another; quicker where more bytes follow.
    pub(super) fn read(&mut self, bytes: &[u8], len: usize) {
        self.read_by(&TABLE, bytes, len);
    }

    fn read_by(&mut self, table: &Table, bytes: &[u8], len: usize) {
        self.0.clear();
        let mut start = 0;
        let mut end_word = |end: usize, next: u8| {
            if table.may_follow[place(bytes, start, end)] & follower(next) != 0 {
                self.0.push((start, end));
            }
            start = end + 1;
        };
        let spaces = Spaces::of(bytes.get(..len).unwrap_or_default());
        let next = |end: usize| if end < len { bytes.get(end) } else { None };
        spaces.for_each(|end| end_word(end, next(end + 1).copied().unwrap_or(NOTHING)));
        end_word(len, NOTHING);
    }
}

impl Said {
    /// What is said in a text that was folded by [`text::key`].
    pub(super) fn of(key: &str, openers: &Openers, has_digits: bool, has_unspaced: bool) -> Self {
        Self::by(&TABLE, key, openers, has_digits, has_unspaced)
    }

    fn by(
        table: &Table,
        key: &str,
        openers: &Openers,
        has_digits: bool,
        has_unspaced: bool,
    ) -> Self {
        let (mut said, may_consent) = table.look_up(key, openers, has_unspaced);
        if !said.consent && has_digits && (may_consent || has_unspaced) {
            said.consent = table.tells_consent_but_for_numbers(key, openers, has_unspaced);
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
    fn of(all: impl Iterator<Item = (String, Topic, End)>) -> Self {
        let mut may_follow = vec![0; OPENERS];
        let mut by_word: BTreeMap<&str, Vec<Phrase>> = BTreeMap::new();
        let mut by_letter: HashMap<char, Vec<Phrase>> = HashMap::default();
        let mut len = 0;
        for (phrase, topic, end) in all.filter(|(phrase, ..)| !phrase.is_empty()) {
            // The table is made once and lives as long as the program.
            let text: &'static str = phrase.leak();
            // A lead is a word of its own in any script.
            let is_lead = matches!(topic, Topic::Lead(_));
            let (phrases, end) = if !is_lead && text.chars().any(text::is_unspaced) {
                let first = text.chars().next().unwrap_or_default();
                (by_letter.entry(first).or_default(), End::Open)
            } else {
                let first = text::words(text).next().unwrap_or_default();
                may_follow[place(first.as_bytes(), 0, first.len())] |= followers(text, topic);
                (by_word.entry(first).or_default(), end)
            };
            let is_new = |other: &Phrase| other.text != text || other.topic != topic;
            if phrases.iter().all(is_new) {
                len += 1;
                phrases.push(Phrase {
                    text,
                    first: text::words(text).next().unwrap_or_default(),
                    topic,
                    end,
                    place: len,
                });
            }
        }
        Self {
            may_follow,
            by_word: short::Table::new(by_word),
            by_letter,
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
        for (rest, phrases) in self.that_may_begin(key, openers, has_unspaced) {
            for phrase in phrases {
                may_consent |= phrase.topic == Topic::Consent;
                if phrase.opens(rest) {
                    find(phrase);
                }
            }
        }
        (said, may_consent)
    }

    /// Whether consent is told once words of digits alone are left out. A phrase of consent may begin with the same
    /// openers then: [`followers`] counts numbers.
    fn tells_consent_but_for_numbers(
        &self,
        key: &str,
        openers: &Openers,
        has_unspaced: bool,
    ) -> bool {
        let mut found = self.that_may_begin(key, openers, has_unspaced);
        found.any(|(rest, phrases)| {
            let consents = |phrase: &&Phrase| phrase.topic == Topic::Consent;
            let mut phrases = phrases.iter().filter(consents);
            phrases.any(|phrase| phrase.opens_but_for_numbers(rest))
        })
    }

    /// The phrases that may begin with an opener, or in a script without spaces at a letter, and the text from there on.
    fn that_may_begin<'k>(
        &self,
        key: &'k str,
        openers: &Openers,
        has_unspaced: bool,
    ) -> impl Iterator<Item = (&'k str, &[Phrase])> {
        let letters = has_unspaced.then(|| self.by_letters(key));
        self.by_openers(key, openers)
            .chain(letters.into_iter().flatten())
    }

    /// The phrases that may begin with each opener, and the text from there on.
    fn by_openers<'k>(
        &self,
        key: &'k str,
        openers: &Openers,
    ) -> impl Iterator<Item = (&'k str, &[Phrase])> {
        openers.0.iter().map(move |&(start, end)| {
            let word = key.get(start..end).unwrap_or_default();
            let phrases = self.by_word.find(word).map_or(&[][..], Vec::as_slice);
            (key.get(start..).unwrap_or_default(), phrases)
        })
    }

    /// The phrases of scripts without spaces that may begin with each letter, and the text from there on.
    fn by_letters<'k>(&self, key: &'k str) -> impl Iterator<Item = (&'k str, &[Phrase])> {
        key.char_indices().filter_map(move |(at, letter)| {
            let phrases = self.by_letter.get(&letter)?;
            Some((key.get(at..)?, phrases.as_slice()))
        })
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
        rest.is_some_and(|rest| self.may_end_before(rest))
    }

    /// Whether it opens with the phrase once words of digits alone are left out of it. Goes along the phrase, since
    /// in a script without spaces a word of the text may be as long as the page, and be asked about at each letter.
    fn opens_but_for_numbers(&self, text: &str) -> bool {
        let Some(mut rest) = text.strip_prefix(self.first) else {
            return false;
        };
        for word in text::words(self.text).skip(1) {
            let next = rest.strip_prefix(' ').map(past_numbers);
            let Some(after) = next.and_then(|next| next.strip_prefix(word)) else {
                return false;
            };
            rest = after;
        }
        self.may_end_before(rest)
    }

    /// Whether it may end where a text goes on so.
    fn may_end_before(&self, rest: &str) -> bool {
        self.end == End::Open || rest.is_empty() || rest.starts_with(' ')
    }
}

/// What is left of a key behind words of digits alone.
fn past_numbers(key: &str) -> &str {
    let mut rest = key;
    while let Some((word, after)) = rest.split_once(|c: char| !c.is_ascii_digit()) {
        if word.is_empty() || rest.as_bytes().get(word.len()) != Some(&b' ') {
            break;
        }
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(phrases: &[&str], topic: Topic, end: End) -> &'static Table {
        let phrases = phrases
            .iter()
            .map(|&phrase| (phrase.to_owned(), topic, end));
        Box::leak(Box::new(Table::of(phrases)))
    }

    fn said(key: &str, table: &'static Table) -> Said {
        let has_unspaced = key.chars().any(text::is_unspaced);
        let mut openers = Openers::default();
        openers.read_by(table, key.as_bytes(), key.len());
        let has_digits = key.contains(|c: char| c.is_ascii_digit());
        Said::by(table, key, &openers, has_digits, has_unspaced)
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

    proptest! {
        /// Leaving numbers out of the text first tells the same.
        #[test]
        fn consent_is_told_as_without_the_numbers(words in prop::collection::vec(0..WORDS.len(), 0..9), is_open: bool) {
            let end = if is_open { End::Open } else { End::Whole };
            let table = table(&["use cookie", "we use our", "ours", "クッキーを", "7を使用し us"], Topic::Consent, end);
            let words: Vec<&str> = words.into_iter().map(|at| WORDS[at]).collect();
            let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
            let bare: Vec<&str> = words.iter().copied().filter(|word| !is_number(word)).collect();
            let tells = |words: &[&str]| said(&words.join(" "), table).consent;
            prop_assert_eq!(tells(&words), tells(&bare));
        }
    }

    const WORDS: [&str; 12] = [
        "we",
        "use",
        "cookie",
        "cookies",
        "our",
        "ours",
        "us",
        "7",
        "214",
        "7th",
        "クッキーを",
        "7を使用し",
    ];

    #[test]
    fn numbers_do_not_part_what_a_site_says_of_consent() {
        assert!(said("we and our 214 partners store and access", &TABLE).consent);
        assert!(!said("214", &TABLE).consent);
        let mut openers = Openers::default();
        let buffer = b"by ann\0\0\0\0\0\0\0\0";
        for bytes in [&buffer[..], b"by ann", b"by ann or ben"] {
            openers.read(bytes, 6);
            assert_eq!(openers.0, [(0, 2)]);
        }
    }
}
