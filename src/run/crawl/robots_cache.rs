//! What is known of each origin's robots.txt, in this run and, by the state, in later ones.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::crawl::robots::{Access, ROBOTS_MAX_AGE, Robots};
use crate::crawl::url_key;
use crate::failure::Status;
use crate::frontier::{Memo, Millis};
use crate::page::Warning;
use crate::run::clock::millis;

/// How long rules that are too old to be followed are kept, to be asked for conditionally.
const KEPT: Millis = 7 * 24 * 3_600_000;

/// What to do about a URL.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Gate {
    /// Ask for robots.txt first.
    ReadRobots,
    /// Ask.
    Open {
        /// What the record is to say of it: that robots.txt was refused with 401 or 403, which
        /// counts as no rules.
        warning: Option<Warning>,
    },
    /// Do not ask.
    Closed {
        /// The status of the failure.
        status: Status,
        /// Why.
        detail: String,
        /// Until when; none for what the rules say.
        until: Option<Millis>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    state: State,
    until: Millis,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum State {
    Known(Box<RobotsFile>),
    Failing { failed: u32 },
    Closed { status: Status, detail: String },
}

/// A robots.txt that was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RobotsFile {
    pub(super) robots: Robots,
    /// It was refused with 401 or 403.
    pub(super) forbidden: bool,
    /// What answered, after redirects, and its validators.
    pub(super) address: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// Robots by origin.
#[derive(Debug)]
pub(super) struct RobotsCache {
    entries: HashMap<String, Entry>,
    /// Whose rules are kept; another crawler's are of no use.
    agent: String,
    /// How long a robots.txt that could not be had is not asked for again.
    closed: Millis,
}

/// Most origins in memory; the others are recalled when they are needed.
const IN_MEMORY_MAX: usize = 10_000;

impl RobotsCache {
    /// Nothing is known yet of what is said to `agent`.
    pub(super) fn new(agent: &str, closed: Duration) -> Self {
        Self {
            entries: HashMap::new(),
            agent: agent.to_ascii_lowercase(),
            closed: millis(closed),
        }
    }

    /// The memo to be recalled before an origin is judged; none when it is known already.
    pub(super) fn missing(&self, url: &Url) -> Option<String> {
        let origin = url_key::origin(url);
        (!self.entries.contains_key(&origin)).then(|| self.memo_name(&origin))
    }

    /// Learns what was recalled. What lies too far ahead was written by a clock that was.
    pub(super) fn recalled(&mut self, url: &Url, memo: &str, now: Millis) {
        let entry: Option<Entry> = serde_json::from_str(memo).ok();
        let longest = millis(ROBOTS_MAX_AGE).max(self.closed);
        if let Some(entry) = entry.filter(|entry| entry.until <= now + longest) {
            self.make_room(now);
            self.entries.insert(url_key::origin(url), entry);
        }
    }

    fn memo_name(&self, origin: &str) -> String {
        format!("robots {} {origin}", self.agent)
    }

    /// What to do about `url` now.
    pub(super) fn gate(&self, url: &Url, now: Millis) -> Gate {
        match self.state(url, now) {
            None | Some(State::Failing { .. }) => Gate::ReadRobots,
            Some(State::Closed { status, detail }) => Gate::Closed {
                status: *status,
                detail: detail.clone(),
                until: self
                    .entries
                    .get(&url_key::origin(url))
                    .map(|entry| entry.until),
            },
            Some(State::Known(read)) => match read.robots.access(url) {
                Access::Allowed => Gate::Open {
                    warning: read.forbidden.then_some(Warning::RobotsForbidden),
                },
                Access::Denied { rule } => Gate::Closed {
                    status: Status::RobotsDenied,
                    detail: format!("robots.txt: Disallow: {rule}"),
                    until: None,
                },
            },
        }
    }

    /// The pause that the origin's robots.txt asks for.
    pub(super) fn crawl_delay(&self, url: &Url, now: Millis) -> Option<Duration> {
        match self.state(url, now)? {
            State::Known(read) => read.robots.crawl_delay,
            State::Failing { .. } | State::Closed { .. } => None,
        }
    }

    /// The sitemaps that the origin's robots.txt names.
    pub(super) fn sitemaps(&self, url: &Url, now: Millis) -> &[String] {
        match self.state(url, now) {
            Some(State::Known(read)) => &read.robots.sitemaps,
            _ => &[],
        }
    }

    /// How often the origin's robots.txt failed in a row.
    pub(super) fn failures(&self, url: &Url, now: Millis) -> u32 {
        match self.state(url, now) {
            Some(State::Failing { failed }) => *failed,
            _ => 0,
        }
    }

    fn state(&self, url: &Url, now: Millis) -> Option<&State> {
        let entry = self
            .entries
            .get(&url_key::origin(url))
            .filter(|entry| now < entry.until)?;
        Some(&entry.state)
    }

    /// What was read of the origin's robots.txt, however old.
    pub(super) fn old(&self, url: &Url) -> Option<&RobotsFile> {
        match &self.entries.get(&url_key::origin(url))?.state {
            State::Known(read) => Some(read),
            State::Failing { .. } | State::Closed { .. } => None,
        }
    }

    /// Learns the rules of an origin.
    pub(super) fn learn(&mut self, url: &Url, read: RobotsFile, now: Millis) -> Memo {
        self.insert(
            url,
            now,
            State::Known(Box::new(read)),
            millis(ROBOTS_MAX_AGE),
        )
    }

    /// Learns that the rules of an origin are what they were.
    pub(super) fn renew(&mut self, url: &Url, now: Millis) -> Memo {
        let read = self.old(url).cloned().unwrap_or_default();
        self.learn(url, read, now)
    }

    /// Notes that robots.txt failed `failed` times and is to be asked for again.
    pub(super) fn failing(&mut self, url: &Url, failed: u32, now: Millis) -> Memo {
        self.insert(url, now, State::Failing { failed }, millis(ROBOTS_MAX_AGE))
    }

    /// Gives an origin up: all its URLs fail so.
    pub(super) fn close(&mut self, url: &Url, status: Status, detail: String, now: Millis) -> Memo {
        self.insert(url, now, State::Closed { status, detail }, self.closed)
    }

    fn insert(&mut self, url: &Url, now: Millis, state: State, age: Millis) -> Memo {
        self.make_room(now);
        let until = now + age;
        let entry = Entry { state, until };
        let origin = url_key::origin(url);
        let memo = Memo {
            name: self.memo_name(&origin),
            until: until + KEPT,
            value: serde_json::to_string(&entry).unwrap_or_default(),
        };
        self.entries.insert(origin, entry);
        memo
    }

    fn make_room(&mut self, now: Millis) {
        if self.entries.len() >= IN_MEMORY_MAX {
            self.entries.retain(|_, entry| now < entry.until);
        }
        if self.entries.len() >= IN_MEMORY_MAX {
            self.entries.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_asked_once_and_again_when_it_is_old() {
        let mut cache = RobotsCache::new("chaffinch", Duration::from_hours(1));
        let url = Url::parse("http://a.example/x").unwrap();
        let other = Url::parse("https://a.example/x").unwrap();
        assert_eq!(cache.gate(&url, 0), Gate::ReadRobots);
        let read = RobotsFile {
            robots: Robots::parse(b"user-agent: *\ndisallow: /x", "chaffinch"),
            etag: Some("e".into()),
            ..RobotsFile::default()
        };
        let memo = cache.learn(&url, read, 0);
        assert!(matches!(
            cache.gate(&url, 1),
            Gate::Closed {
                status: Status::RobotsDenied,
                ..
            }
        ));
        assert_eq!(cache.gate(&other, 1), Gate::ReadRobots);
        assert_eq!(cache.gate(&url, 24 * 3_600_000), Gate::ReadRobots);
        assert_eq!(cache.old(&url).unwrap().etag.as_deref(), Some("e"));
        cache.renew(&url, 24 * 3_600_000);
        assert!(matches!(
            cache.gate(&url, 25 * 3_600_000),
            Gate::Closed { until: None, .. }
        ));

        // Another run, and one whose clock is behind.
        let mut later = RobotsCache::new("chaffinch", Duration::from_hours(1));
        assert_eq!(later.missing(&url).as_deref(), Some(memo.name.as_str()));
        later.recalled(&url, &memo.value, 10);
        assert!(matches!(later.gate(&url, 10), Gate::Closed { .. }));
        let mut before = RobotsCache::new("chaffinch", Duration::from_hours(1));
        before.recalled(&url, &memo.value, -10_000);
        assert_eq!(before.gate(&url, -10_000), Gate::ReadRobots);
        before.recalled(&url, "{", 0);
        assert_eq!(before.gate(&url, 0), Gate::ReadRobots);

        cache.failing(&other, 2, 0);
        assert_eq!(
            (cache.gate(&other, 1), cache.failures(&other, 1)),
            (Gate::ReadRobots, 2)
        );
        cache.close(&other, Status::RobotsUnreachable, "503".into(), 0);
        assert!(matches!(
            cache.gate(&other, 1),
            Gate::Closed {
                status: Status::RobotsUnreachable,
                ..
            }
        ));
    }
}
