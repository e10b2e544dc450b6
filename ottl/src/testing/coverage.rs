//! What the statements of a program did in tests.

use ottl_syntax::ast::Item;
use ottl_syntax::parse_script;
use ottl_vm::{Program, Report};

use crate::Engine;
use crate::trace::Outcome;

/// What the statements and conditions of a program did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The file, and the component in it if it is a configuration.
    pub program: String,
    /// In the order in which they run.
    pub statements: Vec<StatementCoverage>,
}

/// What a statement, or a condition of a block, did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementCoverage {
    /// Its first line in the file.
    pub line: usize,
    /// How it is written, on one line.
    pub source: String,
    /// How often it matched, or held.
    pub matched: u64,
    /// How often it did not.
    pub unmatched: u64,
    /// How often it failed.
    pub failed: u64,
    /// Whether there is a condition that may hold or not.
    pub has_condition: bool,
}

impl Coverage {
    /// Adds what the same program did in another case.
    pub fn merge(&mut self, other: &Self) {
        for (sum, part) in self.statements.iter_mut().zip(&other.statements) {
            sum.matched += part.matched;
            sum.unmatched += part.unmatched;
            sum.failed += part.failed;
        }
    }

    /// Whether it is about the same statements.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        let places = |coverage: &Self| -> Vec<_> {
            let places = coverage.statements.iter();
            places.map(|one| (one.line, one.source.clone())).collect()
        };
        self.program == other.program && places(self) == places(other)
    }
}

impl StatementCoverage {
    /// Counts what became of it for one item.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Matched => self.matched += 1,
            Outcome::Unmatched => self.unmatched += 1,
            Outcome::Failed { .. } => self.failed += 1,
            Outcome::Skipped { .. } | Outcome::NotReached => {}
        }
    }

    /// Whether it ran without failing at least once.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.matched > 0
    }
}

/// How often each part of a program was for an item and did not match. Parts of blocks are for the
/// items that the conditions before them have chosen.
pub(super) fn unmatched(program: &Program, report: &Report) -> Vec<u64> {
    let mut all: Vec<u64> = Vec::with_capacity(program.parts.len());
    let mut rest = Vec::with_capacity(program.parts.len());
    for (at, part) in program.parts.iter().enumerate() {
        let done = |at: usize| report.statements.get(at).copied().unwrap_or_default();
        // How many items are in a mask before this part.
        let members = |mask| -> u64 {
            let before = program.parts[..at].iter().enumerate();
            before
                .map(|(at, part)| match Some(mask) {
                    mask if mask == part.items.held => done(at).matched,
                    mask if mask == part.items.missed => rest[at],
                    _ => 0,
                })
                .sum()
        };
        let of = part.items.of.map_or(report.items, members);
        let without = part.items.without.map_or(0, members);
        all.push(of.saturating_sub(without));
        let left = all[at].saturating_sub(done(at).matched);
        rest.push(match part.result {
            Some(_) => left.saturating_sub(done(at).failed),
            // The editor may have failed behind a condition that held.
            None if done(at).matched > 0 => left,
            None => left.saturating_sub(done(at).failed),
        });
    }
    rest
}

/// Whether a statement has a condition; what cannot be parsed by itself may have one.
pub(super) fn has_condition(engine: &Engine, source: &str) -> bool {
    let options = engine.options();
    let parsed = parse_script(source, options.dialect, &options.limits);
    match parsed.value.as_deref() {
        Some([Item::Statement(statement)]) => statement.condition.is_some(),
        _ => true,
    }
}

/// A text with its lines joined.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
