//! Why a source was rejected.

use std::fmt;

use ottl_compiler::Problem;
use ottl_syntax::{Diagnostic, render};

/// A source that was rejected, with every problem in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    sources: Vec<String>,
    problems: Vec<Problem>,
}

impl CompileError {
    pub(crate) fn script(source: &str, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            sources: vec![source.to_owned()],
            problems: diagnostics
                .into_iter()
                .map(|diagnostic| Problem {
                    source: 0,
                    diagnostic,
                })
                .collect(),
        }
    }

    pub(crate) fn sources(sources: &[String], mut problems: Vec<Problem>) -> Self {
        // Those of the syntax of all sources were found before those of what they mean.
        problems.sort_by_key(|problem| (problem.source, problem.diagnostic.primary.span.start));
        Self {
            sources: sources.to_vec(),
            problems,
        }
    }

    /// The problems in the order of the sources, each with the index of its source.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The problems as a person reads them, with the source and carets, under the name of `file`.
    #[must_use]
    pub fn render(&self, file: &str, color: bool) -> String {
        let mut text = String::new();
        for (index, source) in self.sources.iter().enumerate() {
            let diagnostics: Vec<_> = self
                .problems
                .iter()
                .filter(|problem| problem.source == index)
                .map(|problem| problem.diagnostic.clone())
                .collect();
            if !diagnostics.is_empty() {
                text.push_str(&render(&diagnostics, file, source, color));
            }
        }
        text
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render("script", false))
    }
}

impl std::error::Error for CompileError {}
