//! A newspaper that is read day by day, and one morning is not what it was: noticed in the first run
//! after, and told on the screen, in the report and by the exit code.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use chaffinch::run::clock::Clock;
use chaffinch::run::crawl::{Job, crawl};
use chaffinch::run::{Report, Stop, Unwatched};
use jiff::{SignedDuration, Timestamp};

use crate::calendar::job_of_feeds;
use crate::farm::{Host, Reply};
use crate::tool::{Ran, crawl as crawl_by_command};

/// Stories that come out every day.
const A_DAY: i64 = 12;
/// Days that are read before anything happens: two weeks and two days.
const QUIET: i64 = 16;

/// What the paper's pages are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Usual,
    /// A relaunch whose stories are built in the browser: the page holds a teaser.
    WithoutBody,
    /// A relaunch that names neither author nor date where a machine finds it.
    WithoutMetadata,
    /// A relaunch that goes on with the next two stories under the first.
    Endless,
    /// 403.
    Forbidden,
    /// A page that checks whether a person reads it.
    Challenge,
    /// A redirect to a page that asks for consent.
    Consent,
    /// Nothing new.
    Still,
}

/// The paper.
struct Paper {
    host: Host,
    layout: Arc<Mutex<Layout>>,
    /// Days since the first.
    day: Arc<AtomicI64>,
}

impl Paper {
    fn open(n: u8) -> Self {
        let layout = Arc::new(Mutex::new(Layout::Usual));
        let day = Arc::new(AtomicI64::new(0));
        let (at, on) = (Arc::clone(&layout), Arc::clone(&day));
        let host = Host::start(n, move |asked| {
            let layout = *at.lock().unwrap();
            answer(&asked.path, layout, on.load(Ordering::SeqCst))
        });
        Self { host, layout, day }
    }

    fn relaunch(&self, layout: Layout) {
        *self.layout.lock().unwrap() = layout;
    }

    fn job(&self, out: &Path) -> Job {
        job_of_feeds(out, &[self.host.url("/feed")], "")
    }

    /// The run of the next day.
    async fn read(&self, job: &Job, start: Timestamp) -> Report {
        let day = self.day.fetch_add(1, Ordering::SeqCst) + 1;
        let now = start + SignedDuration::from_hours(24 * day);
        let clock = Clock::start_at(now);
        crawl(job.clone(), clock, &Stop::default(), &Unwatched)
            .await
            .unwrap()
    }
}

fn answer(path: &str, layout: Layout, day: i64) -> Reply {
    let story = path
        .strip_prefix("/story/")
        .and_then(|nth| nth.parse().ok());
    match (path, story) {
        ("/feed", _) if layout == Layout::Still => feed(QUIET),
        ("/feed", _) => feed(day),
        ("/consent", _) => Reply::html(CONSENT),
        (_, Some(nth)) => page(nth, layout),
        _ => Reply::status(404),
    }
}

/// The stories of a day and the one before.
fn feed(day: i64) -> Reply {
    let items: String = ((day - 1) * A_DAY..(day + 1) * A_DAY)
        .map(|nth| format!("<item><link>/story/{nth}</link></item>"))
        .collect();
    let feed = format!("<rss><channel><title>The Courier</title>{items}</channel></rss>");
    Reply::status(200)
        .with("Content-Type", "application/rss+xml")
        .body(feed)
}

fn page(nth: i64, layout: Layout) -> Reply {
    let title = format!("Story number {nth}");
    let menu = "<nav><a href=/>Home</a> <a href=/city>City</a> <a href=/sport>Sport</a></nav>";
    let chaff = "<h4>Recommended news</h4><h3><a href=/other>Another story</a></h3>\
         <p>It begins like this, and then...</p><p>- Advertisement -</p>";
    let head = format!("<!doctype html><html lang=en><head><title>{title} - The Courier</title>");
    let metadata = format!(
        "<meta name=author content='Mara Lindt'><meta name=description content='What story {nth} is about'>\
         <meta property='article:published_time' content='2026-03-0{}T09:30:00Z'>",
        nth % 9 + 1
    );
    let byline = "<p class=byline>By Mara Lindt</p>";
    let whole = |metadata: &str, body: &str| {
        Reply::html(format!(
            "{head}{metadata}</head><body>{menu}<main><article><h1>{title}</h1>{body}</article></main>{chaff}</body></html>"
        ))
    };
    match layout {
        Layout::Usual | Layout::Still => whole(&metadata, &(byline.to_owned() + &text(nth))),
        Layout::WithoutBody => whole(
            &metadata,
            "<p class=teaser>What happened in the harbour, and who says so, at a glance.</p>\
             <div id=app data-story=1></div><script src=/app.js></script>",
        ),
        Layout::WithoutMetadata => whole("", &text(nth)),
        Layout::Endless => {
            let next = |nth: i64| format!("<h2>Story number {nth}</h2>{}", text(nth));
            let texts = text(nth) + &next(nth + 1_000) + &next(nth + 2_000);
            whole(&metadata, &(byline.to_owned() + &texts))
        }
        Layout::Forbidden => Reply::status(403),
        Layout::Challenge => Reply::html(
            "<title>Just a moment...</title><h1>Checking your browser before accessing the site.</h1>\
             <p>This process is automatic. Please enable JavaScript and cookies to continue.</p>",
        ),
        Layout::Consent => Reply::redirect("/consent"),
    }
}

const CONSENT: &str = "<title>We value your privacy</title><h1>We value your privacy</h1>\
    <p>We and our partners store and access information on a device, such as cookies, and process \
    personal data, to show you personalised ads and content.</p>\
    <p>You can give your consent to the use of cookies by our partners, or manage your privacy \
    settings and cookie preferences at any time.</p><button>Accept all cookies</button>";

/// Paragraphs that no other story has, more or fewer of them.
fn text(nth: i64) -> String {
    let words = [
        "harbour", "council", "bridge", "tram", "morning", "night", "market", "river", "school",
        "budget", "vote", "street", "storm", "engine", "garden", "mayor", "train", "choir",
        "library", "ferry", "winter", "summer", "station", "museum", "teacher", "doctor", "window",
        "letter", "island", "forest",
    ];
    let mut state = nth.unsigned_abs() * 2_654_435_761 + 7;
    let mut word = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        words[(state >> 33) as usize % words.len()]
    };
    let paragraphs = 4 + nth % 5;
    (0..paragraphs)
        .map(|_| {
            let some: Vec<&str> = (0..12).map(|_| word()).collect();
            let rest: Vec<&str> = (0..14).map(|_| word()).collect();
            format!(
                "<p>The {}, they said. After the {}.</p>",
                some.join(" and the "),
                rest.join(" or the ")
            )
        })
        .collect()
}

/// A paper that has been read every day, up to yesterday.
async fn known(n: u8, out: &Path) -> (Paper, Job, Timestamp) {
    let paper = Paper::open(n);
    let job = paper.job(out);
    let today = Clock::start().now();
    let start = today - SignedDuration::from_hours(24 * (QUIET + 1));
    for _ in 0..QUIET {
        let report = paper.read(&job, start).await;
        assert_eq!(report.drift, [], "{:?}", report.failures_by_status);
        assert!(
            report.articles >= A_DAY.unsigned_abs(),
            "{}",
            report.articles
        );
    }
    (paper, job, start)
}

fn measures(report: &Report) -> Vec<&'static str> {
    let drifts = report.drift.iter();
    drifts.map(|one| one.drift.measure.name()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_changes_is_noticed_in_the_first_run_after() {
    let dir = tempfile::tempdir().unwrap();
    let before = dir.path().join("before");
    let (paper, _, start) = known(31, &before).await;
    let day = paper.day.load(Ordering::SeqCst);
    for (layout, want) in [
        (Layout::Usual, &[][..]),
        (Layout::WithoutBody, &["no_text"]),
        (Layout::WithoutMetadata, &["authors", "date_published"]),
        (Layout::Forbidden, &["blocked"]),
        (Layout::Challenge, &["blocked"]),
        (Layout::Consent, &["blocked"]),
    ] {
        let out = dir.path().join(format!("{layout:?}"));
        copy(&before, &out);
        paper.day.store(day, Ordering::SeqCst);
        paper.relaunch(layout);
        let report = paper.read(&paper.job(&out), start).await;
        let got = measures(&report);
        let all = want.iter().all(|measure| got.contains(measure));
        assert!(
            all && got.is_empty() == want.is_empty(),
            "{layout:?}: {got:?} in {report:?}"
        );
        let told: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
        assert_eq!(told["drift"].as_array().unwrap().len(), got.len());
        if let Some(first) = report.drift.first() {
            assert_eq!(first.site, "127.0.0.31");
            assert_eq!(told["drift"][0]["measure"], first.drift.measure.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_grows_or_falls_silent_is_noticed_too() {
    let dir = tempfile::tempdir().unwrap();
    let before = dir.path().join("before");
    let (paper, _, start) = known(32, &before).await;
    let day = paper.day.load(Ordering::SeqCst);
    for (layout, want, runs) in [
        (Layout::Endless, "word_count", 2),
        (Layout::Still, "silence", 5),
    ] {
        let out = dir.path().join(format!("{layout:?}"));
        copy(&before, &out);
        paper.day.store(day, Ordering::SeqCst);
        paper.relaunch(layout);
        let job = paper.job(&out);
        for run in 1..=runs {
            let report = paper.read(&job, start).await;
            let got = measures(&report);
            assert_eq!(
                got.contains(&want),
                run == runs,
                "{layout:?}, run {run}: {got:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drift_is_in_the_report_until_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let (paper, job, start) = known(33, dir.path()).await;
    paper.relaunch(Layout::Forbidden);
    for _ in 0..2 {
        assert_eq!(measures(&paper.read(&job, start).await), ["blocked"]);
    }
    paper.relaunch(Layout::Usual);
    assert_eq!(measures(&paper.read(&job, start).await), [""; 0]);
    let report = paper.read(&job, start).await;
    assert_eq!(
        (measures(&report).len(), report.articles),
        (0, A_DAY.unsigned_abs())
    );
}

fn by_command(paper: &Paper, out: &Path, flags: &[&str]) -> Ran {
    let feed = paper.host.url("/feed");
    crawl_by_command(out, &[], &[&["--feed", &feed][..], flags].concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_tells_of_it_and_fails_if_asked_to() {
    let dir = tempfile::tempdir().unwrap();
    let (paper, ..) = known(34, dir.path()).await;
    paper.relaunch(Layout::Forbidden);
    paper.day.fetch_add(1, Ordering::SeqCst);
    let ran = by_command(&paper, dir.path(), &["--fail-on-drift"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    for want in [
        "drift: the site does not yield what it used to site=\"127.0.0.34\" measure=\"blocked\"",
        "drift: 127.0.0.34: blocked 100 % instead of 0 %, since ",
    ] {
        assert!(ran.stderr.contains(want), "{want} in {}", ran.stderr);
    }
    // It lasts, and is told of once. Without the flag it is no failure.
    let ran = by_command(&paper, dir.path(), &[]);
    assert_ne!(ran.code, Some(6), "{}", ran.stderr);
    assert!(!ran.stderr.contains("does not yield"), "{}", ran.stderr);
    assert!(ran.stderr.contains("drift: 127.0.0.34"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_cannot_be_read_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let paper = Paper::open(35);
    paper.day.fetch_add(1, Ordering::SeqCst);
    let path = dir.path().join("state/history.json");
    fs::create_dir(dir.path().join("state")).unwrap();
    for (text, why) in [
        ("torn", "expected ident"),
        (
            "{\"schema\":\"chaffinch-history/9\",\"totals\":{},\"runs\":[],\"sites\":{}}",
            "chaffinch-history/9",
        ),
    ] {
        fs::write(&path, text).unwrap();
        let ran = by_command(&paper, dir.path(), &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("history.json") && ran.stderr.contains(why),
            "{}",
            ran.stderr
        );
        let history: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(history["schema"], "chaffinch-history/1");
        assert_eq!(history["runs"].as_array().unwrap().len(), 1);
    }
}
