//! What the statements of a program did in tests.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ottl_syntax::ast::Item;
use ottl_syntax::parse_script;
use ottl_vm::{Mask, Part, Program, Report};

use crate::Engine;

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
        self.program == other.program && self.places().eq(other.places())
    }

    fn places(&self) -> impl Iterator<Item = (usize, &str)> {
        let statements = self.statements.iter();
        statements.map(|one| (one.line, one.source.as_str()))
    }

    /// The same for coverages that are about the same statements, and for hardly any others.
    fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.program.hash(&mut hasher);
        self.places().for_each(|place| place.hash(&mut hasher));
        hasher.finish()
    }
}

/// What the programs of many cases did, each program once.
#[derive(Clone, Debug, Default)]
pub struct CoverageSum {
    programs: Vec<Coverage>,
    /// Where programs are in the list, by their keys.
    known: HashMap<u64, Vec<usize>>,
}

impl CoverageSum {
    /// Adds what a program did in one case.
    pub fn add(&mut self, coverage: &Coverage) {
        let candidates = self.known.entry(coverage.key()).or_default();
        let mut candidates_of = candidates.iter().copied();
        match candidates_of.find(|at| self.programs[*at].is_of(coverage)) {
            Some(at) => self.programs[at].merge(coverage),
            None => {
                candidates.push(self.programs.len());
                self.programs.push(coverage.clone());
            }
        }
    }

    /// The programs in the order in which they were first added.
    #[must_use]
    pub fn programs(&self) -> &[Coverage] {
        &self.programs
    }
}

impl StatementCoverage {
    /// Whether it matched at least once; its editor may have failed nevertheless.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.matched > 0
    }
}

/// How often each part of a program was for an item and did not match. Parts of blocks are for the
/// items that the conditions before them have chosen. `ended` is the part whose failure ended the run;
/// the last item of the report did not get behind it.
pub(super) fn unmatched(program: &Program, report: &Report, ended: Option<usize>) -> Vec<u64> {
    let around = ended.map_or_else(HashSet::new, |last| masks_around(program, last));
    // How many items are in each mask so far.
    let mut members: HashMap<Mask, u64> = HashMap::new();
    let mut all = Vec::with_capacity(program.parts.len());
    for (at, part) in program.parts.iter().enumerate() {
        let done = report.statements.get(at).copied().unwrap_or_default();
        let is_behind = ended.is_some_and(|last| at > last);
        let in_mask = |mask| {
            let all = members.get(&mask).copied().unwrap_or_default();
            all.saturating_sub(u64::from(is_behind && around.contains(&mask)))
        };
        let items = report.items.saturating_sub(u64::from(is_behind));
        let of = part.items.of.map_or(items, in_mask);
        let without = part.items.without.map_or(0, in_mask);
        let left = of.saturating_sub(without).saturating_sub(done.matched);
        let rest = match part.result {
            // The editor may have failed behind a condition that held.
            None if done.matched > 0 => left,
            _ => left.saturating_sub(done.failed),
        };
        if let Some(mask) = part.items.missed {
            *members.entry(mask).or_default() += rest;
        }
        if let Some(mask) = part.items.held {
            *members.entry(mask).or_default() += done.matched;
        }
        all.push(rest);
    }
    all
}

/// The masks that an item is in if a part runs for it: those of the blocks around the part.
fn masks_around(program: &Program, part: usize) -> HashSet<Mask> {
    let mut around = HashSet::new();
    let mut inner = program.parts[part].items.of;
    while let Some(mask) = inner.filter(|mask| around.insert(*mask)) {
        let makes = |part: &&Part| part.items.held == Some(mask) || part.items.missed == Some(mask);
        let condition = program.parts.iter().find(makes);
        inner = condition.and_then(|condition| condition.items.of);
    }
    around
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
