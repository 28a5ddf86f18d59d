//! The text of an element as a block of it would read.

use crate::extract::dom::{NodeId, Tag, Tree};
use crate::extract::{text, visibility};

/// Whether the blocks of a page are made without what is below this element.
pub(super) fn is_skipped(tree: &Tree, id: NodeId, tag: Tag) -> bool {
    tag.is_silent() || (!tag.is_block() && visibility::is_invisible(tree, id))
}

/// All that is shown below `id`, on one line.
pub(super) fn text_of(tree: &Tree, id: NodeId) -> String {
    let mut out = String::new();
    let mut open: Vec<NodeId> = Vec::new();
    let mut at = id + 1;
    while at < tree.end(id) {
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
    out
}
