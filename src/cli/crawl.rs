//! `chaffinch crawl`.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::args::{Asking, Crawl, Extent, Talk};
use super::progress::Progress;
use super::run::listen;
use super::{config, exit, runtime, summary};
use crate::config::{CrawlFlags, CrawlSection, Formats, OutputSection, crawl_job, lacks_contact};
use crate::input::urls::{Line, List};
use crate::run::clock::Clock;
use crate::run::shown::Shown;
use crate::run::{Stop, crawl};

pub(super) fn run(flags: Crawl, talk: Talk) -> Result<u8> {
    let urls = named(&flags);
    let lists: Vec<List> = flags.input.iter().map(|list| list_at(list)).collect();
    let mut finding = flags.sources.section(flags.wanted);
    finding.discover = flags.discover;
    if urls.is_empty() && lists.is_empty() && !finding.has_sources() {
        bail!("give a URL, --input, --discover, --feed or --sitemap");
    }
    let file = config(flags.config.as_deref())?.favoring(flags.reading.favor);
    let job = crawl_job(
        CrawlFlags {
            section: section(flags.asking),
            urls,
            lists,
            finding: finding.finding("command line")?,
            out: Some(flags.output),
            output: OutputSection {
                rotate: flags.rotate,
                compress: flags.compress,
                keep_warc: flags.keep_warc,
                warc_size: flags.warc_size,
                ..output(flags.format, flags.extent)
            },
            refresh: flags.refresh,
            limit: flags.limit,
        },
        &file,
    )?;
    warn_of_no_contact([&job]);
    let out = job.out.clone();
    let progress = Arc::new(Progress::new(talk.progress, talk.quiet));
    let clock = Clock::start();
    let shown = Arc::new(Shown::of_crawl(clock.now(), &out, progress.clone()));
    let _listener = listen(flags.listen, &shown)?;
    let stop = Stop::on_signals();
    let report = runtime()?.block_on(crawl::crawl(job, clock, &stop, &*shown));
    progress.finish();
    let report = report?;
    summary::print(
        &report,
        None,
        &format!("output and state in {}", out.display()),
        talk,
    );
    let code = exit::of_report(&report);
    Ok(exit::of_drift(code, &report, flags.fail_on_drift))
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
pub(super) fn output(format: Option<Formats>, extent: Extent) -> OutputSection {
    OutputSection {
        format,
        full: extent.full.then_some(true),
        links: extent.links.then_some(true),
        ..OutputSection::default()
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

/// The URLs of the command line.
fn named(flags: &Crawl) -> Vec<Line> {
    let named = flags.urls.iter().map(|url| Line {
        text: url.trim().to_owned(),
        place: "command line".to_owned(),
    });
    named.collect()
}

fn list_at(path: &Path) -> List {
    if path.as_os_str() == "-" {
        List::Stdin
    } else {
        List::File(path.to_owned())
    }
}
