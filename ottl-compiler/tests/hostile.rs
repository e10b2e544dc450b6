//! Sources made to exhaust memory or patience.

use otlp_columns::{Level, Signal};
use ottl_compiler::{Checked, Group, Language, Options, Registry, Target};
use ottl_syntax::{Code, Dialect, Limits};
use ottl_vm::{GroupMode, PatternLimits};

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
    use_it(Language::new(&registry, &options))
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
    let patterns: Vec<_> = (0..500)
        .map(|at| format!("IsMatch(\"a\", \"({at}\")"))
        .collect();
    let patterns = patterns.join(",");
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
            .compile_group(target, Group::of(&sources))
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
    let language = Language::new(&registry, &options);
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

/// What compiling for spans gives where compiled patterns have these limits.
fn with_patterns<T>(
    patterns: PatternLimits,
    compile: impl FnOnce(&Language<'_>, Target) -> T,
) -> T {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options {
        patterns,
        ..Options::default()
    };
    let language = Language::new(&registry, &options);
    let target = Target {
        signal: Signal::Traces,
        context: Some(Level::Span),
    };
    compile(&language, target)
}

/// The problems of a script whose compiled patterns may take `one` and `all` bytes.
fn problems_with(one: usize, all: usize, source: &str) -> Vec<(Code, String)> {
    let limits = PatternLimits {
        max_bytes: one,
        max_total_bytes: all,
        ..PatternLimits::default()
    };
    let problems = with_patterns(limits, |language, target| {
        language.compile_script(target, source).err()
    });
    let problems = problems.into_iter().flatten();
    let shown = |diagnostic: ottl_syntax::Diagnostic| {
        let place = &source[diagnostic.primary.span.range()];
        (diagnostic.code, format!("{place}: {}", diagnostic.message))
    };
    problems.map(shown).collect()
}

const LARGE: &str = r#"replace_pattern(span.name, "[\\p{L}]{20}", "")"#;

#[test]
fn patterns_together_take_no_more_than_they_may() {
    let script: Vec<_> = (0..100)
        .map(|n| LARGE.replace("{20}", &format!("{{20}}{n}")))
        .collect();
    assert_eq!(problems_with(4 << 20, 256 << 20, &script.join("\n")), []);
    let problems = problems_with(4 << 20, 6 << 20, &script.join("\n"));
    let (code, message) = problems.first().expect("there is not enough for all");
    assert_eq!(*code, Code::InvalidArgument);
    assert!(message.starts_with(r#""[\\p{L}]{20}"#), "{message}");
    assert!(message.contains("is one too many"), "{message}");
    assert!(message.contains("6291456 bytes"), "{message}");
    assert!(problems.len() < 100, "there is enough for some");
}

#[test]
fn equal_patterns_take_their_memory_once() {
    let script = [LARGE; 100].join("\n");
    assert_eq!(problems_with(4 << 20, 4 << 20, &script), []);
    let both = format!("{LARGE}\nset(span.name, \"x\") where IsMatch(span.name, \"a*b?c\")");
    assert_eq!(problems_with(4 << 20, 4 << 20, &both), []);
}

#[test]
fn wildcard_patterns_take_memory_too() {
    let script: Vec<_> = (0..2000)
        .map(|n| format!("replace_match(span.name, \"a?{n}*{{b,c}}\", \"\")"))
        .collect();
    let problems = problems_with(1 << 20, 1 << 20, &script.join("\n"));
    let (_, message) = problems.first().expect("there is not enough for all");
    assert!(message.contains("wildcard pattern"), "{message}");
}

#[test]
fn one_pattern_takes_no_more_than_it_may() {
    let problems = problems_with(1 << 10, 256 << 20, LARGE);
    let (_, message) = problems.first().expect("it is too large");
    assert!(
        message.contains("1024 bytes that one pattern may"),
        "{message}"
    );
}

#[test]
fn patterns_of_many_sources_take_memory_together() {
    let limits = PatternLimits {
        max_total_bytes: 6 << 20,
        ..PatternLimits::default()
    };
    let sources: Vec<_> = (0..100)
        .map(|n| LARGE.replace("{20}", &format!("{{20}}{n}")))
        .collect();
    let problems = with_patterns(limits, |language, target| {
        language.compile_group(target, Group::of(&sources)).err()
    });
    let first = problems
        .expect("there is not enough for all")
        .swap_remove(0);
    assert!(first.source > 0, "there is enough for the first");
    assert!(first.diagnostic.message.contains("is one too many"));
}

fn check_selfops(source: &str) -> Vec<Code> {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options {
        dialect: Dialect::Selfops,
        ..Options::default()
    };
    let language = Language::new(&registry, &options);
    codes(&language.check_script(Some(Signal::Traces), Some(Level::Span), source))
}

fn use_of(value: &str) -> String {
    format!("set(span.attributes[\"x\"], {value})\n")
}

#[test]
fn constants_that_double_have_an_end() {
    let script = |count: usize| {
        let constants = (1..count).map(|n| format!("const c{n} = [c{0}, c{0}]\n", n - 1));
        let head = "const c0 = [1, 2]\n".to_owned();
        [head].into_iter().chain(constants).collect::<String>()
            + &use_of(&format!("c{}", count - 1))
    };
    assert_eq!(check_selfops(&script(10)), []);
    let problems = check_selfops(&script(60));
    assert_eq!(problems[0], Code::SourceTooLong);
    let text = "x".repeat(10_000);
    let script = format!("const text = \"{text}\"\n") + &use_of("text").repeat(1000);
    assert_eq!(check_selfops(&script), [Code::SourceTooLong]);
}

#[test]
fn macros_that_double_have_an_end() {
    let double = "macro D(x: any) = [x, x]\n";
    let script = |count| {
        double.to_owned()
            + &use_of(&format!(
                "{}span.name{}",
                "D(".repeat(count),
                ")".repeat(count)
            ))
    };
    assert_eq!(check_selfops(&script(10)), []);
    assert_eq!(check_selfops(&script(50)), [Code::SourceTooLong]);
    let macros = (1..60).map(|n| format!("macro m{n}() {{ m{0}()\n m{0}() }}\n", n - 1));
    let head = "macro m0() { set(span.name, \"x\") }\n".to_owned();
    let script = [head].into_iter().chain(macros).collect::<String>();
    assert_eq!(check_selfops(&format!("{script}m9()")), []);
    assert_eq!(
        check_selfops(&format!("{script}m59()")),
        [Code::SourceTooLong]
    );
}

#[test]
fn macros_in_macros_are_not_nested_deeper_than_a_source() {
    let chain = |body: fn(usize) -> String| {
        let macros = (1..2000).map(body);
        let head = "macro M0(x: any) = x\n".to_owned();
        [head].into_iter().chain(macros).collect::<String>()
    };
    let plain = chain(|n| format!("macro M{n}(x: any) = M{}(x)\n", n - 1));
    assert_eq!(
        check_selfops(&(plain.clone() + &use_of("M50(span.name)"))),
        []
    );
    let deep = check_selfops(&(plain + &use_of("M1999(span.name)")));
    assert_eq!(deep[0], Code::NestedTooDeep);
    let wide = chain(|n| {
        let (open, close) = ("Concat([".repeat(20), "], \"\")".repeat(20));
        format!("macro M{n}(x: any) = {open}M{}(x){close}\n", n - 1)
    });
    let deep = check_selfops(&(wide + &use_of("M1999(span.name)")));
    assert_eq!(deep[0], Code::NestedTooDeep);
    let arguments = chain(|n| format!("macro M{n}(x: any) = M{}([x])\n", n - 1));
    let deep = check_selfops(&(arguments + &use_of("M200(span.name)")));
    assert_eq!(deep[0], Code::NestedTooDeep);
}

#[test]
fn blocks_in_macros_are_not_nested_deeper_than_a_source() {
    let macros = (1..2000).map(|n| {
        format!(
            "macro m{n}() {{ when span.name == \"a\" {{ m{}() }} }}\n",
            n - 1
        )
    });
    let head = "macro m0() { set(span.name, \"x\") }\n".to_owned();
    let script = [head].into_iter().chain(macros).collect::<String>();
    assert_eq!(check_selfops(&format!("{script}m20()")), []);
    assert_eq!(
        check_selfops(&format!("{script}m1999()")),
        [Code::NestedTooDeep]
    );
}
