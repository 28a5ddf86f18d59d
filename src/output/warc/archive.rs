//! The files of an archive, which follow the state of a crawl.
//!
//! The state's folder holds a list of them, in which a file stands before it is begun; the state
//! knows how many of the list count, and how long the last of those is. Whoever opens the archive
//! cuts that one, and removes what is listed behind it.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Packed;
use super::record::warcinfo;
use crate::output::{Marks, OutputError, atomic, create_folder};

/// Name of the list within the state's folder.
const LIST: &str = "archives.txt";
/// Marks: how many files of the list count, and how long the last of them is.
const FILES: &str = "warc files";
const BYTES: &str = "warc bytes";
/// What every name ends with.
const ENDING: &str = ".warc.gz";

/// Where archives are kept, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Their folder, which several crawls may share.
    pub folder: PathBuf,
    /// Size at which a file is full, in bytes. It grows beyond by what is written at once.
    pub file_bytes_max: u64,
}

impl Options {
    /// Size of a file unless the user says which: 10⁹ bytes, as the standard recommends (WARC 1.1,
    /// annex C.2), and as Heritrix and the Internet Archive have it.
    pub const FILE_BYTES_MAX: u64 = 1_000_000_000;
}

/// An archive that is appended to.
#[derive(Debug)]
pub struct Archive {
    options: Options,
    /// How the names of its files begin.
    prefix: String,
    /// The folder that the list is in, and to which its paths are relative where they lie below.
    list: PathBuf,
    out: PathBuf,
    /// What each file says of itself first.
    info: Vec<(&'static str, String)>,
    /// Files so far.
    files: u64,
    /// The last of them, if it is not full.
    open: Option<Growing>,
}

#[derive(Debug)]
struct Growing {
    path: PathBuf,
    file: File,
    bytes: u64,
    is_dirty: bool,
}

/// The files of the crawl whose output is `out`, in their order; none where it never kept any.
///
/// # Errors
///
/// When the list cannot be read.
pub fn files_of(out: &Path) -> io::Result<Vec<PathBuf>> {
    let listed = listed(&out.join("state").join(LIST))?;
    Ok(listed.iter().map(|file| out.join(file)).collect())
}

fn listed(list: &Path) -> io::Result<Vec<String>> {
    match std::fs::read_to_string(list) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn write_list(list: &Path, files: &[String]) -> Result<(), OutputError> {
    let lines: String = files.iter().map(|file| format!("{file}\n")).collect();
    atomic::write(list, lines.as_bytes())
}

impl Archive {
    /// Opens the archive of the crawl whose output is `out`. `marks` are what the state knows;
    /// `info` is what each file says of itself first, besides which software made it.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when a file cannot be opened or cut.
    pub fn open(
        options: Options,
        out: &Path,
        marks: &[(String, u64)],
        info: Vec<(&'static str, String)>,
    ) -> Result<Self, OutputError> {
        let folder = absolute(&create_folder(&options.folder)?)?;
        let out = absolute(out)?;
        let list = out.join("state").join(LIST);
        let mut files = listed(&list).map_err(|error| OutputError::new(&list, error))?;
        // A state that knows nothing at all is not the one that they were written for.
        if let Some(known) = mark(marks, FILES) {
            let known = usize::try_from(known).unwrap_or(usize::MAX);
            for file in files.drain(files.len().min(known)..) {
                remove(&out.join(file))?;
            }
        }
        write_list(&list, &files)?;
        let grown = files.last().map(|file| out.join(file));
        let grown = grown.filter(|file| file.parent() == Some(&folder));
        let open = match grown.zip(mark(marks, BYTES)) {
            Some((file, bytes)) => Growing::open(file, bytes)?,
            None => None,
        };
        Ok(Self {
            prefix: prefix(&out),
            files: files.len() as u64,
            options: Options { folder, ..options },
            out,
            list,
            info,
            open,
        })
    }

    /// Appends records.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when they cannot be written.
    pub fn append(&mut self, packed: &Packed) -> Result<(), OutputError> {
        let most = self.options.file_bytes_max;
        let mut open = match self.open.take() {
            Some(mut full) if full.bytes >= most => {
                full.commit()?;
                self.begin(packed.at)?
            }
            Some(open) => open,
            None => self.begin(packed.at)?,
        };
        open.append(&packed.members)?;
        self.open = Some(open);
        Ok(())
    }

    /// Makes durable what was appended; what the state is to know of it, before anything is.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be written.
    pub fn commit(&mut self) -> Result<Marks, OutputError> {
        let mut marks = vec![(FILES.to_owned(), self.files)];
        if let Some(open) = &mut self.open {
            open.commit()?;
            marks.push((BYTES.to_owned(), open.bytes));
        }
        Ok(marks)
    }

    /// Begins a file: `PREFIX-TIMESTAMP-SERIAL.warc.gz` (WARC 1.1, annex C.1), without the name of
    /// the machine, which is nobody's business.
    fn begin(&mut self, at: Timestamp) -> Result<Growing, OutputError> {
        let number = self.files + 1;
        let mut moment = at;
        let (name, path, file) = loop {
            let name = format!("{}-{}-{number:05}{ENDING}", self.prefix, digits(moment));
            let path = self.options.folder.join(&name);
            // In the list first: what a kill leaves behind is then known, and removed.
            if !path.exists() {
                self.enlist(&path)?;
                match OpenOptions::new().write(true).create_new(true).open(&path) {
                    Ok(file) => break (name, path, file),
                    // Whose it is the list must not say that it is to be removed.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.unlist()?,
                    Err(error) => return Err(OutputError::new(&path, error)),
                }
            }
            // Another crawl's, whose folder has the same name.
            moment = moment.saturating_add(MILLISECOND).unwrap_or(moment);
        };
        atomic::sync_folder_of(&path);
        self.files = number;
        let mut file = Growing {
            path,
            file,
            bytes: 0,
            is_dirty: true,
        };
        file.append(&warcinfo(&name, at, &self.info()))?;
        Ok(file)
    }

    fn enlist(&self, path: &Path) -> Result<(), OutputError> {
        let below = path.strip_prefix(&self.out).unwrap_or(path);
        let line = format!("{}\n", below.display());
        let written = || -> io::Result<()> {
            if line.matches('\n').count() > 1 {
                return Err(io::Error::other("its path has a line break"));
            }
            let mut list = OpenOptions::new().append(true).open(&self.list)?;
            list.write_all(line.as_bytes())?;
            list.sync_data()
        };
        written().map_err(|error| OutputError::new(path, error))
    }

    /// Takes back what was enlisted last.
    fn unlist(&self) -> Result<(), OutputError> {
        let files = listed(&self.list).map_err(|error| OutputError::new(&self.list, error))?;
        let known = usize::try_from(self.files).unwrap_or(usize::MAX);
        write_list(&self.list, files.get(..known).unwrap_or(&files))
    }

    fn info(&self) -> Vec<(&'static str, String)> {
        let own = [
            ("software", SOFTWARE.to_owned()),
            ("format", "WARC File Format 1.1".to_owned()),
            ("conformsTo", STANDARD.to_owned()),
            ("isPartOf", self.prefix.clone()),
        ];
        own.into_iter().chain(self.info.iter().cloned()).collect()
    }
}

const SOFTWARE: &str = concat!("chaffinch/", env!("CARGO_PKG_VERSION"));
const STANDARD: &str =
    "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/";
const MILLISECOND: jiff::SignedDuration = jiff::SignedDuration::from_millis(1);

impl Growing {
    /// Opens a file that was begun before, and cuts it to `bytes`; none where somebody has taken it
    /// away, or some of it.
    fn open(path: PathBuf, bytes: u64) -> Result<Option<Self>, OutputError> {
        let opened = || -> io::Result<Option<File>> {
            let mut file = match OpenOptions::new().write(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => opened?,
            };
            if file.metadata()?.len() < bytes {
                return Ok(None);
            }
            file.set_len(bytes)?;
            file.seek(SeekFrom::End(0))?;
            Ok(Some(file))
        };
        let file = opened().map_err(|error| OutputError::new(&path, error))?;
        Ok(file.map(|file| Self {
            path,
            file,
            bytes,
            is_dirty: false,
        }))
    }

    fn append(&mut self, members: &[u8]) -> Result<(), OutputError> {
        self.is_dirty = true;
        self.bytes += members.len() as u64;
        let written = self.file.write_all(members);
        written.map_err(|error| OutputError::new(&self.path, error))
    }

    fn commit(&mut self) -> Result<(), OutputError> {
        if std::mem::take(&mut self.is_dirty) {
            let synced = self.file.sync_data();
            synced.map_err(|error| OutputError::new(&self.path, error))?;
        }
        Ok(())
    }
}

fn mark(marks: &[(String, u64)], name: &str) -> Option<u64> {
    let known = marks.iter().find(|(known, _)| known == name);
    known.map(|(_, value)| *value)
}

fn absolute(path: &Path) -> Result<PathBuf, OutputError> {
    std::path::absolute(path).map_err(|error| OutputError::new(path, error))
}

fn remove(path: &Path) -> Result<(), OutputError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(OutputError::new(path, error)),
        _ => Ok(()),
    }
}

/// The name of the output's folder, as far as it is letters, digits and dashes.
fn prefix(out: &Path) -> String {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let kept = name.chars().map(|c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => c,
        _ => '-',
    });
    let kept: String = kept.collect();
    let kept = kept.trim_matches('-');
    if kept.is_empty() { "chaffinch" } else { kept }.to_owned()
}

/// A moment as 17 digits, to the millisecond, in UTC.
fn digits(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    let day = format!("{:04}{:02}{:02}", at.year(), at.month(), at.day());
    let time = format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second());
    format!("{day}{time}{:03}", at.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Exchange, Purpose};
    use crate::output::warc::pack;

    fn packed(n: u8) -> Packed {
        let exchange = Exchange {
            url: format!("https://courier.example/{n}"),
            server: None,
            is_http2: false,
            request: b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            status: 200,
            response: b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
            body: Some(vec![n]),
            is_packed: false,
            lacks_length: true,
            cut: None,
        };
        let at = Timestamp::from_second(1_800_000_000 + i64::from(n)).unwrap();
        pack(&exchange, b"", at, &Purpose::default(), None)
    }

    fn open(out: &Path, most: u64, marks: &Marks) -> Archive {
        create_folder(&out.join("state")).unwrap();
        let options = Options {
            folder: out.join("kept"),
            file_bytes_max: most,
        };
        Archive::open(options, out, marks, Vec::new()).unwrap()
    }

    /// Every file of the folder with its bytes.
    fn files(out: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(out.join("kept")).unwrap().flatten();
        let mut files: Vec<_> = entries
            .map(|file| {
                let bytes = std::fs::read(file.path()).unwrap();
                (file.file_name().into_string().unwrap(), bytes)
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn what_the_state_does_not_know_is_cut_off_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let out = &dir.path().join("The news");
        let mut archive = open(out, 1_000, &Marks::new());
        let nothing = archive.commit().unwrap();
        archive.append(&packed(1)).unwrap();
        let marks = archive.commit().unwrap();
        let before = files(out);
        assert_eq!(before.len(), 1);
        assert_eq!(before[0].0, "The-news-20270115080001000-00001.warc.gz");
        for n in 2..6 {
            archive.append(&packed(n)).unwrap();
        }
        archive.commit().unwrap();
        assert!(files(out).len() > 1);
        drop(archive);
        std::fs::write(out.join("kept/somebodys.warc.gz"), "x").unwrap();

        let mut archive = open(out, 1_000, &marks);
        let mut after = files(out);
        let somebodys = after.pop().unwrap();
        assert_eq!((after, somebodys.0.as_str()), (before, "somebodys.warc.gz"));
        archive.append(&packed(6)).unwrap();
        let marks = archive.commit().unwrap();
        assert_eq!(marks[0], (FILES.to_owned(), 1));
        assert_eq!(files_of(out).unwrap().len(), 1);
        drop(archive);

        // A state that is not theirs leaves them, and goes on behind them.
        let mut archive = open(out, 1_000, &Marks::new());
        archive.append(&packed(7)).unwrap();
        assert_eq!(archive.commit().unwrap()[0], (FILES.to_owned(), 2));
        assert_eq!(files(out).len(), 3);

        // One that knows of none removes them, and nobody else's.
        open(out, 1_000, &nothing);
        assert_eq!(files(out).len(), 1);
        assert!(files_of(out).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_is_gone_or_shorter_is_followed_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let out = &dir.path().join("news");
        let mut archive = open(out, 1_000_000, &Marks::new());
        archive.append(&packed(1)).unwrap();
        let marks = archive.commit().unwrap();
        let path = files_of(out).unwrap().remove(0);
        std::fs::write(&path, "short").unwrap();
        let mut archive = open(out, 1_000_000, &marks);
        archive.append(&packed(2)).unwrap();
        assert_eq!(archive.commit().unwrap()[0], (FILES.to_owned(), 2));
        assert_eq!(std::fs::read(&path).unwrap(), b"short");
    }

    /// A kill between a file and its line in the list left an empty file that nobody knew.
    #[test]
    fn a_file_is_in_the_list_before_it_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let out = &dir.path().join("news");
        let mut archive = open(out, 1_000, &Marks::new());
        let nothing = archive.commit().unwrap();
        let path = archive
            .options
            .folder
            .join("news-20270115080001000-00001.warc.gz");
        archive.enlist(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        drop(archive);
        open(out, 1_000, &nothing);
        assert!(files(out).is_empty() && files_of(out).unwrap().is_empty());
    }

    /// What is there already, though it was not a moment before, is somebody's.
    #[test]
    #[cfg(unix)]
    fn a_name_that_somebody_takes_meanwhile_is_not_in_the_list() {
        let dir = tempfile::tempdir().unwrap();
        let out = &dir.path().join("news");
        let mut archive = open(out, 1_000, &Marks::new());
        let theirs = archive
            .options
            .folder
            .join("news-20270115080001000-00001.warc.gz");
        std::os::unix::fs::symlink("nowhere", &theirs).unwrap();
        archive.append(&packed(1)).unwrap();
        archive.commit().unwrap();
        let [ours] = &files_of(out).unwrap()[..] else {
            panic!("one file");
        };
        assert!(*ours != theirs && ours.exists() && theirs.is_symlink());
    }

    #[test]
    fn two_crawls_share_a_folder_but_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("kept");
        for name in ["a/news", "b/news"] {
            let out = dir.path().join(name);
            create_folder(&out.join("state")).unwrap();
            let options = Options {
                folder: folder.clone(),
                file_bytes_max: 1,
            };
            let mut archive = Archive::open(options, &out, &Marks::new(), Vec::new()).unwrap();
            archive.append(&packed(1)).unwrap();
            archive.commit().unwrap();
            let files = files_of(&out).unwrap();
            assert!(files[0].starts_with(&folder) && files.len() == 1);
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    }
}
