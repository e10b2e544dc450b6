//! `ottlc run`: a script, or a component of a configuration, over a file of messages.

mod component;
mod job;
mod observe;
mod pool;
mod work;
mod worker;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use clap::ValueEnum;
use ottl::{Engine, Signal};

use self::component::{Choice, Component};
use self::job::Job;
use self::observe::ObserveArgs;
use self::pool::Plan;
use self::work::Work;
use crate::args::{EngineArg, ErrorModeArg, Language, ProgramArgs, SignalArg};
use crate::error::Failure;
use crate::io::compression::{Compression, InputCompression};
use crate::io::format::{InputFormat, OutputFormat};
use crate::io::input;
use crate::limits::LimitArgs;
use crate::progress::Progress;
use crate::report::Summary;
use crate::request::RequestArgs;
use crate::script::{self, Listed};
use crate::terminal::{self, ColorChoice};

/// Runs a script over OTLP data and shows what it changed.
///
/// Instead of a script there can be a processor or connector of a Collector's configuration, which
/// says what its error mode is. A connector gives data to pipelines: name a file for each with --route.
///
/// The data comes from a file or standard input, as OTLP protobuf or OTLP/JSON, as one message or a
/// stream of them, and goes out in the same form unless the options or the name of the output say
/// otherwise. A file appears under its name only when all of it is written.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The kind of data.
    #[arg(long, value_enum, value_name = "SIGNAL")]
    signal: SignalArg,
    #[command(flatten)]
    language: Language,
    #[command(flatten)]
    program: ProgramArgs,
    /// The data, or - for standard input.
    #[arg(default_value = "-")]
    input: PathBuf,
    /// Where to write the data, instead of standard output. May be the input itself.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The form of the input.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    input_format: InputFormat,
    /// The form of the output [default: that of the input, but JSON for *.json and *.jsonl, and
    /// protobuf for *.pb].
    #[arg(long, value_enum, value_name = "FORMAT")]
    output_format: Option<OutputFormat>,
    /// What the input is compressed with.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    input_compression: InputCompression,
    /// What to compress the output with [default: as the name of the output says; for standard
    /// output as the input].
    #[arg(long, value_enum, value_name = "HOW")]
    output_compression: Option<Compression>,
    /// What happens when a statement fails on an item.
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    error_mode: ErrorModeArg,
    /// How statements are executed. The result is the same.
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    engine: EngineArg,
    /// Writes what `route(exporter.NAME)` marked, or a connector gives to the pipeline NAME, to FILE.
    /// May be repeated.
    #[arg(long, value_name = "NAME=FILE", value_parser = route)]
    route: Vec<(String, PathBuf)>,
    /// Merges data points that the script made equal: sums and histograms are added, gauges keep
    /// the latest value.
    #[arg(long, conflicts_with = "config")]
    merge_points: bool,
    /// How to report on standard error what was done.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    report: ReportForm,
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    observe: ObserveArgs,
    #[command(flatten)]
    request: RequestArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

const EXAMPLES: &str = "\
Examples:
  ottlc run --signal traces --script redact.ottl traces.pb -o redacted.pb
  zcat logs.jsonl.gz | ottlc run --signal logs --script app.ottl > out.jsonl
  ottlc run --signal traces --dialect selfops --script route.ottl \\
        --route kafka_tenant_a=a.pb traces.pb -o all.pb
  ottlc run --signal traces --config collector.yaml --processor transform/redact \\
        traces.pb -o redacted.pb";

/// How many threads work on messages.
#[derive(Clone, Copy, Debug, clap::Args)]
struct ThreadArgs {
    /// How many threads work on the messages of a stream, from 1 to 256. With two for each of them
    /// in memory at most, and not more than --max-message-size of bytes behind the first.
    #[arg(long, value_name = "N", default_value = "1", value_parser = threads)]
    threads: NonZeroUsize,
    /// Writes messages when they are done, and not in the order of the input.
    #[arg(long, requires = "threads")]
    unordered: bool,
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let threads = text
        .parse()
        .ok()
        .filter(|threads: &NonZeroUsize| threads.get() <= 256);
    threads.ok_or_else(|| "give a number from 1 to 256".to_owned())
}

impl ThreadArgs {
    /// How the work is done where messages may have so many bytes.
    fn plan(self, max_message: usize) -> Plan {
        Plan {
            threads: self.threads,
            in_order: !self.unordered,
            room: max_message,
        }
    }
}

/// How to report what was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ReportForm {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// Not at all.
    None,
}

fn route(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() && file != "-" => {
            let name = name.strip_prefix("exporter.").unwrap_or(name);
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err("give the name of an output and a file, as NAME=FILE".to_owned()),
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    check_paths(args)?;
    if args.program.config.is_none() {
        args.observe
            .check(args.language.dialect, args.error_mode.into())?;
    }
    let signal = Signal::from(args.signal);
    let engine = args
        .language
        .engine()
        .with_error_mode(args.error_mode.into())
        .with_interpreter(args.engine.into())
        .with_merged_points(args.merge_points);
    let (engine, samples) = args.observe.engine(args.limits.engine(engine));
    let request = args.request.read()?;
    let (work, statements) = work(args, &engine, signal, color)?;
    let counts = args.observe.counts(&work, &statements);
    check_routes(args, &work)?;
    if args.threads.threads.get() > 1 && work.is_sequential(signal) {
        let message = "Groups with `shared_cache` take messages one after the other, so that --threads has \
                       nothing to give them.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let settings = input::Settings {
        format: args.input_format,
        compression: args.input_compression,
        max_message: args.limits.max_message_size,
    };
    let progress = Rc::new(Progress::new());
    let input = input::open(&args.input, settings, &progress)?;
    let output = args.output.as_ref().filter(|path| *path != Path::new("-"));
    let output_name =
        output.map_or_else(|| "<stdout>".to_owned(), |path| path.display().to_string());
    let output_name = work.has_main().then_some(output_name);
    let about = (signal, work.context());
    let mut summary = Summary::new(&input.name, output_name, about, statements);
    summary.nothing = work.nothing();
    let routes = work.outputs().iter().map(|name| (name.clone(), 0));
    let mut job = Job {
        args,
        signal,
        work: &work,
        request,
        samples,
        counts,
        output: output.map(PathBuf::as_path),
        summary,
        routes: routes.collect(),
    };
    let begin = Instant::now();
    let done = job.transform(input, &progress);
    progress.clear();
    done?;
    job.summary.elapsed = begin.elapsed();
    match args.report {
        ReportForm::Text => terminal::say(&job.summary.text()),
        ReportForm::Json => terminal::say(&format!("{}\n", job.summary.json())),
        ReportForm::None => {}
    }
    Ok(())
}

/// What is to be run, and its statements.
fn work(
    args: &Args,
    engine: &Engine,
    signal: Signal,
    color: ColorChoice,
) -> Result<(Work, Vec<Listed>), Failure> {
    if let Some(file) = &args.program.config {
        let choice = Choice {
            file,
            name: args.program.processor.as_deref(),
            expands: args.program.expand_env,
        };
        let component = Component::open(choice, engine, signal, color)?;
        let statements = component.groups().iter().flatten();
        let statements = statements.map(|one| one.listed.clone()).collect();
        return Ok((Work::Component(Box::new(component)), statements));
    }
    let source = script::read(args.program.file())?;
    let script = script::compile(engine, signal, args.language, &source, color)?;
    let statements = script::list(&script, engine, &source);
    Ok((Work::Script(Box::new(script)), statements))
}

fn check_paths(args: &Args) -> Result<(), Failure> {
    let stdin = Path::new("-");
    args.program.check_inputs(&args.input, &args.request)?;
    if args.program.config.is_some() && args.language.context.is_some() {
        let message =
            "A configuration says itself what its statements run over. Leave --context out.";
        return Err(Failure::Usage(message.to_owned()));
    }
    if args.observe.metrics.as_deref() == Some(stdin) {
        let message = "Metrics are written to a file. Name one with --metrics FILE.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let outputs = args.route.iter().map(|(_, file)| file);
    let outputs = outputs.chain(&args.output).chain(&args.observe.metrics);
    let mut files: Vec<(PathBuf, &PathBuf)> = outputs.map(|file| (place(file), file)).collect();
    let read = [
        (Some(args.program.file()), args.program.noun()),
        (args.request.file(), "file about the request"),
    ];
    for (file, noun) in read {
        let file = file.filter(|file| *file != stdin).map(place);
        if let Some((_, output)) = files.iter().find(|(place, _)| Some(place) == file.as_ref()) {
            let output = output.display();
            let message = format!("The output {output} would take the place of the {noun}.");
            return Err(Failure::Usage(message));
        }
    }
    // Data may take the place of what it was made from, and nothing else may.
    if let Some(metrics) = &args.observe.metrics
        && args.input != stdin
        && place(metrics) == place(&args.input)
    {
        let message = "The metrics would take the place of the data. Name another file.";
        return Err(Failure::Usage(message.to_owned()));
    }
    // What is no file, as /dev/null, takes any number of outputs.
    files.retain(|(place, _)| !place.exists() || place.is_file());
    files.sort();
    if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let file = pair[0].1.display();
        return Err(Failure::Usage(format!(
            "Two outputs cannot both be written to {file}."
        )));
    }
    Ok(())
}

/// Where a path leads, however it is written; the file itself need not exist.
pub(super) fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

fn check_routes(args: &Args, work: &Work) -> Result<(), Failure> {
    if args.output.is_some() && !work.has_main() {
        let message = "A connector gives data to pipelines only. Instead of -o name a file for each \
                       with --route PIPELINE=FILE.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let outputs = work.outputs();
    for (index, (name, _)) in args.route.iter().enumerate() {
        if args.route[..index].iter().any(|(before, _)| before == name) {
            return Err(Failure::Usage(format!("The output {name} has two files.")));
        }
        if work.is_closed() && !outputs.contains(name) {
            let known = match outputs {
                [] => match work {
                    Work::Script(_) => "It has no `route` at all.".to_owned(),
                    Work::Component(_) => "Only connectors have named outputs.".to_owned(),
                },
                outputs => format!("It routes to {}.", outputs.join(", ")),
            };
            let message = format!(
                "The {} does not route anything to {name}. {known}",
                work.noun()
            );
            return Err(Failure::Usage(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_have_a_name_and_a_file() {
        let expected = Ok(("a".to_owned(), PathBuf::from("b=c.pb")));
        assert_eq!(route("a=b=c.pb"), expected);
        assert_eq!(route("exporter.a=b=c.pb"), expected);
        assert!(route("a").is_err());
        assert!(route("a=-").is_err());
    }
}
