//! Which of the pages that were found are wanted.

use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::feed_date::is_before;
use super::normal_form::is_same_site;
use super::trap::{self, Trap};
use crate::entry::Entry;

/// Since when pages are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long before each run.
    Ago(SignedDuration),
    /// Since a moment.
    Moment(Timestamp),
}

impl Since {
    /// The moment, for a run that begins at `now`.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => now.checked_sub(span).unwrap_or(Timestamp::MIN),
            Self::Moment(moment) => moment,
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("{text:?} is neither a time back such as \"2d\", \"36h\" or \"1w\", nor a date")
        };
        if text.len() == 10
            && let Ok(day) = text.parse::<jiff::civil::Date>()
        {
            let start = day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
            return Ok(Self::Moment(start.timestamp()));
        }
        if let Ok(moment) = text.parse() {
            return Ok(Self::Moment(moment));
        }
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let hours = match unit.trim() {
            "d" | "day" | "days" => 24,
            "w" | "week" | "weeks" => 7 * 24,
            _ => 0,
        };
        let span = match number
            .parse::<i64>()
            .ok()
            .and_then(|number| number.checked_mul(hours))
        {
            Some(hours) if hours > 0 && hours < 10_000_000 => SignedDuration::from_hours(hours),
            _ => text.parse().map_err(|_| wrong())?,
        };
        if span.is_negative() || span.is_zero() {
            return Err(wrong());
        }
        Ok(Self::Ago(span))
    }
}

/// A pattern of addresses: it fits where its pieces, between `*`, stand in this order somewhere in
/// the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Whether an address fits.
    #[must_use]
    pub fn fits(&self, url: &Url) -> bool {
        let mut rest = url.as_str();
        for piece in self.0.split('*') {
            match rest.find(piece) {
                Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        true
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim_matches('*').is_empty() {
            return Err(format!("{text:?} fits every address"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What is wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// Pages since then. What has no date is wanted, too.
    pub since: Option<Since>,
    /// Addresses that fit one of these; all when there are none.
    pub include: Vec<Pattern>,
    /// And none of these.
    pub exclude: Vec<Pattern>,
}

/// Why a page that was found is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It is older than wanted.
    Old,
    /// No pattern of the wanted fits, or one of the unwanted does.
    Pattern,
    /// It is of another site.
    OtherSite,
    /// It looks like a trap.
    Trap(Trap),
}

impl Left {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::Pattern => "pattern",
            Self::OtherSite => "other_site",
            Self::Trap(_) => "trap",
        }
    }
}

impl Choice {
    /// Whether a page is wanted, at `now`. Of `sites`, where there are any, it must be of one.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub fn judge(
        &self,
        url: &Url,
        entry: &Entry,
        sites: &[Url],
        now: Timestamp,
    ) -> Result<(), Left> {
        if !sites.is_empty() && !sites.iter().any(|site| is_same_site(site, url)) {
            return Err(Left::OtherSite);
        }
        let fits = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.fits(url));
        if !self.include.is_empty() && !fits(&self.include) || fits(&self.exclude) {
            return Err(Left::Pattern);
        }
        if let Some(trap) = trap::trap(url, now.to_zoned(TimeZone::UTC).date()) {
            return Err(Left::Trap(trap));
        }
        let told = entry
            .date_published
            .as_ref()
            .or(entry.date_modified.as_ref())
            .cloned();
        let date = told.or_else(|| trap::date_in(url).map(|day| day.to_string()));
        if self.is_old(date.as_deref(), now) {
            return Err(Left::Old);
        }
        Ok(())
    }

    /// Whether a listing that changed last at `changed` holds nothing that is wanted.
    #[must_use]
    pub fn is_old(&self, changed: Option<&str>, now: Timestamp) -> bool {
        let since = self.since.map(|since| since.at(now));
        since
            .zip(changed)
            .and_then(|(since, date)| is_before(date, since))
            .unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_back_and_dates() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        for (text, want) in [
            ("2d", "2026-03-08T12:00:00Z"),
            ("1w", "2026-03-03T12:00:00Z"),
            ("36h", "2026-03-09T00:00:00Z"),
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            ("2026-03-01T10:00:00+01:00", "2026-03-01T09:00:00Z"),
        ] {
            assert_eq!(
                text.parse::<Since>().unwrap().at(now).to_string(),
                want,
                "{text}"
            );
        }
        for text in ["", "d", "-2d", "0d", "soon", "99999999999999999999d"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }

    #[test]
    fn patterns() {
        let url = Url::parse("https://courier.example/politics/2026/bridge.html").unwrap();
        for (pattern, want) in [
            ("/politics/", true),
            ("/politics/*.html", true),
            ("courier*politics*", true),
            ("/sport/", false),
            (".html*politics", false),
        ] {
            assert_eq!(
                pattern.parse::<Pattern>().unwrap().fits(&url),
                want,
                "{pattern}"
            );
        }
        assert!("**".parse::<Pattern>().is_err());
    }

    #[test]
    fn what_is_wanted() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let site = Url::parse("https://www.courier.example/").unwrap();
        let choice = Choice {
            since: Some("2d".parse().unwrap()),
            include: vec!["/news/".parse().unwrap()],
            exclude: vec!["/live".parse().unwrap()],
        };
        let judge = |path: &str, date: Option<&str>| {
            let url = site.join(path).unwrap();
            let entry = Entry {
                date_published: date.map(str::to_owned),
                ..Entry::default()
            };
            choice
                .judge(&url, &entry, std::slice::from_ref(&site), now)
                .map_err(Left::name)
        };
        for (path, date, want) in [
            ("/news/a", None, Ok(())),
            ("/news/a", Some("2026-03-09T00:00:00Z"), Ok(())),
            ("/news/a", Some("2026-03-01"), Err("old")),
            ("/news/2026/03/01/a", None, Err("old")),
            ("/news/2026/03/01/a", Some("2026-03-10"), Ok(())),
            ("/sport/a", None, Err("pattern")),
            ("/news/live", None, Err("pattern")),
            ("/news/a/a/a", None, Err("trap")),
            ("https://other.example/news/a", None, Err("other_site")),
            ("https://courier.example/news/a", None, Ok(())),
        ] {
            assert_eq!(judge(path, date), want, "{path} {date:?}");
        }
    }
}
