//! Scripts from files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ottl::{Engine, Limits, Script, Severity, Signal};
use ottl_syntax::ast::Item;
use ottl_syntax::{LineIndex, parse_script, print_statement};

use crate::args::Language;
use crate::error::{Access, Error, Failure, file_error};
use crate::terminal::{self, ColorChoice, visible};

/// A script's text and the name to show for it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
    /// Whether a byte order mark stood before the text, which is no part of it.
    pub(crate) is_marked: bool,
}

/// The byte order mark that some editors put before text.
pub(crate) const MARK: char = '\u{feff}';

/// Reads a script; `-` is standard input.
///
/// No more is read than a script may have.
pub(crate) fn read(path: &Path) -> Result<Source, Error> {
    let name = if path == Path::new("-") {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    };
    text(
        name,
        open(path),
        Limits::default().max_source_bytes,
        "script",
    )
}

/// A text of at most `limit` bytes; `noun` says what it is.
pub(crate) fn text(
    name: String,
    reader: io::Result<impl Read>,
    limit: usize,
    noun: &str,
) -> Result<Source, Error> {
    let mut bytes = Vec::new();
    reader
        .and_then(|reader| reader.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| file_error(&name, Access::Read, &error))?;
    if bytes.len() > limit {
        let message = format!("A {noun} may have {limit} bytes at most.");
        let help = format!("Check that the file is a {noun}, or split it.");
        return Err(Error::new(message).at(name).help(help));
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let unmarked = text.strip_prefix(MARK).map(str::to_owned);
            Ok(Source {
                name,
                is_marked: unmarked.is_some(),
                text: unmarked.unwrap_or(text),
            })
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let message = format!("The {noun} is not UTF-8 from byte {at} on.");
            let help = format!("Check that the file is a {noun}, and save it as UTF-8.");
            Err(Error::new(message).at(name).help(help))
        }
    }
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(File::open(path)?))
}

/// Compiles a script and shows its problems; warnings do not stop it.
pub(crate) fn compile(
    engine: &Engine,
    signal: Signal,
    language: Language,
    source: &Source,
    color: ColorChoice,
) -> Result<Script, Failure> {
    let color = color.stderr();
    let script = engine
        .compile(signal, language.context(), &source.text)
        .map_err(|error| {
            terminal::say(&error.render(&source.name, color));
            let is_error = |severity| severity == Severity::Error;
            let problems = error.problems().iter();
            let errors = problems
                .filter(|problem| is_error(problem.diagnostic.severity))
                .count();
            Error::new(format!(
                "The script was rejected for {}.",
                terminal::count(errors as u64, "error", "errors")
            ))
            .at(&source.name)
        })?;
    if !script.warnings().is_empty() {
        terminal::say(&ottl::render(
            script.warnings(),
            &source.name,
            &source.text,
            color,
        ));
    }
    Ok(script)
}

/// A statement as it is shown in reports.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// Its first line, from 1.
    pub(crate) line: usize,
    /// Its canonical spelling, on one line.
    pub(crate) text: String,
}

/// A text with its lines joined, and with what would act on a terminal spelled out.
pub(crate) fn one_line(text: &str) -> String {
    visible(&ottl_syntax::one_line(text))
}

/// The parts of a script that compiles: its statements, and the conditions of its blocks.
pub(crate) fn list(script: &Script, engine: &Engine, source: &Source) -> Vec<Listed> {
    let index = LineIndex::new(&source.text);
    let parts = script.program().parts.iter();
    parts
        .map(|part| Listed {
            line: index.line_column(part.offset).line,
            text: spelling(engine, &part.source),
        })
        .collect()
}

/// The canonical spelling of a statement; a condition as it is written,
/// but with control characters spelled out as in statements.
pub(crate) fn spelling(engine: &Engine, text: &str) -> String {
    let options = engine.options();
    let parsed = parse_script(text, options.dialect, &options.limits);
    match parsed.value.as_deref() {
        Some([Item::Statement(statement)]) => print_statement(statement),
        _ => one_line(text),
    }
}
