//! Extracting again what was kept, without asking anybody: after a new version, or with new rules.
//!
//! The archives are read twice. First their pages are listed, since of each address the last one
//! counts, and since a page may stand for another one; then those are extracted, and held against the
//! articles that there were. In memory are a hundred bytes or two for each page and each article.

mod catalogue;
mod compare;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::clean::failure;
use super::crawl::parts::{Joined, Parts};
use super::own::is_crawl;
use super::report::Stopped;
use super::{RunError, Stop, Watch, ordered};
use crate::article::Article;
use crate::extract::{self, extract};
use crate::failure::{Failure, Status};
use crate::input::files::{self, Input, Work};
use crate::input::records;
use crate::input::warc::catalogue::{Listed, capture_at, list};
use crate::input::warc::{self, Capture, Heard, Region, Stitch, Told};
use crate::output::{self, OutputError, Sink};
use crate::page::{Page, Source};
use crate::record::Record;
use catalogue::{Catalogue, Reading};
use compare::Before;
pub use compare::{Change, Outcome, Totals};

/// What to extract again, and what to hold it against.
#[derive(Debug, Default)]
pub struct Job {
    /// Folders of crawls that keep what goes over the wire, archives, and folders of archives.
    pub paths: Vec<PathBuf>,
    /// Files of articles that there were, besides those of the crawls.
    pub against: Vec<PathBuf>,
    /// Extracting.
    pub extract: extract::Options,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Reextracted {
    /// Always `chaffinch-reextract/1`.
    pub schema: &'static str,
    /// Pages that were extracted again.
    pub pages: u64,
    /// Articles that they gave.
    pub articles: u64,
    /// Articles that there were before, if they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Of those, how many have no page in the archives.
    pub not_kept: u64,
    /// Pages that refer to one which is in none of the archives.
    pub unresolved: u64,
    /// Records of archives that are broken, and archives that are not there.
    pub damaged: u64,
    /// What became of the articles.
    #[serde(flatten)]
    pub totals: Totals,
    /// Why it ended.
    pub stopped: Stopped,
}

impl Default for Reextracted {
    fn default() -> Self {
        Self {
            schema: "chaffinch-reextract/1",
            pages: 0,
            articles: 0,
            before: None,
            not_kept: 0,
            unresolved: 0,
            damaged: 0,
            totals: Totals::default(),
            stopped: Stopped::Finished,
        }
    }
}

/// Hears what became of each article.
pub type Tell<'t> = dyn FnMut(&Change) -> Result<(), OutputError> + 't;

/// Extracts again. New records go to `sink`, if there is one, in the order of the archives.
///
/// # Errors
///
/// [`RunError`] when there is nothing that could be read, or the output cannot be written.
pub fn reextract(
    job: &Job,
    sink: Option<Box<dyn Sink>>,
    tell: &mut Tell<'_>,
    stop: &Stop,
    watch: &dyn Watch,
) -> Result<Reextracted, RunError> {
    let threads = ordered::threads(job.threads);
    let given = Given::of(job)?;
    let before = before(&given.records)?;
    let mut catalogue = Catalogue::default();
    catalogued(&given.archives, &mut catalogue, threads, stop)?;
    let mut done = Reextracted {
        before: (!given.records.is_empty()).then_some(before.len() as u64),
        unresolved: catalogue.settle(),
        damaged: given.gone,
        ..Reextracted::default()
    };
    watch.planned(catalogue.len());
    let reader = Reader {
        job,
        catalogue: &catalogue,
        before: &before,
    };
    let mut writer = Writer {
        sink,
        tell,
        watch,
        done: &mut done,
        stitch: Stitch::default(),
        met: 0,
    };
    let archives = given.archives.into_iter();
    let inputs = archives.map(|path| Input::File { path, below: None });
    let passed_over = Arc::default();
    let work = files::work(inputs, &passed_over).take_while(|_| stop.why().is_none());
    ordered::each(
        work,
        threads,
        |piece, tell| reader.work(piece, stop, tell),
        |told| writer.hear(told),
    )?;
    let stopped = stop.why().unwrap_or(Stopped::Finished);
    let met = writer.finish(stopped)?;
    done.not_kept = (before.len() as u64).saturating_sub(met);
    done.stopped = stopped;
    Ok(done)
}

/// What the paths of a job come to.
#[derive(Debug, Default)]
struct Given {
    archives: Vec<PathBuf>,
    records: Vec<PathBuf>,
    /// Archives that a crawl has written and that are there no more.
    gone: u64,
}

impl Given {
    fn of(job: &Job) -> Result<Self, RunError> {
        let mut given = Self {
            records: job.against.clone(),
            ..Self::default()
        };
        for path in &job.paths {
            if is_crawl(path) {
                given.take_crawl(path)?;
            } else if path.is_dir() {
                given.take_folder(path);
            } else {
                given.archives.push(path.clone());
            }
        }
        // One that is named twice is read once.
        let mut seen = std::collections::HashSet::new();
        given.archives.retain(|path| seen.insert(path.clone()));
        Ok(given)
    }

    fn take_crawl(&mut self, out: &Path) -> Result<(), RunError> {
        let unreadable = |source| RunError::List {
            name: out.display().to_string(),
            source,
        };
        let kept = output::warc::files_of(out).map_err(unreadable)?;
        if kept.is_empty() {
            return Err(RunError::NotKept(out.display().to_string()));
        }
        for file in kept {
            if file.exists() {
                self.archives.push(file);
            } else {
                tracing::warn!(path = %file.display(), "an archive of the crawl is gone");
                self.gone += 1;
            }
        }
        self.records
            .extend(records::files_of(out).map_err(unreadable)?);
        Ok(())
    }

    fn take_folder(&mut self, folder: &Path) {
        let folder = [folder.to_owned()];
        let options = files::Options::default();
        let files = files::list(&folder, &options).filter_map(|input| match input {
            Input::File { path, .. } if warc::is_archive(&path) => Some(path),
            _ => None,
        });
        self.archives.extend(files);
    }
}

/// Of each article what is to be compared, by its id; of several versions the last.
fn before(files: &[PathBuf]) -> Result<HashMap<u64, Before>, RunError> {
    let mut before = HashMap::new();
    for path in files {
        let unreadable = |source| RunError::List {
            name: path.display().to_string(),
            source,
        };
        for article in records::articles(path).map_err(unreadable)? {
            let article = article.map_err(unreadable)?;
            before.insert(catalogue::number(&article.id), Before::of(&article));
        }
    }
    Ok(before)
}

/// A part of the archives to be listed.
enum Piece {
    Region(Region),
    /// One that is read from its beginning.
    Whole(PathBuf),
}

/// Lists the pages of all archives. What cannot be read is told when they are read again.
fn catalogued(
    archives: &[PathBuf],
    catalogue: &mut Catalogue,
    threads: usize,
    stop: &Stop,
) -> Result<(), RunError> {
    let pieces = archives
        .iter()
        .flat_map(|path| -> Box<dyn Iterator<Item = Piece> + Send> {
            match warc::regions(path) {
                Ok(Some(regions)) => Box::new(regions.map(Piece::Region)),
                Ok(None) | Err(_) => Box::new(std::iter::once(Piece::Whole(path.clone()))),
            }
        });
    let pieces = pieces.take_while(|_| stop.why().is_none());
    let mut stitch = Stitch::default();
    ordered::each(
        pieces,
        threads,
        |piece, tell: &mut dyn FnMut(Told<Listed>) -> bool| match piece {
            // What cannot be opened is told when it is read again.
            Piece::Region(region) => {
                let _ = region.list(&mut |told| tell(told));
            }
            Piece::Whole(path) => {
                let listed = list(&path).into_iter().flatten();
                listed.map(Told::Found).all(tell);
            }
        },
        |told| {
            if let Heard::Found(Listed::Page(mention)) = stitch.hear(told) {
                catalogue.add(*mention);
            }
            Ok(())
        },
    )
}

/// What came of one page.
enum Came {
    Article(Box<Article>, Box<Change>),
    Failure(Failure, Option<Box<Change>>),
    Damaged(Failure),
}

/// Reads pages again.
struct Reader<'r> {
    job: &'r Job,
    catalogue: &'r Catalogue,
    before: &'r HashMap<u64, Before>,
}

impl Reader<'_> {
    fn work(&self, piece: Work, stop: &Stop, tell: &mut dyn FnMut(Told<Came>) -> bool) {
        let region = match piece {
            Work::Input(input) => {
                self.input(input, &mut |came| tell(Told::Found(came)));
                return;
            }
            Work::Region(region) => region,
        };
        let read = region.pages(&mut |told| {
            let goes_on = match told {
                Told::Begin(path, at) => tell(Told::Begin(path, at)),
                Told::Found(input) => self.input(input, &mut |came| tell(Told::Found(came))),
                Told::End(at, passed_over) => tell(Told::End(at, passed_over)),
            };
            goes_on && stop.why().is_none()
        });
        if let Err(error) = read {
            let path = region.path().to_owned();
            self.input(Input::Unusable { path, error }, &mut |came| {
                tell(Told::Found(came))
            });
        }
    }

    /// Reads one input as all that it is; whether to go on.
    fn input(&self, input: Input, tell: &mut dyn FnMut(Came) -> bool) -> bool {
        match input {
            Input::Capture(capture) => match self.catalogue.readings(&capture) {
                [] => true,
                [Reading::Own] => tell(self.page(*capture)),
                readings => readings.iter().all(|reading| {
                    let mut capture = capture.as_ref().clone();
                    if let Reading::Of(url, date) = reading {
                        capture.url = Some(url.clone());
                        capture.date = *date;
                        capture.purpose.url = None;
                    }
                    tell(self.page(capture))
                }),
            },
            other => match files::read(other, &files::Options::default()) {
                Err(failure) => tell(Came::Damaged(*failure)),
                Ok(_) => true,
            },
        }
    }

    /// A page that breaks the extractor costs its own record, not the run.
    fn page(&self, capture: Capture) -> Came {
        let source = Source::warc(capture.path.display().to_string(), capture.offset);
        let url = capture.purpose.url.clone().or_else(|| capture.url.clone());
        let read = catch_unwind(AssertUnwindSafe(|| {
            let page = warc::page(capture)?;
            self.article(&page).map_err(|rejection| {
                let detail = &rejection.detail;
                let failure = failure(&page.source, page.url.clone(), rejection.status, detail);
                Box::new(failure.being(rejection.page_type))
            })
        }));
        match read {
            Ok(Ok(article)) => self.compared(article),
            Ok(Err(failure)) => self.lost(*failure, source),
            Err(_) => {
                let detail = "internal error: reading or extracting it panicked";
                self.lost(failure(&source, url, Status::NoArticle, detail), source)
            }
        }
    }

    fn article(&self, page: &Page) -> Result<Box<Article>, extract::Rejection> {
        let article = Box::new(extract(page, &self.job.extract)?);
        let Some(at) = page
            .final_url
            .as_ref()
            .filter(|_| self.catalogue.has_parts())
        else {
            return Ok(article);
        };
        let mut joined = Parts::begin(article, at);
        loop {
            joined = match joined {
                Joined::Done(article) => return Ok(article),
                Joined::GoesOn { next, parts } => match self.part(next.as_str()) {
                    Some((part, at)) => parts.add(part, &at),
                    None => parts.missing(),
                },
            }
        }
    }

    /// A further page of an article.
    fn part(&self, address: &str) -> Option<(Article, url::Url)> {
        let place = self.catalogue.part(address)?;
        let page = warc::page(capture_at(&place).ok()??).ok()?;
        let article = extract(&page, &self.job.extract).ok()?;
        Some((article, page.final_url?))
    }

    fn compared(&self, mut article: Box<Article>) -> Came {
        let before = self.before.get(&catalogue::number(&article.id));
        if let Some(before) = before {
            article.version = before.version + u32::from(before.has_other_text(&article));
        }
        let change = Change::of(before, &article);
        Came::Article(article, Box::new(change))
    }

    fn lost(&self, failure: Failure, source: Source) -> Came {
        let id = failure.url.as_deref().map(catalogue::id_of);
        let before = id.and_then(|id| Some((id, self.before.get(&id)?)));
        let change = before.map(|(id, before)| {
            let (url, detail) = (failure.url.clone(), failure.detail.clone());
            Box::new(Change::lost(
                format!("{id:016x}"),
                url,
                before,
                detail,
                source,
            ))
        });
        Came::Failure(failure, change)
    }
}

/// Counts and writes what came, in its order.
struct Writer<'w, 't> {
    sink: Option<Box<dyn Sink>>,
    tell: &'w mut Tell<'t>,
    watch: &'w dyn Watch,
    done: &'w mut Reextracted,
    stitch: Stitch,
    /// Articles that were there before and whose page was met.
    met: u64,
}

impl Writer<'_, '_> {
    fn hear(&mut self, told: Told<Came>) -> Result<(), RunError> {
        let (record, change) = match self.stitch.hear(told) {
            Heard::Found(Came::Article(article, change)) => {
                self.done.articles += 1;
                (Record::Article(article), Some(change))
            }
            Heard::Found(Came::Failure(failure, change)) => (Record::Failure(failure), change),
            Heard::Found(Came::Damaged(failure)) => {
                self.damaged(&failure);
                return Ok(());
            }
            Heard::Damaged(damage) => {
                self.damaged(&damage.into_failure());
                return Ok(());
            }
            Heard::PassedOver(_) => return Ok(()),
        };
        self.done.pages += 1;
        if let Some(change) = change {
            self.met += u64::from(change.outcome != Outcome::Gained);
            if self.done.before.is_some() {
                self.done.totals.count(&change);
                (self.tell)(&change)?;
            }
        }
        if let Some(sink) = &mut self.sink {
            sink.write(&record)?;
        }
        self.watch.settled(match &record {
            Record::Article(_) => None,
            Record::Failure(failure) => Some(failure.status),
        });
        Ok(())
    }

    /// Ends the output, which is whole only if nobody stopped it. How many articles were met.
    fn finish(self, stopped: Stopped) -> Result<u64, RunError> {
        if let Some(mut sink) = self.sink {
            sink.flush()?;
            if stopped == Stopped::Finished {
                sink.finish()?;
            }
        }
        Ok(self.met)
    }

    fn damaged(&mut self, failure: &Failure) {
        tracing::warn!(status = %failure.status, "{}", failure.detail);
        self.done.damaged += 1;
    }
}
