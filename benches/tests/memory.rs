//! What runs cost in memory, counted and not timed.
//!
//! Two goals: in steady state a run allocates nothing for an item, so that a message ten times as long
//! needs hardly more allocations; and a message from bytes to bytes needs at most one and a half times
//! its own size beside itself. Some scenarios are not there yet. What they need today stands in
//! [`BOUNDS`] and is held: whoever makes it less writes down how little it is.

use allocation_counter::{AllocationInfo, measure};
use benches::scenarios::{Scenario, named};
use bytes::Bytes;
use ottl::{Engine, Interpreter, Script};

/// Items of the short message and of the long one.
const ITEMS: [usize; 2] = [1_000, 10_000];

/// A scenario and what it may need.
struct Bound {
    name: &'static str,
    /// Allocations that the long message needs more than the short one, to run and to encode.
    more_allocations: u64,
    /// Memory that is needed at once for each byte of the message, from bytes to bytes; the message
    /// itself is not counted.
    memory: f64,
}

const fn bound(name: &'static str, more_allocations: u64, memory: f64) -> Bound {
    Bound {
        name,
        more_allocations,
        memory,
    }
}

const BOUNDS: &[Bound] = &[
    bound("s1_redact", 4, 1.15),
    bound("s2_slo", 4, 1.15),
    bound("s3_mark", 4, 1.15),
    bound("s4_keep", 4, 1.8),
    bound("s5_pipeline", 160, 1.35),
    bound("s6_logs", 120, 3.15),
    bound("rules_100", 4, 0.1),
    bound("mixed_spans", 200, 1.35),
    bound("predicates", 4, 1.2),
    bound("nested_json", 240, 1.25),
    bound("convert_metrics", 4, 2.95),
];

fn compile(scenario: &Scenario) -> Script {
    let signal = scenario.data.signal();
    // Making machine code takes memory once, whenever that is.
    let engine = Engine::default().with_interpreter(Interpreter::Columns);
    let compiled = engine.compile(signal, scenario.context, &scenario.source());
    compiled.unwrap_or_else(|error| panic!("{}: {error}", scenario.name))
}

/// What running over a message that is decoded, and encoding it, allocates.
fn run_and_encode(script: &Script, message: &Bytes) -> AllocationInfo {
    let mut batch = script.decode(message.clone()).expect("a message");
    measure(|| {
        script.run(&mut batch).expect("statements without errors");
        drop(batch.encode());
    })
}

/// What a message from bytes to bytes allocates.
fn wire(script: &Script, message: &Bytes) -> AllocationInfo {
    measure(|| {
        drop(
            script
                .apply(message.clone())
                .expect("statements without errors"),
        );
    })
}

/// Asks about every scenario and lists all that need more than they may.
fn check(what: impl Fn(&Bound, &Script, [Bytes; 2]) -> Option<String>) {
    let mut found = Vec::new();
    for bound in BOUNDS {
        let scenario = named(bound.name).expect("a scenario");
        let script = compile(scenario);
        let messages = ITEMS.map(|items| Bytes::from(scenario.data.message(items)));
        // What is made once and kept, as the memory of a pattern, is no steady state.
        run_and_encode(&script, &scenario.data.message(10).into());
        found.extend(what(bound, &script, messages));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn allocations_do_not_grow_with_items() {
    check(|bound, script, messages| {
        // Batches leave memory to later ones.
        run_and_encode(script, &messages[1]);
        let [few, many] = messages.map(|message| run_and_encode(script, &message).count_total);
        let more = many.saturating_sub(few);
        println!("{}: {few} allocations, then {many}", bound.name);
        (more > bound.more_allocations).then(|| {
            format!(
                "{}: {more} allocations more for {} items than for {}, and {} are allowed",
                bound.name, ITEMS[1], ITEMS[0], bound.more_allocations
            )
        })
    });
}

#[test]
fn memory_is_a_small_multiple_of_the_message() {
    check(|bound, script, [_, many]| {
        let factor = wire(script, &many).bytes_max as f64 / many.len() as f64;
        println!("{}: {factor:.2} bytes for each byte", bound.name);
        (factor > bound.memory).then(|| {
            format!(
                "{}: {factor:.2} bytes at once for each byte of the message, and {} are allowed",
                bound.name, bound.memory
            )
        })
    });
}

#[test]
fn nothing_more_is_kept_of_a_second_message() {
    check(|bound, script, [few, _]| {
        wire(script, &few);
        let kept = wire(script, &few).bytes_current;
        (kept > 0).then(|| format!("{}: {kept} bytes are kept", bound.name))
    });
}
