//! Do the parts meet? One binary for all integration tests.

#![allow(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]
#![allow(
    clippy::disallowed_methods,
    reason = "the farm notes when it was asked"
)]

mod clean;
mod crawl;
mod documents;
mod farm;
mod faults;
mod golden;
mod labels;
mod oracle;
mod properties;
mod quality;
mod resume;
mod run;
mod tool;
