//! Cleaning saved pages: read, extract, write, on all cores, in input order.
//!
//! Workers read, extract and hand records over; the caller's thread writes them in the order of
//! the inputs (`ordered.rs`). An archive stands in the list as its regions, each of which a
//! worker reads and unpacks by itself, or, where it cannot be parted, as its captures.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::clock::Clock;
use super::ordered;
use super::own::{is_crawl, require_free};
use super::report::{Report, Stopped};
use super::waiting::until_stopped;
use super::{RunError, Stop, Watch};
use crate::extract::{self, extract};
use crate::failure::{Failure, Status};
use crate::input::files::{self, Input, Work};
use crate::input::url_map::UrlMap;
use crate::input::warc::{Heard, Stitch, Told};
use crate::output::whole::WholeFolder;
use crate::output::{Format, OutputError, Sink, atomic};
use crate::page::Source;
use crate::record::Record;

/// What to clean, and how.
#[derive(Debug, Default)]
pub struct Job {
    /// Files, folders, `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// Which files, and their addresses.
    pub files: files::Options,
    /// Extracting.
    pub extract: extract::Options,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
}

/// Records after which the output is flushed, so that a reader of a pipe is not kept waiting.
const FLUSH_EVERY: u64 = 64;

/// Cleans all inputs into a folder, which is written anew, and puts a report beside them.
///
/// # Errors
///
/// [`RunError::OfCrawl`] when the folder is a crawl's, whose records would be lost; else as
/// [`clean`].
pub fn clean_into(
    job: &Job,
    out: &Path,
    formats: &[Format],
    stop: &Stop,
    watch: &dyn Watch,
) -> Result<Report, RunError> {
    let report = clean(job, Box::new(whole_folder(out, formats)?), stop, watch)?;
    if report.stopped == Stopped::Finished {
        atomic::write(&out.join("report.json"), report.to_json().as_bytes())?;
    }
    Ok(report)
}

/// A folder of output that is written anew.
///
/// # Errors
///
/// [`RunError::OfCrawl`] when it is a crawl's, [`RunError::Output`] when it cannot be written.
pub fn whole_folder(out: &Path, formats: &[Format]) -> Result<WholeFolder, RunError> {
    if is_crawl(out) {
        return Err(RunError::OfCrawl(out.display().to_string()));
    }
    require_free(out)?;
    Ok(WholeFolder::create(out, formats)?)
}

/// Cleans all inputs into `sink`.
///
/// # Errors
///
/// [`RunError::Output`] when the output cannot be written, a closed pipe aside.
pub fn clean(
    job: &Job,
    mut sink: Box<dyn Sink>,
    stop: &Stop,
    watch: &dyn Watch,
) -> Result<Report, RunError> {
    let clock = Clock::start();
    let mut report = Report::begin(clock.now());
    let threads = ordered::threads(job.threads);
    if watch.wants_total() {
        watch.planned(files::list(&job.paths, &job.files).count() as u64);
    }
    let passed_over = Arc::new(AtomicU64::new(0));
    let work = files::work(files::list(&job.paths, &job.files), &passed_over);
    let work = work.take_while(|_| stop.why().is_none());
    let mut writer = Writer {
        sink: &mut *sink,
        report: &mut report,
        watch,
        stitch: Stitch::default(),
    };
    let written = ordered::each(
        work,
        threads,
        |piece, tell| do_work(piece, job, stop, tell),
        |told| writer.hear(told),
    );
    let written = written.and_then(|()| sink.flush());
    let stopped = match written {
        Ok(()) => stop.why().unwrap_or(Stopped::Finished),
        Err(error) if error.is_broken_pipe() => Stopped::ClosedPipe,
        Err(error) => return Err(error.into()),
    };
    // An output cut short by a signal keeps its temporary name: nobody takes it for the whole.
    if stopped == Stopped::Finished {
        sink.finish()?;
    }
    report.passed_over += passed_over.load(Ordering::Relaxed);
    if let Some(map) = job.files.url_map.as_ref() {
        warn_of_unmet(map, stopped);
    }
    report.end(clock.now(), clock.elapsed(), stopped);
    Ok(report)
}

/// Addresses that no file has asked for: most likely a path is written otherwise.
fn warn_of_unmet(map: &UrlMap, stopped: Stopped) {
    let mut unmet = map.unmet();
    unmet.sort_unstable();
    if let Some(path) = unmet.first().filter(|_| stopped == Stopped::Finished) {
        tracing::warn!(
            count = unmet.len(),
            "the URL map names files that were not read, such as {}",
            path.display()
        );
    }
}

/// A record, and how large its page was.
type Made = (Record, u64);

fn do_work(piece: Work, job: &Job, stop: &Stop, tell: &mut dyn FnMut(Told<Made>) -> bool) {
    let region = match piece {
        Work::Input(input) => {
            if let Some(body) = body_of(&input, stop) {
                tell(Told::Found(record_of(input, body, job)));
            }
            return;
        }
        Work::Region(region) => region,
    };
    let read = region.pages(&mut |told| {
        let goes_on = tell(match told {
            Told::Begin(path, at) => Told::Begin(path, at),
            Told::Found(input) => Told::Found(record_of(input, Ok(Vec::new()), job)),
            Told::End(at, passed_over) => Told::End(at, passed_over),
        });
        goes_on && stop.why().is_none()
    });
    if let Err(error) = read {
        let path = region.path().to_owned();
        let input = Input::Unusable { path, error };
        tell(Told::Found(record_of(input, Ok(Vec::new()), job)));
    }
}

/// The bytes of an input; none of a pipe into which nothing was written before the run was to end.
fn body_of(input: &Input, stop: &Stop) -> Option<io::Result<Vec<u8>>> {
    match files::that_may_wait(input) {
        Some(same) => until_stopped(std::iter::once_with(move || files::bytes(&same)), stop).next(),
        None => Some(files::bytes(input)),
    }
}

/// A page that breaks the reader or the extractor costs its own record, not the run.
fn record_of(input: Input, body: io::Result<Vec<u8>>, job: &Job) -> Made {
    let source = source_of(&input);
    let mut url = None;
    let mut bytes = 0;
    let made = catch_unwind(AssertUnwindSafe(|| {
        let page = files::page_of(input, body, &job.files)?;
        bytes = page.body.len() as u64;
        url.clone_from(&page.url);
        let rejected = |rejection: extract::Rejection| {
            failure(
                &source,
                page.url.clone(),
                rejection.status,
                &rejection.detail,
            )
            .being(rejection.page_type)
        };
        extract(&page, &job.extract).map_err(|rejection| Box::new(rejected(rejection)))
    }));
    let record = match made {
        Ok(Ok(article)) => Record::Article(Box::new(article)),
        Ok(Err(failure)) => Record::Failure(*failure),
        Err(_) => {
            let detail = "internal error: reading or extracting it panicked";
            Record::Failure(failure(&source, url, Status::NoArticle, detail))
        }
    };
    (record, bytes)
}

/// The failure of a file or stream, which names it.
pub(super) fn failure(
    source: &Source,
    url: Option<String>,
    status: Status,
    detail: &str,
) -> Failure {
    let detail = match (&source.path, source.offset) {
        (Some(path), Some(offset)) => format!("{path}: at byte {offset}: {detail}"),
        (Some(path), None) => format!("{path}: {detail}"),
        (None, _) => detail.to_owned(),
    };
    Failure::of_source(source.clone(), url, status, detail)
}

fn source_of(input: &Input) -> Source {
    match input {
        Input::Stdin => Source::stdin(),
        Input::File { path, .. } | Input::Unusable { path, .. } => {
            Source::file(path.display().to_string())
        }
        Input::Capture(capture) => Source::warc(capture.path.display().to_string(), capture.offset),
        Input::Damaged(damage) => Source::warc(damage.path.display().to_string(), damage.offset),
    }
}

/// Writes what is told, in its order.
struct Writer<'w> {
    sink: &'w mut dyn Sink,
    report: &'w mut Report,
    watch: &'w dyn Watch,
    stitch: Stitch,
}

impl Writer<'_> {
    fn hear(&mut self, told: Told<Made>) -> Result<(), OutputError> {
        match self.stitch.hear(told) {
            Heard::Found(made) => self.write(made),
            Heard::Damaged(damage) => self.write((Record::Failure(damage.into_failure()), 0)),
            Heard::PassedOver(records) => {
                self.report.passed_over += records;
                Ok(())
            }
        }
    }

    fn write(&mut self, (record, bytes): Made) -> Result<(), OutputError> {
        self.sink.write(&record)?;
        self.report.inputs += 1;
        self.report.body_bytes += bytes;
        count(&record, self.report, self.watch);
        if self.report.inputs.is_multiple_of(FLUSH_EVERY) {
            self.sink.flush()?;
        }
        Ok(())
    }
}

fn count(record: &Record, report: &mut Report, watch: &dyn Watch) {
    match record {
        Record::Article(article) => {
            tracing::debug!(
                path = article.source.path,
                words = article.word_count,
                "article"
            );
            report.article("", false);
            watch.settled(None);
        }
        Record::Failure(failure) => {
            tracing::warn!(status = %failure.status, "{}", failure.detail);
            report.failure("", failure.status);
            watch.settled(Some(failure.status));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Unwatched;
    use crate::run::ordered::tests::soon;

    #[test]
    fn a_sink_that_panics_ends_the_run() {
        struct Panics;
        impl Sink for Panics {
            fn write(&mut self, _: &Record) -> Result<(), crate::output::OutputError> {
                panic!("a panic of the test")
            }
            fn flush(&mut self) -> Result<(), crate::output::OutputError> {
                Ok(())
            }
            fn finish(self: Box<Self>) -> Result<(), crate::output::OutputError> {
                Ok(())
            }
        }
        let ended = soon(|| {
            let job = Job {
                paths: vec!["no/such/file".into(); 1_000],
                threads: 2,
                ..Job::default()
            };
            catch_unwind(AssertUnwindSafe(|| {
                clean(&job, Box::new(Panics), &Stop::default(), &Unwatched)
            }))
            .is_err()
        });
        assert!(ended);
    }
}
