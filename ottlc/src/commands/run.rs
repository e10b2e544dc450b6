//! `ottlc run`: a script over a file of messages.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use clap::ValueEnum;
use ottl::{Batch, EncodeError, Report, RunError, Script, Signal};

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
use crate::report::{Route, Summary};
use crate::script;
use crate::terminal::{self, ColorChoice};

/// Runs a script over OTLP data and shows what it changed.
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
    #[arg(long, short, value_name = "FILE")]
    script: PathBuf,
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
    /// Writes what `route(exporter.NAME)` marked to FILE. May be repeated.
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
    limits: LimitArgs,
}

const EXAMPLES: &str = "\
Examples:
  ottlc run --signal traces --script redact.ottl traces.pb -o redacted.pb
  zcat logs.jsonl.gz | ottlc run --signal logs --script app.ottl > out.jsonl
  ottlc run --signal traces --dialect selfops --script route.ottl \\
        --route kafka_tenant_a=a.pb traces.pb -o all.pb";

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
    let signal = Signal::from(args.signal);
    let source = script::read(&args.script)?;
    let engine = args
        .language
        .engine()
        .with_error_mode(args.error_mode.into())
        .with_interpreter(args.engine.into())
        .with_merged_points(args.merge_points);
    let engine = args.limits.engine(engine);
    let script = script::compile(&engine, signal, args.language, &source, color)?;
    check_routes(args, &script)?;
    let statements = script::list(&script, &engine, &source);
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
    let about = (signal, script.context());
    let mut job = Job {
        args,
        signal,
        script: &script,
        output: output.map(PathBuf::as_path),
        summary: Summary::new(&input.name, &output_name, about, statements),
        routes: vec![0; script.outputs().len()],
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

fn check_paths(args: &Args) -> Result<(), Failure> {
    let stdin = Path::new("-");
    if args.script == stdin && args.input == stdin {
        let message = "The script and the data cannot both come from standard input.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let script = place(&args.script);
    let mut files: Vec<(PathBuf, &PathBuf)> = args
        .route
        .iter()
        .map(|(_, file)| file)
        .chain(&args.output)
        .map(|file| (place(file), file))
        .collect();
    if let Some((_, file)) = files.iter().find(|(place, _)| *place == script) {
        return Err(Failure::Usage(format!(
            "The output {} would take the place of the script.",
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
fn place(path: &Path) -> PathBuf {
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

fn check_routes(args: &Args, script: &Script) -> Result<(), Failure> {
    let outputs = script.outputs();
    for (index, (name, _)) in args.route.iter().enumerate() {
        if args.route[..index].iter().any(|(before, _)| before == name) {
            return Err(Failure::Usage(format!("The output {name} has two files.")));
        }
        if !outputs.contains(name) {
            let known = match outputs {
                [] => "It has no `route` at all.".to_owned(),
                outputs => format!("It routes to {}.", outputs.join(", ")),
            };
            let message = format!("The script does not route anything to {name}. {known}");
            return Err(Failure::Usage(message));
        }
    }
    Ok(())
}

/// One run of the command.
struct Job<'a> {
    args: &'a Args,
    signal: Signal,
    script: &'a Script,
    output: Option<&'a Path>,
    summary: Summary,
    /// How much was routed to each output of the script.
    routes: Vec<u64>,
}

/// The files that are written.
struct Outputs {
    main: Output,
    /// With the number of the script's output.
    routes: Vec<(usize, Output)>,
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
        if self.output.is_none() && binary && io::stdout().is_terminal() {
            let message = "Binary data is not written to a terminal.";
            let help = "Write to a file with -o, or use --output-format json-lines.";
            return Err(Error::new(message).help(help).into());
        }
        let mut routes = Vec::new();
        for (name, file) in &self.args.route {
            let settings = self.settings(Some(file), input, compression);
            let number = self
                .script
                .outputs()
                .iter()
                .position(|output| output == name);
            routes.extend(number.zip(Some(Output::create(Some(file), settings)?)));
        }
        Ok(Outputs {
            main: Output::create(self.output, main)?,
            routes,
        })
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
        let mut batch = self.script.decode(wire.clone()).map_err(|error| {
            payload::decode_error(file, self.signal, format, message, &wire, error)
        })?;
        drop(wire);
        let items = batch.items();
        let run = self.args.limits.run(self.script, &mut batch);
        let report =
            run.map_err(|error| self.run_error(&error).at(payload::place(file, message)))?;
        self.summary.add(message.number, items, &report);
        let place = payload::place(file, message);
        self.route(&batch, &report, outputs, &place)?;
        outputs.main.write(&encoded(batch.try_encode(), &place)?)
    }

    fn route(
        &mut self,
        batch: &Batch,
        report: &Report,
        outputs: &mut Outputs,
        place: &str,
    ) -> Result<(), Failure> {
        for (number, routed) in self.script.routed(batch, report).enumerate() {
            let items = routed.count();
            self.routes[number] += items as u64;
            let mut files = outputs.routes.iter_mut();
            let file = files.find(|(output, _)| *output == number);
            if let Some((_, file)) = file.filter(|_| items > 0) {
                file.write(&encoded(routed.encode(), place)?)?;
            }
        }
        Ok(())
    }

    fn run_error(&self, error: &RunError) -> Error {
        let said = match error {
            RunError::Statement(error) => {
                let (noun, _) = crate::args::nouns(self.script.context());
                let item = format!("{noun} {}", error.item + 1);
                let statement = match self.summary.statements.get(error.statement) {
                    Some(listed) => {
                        format!("line {} of the script, `{}`", listed.line, listed.text)
                    }
                    None => format!("statement {}", error.statement + 1),
                };
                Error::new(format!("{item}: {statement}, failed: {}", error.error))
            }
            RunError::OutOfMemory | RunError::OutOfWork | RunError::Interrupted => {
                Error::new(error.to_string())
            }
        };
        let written = match self.output {
            Some(_) => "Nothing was written.",
            None => "Nothing was written from this message on.",
        };
        said.help(format!("{written} {}", limits::help(error)))
    }

    fn finish(&mut self, outputs: Outputs) -> Result<(), Failure> {
        let Outputs { main, routes } = outputs;
        let main = main.finish()?;
        let routes = routes.into_iter().map(|(_, output)| output.finish());
        let routes = routes.collect::<Result<Vec<_>, Failure>>()?;
        self.summary.bytes_written = main.bytes;
        Finished::commit(routes.into_iter().chain([main]).collect())?;
        let names = self.script.outputs().iter().zip(&self.routes);
        let file = |name: &String| {
            let file = self.args.route.iter().find(|(known, _)| known == name);
            file.map(|(_, file)| file.display().to_string())
        };
        self.summary.routes = names
            .map(|(name, rows)| Route {
                name: name.clone(),
                file: file(name),
                rows: *rows,
            })
            .collect();
        Ok(())
    }
}

fn encoded(message: Result<Bytes, EncodeError>, place: &str) -> Result<Bytes, Failure> {
    let said = |error: EncodeError| Error::new(error.to_string()).at(place);
    message.map_err(|error| said(error).help(limits::GROWTH).into())
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
