//! `chaffinch run` over days and processes: what it remembers, hears, and is told.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};
use std::sync::{Mutex, mpsc};

use serde_json::Value;

use crate::farm::{Host, Reply, article};
use crate::tool::{command, records, run_in};

/// What all configurations here begin with.
const CRAWL: &str = "[crawl]\nallow_network = [\"127.0.0.0/8\"]\n";

/// A job that crawls one address, with further keys.
fn job(name: &str, url: &str, keys: &str) -> String {
    format!("[[jobs]]\nname = \"{name}\"\nurls = [\"{url}\"]\nout = \"{name}\"\n{keys}\n")
}

fn configure(dir: &Path, text: &str) {
    fs::write(dir.join("c.toml"), format!("{CRAWL}{text}")).unwrap();
}

/// Writes the last start of a job, as an earlier process would have left it.
fn remember(dir: &Path, job: &str, due: &str, ended: bool) {
    let ended_at = if ended { Value::from(due) } else { Value::Null };
    let memory = serde_json::json!({
        "schema": "chaffinch-schedule/1", "lot": 0, "due": due, "started_at": due, "ended_at": ended_at
    });
    let state = dir.join(job).join("state");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("schedule.json"), memory.to_string()).unwrap();
}

fn remembered(dir: &Path, job: &str) -> Value {
    let text = fs::read_to_string(dir.join(job).join("state/schedule.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A process that runs jobs, whose log is read as it comes.
struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Running {
    fn start(dir: &Path, flags: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = command()
            .current_dir(dir)
            .args(["run", "--config", "c.toml", "--delay", "1ms"])
            .args(flags)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// Reads the log up to the line that holds this text, and gives that line.
    fn says(&mut self, text: &str) -> String {
        let mut read = String::new();
        loop {
            let mut line = String::new();
            let bytes = self.log.read_line(&mut line).unwrap();
            assert!(bytes > 0, "no {text:?} in the log:\n{read}");
            if line.contains(text) {
                return line;
            }
            read += &line;
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let told = std::process::Command::new("kill")
            .args([name, &pid])
            .status();
        assert!(told.unwrap().success());
    }

    /// Asks it to end, reads what it still says, and gives its exit code.
    fn end(mut self) -> (Option<i32>, String) {
        self.signal("-TERM");
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.log, &mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A host whose pages wait until they are let go, and the means to do so.
fn gated(n: u8) -> (Host, mpsc::Sender<()>) {
    let (open, gate) = mpsc::channel();
    let gate = Mutex::new(gate);
    let host = Host::start(n, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        path => {
            gate.lock().unwrap().recv().unwrap();
            Reply::html(article(path))
        }
    });
    (host, open)
}

#[test]
fn the_check_prints_the_next_starts_and_runs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let url = host.url("/1");
    configure(
        dir.path(),
        &[
            job(
                "daily",
                &url,
                "cron = \"0 4 * * *\"\ntimezone = \"Europe/Berlin\"\njitter = \"10m\"",
            ),
            job("leap", &url, "cron = \"0 0 29 2 *\"\ntimezone = \"UTC\""),
            job("often", &url, "every = \"15m\"\ncatch_up = \"skip\""),
        ]
        .concat(),
    );
    let ran = run_in(dir.path(), &["run", "--config", "c.toml", "--check"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 12, "{}", ran.stdout);
    assert_eq!(
        lines[0],
        "daily: 0 4 * * * (Europe/Berlin), each start up to 10m later"
    );
    for line in &lines[1..4] {
        assert!(line.contains(" 04:00:00 +0"), "{line}");
    }
    assert_eq!(lines[4], "leap: 0 0 29 2 * (UTC)");
    for line in &lines[5..8] {
        assert!(line.ends_with("-02-29 00:00:00 +00:00"), "{line}");
    }
    assert_eq!(lines[8], "often: every 15m");
    assert!(!dir.path().join("daily").exists() && host.asked().is_empty());
    // What is remembered counts: the quarters go on from the last start. Only the first one of
    // those printed may be a late one.
    remember(dir.path(), "often", "2000-01-01T00:07:30Z", true);
    let often = run_in(
        dir.path(),
        &["run", "--config", "c.toml", "--check", "--job", "often"],
    );
    let lines: Vec<&str> = often.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", often.stdout);
    for line in &lines[2..] {
        let time = line.split(' ').nth(4).unwrap();
        assert!(
            time.ends_with(":30") && time[3..5].parse::<u32>().unwrap() % 15 == 7,
            "{line}"
        );
    }

    configure(
        dir.path(),
        &job(
            "a",
            &url,
            "cron = \"0 4 * * *\"\ntimezone = \"Europe/Bonn\"",
        ),
    );
    let ran = run_in(dir.path(), &["run", "--config", "c.toml", "--check"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("c.toml:8:12: \"Europe/Bonn\" is no time zone"),
        "{}",
        ran.stderr
    );
    // What it names is looked at, too; what may still come is only warned of.
    let sources = "every = \"1h\"\nlists = [\"none.txt\"]\ndiscover = [\"http://foo bar/\"]";
    configure(dir.path(), &job("a", &url, sources));
    let ran = run_in(dir.path(), &["run", "--config", "c.toml", "--check"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    for want in [
        "ERROR c.toml: job \"a\": \"http://foo bar/\"",
        "WARN c.toml: job \"a\": none.txt: ",
    ] {
        assert!(ran.stderr.contains(want), "{}", ran.stderr);
    }
    // As a run would: without a time a job is only for --once.
    configure(dir.path(), &job("a", &url, ""));
    for (flags, code) in [(&["--check"][..], 2), (&["--check", "--once"], 0)] {
        let ran = run_in(
            dir.path(),
            &[&["run", "--config", "c.toml"], flags].concat(),
        );
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    }
}

#[test]
fn only_the_jobs_that_are_named_run() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let jobs = ["a", "b", "c"].map(|name| job(name, &host.url(&format!("/{name}")), ""));
    configure(dir.path(), &jobs.concat());
    let flags = ["run", "--config", "c.toml", "--once", "--delay", "1ms"];
    let ran = run_in(
        dir.path(),
        &[&flags[..], &["--job", "c", "--job", "a"]].concat(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(["/a", "/b", "/c"].map(|path| host.count(path)), [1, 0, 1]);
    assert!(!dir.path().join("b").exists());
    let ran = run_in(dir.path(), &[&flags[..], &["--job", "d"]].concat());
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("has no job \"d\"; its jobs are \"a\", \"b\", \"c\""),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_job_that_has_worked_long_enough_leaves_the_rest_to_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let (slow, open) = gated(1);
    let urls = ["/1", "/2"].map(|path| format!("\"{}\"", slow.url(path)));
    let job = format!(
        "[[jobs]]\nname = \"a\"\nurls = [{}]\nout = \"a\"\n",
        urls.join(", ")
    );
    configure(dir.path(), &format!("{job}max_run_time = \"100ms\"\n"));
    let mut running = Running::start(dir.path(), &["--once"], &[]);
    running.says("has worked for as long as it may");
    // What is in flight, if anything is by now, is finished.
    open.send(()).unwrap();
    running.says("stopped at the time limit");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    let report = fs::read_to_string(dir.path().join("a/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["stopped"], "time_limit");
    assert!(report["pending"].as_u64().unwrap() >= 1, "{report}");

    configure(dir.path(), &job);
    open.send(()).unwrap();
    let ran = run_in(
        dir.path(),
        &["run", "--config", "c.toml", "--once", "--delay", "1ms"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(records(&dir.path().join("a/articles.jsonl")).len(), 2);
    assert_eq!(["/1", "/2"].map(|path| slow.count(path)), [1, 1]);
}

#[test]
#[cfg(unix)]
fn a_long_job_lets_the_others_have_their_turn() {
    let dir = tempfile::tempdir().unwrap();
    let (slow, open) = gated(1);
    let host = Host::articles(2);
    configure(
        dir.path(),
        &[
            job(
                "long",
                &slow.url("/1"),
                "every = \"1000h\"\nmax_run_time = \"100ms\"",
            ),
            job("short", &host.url("/1"), "every = \"1000h\""),
        ]
        .concat(),
    );
    let mut running = Running::start(dir.path(), &[], &[]);
    running.says("has worked for as long as it may");
    // What is in flight, if anything is by now, is finished.
    open.send(()).unwrap();
    running.says("long: ");
    running.says("short: 1 article");
    assert_eq!(running.end().0, Some(143));
}

#[test]
#[cfg(unix)]
fn starts_are_remembered_by_the_next_process() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    configure(
        dir.path(),
        &job("a", &host.url("/1"), "every = \"1000h\"\nrefresh = true"),
    );
    let mut running = Running::start(dir.path(), &[], &[]);
    running.says("waiting");
    assert_eq!(running.end().0, Some(143));
    let first = remembered(dir.path(), "a");
    assert!(first["ended_at"].is_string(), "{first}");
    let mut running = Running::start(dir.path(), &[], &[]);
    running.says("waiting");
    assert_eq!(running.end().0, Some(143));
    assert_eq!(remembered(dir.path(), "a"), first);
    assert_eq!(host.count("/1"), 1);
}

#[test]
#[cfg(unix)]
fn a_start_that_was_missed_is_made_good_or_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    // Once a year: that this test runs in the five minutes after new year is a risk worth taking.
    let yearly = "cron = \"0 0 1 1 *\"\ntimezone = \"UTC\"";
    let jobs = [
        job("once", &host.url("/once"), yearly),
        job(
            "skip",
            &host.url("/skip"),
            &format!("{yearly}\ncatch_up = \"skip\""),
        ),
        job("broken", &host.url("/broken"), yearly),
    ];
    configure(dir.path(), &jobs.concat());
    for name in ["once", "skip"] {
        remember(dir.path(), name, "2020-01-01T00:00:00Z", true);
    }
    // What cannot be read is said, and forgotten.
    fs::create_dir_all(dir.path().join("broken/state")).unwrap();
    fs::write(dir.path().join("broken/state/schedule.json"), "{").unwrap();
    let mut running = Running::start(dir.path(), &[], &[]);
    let warning = running.says("last start is not known");
    assert!(warning.contains("broken/state/schedule.json"), "{warning}");
    running.says("once: 1 article");
    running.says("waiting");
    assert_eq!(running.end().0, Some(143));
    assert_eq!(
        ["/once", "/skip", "/broken"].map(|path| host.count(path)),
        [1, 0, 0]
    );
    let once = remembered(dir.path(), "once");
    assert_eq!(
        once["due"], "2021-01-01T00:00:00Z",
        "the first that was missed"
    );
    assert_eq!(
        remembered(dir.path(), "skip")["due"],
        "2020-01-01T00:00:00Z"
    );
}

#[test]
#[cfg(unix)]
fn a_run_that_was_cut_short_goes_on_with_the_next_process() {
    let dir = tempfile::tempdir().unwrap();
    let (slow, open) = gated(1);
    let urls = format!("urls = [\"{}\", \"{}\"]", slow.url("/1"), slow.url("/2"));
    let keys = "every = \"1000h\"\nout = \"a\"";
    configure(
        dir.path(),
        &format!("[[jobs]]\nname = \"a\"\n{urls}\n{keys}\n"),
    );
    let mut running = Running::start(dir.path(), &[], &[]);
    running.says("crawling");
    running.signal("-TERM");
    running.says("finishing what is in flight");
    open.send(()).unwrap();
    open.send(()).unwrap();
    assert_eq!(running.child.wait().unwrap().code(), Some(143));
    assert!(remembered(dir.path(), "a")["ended_at"].is_null());
    let mut running = Running::start(dir.path(), &[], &[]);
    running.says("waiting");
    assert_eq!(running.end().0, Some(143));
    assert!(remembered(dir.path(), "a")["ended_at"].is_string());
    assert_eq!(records(&dir.path().join("a/articles.jsonl")).len(), 2);
}

#[test]
#[cfg(unix)]
fn a_configuration_is_read_anew_while_a_job_works() {
    let dir = tempfile::tempdir().unwrap();
    let (slow, open) = gated(1);
    let host = Host::articles(2);
    let rarely = "every = \"1000h\"";
    let (a, b) = (
        job("a", &slow.url("/1"), rarely),
        job("b", &host.url("/b"), rarely),
    );
    configure(dir.path(), &a);
    let mut running = Running::start(dir.path(), &[], &[]);
    running.says("crawling");

    // Wrong: the old one stays, and the log says where it is wrong.
    configure(dir.path(), &format!("{a}{b}retries = 3\n"));
    running.signal("-HUP");
    let why = running.says("cannot be used");
    assert!(
        why.contains("c.toml:13:1: unknown field `retries`"),
        "{why}"
    );

    // Right: one job is new, one is gone; its run goes on to its end, and is its last.
    configure(dir.path(), &b);
    running.signal("-HUP");
    assert!(
        running
            .says("new in the configuration")
            .contains("job=\"b\"")
    );
    assert!(
        running
            .says("gone from the configuration")
            .contains("job=\"a\"")
    );
    running.says("changes=2");
    open.send(()).unwrap();
    running.says("a: 1 article");
    running.says("b: 1 article");

    // Changed, and due by its new time: it starts again.
    configure(dir.path(), &job("b", &host.url("/b2"), "every = \"1ms\""));
    running.signal("-HUP");
    assert!(
        running
            .says("changed in the configuration")
            .contains("job=\"b\"")
    );
    running.says("b: 1 article");
    assert_eq!(running.end().0, Some(143));
    assert_eq!(
        (slow.count("/1"), host.count("/b"), host.count("/b2")),
        (1, 1, 1)
    );
}

#[test]
#[cfg(unix)]
fn nothing_has_changed_when_the_file_has_not() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let groups =
        "[crawl.groups]\n\"a.example\" = \"x\"\n\"b.example\" = \"y\"\n\"c.example\" = \"z\"\n";
    let keys = "cron = \"0 0 1 1 *\"\ninclude = [\"/news/\"]";
    let text = format!("{groups}{}", job("a", &host.url("/1"), keys));
    configure(dir.path(), &text);
    let mut running = Running::start(dir.path(), &[], &[]);
    running.says("waiting");
    // Another line more: the job is the same.
    configure(dir.path(), &format!("# a remark\n{text}"));
    running.signal("-HUP");
    let line = running.says("the configuration was read anew");
    assert!(line.contains("changes=0"), "{line}");
    assert_eq!(running.end().0, Some(143));
}

#[test]
#[cfg(target_os = "linux")]
fn a_service_manager_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (slow, open) = gated(1);
    configure(dir.path(), &job("a", &slow.url("/1"), "every = \"1000h\""));
    let path = dir.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let hears = |want: &str| {
        let mut bytes = [0; 1024];
        loop {
            let length = socket.recv(&mut bytes).unwrap();
            let message = String::from_utf8(bytes[..length].to_vec()).unwrap();
            if message.lines().any(|line| line.starts_with(want)) {
                return message;
            }
        }
    };
    let env = [
        ("NOTIFY_SOCKET", path.to_str().unwrap()),
        ("WATCHDOG_USEC", "20000"),
    ];
    let running = Running::start(dir.path(), &[], &env);
    hears("READY=1");
    hears("STATUS=a is at work");
    // Also while a job works.
    hears("WATCHDOG=1");
    hears("WATCHDOG=1");
    running.signal("-HUP");
    assert!(hears("RELOADING=1").contains("\nMONOTONIC_USEC="));
    hears("READY=1");
    running.signal("-TERM");
    hears("STOPPING=1");
    open.send(()).unwrap();
    assert_eq!(running.end().0, Some(143));
}
