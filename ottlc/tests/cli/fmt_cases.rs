//! Every source of the conformance cases, formatted: the same tree, the same words, and the same
//! text once more.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use ottl_syntax::ast::{Expr, Item, Statement};
use ottl_syntax::{
    Diagnostic, Dialect, FormatOptions, Limits, Parsed, format_condition, format_script,
    format_statement, format_value, parse_condition, parse_script, parse_statement, parse_value,
};
use serde_json::Value as Json;

const WIDTHS: [usize; 3] = [100, 40, 0];

fn options(width: usize) -> FormatOptions {
    FormatOptions {
        width,
        ..FormatOptions::default()
    }
}

/// The sources in a field of the cases, each once.
fn sources(field: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec-tests/cases");
    let mut sources = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the cases") {
        let path = entry.expect("an entry").path();
        if path
            .extension()
            .is_none_or(|extension| extension != "jsonl")
        {
            continue;
        }
        let text = fs::read_to_string(path).expect("a file of cases");
        for line in text.lines() {
            let case: Json = serde_json::from_str(line).expect("a case");
            let found = case[field].as_array().into_iter().flatten();
            sources.extend(found.filter_map(Json::as_str).map(str::to_owned));
        }
    }
    sources
}

/// The text without what formatting may add or remove.
fn words(text: &str) -> String {
    let kept = |c: &char| !c.is_ascii_whitespace() && *c != ',';
    text.chars().filter(kept).collect()
}

/// Checks a source, and says whether it was formatted.
fn check<T: PartialEq + Debug>(
    source: &str,
    parse: impl Fn(&str) -> Parsed<T>,
    format: impl Fn(&str, &FormatOptions) -> Result<String, Vec<Diagnostic>>,
    without_spans: fn(T) -> T,
) -> bool {
    let parsed = parse(source);
    if parsed.has_errors() {
        let formatted = format(source, &FormatOptions::default());
        assert_eq!(formatted, Err(parsed.diagnostics), "{source}");
        return false;
    }
    let tree = parsed.value.map(without_spans);
    for width in WIDTHS {
        let formatted = format(source, &options(width)).expect("a source without errors");
        let again = parse(&formatted);
        assert_eq!(again.diagnostics, [], "{formatted}");
        assert_eq!(again.value.map(without_spans), tree, "{formatted}");
        assert_eq!(words(&formatted), words(source));
        let twice = format(&formatted, &options(width));
        assert_eq!(twice.as_ref(), Ok(&formatted));
    }
    true
}

/// Checks all sources and says how many were formatted, and how many not.
fn check_all(sources: &BTreeSet<String>, check: impl Fn(&str) -> bool) -> (usize, usize) {
    let formatted = sources.iter().filter(|source| check(source)).count();
    (formatted, sources.len() - formatted)
}

#[test]
fn statements() {
    let statements = sources("statements");
    for dialect in [Dialect::Strict, Dialect::Selfops] {
        let (formatted, rejected) = check_all(&statements, |source| {
            check(
                source,
                |source| parse_statement(source, dialect, &Limits::default()),
                |source, options| format_statement(source, dialect, options),
                Statement::without_spans,
            )
        });
        assert!(
            formatted > 1_000 && rejected > 10,
            "{formatted}, {rejected}"
        );
    }
}

#[test]
fn conditions() {
    let (formatted, rejected) = check_all(&sources("conditions"), |source| {
        check(
            source,
            |source| parse_condition(source, Dialect::Strict, &Limits::default()),
            |source, options| format_condition(source, Dialect::Strict, options),
            Expr::without_spans,
        )
    });
    assert!(
        formatted > 1_000 && rejected > 10,
        "{formatted}, {rejected}"
    );
}

#[test]
fn expressions() {
    let (formatted, rejected) = check_all(&sources("expressions"), |source| {
        check(
            source,
            |source| parse_value(source, Dialect::Strict, &Limits::default()),
            |source, options| format_value(source, Dialect::Strict, options),
            Expr::without_spans,
        )
    });
    assert!(
        formatted > 1_000 && rejected > 10,
        "{formatted}, {rejected}"
    );
}

/// All statements that a script can have, in one script with a comment behind each.
#[test]
fn a_long_script() {
    let dialect = Dialect::Strict;
    let limits = Limits {
        max_source_bytes: 16 << 20,
        ..Limits::default()
    };
    let parse = |source: &str| parse_script(source, dialect, &limits);
    let mut script = String::new();
    let mut count = 0;
    for source in sources("statements") {
        let alone = parse(&source);
        if !alone.has_errors() && alone.value.is_some_and(|trees| trees.len() == 1) {
            script.push_str(&format!("{source} # {count}\n\n"));
            count += 1;
        }
    }
    assert!(count > 1_000, "{count}");
    let trees = |source: &str| {
        let parsed = parse(source);
        assert_eq!(parsed.diagnostics, []);
        let trees = parsed.value.into_iter().flatten();
        trees.map(Item::without_spans).collect::<Vec<_>>()
    };
    assert_eq!(trees(&script).len(), count);
    for width in WIDTHS {
        let options = FormatOptions { width, limits };
        let formatted = format_script(&script, dialect, &options).expect("a valid script");
        assert_eq!(trees(&formatted), trees(&script));
        assert_eq!(words(&formatted), words(&script));
        assert_eq!(format_script(&formatted, dialect, &options), Ok(formatted));
    }
}
