//! Gathers what is wrong with a configuration, up to a limit, and words it.

use ottl_syntax::{Code, Diagnostic, Severity, Span};

/// Problems in the order in which they are found.
#[derive(Debug)]
pub(crate) struct Problems {
    list: Vec<Diagnostic>,
    limit: usize,
    /// Where the first problem stands that is not kept.
    hidden: Option<Span>,
    errors: usize,
}

impl Problems {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            list: Vec::new(),
            limit: limit.max(1),
            hidden: None,
            errors: 0,
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        // What several aliases have in common is wrong once.
        if self.list.contains(&diagnostic) {
            return;
        }
        if self.list.len() < self.limit {
            self.list.push(diagnostic);
        } else {
            self.hidden.get_or_insert(diagnostic.primary.span);
        }
    }

    pub(crate) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// How many errors there were so far, kept or not.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Whether further problems would tell nothing new: there are errors, and more problems than
    /// are kept.
    pub(crate) fn is_full(&self) -> bool {
        self.hidden.is_some() && self.errors > 0
    }

    /// The problems in source order.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|diagnostic| diagnostic.primary.span);
        if let Some(span) = self.hidden {
            let message = format!("There are more than {} problems.", self.limit);
            let more = if self.errors > 0 {
                Diagnostic::error(Code::TooManyErrors, span, message)
            } else {
                Diagnostic::warning(Code::TooManyWarnings, span, message)
            };
            self.list
                .push(more.with_note("Only so many are shown. Mend these first."));
        }
        self.list
    }
}

/// The longest piece of a file that a message repeats, in characters.
const LONGEST: usize = 60;

/// The text, or its beginning when it is long.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// `a, b or c`.
pub(crate) fn one_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// `a, b and c`.
pub(crate) fn all_of(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
