//! Sources made to exhaust memory or patience.

use otlp_columns::{Level, Signal};
use ottl_compiler::{Checked, Language, Options, Registry, Target};
use ottl_syntax::{Code, Dialect, Limits};
use ottl_vm::GroupMode;

fn language<T>(max_diagnostics: usize, use_it: impl FnOnce(Language<'_>) -> T) -> T {
    let registry = Registry::new(ottl_stdlib::registry());
    let limits = Limits {
        max_diagnostics,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    use_it(Language {
        registry: &registry,
        options: &options,
    })
}

fn check(max_diagnostics: usize, source: &str) -> Checked {
    let (signal, context) = (Some(Signal::Traces), Some(Level::Span));
    language(max_diagnostics, |language| {
        language.check_script(signal, context, source)
    })
}

fn codes(checked: &Checked) -> Vec<Code> {
    let codes = checked.diagnostics.iter();
    codes.map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn only_so_many_errors_are_reported() {
    let checked = check(3, &"set(span.nam, 1)\n".repeat(50));
    use Code::{TooManyErrors, UnknownPath};
    assert_eq!(
        codes(&checked),
        [UnknownPath, UnknownPath, UnknownPath, TooManyErrors]
    );
    assert_eq!(
        checked.diagnostics[3].message,
        "There are 47 more problems."
    );
}

#[test]
fn the_limit_holds_within_a_statement() {
    let parts = vec!["UNKNOWN"; 5000].join(",");
    let checked = check(3, &format!("set(span.attributes[\"a\"], [{parts}])"));
    assert_eq!(checked.diagnostics.len(), 4);
    let patterns = vec!["IsMatch(\"a\", \"(\")"; 500].join(",");
    let checked = check(3, &format!("set(span.attributes[\"a\"], [{patterns}])"));
    use Code::{InvalidArgument, TooManyErrors};
    assert_eq!(
        codes(&checked),
        [
            InvalidArgument,
            InvalidArgument,
            InvalidArgument,
            TooManyErrors
        ]
    );
}

#[test]
fn warnings_do_not_hide_an_error() {
    let warnings = "set(span.kind, \"a\")\n".repeat(50);
    let checked = check(2, &warnings);
    use Code::{NeverWritable, TooManyWarnings, UnknownPath};
    assert_eq!(
        codes(&checked),
        [NeverWritable, NeverWritable, TooManyWarnings]
    );
    assert!(!checked.has_errors());
    let checked = check(2, &format!("{warnings}set(span.nam, 1)"));
    assert_eq!(
        codes(&checked),
        [NeverWritable, UnknownPath, TooManyWarnings]
    );
    assert!(checked.has_errors());
}

#[test]
fn the_problems_of_single_sources_are_limited_together() {
    let target = Target {
        signal: Signal::Traces,
        context: Some(Level::Span),
    };
    let sources = vec!["set(span.nam, 1)".to_owned(); 20];
    let problems = language(3, |language| {
        language
            .compile_statements(target, &sources)
            .expect_err("there is no such path")
    });
    let places: Vec<_> = problems.iter().map(|problem| problem.source).collect();
    assert_eq!(places, [0, 1, 2, 3]);
    let last = &problems[3].diagnostic;
    assert_eq!(last.message, "There are 17 more problems.");
}

/// Every place is used by two statements far from each other.
#[test]
fn a_long_script_is_grouped() {
    let writes = (0..2000).map(|key| format!("set(resource.attributes[\"k{key}\"], {key})\n"));
    let reads = (0..2000)
        .rev()
        .map(|key| format!("set(span.attributes[\"k{key}\"], resource.attributes[\"k{key}\"])\n"));
    let alone = "set(span.name, \"a\")\n".repeat(100);
    let source = writes.chain(reads).chain([alone]).collect::<String>();
    let target = Target {
        signal: Signal::Traces,
        context: Some(Level::Span),
    };
    let program = language(1, |language| {
        let compiled = language.compile_script(target, &source);
        compiled.expect("the script compiles").program
    });
    let [rows, columns] = program.groups.as_slice() else {
        panic!("{:?}", program.groups);
    };
    assert_eq!(
        (rows.parts.clone(), columns.parts.clone()),
        (0..4000, 4000..4100)
    );
    assert!(matches!(rows.mode, GroupMode::Rows { .. }));
    assert_eq!(columns.mode, GroupMode::Columns);
    assert_eq!((program.constants.len(), program.paths.len()), (2001, 4001));
}

/// Editors as values, which only the `selfops` dialect has, read and write the paths they are given.
/// Looking at the keys of these twice would double the work with every level.
#[test]
fn keys_within_keys_are_looked_at_once() {
    let nested = (0..30).fold("span.attributes".to_owned(), |inner, _| {
        format!("span.attributes[delete_key({inner}, \"a\")]")
    });
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options {
        dialect: Dialect::Selfops,
        ..Options::default()
    };
    let language = Language {
        registry: &registry,
        options: &options,
    };
    let target = Target {
        signal: Signal::Traces,
        context: Some(Level::Span),
    };
    let source = format!("set({nested}, 1)");
    let compiled = language.compile_script(target, &source);
    assert_eq!(
        compiled.expect("the script compiles").program.calls.len(),
        30
    );
}
