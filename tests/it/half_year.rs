//! Weeks of a scheduled job, played through: the real crawl over a real state and sockets, its clock and
//! the press's set on by hours from run to run. `benches/half_year.rs` plays half a year.

use std::path::Path;

use rusqlite::Connection;

use crate::calendar::{Calendar, check, job};
use crate::press::{Plan, Press};
use crate::tool::records;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_weeks_end_with_the_right_counts_and_a_state_that_does_not_grow() {
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan {
        sites: 5,
        start: 1_767_225_600,
        days: 21,
        a_day: 3,
        dies: Some((4, 9)),
    };
    let press = Press::open(plan, &dir.path().join("handed.txt"));
    let out = dir.path().join("out");
    let job = job(&out, &press, "forget = \"8d\"");
    let mut calendar = Calendar::new(&press, 4 * 3600);
    let (mut rows, mut requests) = (Vec::new(), 0);
    while let Some(clock) = calendar.next() {
        let report = calendar.run(&job, clock).await.unwrap();
        requests += report.requests;
        rows.push(urls(&out));
    }
    let seen = check(&press, &out);
    check_schema(&out);
    assert!(
        seen.articles > 250 && seen.silent > 10 && seen.told > 10 && seen.gone > 1,
        "{seen:?}"
    );
    // Asked by every run, the five feeds alone would be 630 requests, and each article six.
    assert!(requests < 3_000, "{requests} requests");
    // What came out in the first days is forgotten: eight days after it left its feed.
    let most = rows.iter().max().unwrap();
    assert!(*most < 300 && rows.last() < Some(most), "{rows:?}");
}

/// URLs in the state.
fn urls(out: &Path) -> u64 {
    let state = Connection::open(out.join("state/frontier.sqlite")).unwrap();
    let count: i64 = state
        .query_row("SELECT count(*) FROM url", [], |row| row.get(0))
        .unwrap();
    count.unsigned_abs()
}

/// Every record that tells of a change or of an absence is as the schema says.
fn check_schema(out: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = std::fs::read_to_string(root.join("schema/article.schema.json")).unwrap();
    let schema = serde_json::from_str(&schema).unwrap();
    let valid = jsonschema::validator_for(&schema).unwrap();
    for record in records(&out.join("articles.jsonl")) {
        if record.get("change").is_some() || record.get("gone_at").is_some() {
            assert!(valid.is_valid(&record), "{record}");
        }
    }
}
