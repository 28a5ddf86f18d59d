//! Lanes, and the URLs that wait on them.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::failure::Status;
use crate::frontier::{Known, Lease, Millis, UrlId};

/// The lane of a host, which is begun if there is none.
pub(super) fn lane(tx: &Transaction, host: &str) -> rusqlite::Result<i64> {
    if let Some(id) = existing(tx, host)? {
        return Ok(id);
    }
    tx.prepare_cached("INSERT INTO lane (host) VALUES (?1)")?
        .insert([host])
}

/// The lane of a host, if there is one.
pub(super) fn existing(tx: &Transaction, host: &str) -> rusqlite::Result<Option<i64>> {
    tx.prepare_cached("SELECT id FROM lane WHERE host = ?1")?
        .query_row([host], |row| row.get(0))
        .optional()
}

/// The part of the queue that a URL waits in: one for each million URLs, so that one being filled
/// fits into the cache, and one behind all for those that are due later.
pub(super) fn part(due: Millis, id: UrlId) -> i64 {
    if due > 0 { LAST_PART } else { id >> 20 }
}

const LAST_PART: i64 = i64::MAX;

/// Lets a URL wait on a lane. The lane is to be rescheduled afterwards.
pub(super) fn enqueue(tx: &Transaction, lane: i64, due: Millis, id: UrlId) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO queue (part, lane, due, id) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![part(due, id), lane, due, id])?;
    Ok(())
}

/// The first part of the queue with a URL of the lane, and when that is due.
fn first(tx: &Transaction, lane: i64, from: i64) -> rusqlite::Result<Option<(i64, Millis)>> {
    let mut due = tx.prepare_cached(
        "SELECT due FROM queue WHERE part = ?1 AND lane = ?2 ORDER BY due, id LIMIT 1",
    )?;
    let mut next = tx.prepare_cached("SELECT min(part) FROM queue WHERE part > ?1")?;
    let mut part = Some(from);
    while let Some(at) = part {
        let found = due.query_row([at, lane], |row| row.get(0)).optional()?;
        if let Some(due) = found {
            return Ok(Some((at, due)));
        }
        part = next.query_row([at], |row| row.get(0))?;
    }
    Ok(None)
}

/// Sets when the lane's first URL can be handed out. One that waits again, `back`, may lie in an
/// earlier part than those before.
pub(super) fn reschedule(tx: &Transaction, lane: i64, back: Option<UrlId>) -> rusqlite::Result<()> {
    let from: Option<(i64, i64)> = tx
        .prepare_cached("SELECT part, hand FROM lane WHERE id = ?1")?
        .query_row([lane], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((from, hand)) = from else {
        return Ok(());
    };
    let from = back.map_or(from, |id| from.min(part(0, id)));
    let (at, due) = match first(tx, lane, from)? {
        Some((part, due)) => (part, Some(due)),
        // What comes next gets a higher number, or says that it is `back`.
        None => (from, None),
    };
    let due = due.filter(|_| hand == 0);
    tx.prepare_cached("UPDATE lane SET next = max(ready, ?2), part = ?3 WHERE id = ?1")?
        .execute(params![lane, due, at])?;
    Ok(())
}

/// The same of a lane that just got a URL which is due at once, `first` among others.
pub(super) fn reschedule_due(tx: &Transaction, lane: i64, first: UrlId) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE lane SET next = CASE WHEN hand > 0 THEN NULL ELSE ready END, part = min(part, ?2)
         WHERE id = ?1 AND (part > ?2 OR (hand = 0 AND next IS NOT ready))",
    )?
    .execute(params![lane, part(0, first)])?;
    Ok(())
}

/// What was in hand waits again, and no pause is longer than `latest`.
pub(super) fn reclaim(tx: &Transaction, latest: Millis) -> rusqlite::Result<()> {
    let mut stuck = tx.prepare(
        "SELECT lane FROM hand UNION SELECT lane FROM queue WHERE due > 0 AND due > ?1
         UNION SELECT id FROM lane WHERE next > ?1",
    )?;
    let stuck: Vec<i64> = stuck
        .query_map([latest], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut hand = tx.prepare("DELETE FROM hand RETURNING lane, due, id")?;
    let hand: Vec<(i64, Millis, UrlId)> = hand
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (lane, due, id) in hand {
        enqueue(tx, lane, due.min(latest), id)?;
        reschedule(tx, lane, Some(id))?;
    }
    tx.execute(
        // Who was to wait stays in the part of those.
        "UPDATE queue SET due = max(?1, 1) WHERE due > 0 AND due > ?1",
        [latest],
    )?;
    tx.execute(
        "UPDATE lane SET hand = 0, ready = min(ready, ?1) WHERE hand > 0 OR ready > ?1",
        [latest],
    )?;
    let mut stuck = stuck.iter();
    stuck.try_for_each(|lane| reschedule(tx, *lane, None))
}

/// Hands out up to `most` URLs, one a lane whose time has come; of the lane for what is not asked
/// at all, as many as there are.
pub(super) fn lease(tx: &Transaction, now: Millis, most: usize) -> rusqlite::Result<Vec<Lease>> {
    let mut ready =
        tx.prepare_cached("SELECT id, host FROM lane WHERE next <= ?1 ORDER BY next LIMIT ?2")?;
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let lanes: Vec<(i64, String)> = ready
        .query_map(params![now, limit], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut leases = Vec::new();
    for (lane, host) in &lanes {
        let left = most - leases.len();
        let here = if host.is_empty() { left } else { left.min(1) };
        if here > 0 {
            leases.extend(lease_lane(tx, *lane, host, here)?);
        }
    }
    Ok(leases)
}

/// Hands out the next URLs of one lane, up to `most`, whatever their time.
pub(super) fn lease_lane(
    tx: &Transaction,
    lane: i64,
    host: &str,
    most: usize,
) -> rusqlite::Result<Vec<Lease>> {
    let mut next = tx.prepare_cached(
        "SELECT url.id, url.url, path, failed, status, detail, version, fingerprint, address, etag,
                last_modified, fresh, note, parts, source, since, again, body, given_up, due
         FROM queue CROSS JOIN url ON url.id = queue.id
             LEFT JOIN midway ON midway.id = queue.id LEFT JOIN article ON article.id = queue.id
             LEFT JOIN copy ON copy.id = queue.id
         WHERE part = ?1 AND lane = ?2 ORDER BY due, queue.id LIMIT ?3",
    )?;
    let from: i64 = tx
        .prepare_cached("SELECT part FROM lane WHERE id = ?1")?
        .query_row([lane], |row| row.get(0))?;
    let mut leases: Vec<(Lease, Millis)> = Vec::new();
    let mut at = first(tx, lane, from)?;
    while let Some((part, _)) = at
        && leases.len() < most
    {
        let left = i64::try_from(most - leases.len()).unwrap_or(i64::MAX);
        let rows = next.query_map([part, lane, left], |row| {
            Ok((to_lease(row, host)?, row.get(19)?))
        })?;
        leases.extend(rows.collect::<Result<Vec<_>, _>>()?);
        at = match part.checked_add(1) {
            Some(next) if leases.len() < most => first(tx, lane, next)?,
            _ => None,
        };
    }
    for (lease, due) in &leases {
        tx.prepare_cached(
            "DELETE FROM queue WHERE part = ?1 AND lane = ?2 AND due = ?3 AND id = ?4",
        )?
        .execute(params![part(*due, lease.id), lane, due, lease.id])?;
        tx.prepare_cached("INSERT OR REPLACE INTO hand (id, lane, due) VALUES (?1, ?2, ?3)")?
            .execute(params![lease.id, lane, due])?;
    }
    tx.prepare_cached("UPDATE lane SET hand = hand + ?2, next = NULL WHERE id = ?1")?
        .execute(params![
            lane,
            i64::try_from(leases.len()).unwrap_or(i64::MAX)
        ])?;
    Ok(leases.into_iter().map(|(lease, _)| lease).collect())
}

/// Takes a URL out of hand; the lane it held, if it held one.
pub(super) fn release(tx: &Transaction, id: UrlId, ready: Millis) -> rusqlite::Result<Option<i64>> {
    let lane: Option<i64> = tx
        .prepare_cached("DELETE FROM hand WHERE id = ?1 RETURNING lane")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if let Some(lane) = lane {
        tx.prepare_cached("UPDATE lane SET hand = hand - 1, ready = max(ready, ?2) WHERE id = ?1")?
            .execute(params![lane, ready])?;
    }
    Ok(lane)
}

fn to_lease(row: &Row, host: &str) -> rusqlite::Result<Lease> {
    let url: String = row.get(1)?;
    let path: Option<String> = row.get(2)?;
    let path = path
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_else(|| vec![url.clone()]);
    let status: Option<String> = row.get(4)?;
    let detail: Option<String> = row.get(5)?;
    let version: u32 = row.get::<_, Option<u32>>(6)?.unwrap_or(0);
    Ok(Lease {
        id: row.get(0)?,
        url,
        host: host.to_owned(),
        path,
        failed: row.get::<_, Option<u32>>(3)?.unwrap_or(0),
        given_up: row.get::<_, Option<u32>>(18)?.unwrap_or(0),
        verdict: status.as_deref().and_then(Status::from_name).zip(detail),
        known: (version > 0).then_some(Known {
            version,
            fingerprint: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
            address: row.get(8)?,
            etag: row.get(9)?,
            last_modified: row.get(10)?,
            fresh_until: row.get::<_, Option<Millis>>(11)?.unwrap_or(0),
            since: row.get::<_, Option<Millis>>(15)?.unwrap_or(0),
            again: row.get(16)?,
            copy: row.get(17)?,
            traces: None,
        }),
        note: row.get(12)?,
        parts: row.get(13)?,
        is_source: row.get(14)?,
    })
}
