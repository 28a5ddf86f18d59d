//! The day of publication in a page's embedded state, for pages that say it nowhere else: those
//! that a browser would have built from JSON in their scripts.

/// Keys that name the day of publication, as the content systems of news sites write them.
const KEYS: [&str; 8] = [
    "datePublished",
    "date_published",
    "publishedDate",
    "published_date",
    "publishedAt",
    "published_at",
    "publicationDate",
    "publication_date",
];
/// Longest of such values: a day, a time with fractions and its offset.
const VALUE_BYTES: usize = 40;

/// The one value that the state gives; none where it gives several, which are of several stories.
#[must_use]
pub(super) fn published(html: &[u8]) -> Option<String> {
    let mut values = KEYS.iter().flat_map(|key| values_of(html, key));
    let first = values.next()?;
    let day = |value: &str| value.get(..10).map(str::to_owned);
    values
        .all(|value| day(value) == day(first))
        .then(|| first.to_owned())
}

/// The strings under a key, in state that was serialised once or twice.
fn values_of<'a>(html: &'a [u8], key: &'a str) -> impl Iterator<Item = &'a str> {
    let places = memchr::memmem::find_iter(html, key);
    places.filter_map(move |at| {
        let own = html.get(..at)?.last() == Some(&b'"');
        let rest = html.get(at + key.len()..)?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\\").unwrap_or(rest);
        let rest = rest.strip_prefix(b"\"")?.trim_ascii_start();
        let rest = rest.strip_prefix(b":")?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\\").unwrap_or(rest);
        let value = rest.strip_prefix(b"\"")?;
        let value = value.get(..VALUE_BYTES.min(value.len()))?;
        let end = value.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        std::str::from_utf8(&value[..end]).ok().filter(|_| own)
    })
}

#[cfg(test)]
mod tests {
    use super::published;

    #[test]
    fn one_day_is_the_storys_and_several_are_not() {
        let rows = [
            (
                r#"{"publishedDate":"2016-11-04T20:37:27Z"}"#,
                Some("2016-11-04T20:37:27Z"),
            ),
            (r#"{\"publishedAt\" : \"2016-11-04\"}"#, Some("2016-11-04")),
            (
                r#"{"publishedAt":"2016-11-04","datePublished":"2016-11-04T01:00Z"}"#,
                Some("2016-11-04T01:00Z"),
            ),
            (
                r#"{"publishedAt":"2016-11-04"},{"publishedAt":"2016-11-05"}"#,
                None,
            ),
            (r#"{"publishedAt":null}"#, None),
            (r#"{"unpublishedAt":"2016-11-04"}"#, None),
            (r#"{"publishedAt":"2016-1"#, None),
            ("", None),
        ];
        for (html, want) in rows {
            assert_eq!(published(html.as_bytes()).as_deref(), want, "{html}");
        }
    }
}
