//! Grammar errors in a reader's words.
//!
//! The generated parser reports a token and the set of tokens it could have used instead. What
//! helps is the *idea* behind that set (a value, a condition, the end of the arguments), which
//! follows from what stands before the place, and for the usual mistakes what to write.

use lalrpop_util::ParseError;

use crate::diagnostic::Sink;
use crate::lexer::{Token, TokenKind};
use crate::{Code, Diagnostic, Span};

/// What a source text is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceKind {
    Statement,
    Condition,
    Value,
}

impl SourceKind {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Statement => "statement",
            Self::Condition => "condition",
            Self::Value => "expression",
        }
    }
}

/// Parsing ends because enough problems were reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop;

pub(crate) type GrammarError = ParseError<usize, TokenKind, Stop>;

/// Turns grammar errors into diagnostics while the parser runs.
pub(crate) struct Recover<'a> {
    pub(crate) source: &'a str,
    /// The tokens that the parser reads; at least one.
    pub(crate) tokens: &'a [Token],
    pub(crate) kind: SourceKind,
    pub(crate) sink: &'a mut Sink,
    /// Set when recovery dropped an opening bracket: what follows are consequences.
    pub(crate) cascading: bool,
}

impl Recover<'_> {
    /// Records the error, unless it follows from one that is recorded already.
    pub(crate) fn report(&mut self, error: &GrammarError) -> Result<(), Stop> {
        if !self.cascading
            && let Some(diagnostic) = self.explain(error)
        {
            self.sink.push(diagnostic);
        }
        if self.sink.is_full() {
            Err(Stop)
        } else {
            Ok(())
        }
    }

    /// As [`report`](Self::report), for an error from which the parser recovers by dropping tokens.
    pub(crate) fn recovered(
        &mut self,
        recovery: &lalrpop_util::ErrorRecovery<usize, TokenKind, Stop>,
    ) -> Result<(), Stop> {
        let result = self.report(&recovery.error);
        self.cascading |= recovery
            .dropped_tokens
            .iter()
            .any(|(_, kind, _)| kind.opens());
        result
    }

    fn explain(&self, error: &GrammarError) -> Option<Diagnostic> {
        let (at, expected) = match error {
            ParseError::UnrecognizedToken {
                token: (start, _, _),
                expected,
            } => (self.index_of(*start), expected.as_slice()),
            ParseError::UnrecognizedEof { expected, .. } => {
                (self.tokens.len(), expected.as_slice())
            }
            ParseError::ExtraToken {
                token: (start, _, _),
            } => (self.index_of(*start), [].as_slice()),
            ParseError::InvalidToken { .. } | ParseError::User { .. } => return None,
        };
        let place = Place {
            source: self.source,
            tokens: self.tokens,
            kind: self.kind,
            at,
            open: innermost_open(&self.tokens[..at]),
            expected,
        };
        place.diagnostic()
    }

    fn index_of(&self, start: usize) -> usize {
        self.tokens
            .partition_point(|token| (token.span.start as usize) < start)
    }
}

/// The index of the innermost bracket that `tokens` open and do not close.
fn innermost_open(tokens: &[Token]) -> Option<usize> {
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind.opens() {
            open.push(at);
        } else if token.kind.closes() {
            open.pop();
        }
    }
    open.pop()
}

/// Where the parser got stuck.
struct Place<'a> {
    source: &'a str,
    tokens: &'a [Token],
    kind: SourceKind,
    /// Index of the token that does not fit; past the end when the source ends too early.
    at: usize,
    /// Index of the innermost open bracket.
    open: Option<usize>,
    expected: &'a [String],
}

impl Place<'_> {
    fn diagnostic(&self) -> Option<Diagnostic> {
        let Some(found) = self.tokens.get(self.at).copied() else {
            let reported = self.previous() == Some(TokenKind::Error);
            return (!reported).then(|| self.too_early());
        };
        if found.kind == TokenKind::Error {
            return None;
        }
        let special = self
            .unopened(found)
            .or_else(|| self.usual_mistake(found))
            .unwrap_or_else(|| {
                let message = format!("Expected {}, found {}.", self.idea(), self.name(found));
                Diagnostic::error(Code::UnexpectedToken, found.span, message)
            });
        Some(self.with_open_bracket(special, Some(found)))
    }

    fn too_early(&self) -> Diagnostic {
        let end = self
            .tokens
            .last()
            .map_or(0, |token| token.span.end as usize);
        let message = format!(
            "Expected {}, but the {} ends here.",
            self.idea(),
            self.kind.noun()
        );
        let diagnostic = Diagnostic::error(Code::UnexpectedEnd, Span::new(end, end), message);
        self.with_open_bracket(diagnostic, None)
    }

    /// Names the open bracket when it is likely to be the cause.
    fn with_open_bracket(&self, diagnostic: Diagnostic, found: Option<Token>) -> Diagnostic {
        let Some(open) = self.open.map(|at| self.tokens[at]) else {
            return diagnostic;
        };
        let suspicious = match found {
            None => true,
            Some(token) if token.kind.closes() => open.kind.closer() != Some(token.kind),
            Some(token) => self.text(token) == "where",
        };
        if suspicious {
            let text = format!("this `{}` is not closed", self.text(open));
            diagnostic.with_secondary(open.span, text)
        } else {
            diagnostic
        }
    }

    fn unopened(&self, found: Token) -> Option<Diagnostic> {
        (found.kind.closes() && self.open.is_none()).then(|| {
            let message = format!("This `{}` closes no bracket.", self.text(found));
            Diagnostic::error(Code::UnexpectedToken, found.span, message)
        })
    }

    fn usual_mistake(&self, found: Token) -> Option<Diagnostic> {
        let error = |message: &str| Diagnostic::error(Code::UnexpectedToken, found.span, message);
        let text = self.text(found);
        match found.kind {
            TokenKind::Assign if self.expects("==") => {
                Some(error("`=` does not compare.").with_fix(found.span, "compare with `==`", "=="))
            }
            TokenKind::Arrow => Some(
                error("A lambda can stand only as an argument of a function.")
                    .with_note("A lambda is written `(parameter, …) => body`."),
            ),
            TokenKind::Not if self.after_comparison() => Some(
                error("`not` cannot stand in a comparison.")
                    .with_note("Put `not` before the whole comparison: `not a == b`."),
            ),
            TokenKind::Lower if text == "where" && self.kind == SourceKind::Statement => self
                .tokens[..self.at]
                .iter()
                .any(|token| token.kind == TokenKind::Where)
                .then(|| {
                    error("A statement has only one `where` clause.").with_fix(
                        found.span,
                        "join the conditions with `and`",
                        "and",
                    )
                }),
            TokenKind::Lower if text == "where" && self.open.is_none() => Some(error(&format!(
                "The {} has no `where` clause; only a statement has one.",
                match self.kind {
                    SourceKind::Condition => "condition",
                    _ => "expression",
                }
            ))),
            TokenKind::Upper | TokenKind::MixedUpper if self.expects("and") => {
                let lower = text.to_ascii_lowercase();
                let is_keyword = matches!(lower.as_str(), "and" | "or" | "where");
                is_keyword.then(|| {
                    error("Keywords are written in lowercase.").with_fix(
                        found.span,
                        format!("write `{lower}`"),
                        lower.clone(),
                    )
                })
            }
            _ => None,
        }
    }

    fn after_comparison(&self) -> bool {
        self.previous().is_some_and(|kind| {
            use TokenKind as T;
            matches!(kind, T::Eq | T::Ne | T::Lt | T::Le | T::Gt | T::Ge)
        })
    }

    fn previous(&self) -> Option<TokenKind> {
        self.at.checked_sub(1).map(|at| self.tokens[at].kind)
    }

    fn expects(&self, terminal: &str) -> bool {
        self.expected
            .iter()
            .any(|name| name.trim_matches('"') == terminal)
    }

    fn text(&self, token: Token) -> &str {
        &self.source[token.span.range()]
    }

    /// What could stand here, as a phrase.
    fn idea(&self) -> String {
        if self.expects("int") && self.expects("string") {
            return self.beginning().to_owned();
        }
        if self.expects("string") && self.expects("}") && !self.expects("==") {
            return "a key in double quotes or `}`".to_owned();
        }
        if self.expects(":") {
            return "`:` and a value".to_owned();
        }
        if self.expects("lower") && !self.expects("==") {
            return "a name".to_owned();
        }
        self.end()
    }

    /// What could stand here, where an expression begins.
    fn beginning(&self) -> &'static str {
        use TokenKind as T;
        let in_call = self.open_is_call();
        match self.previous() {
            None => match self.kind {
                SourceKind::Statement => "a call of an editor",
                SourceKind::Condition => "a condition",
                SourceKind::Value => "a value",
            },
            Some(T::Where | T::And | T::Or | T::Not) => "a condition",
            Some(T::LParen) if in_call => "an argument or `)`",
            Some(T::LParen) => "a value or a condition",
            Some(T::LBracket) if self.expects("]") => "a value or `]`",
            Some(T::LBracket) => "a key",
            Some(T::Comma) if in_call => "an argument",
            Some(T::Plus | T::Minus | T::Star | T::Slash) => {
                "a number, a path or a call of a converter"
            }
            Some(T::Arrow) => "the body of the lambda",
            Some(_) => "a value",
        }
    }

    /// Whether the open bracket is the one of a call.
    fn open_is_call(&self) -> bool {
        let before = self.before_open();
        self.open_kind() == Some(TokenKind::LParen) && before.is_some_and(TokenKind::is_name)
    }

    /// Whether the open bracket is the one of a key.
    fn open_follows_operand(&self) -> bool {
        let ends = |kind: TokenKind| kind.is_name() || kind.closes();
        self.before_open().is_some_and(ends)
    }

    fn open_kind(&self) -> Option<TokenKind> {
        self.open.map(|open| self.tokens[open].kind)
    }

    fn before_open(&self) -> Option<TokenKind> {
        let before = self.open?.checked_sub(1)?;
        Some(self.tokens[before].kind)
    }

    /// What could stand here, where an expression may end.
    fn end(&self) -> String {
        match self.open_kind() {
            Some(TokenKind::LBrace) => "`,` or `}`".to_owned(),
            Some(TokenKind::LBracket) if self.open_follows_operand() => "`]`".to_owned(),
            Some(TokenKind::LBracket) => "`,` or `]`".to_owned(),
            Some(_) if self.open_is_call() => "`,` or `)`".to_owned(),
            Some(_) => "an operator or `)`".to_owned(),
            None if self.kind == SourceKind::Statement && self.expects("where") => {
                "`where` or the end of the statement".to_owned()
            }
            None => format!("an operator or the end of the {}", self.kind.noun()),
        }
    }

    fn name(&self, token: Token) -> String {
        use TokenKind as T;
        let text = self.text(token);
        match token.kind {
            T::String => "a string".to_owned(),
            T::Bytes => "a byte literal".to_owned(),
            T::Int | T::Float if text.len() <= 20 => format!("the number `{text}`"),
            T::Int | T::Float => "a number".to_owned(),
            T::Lower | T::Upper | T::MixedLower | T::MixedUpper if text.len() <= 40 => {
                format!("the name `{text}`")
            }
            T::Lower | T::Upper | T::MixedLower | T::MixedUpper => "a name".to_owned(),
            T::Nil | T::True | T::False | T::Not | T::And | T::Or | T::Where => {
                format!("the keyword `{text}`")
            }
            _ => format!("`{text}`"),
        }
    }
}
