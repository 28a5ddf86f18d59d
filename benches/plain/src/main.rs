//! `plain fetch URLS`: asks for each URL of a list and unpacks the answer.
//! `plain smoothie URLS`: the same, and `dom_smoothie` over it, its text counted.
//! `plain extract PAGES`: our extraction over each file of a list, nothing fetched or written.
//! `plain peer NAME PAGES`: somebody's extraction over each file of a list, on one thread: `PEERS`.

#[path = "../../pages/nothing.rs"]
mod nothing;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};

/// Requests at once, as in the crawl.
const CONCURRENCY: usize = 32;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let list = std::fs::read_to_string(args.last().expect("a list")).expect("a list");
    let lines: Vec<String> = list.lines().map(str::to_owned).collect();
    let bytes = match args[1].as_str() {
        "fetch" => fetch(lines, |body| body.len()),
        "smoothie" => fetch(lines, smoothie),
        "extract" => extract(&lines),
        "peer" => peer(&args[2], &lines),
        other => panic!("{other}?"),
    };
    println!("{bytes} bytes");
}

fn smoothie(body: String) -> usize {
    dom_smoothie::Readability::new(body, None, None)
        .and_then(|mut readability| readability.parse())
        .map_or(0, |article| article.text_content.len())
}

#[tokio::main]
async fn fetch(urls: Vec<String>, then: fn(String) -> usize) -> u64 {
    let client = reqwest::Client::builder().build().expect("a client");
    stream::iter(urls)
        .map(|url| {
            let client = client.clone();
            tokio::spawn(async move {
                let body = client.get(url).send().await?.error_for_status()?.text().await?;
                // On the thread that has the page: quicker here than the blocking pool, and in a quarter of its memory.
                Ok::<_, reqwest::Error>(then(body) as u64)
            })
        })
        .buffer_unordered(CONCURRENCY)
        .fold(0, |sum, bytes| async move { sum + bytes.expect("no panic").expect("an answer") })
        .await
}

/// On all cores, as the crawl does.
fn extract(paths: &[String]) -> u64 {
    let (next, bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let page = chaffinch::page::Page::from_html(std::fs::read(path).expect("a page"));
                    let options = chaffinch::extract::Options::default();
                    if let Ok(article) = chaffinch::extract::extract(&page, &options) {
                        bytes.fetch_add(article.text.len() as u64, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    bytes.into_inner()
}

/// Who else makes text of a page; html5ever, that no more than parses it.
const PEERS: [(&str, fn(&str) -> usize); 4] = [
    ("dom_smoothie", |html| smoothie(html.to_owned())),
    ("rs-trafilatura", |html| {
        rs_trafilatura::extract(html).map_or(0, |found| found.content_text.len())
    }),
    ("trafilatura", |html| {
        let options = trafilatura::Options::default();
        trafilatura::extract(html, &options).map_or(0, |found| found.content_text.len())
    }),
    ("html5ever", |html| {
        nothing::parse_into_nothing(html);
        html.len()
    }),
];

fn peer(name: &str, paths: &[String]) -> u64 {
    let known = PEERS.iter().find(|(known, _)| *known == name);
    let (_, extract) = known.expect("a peer");
    let read = |path| String::from_utf8_lossy(&std::fs::read(path).expect("a page")).into_owned();
    paths.iter().map(|path| extract(&read(path)) as u64).sum()
}
