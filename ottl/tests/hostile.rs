//! Scripts and messages that are made to take memory or time: each hits a limit, in both
//! interpreters, and nothing else of the run is lost where the limit is one of a statement.

use ottl::{
    BatchLimits, Dialect, Engine, EngineLimits, ErrorMode, Gates, Interpreter, Level, Report,
    RunError, RunLimits, Signal, json,
};

const INTERPRETERS: [Interpreter; 2] = [Interpreter::Columns, Interpreter::Rows];

/// Small limits, so that hitting them takes no time.
fn engine(interpreter: Interpreter) -> Engine {
    let limits = EngineLimits {
        run: RunLimits {
            work_factor: 0,
            min_work: 20_000_000,
            max_string_bytes: 1 << 20,
            max_iterations: 1_000,
            ..RunLimits::default()
        },
        batch: BatchLimits {
            growth_factor: 0,
            min_growth: 16 << 20,
        },
        ..EngineLimits::default()
    };
    Engine::default()
        .with_dialect(Dialect::Selfops)
        .with_gates(Gates::ALL)
        .with_error_mode(ErrorMode::Ignore)
        .with_interpreter(interpreter)
        .with_limits(limits)
}

/// Runs a script over two spans, of which the first has `text` as the attribute `t`.
fn run(interpreter: Interpreter, source: &str, text: &str) -> Result<Report, RunError> {
    let engine = engine(interpreter);
    let script = engine.compile(Signal::Traces, Level::Span, source);
    let script = script.unwrap_or_else(|error| panic!("{source:.200}: {error}"));
    let message = serde_json::json!({"resourceSpans": [{"scopeSpans": [{"spans": [
        {"name": "a", "attributes": [{"key": "t", "value": {"stringValue": text}}]},
        {"name": "b"},
    ]}]}]});
    let message = json::to_wire(Signal::Traces, message.to_string().as_bytes());
    let mut batch = script
        .decode(message.expect("a message"))
        .expect("it is well formed");
    script.run(&mut batch)
}

/// The source fails on the first span with a reason that says `reason`; the statement behind it is
/// run for both.
#[track_caller]
fn fails(source: &str, text: &str, reason: &str) {
    let script = format!("{source}\nset(span.kind, 2)");
    for interpreter in INTERPRETERS {
        let report = run(interpreter, &script, text);
        let report = report.unwrap_or_else(|error| panic!("{source:.200}: {error}"));
        let last = report.statements.last().expect("there are two");
        assert_eq!(last.changed, 2, "{source:.200} by {interpreter:?}");
        let first = report.errors.first();
        let first = first.unwrap_or_else(|| panic!("{source:.200} does not fail"));
        let said = first.error.message();
        assert!(said.contains(reason), "{source:.200}: {said}");
    }
}

/// The run stops.
#[track_caller]
fn stops(source: &str, text: &str, expected: RunError) {
    for interpreter in INTERPRETERS {
        let outcome = run(interpreter, source, text).map(|report| report.errors);
        let outcome = outcome.map_err(|error| (error == expected, error));
        assert!(
            matches!(outcome, Err((true, _))),
            "{source:.200} by {interpreter:?}: {outcome:?}"
        );
    }
}

#[test]
fn what_doubles_with_every_statement_is_stopped() {
    let double = |statement: &str| vec![statement; 60].join("\n");
    // Each pair of statements makes it four times as large.
    let nested = double(
        "set(span.attributes[\"a\"], span.attributes)\nset(span.attributes[\"b\"], span.attributes)",
    );
    stops(&nested, "x", RunError::OutOfWork);
    let text = double(
        r#"set(span.attributes["t"], Concat([span.attributes["t"], span.attributes["t"]], ""))"#,
    );
    fails(&text, "x", "longer than 1048576 bytes");
    let replace = vec![r#"replace_pattern(span.attributes["t"], "x", "xx")"#; 21].join("\n");
    fails(&replace, "x", "longer than 1048576 bytes");
}

#[test]
fn a_thousand_growing_statements_hit_the_limit_of_the_heap() {
    let source: Vec<_> = (0..2_000)
        .map(|at| {
            format!(r#"set(span.attributes["{at}"], Concat([span.attributes["t"], "{at}"], ""))"#)
        })
        .collect();
    stops(
        &source.join("\n"),
        &"x".repeat(20_000),
        RunError::OutOfMemory,
    );
}

#[test]
fn nested_lambdas_share_one_budget() {
    let list = "[1,2,3,4,5,6,7,8,9,10]";
    let reduce = format!(
        "set(span.attributes[\"r\"], Reduce({list}, 0, (a, b, c) => \
         Reduce({list}, a, (d, e, f) => Reduce({list}, d, (g, h, i) => g + i))))"
    );
    fails(&reduce, "x", "1000");
}

#[test]
fn deep_documents_are_refused() {
    let deep = 1_000_000;
    let get = |call: &str| format!("set(span.attributes[\"r\"], {call})");
    for text in [
        "[".repeat(deep),
        "{\"a\":".repeat(deep),
        "[".repeat(101) + &"]".repeat(101),
    ] {
        fails(&get(r#"ParseJSON(span.attributes["t"])"#), &text, "deep");
    }
    let open = "<a>".repeat(deep);
    let whole = format!("{}{}", "<a>".repeat(300), "</a>".repeat(300));
    for call in ["ParseXML", "ParseSimplifiedXML"] {
        let source = get(&format!("{call}(span.attributes[\"t\"])"));
        fails(&source, &whole, "deep");
        let source = format!("{source}\nset(span.kind, 2)");
        for interpreter in INTERPRETERS {
            // An element that is not closed is found at the end of the text, the limit before.
            let failed = run(interpreter, &source, &open).map(|report| report.statements[0].failed);
            assert!(
                matches!(failed, Ok(2) | Err(RunError::OutOfMemory)),
                "{failed:?}"
            );
        }
    }
}

#[test]
fn entities_of_documents_are_not_expanded() {
    let bomb = r#"<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"#;
    for call in ["ParseXML", "ParseSimplifiedXML"] {
        fails(
            &format!("set(span.attributes[\"r\"], {call}(span.attributes[\"t\"]))"),
            bomb,
            "",
        );
    }
}

#[test]
fn xpaths_over_large_documents_are_stopped() {
    let document = format!("<r>{}</r>", "<a><b/></a>".repeat(3_000));
    let get = |path: &str| {
        format!("set(span.attributes[\"r\"], GetXML(span.attributes[\"t\"], \"{path}\"))")
    };
    for path in [
        "//*[count(preceding::* | following::*) > 1]",
        "//b[count(preceding::b[count(following::b) > 1]) > 1]",
    ] {
        stops(&get(path), &document, RunError::OutOfWork);
    }
    // What asks whether there is a node at all takes the first that it comes to.
    let cheap = get("//*[.//*[//*[.//*]]]");
    for interpreter in INTERPRETERS {
        let report = run(interpreter, &cheap, &document).expect("it is cheap");
        assert_eq!(report.statements[0].changed, 1, "{:?}", report.errors);
    }
}

#[test]
fn wide_formats_are_refused() {
    for verb in ["%999999999d", "%.999999999f", "%[1]*[1]d"] {
        let source = format!(
            "set(span.attributes[\"r\"], Format(\"{verb}\", [Len(span.attributes[\"t\"])]))"
        );
        let script = format!("{source}\nset(span.kind, 2)");
        for interpreter in INTERPRETERS {
            // The reference writes that a number is bad where it is too large.
            let report = run(interpreter, &script, &"x".repeat(900_000));
            let report = report.unwrap_or_else(|error| panic!("{verb}: {error}"));
            assert_eq!(report.statements[1].changed, 2, "{verb}");
        }
    }
}

#[test]
fn grok_patterns_cannot_refer_to_themselves_or_grow() {
    let grok = |pattern: &str, definitions: &str| {
        let engine = engine(Interpreter::Columns);
        let source = format!(
            "set(span.attributes[\"r\"], ExtractGrokPatterns(span.attributes[\"t\"], \"{pattern}\", false, [{definitions}]))"
        );
        let compiled = engine.compile(Signal::Traces, Level::Span, &source);
        compiled.err().map(|error| error.to_string())
    };
    assert!(grok("%{A:x}", "\"A=%{B}\", \"B=%{A}\"").is_some());
    let grows: Vec<_> = (0..40)
        .map(|at| format!("\"P{at}=%{{P{next}}}%{{P{next}}}\"", next = at + 1))
        .collect();
    let grows = grows.join(", ") + ", \"P40=x\"";
    let error = grok("%{P0:x}", &grows).expect("it is too large");
    assert!(error.contains("too large"), "{error}");
    // The same from data.
    let source = r#"set(span.attributes["r"], ExtractGrokPatterns("a", span.attributes["t"], false, ["A=%{B}", "B=%{A}"]))"#;
    fails(source, "%{A:x}", "");
}

#[test]
fn patterns_from_data_that_are_too_large_fail_on_the_item() {
    let source = r#"set(span.attributes["r"], IsMatch(span.name, span.attributes["t"]))"#;
    fails(source, r"(\pL{100}){10}", "too large");
    fails(source, &"(".repeat(100_000), "too large");
}

#[test]
fn rows_with_very_many_columns_cost_what_they_are() {
    let source = r#"set(span.attributes["r"], ParseCSV("a", span.attributes["t"]))"#;
    fails(source, &",".repeat(1_000_000), "");
    let source = r#"set(span.attributes["r"], ParseKeyValue(span.attributes["t"], "=", "&"))"#;
    let pairs: String = (0..400_000).map(|at| format!("{at}=&")).collect();
    stops(source, &pairs, RunError::OutOfMemory);
    let source = r#"set(span.attributes["r"], Split(span.attributes["t"], ""))"#;
    stops(source, &"a".repeat(1_000_000), RunError::OutOfMemory);
}

#[test]
fn sorted_lists_take_their_memory() {
    let source = r#"set(span.attributes["r"], Sort(Split(span.attributes["t"], ",")))"#;
    let text: String = (0..60_000)
        .map(|at| format!("{},", at * 7919 % 60_013))
        .collect();
    for interpreter in INTERPRETERS {
        let report = run(interpreter, source, &text).expect("there is enough work");
        assert_eq!(report.statements[0].changed, 1, "{:?}", report.errors);
    }
    // Each sorts another list, since a list that is known is not made again.
    let other = |at: usize| {
        let text = format!(r#"Concat([span.attributes["t"], "{at}"], "")"#);
        source.replace(r#"span.attributes["t"]"#, &text)
    };
    let sources: Vec<_> = (0..40).map(other).collect();
    stops(&sources.join("\n"), &text, RunError::OutOfMemory);
}

#[test]
fn times_take_no_more_than_their_text() {
    for format in [
        "%Y",
        &"%Y".repeat(150),
        "%s",
        "%f",
        "%A %B %d",
        &"%".repeat(101),
    ] {
        let source =
            format!("set(span.attributes[\"r\"], Time(span.attributes[\"t\"], \"{format}\"))");
        let script = format!("{source}\nset(span.kind, 2)");
        let engine = engine(Interpreter::Columns);
        if engine
            .compile(Signal::Traces, Level::Span, &script)
            .is_err()
        {
            continue;
        }
        fails(&source, &"9".repeat(1_000_000), "");
    }
}
