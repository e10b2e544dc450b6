//! Which neighbouring instructions become loops.
//!
//! Within the condition of a part as many instructions as possible are taken together. A loop ends in a guard,
//! or it fills the register of a condition. Registers that are filled on the way are lost, unless a load can
//! be repeated for the items that are left.

use std::ops::Range;

use ottl_vm::native::{Declined, Loop, Plan, Unsupported};
use ottl_vm::{Instruction, Program, Register, RegisterKind};

use super::predicate::{Predicate, Translator, unsupported};

/// More loops of one program would be mapped memory without end.
const MAX_LOOPS: usize = 256;

/// A plan, and for each of its loops what it computes.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) predicates: Vec<Predicate>,
}

/// Plans the loops of a program.
pub(super) fn plan(program: &Program) -> Planned {
    let mut planner = Planner {
        program,
        exposed: exposed(program),
        planned: Planned::default(),
    };
    for part in 0..program.parts.len() {
        planner.part(part);
    }
    planner.planned
}

/// What becomes of the instructions from one on.
enum Found {
    /// A loop.
    Loop(Loop, Box<Predicate>),
    /// They are interpreted up to this one.
    Nothing(usize, Option<(usize, Unsupported)>),
}

struct Planner<'p> {
    program: &'p Program,
    /// The registers that a part reads before it fills them.
    exposed: Vec<bool>,
    planned: Planned,
}

impl Planner<'_> {
    fn part(&mut self, part: usize) {
        let code = self.condition(part);
        let mut declined = None;
        let mut at = code.start;
        while at < code.end {
            let found = match self.planned.plan.loops.len() < MAX_LOOPS {
                true => self.find(part, at, code.end),
                false => {
                    let why = unsupported(&self.program.code[at], "the program has too many loops");
                    Found::Nothing(code.end, Some((at, why)))
                }
            };
            match found {
                Found::Loop(looped, predicate) => {
                    at = looped.code.end;
                    self.planned.plan.loops.push(looped);
                    self.planned.predicates.push(*predicate);
                }
                Found::Nothing(next, why) => {
                    declined = declined.or(why);
                    at = next;
                }
            }
        }
        if let Some((at, why)) = declined {
            let declined = Declined { part, at, why };
            self.planned.plan.declined.push(declined);
        }
    }

    /// The instructions of a part's condition.
    fn condition(&self, part: usize) -> Range<usize> {
        let part = &self.program.parts[part];
        let code = part.code.clone();
        if let Some(result) = part.result {
            return match self.program.registers[result.0 as usize] {
                RegisterKind::Bool => code,
                RegisterKind::Value | RegisterKind::Int | RegisterKind::Str => {
                    code.start..code.start
                }
            };
        }
        let is_matched = |at: &usize| matches!(self.program.code[*at], Instruction::Matched { .. });
        let matched = code.clone().find(is_matched).unwrap_or(code.start);
        let is_guard = |at: &usize| matches!(self.program.code[*at], Instruction::Guard { .. });
        let guard = (code.start..matched).rev().find(is_guard);
        code.start..guard.map_or(code.start, |guard| guard + 1)
    }

    fn find(&self, part: usize, start: usize, end: usize) -> Found {
        let mut translator = Translator::new(self.program);
        let mut at = start;
        let mut why = None;
        while at < end {
            match &self.program.code[at] {
                Instruction::Guard {
                    condition,
                    when,
                    end: last,
                } => {
                    let taken = match (*last as usize) < end {
                        true => translator.guarded(at),
                        // It guards what is done where the condition holds.
                        false => Err((at, unsupported(&self.program.code[at], "guards the rest"))),
                    };
                    if taken.is_ok() {
                        at = *last as usize + 1;
                        continue;
                    }
                    let root = translator.node(*condition);
                    let Some(predicate) = root.and_then(|root| translator.predicate(root)) else {
                        return Found::Nothing(at + 1, None);
                    };
                    let ends = Ends::In(*condition, *when);
                    return self.looped(part, start..at + 1, ends, predicate);
                }
                Instruction::EndGuard {} => break,
                instruction => match translator.instruction(instruction) {
                    Ok(()) => at += 1,
                    Err(reason) => {
                        why = Some((at, reason));
                        break;
                    }
                },
            }
        }
        // Behind the last instruction that was taken in stands one that was not, or none.
        let next = if at == start { at + 1 } else { at };
        let read: Vec<_> = (self.filled(start..at))
            .filter(|(register, _)| self.is_read(part, at, *register))
            .collect();
        let [(condition, _)] = read[..] else {
            return Found::Nothing(next, why.filter(|(at, _)| *at < next));
        };
        let root = translator.node(condition);
        match root.and_then(|root| translator.predicate(root)) {
            Some(predicate) if self.is_condition(condition) => {
                self.looped(part, start..at, Ends::With(condition), predicate)
            }
            _ => Found::Nothing(next, why.filter(|(at, _)| *at < next)),
        }
    }

    fn is_condition(&self, register: Register) -> bool {
        self.program.registers[register.0 as usize] == RegisterKind::Bool
    }

    /// The registers that instructions fill, each with the last one that does.
    fn filled(&self, code: Range<usize>) -> impl Iterator<Item = (Register, usize)> {
        let mut filled: Vec<(Register, usize)> = Vec::new();
        for at in code {
            if let Some(register) = self.program.code[at].fills() {
                filled.retain(|(known, _)| *known != register);
                filled.push((register, at));
            }
        }
        filled.into_iter()
    }

    /// Whether a register is read from `at` on, before it is filled anew.
    fn is_read(&self, part: usize, at: usize, register: Register) -> bool {
        let part = &self.program.parts[part];
        self.exposed[register.0 as usize]
            || part.result == Some(register)
            || reads(self.program, at..part.code.end, register)
                .next()
                .is_some()
    }

    fn looped(&self, part: usize, code: Range<usize>, ends: Ends, predicate: Predicate) -> Found {
        let (condition, guard) = match ends {
            Ends::In(condition, when) => (condition, Some(when)),
            Ends::With(condition) => (condition, None),
        };
        let mut looped = Loop {
            part,
            condition,
            guard,
            keeps: self.is_read(part, code.end, condition),
            repeated: Vec::new(),
            code,
        };
        match self.repeat(&mut looped) {
            Ok(()) => Found::Loop(looped, Box::new(predicate)),
            Err((at, why)) => Found::Nothing(looped.code.end, Some((at, why))),
        }
    }

    /// Notes which instructions of a loop have to be run again.
    fn repeat(&self, looped: &mut Loop) -> Result<(), (usize, Unsupported)> {
        let code = looped.code.clone();
        let lost = |at: usize| {
            let reason = "fills a register that is read later";
            (at, unsupported(&self.program.code[at], reason))
        };
        let filled: Vec<_> = self.filled(code.clone()).collect();
        let mut needed = Vec::new();
        for &(register, at) in &filled {
            if register == looped.condition || !self.is_read(looped.part, code.end, register) {
                continue;
            }
            if !self.is_read_within(looped, register) || !self.can_repeat(&code, at) {
                return Err(lost(at));
            }
            needed.push(at);
        }
        let mut known = 0;
        while let Some(&at) = needed.get(known) {
            known += 1;
            let mut operands = Vec::new();
            self.program.code[at].reads(&mut |register| operands.push(register));
            for operand in operands {
                let source = filled.iter().find(|(register, _)| *register == operand);
                match source {
                    Some(&(_, from)) if self.can_repeat(&code, from) => {
                        if !needed.contains(&from) {
                            needed.push(from);
                        }
                    }
                    _ => return Err(lost(at)),
                }
            }
        }
        needed.sort_unstable();
        looped.repeated = needed.into_iter().map(|at| at as u32).collect();
        Ok(())
    }

    /// Whether a register that a loop fills is only read for the items that enter its guard.
    fn is_read_within(&self, looped: &Loop, register: Register) -> bool {
        let Instruction::Guard { end, .. } = &self.program.code[looped.code.end - 1] else {
            return false;
        };
        let part = &self.program.parts[looped.part];
        let code = looped.code.end..part.code.end;
        !self.exposed[register.0 as usize]
            && part.result != Some(register)
            && reads(self.program, code, register).all(|at| at < *end as usize)
    }

    /// Whether an instruction of a loop is run for all its items, and fills no condition.
    fn can_repeat(&self, code: &Range<usize>, at: usize) -> bool {
        let mut open = 0;
        for instruction in &self.program.code[code.start..at] {
            match instruction {
                Instruction::Guard { .. } => open += 1,
                Instruction::EndGuard {} => open -= 1,
                _ => {}
            }
        }
        let filled = self.program.code[at].fills();
        open == 0 && filled.is_some_and(|register| !self.is_condition(register))
    }
}

/// How a loop ends.
enum Ends {
    /// In a guard that takes the condition.
    In(Register, bool),
    /// With the condition in a register.
    With(Register),
}

/// Where a register is read before it is filled anew, for some of the items at least.
fn reads(program: &Program, code: Range<usize>, register: Register) -> impl Iterator<Item = usize> {
    // For each open region, whether it filled the register: behind its end that counts no more, since
    // only some items were in it.
    let mut filled = vec![false];
    code.filter(move |&at| {
        let instruction = &program.code[at];
        let mut is_read = false;
        instruction.reads(&mut |read| is_read |= read == register);
        let is_known = filled.iter().any(|filled| *filled);
        match instruction {
            Instruction::Guard { .. } => filled.push(false),
            Instruction::EndGuard {} => {
                filled.pop();
                if filled.is_empty() {
                    filled.push(false);
                }
            }
            _ => {
                if instruction.fills() == Some(register)
                    && let Some(innermost) = filled.last_mut()
                {
                    *innermost = true;
                }
            }
        }
        is_read && !is_known
    })
}

/// For each register whether a part reads what another one left there.
fn exposed(program: &Program) -> Vec<bool> {
    let mut exposed = vec![false; program.registers.len()];
    for part in &program.parts {
        // For each open region the registers that it filled.
        let mut filled: Vec<Vec<Register>> = vec![Vec::new()];
        for instruction in &program.code[part.code.clone()] {
            instruction.reads(&mut |register| {
                if !filled.iter().flatten().any(|known| *known == register) {
                    exposed[register.0 as usize] = true;
                }
            });
            match instruction {
                Instruction::Guard { .. } => filled.push(Vec::new()),
                Instruction::EndGuard {} => {
                    filled.pop();
                }
                _ => {}
            }
            if let (Some(register), Some(innermost)) = (instruction.fills(), filled.last_mut()) {
                innermost.push(register);
            }
        }
    }
    exposed
}
