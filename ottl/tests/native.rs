//! Machine code gives the answers of the interpreters.

#![cfg(feature = "jit")]

use std::fmt::Write as _;

use ottl::{Engine, ErrorMode, Interpreter, Level, Report, RunError, Script, Signal};
use proptest::prelude::*;

/// Numbers that look random and are the same for the same seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 >> 33) ^ self.0;
        (mixed >> 7) as usize % count
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn text(&mut self) -> String {
        let all = "abcdefgh ABCDEFGH 01234567 the quick brown fox jumps over the lazy dog, and again it jumps over it";
        let len = self.of(&[0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 24, 40, 64, 65, 90]);
        let mut text = all[..len].to_owned();
        if len > 0 && self.below(3) == 0 {
            let at = self.of(&[0, len / 2, len - 1]);
            text.replace_range(at..at + 1, "#");
        }
        text
    }

    fn int(&mut self) -> i64 {
        self.of(&[0, 1, 2, 3, 5, 500, -1, 1 << 40, i64::MAX, i64::MIN + 1])
    }
}

const KEYS: [&str; 4] = ["k0", "k1", "k2", "a longer key"];

/// A value of an attribute, in JSON.
fn value(draw: &mut Draw) -> String {
    match draw.below(11) {
        0 => "{}".to_owned(),
        1..=4 => format!(r#"{{"stringValue":"{}"}}"#, draw.text()),
        5 | 6 => format!(r#"{{"intValue":"{}"}}"#, draw.int()),
        7 => {
            let double = draw.of(&["1", "2.5", "500", "-0.0", "\"NaN\"", "\"Infinity\"", "1e18"]);
            format!(r#"{{"doubleValue":{double}}}"#)
        }
        8 => format!(r#"{{"boolValue":{}}}"#, draw.of(&[true, false])),
        9 => format!(r#"{{"bytesValue":"{}"}}"#, draw.of(&["", "YQ==", "YWI="])),
        _ => draw
            .of(&[
                r#"{"arrayValue":{"values":[{"intValue":"1"}]}}"#,
                r#"{"arrayValue":{}}"#,
                r#"{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}}]}}"#,
            ])
            .to_owned(),
    }
}

fn attributes(draw: &mut Draw) -> String {
    let mut entries = Vec::new();
    for key in KEYS {
        if draw.below(4) > 0 {
            entries.push(format!(r#"{{"key":"{key}","value":{}}}"#, value(draw)));
        }
    }
    format!("[{}]", entries.join(","))
}

/// A message with several resources and scopes and more spans than fit a chunk.
fn message(draw: &mut Draw) -> Vec<u8> {
    let mut spans_left = draw.of(&[0, 1, 7, 8, 255, 256, 257, 600]);
    let mut resources = Vec::new();
    while spans_left > 0 {
        let mut scopes = Vec::new();
        for _ in 0..draw.below(3) + 1 {
            let count = (draw.below(200) + 1).min(spans_left);
            spans_left -= count;
            let spans: Vec<_> = (0..count).map(|_| span(draw)).collect();
            let scope = format!(
                r#"{{"name":"{}","attributes":{}}}"#,
                draw.text(),
                attributes(draw)
            );
            scopes.push(format!(
                r#"{{"scope":{scope},"spans":[{}]}}"#,
                spans.join(",")
            ));
        }
        let resource = format!(r#"{{"attributes":{}}}"#, attributes(draw));
        resources.push(format!(
            r#"{{"resource":{resource},"schemaUrl":"{}","scopeSpans":[{}]}}"#,
            draw.text(),
            scopes.join(",")
        ));
    }
    let text = format!(r#"{{"resourceSpans":[{}]}}"#, resources.join(","));
    ottl::json::to_wire(Signal::Traces, text.as_bytes()).expect("the message is well formed")
}

fn span(draw: &mut Draw) -> String {
    let mut span = format!(
        r#"{{"name":"{}","kind":{},"startTimeUnixNano":"{}","droppedEventsCount":{},"attributes":{}"#,
        draw.text(),
        draw.below(6),
        draw.of(&[0_u64, 5, 1 << 40, u64::MAX]),
        draw.of(&[0_u32, 1, u32::MAX]),
        attributes(draw)
    );
    if draw.below(2) == 0 {
        let _ = write!(
            span,
            r#","endTimeUnixNano":"{}""#,
            draw.of(&[7_u64, 500, u64::MAX - 4])
        );
        let _ = write!(
            span,
            r#","status":{{"code":{},"message":"{}"}}"#,
            draw.below(3),
            draw.text()
        );
    }
    span + "}"
}

fn int(draw: &mut Draw, depth: usize) -> String {
    if depth > 0 && draw.below(3) == 0 {
        let op = draw.of(&["+", "-", "*"]);
        return format!("({} {op} {})", int(draw, depth - 1), int(draw, depth - 1));
    }
    match draw.below(7) {
        0 => "span.kind".to_owned(),
        1 => "span.start_time_unix_nano".to_owned(),
        2 => "span.end_time_unix_nano".to_owned(),
        3 => "span.dropped_events_count".to_owned(),
        4 => "span.status.code".to_owned(),
        5 => "resource.dropped_attributes_count".to_owned(),
        _ => draw.int().to_string(),
    }
}

fn attribute(draw: &mut Draw) -> String {
    let of = draw.of(&["span", "span", "resource", "scope"]);
    format!(r#"{of}.attributes["{}"]"#, draw.of(&KEYS))
}

fn literal(draw: &mut Draw) -> String {
    match draw.below(9) {
        0..=3 => format!("\"{}\"", draw.text()),
        4 => draw.int().to_string(),
        5 => draw.of(&["1.0", "2.5", "-0.5", "500.0"]).to_owned(),
        6 => draw.of(&["true", "false"]).to_owned(),
        7 => draw.of(&["0x", "0x61", "0x6162"]).to_owned(),
        _ => "nil".to_owned(),
    }
}

fn comparison(draw: &mut Draw) -> String {
    let op = draw.of(&["==", "==", "!=", "<", "<=", ">", ">="]);
    match draw.below(12) {
        0..=3 => format!("{} {op} {}", attribute(draw), literal(draw)),
        4 => format!("{} {op} {}", literal(draw), attribute(draw)),
        5 => format!("{} {op} {}", attribute(draw), int(draw, 1)),
        6 | 7 => format!("{} {op} {}", int(draw, 2), int(draw, 2)),
        8 => {
            let path = draw.of(&["span.name", "span.status.message", "scope.name"]);
            format!("{path} {op} \"{}\"", draw.text())
        }
        9 => format!("{} {op} {}", int(draw, 1), literal(draw)),
        10 => format!("{} {op} {}", attribute(draw), attribute(draw)),
        // What is interpreted, and what may fail.
        _ => match draw.below(3) {
            0 => "IsMatch(span.name, \"^a.*1\")".to_owned(),
            1 => format!("Len({}) > 3", attribute(draw)),
            _ => format!("{} + 1 > 3", attribute(draw)),
        },
    }
}

fn condition(draw: &mut Draw, depth: usize) -> String {
    if depth == 0 {
        return comparison(draw);
    }
    match draw.below(6) {
        0 => comparison(draw),
        1 => format!("not ({})", condition(draw, depth - 1)),
        2 | 3 => format!(
            "({} and {})",
            condition(draw, depth - 1),
            condition(draw, depth - 1)
        ),
        _ => format!(
            "({} or {})",
            condition(draw, depth - 1),
            condition(draw, depth - 1)
        ),
    }
}

fn statement(draw: &mut Draw) -> String {
    let depth = draw.below(4);
    let condition = condition(draw, depth);
    let editor = match draw.below(5) {
        0 => format!("set({}, {})", attribute(draw), literal(draw)),
        1 => format!(r#"set({}, Concat([span.name, "!"], ""))"#, attribute(draw)),
        2 => r#"set(span.name, Concat([span.name, "x"], ""))"#.to_owned(),
        3 => format!("set(span.attributes[\"out\"], {})", int(draw, 2)),
        _ => format!("set(span.attributes[\"out\"], {})", attribute(draw)),
    };
    format!("{editor} where {condition}")
}

fn run(script: &Script, message: &[u8]) -> Result<(Report, Vec<u8>), RunError> {
    let mut batch = script
        .decode(message.to_vec())
        .expect("the message is well formed");
    let report = script.run(&mut batch)?;
    Ok((report, batch.encode().to_vec()))
}

fn engine(interpreter: Interpreter, mode: ErrorMode) -> Engine {
    Engine::default()
        .with_interpreter(interpreter)
        .with_error_mode(mode)
}

/// Statements that the language takes.
fn statements(draw: &mut Draw) -> Vec<String> {
    let engine = Engine::default();
    let accepted = |statement: &String| {
        engine
            .compile(Signal::Traces, Level::Span, statement)
            .is_ok()
    };
    let count = draw.below(4) + 1;
    let drawn: Vec<_> = (0..4 * count).map(|_| statement(draw)).collect();
    drawn.into_iter().filter(accepted).take(count).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn statements_do_the_same(seed: u64) {
        let draw = &mut Draw(seed);
        let statements = statements(draw);
        let message = message(draw);
        let mode = draw.of(&[ErrorMode::Ignore, ErrorMode::Propagate]);
        let outcome = |interpreter| {
            let engine = engine(interpreter, mode);
            let script = engine.compile_statements(Signal::Traces, Level::Span, &statements);
            run(&script.expect("each was accepted"), &message)
        };
        let native = outcome(Interpreter::Native);
        prop_assert_eq!(&native, &outcome(Interpreter::Columns), "{:#?}", statements);
        prop_assert_eq!(&native, &outcome(Interpreter::Rows), "{:#?}", statements);
    }

    #[test]
    fn conditions_hold_for_the_same_items(seed: u64) {
        let draw = &mut Draw(seed);
        let condition = condition(draw, 3);
        let message = message(draw);
        let outcome = |interpreter| {
            let engine = engine(interpreter, ErrorMode::Propagate);
            let condition = engine.compile_condition(Signal::Traces, Level::Span, &condition).ok()?;
            let batch = ottl::Batch::decode(Signal::Traces, message.clone());
            Some(condition.eval(&mut batch.expect("the message is well formed")))
        };
        let native = outcome(Interpreter::Native);
        prop_assert_eq!(&native, &outcome(Interpreter::Columns), "{}", condition);
        prop_assert_eq!(&native, &outcome(Interpreter::Rows), "{}", condition);
    }
}
