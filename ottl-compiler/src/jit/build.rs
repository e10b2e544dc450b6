//! Predicates to Cranelift's intermediate representation: one loop over the items of a chunk.
//!
//! The loop gets a frame of addresses, the items, and where to put what it finds. Everything it reads
//! stays as it is meanwhile, so that loads are marked as such and moved to where they are used. Small
//! conditions are evaluated without branches; what is larger stands behind a branch.

use std::collections::HashMap;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, AbiParam, Function, InstBuilder, MemFlagsData, Signature, Type, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use otlp_columns::{Level, Row, Signal};
use ottl_vm::ArithmeticOp;
use ottl_vm::path::{Context, IntCoding};

use super::layout;
use super::predicate::{Column, Node, NodeId, Predicate, Source};

/// What the frame begins with; behind it are the tables of levels and then the columns.
pub(super) mod frame {
    /// The address of the message.
    pub(in super::super) const INPUT: usize = 0;
    /// The address that the arena would have if it began where the message begins.
    pub(in super::super) const ARENA: usize = 1;
    /// The length of the message.
    pub(in super::super) const INPUT_LEN: usize = 2;
    /// The first table or column.
    pub(in super::super) const REST: usize = 3;
}

/// Conditions that need no more than this are evaluated also where they do not count.
const CHEAP: u32 = 8;

/// What a loop is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'p> {
    pub(super) predicate: &'p Predicate,
    /// The value with which items enter the guard, if there is one.
    pub(super) guard: Option<bool>,
    /// Whether the condition is written for each item.
    pub(super) keeps: bool,
    pub(super) signal: Signal,
    pub(super) context: Context,
}

impl Shape<'_> {
    /// The levels whose tables lead from the items to the highest level that is read.
    pub(super) fn tables(&self) -> Vec<Level> {
        let levels = self.signal.levels();
        let depth = |level: Level| levels.iter().position(|&known| known == level);
        let columns = self.predicate.columns.iter();
        let highest = columns.filter_map(|column| depth(column.level)).min();
        match (highest, depth(self.context)) {
            (Some(highest), Some(context)) => {
                (highest + 1..=context).rev().map(|at| levels[at]).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The signature of all loops: frame, items, their number, those that enter, conditions; gives the
/// number of those that entered.
pub(super) fn signature(isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    let word = isa.pointer_type();
    signature.params = vec![AbiParam::new(word); 5];
    signature.returns = vec![AbiParam::new(word)];
    signature
}

/// Fills a function with the loop.
pub(super) fn build(function: &mut Function, shape: Shape<'_>, isa: &dyn TargetIsa) {
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(function, &mut context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let params = builder.block_params(entry).to_vec();
    let tables = shape.tables();
    let mut lowering = Lowering {
        builder,
        word: isa.pointer_type(),
        shape,
        frame: params[0],
        bases: Vec::new(),
        rows: Vec::new(),
        known: HashMap::new(),
    };
    for slot in 0..tables.len() + shape.predicate.columns.len() {
        let base = lowering.slot(frame::REST + slot);
        lowering.bases.push(base);
    }
    lowering.each(&tables, &params);
    lowering.builder.finalize(isa.frontend_config());
}

/// Loads of what does not change while the loop runs, from places that exist.
fn constant_memory() -> MemFlagsData {
    MemFlagsData::trusted()
        .with_readonly()
        .with_can_move()
        .with_notrap()
}

/// The same from a place of any alignment, which exists only where the load stands.
fn constant_bytes() -> MemFlagsData {
    MemFlagsData::new().with_readonly().with_notrap()
}

pub(super) struct Lowering<'f> {
    pub(super) builder: FunctionBuilder<'f>,
    word: Type,
    shape: Shape<'f>,
    pub(super) frame: ir::Value,
    /// The addresses of tables, then those of columns.
    bases: Vec<ir::Value>,
    /// The item's rows: its own, and those of the levels above it, upwards.
    rows: Vec<ir::Value>,
    /// What nodes are in the block that is filled.
    known: HashMap<NodeId, Lowered>,
}

/// What a node is in code.
#[derive(Clone, Copy)]
pub(super) enum Lowered {
    /// An integer of 64 bits.
    Int(ir::Value),
    /// The address in the heap and the length, of 32 bits each.
    Str(ir::Value, ir::Value),
    /// The address of a cell.
    Cell(ir::Value),
    /// 0 or 1, in 8 bits.
    Bool(ir::Value),
}

impl Lowering<'_> {
    /// The loop over the items.
    fn each(&mut self, tables: &[Level], params: &[ir::Value]) {
        let [_, items, count, entered, held] = params[..] else {
            return;
        };
        let (word, shape) = (self.word, self.shape);
        let body = self.builder.create_block();
        let done = self.builder.create_block();
        let index = self.builder.append_block_param(body, word);
        let found = self.builder.append_block_param(body, word);
        let result = self.builder.append_block_param(done, word);
        let zero = self.builder.ins().iconst(word, 0);
        self.builder.ins().jump(body, &[zero.into(), zero.into()]);
        self.builder.switch_to_block(body);
        let place = self.indexed(items, index, 4);
        let memory = MemFlagsData::trusted();
        let item = self.builder.ins().load(types::I32, memory, place, 0);
        let row = self.builder.ins().uextend(word, item);
        self.climb(row, tables.len());
        let holds = self.condition(shape.predicate.root);
        if shape.keeps {
            let place = self.builder.ins().iadd(held, row);
            self.builder.ins().store(memory, holds, place, 0);
        }
        let mut next_found = found;
        if let Some(when) = shape.guard {
            // Each item is written, and counts only if it enters.
            let place = self.indexed(entered, found, 4);
            self.builder.ins().store(memory, item, place, 0);
            let enters = match when {
                true => holds,
                false => self.builder.ins().bxor_imm_u(holds, 1),
            };
            let enters = self.builder.ins().uextend(word, enters);
            next_found = self.builder.ins().iadd(found, enters);
        }
        let next = self.builder.ins().iadd_imm_u(index, 1);
        let more = self
            .builder
            .ins()
            .icmp(IntCC::UnsignedLessThan, next, count);
        self.builder.ins().brif(
            more,
            body,
            &[next.into(), next_found.into()],
            done,
            &[next_found.into()],
        );
        self.builder.seal_block(body);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        self.builder.ins().return_(&[result]);
    }

    /// The rows above an item.
    fn climb(&mut self, row: ir::Value, tables: usize) {
        self.rows.push(row);
        for table in 0..tables {
            let place = self.indexed(self.bases[table], self.rows[table], size_of::<Row>());
            let parent =
                self.builder
                    .ins()
                    .load(types::I32, constant_memory(), place, Row::PARENT as i32);
            let parent = self.builder.ins().uextend(self.word, parent);
            self.rows.push(parent);
        }
    }

    /// `base + index * size`.
    fn indexed(&mut self, base: ir::Value, index: ir::Value, size: usize) -> ir::Value {
        let offset = match size.is_power_of_two() {
            true => (self.builder.ins()).ishl_imm_u(index, i64::from(size.trailing_zeros())),
            false => self.builder.ins().imul_imm_u(index, size as i64),
        };
        self.builder.ins().iadd(base, offset)
    }

    /// A word of the frame.
    fn slot(&mut self, slot: usize) -> ir::Value {
        let offset = slot as i32 * self.word.bytes() as i32;
        self.builder
            .ins()
            .load(self.word, constant_memory(), self.frame, offset)
    }

    /// A condition as 0 or 1.
    fn condition(&mut self, node: NodeId) -> ir::Value {
        match self.node(node) {
            Lowered::Bool(value) => value,
            Lowered::Int(_) | Lowered::Str(..) | Lowered::Cell(_) => {
                unreachable!("the translator puts conditions here")
            }
        }
    }

    fn int(&mut self, node: NodeId) -> ir::Value {
        match self.node(node) {
            Lowered::Int(value) => value,
            Lowered::Bool(_) | Lowered::Str(..) | Lowered::Cell(_) => {
                unreachable!("the translator puts integers here")
            }
        }
    }

    fn node(&mut self, id: NodeId) -> Lowered {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let shape = self.shape;
        let lowered = match &shape.predicate.nodes[id.0 as usize] {
            Node::Int { column, coding } => Lowered::Int(self.load_int(*column, *coding)),
            Node::Str { column } => self.load_str(*column),
            Node::Cell { column } => Lowered::Cell(self.place(*column)),
            Node::Constant(value) => Lowered::Int(self.builder.ins().iconst(types::I64, *value)),
            Node::Arithmetic { op, lhs, rhs } => {
                let (lhs, rhs) = (self.int(*lhs), self.int(*rhs));
                Lowered::Int(match op {
                    ArithmeticOp::Add => self.builder.ins().iadd(lhs, rhs),
                    ArithmeticOp::Sub => self.builder.ins().isub(lhs, rhs),
                    ArithmeticOp::Mul => self.builder.ins().imul(lhs, rhs),
                    ArithmeticOp::Div => unreachable!("the translator takes no division"),
                })
            }
            Node::Known(value) => {
                Lowered::Bool(self.builder.ins().iconst(types::I8, i64::from(*value)))
            }
            Node::CompareInt { op, lhs, rhs } => {
                let (lhs, rhs) = (self.int(*lhs), self.int(*rhs));
                Lowered::Bool(self.compare_ints(*op, lhs, rhs))
            }
            Node::CompareDouble { op, lhs, rhs } => {
                let lhs = self.int(*lhs);
                let lhs = self.builder.ins().fcvt_from_sint(types::F64, lhs);
                let rhs = self.builder.ins().f64const(*rhs);
                Lowered::Bool(self.compare_doubles(*op, lhs, rhs))
            }
            Node::IsText {
                string,
                text,
                negated,
            } => {
                let Lowered::Str(address, length) = self.node(*string) else {
                    unreachable!("the translator puts strings here")
                };
                let same = self.is_text(None, (address, length), text);
                Lowered::Bool(self.negated(same, *negated))
            }
            Node::CompareCell { op, cell, with } => {
                let Lowered::Cell(cell) = self.node(*cell) else {
                    unreachable!("the translator puts cells here")
                };
                let int = match with {
                    super::predicate::With::Int(node) => Some(self.int(*node)),
                    _ => None,
                };
                Lowered::Bool(self.compare_cell(*op, cell, with, int))
            }
            Node::Not(inner) => {
                let inner = self.condition(*inner);
                Lowered::Bool(self.negated(inner, true))
            }
            Node::And(first, then) => Lowered::Bool(self.chain(*first, *then, true)),
            Node::Or(first, then) => Lowered::Bool(self.chain(*first, *then, false)),
        };
        self.known.insert(id, lowered);
        lowered
    }

    pub(super) fn negated(&mut self, holds: ir::Value, negated: bool) -> ir::Value {
        match negated {
            true => self.builder.ins().bxor_imm_u(holds, 1),
            false => holds,
        }
    }

    /// Two conditions, the second of which counts where the first is `undecided`.
    fn chain(&mut self, first: NodeId, then: NodeId, undecided: bool) -> ir::Value {
        let asked = self.condition(first);
        if self.cost(then) <= CHEAP {
            let then = self.condition(then);
            return match undecided {
                true => self.builder.ins().band(asked, then),
                false => self.builder.ins().bor(asked, then),
            };
        }
        let further = self.builder.create_block();
        let join = self.builder.create_block();
        let result = self.builder.append_block_param(join, types::I8);
        match undecided {
            true => {
                let arguments = [asked.into()];
                (self.builder.ins()).brif(asked, further, &[], join, &arguments);
            }
            false => {
                let arguments = [asked.into()];
                (self.builder.ins()).brif(asked, join, &arguments, further, &[]);
            }
        }
        self.builder.seal_block(further);
        self.builder.switch_to_block(further);
        // What is made here is not known behind it.
        let known = self.known.clone();
        let then = self.condition(then);
        self.known = known;
        self.builder.ins().jump(join, &[then.into()]);
        self.builder.seal_block(join);
        self.builder.switch_to_block(join);
        result
    }

    /// About how many instructions a node takes that is not known yet.
    fn cost(&self, id: NodeId) -> u32 {
        if self.known.contains_key(&id) {
            return 0;
        }
        match &self.shape.predicate.nodes[id.0 as usize] {
            Node::Known(_) | Node::Constant(_) => 0,
            Node::Int { .. } | Node::Str { .. } | Node::Cell { .. } => 1,
            Node::Not(inner) => self.cost(*inner),
            Node::Arithmetic { lhs, rhs, .. } | Node::CompareInt { lhs, rhs, .. } => {
                1 + self.cost(*lhs) + self.cost(*rhs)
            }
            Node::And(lhs, rhs) | Node::Or(lhs, rhs) => 1 + self.cost(*lhs) + self.cost(*rhs),
            Node::CompareDouble { lhs, .. } => 2 + self.cost(*lhs),
            Node::IsText { string, text, .. } => super::compare::cost(text) + self.cost(*string),
            Node::CompareCell { cell, with, .. } => {
                let with = match with {
                    super::predicate::With::Nil | super::predicate::With::Bool(_) => 2,
                    super::predicate::With::Text(text) => 2 + super::compare::cost(text),
                    super::predicate::With::Int(node) => 6 + self.cost(*node),
                    super::predicate::With::Double(_) => 6,
                };
                with + self.cost(*cell)
            }
        }
    }

    /// The address of the item's element in a column.
    fn place(&mut self, number: usize) -> ir::Value {
        let shape = self.shape;
        let Column { source, level } = &shape.predicate.columns[number];
        let tables = shape.tables();
        let up = tables.iter().position(|table| table == level);
        let row = self.rows[up.unwrap_or(tables.len())];
        let size = match source {
            Source::Words(_) => 8,
            Source::Cells(..) | Source::Bodies => layout::CELL,
        };
        self.indexed(self.bases[tables.len() + number], row, size)
    }

    fn load_int(&mut self, column: usize, coding: IntCoding) -> ir::Value {
        let place = self.place(column);
        let memory = constant_memory();
        match coding {
            IntCoding::Bits64 | IntCoding::NonNegative => {
                self.builder.ins().load(types::I64, memory, place, 0)
            }
            IntCoding::U32 | IntCoding::StrictU32 => {
                let low = self.builder.ins().load(types::I64, memory, place, 0);
                let low = self.builder.ins().ireduce(types::I32, low);
                self.builder.ins().uextend(types::I64, low)
            }
            IntCoding::I32 | IntCoding::BelowMaxI32 => {
                let low = self.builder.ins().load(types::I64, memory, place, 0);
                let low = self.builder.ins().ireduce(types::I32, low);
                self.builder.ins().sextend(types::I64, low)
            }
        }
    }

    /// The halves of a word, whichever comes first in memory.
    fn load_str(&mut self, column: usize) -> Lowered {
        let place = self.place(column);
        let word = (self.builder.ins()).load(types::I64, constant_memory(), place, 0);
        let address = self.builder.ins().ireduce(types::I32, word);
        let length = self.builder.ins().ushr_imm_u(word, 32);
        let length = self.builder.ins().ireduce(types::I32, length);
        Lowered::Str(address, length)
    }

    /// A field of a cell.
    pub(super) fn field(&mut self, ty: Type, cell: ir::Value, at: i32) -> ir::Value {
        self.builder.ins().load(ty, constant_memory(), cell, at)
    }

    /// Bytes of a text.
    pub(super) fn bytes(&mut self, ty: Type, address: ir::Value, at: i32) -> ir::Value {
        self.builder.ins().load(ty, constant_bytes(), address, at)
    }

    /// The address in memory of a place in the heap.
    pub(super) fn heap(&mut self, place: ir::Value) -> ir::Value {
        let place = self.builder.ins().uextend(self.word, place);
        let input = self.slot(frame::INPUT);
        let arena = self.slot(frame::ARENA);
        let len = self.slot(frame::INPUT_LEN);
        let is_input = self.builder.ins().icmp(IntCC::UnsignedLessThan, place, len);
        let base = self.builder.ins().select(is_input, input, arena);
        self.builder.ins().iadd(base, place)
    }

    pub(super) fn word(&self) -> Type {
        self.word
    }
}
