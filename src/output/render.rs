//! An article as plain text or Markdown.

use super::Format;
use super::markdown::markdown;
use super::schema::renamed;
use crate::article::Article;

/// The article in a form for readers; as JSON for [`Format::JsonLines`].
#[must_use]
pub fn render(article: &Article, format: Format) -> String {
    match format {
        Format::JsonLines => serde_json::to_string(article).unwrap_or_default() + "\n",
        Format::Text => article.text.clone() + "\n",
        Format::Markdown => markdown(article),
        Format::Renamed(schema) => renamed(article, schema).to_string() + "\n",
    }
}
