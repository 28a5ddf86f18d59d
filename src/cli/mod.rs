//! The command: flags in, exit code out. Each subcommand turns its flags into a job, hands it to
//! [`crate::run`], and says what came of it.

pub mod args;
mod clean;
mod crawl;
mod demo;
mod discover;
pub mod exit;
mod explain;
mod logging;
mod places;
mod progress;
mod reextract;
mod report;
mod rules;
mod run;
mod summary;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Parser;

use crate::config::{ConfigError, File};
use args::{Args, Command, LogFormat};

/// Runs the command that the process was called with.
#[must_use]
pub fn main() -> u8 {
    let args = Args::parse();
    let talk = args.talk;
    logging::start(talk);
    let done = match args.command {
        Command::Crawl(flags) => crawl::run(flags, talk),
        Command::Discover(flags) => discover::run(flags, talk),
        Command::Clean(flags) => clean::run(flags, talk),
        Command::Reextract(flags) => reextract::run(flags, talk),
        Command::Explain(flags) => explain::run(flags, talk),
        Command::Run(flags) => run::run(flags, talk),
        Command::Report(flags) => report::run(&flags, talk),
        Command::Rules(args::Rules::Test(flags)) => rules::test(flags),
        Command::Demo(flags) => demo::run(&flags, talk),
    };
    done.unwrap_or_else(|error| {
        let text = exit::describe(&error);
        if talk.log_format == LogFormat::Json {
            tracing::error!("{text}");
        } else {
            let _ = writeln!(std::io::stderr(), "chaffinch: {text}");
        }
        exit::of_error(&error)
    })
}

fn config(path: Option<&Path>) -> Result<File, ConfigError> {
    path.map_or_else(|| Ok(File::default()), File::read)
}

/// The runtime that moves bytes; extraction has threads of its own.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}
