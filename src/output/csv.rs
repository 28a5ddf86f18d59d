//! Articles as CSV (RFC 4180): a header, CRLF after each row, quotes where they are needed.
//!
//! The columns are those of [`super::flat`]. What is unknown is an empty field; a list is its
//! entries with `"; "` between; moments are RFC 3339 in UTC; yes and no are `true` and `false`.
//! Line ends inside a field stay as they are, inside its quotes. Nothing is done to texts that a
//! spreadsheet would take for a formula: whoever opens the file in one imports it as text.

use super::flat::{COLUMNS, Cell, row};
use crate::article::Article;

/// Between the entries of a list.
const BETWEEN: &str = "; ";

/// The first line.
#[must_use]
pub(super) fn header() -> String {
    line(COLUMNS.iter().map(|column| column.name.to_owned()))
}

/// The article's line.
#[must_use]
pub(super) fn csv(article: &Article) -> String {
    line(row(article).into_iter().map(field))
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
    fields.join(",") + "\r\n"
}

fn field(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => text.unwrap_or_default(),
        Cell::Int(number) => number.map_or_else(String::new, |number| number.to_string()),
        Cell::Real(number) => number.map_or_else(String::new, |number| number.to_string()),
        Cell::Bool(bool) => bool.map_or_else(String::new, |bool| bool.to_string()),
        Cell::Time(micros) => micros.map_or_else(String::new, moment),
        Cell::List(entries) => entries.join(BETWEEN),
    }
}

/// A moment as the record has it.
pub(super) fn moment(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| String::new(), |at| at.to_string())
}

/// RFC 4180 §2.5–7.
fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        for (field, want) in [
            ("", ""),
            ("plain; text", "plain; text"),
            ("a,b", "\"a,b\""),
            ("say \"so\"", "\"say \"\"so\"\"\""),
            ("one\n\ntwo", "\"one\n\ntwo\""),
        ] {
            assert_eq!(quoted(field), want);
        }
    }

    #[test]
    fn cells_as_fields() {
        for (cell, want) in [
            (Cell::Text(None), ""),
            (Cell::Int(Some(-3)), "-3"),
            (Cell::Real(Some(0.94)), "0.94"),
            (Cell::Bool(Some(false)), "false"),
            (Cell::Time(Some(1_500_000)), "1970-01-01T00:00:01.5Z"),
            (Cell::List(vec!["a".into(), "b, c".into()]), "a; b, c"),
        ] {
            assert_eq!(field(cell), want);
        }
    }
}
