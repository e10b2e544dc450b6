//! The items of a file: statements, and in the `selfops` dialect blocks and definitions.
//!
//! Blocks are found by their brackets before the grammar sees anything: what it parses are single
//! statements, conditions and values.

use crate::ast::{Arm, Const, Expr, Ident, Item, Macro, MacroBody, MacroParam, Statement, When};
use crate::cover::Source;
use crate::diagnostic::Sink;
use crate::lexer::{Token, TokenKind};
use crate::lower::Lower;
use crate::names::{self, Clause};
use crate::parser::parse_tokens;
use crate::recover::SourceKind;
use crate::sorts::is_condition_only;
use crate::{Code, Diagnostic, Dialect, Limits, Span, script};

/// How deep blocks may nest.
const MAX_BLOCKS: usize = 32;

pub(crate) struct Items<'a> {
    source: &'a str,
    dialect: Dialect,
    limits: &'a Limits,
    sink: &'a mut Sink,
}

impl<'a> Items<'a> {
    pub(crate) fn new(
        source: &'a str,
        dialect: Dialect,
        limits: &'a Limits,
        sink: &'a mut Sink,
    ) -> Self {
        Self {
            source,
            dialect,
            limits,
            sink,
        }
    }

    /// The items among `tokens`, which are inside of `depth` blocks.
    pub(crate) fn all(&mut self, tokens: &[Token], depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        let mut at = 0;
        while at < tokens.len() && !self.sink.is_full() {
            let selfops = self.dialect == Dialect::Selfops;
            let word = if selfops { self.word(tokens, at) } else { "" };
            let next = tokens.get(at + 1).map(|token| token.kind);
            let (item, end) = match (word, next) {
                ("when", Some(_)) => self.when(tokens, at, depth),
                ("const", Some(TokenKind::Lower | TokenKind::Upper)) => self.constant(tokens, at),
                ("macro", Some(TokenKind::Lower | TokenKind::Upper)) => {
                    self.definition(tokens, at, depth)
                }
                _ => {
                    let end = script::end(tokens, at, self.source, self.dialect);
                    let statement = self.statement(&tokens[at..end]);
                    (statement.map(Item::Statement), end)
                }
            };
            items.extend(item);
            at = end.max(at + 1);
        }
        items
    }

    fn text(&self, token: Token) -> &'a str {
        &self.source[token.span.range()]
    }

    /// The lowercase word at a place, or nothing.
    fn word(&self, tokens: &[Token], at: usize) -> &'a str {
        match tokens.get(at) {
            Some(token) if token.kind == TokenKind::Lower => self.text(*token),
            _ => "",
        }
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(Code::UnexpectedToken, span, message);
        self.sink.push(diagnostic);
    }

    fn statement(&mut self, tokens: &[Token]) -> Option<Statement> {
        let parsed = self.parse(tokens, SourceKind::Statement, Clause::Allowed)?;
        Lower::new(self.source, self.dialect, self.sink).statement(parsed)
    }

    fn condition(&mut self, tokens: &[Token]) -> Option<Expr> {
        let parsed = self.parse(tokens, SourceKind::Condition, Clause::None)?;
        Some(Lower::new(self.source, self.dialect, self.sink).condition(parsed.body))
    }

    fn parse(&mut self, tokens: &[Token], kind: SourceKind, clause: Clause) -> Option<Source> {
        let tokens = names::join(tokens, self.source, clause, self.dialect);
        parse_tokens(self.source, &tokens, kind, self.limits, self.sink)
    }

    /// `when condition { … }`, with `else when condition { … }` and `else { … }` behind it.
    fn when(&mut self, tokens: &[Token], start: usize, depth: usize) -> (Option<Item>, usize) {
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut at = start;
        loop {
            // At the word `when`.
            let Some(open) = self.block(tokens, at + 1) else {
                let end = script::end(tokens, start, self.source, self.dialect).max(at + 1);
                let message = "The statements of `when` stand in braces behind its condition.";
                self.error(tokens[at].span, message);
                return (None, end);
            };
            let condition = match &tokens[at + 1..open] {
                [] => {
                    self.error(tokens[at].span, "`when` needs a condition.");
                    None
                }
                condition => self.condition(condition),
            };
            let (items, end) = self.braced(tokens, open, depth);
            arms.extend(condition.map(|condition| Arm { condition, items }));
            at = end;
            if self.word(tokens, at) != "else" {
                break;
            }
            match (
                tokens.get(at + 1).map(|token| token.kind),
                self.word(tokens, at + 1),
            ) {
                (_, "when") => at += 1,
                (Some(TokenKind::LBrace), _) => {
                    let (items, end) = self.braced(tokens, at + 1, depth);
                    otherwise = Some(items);
                    at = end;
                    break;
                }
                _ => {
                    self.error(tokens[at].span, "`{` or `when` stands behind `else`.");
                    at += 1;
                    break;
                }
            }
        }
        let span = tokens[start].span.to(tokens[at - 1].span);
        let item = (!arms.is_empty()).then_some(Item::When(When {
            span,
            arms,
            otherwise,
        }));
        (item, at)
    }

    /// The brace that opens a block: the first outside of brackets that follows an operand.
    fn block(&self, tokens: &[Token], from: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, token) in tokens.iter().enumerate().skip(from) {
            let behind_operand = at == from || tokens[at - 1].kind.ends_operand();
            match token.kind {
                TokenKind::LBrace if depth == 0 && behind_operand => return Some(at),
                kind if kind.opens() => depth += 1,
                kind if kind.closes() => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        None
    }

    /// The items of the block whose brace is at `open`, and the place behind it.
    fn braced(&mut self, tokens: &[Token], open: usize, depth: usize) -> (Vec<Item>, usize) {
        let mut level = 0_usize;
        let mut close = tokens.len();
        for (at, token) in tokens.iter().enumerate().skip(open) {
            level += usize::from(token.kind == TokenKind::LBrace);
            level -= usize::from(token.kind == TokenKind::RBrace && level > 0);
            if level == 0 {
                close = at;
                break;
            }
        }
        if close == tokens.len() {
            self.error(tokens[open].span, "This block is not closed.");
        }
        if depth >= MAX_BLOCKS {
            let message = format!("Blocks are nested more than {MAX_BLOCKS} deep.");
            let diagnostic = Diagnostic::error(Code::NestedTooDeep, tokens[open].span, message);
            self.sink.push(diagnostic);
            return (Vec::new(), tokens.len());
        }
        let items = self.all(&tokens[open + 1..close], depth + 1);
        (items, (close + 1).min(tokens.len()))
    }

    /// `const name = value`
    fn constant(&mut self, tokens: &[Token], start: usize) -> (Option<Item>, usize) {
        let end = script::end(tokens, start, self.source, self.dialect);
        let (name, behind) = self.name(tokens, start + 1);
        let is_assigned = tokens
            .get(behind)
            .is_some_and(|t| t.kind == TokenKind::Assign);
        if !is_assigned || behind + 1 >= end {
            self.error(name.span, "A constant is written `const name = value`.");
            return (None, end);
        }
        let item = self.value(&tokens[behind + 1..end]).map(|value| {
            let span = tokens[start].span.to(value.span);
            Item::Const(Const { span, name, value })
        });
        (item, end)
    }

    /// A value, or a condition where nothing else can be meant.
    fn value(&mut self, tokens: &[Token]) -> Option<Expr> {
        let parsed = self.parse(tokens, SourceKind::Value, Clause::None)?;
        let mut lower = Lower::new(self.source, self.dialect, self.sink);
        Some(match is_condition_only(&parsed.body) {
            true => lower.condition(parsed.body),
            false => lower.value(parsed.body),
        })
    }

    /// The name at a place, whose pieces touch, and the place behind it.
    fn name(&self, tokens: &[Token], at: usize) -> (Ident, usize) {
        let mut end = at + 1;
        while let Some(piece) = tokens.get(end)
            && matches!(piece.kind, TokenKind::Lower | TokenKind::Upper)
            && piece.span.start == tokens[end - 1].span.end
        {
            end += 1;
        }
        let span = tokens[at].span.to(tokens[end - 1].span);
        let text = self.source[span.range()].to_owned();
        (Ident { span, text }, end)
    }

    /// `macro Name(param: type) = value` or `macro name(param: type) { … }`
    fn definition(
        &mut self,
        tokens: &[Token],
        start: usize,
        depth: usize,
    ) -> (Option<Item>, usize) {
        let (name, at) = self.name(tokens, start + 1);
        let end = script::end(tokens, start, self.source, self.dialect);
        let Some((params, at)) = self.params(tokens, at) else {
            let message = "A macro is written `macro Name(param: type) = value` or \
                           `macro name(param: type) { … }`.";
            self.error(name.span, message);
            return (None, end);
        };
        let (body, end) = match tokens.get(at).map(|token| token.kind) {
            Some(TokenKind::Assign) if at + 1 < end => {
                (self.value(&tokens[at + 1..end]).map(MacroBody::Value), end)
            }
            Some(TokenKind::LBrace) => {
                let (items, end) = self.braced(tokens, at, depth);
                (Some(MacroBody::Items(items)), end)
            }
            _ => {
                self.error(
                    name.span,
                    "A macro has a value behind `=` or statements in braces.",
                );
                (None, end)
            }
        };
        let span = tokens[start].span.to(tokens[end - 1].span);
        let item = body.map(|body| {
            Item::Macro(Macro {
                span,
                name,
                params,
                body,
            })
        });
        (item, end)
    }

    /// Parameters in brackets, and the place behind them.
    fn params(&mut self, tokens: &[Token], open: usize) -> Option<(Vec<MacroParam>, usize)> {
        let kind = |at: usize| tokens.get(at).map(|token| token.kind);
        if kind(open) != Some(TokenKind::LParen) {
            return None;
        }
        let mut params = Vec::new();
        let mut at = open + 1;
        while kind(at) != Some(TokenKind::RParen) {
            let is_param = kind(at) == Some(TokenKind::Lower)
                && kind(at + 1) == Some(TokenKind::Colon)
                && kind(at + 2) == Some(TokenKind::Lower);
            if !is_param {
                return None;
            }
            params.push(MacroParam {
                name: self.name(tokens, at).0,
                ty: self.name(tokens, at + 2).0,
            });
            at += 3;
            match kind(at) {
                Some(TokenKind::Comma) => at += 1,
                Some(TokenKind::RParen) => {}
                _ => return None,
            }
        }
        Some((params, at + 1))
    }
}

/// The tokens of an item with the names in its statements, conditions and values joined.
pub(crate) fn join(tokens: &[Token], source: &str, dialect: Dialect, item: &Item) -> Vec<Token> {
    let mut parts = Vec::new();
    collect(item, &mut parts);
    let within = |span: Span| {
        let start = tokens.partition_point(|token| token.span.start < span.start);
        let end = tokens.partition_point(|token| token.span.start < span.end);
        start..end
    };
    let mut out = Vec::new();
    let whole = within(item.span());
    let mut at = whole.start;
    for (span, clause) in parts {
        let part = within(span);
        out.extend_from_slice(&tokens[at..part.start]);
        match clause {
            Some(clause) => {
                out.extend(names::join(&tokens[part.clone()], source, clause, dialect));
            }
            None => out.push(Token {
                kind: tokens[part.start].kind,
                span,
            }),
        }
        at = part.end;
    }
    out.extend_from_slice(&tokens[at..whole.end]);
    out
}

/// The parts of an item that are parsed on their own, in order, and its names.
fn collect(item: &Item, parts: &mut Vec<(Span, Option<Clause>)>) {
    let all = |items: &[Item], parts: &mut Vec<_>| {
        items.iter().for_each(|item| collect(item, parts));
    };
    match item {
        Item::Statement(statement) => parts.push((statement.span, Some(Clause::Allowed))),
        Item::When(when) => {
            for arm in &when.arms {
                parts.push((arm.condition.span, Some(Clause::None)));
                all(&arm.items, parts);
            }
            all(when.otherwise.as_deref().unwrap_or_default(), parts);
        }
        Item::Const(constant) => {
            parts.push((constant.name.span, None));
            parts.push((constant.value.span, Some(Clause::None)));
        }
        Item::Macro(definition) => {
            parts.push((definition.name.span, None));
            for param in &definition.params {
                parts.push((param.name.span, None));
                parts.push((param.ty.span, None));
            }
            match &definition.body {
                MacroBody::Value(value) => parts.push((value.span, Some(Clause::None))),
                MacroBody::Items(items) => all(items, parts),
            }
        }
    }
}
