//! What is wrong with a source text, as data.
//!
//! A [`Diagnostic`] says what, where and how to mend it. [`render`](crate::render) turns it into
//! text for a terminal; the command line's JSON and an editor's squiggles come from the same data.

use crate::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The source is accepted, but probably does not do what was meant.
    Warning,
    /// The source is rejected.
    Error,
}

/// One problem in a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of problem; see [`Code`](crate::Code).
    pub code: crate::Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence, without the place.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// Other places that matter.
    pub secondary: Vec<Label>,
    /// Further sentences: what would be valid, what the rule is.
    pub notes: Vec<String>,
    /// A change to the source that mends it.
    pub fix: Option<Fix>,
}

/// A place in the source and what to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words printed beside the caret; may be empty.
    pub text: String,
}

/// A proposed change: replace `span` by `replacement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as "did you mean `span.attributes`?".
    pub message: String,
    /// What to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

impl Diagnostic {
    /// An error of kind `code` at `span`.
    #[must_use]
    pub fn error(code: crate::Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message.into())
    }

    /// A warning of kind `code` at `span`.
    #[must_use]
    pub fn warning(code: crate::Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message.into())
    }

    fn new(severity: Severity, code: crate::Code, span: Span, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            primary: Label {
                span,
                text: String::new(),
            },
            secondary: Vec::new(),
            notes: Vec::new(),
            fix: None,
        }
    }

    /// The same with `text` beside the caret.
    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// The same with a further place.
    #[must_use]
    pub fn with_secondary(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// The same with a further sentence.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with a proposed change.
    #[must_use]
    pub fn with_fix(
        mut self,
        span: Span,
        message: impl Into<String>,
        replacement: impl Into<String>,
    ) -> Self {
        self.fix = Some(Fix {
            message: message.into(),
            span,
            replacement: replacement.into(),
        });
        self
    }
}

/// Collects diagnostics up to a limit, so that a hostile source cannot fill the memory with them.
#[derive(Debug)]
pub(crate) struct Sink {
    found: Vec<Diagnostic>,
    limit: usize,
    /// The place of the first one that was dropped.
    dropped: Option<Span>,
}

impl Sink {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            found: Vec::new(),
            limit: limit.max(1),
            dropped: None,
        }
    }

    /// Records `diagnostic` unless the limit is reached or the same place has the same code.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let same = |known: &Diagnostic| {
            known.code == diagnostic.code && known.primary.span == diagnostic.primary.span
        };
        if self.found.iter().rev().take(8).any(same) {
            return;
        }
        if self.found.len() < self.limit {
            self.found.push(diagnostic);
        } else if self.dropped.is_none() {
            self.dropped = Some(diagnostic.primary.span);
        }
    }

    /// Makes the last diagnostic, if it is the one of kind `code` at `at`, cover `more` as well.
    /// Says whether `more` needs no diagnostic of its own.
    pub(crate) fn widen_last(&mut self, code: crate::Code, at: Span, more: Span) -> bool {
        match self.found.last_mut() {
            Some(last) if last.code == code && last.primary.span == at => {
                last.primary.span = at.to(more);
                true
            }
            _ => self.dropped.is_some(),
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.dropped.is_some()
    }

    pub(crate) fn has_errors(&self) -> bool {
        let is_error = |known: &Diagnostic| known.severity == Severity::Error;
        self.dropped.is_some() || self.found.iter().any(is_error)
    }

    /// The diagnostics in source order, with a last one if there were more than the limit.
    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        let mut found = self.found;
        found.sort_by_key(|diagnostic| diagnostic.primary.span);
        if let Some(span) = self.dropped {
            let message = format!("There are more than {} problems.", self.limit);
            found.push(
                Diagnostic::error(crate::Code::TooManyErrors, span, message)
                    .with_note("The others are not shown. Mend these first."),
            );
        }
        found
    }
}
