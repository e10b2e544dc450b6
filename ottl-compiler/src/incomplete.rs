//! What sources tell about their context while they are being written.
//!
//! A source that cannot be parsed tells by the names that stand before dots. Do not use this to
//! compile: there the paths decide, and what cannot be parsed is an error.

use otlp_columns::Signal;
use ottl_syntax::lexer::{LexMode, TokenKind, lex};
use ottl_syntax::{parse_condition, parse_script, parse_statement};
use ottl_vm::path::Context;

use crate::compile::Language;
use crate::infer::Hints;
use crate::sources::Group;

impl Language<'_> {
    /// The context that a script seems to have.
    #[must_use]
    pub fn guess_script(&self, signal: Option<Signal>, source: &str) -> Option<Context> {
        let options = self.options;
        let mut hints = Hints::default();
        let parsed = parse_script(source, options.dialect, &options.limits);
        if parsed.has_errors() {
            self.names_before_dots(source, LexMode::Script, &mut hints);
        }
        hints.items(&parsed.value.unwrap_or_default(), options);
        hints.infer(self.registry, options, signal)
    }

    /// The context that a group of sources seems to have.
    #[must_use]
    pub fn guess_group(&self, signal: Option<Signal>, group: Group<'_>) -> Option<Context> {
        let options = self.options;
        let mut hints = Hints::default();
        for source in group.conditions {
            let parsed = parse_condition(source, options.dialect, &options.limits);
            match parsed.value.as_ref().filter(|_| !parsed.has_errors()) {
                Some(condition) => hints.expr(condition, options),
                None => self.names_before_dots(source, LexMode::Single, &mut hints),
            }
        }
        for source in group.statements {
            let parsed = parse_statement(source, options.dialect, &options.limits);
            match parsed.value.as_ref().filter(|_| !parsed.has_errors()) {
                Some(statement) => hints.statement(statement, options),
                None => self.names_before_dots(source, LexMode::Single, &mut hints),
            }
        }
        hints.infer(self.registry, options, signal)
    }

    fn names_before_dots(&self, source: &str, mode: LexMode, hints: &mut Hints) {
        let options = self.options;
        if source.len() > options.limits.max_source_bytes {
            return;
        }
        let tokens = lex(source, mode, options.dialect, &options.limits).tokens;
        for (at, token) in tokens.iter().enumerate() {
            let kind_at = |at: Option<usize>| Some(tokens.get(at?)?.kind);
            let is_first = kind_at(at.checked_sub(1)) != Some(TokenKind::Dot);
            let is_before_dot = kind_at(Some(at + 1)) == Some(TokenKind::Dot);
            if token.kind == TokenKind::Lower && is_first && is_before_dot {
                hints.context_named(&source[token.span.range()], token.span);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use otlp_columns::Level;

    use super::*;
    use crate::{Options, Registry};

    fn guess(source: &str) -> Option<Context> {
        let (registry, options) = (Registry::default(), Options::default());
        let language = Language::new(&registry, &options);
        let statements = [source.to_owned()];
        let of_group = language.guess_group(None, Group::of(&statements));
        assert_eq!(of_group, language.guess_script(None, source), "{source}");
        of_group
    }

    #[test]
    fn what_cannot_be_parsed_tells_its_context() {
        assert_eq!(guess("set(span."), Some(Level::Span));
        assert_eq!(
            guess("set(resource.attributes[\"a\"], log."),
            Some(Level::Log)
        );
        assert_eq!(guess("set(x.span., "), None);
        assert_eq!(guess("set(name, 1)"), None);
        assert_eq!(guess("set(metric.name, \"x\")"), Some(Level::Metric));
    }
}
