//! `extract LIST [ROUNDS] [growth]`: the whole extraction, text and metadata, of the files of a list, on one
//! thread.
//!
//! Each file is read right before, while the clock rests. A line may give a file's address after a tab: then it is a page
//! as a crawl has it, with the time at which it was fetched. Prints for each round what a page and a megabyte cost. With
//! `growth` then the time per byte as pages grow, the list's own, one page from 10 KB to 20 MB, joined ones and
//! hostile ones, each against that of the list's pages in the middle.

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]
#![allow(clippy::print_stdout, reason = "its output")]

mod pages;

use std::hint::black_box;
use std::time::Instant;

use chaffinch::extract::{Options, extract};
use chaffinch::page::Page;
use jiff::Timestamp;
use pages::{grown, hostile, hostile_to_loops, hostile_to_readers, join};

fn main() {
    let mut args = std::env::args().skip(1);
    let list = args.next().expect("a list of files");
    let rounds: usize = args
        .next()
        .map_or(3, |rounds| rounds.parse().expect("a number"));
    let list = std::fs::read_to_string(list).expect("a list");
    for _ in 0..rounds {
        let (mut pages, mut bytes, mut time) = (0.0, 0.0, 0.0);
        for page in list.lines().map(read) {
            pages += 1.0;
            bytes += page.body.len() as f64;
            time += seconds(&[page]);
        }
        println!(
            "{pages} pages, {:.1} MB: {:.2} ms a page, {:.0} pages/s, {:.1} MB/s",
            bytes / 1e6,
            time * 1e3 / pages,
            pages / time,
            bytes / 1e6 / time,
        );
    }
    if args.next().is_some_and(|arg| arg == "growth") {
        let mut pages: Vec<Page> = list.lines().map(read).collect();
        pages.sort_by_key(|page| page.body.len());
        grow(&pages);
    }
}

fn read(line: &str) -> Page {
    let (path, address) = line.split_once('\t').unwrap_or((line, ""));
    let page = Page::from_html(std::fs::read(path).expect("a file"));
    if address.is_empty() {
        return page;
    }
    Page {
        fetched_at: Some(FETCHED_AT),
        ..page.at(address)
    }
}

/// 2026-11-01, after the pages of all lists.
const FETCHED_AT: Timestamp = Timestamp::constant(1_793_491_200, 0);

fn bytes(pages: &[Page]) -> f64 {
    pages.iter().map(|page| page.body.len()).sum::<usize>() as f64
}

fn seconds(pages: &[Page]) -> f64 {
    let options = Options::default();
    let start = Instant::now();
    for page in pages {
        let _ = black_box(extract(black_box(page), &options));
    }
    start.elapsed().as_secs_f64()
}

/// Time per byte of ever larger pages, and of hostile ones.
fn grow(pages: &[Page]) {
    let middle = time_per_byte(&pages[pages.len() * 2 / 5..pages.len() * 3 / 5]);
    println!("\n| page | KB | MB/s | time per byte, times that of a page in the middle |");
    println!("| --- | ---: | ---: | ---: |");
    for size in [10_000, 30_000, 100_000, 300_000, 1_000_000] {
        let nearest = pages.partition_point(|page| page.body.len() < size);
        let last = (nearest + 5).min(pages.len());
        report("of the list", &pages[last - 10.min(last)..last], middle);
    }
    let text = |page: &Page| String::from_utf8_lossy(&page.body).into_owned();
    let texts: Vec<String> = pages.iter().map(text).collect();
    for size in [
        10_000, 20_000, 50_000, 100_000, 300_000, 1_000_000, 5_000_000, 20_000_000,
    ] {
        report("grown", &[Page::from_html(grown(size))], middle);
    }
    for size in [1_000_000, 5_000_000, 20_000_000] {
        report("joined", &[Page::from_html(join(&texts, size))], middle);
    }
    // Of long ones the limit of nodes leaves out much.
    for size in [1_000_000, 20_000_000] {
        let made = [
            hostile(size),
            hostile_to_readers(size),
            hostile_to_loops(size),
        ];
        for (name, page) in made.into_iter().flatten() {
            report(name, &[Page::from_html(page)], middle);
        }
    }
}

fn report(name: &str, pages: &[Page], middle: f64) {
    let per_byte = time_per_byte(pages);
    println!(
        "| {name} | {:.0} | {:.1} | {:.2} |",
        bytes(pages) / 1e3 / pages.len() as f64,
        1e3 / per_byte,
        per_byte / middle
    );
}

/// Nanoseconds a byte; of several rounds, the best.
fn time_per_byte(pages: &[Page]) -> f64 {
    let rounds = match bytes(pages) {
        small if small < 500_000.0 => 200,
        large if large > 10_000_000.0 => 2,
        _ => 5,
    };
    let best = (0..rounds).map(|_| seconds(pages)).fold(f64::MAX, f64::min);
    best * 1e9 / bytes(pages)
}
