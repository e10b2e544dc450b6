//! Which neighbouring instructions become loops.
//!
//! Within the condition of a part as many instructions as possible are taken together. A loop ends in a guard,
//! or it fills the register of a condition. Registers that are filled on the way are lost, unless a load can
//! be repeated for the items that are left.

use std::ops::Range;

use ottl_vm::native::{Apart, Declined, Loop, Plan, Unsupported};
use ottl_vm::{Fused, Instruction, Part, Program, Register, RegisterKind};

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
    let fused: Vec<_> = (program.groups.iter())
        .flat_map(|group| &group.fused)
        .collect();
    let mut planner = Planner {
        program,
        exposed: exposed(program, &fused),
        planned: Planned::default(),
    };
    let mut apart = Vec::new();
    for (index, part) in program.parts.iter().enumerate() {
        if !fused.iter().any(|fused| fused.parts.contains(&index)) {
            planner.unit(&own(program, index, part));
        }
    }
    for fused in fused {
        match planner.apart(fused) {
            true => apart.push(fused.parts.clone()),
            false => units(program, fused)
                .iter()
                .for_each(|unit| planner.unit(unit)),
        }
    }
    planner.finish(apart)
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

/// The condition of a part on its own.
fn own(program: &Program, index: usize, part: &Part) -> Unit {
    let condition = match part.result {
        Some(result) if is_condition(program, result) => part.code.clone(),
        Some(_) => part.code.start..part.code.start,
        None => until_matched(program, part.code.clone()),
    };
    Unit {
        part: index,
        condition,
        whole: part.code.clone(),
        result: part.result,
    }
}

/// The conditions of parts that run together, in the order of their instructions.
fn units(program: &Program, fused: &Fused) -> Vec<Unit> {
    let unit = |part, condition| Unit {
        part,
        condition,
        whole: fused.code.clone(),
        result: None,
    };
    let mut units = Vec::new();
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
    units
}

/// Whether what parts that run together share takes no more than loops do that evaluate it again.
fn shares_little(program: &Program, fused: &Fused) -> bool {
    let mut at = fused.code.start;
    while at < fused.code.end {
        match &program.code[at] {
            Instruction::Part { end, .. } => at = *end as usize,
            Instruction::Call { .. }
            | Instruction::Index { .. }
            | Instruction::List { .. }
            | Instruction::Map { .. }
            | Instruction::Negate { .. }
            | Instruction::Arithmetic { .. }
            | Instruction::Truth { .. }
            | Instruction::In { .. }
            | Instruction::Switch { .. } => return false,
            _ => {}
        }
        at += 1;
    }
    true
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
    /// Plans loops for the parts on their own, if each gets one for all of its condition and they share
    /// nothing that is worth more. Whether it is so.
    fn apart(&mut self, fused: &Fused) -> bool {
        if !shares_little(self.program, fused) {
            return false;
        }
        let known = self.planned.plan.loops.len();
        let declined = self.planned.plan.declined.len();
        let is_whole = fused.parts.clone().all(|index| {
            let unit = own(self.program, index, &self.program.parts[index]);
            let before = self.planned.plan.loops.len();
            self.unit(&unit);
            match &self.planned.plan.loops[before..] {
                [looped] => looped.code == unit.condition,
                _ => false,
            }
        });
        if !is_whole {
            self.planned.plan.loops.truncate(known);
            self.planned.predicates.truncate(known);
            self.planned.plan.declined.truncate(declined);
        }
        is_whole
    }

    /// The plan, with loops in the order of their instructions.
    fn finish(self, apart: Vec<Range<usize>>) -> Planned {
        let Planned { plan, predicates } = self.planned;
        let mut loops: Vec<_> = plan.loops.into_iter().zip(predicates).collect();
        loops.sort_by_key(|(looped, _)| looped.code.start);
        let (loops, predicates): (Vec<_>, _) = loops.into_iter().unzip();
        let apart = apart.into_iter().map(|parts| {
            let first = loops.partition_point(|looped: &Loop| {
                looped.code.start < self.program.parts[parts.start].code.start
            });
            let loops = first..first + parts.len();
            Apart { parts, loops }
        });
        let apart = apart.collect();
        let mut declined = plan.declined;
        declined.sort_by_key(|declined| declined.part);
        declined.dedup_by_key(|declined| declined.part);
        let plan = Plan {
            loops,
            apart,
            declined,
        };
        Planned { plan, predicates }
    }

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
            if !self.is_read_within(unit, looped, register) || !self.can_repeat(at) {
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
                    Some(&(_, from)) if self.can_repeat(from) => {
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

    /// Whether an instruction of a loop can be run for other items than it was, which is so where it
    /// fills no condition: it cannot fail, and whoever reads the register has items that it was run for.
    fn can_repeat(&self, at: usize) -> bool {
        let filled = self.program.code[at].fills();
        filled.is_some_and(|register| !is_condition(self.program, register))
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
fn exposed(program: &Program, fused: &[&Fused]) -> Vec<bool> {
    let mut exposed = vec![false; program.registers.len()];
    let own = program.parts.iter().map(|part| part.code.clone());
    let wholes = own.chain(fused.iter().map(|fused| fused.code.clone()));
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
