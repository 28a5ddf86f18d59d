//! Seen from outside: `--listen`, and `chaffinch report`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::farm::{Host, Reply, article};
use crate::tool::{command, crawl, run, run_in};

/// A command that serves its status.
struct Served {
    child: Child,
    address: SocketAddr,
    /// Kept open: a command that nobody hears goes on, but need not in these tests.
    _talk: BufReader<std::process::ChildStderr>,
}

impl Served {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(
                talk.read_line(&mut line).unwrap() > 0,
                "it ended before it listened"
            );
            if let Some((_, rest)) = line.split_once("the status is at http://") {
                break rest.trim().trim_end_matches('/').parse().unwrap();
            }
        };
        Self {
            child,
            address,
            _talk: talk,
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "localhost")
    }

    fn ask(&self, method: &str, path: &str, host: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer {
            code: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.get("/status.json").body).unwrap()
    }

    /// Looks until the status is as wanted.
    fn wait_for(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let status = self.status();
            if wanted(&status) {
                return status;
            }
            assert!(begin.elapsed() < Duration::from_mins(1), "{status:#}");
            std::thread::yield_now();
        }
    }

    #[cfg(unix)]
    fn end(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

struct Answer {
    code: u16,
    head: String,
    body: String,
}

/// A configuration with a job that reads one page over and over, and one that cannot.
fn configuration(dir: &Path, url: &str) {
    let config = format!(
        "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"1ms\"\nretries = 0\n\n\
         [[jobs]]\nname = \"<often>\"\nevery = \"100ms\"\nrefresh = true\nurls = [\"{url}\"]\nout = \"often\"\n\n\
         [[jobs]]\nname = \"broken\"\nevery = \"1h\"\nlists = [\"none.txt\"]\nout = \"broken\"\n"
    );
    fs::write(dir.join("c.toml"), config).unwrap();
}

fn serve(dir: &Path) -> Served {
    let mut command = command();
    command
        .current_dir(dir)
        .args(["run", "--config", "c.toml", "--listen", "127.0.0.1:0"]);
    Served::start(&mut command)
}

fn runs(status: &Value) -> u64 {
    status["jobs"][0]["totals"]["runs"].as_u64().unwrap_or(0)
}

#[test]
#[cfg(unix)]
fn a_service_is_seen_from_outside() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    configuration(dir.path(), &host.url("/1"));
    let served = serve(dir.path());
    let status =
        served.wait_for(|status| runs(status) >= 2 && !status["jobs"][1]["error"].is_null());
    assert_eq!(status["schema"], "chaffinch-status/1");
    assert_eq!(status["jobs"][0]["sites"]["127.0.0.1"]["articles"], 1);
    let why = status["jobs"][1]["error"]["why"].as_str().unwrap();
    assert!(why.contains("none.txt"), "{why}");

    let health = served.get("/healthz");
    let told: Value = serde_json::from_str(&health.body).unwrap();
    assert_eq!(
        (health.code, &told["status"]),
        (200, &"ok".into()),
        "{told}"
    );
    assert_eq!(told["jobs"][0]["last_run"]["stopped"], "finished");

    let metrics = served.get("/metrics");
    assert!(
        metrics
            .head
            .contains("content-type: text/plain; version=0.0.4"),
        "{}",
        metrics.head
    );
    for want in [
        "chaffinch_articles_total{job=\"<often>\"} 1\n",
        "chaffinch_job_broken{job=\"broken\"} 1\n",
        "chaffinch_job_broken{job=\"<often>\"} 0\n",
        "chaffinch_drifting_measures{job=\"<often>\"} 0\n",
    ] {
        assert!(metrics.body.contains(want), "{want} in {}", metrics.body);
    }

    let page = served.get("/");
    assert!(
        page.head
            .contains("content-security-policy: default-src 'none'"),
        "{}",
        page.head
    );
    assert!(page.body.contains("<bdi>&lt;often&gt;</bdi>") && page.body.contains("127.0.0.1"));
    assert_eq!(served.end(), Some(143));
}

#[test]
#[cfg(unix)]
fn only_who_means_it_may_look_and_nobody_may_do_more() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    configuration(dir.path(), &host.url("/1"));
    let served = serve(dir.path());
    let here = served.address.to_string();
    for (method, path, host, want) in [
        ("GET", "/", here.as_str(), 200),
        ("HEAD", "/metrics", "[::1]:9469", 200),
        ("GET", "/", "evil.example", 421),
        ("GET", "/status.json", "localhost.evil.example", 421),
        ("POST", "/healthz", "localhost", 405),
        ("GET", "/other", "localhost", 404),
        ("GET", "/../state", "localhost", 404),
    ] {
        let answer = served.ask(method, path, host);
        assert_eq!(answer.code, want, "{method} {path} {host}");
        assert!(
            answer.head.contains("x-content-type-options: nosniff"),
            "{}",
            answer.head
        );
        assert!(
            want != 421 || !answer.body.contains("often"),
            "{}",
            answer.body
        );
    }
    assert_eq!(served.end(), Some(143));
}

#[test]
#[cfg(unix)]
fn who_looks_and_says_nothing_holds_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    configuration(dir.path(), &host.url("/1"));
    let served = serve(dir.path());
    let silent: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(served.address).unwrap())
        .collect();
    // The job goes on meanwhile: it asks for its page again and again.
    let (begin, asked) = (Instant::now(), host.count("/1"));
    while host.count("/1") < asked + 3 {
        assert!(
            begin.elapsed() < Duration::from_mins(1),
            "the job stands still"
        );
        std::thread::yield_now();
    }
    drop(silent);
    assert_eq!(served.get("/healthz").code, 200);
    assert_eq!(served.end(), Some(143));
}

#[test]
fn an_address_that_is_taken_is_code_2() {
    let dir = tempfile::tempdir().unwrap();
    configuration(dir.path(), "http://127.0.0.1:1/");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (address, why) in [
        (address.as_str(), format!("cannot listen on {address}")),
        (
            "localhost",
            "invalid value 'localhost' for '--listen <ADDRESS>'".to_owned(),
        ),
    ] {
        for command in [
            &["run", "--config", "c.toml"][..],
            &["crawl", "http://127.0.0.1:1/"],
        ] {
            let ran = run_in(dir.path(), &[command, &["--listen", address]].concat());
            assert_eq!(ran.code, Some(2), "{}", ran.stderr);
            assert!(ran.stderr.contains(&why), "{}", ran.stderr);
        }
    }
    assert!(
        !dir.path().join("chaffinch-out").exists(),
        "nothing was begun"
    );
}

#[test]
fn a_crawl_shows_how_far_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let opens = Arc::clone(&gate);
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/held" => {
            let (open, told) = &*opens;
            drop(
                told.wait_while(open.lock().unwrap(), |open| !*open)
                    .unwrap(),
            );
            Reply::html(article("held"))
        }
        path => Reply::html(article(path)),
    });
    let mut command = command();
    command
        .args([
            "crawl",
            "--listen",
            "127.0.0.1:0",
            "--allow-network",
            "127.0.0.0/8",
            "--delay",
            "1ms",
        ])
        .arg("-o")
        .arg(dir.path())
        .args([host.url("/1"), host.url("/held")]);
    let mut served = Served::start(&mut command);
    let status = served.wait_for(|status| status["jobs"][0]["running"]["settled"] == 1);
    assert_eq!(status["jobs"][0]["running"]["planned"], 2);
    assert!(served.get("/").body.contains("1 of 2 pages"));
    assert!(
        served
            .get("/metrics")
            .body
            .contains("chaffinch_run_settled_pages{job=")
    );
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_report_tells_the_same_from_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" | "/gone" => Reply::status(404),
        path => Reply::html(article(path)),
    });
    let out = dir.path().join("often");
    crawl(
        &out,
        &[host.url("/1"), host.url("/2"), host.url("/gone")],
        &[],
    );
    crawl(&out, &[host.url("/3")], &[]);
    let ran = run_in(dir.path(), &["report", "often"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for want in [
        "often (often)\n  last run   ",
        "  all runs   2: 3 articles, 1 failures, 5 requests\n",
        "  site       127.0.0.1: 3 articles, 1 failures in 30 days\n",
    ] {
        assert!(ran.stdout.contains(want), "{want} in {}", ran.stdout);
    }

    let ran = run_in(
        dir.path(),
        &["report", "often", "--json", "--html", "status.html"],
    );
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["jobs"][0]["runs"].as_array().unwrap().len(), 2);
    assert!(told.get("service").is_none());
    let page = fs::read_to_string(dir.path().join("status.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && !page.contains("http-equiv=\"refresh\""));
    assert!(page.contains("<b>3</b> articles") && page.contains("not found"));
    assert_eq!(
        run_in(dir.path(), &["report", "often", "--html", "-"])
            .stdout
            .len(),
        page.len()
    );

    configuration(dir.path(), &host.url("/1"));
    let ran = run_in(
        dir.path(),
        &["report", "--config", "c.toml", "--format", "prometheus"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for want in [
        "chaffinch_failures_total{job=\"<often>\",status=\"not_found\"} 1\n",
        "chaffinch_runs_total{job=\"broken\"} 0\n",
    ] {
        assert!(ran.stdout.contains(want), "{want} in {}", ran.stdout);
    }
}

#[test]
fn a_folder_without_a_crawl_has_no_report() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run_in(dir.path(), &["report"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("chaffinch-out holds no history of a crawl"),
        "{}",
        ran.stderr
    );
    fs::create_dir_all(dir.path().join("out/state")).unwrap();
    fs::write(dir.path().join("out/state/history.json"), "{}").unwrap();
    let ran = run_in(dir.path(), &["report", "out"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("cannot read out/state/history.json: missing field"),
        "{}",
        ran.stderr
    );
    assert_eq!(run(&["report", "a", "--config", "b"]).code, Some(2));
}

#[test]
#[ignore = "needs a Chromium on the path, as `chromium`"]
fn a_browser_shows_the_page_and_complains_of_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let out = dir.path().join("<out>");
    crawl(&out, &[host.url("/1"), host.url("/2")], &[]);
    let page = dir.path().join("status.html");
    let ran = command()
        .arg("report")
        .arg(&out)
        .arg("--html")
        .arg(&page)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let shown = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--dump-dom",
        ])
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8(shown.stdout).unwrap();
    assert!(
        dom.contains("<svg") && dom.contains("<b>2</b> articles"),
        "{dom}"
    );
    assert!(dom.contains("&lt;out&gt;"), "{dom}");
    // What the page's policy forbids, and what the parser stumbles over, is told on the console.
    let told = String::from_utf8_lossy(&shown.stderr);
    assert!(!told.contains("CONSOLE"), "{told}");
}
