//! A folder written anew by one run: the files of [`super::folder`], each whole or as it was.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::atomic::{AtomicFile, sync_folder_of};
use super::folder::{ARTICLES, FAILURES, TEXTS};
use super::parquet::LAKE;
use super::render::render;
use super::stores::{self, DATABASE, TABLE};
use super::{Format, OutputError, Sink, create_folder};
use crate::article::Article;
use crate::record::Record;

/// A folder that one run writes.
///
/// Until its end, what it writes is under names ending in `.part`, so that a run that is stopped or
/// killed leaves what was there. At the end each file takes its name, first the texts, then the
/// articles, then the failures: whoever looks in between finds whole files, of this run or of the
/// one before. Texts of other runs stay, since they may be somebody's, except where a text of this
/// run has the same name. `articles.csv`, `articles.sqlite` and `articles.parquet` are one file each.
pub struct WholeFolder {
    path: PathBuf,
    articles: AtomicFile,
    failures: AtomicFile,
    texts: Vec<Texts>,
    stores: Vec<Box<dyn Sink>>,
}

impl WholeFolder {
    /// Begins the files of the folder anew.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when a file cannot be created.
    pub fn create(path: &Path, formats: &[Format]) -> Result<Self, OutputError> {
        let path = create_folder(path)?;
        let articles = AtomicFile::create(&path.join(ARTICLES))?;
        let failures = AtomicFile::create(&path.join(FAILURES))?;
        let mut texts = Vec::new();
        let mut stores = Vec::new();
        for &format in formats {
            match format {
                Format::JsonLines | Format::Renamed(_) => {}
                Format::Text | Format::Markdown => {
                    texts.push(Texts::create(&path.join(TEXTS), format)?);
                }
                Format::Csv => stores.push(stores::whole(&path.join(TABLE), format)?),
                Format::Sqlite => stores.push(stores::whole(&path.join(DATABASE), format)?),
                Format::Parquet => stores.push(stores::whole(&path.join(LAKE), format)?),
            }
        }
        Ok(Self {
            path,
            articles,
            failures,
            texts,
            stores,
        })
    }
}

impl Sink for WholeFolder {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        if let Record::Article(article) = record {
            for texts in &mut self.texts {
                texts.write(article)?;
            }
        }
        for store in &mut self.stores {
            store.write(record)?;
        }
        let (file, name) = match record {
            Record::Article(_) => (&mut self.articles, ARTICLES),
            Record::Failure(_) => (&mut self.failures, FAILURES),
        };
        writeln!(file, "{}", record.to_json())
            .map_err(|error| OutputError::new(&self.path.join(name), error))
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        self.texts.into_iter().try_for_each(Texts::persist)?;
        self.stores.into_iter().try_for_each(Sink::finish)?;
        self.articles.persist()?;
        self.failures.persist()
    }
}

/// A text a file, named by the id of its article. Articles share one when their pages are the same
/// to the byte or are said to have one address; then `-2`, `-3` and so on follow it, in the order
/// of the records.
#[derive(Debug)]
struct Texts {
    path: PathBuf,
    /// Where they are until the end: inside, so that no file system parts the two.
    partial: PathBuf,
    format: Format,
    /// How often an id was met, of those met more than once.
    doubled: HashMap<String, u64>,
}

impl Texts {
    fn create(path: &Path, format: Format) -> Result<Self, OutputError> {
        let partial = path.join(format!(".{}.part", format.extension()));
        match fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OutputError::new(&partial, error));
            }
            _ => create_folder(&partial)?,
        };
        Ok(Self {
            path: path.to_owned(),
            partial,
            format,
            doubled: HashMap::new(),
        })
    }

    fn write(&mut self, article: &Article) -> Result<(), OutputError> {
        let (path, file) = self.begin(&article.id);
        let text = render(article, self.format);
        let written = file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| OutputError::new(&path, error))
    }

    /// The first file of that id that is not there yet.
    fn begin(&mut self, id: &str) -> (PathBuf, io::Result<File>) {
        let mut number = self.doubled.get(id).map_or(1, |met| met + 1);
        loop {
            let copy = match number {
                1 => String::new(),
                _ => format!("-{number}"),
            };
            let path = self
                .partial
                .join(format!("{id}{copy}.{}", self.format.extension()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                opened => {
                    if number > 1 {
                        self.doubled.insert(id.to_owned(), number);
                    }
                    return (path, opened);
                }
            }
        }
    }

    fn persist(self) -> Result<(), OutputError> {
        let moved = || -> io::Result<()> {
            for text in fs::read_dir(&self.partial)? {
                let text = text?;
                fs::rename(text.path(), self.path.join(text.file_name()))?;
            }
            fs::remove_dir(&self.partial)
        };
        moved().map_err(|error| OutputError::new(&self.path, error))?;
        sync_folder_of(&self.partial);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Failure, Status};

    fn article(id: &str, text: &str) -> Record {
        let record = serde_json::json!({
            "schema": "chaffinch/1", "status": "ok", "id": id, "authors": [], "tags": [], "text": text,
            "word_count": 0, "content_hash": "", "confidence": 1.0, "warnings": [],
            "source": {"kind": "stdin"}, "version": 1, "extractor_version": "",
        });
        Record::Article(Box::new(serde_json::from_value(record).unwrap()))
    }

    /// A folder in which these were written, not finished.
    fn written(path: &Path, records: &[Record]) -> Box<WholeFolder> {
        let mut folder = Box::new(WholeFolder::create(path, &[Format::Text]).unwrap());
        for record in records {
            folder.write(record).unwrap();
        }
        folder
    }

    /// All files with their texts, those still to be named aside.
    fn files(path: &Path) -> Vec<(String, String)> {
        let mut files: Vec<_> = [path.to_owned(), path.join(TEXTS)]
            .iter()
            .flat_map(|folder| fs::read_dir(folder).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|file| file.is_file() && file.extension().is_none_or(|end| end != "part"))
            .map(|file| {
                let name = file.strip_prefix(path).unwrap().display().to_string();
                (name, fs::read_to_string(file).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn what_was_there_stays_until_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path();
        let gone = Record::Failure(Failure::of_url("http://a/", Status::NotFound, "", 1));
        written(path, &[article("1", "old"), gone])
            .finish()
            .unwrap();
        fs::write(path.join("articles/notes.txt"), "somebody's").unwrap();
        let before = files(path);
        assert_eq!(before.len(), 4);
        let records = [article("1", "new"), article("2", "more")];
        drop(written(path, &records));
        assert_eq!(files(path), before, "as after a kill");
        written(path, &records[..1]).finish().unwrap();
        let after = files(path);
        let names: Vec<&str> = after.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "articles.jsonl",
                "articles/1.txt",
                "articles/notes.txt",
                "failures.jsonl"
            ]
        );
        assert_eq!((after[1].1.as_str(), after[3].1.as_str()), ("new\n", ""));
        assert!(!path.join("articles/.txt.part").exists());
    }

    #[test]
    fn texts_of_one_id_are_numbered_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let records =
            ["a", "b", "c", "d"].map(|text| article(if text == "c" { "2" } else { "1" }, text));
        written(dir.path(), &records).finish().unwrap();
        let texts: Vec<_> = files(dir.path())
            .into_iter()
            .filter(|(name, _)| name.starts_with("articles/"))
            .collect();
        let want = [("1-2", "b"), ("1-3", "d"), ("1", "a"), ("2", "c")]
            .map(|(id, text)| (format!("articles/{id}.txt"), format!("{text}\n")));
        assert_eq!(texts, want);
    }
}
