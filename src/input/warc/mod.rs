//! WARC files (ISO 28500): `.warc`, `.warc.gz`, `.warc.zst`, one record after the other.
//!
//! Only responses that hold a page are given out. What is broken costs itself: reading goes on at
//! the next record that can be found, and what was lost is told with its place. Of whoever reads,
//! one record is in memory at a time.
//!
//! A gzip file with a member a record, as all tools write it, is read in regions on many threads
//! (`region`); any other from its beginning (`archive`).
//!
//! Our own reader over well-kept decoders: fastwarc 2.0.0, the fastest, ends without a word where
//! a gzip file is cut off (measured: 142 of 200 records), and depends on `encoding`, which nobody
//! maintains.

mod archive;
pub mod catalogue;
mod gunzip;
mod http;
mod page;
mod record;
mod region;
mod stitch;
mod stream;
mod window;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;

use super::files::{Input, Work};
use crate::exchange::Purpose;
use crate::failure::{Failure, Status};
use crate::page::Source;
use crate::unpack::member::GZIP_START;
use archive::{Archive, Next};
pub use http::Head;
pub use page::page;
use record::{Fields, Record};
pub use region::{Region, Told};
pub use stitch::{Heard, Stitch};

/// Largest record that is read; larger ones are told and passed over.
pub const RECORD_BYTES_MAX: u64 = 64 << 20;

/// Most records of a file that reach beyond its end.
const TOO_LONG_MAX: u32 = 16;

/// Most bytes, unpacked, of broken records of a file. After one the next start is looked for within it, so that
/// members in members could each be unpacked up to one fault behind them all.
const BROKEN_BYTES_MAX: u64 = 8 << 30;

/// Endings of files that are archives.
const ENDINGS: [&str; 4] = [".warc", ".warc.gz", ".warc.zst", ".warc.zstd"];

/// Whether a file is an archive, by its name.
#[must_use]
pub fn is_archive(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy().to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// A response in an archive.
#[derive(Debug, Clone)]
pub struct Capture {
    /// The archive.
    pub path: Arc<Path>,
    /// The byte of the file at which the record, or the gzip member that holds it, starts.
    pub offset: u64,
    /// How many records are before it in that member.
    pub nth: u32,
    /// `WARC-Target-URI`.
    pub url: Option<String>,
    /// `WARC-Date`.
    pub date: Option<Timestamp>,
    /// What the response was asked for, where a crawl of ours has told it.
    pub purpose: Purpose,
    /// The head of the response.
    pub head: Head,
    /// The body as it came over the wire, chunks put together.
    pub body: Vec<u8>,
    /// Whether the archive says, or its end shows, that the body is not whole.
    pub is_cut: bool,
}

/// What is wrong in an archive, and where.
#[derive(Debug)]
pub struct Damage {
    /// The archive.
    pub path: Arc<Path>,
    /// The byte at which the broken record, or the member that holds it, starts.
    pub offset: u64,
    /// Its address, where that much could be read.
    pub url: Option<String>,
    /// What kind of fault it is.
    pub status: Status,
    /// The same for a person.
    pub detail: String,
}

impl Damage {
    fn new(
        path: &Arc<Path>,
        offset: u64,
        url: Option<String>,
        status: Status,
        detail: &str,
    ) -> Self {
        Self {
            path: Arc::clone(path),
            offset,
            url,
            status,
            detail: format!("{}: at byte {offset}: {detail}", path.display()),
        }
    }

    /// The failure that it is in the output.
    #[must_use]
    pub fn into_failure(self) -> Failure {
        let source = Source::warc(self.path.display().to_string(), self.offset);
        Failure::of_source(source, self.url, self.status, self.detail)
    }
}

/// What is taken out of an archive.
trait Pick: Sync {
    /// What is made of a record.
    type Found;
    /// Whether a record of this header is of interest.
    fn wants(&self, fields: &Fields) -> bool;
    /// What is made of one; none when it is of no interest after all.
    fn of(&self, record: &Record<'_>) -> Result<Option<Self::Found>, Fault>;
    /// What is made of one that is broken.
    fn damaged(&self, damage: Damage) -> Self::Found;
}

impl<P: Pick> Pick for &P {
    type Found = P::Found;

    fn wants(&self, fields: &Fields) -> bool {
        (**self).wants(fields)
    }

    fn of(&self, record: &Record<'_>) -> Result<Option<Self::Found>, Fault> {
        (**self).of(record)
    }

    fn damaged(&self, damage: Damage) -> Self::Found {
        (**self).damaged(damage)
    }
}

/// The pages, as inputs.
struct Pages;

impl Pick for Pages {
    type Found = Input;

    fn wants(&self, fields: &Fields) -> bool {
        fields.may_hold_page()
    }

    fn of(&self, record: &Record<'_>) -> Result<Option<Input>, Fault> {
        let capture = record.capture()?;
        Ok(capture.map(|capture| Input::Capture(Box::new(capture))))
    }

    fn damaged(&self, damage: Damage) -> Input {
        Input::Damaged(Box::new(damage))
    }
}

/// The pages of an archive, as inputs.
///
/// `passed_over` counts the records that are none: requests, metadata, revisits, redirects,
/// pictures.
pub fn inputs(path: PathBuf, passed_over: Arc<AtomicU64>) -> impl Iterator<Item = Input> + Send {
    let archive = Archive::open(path.clone().into(), 0, Pages, passed_over);
    let (archive, fault) = match archive {
        Ok(archive) => (Some(archive), None),
        Err(error) => (None, Some(Input::Unusable { path, error })),
    };
    fault.into_iter().chain(archive.into_iter().flatten())
}

/// The pages of an archive, as work for many threads: in regions, or page by page.
pub fn work(path: PathBuf, passed_over: Arc<AtomicU64>) -> Box<dyn Iterator<Item = Work> + Send> {
    let unusable = |path, error| {
        Box::new(std::iter::once(Work::Input(Input::Unusable {
            path,
            error,
        })))
    };
    match regions(&path) {
        Ok(Some(regions)) => Box::new(regions.map(Work::Region)),
        Ok(None) => Box::new(inputs(path, passed_over).map(Work::Input)),
        Err(error) => unusable(path, error),
    }
}

/// The regions of an archive that can be read so.
///
/// # Errors
///
/// When the file cannot be read.
pub fn regions(path: &Path) -> io::Result<Option<impl Iterator<Item = Region> + Send + use<>>> {
    let parted = is_in_members(path)?;
    parted.then(|| region::regions(path)).transpose()
}

/// Whether a file is packed a member a record, as its first record shows.
fn is_in_members(path: &Path) -> io::Result<bool> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Ok(false);
    }
    // A download that failed, say.
    if metadata.len() == 0 {
        let why = "the archive is empty";
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
    }
    let mut archive = Archive::open(path.into(), 0, Pages, Arc::default())?;
    archive.go_on();
    // What is broken is told when it is read again.
    let is_broken = archive.read().is_err();
    Ok(match archive.go_on() {
        Next::Member(at) => at > 0,
        // Its very first bytes are, and its name alone says what it was.
        Next::Record => is_broken && is_named_gzip(path),
        // One region, if there is any.
        Next::End => starts_as_gzip(path)?,
    })
}

fn is_named_gzip(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

fn starts_as_gzip(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(2).read_to_end(&mut start)?;
    Ok(start == GZIP_START[..2])
}

impl Region {
    /// Reads its pages; `tell` says whether to go on.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn pages(&self, tell: &mut impl FnMut(Told<Input>) -> bool) -> io::Result<()> {
        self.read(&Pages, tell)
    }
}

/// Why a record cannot be read.
struct Fault {
    status: Status,
    detail: String,
    place: Place,
}

/// Where a fault leaves the reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind the record: the next one follows.
    Behind,
    /// Somewhere within: the next one has to be looked for.
    Within,
    /// At the end of the file, within the record: it breaks off, or lies about its length.
    End,
}

impl Fault {
    fn new(status: Status, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            place: Place::Within,
        }
    }

    fn of_whole(status: Status, detail: impl Into<String>) -> Self {
        Self {
            place: Place::Behind,
            ..Self::new(status, detail)
        }
    }

    fn no_record() -> Self {
        Self::new(Status::DecodeError, "no WARC record")
    }

    fn too_large(bytes: u64) -> Self {
        let detail = format!("a record of {bytes} bytes, more than {RECORD_BYTES_MAX}");
        Self::of_whole(Status::TooLarge, detail)
    }

    fn cut_off(what: &str) -> Self {
        Self {
            place: Place::End,
            ..Self::new(Status::Truncated, format!("the archive ends within {what}"))
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::cut_off("a record");
        }
        Self::new(Status::DecodeError, format!("cannot be read: {error}"))
    }
}

#[cfg(test)]
mod tests;
