//! Where a script ends: the script data states, with their escapes for scripts in comments.

use memchr::{memchr, memchr2};

use super::{Sink, Tokenizer, tag};

/// How far a script is into `<!-- <script>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// After `<!--`: `-->` ends it.
    Once,
    /// After `<script` in it: `</script>` ends only this.
    Twice,
}

impl<S: Sink> Tokenizer<'_, S> {
    /// Where the end tag of the script that stands here begins, or the page's end.
    pub(super) fn script_end(&self) -> usize {
        let mut at = self.at;
        while let Some(open) = memchr(b'<', &self.bytes[at..]).map(|open| at + open) {
            if self.ends_raw(open) {
                return open;
            }
            at = open + 1;
            if self.bytes[at..].starts_with(b"!--") {
                match self.escaped_end(at + 3) {
                    Ok(after) => at = after,
                    Err(end) => return end,
                }
            }
        }
        self.bytes.len()
    }

    /// Goes through an escaped part from `at`, which follows the two dashes of `<!--`. Says where the
    /// script goes on as usual, or as an error where it ends.
    fn escaped_end(&self, mut at: usize) -> Result<usize, usize> {
        let (mut escape, mut dashes) = (Escape::Once, 2);
        while let Some(byte) = self.byte(at) {
            match byte {
                b'-' => (at, dashes) = (at + 1, dashes + 1),
                b'>' if dashes >= 2 => return Ok(at + 1),
                b'<' if escape == Escape::Once && self.ends_raw(at) => return Err(at),
                b'<' => (at, escape, dashes) = self.escaped_tag(at + 1, escape),
                _ => {
                    let next = memchr2(b'-', b'<', &self.bytes[at..]);
                    at = next.map_or(self.bytes.len(), |next| at + next);
                    dashes = 0;
                }
            }
        }
        Err(self.bytes.len())
    }

    /// What a `<` before `at` in an escaped part changes: the place and state after it, and no dashes.
    fn escaped_tag(&self, at: usize, escape: Escape) -> (usize, Escape, usize) {
        let name = match escape {
            Escape::Once => Some(at),
            Escape::Twice => (self.byte(at) == Some(b'/')).then_some(at + 1),
        };
        let Some(name) = name else {
            return (at, escape, 0);
        };
        let letters = self.bytes[name..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic());
        let end = name + letters.count();
        let is_name = self.byte(end).is_some_and(tag::ends_name);
        if !is_name || (end == name && escape == Escape::Once) {
            return (end, escape, 0);
        }
        let is_script = self.bytes[name..end].eq_ignore_ascii_case(b"script");
        let after = match (is_script, escape) {
            (true, Escape::Once) => Escape::Twice,
            (true, Escape::Twice) => Escape::Once,
            (false, _) => escape,
        };
        (end + 1, after, 0)
    }
}
