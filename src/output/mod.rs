//! What goes out: records as JSON Lines, texts as plain text or Markdown; what became of one page.
//!
//! In: [`Record`]s, in the order they are to stand. Out: files or a stream. A whole file is
//! written under a temporary name and renamed; one that grows is appended to by whole lines, and
//! says how much of it is whole. Never: decide what is written.

pub mod atomic;
mod escape;
pub mod explain;
pub mod folder;
pub mod found;
mod markdown;
pub mod render;
pub mod schema;
pub mod stream;
pub mod whole;

use std::io;
use std::path::{Path, PathBuf};

use crate::record::Record;
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
    /// Articles as JSON, one a line, under the field names of another tool; failures are left out.
    Renamed(Schema),
}

impl Format {
    /// The ending of a file of this form.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::JsonLines | Self::Renamed(_) => "jsonl",
            Self::Text => "txt",
            Self::Markdown => "md",
        }
    }
}

/// Takes the records of one run one by one.
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
