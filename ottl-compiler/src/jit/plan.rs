//! Which neighbouring instructions become loops.
//!
//! Within the condition of a part as many instructions as possible are taken together. A loop ends in a guard,
//! or it fills the register of a condition. Registers that are filled on the way are lost, unless a load can
//! be repeated for the items that are left.

use std::ops::Range;

use ottl_vm::native::{Declined, Loop, Plan, Unsupported};
use ottl_vm::{Instruction, Program, Register, RegisterKind};

use super::predicate::{ELSEWHERE, Predicate, Translator, unsupported};

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
    let units = units(program);
    let mut planner = Planner {
        program,
        exposed: exposed(program, &units),
        planned: Planned::default(),
    };
    for unit in &units {
        planner.unit(unit);
    }
    debug_assert!(
        (planner.planned.plan.loops).is_sorted_by(|one, next| one.code.end <= next.code.start),
        "loops are found in the order of their instructions"
    );
    let declined = &mut planner.planned.plan.declined;
    declined.sort_by_key(|declined| declined.part);
    declined.dedup_by_key(|declined| declined.part);
    planner.planned
}

/// Instructions that evaluate a condition.
struct Unit {
    /// The part that it is of, or the first of several.
    part: usize,
    condition: Range<usize>,
    /// All instructions that are run before the registers are free again.
    whole: Range<usize>,
    /// A register that is read behind all of them.
    result: Option<Register>,
}

/// All conditions, in the order of their instructions, as columns are worked on: of parts that run
/// together only those of the code that they have in common.
fn units(program: &Program) -> Vec<Unit> {
    let mut units = Vec::new();
    let all_fused = || program.groups.iter().flat_map(|group| &group.fused);
    for (index, part) in program.parts.iter().enumerate() {
        if !all_fused().any(|fused| fused.parts.contains(&index)) {
            let condition = match part.result {
                Some(result) if is_condition(program, result) => part.code.clone(),
                Some(_) => part.code.start..part.code.start,
                None => until_matched(program, part.code.clone()),
            };
            units.push(Unit {
                part: index,
                condition,
                whole: part.code.clone(),
                result: part.result,
            });
        }
    }
    for fused in all_fused() {
        let unit = |part, condition| Unit {
            part,
            condition,
            whole: fused.code.clone(),
            result: None,
        };
        // Shared conditions are shown with the statement behind them.
        let mut shared = Vec::new();
        let mut at = fused.code.start;
        while at < fused.code.end {
            match &program.code[at] {
                Instruction::Part { part, end } => {
                    let part = *part as usize;
                    units.extend(shared.drain(..).map(|condition| unit(part, condition)));
                    units.push(unit(part, until_matched(program, at + 1..*end as usize)));
                    at = *end as usize;
                }
                // What is evaluated for one of many items does not pay.
                Instruction::Shared { level, end } => {
                    if level.is_none() {
                        shared.push(at + 1..*end as usize);
                    }
                    at = *end as usize;
                }
                _ => {}
            }
            at += 1;
        }
        let part = fused.parts.start;
        units.extend(shared.into_iter().map(|condition| unit(part, condition)));
    }
    units
}

/// The instructions of a statement's condition.
fn until_matched(program: &Program, code: Range<usize>) -> Range<usize> {
    let is_matched = |at: &usize| matches!(program.code[*at], Instruction::Matched { .. });
    let matched = code.clone().find(is_matched).unwrap_or(code.start);
    let is_guard = |at: &usize| matches!(program.code[*at], Instruction::Guard { .. });
    let guard = (code.start..matched).rev().find(is_guard);
    code.start..guard.map_or(code.start, |guard| guard + 1)
}

fn is_condition(program: &Program, register: Register) -> bool {
    program.registers[register.0 as usize] == RegisterKind::Bool
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
    /// The registers that some instructions read before they fill them.
    exposed: Vec<bool>,
    planned: Planned,
}

impl Planner<'_> {
    fn unit(&mut self, unit: &Unit) {
        let end = unit.condition.end;
        let mut declined = None;
        let mut at = unit.condition.start;
        while at < end {
            let found = match self.planned.plan.loops.len() < MAX_LOOPS {
                true => self.find(unit, at, end),
                false => {
                    let why = unsupported(&self.program.code[at], "the program has too many loops");
                    Found::Nothing(end, Some((at, why)))
                }
            };
            match found {
                Found::Loop(looped, predicate) => {
                    at = looped.code.end;
                    self.planned.plan.loops.push(looped);
                    self.planned.predicates.push(*predicate);
                }
                Found::Nothing(next, why) => {
                    declined = declined.or(why.filter(|(_, why)| why.reason != ELSEWHERE));
                    at = next;
                }
            }
        }
        if let Some((at, why)) = declined {
            let part = unit.part;
            let declined = Declined { part, at, why };
            self.planned.plan.declined.push(declined);
        }
    }

    fn find(&self, unit: &Unit, start: usize, end: usize) -> Found {
        let mut translator = Translator::new(self.program, unit.whole.clone());
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
                    return self.looped(unit, start..at + 1, ends, predicate);
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
        // What could not be taken in cannot begin a loop either.
        let next = match why {
            Some(_) => at + 1,
            None => at.max(start + 1),
        };
        let read: Vec<_> = self
            .filled(start..at)
            .filter(|(register, _)| self.is_read(unit, at, *register))
            .collect();
        let [(condition, _)] = read[..] else {
            return Found::Nothing(next, why);
        };
        let root = translator.node(condition);
        match root.and_then(|root| translator.predicate(root)) {
            Some(predicate) if is_condition(self.program, condition) => {
                self.looped(unit, start..at, Ends::With(condition), predicate)
            }
            _ => Found::Nothing(next, why),
        }
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
    fn is_read(&self, unit: &Unit, at: usize, register: Register) -> bool {
        let code = at..unit.whole.end;
        self.exposed[register.0 as usize]
            || unit.result == Some(register)
            || reads(self.program, code, register).next().is_some()
    }

    fn looped(&self, unit: &Unit, code: Range<usize>, ends: Ends, predicate: Predicate) -> Found {
        let (condition, guard) = match ends {
            Ends::In(condition, when) => (condition, Some(when)),
            Ends::With(condition) => (condition, None),
        };
        let mut looped = Loop {
            part: unit.part,
            condition,
            guard,
            keeps: self.is_read(unit, code.end, condition),
            repeated: Vec::new(),
            code,
        };
        if predicate.needs(condition) {
            return Found::Nothing(looped.code.end, None);
        }
        match self.repeat(unit, &mut looped) {
            Ok(()) => Found::Loop(looped, Box::new(predicate)),
            Err((at, why)) => Found::Nothing(looped.code.end, Some((at, why))),
        }
    }

    /// Notes which instructions of a loop have to be run again.
    fn repeat(&self, unit: &Unit, looped: &mut Loop) -> Result<(), (usize, Unsupported)> {
        let code = looped.code.clone();
        let lost = |at: usize| {
            let reason = "fills a register that is read later";
            (at, unsupported(&self.program.code[at], reason))
        };
        let filled: Vec<_> = self.filled(code.clone()).collect();
        let mut needed = Vec::new();
        for &(register, at) in &filled {
            if register == looped.condition || !self.is_read(unit, code.end, register) {
                continue;
            }
            if !self.is_read_within(unit, looped, register) || !self.can_repeat(&code, at) {
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
    fn is_read_within(&self, unit: &Unit, looped: &Loop, register: Register) -> bool {
        let Instruction::Guard { end, .. } = &self.program.code[looped.code.end - 1] else {
            return false;
        };
        let code = looped.code.end..unit.whole.end;
        !self.exposed[register.0 as usize]
            && unit.result != Some(register)
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
        open == 0 && filled.is_some_and(|register| !is_condition(self.program, register))
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
    let mut filled = Filled::default();
    code.filter(move |&at| {
        let instruction = &program.code[at];
        let mut is_read = false;
        instruction.reads(&mut |read| is_read |= read == register);
        let is_known = filled.has(register);
        filled.pass(instruction);
        is_read && !is_known
    })
}

/// For each register whether instructions read what others left there.
fn exposed(program: &Program, units: &[Unit]) -> Vec<bool> {
    let mut exposed = vec![false; program.registers.len()];
    let mut wholes: Vec<_> = units.iter().map(|unit| unit.whole.clone()).collect();
    wholes.dedup();
    for whole in wholes {
        let mut filled = Filled::default();
        for instruction in &program.code[whole] {
            instruction.reads(&mut |register| {
                exposed[register.0 as usize] |= !filled.has(register);
            });
            filled.pass(instruction);
        }
    }
    exposed
}

/// The registers that were filled for all items, seen from one of the regions around an instruction:
/// what was filled in a region counts no more behind its end, since only some items were in it.
struct Filled {
    regions: Vec<Vec<Register>>,
}

impl Default for Filled {
    fn default() -> Self {
        Self {
            regions: vec![Vec::new()],
        }
    }
}

impl Filled {
    fn has(&self, register: Register) -> bool {
        self.regions
            .iter()
            .flatten()
            .any(|known| *known == register)
    }

    fn close(&mut self) {
        self.regions.pop();
        // The instructions may begin within a region.
        if self.regions.is_empty() {
            self.regions.push(Vec::new());
        }
    }

    fn fill(&mut self, register: Register) {
        if let Some(innermost) = self.regions.last_mut() {
            innermost.push(register);
        }
    }

    /// Notes what an instruction fills, opens or closes.
    fn pass(&mut self, instruction: &Instruction) {
        match instruction {
            Instruction::Guard { .. } | Instruction::Part { .. } | Instruction::Shared { .. } => {
                self.regions.push(Vec::new());
            }
            Instruction::EndGuard {} | Instruction::EndPart {} => self.close(),
            Instruction::EndShared { results, .. } => {
                self.close();
                results.iter().for_each(|register| self.fill(*register));
            }
            _ => {
                if let Some(register) = instruction.fills() {
                    self.fill(register);
                }
            }
        }
    }
}
