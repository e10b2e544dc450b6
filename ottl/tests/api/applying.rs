//! Messages that are worked on piece by piece come to the same as whole ones.

use std::sync::Arc;

use ottl::{
    ApplyError, DecodeReason, Engine, ErrorMode, FixedEnvironment, RunContext, RunError, Script,
    Signal, json,
};

/// Spans of one resource, with names that begin with `name`.
fn resource(name: &str, spans: usize) -> Vec<u8> {
    let spans: Vec<_> = (0..spans)
        .map(|at| {
            let fill = "x".repeat(50 + at * 13 % 150);
            format!(
                r#"{{"name":"{name}-{at}","attributes":[
                    {{"key":"n","value":{{"intValue":"{at}"}}}},
                    {{"key":"fill","value":{{"stringValue":"{fill}"}}}}]}}"#
            )
        })
        .collect();
    let text = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[
            {{"key":"name","value":{{"stringValue":"{name}"}}}}]}},
            "scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
        spans.join(",")
    );
    json::to_wire(Signal::Traces, text.as_bytes()).expect("a message")
}

/// A message of several pieces: 300 resources with 30 spans each.
fn message() -> Vec<u8> {
    let resources = (0..300).map(|at| resource(&format!("r{at}"), 30));
    let message = resources.collect::<Vec<_>>().concat();
    assert!(message.len() > 1 << 20);
    message
}

fn script(source: &str, mode: ErrorMode) -> Script {
    let engine = Engine::default()
        .with_environment(Arc::new(FixedEnvironment::default()))
        .with_error_mode(mode);
    let script = engine.compile(Signal::Traces, None, source);
    script.expect("a script")
}

const SCRIPTS: [&str; 4] = [
    r#"set(span.attributes["of"], resource.attributes["name"]) where span.attributes["n"] > 20"#,
    r#"set(resource.attributes["seen"], true) where resource.attributes["name"] == "r177"
       delete_key(span.attributes, "fill")"#,
    r#"set(span.status.code, Int(span.attributes["fill"])) where span.attributes["n"] == 3
       set(span.cache["a"], span.name)
       set(span.name, span.cache["a"])"#,
    r#"set(span.name, "never") where span.name == "nobody""#,
];

#[test]
fn pieces_come_to_the_same_as_the_whole() {
    let message = message();
    for source in SCRIPTS {
        let script = script(source, ErrorMode::Ignore);
        let applied = script.apply(message.clone()).expect("a message");
        let mut batch = script.decode(message.clone()).expect("a message");
        let report = script.run(&mut batch).expect("a run");
        assert_eq!(applied.message, batch.encode(), "{source}");
        assert_eq!(applied.report, report, "{source}");
        assert_eq!(applied.report.items, 9000);
    }
}

#[test]
fn a_message_without_changes_is_not_copied() {
    let message = bytes::Bytes::from(message());
    let applied = script(SCRIPTS[3], ErrorMode::Propagate).apply(message.clone());
    let applied = applied.expect("a message").message;
    assert_eq!(applied.as_ptr(), message.as_ptr());
}

#[test]
fn items_are_numbered_through_the_message() {
    let source = r#"set(span.name, "x") where Int(span.attributes["n"]) == 5
                    set(span.status.code, Concat([1], "")) where span.name == "r250-7""#;
    let error = script(source, ErrorMode::Propagate).apply(message());
    let Err(ApplyError::Run(RunError::Statement(failed))) = error else {
        panic!("{error:?}");
    };
    assert_eq!((failed.statement, failed.item), (1, 250 * 30 + 7));
    let applied = script(source, ErrorMode::Ignore).apply(message());
    let errors = applied.expect("a message").report.errors;
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].item, 250 * 30 + 7);
}

#[test]
fn a_message_that_is_not_well_formed_is_that_first() {
    let mut damaged = message();
    let name = damaged.windows(6).position(|name| name == b"r299-7");
    let at = name.expect("the name of a span") - 1;
    // The length of the name goes beyond the end of the span.
    damaged[at] = 0xff;
    let fails = r#"set(span.status.code, Concat([1], ""))"#;
    for source in [SCRIPTS[0], fails] {
        let script = script(source, ErrorMode::Propagate);
        let Err(whole) = script.decode(damaged.clone()) else {
            panic!("it is damaged");
        };
        assert_eq!(whole.offset, at - 1);
        let error = script.apply(damaged.clone()).map(drop);
        assert_eq!(error, Err(ApplyError::Decode(whole)), "{source}");
    }
}

#[test]
fn what_cannot_be_split_is_worked_on_whole() {
    let mut unknown = message();
    // An unknown field behind the resources.
    unknown.extend([0x78, 1]);
    let script = script(SCRIPTS[0], ErrorMode::Propagate);
    let applied = script.apply(unknown.clone()).expect("a message");
    let mut batch = script.decode(unknown).expect("a message");
    script.run(&mut batch).expect("a run");
    assert_eq!(applied.message, batch.encode());
    let Err(ApplyError::Decode(error)) = script.apply(vec![10, 200]) else {
        panic!("it ends early");
    };
    assert_eq!(error.reason, DecodeReason::Truncated);
}

#[test]
fn an_interrupt_ends_the_run_between_pieces() {
    let context = RunContext::default().with_interrupt(Arc::new(|| true));
    let script = script(SCRIPTS[0], ErrorMode::Propagate);
    let error = script.apply_with(message(), &context);
    assert_eq!(error.map(drop), Err(ApplyError::Run(RunError::Interrupted)));
}
