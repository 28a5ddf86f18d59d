//! `chaffinch explain` on files, standard input and URLs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::farm::{Host, Reply, article};
use crate::tool::{Ran, run, run_in, run_with_stdin};

fn testdata(page: &str) -> PathBuf {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pages");
    pages.join(page).join("source.html")
}

/// Explains a URL of the farm, fast, with further flags.
fn ask(url: &str, flags: &[&str]) -> Ran {
    let farm = ["--allow-network", "127.0.0.0/8", "--delay", "1ms"];
    let retries = ["--retries", "0"];
    run(&[&["explain", url], &farm[..], &retries, flags].concat())
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.stdout.matches('\n').count(), 1, "one line");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The lines of the blocks.
fn rows(stdout: &str) -> Vec<&str> {
    let is_row = |line: &&str| line.starts_with("+ ") || line.starts_with("- ");
    stdout.lines().filter(is_row).collect()
}

#[test]
fn every_block_of_a_file_has_its_line() {
    let page = testdata("newspaper-bare");
    let ran = run(&["explain", page.to_str().unwrap()]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let mut header = ran.stdout.lines();
    assert_eq!(header.next(), Some("Harrow Bridge reopens after ten years"));
    for fact in [
        "  authors     Mara Lindt",
        "  published   2026-03-02",
        "  language    en",
    ] {
        assert!(header.any(|line| line == fact), "{fact}: {}", ran.stdout);
    }
    let rows = rows(&ran.stdout);
    let has = |starts: &str, part: &str, ends: &str| {
        let mut all = rows.iter();
        all.any(|row| row.starts_with(starts) && row.contains(part) && row.contains(ends))
    };
    assert!(
        has(
            "+ ",
            "reads like the story",
            "  The old Harrow Bridge reopened"
        ),
        "{rows:#?}"
    );
    assert!(
        has("- ", "related_links", "  Night trams return"),
        "{rows:#?}"
    );
    assert!(
        has("- ", "advertisement", "  - Advertisement -"),
        "{rows:#?}"
    );
    assert!(has("- ", " title ", "  Harrow Bridge reopens"), "{rows:#?}");
    let legend = "\n\nDropped\n     3 related_links  headlines and teasers of other stories\n";
    assert!(ran.stdout.contains(legend), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn the_json_form_holds_what_clean_keeps_and_all_the_rest() {
    let page = testdata("newspaper-bare");
    let page = page.to_str().unwrap();
    let base = ["--base-url", "https://courier.example/bridge"];
    let told = run(&[&["explain", page, "--json"], &base[..]].concat());
    let same = run(&[&["explain", page, "--format", "json"], &base[..]].concat());
    assert_eq!((told.code, &told.stdout), (Some(0), &same.stdout));
    let told = json(&told);
    let record = json(&run(&[&["clean", page], &base[..]].concat()));
    for key in [
        "status",
        "title",
        "authors",
        "date_published",
        "language",
        "url",
        "confidence",
        "warnings",
        "source",
        "word_count",
        "extractor_version",
        "site_name",
        "tags",
    ] {
        assert_eq!(told[key], record[key], "{key}");
    }
    assert_eq!(told["schema"], "chaffinch-explain/1");
    let blocks = told["blocks"].as_array().unwrap();
    let kept = blocks.iter().filter(|block| block["kept"] == true);
    let kept: Vec<&str> = kept.map(|block| block["text"].as_str().unwrap()).collect();
    assert_eq!(kept.join("\n\n"), record["text"]);
    for (place, block) in blocks.iter().enumerate() {
        assert_eq!(block["at"], place);
        assert_eq!(
            block["kept"] == false,
            block["reason"].is_string(),
            "{block}"
        );
        assert!(
            block["by"].is_string() && block["why"].is_string(),
            "{block}"
        );
    }
    let first = &blocks[0];
    assert!(
        first["text"].as_str().unwrap().starts_with("Home"),
        "in page order: {first}"
    );
}

#[test]
fn a_page_without_an_article_is_told_of_all_the_same() {
    let page = b"<title>Menu</title><p>Too short, and signed by nobody.<p>Share";
    for (flags, want) in [
        (&[][..], "no_article: only "),
        (&["--json"], "\"status\":\"no_article\",\"detail\":\"only "),
    ] {
        let ran = run_with_stdin(&[&["explain", "-"], flags].concat(), page);
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        assert!(ran.stdout.contains(want), "{}", ran.stdout);
        assert!(
            ran.stdout.contains("Too short, and signed by nobody."),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn rules_for_the_site_are_followed_and_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.html"), article("a")).unwrap();
    let rules = "[[sites]]\ndomain = \"x.example\"\nbody = \"p\"\ndrop = \"h4\"\n";
    fs::write(dir.path().join("c.toml"), rules).unwrap();
    let at = ["--base-url", "https://x.example/a", "--config", "c.toml"];
    let ran = run_in(dir.path(), &[&["explain", "a.html"], &at[..]].concat());
    let rows = rows(&ran.stdout);
    let has = |facts: &str, text: &str| {
        rows.iter()
            .any(|row| row.contains(facts) && row.contains(text))
    };
    assert!(
        has("your rule keeps it site_rule", "It begins like this"),
        "{rows:#?}"
    );
    assert!(has("site_rule ", "Recommended news"), "{rows:#?}");
}

#[test]
fn a_page_that_is_something_else_is_called_that() {
    let page =
        b"<title>404 Not Found</title><h1>404 Not Found</h1><p>The page you asked for is not here.";
    let ran = run_with_stdin(&["explain", "-"], page);
    assert_eq!(ran.code, Some(3), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\n  page type   error_page\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_cannot_be_read_or_makes_no_sense() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.html"), article("a")).unwrap();
    fs::write(dir.path().join("b.html"), b"%PDF-1.7\n\0\0\0\0").unwrap();
    for (args, code, said) in [
        (&["nothing.html"][..], 1, "nothing.html: "),
        (&["b.html"], 1, "b.html: "),
        (&["."], 2, "folder"),
        (&["ftp://x.example/"], 1, "scheme ftp"),
        (&["a.html", "--base-url", "x"], 2, "base URL"),
        (
            &["https://x.example/", "--base-url", "https://x.example/"],
            2,
            "--base-url",
        ),
        (&["a.html", "--html", "-", "--json"], 2, "stdout"),
        (
            &["a.html", "--html", "no/such/folder.html"],
            4,
            "no/such/folder.html",
        ),
        (&["a.html", "--timeout", "0s"], 0, ""),
        (&["http://127.0.0.1:9/"], 1, "ssrf_blocked"),
    ] {
        let ran = run_in(dir.path(), &[&["explain"], args].concat());
        assert_eq!(ran.code, Some(code), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout.is_empty(), code != 0, "{args:?}: {}", ran.stdout);
    }
}

#[test]
fn a_url_is_fetched_as_a_crawl_would() {
    let there = Host::start(2, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::html("User-agent: *\nDisallow: /denied\n"),
        path => Reply::html(article(path)),
    });
    let (fine, denied) = (there.url("/fine"), there.url("/denied"));
    let here = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::html("User-agent: *\nDisallow: /private\n"),
        "/fine" => Reply::redirect(&fine),
        "/denied" => Reply::redirect(&denied),
        "/gone" => Reply::status(410),
        "/short" => Reply::html("<p>Too short."),
        path => Reply::html(article(path)),
    });
    let told = ask(&here.url("/story#part"), &["--json"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
    let told = json(&told);
    assert_eq!(
        (told["url"].as_str(), &told["title"]),
        (
            Some(here.url("/story#part").as_str()),
            &"Story of /story".into()
        )
    );
    assert_eq!(told["source"]["kind"], "url");
    assert_eq!(
        here.asked()
            .iter()
            .map(|asked| asked.path.as_str())
            .collect::<Vec<_>>(),
        ["/robots.txt", "/story"]
    );

    let moved = ask(&here.url("/fine"), &[]);
    assert_eq!(moved.code, Some(0), "{}", moved.stderr);
    assert!(
        moved
            .stdout
            .contains(&format!("  reached     {}\n", there.url("/fine"))),
        "{}",
        moved.stdout
    );
    assert_eq!((there.count("/robots.txt"), there.count("/fine")), (1, 1));

    for (path, code, status) in [
        ("/private/x", 1, "robots_denied"),
        ("/denied", 1, "robots_denied"),
        ("/gone", 1, "not_found"),
        ("/short", 3, "no_article"),
    ] {
        let ran = ask(&here.url(path), &["--json"]);
        assert_eq!(ran.code, Some(code), "{path}: {}", ran.stderr);
        let told = json(&ran);
        assert_eq!(
            (told["status"].as_str(), told["url"].as_str()),
            (Some(status), Some(here.url(path).as_str()))
        );
        assert_eq!(
            ran.stderr.contains(status),
            code == 1,
            "{path}: {}",
            ran.stderr
        );
        assert_eq!(
            ask(&here.url(path), &[]).stdout.is_empty(),
            code == 1,
            "{path}"
        );
    }
    assert_eq!((here.count("/private/x"), there.count("/denied")), (0, 0));
}

#[test]
fn a_page_that_fails_at_first_is_asked_again() {
    let calls = std::sync::atomic::AtomicU32::new(0);
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        _ if calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 => Reply::status(503),
        path => Reply::html(article(path)),
    });
    let ran = ask(&host.url("/1"), &["--retries", "1"]);
    assert_eq!((ran.code, host.count("/1")), (Some(0), 2), "{}", ran.stderr);
}

#[test]
fn no_folder_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let ran = run_in(
        dir.path(),
        &[
            "explain",
            &host.url("/1"),
            "--allow-network",
            "127.0.0.1",
            "--delay",
            "1ms",
        ],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_page_for_a_browser() {
    let dir = tempfile::tempdir().unwrap();
    let page = testdata("newspaper-bare");
    let page = page.to_str().unwrap();
    let ran = run_in(dir.path(), &["explain", page, "--html", "out.html"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), ""),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("out.html"), "{}", ran.stderr);
    let written = fs::read_to_string(dir.path().join("out.html")).unwrap();
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "no temporary name is left"
    );
    let printed = run_in(dir.path(), &["explain", page, "--html", "-"]);
    assert_eq!((printed.code, &printed.stdout), (Some(0), &written));
    let both = run_in(
        dir.path(),
        &["explain", page, "--html", "out.html", "--json", "-q"],
    );
    assert_eq!(
        (json(&both)["status"].as_str(), both.stderr.as_str()),
        (Some("ok"), "")
    );

    let page = scraper::Html::parse_document(&written);
    let text = |selector: &str| -> Vec<String> {
        let selector = scraper::Selector::parse(selector).unwrap();
        page.select(&selector)
            .map(|node| node.text().collect())
            .collect()
    };
    assert_eq!(text("h1"), ["Harrow Bridge reopens after ten years"]);
    assert!(
        text("main .dropped h4").contains(&"Recommended news".to_owned()),
        "headings are headings"
    );
    assert!(text("main > .block > p")[0].starts_with("The old Harrow Bridge reopened"));
    assert!(text("dd").contains(&"2026-03-02".to_owned()));
    assert!(text(".chip").contains(&"related_links".to_owned()));
}

#[test]
fn nothing_of_a_hostile_page_runs() {
    let page = "<title>A &lt;script>alert(1)&lt;/script></title><meta name=author content='\"><script>alert(2)</script>'>\
         <h1>A &lt;/title>&lt;script></h1>\
         <pre>&lt;/pre>&lt;script>alert(3)&lt;/script> \u{202e}backwards &lt;img src=x onerror=alert(4)> and on with words.</pre>\
         <p>\u{1b}]0;title\u{7} \u{9b}31m The council met on Monday and will meet again on Friday, it said.\
         <p><a href='javascript:alert(5)' onclick='alert(6)'>Share</a>";
    let html = run_with_stdin(&["explain", "-", "--html", "-"], page.as_bytes()).stdout;
    let parsed = scraper::Html::parse_document(&html);
    let harmful = scraper::Selector::parse(
        "script, img, a, iframe, object, link, base, form, [onclick], [onerror], [src], [href]",
    );
    let found: Vec<String> = parsed
        .select(&harmful.unwrap())
        .map(|node| node.html())
        .collect();
    assert_eq!(found, [""; 0]);
    assert!(
        html.contains("&lt;/pre&gt;&lt;script&gt;alert(3)"),
        "{html}"
    );
    for form in ["text", "json"] {
        let ran = run_with_stdin(&["explain", "-", "--format", form], page.as_bytes());
        let harmful = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!ran.stdout.contains(harmful), "{:?}", ran.stdout);
    }
}
