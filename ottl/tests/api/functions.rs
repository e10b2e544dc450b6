//! Functions of a user's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ottl::{
    BindArgs, BindError, Bound, CallContext, Engine, ErrorMode, ExecError, Function, Interpreter,
    Level, Param, ParamKind, Signal, Signature, Type, Value, ValueKind,
};

use otlp_columns::{Entry, MapKind};
use serde_json::json;

use crate::{decode, names, spans, text};

/// `Repeat(text, count, separator?)`: a converter that rejects some literals.
struct Repeat;

static REPEAT: Signature = Signature {
    name: "Repeat",
    params: &[
        Param::new("text", ParamKind::Value(ValueKind::String)),
        Param::new("count", ParamKind::Value(ValueKind::Int)),
        Param::optional("separator", ParamKind::StringLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "A text several times.",
    examples: &[],
};

impl Function for Repeat {
    fn signature(&self) -> &Signature {
        &REPEAT
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        if args.int(1).is_some_and(|count| count < 0) {
            return Err(BindError::param(1, "The count is negative."));
        }
        let separator = args.string(2).unwrap_or_default().to_vec();
        Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            let (text, count) = (cx.string(0)?, cx.int(1)?);
            let count = match usize::try_from(count) {
                Ok(count) if count <= 100 => count,
                _ => return Err(ExecError::new(format!("{count} times are not possible."))),
            };
            let parts = vec![cx.bytes(text).to_vec(); count];
            Ok(cx.new_string(&parts.join(separator.as_slice())))
        }))
    }
}

/// `seen(target)`: an editor with an effect outside of the message, which also changes it.
struct Seen(Arc<AtomicUsize>);

static SEEN: Signature = Signature {
    name: "seen",
    params: &[Param::new("target", ParamKind::GetSetter)],
    result: Type::Nil,
    fields: &[],
    docs: "Counts calls and numbers the items.",
    examples: &[],
};

impl Function for Seen {
    fn signature(&self) -> &Signature {
        &SEEN
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        let count = Arc::clone(&self.0);
        Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            let before = count.fetch_add(1, Ordering::Relaxed);
            let old = cx.read(0)?;
            if let Value::Str(old) = old {
                let name = [cx.bytes(old), b" ", before.to_string().as_bytes()].concat();
                let name = cx.new_string(&name);
                cx.write(0, name)?;
            }
            Ok(Value::Nil)
        }))
    }
}

const INTERPRETERS: [Interpreter; 3] = [Interpreter::Auto, Interpreter::Rows, Interpreter::Columns];

#[test]
fn arguments_come_as_the_signature_says() {
    for interpreter in INTERPRETERS {
        let engine = Engine::default()
            .with_function(Repeat)
            .with_interpreter(interpreter);
        for (source, expected) in [
            (r#"Repeat(span.name, 2)"#, ["aa", "bb"]),
            (
                r#"Repeat(span.name, span.attributes["n"] + 1, "-")"#,
                ["a", "b-b"],
            ),
            (
                r#"Repeat("x", separator = ", ", count = 3)"#,
                ["x, x, x"; 2],
            ),
            (r#"Repeat(Repeat(span.name, 2), 0)"#, ["", ""]),
        ] {
            let expression = engine
                .compile_expression(Signal::Traces, Level::Span, source)
                .unwrap_or_else(|error| panic!("{error}"));
            let mut batch =
                ottl::Batch::decode(Signal::Traces, spans(&["a", "b"])).expect("a message");
            let values = expression.eval(&mut batch).expect("values");
            let values: Vec<_> = values
                .into_iter()
                .map(|value| text(&batch, value.expect("a value")))
                .collect();
            assert_eq!(values, expected, "{source} {interpreter:?}");
        }
    }
}

#[test]
fn wrong_calls_are_rejected_with_a_place() {
    let engine = Engine::default().with_function(Repeat);
    for (source, place, message) in [
        (r#"Repeat(span.name, -1)"#, "1:19", "The count is negative."),
        (r#"Repeat(span.name)"#, "1:1", "Repeat"),
        (r#"Repeat(span.name, "two")"#, "1:19", "two"),
        (r#"Repeat(span.name, 1, span.name)"#, "1:22", "separator"),
        (r#"Repeat(span.name, times = 1)"#, "1:19", "times"),
        (r#"Repaet(span.name, 1)"#, "1:1", "`Repeat`"),
    ] {
        let error = engine
            .compile_expression(Signal::Traces, Level::Span, source)
            .expect_err(source)
            .render("expression", false);
        assert!(error.contains(&format!("expression:{place}\n")), "{error}");
        assert!(error.contains(message), "{error}");
    }
    let unknown =
        Engine::default().compile_expression(Signal::Traces, Level::Span, "Repeat(span.name, 1)");
    assert!(
        unknown.is_err(),
        "another engine does not have the function"
    );
}

#[test]
fn a_failing_call_is_a_failure_of_the_item() {
    let source = r#"set(span.name, Repeat(span.name, span.attributes["n"] * 60))"#;
    for interpreter in INTERPRETERS {
        let engine = Engine::default()
            .with_function(Repeat)
            .with_interpreter(interpreter)
            .with_error_mode(ErrorMode::Ignore);
        let script = engine
            .compile(Signal::Traces, Level::Span, source)
            .expect("a script");
        let mut batch = decode(&script, spans(&["a", "b", "c", "d"]));
        let report = script.run(&mut batch).expect("a lenient run");
        assert_eq!(report.statements[0].failed, 2);
        let failures: Vec<_> = report
            .errors
            .iter()
            .map(|error| (error.item, error.error.message()))
            .collect();
        let expected = [
            (2, "120 times are not possible."),
            (3, "180 times are not possible."),
        ];
        assert_eq!(failures, expected, "{interpreter:?}");
        assert_eq!(names(&batch.encode())[2..], ["c", "d"]);
    }
}

#[test]
fn a_function_with_an_effect_is_called_once_for_each_matching_item_in_order() {
    for interpreter in INTERPRETERS {
        let calls = Arc::new(AtomicUsize::new(0));
        let engine = Engine::default()
            .with_function(Seen(Arc::clone(&calls)))
            .with_interpreter(interpreter);
        let source = r#"seen(span.name) where span.name != "b""#;
        let script = engine
            .compile(Signal::Traces, Level::Span, source)
            .expect("a script");
        assert_eq!(calls.load(Ordering::Relaxed), 0, "compiling calls nothing");
        let mut batch = decode(&script, spans(&["a", "b", "c"]));
        let report = script.run(&mut batch).expect("no failure");
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert_eq!(
            (report.statements[0].matched, report.statements[0].changed),
            (2, 2)
        );
        assert_eq!(names(&batch.encode()), ["a 0", "b", "c 1"]);
    }
}

/// `Told()`: a map that says for which key it was made.
struct Told;

static TOLD: Signature = Signature {
    name: "Told",
    params: &[],
    result: Type::Map,
    fields: &[],
    docs: "The key that is asked for.",
    examples: &[],
};

impl Function for Told {
    fn signature(&self) -> &Signature {
        &TOLD
    }

    fn is_pure(&self) -> bool {
        true
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        self.bind_for_key(args, b"all")
    }

    fn bind_for_key(&self, _: &BindArgs<'_>, key: &[u8]) -> Result<Bound, BindError> {
        let told = key.to_vec();
        Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            let heap = cx.heap_mut();
            let value = Value::Str(heap.alloc(&told));
            let entries = ["k", "l"].map(|key| Entry::new(heap.alloc(key.as_bytes()), value));
            Ok(Value::Map(MapKind::Map, heap.alloc_map(&entries)))
        }))
    }
}

#[test]
fn a_call_of_which_one_key_is_used_is_told_so() {
    for interpreter in INTERPRETERS {
        let engine = Engine::default()
            .with_function(Told)
            .with_interpreter(interpreter);
        for (source, expected) in [
            (r#"Told()["k"]"#, "k"),
            (r#"Concat([Told()["k"], Told()["l"]], "-")"#, "all-all"),
            (r#"Concat([Told()[span.name]], "")"#, "all"),
            (r#"ParseJSON("{\"k\": \"v\", \"l\": [1]}")["k"]"#, "v"),
            (
                r#"Concat([ParseJSON(span.attributes["j"])["k"]["l"]], "")"#,
                "deep",
            ),
        ] {
            let expression = engine
                .compile_expression(Signal::Traces, Level::Span, source)
                .unwrap_or_else(|error| panic!("{error}"));
            let json = r#"{"x": {"k": 1}, "k": {"l": "wide"}, "k": {"l": "deep", "m": 2}}"#;
            let span = json!({
                "name": "k",
                "attributes": [{"key": "j", "value": {"stringValue": json}}],
            });
            let message = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]});
            let message = crate::wire(Signal::Traces, &message);
            let mut batch = ottl::Batch::decode(Signal::Traces, message).expect("a message");
            let values = expression.eval(&mut batch).expect("values");
            let value = values
                .into_iter()
                .next()
                .expect("an item")
                .expect("a value");
            assert_eq!(text(&batch, value), expected, "{source} {interpreter:?}");
        }
    }
}

/// A `set` that does nothing.
struct Inert;

static INERT: Signature = Signature {
    name: "set",
    params: &[
        Param::new("target", ParamKind::Setter),
        Param::new("value", ParamKind::Value(ValueKind::Any)),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Does nothing.",
    examples: &[],
};

impl Function for Inert {
    fn signature(&self) -> &Signature {
        &INERT
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(|_: &mut CallContext<'_>| Ok(Value::Nil)))
    }
}

#[test]
fn a_function_takes_the_place_of_one_with_its_name() {
    let standard = Engine::default();
    let own = standard.clone().with_function(Inert);
    let outcome = |engine: &Engine| {
        let script = engine
            .compile(Signal::Traces, Level::Span, r#"set(span.name, "x")"#)
            .expect("a script");
        let mut batch = decode(&script, spans(&["a"]));
        script.run(&mut batch).expect("no failure");
        names(&batch.encode())
    };
    assert_eq!(outcome(&own), ["a"]);
    assert_eq!(outcome(&standard), ["x"], "the engine it was made from");
}

/// A function of a user's own that takes a lambda, and ignores it.
struct Given;

static GIVEN: Signature = Signature {
    name: "Given",
    params: &[Param::new("lambda", ParamKind::Lambda(1))],
    result: Type::Bool,
    fields: &[],
    docs: "True.",
    examples: &[],
};

impl Function for Given {
    fn signature(&self) -> &Signature {
        &GIVEN
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(|_: &mut CallContext<'_>| {
            Ok(Value::Bool(true))
        }))
    }
}

#[test]
fn own_functions_take_lambdas_behind_the_gate() {
    let engine = Engine::default().with_function(Given);
    let compile = |engine: &Engine| {
        let source = "set(span.name, \"x\") where Given((a) => a)";
        let compiled = engine.compile(Signal::Traces, Level::Span, source);
        compiled.map_err(|error| error.problems()[0].diagnostic.code.as_str().to_owned())
    };
    assert_eq!(compile(&engine).err().as_deref(), Some("E0502"));
    assert!(compile(&engine.with_gates(ottl::Gates::ALL)).is_ok());
}
