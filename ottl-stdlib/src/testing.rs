//! Calls a function the way a compiled program does, without a compiler. For unit tests.
//!
//! A test names a function and its arguments, literal or not, and gets the result in the notation
//! of the conformance cases, or the attributes of the span that an editor worked on as plain JSON.
//! Keys of JSON objects are sorted, so attributes go onto the wire in alphabetical order; a test
//! that needs another order, or the same key twice, gives the span as OTLP/JSON.

use std::sync::Arc;

use otlp_columns::{
    Batch, BatchLimits, Heap, Level, ListKind, MapField, MapKind, Meter, OpaqueKind, PoolRange,
    Projection, Signal, Stop, Timestamp, Value, json,
};
use ottl_vm::access::{self, Keys, Position};
use ottl_vm::path::{self, PathDef};
use ottl_vm::{
    BindArg, BindArgs, Bound, Call, CallArg, CallContext, ExecError, ExecSettings,
    FixedEnvironment, Function, KeyUse, Literal, ParamKind, PathUse, Patterns, RunLimits, RunState,
    text,
};
use serde_json::{Value as Json, json};

/// An argument of a call.
pub(crate) enum Arg {
    /// An optional parameter is left out.
    Absent,
    /// A literal, known when the function is bound.
    Literal(Literal),
    /// A value that is known only when the function is called.
    Dynamic(Literal),
    /// The same, for values that have no literal.
    Computed(fn(&mut Heap) -> Value),
    /// An expression whose evaluation failed.
    Failed,
    /// A literal list; elements are anything but lists, paths and functions.
    List(Vec<Self>),
    /// A path of the span: its name without the context, and literal keys.
    Path(&'static str, Vec<KeyUse>),
    /// A function as an argument.
    Function(&'static dyn Function),
}

/// A literal string.
pub(crate) fn text(value: impl AsRef<[u8]>) -> Arg {
    Arg::Literal(Literal::String(value.as_ref().to_vec()))
}

/// A literal integer.
pub(crate) fn int(value: i64) -> Arg {
    Arg::Literal(Literal::Int(value))
}

/// A literal list of strings.
pub(crate) fn texts(values: &[&str]) -> Arg {
    Arg::List(values.iter().map(text).collect())
}

/// The attributes of the span.
pub(crate) fn attributes() -> Arg {
    Arg::Path("attributes", Vec::new())
}

/// One attribute of the span.
pub(crate) fn attribute(key: &str) -> Arg {
    Arg::Path("attributes", vec![KeyUse::Str(key.as_bytes().to_vec())])
}

impl Arg {
    /// The same value, known only when the function is called.
    pub(crate) fn dynamic(self) -> Self {
        match self {
            Self::Literal(literal) => Self::Dynamic(literal),
            other => other,
        }
    }

    fn bind(&self) -> BindArg {
        match self {
            Self::Absent => BindArg::Absent,
            Self::Literal(literal) => BindArg::Literal(literal.clone()),
            Self::Dynamic(_) | Self::Computed(_) | Self::Failed | Self::Path(..) => {
                BindArg::Dynamic
            }
            Self::List(elements) => BindArg::List(elements.iter().map(Self::bind).collect()),
            Self::Function(function) => BindArg::Function(function.signature().name.to_owned()),
        }
    }
}

/// Why a call gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The literal arguments were rejected.
    Bind(String),
    /// The call failed.
    Exec(String),
}

impl From<ExecError> for Failure {
    fn from(error: ExecError) -> Self {
        Self::Exec(error.message().to_owned())
    }
}

/// Calls a converter beside a span without attributes.
pub(crate) fn convert(function: &dyn Function, args: &[Arg]) -> Result<Json, Failure> {
    Span::new("{}").call(function, args)
}

/// Calls an editor on a span with `before` as attributes, plain JSON, and gives those after.
pub(crate) fn edit(function: &dyn Function, before: &str, args: &[Arg]) -> Result<Json, Failure> {
    let mut span = Span::new(before);
    span.call(function, args)?;
    Ok(span.attributes())
}

/// A batch with one span, and the run it is in.
pub(crate) struct Span {
    batch: Batch,
    state: RunState,
    changed: bool,
}

const POSITION: Position = Position {
    context: Level::Span,
    row: 0,
};

impl Span {
    /// A span with attributes as plain JSON. `{"$bytes": "…"}` stands for bytes in base64.
    pub(crate) fn new(attributes: &str) -> Self {
        let attributes: Json = serde_json::from_str(attributes).expect("attributes are JSON");
        let attributes = key_values(&attributes);
        Self::otlp(&json!({ "attributes": attributes }).to_string())
    }

    /// A span as OTLP/JSON.
    pub(crate) fn otlp(span: &str) -> Self {
        let message = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#);
        let wire = json::to_wire(Signal::Traces, message.as_bytes()).expect("a span as OTLP/JSON");
        let mut projection = Projection::new(Level::Span);
        for def in path::paths(Level::Span) {
            def.access.project(&mut projection, None);
        }
        let batch =
            Batch::decode_projected(Signal::Traces, wire, &projection, BatchLimits::default());
        // 2024-02-29T12:34:56.789Z
        let environment = FixedEnvironment::at(1_709_210_096_789_000_000);
        Self {
            batch: batch.expect("what to_wire made is well formed"),
            state: RunState::new(ExecSettings::new(Arc::new(environment))),
            changed: false,
        }
    }

    /// The limits of the run.
    pub(crate) fn limits(&mut self, change: impl FnOnce(&mut RunLimits)) {
        let mut settings = ExecSettings::new(Arc::new(FixedEnvironment::at(0)));
        settings.limits.min_work = u64::MAX;
        change(&mut settings.limits);
        let heap = self.batch.heap_mut();
        heap.set_meter(Arc::new(Meter::new(settings.limits.min_work)));
        self.state = RunState::new(settings);
    }

    /// Why the run has to stop, if it has.
    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.batch.heap().meter().stopped()
    }

    /// Calls a function and gives its result in the notation of the conformance cases.
    pub(crate) fn call(&mut self, function: &dyn Function, args: &[Arg]) -> Result<Json, Failure> {
        let value = self.call_value(function, args)?;
        Ok(typed(self.batch.heap_mut(), value))
    }

    /// Calls a function.
    pub(crate) fn call_value(
        &mut self,
        function: &dyn Function,
        args: &[Arg],
    ) -> Result<Value, Failure> {
        let bound = bind(function, args)?;
        let mut plan = Plan::default();
        let call = self.plan(function, args, &mut plan);
        let mut cx = CallContext::new(
            &mut self.batch,
            &mut self.state,
            &plan.paths,
            &call,
            &plan.slots,
            POSITION,
        );
        let result = match bound {
            Bound::Kernel(kernel) => kernel.call(&mut cx),
            Bound::Store { target, value } => cx
                .value(value)
                .and_then(|value| cx.write(target, value).map(|()| Value::Nil)),
        };
        self.changed |= cx.changed();
        assert!(!self.batch.heap().exhausted(), "the heap is exhausted");
        Ok(result?)
    }

    /// Whether a call wrote anything.
    pub(crate) fn changed(&self) -> bool {
        self.changed
    }

    /// The attributes as plain JSON.
    pub(crate) fn attributes(&mut self) -> Json {
        let range = self.batch.map(MapField::Span, 0);
        plain(self.batch.heap_mut(), Value::Map(MapKind::Map, range))
    }

    /// The keys of the attributes in their order.
    pub(crate) fn keys(&mut self) -> Vec<String> {
        let range = self.batch.map(MapField::Span, 0);
        let heap = self.batch.heap();
        let key = |entry: &otlp_columns::Entry| {
            String::from_utf8_lossy(heap.bytes(entry.key)).into_owned()
        };
        heap.map(range).iter().map(key).collect()
    }

    /// A field of the span.
    pub(crate) fn field(&mut self, name: &str) -> Json {
        let value = access::get(
            &mut self.batch,
            &path_def(name),
            Keys::new(&[], &[]),
            POSITION,
        );
        typed(self.batch.heap_mut(), value.expect("a field without keys"))
    }

    fn plan(&mut self, function: &dyn Function, args: &[Arg], plan: &mut Plan) -> Call {
        let signature = function.signature();
        let call_args = signature.params.iter().enumerate().map(|(index, param)| {
            let arg = args.get(index).unwrap_or(&Arg::Absent);
            match (arg, param.kind) {
                (Arg::Absent, _) => CallArg::Absent,
                (Arg::Function(function), _) => CallArg::Function(Box::new(inner(*function))),
                (
                    Arg::List(elements),
                    ParamKind::List(_) | ParamKind::StringLiterals | ParamKind::DoubleLiterals,
                ) => {
                    let first = plan.slots.len();
                    for element in elements {
                        let value = self.evaluate(element);
                        plan.slots.push(value);
                    }
                    CallArg::List {
                        first,
                        len: elements.len(),
                    }
                }
                (
                    Arg::Path(name, keys),
                    ParamKind::Setter
                    | ParamKind::GetSetter
                    | ParamKind::MapGetSetter
                    | ParamKind::SliceGetSetter,
                ) => {
                    plan.paths.push(PathUse {
                        name: format!("span.{name}"),
                        def: path_def(name),
                        keys: keys.clone(),
                    });
                    CallArg::Path {
                        path: plan.paths.len() - 1,
                        first_key: plan.slots.len(),
                    }
                }
                (arg, _) => {
                    let value = self.evaluate(arg);
                    plan.slots.push(value);
                    CallArg::Value(plan.slots.len() - 1)
                }
            }
        });
        Call {
            name: signature.name,
            kernel: None,
            args: call_args.collect(),
        }
    }

    fn evaluate(&mut self, arg: &Arg) -> Value {
        match arg {
            Arg::Literal(value) | Arg::Dynamic(value) => literal(self.batch.heap_mut(), value),
            Arg::Computed(make) => make(self.batch.heap_mut()),
            Arg::Failed => self.state.defer(ExecError::new("The argument failed.")),
            Arg::List(elements) => {
                let values: Vec<_> = elements.iter().map(|arg| self.evaluate(arg)).collect();
                Value::List(ListKind::Any, self.batch.heap_mut().alloc_list(&values))
            }
            Arg::Path(name, keys) => {
                let def = path_def(name);
                access::get(&mut self.batch, &def, Keys::new(keys, &[]), POSITION)
                    .unwrap_or_else(|error| self.state.defer(error))
            }
            Arg::Absent | Arg::Function(_) => Value::Nil,
        }
    }
}

#[derive(Default)]
struct Plan {
    paths: Vec<PathUse>,
    slots: Vec<Value>,
}

fn bind(function: &dyn Function, args: &[Arg]) -> Result<Bound, Failure> {
    let params = function.signature().params;
    assert!(args.len() <= params.len(), "too many arguments");
    let args: Vec<_> = (0..params.len())
        .map(|index| args.get(index).map_or(BindArg::Absent, Arg::bind))
        .collect();
    function
        .bind(&BindArgs {
            args: &args,
            patterns: &Patterns::default(),
        })
        .map_err(|error| Failure::Bind(error.message))
}

/// The call of a function argument, which must have exactly one parameter, optional ones included.
fn inner(function: &dyn Function) -> Call {
    let args = [BindArg::Dynamic];
    let fits = function.signature().params.len() == args.len();
    let bound = fits.then(|| {
        function.bind(&BindArgs {
            args: &args,
            patterns: &Patterns::default(),
        })
    });
    Call {
        name: function.signature().name,
        kernel: match bound {
            Some(Ok(Bound::Kernel(kernel))) => Some(kernel),
            _ => None,
        },
        args: vec![CallArg::Value(0)],
    }
}

fn path_def(name: &str) -> PathDef {
    *path::paths(Level::Span)
        .iter()
        .find(|def| def.name == name)
        .expect("a path of a span")
}

fn literal(heap: &mut Heap, literal_value: &Literal) -> Value {
    match literal_value {
        Literal::Nil => Value::Nil,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(value) => Value::Str(heap.alloc(value)),
        Literal::Bytes(value) => Value::Bytes(heap.alloc(value)),
        Literal::List(elements) => {
            let values: Vec<_> = elements.iter().map(|value| literal(heap, value)).collect();
            Value::List(ListKind::Any, heap.alloc_list(&values))
        }
        Literal::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| {
                    let value = literal(heap, value);
                    otlp_columns::Entry::new(heap.alloc(key), value)
                })
                .collect();
            Value::Map(MapKind::Map, heap.alloc_map(&entries))
        }
    }
}

/// `KeyValue`s as OTLP/JSON from a plain object.
fn key_values(object: &Json) -> Json {
    let entries = object.as_object().expect("attributes are an object");
    entries
        .iter()
        .map(|(key, value)| json!({"key": key, "value": any_value(value)}))
        .collect()
}

fn any_value(value: &Json) -> Json {
    match value {
        Json::Null => json!({}),
        Json::Bool(value) => json!({ "boolValue": value }),
        Json::Number(value) if value.is_i64() => json!({"intValue": value.to_string()}),
        Json::Number(value) => json!({ "doubleValue": value }),
        Json::String(value) => json!({ "stringValue": value }),
        Json::Array(elements) => {
            let values: Json = elements.iter().map(any_value).collect();
            json!({"arrayValue": {"values": values}})
        }
        Json::Object(entries) => match entries.get("$bytes") {
            Some(bytes) => json!({ "bytesValue": bytes }),
            None => json!({"kvlistValue": {"values": key_values(value)}}),
        },
    }
}

/// A value as plain JSON, bytes as `{"$bytes": "…"}`.
fn plain(heap: &mut Heap, value: Value) -> Json {
    match heap.resolve(value) {
        Value::Nil => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Double(value) => json!(value),
        Value::Str(slice) => json!(String::from_utf8_lossy(heap.bytes(slice))),
        Value::Bytes(slice) => json!({"$bytes": text::base64(heap.bytes(slice))}),
        Value::List(_, range) => elements(heap, range, plain),
        Value::Map(_, range) => entries(heap, range, plain),
        other => panic!("{other:?} is no attribute value"),
    }
}

/// A value in the notation of the conformance cases.
pub(crate) fn typed(heap: &mut Heap, value: Value) -> Json {
    match heap.resolve(value) {
        Value::Nil => Json::Null,
        Value::Bool(value) => json!({ "bool": value }),
        Value::Int(value) => json!({"int": value.to_string()}),
        Value::Double(value) if value.is_finite() => json!({ "double": value }),
        Value::Double(value) => json!({"double": text::double_or_name(value)}),
        Value::Str(slice) => json!({"string": String::from_utf8_lossy(heap.bytes(slice))}),
        Value::Bytes(slice) => json!({"bytes": text::base64(heap.bytes(slice))}),
        Value::List(_, range) => json!({"list": elements(heap, range, typed)}),
        Value::Map(_, range) => json!({"map": entries(heap, range, typed)}),
        Value::Time {
            seconds,
            nanos,
            zone,
        } => {
            let time = Timestamp {
                seconds,
                nanos,
                zone,
            };
            json!({"time": text::rfc3339_utc(time)})
        }
        Value::Duration(nanos) => json!({"duration_ns": nanos.to_string()}),
        Value::TraceId(slice) => json!({"trace_id": text::hex(heap.bytes(slice))}),
        Value::SpanId(slice) => json!({"span_id": text::hex(heap.bytes(slice))}),
        Value::ProfileId(slice) => json!({"profile_id": text::hex(heap.bytes(slice))}),
        Value::Opaque(OpaqueKind::Number, number) => json!({"int": number.off.to_string()}),
        Value::Opaque(..) => json!({"opaque": ""}),
        Value::Wire(_) | Value::Error(_) => panic!("{value:?} is no result"),
    }
}

fn elements(heap: &mut Heap, range: PoolRange, convert: fn(&mut Heap, Value) -> Json) -> Json {
    let elements = heap.list(range).to_vec();
    elements
        .into_iter()
        .map(|element| convert(heap, element))
        .collect()
}

fn entries(heap: &mut Heap, range: PoolRange, convert: fn(&mut Heap, Value) -> Json) -> Json {
    let mut object = serde_json::Map::new();
    for entry in heap.map(range).to_vec() {
        let key = String::from_utf8_lossy(heap.bytes(entry.key)).into_owned();
        object.insert(key, convert(heap, entry.value));
    }
    Json::Object(object)
}
