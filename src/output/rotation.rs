//! When a crawl's `articles.jsonl` goes to a file of its own, and how that is called.
//!
//! What is written to is always `articles.jsonl`, plain, so that it can be read while it grows and
//! cut after a kill. When it is full, its lines go to `articles-2026-11-23-0001.jsonl`, perhaps
//! packed: the day of its first article (UTC) and a number that counts on. The name follows from
//! what the state knows, so a kill in between only has the same file written again.

use std::io::{BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;

use super::atomic::AtomicFile;
use super::folder::ARTICLES;
use super::growing::Appended;
use super::pack::{Packed, Packing};
use super::{Marks, OutputError};
use crate::article::Article;
use crate::record::Record;

/// Marks: how many files were sealed, of how many bytes unpacked in all, and when the first article
/// of the open one was asked for, in seconds.
const COUNT: &str = "articles.jsonl sealed";
const BYTES: &str = "articles.jsonl sealed bytes";
const BEGAN: &str = "articles.jsonl began";

/// When a file is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// At so many bytes, give or take what is written at once.
    Size(u64),
    /// When the day changes on which articles were asked for, in UTC.
    Day,
}

/// What was put into files of their own.
#[derive(Debug, Default)]
pub(super) struct Sealed {
    count: u64,
    /// Bytes of all of them, unpacked: where the open file begins.
    pub(super) bytes: u64,
    /// When the first article of the open file was asked for, in seconds; 0 where that is not known.
    began: u64,
}

impl Sealed {
    /// What the state knows; of a folder whose state is gone at least the number to go on from, so
    /// that no file is written over.
    pub(super) fn known(folder: &Path, marks: &[(String, u64)]) -> Self {
        let mark = |name| {
            let known = marks.iter().find(|(known, _)| known == name);
            known.map(|(_, value)| *value)
        };
        Self {
            count: mark(COUNT).unwrap_or_else(|| highest(folder)),
            bytes: mark(BYTES).unwrap_or(0),
            began: mark(BEGAN).unwrap_or(0),
        }
    }

    pub(super) fn marks(&self) -> Marks {
        [
            (COUNT, self.count),
            (BYTES, self.bytes),
            (BEGAN, self.began),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The first article of a file.
    pub(super) fn begin(&mut self, article: &Article) {
        self.began = seconds(article);
    }

    pub(super) fn is_full(&self, rotation: Rotation, bytes: u64, next: &Record) -> bool {
        match (rotation, next) {
            (Rotation::Size(most), _) => bytes >= most,
            (Rotation::Day, Record::Failure(_)) => false,
            (Rotation::Day, Record::Article(article)) => {
                let next = seconds(article);
                self.began > 0 && next > 0 && day(next) != day(self.began)
            }
        }
    }

    /// Writes the file, whole or not at all.
    pub(super) fn seal(
        &mut self,
        folder: &Path,
        open: &Appended,
        packing: Option<Packing>,
    ) -> Result<(), OutputError> {
        let (stem, end) = ARTICLES.split_once('.').unwrap_or((ARTICLES, ""));
        let packed = packing.map_or("", Packing::ending);
        let name = format!(
            "{stem}{}-{:04}.{end}{packed}",
            day(self.began),
            self.count + 1
        );
        let path = folder.join(name);
        let failed = |error| OutputError::new(&path, error);
        let mut to = Packed::new(AtomicFile::create(&path)?, packing);
        let mut lines = BufWriter::with_capacity(1 << 20, &mut to);
        open.each_line(0, |_, line| lines.write_all(line).map_err(failed))?;
        lines.flush().map_err(failed)?;
        drop(lines);
        to.into_inner().map_err(failed)?.persist()?;
        self.count += 1;
        self.bytes += open.bytes;
        self.began = 0;
        Ok(())
    }
}

/// The highest number of a sealed file.
fn highest(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| {
        let name = entry.file_name();
        let (stem, _) = name.to_str()?.split_once(".jsonl")?;
        stem.strip_prefix("articles-")?
            .rsplit('-')
            .next()?
            .parse()
            .ok()
    });
    numbers.max().unwrap_or(0)
}

fn seconds(article: &Article) -> u64 {
    let at = article.fetched_at.map_or(0, Timestamp::as_second);
    u64::try_from(at).unwrap_or(0)
}

/// The day as a part of a name; nothing where it is not known.
fn day(seconds: u64) -> String {
    let at = i64::try_from(seconds).ok().filter(|at| *at > 0);
    let at = at.and_then(|at| Timestamp::from_second(at).ok());
    at.map_or_else(String::new, |at| format!("-{}", super::day(at)))
}
