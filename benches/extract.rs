//! `extract LIST [ROUNDS]`: the whole extraction, text and metadata, of the files of a list, on one thread.
//!
//! The files are read before the clock starts. Prints for each round what a page and a megabyte cost.

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::hint::black_box;
use std::time::Instant;

use chaffinch::extract::{Options, extract};
use chaffinch::page::Page;

#[allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "what a benchmark is for"
)]
fn main() {
    let mut args = std::env::args().skip(1);
    let list = args.next().expect("a list of files");
    let rounds: usize = args
        .next()
        .map_or(3, |rounds| rounds.parse().expect("a number"));
    let list = std::fs::read_to_string(list).expect("a list");
    let read = |path| Page::from_html(std::fs::read(path).expect("a file"));
    let pages: Vec<Page> = list.lines().map(read).collect();
    let bytes: usize = pages.iter().map(|page| page.body.len()).sum();
    let options = Options::default();
    for _ in 0..rounds {
        let start = Instant::now();
        for page in &pages {
            let _ = black_box(extract(black_box(page), &options));
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{} pages, {:.1} MB: {:.2} ms a page, {:.0} pages/s, {:.1} MB/s",
            pages.len(),
            bytes as f64 / 1e6,
            seconds * 1e3 / pages.len() as f64,
            pages.len() as f64 / seconds,
            bytes as f64 / 1e6 / seconds,
        );
    }
}
