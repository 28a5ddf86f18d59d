//! Short words as numbers: the names of a page are compared and looked up without going through
//! their letters.

use std::num::NonZeroU64;

use super::eight;

/// A word of at most 16 bytes as a number of two halves, its ASCII letters in lower case. Most words have
/// no more than eight, so that the second half is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// No word has nothing here, so that where there may be no key, none is this being 0.
    low: NonZeroU64,
    high: u64,
}

/// Longest word that has a [`Key`].
const KEY_BYTES: usize = 2 * HALF;
/// Bytes of half a key.
const HALF: usize = 8;

impl Key {
    /// The key of `bytes[from..to]`, which is not empty; none for a long word, or one of U+0000.
    #[inline]
    pub(super) fn of(bytes: &[u8], from: usize, to: usize) -> Option<Self> {
        let len = to - from;
        // A U+0000 at its end would not tell in a number.
        if len > KEY_BYTES || bytes.get(to - 1) == Some(&0) {
            return None;
        }
        let Some(chunk) = bytes.get(from..).and_then(<[u8]>::first_chunk) else {
            return Self::of_halves(halves(packed(bytes.get(from..to)?)));
        };
        let (low, high) = halves(u128::from_le_bytes(*chunk));
        if len <= HALF {
            return Self::of_first(low, len);
        }
        Self::of_halves((low, high & first(len - HALF)))
    }

    /// The key of the first of eight bytes, one or more, none of which is U+0000.
    #[inline]
    pub(super) fn of_first(bytes: u64, len: usize) -> Option<Self> {
        let low = NonZeroU64::new(lower(bytes & first(len)))?;
        Some(Self { low, high: 0 })
    }

    #[inline]
    fn of_halves((low, high): (u64, u64)) -> Option<Self> {
        let (low, high) = (NonZeroU64::new(lower(low))?, lower(high));
        Some(Self { low, high })
    }

    fn whole(self) -> u128 {
        u128::from(self.low.get()) | (u128::from(self.high) << u64::BITS)
    }

    /// The key of the first bytes of a word, as many as a key has.
    #[inline]
    pub(super) fn of_start(word: &str) -> Option<Self> {
        let bytes = word.as_bytes();
        if bytes.is_empty() {
            return None;
        }
        Self::of(bytes, 0, bytes.len().min(KEY_BYTES))
    }

    /// The key of a word; none for an empty or a long one.
    #[inline]
    pub(super) fn of_word(word: impl AsRef<[u8]>) -> Option<Self> {
        let bytes = word.as_ref();
        if bytes.is_empty() {
            return None;
        }
        Self::of(bytes, 0, bytes.len())
    }

    /// The key of a word, given that of its start: none where the word is longer.
    #[inline]
    pub(super) fn of_whole(self, word: &str) -> Option<Self> {
        (word.len() <= KEY_BYTES).then_some(self)
    }

    /// Whether the word begins with another one.
    #[inline]
    pub(super) fn starts_with(self, start: Self) -> bool {
        let (word, start) = (self.whole(), start.whole());
        let bits = u128::BITS - start.leading_zeros();
        let unused = u128::BITS - bits.next_multiple_of(u8::BITS);
        (word << unused) == (start << unused)
    }

    /// A slot of so many, and a tag that is never 0. Mixes by a multiplication, whose upper bits depend
    /// on all lower ones.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the upper bits are taken")]
    fn slot(self, mask: usize) -> (usize, u8) {
        let folded = self.low.get() ^ self.high.rotate_left(23);
        let mixed = folded.wrapping_mul(MIX);
        ((mixed >> 48) as usize & mask, (mixed >> 40) as u8 | 1)
    }
}

/// A hash of a word, for what is compared within one page alone.
#[inline]
pub(super) fn hash(word: &[u8]) -> u64 {
    let mut hash = 0;
    let mut chunks = word.chunks_exact(KEY_BYTES);
    for chunk in chunks.by_ref() {
        hash = mixed(hash, packed(chunk));
    }
    mixed(hash, packed(chunks.remainder()))
}

/// [`hash`] of `bytes[from..to]`, faster where bytes follow it.
#[inline]
pub(super) fn hash_part(bytes: &[u8], from: usize, to: usize) -> u64 {
    let len = to - from;
    match bytes.get(from..).and_then(<[u8]>::first_chunk) {
        Some(chunk) if (1..KEY_BYTES).contains(&len) => {
            let unused = 8 * (KEY_BYTES - len);
            mixed(0, u128::from_le_bytes(*chunk) & (u128::MAX >> unused))
        }
        _ => hash(bytes.get(from..to).unwrap_or_default()),
    }
}

/// Takes one more number into a hash.
#[inline]
pub(super) fn hash_on(hash: u64, next: u64) -> u64 {
    mixed(hash, u128::from(next))
}

/// Takes 16 more bytes into a hash.
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
fn mixed(hash: u64, bytes: u128) -> u64 {
    let low = (hash.rotate_left(29) ^ bytes as u64).wrapping_mul(MIX);
    let both = (low.rotate_left(31) ^ (bytes >> 64) as u64).wrapping_mul(MIX);
    both ^ (both >> 32)
}

/// At most 16 bytes as a number: of two halves that may overlap, where they are the same.
#[inline]
pub(super) fn packed(bytes: &[u8]) -> u128 {
    let len = bytes.len();
    let (start, end) = (bytes.first_chunk(), bytes.last_chunk());
    if let (Some(start), Some(end)) = (start, end) {
        let end = u128::from(u64::from_le_bytes(*end));
        return u128::from(u64::from_le_bytes(*start)) | (end << (8 * (len - 8)));
    }
    let (start, end) = (bytes.first_chunk(), bytes.last_chunk());
    if let (Some(start), Some(end)) = (start, end) {
        let end = u128::from(u32::from_le_bytes(*end));
        return u128::from(u32::from_le_bytes(*start)) | (end << (8 * (len - 4)));
    }
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return 0;
    };
    // Of one or two bytes the middle one is the first or the last again, which changes nothing.
    let middle = u128::from(bytes[len / 2]) << (8 * (len / 2));
    u128::from(first) | middle | (u128::from(last) << (8 * (len - 1)))
}

/// The first eight bytes of `bytes[from..to]` as a number, fewer with zeros after them.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "of at most eight bytes")]
pub(super) fn first_bytes(bytes: &[u8], from: usize, to: usize) -> u64 {
    let len = (to - from).min(8);
    match bytes.get(from..).and_then(<[u8]>::first_chunk) {
        Some(chunk) if len > 0 => u64::from_le_bytes(*chunk) & (u64::MAX >> (8 * (8 - len))),
        _ => packed(bytes.get(from..from + len).unwrap_or_default()) as u64,
    }
}

/// 2^64 divided by the golden ratio, which spreads like numbers (Knuth, TAOCP 6.4).
pub(super) const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// The two halves of 16 bytes.
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
fn halves(bytes: u128) -> (u64, u64) {
    (bytes as u64, (bytes >> u64::BITS) as u64)
}

/// All bits of the first of eight bytes, one or more of them.
fn first(bytes: usize) -> u64 {
    u64::MAX >> (8 * (HALF - bytes))
}

/// ASCII capitals in lower case, eight bytes at once.
fn lower(bytes: u64) -> u64 {
    bytes | (eight::within(bytes, b'A', b'Z') >> 2)
}

/// What is known of words, ASCII case ignored: looked up in a few steps, without hashing a text.
#[derive(Debug)]
pub(super) struct Table<V> {
    /// A byte for each slot: 0 for an empty one, else a part of the hash. Most words that are looked up
    /// are not there, and this is small enough for the nearest cache.
    tags: Vec<u8>,
    slots: Vec<Option<(Key, V)>>,
    /// The words that have no key, which are few.
    long: Vec<(String, V)>,
}

/// So many slots a word that most words sit in their own.
const SLOTS_PER_WORD: usize = 3;

impl<V> Table<V> {
    /// A table of words that differ.
    pub(super) fn new<'a>(words: impl IntoIterator<Item = (&'a str, V)>) -> Self {
        let words: Vec<(&str, V)> = words.into_iter().collect();
        let len = (words.len() * SLOTS_PER_WORD).next_power_of_two();
        let (mut tags, mut slots, mut long) = (vec![0; len], Vec::new(), Vec::new());
        slots.resize_with(len, || None);
        for (word, value) in words {
            let Some(key) = Key::of_word(word) else {
                long.push((word.to_owned(), value));
                continue;
            };
            let (mut slot, tag) = key.slot(len - 1);
            while slots[slot].is_some() {
                slot = (slot + 1) % len;
            }
            tags[slot] = tag;
            slots[slot] = Some((key, value));
        }
        Self { tags, slots, long }
    }

    #[inline]
    pub(super) fn get(&self, key: Key) -> Option<&V> {
        let mask = self.tags.len() - 1;
        let (mut slot, tag) = key.slot(mask);
        loop {
            let have = self.tags[slot];
            if have == 0 {
                return None;
            }
            if have == tag
                && let Some((have, value)) = &self.slots[slot]
                && *have == key
            {
                return Some(value);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// What is known of a word of any length.
    #[inline]
    pub(super) fn find(&self, word: impl AsRef<[u8]>) -> Option<&V> {
        match Key::of_word(&word) {
            Some(key) => self.get(key),
            None => self.find_long(word.as_ref()),
        }
    }

    fn find_long(&self, word: &[u8]) -> Option<&V> {
        let mut long = self.long.iter();
        let (_, value) = long.find(|(have, _)| have.as_bytes().eq_ignore_ascii_case(word))?;
        Some(value)
    }
}

/// How words begin and how long they are: most words that are looked up in a small table are told from all
/// of its own by that, without going through their letters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Starts {
    /// The lengths of the words that begin with a letter, as bits: by the last five bits of the letter,
    /// which do not tell its case.
    lengths: [u32; 32],
}

impl Starts {
    pub(super) fn add(&mut self, word: &str) {
        if let Some((place, length)) = Self::of(word.as_bytes()) {
            self.lengths[place] |= length;
        }
    }

    /// Whether the word, or one that differs in ASCII case alone, may have been added.
    #[inline]
    pub(super) fn may_hold(&self, word: impl AsRef<[u8]>) -> bool {
        let start = Self::of(word.as_ref());
        start.is_some_and(|(place, length)| self.lengths[place] & length != 0)
    }

    /// All long words have one length.
    #[inline]
    fn of(word: &[u8]) -> Option<(usize, u32)> {
        Some((usize::from(word.first()? % 32), 1 << word.len().min(31)))
    }
}

/// A set of words.
#[derive(Debug)]
pub(super) struct Set {
    words: Table<()>,
    starts: Starts,
}

impl Set {
    pub(super) fn of(words: &[&str]) -> Self {
        let mut starts = Starts::default();
        for word in words {
            starts.add(word);
        }
        let words = Table::new(words.iter().map(|word| (*word, ())));
        Self { words, starts }
    }

    /// Whether it holds a word, ASCII case ignored.
    #[inline]
    pub(super) fn contains(&self, word: impl AsRef<[u8]>) -> bool {
        let word = word.as_ref();
        self.starts.may_hold(word) && self.words.find(word).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(word: &str) -> Option<Key> {
        Key::of_word(word)
    }

    #[test]
    fn keys_fold_ascii_case_alone() {
        assert_eq!(key("DiV"), key("div"));
        assert_eq!(key("DATA-LAZY-SRCSET"), key("data-lazy-srcset"));
        for (one, other) in [
            ("[", "{"),
            ("@", "`"),
            ("Ä", "ä"),
            ("a", "aa"),
            ("b", "b\u{1}"),
        ] {
            assert_ne!(key(one), key(other), "{one}");
        }
        let page = "xDIVERSE, and what follows it".as_bytes();
        for len in 1..=16 {
            let alone = Key::of(&page[..=len], 1, len + 1);
            assert_eq!(Key::of(page, 1, len + 1), alone, "{len}");
        }
        assert_eq!(Key::of(page, 1, 4), key("div"));
        assert_eq!((key("seventeen-letters"), key("a\0")), (None, None));
    }

    #[test]
    fn starts_are_told() {
        let starts = |word: &str, start: &str| {
            let start = key(start).expect("a short word");
            key(word).is_some_and(|key| key.starts_with(start))
        };
        assert!(starts("recommended", "recommend") && starts("ads", "ads"));
        assert!(!starts("ad", "ads") && !starts("xads", "ads") && !starts("recommen", "recommend"));
        assert!(starts("sixteen-letters-", "sixteen-letters-"));
        // A class of signs alone, `--`, has no word.
        assert_eq!(Key::of_start(""), None);
    }

    #[test]
    fn sets_hold_their_words_alone() {
        let set = Set::of(&["author", "by", "by-line", "screen-reader-text"]);
        for word in ["Author", "by", "by-line", "Screen-Reader-Text"] {
            assert!(set.contains(word), "{word}");
        }
        for word in ["byline", "", "a-very-long-class-name", "b"] {
            assert!(!set.contains(word), "{word}");
        }
    }
}
