//! TOML, environment and flags → what each room needs.
//!
//! Precedence: default < file < environment < flag; the two last arrive together as
//! [`CrawlFlags`] and [`CleanFlags`]. Everything is checked before the first request, and what is
//! wrong is named: a key by file, line and column, a flag by its name.

mod finding;
mod jobs;
mod limits;
mod sites;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use finding::{Depth, FindingSection};
pub use jobs::jobs;
pub use limits::LimitsSection;
pub use sites::{Selectors, SiteSection};
pub use values::{FavorName, Formats, Network, PackingName, RotationName, Size, Span};

use crate::crawl::choice::{Pattern, Since};
use crate::crawl::retry::Retry;
use crate::crawl::robots::product_token;
use crate::crawl::{Lanes, Politeness, url_key};
use crate::extract::{Detail, Favor};
use crate::input::files::{self, DEFAULT_GLOBS};
use crate::input::url_map::UrlMap;
use crate::input::urls::{Line, List};
use crate::output::Format;
use crate::run::{clean, crawl};
use crate::{extract, fetch, output};

/// The folder of a crawl's output unless the user says which.
pub const DEFAULT_OUT: &str = "chaffinch-out";
/// The `User-Agent` unless the user says which; who is to be reached stands behind it.
pub const DEFAULT_USER_AGENT: &str = concat!("chaffinch/", env!("CARGO_PKG_VERSION"));
/// Who is to be reached unless the user says whom: the page of the project.
pub const PROJECT_PAGE: &str = "https://crates.io/crates/chaffinch";

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

/// A configuration file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// Settings of every crawl.
    pub crawl: CrawlSection,
    /// Bounds on requests, answers and pages.
    pub limits: LimitsSection,
    /// Settings of every cleaning.
    pub clean: CleanSection,
    /// Settings of extraction.
    pub extract: ExtractSection,
    /// Settings of the output.
    pub output: OutputSection,
    /// Rules for single sites.
    pub sites: Vec<SiteSection>,
    /// What `run` runs.
    pub jobs: Vec<JobSection>,
}

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
    pub name: String,
    /// Interval between two starts.
    pub every: Option<Span>,
    /// Cron pattern of the starts, in the system's time zone.
    pub cron: Option<String>,
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
    /// Most URLs to finish in one run.
    pub limit: Option<u64>,
}

impl JobSection {
    /// Where it finds pages. Its keys stand in the job itself, so that a wrong one is named.
    fn finding(&self) -> FindingSection {
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
    fn warc(&self) -> Option<output::warc::Options> {
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
    fn detail(&self) -> Detail {
        if self.full == Some(true) {
            Detail::Full
        } else if self.options().formats.contains(&Format::Markdown) {
            Detail::Typed
        } else {
            Detail::Plain
        }
    }
}

impl File {
    /// Reads a configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with file, line and column of what is wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::new(format_args!("{name}: {error}")))?;
        let mut file = Self::parse(&text, &name.to_string())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let kept = file.output.keep_warc.take();
        let is_set = |kept: &PathBuf| !kept.as_os_str().is_empty();
        file.output.keep_warc = kept.filter(is_set).map(|kept| folder.join(kept));
        Ok(file)
    }

    /// Reads the text of a configuration called `name`.
    ///
    /// # Errors
    ///
    /// See [`File::read`].
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let wrong = |at: usize, what: &dyn fmt::Display| {
            let (line, column) = place(text, at);
            ConfigError::new(format_args!("{name}:{line}:{column}: {what}"))
        };
        let file: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(at, &error.message())
        })?;
        match sites::twice(&file.sites) {
            Some((at, domain)) => {
                let what = format_args!("another [[sites]] is for {domain}");
                Err(wrong(at, &what))
            }
            None => Ok(file),
        }
    }

    /// The same, with what flags and environment say of extraction.
    #[must_use]
    pub fn favoring(mut self, favor: Option<FavorName>) -> Self {
        self.extract.favor = favor.or(self.extract.favor);
        self
    }

    /// How pages are extracted for an output: as favoured, and by the rules for their sites.
    #[must_use]
    pub fn extract_options(&self, output: &OutputSection) -> extract::Options {
        extract::Options {
            detail: output.detail(),
            links: output.links == Some(true),
            rules: sites::rules(&self.sites),
            limits: self.limits.dom(),
            favor: self
                .extract
                .favor
                .map_or_else(Favor::default, |name| name.0),
            ..extract::Options::default()
        }
    }
}

/// Line and column of a byte, both from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before.get(line_start..).unwrap_or_default().chars().count() + 1,
    )
}

/// What flags and environment say of a crawl.
#[derive(Debug, Clone, Default)]
pub struct CrawlFlags {
    /// The settings that a file could have, too.
    pub section: CrawlSection,
    /// The URLs, with their places.
    pub urls: Vec<Line>,
    /// Lists of further URLs.
    pub lists: Vec<List>,
    /// Where further URLs are found.
    pub finding: crawl::Finding,
    /// The folder of the output.
    pub out: Option<PathBuf>,
    /// The form of the output.
    pub output: OutputSection,
    /// Ask again what is done.
    pub refresh: bool,
    /// Most URLs to finish.
    pub limit: Option<u64>,
}

/// What flags and environment say of a cleaning.
#[derive(Debug, Clone, Default)]
pub struct CleanFlags {
    /// The settings that a file could have, too.
    pub section: CleanSection,
    /// The inputs.
    pub paths: Vec<PathBuf>,
    /// Address of the inputs.
    pub base_url: Option<String>,
    /// Addresses by file.
    pub url_map: Option<PathBuf>,
    /// The form of the output.
    pub output: OutputSection,
}

/// The crawl that flags and file ask for.
///
/// # Errors
///
/// [`ConfigError`] naming the setting that is wrong.
pub fn crawl_job(flags: CrawlFlags, file: &File) -> Result<crawl::Job, ConfigError> {
    let section = flags.section.over(file.crawl.clone());
    let output = flags.output.over(&file.output);
    let user_agent = user_agent(&section)?;
    let packs = output.options();
    if packs.packing.is_some() && packs.rotation.is_none() {
        return Err(ConfigError::new(
            "compress packs the files that rotate makes; set rotate, too",
        ));
    }
    let concurrency = section.concurrency.unwrap_or(32);
    if concurrency == 0 {
        return Err(ConfigError::new("concurrency must be at least 1"));
    }
    let timeout = section
        .timeout
        .map_or(Duration::from_secs(30), |span| span.0);
    if timeout.is_zero() {
        return Err(ConfigError::new("timeout must be more than 0s"));
    }
    let politeness = politeness(&section);
    let ignore_robots = hosts("ignore_robots", section.ignore_robots)?;
    let insecure_hosts = hosts("insecure", section.insecure)?;
    let set = section.proxy.as_deref().filter(|proxy| !proxy.is_empty());
    let proxy = set.map(proxy).transpose()?;
    let max_body_bytes = section.max_body.map_or(20 << 20, |size| size.0);
    let mut limits = file.limits.fetch()?;
    limits.wire_body_bytes.get_or_insert(max_body_bytes);
    let later = section.retry_later;
    let networks = section.allow_network.unwrap_or_default();
    let allow_networks = networks.into_iter().map(|network| network.0).collect();
    Ok(crawl::Job {
        urls: flags.urls,
        lists: flags.lists,
        finding: flags.finding,
        out: flags.out.unwrap_or_else(|| DEFAULT_OUT.into()),
        output: output.options(),
        keep_warc: output.warc(),
        fetch: fetch::Options {
            user_agent,
            allow_networks,
            timeout,
            max_body_bytes,
            limits,
            insecure_hosts,
            proxy,
            cookies: section.cookies.unwrap_or(true),
            // The crawl has them handed over if it keeps them.
            exchanges: false,
        },
        extract: file.extract_options(&output),
        politeness,
        lanes: Lanes::new(section.groups),
        ignore_robots,
        redirects_max: file.limits.redirects(),
        url_bytes_max: file.limits.url()?,
        retry: Retry {
            retries: section.retries.unwrap_or(3),
            later: later.map_or(Duration::from_hours(1), |span| span.0),
        },
        concurrency,
        refresh: flags.refresh,
        limit: flags.limit,
    })
}

/// The `User-Agent` header: product and version, and behind it whom to reach.
fn user_agent(section: &CrawlSection) -> Result<String, ConfigError> {
    let product = section.user_agent.as_deref().unwrap_or(DEFAULT_USER_AGENT);
    let own = section.contact.as_deref();
    let contact = own.or(section.user_agent.is_none().then_some(PROJECT_PAGE));
    let header = contact.map_or_else(
        || product.to_owned(),
        |contact| format!("{product} (+{contact})"),
    );
    if product_token(&header).is_empty() {
        return Err(ConfigError::new(format_args!(
            "user_agent {header:?} does not start with a word of ASCII letters"
        )));
    }
    if !header.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(ConfigError::new(format_args!(
            "user_agent {header:?} holds more than visible ASCII"
        )));
    }
    if own.is_some_and(|contact| !is_contact(contact)) {
        return Err(ConfigError::new(format_args!(
            "contact {:?} is neither the address of a page nor of mail",
            own.unwrap_or_default()
        )));
    }
    Ok(header)
}

/// Whether a text says how somebody is to be reached.
fn is_contact(text: &str) -> bool {
    text.contains("://") || text.contains('@')
}

/// Whether a crawl does not say how its owner is to be reached.
#[must_use]
pub fn lacks_contact(job: &crawl::Job) -> bool {
    let agent = &job.fetch.user_agent;
    agent.contains(PROJECT_PAGE) || !is_contact(agent)
}

fn politeness(section: &CrawlSection) -> Politeness {
    let usual = Politeness::default();
    let span = |set: Option<Span>, usual| set.map_or(usual, |span| span.0);
    Politeness {
        delay: span(section.delay, usual.delay),
        delay_max: span(section.delay_max, usual.delay_max),
        rest_after: section.rest_after.unwrap_or(usual.rest_after),
        rest: span(section.rest, usual.rest),
        give_up_after: section.give_up_after.unwrap_or(usual.give_up_after).max(1),
    }
}

/// Names of hosts, in the form in which URLs have them.
fn hosts(key: &str, named: Option<Vec<String>>) -> Result<Vec<String>, ConfigError> {
    let host = |name: String| {
        url::Host::parse(name.trim_end_matches('.'))
            .map(|host| host.to_string())
            .map_err(|_| ConfigError::new(format_args!("{key}: {name:?} is no host")))
    };
    named.unwrap_or_default().into_iter().map(host).collect()
}

fn proxy(text: &str) -> Result<url::Url, ConfigError> {
    let wrong = || {
        ConfigError::new(format_args!(
            "proxy {:?} is no address such as \"http://127.0.0.1:3128\" or \"socks5://127.0.0.1:1080\"",
            url_key::without_credentials(text)
        ))
    };
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let known = ["http", "https", "socks5", "socks5h"].contains(&url.scheme());
    if known && url.host_str().is_some_and(|host| !host.is_empty()) {
        Ok(url)
    } else {
        Err(wrong())
    }
}

/// The cleaning that flags and file ask for.
///
/// # Errors
///
/// [`ConfigError`] naming the setting that is wrong.
pub fn clean_job(flags: CleanFlags, file: &File) -> Result<clean::Job, ConfigError> {
    let section = flags.section.over(file.clean.clone());
    let globs = match section.glob {
        Some(patterns) if !patterns.is_empty() => files::globs(&patterns),
        _ => files::globs(&DEFAULT_GLOBS),
    };
    let base_url = flags.base_url.map(|base| {
        url_key::parse(&base)
            .map_err(|error| ConfigError::new(format_args!("base URL {base:?}: {error}")))
    });
    Ok(clean::Job {
        paths: flags.paths,
        files: files::Options {
            globs: Some(globs.map_err(|error| ConfigError::new(format_args!("glob: {error}")))?),
            base_url: base_url.transpose()?,
            url_map: flags.url_map.map(|path| read_url_map(&path)).transpose()?,
        },
        extract: file.extract_options(&flags.output.over(&file.output)),
        threads: section.threads.unwrap_or(0),
    })
}

fn read_url_map(path: &Path) -> Result<UrlMap, ConfigError> {
    let file = std::fs::File::open(path)
        .map_err(|error| ConfigError::new(format_args!("{}: {error}", path.display())))?;
    UrlMap::read(std::io::BufReader::new(file), path)
        .map_err(|error| ConfigError::new(with_cause(&error)))
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Rotation;
    use crate::output::pack::Packing;

    #[test]
    fn what_is_wrong_is_named_with_line_and_column() {
        for (text, want) in [
            (
                "[crawl]\n  dealy = \"1s\"\n",
                "c.toml:2:3: unknown field `dealy`",
            ),
            (
                "[crawl]\ndelay = \"soon\"\n",
                "c.toml:2:9: \"soon\" is no duration",
            ),
            ("[crawl]\nretries = -1\n", "c.toml:2:11: "),
            (
                "[output]\nformat = \"xml\"\n",
                "c.toml:2:10: \"xml\" is none of jsonl, txt, md, csv, sqlite, parquet",
            ),
            (
                "[[jobs]]\nname = \"a\"\n",
                "c.toml:1:1: missing field `out`",
            ),
            ("nonsense", "c.toml:1:"),
        ] {
            let error = File::parse(text, "c.toml").unwrap_err().to_string();
            assert!(error.starts_with(want), "{error}");
        }
    }

    #[test]
    fn flags_win_over_the_file() {
        let file = File::parse(
            "[crawl]\ndelay = \"5s\"\nretries = 9\nallow_network = [\"10.0.0.0/8\"]",
            "c",
        )
        .unwrap();
        let mut flags = CrawlFlags::default();
        flags.section.delay = Some(Span(Duration::from_millis(10)));
        flags.section.allow_network = Some(vec!["127.0.0.1".parse().unwrap()]);
        let job = crawl_job(flags, &file).unwrap();
        assert_eq!(
            (
                job.politeness.delay.as_millis(),
                job.retry.retries,
                job.fetch.allow_networks.len()
            ),
            (10, 9, 2)
        );
        assert_eq!(job.fetch.max_body_bytes, 20 * 1024 * 1024);
    }

    #[test]
    fn typed_blocks_are_made_only_where_they_are_wanted() {
        for (output, want) in [
            ("", (Detail::Plain, false)),
            ("format = \"txt\"\nlinks = true", (Detail::Plain, true)),
            ("format = \"md\"\nfull = false", (Detail::Typed, false)),
            ("format = \"md\"\nfull = true", (Detail::Full, false)),
            ("full = true\nlinks = true", (Detail::Full, true)),
        ] {
            let file = File::parse(&format!("[output]\n{output}"), "c").unwrap();
            let crawl = crawl_job(CrawlFlags::default(), &file).unwrap().extract;
            let clean = clean_job(CleanFlags::default(), &file).unwrap().extract;
            assert_eq!((crawl.detail, crawl.links), want, "{output}");
            assert_eq!(clean, crawl);
        }
    }

    #[test]
    fn formats_rotation_and_packing() {
        for (output, formats, rotation, packing) in [
            ("", vec![Format::JsonLines], None, None),
            (
                "format = [\"csv\", \"sqlite\", \"csv\"]\nrotate = \"day\"\ncompress = \"gz\"",
                vec![Format::Csv, Format::Sqlite],
                Some(Rotation::Day),
                Some(Packing::Gzip),
            ),
            (
                "format = \"md, parquet\"\nrotate = \"2MiB\"\ncompress = \"none\"",
                vec![Format::Markdown, Format::Parquet],
                Some(Rotation::Size(2 << 20)),
                None,
            ),
        ] {
            let file = File::parse(&format!("[output]\n{output}"), "c").unwrap();
            let job = crawl_job(CrawlFlags::default(), &file).unwrap();
            let want = output::Options {
                formats,
                rotation,
                packing,
            };
            assert_eq!(job.output, want, "{output}");
        }
        let file = File::parse("[output]\ncompress = \"zst\"", "c").unwrap();
        let error = crawl_job(CrawlFlags::default(), &file).unwrap_err();
        assert!(error.to_string().contains("set rotate"), "{error}");
        for wrong in ["format = [\"xls\"]", "rotate = \"0\"", "compress = \"rar\""] {
            let text = format!("[output]\n{wrong}");
            let error = File::parse(&text, "c").unwrap_err().to_string();
            assert!(error.contains("is none of"), "{error}");
        }
    }

    #[test]
    fn sizes_and_durations() {
        for (text, want) in [
            ("20MiB", 20 << 20),
            ("500 kB", 500_000),
            ("7", 7),
            ("1gib", 1 << 30),
        ] {
            assert_eq!(text.parse(), Ok(Size(want)));
        }
        for text in ["", "MiB", "1.5MiB", "-1", "1tb", "99999999999GiB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
        assert_eq!("1h 30m".parse(), Ok(Span(Duration::from_mins(90))));
        assert!("-1s".parse::<Span>().is_err());
    }

    #[test]
    fn jobs_that_cannot_run_are_refused() {
        let base = Path::new("/b");
        for (job, want) in [
            (
                "urls = [\"u\"]\nevery = \"1m\"\ncron = \"* * * * *\"",
                "both every and cron",
            ),
            ("urls = [\"u\"]\ncron = \"61 * * * *\"", "cron"),
            ("", "nothing to do"),
            ("urls = [\"u\"]\npaths = [\"p\"]", "make it two jobs"),
            ("paths = [\"p\"]\nlimit = 3", "are for crawls"),
            ("paths = [\"p\"]\nsince = \"2d\"", "are for crawls"),
            ("paths = [\"p\"]\nfeeds = [\"u\"]", "make it two jobs"),
            ("feeds = [\"u\"]\nmax_found = 0", "max_found must be"),
        ] {
            let file =
                File::parse(&format!("[[jobs]]\nname = \"a\"\nout = \"o\"\n{job}"), "c").unwrap();
            let error = jobs(&file, base).unwrap_err().to_string();
            assert!(
                error.starts_with("job \"a\": ") && error.contains(want),
                "{error}"
            );
        }
        let twice = "[[jobs]]\nname = \"a\"\nout = \"o\"\nurls = [\"u\"]\n".repeat(2);
        assert!(
            jobs(&File::parse(&twice, "c").unwrap(), base)
                .unwrap_err()
                .to_string()
                .contains("that name")
        );
        assert!(jobs(&File::default(), base).is_err());
    }
}
