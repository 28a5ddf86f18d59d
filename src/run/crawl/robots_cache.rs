//! What is known of each origin's robots.txt, for one run.

use std::collections::HashMap;
use std::time::Duration;

use url::Url;

use crate::crawl::robots::{Access, ROBOTS_MAX_AGE, Robots};
use crate::crawl::url_key;
use crate::failure::Status;
use crate::frontier::Millis;

use crate::run::clock::millis;

/// How long a robots.txt that could not be had is not asked for again, in milliseconds: an hour,
/// as `StormCrawler` keeps errors.
const UNREACHABLE_AGE: Millis = 3_600_000;

/// What to do about a URL.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Gate {
    /// Ask for robots.txt first.
    ReadRobots,
    /// Ask.
    Open {
        /// robots.txt was refused with 401 or 403, which counts as no rules.
        forbidden: bool,
    },
    /// Do not ask.
    Closed {
        /// The status of the failure.
        status: Status,
        /// Why.
        detail: String,
    },
}

#[derive(Debug, Clone)]
struct Entry {
    state: State,
    until: Millis,
}

#[derive(Debug, Clone)]
enum State {
    Known { robots: Robots, forbidden: bool },
    Failing { failed: u32 },
    Closed { status: Status, detail: String },
}

/// Robots by origin.
#[derive(Debug, Default)]
pub(super) struct RobotsCache {
    entries: HashMap<String, Entry>,
    /// The number of entries at which old ones are thrown out.
    sweep_at: usize,
}

/// Fewest entries at which it is worth looking for old ones.
const SWEEP_MIN: usize = 10_000;

impl RobotsCache {
    /// What to do about `url` now.
    pub(super) fn gate(&self, url: &Url, now: Millis) -> Gate {
        match self.state(url, now) {
            None | Some(State::Failing { .. }) => Gate::ReadRobots,
            Some(State::Closed { status, detail }) => Gate::Closed {
                status: *status,
                detail: detail.clone(),
            },
            Some(State::Known { robots, forbidden }) => match robots.access(url) {
                Access::Allowed => Gate::Open {
                    forbidden: *forbidden,
                },
                Access::Denied { rule } => Gate::Closed {
                    status: Status::RobotsDenied,
                    detail: format!("robots.txt: Disallow: {rule}"),
                },
            },
        }
    }

    /// The pause that the origin's robots.txt asks for.
    pub(super) fn crawl_delay(&self, url: &Url, now: Millis) -> Option<Duration> {
        match self.state(url, now)? {
            State::Known { robots, .. } => robots.crawl_delay,
            State::Failing { .. } | State::Closed { .. } => None,
        }
    }

    /// The sitemaps that the origin's robots.txt names.
    pub(super) fn sitemaps(&self, url: &Url, now: Millis) -> &[String] {
        match self.state(url, now) {
            Some(State::Known { robots, .. }) => &robots.sitemaps,
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

    /// Learns the rules of an origin.
    pub(super) fn learn(&mut self, url: &Url, robots: Robots, forbidden: bool, now: Millis) {
        let known = State::Known { robots, forbidden };
        self.insert(url, now, known, millis(ROBOTS_MAX_AGE));
    }

    /// Notes that robots.txt failed `failed` times and is to be asked for again.
    pub(super) fn failing(&mut self, url: &Url, failed: u32, now: Millis) {
        self.insert(url, now, State::Failing { failed }, UNREACHABLE_AGE);
    }

    /// Gives an origin up: all its URLs fail so.
    pub(super) fn close(&mut self, url: &Url, status: Status, detail: String, now: Millis) {
        self.insert(url, now, State::Closed { status, detail }, UNREACHABLE_AGE);
    }

    fn insert(&mut self, url: &Url, now: Millis, state: State, age: Millis) {
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, entry| now < entry.until);
            self.sweep_at = (self.entries.len() * 2).max(SWEEP_MIN);
        }
        let until = now + age;
        self.entries
            .insert(url_key::origin(url), Entry { state, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_asked_once_and_again_when_it_is_old() {
        let mut cache = RobotsCache::default();
        let url = Url::parse("http://a.example/x").unwrap();
        let other = Url::parse("https://a.example/x").unwrap();
        assert_eq!(cache.gate(&url, 0), Gate::ReadRobots);
        cache.learn(
            &url,
            Robots::parse(b"user-agent: *\ndisallow: /x", "chaffinch"),
            false,
            0,
        );
        assert!(matches!(
            cache.gate(&url, 1),
            Gate::Closed {
                status: Status::RobotsDenied,
                ..
            }
        ));
        assert_eq!(cache.gate(&other, 1), Gate::ReadRobots);
        assert_eq!(cache.gate(&url, 24 * 3_600_000), Gate::ReadRobots);
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
