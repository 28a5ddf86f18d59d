//! Comments and bogus comments.

use memchr::{memchr, memchr_iter};

use super::{Sink, Tokenizer};

impl<S: Sink> Tokenizer<'_, S> {
    /// The comment whose `<!--` stands before here.
    pub(super) fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let (len, used) = measure(rest);
        self.emit_comment(self.at, self.at + len);
        self.at += used;
    }

    /// All up to the next `>`.
    pub(super) fn bogus_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let len = memchr(b'>', rest).unwrap_or(rest.len());
        self.emit_comment(self.at, self.at + len);
        self.at = (self.at + len + 1).min(self.bytes.len());
    }

    fn emit_comment(&mut self, from: usize, to: usize) {
        let text = self.whole(from, to);
        self.sink.comment(&text);
    }
}

/// How long a comment's text is, and where what follows it begins. It ends with the first `-->` or `--!>`;
/// `>` and `->` end it at its very beginning.
fn measure(rest: &[u8]) -> (usize, usize) {
    for close in memchr_iter(b'>', rest) {
        let text = &rest[..close];
        if matches!(text, b"" | b"-") {
            return (0, close + 1);
        }
        let text = text.strip_suffix(b"!").filter(|text| text.ends_with(b"--"));
        let text = text.unwrap_or(&rest[..close]);
        if let Some(text) = text.strip_suffix(b"--") {
            return (text.len(), close + 1);
        }
    }
    (unclosed_len(rest), rest.len())
}

/// At the page's end, what might have begun to close the comment is no part of it.
fn unclosed_len(rest: &[u8]) -> usize {
    let close = [&b"--!"[..], b"--", b"-"]
        .into_iter()
        .find(|close| rest.ends_with(close));
    rest.len() - close.map_or(0, <[u8]>::len)
}
