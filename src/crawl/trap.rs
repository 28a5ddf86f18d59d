//! Addresses that lead nowhere new, however many there are: paths that repeat themselves, and
//! calendars without end. Session ids, the third classic, are taken out of the address
//! ([`super::normal_form`]).

use jiff::civil::Date;
use url::Url;

/// Most segments of a path (Heritrix, `TooManyPathSegmentsDecideRule`: 20).
const SEGMENTS_MAX: usize = 20;
/// How often a run of segments may follow itself (Heritrix, `PathologicalPathDecideRule`: 2).
const REPEATS_MAX: usize = 2;
/// Words that calendars go by, in the languages of which we know some.
const CALENDARS: [&str; 10] = [
    "calendar",
    "kalender",
    "calendrier",
    "calendario",
    "kalendarz",
    "agenda",
    "events",
    "veranstaltungen",
    "termine",
    "archive-calendar",
];
/// Parameters with which calendars turn their pages.
const TURNING: [&str; 8] = [
    "year", "month", "day", "week", "date", "ical", "jahr", "monat",
];

/// Why an address is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// Its path is deeper than any site's.
    Depth,
    /// Its path repeats itself.
    Repeats,
    /// It is a page of a calendar.
    Calendar,
}

/// Whether an address that was found looks like a trap.
#[must_use]
pub fn trap(url: &Url, today: Date) -> Option<Trap> {
    let segments: Vec<&str> = url
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    if segments.len() > SEGMENTS_MAX {
        return Some(Trap::Depth);
    }
    if repeats(&segments) {
        return Some(Trap::Repeats);
    }
    is_calendar(url, &segments, today).then_some(Trap::Calendar)
}

/// Whether some run of segments stands more than [`REPEATS_MAX`] times in a row. Numbers alone do
/// not count: `/11/11/11` is a date.
fn repeats(segments: &[&str]) -> bool {
    let times = REPEATS_MAX + 1;
    (1..=segments.len() / times).any(|length| {
        segments.windows(length * times).any(|window| {
            let (first, rest) = window.split_at(length);
            let is_text = first
                .iter()
                .any(|segment| !segment.bytes().all(|byte| byte.is_ascii_digit()));
            is_text && rest.chunks_exact(length).all(|chunk| chunk == first)
        })
    })
}

/// A page of a calendar: it is called one and names a month, or it lies more than a year ahead.
fn is_calendar(url: &Url, segments: &[&str], today: Date) -> bool {
    let turning = url
        .query_pairs()
        .filter(|(name, value)| {
            TURNING.contains(&&*name.to_ascii_lowercase())
                && value.bytes().any(|byte| byte.is_ascii_digit())
        })
        .count();
    let called = segments
        .iter()
        .any(|segment| CALENDARS.contains(&&*segment.to_ascii_lowercase()));
    let month = month_in(segments);
    // A story may lie below `/events/2026/03/02/title`; a page of the calendar ends with its date.
    let ends_so = segments.last().is_some_and(|last| {
        last.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
    });
    let ahead = month.is_some_and(|(year, _)| year > today.year() + 1);
    called && (turning > 0 || month.is_some() && ends_so) || turning > 1 || ahead
}

/// The first year and month in a path, as `/2026/03` or `/2026-03`.
fn month_in(segments: &[&str]) -> Option<(i16, i8)> {
    let valid = |year: &str, month: &str| {
        let year = year
            .parse::<i16>()
            .ok()
            .filter(|year| (1990..2200).contains(year))?;
        let month = month
            .parse::<i8>()
            .ok()
            .filter(|month| (1..=12).contains(month))?;
        Some((year, month))
    };
    segments.iter().enumerate().find_map(|(at, segment)| {
        let alone = (segment.len() == 4)
            .then(|| valid(segment, segments.get(at + 1)?))
            .flatten();
        alone.or_else(|| {
            let (year, rest) = segment.split_once('-')?;
            (year.len() == 4)
                .then(|| valid(year, rest.split('-').next()?))
                .flatten()
        })
    })
}

/// The day that an address names, as `/2026/03/02/` or `/2026-03-02-`: for pages of which nothing
/// else tells the date.
#[must_use]
pub fn date_in(url: &Url) -> Option<Date> {
    let numbers: Vec<&str> = url.path().split(['/', '-', '_']).collect();
    numbers.windows(3).find_map(|window| {
        let [year, month, day] = window else {
            return None;
        };
        if year.len() != 4 || month.len() > 2 || day.len() > 2 {
            return None;
        }
        let year = year
            .parse()
            .ok()
            .filter(|year| (1991..2200).contains(year))?;
        Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_and_what_looks_like_one() {
        let today = "2026-03-02".parse().unwrap();
        for (path, want) in [
            ("/a/a/a", Some(Trap::Repeats)),
            ("/news/img/news/img/news/img/x.html", Some(Trap::Repeats)),
            ("/a/b/a/b", None),
            ("/2011/11/11/11/eleven", None),
            (&"/x1/y".repeat(2), None),
            (
                "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21",
                Some(Trap::Depth),
            ),
            ("/calendar/2026-04", Some(Trap::Calendar)),
            ("/kalender/2026/04/", Some(Trap::Calendar)),
            ("/events?month=4", Some(Trap::Calendar)),
            ("/x?year=2026&month=4", Some(Trap::Calendar)),
            ("/archive/2031/05/", Some(Trap::Calendar)),
            ("/events/2026/03/02/a-concert-at-the-harbour", None),
            ("/2026/03/02/bridge", None),
            ("/x?year=2026", None),
            ("/calendar", None),
        ] {
            let url = Url::parse(&format!("https://courier.example{path}")).unwrap();
            assert_eq!(trap(&url, today), want, "{path}");
        }
    }

    #[test]
    fn days_in_addresses() {
        for (path, want) in [
            ("/2026/03/02/bridge", Some("2026-03-02")),
            ("/news/2026-3-2-bridge", Some("2026-03-02")),
            ("/2026/13/02/", None),
            ("/1234-5-6", None),
            ("/bridge-12345", None),
        ] {
            let url = Url::parse(&format!("https://courier.example{path}")).unwrap();
            assert_eq!(
                date_in(&url).map(|day| day.to_string()).as_deref(),
                want,
                "{path}"
            );
        }
    }
}
