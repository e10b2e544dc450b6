//! Conditions as expressions over columns: what of bytecode can become a loop.
//!
//! A [`Predicate`] is a graph without effects and failures, so that any part of it may be evaluated for any
//! item: whether to branch is up to whoever makes machine code of it. What the instructions do beyond
//! that is [`Unsupported`].

use std::collections::HashMap;
use std::ops::Range;

use otlp_columns::{Field, Level, MapField, MapUse};
use ottl_vm::native::Unsupported;
use ottl_vm::path::{Access, IntCoding};
use ottl_vm::{ArithmeticOp, CompareOp, Instruction, KeyUse, Literal, Operand, Program, Register};

/// More columns would not fit the frame of a loop.
pub(super) const MAX_COLUMNS: usize = 16;
/// Longer texts are compared where the work is counted.
const MAX_TEXT: usize = 1024;

/// A condition over the columns of a batch.
#[derive(Clone, Debug)]
pub(super) struct Predicate {
    /// Each uses only those before it.
    pub(super) nodes: Vec<Node>,
    pub(super) columns: Vec<Column>,
    pub(super) root: NodeId,
}

impl Predicate {
    /// Whether it looks at values of any type, as attributes are.
    pub(super) fn reads_values(&self) -> bool {
        let is_value = |node: &Node| matches!(node, Node::Cell { .. });
        self.nodes.iter().any(is_value)
    }

    /// Whether it reads a register that was filled before.
    pub(super) fn needs(&self, register: Register) -> bool {
        let needed = Source::Register(register);
        self.columns.iter().any(|column| column.source == needed)
    }
}

/// A node's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(pub(super) u32);

/// What is read of a batch: an element for each row of a level.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) source: Source,
    pub(super) level: Level,
}

/// Where the elements of a column are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// A scalar, a string or bytes.
    Words(Field),
    /// The values of a key.
    Cells(MapField, Vec<u8>),
    /// The bodies of log records.
    Bodies,
    /// A register with conditions, which has an element for each item of the chunk.
    Register(Register),
}

/// A part of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// An integer of a column.
    Int { column: usize, coding: IntCoding },
    /// A string of a column.
    Str { column: usize },
    /// A value of a column.
    Cell { column: usize },
    /// A condition that was evaluated before.
    Held { column: usize },
    /// A literal integer.
    Constant(i64),
    /// Wrapping arithmetic on integers, without division.
    Arithmetic {
        op: ArithmeticOp,
        lhs: NodeId,
        rhs: NodeId,
    },
    /// A condition that is known.
    Known(bool),
    /// A comparison of integers.
    CompareInt {
        op: CompareOp,
        lhs: NodeId,
        rhs: NodeId,
    },
    /// A comparison of an integer with a number.
    CompareDouble {
        op: CompareOp,
        lhs: NodeId,
        rhs: f64,
    },
    /// Whether a string is a text, or is not.
    IsText {
        string: NodeId,
        text: Vec<u8>,
        negated: bool,
    },
    /// A comparison of a value.
    CompareCell {
        op: CompareOp,
        cell: NodeId,
        with: With,
    },
    /// The opposite of a condition.
    Not(NodeId),
    /// Both conditions; the second one is mostly asked only where the first holds.
    And(NodeId, NodeId),
    /// One of two conditions; the second one is mostly asked only where the first does not hold.
    Or(NodeId, NodeId),
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum With {
    Nil,
    Bool(bool),
    Int(NodeId),
    Double(f64),
    Text(Vec<u8>),
}

/// What an operand stands for.
#[derive(Clone, Copy)]
enum Meant<'p> {
    Node(NodeId),
    Literal(&'p Literal),
}

/// Makes a predicate of instructions.
pub(super) struct Translator<'p> {
    program: &'p Program,
    /// The instructions that share registers and failures with those that are translated.
    whole: Range<usize>,
    nodes: Vec<Node>,
    columns: Vec<Column>,
    registers: HashMap<Register, NodeId>,
}

impl<'p> Translator<'p> {
    pub(super) fn new(program: &'p Program, whole: Range<usize>) -> Self {
        Self {
            program,
            whole,
            nodes: Vec::new(),
            columns: Vec::new(),
            registers: HashMap::new(),
        }
    }

    /// What a register holds, if one of the instructions so far filled it.
    pub(super) fn node(&self, register: Register) -> Option<NodeId> {
        self.registers.get(&register).copied()
    }

    /// The condition that a node is; nothing where it reads no column.
    pub(super) fn predicate(&self, root: NodeId) -> Option<Predicate> {
        let whole = Predicate {
            nodes: self.nodes.clone(),
            columns: self.columns.clone(),
            root,
        };
        let reads = |column: &Column| !matches!(column.source, Source::Register(_));
        whole.columns.iter().any(reads).then_some(whole)
    }

    /// Takes in the guard at `at` with all that it guards, or nothing of it.
    pub(super) fn guarded(&mut self, at: usize) -> Result<(), (usize, Unsupported)> {
        let before = self.registers.clone();
        let nodes = self.nodes.len();
        let columns = self.columns.len();
        let result = self.guard(at);
        if result.is_err() {
            self.registers = before;
            self.nodes.truncate(nodes);
            self.columns.truncate(columns);
        }
        result
    }

    fn guard(&mut self, at: usize) -> Result<(), (usize, Unsupported)> {
        let instruction = &self.program.code[at];
        let no = |reason| (at, unsupported(instruction, reason));
        let Instruction::Guard {
            condition,
            when,
            end,
        } = instruction
        else {
            return Err(no("opens no region"));
        };
        let (before, end) = (self.registers.clone(), *end as usize);
        let Some(&asked) = before.get(condition) else {
            return Err(no(ELSEWHERE));
        };
        let mut inner = at + 1;
        while inner < end {
            match &self.program.code[inner] {
                Instruction::Guard { end, .. } => {
                    self.guard(inner)?;
                    inner = *end as usize;
                }
                instruction => self.instruction(instruction).map_err(|why| (inner, why))?,
            }
            inner += 1;
        }
        // What is filled for some items only is of no use behind the region, but for the condition.
        let then = std::mem::replace(&mut self.registers, before);
        let then = then[condition];
        if then != asked {
            let both = match when {
                true => Node::And(asked, then),
                false => Node::Or(asked, then),
            };
            let both = self.push(both);
            self.registers.insert(*condition, both);
        }
        Ok(())
    }

    /// Takes in an instruction, or nothing of it.
    pub(super) fn instruction(&mut self, instruction: &Instruction) -> Result<(), Unsupported> {
        let no = |reason: &str| Err(unsupported(instruction, reason));
        let (dst, node) = match instruction {
            Instruction::Load { dst, path, .. }
            | Instruction::LoadInt { dst, path }
            | Instruction::LoadStr { dst, path } => (dst, self.load(instruction, *path)?),
            Instruction::Box { dst, src } => match self.operand(instruction, *src)? {
                Meant::Node(node) => {
                    self.registers.insert(*dst, node);
                    return Ok(());
                }
                Meant::Literal(_) => return no("boxes a literal"),
            },
            Instruction::ArithmeticInt { dst, op, lhs, rhs } => {
                let op = *op;
                if op == ArithmeticOp::Div {
                    return no("divides");
                }
                let (lhs, rhs) = (self.int(instruction, *lhs)?, self.int(instruction, *rhs)?);
                (dst, Node::Arithmetic { op, lhs, rhs })
            }
            Instruction::Compare { dst, op, lhs, rhs }
            | Instruction::CompareInt { dst, op, lhs, rhs }
            | Instruction::CompareStr { dst, op, lhs, rhs } => {
                (dst, self.compare(instruction, *op, (*lhs, *rhs))?)
            }
            Instruction::Bool { dst, value } => (dst, Node::Known(*value)),
            Instruction::Not { dst, src } => {
                let src = self.filled(instruction, *src)?;
                (dst, Node::Not(src))
            }
            Instruction::Copy { dst, src } => {
                let src = match self.node(*src) {
                    Some(node) => node,
                    None => self.held(instruction, *src)?,
                };
                self.registers.insert(*dst, src);
                return Ok(());
            }
            Instruction::In { .. } => return no("looks into a table"),
            Instruction::Part { .. }
            | Instruction::EndPart {}
            | Instruction::Shared { .. }
            | Instruction::EndShared { .. }
            | Instruction::Switch { .. } => return no("begins or ends a statement"),
            Instruction::Fail { failures } => {
                return match self.can_fail(*failures) {
                    true => no("fails where a shared condition did"),
                    false => Ok(()),
                };
            }
            Instruction::Negate { .. } | Instruction::Arithmetic { .. } => {
                return no("arithmetic on values of any type can fail");
            }
            Instruction::Truth { .. } => return no("a value that is no boolean fails"),
            Instruction::Call { .. } => return no("calls a function"),
            Instruction::Index { .. } => return no("looks into a value"),
            Instruction::List { .. } | Instruction::Map { .. } => return no("makes a value"),
            Instruction::Guard { .. } | Instruction::EndGuard {} => return no("is no value"),
            Instruction::Matched { .. } | Instruction::Store { .. } | Instruction::Edit { .. } => {
                return no("changes something");
            }
        };
        let node = self.push(node);
        self.registers.insert(*dst, node);
        Ok(())
    }

    /// Whether a shared condition with a number for its failures can fail: if it could be a loop it
    /// cannot.
    fn can_fail(&self, number: u32) -> bool {
        let code = &self.program.code;
        let is_end = |at: &usize| matches!(&code[*at], Instruction::EndShared { failures, .. } if *failures == number);
        let Some(end) = self.whole.clone().find(is_end) else {
            return true;
        };
        let is_start = |at: &usize| matches!(&code[*at], Instruction::Shared { end: last, .. } if *last as usize == end);
        let Some(start) = (self.whole.start..end).rev().find(is_start) else {
            return true;
        };
        let mut shared = Self::new(self.program, self.whole.clone());
        let mut at = start + 1;
        while at < end {
            let taken = match &code[at] {
                Instruction::Guard { end, .. } => {
                    let taken = shared.guarded(at);
                    at = *end as usize;
                    taken.is_ok()
                }
                instruction => shared.instruction(instruction).is_ok(),
            };
            if !taken {
                return true;
            }
            at += 1;
        }
        false
    }

    /// A condition that instructions before have evaluated.
    fn held(&mut self, instruction: &Instruction, src: Register) -> Result<NodeId, Unsupported> {
        let column = Column {
            source: Source::Register(src),
            level: self.program.context,
        };
        let column = self.column(column);
        let column = column.ok_or_else(|| unsupported(instruction, "one column too many"))?;
        Ok(self.push(Node::Held { column }))
    }

    fn push(&mut self, node: Node) -> NodeId {
        // A few dozen at most.
        if let Some(known) = self.nodes.iter().position(|known| *known == node) {
            return NodeId(known as u32);
        }
        self.nodes.push(node);
        NodeId(self.nodes.len() as u32 - 1)
    }

    fn load(&mut self, instruction: &Instruction, path: u32) -> Result<Node, Unsupported> {
        let no = |reason: &str| unsupported(instruction, reason);
        let path = &self.program.paths[path as usize];
        let is_typed = !matches!(instruction, Instruction::Load { .. });
        let source = match (path.def.access, path.keys.as_slice()) {
            (Access::Map(MapField::Scratch(_) | MapField::Shared(_)), _) => {
                return Err(no("a cache has no columns"));
            }
            (Access::Map(map), _) if self.program.projection.map(map) == Some(&MapUse::All) => {
                return Err(no("reads a map that the program needs as a whole"));
            }
            (Access::Map(map), [KeyUse::Str(key)]) => Source::Cells(map, key.clone()),
            (Access::Map(_), _) => return Err(no("reads a map by more than a literal key")),
            (Access::Body, []) => Source::Bodies,
            (Access::Int(field, _) | Access::TimeNanos(field) | Access::Str(field), [])
                if is_typed =>
            {
                Source::Words(field)
            }
            _ => return Err(no("reads what is not kept as one column")),
        };
        let level = path.level();
        if !self.is_at_or_above(level) {
            return Err(no("reads a level that is not above the items"));
        }
        let Some(column) = self.column(Column { source, level }) else {
            return Err(no("one column too many"));
        };
        Ok(match path.def.access {
            Access::Int(_, coding) => Node::Int { column, coding },
            Access::TimeNanos(_) => {
                let coding = IntCoding::Bits64;
                Node::Int { column, coding }
            }
            Access::Str(_) => Node::Str { column },
            _ => Node::Cell { column },
        })
    }

    fn is_at_or_above(&self, level: Level) -> bool {
        let levels = self.program.signal.levels();
        let depth = |level| levels.iter().position(|&known| known == level);
        match (depth(level), depth(self.program.context)) {
            (Some(level), Some(context)) => level <= context,
            _ => false,
        }
    }

    fn column(&mut self, column: Column) -> Option<usize> {
        if let Some(known) = self.columns.iter().position(|known| *known == column) {
            return Some(known);
        }
        let number = self.columns.len();
        let fits = number < MAX_COLUMNS;
        if fits {
            self.columns.push(column);
        }
        fits.then_some(number)
    }

    fn filled(&self, instruction: &Instruction, register: Register) -> Result<NodeId, Unsupported> {
        self.node(register)
            .ok_or_else(|| unsupported(instruction, ELSEWHERE))
    }

    fn operand(
        &self,
        instruction: &Instruction,
        operand: Operand,
    ) -> Result<Meant<'p>, Unsupported> {
        match operand {
            Operand::Register(register) => self.filled(instruction, register).map(Meant::Node),
            Operand::Constant(index) => Ok(Meant::Literal(&self.program.constants[index as usize])),
        }
    }

    fn int(&mut self, instruction: &Instruction, operand: Operand) -> Result<NodeId, Unsupported> {
        match self.operand(instruction, operand)? {
            Meant::Node(node) => Ok(node),
            Meant::Literal(Literal::Int(value)) => Ok(self.push(Node::Constant(*value))),
            Meant::Literal(_) => Err(unsupported(instruction, "is no integer")),
        }
    }

    fn compare(
        &mut self,
        instruction: &Instruction,
        op: CompareOp,
        (lhs, rhs): (Operand, Operand),
    ) -> Result<Node, Unsupported> {
        let no = |reason: &str| Err(unsupported(instruction, reason));
        let (lhs, rhs) = (
            self.operand(instruction, lhs)?,
            self.operand(instruction, rhs)?,
        );
        match (lhs, rhs) {
            (Meant::Node(lhs), Meant::Node(rhs)) => self.compare_nodes(instruction, op, lhs, rhs),
            (Meant::Node(node), Meant::Literal(literal)) => {
                self.compare_literal(instruction, op, node, literal)
            }
            (Meant::Literal(literal), Meant::Node(node)) => {
                self.compare_literal(instruction, mirrored(op), node, literal)
            }
            (Meant::Literal(_), Meant::Literal(_)) => no("compares literals"),
        }
    }

    fn compare_nodes(
        &mut self,
        instruction: &Instruction,
        op: CompareOp,
        lhs: NodeId,
        rhs: NodeId,
    ) -> Result<Node, Unsupported> {
        let no = |reason: &str| Err(unsupported(instruction, reason));
        match (self.kind(lhs), self.kind(rhs)) {
            (Kind::Int, Kind::Int) => Ok(Node::CompareInt { op, lhs, rhs }),
            (Kind::Cell, Kind::Int) => Ok(Node::CompareCell {
                op,
                cell: lhs,
                with: With::Int(rhs),
            }),
            (Kind::Int, Kind::Cell) => Ok(Node::CompareCell {
                op: mirrored(op),
                cell: rhs,
                with: With::Int(lhs),
            }),
            (Kind::Str | Kind::Cell, Kind::Str | Kind::Cell) => {
                no("compares two values of the message that may be texts")
            }
            (Kind::Int | Kind::Str, Kind::Int | Kind::Str) => Ok(Node::Known(op == CompareOp::Ne)),
            (Kind::Bool, _) | (_, Kind::Bool) => no("compares conditions"),
        }
    }

    fn compare_literal(
        &mut self,
        instruction: &Instruction,
        op: CompareOp,
        node: NodeId,
        literal: &Literal,
    ) -> Result<Node, Unsupported> {
        let no = |reason: &str| Err(unsupported(instruction, reason));
        if let Literal::String(text) = literal {
            if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
                return no("orders texts");
            }
            if text.len() > MAX_TEXT {
                return no("compares with a long text");
            }
        }
        let with = match literal {
            Literal::Nil => With::Nil,
            Literal::Bool(value) => With::Bool(*value),
            Literal::Int(value) => With::Int(self.push(Node::Constant(*value))),
            Literal::Double(value) => With::Double(*value),
            Literal::String(text) => With::Text(text.clone()),
            Literal::Bytes(_) | Literal::List(_) | Literal::Map(_) => {
                return no("compares with bytes, a list or a map");
            }
        };
        Ok(match (self.kind(node), with) {
            (Kind::Cell, with) => Node::CompareCell {
                op,
                cell: node,
                with,
            },
            (Kind::Int, With::Int(rhs)) => Node::CompareInt { op, lhs: node, rhs },
            (Kind::Int, With::Double(rhs)) => Node::CompareDouble { op, lhs: node, rhs },
            (Kind::Str, With::Text(text)) => Node::IsText {
                string: node,
                text,
                negated: op == CompareOp::Ne,
            },
            // Values of types that do not compare are unequal, and neither is less.
            (Kind::Int | Kind::Str, _) => Node::Known(op == CompareOp::Ne),
            (Kind::Bool, _) => return no("compares a condition"),
        })
    }

    fn kind(&self, node: NodeId) -> Kind {
        match self.nodes[node.0 as usize] {
            Node::Int { .. } | Node::Constant(_) | Node::Arithmetic { .. } => Kind::Int,
            Node::Str { .. } => Kind::Str,
            Node::Cell { .. } => Kind::Cell,
            Node::Held { .. }
            | Node::Known(_)
            | Node::CompareInt { .. }
            | Node::CompareDouble { .. }
            | Node::IsText { .. }
            | Node::CompareCell { .. }
            | Node::Not(_)
            | Node::And(..)
            | Node::Or(..) => Kind::Bool,
        }
    }
}

/// What a node gives.
enum Kind {
    Int,
    Str,
    Cell,
    Bool,
}

pub(super) const ELSEWHERE: &str =
    "reads a register that an instruction fills which is interpreted";

pub(super) fn unsupported(instruction: &Instruction, reason: &str) -> Unsupported {
    Unsupported {
        instruction: instruction.mnemonic(),
        reason: reason.to_owned(),
    }
}

/// The operator for the operands the other way round.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq | CompareOp::Ne => op,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
    }
}
