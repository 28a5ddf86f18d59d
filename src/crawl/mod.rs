//! What to ask next, and when: pure decisions.
//!
//! In: URLs, feeds and sitemaps, verdicts of robots.txt, outcomes of requests, and the time, which is always an
//! argument. Out: whether and when to ask, and when to give up. Never: a clock, file, socket,
//! thread or log line; the same rules are tested in microseconds.

pub mod alike;
pub mod article_url;
pub mod choice;
mod feed;
pub mod feed_date;
pub mod freshness;
pub mod lane;
pub mod listing;
pub mod normal_form;
pub mod politeness;
pub mod redirect;
pub mod retry;
pub mod revision;
pub mod revisit;
pub mod robots;
mod sitemap;
pub mod trap;
pub mod url_key;
mod xml;
pub mod yields;

pub use lane::Lanes;
pub use politeness::{Pace, Politeness};
pub use robots::{Access, Robots};
pub use url_key::{HostKey, UrlKey};
