//! What a feed or sitemap told of a page, where the page itself tells nothing.

use url::Url;

use super::metadata::dates::{self, Order};
use super::metadata::language;
use crate::article::{Author, Candidate, Metadata, ValueSource};
use crate::entry::{Entry, Teller};

/// Fills what is still open after all that the page says and shows, and gives what was told of the
/// fields that have candidates: the last of them, since the page speaks for itself first.
pub(super) fn fill(metadata: &mut Metadata, entry: &Entry) -> Vec<Candidate> {
    let source = match entry.told_by {
        Some(Teller::Feed) => ValueSource::Feed,
        Some(Teller::Sitemap) => ValueSource::Sitemap,
        Some(Teller::Page) | None => return Vec::new(),
    };
    let language = entry.language.as_deref().and_then(language::tag);
    let sources = &mut metadata.sources;
    for (name, open, told) in [
        ("title", &mut metadata.title, &entry.title),
        (
            "date_published",
            &mut metadata.date_published,
            &entry.date_published,
        ),
        (
            "date_modified",
            &mut metadata.date_modified,
            &entry.date_modified,
        ),
        ("site_name", &mut metadata.site_name, &entry.site_name),
        ("language", &mut metadata.language, &language),
    ] {
        if open.is_none() && told.is_some() {
            open.clone_from(told);
            sources.insert(name.to_owned(), source);
        }
    }
    if metadata.image.is_none() {
        let image = entry.image.as_deref();
        metadata.image = image
            .and_then(|image| Url::parse(image).ok())
            .map(String::from);
    }
    if metadata.authors.is_empty() && !entry.authors.is_empty() {
        let authors = entry.authors.iter().map(|name| Author {
            name: name.clone(),
            ..Author::default()
        });
        metadata.authors = authors.collect();
        sources.insert("authors".to_owned(), source);
    }
    if metadata.date_precision.is_none() {
        let date = metadata.date_published.as_deref();
        let stamp = date.and_then(|date| dates::parse(date, Order::of(None)));
        metadata.date_precision = stamp.map(|stamp| stamp.precision());
    }
    candidates(entry, source)
}

fn candidates(entry: &Entry, source: ValueSource) -> Vec<Candidate> {
    let authors = Some(entry.authors.join("; ")).filter(|names| !names.is_empty());
    let told = [
        ("title", entry.title.as_ref()),
        ("authors", authors.as_ref()),
        ("date_published", entry.date_published.as_ref()),
        ("date_modified", entry.date_modified.as_ref()),
    ];
    let told = told.into_iter().filter_map(|(field, value)| {
        Some(Candidate {
            field: field.to_owned(),
            value: value?.clone(),
            source,
        })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::DatePrecision;

    #[test]
    fn the_page_has_the_first_word() {
        let entry = Entry {
            title: Some("Told".into()),
            date_published: Some("2026-03-02".into()),
            authors: vec!["Mara Lindt".into()],
            told_by: Some(Teller::Feed),
            ..Entry::default()
        };
        let mut metadata = Metadata {
            title: Some("Own".into()),
            ..Metadata::default()
        };
        let candidates = fill(&mut metadata, &entry);
        assert_eq!(metadata.title.as_deref(), Some("Own"));
        assert_eq!(metadata.date_published.as_deref(), Some("2026-03-02"));
        assert_eq!(metadata.date_precision, Some(DatePrecision::Day));
        assert_eq!(metadata.authors[0].name, "Mara Lindt");
        let sources: Vec<_> = metadata
            .sources
            .iter()
            .map(|(name, source)| (name.as_str(), *source))
            .collect();
        assert_eq!(
            sources,
            [
                ("authors", ValueSource::Feed),
                ("date_published", ValueSource::Feed)
            ]
        );
        let fields: Vec<_> = candidates
            .iter()
            .map(|candidate| candidate.field.as_str())
            .collect();
        assert_eq!(fields, ["title", "authors", "date_published"]);
    }
}
