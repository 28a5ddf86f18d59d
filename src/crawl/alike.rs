//! When two texts are one story: exactly, by their hash, or nearly, by a `SimHash` of 64 bits
//! (Charikar, STOC 2002; Manku, Jain and Das Sarma, WWW 2007).

/// Words below which texts are only compared exactly: two notices of one kind differ in so little.
const WORDS_MIN: usize = 50;
/// Words of one feature: the order of words counts, and one changed word changes three.
const SHINGLE: usize = 3;
/// Most bits in which two texts differ that are nearly the same (Manku et al. §3, for 64 bits).
pub const NEAR_BITS: u32 = 3;
/// Parts of a hash of which at least one is the same in two that differ in [`NEAR_BITS`] bits.
pub const BANDS: usize = 4;

/// The `SimHash` of a text; none for one that is too short to be nearly the same as another. Letter
/// case, punctuation and white space do not count. It is kept in the state of crawls, so a change
/// here is a change of the state's version.
#[must_use]
pub fn sim_hash(text: &str) -> Option<u64> {
    let words = words(text);
    if words.len() < WORDS_MIN {
        return None;
    }
    let of_shingle = |shingle: &[u64]| {
        let step = |hash: u64, word: &u64| mixed(hash.rotate_left(21) ^ word);
        shingle.iter().fold(0, step)
    };
    let mut counts = [0_u32; 64];
    let shingles: Vec<u64> = words.windows(SHINGLE).map(of_shingle).collect();
    for some in shingles.chunks(usize::from(u8::MAX)) {
        count_bits(some, &mut counts);
    }
    let is_set = |count: u32| 2 * count as usize > shingles.len();
    let bits = counts.iter().enumerate();
    Some(bits.fold(0, |hash, (bit, &count)| {
        hash | u64::from(is_set(count)) << bit
    }))
}

/// Adds to each count in how many of at most 255 hashes the bit is set: eight bits at a time, each
/// in a byte of its own.
fn count_bits(hashes: &[u64], counts: &mut [u32; 64]) {
    let mut sums = [0_u64; 8];
    for hash in hashes {
        for (sum, byte) in sums.iter_mut().zip(hash.to_le_bytes()) {
            *sum += SPREAD[usize::from(byte)];
        }
    }
    let sums = sums.iter().flat_map(|sum| sum.to_le_bytes());
    for (count, sum) in counts.iter_mut().zip(sums) {
        *count += u32::from(sum);
    }
}

/// For each byte its bits, the lowest first, each as a byte.
const SPREAD: [u64; 256] = {
    let mut spread = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            spread[byte] |= (byte as u64 >> bit & 1) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    spread
};

/// Whether two texts are nearly the same.
#[must_use]
pub fn is_near(a: u64, b: u64) -> bool {
    (a ^ b).count_ones() <= NEAR_BITS
}

/// The parts of a hash by which others that are near it can be looked up.
#[must_use]
pub fn bands(hash: u64) -> [u16; BANDS] {
    let bytes = hash.to_be_bytes();
    std::array::from_fn(|band| u16::from_be_bytes([bytes[2 * band], bytes[2 * band + 1]]))
}

/// Hashes of the words, in order; a letter of a script without blanks is a word.
fn words(text: &str) -> Vec<u64> {
    // A word and a blank have four bytes or more, but for few.
    let mut words = Words(Vec::with_capacity(text.len() / 4));
    let (mut hash, mut rest) = (FNV_START, text);
    while !rest.is_empty() {
        let ascii = words.ascii(&mut hash, rest.as_bytes());
        let mut letters = rest.get(ascii..).unwrap_or_default().chars();
        rest = letters.as_str();
        while let Some(letter) = letters.next().filter(|letter| !letter.is_ascii()) {
            words.other(&mut hash, letter);
            rest = letters.as_str();
        }
    }
    words.end(&mut hash);
    words.0
}

struct Words(Vec<u64>);

/// Bytes whose words are gathered before they are added to the others.
const AT_ONCE: usize = 64;

impl Words {
    /// Reads what is ASCII at the start; how many bytes that is. Nothing branches upon where words end, which cannot
    /// be guessed.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "a branch would be guessed wrong"
    )]
    fn ascii(&mut self, hash: &mut u64, bytes: &[u8]) -> usize {
        let mut read = 0;
        for some in bytes.chunks(AT_ONCE) {
            let (mut ended, mut count) = ([0; AT_ONCE], 0);
            let is_ascii = |letter: &u8| *letter != NO_ASCII;
            let letters = some.iter().map(|byte| LETTERS[usize::from(*byte)]);
            let before = read;
            for letter in letters.take_while(is_ascii) {
                let is_letter = letter != NO_LETTER;
                ended[count] = *hash;
                count += usize::from(!is_letter & (*hash != FNV_START));
                let next = with_letter(*hash, u32::from(letter));
                *hash = if is_letter { next } else { FNV_START };
                read += 1;
            }
            self.0.extend_from_slice(&ended[..count]);
            if read - before < some.len() {
                break;
            }
        }
        read
    }

    /// A letter or sign outside ASCII.
    fn other(&mut self, hash: &mut u64, letter: char) {
        if letter.is_alphanumeric() && !is_unspaced(letter) {
            let lower = letter.to_lowercase().map(u32::from);
            *hash = lower.fold(*hash, with_letter);
            return;
        }
        self.end(hash);
        if is_unspaced(letter) {
            self.0.push(mixed(u64::from(u32::from(letter))));
        }
    }

    /// Ends a word, where one has begun.
    fn end(&mut self, hash: &mut u64) {
        if *hash != FNV_START {
            self.0.push(*hash);
            *hash = FNV_START;
        }
    }
}

fn with_letter(hash: u64, letter: u32) -> u64 {
    (hash ^ u64::from(letter)).wrapping_mul(FNV_PRIME)
}

/// What a byte of a text is: a letter or digit of ASCII in lower case, or one of those below.
static LETTERS: [u8; 256] = {
    let mut letters = [NO_ASCII; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        letters[byte as usize] = if byte.is_ascii_alphanumeric() {
            byte.to_ascii_lowercase()
        } else {
            NO_LETTER
        };
        byte += 1;
    }
    letters
};
const NO_LETTER: u8 = 0;
const NO_ASCII: u8 = 0xff;

/// FNV-1a's constants for 64 bits (Fowler, Noll, Vo).
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Scripts without blanks between words: Thai, Lao, Burmese, Khmer, kana, Han.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3134f}')
}

/// Spreads each bit over all (the finalizer of `SplitMix64`; Steele, Lea, Flood, OOPSLA 2014).
fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ hash >> 31
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Letter by letter.
    fn simple_words(text: &str) -> Vec<u64> {
        let (mut words, mut word) = (Vec::new(), None);
        for letter in text.chars() {
            if letter.is_alphanumeric() && !is_unspaced(letter) {
                let hash = word.get_or_insert(FNV_START);
                let lower = letter.to_lowercase().map(u32::from);
                *hash = lower.fold(*hash, with_letter);
                continue;
            }
            words.extend(word.take());
            words.extend(is_unspaced(letter).then(|| mixed(u64::from(u32::from(letter)))));
        }
        words.extend(word);
        words
    }

    proptest! {
        #[test]
        fn words_are_those_of_letters(text in "([a-zA-Z0-9 ,.\n'-]|[éßİ橋กあ—\u{a0}²]){0,60}") {
            prop_assert_eq!(words(&text), simple_words(&text));
        }
    }

    fn story(words: usize, seed: u64) -> String {
        let word = |n: u64| {
            let hash = mixed(n ^ mixed(seed));
            format!("w{} ", hash % 500)
        };
        (0..words as u64).map(word).collect()
    }

    #[test]
    fn a_text_is_near_itself_with_a_word_changed_and_far_from_others() {
        let text = story(600, 1);
        let hash = sim_hash(&text).unwrap();
        assert_eq!(
            sim_hash(&text.to_uppercase().replace(' ', ",\n")),
            Some(hash)
        );
        let changed = text.replacen(" w", " another w", 1) + " Updated at noon.";
        assert!(is_near(hash, sim_hash(&changed).unwrap()));
        for seed in 2..200 {
            assert!(
                !is_near(hash, sim_hash(&story(600, seed)).unwrap()),
                "{seed}"
            );
        }
    }

    #[test]
    fn short_texts_have_none() {
        assert_eq!(sim_hash("Markets closed. No trading today."), None);
        assert!(sim_hash(&"東京の橋が再び開いた。".repeat(8)).is_some());
    }

    #[test]
    fn the_hash_stays_the_same_for_ever() {
        // It is kept in state directories.
        assert_eq!(
            sim_hash(&"The old bridge reopened on Monday. ".repeat(10)),
            Some(KNOWN)
        );
    }
    const KNOWN: u64 = 7_290_219_632_471_998_832;

    #[test]
    fn hashes_that_are_near_share_a_band() {
        let hash = 0x0123_4567_89ab_cdef_u64;
        for (a, b, c) in [(0, 17, 40), (3, 63, 20), (1, 2, 3)] {
            let other = hash ^ 1 << a ^ 1 << b ^ 1 << c;
            assert!(is_near(hash, other));
            assert!(bands(hash).iter().zip(bands(other)).any(|(a, b)| *a == b));
        }
    }
}
