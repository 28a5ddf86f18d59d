//! What classes say, asked once for each that a page has: one class can be as long as the page,
//! and be that of an element around all blocks, or of formatting that is opened again in each.

use foldhash::HashMap;

use crate::extract::dom::{Attr, NodeId, Tree, ValueId};

pub(super) struct ByClass<T> {
    read: fn(&str) -> T,
    known: HashMap<ValueId, T>,
}

impl<T: Clone + Default> ByClass<T> {
    /// `read` tells what a class says.
    pub(super) fn new(read: fn(&str) -> T) -> Self {
        Self {
            read,
            known: HashMap::default(),
        }
    }

    /// What the class of an element says; the default where it has none.
    pub(super) fn of(&mut self, tree: &Tree, id: NodeId) -> T {
        let Some(value) = tree.class_value(id) else {
            return T::default();
        };
        let read = || (self.read)(tree.attr(id, Attr::Class).unwrap_or_default());
        self.known.entry(value).or_insert_with(read).clone()
    }
}
