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
    /// Which errors weigh more.
    pub favor: Favor,
    /// What the user says of single sites; none unless given.
    pub rules: Arc<Rules>,
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

/// Which errors weigh more: chaff that stays, or text that is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Favor {
    /// Chaff weighs more: what is doubtful goes.
    Precision,
    /// Both weigh alike.
    #[default]
    Balanced,
    /// Loss weighs more: what is doubtful stays, and so do the teasers of an index page.
    Recall,
}

impl Favor {
    /// How much more recall weighs than precision: the β of van Rijsbergen's F.
    #[must_use]
    pub fn beta(self) -> f32 {
        match self {
            Self::Precision => 0.5,
            Self::Balanced => 1.0,
            Self::Recall => 2.0,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            min_words: 12,
            model: Model::trained(),
            favor: Favor::Balanced,
            rules: Arc::default(),
            detail: Detail::Plain,
            links: false,
        }
    }
}
