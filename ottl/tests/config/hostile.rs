//! Files that are not meant well, or not YAML.

use std::fmt::Write;

use ottl::config::yaml::{Document, YamlLimits};
use ottl::config::{self, ComponentKind, ReadOptions};
use ottl::{Engine, EngineLimits, PatternLimits};
use proptest::prelude::*;

use crate::{check, shown};

fn parse(file: &str) -> Result<(), Vec<String>> {
    let document = Document::parse(file, &YamlLimits::default());
    document
        .map(|_| ())
        .map_err(|problems| shown(file, &problems))
}

#[test]
fn files_have_a_longest_length() {
    let limits = YamlLimits {
        max_bytes: 10,
        ..YamlLimits::default()
    };
    assert!(Document::parse("a: 3456789", &limits).is_ok());
    let problems = Document::parse("a: 34567890", &limits).expect_err("it is too long");
    assert_eq!(problems[0].code.as_str(), "E0901");
}

#[test]
fn collections_nest_so_deep_and_no_deeper() {
    let flow = |depth: usize| format!("{}x{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(parse(&flow(100)), Ok(()));
    assert!(parse(&flow(101)).is_err());
    assert!(parse(&"[".repeat(1_000_000)).is_err());
    assert!(parse(&"- ".repeat(1_000_000)).is_err());
    let mut block = String::new();
    for depth in 0..300 {
        let _ = writeln!(block, "{}a:", " ".repeat(depth));
    }
    assert!(parse(&block).is_err());
    assert!(parse(&"? ".repeat(100_000)).is_err());
    assert!(parse(&"{a: ".repeat(100_000)).is_err());
}

/// Nine levels of ten aliases each.
fn bomb() -> String {
    let mut file = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let before = format!("*a{}", level - 1);
        let all = vec![before; 10].join(", ");
        let _ = writeln!(file, "a{level}: &a{level} [{all}]");
    }
    file
}

#[test]
fn aliases_count_as_what_they_stand_for() {
    let problems = parse(&bomb()).expect_err("it is too much");
    assert!(problems[0].contains("E0904"), "{problems:?}");
    let merges = "a: &a {b: 1}\nc: {<<: [*a, *a, *a], <<: *a}\n";
    assert!(parse(merges).expect_err("a key stands twice")[0].contains("E0602"));
}

#[test]
fn aliases_count_as_the_text_they_stand_for() {
    let text = "x".repeat(1 << 20);
    let file = |aliases: usize| format!("a: &a {text}\nb: [{}]", vec!["*a"; aliases].join(", "));
    assert_eq!(parse(&file(14)), Ok(()));
    let problems = parse(&file(100_000)).expect_err("it is too much");
    assert!(problems[0].contains("E0904"), "{problems:?}");
    assert!(problems[0].contains("bytes of text"), "{problems:?}");
    let merges = format!(
        "a: &a {{k: {text}}}\n{}",
        (0..50).fold(String::new(), |mut all, n| {
            let _ = writeln!(all, "b{n}: {{<<: *a}}");
            all
        })
    );
    assert!(parse(&merges).is_err());
}

#[test]
fn what_the_parser_of_the_collector_does_not_read_is_an_error() {
    for (file, place) in [
        ("a: \"x\\/y\"", "1:6 "),
        ("a:\n  -\tb", "2:4 "),
        ("# c\n%YAML 1.2\n---\na: b", "2:1 "),
    ] {
        let problems = parse(file).expect_err("it is not read");
        assert!(problems[0].starts_with(place), "{file:?}: {problems:?}");
        assert!(problems[0].contains("E0601"), "{file:?}: {problems:?}");
    }
    for file in [
        "a: \"x\\\\/y\"",
        "%YAML 1.1\n---\na:\tb",
        "- b\t# c",
        "[a,\tb]",
    ] {
        assert_eq!(parse(file), Ok(()), "{file:?}");
    }
}

#[test]
fn an_alias_cannot_be_in_what_it_stands_for() {
    for file in ["a: &a [*a]", "a: &a {b: *a}", "&a {<<: *a}"] {
        let problems = parse(file).expect_err("there is no end");
        assert!(problems[0].contains("E0601"), "{problems:?}");
    }
    assert!(parse("a: *b").is_err());
}

#[test]
fn what_is_not_yaml_has_a_place() {
    for (file, place) in [
        ("a: [1", "1:4 "),
        ("a:\n\t- b", "2:2 "),
        ("a: 'x", "1:"),
        ("a: \"\\q\"", "1:"),
        ("a: b: c", "1:5"),
        ("- a\nb: c", "2:1"),
        ("{<<: 5}", "1:"),
    ] {
        let problems = parse(file).expect_err("it is not YAML");
        let line = place.split(':').next().unwrap_or("");
        assert!(problems[0].starts_with(line), "{file:?}: {problems:?}");
        assert!(problems[0].contains("E0601"), "{file:?}: {problems:?}");
    }
}

#[test]
fn only_the_first_document_counts() {
    assert_eq!(parse("a: b\n---\n[\n"), Ok(()));
    let file = "processors: {}\n---\nprocessors: {transform: {x: y}}\n";
    assert!(check(file).is_empty());
}

#[test]
fn files_are_utf_8() {
    let file = b"a: b\nc: \xff\n";
    let problem = config::decode(file).expect_err("it is not UTF-8");
    let shown = shown(
        &String::from_utf8_lossy(file),
        std::slice::from_ref(&*problem),
    );
    assert_eq!(shown, ["2:4 E0601 The file is not UTF-8."]);
    assert_eq!(
        config::decode(b"a: b").map_err(|error| error.message),
        Ok("a: b")
    );
}

#[test]
fn there_are_only_so_many_problems() {
    let statements = "'x', ".repeat(10_000);
    let file = format!("processors: {{transform: {{log_statements: [{statements}]}}}}");
    let problems = check(&file);
    assert!(problems.len() <= 101, "{}", problems.len());
    let keys: String = (0..10_000).fold(String::new(), |mut keys, n| {
        let _ = write!(keys, "k{n}: , ");
        keys
    });
    let problems = check(&format!("processors: {{transform: {{{keys}}}}}"));
    assert_eq!(problems.len(), 101);
    let twice = "a: ,".repeat(10_000);
    assert!(
        parse(&format!("{{{twice}}}"))
            .expect_err("once is enough")
            .len()
            <= 101
    );
}

#[test]
fn the_patterns_of_a_component_take_memory_together() {
    let conditions: Vec<_> = (0..20)
        .map(|n| format!(r#"'IsMatch(span.name, "[\\p{{L}}]{{20}}{n}")'"#))
        .collect();
    let file = format!("trace_conditions: [{}]", conditions.join(", "));
    let problems = |max_total_bytes| {
        let patterns = PatternLimits {
            max_total_bytes,
            ..PatternLimits::default()
        };
        let engine = Engine::default().with_limits(EngineLimits {
            patterns,
            ..EngineLimits::default()
        });
        let options = ReadOptions::default();
        let read = config::read_component(ComponentKind::Filter, &file, &options);
        read.check(&engine)
    };
    assert!(problems(256 << 20).is_empty());
    let problems = problems(6 << 20);
    assert!(problems.len() < 20, "there is enough for some");
    let first = problems.first().expect("there is not enough for all");
    assert!(
        first.message.contains("is one too many"),
        "{}",
        first.message
    );
    assert!(first.message.contains("6291456 bytes"), "{}", first.message);
}

proptest! {
    /// Whatever the file, reading and checking ends, and every place is in the file.
    #[test]
    fn nothing_panics(file in "([a-z]: |- |[ \\n\\r\\t'\"|>&*!?{}\\[\\]:,#$\\\\%@`-]|[a-zé🦀0-9]{1,3}|<<|\\$\\{){0,60}") {
        for kind in ComponentKind::ALL {
            let read = config::read_component(kind, &file, &ReadOptions::default());
            for problem in read.check(&Engine::default()) {
                let span = problem.primary.span;
                prop_assert!(span.start <= span.end && span.end as usize <= file.len());
                prop_assert!(file.is_char_boundary(span.start as usize));
            }
        }
        for problem in check(&format!("processors:\n  transform: {file}")) {
            prop_assert!(!problem.message.is_empty());
        }
    }

    /// What a scalar is found at is always in the file.
    #[test]
    fn scalars_are_in_the_file(file in "[ a'\"|>\\\\\\n\\r\\t#:{},\\[\\]-]{0,40}") {
        if let Ok(document) = Document::parse(&file, &YamlLimits::default()) {
            let mut nodes: Vec<_> = document.root().into_iter().collect();
            while let Some(node) = nodes.pop() {
                nodes.extend(node.items());
                nodes.extend(node.entries().flat_map(|(key, value)| [key, value]));
                let Some(text) = node.text() else { continue };
                prop_assert_eq!(text.value(), &node.scalar().expect("it has a text").value);
                for at in 0..=text.value().len() {
                    let span = text.locate(ottl_syntax::Span::new(at, at + 1));
                    prop_assert!(span.start <= span.end && span.end as usize <= file.len());
                }
            }
        }
    }
}
