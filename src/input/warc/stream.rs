//! The bytes of an archive, unpacked, and where its records start.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::GzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use super::record::START;
use crate::unpack::member::GZIP_START;

/// What is read from the disk at once.
const BUFFER_BYTES: usize = 1 << 17;
/// How every frame of zstd starts (RFC 8878 §3.1.1).
const ZSTD_START: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// How the skippable frame starts that holds the dictionary of a `.warc.zst`
/// (<https://iipc.github.io/warc-specifications/specifications/warc-zstd/>).
const DICTIONARY_START: [u8; 4] = [0x5d, 0x2a, 0x4d, 0x18];
/// Largest dictionary; the tool that makes them trains 1 MiB.
const DICTIONARY_BYTES_MAX: u32 = 64 << 20;

/// An archive's bytes. Whatever its packing, one read gives bytes of one member only.
pub(super) struct Stream {
    unpacked: BufReader<Packed>,
    /// Bytes given out so far, which in an archive that is not packed are those of the file.
    given: u64,
    /// A fault that was met when nothing was to be given out yet.
    failed: Option<io::Error>,
}

impl Stream {
    /// Opens an archive, at its beginning or at a byte where a member starts; how it is packed is
    /// seen from its bytes there.
    pub(super) fn open_at(path: &Path, at: u64) -> io::Result<Self> {
        let mut file = Counted::new(BufReader::with_capacity(BUFFER_BYTES, File::open(path)?));
        if at > 0 {
            file.go_to(at)?;
        }
        let head = file.fill_buf()?;
        let packed = if head.starts_with(&GZIP_START[..2]) {
            Packed::Gzip(Box::new(Members::new(file)))
        } else if head.starts_with(&DICTIONARY_START) {
            let dictionary = dictionary(&mut file)?;
            Packed::Zstd(Box::new(ZstdDecoder::with_dictionary(file, &dictionary)?))
        } else if head.starts_with(&ZSTD_START) {
            Packed::Zstd(Box::new(ZstdDecoder::with_buffer(file)?))
        } else {
            Packed::Plain(file)
        };
        let unpacked = BufReader::with_capacity(BUFFER_BYTES, packed);
        Ok(Self {
            unpacked,
            given: 0,
            failed: None,
        })
    }

    /// Passes over the empty lines between two records; then where in the file the next byte is, or
    /// the member that it is in.
    pub(super) fn next_record(&mut self) -> u64 {
        // The next member starts only when it is asked for. If it is broken, its reader hears it.
        self.failed = loop {
            match self.unpacked.fill_buf() {
                Ok([b'\r' | b'\n', ..]) => {
                    self.unpacked.consume(1);
                    self.given += 1;
                }
                Ok(_) => break None,
                Err(error) => break Some(error),
            }
        };
        match self.unpacked.get_ref() {
            Packed::Gzip(members) => members.start,
            _ => self.given,
        }
    }

    /// Bytes given out so far.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Whether a record starts here, as far as is read already.
    pub(super) fn is_at_record(&mut self) -> io::Result<bool> {
        if self.failed.is_some() {
            return Ok(false);
        }
        Ok(self.unpacked.fill_buf()?.starts_with(START))
    }

    /// Reads to the end of the line, which stays, but not more than `most` bytes.
    pub(super) fn line(&mut self, most: usize) -> io::Result<Vec<u8>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut line = Vec::new();
        let read = (&mut self.unpacked)
            .take(most as u64)
            .read_until(b'\n', &mut line)?;
        self.given += read as u64;
        Ok(line)
    }

    /// Gives a block of so many bytes to `take`, piece by piece, as far as it reaches.
    pub(super) fn block(&mut self, bytes: u64, mut take: impl FnMut(&[u8])) -> io::Result<Reach> {
        let mut left = bytes;
        let mut member = self.member();
        while left > 0 {
            if self.unpacked.fill_buf()?.is_empty() {
                return Ok(Reach::End);
            }
            let is_next = std::mem::replace(&mut member, self.member()) != member;
            let buffer = self.unpacked.buffer();
            if is_next && buffer.starts_with(START) {
                return Ok(Reach::NextRecord);
            }
            let used = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            take(&buffer[..used]);
            self.unpacked.consume(used);
            self.given += used as u64;
            left -= used as u64;
        }
        Ok(Reach::Whole)
    }

    /// Where the member in hand starts; none in what is no gzip file.
    fn member(&self) -> Option<u64> {
        match self.unpacked.get_ref() {
            Packed::Gzip(members) => Some(members.start),
            Packed::Plain(_) | Packed::Zstd(_) => None,
        }
    }

    /// Whether nothing was read yet of the member in hand, or nothing is left of the file. To be
    /// asked where the next record is.
    pub(super) fn is_between_members(&self) -> bool {
        let ahead = self.unpacked.buffer().len();
        match self.unpacked.get_ref() {
            // A fault may be in what is left of the member: its checksum.
            Packed::Gzip(members) if self.failed.is_none() => {
                ahead == 0 || members.given == ahead as u64
            }
            _ => false,
        }
    }

    /// Whether the file ends here. To be asked where the next record is.
    pub(super) fn is_at_end(&self) -> bool {
        self.failed.is_none() && self.unpacked.buffer().is_empty()
    }

    /// Goes to what may be the next record behind the start of a broken one: the next member, or
    /// the next line that starts a record. False where nothing more can be found.
    pub(super) fn recover(&mut self, start: u64) -> io::Result<bool> {
        // What was unpacked of the broken record is of no use.
        let stale = self.unpacked.buffer().len();
        self.unpacked.consume(stale);
        match self.unpacked.get_mut() {
            Packed::Gzip(members) => members.recover(start + 1),
            Packed::Plain(file) => {
                file.go_to(start + 1)?;
                self.given = start + 1;
                self.line(usize::MAX)?;
                self.next_version_line()
            }
            Packed::Zstd(_) => Ok(false),
        }
    }

    /// What is next, so many bytes at least where a file that is not packed has them.
    fn ahead(&mut self, bytes: usize) -> io::Result<&[u8]> {
        let seen = self.unpacked.fill_buf()?.len();
        if (1..bytes).contains(&seen)
            && let Packed::Plain(file) = self.unpacked.get_mut()
        {
            file.go_to(self.given)?;
            self.unpacked.consume(seen);
        }
        self.unpacked.fill_buf()
    }

    fn next_version_line(&mut self) -> io::Result<bool> {
        loop {
            // The start of a record may lie across the end of what was read.
            let buffer = self.ahead(START.len())?;
            if buffer.is_empty() {
                return Ok(false);
            }
            if buffer.starts_with(START) {
                return Ok(true);
            }
            // A line at a time, however long it is: nothing of it is kept.
            let whole = memchr::memchr(b'\n', buffer);
            let used = whole.map_or(buffer.len(), |end| end + 1);
            self.unpacked.consume(used);
            self.given += used as u64;
        }
    }
}

/// How far a block reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// As far as it says.
    Whole,
    /// The file ends before.
    End,
    /// A member that starts a record comes before: the block lies about its length.
    NextRecord,
}

enum Packed {
    Plain(Counted),
    Gzip(Box<Members>),
    Zstd(Box<ZstdDecoder<'static, Counted>>),
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Gzip(members) => members.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

/// The dictionary in the first frame, which may be packed itself.
fn dictionary(file: &mut Counted) -> io::Result<Vec<u8>> {
    let mut head = [0; 8];
    file.read_exact(&mut head)?;
    let [_, _, _, _, size @ ..] = head;
    let size = u32::from_le_bytes(size);
    if size > DICTIONARY_BYTES_MAX {
        return Err(io::Error::other("its dictionary is too large"));
    }
    let mut dictionary = Vec::new();
    file.take(u64::from(size)).read_to_end(&mut dictionary)?;
    if !dictionary.starts_with(&ZSTD_START) {
        return Ok(dictionary);
    }
    let mut unpacked = Vec::new();
    ZstdDecoder::new(&dictionary[..])?
        .take(u64::from(DICTIONARY_BYTES_MAX))
        .read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

/// A gzip file: members one after the other, mostly one a record.
struct Members {
    /// The member in hand; none between two of them.
    decoder: Option<GzDecoder<Counted>>,
    file: Option<Counted>,
    /// Where the member in hand starts, and how much of it was unpacked.
    start: u64,
    given: u64,
}

impl Members {
    fn new(file: Counted) -> Self {
        Self {
            decoder: None,
            start: file.at,
            file: Some(file),
            given: 0,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                let read = decoder.read(buffer)?;
                self.given += read as u64;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
                self.file = self.decoder.take().map(GzDecoder::into_inner);
            }
            let Some(file) = &mut self.file else {
                return Ok(0);
            };
            if file.fill_buf()?.is_empty() {
                return Ok(0);
            }
            self.begin();
        }
    }

    fn begin(&mut self) {
        self.start = self.file.as_ref().map_or(self.start, |file| file.at);
        self.given = 0;
        self.decoder = self.file.take().map(GzDecoder::new);
    }

    /// Starts anew at the next place that looks like a member, which may be within the broken one.
    fn recover(&mut self, from: u64) -> io::Result<bool> {
        if let Some(decoder) = self.decoder.take() {
            self.file = Some(decoder.into_inner());
        }
        let Some(file) = &mut self.file else {
            return Ok(false);
        };
        file.go_to(from)?;
        // How much of the start was seen: its bytes are all different.
        let mut seen = 0;
        while let Some(&byte) = file.fill_buf()?.first() {
            file.consume(1);
            seen = if byte == GZIP_START[seen] {
                seen + 1
            } else {
                usize::from(byte == GZIP_START[0])
            };
            if seen == GZIP_START.len() {
                let start = file.at - GZIP_START.len() as u64;
                file.go_to(start)?;
                self.begin();
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A file that knows where it is.
struct Counted {
    file: BufReader<File>,
    at: u64,
}

impl Counted {
    fn new(file: BufReader<File>) -> Self {
        Self { file, at: 0 }
    }

    fn go_to(&mut self, place: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(place))?;
        self.at = place;
        Ok(())
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.file.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount as u64;
        self.file.consume(amount);
    }
}
