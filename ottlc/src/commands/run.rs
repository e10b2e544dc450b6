//! `ottlc run`: a script, or a component of a configuration, over a file of messages.

mod component;
mod observe;
mod work;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;
use ottl::metrics::StatementMetrics;
use ottl::{EncodeError, Engine, ExecError, Request, RunError, Signal};

use self::component::{Choice, Component};
use self::observe::{ObserveArgs, Samples};
use self::work::{Done, Failed, Work};
use crate::args::{EngineArg, ErrorModeArg, Language, SignalArg};
use crate::error::{Error, Failure};
use crate::io::compression::{Compression, InputCompression};
use crate::io::format::{Format, InputFormat, OutputFormat};
use crate::io::input::{self, Input};
use crate::io::messages::Message;
use crate::io::output::{self, Finished, Output};
use crate::io::payload;
use crate::limits::{self, LimitArgs};
use crate::progress::Progress;
use crate::report::{Route, Summary, noun};
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
    /// The script, or - for standard input.
    #[arg(long, short, value_name = "FILE", required_unless_present = "config")]
    script: Option<PathBuf>,
    /// A configuration of the Collector, to run a component of it, or - for standard input.
    #[arg(long, value_name = "FILE")]
    #[arg(conflicts_with_all = ["script", "context", "error_mode", "merge_points"])]
    config: Option<PathBuf>,
    /// The component of the configuration, such as transform/redact, filter/health or
    /// routing/tenants [default: the only one].
    #[arg(
        long,
        visible_alias = "connector",
        value_name = "NAME",
        conflicts_with = "script"
    )]
    processor: Option<String>,
    /// Replaces references such as ${env:NAME} in the configuration by this process's environment.
    #[arg(long, conflicts_with = "script")]
    expand_env: bool,
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
    #[arg(long)]
    merge_points: bool,
    /// How to report on standard error what was done.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    report: ReportForm,
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
    if args.config.is_none() {
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
    if let Some(file) = &args.config {
        let choice = Choice {
            file,
            name: args.processor.as_deref(),
            expands: args.expand_env,
        };
        let component = Component::open(choice, engine, signal, color)?;
        let statements = component.statements().to_vec();
        return Ok((Work::Component(Box::new(component)), statements));
    }
    let source = script::read(args.program())?;
    let script = script::compile(engine, signal, args.language, &source, color)?;
    let statements = script::list(&script, engine, &source);
    Ok((Work::Script(Box::new(script)), statements))
}

impl Args {
    /// The file that says what is done.
    fn program(&self) -> &Path {
        let program = self.config.as_ref().or(self.script.as_ref());
        program.map_or(Path::new("-"), PathBuf::as_path)
    }

    fn program_noun(&self) -> &'static str {
        match self.config {
            Some(_) => "configuration",
            None => "script",
        }
    }
}

fn check_paths(args: &Args) -> Result<(), Failure> {
    let stdin = Path::new("-");
    let noun = args.program_noun();
    if args.program() == stdin && args.input == stdin {
        let message = format!("The {noun} and the data cannot both come from standard input.");
        return Err(Failure::Usage(message));
    }
    if args.request.file() == Some(stdin) {
        let message = "What is known of the request cannot come from standard input. Name a file.";
        return Err(Failure::Usage(message.to_owned()));
    }
    if args.observe.metrics.as_deref() == Some(stdin) {
        let message = "Metrics are written to a file. Name one with --metrics FILE.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let script = place(args.program());
    let mut files: Vec<(PathBuf, &PathBuf)> = args
        .route
        .iter()
        .map(|(_, file)| file)
        .chain(&args.output)
        .chain(&args.observe.metrics)
        .map(|file| (place(file), file))
        .collect();
    if let Some((_, file)) = files.iter().find(|(place, _)| *place == script) {
        return Err(Failure::Usage(format!(
            "The output {} would take the place of the {noun}.",
            file.display()
        )));
    }
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

/// One run of the command.
struct Job<'a> {
    args: &'a Args,
    signal: Signal,
    work: &'a Work,
    request: Option<Arc<Request>>,
    samples: Samples,
    /// What is to be written as metrics.
    counts: Option<StatementMetrics>,
    output: Option<&'a Path>,
    summary: Summary,
    /// How much was routed to each output.
    routes: Vec<(String, u64)>,
}

/// The files that are written.
struct Outputs {
    /// None of a connector.
    main: Option<Output>,
    /// With their names.
    routes: Vec<(String, Output)>,
    metrics: Option<Output>,
}

impl Job<'_> {
    fn transform(&mut self, mut input: Input, progress: &Progress) -> Result<(), Failure> {
        // The form of the file is known with the first message.
        let first = input.messages.next()?;
        let format = input.messages.format();
        self.summary.form = format.name();
        let mut outputs = self.open(format, input.compression)?;
        let mut next = first;
        while let Some(message) = next {
            self.message(&input.name, format, &message, &mut outputs)?;
            progress.items(self.summary.items);
            next = input.messages.next()?;
        }
        self.summary.bytes_read = input.messages.position();
        self.finish(outputs)
    }

    fn open(&self, input: Format, compression: Compression) -> Result<Outputs, Failure> {
        let main = self.settings(self.output, input, compression);
        let binary = !main.format.is_json() || main.compression != Compression::None;
        let has_main = self.work.has_main();
        if has_main && self.output.is_none() && binary && io::stdout().is_terminal() {
            let message = "Binary data is not written to a terminal.";
            let help = "Write to a file with -o, or use --output-format json-lines.";
            return Err(Error::new(message).help(help).into());
        }
        let mut routes = Vec::new();
        for (name, file) in &self.args.route {
            let settings = self.settings(Some(file), input, compression);
            routes.push((name.clone(), Output::create(Some(file), settings)?));
        }
        let main = has_main.then(|| Output::create(self.output, main));
        Ok(Outputs {
            main: main.transpose()?,
            routes,
            metrics: self.metrics()?,
        })
    }

    /// The file for metrics, if there is one.
    fn metrics(&self) -> Result<Option<Output>, Failure> {
        let Some(path) = &self.args.observe.metrics else {
            return Ok(None);
        };
        let settings = output::Settings {
            signal: Signal::Metrics,
            format: Format::for_output(Some(path), Format::Json),
            compression: Compression::of_name(path),
        };
        Output::create(Some(path), settings).map(Some)
    }

    fn settings(
        &self,
        path: Option<&Path>,
        input: Format,
        compression: Compression,
    ) -> output::Settings {
        let format = self.args.output_format.map(Format::from);
        let by_name = path.map_or(compression, Compression::of_name);
        output::Settings {
            signal: self.signal,
            format: format.unwrap_or_else(|| Format::for_output(path, input)),
            compression: self.args.output_compression.unwrap_or(by_name),
        }
    }

    fn message(
        &mut self,
        file: &str,
        format: Format,
        message: &Message,
        outputs: &mut Outputs,
    ) -> Result<(), Failure> {
        let wire = payload::wire(file, self.signal, format, message)?;
        let wants = |name: &str| outputs.routes.iter().any(|(known, _)| known == name);
        let mut context = self.args.limits.context();
        if let Some(request) = &self.request {
            context = context.with_request(Arc::clone(request));
        }
        let done = self
            .work
            .message(self.signal, wire.clone(), &context, &wants);
        let place = payload::place(file, message);
        let done = done.map_err(|failed| match failed {
            Failed::Decode(error) => {
                payload::decode_error(file, self.signal, format, message, &wire, error)
            }
            Failed::Encode(error) => encode_error(&error).at(&place),
            Failed::Run(error) => self.run_error(&error).at(&place),
            Failed::Statement(listed, item, error) => {
                self.statement_error(Some(&listed), item, &error).at(&place)
            }
            Failed::Other(error) => Error::new(error).at(&place),
        })?;
        drop(wire);
        self.look_at_samples(message.number);
        if let Some(counts) = &mut self.counts {
            counts.add(&done.report);
        }
        self.add(message.number, &done);
        self.route(&done, outputs)?;
        match (&mut outputs.main, &done.message) {
            (Some(main), Some(message)) => main.write(message),
            _ => Ok(()),
        }
    }

    fn look_at_samples(&mut self, message: u64) {
        for sample in observe::take(&self.samples) {
            let listed = match self.work {
                Work::Script(_) => self.summary.statements.get(sample.statement).cloned(),
                Work::Component(component) => component.listed_at(sample.offset),
            };
            self.summary.add_sample(message, listed, sample);
        }
    }

    fn add(&mut self, message: u64, done: &Done) {
        self.summary.add(message, done.items, &done.report);
        for (listed, item, error) in &done.failures {
            let listed = Some(listed.clone());
            self.summary.add_failure(message, *item, listed, error);
        }
        if let Some(kept) = done.kept {
            *self.summary.kept.get_or_insert(0) += kept as u64;
        }
    }

    fn route(&mut self, done: &Done, outputs: &mut Outputs) -> Result<(), Failure> {
        for routed in &done.routed {
            let rows = routed.rows as u64;
            match self
                .routes
                .iter_mut()
                .find(|(name, _)| *name == routed.name)
            {
                Some((_, sum)) => *sum += rows,
                None => self.routes.push((routed.name.clone(), rows)),
            }
            let mut files = outputs.routes.iter_mut();
            let file = files.find(|(name, _)| *name == routed.name);
            if let Some(((_, file), message)) = file.zip(routed.message.as_ref()) {
                file.write(message)?;
            }
        }
        Ok(())
    }

    fn run_error(&self, error: &RunError) -> Error {
        match error {
            RunError::Statement(failed) => {
                let listed = self.summary.statements.get(failed.statement);
                self.statement_error(listed, failed.item, &failed.error)
            }
            RunError::OutOfMemory
            | RunError::OutOfWork
            | RunError::Interrupted
            | RunError::SharedCacheFull(_) => Error::new(error.to_string()),
        }
        .help(format!("{} {}", self.written(), limits::help(error)))
    }

    fn statement_error(&self, listed: Option<&Listed>, item: usize, error: &ExecError) -> Error {
        let item = format!("{} {}", noun(self.work.context()), item + 1);
        let statement = match listed {
            Some(listed) => format!(
                "line {} of the {}, `{}`",
                listed.line,
                self.work.noun(),
                listed.text
            ),
            None => "a statement".to_owned(),
        };
        let help = "Add a condition that excludes such items, or go on behind failures with \
                    `error_mode: ignore` in the configuration.";
        Error::new(format!("{item}: {statement}, failed: {error}"))
            .help(format!("{} {help}", self.written()))
    }

    /// What was written when a message failed.
    fn written(&self) -> &'static str {
        if self.output.is_some() || !self.work.has_main() {
            "Nothing was written."
        } else {
            "Nothing was written from this message on."
        }
    }

    fn finish(&mut self, outputs: Outputs) -> Result<(), Failure> {
        let Outputs {
            main,
            routes,
            metrics,
        } = outputs;
        let main = main.map(Output::finish).transpose()?;
        let routes = routes.into_iter().map(|(_, output)| output.finish());
        let mut files = routes.chain(main.map(Ok)).collect::<Result<Vec<_>, _>>()?;
        self.summary.bytes_written = match self.work.has_main() {
            true => files.last().map_or(0, |main| main.bytes),
            false => files.iter().map(|file| file.bytes).sum(),
        };
        if let (Some(mut file), Some(counts)) = (metrics, &self.counts) {
            file.write(&counts.export(observe::now()))?;
            files.push(file.finish()?);
        }
        Finished::commit(files)?;
        let file = |name: &String| {
            let file = self.args.route.iter().find(|(known, _)| known == name);
            file.map(|(_, file)| file.display().to_string())
        };
        let routes = self.routes.iter().map(|(name, rows)| Route {
            name: name.clone(),
            file: file(name),
            rows: *rows,
        });
        self.summary.routes = routes.collect();
        Ok(())
    }
}

fn encode_error(error: &EncodeError) -> Error {
    Error::new(error.to_string()).help(limits::GROWTH)
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
