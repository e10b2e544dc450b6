//! Joins the pieces of names, and finds the `where` that begins a clause.
//!
//! The reference's grammar builds a function's name from adjacent pieces, white space between them
//! or not: `Is Match(…)` calls `IsMatch`. Everywhere else a name is one piece. So a run of pieces
//! becomes one token where the reference would take it as one name, and also where the pieces touch,
//! so that a diagnostic can speak of the name as written.

use crate::lexer::{Token, TokenKind};

/// Whether a `where` clause may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    Allowed,
    None,
}

/// The tokens of one statement, condition or value with joined names.
pub(crate) fn join(tokens: &[Token], source: &str, clause: Clause) -> Vec<Token> {
    let clause = match clause {
        Clause::Allowed => find_where(tokens, source),
        Clause::None => None,
    };
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if Some(at) == clause {
            out.push(Token {
                kind: TokenKind::Where,
                span: tokens[at].span,
            });
            at += 1;
            continue;
        }
        let taken = run(tokens, at);
        if taken < 2 {
            out.push(tokens[at]);
            at += 1;
            continue;
        }
        join_run(&tokens[at..at + taken], tokens.get(at + taken), &mut out);
        at += taken;
    }
    out
}

/// The first `where` behind a closing bracket and outside all brackets.
fn find_where(tokens: &[Token], source: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            kind if kind.opens() => depth += 1,
            kind if kind.closes() => depth = depth.saturating_sub(1),
            TokenKind::Lower if depth == 0 && at > 0 => {
                let behind_bracket =
                    matches!(tokens[at - 1].kind, TokenKind::RParen | TokenKind::RBracket);
                if behind_bracket && &source[token.span.range()] == "where" {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn is_piece(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Lower | TokenKind::Upper)
}

fn run(tokens: &[Token], at: usize) -> usize {
    tokens[at..].iter().take_while(|t| is_piece(t)).count()
}

fn join_run(pieces: &[Token], next: Option<&Token>, out: &mut Vec<Token>) {
    let next = next.map(|t| t.kind);
    let lower_first = pieces[0].kind == TokenKind::Lower;
    let is_call = next == Some(TokenKind::LParen);
    let is_parameter = lower_first && next == Some(TokenKind::Assign);
    let is_function_name = !lower_first && pieces[1].kind == TokenKind::Lower;
    if is_call || is_parameter || is_function_name {
        out.push(whole(pieces));
        return;
    }
    for touching in pieces.chunk_by(|a, b| a.span.end == b.span.start) {
        out.push(whole(touching));
    }
}

fn whole(pieces: &[Token]) -> Token {
    let first = pieces[0];
    let kind = match (pieces.len(), first.kind) {
        (1, kind) => kind,
        (_, TokenKind::Lower) => TokenKind::MixedLower,
        _ => TokenKind::MixedUpper,
    };
    let span = first.span.to(pieces[pieces.len() - 1].span);
    Token { kind, span }
}

/// The text of a name: its pieces without the white space and the comments between them.
pub(crate) fn text(token_text: &str) -> String {
    let without_comment = |line: &str| line.split('#').next().unwrap_or("").to_owned();
    let lines = token_text.lines().map(without_comment);
    lines.collect::<String>().split_ascii_whitespace().collect()
}
