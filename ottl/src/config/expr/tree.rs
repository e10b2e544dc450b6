//! Expressions as trees.

use ottl_syntax::Span;

/// A part of an expression.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    /// All of it.
    pub(super) span: Span,
    /// How many levels it has.
    pub(super) depth: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Array(Vec<Expr>),
    Name(String),
    Call {
        name: String,
        name_span: Span,
        arguments: Vec<Expr>,
    },
    Not(Box<Expr>),
    /// A sign in front of a number.
    Signed {
        is_negative: bool,
        operand: Box<Expr>,
    },
    /// All of two or more, from the left.
    All(Vec<Expr>),
    /// One of two or more, from the left.
    Any(Vec<Expr>),
    Binary {
        operator: Binary,
        /// Where the operator stands.
        at: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `a < b <= c`: each with its neighbour.
    Ordered {
        first: Box<Expr>,
        rest: Vec<(Order, Span, Expr)>,
    },
    Choice {
        condition: Box<Expr>,
        /// The condition itself if there is nothing.
        then: Option<Box<Expr>>,
        otherwise: Box<Expr>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Equal,
    NotEqual,
    In,
    Matches,
    Contains,
    StartsWith,
    EndsWith,
    Add,
    /// The left side unless it is nil.
    Coalesce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// As it is written, in both languages.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    pub(super) fn holds(self, found: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => found.is_lt(),
            Self::LessOrEqual => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::GreaterOrEqual => found.is_ge(),
        }
    }
}

impl Expr {
    pub(super) fn new(kind: Kind, span: Span) -> Self {
        let depth = 1 + kind.deepest();
        Self { kind, span, depth }
    }
}

impl Kind {
    /// How many levels the deepest part has.
    fn deepest(&self) -> usize {
        let most = |parts: &[Expr]| parts.iter().map(|part| part.depth).max().unwrap_or(0);
        match self {
            Self::Nil
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Name(_) => 0,
            Self::Array(parts) | Self::All(parts) | Self::Any(parts) => most(parts),
            Self::Call { arguments, .. } => most(arguments),
            Self::Not(operand) | Self::Signed { operand, .. } => operand.depth,
            Self::Binary { left, right, .. } => left.depth.max(right.depth),
            Self::Ordered { first, rest } => {
                let rest = rest.iter().map(|(_, _, part)| part.depth).max();
                first.depth.max(rest.unwrap_or(0))
            }
            Self::Choice {
                condition,
                then,
                otherwise,
            } => {
                let then = then.as_ref().map_or(0, |then| then.depth);
                condition.depth.max(then).max(otherwise.depth)
            }
        }
    }
}
