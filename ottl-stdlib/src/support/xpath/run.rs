//! Walks a document as a plan says.
//!
//! Each operation is asked for one node after the other, and may move the current node while it
//! looks for it; both are part of what the reference computes. Evaluating an operation anew sets it
//! back, but for what the reference forgets to set back.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use otlp_columns::Heap;
use ottl_vm::{ExecError, TextBuilder, go, out_of_memory, spend};

use super::Selected;
use super::ast::Arithmetic;
use super::call;
use super::compare::compare;
use super::navigator::{Nav, NodeType};
use super::plan::{Axis, Op, OpId, Plan};
use super::step::Walk;
use super::value::Value;
use crate::support::fnv::Fnv;
use crate::support::xml::Tree;

/// The nodes that a plan selects from the root of a document.
pub(super) fn select(
    plan: &Plan,
    tree: &Tree,
    heap: &Heap,
    max_text: usize,
) -> Result<Vec<Selected>, ExecError> {
    let mut run = Run {
        plan,
        tree,
        heap,
        max_text,
        current: Nav::new(tree.root()),
        ordinals: Vec::new(),
    };
    let mut query = Query::new(plan, plan.top);
    let mut selected = Vec::new();
    while let Some(node) = query.select(&mut run)? {
        run.current = node;
        selected.push(node.selected(tree));
        run.keep(&selected)?;
    }
    Ok(selected)
}

/// What all operations share.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tree: &'a Tree,
    pub(super) heap: &'a Heap,
    max_text: usize,
    pub(super) current: Nav,
    /// For each node that was asked for, which of its siblings it is, blank ones not counted.
    ordinals: Vec<u32>,
}

/// Bytes of text that are looked at for one unit of work.
const BYTES_PER_UNIT: usize = 64;

impl<'a> Run<'a> {
    /// Announces work.
    pub(super) fn spend(&self, units: usize) -> Result<(), ExecError> {
        spend(self.heap.meter(), units as u64)
    }

    /// Empty text.
    pub(super) fn text(&self) -> TextBuilder {
        TextBuilder::new(self.heap, self.max_text)
    }

    /// The first node that an operation selects.
    pub(super) fn first(
        &mut self,
        query: Option<&mut Query<'a>>,
    ) -> Result<Option<Nav>, ExecError> {
        query.map_or(Ok(None), |query| query.select(self))
    }

    /// The text of a node.
    pub(super) fn value(&self, node: Nav) -> Result<Cow<'a, [u8]>, ExecError> {
        let (value, nodes) = node.value(self.tree);
        self.spend(nodes + value.len() / BYTES_PER_UNIT)?;
        Ok(value)
    }

    /// Makes sure that a list of nodes is not longer than there is memory for.
    pub(super) fn keep<T>(&self, nodes: &[T]) -> Result<(), ExecError> {
        if size_of_val(nodes) > self.heap.room() {
            return Err(out_of_memory(self.heap.meter()));
        }
        self.spend(1)
    }

    /// Notes a node, and tells whether it was not noted yet.
    pub(super) fn note(&mut self, seen: &mut HashSet<u64>, node: Nav) -> Result<bool, ExecError> {
        if seen.len() * size_of::<u64>() > self.heap.room() {
            return Err(out_of_memory(self.heap.meter()));
        }
        Ok(seen.insert(self.hash(node)?))
    }

    /// What the reference tells nodes apart by: name, text, and the ordinals of the way to the root.
    /// Documents and declarations are all the same to it, and so are attributes of an element with
    /// the same value whose names differ in their prefix only.
    fn hash(&mut self, node: Nav) -> Result<u64, ExecError> {
        let mut hash = Fnv::default();
        let mut at = node;
        match node.node_type(self.tree) {
            NodeType::Root => return Ok(hash.finish()),
            NodeType::Element => {
                hash.write(node.prefix(self.tree));
                hash.write(node.local(self.tree));
            }
            NodeType::Attribute | NodeType::Text | NodeType::Comment => {
                hash.write(node.local(self.tree));
                hash.write(b"=");
                hash.write(&self.value(node)?);
            }
        }
        loop {
            let ordinal = self.ordinal(at)?;
            hash.write(b"-");
            hash.write(ordinal.to_string().as_bytes());
            if !at.go_to_parent(self.tree) {
                return Ok(hash.finish());
            }
        }
    }

    fn ordinal(&mut self, nav: Nav) -> Result<u32, ExecError> {
        self.spend(1)?;
        if nav.is_attribute() {
            return Ok(1);
        }
        if self.ordinals.is_empty() {
            self.spend(self.tree.len() / BYTES_PER_UNIT)?;
            self.ordinals = vec![0; self.tree.len()];
        }
        // Back to a sibling whose ordinal is known, and forth again.
        let mut first = nav.node();
        let mut ordinal = 1;
        while let Some(previous) = self.tree.node(first).previous {
            first = previous;
            let known = self.ordinals[first.index()];
            if known != 0 {
                ordinal = known;
                break;
            }
            self.spend(1)?;
        }
        let mut at = first;
        self.ordinals[at.index()] = ordinal;
        while at != nav.node() {
            ordinal += u32::from(!self.tree.node(at).is_blank);
            at = self.tree.node(at).next.unwrap_or(nav.node());
            self.ordinals[at.index()] = ordinal;
        }
        Ok(ordinal)
    }
}

/// An operation while it runs.
pub(super) struct Query<'a> {
    op: &'a Op,
    first: Option<Box<Self>>,
    second: Option<Box<Self>>,
    state: State,
}

/// Where an operation is.
enum State {
    None,
    /// Whether the only node was selected.
    Once(bool),
    Step(Box<Walk>),
    Filter {
        position: i64,
        by_level: BTreeMap<u32, i64>,
    },
    Group(i64),
    /// Nodes that are found, and how many of them were selected.
    List(Option<(Vec<Nav>, usize)>),
    Size(Option<usize>),
}

impl<'a> Query<'a> {
    /// An operation of `plan` that did nothing yet.
    pub(super) fn new(plan: &'a Plan, id: OpId) -> Self {
        let op = plan.get(id);
        let (first, second) = match *op {
            Op::Context | Op::Root | Op::Number(_) | Op::Text(_) | Op::Call { .. } => (None, None),
            Op::Step { input, .. } | Op::Reverse { input } | Op::Group { input } => (input, None),
            Op::Size { input } => (Some(input), None),
            Op::Filter { input, condition } => (Some(input), Some(condition)),
            Op::Merge { input, child } => (Some(input), Some(child)),
            Op::Compare { left, right, .. }
            | Op::Arithmetic { left, right, .. }
            | Op::Logic { left, right, .. }
            | Op::Union { left, right } => (left, right),
        };
        let state = match op {
            Op::Context | Op::Root => State::Once(false),
            Op::Step { .. } => State::Step(Box::default()),
            Op::Filter { .. } => State::Filter {
                position: 0,
                by_level: BTreeMap::new(),
            },
            Op::Group { .. } => State::Group(0),
            Op::Reverse { .. } | Op::Logic { .. } | Op::Union { .. } | Op::Merge { .. } => {
                State::List(None)
            }
            Op::Size { .. } => State::Size(None),
            Op::Number(_) | Op::Text(_) | Op::Call { .. } => State::None,
            Op::Compare { .. } | Op::Arithmetic { .. } => State::None,
        };
        let new = |id| Box::new(Self::new(plan, id));
        Self {
            op,
            first: first.map(new),
            second: second.map(new),
            state,
        }
    }

    /// The next node.
    ///
    /// # Errors
    /// When a computed text is too long or no pattern, or the run has to stop.
    pub(super) fn select(&mut self, run: &mut Run<'a>) -> Result<Option<Nav>, ExecError> {
        run.spend(1)?;
        match (self.op, &mut self.state) {
            (Op::Context, State::Once(done)) => {
                Ok((!std::mem::replace(done, true)).then_some(run.current))
            }
            (Op::Root, State::Once(done)) => {
                let mut root = run.current;
                root.go_to_root(run.tree);
                Ok((!std::mem::replace(done, true)).then_some(root))
            }
            (Op::Step { axis, test, .. }, State::Step(walk)) => match &mut self.first {
                Some(input) => walk.select(*axis, test, input, run),
                None => Ok(None),
            },
            (Op::Filter { .. }, _) => self.select_filtered(run),
            (Op::Group { .. }, State::Group(position)) => {
                let node = run.first(self.first.as_deref_mut())?;
                *position += i64::from(node.is_some());
                Ok(node)
            }
            (Op::Merge { .. }, _) => self.select_merged(run),
            (Op::Union { .. } | Op::Reverse { .. } | Op::Logic { .. }, _) => {
                self.select_listed(run)
            }
            _ => Ok(None),
        }
    }

    fn select_filtered(&mut self, run: &mut Run<'a>) -> Result<Option<Nav>, ExecError> {
        let (Some(input), Some(condition)) = (&mut self.first, &mut self.second) else {
            return Ok(None);
        };
        while let Some(node) = input.select(run)? {
            run.current = node;
            let holds = match condition.evaluate(run)? {
                Value::Bool(value) => value,
                Value::Text(text) => !text.is_empty(),
                Value::Number(number) => go::f64_to_i64(number) == input.position(),
                Value::Nodes => condition.select(run)?.is_some(),
            };
            if !holds {
                continue;
            }
            if let State::Filter { position, by_level } = &mut self.state {
                let count = by_level.entry(input.level()).or_default();
                *count += 1;
                *position = *count;
            }
            return Ok(Some(node));
        }
        Ok(None)
    }

    fn select_merged(&mut self, run: &mut Run<'a>) -> Result<Option<Nav>, ExecError> {
        let (Some(input), Some(child)) = (&mut self.first, &mut self.second) else {
            return Ok(None);
        };
        let State::List(list) = &mut self.state else {
            return Ok(None);
        };
        loop {
            if let Some(node) = next_of(list) {
                return Ok(Some(node));
            }
            let Some(from) = input.select(run)? else {
                *list = None;
                return Ok(None);
            };
            child.evaluate(run)?;
            run.current = from;
            let mut found = Vec::new();
            collect(child, run, &mut found)?;
            *list = Some((found, 0));
        }
    }

    fn select_listed(&mut self, run: &mut Run<'a>) -> Result<Option<Nav>, ExecError> {
        if matches!(self.state, State::List(None)) {
            let found = self.listed(run)?;
            self.state = State::List(Some((found, 0)));
        }
        match &mut self.state {
            State::List(list) => Ok(next_of(list)),
            _ => Ok(None),
        }
    }

    /// All nodes of an operation that finds them before it selects the first one.
    fn listed(&mut self, run: &mut Run<'a>) -> Result<Vec<Nav>, ExecError> {
        let start = run.current;
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for side in [&mut self.first, &mut self.second] {
            let Some(query) = side else {
                continue;
            };
            run.current = start;
            match self.op {
                Op::Union { .. } => {
                    while let Some(node) = query.select(run)? {
                        if run.note(&mut seen, node)? {
                            found.push(node);
                        }
                    }
                }
                // Of what `and` joins the reference keeps the last node of all.
                Op::Logic { is_or: false, .. } => {
                    while let Some(node) = query.select(run)? {
                        found = vec![node];
                    }
                }
                _ => collect(query, run, &mut found)?,
            }
        }
        if let Op::Reverse { .. } = self.op {
            found.reverse();
        }
        Ok(found)
    }

    /// The position of the node that was selected last, 1 where the reference does not count.
    fn position(&self) -> i64 {
        match (self.op, &self.state) {
            (Op::Step { axis, .. }, State::Step(walk)) => match axis {
                Axis::Attribute | Axis::Parent | Axis::Itself => 1,
                _ => walk.position,
            },
            (_, State::Filter { position, .. } | State::Group(position)) => *position,
            _ => 1,
        }
    }

    /// How deep below the input the node is that was selected last, where the reference counts.
    fn level(&self) -> u32 {
        match (self.op, &self.state) {
            (
                Op::Step {
                    axis: Axis::Descendant { .. },
                    ..
                },
                State::Step(walk),
            ) => walk.level,
            _ => 0,
        }
    }

    /// Evaluates anew.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub(super) fn evaluate(&mut self, run: &mut Run<'a>) -> Result<Value<'a>, ExecError> {
        run.spend(1)?;
        match self.op {
            Op::Number(value) => return Ok(Value::Number(*value)),
            Op::Text(text) => return Ok(Value::Text(Cow::Borrowed(text))),
            Op::Call {
                function,
                args,
                nodes,
                pattern,
            } => {
                let call = call::Call {
                    args,
                    nodes: *nodes,
                    pattern: pattern.as_ref(),
                };
                return call.evaluate(*function, run);
            }
            Op::Compare { op, .. } => {
                let left = evaluate(&mut self.first, run)?;
                let right = evaluate(&mut self.second, run)?;
                let left = (left, self.first.as_deref_mut());
                let right = (right, self.second.as_deref_mut());
                return compare(*op, left, right, run).map(Value::Bool);
            }
            Op::Arithmetic { op, .. } => return self.arithmetic(*op, run),
            Op::Logic { is_or, .. } => return self.logic(*is_or, run),
            Op::Size { .. } => return self.size(run),
            Op::Group { .. } => return evaluate(&mut self.first, run),
            Op::Union { .. } => {
                evaluate(&mut self.first, run)?;
                evaluate(&mut self.second, run)?;
            }
            Op::Context | Op::Root => {}
            Op::Step { .. } | Op::Filter { .. } | Op::Reverse { .. } | Op::Merge { .. } => {
                evaluate(&mut self.first, run)?;
            }
        }
        self.reset();
        Ok(Value::Nodes)
    }

    fn reset(&mut self) {
        match (&mut self.state, self.op) {
            (State::Once(done), _) => *done = false,
            (State::Step(walk), Op::Step { axis, .. }) => walk.reset(*axis),
            (State::Filter { by_level, .. }, _) => by_level.clear(),
            (State::List(list), _) => *list = None,
            _ => {}
        }
    }

    fn arithmetic(&mut self, op: Arithmetic, run: &mut Run<'a>) -> Result<Value<'a>, ExecError> {
        let start = run.current;
        let left = evaluate(&mut self.first, run)?;
        let left = left.number(self.first.as_deref_mut(), run)?;
        run.current = start;
        let right = evaluate(&mut self.second, run)?;
        let right = right.number(self.second.as_deref_mut(), run)?;
        run.current = start;
        Ok(Value::Number(match op {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            Arithmetic::Remainder => left % right,
        }))
    }

    fn logic(&mut self, is_or: bool, run: &mut Run<'a>) -> Result<Value<'a>, ExecError> {
        let start = run.current;
        let left = evaluate(&mut self.first, run)?;
        if left.truth(self.first.as_deref_mut(), run)? == is_or {
            return Ok(Value::Bool(is_or));
        }
        run.current = start;
        let right = evaluate(&mut self.second, run)?;
        let right = right.truth(self.second.as_deref_mut(), run)?;
        Ok(Value::Bool(right))
    }

    fn size(&mut self, run: &mut Run<'a>) -> Result<Value<'a>, ExecError> {
        let size = match self.state {
            State::Size(Some(size)) => size,
            _ => {
                let mut size = 0;
                while run.first(self.first.as_deref_mut())?.is_some() {
                    size += 1;
                }
                self.state = State::Size(Some(size));
                size
            }
        };
        Ok(Value::Number(size as f64))
    }
}

fn next_of(list: &mut Option<(Vec<Nav>, usize)>) -> Option<Nav> {
    let (nodes, at) = list.as_mut()?;
    *at += 1;
    nodes.get(*at - 1).copied()
}

fn collect<'a>(
    query: &mut Query<'a>,
    run: &mut Run<'a>,
    found: &mut Vec<Nav>,
) -> Result<(), ExecError> {
    while let Some(node) = query.select(run)? {
        found.push(node);
        run.keep(found)?;
    }
    Ok(())
}

/// Evaluates an operand. Where there is none there are no nodes.
fn evaluate<'a>(
    query: &mut Option<Box<Query<'a>>>,
    run: &mut Run<'a>,
) -> Result<Value<'a>, ExecError> {
    query
        .as_mut()
        .map_or(Ok(Value::Nodes), |query| query.evaluate(run))
}
