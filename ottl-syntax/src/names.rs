//! Joins the pieces of names, and finds the `where` that begins a clause.
//!
//! The reference's grammar builds a function's name from adjacent pieces, white space between them
//! or not: `Is Match(…)` calls `IsMatch`. Everywhere else a name is one piece. So a run of pieces
//! becomes one token where the reference would take it as one name, and also where the pieces touch,
//! so that a diagnostic can speak of the name as written.

use crate::Dialect;
use crate::lexer::{Token, TokenKind};

/// Whether a `where` clause may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    Allowed,
    None,
}

/// The tokens of one statement, condition or value with joined names.
pub(crate) fn join(tokens: &[Token], source: &str, clause: Clause, dialect: Dialect) -> Vec<Token> {
    let is_statement = clause == Clause::Allowed;
    let clause = match clause {
        Clause::Allowed => find_where(tokens, source),
        Clause::None => None,
    };
    let keywords = match dialect {
        Dialect::Strict => Vec::new(),
        Dialect::Selfops => keywords(tokens, source, is_statement),
    };
    let keyword = |at: usize| {
        let found = keywords.binary_search_by_key(&at, |word| word.at);
        found.ok().map(|index| &keywords[index])
    };
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let is_plain = |index: &usize| {
            Some(*index) != clause && keyword(*index).is_none() && !begins_run(tokens, *index)
        };
        let plain = (at..tokens.len()).take_while(is_plain).count();
        out.extend_from_slice(&tokens[at..at + plain]);
        at += plain;
        let Some(&token) = tokens.get(at) else {
            break;
        };
        if Some(at) == clause {
            let kind = TokenKind::Where;
            out.push(Token { kind, ..token });
            at += 1;
            continue;
        }
        if let Some(word) = keyword(at) {
            out.push(Token {
                kind: word.kind,
                span: token.span.to(tokens[at + word.len - 1].span),
            });
            at += word.len;
            continue;
        }
        let ends = |at: &usize| Some(*at) == clause || keyword(*at).is_some();
        let pieces = run(tokens, at);
        let taken = (at + 1..at + pieces).find(ends);
        let taken = taken.map_or(pieces, |end| end - at);
        match taken {
            1 => out.push(token),
            _ => join_run(&tokens[at..at + taken], tokens.get(at + taken), &mut out),
        }
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

/// Words that are a keyword where they stand.
struct Keyword {
    /// The first of its tokens.
    at: usize,
    /// How many tokens it takes.
    len: usize,
    kind: TokenKind,
}

/// Words that are keywords only where they stand in the `selfops` dialect, in their order. Only a
/// statement has an alternative and an error mode.
fn keywords(tokens: &[Token], source: &str, is_statement: bool) -> Vec<Keyword> {
    let mut found = Vec::new();
    let is = |at: usize, word: &str| {
        tokens
            .get(at)
            .is_some_and(|t| t.kind == TokenKind::Lower && &source[t.span.range()] == word)
    };
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        let behind_operand = at > 0 && tokens[at - 1].kind.ends_operand();
        let list_at = |at: usize| {
            tokens
                .get(at)
                .is_some_and(|t| t.kind == TokenKind::LBracket)
        };
        let (kind, len) = match token.kind {
            kind if kind.opens() => {
                depth += 1;
                continue;
            }
            kind if kind.closes() => {
                depth = depth.saturating_sub(1);
                continue;
            }
            TokenKind::Not if behind_operand && is(at + 1, "in") && list_at(at + 2) => {
                (TokenKind::NotIn, 2)
            }
            TokenKind::Lower if behind_operand => {
                let is_mode = at + 3 == tokens.len() && tokens[at + 2].kind == TokenKind::Lower;
                let is_behind_editor = is_statement && depth == 0;
                if is(at, "in") && list_at(at + 1) {
                    (TokenKind::In, 1)
                } else if is_behind_editor && is(at, "else") {
                    (TokenKind::Else, 1)
                } else if is_behind_editor && is(at, "on") && is(at + 1, "error") && is_mode {
                    (TokenKind::OnError, 3)
                } else {
                    continue;
                }
            }
            _ => continue,
        };
        found.push(Keyword { at, len, kind });
    }
    found
}

fn is_piece(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Lower | TokenKind::Upper)
}

/// Whether a piece of a name is followed by another one.
fn begins_run(tokens: &[Token], at: usize) -> bool {
    is_piece(&tokens[at]) && tokens.get(at + 1).is_some_and(is_piece)
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
