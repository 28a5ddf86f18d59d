//! The status as one page for a browser: no script, nothing from outside, charts as SVG in the page.
//!
//! Names of jobs and sites come from users and strangers, so every text is escaped, no address becomes
//! a link, and the page's policy loads and runs nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Date;

use super::banner::banner;
use super::chart::{bars, line};
use super::{DayStatus, JobStatus, SiteStatus, Status, counted, moment, span, took};
use crate::history::Run;
use crate::output::markup::escaped;

const STYLE: &str = include_str!("status.css");

/// What may be loaded and run: nothing but the style in the page itself (CSP3 §6.1).
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
/// Runs of a job that are listed.
const RUNS_SHOWN: usize = 10;
/// Sites of a job that are shown; the JSON has all.
const SITES_SHOWN: usize = 100;

/// The status as a page, which the browser asks for again after so many seconds, if at all.
#[must_use]
pub fn render(status: &Status, again_after: Option<u32>) -> String {
    let mut out = head(again_after);
    header(&mut out, status);
    banner(&mut out, status);
    for job in &status.jobs {
        job_section(&mut out, job, status);
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn head(again_after: Option<u32>) -> String {
    let again = again_after.map_or_else(String::new, |seconds| {
        format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">\n")
    });
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n{again}\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Chaffinch: status</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    )
}

fn header(out: &mut String, status: &Status) {
    let _ = write!(
        out,
        "<header>\n<h1>Chaffinch</h1>\n<p class=\"about\">Status of {}; version {}",
        moment(status.generated_at),
        status.version
    );
    if let Some(service) = &status.service {
        let age = status.generated_at.duration_since(service.started_at);
        let _ = write!(out, "; running for {}", span(age));
    }
    out.push_str("</p>\n</header>\n");
}

fn job_section(out: &mut String, job: &JobStatus, status: &Status) {
    let now = status.generated_at;
    let _ = write!(
        out,
        "<section class=\"job\">\n<header><h2><bdi>{}</bdi></h2>",
        escaped(&job.name)
    );
    chips(out, job, now);
    out.push_str("</header>\n");
    if let Some(error) = &job.error {
        let _ = writeln!(
            out,
            "<p class=\"error\">{}: <bdi>{}</bdi></p>",
            moment(error.at),
            escaped(&error.why)
        );
    }
    facts(out, job, now);
    if !job.runs.is_empty() {
        run_charts(out, job);
        runs(out, job);
        reasons(out, job);
    }
    sites(out, job, status.today());
    out.push_str("</section>\n");
}

fn chips(out: &mut String, job: &JobStatus, now: Timestamp) {
    let mut chip = |class: &str, text: &str| {
        let _ = write!(out, " <span class=\"chip {class}\">{text}</span>");
    };
    if let Some(running) = &job.running {
        let since = span(now.duration_since(running.since));
        let (settled, planned) = (running.settled, running.planned);
        // A cleaning finds its pages one by one.
        let pages = if planned < settled {
            counted(settled, "page")
        } else {
            format!("{settled} of {}", counted(planned, "page"))
        };
        chip("run", &format!("at work for {since}, {pages}"));
    }
    if job.error.is_some() {
        chip("bad", "the last run broke");
    }
    if job.failing().is_some() {
        chip("bad", "nothing but failures");
    }
    match job.drifts() {
        0 => {}
        1 => chip("bad", "1 drift"),
        many => chip("bad", &format!("{many} drifts")),
    }
}

fn facts(out: &mut String, job: &JobStatus, now: Timestamp) {
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some(when) = &job.when {
        facts.push(("Starts", format!("<bdi>{}</bdi>", escaped(when))));
    }
    if let Some(next) = job.next {
        let until = next.duration_since(now);
        let until = if until.is_negative() {
            "waits for another job".to_owned()
        } else {
            format!("in {}", span(until))
        };
        facts.push(("Next", with_aside(&moment(next), &until)));
    }
    let ago = |at: Timestamp| format!("{} ago", span(now.duration_since(at)));
    match job.runs.last() {
        Some(run) => facts.push((
            "Last run",
            with_aside(&moment(run.started_at), &ago(run.finished_at)),
        )),
        None => facts.push(("Last run", "none yet".to_owned())),
    }
    let (totals, failures) = (&job.totals, job.totals.failures_by_status.values().sum());
    let grouped = |count: u64| format!("<span class=\"num\">{}</span>", thousands(count));
    facts.push(("Runs", grouped(totals.runs)));
    facts.push(("Articles", grouped(totals.articles)));
    facts.push(("Failures", grouped(failures)));
    facts.push(("Output", format!("<bdi>{}</bdi>", escaped(&job.out))));
    out.push_str("<dl>\n");
    for (label, fact) in facts {
        let _ = writeln!(out, "<div><dt>{label}</dt><dd>{fact}</dd></div>");
    }
    out.push_str("</dl>\n");
}

fn with_aside(text: &str, aside: &str) -> String {
    format!("<span class=\"num\">{text}</span> <span class=\"faint\">{aside}</span>")
}

fn run_charts(out: &mut String, job: &JobStatus) {
    let of = |value: fn(&Run) -> u64| -> Vec<Option<f64>> {
        let values = job.runs.iter().map(value);
        values.map(|value| Some(number(value))).collect()
    };
    let took: Vec<Option<f64>> = job
        .runs
        .iter()
        .map(|run| Some(run.elapsed_seconds))
        .collect();
    let count = job.runs.len();
    let charts = [
        ("Articles a run", "articles", of(|run| run.articles)),
        ("Failures a run", "failures", of(|run| run.failures)),
        ("Seconds a run", "seconds", took),
    ];
    out.push_str("<div class=\"charts\">\n");
    for (title, class, values) in charts {
        let most = values.iter().flatten().copied().fold(0.0, f64::max);
        let most = match class {
            "seconds" if most < 9.95 => format!("{most:.1} at most"),
            _ => format!("{most:.0} at most"),
        };
        let label = format!("{title}, the last {count}: {most}");
        let chart = bars(&label, class, &values, None);
        let _ = writeln!(
            out,
            "<figure><figcaption>{title}, <span class=\"faint\">{most}</span></figcaption>{chart}</figure>"
        );
    }
    out.push_str("</div>\n");
}

fn runs(out: &mut String, job: &JobStatus) {
    out.push_str(
        "<h3>Last runs</h3>\n<div class=\"scroll\"><table>\n<tr><th scope=\"col\">Began, UTC</th><th scope=\"col\">Ended</th>\
         <th scope=\"col\" class=\"num\">Took</th><th scope=\"col\" class=\"num\">Articles</th>\
         <th scope=\"col\" class=\"num\">Changed</th><th scope=\"col\" class=\"num\">The same</th>\
         <th scope=\"col\" class=\"num\">Failures</th><th scope=\"col\" class=\"num\">Left</th>\
         <th scope=\"col\" class=\"num\">Requests</th></tr>\n",
    );
    let first = job.runs.len().saturating_sub(RUNS_SHOWN);
    let shown = &job.runs[first..];
    let minute = |run: &Run| run.started_at.as_second().div_euclid(60);
    let are_close = shown
        .windows(2)
        .any(|two| minute(&two[0]) == minute(&two[1]));
    let form = if are_close { "%F %T" } else { "%F %R" };
    for run in shown.iter().rev() {
        let _ = write!(
            out,
            "<tr><td class=\"when\">{}</td><td>{}</td><td class=\"num\">{}</td>",
            run.started_at.strftime(form),
            escaped(&run.stopped.replace('_', " ")),
            took(run.elapsed_seconds)
        );
        let counts = [
            run.articles,
            run.changed,
            run.not_modified,
            run.failures,
            run.pending,
            run.requests,
        ];
        for count in counts {
            let _ = write!(out, "<td class=\"num\">{}</td>", thousands(count));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
}

/// Failures by status, the most frequent first.
fn reasons(out: &mut String, job: &JobStatus) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (status, count) in job.runs.iter().flat_map(|run| &run.failures_by_status) {
        *counts.entry(status).or_default() += count;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let Some(&(_, most)) = counts.first() else {
        return;
    };
    let _ = writeln!(
        out,
        "<h3>Failures of the last {}, by reason</h3>\n<div class=\"reasons\">",
        if job.runs.len() == 1 {
            "run".to_owned()
        } else {
            format!("{} runs", job.runs.len())
        }
    );
    for (status, count) in counts {
        let share = 100.0 * number(count) / number(most).max(1.0);
        let _ = writeln!(
            out,
            "<span>{}</span><span class=\"track\"><i style=\"width: {share:.1}%\"></i></span><span class=\"num\">{}</span>",
            escaped(&status.replace('_', " ")),
            thousands(count)
        );
    }
    out.push_str("</div>\n");
}

fn sites(out: &mut String, job: &JobStatus, today: Date) {
    let sites = job.sites_by_need(today);
    if sites.is_empty() {
        return;
    }
    out.push_str(
        "<h3>Sites, in the last 30 days</h3>\n<p class=\"about\">Words and fields are those of the last day \
         with articles: words of an article, and how many of title, authors, date, description, picture and \
         section are filled.</p>\n<div class=\"sites\">\n",
    );
    for (name, site) in sites.iter().take(SITES_SHOWN) {
        site_row(out, name, site, today);
    }
    out.push_str("</div>\n");
    if sites.len() > SITES_SHOWN {
        let more = sites.len() - SITES_SHOWN;
        let _ = writeln!(
            out,
            "<p class=\"faint\">and {}, which the JSON has</p>",
            counted(more as u64, "more site")
        );
    }
}

fn site_row(out: &mut String, name: &str, site: &SiteStatus, today: Date) {
    let class = if site.drift.is_empty() {
        "site"
    } else {
        "site adrift"
    };
    let _ = writeln!(
        out,
        "<div class=\"{class}\">\n<h4><bdi>{}</bdi><span class=\"faint\">last asked {}</span></h4>",
        escaped(name),
        moment(site.last_seen)
    );
    for (caption, chart) in charts(site, today) {
        let _ = writeln!(
            out,
            "<figure><figcaption>{caption}</figcaption>{chart}</figure>"
        );
    }
    for drift in &site.drift {
        let since = moment(drift.since);
        let _ = writeln!(out, "<p class=\"drift\">{drift}, since {since}</p>");
    }
    out.push_str("</div>\n");
}

/// What a site yields by day, each with what is to be read above it.
fn charts(site: &SiteStatus, today: Date) -> [(String, String); 4] {
    let articles: u64 = site.last_days(today).map(|day| day.articles).sum();
    let failures: u64 = site.last_days(today).map(DayStatus::failures).sum();
    let last = |value: fn(&DayStatus) -> Option<f64>| {
        let mut days: Vec<&DayStatus> = site.last_days(today).collect();
        days.reverse();
        days.into_iter().find_map(value)
    };
    let percent = |value: Option<f64>| {
        value.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0))
    };
    let words = last(|day| day.word_count).map_or("–".to_owned(), |words| format!("{words:.0}"));
    let by_day = |value: fn(&DayStatus) -> Option<f64>| site.by_day(today, value);
    [
        (
            bold(articles, "article"),
            bars(
                &format!("Articles a day: {articles} in 30 days"),
                "articles",
                &by_day(|day| Some(number(day.articles))),
                None,
            ),
        ),
        (
            format!("<b>{words}</b> words"),
            line(
                &format!("Words of an article by day, the last: {words}"),
                "words",
                &by_day(|day| day.word_count),
                None,
            ),
        ),
        (
            format!(
                "<b>{}</b> of fields filled",
                percent(last(|day| day.fields))
            ),
            line(
                &format!(
                    "Share of fields that are filled, by day, the last: {}",
                    percent(last(|day| day.fields))
                ),
                "fields",
                &by_day(|day| day.fields),
                Some(1.0),
            ),
        ),
        (
            bold(failures, "failure"),
            bars(
                &format!(
                    "Share of pages that failed, by day: {} in 30 days",
                    counted(failures, "failure")
                ),
                "failures",
                &by_day(DayStatus::failing),
                Some(1.0),
            ),
        ),
    ]
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a chart shows no more than a few digits"
)]
fn number(count: u64) -> f64 {
    count as f64
}

fn bold(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("<b>{}</b> {noun}{plural}", thousands(count))
}

/// A count with a thin space between thousands, as ISO 80000-1 has it.
fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::status;

    /// What tries to leave a text, a `<title>`, a comment, an attribute and an SVG.
    const HOSTILE: &str = "</title></svg></style><script>alert(1)</script>--><img src=x onerror=alert(2)>\" onmouseover=\"alert(3)' style='x\u{202e}<a href=javascript:alert(4)>\u{0}";

    fn parsed(page: &str) -> scraper::Html {
        scraper::Html::parse_document(page)
    }

    #[test]
    fn hostile_names_stay_text() {
        let page = parsed(&render(&status(HOSTILE), Some(60)));
        let known = [
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "header",
            "h1",
            "h2",
            "h3",
            "h4",
            "p",
            "section",
            "ul",
            "li",
            "b",
            "bdi",
            "span",
            "div",
            "dl",
            "dt",
            "dd",
            "figure",
            "figcaption",
            "svg",
            "path",
            "table",
            "tbody",
            "tr",
            "th",
            "td",
            "i",
        ];
        let harmless = [
            "lang",
            "charset",
            "http-equiv",
            "content",
            "name",
            "class",
            "style",
            "scope",
            "role",
            "aria-label",
            "viewBox",
            "preserveAspectRatio",
            "d",
        ];
        for node in page.root_element().descendent_elements() {
            assert!(known.contains(&node.value().name()), "{}", node.html());
            for (name, value) in node.value().attrs() {
                assert!(harmless.contains(&name), "{name} of {}", node.html());
                if name == "style" {
                    let width = value
                        .strip_prefix("width: ")
                        .and_then(|width| width.strip_suffix('%'));
                    assert!(width.unwrap().parse::<f64>().is_ok(), "{value}");
                }
            }
        }
        let shown: String = page.root_element().text().collect();
        let without_control = HOSTILE.replace('\u{0}', "");
        // Banner: the configuration, job and error; drift: site and job; job: name, error, schedule,
        // output; site.
        assert_eq!(shown.matches(&without_control).count(), 10, "{shown}");
    }

    #[test]
    fn what_turns_the_direction_is_shut_in() {
        let page = parsed(&render(&status(HOSTILE), None));
        let nodes = page.root_element().descendent_elements();
        let turning = nodes.filter(|node| {
            let own = node.children().filter_map(|child| child.value().as_text());
            own.into_iter().any(|text| text.contains('\u{202e}'))
        });
        for node in turning {
            assert_eq!(node.value().name(), "bdi", "{}", node.html());
        }
    }

    #[test]
    fn nothing_is_loaded_and_nothing_runs() {
        for page in [render(&status("x"), Some(60)), render(&status("x"), None)] {
            let at = page.find(&format!("content=\"{POLICY}\"")).unwrap();
            assert!(at < page.find("<title>").unwrap() && at < page.find("<style>").unwrap());
            for outside in [
                "url(", "@import", "http:", "https:", "src=", "href=", "<script", "<link",
            ] {
                assert!(!page.contains(outside), "{outside}");
            }
        }
    }

    /// The browser closes what is left open, and drops what is closed twice; here nothing of that is
    /// to do.
    #[test]
    fn every_element_is_closed_where_it_was_opened() {
        let page = render(&status("courier.example"), Some(60));
        let mut open: Vec<&str> = Vec::new();
        for tag in page.split('<').skip(2) {
            let name = tag
                .split(['>', ' ', '/'])
                .find(|name| !name.is_empty())
                .unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{tag}");
            } else if name != "meta" && !tag.contains("/>") {
                open.push(name);
            }
        }
        assert_eq!(open, [""; 0]);
    }

    #[test]
    fn every_chart_says_in_words_what_it_shows() {
        let page = parsed(&render(&status("courier.example"), None));
        let charts = scraper::Selector::parse("svg").unwrap();
        let labels: Vec<&str> = page
            .select(&charts)
            .map(|svg| svg.attr("aria-label").unwrap())
            .collect();
        assert_eq!(
            labels,
            [
                "Articles a run, the last 2: 12 at most",
                "Failures a run, the last 2: 2 at most",
                "Seconds a run, the last 2: 62 at most",
                "Articles a day: 21 in 30 days",
                "Words of an article by day, the last: 500",
                "Share of fields that are filled, by day, the last: 92 %",
                "Share of pages that failed, by day: 2 failures in 30 days",
            ]
        );
        assert!(
            page.select(&charts)
                .all(|svg| svg.attr("role") == Some("img"))
        );
    }

    #[test]
    fn what_is_to_be_looked_at_stands_first() {
        let page = render(&status("courier.example"), None);
        let drift = "blocked 100 % instead of 2 %, since 2026-11-22 07:30 UTC";
        assert!(page.find(drift).unwrap() < page.find("class=\"job\"").unwrap());
        assert_eq!(
            page.matches(drift).count(),
            2,
            "at the head and at the site"
        );
    }

    #[test]
    fn runs_of_one_minute_are_told_apart() {
        let mut status = status("courier.example");
        assert!(render(&status, None).contains("<td class=\"when\">2026-11-23 07:29</td>"));
        let job = &mut status.jobs[0];
        let mut next = job.runs[1].clone();
        next.started_at = "2026-11-23T07:29:07Z".parse().unwrap();
        next.elapsed_seconds = 0.41;
        job.runs.push(next);
        let page = render(&status, None);
        assert!(page.contains(
            "<td class=\"when\">2026-11-23 07:29:07</td><td>signal</td><td class=\"num\">0.4 s</td>"
        ));
        assert!(page.contains("<td class=\"when\">2026-11-23 07:29:00</td>"));
    }

    #[test]
    fn one_is_not_many() {
        let mut status = status("courier.example");
        let job = &mut status.jobs[0];
        job.runs.remove(0);
        let site = job.sites.get_mut("courier.example").unwrap();
        site.days.remove(1);
        site.days[1].articles = 1;
        let page = render(&status, None);
        for want in [
            "Failures of the last run, by reason",
            "<b>1</b> article<",
            "<b>1</b> failure<",
        ] {
            assert!(page.contains(want), "{want}");
        }
    }

    #[test]
    fn thousands_are_parted() {
        for (count, want) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1\u{202f}000"),
            (1_234_567, "1\u{202f}234\u{202f}567"),
        ] {
            assert_eq!(thousands(count), want);
        }
    }
}
