//! State and output, which must agree after a kill at any moment.

use std::path::Path;
use std::time::Duration;

use super::errand::Errand;
use super::keep::{self, Kept};
use super::sources::Finding;
use super::{Job, copies, twins};
use crate::crawl::retry::{LATER_MAX, RETRY_AFTER_MAX};
use crate::crawl::{HostKey, Lanes, UrlKey, url_key};
use crate::failure::Status;
use crate::frontier::sqlite::SqliteFrontier;
use crate::frontier::{
    Ack, Admission, Day, Frontier, FrontierError, Memo, Millis, NewUrl, Origin, Outcome, UrlId,
    duplicate_key,
};
use crate::input::urls::Line;
use crate::output::folder::Folder;
use crate::output::warc::Archive;
use crate::record::Record;
use crate::run::clock::millis;
use crate::run::report::{Report, counts_against};
use crate::run::{RunError, Stop};

/// URLs admitted in one transaction, some 40 MB of them: the more there are, the more of them go to
/// the same page of a large state.
const ADMIT_BATCH: usize = 100_000;
/// Name of the note that failures healed by a refresh are still to be taken out of their file.
const HEALING: &str = "healing";

/// What a conductor takes its work from, and where it puts what comes of it.
pub(super) trait Ledger: Send {
    /// What is to do.
    fn frontier(&mut self) -> &mut dyn Frontier;
    /// Writes records, acks their leases and takes in what was found.
    fn commit(&mut self, batch: Batch) -> Result<Committed, RunError>;
}

/// The frontier and the folder that it speaks of.
pub(super) struct Journal {
    frontier: SqliteFrontier,
    folder: Folder,
    /// What went over the wire, if that is kept.
    archive: Option<Archive>,
    rules: Intake,
    /// Whether what is found is asked again although it is done.
    refreshing: bool,
}

/// What becomes of URLs on their way into the frontier.
#[derive(Debug, Clone)]
pub(super) struct Intake {
    /// The politeness groups, whose names the frontier knows as hosts.
    pub(super) lanes: Lanes,
    /// The longest URL, in bytes.
    pub(super) url_bytes_max: usize,
    /// The day, if it is kept on which URLs are named, else 0.
    pub(super) day: Day,
}

impl Intake {
    pub(super) fn of(job: &Job, now: Millis) -> Self {
        Self {
            lanes: job.lanes.clone(),
            url_bytes_max: job.url_bytes_max,
            day: job.forget.map_or(0, |_| day(now)),
        }
    }

    /// Puts a URL onto the lane of its host, or refuses it.
    pub(super) fn new_url(&self, new: &mut NewUrl) {
        new.host = self.lanes.of(&new.host).to_owned();
        new.day = self.day;
        if new.url.len() > self.url_bytes_max && new.verdict.is_none() {
            let why = format!("longer than {} bytes", self.url_bytes_max);
            new.verdict = Some((Status::BadUrl, why));
            new.host = String::new();
        }
    }

    /// Puts what goes on elsewhere onto the lane of its host.
    pub(super) fn ack(&self, ack: &mut Ack) {
        if let Outcome::Moved { host, .. } | Outcome::Continued { host, .. } = &mut ack.outcome {
            *host = self.lanes.of(host).to_owned();
        }
    }

    /// The lane of an address.
    pub(super) fn lane(&self, url: &str) -> String {
        let host = url_key::parse(url).map(|url| HostKey::of(&url));
        host.map_or_else(
            |_| String::new(),
            |host| self.lanes.of(host.as_str()).to_owned(),
        )
    }
}

/// The day of a moment, since 1970.
fn day(at: Millis) -> Day {
    at.div_euclid(millis(Duration::from_hours(24)))
}

/// What is to be written and acked together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<(UrlId, Record)>,
    pub(super) acks: Vec<Ack>,
    pub(super) memos: Vec<Memo>,
    /// Exchanges for the archive.
    pub(super) kept: Vec<Kept>,
    /// What the sources among them lead to.
    pub(super) found: Vec<NewUrl>,
}

/// What came of a commit.
#[derive(Debug, Default)]
pub(super) struct Committed {
    /// What was known of what was found.
    pub(super) admitted: Vec<(Origin, Admission)>,
    /// How many articles are duplicates.
    pub(super) duplicates: u64,
    /// How many changes that no date tells of were found by what is written already.
    pub(super) silent_edits: u64,
}

impl Journal {
    /// Opens state and output, and cuts the output back to what the state knows.
    pub(super) fn open(job: &Job, state: &Path, now: Millis) -> Result<Self, RunError> {
        let latest = now + millis(RETRY_AFTER_MAX);
        let mut frontier = SqliteFrontier::open(&state.join("frontier.sqlite"), latest)?;
        let marks = frontier.marks()?;
        let mut folder = Folder::open(&job.out, &job.output, &marks)?;
        for path in folder.shortened() {
            tracing::warn!(
                path = %path.display(),
                "shorter than the state knows: it was changed from outside; appending to what is left"
            );
        }
        let archive = job.keep_warc.clone().map(|options| {
            let about = keep::about(job);
            Archive::open(options, &job.out, &marks, about)
        });
        let mut archive = archive.transpose()?;
        let mut lengths = folder.commit()?;
        if let Some(archive) = &mut archive {
            lengths.extend(archive.commit()?);
        }
        frontier.ack(&[], &[], &lengths)?;
        if folder.lacks_what_is_sealed() {
            let forms: Vec<_> = job
                .output
                .formats
                .iter()
                .map(|form| form.extension())
                .collect();
            tracing::warn!(
                out = %job.out.display(),
                "a store ({}) is newer than the articles that were rotated, and lacks what is in articles-*",
                forms.join(", ")
            );
        }
        folder.catch_up()?;
        let rules = Intake::of(job, now);
        let host = |url: &str| rules.lane(url);
        let again = frontier.lapse(now, millis(LATER_MAX), HEALING, &host)?;
        if again > 0 {
            tracing::info!(
                urls = again,
                "failures that may have healed are asked again"
            );
        }
        let longest = job.revisit.longest();
        let again = match longest {
            Some(longest) => frontier.revisit(now, millis(longest), &host)?,
            None => 0,
        };
        if again > 0 {
            tracing::info!(articles = again, "articles of an age to be asked again");
        }
        Ok(Self {
            frontier,
            folder,
            archive,
            rules,
            refreshing: job.refresh,
        })
    }

    /// Takes the job's URLs in. With a refresh, failures that are to be asked again leave their
    /// file; the note [`HEALING`] outlives a kill in between.
    /// A signal ends it early; what is left of the list is taken in by the next run.
    pub(super) fn admit(
        &mut self,
        mut urls: impl Iterator<Item = Result<Line, RunError>>,
        refresh: bool,
        stop: &Stop,
        report: &mut Report,
    ) -> Result<(), RunError> {
        if refresh {
            self.frontier.begin_refresh()?;
            self.frontier
                .ack(&[], &[], &vec![(HEALING.to_owned(), 1)])?;
        }
        while stop.why().is_none() {
            let lines = urls.by_ref().take(ADMIT_BATCH);
            let batch = lines.map(|line| {
                let mut new = new_url(&line?);
                self.rules.new_url(&mut new);
                Ok(new)
            });
            let batch: Vec<NewUrl> = batch.collect::<Result<_, RunError>>()?;
            if batch.is_empty() {
                break;
            }
            for admission in self.frontier.admit(&batch, refresh)? {
                count(admission, report);
            }
        }
        let marks = self.frontier.marks()?;
        if marks
            .iter()
            .any(|(name, value)| name == HEALING && *value == 1)
        {
            self.heal()?;
        }
        Ok(())
    }

    /// Queues the sources of the job, which every run asks anew.
    pub(super) fn admit_sources(&mut self, finding: &Finding) -> Result<(), RunError> {
        for sources in finding.sources.chunks(ADMIT_BATCH) {
            let mut sources: Vec<NewUrl> = sources
                .iter()
                .map(|source| Errand::source(source, finding.follow))
                .collect();
            for source in &mut sources {
                self.rules.new_url(source);
            }
            // What failed is asked again, so its record goes.
            let heals = self.any_failed(&sources)?;
            if heals {
                self.frontier
                    .ack(&[], &[], &vec![(HEALING.to_owned(), 1)])?;
            }
            self.frontier.admit(&sources, false)?;
            if heals {
                self.heal()?;
            }
        }
        Ok(())
    }

    /// Whether one of these sources failed the last time.
    fn any_failed(&mut self, sources: &[NewUrl]) -> Result<bool, FrontierError> {
        for source in sources {
            if source.origin == Origin::Source && self.frontier.is_failed(&source.key)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn heal(&mut self) -> Result<(), RunError> {
        let frontier = &mut self.frontier;
        self.folder
            .keep_failures(|url| still_failed(frontier, url).map_err(RunError::from))?;
        let mut marks = self.folder.commit()?;
        marks.push((HEALING.to_owned(), 0));
        self.frontier.ack(&[], &[], &marks)?;
        Ok(())
    }

    pub(super) fn pending(&mut self) -> Result<u64, FrontierError> {
        self.frontier.pending()
    }

    /// Puts the articles into a file of their own, if it is time, before the batch is written.
    fn rotate(&mut self, batch: &Batch) -> Result<(), RunError> {
        if batch
            .records
            .iter()
            .any(|(_, record)| self.folder.is_full(record))
        {
            let marks = self.folder.seal()?;
            self.frontier.ack(&[], &[], &marks)?;
            self.folder.begin_anew()?;
        }
        Ok(())
    }

    /// Ends the output. What the state does not learn of is done again by the next run.
    pub(super) fn close(mut self) -> Result<(), RunError> {
        let marks = self.folder.settle()?;
        self.frontier.ack(&[], &[], &marks)?;
        Ok(self.folder.close()?)
    }

    /// Forgets what was not named for so long, and gives back the space.
    pub(super) fn forget(&mut self, job: &Job, now: Millis) -> Result<(), RunError> {
        let Some(after) = job.forget else {
            return Ok(());
        };
        let forgotten = self.frontier.forget(day(now - millis(after)), HEALING)?;
        if forgotten > 0 {
            tracing::info!(urls = forgotten, "forgotten: nothing names them any more");
            self.heal()?;
            self.frontier.tidy()?;
        }
        Ok(())
    }

    /// Says what has changed in articles of which the state keeps no copy, since nobody was to come back
    /// for them: their last record is in the output. How many have changed silently.
    fn tell_changes(&mut self, batch: &mut Batch) -> Result<u64, RunError> {
        let mut silent = 0;
        for (_, record) in &mut batch.records {
            let Record::Article(article) = record else {
                continue;
            };
            if article.version == 1 || article.change.is_some() || article.gone_at.is_some() {
                continue;
            }
            let url = article.url.as_deref().unwrap_or_default();
            let last = self.folder.last(url)?;
            // One that was gone and is back is the same version.
            if let Some(last) = last.filter(|last| last.version < article.version) {
                silent += u64::from(copies::tell_change(article, &last));
            }
        }
        Ok(silent)
    }

    pub(super) fn end_refresh(&mut self) -> Result<(), FrontierError> {
        self.frontier.end_refresh()
    }
}

impl Ledger for Journal {
    fn frontier(&mut self) -> &mut dyn Frontier {
        &mut self.frontier
    }

    /// First the output, made durable, then the state.
    fn commit(&mut self, mut batch: Batch) -> Result<Committed, RunError> {
        let duplicates = twins::mark(&mut batch, &mut self.frontier)?;
        let silent_edits = self.tell_changes(&mut batch)?;
        copies::keep(&mut batch, self.refreshing);
        self.rotate(&batch)?;
        for (_, record) in &batch.records {
            self.folder.write(record)?;
        }
        for new in &mut batch.found {
            self.rules.new_url(new);
        }
        let mut marks = self.folder.commit()?;
        if let Some(archive) = &mut self.archive {
            for kept in &batch.kept {
                archive.append(&kept.packed)?;
            }
            marks.extend(archive.commit()?);
        }
        // Who finds a failure that is asked again has its record go: a refresh, or a source's.
        let found = !batch.found.is_empty();
        let heals = (found && self.refreshing) || self.any_failed(&batch.found)?;
        if heals {
            marks.push((HEALING.to_owned(), 1));
        }
        let admissions = self.frontier.ack(&batch.acks, &batch.found, &marks)?;
        // Only what is there for good may be referred to, or not asked again.
        let kept = batch.kept.into_iter().filter_map(|kept| kept.memo);
        self.frontier
            .remember(&batch.memos.into_iter().chain(kept).collect::<Vec<_>>())?;
        self.folder.follow()?;
        if heals {
            self.heal()?;
        }
        let origins = batch.found.iter().map(|new| new.origin);
        Ok(Committed {
            admitted: origins.zip(admissions).collect(),
            duplicates,
            silent_edits,
        })
    }
}

/// Whether the URL of a record is that of a failure: of another spelling, of a bad line, of a
/// source, or of what was asked. A record knows no password, which the state does.
fn still_failed(frontier: &mut dyn Frontier, url: &str) -> Result<bool, FrontierError> {
    if frontier.is_failed(&duplicate_key(url))? || frontier.is_failed(&bad_key(url))? {
        return Ok(true);
    }
    for key in Errand::source_keys(url) {
        if frontier.is_failed(&key)? {
            return Ok(true);
        }
    }
    match url_key::parse(url) {
        Ok(url) => frontier.is_failed(UrlKey::of(&url).as_str()),
        Err(_) => Ok(false),
    }
}

/// The key of a line that is no URL. No URL starts so, and every bad line gets its own.
fn bad_key(line: &str) -> String {
    format!("bad {line}")
}

fn count(admission: Admission, report: &mut Report) {
    report.inputs += 1;
    match admission {
        Admission::Done => {
            report.already_done += 1;
            report.articles_in_all += 1;
        }
        Admission::Failed(status) => {
            report.already_done += 1;
            report.failed_before += u64::from(counts_against(status));
            report.failures_in_all += u64::from(counts_against(status));
        }
        Admission::New | Admission::Queued => {}
    }
}

/// A line of a list as the frontier takes it.
pub(super) fn new_url(line: &Line) -> NewUrl {
    match url_key::parse(&line.text) {
        Ok(url) => NewUrl {
            key: UrlKey::of(&url).to_string(),
            url: line.text.clone(),
            host: HostKey::of(&url).as_str().to_owned(),
            verdict: None,
            note: None,
            origin: Origin::Named,
            day: 0,
        },
        Err(error) => NewUrl {
            key: bad_key(&line.text),
            url: line.text.clone(),
            host: String::new(),
            verdict: Some((Status::BadUrl, format!("{}: {error}", line.place))),
            note: None,
            origin: Origin::Named,
            day: 0,
        },
    }
}
