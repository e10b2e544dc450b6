//! The parser for sources without mistakes: the grammar of `grammar/ottl.lalrpop` by recursive
//! descent.
//!
//! It builds the same tree as the generated parser, several times as fast, since each operand goes
//! through one loop instead of a reduction for each precedence. It knows nothing of errors: at the
//! first token that cannot follow it gives up, and the generated parser, which is what the language
//! is defined by, reads the source again and says what is wrong. Builds with debug assertions read
//! every source with both and compare ([`crate::parser`]).
//!
//! The depth of the recursion is bounded by [`crate::depth`].

use crate::Span;
use crate::ast::{BinaryOp, CompareOp, UnaryOp};
use crate::cover::{Arg, Call, Entry, Key, Kind, Name, Node, Operator, Segment, Source};
use crate::lexer::{Token, TokenKind};

/// The tree of a source; `None` if the tokens are not those of one.
pub(crate) fn parse(tokens: &[Token]) -> Option<Source> {
    let mut reader = Reader { tokens, at: 0 };
    let body = reader.expr()?;
    let clause = match reader.take(TokenKind::Where) {
        true => Some(reader.expr()?),
        false => None,
    };
    let otherwise = match reader.take(TokenKind::Else) {
        true => Some(reader.expr()?),
        false => None,
    };
    let mode = match reader.take(TokenKind::OnError) {
        true => Some(reader.behind()),
        false => None,
    };
    (reader.at == tokens.len()).then_some(Source {
        body,
        clause,
        otherwise,
        mode,
    })
}

/// How tightly operators bind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Sign,
}

/// An operator between two operands.
enum Infix {
    Or,
    And,
    Compare(CompareOp),
    /// Whether something is to be in the list.
    In(bool),
    Binary(BinaryOp),
}

impl Infix {
    fn of(kind: TokenKind) -> Option<(Self, Level)> {
        use TokenKind as T;
        Some(match kind {
            T::Or => (Self::Or, Level::Or),
            T::And => (Self::And, Level::And),
            T::Eq => (Self::Compare(CompareOp::Eq), Level::Compare),
            T::Ne => (Self::Compare(CompareOp::Ne), Level::Compare),
            T::Lt => (Self::Compare(CompareOp::Lt), Level::Compare),
            T::Le => (Self::Compare(CompareOp::Le), Level::Compare),
            T::Gt => (Self::Compare(CompareOp::Gt), Level::Compare),
            T::Ge => (Self::Compare(CompareOp::Ge), Level::Compare),
            T::In => (Self::In(true), Level::Compare),
            T::NotIn => (Self::In(false), Level::Compare),
            T::Plus => (Self::Binary(BinaryOp::Add), Level::Sum),
            T::Minus => (Self::Binary(BinaryOp::Sub), Level::Sum),
            T::Star => (Self::Binary(BinaryOp::Mul), Level::Product),
            T::Slash => (Self::Binary(BinaryOp::Div), Level::Product),
            _ => return None,
        })
    }
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    #[inline]
    fn next(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    #[inline]
    fn take(&mut self, kind: TokenKind) -> bool {
        let is_next = self.next() == Some(kind);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, kind: TokenKind) -> Option<()> {
        self.take(kind).then_some(())
    }

    /// Where the next token begins.
    fn start(&self) -> u32 {
        self.tokens.get(self.at).map_or(0, |token| token.span.start)
    }

    /// The place of the token that was read last; one was.
    fn behind(&self) -> Span {
        self.tokens[self.at - 1].span
    }

    /// From `start` to the end of what was read last.
    fn since(&self, start: u32) -> Span {
        let end = self.behind().end;
        Span { start, end }
    }

    fn node(&self, start: u32, kind: Kind) -> Node {
        let span = self.since(start);
        Node { span, kind }
    }

    /// A lambda, a condition or a value.
    fn expr(&mut self) -> Option<Node> {
        if self.next() != Some(TokenKind::LParen) {
            return self.operation(Level::Or);
        }
        let start = self.start();
        let tuple = self.primary()?;
        if !self.take(TokenKind::Arrow) {
            return self.operators(tuple, Level::Or);
        }
        let body = self.expr()?;
        Some(self.node(start, Kind::Lambda(Box::new(tuple), Box::new(body))))
    }

    /// Operands and the operators between them that bind at least as tightly as `least`.
    fn operation(&mut self, least: Level) -> Option<Node> {
        let first = self.operand(least)?;
        self.operators(first, least)
    }

    /// An operand with the signs and the `not` before it.
    fn operand(&mut self, least: Level) -> Option<Node> {
        let start = self.start();
        let sign = match self.next()? {
            TokenKind::Minus => UnaryOp::Neg,
            TokenKind::Plus => UnaryOp::Plus,
            TokenKind::Not if least <= Level::Not => {
                self.at += 1;
                let operand = self.operation(Level::Not)?;
                return Some(self.node(start, Kind::Not(Box::new(operand))));
            }
            _ => return self.primary(),
        };
        self.at += 1;
        let operand = self.operand(Level::Sign)?;
        Some(self.node(start, Kind::Unary(sign, Box::new(operand))))
    }

    /// What follows the first operand. All operators associate to the left.
    fn operators(&mut self, first: Node, least: Level) -> Option<Node> {
        let mut lhs = first;
        while let Some(kind) = self.next()
            && let Some((infix, level)) = Infix::of(kind)
            && level >= least
        {
            self.at += 1;
            let span = self.behind();
            lhs = match infix {
                Infix::Or => Node::or(lhs, self.operation(Level::And)?),
                Infix::And => Node::and(lhs, self.operation(Level::Not)?),
                Infix::Compare(op) => {
                    let rhs = self.operation(Level::Sum)?;
                    Node::compare(lhs, Operator { span, op }, rhs)
                }
                Infix::In(wanted) => {
                    self.expect(TokenKind::LBracket)?;
                    let list = self.items(TokenKind::RBracket)?;
                    let start = lhs.span.start;
                    self.node(start, Kind::In(Box::new(lhs), wanted, list))
                }
                Infix::Binary(op) => {
                    let tighter = match level {
                        Level::Sum => Level::Product,
                        _ => Level::Sign,
                    };
                    Node::binary(lhs, op, self.operation(tighter)?)
                }
            };
        }
        Some(lhs)
    }

    fn primary(&mut self) -> Option<Node> {
        use TokenKind as T;
        let token = *self.tokens.get(self.at)?;
        let start = token.span.start;
        self.at += 1;
        let kind = match token.kind {
            T::Nil
            | T::True
            | T::False
            | T::Underscore
            | T::Int
            | T::Float
            | T::String
            | T::Bytes => Kind::Leaf(token.kind),
            kind if kind.is_name() => {
                let name = Name {
                    span: token.span,
                    kind: token.kind,
                };
                match self.take(T::LParen) {
                    true => Kind::Call(self.call(name)?),
                    false => Kind::Path(self.path(name)?),
                }
            }
            T::LParen => Kind::Tuple(self.items(T::RParen)?),
            T::LBracket => Kind::List(self.items(T::RBracket)?),
            T::LBrace => Kind::Map(self.entries()?),
            _ => return None,
        };
        Some(self.node(start, kind))
    }

    fn name(&mut self) -> Option<Name> {
        let Token { kind, span } = *self.tokens.get(self.at)?;
        self.at += 1;
        kind.is_name().then_some(Name { span, kind })
    }

    /// The segments of a path whose first name was read.
    fn path(&mut self, first: Name) -> Option<Vec<Segment>> {
        let mut segments = Vec::with_capacity(2);
        let mut name = first;
        loop {
            let keys = self.keys()?;
            segments.push(Segment { name, keys });
            if !self.take(TokenKind::Dot) {
                return Some(segments);
            }
            name = self.name()?;
        }
    }

    fn keys(&mut self) -> Option<Vec<Key>> {
        let mut keys = Vec::new();
        while self.next() == Some(TokenKind::LBracket) {
            let start = self.start();
            self.at += 1;
            let value = self.expr()?;
            self.expect(TokenKind::RBracket)?;
            let span = self.since(start);
            if keys.is_empty() {
                keys.reserve_exact(1);
            }
            keys.push(Key { span, value });
        }
        Some(keys)
    }

    /// The rest of a call whose opening bracket was read.
    fn call(&mut self, name: Name) -> Option<Call> {
        let mut args = Vec::new();
        if !self.take(TokenKind::RParen) {
            args.reserve(2);
            loop {
                args.push(self.argument()?);
                if !self.take(TokenKind::Comma) {
                    break;
                }
            }
            self.expect(TokenKind::RParen)?;
        }
        let keys = self.keys()?;
        Some(Call { name, args, keys })
    }

    fn argument(&mut self) -> Option<Arg> {
        let start = self.start();
        let behind = self.tokens.get(self.at + 1);
        let is_named = behind.is_some_and(|token| token.kind == TokenKind::Assign);
        let name = match is_named {
            true => {
                let name = self.name()?;
                self.at += 1;
                Some(name)
            }
            false => None,
        };
        let value = self.expr()?;
        let span = self.since(start);
        Some(Arg { span, name, value })
    }

    /// Expressions with commas between them, and the bracket behind them.
    fn items(&mut self, closer: TokenKind) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        if self.take(closer) {
            return Some(items);
        }
        loop {
            items.push(self.expr()?);
            if !self.take(TokenKind::Comma) {
                break;
            }
        }
        self.expect(closer)?;
        Some(items)
    }

    /// The entries of a map, between which commas are optional, and the bracket behind them.
    fn entries(&mut self) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        while !self.take(TokenKind::RBrace) {
            self.expect(TokenKind::String)?;
            let key_span = self.behind();
            self.expect(TokenKind::Colon)?;
            let value = self.expr()?;
            self.take(TokenKind::Comma);
            entries.push(Entry { key_span, value });
        }
        Some(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::cover::{Kind, Source};
    use crate::lexer::{LexMode, lex};
    use crate::names::{Clause, join};
    use crate::{Dialect, Limits};

    fn read(source: &str) -> Option<Source> {
        let dialect = Dialect::Selfops;
        let lexed = lex(source, LexMode::Single, dialect, &Limits::default());
        parse(&join(&lexed.tokens, source, Clause::Allowed, dialect))
    }

    #[test]
    fn sources_without_mistakes_need_no_other_parser() {
        for source in [
            "set(a.b, 1) where not a.b == 1 and (b.c or C(d)) else set(a.b, -2 * 3) on error ignore",
            "a > 3 > set(b[\"k\"][0].c, name = [1, 2.5, {\"k\": {}, \"l\": []}])",
            "F(() => 1, (a, _) => a + 1 < 2)[a.b]",
            "a in [1, 2] or a not in []",
        ] {
            assert!(read(source).is_some(), "{source}");
        }
    }

    #[test]
    fn mistakes_are_left_to_the_other_parser() {
        for source in [
            "",
            "set(a.b, 1,)",
            "set(a.b, 1",
            "set(a.b, 1))",
            "set(a = , 1)",
            "a == not b",
            "a + (b) => c",
            "a.",
            "- not a",
            "[1 2]",
            "{a: 1}",
            "{\"a\" 1}",
            "a where",
            "a b",
        ] {
            assert!(read(source).is_none(), "{source}");
        }
    }

    #[test]
    fn operators_bind_as_in_the_grammar() {
        let kind = |source| read(source).map(|source| source.body.kind);
        assert!(matches!(kind("a or b and c or d"), Some(Kind::Or(parts)) if parts.len() == 3));
        assert!(matches!(kind("not a == b"), Some(Kind::Not(_))));
        assert!(matches!(kind("-a * b"), Some(Kind::Binary(..))));
        assert!(matches!(kind("a < b < c"), Some(Kind::Compare(left, ..))
            if matches!(left.kind, Kind::Compare(..))));
    }
}
