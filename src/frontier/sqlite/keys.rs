//! URLs by key. A key is looked up by a part of its hash, so that ten million of them take 200 MB
//! instead of a gigabyte, and compared in full, so that two of one hash are two.

use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::frontier::UrlId;

/// The same on every machine and in every version, as what is stored must be, and such that
/// nobody makes two keys of one hash at will.
pub(super) fn hash(key: &str) -> i64 {
    let digest = Sha256::digest(key.as_bytes());
    let mut first = [0; 8];
    first
        .iter_mut()
        .zip(digest)
        .for_each(|(to, byte)| *to = byte);
    i64::from_be_bytes(first)
}

/// The place where a key's URL is looked for: as many bits as `SQLite` stores in six bytes. Of ten
/// million keys some ten share theirs with another.
pub(super) fn place(key: &str) -> i64 {
    hash(key) & ((1 << 42) - 1)
}

/// The URL of that key, if there is one.
pub(super) fn find(tx: &Transaction, key: &str) -> rusqlite::Result<Option<UrlId>> {
    let mut at = place(key);
    while let Some(id) = at_place(tx, at)? {
        if is_key_of(tx, id, key)? {
            return Ok(Some(id));
        }
        at += 1;
    }
    Ok(None)
}

/// The URL of that key, which is `new` from now on if there was none. What `is_same` has no answer
/// for is looked up.
pub(super) fn find_or_insert(
    tx: &Transaction,
    place: i64,
    key: &str,
    new: UrlId,
    is_same: impl Fn(UrlId) -> Option<bool>,
) -> rusqlite::Result<UrlId> {
    let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO seen (hash, id) VALUES (?1, ?2)")?;
    let mut at = place;
    loop {
        if insert.execute(params![at, new])? == 1 {
            return Ok(new);
        }
        let Some(id) = at_place(tx, at)? else {
            continue;
        };
        let same = is_same(id).map_or_else(|| is_key_of(tx, id, key), Ok)?;
        if same {
            return Ok(id);
        }
        at += 1;
    }
}

/// Forgets the key of a URL. What lies right behind it may be there because the place was taken,
/// and would not be found any more, so it is put where it belongs.
pub(super) fn remove(tx: &Transaction, key: &str, id: UrlId) -> rusqlite::Result<()> {
    let mut at = place(key);
    while let Some(found) = at_place(tx, at)? {
        if found == id {
            break;
        }
        at += 1;
    }
    take_from(tx, at)?;
    at += 1;
    while let Some(behind) = at_place(tx, at)? {
        take_from(tx, at)?;
        let key: String = tx
            .prepare_cached("SELECT coalesce(key, url) FROM url WHERE id = ?1")?
            .query_row([behind], |row| row.get(0))?;
        find_or_insert(tx, place(&key), &key, behind, |other| Some(other == behind))?;
        at += 1;
    }
    Ok(())
}

fn take_from(tx: &Transaction, place: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM seen WHERE hash = ?1")?
        .execute([place])?;
    Ok(())
}

fn at_place(tx: &Transaction, place: i64) -> rusqlite::Result<Option<UrlId>> {
    tx.prepare_cached("SELECT id FROM seen WHERE hash = ?1")?
        .query_row([place], |row| row.get(0))
        .optional()
}

fn is_key_of(tx: &Transaction, id: UrlId, key: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT 1 FROM url WHERE id = ?1 AND coalesce(key, url) = ?2")?
        .exists(params![id, key])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lay_behind_a_removed_key_is_still_found() {
        let mut database = rusqlite::Connection::open_in_memory().unwrap();
        database
            .execute_batch(include_str!("../schema.sql"))
            .unwrap();
        let tx = database.transaction().unwrap();
        let url = "INSERT INTO url (id, url) VALUES (?1, ?2)";
        for (id, key) in [(1, "one"), (2, "two"), (3, "three")] {
            tx.execute(url, params![id, key]).unwrap();
        }
        // As if all three had the same hash.
        for id in 1..=3 {
            let seen = "INSERT INTO seen (hash, id) VALUES (?1, ?2)";
            tx.execute(seen, params![place("one") + id - 1, id])
                .unwrap();
        }
        remove(&tx, "one", 1).unwrap();
        assert_eq!(find(&tx, "one").unwrap(), None);
        assert_eq!(find(&tx, "two").unwrap(), Some(2));
        assert_eq!(find(&tx, "three").unwrap(), Some(3));
    }
}
