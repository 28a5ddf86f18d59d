//! Killed with `kill -9` at random moments, over and over: output and state agree at each of them,
//! and at the end every URL is there once.
//!
//! `CHAFFINCH_TEST_KILLS` sets how many kills (200 unless set). The moments come from a seeded
//! generator; what they hit depends on the machine, and nothing that is asserted does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chaffinch::frontier::Frontier;
use chaffinch::frontier::sqlite::SqliteFrontier;
use serde_json::Value;

use crate::archive::{files as archives, kept};
use crate::farm::{Host, Reply, article};
use crate::stores::{assert_all_agree, ids};
use crate::tool::{command, field, records};

/// Kills of one test run, unless `CHAFFINCH_TEST_KILLS` says otherwise.
const KILLS: u32 = 200;
/// Seed of the moments.
const SEED: u64 = 0x00c4_aff1_9c41;
/// The latest moment of a kill, in microseconds after the start: a start with its first commits.
const LATEST_MICROS: u64 = 150_000;
/// Pages on each host.
const PAGES: u32 = 12;

const ARTICLES: &str = "articles.jsonl";
const FAILURES: &str = "failures.jsonl";
/// Where what goes over the wire is kept.
const KEPT: &str = "kept";

/// What a crawl of the farm is called with, and what is to come of it.
struct Plan {
    hosts: Vec<Host>,
    args: Vec<String>,
    articles: BTreeSet<String>,
    failures: BTreeSet<String>,
}

/// Articles, failures, redirects, robots.txt, feed and sitemap, an article of two pages.
fn answer(path: &str) -> Reply {
    let listed = |root: &str, entry: &str, link: &str, from: u32| {
        let entries: String = (from..from + 8)
            .map(|n| format!("<{entry}><{link}>/found/{n}</{link}></{entry}>"))
            .collect();
        Reply::status(200).body(format!("<{root}>{entries}</{root}>"))
    };
    match path {
        "/robots.txt" => Reply::html("User-agent: *\nDisallow: /3\nSitemap: /sitemap.xml\n"),
        "/" => Reply::html("<link rel=alternate type='application/rss+xml' href='/feed'>"),
        "/feed" => listed("rss", "item", "link", 0),
        "/sitemap.xml" => listed("urlset", "url", "loc", 4),
        "/8" => Reply::html(article("two pages") + "<a href='/8?page=2'>2</a>"),
        "/8?page=2" => Reply::html(article("the second page")),
        path if path.ends_with('5') => Reply::status(404),
        path if path.ends_with('7') => Reply::redirect(&format!("{path}/there")),
        path => Reply::html(article(path)),
    }
}

impl Plan {
    fn new() -> Self {
        let hosts: Vec<Host> = (11..=15)
            .map(|n| Host::start(n, |asked| answer(&asked.path)))
            .collect();
        let (mut args, mut articles, mut failures) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for host in &hosts {
            for n in 0..PAGES {
                let url = host.url(&format!("/{n}"));
                let kind = if matches!(n, 3 | 5) {
                    &mut failures
                } else {
                    &mut articles
                };
                kind.insert(url.clone());
                args.push(url);
            }
        }
        let more = [
            "not a URL".to_owned(),
            format!("{}#again", hosts[0].url("/1")),
        ];
        failures.extend(more.clone());
        args.extend(more);
        for n in 0..12 {
            let kind = if n == 5 { &mut failures } else { &mut articles };
            kind.insert(hosts[0].url(&format!("/found/{n}")));
        }
        args.extend(["--discover".to_owned(), hosts[0].url("/")]);
        Self {
            hosts,
            args,
            articles,
            failures,
        }
    }

    /// Starts the crawl and kills it after `life`; the code, if it ended before.
    fn live(&self, out: &Path, flags: &[&str], life: Duration) -> Option<i32> {
        let mut child = command()
            .args(["crawl", "-q", "--retries", "0", "--delay", "1ms"])
            .args(["--allow-network", "127.0.0.0/8", "-o"])
            .arg(out)
            .arg("--keep-warc")
            .arg(out.join(KEPT))
            .args(flags)
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts");
        std::thread::sleep(life);
        child.kill().expect("it is ours");
        child.wait().expect("it ends").code()
    }

    fn check_whole(&self, out: &Path) {
        for (file, want) in [(ARTICLES, &self.articles), (FAILURES, &self.failures)] {
            let records = records(&out.join(file));
            let mut got = field(&records, "url");
            got.sort_unstable();
            assert_eq!(got, Vec::from_iter(want), "{file}: every URL once");
        }
    }
}

/// Of what went over the wire the state says how many files and how much of the last are whole: they are
/// whole records.
fn check_archive(out: &Path, marks: &[(String, u64)]) {
    let mark = |name: &str| {
        let found = marks.iter().find(|(known, _)| known == name);
        found.map_or(0, |(_, value)| usize::try_from(*value).unwrap())
    };
    let list = fs::read_to_string(out.join("state/archives.txt")).unwrap_or_default();
    let files: Vec<&str> = list.lines().take(mark("warc files")).collect();
    assert_eq!(files.len(), mark("warc files"), "all of them are listed");
    if let Some(last) = files.last() {
        let bytes = fs::read(out.join(last)).unwrap();
        kept(&bytes[..mark("warc bytes")]);
    }
}

/// Every page that was had is there once.
fn check_pages_kept(out: &Path) {
    let mut urls = Vec::new();
    for file in archives(&out.join(KEPT)) {
        for record in kept(&fs::read(file).unwrap()) {
            let is_page = record.field("Chaffinch-Purpose").is_none_or(|purpose| {
                !purpose.contains("\"source\"") && !purpose.contains("\"robots\"")
            });
            let url = record.field("WARC-Target-URI");
            if is_page
                && record.field("WARC-Type") == Some("response")
                && record.code() == Some("200")
            {
                urls.push(url.unwrap().to_owned());
            }
        }
    }
    let each: BTreeSet<&String> = urls.iter().collect();
    assert_eq!(urls.len(), each.len(), "each once: {urls:?}");
    let articles = records(&out.join(ARTICLES));
    for url in field(&articles, "final_url") {
        assert!(each.contains(&url.to_owned()), "{url} is not kept");
    }
}

/// What the state says is whole consists of whole lines, a URL each once, and is as many records
/// as the state counts. What lies beyond is anything: the next run cuts it off.
fn check_agreement(out: &Path) {
    if !out.join("state/frontier.sqlite").exists() {
        return;
    }
    // A copy, since opening a state is what the next run does.
    let copy = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(out.join("state")).unwrap().flatten() {
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let path = copy.path().join("frontier.sqlite");
    let mut frontier = SqliteFrontier::open(&path, i64::MAX).expect("a state that opens");
    let (marks, counts) = (frontier.marks().unwrap(), frontier.counts().unwrap());
    check_archive(out, &marks);
    for (file, count) in [(ARTICLES, counts.articles), (FAILURES, counts.failures)] {
        let Some((_, bytes)) = marks.iter().find(|(name, _)| name == file) else {
            assert_eq!(count, 0, "{file}: records, and no length");
            continue;
        };
        let found = fs::read(out.join(file)).unwrap();
        let whole = found.get(..usize::try_from(*bytes).unwrap());
        let whole = whole.unwrap_or_else(|| panic!("{file} is shorter than the state says"));
        let lines: Vec<Value> = crate::tool::parse(std::str::from_utf8(whole).unwrap());
        let urls: BTreeSet<&str> = field(&lines, "url").into_iter().collect();
        assert_eq!(
            (lines.len() as u64, urls.len() as u64),
            (count, count),
            "{file}"
        );
    }
}

#[test]
fn output_and_state_agree_whenever_it_is_killed() {
    let most = std::env::var("CHAFFINCH_TEST_KILLS").map_or(KILLS, |most| most.parse().unwrap());
    let plan = Plan::new();
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut moment = || Duration::from_micros(random.u64(0..LATEST_MICROS));
    let (mut kills, mut folders) = (0, 0);
    while kills < most {
        let out = tempfile::tempdir().expect("a folder");
        let stores: &[&str] = if folders % 2 == 1 {
            &["--format", "md,csv,sqlite,parquet"]
        } else {
            &[]
        };
        // First a crawl, then a refresh of all of it, which finds nothing changed.
        for flags in [stores.to_vec(), [stores, &["--refresh"]].concat()] {
            let code = loop {
                if let Some(code) = plan.live(out.path(), &flags, moment()) {
                    break code;
                }
                kills += 1;
                if !flags.contains(&"--refresh") {
                    check_agreement(out.path());
                }
            };
            assert_eq!(code, 1, "it ends with the failures that the farm has");
            check_agreement(out.path());
            plan.check_whole(out.path());
            if !flags.contains(&"--refresh") {
                check_pages_kept(out.path());
            }
        }
        if !stores.is_empty() {
            assert_all_agree(out.path(), ids(&out.path().join(ARTICLES)));
            let texts = fs::read_dir(out.path().join("articles")).unwrap().count();
            assert_eq!(
                texts,
                plan.articles.len(),
                "a text an article, and no half one"
            );
        }
        folders += 1;
    }
    let requests: usize = plan.hosts.iter().map(|host| host.asked().len()).sum();
    eprintln!("{kills} kills over {folders} folders, {requests} requests");
}
