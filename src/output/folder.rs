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

use super::atomic::{self, AtomicFile};
use super::render::render;
use super::{Format, OutputError, Sink, create_folder};
use crate::failure::Failure;
use crate::record::Record;

/// Name of the file of articles.
pub const ARTICLES: &str = "articles.jsonl";
/// Name of the file of failures.
pub const FAILURES: &str = "failures.jsonl";

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
    /// does not know is somebody's: it stays as it is, and the state is to learn its length
    /// before anything is appended.
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

    /// Files that were shorter than the state knows: somebody else changed them.
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
        let lines = self.failures.lines()?;
        let urls: Vec<Option<String>> = lines.iter().map(|line| url_of(line)).collect();
        let last: HashMap<&str, usize> = urls
            .iter()
            .enumerate()
            .filter_map(|(at, url)| Some((url.as_deref()?, at)))
            .collect();
        let mut kept = AtomicFile::create(&path)?;
        for (at, (line, url)) in lines.iter().zip(&urls).enumerate() {
            let keep = match url {
                Some(url) => last.get(url.as_str()) == Some(&at) && still(url)?,
                None => true,
            };
            if keep {
                writeln!(kept, "{line}").map_err(|error| OutputError::new(&path, error))?;
            }
        }
        kept.persist()?;
        self.failures = Appended::open(&path, AS_IT_IS)?;
        Ok(())
    }
}

impl Sink for Folder {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        write_text(&self.path, self.format, record)?;
        let file = match record {
            Record::Article(_) => &mut self.articles,
            Record::Failure(_) => &mut self.failures,
        };
        file.append(&record.to_json())
    }

    fn commit(&mut self) -> Result<Vec<(String, u64)>, OutputError> {
        self.articles.commit()?;
        self.failures.commit()?;
        Ok(vec![
            (ARTICLES.to_owned(), self.articles.bytes),
            (FAILURES.to_owned(), self.failures.bytes),
        ])
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        self.commit().map(|_| ())
    }
}

/// A folder that is whole at the end of one run, or as it was before.
#[derive(Debug)]
pub struct WholeFolder {
    path: PathBuf,
    articles: AtomicFile,
    failures: AtomicFile,
    format: Format,
}

impl WholeFolder {
    /// Begins the files of the folder anew.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when a file cannot be created.
    pub fn create(path: &Path, format: Format) -> Result<Self, OutputError> {
        let path = create_folder(path)?;
        create_texts_folder(&path, format)?;
        let articles = AtomicFile::create(&path.join(ARTICLES))?;
        Ok(Self {
            articles,
            failures: AtomicFile::create(&path.join(FAILURES))?,
            path,
            format,
        })
    }
}

impl Sink for WholeFolder {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        write_text(&self.path, self.format, record)?;
        let (file, name) = match record {
            Record::Article(_) => (&mut self.articles, ARTICLES),
            Record::Failure(_) => (&mut self.failures, FAILURES),
        };
        writeln!(file, "{}", record.to_json())
            .map_err(|error| OutputError::new(&self.path.join(name), error))
    }

    fn commit(&mut self) -> Result<Vec<(String, u64)>, OutputError> {
        Ok(Vec::new())
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        self.articles.persist()?;
        self.failures.persist()
    }
}

fn create_texts_folder(path: &Path, format: Format) -> Result<(), OutputError> {
    if format == Format::JsonLines {
        Ok(())
    } else {
        create_folder(&path.join("articles")).map(|_| ())
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
        &path.join("articles").join(name),
        render(article, format).as_bytes(),
    )
}

/// The URL of a line that is a failure of ours.
fn url_of(line: &str) -> Option<String> {
    serde_json::from_str::<Failure>(line).ok()?.url
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
    /// Opens the file and cuts it back to `bytes`. Is it shorter, a torn last line is cut off.
    fn open(path: &Path, bytes: u64) -> Result<Self, OutputError> {
        let opened = || -> io::Result<(File, u64, bool)> {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            let found = file.metadata()?.len();
            let whole = if found > bytes {
                bytes
            } else {
                whole_lines(&mut file)?
            };
            file.set_len(whole)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, whole, found < bytes && bytes != AS_IT_IS))
        };
        let (file, bytes, shortened) = opened().map_err(|error| OutputError::new(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            bytes,
            dirty: false,
            shortened,
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

    fn lines(&self) -> Result<Vec<String>, OutputError> {
        let read = || -> io::Result<Vec<String>> {
            BufReader::new(File::open(&self.path)?.take(self.bytes))
                .lines()
                .collect()
        };
        read().map_err(|error| OutputError::new(&self.path, error))
    }
}

/// The length of the file up to its last line end.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
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
        folder.commit().unwrap();
        folder
            .keep_failures(|url| Ok::<_, OutputError>(url == "http://a/1"))
            .unwrap();
        let kept = std::fs::read_to_string(path.join(FAILURES)).unwrap();
        assert!(kept.lines().count() == 1 && kept.contains("new"));
        std::fs::remove_dir_all(&path).unwrap();
    }
}
