//! `chaffinch rules test`.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::{Result, bail};
use serde::Serialize;

use super::args::RulesTest;
use super::{clean, exit};
use crate::config::{CleanFlags, File, clean_job};
use crate::extract::rules::Trial;
use crate::input::files;
use crate::run::rules::{Outcome, Tried, try_on};

/// Shows what each selector hits on saved pages.
pub(super) fn test(flags: RulesTest) -> Result<u8> {
    let file = File::read(&flags.config)?;
    if file.sites.is_empty() {
        bail!("{}: no [[sites]]", flags.config.display());
    }
    let job = clean_job(
        CleanFlags {
            paths: flags.paths,
            base_url: flags.base_url,
            url_map: flags.url_map,
            ..CleanFlags::default()
        },
        &file,
    )?;
    clean::require_one_page(&job)?;
    if let Some(domain) = &flags.domain
        && job.extract.rules.of_host(&domain.to_string()).is_none()
    {
        bail!("{}: no [[sites]] is for {domain}", flags.config.display());
    }
    let say = |text: &str| {
        // Nobody listens any more: the exit code still tells.
        let _ = io::stdout().write_all(text.as_bytes());
    };
    let outcome = try_on(
        files::list(&job.paths, &job.files),
        &job.files,
        &job.extract,
        flags.domain.as_ref(),
        |tried| say(&if flags.json { line(tried) } else { page(tried) }),
    );
    say(&if flags.json {
        line(&outcome)
    } else {
        summary(&outcome)
    });
    Ok(code(&outcome))
}

fn code(outcome: &Outcome) -> u8 {
    if outcome.unmatched.is_empty() && outcome.failed == 0 && outcome.pages > 0 {
        exit::OK
    } else {
        exit::SOME_FAILED
    }
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

fn page(tried: &Tried) -> String {
    let domain = tried.domain.as_ref().map(|domain| format!("  ({domain})"));
    let mut out = format!("{}{}\n", tried.file, domain.unwrap_or_default());
    if let Some(error) = &tried.error {
        let _ = writeln!(out, "  not tried: {error}");
    }
    tried.rules.iter().for_each(|rule| out += &hits(rule));
    out
}

fn hits(rule: &Trial) -> String {
    let mut out = format!(
        "  {:<6} {:<32} {}\n",
        rule.key.name(),
        rule.selector,
        match rule.elements {
            0 => "nothing".to_owned(),
            1 => "1 element".to_owned(),
            more => format!("{more} elements"),
        }
    );
    for shown in &rule.first {
        let text = match shown.text.as_str() {
            "" => "(no text)".to_owned(),
            text => format!("{text:?}"),
        };
        let _ = writeln!(out, "         {}\n           {text}", shown.path);
    }
    out
}

fn summary(outcome: &Outcome) -> String {
    let pages = match outcome.pages {
        1 => "1 page".to_owned(),
        pages => format!("{pages} pages"),
    };
    let hit = outcome.selectors - outcome.unmatched.len();
    let mut out = format!(
        "{hit} of {} selectors hit something on {pages}\n",
        outcome.selectors
    );
    for asked in &outcome.unmatched {
        let (domain, key, selector) = (&asked.domain, asked.key.name(), &asked.selector);
        let _ = writeln!(out, "  nothing anywhere: {domain}: {key} {selector}");
    }
    out
}
