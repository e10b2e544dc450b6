//! Code in which neighbouring statements run together; see [`plan`](crate::optimise::plan).
//!
//! Each statement is generated once more, with registers that outlive it for what it shares. Calls
//! are those of its own part, which is where they were bound.

use std::ops::Range;

use otlp_columns::Level;
use ottl_vm::{Fused, GroupMode, Instruction, Operand, Register, RegisterKind, Table};

use super::Generator;
use crate::hir::{Condition, Expr, Statement};
use crate::optimise::plan::{self, Arm, Chosen, Node, Planner, Unit, UnitKind};
use crate::optimise::{Map, ValueId};

/// What statements share.
#[derive(Default)]
pub(super) struct Shared {
    chosen: Map<ValueId, Chosen>,
    /// Where the truth of conditions is, and their failures, if they can fail.
    truths: Map<ValueId, (Register, Option<u32>)>,
    /// The number for the failures of the next condition.
    failures: u32,
}

/// Where failures are kept of what cannot fail.
const NONE: u32 = 0;

impl Generator<'_> {
    /// Generates code for those of the parts that run together by columns.
    pub(super) fn fuse(&mut self, statements: &[Option<&Statement>]) {
        // What becomes of metrics that are made anew is beyond the places that statements name.
        if self.program.reshapes {
            return;
        }
        let mut groups = std::mem::take(&mut self.program.groups);
        for group in &mut groups {
            if group.mode == GroupMode::Columns {
                let units = self.planner(statements).units(group.parts.clone());
                group.fused = units.into_iter().map(|unit| self.unit(unit)).collect();
            }
        }
        self.program.groups = groups;
    }

    /// Generates code for the conditions of the only group in which something is evaluated once for
    /// many items.
    pub(super) fn fuse_conditions(&mut self, conditions: &[Condition]) {
        let mut groups = std::mem::take(&mut self.program.groups);
        for (part, condition) in conditions.iter().enumerate() {
            if let Some(unit) = self.planner(&[]).condition(part, condition) {
                let fused = self.unit(unit);
                groups[0].fused.push(fused);
            }
        }
        self.program.groups = groups;
    }

    fn planner<'p, 'h>(&'p self, statements: &'p [Option<&'h Statement>]) -> Planner<'p, 'h, 'p> {
        Planner {
            values: &self.values,
            passes: self.passes,
            context: self.program.context,
            parts: &self.program.parts,
            statements,
        }
    }

    fn unit(&mut self, unit: Unit<'_>) -> Fused {
        self.forget();
        self.shared = Some(Shared {
            chosen: unit.chosen,
            failures: NONE + 1,
            ..Shared::default()
        });
        let start = self.program.code.len();
        match unit.kind {
            UnitKind::Sequence(statements) => {
                for (part, statement) in statements {
                    plan::each_node(statement, &mut |node| self.provide(node, false));
                    self.among(part, |generator| {
                        generator.statement(statement, part as u32);
                    });
                }
            }
            UnitKind::Condition(part, condition) => self.alone(part, condition),
            UnitKind::Switch { value, arms } => self.switch(value, &arms),
        }
        if let Some(shared) = self.shared.take() {
            let kept = &mut self.program.kept_failures;
            *kept = (*kept).max(shared.failures);
        }
        Fused {
            parts: unit.parts,
            code: start..self.program.code.len(),
        }
    }

    /// Generates a condition whose result goes where that of its part goes.
    fn alone(&mut self, part: usize, condition: &Condition) {
        let Some(result) = self.program.parts[part].result else {
            return;
        };
        // No other register may be the same.
        while self.register(RegisterKind::Bool) != result {}
        self.provide(Node::Condition(condition), false);
        self.among(part, |generator| {
            generator.condition(condition, result);
        });
    }

    /// Generates one part among others; nothing of it is known behind it.
    fn among(&mut self, part: usize, generate: impl FnOnce(&mut Self)) {
        let mark = self.known.mark();
        let used = self.used();
        self.emit(Instruction::Part {
            part: part as u32,
            end: 0,
        });
        let start = self.program.code.len() - 1;
        generate(self);
        let at = self.program.code.len() as u32;
        self.emit(Instruction::EndPart {});
        if let Instruction::Part { end, .. } = &mut self.program.code[start] {
            *end = at;
        }
        self.known.forget(mark);
        self.reuse(used);
    }

    /// How many registers of each kind are in use.
    fn used(&self) -> [usize; 4] {
        std::array::from_fn(|kind| self.pools[kind].1)
    }

    /// Registers that came into use since may be used again.
    fn reuse(&mut self, used: [usize; 4]) {
        for ((_, now), used) in self.pools.iter_mut().zip(used) {
            *now = used;
        }
    }

    fn switch(&mut self, value: &Expr, arms: &[Arm<'_>]) {
        self.provide(Node::Expr(value), false);
        let value = self.value(value).operand;
        let at = self.program.code.len();
        let mut table = Table::default();
        let index = self.table(Table::default());
        self.emit(Instruction::Switch {
            value,
            table: index,
            end: 0,
        });
        for (number, arm) in (0..).zip(arms) {
            for key in &arm.keys {
                table.insert(key, number);
            }
            table.arms.push(self.program.code.len() as u32);
            self.among(arm.part, |generator| generator.arm(arm));
        }
        self.program.tables[index as usize] = table;
        let last = self.program.code.len() as u32 - 1;
        if let Instruction::Switch { end, .. } = &mut self.program.code[at] {
            *end = last;
        }
    }

    /// A statement without the part of its condition that led to it.
    fn arm(&mut self, arm: &Arm<'_>) {
        let condition = (!arm.rest.is_empty()).then(|| {
            let holds = self.register(RegisterKind::Bool);
            let branches = self.all_of(arm.rest, holds);
            (holds, branches)
        });
        self.matched(&arm.statement.editor, arm.part as u32, condition);
    }

    /// Generates what is shared of a node, unless it is there. What only a part `within` needs that
    /// is evaluated once for many items is evaluated there.
    fn provide(&mut self, node: Node<'_>, within: bool) {
        let id = node.id(&self.values);
        let chosen = id.and_then(|id| self.shared.as_ref()?.chosen.get(&id).copied());
        let (Some(id), Some(chosen)) = (id, chosen.filter(|it| it.by_several || !within)) else {
            return node.each_child(&mut |child, _| self.provide(child, within));
        };
        let is_there = |shared: &Shared| shared.truths.contains_key(&id);
        if self.known.get(id).is_some() || self.shared.as_ref().is_some_and(is_there) {
            return;
        }
        let within_child = within || chosen.level.is_some();
        node.each_child(&mut |child, _| self.provide(child, within_child));
        match (node, chosen.level) {
            (Node::Condition(condition), level) => self.share_condition(condition, (id, level)),
            (Node::Expr(expr), Some(level)) => self.share_value(expr, (id, level)),
            (Node::Expr(expr), None) => {
                self.value(expr);
            }
        }
    }

    fn share_condition(&mut self, condition: &Condition, (id, level): (ValueId, Option<Level>)) {
        let result = self.register(RegisterKind::Bool);
        let used = self.used();
        let mark = self.known.mark();
        let at = self.open_shared(level);
        self.condition(condition, result);
        let may_fail = self.may_fail(at..self.program.code.len());
        let number = self.shared.as_mut().filter(|_| may_fail).map(|shared| {
            shared.failures += 1;
            shared.failures - 1
        });
        self.close_shared(at, result, number.unwrap_or(NONE));
        self.known.forget(mark);
        self.reuse(used);
        if let Some(shared) = &mut self.shared {
            shared.truths.insert(id, (result, number));
        }
    }

    fn share_value(&mut self, expr: &Expr, (id, level): (ValueId, Level)) {
        let mark = self.known.mark();
        let at = self.open_shared(Some(level));
        let value = self.value(expr);
        if let Operand::Register(register) = value.operand {
            self.close_shared(at, register, NONE);
        }
        self.known.forget(mark);
        self.known.add(id, value);
    }

    fn open_shared(&mut self, level: Option<Level>) -> usize {
        self.emit(Instruction::Shared { level, end: 0 });
        self.program.code.len() - 1
    }

    fn close_shared(&mut self, start: usize, result: Register, failures: u32) {
        let at = self.program.code.len() as u32;
        self.emit(Instruction::EndShared {
            results: vec![result],
            failures,
        });
        if let Instruction::Shared { end, .. } = &mut self.program.code[start] {
            *end = at;
        }
    }

    /// Whether some instruction fails the items that it is for.
    fn may_fail(&self, code: Range<usize>) -> bool {
        self.program.code[code].iter().any(|instruction| {
            matches!(
                instruction,
                Instruction::Compare { .. }
                    | Instruction::Truth { .. }
                    | Instruction::In { .. }
                    | Instruction::Fail { .. }
            )
        })
    }

    /// Where the truth of a condition is that statements share, and its failures.
    pub(super) fn shared_truth(&self, condition: &Condition) -> Option<(Register, Option<u32>)> {
        let shared = self.shared.as_ref()?;
        let id = self.values.of_condition(condition)?;
        shared.truths.get(&id).copied()
    }

    /// Fails where something shared has failed, if it can.
    pub(super) fn fail_as(&mut self, failures: Option<u32>) {
        if let Some(failures) = failures {
            self.emit(Instruction::Fail { failures });
        }
    }
}
