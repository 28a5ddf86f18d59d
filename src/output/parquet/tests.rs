use super::*;
use crate::output::tests::record;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::RowAccessor;

/// Files below a folder, with their rows as `id`.
fn files(path: &Path) -> Vec<(String, Vec<String>)> {
    let mut files: Vec<_> = walkdir::WalkDir::new(path)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|file| file.is_file())
        .map(|file| {
            let name = file.strip_prefix(path).unwrap().display().to_string();
            (name, ids(&file))
        })
        .collect();
    files.sort();
    files
}

fn ids(path: &Path) -> Vec<String> {
    let from = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = from.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().get_string(0).unwrap().clone())
        .collect()
}

#[test]
fn one_file_with_every_column() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let mut file = Box::new(ParquetFile::create(&path).unwrap());
    file.write(&record("1", "one")).unwrap();
    let mut bare = crate::output::tests::article("2", "two");
    bare.metadata.authors.clear();
    bare.metadata.title = None;
    bare.fetched_at = None;
    file.write(&Record::Article(Box::new(bare))).unwrap();
    assert!(!path.exists());
    file.finish().unwrap();
    let from = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let rows: Vec<String> = from
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().to_string())
        .collect();
    let one = &rows[0];
    for part in [
        r#"authors: ["Mara Lindt", "Courier, Harrow"]"#,
        "confidence: 0.94",
        "fetched_at: 2026-11-23 07:30:00",
        "truncated: false",
        "description: null",
        "version: 1",
    ] {
        assert!(one.contains(part), "{part} in {one}");
    }
    for part in ["authors: []", "title: null", "fetched_at: null"] {
        assert!(rows[1].contains(part), "{part} in {}", rows[1]);
    }
}

#[test]
fn parts_by_day_and_site_take_their_names_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut lake = Box::new(Lake::open(dir.path(), &[]).unwrap());
    for id in ["1", "2"] {
        lake.write(&record(id, "one")).unwrap();
    }
    let mut bare = crate::output::tests::article("3", "three");
    (bare.fetched_at, bare.url) = (None, Some("http://[::1]:80/a".to_owned()));
    lake.write(&Record::Article(Box::new(bare))).unwrap();
    lake.commit(70).unwrap();
    assert_eq!(files(dir.path()), []);
    let marks = lake.settle(70).unwrap();
    assert_eq!(marks, [(READ.to_owned(), 70)]);
    let name = |part: &str, n| format!("{part}/{:020}-{n:06}.parquet", 0);
    let courier = name("day=2026-11-23/site=courier.example", 1);
    let address = name("day=__HIVE_DEFAULT_PARTITION__/site=___1_", 2);
    let want = [
        (courier, vec!["1".to_owned(), "2".to_owned()]),
        (address, vec!["3".to_owned()]),
    ];
    assert_eq!(files(dir.path()), want);
}

#[test]
fn a_killed_run_leaves_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let write = |marks: &[(String, u64)], ids: &[&str], read| {
        let mut lake = Lake::open(path, marks).unwrap();
        for id in ids {
            lake.write(&record(id, "text")).unwrap();
        }
        lake.settle(read).unwrap()
    };
    let marks = write(&[], &["1"], 10);
    assert!(Lake::open(path, &[]).is_err(), "of a state that is gone");
    // The state never learns of this one, which is written again with what came after.
    write(&marks, &["2"], 20);
    fs::write(
        path.join("day=2026-11-23/site=courier.example/.x.parquet.part"),
        "",
    )
    .unwrap();
    let marks = write(&marks, &["2", "3"], 30);
    write(&marks, &[], 30);
    let all: Vec<String> = files(path).into_iter().flat_map(|(_, ids)| ids).collect();
    assert_eq!(all, ["1", "2", "3"]);
}
