//! What goes out: records as JSON Lines, as rows of CSV, `SQLite` and Parquet, texts as plain text or
//! Markdown; what became of one page; what went over the wire as WARC.
//!
//! In: [`Record`]s, in the order they are to stand. Out: files or a stream. A whole file is
//! written under a temporary name and renamed; one that grows is appended to by whole lines, and
//! says how much of it is whole. Never: decide what is written.

pub mod atomic;
mod csv;
mod escape;
pub mod explain;
mod flat;
pub mod folder;
pub mod found;
mod growing;
mod markdown;
mod markup;
pub mod pack;
pub mod parquet;
pub mod render;
mod rotation;
pub mod schema;
pub mod sqlite;
pub mod status;
mod stores;
pub mod stream;
pub mod warc;
pub mod whole;

use std::io;
use std::path::{Path, PathBuf};

use crate::record::Record;
use pack::Packing;
pub use rotation::Rotation;
use schema::Schema;

/// An output that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}")]
pub struct OutputError {
    /// Which.
    pub path: String,
    /// Why.
    #[source]
    pub source: io::Error,
}

impl OutputError {
    fn new(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.display().to_string(),
            source,
        }
    }

    /// Whether the reader of a pipe went away, which is no failure of ours.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        self.source.kind() == io::ErrorKind::BrokenPipe
    }
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Records as JSON, one a line.
    #[default]
    JsonLines,
    /// Bodies as plain text.
    Text,
    /// Articles as Markdown with front matter.
    Markdown,
    /// Articles as rows of CSV.
    Csv,
    /// Articles in a `SQLite` database.
    Sqlite,
    /// Articles as Parquet.
    Parquet,
    /// Articles as JSON, one a line, under the field names of another tool; failures are left out.
    Renamed(Schema),
}

/// What is written besides a folder's `articles.jsonl` and `failures.jsonl`, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The forms, each once; [`Format::JsonLines`] is always written.
    pub formats: Vec<Format>,
    /// When a crawl's `articles.jsonl` goes to a file of its own; never without.
    pub rotation: Option<Rotation>,
    /// How those files are packed.
    pub packing: Option<Packing>,
}

impl Format {
    /// The ending of a file of this form.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::JsonLines | Self::Renamed(_) => "jsonl",
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::Sqlite => "sqlite",
            Self::Parquet => "parquet",
        }
    }

    /// The form that such an ending of a file's name stands for.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        let known = [
            Self::JsonLines,
            Self::Text,
            Self::Markdown,
            Self::Csv,
            Self::Sqlite,
            Self::Parquet,
        ];
        known
            .into_iter()
            .find(|format| extension.eq_ignore_ascii_case(format.extension()))
    }

    /// Whether an article is a file of its own in a folder.
    #[must_use]
    pub fn is_a_file_an_article(self) -> bool {
        matches!(self, Self::Text | Self::Markdown)
    }

    /// Whether it can be written to a pipe, record by record.
    #[must_use]
    pub fn is_a_stream(self) -> bool {
        !matches!(self, Self::Sqlite | Self::Parquet)
    }
}

/// Numbers by name that the state keeps for the output, such as lengths of files in bytes.
pub type Marks = Vec<(String, u64)>;

/// The day of a moment in UTC, as `2026-11-23`.
fn day(at: jiff::Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// Takes records one by one: a stream, a file, a folder, a store that grows over many runs.
///
/// A store of a crawl follows the journal `articles.jsonl`: [`Sink::commit`] and [`Sink::settle`]
/// say how much of it is durable, in bytes from its very beginning, and that all of that has been
/// written here. What lies behind [`Sink::position`] is written again when it is next opened.
pub trait Sink: Send {
    /// Writes a record, perhaps to a buffer.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be written; so all methods.
    fn write(&mut self, record: &Record) -> Result<(), OutputError>;

    /// Hands on what is in a buffer, so that a reader of a pipe is not kept waiting.
    ///
    /// # Errors
    ///
    /// See [`Sink::write`].
    fn flush(&mut self) -> Result<(), OutputError>;

    /// How much of the journal it holds for good.
    fn position(&self) -> u64 {
        0
    }

    /// The journal is durable up to `read`. Keeps what was written, if that is cheap; what the
    /// state is to remember of it.
    ///
    /// # Errors
    ///
    /// See [`Sink::write`].
    fn commit(&mut self, read: u64) -> Result<Marks, OutputError> {
        let _ = read;
        self.flush()?;
        Ok(Marks::new())
    }

    /// As [`Sink::commit`], and keeps it whatever it costs: the journal ends here, or will be
    /// moved.
    ///
    /// # Errors
    ///
    /// See [`Sink::write`].
    fn settle(&mut self, read: u64) -> Result<Marks, OutputError> {
        self.commit(read)
    }

    /// Ends the output: nothing more comes.
    ///
    /// # Errors
    ///
    /// See [`Sink::write`].
    fn finish(self: Box<Self>) -> Result<(), OutputError>;
}

/// Creates a folder and those above it.
///
/// # Errors
///
/// [`OutputError`] with its path.
pub fn create_folder(path: &Path) -> Result<PathBuf, OutputError> {
    std::fs::create_dir_all(path).map_err(|error| OutputError::new(path, error))?;
    Ok(path.to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::article::Article;
    use crate::record::Record;

    /// An article with something in every list.
    pub(crate) fn article(id: &str, text: &str) -> Article {
        let record = serde_json::json!({
            "schema": "chaffinch/1", "status": "ok", "id": id,
            "url": format!("https://www.courier.example/{id}"),
            "title": format!("Story {id}"),
            "authors": [
                {"name": "Mara Lindt", "kind": "person", "url": "https://courier.example/mara"},
                {"name": "Courier, Harrow", "kind": "organization"},
            ],
            "tags": ["harbour", "bridges"],
            "images": [{"url": "https://courier.example/a.jpg", "width": 640}],
            "text": text, "word_count": text.split_whitespace().count(),
            "content_hash": format!("sha256:{text}"), "confidence": 0.94,
            "warnings": ["short_text"], "source": {"kind": "url"},
            "fetched_at": "2026-11-23T07:30:00Z",
            "version": 1, "extractor_version": "0.1.0",
        });
        serde_json::from_value(record).unwrap()
    }

    /// The same as a record.
    pub(crate) fn record(id: &str, text: &str) -> Record {
        Record::Article(Box::new(article(id, text)))
    }
}
