//! A file that is whole or not there: written under a temporary name, renamed at the end.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::OutputError;

/// A file being written.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
}

impl AtomicFile {
    /// Begins the file that will be at `path`.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be created.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let partial = partial_name(path);
        let file = File::create(&partial).map_err(|error| OutputError::new(&partial, error))?;
        Ok(Self {
            path: path.to_owned(),
            partial,
            file: BufWriter::new(file),
        })
    }

    /// Makes the file whole: synced, then renamed.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when any of that fails.
    pub fn persist(mut self) -> Result<(), OutputError> {
        let synced = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|error| OutputError::new(&self.partial, error))?;
        std::fs::rename(&self.partial, &self.path)
            .map_err(|error| OutputError::new(&self.path, error))
    }

    /// The name that the file has until it is whole.
    #[must_use]
    pub fn partial(&self) -> &Path {
        &self.partial
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn partial_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// Writes a whole file at once.
///
/// # Errors
///
/// [`OutputError`] when it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)
        .map_err(|error| OutputError::new(path, error))?;
    file.persist()
}
