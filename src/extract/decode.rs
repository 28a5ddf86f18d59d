//! Bytes → text, by the rules of browsers: byte order mark, `Content-Type`, `<meta>`, and only
//! then a guess. After the encoding sniffing algorithm of the HTML Standard (§13.2.3.2), with two
//! deviations: the prescan looks at more than 1,024 bytes, and bytes that are valid UTF-8 are
//! taken as that before any detector is asked.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::article::EncodingSource;

/// How far a `<meta charset>` is looked for, in bytes. Browsers read 1,024; pages exist that put
/// it behind a long head, and such a declaration is still better than a guess.
const PRESCAN_BYTES: usize = 16 * 1024;

/// How much of a page the detector sees, in bytes. It is slow (32 MB/s measured), and a few
/// thousand letters decide.
const DETECT_BYTES: usize = 64 * 1024;

/// A page as text.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// The WHATWG name of the encoding.
    pub encoding: &'static str,
    /// What the encoding was taken from.
    pub source: EncodingSource,
    /// Whether invalid bytes were replaced by U+FFFD.
    pub had_errors: bool,
}

/// Decodes `body`, which came with the header `content_type`, from a host below `tld`.
#[must_use]
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>, tld: Option<&str>) -> Decoded<'a> {
    let (encoding, source) = choose(body, content_type, tld);
    let (text, _, had_errors) = encoding.decode(body);
    Decoded {
        text,
        encoding: encoding.name(),
        source,
        had_errors,
    }
}

fn choose(
    body: &[u8],
    content_type: Option<&str>,
    tld: Option<&str>,
) -> (&'static Encoding, EncodingSource) {
    if let Some((encoding, _)) = Encoding::for_bom(body) {
        return (encoding, EncodingSource::Bom);
    }
    if let Some(encoding) = content_type
        .and_then(charset_of)
        .and_then(|label| by_label(&label))
    {
        return (encoding, EncodingSource::Header);
    }
    let head = &body[..body.len().min(PRESCAN_BYTES)];
    if let Some(encoding) = prescan(head) {
        return (encoding, EncodingSource::Meta);
    }
    (detect(body, tld), EncodingSource::Detected)
}

fn by_label(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.trim().as_bytes())
}

/// The `charset` parameter of a `Content-Type`, quoted or not.
#[must_use]
pub fn charset_of(content_type: &str) -> Option<String> {
    let lower = content_type.to_ascii_lowercase();
    let mut rest = lower.as_str();
    while let Some((_, after)) = rest.split_once("charset") {
        rest = after;
        if let Some(value) = after.trim_start().strip_prefix('=') {
            let value = value.trim_start();
            let value = match value.strip_prefix(['"', '\'']) {
                Some(quoted) => quoted.split(['"', '\'']).next()?,
                None => value
                    .split(|c: char| matches!(c, ';' | '"' | '\'') || c.is_ascii_whitespace())
                    .next()?,
            };
            return Some(value.to_owned());
        }
    }
    None
}

/// The encoding that a `<meta>` in `head` declares.
fn prescan(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.to_ascii_lowercase();
    let mut at = 0;
    while let Some(open) = position(&head, at, b"<") {
        let tag = &head[open..];
        at = open + 1;
        if tag.starts_with(b"<!--") {
            at = position(&head, open + 2, b"-->").unwrap_or(head.len());
        } else if tag.starts_with(b"<meta") {
            let end = position(tag, 0, b">").unwrap_or(tag.len());
            if let Some(encoding) = meta_encoding(&tag[..end]) {
                return Some(encoding);
            }
            at = open + end;
        }
    }
    xml_declaration(&head)
}

/// The encoding of `<?xml … encoding="…"?>` at the very start.
fn xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let end = position(head, 0, b">").filter(|_| head.starts_with(b"<?xml"))?;
    let declaration = String::from_utf8_lossy(&head[..end]).replace("encoding", "charset");
    by_label(&charset_of(&declaration)?)
}

fn meta_encoding(tag: &[u8]) -> Option<&'static Encoding> {
    let encoding = by_label(&charset_of(&String::from_utf8_lossy(tag))?)?;
    // HTML Standard: a page that could be read so far is no UTF-16, and x-user-defined is 1252.
    match encoding {
        _ if encoding == UTF_16BE || encoding == UTF_16LE => Some(UTF_8),
        _ if encoding.name() == "x-user-defined" => Some(WINDOWS_1252),
        _ => Some(encoding),
    }
}

fn position(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes
        .get(from..)?
        .windows(what.len())
        .position(|window| window == what)
        .map(|at| from + at)
}

fn detect(body: &[u8], tld: Option<&str>) -> &'static Encoding {
    if let Some(encoding) = utf16_without_bom(body) {
        return encoding;
    }
    if std::str::from_utf8(body).is_ok() {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    // Start where the first byte outside ASCII stands: what is before says nothing.
    let first = body.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let rest = &body[first..];
    detector.feed(&rest[..rest.len().min(DETECT_BYTES)], true);
    // The detector takes lower-case ASCII labels only and panics on others.
    let tld = tld.filter(|tld| tld.bytes().all(|b| b.is_ascii_lowercase()));
    detector.guess(tld.map(str::as_bytes), Utf8Detection::Allow)
}

/// UTF-16 markup without a mark shows as NULs in every other byte.
fn utf16_without_bom(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(512)];
    let zeros = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let most = head.len() / 2 * 8 / 10;
    if head.len() < 8 {
        None
    } else if odd >= most && even * 8 < odd {
        Some(UTF_16LE)
    } else if even >= most && odd * 8 < even {
        Some(UTF_16BE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EncodingSource::{Bom, Detected, Header, Meta};

    #[test]
    fn the_order_is_bom_header_meta_detection() {
        let rows: [(&[u8], Option<&str>, &str, EncodingSource); 15] = [
            (
                b"\xEF\xBB\xBFa",
                Some("text/html; charset=iso-8859-1"),
                "UTF-8",
                Bom,
            ),
            (b"\xFF\xFEa\0", None, "UTF-16LE", Bom),
            (
                b"<meta charset=utf-8>",
                Some("text/html; charset=ISO-8859-1"),
                "windows-1252",
                Header,
            ),
            (
                b"x",
                Some("text/html;charset=\"Shift_JIS\""),
                "Shift_JIS",
                Header,
            ),
            (
                b"<meta charset=koi8-r>",
                Some("text/html; charset=nonsense"),
                "KOI8-R",
                Meta,
            ),
            (b"<meta charset='windows-1251'>", None, "windows-1251", Meta),
            (
                b"<META http-equiv=content-type content='text/html; charset=euc-jp'>",
                None,
                "EUC-JP",
                Meta,
            ),
            (
                b"<!-- <meta charset=koi8-r> --><meta charset=utf-16>",
                None,
                "UTF-8",
                Meta,
            ),
            (b"<meta charset=x-user-defined>", None, "windows-1252", Meta),
            (
                b"<?xml version='1.0' encoding='koi8-u'?>",
                None,
                "KOI8-U",
                Meta,
            ),
            (b"plain", None, "UTF-8", Detected),
            ("h\u{e9}".as_bytes(), None, "UTF-8", Detected),
            (
                b"Caf\xe9 au lait, tr\xe8s bon",
                None,
                "windows-1252",
                Detected,
            ),
            (b"<\0h\0t\0m\0l\0>\0a\0b\0", None, "UTF-16LE", Detected),
            (b"", None, "UTF-8", Detected),
        ];
        for (body, header, encoding, source) in rows {
            let decoded = decode(body, header, None);
            assert_eq!(
                (decoded.encoding, decoded.source),
                (encoding, source),
                "{body:?} {header:?}"
            );
        }
    }

    #[test]
    fn latin1_is_windows_1252_as_browsers_have_it() {
        let decoded = decode(
            b"\x93quoted\x94 \x80",
            Some("text/html; charset=ISO-8859-1"),
            None,
        );
        assert_eq!(decoded.text, "\u{201c}quoted\u{201d} \u{20ac}");
    }

    #[test]
    fn replaced_bytes_are_told() {
        assert!(decode(b"a\xff", Some("text/html; charset=utf-8"), None).had_errors);
    }

    #[test]
    fn an_odd_top_level_domain_is_no_panic() {
        for tld in ["COM", "xn--p1ai", "", "é", "local"] {
            let _ = decode(b"\xe9\xe8", None, Some(tld));
        }
    }
}
