//! Where in the page an element is, as an `XPath`.

use foldhash::HashMap;

use crate::extract::dom::{NodeId, Tag, Tree};

/// Elements above one that has a path; the corpora's stories lie some twenty deep.
const DEPTH_MAX: u16 = 64;

/// Finds paths, counting the children of each element once.
pub(super) struct Paths<'t> {
    tree: &'t Tree<'t>,
    /// The place of an element among those of its name below its parent, from 1; 0 for the only one.
    places: HashMap<NodeId, u32>,
    counted: foldhash::HashSet<NodeId>,
}

impl<'t> Paths<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            places: HashMap::default(),
            counted: foldhash::HashSet::default(),
        }
    }

    /// `html/body/div[2]/p`: an element is counted where it has siblings of its name. One whose name
    /// is not known is a `*`, which counts all siblings.
    pub(super) fn of(&mut self, node: NodeId) -> Option<String> {
        if node == 0 || self.tree.depth(node) > DEPTH_MAX {
            return None;
        }
        let mut steps: Vec<NodeId> = self.tree.ancestors(node).collect();
        steps.reverse();
        let mut path = String::new();
        for id in steps {
            let name = self.tree.tag(id)?.name();
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(name);
            match self.place(id) {
                0 => {}
                place => path.push_str(&format!("[{place}]")),
            }
        }
        Some(path)
    }

    fn place(&mut self, id: NodeId) -> u32 {
        let parent = self.tree.parent(id);
        if self.counted.insert(parent) {
            self.count(parent);
        }
        self.places.get(&id).copied().unwrap_or(0)
    }

    fn count(&mut self, parent: NodeId) {
        let mut seen: HashMap<Tag, (NodeId, u32)> = HashMap::default();
        let mut all = 0;
        for child in self.tree.children(parent) {
            let Some(tag) = self.tree.tag(child) else {
                continue;
            };
            all += 1;
            let (first, count) = seen.entry(tag).or_insert((child, 0));
            *count += 1;
            let place = if tag == Tag::Other { all } else { *count };
            if place > 1 {
                self.places.insert(child, place);
                // Now that it is not the only one, the first has a place, too.
                self.places.entry(*first).or_insert(1);
            }
        }
        // An unknown element that stands first is the only `*` when it stands alone.
        if let Some(&(first, _)) = seen.get(&Tag::Other)
            && all > 1
        {
            self.places.entry(first).or_insert(1);
        }
    }
}
