//! What is warned about on request, with its carets.

use std::fmt::Write as _;

use insta::assert_snapshot;
use otlp_columns::{Level, Signal};
use ottl_compiler::{Group, Language, Lint, Lints, Options, Registry, Target};
use ottl_syntax::{Dialect, render};
use ottl_vm::path::Context;

fn check_as(lints: Lints, dialect: Dialect, context: Context, source: &str) -> String {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options {
        dialect,
        lints,
        ..Options::default()
    };
    let language = Language::new(&registry, &options);
    let checked = language.check_script(None, Some(context), source);
    render(&checked.diagnostics, "script.ottl", source, false)
}

fn check(lint: Lint, source: &str) -> String {
    let lints = Lints::NONE.with(lint);
    check_as(lints, Dialect::Strict, Level::Span, source)
}

fn log(lint: Lint, source: &str) -> String {
    let lints = Lints::NONE.with(lint);
    check_as(lints, Dialect::Strict, Level::Log, source)
}

/// A statement that does something where a condition holds.
fn given(condition: &str) -> String {
    format!("set(span.attributes[\"x\"], 1) where {condition}")
}

fn are_silent(lint: Lint, conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(check(lint, &given(condition)), "", "{condition}");
    }
}

#[test]
fn nothing_is_said_unless_it_is_asked_for() {
    let source = "set(resource.attributes[\"http.staus_code\"], span.name)\n\
                  set(span.cache[\"a\"], 1) where span.kind == 9 and IsMatch(span.name, \"^a\")";
    let none = check_as(Lints::NONE, Dialect::Strict, Level::Span, source);
    assert_eq!(none, "");
    assert_snapshot!(check_as(Lints::all(), Dialect::Strict, Level::Span, source));
}

#[test]
fn lints_are_named() {
    for lint in Lint::ALL {
        let alone = Lints::parse(lint.name()).expect("a lint");
        assert_eq!(alone, Lints::NONE.with(*lint));
        assert!(alone.contains(*lint) && Lints::all().contains(*lint));
    }
    assert_eq!(Lints::parse("cache, all"), Ok(Lints::all()));
    assert_snapshot!(Lints::parse("cache,cash").expect_err("no lint"));
}

#[test]
fn writes_to_what_is_shared() {
    let lint = Lint::SharedWrite;
    assert_snapshot!(check(
        lint,
        "set(resource.attributes[\"u\"], span.attributes[\"u\"])"
    ));
    assert_snapshot!(check(
        lint,
        "delete_key(resource.attributes, \"u\") where span.kind == SPAN_KIND_SERVER"
    ));
    assert_snapshot!(check(lint, "set(resource.attributes[\"u\"], scope.name)"));
    assert_snapshot!(check(lint, "set(scope.version, \"1\") where IsRootSpan()"));
    let points = "set(metric.description, \"old\") where datapoint.flags == 1";
    assert_snapshot!(check_as(
        Lints::all(),
        Dialect::Strict,
        Level::DataPoint,
        points
    ));
    for source in [
        "set(span.attributes[\"u\"], resource.attributes[\"u\"])",
        "set(resource.attributes[\"u\"], resource.attributes[\"v\"])",
        "set(scope.attributes[\"u\"], resource.attributes[\"v\"]) where scope.name == \"a\"",
        "set(span.cache[\"u\"], span.name)",
        "set(resource.attributes[\"u\"], 1)",
    ] {
        assert_eq!(check(lint, source), "", "{source}");
    }
}

#[test]
fn with_regrouping_items_share_only_what_they_are_part_of() {
    let check = |regroups, context, source: &str| {
        let registry = Registry::new(ottl_stdlib::registry());
        let options = Options {
            lints: Lints::NONE.with(Lint::SharedWrite),
            regroups,
            ..Options::default()
        };
        let language = Language::new(&registry, &options);
        let checked = language.check_script(None, Some(context), source);
        checked.diagnostics.len()
    };
    let to_resource = "set(resource.attributes[\"u\"], span.name)";
    assert_eq!(check(false, Level::Span, to_resource), 1);
    assert_eq!(check(true, Level::Span, to_resource), 0);
    assert_eq!(check(true, Level::SpanEvent, to_resource), 0);
    // A span stays one span.
    let to_span = "set(span.name, spanevent.name)";
    assert_eq!(check(true, Level::SpanEvent, to_span), 1);
    let to_metric = "set(metric.unit, datapoint.attributes[\"u\"])";
    assert_eq!(check(false, Level::DataPoint, to_metric), 1);
    assert_eq!(check(true, Level::DataPoint, to_metric), 0);
}

#[test]
fn conditions_around_a_write_count() {
    let block = "when span.name == \"a\" {\n  set(resource.attributes[\"u\"], 1)\n}";
    let lints = Lints::NONE.with(Lint::SharedWrite);
    assert_snapshot!(check_as(lints, Dialect::Selfops, Level::Span, block));
    let otherwise = format!("{block} else {{\n  delete_key(resource.attributes, \"u\")\n}}");
    let said = check_as(lints, Dialect::Selfops, Level::Span, &otherwise);
    assert_eq!(said.matches("W0405").count(), 2);

    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options {
        lints,
        ..Options::default()
    };
    let language = Language::new(&registry, &options);
    let group = Group {
        conditions: &["span.name == \"a\"".to_owned()],
        statements: &["set(resource.attributes[\"u\"], 1)".to_owned()],
    };
    let target = Target {
        signal: Signal::Traces,
        context: None,
    };
    let compiled = language.compile_group(target, group).expect("a program");
    let sources: Vec<_> = compiled
        .warnings
        .iter()
        .map(|problem| (problem.source, problem.diagnostic.code.as_str()))
        .collect();
    assert_eq!(sources, [(1, "W0405")]);
}

#[test]
fn contradictions() {
    let lint = Lint::Contradiction;
    let said = |condition: &str| check(lint, &given(condition));
    assert_snapshot!(said(
        "span.attributes[\"a\"] == 1 and span.attributes[\"a\"] == 2"
    ));
    assert_snapshot!(said(
        "span.attributes[\"a\"] > 5 and span.name == \"n\" and span.attributes[\"a\"] < 3"
    ));
    assert_snapshot!(said("span.name != \"x\" or span.name != \"y\""));
    for never in [
        "span.attributes[\"a\"] == \"1\" and IsInt(span.attributes[\"a\"])",
        "IsMap(span.attributes[\"a\"]) and IsString(span.attributes[\"a\"])",
        "span.attributes[\"a\"] == nil and span.attributes[\"a\"] == \"x\"",
        "span.attributes[\"a\"] == \"x\" and not (span.attributes[\"a\"] == \"x\")",
        "(span.name == \"x\" and span.kind == 1) and (span.name != \"x\")",
        "span.dropped_events_count > 5 and span.dropped_events_count < 6",
        "5 < span.attributes[\"a\"] and 5.0 >= span.attributes[\"a\"]",
    ] {
        assert!(said(never).contains("cannot hold together"), "{never}");
    }
    for always in [
        "span.name == \"x\" or span.name != \"x\"",
        "not (span.name == \"x\" or span.name != \"x\")",
        "not IsInt(span.attributes[\"a\"]) or not IsString(span.attributes[\"a\"])",
        "span.dropped_events_count < 6 or span.dropped_events_count > 5",
        "not (span.attributes[\"a\"] == 1 and span.attributes[\"a\"] == 2)",
    ] {
        let said = said(always);
        let is_told = said.contains("always holds") || said.contains("cannot hold together");
        assert!(is_told, "{always}");
    }
}

#[test]
fn what_can_be_true_or_false_is_no_contradiction() {
    are_silent(
        Lint::Contradiction,
        &[
            "span.attributes[\"a\"] == 1 and span.attributes[\"b\"] == 2",
            "span.attributes[\"a\"] == 1 or span.attributes[\"a\"] == 2",
            "span.attributes[\"a\"] == 1 and span.attributes[\"a\"] == 1.0",
            "span.attributes[\"a\"] == 9007199254740993 and span.attributes[\"a\"] == 9007199254740992.0",
            // Neither holds for nil or for a text.
            "span.attributes[\"a\"] < 5 or span.attributes[\"a\"] >= 5",
            "not (span.attributes[\"a\"] < 5) and not (span.attributes[\"a\"] >= 5)",
            "span.attributes[\"a\"] > 5 and span.attributes[\"a\"] < 6",
            "span.attributes[\"a\"] >= 5 and span.attributes[\"a\"] <= 5",
            "span.attributes[span.name] == 1 and span.attributes[span.name] == 2",
            "span.attributes[\"a\"] != nil and span.attributes[\"a\"] != \"\"",
            "IsString(span.attributes[\"a\"]) and span.attributes[\"a\"] != \"1\"",
            "span.attributes[\"a\"] == 1 and (span.name == \"x\" or span.attributes[\"a\"] == 2)",
            "span.attributes[\"a\"][0] == 1 and span.attributes[\"a\"][1] == 2",
        ],
    );
}

#[test]
fn membership_can_be_a_contradiction() {
    let lints = Lints::NONE.with(Lint::Contradiction);
    let said = |condition: &str| check_as(lints, Dialect::Selfops, Level::Span, &given(condition));
    assert_snapshot!(said("span.name in [\"a\", \"b\"] and span.name == \"c\""));
    assert_eq!(
        said("span.name in [\"a\", \"b\"] and span.name != \"b\""),
        ""
    );
    assert!(said("span.name in [\"a\"] and span.name not in [\"a\"]").contains("W0406"));
}

#[test]
fn numbers_that_an_enum_does_not_have() {
    let lint = Lint::EnumRange;
    assert_snapshot!(check(lint, &given("span.status.code == 500")));
    assert_snapshot!(check(lint, "set(span.kind, 9)"));
    assert_snapshot!(log(
        lint,
        "set(log.body, \"x\") where log.severity_number > SEVERITY_NUMBER_FATAL4"
    ));
    for condition in ["-1 < span.kind", "span.kind != 6", "span.status.code >= 0"] {
        assert!(
            check(lint, &given(condition)).contains("always holds"),
            "{condition}"
        );
    }
    are_silent(
        lint,
        &[
            "span.kind == 5",
            "span.kind > 4",
            "span.kind != 0",
            "span.status.code <= 1",
        ],
    );
}

#[test]
fn keys_that_resemble_conventional_ones() {
    let lint = Lint::UnknownKey;
    let said = |key: &str| check(lint, &given(&format!("span.attributes[\"{key}\"] != nil")));
    assert_snapshot!(said("http.request.methd"));
    assert_snapshot!(said("http.staus_code"));
    assert_snapshot!(check(lint, "set(span.attributes[\"http.status_code\"], 1)"));
    for (key, meant) in [
        ("servicename", "service.name"),
        ("http_status_code", "http.response.status_code"),
        ("Service.Name", "service.name"),
        ("k8s.pod.nmae", "k8s.pod.name"),
    ] {
        assert!(said(key).contains(&format!("\"{meant}\"")), "{key}");
    }
    for key in [
        "service.name",
        "http.status_code",
        "tenant",
        "test.name",
        "env",
        "team",
        "url",
    ] {
        assert_eq!(said(key), "", "{key}");
    }
    assert_eq!(check(lint, "set(span.cache[\"servicename\"], 1)"), "");
}

#[test]
fn values_in_the_cache_without_use() {
    let lint = Lint::Cache;
    assert_snapshot!(check(
        lint,
        "set(span.cache[\"user\"], span.name)\nset(span.attributes[\"x\"], span.cache[\"usr\"])"
    ));
    for source in [
        "set(span.cache[\"a\"], 1)\nset(span.attributes[\"x\"], span.cache[\"a\"])",
        "merge_maps(span.cache, {\"a\": 1}, \"upsert\")\nset(span.attributes[\"x\"], span.cache[\"a\"])",
        "set(span.cache[\"a\"], 1)\nset(span.attributes[\"x\"], span.cache[span.name])",
        "set(span.cache[\"a\"][\"b\"], 1) where span.cache[\"a\"] == nil",
        "set(span.attributes[\"cache\"], 1)",
    ] {
        assert_eq!(check(lint, source), "", "{source}");
    }
    // What the statement with the error does is not known.
    assert!(
        !check(
            lint,
            "set(span.cache[\"a\"], 1)\nset(span.nam, span.cache[\"a\"])"
        )
        .contains("W04")
    );
}

#[test]
fn patterns_that_match_nothing() {
    let lint = Lint::NeverMatching;
    assert_snapshot!(check(lint, &given("IsMatch(span.name, \"/^api\")")));
    for pattern in [
        "a^",
        "$a",
        "(a)(^b|^c)",
        "[^\\\\s\\\\S]",
        "(?:x$)+y",
        "a^|$b",
    ] {
        let said = check(lint, &given(&format!("IsMatch(span.name, \"{pattern}\")")));
        assert!(said.contains("W0411"), "{pattern}");
    }
    for pattern in [
        "^a$",
        "(?m)a\\n^b",
        "a|^b",
        "x*^a",
        "(^a)?b",
        "$\\\\s*",
        "",
        "^^a",
        "a$$",
    ] {
        let said = check(lint, &given(&format!("IsMatch(span.name, \"{pattern}\")")));
        assert_eq!(said, "", "{pattern}");
    }
}

#[test]
fn patterns_that_take_longer_than_they_need() {
    let lint = Lint::SlowPattern;
    let said = |pattern: &str| check(lint, &given(&format!("IsMatch(span.name, \"{pattern}\")")));
    assert_snapshot!(said("^/api"));
    assert_snapshot!(said(".*error"));
    assert_snapshot!(said("\\\\d+"));
    assert_snapshot!(check(
        lint,
        "replace_pattern(span.name, \".*secret\", \"***\")"
    ));
    for (pattern, better) in [
        ("^/a/b$", "… == \\\"/a/b\\\""),
        ("\\\\.png$", "HasSuffix(…, \\\".png\\\")"),
        ("error", "Index(…, \\\"error\\\") >= 0"),
        ("^a.*", "Leave it out"),
    ] {
        let better = better.replace("\\\"", "\"");
        assert!(said(pattern).contains(&better), "{pattern}");
    }
    for pattern in [
        "^/api/v\\\\d+",
        "(?i)error",
        "user-[0-9]+",
        "^[a-z]+$",
        "GET|POST",
    ] {
        assert_eq!(said(pattern), "", "{pattern}");
    }
    let replacing = "replace_pattern(span.name, \"^a\", \"b\")";
    assert_eq!(check(lint, replacing), "");
}

#[test]
fn long_sources_come_to_an_end() {
    let mut source = String::new();
    for index in 0..6_000 {
        let _ = writeln!(
            source,
            "set(resource.attributes[\"http.k{index}\"], span.cache[\"c{index}\"]) where \
             IsMatch(span.name, \"[a-z]{index}\") and span.name != \"{index}\""
        );
    }
    let mut chain = given("span.name == \"0\"");
    for index in 1..20_000 {
        let _ = write!(chain, " and span.name != \"{index}\"");
    }
    let long = check_as(Lints::all(), Dialect::Strict, Level::Span, &source);
    assert!(long.contains("W0903"));
    assert_eq!(check(Lint::Contradiction, &chain), "");
}
