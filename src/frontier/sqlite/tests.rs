use super::*;
use crate::failure::Status;
use crate::frontier::{Known, Origin, Outcome};

fn frontier() -> SqliteFrontier {
    SqliteFrontier::open(Path::new(":memory:"), 0).unwrap()
}

fn new(url: &str) -> NewUrl {
    let host = url.split('/').nth(2).unwrap_or_default().to_owned();
    NewUrl {
        key: url.split('#').next().unwrap_or_default().to_owned(),
        url: url.to_owned(),
        host,
        verdict: None,
        note: None,
        origin: Origin::Named,
        day: 0,
    }
}

fn admit(frontier: &mut SqliteFrontier, urls: &[&str], refresh: bool) -> Vec<Admission> {
    frontier
        .admit(
            &urls.iter().map(|url| new(url)).collect::<Vec<_>>(),
            refresh,
        )
        .unwrap()
}

fn ack(lease: &Lease, host_ready: Millis, outcome: Outcome) -> Ack {
    Ack {
        id: lease.id,
        host: lease.host.clone(),
        host_ready,
        outcome,
    }
}

fn article(version: u32) -> Outcome {
    Outcome::Article(Known {
        version,
        fingerprint: "f".into(),
        address: None,
        etag: Some("e".into()),
        last_modified: None,
        traces: None,
        ..Known::default()
    })
}

fn lapse(frontier: &mut SqliteFrontier, now: Millis, longest: Millis) -> u64 {
    let host = |url: &str| new(url).host;
    frontier.lapse(now, longest, "healing", &host).unwrap()
}

#[test]
fn failures_come_back_when_their_time_has_come() {
    let mut frontier = frontier();
    admit(
        &mut frontier,
        &["http://a/1", "http://b/1", "http://c/1"],
        false,
    );
    let leases = frontier.lease(0, 3).unwrap();
    let until = |at| Outcome::FailedUntil(Status::Timeout, at);
    let acks = [
        ack(&leases[0], 0, until(1_000)),
        ack(&leases[1], 0, until(9_000_000)),
        ack(&leases[2], 0, Outcome::Failed(Status::NotFound)),
    ];
    frontier.ack(&acks, &[], &Vec::new()).unwrap();
    assert_eq!(lapse(&mut frontier, 999, 1_000_000_000), 0);
    assert_eq!(lapse(&mut frontier, 1_000, 1_000_000_000), 1);
    let again = frontier.lease(1_000, 3).unwrap();
    assert_eq!((again.len(), again[0].url.as_str()), (1, "http://a/1"));
    assert_eq!(again[0].failed, 0);
    assert_eq!(frontier.marks().unwrap(), [("healing".into(), 1)]);
    // Set by a clock that was far ahead.
    assert_eq!(lapse(&mut frontier, 1_000, 100_000), 1);
    assert_eq!(frontier.counts().unwrap().failures, 1);
}

#[test]
fn what_is_remembered_is_forgotten_in_time() {
    let mut frontier = frontier();
    let memo = |value: &str, until| Memo {
        name: "robots a".into(),
        until,
        value: value.into(),
    };
    frontier.remember(&[memo("x", 10), memo("y", 20)]).unwrap();
    assert_eq!(
        frontier.recall("robots a", 19).unwrap().as_deref(),
        Some("y")
    );
    assert_eq!(frontier.recall("robots a", 20).unwrap(), None);
    assert_eq!(frontier.recall("robots b", 0).unwrap(), None);
}

/// One host with 50,000 URLs and 1,000 with one: nobody waits for the large one, and it loses
/// no turn either.
#[test]
fn a_large_host_and_many_small_ones_have_fair_shares() {
    const PAUSE: Millis = 1_000;
    const PLACES: usize = 32;
    let mut frontier = frontier();
    let large = (0..50_000).map(|n| new(&format!("http://large/{n}")));
    let small = (0..1_000).map(|n| new(&format!("http://small{n}/")));
    let all: Vec<NewUrl> = large.chain(small).collect();
    frontier.admit(&all, false).unwrap();
    let (mut now, mut smalls, mut larges) = (0, 0, 0);
    // Each request takes 100 ms.
    while smalls < 1_000 {
        let leases = frontier.lease(now, PLACES).unwrap();
        now += 100;
        let acks: Vec<Ack> = leases
            .iter()
            .map(|lease| ack(lease, now + PAUSE, article(1)))
            .collect();
        let of_large = leases.iter().filter(|lease| lease.host == "large").count();
        larges += of_large;
        smalls += leases.len() - of_large;
        frontier.ack(&acks, &[], &Vec::new()).unwrap();
    }
    let rounds = now / 100;
    assert!(
        rounds <= 33,
        "the small ones fill the places: {rounds} rounds"
    );
    let turns = usize::try_from(now / (PAUSE + 100)).unwrap();
    assert!(larges >= turns, "{larges} of {turns} turns");
}

#[test]
fn one_url_of_a_host_at_a_time_with_a_pause_between() {
    let mut frontier = frontier();
    admit(
        &mut frontier,
        &["http://a/1", "http://a/2", "http://b/1"],
        false,
    );
    let first = frontier.lease(0, 10).unwrap();
    assert_eq!(
        first
            .iter()
            .map(|lease| lease.url.as_str())
            .collect::<Vec<_>>(),
        ["http://a/1", "http://b/1"]
    );
    assert_eq!(frontier.lease(0, 10).unwrap(), []);
    assert_eq!(frontier.next_due().unwrap(), None);
    frontier
        .ack(
            &[ack(&first[0], 1000, article(1))],
            &[],
            &vec![("articles.jsonl".into(), 7)],
        )
        .unwrap();
    assert_eq!(frontier.next_due().unwrap(), Some(1000));
    assert_eq!(frontier.lease(999, 10).unwrap(), []);
    assert_eq!(frontier.lease(1000, 10).unwrap()[0].url, "http://a/2");
    assert_eq!(frontier.marks().unwrap(), [("articles.jsonl".into(), 7)]);
}

#[test]
fn no_more_is_handed_out_than_asked_for() {
    let mut frontier = frontier();
    let bad = |n: u8| NewUrl {
        verdict: Some((Status::BadUrl, "line".into())),
        host: String::new(),
        ..new(&format!("bad {n}"))
    };
    frontier.admit(&[0, 1, 2, 3].map(bad), false).unwrap();
    admit(&mut frontier, &["http://a/1", "http://b/1"], false);
    assert_eq!(frontier.lease(0, 3).unwrap().len(), 3);
}

#[test]
fn a_retry_lets_others_of_its_host_go_first() {
    let mut frontier = frontier();
    admit(&mut frontier, &["http://a/1", "http://a/2"], false);
    let lease = frontier.lease(0, 1).unwrap().remove(0);
    frontier
        .ack(
            &[ack(
                &lease,
                10,
                Outcome::Again {
                    failed: true,
                    due: 500,
                },
            )],
            &[],
            &Vec::new(),
        )
        .unwrap();
    let other = frontier.lease(10, 1).unwrap().remove(0);
    assert_eq!(other.url, "http://a/2");
    frontier
        .ack(&[ack(&other, 20, article(1))], &[], &Vec::new())
        .unwrap();
    assert_eq!(frontier.next_due().unwrap(), Some(500));
    let again = frontier.lease(500, 1).unwrap().remove(0);
    assert_eq!(again.failed, 1);
}

#[test]
fn redirects_move_to_the_lane_of_their_host() {
    let mut frontier = frontier();
    admit(&mut frontier, &["http://a/1"], false);
    let lease = frontier.lease(0, 1).unwrap().remove(0);
    let path = vec!["http://a/1".to_owned(), "http://b/2".to_owned()];
    frontier
        .ack(
            &[ack(
                &lease,
                10,
                Outcome::Moved {
                    path: path.clone(),
                    host: "b".into(),
                },
            )],
            &[],
            &Vec::new(),
        )
        .unwrap();
    let moved = frontier.lease(0, 1).unwrap().remove(0);
    assert_eq!(
        (moved.host.as_str(), &moved.path, moved.url.as_str()),
        ("b", &path, "http://a/1")
    );
}

#[test]
fn what_is_done_stays_done_until_a_refresh() {
    let mut frontier = frontier();
    admit(&mut frontier, &["http://a/1", "http://b/1"], false);
    let leases = frontier.lease(0, 2).unwrap();
    let failed = Outcome::Failed(Status::NotFound);
    frontier
        .ack(
            &[
                ack(&leases[0], 0, article(1)),
                ack(&leases[1], 0, failed.clone()),
            ],
            &[],
            &Vec::new(),
        )
        .unwrap();
    assert_eq!(
        admit(&mut frontier, &["http://a/1", "http://b/1"], false),
        [Admission::Done, Admission::Failed(Status::NotFound)]
    );
    assert!(
        frontier.is_failed("http://b/1").unwrap() && !frontier.is_failed("http://a/1").unwrap()
    );

    frontier.begin_refresh().unwrap();
    assert_eq!(
        admit(&mut frontier, &["http://a/1", "http://b/1"], true),
        [Admission::Queued, Admission::Queued]
    );
    let leases = frontier.lease(0, 2).unwrap();
    assert_eq!(
        leases[0]
            .known
            .as_ref()
            .map(|known| (known.version, known.etag.as_deref())),
        Some((1, Some("e")))
    );
    frontier
        .ack(&[ack(&leases[0], 0, failed)], &[], &Vec::new())
        .unwrap();
    // Cut short here: the same refresh goes on and does not ask the first again.
    frontier.begin_refresh().unwrap();
    assert_eq!(
        admit(&mut frontier, &["http://a/1", "http://b/1"], true),
        [Admission::Done, Admission::Queued]
    );
    assert_eq!(
        frontier.counts().unwrap(),
        Counts {
            pending: 1,
            articles: 1,
            failures: 0
        }
    );
}

#[test]
fn another_spelling_is_a_failure_of_its_own() {
    let mut frontier = frontier();
    for _ in 0..2 {
        admit(
            &mut frontier,
            &["http://a/1", "http://a/1#x", "http://a/1"],
            false,
        );
    }
    assert_eq!(frontier.counts().unwrap().pending, 2);
    let leases = frontier.lease(0, 9).unwrap();
    let verdict = leases.iter().find_map(|lease| lease.verdict.clone());
    assert_eq!(
        verdict,
        Some((Status::Duplicate, "the same page as http://a/1".into()))
    );
}

#[test]
fn pauses_of_a_clock_that_was_ahead_are_cut() {
    let dir = std::env::temp_dir().join(format!("chaffinch-ahead-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("state.sqlite");
    let mut first = SqliteFrontier::open(&path, 0).unwrap();
    admit(&mut first, &["http://a/1", "http://a/2"], false);
    let lease = first.lease(0, 1).unwrap().remove(0);
    first
        .ack(&[ack(&lease, 1_000_000, article(1))], &[], &Vec::new())
        .unwrap();
    drop(first);
    let mut second = SqliteFrontier::open(&path, 500).unwrap();
    assert_eq!(second.next_due().unwrap(), Some(500));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn what_was_in_hand_is_queued_again_when_opened() {
    let dir = std::env::temp_dir().join(format!("chaffinch-frontier-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("state.sqlite");
    let mut first = SqliteFrontier::open(&path, 0).unwrap();
    admit(&mut first, &["http://a/1"], false);
    assert_eq!(first.lease(0, 1).unwrap().len(), 1);
    drop(first);
    assert_eq!(
        SqliteFrontier::open(&path, 0)
            .unwrap()
            .lease(0, 1)
            .unwrap()
            .len(),
        1
    );
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_source_is_asked_once_each_time_and_what_it_names_once() {
    let dir = std::env::temp_dir().join(format!("chaffinch-source-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("state.sqlite");
    let source = NewUrl {
        key: "source http://a/feed".into(),
        note: Some("note".into()),
        origin: Origin::Source,
        ..new("http://a/feed")
    };
    let found = |url: &str| NewUrl {
        origin: Origin::Found,
        ..new(url)
    };
    for round in 0..2 {
        let mut frontier = SqliteFrontier::open(&path, 0).unwrap();
        let admitted = frontier
            .admit(std::slice::from_ref(&source), false)
            .unwrap();
        assert_eq!(admitted, [[Admission::New, Admission::Queued][round]]);
        let lease = frontier.lease(0, 9).unwrap().remove(0);
        assert!(lease.is_source && lease.note.as_deref() == Some("note"));
        // It names itself, too, and one page in two spellings.
        let names = [source.clone(), found("http://a/1"), found("http://a/1#x")];
        let acks = [ack(&lease, 0, Outcome::Article(Known::default()))];
        let known = frontier.ack(&acks, &names, &Vec::new()).unwrap();
        let want = [Admission::New, Admission::Done][round];
        assert_eq!(
            known,
            [
                Admission::Done,
                want,
                [Admission::Queued, Admission::Done][round]
            ]
        );
        for lease in frontier.lease(0, 9).unwrap() {
            frontier
                .ack(&[ack(&lease, 0, article(1))], &[], &Vec::new())
                .unwrap();
        }
        let counts = frontier.counts().unwrap();
        assert_eq!((counts.pending, counts.articles), (0, 1));
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn traces_tell_who_left_them_and_parts_wait_with_their_url() {
    let mut frontier = frontier();
    admit(&mut frontier, &["http://a/1", "http://b/1"], false);
    let leases = frontier.lease(0, 2).unwrap();
    let trace = Trace {
        name: "t".into(),
        value: u64::MAX,
    };
    let known = Known {
        version: 1,
        traces: Some(vec![trace.clone()]),
        ..Known::default()
    };
    let continued = Outcome::Continued {
        address: "http://c/2".into(),
        host: "c".into(),
        parts: "one".into(),
    };
    let acks = [
        ack(&leases[0], 0, Outcome::Article(known)),
        ack(&leases[1], 0, continued),
    ];
    frontier.ack(&acks, &[], &Vec::new()).unwrap();
    let asked = std::slice::from_ref(&trace);
    assert_eq!(frontier.traced(leases[0].id, asked).unwrap(), []);
    let traced = frontier.traced(leases[1].id, asked).unwrap();
    assert_eq!((traced[0].id, &traced[0].trace), (leases[0].id, &trace));
    let url = frontier.url(traced[0].id).unwrap();
    assert_eq!(url.as_deref(), Some("http://a/1"));
    let next = frontier.lease(0, 9).unwrap().remove(0);
    assert_eq!(
        (next.id, next.host.as_str(), next.parts.as_deref()),
        (leases[1].id, "c", Some("one"))
    );
    assert_eq!(next.path, ["http://c/2"]);
    frontier
        .ack(&[ack(&next, 0, article(1))], &[], &Vec::new())
        .unwrap();
    assert_eq!(frontier.counts().unwrap().articles, 2);
}

/// A state in a folder of its own, which goes with it.
fn on_disk(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    (dir, path)
}

#[test]
fn two_keys_of_one_hash_are_two() {
    let mut frontier = frontier();
    admit(&mut frontier, &["http://a/1"], false);
    // As if the second had the hash of the first.
    let place = keys::place("http://a/2");
    let moved = "UPDATE seen SET hash = ?1";
    frontier.run(|tx| tx.execute(moved, [place])).unwrap();
    let both = ["http://a/2", "http://a/2"];
    let admissions = admit(&mut frontier, &both, false);
    assert_eq!(admissions, [Admission::New, Admission::Queued]);
    let leases = frontier.drain("a", 9).unwrap();
    let urls: Vec<&str> = leases.iter().map(|lease| lease.url.as_str()).collect();
    assert_eq!(urls, ["http://a/1", "http://a/2"]);
    let failed = ack(&leases[1], 0, Outcome::Failed(Status::NotFound));
    frontier.ack(&[failed], &[], &Vec::new()).unwrap();
    assert!(frontier.is_failed("http://a/2").unwrap());
}

#[test]
fn traces_are_told_from_memory_from_the_log_and_from_the_table() {
    let (_dir, path) = on_disk("state.sqlite");
    let trace = |n: u64| Trace {
        name: format!("t {n}"),
        value: n << 40,
    };
    let left_by = |frontier: &mut SqliteFrontier, n: u64| -> Vec<(UrlId, u64)> {
        let traced = frontier.traced(0, &[trace(n)]).unwrap();
        traced
            .iter()
            .map(|traced| (traced.id, traced.trace.value))
            .collect()
    };
    let leave = |frontier: &mut SqliteFrontier, lease: &Lease, traces: Vec<Trace>, version| {
        let known = Known {
            version,
            traces: Some(traces),
            ..Known::default()
        };
        let acks = [ack(lease, 0, Outcome::Article(known))];
        frontier.ack(&acks, &[], &Vec::new()).unwrap();
    };
    let mut first = SqliteFrontier::open(&path, 0).unwrap();
    admit(&mut first, &["http://a/1", "http://b/1"], false);
    let leases = first.lease(0, 2).unwrap();
    leave(&mut first, &leases[0], vec![trace(1), trace(2)], 1);
    assert_eq!(left_by(&mut first, 2), [(leases[0].id, 2 << 40)]);
    drop(first);
    let mut second = SqliteFrontier::open(&path, 0).unwrap();
    assert_eq!(left_by(&mut second, 2), [(leases[0].id, 2 << 40)]);
    // So many that all go to the table.
    let many = (1_000..200_000).map(trace).collect();
    let other = second.lease(0, 2).unwrap().remove(0);
    leave(&mut second, &other, many, 1);
    for n in [1, 2, 1_000, 199_999] {
        assert_eq!(left_by(&mut second, n).len(), 1, "{n}");
    }
    let logged = "SELECT count(*) FROM trace_log";
    assert_eq!(second.run(|tx| count(tx, logged)).unwrap(), 0);
    // Another text of the same article leaves others.
    second.begin_refresh().unwrap();
    admit(&mut second, &["http://a/1"], true);
    let again = second.lease(0, 1).unwrap().remove(0);
    leave(&mut second, &again, vec![trace(2), trace(3)], 2);
    assert_eq!([1, 2, 3].map(|n| left_by(&mut second, n).len()), [0, 1, 1]);
    drop(second);
    let mut third = SqliteFrontier::open(&path, 0).unwrap();
    assert_eq!([1, 2, 3].map(|n| left_by(&mut third, n).len()), [0, 1, 1]);
}

#[test]
fn all_urls_of_a_host_are_handed_out_together_and_it_is_free_after_the_last() {
    let mut frontier = frontier();
    admit(
        &mut frontier,
        &["http://a/1", "http://a/2", "http://a/3"],
        false,
    );
    let first = frontier.lease(0, 9).unwrap().remove(0);
    let others = frontier.drain("a", 9).unwrap();
    assert_eq!((first.url.as_str(), others.len()), ("http://a/1", 2));
    assert_eq!(frontier.drain("b", 9).unwrap(), []);
    let failed = || Outcome::Failed(Status::HostFailing);
    frontier
        .ack(&[ack(&first, 5, failed())], &[], &Vec::new())
        .unwrap();
    admit(&mut frontier, &["http://a/4"], false);
    assert_eq!(frontier.next_due().unwrap(), None);
    let acks: Vec<Ack> = others.iter().map(|lease| ack(lease, 0, failed())).collect();
    frontier.ack(&acks, &[], &Vec::new()).unwrap();
    assert_eq!(frontier.next_due().unwrap(), Some(5));
    assert_eq!(frontier.counts().unwrap().failures, 3);
}

/// A million URLs further on there is another part of the queue, and a third for those that wait.
#[test]
fn parts_of_the_queue_follow_one_another() {
    let mut frontier = frontier();
    admit(
        &mut frontier,
        &["http://a/1", "http://a/2", "http://b/1"],
        false,
    );
    let far = "UPDATE url SET id = id + 4000000 WHERE id = 3";
    let farther = "UPDATE queue SET id = 4000003, part = 3 WHERE id = 3";
    frontier.run(|tx| tx.execute(far, [])).unwrap();
    frontier.run(|tx| tx.execute(farther, [])).unwrap();
    admit(&mut frontier, &["http://a/3", "http://b/2"], false);
    let mut order = Vec::new();
    while let Some(now) = frontier.next_due().unwrap() {
        let lease = frontier.lease(now, 1).unwrap().remove(0);
        order.push(lease.url.clone());
        let again = Outcome::Again {
            failed: true,
            due: 50,
        };
        let outcome = if lease.url == "http://a/1" && lease.failed == 0 {
            again
        } else {
            article(1)
        };
        frontier
            .ack(&[ack(&lease, now, outcome)], &[], &Vec::new())
            .unwrap();
    }
    let of_a = ["http://a/1", "http://a/2", "http://a/3", "http://a/1"];
    assert_eq!(
        order
            .iter()
            .filter(|url| url.contains("/a/"))
            .collect::<Vec<_>>(),
        of_a
    );
    assert_eq!(order.len(), 6);
    // A refresh goes back to the first part.
    frontier.begin_refresh().unwrap();
    admit(&mut frontier, &["http://a/3", "http://a/2"], true);
    let drained = frontier.drain("a", 9).unwrap();
    let urls: Vec<&str> = drained.iter().map(|lease| lease.url.as_str()).collect();
    assert_eq!(urls, ["http://a/2", "http://a/3"]);
}

fn revisit(frontier: &mut SqliteFrontier, now: Millis, longest: Millis) -> u64 {
    let host = |url: &str| new(url).host;
    frontier.revisit(now, longest, &host).unwrap()
}

fn known(again: Option<Millis>, copy: Option<&[u8]>) -> Outcome {
    Outcome::Article(Known {
        version: 1,
        since: 7,
        again,
        copy: copy.map(Into::into),
        ..Known::default()
    })
}

#[test]
fn an_article_comes_back_when_its_time_has_come_with_its_copy() {
    let mut frontier = frontier();
    admit(
        &mut frontier,
        &["http://a/1", "http://b/1", "http://c/1"],
        false,
    );
    let leases = frontier.lease(0, 3).unwrap();
    let acks = [
        ack(&leases[0], 0, known(Some(100), Some(b"copy"))),
        ack(&leases[1], 0, known(None, None)),
        // Its clock was ahead.
        ack(&leases[2], 0, known(Some(100_000), None)),
    ];
    frontier.ack(&acks, &[], &Vec::new()).unwrap();
    assert_eq!(revisit(&mut frontier, 99, 1_000_000), 0);
    assert_eq!(revisit(&mut frontier, 100, 1_000), 2);
    assert_eq!(revisit(&mut frontier, 100, 1_000), 0, "they wait already");
    let mut back = frontier.lease(100, 9).unwrap();
    back.sort_by_key(|lease| lease.id);
    assert_eq!(back.len(), 2);
    let is = back[0].known.as_ref().unwrap();
    assert_eq!(
        (is.since, is.again, is.copy.as_deref()),
        (7, Some(100), Some(&b"copy"[..]))
    );
    // One that cannot be had is asked at its next time, and keeps its copy; one that rests does not.
    let later = Outcome::FailedUntil(Status::Timeout, 200);
    let acks = [
        ack(&back[0], 0, later),
        ack(&back[1], 0, Outcome::Failed(Status::Timeout)),
    ];
    frontier.ack(&acks, &[], &Vec::new()).unwrap();
    assert_eq!(
        frontier.counts().unwrap().failures,
        0,
        "both keep their articles"
    );
    assert_eq!(revisit(&mut frontier, 200, 1_000), 1);
    let back = frontier.lease(200, 9).unwrap().remove(0);
    assert!(back.known.unwrap().copy.is_some());
}

#[test]
fn how_often_a_failure_was_given_up_is_counted() {
    let mut frontier = frontier();
    admit(&mut frontier, &["http://a/1"], false);
    for times in 0..3 {
        let lease = frontier.lease(0, 1).unwrap().remove(0);
        assert_eq!(lease.given_up, times);
        let until = Outcome::FailedUntil(Status::Timeout, 0);
        frontier
            .ack(&[ack(&lease, 0, until)], &[], &Vec::new())
            .unwrap();
        assert_eq!(lapse(&mut frontier, 0, 0), 1);
    }
    // Named by a refresh, it begins anew.
    let lease = frontier.lease(0, 1).unwrap().remove(0);
    frontier
        .ack(
            &[ack(&lease, 0, Outcome::Failed(Status::NotFound))],
            &[],
            &Vec::new(),
        )
        .unwrap();
    frontier.begin_refresh().unwrap();
    admit(&mut frontier, &["http://a/1"], true);
    assert_eq!(frontier.lease(0, 1).unwrap()[0].given_up, 0);
}

#[test]
fn what_nobody_names_is_forgotten_unless_it_waits_or_comes_back() {
    let mut frontier = frontier();
    let on = |day: Day, url: &str| NewUrl { day, ..new(url) };
    let urls = [
        "http://a/",
        "http://b/",
        "http://c/",
        "http://d/",
        "http://e/",
        "http://f/",
    ];
    let [kept, rests, failed, comes_back, named_again, waits] = urls;
    let all: Vec<NewUrl> = urls.iter().map(|url| on(10, url)).collect();
    frontier.admit(&all, false).unwrap();
    // It counts when it was named last.
    frontier.admit(&[on(20, named_again)], false).unwrap();
    frontier.admit(&[on(0, kept)], false).unwrap();
    let trace = Trace {
        name: "t".into(),
        value: 1,
    };
    let leases = frontier.lease(0, 9).unwrap();
    let acks: Vec<Ack> = leases
        .iter()
        .filter(|lease| lease.url != waits)
        .map(|lease| {
            let outcome = match &lease.url {
                url if url == failed => Outcome::FailedUntil(Status::Timeout, 5),
                url if url == comes_back => known(Some(99), Some(b"copy")),
                url if url == rests => Outcome::Article(Known {
                    version: 1,
                    traces: Some(vec![trace.clone()]),
                    ..Known::default()
                }),
                _ => known(None, None),
            };
            ack(lease, 0, outcome)
        })
        .collect();
    frontier.ack(&acks, &[], &Vec::new()).unwrap();
    assert_eq!(frontier.forget(10, "healing").unwrap(), 0);
    assert_eq!(frontier.forget(11, "healing").unwrap(), 3, "a, b and c");
    assert_eq!(frontier.marks().unwrap(), [("healing".into(), 1)]);
    assert_eq!(
        frontier.traced(0, std::slice::from_ref(&trace)).unwrap(),
        []
    );
    let counts = frontier.counts().unwrap();
    assert_eq!(
        (counts.articles, counts.failures, counts.pending),
        (2, 0, 1)
    );
    // Named anew, it is new; the others are known.
    let again: Vec<NewUrl> = urls.iter().map(|url| on(30, url)).collect();
    let admitted = frontier.admit(&again, false).unwrap();
    let want = [
        Admission::New,
        Admission::New,
        Admission::New,
        Admission::Done,
        Admission::Done,
        Admission::Queued,
    ];
    assert_eq!(admitted, want);
}

#[test]
fn a_state_that_forgot_much_gives_its_space_back() {
    let dir = std::env::temp_dir().join(format!("chaffinch-tidy-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("state.sqlite");
    let size = || std::fs::metadata(&path).unwrap().len();
    let mut frontier = SqliteFrontier::open(&path, 0).unwrap();
    let urls = (0..5_000).map(|n| NewUrl {
        day: 1 + n % 10,
        ..new(&format!("http://h{}/{n}", n % 50))
    });
    frontier.admit(&urls.collect::<Vec<_>>(), false).unwrap();
    loop {
        let leases = frontier.lease(0, 50).unwrap();
        if leases.is_empty() {
            break;
        }
        let acks: Vec<Ack> = leases
            .iter()
            .map(|lease| ack(lease, 0, known(None, None)))
            .collect();
        frontier.ack(&acks, &[], &Vec::new()).unwrap();
    }
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE);";
    frontier.database.execute_batch(checkpoint).unwrap();
    let full = size();
    assert_eq!(frontier.forget(10, "healing").unwrap(), 4_500);
    frontier.tidy().unwrap();
    // A tenth of the URLs, and what every state has.
    assert!(size() < full / 3, "{} of {full} bytes", size());
    assert_eq!(frontier.counts().unwrap().articles, 500);
    drop(frontier);
    std::fs::remove_dir_all(&dir).unwrap();
}
