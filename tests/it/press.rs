//! A made-up press over a made-up time: sites with feeds whose articles come out, are edited and
//! vanish by a calendar, and that fail, and die. Whoever crawls it with a clock of the same time can be
//! told exactly what must have come of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use crate::farm::{Asked, Host, Reply};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// What is made up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Sites, at most 250, each with one feed.
    pub(crate) sites: u8,
    /// Seconds since 1970 at which the first articles come out.
    pub(crate) start: i64,
    /// How many days it goes on.
    pub(crate) days: i64,
    /// Articles a day and site.
    pub(crate) a_day: i64,
    /// The site that dies, and on which day.
    pub(crate) dies: Option<(u8, i64)>,
}

/// An article's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    /// When it comes out.
    pub(crate) out: i64,
    /// When it is edited, and whether its date says so.
    pub(crate) edited: Option<(i64, bool)>,
    /// When it vanishes.
    pub(crate) gone: Option<i64>,
}

/// What was handed out of one article.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handed {
    /// Its versions without repeats; `None` for its absence.
    pub(crate) versions: Vec<Option<u8>>,
    /// Whether one of them may have been lost, since it went to a run that could not write.
    pub(crate) unsure: bool,
}

/// What is handed out, a line each, in a file, so that it does not grow in memory: site, article,
/// version, and whether it may be lost.
type Log = BufWriter<File>;

/// The press, and what it has handed out.
pub(crate) struct Press {
    pub(crate) plan: Plan,
    hosts: Vec<Host>,
    now: Arc<AtomicI64>,
    #[allow(dead_code, reason = "the measurement fills a disk")]
    unsure: Arc<AtomicBool>,
    log: Arc<Mutex<Log>>,
    path: PathBuf,
}

impl Plan {
    /// A number that follows from three others and looks like none of them (`SplitMix64`).
    fn dice(site: u8, nth: i64, what: u64) -> u64 {
        let seed = u64::from(site) << 48 ^ nth.cast_unsigned() << 8 ^ what;
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of so many, of which each is as likely.
    fn one_of(count: i64, site: u8, nth: i64, what: u64) -> i64 {
        (Self::dice(site, nth, what) >> 1).cast_signed() % count
    }

    /// The life of a site's nth article: one in four is edited within two days, half of those
    /// without a word; one in fifty vanishes within a week.
    pub(crate) fn life(&self, site: u8, nth: i64) -> Life {
        let one_of = |count, what| Self::one_of(count, site, nth, what);
        let span = DAY / self.a_day;
        let out = self.start + nth * span + one_of(span, 1);
        // Most corrections come soon: the square puts half of them into the first quarter.
        let after = 300 + one_of(100, 2) * one_of(100, 10) * 2 * DAY / 10_000;
        let edited = (one_of(4, 3) == 0).then_some((out + after, one_of(2, 4) == 0));
        let gone = (one_of(50, 5) == 0).then(|| out + HOUR + one_of(7 * DAY, 6));
        Life { out, edited, gone }
    }

    /// How many articles of a site are out by a time.
    pub(crate) fn out_by(&self, site: u8, now: i64) -> i64 {
        let last = self.days * self.a_day;
        let about = ((now - self.start) * self.a_day / DAY + 1).clamp(0, last);
        let is_late = |nth: &i64| self.life(site, *nth).out > now;
        (0..about)
            .rev()
            .find(|nth| !is_late(nth))
            .map_or(0, |last| last + 1)
    }

    /// A site is out of order for some hours on one day in ten.
    fn is_down(&self, site: u8, now: i64) -> bool {
        let since = now - self.start;
        let (day, second) = (since.div_euclid(DAY), since.rem_euclid(DAY));
        let one_of = |count, what| Self::one_of(count, site, day, what);
        let begin = one_of(18 * HOUR, 8);
        let end = begin + 2 * HOUR + one_of(4 * HOUR, 9);
        one_of(10, 7) == 0 && (begin..end).contains(&second)
    }

    pub(crate) fn is_dead(&self, site: u8, now: i64) -> bool {
        self.dies
            .is_some_and(|(dead, day)| dead == site && now >= self.start + day * DAY)
    }
}

impl Press {
    /// Opens it on 127.0.0.1 and the addresses behind.
    /// What it hands out is noted in the file `path`.
    pub(crate) fn open(plan: Plan, path: &Path) -> Self {
        let now = Arc::new(AtomicI64::new(plan.start));
        let log = File::create(path).expect("a log");
        let log = Arc::new(Mutex::new(BufWriter::new(log)));
        let unsure = Arc::new(AtomicBool::new(false));
        let hosts = (0..plan.sites)
            .map(|site| {
                let (now, log, unsure) = (now.clone(), log.clone(), unsure.clone());
                Host::start_forgetful(site + 1, move |asked| {
                    plan.answer(
                        site,
                        asked,
                        now.load(Ordering::SeqCst),
                        (&log, unsure.load(Ordering::SeqCst)),
                    )
                })
            })
            .collect();
        Self {
            plan,
            hosts,
            now,
            unsure,
            log,
            path: path.to_owned(),
        }
    }

    /// The time goes on to `now`.
    pub(crate) fn set(&self, now: i64) {
        self.now.store(now, Ordering::SeqCst);
    }

    #[allow(dead_code, reason = "the measurement fills a disk")]
    /// Whether from now on what is handed out may be lost.
    pub(crate) fn lose(&self, unsure: bool) {
        self.unsure.store(unsure, Ordering::SeqCst);
    }

    pub(crate) fn feeds(&self) -> Vec<String> {
        self.hosts
            .iter()
            .map(|host| host.url("/feed.xml"))
            .collect()
    }

    pub(crate) fn story(&self, site: u8, nth: i64) -> String {
        self.hosts[usize::from(site)].url(&format!("/story/{nth}"))
    }

    /// What was handed out of each article, by its address.
    pub(crate) fn handed(&self) -> BTreeMap<String, Handed> {
        self.log.lock().expect("the log").flush().expect("the log");
        let log = std::fs::read_to_string(&self.path).expect("the log");
        let mut all: BTreeMap<(u8, i64), Handed> = BTreeMap::new();
        for line in log.lines() {
            let mut fields = line.split(' ').map(str::parse::<i64>);
            let mut next = || fields.next().expect("four fields").expect("a number");
            let (site, nth, version, unsure) = (next(), next(), next(), next());
            let site = u8::try_from(site).expect("a site");
            let article = all.entry((site, nth)).or_default();
            article.unsure |= unsure == 1;
            let version = u8::try_from(version).ok();
            if article.versions.last() != Some(&version) {
                article.versions.push(version);
            }
        }
        let each = all.into_iter();
        each.map(|((site, nth), handed)| (self.story(site, nth), handed))
            .collect()
    }
}

impl Plan {
    fn answer(&self, site: u8, asked: &Asked, now: i64, log: (&Mutex<Log>, bool)) -> Reply {
        if self.is_dead(site, now) {
            return Reply::Raw(Vec::new());
        }
        if self.is_down(site, now) {
            return Reply::status(503);
        }
        match asked.path.as_str() {
            "/feed.xml" => self.feed(site, asked, now),
            path => match path
                .strip_prefix("/story/")
                .and_then(|nth| nth.parse().ok())
            {
                Some(nth) if nth < self.out_by(site, now) => {
                    let version = self.version(site, nth, now);
                    let mut to = log.0.lock().expect("the log");
                    let number = version.map_or(-1, i32::from);
                    writeln!(to, "{site} {nth} {number} {}", u8::from(log.1)).expect("the log");
                    version.map_or_else(|| Reply::status(410), |_| self.page(site, nth, now))
                }
                _ => Reply::status(404),
            },
        }
    }

    /// The version of an article that is out; none when it has vanished.
    fn version(&self, site: u8, nth: i64, now: i64) -> Option<u8> {
        let life = self.life(site, nth);
        if life.gone.is_some_and(|gone| gone <= now) {
            return None;
        }
        Some(u8::from(life.edited.is_some_and(|(at, _)| at <= now)))
    }

    /// The last twenty articles.
    fn feed(&self, site: u8, asked: &Asked, now: i64) -> Reply {
        let out = self.out_by(site, now);
        let etag = format!("\"{site}-{out}\"");
        if asked.header("if-none-match") == Some(&etag) {
            return Reply::status(304);
        }
        let items: String = ((out - 20).max(0)..out)
            .rev()
            .map(|nth| format!("<item><title>Story {nth}</title><link>/story/{nth}</link></item>"))
            .collect();
        Reply::status(200)
            .with("Content-Type", "application/rss+xml")
            .with("ETag", &etag)
            .body(format!(
                "<rss version=\"2.0\"><channel><title>Site {site}</title>{items}</channel></rss>"
            ))
    }

    fn page(&self, site: u8, nth: i64, now: i64) -> Reply {
        let life = self.life(site, nth);
        let at = |second: i64| {
            jiff::Timestamp::from_second(second)
                .expect("a time")
                .to_string()
        };
        let edit = life.edited.filter(|(at, _)| *at <= now);
        let modified = edit
            .filter(|(_, told)| *told)
            .map_or(life.out, |(at, _)| at);
        let paragraphs: String = (0..4)
            .map(|part| {
                let word = |n: u64| WORDS[(Self::dice(site, nth, 100 + part * 20 + n) % 16) as usize];
                let changed = if part == 2 && edit.is_some() { "corrected " } else { "" };
                format!(
                    "<p>Paragraph {part} of the {changed}story {nth} from site {site} tells of the {} and the {} that \
                     were seen near the {} on the day when the {} came to the {}, as everybody there remembers.</p>",
                    word(0), word(1), word(2), word(3), word(4)
                )
            })
            .collect();
        Reply::html(format!(
            "<!doctype html><html lang=en><head><title>Story {nth} of the {} - Site {site}</title>\
             <meta property=\"article:published_time\" content=\"{}\">\
             <meta property=\"article:modified_time\" content=\"{}\"></head>\
             <body><nav><a href=/>Home</a> <a href=/sport>Sport</a></nav><article><h1>Story {nth} of the {0}</h1>{paragraphs}</article>\
             <h4>Recommended news</h4><h3><a href=/story/{}>Another story</a></h3><p>It begins like this, and...</p></body></html>",
            WORDS[(Self::dice(site, nth, 99) % 16) as usize],
            at(life.out),
            at(modified),
            (nth - 1).max(0),
        ))
    }
}

const WORDS: [&str; 16] = [
    "bridge", "harbour", "mayor", "tram", "school", "river", "market", "council", "ferry",
    "station", "theatre", "garden", "tower", "bakery", "library", "hospital",
];
