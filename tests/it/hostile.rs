//! Pages made to take long, as the benchmark has them: a loop in a loop over one of these takes minutes.

use chaffinch::extract::{Options, extract};
use chaffinch::page::Page;

#[path = "../../benches/pages/mod.rs"]
#[allow(dead_code, reason = "long pages are for the benchmark")]
mod pages;

const BYTES: usize = 2_000_000;

#[test]
fn pages_made_to_take_long_end() {
    let made = [
        pages::hostile(BYTES),
        pages::hostile_to_readers(BYTES),
        pages::hostile_to_loops(BYTES),
    ];
    let mut articles = 0;
    for (name, html) in made.into_iter().flatten() {
        let len = html.len();
        if let Ok(article) = extract(&Page::from_html(html), &Options::default()) {
            articles += 1;
            assert!(article.text.len() <= len, "{name}");
            let metadata = article.metadata;
            assert!(
                metadata.title.is_none_or(|title| title.len() < 2_000),
                "{name}"
            );
            assert!(
                metadata.authors.len() <= 100 && metadata.tags.len() <= 50,
                "{name}"
            );
        }
    }
    assert!(articles > 20, "{articles}");
}
