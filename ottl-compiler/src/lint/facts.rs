//! What conditions say of one value, and whether it can all be true.

use std::cmp::Ordering;
use std::collections::HashSet;

use ottl_syntax::Span;
use ottl_vm::{CompareOp, Literal, Type};

/// A set of types.
type Types = u8;

const NIL: Types = 1;
const BOOL: Types = 1 << 1;
const INT: Types = 1 << 2;
const DOUBLE: Types = 1 << 3;
const STRING: Types = 1 << 4;
const MAP: Types = 1 << 5;
const LIST: Types = 1 << 6;
const OTHER: Types = 1 << 7;
const NUMBER: Types = INT | DOUBLE;
const ANY: Types = Types::MAX;

/// The types of a value that a converter tells to have the type `tested`; none where those here
/// are too coarse for it.
pub(super) fn tested(tested: Type) -> Option<Types> {
    match tested {
        Type::Bool => Some(BOOL),
        Type::Int => Some(INT),
        Type::Double => Some(DOUBLE),
        Type::String => Some(STRING),
        Type::Map => Some(MAP),
        Type::List => Some(LIST),
        _ => None,
    }
}

/// Something about a value.
pub(super) enum Fact<'h> {
    /// How it compares with a literal.
    Compare(CompareOp, &'h Literal),
    /// It equals one of these.
    OneOf(&'h [Literal]),
    /// It has one of the types, or none of them.
    Types(Types, bool),
}

/// A bound, and whether the bound itself is excluded.
type Bound = Option<(Literal, bool)>;

/// What is known of one value.
pub(super) struct Known {
    ty: Type,
    types: Types,
    equal: Option<Literal>,
    equal_text: Option<Text>,
    unequal: HashSet<Text>,
    low: Bound,
    high: Bound,
    /// Where the last fact stands that was learned.
    last: Option<Span>,
    /// Whether a contradiction was found; there is one to tell.
    is_void: bool,
}

impl Known {
    pub(super) fn new(ty: Type) -> Self {
        Self {
            ty,
            types: ANY,
            equal: None,
            equal_text: None,
            unequal: HashSet::new(),
            low: None,
            high: None,
            last: None,
            is_void: false,
        }
    }

    /// Adds a fact. If nothing can be as all facts say, and that is news, it tells where the fact
    /// before stands.
    pub(super) fn learn(&mut self, fact: &Fact<'_>, span: Span) -> Option<Span> {
        if self.is_void {
            return None;
        }
        match fact {
            Fact::Types(types, true) => self.types &= types,
            Fact::Types(types, false) => self.types &= !types,
            Fact::Compare(op, literal) => self.compare(*op, literal),
            Fact::OneOf(list) => self.one_of(list),
        }
        self.is_void |= self.types == 0;
        let before = self.last.replace(span);
        // A fact that excludes itself is for another lint.
        before.filter(|_| self.is_void)
    }

    fn compare(&mut self, op: CompareOp, literal: &Literal) {
        let Some(text) = text(literal) else {
            return;
        };
        // Only what is new is compared, so that the time stays in proportion to the source.
        match op {
            CompareOp::Eq => {
                let is_other = self.equal_text.as_ref().is_some_and(|equal| *equal != text);
                self.is_void |= is_other || !self.admits(literal);
                self.types &= types_of(literal);
                self.equal = Some(literal.clone());
                self.equal_text = Some(text);
            }
            CompareOp::Ne => {
                if matches!(literal, Literal::Nil) {
                    self.types &= !NIL;
                }
                self.is_void |= self.equal_text.as_ref() == Some(&text);
                self.unequal.insert(text);
            }
            CompareOp::Lt | CompareOp::Le => {
                let strict = op == CompareOp::Lt;
                let is_new = tighten(&mut self.high, literal, strict, Ordering::Less);
                self.bounded(literal, is_new);
            }
            CompareOp::Gt | CompareOp::Ge => {
                let strict = op == CompareOp::Gt;
                let is_new = tighten(&mut self.low, literal, strict, Ordering::Greater);
                self.bounded(literal, is_new);
            }
        }
    }

    /// What follows from a bound.
    fn bounded(&mut self, literal: &Literal, is_new: bool) {
        self.types &= types_of(literal);
        if is_new {
            let equal = self.equal.as_ref();
            self.is_void |=
                self.excludes_bounds() || equal.is_some_and(|equal| !self.is_within(equal));
        }
    }

    fn one_of(&mut self, list: &[Literal]) {
        // What cannot be judged may be equal.
        if list.iter().any(|literal| text(literal).is_none()) {
            return;
        }
        let is_equal = |literal: &Literal| {
            let equal = self.equal_text.as_ref();
            equal.is_none_or(|equal| Some(equal) == text(literal).as_ref())
        };
        let is_possible = |literal: &&Literal| self.admits(literal) && is_equal(literal);
        let types = list.iter().filter(is_possible).map(types_of);
        let types = types.fold(0, |all, types| all | types);
        self.types &= types;
    }

    /// Whether a value that equals the literal is possible.
    fn admits(&self, literal: &Literal) -> bool {
        self.types & types_of(literal) != 0
            && text(literal).is_none_or(|text| !self.unequal.contains(&text))
            && self.is_within(literal)
    }

    fn is_within(&self, literal: &Literal) -> bool {
        let within = |bound: &Bound, side: Ordering| match bound {
            None => true,
            Some((bound, strict)) => match order(literal, bound) {
                Some(Ordering::Equal) => !strict,
                Some(order) => order == side,
                None => true,
            },
        };
        within(&self.low, Ordering::Greater) && within(&self.high, Ordering::Less)
    }

    fn excludes_bounds(&self) -> bool {
        let (Some((low, above)), Some((high, below))) = (&self.low, &self.high) else {
            return false;
        };
        if let (Type::Int, Literal::Int(low), Literal::Int(high)) = (self.ty, low, high) {
            let low = i128::from(*low) + i128::from(*above);
            return low > i128::from(*high) - i128::from(*below);
        }
        match order(low, high) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => *above || *below,
            _ => false,
        }
    }
}

/// Whether the literal is a narrower bound, which then takes the place of the old one.
fn tighten(bound: &mut Bound, literal: &Literal, strict: bool, inwards: Ordering) -> bool {
    let is_tighter = match bound {
        None => true,
        Some((old, was_strict)) => match order(literal, old) {
            Some(Ordering::Equal) => strict && !*was_strict,
            found => found == Some(inwards),
        },
    };
    if is_tighter {
        *bound = Some((literal.clone(), strict));
    }
    is_tighter
}

/// The types of values that can equal a literal or be ordered with it.
fn types_of(literal: &Literal) -> Types {
    match literal {
        Literal::Nil => NIL | OTHER,
        Literal::Bool(_) => BOOL,
        Literal::Int(_) | Literal::Double(_) => NUMBER,
        Literal::String(_) => STRING,
        Literal::Bytes(_) => NIL | OTHER,
        Literal::List(_) => LIST | OTHER,
        Literal::Map(_) => MAP | OTHER,
    }
}

fn order(left: &Literal, right: &Literal) -> Option<Ordering> {
    match (left, right) {
        (Literal::Int(left), Literal::Int(right)) => Some(left.cmp(right)),
        (Literal::Double(left), Literal::Double(right)) => left.partial_cmp(right),
        (Literal::Int(left), Literal::Double(right)) => (*left as f64).partial_cmp(right),
        (Literal::Double(left), Literal::Int(right)) => left.partial_cmp(&(*right as f64)),
        (Literal::String(left), Literal::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Up to this integers and floating-point numbers are equal one to one.
const EXACT: u64 = 1 << 53;

/// A literal that can be told from others.
#[derive(PartialEq, Eq, Hash)]
enum Text {
    Nil,
    Bool(bool),
    Int(i64),
    Double(u64),
    String(Vec<u8>),
}

/// Equal for equal literals; none for those that are not judged.
fn text(literal: &Literal) -> Option<Text> {
    match literal {
        Literal::Nil => Some(Text::Nil),
        Literal::Bool(value) => Some(Text::Bool(*value)),
        // Larger ones may equal several when they are compared as floating-point numbers.
        Literal::Int(value) if value.unsigned_abs() >= EXACT => None,
        Literal::Double(value) if value.abs() >= EXACT as f64 => None,
        Literal::Int(value) => Some(Text::Int(*value)),
        Literal::Double(value) if value.fract() == 0.0 => Some(Text::Int(*value as i64)),
        Literal::Double(value) => Some(Text::Double(value.to_bits())),
        Literal::String(text) => Some(Text::String(text.clone())),
        Literal::Bytes(_) | Literal::List(_) | Literal::Map(_) => None,
    }
}
