//! Bytes of a gzip file, and where in them members may start.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::GzDecoder;

use super::record::START;
use crate::unpack::member::member_start;

/// What is read at once beyond what is asked for.
pub(super) const AHEAD_BYTES: u64 = 64 << 10;
/// What is read at once in a search.
const SEARCHED_BYTES: u64 = 256 << 10;
/// Largest member that is unpacked at once; in larger ones, as a stream.
const MEMBER_BYTES_MAX: usize = 8 << 20;
/// What has to be seen of a member to know whether it starts a record: its header, and as many
/// bytes as a first block of deflate may need for its codes.
const TRIAL_BYTES: usize = 1 << 10;

/// Bytes of a file, as many as are needed at a time.
pub(super) struct Window {
    pub(super) path: Arc<Path>,
    file: File,
    bytes: Vec<u8>,
    /// Where they are in the file.
    base: u64,
    is_end: bool,
}

impl Window {
    pub(super) fn open(path: &Arc<Path>, base: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(base))?;
        Ok(Self {
            path: Arc::clone(path),
            file,
            bytes: Vec::new(),
            base,
            is_end: false,
        })
    }

    fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// Reads to there, or to the end.
    pub(super) fn reach(&mut self, to: u64) -> io::Result<()> {
        let wanted = to.saturating_sub(self.end());
        if wanted > 0 && !self.is_end {
            self.bytes.reserve(usize::try_from(wanted).unwrap_or(0));
            let read = (&self.file).take(wanted).read_to_end(&mut self.bytes)?;
            self.is_end = (read as u64) < wanted;
        }
        Ok(())
    }

    /// Makes the window begin there, unless that is within it.
    fn go_to(&mut self, to: u64) -> io::Result<()> {
        if to < self.base || to > self.end() {
            self.file.seek(SeekFrom::Start(to))?;
            self.bytes.clear();
            (self.base, self.is_end) = (to, false);
        }
        Ok(())
    }

    /// What is there from a place on, so many bytes at least, unless the file ends before.
    pub(super) fn from(&mut self, place: u64, bytes: usize) -> io::Result<&[u8]> {
        self.go_to(place)?;
        self.reach(place + bytes as u64)?;
        let at = usize::try_from(place - self.base).unwrap_or(usize::MAX);
        Ok(self.bytes.get(at..).unwrap_or_default())
    }

    pub(super) fn is_member(&mut self, place: u64) -> io::Result<bool> {
        Ok(member_start(self.from(place, 4)?, 0) == Some(0))
    }

    /// How long the member that starts at a place is, if it ends at the next place but `after` bytes
    /// that looks like a start, or at the end; none where that is too far off.
    pub(super) fn member_end(&mut self, start: u64, after: usize) -> io::Result<Option<usize>> {
        let mut from = after + 1;
        loop {
            let bytes = self.from(start, from)?;
            let seen = bytes.len();
            match member_start(bytes, from) {
                // Its flags have to be seen, too.
                Some(next) if next + 4 <= seen => return Ok(Some(next)),
                _ if self.is_end => return Ok(Some(seen).filter(|seen| *seen > after)),
                _ if seen > MEMBER_BYTES_MAX => return Ok(None),
                _ => self.reach(self.end() + AHEAD_BYTES)?,
            }
            // The number may lie across what was seen and what was not.
            from = from.max(seen.saturating_sub(4));
        }
    }

    /// The first place in a part of the file where the member of a record starts.
    pub(super) fn record_start(&mut self, from: u64, to: u64) -> io::Result<Option<u64>> {
        let mut from = from;
        while from < to {
            let bytes = self.from(from, TRIAL_BYTES)?;
            let Some(ahead) = member_start(bytes, 0) else {
                // Of what was seen the last bytes may begin the number.
                let seen = bytes.len().saturating_sub(3).max(1) as u64;
                if self.is_end {
                    return Ok(None);
                }
                from += seen;
                self.reach(self.end() + SEARCHED_BYTES)?;
                self.forget_before(from);
                continue;
            };
            let start = from + ahead as u64;
            if starts_record(self.from(start, TRIAL_BYTES)?) {
                return Ok(Some(start).filter(|start| *start < to));
            }
            from = start + 1;
        }
        Ok(None)
    }

    /// A long search keeps nothing of what it has passed.
    fn forget_before(&mut self, place: u64) {
        let passed = usize::try_from(place.saturating_sub(self.base)).unwrap_or(0);
        if passed > MEMBER_BYTES_MAX {
            self.bytes.drain(..passed.min(self.bytes.len()));
            self.base = place;
        }
    }
}

/// Whether what is packed here starts as a record does.
fn starts_record(packed: &[u8]) -> bool {
    let mut start = [0; START.len()];
    let unpacked = GzDecoder::new(packed).read_exact(&mut start);
    unpacked.is_ok() && start == START
}
