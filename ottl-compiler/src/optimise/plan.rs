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

use super::hash::Map;
use super::sets::{self, Choice};
use super::{Pass, Passes, ValueId, Values};
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
            chosen: self.chosen(uses),
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
            let chosen = self.chosen(uses);
            let shares = |(_, statement): &(usize, &Statement)| {
                let nodes = nodes_of(statement);
                nodes
                    .into_iter()
                    .any(|node| has_any(node, self.values, &chosen))
            };
            let Some(first) = window.iter().position(shares) else {
                continue;
            };
            let last = window.iter().rposition(shares).unwrap_or(first);
            let window = &window[first..=last];
            units.push(Unit {
                parts: window[0].0..window[window.len() - 1].0 + 1,
                chosen,
                kind: UnitKind::Sequence(window.to_vec()),
            });
        }
    }

    /// What is shared of what is used.
    fn chosen(&self, uses: Uses<'_, '_>) -> Map<ValueId, Chosen> {
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
            Self::Expr(expr) => {
                let literal = values.of(expr).and_then(|id| values.literal(id));
                literal.is_some()
            }
        }
    }

    /// What it is made of, each with whether it is evaluated for all items that it is evaluated for.
    pub(crate) fn children(self) -> Vec<(Node<'h>, bool)> {
        match self {
            Self::Condition(condition) => children_of_condition(condition),
            Self::Expr(expr) => {
                let children = children_of_expr(expr).into_iter();
                children.map(|child| (Node::Expr(child), true)).collect()
            }
        }
    }
}

fn children_of_condition(condition: &Condition) -> Vec<(Node<'_>, bool)> {
    match condition {
        Condition::Known { .. } => Vec::new(),
        Condition::Compare { lhs, rhs, .. } => {
            vec![(Node::Expr(lhs), true), (Node::Expr(rhs), true)]
        }
        Condition::In { value, .. } | Condition::Truth(value) => vec![(Node::Expr(value), true)],
        Condition::Not(inner) => vec![(Node::Condition(inner), true)],
        Condition::And(parts) | Condition::Or(parts) => {
            let parts = parts.iter().enumerate();
            parts
                .map(|(at, part)| (Node::Condition(part), at == 0))
                .collect()
        }
    }
}

fn children_of_expr(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Error => Vec::new(),
        ExprKind::Path(path) => keys(&path.keys).collect(),
        ExprKind::Call(call) => children_of_call(call),
        ExprKind::Index { base, keys } => std::iter::once(&**base).chain(keys).collect(),
        ExprKind::List(elements) => elements.iter().collect(),
        ExprKind::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        ExprKind::Negate(inner) => vec![inner],
        ExprKind::Arithmetic { lhs, rhs, .. } => vec![lhs, rhs],
    }
}

fn keys(keys: &[Key]) -> impl Iterator<Item = &Expr> {
    keys.iter().filter_map(|key| match key {
        Key::Expr(expr) => Some(expr),
        Key::Str(_) | Key::Int(_) => None,
    })
}

/// The values of a call's arguments; nothing within lambdas.
fn children_of_call(call: &Call) -> Vec<&Expr> {
    let mut children = Vec::new();
    for arg in &call.args {
        match &arg.kind {
            ArgKind::Value(expr) => children.push(expr),
            ArgKind::List(elements) => children.extend(elements),
            ArgKind::Path(path) => children.extend(keys(&path.keys)),
            ArgKind::Absent | ArgKind::Function(_) | ArgKind::Output(_) | ArgKind::Lambda(_) => {}
        }
    }
    children
}

/// What a statement evaluates.
pub(crate) fn nodes_of(statement: &Statement) -> Vec<Node<'_>> {
    let condition = statement.condition.as_ref().map(Node::Condition);
    let args = children_of_call(&statement.editor).into_iter();
    condition.into_iter().chain(args.map(Node::Expr)).collect()
}

fn has_any(node: Node<'_>, values: &Values, chosen: &Map<ValueId, Chosen>) -> bool {
    let id = node.id(values);
    let is_chosen = id.is_some_and(|id| chosen.contains_key(&id));
    is_chosen
        || node
            .children()
            .into_iter()
            .any(|(child, _)| has_any(child, values, chosen))
}

/// How values are used by some statements.
struct Uses<'v, 'r> {
    values: &'v Values<'r>,
    known: Map<ValueId, Use>,
    /// Those that are known, in the order in which they came.
    order: Vec<ValueId>,
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
        }
    }

    fn statement(&mut self, statement: &Statement, part: usize) {
        let truth = |condition: &Condition| self.values.truth(condition);
        let is_free = (statement.condition.as_ref()).is_none_or(|it| truth(it) == Some(true));
        for node in nodes_of(statement) {
            let is_eager = is_free || matches!(node, Node::Condition(_));
            self.visit(node, part, is_eager);
        }
    }

    /// What something is made of counts once, however often that is used.
    fn visit(&mut self, node: Node<'_>, part: usize, is_eager: bool) {
        if node.is_known(self.values) {
            return;
        }
        if let Some(id) = node.id(self.values) {
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
        for (child, always) in node.children() {
            self.visit(child, part, is_eager && always);
        }
    }
}
