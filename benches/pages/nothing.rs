//! html5ever's parser, whose tree goes nowhere.

use std::borrow::Cow;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, QualName, parse_document};

/// Parses a page and keeps nothing.
pub(crate) fn parse_into_nothing(html: &str) {
    parse_document(Nothing, html5ever::ParseOpts::default()).one(html);
}

/// Takes a tree and keeps nothing; a handle is its name, which the tree builder asks back.
struct Nothing;

impl TreeSink for Nothing {
    type Handle = std::rc::Rc<QualName>;
    type Output = ();
    type ElemName<'a> = &'a QualName;

    fn finish(self) {}
    fn parse_error(&self, _: Cow<'static, str>) {}
    fn get_document(&self) -> Self::Handle {
        named("")
    }
    fn elem_name<'a>(&'a self, target: &'a Self::Handle) -> &'a QualName {
        target
    }
    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> Self::Handle {
        name.into()
    }
    fn create_comment(&self, _: StrTendril) -> Self::Handle {
        named("")
    }
    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Self::Handle {
        named("")
    }
    fn append(&self, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn append_based_on_parent_node(
        &self,
        _: &Self::Handle,
        _: &Self::Handle,
        _: NodeOrText<Self::Handle>,
    ) {
    }
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn get_template_contents(&self, target: &Self::Handle) -> Self::Handle {
        target.clone()
    }
    fn same_node(&self, x: &Self::Handle, y: &Self::Handle) -> bool {
        std::rc::Rc::ptr_eq(x, y)
    }
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn append_before_sibling(&self, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn add_attrs_if_missing(&self, _: &Self::Handle, _: Vec<Attribute>) {}
    fn remove_from_parent(&self, _: &Self::Handle) {}
    fn reparent_children(&self, _: &Self::Handle, _: &Self::Handle) {}
}

fn named(name: &str) -> std::rc::Rc<QualName> {
    QualName::new(None, html5ever::ns!(), name.into()).into()
}
