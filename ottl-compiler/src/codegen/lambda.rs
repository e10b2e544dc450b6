//! Lambdas: their bodies are code of their own, behind that of the part they stand in.

use ottl_vm::{Instruction, Lambda as Code, Operand, Register, RegisterKind};

use super::Generator;
use crate::hir::{Lambda, LambdaBody, LocalId};

impl Generator<'_> {
    /// The number of a lambda, and the operands that it captures.
    pub(super) fn lambda(&mut self, source: &Lambda) -> (usize, Vec<Operand>) {
        let captured = source
            .captures
            .iter()
            .map(|id| Operand::Register(self.locals[id]));
        let captured = captured.collect();
        let around = std::mem::take(&mut self.program.code);
        let outer = std::mem::take(&mut self.locals);
        let params: Vec<_> = source
            .params
            .iter()
            .map(|param| param.map(|id| self.local(id)))
            .collect();
        let captures = source.captures.iter().map(|&id| self.local(id)).collect();
        let result = match &*source.body {
            LambdaBody::Value(expr) => self.operand(expr),
            LambdaBody::Condition(condition) => {
                let result = self.register(RegisterKind::Bool);
                self.condition(condition, result);
                Operand::Register(result)
            }
        };
        self.locals = outer;
        let body = std::mem::replace(&mut self.program.code, around);
        // Its place is known when the part is complete.
        self.bodies.push(body);
        self.program.lambdas.push(Code {
            code: 0..0,
            params,
            captures,
            result,
        });
        (self.program.lambdas.len() - 1, captured)
    }

    fn local(&mut self, id: LocalId) -> Register {
        let register = self.register(RegisterKind::Value);
        self.locals.insert(id, register);
        register
    }

    /// Puts the bodies of the part's lambdas behind it.
    pub(super) fn place_lambdas(&mut self) {
        let first = self.program.lambdas.len() - self.bodies.len();
        for (lambda, body) in (first..).zip(std::mem::take(&mut self.bodies)) {
            let start = self.program.code.len();
            for mut instruction in body {
                if let Instruction::Guard { end, .. } = &mut instruction {
                    *end += start as u32;
                }
                self.program.code.push(instruction);
            }
            self.program.lambdas[lambda].code = start..self.program.code.len();
        }
    }
}
