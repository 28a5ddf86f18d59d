//! Pages that a folder does not have: very long ones, and ones made to take long.

/// Pages one after the other, from the middle on, up to so many bytes.
pub(crate) fn join(pages: &[String], bytes: usize) -> String {
    let mut all = String::with_capacity(bytes + 4);
    for page in pages.iter().cycle().skip(pages.len() / 2) {
        if all.len() >= bytes {
            break;
        }
        let room = bytes - all.len();
        let end = page.floor_char_boundary(room);
        all.push_str(page.get(..end).expect("a character's end"));
    }
    all
}

/// One page, as long as wanted: a head, then again and again scripts, links to other stories and paragraphs, each a
/// third of the bytes.
#[allow(dead_code, reason = "parsing asks for none of these")]
pub(crate) fn grown(bytes: usize) -> String {
    const HEAD: &str = "<!doctype html><html lang=en><head><meta charset=utf-8>\
        <title>Second bridge for Harrow - The Harrow Post</title>\
        <meta property=og:title content='Second bridge for Harrow'>\
        <meta property=article:published_time content=2024-05-06T10:00:00Z></head><body>\
        <h1>Second bridge for Harrow</h1><p class=byline>By Anna Smith</p>";
    const LINK: &str = "<li class='menu-item item-#'><a class=menu-link href=https://post.example/news/story-#>\
        What the council says of #ton</a></li>\n";
    const PARAGRAPH: &str = "<p class='story-text block-#'>The council of #ton voted on Monday to build a second \
        bridge over the river, said its mayor. It will cost as much as the first one.</p>\n";
    const SCRIPT: &str = "<script>window.state.push({\"id\": \"#\", \"sizes\": [[300, 250], [300, 600]]});</script>\n";
    let part = format!(
        "{}<ul class=menu>{}</ul><article class=story>{}</article>",
        SCRIPT.repeat(8),
        LINK.repeat(5),
        PARAGRAPH.repeat(4),
    );
    let parts = (0..).map(|n| part.replace('#', &name(n)));
    let mut page = HEAD.to_owned();
    for part in parts {
        if page.len() > bytes {
            break;
        }
        page.push_str(&part);
    }
    page
}

/// A number in letters: digits would make dates of lines.
fn name(mut number: usize) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b"abcdefghijklmnopqrstuvwxyz"[number % 26]));
        number /= 26;
        if number == 0 {
            return name;
        }
    }
}

/// Pages made to take long to parse.
pub(crate) fn hostile(bytes: usize) -> Vec<(&'static str, String)> {
    let fill = |piece: &str| piece.repeat(bytes / piece.len());
    let number = |piece: &str| numbered(piece, bytes);
    vec![
        ("deep `<div>`", fill("<div>")),
        ("deep `<span>`", fill("<span>")),
        (
            "deep, unknown end tags",
            "<span>".repeat(600) + &fill("</x>"),
        ),
        ("deep lists", fill("<ul><li>")),
        ("deep tables", fill("<table><tr><td>")),
        ("deep formatting", fill("<b><i>")),
        ("deep formatting, attributes", number("<b a=#>")),
        ("formatting opened anew", number("<p><b a=#></p>")),
        ("wide `<p>`", fill("<p>x")),
        ("wide `<br>`", fill("<br>")),
        ("one tag of attributes", "<p".to_owned() + &number(" a#")),
        ("one tag of the same", "<p".to_owned() + &fill(" id=x")),
        (
            "tags of attributes",
            fill(&format!("<p{}>", " id=x class=y title=z".repeat(20))),
        ),
        (
            "unclosed script",
            "<script>".to_owned() + &fill("var a = '</b>';\n"),
        ),
        (
            "unclosed escaped script",
            "<script>".to_owned() + &fill("<!--<script>"),
        ),
        ("unclosed style", "<style>".to_owned() + &fill("</styl")),
        (
            "unclosed title",
            "<title>".to_owned() + &fill("&amp;</titl"),
        ),
        ("unclosed comment", "<!--".to_owned() + &fill("a -- >")),
        ("`&`", fill("&")),
        ("`&amp;`", fill("&amp;")),
        ("names that are none", fill("&CounterClockwise")),
        ("`<`", fill("<")),
        ("`<!`", fill("<!>")),
        ("U+0000", fill("\0")),
        ("carriage returns", fill("\r")),
        (
            "names of their own",
            number("<some-element-#>x</some-element-#>"),
        ),
    ]
}

/// Pages made to take long to read: what blocks, lists, names, dates and metadata are made of, without end.
#[allow(dead_code, reason = "parsing asks for none of these")]
pub(crate) fn hostile_to_readers(bytes: usize) -> Vec<(&'static str, String)> {
    let number = |piece: &str| numbered(piece, bytes);
    let fill = |piece: &str| piece.repeat(bytes / piece.len());
    let story =
        "<p>The council of the town voted on Monday to build a second bridge, said its mayor.";
    vec![
        (
            "one paragraph",
            fill("The bridge was opened on Monday, said the mayor. "),
        ),
        ("one word", fill("word")),
        (
            "a script with case",
            fill("<p>Второй мост через реку открыли в понедельник, сказал мэр. "),
        ),
        (
            "a script without spaces",
            fill("<p>市议会周一投票决定在河上修建第二座大桥。"),
        ),
        ("paragraphs of a story", fill(story)),
        ("paragraphs, each another", number(&format!("{story} #"))),
        ("short lines", number("line #<br>")),
        (
            "a list of links",
            number("<li><a href=/news/#>A headline of some words #</a>"),
        ),
        ("a list in a list", fill("<ul><li>one<ul><li>two</ul></ul>")),
        (
            "cards",
            number("<div class=card><h3>Story #</h3><p>What it says in short #.</div>"),
        ),
        ("classes of their own", number("<p class='a-# b-# c-#'>x #")),
        (
            "a value of many names",
            format!("<p class='{}'>x", number("name-# ")),
        ),
        ("headlines", number("<h1>Bridge # opened in the town</h1>")),
        (
            "bylines",
            number("<p class=byline>By Anna Smith# and John Miller#"),
        ),
        ("names", format!("<p>By {}", fill("Anna Smith, "))),
        (
            "dates",
            fill("<time datetime=2024-05-01>1 May 2024</time> "),
        ),
        ("years", fill("<p>2024")),
        (
            "meta tags",
            number("<meta property=article:tag content='tag #'>"),
        ),
        (
            "JSON-LD",
            number(
                "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":\"#\"}</script>",
            ),
        ),
        (
            "deep JSON-LD",
            format!(
                "<script type=application/ld+json>{}</script>",
                fill("{\"a\":[")
            ),
        ),
        ("tables", number("<table><tr><td>a<td>#</table>")),
        (
            "figures",
            number("<figure><img src=#.jpg><figcaption>Photo: Reuters #</figcaption></figure>"),
        ),
        ("empty elements", fill("<div></div>")),
        ("white space", format!("<p>a{}b", fill(" \n"))),
        ("signs", fill("<p>|,.-!?")),
        ("labels", fill("<h2>Related stories</h2><p>Read more: ")),
    ]
}

const TITLE: &str = "Second bridge for Harrow";
const HEAD: &str = "<title>Second bridge for Harrow</title><h1>Second bridge for Harrow</h1>";
const LEAD: &str = "<p>The council of the town voted on Monday to build a second bridge, said its mayor.</p>\
    <p>It will cost as much as the first one did twenty years ago, the council was told today.</p>";

/// Pages on which a loop went through a part of the page for each of another, so that most took four times as long for
/// twice the page: each was found by reading, and some took minutes.
#[allow(dead_code, reason = "parsing asks for none of these")]
pub(crate) fn hostile_to_loops(bytes: usize) -> Vec<(&'static str, String)> {
    let half = |piece: &str| piece.repeat(bytes / 2 / piece.len());
    let fill = |piece: &str| piece.repeat(bytes / piece.len());
    let told = |rest: String| format!("{HEAD}{LEAD}{rest}");
    // A `<b>` is opened anew in each paragraph, with what it has.
    let opened = |attr: &str, value: &str| {
        let value = half(value);
        told(format!("<p><b {attr}='{value}'>x{}", half("<p>x")))
    };
    let story = format!("<div class=s><h1>Another</h1>{LEAD}</div>");
    let names: String = (0..bytes / 20)
        .map(|n| format!("B{} ", name(n + 700)))
        .collect();
    let attrs: String = (0..250).map(|n| format!(" a\0{n:03}")).collect();
    let states = numbered(
        r#"{"t":"The council of the town voted for bridge # of all those there are."},"#,
        bytes,
    );
    let sentences = numbered(
        "<p>The mayor said that it is good that they now build it, # times.",
        bytes / 2,
    );
    vec![
        ("styles opened anew", opened("style", ";")),
        ("classes opened anew", opened("class", "a ")),
        ("properties opened anew", opened("itemprop", "a ")),
        ("relations opened anew", opened("rel", "a ")),
        (
            "second `<body>`",
            format!("<body class='{}'>{HEAD}{LEAD}{}", half("a"), half("<body>")),
        ),
        (
            "markers",
            told(half("<table><td><object></table>") + &half("<b></b>")),
        ),
        ("U+0000 in names", told(fill(&format!("<b{attrs}></b>")))),
        (
            "end tags in a picture",
            told("<svg>".to_owned() + &"<g>".repeat(480) + &fill("</x>")),
        ),
        (
            "lines above the headline",
            format!(
                "<title>{TITLE}</title>{}<h1>{TITLE}</h1>{LEAD}",
                fill("<p>a b")
            ),
        ),
        ("colons", told(format!("<p>{}a", fill(":")))),
        (
            "lines in a `<time>`",
            told(format!("<time>{}", fill("<p>1a"))),
        ),
        (
            "lines in a marked element",
            told(format!(
                "<div><span class=advertisement>{}",
                fill("a<br><br>")
            )),
        ),
        (
            "a description",
            format!(
                "<meta name=description content='{}'>{HEAD}{}{LEAD}",
                half("the council of the town "),
                numbered(
                    "<p>the council of the other towns voted on bridge number # and went",
                    bytes / 2
                )
            ),
        ),
        (
            "other stories",
            format!(
                "<title>{TITLE}</title><div class=s><h1>{TITLE}</h1>{LEAD}{}</div>{}",
                half("<p>x"),
                half(&story)
            ),
        ),
        (
            "names above a life",
            told(format!(
                "<p>About the author</p><div>{names}</div><p>{}today.",
                half("the council voted on it ")
            )),
        ),
        ("invitations", told(fill("<h4>Newsletter</h4><p>x"))),
        (
            "embedded state",
            format!("<title>{TITLE}</title><script>var x=[{states}]</script>"),
        ),
        ("forms", told(half(LEAD) + "<form>" + &sentences)),
        (
            "parts of a title",
            format!("<title>{}</title>{LEAD}", fill("a|")),
        ),
        ("references to one object", told(references(bytes))),
        ("consent in one word", told(format!("<p>{}我1", fill("c")))),
    ]
}

/// JSON-LD whose pictures each ask for three properties of an object that has none of them.
fn references(bytes: usize) -> String {
    let pictures = "{\"@id\":\"\"},".repeat(bytes / 20);
    format!(
        "<script type=application/ld+json>[{{\"@id\":\"\"{}}},\
        {{\"@type\":\"NewsArticle\",\"image\":[{pictures}0]}}]</script>",
        numbered(",\"k#\":0", bytes / 2),
    )
}

/// A piece again and again, `#` a number each time.
fn numbered(piece: &str, bytes: usize) -> String {
    let pieces = (0..).map(|n| piece.replace('#', &usize::to_string(&n)));
    let mut out = String::with_capacity(bytes + 100);
    for piece in pieces {
        if out.len() > bytes {
            break;
        }
        out.push_str(&piece);
    }
    out
}
