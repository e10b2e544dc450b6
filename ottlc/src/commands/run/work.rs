//! What `ottlc run` does to each message: a script, or a component of a configuration.

use bytes::Bytes;
use ottl::{
    Applied, ApplyError, Context, DecodeError, EncodeError, ExecError, Report, RunContext,
    RunError, Script, Signal,
};

use super::component::{Component, Statement};
use crate::script::Listed;

/// What runs over messages.
pub(super) enum Work {
    /// A script.
    Script(Box<Script>),
    /// A processor or a connector.
    Component(Box<Component>),
}

/// What became of a message.
pub(super) struct Done {
    /// Spans, log records or data points that it had.
    pub(super) items: usize,
    /// How many of them were not dropped, where that is the point.
    pub(super) kept: Option<usize>,
    /// One for each group of statements; a script is one.
    pub(super) reports: Vec<Report>,
    /// Failures that are not in the reports: those of conditions.
    pub(super) failures: Vec<(Listed, usize, ExecError)>,
    /// What goes to the main output.
    pub(super) message: Option<Bytes>,
    pub(super) routed: Vec<Routed>,
}

/// What goes to a named output.
pub(super) struct Routed {
    pub(super) name: String,
    /// How much of the context.
    pub(super) rows: usize,
    /// None when nobody asked for it, or it is empty.
    pub(super) message: Option<Bytes>,
}

/// Why nothing became of a message.
pub(super) enum Failed {
    Decode(DecodeError),
    Encode(EncodeError),
    Run(RunError),
    /// A statement or condition of a configuration failed on an item, numbered from 0.
    Statement(Listed, usize, ExecError),
}

impl From<DecodeError> for Failed {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for Failed {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<ApplyError> for Failed {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Decode(error) => Self::Decode(error),
            ApplyError::Run(error) => Self::Run(error),
            ApplyError::Encode(error) => Self::Encode(error),
        }
    }
}

impl From<RunError> for Failed {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl Work {
    /// What a script or a configuration is called.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Script(_) => "script",
            Self::Component(_) => "configuration",
        }
    }

    /// What the statements run over, when it is the same for all.
    pub(super) fn context(&self) -> Option<Context> {
        match self {
            Self::Script(script) => Some(script.context()),
            Self::Component(_) => None,
        }
    }

    /// What it is called in the configuration.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Script(_) => None,
            Self::Component(component) => Some(component.name()),
        }
    }

    /// The statements of each group, where there are groups.
    pub(super) fn groups(&self) -> Option<&[Vec<Statement>]> {
        match self {
            Self::Script(_) => None,
            Self::Component(component) => Some(component.groups()),
        }
    }

    /// The names of outputs. A connector may have others unless [`Work::is_closed`].
    pub(super) fn outputs(&self) -> &[String] {
        match self {
            Self::Script(script) => script.outputs(),
            Self::Component(component) => component.pipelines(),
        }
    }

    /// Whether all names of outputs are known.
    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::Script(_) => true,
            Self::Component(component) => component.is_closed(),
        }
    }

    /// Whether there is an output without a name. A connector gives everything to pipelines.
    pub(super) fn has_main(&self) -> bool {
        match self {
            Self::Script(_) => true,
            Self::Component(component) => !component.is_connector(),
        }
    }

    /// Whether the order of messages matters.
    pub(super) fn is_sequential(&self, signal: Signal) -> bool {
        match self {
            Self::Script(_) => false,
            Self::Component(component) => component.is_sequential(signal),
        }
    }

    /// What the report says instead of a table of statements that is empty.
    pub(super) fn nothing(&self) -> &'static str {
        match self {
            Self::Script(_) => "The script has no statements.\n",
            Self::Component(component) => component.nothing(),
        }
    }

    /// Runs over a message, which is protobuf. `wants` says which named outputs are written.
    pub(super) fn message(
        &self,
        signal: Signal,
        wire: Bytes,
        context: &RunContext,
        wants: &dyn Fn(&str) -> bool,
    ) -> Result<Done, Failed> {
        match self {
            Self::Script(script) => run_script(script, wire, context, wants),
            Self::Component(component) => component.message(signal, wire, context, wants),
        }
    }
}

fn run_script(
    script: &Script,
    wire: Bytes,
    context: &RunContext,
    wants: &dyn Fn(&str) -> bool,
) -> Result<Done, Failed> {
    if script.outputs().is_empty() && script.context() == script.program().signal.item_level() {
        let Applied { message, report } = script.apply_with(wire, context)?;
        return Ok(Done {
            items: report.items as usize,
            kept: None,
            reports: vec![report],
            failures: Vec::new(),
            message: Some(message),
            routed: Vec::new(),
        });
    }
    let mut batch = script.decode(wire)?;
    let items = batch.items();
    let report = script.run_with(&mut batch, context)?;
    let mut routed = Vec::new();
    for part in script.routed(&batch, &report) {
        let rows = part.count();
        let is_wanted = rows > 0 && wants(part.output());
        routed.push(Routed {
            name: part.output().to_owned(),
            rows,
            message: is_wanted.then(|| part.encode()).transpose()?,
        });
    }
    let message = Some(batch.try_encode()?);
    Ok(Done {
        items,
        kept: None,
        reports: vec![report],
        failures: Vec::new(),
        message,
        routed,
    })
}
