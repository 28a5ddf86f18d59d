//! Is the corpus no worse? The floors are in `quality/floors.toml`.
//!
//! The corpus is no part of the repository. Where it is absent the test says so and passes; the
//! golden pages are checked everywhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use chaffinch::extract::{Options, extract};
use chaffinch::page::Page;
use serde_json::Value;

const SUITES: [&str; 5] = ["aeb", "fundus", "wcxb", "trafilatura", "htmldate"];

/// What the extractor made of a page.
#[derive(Default)]
struct Made {
    text: String,
    title: String,
    date: String,
    authors: Vec<String>,
}

/// Sums and counts, by metric.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, (f64, f64)>);

impl Tally {
    fn add(&mut self, metric: &'static str, value: f64) {
        self.add_of(metric, value, 1.0);
    }

    fn add_of(&mut self, metric: &'static str, value: f64, weight: f64) {
        let (sum, count) = self.0.entry(metric).or_default();
        *sum += value;
        *count += weight;
    }

    fn mean(&self, metric: &str) -> Option<f64> {
        self.0.get(metric).map(|(sum, count)| sum / count)
    }
}

#[test]
fn the_corpus_is_read_no_worse() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let archives = std::env::var_os("CHAFFINCH_CORPUS")
        .map_or_else(|| root.join("../shared/corpus"), PathBuf::from);
    if !archives.join("aeb-dev.tar.xz").exists() {
        eprintln!("no corpus in {}: floors not checked", archives.display());
        return;
    }
    let floors: toml::Table = fs::read_to_string(root.join("quality/floors.toml"))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(floors.len(), SUITES.len());
    let mut low = Vec::new();
    for suite in SUITES {
        let scores = score(&unpacked(&archives, suite));
        for (metric, floor) in floors[suite].as_table().unwrap() {
            let (got, floor) = (
                scores.get(metric.as_str()).copied().unwrap_or(0.0),
                floor.as_float().unwrap(),
            );
            eprintln!("{suite} {metric}: {got:.4} (floor {floor})");
            if got < floor {
                low.push(format!("{suite} {metric} {got:.4} is below {floor}"));
            }
        }
    }
    assert!(low.is_empty(), "{low:#?}");
}

/// Unpacks a suite once below the build folder.
fn unpacked(archives: &Path, suite: &str) -> PathBuf {
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    let folder = to.join(suite).join("dev");
    let done = to.join(format!("{suite}.done"));
    if !done.exists() {
        fs::create_dir_all(&to).unwrap();
        let archive = archives.join(format!("{suite}-dev.tar.xz"));
        let status = Command::new("tar")
            .arg("-xJf")
            .arg(&archive)
            .arg("-C")
            .arg(&to)
            .status()
            .unwrap();
        assert!(status.success(), "{}", archive.display());
        fs::write(done, "").unwrap();
    }
    folder
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn score(folder: &Path) -> BTreeMap<&'static str, f64> {
    let truth = lines(&folder.join("truth.jsonl"));
    let urls: HashMap<String, Option<String>> = lines(&folder.join("pages.jsonl"))
        .iter()
        .map(|page| {
            (
                page["id"].as_str().unwrap().to_owned(),
                page["url"].as_str().map(str::to_owned),
            )
        })
        .collect();
    let made = make_all(folder, &truth, &urls);
    let mut tally = Tally::default();
    for (page, made) in truth.iter().zip(&made) {
        tally_page(page, made, &mut tally);
    }
    let f1 = |p: &str, r: &str| {
        tally
            .mean(p)
            .zip(tally.mean(r))
            .map(|(p, r)| harmonic(p, r))
    };
    let mut scores: BTreeMap<&'static str, f64> = [
        "word_f1",
        "article_f1",
        "told_f1",
        "title_fuzzy",
        "author_f1",
        "author_none",
        "date_exact",
    ]
    .into_iter()
    .filter_map(|name| Some((name, tally.mean(name)?)))
    .collect();
    scores.extend(f1("shingle_p", "shingle_r").map(|value| ("shingle_f1", value)));
    scores.extend(f1("snip_p", "snip_r").map(|value| ("snip_f1", value)));
    scores
}

/// All pages of a suite, on all cores.
fn make_all(folder: &Path, truth: &[Value], urls: &HashMap<String, Option<String>>) -> Vec<Made> {
    let next = AtomicUsize::new(0);
    let mut made: Vec<(usize, Made)> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let Some(page) =
                Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&at| at < truth.len())
            {
                let id = truth[page]["id"].as_str().unwrap();
                done.push((
                    page,
                    make(
                        &folder.join("pages").join(format!("{id}.html")),
                        urls[id].as_deref(),
                    ),
                ));
            }
            done
        };
        let workers: Vec<_> = (0..std::thread::available_parallelism().map_or(1, usize::from))
            .map(|_| scope.spawn(work))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    made.sort_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, made)| made).collect()
}

fn make(path: &Path, url: Option<&str>) -> Made {
    let page = Page::from_html(fs::read(path).unwrap());
    let page = match url {
        Some(url) => page.at(url),
        None => page,
    };
    let Ok(article) = extract(&page, &Options::default()) else {
        return Made::default();
    };
    Made {
        text: article.text,
        title: article.metadata.title.unwrap_or_default(),
        date: article
            .metadata
            .date_published
            .unwrap_or_default()
            .chars()
            .take(10)
            .collect(),
        authors: article
            .metadata
            .authors
            .into_iter()
            .map(|author| author.name)
            .collect(),
    }
}

/// Names as sets of lower-case words in order, initials and titles as written.
fn names(list: &[String]) -> BTreeSet<String> {
    let keys = list.iter().map(|name| words(name).join(" "));
    keys.filter(|name| !name.is_empty()).collect()
}

fn tally_page(page: &Value, made: &Made, tally: &mut Tally) {
    if let Some(text) = page["text"].as_str() {
        let f1 = word_f1(text, &made.text);
        tally.add("word_f1", f1);
        if !made.text.is_empty() {
            tally.add("told_f1", f1);
        }
        if page["page_type"] == "article" {
            tally.add("article_f1", f1);
        }
        let (precision, recall) = shingles(text, &made.text);
        for (name, value) in [("shingle_p", precision), ("shingle_r", recall)] {
            if let Some(value) = value {
                tally.add(name, value);
            }
        }
    }
    let (with, without) = (snippets(&page["with"]), snippets(&page["without"]));
    if !with.is_empty() || !without.is_empty() {
        let body = squash(&made.text);
        let found = |list: &[String]| {
            list.iter()
                .filter(|snippet| body.contains(snippet.as_str()))
                .count() as f64
        };
        let (hits, wrong) = (found(&with), found(&without));
        tally.add_of("snip_p", hits, hits + wrong);
        tally.add_of("snip_r", hits, with.len() as f64);
    }
    if let Some(title) = page["title"].as_str().filter(|title| !title.is_empty()) {
        let (a, b) = (words(title), words(&made.title));
        let fuzzy = a == b
            || harmonic(
                overlap(&a, &b) / b.len().max(1) as f64,
                overlap(&a, &b) / a.len().max(1) as f64,
            ) >= 0.8;
        tally.add("title_fuzzy", f64::from(u8::from(fuzzy)));
    }
    if page["authors"].is_array() {
        let (named, given) = (names(&snippets(&page["authors"])), names(&made.authors));
        let hits = named.intersection(&given).count() as f64;
        if named.is_empty() {
            // The share of pages that name nobody for which nobody was given.
            tally.add("author_none", f64::from(u8::from(given.is_empty())));
        } else {
            let (precision, recall) = (hits / given.len().max(1) as f64, hits / named.len() as f64);
            tally.add("author_f1", harmonic(precision, recall));
        }
    }
    if let Some(date) = page["date"].as_str() {
        tally.add("date_exact", f64::from(u8::from(made.date == date)));
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn squash(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn snippets(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(squash)
        .collect()
}

/// Size of the intersection of two bags.
fn overlap<T: std::hash::Hash + Eq>(a: &[T], b: &[T]) -> f64 {
    let mut counts: HashMap<&T, i64> = HashMap::new();
    for item in a {
        *counts.entry(item).or_default() += 1;
    }
    b.iter()
        .filter(|item| {
            counts.get_mut(item).is_some_and(|count| {
                *count -= 1;
                *count >= 0
            })
        })
        .count() as f64
}

fn harmonic(p: f64, r: f64) -> f64 {
    if p + r > 0.0 {
        2.0 * p * r / (p + r)
    } else {
        0.0
    }
}

fn word_f1(truth: &str, made: &str) -> f64 {
    let (a, b) = (words(truth), words(made));
    if a.is_empty() || b.is_empty() {
        return f64::from(u8::from(a.is_empty() && b.is_empty()));
    }
    let hits = overlap(&a, &b);
    harmonic(hits / b.len() as f64, hits / a.len() as f64)
}

/// Precision and recall of 4-word shingles, case kept; none where the denominator is empty.
fn shingles(truth: &str, made: &str) -> (Option<f64>, Option<f64>) {
    let grams = |text: &str| -> Vec<String> {
        let words: Vec<&str> = text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .collect();
        match words.len() {
            0 => Vec::new(),
            1..=3 => vec![words.join(" ")],
            _ => words.windows(4).map(|gram| gram.join(" ")).collect(),
        }
    };
    let (a, b) = (grams(truth), grams(made));
    let hits = overlap(&a, &b);
    let share = |whole: &[String]| (!whole.is_empty()).then(|| hits / whole.len() as f64);
    (share(&b), share(&a))
}
