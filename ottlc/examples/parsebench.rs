#![allow(missing_docs)]
use std::time::Instant;
#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;
fn main() {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().unwrap().parse().unwrap();
    let specs: Vec<String> = args.collect();
    for spec in specs {
        let mut it = spec.split(':');
        let (path, sig) = (it.next().unwrap(), it.next().unwrap());
        let dialect = it.next() == Some("selfops");
        let infer = spec.ends_with("infer");
        let (signal, level) = match sig {
            "traces" => (ottl::Signal::Traces, ottl::Level::Span),
            "logs" => (ottl::Signal::Logs, ottl::Level::Log),
            _ => (ottl::Signal::Metrics, ottl::Level::DataPoint),
        };
        let source = std::fs::read_to_string(path).unwrap();
        let mut engine = ottl::Engine::default();
        if dialect {
            engine = engine.with_dialect(ottl::Dialect::Selfops);
        }
        let level = if infer { None } else { Some(level) };
        let script = engine.compile(signal, level, &source).unwrap();
        let n = script.statements().count();
        let total = if rounds == 0 { 1 } else { (rounds / n).max(3) };
        let mut times = Vec::new();
        for _ in 0..total {
            let t = Instant::now();
            let s = engine.compile(signal, level, &source).unwrap();
            times.push(t.elapsed());
            std::hint::black_box(s);
        }
        times.sort();
        let m = times[times.len() / 2].as_secs_f64();
        println!(
            "{path} {n} statements {:.0}/s {:.2} us each",
            n as f64 / m,
            m * 1e6 / n as f64
        );
    }
}
