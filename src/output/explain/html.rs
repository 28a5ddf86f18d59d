//! An account as one page for a browser: the page's text in its order, what was kept plain, what
//! was dropped tinted and named.
//!
//! All of it comes from strangers, so three things hold each by itself: every text is escaped, no
//! address becomes a link or an attribute, and the page's policy loads and runs nothing. Text of
//! another direction, or that turns the direction, stays within its own element (`bdi`, `dir`).

use std::fmt::Write;

use super::{Account, Told, words};
use crate::article::{BlockKind, EXTRACTOR_VERSION};
use crate::output::markup::escaped;

const STYLE: &str = include_str!("page.css");

/// What may be loaded and run: nothing but the style in the page itself (CSP3 §6.1).
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The account as a page.
#[must_use]
pub fn render(account: &Account) -> String {
    let mut out = head(account);
    header(&mut out, account);
    legend(&mut out, account);
    out.push_str(
        "<input type=\"checkbox\" id=\"only\"> <label class=\"switch\" for=\"only\">only what was kept</label>\n",
    );
    let language = account.metadata.language.as_deref().unwrap_or_default();
    let _ = writeln!(out, "<main lang=\"{}\">", escaped(language));
    for run in account.blocks.chunk_by(in_one_box) {
        boxed(&mut out, run);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Neighbours with one verdict share a box, lest each entry of a menu have its own.
fn in_one_box(one: &Told, next: &Told) -> bool {
    (one.kept, &one.reason, &one.by) == (next.kept, &next.reason, &next.by)
}

fn head(account: &Account) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Explained: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escaped(account.headline())
    )
}

fn header(out: &mut String, account: &Account) {
    let _ = write!(
        out,
        "<header>\n<p class=\"tool\">Chaffinch {EXTRACTOR_VERSION}: what became of each block</p>\n<h1 dir=\"auto\">{}</h1>\n",
        escaped(account.headline())
    );
    if let Some(why) = account.no_article() {
        let why = escaped(&why);
        let _ = writeln!(out, "<p class=\"stop\">No article: <bdi>{why}</bdi></p>");
    }
    out.push_str("<dl>\n");
    for (label, fact) in account.facts() {
        let _ = writeln!(
            out,
            "<dt>{label}</dt><dd><bdi>{}</bdi></dd>",
            escaped(&fact)
        );
    }
    out.push_str("</dl>\n</header>\n");
}

fn legend(out: &mut String, account: &Account) {
    let counts = account.counts();
    if counts.is_empty() {
        return;
    }
    out.push_str("<ul class=\"legend\">\n");
    for (name, why, count) in counts {
        let _ = writeln!(
            out,
            "<li><span class=\"count\">{count}</span><span><span class=\"chip\" style=\"--hue: {}\">{}</span> <span class=\"words\">{}</span></span></li>",
            words::hue(&name),
            escaped(&name),
            escaped(why)
        );
    }
    out.push_str("</ul>\n");
}

fn boxed(out: &mut String, run: &[Told]) {
    let Some(first) = run.first() else { return };
    let by = words::name(&first.by);
    let Some(reason) = first.reason_name() else {
        for told in run {
            block(out, told);
        }
        return;
    };
    let blocks = match run.len() {
        1 => String::new(),
        many => format!(", {many} blocks"),
    };
    let _ = write!(
        out,
        "<section class=\"dropped\" style=\"--hue: {}\">\n<p class=\"name\">{} <span>by {}{blocks}</span></p>\n<div class=\"blocks\">\n",
        words::hue(&reason),
        escaped(&reason),
        escaped(&by)
    );
    for told in run {
        block(out, told);
    }
    out.push_str("</div>\n</section>\n");
}

fn block(out: &mut String, told: &Told) {
    let text = escaped(&told.text);
    let by = words::name(&told.by);
    let score = told
        .score
        .map_or_else(|| "–".to_owned(), |score| format!("{score:.2}"));
    let _ = write!(out, "<div class=\"block\">{}", element(told.shape, &text));
    let _ = writeln!(
        out,
        "<span class=\"score\" title=\"{} ({})\">{score}</span></div>",
        escaped(&told.why),
        escaped(&by)
    );
}

/// Escaped text in the element of its kind; the page's own headline is the only `h1`.
fn element(shape: BlockKind, text: &str) -> String {
    match shape {
        BlockKind::Heading(level) => {
            let level = level.clamp(2, 6);
            format!("<h{level} dir=\"auto\">{text}</h{level}>")
        }
        BlockKind::ListItem(Some(place)) => {
            format!("<p class=\"item\" dir=\"auto\">{place}. {text}</p>")
        }
        BlockKind::ListItem(None) => format!("<p class=\"item\" dir=\"auto\">• {text}</p>"),
        BlockKind::Quote => format!("<blockquote dir=\"auto\">{text}</blockquote>"),
        BlockKind::Preformatted => format!("<pre dir=\"auto\">{text}</pre>"),
        BlockKind::TableRow => format!("<p class=\"row\" dir=\"auto\">{text}</p>"),
        _ if shape == BlockKind::Caption => format!("<p class=\"caption\" dir=\"auto\">{text}</p>"),
        _ => format!("<p dir=\"auto\">{text}</p>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Author, Reason};
    use crate::output::explain::tests::{account, dropped, kept};

    /// What tries to leave a text, a `<pre>`, a `<title>`, a comment and an attribute.
    const HOSTILE: &str = "</pre></title></style><script>alert(1)</script>--><img src=x onerror=alert(2)>\" onmouseover=\"alert(3)\' style=\'x\u{202e}<a href=javascript:alert(4)>\u{0}";

    fn hostile() -> Account {
        let mut account = account(
            vec![kept(HOSTILE, 0)],
            vec![
                dropped(Reason::Share, HOSTILE, 1),
                dropped(Reason::Notice, HOSTILE, 2),
            ],
        );
        account.blocks[0].shape = BlockKind::Preformatted;
        account.blocks[1].shape = BlockKind::Heading(1);
        account.blocks[2].shape = BlockKind::ListItem(None);
        account.metadata.title = Some(HOSTILE.to_owned());
        account.metadata.language = Some(HOSTILE.to_owned());
        account.metadata.site_name = Some(HOSTILE.to_owned());
        account.metadata.date_published = Some(HOSTILE.to_owned());
        account.metadata.authors = vec![Author {
            name: HOSTILE.to_owned(),
            url: Some(HOSTILE.to_owned()),
            ..Author::default()
        }];
        account.url = Some(HOSTILE.to_owned());
        account.final_url = Some(format!("{HOSTILE}."));
        account.source.path = Some(HOSTILE.to_owned());
        account.status = "no_article".to_owned();
        account.detail = Some(HOSTILE.to_owned());
        account
    }

    /// The page as a browser's parser reads it.
    fn parsed(page: &str) -> scraper::Html {
        scraper::Html::parse_document(page)
    }

    #[test]
    fn hostile_text_stays_text() {
        let page = parsed(&render(&hostile()));
        let known = [
            "html", "head", "meta", "title", "style", "body", "header", "p", "h1", "h2", "bdi",
            "dl", "dt", "dd", "ul", "li", "span", "input", "label", "main", "section", "div",
            "pre",
        ];
        let harmless = [
            "lang",
            "charset",
            "http-equiv",
            "content",
            "name",
            "class",
            "dir",
            "style",
            "type",
            "id",
            "for",
            "title",
        ];
        for node in page.root_element().descendent_elements() {
            assert!(known.contains(&node.value().name()), "{}", node.html());
            for (name, value) in node.value().attrs() {
                assert!(harmless.contains(&name), "{name} of {}", node.html());
                if name == "style" {
                    let hue = value.strip_prefix("--hue: ").unwrap();
                    assert!(hue.parse::<u16>().is_ok(), "{value}");
                }
            }
        }
        let shown: String = page.root_element().text().collect();
        let without_control = HOSTILE.replace('\u{0}', "");
        assert_eq!(shown.matches(&without_control).count(), 13, "{shown}");
        let main = scraper::Selector::parse("main").unwrap();
        let language = page.select(&main).next().and_then(|main| main.attr("lang"));
        assert_eq!(language, Some(without_control.as_str()));
    }

    #[test]
    fn nothing_is_loaded_and_nothing_runs() {
        let page = render(&hostile());
        let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">";
        let at = page.find(policy).unwrap();
        assert!(at < page.find("<title>").unwrap() && at < page.find("<style>").unwrap());
        for outside in ["url(", "@import", "http:", "https:", "src=\"", "href=\""] {
            assert!(
                !STYLE.contains(outside) && !render(&account(vec![], vec![])).contains(outside),
                "{outside}"
            );
        }
    }

    #[test]
    fn what_turns_the_direction_is_shut_in() {
        let page = parsed(&render(&hostile()));
        let turning = |node: &scraper::ElementRef| {
            let own = node.children().filter_map(|child| child.value().as_text());
            own.into_iter().any(|text| text.contains('\u{202e}'))
        };
        let nodes: Vec<_> = page
            .root_element()
            .descendent_elements()
            .filter(turning)
            .collect();
        assert_eq!(
            nodes.len(),
            13,
            "three blocks, title, headline, refusal and seven facts"
        );
        for node in nodes {
            let shut =
                matches!(node.value().name(), "bdi" | "title") || node.attr("dir") == Some("auto");
            assert!(shut, "{}", node.html());
        }
    }

    #[test]
    fn neighbours_with_one_verdict_share_a_box() {
        let account = account(
            vec![kept("Story.", 3)],
            vec![
                dropped(Reason::Navigation, "Home", 0),
                dropped(Reason::Navigation, "News", 1),
                dropped(Reason::Share, "Share", 2),
                dropped(Reason::Share, "Print", 4),
            ],
        );
        let page = parsed(&render(&account));
        let texts = |selector: &str| -> Vec<String> {
            let selector = scraper::Selector::parse(selector).unwrap();
            page.select(&selector)
                .map(|node| node.text().collect())
                .collect()
        };
        assert_eq!(
            texts("main .name"),
            [
                "navigation by heuristic, 2 blocks",
                "share by heuristic",
                "share by heuristic"
            ]
        );
        assert_eq!(
            texts("main p:first-child:not(.name)"),
            ["Home", "News", "Share", "Story.", "Print"].map(str::to_owned)
        );
        assert_eq!(texts(".legend .count"), ["2", "2"]);
        assert_eq!(texts(".score"), ["0.02", "0.02", "0.02", "0.97", "0.02"]);
    }
}
