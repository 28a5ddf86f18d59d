//! What is said on stderr.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use super::args::{LogFormat, Talk};
use super::progress::Stderr;

/// Starts logging: ours as the flags say, other crates' warnings only. `RUST_LOG` wins.
pub(super) fn start(talk: Talk) {
    let level = match (talk.quiet, talk.verbose) {
        (true, _) => "error",
        (false, 0) => "info",
        (false, 1) => "debug",
        (false, _) => "trace",
    };
    // rustls-platform-verifier reports each failed certificate as its own error; ours says it once.
    let default = format!("error,rustls_platform_verifier=off,chaffinch={level}");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Stderr)
        .log_internal_errors(false);
    match talk.log_format {
        LogFormat::Json => logs.json().flatten_event(true).init(),
        LogFormat::Text => logs
            .with_ansi(io::stderr().is_terminal())
            .with_target(false)
            .without_time()
            .init(),
    }
}
