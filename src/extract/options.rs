//! What a caller may turn.

use std::sync::Arc;

use super::dom::Limits;
use super::model::Model;
use super::rules::Rules;

/// Settings of one extraction.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Bounds on the tree that is built of a page.
    pub limits: Limits,
    /// Fewest words that make an article; a body with fewer is `no_article`.
    ///
    /// News briefs of two sentences exist; below 12 words the corpora hold error pages,
    /// consent walls and stubs only.
    pub min_words: u32,
    /// What judges the blocks.
    pub model: &'static Model,
    /// What the user says of single sites; none unless given.
    pub rules: Arc<Rules>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            min_words: 12,
            model: Model::trained(),
            rules: Arc::default(),
        }
    }
}
