//! Pages that were found, a line each.

use serde::Serialize;

use crate::entry::Entry;

/// The form of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Address, date and title, with tabs between: a list that `crawl` reads.
    Text,
    /// An object with all that is known.
    JsonLines,
}

/// The line of a page, its end included. Titles come from strangers: of control characters, which a
/// terminal would obey, none is left.
#[must_use]
pub fn line(url: &str, entry: &Entry, form: Form) -> String {
    match form {
        Form::JsonLines => {
            let line = serde_json::to_string(&Line { url, entry });
            line.unwrap_or_default() + "\n"
        }
        Form::Text => {
            let date = entry
                .date_published
                .as_ref()
                .or(entry.date_modified.as_ref());
            let date = date.map(String::as_str).unwrap_or_default();
            let title = entry.title.as_deref().unwrap_or_default();
            let shown =
                |text: &str| -> String { text.chars().filter(|c| !c.is_control()).collect() };
            let line = format!("{url}\t{}\t{}", shown(date), shown(title));
            format!("{}\n", line.trim_end())
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    url: &'a str,
    #[serde(flatten)]
    entry: &'a Entry,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_forms() {
        let mut entry = Entry {
            title: Some("A\u{1b}[31m title".into()),
            date_modified: Some("2026-03-02".into()),
            ..Entry::default()
        };
        let url = "https://a.example/1";
        assert_eq!(
            line(url, &entry, Form::Text),
            "https://a.example/1\t2026-03-02\tA[31m title\n"
        );
        entry.title = None;
        assert_eq!(
            line(url, &entry, Form::JsonLines),
            "{\"url\":\"https://a.example/1\",\"date_modified\":\"2026-03-02\"}\n"
        );
        assert_eq!(
            line(url, &Entry::default(), Form::Text),
            "https://a.example/1\n"
        );
    }
}
