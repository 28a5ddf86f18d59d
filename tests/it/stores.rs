//! Stores beside `articles.jsonl`: CSV, `SQLite` and Parquet hold what it holds, whatever fails.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use rusqlite::Connection;

use crate::farm::{Host, Reply, article};
use crate::tool::{crawl, field, parse, records, run};

const ALL: [&str; 2] = ["--format", "csv,sqlite,parquet"];

/// The ids of JSON Lines.
pub(crate) fn ids(path: &Path) -> Vec<String> {
    let records = records(path);
    field(&records, "id")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// The first fields of the rows after the header.
fn csv_ids(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let rows = text.split("\r\n").skip(1).filter(|row| !row.is_empty());
    rows.map(|row| row.split(',').next().unwrap_or_default().to_owned())
        .collect()
}

fn sqlite_ids(path: &Path) -> Vec<String> {
    let store = Connection::open(path).unwrap();
    let mut rows = store
        .prepare("SELECT id FROM articles ORDER BY key")
        .unwrap();
    let ids = rows.query_map([], |row| row.get(0)).unwrap();
    ids.collect::<Result<_, _>>().unwrap()
}

/// The first columns of all files, in the order of their names.
fn parquet_ids(path: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(path)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    let mut ids = Vec::new();
    for file in files {
        assert!(
            file.extension().is_some_and(|end| end == "parquet"),
            "{}",
            file.display()
        );
        let from = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
        let rows = from.get_row_iter(None).unwrap();
        ids.extend(rows.map(|row| row.unwrap().get_string(0).unwrap().clone()));
    }
    ids
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

/// Holds the stores of a folder against the ids of its records.
pub(crate) fn assert_all_agree(out: &Path, journal: Vec<String>) {
    let journal = sorted(journal);
    assert_eq!(sorted(csv_ids(&out.join("articles.csv"))), journal);
    assert_eq!(sorted(parquet_ids(&out.join("articles.parquet"))), journal);
    let mut each = journal;
    each.dedup();
    assert_eq!(sorted(sqlite_ids(&out.join("articles.sqlite"))), each);
}

#[test]
fn a_crawl_fills_all_stores_and_a_new_one_gets_what_was_there() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    let round = Arc::new(AtomicU32::new(0));
    let now = round.clone();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/changes" => Reply::html(article(&format!("round {}", now.load(Ordering::SeqCst)))),
        path => Reply::html(article(path)),
    });
    let urls = ["/1", "/2", "/changes"].map(|path| host.url(path));
    assert_eq!(crawl(out, &urls, &[]).code, Some(0));
    assert!(!out.join("articles.csv").exists());
    assert_eq!(crawl(out, &[host.url("/3")], &ALL).code, Some(0));
    assert_all_agree(out, ids(&out.join("articles.jsonl")));
    round.store(1, Ordering::SeqCst);
    let flags = [&ALL[..], &["--refresh"]].concat();
    assert_eq!(crawl(out, &urls, &flags).code, Some(0));
    let journal = ids(&out.join("articles.jsonl"));
    assert_eq!(journal.len(), 5, "one was changed");
    assert_all_agree(out, journal);
    let store = Connection::open(out.join("articles.sqlite")).unwrap();
    let versions = "SELECT group_concat(versions.version) FROM versions JOIN articles ON key = article \
                    WHERE url LIKE '%/changes'";
    let versions: String = store.query_row(versions, [], |row| row.get(0)).unwrap();
    assert_eq!(versions, "1,2");
}

#[test]
fn a_store_that_fails_ends_the_crawl_and_gets_it_later() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    let host = Host::articles(1);
    let urls: Vec<String> = (0..4).map(|n| host.url(&format!("/{n}"))).collect();
    assert_eq!(crawl(out, &urls[..2], &ALL).code, Some(0));
    // Somebody has the database in hand for a while.
    let theirs = Connection::open(out.join("articles.sqlite")).unwrap();
    theirs
        .execute_batch("ALTER TABLE authors RENAME TO writers")
        .unwrap();
    let ran = crawl(out, &urls[2..], &ALL);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("articles.sqlite"), "{}", ran.stderr);
    theirs
        .execute_batch("ALTER TABLE writers RENAME TO authors")
        .unwrap();
    drop(theirs);
    assert_eq!(crawl(out, &urls, &ALL).code, Some(0));
    let journal = ids(&out.join("articles.jsonl"));
    assert_eq!(journal.len(), 4);
    assert_all_agree(out, journal);
}

#[test]
fn rotated_files_hold_each_article_once() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    let host = Host::articles(1);
    let flags = [&ALL[..], &["--rotate", "2000", "--compress", "zst"]].concat();
    for n in 0..4 {
        assert_eq!(
            crawl(out, &[host.url(&format!("/{n}"))], &flags).code,
            Some(0)
        );
    }
    let mut journal = ids(&out.join("articles.jsonl"));
    assert!(journal.len() < 4);
    for file in fs::read_dir(out).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|end| end == "zst") {
            let lines = zstd::decode_all(File::open(file).unwrap()).unwrap();
            let records = parse(std::str::from_utf8(&lines).unwrap());
            journal.extend(field(&records, "id").into_iter().map(str::to_owned));
        }
    }
    assert_eq!(journal.len(), 4);
    assert_all_agree(out, journal);
}

#[test]
fn cleaned_pages_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("pages");
    fs::create_dir(&pages).unwrap();
    for n in 0..3 {
        fs::write(
            pages.join(format!("{n}.html")),
            article(&format!("page {n}")),
        )
        .unwrap();
    }
    let pages = pages.to_str().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let clean = |to: &str, format: &str| run(&["clean", pages, "-o", to, "--format", format]);
    for code in [
        clean(&at("out/"), "csv,sqlite,parquet,md,txt").code,
        clean(&at("a.csv"), "csv").code,
        clean(&at("a.sqlite"), "sqlite").code,
        clean(&at("a.parquet"), "parquet").code,
        clean(&at("a.jsonl.gz"), "jsonl").code,
    ] {
        assert_eq!(code, Some(0));
    }
    let out = dir.path().join("out");
    let journal = ids(&out.join("articles.jsonl"));
    assert_eq!(journal.len(), 3);
    assert_eq!(fs::read_dir(out.join("articles")).unwrap().count(), 6);
    assert_all_agree(&out, journal.clone());
    assert_eq!(csv_ids(Path::new(&at("a.csv"))), journal);
    assert_eq!(sqlite_ids(Path::new(&at("a.sqlite"))), journal);
    assert_eq!(parquet_ids(Path::new(&at("a.parquet"))), journal);
    let packed = flate2::read::MultiGzDecoder::new(File::open(at("a.jsonl.gz")).unwrap());
    let lines = std::io::read_to_string(packed).unwrap();
    assert_eq!(
        lines,
        fs::read_to_string(out.join("articles.jsonl")).unwrap()
    );
    for (to, format, want) in [
        ("-", "sqlite", "no stream"),
        ("-", "csv,md", "need a folder"),
        (&at("b"), "csv,parquet", "need a folder"),
    ] {
        let ran = clean(to, format);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(want), "{}", ran.stderr);
    }
}
