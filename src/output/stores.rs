//! Stores by their format: those that follow a crawl, and files that one run writes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::csv::{csv, header};
use super::growing::Appended;
use super::parquet::{LAKE, Lake, ParquetFile};
use super::sqlite::Sqlite;
use super::stream::WholeFile;
use super::{Format, Marks, OutputError, Sink};
use crate::record::Record;

/// Name of a crawl's table.
pub(super) const TABLE: &str = "articles.csv";
/// Mark of how much of the journal the table has.
const TABLE_READ: &str = "articles.csv read";
/// Name of a crawl's database.
pub(super) const DATABASE: &str = "articles.sqlite";

/// The stores of a crawl in the folder `path`.
pub(super) fn following(
    path: &Path,
    formats: &[Format],
    marks: &[(String, u64)],
) -> Result<Vec<Box<dyn Sink>>, OutputError> {
    let mut stores: Vec<Box<dyn Sink>> = Vec::new();
    for format in formats {
        match format {
            Format::Csv => stores.push(Box::new(Table::open(&path.join(TABLE), marks)?)),
            Format::Sqlite => stores.push(Box::new(Sqlite::open(&path.join(DATABASE))?)),
            Format::Parquet => stores.push(Box::new(Lake::open(&path.join(LAKE), marks)?)),
            Format::JsonLines | Format::Text | Format::Markdown | Format::Renamed(_) => {}
        }
    }
    Ok(stores)
}

/// One file that is whole at the end of the run.
///
/// # Errors
///
/// [`OutputError`] when it cannot be created.
pub(super) fn whole(path: &Path, format: Format) -> Result<Box<dyn Sink>, OutputError> {
    Ok(match format {
        Format::Sqlite => Box::new(Sqlite::create(path)?),
        Format::Parquet => Box::new(ParquetFile::create(path)?),
        format => Box::new(WholeFile::create(path, format)?),
    })
}

/// A crawl's table in CSV: cut to the length that the state knows, and what it lacks then is read to
/// it again.
struct Table {
    file: Appended,
    position: u64,
}

impl Table {
    /// One that the state does not know is somebody's, or of a state that is gone, unless it holds
    /// our header alone: a run that was killed early left it. One that somebody removed is made anew.
    fn open(path: &Path, marks: &[(String, u64)]) -> Result<Self, OutputError> {
        let mark = |name| {
            let known = marks.iter().find(|(known, _)| known == name);
            known.map(|(_, value)| *value)
        };
        let begins = beginning(path).map_err(|error| OutputError::new(path, error))?;
        let known = mark(TABLE).zip(mark(TABLE_READ));
        let (bytes, position) = known.filter(|_| !begins.is_empty()).unwrap_or((0, 0));
        // Of another version's table the columns are others.
        let is_ours = if bytes == 0 {
            header().starts_with(&begins)
        } else {
            begins.starts_with(&header())
        };
        if !is_ours {
            return Err(unknown(path));
        }
        let mut file = Appended::open(path, bytes)?;
        if file.bytes == 0 {
            file.append(&header())?;
        }
        Ok(Self { file, position })
    }
}

/// A store that the state does not know.
pub(super) fn unknown(path: &Path) -> OutputError {
    let why = "the state of this crawl does not know it; move it away, and it is made anew";
    OutputError::new(path, io::Error::other(why))
}

/// A byte more than our header has.
fn beginning(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file
            .take(header().len() as u64 + 1)
            .read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Sink for Table {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        match record {
            Record::Article(article) => self.file.append(&csv(article)),
            Record::Failure(_) => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        self.file.commit()
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn commit(&mut self, read: u64) -> Result<Marks, OutputError> {
        self.file.commit()?;
        self.position = read;
        let marks = [(TABLE, self.file.bytes), (TABLE_READ, read)];
        Ok(marks.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        self.file.commit()
    }
}
