//! What the LALR grammar builds: a tree that covers values, conditions and lambdas alike.
//!
//! The reference tries one alternative after the other with unlimited lookahead, so that `(a)` may
//! turn out to be a value, a condition or the parameters of a lambda. One grammar that accepts all
//! of them, and [`crate::lower`], which knows what each place takes, decide the same without
//! backtracking.

use crate::Span;
use crate::ast::{BinaryOp, CompareOp, UnaryOp};
use crate::lexer::TokenKind;

/// One source: a statement, a condition or a value.
#[derive(Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) body: Node,
    pub(crate) clause: Option<Node>,
    /// What stands behind `else`.
    pub(crate) otherwise: Option<Node>,
    /// `on error MODE`
    pub(crate) mode: Option<Span>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    /// A literal, `nil`, `true`, `false` or `_`.
    Leaf(TokenKind),
    /// Also an enum symbol or the name of a function, when it is a single segment.
    Path(Vec<Segment>),
    Call(Call),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// What stands in parentheses: one item, or the parameters of a lambda.
    Tuple(Vec<Node>),
    Unary(UnaryOp, Box<Node>),
    Binary(BinaryOp, Box<Node>, Box<Node>),
    Compare(Box<Node>, Operator, Box<Node>),
    /// Whether a value is in a list, or is not.
    In(Box<Node>, bool, Vec<Node>),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Lambda(Box<Node>, Box<Node>),
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Operator {
    pub(crate) span: Span,
    pub(crate) op: CompareOp,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) span: Span,
    pub(crate) kind: TokenKind,
}

impl Name {
    pub(crate) fn starts_lower(self) -> bool {
        matches!(self.kind, TokenKind::Lower | TokenKind::MixedLower)
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) name: Name,
    pub(crate) keys: Vec<Key>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) span: Span,
    pub(crate) value: Node,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: Name,
    pub(crate) args: Vec<Arg>,
    pub(crate) keys: Vec<Key>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Arg {
    pub(crate) span: Span,
    pub(crate) name: Option<Name>,
    pub(crate) value: Node,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn new(start: usize, end: usize, kind: Kind) -> Self {
        let span = Span::new(start, end);
        Self { span, kind }
    }

    /// `lhs op rhs`, where a chain of the same operator becomes one node.
    pub(crate) fn and(lhs: Self, rhs: Self) -> Self {
        let span = lhs.span.to(rhs.span);
        let kind = match lhs.kind {
            Kind::And(mut operands) => {
                operands.push(rhs);
                Kind::And(operands)
            }
            _ => Kind::And(vec![lhs, rhs]),
        };
        Self { span, kind }
    }

    /// As [`and`](Self::and).
    pub(crate) fn or(lhs: Self, rhs: Self) -> Self {
        let span = lhs.span.to(rhs.span);
        let kind = match lhs.kind {
            Kind::Or(mut operands) => {
                operands.push(rhs);
                Kind::Or(operands)
            }
            _ => Kind::Or(vec![lhs, rhs]),
        };
        Self { span, kind }
    }

    pub(crate) fn binary(lhs: Self, op: BinaryOp, rhs: Self) -> Self {
        let span = lhs.span.to(rhs.span);
        let kind = Kind::Binary(op, Box::new(lhs), Box::new(rhs));
        Self { span, kind }
    }

    pub(crate) fn compare(lhs: Self, op: Operator, rhs: Self) -> Self {
        let span = lhs.span.to(rhs.span);
        let kind = Kind::Compare(Box::new(lhs), op, Box::new(rhs));
        Self { span, kind }
    }

    /// The first segment of a path, or the next one.
    pub(crate) fn path(before: Option<Self>, segment: Segment) -> Self {
        let end = segment
            .keys
            .last()
            .map_or(segment.name.span, |key| key.span);
        let own = segment.name.span.to(end);
        match before {
            Some(Self {
                span,
                kind: Kind::Path(mut segments),
            }) => {
                segments.push(segment);
                Self {
                    span: span.to(own),
                    kind: Kind::Path(segments),
                }
            }
            _ => Self {
                span: own,
                kind: Kind::Path(vec![segment]),
            },
        }
    }
}
