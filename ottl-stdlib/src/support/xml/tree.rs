//! A document as a tree: nodes that know their neighbours, in one list.
//!
//! Links are changed the way the reference changes them, which does not always leave a tree; see
//! [`has_cycle`](super::has_cycle).

use super::store::{Span, Store};
use crate::support::blanks::trim;

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

impl NodeId {
    /// Its place in a list with an entry for each node.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The document, the root of the tree.
    Document,
    /// The XML declaration.
    Declaration,
    /// An element.
    Element,
    /// Text.
    Text,
    /// A section of character data.
    Section,
    /// A comment.
    Comment,
    /// What begins with `<!` otherwise.
    Directive,
    /// A processing instruction.
    Instruction,
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Whether it is text of nothing but white space, which most axes of XPath pass over.
    pub(crate) is_blank: bool,
    pub(crate) parent: Option<NodeId>,
    pub(crate) first: Option<NodeId>,
    pub(crate) last: Option<NodeId>,
    pub(crate) previous: Option<NodeId>,
    pub(crate) next: Option<NodeId>,
    /// The name without prefix, the target of an instruction, or the text.
    pub(crate) data: Span,
    pub(crate) prefix: Span,
    pub(crate) namespace: Span,
    /// What follows the target of an instruction.
    pub(crate) rest: Span,
    attributes: (u32, u32),
}

/// An attribute of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeAttribute {
    pub(crate) prefix: Span,
    pub(crate) local: Span,
    pub(crate) value: Span,
    pub(crate) namespace: Span,
}

/// A document.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    attributes: Vec<NodeAttribute>,
    pub(super) store: Store,
}

/// A name at its first colon, if something stands before that.
pub(crate) fn split_name(name: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', name) {
        Some(colon) if colon > 0 => (&name[..colon], &name[colon + 1..]),
        _ => (b"", name),
    }
}

impl Tree {
    /// A tree that has only its root. The root of a document that was read is
    /// [`Kind::Document`].
    pub(crate) fn new(root: Kind) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            attributes: Vec::new(),
            store: Store::default(),
        };
        tree.add(root, Span::default());
        tree
    }

    /// The root.
    pub(crate) fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// Number of nodes, those that are not linked any more included.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes of memory beside those of names and texts.
    pub(super) fn size(&self) -> usize {
        self.nodes.len() * size_of::<Node>() + self.attributes.len() * size_of::<NodeAttribute>()
    }

    /// A node.
    #[inline]
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    #[inline]
    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    /// The bytes of a name or text.
    #[inline]
    pub(crate) fn bytes(&self, span: Span) -> &[u8] {
        self.store.bytes(span)
    }

    /// The name or text of a node.
    pub(crate) fn data(&self, id: NodeId) -> &[u8] {
        self.bytes(self.node(id).data)
    }

    /// The attributes of a node.
    pub(crate) fn attributes(&self, id: NodeId) -> &[NodeAttribute] {
        let (start, len) = self.node(id).attributes;
        &self.attributes[start as usize..][..len as usize]
    }

    /// The children of a node.
    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.node(id).first, |&child| self.node(child).next)
    }

    /// Adds a name or text.
    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) -> Span {
        self.store.push(bytes)
    }

    /// Adds a node that is not linked yet.
    pub(crate) fn add(&mut self, kind: Kind, data: Span) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        let is_blank = kind == Kind::Text && trim(self.bytes(data)).is_empty();
        self.nodes.push(Node {
            kind,
            is_blank,
            parent: None,
            first: None,
            last: None,
            previous: None,
            next: None,
            data,
            prefix: Span::default(),
            namespace: Span::default(),
            rest: Span::default(),
            attributes: (self.attributes.len() as u32, 0),
        });
        id
    }

    /// Appends an attribute to the node that was added last.
    pub(super) fn add_attribute(&mut self, attribute: NodeAttribute) {
        self.attributes.push(attribute);
        if let Some(node) = self.nodes.last_mut() {
            node.attributes.1 += 1;
        }
    }

    /// Removes the first attribute of a node with a name, whose prefix stands before its first
    /// colon.
    pub(crate) fn remove_attribute(&mut self, id: NodeId, name: Span) {
        let (prefix, local) = split_name(self.bytes(name));
        let is_name = |attribute: &NodeAttribute| {
            self.bytes(attribute.local) == local && self.bytes(attribute.prefix) == prefix
        };
        let Some(at) = self.attributes(id).iter().position(is_name) else {
            return;
        };
        let (start, len) = self.node(id).attributes;
        let (start, end) = (start as usize, (start + len) as usize);
        self.attributes.copy_within(start + at + 1..end, start + at);
        self.node_mut(id).attributes.1 -= 1;
    }

    /// Makes `child` the last child of `parent`. What it was linked to before is not told, but
    /// for the sibling before it, if that is the last child.
    pub(crate) fn append(&mut self, parent: NodeId, child: NodeId) {
        self.node_mut(child).parent = Some(parent);
        self.node_mut(child).next = None;
        let Node { first, last, .. } = *self.node(parent);
        if first.is_none() {
            self.node_mut(parent).first = Some(child);
        }
        let before = last.filter(|_| first.is_some());
        if let Some(before) = before {
            self.node_mut(before).next = Some(child);
        }
        self.node_mut(child).previous = before;
        self.node_mut(parent).last = Some(child);
    }

    /// Makes `node` the sibling behind `last`, which has none yet.
    pub(super) fn append_sibling(&mut self, last: NodeId, node: NodeId) {
        let parent = self.node(last).parent;
        self.node_mut(node).parent = parent;
        self.node_mut(node).previous = Some(last);
        self.node_mut(last).next = Some(node);
        if let Some(parent) = parent {
            self.node_mut(parent).last = Some(node);
        }
    }

    /// Takes a node with all below it out of the tree. A root stays where it is.
    pub(crate) fn remove(&mut self, id: NodeId) {
        let Node {
            parent,
            previous,
            next,
            ..
        } = *self.node(id);
        let Some(parent) = parent else {
            return;
        };
        match previous {
            Some(previous) => self.node_mut(previous).next = next,
            None => self.node_mut(parent).first = next,
        }
        match next {
            Some(next) => self.node_mut(next).previous = previous,
            None => self.node_mut(parent).last = previous,
        }
        let node = self.node_mut(id);
        (node.parent, node.previous, node.next) = (None, None, None);
    }

    /// Makes text empty.
    pub(crate) fn clear_text(&mut self, id: NodeId) {
        self.node_mut(id).data = Span::default();
    }

    /// Puts an element with a name in the place of a text, and the text into it.
    pub(crate) fn wrap_text(&mut self, id: NodeId, name: Span) {
        let text = self.add(Kind::Text, self.node(id).data);
        let node = self.node_mut(id);
        (node.kind, node.data, node.is_blank) = (Kind::Element, name, false);
        (node.first, node.last) = (Some(text), Some(text));
    }

    /// Appends a new element with a text in it to the children of a node.
    pub(crate) fn append_element(&mut self, parent: NodeId, name: Span, text: Span) {
        let element = self.add(Kind::Element, name);
        let text = self.add(Kind::Text, text);
        self.append(element, text);
        self.append(parent, element);
    }

    /// Appends the text in and below a node to `out`, comments aside, and tells how many nodes it
    /// looked at.
    pub(crate) fn inner_text(&self, top: NodeId, out: &mut Vec<u8>) -> usize {
        let mut at = top;
        let mut looked_at = 0;
        loop {
            looked_at += 1;
            let node = self.node(at);
            if matches!(node.kind, Kind::Text | Kind::Section) {
                out.extend_from_slice(self.bytes(node.data));
            }
            if let Some(first) = node.first {
                at = first;
                continue;
            }
            loop {
                if at == top {
                    return looked_at;
                }
                let node = self.node(at);
                match (node.next, node.parent) {
                    (Some(next), _) => at = next,
                    (None, Some(parent)) => {
                        at = parent;
                        continue;
                    }
                    (None, None) => return looked_at,
                }
                break;
            }
        }
    }
}
