//! What comes in: lists of URLs, saved pages, and archives of them.
//!
//! In: paths that the user named. Out: lines, or files with their bytes. Never: fetch, extract,
//! or decide what to do about an error; each is handed on with the name of what it is about.

pub mod files;
pub mod records;
pub mod url_map;
pub mod urls;
pub mod warc;
