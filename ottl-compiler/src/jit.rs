//! Conditions as machine code.
//!
//! A loop goes once over the items of a chunk, reads columns where they lie, and leaves a narrower selection:
//! where the column interpreter makes a pass for each instruction. `predicate` says what of bytecode can be a
//! loop and makes an expression of it, `plan` finds such instructions, `build` and `compare` make Cranelift's
//! representation of the expression, and `code` makes, calls and frees the code.
//!
//! Nothing of this happens when a program is compiled. A plan is made when a program first runs over more than a
//! few items, and a loop's code when interpreting it has cost about as much as making the code does: see
//! `docs/decisions/0014-native-loops.md`. What a loop does not cover is interpreted, and the plan says why.
//!
//! This is the only module that knows Cranelift, and, with what it calls, the only one with `unsafe` code.

mod build;
mod code;
mod compare;
mod layout;
mod plan;
mod predicate;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ottl_vm::Program;
use ottl_vm::native::{Chunk, Native, Plan};

use self::build::Shape;
use self::code::{Code, Failed};
use self::plan::Planned;

/// After so many items a loop over attributes is compiled: it saves some 20 ns for each, and its code takes
/// some 0.3 ms to make.
const ATTRIBUTES_PAY_AFTER: u64 = 1 << 14;
/// The same for a loop that saves some 2 ns for each.
const FIELDS_PAY_AFTER: u64 = 1 << 17;
/// As many items go by, counted for each loop, before another loop of the program is compiled, so that no
/// message waits for all of them.
const BETWEEN: u64 = 1 << 13;

/// Gives a program loops.
pub(crate) fn attach(program: &mut Program) {
    program.native = Some(Box::new(Jit::default()));
}

/// The loops of a program, made when they are asked for.
#[derive(Debug, Default)]
struct Jit {
    /// Before what it holds, since code refers to the literals of predicates.
    loops: OnceLock<Vec<Slot>>,
    planned: OnceLock<Planned>,
    /// Items that loops without code would have been run for.
    seen: AtomicU64,
    /// How many of those there were when a loop was compiled.
    compiled_at: AtomicU64,
}

/// A loop, as far as there is one.
#[derive(Debug, Default)]
struct Slot {
    /// Items it would have been run for.
    seen: AtomicU64,
    code: OnceLock<Result<Code, Failed>>,
}

impl Jit {
    fn planned(&self, program: &Program) -> &Planned {
        self.planned.get_or_init(|| plan::plan(program))
    }

    fn shape<'s>(&'s self, program: &Program, number: usize) -> Shape<'s> {
        let planned = self.planned(program);
        let looped = &planned.plan.loops[number];
        Shape {
            predicate: &planned.predicates[number],
            guard: looped.guard,
            keeps: looped.keeps,
            signal: program.signal,
            context: program.context,
        }
    }

    /// Whether it is time to compile a loop that would be run for so many more items.
    fn pays(&self, slot: &Slot, shape: Shape<'_>, items: usize) -> bool {
        let items = items as u64;
        let seen = self.seen.fetch_add(items, Ordering::Relaxed);
        let pays_after = match shape.predicate.reads_values() {
            true => ATTRIBUTES_PAY_AFTER,
            false => FIELDS_PAY_AFTER,
        };
        if slot.seen.fetch_add(items, Ordering::Relaxed) < pays_after {
            return false;
        }
        let before = self.compiled_at.load(Ordering::Relaxed);
        seen.saturating_sub(before) >= BETWEEN
            && (self.compiled_at)
                .compare_exchange(before, seen, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    fn slots(&self, program: &Program) -> &[Slot] {
        let count = || self.planned(program).plan.loops.len();
        self.loops
            .get_or_init(|| (0..count()).map(|_| Slot::default()).collect())
    }
}

impl Native for Jit {
    fn plan(&self, program: &Program) -> &Plan {
        &self.planned(program).plan
    }

    fn is_ready(&self, program: &Program, number: usize, items: usize, always: bool) -> bool {
        self.code(program, number, items, always).is_some()
    }

    fn run(&self, program: &Program, number: usize, chunk: &mut Chunk<'_>) -> bool {
        let Some(code) = self.code(program, number, chunk.items.len(), chunk.always) else {
            return false;
        };
        code.run(&self.shape(program, number).predicate.columns, chunk)
    }
}

impl Jit {
    /// The code of a loop, made now if it is time.
    fn code(&self, program: &Program, number: usize, items: usize, always: bool) -> Option<&Code> {
        let slot = &self.slots(program)[number];
        let shape = self.shape(program, number);
        let is_made = slot.code.get().is_some();
        if !is_made && !always && !self.pays(slot, shape, items) {
            return None;
        }
        let code = slot.code.get_or_init(|| {
            let code = code::compile(shape);
            if let Err(Failed::Fault(error)) = &code {
                debug_assert!(false, "{error}");
            }
            code
        });
        code.as_ref().ok()
    }
}

/// How loops are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In Cranelift's intermediate representation, as it is made.
    Clif,
    /// As instructions of this machine.
    Assembly,
}

/// The loops of a program as text, and for each condition that is interpreted why. Lines with a `;` are
/// comments.
#[must_use]
pub fn listing(program: &Program, form: Form) -> String {
    let jit = Jit::default();
    let planned = jit.planned(program);
    let mut out = String::new();
    let source = |part: usize| program.parts[part].source.replace(['\n', '\r'], " ");
    for (number, looped) in planned.plan.loops.iter().enumerate() {
        let code = &looped.code;
        let _ = writeln!(
            out,
            "; loop {number}: instructions {} to {}",
            code.start,
            code.end - 1
        );
        let _ = writeln!(out, "; of {}", source(looped.part));
        let _ = match code::text(jit.shape(program, number), form == Form::Assembly) {
            Ok(text) => writeln!(out, "{text}"),
            Err(error) => writeln!(out, "; {error}\n"),
        };
    }
    for declined in &planned.plan.declined {
        let _ = writeln!(
            out,
            "; interpreted: instruction {}, {}",
            declined.at, declined.why
        );
        let _ = writeln!(out, "; of {}", source(declined.part));
    }
    out
}
