//! Pages found in feeds, sitemaps and on front pages; duplicates; articles of several pages.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::Value;

use crate::farm::{Asked, Host, Reply, article};
use crate::tool::{Ran, crawl, field, parse, records, run};

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The paths of a host's URLs in the records, sorted.
fn paths<'r>(records: &'r [Value], host: &Host) -> Vec<&'r str> {
    let start = host.url("");
    let mut paths: Vec<&str> = field(records, "url")
        .into_iter()
        .map(|url| url.strip_prefix(&start).unwrap_or(url))
        .collect();
    paths.sort_unstable();
    paths
}

fn articles(out: &Path) -> Vec<Value> {
    records(&out.join("articles.jsonl"))
}

fn report(out: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(out.join("report.json")).unwrap()).unwrap()
}

fn discover(args: &[&str]) -> Ran {
    let flags = [
        "--allow-network",
        "127.0.0.0/8",
        "--delay",
        "1ms",
        "--retries",
        "0",
    ];
    run(&[&["discover"], args, &flags].concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn xml(body: impl Into<Vec<u8>>) -> Reply {
    Reply::status(200)
        .with("Content-Type", "application/xml")
        .body(body)
}

/// The root of a request's host.
fn root(asked: &Asked) -> String {
    format!("http://{}", asked.header("host").unwrap())
}

const RSS: &str = "<rss version='2.0'><channel><title>Courier</title>\
    <item><title>The bridge</title><link>/bridge</link><pubDate>Mon, 02 Mar 2026 09:30:00 GMT</pubDate>\
    <author>desk@courier.example (Mara Lindt)</author></item>\
    <item><title>The ferry</title><link>/ferry?utm_source=rss</link><pubDate>Sun, 01 Feb 2026 09:30:00 GMT</pubDate></item>\
    <item><title>The trap</title><link>/calendar/2031-05</link></item></channel></rss>";

/// A page that says nothing of itself: no title, author or date.
fn bare(topic: &str) -> String {
    format!(
        "<body><article><p>This is the first paragraph of the story of {topic}, which is long enough to be one.</p>\
         <p>The second paragraph of the story of {topic} follows, and says a little more than the first.</p></article>"
    )
}

#[test]
fn a_feed_names_pages_and_fills_what_they_leave_open() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/feed" => xml(RSS),
        "/ferry" => Reply::html(article("the ferry crossing")),
        path => Reply::html(bare(path)),
    });
    let feed = host.url("/feed");
    let ran = crawl(out.path(), &[], &["--feed", &feed, "--full"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut articles = articles(out.path());
    articles.sort_by_key(|article| article["url"].to_string());
    assert_eq!(paths(&articles, &host), ["/bridge", "/ferry"]);
    let bridge = &articles[0];
    assert_eq!(bridge["title"], "The bridge");
    assert_eq!(bridge["authors"][0]["name"], "Mara Lindt");
    assert_eq!(bridge["date_published"], "2026-03-02T09:30:00Z");
    assert_eq!(bridge["date_precision"], "second");
    assert_eq!(bridge["found_in"], feed);
    assert_eq!(bridge["sources"]["title"], "feed");
    // What the page says itself wins; what was told is still there to see.
    let ferry = &articles[1];
    assert_eq!(ferry["title"], "Story of the ferry crossing");
    assert_ne!(ferry["sources"]["title"], "feed");
    let told = ferry["candidates"].as_array().unwrap().iter();
    let told: Vec<_> = told
        .filter(|candidate| candidate["source"] == "feed")
        .collect();
    assert_eq!(told[0]["value"], "The ferry");
    let source = &report(out.path())["sources"][&feed];
    assert_eq!(
        (&source["named"], &source["taken"], &source["left"]["trap"]),
        (&3.into(), &2.into(), &1.into())
    );
    assert_eq!(host.count("/calendar/2031-05"), 0);
}

#[test]
fn a_feed_is_asked_by_each_run_conditionally_and_its_pages_once() {
    let out = scratch();
    let round = Arc::new(AtomicU32::new(0));
    let now = round.clone();
    let host = Host::start(1, move |asked| {
        match (asked.path.as_str(), now.load(Ordering::SeqCst)) {
            ("/robots.txt", _) => Reply::status(404),
            ("/feed", 1) if asked.header("if-none-match") == Some("\"a\"") => Reply::status(304),
            ("/feed", 3) => Reply::status(503),
            ("/feed", round) => {
                let item = |n| format!("<item><link>/{n}</link></item>");
                let items: String = (0..=round).map(item).collect();
                xml(format!("<rss><channel>{items}</channel></rss>")).with("ETag", "\"a\"")
            }
            (path, _) => Reply::html(article(path)),
        }
    });
    let feed = host.url("/feed");
    for (code, count) in [(0, 1), (0, 1), (0, 3), (3, 3)] {
        let ran = crawl(out.path(), &[], &["--feed", &feed]);
        assert_eq!(
            (ran.code, articles(out.path()).len()),
            (Some(code), count),
            "{}",
            ran.stderr
        );
        round.fetch_add(1, Ordering::SeqCst);
    }
    assert_eq!((host.count("/feed"), host.count("/0")), (4, 1));
    let failures = &report(out.path())["sources"][&feed]["failures"];
    assert_eq!(failures[0]["status"], "http_error");
    // Another choice needs it read whole.
    round.store(1, Ordering::SeqCst);
    crawl(out.path(), &[], &["--feed", &feed, "--exclude", "/nothing"]);
    let asked = host.asked();
    let last = asked.iter().rfind(|asked| asked.path == "/feed").unwrap();
    assert_eq!(last.header("if-none-match"), None);
    assert_eq!(host.count("/feed"), 5);
    assert_eq!(host.count("/robots.txt"), 1, "believed by later runs");
}

#[test]
fn a_site_leads_to_its_feeds_and_to_sitemaps_of_sitemaps() {
    let out = scratch();
    let news = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' \
        xmlns:image='http://www.google.com/schemas/sitemap-image/1.1' xmlns:xhtml='http://www.w3.org/1999/xhtml'>\
        <url><loc>/news/new</loc><news:news><news:publication><news:name>Courier</news:name><news:language>en</news:language></news:publication>\
        <news:publication_date>2026-03-02</news:publication_date><news:title>New</news:title></news:news>\
        <image:image><image:loc>https://courier.example/new.jpg</image:loc></image:image>\
        <xhtml:link rel='alternate' hreflang='de' href='/de/neu'/></url>\
        <url><loc>/news/old</loc><lastmod>2020-01-01</lastmod></url>\
        <url><loc>https://other.example/news/x</loc></url></urlset>";
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::html("Sitemap: /index.xml\nUser-agent: *\nDisallow: /private\n"),
        "/" => Reply::html(
            "<link rel=alternate type='application/rss+xml' href='/feed'><a href='/x'>Link</a>",
        ),
        "/feed" => xml(RSS),
        "/index.xml" => {
            let root = root(asked);
            xml(format!(
                "<sitemapindex><sitemap><loc>{root}/news.xml.gz</loc></sitemap><sitemap><loc>{root}/index.xml</loc></sitemap>\
                 <sitemap><loc>{root}/2019.xml</loc><lastmod>2019-12-31</lastmod></sitemap>\
                 <sitemap><loc>{root}/gone.xml</loc></sitemap>\
                 <sitemap><loc>https://other.example/sitemap.xml</loc></sitemap></sitemapindex>"
            ))
        }
        "/news.xml.gz" => xml(gzip(news.as_bytes())),
        "/gone.xml" => Reply::status(404),
        path => Reply::html(article(path)),
    });
    let site = host.url("/");
    let flags = [
        "--discover",
        &site,
        "--since",
        "2026-01-15",
        "--exclude",
        "/ferry",
    ];
    let ran = crawl(out.path(), &[], &flags);
    assert_eq!(
        ran.code,
        Some(1),
        "the sitemap that is gone: {}",
        ran.stderr
    );
    let articles = articles(out.path());
    assert_eq!(paths(&articles, &host), ["/bridge", "/de/neu", "/news/new"]);
    let new = articles
        .iter()
        .find(|article| article["url"] == host.url("/news/new"))
        .unwrap();
    assert_eq!(new["sources"]["date_published"], "sitemap");
    assert_eq!(new["image"], "https://courier.example/new.jpg");
    let report = report(out.path());
    let source = &report["sources"][&site];
    assert_eq!(
        source["left"],
        serde_json::json!({"old": 1, "old_listing": 1, "other_site": 2, "pattern": 1, "trap": 1})
    );
    assert_eq!(source["failures"][0]["url"], host.url("/gone.xml"));
    assert_eq!((host.count("/index.xml"), host.count("/2019.xml")), (1, 0));
}

#[test]
fn a_site_without_a_sitemap_is_no_failure_and_one_without_anything_is() {
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/" => Reply::html("<link rel=alternate type='application/atom+xml' href='/atom'>"),
        "/atom" => xml("<feed><entry><link href='/a'/><title>A</title></entry></feed>"),
        _ => Reply::status(404),
    });
    let ran = discover(&[&host.url("/")]);
    assert_eq!(
        (ran.code, ran.stdout),
        (Some(0), format!("{}\t\tA\n", host.url("/a"))),
        "{}",
        ran.stderr
    );
    let ran = discover(&["--feed", &host.url("/nothing")]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("not_found"), "{}", ran.stderr);
}

#[test]
fn discover_prints_what_is_known_and_its_list_can_be_crawled() {
    let host = Host::start(1, |asked| {
        match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/feed.json" => Reply::status(200).with("Content-Type", "application/feed+json").body(
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"url\":\"/bridge#top\",\"title\":\"The bridge\",\
             \"date_published\":\"2026-03-02T10:30:00+01:00\",\"authors\":[{\"name\":\"Mara Lindt\"}]},{\"url\":\"/bridge?utm_medium=x\"}]}",
        ),
        path => Reply::html(article(path)),
    }
    });
    let feed = host.url("/feed.json");
    let ran = discover(&["--feed", &feed, "--format", "jsonl"]);
    let found = parse(&ran.stdout);
    assert_eq!(found.len(), 1, "each page once: {}", ran.stdout);
    assert_eq!(
        found[0],
        serde_json::json!({"url": host.url("/bridge"), "title": "The bridge", "date_published": "2026-03-02T10:30:00+01:00",
            "authors": ["Mara Lindt"], "found_in": feed, "told_by": "feed"})
    );
    assert_eq!(host.count("/bridge"), 0);
    let dir = scratch();
    fs::write(dir.path().join("list"), discover(&["--feed", &feed]).stdout).unwrap();
    let list = dir.path().join("list");
    crawl(
        &dir.path().join("out"),
        &[],
        &["-i", list.to_str().unwrap()],
    );
    assert_eq!(
        paths(&articles(&dir.path().join("out")), &host),
        ["/bridge"]
    );
}

#[test]
fn links_are_followed_so_far_and_within_the_site_likely_ones_first() {
    let front = "<a href=/politics>Politics</a><a href=/login>Log in</a><a href='/2026/03/02/the-bridge-opens-again'>The bridge \
        opens again after ten years</a><a href=https://other.example/story-of-another-site>Elsewhere</a><a href=/a/a/a/a>Trap</a>";
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/" => Reply::html(front),
        "/politics" => Reply::html(
            article("politics") + "<a href='/politics/the-vote-on-the-harbour'>The vote</a>",
        ),
        path => Reply::html(article(path)),
    });
    let (one, two, capped) = (scratch(), scratch(), scratch());
    assert_eq!(
        crawl(one.path(), &[host.url("/")], &["--follow", "1"]).code,
        Some(0)
    );
    let asked: Vec<String> = host.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(
        asked,
        [
            "/robots.txt",
            "/",
            "/2026/03/02/the-bridge-opens-again",
            "/politics"
        ]
    );
    crawl(
        two.path(),
        &[host.url("/")],
        &["--follow", "depth=2", "--exclude", "/other"],
    );
    assert_eq!(
        paths(&articles(two.path()), &host),
        [
            "/2026/03/02/the-bridge-opens-again",
            "/politics",
            "/politics/the-vote-on-the-harbour"
        ]
    );
    crawl(
        capped.path(),
        &[host.url("/")],
        &["--follow", "1", "--max-found", "1"],
    );
    assert_eq!(
        paths(&articles(capped.path()), &host),
        ["/2026/03/02/the-bridge-opens-again"]
    );
    assert_eq!(
        report(capped.path())["sources"][host.url("/")]["left"]["over_max_found"],
        1
    );
}

#[test]
fn a_source_obeys_robots_and_follows_redirects() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::html("User-agent: *\nDisallow: /private"),
        "/old" => Reply::redirect("/feed"),
        "/feed" => xml("<rss><channel><item><link>/a</link></item></channel></rss>"),
        path => Reply::html(article(path)),
    });
    let (private, old) = (host.url("/private/feed"), host.url("/old"));
    let ran = crawl(
        out.path(),
        &[],
        &["--feed", &private, "--feed", &old, "--sitemap", "nonsense"],
    );
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(paths(&articles(out.path()), &host), ["/a"]);
    let report = report(out.path());
    let status = |root: &str| report["sources"][root]["failures"][0]["status"].clone();
    assert_eq!(
        (status(&private), status("nonsense")),
        ("robots_denied".into(), "bad_url".into())
    );
    assert_eq!(host.count("/private/feed"), 0);
    let failures = || records(&out.path().join("failures.jsonl"));
    // Who answers first is written first.
    let written = failures();
    let mut statuses = field(&written, "status");
    statuses.sort_unstable();
    assert_eq!(statuses, ["bad_url", "robots_denied"]);
    // Asked again by the next run, each still has one record.
    crawl(
        out.path(),
        &[],
        &["--feed", &private, "--sitemap", "nonsense"],
    );
    let mut urls = field(&failures(), "url")
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    urls.sort();
    assert_eq!(urls, [private, "nonsense".to_owned()]);
}

#[test]
fn a_source_that_is_read_after_all_has_no_record_any_more() {
    let out = scratch();
    let there = Arc::new(AtomicBool::new(false));
    let is_there = there.clone();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/feed" if !is_there.load(Ordering::SeqCst) => Reply::status(404),
        "/feed" => xml("<rss><channel><item><link>/a</link></item></channel></rss>"),
        path => Reply::html(article(path)),
    });
    let feed = host.url("/feed");
    let failures = || records(&out.path().join("failures.jsonl"));
    crawl(out.path(), &[], &["--feed", &feed]);
    assert_eq!(field(&failures(), "status"), ["not_found"]);
    there.store(true, Ordering::SeqCst);
    crawl(out.path(), &[], &["--feed", &feed]);
    assert_eq!(failures(), Vec::<serde_json::Value>::new());
    assert_eq!(paths(&articles(out.path()), &host), ["/a"]);
}

fn long(topic: &str) -> String {
    let said = |n| {
        format!(
            "<p>Paragraph {n} on {topic} says what nobody had said in this way before, and says it in the {n}th of many lines.</p>"
        )
    };
    let paragraphs: String = (1..12).map(said).collect();
    format!("<title>On {topic}</title><article><h1>On {topic}</h1>{paragraphs}</article>")
}

#[test]
fn one_article_is_told_from_its_duplicates() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/bridge/amp" => Reply::html(long("the bridge, for telephones with small screens")),
        "/print/77" => Reply::html(format!(
            "<link rel=canonical href='{}/bridge'>{}",
            root(asked),
            long("printing")
        )),
        "/moved" => Reply::redirect("/bridge"),
        "/ferry" => Reply::html(long("the ferry")),
        "/near" => Reply::html(
            long("the bridge").replace("</article>", "<p>This was updated at noon.</p></article>"),
        ),
        _ => Reply::html(long("the bridge")),
    });
    let names = [
        "/bridge",
        "/bridge/amp",
        "/print/77",
        "/moved",
        "/copy",
        "/near",
        "/ferry",
    ];
    let urls: Vec<String> = names.iter().map(|path| host.url(path)).collect();
    for _ in 0..2 {
        assert_eq!(crawl(out.path(), &urls, &[]).code, Some(0));
    }
    let articles = articles(out.path());
    assert_eq!(articles.len(), names.len(), "none is dropped");
    let original = articles
        .iter()
        .find(|article| article["url"] == urls[0])
        .unwrap();
    for (path, want) in [
        ("/bridge", None),
        ("/bridge/amp", Some("address")),
        ("/print/77", Some("address")),
        ("/moved", Some("address")),
        ("/copy", Some("text")),
        ("/near", Some("similar_text")),
        ("/ferry", None),
    ] {
        let record = articles
            .iter()
            .find(|article| article["url"] == host.url(path))
            .unwrap();
        assert_eq!(record["duplicate_of"]["by"].as_str(), want, "{path}");
        if want.is_some() {
            assert_eq!(record["duplicate_of"]["id"], original["id"]);
            assert_eq!(record["duplicate_of"]["url"], original["url"]);
        }
    }
}

/// Page `n` of three, which says where it goes on.
fn part(n: u32) -> String {
    let next = if n < 3 {
        format!("<a href='/long?page={}'>{}</a>", n + 1, n + 1)
    } else {
        String::new()
    };
    long(&format!("page number {n}")) + &next
}

#[test]
fn an_article_of_several_pages_is_one_record() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/long" => Reply::html(part(1)).with("ETag", "\"first\""),
        "/long?page=2" => Reply::html(part(2)).with("ETag", "\"second\""),
        "/long?page=3" => Reply::html(part(3)),
        "/torn" => Reply::html(long("the torn one") + "<a href='/torn/2'>Next page</a>"),
        _ => Reply::status(404),
    });
    let urls = [host.url("/long"), host.url("/torn")];
    let ran = crawl(out.path(), &urls, &["--full"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let articles = articles(out.path());
    let whole = articles
        .iter()
        .find(|article| article["url"] == urls[0])
        .unwrap();
    let text = whole["text"].as_str().unwrap();
    let pages = whole["pages"].as_array().unwrap();
    assert_eq!(
        field(pages, "url"),
        [
            host.url("/long"),
            host.url("/long?page=2"),
            host.url("/long?page=3")
        ]
    );
    for (n, page) in pages.iter().enumerate() {
        let start = usize::try_from(page["start"].as_u64().unwrap()).unwrap();
        assert!(
            text[start..].starts_with(&format!("Paragraph 1 on page number {}", n + 1)),
            "{start}"
        );
    }
    assert_eq!(
        (&whole["final_url"], &whole["http"]["etag"]),
        (&whole["url"], &"\"first\"".into())
    );
    let torn = articles
        .iter()
        .find(|article| article["url"] == urls[1])
        .unwrap();
    assert!(
        torn["warnings"]
            .as_array()
            .unwrap()
            .contains(&"pages_missing".into())
    );
    // The second page on its own is no other article.
    crawl(out.path(), &[host.url("/long?page=2")], &[]);
    let last = self::articles(out.path()).pop().unwrap();
    assert_eq!(last["duplicate_of"]["url"], urls[0]);
}

#[test]
fn a_job_has_the_same_sources() {
    let dir = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/feed" => xml(RSS),
        "/front" => Reply::html("<a href='/news/the-harbour-is-open'>The harbour</a>"),
        path => Reply::html(article(path)),
    });
    let job = format!(
        "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"1ms\"\n[[jobs]]\nname = \"a\"\nout = \"out\"\nurls = [\"{}\"]\n\
         feeds = [\"{}\"]\nsitemaps = []\ndiscover = []\nfollow = 1\nsince = \"2026-02-15\"\ninclude = [\"/\"]\n\
         exclude = [\"/calendar/\"]\nmax_found = 5\n",
        host.url("/front"),
        host.url("/feed")
    );
    let file = dir.path().join("jobs.toml");
    fs::write(&file, job).unwrap();
    let ran = run(&["run", "--once", "--config", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let articles = articles(&dir.path().join("out"));
    assert_eq!(
        paths(&articles, &host),
        ["/bridge", "/news/the-harbour-is-open"]
    );
}

#[test]
fn a_refresh_asks_found_pages_again_and_a_healed_failure_leaves_its_file() {
    let out = scratch();
    let round = Arc::new(AtomicU32::new(0));
    let now = round.clone();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/feed" => xml(
            "<rss><channel><item><link>/same</link></item><item><link>/ill</link></item></channel></rss>",
        ),
        "/ill" if now.load(Ordering::SeqCst) == 0 => Reply::status(404),
        path => Reply::html(article(path)),
    });
    let feed = host.url("/feed");
    assert_eq!(crawl(out.path(), &[], &["--feed", &feed]).code, Some(1));
    round.store(1, Ordering::SeqCst);
    assert_eq!(
        crawl(out.path(), &[], &["--feed", &feed]).code,
        Some(0),
        "an old failure of a feed's page is no news"
    );
    assert_eq!(host.count("/ill"), 1);
    assert_eq!(
        crawl(out.path(), &[], &["--feed", &feed, "--refresh"]).code,
        Some(0)
    );
    assert_eq!(paths(&articles(out.path()), &host), ["/ill", "/same"]);
    assert!(records(&out.path().join("failures.jsonl")).is_empty());
    assert_eq!((host.count("/ill"), host.count("/same")), (2, 2));
}
