//! What an expression says, before it is planned.

use super::lexer::Kind;

/// A node of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AstId(u32);

/// An expression: its nodes, and which is the outermost.
#[derive(Debug)]
pub(super) struct Ast<'a> {
    nodes: Vec<Expr<'a>>,
    pub(super) top: AstId,
}

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) enum Expr<'a> {
    Number(f64),
    Text(&'a [u8]),
    /// The root of the document.
    Root,
    Step(Step<'a>),
    Filter {
        input: AstId,
        condition: AstId,
    },
    Call {
        name: &'a [u8],
        args: Vec<AstId>,
    },
    Operator {
        op: Operator,
        left: AstId,
        right: AstId,
    },
    Group(AstId),
    Variable,
}

/// A step of a path.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    /// The axis as it is written; not every one exists.
    pub(super) axis: &'a [u8],
    pub(super) test: NodeTest,
    pub(super) local: &'a [u8],
    pub(super) prefix: &'a [u8],
    /// What the step starts from, the current node when there is none.
    pub(super) input: Option<AstId>,
}

/// The kind of nodes that a step selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeTest {
    Any,
    Element,
    Attribute,
    Text,
    Comment,
}

/// An operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Union,
    Compare(Comparison),
    Arithmetic(Arithmetic),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is computed of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Comparison {
    /// The comparison that a token is, `=` and `!=` or the others.
    pub(super) fn of(kind: Kind, of_order: bool) -> Option<Self> {
        let comparison = match kind {
            Kind::Equal => Self::Equal,
            Kind::NotEqual => Self::NotEqual,
            Kind::Less => Self::Less,
            Kind::LessOrEqual => Self::LessOrEqual,
            Kind::Greater => Self::Greater,
            Kind::GreaterOrEqual => Self::GreaterOrEqual,
            _ => return None,
        };
        let is_of_order = !matches!(comparison, Self::Equal | Self::NotEqual);
        (is_of_order == of_order).then_some(comparison)
    }
}

impl<'a> Ast<'a> {
    /// No expression yet.
    pub(super) fn new() -> Self {
        Self {
            nodes: Vec::new(),
            top: AstId(0),
        }
    }

    pub(super) fn add(&mut self, expr: Expr<'a>) -> AstId {
        self.nodes.push(expr);
        AstId(self.nodes.len() as u32 - 1)
    }

    pub(super) fn get(&self, id: AstId) -> &Expr<'a> {
        &self.nodes[id.0 as usize]
    }
}
