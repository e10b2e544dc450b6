//! Machine code beside the column interpreter, shape of condition by shape:
//! `cargo bench -p ottl --features jit --bench native`.
//!
//! Rounds of both take turns, so that a busy machine slows both down alike, and medians are shown. Each
//! condition holds for few items or none, so that the statement behind it counts for little. What is left is
//! what a run costs around its conditions; the first line shows how much that is, with a statement for
//! no item at all.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ottl::{Batch, Engine, Interpreter, Level, Script, Signal};

/// What is measured: a name and the condition.
const SHAPES: &[(&str, &str)] = &[
    ("integer", "span.kind == 77"),
    ("integer, ordered", "span.dropped_events_count > 5000"),
    (
        "arithmetic",
        "span.end_time_unix_nano - span.start_time_unix_nano > 3000000000",
    ),
    ("string, 12 bytes", r#"span.name == "GET /nowhere""#),
    (
        "string, 40 bytes",
        r#"span.name == "GET /api/v1/orders/with/a/long/path/no!""#,
    ),
    (
        "string, 90 bytes",
        r#"span.status.message == "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab""#,
    ),
    (
        "attribute is a text",
        r#"span.attributes["http.request.method"] == "PUT""#,
    ),
    (
        "attribute is not",
        r#"span.attributes["http.request.method"] != "GET" and span.kind == 77"#,
    ),
    (
        "attribute is a number",
        r#"span.attributes["http.response.status_code"] == 999"#,
    ),
    (
        "attribute, ordered",
        r#"span.attributes["http.response.status_code"] >= 900"#,
    ),
    (
        "attribute is true",
        r#"span.attributes["sampled"] == true and span.kind == 77"#,
    ),
    ("attribute is a double", r#"span.attributes["load"] > 2.5"#),
    ("attribute != nil", r#"span.attributes["missing"] != nil"#),
    (
        "of the resource",
        r#"resource.attributes["tenant"] == "none""#,
    ),
    (
        "and",
        r#"span.kind == 2 and span.attributes["http.request.method"] == "GET" and span.attributes["http.response.status_code"] == 999"#,
    ),
    (
        "or",
        r#"span.kind == 77 or span.attributes["http.request.method"] == "PUT" or span.attributes["http.response.status_code"] == 999"#,
    ),
    (
        "not",
        r#"not (span.attributes["http.request.method"] != nil or span.kind < 9)"#,
    ),
    (
        "in a list",
        r#"span.attributes["http.route"] == "/a" or span.attributes["http.route"] == "/b" or span.attributes["http.route"] == "/c" or span.attributes["http.route"] == "/d""#,
    ),
    (
        "mixed",
        r#"(span.attributes["http.request.method"] == "GET" or span.attributes["http.request.method"] == "POST") and span.attributes["http.response.status_code"] >= 500 and span.end_time_unix_nano - span.start_time_unix_nano > 4000000000 and resource.attributes["tenant"] == "t1""#,
    ),
    (
        "before a function",
        r#"span.attributes["http.request.method"] == "PUT" and IsMatch(span.name, "x")"#,
    ),
    (
        "behind a function",
        r#"Len(span.name) > 2 and span.attributes["http.request.method"] == "PUT""#,
    ),
];

/// Items of the batch over which shapes are measured.
const ITEMS: usize = 20_000;

fn main() {
    // `cargo test` runs this as well, to see that it works.
    let is_test = !std::env::args().any(|argument| argument == "--bench");
    let rounds = if is_test { 1 } else { 41 };
    let message = message(if is_test { 300 } else { ITEMS });
    println!(
        "{:24} {:>9} {:>9} {:>7}",
        "condition", "columns", "native", "ratio"
    );
    println!("{:24} {:>9} {:>9}", "", "ns/item", "ns/item");
    let (before, _) = measure("span.kind == 77", &message[..0], rounds);
    println!("{:24} {:>9.2}", "an empty batch, ns", before * 1.0);
    for (name, condition) in SHAPES {
        let (columns, native) = measure(condition, &message, rounds);
        println!(
            "{name:24} {columns:>9.2} {native:>9.2} {:>6.1}x",
            columns / native
        );
    }
    println!("\nper run of few items: columns, native, in microseconds");
    for items in [1, 4, 8, 16, 32, 64, 256] {
        let few = self::message(items);
        let (name, condition) = SHAPES[12];
        let (columns, native) = measure(condition, &few, 20 * rounds);
        let scale = items as f64 / 1e3;
        println!(
            "{name}, {items:>4} items {:>8.2} {:>8.2}",
            columns * scale,
            native * scale
        );
    }
    println!("\nfirst run, which makes the code, in microseconds");
    for (name, condition) in SHAPES {
        println!(
            "{name:24} {:>9.0}",
            first(condition, rounds.min(9)).as_secs_f64() * 1e6
        );
    }
}

fn script(condition: &str, interpreter: Interpreter) -> Script {
    let source = format!(r#"set(span.status.message, "held") where {condition}"#);
    let engine = Engine::default().with_interpreter(interpreter);
    let script = engine.compile(Signal::Traces, Level::Span, &source);
    script.unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// Medians of the nanoseconds for each item: interpreted, and by machine code.
fn measure(condition: &str, message: &[u8], rounds: usize) -> (f64, f64) {
    let ways = [Interpreter::Columns, Interpreter::Native];
    let mut ways = ways.map(|way| {
        let script = script(condition, way);
        let batch = script.decode(message.to_vec()).expect("a message");
        (script, batch, Vec::with_capacity(rounds))
    });
    for _ in 0..rounds {
        for (script, batch, times) in &mut ways {
            run(script, batch);
            let start = Instant::now();
            run(script, batch);
            times.push(start.elapsed());
        }
    }
    let [columns, native] = ways.map(|(_, batch, mut times)| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e9 / batch.items().max(1) as f64
    });
    (columns, native)
}

/// The median time of the first run of a script over one item.
fn first(condition: &str, rounds: usize) -> Duration {
    let message = message(1);
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let script = script(condition, Interpreter::Native);
            let mut batch = script.decode(message.clone()).expect("a message");
            let start = Instant::now();
            run(&script, &mut batch);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn run(script: &Script, batch: &mut Batch) {
    script.run(batch).expect("nothing fails");
}

/// A message of spans as services send them, of several tenants.
fn message(items: usize) -> Vec<u8> {
    let mut resources = Vec::new();
    for (tenant, first) in (0..items).step_by(500).enumerate() {
        let spans: Vec<_> = (first..items.min(first + 500)).map(span).collect();
        let tenant = format!(
            r#"{{"key":"tenant","value":{{"stringValue":"t{}"}}}}"#,
            tenant % 7
        );
        resources.push(format!(
            r#"{{"resource":{{"attributes":[{tenant}]}},"scopeSpans":[{{"spans":[{}]}}]}}"#,
            spans.join(",")
        ));
    }
    let text = format!(r#"{{"resourceSpans":[{}]}}"#, resources.join(","));
    ottl::json::to_wire(Signal::Traces, text.as_bytes()).expect("a message")
}

fn span(number: usize) -> String {
    // The same for each run, without order.
    let draw = |count: usize, salt: usize| {
        let mixed = (number + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)) % count
    };
    let mut out = String::new();
    let method = ["GET", "GET", "GET", "POST", "DELETE"][draw(5, 1)];
    let route = ["/api/v1/orders", "/api/v1/orders/{id}", "/health", "/a"][draw(4, 2)];
    let status = [200, 200, 200, 201, 404, 500, 503][draw(7, 3)];
    let start = 1_700_000_000_000_000_000_u64 + number as u64 * 1000;
    let end = start + 1000 * draw(2_900_000, 4) as u64;
    let _ = write!(out, r#"{{"name":"{method} {route}","kind":{},"#, draw(5, 5));
    let _ = write!(
        out,
        r#""startTimeUnixNano":"{start}","endTimeUnixNano":"{end}","#
    );
    let _ = write!(out, r#""status":{{"message":"{}"}},"#, "a".repeat(90));
    let _ = write!(
        out,
        r#""attributes":[{{"key":"http.request.method","value":{{"stringValue":"{method}"}}}},"#
    );
    let _ = write!(
        out,
        r#"{{"key":"http.route","value":{{"stringValue":"{route}"}}}},"#
    );
    let _ = write!(out, r#"{{"key":"load","value":{{"doubleValue":0.5}}}},"#);
    let _ = write!(out, r#"{{"key":"sampled","value":{{"boolValue":true}}}},"#);
    let _ = write!(
        out,
        r#"{{"key":"http.response.status_code","value":{{"intValue":"{status}"}}}}]}}"#
    );
    out
}
