//! A gzip archive with a member a record, in regions that are read on all cores at once.
//!
//! Where a member starts nobody knows who has not unpacked all before it. So a region is read from
//! the first place in it that looks like a record's member, and the last member to its end, beyond
//! that of the region. Now and then, such as in an archive within an archive, what looks so is none:
//! then the region before has read on into this one, and [`Stitch`], which hears of all regions
//! in order, drops what it had already, and tells of what nobody has read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

use super::archive::{Archive, Next};
use super::gunzip::{Gunzip, member_start};
use super::record::{Record, START};
use super::{Damage, Fault, Pick, Place, RECORD_BYTES_MAX, TOO_LONG_MAX};

/// Size of a region in the file: some pages, so that nobody waits long for the others at the end.
const REGION_BYTES: u64 = 256 << 10;
/// What is read beyond it at once, for its last member.
const AHEAD_BYTES: u64 = 64 << 10;
/// Largest member that is unpacked at once; in larger ones, as a stream.
const MEMBER_BYTES_MAX: usize = 8 << 20;
/// What has to be seen of a member to know whether it starts a record: its header, and as many
/// bytes as a first block of deflate may need for its codes.
const TRIAL_BYTES: usize = 1 << 10;

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

    /// Where it starts.
    #[must_use]
    pub fn from(&self) -> u64 {
        self.from
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
        let Some(packed) = window.member(start)? else {
            return Ok(None);
        };
        let end = start + packed.len() as u64;
        let most = usize::try_from(RECORD_BYTES_MAX).unwrap_or(usize::MAX);
        let Some(unpacked) = gunzip.member(packed, most) else {
            return Ok(None);
        };
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
                        Place::End if self.is_hopeless() => break self.archive.bytes,
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

    fn is_hopeless(&self) -> bool {
        self.archive.too_long.fetch_add(1, Ordering::Relaxed) >= TOO_LONG_MAX
    }
}

/// What came of a record.
enum Picked<T> {
    Found(T),
    Nothing,
}

/// Bytes of a file, as many as are needed at a time.
struct Window {
    path: Arc<Path>,
    file: File,
    bytes: Vec<u8>,
    /// Where they are in the file.
    base: u64,
    is_end: bool,
}

impl Window {
    fn open(path: &Arc<Path>, base: u64) -> io::Result<Self> {
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
    fn reach(&mut self, to: u64) -> io::Result<()> {
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
    fn from(&mut self, place: u64, bytes: usize) -> io::Result<&[u8]> {
        self.go_to(place)?;
        self.reach(place + bytes as u64)?;
        let at = usize::try_from(place - self.base).unwrap_or(usize::MAX);
        Ok(self.bytes.get(at..).unwrap_or_default())
    }

    fn is_member(&mut self, place: u64) -> io::Result<bool> {
        Ok(member_start(self.from(place, 4)?, 0) == Some(0))
    }

    /// The member that starts at a place, up to what looks like the next one; none where that is too
    /// far off.
    fn member(&mut self, start: u64) -> io::Result<Option<&[u8]>> {
        let mut seen = 0;
        let bytes = loop {
            let bytes = self.from(start, seen + 1)?;
            // The number may lie across what was seen and what was not.
            let next = member_start(bytes, seen.saturating_sub(4).max(1));
            seen = bytes.len();
            match next {
                Some(next) if next + 4 <= seen => break next,
                _ if self.is_end => break seen,
                _ if seen > MEMBER_BYTES_MAX => return Ok(None),
                _ => self.reach(self.end() + AHEAD_BYTES)?,
            }
        };
        Ok(Some(&self.from(start, bytes)?[..bytes]))
    }

    /// The first place in a part of the file where the member of a record starts.
    fn record_start(&mut self, from: u64, to: u64) -> io::Result<Option<u64>> {
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
                self.reach(self.end() + REGION_BYTES)?;
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

/// Puts together what is told of the regions of archives.
#[derive(Debug, Default)]
pub struct Stitch {
    path: Option<Arc<Path>>,
    /// How far it was read.
    read: u64,
    /// What is told was heard already.
    is_old: bool,
}

/// What is to be made of what was told.
#[derive(Debug)]
pub enum Heard<T> {
    /// It is news.
    Found(T),
    /// Nobody has read what is here.
    Damaged(Box<Damage>),
    /// So many records were passed over.
    PassedOver(u64),
}

impl Stitch {
    /// Hears what was told, in the order of the regions.
    pub fn hear<T>(&mut self, told: Told<T>) -> Heard<T> {
        match told {
            Told::Found(found) if !self.is_old => Heard::Found(found),
            Told::Begin(path, at) => self.begin(path, at),
            Told::End(at, passed_over) if !self.is_old => {
                self.read = at;
                Heard::PassedOver(passed_over)
            }
            Told::Found(_) | Told::End(..) => Heard::PassedOver(0),
        }
    }

    fn begin<T>(&mut self, path: Arc<Path>, at: u64) -> Heard<T> {
        let same = self.path.as_ref().filter(|same| Arc::ptr_eq(same, &path));
        if same.is_none() {
            *self = Self {
                path: Some(path.clone()),
                ..Self::default()
            };
        }
        self.is_old = at < self.read;
        let unread = self.read;
        self.read = at.max(unread);
        if at <= unread {
            return Heard::PassedOver(0);
        }
        let Fault { status, detail, .. } = Fault::no_record();
        let damage = Damage::new(&path, unread, None, status, &detail);
        Heard::Damaged(Box::new(damage))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

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
