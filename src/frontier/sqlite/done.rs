//! What came of leases.

use rusqlite::{Transaction, params};

use super::traces::Change;
use super::{lanes, meta};
use crate::failure::Status;
use crate::frontier::{Ack, Known, Millis, Outcome, UrlId};

/// Learns what came of leases, and frees their lanes.
pub(super) fn ack(tx: &Transaction, acks: &[Ack]) -> rusqlite::Result<Change> {
    let pass = meta(tx, "pass")?;
    let mut traces = Change::default();
    for ack in acks {
        let held = lanes::release(tx, ack.id, ack.host_ready)?;
        match &ack.outcome {
            Outcome::Article(known) => article(tx, ack.id, known, pass, &mut traces)?,
            Outcome::Failed(status) => fail(tx, ack.id, *status, None, pass)?,
            Outcome::FailedUntil(status, again) => fail(tx, ack.id, *status, Some(*again), pass)?,
            goes_on => go_on(tx, ack.id, held, goes_on)?,
        }
        if let Some(lane) = held {
            lanes::reschedule(tx, lane, Some(ack.id))?;
        }
    }
    Ok(traces)
}

/// The article that is there now.
fn article(
    tx: &Transaction,
    id: UrlId,
    known: &Known,
    pass: i64,
    traces: &mut Change,
) -> rusqlite::Result<()> {
    let left = known.traces.as_deref();
    let names = left.map(|left| traces.leave(tx, id, left)).transpose()?;
    tx.prepare_cached(
        "INSERT INTO article (id, pass, version, fresh, fingerprint, address, etag, last_modified, traces,
             since, again)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (id) DO UPDATE SET pass = ?2, queued = 0, version = ?3, fresh = ?4, fingerprint = ?5,
             address = ?6, etag = ?7, last_modified = ?8, traces = coalesce(?9, traces), since = ?10,
             again = ?11",
    )?
    .execute(params![
        id,
        pass,
        known.version,
        known.fresh_until,
        known.fingerprint,
        known.address,
        known.etag,
        known.last_modified,
        names,
        known.since,
        known.again
    ])?;
    keep_copy(tx, id, known.copy.as_deref())?;
    ended(tx, id)
}

fn keep_copy(tx: &Transaction, id: UrlId, copy: Option<&[u8]>) -> rusqlite::Result<()> {
    match copy {
        Some(body) => tx
            .prepare_cached("INSERT OR REPLACE INTO copy (id, body) VALUES (?1, ?2)")?
            .execute(params![id, body])?,
        None => tx
            .prepare_cached("DELETE FROM copy WHERE id = ?1")?
            .execute([id])?,
    };
    Ok(())
}

fn fail(
    tx: &Transaction,
    id: UrlId,
    status: Status,
    again: Option<Millis>,
    pass: i64,
) -> rusqlite::Result<()> {
    let keeps = tx
        .prepare_cached(
            "UPDATE article SET pass = ?2, queued = 0, again = ?3 WHERE id = ?1 AND version > 0",
        )?
        .execute(params![id, pass, again])?;
    if keeps == 0 {
        tx.prepare_cached("DELETE FROM article WHERE id = ?1")?
            .execute([id])?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO failure (id, pass, status, again, given_up)
             VALUES (?1, ?2, ?3, ?4, 1 + coalesce((SELECT given_up FROM midway WHERE id = ?1), 0))",
        )?
        .execute(params![id, pass, status.name(), again])?;
    } else if again.is_none() {
        keep_copy(tx, id, None)?;
    }
    ended(tx, id)
}

fn ended(tx: &Transaction, id: UrlId) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM midway WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Queues what is not done yet: on the lane it `held`, or on that of another host.
fn go_on(
    tx: &Transaction,
    id: UrlId,
    held: Option<i64>,
    outcome: &Outcome,
) -> rusqlite::Result<()> {
    let moved = |host: &str| -> rusqlite::Result<()> {
        let lane = lanes::lane(tx, host)?;
        lanes::enqueue(tx, lane, 0, id)?;
        lanes::reschedule(tx, lane, Some(id))
    };
    match outcome {
        Outcome::Again { failed, due } => {
            if *failed {
                tx.prepare_cached(
                    "INSERT INTO midway (id, failed) VALUES (?1, 1)
                     ON CONFLICT (id) DO UPDATE SET failed = failed + 1",
                )?
                .execute([id])?;
            }
            held.map_or(Ok(()), |lane| lanes::enqueue(tx, lane, *due, id))
        }
        Outcome::Moved { path, host } => {
            tx.prepare_cached(
                "INSERT INTO midway (id, path) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET path = ?2",
            )?
            .execute(params![id, serde_json::to_string(path).unwrap_or_default()])?;
            moved(host)
        }
        Outcome::Continued {
            address,
            host,
            parts,
        } => {
            let path = serde_json::to_string(&[address]).unwrap_or_default();
            tx.prepare_cached(
                "INSERT INTO midway (id, path, parts) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET path = ?2, parts = ?3, failed = 0",
            )?
            .execute(params![id, path, parts])?;
            moved(host)
        }
        Outcome::Article(_) | Outcome::Failed(_) | Outcome::FailedUntil(..) => Ok(()),
    }
}
