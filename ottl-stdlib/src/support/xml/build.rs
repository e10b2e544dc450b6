//! Makes a tree of a document the way the reference does.

use std::collections::HashMap;

use otlp_columns::Heap;
use ottl_vm::{ExecError, out_of_memory, spend};

use super::store::Span;
use super::tokens::{Attribute, Name, Reader, Token, XML_NAMESPACE};
use super::tree::{Kind, NodeAttribute, NodeId, Tree, split_name};
use crate::support::blanks::trim;
use crate::support::work;

/// The tree of a document. Without an XML declaration at its beginning, what the reference takes
/// for one is removed, be it what it may.
///
/// # Errors
/// When the document is not well-formed or has no element, or the run has to stop.
pub(crate) fn read(heap: &Heap, text: &[u8]) -> Result<Tree, ExecError> {
    spend(heap.meter(), work::reading(text.len()))?;
    let mut tree = Builder::new(Reader::new(text, true), heap).build()?;
    if !text.starts_with(b"<?xml")
        && let Some(first) = tree.node(tree.root()).first
    {
        tree.remove(first);
    }
    Ok(tree)
}

struct Builder<'a> {
    reader: Reader<'a>,
    heap: &'a Heap,
    tree: Tree,
    level: usize,
    /// The element or instruction after or in which nodes are placed, and its level.
    current: (NodeId, usize),
    /// The last of the nodes beside the document.
    beside: NodeId,
    /// The prefix that a namespace was last declared with, and on which level. It stays when the
    /// element ends.
    prefixes: HashMap<Box<[u8]>, (Span, usize)>,
}

impl<'a> Builder<'a> {
    fn new(reader: Reader<'a>, heap: &'a Heap) -> Self {
        let mut tree = Tree::new(Kind::Document);
        let root = tree.root();
        // From here on names and texts are those of the reader, until they are joined at the end.
        let mut reader = reader;
        let xml = reader.store.push(b"xml");
        std::mem::swap(&mut tree.store, &mut reader.store);
        Self {
            reader,
            heap,
            tree,
            level: 0,
            current: (root, 0),
            beside: root,
            prefixes: HashMap::from([(XML_NAMESPACE.into(), (xml, 0))]),
        }
    }

    fn build(mut self) -> Result<Tree, ExecError> {
        while let Some(token) = self.next()? {
            spend(self.heap.meter(), 1)?;
            match token {
                Token::Start(name) => self.start(name)?,
                Token::End => self.level -= 1,
                Token::Text(text) => {
                    let is_section = begins_section(self.reader.source());
                    let kind = if is_section {
                        Kind::Section
                    } else {
                        Kind::Text
                    };
                    self.leaf(kind, text);
                }
                Token::Comment(text) => self.leaf(Kind::Comment, text),
                Token::Directive(text) => self.leaf(Kind::Directive, text),
                Token::Instruction(target, content) => self.instruction(target, content)?,
            }
            if self.tree.size() > self.heap.room() {
                return Err(out_of_memory(self.heap.meter()));
            }
        }
        let root = self.tree.root();
        let tree = &self.tree;
        let is_element = |child| tree.node(child).kind == Kind::Element;
        if !tree.children(root).any(is_element) {
            return Err(ExecError::new("The XML text has no element."));
        }
        Ok(self.tree)
    }

    /// The next token, whose names and texts come into the store of the tree.
    fn next(&mut self) -> Result<Option<Token>, ExecError> {
        std::mem::swap(&mut self.tree.store, &mut self.reader.store);
        let token = self.reader.next();
        std::mem::swap(&mut self.tree.store, &mut self.reader.store);
        token
    }

    fn leaf(&mut self, kind: Kind, text: Span) {
        let node = self.tree.add(kind, text);
        self.place(node, self.level);
    }

    /// Places a node that is on `level`.
    fn place(&mut self, node: NodeId, level: usize) {
        let (current, current_level) = self.current;
        if level > current_level {
            return self.tree.append(current, node);
        }
        let mut sibling = current;
        for _ in level..current_level {
            sibling = self.tree.node(sibling).parent.unwrap_or(sibling);
        }
        // The reference climbs one level less while it remembers where it came.
        if current_level > level + 1 {
            let mut climbed = current;
            for _ in level + 1..current_level {
                climbed = self.tree.node(climbed).parent.unwrap_or(climbed);
            }
            self.current = (climbed, level + 1);
        }
        let last = match self.tree.node(sibling).parent {
            Some(parent) => self.tree.node(parent).last.unwrap_or(sibling),
            None => self.beside,
        };
        self.tree.append_sibling(last, node);
        if self.tree.node(node).parent.is_none() {
            self.beside = node;
        }
    }

    fn start(&mut self, name: Name) -> Result<(), ExecError> {
        if self.level == 0 {
            self.add_declaration();
        }
        self.declare_prefixes();
        let prefix = if name.space.is_empty() {
            None
        } else {
            let space = self.tree.bytes(name.space);
            let Some(&(prefix, _)) = self.prefixes.get(space) else {
                return Err(self
                    .reader
                    .error("the prefix of an element is not declared"));
            };
            let source = self.reader.source();
            let source = source.strip_prefix(b"<").unwrap_or(source);
            let written = source
                .strip_prefix(self.tree.bytes(prefix))
                .and_then(|rest| rest.strip_prefix(b":"))
                .is_some_and(|rest| rest.starts_with(self.tree.bytes(name.local)));
            written.then_some(prefix)
        };
        let node = self.tree.add(Kind::Element, name.local);
        self.tree.node_mut(node).namespace = name.space;
        self.tree.node_mut(node).prefix = prefix.unwrap_or_default();
        for at in 0..self.reader.attributes().len() {
            let Attribute { name, value } = self.reader.attributes()[at];
            let space = self.tree.bytes(name.space);
            let known = self.prefixes.get(space).map(|&(prefix, _)| prefix);
            self.tree.add_attribute(NodeAttribute {
                prefix: known.unwrap_or(name.space),
                local: name.local,
                value,
                namespace: name.space,
            });
        }
        self.place(node, self.level);
        self.current = (node, self.level);
        self.level += 1;
        Ok(())
    }

    /// The declaration that a document begins with even if it does not.
    fn add_declaration(&mut self) {
        let name = self.tree.push_bytes(b"xml");
        let local = self.tree.push_bytes(b"version");
        let value = self.tree.push_bytes(b"1.0");
        let node = self.tree.add(Kind::Declaration, name);
        self.tree.add_attribute(NodeAttribute {
            prefix: Span::default(),
            local,
            value,
            namespace: Span::default(),
        });
        self.tree.append(self.current.0, node);
        self.level = 1;
        self.current = (node, 1);
    }

    fn declare_prefixes(&mut self) {
        for &Attribute { name, value } in self.reader.attributes() {
            let namespace = self.tree.bytes(value);
            if self.tree.bytes(name.local) == b"xmlns" {
                let known = self.prefixes.get(namespace);
                if known.is_none_or(|&(_, level)| level >= self.level) {
                    let none = (Span::default(), self.level);
                    self.prefixes.insert(namespace.into(), none);
                }
            } else if self.tree.bytes(name.space) == b"xmlns" {
                let prefix = (name.local, self.level);
                self.prefixes.insert(namespace.into(), prefix);
            }
        }
    }

    fn instruction(&mut self, target: Span, content: Span) -> Result<(), ExecError> {
        let level = self.level + usize::from(self.current.1 == 0);
        let is_declaration = self.tree.bytes(target) == b"xml";
        let kind = if is_declaration {
            Kind::Declaration
        } else {
            Kind::Instruction
        };
        let node = self.tree.add(kind, target);
        self.add_pseudo_attributes(node, content)?;
        if !is_declaration {
            let rest = trim(self.tree.bytes(content)).to_vec();
            self.tree.node_mut(node).rest = self.tree.push_bytes(&rest);
        }
        self.place(node, level);
        self.current = (node, level);
        self.level = level;
        Ok(())
    }

    /// Adds what looks like an attribute between two blanks, unless its name is there already.
    fn add_pseudo_attributes(&mut self, node: NodeId, content: Span) -> Result<(), ExecError> {
        let content = self.tree.bytes(content).to_vec();
        for pair in content.split(|&byte| byte == b' ') {
            let pair = trim(pair);
            let Some(equals) = memchr::memchr(b'=', pair).filter(|&at| at > 0) else {
                continue;
            };
            let known = self.tree.attributes(node);
            spend(self.heap.meter(), known.len() as u64)?;
            let (prefix, local) = split_name(&pair[..equals]);
            let is_known = known.iter().any(|known| {
                self.tree.bytes(known.local) == local && self.tree.bytes(known.prefix) == prefix
            });
            if is_known {
                continue;
            }
            let value = trim_quotes(&pair[equals + 1..]);
            let attribute = NodeAttribute {
                prefix: self.tree.push_bytes(prefix),
                local: self.tree.push_bytes(local),
                value: self.tree.push_bytes(value),
                namespace: Span::default(),
            };
            self.tree.add_attribute(attribute);
        }
        Ok(())
    }
}

/// Whether text that is written like this is a section of character data. The reference may have
/// read the `<` with what stands before it.
fn begins_section(source: &[u8]) -> bool {
    const BEGIN: &[u8] = b"![CDATA[";
    let source = source.strip_prefix(b"<").unwrap_or(source);
    source
        .get(..BEGIN.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(BEGIN))
}

fn trim_quotes(mut text: &[u8]) -> &[u8] {
    while let [b'"' | b'\'', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b'"' | b'\''] = text {
        text = rest;
    }
    text
}
