//! The language that code is in.

use foldhash::HashMap;

use super::classes::ByClass;
use super::nearest;
use crate::extract::dom::{NodeId, Tag, Tree};

/// Most letters in the name of a language: "objective-c" has eleven.
const LANGUAGE_CHARS: usize = 24;

pub(super) struct Languages<'t> {
    tree: &'t Tree<'t>,
    classes: ByClass<Option<String>>,
    /// By `<pre>`, which may hold many blocks.
    known: HashMap<NodeId, Option<String>>,
}

impl<'t> Languages<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            classes: ByClass::new(named_language),
            known: HashMap::default(),
        }
    }

    /// The language that the `<pre>` around a node, or the `<code>` in it, names in its class, as
    /// HTML recommends (HTML Standard §4.5.15).
    pub(super) fn of(&mut self, node: NodeId) -> Option<String> {
        let tree = self.tree;
        let pre = nearest(tree, node, Tag::Pre)?;
        let read = || {
            let code = || tree.children(pre).find(|&id| tree.is(id, Tag::Code));
            let named = self.classes.of(tree, pre);
            named.or_else(|| self.classes.of(tree, code()?))
        };
        self.known.entry(pre).or_insert_with(read).clone()
    }
}

fn named_language(class: &str) -> Option<String> {
    let name = class.split_ascii_whitespace().find_map(|name| {
        name.strip_prefix("language-")
            .or_else(|| name.strip_prefix("lang-"))
    })?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '#' | '.' | '_');
    (!name.is_empty() && name.len() <= LANGUAGE_CHARS && name.chars().all(is_name))
        .then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};

    #[test]
    fn the_blocks_of_a_pre_share_its_language() {
        // A hundred thousand, which would take minutes if each looked at all of them.
        let html = format!(
            "<pre>{}<code class=lang-c></code></pre>",
            "<p>x</p>".repeat(100_000)
        );
        let tree = parse(&html, &Limits::default());
        let mut languages = Languages::new(&tree);
        let mut blocks = tree.elements().filter(|&id| tree.is(id, Tag::P));
        assert!(blocks.all(|id| languages.of(id).as_deref() == Some("c")));
    }
}
