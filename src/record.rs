//! What is written: each input becomes one [`Record`], an article or a failure.

use serde::Serialize;

use crate::article::Article;
use crate::failure::Failure;

/// The outcome of one input.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Record {
    /// It held an article.
    Article(Box<Article>),
    /// It did not, and why.
    Failure(Failure),
}

impl Record {
    /// The record as one line of JSON, without the line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}
