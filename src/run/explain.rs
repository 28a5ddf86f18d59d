//! One page, looked at: read or fetched, judged, and every verdict told.

use std::sync::Arc;

use super::clean;
use super::crawl::{self, Fetched};
use super::{RunError, Stop};
use crate::article::EXTRACTOR_VERSION;
use crate::extract::{self, Rejection};
use crate::failure::Failure;
use crate::input::files;
use crate::output::explain::{Account, SCHEMA, in_page_order};
use crate::page::{Page, SourceKind, Warning};

/// What is to be explained.
#[derive(Debug)]
pub enum Job {
    /// The first page of a cleaning.
    Saved(Box<clean::Job>),
    /// The first URL of a crawl.
    Fetched(Box<crawl::Job>),
}

/// What can be told.
#[derive(Debug)]
pub enum Explained {
    /// What became of each block.
    Account(Box<Account>),
    /// Why there is no page.
    Failure(Failure),
    /// A signal came first.
    Stopped,
}

/// Gets the page of a job and tells what became of each block.
///
/// # Errors
///
/// [`RunError`] when no client can be made.
pub async fn explain(job: &Job, stop: &Stop) -> Result<Explained, RunError> {
    let (got, options) = match job {
        Job::Saved(job) => (saved(job), &job.extract),
        Job::Fetched(job) => (crawl::fetch(job, stop).await?, &job.extract),
    };
    Ok(match got {
        Fetched::Page(page) => told(*page, options),
        Fetched::Failure(failure) => Explained::Failure(failure),
        Fetched::Stopped => Explained::Stopped,
    })
}

fn saved(job: &clean::Job) -> Fetched {
    let input = files::opened(files::list(&job.paths, &job.files), &Arc::default()).next();
    match input.map(|input| files::read(input, &job.files)) {
        Some(Ok(page)) => Fetched::Page(Box::new(page)),
        Some(Err(failure)) => Fetched::Failure(said(*failure)),
        None => Fetched::Stopped,
    }
}

fn told(page: Page, options: &extract::Options) -> Explained {
    match extract::explain(&page, options) {
        Ok(found) => Explained::Account(Box::new(account(page, found))),
        Err(rejection) => Explained::Failure(said(failure(page, rejection))),
    }
}

/// Logs a failure where it is met; those of a request are logged by the crawl.
fn said(failure: Failure) -> Failure {
    tracing::warn!(url = failure.url, status = %failure.status, "{}", failure.detail);
    failure
}

fn account(page: Page, mut found: extract::Explanation) -> Account {
    let copies = [
        Warning::FromNoscript,
        Warning::FromJsonLd,
        Warning::FromEmbeddedState,
    ];
    let from_copy = copies.iter().any(|copy| found.warnings.contains(copy));
    let (status, detail) = match found.rejection {
        Some(rejection) => {
            // What the page is instead says more than what it claims to be.
            let claimed = found.metadata.page_type;
            found.metadata.page_type = rejection.page_type.or(claimed);
            (rejection.status.to_string(), Some(rejection.detail))
        }
        None => ("ok".to_owned(), None),
    };
    Account {
        schema: SCHEMA,
        status,
        detail,
        url: page.url,
        final_url: page.http.and(page.final_url).map(Into::into),
        source: page.source,
        metadata: found.metadata,
        word_count: found.word_count,
        confidence: found.confidence,
        warnings: found.warnings,
        extractor_version: EXTRACTOR_VERSION,
        blocks: in_page_order(found.body, found.removed, from_copy),
    }
}

fn failure(page: Page, rejection: Rejection) -> Failure {
    let Rejection {
        status,
        page_type,
        detail,
    } = rejection;
    let failure = match page.url {
        Some(url) if page.source.kind == SourceKind::Url => {
            Failure::of_url(&url, status, detail, 1)
        }
        url => clean::failure(&page.source, url, status, &detail),
    };
    failure.being(page_type)
}
