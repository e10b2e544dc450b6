//! Functions of users that read and write fields of the item without being given their paths.

use std::sync::Arc;

use otlp_columns::{Batch, BatchLimits, Field, Level, MapField, Signal, Value};
use ottl_compiler::{Language, Options, Registry, Target};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, ExecSettings, FixedEnvironment, Function, Group,
    GroupMode, Interpreter, Param, ParamKind, Program, Signature, Type, ValueKind, run,
};

/// `Ranked(text)`: a text with the number of the log record's severity behind it.
struct Ranked;

static RANKED: Signature = Signature {
    name: "Ranked",
    params: &[Param::new("text", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[Field::LogSeverityNumber],
    docs: "Puts the severity behind a text.",
    examples: &[],
};

impl Function for Ranked {
    fn signature(&self) -> &Signature {
        &RANKED
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
            let text = cx.string(0)?;
            let mut text = cx.bytes(text).to_vec();
            let (batch, position) = cx.batch();
            let severity = batch.integers(Field::LogSeverityNumber)[position.row];
            text.extend(format!(" {severity}").bytes());
            Ok(cx.new_string(&text))
        }))
    }
}

/// `count()`: counts log records in the attribute `n` of their resource, and makes the count their
/// severity.
struct Count;

static COUNT: Signature = Signature {
    name: "count",
    params: &[],
    result: Type::Nil,
    fields: &[],
    docs: "Counts.",
    examples: &[],
};

impl Function for Count {
    fn signature(&self) -> &Signature {
        &COUNT
    }

    fn contexts(&self) -> &'static [Level] {
        &[Level::Log]
    }

    fn writes(&self) -> &'static [Field] {
        &[Field::LogSeverityNumber]
    }

    fn maps(&self) -> &'static [MapField] {
        &[MapField::Resource]
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
            let (batch, position) = cx.batch();
            let resource = batch.ancestor(Level::Log, position.row, Level::Resource);
            let count = match batch.map_get(MapField::Resource, resource, b"n") {
                Some(Value::Int(count)) => count + 1,
                _ => 1,
            };
            batch.map_set(MapField::Resource, resource, b"n", Value::Int(count));
            batch.set_scalar(Field::LogSeverityNumber, position.row, count as u64);
            cx.note_change();
            Ok(Value::Nil)
        }))
    }
}

/// A message with one log record of severity 9 and the attribute `a` = `x`.
const RECORD: &[u8] = b"\x0a\x10\x12\x0e\x12\x0c\x10\x09\x32\x08\x0a\x01a\x12\x03\x0a\x01x";

fn compile(context: Option<Level>, source: &str) -> Option<Program> {
    let mut registry = Registry::new(ottl_stdlib::registry());
    registry.add(Arc::new(Ranked));
    registry.add(Arc::new(Count));
    let options = Options::default();
    let language = Language::new(&registry, &options);
    let target = Target {
        signal: Signal::Logs,
        context,
    };
    let compiled = language.compile_script(target, source);
    compiled.ok().map(|compiled| compiled.program)
}

/// The message after the script, and how many items it changed.
fn after(source: &str) -> (Batch, u64) {
    let program = compile(None, source).expect("the script compiles");
    let limits = BatchLimits::default();
    let mut batch = Batch::decode_projected(Signal::Logs, RECORD, &program.projection, limits)
        .expect("a well-formed message");
    let settings = ExecSettings::new(Arc::new(FixedEnvironment::at(0)));
    let report = run(&program, &mut batch, &settings, Interpreter::Auto).expect("no failure");
    (
        batch,
        report
            .statements
            .iter()
            .map(|statement| statement.changed)
            .sum(),
    )
}

/// The attribute `a` of the record after the script.
fn attribute(source: &str) -> String {
    let (mut batch, _) = after(source);
    match batch.map_get(MapField::Log, 0, b"a") {
        Some(Value::Str(text)) => String::from_utf8_lossy(batch.heap().bytes(text)).into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_called_function_finds_its_fields() {
    let called = r#"set(log.attributes["a"], Ranked(log.attributes["a"]))"#;
    assert_eq!(attribute(called), "x 9");
}

#[test]
fn a_function_that_is_an_argument_finds_its_fields() {
    let given = r#"replace_pattern(log.attributes["a"], "x", "y", function=Ranked)"#;
    assert_eq!(attribute(given), "y 9");
}

#[test]
fn a_function_exists_only_where_its_fields_are() {
    let given = r#"replace_pattern(resource.attributes["a"], "x", "y", function=Ranked)"#;
    let context = |context| compile(context, given).map(|program| program.context);
    assert_eq!(context(None), Some(Level::Log));
    assert_eq!(context(Some(Level::Resource)), None);
}

#[test]
fn what_a_function_writes_by_itself_is_there() {
    let (batch, changed) = after(r#"count() where log.attributes["a"] == "x""#);
    assert_eq!(batch.integers(Field::LogSeverityNumber), [1]);
    assert_eq!(changed, 1);
}

#[test]
fn what_a_function_does_to_shared_maps_is_known() {
    let rows = |source: &str| {
        let program = compile(Some(Level::Log), source).expect("the script compiles");
        let is_rows = |group: &Group| matches!(group.mode, GroupMode::Rows { .. });
        program.groups.iter().any(is_rows)
    };
    // The next record sees the count.
    assert!(rows("count()"));
    assert!(!rows(r#"set(log.attributes["a"], Ranked("x"))"#));
}
