//! `half_year OUT [SITES] [DAYS] [HOURS]`: a scheduled job over half a year, played through: the real crawl over a
//! real state and sockets, its clock and the press's set on from run to run. Edits, vanished pages,
//! outages, a site that dies, a disk that fills. Ends with the counts held against what was
//! handed out; prints requests, state and memory as they go.

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]
#![allow(clippy::print_stdout, reason = "what a benchmark is for")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails ends")]
#![allow(dead_code, reason = "the tests use more of it")]

#[path = "../tests/it/calendar.rs"]
mod calendar;
#[path = "../tests/it/farm.rs"]
mod farm;
#[path = "../tests/it/press.rs"]
mod press;

use std::path::{Path, PathBuf};
use std::time::Instant;

use calendar::{Calendar, check, job};
use chaffinch::run::RunError;
use press::{Plan, Press};

const DAY: i64 = 24 * 3600;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let out = PathBuf::from(args.next().expect("a folder for the output"));
    let mut number = |usual: i64| {
        args.next()
            .map_or(usual, |text| text.parse().expect("a number"))
    };
    let (sites, days, hours) = (number(200), number(182), number(2));
    let plan = Plan {
        sites: u8::try_from(sites).expect("at most 250 sites"),
        start: 1_767_225_600,
        days,
        a_day: 3,
        dies: Some((3, days / 3)),
    };
    std::fs::create_dir_all(&out).unwrap();
    let press = Press::open(plan, &out.join("handed.txt"));
    let job = job(&out, &press, "");
    let mut calendar = Calendar::new(&press, hours * 3600);
    let _heard = full_disk::hear_signal();
    println!("day | articles | requests a day | URLs in the state | state MB | resident MB | s");
    let (mut runs, mut requests, mut articles, mut full_runs) = (0, 0, 0, 0);
    let begun = Instant::now();
    let mut last = (0, 0);
    while let Some(clock) = calendar.next() {
        let day = (clock.now().as_second() - plan.start) / DAY;
        // In the middle the disk is full for a day: runs fail, and what they lack is done later.
        let is_full = day == days / 2;
        press.lose(is_full);
        full_disk::bound(is_full.then(|| size(&out.join("articles.jsonl")) + 4_000));
        match calendar.run(&job, clock).await {
            Ok(report) => {
                requests += report.requests;
                articles += report.articles;
            }
            Err(error @ (RunError::Output(_) | RunError::State(_))) => {
                assert!(is_full, "{error}");
                full_runs += 1;
            }
            Err(error) => panic!("{error}"),
        }
        runs += 1;
        if runs == 24 / hours || day >= last.0 + 14 {
            println!(
                "{day} | {articles} | {:.0} | {} | {:.1} | {:.0} | {:.0}",
                (requests - last.1) as f64 / (day - last.0).max(1) as f64,
                urls(&out),
                size(&out.join("state/frontier.sqlite")) as f64 / 1e6,
                resident_mb(),
                begun.elapsed().as_secs_f64()
            );
            last = (day, requests);
        }
    }
    full_disk::bound(None);
    println!(
        "{runs} runs, {full_runs} of them on a full disk; {requests} requests, peak {:.0} MB",
        status_mb("VmHWM:")
    );
    println!("{:?}", check(&press, &out));
}

fn urls(out: &Path) -> i64 {
    let state = rusqlite::Connection::open(out.join("state/frontier.sqlite")).unwrap();
    state
        .query_row("SELECT count(*) FROM url", [], |row| row.get(0))
        .unwrap()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn resident_mb() -> f64 {
    status_mb("VmRSS:")
}

fn status_mb(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1000.0
}

/// A full disk is played by a bound on the size of files: the same calls fail.
mod full_disk {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use tokio::signal::unix::{SignalKind, signal};

    /// SIGXFSZ on Linux.
    const FILE_TOO_LARGE: i32 = 25;

    /// As long as the signal that comes with it is heard, it does not end the process.
    pub(crate) fn hear_signal() -> tokio::signal::unix::Signal {
        signal(SignalKind::from_raw(FILE_TOO_LARGE)).expect("a signal")
    }

    pub(crate) fn bound(bytes: Option<u64>) {
        let maximum = getrlimit(Resource::Fsize).maximum;
        let limit = Rlimit {
            current: bytes.or(maximum),
            maximum,
        };
        setrlimit(Resource::Fsize, limit).expect("a limit");
    }
}
