//! XML documents as the reference reads, changes and writes them.
//!
//! The reference reads with Go's `encoding/xml`, and builds a tree with a package that has ways of
//! its own: a declaration is always the first child, comments before the root element are beside
//! the document and not in it, text keeps its entities expanded and is escaped as HTML when it is
//! written. [`Reader`] is the former, [`Tree`] the latter. Nothing here recurses, and no entity but
//! the predefined ones is expanded.

mod build;
mod names;
mod parts;
mod store;
mod tokens;
mod tree;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use build::read;
pub(crate) use names::{begins_name, continues_name};
pub(crate) use store::Span;
pub(crate) use tokens::{Reader, Token};
pub(crate) use tree::{Kind, NodeAttribute, NodeId, Tree};
pub(crate) use write::{Inserted, has_cycle, write_children, write_node};
