//! A rule's pattern against a path (RFC 9309 §2.2.2, §2.2.3), in time linear in both: a file may have half a
//! megabyte of patterns, and a site any number of long paths.

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// What means the same in a query whether it is encoded or not (RFC 3986 §3.4), so that RFC 9309
/// has both match, in the second line of the table of §2.2.2.
pub(super) const SAME_IN_QUERY: [(&str, &str); 4] =
    [("%3A", ":"), ("%2F", "/"), ("%3F", "?"), ("%40", "@")];

/// Whether `pattern`, with `*` for anything and a final `$` for the end, matches the start of
/// `path`, both in their normal form.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let anchored = pattern.ends_with('$');
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    let path = Path::of(path);
    let mut pieces = pattern.split('*').peekable();
    let first = pieces.next().unwrap_or_default();
    let Some(mut at) = path.end_of(first.as_bytes(), 0) else {
        return false;
    };
    if pieces.peek().is_none() {
        return !anchored || at == path.bytes.len();
    }
    while let Some(piece) = pieces.next() {
        if anchored && pieces.peek().is_none() {
            return path.ends_with(piece, at);
        }
        // What ends first leaves most to the pieces after it.
        match path.find(piece, at) {
            Some(end) => at = end,
            None => return false,
        }
    }
    true
}

struct Path<'p> {
    bytes: &'p [u8],
    /// Where the first `?` is, or the end.
    query: usize,
}

impl<'p> Path<'p> {
    fn of(path: &'p str) -> Self {
        let bytes = path.as_bytes();
        let query = memchr(b'?', bytes).unwrap_or(bytes.len());
        Self { bytes, query }
    }

    /// Where a piece that begins at `start` ends, if it stands there.
    fn end_of(&self, piece: &[u8], start: usize) -> Option<usize> {
        let (mut at, mut rest) = (start, piece);
        while !rest.is_empty() {
            let used = same(rest, self.bytes.get(at..)?, at > self.query)?;
            rest = rest.get(used..)?;
            at += 1;
        }
        Some(at)
    }

    /// Where the first of a piece that begins at `from` or later ends.
    fn find(&self, piece: &str, from: usize) -> Option<usize> {
        let behind = (self.query + 1).min(self.bytes.len());
        let end_in = |from: usize, to: usize, piece: &str| {
            let at = memmem::find(self.bytes.get(from..to)?, piece.as_bytes())?;
            Some(from + at + piece.len())
        };
        end_in(from, behind, piece)
            .or_else(|| self.end_of(piece.as_bytes(), self.start_around_query(piece, from)?))
            .or_else(|| end_in(behind.max(from), self.bytes.len(), &in_query(piece)))
    }

    /// Whether the path ends with a piece that begins at `from` or later.
    fn ends_with(&self, piece: &str, from: usize) -> bool {
        let len = self.bytes.len();
        let starts = [
            len.checked_sub(piece.len()),
            len.checked_sub(in_query(piece).len()),
            self.start_around_query(piece, from),
        ];
        let mut starts = starts.into_iter().flatten().filter(|&start| start >= from);
        starts.any(|start| self.end_of(piece.as_bytes(), start) == Some(len))
    }

    /// Where a piece begins that holds the first `?`.
    fn start_around_query(&self, piece: &str, from: usize) -> Option<usize> {
        let start = self.query.checked_sub(memchr(b'?', piece.as_bytes())?)?;
        (start >= from).then_some(start)
    }
}

/// A piece as it stands in the query of a path in its normal form.
fn in_query(piece: &str) -> Cow<'_, str> {
    let mut piece = Cow::Borrowed(piece);
    for (encoded, plain) in SAME_IN_QUERY {
        if piece.contains(encoded) {
            piece = Cow::Owned(piece.replace(encoded, plain));
        }
    }
    piece
}

/// How much of the start of `pattern` is the first byte of `path`; none when it is another one.
fn same(pattern: &[u8], path: &[u8], in_query: bool) -> Option<usize> {
    let byte = path.first()?;
    if pattern.first()? == byte {
        return Some(1);
    }
    let encoded = SAME_IN_QUERY
        .iter()
        .find(|(_, plain)| plain.as_bytes() == [*byte])
        .map(|(encoded, _)| encoded)
        .filter(|encoded| in_query && pattern.starts_with(encoded.as_bytes()))?;
    Some(encoded.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, by trying all.
    fn tried(pattern: &[u8], path: &[u8], at: usize, query: usize) -> bool {
        match pattern {
            [] => true,
            b"$" => at == path.len(),
            [b'*', rest @ ..] => (at..=path.len()).any(|at| tried(rest, path, at, query)),
            _ => same(pattern, &path[at..], at > query)
                .is_some_and(|used| tried(&pattern[used..], path, at + 1, query)),
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_if_all_were_tried(
            pattern in prop::collection::vec(prop::sample::select(vec!["a", "b", "/", "?", "*", "%2F", "%3F"]), 0..9),
            path in prop::collection::vec(prop::sample::select(vec!["a", "b", "/"]), 0..7),
            query in prop::collection::vec(prop::sample::select(vec!["?", "a", "b", "/"]), 0..7),
            anchored: bool,
        ) {
            let pattern = pattern.concat() + if anchored { "$" } else { "" };
            let mut path = path.concat();
            if !query.is_empty() {
                path += &format!("?{}", query.concat());
            }
            let query = path.find('?').unwrap_or(path.len());
            let want = tried(pattern.as_bytes(), path.as_bytes(), 0, query);
            prop_assert_eq!(matches(&pattern, &path), want, "{} {}", pattern, path);
        }
    }

    #[test]
    fn long_patterns_and_paths_do_not_multiply() {
        let path = format!("/{}", "a".repeat(8_000));
        for (pattern, want) in [
            (format!("/*{}b", "a".repeat(3_950)), false),
            (format!("/*{}%2F", "a".repeat(3_950)), false),
            (format!("/*{}$", "a".repeat(3_950)), true),
            ("/*a".repeat(2_000), false),
            ("*a".repeat(2_000), true),
        ] {
            // Minutes, if each were tried at each place.
            for _ in 0..2_000 {
                assert_eq!(matches(&pattern, &path), want, "{pattern:.20}");
            }
        }
    }
}
