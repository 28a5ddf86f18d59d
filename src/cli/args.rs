//! The flags, which are a contract: other tools call them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::config::{Depth, FavorName, Formats, Network, PackingName, RotationName, Size, Span};
use crate::crawl::choice::{Pattern, Since};
use crate::extract::rules::Domain;
use crate::output::schema::Schema;

/// A news scraper that throws away the chaff.
///
/// Fetches pages, or reads saved ones, keeps the article and its metadata, and drops ads, author
/// stubs, share bars, newsletter boxes and recommended news.
#[derive(Debug, Parser)]
#[command(name = "chaffinch", version, after_help = AFTER_HELP)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to talk.
    #[command(flatten)]
    pub talk: Talk,
}

const AFTER_HELP: &str = "Exit codes: 0 all fine; 1 some inputs failed; 2 usage or configuration error; \
3 nothing extracted; 4 output or state not writable; 6 a site drifts (--fail-on-drift); 130, 143 stopped by a signal, state saved.\n\
Data goes to stdout or files, talk to stderr.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetch URLs and extract their articles.
    Crawl(Crawl),
    /// Print the pages that sites, feeds and sitemaps lead to, without fetching them.
    Discover(Discover),
    /// Extract the articles of saved pages.
    Clean(Clean),
    /// Extract again what crawls have kept, without asking anybody, and tell what changed.
    Reextract(Reextract),
    /// Tell what became of every block of one page, and why.
    Explain(Explain),
    /// Run the jobs of a configuration, once or whenever their time comes.
    Run(Run),
    /// Tell how crawls and jobs fare: their last runs, what each site yields, what drifts.
    Report(Report),
    /// See what the rules for sites in a configuration do.
    #[command(subcommand)]
    Rules(Rules),
    /// Crawl a small news site served on this machine, to see what Chaffinch does.
    Demo(Demo),
}

/// Flags of every subcommand.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub struct Talk {
    /// Say only what ends a run early; failures are in the output and the exit code.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: each page; twice for everything.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Form of what is said on stderr.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        value_name = "FORM"
    )]
    pub log_format: LogFormat,
    /// Progress bar on stderr; auto shows one on a terminal.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN"
    )]
    pub progress: When,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// JSON, an object a line.
    Json,
}

/// When to show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Flags of `crawl`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true, after_help = AFTER_HELP)]
pub struct Crawl {
    /// URLs to fetch.
    #[arg(value_name = "URL")]
    pub urls: Vec<String>,
    /// File of URLs, one a line, blank lines and # comments skipped; - for stdin.
    #[arg(short, long, value_name = "FILE")]
    pub input: Vec<PathBuf>,
    /// Site whose feeds and sitemaps are looked for and read; may be given several times.
    #[arg(long, value_name = "SITE")]
    pub discover: Vec<String>,
    /// Where pages are found.
    #[command(flatten)]
    pub sources: Sources,
    /// Which of them are wanted.
    #[command(flatten)]
    pub wanted: Wanted,
    /// Folder of output and state; the same command again goes on where the last one ended.
    #[arg(short, long, value_name = "DIR", default_value = crate::config::DEFAULT_OUT)]
    pub output: PathBuf,
    /// Forms of the output besides articles.jsonl: csv, sqlite and parquet add a store of all
    /// articles, md and txt a file an article; several with commas between.
    #[arg(long, value_name = "FORMS")]
    pub format: Option<Formats>,
    /// When articles.jsonl goes to a file of its own: day, or at a size such as 64MiB
    /// [default: never].
    #[arg(long, value_name = "WHEN")]
    pub rotate: Option<RotationName>,
    /// How such files are packed: gz or zst [default: none].
    #[arg(long, value_name = "HOW")]
    pub compress: Option<PackingName>,
    /// Keep what goes over the wire in this folder, as WARC files that grow with the output
    /// [default: not kept].
    #[arg(long, value_name = "DIR")]
    pub keep_warc: Option<PathBuf>,
    /// Size at which such a file is full, and another one begun [default: 1GB].
    #[arg(long, value_name = "SIZE")]
    pub warc_size: Option<Size>,
    /// What goes into it.
    #[command(flatten)]
    pub extent: Extent,
    /// Ask again what is done, conditionally; a changed article becomes a new version.
    #[arg(long)]
    pub refresh: bool,
    /// Finish at most so many URLs in this run.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Exit with 6 when a site yields otherwise than it used to.
    #[arg(long)]
    pub fail_on_drift: bool,
    /// Serve the status page, /status.json, /metrics and /healthz there while it works, such as
    /// 127.0.0.1:9469.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// How to ask.
    #[command(flatten)]
    pub asking: Asking,
    /// Configuration file; flags and environment win over it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to read.
    #[command(flatten)]
    pub reading: Reading,
}

/// Where pages are found.
#[derive(Debug, Clone, ClapArgs)]
pub struct Sources {
    /// Feed (RSS, Atom, JSON Feed) whose pages are wanted; may be given several times.
    #[arg(long, value_name = "URL")]
    pub feed: Vec<String>,
    /// Sitemap, or index of sitemaps, whose pages are wanted; may be given several times.
    #[arg(long, value_name = "URL")]
    pub sitemap: Vec<String>,
    /// Follow the links of front pages so many times, within the site, what looks like an article
    /// first; written 1 or depth=1.
    #[arg(long, value_name = "N")]
    pub follow: Option<Depth>,
}

/// Which of the pages that are found are wanted.
#[derive(Debug, Clone, ClapArgs)]
pub struct Wanted {
    /// Only pages since then: a time back such as 2d, 36h or 1w, or a date; those of which no date
    /// is known are wanted, too.
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Since>,
    /// Only addresses that hold this, * for anything between; may be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<Pattern>,
    /// No addresses that hold this; may be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<Pattern>,
    /// Most pages taken of one source in one run [default: 10000].
    #[arg(long, value_name = "N")]
    pub max_found: Option<u64>,
}

/// Flags of `discover`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true, after_help = DISCOVER_AFTER_HELP)]
pub struct Discover {
    /// Sites whose feeds and sitemaps are looked for: the front page, or any other.
    #[arg(value_name = "SITE")]
    pub sites: Vec<String>,
    /// Where else pages are found.
    #[command(flatten)]
    pub sources: Sources,
    /// Which of them are wanted.
    #[command(flatten)]
    pub wanted: Wanted,
    /// Form of what goes to stdout: text is address, date and title with tabs between.
    #[arg(long, value_enum, value_name = "FORM", default_value = "text")]
    pub format: FoundForm,
    /// How to ask.
    #[command(flatten)]
    pub asking: Asking,
    /// Configuration file; flags and environment win over it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

const DISCOVER_AFTER_HELP: &str = "Exit codes: 0 pages were found; 3 none were; 1 some sources failed; \
2 usage or configuration error; 4 output not writable.";

/// The form of a list on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FoundForm {
    /// Lines for people.
    Text,
    /// JSON Lines, with all that is known.
    Jsonl,
}

/// How pages are read.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub struct Reading {
    /// Which errors weigh more: precision throws away what is doubtful, recall keeps it;
    /// balanced, precision or recall [default: balanced].
    #[arg(long, value_name = "WHICH", env = "CHAFFINCH_FAVOR")]
    pub favor: Option<FavorName>,
}

/// What goes into the output.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub struct Extent {
    /// Put typed blocks, what was removed and why, and readers' comments into the record, too.
    #[arg(long)]
    pub full: bool,
    /// Keep the links in the text: in Markdown, and in the blocks of --full.
    #[arg(long)]
    pub links: bool,
}

/// How servers are asked.
#[derive(Debug, Clone, ClapArgs)]
pub struct Asking {
    /// Network that may be contacted although it is not public; may be given several times.
    #[arg(
        long,
        value_name = "CIDR",
        env = "CHAFFINCH_ALLOW_NETWORK",
        value_delimiter = ','
    )]
    pub allow_network: Vec<Network>,
    /// Pause between two requests to one host [default: 1s].
    #[arg(long, value_name = "TIME", env = "CHAFFINCH_DELAY")]
    pub delay: Option<Span>,
    /// Bound on a whole request [default: 30s].
    #[arg(long, value_name = "TIME", env = "CHAFFINCH_TIMEOUT")]
    pub timeout: Option<Span>,
    /// Further attempts after a failed one [default: 3].
    #[arg(long, value_name = "N", env = "CHAFFINCH_RETRIES")]
    pub retries: Option<u32>,
    /// Requests at once, over all hosts [default: 32].
    #[arg(long, value_name = "N", env = "CHAFFINCH_CONCURRENCY")]
    pub concurrency: Option<usize>,
    /// Largest body [default: 20MiB].
    #[arg(long, value_name = "SIZE", env = "CHAFFINCH_MAX_BODY")]
    pub max_body: Option<Size>,
    /// User-Agent header; its first word names us in robots.txt [default: chaffinch/VERSION].
    #[arg(long, value_name = "TEXT", env = "CHAFFINCH_USER_AGENT")]
    pub user_agent: Option<String>,
    /// How whoever minds can reach you, put into the User-Agent: a page or a mail address.
    #[arg(long, value_name = "URL|MAIL", env = "CHAFFINCH_CONTACT")]
    pub contact: Option<String>,
    /// Host whose robots.txt is ignored; may be given several times.
    #[arg(long, value_name = "HOST")]
    pub ignore_robots: Vec<String>,
    /// Host whose certificate is not verified, which its records tell; may be given several times.
    #[arg(long, value_name = "HOST")]
    pub insecure: Vec<String>,
}

/// Flags of `clean`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true, after_help = CLEAN_AFTER_HELP)]
pub struct Clean {
    /// Files, folders with all below them, WARC archives, - for stdin [default: -].
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// File, folder (existing, or ending in /) or - for stdout [default: -].
    #[arg(short, long, value_name = "FILE|DIR|-")]
    pub output: Option<PathBuf>,
    /// Form of the output: jsonl, txt, md, csv, sqlite or parquet; for a folder several with commas
    /// between. A file whose name ends in .gz or .zst is packed.
    #[arg(long, value_name = "FORM")]
    pub format: Option<Formats>,
    /// Fields named as in trafilatura, news-please, newspaper or schema-org; articles only.
    #[arg(long, value_name = "NAME", conflicts_with = "format")]
    pub schema: Option<Schema>,
    /// What goes into it.
    #[command(flatten)]
    pub extent: Extent,
    /// Files of a folder to read; may be given several times [default: *.html *.htm *.xhtml *.txt, and archives: *.warc *.warc.gz *.warc.zst *.warc.zstd].
    #[arg(long, value_name = "PATTERN")]
    pub glob: Vec<String>,
    /// Address of the page; of a folder, to which each file's path is joined.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Addresses of the files: JSON Lines of {"path", "url"}.
    #[arg(long, value_name = "FILE")]
    pub url_map: Option<PathBuf>,
    /// Threads [default: one a core].
    #[arg(long, value_name = "N", env = "CHAFFINCH_THREADS")]
    pub threads: Option<usize>,
    /// Configuration file; flags and environment win over it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to read.
    #[command(flatten)]
    pub reading: Reading,
}

const CLEAN_AFTER_HELP: &str = "Exit codes: 0 all fine; 1 some inputs failed; 2 usage or configuration error; \
3 nothing extracted; 4 output not writable; 130, 143 stopped by a signal.";

/// Flags of `reextract`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true, after_help = REEXTRACT_AFTER_HELP)]
pub struct Reextract {
    /// Folders of crawls that were run with --keep-warc, WARC archives, and folders of them.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Articles that there were, as JSON Lines, besides those of the crawls; may be given several
    /// times.
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,
    /// File, or folder (existing, or ending in /), of the records as they are now.
    #[arg(short, long, value_name = "FILE|DIR")]
    pub output: Option<PathBuf>,
    /// What goes into them.
    #[command(flatten)]
    pub extent: Extent,
    /// Form of what goes to stdout: text is totals, and with --verbose a line for each article that is
    /// not the same; jsonl an object for each of those, and the totals at the end.
    #[arg(long, value_enum, value_name = "FORM", default_value = "text")]
    pub format: FoundForm,
    /// Threads [default: one a core].
    #[arg(long, value_name = "N", env = "CHAFFINCH_THREADS")]
    pub threads: Option<usize>,
    /// Configuration file; flags and environment win over it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to read.
    #[command(flatten)]
    pub reading: Reading,
}

const REEXTRACT_AFTER_HELP: &str = "Exit codes: 0 all was read, whatever changed; 1 some archives or records could not \
be; 2 usage or configuration error, or a crawl that kept nothing; 3 nothing extracted; 4 output not writable.";

/// Flags of `explain`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true, after_help = EXPLAIN_AFTER_HELP)]
pub struct Explain {
    /// A saved page, - for stdin, or the address of a page to fetch.
    #[arg(value_name = "FILE|URL|-")]
    pub page: PathBuf,
    /// Write a page for a browser instead; - for stdout.
    #[arg(long, value_name = "FILE|-")]
    pub html: Option<PathBuf>,
    /// Form of what goes to stdout: text, or json with all that is known [default: text].
    #[arg(long, value_enum, value_name = "FORM")]
    pub format: Option<ExplainForm>,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Address of the saved page.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// How to ask.
    #[command(flatten)]
    pub asking: Asking,
    /// Configuration file; flags and environment win over it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to read.
    #[command(flatten)]
    pub reading: Reading,
}

const EXPLAIN_AFTER_HELP: &str = "Exit codes: 0 the page holds an article; 3 it holds none, which is explained all \
the same; 1 it could not be fetched or read; 2 usage or configuration error; 4 output not writable.";

/// The form of an explanation on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainForm {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
}

/// Flags of `run`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true, after_help = RUN_AFTER_HELP)]
pub struct Run {
    /// Configuration file with jobs.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Run each job once and end.
    #[arg(long)]
    pub once: bool,
    /// Exit with 6 when a site of any job yields otherwise than it used to.
    #[arg(long)]
    pub fail_on_drift: bool,
    /// Serve the status page, /status.json, /metrics and /healthz there, such as 127.0.0.1:9469.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Run only the job of this name; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub job: Vec<String>,
    /// Only check the configuration, and print when each job starts the next three times.
    #[arg(long)]
    pub check: bool,
    /// How to ask, in all jobs that crawl.
    #[command(flatten)]
    pub asking: Asking,
    /// Threads of jobs that clean [default: one a core].
    #[arg(long, value_name = "N", env = "CHAFFINCH_THREADS")]
    pub threads: Option<usize>,
    /// How to read.
    #[command(flatten)]
    pub reading: Reading,
}

const RUN_AFTER_HELP: &str = "SIGTERM and Ctrl-C finish what is in flight and end; a second one ends at once. SIGHUP reads \
the configuration anew, and keeps the old one when the new one is wrong.\n\
Exit codes: as of crawl and clean; with --once the worst of the jobs', with --check 0 or 2.";

/// Flags of `report`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true, after_help = REPORT_AFTER_HELP)]
pub struct Report {
    /// Folders of crawls [default: chaffinch-out].
    #[arg(value_name = "DIR", conflicts_with = "config")]
    pub folders: Vec<PathBuf>,
    /// Configuration file, all of whose jobs are told of.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write a page for a browser instead; - for stdout.
    #[arg(long, value_name = "FILE|-")]
    pub html: Option<PathBuf>,
    /// Form of what goes to stdout: text, json with all that is known, or prometheus for its
    /// textfile collector [default: text].
    #[arg(long, value_enum, value_name = "FORM")]
    pub format: Option<ReportForm>,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

const REPORT_AFTER_HELP: &str = "Exit codes: 0 told, whatever it is; 2 usage or configuration error, or a folder \
without a crawl; 4 output not writable.";

/// The form of a report on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
    /// Metrics, as --listen serves them.
    Prometheus,
}

/// The subcommands of `rules`.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Show what each selector hits on saved pages.
    ///
    /// Exit codes: 0 each selector hits something on at least one page; 1 one hits nothing, or a
    /// page could not be tried; 2 usage or configuration error.
    Test(RulesTest),
}

/// Flags of `rules test`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true)]
pub struct RulesTest {
    /// Files, folders with all below them, - for stdin.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Configuration file with sites.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Whose rules to try, whatever the addresses of the pages are.
    #[arg(long, value_name = "HOST", conflicts_with_all = ["base_url", "url_map"])]
    pub domain: Option<Domain>,
    /// Address of the page; of a folder, to which each file's path is joined.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Addresses of the files: JSON Lines of {"path", "url"}.
    #[arg(long, value_name = "FILE")]
    pub url_map: Option<PathBuf>,
    /// JSON Lines: an object a page, and one of all at the end.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `demo`.
#[derive(Debug, ClapArgs)]
#[command(args_override_self = true)]
pub struct Demo {
    /// Folder to keep the output in; without it the output is shown and thrown away.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_consistent() {
        Args::command().debug_assert();
    }
}
