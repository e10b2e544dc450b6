//! Conditions to instructions that fill a register of truth values.

use ottl_vm::{CompareOp, Instruction, Register, RegisterKind};

use super::{Generator, Typed};
use crate::hir::Condition;

impl Generator<'_> {
    pub(super) fn condition(&mut self, condition: &Condition, dst: Register) {
        match condition {
            Condition::Known { value, unevaluated } => {
                self.bind_only(unevaluated);
                self.emit(Instruction::Bool { dst, value: *value });
            }
            Condition::Compare { op, lhs, rhs, .. } => {
                let (lhs, rhs) = (self.value(lhs), self.value(rhs));
                self.compare(dst, *op, lhs, rhs);
            }
            Condition::In { value, list, .. } => {
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
            Condition::Truth(expr) => {
                let src = self.value(expr).operand;
                self.emit(Instruction::Truth { dst, src });
            }
            Condition::Not(inner) => {
                let src = self.register(RegisterKind::Bool);
                self.condition(inner, src);
                self.emit(Instruction::Not { dst, src });
            }
            Condition::And(parts) => self.chain(parts, dst, true),
            Condition::Or(parts) => self.chain(parts, dst, false),
        }
    }

    /// Reports what is wrong with parts that no instruction evaluates.
    fn bind_only(&mut self, parts: &[Condition]) {
        let emitted = self.program.code.len();
        for part in parts {
            let dst = self.register(RegisterKind::Bool);
            self.condition(part, dst);
        }
        self.program.code.truncate(emitted);
    }

    /// Evaluates further parts only for items whose result is still `undecided`.
    fn chain(&mut self, parts: &[Condition], dst: Register, undecided: bool) {
        let Some((first, rest)) = parts.split_first() else {
            return;
        };
        self.condition(first, dst);
        for part in rest {
            let guard = self.open(dst, undecided);
            self.condition(part, dst);
            self.close(guard);
        }
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
