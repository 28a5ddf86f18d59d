//! `rows CORPUS OUT`: features and labels of the development suites, for the fitting script.
//! `extract CORPUS MODELS OUT`: the suites' texts, each page by the model that has not seen its site.
#![allow(
    clippy::pedantic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a developer's tool: it stops at the first error"
)]

mod label;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use chaffinch::extract::features::FEATURES;
use chaffinch::extract::{Options, Texts, extract, model::Model, rows};
use chaffinch::page::Page;
use serde_json::{Value, json};

const SUITES: [&str; 5] = ["aeb", "fundus", "wcxb", "trafilatura", "htmldate"];
const FOLDS: u64 = 5;

struct Case {
    page: Page,
    truth: Value,
    fold: u64,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["rows", corpus, out] => write_rows(Path::new(corpus), Path::new(out)),
        ["extract", corpus, models, out] => {
            write_texts(Path::new(corpus), Path::new(models), Path::new(out))
        }
        _ => panic!("train rows CORPUS OUT | train extract CORPUS MODELS OUT"),
    }
}

fn cases<'a>(corpus: &'a Path, suite: &'static str) -> impl Iterator<Item = Case> + 'a {
    let dir = corpus.join(suite).join("dev");
    let lines = |name| std::fs::read_to_string(dir.join(name)).unwrap();
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let pages: Vec<Value> = lines("pages.jsonl").lines().map(parse).collect();
    let truths: Vec<Value> = lines("truth.jsonl").lines().map(parse).collect();
    pages.into_iter().zip(truths).map(move |(about, truth)| {
        let id = about["id"].as_str().unwrap();
        assert_eq!(truth["id"], id);
        let mut page =
            Page::from_html(std::fs::read(dir.join("pages").join(format!("{id}.html"))).unwrap());
        let url = about["url"].as_str();
        if let Some(url) = url {
            page = page.at(url);
        }
        let fold = fnv(site(truth["url"].as_str().unwrap_or(id)).as_bytes()) % FOLDS;
        Case { page, truth, fold }
    })
}

/// The registrable domain, near enough: two labels, or three under `co.uk` and the like.
fn site(url: &str) -> String {
    let host = url
        .split("//")
        .nth(1)
        .unwrap_or(url)
        .split(['/', ':', '?'])
        .next()
        .unwrap();
    let labels: Vec<&str> = host.split('.').collect();
    let short = labels.len() > 2
        && labels[labels.len() - 2].len() <= 3
        && labels[labels.len() - 1].len() == 2;
    labels[labels.len().saturating_sub(if short { 3 } else { 2 })..].join(".")
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn write_rows(corpus: &Path, out: &Path) {
    std::fs::create_dir_all(out).unwrap();
    let mut features = BufWriter::new(File::create(out.join("rows.f32")).unwrap());
    let mut about = BufWriter::new(File::create(out.join("rows.tsv")).unwrap());
    let mut names = File::create(out.join("names.txt")).unwrap();
    for name in FEATURES {
        writeln!(names, "{name}").unwrap();
    }
    let mut number = 0;
    for suite in &SUITES[..4] {
        for case in cases(corpus, suite) {
            let room = Texts::default();
            let Ok((blocks, rows)) = rows(&case.page, &Options::default(), &room) else {
                continue;
            };
            let texts: Vec<&str> = blocks.iter().map(|block| block.text).collect();
            let labels = labels(&case, &texts);
            let kind = case.truth["page_type"].as_str().unwrap_or("article");
            for ((row, label), text) in rows.iter().zip(labels).zip(texts) {
                let words = label::tokens(text).len();
                let shown: String = text
                    .chars()
                    .take(80)
                    .map(|c| if c.is_whitespace() { ' ' } else { c })
                    .collect();
                let (share, weight) = label.unwrap_or((0.0, 0.0));
                row.iter()
                    .for_each(|value| features.write_all(&value.to_le_bytes()).unwrap());
                writeln!(
                    about,
                    "{number}\t{suite}\t{kind}\t{}\t{}\t{words}\t{share:.3}\t{weight:.6}\t{shown}",
                    case.fold,
                    case.truth["id"].as_str().unwrap()
                )
                .unwrap();
            }
            number += 1;
        }
    }
}

/// Share in the truth, and weight, of each block; none where nothing is known.
fn labels(case: &Case, texts: &[&str]) -> Vec<Option<(f64, f64)>> {
    let truth = case.truth["text"].as_str().unwrap_or_default();
    if !truth.is_empty() {
        let all = label::tokens(truth).len() as f64;
        let shares = label::shares(texts, truth);
        return shares
            .into_iter()
            .zip(texts)
            .map(|(share, text)| Some((share, (label::tokens(text).len() + 1) as f64 / all)))
            .collect();
    }
    let list = |key: &str| -> Vec<String> {
        let items = case.truth[key].as_array().into_iter().flatten();
        items
            .map(|item| label::tokens(item.as_str().unwrap()).join(" "))
            .collect()
    };
    let (with, without) = (list("with"), list("without"));
    let all = (with.len() + without.len()).max(1) as f64;
    let of = |text: &&str| {
        let text = label::tokens(text).join(" ");
        let has = |list: &[String]| {
            list.iter()
                .any(|item| !item.is_empty() && text.contains(item.as_str()))
        };
        if has(&with) {
            Some((1.0, 1.0 / all))
        } else if has(&without) {
            Some((0.0, 1.0 / all))
        } else {
            None
        }
    };
    texts.iter().map(of).collect()
}

fn read_models(folder: &Path) -> Vec<&'static Model> {
    let read = |fold: u64| -> &'static Model {
        let table = std::fs::read_to_string(folder.join(format!("fold-{fold}.tsv"))).unwrap();
        Box::leak(Box::new(Model::read(&table).unwrap()))
    };
    (0..FOLDS).map(read).collect()
}

fn write_texts(corpus: &Path, models: &Path, out: &Path) {
    let models = read_models(models);
    for suite in SUITES {
        let mut file = BufWriter::new(File::create(out.join(format!("{suite}.jsonl"))).unwrap());
        for case in cases(corpus, suite) {
            let options = Options {
                model: models[case.fold as usize],
                ..Options::default()
            };
            let made = extract(&case.page, &options);
            let rejected = made.as_ref().err().map(ToString::to_string);
            let made = made.ok();
            let authors: Vec<&str> = made
                .iter()
                .flat_map(|article| &article.metadata.authors)
                .map(|author| author.name.as_str())
                .collect();
            let date = made
                .as_ref()
                .and_then(|article| article.metadata.date_published.as_deref())
                .map(|date| &date[..10]);
            let line = json!({"id": case.truth["id"], "text": made.as_ref().map(|article| &article.text),
                "title": made.as_ref().map(|article| &article.metadata.title), "authors": authors, "date": date,
                "confidence": made.as_ref().map(|article| article.confidence), "rejected": rejected,
                "warnings": made.as_ref().map(|article| &article.warnings)});
            writeln!(file, "{line}").unwrap();
        }
    }
}
