//! A guard before the tokenizer: html5ever compares each attribute with all before it in the tag,
//! so that a tag of half a million attributes takes minutes. Tags with more than the limit are cut.

use std::borrow::Cow;

/// Elements whose content is no markup (HTML Standard §13.1.2, raw and escapable raw text), so
/// that a `<` in it starts no tag.
const RAW: [&str; 8] = [
    "script", "style", "textarea", "title", "noscript", "iframe", "xmp", "noframes",
];

/// How many times the limit a tag in raw text may have. In SVG and `MathML` a `<title>` or `<style>`
/// holds markup after all; but a `<` in a script may be followed by many words before a `>`.
const RAW_TIMES: usize = 4;

/// The page without those attributes that come after the first `most` of their tag.
pub(super) fn without_floods(html: &str, most: usize) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut out = String::new();
    let (mut copied, mut at, mut raw_until) = (0, 0, 0);
    while let Some(open) = find(bytes, at, b'<') {
        at = open + 1;
        let is_raw = open < raw_until;
        if bytes[at..].starts_with(b"!--") && !is_raw {
            at = find_text(bytes, at + 2, "-->");
        } else if bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            let (until, most) = if is_raw {
                (raw_until, most * RAW_TIMES)
            } else {
                (bytes.len(), most)
            };
            let (cut, end) = measure(&bytes[..until], at, most);
            if let Some(cut) = cut {
                out.push_str(html.get(copied..cut).unwrap_or_default());
                copied = end;
            }
            if !is_raw {
                raw_until = raw_text_end(bytes, at, end);
            }
            at = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(html.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn find(bytes: &[u8], from: usize, byte: u8) -> Option<usize> {
    bytes
        .get(from..)?
        .iter()
        .position(|&b| b == byte)
        .map(|at| from + at)
}

/// Where `text` begins after `from`, ASCII case ignored, or the end.
fn find_text(bytes: &[u8], from: usize, text: &str) -> usize {
    let mut at = from;
    while let Some(found) = find(bytes, at, text.as_bytes()[0]) {
        let here = bytes.get(found..found + text.len());
        if here.is_some_and(|here| here.eq_ignore_ascii_case(text.as_bytes())) {
            return found;
        }
        at = found + 1;
    }
    bytes.len()
}

/// For a start tag `name..end` of a raw text element the place of its end tag, else `end`.
fn raw_text_end(bytes: &[u8], name: usize, end: usize) -> usize {
    let raw = RAW.iter().find(|raw| {
        let after = bytes.get(name + raw.len()).copied().unwrap_or(b'>');
        bytes
            .get(name..name + raw.len())
            .is_some_and(|here| here.eq_ignore_ascii_case(raw.as_bytes()))
            && !after.is_ascii_alphanumeric()
    });
    raw.map_or(end, |raw| find_text(bytes, end, &format!("</{raw}")))
}

/// Where the tag whose name starts at `from` has had `most` attributes, if so, and where it ends.
///
/// Counts runs of white space and slashes, and `=`, outside quotes, whichever are more: at least
/// the number of attributes.
fn measure(bytes: &[u8], from: usize, most: usize) -> (Option<usize>, usize) {
    let (mut gaps, mut equals, mut cut) = (0, 0, None);
    let (mut quote, mut before, mut after_gap) = (None, b' ', false);
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        let is_gap = byte.is_ascii_whitespace() || byte == b'/';
        match quote {
            Some(open) if open == byte => {
                quote = None;
                // The next attribute may follow without a gap.
                if cut.is_none() && equals > most {
                    cut = Some(at + 1);
                }
            }
            Some(_) => {}
            None if byte == b'>' => return (cut, at),
            None if matches!(byte, b'"' | b'\'') && before == b'=' => quote = Some(byte),
            None => {
                equals += usize::from(byte == b'=');
                gaps += usize::from(is_gap && !after_gap);
                if cut.is_none() && is_gap && gaps.max(equals) > most {
                    cut = Some(at);
                }
            }
        }
        after_gap = is_gap && quote.is_none();
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    (cut, bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_ordinary_markup_alone() {
        let picture = format!(
            "<p><img alt='a > b' src=\"data:{}\"><p>",
            "A = /".repeat(5000)
        );
        let script = format!(
            "<script>for(i=0;i<n;i++){{{}}}</script><p>x",
            " a = b;".repeat(300)
        );
        let comment = format!("<!-- <a {} --><p>", "b ".repeat(1000));
        let indented = format!("<div{}>x", format!("\n{}a='b'", " ".repeat(24)).repeat(12));
        for html in [
            "<p class=a id=b>text",
            &indented,
            "a < b",
            "<",
            "",
            "<title",
            &picture,
            &script,
            &comment,
        ] {
            assert!(
                matches!(without_floods(html, 256), Cow::Borrowed(_)),
                "{html:.40}"
            );
        }
    }

    #[test]
    fn cuts_floods_in_what_may_be_no_raw_text() {
        let flood: String = (0..50_000).map(|n| format!(" a{n}")).collect();
        let html = format!("<svg><title><a{flood}></title></svg><p>two");
        let cut = without_floods(&html, 256);
        assert!(cut.len() < 30_000 && cut.ends_with("</svg><p>two"));
    }

    #[test]
    fn cuts_a_flood_and_keeps_the_rest() {
        for part in [
            " a{}",
            " a{}=1",
            "/a{}",
            "\na{} = 'x'",
            " a{}='>'",
            " <a{}",
            "a{}=''",
        ] {
            let flood: String = (0..50_000)
                .map(|n| part.replace("{}", &n.to_string()))
                .collect();
            let html = format!("<p>one</p><div class='x'{flood} >two</div>");
            let cut = without_floods(&html, 256);
            assert!(cut.len() < 8_000, "{part:?}: {}", cut.len());
            assert!(cut.ends_with(">two</div>") && cut.starts_with("<p>one</p><div class='x'"));
        }
    }
}
