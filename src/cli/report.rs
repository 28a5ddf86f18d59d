//! `chaffinch report`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::args::{Report, ReportForm, Talk};
use super::exit;
use super::places::Places;
use crate::config::{self, DEFAULT_OUT, File};
use crate::output::status::{JobStatus, Status, html, metrics, text};
use crate::run::clock::Clock;
use crate::run::{RunError, history};

pub(super) fn run(flags: &Report, talk: Talk) -> Result<u8> {
    let form = flags.json.then_some(ReportForm::Json).or(flags.format);
    let places = Places::of(flags.html.as_deref(), form, ReportForm::Text)?;
    let status = Status::new(Clock::start().now(), None, jobs(flags)?);
    let page = || html::render(&status, None);
    let form = |form| match form {
        ReportForm::Text => text::render(&status),
        ReportForm::Json => status.to_json(),
        ReportForm::Prometheus => metrics::render(&status),
    };
    match places.write(page, form, "the report is", talk) {
        Err(RunError::Output(error)) if error.is_broken_pipe() => Ok(exit::OK),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(exit::OK),
    }
}

/// The jobs of a configuration, which need not have run, or the crawls of some folders, which must.
fn jobs(flags: &Report) -> Result<Vec<JobStatus>> {
    if let Some(path) = &flags.config {
        let base = path.parent().unwrap_or(Path::new(""));
        let jobs = config::jobs(&File::read(path)?, base)?;
        return jobs
            .iter()
            .map(|job| {
                let when = job.timing.as_ref().map(ToString::to_string);
                let status = status_of(&job.name, job.out())?;
                let status = status.unwrap_or_else(|| JobStatus::new(&job.name, &shown(job.out())));
                Ok(JobStatus { when, ..status })
            })
            .collect();
    }
    let usual = [PathBuf::from(DEFAULT_OUT)];
    let folders = if flags.folders.is_empty() {
        &usual[..]
    } else {
        &flags.folders
    };
    folders
        .iter()
        .map(|folder| match status_of(&shown(folder), folder)? {
            Some(status) => Ok(status),
            None => bail!("{} holds no history of a crawl", folder.display()),
        })
        .collect()
}

fn status_of(name: &str, out: &Path) -> Result<Option<JobStatus>> {
    let history = history::read(out)?;
    Ok(history.map(|history| {
        let mut status = JobStatus::new(name, &shown(out));
        status.take_in(&history);
        status
    }))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
