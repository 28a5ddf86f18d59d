//! What a caller may turn.

use super::dom::Limits;
use super::model::Model;

/// Settings of one extraction.
#[derive(Debug, Clone, Copy, PartialEq)]
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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            min_words: 12,
            model: Model::trained(),
        }
    }
}
