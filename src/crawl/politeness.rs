//! When a host may be asked again.

use std::time::Duration;

/// Longest `Crawl-delay` that is honoured: 60 s. Longer ones are found on sites that copied a
/// template, and would make a crawl of one page an hour; RFC 9309 does not define the line.
pub const CRAWL_DELAY_MAX: Duration = Duration::from_mins(1);

/// The pause between two requests to one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Politeness {
    /// The least pause, counted from the end of the last response.
    pub delay: Duration,
}

impl Politeness {
    /// The pause for a host whose robots.txt asks for `crawl_delay`.
    #[must_use]
    pub fn pause(&self, crawl_delay: Option<Duration>) -> Duration {
        self.delay
            .max(crawl_delay.unwrap_or_default().min(CRAWL_DELAY_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_of_both_up_to_the_cap() {
        let politeness = Politeness {
            delay: Duration::from_secs(1),
        };
        let seconds = |crawl_delay: Option<u64>| {
            politeness
                .pause(crawl_delay.map(Duration::from_secs))
                .as_secs()
        };
        assert_eq!(
            [None, Some(0), Some(5), Some(86_400)].map(seconds),
            [1, 1, 5, 60]
        );
    }
}
