//! What to ask next, and when: pure decisions.
//!
//! In: URLs, verdicts of robots.txt, outcomes of requests, and the time, which is always an
//! argument. Out: whether and when to ask, and when to give up. Never: a clock, file, socket,
//! thread or log line; the same rules are tested in microseconds.

pub mod freshness;
pub mod lane;
pub mod politeness;
pub mod redirect;
pub mod retry;
pub mod robots;
pub mod url_key;

pub use lane::Lanes;
pub use politeness::{Pace, Politeness};
pub use robots::{Access, Robots};
pub use url_key::{HostKey, UrlKey};
