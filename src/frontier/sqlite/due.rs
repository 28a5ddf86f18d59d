//! What is done, and goes back into the queue when its time has come.

use rusqlite::{Transaction, params};

use super::admit::{Waiting, requeue};
use crate::frontier::{Millis, UrlId};

/// Failures that may have healed; how often each was given up goes along.
pub(super) fn failures(
    tx: &Transaction,
    now: Millis,
    longest: Millis,
    host: &dyn Fn(&str) -> String,
) -> rusqlite::Result<u64> {
    let due = due(tx, "failure", now, longest, host)?;
    for (id, _) in &due {
        let given_up: u32 = tx
            .prepare_cached("SELECT given_up FROM failure WHERE id = ?1")?
            .query_row([id], |row| row.get(0))?;
        requeue(tx, *id)?;
        tx.prepare_cached("INSERT INTO midway (id, given_up) VALUES (?1, ?2)")?
            .execute(params![id, given_up])?;
    }
    wait(tx, &due)
}

/// Articles that are to be asked again.
pub(super) fn articles(
    tx: &Transaction,
    now: Millis,
    longest: Millis,
    host: &dyn Fn(&str) -> String,
) -> rusqlite::Result<u64> {
    let mut due = due(tx, "article", now, longest, host)?;
    let mut queued = tx.prepare("SELECT 1 FROM article WHERE id = ?1 AND queued = 1")?;
    let mut rest = Vec::with_capacity(due.len());
    for (id, host) in due.drain(..) {
        if !queued.exists([id])? {
            requeue(tx, id)?;
            rest.push((id, host));
        }
    }
    wait(tx, &rest)
}

/// The rows of a table whose time has come, with their lanes. A time further off than `longest` is a
/// clock's that was ahead.
fn due(
    tx: &Transaction,
    table: &str,
    now: Millis,
    longest: Millis,
    host: &dyn Fn(&str) -> String,
) -> rusqlite::Result<Vec<(UrlId, String)>> {
    let mut query = tx.prepare(&format!(
        "SELECT url.id, url FROM {table} JOIN url ON url.id = {table}.id
         WHERE again IS NOT NULL AND (again <= ?1 OR again > ?2)"
    ))?;
    let rows = query.query_map([now, now.saturating_add(longest)], |row| {
        Ok((row.get(0)?, host(&row.get::<_, String>(1)?)))
    })?;
    rows.collect()
}

fn wait(tx: &Transaction, due: &[(UrlId, String)]) -> rusqlite::Result<u64> {
    let mut waiting = Waiting::default();
    for (id, host) in due {
        waiting.push(tx, host, *id)?;
    }
    waiting.settle(tx)?;
    Ok(due.len() as u64)
}
