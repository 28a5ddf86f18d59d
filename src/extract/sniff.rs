//! Whether a body is text at all, whatever its label says.

use super::Rejection;
use crate::failure::Status;

/// Magic bytes of what servers most often send in place of a page (WHATWG MIME Sniffing §7).
const MAGIC: [(&[u8], &str); 14] = [
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a RIFF file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\x7fELF", "a program"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"wOF", "a font"),
    (b"WARC/", "a WARC file"),
    (b"{\\rtf", "an RTF document"),
];

/// Bytes looked at for control characters.
const HEAD_BYTES: usize = 1024;

/// Passes what may be text.
///
/// # Errors
///
/// [`Status::NotHtml`] for known binary formats and for bytes that no text has.
pub(super) fn require_text(body: &[u8]) -> Result<(), Rejection> {
    let not_html = |what: &str| {
        Err(Rejection {
            status: Status::NotHtml,
            page_type: None,
            detail: format!("the body is {what}, no HTML"),
        })
    };
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| body.starts_with(magic)) {
        return not_html(what);
    }
    if body.get(4..8) == Some(b"ftyp") {
        return not_html("a video or HEIF file");
    }
    if looks_like_json(body) {
        return not_html("JSON");
    }
    if is_binary(&body[..body.len().min(HEAD_BYTES)]) {
        return not_html("binary data");
    }
    Ok(())
}

/// Whether a `Content-Type` surely means HTML.
pub(super) fn is_html_label(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    matches!(essence.as_str(), "text/html" | "application/xhtml+xml" | "")
}

/// Root elements of XML that is no page, whatever markup its texts hold.
const OTHER_ROOTS: [&str; 6] = [
    "<rss",
    "<feed",
    "<rdf:rdf",
    "<urlset",
    "<sitemapindex",
    "<svg",
];

/// Tags of which a page has one near its start.
const PAGE_TAGS: [&str; 8] = [
    "<!doctype html",
    "<html",
    "<head",
    "<body",
    "<title",
    "<meta",
    "<div",
    "<p",
];

/// Passes a vaguely labelled text that starts as a page does.
///
/// # Errors
///
/// [`Status::NotHtml`] for text that does not start with a tag, as scripts do not, for feeds and
/// sitemaps, and for text without a tag of a page near its start.
pub(super) fn require_markup(text: &str) -> Result<(), Rejection> {
    let text = after_preamble(text);
    let head = text
        .get(..text.floor_char_boundary(HEAD_BYTES))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let starts = |tags: &[&str]| tags.iter().any(|tag| head.starts_with(tag));
    if head.starts_with('<')
        && !starts(&OTHER_ROOTS)
        && PAGE_TAGS.iter().any(|tag| head.contains(tag))
    {
        return Ok(());
    }
    Err(Rejection {
        status: Status::NotHtml,
        page_type: None,
        detail: "neither label nor content is HTML".to_owned(),
    })
}

/// The text without what may stand before a document: white space, byte order mark, comments,
/// `<?xml … ?>`, and a document type other than that of HTML.
fn after_preamble(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let starts = |tag: &str| {
            rest.get(..tag.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(tag))
        };
        let end = if starts("<!--") {
            "-->"
        } else if starts("<?") || (starts("<!doctype") && !starts("<!doctype html")) {
            ">"
        } else {
            return rest;
        };
        rest = rest.split_once(end).map_or("", |(_, after)| after);
    }
}

/// A JSON document from its first byte to its last, rather than text that starts with a bracket.
fn looks_like_json(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let framed = (body.starts_with(b"{\"") && body.ends_with(b"}"))
        || (body.starts_with(b"[{\"") && body.ends_with(b"]"));
    framed && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}

/// Control characters that text has none of, UTF-16 aside, in more than one byte of twenty.
fn is_binary(head: &[u8]) -> bool {
    let is_control = |byte: &&u8| matches!(byte, 0x00..=0x08 | 0x0e..=0x1a | 0x1c..=0x1f);
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || alternates(head);
    !utf16 && head.iter().filter(is_control).count() * 20 > head.len()
}

/// NULs in nearly every other byte, and nowhere else.
fn alternates(head: &[u8]) -> bool {
    let zeros = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    head.len() >= 8 && even.max(odd) * 20 >= head.len() * 8 && even.min(odd) * 8 < even.max(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_bodies_are_refused() {
        for body in [
            &b"%PDF-1.7 x"[..],
            b"\0\0\0 ftypmp42",
            b"\x89PNG\r\n",
            b"{\"a\": [1, 2]}",
            &[0_u8; 100],
        ] {
            assert!(require_text(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn pages_are_told_from_feeds_and_scripts() {
        for text in [
            "<html><p>x",
            "\u{feff}\n<!-- saved --><?xml version='1.0'?>\n<!DOCTYPE html><html>",
            "<article><p>x",
        ] {
            assert!(require_markup(text).is_ok(), "{text}");
        }
        for text in [
            "<?xml version='1.0'?><!-- <html> --><rss><title>x</title><p>y",
            "<!DOCTYPE rss PUBLIC 'x'><rss><title>x",
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>x",
            " <urlset><url><div>",
            "<sitemapindex><title>",
            "<rdf:RDF><title>x",
            "document.write('<div><p>x</p></div>')",
            "<!-- <p>",
            "",
        ] {
            assert!(require_markup(text).is_err(), "{text}");
        }
    }

    #[test]
    fn text_of_any_encoding_passes() {
        for body in [
            &b""[..],
            b"<p>hi",
            b"\xff\xfe<\0p\0>\0",
            b"<\0h\0t\0m\0l\0>\0",
            b"\x1b$B$3$s",
            b"{curly} text",
            b"\xe9\xe8",
        ] {
            assert!(require_text(body).is_ok(), "{body:?}");
        }
    }
}
