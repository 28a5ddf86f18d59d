//! Names of tags and attributes as atoms.

use std::collections::HashMap;

use html5ever::{LocalName, local_name};

use super::super::known::{KNOWN, Known, TagName};
use crate::extract::short::Key;

/// How many names of its own a page may have. Each is held in a table of all threads, whose places are
/// few, so that a page of a million names would look through hundreds at each.
const OWN_MAX: usize = 1 << 14;

/// The names that are known, and those of this page.
pub(super) struct Names {
    known: &'static Known,
    own: HashMap<Box<str>, LocalName>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            known: &KNOWN,
            own: HashMap::new(),
        }
    }
}

impl Names {
    /// The name in `bytes[from..to]` of a start or end tag, which is `name`.
    pub(super) fn tag(&mut self, bytes: &[u8], from: usize, to: usize, name: &str) -> TagName {
        let known = Key::of(bytes, from, to).and_then(|key| self.known.tag(key));
        match known {
            Some(known) => known.clone(),
            None => TagName {
                // Past the limit all have one name, so that they at least close one another.
                local: self.other(name).unwrap_or(local_name!("x")),
                is_compared: false,
            },
        }
    }

    /// The name of an attribute, if the arena keeps it.
    #[inline]
    pub(super) fn kept_attribute(
        &self,
        bytes: &[u8],
        from: usize,
        to: usize,
    ) -> Option<&'static LocalName> {
        self.known.attr(Key::of(bytes, from, to)?)
    }

    /// A name as it should be written: lower case, no U+0000. None for one too many.
    pub(super) fn other(&mut self, name: &str) -> Option<LocalName> {
        if let Some(atom) = self.own.get(name) {
            return Some(atom.clone());
        }
        if self.own.len() >= OWN_MAX {
            return None;
        }
        let written = name.to_ascii_lowercase().replace('\0', "\u{fffd}");
        let atom = LocalName::from(written);
        self.own.insert(name.into(), atom.clone());
        Some(atom)
    }
}
