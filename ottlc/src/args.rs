//! Arguments that several commands share.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ottl::{Context, Dialect, Engine, ErrorMode, Gates, Interpreter, Level, Lints, Signal};

use crate::error::Failure;
use crate::request::RequestArgs;

/// The kind of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignalArg {
    /// Spans and their events.
    Traces,
    /// Log records.
    Logs,
    /// Metrics, their data points and exemplars.
    Metrics,
    /// Profiles and their samples.
    Profiles,
}

impl From<SignalArg> for Signal {
    fn from(arg: SignalArg) -> Self {
        match arg {
            SignalArg::Traces => Self::Traces,
            SignalArg::Logs => Self::Logs,
            SignalArg::Metrics => Self::Metrics,
            SignalArg::Profiles => Self::Profiles,
        }
    }
}

/// What the statements of a script run over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ContextArg {
    /// Once for each resource.
    Resource,
    /// Once for each instrumentation scope.
    Scope,
    /// Once for each span.
    Span,
    /// Once for each event of a span.
    Spanevent,
    /// Once for each log record.
    Log,
    /// Once for each metric.
    Metric,
    /// Once for each data point of a metric.
    Datapoint,
    /// Once for each exemplar of a data point.
    Exemplar,
    /// Once for each profile.
    Profile,
    /// Once for each sample of a profile.
    Profilesample,
}

impl From<ContextArg> for Context {
    fn from(arg: ContextArg) -> Self {
        match arg {
            ContextArg::Resource => Level::Resource,
            ContextArg::Scope => Level::Scope,
            ContextArg::Span => Level::Span,
            ContextArg::Spanevent => Level::SpanEvent,
            ContextArg::Log => Level::Log,
            ContextArg::Metric => Level::Metric,
            ContextArg::Datapoint => Level::DataPoint,
            ContextArg::Exemplar => Level::Exemplar,
            ContextArg::Profile => Level::Profile,
            ContextArg::Profilesample => Level::ProfileSample,
        }
    }
}

/// Which language a script is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectArg {
    /// Exactly what the reference accepts.
    #[default]
    Strict,
    /// More: rules such as `condition > action(…)`, single-quoted strings, `route` and `delete`.
    Selfops,
}

impl From<DialectArg> for Dialect {
    fn from(arg: DialectArg) -> Self {
        match arg {
            DialectArg::Strict => Self::Strict,
            DialectArg::Selfops => Self::Selfops,
        }
    }
}

/// How statements are executed; the results are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineArg {
    /// By columns where the script allows it, by rows elsewhere, with machine code where it pays.
    #[default]
    Auto,
    /// Item by item.
    Rows,
    /// Statement by statement where the script allows it, without machine code.
    Columns,
    /// The same with machine code for all conditions that it can be made of.
    Native,
}

/// What happens when a statement fails on an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorModeArg {
    /// Stop at the first failure. An output file is then not written; of a stream to standard
    /// output, the messages before are.
    #[default]
    Propagate,
    /// Go on with the next statement, and report the first failures.
    Ignore,
    /// Go on with the next statement, and only count the failures.
    Silent,
}

/// How a script is read.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Language {
    /// What the statements run over; inferred from their paths when it is not given.
    #[arg(long, value_enum, value_name = "CONTEXT", hide_possible_values = true)]
    #[arg(
        long_help = "What the statements run over: resource, scope, span, spanevent, log, metric, \
                       datapoint, exemplar, profile or profilesample. Without it the context is \
                       inferred from the paths."
    )]
    pub(crate) context: Option<ContextArg>,
    /// Which language the script is written in.
    #[arg(long, value_enum, default_value_t, value_name = "DIALECT")]
    pub(crate) dialect: DialectArg,
    /// Feature gates of the reference, with a comma between them; one with a minus sign is closed.
    #[arg(long, value_name = "GATES", value_parser = gates)]
    pub(crate) feature_gates: Option<Gates>,
    /// What to warn about that is legal and may be meant: all, or names with commas between them.
    #[arg(long, value_name = "LINTS", value_parser = Lints::parse)]
    #[arg(
        long_help = "What to warn about that is legal and may be meant: all, or names with commas between \
                       them. The lints are shared-write, contradiction, enum-range, unknown-key, cache, \
                       never-matching and slow-pattern."
    )]
    pub(crate) lint: Option<Lints>,
    /// Gives each item the resource and scope that its own statements write, and puts together what
    /// is equal in the end. Without it the last item that writes there wins for all.
    #[arg(long)]
    pub(crate) regroup: bool,
}

/// What says what is done: a script, or a component of a configuration.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProgramArgs {
    /// The script, or - for standard input.
    #[arg(long, short, value_name = "FILE", required_unless_present = "config")]
    script: Option<PathBuf>,
    /// A configuration of the Collector, for a component of it, or - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["script", "error_mode"])]
    pub(crate) config: Option<PathBuf>,
    /// The component of the configuration, such as transform/redact, filter/health or
    /// routing/tenants [default: the only one].
    #[arg(
        long,
        visible_alias = "connector",
        value_name = "NAME",
        conflicts_with = "script"
    )]
    pub(crate) processor: Option<String>,
    /// Replaces references such as ${env:NAME} in the configuration by this process's environment.
    #[arg(long, conflicts_with = "script")]
    pub(crate) expand_env: bool,
}

impl ProgramArgs {
    /// The file with it.
    pub(crate) fn file(&self) -> &Path {
        let file = self.config.as_ref().or(self.script.as_ref());
        file.map_or(Path::new("-"), PathBuf::as_path)
    }

    pub(crate) fn noun(&self) -> &'static str {
        match self.config {
            Some(_) => "configuration",
            None => "script",
        }
    }

    /// Checks that only one thing is read from standard input.
    pub(crate) fn check_inputs(&self, data: &Path, request: &RequestArgs) -> Result<(), Failure> {
        let stdin = Path::new("-");
        if self.file() == stdin && data == stdin {
            let noun = self.noun();
            let message = format!("The {noun} and the data cannot both come from standard input.");
            return Err(Failure::Usage(message));
        }
        if request.file() == Some(stdin) {
            let message =
                "What is known of the request cannot come from standard input. Name a file.";
            return Err(Failure::Usage(message.to_owned()));
        }
        Ok(())
    }
}

/// Gates as the Collector takes them on its command line: `a,-b`.
pub(crate) fn gates(list: &str) -> Result<Gates, String> {
    let mut gates = Gates::default();
    for gate in list.split(',') {
        let (name, open) = match gate.strip_prefix('-') {
            Some(name) => (name, false),
            None => (gate.strip_prefix('+').unwrap_or(gate), true),
        };
        if !gates.set(name, open) {
            return Err(format!(
                "There is no gate `{name}`. The gates are {}.",
                Gates::NAMES.join(", ")
            ));
        }
    }
    Ok(gates)
}

impl Language {
    pub(crate) fn context(&self) -> Option<Context> {
        self.context.map(Context::from)
    }

    pub(crate) fn engine(&self) -> Engine {
        Engine::default()
            .with_dialect(self.dialect.into())
            .with_gates(self.feature_gates.unwrap_or_default())
            .with_lints(self.lint.unwrap_or_default())
            .with_regrouping(self.regroup)
    }
}

impl From<EngineArg> for Interpreter {
    fn from(arg: EngineArg) -> Self {
        match arg {
            EngineArg::Auto => Self::Auto,
            EngineArg::Rows => Self::Rows,
            EngineArg::Columns => Self::Columns,
            EngineArg::Native => Self::Native,
        }
    }
}

impl From<ErrorModeArg> for ErrorMode {
    fn from(arg: ErrorModeArg) -> Self {
        match arg {
            ErrorModeArg::Propagate => Self::Propagate,
            ErrorModeArg::Ignore => Self::Ignore,
            ErrorModeArg::Silent => Self::Silent,
        }
    }
}
