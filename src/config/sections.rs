//! The sections of the file: what may stand in them, and which of two that say something wins.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::{
    CatchUpName, CronPattern, Depth, FavorName, FindingSection, Formats, Network, PackingName,
    RotationName, Size, Span, Zone,
};
use crate::crawl::choice::{Pattern, Since};
use crate::extract::Detail;
use crate::output::{self, Format};

/// `[crawl]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrawlSection {
    /// Pause between two requests to one host, from the end of the response.
    pub delay: Option<Span>,
    /// Bound on a whole request.
    pub timeout: Option<Span>,
    /// Further attempts after one that failed.
    pub retries: Option<u32>,
    /// Requests at once, over all hosts.
    pub concurrency: Option<usize>,
    /// Largest body, on the wire and unpacked.
    pub max_body: Option<Size>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// Whom to reach, in the `User-Agent`: the address of a page or of mail.
    pub contact: Option<String>,
    /// Networks that may be dialled besides the public ones.
    pub allow_network: Option<Vec<Network>>,
    /// Longest pause that slowness and trouble make of `delay`.
    pub delay_max: Option<Span>,
    /// Failures in a row after which a site rests.
    pub rest_after: Option<u32>,
    /// How long it rests.
    pub rest: Option<Span>,
    /// Failures in a row after which a site is given up for the run.
    pub give_up_after: Option<u32>,
    /// How long after its end a later run asks again what may have healed.
    pub retry_later: Option<Span>,
    /// Politeness groups by host; of other hosts the group is the registrable domain.
    pub groups: BTreeMap<String, String>,
    /// Hosts whose robots.txt is ignored.
    pub ignore_robots: Option<Vec<String>>,
    /// Hosts whose certificates are not verified.
    pub insecure: Option<Vec<String>>,
    /// The proxy that makes all requests; empty for none.
    pub proxy: Option<String>,
    /// Whether cookies are kept.
    pub cookies: Option<bool>,
}

/// `[clean]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CleanSection {
    /// Which files of a folder.
    pub glob: Option<Vec<String>>,
    /// Threads; 0 for as many as there are cores.
    pub threads: Option<usize>,
}

/// `[extract]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtractSection {
    /// Which errors weigh more.
    pub favor: Option<FavorName>,
}

/// `[output]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputSection {
    /// The forms.
    pub format: Option<Formats>,
    /// When a crawl's records go to a file of their own.
    pub rotate: Option<RotationName>,
    /// How such files are packed.
    pub compress: Option<PackingName>,
    /// Whether the record holds typed blocks, what was removed, and comments.
    pub full: Option<bool>,
    /// Whether links in the text are kept, in Markdown and in typed blocks.
    pub links: Option<bool>,
    /// Folder in which what goes over the wire is kept; empty for nowhere.
    pub keep_warc: Option<PathBuf>,
    /// Size at which such a file is full.
    pub warc_size: Option<Size>,
}

/// One `[[jobs]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobSection {
    /// Its name, unique in the file.
    pub name: Spanned<String>,
    /// Interval between two starts.
    pub every: Option<Span>,
    /// Cron pattern of the starts.
    pub cron: Option<CronPattern>,
    /// Whose clock it means; without it the system's.
    pub timezone: Option<Zone>,
    /// The longest that is added to each start.
    pub jitter: Option<Span>,
    /// What becomes of a start that was missed.
    pub catch_up: Option<CatchUpName>,
    /// The longest that the job works in one run.
    pub max_run_time: Option<Span>,
    /// URLs to crawl.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Files of URLs to crawl, read anew for each run.
    #[serde(default)]
    pub lists: Vec<PathBuf>,
    /// Addresses of feeds.
    #[serde(default)]
    pub feeds: Vec<String>,
    /// Addresses of sitemaps.
    #[serde(default)]
    pub sitemaps: Vec<String>,
    /// Sites, whose feeds and sitemaps are looked for.
    #[serde(default)]
    pub discover: Vec<String>,
    /// How many links from front pages are followed.
    pub follow: Option<Depth>,
    /// Since when pages that are found are wanted.
    pub since: Option<Since>,
    /// Patterns of which their addresses must fit one.
    #[serde(default)]
    pub include: Vec<Pattern>,
    /// Patterns of which they must fit none.
    #[serde(default)]
    pub exclude: Vec<Pattern>,
    /// Most pages taken of one source in one run.
    pub max_found: Option<u64>,
    /// Saved pages to clean: files and folders.
    #[serde(default)]
    pub paths: Vec<PathBuf>,
    /// The folder of the output.
    pub out: PathBuf,
    /// Whether each run asks again what is done.
    #[serde(default)]
    pub refresh: bool,
    /// Ages at which an article is asked again.
    pub revisit: Option<Vec<Span>>,
    /// Longest rest of a source.
    pub rest_max: Option<Span>,
    /// How long URLs are known that nothing names any more.
    pub forget: Option<Span>,
    /// Most URLs to finish in one run.
    pub limit: Option<u64>,
}

impl JobSection {
    /// Where it finds pages. Its keys stand in the job itself, so that a wrong one is named.
    pub(super) fn finding(&self) -> FindingSection {
        FindingSection {
            feeds: self.feeds.clone(),
            sitemaps: self.sitemaps.clone(),
            discover: self.discover.clone(),
            follow: self.follow,
            since: self.since,
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            max_found: self.max_found,
        }
    }
}

impl CrawlSection {
    /// These settings where they say something, else those of `below`. Networks, hosts and groups
    /// add up.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let networks = [below.allow_network, self.allow_network];
        let mut groups = below.groups;
        groups.extend(self.groups);
        Self {
            contact: self.contact.or(below.contact),
            delay_max: self.delay_max.or(below.delay_max),
            rest_after: self.rest_after.or(below.rest_after),
            rest: self.rest.or(below.rest),
            give_up_after: self.give_up_after.or(below.give_up_after),
            retry_later: self.retry_later.or(below.retry_later),
            groups,
            ignore_robots: Some(both(below.ignore_robots, self.ignore_robots)),
            insecure: Some(both(below.insecure, self.insecure)),
            proxy: self.proxy.or(below.proxy),
            cookies: self.cookies.or(below.cookies),
            delay: self.delay.or(below.delay),
            timeout: self.timeout.or(below.timeout),
            retries: self.retries.or(below.retries),
            concurrency: self.concurrency.or(below.concurrency),
            max_body: self.max_body.or(below.max_body),
            user_agent: self.user_agent.or(below.user_agent),
            allow_network: Some(networks.into_iter().flatten().flatten().collect()),
        }
    }
}

fn both(below: Option<Vec<String>>, above: Option<Vec<String>>) -> Vec<String> {
    [below, above].into_iter().flatten().flatten().collect()
}

impl CleanSection {
    /// These settings where they say something, else those of `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            glob: self.glob.or(below.glob),
            threads: self.threads.or(below.threads),
        }
    }
}

impl OutputSection {
    /// These settings where they say something, else those of `below`.
    #[must_use]
    pub fn over(self, below: &Self) -> Self {
        Self {
            format: self.format.or_else(|| below.format.clone()),
            rotate: self.rotate.or(below.rotate),
            compress: self.compress.or(below.compress),
            full: self.full.or(below.full),
            links: self.links.or(below.links),
            keep_warc: self.keep_warc.or_else(|| below.keep_warc.clone()),
            warc_size: self.warc_size.or(below.warc_size),
        }
    }

    /// The forms of the output, and what becomes of its files.
    #[must_use]
    pub fn options(&self) -> output::Options {
        let formats = self.format.as_ref().map(|formats| formats.0.clone());
        output::Options {
            formats: formats.unwrap_or_else(|| vec![Format::default()]),
            rotation: self.rotate.and_then(|name| name.0),
            packing: self.compress.and_then(|name| name.0),
        }
    }

    /// Where what goes over the wire is kept.
    pub(super) fn warc(&self) -> Option<output::warc::Options> {
        // A flag that is empty wins over the file, too.
        let folder = self.keep_warc.as_ref();
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty())?;
        let usual = output::warc::Options::FILE_BYTES_MAX;
        Some(output::warc::Options {
            folder: folder.clone(),
            file_bytes_max: self.warc_size.map_or(usual, |size| size.0),
        })
    }

    /// What must be extracted for it.
    pub(super) fn detail(&self) -> Detail {
        if self.full == Some(true) {
            Detail::Full
        } else if self.options().formats.contains(&Format::Markdown) {
            Detail::Typed
        } else {
            Detail::Plain
        }
    }
}
