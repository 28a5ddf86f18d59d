//! Bytes → text, by the rules of browsers: byte order mark, `Content-Type`, `<meta>`, and only
//! then a guess. After the encoding sniffing algorithm of the HTML Standard (§13.2.3.2), with two
//! deviations: the prescan looks at more than 1,024 bytes, and bytes that are valid UTF-8 are
//! taken as that before any detector is asked.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memmem};

use crate::article::EncodingSource;

/// How far a `<meta charset>` is looked for, in bytes. Browsers read 1,024; pages exist that put
/// it behind a long head, and such a declaration is still better than a guess.
const PRESCAN_BYTES: usize = 16 * 1024;

/// How much of a page the detector sees, in bytes. It is slow (32 MB/s measured), and a few
/// thousand letters decide.
const DETECT_BYTES: usize = 64 * 1024;

/// Opens each escape of ISO-2022-JP.
const ESCAPE: u8 = 0x1b;

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

/// The encoding that a `<meta>` in `head` declares ("prescan a byte stream", §13.2.3.2).
fn prescan(head: &[u8]) -> Option<&'static Encoding> {
    let mut at = 0;
    while let Some(open) = memchr(b'<', &head[at..]).map(|open| at + open) {
        let tag = &head[open..];
        at = open + 1;
        let is_meta = || {
            let name = tag.get(1..5);
            name.is_some_and(|name| name.eq_ignore_ascii_case(b"meta"))
                && tag.get(5).is_some_and(|byte| is_gap(*byte))
        };
        if tag.starts_with(b"<!--") {
            let end = memmem::find(&head[open + 2..], b"-->");
            at = end.map_or(head.len(), |end| open + 2 + end);
        } else if is_meta() {
            let mut attributes = Attributes { bytes: tag, at: 5 };
            if let Some(encoding) = meta_encoding(&mut attributes) {
                return Some(encoding);
            }
            at = head.len().min(open + attributes.at);
        } else if opens_tag(tag) {
            let name_ends = tag.iter().position(|b| is_gap(*b) || *b == b'>');
            let mut attributes = Attributes {
                bytes: tag,
                at: name_ends.unwrap_or(tag.len()),
            };
            attributes.by_ref().for_each(drop);
            at = head.len().min(open + attributes.at);
        }
    }
    xml_declaration(head)
}

/// The encoding of `<?xml … encoding="…"?>` at the very start.
fn xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let opens = head.get(..5)?.eq_ignore_ascii_case(b"<?xml");
    let end = memchr(b'>', head).filter(|_| opens)?;
    let declaration = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
    let declaration = declaration.replace("encoding", "charset");
    readable(by_label(&charset_of(&declaration)?)?)
}

fn meta_encoding(attributes: &mut Attributes) -> Option<&'static Encoding> {
    let (mut charset, mut content, mut is_pragma) = (None, None, false);
    for (name, value) in attributes {
        if name.eq_ignore_ascii_case(b"charset") {
            charset = charset.or(Some(value));
        } else if name.eq_ignore_ascii_case(b"content") {
            content = content.or(Some(value));
        } else if name.eq_ignore_ascii_case(b"http-equiv") {
            is_pragma |= value.eq_ignore_ascii_case(b"content-type");
        }
    }
    let content = content.filter(|_| is_pragma);
    let charset = charset.map(|charset| String::from_utf8_lossy(charset).into_owned());
    let label = charset.or_else(|| charset_of(&String::from_utf8_lossy(content?)))?;
    readable(by_label(&label)?)
}

/// What is meant by an encoding in which the declaration itself could not have been read.
#[expect(clippy::unnecessary_wraps, reason = "ends a chain of options")]
fn readable(encoding: &'static Encoding) -> Option<&'static Encoding> {
    // HTML Standard: a page that could be read so far is no UTF-16, and x-user-defined is 1252.
    match encoding {
        _ if encoding == UTF_16BE || encoding == UTF_16LE => Some(UTF_8),
        _ if encoding.name() == "x-user-defined" => Some(WINDOWS_1252),
        _ => Some(encoding),
    }
}

/// `<a` or `</a`.
fn opens_tag(tag: &[u8]) -> bool {
    let name = tag.strip_prefix(b"</").or_else(|| tag.strip_prefix(b"<"));
    name.and_then(<[u8]>::first)
        .is_some_and(u8::is_ascii_alphabetic)
}

fn is_gap(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'/'
}

/// The attributes of a tag, from `at` on ("get an attribute", §13.2.3.2).
struct Attributes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Attributes<'a> {
    fn skip(&mut self, wanted: impl Fn(&u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| wanted(byte)).count();
    }

    fn take(&mut self, wanted: impl Fn(&u8) -> bool) -> &'a [u8] {
        let from = self.at;
        self.skip(wanted);
        &self.bytes[from..self.at]
    }

    fn value(&mut self) -> &'a [u8] {
        match self.bytes.get(self.at) {
            Some(&quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let value = self.take(|byte| *byte != quote);
                self.at += 1;
                value
            }
            _ => self.take(|byte| !byte.is_ascii_whitespace() && *byte != b'>'),
        }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip(|byte| is_gap(*byte));
        if self.bytes.get(self.at).is_none_or(|byte| *byte == b'>') {
            return None;
        }
        // An `=` at the start is part of the name.
        let from = self.at;
        self.at += 1;
        self.skip(|byte| !is_gap(*byte) && !matches!(byte, b'>' | b'='));
        let name = &self.bytes[from..self.at];
        self.skip(u8::is_ascii_whitespace);
        if self.bytes.get(self.at) != Some(&b'=') {
            return Some((name, b""));
        }
        self.at += 1;
        self.skip(u8::is_ascii_whitespace);
        Some((name, self.value()))
    }
}

fn detect(body: &[u8], tld: Option<&str>) -> &'static Encoding {
    if let Some(encoding) = utf16_without_bom(body) {
        return encoding;
    }
    // ISO-2022-JP is ASCII with escapes, and so valid UTF-8.
    let is_ascii = body.is_ascii();
    if (is_ascii && !body.contains(&ESCAPE)) || (!is_ascii && std::str::from_utf8(body).is_ok()) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    // Start where the first byte outside ASCII stands: what is before says nothing.
    let first = body
        .iter()
        .position(|byte| !byte.is_ascii() || *byte == ESCAPE)
        .unwrap_or(0);
    let rest = &body[first..];
    // Only the true end may not stand in the middle of a character.
    let is_end = rest.len() <= DETECT_BYTES;
    detector.feed(&rest[..rest.len().min(DETECT_BYTES)], is_end);
    // The detector panics on labels of any other form.
    let is_label = |tld: &&str| {
        tld.bytes()
            .all(|b| b.is_ascii() && !b.is_ascii_uppercase() && b != b'.')
    };
    detector.guess(
        tld.filter(is_label).map(str::as_bytes),
        Utf8Detection::Allow,
    )
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
        let rows: [(&[u8], Option<&str>, &str, EncodingSource); 23] = [
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
            (
                b"<?xml version='1.0' encoding='UTF-16'?><html>",
                None,
                "UTF-8",
                Meta,
            ),
            (
                b"<meta name=description content='How the charset=koi8-r label works'>",
                None,
                "UTF-8",
                Detected,
            ),
            (
                b"<a title='<meta charset=koi8-r>'></a><meta/charset=\"euc-kr\"/>",
                None,
                "EUC-KR",
                Meta,
            ),
            (
                b"<meta content='a; charset=koi8-r' http-equiv='Content-Type' charset = big5>",
                None,
                "Big5",
                Meta,
            ),
            (b"<metadata charset=koi8-r>", None, "UTF-8", Detected),
            (b"<meta charset", None, "UTF-8", Detected),
            (
                b"<title>\x1b$BF|K\\8l\x1b(B</title>",
                None,
                "ISO-2022-JP",
                Detected,
            ),
            (b"\x1b[1mbold\x1b[0m", None, "UTF-8", Detected),
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
    fn the_part_that_is_looked_at_may_end_within_a_character() {
        // One byte, so that the part ends after the first half of a character of two.
        let mut body = b"<p>\xb1".to_vec();
        for _ in 0..DETECT_BYTES {
            body.extend(b"\x82\xa0\x82\xa2");
        }
        assert_eq!(decode(&body, None, None).encoding, "Shift_JIS");
    }

    #[test]
    fn the_top_level_domain_helps() {
        let body = b"\xf2\xe0\xea";
        let guess = |tld| decode(body, None, Some(tld)).encoding;
        assert_eq!(guess("xn--p1ai"), guess("ru"));
        assert_ne!(guess("xn--p1ai"), guess("com"));
    }

    #[test]
    fn an_odd_top_level_domain_is_no_panic() {
        for tld in ["COM", "xn--p1ai", "", "é", "local"] {
            let _ = decode(b"\xe9\xe8", None, Some(tld));
        }
    }
}
