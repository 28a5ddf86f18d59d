//! The progress bar: rate, errors and time to go, on a terminal only unless asked for.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use super::args::When;
use crate::failure::Status;
use crate::run::Watch;

/// The bar that log lines step aside for; at most one is shown at a time.
static SHOWN: OnceLock<ProgressBar> = OnceLock::new();

/// Shows how a run goes on.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    failures: AtomicU64,
}

const TEMPLATE: &str = "{bar:16} {pos}/{len} pages {rate} {msg} {elapsed}, {eta} to go";

impl Progress {
    /// A bar, if it is wanted.
    #[must_use]
    pub(super) fn new(when: When, quiet: bool) -> Self {
        let shows = match when {
            When::Always => true,
            When::Auto => !quiet && io::stderr().is_terminal(),
            When::Never => false,
        };
        Self {
            bar: shows.then(|| SHOWN.get_or_init(|| bar(when)).clone()),
            failures: AtomicU64::new(0),
        }
    }

    /// Takes the bar off the terminal.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(when: When) -> ProgressBar {
    // indicatif draws nothing on what is no terminal; who says "always" wants to see it there, too.
    let target = if when == When::Always && !io::stderr().is_terminal() {
        ProgressDrawTarget::term_like_with_hz(Box::new(Plain), 2)
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let style = ProgressStyle::with_template(TEMPLATE);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.with_key(
        "rate",
        |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{:.1}/s", state.per_sec());
        },
    ));
    bar.set_message("0 errors");
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

impl Watch for Progress {
    fn wants_total(&self) -> bool {
        self.bar.is_some()
    }

    fn planned(&self, inputs: u64) {
        if let Some(bar) = &self.bar {
            bar.inc_length(inputs);
        }
    }

    fn settled(&self, failure: Option<Status>) {
        let failures = self
            .failures
            .fetch_add(u64::from(failure.is_some()), Ordering::Relaxed)
            + u64::from(failure.is_some());
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{failures} errors"));
            bar.inc(1);
        }
    }
}

/// A bar on what is no terminal: a line for each state of it.
#[derive(Debug)]
struct Plain;

impl indicatif::TermLike for Plain {
    fn width(&self) -> u16 {
        100
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{line}")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.trim().is_empty() {
            Ok(())
        } else {
            writeln!(io::stderr(), "{}", text.trim_end())
        }
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Where log lines go: to stderr, the bar aside for as long as it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Whoever listened may have gone; the work goes on.
        let write = || {
            let _ = io::stderr().write_all(bytes);
        };
        SHOWN.get().map_or_else(write, |bar| bar.suspend(write));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}

impl MakeWriter<'_> for Stderr {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}
