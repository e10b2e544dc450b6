//! Running programs both ways, and messages to run them over.

use std::sync::Arc;

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;
use ottl::{
    Batch, BatchLimits, Context, Dialect, Engine, EngineLimits, Environment, ErrorMode, Gates,
    Interpreter, PatternLimits, Report, RunError, RunLimits, Script, Signal, put_varint,
};

/// An engine that speaks all of the language and has limits so narrow that a run which takes long,
/// or much memory, is a fault.
pub(super) fn engine() -> Engine {
    let run = RunLimits {
        work_factor: 0,
        min_work: 2_000_000,
        max_string_bytes: 1 << 20,
        max_iterations: 10_000,
        ..RunLimits::default()
    };
    let limits = EngineLimits {
        run,
        batch: BatchLimits {
            growth_factor: 0,
            min_growth: 8 << 20,
        },
        patterns: PatternLimits {
            max_bytes: 1 << 20,
            max_total_bytes: 8 << 20,
            max_cache_bytes: 16 << 20,
            max_kept_bytes: 8 << 20,
        },
        ..EngineLimits::default()
    };
    Engine::default()
        .with_environment(Arc::new(Still))
        .with_dialect(Dialect::Selfops)
        .with_gates(Gates::ALL)
        .with_limits(limits)
}

/// What a run gave: the message and the report, or how it failed.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Stopped(RunError),
    Done(Vec<u8>, Report),
}

impl Outcome {
    /// Whether a limit was hit. The two interpreters do not need exactly the same work and memory.
    fn is_limited(&self) -> bool {
        matches!(
            self,
            Self::Stopped(RunError::OutOfWork | RunError::OutOfMemory)
        )
    }
}

/// Runs statements over a message by rows and by columns, in every error mode.
///
/// Whether the statements compile.
///
/// # Panics
/// When the interpreters disagree, or what comes out is no message.
pub(super) fn compare(
    engine: &Engine,
    signal: Signal,
    context: Option<Context>,
    statements: &[String],
    message: &[u8],
) -> bool {
    let ways = [Interpreter::Rows, Interpreter::Columns];
    compare_ways(ways, engine, signal, context, statements, message)
}

/// The same in two ways.
pub(super) fn compare_ways(
    ways: [Interpreter; 2],
    engine: &Engine,
    signal: Signal,
    context: Option<Context>,
    statements: &[String],
    message: &[u8],
) -> bool {
    for mode in [ErrorMode::Propagate, ErrorMode::Ignore, ErrorMode::Silent] {
        let engine = engine.clone().with_error_mode(mode);
        let run = |interpreter| {
            let engine = engine.clone().with_interpreter(interpreter);
            let script = engine.compile_statements(signal, context, statements);
            script.ok().map(|script| run(&script, signal, message))
        };
        // Nothing where it does not compile; of outcomes there is none where the bytes are no message.
        let [Some(one), Some(other)] = ways.map(run) else {
            return false;
        };
        let is_limited =
            |outcome: &Option<Outcome>| outcome.as_ref().is_some_and(Outcome::is_limited);
        if !is_limited(&one) && !is_limited(&other) {
            assert_eq!(one, other, "{ways:?} {mode:?} {statements:#?}");
        }
    }
    true
}

/// Runs a script over bytes; nothing when they are no message.
fn run(script: &Script, signal: Signal, message: &[u8]) -> Option<Outcome> {
    let mut batch = script.decode(message.to_vec()).ok()?;
    Some(match script.run(&mut batch) {
        Ok(report) => match batch.try_encode() {
            Ok(message) => {
                let again = Batch::decode(signal, message.clone());
                assert!(again.is_ok(), "the output is a message");
                Outcome::Done(message.to_vec(), report)
            }
            Err(_) => Outcome::Stopped(RunError::OutOfMemory),
        },
        Err(error) => Outcome::Stopped(error),
    })
}

/// A number that stands for bytes.
pub(super) fn hash(bytes: &[u8]) -> usize {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, step);
    (hash >> 16) as usize
}

/// A message with one item of each kind. Its attributes are the texts by their numbers, and values
/// of each other type made of them: `b`, `d`, `f`, `i`, `l`, `m` and `n`.
pub(super) fn message(signal: Signal, texts: &[&[u8]]) -> Vec<u8> {
    let attributes = attributes(texts);
    let first = texts.first().copied().unwrap_or_default();
    let item = match signal {
        Signal::Traces => {
            let event = [field(2, first), with(3, &attributes)].concat();
            let link = [field(1, &[1; 16]), field(3, first), with(4, &attributes)].concat();
            let status = [field(2, first), number(3, 2)].concat();
            let span = [
                field(1, &[7; 16]),
                field(2, &[8; 8]),
                field(3, first),
                field(5, first),
                number(6, 2),
                with(9, &attributes),
                field(11, &event),
                field(13, &link),
                field(15, &status),
            ];
            field(2, &span.concat())
        }
        Signal::Logs => {
            let body = field(5, &field(1, first));
            field(2, &[number(2, 9), body, with(6, &attributes)].concat())
        }
        Signal::Metrics => metrics(first, &attributes),
        Signal::Profiles => {
            let sample = [packed(2, &[0, 1]), packed(4, &[1, 2])].concat();
            field(2, &[field(2, &sample), packed(6, &[0, 1])].concat())
        }
    };
    let scope = [field(1, first), field(2, first), with(3, &attributes)].concat();
    let scope = field(2, &[field(1, &scope), item].concat());
    let resource = field(1, &with(1, &attributes));
    let mut message = field(1, &[resource, scope].concat());
    if signal == Signal::Profiles {
        let text = |text: &[u8]| field(5, text);
        let entry = |value: &[u8]| field(6, &[number(1, 1), field(2, value)].concat());
        let tables = [
            text(b""),
            text(first),
            entry(&field(1, first)),
            entry(&number(3, 7)),
        ];
        message.extend(field(2, &tables.concat()));
    }
    message
}

/// A metric of each type.
fn metrics(name: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let exemplar = [with(7, attributes), fixed(3, 1.5), field(4, &[1; 8])].concat();
    let point = |number| [with(7, attributes), number, field(5, &exemplar)].concat();
    let (gauge, sum) = (point(fixed(4, 0.5)), point(fixed(6, f64::from_bits(7))));
    let histogram = [
        fixed(4, f64::from_bits(6)),
        fixed(5, 10.0),
        longs(6, &[1, 2, 3]),
        longs(7, &[1.0_f64.to_bits(), 2.0_f64.to_bits()]),
        with(9, attributes),
    ];
    let buckets = [number(1, 1), packed(2, &[1, 2, 3])].concat();
    let exponential = [
        with(1, attributes),
        fixed(4, f64::from_bits(13)),
        fixed(5, 10.0),
        number(6, 2),
        fixed(7, f64::from_bits(1)),
        field(8, &buckets),
        field(9, &buckets),
    ];
    let quantile = [fixed(1, 0.5), fixed(2, 3.0)].concat();
    let summary = [
        with(7, attributes),
        fixed(4, f64::from_bits(2)),
        fixed(5, 4.0),
        field(6, &quantile),
    ];
    let total = [number(2, 2), number(3, 1)].concat();
    let data = [
        field(5, &field(1, &gauge)),
        field(7, &[field(1, &sum), total.clone()].concat()),
        field(9, &[field(1, &histogram.concat()), number(2, 2)].concat()),
        field(
            10,
            &[field(1, &exponential.concat()), number(2, 2)].concat(),
        ),
        field(11, &field(1, &summary.concat())),
    ];
    let metric = |data: Vec<u8>| {
        let head = [field(1, name), field(2, name), field(3, name)].concat();
        field(2, &[head, with(12, attributes), data].concat())
    };
    data.map(metric).concat()
}

fn attributes(texts: &[&[u8]]) -> Vec<Vec<u8>> {
    let pair = |key: &[u8], value: &[u8]| [field(1, key), field(2, value)].concat();
    let all = texts.concat();
    let bits = all.iter().rev().take(8);
    let bits = bits.fold(0, |bits: u64, byte| bits << 8 | u64::from(*byte));
    let elements: Vec<_> = texts.iter().map(|text| field(1, &field(1, text))).collect();
    let list = field(5, &elements.concat());
    let entries = texts.iter().zip(texts.iter().cycle().skip(1));
    let entries: Vec<_> = entries
        .map(|(key, text)| field(1, &pair(key, &field(1, text))))
        .collect();
    let map = field(6, &entries.concat());
    let nested = field(
        5,
        &[field(1, &map), field(1, &list), field(1, &map)].concat(),
    );
    let numbered = texts.iter().enumerate();
    let mut attributes: Vec<_> = numbered
        .map(|(at, text)| pair(at.to_string().as_bytes(), &field(1, text)))
        .collect();
    attributes.extend([
        pair(b"b", &field(7, &all)),
        pair(b"d", &fixed(4, f64::from_bits(bits))),
        pair(b"f", &number(2, bits & 1)),
        pair(b"i", &number(3, bits)),
        pair(b"l", &list),
        pair(b"m", &map),
        pair(b"n", &nested),
    ]);
    attributes
}

fn field(tag: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 8);
    put_varint(&mut out, tag << 3 | 2);
    put_varint(&mut out, bytes.len() as u64);
    out.extend_from_slice(bytes);
    out
}

fn number(tag: u64, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, tag << 3);
    put_varint(&mut out, value);
    out
}

fn fixed(tag: u64, value: f64) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, tag << 3 | 1);
    out.extend(value.to_bits().to_le_bytes());
    out
}

fn packed(tag: u64, values: &[u64]) -> Vec<u8> {
    let mut inside = Vec::new();
    for &value in values {
        put_varint(&mut inside, value);
    }
    field(tag, &inside)
}

fn longs(tag: u64, values: &[u64]) -> Vec<u8> {
    let values: Vec<_> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    field(tag, &values)
}

fn with(tag: u64, attributes: &[Vec<u8>]) -> Vec<u8> {
    let attributes: Vec<_> = attributes.iter().map(|it| field(tag, it)).collect();
    attributes.concat()
}

/// A world in which nothing depends on the order of questions.
#[derive(Debug)]
pub(super) struct Still;

impl Environment for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(1_700_000_000_000_000_000)
    }

    fn random(&self) -> u64 {
        4
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}
