//! The only room that spawns, sleeps, reads the clock or hears a signal.
//!
//! It knows all middle rooms and translates between them: [`crawl`] moves URLs from the frontier
//! over fetch and extract to the output, [`clean`] moves saved pages, [`reextract`] those that were kept, [`explain`] looks at one, [`schedule`] starts both
//! when it is time.

pub mod clean;
pub mod clock;
pub mod crawl;
#[cfg(feature = "cli")]
pub mod demo;
pub mod explain;
pub mod history;
#[cfg(feature = "cli")]
pub mod listen;
pub mod lock;
mod manager;
mod ordered;
pub mod own;
pub mod reextract;
pub mod report;
pub mod rules;
pub mod schedule;
pub mod shown;
pub mod stop;
mod waiting;

pub use report::{Report, Stopped};
pub use stop::Stop;

use crate::failure::Status;
use crate::fetch::FetchError;
use crate::frontier::FrontierError;
use crate::output::OutputError;

/// What ends a run before its work is done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Output cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// State cannot be used.
    #[error(transparent)]
    State(#[from] FrontierError),
    /// Another process works on the same folder.
    #[error("another chaffinch is at work on {0}")]
    Locked(String),
    /// A folder that was to be written anew, and that holds a crawl.
    #[error("{0} holds a crawl, whose articles would be lost; name another folder")]
    OfCrawl(String),
    /// A file that was to be written, and that is a crawl's own.
    #[error("{0} is a crawl's own, and what is in it would be lost; name another one")]
    CrawlsOwn(String),
    /// A folder of a crawl whose pages are to be read again, and were not kept.
    #[error(
        "{0} was crawled without --keep-warc: its pages are not kept, so there is nothing to extract again"
    )]
    NotKept(String),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Client(#[from] FetchError),
    /// A fault of ours.
    #[error("internal error: {0}")]
    Broke(String),
    /// A list of URLs cannot be read.
    #[error("cannot read {name}")]
    List {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl RunError {
    /// The error with its causes on one line.
    #[must_use]
    pub fn described(&self) -> String {
        let first: &dyn std::error::Error = self;
        let mut lines: Vec<String> = std::iter::successors(Some(first), |error| error.source())
            .map(ToString::to_string)
            .collect();
        lines.dedup();
        lines.join(": ")
    }
}

/// Is told how a run goes on, to show it to somebody.
pub trait Watch: Send + Sync {
    /// Whether it is worth counting inputs that would otherwise be found one by one.
    fn wants_total(&self) -> bool {
        false
    }
    /// So many inputs are to be worked on, besides those known before.
    fn planned(&self, inputs: u64);
    /// An input is done: with an article, or with this failure.
    fn settled(&self, failure: Option<Status>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn planned(&self, _: u64) {}
    fn settled(&self, _: Option<Status>) {}
}
