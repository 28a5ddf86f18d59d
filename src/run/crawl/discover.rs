//! What sources lead to, without asking for any of it: the same conductor, with its robots.txt,
//! pauses and guards, over a frontier in memory, from which the pages are taken out.

use std::collections::HashSet;

use super::conductor::Conductor;
use super::cores::Cores;
use super::errand::Errand;
use super::journal::{Batch, Committed, Intake, Ledger};
use super::visit::{Then, Visitor};
use super::{Job, descriptors};
use crate::entry::Entry;
use crate::fetch::Client;
use crate::frontier::sqlite::SqliteFrontier;
use crate::frontier::{Admission, Frontier, Marks, NewUrl, Origin};
use crate::run::clock::Clock;
use crate::run::report::Report;
use crate::run::{RunError, Stop, Watch};

/// A page that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its address.
    pub url: String,
    /// What is told of it.
    pub entry: Entry,
}

/// Asks the sources of a job and hands each page that they lead to over, once, as it is found. The
/// job's folder is neither read nor written. `tell` says whether to go on.
///
/// # Errors
///
/// [`RunError`] when no client can be made, or `tell` gives one.
pub async fn discover(
    mut job: Job,
    stop: &Stop,
    watch: &dyn Watch,
    tell: impl FnMut(Found) -> Result<(), RunError> + Send,
) -> Result<Report, RunError> {
    descriptors::fit(&mut job);
    let clock = Clock::start();
    drop(job.take_urls(stop)?);
    let mut ledger = Told {
        frontier: SqliteFrontier::in_memory()?,
        rules: Intake::of(&job, clock.millis()),
        seen: HashSet::new(),
        tell,
    };
    let sources = job.finding.sources.iter();
    let mut sources: Vec<NewUrl> = sources
        .map(|source| Errand::source(source, job.finding.follow))
        .collect();
    for source in &mut sources {
        ledger.rules.new_url(source);
    }
    ledger.frontier.admit(&sources, false)?;
    watch.planned(sources.len() as u64);
    let visitor = Visitor {
        client: Client::new(&job.fetch)?,
        clock,
        then: Then::Extract {
            options: job.extract.clone(),
            cores: Cores::start(1),
        },
    };
    let report = Report::begin(clock.now());
    let mut conductor = Conductor::new(&job, clock, visitor, report);
    let stopped = conductor.run(&mut ledger, stop, watch).await?;
    let mut report = conductor.into_report();
    report.end(clock.now(), clock.elapsed(), stopped);
    Ok(report)
}

/// A frontier that takes in sources, and gives pages to somebody.
struct Told<T> {
    frontier: SqliteFrontier,
    rules: Intake,
    /// The keys of the pages so far.
    seen: HashSet<String>,
    tell: T,
}

impl<T: FnMut(Found) -> Result<(), RunError> + Send> Ledger for Told<T> {
    fn frontier(&mut self) -> &mut dyn Frontier {
        &mut self.frontier
    }

    fn commit(&mut self, batch: Batch) -> Result<Committed, RunError> {
        self.frontier.remember(&batch.memos)?;
        let (mut sources, pages): (Vec<_>, Vec<_>) = batch
            .found
            .into_iter()
            .partition(|new| new.origin == Origin::Source);
        for source in &mut sources {
            self.rules.new_url(source);
        }
        let admissions = self.frontier.ack(&batch.acks, &sources, &Marks::new())?;
        let origins = sources.iter().map(|new| new.origin);
        let mut admitted: Vec<_> = origins.zip(admissions).collect();
        for page in pages {
            if self.seen.insert(page.key.clone()) {
                admitted.push((page.origin, Admission::Queued));
                let entry = Errand::of_new(&page).entry.unwrap_or_default();
                (self.tell)(Found {
                    url: page.url,
                    entry,
                })?;
            }
        }
        Ok(Committed {
            admitted,
            ..Committed::default()
        })
    }
}
