//! Whole gzip members of an archive, unpacked into the same room one after the other.

use libdeflater::Decompressor;

use crate::unpack::member::{fill, told_bytes};

/// Unpacks members that are there as a whole.
pub(super) struct Gunzip {
    decompressor: Decompressor,
    room: Vec<u8>,
    /// How much of it was filled last.
    bytes: usize,
}

impl Gunzip {
    pub(super) fn new() -> Self {
        Self {
            decompressor: Decompressor::new(),
            room: Vec::new(),
            bytes: 0,
        }
    }

    /// Unpacks the member that `packed` is, to the byte; false when it is broken, does not end where
    /// `packed` does, or has more than `most` bytes.
    pub(super) fn member(&mut self, packed: &[u8], most: usize) -> bool {
        let Some(bytes) = told_bytes(packed, most) else {
            return false;
        };
        if self.room.len() < bytes {
            self.room.resize(bytes, 0);
        }
        self.bytes = bytes;
        let room = self.room.get_mut(..bytes).unwrap_or_default();
        fill(&mut self.decompressor, packed, room).is_some()
    }

    /// What was in it.
    pub(super) fn unpacked(&self) -> &[u8] {
        self.room.get(..self.bytes).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    #[test]
    fn the_room_is_used_again() {
        let mut gunzip = Gunzip::new();
        for text in [&b"some words, some words"[..], b"", b"others"] {
            let mut member = GzEncoder::new(Vec::new(), Compression::default());
            member.write_all(text).unwrap();
            let member = member.finish().unwrap();
            assert!(gunzip.member(&member, 100));
            assert_eq!(gunzip.unpacked(), text);
            assert!(!gunzip.member(&member[1..], 100));
        }
    }
}
