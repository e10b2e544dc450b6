//! `ottlc check`: every problem in scripts, without data.

use std::path::PathBuf;

use clap::ValueEnum;
use ottl::{Diagnostic, Engine, Severity};
use ottl_syntax::{LineIndex, Span};
use serde_json::{Value as Json, json};

use crate::args::{Language, SignalArg};
use crate::error::{Error, Failure};
use crate::script::{self, Source};
use crate::terminal::{self, ColorChoice, count};

/// Checks scripts and shows every problem in every statement.
///
/// A script has one statement a line, or several lines for one, and # begins a comment. The exit
/// status is 1 when there is an error. Warnings are about statements that are legal and will not do
/// what was meant; they do not change it, unless --deny-warnings is given.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The scripts, or - for standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
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
  ottlc check --signal metrics --context datapoint --format json reduce.ottl";

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
    /// The file could not be read.
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
    let found: Vec<_> = args
        .files
        .iter()
        .map(|file| check(args, &engine, file))
        .collect();
    match args.format {
        Format::Text => terminal::print(&text(&found, color.stdout()))?,
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

fn check(args: &Args, engine: &Engine, file: &std::path::Path) -> Found {
    match script::read(file) {
        Err(error) => Found::Unreadable {
            name: file.display().to_string(),
            error,
        },
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
