//! Source text.

use ottl_syntax::ast::{Expr, Statement};
use ottl_syntax::{
    Diagnostic, Dialect, Limits, Parsed, parse_condition, parse_script, parse_statement,
    parse_value, print_expr, print_statement, render,
};

pub(super) const DIALECTS: [Dialect; 2] = [Dialect::Strict, Dialect::Selfops];

/// Parses text as everything that it could be.
///
/// # Panics
/// When a diagnostic points outside the text, or a tree is missing without an error.
pub fn parse(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else {
        return;
    };
    let limits = Limits::default();
    for dialect in DIALECTS {
        check(source, &parse_script(source, dialect, &limits));
        check(source, &parse_statement(source, dialect, &limits));
        check(source, &parse_condition(source, dialect, &limits));
        check(source, &parse_value(source, dialect, &limits));
    }
}

fn check<T>(source: &str, parsed: &Parsed<T>) {
    assert!(parsed.value.is_some() || parsed.has_errors());
    for diagnostic in &parsed.diagnostics {
        check_places(source, diagnostic);
    }
    let text = render(&parsed.diagnostics, "source", source, false);
    assert_eq!(text.is_empty(), parsed.diagnostics.is_empty());
}

fn check_places(source: &str, diagnostic: &Diagnostic) {
    let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
    let spans = labels
        .map(|label| label.span)
        .chain(diagnostic.fix.as_ref().map(|fix| fix.span));
    for span in spans {
        assert!(
            source.get(span.range()).is_some(),
            "{diagnostic:?} is outside the source"
        );
    }
}

/// Prints what text was parsed to, and parses that.
///
/// # Panics
/// When printing is not the inverse of parsing.
pub fn print_roundtrip(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else {
        return;
    };
    for dialect in DIALECTS {
        let again = |text: &str, limits: &Limits| parse_statement(text, dialect, limits);
        if let Some(tree) = accepted(parse_statement(source, dialect, &Limits::default())) {
            let text = print_statement(&tree);
            same(
                &text,
                tree.without_spans(),
                again(&text, &roomy()),
                Statement::without_spans,
            );
        }
        if let Some(tree) = accepted(parse_condition(source, dialect, &Limits::default())) {
            let text = print_expr(&tree);
            let again = parse_condition(&text, dialect, &roomy());
            same(&text, tree.without_spans(), again, Expr::without_spans);
        }
        if let Some(tree) = accepted(parse_value(source, dialect, &Limits::default())) {
            let text = print_expr(&tree);
            let again = parse_value(&text, dialect, &roomy());
            same(&text, tree.without_spans(), again, Expr::without_spans);
        }
    }
}

pub(super) fn accepted<T>(parsed: Parsed<T>) -> Option<T> {
    if parsed.has_errors() {
        None
    } else {
        parsed.value
    }
}

/// Printing may lengthen a text by its escapes.
pub(super) fn roomy() -> Limits {
    let limits = Limits::default();
    Limits {
        max_source_bytes: limits.max_source_bytes * 16,
        ..limits
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    text: &str,
    tree: T,
    again: Parsed<T>,
    without_spans: fn(T) -> T,
) {
    assert!(
        !again.has_errors(),
        "{text:?} is rejected: {:?}",
        again.diagnostics
    );
    assert_eq!(
        again.value.map(without_spans),
        Some(tree),
        "{text:?} is another tree"
    );
}
