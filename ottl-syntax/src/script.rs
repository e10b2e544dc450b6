//! Cuts a file into statements.
//!
//! A line end outside brackets ends a statement, unless the line before it or the line behind it
//! shows that the statement goes on. A line that begins in the first column with a lowercase name
//! and `(` is a new statement even inside brackets, so that a forgotten bracket costs one statement
//! and not the rest of the file.

use crate::lexer::{self, LexMode, Token, TokenKind};
use crate::{Dialect, Limits};

/// The tokens of the statement that a text ends in, which need not be complete: what an editor knows
/// of a place is what stands before it. There are none where a new statement may begin.
///
/// In the `selfops` dialect the head of a block counts as a statement, and so does a definition.
#[must_use]
pub fn open_statement(
    before: &str,
    mode: LexMode,
    dialect: Dialect,
    limits: &Limits,
) -> Vec<Token> {
    let mut tokens = lexer::lex(before, mode, dialect, limits).tokens;
    if mode == LexMode::Single {
        return tokens;
    }
    let (mut start, mut depth) = (0, 0_usize);
    for at in 0..tokens.len() {
        if at > start && begins(&tokens, at, depth, before, dialect) {
            (start, depth) = (at, 0);
        }
        match tokens[at].kind {
            TokenKind::LBrace if depth == 0 && at > start && tokens[at - 1].kind.ends_operand() => {
                start = at + 1;
            }
            TokenKind::RBrace if depth == 0 => start = at + 1,
            kind if kind.opens() => depth += 1,
            kind if kind.closes() => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let ends = |last: &Token| {
        let gap = &before[last.span.end as usize..];
        depth == 0 && gap.contains('\n') && !wants_more(*last, before)
    };
    if tokens.last().is_some_and(ends) {
        return Vec::new();
    }
    tokens.split_off(start)
}

/// The end of the statement that begins at `start`.
pub(crate) fn end(tokens: &[Token], start: usize, source: &str, dialect: Dialect) -> usize {
    let mut depth = 0_usize;
    for at in start..tokens.len() {
        let touches = at > start && tokens[at - 1].span.end == tokens[at].span.start;
        if at > start && !touches && begins(tokens, at, depth, source, dialect) {
            return at;
        }
        match tokens[at].kind {
            TokenKind::LParen | TokenKind::LBracket | TokenKind::LBrace => depth += 1,
            kind if kind.closes() => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    tokens.len()
}

/// Whether the token at `at`, which is not the first one, begins a new statement.
fn begins(tokens: &[Token], at: usize, depth: usize, source: &str, dialect: Dialect) -> bool {
    let (before, token) = (tokens[at - 1], tokens[at]);
    let gap = &source.as_bytes()[before.span.end as usize..token.span.start as usize];
    if !gap.contains(&b'\n') {
        return false;
    }
    let goes_on = wants_more(before, source) || continues(token, source, dialect);
    let call = looks_like_statement(tokens, at, source) && gap.ends_with(b"\n");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn open(before: &str, dialect: Dialect) -> String {
        let tokens = open_statement(before, LexMode::Script, dialect, &Limits::default());
        let start = tokens
            .first()
            .map_or(before.len(), |first| first.span.start as usize);
        before[start..].to_owned()
    }

    #[test]
    fn the_last_statement_is_found() {
        let open = |before| open(before, Dialect::Strict);
        assert_eq!(open("set(a.b, 1)\nset(a."), "set(a.");
        assert_eq!(open("set(a.b, 1)\n"), "");
        assert_eq!(open("set(a.b, 1) "), "set(a.b, 1) ");
        assert_eq!(
            open("set(a.b, 1)\n  where x =="),
            "set(a.b, 1)\n  where x =="
        );
        assert_eq!(open("set(a.b, 1) where\n"), "set(a.b, 1) where\n");
        assert_eq!(open("set(a.b,\n"), "set(a.b,\n");
        assert_eq!(open("set(a.b, 1\nset(c"), "set(c");
        assert_eq!(open("set(a.b, 1)\nse"), "se");
        assert_eq!(open(""), "");
    }

    #[test]
    fn blocks_have_statements_of_their_own() {
        let open = |before| open(before, Dialect::Selfops);
        assert_eq!(open("when a.b == 1 { set("), "set(");
        assert_eq!(open("when a.b == 1 { set(a.b, 2) }\nelse { "), "");
        assert_eq!(open("when a.b == "), "when a.b == ");
        assert_eq!(open("when x { when y { set(a, {\"k\": 1}) } se"), "se");
    }
}
