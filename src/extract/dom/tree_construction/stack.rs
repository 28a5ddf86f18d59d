//! The stack of open elements (§13.2.4.2).

use super::super::NodeId;
use super::super::elements::{Name, Sets};

/// To whose language an element belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Namespace {
    Html,
    MathMl,
    Svg,
}

/// An open element, with what is asked of it more often than of its node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) node: NodeId,
    pub(super) name: Name,
    pub(super) namespace: Namespace,
    /// The sets that it is in; elements of SVG and `MathML` are at most in the scopes.
    pub(super) sets: Sets,
    /// Whether its text and start tags are HTML's though it is not.
    pub(super) holds: Integration,
    /// Whether a `<p>` is in button scope when this is the current node: asked by each block's start tag.
    pub(super) has_p: bool,
}

/// What an element of SVG or `MathML` holds that is HTML's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integration {
    None,
    /// A `MathML` text integration point: text, and most elements.
    Text,
    /// An HTML integration point: text and elements.
    Html,
    /// An `<annotation-xml>`: an `<svg>`.
    Svg,
    /// One that says it holds HTML: text and elements.
    Annotation,
}

impl Open {
    pub(super) fn new(node: NodeId, name: Name, namespace: Namespace) -> Self {
        let holds = match (namespace, name) {
            (Namespace::MathMl, Name::MI | Name::MO | Name::MN | Name::MS | Name::MTEXT) => {
                Integration::Text
            }
            (Namespace::MathMl, Name::ANNOTATION_XML) => Integration::Svg,
            (Namespace::Svg, Name::FOREIGNOBJECT | Name::DESC | Name::TITLE) => Integration::Html,
            _ => Integration::None,
        };
        let sets = match (namespace, holds) {
            (Namespace::Html, _) => name.sets(),
            (_, Integration::Text | Integration::Html) => Sets::SCOPE,
            _ => Sets::NONE,
        };
        Self {
            node,
            name,
            namespace,
            sets,
            holds,
            has_p: false,
        }
    }

    /// Whether it is HTML's element of that name.
    #[inline]
    pub(super) fn is(&self, name: Name) -> bool {
        self.name == name && self.namespace == Namespace::Html
    }
}

/// The stack of open elements, the current node last.
#[derive(Debug, Default)]
pub(super) struct Stack(Vec<Open>);

impl Stack {
    pub(super) fn push(&mut self, mut element: Open) {
        element.has_p = has_p(element, self.has_p());
        self.0.push(element);
    }

    /// Whether a `<p>` is in button scope.
    pub(super) fn has_p(&self) -> bool {
        self.current().is_some_and(|open| open.has_p)
    }

    /// Says anew of those from that place on whether a `<p>` is in button scope.
    fn settle(&mut self, from: usize) {
        let before = from.checked_sub(1).and_then(|at| self.0.get(at));
        let mut before = before.is_some_and(|open| open.has_p);
        for open in self.0.iter_mut().skip(from) {
            open.has_p = has_p(*open, before);
            before = open.has_p;
        }
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Open> {
        self.0.get(at)
    }

    pub(super) fn set(&mut self, at: usize, element: Open) {
        self.0[at] = element;
        self.settle(at);
    }

    pub(super) fn insert(&mut self, at: usize, element: Open) {
        self.0.insert(at, element);
        self.settle(at);
    }

    pub(super) fn remove(&mut self, at: usize) {
        self.0.remove(at);
        self.settle(at);
    }

    /// Closes all from that place on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// The current node; none before the root.
    #[inline]
    pub(super) fn current(&self) -> Option<&Open> {
        self.0.last()
    }

    /// From the current node to the root, each with its place.
    pub(super) fn upwards(&self) -> impl Iterator<Item = (usize, &Open)> {
        self.0.iter().enumerate().rev()
    }

    /// The nearest element of a kind, and its place.
    pub(super) fn nearest(&self, is: impl Fn(&Open) -> bool) -> Option<(usize, Open)> {
        let mut open = self.upwards();
        open.find(|(_, open)| is(open))
            .map(|(at, open)| (at, *open))
    }

    /// The place of a node.
    pub(super) fn place_of(&self, node: NodeId) -> Option<usize> {
        self.0.iter().rposition(|open| open.node == node)
    }

    pub(super) fn remove_node(&mut self, node: NodeId) {
        if let Some(place) = self.place_of(node) {
            self.remove(place);
        }
    }

    pub(super) fn has(&self, name: Name) -> bool {
        self.0.iter().any(|open| open.is(name))
    }

    pub(super) fn current_is(&self, name: Name) -> bool {
        self.current().is_some_and(|open| open.is(name))
    }

    pub(super) fn current_in(&self, sets: Sets) -> bool {
        self.current().is_some_and(|open| open.sets.meets(sets))
    }

    /// Whether the nearest element of that kind is open within the scope.
    fn is_in_scope(&self, scope: Sets, is: impl Fn(&Open) -> bool) -> bool {
        for open in self.0.iter().rev() {
            if is(open) {
                return true;
            }
            if open.sets.meets(scope) {
                return false;
            }
        }
        false
    }

    /// "Have a particular element in scope".
    pub(super) fn has_in_scope(&self, scope: Sets, name: Name) -> bool {
        self.is_in_scope(scope, |open| open.is(name))
    }

    pub(super) fn has_any_in_scope(&self, scope: Sets, sets: Sets) -> bool {
        self.is_in_scope(scope, |open| open.sets.meets(sets))
    }

    pub(super) fn has_node_in_scope(&self, node: NodeId) -> bool {
        self.is_in_scope(Sets::SCOPE, |open| open.node == node)
    }

    /// "Generate implied end tags", thoroughly or not.
    pub(super) fn close_implied(&mut self, sets: Sets) {
        while self.current_in(sets) {
            self.0.pop();
        }
    }

    /// "Generate implied end tags, except for" those of a name.
    pub(super) fn close_implied_but(&mut self, name: Name) {
        while self.current_in(Sets::IMPLIED) && !self.current_is(name) {
            self.0.pop();
        }
    }

    /// Closes elements until one of the sets is the current node.
    pub(super) fn close_to(&mut self, sets: Sets) {
        while self.current().is_some_and(|open| !open.sets.meets(sets)) {
            self.0.pop();
        }
    }

    /// Closes elements until one of the sets has been closed.
    pub(super) fn close_through_any(&mut self, sets: Sets) {
        while let Some(open) = self.0.pop() {
            if open.sets.meets(sets) {
                return;
            }
        }
    }

    /// Closes elements until one of that name has been closed.
    pub(super) fn close_through(&mut self, name: Name) {
        while let Some(open) = self.0.pop() {
            if open.is(name) {
                return;
            }
        }
    }

    /// "Close a p element", if one is in button scope.
    pub(super) fn close_p(&mut self) {
        if self.has_p() {
            self.close_implied_but(Name::P);
            self.close_through(Name::P);
        }
    }
}

/// Whether a `<p>` is in button scope where an element is the current node, given whether one was before.
fn has_p(element: Open, before: bool) -> bool {
    element.is(Name::P) || (before && !element.sets.meets(Sets::BUTTON_SCOPE))
}
