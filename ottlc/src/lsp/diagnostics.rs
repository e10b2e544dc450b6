//! The problems of a file, found as `ottlc check` finds them and told as the protocol has them.

use gen_lsp_types as lsp;
use ottl::config::{self, ReadOptions};
use ottl::{Diagnostic, Engine, Severity};
use ottl_syntax::{Code, Span};

use super::documents::{Document, Kind, Lost, MAX_DOCUMENT};
use super::positions::Encoding;
use super::settings::Settings;

/// Everything that is wrong with a file, with places in all of its text.
pub(super) fn check(document: &Document, settings: &Settings, engine: &Engine) -> Vec<Diagnostic> {
    if let Some(why) = document.lost {
        return vec![lost(why)];
    }
    let (text, base) = document.body();
    let mut problems = match document.kind {
        Kind::Script => {
            let checked = engine.check(settings.signal, settings.context, text);
            checked.diagnostics
        }
        Kind::Config => check_config(text, engine),
        Kind::Other => Vec::new(),
    };
    if base > 0 {
        problems.iter_mut().for_each(|problem| shift(problem, base));
    }
    problems
}

fn lost(why: Lost) -> Diagnostic {
    let at = Span::new(0, 0);
    match why {
        Lost::TooLong => {
            let message = format!("The file has more than {MAX_DOCUMENT} bytes.");
            Diagnostic::error(Code::SourceTooLong, at, message)
                .with_note("The language server does not follow such files.")
        }
        Lost::Missed => {
            let message = "The language server may have missed a change of this file.";
            Diagnostic::error(Code::NotChecked, at, message).with_note(
                "A message of the editor could not be read. Close the file and open it again.",
            )
        }
    }
}

/// The problems of a configuration; none of YAML that is no configuration.
fn check_config(text: &str, engine: &Engine) -> Vec<Diagnostic> {
    let read = config::read(text, &ReadOptions::default());
    if read.components.is_empty() && !looks_like_config(text) {
        return Vec::new();
    }
    read.check(engine)
}

/// Whether text that may be no YAML looks like a configuration with components that have OTTL.
fn looks_like_config(text: &str) -> bool {
    let is_section =
        |line: &str| line.starts_with("processors:") || line.starts_with("connectors:");
    let is_component = |line: &str| {
        let line = line.trim_start();
        let name = line.split([':', '/']).next().unwrap_or_default();
        name.len() < line.len()
            && config::ComponentKind::ALL
                .iter()
                .any(|kind| kind.name() == name)
    };
    text.lines().any(is_section) && text.lines().any(is_component)
}

fn shift(problem: &mut Diagnostic, base: usize) {
    problem.primary.span = problem.primary.span.shifted(base);
    for label in &mut problem.secondary {
        label.span = label.span.shifted(base);
    }
    if let Some(fix) = &mut problem.fix {
        fix.span = fix.span.shifted(base);
    }
}

/// A problem as the protocol has it. `relates` says whether the client shows further places.
pub(super) fn told(
    document: &Document,
    problem: &Diagnostic,
    encoding: Encoding,
    relates: bool,
) -> lsp::Diagnostic {
    let mut lines = vec![problem.message.clone()];
    if !problem.primary.text.is_empty() {
        lines.push(problem.primary.text.clone());
    }
    if let Some(fix) = &problem.fix {
        lines.push(format!("help: {}", fix.message));
    }
    lines.extend(problem.notes.iter().map(|note| format!("note: {note}")));
    let related = problem.secondary.iter().map(|label| {
        let location = lsp::Location {
            uri: document.uri.clone().into(),
            range: document.range(label.span, encoding),
        };
        let message = match label.text.as_str() {
            "" => "This belongs to it.".to_owned(),
            text => text.to_owned(),
        };
        lsp::DiagnosticRelatedInformation { location, message }
    });
    let related: Vec<_> = related.filter(|_| relates).collect();
    lsp::Diagnostic {
        range: document.range(problem.primary.span, encoding),
        severity: Some(match problem.severity {
            Severity::Error => lsp::DiagnosticSeverity::Error,
            Severity::Warning => lsp::DiagnosticSeverity::Warning,
        }),
        code: Some(lsp::Code::String(problem.code.as_str().to_owned())),
        code_description: None,
        source: Some("ottl".to_owned()),
        message: lsp::Message::String(lines.join("\n")),
        tags: None,
        related_information: (!related.is_empty()).then_some(related),
        data: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_yaml_is_left_alone() {
        let engine = Engine::default();
        for other in [
            "- hosts: all\n",
            "a: [\n",
            "services:\n  filter: [\n",
            "processors:\n  batch: [\n",
            "processors: 5\n",
        ] {
            assert!(check_config(other, &engine).is_empty(), "{other}");
        }
        let broken = "processors:\n  filter/x: [\n";
        assert_eq!(check_config(broken, &engine)[0].code, Code::InvalidYaml);
        let wrong = "processors:\n  transform:\n    x: 1\n";
        assert_eq!(check_config(wrong, &engine)[0].code, Code::UnknownKey);
    }
}
