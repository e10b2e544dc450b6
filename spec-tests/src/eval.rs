//! What this project's engine answers to a case.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use otlp_columns::{ListKind, OpaqueKind, PoolRange, Timestamp};
use ottl::{
    Batch, CompileError, Context, Engine, Environment, ErrorMode, Gates, Heap, Interpreter, Passes,
    RunContext, RunError, SystemEnvironment, Value, context_named,
};
use serde_json::{Map, Value as Json, json};

use crate::case::{Case, Kind, Signal};
use crate::{components, order, references};

/// The machine's clock in UTC: the reference answers run in UTC as well.
#[derive(Debug, Default)]
struct UtcEnvironment(SystemEnvironment);

impl Environment for UtcEnvironment {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn random(&self) -> u64 {
        self.0.random()
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

/// The interpreter that the tools call `auto`, `row`, `columns` or `native`.
#[must_use]
pub fn interpreter_named(name: &str) -> Option<Interpreter> {
    match name {
        "auto" => Some(Interpreter::Auto),
        "row" | "rows" => Some(Interpreter::Rows),
        "columns" => Some(Interpreter::Columns),
        "native" => Some(Interpreter::Native),
        _ => None,
    }
}

/// Answers cases with one interpreter.
#[derive(Debug)]
pub struct Evaluator {
    engine: Engine,
}

impl Evaluator {
    /// An evaluator with the strict dialect and all standard functions.
    #[must_use]
    pub fn new(interpreter: Interpreter) -> Self {
        let engine = Engine::default()
            .with_environment(Arc::new(UtcEnvironment::default()))
            .with_interpreter(interpreter);
        Self { engine }
    }

    /// The same with other passes of the optimiser; all of them at first.
    #[must_use]
    pub fn with_passes(self, passes: Passes) -> Self {
        Self {
            engine: self.engine.with_passes(passes),
        }
    }

    /// The answer to a case, in the form of its `expect`.
    #[must_use]
    pub fn answer(&self, case: &Case) -> Json {
        self.try_answer(case).unwrap_or_else(|answer| answer)
    }

    fn try_answer(&self, case: &Case) -> Result<Json, Json> {
        let malformed = |text: String| json!({ "panic": text });
        let signal = signal(case.signal);
        if let Some(component) = case.component {
            let message = ottl::json::to_wire(signal, case.input.get().as_bytes())
                .map_err(|error| malformed(format!("input: {error}")))?;
            let engine = self.engine(case);
            let mut answer = components::answer(&engine, signal, component, case, message)?;
            order::sort_points(case, &mut answer);
            if let Some(output) = answer.get_mut("output")
                && case.signal == Signal::Profiles
            {
                references::resolve(output);
            }
            return Ok(answer);
        }
        let context = context_named(&case.context)
            .ok_or_else(|| malformed(format!("unknown context {}", case.context)))?;
        let message = ottl::json::to_wire(signal, case.input.get().as_bytes())
            .map_err(|error| malformed(format!("input: {error}")))?;
        match case.kind {
            Kind::Statements => self.statements(case, signal, context, message),
            Kind::Conditions => self.conditions(case, signal, context, message),
            Kind::Expressions => self.expressions(case, signal, context, message),
        }
    }

    /// The engine with the gates of a case.
    fn engine(&self, case: &Case) -> Engine {
        let mut gates = Gates::default();
        for gate in &case.gates {
            let (name, open) = match gate.strip_prefix('-') {
                Some(name) => (name, false),
                None => (gate.as_str(), true),
            };
            let is_known = gates.set(name, open);
            assert!(is_known, "{}: unknown gate {name}", case.id);
        }
        self.engine.clone().with_gates(gates)
    }

    fn statements(
        &self,
        case: &Case,
        signal: ottl::Signal,
        context: Context,
        message: Vec<u8>,
    ) -> Result<Json, Json> {
        let mode = match case.error_mode.as_deref() {
            Some("ignore") => ErrorMode::Ignore,
            Some("silent") => ErrorMode::Silent,
            _ => ErrorMode::Propagate,
        };
        let engine = self.engine(case).with_error_mode(mode);
        let script = engine
            .compile_statements(signal, context, case.sources())
            .map_err(|error| parse_error(&error))?;
        let mut batch = script
            .decode(message)
            .map_err(|error| input_error(&error))?;
        script
            .run_with(&mut batch, &outside(case)?)
            .map_err(|error| exec_error(&error))?;
        let mut text = Vec::new();
        ottl::json::from_wire(signal, &batch.encode(), &mut text)
            .map_err(|error| input_error(&error))?;
        let mut output: Json =
            serde_json::from_slice(&text).map_err(|error| input_error(&error))?;
        if case.signal == Signal::Profiles {
            references::resolve(&mut output);
        }
        Ok(json!({ "output": output }))
    }

    fn conditions(
        &self,
        case: &Case,
        signal: ottl::Signal,
        context: Context,
        message: Vec<u8>,
    ) -> Result<Json, Json> {
        let engine = self.engine(case);
        let compiled: Result<Vec<_>, _> = case
            .sources()
            .iter()
            .map(|source| engine.compile_condition(signal, context, source))
            .collect();
        let compiled = compiled.map_err(|error| parse_error(&error))?;
        let from_outside = outside(case)?;
        let mut results = Vec::new();
        for condition in compiled {
            let mut batch =
                Batch::decode(signal, message.clone()).map_err(|error| input_error(&error))?;
            let mask = condition
                .eval_with(&mut batch, &from_outside)
                .map_err(|error| exec_error(&error))?;
            for item in 0..mask.matched.len() {
                let failed = mask.failed.iter().find(|(failed, _)| *failed == item);
                results.push(match failed {
                    Some((_, error)) => json!({ "error": error.message() }),
                    None => json!(mask.matched.contains(item)),
                });
            }
        }
        Ok(json!({ "results": results }))
    }

    fn expressions(
        &self,
        case: &Case,
        signal: ottl::Signal,
        context: Context,
        message: Vec<u8>,
    ) -> Result<Json, Json> {
        let engine = self.engine(case);
        let compiled: Result<Vec<_>, _> = case
            .sources()
            .iter()
            .map(|source| engine.compile_expression(signal, context, source))
            .collect();
        let compiled = compiled.map_err(|error| parse_error(&error))?;
        let from_outside = outside(case)?;
        let mut results = Vec::new();
        for expression in compiled {
            let mut batch =
                Batch::decode(signal, message.clone()).map_err(|error| input_error(&error))?;
            let values = expression
                .eval_with(&mut batch, &from_outside)
                .map_err(|error| exec_error(&error))?;
            for value in values {
                results.push(match value {
                    Ok(value) => typed(batch.heap_mut(), value),
                    Err(error) => json!({ "error": error.message() }),
                });
            }
        }
        Ok(json!({ "results": results }))
    }
}

/// What does not come with the message.
pub(crate) fn outside(case: &Case) -> Result<RunContext, Json> {
    let context = RunContext::default();
    let Some(otelcol) = &case.otelcol else {
        return Ok(context);
    };
    let request = ottl::request_from_json(otelcol.to_string().as_bytes());
    let request = request.map_err(|error| json!({ "panic": format!("otelcol: {error}") }))?;
    Ok(context.with_request(Arc::new(request)))
}

fn signal(signal: Signal) -> ottl::Signal {
    match signal {
        Signal::Traces => ottl::Signal::Traces,
        Signal::Logs => ottl::Signal::Logs,
        Signal::Metrics => ottl::Signal::Metrics,
        Signal::Profiles => ottl::Signal::Profiles,
    }
}

fn parse_error(error: &CompileError) -> Json {
    json!({ "parse_error": error.render("source", false) })
}

/// That a limit was met is no failure of a statement, and must not pass for the reference's.
fn exec_error(error: &RunError) -> Json {
    let kind = match error {
        RunError::Statement(_) => "exec_error",
        RunError::OutOfMemory
        | RunError::OutOfWork
        | RunError::Interrupted
        | RunError::SharedCacheFull(_) => "panic",
    };
    json!({ kind: error.to_string() })
}

fn input_error(error: &dyn std::error::Error) -> Json {
    json!({ "panic": format!("input: {error}") })
}

/// A value with its type, as `FORMAT.md` has it.
fn typed(heap: &mut Heap, value: Value) -> Json {
    match heap.resolve(value) {
        Value::Nil | Value::Wire(_) | Value::Error(_) => Json::Null,
        Value::Bool(value) => json!({ "bool": value }),
        Value::Int(value) => json!({ "int": value.to_string() }),
        Value::Double(value) => json!({ "double": double(value) }),
        Value::Str(slice) => {
            json!({ "string": String::from_utf8_lossy(heap.bytes(slice)) })
        }
        Value::Bytes(slice) => json!({ "bytes": STANDARD.encode(heap.bytes(slice)) }),
        Value::Duration(nanos) => json!({ "duration_ns": nanos.to_string() }),
        Value::Time { seconds, nanos, .. } => {
            let time = Timestamp {
                seconds,
                nanos,
                zone: 0,
            };
            json!({ "time": ottl_vm::text::rfc3339_utc(time) })
        }
        Value::TraceId(slice) => json!({ "trace_id": id(heap.bytes(slice)) }),
        Value::SpanId(slice) => json!({ "span_id": id(heap.bytes(slice)) }),
        Value::ProfileId(slice) => json!({ "profile_id": id(heap.bytes(slice)) }),
        Value::Opaque(OpaqueKind::Number, number) => json!({ "int": number.off.to_string() }),
        Value::Opaque(kind, _) => json!({ "opaque": format!("{kind:?}") }),
        // Not a list to the reference but a type of its own.
        Value::List(ListKind::Times, _) => json!({ "opaque": "times" }),
        Value::List(kind, range) => {
            let elements: Vec<_> = range
                .range()
                .map(|at| {
                    let one = PoolRange {
                        start: at as u32,
                        len: 1,
                    };
                    match (kind, heap.list(one)[0]) {
                        (ListKind::Uints, Value::Int(bits)) => {
                            json!({ "int": (bits as u64).to_string() })
                        }
                        (_, element) => typed(heap, element),
                    }
                })
                .collect();
            json!({ "list": elements })
        }
        Value::Map(_, range) => {
            let mut entries = Map::new();
            for entry in heap.map(range).to_vec() {
                let key = String::from_utf8_lossy(heap.bytes(entry.key)).into_owned();
                entries.insert(key, typed(heap, entry.value));
            }
            json!({ "map": entries })
        }
    }
}

/// An id of zeros is printed as nothing, as the reference does.
fn id(bytes: &[u8]) -> String {
    if bytes.iter().all(|&byte| byte == 0) {
        String::new()
    } else {
        ottl_vm::text::hex(bytes)
    }
}

fn double(value: f64) -> Json {
    if value.is_finite() {
        json!(value)
    } else {
        json!(ottl_vm::text::double_or_name(value))
    }
}
