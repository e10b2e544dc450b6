//! From tokens to the tree of an expression.

use ottl_syntax::{Code, Diagnostic, Span};

use super::lex::{Token, tokens};
use super::tree::{Binary, Expr, Kind, Order};
use super::{Failed, unsupported};

/// How deep expressions may nest, in brackets and operators.
const MAX_DEPTH: usize = 64;

/// How tightly signs in front of something bind.
const NOT: u16 = 50;
const SIGNED: u16 = 90;

/// How tightly an operator between two binds; nothing for what is none.
fn binding(sign: &str) -> Option<u16> {
    Some(match sign {
        "|" => 0,
        "or" | "||" => 10,
        "and" | "&&" => 15,
        "==" | "!=" | "<" | ">" | ">=" | "<=" | "in" | "matches" | "contains" | "startsWith"
        | "endsWith" => 20,
        ".." => 25,
        "+" | "-" => 30,
        "*" | "/" | "%" => 60,
        "**" | "^" => 100,
        "??" => 500,
        _ => return None,
    })
}

fn order_of(sign: &str) -> Option<Order> {
    Some(match sign {
        "<" => Order::Less,
        "<=" => Order::LessOrEqual,
        ">" => Order::Greater,
        ">=" => Order::GreaterOrEqual,
        _ => return None,
    })
}

fn binary(sign: &str) -> Option<Binary> {
    Some(match sign {
        "==" => Binary::Equal,
        "!=" => Binary::NotEqual,
        "in" => Binary::In,
        "matches" => Binary::Matches,
        "contains" => Binary::Contains,
        "startsWith" => Binary::StartsWith,
        "endsWith" => Binary::EndsWith,
        "+" => Binary::Add,
        "??" => Binary::Coalesce,
        _ => return None,
    })
}

/// Whether `not` may stand in front of the operator.
fn takes_not(sign: &str) -> bool {
    ["in", "matches", "contains", "startsWith", "endsWith"].contains(&sign)
}

/// Reads an expression.
pub(super) fn parse(source: &str) -> Result<Expr, Failed> {
    let mut parser = Parser {
        tokens: tokens(source)?,
        at: 0,
        depth: 0,
    };
    let tree = parser.expression(0)?;
    match parser.sign() {
        Some(";") => Err(unsupported(parser.span(), "A sequence of expressions")),
        _ if parser.token() == &Token::End => Ok(tree),
        _ => Err(parser.unexpected()),
    }
}

struct Parser {
    /// The last one is the end.
    tokens: Vec<(Token, Span)>,
    at: usize,
    /// How many expressions are begun.
    depth: usize,
}

impl Parser {
    fn token(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    fn sign(&self) -> Option<&'static str> {
        match self.token() {
            Token::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn accept(&mut self, sign: &str) -> bool {
        let is_there = self.sign() == Some(sign);
        if is_there {
            self.advance();
        }
        is_there
    }

    fn expect(&mut self, sign: &str) -> Result<(), Failed> {
        if self.accept(sign) {
            return Ok(());
        }
        let mut error = self.unexpected();
        error.notes.push(format!("Here `{sign}` is missing."));
        Err(error)
    }

    fn unexpected(&self) -> Failed {
        let span = self.span();
        if self.sign() == Some("=") {
            let error = Diagnostic::error(
                Code::UnexpectedToken,
                span,
                "Expressions compare with `==`.",
            );
            return Box::new(error.with_fix(span, "write two signs", "=="));
        }
        Box::new(match self.token() {
            Token::End => {
                Diagnostic::error(Code::UnexpectedEnd, span, "The expression ends too early.")
            }
            _ => Diagnostic::error(
                Code::UnexpectedToken,
                span,
                "This cannot stand here in an expression.",
            ),
        })
    }

    /// From the beginning of `first` to what was read last.
    fn since(&self, first: Span) -> Span {
        let last = self.tokens[self.at.saturating_sub(1)].1;
        Span::new(first.start as usize, last.end.max(first.end) as usize)
    }

    fn node(&self, kind: Kind, first: Span) -> Result<Expr, Failed> {
        let node = Expr::new(kind, self.since(first));
        if node.depth > MAX_DEPTH {
            return Err(too_deep(node.span));
        }
        Ok(node)
    }

    /// An expression of operators that bind at least so tightly.
    fn expression(&mut self, least: u16) -> Result<Expr, Failed> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(self.span()));
        }
        self.depth += 1;
        let read = self.operators(least);
        self.depth -= 1;
        read
    }

    fn operators(&mut self, least: u16) -> Result<Expr, Failed> {
        match self.sign() {
            Some("let") if least == 0 => return Err(unsupported(self.span(), "`let`")),
            Some("if") if least == 0 => return self.branches(),
            _ => {}
        }
        let first = self.span();
        let mut left = self.primary()?;
        let mut was_coalesced = false;
        while let Some(mut sign) = self.sign() {
            let is_negated = sign == "not";
            if is_negated {
                match self.tokens.get(self.at + 1) {
                    Some((Token::Sign(after), _)) if takes_not(after) => sign = after,
                    _ => {
                        self.advance();
                        return Err(self.unexpected());
                    }
                }
            }
            let Some(binding) = binding(sign).filter(|binding| *binding >= least) else {
                break;
            };
            if is_negated {
                self.advance();
            }
            if was_coalesced && !["??", "|"].contains(&sign) {
                let mut error = self.unexpected();
                error
                    .notes
                    .push("Put what has `??` into brackets.".to_owned());
                return Err(error);
            }
            was_coalesced = sign == "??";
            left = self.operator(left, first, sign, binding)?;
            if is_negated {
                left = self.node(Kind::Not(Box::new(left)), first)?;
            }
        }
        if least == 0 {
            self.choices(left, first)
        } else {
            Ok(left)
        }
    }

    /// The operator that comes next, and what is right of it.
    fn operator(
        &mut self,
        left: Expr,
        first: Span,
        sign: &'static str,
        least: u16,
    ) -> Result<Expr, Failed> {
        let at = self.span();
        self.advance();
        if sign == "|" {
            let Token::Name(name) = self.token().clone() else {
                return Err(self.unexpected());
            };
            return self.call(name, vec![left], first);
        }
        if let Some(order) = order_of(sign) {
            return self.ordered(left, first, (order, at), least);
        }
        let is_known = matches!(sign, "or" | "||" | "and" | "&&") || binary(sign).is_some();
        if !is_known {
            return Err(unsupported(at, &format!("The operator `{sign}`")));
        }
        let right = self.expression(least + 1)?;
        let kind = match (sign, left.kind) {
            ("and" | "&&", Kind::All(mut parts)) => {
                parts.push(right);
                Kind::All(parts)
            }
            ("or" | "||", Kind::Any(mut parts)) => {
                parts.push(right);
                Kind::Any(parts)
            }
            (_, kind) => {
                let left = Expr { kind, ..left };
                match binary(sign) {
                    Some(operator) => Kind::Binary {
                        operator,
                        at,
                        left: Box::new(left),
                        right: Box::new(right),
                    },
                    None if sign.starts_with(['a', '&']) => Kind::All(vec![left, right]),
                    None => Kind::Any(vec![left, right]),
                }
            }
        };
        self.node(kind, first)
    }

    /// What comes behind the first sign of `a < b <= c`.
    fn ordered(
        &mut self,
        left: Expr,
        first: Span,
        sign: (Order, Span),
        least: u16,
    ) -> Result<Expr, Failed> {
        let mut rest = Vec::new();
        let mut sign = Some(sign);
        while let Some((order, at)) = sign {
            rest.push((order, at, self.expression(least + 1)?));
            sign = self
                .sign()
                .and_then(order_of)
                .map(|order| (order, self.span()));
            if sign.is_some() {
                self.advance();
            }
        }
        let kind = Kind::Ordered {
            first: Box::new(left),
            rest,
        };
        self.node(kind, first)
    }

    /// `a ? b : c` and `a ?: c` behind `a`.
    fn choices(&mut self, mut left: Expr, first: Span) -> Result<Expr, Failed> {
        while self.accept("?") {
            let then = if self.accept(":") {
                None
            } else {
                let then = self.expression(0)?;
                self.expect(":")?;
                Some(Box::new(then))
            };
            let otherwise = self.expression(0)?;
            let kind = Kind::Choice {
                condition: Box::new(left),
                then,
                otherwise: Box::new(otherwise),
            };
            left = self.node(kind, first)?;
        }
        Ok(left)
    }

    /// `if a { b } else { c }`.
    fn branches(&mut self) -> Result<Expr, Failed> {
        let first = self.span();
        self.advance();
        let condition = self.expression(0)?;
        let then = self.block()?;
        self.expect("else")?;
        let otherwise = match self.sign() {
            Some("if") => self.expression(0)?,
            _ => self.block()?,
        };
        let kind = Kind::Choice {
            condition: Box::new(condition),
            then: Some(Box::new(then)),
            otherwise: Box::new(otherwise),
        };
        self.node(kind, first)
    }

    fn block(&mut self) -> Result<Expr, Failed> {
        self.expect("{")?;
        let inner = self.expression(0)?;
        self.expect("}")?;
        Ok(inner)
    }

    fn primary(&mut self) -> Result<Expr, Failed> {
        let first = self.span();
        match self.sign() {
            Some("not" | "!") => {
                self.advance();
                let operand = Box::new(self.expression(NOT)?);
                let node = self.node(Kind::Not(operand), first)?;
                self.without_member(node)
            }
            Some(sign @ ("+" | "-")) => {
                self.advance();
                let operand = Box::new(self.expression(SIGNED)?);
                let is_negative = sign == "-";
                let kind = Kind::Signed {
                    is_negative,
                    operand,
                };
                let node = self.node(kind, first)?;
                self.without_member(node)
            }
            Some("(") => {
                self.advance();
                let inner = self.expression(0)?;
                if self.sign() == Some(";") {
                    return Err(unsupported(self.span(), "A sequence of expressions"));
                }
                self.expect(")")?;
                self.without_member(inner)
            }
            Some("[") => {
                self.advance();
                let parts = self.list("]")?;
                let node = self.node(Kind::Array(parts), first)?;
                self.without_member(node)
            }
            Some("{") => Err(unsupported(first, "A map")),
            Some("::") => Err(unsupported(first, "`::`")),
            Some(_) => Err(self.unexpected()),
            None => self.literal(first),
        }
    }

    fn literal(&mut self, first: Span) -> Result<Expr, Failed> {
        let kind = match self.token().clone() {
            Token::Name(name) => match name.as_str() {
                "true" | "false" => Kind::Bool(name == "true"),
                "nil" => Kind::Nil,
                _ if self.tokens.get(self.at + 1).map(|(token, _)| token)
                    == Some(&Token::Sign("(")) =>
                {
                    let call = self.call(name, Vec::new(), first)?;
                    return self.without_member(call);
                }
                _ => Kind::Name(name),
            },
            Token::Text(text) => Kind::Text(text),
            Token::Int(value) => Kind::Int(value),
            Token::Float(value) => Kind::Float(value),
            Token::Bytes => return Err(unsupported(first, "A literal of bytes")),
            Token::Sign(_) | Token::End => return Err(self.unexpected()),
        };
        self.advance();
        let node = self.node(kind, first)?;
        self.without_member(node)
    }

    /// A call, at the name of the function. What stands in front of `|` is an argument already.
    fn call(
        &mut self,
        name: String,
        mut arguments: Vec<Expr>,
        first: Span,
    ) -> Result<Expr, Failed> {
        let name_span = self.span();
        self.advance();
        if super::functions::takes_predicate(&name) {
            return Err(unsupported(name_span, &format!("The function `{name}`")));
        }
        self.expect("(")?;
        arguments.extend(self.list(")")?);
        let kind = Kind::Call {
            name,
            name_span,
            arguments,
        };
        self.node(kind, first)
    }

    /// Expressions with commas between them, and one behind the last if one likes.
    fn list(&mut self, end: &str) -> Result<Vec<Expr>, Failed> {
        let mut parts = Vec::new();
        while !self.accept(end) {
            if !parts.is_empty() {
                self.expect(",")?;
                if self.accept(end) {
                    break;
                }
            }
            parts.push(self.expression(0)?);
        }
        Ok(parts)
    }

    /// The same, if no part of it is asked for.
    fn without_member(&self, node: Expr) -> Result<Expr, Failed> {
        match self.sign() {
            Some("[" | "." | "?.") => Err(unsupported(self.span(), "A part of a value")),
            _ => Ok(node),
        }
    }
}

fn too_deep(span: Span) -> Failed {
    let message = format!("The expression nests deeper than {MAX_DEPTH} levels.");
    Box::new(Diagnostic::error(Code::NestedTooDeep, span, message))
}
