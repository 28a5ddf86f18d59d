//! An archive from its beginning, one record after the other: whatever its packing.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::record::{Fields, HEADER_BYTES_MAX, LINE_BYTES_MAX, Record, START};
use super::stream::{Reach, Stream};
use super::{BROKEN_BYTES_MAX, Damage, Fault, Pick, Place, RECORD_BYTES_MAX, TOO_LONG_MAX};
use crate::failure::Status;

/// Gives out what is picked of an archive.
pub(super) struct Archive<P> {
    path: Arc<Path>,
    stream: Stream,
    pick: P,
    passed_over: Arc<AtomicU64>,
    /// The block in hand.
    block: Vec<u8>,
    /// Where the record in hand starts, and how many are before it in its member.
    offset: u64,
    nth: u32,
    is_at_end: bool,
    /// Records so far that reach beyond the end of the file.
    too_long: u32,
    /// Bytes given out before the record in hand, and those of records that were broken.
    given_before: u64,
    broken_bytes: u64,
}

/// How far reading has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Within a member, or in a file without any.
    Record,
    /// Before a member that starts here.
    Member(u64),
    /// At the end of the file.
    End,
}

impl<P: Pick> Archive<P> {
    /// Opens it at a byte where a member starts, or at its beginning.
    pub(super) fn open(
        path: Arc<Path>,
        at: u64,
        pick: P,
        passed_over: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        Ok(Self {
            stream: Stream::open_at(&path, at)?,
            path,
            pick,
            passed_over,
            block: Vec::new(),
            offset: u64::MAX,
            nth: 0,
            is_at_end: false,
            too_long: 0,
            given_before: 0,
            broken_bytes: 0,
        })
    }

    /// Where the record in hand, or its member, starts.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Goes to the next record.
    pub(super) fn go_on(&mut self) -> Next {
        let offset = self.stream.next_record();
        self.given_before = self.stream.given();
        self.nth = if offset == self.offset {
            self.nth + 1
        } else {
            0
        };
        self.offset = offset;
        if self.stream.is_at_end() {
            Next::End
        } else if self.stream.is_between_members() {
            Next::Member(offset)
        } else {
            Next::Record
        }
    }

    /// Reads the record that comes next; none where nothing of it is picked.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and the same as it is told.
    pub(super) fn read(&mut self) -> Result<Option<P::Found>, (Fault, Damage)> {
        let mut url = None;
        self.read_record(&mut url).map_err(|fault| {
            let damage = Damage::new(&self.path, self.offset, url, fault.status, &fault.detail);
            (fault, damage)
        })
    }

    fn read_record(&mut self, url: &mut Option<String>) -> Result<Option<P::Found>, Fault> {
        let Some(fields) = self.header()? else {
            self.is_at_end = true;
            return Ok(None);
        };
        *url = fields.url();
        let length = fields.length()?;
        let is_wanted = self.pick.wants(&fields);
        let is_too_large = length > RECORD_BYTES_MAX;
        self.block.clear();
        let block = &mut self.block;
        let reach = if is_wanted && !is_too_large {
            // More than this nobody is told before it is there.
            block.reserve(usize::try_from(length).unwrap_or(0));
            let take = |piece: &[u8]| block.extend_from_slice(piece);
            self.stream.block(length, take)?
        } else {
            self.stream.block(length, |_| ())?
        };
        match reach {
            Reach::Whole if is_wanted && is_too_large => Err(Fault::too_large(length)),
            Reach::Whole if is_wanted => {
                let record = Record {
                    fields: &fields,
                    path: &self.path,
                    offset: self.offset,
                    nth: self.nth,
                    block: &self.block,
                };
                let found = self.pick.of(&record)?;
                Ok(found.or_else(|| self.pass_over()))
            }
            Reach::Whole => Ok(self.pass_over()),
            // What is there of the last record is no page that could be told from a whole one.
            Reach::End => Err(Fault::cut_off("a record")),
            Reach::NextRecord => Err(Fault::of_whole(
                Status::Truncated,
                "a record says that it is longer than it is",
            )),
        }
    }

    fn pass_over(&self) -> Option<P::Found> {
        self.passed_over.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// The header of the next record; none at the end.
    fn header(&mut self) -> Result<Option<Fields>, Fault> {
        let version = self.stream.line(LINE_BYTES_MAX)?;
        if version.is_empty() {
            return Ok(None);
        }
        if !version.ends_with(b"\n") && version.len() < LINE_BYTES_MAX {
            return Err(Fault::cut_off("the header of a record"));
        }
        if !version.starts_with(START) {
            return Err(Fault::no_record());
        }
        let mut fields = Fields::default();
        let mut bytes = 0;
        loop {
            // Read on, a header without end would be read again from each such line in it.
            if self.stream.is_at_record()? {
                return Err(Fault::of_whole(
                    Status::DecodeError,
                    "a header breaks off before another record",
                ));
            }
            let line = self.stream.line(LINE_BYTES_MAX)?;
            bytes += line.len();
            if !line.ends_with(b"\n") && line.len() < LINE_BYTES_MAX {
                return Err(Fault::cut_off("the header of a record"));
            }
            if bytes > HEADER_BYTES_MAX {
                return Err(Fault::new(Status::DecodeError, "a header without end"));
            }
            if line.trim_ascii().is_empty() {
                return Ok(Some(fields));
            }
            fields.add(&line);
        }
    }

    /// Goes to the record behind a fault. Each that reaches beyond the end has cost a way there.
    fn recover(&mut self, place: Place) -> bool {
        match place {
            Place::Behind => return true,
            Place::Within => {}
            Place::End => self.too_long += 1,
        }
        self.broken_bytes += self.record_bytes();
        self.too_long <= TOO_LONG_MAX
            && self.broken_bytes <= BROKEN_BYTES_MAX
            && self.stream.recover(self.offset).unwrap_or(false)
    }

    /// Bytes read so far of the record in hand.
    pub(super) fn record_bytes(&self) -> u64 {
        self.stream.given().saturating_sub(self.given_before)
    }
}

impl<P: Pick> Iterator for Archive<P> {
    type Item = P::Found;

    fn next(&mut self) -> Option<P::Found> {
        while !self.is_at_end {
            self.go_on();
            match self.read() {
                Ok(Some(found)) => return Some(found),
                Ok(None) => {}
                Err((fault, damage)) => {
                    self.is_at_end = !self.recover(fault.place);
                    return Some(self.pick.damaged(damage));
                }
            }
        }
        None
    }
}
