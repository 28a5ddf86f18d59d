//! What holds for every input.

use chaffinch::article::Article;
use chaffinch::extract::dom::{Limits, parse};
use chaffinch::extract::{Options, extract};
use chaffinch::page::{BodyKind, Page};
use proptest::prelude::*;

fn anything() -> Options {
    Options {
        min_words: 1,
        ..Options::default()
    }
}

fn read(html: &str) -> Option<Article> {
    extract(&Page::from_html(html), &anything()).ok()
}

/// A page of prose, lists, tables, boxes, links and hidden parts in any order and nesting.
fn page() -> impl Strategy<Value = String> {
    page_of(vec![
        "div", "section", "article", "aside", "main", "span", "td", "footer",
    ])
}

fn page_of(containers: Vec<&'static str>) -> impl Strategy<Value = String> {
    let nested = leaf().prop_recursive(3, 24, 6, move |inner| {
        (
            prop::sample::select(containers.clone()),
            prop::collection::vec(inner, 1..6),
        )
            .prop_map(|(tag, parts)| format!("<{tag}>{}</{tag}>", parts.concat()))
    });
    prop::collection::vec(nested, 1..8)
        .prop_map(|parts| format!("<title>A title of words</title><body>{}", parts.concat()))
}

const SENTENCE: &str = "[A-Za-z]{2,9}( [a-z]{1,9}){4,25}[.!?]";

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => SENTENCE.prop_map(|text| format!("<p>{text}</p>")),
        1 => SENTENCE.prop_map(|text| format!("{text}<br><br>")),
        1 => "[A-Z][a-z]{2,8}( [a-z]{2,8}){1,6}".prop_map(|text| format!("<h2>{text}</h2>")),
        1 => SENTENCE.prop_map(|text| format!("<ul><li>{text}<li><a href=/x>{text}</a></ul>")),
        1 => SENTENCE.prop_map(|text| format!("<table><tr><td>{text}<td>b</table>")),
        1 => SENTENCE.prop_map(|text| format!("<blockquote>{text}</blockquote>")),
        1 => SENTENCE.prop_map(|text| format!("<div class=related><a href=/y>{text}</a></div>")),
        1 => SENTENCE.prop_map(|text| format!("<p style='display:none'>{text}</p>")),
        1 => Just("<p>Advertisement</p>".to_owned()),
        1 => Just("<h4>Recommended news</h4><h3><a href=/z>Other</a></h3>".to_owned()),
    ]
}

/// A story whose every paragraph is shown and called nothing.
fn plain_story() -> impl Strategy<Value = String> {
    prop::collection::vec(SENTENCE, 4..12).prop_map(|texts| {
        let paragraphs: String = texts.iter().map(|text| format!("<p>{text}</p>")).collect();
        format!("<title>A title of words</title><body><div>{paragraphs}</div>")
    })
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), html in any::<bool>()) {
        let kind = if html { BodyKind::Html } else { BodyKind::PlainText };
        let page = Page { kind, ..Page::from_html(bytes) };
        let _ = extract(&page, &anything());
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,400}", tags in "(<[a-z]{1,6}( [a-z]{1,5}=[\"']?.{0,5})?>|</[a-z]{1,6}>|.){0,200}") {
        let _ = read(&format!("{text}{tags}{text}"));
        let _ = extract(&Page { kind: BodyKind::PlainText, ..Page::from_html(text) }, &anything());
    }

    #[test]
    fn the_same_page_gives_the_same_article(html in page()) {
        prop_assert_eq!(read(&html), read(&html));
    }

    #[test]
    fn every_word_is_the_pages_own_and_used_no_more_often(html in page()) {
        if let Some(article) = read(&html) {
            let tree = parse(&html, &Limits::default());
            // Elements part words; the text of the tree alone would glue them.
            let all: String = tree.ids().filter_map(|id| tree.text(id)).flat_map(|text| [text, " "]).collect();
            let mut left = words(&all);
            for word in words(&article.text) {
                let at = left.iter().position(|have| *have == word);
                prop_assert!(at.is_some(), "{} is not in the page, or not so often", word);
                left.swap_remove(at.unwrap());
            }
        }
    }

    #[test]
    fn blocks_stand_in_page_order(html in page()) {
        if let Some(article) = read(&html) {
            let tree = parse(&html, &Limits::default());
            let all: String = words(&tree.text_below(0)).concat();
            let mut from = 0;
            for block in &article.body {
                let text: String = words(&block.text).concat();
                let at = all[from..].find(&text);
                prop_assert!(at.is_some(), "{:?} out of order", block.text);
                from += at.unwrap() + text.len();
            }
        }
    }

    #[test]
    fn an_aside_changes_nothing(html in plain_story(), noise in "[a-z]{3,8}( [a-z]{3,8}){3,20}\\.") {
        if let Some(article) = read(&html).filter(|article| article.word_count > 60) {
            let other = read(&format!("{html}<aside><p>{noise}</p></aside>"));
            prop_assert_eq!(other.map(|other| other.text), Some(article.text));
        }
    }
}

const STORY: &str = "<p>A sentence at the bottom of it all, for what it is worth to its readers.";

fn numbered(times: usize, part: &str) -> String {
    let number = |n: usize| part.replace("{}", &n.to_string());
    (0..times).map(number).collect()
}

fn json(json: &str) -> String {
    format!("<script type=application/ld+json>{json}</script>")
}

/// Pages that are slow to read unless somebody thought of them, to be followed by the story.
fn hostile() -> Vec<String> {
    // In letters: a name has no digits.
    let names =
        numbered(20_000, r#"{"name":"Ann {}"},"#).replace(|c: char| c.is_ascii_digit(), "x");
    vec![
        "<div>".repeat(30_000),
        "<ul><li>".repeat(15_000),
        "<b>".repeat(100_000),
        "<table><tr><td>".repeat(20_000),
        "<p><b a=1>".repeat(50_000),
        "<p>x".repeat(100_000),
        format!("<div {}>", numbered(200_000, "a{} ")),
        format!("<div {}>", numbered(200_000, "a{}=''")),
        format!(
            "<svg><title><a {}></a></title></svg>",
            numbered(200_000, "a{} ")
        ),
        format!("<p title='{}'>x", "y".repeat(5_000_000)),
        format!(
            "<p><b class='{}'>{}",
            "y".repeat(1_000_000),
            "<p>x".repeat(30_000)
        ),
        format!("<title>{}</title>", "word - other | ".repeat(200_000)),
        format!(
            "<title>{}</title>{}",
            "t - ".repeat(200),
            "<h1>t t t t t t</h1>".repeat(50_000)
        ),
        "<a href=x>".repeat(100_000) + "</a>",
        format!(
            "<table>{}</table>",
            "<tr><td colspan=1000000>x".repeat(50_000)
        ),
        format!("<p>{}", "aaaa!- ".repeat(500_000)),
        format!(
            "<p>{}",
            "e\u{301}\u{301}\u{301}\u{200b}\u{ad}".repeat(200_000)
        ),
        json(&"[".repeat(1_000_000)),
        json(&format!(r#"{{"@type":"Article","author":[{names}"Bo"]}}"#)),
        json(&format!(
            r##"[{{"@type":"Article","author":[{}7]}},{{"@id":"#a","name":"Ann","x":[{}7]}}]"##,
            r##"{"@id":"#a"},"##.repeat(5_000),
            r#""x","#.repeat(300_000),
        )),
        "<meta name=author content='Ann Lee'><meta name=keywords content=a,b>".repeat(50_000),
        format!(
            "<div>{}</div>",
            "<div><a href=x><img>word and word</a></div>".repeat(40_000)
        ),
        format!("<div>{}", "</x>".repeat(300)).repeat(2_000),
        numbered(1_000, "<p><b a={}></p>"),
        "<form><object></form></object>".repeat(5_000),
        format!(
            "{}{}",
            "<i class=author>".repeat(500),
            "<i class=author>x</i>".repeat(50_000)
        ),
        format!(
            "{}{}",
            "<i itemprop=datePublished>".repeat(500),
            "2 May x ".repeat(100_000)
        ),
    ]
}

/// The same, slow to tell titles, authors and dates of.
fn hostile_claims() -> Vec<String> {
    let list = |part: &str, times: usize| format!("[{}]", vec![part; times].join(","));
    let article = |says: &str| format!(r#"{{"@type":"NewsArticle","headline":"x",{says}}}"#);
    let person = |n: usize| {
        format!("\"Ann {n:020b}\"")
            .replace('0', "o")
            .replace('1', "i")
    };
    let people = |times: usize| {
        let people: Vec<String> = (0..times).map(person).collect();
        format!("[{}]", people.join(","))
    };
    let endless_base = format!("<base href='https://a.example/{}/'>", "a".repeat(1_000_000));
    vec![
        // Addresses that others resolve against.
        format!(
            "{endless_base}<link rel=canonical href=x>{}",
            json(&list(
                r#"{"@type":"Article","url":"a","@id":"b","mainEntityOfPage":"c"}"#,
                5_000
            )),
        ),
        endless_base + &"<meta property=og:image content=a>".repeat(30_000),
        format!(
            "<link rel=canonical href='https://a.example/{}'>{}",
            numbered(150_000, "{}-"),
            "<h1>The bridge of the town</h1>".repeat(60)
        ),
        // Days, each of which is compared with all others.
        format!(
            "<title>A bridge for the town</title><h1>A bridge for the town{}</h1>{}",
            "<b>2024-05-01</b>".repeat(60_000),
            "<time>3/4/2024</time>".repeat(60_000)
        ),
        format!(
            "<div>{}{}{}</div>",
            "<time itemprop=datePublished>".repeat(50),
            "word ".repeat(790),
            "</time>".repeat(50)
        )
        .repeat(600),
        format!(
            "<p><b itemprop='{}'>x{}",
            "a ".repeat(250_000),
            "<p>x".repeat(30_000)
        ),
        // Names.
        format!(
            "<p class=byline>By Carl Miller</p>{}{}",
            json(&article(&format!(r#""author":{}"#, people(100)))),
            "<p>x".repeat(60_000)
        ),
        json(&article(&format!(r#""author":{}"#, people(200_000)))),
        format!(
            "{}{}{}",
            "<div class=author>".repeat(50),
            "<i>x y</i>".repeat(30),
            "</div>".repeat(50)
        )
        .repeat(1_000),
        "<p>written by: by written by - written by | written by".repeat(40_000),
        json(&article(&format!(
            r#""author":{}"#,
            list(&format!(r#""x{}""#, " may".repeat(490)), 2_000)
        ))),
        format!(
            "<p><a href=x rel='{}'>x{}",
            "a ".repeat(250_000),
            "<p>x".repeat(30_000)
        ),
        // Texts with markup, each of which is parsed.
        json(&format!(
            r#"{{"headline":"x","@type":{}}}"#,
            list(r#""&""#, 500_000)
        )),
        json(&article(&format!(
            r#""keywords":{}"#,
            list(r#""&""#, 500_000)
        ))),
    ]
}

#[test]
fn hostile_pages_end_within_bounds() {
    let limits = Limits::default();
    let pages = hostile().into_iter().chain(hostile_claims());
    for (at, html) in pages.enumerate() {
        let html = html + STORY;
        let tree = parse(&html, &limits);
        // What one token opens may pass the limit: formatting that goes on, text in the deepest element.
        assert!(tree.len() <= limits.nodes + limits.nodes / 100, "page {at}");
        let deepest = tree.ids().map(|id| tree.depth(id)).max();
        assert!(deepest <= Some(limits.depth + 1), "page {at}: {deepest:?}");
        if tree.cut.nodes {
            continue;
        }
        let article = read(&html).unwrap_or_else(|| panic!("page {at} has no article"));
        assert!(article.text.len() <= html.len(), "page {at}");
        let metadata = article.metadata;
        assert!(
            metadata.title.is_none_or(|title| title.len() < 2_000),
            "page {at}"
        );
        assert!(
            metadata.authors.len() <= 100 && metadata.tags.len() <= 50,
            "page {at}"
        );
    }
}

#[test]
fn pages_that_swallow_their_story_end() {
    for html in [
        format!("<script>{}", "x<y ".repeat(500_000)),
        format!("<title>{}", "t".repeat(5_000_000)),
        format!("<!--{}", "-".repeat(5_000_000)),
        "<template><div>".repeat(100_000),
        "<svg><foreignObject>".repeat(50_000),
    ] {
        assert_eq!(read(&(html + STORY)), None);
    }
}

#[test]
fn what_stands_deeper_than_the_limit_is_flattened_and_told() {
    let story = "<p>This sentence stands far deeper than anybody would nest a page of their own free will.</p>".repeat(3);
    let html = format!("{}{story}", "<div>".repeat(2_000));
    let article = read(
        &html
            .replacen("sentence", "first", 1)
            .replacen("sentence", "second", 1),
    )
    .unwrap();
    assert_eq!(article.body.len(), 3);
    assert!(
        article
            .warnings
            .contains(&chaffinch::page::Warning::TooDeep)
    );
}
