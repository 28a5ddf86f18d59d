//! Eight bytes of a text that are looked at together, as one number: what is asked of each byte is told in its
//! upper bit, without a branch for any (Mycroft's and Lamport's tricks; Warren, Hacker's Delight, 6-1).

/// The upper bits of all bytes.
pub(super) const UPPER: u64 = each(0x80);

/// One byte eight times.
pub(super) const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Which of them are a byte.
#[inline]
pub(super) fn are(bytes: u64, byte: u8) -> u64 {
    let other = bytes ^ each(byte);
    !(other | ((other & !UPPER) + !UPPER)) & UPPER
}

/// Which of them are no less than the first and no more than the last of two bytes of ASCII.
#[inline]
pub(super) fn within(bytes: u64, first: u8, last: u8) -> u64 {
    let low = bytes & !UPPER;
    let from_first = low + each(0x80 - first);
    let past_last = low + each(0x7f - last);
    from_first & !past_last & !bytes & UPPER
}

/// Which of them may be less than a byte of ASCII: none is missed, and the first that is told is one; those after
/// it need not be. Cheaper than to know of all.
#[inline]
pub(super) fn may_be_less(bytes: u64, than: u8) -> u64 {
    bytes.wrapping_sub(each(than)) & !bytes & UPPER
}

/// As [`may_be_less`], which of them may be a byte.
#[inline]
pub(super) fn may_be(bytes: u64, byte: u8) -> u64 {
    may_be_less(bytes ^ each(byte), 1)
}

/// The place of the first byte that is told.
#[inline]
pub(super) fn first(told: u64) -> usize {
    told.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(bytes: [u8; 8], is: impl Fn(u8) -> bool) -> u64 {
        u64::from_le_bytes(bytes.map(|byte| if is(byte) { 0x80 } else { 0 }))
    }

    proptest! {
        #[test]
        fn each_byte_is_told_for_itself(bytes: [u8; 8], one in 0_u8..128, other in 0_u8..128) {
            let (first, last) = (one.min(other), one.max(other));
            let number = u64::from_le_bytes(bytes);
            prop_assert_eq!(are(number, one), told(bytes, |byte| byte == one));
            let is_within = |byte| (first..=last).contains(&byte);
            prop_assert_eq!(within(number, first, last), told(bytes, is_within));
        }

        #[test]
        fn the_first_is_told_rightly(bytes: [u8; 8], than in 1_u8..128) {
            let number = u64::from_le_bytes(bytes);
            let place = |told: u64| (told != 0).then(|| first(told));
            let less = bytes.iter().position(|byte| *byte < than);
            prop_assert_eq!(place(may_be_less(number, than)), less);
            let is = bytes.iter().position(|byte| *byte == than);
            prop_assert_eq!(place(may_be(number, than)), is);
        }
    }
}
