//! Writes documents as the reference does: every element with an end tag, text escaped as HTML.

use std::collections::HashSet;

use otlp_columns::Meter;
use ottl_vm::{ExecError, TextBuilder, spend};

use super::tree::{Kind, NodeId, Tree};
use crate::support::blanks::trim;

/// The children of the root of a document, to be written behind those of some nodes of another.
pub(crate) struct Inserted<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) into: &'a HashSet<NodeId>,
}

/// Writes what is in a node: the children of the root, when it is that.
///
/// # Errors
/// When the result would be too long, or the run has to stop.
pub(crate) fn write_children(
    tree: &Tree,
    top: NodeId,
    inserted: Option<&Inserted<'_>>,
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    let keeps_space = keeps_space(tree, top, true);
    Writer {
        tree,
        inserted,
        out,
    }
    .siblings(tree.node(top).first, keeps_space)?;
    insert(inserted, top, keeps_space, out)
}

/// Writes one node with all that is in it.
///
/// # Errors
/// As [`write_children`].
pub(crate) fn write_node(
    tree: &Tree,
    node: NodeId,
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    let mut writer = Writer {
        tree,
        inserted: None,
        out,
    };
    if writer.open(node, true)? {
        let keeps_space = keeps_space(tree, node, true);
        writer.siblings(tree.node(node).first, keeps_space)?;
        writer.close(node)?;
    }
    Ok(())
}

fn insert(
    inserted: Option<&Inserted<'_>>,
    into: NodeId,
    keeps_space: bool,
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    let Some(inserted) = inserted.filter(|inserted| inserted.into.contains(&into)) else {
        return Ok(());
    };
    let tree = inserted.tree;
    let mut writer = Writer {
        tree,
        inserted: None,
        out,
    };
    writer.siblings(tree.node(tree.root()).first, keeps_space)
}

/// Whether white space at the ends of text is kept in and below a node.
fn keeps_space(tree: &Tree, node: NodeId, around: bool) -> bool {
    let attributes = tree.attributes(node).iter();
    let space = attributes
        .filter(|attribute| tree.bytes(attribute.local) == b"space")
        .find(|attribute| tree.bytes(attribute.prefix) == b"xml");
    match space.map(|attribute| tree.bytes(attribute.value)) {
        Some(b"preserve") => true,
        Some(b"default") => false,
        _ => around,
    }
}

struct Writer<'a, 'b> {
    tree: &'a Tree,
    inserted: Option<&'a Inserted<'a>>,
    out: &'b mut TextBuilder,
}

impl Writer<'_, '_> {
    /// Writes a node and its siblings behind it.
    fn siblings(&mut self, first: Option<NodeId>, keeps_space: bool) -> Result<(), ExecError> {
        let tree = self.tree;
        let mut open = Vec::new();
        let mut state = (first, keeps_space);
        loop {
            let (at, around) = state;
            if let Some(node) = at {
                let keeps_space = keeps_space_around(tree, node, around);
                if self.open(node, keeps_space)? {
                    open.push((node, around));
                    state = (tree.node(node).first, keeps_space);
                } else {
                    state = (tree.node(node).next, around);
                }
            } else if let Some((node, outer)) = open.pop() {
                insert(self.inserted, node, around, self.out)?;
                self.close(node)?;
                state = (tree.node(node).next, outer);
            } else {
                return Ok(());
            }
        }
    }

    /// Writes a node up to its children, and tells whether it can have some.
    fn open(&mut self, id: NodeId, keeps_space: bool) -> Result<bool, ExecError> {
        self.out.spend(1)?;
        let node = self.tree.node(id);
        let data = self.tree.bytes(node.data);
        match node.kind {
            Kind::Text => {
                let text = if keeps_space { data } else { trim(data) };
                self.escaped(text)?;
            }
            Kind::Section => self.all(&[b"<![CDATA[", data, b"]]>"])?,
            Kind::Comment => self.all(&[b"<!--", data, b"-->"])?,
            Kind::Directive => self.all(&[b"<!", data, b">"])?,
            Kind::Instruction if node.rest.is_empty() => self.all(&[b"<?", data, b"?>"])?,
            Kind::Instruction => {
                self.all(&[b"<?", data, b" ", self.tree.bytes(node.rest), b"?>"])?;
            }
            Kind::Declaration => {
                self.all(&[b"<?", data])?;
                self.attributes(id)?;
                self.out.push(b"?>")?;
            }
            Kind::Document | Kind::Element => {
                self.out.push(b"<")?;
                self.name(id)?;
                self.attributes(id)?;
                self.out.push(b">")?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn close(&mut self, id: NodeId) -> Result<(), ExecError> {
        self.out.push(b"</")?;
        self.name(id)?;
        self.out.push(b">")
    }

    fn name(&mut self, id: NodeId) -> Result<(), ExecError> {
        let node = self.tree.node(id);
        if !node.prefix.is_empty() {
            self.all(&[self.tree.bytes(node.prefix), b":"])?;
        }
        self.out.push(self.tree.bytes(node.data))
    }

    fn attributes(&mut self, id: NodeId) -> Result<(), ExecError> {
        let tree = self.tree;
        for attribute in tree.attributes(id) {
            self.out.push(b" ")?;
            if !attribute.prefix.is_empty() {
                self.all(&[tree.bytes(attribute.prefix), b":"])?;
            }
            self.all(&[tree.bytes(attribute.local), b"=\""])?;
            self.escaped(tree.bytes(attribute.value))?;
            self.out.push(b"\"")?;
        }
        Ok(())
    }

    fn all(&mut self, parts: &[&[u8]]) -> Result<(), ExecError> {
        parts.iter().try_for_each(|part| self.out.push(part))
    }

    /// Writes text as Go's package `html` escapes it.
    fn escaped(&mut self, text: &[u8]) -> Result<(), ExecError> {
        let mut copied = 0;
        for (at, byte) in text.iter().enumerate() {
            let escape: &[u8] = match byte {
                b'&' => b"&amp;",
                b'\'' => b"&#39;",
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'"' => b"&#34;",
                _ => continue,
            };
            self.out.push(&text[copied..at])?;
            self.out.push(escape)?;
            copied = at + 1;
        }
        self.out.push(&text[copied..])
    }
}

fn keeps_space_around(tree: &Tree, node: NodeId, around: bool) -> bool {
    if tree.attributes(node).is_empty() {
        around
    } else {
        keeps_space(tree, node, around)
    }
}

/// Whether writing a node and its siblings would never end, since a node comes again as its own
/// sibling or below itself.
///
/// # Errors
/// When the run has to stop.
pub(crate) fn has_cycle(tree: &Tree, first: NodeId, meter: &Meter) -> Result<bool, ExecError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    spend(meter, tree.len() as u64)?;
    let mut seen = vec![Seen::No; tree.len()];
    let mut path = vec![(first, 0)];
    while let Some((node, turn)) = path.last_mut() {
        let links = [tree.node(*node).first, tree.node(*node).next];
        let Some(&link) = links.get(*turn) else {
            seen[node.index()] = Seen::Done;
            path.pop();
            continue;
        };
        seen[node.index()] = Seen::Open;
        *turn += 1;
        let Some(link) = link else {
            continue;
        };
        match seen[link.index()] {
            Seen::No => path.push((link, 0)),
            Seen::Open => return Ok(true),
            Seen::Done => {}
        }
    }
    Ok(false)
}
