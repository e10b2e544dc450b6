//! Cuts a file into statements.
//!
//! A line end outside brackets ends a statement, unless the line before it or the line behind it
//! shows that the statement goes on. A line that begins in the first column with a lowercase name
//! and `(` is a new statement even inside brackets, so that a forgotten bracket costs one statement
//! and not the rest of the file.

use crate::Dialect;
use crate::lexer::{Token, TokenKind};

/// The end of the statement that begins at `start`.
pub(crate) fn end(tokens: &[Token], start: usize, source: &str, dialect: Dialect) -> usize {
    let mut depth = 0_usize;
    for at in start..tokens.len() {
        if at > start && begins(tokens, at, depth, source, dialect) {
            return at;
        }
        match tokens[at].kind {
            kind if kind.opens() => depth += 1,
            kind if kind.closes() => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    tokens.len()
}

/// Whether the token at `at`, which is not the first one, begins a new statement.
fn begins(tokens: &[Token], at: usize, depth: usize, source: &str, dialect: Dialect) -> bool {
    let (before, token) = (tokens[at - 1], tokens[at]);
    let gap = &source[before.span.end as usize..token.span.start as usize];
    if !gap.contains('\n') {
        return false;
    }
    let goes_on = wants_more(before, source) || continues(token, source, dialect);
    let call = looks_like_statement(tokens, at, source) && gap.ends_with('\n');
    match dialect {
        // No condition of the strict dialect contains a lowercase function.
        Dialect::Strict if call => true,
        Dialect::Selfops if call && depth > 0 => true,
        _ => depth == 0 && !goes_on,
    }
}

/// Whether the tokens from `at` on are a name that starts in lowercase, and `(`.
fn looks_like_statement(tokens: &[Token], at: usize, source: &str) -> bool {
    let mut end = at + 1;
    // Only pieces that touch, so that a long run of names is not looked at again from each of them.
    while let Some(piece) = tokens.get(end)
        && matches!(piece.kind, TokenKind::Lower | TokenKind::Upper)
        && piece.span.start == tokens[end - 1].span.end
    {
        end += 1;
    }
    tokens[at].kind == TokenKind::Lower
        && !is_where(tokens[at], source)
        && tokens.get(end).is_some_and(|t| t.kind == TokenKind::LParen)
}

fn is_where(token: Token, source: &str) -> bool {
    token.kind == TokenKind::Lower && &source[token.span.range()] == "where"
}

/// Whether a statement cannot end with this token.
fn wants_more(token: Token, source: &str) -> bool {
    use TokenKind as T;
    token.kind == T::Not || token.kind.opens() || is_infix(token.kind) || is_where(token, source)
}

/// Whether a statement cannot begin with this token.
fn continues(token: Token, source: &str, dialect: Dialect) -> bool {
    use TokenKind as T;
    let is_else = token.kind == T::Lower && &source[token.span.range()] == "else";
    token.kind == T::LBracket
        || dialect == Dialect::Selfops && is_else
        || token.kind.closes()
        || is_infix(token.kind)
        || is_where(token, source)
}

fn is_infix(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::And
            | T::Or
            | T::Eq
            | T::Ne
            | T::Lt
            | T::Le
            | T::Gt
            | T::Ge
            | T::Plus
            | T::Minus
            | T::Star
            | T::Slash
            | T::Assign
            | T::Arrow
            | T::Colon
            | T::Comma
            | T::Dot
    )
}
