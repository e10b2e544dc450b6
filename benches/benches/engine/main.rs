//! The parts of the engine, one by one.
//!
//! `cargo bench -p benches` runs all of them, `cargo bench -p benches -- functions/SHA256` those whose
//! name contains that. `docs/benchmarks.md` says what the groups are. Under `cargo test` each runs
//! once over little data.

mod columns;
mod functions;
mod instructions;
mod syntax;

use std::time::Duration;

use benches::data::Dataset;
use criterion::measurement::WallTime;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main,
};
use ottl::{Engine, Interpreter, Script};

/// Items of the messages: few where the code is not optimised, since nothing is measured there.
const ITEMS: usize = if cfg!(debug_assertions) { 100 } else { 2_000 };

/// A group whose benchmarks are about `ITEMS` items each.
fn of_items<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(ITEMS as u64));
    group
}

fn compile(data: Dataset, interpreter: Interpreter, source: &str) -> Script {
    let engine = Engine::default().with_interpreter(interpreter);
    let compiled = engine.compile(data.signal(), data.signal().item_level(), source);
    compiled.unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// The statements alone, over a batch that is decoded for each run.
fn resident(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    data: Dataset,
    (interpreter, source): (Interpreter, &str),
) {
    let script = compile(data, interpreter, source);
    let message = bytes(data);
    group.bench_function(name, |bencher| {
        bencher.iter_batched_ref(
            || script.decode(message.clone()).expect("a message"),
            |batch| script.run(batch).expect("statements without errors"),
            BatchSize::LargeInput,
        );
    });
}

/// The message of a dataset, which is cheap to clone.
fn bytes(data: Dataset) -> bytes::Bytes {
    data.message(ITEMS).into()
}

fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}

criterion_group! {
    name = engine;
    config = settings();
    targets = syntax::all, columns::index, columns::attributes, columns::encode, instructions::all,
        functions::all
}
criterion_main!(engine);
