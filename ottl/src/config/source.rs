//! Sources of OTTL in a configuration, and where their problems are.

use ottl_syntax::ast::{Call, Expr, ExprKind, Key, KeyKind, Path};
use ottl_syntax::{Diagnostic, Fix, Span};
use ottl_vm::path::context_named;

use super::text::{Edit, Text};
use super::yaml::Style;

/// A statement or a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) text: Text,
    /// How it was written.
    pub(crate) style: Style,
    /// Whether there are references to the environment that were not replaced.
    pub(crate) is_open: bool,
}

impl Source {
    pub(crate) fn value(&self) -> &str {
        self.text.value()
    }

    /// The parts of the source between commas, which may be in the midst of anything.
    pub(crate) fn split(&self) -> Vec<Self> {
        let mut start = 0;
        let mut parts = Vec::new();
        let commas = self.value().match_indices(',').map(|(at, _)| at);
        for end in commas.chain([self.value().len()]) {
            parts.push(self.part(Span::new(start, end)));
            start = end + 1;
        }
        parts
    }

    /// Just a part of the source, given by byte offsets.
    pub(crate) fn part(&self, part: Span) -> Self {
        let cut = |range| Edit {
            range,
            replacement: String::new(),
        };
        let end = self.value().len();
        let edits = [cut(0..part.start as usize), cut(part.end as usize..end)];
        Self {
            text: self.text.edited(&edits),
            ..self.clone()
        }
    }

    /// A diagnostic about the source as one about the file.
    pub(crate) fn place(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.primary.span = self.text.locate(diagnostic.primary.span);
        for label in &mut diagnostic.secondary {
            label.span = self.text.locate(label.span);
        }
        if let Some(fix) = diagnostic.fix.take() {
            diagnostic.fix = self.place_fix(&fix);
            if diagnostic.fix.is_none() {
                diagnostic.notes.push(sentence(&fix.message));
            }
        }
        diagnostic
    }

    /// The same change in the file, if what is changed stands there as it is.
    fn place_fix(&self, fix: &Fix) -> Option<Fix> {
        let replacement = self.written(&fix.replacement)?;
        self.text.is_exact(fix.span).then(|| Fix {
            message: fix.message.clone(),
            span: self.text.locate(fix.span),
            replacement,
        })
    }

    /// How a piece of OTTL is written in this scalar.
    fn written(&self, piece: &str) -> Option<String> {
        let piece = piece.replace('$', "$$");
        match self.style {
            Style::SingleQuoted => Some(piece.replace('\'', "''")),
            Style::DoubleQuoted => Some(piece.replace('\\', "\\\\").replace('"', "\\\"")),
            Style::Literal | Style::Folded => (!piece.contains(['\n', '\r'])).then_some(piece),
            Style::Plain => {
                // Brackets end a scalar in a list that is written in brackets, where there is none
                // in the scalar then.
                let allows = |c: char| {
                    c.is_alphanumeric()
                        || "_.() \"=".contains(c)
                        || "[]".contains(c) && self.value().contains('[')
                };
                piece.chars().all(allows).then_some(piece)
            }
        }
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), chars.as_str())
}

/// A call or a path in a source.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'e> {
    Call(&'e Call),
    Path(&'e Path),
}

/// Gives each call and path in an expression to `found`.
pub(crate) fn names<'e>(expr: &'e Expr, found: &mut dyn FnMut(Name<'e>)) {
    match &expr.kind {
        ExprKind::Path(path) => {
            found(Name::Path(path));
            let segments = path.segments.iter();
            segments.for_each(|segment| names_in_keys(&segment.keys, found));
        }
        ExprKind::Call(call) => names_in_call(call, found),
        ExprKind::List(parts) | ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| names(part, found));
        }
        ExprKind::Map(entries) => entries.iter().for_each(|entry| names(&entry.value, found)),
        ExprKind::In { value, list, .. } => {
            names(value, found);
            list.iter().for_each(|element| names(element, found));
        }
        ExprKind::Unary { operand: inner, .. } | ExprKind::Not(inner) | ExprKind::Paren(inner) => {
            names(inner, found);
        }
        ExprKind::Binary { lhs, rhs, .. } | ExprKind::Compare { lhs, rhs, .. } => {
            names(lhs, found);
            names(rhs, found);
        }
        ExprKind::Lambda(lambda) => names(&lambda.body, found),
        ExprKind::Nil
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::String(_)
        | ExprKind::Bytes(_)
        | ExprKind::Enum(_)
        | ExprKind::FunctionName(_)
        | ExprKind::Error => {}
    }
}

/// The same for a call and what is in it.
pub(crate) fn names_in_call<'e>(call: &'e Call, found: &mut dyn FnMut(Name<'e>)) {
    found(Name::Call(call));
    for argument in &call.args {
        names(&argument.value, found);
    }
    names_in_keys(&call.keys, found);
}

fn names_in_keys<'e>(keys: &'e [Key], found: &mut dyn FnMut(Name<'e>)) {
    for key in keys {
        if let KeyKind::Expr(expr) = &key.kind {
            names(expr, found);
        }
    }
}

/// Whether a path begins with the name of a context, in whatever signal.
pub(crate) fn has_context(path: &Path) -> bool {
    matches!(path.segments.as_slice(), [first, _, ..]
        if first.keys.is_empty() && context_named(&first.name.text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ottl_syntax::Code;

    fn source(value: &str, style: Style) -> Source {
        let mut builder = crate::config::text::Builder::default();
        builder.copy(value, 100);
        Source {
            text: builder.finish(Span::new(100, 100 + value.len())),
            style,
            is_open: false,
        }
    }

    #[test]
    fn every_name_is_found() {
        let text = "set(a[B(c)], D([E(1), {\"k\": F()}])) where not (G() and h == -I() + 2)";
        let limits = ottl_syntax::Limits::default();
        let parsed = ottl_syntax::parse_statement(text, ottl_syntax::Dialect::Strict, &limits);
        let statement = parsed.value.expect("it is valid");
        let mut all = String::new();
        let mut add = |name: Name<'_>| match name {
            Name::Call(call) => all.push_str(&call.name.text),
            Name::Path(path) => all.push_str(&path.segments[0].name.text),
        };
        names_in_call(&statement.editor, &mut add);
        names(&statement.condition.expect("there is one"), &mut add);
        assert_eq!(all, "setaBcDEFGhI");
    }

    #[test]
    fn a_part_keeps_its_place() {
        let part = source("route() where x == 1", Style::Plain).part(Span::new(14, 20));
        assert_eq!(part.value(), "x == 1");
        assert_eq!(part.text.locate(Span::new(0, 1)), Span::new(114, 115));
    }

    #[test]
    fn fixes_are_written_as_the_scalar_is() {
        let fixed = |style, replacement: &str| {
            let source = source("set(span.nme, 1)", style);
            let span = Span::new(9, 12);
            let diagnostic = Diagnostic::error(Code::UnknownPath, span, "").with_fix(
                span,
                "did you mean it?",
                replacement,
            );
            source.place(diagnostic)
        };
        let fix = fixed(Style::Plain, "name").fix.expect("it is exact");
        assert_eq!(
            (fix.span, fix.replacement.as_str()),
            (Span::new(109, 112), "name")
        );
        let fix = |style, replacement| fixed(style, replacement).fix.map(|fix| fix.replacement);
        assert_eq!(
            fix(Style::DoubleQuoted, "\"$\""),
            Some("\\\"$$\\\"".to_owned())
        );
        assert_eq!(fix(Style::SingleQuoted, "'"), Some("''".to_owned()));
        assert_eq!(fix(Style::Literal, "\""), Some("\"".to_owned()));
        let none = fixed(Style::Plain, "a: b");
        assert_eq!(
            (none.fix, none.notes),
            (None, vec!["Did you mean it?".to_owned()])
        );
    }
}
