//! `ottlc bench`: how fast a script is, on one thread.

mod memory;
mod program;

use std::hint::black_box;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ottl::{Batch, BatchLimits, BitSet, Engine, Passes, Script, Signal};
use serde_json::{Map, Value as Json, json};

use crate::args::{EngineArg, Language, SignalArg};
use crate::error::{Error, Failure};
use crate::io::compression::InputCompression;
use crate::io::format::InputFormat;
use crate::io::input;
use crate::io::messages::Message;
use crate::io::payload;
use crate::progress::Progress;
use crate::script;
use crate::terminal::{self, ColorChoice, byte_rate, count, rate};

use self::program::Program;

/// Measures a script on one thread.
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT)]
pub(crate) struct Args {
    /// The kind of data.
    #[arg(long, value_enum, value_name = "SIGNAL")]
    signal: SignalArg,
    #[command(flatten)]
    language: Language,
    /// The script.
    #[arg(long, short, value_name = "FILE")]
    script: PathBuf,
    /// Takes the lines of the script as conditions of a filter, which drops what one of them holds for.
    #[arg(long, conflicts_with = "context")]
    filter: bool,
    /// The data, in any form that `run` reads; all of its messages are measured as one.
    #[arg(long, short, value_name = "FILE")]
    input: PathBuf,
    /// How long to measure, in seconds, for each of resident, wire and codec; the others take less.
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS", value_parser = seconds)]
    seconds: f64,
    /// What to measure, with commas between the names; everything when nothing is given.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FIGURES")]
    only: Vec<Figure>,
    /// How statements are executed.
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    engine: EngineArg,
    /// The passes of the optimiser: all, none, or names with commas between them.
    #[arg(long, value_name = "PASSES", value_parser = Passes::parse, default_value = "all")]
    passes: Passes,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

const ABOUT: &str = "\
Measures a script on one thread.

Each figure is the median of at least five rounds. The rounds of the measurements take turns, so
that a machine that is busy for a moment slows all of them down alike.

  resident  the statements over a batch that is decoded already
  wire      protobuf bytes in, statements, protobuf bytes out
  codec     protobuf bytes in and out without the statements: what the script needs is decoded, and
            each item is written anew field by field, as the engine writes one that changed. For that
            one number of each item is changed in between, which is not counted
  parsed    source text to a program that can run
  message   the first 100 items as one message, bytes in to bytes out

Beside them stands the most memory that the process had at once, the input included. It is that of
wire with `--only wire`, on Linux alone.

With `--filter` the figures are those of a filter processor with these conditions; resident is what
it takes to ask them.";

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Figure {
    /// The statements alone.
    Resident,
    /// Bytes in, statements, bytes out.
    Wire,
    /// Bytes in and out.
    Codec,
    /// Source text to program.
    Parsed,
    /// The latency of a short message.
    Message,
}

/// The longest input, which has to be one batch.
const MAX_INPUT: usize = i32::MAX as usize;
/// Turns that each measurement takes, each with one round at least.
const ROUNDS: usize = 5;
/// Items in the message whose latency is measured.
const MESSAGE_ITEMS: usize = 100;
/// Latencies of messages that are kept, at most.
const MAX_LATENCIES: usize = 1 << 20;

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok();
    let seconds = seconds.filter(|seconds| (0.0..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "give a number of seconds from 0 to 3600".to_owned())
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    let signal = Signal::from(args.signal);
    let source = script::read(&args.script)?;
    let engine = args.language.engine();
    let engine = engine
        .with_interpreter(args.engine.into())
        .with_passes(args.passes);
    let program = if args.filter {
        Program::filter(&engine, signal, &source)?
    } else {
        let script = script::compile(&engine, signal, args.language, &source, color)?;
        Program::Script(Box::new(script))
    };
    let message = read(args, signal)?;
    let bench = Bench {
        args,
        signal,
        engine: &engine,
        program: &program,
        source: &source,
        items: Batch::decode(signal, message.clone()).map_or(0, |batch| batch.items()),
        head: head(signal, &message),
        message,
        marker: marker(signal)?,
    };
    memory::forget_peak();
    let figures = bench.measure()?;
    if args.json {
        terminal::print(&format!("{}\n", bench.json(&figures)))
    } else {
        terminal::print(&bench.text(&figures))
    }
}

/// All messages of the input as one: protobuf messages one after the other are their union.
fn read(args: &Args, signal: Signal) -> Result<Bytes, Failure> {
    let settings = input::Settings {
        format: InputFormat::Auto,
        compression: InputCompression::Auto,
        max_message: MAX_INPUT,
    };
    let mut input = input::open(&args.input, settings, &Rc::new(Progress::hidden()))?;
    let mut all: Vec<Bytes> = Vec::new();
    let mut length = 0;
    while let Some(message) = input.messages.next()? {
        let format = input.messages.format();
        let wire = payload::wire(&input.name, signal, format, &message)?;
        length += wire.len();
        if length > MAX_INPUT {
            let error = Error::new("The messages together have more than 2 GiB.");
            return Err(error.at(&input.name).help("Measure a part of them.").into());
        }
        check(&input.name, signal, &message, format, &wire)?;
        all.push(wire);
    }
    // The only one shares its memory with nothing that outlives this.
    match all.as_slice() {
        [only] => Ok(only.clone()),
        _ => Ok(all.concat().into()),
    }
}

fn check(
    file: &str,
    signal: Signal,
    message: &Message,
    format: crate::io::format::Format,
    wire: &Bytes,
) -> Result<(), Error> {
    let decoded = Batch::decode(signal, wire.clone());
    decoded
        .map(drop)
        .map_err(|error| payload::decode_error(file, signal, format, message, wire, error))
}

/// The first items as a message of their own.
fn head(signal: Signal, message: &Bytes) -> Bytes {
    let Ok(batch) = Batch::decode(signal, message.clone()) else {
        return Bytes::new();
    };
    let mut rows = BitSet::new(batch.items());
    (0..batch.items().min(MESSAGE_ITEMS)).for_each(|row| rows.insert(row));
    // The encoded message shares no memory with the long one.
    Bytes::from(batch.encode_rows(signal.item_level(), &rows).to_vec())
}

/// A script that changes every item, by as little as there is.
fn marker(signal: Signal) -> Result<Script, Error> {
    let source = match signal {
        Signal::Traces => "set(span.dropped_events_count, span.dropped_events_count + 1)",
        Signal::Logs => "set(log.dropped_attributes_count, log.dropped_attributes_count + 1)",
        Signal::Metrics => "set(datapoint.flags, datapoint.flags + 1)",
        Signal::Profiles => "set(profile.period, profile.period + 1)",
    };
    let compiled = Engine::default().compile(signal, signal.item_level(), source);
    compiled.map_err(|error| Error::new(error.to_string()))
}

struct Bench<'a> {
    args: &'a Args,
    signal: Signal,
    engine: &'a Engine,
    program: &'a Program,
    source: &'a script::Source,
    items: usize,
    message: Bytes,
    head: Bytes,
    /// Changes one number of every item.
    marker: Script,
}

/// What was measured; rates are medians.
#[derive(Default)]
struct Figures {
    resident: Option<f64>,
    wire: Option<f64>,
    codec: Option<f64>,
    parsed: Option<f64>,
    /// The median latency of a message and what 99 of 100 stay below, in microseconds.
    latency: Option<(f64, f64)>,
    /// The most memory of the process, in bytes.
    memory: Option<u64>,
}

/// Does something once and tells how long it took.
type Measurement<'a> = fn(&Bench<'a>) -> Result<Duration, Failure>;

/// How long each round of a measurement took.
type Rounds = Vec<Duration>;

/// The median of an amount for each second.
fn median_rate(rounds: &mut Rounds, amount: usize) -> f64 {
    rounds.sort_unstable();
    let median = rounds.get(rounds.len() / 2).copied().unwrap_or_default();
    amount as f64 / median.as_secs_f64().max(1e-9)
}

impl<'a> Bench<'a> {
    fn measures(&self, figure: Figure) -> bool {
        self.args.only.is_empty() || self.args.only.contains(&figure)
    }

    fn measure(&self) -> Result<Figures, Failure> {
        let budget = Duration::from_secs_f64(self.args.seconds);
        let all: [(Figure, Measurement<'a>, Duration); 4] = [
            (Figure::Resident, Self::resident, budget),
            (Figure::Wire, Self::wire, budget),
            (Figure::Codec, Self::codec, budget),
            (Figure::Parsed, Self::parse, budget / 4),
        ];
        let chosen = all
            .into_iter()
            .filter(|(figure, ..)| self.measures(*figure));
        let mut chosen: Vec<_> = chosen.map(|known| (known, Rounds::new())).collect();
        // A first round warms caches up and finds out whether the script fails.
        for ((_, measurement, _), _) in &chosen {
            measurement(self)?;
        }
        for _ in 0..ROUNDS {
            for ((_, measurement, budget), rounds) in &mut chosen {
                let turn = Instant::now();
                loop {
                    rounds.push(measurement(self)?);
                    if turn.elapsed() >= *budget / ROUNDS as u32 {
                        break;
                    }
                }
            }
        }
        let mut figures = Figures::default();
        for ((figure, ..), mut rounds) in chosen {
            let (place, amount) = match figure {
                Figure::Resident => (&mut figures.resident, self.items),
                Figure::Wire => (&mut figures.wire, self.items),
                Figure::Codec => (&mut figures.codec, self.items),
                Figure::Parsed => (&mut figures.parsed, self.program.statements()),
                Figure::Message => continue,
            };
            *place = Some(median_rate(&mut rounds, amount));
        }
        if self.measures(Figure::Message) {
            figures.latency = Some(self.latency(budget / 4)?);
        }
        figures.memory = memory::peak();
        Ok(figures)
    }

    fn resident(&self) -> Result<Duration, Failure> {
        self.program.resident(self.signal, &self.message)
    }

    fn wire(&self) -> Result<Duration, Failure> {
        self.program.wire(self.signal, &self.message)
    }

    fn codec(&self) -> Result<Duration, Failure> {
        let mut projection = self.marker.program().projection.clone();
        if let Program::Script(script) = self.program {
            projection.merge(&script.program().projection);
        }
        let begin = Instant::now();
        let limits = BatchLimits::default();
        let batch = Batch::decode_projected(self.signal, self.message.clone(), &projection, limits);
        let mut batch = batch.map_err(|error| Error::new(error.to_string()))?;
        let decoded = begin.elapsed();
        let marked = self.marker.run(&mut batch);
        marked.map_err(|error| Error::new(error.to_string()))?;
        let begin = Instant::now();
        black_box(batch.encode());
        drop(batch);
        Ok(decoded + begin.elapsed())
    }

    fn parse(&self) -> Result<Duration, Failure> {
        let begin = Instant::now();
        if self.args.filter {
            let pipeline = program::pipeline(self.engine, self.signal, self.source)?;
            let time = begin.elapsed();
            black_box(pipeline);
            return Ok(time);
        }
        let context = self.args.language.context();
        let compiled = self.engine.compile(self.signal, context, &self.source.text);
        let script = compiled.map_err(|error| Error::new(error.to_string()))?;
        let time = begin.elapsed();
        black_box(script);
        Ok(time)
    }

    /// The latency of one message in microseconds: the median, and what 99 of 100 stay below.
    fn latency(&self, budget: Duration) -> Result<(f64, f64), Failure> {
        let mut times = Vec::new();
        let begin = Instant::now();
        while times.len() < MESSAGE_ITEMS
            || (begin.elapsed() < budget && times.len() < MAX_LATENCIES)
        {
            times.push(self.program.wire(self.signal, &self.head)?);
        }
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e6;
        Ok((at(50), at(99)))
    }

    fn json(&self, figures: &Figures) -> Json {
        let mut all = Map::new();
        let mut add = |name: &str, value: Option<Json>| {
            all.extend(value.map(|value| (name.to_owned(), value)));
        };
        add("items", Some(json!(self.items)));
        add("bytes", Some(json!(self.message.len())));
        add("statements", Some(json!(self.program.statements())));
        add("resident_items_per_s", figures.resident.map(Json::from));
        add("wire_items_per_s", figures.wire.map(Json::from));
        add("codec_only_items_per_s", figures.codec.map(Json::from));
        add("parsed_statements_per_s", figures.parsed.map(Json::from));
        let (p50, p99) = figures.latency.unzip();
        add("p50_us", p50.map(Json::from));
        add("p99_us", p99.map(Json::from));
        add("message_p99_us", p99.map(Json::from));
        add("peak_memory_bytes", figures.memory.map(Json::from));
        Json::Object(all)
    }

    fn text(&self, figures: &Figures) -> String {
        let (one, many) = ottl::context_nouns(self.signal.item_level());
        let noun = if self.args.filter {
            ("condition", "conditions")
        } else {
            ("statement", "statements")
        };
        let mut text = format!(
            "{}, {}, {}\n",
            count(self.items as u64, one, many),
            count(self.message.len() as u64, "byte", "bytes"),
            count(self.program.statements() as u64, noun.0, noun.1),
        );
        let mut line = |name: &str, value: Option<String>| {
            text.extend(value.map(|value| format!("{name:<10}{value}\n")));
        };
        line("resident", figures.resident.map(|value| rate(value, many)));
        let wire = figures.wire.map(|wire| {
            let bytes = wire / self.items.max(1) as f64 * self.message.len() as f64;
            format!("{}, {}", rate(wire, many), byte_rate(bytes))
        });
        line("wire", wire);
        line("codec", figures.codec.map(|value| rate(value, many)));
        line("parsed", figures.parsed.map(|value| rate(value, noun.1)));
        let latency = figures.latency.map(|(p50, p99)| {
            format!("{p50:.1} µs median, {p99:.1} µs for 99 of 100 ({MESSAGE_ITEMS} {many})")
        });
        line("message", latency);
        let memory = |bytes: u64| format!("{:.1} MB at most", bytes as f64 / 1e6);
        line("memory", figures.memory.map(memory));
        text
    }
}
