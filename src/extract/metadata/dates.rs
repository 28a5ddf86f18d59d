//! Dates: what machines wrote, what addresses carry, what readers see.
//!
//! A time is given only with its offset; without one only the day is certain.

use foldhash::{HashMap, HashSet};
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::fmt::{rfc2822, temporal};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use url::Url;

use crate::article::DatePrecision;
use crate::extract::text;

/// News pages state no earlier day of publication than the web's own.
const FIRST_YEAR: i16 = 1990;

/// How a page writes days in numbers where either reading makes a date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// `3/4/2026` is in April, as nearly everywhere.
    #[default]
    DayFirst,
    /// `3/4/2026` is in March.
    MonthFirst,
}

impl Order {
    /// The order of a language as a BCP 47 tag.
    ///
    /// Source: the short dates of CLDR; of the languages of news only these put the month first.
    #[must_use]
    pub fn of(language: Option<&str>) -> Self {
        if matches!(language, Some("en-US" | "fil-PH")) {
            Self::MonthFirst
        } else {
            Self::DayFirst
        }
    }
}

/// A moment with its offset, or a day.
#[derive(Debug, Clone, PartialEq)]
pub enum Stamp {
    /// A moment, in the offset it was written in.
    Moment(Box<Zoned>),
    /// A day; the time is unknown, or its offset is.
    Day(Date),
}

impl Stamp {
    /// The day, at the offset it was written in.
    #[must_use]
    pub fn date(&self) -> Date {
        match self {
            Self::Moment(at) => at.date(),
            Self::Day(date) => *date,
        }
    }
}

impl Stamp {
    /// How exact it is.
    #[must_use]
    pub fn precision(&self) -> DatePrecision {
        match self {
            Self::Moment(_) => DatePrecision::Second,
            Self::Day(_) => DatePrecision::Day,
        }
    }

    /// Whether this is the same moment as `other`, which is in UTC, at the offset of a place.
    #[must_use]
    pub fn is_local_form_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Moment(own), Self::Moment(other)) => {
                other.offset().is_zero()
                    && !own.offset().is_zero()
                    && own.timestamp().as_second() == other.timestamp().as_second()
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Moment(at) if at.offset().is_zero() => {
                write!(f, "{}", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
            }
            Self::Moment(at) => write!(f, "{}", at.strftime("%Y-%m-%dT%H:%M:%S%:z")),
            Self::Day(date) => write!(f, "{date}"),
        }
    }
}

/// Reads a date as machines write it, or as people do when a machine copied them.
#[must_use]
pub fn parse(claim: &str, order: Order) -> Option<Stamp> {
    let claim = claim.trim();
    let written = || find(&words_of(&folded(claim)), order).map(|(_, date)| date);
    moment(claim)
        .map(|at| Stamp::Moment(Box::new(at)))
        .or_else(|| iso_day(claim).or_else(written).map(Stamp::Day))
}

/// RFC 3339 and its relatives with an offset, RFC 2822, seconds or milliseconds since 1970.
fn moment(claim: &str) -> Option<Zoned> {
    let written = claim.replacen(' ', "T", 1).replace(' ', "");
    for text in [claim, written.as_str()] {
        if let Ok(pieces) = temporal::DateTimeParser::new().parse_pieces(text) {
            let time = pieces.time()?;
            let offset = pieces.to_numeric_offset()?;
            return pieces
                .date()
                .to_datetime(time)
                .to_zoned(TimeZone::fixed(offset))
                .ok();
        }
    }
    rfc2822::DateTimeParser::new()
        .parse_zoned(claim)
        .ok()
        .or_else(|| epoch(claim))
}

fn epoch(claim: &str) -> Option<Zoned> {
    let number: i64 = claim.parse().ok()?;
    let at = match claim.len() {
        10 => Timestamp::from_second(number).ok()?,
        13 => Timestamp::from_millisecond(number).ok()?,
        _ => return None,
    };
    Some(at.to_zoned(TimeZone::UTC))
}

/// `2026-01-02…`, `2026/1/2…`, `20260102`: the year first.
fn iso_day(claim: &str) -> Option<Date> {
    let mut parts = claim.split(|c: char| !c.is_ascii_digit());
    let first = parts.next()?;
    if first.len() == 8 && (claim.len() == 8 || claim.as_bytes().get(8) == Some(&b'T')) {
        let (year, rest) = first.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        return Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    }
    if first.len() != 4 {
        return None;
    }
    Date::new(
        first.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    )
    .ok()
}

/// A day in the path of an address: `/2026/01/02/` or `/2026-01-02`.
#[must_use]
pub fn in_path(url: &Url) -> Option<Date> {
    let numbers: Vec<&str> = url
        .path()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .collect();
    let compact = |part: &&str| {
        let date = (part.len() == 8).then(|| iso_day(part)).flatten();
        date.filter(|date| (FIRST_YEAR..2100).contains(&date.year()))
    };
    let parted = numbers.windows(3).find_map(|part| {
        let [year, month, day] = part else {
            return None;
        };
        let sized =
            year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
        let year: i16 = year
            .parse()
            .ok()
            .filter(|year| sized && (FIRST_YEAR..2100).contains(year))?;
        Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
    });
    parted.or_else(|| numbers.iter().find_map(compact))
}

/// Whether the word, as a key, is the name of a month or of a day of the week.
#[must_use]
pub fn is_of_date(key: &str) -> bool {
    MONTHS.contains_key(key) || WEEKDAYS.contains(key)
}

static WEEKDAYS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("weekdays.tsv").split_whitespace().collect());

static MONTHS: LazyLock<HashMap<&'static str, i8>> = LazyLock::new(|| {
    let rows = include_str!("months.tsv")
        .lines()
        .filter_map(|row| row.split_once('\t'));
    rows.filter_map(|(month, names)| Some((month.parse().ok()?, names)))
        .flat_map(|(month, names)| names.split(' ').map(move |name| (name, month)))
        .collect()
});

/// The first day written out in a text: by month name, by 年月日, or in numbers with the year last.
#[must_use]
pub fn in_text(text: &str) -> Option<Date> {
    if !may_hold_day(text) {
        return None;
    }
    find(&words_of(&folded(text)), Order::DayFirst).map(|(_, date)| date)
}

/// Words that announce the day of publication, as keys.
const DATE_LEADS: [&str; 42] = [
    "artikel",
    "geschrieben",
    "erschienen",
    "written",
    "epublished",
    "published",
    "posted",
    "gepostet",
    "updated",
    "modified",
    "created",
    "date",
    "veröffentlicht",
    "aktualisiert",
    "erstellt",
    "stand",
    "publié",
    "publiée",
    "mis",
    "publicado",
    "publicada",
    "actualizado",
    "atualizado",
    "pubblicato",
    "aggiornato",
    "geplaatst",
    "gepubliceerd",
    "bijgewerkt",
    "publisert",
    "publicerad",
    "udgivet",
    "julkaistu",
    "opublikowano",
    "publikováno",
    "objavljeno",
    "опубликовано",
    "опубліковано",
    "yayınlanma",
    "公開",
    "更新",
    "发布",
    "입력",
];

/// A day that a line gives as that of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dateline {
    /// The day.
    pub date: Date,
    /// Whether the line says so, or says little else.
    pub sure: bool,
    /// Whether the line says that it is the day of publication.
    pub announced: bool,
    /// The other day that the numbers may mean, where either order makes one.
    pub other: Option<Date>,
    /// Whether the line says that it is the day of a change.
    pub modified: bool,
}

/// The day that a short line gives as that of the story; none where a sentence tells of a day.
#[must_use]
pub fn in_line(line: &str, order: Order) -> Option<Dateline> {
    if !may_hold_day(line) {
        return None;
    }
    let folded = folded(line);
    let words = words_of(&folded);
    // Nobody parts the numbers of a day by full stops and puts the month first.
    let dotted = is_dotted(line);
    let order = if dotted { Order::DayFirst } else { order };
    let (at, date) = find(&words, order)?;
    let is_of_date = |word: &&&str| {
        MONTHS.contains_key(*word) || (word.len() <= 4 && word.bytes().all(|b| b.is_ascii_digit()))
    };
    let around = &words[at.saturating_sub(2)..(at + 5).min(words.len())];
    let date_mass: u32 = around
        .iter()
        .filter(is_of_date)
        .map(|word| text::mass(word))
        .sum();
    let announced = words.iter().any(|word| DATE_LEADS.contains(word));
    let change = change_lead(&words);
    let modified = change.is_some_and(|lead| lead <= at);
    // "This page was last changed on 3 May": some languages put the verb at the end.
    let changed = !announced && change.is_some();
    let (announced, modified) = (announced || changed, modified || changed);
    let is_most = date_mass * 2 >= text::mass(line);
    (announced || is_most || !text::ends_sentence(line)).then_some(Dateline {
        date,
        sure: announced || is_most,
        announced,
        other: flipped(&words, at, date).filter(|_| !dotted),
        modified,
    })
}

/// The day that a line gives as that of a change: `Published: 4 May 2026 Updated: 6 May 2026`.
#[must_use]
pub fn change_in_line(line: &str, order: Order) -> Option<Date> {
    if !may_hold_day(line) {
        return None;
    }
    let folded = folded(line);
    let words = words_of(&folded);
    let lead = change_lead(&words)?;
    let after = words.get(lead + 1..)?;
    let (at, date) = find(after, order)?;
    (at <= CHANGE_WORDS).then_some(date)
}

/// Most words between what announces a change and its day.
const CHANGE_WORDS: usize = 4;

/// Whether a text may hold a day with its year: a year of the web, or three numbers that are parted by
/// dots or strokes. Few texts do, and reading the words of the others costs more than all else here.
fn may_hold_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut at, mut row, mut row_end) = (0, 0, None);
    while let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + start;
        let len = bytes[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let len = len.count();
        at = start + len;
        let number = &bytes[start..at];
        let is_year = len == 4 && (number.starts_with(b"199") || number.starts_with(b"20"));
        // An apostrophe, or a sign outside of ASCII that takes no room, may part the digits of one number.
        let is_parted = matches!(bytes.get(at), Some(b'\'' | 0xc2 | 0xe2));
        let goes_on = row_end.is_some_and(|end| start == end + 1)
            && matches!(bytes.get(start - 1), Some(b'.' | b'/'));
        row = if goes_on { row + 1 } else { 1 };
        row_end = Some(at).filter(|_| len <= 2);
        if is_year || is_parted || (row >= 3 && len <= 2) {
            return true;
        }
    }
    false
}

/// Whether a text may hold a day in numbers: three with no letter between, the first two short.
fn may_hold_numbers(text: &str) -> bool {
    let (mut row, mut digits) = (0, 0);
    for byte in text.bytes().chain([b' ']) {
        if byte.is_ascii_digit() {
            digits += 1;
            continue;
        }
        match digits {
            0 => {}
            1..=4 if row >= 2 => return true,
            1..=2 => row += 1,
            _ => row = 0,
        }
        digits = 0;
        if byte.is_ascii_alphabetic() {
            row = 0;
        }
    }
    false
}

fn is_dotted(line: &str) -> bool {
    line.split(' ').any(|word| {
        let numbers = word.trim_end_matches([',', '.']).split('.');
        numbers.clone().count() == 3
            && numbers
                .clone()
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Where the words that announce a change end.
fn change_lead(words: &[&str]) -> Option<usize> {
    let brought_up_to_date = |at: usize| {
        at >= 2 && words[at] == "jour" && matches!(words[at - 2], "mis" | "mise" | "mises")
    };
    let is_lead = |at: &usize| CHANGE_LEADS.contains(&words[*at]) || brought_up_to_date(*at);
    (0..words.len()).find(is_lead)
}

/// Words that announce the day of a change, as keys.
const CHANGE_LEADS: [&str; 26] = [
    "änderung",
    "revised",
    "updated",
    "modified",
    "update",
    "aktualisiert",
    "geändert",
    "bearbeitet",
    "actualizado",
    "actualizada",
    "atualizado",
    "atualizada",
    "aggiornato",
    "bijgewerkt",
    "oppdatert",
    "uppdaterad",
    "opdateret",
    "päivitetty",
    "zaktualizowano",
    "aktualizováno",
    "обновлено",
    "оновлено",
    "güncelleme",
    "güncellendi",
    "更新",
    "수정",
];

/// The day with its numbers the other way round, where both are months.
fn flipped(words: &[&str], at: usize, date: Date) -> Option<Date> {
    let number = |step: usize| words.get(at + step)?.parse::<i8>().ok();
    let (first, second) = (number(0)?, number(1)?);
    let pair = [first, second];
    let ambiguous = pair == [date.day(), date.month()] || pair == [date.month(), date.day()];
    (ambiguous && first != second && first <= 12 && second <= 12)
        .then(|| Date::new(date.year(), date.day(), date.month()).ok())
        .flatten()
}

/// The order that a numeric day of a line shows by a number that is no month: `12/31/2026`.
#[must_use]
pub fn order_of(line: &str) -> Option<Order> {
    if !may_hold_numbers(line) || !may_hold_day(line) {
        return None;
    }
    let folded = folded(line);
    let words = words_of(&folded);
    words.windows(3).find_map(|three| {
        let [first, second, year] = three else {
            return None;
        };
        let number = |word: &str| word.parse::<u16>().ok().filter(|_| word.len() <= 2);
        let year: u16 = year.parse().ok().filter(|_| year.len() == 4)?;
        if !(1990..2100).contains(&year) {
            return None;
        }
        match (number(first)?, number(second)?) {
            (13..=31, 1..=12) => Some(Order::DayFirst),
            (1..=12, 13..=31) => Some(Order::MonthFirst),
            _ => None,
        }
    })
}

/// The other day that a claim in numbers may mean: `03-09-2026`.
#[must_use]
pub fn other_reading(claim: &str, order: Order) -> Option<Date> {
    if moment(claim.trim()).is_some() || iso_day(claim.trim()).is_some() {
        return None;
    }
    let folded = folded(claim);
    let words = words_of(&folded);
    let (at, date) = find(&words, order)?;
    flipped(&words, at, date)
}

/// A text as a key in which numbers are words of their own.
fn folded(text: &str) -> String {
    text::key(&parted(&with_centuries(text)))
}

fn words_of(folded: &str) -> Vec<&str> {
    text::words(folded).collect()
}

/// `31.10.23` and `31/10/23` with the century: the years of the web.
fn with_centuries(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        match with_century(word) {
            Some(word) => out.push_str(&word),
            None => out.push_str(word),
        }
    }
    out
}

fn with_century(word: &str) -> Option<String> {
    let bare = word.trim_end_matches([',', '|', ';']);
    let mark = bare.bytes().find(|c| matches!(c, b'.' | b'/' | b'-'))?;
    let mark = char::from(mark);
    let parts: Vec<&str> = bare.trim_end_matches('.').split(mark).collect();
    let [day, month, year] = parts.as_slice() else {
        return None;
    };
    let numbers = [day, month, year]
        .iter()
        .all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    let value: u16 = year.parse().ok().filter(|_| numbers && year.len() == 2)?;
    let century = if value >= 90 { "19" } else { "20" };
    (mark != '-').then(|| format!("{day}{mark}{month}{mark}{century}{year}"))
}

/// The first date in words, and the place of its month or first number.
fn find(words: &[&str], order: Order) -> Option<(usize, Date)> {
    (0..words.len()).find_map(|at| {
        let date = by_name(words, at).or_else(|| by_number(words, at, order))?;
        Some((at, date))
    })
}

/// Digits and letters parted, as in `1月2日` and `2nd`.
pub(super) fn parted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for c in text.chars() {
        if c.is_alphanumeric()
            && before.is_alphanumeric()
            && c.is_ascii_digit() != before.is_ascii_digit()
        {
            out.push(' ');
        }
        out.push(c);
        before = c;
    }
    out
}

/// Day, month name, year in any usual order, starting with the month's place.
fn by_name(words: &[&str], at: usize) -> Option<Date> {
    let month = *MONTHS.get(words.get(at)?)?;
    let word = |step: isize| {
        at.checked_add_signed(step)
            .and_then(|at| words.get(at).copied())
    };
    // "2nd", "1er", "2 de enero de 2026": small words between are passed over.
    let number = |steps: [isize; 3]| {
        steps.into_iter().find_map(|step| {
            let between = (step.abs() > 1)
                .then(|| word(step - step.signum()))
                .flatten();
            let joined = between.is_none_or(|word| {
                matches!(
                    word,
                    "st" | "nd"
                        | "rd"
                        | "th"
                        | "de"
                        | "of"
                        | "er"
                        | "del"
                        | "ta"
                        | "the"
                        | "ο"
                        | "את"
                )
            });
            word(step)
                .filter(|word| joined && word.len() <= 2)
                .and_then(|word| word.parse::<i8>().ok())
        })
    };
    let year = (1..=4).chain(-2..=-1).find_map(|step| {
        word(step)
            .filter(|word| word.len() == 4)
            .and_then(|word| word.parse::<i16>().ok())
    });
    let year = year.filter(|year| (FIRST_YEAR..2100).contains(year))?;
    let day = number([-1, -2, -2]).or_else(|| number([1, 2, 2]))?;
    Date::new(year, month, day).ok()
}

/// `2 1 2026` in that order, unless only the other makes a date; `2026 1 2` year first.
fn by_number(words: &[&str], at: usize, order: Order) -> Option<Date> {
    let number = |step: usize| {
        words
            .get(at + step)
            .filter(|word| word.len() <= 4)
            .and_then(|word| word.parse::<i16>().ok())
    };
    let small = |value: i16| i8::try_from(value).ok();
    let marked = |step: usize, marks: &[&str]| {
        words
            .get(at + step)
            .is_some_and(|word| marks.contains(word))
    };
    let (first, second) = (number(0)?, number(1));
    let in_range = |year: &i16| (FIRST_YEAR..2100).contains(year);
    if in_range(&first) {
        if marked(1, &["年", "년"]) && marked(3, &["月", "월"]) {
            return Date::new(first, small(number(2)?)?, small(number(4)?)?).ok();
        }
        return Date::new(first, small(second?)?, small(number(2)?)?).ok();
    }
    let year = number(2).filter(in_range)?;
    let (mut day, mut month) = (small(first)?, small(second?)?);
    if order == Order::MonthFirst {
        std::mem::swap(&mut day, &mut month);
    }
    Date::new(year, month, day)
        .or_else(|_| Date::new(year, day, month))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_dates() {
        let rows = [
            ("2026-01-02T10:20:30+02:00", "2026-01-02T10:20:30+02:00"),
            ("2026-01-02T10:20:30.123Z", "2026-01-02T10:20:30Z"),
            ("2026-01-02 10:20:30 +0200", "2026-01-02T10:20:30+02:00"),
            ("2026-01-02T10:20", "2026-01-02"),
            ("2026-01-02", "2026-01-02"),
            ("2026/1/2", "2026-01-02"),
            ("20260102", "2026-01-02"),
            ("Fri, 02 Jan 2026 10:20:30 GMT", "2026-01-02T10:20:30Z"),
            ("1767349230", "2026-01-02T10:20:30Z"),
        ];
        for (claim, want) in rows {
            assert_eq!(
                parse(claim, Order::DayFirst)
                    .map(|stamp| stamp.to_string())
                    .as_deref(),
                Some(want),
                "{claim}"
            );
        }
        for claim in ["", "yesterday", "0000-00-00", "2026-13-40", "12345"] {
            assert_eq!(parse(claim, Order::DayFirst), None, "{claim}");
        }
    }

    #[test]
    fn written_dates() {
        let rows = [
            "Jan. 2, 2026",
            "2 January 2026",
            "Friday 2nd January, 2026",
            "2. Januar 2026",
            "le 2 janvier 2026",
            "2 de enero de 2026",
            "2 января 2026 г.",
            "2026年1月2日",
            "2026년 1월 2일",
            "02.01.2026",
            "2 stycznia 2026",
            "2 Ocak 2026",
            "January 2nd 2026, 10:20",
            "2026.01.02 10:20",
            "2 ιανουαρίου 2026",
        ];
        for text in rows {
            assert_eq!(
                in_text(text).map(|date| date.to_string()).as_deref(),
                Some("2026-01-02"),
                "{text}"
            );
        }
        assert_eq!(
            in_text("12/31/2026")
                .map(|date| date.to_string())
                .as_deref(),
            Some("2026-12-31")
        );
        for text in [
            "in May we may see 2026 goals",
            "call 555 2026",
            "March madness",
        ] {
            assert_eq!(in_text(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_in_the_order_of_the_language() {
        let day = |claim: &str, language: &str| {
            in_line(claim, Order::of(Some(language))).map(|line| line.date.to_string())
        };
        let rows = [
            ("03/04/2026", "en-US", "2026-03-04"),
            ("03/04/2026", "fil-PH", "2026-03-04"),
            ("03/04/2026", "en-GB", "2026-04-03"),
            ("03/04/2026", "en-CA", "2026-04-03"),
            ("03/04/2026", "en", "2026-04-03"),
            ("31/12/2026", "en-US", "2026-12-31"),
            ("12/31/2026", "de", "2026-12-31"),
            ("2026/03/04", "en-US", "2026-03-04"),
        ];
        for (claim, language, want) in rows {
            assert_eq!(
                day(claim, language).as_deref(),
                Some(want),
                "{claim} {language}"
            );
        }
    }

    #[test]
    fn addresses_carry_days() {
        let day = |url: &str| in_path(&Url::parse(url).unwrap()).map(|date| date.to_string());
        assert_eq!(
            day("https://x.example/2026/01/02/bridge").as_deref(),
            Some("2026-01-02")
        );
        assert_eq!(
            day("https://x.example/news/2026-01-02-bridge").as_deref(),
            Some("2026-01-02")
        );
        assert_eq!(day("https://x.example/4026/01/02/").as_deref(), None);
    }
}
