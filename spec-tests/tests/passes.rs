//! Every pass of the optimiser, alone and with the others, leaves what programs do as it is: the
//! message, the report, and every failure.
//!
//! The programs are random statements with their conditions exchanged, so that neighbours have much
//! in common, and chains of equalities; the messages are several random ones in one, so that
//! resources have neighbours as well.

use std::sync::Arc;

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;
use ottl::{
    Batch, Context, Engine, Environment, ErrorMode, Gates, Interpreter, Pass, Passes, Report,
    RunError, Signal,
};
use spec_tests::case::{self, Case, Kind};
use spec_tests::random::Generator;

/// A world in which nothing depends on the order of questions.
#[derive(Debug)]
struct Still;

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

fn signal(case: &Case) -> Signal {
    match case.signal {
        case::Signal::Traces => Signal::Traces,
        case::Signal::Logs => Signal::Logs,
        case::Signal::Metrics => Signal::Metrics,
        case::Signal::Profiles => Signal::Profiles,
    }
}

/// Statements about one context, and messages with items of it.
#[derive(Default)]
struct Pool {
    statements: Vec<String>,
    conditions: Vec<String>,
    messages: Vec<Vec<u8>>,
}

impl Pool {
    fn add(&mut self, case: &Case) {
        if case.kind == Kind::Statements && case.component.is_none() {
            self.statements.extend(case.sources().iter().cloned());
        }
        if case.kind == Kind::Conditions && case.component.is_none() {
            self.conditions.extend(case.sources().iter().cloned());
        }
        // The dictionaries of profiles do not simply follow each other.
        if case.component.is_none() && case.signal != case::Signal::Profiles {
            let message = ottl::json::to_wire(signal(case), case.input.get().as_bytes());
            self.messages.extend(message);
        }
    }

    /// Some statements one after the other, and again with the conditions of their neighbours.
    fn program(&self, number: usize) -> Vec<String> {
        let some = self.statements.iter().cycle().skip(number * 3).take(5);
        let halves = some.map(|statement| match statement.split_once(" where ") {
            Some((editor, condition)) => (editor, Some(condition)),
            None => (statement.as_str(), None),
        });
        let halves: Vec<_> = halves.collect();
        let mut program = Vec::new();
        for shift in 0..halves.len() {
            for (at, (editor, _)) in halves.iter().enumerate() {
                let (_, condition) = halves[(at + shift) % halves.len()];
                program.push(match condition {
                    Some(condition) => format!("{editor} where {condition}"),
                    None => (*editor).to_owned(),
                });
            }
        }
        program.rotate_left(number % 7);
        program.truncate(12);
        program
    }
}

/// Statements that a value leads to. Some write what others ask for, some fail.
fn chain(context: Context, number: usize) -> Vec<String> {
    let own = ottl::context_name(context);
    let paths = [
        "resource.attributes[\"env\"]".to_owned(),
        "resource.attributes[\"i1\"]".to_owned(),
        format!("{own}.attributes[\"s1\"]"),
        format!("{own}.attributes[\"i1\"]"),
        format!("{own}.attributes[\"d1\"]"),
        format!("{own}.attributes[\"s1\"][\"a\"]"),
        format!("Int({own}.attributes[\"s1\"])"),
        format!("ToUpperCase({own}.attributes[\"s1\"])"),
        "Concat([resource.attributes[\"env\"], \"\"], \"\")".to_owned(),
    ];
    let path = &paths[number % paths.len()];
    let keys = [
        "\"a\"", "\"prod\"", "1", "\"42\"", "true", "\"A\"", "0", "7", "\"a\"",
    ];
    let mut statements = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let condition = match (at + number) % 5 {
            0 => format!("{path} == {key}"),
            1 => format!("{key} == {path} and {own}.attributes[\"i2\"] != 3"),
            2 => format!("{path} == {key} or {path} == \"alpha\""),
            3 => format!("{path} == {key} and Int({own}.attributes[\"s2\"]) == nil"),
            _ => format!("{path} == {key} and IsMatch({own}.attributes[\"s2\"], \"a\")"),
        };
        let editor = match (at * 7 + number) % 11 {
            0 => format!("set({own}.attributes[\"s1\"], \"a\")"),
            1 => format!("delete_key({own}.attributes, \"i1\")"),
            2 => format!("set({own}.attributes[\"x\"], Int({own}.attributes[\"s2\"][\"q\"]))"),
            _ => format!("set({own}.attributes[\"x{at}\"], {path})"),
        };
        statements.push(format!("{editor} where {condition}"));
    }
    statements
}

/// Evaluates a condition by rows without passes and by columns with all, and tells whether it compiled.
fn compare_condition(
    (signal, context): (Signal, Context),
    condition: &str,
    message: &[u8],
) -> bool {
    let engine = Engine::default().with_environment(Arc::new(Still));
    let engine = engine.with_error_mode(ErrorMode::Ignore);
    let evaluated = |interpreter, passes| {
        let engine = engine
            .clone()
            .with_interpreter(interpreter)
            .with_passes(passes);
        let condition = engine.compile_condition(signal, context, condition).ok()?;
        let batch = Batch::decode(signal, message.to_vec());
        Some(condition.eval(&mut batch.expect("the message is one")))
    };
    let Some(plain) = evaluated(Interpreter::Rows, Passes::NONE) else {
        return false;
    };
    let other = evaluated(Interpreter::Columns, Passes::ALL).expect("it compiled once");
    assert_eq!(plain, other, "{condition}");
    true
}

type Outcome = Result<(Vec<u8>, Report), RunError>;

fn outcome(
    engine: &Engine,
    (signal, context): (Signal, Context),
    statements: &[String],
    message: &[u8],
) -> Option<Outcome> {
    let script = engine.compile_statements(signal, Some(context), statements);
    let script = script.ok()?;
    let mut batch = script.decode(message.to_vec()).expect("the message is one");
    Some(script.run(&mut batch).map(|report| {
        let message = batch.try_encode().expect("the batch is small");
        (message.to_vec(), report)
    }))
}

/// Whether two outcomes may be called the same: where limits are hit is not fixed.
fn is_same(one: &Outcome, other: &Outcome) -> bool {
    let is_limited = |it: &Outcome| matches!(it, Err(RunError::OutOfWork | RunError::OutOfMemory));
    is_limited(one) || is_limited(other) || one == other
}

/// Runs a program in every way there is, and tells whether it compiled.
fn compare(about: (Signal, Context), statements: &[String], message: &[u8], number: usize) -> bool {
    let mode = [ErrorMode::Ignore, ErrorMode::Propagate, ErrorMode::Ignore][number % 3];
    let gates = Gates {
        lambda: true,
        ..Gates::default()
    };
    let engine = Engine::default()
        .with_environment(Arc::new(Still))
        .with_gates(gates)
        .with_error_mode(mode);
    let run = |interpreter, passes| {
        let engine = engine.clone().with_interpreter(interpreter);
        outcome(&engine.with_passes(passes), about, statements, message)
    };
    let Some(plain) = run(Interpreter::Rows, Passes::NONE) else {
        return false;
    };
    let one = Pass::ALL[number % Pass::ALL.len()];
    for (interpreter, passes) in [
        (Interpreter::Columns, Passes::NONE),
        (Interpreter::Columns, Passes::ALL),
        (Interpreter::Rows, Passes::ALL),
        (Interpreter::Columns, Passes::NONE.with(one)),
        (Interpreter::Columns, Passes::ALL.without(one)),
    ] {
        let other = run(interpreter, passes).expect("it compiled once");
        assert!(
            is_same(&plain, &other),
            "{interpreter:?} {passes} {mode:?} {statements:#?}\nby rows: {plain:?}\nso: {other:?}"
        );
    }
    true
}

#[test]
fn programs_do_the_same_with_any_passes() {
    let generator = Generator::new();
    let mut pools: Vec<((Signal, Context), Pool)> = Vec::new();
    for number in 0..6000 {
        let case = generator.case(11, number);
        let Some(context) = ottl::context_named(&case.context) else {
            continue;
        };
        let about = (signal(&case), context);
        match pools.iter_mut().find(|(known, _)| *known == about) {
            Some((_, pool)) => pool.add(&case),
            None => {
                let mut pool = Pool::default();
                pool.add(&case);
                pools.push((about, pool));
            }
        }
    }
    let (mut compared, mut evaluated) = (0, 0);
    for (about, pool) in &pools {
        for (number, messages) in pool.messages.chunks(6).enumerate() {
            let message = messages.concat();
            // Not every statement compiles with the condition of another.
            let mut program = pool.program(number);
            let engine = Engine::default().with_gates(Gates::ALL);
            program.retain(|statement| {
                let one = std::slice::from_ref(statement);
                engine
                    .compile_statements(about.0, Some(about.1), one)
                    .is_ok()
            });
            compared += usize::from(compare(*about, &program, &message, number));
            let chain = chain(about.1, number);
            compared += usize::from(compare(*about, &chain, &message, number / 9));
            for condition in pool.conditions.iter().cycle().skip(number * 3).take(3) {
                let both = format!("IsString(resource.attributes[\"env\"]) and ({condition})");
                evaluated += usize::from(compare_condition(*about, condition, &message));
                evaluated += usize::from(compare_condition(*about, &both, &message));
            }
        }
    }
    assert!(compared > 800, "only {compared} programs were compared");
    assert!(
        evaluated > 800,
        "only {evaluated} conditions were evaluated"
    );
}
