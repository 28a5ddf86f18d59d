//! The HTTP response in a record: its head, and the body with the chunks put together.

/// The head of an HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub code: u16,
    /// Header lines in order, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first line of a name, which is given in lower case.
    #[must_use]
    pub fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// All lines of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.headers.iter().filter(move |(have, _)| have == name);
        lines.map(|(_, value)| value.as_str())
    }

    /// Whether its body is called a page, or nothing: archives hold pictures and scripts as well.
    #[must_use]
    pub fn may_hold_page(&self) -> bool {
        let Some(kind) = self.get("content-type") else {
            return true;
        };
        let essence = kind.split(';').next().unwrap_or_default().trim();
        let pages = ["text/html", "application/xhtml+xml", ""];
        pages.iter().any(|page| essence.eq_ignore_ascii_case(page))
    }
}

/// Most header lines of a response; servers stop at a hundred.
const LINES_MAX: usize = 256;

/// Parts a block into the response's head and the rest.
pub(super) fn head(block: &[u8]) -> Option<(Head, usize)> {
    let mut lines = [httparse::EMPTY_HEADER; LINES_MAX];
    let mut response = httparse::Response::new(&mut lines);
    let mut lenient = httparse::ParserConfig::default();
    lenient
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true);
    let parsed = lenient.parse_response(&mut response, block).ok()?;
    let httparse::Status::Complete(length) = parsed else {
        return None;
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let headers = response.headers.iter();
    let head = Head {
        code: response.code?,
        headers: headers
            .map(|line| (line.name.to_ascii_lowercase(), text(line.value)))
            .collect(),
    };
    Some((head, length))
}

/// The chunks of a body put together (RFC 9112 §7.1). A body that is not in chunks, although its
/// head says so, is one that was archived without them; one that breaks off gives what is there.
pub(super) fn without_chunks(body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(rest) {
        let chunk = rest.get(start..).unwrap_or_default();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        whole.extend_from_slice(chunk.get(..size).unwrap_or(chunk));
        if size == 0 {
            return whole;
        }
        let after = chunk.get(size..).unwrap_or_default();
        rest = after.strip_prefix(b"\r\n").unwrap_or(after);
    }
    if whole.is_empty() {
        body.to_vec()
    } else {
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_servers() {
        let block =
            b"HTTP/1.1 200 OK\r\nContent-Type : text/html\r\nBad line\r\nX: caf\xe9\r\n\r\n<p>";
        let (head, length) = head(block).unwrap();
        assert_eq!((head.code, &block[length..]), (200, &b"<p>"[..]));
        assert_eq!(head.get("content-type"), Some("text/html"));
        assert!(
            super::head(b"<html>").is_none() && super::head(b"HTTP/1.1 200 OK\r\nA: b").is_none()
        );
    }

    #[test]
    fn chunks_are_put_together() {
        let rows: [(&[u8], &[u8]); 6] = [
            (b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde"),
            (b"0\r\n\r\n", b""),
            (b"<html>not in chunks", b"<html>not in chunks"),
            (b"5\r\nab", b"ab"),
            (b"3\r\nabc\r\nff", b"abc"),
            (b"", b""),
        ];
        for (body, want) in rows {
            assert_eq!(without_chunks(body), want, "{body:?}");
        }
    }
}
