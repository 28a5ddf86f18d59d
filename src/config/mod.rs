//! TOML, environment and flags → what each room needs.
//!
//! Precedence: default < file < environment < flag; the two last arrive together as
//! [`CrawlFlags`] and [`CleanFlags`]. Everything is checked before the first request, and what is
//! wrong is named: a key by file, line and column, a flag by its name.

mod crawls;
mod finding;
mod jobs;
mod limits;
mod sections;
mod sites;
mod values;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use crawls::{crawl_job, lacks_contact};
pub use finding::{Depth, FindingSection};
pub use jobs::jobs;
pub use limits::LimitsSection;
pub use sections::{CleanSection, CrawlSection, ExtractSection, JobSection, OutputSection};
pub use sites::{Selectors, SiteSection};
pub use values::{
    CatchUpName, CronPattern, FavorName, Formats, Network, PackingName, RotationName, Size, Span,
    Zone,
};

use crate::crawl::url_key;
use crate::extract::{self, Favor};
use crate::input::files::{self, DEFAULT_GLOBS};
use crate::input::url_map::UrlMap;
use crate::input::urls::{Line, List};
use crate::run::{clean, crawl, own};

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
    /// Where each job stands: file, line and column of its name.
    #[serde(skip)]
    pub job_places: Vec<String>,
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
        let located = |at: usize| {
            let (line, column) = place(text, at);
            format!("{name}:{line}:{column}")
        };
        let wrong = |at: usize, what: &dyn fmt::Display| {
            ConfigError::new(format_args!("{}: {what}", located(at)))
        };
        let mut file: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(at, &error.message())
        })?;
        let names = file.jobs.iter().map(|job| job.name.span().start);
        file.job_places = names.map(located).collect();
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
            passes_over: Some(own::is_own),
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
    use std::time::Duration;

    use super::*;
    use crate::extract::Detail;
    use crate::output::pack::Packing;
    use crate::output::{self, Format, Rotation};

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
            (
                "[[jobs]]\ncron = \"61 * * * *\"\n",
                "c.toml:2:8: \"61 * * * *\" is no cron pattern: ",
            ),
            (
                "[[jobs]]\ntimezone = \"Mars/Olympus\"\n",
                "c.toml:2:12: \"Mars/Olympus\" is no time zone",
            ),
            (
                "[[jobs]]\ncatch_up = \"twice\"\n",
                "c.toml:2:12: \"twice\" is none of once, skip",
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
        assert_eq!("2d".parse(), Ok(Span(Duration::from_hours(48))));
        assert!("1month".parse::<Span>().is_err(), "of which length?");
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
            (
                "urls = [\"u\"]\nevery = \"0s\"",
                "every must be more than 0s",
            ),
            ("urls = [\"u\"]\ncron = \"0 0 30 2 *\"", "never comes"),
            (
                "urls = [\"u\"]\nevery = \"1m\"\ntimezone = \"UTC\"",
                "timezone is for cron",
            ),
            ("urls = [\"u\"]\njitter = \"1m\"", "are for every and cron"),
            (
                "urls = [\"u\"]\ncatch_up = \"skip\"",
                "are for every and cron",
            ),
            (
                "urls = [\"u\"]\nmax_run_time = \"0s\"",
                "max_run_time must be",
            ),
            ("", "nothing to do"),
            ("urls = [\"u\"]\npaths = [\"p\"]", "make it two jobs"),
            ("paths = [\"p\"]\nlimit = 3", "are for crawls"),
            ("paths = [\"p\"]\nmax_run_time = \"1h\"", "are for crawls"),
            ("paths = [\"p\"]\nsince = \"2d\"", "are for crawls"),
            ("paths = [\"p\"]\nfeeds = [\"u\"]", "make it two jobs"),
            ("feeds = [\"u\"]\nmax_found = 0", "max_found must be"),
        ] {
            let text = format!("[[jobs]]\nname = \"a\"\nout = \"o\"\n{job}");
            let file = File::parse(&text, "c.toml").unwrap();
            let error = jobs(&file, base).unwrap_err().to_string();
            assert!(
                error.starts_with("c.toml:2:8: job \"a\": ") && error.contains(want),
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
