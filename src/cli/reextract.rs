//! `chaffinch reextract`.

use std::fmt::Write;

use anyhow::{Result, bail};

use super::args::{FoundForm, Reextract, Talk};
use super::clean::Output;
use super::crawl::output;
use super::progress::Progress;
use super::{config, exit, summary};
use crate::output::stream::print;
use crate::output::{Format, OutputError};
use crate::run::reextract::{Change, Job, Outcome, Reextracted, reextract};
use crate::run::{RunError, Stop, Stopped};

pub(super) fn run(flags: Reextract, talk: Talk) -> Result<u8> {
    let file = config(flags.config.as_deref())?.favoring(flags.reading.favor);
    let to = flags.output.map(|path| Output::of(Some(path)));
    if matches!(to, Some(Output::Stdout)) {
        bail!("what changed goes to standard output; name a file or a folder with -o");
    }
    let section = output(None, flags.extent).over(&file.output);
    let job = Job {
        paths: flags.paths,
        against: flags.against,
        extract: file.extract_options(&section),
        threads: flags.threads.or(file.clean.threads).unwrap_or(0),
    };
    let sink = to.as_ref().map(|to| to.sink(&[Format::JsonLines]));
    let (sink, stop) = (sink.transpose()?, Stop::on_signals());
    let progress = Progress::new(talk.progress, talk.quiet);
    let mut tell = |change: &Change| tell(change, flags.format, talk);
    let done = reextract(&job, sink, &mut tell, &stop, &progress);
    progress.finish();
    let done = match done {
        Err(RunError::Output(error)) if error.is_broken_pipe() => return Ok(exit::OK),
        done => done?,
    };
    print(&match flags.format {
        FoundForm::Text => totals(&done),
        FoundForm::Jsonl => serde_json::to_string(&done)? + "\n",
    })?;
    if let Some(to) = to.filter(|_| !talk.quiet) {
        let line = to.describe(done.stopped) + "\n";
        let _ = std::io::Write::write_all(&mut super::progress::Stderr, line.as_bytes());
    }
    Ok(exit::of_reextraction(&done))
}

/// Says what became of one article, where that is wanted.
fn tell(change: &Change, form: FoundForm, talk: Talk) -> Result<(), OutputError> {
    if change.outcome == Outcome::Same {
        return Ok(());
    }
    match form {
        FoundForm::Text if talk.verbose == 0 => Ok(()),
        FoundForm::Text => print(&line(change)),
        FoundForm::Jsonl => print(&(serde_json::to_string(change).unwrap_or_default() + "\n")),
    }
}

/// What became of an article, on one line.
fn line(change: &Change) -> String {
    let [words, sure] = [
        change
            .words
            .map(|words| words.map(|words| words.to_string())),
        change
            .confidence
            .map(|sure| sure.map(|sure| format!("{sure:.2}"))),
    ];
    let pair = |pair: [Option<String>; 2]| {
        pair.map(|one| one.unwrap_or_else(|| "-".to_owned()))
            .join(" → ")
    };
    let (words, sure) = (pair(words), pair(sure));
    let name = change.outcome.name();
    let url = change.url.as_deref().unwrap_or(&change.id);
    let mut line = format!("{name:<9} {words:>13} words  {sure:<11}  {url}");
    if !change.changed.is_empty() {
        let _ = write!(line, "  ({})", change.changed.join(", "));
    }
    if let Some(detail) = &change.detail {
        let _ = write!(line, "  ({detail})");
    }
    line + "\n"
}

/// What became of all, for people.
fn totals(done: &Reextracted) -> String {
    let mut out = format!("{} read again, ", summary::plural(done.pages, "page"));
    let now = done.articles;
    let _ = match done.before {
        Some(before) => writeln!(
            out,
            "{} before, {now} now",
            summary::plural(before, "article")
        ),
        None => writeln!(
            out,
            "{}; name what there was with --against to compare",
            summary::plural(now, "article")
        ),
    };
    if done.before.is_some() {
        for outcome in Outcome::ALL {
            out += &outcome_line(done, outcome);
        }
    }
    if !done.totals.changed.is_empty() {
        let fields = done.totals.changed.iter();
        let fields: Vec<String> = fields
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let _ = writeln!(out, "  other values: {}", fields.join(", "));
    }
    if let Some([was, is]) = done.totals.mean_confidence() {
        let (better, worse) = (done.totals.better, done.totals.worse);
        let _ = writeln!(
            out,
            "  confidence {was:.3} → {is:.3} in the mean, {better} better, {worse} worse"
        );
    }
    for (count, what) in [
        (done.not_kept, "not in the archives"),
        (
            done.unresolved,
            "refer to a page that is not in the archives",
        ),
        (done.damaged, "broken records or missing archives"),
    ] {
        if count > 0 {
            let _ = writeln!(out, "  {count} {what}");
        }
    }
    if let Stopped::Signal(_) = done.stopped {
        out += "stopped by a signal\n";
    }
    out
}

fn outcome_line(done: &Reextracted, outcome: Outcome) -> String {
    let name = outcome.name();
    let Some(count) = done.totals.outcomes.get(name) else {
        return String::new();
    };
    let mut line = format!("  {name:<10} {count:>8}");
    let words = done.totals.words.get(name).copied().unwrap_or(0);
    if words != 0 {
        let _ = write!(line, "  {words:+} words");
    }
    line + "\n"
}
