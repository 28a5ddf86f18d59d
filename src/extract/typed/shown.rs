//! The text of an element as a block of it would read.

use crate::extract::dom::{NodeId, Tag, Tree};
use crate::extract::{text, visibility};

/// Whether the blocks of a page are made without what is below this element.
pub(super) fn is_skipped(tree: &Tree, id: NodeId, tag: Tag) -> bool {
    tag.is_silent() || (!tag.is_block() && visibility::is_invisible(tree, id))
}

/// All that is shown below `id`, on one line.
pub(super) fn text_of(tree: &Tree, id: NodeId) -> String {
    text_within(tree, id, usize::MAX).unwrap_or_default()
}

/// Most bytes and nodes of what is read for a name, a date or a credit: these are short, but what
/// hundreds of elements around a long text are called is that it is one.
const SHORT_BYTES: usize = 10_000;

/// The same where it is short, or may be: its markup may be longer than what it shows.
pub(super) fn short_text_of(tree: &Tree, id: NodeId) -> Option<String> {
    text_within(tree, id, SHORT_BYTES)
}

/// The same unless it has more bytes and nodes than `most`.
fn text_within(tree: &Tree, id: NodeId, most: usize) -> Option<String> {
    let mut left = most;
    let mut out = String::new();
    let mut open: Vec<NodeId> = Vec::new();
    let mut at = id + 1;
    while at < tree.end(id) {
        left = left.checked_sub(1 + tree.text(at).map_or(0, str::len))?;
        while open.pop_if(|end| *end <= at).is_some() {
            text::push_collapsed(&mut out, " ");
        }
        if let Some(text) = tree.text(at) {
            text::push_collapsed(&mut out, text);
            at += 1;
            continue;
        }
        let tag = tree.tag(at).unwrap_or(Tag::Other);
        if is_skipped(tree, at, tag) {
            at = tree.end(at);
            continue;
        }
        if tag.is_block() || tag == Tag::Br {
            text::push_collapsed(&mut out, " ");
            open.push(tree.end(at));
        }
        at += 1;
    }
    out.truncate(out.trim_end().len());
    Some(out)
}
