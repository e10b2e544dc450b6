//! Problems in statements and conditions, at their places in the file.

use ottl::config::{self, ComponentKind, ReadOptions, References};
use ottl::{
    BindArgs, BindError, Bound, CallContext, Engine, Function, Home, Severity, Signature, Type,
    Value,
};

use crate::{check, check_one, shown};

/// The same wrong statement in every style; the problem is always at `nme`.
#[test]
fn a_problem_is_where_it_was_written() {
    let file = r#"
processors:
  transform:
    trace_statements:
      - set(span.nme, 1)
      - 'set(span.nme, "it''s")'
      - "set(span.nme, \"\u0041\")"
      - |
        set(span.nme,
            1)
      - >-
        set(span.status.message,
        "x")
        where span.nme == 1
      - set(span.name,
          "x") where
          span.nme == 1
"#;
    let shown = shown(file, &check(file));
    let message = "E0203 The context span has no path `span.nme`.";
    let places: Vec<_> = shown
        .iter()
        .map(|line| {
            line.strip_suffix(message)
                .unwrap_or_else(|| panic!("{line}"))
        })
        .collect();
    assert_eq!(
        places,
        ["5:13 ", "6:14 ", "7:14 ", "9:13 ", "14:15 ", "17:11 "]
    );
}

#[test]
fn a_problem_is_shown_with_the_line_of_the_file() {
    let file =
        "processors:\n  transform/a:\n    log_statements:\n      - 'set(log.bdy, \"it''s\")'\n";
    let rendered = ottl::render(&check(file), "collector.yaml", file, false);
    let expected = "\
error[E0203]: The context log has no path `log.bdy`.
  --> collector.yaml:4:14
   |
 4 |       - 'set(log.bdy, \"it''s\")'
   |              ^^^^^^^
   |
   = help: did you mean `log.body`?

";
    assert_eq!(rendered, expected);
}

#[test]
fn fixes_are_changes_of_the_file() {
    let file =
        "processors:\n  transform:\n    log_statements:\n      - \"set(log.bdy, \\\"a\\\")\"\n";
    let problems = check(file);
    let fix = problems[0].fix.as_ref().expect("a fix");
    assert_eq!(&file[fix.span.range()], "bdy");
    assert_eq!(fix.replacement, "body");
}

#[test]
fn the_context_of_a_group_completes_paths() {
    let group = |context: &str, statement: &str| {
        let context = match context {
            "" => String::new(),
            context => format!("context: {context}, "),
        };
        let file = format!("trace_statements: [{{{context}statements: ['{statement}']}}]");
        let problems = check_one(ComponentKind::Transform, &file);
        shown(&file, &problems).join("\n")
    };
    assert_eq!(
        group("span", r#"set(attributes["a"], resource.attributes["b"])"#),
        ""
    );
    assert_eq!(group("SpanEvent", r#"set(name, span.name)"#), "");
    assert_eq!(
        group(
            "resource",
            r#"set(attributes["a"], 1) where cache["x"] == nil"#
        ),
        ""
    );
    let unknown = group("span", r#"set(nme, "a")"#);
    assert_eq!(
        unknown,
        "1:54 E0203 The context span has no path `span.nme`."
    );
    let missing = group("", r#"set(name, "a")"#);
    assert!(
        missing.ends_with("E0208 There is no path that begins with a context, to infer it from.")
    );
}

#[test]
fn contexts_are_inferred_from_statements_and_conditions() {
    let file = "
metric_statements:
  - conditions: ['datapoint.value_int > 1']
    statements: ['set(resource.attributes[\"a\"], 1)']
  - conditions: ['metric.name == 1']
    statements: ['set(datapoint.nme, 1)']
  - {conditions: [], statements: []}
";
    let shown = shown(file, &check_one(ComponentKind::Transform, file));
    assert_eq!(
        shown,
        [
            "6:23 E0203 The context datapoint has no path `datapoint.nme`.",
            "7:6 E0208 There is no path that begins with a context, to infer it from.",
        ]
    );
}

#[test]
fn every_source_of_every_component_is_checked() {
    let file = "
receivers: {otlp: {protocols: {grpc: {transform: [wrong]}}}}
processors:
  batch: {what: ever}
  transform/a: {trace_statements: ['a(']}
  filter: {logs: {log_record: ['body ==']}}
  filter/b: {metric_conditions: ['metric.name = 1']}
connectors:
  routing: {table: [{condition: 'attributes[', pipelines: [traces]}]}
  transform: {also: leave}
";
    let problems = check(file);
    let lines: Vec<_> = shown(file, &problems)
        .iter()
        .map(|line| line.split(':').next().unwrap_or("").to_owned())
        .collect();
    assert_eq!(lines, ["5", "6", "7", "9"]);
    assert!(
        problems
            .iter()
            .all(|problem| problem.severity == Severity::Error)
    );
}

/// A function of one component.
struct Owned(&'static Signature, Home);

static OF_FILTER: Signature = signature("OfFilter");
static OF_TRANSFORM: Signature = signature("OfTransform");

const fn signature(name: &'static str) -> Signature {
    Signature {
        name,
        params: &[],
        result: Type::Bool,
        fields: &[],
        docs: "True.",
        examples: &[],
    }
}

impl Function for Owned {
    fn signature(&self) -> &Signature {
        self.0
    }

    fn home(&self) -> Home {
        self.1
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(|_: &mut CallContext<'_>| {
            Ok(Value::Bool(true))
        }))
    }
}

#[test]
fn components_have_functions_of_their_own() {
    let engine = Engine::default()
        .with_function(Owned(&OF_FILTER, Home::Filter))
        .with_function(Owned(&OF_TRANSFORM, Home::Transform));
    let check = |kind, file: &str| {
        let read = config::read_component(kind, file, &ReadOptions::default());
        shown(file, &read.check(&engine)).join("\n")
    };
    let filter = |name: &str| {
        let file = format!("{{log_conditions: ['{name}() and log.body == 1']}}");
        check(ComponentKind::Filter, &file)
    };
    assert_eq!(filter("OfFilter"), "");
    assert_eq!(
        filter("OfTransform"),
        "1:20 E0206 The filter processor has no function `OfTransform` here."
    );
    let group = |condition: &str, statement: &str| {
        let group = format!(
            "{{conditions: ['{condition}()'], statements: ['set(log.body, 1) where {statement}()']}}"
        );
        check(
            ComponentKind::Transform,
            &format!("{{log_statements: [{group}]}}"),
        )
    };
    // The conditions of groups are those of filters.
    assert_eq!(group("OfFilter", "OfTransform"), "");
    let both = group("OfTransform", "OfFilter");
    assert!(both.contains("1:34 E0206"), "{both}");
    let route = "{table: [{condition: 'OfFilter()', pipelines: [logs]}]}";
    assert!(check(ComponentKind::Routing, route).contains("1:23 E0206"));
}

#[test]
fn warnings_have_places_as_well() {
    let file = "{log_statements: ['set(log.body, 1)', 'set(log.severity_number, \"x\")']}";
    let problems = check_one(ComponentKind::Transform, file);
    assert_eq!(problems[0].severity, Severity::Warning);
    assert!(
        shown(file, &problems)[0].starts_with("1:65 W0401"),
        "{problems:?}"
    );
}

#[test]
fn references_that_are_kept_hide_what_they_are_in() {
    let file = r#"{log_statements: ['set(log.body, "${env:A}")', 'set(log.body, ${B})']}"#;
    assert_eq!(
        shown(file, &check_one(ComponentKind::Transform, file)),
        ["1:48 W0601 With the values of its references not known, this cannot be checked."]
    );
    let lookup = |name: &str| (name == "B").then(|| "log.nme".to_owned());
    let options = ReadOptions {
        references: References::Replace(&lookup),
        ..ReadOptions::default()
    };
    let read = config::read_component(ComponentKind::Transform, file, &options);
    assert_eq!(
        shown(file, &read.check(&Engine::default())),
        ["1:63 E0203 The context log has no path `log.nme`."]
    );
}

#[test]
fn doubled_dollars_are_one() {
    let file = r#"{log_statements: ['replace_pattern(log.attributes["a"], "(x)", "$$1")']}"#;
    assert_eq!(
        shown(file, &check_one(ComponentKind::Transform, file)),
        [""; 0]
    );
}

#[test]
fn a_shared_cache_has_the_paths_of_any_other() {
    let group = |statement: &str| {
        format!(
            "log_statements: [{{context: log, shared_cache: true, statements: ['{statement}']}}]"
        )
    };
    let check = |file: &str| shown(file, &check_one(ComponentKind::Transform, file));
    assert_eq!(check(&group("set(cache[\"a\"], body)")), [""; 0]);
    assert_eq!(
        check(&group("set(resource.cache[\"a\"], body)")),
        ["1:71 E0207 Only the cache of the program's own context can be used."]
    );
}
