//! What parsing costs: `parse FOLDER [ROUNDS] [PARSER]` over 400 pages `*.html` of a folder, on one
//! thread.
//!
//! Each round parses every page by each parser in turn, so that what else the machine does meets all
//! alike; a parser's time is that of its best round. Then our parser alone: the folder's pages of 10 KB,
//! 100 KB and 1 MB, joined pages up to 20 MB, and hostile ones, each by its time per byte against that of
//! the page in the middle. With a PARSER, `ours` for one, that alone and no more: for a profiler.

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(clippy::print_stdout, reason = "its output")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails ends")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

#[path = "pages/nothing.rs"]
mod nothing;
mod pages;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use chaffinch::extract::dom::{Limits, parse};
use nothing::parse_into_nothing;
use pages::{hostile, join};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let folder = Path::new(args.get(1).expect("a folder of pages"));
    let rounds = args.get(2).map_or(5, |arg| arg.parse().unwrap());
    let mut pages = read(folder);
    compare(&pages, rounds, args.get(3).map(String::as_str));
    if args.get(3).is_some() {
        return;
    }
    pages.sort_by_key(String::len);
    let middle = time_per_byte(&pages[pages.len() * 2 / 5..pages.len() * 3 / 5]);
    println!("\n| page | KB | MB/s | time per byte, times that of a page in the middle |");
    println!("| --- | ---: | ---: | ---: |");
    for bytes in [10_000, 100_000, 1_000_000] {
        let nearest = pages.partition_point(|page| page.len() < bytes);
        let last = (nearest + 5).min(pages.len());
        report("of the folder", &pages[last - 10.min(last)..last], middle);
    }
    for bytes in [1_000_000, 20_000_000] {
        report("joined", &[join(&pages, bytes)], middle);
    }
    for (name, page) in hostile(20_000_000) {
        report(name, &[page], middle);
    }
}

fn read(folder: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "html"))
        .collect();
    paths.sort();
    paths.truncate(400);
    let text = |path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    paths.into_iter().map(text).collect()
}

/// Prints a line a parser.
fn compare(pages: &[String], rounds: usize, only: Option<&str>) {
    type Parser = (&'static str, fn(&str));
    let parsers: [Parser; 3] = [
        ("html5ever into nothing", parse_into_nothing),
        ("scraper", |html| {
            black_box(scraper::Html::parse_document(html));
        }),
        ("ours", |html| {
            black_box(parse(html, &Limits::default()));
        }),
    ];
    let bytes: usize = pages.iter().map(String::len).sum();
    let mut best = [f64::MAX; 3];
    for _ in 0..rounds {
        let mut taken = [0.0; 3];
        for page in pages {
            for ((name, parser), taken) in parsers.iter().zip(&mut taken) {
                if only.is_none_or(|only| only == *name) {
                    *taken += seconds(|| parser(page));
                }
            }
        }
        for (best, taken) in best.iter_mut().zip(taken) {
            *best = best.min(taken);
        }
    }
    println!("{} pages, {:.1} MB", pages.len(), bytes as f64 / 1e6);
    println!("| parser | MB/s | times html5ever into nothing |");
    println!("| --- | ---: | ---: |");
    for ((name, _), seconds) in parsers.iter().zip(best) {
        let speed = bytes as f64 / 1e6 / seconds;
        println!("| {name} | {speed:.0} | {:.2} |", best[0] / seconds);
    }
}

fn seconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

fn report(name: &str, pages: &[String], middle: f64) {
    let bytes: usize = pages.iter().map(String::len).sum();
    let per_byte = time_per_byte(pages);
    println!(
        "| {name} | {} | {:.0} | {:.2} |",
        bytes / pages.len() / 1000,
        1e3 / per_byte,
        per_byte / middle
    );
}

/// Our nanoseconds a byte; of several rounds, the best.
fn time_per_byte(pages: &[String]) -> f64 {
    let bytes: usize = pages.iter().map(String::len).sum();
    let rounds = if bytes > 10_000_000 { 2 } else { 10 };
    let once = || {
        for page in pages {
            black_box(parse(page, &Limits::default()));
        }
    };
    let best = (0..rounds).map(|_| seconds(once)).fold(f64::MAX, f64::min);
    best * 1e9 / bytes as f64
}
