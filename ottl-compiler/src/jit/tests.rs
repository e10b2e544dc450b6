//! Which instructions become loops, and that code is made and freed as it must be.

use std::sync::Arc;

use otlp_columns::{Batch, BatchLimits, Level, Signal, json};
use ottl_vm::native::{Native, Plan};
use ottl_vm::{ExecSettings, FixedEnvironment, Instruction, Interpreter, Operand, Program, run};

use super::{Form, Jit, listing, plan};
use crate::{Language, Options, Registry, Target};

fn compile(source: &str) -> Program {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options::default();
    let target = Target {
        signal: Signal::Traces,
        context: Some(Level::Span),
    };
    let compiled = Language::new(&registry, &options).compile_script(target, source);
    compiled.expect("the script compiles").program
}

/// The loops with how they end and what they leave, then why the rest is interpreted.
fn planned(program: &Program) -> (Vec<String>, Vec<String>) {
    let Plan {
        loops, declined, ..
    } = plan::plan(program).plan;
    let loops = loops.iter().map(|looped| {
        let end = match looped.guard {
            Some(when) => format!("guard {when}"),
            None => "value".to_owned(),
        };
        let keeps = if looped.keeps { " kept" } else { "" };
        format!("{end}{keeps} {:?}", looped.repeated)
    });
    let declined = declined.iter().map(|declined| declined.why.to_string());
    (loops.collect(), declined.collect())
}

fn plan_of(condition: &str) -> (Vec<String>, Vec<String>) {
    planned(&compile(&format!(
        r#"set(span.name, "x") where {condition}"#
    )))
}

#[test]
fn a_whole_condition_is_one_loop() {
    for condition in [
        "span.kind == 2",
        r#"span.name == "a""#,
        r#"span.attributes["a"] == "b""#,
        "span.end_time_unix_nano - span.start_time_unix_nano > 15",
        r#"span.kind == 1 or (span.name == "a" and resource.attributes["a"] != nil)"#,
        r#"not (span.attributes["a"] == 1)"#,
    ] {
        let (loops, declined) = plan_of(condition);
        assert_eq!(loops, ["guard true []"], "{condition}");
        assert_eq!(declined, [""; 0], "{condition}");
    }
}

#[test]
fn what_can_fail_is_interpreted_between_loops() {
    let (loops, declined) = plan_of(r#"span.attributes["a"] == "b" and IsMatch(span.name, "c")"#);
    assert_eq!(loops, ["guard true kept []"]);
    assert_eq!(declined, ["call: calls a function"]);
    let (loops, declined) = plan_of(r#"span.attributes["a"] == "b" or IsMatch(span.name, "c")"#);
    assert_eq!(loops, ["guard false kept []"]);
    assert_eq!(declined, ["call: calls a function"]);
    let (loops, declined) = plan_of(r#"IsMatch(span.name, "c") and span.attributes["a"] == "b""#);
    assert_eq!(loops, ["value kept []"]);
    assert_eq!(declined, ["call: calls a function"]);
    let (loops, declined) = plan_of(r#"span.attributes["a"] + 1 == 2"#);
    assert_eq!(loops, [""; 0]);
    assert_eq!(
        declined,
        ["arith: arithmetic on values of any type can fail"]
    );
}

#[test]
fn each_refusal_has_its_reason() {
    for (condition, reason) in [
        (r#"span.name < "b""#, "orders texts"),
        (r#"span.name == span.status.message"#, "compares two values"),
        (r#"span.attributes["a"] == 0x01"#, "compares with bytes"),
        (
            r#"span.attributes["a"]["b"] == 1"#,
            "more than a literal key",
        ),
        (r#"span.cache["a"] == 1"#, "a cache has no columns"),
        (r#"span.trace_id.string == "a""#, "not kept as one column"),
    ] {
        let (loops, declined) = plan_of(condition);
        assert_eq!(loops, [""; 0], "{condition}");
        assert!(
            declined.len() == 1 && declined[0].contains(reason),
            "{condition}: {declined:?}"
        );
    }
    let long = format!(r#"span.name == "{}""#, "a".repeat(1025));
    assert!(plan_of(&long).1[0].contains("a long text"));
    let many: Vec<_> = (0..20)
        .map(|at| format!(r#"span.attributes["{at}"] == 1"#))
        .collect();
    let (loops, declined) = plan_of(&many.join(" and "));
    assert!(
        loops.len() >= 2 && declined.is_empty(),
        "{loops:?} {declined:?}"
    );
}

#[test]
fn statements_without_condition_have_no_loop() {
    let (loops, declined) = planned(&compile("set(span.kind, span.kind + 1)"));
    assert!(loops.is_empty() && declined.is_empty());
}

const SPANS: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
    {"name":"a","attributes":[{"key":"a","value":{"stringValue":"b"}}]},
    {"name":"b","attributes":[{"key":"a","value":{"stringValue":"c"}}]},
    {"name":"c","attributes":[{"key":"a","value":{"stringValue":"b"}}]},
    {"name":"d"}]}]}]}"#;

fn after(program: &Program, interpreter: Interpreter) -> String {
    let message = json::to_wire(Signal::Traces, SPANS.as_bytes()).expect("the text is well formed");
    let limits = BatchLimits::default();
    let batch = Batch::decode_projected(Signal::Traces, message, &program.projection, limits);
    let mut batch = batch.expect("the message is well formed");
    let settings = ExecSettings::new(Arc::new(FixedEnvironment::at(0)));
    run(program, &mut batch, &settings, interpreter).expect("nothing fails");
    let mut text = Vec::new();
    json::from_wire(Signal::Traces, &batch.encode(), &mut text).expect("a message");
    String::from_utf8(text).expect("JSON is text")
}

/// A program that stores what its condition loaded, as one does that loads everything once.
fn sharing() -> Program {
    let source = r#"set(span.name, span.attributes["a"]) where span.attributes["a"] == "b""#;
    let mut program = compile(source);
    let loads = |instruction: &Instruction| match instruction {
        Instruction::Load { dst, .. } => Some(*dst),
        _ => None,
    };
    let first = program
        .code
        .iter()
        .find_map(loads)
        .expect("the condition loads");
    let store = program
        .code
        .iter_mut()
        .find_map(|instruction| match instruction {
            Instruction::Store { src, .. } => Some(src),
            _ => None,
        });
    *store.expect("the statement stores") = Operand::Register(first);
    program
}

#[test]
fn loads_that_are_read_later_are_repeated() {
    let program = sharing();
    assert_eq!(planned(&program).0, ["guard true [0]"]);
    let native = after(&program, Interpreter::Native);
    assert_eq!(native, after(&program, Interpreter::Columns));
    assert!(native.contains(r#""name":"b","attributes":[{"key":"a","value":{"stringValue":"b"}}"#));
}

#[test]
fn registers_that_another_part_reads_are_not_lost() {
    let mut program = sharing();
    // A second part that begins with reading what the first one left.
    let mut second = program.parts[0].clone();
    let store = program
        .code
        .iter()
        .position(|instruction| matches!(instruction, Instruction::Store { .. }));
    let store = program.code[store.expect("the statement stores")].clone();
    program.code.push(store);
    second.code = program.code.len() - 1..program.code.len();
    program.parts.push(second);
    let (loops, declined) = planned(&program);
    assert_eq!(loops, [""; 0]);
    assert_eq!(declined, ["load: fills a register that is read later"]);
}

#[test]
fn loops_are_shown_with_what_is_interpreted() {
    let program = compile(
        "set(span.name, \"x\") where span.kind == 7\nset(span.name, \"y\") where IsMatch(span.name, \"z\")",
    );
    let clif = listing(&program, Form::Clif);
    assert!(
        clif.contains("icmp eq") && clif.contains("; interpreted: instruction"),
        "{clif}"
    );
    let assembly = listing(&program, Form::Assembly);
    assert!(
        assembly.contains("ret") && !assembly.contains("icmp"),
        "{assembly}"
    );
}

#[test]
fn code_is_made_when_it_pays() {
    let program = compile(r#"set(span.name, "x") where span.attributes["a"] == "b""#);
    let jit = Jit::default();
    let slot = &jit.slots(&program)[0];
    let shape = jit.shape(&program, 0);
    assert!(!jit.pays(slot, shape, 100));
    assert!(
        !jit.pays(slot, shape, 1 << 14),
        "what was seen before counts"
    );
    assert!(jit.pays(slot, shape, 1), "it was seen often enough");
    assert!(!jit.pays(slot, shape, 1), "one loop was compiled just now");
    assert!(!jit.pays(slot, shape, 1 << 13));
    assert!(jit.pays(slot, shape, 1));
    assert_eq!(jit.plan(&program).loops.len(), 1);
}

const SEVERAL: &str = r#"set(span.name, "x") where span.kind == 7 and span.attributes["a"] == "b"
    set(span.status.message, "y") where span.attributes["a"] == "c"
    set(span.status.code, 2) where span.kind == 7"#;

#[test]
fn statements_with_loops_run_one_by_one() {
    let program = compile(SEVERAL);
    assert!(!program.groups[0].fused.is_empty(), "they share a load");
    let plan = plan::plan(&program).plan;
    assert_eq!(plan.apart.len(), 1);
    assert_eq!(
        (&plan.apart[0].parts, &plan.apart[0].loops),
        (&(0..3), &(0..3))
    );
    let native = after(&program, Interpreter::Native);
    assert_eq!(native, after(&program, Interpreter::Columns));
    // One whose condition is interpreted needs what all of them share.
    let source =
        format!("{SEVERAL}\n set(span.name, \"z\") where IsMatch(span.attributes[\"a\"], \"b\")");
    assert!(plan::plan(&compile(&source)).plan.apart.is_empty());
}
