//! The embedded frontier: one `SQLite` file, in WAL mode, for one process at a time.
//!
//! Commits are not synced one by one (`synchronous = NORMAL`): a kill loses nothing, and a power
//! cut at most the last moments, which are then asked again. Whoever writes output makes it
//! durable before the ack that speaks of it.
//!
//! Its cost hardly grows with the number of URLs: rows are written in the order of admission and
//! not again, and what must lie elsewhere is small and written in its order (`admit`, `done`).

mod admit;
mod done;
mod due;
mod forget;
mod keys;
mod lanes;
#[cfg(test)]
mod tests;
mod traces;

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use traces::Recent;

use super::{
    Ack, Admission, Counts, Day, Frontier, FrontierError, Lease, Marks, Memo, Millis, NewUrl,
    Trace, Traced, UrlId,
};

/// Version of `schema.sql`, kept in `SQLite`'s `user_version`.
const SCHEMA_VERSION: i64 = 4;

/// A frontier in one `SQLite` file.
#[derive(Debug)]
pub struct SqliteFrontier {
    database: Connection,
    path: String,
    traces: Recent,
}

impl SqliteFrontier {
    /// Opens or creates the state at `path`. What was in hand when the last process ended goes
    /// back into the queue, so no other process may use the file. No pause goes on beyond
    /// `latest`: a clock that was ahead must not keep a host waiting.
    ///
    /// # Errors
    ///
    /// [`FrontierError`] when the file cannot be used, or another version wrote it.
    pub fn open(path: &Path, latest: Millis) -> Result<Self, FrontierError> {
        Self::open_at(path, latest)
    }

    /// A frontier in memory, which forgets: for work that is not to be taken up again.
    ///
    /// # Errors
    ///
    /// [`FrontierError`] when there is no memory for it.
    pub fn in_memory() -> Result<Self, FrontierError> {
        // SQLite's own name of such a database.
        Self::open_at(Path::new(":memory:"), Millis::MAX)
    }

    fn open_at(path: &Path, latest: Millis) -> Result<Self, FrontierError> {
        let name = path.display().to_string();
        let named = |error| database_error(&name, error);
        let database = Connection::open(path).map_err(named)?;
        set_up(&database).map_err(named)?;
        let mut frontier = Self {
            database,
            path: name.clone(),
            traces: Recent::default(),
        };
        frontier.check_version()?;
        frontier.traces = frontier.run(|tx| {
            tx.execute_batch(include_str!("../schema.sql"))?;
            tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            set_meta(tx, "round", meta(tx, "round")? + 1)?;
            lanes::reclaim(tx, latest)?;
            Recent::read(tx)
        })?;
        Ok(frontier)
    }

    fn check_version(&self) -> Result<(), FrontierError> {
        let query = self
            .database
            .pragma_query_value(None, "user_version", |row| row.get(0));
        let found: i64 = query.map_err(|error| database_error(&self.path, error))?;
        if found == 0 || found == SCHEMA_VERSION {
            return Ok(());
        }
        Err(FrontierError::Version {
            path: self.path.clone(),
            found,
            known: SCHEMA_VERSION,
        })
    }

    fn run<T>(
        &mut self,
        work: impl FnOnce(&Transaction) -> rusqlite::Result<T>,
    ) -> Result<T, FrontierError> {
        self.run_traced(|tx, _| work(tx))
    }

    fn run_traced<T>(
        &mut self,
        work: impl FnOnce(&Transaction, &Recent) -> rusqlite::Result<T>,
    ) -> Result<T, FrontierError> {
        let done = self.database.transaction().and_then(|tx| {
            let value = work(&tx, &self.traces)?;
            tx.commit()?;
            Ok(value)
        });
        done.map_err(|error| database_error(&self.path, error))
    }
}

fn set_up(database: &Connection) -> rusqlite::Result<()> {
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "NORMAL")?;
    // 16 MiB, so that a crawl stays below 150 MB however large its state is.
    database.pragma_update(None, "cache_size", -16 * 1024)?;
    // 32 MiB: pages that each commit writes anew, such as those of the lanes, reach the file once
    // in eight times as many as by default.
    database.pragma_update(None, "wal_autocheckpoint", 8 * 1024)?;
    database.set_prepared_statement_cache_capacity(64);
    // A plan does not depend on what is bound to it (QPSG): else `LIMIT ?` has a statement prepared anew each time.
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn database_error(path: &str, error: rusqlite::Error) -> FrontierError {
    FrontierError::Database {
        path: path.to_owned(),
        source: Box::new(error),
    }
}

fn meta(tx: &Transaction, name: &str) -> rusqlite::Result<i64> {
    let value = tx
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(value.unwrap_or(0))
}

fn set_meta(tx: &Transaction, name: &str, value: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}

fn set_mark(tx: &Transaction, file: &str, bytes: u64) -> rusqlite::Result<()> {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    tx.prepare_cached("INSERT OR REPLACE INTO mark (file, bytes) VALUES (?1, ?2)")?
        .execute(params![file, bytes])?;
    Ok(())
}

fn count(tx: &Transaction, query: &str) -> rusqlite::Result<u64> {
    let count: i64 = tx.prepare_cached(query)?.query_row([], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

fn pending(tx: &Transaction) -> rusqlite::Result<u64> {
    Ok(count(tx, "SELECT count(*) FROM queue")? + count(tx, "SELECT count(*) FROM hand")?)
}

impl Frontier for SqliteFrontier {
    fn begin_refresh(&mut self) -> Result<(), FrontierError> {
        self.run(|tx| {
            if meta(tx, "refreshing")? == 0 {
                set_meta(tx, "pass", meta(tx, "pass")? + 1)?;
            }
            set_meta(tx, "refreshing", 1)
        })
    }

    fn end_refresh(&mut self) -> Result<(), FrontierError> {
        self.run(|tx| set_meta(tx, "refreshing", 0))
    }

    fn admit(&mut self, urls: &[NewUrl], refresh: bool) -> Result<Vec<Admission>, FrontierError> {
        self.run(|tx| admit::admit(tx, urls, refresh))
    }

    fn lease(&mut self, now: Millis, most: usize) -> Result<Vec<Lease>, FrontierError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        self.run(|tx| lanes::lease(tx, now, most))
    }

    fn drain(&mut self, host: &str, most: usize) -> Result<Vec<Lease>, FrontierError> {
        self.run(|tx| match lanes::existing(tx, host)? {
            Some(lane) => lanes::lease_lane(tx, lane, host, most),
            None => Ok(Vec::new()),
        })
    }

    fn next_due(&mut self) -> Result<Option<Millis>, FrontierError> {
        self.run(|tx| {
            tx.prepare_cached("SELECT min(next) FROM lane WHERE next IS NOT NULL")?
                .query_row([], |row| row.get(0))
        })
    }

    fn ack(
        &mut self,
        acks: &[Ack],
        found: &[NewUrl],
        marks: &Marks,
    ) -> Result<Vec<Admission>, FrontierError> {
        let (admissions, change) = self.run_traced(|tx, recent| {
            let mut change = done::ack(tx, acks)?;
            recent.settle(tx, &mut change)?;
            let refresh = meta(tx, "refreshing")? == 1;
            let admissions = admit::admit(tx, found, refresh)?;
            for (file, bytes) in marks {
                set_mark(tx, file, *bytes)?;
            }
            Ok((admissions, change))
        })?;
        self.traces.committed(change);
        Ok(admissions)
    }

    fn traced(&mut self, not: UrlId, traces: &[Trace]) -> Result<Vec<Traced>, FrontierError> {
        self.run_traced(|tx, recent| recent.traced(tx, not, traces))
    }

    fn url(&mut self, id: UrlId) -> Result<Option<String>, FrontierError> {
        self.run(|tx| {
            tx.prepare_cached("SELECT url FROM url WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()
        })
    }

    fn marks(&mut self) -> Result<Marks, FrontierError> {
        self.run(|tx| {
            let mut query = tx.prepare("SELECT file, bytes FROM mark ORDER BY file")?;
            let rows = query.query_map([], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
            })?;
            rows.collect()
        })
    }

    fn is_failed(&mut self, key: &str) -> Result<bool, FrontierError> {
        self.run(|tx| match keys::find(tx, key)? {
            Some(id) => tx
                .prepare_cached("SELECT 1 FROM failure WHERE id = ?1")?
                .exists([id]),
            None => Ok(false),
        })
    }

    fn lapse(
        &mut self,
        now: Millis,
        longest: Millis,
        mark: &str,
        host: &dyn Fn(&str) -> String,
    ) -> Result<u64, FrontierError> {
        self.run(|tx| {
            tx.execute("DELETE FROM memo WHERE until <= ?1", [now])?;
            let due = due::failures(tx, now, longest, host)?;
            if due > 0 {
                set_mark(tx, mark, 1)?;
            }
            Ok(due)
        })
    }

    fn revisit(
        &mut self,
        now: Millis,
        longest: Millis,
        host: &dyn Fn(&str) -> String,
    ) -> Result<u64, FrontierError> {
        self.run(|tx| due::articles(tx, now, longest, host))
    }

    fn forget(&mut self, before: Day, mark: &str) -> Result<u64, FrontierError> {
        let mut all = 0;
        loop {
            let (forgotten, change) = self.run_traced(|tx, _| forget::some(tx, before, mark))?;
            self.traces.committed(change);
            if forgotten == 0 {
                return Ok(all);
            }
            all += forgotten;
        }
    }

    fn tidy(&mut self) -> Result<(), FrontierError> {
        let tidied = forget::tidy(&self.database);
        tidied.map_err(|error| database_error(&self.path, error))
    }

    fn remember(&mut self, memos: &[Memo]) -> Result<(), FrontierError> {
        if memos.is_empty() {
            return Ok(());
        }
        self.run(|tx| {
            memos.iter().try_for_each(|memo| {
                tx.prepare_cached(
                    "INSERT OR REPLACE INTO memo (name, until, value) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![memo.name, memo.until, memo.value])
                .map(|_| ())
            })
        })
    }

    fn recall(&mut self, name: &str, now: Millis) -> Result<Option<String>, FrontierError> {
        self.run(|tx| {
            tx.prepare_cached("SELECT value FROM memo WHERE name = ?1 AND until > ?2")?
                .query_row(params![name, now], |row| row.get(0))
                .optional()
        })
    }

    fn pending(&mut self) -> Result<u64, FrontierError> {
        self.run(pending)
    }

    fn counts(&mut self) -> Result<Counts, FrontierError> {
        self.run(|tx| {
            let sources = |done: &str| {
                let query = format!(
                    "SELECT count(*) FROM url WHERE source = 1 AND id IN (SELECT id FROM {done})"
                );
                count(tx, &query)
            };
            let queued = count(tx, "SELECT count(*) FROM article WHERE queued = 1")?;
            let queued_sources = sources("article WHERE queued = 1")?;
            Ok(Counts {
                pending: pending(tx)?,
                articles: count(tx, "SELECT count(*) FROM article")? + queued_sources
                    - queued
                    - sources("article")?,
                failures: count(tx, "SELECT count(*) FROM failure")? - sources("failure")?,
            })
        })
    }
}
