//! Conditions to instructions that fill a register of truth values.

use ottl_vm::{CompareOp, Instruction, Literal, Register, RegisterKind, Table};

use super::{Decided, Generator, Typed};
use crate::hir::{Condition, Expr};
use crate::optimise::Pass;
use crate::optimise::known::Branches;
use crate::optimise::sets::{self, Alternative};

impl Generator<'_> {
    /// A register with the truth of a condition.
    pub(super) fn decided(&mut self, condition: &Condition) -> Decided {
        if let Some((register, failures)) = self.shared_truth(condition) {
            self.fail_as(failures);
            return (register, Branches::default());
        }
        let register = self.register(RegisterKind::Bool);
        let branches = self.condition(condition, register);
        (register, branches)
    }

    /// Fills a register with the truth of a condition, and tells what is known then.
    pub(super) fn condition(&mut self, condition: &Condition, dst: Register) -> Branches<Typed> {
        if let Some((src, failures)) = self.shared_truth(condition) {
            self.fail_as(failures);
            self.emit(Instruction::Copy { dst, src });
            return Branches::default();
        }
        if let Some(value) = self.values.truth(condition) {
            self.bind_only(std::slice::from_ref(condition));
            self.emit(Instruction::Bool { dst, value });
            return Branches::default();
        }
        self.evaluated(condition, dst)
    }

    fn evaluated(&mut self, condition: &Condition, dst: Register) -> Branches<Typed> {
        match condition {
            Condition::Known { value, unevaluated } => {
                self.bind_only(unevaluated);
                self.emit(Instruction::Bool { dst, value: *value });
            }
            Condition::Compare { op, lhs, rhs, .. } => {
                let (lhs, rhs) = (self.value(lhs), self.value(rhs));
                self.compare(dst, *op, lhs, rhs);
            }
            Condition::In { value, list, .. } => self.one_of(value, list, dst),
            Condition::Truth(expr) => {
                let src = self.value(expr).operand;
                self.emit(Instruction::Truth { dst, src });
            }
            Condition::Not(inner) => {
                let src = self.register(RegisterKind::Bool);
                let branches = self.condition(inner, src);
                self.emit(Instruction::Not { dst, src });
                return branches.inverted();
            }
            Condition::And(parts) => return self.all_of(parts, dst),
            Condition::Or(parts) if self.passes.has(Pass::Sets) => {
                let pieces = sets::alternatives(&self.values, parts);
                return self.chain(pieces, dst, false);
            }
            Condition::Or(parts) => {
                let pieces = parts.iter().map(Alternative::One).collect();
                return self.chain(pieces, dst, false);
            }
        }
        Branches::default()
    }

    /// Reports what is wrong with parts that no instruction evaluates.
    pub(super) fn bind_only(&mut self, parts: &[Condition]) {
        // What stands here again has been bound.
        if self.shared.is_some() {
            return;
        }
        let emitted = self.program.code.len();
        let mark = self.known.mark();
        for part in parts {
            let dst = self.register(RegisterKind::Bool);
            self.evaluated(part, dst);
        }
        self.known.forget(mark);
        self.program.code.truncate(emitted);
    }

    /// Fills a register with whether all of some conditions hold.
    pub(super) fn all_of(&mut self, parts: &[Condition], dst: Register) -> Branches<Typed> {
        let pieces = parts.iter().map(Alternative::One).collect();
        self.chain(pieces, dst, true)
    }

    /// Evaluates further parts only for items whose result is still `undecided`. Where it is in the
    /// end, all parts were evaluated.
    fn chain(
        &mut self,
        pieces: Vec<Alternative<'_>>,
        dst: Register,
        undecided: bool,
    ) -> Branches<Typed> {
        let mut pieces = self.deciding(pieces, undecided).into_iter();
        let Some(first) = pieces.next() else {
            return Branches::default();
        };
        let mut values = self.alternative(first, dst).of(undecided);
        for piece in pieces {
            let guard = self.open(dst, undecided);
            let mark = self.known.mark();
            self.known.add_all(&values);
            let more = self.alternative(piece, dst).of(undecided);
            values = self.known.forget(mark);
            values.extend(more);
            self.close(guard);
        }
        Branches::only(undecided, values)
    }

    /// The pieces without those that are known to decide nothing; the last one stays in any case.
    fn deciding<'h>(
        &mut self,
        mut pieces: Vec<Alternative<'h>>,
        undecided: bool,
    ) -> Vec<Alternative<'h>> {
        let mut left = pieces.len();
        pieces.retain(|piece| {
            let Alternative::One(condition) = piece else {
                return true;
            };
            let stays = left == 1 || self.values.truth(condition) != Some(undecided);
            if !stays {
                left -= 1;
                self.bind_only(std::slice::from_ref(*condition));
            }
            stays
        });
        pieces
    }

    fn alternative(&mut self, piece: Alternative<'_>, dst: Register) -> Branches<Typed> {
        match piece {
            Alternative::One(condition) => self.condition(condition, dst),
            Alternative::Set(set) => {
                self.look_up(set.value, set.keys, dst);
                Branches::default()
            }
        }
    }

    /// Compares a value with literals.
    fn one_of(&mut self, value: &Expr, list: &[Literal], dst: Register) {
        let is_set = list.len() >= sets::FEW && list.iter().all(Table::is_key);
        if is_set && self.passes.has(Pass::Sets) {
            return self.look_up(value, list, dst);
        }
        let value = self.value(value);
        for (index, literal) in list.iter().enumerate() {
            let guard = (index > 0).then(|| self.open(dst, false));
            let literal = self.literal(literal);
            self.compare(dst, CompareOp::Eq, value, literal);
            if let Some(guard) = guard {
                self.close(guard);
            }
        }
    }

    fn look_up<'l>(
        &mut self,
        value: &Expr,
        keys: impl IntoIterator<Item = &'l Literal>,
        dst: Register,
    ) {
        let value = self.value(value).operand;
        let mut table = Table::default();
        for key in keys {
            table.insert(key, 0);
        }
        let table = self.table(table);
        self.emit(Instruction::In { dst, value, table });
    }

    /// The number of a table.
    pub(super) fn table(&mut self, table: Table) -> u32 {
        self.program.tables.push(table);
        (self.program.tables.len() - 1) as u32
    }

    fn compare(&mut self, dst: Register, op: CompareOp, lhs: Typed, rhs: Typed) {
        let instruction = match (lhs.kind, rhs.kind) {
            (RegisterKind::Int, RegisterKind::Int) => Instruction::CompareInt {
                dst,
                op,
                lhs: lhs.operand,
                rhs: rhs.operand,
            },
            (RegisterKind::Str, RegisterKind::Str) => Instruction::CompareStr {
                dst,
                op,
                lhs: lhs.operand,
                rhs: rhs.operand,
            },
            _ => {
                let (lhs, rhs) = (self.boxed(lhs), self.boxed(rhs));
                Instruction::Compare { dst, op, lhs, rhs }
            }
        };
        self.emit(instruction);
    }
}
