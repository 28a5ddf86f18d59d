//! What a `<` begins: the tag open, end tag open and markup declaration open states.

use super::{Sink, Tokenizer};

impl<S: Sink> Tokenizer<'_, S> {
    /// Whether a `<` before `at` is more than a text's character.
    pub(super) fn is_markup(&self, at: usize) -> bool {
        match self.byte(at) {
            Some(b'!' | b'?') => true,
            // `</` at the very end is text.
            Some(b'/') => at + 1 < self.bytes.len(),
            Some(byte) => byte.is_ascii_alphabetic(),
            None => false,
        }
    }

    /// The markup whose `<` stands before here, as [`Self::is_markup`] said.
    pub(super) fn markup(&mut self) {
        match self.byte(self.at) {
            Some(b'!') => self.declaration(),
            Some(b'?') => self.bogus_comment(),
            Some(b'/') => {
                self.at += 1;
                match self.byte(self.at) {
                    Some(byte) if byte.is_ascii_alphabetic() => self.end_tag(),
                    Some(b'>') => self.at += 1,
                    _ => self.bogus_comment(),
                }
            }
            _ => self.start_tag(),
        }
    }

    fn declaration(&mut self) {
        self.at += 1;
        if self.eat(b"--") {
            self.comment();
        } else if self.eat(b"doctype") {
            self.doctype();
        } else if self.bytes[self.at..].starts_with(b"[CDATA[") && self.sink.is_foreign() {
            self.at += b"[CDATA[".len();
            self.cdata();
        } else {
            self.bogus_comment();
        }
    }

    /// Goes past `text`, ASCII case ignored, if it stands here.
    pub(super) fn eat(&mut self, text: &[u8]) -> bool {
        let here = self.bytes.get(self.at..self.at + text.len());
        let found = here.is_some_and(|here| here.eq_ignore_ascii_case(text));
        if found {
            self.at += text.len();
        }
        found
    }
}
