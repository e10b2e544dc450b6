//! Fixes for problems: what a diagnostic proposes to change.

use std::collections::HashMap;

use gen_lsp_types as lsp;
use ottl::Diagnostic;

use super::diagnostics::told;
use super::documents::Document;
use super::positions::Encoding;

/// The fixes for those of the problems that touch a range.
pub(super) fn fixes(
    document: &Document,
    problems: &[Diagnostic],
    range: lsp::Range,
    encoding: Encoding,
    relates: bool,
) -> Vec<lsp::CodeAction> {
    let (start, end) = (
        document.offset(range.start, encoding),
        document.offset(range.end, encoding),
    );
    let touches = |span: ottl_syntax::Span| {
        let span = span.range();
        span.start <= end.max(start) && start.min(end) <= span.end
    };
    problems
        .iter()
        .filter_map(|problem| {
            let fix = problem.fix.as_ref()?;
            if !touches(problem.primary.span) && !touches(fix.span) {
                return None;
            }
            let edit = lsp::TextEdit {
                range: document.range(fix.span, encoding),
                new_text: fix.replacement.clone(),
            };
            let changes = HashMap::from([(document.uri.clone().into(), vec![edit])]);
            Some(lsp::CodeAction {
                title: title(&fix.message, &fix.replacement),
                kind: Some(lsp::CodeActionKind::QuickFix),
                diagnostics: Some(vec![told(document, problem, encoding, relates)]),
                is_preferred: Some(true),
                edit: Some(lsp::WorkspaceEdit {
                    changes: Some(changes),
                    ..lsp::WorkspaceEdit::default()
                }),
                ..lsp::CodeAction::default()
            })
        })
        .collect()
}

/// What a fix does, as something to choose: of "did you mean `x`?" it is the change.
fn title(message: &str, replacement: &str) -> String {
    let meant = message
        .strip_prefix("did you mean `")
        .and_then(|rest| rest.strip_suffix("`?"));
    match meant {
        Some(meant) => format!("Change to `{meant}`"),
        None if message.is_empty() => format!("Write `{replacement}`"),
        None => {
            let mut chars = message.chars();
            let first = chars.next().map(|first| first.to_uppercase().to_string());
            format!("{}{}", first.unwrap_or_default(), chars.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn titles_say_what_happens() {
        assert_eq!(
            title("did you mean `span.name`?", "name"),
            "Change to `span.name`"
        );
        assert_eq!(title("use double quotes", "\"x\""), "Use double quotes");
        assert_eq!(title("", "x"), "Write `x`");
    }
}
