//! What parsing costs: `parse FOLDER [ROUNDS]` over the pages `*.html` of a folder, on one thread.
//!
//! Each round parses every page by each parser in turn, so that what else the machine does meets all
//! alike; a parser's time is that of its best round. Then our parser alone: pages from 10 KB to 20 MB made of
//! the folder's, and hostile ones, each by its time per byte against that of the folder's pages.

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(clippy::print_stdout, reason = "its output")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails ends")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::borrow::Cow;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use chaffinch::extract::dom::{Limits, parse};
use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, QualName, parse_document};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let folder = Path::new(args.get(1).expect("a folder of pages"));
    let rounds = args.get(2).map_or(5, |arg| arg.parse().unwrap());
    let pages = read(folder);
    let ns_per_byte = compare(&pages, rounds);
    let small = join(&pages, 10_000);
    for bytes in [10_000, 100_000, 1_000_000, 20_000_000] {
        report("pages joined", &join(&pages, bytes), ns_per_byte);
    }
    report("no text", &small.replace(char::is_alphabetic, ""), ns_per_byte);
    for (name, page) in hostile(20_000_000) {
        report(name, &page, ns_per_byte);
    }
}

fn read(folder: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "html"))
        .collect();
    paths.sort();
    paths.truncate(400);
    let text = |path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    paths.into_iter().map(text).collect()
}

/// Prints a line a parser and gives our nanoseconds a byte.
fn compare(pages: &[String], rounds: usize) -> f64 {
    type Parser = (&'static str, fn(&str));
    let parsers: [Parser; 3] = [
        ("html5ever into nothing", |html| {
            parse_document(Nothing, html5ever::ParseOpts::default()).one(html);
        }),
        ("scraper", |html| {
            black_box(scraper::Html::parse_document(html));
        }),
        ("ours", |html| {
            black_box(parse(html, &Limits::default()));
        }),
    ];
    let bytes: usize = pages.iter().map(String::len).sum();
    let mut best = [f64::MAX; 3];
    for _ in 0..rounds {
        let mut taken = [0.0; 3];
        for page in pages {
            for ((_, parser), taken) in parsers.iter().zip(&mut taken) {
                *taken += seconds(|| parser(page));
            }
        }
        for (best, taken) in best.iter_mut().zip(taken) {
            *best = best.min(taken);
        }
    }
    println!("{} pages, {:.1} MB", pages.len(), bytes as f64 / 1e6);
    println!("| parser | MB/s | times html5ever into nothing |");
    println!("| --- | ---: | ---: |");
    for ((name, _), seconds) in parsers.iter().zip(best) {
        let speed = bytes as f64 / 1e6 / seconds;
        println!("| {name} | {speed:.0} | {:.2} |", best[0] / seconds);
    }
    println!("\n| page | KB | MB/s | time per byte, times that of the pages |");
    println!("| --- | ---: | ---: | ---: |");
    best[2] * 1e9 / bytes as f64
}

fn seconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

fn report(name: &str, page: &str, ns_per_byte: f64) {
    let times = if page.len() > 1_000_000 { 2 } else { 50 };
    let best = (0..times)
        .map(|_| {
            seconds(|| {
                black_box(parse(page, &Limits::default()));
            })
        })
        .fold(f64::MAX, f64::min);
    let per_byte = best * 1e9 / page.len() as f64;
    println!(
        "| {name} | {} | {:.0} | {:.2} |",
        page.len() / 1000,
        1e3 / per_byte,
        per_byte / ns_per_byte
    );
}

/// Pages one after the other, up to so many bytes.
fn join(pages: &[String], bytes: usize) -> String {
    let mut all = String::with_capacity(bytes + 4);
    for page in pages.iter().cycle() {
        if all.len() >= bytes {
            break;
        }
        let room = bytes - all.len();
        all.push_str(&page[..page.floor_char_boundary(room)]);
    }
    all
}

/// Pages made to take long.
fn hostile(bytes: usize) -> Vec<(&'static str, String)> {
    let fill = |piece: &str| piece.repeat(bytes / piece.len());
    let number = |piece: &str| -> String {
        let pieces = (0..).map(|n| piece.replace('#', &usize::to_string(&n)));
        let mut out = String::with_capacity(bytes + 100);
        for piece in pieces {
            if out.len() > bytes {
                break;
            }
            out.push_str(&piece);
        }
        out
    };
    vec![
        ("deep `<div>`", fill("<div>")),
        ("deep `<span>`", fill("<span>")),
        ("deep, unknown end tags", "<span>".repeat(600) + &fill("</x>")),
        ("deep lists", fill("<ul><li>")),
        ("deep tables", fill("<table><tr><td>")),
        ("deep formatting", fill("<b><i>")),
        ("deep formatting, attributes", number("<b a=#>")),
        ("formatting opened anew", number("<p><b a=#></p>")),
        ("wide `<p>`", fill("<p>x")),
        ("wide `<br>`", fill("<br>")),
        ("one tag of attributes", "<p".to_owned() + &number(" a#")),
        ("one tag of the same", "<p".to_owned() + &fill(" id=x")),
        ("tags of attributes", fill(&format!("<p{}>", " id=x class=y title=z".repeat(20)))),
        ("unclosed script", "<script>".to_owned() + &fill("var a = '</b>';\n")),
        ("unclosed escaped script", "<script>".to_owned() + &fill("<!--<script>")),
        ("unclosed style", "<style>".to_owned() + &fill("</styl")),
        ("unclosed title", "<title>".to_owned() + &fill("&amp;</titl")),
        ("unclosed comment", "<!--".to_owned() + &fill("a -- >")),
        ("`&`", fill("&")),
        ("`&amp;`", fill("&amp;")),
        ("names that are none", fill("&CounterClockwise")),
        ("`<`", fill("<")),
        ("`<!`", fill("<!>")),
        ("U+0000", fill("\0")),
        ("carriage returns", fill("\r")),
        ("names of their own", number("<some-element-#>x</some-element-#>")),
    ]
}

/// Takes a tree and keeps nothing; a handle is its name, which the tree builder asks back.
struct Nothing;

impl TreeSink for Nothing {
    type Handle = std::rc::Rc<QualName>;
    type Output = ();
    type ElemName<'a> = &'a QualName;

    fn finish(self) {}
    fn parse_error(&self, _: Cow<'static, str>) {}
    fn get_document(&self) -> Self::Handle {
        named("")
    }
    fn elem_name<'a>(&'a self, target: &'a Self::Handle) -> &'a QualName {
        target
    }
    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> Self::Handle {
        name.into()
    }
    fn create_comment(&self, _: StrTendril) -> Self::Handle {
        named("")
    }
    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Self::Handle {
        named("")
    }
    fn append(&self, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn append_based_on_parent_node(
        &self,
        _: &Self::Handle,
        _: &Self::Handle,
        _: NodeOrText<Self::Handle>,
    ) {
    }
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn get_template_contents(&self, target: &Self::Handle) -> Self::Handle {
        target.clone()
    }
    fn same_node(&self, x: &Self::Handle, y: &Self::Handle) -> bool {
        std::rc::Rc::ptr_eq(x, y)
    }
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn append_before_sibling(&self, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn add_attrs_if_missing(&self, _: &Self::Handle, _: Vec<Attribute>) {}
    fn remove_from_parent(&self, _: &Self::Handle) {}
    fn reparent_children(&self, _: &Self::Handle, _: &Self::Handle) {}
}

fn named(name: &str) -> std::rc::Rc<QualName> {
    QualName::new(None, html5ever::ns!(), name.into()).into()
}
