//! An article as one row: the columns of CSV, of `SQLite`'s table `articles`, and of Parquet.
//!
//! JSON Lines holds the whole record; a row holds what fits into cells. A column is added at the end
//! and never changes its meaning.

use serde::Serialize;

use crate::article::Article;

/// What a cell holds; `None` for what is unknown.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Int(Option<i64>),
    /// A number.
    Real(Option<f64>),
    /// Yes or no.
    Bool(Option<bool>),
    /// A moment, in microseconds since 1970-01-01T00:00:00Z.
    Time(Option<i64>),
    /// Texts in their order; empty, never unknown.
    List(Vec<String>),
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// [`Cell::Text`].
    Text,
    /// [`Cell::Int`], of 32 bits.
    Int,
    /// [`Cell::Real`].
    Real,
    /// [`Cell::Bool`].
    Bool,
    /// [`Cell::Time`].
    Time,
    /// [`Cell::List`].
    List,
}

/// A column of a row.
pub(super) struct Column {
    /// Its name, that of the record's key where there is one.
    pub(super) name: &'static str,
    /// What its cells hold.
    pub(super) kind: Kind,
    /// Whether it is never unknown.
    pub(super) required: bool,
    /// The cell of an article.
    pub(super) of: fn(&Article) -> Cell,
}

const fn required(name: &'static str, kind: Kind, of: fn(&Article) -> Cell) -> Column {
    Column {
        name,
        kind,
        required: true,
        of,
    }
}

const fn column(name: &'static str, kind: Kind, of: fn(&Article) -> Cell) -> Column {
    Column {
        name,
        kind,
        required: false,
        of,
    }
}

/// All columns, in their order.
pub(super) const COLUMNS: &[Column] = &[
    required("id", Kind::Text, |article| text(&article.id)),
    column("url", Kind::Text, |article| Cell::Text(article.url.clone())),
    column("final_url", Kind::Text, |article| {
        Cell::Text(article.final_url.clone())
    }),
    column("canonical_url", Kind::Text, |article| {
        Cell::Text(article.metadata.canonical_url.clone())
    }),
    column("title", Kind::Text, |article| {
        Cell::Text(article.metadata.title.clone())
    }),
    column("description", Kind::Text, |article| {
        Cell::Text(article.metadata.description.clone())
    }),
    required("authors", Kind::List, |article| {
        let authors = article.metadata.authors.iter();
        Cell::List(authors.map(|author| author.name.clone()).collect())
    }),
    column("site_name", Kind::Text, |article| {
        Cell::Text(article.metadata.site_name.clone())
    }),
    column("publisher", Kind::Text, |article| {
        Cell::Text(article.metadata.publisher.clone())
    }),
    column("date_published", Kind::Text, |article| {
        Cell::Text(article.metadata.date_published.clone())
    }),
    column("date_modified", Kind::Text, |article| {
        Cell::Text(article.metadata.date_modified.clone())
    }),
    column("language", Kind::Text, |article| {
        Cell::Text(article.metadata.language.clone())
    }),
    column("section", Kind::Text, |article| {
        Cell::Text(article.metadata.section.clone())
    }),
    required("tags", Kind::List, |article| {
        Cell::List(article.metadata.tags.clone())
    }),
    column("image", Kind::Text, |article| {
        Cell::Text(article.metadata.image.clone())
    }),
    column("paywall", Kind::Text, |article| {
        Cell::Text(article.metadata.paywall.map(name))
    }),
    required("truncated", Kind::Bool, |article| {
        Cell::Bool(Some(article.metadata.truncated))
    }),
    column("page_type", Kind::Text, |article| {
        Cell::Text(article.metadata.page_type.map(name))
    }),
    required("word_count", Kind::Int, |article| {
        Cell::Int(Some(article.word_count.into()))
    }),
    required("confidence", Kind::Real, |article| {
        // Through its shortest decimal, so that 0.94 is not 0.9399999976158142.
        Cell::Real(article.confidence.to_string().parse().ok())
    }),
    required("warnings", Kind::List, |article| {
        Cell::List(article.warnings.iter().map(name).collect())
    }),
    required("version", Kind::Int, |article| {
        Cell::Int(Some(article.version.into()))
    }),
    column("duplicate_of", Kind::Text, |article| {
        Cell::Text(article.duplicate_of.as_ref().map(|other| other.id.clone()))
    }),
    column("fetched_at", Kind::Time, |article| {
        Cell::Time(article.fetched_at.map(jiff::Timestamp::as_microsecond))
    }),
    required("content_hash", Kind::Text, |article| {
        text(&article.content_hash)
    }),
    required("text", Kind::Text, |article| text(&article.text)),
    column("gone_at", Kind::Time, |article| {
        Cell::Time(article.gone_at.map(jiff::Timestamp::as_microsecond))
    }),
];

fn text(text: &str) -> Cell {
    Cell::Text(Some(text.to_owned()))
}

/// The name that a value has in the record.
pub(super) fn name(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The article's row.
#[must_use]
pub(super) fn row(article: &Article) -> Vec<Cell> {
    COLUMNS.iter().map(|column| (column.of)(article)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::article;

    #[test]
    fn each_cell_is_of_the_kind_of_its_column() {
        let full = article("1", "a text");
        for (column, cell) in COLUMNS.iter().zip(row(&full)) {
            let kind = match &cell {
                Cell::Text(_) => Kind::Text,
                Cell::Int(_) => Kind::Int,
                Cell::Real(_) => Kind::Real,
                Cell::Bool(_) => Kind::Bool,
                Cell::Time(_) => Kind::Time,
                Cell::List(_) => Kind::List,
            };
            assert_eq!(kind, column.kind, "{}", column.name);
            let unknown = matches!(
                cell,
                Cell::Text(None) | Cell::Int(None) | Cell::Real(None) | Cell::Bool(None)
            );
            assert!(!(unknown && column.required), "{}", column.name);
        }
    }
}
