//! Whole gzip members at once, several times as fast as a stream of them: `benches/README.md`.

use libdeflater::Decompressor;
use memchr::memmem::Finder;

use super::stream::GZIP_START;

/// Times that deflate can pack (RFC 1951: 258 bytes in two bits).
const RATIO_MAX: usize = 1_032;

/// Unpacks members that are there as a whole.
pub(super) struct Gunzip {
    decompressor: Decompressor,
    unpacked: Vec<u8>,
}

impl Gunzip {
    pub(super) fn new() -> Self {
        Self {
            decompressor: Decompressor::new(),
            unpacked: Vec::new(),
        }
    }

    /// What is in the member that `packed` is, to the byte; none when it is broken, does not end where
    /// `packed` does, or has more than `most` bytes.
    pub(super) fn member(&mut self, packed: &[u8], most: usize) -> Option<&[u8]> {
        let (_, told) = packed.split_last_chunk()?;
        let told = usize::try_from(u32::from_le_bytes(*told)).ok()?;
        if told > most.min(packed.len().saturating_mul(RATIO_MAX)) {
            return None;
        }
        if self.unpacked.len() < told {
            self.unpacked.resize(told, 0);
        }
        let room = self.unpacked.get_mut(..told)?;
        let bytes = self.decompressor.gzip_decompress(packed, room).ok()?;
        // A member that ends before has its own length elsewhere.
        (bytes == told).then(|| &self.unpacked[..told])
    }
}

/// The first place from `from` on where a member may start: its magic number, and no flag that is
/// reserved (RFC 1952 §2.3.1.2). One in a hundred million bytes looks so by chance.
pub(super) fn member_start(bytes: &[u8], from: usize) -> Option<usize> {
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
