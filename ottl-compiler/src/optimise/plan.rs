//! Which neighbouring statements run together, and what they share.
//!
//! Statements that compare the same value with literals are chosen between through a table, the first
//! thing that they ask. Of others those run together that have something in common: values and
//! conditions that several of them need, and what depends only on levels above the items.
//!
//! What is shared is evaluated for all items, before the first statement that needs it. So it is only
//! shared where some statement evaluates it for all items in any case, or where it is evaluated once
//! for many items.

use std::ops::Range;

use otlp_columns::Level;
use ottl_vm::path::Context;
use ottl_vm::{Literal, Part};

use super::sets::{self, Choice};
use super::{Map, Pass, Passes, ValueId, Values};
use crate::hir::{ArgKind, Call, Condition, Expr, ExprKind, Key, Statement};

/// From so many statements on a table is faster than asking each.
const FEW: usize = 4;

/// So many statements run together at most, but for those that a table chooses between: what they
/// share has to be kept somewhere.
const MANY: usize = 64;

/// So many values they share at most.
const MANY_VALUES: usize = 64;

/// Statements that run together.
pub(crate) struct Unit<'h> {
    /// All parts, also those that never do anything.
    pub(crate) parts: Range<usize>,
    /// What of values and conditions is shared.
    pub(crate) chosen: Map<ValueId, Chosen>,
    pub(crate) kind: UnitKind<'h>,
}

/// How they run together.
pub(crate) enum UnitKind<'h> {
    /// One after the other.
    Sequence(Vec<(usize, &'h Statement)>),
    /// A condition, which nothing runs together with.
    Condition(usize, &'h Condition),
    /// Those that a value leads to.
    Switch { value: &'h Expr, arms: Vec<Arm<'h>> },
}

/// A statement that values lead to.
pub(crate) struct Arm<'h> {
    pub(crate) part: usize,
    pub(crate) statement: &'h Statement,
    pub(crate) keys: Vec<&'h Literal>,
    /// What else has to hold.
    pub(crate) rest: &'h [Condition],
}

/// How something is shared.
#[derive(Clone, Copy)]
pub(crate) struct Chosen {
    /// The level whose rows it is evaluated for; the items, if there is none.
    pub(crate) level: Option<Level>,
    /// Whether several statements need it.
    pub(crate) by_several: bool,
}

/// What is known of a program when its statements are put together.
pub(crate) struct Planner<'p, 'h, 'r> {
    pub(crate) values: &'p Values<'r>,
    pub(crate) passes: Passes,
    pub(crate) context: Context,
    pub(crate) parts: &'p [Part],
    /// The statement of each part that is one.
    pub(crate) statements: &'p [Option<&'h Statement>],
}

impl<'h> Planner<'_, 'h, '_> {
    /// The statements among some parts that run together.
    pub(crate) fn units(&self, parts: Range<usize>) -> Vec<Unit<'h>> {
        let mut units = Vec::new();
        let mut at = parts.start;
        while at < parts.end {
            let end = self.alike(at, parts.end);
            self.stretch(at..end, &mut units);
            at = end;
        }
        units
    }

    /// A condition that stands on its own, when something in it is evaluated once for many items.
    pub(crate) fn condition(&self, part: usize, condition: &'h Condition) -> Option<Unit<'h>> {
        let mut uses = Uses::new(self.values);
        uses.visit(Node::Condition(condition), part, true);
        let chosen = self.chosen(&uses);
        (!chosen.is_empty()).then_some(Unit {
            parts: part..part + 1,
            chosen,
            kind: UnitKind::Condition(part, condition),
        })
    }

    /// The end of the statements from one on that are for the same items; of a single part that is no
    /// statement, its own.
    fn alike(&self, start: usize, end: usize) -> usize {
        let items = self.parts[start].items;
        let fits = |&at: &usize| self.statements[at].is_some() && self.parts[at].items == items;
        let len = (start..end).take_while(fits).count();
        start + len.max(1)
    }

    /// The statements of some parts that ever do something.
    fn live(&self, parts: Range<usize>) -> impl Iterator<Item = (usize, &'h Statement)> {
        parts.filter_map(|part| {
            let statement = self.statements[part]?;
            let condition = statement.condition.as_ref();
            let truth = condition.and_then(|condition| self.values.truth(condition));
            let is_dead = truth == Some(false) && self.passes.has(Pass::Dead);
            (!is_dead).then_some((part, statement))
        })
    }

    fn stretch(&self, parts: Range<usize>, units: &mut Vec<Unit<'h>>) {
        let mut others = Vec::new();
        let mut chain: Option<(Choice<'h>, Vec<Arm<'h>>)> = None;
        for (part, statement) in self.live(parts) {
            let choice = self.first_choice(statement);
            if let Some((known, arms)) = &mut chain
                && let Some((next, rest)) = &choice
                && next.id == known.id
            {
                let keys = next.keys.clone();
                arms.push(Arm {
                    part,
                    statement,
                    keys,
                    rest,
                });
                continue;
            }
            self.end_chain(chain.take(), &mut others, units);
            match choice {
                Some((first, rest)) => {
                    let keys = first.keys.clone();
                    let arm = Arm {
                        part,
                        statement,
                        keys,
                        rest,
                    };
                    chain = Some((first, vec![arm]));
                }
                None => others.push((part, statement)),
            }
        }
        self.end_chain(chain, &mut others, units);
        self.sequences(&others, units);
    }

    /// What a statement asks first, when it is whether a value is one of some literals, and what it
    /// asks then.
    fn first_choice(&self, statement: &'h Statement) -> Option<(Choice<'h>, &'h [Condition])> {
        let condition = statement.condition.as_ref()?;
        if !self.passes.has(Pass::Switch) || self.values.truth(condition).is_some() {
            return None;
        }
        match condition {
            Condition::And(parts) => {
                let (first, rest) = parts.split_first()?;
                Some((sets::choice(self.values, first)?, rest))
            }
            whole => Some((sets::choice(self.values, whole)?, &[])),
        }
    }

    fn end_chain(
        &self,
        chain: Option<(Choice<'h>, Vec<Arm<'h>>)>,
        others: &mut Vec<(usize, &'h Statement)>,
        units: &mut Vec<Unit<'h>>,
    ) {
        let Some((choice, arms)) = chain else {
            return;
        };
        let (Some(first), Some(last)) = (arms.first(), arms.last()) else {
            return;
        };
        if arms.len() < FEW {
            others.extend(arms.iter().map(|arm| (arm.part, arm.statement)));
            return;
        }
        self.sequences(&std::mem::take(others), units);
        let parts = first.part..last.part + 1;
        let mut uses = Uses::new(self.values);
        uses.visit(Node::Expr(choice.value), first.part, true);
        units.push(Unit {
            parts,
            chosen: self.chosen(&uses),
            kind: UnitKind::Switch {
                value: choice.value,
                arms,
            },
        });
    }

    /// Puts statements together that have something in common.
    fn sequences(&self, statements: &[(usize, &'h Statement)], units: &mut Vec<Unit<'h>>) {
        for window in statements.chunks(MANY) {
            let mut uses = Uses::new(self.values);
            for &(part, statement) in window {
                uses.statement(statement, part);
            }
            let chosen = self.chosen(&uses);
            let mut sharing = uses.all.iter().filter(|(_, id)| chosen.contains_key(id));
            let Some(&(first, _)) = sharing.next() else {
                continue;
            };
            let last = sharing.next_back().map_or(first, |&(last, _)| last);
            let position = |part| window.partition_point(|&(known, _)| known < part);
            let (first, last) = (position(first), position(last));
            let window = &window[first..=last];
            units.push(Unit {
                parts: window[0].0..window[window.len() - 1].0 + 1,
                chosen,
                kind: UnitKind::Sequence(window.to_vec()),
            });
        }
    }

    /// What is shared of what is used.
    fn chosen(&self, uses: &Uses<'_, '_>) -> Map<ValueId, Chosen> {
        let mut chosen = Map::default();
        for id in &uses.order {
            let using = &uses.known[id];
            let level = self.values.level(*id);
            // What depends on nothing at all is evaluated once for each resource.
            let level = level.unwrap_or(Level::Resource);
            let is_above = level < self.context;
            let is_hoisted =
                is_above && self.passes.has(Pass::Hoist) && self.values.is_computed(*id);
            let pass = match using.is_condition {
                true => Pass::Fuse,
                false => Pass::Share,
            };
            let by_several = using.parts > 1 && using.is_eager && self.passes.has(pass);
            if (is_hoisted || by_several) && chosen.len() < MANY_VALUES {
                let level = is_hoisted.then_some(level);
                chosen.insert(*id, Chosen { level, by_several });
            }
        }
        chosen
    }
}

/// A condition or a value.
#[derive(Clone, Copy)]
pub(crate) enum Node<'h> {
    Condition(&'h Condition),
    Expr(&'h Expr),
}

impl<'h> Node<'h> {
    pub(crate) fn id(self, values: &Values) -> Option<ValueId> {
        match self {
            Self::Condition(condition) => values.of_condition(condition),
            Self::Expr(expr) => values.of(expr),
        }
    }

    /// Whether it is known when the program is compiled.
    fn is_known(self, values: &Values) -> bool {
        match self {
            Self::Condition(condition) => values.truth(condition).is_some(),
            Self::Expr(expr) if matches!(expr.kind, ExprKind::Literal(_)) => true,
            Self::Expr(expr) => {
                let literal = values.of(expr).and_then(|id| values.literal(id));
                literal.is_some()
            }
        }
    }

    /// Calls for each thing that it is made of, with whether that is evaluated for all items that it
    /// is evaluated for itself.
    pub(crate) fn each_child(self, call: &mut dyn FnMut(Node<'h>, bool)) {
        match self {
            Self::Condition(condition) => match condition {
                Condition::Known { .. } => {}
                Condition::Compare { lhs, rhs, .. } => {
                    call(Node::Expr(lhs), true);
                    call(Node::Expr(rhs), true);
                }
                Condition::In { value, .. } | Condition::Truth(value) => {
                    call(Node::Expr(value), true);
                }
                Condition::Not(inner) => call(Node::Condition(inner), true),
                Condition::And(parts) | Condition::Or(parts) => {
                    for (at, part) in parts.iter().enumerate() {
                        call(Node::Condition(part), at == 0);
                    }
                }
            },
            Self::Expr(expr) => each_part(expr, &mut |part| call(Node::Expr(part), true)),
        }
    }
}

fn each_part<'h>(expr: &'h Expr, call: &mut dyn FnMut(&'h Expr)) {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Error => {}
        ExprKind::Path(path) => each_key(&path.keys, call),
        ExprKind::Call(inner) => each_argument(inner, call),
        ExprKind::Index { base, keys } => {
            call(base);
            keys.iter().for_each(call);
        }
        ExprKind::List(elements) => elements.iter().for_each(call),
        ExprKind::Map(entries) => entries.iter().for_each(|(_, value)| call(value)),
        ExprKind::Negate(inner) => call(inner),
        ExprKind::Arithmetic { lhs, rhs, .. } => {
            call(lhs);
            call(rhs);
        }
    }
}

fn each_key<'h>(keys: &'h [Key], call: &mut dyn FnMut(&'h Expr)) {
    for key in keys {
        if let Key::Expr(expr) = key {
            call(expr);
        }
    }
}

/// The values of a call's arguments; nothing within lambdas.
fn each_argument<'h>(of: &'h Call, call: &mut dyn FnMut(&'h Expr)) {
    for arg in &of.args {
        match &arg.kind {
            ArgKind::Value(expr) => call(expr),
            ArgKind::List(elements) => elements.iter().for_each(&mut *call),
            ArgKind::Path(path) => each_key(&path.keys, call),
            ArgKind::Absent | ArgKind::Function(_) | ArgKind::Output(_) | ArgKind::Lambda(_) => {}
        }
    }
}

/// Calls for each thing that a statement evaluates.
pub(crate) fn each_node<'h>(statement: &'h Statement, call: &mut dyn FnMut(Node<'h>)) {
    if let Some(condition) = &statement.condition {
        call(Node::Condition(condition));
    }
    each_argument(&statement.editor, &mut |expr| call(Node::Expr(expr)));
}

/// How values are used by some statements.
struct Uses<'v, 'r> {
    values: &'v Values<'r>,
    known: Map<ValueId, Use>,
    /// Those that are known, in the order in which they came.
    order: Vec<ValueId>,
    /// Each use, by its part.
    all: Vec<(usize, ValueId)>,
}

struct Use {
    /// Number of parts that use it.
    parts: usize,
    last: usize,
    /// Whether some part evaluates it for all items.
    is_eager: bool,
    is_condition: bool,
}

impl<'v, 'r> Uses<'v, 'r> {
    fn new(values: &'v Values<'r>) -> Self {
        Self {
            values,
            known: Map::default(),
            order: Vec::new(),
            all: Vec::new(),
        }
    }

    fn statement(&mut self, statement: &Statement, part: usize) {
        let truth = |condition: &Condition| self.values.truth(condition);
        let is_free = (statement.condition.as_ref()).is_none_or(|it| truth(it) == Some(true));
        each_node(statement, &mut |node| {
            let is_eager = is_free || matches!(node, Node::Condition(_));
            self.visit(node, part, is_eager);
        });
    }

    /// What something is made of counts once, however often that is used.
    fn visit(&mut self, node: Node<'_>, part: usize, is_eager: bool) {
        if node.is_known(self.values) {
            return;
        }
        if let Some(id) = node.id(self.values) {
            self.all.push((part, id));
            if let Some(known) = self.known.get_mut(&id) {
                known.parts += usize::from(known.last != part);
                known.last = part;
                known.is_eager |= is_eager;
                return;
            }
            self.order.push(id);
            self.known.insert(
                id,
                Use {
                    parts: 1,
                    last: part,
                    is_eager,
                    is_condition: matches!(node, Node::Condition(_)),
                },
            );
        }
        node.each_child(&mut |child, always| self.visit(child, part, is_eager && always));
    }
}
