//! A gzip archive with a member a record, in regions that are read on all cores at once.
//!
//! Where a member starts nobody knows who has not unpacked all before it. So a region is read from
//! the first place in it that looks like a record's member, and the last member to its end, beyond
//! that of the region. Now and then, such as in an archive within an archive, what looks so is none:
//! then the region before has read on into this one, and [`Stitch`](super::Stitch), which hears of all regions
//! in order, drops what it had already, and tells of what nobody has read.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::archive::{Archive, Next};
use super::gunzip::Gunzip;
use super::record::Record;
use super::window::{AHEAD_BYTES, Window};
use super::{BROKEN_BYTES_MAX, Damage, Fault, Pick, Place, RECORD_BYTES_MAX, TOO_LONG_MAX};

/// Size of a region in the file: some pages, so that nobody waits long for the others at the end.
const REGION_BYTES: u64 = 256 << 10;
/// Places that look like the end of a member which are tried before it is read as a stream.
const TRIALS_MAX: usize = 8;

/// A part of an archive, not read yet.
#[derive(Debug)]
pub struct Region {
    archive: Arc<Whole>,
    from: u64,
    to: u64,
}

/// What all regions of an archive share.
#[derive(Debug)]
struct Whole {
    path: Arc<Path>,
    bytes: u64,
    /// Records so far that reach beyond the end of the file: each has cost a way there.
    too_long: AtomicU32,
    /// Bytes of broken records so far, unpacked.
    broken_bytes: AtomicU64,
}

/// What is told of an archive while it is read.
#[derive(Debug)]
pub enum Told<T> {
    /// What follows is from the member that starts here.
    Begin(Arc<Path>, u64),
    /// Something in it.
    Found(T),
    /// It ends here, and had so many records that were passed over.
    End(u64, u64),
}

/// The regions of an archive, in order.
pub(super) fn regions(path: &Path) -> io::Result<impl Iterator<Item = Region> + Send + use<>> {
    let archive = Arc::new(Whole {
        path: path.into(),
        bytes: std::fs::metadata(path)?.len(),
        too_long: AtomicU32::new(0),
        broken_bytes: AtomicU64::new(0),
    });
    Ok(regions_of(archive, REGION_BYTES))
}

fn regions_of(archive: Arc<Whole>, size: u64) -> impl Iterator<Item = Region> + Send + use<> {
    (0..archive.bytes.div_ceil(size)).map(move |n| Region {
        from: n * size,
        to: archive.bytes.min((n + 1) * size),
        archive: Arc::clone(&archive),
    })
}

impl Region {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.archive.path
    }

    /// Reads it; `tell` says whether to go on.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(super) fn read<P: Pick>(
        &self,
        pick: &P,
        tell: &mut impl FnMut(Told<P::Found>) -> bool,
    ) -> io::Result<()> {
        let mut window = Window::open(&self.archive.path, self.from)?;
        window.reach(self.to + AHEAD_BYTES)?;
        let mut gunzip = Gunzip::new();
        let mut at = match self.from {
            0 => Some(0),
            from => window.record_start(from, self.to)?,
        };
        while let Some(start) = at.filter(|at| *at < self.to) {
            if !tell(Told::Begin(Arc::clone(&self.archive.path), start)) {
                return Ok(());
            }
            let whole = Self::read_member(&mut window, &mut gunzip, start, pick)?;
            let (end, passed_over) = match whole {
                Some((end, Picked::Found(found))) => {
                    tell(Told::Found(found));
                    (end, 0)
                }
                Some((end, Picked::Nothing)) => (end, 1),
                None => self.read_slowly(&mut window, start, pick, tell)?,
            };
            tell(Told::End(end, passed_over));
            at = if window.is_member(end)? {
                Some(end)
            } else {
                window.record_start(end, self.to)?
            };
        }
        if self.to == self.archive.bytes {
            tell(Told::Begin(Arc::clone(&self.archive.path), self.to));
        }
        Ok(())
    }

    /// Reads a member that is whole and has one whole record, and says where it ends; none for all
    /// others.
    fn read_member<P: Pick>(
        window: &mut Window,
        gunzip: &mut Gunzip,
        start: u64,
        pick: &P,
    ) -> io::Result<Option<(u64, Picked<P::Found>)>> {
        let Some(bytes) = Self::unpack(window, gunzip, start)? else {
            return Ok(None);
        };
        let end = start + bytes as u64;
        let unpacked = gunzip.unpacked();
        let Some((fields, block)) = super::record::only(unpacked) else {
            return Ok(None);
        };
        if !pick.wants(&fields) {
            return Ok(Some((end, Picked::Nothing)));
        }
        let record = Record {
            fields: &fields,
            path: &window.path,
            offset: start,
            nth: 0,
            block,
        };
        let came = match pick.of(&record) {
            Ok(Some(found)) => Picked::Found(found),
            Ok(None) => Picked::Nothing,
            Err(Fault { status, detail, .. }) => {
                let damage = Damage::new(&window.path, start, fields.url(), status, &detail);
                Picked::Found(pick.damaged(damage))
            }
        };
        Ok(Some((end, came)))
    }

    /// Unpacks a member, and says how long it is; none where it is broken, or too large. What looks
    /// like the next one may be within it: a body that is packed itself, say.
    fn unpack(window: &mut Window, gunzip: &mut Gunzip, start: u64) -> io::Result<Option<usize>> {
        let most = usize::try_from(RECORD_BYTES_MAX).unwrap_or(usize::MAX);
        let mut bytes = 0;
        for _ in 0..TRIALS_MAX {
            let Some(next) = window.member_end(start, bytes)? else {
                break;
            };
            bytes = next;
            let packed = window.from(start, bytes)?.get(..bytes);
            if packed.is_some_and(|packed| gunzip.member(packed, most)) {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Reads from a member on, until one ends with a record, or something is broken. Where the next
    /// one starts, and how many records were passed over.
    fn read_slowly<P: Pick>(
        &self,
        window: &mut Window,
        start: u64,
        pick: &P,
        tell: &mut impl FnMut(Told<P::Found>) -> bool,
    ) -> io::Result<(u64, u64)> {
        let passed_over = Arc::new(AtomicU64::new(0));
        let path = Arc::clone(&self.archive.path);
        let mut archive = Archive::open(path, start, pick, Arc::clone(&passed_over))?;
        archive.go_on();
        let end = loop {
            let before = archive.offset();
            match archive.read() {
                Ok(found) => {
                    if found.is_some_and(|found| !tell(Told::Found(found))) {
                        break self.archive.bytes;
                    }
                }
                Err((fault, damage)) => {
                    tell(Told::Found(pick.damaged(damage)));
                    match fault.place {
                        Place::Behind => {}
                        place if self.is_hopeless(place, archive.record_bytes()) => {
                            break self.archive.bytes;
                        }
                        Place::End | Place::Within => {
                            let behind = window.record_start(before + 1, self.archive.bytes)?;
                            break behind.unwrap_or(self.archive.bytes);
                        }
                    }
                }
            }
            match archive.go_on() {
                Next::Member(end) => break end,
                Next::End => break self.archive.bytes,
                Next::Record => {}
            }
        };
        Ok((end, passed_over.load(Ordering::Relaxed)))
    }

    /// Whether the archive had too many such faults, given the bytes of a record that is broken.
    fn is_hopeless(&self, place: Place, bytes: u64) -> bool {
        let broken = self
            .archive
            .broken_bytes
            .fetch_add(bytes, Ordering::Relaxed);
        let is_too_long = place == Place::End
            && self.archive.too_long.fetch_add(1, Ordering::Relaxed) >= TOO_LONG_MAX;
        is_too_long || broken + bytes > BROKEN_BYTES_MAX
    }
}

/// What came of a record.
enum Picked<T> {
    Found(T),
    Nothing,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::input::warc::{Heard, Stitch};

    /// What is told of a file that is read in regions of so many bytes.
    pub(crate) fn read_in_regions<P: Pick>(
        path: &Path,
        size: u64,
        pick: &P,
    ) -> (Vec<P::Found>, u64) {
        let archive = Arc::new(Whole {
            path: path.into(),
            bytes: std::fs::metadata(path).unwrap().len(),
            too_long: AtomicU32::new(0),
            broken_bytes: AtomicU64::new(0),
        });
        let (mut stitch, mut found, mut passed_over) = (Stitch::default(), Vec::new(), 0);
        for region in regions_of(archive, size) {
            let mut tell = |told| {
                match stitch.hear(told) {
                    Heard::Found(one) => found.push(one),
                    Heard::Damaged(damage) => found.push(pick.damaged(*damage)),
                    Heard::PassedOver(records) => passed_over += records,
                }
                true
            };
            region.read(pick, &mut tell).unwrap();
        }
        (found, passed_over)
    }
}
