//! Bounds the depth of the tree before it is built.
//!
//! The parser itself does not recurse, but lowering, dropping and everything that walks the tree
//! does. Counting over the tokens is an upper bound: brackets nest, and every operator that is not
//! `and` or `or` may put one more node above its neighbours.

use crate::lexer::{Token, TokenKind};
use crate::{Code, Diagnostic, Limits};

#[derive(Default)]
struct Level {
    /// Operators since the last comma or connective.
    chain: usize,
    /// Lambdas since the last comma; the body of one reaches as far as it can.
    lambdas: usize,
}

/// The diagnostic for the first token that is too deep.
pub(crate) fn check(tokens: &[Token], limits: &Limits) -> Option<Diagnostic> {
    let deepest = limits.max_nesting();
    if tokens.len() <= limits.max_depth.min(deepest) {
        return None;
    }
    let mut levels = vec![Level::default()];
    let mut depth = 0_usize;
    for token in tokens {
        let nested = levels.len() > 1;
        let level = levels.last_mut()?;
        match token.kind {
            kind if kind.opens() => {
                depth += 1;
                levels.push(Level::default());
            }
            kind if kind.closes() && nested => {
                let closed = levels.pop()?;
                depth -= 1 + closed.chain + closed.lambdas;
            }
            TokenKind::Comma | TokenKind::Where | TokenKind::Else => {
                depth -= level.chain + level.lambdas;
                *level = Level::default();
            }
            TokenKind::And | TokenKind::Or | TokenKind::Colon => {
                depth -= level.chain;
                level.chain = 0;
            }
            TokenKind::Arrow => {
                level.lambdas += 1;
                depth += 1;
            }
            kind if is_operator(kind) => {
                level.chain += 1;
                depth += 1;
            }
            _ => {}
        }
        if levels.len() - 1 > limits.max_depth {
            let message = format!("Brackets are nested more than {} deep.", limits.max_depth);
            return Some(Diagnostic::error(Code::NestedTooDeep, token.span, message));
        }
        if depth > deepest {
            let message = format!("The expression is more than {deepest} operators deep.");
            return Some(
                Diagnostic::error(Code::NestedTooDeep, token.span, message)
                    .with_note("Split it, or store a part of it in the cache."),
            );
        }
    }
    None
}

fn is_operator(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Not
            | T::Plus
            | T::Minus
            | T::Star
            | T::Slash
            | T::Eq
            | T::Ne
            | T::Lt
            | T::Le
            | T::Gt
            | T::Ge
            | T::In
            | T::NotIn
    )
}
