//! A place in a document, and its neighbours as the reference sees them.

use std::borrow::Cow;

use super::Selected;
use crate::support::xml::{Kind, NodeAttribute, NodeId, Tree};

/// A node, or one of its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nav {
    node: NodeId,
    /// Index of the attribute.
    attribute: Option<u32>,
}

/// What a node is for node tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeType {
    /// The document, and XML declarations.
    Root,
    /// An element or a processing instruction.
    Element,
    Attribute,
    /// Text of any kind, and directives.
    Text,
    Comment,
}

impl Nav {
    pub(super) fn new(node: NodeId) -> Self {
        Self {
            node,
            attribute: None,
        }
    }

    /// The node, or that of the attribute.
    pub(super) fn node(self) -> NodeId {
        self.node
    }

    /// Goes to the root of the document, where the attribute with the same index is the place.
    pub(super) fn go_to_root(&mut self, tree: &Tree) {
        self.node = tree.root();
    }

    /// What is selected by selecting this.
    pub(super) fn selected(self, tree: &Tree) -> Selected {
        let attribute = self.attribute.map(|index| index as usize);
        let exists = self.attribute(tree).is_some();
        Selected {
            node: self.node,
            attribute: attribute.filter(|_| exists && self.node_type(tree) == NodeType::Attribute),
        }
    }

    pub(super) fn node_type(self, tree: &Tree) -> NodeType {
        match tree.node(self.node).kind {
            Kind::Comment => NodeType::Comment,
            Kind::Text | Kind::Section | Kind::Directive => NodeType::Text,
            Kind::Document | Kind::Declaration => NodeType::Root,
            Kind::Element if self.attribute.is_some() => NodeType::Attribute,
            Kind::Element | Kind::Instruction => NodeType::Element,
        }
    }

    /// Whether it is an attribute, be it that of an element or not.
    pub(super) fn is_attribute(self) -> bool {
        self.attribute.is_some()
    }

    fn attribute(self, tree: &Tree) -> Option<NodeAttribute> {
        let index = self.attribute? as usize;
        tree.attributes(self.node).get(index).copied()
    }

    /// The name without prefix; of nodes that have none, their text.
    pub(super) fn local(self, tree: &Tree) -> &[u8] {
        match self.attribute(tree) {
            Some(attribute) => tree.bytes(attribute.local),
            None => tree.data(self.node),
        }
    }

    pub(super) fn prefix(self, tree: &Tree) -> &[u8] {
        match self.attribute(tree) {
            Some(attribute) if self.node_type(tree) == NodeType::Attribute => {
                tree.bytes(attribute.prefix)
            }
            _ => tree.bytes(tree.node(self.node).prefix),
        }
    }

    pub(super) fn namespace(self, tree: &Tree) -> &[u8] {
        match self.attribute(tree) {
            Some(attribute) => tree.bytes(attribute.namespace),
            None => tree.bytes(tree.node(self.node).namespace),
        }
    }

    /// The text of an attribute, a text, a comment, or in an element, and how many nodes were
    /// looked at for it. Others have none.
    pub(super) fn value(self, tree: &Tree) -> (Cow<'_, [u8]>, usize) {
        let borrowed = |text| (Cow::Borrowed(text), 1);
        match (tree.node(self.node).kind, self.attribute) {
            (Kind::Element, Some(_)) => borrowed(match self.attribute(tree) {
                Some(attribute) => tree.bytes(attribute.value),
                None => b"",
            }),
            (Kind::Element, None) => inner_text(tree, self.node),
            (Kind::Text | Kind::Comment, _) => borrowed(tree.data(self.node)),
            _ => borrowed(b""),
        }
    }

    pub(super) fn go_to_parent(&mut self, tree: &Tree) -> bool {
        if self.attribute.take().is_some() {
            return true;
        }
        let parent = tree.node(self.node).parent;
        self.node = parent.unwrap_or(self.node);
        parent.is_some()
    }

    pub(super) fn go_to_next_attribute(&mut self, tree: &Tree) -> bool {
        let next = self.attribute.map_or(0, |index| index + 1);
        let exists = (next as usize) < tree.attributes(self.node).len();
        if exists {
            self.attribute = Some(next);
        }
        exists
    }

    pub(super) fn go_to_child(&mut self, tree: &Tree) -> bool {
        let child = tree.node(self.node).first;
        let child = child.filter(|_| self.attribute.is_none());
        self.node = child.unwrap_or(self.node);
        child.is_some()
    }

    /// Goes on to the next sibling that is not blank, or to the last one, which does not count.
    pub(super) fn go_to_next(&mut self, tree: &Tree) -> bool {
        if self.attribute.is_some() {
            return false;
        }
        while let Some(next) = tree.node(self.node).next {
            self.node = next;
            if !tree.node(next).is_blank {
                return true;
            }
        }
        false
    }

    /// Goes back to the sibling before that is not blank, or to the first one, which does not
    /// count.
    pub(super) fn go_to_previous(&mut self, tree: &Tree) -> bool {
        if self.attribute.is_some() {
            return false;
        }
        while let Some(previous) = tree.node(self.node).previous {
            self.node = previous;
            if !tree.node(previous).is_blank {
                return true;
            }
        }
        false
    }

    /// Goes to the first sibling.
    pub(super) fn go_to_first(&mut self, tree: &Tree) {
        if self.attribute.is_some() {
            return;
        }
        while let Some(previous) = tree.node(self.node).previous {
            self.node = previous;
        }
    }
}

fn inner_text(tree: &Tree, node: NodeId) -> (Cow<'_, [u8]>, usize) {
    let mut children = tree.children(node);
    match (children.next(), children.next()) {
        (None, _) => (Cow::Borrowed(b""), 1),
        (Some(only), None) if matches!(tree.node(only).kind, Kind::Text | Kind::Section) => {
            (Cow::Borrowed(tree.data(only)), 1)
        }
        _ => {
            let mut text = Vec::new();
            let nodes = tree.inner_text(node, &mut text);
            (Cow::Owned(text), nodes)
        }
    }
}
