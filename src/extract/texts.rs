//! Where the texts of a page's blocks are kept, one beside the other.
//!
//! A page of the measured list has some 210 blocks. A text and a key of its own for each took a fifth of
//! all allocations.

use bumpalo::Bump;

/// Texts that live as long as the page is read.
#[derive(Debug)]
pub struct Texts(Bump);

/// Room for the texts of most pages, in bytes.
const USUAL: usize = 1 << 16;

impl Default for Texts {
    fn default() -> Self {
        Self(Bump::with_capacity(USUAL))
    }
}

impl Texts {
    /// A copy of a text that lives as long as all of them.
    pub fn keep(&self, text: &str) -> &str {
        self.0.alloc_str(text)
    }
}
