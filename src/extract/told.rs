//! What a feed or sitemap told of a page, where the page itself tells nothing.

use crate::article::{Author, Metadata};
use crate::entry::Entry;

/// Fills what is still open after all that the page says and shows.
pub(super) fn fill(metadata: &mut Metadata, entry: Option<&Entry>) {
    let Some(entry) = entry else { return };
    for (open, told) in [
        (&mut metadata.title, &entry.title),
        (&mut metadata.date_published, &entry.date_published),
        (&mut metadata.date_modified, &entry.date_modified),
        (&mut metadata.site_name, &entry.site_name),
        (&mut metadata.language, &entry.language),
        (&mut metadata.image, &entry.image),
    ] {
        if open.is_none() {
            open.clone_from(told);
        }
    }
    if metadata.authors.is_empty() {
        metadata.authors = entry
            .authors
            .iter()
            .map(|name| Author {
                name: name.clone(),
                url: None,
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_first_word() {
        let entry = Entry {
            title: Some("Told".into()),
            date_published: Some("2026-03-02".into()),
            authors: vec!["Mara Lindt".into()],
            ..Entry::default()
        };
        let mut metadata = Metadata {
            title: Some("Own".into()),
            ..Metadata::default()
        };
        fill(&mut metadata, Some(&entry));
        assert_eq!(metadata.title.as_deref(), Some("Own"));
        assert_eq!(metadata.date_published.as_deref(), Some("2026-03-02"));
        assert_eq!(metadata.authors[0].name, "Mara Lindt");
    }
}
