//! HIR to instructions.
//!
//! The [`Generator`] appends to one program, part by part. Values get a register of their own
//! within a part; only the parts of a chain of conditions share one. So no instruction reads the
//! register that it fills, on which the machines rely. Parts reuse each other's registers.
//!
//! A call whose literal arguments cannot work is reported, and then the program is not to be run.

mod block;
mod call;
mod condition;
mod fused;
mod lambda;
mod probe;
mod project;
mod tables;
mod value;

use std::collections::HashMap;

use otlp_columns::{Level, Projection, Signal};
use ottl_vm::path::Context;
use ottl_vm::{
    Group, GroupMode, Instruction, Items, Operand, Part, Patterns, Program, ReadyConstants,
    Register, RegisterKind,
};

use crate::codegen::block::Listed;
use crate::codegen::call::Ready;
use crate::codegen::fused::Shared;
use crate::codegen::probe::Recorded;
use crate::codegen::tables::Tables;
use crate::effects::{self, Effects};
use crate::groups;
use crate::hir::{Call, Condition, Expr, Item, LocalId, Statement};
use crate::optimise::known::{Branches, Known};
use crate::optimise::{Map, Pass, Passes, Values};
use crate::problems::Problems;
use crate::{Options, Registry};

pub(crate) use self::tables::encode;

/// Generates one program.
pub(crate) struct Generator<'a> {
    registry: &'a Registry,
    patterns: &'a Patterns,
    pub(crate) problems: &'a mut Problems,
    /// Whether items get what they write to of their own.
    regroups: bool,
    /// Whether they have one cache.
    shares_cache: bool,
    /// The number of errors before there was a program.
    errors: usize,
    program: Program,
    tables: Tables,
    /// For each kind the registers that exist, and how many of them the part uses.
    pools: [(Vec<Register>, usize); 4],
    /// Where the parameters are that the code can use.
    locals: HashMap<LocalId, Register>,
    /// The code of the part's lambdas, in the order of their numbers; guards count from its start.
    bodies: Vec<Vec<Instruction>>,
    /// The key of the result that is used of the call which is bound next, if it is only one.
    wanted: Option<Vec<u8>>,
    /// The conditions of the parts so far, when probes of them are to follow.
    recorded: Option<Vec<Recorded>>,
    passes: Passes,
    values: Values<'a>,
    /// The values that the code has computed, as far as it still knows where they are.
    known: Known<Typed>,
    /// What calls were bound to, by their addresses: the HIR stays where it is.
    ready: Map<usize, Ready>,
    /// What statements that run together share, while their code is generated.
    shared: Option<Shared>,
}

/// The register with a condition's truth, and what is known where it holds.
type Decided = (Register, Branches<Typed>);

/// An operand and what is known of it.
#[derive(Clone, Copy)]
struct Typed {
    operand: Operand,
    kind: RegisterKind,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(
        registry: &'a Registry,
        patterns: &'a Patterns,
        (signal, context): (Signal, Context),
        problems: &'a mut Problems,
    ) -> Self {
        Self {
            registry,
            patterns,
            errors: problems.errors(),
            problems,
            program: Program {
                signal,
                context,
                code: Vec::new(),
                parts: Vec::new(),
                groups: Vec::new(),
                registers: Vec::new(),
                constants: Vec::new(),
                ready: ReadyConstants::default(),
                paths: Vec::new(),
                calls: Vec::new(),
                lambdas: Vec::new(),
                tables: Vec::new(),
                kept_failures: 0,
                projection: Projection::new(context),
                masks: 0,
                reshapes: false,
                outputs: Vec::new(),
                uses_cache: false,
                uses_shared_cache: false,
                separates: None,
                uses_request: false,
                native: None,
            },
            regroups: false,
            shares_cache: false,
            tables: Tables::default(),
            pools: Default::default(),
            locals: HashMap::new(),
            bodies: Vec::new(),
            wanted: None,
            recorded: None,
            passes: Passes::NONE,
            values: Values::new(registry, Passes::NONE),
            known: Known::default(),
            ready: Map::default(),
            shared: None,
        }
    }

    /// Generates what the options ask for: items that have what they share, if they write to it, and
    /// share their cache.
    pub(crate) fn with_options(mut self, options: &Options) -> Self {
        self.regroups = options.regroups;
        self.shares_cache = options.shared_cache;
        self.passes = options.passes;
        self.values = Values::new(self.registry, options.passes);
        self
    }

    /// Whether values are numbered.
    fn optimises(&self) -> bool {
        self.passes != Passes::NONE
    }

    /// Generates statements and blocks, one list of them after the other, grouped by their effects.
    pub(crate) fn items<'h>(&mut self, lists: impl IntoIterator<Item = &'h [Item]>) {
        let mut listed = Listed::default();
        for items in lists {
            self.items_of(items, Items::default(), &mut listed);
        }
        if self.regroups {
            self.program.separates = self.separate(&mut listed.effects);
        }
        self.program.groups = groups::groups(&listed.effects);
        if self.optimises() && self.problems.errors() == self.errors {
            self.fuse(&listed.statements);
        }
    }

    /// The level whose rows need copies of what is above them, and takes from the effects what is
    /// then none.
    fn separate(&self, effects: &mut [Effects]) -> Option<Level> {
        let context = self.program.context;
        let level = match self.program.reshapes {
            true => Level::Metric,
            false => effects::moving_level(context),
        };
        let is_written = effects.iter().any(|effects| effects.write_above(level));
        if is_written && level == context {
            effects
                .iter_mut()
                .for_each(|effects| effects.keep_to(level));
        }
        is_written.then_some(level)
    }

    /// Generates conditions, each on its own.
    pub(crate) fn conditions(&mut self, conditions: &[Condition], sources: &[String]) {
        for (condition, source) in conditions.iter().zip(sources) {
            if self.optimises() {
                self.values.condition(condition);
            }
            self.part(source, |generator| Some(generator.truth(condition)));
        }
        self.one_group();
        if self.optimises() && self.problems.errors() == self.errors {
            self.fuse_conditions(conditions);
        }
    }

    /// Generates expressions, each on its own.
    pub(crate) fn expressions(&mut self, expressions: &[Expr], sources: &[String]) {
        for (expr, source) in expressions.iter().zip(sources) {
            if self.optimises() {
                self.values.expr(expr);
            }
            self.part(source, |generator| Some(generator.boxed_value(expr)));
        }
        self.one_group();
    }

    fn one_group(&mut self) {
        self.program.groups = vec![Group {
            parts: 0..self.program.parts.len(),
            mode: GroupMode::Columns,
            fused: Vec::new(),
        }];
    }

    /// The program, complete.
    pub(crate) fn finish(mut self) -> Program {
        self.tables.fill(&mut self.program);
        project::project(&mut self.program);
        #[cfg(feature = "jit")]
        crate::jit::attach(&mut self.program);
        if self.problems.errors() == self.errors {
            debug_assert_eq!(ottl_vm::verify(&self.program), Ok(()));
        }
        self.program
    }

    fn part(&mut self, source: &str, generate: impl FnOnce(&mut Self) -> Option<Register>) {
        self.forget();
        self.problems.enter(self.program.parts.len());
        let start = self.program.code.len();
        let result = generate(self);
        self.program.parts.push(Part {
            source: source.to_owned(),
            offset: 0,
            code: start..self.program.code.len(),
            result,
            items: Items::default(),
            error_mode: None,
        });
        self.place_lambdas();
    }

    /// Begins with no register in use.
    fn forget(&mut self) {
        self.known.clear();
        for (_, used) in &mut self.pools {
            *used = 0;
        }
    }

    /// The register with the truth of a condition.
    fn truth(&mut self, condition: &Condition) -> Register {
        let result = self.register(RegisterKind::Bool);
        self.condition(condition, result);
        result
    }

    fn emit(&mut self, instruction: Instruction) {
        self.program.code.push(instruction);
    }

    /// A register that the part does not use yet.
    fn register(&mut self, kind: RegisterKind) -> Register {
        let pool = match kind {
            RegisterKind::Value => 0,
            RegisterKind::Int => 1,
            RegisterKind::Str => 2,
            RegisterKind::Bool => 3,
        };
        let (registers, used) = &mut self.pools[pool];
        if *used == registers.len() {
            registers.push(Register(self.program.registers.len() as u32));
            self.program.registers.push(kind);
        }
        *used += 1;
        registers[*used - 1]
    }

    fn statement(&mut self, statement: &Statement, index: u32) {
        let start = self.program.code.len();
        let truth = statement
            .condition
            .as_ref()
            .and_then(|it| self.values.truth(it));
        match &statement.condition {
            Some(condition) if truth != Some(true) => {
                let (holds, branches) = self.decided(condition);
                self.matched(&statement.editor, index, Some((holds, branches)));
            }
            Some(known) => {
                self.bind_only(std::slice::from_ref(known));
                self.matched(&statement.editor, index, None);
            }
            None => self.matched(&statement.editor, index, None),
        }
        if truth == Some(false) && self.passes.has(Pass::Dead) {
            self.program.code.truncate(start);
        }
    }

    /// What a statement does for the items for which a condition holds, or for all.
    fn matched(&mut self, editor: &Call, index: u32, condition: Option<Decided>) {
        let guard = condition.map(|(holds, branches)| {
            self.known.add_all(&branches.held);
            self.open(holds, true)
        });
        self.emit(Instruction::Matched { part: index });
        self.edit(editor);
        if let Some(guard) = guard {
            self.close(guard);
        }
    }

    /// Opens a region and gives the index of its guard.
    fn open(&mut self, condition: Register, when: bool) -> usize {
        self.emit(Instruction::Guard {
            condition,
            when,
            end: 0,
        });
        self.program.code.len() - 1
    }

    fn close(&mut self, guard: usize) {
        let at = self.program.code.len() as u32;
        self.emit(Instruction::EndGuard {});
        if let Instruction::Guard { end, .. } = &mut self.program.code[guard] {
            *end = at;
        }
    }
}
