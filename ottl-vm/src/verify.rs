//! Whether a program is well formed: operands exist and are of the right kind, guards nest.
//!
//! The interpreters rely on it and do not check again. The compiler's tests verify every program.

use crate::instruction::{Rule, Use};
use crate::{Instruction, Literal, Operand, Program, RegisterKind};

/// Checks a program.
///
/// # Errors
/// The first instruction that is not well formed, and why.
pub fn verify(program: &Program) -> Result<(), String> {
    for part in &program.parts {
        let mut guards = Vec::new();
        for at in part.code.clone() {
            let instruction = program
                .code
                .get(at)
                .ok_or_else(|| format!("instruction {at} does not exist"))?;
            operands(program, instruction).map_err(|error| format!("instruction {at}: {error}"))?;
            match instruction {
                Instruction::Guard { end, .. } => guards.push(*end as usize),
                Instruction::EndGuard {} if guards.pop() != Some(at) => {
                    return Err(format!("instruction {at} ends another guard"));
                }
                _ => {}
            }
        }
        if let Some(end) = guards.pop() {
            return Err(format!(
                "the guard that ends at {end} is open at the end of its part"
            ));
        }
    }
    Ok(())
}

fn operands(program: &Program, instruction: &Instruction) -> Result<(), String> {
    let mut problem = None;
    instruction.visit(&mut |rule, operand| {
        if !fits(program, rule, operand) {
            problem.get_or_insert(format!(
                "{} has the operand {operand:?} where {rule:?} must stand",
                instruction.mnemonic()
            ));
        }
    });
    problem.map_or(Ok(()), Err)
}

fn fits(program: &Program, rule: Rule, operand: Use) -> bool {
    match operand {
        Use::Index(index) => {
            let index = index as usize;
            match rule {
                Rule::Path => index < program.paths.len(),
                Rule::Call => index < program.calls.len(),
                Rule::Part => index < program.parts.len(),
                Rule::Guard => matches!(program.code.get(index), Some(Instruction::EndGuard {})),
                Rule::Value | Rule::Int | Rule::Str | Rule::Bool | Rule::Any | Rule::Plain => true,
            }
        }
        Use::Operand(Operand::Register(register)) => {
            let Some(kind) = program.registers.get(register.0 as usize) else {
                return false;
            };
            match rule {
                Rule::Value => *kind == RegisterKind::Value,
                Rule::Int => *kind == RegisterKind::Int,
                Rule::Str => *kind == RegisterKind::Str,
                Rule::Bool => *kind == RegisterKind::Bool,
                Rule::Any => *kind != RegisterKind::Bool,
                Rule::Path | Rule::Call | Rule::Part | Rule::Guard | Rule::Plain => false,
            }
        }
        Use::Operand(Operand::Constant(index)) => {
            let Some(constant) = program.constants.get(index as usize) else {
                return false;
            };
            match rule {
                Rule::Value | Rule::Any => true,
                Rule::Int => matches!(constant, Literal::Int(_)),
                Rule::Str => matches!(constant, Literal::String(_)),
                Rule::Bool | Rule::Path | Rule::Call | Rule::Part | Rule::Guard | Rule::Plain => {
                    false
                }
            }
        }
    }
}
