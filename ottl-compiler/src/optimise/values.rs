//! Numbers for values and conditions: equal ones have equal numbers, wherever they stand.
//!
//! What is read has a number that changes when a statement writes there, so that a number stands for
//! the same value as long as it is the number of anything. Statements are therefore numbered in the
//! order in which they run. Values that cannot be the same twice have no number: those of functions
//! that are not pure, of functions that write to paths, and all that contain them. The bodies of
//! lambdas are not looked at.

use otlp_columns::{Level, MapField};
use ottl_vm::{ArithmeticOp, CompareOp, Literal};

use super::{Map, Pass, Passes, fold};
use crate::Registry;
use crate::codegen::encode;
use crate::effects::{Place, places};
use crate::hir::{Arg, ArgKind, Call, Condition, Expr, ExprKind, Key, Path, Statement};
use crate::literal::compare_literals;

/// The number of a value or condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ValueId(u32);

/// What is known of a value.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// The lowest level that it depends on; none when it depends on no item at all.
    level: Option<Level>,
    /// Whether it is computed, and not only read.
    is_computed: bool,
    /// What it comes to.
    literal: Option<Literal>,
    /// Whether it holds, if it is a condition.
    truth: Option<bool>,
    /// The places that a path reads.
    reads: Option<Box<[u32]>>,
}

/// The numbers of a program's values.
pub(crate) struct Values<'r> {
    registry: &'r Registry,
    passes: Passes,
    known: Map<Box<[u8]>, ValueId>,
    facts: Vec<Facts>,
    /// How many nodes have each number.
    uses: Vec<u32>,
    /// The numbers of nodes, by their addresses: the HIR stays where it is while a program is
    /// generated.
    nodes: Map<usize, ValueId>,
    places: Map<Place, u32>,
    /// Stands for all keys of a map.
    maps: Map<MapField, u32>,
    /// When each place was written last.
    written: Vec<u32>,
    /// When all places were.
    all_written: u32,
    writes: u32,
    /// Memory of encodings.
    spare: Vec<Vec<u8>>,
}

/// What an encoding is of; its first byte.
#[derive(Clone, Copy)]
enum Tag {
    Literal,
    Path,
    Written,
    Call,
    Index,
    List,
    Map,
    Negate,
    Arithmetic,
    Truth,
    Compare,
    In,
    Known,
    Not,
    And,
    Or,
}

/// Before a literal among what a node is made of, and before a number.
const IS_LITERAL: u8 = 0;
const IS_NUMBER: u8 = 1;

/// The encoding of a node, as far as it goes, and what is known of the node.
struct Node {
    key: Vec<u8>,
    facts: Facts,
    /// Whether it can have a number.
    is_sound: bool,
}

impl Node {
    fn number(&mut self, number: u32) {
        self.key.extend(number.to_le_bytes());
    }
}

impl<'r> Values<'r> {
    pub(crate) fn new(registry: &'r Registry, passes: Passes) -> Self {
        Self {
            registry,
            passes,
            known: Map::default(),
            facts: Vec::new(),
            uses: Vec::new(),
            nodes: Map::default(),
            places: Map::default(),
            maps: Map::default(),
            written: Vec::new(),
            all_written: 0,
            writes: 0,
            spare: Vec::new(),
        }
    }

    /// The number of a value that was numbered.
    pub(crate) fn of(&self, expr: &Expr) -> Option<ValueId> {
        self.nodes.get(&address(expr)).copied()
    }

    /// The number of a condition that was numbered.
    pub(crate) fn of_condition(&self, condition: &Condition) -> Option<ValueId> {
        self.nodes.get(&address_of_condition(condition)).copied()
    }

    /// Whether a value stands in one place only of what was numbered so far.
    pub(crate) fn is_used_once(&self, id: ValueId) -> bool {
        self.uses[id.0 as usize] == 1
    }

    /// What a value comes to, when that is known.
    pub(crate) fn literal(&self, id: ValueId) -> Option<&Literal> {
        self.facts[id.0 as usize].literal.as_ref()
    }

    /// Whether a condition holds, when that is known.
    pub(crate) fn truth(&self, condition: &Condition) -> Option<bool> {
        let id = self.of_condition(condition)?;
        self.facts[id.0 as usize].truth
    }

    /// The lowest level that a value depends on.
    pub(crate) fn level(&self, id: ValueId) -> Option<Level> {
        self.facts[id.0 as usize].level
    }

    /// Whether a value is computed, and neither known nor only read.
    pub(crate) fn is_computed(&self, id: ValueId) -> bool {
        let facts = &self.facts[id.0 as usize];
        facts.is_computed && facts.literal.is_none() && facts.truth.is_none()
    }

    /// Numbers what a statement evaluates.
    pub(crate) fn statement(&mut self, statement: &Statement) {
        if let Some(condition) = &statement.condition {
            self.condition(condition);
        }
        self.args(&statement.editor, &mut None);
    }

    /// Notes that a place is written.
    pub(crate) fn write(&mut self, place: &Place) {
        self.writes += 1;
        let now = self.writes;
        match place {
            Place::Key(map, _) | Place::Map(map) => {
                let (place, map) = (self.place(place), self.map(*map));
                self.written[place as usize] = now;
                self.written[map as usize] = now;
            }
            Place::Field(_) => {
                let place = self.place(place);
                self.written[place as usize] = now;
            }
            // Where rows go, or what many of them refer to, anything may be another.
            Place::Rows(_) | Place::Dictionary => self.all_written = now,
        }
    }

    fn place(&mut self, place: &Place) -> u32 {
        if let Some(&known) = self.places.get(place) {
            return known;
        }
        let number = self.new_place();
        self.places.insert(place.clone(), number);
        number
    }

    fn map(&mut self, map: MapField) -> u32 {
        if let Some(&known) = self.maps.get(&map) {
            return known;
        }
        let number = self.new_place();
        self.maps.insert(map, number);
        number
    }

    fn new_place(&mut self) -> u32 {
        self.written.push(0);
        (self.written.len() - 1) as u32
    }

    /// The places whose change changes what is read at some others.
    fn watched(&mut self, places: &[Place]) -> Vec<u32> {
        let mut watched = Vec::new();
        for place in places {
            match place {
                Place::Key(map, _) => {
                    let whole = Place::Map(*map);
                    watched.extend([self.place(place), self.place(&whole)]);
                }
                Place::Map(map) => watched.push(self.map(*map)),
                Place::Field(_) => watched.push(self.place(place)),
                Place::Rows(_) | Place::Dictionary => {}
            }
        }
        watched
    }

    fn node(&mut self, tag: Tag) -> Node {
        let mut key = self.spare.pop().unwrap_or_default();
        key.clear();
        key.push(tag as u8);
        Node {
            key,
            facts: Facts::default(),
            is_sound: true,
        }
    }

    /// Adds a value that a node is made of. What is known is added as it is.
    fn add_expr(&mut self, node: &mut Node, expr: &Expr) {
        if let ExprKind::Literal(literal) = &expr.kind {
            node.key.push(IS_LITERAL);
            encode(literal, &mut node.key);
            return;
        }
        let id = self.expr(expr);
        if let Some(literal) = id.and_then(|id| self.literal(id)) {
            node.key.push(IS_LITERAL);
            encode(literal, &mut node.key);
            return;
        }
        node.key.push(IS_NUMBER);
        self.add(node, id);
    }

    /// What a value comes to.
    fn literal_of<'e>(&'e self, expr: &'e Expr) -> Option<&'e Literal> {
        match &expr.kind {
            ExprKind::Literal(literal) => Some(literal),
            _ => self.of(expr).and_then(|id| self.literal(id)),
        }
    }

    /// Adds what a node is made of.
    fn add(&self, node: &mut Node, part: Option<ValueId>) {
        let Some(part) = part else {
            node.is_sound = false;
            return;
        };
        node.number(part.0);
        let level = self.facts[part.0 as usize].level;
        node.facts.level = node.facts.level.max(level);
    }

    /// The number of a node, when it can have one.
    fn intern(&mut self, node: Node, address: usize) -> Option<ValueId> {
        let Node {
            key,
            facts,
            is_sound,
        } = node;
        if !is_sound {
            self.spare.push(key);
            return None;
        }
        let id = match self.known.get(key.as_slice()) {
            Some(&id) => id,
            None => {
                let id = ValueId(self.facts.len() as u32);
                self.known.insert(key.as_slice().into(), id);
                self.facts.push(facts);
                self.uses.push(0);
                id
            }
        };
        self.spare.push(key);
        if self.nodes.insert(address, id).is_none() {
            self.uses[id.0 as usize] += 1;
        }
        Some(id)
    }

    fn literal_id(&mut self, literal: &Literal, address: usize) -> Option<ValueId> {
        let mut node = self.node(Tag::Literal);
        encode(literal, &mut node.key);
        if !self.known.contains_key(node.key.as_slice()) {
            node.facts.literal = Some(literal.clone());
        }
        self.intern(node, address)
    }

    /// Numbers a value and all that it is made of.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Option<ValueId> {
        let at = address(expr);
        match &expr.kind {
            // It is told apart where it stands.
            ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Error => None,
            ExprKind::Path(path) => self.path(path, at),
            ExprKind::Call(call) => self.call(call, at),
            ExprKind::Index { base, keys } => {
                let parts = std::iter::once(&**base).chain(keys);
                self.all(Tag::Index, parts, at)
            }
            ExprKind::List(elements) => self.all(Tag::List, elements, at),
            ExprKind::Map(entries) => {
                let mut node = self.node(Tag::Map);
                for (key, value) in entries {
                    node.number(key.len() as u32);
                    node.key.extend(key);
                    self.add_expr(&mut node, value);
                }
                node.facts.is_computed = true;
                self.intern(node, at)
            }
            ExprKind::Negate(inner) => {
                let mut node = self.node(Tag::Negate);
                self.add_expr(&mut node, inner);
                let folded = self.literal_of(inner).and_then(fold::negate);
                self.computed(node, folded, at)
            }
            ExprKind::Arithmetic { op, lhs, rhs } => self.arithmetic(*op, (lhs, rhs), at),
        }
    }

    fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        (lhs, rhs): (&Expr, &Expr),
        at: usize,
    ) -> Option<ValueId> {
        let mut node = self.node(Tag::Arithmetic);
        node.key.push(op as u8);
        self.add_expr(&mut node, lhs);
        self.add_expr(&mut node, rhs);
        let literals = self.literal_of(lhs).zip(self.literal_of(rhs));
        let folded = literals.and_then(|(lhs, rhs)| fold::arithmetic(op, lhs, rhs));
        self.computed(node, folded, at)
    }

    /// The number of what is computed, or of what it comes to.
    fn computed(&mut self, mut node: Node, folded: Option<Literal>, at: usize) -> Option<ValueId> {
        if let Some(literal) = folded.filter(|_| self.passes.has(Pass::Fold)) {
            self.spare.push(node.key);
            return self.literal_id(&literal, at);
        }
        node.facts.is_computed = true;
        self.intern(node, at)
    }

    /// Numbers something that is made of several values.
    fn all<'e>(
        &mut self,
        tag: Tag,
        parts: impl IntoIterator<Item = &'e Expr>,
        at: usize,
    ) -> Option<ValueId> {
        let mut node = self.node(tag);
        for part in parts {
            self.add_expr(&mut node, part);
        }
        node.facts.is_computed = true;
        self.intern(node, at)
    }

    fn path(&mut self, path: &Path, at: usize) -> Option<ValueId> {
        let mut node = self.node(Tag::Path);
        node.facts.level = Some(path.level());
        node.number(path.name.len() as u32);
        node.key.extend(path.name.as_bytes());
        for key in &path.keys {
            match key {
                Key::Str(text) => {
                    node.key.push(0);
                    node.number(text.len() as u32);
                    node.key.extend(text);
                }
                Key::Int(index) => {
                    node.key.push(1);
                    node.key.extend(index.to_le_bytes());
                }
                Key::Expr(expr) => {
                    node.key.push(2);
                    self.add_expr(&mut node, expr);
                }
            }
        }
        let level = node.facts.level;
        let unwritten = self.intern(node, at)?;
        let last = self.last_write(unwritten, path);
        if last == 0 {
            return Some(unwritten);
        }
        let mut node = self.node(Tag::Written);
        node.number(unwritten.0);
        node.number(last);
        node.facts.level = level;
        self.intern(node, at)
    }

    /// When one of the places was written that a path reads.
    fn last_write(&mut self, unwritten: ValueId, path: &Path) -> u32 {
        let at = unwritten.0 as usize;
        if self.facts[at].reads.is_none() {
            let watched = self.watched(&places(path));
            self.facts[at].reads = Some(watched.into());
        }
        let reads = self.facts[at].reads.iter().flatten();
        let last = reads.map(|&place| self.written[place as usize]).max();
        self.all_written.max(last.unwrap_or_default())
    }

    fn call(&mut self, call: &Call, at: usize) -> Option<ValueId> {
        let registry = self.registry;
        let function = registry.get(call.function);
        let mut node = self.node(Tag::Call);
        node.number(call.function.0);
        node.is_sound = function.is_pure() && function.maps().is_empty();
        node.is_sound &= function.writes().is_empty() && !function.reshapes();
        for &field in function.signature().fields {
            let place = Place::Field(field);
            let place = self.place(&place) as usize;
            node.number(self.written[place].max(self.all_written));
            node.facts.level = node.facts.level.max(Some(field.level()));
        }
        node.facts.is_computed = true;
        let mut node = Some(node);
        self.args(call, &mut node);
        self.intern(node?, at)
    }

    /// Numbers the arguments of a call, and adds them to it.
    fn args(&mut self, call: &Call, node: &mut Option<Node>) {
        for arg in &call.args {
            self.arg(arg, node);
        }
    }

    fn arg(&mut self, arg: &Arg, node: &mut Option<Node>) {
        match &arg.kind {
            ArgKind::Absent => {
                if let Some(node) = node {
                    node.key.push(2);
                }
            }
            ArgKind::Value(expr) => self.value_of_arg(expr, node),
            ArgKind::List(elements) => {
                if let Some(node) = node {
                    node.key.push(3);
                    node.number(elements.len() as u32);
                }
                for element in elements {
                    self.value_of_arg(element, node);
                }
            }
            ArgKind::Path(path) => {
                for key in &path.keys {
                    if let Key::Expr(key) = key {
                        self.expr(key);
                    }
                }
                unsound(node);
            }
            ArgKind::Function(_) | ArgKind::Output(_) | ArgKind::Lambda(_) => unsound(node),
        }
    }

    fn value_of_arg(&mut self, expr: &Expr, node: &mut Option<Node>) {
        match node {
            Some(node) => self.add_expr(node, expr),
            None => {
                self.expr(expr);
            }
        }
    }

    /// Numbers a condition and all that it is made of.
    pub(crate) fn condition(&mut self, condition: &Condition) -> Option<ValueId> {
        let at = address_of_condition(condition);
        match condition {
            Condition::Known { value, .. } => {
                let mut node = self.node(Tag::Known);
                node.key.push(u8::from(*value));
                node.facts.truth = Some(*value);
                self.intern(node, at)
            }
            Condition::Compare { op, lhs, rhs, .. } => self.comparison(*op, (lhs, rhs), at),
            Condition::In { value, list, .. } => {
                let mut node = self.node(Tag::In);
                self.add_expr(&mut node, value);
                for literal in list {
                    encode(literal, &mut node.key);
                }
                node.facts.is_computed = true;
                self.intern(node, at)
            }
            Condition::Truth(expr) => {
                let mut node = self.node(Tag::Truth);
                self.add_expr(&mut node, expr);
                node.facts.is_computed = true;
                self.intern(node, at)
            }
            Condition::Not(inner) => {
                let inner_id = self.condition(inner);
                let mut node = self.node(Tag::Not);
                self.add(&mut node, inner_id);
                node.facts.is_computed = true;
                let truth = self.truth(inner).map(|truth| !truth);
                node.facts.truth = self.folded(truth);
                self.intern(node, at)
            }
            Condition::And(parts) => self.chain(Tag::And, parts, at),
            Condition::Or(parts) => self.chain(Tag::Or, parts, at),
        }
    }

    fn comparison(
        &mut self,
        op: CompareOp,
        (lhs, rhs): (&Expr, &Expr),
        at: usize,
    ) -> Option<ValueId> {
        let mut node = self.node(Tag::Compare);
        node.key.push(op as u8);
        self.add_expr(&mut node, lhs);
        self.add_expr(&mut node, rhs);
        node.facts.is_computed = true;
        let literals = self.literal_of(lhs).zip(self.literal_of(rhs));
        let truth = literals.map(|(lhs, rhs)| compare_literals(op, lhs, rhs));
        node.facts.truth = self.folded(truth);
        self.intern(node, at)
    }

    /// Numbers the parts of an `and` or `or`. The first of them that decides does so without any of
    /// those behind it, but those before it may fail.
    fn chain(&mut self, tag: Tag, parts: &[Condition], at: usize) -> Option<ValueId> {
        let undecided = matches!(tag, Tag::And);
        let mut node = self.node(tag);
        let mut truth = Some(undecided);
        for part in parts {
            let id = self.condition(part);
            self.add(&mut node, id);
            if truth == Some(undecided) {
                truth = self.truth(part);
            }
        }
        node.facts.is_computed = true;
        node.facts.truth = self.folded(truth);
        self.intern(node, at)
    }

    fn folded(&self, truth: Option<bool>) -> Option<bool> {
        truth.filter(|_| self.passes.has(Pass::Fold))
    }
}

/// Such an argument keeps a call from having a number.
fn unsound(node: &mut Option<Node>) {
    if let Some(node) = node {
        node.is_sound = false;
    }
}

fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

/// A condition may begin with a value. Both are aligned, so that one can have the odd address.
fn address_of_condition(condition: &Condition) -> usize {
    std::ptr::from_ref(condition).addr() | 1
}
