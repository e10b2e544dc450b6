//! `ottlc check`: every problem in scripts and configurations, without data.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use ottl::{Diagnostic, Engine, Severity};
use ottl_syntax::{LineIndex, Span};
use serde_json::{Value as Json, json};

use super::config;
use crate::args::{Language, SignalArg};
use crate::error::{Error, Failure};
use crate::script::{self, Source};
use crate::terminal::{self, ColorChoice, count};

/// Checks scripts and configurations and shows every problem in every statement.
///
/// A script has one statement a line, or several lines for one, and # begins a comment. A file whose
/// name ends in .yaml or .yml is a configuration of the Collector: its transform and filter
/// processors and its routing connectors are checked. The exit
/// status is 1 when there is an error. Warnings are about statements that are legal and will not do
/// what was meant; they do not change it, unless --deny-warnings is given.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The scripts and configurations, or - for a script from standard input.
    #[arg(required_unless_present = "config", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A configuration of the Collector, whatever the name of the file, or - for standard input. May
    /// be repeated.
    #[arg(long, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Of configurations checks only the component with this name, such as transform/redact.
    #[arg(long, visible_alias = "connector", value_name = "NAME")]
    processor: Option<String>,
    /// Replaces references such as ${env:NAME} in configurations by this process's environment. Without
    /// it they stay as they are, and what depends on them is not checked.
    #[arg(long)]
    expand_env: bool,
    /// The kind of data; without it any kind will do that has the context.
    #[arg(long, value_enum, value_name = "SIGNAL")]
    signal: Option<SignalArg>,
    #[command(flatten)]
    language: Language,
    /// How problems are shown on standard output.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Makes the exit status 1 when there is a warning, too.
    #[arg(long)]
    deny_warnings: bool,
}

const EXAMPLES: &str = "\
Examples:
  ottlc check --deny-warnings redact.ottl rules/*.ottl
  ottlc check --signal metrics --context datapoint --format json reduce.ottl
  ottlc check --processor transform/redact collector.yaml";

/// How problems are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, with the source and a caret.
    #[default]
    Text,
    /// A JSON array with an object for each problem.
    Json,
}

/// What was found in one file.
enum Found {
    /// The file could not be read, or there is not in it what was to be checked.
    Unreadable { name: String, error: Error },
    /// The file was read and checked.
    Checked {
        source: Source,
        diagnostics: Vec<Diagnostic>,
    },
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    let engine = args.language.engine();
    let is_config = |file: &PathBuf| config::is_yaml(file);
    let about_configs = args.processor.is_some() || args.expand_env;
    if about_configs && args.config.is_empty() && !args.files.iter().any(is_config) {
        let message = "--processor and --expand-env are about configurations, and there is none.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let about_scripts = args.signal.is_some() || args.language.context().is_some();
    if about_scripts && args.files.iter().all(is_config) {
        let message = "--signal and --context are about scripts, and there is none. A configuration says \
                       itself what its statements run over.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let files = args.files.iter().map(|file| (file, is_config(file)));
    let found: Vec<_> = files
        .chain(args.config.iter().map(|file| (file, true)))
        .map(|(file, is_config)| match is_config {
            true => check_config(args, &engine, file),
            false => check(args, &engine, file),
        })
        .collect();
    match args.format {
        Format::Text => {
            terminal::print(&text(&found, color.stdout()))?;
            if std::io::stdout().is_terminal() {
                terminal::print(&pointer(&found))?;
            }
        }
        Format::Json => {
            let problems: Json = found.iter().flat_map(problems).collect();
            terminal::print(&format!("{problems:#}\n"))?;
        }
    }
    if found.iter().any(|found| found.fails(args.deny_warnings)) {
        return Err(Failure::Reported);
    }
    Ok(())
}

fn check(args: &Args, engine: &Engine, file: &Path) -> Found {
    match script::read(file) {
        Err(error) => unreadable(file, error),
        Ok(source) => {
            let signal = args.signal.map(Into::into);
            let checked = engine.check(signal, args.language.context(), &source.text);
            Found::Checked {
                source,
                diagnostics: checked.diagnostics,
            }
        }
    }
}

fn check_config(args: &Args, engine: &Engine, file: &Path) -> Found {
    let config = match config::read(file, args.expand_env) {
        Ok(config) => config,
        Err(error) => return unreadable(file, error),
    };
    let diagnostics = match (&config.read, &args.processor) {
        (Err(diagnostic), _) => vec![diagnostic.as_ref().clone()],
        (Ok(read), Some(name)) if !(read.components.is_empty() && read.has_errors()) => {
            match config::choose(read, &config.source, Some(name)) {
                Ok(component) => config::problems_of(read, component, engine),
                Err(error) => return unreadable(file, error),
            }
        }
        (Ok(read), _) => config::problems(read, engine),
    };
    Found::Checked {
        source: config.source,
        diagnostics,
    }
}

fn unreadable(file: &Path, error: Error) -> Found {
    Found::Unreadable {
        name: file.display().to_string(),
        error,
    }
}

impl Found {
    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Unreadable { .. } => &[],
            Self::Checked { diagnostics, .. } => diagnostics,
        }
    }

    fn fails(&self, deny_warnings: bool) -> bool {
        let fails = |diagnostic: &Diagnostic| match diagnostic.severity {
            Severity::Error => true,
            Severity::Warning => deny_warnings,
        };
        matches!(self, Self::Unreadable { .. }) || self.diagnostics().iter().any(fails)
    }
}

fn text(found: &[Found], color: bool) -> String {
    let mut out = String::new();
    for found in found {
        match found {
            Found::Unreadable { error, .. } => out.push_str(&format!("error: {error}\n\n")),
            Found::Checked {
                source,
                diagnostics,
            } => out.push_str(&ottl::render(
                diagnostics,
                &source.name,
                &source.text,
                color,
            )),
        }
    }
    let all = || found.iter().flat_map(Found::diagnostics);
    let unreadable = found
        .iter()
        .filter(|found| matches!(found, Found::Unreadable { .. }));
    let errors = all()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .count();
    let warnings = all().count() - errors;
    let errors = errors + unreadable.count();
    let files = count(found.len() as u64, "file", "files");
    if errors + warnings == 0 {
        out.push_str(&format!("{files} checked, no problems\n"));
    } else {
        let errors = count(errors as u64, "error", "errors");
        let warnings = count(warnings as u64, "warning", "warnings");
        out.push_str(&format!("{files} checked: {errors}, {warnings}\n"));
    }
    out
}

/// Where more is said about the first problem.
fn pointer(found: &[Found]) -> String {
    match found.iter().flat_map(Found::diagnostics).next() {
        None => String::new(),
        Some(first) => {
            let code = first.code.as_str();
            format!("For more information: ottlc explain {code}\n")
        }
    }
}

fn problems(found: &Found) -> Vec<Json> {
    match found {
        Found::Unreadable { name, error } => vec![json!({
            "file": name,
            "line": null,
            "column": null,
            "end_line": null,
            "end_column": null,
            "code": null,
            "severity": "error",
            "message": error.message,
            "label": null,
            "notes": error.help.iter().collect::<Vec<_>>(),
            "fix": null,
        })],
        Found::Checked {
            source,
            diagnostics,
        } => {
            let index = LineIndex::new(&source.text);
            diagnostics
                .iter()
                .map(|diagnostic| problem(diagnostic, &source.name, &index))
                .collect()
        }
    }
}

fn problem(diagnostic: &Diagnostic, file: &str, index: &LineIndex<'_>) -> Json {
    let mut problem = json!({
        "file": file,
        "code": diagnostic.code.as_str(),
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": diagnostic.message,
        "label": diagnostic.primary.text,
        "notes": diagnostic.notes,
        "fix": null,
    });
    put_place(&mut problem, diagnostic.primary.span, index);
    if let Some(fix) = &diagnostic.fix {
        problem["fix"] = json!({"message": fix.message, "replacement": fix.replacement});
        put_place(&mut problem["fix"], fix.span, index);
    }
    problem
}

/// Adds where a span begins and where it ends, which is behind its last character.
fn put_place(object: &mut Json, span: Span, index: &LineIndex<'_>) {
    let (start, end) = (
        index.line_column(span.start as usize),
        index.line_column(span.end as usize),
    );
    object["line"] = start.line.into();
    object["column"] = start.column.into();
    object["end_line"] = end.line.into();
    object["end_column"] = end.column.into();
}
