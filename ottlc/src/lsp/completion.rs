//! What can be written at a place.
//!
//! [`proposals`] gives everything that may stand there, by the tables of the compiler; which of it begins
//! with the letters that were written is for the client to see, but for keys of attributes, of which
//! there are too many to send.

mod names;
mod paths;

use gen_lsp_types as lsp;
use lsp::{CompletionItem, CompletionItemKind as Kind};
use ottl::config::yaml::Style;
use ottl_syntax::Span;

use super::cursor;
use super::documents::Document;
use super::place::{Place, Written, find_written};
use super::positions::Encoding;
use super::settings::Settings;
use ottl::Engine;

/// What a client can do with proposals.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Abilities {
    /// It takes snippets.
    pub(super) snippets: bool,
    /// It shows Markdown.
    pub(super) markdown: bool,
}

/// Something that can be written.
#[derive(Clone, Debug)]
struct Proposal {
    label: String,
    kind: Kind,
    detail: Option<String>,
    documentation: Option<String>,
    /// What is written.
    text: String,
    /// The same with places to go on writing.
    snippet: Option<String>,
    /// Those of a lower rank are shown first.
    rank: u8,
}

impl Proposal {
    fn new(label: &str, kind: Kind, rank: u8) -> Self {
        Self {
            label: label.to_owned(),
            kind,
            detail: None,
            documentation: None,
            text: label.to_owned(),
            snippet: None,
            rank,
        }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn documentation(mut self, text: impl Into<String>) -> Self {
        self.documentation = Some(text.into());
        self
    }

    fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    fn snippet(mut self, snippet: impl Into<String>) -> Self {
        self.snippet = Some(snippet.into());
        self
    }
}

/// What can be written at an offset of a file.
pub(super) fn proposals(
    document: &Document,
    offset: usize,
    (settings, engine): (&Settings, &Engine),
    encoding: Encoding,
    abilities: Abilities,
) -> lsp::CompletionList {
    let mut list = lsp::CompletionList::default();
    for written in find_written(document, offset, settings, engine) {
        match written {
            Written::Choice(names, start, behind) => {
                let kind = if behind.is_empty() {
                    Kind::EnumMember
                } else {
                    Kind::Property
                };
                let (_, base) = document.body();
                let range = document.range(Span::new(base + start, offset), encoding);
                let text =
                    |name: &str| format!("{name}{}", if behind.is_empty() { "" } else { ": " });
                let proposals = names
                    .into_iter()
                    .map(|name| Proposal::new(name, kind, 0).text(text(name)));
                let items = proposals.map(|proposal| item(proposal, range, None, abilities));
                list.items.extend(items);
            }
            Written::Source(place) => {
                let (items, is_all) = of_source(document, offset, &place, encoding, abilities);
                list.items.extend(items);
                list.is_incomplete |= !is_all;
            }
        }
    }
    list
}

fn of_source(
    document: &Document,
    offset: usize,
    place: &Place,
    encoding: Encoding,
    abilities: Abilities,
) -> (Vec<CompletionItem>, bool) {
    let dialect = place.engine.options().dialect;
    let cursor = cursor::look(&place.source, place.offset, place.mode, dialect);
    let (proposals, is_all) = names::all(place, &cursor);
    // What was written of the word stands in the file as it is, whatever quotes are around it.
    let written = place.offset - cursor.start;
    let start = offset.saturating_sub(written);
    let word = &place.source[cursor.start..place.offset];
    let is_same = document.text().get(start..offset) == Some(word);
    let start = if is_same { start } else { offset };
    let range = document.range(Span::new(start, offset), encoding);
    let items = proposals
        .into_iter()
        .map(|proposal| item(proposal, range, place.style, abilities));
    (items.collect(), is_all)
}

fn item(
    proposal: Proposal,
    range: lsp::Range,
    style: Option<Style>,
    abilities: Abilities,
) -> CompletionItem {
    let snippet = proposal.snippet.filter(|_| abilities.snippets);
    let (text, format) = match snippet {
        Some(snippet) => (
            quoted(&snippet, style, "\\\\"),
            lsp::InsertTextFormat::Snippet,
        ),
        None => (
            quoted(&proposal.text, style, "\\"),
            lsp::InsertTextFormat::PlainText,
        ),
    };
    let documentation = proposal.documentation.map(|value| {
        lsp::Documentation::MarkupContent(lsp::MarkupContent {
            kind: markup(abilities.markdown),
            value,
        })
    });
    CompletionItem {
        sort_text: Some(format!("{}{}", proposal.rank, proposal.label)),
        label: proposal.label,
        kind: Some(proposal.kind),
        detail: proposal.detail,
        documentation,
        insert_text_format: Some(format),
        text_edit: Some(lsp::CompletionItemTextEdit::TextEdit(lsp::TextEdit {
            range,
            new_text: text,
        })),
        ..CompletionItem::default()
    }
}

pub(super) fn markup(markdown: bool) -> lsp::MarkupKind {
    match markdown {
        true => lsp::MarkupKind::Markdown,
        false => lsp::MarkupKind::PlainText,
    }
}

/// How a piece of OTTL is written in a scalar; `escape` is a backslash of the scalar.
fn quoted(piece: &str, style: Option<Style>, escape: &str) -> String {
    match style {
        Some(Style::DoubleQuoted) => piece.replace('"', &format!("{escape}\"")),
        Some(Style::SingleQuoted) => piece.replace('\'', "''"),
        _ => piece.to_owned(),
    }
}
