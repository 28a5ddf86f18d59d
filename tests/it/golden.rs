//! Does a whole page still read well? A folder below `testdata/pages` is a test.
//!
//! `expected.txt` is the body, to the letter; of `expected.json` every key must be so in the
//! record, and `null` means that the key must be absent. With `"status": "no_article"` the page
//! must be refused, for what `page_type` says. `expected.blocks.json`, where it is there, lists
//! typed blocks and comments, each with the keys that must be so; `expected.md` is the Markdown
//! with links, to the letter.

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

/// What of the record is not as it must be.
fn faults(folder: &Path) -> Vec<String> {
    let wanted = fs::read_to_string(folder.join("expected.json")).unwrap();
    let wanted: Value = serde_json::from_str(&wanted).unwrap();
    let article = match (
        extract(&page(folder), &Options::default()),
        &wanted["status"],
    ) {
        (Ok(article), Value::Null) => article,
        (Err(rejection), Value::String(status)) => {
            let class = serde_json::to_value(rejection.page_type).unwrap();
            let is_so = rejection.status.name() == status && class == wanted["page_type"];
            return Vec::from_iter((!is_so).then(|| rejection.to_string()));
        }
        (Ok(article), _) => return vec![format!("an article: {}", article.text)],
        (Err(rejection), _) => return vec![rejection.to_string()],
    };
    let mut faults = Vec::new();
    let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
    if article.text != expected.trim_end() {
        faults.push(format!("text: {}", article.text));
    }
    let lines = format!("\n{}\n", article.text);
    let left = LEFTOVERS
        .iter()
        .filter(|leftover| lines.contains(*leftover));
    faults.extend(left.map(|leftover| format!("{leftover:?} survived")));
    let record = serde_json::to_value(&article).unwrap();
    for (key, value) in wanted.as_object().unwrap() {
        let got = record.get(key).unwrap_or(&Value::Null);
        if got != value {
            faults.push(format!("{key}: {got} is not {value}"));
        }
    }
    faults.extend(faults_of_blocks(folder));
    faults
}

/// What of the typed blocks, their Markdown and the comments is not as it must be.
fn faults_of_blocks(folder: &Path) -> Vec<String> {
    let options = Options {
        detail: Detail::Full,
        links: true,
        ..Options::default()
    };
    let article = extract(&page(folder), &options).unwrap();
    let mut faults = Vec::new();
    if let Ok(expected) = fs::read_to_string(folder.join("expected.md")) {
        let markdown = render(&article, Format::Markdown);
        if markdown != expected {
            faults.push(format!("Markdown: {markdown}"));
        }
    }
    if let Ok(expected) = fs::read_to_string(folder.join("expected.blocks.json")) {
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let record = serde_json::to_value(&article).unwrap();
        for list in ["blocks", "comments"] {
            faults.extend(faults_of_list(list, &record[list], &expected[list]));
        }
    }
    faults
}

/// Of each item every key that is expected must be so.
fn faults_of_list(list: &str, got: &Value, expected: &Value) -> Vec<String> {
    let (got, expected) = (got.as_array().unwrap(), expected.as_array().unwrap());
    if got.len() != expected.len() {
        return vec![format!("{list}: {got:#?}")];
    }
    let pairs = got.iter().zip(expected);
    let faults = pairs.flat_map(|(got, expected)| {
        let keys = expected.as_object().unwrap().iter();
        keys.filter(move |(key, value)| got.get(key).unwrap_or(&Value::Null) != *value)
            .map(move |(key, _)| format!("{list}: {key} of {got}"))
    });
    faults.collect()
}

#[test]
fn pages_read_as_expected() {
    let folders = folders();
    assert!(folders.len() >= 70, "the pages are there");
    let faults = folders.iter().flat_map(|folder| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        faults(folder)
            .into_iter()
            .map(move |fault| format!("{name}: {fault}"))
    });
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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
        full.as_object_mut().unwrap().remove("candidates");
        assert_eq!(full, plain);
    }
}
