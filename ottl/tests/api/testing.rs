//! Test files: what cases count, what they expect of failures, and what they say of requests.

use bytes::Bytes;
use ottl::testing::{
    self, Case, Coverage, CoverageSum, Done, Files, NoFiles, RunOptions, TestFile, Verdict,
};
use ottl::trace::Truth;
use ottl::{Interpreter, Signal};

/// One file of text, whatever its name.
struct Text(&'static str);

impl Files for Text {
    fn text(&self, _: &str) -> Result<String, String> {
        Ok(self.0.to_owned())
    }

    fn message(&self, _: Signal, path: &str) -> Result<Bytes, String> {
        Err(format!("{path} is no message."))
    }

    fn name(&self, path: &str) -> String {
        path.to_owned()
    }
}

fn read(source: &str) -> TestFile {
    testing::read(source).unwrap_or_else(|problems| {
        panic!("{}", ottl::render(&problems, "t.yaml", source, false));
    })
}

fn run(case: &Case, files: &dyn Files, interpreter: Interpreter) -> Done {
    let options = RunOptions {
        interpreter,
        name: "t.yaml".to_owned(),
    };
    case.run(files, &options)
}

/// What the first case of a file did with each interpreter; they have to agree, and to pass.
fn counts(source: &str, files: &dyn Files) -> Vec<(u64, u64, u64)> {
    let of = |interpreter| {
        let done = run(&read(source).cases[0], files, interpreter);
        assert_eq!(done.verdict, Verdict::Passed, "{interpreter:?}");
        let statements = done.coverage.expect("it ran").statements.into_iter();
        let counts = statements.map(|one| (one.matched, one.unmatched, one.failed));
        counts.collect::<Vec<_>>()
    };
    let rows = of(Interpreter::Rows);
    assert_eq!(rows, of(Interpreter::Columns));
    rows
}

fn messages(done: &Done) -> Vec<String> {
    match &done.verdict {
        Verdict::Failed(mismatches) => mismatches.iter().map(|one| one.message.clone()).collect(),
        Verdict::Passed => Vec::new(),
        other => panic!("{other:?}"),
    }
}

const INPUT: &str = "{spans: [{name: a}, {name: b}, {name: '{', kind: 3}, {name: a}]}";

#[test]
fn nothing_behind_a_failure_is_counted() {
    let file = format!(
        r#"
signal: traces
statements:
  - set(span.attributes["a"], 1) where span.name != "b"
  - set(span.attributes["b"], ParseJSON(span.name)) where span.kind == 3
  - set(span.attributes["c"], 1) where span.name == "a"
tests: [{{input: {INPUT}, expect: {{errors: {{statement: 2, item: 2}}}}}}]
"#
    );
    // Items 0 to 2 come to the first two statements, and items 0 and 1 to the last.
    assert_eq!(counts(&file, &NoFiles), [(2, 1, 0), (1, 2, 1), (1, 1, 0)]);
}

#[test]
fn nothing_behind_a_failure_in_a_block_is_counted() {
    let file = format!(
        r#"
signal: traces
dialect: selfops
statements: |
  when span.name != "b" {{
    when span.kind != 7 {{
      set(span.attributes["b"], ParseJSON(span.name)) where span.kind == 3
      set(span.attributes["c"], 1) where span.name == "a"
    }} else {{
      set(span.attributes["d"], 1)
    }}
    set(span.attributes["e"], 1) where span.name != "a"
  }} else {{
    set(span.attributes["f"], 1)
  }}
  set(span.attributes["g"], 1)
tests: [{{input: {INPUT}, expect: {{errors: {{item: 2}}}}}}]
"#
    );
    assert_eq!(
        counts(&file, &NoFiles),
        [
            (2, 1, 0),
            (2, 0, 0),
            (1, 1, 1),
            (1, 0, 0),
            (0, 0, 0),
            (0, 1, 0),
            (1, 0, 0),
            (2, 0, 0),
        ]
    );
}

#[test]
fn nothing_behind_a_failure_is_counted_in_a_processor() {
    let config = Text(
        r#"
processors:
  transform/x:
    error_mode: propagate
    trace_statements:
      - statements: ['set(span.attributes["first"], true)']
      - conditions: ['span.name != "b"']
        statements:
          - set(span.attributes["b"], ParseJSON(span.name)) where span.kind == 3
          - set(span.attributes["c"], 1) where span.name == "a"
      - statements: ['set(span.attributes["last"], true)']
"#,
    );
    let file = format!(
        "{{signal: traces, config: c.yaml, tests: [{{input: {INPUT}, expect: {{errors: {{item: 2}}}}}}]}}"
    );
    assert_eq!(
        counts(&file, &config),
        [(4, 0, 0), (2, 1, 0), (1, 1, 1), (1, 0, 0), (0, 0, 0)]
    );
}

#[test]
fn a_metric_that_is_made_anew_counts_up_to_a_failure() {
    let file = r#"
signal: metrics
context: metric
statements:
  - copy_metric(Concat([metric.name, "copy"], ".")) where metric.name == "a"
  - set(metric.unit, ParseJSON(metric.name)["x"]) where metric.name == "b"
tests:
  - input: {metrics: [{name: a, gauge: {}}, {name: b, gauge: {}}, {name: a, gauge: {}}]}
    expect: {errors: {statement: 2, item: 1}}
"#;
    // The condition of the second held before its editor failed.
    assert_eq!(counts(file, &NoFiles), [(1, 1, 0), (1, 1, 1)]);
}

#[test]
fn conditions_of_filters_count_what_they_were_asked_of() {
    let config = Text(
        r#"
processors:
  filter/x:
    error_mode: ignore
    trace_conditions:
      - resource.attributes["none"] != nil
      - span.name == "a"
      - ParseInt(span.name, 10) == 1
"#,
    );
    let file = format!(
        "{{signal: traces, config: c.yaml, tests: [{{input: {INPUT}, expect: {{errors: [{{item: 1}}, {{item: 2}}], count: {{span: 2}}}}}}]}}"
    );
    assert_eq!(counts(&file, &config), [(0, 1, 0), (2, 2, 0), (0, 0, 2)]);
}

#[test]
fn silent_components_need_no_expected_failures() {
    for config in [
        "{processors: {filter/x: {error_mode: silent, trace_conditions: ['ParseInt(span.name, 10) == 1']}}}",
        "{connectors: {routing/x: {error_mode: silent, default_pipelines: [traces/d], table: [\
         {context: span, condition: 'ParseInt(span.name, 10) == 1', pipelines: [traces/a]}]}}}",
    ] {
        let file = "{signal: traces, config: c.yaml, tests: [\
                    {input: {spans: [{name: a}]}, expect: {errors: []}}]}";
        assert_eq!(counts(file, &Text(config)), [(0, 0, 1)]);
    }
}

#[test]
fn a_route_that_edits_fails_once_for_an_item() {
    let config = Text(
        "{connectors: {routing/x: {error_mode: ignore, default_pipelines: [traces/d], table: [\
         {statement: 'delete_key(attributes, \"x\") where ParseInt(attributes[\"n\"], 10) == 1', pipelines: [traces/a]}]}}}",
    );
    let file = "{signal: traces, config: c.yaml, tests: [\
                {input: {resource: {attributes: {n: a}}, spans: [{}]}, expect: {errors: [{item: 0}]}}]}";
    assert_eq!(counts(file, &config), [(0, 0, 1)]);
}

#[test]
fn failures_beyond_those_that_are_told_are_counted() {
    let spans = "{}, ".repeat(1_005);
    let errors: Vec<_> = (0..1_000).map(|item| format!("{{item: {item}}}")).collect();
    for config in [
        "{processors: {filter/x: {error_mode: ignore, trace_conditions: ['ParseInt(span.name, 10) == 1']}}}",
        "{processors: {transform/x: {error_mode: ignore, trace_statements: ['set(span.kind, ParseInt(span.name, 10))']}}}",
    ] {
        let file = format!(
            "{{signal: traces, config: c.yaml, tests: [{{input: {{spans: [{spans}]}}, expect: {{errors: [{}]}}}}]}}",
            errors.join(", ")
        );
        let done = run(&read(&file).cases[0], &Text(config), Interpreter::Auto);
        let messages = messages(&done);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].starts_with("5 more failures were not expected."));
    }
}

#[test]
fn unexpected_failures_are_shown_up_to_ten() {
    let spans = "{}, ".repeat(12);
    let file = format!(
        "{{signal: traces, error_mode: ignore, statements: 'set(span.kind, ParseInt(span.name, 10))', \
         tests: [{{input: {{spans: [{spans}]}}, expect: {{errors: {{item: 11}}}}}}]}}"
    );
    let messages = messages(&run(&read(&file).cases[0], &NoFiles, Interpreter::Auto));
    assert_eq!(messages.len(), 11);
    assert!(messages[9].contains("failed on item 9"), "{}", messages[9]);
    assert_eq!(messages[10], "1 more failure was not expected.");
}

#[test]
fn what_says_most_of_a_failure_is_found_first() {
    let file = "{signal: traces, error_mode: ignore, statements: 'set(span.kind, ParseInt(span.name, 10))', \
                tests: [{input: {spans: [{}, {}]}, expect: {errors: [empty, {item: 0, message: empty}]}}]}";
    let done = run(&read(file).cases[0], &NoFiles, Interpreter::Auto);
    assert_eq!(done.verdict, Verdict::Passed);
}

#[test]
fn a_failure_goes_to_the_entry_that_has_no_other() {
    for (errors, expected) in [
        ("[{message: empty}, {item: 0}]", vec![]),
        ("[{item: 0}, {message: empty}]", vec![]),
        (
            "[{item: 0}, {message: empty}, {item: 0}]",
            vec!["A failure on item 0 was expected, but "],
        ),
        (
            "[{item: 0}]",
            vec![
                "Statement 1 in line 1, `set(span.kind, ParseInt(span.name, 10))`, failed on item 1",
            ],
        ),
    ] {
        let file = format!(
            "{{signal: traces, error_mode: ignore, statements: 'set(span.kind, ParseInt(span.name, 10))', \
             tests: [{{input: {{spans: [{{}}, {{}}]}}, expect: {{errors: {errors}}}}}]}}"
        );
        let messages = messages(&run(&read(&file).cases[0], &NoFiles, Interpreter::Auto));
        assert_eq!(messages.len(), expected.len(), "{errors}: {messages:?}");
        for (message, begin) in messages.iter().zip(expected) {
            assert!(message.starts_with(begin), "{errors}: {message}");
        }
    }
}

#[test]
fn a_condition_that_fails_is_wrong_for_none() {
    for (spans, expected) in [
        ("{name: '2'}", None),
        ("{name: x}, {name: y}", Some("fails on 2 of 2 × span")),
        (
            "{name: '2'}, {name: '1'}, {name: x}",
            Some("holds for 1 and fails on 1 of 3 × span"),
        ),
        ("{name: '1'}, {name: '2'}", Some("holds for 1 of 2 × span")),
    ] {
        let file = format!(
            "{{signal: traces, statements: 'set(span.kind, 1)', tests: [{{input: {{spans: [{spans}]}}, \
             expect: {{assert: {{none: 'ParseInt(span.name, 10) == 1'}}}}}}]}}"
        );
        for interpreter in [Interpreter::Rows, Interpreter::Columns] {
            let done = run(&read(&file).cases[0], &NoFiles, interpreter);
            let Some(expected) = expected else {
                assert_eq!(done.verdict, Verdict::Passed, "{spans}");
                continue;
            };
            let expected = format!("`ParseInt(span.name, 10) == 1` {expected} that came out.");
            assert_eq!(messages(&done), [expected]);
            let Verdict::Failed(mismatches) = &done.verdict else {
                unreachable!("it has messages");
            };
            let truths = mismatches[0].values.iter().map(|(_, _, part)| &part.truth);
            let failed = truths.filter(|truth| matches!(truth, Truth::Failed(_)));
            assert_eq!(failed.count(), spans.matches(['x', 'y']).count(), "{spans}");
        }
    }
}

#[test]
fn an_empty_list_of_errors_is_meant() {
    let case = |expect: &str| {
        let file = format!(
            "{{signal: traces, error_mode: silent, statements: 'set(span.kind, ParseInt(span.name, 10))', \
             tests: [{{input: {{spans: [{{}}]}}, expect: {expect}}}]}}"
        );
        messages(&run(&read(&file).cases[0], &NoFiles, Interpreter::Auto)).len()
    };
    assert_eq!(
        case("{count: {span: 1}}"),
        0,
        "silent failures are not told"
    );
    assert_eq!(case("{errors: []}"), 1);
}

#[test]
fn each_program_is_summed_up_once() {
    let file = "{signal: traces, tests: [\
        {name: a, statements: 'set(span.kind, 1)', input: {spans: [{}]}, expect: {count: {span: 1}}},\
        {name: b, statements: 'set(span.kind, 1)', input: {spans: [{}]}, expect: {count: {span: 1}}},\
        {name: c, statements: 'set(span.kind, 2)', input: {spans: [{}, {}]}, expect: {count: {span: 2}}}]}";
    let mut sum = CoverageSum::default();
    for case in &read(file).cases {
        let coverage = run(case, &NoFiles, Interpreter::Auto).coverage;
        sum.add(&coverage.expect("it ran"));
    }
    let matched = |one: &Coverage| one.statements[0].matched;
    let all: Vec<_> = sum.programs().iter().map(matched).collect();
    assert_eq!(all, [2, 2]);
}

#[test]
fn requests_are_known_to_all_that_is_tested() {
    let file = r#"
signal: traces
statements: set(span.attributes["tenant"], otelcol.client.metadata["x-tenant"][0])
otelcol: {client: {addr: "a:1", metadata: {X-Tenant: acme}}}
tests:
  - name: of the file
    input: {spans: [{}]}
    expect:
      output: {spans: [{attributes: {tenant: acme}}]}
      assert: otelcol.client.addr == "a:1" and span.name == ""
  - name: with more
    client_metadata: {x-tenant: [b, c]}
    input: {spans: [{}]}
    expect: {assert: 'span.attributes["tenant"] == "acme" and Len(otelcol.client.metadata["x-tenant"]) == 3'}
  - name: of its own
    otelcol: {client: {metadata: {x-tenant: own}}}
    input: {spans: [{}]}
    expect: {assert: 'span.attributes["tenant"] == "own" and otelcol.client.addr == nil'}
"#;
    for case in &read(file).cases {
        for interpreter in [Interpreter::Rows, Interpreter::Columns] {
            let done = run(case, &NoFiles, interpreter);
            assert_eq!(done.verdict, Verdict::Passed, "{}", case.name);
        }
    }
}

#[test]
fn routes_on_the_request_are_followed_and_counted() {
    let config = Text(
        "{connectors: {routing/x: {default_pipelines: [traces/d], table: [\
         {context: request, condition: 'request[\"x-tenant\"] == \"acme\"', pipelines: [traces/a]}]}}}",
    );
    let case = |request: &str, to: &str| {
        format!(
            "{{signal: traces, config: c.yaml, {request}tests: [\
             {{input: {{spans: [{{}}]}}, expect: {{routes: {{{to}: {{spans: [{{}}]}}}}}}}}]}}"
        )
    };
    let request = "client_metadata: {X-Tenant: acme}, ";
    assert_eq!(counts(&case(request, "traces/a"), &config), [(1, 0, 0)]);
    assert_eq!(counts(&case("", "traces/d"), &config), [(0, 1, 0)]);
}

#[test]
fn items_are_regrouped_on_request() {
    let case = |regroup: &str| {
        format!(
            "{{signal: traces, {regroup}statements: 'set(resource.attributes[\"n\"], span.name)', tests: [\
             {{input: {{spans: [{{name: a}}, {{name: b}}]}}, expect: {{count: {{resource: 2}}}}}}]}}"
        )
    };
    assert_eq!(counts(&case("regroup: true, "), &NoFiles), [(2, 0, 0)]);
    let done = run(&read(&case("")).cases[0], &NoFiles, Interpreter::Auto);
    assert_eq!(
        messages(&done),
        ["2 × resource should come out, but 1 did."]
    );
}

#[test]
fn whole_numbers_are_those_of_yaml() {
    let file = "{signal: traces, statements: [], now: 0x10, seed: 0b11, tests: [\
                {input: {spans: [{attributes: {a: 0777, b: 0o17, c: -0x1F, d: 1_000}}]}, expect: {output: \
                {spans: [{attributes: {a: 511, b: 15, c: -31, d: 1000}}]}}}]}";
    let case = &read(file).cases[0];
    assert_eq!((case.settings.now, case.settings.seed), (16, 3));
    assert_eq!(counts(file, &NoFiles), []);
    for number in ["99999999999999999999", "-9223372036854775809"] {
        let file = format!(
            "{{signal: traces, statements: [], tests: [{{input: {{spans: [{{attributes: {{a: {number}}}}}]}}, expect: {{unchanged: true}}}}]}}"
        );
        let problems = testing::read(&file).expect_err("it does not fit");
        assert_eq!(
            &file[problems[0].primary.span.range()],
            number,
            "{problems:?}"
        );
    }
}
