//! Do the parts meet? One binary for all integration tests.

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
