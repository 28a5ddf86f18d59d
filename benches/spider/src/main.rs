//! `with-spider URLS`: asks for each URL of a list with spider, and `dom_smoothie` over it, its text counted.

use futures_util::{StreamExt, stream};
use spider::{page::Page, tokio, website::Website};

/// Requests at once, as in the crawl.
const CONCURRENCY: usize = 32;

/// A page for each URL, over a client that spider makes: a `Website` for each URL or for all of them costs more,
/// and one for each host loses pages (`benches/README.md`).
#[tokio::main]
async fn main() {
    let list = std::env::args().next_back().expect("a list");
    let list = std::fs::read_to_string(list).expect("a list");
    let urls: Vec<String> = list.lines().map(str::to_owned).collect();
    // Starts the thread that connects, too.
    let (client, _) = Website::new(&urls[0]).setup_base();
    let bytes = stream::iter(urls)
        .map(|url| {
            let client = client.clone();
            // Extraction stays on the thread that has the page: quicker here than the blocking pool.
            tokio::spawn(async move { smoothie(&Page::new_page(&url, &client).await) })
        })
        .buffer_unordered(CONCURRENCY)
        .fold(0, |sum, bytes| async move {
            sum + bytes.expect("a page") as u64
        })
        .await;
    println!("{bytes} bytes");
}

fn smoothie(page: &Page) -> usize {
    let html = page.get_html();
    // Spider tells of no error: a page that did not come is an empty one.
    assert!(
        page.status_code.is_success() && !html.is_empty(),
        "{}: {}",
        page.get_url(),
        page.status_code
    );
    dom_smoothie::Readability::new(html, None, None)
        .and_then(|mut readability| readability.parse())
        .map_or(0, |article| article.text_content.len())
}
