//! When it was published and changed: claims in order, and the one place that decides.
//!
//! Published and modified are never mixed. No day after the one that follows the fetch is believed,
//! and none before 1990 unless a machine-readable source states it.

use jiff::civil::Date;
use url::Url;

use super::dates::{self, Order, Stamp};
use super::head::Head;
use super::json_ld::JsonLd;
use super::shown::{CLAIMS_MAX, Shown};
use crate::article::ValueSource;

/// News pages show no earlier day of publication than the web's own.
const FIRST_YEAR: i16 = 1990;
/// The first newspapers.
const FIRST_YEAR_STATED: i16 = 1600;

/// Metas that give the day of publication, most reliable first.
const PUBLISHED: [&str; 18] = [
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "date.created",
    "published_time",
    "publish_date",
    "publish-date",
    "pubdate",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "article_date_original",
    "cxenseparse:recs:publishtime",
    "originalpublicationdate",
];
/// Metas that give some day of the page: often, but not always, that of publication.
const DATED: [&str; 4] = ["dc.date", "dcterms.created", "dcterms.date", "date"];

/// Metas that give the day of the last change.
const MODIFIED: [&str; 9] = [
    "article:modified_time",
    "og:article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "lastmod",
    "article:modified",
];

/// What dates are told from.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What `<head>` declares.
    pub head: &'a Head<'a>,
    /// What scripts declare.
    pub json_ld: &'a JsonLd,
    /// What the page shows.
    pub shown: &'a Shown,
    /// The page's address.
    pub address: Option<&'a Url>,
    /// The latest day believed.
    pub latest: Option<Date>,
    /// The one day of publication that scripts hold besides JSON-LD.
    pub in_state: Option<&'a str>,
    /// The order of numbers.
    pub order: Order,
}

/// A date, and where it was found.
pub type Dated = (Stamp, ValueSource);

/// The claims of publication, the chosen one first.
#[must_use]
pub fn published(setting: &Setting) -> Vec<Dated> {
    let mut claims = published_claims(setting);
    let changed = modified(setting).into_iter().next();
    let chosen = chosen(&claims, changed.as_ref(), setting);
    if let Some(chosen) = chosen {
        let first = claims.remove(chosen);
        claims.insert(0, first);
    }
    claims
}

/// The claims of the last change that the page states.
#[must_use]
pub fn modified(setting: &Setting) -> Vec<Dated> {
    let scripts = setting
        .json_ld
        .modified
        .iter()
        .map(|claim| (claim.clone(), ValueSource::JsonLd));
    let metas = metas(setting.head, &MODIFIED);
    let page = setting
        .json_ld
        .page_modified
        .iter()
        .map(|claim| (claim.clone(), ValueSource::JsonLd));
    let shown = setting.shown.modified.iter().cloned();
    let claims = scripts.chain(metas).chain(page).chain(shown);
    let read = |(claim, source): (String, ValueSource)| stated(&claim, source, setting);
    let line = setting.shown.changed.map(Stamp::Day);
    let line = line.filter(|day| is_plausible(day.date(), ValueSource::Dateline, setting.latest));
    claims
        .filter_map(read)
        .chain(line.map(|day| (day, ValueSource::Dateline)))
        .collect()
}

/// The first of the texts that a user's rules point at that is a date, and may be one of publication.
pub(super) fn of_texts(
    texts: impl Iterator<Item = String>,
    latest: Option<Date>,
    order: Order,
) -> Option<Stamp> {
    let mut stamps = texts.filter_map(|text| dates::parse(&text, order));
    stamps.find(|stamp| is_plausible(stamp.date(), ValueSource::SiteRule, latest))
}

fn published_claims(setting: &Setting) -> Vec<Dated> {
    let Setting {
        head,
        json_ld,
        shown,
        ..
    } = setting;
    let scripts = |claim: &Option<String>| {
        let claim = claim.clone().map(|claim| (claim, ValueSource::JsonLd));
        claim.into_iter()
    };
    let strong = scripts(&json_ld.published)
        .chain(metas(head, &PUBLISHED))
        .chain(shown.published.iter().cloned())
        .chain(scripts(&json_ld.page_published))
        .chain(other_metas(head));
    let day = |date: Date, source| (Stamp::Day(date), source);
    let weak = metas(head, &DATED);
    let near = shown
        .near_times
        .iter()
        .map(|claim| (claim.clone(), ValueSource::Time));
    let far = shown
        .times
        .iter()
        .map(|claim| (claim.clone(), ValueSource::Time));
    let read = |(claim, source): (String, ValueSource)| stated(&claim, source, setting);
    let sure = |line: &&dates::Dateline| shown.near_headline && line.announced && !line.modified;
    let lines = shown.dates.iter().filter(sure);
    let lines = lines.map(|line| day(line.date, ValueSource::Dateline));
    let mut claims: Vec<Dated> = strong.filter_map(read).chain(lines).collect();
    claims.extend(near.filter_map(read));
    // The only time that the page gives is hardly that of something else.
    let lone = usize::from(shown.times.len() == 1);
    let (lone, far): (Vec<_>, Vec<_>) = far.enumerate().partition(|(at, _)| *at < lone);
    let bare = |times: Vec<(usize, (String, ValueSource))>| times.into_iter().map(|(_, time)| time);
    claims.extend(bare(lone).chain(weak).chain(bare(far)).filter_map(read));
    let in_url = setting.address.and_then(dates::in_path);
    claims.extend(in_url.map(|date| day(date, ValueSource::Url)));
    // A line that says "updated" gives the day only where nothing else does.
    let (changed, written): (Vec<&dates::Dateline>, Vec<&dates::Dateline>) =
        shown.dates.iter().partition(|line| line.modified);
    let lines = written
        .iter()
        .chain(&changed)
        .map(|line| day(line.date, ValueSource::Dateline));
    claims.extend(lines);
    claims.extend(shown.relative.map(|date| day(date, ValueSource::Dateline)));
    let in_state = setting.in_state.map(str::to_owned);
    let in_state = in_state.map(|claim| (claim, ValueSource::EmbeddedState));
    claims.extend(in_state.and_then(read));
    claims.retain(|(stamp, source)| is_plausible(stamp.date(), *source, setting.latest));
    claims
}

/// Days by which a shown day is earlier than a stated one that the page does not say was changed:
/// stories that were moved to another system keep the day they show.
const MOVED_DAYS: i32 = 30;

/// The claim to believe: the first, unless the page shows that it means something else.
fn chosen(claims: &[Dated], changed: Option<&Dated>, setting: &Setting) -> Option<usize> {
    let (first, source) = claims.first()?;
    // Content systems state the day on which all of the site was put out anew as that of the story;
    // the day that the story shows is then the earlier one.
    let restated = changed.is_none_or(|(changed, _)| first.date() >= changed.date());
    let apart = if changed.is_some() { 1 } else { MOVED_DAYS };
    let is_stated = !matches!(
        source,
        ValueSource::Dateline | ValueSource::Url | ValueSource::Time
    );
    let shows = |date: Date| setting.shown.dates.iter().any(|line| line.date == date);
    if restated && is_stated && setting.shown.near_headline && !shows(first.date()) {
        let earlier = |line: &&dates::Dateline| {
            let days = (first.date() - line.date).get_days();
            line.sure && !line.modified && days >= apart
        };
        let line = setting.shown.closest.iter().find(earlier);
        let at = line.and_then(|line| {
            claims.iter().position(|(stamp, source)| {
                matches!(source, ValueSource::Dateline | ValueSource::Time)
                    && stamp.date() == line.date
            })
        });
        if at.is_some() {
            return at;
        }
    }
    // The same moment in the offset of the place is what the page means by its day.
    let local = claims
        .iter()
        .position(|(stamp, _)| stamp.is_local_form_of(first));
    local.or(Some(0))
}

fn metas(head: &Head, keys: &[&str]) -> impl Iterator<Item = (String, ValueSource)> {
    let found = keys.iter().filter_map(|key| {
        let source = if key.starts_with("article:") || key.starts_with("og:") {
            ValueSource::OpenGraph
        } else {
            ValueSource::Meta
        };
        Some((head.meta(&[key])?.to_owned(), source))
    });
    found.collect::<Vec<_>>().into_iter()
}

/// Metas of other names that say that they give the day of publication.
fn other_metas(head: &Head) -> impl Iterator<Item = (String, ValueSource)> {
    let says = |key: &str| {
        (key.contains("publi") && (key.contains("date") || key.contains("time")))
            || key.contains("pubdate")
            || (key.contains("article")
                && key.contains("date")
                && !key.contains("modif")
                && !key.contains("updat"))
    };
    head.metas_where(says)
        .take(CLAIMS_MAX)
        .map(|content| (content, ValueSource::Meta))
}

/// A stated date; of numbers in either order the one that the page shows with the name of the month.
fn stated(claim: &str, source: ValueSource, setting: &Setting) -> Option<Dated> {
    let stamp = dates::parse(claim, setting.order)?;
    let other = dates::other_reading(claim, setting.order);
    let named = |date: Date| {
        let mut lines = setting.shown.dates.iter();
        lines.any(|line| line.date == date && line.other.is_none())
    };
    let stamp = match other {
        Some(other) if named(other) && !named(stamp.date()) => Stamp::Day(other),
        _ => stamp,
    };
    is_plausible(stamp.date(), source, setting.latest).then_some((stamp, source))
}

fn is_plausible(date: Date, source: ValueSource, latest: Option<Date>) -> bool {
    let first = match source {
        ValueSource::JsonLd
        | ValueSource::OpenGraph
        | ValueSource::Meta
        | ValueSource::Microdata => FIRST_YEAR_STATED,
        _ => FIRST_YEAR,
    };
    // The first day of 1970 is a clock that was never set.
    let unset = date == Date::constant(1970, 1, 1);
    date.year() >= first
        && !unset
        && latest.is_none_or(|latest| date <= latest)
        && date.year() < 2100
}

#[cfg(test)]
mod tests {
    use crate::extract::Texts;
    use proptest::prelude::*;

    use super::*;
    use crate::extract::block;
    use crate::extract::dom::{Limits, parse};
    use crate::extract::metadata::Claims;
    use crate::page::Page;

    fn date(html: &str, url: Option<&str>) -> Option<String> {
        let tree = parse(html, &Limits::default());
        let mut page = Page::from_html(html);
        if let Some(url) = url {
            page = page.at(url);
        }
        page.fetched_at = Some("2026-06-01T12:00:00Z".parse().unwrap());
        Claims::read(&tree, &page)
            .choose(&tree, &block::split(&tree, &Texts::default()))
            .date_published
    }

    fn script(published: &str, modified: &str) -> String {
        format!(
            r#"<script type="application/ld+json">{{"@type":"Article","datePublished":"{published}","dateModified":"{modified}"}}</script>"#
        )
    }

    #[test]
    fn the_day_that_the_story_shows_corrects_one_that_the_system_restates() {
        let story =
            "<h1>Bridge opens</h1><p>Published 3 May 2024</p><p>The bridge opened at last.</p>";
        let restated = script("2025-11-05", "2025-11-05");
        assert_eq!(
            date(&format!("{restated}{story}"), None).as_deref(),
            Some("2024-05-03")
        );
        let changed = script("2024-05-01", "2025-11-05");
        assert_eq!(
            date(&format!("{changed}{story}"), None).as_deref(),
            Some("2024-05-01")
        );
    }

    #[test]
    fn rows_of_sources() {
        let head = "<h1>Bridge opens</h1>";
        let rows = [
            ("<p>31.10.23 | Harrow</p>".to_owned(), Some("2023-10-31")),
            ("<p>29.11.2022 – The bridge, which nobody had thought would ever be done, opened on a rainy day.</p>".to_owned(), Some("2022-11-29")),
            ("<p>Last change: 31.10.2023<br>Published: 01.11.2023</p>".to_owned(), Some("2023-11-01")),
            ("<time datetime='2019-07-03T10:18:46Z'>Publié le 29 juin 2019</time>".to_owned(), Some("2019-06-29")),
            ("<span property=schema:dateCreated content='2022-01-28T12:45:46+00:00'></span>".to_owned(), Some("2022-01-28T12:45:46Z")),
            ("<meta name=x-published-date content=2022-01-28>".to_owned(), Some("2022-01-28")),
            ("<meta name=date content='11/01/2023 12:43:42'><p>Erstellt am: 01.11.2023</p>".to_owned(), Some("2023-11-01")),
            ("<p>3 hours ago</p>".to_owned(), Some("2026-06-01")),
            (r#"<script>{"publishedAt":"2022-01-28T12:45:46Z"}</script>"#.to_owned(), Some("2022-01-28T12:45:46Z")),
            (r#"<p>3 May 2024</p><script>{"publishedAt":"2022-01-28"}</script>"#.to_owned(), Some("2024-05-03")),
            ("<p>Harrow, (12.11.2021). The bridge, which nobody had thought would ever be done, opened on a rainy day.</p>".to_owned(), Some("2021-11-12")),
            ("<p>30 septembre 2018</p><p>Article mis à jour le 7 janvier 2020.</p>".to_owned(), Some("2018-09-30")),
            (script("2027-01-01", ""), None),
            (script("1970-01-01", ""), None),
            (script("1923-04-05", ""), Some("1923-04-05")),
            ("<p>5 April 1923</p>".to_owned(), None),
            ("<div class=comments><time datetime=2020-01-02>x</time></div>".to_owned(), None),
        ];
        for (html, want) in rows {
            assert_eq!(
                date(&format!("{head}{html}"), None).as_deref(),
                want,
                "{html}"
            );
        }
        assert_eq!(
            date(head, Some("https://x.example/20200428/bridge")).as_deref(),
            Some("2020-04-28")
        );
    }

    #[test]
    fn a_moment_is_given_at_the_offset_of_the_place_where_the_page_knows_it() {
        let html = "<meta property=article:published_time content='2025-12-19T03:05:00+00:00'><h1>Bridge opens</h1>\
            <time datetime='2025-12-18T19:05:00-08:00'>x</time>";
        assert_eq!(
            date(html, None).as_deref(),
            Some("2025-12-18T19:05:00-08:00")
        );
    }

    proptest! {
        #[test]
        fn reading_is_idempotent(claim in r"[0-9]{1,4}[-./ ][0-9]{1,2}[-./ ][0-9]{1,4}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:?[0-9]{2})?)?") {
            if let Some(stamp) = dates::parse(&claim, Order::DayFirst) {
                let written = stamp.to_string();
                let again = dates::parse(&written, Order::DayFirst).map(|stamp| stamp.to_string());
                prop_assert_eq!(again, Some(written));
            }
        }

        #[test]
        fn any_text_is_read(claim in r"\PC{0,80}") {
            let days = [
                dates::parse(&claim, Order::MonthFirst).map(|stamp| stamp.date()),
                dates::in_line(&claim, Order::MonthFirst).map(|line| line.date),
                dates::change_in_line(&claim, Order::MonthFirst),
            ];
            for day in days.into_iter().flatten() {
                let written = day.to_string();
                let again = dates::parse(&written, Order::DayFirst).map(|stamp| stamp.to_string());
                prop_assert_eq!(again, Some(written));
            }
        }
    }
}
