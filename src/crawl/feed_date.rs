//! Dates of feeds and sitemaps, in the few forms that their standards and their sins have.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

/// A date as the record has it: RFC 3339 with offset, or `YYYY-MM-DD` where the time or its zone is
/// not told. RSS has RFC 822 (with four digits to the year since RFC 2822), Atom and JSON Feed RFC
/// 3339, sitemaps the W3C's profile of ISO 8601, where the day may be left out.
#[must_use]
pub fn normal(text: &str) -> Option<String> {
    let text = text.trim();
    // The longest real one, with a comment on the zone; a parser is not asked about pages of text.
    if text.len() > 60 {
        return None;
    }
    let found = if text.starts_with(|c: char| c.is_ascii_digit()) && text.get(4..5) == Some("-") {
        iso(text)
    } else {
        mail(text)
    };
    // No page is older than the web; what is, is a default of somebody's database.
    found.filter(|date| matches!(date.get(..4), Some(year) if ("1991"..="2999").contains(&year)))
}

/// Whether a date in normal form lies before `since`; a day counts as its last moment, anywhere on
/// earth. None for what is no such date.
#[must_use]
pub fn is_before(date: &str, since: Timestamp) -> Option<bool> {
    if let Ok(day) = date.parse::<Date>()
        && date.len() == 10
    {
        let midnight = day.to_datetime(jiff::civil::Time::midnight());
        let ended = midnight.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        // The day ends last at UTC-12.
        return Some(ended.checked_add(SignedDuration::from_hours(36)).ok()? < since);
    }
    Some(date.parse::<Timestamp>().ok()? < since)
}

fn iso(text: &str) -> Option<String> {
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.get(..10)?.to_owned(),
    };
    let day: Date = day.parse().ok()?;
    if text.len() <= 10 {
        return Some(day.to_string());
    }
    // A blank for the T, one before the offset, and no colon in it, are usual.
    let text = text.replacen(' ', "T", 1).replace([' '], "");
    match text.parse::<Timestamp>() {
        Ok(_) => Some(with_offset(&text)),
        Err(_) => Some(day.to_string()),
    }
}

/// The same moment in the same zone, in the one form of RFC 3339.
fn with_offset(text: &str) -> String {
    let read = jiff::fmt::temporal::Pieces::parse(text).ok();
    let offset = read
        .as_ref()
        .and_then(jiff::fmt::temporal::Pieces::to_numeric_offset);
    let moment = text.parse::<Timestamp>();
    match (moment, offset) {
        (Ok(moment), Some(offset)) => rfc3339(moment, offset),
        (Ok(moment), None) => rfc3339(moment, jiff::tz::Offset::UTC),
        (Err(_), _) => text.to_owned(),
    }
}

fn rfc3339(moment: Timestamp, offset: jiff::tz::Offset) -> String {
    let seconds = Timestamp::from_second(moment.as_second()).unwrap_or(moment);
    if offset == jiff::tz::Offset::UTC {
        return seconds.to_string();
    }
    seconds.display_with_offset(offset).to_string()
}

fn mail(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split([' ', ',', '\t'])
        .filter(|word| !word.is_empty())
        .collect();
    // The name of the day is often wrong, and says nothing.
    let words = match words.as_slice() {
        [first, rest @ ..] if !first.starts_with(|c: char| c.is_ascii_digit()) => rest,
        all => all,
    };
    let (date, rest) = words.split_first_chunk::<3>()?;
    let [day, month, year] = date;
    let month = MONTHS.iter().position(|name| {
        month
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    })?;
    let year: i16 = match (year.len(), year.parse::<i16>().ok()?) {
        (4, year) => year,
        // RFC 2822 §4.3.
        (2, year) if year < 50 => year + 2000,
        (2 | 3, year) => year + 1900,
        _ => return None,
    };
    let day = Date::new(year, i8::try_from(month + 1).ok()?, day.parse().ok()?).ok()?;
    let moment = rest.split_first().and_then(|(time, zone)| {
        let offset = offset(zone.first()?)?;
        let at = DateTime::from_parts(day, clock(time)?);
        Some(rfc3339(offset.to_timestamp(at).ok()?, offset))
    });
    Some(moment.unwrap_or_else(|| day.to_string()))
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

fn clock(text: &str) -> Option<jiff::civil::Time> {
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().flatten().unwrap_or(0).min(59);
    jiff::civil::Time::new(hour, minute, second, 0).ok()
}

/// A zone of RFC 822 §5.1, or one of Europe's that feeds write.
fn offset(zone: &str) -> Option<jiff::tz::Offset> {
    const ZONES: [(&str, i8); 16] = [
        ("UT", 0),
        ("UTC", 0),
        ("GMT", 0),
        ("Z", 0),
        ("EST", -5),
        ("EDT", -4),
        ("CST", -6),
        ("CDT", -5),
        ("MST", -7),
        ("MDT", -6),
        ("PST", -8),
        ("PDT", -7),
        ("BST", 1),
        ("CET", 1),
        ("CEST", 2),
        ("EET", 2),
    ];
    if let Some((_, hours)) = ZONES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(zone))
    {
        return Some(jiff::tz::offset(*hours));
    }
    let zone = zone.trim_start_matches("GMT").replace(':', "");
    let sign = match zone.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = (zone.get(1..3)?, zone.get(3..5).unwrap_or("00"));
    let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
    jiff::tz::Offset::from_seconds(sign * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_dates() {
        for (text, want) in [
            (
                "Mon, 02 Mar 2026 09:30:00 GMT",
                Some("2026-03-02T09:30:00Z"),
            ),
            (
                "Tue, 2 March 26 09:30 +0100",
                Some("2026-03-02T09:30:00+01:00"),
            ),
            (
                "02 Mar 2026 09:30:00 EST",
                Some("2026-03-02T09:30:00-05:00"),
            ),
            ("Mon, 02 Mar 2026 09:30:00", Some("2026-03-02")),
            ("Mon, 02 Mar 2026", Some("2026-03-02")),
            (
                "2026-03-02T09:30:00.123+01:00",
                Some("2026-03-02T09:30:00+01:00"),
            ),
            ("2026-03-02T09:30Z", Some("2026-03-02T09:30:00Z")),
            (
                "2026-03-02 09:30:00 +0100",
                Some("2026-03-02T09:30:00+01:00"),
            ),
            ("2026-03-02 09:30:00", Some("2026-03-02")),
            ("2026-03-02", Some("2026-03-02")),
            ("2026-03", Some("2026-03-01")),
            ("2026", None),
            ("0001-01-01T00:00:00Z", None),
            ("1970-01-01T00:00:00Z", None),
            ("yesterday", None),
            ("31 Feb 2026 09:30:00 GMT", None),
            ("", None),
        ] {
            assert_eq!(normal(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_day_ends_last_in_the_west() {
        let since: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        for (date, want) in [
            ("2026-03-02T09:59:59Z", Some(true)),
            ("2026-03-02T12:00:00+02:00", Some(false)),
            ("2026-03-01", Some(false)),
            ("2026-02-28", Some(true)),
            ("nonsense", None),
        ] {
            assert_eq!(is_before(date, since), want, "{date}");
        }
    }

    #[test]
    fn no_text_makes_it_fail() {
        for text in [
            "2026-0ä-01",
            "ä",
            "Mon, ä ä ä",
            "1 Mär 2026 9:9:9 +ä",
            "2026-03-02T99:99",
            "1 jan 2026 : +1",
        ] {
            let _ = normal(text);
        }
    }
}
