//! `chaffinch crawl`.

use std::io;
use std::path::Path;

use anyhow::Result;

use super::args::{Asking, Crawl, Extent, Talk};
use super::progress::Progress;
use super::{config, exit, runtime, summary};
use crate::config::{
    CrawlFlags, CrawlSection, FormatName, OutputSection, crawl_job, lacks_contact,
};
use crate::input::urls::{self, Line};
use crate::run::schedule::read_list;
use crate::run::{RunError, Stop, crawl};

pub(super) fn run(flags: Crawl, talk: Talk) -> Result<u8> {
    let file = config(flags.config.as_deref())?.favoring(flags.reading.favor);
    let urls = lines(&flags)?;
    let mut finding = flags.sources.section(flags.wanted);
    finding.discover = flags.discover;
    let job = crawl_job(
        CrawlFlags {
            section: section(flags.asking),
            urls,
            finding: finding.finding("command line")?,
            out: Some(flags.output),
            output: output(flags.format, flags.extent),
            refresh: flags.refresh,
            limit: flags.limit,
        },
        &file,
    )?;
    warn_of_no_contact([&job]);
    let out = job.out.clone();
    let progress = Progress::new(talk.progress, talk.quiet);
    let stop = Stop::on_signals();
    let report = runtime()?.block_on(crawl::crawl(job, &stop, &progress));
    progress.finish();
    let report = report?;
    summary::print(
        &report,
        None,
        &format!("output and state in {}", out.display()),
        talk,
    );
    Ok(exit::of_report(&report))
}

/// One warning, however many crawls do not say whose they are.
pub(super) fn warn_of_no_contact<'j>(jobs: impl IntoIterator<Item = &'j crawl::Job>) {
    if jobs.into_iter().any(lacks_contact) {
        tracing::warn!(
            "no contact is set: whoever minds this crawl finds at most the project's page; set \
             `contact` or --contact to the address of a page or of mail"
        );
    }
}

/// The output that the flags ask for. A flag that is not given leaves it to the file.
pub(super) fn output(format: Option<FormatName>, extent: Extent) -> OutputSection {
    OutputSection {
        format,
        full: extent.full.then_some(true),
        links: extent.links.then_some(true),
    }
}

/// The settings among the flags.
pub(super) fn section(asking: Asking) -> CrawlSection {
    CrawlSection {
        delay: asking.delay,
        timeout: asking.timeout,
        retries: asking.retries,
        concurrency: asking.concurrency,
        max_body: asking.max_body,
        user_agent: asking.user_agent,
        contact: asking.contact,
        allow_network: Some(asking.allow_network).filter(|networks| !networks.is_empty()),
        ignore_robots: Some(asking.ignore_robots),
        insecure: Some(asking.insecure),
        ..CrawlSection::default()
    }
}

/// The URLs of the command line, then those of the lists.
fn lines(flags: &Crawl) -> Result<Vec<Line>, RunError> {
    let named = flags.urls.iter().map(|url| Line {
        text: url.trim().to_owned(),
        place: "command line".to_owned(),
    });
    let mut lines: Vec<Line> = named.collect();
    for list in &flags.input {
        lines.extend(read_input(list)?);
    }
    Ok(lines)
}

fn read_input(list: &Path) -> Result<Vec<Line>, RunError> {
    if list.as_os_str() != "-" {
        return read_list(list);
    }
    let name = "stdin".to_owned();
    urls::read_list(io::stdin().lock(), &name).map_err(|source| RunError::List { name, source })
}
