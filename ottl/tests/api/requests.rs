//! What is known of the request that brought a message.

use std::sync::Arc;

use ottl::{
    Batch, Engine, ErrorMode, Interpreter, Level, Literal, Request, RunContext, Signal, Value,
};

use crate::{decode, from_wire, gauges, names, spans, text};

const INTERPRETERS: [Interpreter; 2] = [Interpreter::Rows, Interpreter::Columns];

fn from_tenant(tenant: &str) -> RunContext {
    let request = Request::default()
        .with_address("192.0.2.7:1")
        .with_metadata("X-Tenant", [tenant, "second"])
        .with_auth_attribute("level", Literal::Int(3));
    RunContext::default().with_request(Arc::new(request))
}

#[test]
fn each_run_sees_its_own_request() {
    for interpreter in INTERPRETERS {
        let engine = Engine::default().with_interpreter(interpreter);
        let source = "set(span.name, otelcol.client.metadata[\"x-tenant\"][0]) \
                      where otelcol.client.auth.attributes[\"level\"] == 3";
        let script = engine.compile(Signal::Traces, None, source);
        let script = script.expect("a script");
        let many = vec!["a"; 600];
        let mut batch = decode(&script, spans(&many));
        for tenant in ["acme", "other"] {
            let report = script.run_with(&mut batch, &from_tenant(tenant));
            assert_eq!(report.expect("no failure").statements[0].changed, 600);
            assert_eq!(names(&batch.encode()), vec![tenant; 600]);
        }
        let report = script.run(&mut batch).expect("no failure");
        assert_eq!(report.statements[0].matched, 0, "nothing is known");
    }
}

#[test]
fn conditions_and_expressions_see_it_as_well() {
    for interpreter in INTERPRETERS {
        let engine = Engine::default().with_interpreter(interpreter);
        let source = "otelcol.client.metadata[\"X-TENANT\"][0] == span.name";
        let condition = engine.compile_condition(Signal::Traces, Level::Span, source);
        let condition = condition.expect("a condition");
        let mut batch = Batch::decode(Signal::Traces, spans(&["a", "b"])).expect("a message");
        let mask = condition.eval_with(&mut batch, &from_tenant("b"));
        let rows: Vec<_> = mask.expect("a mask").matched.iter().collect();
        assert_eq!(rows, [1]);
        let expression =
            engine.compile_expression(Signal::Traces, Level::Span, "otelcol.client.addr");
        let expression = expression.expect("an expression");
        let values = expression.eval_with(&mut batch, &from_tenant("b"));
        for value in values.expect("values") {
            assert_eq!(text(&batch, value.expect("an address")), "192.0.2.7:1");
        }
        let values = expression.eval(&mut batch).expect("values");
        assert_eq!(values, [Ok(Value::Nil), Ok(Value::Nil)]);
    }
}

#[test]
fn a_metric_that_is_made_on_the_way_sees_the_same() {
    let source = "copy_metric(name = \"copy\") where metric.name == \"m\"\n\
                  set(metric.unit, otelcol.client.metadata[\"x-tenant\"][1])";
    let engine = Engine::default().with_component(ottl::Component::Transform);
    let script = engine.compile(Signal::Metrics, Level::Metric, source);
    let script = script.expect("a script");
    let mut batch = decode(&script, gauges(&[&[1], &[2]]));
    let report = script.run_with(&mut batch, &from_tenant("acme"));
    assert_eq!(report.expect("no failure").statements[1].changed, 4);
    let message = from_wire(Signal::Metrics, &batch.encode()).to_string();
    assert_eq!(
        message.matches("\"unit\":\"second\"").count(),
        4,
        "{message}"
    );
}

#[test]
fn nothing_can_be_written_to_it() {
    for interpreter in INTERPRETERS {
        let engine = Engine::default()
            .with_interpreter(interpreter)
            .with_error_mode(ErrorMode::Ignore);
        let source = "set(otelcol.client.metadata[\"x-tenant\"], span.name)\n\
                      delete_key(otelcol.client.metadata, \"none\")\n\
                      set(span.name, otelcol.client.metadata[\"x-tenant\"][0])";
        let script = engine.compile(Signal::Traces, None, source);
        let script = script.expect("a script");
        let warned = script
            .warnings()
            .iter()
            .filter(|w| w.message.contains("only be read"));
        assert_eq!(warned.count(), 2);
        let mut batch = decode(&script, spans(&["a", "b"]));
        let report = script.run_with(&mut batch, &from_tenant("acme"));
        let report = report.expect("failures are ignored");
        let failed: Vec<_> = report.statements.iter().map(|one| one.failed).collect();
        assert_eq!(failed, [2, 2, 0]);
        assert_eq!(names(&batch.encode()), ["acme", "acme"]);
    }
}

#[test]
fn a_wrong_path_gets_a_suggestion() {
    let problem = |source: &str| {
        let error = Engine::default().compile(Signal::Logs, Level::Log, source);
        error.expect_err(source).to_string()
    };
    let shown = problem("set(log.body, otelcol.client.metdata[\"a\"])");
    assert!(
        shown.contains("did you mean `otelcol.client.metadata`?"),
        "{shown}"
    );
    let shown = problem("set(log.body, otelcol.client.metadata.a)");
    assert!(
        shown.contains("did you mean `otelcol.client.metadata[\"a\"]`?"),
        "{shown}"
    );
    let shown = problem("set(log.body, client.addr)");
    assert!(shown.contains("otelcol"), "{shown}");
    let shown = problem("set(log.body, otelcol.cache[\"a\"])");
    assert!(shown.contains("`log.cache`"), "{shown}");
}
