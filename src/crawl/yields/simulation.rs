//! Newsrooms played through: how often a drift is seen where there is none, and how soon where there
//! is one.
//!
//! The rooms are made up, and harder than chance: what they write comes in sections that have hours
//! and days of their own, in batches of one section, from nights of agency lines and Sundays of long
//! reads; with servers that stand still for hours, walls before some pages, holidays and live blogs.

#![allow(
    clippy::cast_precision_loss,
    reason = "random bits, of which 53 are taken"
)]

use super::*;
use crate::failure::Status;

/// Numbers by chance, the same for the same seed (`SplitMix64`: Steele, Lea and Flood, OOPSLA 2014).
struct Chance(u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn is(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), std::f64::consts::TAU * self.unit());
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    }

    /// How many of events that are expected so often.
    fn count(&mut self, expected: f64) -> u32 {
        let (mut count, mut left) = (0, expected);
        loop {
            left -= -(1.0 - self.unit()).ln();
            if left < 0.0 {
                return count;
            }
            count += 1;
        }
    }
}

/// A part of a paper, and what its pages are like.
#[derive(Clone, Copy)]
struct Section {
    /// Its share of the pages by day, by night and on Sundays.
    share: [f64; 3],
    /// Words of its articles: the median, and the spread of the logarithm.
    words: (f64, f64),
    /// Shares of its articles with author, date, description, picture and section.
    fields: [f64; 5],
    /// Share of its pages that are no articles.
    galleries: f64,
    /// Share of its pages behind a wall, and of its articles that are stubs.
    walls: (f64, f64),
}

const NEWS: Section = Section {
    share: [0.6, 0.3, 0.3],
    words: (450.0, 0.5),
    fields: [0.85, 0.99, 0.95, 0.9, 0.95],
    galleries: 0.01,
    walls: (0.02, 0.05),
};
const TICKER: Section = Section {
    share: [0.2, 0.65, 0.2],
    words: (110.0, 0.4),
    fields: [0.25, 0.98, 0.8, 0.4, 0.9],
    galleries: 0.02,
    walls: (0.0, 0.0),
};
const LONG_READS: Section = Section {
    share: [0.1, 0.0, 0.4],
    words: (1_600.0, 0.4),
    fields: [0.98, 0.99, 0.98, 0.98, 0.9],
    galleries: 0.01,
    walls: (0.1, 0.4),
};
const PICTURES: Section = Section {
    share: [0.1, 0.05, 0.1],
    words: (60.0, 0.6),
    fields: [0.5, 0.9, 0.6, 1.0, 0.7],
    galleries: 0.7,
    walls: (0.0, 0.0),
};

/// A newsroom, and the job that reads it.
#[derive(Clone, Copy)]
struct Room {
    name: &'static str,
    /// Hours between two runs.
    every: u32,
    /// Pages a day.
    pages: f64,
    /// Its hours, and the share of a weekday's pages that come on a Saturday or Sunday.
    hours: (u32, u32),
    weekend: f64,
    sections: &'static [Section],
    /// Batches a day: up to forty pages of one section at once.
    batches: f64,
    /// Hours a day without a server, on average.
    down: f64,
    /// Pages asked again by each run; pages of an archive that the first one reads.
    again: u32,
    archive: u32,
    /// Live blogs a day, each with a new version in every run of its hours.
    live: f64,
    /// Whether nobody works from Good Friday to Easter Monday.
    easter: bool,
}

const ROOMS: [Room; 8] = [
    Room {
        name: "local paper, a few articles a day, read daily",
        every: 24,
        pages: 6.0,
        hours: (7, 19),
        weekend: 0.5,
        sections: &[NEWS, LONG_READS],
        batches: 0.02,
        down: 0.1,
        again: 0,
        archive: 0,
        live: 0.0,
        easter: false,
    },
    Room {
        name: "blog of one hand, three pages a week, read every six hours",
        every: 6,
        pages: 0.45,
        hours: (9, 23),
        weekend: 1.0,
        sections: &[NEWS],
        batches: 0.0,
        down: 0.1,
        again: 0,
        archive: 300,
        live: 0.0,
        easter: false,
    },
    Room {
        name: "weekday publication, closed at weekends and Easter, read hourly",
        every: 1,
        pages: 25.0,
        hours: (8, 18),
        weekend: 0.0,
        sections: &[NEWS, LONG_READS],
        batches: 0.05,
        down: 0.1,
        again: 0,
        archive: 1_000,
        live: 0.0,
        easter: true,
    },
    Room {
        name: "national daily, read hourly",
        every: 1,
        pages: 150.0,
        hours: (5, 24),
        weekend: 0.7,
        sections: &[NEWS, TICKER, LONG_READS, PICTURES],
        batches: 0.3,
        down: 0.2,
        again: 0,
        archive: 5_000,
        live: 0.7,
        easter: false,
    },
    Room {
        name: "national daily, read hourly and asked again",
        every: 1,
        pages: 80.0,
        hours: (5, 24),
        weekend: 0.7,
        sections: &[NEWS, TICKER, LONG_READS, PICTURES],
        batches: 0.3,
        down: 0.2,
        again: 40,
        archive: 0,
        live: 1.0,
        easter: false,
    },
    Room {
        name: "wire, five hundred lines a day, read hourly",
        every: 1,
        pages: 500.0,
        hours: (0, 24),
        weekend: 0.8,
        sections: &[NEWS, TICKER],
        batches: 0.5,
        down: 0.1,
        again: 0,
        archive: 0,
        live: 0.0,
        easter: false,
    },
    Room {
        name: "magazine with a supplement on Sundays, read every four hours",
        every: 4,
        pages: 12.0,
        hours: (8, 20),
        weekend: 2.5,
        sections: &[NEWS, LONG_READS, PICTURES],
        batches: 0.05,
        down: 0.1,
        again: 0,
        archive: 50,
        live: 0.0,
        easter: false,
    },
    Room {
        name: "weekly, all of it on one morning, read daily",
        every: 24,
        pages: 0.5,
        hours: (8, 20),
        weekend: 1.0,
        sections: &[NEWS, LONG_READS],
        batches: 0.14,
        down: 0.1,
        again: 0,
        archive: 200,
        live: 0.0,
        easter: false,
    },
];

/// What happens to a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Nothing,
    /// The new markup hides the body: a few words are found, or no article.
    BodyLost,
    /// Half of each text is lost.
    HalfLost,
    /// Related stories are taken for text: half as much again and more.
    ChaffKept,
    /// Authors and dates are not found any more.
    MetadataLost,
    /// Only authors, and only on half of the pages.
    AuthorsHalfLost,
    /// All pages answer 403.
    Forbidden,
    /// Every other page is a challenge.
    HalfChallenged,
    /// Four of five articles are stubs from now on.
    Paywall,
    /// The addresses of the feed lead nowhere.
    NotFound,
    /// The feed stands still.
    Silent,
    /// The server is gone.
    Down,
}

impl Event {
    /// Whether each page shows it.
    fn hits_all(self) -> bool {
        matches!(self, Self::BodyLost | Self::MetadataLost | Self::Forbidden)
    }
}

const EVENTS: [(Event, &[Measure]); 11] = [
    (
        Event::BodyLost,
        &[
            Measure::WordCount,
            Measure::NoText,
            Measure::Confidence,
            Measure::Blocks,
        ],
    ),
    (
        Event::HalfLost,
        &[Measure::WordCount, Measure::Blocks, Measure::WeekWordCount],
    ),
    (
        Event::ChaffKept,
        &[Measure::WordCount, Measure::Blocks, Measure::WeekWordCount],
    ),
    (
        Event::MetadataLost,
        &[Measure::Authors, Measure::DatePublished],
    ),
    (Event::AuthorsHalfLost, &[Measure::Authors]),
    (Event::Forbidden, &[Measure::Blocked]),
    (Event::HalfChallenged, &[Measure::Blocked]),
    (Event::Paywall, &[Measure::PaywallStub, Measure::WordCount]),
    (Event::NotFound, &[Measure::NotFound]),
    (Event::Silent, &[Measure::Silence]),
    (Event::Down, &[Measure::Unreachable]),
];

/// A site as it is played.
struct Play {
    room: Room,
    chance: Chance,
    history: History,
    /// Hours since the start, a Monday.
    hour: u32,
    /// Until when the server stands still.
    down_until: u32,
    event: Event,
    /// Pages since the event.
    since_event: u32,
}

/// Weeks from the start to the event, and after it.
const WEEKS: u32 = 6;
const SITE: &str = "courier.example";

impl Play {
    fn new(room: Room, seed: u64) -> Self {
        Self {
            room,
            chance: Chance(seed),
            history: History::default(),
            hour: 0,
            down_until: 0,
            event: Event::Nothing,
            since_event: 0,
        }
    }

    /// One run later; what became of drifts.
    fn run(&mut self) -> Vec<Change> {
        let mut sample = Sample::default();
        let archive = if self.hour == 0 { self.room.archive } else { 0 };
        for _ in 0..archive {
            self.page(&mut sample, NEWS);
        }
        for _ in 0..self.room.every {
            self.one_hour(&mut sample);
        }
        let now = Timestamp::UNIX_EPOCH
            .saturating_add(SignedDuration::from_hours(i64::from(self.hour) + 24 * 4))
            .unwrap();
        let when = When {
            now,
            is_whole: true,
        };
        if self.hour < self.down_until || self.event == Event::Down {
            sample = Sample::default();
            sample.failed(Status::Timeout, None);
        } else {
            sample.source();
            (0..self.room.again).for_each(|_| self.ask_again(&mut sample));
        }
        self.kept_overnight();
        take_in(
            &mut self.history,
            &BTreeMap::from([(SITE.to_owned(), sample)]),
            &when,
        )
    }

    /// Once a day the history is written and read, as it is after each run: that rounds it.
    fn kept_overnight(&mut self) {
        if self.hour.is_multiple_of(24) {
            let written = serde_json::to_string(&self.history).unwrap();
            self.history = serde_json::from_str(&written).unwrap();
        }
    }

    fn one_hour(&mut self, sample: &mut Sample) {
        self.hour += 1;
        let (day, hour) = (self.hour / 24, self.hour % 24);
        let weekday = day % 7;
        if self.chance.is(self.room.down / 24.0 / 3.0) {
            self.down_until = self.hour + 1 + self.chance.count(2.0).min(4);
        }
        let (open, close) = self.room.hours;
        let is_closed = self.room.easter && (25..=28).contains(&day);
        if is_closed || self.event == Event::Silent {
            return;
        }
        let is_open = (open..close).contains(&hour);
        let of_day = if weekday >= 5 { self.room.weekend } else { 1.0 };
        // The rest of the day is not quite still.
        let of_hour = if is_open {
            0.95 / f64::from(close - open)
        } else {
            0.05 / f64::from(24 - (close - open)).max(1.0)
        };
        let column = if weekday == 6 {
            2
        } else {
            usize::from(!(6..22).contains(&hour))
        };
        for _ in 0..self.chance.count(self.room.pages * of_day * of_hour) {
            let section = self.section(column);
            self.page(sample, section);
        }
        if is_open && of_day > 0.0 && self.chance.is(self.room.batches / f64::from(close - open)) {
            let section = self.section(column);
            for _ in 0..10 + self.chance.count(20.0) {
                self.page(sample, section);
            }
        }
        if is_open && self.chance.is(self.room.live) {
            Self::live_blog(sample, hour - open);
        }
    }

    fn section(&mut self, column: usize) -> Section {
        let all: f64 = self.room.sections.iter().map(|one| one.share[column]).sum();
        let mut at = self.chance.unit() * all;
        let sections = self.room.sections.iter();
        let found = sections.copied().find(|one| {
            at -= one.share[column];
            at < 0.0
        });
        found.unwrap_or(NEWS)
    }

    fn page(&mut self, sample: &mut Sample, section: Section) {
        let event = self.event;
        self.since_event += 1;
        let is_walled = match event {
            Event::Forbidden => true,
            Event::HalfChallenged => self.chance.is(0.5),
            _ => self.chance.is(section.walls.0),
        };
        if is_walled {
            return sample.failed(Status::Blocked, None);
        }
        if event == Event::NotFound || self.chance.is(0.01) {
            return sample.failed(Status::NotFound, None);
        }
        if self.chance.is(section.galleries) || (event == Event::BodyLost && self.chance.is(0.6)) {
            return sample.failed(Status::NoArticle, None);
        }
        sample.articles += 1;
        sample.news += 1;
        sample.page(None);
        self.article(sample, section);
    }

    fn article(&mut self, sample: &mut Sample, section: Section) {
        let event = self.event;
        let stubs = if event == Event::Paywall {
            0.8
        } else {
            section.walls.1
        };
        let is_stub = self.chance.is(stubs);
        let (median, spread) = section.words;
        let length = match event {
            Event::BodyLost => 0.1,
            Event::HalfLost => 0.5,
            Event::ChaffKept => 1.0 + 300.0 / median,
            _ => 1.0,
        };
        let length = if is_stub { 0.15 } else { length };
        let words = (median * (spread * self.chance.normal()).exp() * length).max(5.0);
        let blocks = (words / self.chance.between(30.0, 60.0)).max(1.0);
        let doubt = self.chance.unit().powi(4) * 0.4 + f64::from(u8::from(words < 80.0)) * 0.15;
        sample.value(Measure::WordCount, words.ln());
        sample.value(Measure::Blocks, blocks.round().ln());
        sample.value(Measure::Confidence, 0.96 - doubt);
        sample.add(Measure::NoText, words < 80.0);
        sample.add(Measure::PaywallStub, is_stub);
        let not_visible = self.chance.is(0.01);
        sample.add(Measure::NotVisible, not_visible);
        sample.add(Measure::Title, true);
        for (field, share) in sample::FIELDS[1..].iter().zip(section.fields) {
            let lost = match (event, field) {
                (Event::MetadataLost, Measure::Authors | Measure::DatePublished) => 1.0,
                (Event::AuthorsHalfLost, Measure::Authors) => 0.5,
                _ => 0.0,
            };
            let is_filled = self.chance.is(share * (1.0 - lost));
            sample.add(*field, is_filled);
        }
    }

    /// A version of a story that grows: up to its third it is measured.
    fn live_blog(sample: &mut Sample, hours: u32) {
        sample.articles += 1;
        sample.page(None);
        if hours < 3 {
            let words = 300.0 * f64::from(hours + 1);
            sample.value(Measure::WordCount, words.ln());
            sample.value(Measure::Blocks, (words / 30.0).ln());
        }
    }

    fn ask_again(&mut self, sample: &mut Sample) {
        let news = sample.news;
        match self.event {
            Event::Forbidden => sample.failed(Status::Blocked, None),
            Event::HalfChallenged if self.chance.is(0.5) => sample.failed(Status::Blocked, None),
            Event::BodyLost | Event::HalfLost | Event::ChaffKept | Event::MetadataLost => {
                self.page(sample, NEWS);
            }
            _ if self.chance.is(0.01) => sample.failed(Status::NotFound, None),
            _ if self.chance.is(0.03) => self.page(sample, NEWS),
            _ => sample.unchanged(),
        }
        sample.news = news;
    }
}

/// Plays some weeks in which nothing happens; the drifts that were seen all the same.
fn quiet(room: Room, seed: u64, weeks: u32) -> Vec<Change> {
    let mut play = Play::new(room, seed);
    let mut began = Vec::new();
    while play.hour < weeks * 7 * 24 {
        let changes = play.run().into_iter();
        began.extend(changes.filter(|change| change.turn == Turn::Began));
    }
    began
}

/// How an event was noticed.
struct Noticed {
    /// Runs with so many pages that one could be enough, up to the one that noticed.
    runs: u32,
    hours: u32,
    pages: u32,
}

/// Plays six quiet weeks and then an event, for at most three weeks.
fn noticed(room: Room, seed: u64, event: Event, measures: &[Measure]) -> Option<Noticed> {
    let mut play = Play::new(room, seed);
    while play.hour < WEEKS * 7 * 24 {
        play.run();
    }
    (play.event, play.since_event) = (event, 0);
    let (start, mut runs) = (play.hour, 0);
    while play.hour < start + 3 * 7 * 24 {
        let before = play.since_event;
        let changes = play.run();
        runs += u32::from(play.since_event - before >= 10);
        let is_it = |change: &Change| {
            change.turn == Turn::Began && measures.contains(&change.drift.measure)
        };
        if changes.iter().any(is_it) {
            return Some(Noticed {
                runs,
                hours: play.hour - start,
                pages: play.since_event,
            });
        }
    }
    None
}

fn median(mut numbers: Vec<u32>) -> Option<u32> {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied()
}

#[test]
fn quiet_months_are_quiet() {
    let mut began = Vec::new();
    for room in ROOMS {
        for seed in 0..6 {
            began.extend(
                quiet(room, seed, 9)
                    .into_iter()
                    .map(|change| (room.name, seed, change)),
            );
        }
    }
    assert!(began.is_empty(), "{began:?}");
}

#[test]
fn what_hits_every_page_is_noticed_in_every_newsroom_that_has_pages() {
    for room in ROOMS.into_iter().filter(|room| room.pages >= 1.0) {
        for (event, measures) in EVENTS.into_iter().filter(|(event, _)| event.hits_all()) {
            for seed in 0..4 {
                let noticed = noticed(room, seed, event, measures);
                let noticed = noticed.unwrap_or_else(|| panic!("{event:?}: {}", room.name));
                let (hours, pages) = (noticed.hours, noticed.pages);
                assert!(
                    hours <= 96 || pages <= 40,
                    "{event:?}: {}: {hours} hours, {pages} pages",
                    room.name
                );
            }
        }
    }
}

/// The shares of `docs/drift.md`, one room each with its measures.
#[test]
#[ignore = "ten thousand site-months take minutes"]
fn false_alarms_are_seldom() {
    let (mut wrong, mut all, mut told) = (0, 0, String::new());
    for room in ROOMS {
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for seed in 0..625 {
            let began = quiet(room, seed, 9);
            all += 1;
            wrong += u32::from(!began.is_empty());
            for change in began {
                *seen.entry(change.drift.measure.name()).or_default() += 1;
            }
        }
        told += &format!("{}: {seen:?}\n", room.name);
    }
    assert!(wrong * 100 <= all, "{wrong} of {all} plays:\n{told}");
}

/// The same for what is noticed, and how soon.
#[test]
#[ignore = "as `false_alarms_are_seldom`"]
fn what_hits_every_page_is_noticed_soon() {
    let (mut all, mut seen, mut first, mut told) = (0, 0, 0, String::new());
    for (event, measures) in EVENTS {
        for room in ROOMS {
            let noticed: Vec<Noticed> = (0..50)
                .filter_map(|seed| noticed(room, 1_000_000 + seed, event, measures))
                .collect();
            let at_first = noticed.iter().filter(|one| one.runs <= 1).count();
            let hours = median(noticed.iter().map(|one| one.hours).collect());
            let pages = median(noticed.iter().map(|one| one.pages).collect());
            let count = noticed.len();
            told += &format!(
                "{event:?}: {}: {count}, {at_first} at first, {hours:?} hours, {pages:?} pages\n",
                room.name
            );
            if event.hits_all() && room.pages >= 6.0 {
                all += 50;
                seen += count;
                first += at_first;
            }
        }
    }
    // Nearly all, and nine of ten of them by the first run of ten pages.
    assert!(
        seen * 100 >= all * 98 && first * 10 >= seen * 9,
        "{first} and {seen} of {all}:\n{told}"
    );
}
