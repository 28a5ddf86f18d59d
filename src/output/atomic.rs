//! A file that is whole or not there: written under a temporary name, renamed at the end.
//!
//! A link stays a link: the file that it leads to is replaced. What is no regular file, such as a
//! device or a pipe, cannot be replaced, and is written to as it comes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::OutputError;

/// Links that are followed one after another; Linux has the same bound.
const LINKS_MAX: usize = 40;

/// A file being written.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    /// Its name until it is whole; none where it is written in place.
    partial: Option<PathBuf>,
    file: BufWriter<File>,
}

impl AtomicFile {
    /// Begins the file that will be at `path`.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be created.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        if is_special(path) {
            // Appending is what a device and a pipe do anyway; a folder gives the error it should.
            let opened = OpenOptions::new().append(true).open(path);
            return Ok(Self {
                path: path.to_owned(),
                partial: None,
                file: BufWriter::new(opened.map_err(|error| OutputError::new(path, error))?),
            });
        }
        let path = behind_links(path).map_err(|error| OutputError::new(path, error))?;
        let partial = partial_name(&path);
        let file = begin(&partial).map_err(|error| OutputError::new(&partial, error))?;
        Ok(Self {
            path,
            partial: Some(partial),
            file: BufWriter::new(file),
        })
    }

    /// Its name until it is whole; none where it is written in place.
    pub(super) fn partial(&self) -> Option<&Path> {
        self.partial.as_deref()
    }

    /// Makes the file whole: synced, then renamed.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when any of that fails.
    pub fn persist(mut self) -> Result<(), OutputError> {
        let flushed = self.file.flush();
        let Some(partial) = self.partial else {
            return flushed.map_err(|error| OutputError::new(&self.path, error));
        };
        flushed
            .and_then(|()| self.file.get_ref().sync_all())
            .map_err(|error| OutputError::new(&partial, error))?;
        std::fs::rename(&partial, &self.path)
            .map_err(|error| OutputError::new(&self.path, error))?;
        sync_folder_of(&self.path);
        Ok(())
    }
}

/// An empty file that no other process writes.
fn begin(partial: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(partial)?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => io::Error::other("another process is writing it"),
        TryLockError::Error(error) => error,
    })?;
    // Between opening and locking, its former writer may have finished and renamed it.
    if partial.exists() {
        file.set_len(0)?;
        Ok(file)
    } else {
        begin(partial)
    }
}

/// Whether there is something at `path` that cannot be replaced by a file: a device, a pipe.
#[must_use]
pub fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file())
}

/// The file that a link leads to, be it there or not; the path itself when it is no link.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match std::fs::read_link(&path) {
            Ok(to) => path = path.with_file_name(to),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("a link that leads to itself"))
}

/// Makes a new name durable. A file system that cannot do that is no reason to fail; `SQLite` holds
/// it the same way.
pub(super) fn sync_folder_of(path: &Path) {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
            let _ = folder.sync_all();
        }
    }
    #[cfg(not(unix))]
    let _ = path;
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_stays_and_its_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("real")).unwrap();
        fs::write(at("real/old"), "old").unwrap();
        symlink("real/old", at("to-old")).unwrap();
        symlink(at("to-old"), at("to-link")).unwrap();
        symlink("real/new", at("to-nothing")).unwrap();
        for (link, file) in [("to-link", "real/old"), ("to-nothing", "real/new")] {
            write(&at(link), link.as_bytes()).unwrap();
            assert!(at(link).is_symlink());
            assert_eq!(fs::read_to_string(at(file)).unwrap(), link);
        }
        assert_eq!(fs::read_dir(at("real")).unwrap().count(), 2);
        symlink("loop", at("loop")).unwrap();
        assert!(write(&at("loop"), b"").is_err());
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let first = AtomicFile::create(&path).unwrap();
        let second = AtomicFile::create(&path).unwrap_err();
        assert!(format!("{second:?}").contains("another process"));
        first.persist().unwrap();
        AtomicFile::create(&path).unwrap().persist().unwrap();
    }

    #[test]
    fn a_pipe_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let from = pipe.clone();
        let reader = std::thread::spawn(move || fs::read_to_string(from).unwrap());
        write(&pipe, b"through").unwrap();
        assert!(is_special(&pipe), "nothing took its place");
        assert_eq!(reader.join().unwrap(), "through");
    }
}
