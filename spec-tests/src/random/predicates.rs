//! Programs whose conditions machine code can be made of, in whole or in part, and messages that they tell
//! apart: values of all types, texts that differ in one byte, more items than the engine takes at a time.
//!
//! Random cases have conditions of any kind over few items; these are for comparing ways to run.

use std::fmt::Write as _;

use ottl::{Engine, Level, Signal};

use super::rng::Rng;

/// Statements and a message.
#[derive(Debug)]
pub struct Predicates {
    /// Statements that the language takes, in the context [`Level::Span`].
    pub statements: Vec<String>,
    /// A condition that it may or may not take.
    pub condition: String,
    /// Spans.
    pub message: Vec<u8>,
}

impl Predicates {
    /// Those of a number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        let rng = &mut Rng::new(0, number);
        let engine = Engine::default();
        let is_accepted = |statement: &String| {
            let script = engine.compile(Signal::Traces, Level::Span, statement);
            script.is_ok()
        };
        let count = rng.between(1, 4);
        let drawn: Vec<_> = (0..4 * count).map(|_| statement(rng)).collect();
        Self {
            statements: drawn.into_iter().filter(is_accepted).take(count).collect(),
            condition: condition(rng, 3),
            message: message(rng),
        }
    }
}

fn text(rng: &mut Rng) -> String {
    let all = "abcdefgh ABCDEFGH 01234567 the quick brown fox jumps over the lazy dog, and again it jumps over it";
    let len = rng.pick(&[0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 24, 40, 64, 65, 90]);
    let mut text = all[..len].to_owned();
    if len > 0 && rng.below(3) == 0 {
        let at = rng.pick(&[0, len / 2, len - 1]);
        text.replace_range(at..at + 1, "#");
    }
    text
}

fn number(rng: &mut Rng) -> i64 {
    rng.pick(&[0, 1, 2, 3, 5, 500, -1, 1 << 40, i64::MAX, i64::MIN + 1])
}

const KEYS: [&str; 4] = ["k0", "k1", "k2", "a longer key"];

/// A value of an attribute, in JSON.
fn value(rng: &mut Rng) -> String {
    match rng.below(11) {
        0 => "{}".to_owned(),
        1..=4 => format!(r#"{{"stringValue":"{}"}}"#, text(rng)),
        5 | 6 => format!(r#"{{"intValue":"{}"}}"#, number(rng)),
        7 => {
            let double = rng.pick(&["1", "2.5", "500", "-0.0", "\"NaN\"", "\"Infinity\"", "1e18"]);
            format!(r#"{{"doubleValue":{double}}}"#)
        }
        8 => format!(r#"{{"boolValue":{}}}"#, rng.pick(&[true, false])),
        9 => format!(r#"{{"bytesValue":"{}"}}"#, rng.pick(&["", "YQ==", "YWI="])),
        _ => rng
            .pick(&[
                r#"{"arrayValue":{"values":[{"intValue":"1"}]}}"#,
                r#"{"arrayValue":{}}"#,
                r#"{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}}]}}"#,
            ])
            .to_owned(),
    }
}

fn attributes(rng: &mut Rng) -> String {
    let mut entries = Vec::new();
    for key in KEYS {
        if rng.below(4) > 0 {
            entries.push(format!(r#"{{"key":"{key}","value":{}}}"#, value(rng)));
        }
    }
    format!("[{}]", entries.join(","))
}

/// A message with several resources and scopes and more spans than fit a chunk.
fn message(rng: &mut Rng) -> Vec<u8> {
    let mut spans_left = rng.pick(&[0, 1, 7, 8, 255, 256, 257, 600]);
    let mut resources = Vec::new();
    while spans_left > 0 {
        let mut scopes = Vec::new();
        for _ in 0..rng.below(3) + 1 {
            let count = (rng.below(200) + 1).min(spans_left);
            spans_left -= count;
            let spans: Vec<_> = (0..count).map(|_| span(rng)).collect();
            let scope = format!(
                r#"{{"name":"{}","attributes":{}}}"#,
                text(rng),
                attributes(rng)
            );
            scopes.push(format!(
                r#"{{"scope":{scope},"spans":[{}]}}"#,
                spans.join(",")
            ));
        }
        let resource = format!(r#"{{"attributes":{}}}"#, attributes(rng));
        resources.push(format!(
            r#"{{"resource":{resource},"schemaUrl":"{}","scopeSpans":[{}]}}"#,
            text(rng),
            scopes.join(",")
        ));
    }
    let text = format!(r#"{{"resourceSpans":[{}]}}"#, resources.join(","));
    ottl::json::to_wire(Signal::Traces, text.as_bytes()).expect("the message is well formed")
}

fn span(rng: &mut Rng) -> String {
    let mut span = format!(
        r#"{{"name":"{}","kind":{},"startTimeUnixNano":"{}","droppedEventsCount":{},"attributes":{}"#,
        text(rng),
        rng.below(6),
        rng.pick(&[0_u64, 5, 1 << 40, u64::MAX]),
        rng.pick(&[0_u32, 1, u32::MAX]),
        attributes(rng)
    );
    if rng.below(2) == 0 {
        let _ = write!(
            span,
            r#","endTimeUnixNano":"{}""#,
            rng.pick(&[7_u64, 500, u64::MAX - 4])
        );
        let _ = write!(
            span,
            r#","status":{{"code":{},"message":"{}"}}"#,
            rng.below(3),
            text(rng)
        );
    }
    span + "}"
}

fn int(rng: &mut Rng, depth: usize) -> String {
    if depth > 0 && rng.below(3) == 0 {
        let op = rng.pick(&["+", "-", "*"]);
        return format!("({} {op} {})", int(rng, depth - 1), int(rng, depth - 1));
    }
    match rng.below(7) {
        0 => "span.kind".to_owned(),
        1 => "span.start_time_unix_nano".to_owned(),
        2 => "span.end_time_unix_nano".to_owned(),
        3 => "span.dropped_events_count".to_owned(),
        4 => "span.status.code".to_owned(),
        5 => "resource.dropped_attributes_count".to_owned(),
        _ => number(rng).to_string(),
    }
}

fn attribute(rng: &mut Rng) -> String {
    let of = rng.pick(&["span", "span", "resource", "scope"]);
    format!(r#"{of}.attributes["{}"]"#, rng.pick(&KEYS))
}

fn literal(rng: &mut Rng) -> String {
    match rng.below(9) {
        0..=3 => format!("\"{}\"", text(rng)),
        4 => number(rng).to_string(),
        5 => rng.pick(&["1.0", "2.5", "-0.5", "500.0"]).to_owned(),
        6 => rng.pick(&["true", "false"]).to_owned(),
        7 => rng.pick(&["0x", "0x61", "0x6162"]).to_owned(),
        _ => "nil".to_owned(),
    }
}

fn comparison(rng: &mut Rng) -> String {
    let op = rng.pick(&["==", "==", "!=", "<", "<=", ">", ">="]);
    match rng.below(12) {
        0..=3 => format!("{} {op} {}", attribute(rng), literal(rng)),
        4 => format!("{} {op} {}", literal(rng), attribute(rng)),
        5 => format!("{} {op} {}", attribute(rng), int(rng, 1)),
        6 | 7 => format!("{} {op} {}", int(rng, 2), int(rng, 2)),
        8 => {
            let path = rng.pick(&["span.name", "span.status.message", "scope.name"]);
            format!("{path} {op} \"{}\"", text(rng))
        }
        9 => format!("{} {op} {}", int(rng, 1), literal(rng)),
        10 => format!("{} {op} {}", attribute(rng), attribute(rng)),
        // What is interpreted, and what may fail.
        _ => match rng.below(3) {
            0 => "IsMatch(span.name, \"^a.*1\")".to_owned(),
            1 => format!("Len({}) > 3", attribute(rng)),
            _ => format!("{} + 1 > 3", attribute(rng)),
        },
    }
}

fn condition(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 {
        return comparison(rng);
    }
    match rng.below(6) {
        0 => comparison(rng),
        1 => format!("not ({})", condition(rng, depth - 1)),
        2 | 3 => format!(
            "({} and {})",
            condition(rng, depth - 1),
            condition(rng, depth - 1)
        ),
        _ => format!(
            "({} or {})",
            condition(rng, depth - 1),
            condition(rng, depth - 1)
        ),
    }
}

fn statement(rng: &mut Rng) -> String {
    let depth = rng.below(4);
    let condition = condition(rng, depth);
    let editor = match rng.below(5) {
        0 => format!("set({}, {})", attribute(rng), literal(rng)),
        1 => format!(r#"set({}, Concat([span.name, "!"], ""))"#, attribute(rng)),
        2 => r#"set(span.name, Concat([span.name, "x"], ""))"#.to_owned(),
        3 => format!("set(span.attributes[\"out\"], {})", int(rng, 2)),
        _ => format!("set(span.attributes[\"out\"], {})", attribute(rng)),
    };
    format!("{editor} where {condition}")
}
