//! Gathers what is wrong with the sources of one program, up to a limit.
//!
//! Every stage reports here and nowhere else, so that a hostile source can fill neither the memory
//! nor a terminal with problems. Errors go before warnings: a source that has an error is rejected,
//! however many warnings were found before it.

use ottl_syntax::{Code, Diagnostic, Severity};

/// A problem in one of several sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Index of the source.
    pub source: usize,
    /// What is wrong there.
    pub diagnostic: Diagnostic,
}

/// The problems of one program.
#[derive(Debug)]
pub(crate) struct Problems {
    limit: usize,
    /// The source that is worked on.
    source: usize,
    errors: Kept,
    warnings: Kept,
    /// What the parser says when it stopped looking for more.
    unread: Option<Problem>,
    /// Whether what is looked at could not be parsed whole. Then what seems to be missing, or too
    /// much, is a consequence of that.
    pub(crate) is_broken: bool,
}

/// Problems of one severity.
#[derive(Debug, Default)]
struct Kept {
    /// With the place in the order of reporting. One more than the limit: where the first problem
    /// that is not shown stands is shown.
    list: Vec<(usize, Problem)>,
    count: usize,
}

impl Problems {
    /// Keeps as many as `limit`, one at least.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            source: 0,
            errors: Kept::default(),
            warnings: Kept::default(),
            unread: None,
            is_broken: false,
        }
    }

    /// What is reported from here on is about the source with this index.
    pub(crate) fn enter(&mut self, source: usize) {
        self.source = source;
    }

    /// The index of the source that is worked on.
    pub(crate) fn source(&self) -> usize {
        self.source
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        let order = self.count();
        let kept = match diagnostic.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        kept.count += 1;
        let is_unread = diagnostic.code == Code::TooManyErrors;
        let problem = Problem {
            source: self.source,
            diagnostic,
        };
        if is_unread {
            self.unread.get_or_insert(problem);
        } else if kept.list.len() <= self.limit {
            kept.list.push((order, problem));
        }
    }

    /// How many errors were reported so far, kept or not.
    pub(crate) fn errors(&self) -> usize {
        self.errors.count
    }

    /// How many problems were reported so far, kept or not.
    pub(crate) fn count(&self) -> usize {
        self.errors.count + self.warnings.count
    }

    /// The problems in the order in which they were reported, and behind them one that says how
    /// many more there were, if there were more than the limit.
    pub(crate) fn finish(self) -> Vec<Problem> {
        let count = self.count();
        if count == 0 {
            return Vec::new();
        }
        let mut kept = self.errors.list;
        kept.extend(self.warnings.list);
        kept.truncate(self.limit + 1);
        let hidden = if kept.len() > self.limit {
            kept.pop()
        } else {
            None
        };
        kept.sort_by_key(|(order, _)| *order);
        let mut list: Vec<_> = kept.into_iter().map(|(_, problem)| problem).collect();
        // How many the parser did not read is not known, so that its own words are the right ones.
        let last = self.unread.or_else(|| {
            let (_, first) = hidden?;
            Some(Problem {
                source: first.source,
                diagnostic: more(count - list.len(), &first.diagnostic),
            })
        });
        list.extend(last);
        list
    }
}

/// Stands for `hidden` problems, of which `first` is one of the worst.
fn more(hidden: usize, first: &Diagnostic) -> Diagnostic {
    let span = first.primary.span;
    let (one, many) = match first.severity {
        Severity::Error => ("problem", "problems"),
        Severity::Warning => ("warning", "warnings"),
    };
    let message = match hidden {
        1 => format!("There is 1 more {one}."),
        hidden => format!("There are {hidden} more {many}."),
    };
    let diagnostic = match first.severity {
        Severity::Error => Diagnostic::error(Code::TooManyErrors, span, message),
        Severity::Warning => Diagnostic::warning(Code::TooManyWarnings, span, message),
    };
    diagnostic.with_note("Only so many are shown. Mend these first.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ottl_syntax::Span;

    fn reported(limit: usize, severities: &str) -> String {
        let mut problems = Problems::new(limit);
        for (at, severity) in severities.chars().enumerate() {
            let span = Span::new(at, at + 1);
            problems.report(match severity {
                'e' => Diagnostic::error(Code::UnknownPath, span, "e"),
                'w' => Diagnostic::warning(Code::NeverTrue, span, "w"),
                _ => Diagnostic::error(Code::TooManyErrors, span, "unread"),
            });
        }
        let list = problems.finish();
        let shown = list.iter().map(|problem| {
            let Diagnostic {
                message, primary, ..
            } = &problem.diagnostic;
            format!("{}:{message}", primary.span.start)
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn all_are_kept_up_to_the_limit() {
        assert_eq!(reported(3, "wew"), "0:w 1:e 2:w");
        assert_eq!(reported(3, ""), "");
    }

    #[test]
    fn errors_go_before_warnings() {
        assert_eq!(reported(2, "wwwe"), "0:w 3:e 1:There are 2 more warnings.");
        assert_eq!(
            reported(2, "weeewe"),
            "1:e 2:e 3:There are 4 more problems."
        );
        assert_eq!(reported(1, "we"), "1:e 0:There is 1 more warning.");
    }

    #[test]
    fn what_the_parser_did_not_read_is_not_counted() {
        assert_eq!(reported(2, "eeueww"), "0:e 1:e 2:unread");
    }

    #[test]
    fn a_limit_of_none_keeps_one() {
        assert_eq!(reported(0, "ee"), "0:e 1:There is 1 more problem.");
    }
}
