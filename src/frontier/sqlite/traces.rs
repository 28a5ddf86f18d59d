//! By what articles are recognised.
//!
//! The names of an article's traces lie anywhere in the table, so that each would cost a page of
//! the file. The last ones are therefore kept in memory, and in a log that is only appended to;
//! they reach the table many at a time and in its order.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};

use super::keys;
use crate::frontier::{Trace, Traced, UrlId};

/// Most traces in memory: those of some 20,000 articles, in some 5 MB.
const RECENT_MAX: usize = 1 << 17;
/// Most articles told for one trace: a name that so many share tells them no more apart.
const EACH_MAX: usize = 1_000;

/// A trace by the hash of its name, and the URL whose article left it.
type Name = (i64, UrlId);

/// The traces that are not in the table yet.
#[derive(Debug, Default)]
pub(super) struct Recent(BTreeMap<Name, u64>);

/// What one transaction does to traces.
#[derive(Debug, Default)]
pub(super) struct Change {
    left: Vec<(Name, u64)>,
    forgotten: Vec<Name>,
    merged: bool,
}

impl Recent {
    /// Those of the log.
    pub(super) fn read(tx: &Transaction) -> rusqlite::Result<Self> {
        let mut log = tx.prepare("SELECT id, traces FROM trace_log")?;
        let rows = log.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let mut recent = BTreeMap::new();
        for row in rows {
            let (id, traces): (UrlId, _) = row?;
            let (pairs, _) = traces.as_chunks::<16>();
            recent.extend(pairs.iter().map(|pair| {
                let (name, value) = pair.split_at(8);
                let [name, value] = [name, value].map(|half| number(half).unwrap_or_default());
                ((name.cast_signed(), id), value)
            }));
        }
        Ok(Self(recent))
    }

    /// Ends a transaction's part in the table: all that is recent goes there when it is much.
    pub(super) fn settle(&self, tx: &Transaction, change: &mut Change) -> rusqlite::Result<()> {
        if self.0.len() + change.left.len() < RECENT_MAX {
            return Ok(());
        }
        let mut all = self.0.clone();
        change.apply(&mut all);
        let mut insert = tx
            .prepare_cached("INSERT OR REPLACE INTO trace (name, id, value) VALUES (?1, ?2, ?3)")?;
        for ((name, id), value) in all {
            insert.execute(params![name, id, value.cast_signed()])?;
        }
        tx.execute("DELETE FROM trace_log", [])?;
        change.merged = true;
        Ok(())
    }

    /// What a transaction did that is committed.
    pub(super) fn committed(&mut self, change: Change) {
        if change.merged {
            self.0.clear();
        } else {
            change.apply(&mut self.0);
        }
    }

    /// The articles of other URLs that left one of these traces, in the order of their URLs.
    pub(super) fn traced(
        &self,
        tx: &Transaction,
        not: UrlId,
        traces: &[Trace],
    ) -> rusqlite::Result<Vec<Traced>> {
        let mut query =
            tx.prepare_cached("SELECT id, value FROM trace WHERE name = ?1 ORDER BY id LIMIT ?2")?;
        let most = i64::try_from(EACH_MAX).unwrap_or(i64::MAX);
        let mut all = Vec::new();
        for trace in traces {
            let name = keys::hash(&trace.name);
            let rows = query.query_map(params![name, most], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
            })?;
            let mut found: Vec<(UrlId, u64)> = rows.collect::<Result<_, _>>()?;
            let recent = self.0.range((name, UrlId::MIN)..=(name, UrlId::MAX));
            found.extend(recent.map(|((_, id), value)| (*id, *value)).take(EACH_MAX));
            all.extend(
                found
                    .into_iter()
                    .filter(|(id, _)| *id != not)
                    .map(|(id, value)| Traced {
                        id,
                        trace: Trace {
                            name: trace.name.clone(),
                            value,
                        },
                    }),
            );
        }
        all.sort_by_key(|traced| traced.id);
        Ok(all)
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

impl Change {
    fn apply(&self, traces: &mut BTreeMap<Name, u64>) {
        for name in &self.forgotten {
            traces.remove(name);
        }
        traces.extend(self.left.iter().copied());
    }

    /// An article leaves these traces, and no others that it left before. Their names, as its row
    /// is to keep them.
    pub(super) fn leave(
        &mut self,
        tx: &Transaction,
        id: UrlId,
        traces: &[Trace],
    ) -> rusqlite::Result<Vec<u8>> {
        self.forget(tx, id)?;
        let own = traces.iter().map(|trace| keys::hash(&trace.name));
        let own: Vec<(i64, u64)> = own.zip(traces.iter().map(|trace| trace.value)).collect();
        let bytes = |(name, value): &(i64, u64)| [name.to_be_bytes(), value.to_be_bytes()];
        let pairs: Vec<u8> = own.iter().flat_map(bytes).flatten().collect();
        if !pairs.is_empty() {
            tx.prepare_cached("INSERT OR REPLACE INTO trace_log (id, traces) VALUES (?1, ?2)")?
                .execute(params![id, pairs])?;
        }
        self.left
            .extend(own.iter().map(|(name, value)| ((*name, id), *value)));
        Ok(own
            .iter()
            .flat_map(|(name, _)| name.to_be_bytes())
            .collect())
    }

    /// An article leaves none of the traces any more that it left before.
    pub(super) fn forget(&mut self, tx: &Transaction, id: UrlId) -> rusqlite::Result<()> {
        let names: Option<Option<Vec<u8>>> = tx
            .prepare_cached("SELECT traces FROM article WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let Some(names) = names.flatten() else {
            return Ok(());
        };
        let (names, _) = names.as_chunks::<8>();
        for name in names.iter().map(|name| i64::from_be_bytes(*name)) {
            tx.prepare_cached("DELETE FROM trace WHERE name = ?1 AND id = ?2")?
                .execute(params![name, id])?;
            self.forgotten.push((name, id));
        }
        tx.prepare_cached("DELETE FROM trace_log WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}
