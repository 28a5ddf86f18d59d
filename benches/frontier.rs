//! What the frontier costs as it grows: `frontier STATE [URLS] [HOSTS]`, 10 million URLs on 100,000
//! hosts unless told otherwise.
//!
//! URLs come as a crawl finds them, hosts mixed. Whenever their number has grown tenfold, and at
//! the end, so many are leased and acked as a crawl would, 32 at a time; when all are admitted, a
//! twentieth of them. A line a step: cost per URL in microseconds, resident memory, size of the
//! state on disk.

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(clippy::print_stdout, reason = "its output")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails ends")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::path::Path;
use std::time::Instant;

use chaffinch::frontier::sqlite::SqliteFrontier;
use chaffinch::frontier::{Ack, Frontier, Known, NewUrl, Origin, Outcome, Trace};

/// URLs of one transaction, as the crawl admits a list.
const ADMITTED: u64 = 100_000;
/// Leases of one transaction: the places of a crawl.
const LEASED: usize = 32;
/// URLs leased and acked in one measurement.
const ASKED: usize = 5_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |at: usize, or: u64| args.get(at).map_or(or, |arg| arg.parse().unwrap());
    let (urls, hosts) = (number(2, 10_000_000), number(3, 100_000));
    let folder = Path::new(args.get(1).expect("a folder for the state"));
    std::fs::create_dir_all(folder).unwrap();
    let begun = Instant::now();
    let mut frontier = SqliteFrontier::open(&folder.join("frontier.sqlite"), i64::MAX).unwrap();
    println!("opened in {:.1} s", begun.elapsed().as_secs_f64());
    println!("| URLs | admit µs | lease µs | ack µs | resident MB | disk MB |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    let (mut next, mut now, mut measured) = (0, 0, 0.0);
    let mut since = 0;
    while next < urls {
        let batch: Vec<NewUrl> = (next..next + ADMITTED).map(|n| new_url(n, hosts)).collect();
        let begun = Instant::now();
        frontier.admit(&batch, false).unwrap();
        measured += begun.elapsed().as_secs_f64();
        next += ADMITTED;
        let digits = next.to_string();
        if digits.trim_end_matches('0').len() == 1 {
            let admit = measured * 1e6 / (next - since) as f64;
            let [lease, ack] = ask(&mut frontier, &mut now, ASKED);
            let (memory, disk) = (resident_mb(), disk_mb(folder));
            println!("| {next} | {admit:.1} | {lease:.1} | {ack:.1} | {memory:.0} | {disk:.0} |");
            (since, measured) = (next, 0.0);
        }
    }
    let many = usize::try_from(urls / 20).unwrap();
    let [lease, ack] = ask(&mut frontier, &mut now, many);
    let (memory, disk) = (resident_mb(), disk_mb(folder));
    println!("| {many} more asked | | {lease:.1} | {ack:.1} | {memory:.0} | {disk:.0} |");
    let begun = Instant::now();
    let counts = frontier.counts().unwrap();
    println!(
        "counted in {:.1} s: {counts:?}",
        begun.elapsed().as_secs_f64()
    );
    drop(frontier);
    let begun = Instant::now();
    SqliteFrontier::open(&folder.join("frontier.sqlite"), now).unwrap();
    println!("opened again in {:.1} s", begun.elapsed().as_secs_f64());
}

/// Scattered, as the addresses of stories are (Knuth's multiplicative hash).
fn new_url(n: u64, hosts: u64) -> NewUrl {
    let scattered = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let host = format!("news{}.example", scattered % hosts);
    let key = format!(
        "https://{host}/2026/03/{:02}/a-story-of-some-words-{scattered:016x}",
        n % 28
    );
    NewUrl {
        url: key.clone(),
        key,
        host,
        verdict: None,
        note: None,
        origin: Origin::Found,
        day: 0,
    }
}

/// Seconds a URL of leasing and of acking, in microseconds.
fn ask(frontier: &mut SqliteFrontier, now: &mut i64, number: usize) -> [f64; 2] {
    let (mut leasing, mut acking, mut asked) = (0.0, 0.0, 0);
    while asked < number {
        let begun = Instant::now();
        let leases = frontier.lease(*now, LEASED).unwrap();
        leasing += begun.elapsed().as_secs_f64();
        if leases.is_empty() {
            *now = frontier
                .next_due()
                .unwrap()
                .expect("more is left")
                .max(*now + 1);
            continue;
        }
        asked += leases.len();
        *now += 20;
        let acks: Vec<Ack> = leases
            .into_iter()
            .map(|lease| ack(lease.id, lease.host, *now))
            .collect();
        let marks = vec![("articles.jsonl".to_owned(), asked as u64)];
        let begun = Instant::now();
        frontier.ack(&acks, &[], &marks).unwrap();
        acking += begun.elapsed().as_secs_f64();
    }
    [leasing, acking].map(|seconds| seconds * 1e6 / asked as f64)
}

/// An article, with the six traces that one leaves.
fn ack(id: i64, host: String, now: i64) -> Ack {
    let scattered = id.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let trace = |band: u64| Trace {
        name: format!("band {band} {:04x}", scattered >> (16 * band % 64) & 0xffff),
        value: scattered,
    };
    let known = Known {
        version: 1,
        fingerprint: format!("{scattered:064x}"),
        address: Some(format!("https://{host}/{scattered:016x}")),
        traces: Some((0..6).map(trace).collect()),
        ..Known::default()
    };
    Ack {
        id,
        host,
        host_ready: now + 1_000,
        outcome: Outcome::Article(known),
    }
}

fn resident_mb() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<f64>().ok());
    // Pages of 4 KiB, as on every machine that this is measured on.
    pages.unwrap_or(0.0) * 4096.0 / 1e6
}

fn disk_mb(folder: &Path) -> f64 {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    files
        .map(|file| file.metadata().map_or(0, |found| found.len()))
        .sum::<u64>() as f64
        / 1e6
}
