//! Packed output: gzip members or zstd frames that stand alone, one for each group of records.
//!
//! What is written between two flushes becomes one member (RFC 1952 §2.2), or one frame (RFC 8878
//! §3): a file that ends early is readable up to its last whole one, and any tool reads all of them
//! in a row.

use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;

/// Size of a group at which it is packed without waiting for a flush, in bytes.
const GROUP_BYTES: usize = 1 << 20;
/// Level of zstd; its own default.
const ZSTD_LEVEL: i32 = 3;

/// How output is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// gzip, `.gz`.
    Gzip,
    /// Zstandard, `.zst`.
    Zstd,
}

impl Packing {
    /// How a file of that name is packed.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "gz" => Some(Self::Gzip),
            "zst" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The ending of its files, with the dot.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    fn member(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut member = GzEncoder::new(Vec::new(), flate2::Compression::default());
                member.write_all(bytes)?;
                member.finish()
            }
            Self::Zstd => zstd::bulk::compress(bytes, ZSTD_LEVEL),
        }
    }
}

/// Packs what is written, or hands it on as it is.
#[derive(Debug)]
pub struct Packed<W: Write> {
    to: W,
    packing: Option<Packing>,
    group: Vec<u8>,
    is_empty: bool,
}

impl<W: Write> Packed<W> {
    /// Writes to `to`.
    pub fn new(to: W, packing: Option<Packing>) -> Self {
        Self {
            to,
            packing,
            group: Vec::new(),
            is_empty: true,
        }
    }

    /// Ends it, and gives back what it wrote to. A file without anything is one empty member, since
    /// tools refuse one without any.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub fn into_inner(mut self) -> io::Result<W> {
        if self.is_empty {
            self.pack()?;
        }
        self.flush()?;
        Ok(self.to)
    }

    fn pack(&mut self) -> io::Result<()> {
        if let Some(packing) = self.packing {
            self.is_empty = false;
            let member = packing.member(&self.group)?;
            self.group.clear();
            self.to.write_all(&member)?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Packed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.packing.is_none() {
            return self.to.write(bytes);
        }
        self.group.extend_from_slice(bytes);
        if self.group.len() >= GROUP_BYTES {
            self.pack()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.group.is_empty() {
            self.pack()?;
        }
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn unpacked(packing: Packing, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        match packing {
            Packing::Gzip => flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut text),
            Packing::Zstd => zstd::Decoder::new(bytes)?.read_to_end(&mut text),
        }?;
        Ok(text)
    }

    #[test]
    fn each_group_stands_alone() {
        for packing in [Packing::Gzip, Packing::Zstd] {
            let mut packed = Packed::new(Vec::new(), Some(packing));
            let mut ends = Vec::new();
            for group in ["one\n", "two\n", "three\n"] {
                packed.write_all(group.as_bytes()).unwrap();
                packed.flush().unwrap();
                packed.flush().unwrap();
                ends.push(packed.to.len());
            }
            let bytes = packed.into_inner().unwrap();
            assert_eq!(bytes.len(), ends[2], "nothing more at the end");
            let whole = unpacked(packing, &bytes).unwrap();
            assert_eq!(whole, b"one\ntwo\nthree\n");
            assert_eq!(unpacked(packing, &bytes[..ends[1]]).unwrap(), b"one\ntwo\n");
            assert_eq!(
                unpacked(packing, &bytes[ends[0]..ends[1]]).unwrap(),
                b"two\n"
            );
            let empty = Packed::new(Vec::new(), Some(packing)).into_inner().unwrap();
            assert!(!empty.is_empty());
            assert_eq!(unpacked(packing, &empty).unwrap(), b"");
        }
    }

    #[test]
    fn endings() {
        for (name, want) in [
            ("a.jsonl.gz", Some(Packing::Gzip)),
            ("a.ZST", Some(Packing::Zstd)),
            ("a.jsonl", None),
            ("gz", None),
        ] {
            assert_eq!(Packing::of(Path::new(name)), want);
        }
    }
}
