//! Does a whole page still read well? A folder below `testdata/pages` is a test.
//!
//! `expected.txt` is the body, to the letter; of `expected.json` every key must be so in the
//! record, and `null` means that the key must be absent. With `"status": "no_article"` the page
//! must be refused, for what `page_type` says.

use std::fs;
use std::path::{Path, PathBuf};

use chaffinch::extract::{Options, extract};
use chaffinch::page::{BodyKind, Page};
use serde_json::Value;

/// What must never survive, whatever the page.
const LEFTOVERS: [&str; 6] = [
    "spot_img",
    "- Advertisement",
    "Recommended news",
    "Night trams return",
    "\nAuthor\n",
    "Empfohlen",
];

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pages");
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn page(folder: &Path) -> Page {
    let about: toml::Table = fs::read_to_string(folder.join("page.toml"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        about.contains_key("origin") && about.contains_key("why"),
        "{}: origin and why",
        folder.display()
    );
    let dump = folder.join("source.txt");
    let mut page = match fs::read(&dump) {
        Ok(text) => Page {
            kind: BodyKind::PlainText,
            ..Page::from_html(text)
        },
        Err(_) => Page::from_html(fs::read(folder.join("source.html")).unwrap()),
    };
    if let Some(url) = about.get("url") {
        page = page.at(url.as_str().unwrap());
    }
    page
}

#[test]
fn pages_read_as_expected() {
    let folders = folders();
    assert!(folders.len() >= 70, "the pages are there");
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let wanted: Value =
            serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap())
                .unwrap();
        let read = extract(&page(&folder), &Options::default());
        if wanted["status"] == "no_article" {
            let rejection = read.map(|article| article.text).unwrap_err();
            let class = serde_json::to_value(rejection.page_type).unwrap();
            assert_eq!(rejection.status.name(), "no_article", "{name}");
            assert_eq!(class, wanted["page_type"], "{name}: {rejection}");
            continue;
        }
        let article = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
        assert_eq!(article.text, expected.trim_end(), "{name}");
        for leftover in LEFTOVERS {
            assert!(
                !format!("\n{}\n", article.text).contains(leftover),
                "{name}: {leftover:?} survived"
            );
        }
        let record = serde_json::to_value(&article).unwrap();
        for (key, value) in wanted.as_object().unwrap() {
            let got = record.get(key).unwrap_or(&Value::Null);
            assert_eq!(got, value, "{name}: {key}");
        }
    }
}
