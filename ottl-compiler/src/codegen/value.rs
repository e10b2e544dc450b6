//! Values to instructions, and to operands that say where they are.

use ottl_vm::path::Access;
use ottl_vm::{ArithmeticOp, Instruction, Literal, Operand, Register, RegisterKind};

use super::{Generator, Typed};
use crate::hir::{Expr, ExprKind, Key, Path};
use crate::optimise::Pass;

impl Generator<'_> {
    pub(super) fn value(&mut self, expr: &Expr) -> Typed {
        if let ExprKind::Literal(literal) = &expr.kind {
            return self.literal(literal);
        }
        let Some(id) = self.values.of(expr) else {
            return self.computed(expr);
        };
        if let Some(literal) = self.values.literal(id).cloned() {
            return self.literal(&literal);
        }
        if let Some(known) = self.known.get(id) {
            return known;
        }
        let value = self.computed(expr);
        if self.passes.has(Pass::Share) {
            self.known.add(id, value);
        }
        value
    }

    fn computed(&mut self, expr: &Expr) -> Typed {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Path(path) => self.load(path),
            ExprKind::Local(id) => Typed {
                operand: Operand::Register(self.locals[id]),
                kind: RegisterKind::Value,
            },
            ExprKind::Call(call) => self.converter(call),
            ExprKind::Index { base, keys } => {
                let src = self.indexed(base, keys);
                let keys = self.operands(keys);
                self.make(|dst| Instruction::Index { dst, src, keys })
            }
            ExprKind::List(elements) => {
                let elements = self.operands(elements);
                self.make(|dst| Instruction::List { dst, elements })
            }
            ExprKind::Map(entries) => {
                let keys = entries.iter().map(|(key, _)| self.tables.string(key));
                let keys = keys.collect();
                let values = entries.iter().map(|(_, value)| self.operand(value));
                let values = values.collect();
                self.make(|dst| Instruction::Map { dst, keys, values })
            }
            ExprKind::Negate(inner) => {
                let src = self.operand(inner);
                self.make(|dst| Instruction::Negate { dst, src })
            }
            ExprKind::Arithmetic { op, lhs, rhs } => {
                let (lhs, rhs) = (self.value(lhs), self.value(rhs));
                self.arithmetic(*op, lhs, rhs)
            }
            ExprKind::Error => self.nothing(),
        }
    }

    /// A value of which only what keys lead to is used. A call whose result nobody else needs is told
    /// which key comes first.
    fn indexed(&mut self, base: &Expr, keys: &[Expr]) -> Operand {
        let (ExprKind::Call(call), Some(first)) = (&base.kind, keys.first()) else {
            return self.operand(base);
        };
        let id = self.values.of(base);
        let is_shared = id.is_some_and(|id| {
            let is_known = self.known.get(id).is_some() || self.values.literal(id).is_some();
            is_known || !self.values.is_used_once(id)
        });
        match &first.kind {
            ExprKind::Literal(Literal::String(key)) if !is_shared => {
                self.wanted = Some(key.clone());
            }
            _ => return self.operand(base),
        }
        let value = self.converter(call);
        self.wanted = None;
        self.boxed(value)
    }

    pub(super) fn literal(&mut self, literal: &Literal) -> Typed {
        Typed {
            kind: match literal {
                Literal::Int(_) => RegisterKind::Int,
                Literal::String(_) => RegisterKind::Str,
                _ => RegisterKind::Value,
            },
            operand: self.tables.constant(literal),
        }
    }

    /// Stands where a problem was reported.
    pub(super) fn nothing(&mut self) -> Typed {
        let elements = Vec::new();
        self.make(|dst| Instruction::List { dst, elements })
    }

    /// The operand as one of kind value.
    pub(super) fn boxed(&mut self, typed: Typed) -> Operand {
        match (typed.operand, typed.kind) {
            (src @ Operand::Register(_), RegisterKind::Int | RegisterKind::Str) => {
                let dst = self.register(RegisterKind::Value);
                self.emit(Instruction::Box { dst, src });
                Operand::Register(dst)
            }
            (operand, _) => operand,
        }
    }

    /// A value whose kind does not matter.
    pub(super) fn operand(&mut self, expr: &Expr) -> Operand {
        let typed = self.value(expr);
        self.boxed(typed)
    }

    pub(super) fn operands(&mut self, exprs: &[Expr]) -> Vec<Operand> {
        exprs.iter().map(|expr| self.operand(expr)).collect()
    }

    pub(super) fn make(&mut self, instruction: impl FnOnce(Register) -> Instruction) -> Typed {
        let dst = self.register(RegisterKind::Value);
        self.emit(instruction(dst));
        Typed {
            operand: Operand::Register(dst),
            kind: RegisterKind::Value,
        }
    }

    fn arithmetic(&mut self, op: ArithmeticOp, lhs: Typed, rhs: Typed) -> Typed {
        let both_int = lhs.kind == RegisterKind::Int && rhs.kind == RegisterKind::Int;
        if both_int && op != ArithmeticOp::Div {
            let dst = self.register(RegisterKind::Int);
            self.emit(Instruction::ArithmeticInt {
                dst,
                op,
                lhs: lhs.operand,
                rhs: rhs.operand,
            });
            return Typed {
                operand: Operand::Register(dst),
                kind: RegisterKind::Int,
            };
        }
        let (lhs, rhs) = (self.boxed(lhs), self.boxed(rhs));
        self.make(|dst| Instruction::Arithmetic { dst, op, lhs, rhs })
    }

    fn load(&mut self, source: &Path) -> Typed {
        let (path, keys) = self.path(source);
        let kind = match source.def.access {
            Access::Int(..) | Access::TimeNanos(_) => RegisterKind::Int,
            Access::Str(_) => RegisterKind::Str,
            _ => RegisterKind::Value,
        };
        // Only a register of values can hold nil.
        let kind = match source.nullable() {
            true => RegisterKind::Value,
            false => kind,
        };
        let dst = self.register(kind);
        self.emit(match kind {
            RegisterKind::Int => Instruction::LoadInt { dst, path },
            RegisterKind::Str => Instruction::LoadStr { dst, path },
            RegisterKind::Value | RegisterKind::Bool => Instruction::Load { dst, path, keys },
        });
        Typed {
            operand: Operand::Register(dst),
            kind,
        }
    }

    /// The path's number, and its dynamic keys.
    pub(super) fn path(&mut self, path: &Path) -> (u32, Vec<Operand>) {
        let mut dynamic = Vec::new();
        for key in &path.keys {
            if let Key::Expr(expr) = key {
                dynamic.push(self.operand(expr));
            }
        }
        (self.tables.path(path), dynamic)
    }
}
