//! Runs jobs when the plan says so. The only part of the schedule that reads the clock and sleeps.
//!
//! A job works on a thread of its own, which may block; the driver goes on looking at the clock,
//! hears signals, reads the configuration anew and tells the service manager that all is well. A
//! job that breaks takes nothing down with it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::board::{Board, Standing};
use super::memory::Memory;
use super::plan::{Look, Plan, Planned};
use super::{Job, Ran, wall_clock};
use crate::run::manager::Manager;
use crate::run::stop::{SIGHUP, Signal};
use crate::run::{Report, RunError, Stop, Stopped, Watch};

/// Longest sleep of the schedule: a machine that was suspended, or whose clock was set, is
/// noticed so much later at most.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(30);

/// Whom the jobs have to do with.
pub struct Around<'a> {
    /// Says when all is to end.
    pub stop: &'a Stop,
    /// Watches each run.
    pub watch: Arc<dyn Watch>,
    /// Watches the schedule.
    pub board: &'a dyn Board,
}

/// Runs each job once, in order, whatever its time is.
pub async fn once(jobs: Vec<Job>, around: &Around<'_>, mut ran: impl FnMut(Ran)) {
    let mut driver = Driver::new(jobs, around);
    for place in 0..driver.jobs.len() {
        driver.end_of_rest().await;
        if around.stop.signal().is_some() {
            break;
        }
        driver.start(place, wall_clock());
        if let Some(ended) = driver.work.join_next().await {
            ran(driver.end(ended));
        }
    }
}

/// Runs the jobs whenever their time comes, until `stop` says so or none ever comes again. On SIGHUP
/// it asks `reread` for the jobs anew; when that says why there are none, it goes on with those it
/// has.
///
/// # Errors
///
/// When the system does not let it hear SIGHUP.
pub async fn forever(
    jobs: Vec<Job>,
    around: &Around<'_>,
    mut reread: impl FnMut() -> Result<Vec<Job>, String>,
    mut ran: impl FnMut(Ran),
) -> std::io::Result<()> {
    let mut hangup = Signal::new(SIGHUP)?;
    let mut driver = Driver::new(jobs, around);
    driver.manager.ready();
    while let Some(pause) = driver.look(wall_clock()) {
        tokio::select! {
            Some(ended) = driver.work.join_next() => ran(driver.end(ended)),
            () = hangup.recv() => driver.reread(&mut reread),
            () = around.stop.wait(), if !driver.stopping => driver.stop(),
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

/// The jobs, and the one at work.
struct Driver<'a> {
    around: &'a Around<'a>,
    manager: Manager,
    jobs: Vec<Arc<Job>>,
    plan: Plan,
    work: JoinSet<Result<Report, RunError>>,
    at_work: Option<AtWork>,
    /// No job starts before.
    rested: Instant,
    stopping: bool,
    /// The start that is waited for, as the log has it.
    told: Option<(usize, Timestamp)>,
}

struct AtWork {
    /// As it was when it started, whatever the configuration says by now.
    job: Arc<Job>,
    memory: Memory,
}

impl<'a> Driver<'a> {
    fn new(jobs: Vec<Job>, around: &'a Around<'a>) -> Self {
        let now = wall_clock();
        let planned = jobs
            .iter()
            .map(|job| job.planned(Memory::read(job.out()).as_ref()));
        let driver = Self {
            around,
            manager: Manager::find(),
            plan: Plan::new(planned.collect(), now),
            jobs: jobs.into_iter().map(Arc::new).collect(),
            work: JoinSet::new(),
            at_work: None,
            rested: Instant::now(),
            stopping: false,
            told: None,
        };
        driver.begin(now);
        driver
    }

    /// Says how the jobs stand that have just been read.
    fn begin(&self, now: Timestamp) {
        for place in 0..self.jobs.len() {
            self.warn_of_no_time(place);
        }
        self.show(now);
    }

    fn warn_of_no_time(&self, place: usize) {
        let job = &self.jobs[place];
        if job.timing.is_some() && self.plan.next(place).is_none() {
            tracing::warn!(job = job.name, "its time never comes again");
        }
    }

    /// Does what is to be done now. How long there is nothing else to do; none for ever.
    fn look(&mut self, now: Timestamp) -> Option<Duration> {
        self.around.board.looked(now);
        self.manager.well();
        let longest = self
            .manager
            .rhythm()
            .unwrap_or(LOOK_AT_CLOCK)
            .min(LOOK_AT_CLOCK);
        // Also asked while a job works, so that it knows of a clock that is set.
        let look = self.plan.look(now);
        if self.at_work.is_some() {
            return Some(longest);
        }
        if self.around.stop.signal().is_some() {
            return None;
        }
        let rest = self.rested.saturating_duration_since(Instant::now());
        match look {
            Look::Never => None,
            Look::Start(_) if !rest.is_zero() => Some(rest.min(longest)),
            Look::Start(place) => {
                self.start(place, now);
                Some(longest)
            }
            Look::Wait(place, until) => {
                if self.told.replace((place, until)) != Some((place, until)) {
                    tracing::info!(job = self.jobs[place].name, next = shown(until), "waiting");
                }
                let pause = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                Some(pause.min(longest))
            }
        }
    }

    fn start(&mut self, place: usize, now: Timestamp) {
        let job = Arc::clone(&self.jobs[place]);
        tracing::info!(job = job.name, "starting");
        self.around.board.started(now, &job.name);
        let start = self.plan.started(place, now);
        let memory = Memory::of_start(start, self.plan.job(place).lot);
        let remembered = memory.write(job.out());
        let (working, runtime) = (Arc::clone(&job), Handle::current());
        let (stop, watch) = (self.around.stop.clone(), Arc::clone(&self.around.watch));
        self.work.spawn_blocking(move || {
            remembered?;
            runtime.block_on(working.run(&stop, &*watch))
        });
        self.at_work = Some(AtWork { job, memory });
        self.warn_of_no_time(place);
        self.show(now);
    }

    fn end(&mut self, ended: Result<Result<Report, RunError>, JoinError>) -> Ran {
        let now = wall_clock();
        let AtWork { job, mut memory } = self.at_work.take().expect("only a job at work ends");
        let result = ended.unwrap_or_else(|error| Err(RunError::Broke(error.to_string())));
        // What a signal or an error cut short is made good by the next process.
        if matches!(&result, Ok(report) if !matches!(report.stopped, Stopped::Signal(_))) {
            memory.ended_at = Some(now);
            if let Err(error) = memory.write(job.out()) {
                tracing::warn!(
                    job = job.name,
                    error = &error as &dyn std::error::Error,
                    "the end of the run is not remembered"
                );
            }
        }
        self.rested = Instant::now() + job.rest();
        self.around.board.ended(now, &job.name, &result);
        self.show(now);
        Ran {
            name: job.name.clone(),
            result,
        }
    }

    /// Lets nothing start any more.
    fn stop(&mut self) {
        self.stopping = true;
        self.manager.stopping();
    }

    fn reread(&mut self, reread: &mut impl FnMut() -> Result<Vec<Job>, String>) {
        let now = wall_clock();
        self.manager.reloading();
        match reread() {
            Ok(jobs) => {
                self.take_over(jobs, now);
                self.around.board.reloaded(now, Ok(()));
            }
            Err(why) => {
                tracing::error!("the new configuration cannot be used, the old one stays: {why}");
                self.around.board.reloaded(now, Err(&why));
            }
        }
        self.manager.ready();
    }

    /// Replaces the jobs. What is known of a job's starts belongs to its folder.
    fn take_over(&mut self, jobs: Vec<Job>, now: Timestamp) {
        let before = |job: &Job| self.jobs.iter().position(|old| old.out() == job.out());
        let planned = jobs.iter().map(|job| {
            let before = before(job);
            let memory = before.map_or_else(|| Memory::read(job.out()), |_| None);
            let planned = job.planned(memory.as_ref());
            // It may have been gone from the configuration for a part of its run.
            let cut_short = planned.cut_short && !self.is_at_work(job);
            (
                Planned {
                    cut_short,
                    ..planned
                },
                before,
            )
        });
        self.plan = self.plan.of_others(planned.collect(), now);
        tell_changes(&self.jobs, &jobs);
        self.jobs = jobs.into_iter().map(Arc::new).collect();
        self.told = None;
        self.begin(now);
    }

    /// Shows the jobs as they stand.
    fn show(&self, now: Timestamp) {
        let jobs = self.jobs.iter().enumerate();
        let standing: Vec<Standing> = jobs.map(|(place, job)| self.standing(place, job)).collect();
        self.around.board.standing(now, &standing);
        self.manager.status(&self.status());
    }

    /// What is going on, in a line.
    fn status(&self) -> String {
        if let Some(at_work) = &self.at_work {
            return format!("{} is at work", at_work.job.name);
        }
        let starts = self.jobs.iter().enumerate();
        let next = starts.filter_map(|(place, job)| Some((self.plan.next(place)?, &job.name)));
        next.min().map_or_else(
            || "no job will start again".to_owned(),
            |(start, name)| format!("next is {name}, {}", shown(start)),
        )
    }

    fn standing(&self, place: usize, job: &Job) -> Standing {
        Standing {
            name: job.name.clone(),
            out: job.out().to_owned(),
            when: job
                .timing
                .as_ref()
                .map_or_else(|| "when asked".to_owned(), ToString::to_string),
            last: self.plan.job(place).last.map(|start| start.at),
            next: self.plan.next(place),
            running: self.is_at_work(job),
        }
    }

    /// Whether it is at work, as it is or as it was before.
    fn is_at_work(&self, job: &Job) -> bool {
        let at_work = self.at_work.as_ref();
        at_work.is_some_and(|at_work| at_work.job.out() == job.out())
    }

    /// Ends when the next job may start, or when all is to end.
    async fn end_of_rest(&self) {
        tokio::select! {
            () = tokio::time::sleep_until(self.rested) => {}
            () = self.around.stop.wait() => {}
        }
    }
}

/// A time as logs have it: whole seconds are enough for a start.
fn shown(time: Timestamp) -> String {
    time.strftime("%FT%TZ").to_string()
}

/// Says in the log what a new configuration changes.
fn tell_changes(old: &[Arc<Job>], new: &[Job]) {
    let mut changes = 0;
    let mut tell = |job: &Job, what| {
        changes += 1;
        tracing::info!(job = job.name, "{what}");
    };
    for job in new {
        match old.iter().find(|old| old.out() == job.out()) {
            None => tell(job, "new in the configuration"),
            Some(old) if !old.is_same(job) => {
                tell(job, "changed in the configuration, as from its next start");
            }
            Some(_) => {}
        }
    }
    for job in old {
        if !new.iter().any(|new| new.out() == job.out()) {
            tell(
                job,
                "gone from the configuration; if it is at work, it ends with this run",
            );
        }
    }
    tracing::info!(changes, "the configuration was read anew");
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::failure::Status;
    use crate::run::clean;
    use crate::run::schedule::Work;

    /// Breaks when the first input is done.
    #[derive(Default)]
    struct Breaks(AtomicBool);

    impl Watch for Breaks {
        fn planned(&self, _: u64) {}
        fn settled(&self, _: Option<Status>) {
            assert!(self.0.swap(true, Ordering::SeqCst), "a panic of the test");
        }
    }

    /// Keeps what it is told, a line each.
    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl Lines {
        fn add(&self, line: String) {
            self.0.lock().unwrap().push(line);
        }
    }

    impl Board for Lines {
        fn standing(&self, _: Timestamp, jobs: &[Standing]) {
            let at_work = jobs.iter().filter(|job| job.running);
            let at_work: Vec<&str> = at_work.map(|job| job.name.as_str()).collect();
            let started = jobs.iter().filter(|job| job.last.is_some()).count();
            self.add(format!("{started} have started, at work: {at_work:?}"));
        }

        fn started(&self, _: Timestamp, job: &str) {
            self.add(format!("{job} starts"));
        }

        fn ended(&self, _: Timestamp, job: &str, result: &Result<Report, RunError>) {
            let how = match result {
                Ok(report) => format!("{} failure", report.failures),
                Err(error) => error.to_string(),
            };
            self.add(format!("{job} ends: {how}"));
        }
    }

    /// A cleaning of a file that is not there, which is one failure.
    fn job(name: &str, dir: &Path) -> Job {
        let clean = clean::Job {
            paths: vec!["no/such/file".into()],
            ..clean::Job::default()
        };
        Job {
            name: name.to_owned(),
            timing: None,
            max_run_time: None,
            work: Work::Clean {
                job: Box::new(clean),
                out: dir.join(name),
                formats: Vec::new(),
            },
        }
    }

    #[test]
    fn a_job_that_breaks_takes_nothing_down_and_the_board_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let (stop, board) = (Stop::default(), Lines::default());
        let around = Around {
            stop: &stop,
            watch: Arc::new(Breaks::default()),
            board: &board,
        };
        let jobs = vec![job("a", dir.path()), job("b", dir.path())];
        let mut results = Vec::new();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let run = once(jobs, &around, |ran| results.push(ran.result));
        runtime.unwrap().block_on(run);
        assert!(
            matches!(&results[..], [Err(RunError::Broke(why)), Ok(_)] if why.contains("a panic of the test")),
            "{results:?}"
        );
        let mut told = board.0.into_inner().unwrap();
        assert!(told.remove(3).starts_with("a ends: internal error: "));
        assert_eq!(
            told,
            [
                "0 have started, at work: []",
                "a starts",
                "1 have started, at work: [\"a\"]",
                "1 have started, at work: []",
                "b starts",
                "2 have started, at work: [\"b\"]",
                "b ends: 1 failure",
                "2 have started, at work: []",
            ]
        );
    }
}
