//! Typed blocks and their Markdown, for any page.

use chaffinch::article::Article;
use chaffinch::article::details::{Details, Shape, Table, TypedBlock};
use chaffinch::extract::{Detail, Options, extract};
use chaffinch::output::Format;
use chaffinch::output::render::render;
use chaffinch::page::Page;
use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

fn full(html: &str) -> Option<Article> {
    let options = Options {
        min_words: 1,
        detail: Detail::Full,
        links: true,
        ..Options::default()
    };
    let page = Page::from_html(html).at("https://x.example/a/story.html");
    extract(&page, &options).ok()
}

fn details(article: &Article) -> &Details {
    article.details.as_ref().unwrap()
}

const SENTENCE: &str = "[A-Za-zäж]{2,9}( [a-z_*]{1,9}){4,25}[.!?]";

/// Pages of everything that has a type of its own, in any order and nesting.
fn page() -> impl Strategy<Value = String> {
    let text = || prop_oneof![SENTENCE, "[ !-~]{0,40}".prop_map(|text| escaped(&text))];
    let cell = (text(), 0..4u8, 0..4u8, any::<bool>()).prop_map(|(text, wide, high, head)| {
        let tag = if head { "th" } else { "td" };
        format!("<{tag} colspan={wide} rowspan={high}>{text}</{tag}>")
    });
    let row = prop::collection::vec(cell, 0..4).prop_map(|row| format!("<tr>{}", row.concat()));
    let table =
        prop::collection::vec(row, 1..5).prop_map(|t| format!("<table>{}</table>", t.concat()));
    let leaf = prop_oneof![
        3 => text().prop_map(|text| format!("<p>{text}</p>")),
        1 => text().prop_map(|text| format!("<h2>{text}</h2>")),
        1 => text().prop_map(|text| format!("{text}<br>{text}<br><br>")),
        1 => (text(), text()).prop_map(|(a, b)| format!("<p>{a} <a href=/x?a=1&b=(2)>{b}</a>, <a href=#c>{a}</a></p>")),
        1 => text().prop_map(|text| format!("<pre class=language-rust>{text}\n  {text}</pre>")),
        1 => text().prop_map(|text| format!("<figure><img src=/a.jpg alt=\"x\"><figcaption>{text}</figcaption></figure>")),
        1 => text().prop_map(|text| format!("<p style='display:none'>{text}</p>")),
        2 => table,
    ];
    let nested = leaf.prop_recursive(4, 32, 6, |inner| {
        let tags = vec![
            "div",
            "ul",
            "ol start=7",
            "li",
            "li",
            "blockquote",
            "article",
            "td",
        ];
        (
            prop::sample::select(tags),
            prop::collection::vec(inner, 1..6),
        )
            .prop_map(|(tag, parts)| {
                let name = tag.split(' ').next().unwrap();
                format!("<{tag}>{}</{name}>", parts.concat())
            })
    });
    prop::collection::vec(nested, 1..8)
        .prop_map(|parts| format!("<title>A title</title>{}", parts.concat()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

/// The blocks of a Markdown text as a reader of it sees them: of each the text, pieces of a table
/// and alternative texts parted by spaces.
fn parsed(markdown: &str) -> Vec<String> {
    let (_, body) = markdown.split_once("\n---\n").unwrap();
    let mut options = pulldown_cmark::Options::empty();
    options.insert(pulldown_cmark::Options::ENABLE_TABLES);
    options.insert(pulldown_cmark::Options::ENABLE_STRIKETHROUGH);
    let mut blocks = vec![String::new()];
    for event in Parser::new_ext(body, options) {
        match event {
            Event::Text(text) => blocks.last_mut().unwrap().push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::TableCell | TagEnd::Image) => {
                blocks.last_mut().unwrap().push(' ');
            }
            Event::Start(
                Tag::Paragraph
                | Tag::Heading { .. }
                | Tag::CodeBlock(_)
                | Tag::Table(_)
                | Tag::Item,
            ) => {
                blocks.push(String::new());
            }
            Event::Start(Tag::Image { dest_url, .. } | Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("https://x.example/"), "{dest_url}");
            }
            Event::Start(
                Tag::Emphasis
                | Tag::List(_)
                | Tag::BlockQuote(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::TableCell,
            )
            | Event::End(_) => {}
            other => panic!("{other:?} in {body}"),
        }
    }
    let blocks = blocks.iter().map(|text| spaced(text));
    blocks.filter(|text| !text.is_empty()).collect()
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same of the blocks themselves.
fn expected(article: &Article) -> Vec<String> {
    let blocks = &details(article).blocks;
    let mut texts: Vec<String> = article.metadata.title.iter().cloned().collect();
    for (at, block) in blocks.iter().enumerate() {
        let mut beside = [at.checked_sub(1), Some(at + 1)]
            .into_iter()
            .flatten()
            .filter_map(|at| blocks.get(at));
        match &block.shape {
            Shape::Table(table) => texts.push(table.rows.concat().join(" ")),
            Shape::Image(image) => {
                let caption = image
                    .caption
                    .clone()
                    .filter(|caption| beside.all(|block| block.text != *caption));
                let credit = image.credit.clone();
                let under = match (caption, credit) {
                    (Some(caption), Some(credit)) => format!("{caption} ({credit})"),
                    (caption, credit) => caption.or(credit).unwrap_or_default(),
                };
                texts.push(format!(
                    "{} {under}",
                    image.alt.as_deref().unwrap_or_default()
                ));
            }
            _ => texts.push(block.text.clone()),
        }
    }
    let texts = texts.iter().map(|text| spaced(text));
    texts.filter(|text| !text.is_empty()).collect()
}

fn is_rectangular(table: &Table) -> bool {
    let width = table.rows[0].len();
    let fits = |span: &chaffinch::article::details::Span| {
        span.row + span.rows <= table.rows.len() && span.column + span.columns <= width
    };
    table.rows.iter().all(|row| row.len() == width)
        && table.spans.iter().all(fits)
        && table.header_rows <= table.rows.len()
        && table.header_columns <= width
}

fn letters(text: &str) -> String {
    text.chars()
        .filter(|&c| !c.is_whitespace() && c != '|')
        .collect()
}

fn check_ranges(article: &Article) {
    let text = &article.text;
    let mut end = None;
    for TypedBlock {
        shape,
        text: own,
        text_range: [from, to],
        links,
        ..
    } in &details(article).blocks
    {
        assert_eq!(text.get(*from..*to), Some(own.as_str()));
        if matches!(shape, Shape::Image(_)) {
            assert_eq!((*from, own.as_str()), (end.unwrap_or(0), ""));
            continue;
        }
        assert_eq!(
            *from,
            end.map_or(0, |end| end + 2),
            "parted by a blank line"
        );
        end = Some(*to);
        let mut before = *from;
        for link in links {
            assert!(before <= link.text_range[0] && link.text_range[0] < link.text_range[1]);
            before = link.text_range[1];
        }
        assert!(before <= *to);
    }
    assert_eq!(end, Some(text.len()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ranges_cover_the_text(html in page()) {
        if let Some(article) = full(&html) {
            check_ranges(&article);
        }
    }

    #[test]
    fn tables_are_rectangular_and_hold_their_text(html in page()) {
        for block in full(&html).iter().flat_map(|article| &details(article).blocks) {
            if let Shape::Table(table) = &block.shape {
                prop_assert!(is_rectangular(table), "{:?}", table);
                let all = letters(&table.rows.concat().concat());
                // What spans places stands in each of them.
                prop_assert!(letters(&block.text).chars().all(|c| all.contains(c)));
            }
        }
    }

    #[test]
    fn links_hold_their_own_text(html in page()) {
        if let Some(article) = full(&html) {
            let links = details(&article).blocks.iter().flat_map(|block| &block.links);
            for link in links {
                let text = article.text.get(link.text_range[0]..link.text_range[1]);
                prop_assert!(text.is_some_and(|text| text.trim() == text && !text.is_empty()), "{:?}", text);
            }
        }
    }

    #[test]
    fn markdown_reads_as_the_blocks(html in page()) {
        if let Some(article) = full(&html) {
            let markdown = render(&article, Format::Markdown);
            prop_assert_eq!(parsed(&markdown), expected(&article), "{}", markdown);
        }
    }

    #[test]
    fn any_text_survives_markdown(texts in prop::collection::vec("[ -~\\n]{1,30}", 1..8)) {
        let mut article = full(&format!("<p>{}</p>", "A sentence that stands for all others of its kind. ".repeat(3))).unwrap();
        let texts: Vec<String> = texts.iter().map(|text| {
            let lines: Vec<String> = text.lines().map(spaced).filter(|line| !line.is_empty()).collect();
            lines.join("\n")
        }).filter(|text| !text.is_empty()).collect();
        let mut sample = details(&article).blocks[0].clone();
        sample.links.clear();
        let shapes = |at: usize| match at % 7 {
            0 => Shape::Paragraph,
            1 => Shape::Heading { level: 3 },
            2 => Shape::Quote,
            3 => Shape::Code { language: None },
            4 | 5 => Shape::ListItem { depth: 1 + u8::from(at % 7 == 5), ordered: at.is_multiple_of(2), number: Some(4), continued: false },
            _ => Shape::Table(Table { rows: vec![vec!["a".to_owned(), texts[at].clone()], vec![texts[at].clone(), "b".to_owned()]], ..Table::default() }),
        };
        let blocks = texts.iter().enumerate().map(|(at, text)| TypedBlock { shape: shapes(at), text: text.clone(), ..sample.clone() }).collect();
        article.details.as_mut().unwrap().blocks = blocks;
        let markdown = render(&article, Format::Markdown);
        prop_assert_eq!(parsed(&markdown), expected(&article), "{}", markdown);
    }
}

#[test]
fn hostile_pages_end_within_bounds() {
    let story =
        "<p>A sentence that stands for all the others, for what it is worth to its readers.</p>"
            .repeat(3);
    let long = "y".repeat(3_000);
    let spans = "<tr><td rowspan=65534 colspan=1000>x<td>y".repeat(20_000);
    for (html, most) in [
        (format!("{story}<table>{spans}</table>"), 60),
        (
            format!(
                "{story}<table>{}</table>",
                "<tr><td>a<td>b<tr><td><h3>c</h3>".repeat(20_000)
            ),
            60,
        ),
        (
            format!(
                "<base href='https://x.example/{long}/'>{story}{}",
                "<p><a href=x>word</a> and more words.".repeat(20_000)
            ),
            60,
        ),
        (
            format!(
                "{story}<div>{}</div>{story}",
                "<img src=a.jpg><br>text and text<br>".repeat(20_000)
            ),
            60,
        ),
        (
            format!(
                "{story}<p>{}</p>",
                "<a href=x>The paragraph is a line that goes on for long enough.</a><br>"
                    .repeat(20_000)
            ),
            60,
        ),
        (
            format!("{}{story}", "<div class=a>".repeat(400).repeat(20)),
            60,
        ),
        (
            format!(
                "{story}{}",
                "<noscript><img src=a.jpg></noscript>".repeat(20_000)
            ),
            60,
        ),
    ] {
        check_bounds(&html, most);
    }
}

/// Whether the record of a page is less than so many times as long as the page.
fn check_bounds(html: &str, most: usize) {
    let article = full(html).unwrap();
    check_ranges(&article);
    let record = serde_json::to_string(&article).unwrap();
    assert!(
        record.len() < html.len() * most,
        "{} of {}: {html:.80}",
        record.len(),
        html.len()
    );
}

/// The page is a story, and in it what many blocks or pictures share and what is as long as the
/// page: each would take a minute and more if it were read for each of them.
#[test]
fn what_blocks_and_pictures_share_is_read_once() {
    let images = numbered("<img src=https://x.example/p#.jpg>", 2_000);
    let (in_deep, out_deep) = ("<div>".repeat(300), "</div>".repeat(300));
    let around_comments = format!("comments {}", "a ".repeat(60_000));
    for middle in [
        format!(
            "<div class='{around_comments}'>{}</div>",
            "<p>x y".repeat(20_000)
        ),
        format!(
            "<div class=comments><div class=comment itemtype='{}'>{}</div></div>",
            "/".repeat(500_000),
            "<p>x y".repeat(20_000)
        ),
        format!(
            "<figure>{images}<figcaption>{}</figcaption></figure>",
            "The bridge over the river in May. ".repeat(25_000)
        ),
        format!("<div>{images}{}</div>", "<p class=caption>x".repeat(40_000)),
        format!(
            "{in_deep}{images}{}{out_deep}",
            "<p class=caption>x".repeat(12_000)
        ),
        format!(
            "<figure><picture>{images}{}</picture></figure>",
            "<source srcset=a>".repeat(50_000)
        ),
    ] {
        check_bounds(&within_a_story(&middle), 60);
    }
}

/// A long text has as many places as the table has rows, and as many parts of the table have its
/// caption: neither may make the record the square of the page.
#[test]
fn what_rows_share_is_not_told_with_each() {
    let long = numbered(
        "The council voted on bridge # again, said its mayor. ",
        1_000,
    );
    let row = "<tr><td>The council of town # voted on Monday to build bridge # again.";
    let wide = "<td>c".repeat(300);
    for table in [
        format!(
            "<tr><th>a<th>b<tr><td rowspan=60000>{long}<td>x{}",
            numbered(row, 1_000)
        ),
        format!(
            "<caption>{long}</caption><tr>{wide}{}",
            numbered(&format!("{row}<td>y"), 1_000)
        ),
    ] {
        check_bounds(&within_a_story(&format!("<table>{table}</table>")), 20);
    }
}

fn numbered(text: &str, count: usize) -> String {
    let one = |number: usize| text.replace('#', &number.to_string());
    (0..count).map(one).collect()
}

fn within_a_story(middle: &str) -> String {
    let story = numbered(
        "<p>The council of the town voted on Monday to build bridge #, said its mayor in a speech.",
        4,
    );
    let end =
        "<p>At the end of the day nobody knew what the bridge would cost them, said the mayor.";
    format!("<title>A bridge for the town is decided</title>{story}</p>{middle}{end}")
}
