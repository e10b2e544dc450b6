//! VRL programs over spans, measured like `ottlc bench` measures statements.
//!
//! ```text
//! vrl-baseline PROGRAM.vrl MESSAGE.pb [SECONDS] [OUTPUT.pb]
//! ```
//!
//! The message is `TracesData` as protobuf. *Resident* is the program over spans that are VRL values
//! already, each with its resource, as the events of a pipeline are. *Wire* is protobuf bytes in, the
//! program, protobuf bytes out: prost decodes and encodes, and name, kind, times, status and attributes
//! of each span become a VRL value and back. Identifiers, events and links stay where prost put
//! them, which is less work than a whole conversion. With an output the transformed message is
//! written there as well.

mod events;

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use vrl::compiler::runtime::Runtime;
use vrl::compiler::{Function, Program, TargetValue, TimeZone, compile};
use vrl::value::{ObjectMap, Secrets, Value};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Turns that each measurement takes, each with one round at least.
const ROUNDS: usize = 5;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [program, message, rest @ ..] = arguments.as_slice() else {
        return Err("Usage: vrl-baseline PROGRAM.vrl MESSAGE.pb [SECONDS] [OUTPUT.pb]".into());
    };
    let source = fs::read_to_string(program)?;
    let functions = vrl::stdlib::all();
    let mut bench = Bench {
        program: compiled(&source, &functions)?,
        functions,
        source,
        message: fs::read(message)?,
        runtime: Runtime::default(),
        timezone: TimeZone::default(),
    };
    if let Some(output) = rest.get(1) {
        fs::write(output, bench.transformed()?)?;
    }
    let seconds: f64 = rest.first().map_or(Ok(3.0), |text| text.parse())?;
    println!("{}", bench.measure(Duration::from_secs_f64(seconds))?);
    Ok(())
}

fn compiled(source: &str, functions: &[Box<dyn Function>]) -> Result<Program, Failure> {
    match compile(source, functions) {
        Ok(compiled) => Ok(compiled.program),
        Err(problems) => Err(format!("{problems:?}").into()),
    }
}

struct Bench {
    program: Program,
    functions: Vec<Box<dyn Function>>,
    source: String,
    message: Vec<u8>,
    runtime: Runtime,
    timezone: TimeZone,
}

/// Does something once and tells how long it took.
type Measurement = fn(&mut Bench) -> Result<Duration, Failure>;

impl Bench {
    fn measure(&mut self, budget: Duration) -> Result<serde_json::Value, Failure> {
        let items = events::of(TracesData::decode(self.message.as_slice())?).len();
        let all: [(&str, Measurement, usize); 3] = [
            ("resident_items_per_s", Self::resident, items),
            ("wire_items_per_s", Self::wire, items),
            ("parsed_programs_per_s", Self::parse, 1),
        ];
        let mut figures = serde_json::Map::new();
        figures.insert("items".to_owned(), items.into());
        figures.insert("bytes".to_owned(), self.message.len().into());
        let mut times = all.map(|_| Vec::new());
        for (_, measurement, _) in all {
            measurement(self)?;
        }
        for _ in 0..ROUNDS {
            for (times, (_, measurement, _)) in times.iter_mut().zip(all) {
                let turn = Instant::now();
                loop {
                    times.push(measurement(self)?);
                    if turn.elapsed() >= budget / ROUNDS as u32 {
                        break;
                    }
                }
            }
        }
        for ((name, _, amount), mut times) in all.into_iter().zip(times) {
            times.sort_unstable();
            let median = times[times.len() / 2].as_secs_f64();
            figures.insert(name.to_owned(), (amount as f64 / median).into());
        }
        Ok(figures.into())
    }

    fn run(&mut self, target: &mut TargetValue) -> Result<(), Failure> {
        let result = self.runtime.resolve(target, &self.program, &self.timezone);
        black_box(result.map_err(|error| error.to_string())?);
        self.runtime.clear();
        Ok(())
    }

    fn resident(&mut self) -> Result<Duration, Failure> {
        let events = events::of(TracesData::decode(self.message.as_slice())?);
        let mut targets: Vec<_> = events.into_iter().map(target).collect();
        let begin = Instant::now();
        for target in &mut targets {
            self.run(target)?;
        }
        Ok(begin.elapsed())
    }

    fn wire(&mut self) -> Result<Duration, Failure> {
        let begin = Instant::now();
        black_box(self.transformed()?);
        Ok(begin.elapsed())
    }

    fn transformed(&mut self) -> Result<Vec<u8>, Failure> {
        let mut data = TracesData::decode(self.message.as_slice())?;
        for of_resource in &mut data.resource_spans {
            let resource = events::resource(of_resource.resource.as_ref());
            for of_scope in &mut of_resource.scope_spans {
                for span in &mut of_scope.spans {
                    let mut target = target(events::take(span, resource.clone()));
                    self.run(&mut target)?;
                    events::put(target.value, span);
                }
            }
        }
        Ok(data.encode_to_vec())
    }

    fn parse(&mut self) -> Result<Duration, Failure> {
        let begin = Instant::now();
        black_box(compiled(&self.source, &self.functions)?);
        Ok(begin.elapsed())
    }
}

fn target(value: Value) -> TargetValue {
    TargetValue {
        value,
        metadata: Value::Object(ObjectMap::new()),
        secrets: Secrets::new(),
    }
}
