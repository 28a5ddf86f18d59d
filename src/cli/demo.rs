//! `chaffinch demo`: crawls a small site of our own and shows what became of it.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::args::{Demo, Talk};
use super::{exit, runtime, summary};
use crate::article::Article;
use crate::config::{CrawlFlags, CrawlSection, File, Network, Span, crawl_job};
use crate::extract::{Detail, Options, extract};
use crate::failure::Failure;
use crate::input::urls::Line;
use crate::output::folder::{ARTICLES, FAILURES};
use crate::page::Page;
use crate::run::clock::Clock;
use crate::run::demo::Site;
use crate::run::{Stop, Stopped, Unwatched, crawl};

/// The page whose chaff is shown line by line.
const SHOWN: &str = include_str!("../../testdata/pages/newspaper-bare/source.html");
/// Letters of a line that are shown.
const LINE_CHARS: usize = 76;

pub(super) fn run(flags: &Demo, talk: Talk) -> Result<u8> {
    let scratch = std::env::temp_dir().join(format!("chaffinch-demo-{}", std::process::id()));
    let out = flags.output.clone().unwrap_or_else(|| scratch.clone());
    let done = runtime()?.block_on(visit(&out, talk));
    let told = done.and_then(|stopped| Ok((stopped, tell(&out)?)));
    if flags.output.is_none() {
        // What cannot be removed is the system's to clean up.
        let _ = std::fs::remove_dir_all(&scratch);
    }
    let (stopped, mut text) = told?;
    match &flags.output {
        Some(out) => writeln!(text, "Output and state are in {}.", out.display())?,
        None => text.push_str("Nothing was kept; --output DIR keeps it.\n"),
    }
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    // The failures are part of the show.
    Ok(match stopped {
        Stopped::Signal(signal) => exit::of_signal(signal),
        _ => exit::OK,
    })
}

async fn visit(out: &Path, talk: Talk) -> Result<Stopped> {
    let site = Site::serve().await.context("cannot serve the demo site")?;
    let urls = site
        .urls()
        .into_iter()
        .map(|text| Line {
            text,
            place: "demo".to_owned(),
        })
        .collect();
    let section = CrawlSection {
        delay: Some(Span(Duration::from_millis(50))),
        allow_network: Some(vec![Network(site.address.ip().into())]),
        ..CrawlSection::default()
    };
    let job = crawl_job(
        CrawlFlags {
            section,
            urls,
            out: Some(out.to_owned()),
            ..CrawlFlags::default()
        },
        &File::default(),
    )?;
    let report = crawl::crawl(job, Clock::start(), &Stop::on_signals(), &Unwatched).await?;
    summary::print(&report, None, "", talk);
    Ok(report.stopped)
}

/// What the crawl wrote, and what was thrown away of one page.
fn tell(out: &Path) -> Result<String> {
    let mut text = String::from("\nArticles\n");
    for line in lines(&out.join(ARTICLES))? {
        let article: Article = serde_json::from_str(&line)?;
        let title = article.metadata.title.unwrap_or_default();
        let _ = writeln!(
            text,
            "  {:<22} {:>3} words  {title}",
            path_of(article.url.as_deref()),
            article.word_count
        );
    }
    text += "\nFailures\n";
    for line in lines(&out.join(FAILURES))? {
        let failure: Failure = serde_json::from_str(&line)?;
        let _ = writeln!(
            text,
            "  {:<22} {}: {}",
            path_of(failure.url.as_deref()),
            failure.status,
            failure.detail
        );
    }
    text += "\nOne page without a single class name: what stays\n";
    let article = extract(
        &Page::from_html(SHOWN),
        &Options {
            detail: Detail::Full,
            ..Options::default()
        },
    )
    .context("the demo page holds an article")?;
    for block in &article.body {
        let _ = writeln!(text, "  {}", short(&block.text));
    }
    text += "and what goes\n";
    for removed in &article.removed {
        let reason = serde_json::to_value(removed.reason)?;
        let _ = writeln!(
            text,
            "  {:<14} {}",
            reason.as_str().unwrap_or_default(),
            short(&removed.text)
        );
    }
    text.push('\n');
    Ok(text)
}

fn lines(path: &Path) -> Result<Vec<String>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn path_of(url: Option<&str>) -> String {
    let url = url.and_then(|url| url::Url::parse(url).ok());
    url.map(|url| url.path().to_owned()).unwrap_or_default()
}

fn short(text: &str) -> String {
    let line = text.replace('\n', " / ");
    let cut: String = line.chars().take(LINE_CHARS).collect();
    if cut.len() < line.len() {
        cut + "…"
    } else {
        cut
    }
}
