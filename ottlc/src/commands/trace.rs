//! `ottlc trace`: why a script, or a component of a configuration, did to one item what it did.

mod json;
mod text;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use clap::ValueEnum;
use ottl::config::{ComponentTrace, Pipeline, PipelineError, Verdict};
use ottl::trace::{Trace, TraceError, Traced};
use ottl::{Batch, Context, Engine, Severity, Signal, StatementError};
use ottl_syntax::{LineIndex, Span};

use super::config;
use crate::args::{ErrorModeArg, Language, ProgramArgs, SignalArg};
use crate::error::{Error, Failure};
use crate::io::compression::InputCompression;
use crate::io::format::InputFormat;
use crate::io::input;
use crate::io::payload;
use crate::limits::{self, LimitArgs};
use crate::progress::Progress;
use crate::request::RequestArgs;
use crate::script::{self, Source};
use crate::terminal::{self, ColorChoice, count};

/// Shows for one item what each statement did and why.
///
/// Each statement is shown with what became of it: whether it matched, what it changed, why it was
/// skipped or failed. For a condition that did not hold, every part is shown with its values; parts
/// that were not evaluated since others had decided are marked as such. Instead of a script there can
/// be a processor or connector of a Collector's configuration.
///
/// A trace is a run over the whole message that is looked at when it comes to the item: it runs in
/// the order of the reference, all statements on one item, then on the next, and fails, drops and
/// routes what a run does.
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
    /// Which item of the script's context, from 0 on; with --config --context says what is counted.
    /// The items of all messages are counted through, unless --message is given.
    #[arg(
        long,
        short = 'n',
        value_name = "N",
        default_value_t,
        allow_negative_numbers = true
    )]
    item: usize,
    /// Which message of the input the item is in, from 1 on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    message: Option<u64>,
    /// Shows the values of conditions that held, too.
    #[arg(long, short)]
    all: bool,
    /// What happens when a statement fails on an item.
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    error_mode: ErrorModeArg,
    /// The form of the input.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    input_format: InputFormat,
    /// What the input is compressed with.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    input_compression: InputCompression,
    /// How the trace is shown on standard output.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    request: RequestArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

const EXAMPLES: &str = "\
Examples:
  ottlc trace --signal traces --script redact.ottl --item 3 traces.pb
  ottlc trace --signal logs --config collector.yaml --processor transform/redact logs.json
  ottlc trace --signal logs --config collector.yaml --processor routing/tenants \
    --client-metadata x-tenant=acme logs.json
  ottlc trace --signal traces --script redact.ottl --format json traces.pb | jq .sections";

/// How a trace is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object; docs/trace.md describes it.
    Json,
}

/// What is traced.
enum Program<'c> {
    Script(Box<Traced>, Source),
    Component(Box<Pipeline>, &'c Source),
}

/// A trace with all that is needed to show it.
struct Shown<'a> {
    signal: Signal,
    input: String,
    /// The number of the message, from 1.
    message: u64,
    /// The item that was asked for, by its number in the message, and how many there are.
    item: (Context, usize, usize),
    /// Where statements are.
    source: &'a Source,
    index: LineIndex<'a>,
    sections: Vec<Section>,
    verdict: Option<Verdict>,
    /// The failure on another item that ended the run of a script.
    ended: Option<StatementError>,
    /// The item with what surrounds it as it comes out, or nothing.
    output: Bytes,
    /// Whether the steps' own offsets are places in the source.
    is_script: bool,
}

/// A list of steps over one item.
struct Section {
    /// Where it stands in a configuration.
    span: Option<Span>,
    sources: Vec<Span>,
    trace: Option<Trace>,
    more: usize,
}

impl Shown<'_> {
    /// The line of a step.
    fn line(&self, section: &Section, step: usize) -> usize {
        let offset = match &section.trace {
            Some(trace) if self.is_script => trace.steps[step].offset,
            _ => {
                let span = section.sources.get(step).copied().or(section.span);
                span.map_or(0, |span| span.start as usize)
            }
        };
        self.index.line_column(offset).line
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    let signal = Signal::from(args.signal);
    args.program.check_inputs(&args.input, &args.request)?;
    let engine = args
        .language
        .engine()
        .with_error_mode(args.error_mode.into());
    let engine = args.limits.engine(engine);
    if let Some(file) = &args.program.config {
        let config = config::read(file, args.program.expand_env)?;
        let name = args.program.processor.as_deref();
        let (component, _) = config::compile(&config, name, &engine, color)?;
        let pipeline = component.compile_traced(&engine);
        let pipeline = pipeline
            .map_err(|_| Error::new("The component cannot be traced.").at(&config.source.name))?;
        let program = Program::Component(Box::new(pipeline), &config.source);
        return trace(args, signal, &program, color);
    }
    let source = script::read(args.program.file())?;
    let traced = compile(args, &engine, signal, &source, color)?;
    let program = Program::Script(Box::new(traced), source);
    trace(args, signal, &program, color)
}

/// Compiles a script and shows its problems.
fn compile(
    args: &Args,
    engine: &Engine,
    signal: Signal,
    source: &Source,
    color: ColorChoice,
) -> Result<Traced, Failure> {
    let color = color.stderr();
    let traced = engine.trace(signal, args.language.context(), &source.text);
    let traced = traced.map_err(|error| {
        terminal::say(&error.render(&source.name, color));
        let is_error = |problem: &&ottl::Problem| problem.diagnostic.severity == Severity::Error;
        let errors = error.problems().iter().filter(is_error).count();
        let errors = count(errors as u64, "error", "errors");
        Error::new(format!("The script was rejected for {errors}.")).at(&source.name)
    })?;
    if !traced.warnings().is_empty() {
        let shown = ottl::render(traced.warnings(), &source.name, &source.text, color);
        terminal::say(&shown);
    }
    Ok(traced)
}

impl Program<'_> {
    /// What items are counted.
    fn context(&self, args: &Args, signal: Signal) -> Context {
        match self {
            Self::Script(traced, _) => traced.context(),
            Self::Component(..) => args.language.context().unwrap_or(signal.item_level()),
        }
    }
}

/// Finds the item in the input and traces it.
fn trace(
    args: &Args,
    signal: Signal,
    program: &Program<'_>,
    color: ColorChoice,
) -> Result<(), Failure> {
    let context = program.context(args, signal);
    if !ottl::signals_of(context).contains(&signal) {
        let (name, kind) = (ottl::context_name(context), signal.name());
        let message = format!("The context {name} does not exist in {kind}.");
        return Err(Failure::Usage(message));
    }
    let request = args.request.read()?;
    let outside = || {
        let context = args.limits.context();
        match &request {
            Some(request) => context.with_request(Arc::clone(request)),
            None => context,
        }
    };
    // What messages before leave in a cache belongs to what the item meets.
    let sharing = match program {
        Program::Component(pipeline, source) if pipeline.shares_caches(signal) => {
            Some((&**pipeline, *source))
        }
        _ => None,
    };
    let mut pass = |number: u64, wire: &Bytes| match sharing {
        None => Ok(()),
        Some((pipeline, source)) => match pipeline.run_with(signal, wire.clone(), &outside()) {
            Ok(_) => Ok(()),
            Err(error) => Err(before(&error, source, number)),
        },
    };
    let found = find(args, signal, context, &mut pass)?;
    let Found { name, wire, .. } = &found;
    let place = format!("{name}: message {}", found.message);
    let item = (context, found.item, found.items);
    let fail = |error: TraceError| Failure::from(explain(&error, found.message).at(&place));
    let shown = match program {
        Program::Script(traced, source) => {
            let trace = traced.run_with(wire.clone(), found.item, &outside());
            let mut trace = trace.map_err(fail)?;
            let (ended, output) = (trace.ended.take(), std::mem::take(&mut trace.output));
            Shown {
                signal,
                input: name.clone(),
                message: found.message,
                item,
                source,
                index: LineIndex::new(&source.text),
                sections: vec![Section {
                    span: None,
                    sources: Vec::new(),
                    trace: Some(trace),
                    more: 0,
                }],
                verdict: None,
                ended,
                output,
                is_script: true,
            }
        }
        Program::Component(pipeline, source) => {
            let place = (context, found.item);
            let trace = pipeline.trace_with(signal, wire.clone(), place, &outside());
            let ComponentTrace {
                sections,
                verdict,
                output,
            } = trace.map_err(fail)?;
            Shown {
                signal,
                input: name.clone(),
                message: found.message,
                item,
                source,
                index: LineIndex::new(&source.text),
                sections: sections.into_iter().map(Section::from).collect(),
                verdict: Some(verdict),
                ended: None,
                output,
                is_script: false,
            }
        }
    };
    match args.format {
        Format::Text => terminal::print(&text::show(&shown, args.all, color.stdout())),
        Format::Json => terminal::print(&format!("{}\n", json::show(&shown))),
    }
}

impl From<ottl::config::Section> for Section {
    fn from(section: ottl::config::Section) -> Self {
        Self {
            span: Some(section.span),
            sources: section.sources,
            trace: section.trace,
            more: section.more,
        }
    }
}

/// The message with the item.
struct Found {
    name: String,
    wire: Bytes,
    message: u64,
    /// The number of the item in the message.
    item: usize,
    items: usize,
}

/// Looks for the item. Each message before its own goes to `pass`.
fn find(
    args: &Args,
    signal: Signal,
    context: Context,
    pass: &mut dyn FnMut(u64, &Bytes) -> Result<(), Error>,
) -> Result<Found, Failure> {
    let settings = input::Settings {
        format: args.input_format,
        compression: args.input_compression,
        max_message: args.limits.max_message_size,
    };
    let progress = Rc::new(Progress::new());
    let mut input = input::open(&args.input, settings, &progress)?;
    let name = input.name.clone();
    let (mut seen, mut messages) = (0, 0);
    while let Some(message) = input.messages.next()? {
        messages = message.number;
        let format = input.messages.format();
        let wire = payload::wire(&name, signal, format, &message)?;
        if args.message.is_some_and(|wanted| message.number < wanted) {
            pass(message.number, &wire).map_err(|error| error.at(&name))?;
            continue;
        }
        let batch = Batch::decode(signal, wire.clone()).map_err(|error| {
            payload::decode_error(&name, signal, format, &message, &wire, error)
        })?;
        let items = batch.rows(context);
        if args.item < seen + items {
            progress.clear();
            return Ok(Found {
                name,
                wire,
                message: message.number,
                item: args.item - seen,
                items,
            });
        }
        seen += items;
        if args.message.is_some() {
            break;
        }
        pass(message.number, &wire).map_err(|error| error.at(&name))?;
    }
    progress.clear();
    Err(missing(args, context, (seen, messages)).at(&name).into())
}

/// What to say when there is no such item.
fn missing(args: &Args, context: Context, (items, messages): (usize, u64)) -> Error {
    let (one, many) = ottl::context_nouns(context);
    if let Some(wanted) = args.message.filter(|wanted| messages < *wanted) {
        let has = count(messages, "message", "messages");
        return Error::new(format!(
            "There is no message {wanted}: the input has {has}."
        ))
        .help("Messages are counted from 1.");
    }
    let place = match args.message {
        Some(number) => format!("message {number}"),
        None => "the input".to_owned(),
    };
    let has = match items {
        0 => {
            return Error::new(format!("There is no {one} in {place}."))
                .help("Check that the context and --signal are those of the data.");
        }
        items => count(items as u64, one, many),
    };
    let item = args.item;
    Error::new(format!("There is no {one} {item}: {place} has {has}.")).help(format!(
        "Items are counted from 0: give --item 0 to {}.",
        items - 1
    ))
}

/// What to say when there is no trace.
fn explain(error: &TraceError, message: u64) -> Error {
    let said = Error::new(error.to_string());
    match error {
        TraceError::Run(error) => said.help(limits::help(error)),
        TraceError::Encode(_) => said.help(limits::GROWTH),
        TraceError::Before(failure) => said.help(format!(
            "Trace that item with --message {message} --item {}, or go on behind failures with \
             --error-mode ignore.",
            failure.item
        )),
        _ => said,
    }
}

/// What to say when a message before ends the run.
fn before(error: &PipelineError, source: &Source, message: u64) -> Error {
    let said = format!("The run ends with message {message}, before the item: {error}");
    match error {
        PipelineError::Failed { span, .. } => {
            let place = LineIndex::new(&source.text).line_column(span.start as usize);
            Error::new(said).help(format!(
                "What failed stands at {}:{}. Go on behind failures with `error_mode: ignore` in \
                 the configuration.",
                source.name, place.line
            ))
        }
        PipelineError::Run(limit) => Error::new(said).help(limits::help(limit)),
        _ => Error::new(said),
    }
}
