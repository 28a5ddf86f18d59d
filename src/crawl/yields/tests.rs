#![allow(clippy::float_cmp, reason = "ones, and sums of them, are exact")]

use super::*;
use crate::article::{Article, PageType};
use crate::failure::Status;

const SITE: &str = "courier.example";

/// A site that is asked once a day, twelve pages each time.
struct Daily {
    history: History,
    /// Days since the first run.
    day: i64,
}

/// What a day brings.
#[derive(Clone, Copy)]
enum Brings {
    /// Articles, and news of a source.
    Articles,
    /// 403 for each page.
    Walls,
    /// 403 for every other page.
    SomeWalls,
    /// A source without anything new.
    Nothing,
    /// No answer.
    Silence,
}

impl Daily {
    /// One that has been asked for a while.
    fn known() -> Self {
        let mut daily = Self {
            history: History::default(),
            day: 0,
        };
        for _ in 0..30 {
            assert_eq!(daily.run(Brings::Articles), []);
        }
        daily
    }

    fn now(&self) -> Timestamp {
        let since = SignedDuration::from_hours(24 * self.day + 12);
        Timestamp::UNIX_EPOCH.saturating_add(since).unwrap()
    }

    /// The next day's run: the measures whose drift began or ended.
    fn run(&mut self, brings: Brings) -> Vec<(Measure, Turn)> {
        self.day += 1;
        let samples = BTreeMap::from([(SITE.to_owned(), sample(brings))]);
        self.take_in(&samples)
    }

    fn take_in(&mut self, samples: &BTreeMap<String, Sample>) -> Vec<(Measure, Turn)> {
        let when = When {
            now: self.now(),
            is_whole: true,
        };
        let changes = take_in(&mut self.history, samples, &when);
        let turns = changes
            .iter()
            .map(|change| (change.drift.measure, change.turn));
        turns.collect()
    }

    fn drifts(&self) -> &[Drift] {
        &self.history.sites[SITE].drifts
    }
}

fn sample(brings: Brings) -> Sample {
    let mut sample = Sample::default();
    match brings {
        Brings::Articles | Brings::Walls | Brings::SomeWalls => {
            sample.source();
            for n in 0..12_u8 {
                let is_wall = match brings {
                    Brings::Walls => true,
                    Brings::SomeWalls => n % 2 == 0,
                    _ => false,
                };
                if is_wall {
                    sample.failed(Status::Blocked, None);
                } else {
                    sample.article(&article(1, None));
                }
                sample.news += 1;
            }
        }
        Brings::Nothing => sample.source(),
        Brings::Silence => sample.failed(Status::Connect, None),
    }
    sample
}

fn article(version: u32, page_type: Option<PageType>) -> Article {
    let record = serde_json::json!({
        "schema": "chaffinch/1", "status": "ok", "id": "1", "title": "Bridge opens",
        "authors": [{"name": "Mara Lindt", "kind": "person"}], "tags": [],
        "date_published": "2026-03-02", "page_type": page_type,
        "text": "…", "word_count": 400, "content_hash": "sha256:0", "confidence": 0.94,
        "warnings": [], "source": {"kind": "url"}, "version": version, "extractor_version": "0.1.0",
    });
    serde_json::from_value(record).unwrap()
}

#[test]
fn a_drift_is_told_once_lasts_and_ends_when_all_is_as_before() {
    let mut daily = Daily::known();
    let began = vec![(Measure::Blocked, Turn::Began)];
    assert_eq!(daily.run(Brings::Walls), began);
    let since = daily.now();
    assert_eq!(daily.run(Brings::Walls), []);
    let [drift] = daily.drifts() else {
        panic!("{:?}", daily.drifts())
    };
    assert_eq!((drift.since, drift.before, drift.now), (since, 0.0, 1.0));
    assert_eq!(
        daily.run(Brings::Articles),
        [(Measure::Blocked, Turn::Back)]
    );
    assert_eq!(daily.drifts(), []);
    // The days of the walls are no part of what is usual.
    assert_eq!(daily.run(Brings::Articles), []);
    for _ in 0..pools::RECENT {
        daily.run(Brings::Articles);
    }
    assert_eq!(
        daily.history.sites[SITE].usual[&Measure::Blocked]
            .values
            .sum,
        0.0
    );
    assert_eq!(daily.run(Brings::Walls), began);
}

#[test]
fn what_lasts_for_a_week_is_usual() {
    let mut daily = Daily::known();
    let turns: Vec<_> = (0..12).map(|_| daily.run(Brings::Walls)).collect();
    let at = |turn| {
        turns
            .iter()
            .position(|turns| turns.contains(&(Measure::Blocked, turn)))
    };
    assert_eq!((at(Turn::Began), at(Turn::Usual)), (Some(0), Some(7)));
    assert_eq!(daily.drifts(), []);
    assert_eq!(daily.run(Brings::Walls), []);
}

#[test]
fn what_hits_some_pages_takes_two_runs() {
    let mut daily = Daily::known();
    assert_eq!(daily.run(Brings::SomeWalls), []);
    assert_eq!(
        daily.run(Brings::SomeWalls),
        [(Measure::Blocked, Turn::Began)]
    );
    let drift = daily.drifts()[0];
    assert_eq!(
        (
            drift.now,
            daily.now().duration_since(drift.since).as_hours()
        ),
        (0.5, 24)
    );
    assert_eq!(daily.run(Brings::Walls), []);
    assert_eq!(daily.drifts()[0].now, 1.0, "worse is told");
    assert_eq!(daily.run(Brings::SomeWalls), [], "half is not back");
}

#[test]
fn a_site_that_nobody_knows_yet_has_no_drift() {
    let mut daily = Daily {
        history: History::default(),
        day: 0,
    };
    assert_eq!(daily.run(Brings::Articles), []);
    assert_eq!(daily.run(Brings::Walls), []);
    assert_eq!(daily.run(Brings::Silence), []);
}

#[test]
fn an_archive_read_at_once_weighs_as_a_day() {
    let mut all = Sample::default();
    (0..5_000).for_each(|_| all.article(&article(1, None)));
    let mut daily = Daily {
        history: History::default(),
        day: 0,
    };
    daily.take_in(&BTreeMap::from([(SITE.to_owned(), all)]));
    let site = &daily.history.sites[SITE];
    assert_eq!(
        site.recent[0].tallies[&Measure::WordCount].n,
        pools::VALUES_MAX
    );
    assert_eq!(site.days[0].words.n, 5_000.0);
}

#[test]
fn a_story_that_grows_is_measured_while_it_is_young() {
    for (version, page_type, want) in [
        (1, None, 1.0),
        (3, None, 1.0),
        (4, None, 0.0),
        (1, Some(PageType::LiveBlog), 0.0),
    ] {
        let mut sample = Sample::default();
        sample.article(&article(version, page_type));
        let measured = sample.tallies.get(&Measure::WordCount).copied();
        assert_eq!(
            measured.unwrap_or_default().n,
            want,
            "{version} {page_type:?}"
        );
        assert_eq!((sample.articles, sample.pages), (1, 1));
    }
}

#[test]
fn walls_of_every_kind_are_walls() {
    for (status, page_type, want) in [
        (Status::Blocked, None, Some(1.0)),
        (Status::RobotsDenied, None, Some(1.0)),
        (Status::NoArticle, Some(PageType::ConsentWall), Some(1.0)),
        (Status::NoArticle, Some(PageType::Challenge), Some(1.0)),
        (Status::NoArticle, Some(PageType::Index), Some(0.0)),
        (Status::NotFound, None, Some(0.0)),
        (Status::BadUrl, None, None),
        (Status::Timeout, None, None),
    ] {
        let mut sample = Sample::default();
        sample.failed(status, page_type);
        let blocked = sample.tallies.get(&Measure::Blocked).map(|tally| tally.sum);
        assert_eq!(blocked, want, "{status} {page_type:?}");
    }
}

#[test]
fn sources_that_bring_nothing_new_are_told_of_once_that_is_unusual() {
    let mut daily = Daily::known();
    let turns: Vec<_> = (0..6).map(|_| daily.run(Brings::Nothing)).collect();
    let began = turns
        .iter()
        .position(|turns| turns.contains(&(Measure::Silence, Turn::Began)));
    assert_eq!(
        began,
        Some(3),
        "something new every day for a month: {turns:?}"
    );
    assert_eq!(daily.drifts()[0].now, 6.0 * 86_400.0, "it lasts");
    assert_eq!(
        daily.run(Brings::Articles),
        [(Measure::Silence, Turn::Back)]
    );
}

#[test]
fn a_machine_that_slept_heard_no_silence() {
    let mut daily = Daily::known();
    daily.day += 20;
    assert_eq!(daily.run(Brings::Nothing), []);
    assert_eq!(daily.history.sites[SITE].silence.seconds, 2 * 86_400);
}

#[test]
fn a_server_that_is_gone_is_told_of_after_three_runs() {
    let mut daily = Daily::known();
    assert_eq!(daily.run(Brings::Silence), []);
    assert_eq!(daily.run(Brings::Silence), []);
    assert_eq!(
        daily.run(Brings::Silence),
        [(Measure::Unreachable, Turn::Began)]
    );
    assert_eq!(
        daily.run(Brings::Nothing),
        [(Measure::Unreachable, Turn::Back)]
    );
    // The next time it must last twice as long.
    let turns: Vec<_> = (0..8).map(|_| daily.run(Brings::Silence)).collect();
    let began = turns
        .iter()
        .position(|turns| turns.contains(&(Measure::Unreachable, Turn::Began)));
    assert_eq!(began, Some(6), "{turns:?}");
}

#[test]
fn a_site_that_nobody_asks_any_more_is_forgotten() {
    let mut daily = Daily::known();
    daily.run(Brings::Walls);
    let other = BTreeMap::from([("other.example".to_owned(), sample(Brings::Articles))]);
    daily.day += 6;
    assert_eq!(daily.take_in(&other), []);
    daily.day += 1;
    assert_eq!(daily.take_in(&other), [(Measure::Blocked, Turn::Unasked)]);
    daily.day += 60;
    daily.take_in(&other);
    assert_eq!(
        daily.history.sites.keys().collect::<Vec<_>>(),
        ["other.example"]
    );
}

#[test]
fn the_sites_with_fewest_pages_are_left_out() {
    let mut daily = Daily {
        history: History::default(),
        day: 0,
    };
    let small = |n: usize| (format!("s{n}.example"), sample(Brings::Silence));
    let mut samples: BTreeMap<String, Sample> = (0..SITES_MAX + 5).map(small).collect();
    samples.insert("z.example".to_owned(), sample(Brings::Articles));
    daily.take_in(&samples);
    assert_eq!(daily.history.sites.len(), SITES_MAX);
    assert!(daily.history.sites.contains_key("z.example"));
}
