//! Stopped, killed, started again: each URL once, no torn line, nothing asked in vain.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::farm::{Host, Reply, article};
use crate::tool::{command, crawl, field, records};

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn start(out: &Path, urls: &[String], flags: &[&str]) -> Child {
    let mut command = command();
    command.args([
        "crawl",
        "-o",
        out.to_str().unwrap(),
        "--allow-network",
        "127.0.0.0/8",
        "--retries",
        "0",
        "-q",
    ]);
    command
        .args(flags)
        .args(urls)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts")
}

/// Waits until the servers were asked so often, or the command ended.
fn wait_for(child: &mut Child, hosts: &[Host], requests: usize) {
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none()
        && hosts.iter().map(|host| host.asked().len()).sum::<usize>() < requests
    {
        assert!(
            begin.elapsed() < Duration::from_mins(1),
            "the crawl stands still"
        );
        std::thread::yield_now();
    }
}

#[test]
fn what_is_done_is_not_asked_again() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" | "/gone" => Reply::status(404),
        path => Reply::html(article(path)),
    });
    let urls = [host.url("/1"), host.url("/gone")];
    assert_eq!(crawl(out.path(), &urls, &[]).code, Some(1));
    let ran = crawl(
        out.path(),
        &[urls.to_vec(), vec![host.url("/2")]].concat(),
        &[],
    );
    assert_eq!(
        ran.code,
        Some(1),
        "the old failure still counts: {}",
        ran.stderr
    );
    assert_eq!(
        (host.count("/1"), host.count("/gone"), host.count("/2")),
        (1, 1, 1)
    );
    assert_eq!(records(&out.path().join("articles.jsonl")).len(), 2);
    assert_eq!(records(&out.path().join("failures.jsonl")).len(), 1);
    let ran = crawl(out.path(), &[host.url("/2")], &[]);
    assert_eq!(
        ran.code,
        Some(0),
        "only this run's URLs count: {}",
        ran.stderr
    );
}

#[test]
fn a_limit_leaves_the_rest_for_the_next_run() {
    let out = scratch();
    let host = Host::articles(1);
    let urls: Vec<String> = (0..7).map(|n| host.url(&format!("/{n}"))).collect();
    for done in [3, 6, 7] {
        assert_eq!(crawl(out.path(), &urls, &["--limit", "3"]).code, Some(0));
        assert_eq!(records(&out.path().join("articles.jsonl")).len(), done);
    }
}

#[test]
fn a_refresh_is_conditional_and_versions_what_changed() {
    let out = scratch();
    let round = Arc::new(AtomicU32::new(0));
    let now = round.clone();
    let host = Host::start(1, move |asked| {
        let round = now.load(Ordering::SeqCst);
        match asked.path.as_str() {
            "/robots.txt" => Reply::status(404),
            "/same" if asked.header("if-none-match") == Some("\"a\"") => Reply::status(304),
            "/same" => Reply::html(article("same")).with("ETag", "\"a\""),
            "/dated" if asked.header("if-modified-since").is_some() => Reply::status(304),
            "/dated" => {
                Reply::html(article("dated")).with("Last-Modified", "Mon, 02 Mar 2026 09:30:00 GMT")
            }
            "/touched" => Reply::html(article("touched") + &format!("<!-- {round} -->")),
            "/changed" => Reply::html(article(&format!("round {round}"))),
            "/healed" if round == 0 => Reply::status(404),
            "/lost" if round > 0 => Reply::status(404),
            path => Reply::html(article(path)),
        }
    });
    let urls: Vec<String> = [
        "/same", "/dated", "/touched", "/changed", "/healed", "/lost",
    ]
    .map(|path| host.url(path))
    .into();
    assert_eq!(crawl(out.path(), &urls, &[]).code, Some(1));
    assert_eq!(
        field(&records(&out.path().join("failures.jsonl")), "url"),
        [host.url("/healed")]
    );
    round.store(1, Ordering::SeqCst);
    let ran = crawl(out.path(), &urls, &["--refresh"]);
    assert_eq!(ran.code, Some(1), "one could not be had: {}", ran.stderr);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.path().join("report.json")).unwrap()).unwrap();
    for (name, want) in [
        ("not_modified", 3),
        ("articles", 2),
        ("changed", 1),
        ("silent_edits", 1),
        ("refresh_failed", 1),
        ("failures", 0),
    ] {
        assert_eq!(report[name].as_u64(), Some(want), "{name} in {report}");
    }
    assert_eq!(
        records(&out.path().join("failures.jsonl")).len(),
        0,
        "what healed has left the failures"
    );
    let articles = records(&out.path().join("articles.jsonl"));
    let mut versions: HashMap<&str, Vec<u64>> = HashMap::new();
    for (article, url) in articles.iter().zip(field(&articles, "url")) {
        versions
            .entry(url.rsplit('/').next().unwrap())
            .or_default()
            .push(article["version"].as_u64().unwrap());
    }
    assert_eq!(versions["changed"], [1, 2]);
    // Nobody was to come back for it, so that what it was is read from the output.
    let second = articles.iter().find(|article| article["version"] == 2);
    let second = second.expect("a second version");
    let paragraphs = second["change"]["paragraphs"].as_array();
    assert!(
        paragraphs.is_some_and(|changed| !changed.is_empty()),
        "{second}"
    );
    let warnings = second["warnings"].as_array().unwrap();
    assert!(
        warnings.iter().any(|warning| warning == "silent_edit"),
        "{second}"
    );
    for name in ["same", "dated", "touched", "healed", "lost"] {
        assert_eq!(versions[name], [1], "{name}");
    }
}

#[test]
fn the_same_page_in_two_spellings_is_one_article_and_one_duplicate() {
    let out = scratch();
    let host = Host::articles(1);
    let urls = [host.url("/1"), host.url("/1#comments"), host.url("/1")];
    for _ in 0..2 {
        assert_eq!(
            crawl(out.path(), &urls, &[]).code,
            Some(0),
            "a duplicate is no failure of the run"
        );
        assert_eq!(
            field(&records(&out.path().join("articles.jsonl")), "url"),
            [urls[0].as_str()]
        );
        let failures = records(&out.path().join("failures.jsonl"));
        assert_eq!(
            (field(&failures, "url"), field(&failures, "status")),
            (vec![urls[1].as_str()], vec!["duplicate"])
        );
    }
    assert_eq!(host.count("/1"), 1);
}

/// Kills at random moments over the whole life of a crawl, failures and redirects among its URLs.
#[test]
fn kills_lose_nothing_and_double_nothing() {
    let hosts: Vec<Host> = (1..=4)
        .map(|n| {
            Host::start(n, |asked| match asked.path.as_str() {
                "/robots.txt" => Reply::html("User-agent: *\nDisallow: /3\n"),
                path if path.ends_with('5') => Reply::status(404),
                path if path.ends_with('7') => Reply::redirect(&format!("{path}/there")),
                path => Reply::html(article(path)),
            })
        })
        .collect();
    let urls: Vec<String> = hosts
        .iter()
        .flat_map(|host| (0..30).map(|n| host.url(&format!("/{n}"))))
        .collect();
    let mut kills = 0;
    for round in 0..3 {
        let out = scratch();
        let mut step = 3 + round;
        loop {
            let asked = hosts.iter().map(|host| host.asked().len()).sum::<usize>();
            let mut child = start(out.path(), &urls, &["--delay", "1ms"]);
            wait_for(&mut child, &hosts, asked + step);
            if let Some(status) = child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(1));
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            step = 3 + (step * 7 + round) % 23;
            check_no_line_doubled(out.path());
        }
        let mut seen: Vec<String> = Vec::new();
        for file in ["articles.jsonl", "failures.jsonl"] {
            seen.extend(
                field(&records(&out.path().join(file)), "url")
                    .into_iter()
                    .map(str::to_owned),
            );
        }
        seen.sort();
        let mut want = urls.clone();
        want.sort();
        assert_eq!(seen, want, "every URL once");
    }
    assert!(kills > 10, "only {kills} kills");
}

/// Whole lines, whatever the last one looks like, name each URL once.
fn check_no_line_doubled(out: &Path) {
    for file in ["articles.jsonl", "failures.jsonl"] {
        let Ok(text) = fs::read_to_string(out.join(file)) else {
            continue;
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let mut urls: Vec<&str> = whole
            .lines()
            .filter_map(|line| line.split("\"url\":\"").nth(1)?.split('"').next())
            .collect();
        let count = urls.len();
        urls.sort_unstable();
        urls.dedup();
        assert_eq!(urls.len(), count, "{file}");
    }
}

#[test]
#[cfg(unix)]
fn a_signal_drains_saves_and_says_so() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let out = scratch();
        let hosts = [Host::articles(1)];
        let urls: Vec<String> = (0..50).map(|n| hosts[0].url(&format!("/{n}"))).collect();
        let mut child = start(out.path(), &urls, &["--delay", "20ms"]);
        wait_for(&mut child, &hosts, 5);
        let sent = std::process::Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let done = records(&out.path().join("articles.jsonl")).len();
        assert!((1..50).contains(&done), "{done}");
        let report = fs::read_to_string(out.path().join("report.json")).unwrap();
        assert!(report.contains("\"signal\""), "{report}");
        assert_eq!(crawl(out.path(), &urls, &[]).code, Some(0));
        assert_eq!(records(&out.path().join("articles.jsonl")).len(), 50);
        let asked: HashMap<String, usize> =
            hosts[0]
                .asked()
                .into_iter()
                .fold(HashMap::new(), |mut counts, asked| {
                    *counts.entry(asked.path).or_default() += 1;
                    counts
                });
        assert!(
            asked
                .iter()
                .all(|(path, count)| path == "/robots.txt" || *count == 1),
            "what was in flight was finished: {asked:?}"
        );
    }
}

#[test]
#[cfg(unix)]
fn a_demo_that_is_stopped_says_so() {
    let dir = scratch();
    let mut child = command()
        .current_dir(dir.path())
        .args(["demo", "-o", "out"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let articles = dir.path().join("out/articles.jsonl");
    while fs::metadata(&articles).map_or(0, |found| found.len()) == 0 {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn the_second_of_two_processes_says_so_and_ends() {
    let out = scratch();
    let hosts = [Host::start(1, |_| Reply::Stall(Vec::new()))];
    let urls = [hosts[0].url("/1")];
    let mut first = start(out.path(), &urls, &["--timeout", "20s"]);
    while !out.path().join("state/frontier.sqlite").exists() {
        assert!(first.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    let second = crawl(out.path(), &urls, &[]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.code, Some(4));
    assert!(
        second.stderr.contains("another chaffinch is at work on"),
        "{}",
        second.stderr
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_code_4() {
    let dir = scratch();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let ran = crawl(&file.join("out"), &["http://127.0.0.1:1/".to_owned()], &[]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("file/out"), "{}", ran.stderr);
}

#[test]
fn somebody_elses_articles_are_not_touched() {
    let out = scratch();
    let host = Host::articles(1);
    fs::write(out.path().join("articles.jsonl"), "{\"url\":\"mine\"}\n").unwrap();
    assert_eq!(crawl(out.path(), &[host.url("/1")], &[]).code, Some(0));
    let articles = records(&out.path().join("articles.jsonl"));
    assert_eq!(field(&articles, "url"), ["mine", &host.url("/1")]);
}

#[test]
fn validators_are_those_of_the_address_that_gave_them() {
    let out = scratch();
    let moved = Arc::new(AtomicU32::new(0));
    let now = moved.clone();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/latest" if now.load(Ordering::SeqCst) == 0 => Reply::redirect("/old"),
        "/latest" => Reply::redirect("/new"),
        // One tag for all pages, as a careless server has it.
        _ if asked.header("if-none-match").is_some() => Reply::status(304),
        path => Reply::html(article(path)).with("ETag", "\"1\""),
    });
    let urls = [host.url("/latest")];
    assert_eq!(crawl(out.path(), &urls, &[]).code, Some(0));
    moved.store(1, Ordering::SeqCst);
    assert_eq!(crawl(out.path(), &urls, &["--refresh"]).code, Some(0));
    let articles = records(&out.path().join("articles.jsonl"));
    assert_eq!(articles.len(), 2, "the new story is stored");
    assert_eq!(crawl(out.path(), &urls, &["--refresh"]).code, Some(0));
    assert_eq!(host.count("/new"), 2);
    assert_eq!(records(&out.path().join("articles.jsonl")).len(), 2);
}

#[test]
fn each_refresh_asks_again() {
    let out = scratch();
    let host = Host::articles(1);
    let urls: Vec<String> = (0..2).map(|n| host.url(&format!("/{n}"))).collect();
    let asked = || host.count("/0") + host.count("/1");
    assert_eq!(crawl(out.path(), &urls, &[]).code, Some(0));
    for (flags, want) in [
        // A limit that all of it fits in ends the refresh.
        (&["--refresh", "--limit", "2"][..], 4),
        (&["--refresh", "--limit", "2"][..], 6),
        // One cut short goes on, be it without the flag; then the next begins.
        (&["--refresh", "--limit", "1"][..], 7),
        (&[][..], 8),
        (&["--refresh"][..], 10),
    ] {
        assert_eq!(crawl(out.path(), &urls, flags).code, Some(0));
        assert_eq!(asked(), want, "{flags:?}");
    }
}

#[test]
fn kills_lose_nothing_of_what_sources_lead_to() {
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::html("Sitemap: /index.xml\n"),
        "/" => Reply::html("<link rel=alternate type='application/rss+xml' href='/feed'>"),
        "/feed" => Reply::status(200).body(listing("rss", "item", "link", 0..10)),
        "/index.xml" => {
            Reply::status(200).body(listing("sitemapindex", "sitemap", "loc", 100..103))
        }
        "/100" => Reply::status(200).body(listing("urlset", "url", "loc", 5..15)),
        "/101" => Reply::status(200).body(listing("urlset", "url", "loc", 15..25)),
        "/102" => Reply::status(200).body(listing("urlset", "url", "loc", 20..30)),
        "/7" => Reply::html(article("many pages") + "<a href='/7?page=2'>2</a>"),
        "/7?page=2" => Reply::html(article("the second page")),
        path => Reply::html(article(path)),
    });
    let hosts = [host];
    let site = hosts[0].url("/");
    let want: Vec<String> = (0..30).map(|n| hosts[0].url(&format!("/{n}"))).collect();
    let mut kills = 0;
    for round in 0..2 {
        let out = scratch();
        let mut step = 2 + round;
        loop {
            let asked = hosts[0].asked().len();
            let mut child = start(out.path(), &[], &["--discover", &site, "--delay", "1ms"]);
            wait_for(&mut child, &hosts, asked + step);
            if let Some(status) = child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(0));
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            step = 4 + (step * 7 + round) % 9;
            check_no_line_doubled(out.path());
        }
        let articles = records(&out.path().join("articles.jsonl"));
        let mut seen: Vec<String> = field(&articles, "url")
            .into_iter()
            .map(str::to_owned)
            .collect();
        let mut want = want.clone();
        seen.sort();
        want.sort();
        assert_eq!(seen, want, "every page once");
        let joined = articles
            .iter()
            .find(|article| article["url"] == hosts[0].url("/7"));
        assert_eq!(joined.unwrap()["pages"].as_array().map(Vec::len), Some(2));
    }
    assert!(kills > 6, "only {kills} kills");
}

/// A listing of numbered addresses.
fn listing(root: &str, entry: &str, link: &str, numbers: std::ops::Range<u32>) -> String {
    let entries: String = numbers
        .map(|n| format!("<{entry}><{link}>/{n}</{link}></{entry}>"))
        .collect();
    format!("<{root}>{entries}</{root}>")
}
