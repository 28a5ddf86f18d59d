//! What came of leases, and by what articles are recognised.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{keys, lanes, meta};
use crate::failure::Status;
use crate::frontier::{Ack, Known, Millis, Outcome, Trace, Traced, UrlId};

/// Most articles told for one trace: a name that so many share tells them no more apart.
const EACH_MAX: i64 = 1_000;

/// Learns what came of leases, and frees their lanes.
pub(super) fn ack(tx: &Transaction, acks: &[Ack]) -> rusqlite::Result<()> {
    let pass = meta(tx, "pass")?;
    let mut left = Vec::new();
    for ack in acks {
        let held = lanes::release(tx, ack.id, ack.host_ready)?;
        match &ack.outcome {
            Outcome::Article(known) => left.extend(article(tx, ack.id, known, pass)?),
            Outcome::Failed(status) => fail(tx, ack.id, *status, None, pass)?,
            Outcome::FailedUntil(status, again) => fail(tx, ack.id, *status, Some(*again), pass)?,
            goes_on => go_on(tx, ack.id, held, goes_on)?,
        }
        if let Some(lane) = held {
            lanes::reschedule(tx, lane)?;
        }
    }
    leave(tx, left)
}

/// The article that is there now; the traces that it leaves.
fn article(
    tx: &Transaction,
    id: UrlId,
    known: &Known,
    pass: i64,
) -> rusqlite::Result<Vec<(i64, UrlId, u64)>> {
    let traces = known.traces.as_deref();
    if traces.is_some() {
        forget_traces(tx, id)?;
    }
    let new: Option<Vec<(i64, UrlId, u64)>> = traces.map(|traces| {
        let each = traces.iter();
        each.map(|trace| (keys::hash(&trace.name), id, trace.value))
            .collect()
    });
    let names = new.as_ref().map(|new| {
        let names = new.iter().flat_map(|(name, ..)| name.to_be_bytes());
        names.collect::<Vec<u8>>()
    });
    tx.prepare_cached(
        "INSERT INTO article (id, pass, version, fresh, fingerprint, address, etag, last_modified, traces)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (id) DO UPDATE SET pass = ?2, queued = 0, version = ?3, fresh = ?4, fingerprint = ?5,
             address = ?6, etag = ?7, last_modified = ?8, traces = coalesce(?9, traces)",
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
        names
    ])?;
    ended(tx, id)?;
    Ok(new.unwrap_or_default())
}

fn fail(
    tx: &Transaction,
    id: UrlId,
    status: Status,
    again: Option<Millis>,
    pass: i64,
) -> rusqlite::Result<()> {
    let keeps = tx
        .prepare_cached("UPDATE article SET pass = ?2, queued = 0 WHERE id = ?1 AND version > 0")?
        .execute(params![id, pass])?;
    if keeps == 0 {
        tx.prepare_cached("DELETE FROM article WHERE id = ?1")?
            .execute([id])?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO failure (id, pass, status, again) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, pass, status.name(), again])?;
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
        lanes::reschedule(tx, lane)
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
            tx.prepare_cached("INSERT OR REPLACE INTO midway (id, path, parts) VALUES (?1, ?2, ?3)")?
                .execute(params![id, path, parts])?;
            moved(host)
        }
        Outcome::Article(_) | Outcome::Failed(_) | Outcome::FailedUntil(..) => Ok(()),
    }
}

/// Writes the traces of a whole transaction, in their order.
fn leave(tx: &Transaction, mut left: Vec<(i64, UrlId, u64)>) -> rusqlite::Result<()> {
    left.sort_unstable();
    let mut insert =
        tx.prepare_cached("INSERT OR REPLACE INTO trace (name, id, value) VALUES (?1, ?2, ?3)")?;
    for (name, id, value) in left {
        insert.execute(params![name, id, value.cast_signed()])?;
    }
    Ok(())
}

fn forget_traces(tx: &Transaction, id: UrlId) -> rusqlite::Result<()> {
    let names: Option<Vec<u8>> = tx
        .prepare_cached("SELECT traces FROM article WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .flatten();
    let names = names.unwrap_or_default();
    let (names, _) = names.as_chunks::<8>();
    for name in names {
        tx.prepare_cached("DELETE FROM trace WHERE name = ?1 AND id = ?2")?
            .execute(params![i64::from_be_bytes(*name), id])?;
    }
    Ok(())
}

/// The articles of other URLs that left one of these traces, in the order of their URLs.
pub(super) fn traced(
    tx: &Transaction,
    not: UrlId,
    traces: &[Trace],
) -> rusqlite::Result<Vec<Traced>> {
    let mut query = tx.prepare_cached(
        "SELECT id, value FROM trace WHERE name = ?1 AND id <> ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut all = Vec::new();
    for trace in traces {
        let name = keys::hash(&trace.name);
        let rows = query.query_map(params![name, not, EACH_MAX], |row| {
            Ok(Traced {
                id: row.get(0)?,
                trace: Trace {
                    name: trace.name.clone(),
                    value: row.get::<_, i64>(1)?.cast_unsigned(),
                },
            })
        })?;
        all.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    all.sort_by_key(|traced| traced.id);
    Ok(all)
}
