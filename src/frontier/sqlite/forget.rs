//! Forgetting what nobody names any more, so that the state of a job that runs for years stays as
//! large as what it works on.

use rusqlite::{Connection, Transaction, params};

use super::traces::Change;
use super::{keys, set_mark};
use crate::frontier::{Day, UrlId};

/// URLs forgotten in one transaction.
const AT_ONCE: u32 = 10_000;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Part of the file that must be free before it is written anew without: a quarter.
const FREE_PART: i64 = 4;

/// Forgets some URLs that were last named before a day and rest; how many, and what becomes of
/// their traces.
pub(super) fn some(tx: &Transaction, before: Day, mark: &str) -> rusqlite::Result<(u64, Change)> {
    let mut query = tx.prepare_cached(
        "SELECT url.id, coalesce(key, url), failure.id IS NOT NULL FROM url
             LEFT JOIN article ON article.id = url.id LEFT JOIN failure ON failure.id = url.id
         WHERE day > 0 AND day < ?1
             AND (failure.id IS NOT NULL OR (article.queued = 0 AND article.again IS NULL))
         LIMIT ?2",
    )?;
    let rows = query.query_map(params![before, AT_ONCE], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let old: Vec<(UrlId, String, bool)> = rows.collect::<Result<_, _>>()?;
    let mut change = Change::default();
    for (id, key, _) in &old {
        keys::remove(tx, key, *id)?;
        change.forget(tx, *id)?;
        for table in ["failure", "article", "copy", "midway", "url"] {
            tx.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?
                .execute([id])?;
        }
    }
    if old.iter().any(|(_, _, failed)| *failed) {
        set_mark(tx, mark, 1)?;
    }
    if !old.is_empty() {
        // A lane is no more than the pause of its host, long over.
        let unused = "DELETE FROM lane WHERE next IS NULL AND hand = 0 AND ready < ?1";
        tx.execute(unused, [before.saturating_mul(DAY_MILLIS)])?;
    }
    Ok((old.len() as u64, change))
}

/// Writes the file anew when much of it is free; else it would stay as large as it ever was.
pub(super) fn tidy(database: &Connection) -> rusqlite::Result<()> {
    let number = |name| database.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (pages, free) = (number("page_count")?, number("freelist_count")?);
    if free > 0 && free >= pages / FREE_PART {
        database.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
    }
    Ok(())
}
