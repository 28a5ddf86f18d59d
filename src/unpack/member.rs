//! Whole gzip members at once, twice as fast as a stream of them: `benches/README.md`.

use libdeflater::Decompressor;
use memchr::memmem::Finder;

/// The magic number and the only method there is (RFC 1952 §2.3.1).
pub(crate) const GZIP_START: [u8; 3] = [0x1f, 0x8b, 8];

/// Times that deflate can pack (RFC 1951: 258 bytes in two bits).
const RATIO_MAX: usize = 1_032;

/// What is in a body that is one member; none of any other.
pub(super) fn whole(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    if member_start(packed, 1).is_some() {
        return None;
    }
    let mut unpacked = vec![0; told_bytes(packed, most)?];
    fill(&mut Decompressor::new(), packed, &mut unpacked)?;
    Some(unpacked)
}

/// What the end of a member says of its length, unless that is too much or cannot be.
pub(crate) fn told_bytes(packed: &[u8], most: usize) -> Option<usize> {
    let (_, told) = packed.split_last_chunk()?;
    let told = usize::try_from(u32::from_le_bytes(*told)).ok()?;
    let can_be = packed.len().saturating_mul(RATIO_MAX);
    (told <= most.min(can_be)).then_some(told)
}

/// Fills the room exactly. A member that ends before, with something behind it, has its own length
/// elsewhere.
pub(crate) fn fill(decompressor: &mut Decompressor, packed: &[u8], room: &mut [u8]) -> Option<()> {
    let bytes = decompressor.gzip_decompress(packed, room).ok()?;
    (bytes == room.len()).then_some(())
}

/// The first place from `from` on where a member may start: its magic number, and no flag that is
/// reserved (RFC 1952 §2.3.1.2). One in a hundred million bytes looks so by chance.
pub(crate) fn member_start(bytes: &[u8], from: usize) -> Option<usize> {
    let finder = Finder::new(&GZIP_START);
    let mut at = from;
    loop {
        at += finder.find(bytes.get(at..)?)?;
        match bytes.get(at + GZIP_START.len()) {
            Some(flags) if flags & 0xe0 != 0 => at += 1,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    #[test]
    fn only_a_whole_member_is_unpacked() {
        let mut member = GzEncoder::new(Vec::new(), Compression::default());
        member.write_all(b"some words, some words").unwrap();
        let member = member.finish().unwrap();
        let want = b"some words, some words".to_vec();
        assert_eq!(whole(&member, 100), Some(want));
        assert_eq!(whole(&member, 10), None, "too much");
        for end in 0..member.len() {
            assert_eq!(whole(&member[..end], 100), None, "{end}");
        }
        for behind in [&b"x"[..], b"1234", &member] {
            let more = [&member, behind].concat();
            assert_eq!(whole(&more, 100), None, "{behind:?}");
        }
        for at in 0..member.len() {
            // Flags, time and system of the header say nothing of the bytes.
            let mut broken = member.clone();
            broken[at] ^= 1;
            let got = whole(&broken, 1_000);
            assert!(got.is_none() || (3..10).contains(&at), "{at}");
        }
    }

    #[test]
    fn starts_of_members_have_no_reserved_flags() {
        let bytes = b"\x1f\x8b\x08\xff...\x1f\x8b\x08\x00..\x1f\x8b\x08";
        assert_eq!(member_start(bytes, 0), Some(7));
        assert_eq!(member_start(bytes, 8), Some(13), "the flags may follow");
        assert_eq!(member_start(bytes, 14), None);
        assert_eq!(member_start(bytes, 99), None);
    }
}
