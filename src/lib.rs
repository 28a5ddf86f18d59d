//! Chaffinch is a news scraper that throws away the chaff: it downloads news pages, or reads
//! saved ones, keeps the article and its metadata, and drops ads, author stubs, share bars,
//! newsletter boxes and "recommended news".
//!
//! The modules in the order of the data:
//!
//! - [`page`]: what one URL or file gave; made by `fetch` and `input`;
//! - [`extract`]: page → [`article`], or a rejection with its [`failure`] status;
//! - [`record`]: what is written, by `output`;
//! - [`crawl`] decides what to ask and when, `frontier` remembers it, `run` does it.
//!
//! Without default features only the pure core is built: no file, socket, thread or clock.
//!
//! ```
//! use chaffinch::extract::{Options, extract};
//! use chaffinch::page::Page;
//!
//! let html = "<title>Bridge opens</title><h1>Bridge opens</h1>
//!     <p>The town has opened its new bridge after ten years of work, the mayor said on Monday.</p>
//!     <h4>Recommended news</h4><h3><a href=/tram>Tram is late</a></h3><p>The tram was...</p>
//!     <p>- Advertisement -</p>";
//! let article = extract(&Page::from_html(html), &Options::default())?;
//! assert_eq!(article.metadata.title.as_deref(), Some("Bridge opens"));
//! assert!(article.text.ends_with("the mayor said on Monday."));
//! # Ok::<(), chaffinch::extract::Rejection>(())
//! ```

pub mod article;
pub mod failure;
pub mod history;
pub mod page;
pub mod record;

pub mod crawl;
pub mod entry;
pub mod extract;

#[cfg(feature = "io")]
pub mod config;
#[cfg(feature = "io")]
pub mod exchange;
#[cfg(feature = "io")]
pub mod fetch;
#[cfg(feature = "io")]
pub mod frontier;
#[cfg(feature = "io")]
pub mod input;
#[cfg(feature = "io")]
pub mod output;
#[cfg(feature = "io")]
pub mod run;
#[cfg(feature = "io")]
mod unpack;

#[cfg(feature = "cli")]
pub mod cli;
