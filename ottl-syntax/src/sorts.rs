//! Questions about nodes of the cover tree: what one is, and what it can be.

use crate::cover::{Kind, Name, Node};
use crate::lexer::TokenKind;

/// What the node is, with an article, to begin a sentence.
pub(crate) fn kind_name(node: &Node) -> &'static str {
    match &node.kind {
        Kind::Leaf(TokenKind::Nil) => "`nil`",
        Kind::Leaf(TokenKind::True | TokenKind::False) => "A boolean",
        Kind::Leaf(TokenKind::Int | TokenKind::Float) => "A number",
        Kind::Leaf(TokenKind::String) => "A string",
        Kind::Leaf(TokenKind::Bytes) => "A byte literal",
        Kind::Leaf(_) => "`_`",
        Kind::Path(segments) => match segments.as_slice() {
            [only] if only.name.kind == TokenKind::Upper => "An enum symbol",
            [only] if only.name.kind == TokenKind::MixedUpper => "A function's name",
            _ => "A path",
        },
        Kind::Call(_) => "A call",
        Kind::List(_) => "A list",
        Kind::Map(_) => "A map",
        Kind::Unary(..) | Kind::Binary(..) => "Arithmetic",
        Kind::Tuple(_) => "What is in these parentheses",
        Kind::Compare(..) | Kind::In(..) | Kind::Not(_) | Kind::And(_) | Kind::Or(_) => {
            "A condition"
        }
        Kind::Lambda(..) => "A lambda",
        Kind::Error => "This",
    }
}

/// Whether the node can be an operand of arithmetic, as far as its outside shows.
pub(crate) fn is_operand(node: &Node) -> bool {
    match &node.kind {
        Kind::Leaf(kind) => matches!(kind, TokenKind::Int | TokenKind::Float),
        Kind::Path(segments) => match segments.as_slice() {
            [only] => only.name.starts_lower() || !only.keys.is_empty(),
            _ => true,
        },
        Kind::Call(_) | Kind::Unary(..) | Kind::Binary(..) | Kind::Tuple(_) => true,
        _ => false,
    }
}

/// Whether the node can be a condition and nothing else.
pub(crate) fn is_condition_only(node: &Node) -> bool {
    let mut node = node;
    let mut in_parentheses = false;
    while let Kind::Tuple(items) = &node.kind
        && let [inner] = items.as_slice()
    {
        node = inner;
        in_parentheses = true;
    }
    match node.kind {
        Kind::Compare(..) | Kind::In(..) | Kind::Not(_) | Kind::And(_) | Kind::Or(_) => true,
        Kind::Leaf(TokenKind::True | TokenKind::False) => in_parentheses,
        _ => false,
    }
}

pub(crate) fn begins_with_int(node: &Node) -> bool {
    let mut node = node;
    while let Kind::Binary(_, lhs, _) = &node.kind {
        node = lhs;
    }
    matches!(node.kind, Kind::Leaf(TokenKind::Int))
}

pub(crate) fn lambda_parameter(node: &Node) -> Option<Name> {
    match &node.kind {
        Kind::Leaf(TokenKind::Underscore) => Some(Name {
            span: node.span,
            kind: TokenKind::Underscore,
        }),
        Kind::Path(segments) => match segments.as_slice() {
            [only] if only.keys.is_empty() && only.name.kind == TokenKind::Lower => Some(only.name),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_lower {
            out.push('_');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
}
