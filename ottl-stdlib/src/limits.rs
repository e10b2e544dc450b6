//! Tests: small arguments that describe huge results, or much work, are refused early.

use otlp_columns::{Heap, ListKind, Stop, Value};
use ottl_vm::Function;

use crate::testing::{Arg, Failure, Span, attribute, attributes, int, text, texts};

fn function(name: &str) -> Box<dyn Function> {
    let mut functions = crate::registry().into_iter();
    let found = functions.find(|function| function.signature().name == name);
    found.expect("a function of the library")
}

/// The same text 1,000 times in each of 1,000 lists: a megabyte of it takes four kilobytes.
fn many_texts(heap: &mut Heap) -> Value {
    let text = Value::Str(heap.alloc(&[b'x'; 1000]));
    let inner = Value::List(ListKind::Slice, heap.alloc_list(&[text; 1000]));
    Value::List(ListKind::Slice, heap.alloc_list(&[inner; 1000]))
}

const TEN: &str = r#"{"a":"xxxxxxxxxx","l":["xxxxxxxxxx","xxxxxxxxxx"]}"#;

/// Calls whose result is longer than 16 bytes, with the attributes above.
fn long_results() -> Vec<(&'static str, Vec<Arg>)> {
    let upper: &'static dyn Function = Box::leak(function("ToUpperCase"));
    vec![
        ("String", vec![Arg::Computed(many_texts)]),
        ("String", vec![attribute("l")]),
        ("Concat", vec![Arg::Computed(many_texts), text("")]),
        ("Concat", vec![texts(&["a"; 9]), text(",,,")]),
        ("Hex", vec![attribute("a")]),
        ("ConvertCase", vec![text("aAaAaAaAaAaA"), text("snake")]),
        ("ToSnakeCase", vec![text("aAaAaAaAaAaA")]),
        ("ToLowerCase", vec![text(b"\xff".repeat(10))]),
        ("ToUpperCase", vec![text(b"\xff".repeat(10))]),
        (
            "replace_pattern",
            vec![attribute("a"), text("x"), text("$0$0$0")],
        ),
        (
            "replace_pattern",
            vec![
                attribute("a"),
                text("x"),
                text("$0"),
                Arg::Function(upper),
                text("<%s>"),
            ],
        ),
        (
            "replace_match",
            vec![
                attribute("a"),
                text("x*"),
                text("y"),
                Arg::Function(upper),
                text("%s%s%s"),
            ],
        ),
        (
            "replace_all_matches",
            vec![
                attributes(),
                text("x*"),
                text("y"),
                Arg::Function(upper),
                text("%s%s%s"),
            ],
        ),
        (
            "replace_all_patterns",
            vec![attributes(), text("value"), text("x"), text("yyy")],
        ),
        (
            "replace_all_patterns",
            vec![
                attributes(),
                text("key"),
                text("a"),
                text("abcdefghijklmnopqrst"),
            ],
        ),
        ("stringify_all", vec![attributes()]),
        ("Format", vec![text("%20d"), Arg::List(vec![int(1)])]),
        (
            "Format",
            vec![text("%q"), Arg::List(vec![text("\0".repeat(5))])],
        ),
        (
            "Format",
            vec![text("%.20f"), Arg::List(vec![attribute("l")])],
        ),
        ("Base64Encode", vec![text("a".repeat(13))]),
        ("Decode", vec![text(b"\xff".repeat(10)), text("latin1")]),
        ("Decode", vec![text("YWFh".repeat(6)), text("base64")]),
        (
            "FormatTime",
            vec![
                Arg::Computed(|_| Value::Time {
                    seconds: 0,
                    nanos: 0,
                    zone: 0,
                }),
                text("%A %A %A"),
            ],
        ),
    ]
}

#[test]
fn no_text_is_longer_than_the_limit() {
    let error = Failure::Exec("The text would be longer than 16 bytes.".to_owned());
    for (name, args) in long_results() {
        let mut span = Span::new(TEN);
        span.limits(|limits| limits.max_string_bytes = 16);
        let result = span.call_value(&*function(name), &args);
        assert_eq!(result.err(), Some(error.clone()), "{name}");
        assert_eq!(span.stopped(), None, "{name}");
        assert!(!span.changed(), "{name}");
    }
}

#[test]
fn text_that_does_not_fit_the_heap_stops_the_run() {
    for (name, args) in [
        ("String", vec![Arg::Computed(many_texts)]),
        ("Concat", vec![Arg::Computed(many_texts), text("")]),
    ] {
        let mut span = Span::new("{}");
        span.limits(|limits| limits.max_string_bytes = usize::MAX);
        assert!(span.call_value(&*function(name), &args).is_err(), "{name}");
        assert_eq!(span.stopped(), Some(Stop::Memory), "{name}");
    }
}

#[test]
fn lists_that_do_not_fit_the_heap_stop_the_run() {
    let long = text(vec![b'x'; 4 << 20]);
    let mut span = Span::new("{}");
    let result = span.call_value(&*function("Split"), &[long, text("")]);
    assert!(result.is_err());
    assert_eq!(span.stopped(), Some(Stop::Memory));
}

/// Lists of which each has the one before a hundred times, so that a few kilobytes are a million
/// elements.
fn million(heap: &mut Heap) -> Value {
    (0..3).fold(Value::Int(1), |inner, _| {
        Value::List(ListKind::Slice, heap.alloc_list(&[inner; 100]))
    })
}

fn list_of_a_million(heap: &mut Heap) -> Value {
    let million = million(heap);
    Value::List(ListKind::Slice, heap.alloc_list(&[million]))
}

fn hundreds(heap: &mut Heap) -> Value {
    Value::List(ListKind::Slice, heap.alloc_list(&[Value::Int(1); 400]))
}

#[test]
fn functions_spend_work_on_what_they_look_at() {
    let long = || text(vec![b'a'; 100_000]);
    let upper: &'static dyn Function = Box::leak(function("ToUpperCase"));
    for (name, args) in [
        (
            "ContainsValue",
            vec![Arg::Computed(list_of_a_million), Arg::Computed(million)],
        ),
        (
            "Index",
            vec![Arg::Computed(list_of_a_million), Arg::Computed(million)],
        ),
        ("Split", vec![long(), text("a")]),
        ("SHA256", vec![long()]),
        ("MD5", vec![long()]),
        ("FNV", vec![long()]),
        ("ToUpperCase", vec![long()]),
        ("Hex", vec![long()]),
        ("Murmur3Hash", vec![long()]),
        ("Murmur3Hash128", vec![long()]),
        ("XXH3", vec![long()]),
        ("XXH128", vec![long()]),
        ("Base64Encode", vec![long()]),
        ("Decode", vec![long(), text("euc-jp")]),
        ("Format", vec![text("%x"), Arg::List(vec![long()])]),
        ("Format", vec![text("%100000d"), Arg::List(vec![int(1)])]),
        ("IsValidLuhn", vec![text(" ".repeat(100_000))]),
        ("Sort", vec![Arg::Computed(hundreds)]),
        ("SliceToMap", vec![Arg::Computed(hundreds)]),
        ("IsMatch", vec![long(), text("[ab]*a[ab]{9}c")]),
        ("IsMatch", vec![text("a"), text("(?i)\\pL{50}").dynamic()]),
        ("ParseJSON", vec![long()]),
        ("Time", vec![long(), text("%Y")]),
        ("Concat", vec![texts(&["a"; 600]), text(",")]),
        ("HasPrefix", vec![long(), text("a")]),
        (
            "replace_pattern",
            vec![attribute("t"), text("."), text("b")],
        ),
        (
            "replace_pattern",
            vec![attribute("t"), text("."), text("b"), Arg::Function(upper)],
        ),
        (
            "replace_all_patterns",
            vec![attributes(), text("value"), text("."), text("b")],
        ),
        (
            "replace_all_matches",
            vec![attributes(), text("a*b*c*"), text("b")],
        ),
        ("flatten", vec![attributes()]),
        ("keep_matching_keys", vec![attributes(), text("a|b+c")]),
        ("limit", vec![attributes(), int(1), texts(&[])]),
    ] {
        let keys = (0..500).map(|at| format!(r#","k{at}":{{"a":1}}"#));
        let attributes = format!(
            r#"{{"t":"{}"{}}}"#,
            "a".repeat(20_000),
            keys.collect::<String>()
        );
        let mut span = Span::new(&attributes);
        span.limits(|limits| limits.min_work = 500);
        let result = span.call_value(&*function(name), &args);
        assert!(result.is_err() || name == "keep_matching_keys", "{name}");
        assert_eq!(span.stopped(), Some(Stop::Work), "{name}");
    }
}
