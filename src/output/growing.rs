//! A file that grows by whole lines and is cut back to what the state knows of it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::OutputError;

/// The length of a file that is taken as it is found.
pub(super) const AS_IT_IS: u64 = u64::MAX;

/// A file that grows by whole lines.
#[derive(Debug)]
pub(super) struct Appended {
    pub(super) path: PathBuf,
    file: BufWriter<File>,
    /// Length, all lines whole.
    pub(super) bytes: u64,
    dirty: bool,
    pub(super) shortened: bool,
}

impl Appended {
    /// Opens the file and cuts it back to `bytes`, or to the last whole line before, where somebody
    /// changed it. One taken as it is keeps all it has: an open last line is ended.
    pub(super) fn open(path: &Path, bytes: u64) -> Result<Self, OutputError> {
        let opened = || -> io::Result<(File, u64, bool)> {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            let found = file.metadata()?.len();
            let mut length = whole_lines(&mut file, found.min(bytes))?;
            let is_open = bytes == AS_IT_IS && length < found;
            if is_open {
                file.seek(SeekFrom::End(0))?;
                file.write_all(b"\n")?;
                length = found + 1;
            }
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, length, is_open))
        };
        let (file, length, dirty) = opened().map_err(|error| OutputError::new(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            bytes: length,
            dirty,
            shortened: bytes != AS_IT_IS && length < bytes,
        })
    }

    /// Appends lines with their ends.
    pub(super) fn append(&mut self, lines: &str) -> Result<(), OutputError> {
        self.dirty = true;
        self.bytes += lines.len() as u64;
        let written = self.file.write_all(lines.as_bytes());
        written.map_err(|error| OutputError::new(&self.path, error))
    }

    /// On the disk before any state speaks of it.
    pub(super) fn commit(&mut self) -> Result<(), OutputError> {
        if std::mem::take(&mut self.dirty) {
            let synced = self
                .file
                .flush()
                .and_then(|()| self.file.get_ref().sync_data());
            synced.map_err(|error| OutputError::new(&self.path, error))?;
        }
        Ok(())
    }

    /// Empties it.
    pub(super) fn clear(&mut self) -> Result<(), OutputError> {
        let cleared = || -> io::Result<()> {
            self.file.flush()?;
            let file = self.file.get_mut();
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.sync_data()
        };
        let mut cleared = cleared;
        cleared().map_err(|error| OutputError::new(&self.path, error))?;
        self.bytes = 0;
        Ok(())
    }

    /// The line that begins at byte `at`, as it is on the disk.
    pub(super) fn line(&self, at: u64) -> Result<Vec<u8>, OutputError> {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(at))?;
            let mut line = Vec::new();
            BufReader::new(file).read_until(b'\n', &mut line)?;
            Ok(line)
        };
        read().map_err(|error| OutputError::new(&self.path, error))
    }

    /// Reads the file as it is on the disk from byte `from`, where a line begins: a line with its end
    /// at a time, and where it begins.
    pub(super) fn each_line<E: From<OutputError>>(
        &self,
        from: u64,
        mut line: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| OutputError::new(&self.path, error);
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(from)).map_err(failed)?;
        let mut file = BufReader::new(file.take(self.bytes.saturating_sub(from)));
        let mut at = from;
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match file.read_until(b'\n', &mut bytes).map_err(failed)? {
                0 => return Ok(()),
                length => {
                    line(at, &bytes)?;
                    at += length as u64;
                }
            }
        }
    }
}

/// The length of the file up to its last line end before `end`.
fn whole_lines(file: &mut File, mut end: u64) -> io::Result<u64> {
    let mut piece = vec![0; 64 * 1024];
    while end > 0 {
        let start = end.saturating_sub(piece.len() as u64);
        let piece = &mut piece[..usize::try_from(end - start).unwrap_or(0)];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(piece)?;
        if let Some(at) = piece.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
