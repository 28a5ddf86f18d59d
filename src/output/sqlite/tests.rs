use super::*;
use crate::output::tests::record;

fn one<T: rusqlite::types::FromSql>(path: &Path, sql: &str) -> T {
    let from = Connection::open(path).unwrap();
    from.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn count(path: &Path, sql: &str) -> i64 {
    one(path, sql)
}

#[test]
fn articles_and_all_that_belongs_to_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sqlite");
    let mut store = Box::new(Sqlite::open(&path).unwrap());
    store.write(&record("1", "The brücke reopened")).unwrap();
    store.write(&record("2", "A ferry runs")).unwrap();
    assert_eq!(count(&path, "SELECT count(*) FROM articles"), 0);
    store.commit(100).unwrap();
    store.finish().unwrap();
    assert!(!dir.path().join("a.sqlite-wal").exists());
    for (table, want) in [
        ("articles", 2),
        ("authors", 4),
        ("tags", 4),
        ("images", 2),
        ("warnings", 2),
        ("versions", 2),
    ] {
        assert_eq!(count(&path, &format!("SELECT count(*) FROM {table}")), want);
    }
    let found = "SELECT group_concat(id) FROM found JOIN articles ON key = found.rowid \
                 WHERE found MATCH 'brucke'";
    assert_eq!(one::<String>(&path, found), "1");
    let real = "SELECT confidence || ' ' || truncated || ' ' || fetched_at FROM articles";
    assert_eq!(one::<String>(&path, real), "0.94 0 2026-11-23T07:30:00Z");
}

#[test]
fn a_changed_text_is_a_new_version_and_the_same_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sqlite");
    for (read, text) in [(1, "first words"), (2, "first words"), (3, "second words")] {
        let mut store = Box::new(Sqlite::open(&path).unwrap());
        assert_eq!(store.position(), read - 1);
        store.write(&record("1", text)).unwrap();
        store.commit(read).unwrap();
        store.finish().unwrap();
    }
    assert_eq!(count(&path, "SELECT max(version) FROM articles"), 2);
    assert_eq!(count(&path, "SELECT count(*) FROM versions"), 2);
    assert_eq!(count(&path, "SELECT count(*) FROM authors"), 2);
    for (word, want) in [("first", 0), ("second", 1)] {
        let sql = format!("SELECT count(*) FROM found WHERE found MATCH '{word}'");
        assert_eq!(count(&path, &sql), want, "{word}");
    }
}

#[test]
fn what_was_not_committed_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sqlite");
    let mut store = Sqlite::open(&path).unwrap();
    store.write(&record("1", "one")).unwrap();
    store.commit(10).unwrap();
    store.write(&record("2", "two")).unwrap();
    drop(store);
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.position(), 10);
    assert_eq!(count(&path, "SELECT count(*) FROM articles"), 1);
}

#[test]
fn somebodys_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sqlite");
    let theirs = Connection::open(&path).unwrap();
    theirs.execute_batch("CREATE TABLE notes (text)").unwrap();
    let error = Sqlite::open(&path).err().unwrap();
    assert!(format!("{error:?}").contains("form 0"), "{error:?}");
}

#[test]
fn one_that_is_written_anew_takes_the_place_of_the_old_one_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sqlite");
    for (text, kept) in [("old", true), ("lost", false), ("new", true)] {
        let mut store = Box::new(Sqlite::create(&path).unwrap());
        store.write(&record(text, text)).unwrap();
        if kept {
            store.finish().unwrap();
        }
    }
    let ids = "SELECT group_concat(id) FROM articles";
    assert_eq!(one::<String>(&path, ids), "new");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
