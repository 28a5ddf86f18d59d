//! What is to do, in hand and done, kept across a kill.
//!
//! A [`Frontier`] takes URLs in ([`Frontier::admit`]), hands out at most one at a time of each
//! host ([`Frontier::lease`]), and learns what came of it ([`Frontier::ack`]). Each call is one
//! transaction. An ack also stores how much of the output is whole, so that output and state
//! agree after a kill at any moment: what lies beyond is cut off and asked again.
//!
//! [`sqlite::SqliteFrontier`] is the embedded one. The trait knows nothing of `SQLite`, so that a
//! server database can stand behind it and many machines share one frontier. Times are
//! milliseconds since 1970 and always an argument.

pub mod sqlite;

use crate::failure::Status;

/// Milliseconds since 1970.
pub type Millis = i64;

/// Days since 1970, in UTC.
pub type Day = i64;

/// Names an URL in its frontier.
pub type UrlId = i64;

/// What can go wrong with the stored state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrontierError {
    /// The database refused.
    #[error("cannot use the state in {path}")]
    Database {
        /// The database file.
        path: String,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another version of Chaffinch wrote the state.
    #[error("the state in {path} has version {found}, this Chaffinch reads version {known}")]
    Version {
        /// The database file.
        path: String,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
}

/// A URL to take in.
#[derive(Debug, Clone)]
pub struct NewUrl {
    /// The form by which two URLs are one.
    pub key: String,
    /// The URL as the user wrote it.
    pub url: String,
    /// The host to ask; empty when there is nothing to ask.
    pub host: String,
    /// The failure that is known without asking, such as a malformed line.
    pub verdict: Option<(Status, String)>,
    /// What the one who leases it is to know; kept, not read.
    pub note: Option<String>,
    /// Who gave it.
    pub origin: Origin,
    /// The day, since 1970, on which it is named, for [`Frontier::forget`]; 0 where that is not kept.
    pub day: Day,
}

/// Who gave a URL, and with that, when it is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user. It is asked once, and another spelling of it is told as a failure of its own.
    Named,
    /// A source. It is asked once, however often and however spelled it is found.
    Found,
    /// It is a source itself: what it names is of interest, not what it is. It is asked again each
    /// time the frontier is opened, but then once. Its key is no page's.
    Source,
}

/// What a frontier knew of a URL that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Nothing: it is queued now.
    New,
    /// It waits already, or a refresh has put it back into the queue.
    Queued,
    /// It has an article.
    Done,
    /// It failed before, so.
    Failed(Status),
}

/// A way by which an article is recognised, such as one of its addresses, and what is compared
/// when it is: opaque here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What must be the same.
    pub name: String,
    /// What goes with it.
    pub value: u64,
}

/// An article that left a trace which was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// Which URL.
    pub id: UrlId,
    /// The trace.
    pub trace: Trace,
}

/// A URL in hand. No other URL of its host is handed out before it is acked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which URL.
    pub id: UrlId,
    /// As the user wrote it.
    pub url: String,
    /// Its host.
    pub host: String,
    /// Addresses visited so far, in order: the URL itself, then where redirects led. The last is
    /// to be asked. Empty for what is not to be asked.
    pub path: Vec<String>,
    /// Failed requests so far.
    pub failed: u32,
    /// How often before it was given up, put back by [`Frontier::lapse`], and given up again.
    pub given_up: u32,
    /// The failure that is known without asking.
    pub verdict: Option<(Status, String)>,
    /// What is stored of the article that a former run wrote.
    pub known: Option<Known>,
    /// The note that it came with.
    pub note: Option<String>,
    /// The parts of it that are there already.
    pub parts: Option<String>,
    /// Whether it is a source.
    pub is_source: bool,
}

/// What is remembered of an article that was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its version.
    pub version: u32,
    /// By which a changed article is told from the same one.
    pub fingerprint: String,
    /// The address that answered, after redirects.
    pub address: Option<String>,
    /// `ETag` of the response.
    pub etag: Option<String>,
    /// `Last-Modified` of the response.
    pub last_modified: Option<String>,
    /// Until when it need not be asked again; 0 for no time at all.
    pub fresh_until: Millis,
    /// When it was first written; 0 where that is not known.
    pub since: Millis,
    /// When [`Frontier::revisit`] puts it back into the queue; never without.
    pub again: Option<Millis>,
    /// What is to be had again when it comes back, packed; opaque here.
    pub copy: Option<Vec<u8>>,
    /// The traces it leaves from now on; none for those it left before. Written, never read back here.
    pub traces: Option<Vec<Trace>>,
}

/// What came of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An article was written, or is unchanged.
    Article(Known),
    /// A failure was written. A URL that has an article keeps it.
    Failed(Status),
    /// The same; from then on [`Frontier::lapse`] puts it back into the queue, or
    /// [`Frontier::revisit`] if it has an article.
    FailedUntil(Status, Millis),
    /// Ask again, not before `due`.
    Again {
        /// Whether this was a failed request, rather than none.
        failed: bool,
        /// The earliest time.
        due: Millis,
    },
    /// A redirect: go on with `path`, on the lane of `host`.
    Moved {
        /// All addresses, the new one last.
        path: Vec<String>,
        /// The host of the new address.
        host: String,
    },
    /// A part was read: go on with the one at `address`.
    Continued {
        /// The next part's address.
        address: String,
        /// Its host.
        host: String,
        /// All parts so far.
        parts: String,
    },
}

/// Reports on a lease and frees its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Which URL.
    pub id: UrlId,
    /// The host that it held.
    pub host: String,
    /// When that host may be asked again.
    pub host_ready: Millis,
    /// What came of it.
    pub outcome: Outcome,
}

/// Something to remember for whoever decides; kept, not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memo {
    /// Its name; an older one of that name is forgotten.
    pub name: String,
    /// When it is forgotten.
    pub until: Millis,
    /// What it says.
    pub value: String,
}

/// How many bytes of an output file are whole, by the file's name.
pub type Marks = Vec<(String, u64)>;

/// URLs by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// To do or in hand.
    pub pending: u64,
    /// With an article.
    pub articles: u64,
    /// Without.
    pub failures: u64,
}

/// The key under which another spelling of a known URL is kept. No URL starts so, and every
/// spelling gets its own.
#[must_use]
pub fn duplicate_key(url: &str) -> String {
    format!("duplicate {url}")
}

/// What is to do, in hand and done.
pub trait Frontier: Send {
    /// Begins a refresh: what is done may be asked again. Goes on with one that was cut short.
    ///
    /// # Errors
    ///
    /// [`FrontierError`] when the state cannot be written; so all methods.
    fn begin_refresh(&mut self) -> Result<(), FrontierError>;

    /// Ends a refresh: nothing of it is left to do.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn end_refresh(&mut self) -> Result<(), FrontierError>;

    /// Takes URLs in; says of each what was known. With `refresh`, what was done before the
    /// refresh began goes back into the queue.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn admit(&mut self, urls: &[NewUrl], refresh: bool) -> Result<Vec<Admission>, FrontierError>;

    /// Hands out up to `most` URLs, each of another host, whose time has come.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn lease(&mut self, now: Millis, most: usize) -> Result<Vec<Lease>, FrontierError>;

    /// Hands out up to `most` URLs of one host whatever its pause, for who gives them up: all are to
    /// be acked together.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn drain(&mut self, host: &str, most: usize) -> Result<Vec<Lease>, FrontierError>;

    /// When the next URL can be handed out; none when all that is left is in hand.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn next_due(&mut self) -> Result<Option<Millis>, FrontierError>;

    /// Learns what came of leases, and how much of the output is whole; takes in what sources
    /// among them named, in the same transaction, and says of each what was known.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn ack(
        &mut self,
        acks: &[Ack],
        found: &[NewUrl],
        marks: &Marks,
    ) -> Result<Vec<Admission>, FrontierError>;

    /// The articles of other URLs that left one of these traces, in the order of their URLs.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn traced(&mut self, not: UrlId, traces: &[Trace]) -> Result<Vec<Traced>, FrontierError>;

    /// The URL as the user wrote it, or as it was found.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn url(&mut self, id: UrlId) -> Result<Option<String>, FrontierError>;

    /// How much of each output file is whole.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn marks(&mut self) -> Result<Marks, FrontierError>;

    /// Whether the URL of that key ended as a failure; of another spelling it is that of
    /// [`duplicate_key`].
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn is_failed(&mut self, key: &str) -> Result<bool, FrontierError>;

    /// Puts failures whose time has come back into the queue, on the lane that `host` names for
    /// their URL, and sets the mark `mark` to 1 when there are any. A time further off than
    /// `longest` is a clock's that was ahead, and has come. Forgets old memos, too.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn lapse(
        &mut self,
        now: Millis,
        longest: Millis,
        mark: &str,
        host: &dyn Fn(&str) -> String,
    ) -> Result<u64, FrontierError>;

    /// Puts articles whose time has come back into the queue, as [`Frontier::lapse`] does failures;
    /// how many.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn revisit(
        &mut self,
        now: Millis,
        longest: Millis,
        host: &dyn Fn(&str) -> String,
    ) -> Result<u64, FrontierError>;

    /// Forgets URLs that were last named before the day `before`, unless they wait, or are articles
    /// that will be asked again; sets the mark `mark` to 1 when failures are among them. How many.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn forget(&mut self, before: Day, mark: &str) -> Result<u64, FrontierError>;

    /// Gives back to the disk what forgetting freed, if that is much.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn tidy(&mut self) -> Result<(), FrontierError>;

    /// Remembers.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn remember(&mut self, memos: &[Memo]) -> Result<(), FrontierError>;

    /// What is remembered by that name.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn recall(&mut self, name: &str, now: Millis) -> Result<Option<String>, FrontierError>;

    /// How many URLs are to do or in hand.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn pending(&mut self) -> Result<u64, FrontierError>;

    /// URLs by state.
    ///
    /// # Errors
    ///
    /// See [`Frontier::begin_refresh`].
    fn counts(&mut self) -> Result<Counts, FrontierError>;
}
