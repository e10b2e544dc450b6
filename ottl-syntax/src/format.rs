//! The formatter: the same source, laid out.
//!
//! A formatted source has the same tokens in the same order but for commas of maps, which it adds
//! between entries and removes behind the last one, and white space inside names. So literals keep
//! their spelling. Comments stay between the tokens that they stood between, or are moved to the
//! next place where a line may break. Formatting what was formatted changes nothing.
//!
//! `layout` says what follows what and where lines may break, `doc` decides which breaks are taken,
//! `spelling` takes the words from the source, `comments` what is between them. The printer
//! ([`crate::print_statement`]) is the same layout with words made from the tree.
//!
//! A new kind of node needs an arm in `layout`. A new kind of token needs nothing here, unless a
//! tree has it as a new kind of literal: that is a [`spelling::Word`]. What must hold: a break that
//! the layout allows outside of brackets never ends the statement (see `script`).

pub(crate) mod comments;
pub(crate) mod doc;
pub(crate) mod layout;
pub(crate) mod spelling;

use crate::lexer::{self, LexMode, Token};
use crate::names::{self, Clause};
use crate::parser::{parse_condition, parse_script, parse_statement, parse_value};
use crate::{Code, Diagnostic, Dialect, Limits, Parsed, Span, items};

use comments::{Comment, Gap};
use doc::{Doc, Page};
use layout::Layout;
use spelling::Written;

/// How a source is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FormatOptions {
    /// How many columns a line should have at most. A word that is longer stays whole, and comments
    /// do not count.
    pub width: usize,
    /// What the source may demand. The formatted text has a limit of its own only in its length:
    /// it too may have `max_source_bytes`, so that what was formatted can be read again.
    pub limits: Limits,
}

impl Default for FormatOptions {
    fn default() -> Self {
        Self {
            width: 100,
            limits: Limits::default(),
        }
    }
}

/// Formats a file of statements, comments and at most one blank line between them included.
///
/// Lines end as the first line of the source does. The text ends with a line end unless it is
/// empty.
///
/// # Errors
/// All problems of the source if there is an error among them, or one that says that the formatted
/// text would be too long.
pub fn format_script(
    source: &str,
    dialect: Dialect,
    options: &FormatOptions,
) -> Result<String, Vec<Diagnostic>> {
    let items = accepted(parse_script(source, dialect, &options.limits))?;
    let tokens = lexer::lex(source, LexMode::Script, dialect, &options.limits).tokens;
    let mut page = page(options, line_end(source, &tokens));
    let mut end = 0;
    let mut left_over = Vec::new();
    for item in &items {
        let span = item.span();
        let gap = Gap::of(&source[end..span.start as usize]);
        between(&mut page, &left_over, &gap);
        if !page.is_empty() {
            blank_or_not(&mut page, gap.has_blank_behind());
        }
        let tokens = items::join(&tokens, source, dialect, item);
        let (doc, spelling) = Layout::of_item(Written::new(source, &tokens), item);
        doc.set(&mut page);
        left_over = spelling.finish();
        end = span.end as usize;
    }
    between(&mut page, &left_over, &Gap::of(&source[end..]));
    if !page.is_empty() {
        page.new_line(0);
    }
    finish(page, options)
}

/// Formats one statement, without a line end behind it.
///
/// # Errors
/// As [`format_script`].
pub fn format_statement(
    source: &str,
    dialect: Dialect,
    options: &FormatOptions,
) -> Result<String, Vec<Diagnostic>> {
    let statement = accepted(parse_statement(source, dialect, &options.limits))?;
    single(source, dialect, options, Clause::Allowed, |spelling| {
        Layout::of_statement(spelling, &statement)
    })
}

/// Formats one condition, without a line end behind it.
///
/// # Errors
/// As [`format_script`].
pub fn format_condition(
    source: &str,
    dialect: Dialect,
    options: &FormatOptions,
) -> Result<String, Vec<Diagnostic>> {
    let condition = accepted(parse_condition(source, dialect, &options.limits))?;
    single(source, dialect, options, Clause::None, |spelling| {
        Layout::of_expr(spelling, &condition)
    })
}

/// Formats one value, without a line end behind it.
///
/// # Errors
/// As [`format_script`].
pub fn format_value(
    source: &str,
    dialect: Dialect,
    options: &FormatOptions,
) -> Result<String, Vec<Diagnostic>> {
    let value = accepted(parse_value(source, dialect, &options.limits))?;
    single(source, dialect, options, Clause::None, |spelling| {
        Layout::of_expr(spelling, &value)
    })
}

fn single<'s>(
    source: &'s str,
    dialect: Dialect,
    options: &FormatOptions,
    clause: Clause,
    layout: impl for<'t> FnOnce(Written<'s, 't>) -> (Doc, Written<'s, 't>),
) -> Result<String, Vec<Diagnostic>> {
    let tokens = lexer::lex(source, LexMode::Single, dialect, &options.limits).tokens;
    let mut page = page(options, line_end(source, &tokens));
    let tokens = names::join(&tokens, source, clause, dialect);
    let (doc, spelling) = layout(Written::new(source, &tokens));
    doc.set(&mut page);
    let left_over = spelling.finish();
    debug_assert_eq!(left_over, [], "a single source has no comments");
    finish(page, options)
}

fn accepted<T>(parsed: Parsed<T>) -> Result<T, Vec<Diagnostic>> {
    let has_errors = parsed.has_errors();
    match parsed.value {
        Some(value) if !has_errors => Ok(value),
        _ => Err(parsed.diagnostics),
    }
}

fn page(options: &FormatOptions, line_end: &'static str) -> Page {
    Page::new(options.width, line_end, options.limits.max_source_bytes)
}

fn finish(page: Page, options: &FormatOptions) -> Result<String, Vec<Diagnostic>> {
    if !page.is_full() {
        return Ok(page.into_text());
    }
    let limit = options.limits.max_source_bytes;
    let message =
        format!("The formatted text would have more than {limit} bytes, which is the limit.");
    let diagnostic = Diagnostic::error(Code::SourceTooLong, Span::new(0, 0), message).with_note(
        "Lines inside many brackets are indented far. Split the source, or allow wider lines.",
    );
    Err(vec![diagnostic])
}

/// Sets comments behind a statement, or at the start: first those that found no place inside it.
fn between(page: &mut Page, left_over: &[Comment<'_>], gap: &Gap<'_>) {
    for (index, comment) in left_over.iter().chain(&gap.comments).enumerate() {
        if page.is_empty() {
            page.text(comment.text, 0);
        } else if index == 0 && !comment.has_own_line() {
            page.text(" ", 0);
            page.text(comment.text, 0);
        } else {
            blank_or_not(page, comment.is_behind_blank() && index >= left_over.len());
            page.text(comment.text, 0);
        }
    }
}

fn blank_or_not(page: &mut Page, is_blank: bool) {
    page.new_line(0);
    if is_blank {
        page.new_line(0);
    }
}

/// How the first line ends that ends outside of tokens: those keep the line ends inside of them.
fn line_end(source: &str, tokens: &[Token]) -> &'static str {
    let starts = tokens.iter().map(|token| token.span.start as usize);
    let ends = tokens.iter().map(|token| token.span.end as usize);
    let gaps = std::iter::once(0)
        .chain(ends)
        .zip(starts.chain(std::iter::once(source.len())));
    for (start, end) in gaps {
        if let Some(at) = source[start..end].find('\n') {
            return match source[start..end][..at].ends_with('\r') {
                true => "\r\n",
                false => "\n",
            };
        }
    }
    "\n"
}
