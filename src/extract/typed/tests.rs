//! The room as a whole: from markup to typed blocks.

use crate::article::Article;
use crate::article::details::{Comment, Image, Link, Shape, Table, TypedBlock};
use crate::extract::{Detail, Options, extract};
use crate::page::Page;

const STORY: &str = "<p>The bridge was opened on Monday morning, ten years after it had been closed \
for repairs, and the first to cross it was a cyclist who had waited since four in the night.</p>";

fn read(body: &str) -> Article {
    let options = Options {
        detail: Detail::Full,
        links: true,
        ..Options::default()
    };
    let html = format!(
        "<title>Bridge opens</title><meta property=og:image content=/bridge-at-dawn.jpg?w=9><body><article><h1>Bridge opens</h1>{STORY}{body}{STORY_END}</article>"
    );
    extract(&Page::from_html(html).at("https://x.example/a/b"), &options).unwrap()
}

const STORY_END: &str = "<p>The city will count bicycles on it from now on, and decide in a year \
whether the lane for cars may stay as narrow as it is, the mayor said at the opening.</p>";

/// The blocks besides the first and the last paragraph.
fn blocks(body: &str) -> Vec<TypedBlock> {
    let mut blocks = read(body).details.unwrap().blocks;
    blocks.retain(|block| {
        !STORY.contains(&block.text) && !STORY_END.contains(&block.text) || block.text.is_empty()
    });
    blocks
}

fn table(body: &str) -> Table {
    let blocks = blocks(body);
    match blocks.as_slice() {
        [
            TypedBlock {
                shape: Shape::Table(table),
                ..
            },
        ] => table.clone(),
        other => panic!("{other:?}"),
    }
}

fn images(body: &str) -> Vec<Image> {
    let image = |block: TypedBlock| match block.shape {
        Shape::Image(image) => Some(image),
        _ => None,
    };
    blocks(body).into_iter().filter_map(image).collect()
}

#[test]
fn cells_fill_all_the_places_that_they_span() {
    for (html, want) in [
        ("<tr><td>a<td>b<tr><td>c<td>d", "a,b c,d"),
        ("<tr><th colspan=2>a<th>b<tr><td>c<td>d<td>e", "a,a,b c,d,e"),
        (
            "<tr><td rowspan=2>a<td>b<td>x<tr><td>c<td>y<tr><td>d<td>e<td>z",
            "a,b,x a,c,y d,e,z",
        ),
        // A column in which no cell begins is none.
        (
            "<tr><td colspan=100>a<td>b<tr><td colspan=100>c<td>d",
            "a,b c,d",
        ),
        // A row that is too short, an empty cell, a row without text.
        ("<tr><td>a<td>b<td>c<tr><td><td>d<tr><td><td>", "a,b,c ,d,"),
        // No cell reaches into another row group.
        (
            "<tbody><tr><td rowspan=0>a<td>b<td>x<tr><td>c<td>y<tbody><tr><td>d<td>e<td>z",
            "a,b,x a,c,y d,e,z",
        ),
        ("<tr><td>a<td><p>b<p>c<tr><td>d<td>e<br>f", "a,b_c d,e_f"),
        (
            "<tr><th>a<td>b<tr><th>The crossing of the river<td><ul><li>It is closed on Sunday.<li>Bells are rung at noon.</ul>",
            "a,b The_crossing_of_the_river,It_is_closed_on_Sunday._Bells_are_rung_at_noon.",
        ),
    ] {
        let rows = table(&format!("<table>{html}</table>")).rows;
        let rows: Vec<String> = rows
            .iter()
            .map(|row| row.join(",").replace([' ', '\n'], "_"))
            .collect();
        assert_eq!(rows.join(" "), want, "{html}");
    }
}

#[test]
fn a_caption_is_that_of_the_first_part_of_its_table() {
    let list = "<tr><td><ul><li>It is closed on Sunday.<li>Bells are rung at noon.</ul><td>c";
    let html = format!(
        "<table><caption>Crossings</caption><tr><td>a<td>b{}<tr><td>d<td>e</table>",
        list.repeat(5)
    );
    let caption = |block: TypedBlock| match block.shape {
        Shape::Table(table) => Some(table.caption),
        _ => None,
    };
    let captions: Vec<_> = blocks(&html).into_iter().filter_map(caption).collect();
    assert_eq!(captions, [Some("Crossings".to_owned()), None]);
}

#[test]
fn heads_and_spans_are_told() {
    let table = table(
        "<table><thead><tr><td>x<td>y<td>z</thead><tr><th rowspan=2>a<td colspan=2>b<tr><td>c<td>d</table>",
    );
    assert_eq!((table.header_rows, table.header_columns), (1, 1));
    let spans: Vec<_> = table
        .spans
        .iter()
        .map(|s| (s.row, s.column, s.rows, s.columns))
        .collect();
    assert_eq!(spans, [(1, 0, 2, 1), (1, 1, 1, 2)]);
}

#[test]
fn tables_for_layout_are_none() {
    let html = format!("<table><tr><td><h2>Two</h2>{STORY_END}<td>{STORY_END}</table>")
        .replace("a year", "two years");
    let shapes: Vec<Shape> = blocks(&html).into_iter().map(|block| block.shape).collect();
    assert!(
        !shapes.iter().any(|shape| matches!(shape, Shape::Table(_))),
        "{shapes:?}"
    );
}

#[test]
fn list_items_know_their_place() {
    let html = "<p>What the city asks of everybody who crosses it from now on, in three points:</p>\
        <ol start=3><li>Keep to the right side.<ul><li>Bells are rung once.<li>Lamps are lit.</ul>\
        <li><p>Do not stop in the middle.</p><p>Not for pictures either.</p></ol>";
    let items: Vec<_> = blocks(html)
        .into_iter()
        .filter_map(|block| match block.shape {
            Shape::ListItem {
                depth,
                ordered,
                number,
                continued,
            } => Some((block.text, depth, ordered, number, continued)),
            _ => None,
        })
        .collect();
    let item = |text: &str, depth, number: Option<u32>, continued| {
        (text.to_owned(), depth, depth == 1, number, continued)
    };
    assert_eq!(
        items,
        [
            item("Keep to the right side.", 1, Some(3), false),
            item("Bells are rung once.", 2, None, false),
            item("Lamps are lit.", 2, None, false),
            item("Do not stop in the middle.", 1, Some(4), false),
            item("Not for pictures either.", 1, None, true),
        ]
    );
}

#[test]
fn paths_lead_to_their_elements() {
    let html = format!("<div></div><x-part>{STORY_END}</x-part>").replace("a year", "two years");
    let paths: Vec<_> = read(&html)
        .details
        .unwrap()
        .blocks
        .into_iter()
        .map(|block| block.path.unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "html/body/article/p[1]",
            "html/body/article/*[4]/p",
            "html/body/article/p[2]"
        ]
    );
}

fn text_of<'a>(article: &'a Article, link: &Link) -> &'a str {
    let [from, to] = link.text_range;
    article.text.get(from..to).unwrap()
}

#[test]
fn links_are_found_again_in_the_text() {
    let html = "<p>As the <a href=/plan>plan of\n the  city</a> says | and\u{ad} as <b><a href='mailto:a@x.example'>\
        Ann</a></b> <a href=javascript:0>says</a>, <span hidden>no <a href=/no>no</a></span>the width is fit for \
        <a href=../c>carts</a>.</p>";
    let article = read(html);
    let links: Vec<_> = article
        .details
        .iter()
        .flat_map(|details| &details.blocks)
        .flat_map(|block| &block.links)
        .collect();
    let shown: Vec<_> = links
        .iter()
        .map(|link| (text_of(&article, link), link.url.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("plan of the city", "https://x.example/plan"),
            ("Ann", "mailto:a@x.example"),
            ("carts", "https://x.example/c"),
        ]
    );
}

#[test]
fn lines_of_one_block_keep_their_own_links() {
    let line =
        "It is told of the old bridge that it hummed in a storm, and of the new one nothing yet.";
    let html = format!(
        "<div>{line}<br><a href=/1>{line}</a> {line}<br>{line} <a href=/2>So far.</a></div>"
    );
    let article = read(
        &html
            .replacen("storm", "gale", 1)
            .replacen("new one", "next", 1),
    );
    let details = article.details.as_ref().unwrap();
    let links: Vec<_> = details
        .blocks
        .iter()
        .flat_map(|block| &block.links)
        .collect();
    let texts: Vec<&str> = links.iter().map(|link| text_of(&article, link)).collect();
    assert_eq!(links.len(), 2, "{texts:?}");
    assert!(
        texts[0].starts_with("It is told") && texts[0].ends_with("yet."),
        "{texts:?}"
    );
    assert_eq!(
        (texts[1], links[1].url.as_str()),
        ("So far.", "https://x.example/2")
    );
}

#[test]
fn pictures_of_the_story_are_told_from_others() {
    for (html, want) in [
        ("<figure><img src=/a.jpg></figure>", true),
        ("<p><img src=/a.jpg width=600 height=400></p>", true),
        ("<a href=/full/a.jpg><img src=/a.jpg></a>", true),
        (
            "<a class=lightbox href=https://cdn.example/a.jpg><img src=/a.jpg></a>",
            true,
        ),
        ("<amp-img src=/a.jpg width=600 height=400></amp-img>", true),
        ("<noscript><img src=/a.jpg></noscript>", true),
        (
            "<figure><img src=/a.jpg><figcaption>© Ann Lee</figcaption></figure>",
            true,
        ),
        (
            "<div class=teaser><figure><img src=/a.jpg></figure></div>",
            false,
        ),
        (
            "<div class=teaser><figure><img src=/bridge-at-dawn.jpg></figure></div>",
            true,
        ),
        (
            "<a href=/other><figure><img src=/a.jpg></figure></a>",
            false,
        ),
        (
            "<figure><img src=/a.jpg width=728 height=91></figure>",
            false,
        ),
        ("<p><img src=/a.jpg width=1 height=1></p>", false),
        ("<p><img src=/a.jpg width=100 height=100></p>", false),
        ("<p><img class=wp-smiley-emoji src=/emoji/a.jpg></p>", false),
        ("<p><img src=/img/share-icon.png></p>", false),
        ("<p><img src=/avatars/a.jpg></p>", false),
        ("<div class=author-box><img src=/a.jpg></div>", false),
        (
            "<div class=ad-slot><a href=/x><img src=/a.jpg></a></div>",
            false,
        ),
        ("<a href=https://shop.example/><img src=/a.jpg></a>", false),
        ("<div style='display: none'><img src=/a.jpg></div>", false),
        (
            "<div class=related><figure><img src=/a.jpg></figure><a href=/b>Other</a></div>",
            false,
        ),
        (
            "<h4>Recommended news</h4><div><img src=/a.jpg><h3><a href=/b>Tram is late</a></h3></div>",
            false,
        ),
    ] {
        assert_eq!(images(html).len(), usize::from(want), "{html}");
    }
}

#[test]
fn a_picture_is_shown_once() {
    let html =
        "<figure><img src=/a-1024x768.jpg?w=1></figure><figure><img src=/a.jpg?w=2></figure>";
    assert_eq!(images(html).len(), 1);
    let sizes = "<p><img src=/800/4_1585406.jpg alt=Bridge><p><img src=/600/4_1585406.jpg alt=Bridge>\
        <p><img src=/600/5_1585406.jpg alt=Bridge>";
    assert_eq!(images(sizes).len(), 2);
    let lazy =
        "<figure><img data-src=/big/a.jpg><noscript><img src=/small/b.jpg></noscript></figure>";
    assert_eq!(images(lazy)[0].url, "https://x.example/big/a.jpg");
    assert_eq!(images(lazy).len(), 1);
}

#[test]
fn an_alternative_text_is_no_markup() {
    let alts = |alt: &str| images(&format!("<figure><img src=/a.jpg alt='{alt}'></figure>"));
    let alt = |text: &str| alts(text).remove(0).alt;
    assert_eq!(
        alt("&lt;p>The  bridge.&lt;/p>").as_deref(),
        Some("The bridge.")
    );
    assert_eq!(alt("null"), None);
    assert_eq!(alt("bridge-2.JPG"), None);
    assert_eq!(alt("a &lt; b").as_deref(), Some("a < b"));
}

#[test]
fn a_text_that_is_too_long_is_no_caption() {
    let figure = |text: &str| {
        format!(
            "<figure><img src=/a.jpg><img src=/b.jpg><figcaption><p>{text}</p><p class=credit>Ann Lee</p></figcaption></figure>"
        )
    };
    for (count, caption) in [(1, Some("The bridge.")), (100, None), (3_000, None)] {
        for image in images(&figure(&"The bridge. ".repeat(count))) {
            assert_eq!(image.caption.as_deref(), caption, "{count}");
            assert_eq!(image.credit.as_deref(), Some("Ann Lee"), "{count}");
        }
    }
}

#[test]
fn captions_and_credits_are_those_of_the_picture() {
    for (html, caption, credit) in [
        (
            "<figure><img src=/a.jpg><figcaption>The bridge. <span class=credit>Ann Lee</span></figcaption></figure>",
            Some("The bridge."),
            Some("Ann Lee"),
        ),
        (
            "<figure><img src=/a.jpg><figcaption>The bridge. Photo: Ann Lee</figcaption></figure>",
            Some("The bridge."),
            Some("Photo: Ann Lee"),
        ),
        (
            "<figure><img src=/a.jpg><figcaption><p><span>The bridge.</span><span class=x>Ann Lee</span></p></figcaption></figure>",
            Some("The bridge. Ann Lee"),
            None,
        ),
        (
            "<figure><img src=/a.jpg><figcaption><p>Enlarge image</p><p>The bridge at night</p></figcaption></figure>",
            Some("The bridge at night"),
            None,
        ),
        (
            "<div class=wp-caption><img src=/a.jpg><p class=wp-caption-text>The bridge at night</p></div>",
            Some("The bridge at night"),
            None,
        ),
        ("<p><img src=/a.jpg></p>", None, None),
    ] {
        let image = images(html).remove(0);
        assert_eq!(
            (image.caption.as_deref(), image.credit.as_deref()),
            (caption, credit),
            "{html}"
        );
    }
}

#[test]
fn comments_stand_apart() {
    let html = "<section class=comments><h3>Comments</h3>\
        <div itemscope itemtype=https://schema.org/Comment><b itemprop=author>Ann</b><time datetime=2026-03-02>Monday</time>\
        <p>I was there, and it was cold.</p><a href=#reply>Reply</a></div>\
        <div itemscope itemtype=https://schema.org/Comment><p>I was not.</p></div>\
        <div class=comment><div class='comment-author vcard'><b class=fn>Jon</b> says:</div><p>Me neither.</p></div>\
        <p>Comments are closed after a week.</p><form><p>Leave a reply, if you please.</p></form></section>";
    let article = extract(
        &Page::from_html(format!("<title>Bridge opens</title><article><h1>Bridge opens</h1>{STORY}{STORY_END}</article>{html}")),
        &Options { detail: Detail::Full, ..Options::default() },
    )
    .unwrap();
    let comment = |text: &str, author: Option<&str>, date: Option<&str>| Comment {
        text: text.to_owned(),
        author: author.map(str::to_owned),
        date: date.map(str::to_owned),
    };
    assert_eq!(
        article.details.unwrap().comments,
        [
            comment(
                "I was there, and it was cold.",
                Some("Ann"),
                Some("2026-03-02")
            ),
            comment("I was not.", None, None),
            comment("Me neither.", Some("Jon"), None),
        ]
    );
}

#[test]
fn comments_without_elements_of_their_own_are_blocks() {
    let html = "<section class=comments><h3>What readers say</h3><p>I was there, and it was cold.</p>\
        <p>I was not.</p><form><p>Write what you think.</p><textarea></textarea></form></section>";
    let comments: Vec<String> = read(html)
        .details
        .unwrap()
        .comments
        .into_iter()
        .map(|comment| comment.text)
        .collect();
    assert_eq!(comments, ["I was there, and it was cold.", "I was not."]);
}

#[test]
fn copies_of_the_text_have_no_paths() {
    let text =
        "The bridge was opened on Monday morning, ten years after it had been closed for repairs. "
            .repeat(3);
    let options = Options {
        detail: Detail::Full,
        ..Options::default()
    };
    for (html, images) in [
        (
            format!(
                "<noscript><p>{text}</p><p><img src=https://x.example/a.jpg></p><p>{text}!</p></noscript>"
            ),
            1,
        ),
        (
            format!(
                "<script type=application/ld+json>{{\"@type\":\"Article\",\"articleBody\":\"{text}\"}}</script>"
            ),
            0,
        ),
    ] {
        let blocks = extract(&Page::from_html(html), &options)
            .unwrap()
            .details
            .unwrap()
            .blocks;
        assert!(blocks.iter().all(|block| block.path.is_none()));
        let pictures = blocks
            .iter()
            .filter(|block| matches!(block.shape, Shape::Image(_)));
        assert_eq!(pictures.count(), images);
    }
}
