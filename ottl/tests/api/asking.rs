//! Conditions and expressions.

use std::sync::Arc;

use ottl::{
    Batch, BitSet, Condition, Dialect, Engine, FixedEnvironment, Level, Mask, Signal, Value,
};

use crate::{decode, gauges, names, spans, text};

fn condition(source: &str) -> Condition {
    Engine::default()
        .compile_condition(Signal::Traces, Level::Span, source)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn traces(names: &[&str]) -> Batch {
    Batch::decode(Signal::Traces, spans(names)).expect("a message")
}

fn rows(set: &BitSet) -> Vec<usize> {
    set.iter().collect()
}

#[test]
fn a_mask_has_the_rows_a_condition_holds_for() {
    let condition = condition(r#"span.name == "b" or span.attributes["n"] == 3"#);
    assert_eq!(condition.context(), Level::Span);
    let mut batch = traces(&["a", "b", "c", "d"]);
    let mask = condition.eval(&mut batch).expect("a mask");
    assert_eq!(rows(&mask.matched), [1, 3]);
    assert_eq!((mask.matched.len(), mask.matched.count()), (4, 2));
    assert_eq!(mask.failed, []);
    assert!(batch.is_clean(), "asking changes nothing");
    // What a mask is for.
    let part = batch.encode_rows(Level::Span, &mask.matched);
    assert_eq!(names(&part), ["b", "d"]);
}

#[test]
fn items_that_cannot_be_judged_are_told() {
    let condition = condition(r#"span.name == "c" or Int(span.name) / span.attributes["n"] > 0"#);
    let mut batch = traces(&["1", "2", "c", "x"]);
    let Mask { matched, failed } = condition.eval(&mut batch).expect("a mask");
    assert_eq!(rows(&matched), [1, 2]);
    let failed: Vec<_> = failed
        .iter()
        .map(|(row, error)| (*row, error.message().to_owned()))
        .collect();
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert_eq!((failed[0].0, failed[1].0), (0, 3));
    assert!(failed[0].1.contains("zero"), "{failed:?}");
    assert!(failed[1].1.contains("integer"), "{failed:?}");
}

#[test]
fn a_mask_counts_rows_also_when_some_were_removed_before() {
    let compile = |source: &str| {
        let compiled = Engine::default().compile(Signal::Metrics, Level::DataPoint, source);
        compiled.expect("a script")
    };
    let removing = compile("set(metric.data_points, nil) where datapoint.value_int == 3");
    let condition = Engine::default()
        .compile_condition(Signal::Metrics, Level::DataPoint, "datapoint.value_int > 1")
        .expect("a condition");
    let expression = Engine::default()
        .compile_expression(Signal::Metrics, Level::DataPoint, "datapoint.value_int")
        .expect("an expression");
    let mut batch = decode(&removing, gauges(&[&[1, 2], &[3], &[4, 5]]));
    assert_eq!(removing.run(&mut batch).expect("no failure").items, 5);

    let mask = condition.eval(&mut batch).expect("a mask");
    assert_eq!(mask.matched.len(), batch.rows(Level::DataPoint));
    assert_eq!(rows(&mask.matched), [1, 3, 4]);
    assert_eq!(mask.failed, []);
    let values = |batch: &mut Batch| {
        let values = expression.eval(batch).expect("values").into_iter();
        values
            .map(|value| value.expect("a value"))
            .collect::<Vec<_>>()
    };
    // A removed item has no value.
    assert_eq!(values(&mut batch), [1, 2, 4, 5].map(Value::Int));
    let part = batch.encode_rows(Level::DataPoint, &mask.matched);
    let mut part = Batch::decode(Signal::Metrics, part).expect("a message");
    assert_eq!(values(&mut part), [2, 4, 5].map(Value::Int));

    // A condition that needs more of the message than was read has it read anew, without what was
    // removed, so that the rows have other numbers.
    let condition = Engine::default()
        .compile_condition(
            Signal::Metrics,
            Level::DataPoint,
            r#"metric.name == "m" and datapoint.value_int > 3"#,
        )
        .expect("a condition");
    let mask = condition.eval(&mut batch).expect("a mask");
    assert_eq!(mask.matched.len(), batch.rows(Level::DataPoint));
    let part = batch.encode_rows(Level::DataPoint, &mask.matched);
    let mut part = Batch::decode(Signal::Metrics, part).expect("a message");
    assert_eq!(values(&mut part), [4, 5].map(Value::Int));
}

#[test]
fn an_expression_has_a_value_or_an_error_for_each_item() {
    let expression = Engine::default()
        .compile_expression(Signal::Traces, Level::Span, "10 / Int(span.name)")
        .expect("an expression");
    assert_eq!(expression.context(), Level::Span);
    let mut batch = traces(&["5", "0", "3"]);
    let values = expression.eval(&mut batch).expect("values");
    assert_eq!(values.len(), 3);
    assert_eq!(values[0], Ok(Value::Int(2)));
    assert!(values[1].is_err());
    assert_eq!(values[2], Ok(Value::Int(3)));
}

#[test]
fn values_live_in_the_heap_of_the_batch() {
    let engine = Engine::default();
    let expression = engine
        .compile_expression(
            Signal::Traces,
            None,
            r#"[span.name, {"n": span.attributes["n"]}, nil]"#,
        )
        .expect("an expression");
    let mut batch = traces(&["a"]);
    let value = expression.eval(&mut batch).expect("values")[0]
        .clone()
        .expect("a value");
    let Value::List(_, list) = batch.heap_mut().resolve(value) else {
        panic!("{value:?} is no list");
    };
    let elements = batch.heap().list(list).to_vec();
    assert_eq!(elements.len(), 3);
    assert_eq!(text(&batch, elements[0]), "a");
    let Value::Map(_, map) = batch.heap_mut().resolve(elements[1]) else {
        panic!("{:?} is no map", elements[1]);
    };
    let entry = batch.heap_mut().map_get(map, b"n").expect("an entry");
    assert_eq!(batch.heap_mut().resolve(entry), Value::Int(0));
    assert_eq!(elements[2], Value::Nil);
}

#[test]
fn the_world_is_passed_in() {
    let engine = Engine::default().with_environment(Arc::new(FixedEnvironment::at(5_000_000_000)));
    let expression = engine
        .compile_expression(Signal::Traces, Level::Span, "UnixNano(Now())")
        .expect("an expression");
    let values = expression.eval(&mut traces(&["a"])).expect("values");
    assert_eq!(values, [Ok(Value::Int(5_000_000_000))]);
}

#[test]
fn what_is_no_condition_is_rejected() {
    let engine = Engine::default().with_dialect(Dialect::Strict);
    for source in [
        "span.name",
        "1",
        r#"set(span.name, "x")"#,
        "span.name ==",
        "",
    ] {
        let error = engine
            .compile_condition(Signal::Traces, Level::Span, source)
            .expect_err(source);
        assert!(!error.problems().is_empty());
    }
    let error = engine
        .compile_condition(Signal::Logs, Level::Span, "true")
        .expect_err("no spans in logs");
    assert!(error.to_string().contains("span"), "{error}");
}
