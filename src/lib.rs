//! chaffinch
pub mod article;
pub mod crawl;
pub mod extract;
pub mod failure;
#[cfg(feature = "io")]
pub mod fetch;
#[cfg(feature = "io")]
pub mod frontier;
#[cfg(feature = "io")]
pub mod input;
#[cfg(feature = "io")]
pub mod output;
pub mod page;
pub mod record;
