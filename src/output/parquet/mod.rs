//! Articles as Parquet: for `DuckDB`, Spark, pandas and the like.
//!
//! The columns are those of `flat.rs`, lists as standard three-level LISTs, moments as UTC
//! microseconds, no unsigned numbers; zstd. A file is written from memory and closed, and
//! takes its name when the run ends: [`ParquetFile`] is one file, [`Lake`] a folder of them,
//! parted by day and site.

mod rows;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::atomic::{AtomicFile, sync_folder_of};
use super::flat::{Cell, row};
use super::{Marks, OutputError, Sink, create_folder};
use crate::article::Article;
use crate::record::Record;
use rows::Writer;

/// Name of the folder of a crawl's files.
pub const LAKE: &str = "articles.parquet";
/// Mark of how much of the journal the folder has.
const READ: &str = "articles.parquet read";
/// Rows of a row group: with the text some 30 to 60 MB before packing, of the order that Spark and
/// `DuckDB` advise (128 MB at most, 100,000 rows or so).
const GROUP_ROWS: usize = 10_000;
/// Bytes of cells after which a row group ends whatever its rows.
const GROUP_BYTES: usize = 32 << 20;
/// Bytes of cells of all parts of a folder that are kept in memory.
const WAITING_BYTES: usize = 128 << 20;
/// The value of a part that is not known, as Hive has it.
const UNKNOWN: &str = "__HIVE_DEFAULT_PARTITION__";

/// Rows that wait to be written.
#[derive(Default)]
struct Waiting {
    rows: Vec<Vec<Cell>>,
    bytes: usize,
}

impl Waiting {
    fn add(&mut self, row: Vec<Cell>) -> usize {
        let bytes = row.iter().map(size).sum();
        self.rows.push(row);
        self.bytes += bytes;
        bytes
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= GROUP_ROWS || self.bytes >= GROUP_BYTES
    }
}

fn size(cell: &Cell) -> usize {
    let own = size_of::<Cell>();
    match cell {
        Cell::Text(Some(text)) => own + text.len(),
        Cell::List(entries) => entries
            .iter()
            .map(|entry| size_of::<String>() + entry.len())
            .sum::<usize>()
            .saturating_add(own),
        _ => own,
    }
}

/// One file, whole at the end.
pub struct ParquetFile {
    path: PathBuf,
    to: Writer<AtomicFile>,
    waiting: Waiting,
}

impl ParquetFile {
    /// Begins the file.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be created.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let to = Writer::begin(AtomicFile::create(path)?);
        Ok(Self {
            path: path.to_owned(),
            to: to.map_err(|error| OutputError::new(path, error))?,
            waiting: Waiting::default(),
        })
    }
}

impl Sink for ParquetFile {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        let Record::Article(article) = record else {
            return Ok(());
        };
        self.waiting.add(row(article));
        if self.waiting.is_full() {
            let group = std::mem::take(&mut self.waiting);
            let put = self.to.group(&group.rows);
            return put.map_err(|error| OutputError::new(&self.path, error));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        let Self {
            path,
            mut to,
            waiting,
        } = *self;
        let ended = to.group(&waiting.rows).and_then(|()| to.end());
        ended
            .map_err(|error| OutputError::new(&path, error))?
            .persist()
    }
}

/// A folder of files: `day=2026-11-23/site=courier.example/BEGIN-N.parquet`, where the day is that
/// on which the page was asked for (UTC), the site its registrable domain, and BEGIN the place of the
/// journal where the run, or what it made up for, began.
///
/// Until [`Sink::settle`] a file has a name that readers pass over. When the place of
/// the journal that the state knows is older than files that stand there, they were made by a run
/// that was killed before the state learnt of them: they are made anew.
pub struct Lake {
    path: PathBuf,
    parts: BTreeMap<[String; 2], Waiting>,
    bytes: usize,
    /// Files with their temporary names.
    unnamed: Vec<(PathBuf, PathBuf)>,
    position: u64,
    count: u64,
}

impl Lake {
    /// Opens the folder of a crawl. `marks` are what the state knows.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be created, what a killed run left cannot be removed, or it
    /// holds files that the state does not know.
    pub fn open(path: &Path, marks: &[(String, u64)]) -> Result<Self, OutputError> {
        let known = marks.iter().find(|(name, _)| name == READ);
        // One that somebody removed is made anew from what the journal has.
        let known = known.filter(|_| path.is_dir());
        let position = known.map_or(0, |(_, position)| *position);
        create_folder(path)?;
        if known.is_none() && holds_files(path) {
            return Err(super::stores::unknown(path));
        }
        remove_from(path, position)?;
        Ok(Self {
            path: path.to_owned(),
            parts: BTreeMap::new(),
            bytes: 0,
            unnamed: Vec::new(),
            position,
            count: 0,
        })
    }

    /// Writes the rows of one part to a file of its own.
    fn write_part(&mut self, part: &[String; 2], waiting: Waiting) -> Result<(), OutputError> {
        self.bytes -= waiting.bytes;
        self.count += 1;
        let [day, site] = part;
        let folder = self
            .path
            .join(format!("day={day}"))
            .join(format!("site={site}"));
        create_folder(&folder)?;
        let name = format!("{:020}-{:06}.parquet", self.position, self.count);
        let partial = folder.join(format!(".{name}.part"));
        let written = write_file(&partial, &waiting.rows);
        written.map_err(|error| OutputError::new(&partial, error))?;
        self.unnamed.push((partial, folder.join(name)));
        Ok(())
    }

    /// Makes room: the largest part goes to the disk.
    fn write_largest(&mut self) -> Result<(), OutputError> {
        let largest = self.parts.iter().max_by_key(|(_, waiting)| waiting.bytes);
        let part = largest.map(|(part, _)| part.clone());
        let taken = part.and_then(|part| self.parts.remove_entry(&part));
        taken.map_or(Ok(()), |(part, waiting)| self.write_part(&part, waiting))
    }
}

impl Sink for Lake {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        let Record::Article(article) = record else {
            return Ok(());
        };
        let part = part_of(article);
        let waiting = self.parts.entry(part.clone()).or_default();
        self.bytes += waiting.add(row(article));
        if waiting.is_full() {
            let waiting = std::mem::take(waiting);
            return self.write_part(&part, waiting);
        }
        if self.bytes >= WAITING_BYTES {
            return self.write_largest();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn commit(&mut self, _: u64) -> Result<Marks, OutputError> {
        Ok(vec![(READ.to_owned(), self.position)])
    }

    fn settle(&mut self, read: u64) -> Result<Marks, OutputError> {
        for (part, waiting) in std::mem::take(&mut self.parts) {
            if !waiting.rows.is_empty() {
                self.write_part(&part, waiting)?;
            }
        }
        for (partial, path) in std::mem::take(&mut self.unnamed) {
            fs::rename(&partial, &path).map_err(|error| OutputError::new(&path, error))?;
            sync_folder_of(&path);
        }
        self.position = read;
        self.count = 0;
        self.commit(read)
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        let read = self.position;
        self.settle(read).map(|_| ())
    }
}

fn write_file(path: &Path, rows: &[Vec<Cell>]) -> io::Result<()> {
    let mut writer = Writer::begin(File::create(path)?)?;
    writer.group(rows)?;
    writer.end()?.sync_all()
}

/// Whether there is a file that has its name.
fn holds_files(path: &Path) -> bool {
    let files = walkdir::WalkDir::new(path).into_iter().flatten();
    files
        .filter(|file| file.file_type().is_file())
        .any(|file| file.path().extension().is_some_and(|end| end == "parquet"))
}

/// Removes files that begin at `position` of the journal or behind it, and those without a name.
fn remove_from(path: &Path, position: u64) -> Result<(), OutputError> {
    for entry in walkdir::WalkDir::new(path).min_depth(3).max_depth(3) {
        let entry = entry.map_err(|error| OutputError::new(path, error.into()))?;
        let name = entry.file_name().to_string_lossy();
        let began = name
            .strip_suffix(".parquet")
            .and_then(|name| name.split_once('-'));
        let began = began.and_then(|(begin, _)| begin.parse::<u64>().ok());
        let unnamed = name.starts_with('.') && name.ends_with(".parquet.part");
        if unnamed || began.is_some_and(|began| began >= position) {
            let removed = fs::remove_file(entry.path());
            removed.map_err(|error| OutputError::new(entry.path(), error))?;
        }
    }
    Ok(())
}

/// Day and site of an article.
fn part_of(article: &Article) -> [String; 2] {
    let day = article.fetched_at.map(super::day);
    let url = article.final_url.as_ref().or(article.url.as_ref());
    let host = url
        .and_then(|url| url::Url::parse(url).ok())
        .and_then(|url| {
            url.host_str()
                .map(|host| host.trim_end_matches('.').to_owned())
        });
    let site = host.map(|host| {
        let site = psl::domain_str(&host).filter(|_| !is_address(&host));
        let site = site.map(str::to_owned).unwrap_or(host);
        // What stands in a host and not in a name of a folder, such as the colons of IPv6.
        site.replace(
            |c: char| !(c.is_ascii_alphanumeric() || ".-_".contains(c)),
            "_",
        )
    });
    [day, site].map(|value| {
        value
            .filter(|value| !value.is_empty())
            .unwrap_or_else(|| UNKNOWN.into())
    })
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests;
