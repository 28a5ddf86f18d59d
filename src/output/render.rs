//! An article as plain text or Markdown.

use super::Format;
use super::csv::csv;
use super::markdown::markdown;
use super::schema::renamed;
use crate::article::Article;

/// The article in a form for readers, or as a line; JSON where the form has no text of its own.
#[must_use]
pub fn render(article: &Article, format: Format) -> String {
    match format {
        Format::JsonLines | Format::Sqlite | Format::Parquet => {
            serde_json::to_string(article).unwrap_or_default() + "\n"
        }
        Format::Csv => csv(article),
        Format::Text => article.text.clone() + "\n",
        Format::Markdown => markdown(article),
        Format::Renamed(schema) => renamed(article, schema).to_string() + "\n",
    }
}
