//! `chaffinch explain`.

use std::io::{self, IsTerminal};

use anyhow::{Result, bail};

use super::args::{Explain, ExplainForm, Talk};
use super::crawl::section;
use super::places::Places;
use super::{config, exit, runtime};
use crate::config::{CleanFlags, CrawlFlags, clean_job, crawl_job};
use crate::failure::Failure;
use crate::input::urls::Line;
use crate::output::explain::text::{self, Look};
use crate::output::explain::{Account, failure_json, html};
use crate::output::stream;
use crate::run::explain::{Explained, Job, explain};
use crate::run::{RunError, Stop};

/// Columns of a line where no terminal says how many there are.
const WIDTH: usize = 100;

pub(super) fn run(flags: Explain, talk: Talk) -> Result<u8> {
    let form = flags.json.then_some(ExplainForm::Json).or(flags.format);
    let places = Places::of(flags.html.as_deref(), form, ExplainForm::Text)?;
    let job = job(flags)?;
    let stop = match job {
        Job::Fetched(_) => Stop::on_signals(),
        // Reading a file ends by itself, or by the signal's own action.
        Job::Saved(_) => Stop::default(),
    };
    let (written, code) = match runtime()?.block_on(explain(&job, &stop))? {
        Explained::Account(account) => (write(&places, &account, talk), code(&account)),
        Explained::Failure(failure) => (write_failure(&places, &failure), exit::SOME_FAILED),
        Explained::Stopped => return Ok(stop.signal().map_or(exit::NOTHING, exit::of_signal)),
    };
    match written {
        Err(RunError::Output(error)) if error.is_broken_pipe() => Ok(exit::OK),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(code),
    }
}

fn code(account: &Account) -> u8 {
    if account.status == "ok" {
        exit::OK
    } else {
        exit::NOTHING
    }
}

/// A URL by its scheme, else a file.
fn job(flags: Explain) -> Result<Job> {
    let file = config(flags.config.as_deref())?.favoring(flags.reading.favor);
    if let Some(url) = flags.page.to_str().filter(|page| page.contains("://")) {
        if flags.base_url.is_some() {
            bail!("--base-url is the address of a saved page, and {url} has its own");
        }
        let place = "command line".to_owned();
        let text = url.to_owned();
        let flags = CrawlFlags {
            section: section(flags.asking),
            urls: vec![Line { text, place }],
            ..CrawlFlags::default()
        };
        return Ok(Job::Fetched(Box::new(crawl_job(flags, &file)?)));
    }
    if flags.page.is_dir() {
        bail!("{} is a folder; name one page", flags.page.display());
    }
    let flags = CleanFlags {
        paths: vec![flags.page],
        base_url: flags.base_url,
        ..CleanFlags::default()
    };
    Ok(Job::Saved(Box::new(clean_job(flags, &file)?)))
}

/// What failed was said on stderr; a tool that asked for JSON gets the record of the failure.
fn write_failure(places: &Places<ExplainForm>, failure: &Failure) -> Result<(), RunError> {
    match places.stdout {
        Some(ExplainForm::Json) => Ok(stream::print(&failure_json(failure))?),
        _ => Ok(()),
    }
}

fn write(places: &Places<ExplainForm>, account: &Account, talk: Talk) -> Result<(), RunError> {
    let form = |form| match form {
        ExplainForm::Json => account.to_json(),
        ExplainForm::Text => text::render(account, look()),
    };
    places.write(|| html::render(account), form, "explained", talk)
}

fn look() -> Look {
    let stdout = io::stdout();
    let columns = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
    // https://no-color.org: set and not empty.
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    Look {
        width: columns.unwrap_or(WIDTH),
        is_colored: stdout.is_terminal() && !no_color && !is_dumb,
    }
}
