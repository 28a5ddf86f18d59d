//! A folder of growing files: `articles.jsonl`, `failures.jsonl` and, if asked for, a text a
//! file under `articles/`.
//!
//! Lines are appended whole. Whoever keeps the state stores the lengths that
//! [`Folder::commit`] gives; after a kill [`Folder::open`] cuts each file back to the stored
//! length, so that no line is torn or doubled.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::atomic::{self, AtomicFile};
use super::render::render;
use super::{Format, OutputError, create_folder};
use crate::failure::Failure;
use crate::record::Record;

/// Name of the file of articles.
pub const ARTICLES: &str = "articles.jsonl";
/// Name of the file of failures.
pub const FAILURES: &str = "failures.jsonl";

/// Name of the folder of texts.
pub const TEXTS: &str = "articles";

/// The length of a file that is taken as it is found.
const AS_IT_IS: u64 = u64::MAX;

/// A folder that is appended to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    articles: Appended,
    failures: Appended,
    format: Format,
}

impl Folder {
    /// Opens or creates the folder. `marks` are the lengths that the state knows. A file that it
    /// does not know is somebody's: it stays as it is, its last line ended if need be, and the
    /// state is to learn its length before anything is appended.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when a file cannot be opened or cut.
    pub fn open(path: &Path, format: Format, marks: &[(String, u64)]) -> Result<Self, OutputError> {
        let path = create_folder(path)?;
        let known = |name: &str| {
            marks
                .iter()
                .find(|(file, _)| file == name)
                .map_or(AS_IT_IS, |(_, bytes)| *bytes)
        };
        create_texts_folder(&path, format)?;
        Ok(Self {
            articles: Appended::open(&path.join(ARTICLES), known(ARTICLES))?,
            failures: Appended::open(&path.join(FAILURES), known(FAILURES))?,
            path,
            format,
        })
    }

    /// Files of whose whole lines there are fewer than the state knows: somebody changed them.
    pub fn shortened(&self) -> impl Iterator<Item = &Path> {
        [&self.articles, &self.failures]
            .into_iter()
            .filter(|file| file.shortened)
            .map(|file| file.path.as_path())
    }

    /// Rewrites the failures, keeping of those that `still` says are failures the last line each,
    /// and every line that is no failure of ours.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when the file cannot be read or replaced; `still`'s error as it is.
    pub fn keep_failures<E: From<OutputError>>(
        &mut self,
        mut still: impl FnMut(&str) -> Result<bool, E>,
    ) -> Result<(), E> {
        let path = self.path.join(FAILURES);
        self.failures.commit()?;
        let mut last = HashMap::new();
        self.failures.each_line(|at, line| {
            if let Some(url) = url_of(line) {
                last.insert(short_name(&url), at);
            }
            Ok::<_, E>(())
        })?;
        let mut kept = AtomicFile::create(&path)?;
        self.failures.each_line(|at, line| {
            let keep = match url_of(line) {
                Some(url) => last.get(&short_name(&url)) == Some(&at) && still(&url)?,
                None => true,
            };
            if keep {
                kept.write_all(line)
                    .map_err(|error| OutputError::new(&path, error))?;
            }
            Ok::<_, E>(())
        })?;
        kept.persist()?;
        self.failures = Appended::open(&path, AS_IT_IS)?;
        Ok(())
    }

    /// Appends a record, perhaps to a buffer. Its text, if one is asked for, is written at once.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be written.
    pub fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        write_text(&self.path, self.format, record)?;
        let file = match record {
            Record::Article(_) => &mut self.articles,
            Record::Failure(_) => &mut self.failures,
        };
        file.append(&record.to_json())
    }

    /// Makes durable what was appended, and says how many bytes of each file are whole.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when a file cannot be written.
    pub fn commit(&mut self) -> Result<Vec<(String, u64)>, OutputError> {
        self.articles.commit()?;
        self.failures.commit()?;
        Ok(vec![
            (ARTICLES.to_owned(), self.articles.bytes),
            (FAILURES.to_owned(), self.failures.bytes),
        ])
    }
}

fn create_texts_folder(path: &Path, format: Format) -> Result<(), OutputError> {
    if format == Format::JsonLines {
        Ok(())
    } else {
        create_folder(&path.join(TEXTS)).map(|_| ())
    }
}

/// The article as a file of its own, named by its id, when the format is one for readers.
fn write_text(path: &Path, format: Format, record: &Record) -> Result<(), OutputError> {
    let Record::Article(article) = record else {
        return Ok(());
    };
    if format == Format::JsonLines {
        return Ok(());
    }
    let name = format!("{}.{}", article.id, format.extension());
    atomic::write(
        &path.join(TEXTS).join(name),
        render(article, format).as_bytes(),
    )
}

/// The URL of a line that is a failure of ours.
fn url_of(line: &[u8]) -> Option<String> {
    serde_json::from_slice::<Failure>(line).ok()?.url
}

/// A URL in 16 bytes, so that a great many fit into memory. No two URLs of any file share one.
fn short_name(url: &str) -> [u8; 16] {
    let mut name = [0; 16];
    for (to, from) in name.iter_mut().zip(Sha256::digest(url)) {
        *to = from;
    }
    name
}

/// A file that grows by whole lines.
#[derive(Debug)]
struct Appended {
    path: PathBuf,
    file: BufWriter<File>,
    /// Length, all lines whole.
    bytes: u64,
    dirty: bool,
    shortened: bool,
}

impl Appended {
    /// Opens the file and cuts it back to `bytes`, or to the last whole line before, where somebody
    /// changed it. One taken as it is keeps all it has: an open last line is ended.
    fn open(path: &Path, bytes: u64) -> Result<Self, OutputError> {
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

    fn append(&mut self, line: &str) -> Result<(), OutputError> {
        self.dirty = true;
        self.bytes += line.len() as u64 + 1;
        let written = self
            .file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|error| OutputError::new(&self.path, error))
    }

    /// On the disk before any state speaks of it.
    fn commit(&mut self) -> Result<(), OutputError> {
        if std::mem::take(&mut self.dirty) {
            let synced = self
                .file
                .flush()
                .and_then(|()| self.file.get_ref().sync_data());
            synced.map_err(|error| OutputError::new(&self.path, error))?;
        }
        Ok(())
    }

    /// Reads the file as it is on the disk, a line with its end at a time, and where it begins.
    fn each_line<E: From<OutputError>>(
        &self,
        mut line: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| OutputError::new(&self.path, error);
        let file = File::open(&self.path).map_err(failed)?;
        let mut file = BufReader::new(file.take(self.bytes));
        let mut at = 0;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Status;

    fn scratch(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("chaffinch-folder-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    fn failure(url: &str, detail: &str) -> Record {
        Record::Failure(Failure::of_url(url, Status::NotFound, detail, 1))
    }

    #[test]
    fn what_the_state_does_not_know_is_cut_off() {
        let path = scratch("cut");
        create_folder(&path).unwrap();
        std::fs::write(path.join(FAILURES), "somebody's\n").unwrap();
        let mut folder = Folder::open(&path, Format::JsonLines, &[]).unwrap();
        folder.write(&failure("http://a/1", "one")).unwrap();
        let marks = folder.commit().unwrap();
        folder.write(&failure("http://a/2", "two")).unwrap();
        folder.commit().unwrap();
        drop(folder);
        let whole = std::fs::read_to_string(path.join(FAILURES)).unwrap();
        std::fs::write(path.join(FAILURES), whole + "{\"torn").unwrap();
        let folder = Folder::open(&path, Format::JsonLines, &marks).unwrap();
        assert_eq!(folder.shortened().count(), 0);
        let kept = std::fs::read_to_string(path.join(FAILURES)).unwrap();
        assert_eq!(kept.lines().count(), 2);
        assert!(
            kept.starts_with("somebody's\n") && kept.contains("http://a/1") && kept.ends_with('\n')
        );
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_file_that_somebody_shortened_is_told_and_goes_on() {
        let path = scratch("short");
        create_folder(&path).unwrap();
        std::fs::write(path.join(ARTICLES), "{\"a\":1}\n{\"torn").unwrap();
        let folder = Folder::open(&path, Format::JsonLines, &[(ARTICLES.to_owned(), 500)]).unwrap();
        assert_eq!(
            folder.shortened().collect::<Vec<_>>(),
            [path.join(ARTICLES)]
        );
        assert_eq!(
            std::fs::read_to_string(path.join(ARTICLES)).unwrap(),
            "{\"a\":1}\n"
        );
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn somebodys_open_last_line_is_ended() {
        let path = scratch("open");
        create_folder(&path).unwrap();
        std::fs::write(path.join(FAILURES), "one\ntwo").unwrap();
        let mut folder = Folder::open(&path, Format::JsonLines, &[]).unwrap();
        assert_eq!(folder.shortened().count(), 0);
        assert_eq!(folder.commit().unwrap()[1], (FAILURES.to_owned(), 8));
        folder.write(&failure("http://a/1", "")).unwrap();
        folder.commit().unwrap();
        let kept = std::fs::read_to_string(path.join(FAILURES)).unwrap();
        assert!(kept.starts_with("one\ntwo\n{\"schema\""), "{kept}");
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_file_that_somebody_made_longer_is_told_and_cut_between_lines() {
        let path = scratch("long");
        create_folder(&path).unwrap();
        let lines = "{\"a\":1}\n{\"a\":2}\n";
        let mark = [(ARTICLES.to_owned(), lines.len() as u64)];
        std::fs::write(path.join(ARTICLES), lines.replacen('1', "1, \"b\":1", 1)).unwrap();
        let folder = Folder::open(&path, Format::JsonLines, &mark).unwrap();
        assert_eq!(folder.shortened().count(), 1);
        assert_eq!(
            std::fs::read_to_string(path.join(ARTICLES)).unwrap(),
            "{\"a\":1, \"b\":1}\n"
        );
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn healed_failures_go_and_the_last_line_of_each_stays() {
        let path = scratch("heal");
        let mut folder = Folder::open(&path, Format::JsonLines, &[]).unwrap();
        for (url, detail) in [
            ("http://a/1", "old"),
            ("http://a/2", "healed"),
            ("http://a/1", "new"),
        ] {
            folder.write(&failure(url, detail)).unwrap();
        }
        let length = folder.commit().unwrap()[1].1;
        drop(folder);
        let foreign = b"no JSON\n\xff\xfe\n\r\n";
        let lines = std::fs::read(path.join(FAILURES)).unwrap();
        std::fs::write(path.join(FAILURES), [&foreign[..], &lines].concat()).unwrap();
        let mark = [(FAILURES.to_owned(), length + foreign.len() as u64)];
        let mut folder = Folder::open(&path, Format::JsonLines, &mark).unwrap();
        folder
            .keep_failures(|url| Ok::<_, OutputError>(url == "http://a/1"))
            .unwrap();
        let kept = std::fs::read(path.join(FAILURES)).unwrap();
        let ours = String::from_utf8(kept.strip_prefix(foreign).unwrap().into()).unwrap();
        assert!(ours.lines().count() == 1 && ours.contains("new"), "{ours}");
        std::fs::remove_dir_all(&path).unwrap();
    }
}
