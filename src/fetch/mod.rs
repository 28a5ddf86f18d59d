//! How one URL becomes one [`crate::page::Page`]'s worth of bytes; the only room that names reqwest.
//!
//! In: a URL that somebody decided to ask. Out: an [`Answer`], or a [`FetchError`] with its
//! status. Never: follow a redirect, retry, wait, or decide whether asking is polite; and never
//! connect to an address that the [`Guard`] refuses.

mod client;
mod cookies;
mod error;
mod guard;
mod keep;
mod limits;

pub use client::{Answer, Asked, Caching, Client, Content, Options, Request, Wanted};
pub use error::FetchError;
pub use guard::Guard;
pub use limits::Limits;
