//! Doctypes: their name, their identifiers, and whether they put the page into quirks mode.

use memchr::{memchr, memchr2};

use super::{Doctype, Sink, Tokenizer, tag};

impl<S: Sink> Tokenizer<'_, S> {
    /// The doctype whose keyword stands before here.
    pub(super) fn doctype(&mut self) {
        let mut doctype = Doctype::default();
        doctype.force_quirks = self.doctype_parts(&mut doctype).is_none();
        let close = memchr(b'>', &self.bytes[self.at..]);
        self.at = close.map_or(self.bytes.len(), |close| self.at + close + 1);
        self.sink.doctype(&doctype);
    }

    /// Reads up to the `>`, or to what is in error; none when that forces quirks.
    fn doctype_parts(&mut self, doctype: &mut Doctype) -> Option<()> {
        self.skip_space();
        self.byte(self.at).filter(|&byte| byte != b'>')?;
        doctype.name = Some(self.doctype_name());
        self.skip_space();
        if self.byte(self.at)? == b'>' {
            return Some(());
        }
        if self.eat(b"public") {
            self.doctype_id(&mut doctype.public_id)?;
            self.skip_space();
            if self.byte(self.at)? == b'>' {
                return Some(());
            }
        } else if !self.eat(b"system") {
            return None;
        }
        self.doctype_id(&mut doctype.system_id)?;
        self.skip_space();
        self.byte(self.at).map(|_| ())
    }

    fn doctype_name(&mut self) -> String {
        let rest = &self.bytes[self.at..];
        let end = rest
            .iter()
            .position(|&byte| tag::is_space(byte) || byte == b'>');
        let end = end.map_or(self.bytes.len(), |len| self.at + len);
        let name = self.whole(self.at, end).to_ascii_lowercase();
        self.at = end;
        name
    }

    /// An identifier in quotes; none when there is none, or when it is not closed.
    fn doctype_id(&mut self, id: &mut Option<String>) -> Option<()> {
        self.skip_space();
        let quote = self.byte(self.at).filter(|byte| b"\"'".contains(byte))?;
        let from = self.at + 1;
        let end = memchr2(quote, b'>', &self.bytes[from..]);
        self.at = end.map_or(self.bytes.len(), |len| from + len);
        *id = Some(self.whole(from, self.at).into_owned());
        self.byte(self.at).filter(|&byte| byte == quote)?;
        self.at += 1;
        Some(())
    }
}
