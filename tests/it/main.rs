//! Do the parts meet? One binary for all integration tests.

#![allow(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]
#![allow(clippy::string_slice, reason = "a wrong cut fails the test")]
#![allow(
    clippy::disallowed_methods,
    reason = "the farm notes when it was asked"
)]
#![allow(clippy::print_stderr, reason = "tests say what they measured")]
#![allow(
    clippy::cast_precision_loss,
    reason = "scores are ratios of small counts"
)]

mod archive;
mod calendar;
mod clean;
mod crawl;
mod discover;
mod documents;
mod drift;
mod explain;
mod farm;
mod fault_crawls;
mod fault_farm;
mod fault_lines;
mod faults;
mod golden;
mod half_year;
mod hostile;
mod kills;
mod labels;
mod limits;
mod oracle;
mod press;
mod properties;
mod quality;
mod resume;
mod robots_peers;
mod rules;
mod run;
mod schedule;
mod seen;
mod stores;
mod story;
mod tool;
mod typed;
