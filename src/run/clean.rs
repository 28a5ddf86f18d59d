//! Cleaning saved pages: read, extract, write, on all cores, in input order.
//!
//! Workers take inputs from one list under a lock and put records into a window; the caller's
//! thread writes them in order. A worker that is far ahead of the slowest waits, so that memory
//! is bounded by the window, not by the input.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::report::{Report, Stopped};
use super::{RunError, Stop, Watch};
use crate::extract::{self, extract};
use crate::failure::{Failure, Status};
use crate::input::files::{self, Input};
use crate::output::whole::WholeFolder;
use crate::output::{Format, Sink, atomic};
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

/// Records that may wait for an earlier one, for each worker.
const WINDOW: usize = 64;
/// Records after which the output is flushed, so that a reader of a pipe is not kept waiting.
const FLUSH_EVERY: u64 = 64;

/// What a crawl keeps in its folder besides the output: the first file that it makes, and the one
/// that knows how long the output is.
const CRAWL_STATE: [&str; 2] = ["state/lock", "state/frontier.sqlite"];

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
    if CRAWL_STATE.iter().any(|name| out.join(name).exists()) {
        return Err(RunError::OfCrawl(out.display().to_string()));
    }
    let report = clean(
        job,
        Box::new(WholeFolder::create(out, formats)?),
        stop,
        watch,
    )?;
    if report.stopped == Stopped::Finished {
        atomic::write(&out.join("report.json"), report.to_json().as_bytes())?;
    }
    Ok(report)
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
    let threads = if job.threads > 0 {
        job.threads
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    };
    if watch.wants_total() {
        watch.planned(files::list(&job.paths, &job.files).count() as u64);
    }
    let passed_over = Arc::new(AtomicU64::new(0));
    let inputs = files::opened(files::list(&job.paths, &job.files), &passed_over);
    let line = Line::new(inputs, threads);
    let written = std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work(job, &line, stop));
        }
        let _close = AtEnd(|| line.close());
        write_all(&line, &mut *sink, &mut report, watch)
    });
    let stopped = match written {
        Ok(()) => stop.why().unwrap_or(Stopped::Finished),
        Err(error) if error.is_broken_pipe() => Stopped::ClosedPipe,
        Err(error) => return Err(error.into()),
    };
    // An output cut short by a signal keeps its temporary name: nobody takes it for the whole.
    if stopped == Stopped::Finished {
        sink.finish()?;
    }
    report.passed_over = passed_over.load(Ordering::Relaxed);
    report.end(clock.now(), clock.elapsed(), stopped);
    Ok(report)
}

fn work<I: Iterator<Item = Input> + Send>(job: &Job, line: &Line<I>, stop: &Stop) {
    let _leave = AtEnd(|| line.leave());
    while stop.why().is_none() {
        let Some((place, input)) = line.take() else {
            break;
        };
        line.put(place, record_of(input, job));
    }
}

/// Does something when it goes out of scope, be it by a panic: nobody may wait for a thread that
/// is gone.
struct AtEnd<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A page that breaks the reader or the extractor costs its own record, not the run.
fn record_of(input: Input, job: &Job) -> (Record, u64) {
    let source = source_of(&input);
    let mut url = None;
    let mut bytes = 0;
    let made = catch_unwind(AssertUnwindSafe(|| {
        let page = files::read(input, &job.files)?;
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

fn write_all<I: Iterator<Item = Input> + Send>(
    line: &Line<I>,
    sink: &mut dyn Sink,
    report: &mut Report,
    watch: &dyn Watch,
) -> Result<(), crate::output::OutputError> {
    while let Some((record, bytes)) = line.next() {
        sink.write(&record)?;
        report.inputs += 1;
        report.body_bytes += bytes;
        count(&record, report, watch);
        if report.inputs.is_multiple_of(FLUSH_EVERY) {
            sink.flush()?;
        }
    }
    sink.flush()
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

/// Inputs going in, records coming out, in one order.
struct Line<I> {
    inputs: Mutex<Inputs<I>>,
    done: Mutex<Done>,
    changed: Condvar,
    window: usize,
}

struct Inputs<I> {
    rest: std::iter::Fuse<I>,
    next: usize,
}

#[derive(Default)]
struct Done {
    waiting: BTreeMap<usize, (Record, u64)>,
    /// The place that is to be written next.
    next: usize,
    /// Workers that found nothing more to do.
    left: usize,
    workers: usize,
    closed: bool,
}

impl<I: Iterator<Item = Input>> Line<I> {
    fn new(inputs: I, workers: usize) -> Self {
        Self {
            inputs: Mutex::new(Inputs {
                rest: inputs.fuse(),
                next: 0,
            }),
            done: Mutex::new(Done {
                workers,
                ..Done::default()
            }),
            changed: Condvar::new(),
            window: workers * WINDOW,
        }
    }

    /// The next input and its place, once it is within the window.
    fn take(&self) -> Option<(usize, Input)> {
        let (place, input) = {
            let mut inputs = lock(&self.inputs);
            let input = inputs.rest.next()?;
            inputs.next += 1;
            (inputs.next - 1, input)
        };
        let done = lock(&self.done);
        let done = self.changed.wait_while(done, |done| {
            !done.closed && place >= done.next + self.window
        });
        let closed = done.unwrap_or_else(PoisonError::into_inner).closed;
        (!closed).then_some((place, input))
    }

    fn put(&self, place: usize, record: (Record, u64)) {
        lock(&self.done).waiting.insert(place, record);
        self.changed.notify_all();
    }

    /// A worker goes. When it panicked, its place may stay empty for ever: the others go too,
    /// instead of waiting for the window to move on.
    fn leave(&self) {
        let mut done = lock(&self.done);
        done.left += 1;
        done.closed |= std::thread::panicking();
        drop(done);
        self.changed.notify_all();
    }

    /// The next record in order; none when all workers have left and it is not there.
    fn next(&self) -> Option<(Record, u64)> {
        let done = lock(&self.done);
        let waits =
            |done: &mut Done| done.left < done.workers && !done.waiting.contains_key(&done.next);
        let mut done = self
            .changed
            .wait_while(done, waits)
            .unwrap_or_else(PoisonError::into_inner);
        let place = done.next;
        let record = done.waiting.remove(&place)?;
        done.next += 1;
        self.changed.notify_all();
        Some(record)
    }

    fn close(&self) {
        lock(&self.done).closed = true;
        self.changed.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Unwatched;
    use std::sync::mpsc;
    use std::time::Duration;

    /// The answer of `work`, which must not wait for ever.
    fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        let (to, from) = mpsc::channel();
        std::thread::spawn(move || to.send(work()));
        from.recv_timeout(Duration::from_secs(20)).expect("an end")
    }

    fn gone() -> Input {
        Input::File {
            path: "no/such/file".into(),
            below: None,
        }
    }

    #[test]
    fn inputs_that_panic_end_the_run() {
        for good in [0, 3, 1_000] {
            let records = soon(move || {
                let inputs = (0..).map(move |at| {
                    assert!(at < good, "a panic of the test");
                    gone()
                });
                let line = Line::new(inputs, 2);
                let mut records = 0;
                let ended = catch_unwind(AssertUnwindSafe(|| {
                    std::thread::scope(|scope| {
                        for _ in 0..2 {
                            scope.spawn(|| work(&Job::default(), &line, &Stop::default()));
                        }
                        while line.next().is_some() {
                            records += 1;
                        }
                    });
                }));
                assert!(ended.is_err(), "it is told");
                records
            });
            assert!(records <= good);
        }
    }

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
                paths: vec!["no/such/file".into(); 10 * WINDOW],
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
