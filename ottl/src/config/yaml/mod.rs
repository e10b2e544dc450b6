//! YAML as a tree that knows where everything stands.
//!
//! The syntax is parsed by `granit-parser`, which gives events with byte offsets, has no unsafe code,
//! limits of its own, and reads what libyaml and its descendants read, as the Collector's parser is
//! one. This module makes the tree, keeps to the limits, and finds the way from a scalar's value back
//! to the bytes of the file ([`Node::text`]).
//!
//! Where YAML 1.1 and 1.2 part, this is the Collector's reading: only `true` and `false` in three
//! spellings are booleans, `<<` merges, a key stands once in a mapping, and only the first document
//! of a file counts. Do not use this for other YAML than configurations of the Collector.

mod block;
mod build;
mod flow;
mod resolve;

use ottl_syntax::{Diagnostic, Span};

pub(crate) use self::resolve::int;
use super::text::Text;

/// How much a file may demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YamlLimits {
    /// The longest file, in bytes. At most `u32::MAX`, whatever is set.
    pub max_bytes: usize,
    /// How deep collections may nest, 255 at most.
    pub max_depth: usize,
    /// How many scalars and collections there may be, where each alias counts as all that it stands
    /// for.
    pub max_nodes: usize,
    /// How many bytes all scalars may have together, where each alias counts as all that it stands
    /// for.
    pub max_text: usize,
}

impl Default for YamlLimits {
    /// 4 MiB, 100 levels, 250,000 nodes with 16 MiB of text.
    fn default() -> Self {
        Self {
            max_bytes: 4 << 20,
            max_depth: 100,
            max_nodes: 250_000,
            max_text: 16 << 20,
        }
    }
}

/// The first document of a file.
#[derive(Clone, Debug)]
pub struct Document<'s> {
    source: &'s str,
    nodes: Vec<NodeData>,
    root: Option<NodeId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NodeId(u32);

#[derive(Clone, Debug)]
struct NodeData {
    span: Span,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Scalar(Scalar),
    Sequence(Vec<NodeId>),
    Mapping(Vec<(NodeId, NodeId)>),
}

/// A scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text without quotes, escapes and line ends of the file.
    pub value: String,
    /// How it was written.
    pub style: Style,
    /// The tag in front of it, with its prefix resolved, as `tag:yaml.org,2002:str`.
    pub tag: Option<String>,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'`.
    SingleQuoted,
    /// In `"`.
    DoubleQuoted,
    /// In lines behind `|`.
    Literal,
    /// In lines behind `>`.
    Folded,
}

/// What a scalar means to the Collector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved<'d> {
    /// Nothing: an empty plain scalar, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, as it was written.
    Int(&'d str),
    /// Another number, as it was written.
    Float(&'d str),
    /// Text.
    String(&'d str),
}

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    id: NodeId,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NodeKind<'d> {
    /// One value.
    Scalar(Resolved<'d>),
    /// A list; see [`Node::items`].
    Sequence,
    /// Keys and values; see [`Node::entries`].
    Mapping,
}

impl<'s> Document<'s> {
    /// Reads the first document of a file.
    ///
    /// # Errors
    /// Every problem, when the file is not YAML or beyond the limits. A key that stands twice is
    /// such a problem.
    pub fn parse(source: &'s str, limits: &YamlLimits) -> Result<Self, Vec<Diagnostic>> {
        build::document(source, limits)
    }

    /// The document's one node; nothing when the file is empty.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        self.root.map(|id| Node { document: self, id })
    }

    /// The text of the file.
    #[must_use]
    pub fn source(&self) -> &'s str {
        self.source
    }
}

impl<'d> Node<'d> {
    fn data(self) -> &'d NodeData {
        &self.document.nodes[self.id.0 as usize]
    }

    fn at(self, id: NodeId) -> Self {
        Self { id, ..self }
    }

    /// Where the node stands in the file. An alias stands where its anchor does.
    #[must_use]
    pub fn span(self) -> Span {
        self.data().span
    }

    /// What the node is, a scalar with what it means.
    #[must_use]
    pub fn kind(self) -> NodeKind<'d> {
        match &self.data().content {
            Content::Scalar(scalar) => NodeKind::Scalar(resolve::resolve(scalar)),
            Content::Sequence(_) => NodeKind::Sequence,
            Content::Mapping(_) => NodeKind::Mapping,
        }
    }

    /// The scalar that the node is.
    #[must_use]
    pub fn scalar(self) -> Option<&'d Scalar> {
        match &self.data().content {
            Content::Scalar(scalar) => Some(scalar),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(self) -> impl ExactSizeIterator<Item = Self> {
        let items: &[NodeId] = match &self.data().content {
            Content::Sequence(items) => items,
            Content::Scalar(_) | Content::Mapping(_) => &[],
        };
        items.iter().map(move |id| self.at(*id))
    }

    /// The keys and values of a mapping, with those that `<<` brings; none of anything else.
    pub fn entries(self) -> impl ExactSizeIterator<Item = (Self, Self)> {
        let entries: &[(NodeId, NodeId)] = match &self.data().content {
            Content::Mapping(entries) => entries,
            Content::Scalar(_) | Content::Sequence(_) => &[],
        };
        let nodes = move |(key, value): &(NodeId, NodeId)| (self.at(*key), self.at(*value));
        entries.iter().map(nodes)
    }

    /// The value of a scalar, and where each byte of it stands in the file; nothing for other nodes.
    #[must_use]
    pub fn text(self) -> Option<Text> {
        let scalar = self.scalar()?;
        let source = self.document.source;
        let span = self.span();
        let range = span.range();
        let builder = match scalar.style {
            Style::Plain => flow::plain(source, range),
            Style::SingleQuoted => flow::single_quoted(source, range),
            Style::DoubleQuoted => flow::double_quoted(source, range),
            Style::Literal => block::block(source, range, &scalar.value, false),
            Style::Folded => block::block(source, range, &scalar.value, true),
        };
        Some(if builder.value() == scalar.value {
            builder.finish(span)
        } else {
            Text::opaque(&scalar.value, span)
        })
    }
}
