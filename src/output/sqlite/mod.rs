//! Articles in a `SQLite` database, which any tool reads: tables of articles, authors, tags, images,
//! warnings and versions, and full-text search (`schema.sql`).
//!
//! An article with an `id` that is there takes its place; if its text is another, it is a new
//! version. What lies between two commits is one transaction, which also holds how much of the
//! journal was read: after a kill the two agree, whatever the state knows.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, params, params_from_iter};

use super::atomic::{AtomicFile, is_special};
use super::csv::moment;
use super::flat::{COLUMNS, Cell, name, row};
use super::{Marks, OutputError, Sink};
use crate::article::Article;
use crate::record::Record;

/// The tables.
const TABLES: &str = include_str!("schema.sql");
/// The form of the tables, which the file says as `user_version`.
const FORM: i64 = 2;
/// How long to wait for somebody who reads or writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// The name under which the file keeps how much of the journal it has.
const READ: &str = "journal_bytes";
/// Records after which a transaction of a cleaning ends, which bounds its memory.
const BATCH: usize = 1_000;

/// A database that is written.
pub struct Sqlite {
    path: PathBuf,
    to: Connection,
    waiting: Vec<Article>,
    position: u64,
    /// The file that takes its name at the end; none for one that grows.
    whole: Option<AtomicFile>,
}

impl Sqlite {
    /// Opens the database of a crawl, or creates it.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when that is not possible, or when it is somebody's own.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";
        let (to, position) = opened(path, pragmas)?;
        Ok(Self {
            path: path.to_owned(),
            to,
            waiting: Vec::new(),
            position,
            whole: None,
        })
    }

    /// Begins a database that is there, or takes the place of what is there, at the end.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be created.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        if is_special(path) {
            let why = io::Error::other("a database can only be a regular file");
            return Err(OutputError::new(path, why));
        }
        let whole = AtomicFile::create(path)?;
        let partial = whole.partial().unwrap_or(path).to_owned();
        // Nobody reads it before it is whole, and a broken one is thrown away.
        let pragmas = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;";
        let (to, position) = opened(&partial, pragmas)?;
        Ok(Self {
            path: path.to_owned(),
            to,
            waiting: Vec::new(),
            position,
            whole: Some(whole),
        })
    }

    /// Puts what waits into the tables, and with it how much of the journal that is.
    fn put(&mut self, read: u64) -> rusqlite::Result<()> {
        let transaction = self.to.transaction()?;
        for article in &self.waiting {
            put(&transaction, article)?;
        }
        transaction.execute(
            "INSERT INTO store VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
            params![READ, i64::try_from(read).unwrap_or(i64::MAX)],
        )?;
        transaction.commit()?;
        self.waiting.clear();
        self.position = read;
        Ok(())
    }
}

impl Sink for Sqlite {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        if let Record::Article(article) = record {
            self.waiting.push((**article).clone());
        }
        if self.whole.is_some() && self.waiting.len() >= BATCH {
            return self.put(0).map_err(|error| failed(&self.path, error));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn commit(&mut self, read: u64) -> Result<Marks, OutputError> {
        if read != self.position || !self.waiting.is_empty() {
            let put = self.put(read);
            put.map_err(|error| failed(&self.path, error))?;
        }
        Ok(Marks::new())
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        let read = self.position;
        let path = self.path.clone();
        let ended = self
            .put(read)
            .and_then(|()| self.to.execute_batch("PRAGMA optimize;"));
        ended.map_err(|error| failed(&path, error))?;
        // One file, for whoever copies it; while somebody reads it, it stays as it is.
        let _ = self.to.execute_batch("PRAGMA journal_mode = DELETE;");
        let closed = self.to.close().map_err(|(_, error)| error);
        closed.map_err(|error| failed(&path, error))?;
        self.whole.map_or(Ok(()), AtomicFile::persist)
    }
}

/// An open database with its tables, and how much of the journal it has.
fn opened(path: &Path, pragmas: &str) -> Result<(Connection, u64), OutputError> {
    let (to, form) = connect(path, pragmas).map_err(|error| failed(path, error))?;
    if form != FORM {
        let why = format!(
            "its tables are of form {form}, not of form {FORM}; move it away, and it is made anew"
        );
        return Err(OutputError::new(path, io::Error::other(why)));
    }
    let read = read(&to).map_err(|error| failed(path, error))?;
    Ok((to, u64::try_from(read).unwrap_or(0)))
}

/// An open database, and the form of its tables.
fn connect(path: &Path, pragmas: &str) -> rusqlite::Result<(Connection, i64)> {
    let to = Connection::open(path)?;
    to.busy_timeout(PATIENCE)?;
    to.execute_batch(pragmas)?;
    to.execute_batch("PRAGMA foreign_keys = ON;")?;
    let tables: i64 = to.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        to.execute_batch(&format!("BEGIN; {TABLES} COMMIT;"))?;
    }
    let form = to.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok((to, form))
}

fn read(from: &Connection) -> rusqlite::Result<i64> {
    let read = from
        .query_row("SELECT value FROM store WHERE name = ?1", [READ], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(read.unwrap_or(0))
}

fn failed(path: &Path, error: rusqlite::Error) -> OutputError {
    OutputError::new(path, io::Error::other(error))
}

/// Puts an article into the tables, in the place of the one of its id.
fn put(to: &Transaction<'_>, article: &Article) -> rusqlite::Result<()> {
    let before: Option<(i64, i64, String)> = to
        .prepare_cached("SELECT key, version, content_hash FROM articles WHERE id = ?1")?
        .query_row([&article.id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let said = i64::from(article.version);
    let (version, is_new) = match &before {
        None => (said, true),
        Some((_, version, hash)) if *hash == article.content_hash => (*version, false),
        // Several captures of one page in an archive are all said to be the first.
        Some((_, version, _)) => (said.max(version + 1), true),
    };
    let key = put_row(to, article, version)?;
    if let Some((key, ..)) = before {
        for table in ["authors", "tags", "warnings", "images"] {
            to.prepare_cached(&format!("DELETE FROM {table} WHERE article = ?1"))?
                .execute([key])?;
        }
    }
    put_lists(to, key, article)?;
    if is_new {
        put_version(to, key, version, article)?;
    }
    Ok(())
}

/// The row of the article, and its key.
fn put_row(to: &Transaction<'_>, article: &Article, version: i64) -> rusqlite::Result<i64> {
    let columns = COLUMNS.iter().map(|column| column.name);
    let cells = columns.zip(row(article)).filter_map(|(name, cell)| {
        let value = value(cell)?;
        let own = name == "version";
        Some((name, if own { Value::Integer(version) } else { value }))
    });
    let (names, values): (Vec<&str>, Vec<Value>) = cells.unzip();
    let places = vec!["?"; names.len()].join(", ");
    let updates: Vec<String> = names
        .iter()
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let sql = format!(
        "INSERT INTO articles ({}) VALUES ({places})
         ON CONFLICT (id) DO UPDATE SET {} RETURNING key",
        names.join(", "),
        updates.join(", ")
    );
    to.prepare_cached(&sql)?
        .query_row(params_from_iter(values), |row| row.get(0))
}

/// The cell as a column of `articles` has it; none for a list, which has a table of its own.
fn value(cell: Cell) -> Option<Value> {
    match cell {
        Cell::Text(text) => Some(text.into()),
        Cell::Int(number) => Some(number.into()),
        Cell::Real(number) => Some(number.into()),
        Cell::Bool(bool) => Some(bool.map(i64::from).into()),
        Cell::Time(micros) => Some(micros.map(moment).into()),
        Cell::List(_) => None,
    }
}

fn put_lists(to: &Transaction<'_>, key: i64, article: &Article) -> rusqlite::Result<()> {
    let mut authors = to.prepare_cached("INSERT INTO authors VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (at, author) in (0_i64..).zip(&article.metadata.authors) {
        authors.execute(params![key, at, author.name, name(author.kind), author.url])?;
    }
    let mut tags = to.prepare_cached("INSERT INTO tags VALUES (?1, ?2, ?3)")?;
    for (at, tag) in (0_i64..).zip(&article.metadata.tags) {
        tags.execute(params![key, at, tag])?;
    }
    let mut warnings = to.prepare_cached("INSERT INTO warnings VALUES (?1, ?2, ?3)")?;
    for (at, warning) in (0_i64..).zip(&article.warnings) {
        warnings.execute(params![key, at, name(warning)])?;
    }
    let mut images =
        to.prepare_cached("INSERT INTO images VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (at, image) in (0_i64..).zip(&article.metadata.images) {
        images.execute(params![
            key,
            at,
            image.url,
            image.alt,
            image.caption,
            image.credit,
            image.width,
            image.height
        ])?;
    }
    Ok(())
}

fn put_version(
    to: &Transaction<'_>,
    key: i64,
    version: i64,
    article: &Article,
) -> rusqlite::Result<()> {
    to.prepare_cached("INSERT INTO versions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            key,
            version,
            article.fetched_at.map(|at| at.to_string()),
            article.metadata.title,
            article.text,
            article.word_count,
            article.content_hash,
            serde_json::to_string(article).unwrap_or_default()
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests;
