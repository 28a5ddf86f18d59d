//! Preprocessing the input stream (§13.2.3.5): a page with its line ends as they should be.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2};

/// Longest page that is read: the tree counts bytes in 31 bits, of what it had to copy, too, which one text and what it
/// goes on may make longer by two pages.
const PAGE_BYTES_MAX: usize = 1 << 29;

/// A page without carriage returns.
pub(in super::super) struct Input<'p> {
    page: Cow<'p, str>,
    /// Whether there is a U+0000 in it.
    pub(super) has_nul: bool,
}

impl<'p> Input<'p> {
    pub(super) fn new(html: &'p str) -> Self {
        let end = html.floor_char_boundary(PAGE_BYTES_MAX);
        let html = html.get(..end).unwrap_or(html);
        if memchr2(b'\r', 0, html.as_bytes()).is_none() {
            return Self {
                page: Cow::Borrowed(html),
                has_nul: false,
            };
        }
        Self {
            page: Cow::Owned(normal_lines(html)),
            has_nul: memchr(0, html.as_bytes()).is_some(),
        }
    }

    /// A page as it was decoded, which drops a byte order mark; but not everybody has one dropped.
    pub(in super::super) fn of_page(html: &'p str) -> Self {
        Self::new(html.strip_prefix('\u{feff}').unwrap_or(html))
    }

    pub(in super::super) fn text(&self) -> &str {
        &self.page
    }

    pub(in super::super) fn into_page(self) -> Cow<'p, str> {
        self.page
    }
}

/// The text with each CR LF, and each CR alone, as one LF.
fn normal_lines(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut copied = 0;
    for at in memchr_iter(b'\r', html.as_bytes()) {
        out.push_str(html.get(copied..at).unwrap_or_default());
        copied = at + 1;
        if html.as_bytes().get(copied) != Some(&b'\n') {
            out.push('\n');
        }
    }
    out.push_str(html.get(copied..).unwrap_or_default());
    out
}
