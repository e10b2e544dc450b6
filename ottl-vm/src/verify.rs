//! Whether a program is well formed: operands exist and are of the right kind, no instruction reads
//! the register that it fills, guards nest.
//!
//! The interpreters rely on it and do not check again. The compiler's tests verify every program.

use std::ops::Range;

use crate::instruction::{Rule, Use};
use crate::program::{Group, Items};
use crate::{Instruction, Literal, Operand, Program, Register, RegisterKind};

/// Checks a program.
///
/// # Errors
/// The first instruction that is not well formed, and why.
pub fn verify(program: &Program) -> Result<(), String> {
    for (index, part) in program.parts.iter().enumerate() {
        code(program, part.code.clone(), false)?;
        let Items {
            of,
            without,
            held,
            missed,
        } = part.items;
        let mut masks = [of, without, held, missed].into_iter().flatten();
        if masks.any(|mask| mask.0 >= program.masks) {
            return Err(format!("part {index} has a mask that does not exist"));
        }
    }
    for (index, lambda) in program.lambdas.iter().enumerate() {
        let located = |error| format!("lambda {index}: {error}");
        for register in lambda.params.iter().flatten().chain(&lambda.captures) {
            let operand = Use::Operand(Operand::Register(*register));
            if !fits(program, Rule::Value, operand) {
                return Err(located(format!("{register} cannot hold an argument")));
            }
        }
        code(program, lambda.code.clone(), false).map_err(located)?;
    }
    for group in &program.groups {
        fused(program, group)?;
    }
    Ok(())
}

/// What instructions open and others close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    Guard,
    Part,
    Shared,
}

fn code(program: &Program, range: Range<usize>, is_fused: bool) -> Result<(), String> {
    let mut open: Vec<(Region, usize)> = Vec::new();
    for at in range {
        let instruction = program
            .code
            .get(at)
            .ok_or_else(|| format!("instruction {at} does not exist"))?;
        let located = |error| format!("instruction {at}: {error}");
        operands(program, instruction).map_err(located)?;
        destination_is_no_operand(instruction).map_err(located)?;
        if !is_fused && is_for_fused(instruction) {
            return Err(located("a part has code for columns".to_owned()));
        }
        if let Some((region, end)) = opened(instruction) {
            let is_nested = region == Region::Guard || open.is_empty();
            if !is_nested {
                return Err(located(format!("{} stands inside", instruction.mnemonic())));
            }
            open.push((region, end));
        }
        if let Some(region) = closed(instruction)
            && open.pop() != Some((region, at))
        {
            return Err(format!("instruction {at} ends another region"));
        }
    }
    match open.pop() {
        Some((_, end)) => Err(format!(
            "the region that ends at {end} is open at the end of its part"
        )),
        None => Ok(()),
    }
}

fn opened(instruction: &Instruction) -> Option<(Region, usize)> {
    match instruction {
        Instruction::Guard { end, .. } => Some((Region::Guard, *end as usize)),
        Instruction::Part { end, .. } => Some((Region::Part, *end as usize)),
        Instruction::Shared { end, .. } => Some((Region::Shared, *end as usize)),
        _ => None,
    }
}

fn closed(instruction: &Instruction) -> Option<Region> {
    match instruction {
        Instruction::EndGuard {} => Some(Region::Guard),
        Instruction::EndPart {} => Some(Region::Part),
        Instruction::EndShared { .. } => Some(Region::Shared),
        _ => None,
    }
}

/// Whether an instruction has a meaning only where statements run together.
fn is_for_fused(instruction: &Instruction) -> bool {
    matches!(
        instruction,
        Instruction::Part { .. }
            | Instruction::EndPart {}
            | Instruction::Shared { .. }
            | Instruction::EndShared { .. }
            | Instruction::Fail { .. }
            | Instruction::Switch { .. }
    )
}

/// What runs together are parts of the group, in their order, and arms are parts.
fn fused(program: &Program, group: &Group) -> Result<(), String> {
    let mut from = group.parts.start;
    for fused in &group.fused {
        if fused.parts.start < from || fused.parts.end > group.parts.end {
            return Err(format!("the parts {:?} do not run together", fused.parts));
        }
        from = fused.parts.end;
        code(program, fused.code.clone(), true)?;
        for instruction in &program.code[fused.code.clone()] {
            match instruction {
                Instruction::Part { part, .. } if !fused.parts.contains(&(*part as usize)) => {
                    return Err(format!("part {part} does not run with {:?}", fused.parts));
                }
                Instruction::Switch { table, .. } => arms(program, *table)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn arms(program: &Program, table: u32) -> Result<(), String> {
    let is_part = |arm: &&u32| {
        let instruction = program.code.get(**arm as usize);
        matches!(instruction, Some(Instruction::Part { .. }))
    };
    let arms = &program.tables[table as usize].arms;
    match arms.iter().find(|arm| !is_part(arm)) {
        Some(arm) => Err(format!("the arm at {arm} of table {table} is no part")),
        None => Ok(()),
    }
}

/// The column interpreter takes the destination's vector out while it reads those of the operands.
fn destination_is_no_operand(instruction: &Instruction) -> Result<(), String> {
    let Some(dst) = destination(instruction) else {
        return Ok(());
    };
    let mut uses = 0;
    instruction.visit(&mut |_, operand| {
        uses += usize::from(operand == Use::Operand(Operand::Register(dst)));
    });
    // One of them is the destination itself.
    if uses > 1 {
        let mnemonic = instruction.mnemonic();
        return Err(format!("{mnemonic} reads its destination {dst}"));
    }
    Ok(())
}

/// The register that an instruction fills.
pub(crate) fn destination(instruction: &Instruction) -> Option<Register> {
    match instruction {
        Instruction::Load { dst, .. }
        | Instruction::LoadInt { dst, .. }
        | Instruction::LoadStr { dst, .. }
        | Instruction::Box { dst, .. }
        | Instruction::Negate { dst, .. }
        | Instruction::Arithmetic { dst, .. }
        | Instruction::ArithmeticInt { dst, .. }
        | Instruction::Compare { dst, .. }
        | Instruction::CompareInt { dst, .. }
        | Instruction::CompareStr { dst, .. }
        | Instruction::Truth { dst, .. }
        | Instruction::Bool { dst, .. }
        | Instruction::Not { dst, .. }
        | Instruction::Copy { dst, .. }
        | Instruction::In { dst, .. }
        | Instruction::Call { dst, .. }
        | Instruction::Index { dst, .. }
        | Instruction::List { dst, .. }
        | Instruction::Map { dst, .. } => Some(*dst),
        Instruction::Guard { .. }
        | Instruction::EndGuard {}
        | Instruction::Matched { .. }
        | Instruction::Store { .. }
        | Instruction::Edit { .. }
        | Instruction::Part { .. }
        | Instruction::EndPart {}
        | Instruction::Shared { .. }
        | Instruction::EndShared { .. }
        | Instruction::Fail { .. }
        | Instruction::Switch { .. } => None,
    }
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
                Rule::PartEnd => matches!(program.code.get(index), Some(Instruction::EndPart {})),
                Rule::SharedEnd => {
                    matches!(program.code.get(index), Some(Instruction::EndShared { .. }))
                }
                Rule::Table => index < program.tables.len(),
                Rule::Failures => index < program.kept_failures as usize,
                Rule::Value
                | Rule::Int
                | Rule::Str
                | Rule::Bool
                | Rule::Any
                | Rule::Result
                | Rule::Plain => true,
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
                Rule::Result => true,
                Rule::Path
                | Rule::Call
                | Rule::Part
                | Rule::Guard
                | Rule::PartEnd
                | Rule::SharedEnd
                | Rule::Table
                | Rule::Failures
                | Rule::Plain => false,
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
                Rule::Bool
                | Rule::Path
                | Rule::Call
                | Rule::Part
                | Rule::Guard
                | Rule::PartEnd
                | Rule::SharedEnd
                | Rule::Table
                | Rule::Result
                | Rule::Failures
                | Rule::Plain => false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArithmeticOp, Part, ReadyConstants};
    use otlp_columns::{Level, Projection, Signal};

    const VALUE: Register = Register(0);
    const OTHER: Register = Register(1);
    const INT: Register = Register(2);
    const BOOL: Register = Register(3);

    /// What is wrong with the instructions as the only part of a program with the registers above
    /// and the constants 1 and "a".
    fn problem(code: Vec<Instruction>) -> Option<String> {
        let program = Program {
            signal: Signal::Traces,
            context: Level::Span,
            parts: vec![Part {
                source: String::new(),
                offset: 0,
                code: 0..code.len(),
                result: None,
                items: Items::default(),
                error_mode: None,
            }],
            code,
            groups: Vec::new(),
            registers: vec![
                RegisterKind::Value,
                RegisterKind::Value,
                RegisterKind::Int,
                RegisterKind::Bool,
            ],
            constants: vec![Literal::Int(1), Literal::String(b"a".to_vec())],
            ready: ReadyConstants::default(),
            paths: Vec::new(),
            calls: Vec::new(),
            lambdas: Vec::new(),
            tables: Vec::new(),
            kept_failures: 0,
            masks: 0,
            reshapes: false,
            projection: Projection::new(Level::Span),
            outputs: Vec::new(),
            uses_cache: false,
            uses_shared_cache: false,
            separates: None,
            uses_request: false,
            native: None,
        };
        verify(&program).err()
    }

    fn sum(dst: Register, lhs: Operand, rhs: Operand) -> Instruction {
        let op = ArithmeticOp::Add;
        Instruction::Arithmetic { dst, op, lhs, rhs }
    }

    fn guard(end: u32) -> Instruction {
        Instruction::Guard {
            condition: BOOL,
            when: true,
            end,
        }
    }

    #[test]
    fn a_destination_is_none_of_the_operands() {
        let (value, other) = (Operand::Register(VALUE), Operand::Register(OTHER));
        assert_eq!(problem(vec![sum(VALUE, other, other)]), None);
        let reads = |mnemonic| {
            Some(format!(
                "instruction 0: {mnemonic} reads its destination r0"
            ))
        };
        assert_eq!(problem(vec![sum(VALUE, other, value)]), reads("arith"));
        assert_eq!(problem(vec![sum(VALUE, value, other)]), reads("arith"));
        let list = Instruction::List {
            dst: VALUE,
            elements: vec![other, other, value],
        };
        assert_eq!(problem(vec![list]), reads("list"));
        let not = Instruction::Not {
            dst: BOOL,
            src: BOOL,
        };
        let found = problem(vec![not]);
        assert_eq!(
            found.as_deref(),
            Some("instruction 0: not reads its destination r3")
        );
    }

    #[test]
    fn operands_exist_and_are_of_the_right_kind() {
        let int = |lhs, rhs| {
            let (dst, op) = (INT, ArithmeticOp::Add);
            vec![Instruction::ArithmeticInt { dst, op, lhs, rhs }]
        };
        let constant = Operand::Constant;
        assert_eq!(problem(int(constant(0), constant(0))), None);
        for wrong in [
            constant(1),
            constant(2),
            Operand::Register(VALUE),
            Operand::Register(Register(4)),
        ] {
            let found = problem(int(constant(0), wrong));
            assert!(
                found.is_some_and(|found| found.contains("where Int must stand")),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn guards_nest() {
        let end = Instruction::EndGuard {};
        let nested = vec![guard(3), guard(2), end.clone(), end.clone()];
        assert_eq!(problem(nested), None);
        let crossed = vec![guard(2), guard(3), end.clone(), end.clone()];
        assert_eq!(
            problem(crossed).as_deref(),
            Some("instruction 2 ends another region")
        );
        assert_eq!(
            problem(vec![end.clone()]).as_deref(),
            Some("instruction 0 ends another region")
        );
        assert!(problem(vec![guard(1)]).is_some());
    }
}
