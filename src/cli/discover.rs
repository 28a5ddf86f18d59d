//! `chaffinch discover`.

use anyhow::{Result, bail};

use super::args::{Discover, FoundForm, Talk};
use super::crawl::{section, warn_of_no_contact};
use super::progress::Progress;
use super::{config, exit, runtime, summary};
use crate::config::{CrawlFlags, FindingSection, crawl_job};
use crate::output::{found, stream};
use crate::run::crawl::discover::discover;
use crate::run::{RunError, Stop};

pub(super) fn run(flags: Discover, talk: Talk) -> Result<u8> {
    let file = config(flags.config.as_deref())?;
    let mut finding = flags.sources.section(flags.wanted);
    finding.discover = flags.sites;
    if !finding.has_sources() {
        bail!("give a SITE, --feed or --sitemap");
    }
    let job = crawl_job(
        CrawlFlags {
            section: section(flags.asking),
            finding: finding.finding("command line")?,
            ..CrawlFlags::default()
        },
        &file,
    )?;
    warn_of_no_contact([&job]);
    let form = match flags.format {
        FoundForm::Text => found::Form::Text,
        FoundForm::Jsonl => found::Form::JsonLines,
    };
    let progress = Progress::new(talk.progress, talk.quiet);
    let stop = Stop::on_signals();
    let mut count = 0;
    let tell = |page: crate::run::crawl::discover::Found| {
        count += 1;
        stream::print(&found::line(&page.url, &page.entry, form)).map_err(RunError::from)
    };
    let done = runtime()?.block_on(discover(job, &stop, &progress, tell));
    progress.finish();
    let report = match done {
        Err(RunError::Output(error)) if error.is_broken_pipe() => return Ok(exit::OK),
        done => done?,
    };
    summary::found(&report, count, talk);
    Ok(exit::of_discovery(&report, count))
}

impl super::args::Sources {
    /// The same as keys of a job.
    pub(super) fn section(self, wanted: super::args::Wanted) -> FindingSection {
        FindingSection {
            feeds: self.feed,
            sitemaps: self.sitemap,
            discover: Vec::new(),
            follow: self.follow,
            since: wanted.since,
            include: wanted.include,
            exclude: wanted.exclude,
            max_found: wanted.max_found,
        }
    }
}
