//! "3 hours ago" → the day it means, counted from when the page was fetched.

use foldhash::HashMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::extract::short::Set;
use crate::extract::text;

/// Hours in a unit, by its name.
static UNITS: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    let rows = include_str!("relative.tsv")
        .lines()
        .filter_map(|row| row.split_once('\t'));
    rows.filter_map(|(hours, names)| Some((hours.parse().ok()?, names)))
        .flat_map(|(hours, names): (f64, _)| names.split(' ').map(move |name| (name, hours)))
        .collect()
});

/// Words of which one says that the time is past, as keys; "il y a" does so besides.
const AGO: [&str; 23] = [
    "ago",
    "vor",
    "hace",
    "há",
    "atrás",
    "fa",
    "geleden",
    "siden",
    "sedan",
    "sitten",
    "temu",
    "před",
    "назад",
    "тому",
    "önce",
    "前",
    "전",
    "lalu",
    "trước",
    "منذ",
    "قبل",
    "לפני",
    "πριν",
];

/// Words for the day before, and for the day itself.
const YESTERDAY: [&str; 14] = [
    "yesterday",
    "gestern",
    "hier",
    "ayer",
    "ontem",
    "ieri",
    "gisteren",
    "igår",
    "eilen",
    "wczoraj",
    "včera",
    "вчера",
    "dün",
    "昨日",
];
/// See [`YESTERDAY`].
const TODAY: [&str; 12] = [
    "today",
    "heute",
    "hoy",
    "hoje",
    "oggi",
    "vandaag",
    "idag",
    "dzisiaj",
    "dnes",
    "сегодня",
    "bugün",
    "今日",
];

/// Most letters in a line that is a relative time.
const LINE_MASS: u32 = 40;

/// The words of ASCII of which one stands in each line that tells a time by them. Few lines hold any, and to part
/// the words of the others costs far more.
static TELLING: LazyLock<Set> = LazyLock::new(|| {
    let all = AGO.iter().chain(&YESTERDAY).chain(&TODAY);
    let all = all.filter(|word| word.is_ascii()).copied();
    Set::of(&all.chain(["il"]).collect::<Vec<&str>>())
});

/// Whether a line, given its key, may be a relative time.
fn may_tell(key: &str) -> bool {
    let tells = |word: &str| {
        word.split(|c: char| c.is_ascii_digit())
            .any(|part| TELLING.contains(part))
    };
    !key.is_ascii() || text::words(key).any(tells)
}

/// The day that a short line means, given its key and when the page was fetched.
#[must_use]
pub fn day(line: &str, key: &str, fetched_at: Timestamp) -> Option<Date> {
    let is_short = || text::mass(line) <= LINE_MASS;
    (may_tell(key) && is_short()).then(|| told(line, fetched_at))?
}

fn told(line: &str, fetched_at: Timestamp) -> Option<Date> {
    let parted = super::dates::parted(line);
    // Written without a space after the unit.
    let key = text::key(&parted.replace('前', " 前 ").replace('전', " 전 "));
    let words: Vec<&str> = key.split(' ').collect();
    let says = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let hours = if says(&AGO) || words.windows(3).any(|three| three == ["il", "y", "a"]) {
        words
            .windows(2)
            .find_map(|pair| Some(count(pair[0])? * UNITS.get(pair[1])?))
    } else if says(&YESTERDAY) {
        Some(24.0)
    } else {
        says(&TODAY).then_some(0.0)
    };
    let past = SignedDuration::try_from_secs_f64(hours? * 3600.0).ok()?;
    let at = fetched_at.checked_sub(past).ok()?;
    Some(at.to_zoned(TimeZone::UTC).date())
}

fn count(word: &str) -> Option<f64> {
    let one = [
        "a", "an", "one", "einer", "einem", "une", "un", "una", "uma", "een", "en", "et",
    ];
    if one.contains(&word) {
        return Some(1.0);
    }
    word.parse()
        .ok()
        .filter(|number| (0.0..400.0).contains(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_time_is_missed(line in "([0-9]{1,2} ?|hours? ?|Ago[ .'-]?|il y a |yesterday|heute|vor |前|時間|일 ?전|x ?){0,5}") {
            let fetched: Timestamp = "2026-03-10T02:00:00Z".parse().unwrap();
            prop_assert_eq!(day(&line, &text::key(&line), fetched), told(&line, fetched));
        }
    }

    #[test]
    fn the_day_is_counted_back_from_the_fetch() {
        let day = |line, fetched| day(line, &text::key(line), fetched);
        let fetched: Timestamp = "2026-03-10T02:00:00Z".parse().unwrap();
        let rows = [
            ("3 hours ago", "2026-03-09"),
            ("Updated 1 hour ago", "2026-03-10"),
            ("an hour ago", "2026-03-10"),
            ("vor 2 Tagen", "2026-03-08"),
            ("il y a 3 jours", "2026-03-07"),
            ("hace 5 horas", "2026-03-09"),
            ("2 weeks ago", "2026-02-24"),
            ("5hours ago", "2026-03-09"),
            ("Pukul 5 jam yang lalu", "2026-03-09"),
            ("3時間前", "2026-03-09"),
            ("2일 전", "2026-03-08"),
            ("5 часов назад", "2026-03-09"),
            ("Yesterday", "2026-03-09"),
        ];
        for (line, want) in rows {
            assert_eq!(
                day(line, fetched).map(|day| day.to_string()).as_deref(),
                Some(want),
                "{line}"
            );
        }
        for line in [
            "3 hours",
            "3 hours long",
            "il y est",
            "ago",
            "999999999 days ago",
            "Long ago in the days of the old bridge there was one",
        ] {
            assert_eq!(day(line, fetched), None, "{line}");
        }
    }
}
