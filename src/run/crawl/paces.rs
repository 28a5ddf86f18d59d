//! How each politeness group has answered, and which are closed, in this run and, by the state, in
//! later ones.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crawl::{Pace, Politeness};
use crate::failure::Status;
use crate::frontier::{Memo, Millis};

/// Most groups in memory of which nothing in particular is known.
const IN_MEMORY_MAX: usize = 10_000;

/// Why a group is not asked, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Closed {
    pub(super) status: Status,
    pub(super) detail: String,
    pub(super) until: Millis,
}

#[derive(Debug, Default)]
struct Lane {
    pace: Pace,
    closed: Option<Closed>,
}

/// Groups by name.
#[derive(Debug)]
pub(super) struct Paces {
    politeness: Politeness,
    lanes: HashMap<String, Lane>,
}

impl Paces {
    pub(super) fn new(politeness: Politeness) -> Self {
        Self {
            politeness,
            lanes: HashMap::new(),
        }
    }

    /// The memo to be recalled before a group is asked; none when it is known already.
    pub(super) fn missing(&self, lane: &str) -> Option<String> {
        (!self.lanes.contains_key(lane)).then(|| memo_name(lane))
    }

    /// Learns what was recalled, if anything. A time further off than `longest` was set by a clock
    /// that was ahead.
    pub(super) fn recalled(&mut self, lane: &str, memo: Option<&str>, latest: Millis) {
        let closed = memo.and_then(|memo| serde_json::from_str(memo).ok());
        let closed = closed.filter(|closed: &Closed| closed.until <= latest);
        self.lane(lane).closed = closed;
    }

    /// Why a group is not to be asked now.
    pub(super) fn closed(&self, lane: &str, now: Millis) -> Option<&Closed> {
        let closed = self.lanes.get(lane)?.closed.as_ref()?;
        Some(closed).filter(|closed| now < closed.until)
    }

    /// Closes a group.
    pub(super) fn close(&mut self, lane: &str, closed: Closed) -> Memo {
        let memo = Memo {
            name: memo_name(lane),
            until: closed.until,
            value: serde_json::to_string(&closed).unwrap_or_default(),
        };
        self.lane(lane).closed = Some(closed);
        memo
    }

    /// Learns of an answer that took so long.
    pub(super) fn answered(&mut self, lane: &str, took: Duration) {
        self.lane(lane).pace.answered(took);
    }

    /// Learns that a robots.txt could not be had, for which the group is not given up.
    pub(super) fn strained(&mut self, lane: &str) {
        let politeness = self.politeness;
        self.lane(lane).pace.strained(&politeness);
    }

    /// Learns of a failure; how many there were in a row if that was the last.
    pub(super) fn failed(&mut self, lane: &str) -> Option<u32> {
        let politeness = self.politeness;
        let pace = &mut self.lane(lane).pace;
        pace.failed(&politeness);
        pace.given_up(&politeness)
    }

    /// The pause after an answer, or none, of a host whose robots.txt asks for `crawl_delay`.
    pub(super) fn pause(&self, lane: &str, crawl_delay: Option<Duration>) -> Duration {
        let pace = self
            .lanes
            .get(lane)
            .map_or_else(Pace::default, |lane| lane.pace);
        pace.pause(&self.politeness, crawl_delay)
    }

    fn lane(&mut self, lane: &str) -> &mut Lane {
        if self.lanes.len() >= IN_MEMORY_MAX && !self.lanes.contains_key(lane) {
            let politeness = self.politeness;
            self.lanes
                .retain(|_, lane| lane.closed.is_some() || !lane.pace.is_plain(&politeness));
        }
        self.lanes.entry(lane.to_owned()).or_default()
    }
}

fn memo_name(lane: &str) -> String {
    format!("closed {lane}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_group_is_closed_in_a_later_run_too() {
        let mut paces = Paces::new(Politeness::default());
        let closed = Closed {
            status: Status::HostFailing,
            detail: "why".into(),
            until: 100,
        };
        let memo = paces.close("a.example", closed.clone());
        assert_eq!(paces.closed("a.example", 99), Some(&closed));
        assert_eq!(paces.closed("a.example", 100), None);
        assert_eq!(paces.closed("b.example", 0), None);
        let mut later = Paces::new(Politeness::default());
        assert_eq!(
            later.missing("a.example").as_deref(),
            Some(memo.name.as_str())
        );
        later.recalled("a.example", Some(&memo.value), 1_000);
        assert_eq!(later.closed("a.example", 99), Some(&closed));
        assert_eq!(later.missing("a.example"), None);
        later.recalled("a.example", Some(&memo.value), 50);
        assert_eq!(later.closed("a.example", 0), None, "a clock that was ahead");
    }

    #[test]
    fn ten_failures_in_a_row_are_the_end() {
        let mut paces = Paces::new(Politeness::default());
        let ends: Vec<_> = (0..10).map(|_| paces.failed("a")).collect();
        assert_eq!(ends[8..], [None, Some(10)]);
        assert!(paces.pause("a", None) >= Duration::from_secs(30));
        for _ in 0..20 {
            paces.strained("b");
        }
        assert_eq!(paces.failed("b"), None, "robots.txt does not count");
    }
}
