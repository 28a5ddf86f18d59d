//! The embedded frontier: one `SQLite` file, in WAL mode, for one process at a time.
//!
//! Commits are not synced one by one (`synchronous = NORMAL`): a kill loses nothing, and a power
//! cut at most the last moments, which are then asked again. Whoever writes output makes it
//! durable before the ack that speaks of it.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{
    Ack, Admission, Counts, Frontier, FrontierError, Known, Lease, Marks, Memo, Millis, NewUrl,
    Origin, Outcome, Trace, Traced, UrlId,
};
use crate::failure::Status;

/// Version of `schema.sql`, kept in `SQLite`'s `user_version`.
const SCHEMA_VERSION: i64 = 2;

const QUEUED: i64 = 0;
const LEASED: i64 = 1;
const ARTICLE: i64 = 2;
const FAILURE: i64 = 3;

/// A frontier in one `SQLite` file.
#[derive(Debug)]
pub struct SqliteFrontier {
    database: Connection,
    path: String,
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
        database
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(named)?;
        database
            .pragma_update(None, "synchronous", "NORMAL")
            .map_err(named)?;
        // 16 MiB, so that a crawl stays below 150 MB however large its state is. The index of keys
        // is written in random order: 64 MiB make admitting half a million URLs a quarter cheaper.
        database
            .pragma_update(None, "cache_size", -16 * 1024)
            .map_err(named)?;
        database.set_prepared_statement_cache_capacity(64);
        let mut frontier = Self {
            database,
            path: name.clone(),
        };
        frontier.check_version()?;
        frontier.run(|tx| {
            tx.execute_batch(include_str!("schema.sql"))?;
            tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            set_meta(tx, "round", meta(tx, "round")? + 1)?;
            reclaim(tx, latest)
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
        let done = self.database.transaction().and_then(|tx| {
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        });
        done.map_err(|error| database_error(&self.path, error))
    }
}

fn database_error(path: &str, error: rusqlite::Error) -> FrontierError {
    FrontierError::Database {
        path: path.to_owned(),
        source: Box::new(error),
    }
}

/// What was in hand is queued again, and every lane is free.
fn reclaim(tx: &Transaction, latest: Millis) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE url SET state = ?1 WHERE state = ?2",
        params![QUEUED, LEASED],
    )?;
    let mut stuck = tx.prepare("SELECT host FROM lane WHERE busy = 1 OR next > ?1")?;
    let hosts: Vec<String> = stuck
        .query_map([latest], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    tx.execute("UPDATE lane SET busy = 0 WHERE busy = 1", [])?;
    tx.execute("UPDATE lane SET ready = ?1 WHERE ready > ?1", [latest])?;
    tx.execute("UPDATE url SET due = ?1 WHERE due > ?1", [latest])?;
    hosts.iter().try_for_each(|host| reschedule(tx, host))
}

/// Sets when the lane's first URL can be handed out.
fn reschedule(tx: &Transaction, host: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE lane SET next = CASE WHEN busy = 1 THEN NULL ELSE
             (SELECT max(lane.ready, url.due) FROM url WHERE url.host = ?1 AND state = 0 ORDER BY due, id LIMIT 1) END
         WHERE host = ?1",
    )?
    .execute([host])?;
    Ok(())
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

fn admit_one(
    tx: &Transaction,
    new: &NewUrl,
    refresh: bool,
    pass: i64,
) -> rusqlite::Result<Admission> {
    let (status, detail) = new
        .verdict
        .as_ref()
        .map(|(status, detail)| (status.name(), detail.as_str()))
        .unzip();
    let known = tx
        .prepare_cached("SELECT id, url, state, pass, status FROM url WHERE key = ?1")?
        .query_row([&new.key], |row| {
            let status: Option<String> = row.get(4)?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, status))
        })
        .optional()?;
    let Some((id, url, state, finished, failed)): Option<(i64, String, i64, i64, _)> = known else {
        let is_source = new.origin == Origin::Source;
        let round = meta(tx, "round")?;
        tx.prepare_cached(
            "INSERT INTO url (key, url, host, state, status, detail, note, source, round)
             VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            new.key, new.url, new.host, status, detail, new.note, is_source, round
        ])?;
        return open_lane(tx, &new.host).map(|()| Admission::New);
    };
    if new.origin == Origin::Source {
        return ask_source_again(tx, id, new);
    }
    if url != new.url && new.origin == Origin::Named {
        return admit_one(tx, &duplicate(new, &url), refresh, pass);
    }
    if refresh && state >= ARTICLE && finished < pass && new.verdict.is_none() {
        tx.prepare_cached("UPDATE url SET state = 0, host = ?2, due = 0, path = NULL, failed = 0, status = NULL WHERE id = ?1")?
            .execute(params![id, new.host])?;
        return open_lane(tx, &new.host).map(|()| Admission::Queued);
    }
    Ok(match state {
        ARTICLE => Admission::Done,
        FAILURE => {
            let status = failed.as_deref().and_then(Status::from_name);
            Admission::Failed(status.unwrap_or(Status::HttpError))
        }
        _ => Admission::Queued,
    })
}

/// Puts a source that was asked in an earlier round back into the queue.
fn ask_source_again(tx: &Transaction, id: UrlId, new: &NewUrl) -> rusqlite::Result<Admission> {
    let changed = tx
        .prepare_cached(
            "UPDATE url SET state = 0, host = ?2, due = 0, path = NULL, failed = 0, note = ?3, round = ?4
             WHERE id = ?1 AND state >= 2 AND round < ?4",
        )?
        .execute(params![id, new.host, new.note, meta(tx, "round")?])?;
    if changed == 0 {
        return Ok(Admission::Done);
    }
    open_lane(tx, &new.host).map(|()| Admission::Queued)
}

/// Another spelling of a page that is known as `first`: its own row, and no request.
fn duplicate(new: &NewUrl, first: &str) -> NewUrl {
    NewUrl {
        // No URL starts so, and every spelling gets its own.
        key: format!("duplicate {}", new.url),
        url: new.url.clone(),
        host: String::new(),
        verdict: Some((Status::Duplicate, format!("the same page as {first}"))),
        note: None,
        origin: Origin::Named,
    }
}

fn open_lane(tx: &Transaction, host: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO lane (host, ready) VALUES (?1, 0)")?
        .execute([host])?;
    reschedule(tx, host)
}

/// The next URL of a host; of the lane for what is not asked at all, up to `most`.
fn lease_lane(tx: &Transaction, host: &str, most: i64) -> rusqlite::Result<Vec<Lease>> {
    let most = if host.is_empty() { most } else { 1 };
    let leases = tx
        .prepare_cached(
            "SELECT id, url, host, path, failed, status, detail, version, fingerprint, address, etag, last_modified,
                    note, parts, source, fresh
             FROM url WHERE host = ?1 AND state = 0 ORDER BY due, id LIMIT ?2",
        )?
        .query_map(params![host, most], to_lease)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for lease in &leases {
        tx.prepare_cached("UPDATE url SET state = ?2 WHERE id = ?1")?
            .execute(params![lease.id, LEASED])?;
    }
    tx.prepare_cached("UPDATE lane SET busy = 1, next = NULL WHERE host = ?1")?
        .execute([host])?;
    Ok(leases)
}

fn to_lease(row: &Row) -> rusqlite::Result<Lease> {
    let url: String = row.get(1)?;
    let path: Option<String> = row.get(3)?;
    let path = path
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_else(|| vec![url.clone()]);
    let status: Option<String> = row.get(5)?;
    let detail: Option<String> = row.get(6)?;
    let version: u32 = row.get(7)?;
    Ok(Lease {
        id: row.get(0)?,
        url,
        host: row.get(2)?,
        path,
        failed: row.get(4)?,
        verdict: status.as_deref().and_then(Status::from_name).zip(detail),
        known: (version > 0).then_some(Known {
            version,
            fingerprint: row.get::<_, Option<String>>(8)?.unwrap_or_default(),
            address: row.get(9)?,
            etag: row.get(10)?,
            last_modified: row.get(11)?,
            fresh_until: row.get(15)?,
            traces: None,
        }),
        note: row.get(12)?,
        parts: row.get(13)?,
        is_source: row.get(14)?,
    })
}

fn fail(
    tx: &Transaction,
    ack: &Ack,
    status: Status,
    again: Option<Millis>,
    pass: i64,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE url SET state = CASE WHEN version > 0 THEN ?2 ELSE ?3 END, pass = ?4, path = NULL,
         parts = NULL, status = CASE WHEN version > 0 THEN NULL ELSE ?5 END, again = ?6 WHERE id = ?1",
    )?
    .execute(params![
        ack.id,
        ARTICLE,
        FAILURE,
        pass,
        status.name(),
        again
    ])?;
    Ok(())
}

fn ack_one(tx: &Transaction, ack: &Ack, pass: i64) -> rusqlite::Result<()> {
    match &ack.outcome {
        Outcome::Article(known) => {
            tx.prepare_cached(
                "UPDATE url SET state = ?2, pass = ?3, status = NULL, path = NULL, version = ?4, fingerprint = ?5,
                 address = ?6, etag = ?7, last_modified = ?8, fresh = ?9, parts = NULL WHERE id = ?1",
            )?
            .execute(params![
                ack.id,
                ARTICLE,
                pass,
                known.version,
                known.fingerprint,
                known.address,
                known.etag,
                known.last_modified,
                known.fresh_until
            ])?;
            if let Some(traces) = &known.traces {
                leave_traces(tx, ack.id, traces)?;
            }
        }
        Outcome::Failed(status) => fail(tx, ack, *status, None, pass)?,
        Outcome::FailedUntil(status, again) => fail(tx, ack, *status, Some(*again), pass)?,
        Outcome::Again { failed, due } => {
            tx.prepare_cached(
                "UPDATE url SET state = 0, due = ?2, failed = failed + ?3 WHERE id = ?1",
            )?
            .execute(params![ack.id, due, i64::from(*failed)])?;
        }
        Outcome::Moved { path, host } => {
            let path = serde_json::to_string(path).unwrap_or_default();
            tx.prepare_cached(
                "UPDATE url SET state = 0, due = 0, path = ?2, host = ?3 WHERE id = ?1",
            )?
            .execute(params![ack.id, path, host])?;
            tx.prepare_cached("INSERT OR IGNORE INTO lane (host, ready) VALUES (?1, 0)")?
                .execute([host])?;
        }
        Outcome::Continued {
            address,
            host,
            parts,
        } => {
            let path = serde_json::to_string(&[address]).unwrap_or_default();
            tx.prepare_cached(
                "UPDATE url SET state = 0, due = 0, failed = 0, path = ?2, host = ?3, parts = ?4 WHERE id = ?1",
            )?
            .execute(params![ack.id, path, host, parts])?;
            tx.prepare_cached("INSERT OR IGNORE INTO lane (host, ready) VALUES (?1, 0)")?
                .execute([host])?;
        }
    }
    tx.prepare_cached("UPDATE lane SET busy = 0, ready = max(ready, ?2) WHERE host = ?1")?
        .execute(params![ack.host, ack.host_ready])?;
    reschedule(tx, &ack.host)?;
    if let Outcome::Moved { host, .. } | Outcome::Continued { host, .. } = &ack.outcome {
        reschedule(tx, host)?;
    }
    Ok(())
}

fn leave_traces(tx: &Transaction, id: UrlId, traces: &[Trace]) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM trace WHERE url = ?1")?
        .execute([id])?;
    let mut leave =
        tx.prepare_cached("INSERT OR REPLACE INTO trace (name, url, value) VALUES (?1, ?2, ?3)")?;
    for trace in traces {
        leave.execute(params![trace.name, id, trace.value.cast_signed()])?;
    }
    Ok(())
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
        self.run(|tx| {
            let pass = meta(tx, "pass")?;
            urls.iter()
                .map(|new| admit_one(tx, new, refresh, pass))
                .collect()
        })
    }

    fn lease(&mut self, now: Millis, most: usize) -> Result<Vec<Lease>, FrontierError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        self.run(|tx| {
            let mut ready =
                tx.prepare_cached("SELECT host FROM lane WHERE next <= ?1 ORDER BY next LIMIT ?2")?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let hosts: Vec<String> = ready
                .query_map(params![now, most], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut leases = Vec::new();
            for host in &hosts {
                let left = most - i64::try_from(leases.len()).unwrap_or(most);
                if left > 0 {
                    leases.extend(lease_lane(tx, host, left)?);
                }
            }
            Ok(leases)
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
        self.run(|tx| {
            let pass = meta(tx, "pass")?;
            acks.iter().try_for_each(|ack| ack_one(tx, ack, pass))?;
            let refresh = meta(tx, "refreshing")? == 1;
            let admissions: Vec<Admission> = found
                .iter()
                .map(|new| admit_one(tx, new, refresh, pass))
                .collect::<Result<_, _>>()?;
            for (file, bytes) in marks {
                let bytes = i64::try_from(*bytes).unwrap_or(i64::MAX);
                tx.prepare_cached("INSERT OR REPLACE INTO mark (file, bytes) VALUES (?1, ?2)")?
                    .execute(params![file, bytes])?;
            }
            Ok(admissions)
        })
    }

    fn traced(&mut self, not: UrlId, traces: &[Trace]) -> Result<Vec<Traced>, FrontierError> {
        /// Most articles told for one trace: a name that so many share tells them no more apart.
        const EACH_MAX: i64 = 1_000;
        self.run(|tx| {
            let mut query = tx.prepare_cached(
                "SELECT trace.url, url.url, value FROM trace JOIN url ON url.id = trace.url
                 WHERE name = ?1 AND trace.url <> ?2 ORDER BY trace.url LIMIT ?3",
            )?;
            let mut all = Vec::new();
            for trace in traces {
                let rows = query.query_map(params![trace.name, not, EACH_MAX], |row| {
                    Ok(Traced {
                        id: row.get(0)?,
                        url: row.get(1)?,
                        trace: Trace {
                            name: trace.name.clone(),
                            value: row.get::<_, i64>(2)?.cast_unsigned(),
                        },
                    })
                })?;
                all.extend(rows.collect::<Result<Vec<_>, _>>()?);
            }
            all.sort_by_key(|traced| traced.id);
            Ok(all)
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

    fn is_failed(&mut self, url: &str) -> Result<bool, FrontierError> {
        self.run(|tx| {
            tx.prepare_cached("SELECT 1 FROM url WHERE url = ?1 AND state = 3 AND source = 0")?
                .exists([url])
        })
    }

    fn is_failed_by_key(&mut self, key: &str) -> Result<bool, FrontierError> {
        self.run(|tx| {
            tx.prepare_cached("SELECT 1 FROM url WHERE key = ?1 AND state = 3")?
                .exists([key])
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
            let mut query = tx.prepare(
                "SELECT id, url FROM url WHERE state = 3 AND again IS NOT NULL AND (again <= ?1 OR again > ?2)",
            )?;
            let due: Vec<(i64, String)> = query
                .query_map([now, now.saturating_add(longest)], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<Result<_, _>>()?;
            for (id, url) in &due {
                let host = host(url);
                tx.prepare_cached(
                    "UPDATE url SET state = 0, host = ?2, due = 0, failed = 0, status = NULL, again = NULL WHERE id = ?1",
                )?
                .execute(params![id, host])?;
                open_lane(tx, &host)?;
            }
            if !due.is_empty() {
                tx.execute("INSERT OR REPLACE INTO mark (file, bytes) VALUES (?1, 1)", [mark])?;
            }
            Ok(due.len() as u64)
        })
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

    fn counts(&mut self) -> Result<Counts, FrontierError> {
        self.run(|tx| {
            let mut query = tx.prepare(
                "SELECT state, count(*) FROM url WHERE source = 0 OR state < 2 GROUP BY state",
            )?;
            let rows = query.query_map([], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
            })?;
            let mut counts = Counts::default();
            for row in rows {
                match row? {
                    (ARTICLE, count) => counts.articles = count,
                    (FAILURE, count) => counts.failures = count,
                    (_, count) => counts.pending += count,
                }
            }
            Ok(counts)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frontier() -> SqliteFrontier {
        SqliteFrontier::open(Path::new(":memory:"), 0).unwrap()
    }

    fn new(url: &str) -> NewUrl {
        let host = url.split('/').nth(2).unwrap_or_default().to_owned();
        NewUrl {
            key: url.split('#').next().unwrap_or_default().to_owned(),
            url: url.to_owned(),
            host,
            verdict: None,
            note: None,
            origin: Origin::Named,
        }
    }

    fn admit(frontier: &mut SqliteFrontier, urls: &[&str], refresh: bool) -> Vec<Admission> {
        frontier
            .admit(
                &urls.iter().map(|url| new(url)).collect::<Vec<_>>(),
                refresh,
            )
            .unwrap()
    }

    fn ack(lease: &Lease, host_ready: Millis, outcome: Outcome) -> Ack {
        Ack {
            id: lease.id,
            host: lease.host.clone(),
            host_ready,
            outcome,
        }
    }

    fn article(version: u32) -> Outcome {
        Outcome::Article(Known {
            version,
            fingerprint: "f".into(),
            address: None,
            etag: Some("e".into()),
            last_modified: None,
            fresh_until: 0,
            traces: None,
        })
    }

    fn lapse(frontier: &mut SqliteFrontier, now: Millis, longest: Millis) -> u64 {
        let host = |url: &str| new(url).host;
        frontier.lapse(now, longest, "healing", &host).unwrap()
    }

    #[test]
    fn failures_come_back_when_their_time_has_come() {
        let mut frontier = frontier();
        admit(
            &mut frontier,
            &["http://a/1", "http://b/1", "http://c/1"],
            false,
        );
        let leases = frontier.lease(0, 3).unwrap();
        let until = |at| Outcome::FailedUntil(Status::Timeout, at);
        let acks = [
            ack(&leases[0], 0, until(1_000)),
            ack(&leases[1], 0, until(9_000_000)),
            ack(&leases[2], 0, Outcome::Failed(Status::NotFound)),
        ];
        frontier.ack(&acks, &[], &Vec::new()).unwrap();
        assert_eq!(lapse(&mut frontier, 999, 1_000_000_000), 0);
        assert_eq!(lapse(&mut frontier, 1_000, 1_000_000_000), 1);
        let again = frontier.lease(1_000, 3).unwrap();
        assert_eq!((again.len(), again[0].url.as_str()), (1, "http://a/1"));
        assert_eq!(again[0].failed, 0);
        assert_eq!(frontier.marks().unwrap(), [("healing".into(), 1)]);
        // Set by a clock that was far ahead.
        assert_eq!(lapse(&mut frontier, 1_000, 100_000), 1);
        assert_eq!(frontier.counts().unwrap().failures, 1);
    }

    #[test]
    fn what_is_remembered_is_forgotten_in_time() {
        let mut frontier = frontier();
        let memo = |value: &str, until| Memo {
            name: "robots a".into(),
            until,
            value: value.into(),
        };
        frontier.remember(&[memo("x", 10), memo("y", 20)]).unwrap();
        assert_eq!(
            frontier.recall("robots a", 19).unwrap().as_deref(),
            Some("y")
        );
        assert_eq!(frontier.recall("robots a", 20).unwrap(), None);
        assert_eq!(frontier.recall("robots b", 0).unwrap(), None);
    }

    /// One host with 50,000 URLs and 1,000 with one: nobody waits for the large one, and it loses
    /// no turn either.
    #[test]
    fn a_large_host_and_many_small_ones_have_fair_shares() {
        const PAUSE: Millis = 1_000;
        const PLACES: usize = 32;
        let mut frontier = frontier();
        let large = (0..50_000).map(|n| new(&format!("http://large/{n}")));
        let small = (0..1_000).map(|n| new(&format!("http://small{n}/")));
        let all: Vec<NewUrl> = large.chain(small).collect();
        frontier.admit(&all, false).unwrap();
        let (mut now, mut smalls, mut larges) = (0, 0, 0);
        // Each request takes 100 ms.
        while smalls < 1_000 {
            let leases = frontier.lease(now, PLACES).unwrap();
            now += 100;
            let acks: Vec<Ack> = leases
                .iter()
                .map(|lease| ack(lease, now + PAUSE, article(1)))
                .collect();
            let of_large = leases.iter().filter(|lease| lease.host == "large").count();
            larges += of_large;
            smalls += leases.len() - of_large;
            frontier.ack(&acks, &[], &Vec::new()).unwrap();
        }
        let rounds = now / 100;
        assert!(
            rounds <= 33,
            "the small ones fill the places: {rounds} rounds"
        );
        let turns = usize::try_from(now / (PAUSE + 100)).unwrap();
        assert!(larges >= turns, "{larges} of {turns} turns");
    }

    #[test]
    fn one_url_of_a_host_at_a_time_with_a_pause_between() {
        let mut frontier = frontier();
        admit(
            &mut frontier,
            &["http://a/1", "http://a/2", "http://b/1"],
            false,
        );
        let first = frontier.lease(0, 10).unwrap();
        assert_eq!(
            first
                .iter()
                .map(|lease| lease.url.as_str())
                .collect::<Vec<_>>(),
            ["http://a/1", "http://b/1"]
        );
        assert_eq!(frontier.lease(0, 10).unwrap(), []);
        assert_eq!(frontier.next_due().unwrap(), None);
        frontier
            .ack(
                &[ack(&first[0], 1000, article(1))],
                &[],
                &vec![("articles.jsonl".into(), 7)],
            )
            .unwrap();
        assert_eq!(frontier.next_due().unwrap(), Some(1000));
        assert_eq!(frontier.lease(999, 10).unwrap(), []);
        assert_eq!(frontier.lease(1000, 10).unwrap()[0].url, "http://a/2");
        assert_eq!(frontier.marks().unwrap(), [("articles.jsonl".into(), 7)]);
    }

    #[test]
    fn no_more_is_handed_out_than_asked_for() {
        let mut frontier = frontier();
        let bad = |n: u8| NewUrl {
            verdict: Some((Status::BadUrl, "line".into())),
            host: String::new(),
            ..new(&format!("bad {n}"))
        };
        frontier.admit(&[0, 1, 2, 3].map(bad), false).unwrap();
        admit(&mut frontier, &["http://a/1", "http://b/1"], false);
        assert_eq!(frontier.lease(0, 3).unwrap().len(), 3);
    }

    #[test]
    fn a_retry_lets_others_of_its_host_go_first() {
        let mut frontier = frontier();
        admit(&mut frontier, &["http://a/1", "http://a/2"], false);
        let lease = frontier.lease(0, 1).unwrap().remove(0);
        frontier
            .ack(
                &[ack(
                    &lease,
                    10,
                    Outcome::Again {
                        failed: true,
                        due: 500,
                    },
                )],
                &[],
                &Vec::new(),
            )
            .unwrap();
        let other = frontier.lease(10, 1).unwrap().remove(0);
        assert_eq!(other.url, "http://a/2");
        frontier
            .ack(&[ack(&other, 20, article(1))], &[], &Vec::new())
            .unwrap();
        assert_eq!(frontier.next_due().unwrap(), Some(500));
        let again = frontier.lease(500, 1).unwrap().remove(0);
        assert_eq!(again.failed, 1);
    }

    #[test]
    fn redirects_move_to_the_lane_of_their_host() {
        let mut frontier = frontier();
        admit(&mut frontier, &["http://a/1"], false);
        let lease = frontier.lease(0, 1).unwrap().remove(0);
        let path = vec!["http://a/1".to_owned(), "http://b/2".to_owned()];
        frontier
            .ack(
                &[ack(
                    &lease,
                    10,
                    Outcome::Moved {
                        path: path.clone(),
                        host: "b".into(),
                    },
                )],
                &[],
                &Vec::new(),
            )
            .unwrap();
        let moved = frontier.lease(0, 1).unwrap().remove(0);
        assert_eq!(
            (moved.host.as_str(), &moved.path, moved.url.as_str()),
            ("b", &path, "http://a/1")
        );
    }

    #[test]
    fn what_is_done_stays_done_until_a_refresh() {
        let mut frontier = frontier();
        admit(&mut frontier, &["http://a/1", "http://b/1"], false);
        let leases = frontier.lease(0, 2).unwrap();
        let failed = Outcome::Failed(Status::NotFound);
        frontier
            .ack(
                &[
                    ack(&leases[0], 0, article(1)),
                    ack(&leases[1], 0, failed.clone()),
                ],
                &[],
                &Vec::new(),
            )
            .unwrap();
        assert_eq!(
            admit(&mut frontier, &["http://a/1", "http://b/1"], false),
            [Admission::Done, Admission::Failed(Status::NotFound)]
        );
        assert!(
            frontier.is_failed("http://b/1").unwrap() && !frontier.is_failed("http://a/1").unwrap()
        );

        frontier.begin_refresh().unwrap();
        assert_eq!(
            admit(&mut frontier, &["http://a/1", "http://b/1"], true),
            [Admission::Queued, Admission::Queued]
        );
        let leases = frontier.lease(0, 2).unwrap();
        assert_eq!(
            leases[0]
                .known
                .as_ref()
                .map(|known| (known.version, known.etag.as_deref())),
            Some((1, Some("e")))
        );
        frontier
            .ack(&[ack(&leases[0], 0, failed)], &[], &Vec::new())
            .unwrap();
        // Cut short here: the same refresh goes on and does not ask the first again.
        frontier.begin_refresh().unwrap();
        assert_eq!(
            admit(&mut frontier, &["http://a/1", "http://b/1"], true),
            [Admission::Done, Admission::Queued]
        );
        assert_eq!(
            frontier.counts().unwrap(),
            Counts {
                pending: 1,
                articles: 1,
                failures: 0
            }
        );
    }

    #[test]
    fn another_spelling_is_a_failure_of_its_own() {
        let mut frontier = frontier();
        for _ in 0..2 {
            admit(
                &mut frontier,
                &["http://a/1", "http://a/1#x", "http://a/1"],
                false,
            );
        }
        assert_eq!(frontier.counts().unwrap().pending, 2);
        let leases = frontier.lease(0, 9).unwrap();
        let verdict = leases.iter().find_map(|lease| lease.verdict.clone());
        assert_eq!(
            verdict,
            Some((Status::Duplicate, "the same page as http://a/1".into()))
        );
    }

    #[test]
    fn pauses_of_a_clock_that_was_ahead_are_cut() {
        let dir = std::env::temp_dir().join(format!("chaffinch-ahead-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("state.sqlite");
        let mut first = SqliteFrontier::open(&path, 0).unwrap();
        admit(&mut first, &["http://a/1", "http://a/2"], false);
        let lease = first.lease(0, 1).unwrap().remove(0);
        first
            .ack(&[ack(&lease, 1_000_000, article(1))], &[], &Vec::new())
            .unwrap();
        drop(first);
        let mut second = SqliteFrontier::open(&path, 500).unwrap();
        assert_eq!(second.next_due().unwrap(), Some(500));
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn what_was_in_hand_is_queued_again_when_opened() {
        let dir = std::env::temp_dir().join(format!("chaffinch-frontier-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("state.sqlite");
        let mut first = SqliteFrontier::open(&path, 0).unwrap();
        admit(&mut first, &["http://a/1"], false);
        assert_eq!(first.lease(0, 1).unwrap().len(), 1);
        drop(first);
        assert_eq!(
            SqliteFrontier::open(&path, 0)
                .unwrap()
                .lease(0, 1)
                .unwrap()
                .len(),
            1
        );
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_source_is_asked_once_each_time_and_what_it_names_once() {
        let dir = std::env::temp_dir().join(format!("chaffinch-source-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("state.sqlite");
        let source = NewUrl {
            key: "source http://a/feed".into(),
            note: Some("note".into()),
            origin: Origin::Source,
            ..new("http://a/feed")
        };
        let found = |url: &str| NewUrl {
            origin: Origin::Found,
            ..new(url)
        };
        for round in 0..2 {
            let mut frontier = SqliteFrontier::open(&path, 0).unwrap();
            let admitted = frontier
                .admit(std::slice::from_ref(&source), false)
                .unwrap();
            assert_eq!(admitted, [[Admission::New, Admission::Queued][round]]);
            let lease = frontier.lease(0, 9).unwrap().remove(0);
            assert!(lease.is_source && lease.note.as_deref() == Some("note"));
            // It names itself, too, and one page in two spellings.
            let names = [source.clone(), found("http://a/1"), found("http://a/1#x")];
            let acks = [ack(&lease, 0, Outcome::Article(Known::default()))];
            let known = frontier.ack(&acks, &names, &Vec::new()).unwrap();
            let want = [Admission::New, Admission::Done][round];
            assert_eq!(
                known,
                [
                    Admission::Done,
                    want,
                    [Admission::Queued, Admission::Done][round]
                ]
            );
            for lease in frontier.lease(0, 9).unwrap() {
                frontier
                    .ack(&[ack(&lease, 0, article(1))], &[], &Vec::new())
                    .unwrap();
            }
            let counts = frontier.counts().unwrap();
            assert_eq!((counts.pending, counts.articles), (0, 1));
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn traces_tell_who_left_them_and_parts_wait_with_their_url() {
        let mut frontier = frontier();
        admit(&mut frontier, &["http://a/1", "http://b/1"], false);
        let leases = frontier.lease(0, 2).unwrap();
        let trace = Trace {
            name: "t".into(),
            value: u64::MAX,
        };
        let known = Known {
            version: 1,
            traces: Some(vec![trace.clone()]),
            ..Known::default()
        };
        let continued = Outcome::Continued {
            address: "http://c/2".into(),
            host: "c".into(),
            parts: "one".into(),
        };
        let acks = [
            ack(&leases[0], 0, Outcome::Article(known)),
            ack(&leases[1], 0, continued),
        ];
        frontier.ack(&acks, &[], &Vec::new()).unwrap();
        let asked = std::slice::from_ref(&trace);
        assert_eq!(frontier.traced(leases[0].id, asked).unwrap(), []);
        let traced = frontier.traced(leases[1].id, asked).unwrap();
        assert_eq!(
            (traced[0].url.as_str(), &traced[0].trace),
            ("http://a/1", &trace)
        );
        let next = frontier.lease(0, 9).unwrap().remove(0);
        assert_eq!(
            (next.id, next.host.as_str(), next.parts.as_deref()),
            (leases[1].id, "c", Some("one"))
        );
        assert_eq!(next.path, ["http://c/2"]);
        frontier
            .ack(&[ack(&next, 0, article(1))], &[], &Vec::new())
            .unwrap();
        assert_eq!(frontier.counts().unwrap().articles, 2);
    }
}
