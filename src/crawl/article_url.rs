//! Which links of a front page lead to articles: by how the addresses are built and what the links
//! say. It orders, and leaves out only what is surely no page; whether a page is an article is seen
//! when it is read.

use url::Url;

use super::trap::date_in;

/// Ends of files that are no pages.
const FILES: [&str; 24] = [
    "jpg", "jpeg", "png", "gif", "webp", "svg", "ico", "css", "js", "json", "xml", "rss", "pdf",
    "zip", "gz", "mp3", "mp4", "m3u8", "webm", "mov", "doc", "docx", "xlsx", "epub",
];
/// Segments of addresses where a reader does something other than read.
const DOING: [&str; 24] = [
    "login",
    "signin",
    "sign-in",
    "register",
    "signup",
    "logout",
    "account",
    "subscribe",
    "subscription",
    "abo",
    "newsletter",
    "newsletters",
    "search",
    "suche",
    "cart",
    "checkout",
    "share",
    "print",
    "contact",
    "impressum",
    "privacy",
    "datenschutz",
    "terms",
    "cookies",
];
/// Segments of addresses that list or describe rather than tell.
const LISTING: [&str; 14] = [
    "tag",
    "tags",
    "topic",
    "topics",
    "thema",
    "themen",
    "author",
    "authors",
    "autor",
    "category",
    "kategorie",
    "page",
    "about",
    "jobs",
];

/// How much a link looks like one to an article; higher is more. None for what is no page, or where
/// a reader does something other than read.
#[must_use]
pub fn likeness(url: &Url, text: &str) -> Option<u32> {
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let last = segments.last()?;
    let (name, end) = last.rsplit_once('.').unwrap_or((last, ""));
    if FILES.contains(&end) || segments.iter().any(|segment| DOING.contains(segment)) {
        return None;
    }
    let digits = longest_run(name, |byte| byte.is_ascii_digit());
    let signs = [
        // A slug of several words is a headline.
        (
            name.split(['-', '_']).filter(|word| word.len() > 1).count() >= 4,
            4,
        ),
        (date_in(url).is_some(), 4),
        // A number of five digits and more is that of a story, not a year or a page.
        (digits >= 5, 3),
        (matches!(end, "html" | "htm" | "shtml"), 1),
        // So is what the link says: headlines have more words than sections.
        (text.split_whitespace().count() >= 4, 3),
        (segments.len() >= 2, 1),
        (!segments.iter().any(|segment| LISTING.contains(segment)), 2),
    ];
    Some(
        signs
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, weight)| weight)
            .sum(),
    )
}

fn longest_run(text: &str, is: impl Fn(u8) -> bool) -> usize {
    let (mut longest, mut run) = (0, 0);
    for byte in text.bytes() {
        run = if is(byte) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(path: &str, text: &str) -> Option<u32> {
        likeness(
            &Url::parse(&format!("https://courier.example{path}")).unwrap(),
            text,
        )
    }

    #[test]
    fn articles_come_before_sections_and_these_before_nothing() {
        let article = score(
            "/news/2026/03/02/harrow-bridge-reopens-after-ten-years",
            "Harrow Bridge reopens after ten years",
        );
        let numbered = score(
            "/politik/article123456.html",
            "Brücke nach zehn Jahren wieder offen",
        );
        let section = score("/politics", "Politics");
        let tag = score("/tag/bridges", "Bridges");
        assert!(
            article > numbered && numbered > section && section > tag,
            "{article:?} {numbered:?} {section:?} {tag:?}"
        );
        for path in [
            "/",
            "/logo.svg",
            "/login?next=/a",
            "/account/newsletter/x-y-z-w-v",
        ] {
            assert_eq!(score(path, "A link of several words"), None, "{path}");
        }
    }
}
