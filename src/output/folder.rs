//! A folder of growing files: `articles.jsonl`, `failures.jsonl` and, if asked for, a text a
//! file under `articles/`, and stores that follow the articles.
//!
//! Lines are appended whole. Whoever keeps the state stores the marks that
//! [`Folder::commit`] gives; after a kill [`Folder::open`] cuts each file back to the stored
//! length, so that no line is torn or doubled. What stores lack is read to them from `articles.jsonl`.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::atomic::{self, AtomicFile};
use super::growing::{AS_IT_IS, Appended};
use super::render::render;
use super::rotation::Sealed;
use super::{Format, Marks, Options, OutputError, Sink, create_folder, stores};
use crate::article::Article;
use crate::failure::Failure;
use crate::record::Record;

/// Name of the file of articles.
pub const ARTICLES: &str = "articles.jsonl";
/// Name of the file of failures.
pub const FAILURES: &str = "failures.jsonl";

/// Name of the folder of texts.
pub const TEXTS: &str = "articles";

/// Most articles whose places are known, which takes some 50 MB.
const INDEXED_MAX: usize = 1_000_000;

/// Lines after which a store that lags behind commits what it read.
const CATCH_UP_LINES: usize = 1_000;

/// A folder that is appended to.
pub struct Folder {
    path: PathBuf,
    articles: Appended,
    failures: Appended,
    options: Options,
    sealed: Sealed,
    stores: Vec<Box<dyn Sink>>,
    /// What the stores said last, for the state.
    told: Marks,
    /// Where the last record of each article begins in the file that is written now, once somebody
    /// has asked.
    index: Option<HashMap<[u8; 16], u64>>,
}

impl Folder {
    /// Opens or creates the folder. `marks` are the lengths that the state knows. A file that it
    /// does not know is somebody's: it stays as it is, its last line ended if need be, and the
    /// state is to learn its length before anything is appended.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when a file cannot be opened or cut.
    pub fn open(
        path: &Path,
        options: &Options,
        marks: &[(String, u64)],
    ) -> Result<Self, OutputError> {
        let path = create_folder(path)?;
        let known = |name: &str| {
            marks
                .iter()
                .find(|(file, _)| file == name)
                .map_or(AS_IT_IS, |(_, bytes)| *bytes)
        };
        create_texts_folder(&path, &options.formats)?;
        let mut stores = stores::following(&path, &options.formats, marks)?;
        let mut told = Marks::new();
        for store in &mut stores {
            told.extend(store.commit(store.position())?);
        }
        Ok(Self {
            articles: Appended::open(&path.join(ARTICLES), known(ARTICLES))?,
            failures: Appended::open(&path.join(FAILURES), known(FAILURES))?,
            sealed: Sealed::known(&path, marks),
            stores,
            options: options.clone(),
            told,
            index: None,
            path,
        })
    }

    /// How much of the articles there was ever, in bytes.
    fn position(&self) -> u64 {
        self.sealed.bytes + self.articles.bytes
    }

    /// Whether a store lacks what is in files that were sealed, which it will not get.
    #[must_use]
    pub fn lacks_what_is_sealed(&self) -> bool {
        let before = self.sealed.bytes;
        self.stores.iter().any(|store| store.position() < before)
    }

    /// Reads to each store what it lacks. All of that must be durable, and acked.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be read or written.
    pub fn catch_up(&mut self) -> Result<(), OutputError> {
        let (before, end) = (self.sealed.bytes, self.position());
        for store in &mut self.stores {
            let begin = store.position().clamp(before, end);
            if begin == end {
                continue;
            }
            let mut lines = 0;
            self.articles.each_line(begin - before, |at, line| {
                if lines == CATCH_UP_LINES {
                    store.commit(before + at)?;
                    lines = 0;
                }
                lines += 1;
                // A line that is no article of ours is somebody's.
                match serde_json::from_slice::<Article>(line) {
                    Ok(article) => store.write(&Record::Article(Box::new(article))),
                    Err(_) => Ok(()),
                }
            })?;
            self.told.extend(store.settle(end)?);
        }
        Ok(())
    }

    /// The last record of an article, of those that were there when this was asked first and are not
    /// rotated: a run asks for each once.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when the file cannot be read.
    pub fn last(&mut self, url: &str) -> Result<Option<Article>, OutputError> {
        if self.index.is_none() {
            self.index = Some(self.indexed()?);
        }
        let at = self
            .index
            .as_ref()
            .and_then(|index| index.get(&short_name(url)));
        let Some(&at) = at else {
            return Ok(None);
        };
        Ok(serde_json::from_slice(&self.articles.line(at)?).ok())
    }

    fn indexed(&self) -> Result<HashMap<[u8; 16], u64>, OutputError> {
        #[derive(serde::Deserialize)]
        struct Named {
            url: Option<String>,
        }
        let mut index = HashMap::new();
        self.articles.each_line(0, |at, line| {
            let named = serde_json::from_slice::<Named>(line).ok();
            if let Some(url) = named.and_then(|named| named.url) {
                let name = short_name(&url);
                if index.len() < INDEXED_MAX || index.contains_key(&name) {
                    index.insert(name, at);
                }
            }
            Ok::<_, OutputError>(())
        })?;
        Ok(index)
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
        self.failures.each_line(0, |at, line| {
            if let Some(url) = url_of(line) {
                last.insert(short_name(&url), at);
            }
            Ok::<_, E>(())
        })?;
        let mut kept = AtomicFile::create(&path)?;
        self.failures.each_line(0, |at, line| {
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
        write_texts(&self.path, &self.options.formats, record)?;
        let file = match record {
            Record::Article(article) => {
                if self.articles.bytes == 0 {
                    self.sealed.begin(article);
                }
                &mut self.articles
            }
            Record::Failure(_) => &mut self.failures,
        };
        file.append(&(record.to_json() + "\n"))?;
        for store in &mut self.stores {
            store.write(record)?;
        }
        Ok(())
    }

    /// Makes durable what was appended, and says how many bytes of each file are whole.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when a file cannot be written.
    pub fn commit(&mut self) -> Result<Marks, OutputError> {
        self.articles.commit()?;
        self.failures.commit()?;
        let mut marks = vec![
            (ARTICLES.to_owned(), self.articles.bytes),
            (FAILURES.to_owned(), self.failures.bytes),
        ];
        marks.extend(self.sealed.marks());
        marks.append(&mut self.told);
        Ok(marks)
    }

    /// What [`Folder::commit`] gave is stored: lets the stores keep what they were given.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when one cannot be written.
    pub fn follow(&mut self) -> Result<(), OutputError> {
        let read = self.position();
        for store in &mut self.stores {
            self.told.extend(store.commit(read)?);
        }
        Ok(())
    }

    /// The same at the end of a run, after which nothing of the stores is still open.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when one cannot be written.
    pub fn settle(&mut self) -> Result<Marks, OutputError> {
        let read = self.position();
        for store in &mut self.stores {
            self.told.extend(store.settle(read)?);
        }
        Ok(std::mem::take(&mut self.told))
    }

    /// Ends the stores.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when one cannot be ended.
    pub fn close(self) -> Result<(), OutputError> {
        self.stores.into_iter().try_for_each(Sink::finish)
    }

    /// Whether the articles go to a file of their own before `next` is written.
    #[must_use]
    pub fn is_full(&self, next: &Record) -> bool {
        let rotation = self.options.rotation;
        self.articles.bytes > 0
            && rotation
                .is_some_and(|rotation| self.sealed.is_full(rotation, self.articles.bytes, next))
    }

    /// Puts the articles into a file of their own. When the marks it gives are stored,
    /// [`Folder::begin_anew`] is to be called; whatever comes in between does no harm.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when that file or a store cannot be written.
    pub fn seal(&mut self) -> Result<Marks, OutputError> {
        let mut marks = self.settle()?;
        let packing = self.options.packing;
        self.sealed.seal(&self.path, &self.articles, packing)?;
        marks.push((ARTICLES.to_owned(), 0));
        marks.extend(self.sealed.marks());
        Ok(marks)
    }

    /// Begins the articles anew.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when their file cannot be cut.
    pub fn begin_anew(&mut self) -> Result<(), OutputError> {
        self.index = Some(HashMap::new());
        self.articles.clear()
    }
}

fn create_texts_folder(path: &Path, formats: &[Format]) -> Result<(), OutputError> {
    if formats.iter().any(|format| format.is_a_file_an_article()) {
        create_folder(&path.join(TEXTS))?;
    }
    Ok(())
}

/// The article as files of its own, named by its id, in the formats that are for readers.
fn write_texts(path: &Path, formats: &[Format], record: &Record) -> Result<(), OutputError> {
    let Record::Article(article) = record else {
        return Ok(());
    };
    let texts = formats
        .iter()
        .filter(|format| format.is_a_file_an_article());
    texts.copied().try_for_each(|format| {
        let name = format!("{}.{}", article.id, format.extension());
        let text = render(article, format);
        atomic::write(&path.join(TEXTS).join(name), text.as_bytes())
    })
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
        let mut folder = Folder::open(&path, &Options::default(), &[]).unwrap();
        folder.write(&failure("http://a/1", "one")).unwrap();
        let marks = folder.commit().unwrap();
        folder.write(&failure("http://a/2", "two")).unwrap();
        folder.commit().unwrap();
        drop(folder);
        let whole = std::fs::read_to_string(path.join(FAILURES)).unwrap();
        std::fs::write(path.join(FAILURES), whole + "{\"torn").unwrap();
        let folder = Folder::open(&path, &Options::default(), &marks).unwrap();
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
        let folder =
            Folder::open(&path, &Options::default(), &[(ARTICLES.to_owned(), 500)]).unwrap();
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
        let mut folder = Folder::open(&path, &Options::default(), &[]).unwrap();
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
        let folder = Folder::open(&path, &Options::default(), &mark).unwrap();
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
        let mut folder = Folder::open(&path, &Options::default(), &[]).unwrap();
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
        let mut folder = Folder::open(&path, &Options::default(), &mark).unwrap();
        folder
            .keep_failures(|url| Ok::<_, OutputError>(url == "http://a/1"))
            .unwrap();
        let kept = std::fs::read(path.join(FAILURES)).unwrap();
        let ours = String::from_utf8(kept.strip_prefix(foreign).unwrap().into()).unwrap();
        assert!(ours.lines().count() == 1 && ours.contains("new"), "{ours}");
        std::fs::remove_dir_all(&path).unwrap();
    }

    fn stored(path: &Path, options: &Options, marks: &mut Marks, ids: &[&str]) -> Folder {
        let mut folder = Folder::open(path, options, marks).unwrap();
        folder.catch_up().unwrap();
        for id in ids {
            let record = crate::output::tests::record(id, "one\n\ntwo");
            if folder.is_full(&record) {
                keep(marks, folder.seal().unwrap());
                folder.begin_anew().unwrap();
            }
            folder.write(&record).unwrap();
            keep(marks, folder.commit().unwrap());
            folder.follow().unwrap();
        }
        folder
    }

    /// As the state keeps them: of each name the last.
    fn keep(marks: &mut Marks, new: Marks) {
        marks.retain(|(name, _)| new.iter().all(|(other, _)| name != other));
        marks.extend(new);
    }

    /// Ids of the rows of the table, whose first column they are.
    fn ids(path: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(path.join(stores::TABLE)).unwrap();
        let rows = text.split("\r\n").skip(1).filter(|row| !row.is_empty());
        rows.map(|row| row.split(',').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn a_store_is_told_of_each_article_once_whatever_was_killed_or_removed() {
        let path = scratch("stores");
        let options = Options {
            formats: vec![Format::Csv],
            ..Options::default()
        };
        let mut marks = Marks::new();
        stored(&path, &Options::default(), &mut marks, &["1", "2"]);
        // A new store gets what is there; one that ends without settling is made up for.
        stored(&path, &options, &mut marks, &["3", "4"]);
        stored(&path, &options, &mut marks, &["5"]);
        let mut folder = stored(&path, &options, &mut marks, &[]);
        keep(&mut marks, folder.settle().unwrap());
        assert_eq!(ids(&path), ["1", "2", "3", "4", "5"]);
        std::fs::remove_file(path.join(stores::TABLE)).unwrap();
        stored(&path, &options, &mut marks, &["6"]);
        assert_eq!(ids(&path), ["1", "2", "3", "4", "5", "6"]);
        std::fs::write(path.join(stores::TABLE), "somebody's\r\n").unwrap();
        assert!(Folder::open(&path, &options, &[]).is_err());
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn full_files_are_sealed_and_stores_go_on() {
        let path = scratch("rotation");
        let options = Options {
            formats: vec![Format::Csv],
            rotation: Some(super::super::Rotation::Size(1_000)),
            packing: Some(super::super::pack::Packing::Gzip),
        };
        let mut marks = Marks::new();
        stored(&path, &options, &mut marks, &["1", "2"]);
        // Killed after the file was written and before the state knew: it is written again.
        let mut folder = Folder::open(&path, &options, &marks).unwrap();
        folder.seal().unwrap();
        drop(folder);
        let mut folder = stored(&path, &options, &mut marks, &["3", "4", "5"]);
        // Killed before the open file was cut.
        let before = std::fs::read(path.join(ARTICLES)).unwrap();
        keep(&mut marks, folder.seal().unwrap());
        drop(folder);
        assert_eq!(std::fs::read(path.join(ARTICLES)).unwrap(), before);
        let folder = stored(&path, &options, &mut marks, &["6"]);
        assert!(!folder.lacks_what_is_sealed());
        assert_eq!(ids(&path), ["1", "2", "3", "4", "5", "6"]);
        // A state that is gone does not have its files written over.
        assert_eq!(Sealed::known(&path, &[]).marks()[0].1, 3);
        let mut all = Vec::new();
        for number in 1.. {
            let file = path.join(format!("articles-2026-11-23-{number:04}.jsonl.gz"));
            let Ok(file) = std::fs::File::open(file) else {
                break;
            };
            let lines = std::io::read_to_string(flate2::read::MultiGzDecoder::new(file)).unwrap();
            all.extend(lines.lines().map(str::to_owned));
        }
        let open = std::fs::read_to_string(path.join(ARTICLES)).unwrap();
        assert_eq!(open.lines().count(), 1);
        all.extend(open.lines().map(str::to_owned));
        let ids: Vec<Article> = all
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let ids: Vec<&str> = ids.iter().map(|article| article.id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "3", "4", "5", "6"]);
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_day_ends_the_file_of_the_day_before() {
        let mut article = crate::output::tests::article("1", "text");
        let mut sealed = Sealed::known(Path::new("no/such/folder"), &[]);
        sealed.begin(&article);
        let day = super::super::Rotation::Day;
        let same = Record::Article(Box::new(article.clone()));
        assert!(!sealed.is_full(day, 1, &same));
        article.fetched_at = Some("2026-11-24T00:00:00Z".parse().unwrap());
        assert!(sealed.is_full(day, 1, &Record::Article(Box::new(article))));
        assert!(!sealed.is_full(day, 1, &failure("http://a/", "")));
    }
}
