//! OTTL as a library: a script with a function of one's own, a condition and an expression over one
//! message.
//!
//! Run it with `cargo run -p ottl --example transform`.

use std::error::Error;

use ottl::{
    BindArgs, BindError, Bound, CallContext, Engine, ExecError, Function, Level, Param, ParamKind,
    Signal, Signature, Type, Value, ValueKind, json,
};

const MESSAGE: &str = r#"{"resourceSpans": [{
    "resource": {"attributes": [{"key": "env", "value": {"stringValue": "prod"}}]},
    "scopeSpans": [{"spans": [
        {"name": "POST /pay", "kind": 2, "attributes": [
            {"key": "credit_card", "value": {"stringValue": "4111111111111111"}}]},
        {"name": "GET /cart", "kind": 2}
    ]}]
}]}"#;

const SCRIPT: &str = r#"
# Only the last digits of a card number are kept.
set(span.attributes["credit_card"], LastDigits(span.attributes["credit_card"], 4))
  where resource.attributes["env"] == "prod" and span.attributes["credit_card"] != nil
"#;

fn main() -> Result<(), Box<dyn Error>> {
    // An engine is made once. It knows the standard functions, and those that are added to it.
    let engine = Engine::default().with_function(LastDigits);

    // A script is compiled once and runs over many messages.
    let script = match engine.compile(Signal::Traces, Level::Span, SCRIPT) {
        Ok(script) => script,
        Err(error) => {
            eprint!("{}", error.render("script", true));
            return Err("the script was rejected".into());
        }
    };
    let is_payment = engine.compile_condition(
        Signal::Traces,
        Level::Span,
        r#"span.attributes["credit_card"] != nil"#,
    )?;
    let title = engine.compile_expression(
        Signal::Traces,
        Level::Span,
        r#"Concat([resource.attributes["env"], span.name], ": ")"#,
    )?;

    // Messages come and go as protobuf; JSON is for files and examples.
    let message = json::to_wire(Signal::Traces, MESSAGE.as_bytes())?;
    let mut batch = script.decode(message)?;

    let mask = is_payment.eval(&mut batch)?;
    println!(
        "payments: spans {:?}",
        mask.matched.iter().collect::<Vec<_>>()
    );

    for value in title.eval(&mut batch)? {
        if let Value::Str(text) = value? {
            println!(
                "title: {}",
                String::from_utf8_lossy(batch.heap().bytes(text))
            );
        }
    }

    let report = script.run(&mut batch)?;
    for (statement, done) in script.statements().zip(&report.statements) {
        let head = statement.lines().next().unwrap_or_default();
        println!("{head}: matched {}, changed {}", done.matched, done.changed);
    }

    let mut text = Vec::new();
    json::from_wire(Signal::Traces, &batch.encode(), &mut text)?;
    println!("{}", String::from_utf8(text)?);
    Ok(())
}

/// A function that the language does not have: `LastDigits(text, count)`.
struct LastDigits;

static SIGNATURE: Signature = Signature {
    name: "LastDigits",
    params: &[
        Param::new("text", ParamKind::Value(ValueKind::String)),
        Param::new("count", ParamKind::IntLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "Replaces all but the last bytes of a text by stars.",
    examples: &[],
};

impl Function for LastDigits {
    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        // What is known when the script is compiled is checked then, and not once for each item.
        let count = args.int(1).and_then(|count| usize::try_from(count).ok());
        let count = count.ok_or_else(|| BindError::param(1, "The count is negative."))?;
        Ok(Bound::kernel(
            move |cx: &mut CallContext<'_>| -> Result<Value, ExecError> {
                let text = cx.string(0)?;
                let mut text = cx.bytes(text).to_vec();
                let hidden = text.len().saturating_sub(count);
                text[..hidden].fill(b'*');
                Ok(cx.new_string(&text))
            },
        ))
    }
}
