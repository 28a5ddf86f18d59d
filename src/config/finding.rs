//! Where a crawl finds pages: flags and keys of a job → [`Finding`].

use serde::Deserialize;

use super::ConfigError;
use crate::crawl::choice::{Choice, Pattern, Since};
use crate::input::urls::Line;
use crate::run::crawl::{Finding, MAX_FOUND, Source, What};

/// Most links that pages may be away from a front page.
const FOLLOW_MAX: u8 = 10;

/// The keys of a job that say where pages are found; the flags of `crawl` say the same.
#[derive(Debug, Clone, Default)]
pub struct FindingSection {
    /// Addresses of feeds.
    pub feeds: Vec<String>,
    /// Addresses of sitemaps.
    pub sitemaps: Vec<String>,
    /// Sites, whose feeds and sitemaps are looked for.
    pub discover: Vec<String>,
    /// How many links from the front pages are followed.
    pub follow: Option<Depth>,
    /// Pages since when.
    pub since: Option<Since>,
    /// Patterns of which addresses that are found must fit one.
    pub include: Vec<Pattern>,
    /// Patterns of which they must fit none.
    pub exclude: Vec<Pattern>,
    /// Most pages taken of one source in one run.
    pub max_found: Option<u64>,
}

/// A number of links, written `1` or `depth=1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth(pub u8);

impl std::str::FromStr for Depth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix("depth=").unwrap_or(text).parse();
        number
            .ok()
            .filter(|depth| *depth <= FOLLOW_MAX)
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no depth from 0 to {FOLLOW_MAX}"))
    }
}

impl<'de> Deserialize<'de> for Depth {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        number.to_string().parse().map_err(serde::de::Error::custom)
    }
}

impl FindingSection {
    /// Whether it names a source.
    #[must_use]
    pub fn has_sources(&self) -> bool {
        !(self.feeds.is_empty() && self.sitemaps.is_empty() && self.discover.is_empty())
    }

    /// Whether it says anything.
    #[must_use]
    pub fn says_something(&self) -> bool {
        let limits = self.since.is_some() || self.max_found.is_some() || self.follow.is_some();
        self.has_sources() || limits || !self.include.is_empty() || !self.exclude.is_empty()
    }

    /// The same, checked; `place` is where it was written.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] naming the key that is wrong.
    pub fn finding(self, place: &str) -> Result<Finding, ConfigError> {
        let max_found = self.max_found.unwrap_or(MAX_FOUND);
        if max_found == 0 {
            return Err(ConfigError::new("max_found must be at least 1"));
        }
        let kinds = [
            (self.feeds, What::Listing),
            (self.sitemaps, What::Listing),
            (self.discover, What::Site),
        ];
        let source = |text: String, what| Source {
            line: Line {
                text: text.trim().to_owned(),
                place: place.to_owned(),
            },
            what,
        };
        let sources = kinds
            .into_iter()
            .flat_map(|(texts, what)| texts.into_iter().map(move |text| source(text, what)));
        Ok(Finding {
            sources: sources.collect(),
            follow: self.follow.map_or(0, |depth| depth.0),
            choice: Choice {
                since: self.since,
                include: self.include,
                exclude: self.exclude,
            },
            max_found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths() {
        for (text, want) in [
            ("1", Some(1)),
            ("depth=2", Some(2)),
            ("11", None),
            ("-1", None),
            ("depth", None),
        ] {
            assert_eq!(
                text.parse::<Depth>().ok().map(|depth| depth.0),
                want,
                "{text}"
            );
        }
    }
}
