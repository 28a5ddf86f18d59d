//! One page, for a command that looks at it and keeps no folder: the same conductor, with its
//! robots.txt, pauses, redirects, retries and guards, over a frontier in memory.

use std::sync::{Arc, Mutex, PoisonError};

use super::Job;
use super::conductor::Conductor;
use super::journal::{Batch, Committed, Intake, Ledger, new_url};
use super::visit::{Then, Visitor};
use crate::failure::Failure;
use crate::fetch::Client;
use crate::frontier::sqlite::SqliteFrontier;
use crate::frontier::{Frontier, Marks};
use crate::page::Page;
use crate::record::Record;
use crate::run::clock::Clock;
use crate::run::report::Report;
use crate::run::{RunError, Stop, Unwatched};

/// What came of asking for one page.
#[derive(Debug)]
pub enum Fetched {
    /// The page.
    Page(Box<Page>),
    /// Why there is none.
    Failure(Failure),
    /// A signal came first.
    Stopped,
}

/// Fetches the first URL of a job as [`super::crawl`] would, and hands the page over as it came.
/// The job's folder is neither read nor written.
///
/// # Errors
///
/// [`RunError`] when no client can be made.
pub async fn fetch(job: &Job, stop: &Stop) -> Result<Fetched, RunError> {
    let clock = Clock::start();
    let mut ledger = Single {
        frontier: SqliteFrontier::in_memory()?,
        failure: None,
    };
    let mut url = job.urls.first().map(new_url);
    if let Some(url) = &mut url {
        Intake::of(job, clock.millis()).new_url(url);
    }
    ledger.frontier.admit(url.as_slice(), false)?;
    let place = Arc::new(Mutex::new(None));
    let visitor = Visitor {
        client: Client::new(&job.fetch)?,
        clock,
        then: Then::Keep(place.clone()),
    };
    let report = Report::begin(clock.now());
    let mut conductor = Conductor::new(job, clock, visitor, report);
    conductor.run(&mut ledger, stop, &Unwatched).await?;
    let page = place.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(match (page, ledger.failure) {
        (Some(page), _) => Fetched::Page(Box::new(page)),
        (None, Some(failure)) => Fetched::Failure(failure),
        (None, None) => Fetched::Stopped,
    })
}

/// A frontier that forgets, and the failure of its one URL.
struct Single {
    frontier: SqliteFrontier,
    failure: Option<Failure>,
}

impl Ledger for Single {
    fn frontier(&mut self) -> &mut dyn Frontier {
        &mut self.frontier
    }

    fn commit(&mut self, batch: Batch) -> Result<Committed, RunError> {
        for (_, record) in batch.records {
            if let Record::Failure(failure) = record {
                self.failure = Some(failure);
            }
        }
        self.frontier.remember(&batch.memos)?;
        self.frontier.ack(&batch.acks, &[], &Marks::new())?;
        Ok(Committed::default())
    }
}
