//! WARC files (ISO 28500): `.warc`, `.warc.gz`, `.warc.zst`, one record after the other.
//!
//! Only responses that hold a page are given out. What is broken costs itself: reading goes on at
//! the next record that can be found, and what was lost is told with its place. One record is in
//! memory at a time.
//!
//! Our own reader over well-kept decoders: fastwarc 2.0.0, the fastest, ends without a word where
//! a gzip file is cut off (measured: 142 of 200 records), and depends on `encoding`, which nobody
//! maintains.

mod http;
mod page;
mod stream;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::files::Input;
use crate::exchange::{Purpose, Sought};
use crate::failure::{Failure, Status};
use crate::page::Source;
pub use http::Head;
pub use page::page;
use stream::Stream;

/// Largest record that is read; larger ones are told and passed over.
pub const RECORD_BYTES_MAX: u64 = 64 << 20;
/// Longest line of a record's header, and all of them together.
const LINE_BYTES_MAX: usize = 64 << 10;
const HEADER_BYTES_MAX: usize = 1 << 20;

/// Most records of a file that reach beyond its end.
const TOO_LONG_MAX: u32 = 16;

/// Endings of files that are archives.
const ENDINGS: [&str; 4] = [".warc", ".warc.gz", ".warc.zst", ".warc.zstd"];

/// Whether a file is an archive, by its name.
#[must_use]
pub fn is_archive(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy().to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// A response in an archive.
#[derive(Debug)]
pub struct Capture {
    /// The archive.
    pub path: Arc<Path>,
    /// The byte of the file at which the record, or the gzip member that holds it, starts.
    pub offset: u64,
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
    /// The failure that it is in the output.
    #[must_use]
    pub fn into_failure(self) -> Failure {
        let source = Source::warc(self.path.display().to_string(), self.offset);
        Failure::of_source(source, self.url, self.status, self.detail)
    }
}

/// The pages of an archive, as inputs.
///
/// `passed_over` counts the records that are none: requests, metadata, revisits, redirects,
/// pictures.
pub fn inputs(path: PathBuf, passed_over: Arc<AtomicU64>) -> impl Iterator<Item = Input> + Send {
    let opened = Stream::open(&path);
    let archive = opened.map(|stream| Archive {
        path: path.clone().into(),
        stream,
        passed_over,
        is_at_end: false,
        too_long: 0,
    });
    let (archive, fault) = match archive {
        Ok(archive) => (Some(archive), None),
        Err(error) => (None, Some(Input::Unusable { path, error })),
    };
    fault.into_iter().chain(archive.into_iter().flatten())
}

struct Archive {
    path: Arc<Path>,
    stream: Stream,
    passed_over: Arc<AtomicU64>,
    is_at_end: bool,
    /// Records so far that reach beyond the end of the file.
    too_long: u32,
}

impl Iterator for Archive {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        while !self.is_at_end {
            let offset = self.stream.next_record();
            let mut url = None;
            match self.read(offset, &mut url) {
                Ok(Some(capture)) => return Some(Input::Capture(Box::new(capture))),
                Ok(None) => {}
                Err(fault) => {
                    self.is_at_end = !self.may_go_on(offset, fault.place);
                    let name = self.path.display();
                    return Some(Input::Damaged(Box::new(Damage {
                        path: Arc::clone(&self.path),
                        offset,
                        url,
                        status: fault.status,
                        detail: format!("{name}: at byte {offset}: {}", fault.detail),
                    })));
                }
            }
        }
        None
    }
}

/// Why a record cannot be read.
struct Fault {
    status: Status,
    detail: String,
    place: Place,
}

/// Where a fault leaves the reader.
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

impl Archive {
    /// Goes to the record behind a fault. Each that reaches beyond the end has cost a way there.
    fn may_go_on(&mut self, offset: u64, place: Place) -> bool {
        match place {
            Place::Behind => return true,
            Place::Within => {}
            Place::End => self.too_long += 1,
        }
        self.too_long <= TOO_LONG_MAX && self.stream.recover(offset).unwrap_or(false)
    }

    /// Reads one record; none where it is no page, or where the archive ends.
    fn read(&mut self, offset: u64, url: &mut Option<String>) -> Result<Option<Capture>, Fault> {
        let Some(record) = self.header()? else {
            self.is_at_end = true;
            return Ok(None);
        };
        *url = record.get("warc-target-uri").map(bare_uri);
        let length = record
            .get("content-length")
            .and_then(|length| length.parse().ok());
        let length: u64 = length
            .ok_or_else(|| Fault::new(Status::DecodeError, "a record without Content-Length"))?;
        let is_page = record.get("warc-type") == Some("response")
            && record
                .get("content-type")
                .is_none_or(|kind| kind.contains("http"));
        let purpose = record.get("chaffinch-purpose");
        let purpose: Option<Purpose> = purpose.and_then(|json| serde_json::from_str(json).ok());
        let purpose = purpose.unwrap_or_default();
        let is_page = is_page && !matches!(purpose.sought, Sought::Robots | Sought::Source);
        if !is_page || length > RECORD_BYTES_MAX {
            let there = self.stream.skip(length)?;
            if there < length {
                return Err(Fault::cut_off("a record"));
            }
            if is_page {
                let detail = format!("a record of {length} bytes, more than {RECORD_BYTES_MAX}");
                return Err(Fault::of_whole(Status::TooLarge, detail));
            }
            return Ok(self.pass_over());
        }
        let block = self.stream.block(length)?;
        // What is there of the last record is no page that could be told from a whole one.
        if (block.len() as u64) < length {
            return Err(Fault::cut_off("a record"));
        }
        let Some((head, start)) = http::head(&block) else {
            let detail = "a record without an HTTP response";
            return Err(Fault::of_whole(Status::DecodeError, detail));
        };
        if (300..400).contains(&head.code) || head.code < 200 || !head.may_hold_page() {
            return Ok(self.pass_over());
        }
        let mut body = block;
        body.drain(..start);
        if head
            .get("transfer-encoding")
            .is_some_and(|coding| coding.contains("chunked"))
        {
            body = http::without_chunks(body);
        }
        Ok(Some(Capture {
            path: Arc::clone(&self.path),
            offset,
            url: url.clone(),
            date: record.get("warc-date").and_then(|date| date.parse().ok()),
            purpose,
            head,
            body,
            is_cut: record.get("warc-truncated").is_some(),
        }))
    }

    fn pass_over(&self) -> Option<Capture> {
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
        if !version.starts_with(b"WARC/") {
            return Err(Fault::new(Status::DecodeError, "no WARC record"));
        }
        let mut fields = Fields::default();
        let mut bytes = 0;
        loop {
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
}

/// The header of a record, by names in lower case.
#[derive(Debug, Default)]
struct Fields(Vec<(String, String)>);

impl Fields {
    fn add(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.0.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let field = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            self.0.push(field);
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// WARC 1.0 had addresses in angle brackets, and some writers still do.
fn bare_uri(uri: &str) -> String {
    let bare = uri.strip_prefix('<').and_then(|uri| uri.strip_suffix('>'));
    bare.unwrap_or(uri).to_owned()
}

#[cfg(test)]
mod tests;
