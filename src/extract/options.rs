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
    /// What is gathered besides text and metadata.
    pub detail: Detail,
    /// Whether the typed blocks know the links in their text.
    pub links: bool,
}

/// What is gathered besides text and metadata.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    #[default]
    Plain,
    /// Typed blocks, for forms such as Markdown; the record is as without.
    Typed,
    /// Typed blocks, what was removed, and comments, all in the record.
    Full,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            min_words: 12,
            model: Model::trained(),
            detail: Detail::Plain,
            links: false,
        }
    }
}
