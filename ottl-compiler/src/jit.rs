//! Conditions as machine code.
//!
//! A loop goes once over the items of a chunk, reads columns where they lie, and leaves a narrower selection:
//! where the column interpreter makes a pass for each instruction. [`predicate`] says what of bytecode can be a
//! loop and makes an expression of it, [`plan`] finds such instructions, [`build`] and [`compare`] make Cranelift's
//! representation of the expression, and [`code`] makes, calls and frees the code.
//!
//! Nothing of this happens when a program is compiled. A plan is made when a program first runs over more than a
//! few items, and a loop's code when interpreting it has cost about as much as making the code does: see
//! `docs/decisions/0013-native-loops.md`. What a loop does not cover is interpreted, and the plan says why.
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

/// After so many items a loop is compiled; see the module.
const PAYS_AFTER: u64 = 1 << 16;

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

    fn run(&self, program: &Program, number: usize, chunk: &mut Chunk<'_>) -> bool {
        let slot = &self.slots(program)[number];
        if slot.code.get().is_none() && !chunk.always {
            let count = chunk.items.len() as u64;
            if slot.seen.fetch_add(count, Ordering::Relaxed) < PAYS_AFTER {
                return false;
            }
        }
        let shape = self.shape(program, number);
        let code = slot.code.get_or_init(|| {
            let code = code::compile(shape);
            if let Err(Failed::Fault(error)) = &code {
                debug_assert!(false, "{error}");
            }
            code
        });
        match code {
            Ok(code) => code.run(&shape.predicate.columns, chunk),
            Err(_) => false,
        }
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
