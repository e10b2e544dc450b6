//! Events to a tree, within limits and without recursion.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use granit_parser::{Event, Parser, ScalarStyle};
use ottl_syntax::{Code, Diagnostic, Span};

use super::{Content, Document, NodeData, NodeId, Scalar, Style, YamlLimits};
use crate::config::problems;

/// How many keys that stand twice are told of.
const MAX_DUPLICATES: usize = 100;
/// The longest key in one line; there are no keys that need more.
const MAX_KEY: usize = 1024;

/// The tag of texts in base64.
const BINARY: &str = "tag:yaml.org,2002:binary";
/// Base64 as the Collector's parser reads it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

pub(super) fn document<'s>(
    source: &'s str,
    limits: &YamlLimits,
) -> Result<Document<'s>, Vec<Diagnostic>> {
    if source.len() > limits.max_bytes.min(u32::MAX as usize) {
        let message = format!(
            "The file has {} bytes, but at most {} are read.",
            source.len(),
            limits.max_bytes
        );
        let at = Span::new(0, 0);
        return Err(vec![Diagnostic::error(Code::SourceTooLong, at, message)]);
    }
    let mut build = Build {
        source,
        limits,
        nodes: Vec::new(),
        weights: Vec::new(),
        anchors: HashMap::new(),
        open: Vec::new(),
        root: None,
        total: Weight::default(),
        duplicates: Vec::new(),
    };
    match build.run() {
        Ok(()) if build.duplicates.is_empty() => Ok(Document {
            source,
            nodes: build.nodes,
            root: build.root,
        }),
        Ok(()) => Err(build.duplicates),
        Err(diagnostic) => {
            build.duplicates.push(*diagnostic);
            Err(build.duplicates)
        }
    }
}

struct Build<'s, 'l> {
    source: &'s str,
    limits: &'l YamlLimits,
    nodes: Vec<NodeData>,
    /// For each node what is in it, aliases written out.
    weights: Vec<Weight>,
    /// Where each anchor is; nothing while it is not complete.
    anchors: HashMap<usize, Option<NodeId>>,
    open: Vec<Open>,
    root: Option<NodeId>,
    /// What there is so far, aliases written out.
    total: Weight,
    duplicates: Vec<Diagnostic>,
}

/// A collection whose end has not come.
struct Open {
    span: Span,
    anchor: usize,
    children: Vec<NodeId>,
    is_mapping: bool,
    weight: Weight,
}

/// How much something is.
#[derive(Clone, Copy, Default)]
struct Weight {
    nodes: usize,
    /// Bytes of scalars.
    bytes: usize,
}

impl Weight {
    fn scalar(value: &str) -> Self {
        Self {
            nodes: 1,
            bytes: value.len(),
        }
    }

    fn collection() -> Self {
        Self { nodes: 1, bytes: 0 }
    }

    fn add(&mut self, more: Self) {
        self.nodes = self.nodes.saturating_add(more.nodes);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}

type Fallible<T> = Result<T, Box<Diagnostic>>;

impl Build<'_, '_> {
    fn run(&mut self) -> Fallible<()> {
        version(self.source)?;
        let mut options = granit_parser::Options::default();
        options.set_emit_comments(false);
        options.block_scalar_eof_without_line_feed = true;
        options.flow_nesting_limit = self.limits.max_depth.min(255);
        options.block_nesting_limit = self.limits.max_depth.min(255);
        options.simple_key_max_lookahead = MAX_KEY;
        let mut parser = Parser::new_from_str_with_options(self.source, options);
        while let Some(event) = parser.next_event() {
            let (event, place) = event.map_err(|error| self.invalid(&error))?;
            let span = Span::new(
                place.start.byte_offset().unwrap_or(0),
                place.end.byte_offset().unwrap_or(0),
            );
            if matches!(event, Event::DocumentEnd) {
                break;
            }
            self.event(event, span)?;
        }
        Ok(())
    }

    fn invalid(&self, error: &granit_parser::ScanError) -> Box<Diagnostic> {
        let start = error.marker().byte_offset().unwrap_or(self.source.len());
        let start = self.source.floor_char_boundary(start);
        let length = self.source[start..]
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        let message = format!("This is not YAML: {}.", error.info());
        let span = Span::new(start, start + length);
        Box::new(Diagnostic::error(Code::InvalidYaml, span, message))
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Fallible<()> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                self.tab_behind_dash(span)?;
                if style == ScalarStyle::DoubleQuoted {
                    self.escapes(span)?;
                }
                let is_empty = span.start == span.end && style == ScalarStyle::Plain;
                if is_empty {
                    self.colon_in_key();
                }
                let value = if is_empty {
                    String::new()
                } else {
                    value.into_owned()
                };
                let tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
                let value = match tag.as_deref() {
                    Some(BINARY) => decoded(&value, span)?,
                    _ => value,
                };
                let scalar = Scalar {
                    value,
                    style: style_of(style),
                    tag,
                };
                let weight = Weight::scalar(&scalar.value);
                let id = self.add(span, Content::Scalar(scalar), weight, anchor)?;
                self.grow(weight, span)?;
                self.place(id, weight);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.tab_behind_dash(span)?;
                self.open(span, anchor, false)?;
            }
            Event::MappingStart(_, anchor, _) => {
                self.tab_behind_dash(span)?;
                self.open(span, anchor, true)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(anchor) => self.alias(anchor, span)?,
            Event::UnresolvedAlias(_) => {
                let message = "There is no anchor with this name before.";
                return Err(Box::new(Diagnostic::error(
                    Code::InvalidYaml,
                    span,
                    message,
                )));
            }
            // The others say nothing of values.
            _ => {}
        }
        Ok(())
    }

    /// The Collector's parser knows no escape for a slash.
    fn escapes(&self, span: Span) -> Fallible<()> {
        let mut chars = self.source[span.range()].char_indices();
        while let Some((at, c)) = chars.next() {
            if c == '\\' && matches!(chars.next(), Some((_, '/'))) {
                let start = span.start as usize + at;
                return Err(not_read(start..start + 2, "`\\/` is no escape; write `/`."));
            }
        }
        Ok(())
    }

    /// The Collector's parser takes no tab between the dash of an item and the item.
    fn tab_behind_dash(&self, span: Span) -> Fallible<()> {
        let before = &self.source[..span.start as usize];
        let text = before.trim_end_matches([' ', '\t']);
        let is_item = self.open.last().is_some_and(|open| !open.is_mapping);
        if is_item && text.ends_with('-') && before[text.len()..].contains('\t') {
            let message = "There is a tab behind `-`; write a space.";
            return Err(not_read(text.len()..before.len(), message));
        }
        Ok(())
    }

    /// In brackets, the Collector's parser takes a colon for the end of a key only if there is a blank
    /// behind it: `{a:, b: 1}` has a key `a:` without a value.
    fn colon_in_key(&mut self) {
        let Some(open) = self.open.last() else {
            return;
        };
        let key = open
            .children
            .last()
            .map(|id| &mut self.nodes[id.0 as usize]);
        let Some(key) = key.filter(|_| open.is_mapping && open.children.len() % 2 == 1) else {
            return;
        };
        let behind = self.source[key.span.range().end..].strip_prefix(':');
        let is_part = behind.is_some_and(|behind| behind.starts_with([',', '[', ']', '{', '}']));
        if let Content::Scalar(scalar) = &mut key.content
            && scalar.style == Style::Plain
            && is_part
        {
            scalar.value.push(':');
            key.span.end += 1;
        }
    }

    fn add(
        &mut self,
        span: Span,
        content: Content,
        weight: Weight,
        anchor: usize,
    ) -> Fallible<NodeId> {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(NodeData { span, content });
        self.weights.push(weight);
        if anchor != 0 {
            self.anchors.insert(anchor, Some(id));
        }
        Ok(id)
    }

    fn grow(&mut self, by: Weight, span: Span) -> Fallible<()> {
        self.total.add(by);
        let YamlLimits {
            max_nodes,
            max_text,
            ..
        } = self.limits;
        let (limit, what) = if self.total.nodes > *max_nodes {
            (max_nodes, "values")
        } else if self.total.bytes > *max_text {
            (max_text, "bytes of text")
        } else {
            return Ok(());
        };
        let message =
            format!("The file has more than {limit} {what} when every alias is written out.");
        Err(Box::new(Diagnostic::error(
            Code::TooManyNodes,
            span,
            message,
        )))
    }

    fn open(&mut self, span: Span, anchor: usize, is_mapping: bool) -> Fallible<()> {
        if self.open.len() >= self.limits.max_depth {
            let message = format!("Collections nest more than {} deep.", self.limits.max_depth);
            return Err(Box::new(Diagnostic::error(
                Code::NestedTooDeep,
                span,
                message,
            )));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        self.open.push(Open {
            span,
            anchor,
            children: Vec::new(),
            is_mapping,
            weight: Weight::collection(),
        });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Fallible<()> {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        // The end of a collection without brackets is where the next thing begins.
        let last = open
            .children
            .last()
            .map(|last| self.nodes[last.0 as usize].span);
        let is_block = end.start == end.end;
        let end = if is_block {
            last.unwrap_or(open.span)
        } else {
            end
        };
        let span = Span::new(
            open.span.start as usize,
            (end.end as usize).max(open.span.end as usize),
        );
        let content = if open.is_mapping {
            let entries = self.mapping(&mut open, span)?;
            Content::Mapping(entries)
        } else {
            Content::Sequence(open.children)
        };
        let id = self.add(span, content, open.weight, open.anchor)?;
        self.grow(Weight::collection(), span)?;
        self.place(id, open.weight);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Fallible<()> {
        match self.anchors.get(&anchor).copied() {
            Some(Some(id)) => {
                let weight = self.weights[id.0 as usize];
                self.grow(weight, span)?;
                self.place(id, weight);
                Ok(())
            }
            _ => {
                let message = "This alias stands inside of what it is an alias of.";
                Err(Box::new(Diagnostic::error(
                    Code::InvalidYaml,
                    span,
                    message,
                )))
            }
        }
    }

    fn place(&mut self, id: NodeId, weight: Weight) {
        match self.open.last_mut() {
            Some(open) => {
                open.children.push(id);
                open.weight.add(weight);
            }
            None => self.root = Some(id),
        }
    }

    /// The entries of a mapping, first its own and behind them those that `<<` brings and that it
    /// does not have itself.
    fn mapping(&mut self, open: &mut Open, span: Span) -> Fallible<Vec<(NodeId, NodeId)>> {
        let mut entries = Vec::with_capacity(open.children.len() / 2);
        let mut merged = Vec::new();
        let mut known: HashMap<String, Span> = HashMap::new();
        for pair in open.children.chunks_exact(2) {
            let (key, value) = (pair[0], pair[1]);
            if let Content::Scalar(scalar) = &self.nodes[key.0 as usize].content {
                let at = self.nodes[key.0 as usize].span;
                let name = scalar.value.clone();
                let is_merge = name == "<<" && scalar.style == Style::Plain;
                if let Some(first) = known.insert(name.clone(), at) {
                    self.duplicate(&name, first, at);
                    continue;
                }
                if is_merge {
                    merged.push(value);
                    continue;
                }
            }
            entries.push((key, value));
        }
        for value in merged {
            let more = self.merged(value)?;
            for (key, value) in &more {
                for id in [key, value] {
                    let weight = self.weights[id.0 as usize];
                    self.grow(weight, span)?;
                    open.weight.add(weight);
                }
            }
            for (key, value) in more {
                let name = self.key(key).map(str::to_owned);
                let is_new = name.is_none_or(|name| known.insert(name, span).is_none());
                if is_new {
                    entries.push((key, value));
                }
            }
        }
        Ok(entries)
    }

    fn key(&self, id: NodeId) -> Option<&str> {
        match &self.nodes[id.0 as usize].content {
            Content::Scalar(scalar) => Some(&scalar.value),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// What `<<` with this value brings: the entries of a mapping or of several, the first first.
    fn merged(&self, value: NodeId) -> Fallible<Vec<(NodeId, NodeId)>> {
        let node = &self.nodes[value.0 as usize];
        let several = [value];
        let mappings = match &node.content {
            Content::Sequence(items) => items.as_slice(),
            Content::Mapping(_) | Content::Scalar(_) => &several,
        };
        let mut entries = Vec::new();
        for mapping in mappings {
            match &self.nodes[mapping.0 as usize].content {
                Content::Mapping(own) => entries.extend_from_slice(own),
                Content::Scalar(_) | Content::Sequence(_) => {
                    let message = "`<<` takes a mapping, or a list of mappings.";
                    let error = Diagnostic::error(Code::InvalidYaml, node.span, message);
                    return Err(Box::new(error));
                }
            }
        }
        Ok(entries)
    }

    fn duplicate(&mut self, name: &str, first: Span, again: Span) {
        if self.duplicates.len() >= MAX_DUPLICATES {
            return;
        }
        let message = format!(
            "The key `{}` stands twice in this mapping.",
            problems::short(name)
        );
        self.duplicates.push(
            Diagnostic::error(Code::DuplicateKey, again, message)
                .with_secondary(first, "first here"),
        );
    }
}

/// The text that another one is in base64.
fn decoded(value: &str, span: Span) -> Fallible<String> {
    let digits = value.replace(['\n', '\r'], "");
    let Ok(bytes) = BASE64.decode(digits) else {
        return Err(not_read(span.range(), "This is no base64."));
    };
    String::from_utf8(bytes).map_err(|_| {
        let message = "These bytes are no text, which all values of a configuration are here.";
        Box::new(Diagnostic::error(Code::InvalidYaml, span, message))
    })
}

/// That the Collector's parser does not read what others do.
fn not_read(range: std::ops::Range<usize>, message: &str) -> Box<Diagnostic> {
    let span = Span::new(range.start, range.end);
    let error = Diagnostic::error(Code::InvalidYaml, span, message);
    Box::new(error.with_note("The Collector's YAML parser rejects it."))
}

/// A version other than the one that the Collector's parser reads, where a file begins with it.
fn version(source: &str) -> Fallible<()> {
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let text = line.trim_end();
        if let Some(version) = text.strip_prefix("%YAML")
            && version.trim() != "1.1"
        {
            let message = "The file says that it is of another version than YAML 1.1.";
            return Err(not_read(at..at + text.len(), message));
        }
        let goes_on = text.is_empty() || text.starts_with(['#', '%']);
        if !goes_on {
            break;
        }
        at += line.len();
    }
    Ok(())
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}
