//! The entry points: one source text in, a tree and every problem out.

use lalrpop_util::lalrpop_mod;

use crate::ast::{Expr, Item, Statement};
use crate::cover;
use crate::depth;
use crate::diagnostic::Sink;
use crate::direct;
use crate::items::Items;
use crate::lexer::{self, LexMode, Token, TokenKind};
use crate::lower::Lower;
use crate::names::{self, Clause};
use crate::recover::{Recover, SourceKind, Stop};
use crate::{Code, Diagnostic, Span};

lalrpop_mod!(
    #[expect(
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        unreachable_pub,
        unused_qualifications,
        reason = "generated"
    )]
    ottl
);

/// Which language is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Exactly what the reference accepts.
    #[default]
    Strict,
    /// More: the rule form `condition > action(…)`, single-quoted strings, and functions with
    /// lowercase names as values.
    Selfops,
}

/// How much a source text may demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The longest source text, in bytes. At most `u32::MAX`, whatever is set.
    pub max_source_bytes: usize,
    /// How deep brackets may nest. Chains of operators such as `1 + 1 + 1` make the tree deep as
    /// well; brackets and operators together may make it four times this deep.
    ///
    /// Whatever walks the tree recursively needs stack in proportion.
    pub max_depth: usize,
    /// How many problems are reported for one source text, or for all that make one program; one
    /// at least.
    pub max_diagnostics: usize,
}

/// How many times deeper than the brackets the tree may be.
const OPERATORS_PER_BRACKET: usize = 4;

impl Limits {
    /// How deep brackets and operators together may make the tree.
    #[must_use]
    pub fn max_nesting(&self) -> usize {
        self.max_depth.saturating_mul(OPERATORS_PER_BRACKET)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_source_bytes: 1 << 20,
            max_depth: 64,
            max_diagnostics: 100,
        }
    }
}

/// The result of parsing.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<T> {
    /// The tree. It may be there although there are errors; then it has
    /// [`ExprKind::Error`](crate::ast::ExprKind::Error) in the places that could not be understood.
    pub value: Option<T>,
    /// What is wrong, in source order. Without errors among them the source is accepted.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Parsed<T> {
    /// Whether the source is rejected.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        let is_error = |d: &Diagnostic| d.severity == crate::Severity::Error;
        self.diagnostics.iter().any(is_error)
    }
}

/// Parses one statement, as `set(span.name, "x") where span.kind == SPAN_KIND_SERVER`.
#[must_use]
pub fn parse_statement(source: &str, dialect: Dialect, limits: &Limits) -> Parsed<Statement> {
    let lower = |lower: &mut Lower<'_>, source: cover::Source| lower.statement(source);
    single(source, SourceKind::Statement, dialect, limits, lower)
}

/// Parses one condition, as `span.name == "x" and IsRootSpan()`.
#[must_use]
pub fn parse_condition(source: &str, dialect: Dialect, limits: &Limits) -> Parsed<Expr> {
    let lower = |lower: &mut Lower<'_>, source: cover::Source| Some(lower.condition(source.body));
    single(source, SourceKind::Condition, dialect, limits, lower)
}

/// Parses one value, as `Concat(["a", span.name], "-")`.
#[must_use]
pub fn parse_value(source: &str, dialect: Dialect, limits: &Limits) -> Parsed<Expr> {
    let lower = |lower: &mut Lower<'_>, source: cover::Source| Some(lower.value(source.body));
    single(source, SourceKind::Value, dialect, limits, lower)
}

/// Parses a file of statements with `#` comments, one statement a line or several lines; in the
/// `selfops` dialect of blocks and definitions as well.
///
/// The items without errors are there even if others have some.
#[must_use]
pub fn parse_script(source: &str, dialect: Dialect, limits: &Limits) -> Parsed<Vec<Item>> {
    let mut sink = Sink::new(limits.max_diagnostics);
    if let Some(diagnostic) = too_long(source, limits) {
        sink.push(diagnostic);
        return finish(None, sink);
    }
    let tokens = lexer::lex_into(source, LexMode::Script, dialect, &mut sink);
    let items = Items::new(source, dialect, limits, &mut sink).all(&tokens, 0);
    let mut parsed = finish(Some(items), sink);
    point_to_selfops(&mut parsed.diagnostics, dialect, || {
        let other = parse_script(source, Dialect::Selfops, limits);
        let items = other.value.unwrap_or_default();
        let spans = items.iter().map(Item::span).collect();
        (spans, other.diagnostics)
    });
    parsed
}

/// Says of what only the other dialect can parse that it can. `reparse` gives the places of what it
/// finds in the source, and what is wrong there all the same.
fn point_to_selfops(
    diagnostics: &mut [Diagnostic],
    dialect: Dialect,
    reparse: impl FnOnce() -> (Vec<Span>, Vec<Diagnostic>),
) {
    if dialect == Dialect::Selfops || diagnostics.is_empty() {
        return;
    }
    let (items, wrong) = reparse();
    let touches = |item: Span, other: Span| item.start <= other.end && other.start <= item.end;
    let mut told = None;
    for diagnostic in diagnostics {
        let at = diagnostic.primary.span;
        let Some(item) = items.iter().find(|item| touches(**item, at)) else {
            continue;
        };
        // Names in lowercase are those of macros there, which says nothing of what is meant.
        let is_syntax = matches!(diagnostic.code, Code::UnexpectedToken | Code::UnexpectedEnd);
        let is_known = diagnostic.notes.iter().any(|note| note.contains(SELFOPS));
        let is_wrong = || wrong.iter().any(|other| touches(*item, other.primary.span));
        if told != Some(*item) && is_syntax && !is_known && !is_wrong() {
            // What is proposed would be another statement than the one that is meant.
            diagnostic.fix = None;
            let note = format!("The selfops dialect has it: {SELFOPS}.");
            diagnostic.notes.push(note);
        }
        told = Some(*item);
    }
}

/// The option that switches the other dialect on.
const SELFOPS: &str = "--dialect selfops";

fn single<T>(
    source: &str,
    kind: SourceKind,
    dialect: Dialect,
    limits: &Limits,
    lower: impl FnOnce(&mut Lower<'_>, cover::Source) -> Option<T>,
) -> Parsed<T> {
    let mut sink = Sink::new(limits.max_diagnostics);
    if let Some(diagnostic) = too_long(source, limits) {
        sink.push(diagnostic);
        return finish(None, sink);
    }
    let tokens = lexer::lex_into(source, LexMode::Single, dialect, &mut sink);
    let clause = match kind {
        SourceKind::Statement => Clause::Allowed,
        SourceKind::Condition | SourceKind::Value => Clause::None,
    };
    let tokens = names::join(&tokens, source, clause, dialect);
    let parsed = parse_tokens(source, &tokens, kind, limits, &mut sink);
    let value =
        parsed.and_then(|parsed| lower(&mut Lower::new(source, dialect, &mut sink), parsed));
    let mut parsed = finish(value, sink);
    point_to_selfops(&mut parsed.diagnostics, dialect, || {
        let wrong = match kind {
            SourceKind::Statement => parse_statement(source, Dialect::Selfops, limits).diagnostics,
            SourceKind::Condition => parse_condition(source, Dialect::Selfops, limits).diagnostics,
            SourceKind::Value => parse_value(source, Dialect::Selfops, limits).diagnostics,
        };
        (vec![Span::new(0, source.len())], wrong)
    });
    parsed
}

fn finish<T>(value: Option<T>, sink: Sink) -> Parsed<T> {
    Parsed {
        value,
        diagnostics: sink.finish(),
    }
}

fn too_long(source: &str, limits: &Limits) -> Option<Diagnostic> {
    let limit = limits.max_source_bytes.min(u32::MAX as usize);
    (source.len() > limit).then(|| {
        let message = format!(
            "The source text has {} bytes, and the limit is {limit}.",
            source.len()
        );
        Diagnostic::error(Code::SourceTooLong, Span::new(0, 0), message)
    })
}

pub(crate) fn parse_tokens(
    source: &str,
    tokens: &[Token],
    kind: SourceKind,
    limits: &Limits,
    sink: &mut Sink,
) -> Option<cover::Source> {
    if tokens.is_empty() {
        if !sink.has_errors() {
            let message = format!("The {} is empty.", kind.noun());
            sink.push(Diagnostic::error(
                Code::UnexpectedEnd,
                Span::new(0, 0),
                message,
            ));
        }
        return None;
    }
    if let Some(diagnostic) = depth::check(tokens, limits) {
        sink.push(diagnostic);
        return None;
    }
    let direct = direct::parse(tokens);
    debug_assert!(agrees(source, tokens, kind, limits, direct.as_ref()));
    match direct {
        Some(parsed) => Some(parsed),
        None => generated(source, tokens, kind, sink),
    }
}

/// What the parser that the grammar defines makes of the tokens, of which there are some.
fn generated(
    source: &str,
    tokens: &[Token],
    kind: SourceKind,
    sink: &mut Sink,
) -> Option<cover::Source> {
    let input = tokens.iter().map(|token| {
        Ok((
            token.span.start as usize,
            token.kind,
            token.span.end as usize,
        ))
    });
    let mut recover = Recover {
        source,
        tokens,
        kind,
        sink,
        cascading: false,
    };
    match ottl::StartParser::new().parse::<_, _>(&mut recover, input) {
        Ok(parsed) => Some(parsed),
        Err(error) => {
            let _: Result<(), Stop> = recover.report(&error);
            None
        }
    }
}

/// Whether the generated parser finds the same: a tree without a problem, or a problem. What was a
/// problem to the lexer is none to it.
fn agrees(
    source: &str,
    tokens: &[Token],
    kind: SourceKind,
    limits: &Limits,
    direct: Option<&cover::Source>,
) -> bool {
    if tokens.iter().any(|token| token.kind == TokenKind::Error) {
        return direct.is_none();
    }
    let mut sink = Sink::new(limits.max_diagnostics);
    let parsed = generated(source, tokens, kind, &mut sink);
    direct == parsed.as_ref().filter(|_| !sink.has_errors())
}
