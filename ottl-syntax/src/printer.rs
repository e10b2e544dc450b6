//! The canonical spelling of a tree: one line, single spaces, double quotes.
//!
//! The formatter's layout on a page without edges, with words made from the tree. Parsing what was
//! printed gives the same tree but for its spans, provided that the parser built it: a tree that the
//! grammar cannot express, such as one with an [`ExprKind::Error`](crate::ast::ExprKind::Error), has
//! no spelling and prints as something that is rejected. A rule prints as a rule and needs the
//! `selfops` dialect.

use std::fmt::Write;

use crate::ast::{Expr, Item, Statement};
use crate::format::comments::Comment;
use crate::format::doc::{Doc, Page};
use crate::format::layout::Layout;
use crate::format::spelling::{self, Spelling, Word};

/// The statement on one line.
#[must_use]
pub fn print_statement(statement: &Statement) -> String {
    let (doc, Canonical) = Layout::of_statement(Canonical, statement);
    one_line(&doc)
}

/// The item: a statement, constant or value of a macro on one line, statements in braces on lines
/// of their own.
#[must_use]
pub fn print_item(item: &Item) -> String {
    let (doc, Canonical) = Layout::of_item(Canonical, item);
    one_line(&doc)
}

/// The expression on one line.
#[must_use]
pub fn print_expr(expr: &Expr) -> String {
    let (doc, Canonical) = Layout::of_expr(Canonical, expr);
    one_line(&doc)
}

fn one_line(doc: &Doc) -> String {
    let mut page = Page::endless();
    doc.set(&mut page);
    page.into_text()
}

/// Words made from the tree.
struct Canonical;

impl Spelling for Canonical {
    fn spell(&mut self, word: Word<'_>, out: &mut String) {
        match word {
            Word::Sign(text) | Word::Phrase(text) => out.push_str(text),
            Word::Name(text) => out.push_str(text),
            Word::Pieces(text) => spelling::put_name(text, out),
            Word::Int(value) => display(value, out),
            Word::Float(value) => float(value, out),
            Word::String(value) => string(value, out),
            Word::Bytes(value) => bytes(value, out),
        }
    }

    fn is_at_comma(&self) -> bool {
        false
    }

    fn skip(&mut self) {}

    fn comments(&mut self) -> Vec<Comment<'_>> {
        Vec::new()
    }

    fn blanks(&self) -> [bool; 2] {
        [false; 2]
    }
}

fn display(value: impl std::fmt::Display, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}

/// The shortest digits that give the same number again, always with a point, without which the
/// language would not take it for a decimal number.
fn float(value: f64, out: &mut String) {
    let text = format!("{value:?}");
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => {
            display(format_args!("{digits}.0e{exponent}"), out);
        }
        _ => out.push_str(&text),
    }
}

fn bytes(value: &[u8], out: &mut String) {
    out.push_str("0x");
    for byte in value {
        display(format_args!("{byte:02x}"), out);
    }
}

/// Only quotes, backslashes and control characters are escaped. No literal has bytes that are not
/// UTF-8, so that such bytes can only print as U+FFFD.
fn string(value: &[u8], out: &mut String) {
    out.push('"');
    for c in String::from_utf8_lossy(value).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => display(format_args!("\\x{:02x}", u32::from(c)), out),
            c => out.push(c),
        }
    }
    out.push('"');
}
