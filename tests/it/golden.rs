//! Does a whole page still read well? A folder below `testdata/pages` is a test.
//!
//! `expected.txt` is the body, to the letter; of `expected.json` every key must be so in the
//! record, and `null` means that the key must be absent. With `"status": "no_article"` the page
//! must be refused, for what `page_type` says. `expected.blocks.json`, where it is there, lists the
//! typed blocks, each with the keys that must be so; `expected.md` is the Markdown with links, to
//! the letter.

use std::fs;
use std::path::{Path, PathBuf};

use chaffinch::extract::{Detail, Options, extract};
use chaffinch::output::Format;
use chaffinch::output::render::render;
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
        let full = Options {
            detail: Detail::Full,
            links: true,
            ..Options::default()
        };
        let full = extract(&page(&folder), &full).unwrap();
        let record = serde_json::to_value(&full).unwrap();
        typed_blocks_are_as_expected(&folder, &record);
        if let Ok(expected) = fs::read_to_string(folder.join("expected.md")) {
            assert_eq!(render(&full, Format::Markdown), expected, "{name}");
        }
        for (key, value) in wanted.as_object().unwrap() {
            let got = record.get(key).unwrap_or(&Value::Null);
            assert_eq!(got, value, "{name}: {key}");
        }
    }
}

fn typed_blocks_are_as_expected(folder: &Path, record: &Value) {
    let Ok(expected) = fs::read_to_string(folder.join("expected.blocks.json")) else {
        return;
    };
    let expected: Vec<Value> = serde_json::from_str(&expected).unwrap();
    let blocks = record["blocks"].as_array().unwrap();
    let name = folder.display();
    assert_eq!(blocks.len(), expected.len(), "{name}: {blocks:#?}");
    for (block, expected) in blocks.iter().zip(expected) {
        for (key, value) in expected.as_object().unwrap() {
            let got = block.get(key).unwrap_or(&Value::Null);
            assert_eq!(got, value, "{name}: {key} of {block}");
        }
    }
}

#[test]
fn details_change_nothing_else_of_the_record() {
    for folder in folders() {
        let record = |detail| {
            let options = Options {
                detail,
                ..Options::default()
            };
            let article = extract(&page(&folder), &options).ok()?;
            Some(serde_json::to_value(article).unwrap())
        };
        let plain = record(Detail::Plain);
        assert_eq!(record(Detail::Typed), plain);
        let Some(plain) = plain else {
            continue;
        };
        let mut full = record(Detail::Full).unwrap();
        for key in ["blocks", "removed", "comments"] {
            let list = full.as_object_mut().unwrap().remove(key);
            assert!(list.is_some_and(|list| list.is_array()), "{key}");
        }
        assert_eq!(full, plain);
    }
}
