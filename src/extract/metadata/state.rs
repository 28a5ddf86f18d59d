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

/// What all keys have in common, so that the page is gone through once.
const SHARED: &[u8] = b"ubli";

/// The one value that the state gives; none where it gives several, which are of several stories.
#[must_use]
pub(super) fn published(html: &[u8]) -> Option<String> {
    let places = memchr::memmem::find_iter(html, SHARED);
    let mut values: Vec<(usize, &str)> = places.filter_map(|at| value_at(html, at)).collect();
    // The first key that there is counts most.
    values.sort_by_key(|(key, _)| *key);
    let (_, first) = values.first()?;
    let day = |value: &str| value.get(..10).map(str::to_owned);
    let is_one = values.iter().all(|(_, value)| day(value) == day(first));
    is_one.then(|| (*first).to_owned())
}

/// The place of a key among all whose shared part stands at `at`, and the string under it, in state
/// that was serialised once or twice.
fn value_at(html: &[u8], at: usize) -> Option<(usize, &str)> {
    let (key, rest) = KEYS.iter().enumerate().find_map(|(place, key)| {
        let before = key
            .as_bytes()
            .windows(SHARED.len())
            .position(|part| part == SHARED)?;
        let start = at.checked_sub(before)?;
        let rest = html.get(start..)?.strip_prefix(key.as_bytes())?;
        let own = html.get(..start)?.last() == Some(&b'"');
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"\\").unwrap_or(rest);
        Some((place, rest.strip_prefix(b"\"")?)).filter(|_| own)
    })?;
    let rest = rest
        .trim_ascii_start()
        .strip_prefix(b":")?
        .trim_ascii_start();
    let rest = rest.strip_prefix(b"\\").unwrap_or(rest);
    let value = rest.strip_prefix(b"\"")?;
    let value = value.get(..VALUE_BYTES.min(value.len()))?;
    let end = value.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some((key, std::str::from_utf8(&value[..end]).ok()?))
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
