//! Elements that stand in each other and each say the same, such as an author in an author: some are
//! read, the rest is passed over, so that no text is read once for each of a hundred elements around it.

use crate::extract::dom::{NodeId, Tree};

/// The elements that were read and go on, the outermost first; asked in page order.
#[derive(Debug, Default)]
pub(super) struct Nested {
    /// Where each ends.
    open: Vec<NodeId>,
}

impl Nested {
    /// How many of the elements that were read hold `id`.
    pub(super) fn around(&mut self, id: NodeId) -> usize {
        while self.open.pop_if(|end| *end <= id).is_some() {}
        self.open.len()
    }

    /// Adds an element that was read.
    pub(super) fn add(&mut self, tree: &Tree, id: NodeId) {
        self.open.push(tree.end(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, Tag, parse};

    #[test]
    fn what_has_ended_is_around_nothing() {
        let tree = parse("<i><i><b>x</b></i></i><b>y</b>", &Limits::default());
        let mut nested = Nested::default();
        let mut around = Vec::new();
        for id in tree.elements() {
            match tree.tag(id) {
                Some(Tag::I) => nested.add(&tree, id),
                Some(Tag::B) => around.push(nested.around(id)),
                _ => {}
            }
        }
        assert_eq!(around, [2, 0]);
    }
}
