//! XML of strangers → opening and closing elements with their text, for feeds and sitemaps.
//!
//! What is broken is read up to the break. Nothing is ever fetched or expanded: a document type
//! is passed over, and an entity that XML or HTML does not name stays as it is written, so that
//! neither external entities nor a billion laughs have anything to work with. Names are taken
//! without their prefix where it is the root's own; of the others the prefix tells the vocabulary
//! (`news:`, `dc:`, `media:`), as every feed in the wild has it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Deepest element that is told; feeds need six levels, and what they quote is of no interest.
const DEPTH_MAX: usize = 64;
/// Bytes kept of one element's text: more than the longest URL and title.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// An element that ended.
#[derive(Debug)]
pub(super) struct Ended<'a> {
    /// The names of its ancestors, the root first, and its own last.
    pub(super) path: &'a [String],
    /// Its text, that of elements inside it included, white space around it gone.
    pub(super) text: &'a str,
    /// Its attributes, by their names with prefix.
    attributes: &'a [(String, String)],
}

impl Ended<'_> {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// The name of the element around it.
    pub(super) fn parent(&self) -> &str {
        let at = self.path.len().checked_sub(2);
        at.and_then(|at| self.path.get(at))
            .map_or("", String::as_str)
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads a document; `take` is called at the end of each element and says whether to go on. False
/// when it broke off before its end.
pub(super) fn read(text: &str, mut take: impl FnMut(&Ended) -> bool) -> bool {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut open = Open::default();
    loop {
        let goes_on = match reader.read_event() {
            Ok(Event::Start(start)) => {
                open.start(&start);
                true
            }
            Ok(Event::Empty(start)) => {
                open.start(&start);
                open.end(&mut take)
            }
            Ok(Event::End(end)) => open.end_named(end.name().as_ref(), &mut take),
            Ok(Event::Text(text)) => {
                open.push(&text.into_inner());
                true
            }
            Ok(Event::CData(data)) => {
                open.push(&data.into_inner());
                true
            }
            Ok(Event::GeneralRef(reference)) => {
                open.push(&resolved(&reference));
                true
            }
            Ok(Event::Eof) => return open.path.is_empty(),
            Ok(_) => true,
            Err(_) => return false,
        };
        if !goes_on {
            return true;
        }
    }
}

/// The name of the first element, without prefix.
pub(super) fn root(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                return Some(start.local_name().as_ref().to_owned());
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

#[derive(Default)]
struct Open {
    /// Names of the elements that are open.
    path: Vec<String>,
    /// Elements open beyond [`DEPTH_MAX`].
    deeper: usize,
    /// The same elements' attributes, and where their text begins.
    elements: Vec<(Vec<(String, String)>, usize)>,
    text: String,
    own: Option<String>,
}

impl Open {
    fn start(&mut self, start: &BytesStart) {
        if self.path.len() >= DEPTH_MAX {
            self.deeper += 1;
            return;
        }
        let name = start.name();
        let full: &str = name.as_ref();
        let (prefix, local) = full.split_once(':').unwrap_or(("", full));
        let own = self.own.get_or_insert_with(|| prefix.to_owned());
        let told = if prefix == own { local } else { full };
        self.path.push(told.to_ascii_lowercase());
        self.elements.push((attributes(start), self.text.len()));
    }

    fn push(&mut self, text: &str) {
        let start = self.elements.last().map_or(0, |(_, start)| *start);
        let room = TEXT_BYTES_MAX.saturating_sub(self.text.len() - start);
        if self.deeper == 0 && !self.path.is_empty() {
            self.text.push_str(upto(text, room));
        }
    }

    /// An end closes what is open inside of it, too; one that fits nothing is passed over.
    fn end_named(&mut self, name: &str, take: &mut impl FnMut(&Ended) -> bool) -> bool {
        if self.deeper > 0 {
            self.deeper -= 1;
            return true;
        }
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let own = self.own.as_deref() == Some(prefix);
        let told = if own { local } else { name }.to_ascii_lowercase();
        let Some(at) = self.path.iter().rposition(|open| *open == told) else {
            return true;
        };
        while self.path.len() > at {
            if !self.end(take) {
                return false;
            }
        }
        true
    }

    fn end(&mut self, take: &mut impl FnMut(&Ended) -> bool) -> bool {
        if self.deeper > 0 {
            self.deeper -= 1;
            return true;
        }
        let Some((attributes, start)) = self.elements.pop() else {
            return true;
        };
        let ended = Ended {
            path: &self.path,
            text: self.text.get(start..).unwrap_or_default().trim(),
            attributes: &attributes,
        };
        let goes_on = take(&ended);
        self.path.pop();
        // The text of an element belongs to those around it as well, but only for a short way:
        // a title in elements of its own is one title, a channel is not the text of its items.
        if self.path.len() < TEXT_DEPTH_MIN || self.text.len() - start >= TEXT_BYTES_MAX {
            self.text.truncate(start);
        }
        goes_on
    }
}

/// Elements nearer to the root than this gather no text of those inside them: root, channel, item.
const TEXT_DEPTH_MIN: usize = 3;

fn attributes(start: &BytesStart) -> Vec<(String, String)> {
    /// More than any element of a feed has.
    const ATTRIBUTES_MAX: usize = 32;
    let mut all = start.html_attributes();
    let all = all.with_checks(false).take(ATTRIBUTES_MAX).flatten();
    all.map(|attribute| {
        let name: &str = attribute.key.as_ref();
        (
            name.to_ascii_lowercase(),
            unescaped(upto(&attribute.value, TEXT_BYTES_MAX)).into_owned(),
        )
    })
    .collect()
}

fn resolved(reference: &str) -> String {
    character(reference).map_or_else(|| format!("&{reference};"), String::from)
}

/// The character that a reference names, of those that feeds are seen to use.
fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        // What Windows editors mean by the codes of control characters (HTML standard §13.2.5.80).
        let code = code.ok()?;
        if let Some(byte) = u8::try_from(code)
            .ok()
            .filter(|code| (0x80..0xa0).contains(code))
        {
            let meant = [byte];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&meant);
            return text.chars().next();
        }
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    NAMED
        .iter()
        .find(|(have, _)| *have == name)
        .map(|(_, character)| *character)
}

/// XML's five (XML 1.0 §4.6), and of HTML's those of punctuation and Western letters that titles use.
const NAMED: [(&str, char); 35] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("euro", '€'),
    ("pound", '£'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("auml", 'ä'),
    ("Auml", 'Ä'),
    ("ccedil", 'ç'),
    ("egrave", 'è'),
    ("eacute", 'é'),
    ("Eacute", 'É'),
    ("ecirc", 'ê'),
    ("iacute", 'í'),
    ("ntilde", 'ñ'),
    ("oacute", 'ó'),
    ("ouml", 'ö'),
    ("Ouml", 'Ö'),
    ("uuml", 'ü'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
];

/// Longest reference that is looked up, in bytes.
const REFERENCE_BYTES_MAX: usize = 10;

/// References undone, once.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out += before;
        rest = after;
        let end = upto(after, REFERENCE_BYTES_MAX).find(';');
        let named =
            end.and_then(|end| Some((character(after.get(..end)?)?, after.get(end + 1..)?)));
        match named {
            Some((character, after)) => {
                out.push(character);
                rest = after;
            }
            None => out.push('&'),
        }
    }
    Cow::Owned(out + rest)
}

/// A title as plain text: RSS leaves open whether it is HTML, and it often is.
pub(super) fn plain(text: &str) -> Option<String> {
    let text = without_tags(upto(text, TEXT_BYTES_MAX));
    let text = unescaped(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(words.join(" ")).filter(|text| !text.is_empty())
}

fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out += before;
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        rest = after;
        if !is_tag {
            out.push('<');
            continue;
        }
        let Some((_, after)) = after.split_once('>') else {
            // Nor does any other one end.
            return Cow::Owned(out + "<" + rest);
        };
        rest = after;
    }
    Cow::Owned(out + rest)
}

/// The start of a text, `bytes` long at most, and of whole letters.
fn upto(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// The text of a document: by its byte order mark, the `charset` of its Content-Type, or its XML
/// declaration, else UTF-8 (RFC 7303 §3).
pub(super) fn decoded<'b>(body: &'b [u8], content_type: Option<&str>) -> Cow<'b, str> {
    if Encoding::for_bom(body).is_none()
        && let Some(wide) = utf16_without_mark(body)
    {
        return wide.decode(body).0;
    }
    let said = content_type
        .and_then(charset)
        .and_then(|label| Encoding::for_label(label.as_bytes()));
    // Servers call every text ISO-8859-1; what is valid UTF-8 is UTF-8.
    let declared = said.or_else(|| declared(body)).unwrap_or(UTF_8);
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Err(_) => declared.decode(body).0,
    }
}

fn utf16_without_mark(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [b'<', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0, b'<', ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

fn charset(content_type: &str) -> Option<&str> {
    let (_, label) = content_type.split_once("charset=")?;
    Some(label.split(';').next()?.trim().trim_matches('"'))
}

fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..body.len().min(200))?;
    let head = String::from_utf8_lossy(head);
    let (_, rest) = head.split_once("encoding=")?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(rest.get(1..)?.split(quote).next()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(xml: &str) -> (Vec<String>, bool) {
        let mut all = Vec::new();
        let whole = read(xml, |ended| {
            all.push(format!("{}={}", ended.path.join("/"), ended.text));
            true
        });
        (all, whole)
    }

    #[test]
    fn elements_are_told_with_their_text() {
        let xml = "<r><c><i><t>A &amp; <b>B</b>&#8217;s <![CDATA[<x> & y]]></t><l/></i></c></r>";
        let (all, whole) = told(xml);
        assert_eq!(
            all,
            [
                "r/c/i/t/b=B",
                "r/c/i/t=A & B’s <x> & y",
                "r/c/i/l=",
                "r/c/i=A & B’s <x> & y",
                "r/c=",
                "r="
            ]
        );
        assert!(whole);
    }

    #[test]
    fn entities_of_a_document_are_not_expanded() {
        let xml = "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>\
                   <!ENTITY x SYSTEM 'file:///etc/passwd'>]><r><c><i>&b;&x;</i></c></r>";
        assert_eq!(
            told(xml).0.first().map(String::as_str),
            Some("r/c/i=&b;&x;")
        );
    }

    #[test]
    fn what_is_broken_is_read_up_to_the_break() {
        let (all, whole) = told("<r><c><i>one</i><i>AT&T</i><i>tw");
        assert_eq!(
            (all, whole),
            (vec!["r/c/i=one".into(), "r/c/i=AT&T".into()], false)
        );
        // Ends that fit nothing, and elements that nobody ends.
        assert_eq!(
            told("<r></x><c><i>one</c></r>").0,
            ["r/c/i=one", "r/c=", "r="]
        );
        assert!(told("").1 && !told("<r").1);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
        assert_eq!(told(&deep).0.len(), DEPTH_MAX);
        let long = format!("<r><c><i>{}</i></c></r>", "ä".repeat(100_000));
        assert!(told(&long).0[0].len() <= TEXT_BYTES_MAX + 10);
        let flood: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
        assert_eq!(told(&format!("<r{flood}/>")).0.len(), 1);
    }

    #[test]
    fn titles_become_plain_text() {
        for (html, want) in [
            ("<b>Two</b> &amp; a\n half", Some("Two & a half")),
            (
                "1 < 2 &unknown; &#150; caf&eacute;",
                Some("1 < 2 &unknown; – café"),
            ),
            (" <br/> ", None),
        ] {
            assert_eq!(plain(html).as_deref(), want);
        }
    }

    #[test]
    fn encodings() {
        for (body, content_type, want) in [
            (&b"\xef\xbb\xbf<r/>"[..], None, "<r/>"),
            (
                b"<?xml version='1.0' encoding='windows-1251'?>\xc4\xe0",
                None,
                "Да",
            ),
            (b"\xe4", Some("text/xml; charset=ISO-8859-1"), "ä"),
            ("ä".as_bytes(), Some("text/xml; charset=ISO-8859-1"), "ä"),
            (b"<\0r\0/\0>\0", None, "<r/>"),
            (b"\xff\xfe<\0r\0/\0>\0", None, "<r/>"),
        ] {
            assert!(decoded(body, content_type).ends_with(want), "{body:?}");
        }
    }

    #[test]
    fn titles_lose_their_tags_and_are_cut() {
        for (text, want) in [
            ("a <b>bold</b> <!-- no --> word", "a bold word"),
            ("1 < 2 <b>and</b> 3 > 2", "1 < 2 and 3 > 2"),
            ("open <b and <i", "open <b and <i"),
            ("open <b and < <i", "open <b and < <i"),
        ] {
            assert_eq!(plain(text).as_deref(), Some(want), "{text}");
        }
        // None of them ends, and each would be looked for to the end.
        let long = plain(&"<a".repeat(5_000_000)).unwrap_or_default();
        assert_eq!(long.len(), TEXT_BYTES_MAX);
    }
}
