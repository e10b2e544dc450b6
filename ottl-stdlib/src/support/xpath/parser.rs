//! Reads an expression.
//!
//! As in the reference, what follows a complete expression is not read, but for its first token.

use super::ast::{Arithmetic, Ast, AstId, Comparison, Expr, NodeTest, Operator, Step};
use super::lexer::{Kind, Lexer};

/// How many bytes an expression may have.
const MAX_LEN: usize = 16 << 10;
/// How deep brackets and parentheses may nest.
const MAX_DEPTH: usize = 64;

/// Parses an expression.
///
/// # Errors
/// What is wrong with it, or which limit it exceeds.
pub(super) fn parse(text: &[u8]) -> Result<Ast<'_>, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() > MAX_LEN {
        return Err(format!("it is longer than {MAX_LEN} bytes"));
    }
    let mut parser = Parser {
        lexer: Lexer::new(text)?,
        ast: Ast::new(),
        depth: 0,
    };
    parser.ast.top = parser.expression()?;
    Ok(parser.ast)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    ast: Ast<'a>,
    depth: usize,
}

type Parsed = Result<AstId, String>;

impl<'a> Parser<'a> {
    fn is(&self, kind: Kind) -> bool {
        self.lexer.kind == kind
    }

    fn expect(&mut self, kind: Kind, what: &str) -> Result<(), String> {
        if !self.is(kind) {
            return Err(format!("{what} is missing"));
        }
        self.lexer.next()
    }

    /// Whether the token is an operator that is a word.
    fn is_word(&self, word: &[u8]) -> bool {
        self.is(Kind::Name) && self.lexer.prefix.is_empty() && self.lexer.name == word
    }

    fn nested(&mut self, parse: fn(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("it nests more than {MAX_DEPTH} levels deep"));
        }
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn expression(&mut self) -> Parsed {
        self.nested(Self::or)
    }

    /// Operands of `operand`, joined from the left by the operators that `operator` knows.
    fn joined(
        &mut self,
        operand: fn(&mut Self) -> Parsed,
        operator: fn(&Self) -> Option<Operator>,
    ) -> Parsed {
        let mut left = operand(self)?;
        while let Some(op) = operator(self) {
            self.lexer.next()?;
            let right = operand(self)?;
            left = self.ast.add(Expr::Operator { op, left, right });
        }
        Ok(left)
    }

    fn or(&mut self) -> Parsed {
        self.joined(Self::and, |parser| {
            parser.is_word(b"or").then_some(Operator::Or)
        })
    }

    fn and(&mut self) -> Parsed {
        self.joined(Self::equality, |parser| {
            parser.is_word(b"and").then_some(Operator::And)
        })
    }

    fn equality(&mut self) -> Parsed {
        self.joined(Self::order, |parser| {
            Comparison::of(parser.lexer.kind, false).map(Operator::Compare)
        })
    }

    fn order(&mut self) -> Parsed {
        self.joined(Self::sum, |parser| {
            Comparison::of(parser.lexer.kind, true).map(Operator::Compare)
        })
    }

    fn sum(&mut self) -> Parsed {
        self.joined(Self::product, |parser| match parser.lexer.kind {
            Kind::Plus => Some(Operator::Arithmetic(Arithmetic::Add)),
            Kind::Minus => Some(Operator::Arithmetic(Arithmetic::Subtract)),
            _ => None,
        })
    }

    fn product(&mut self) -> Parsed {
        self.joined(Self::negation, |parser| {
            let op = if parser.is(Kind::Star) {
                Arithmetic::Multiply
            } else if parser.is_word(b"div") {
                Arithmetic::Divide
            } else if parser.is_word(b"mod") {
                Arithmetic::Remainder
            } else {
                return None;
            };
            Some(Operator::Arithmetic(op))
        })
    }

    fn negation(&mut self) -> Parsed {
        let mut negative = false;
        while self.is(Kind::Minus) {
            self.lexer.next()?;
            negative = !negative;
        }
        let left = self.union()?;
        if !negative {
            return Ok(left);
        }
        let right = self.ast.add(Expr::Number(-1.0));
        let op = Operator::Arithmetic(Arithmetic::Multiply);
        Ok(self.ast.add(Expr::Operator { op, left, right }))
    }

    fn union(&mut self) -> Parsed {
        self.joined(Self::path, |parser| {
            parser.is(Kind::Union).then_some(Operator::Union)
        })
    }

    fn path(&mut self) -> Parsed {
        let is_primary = match self.lexer.kind {
            Kind::String | Kind::Number | Kind::Dollar | Kind::ParenOpen => true,
            Kind::Name => self.lexer.is_call && !self.is_node_type(),
            _ => false,
        };
        if !is_primary {
            return self.location();
        }
        let primary = self.filtered_primary()?;
        match self.lexer.kind {
            Kind::Slash => {
                self.lexer.next()?;
                self.steps(Some(primary))
            }
            Kind::SlashSlash => {
                self.lexer.next()?;
                let all = self.all_below(Some(primary));
                self.steps(Some(all))
            }
            _ => Ok(primary),
        }
    }

    fn is_node_type(&self) -> bool {
        let name = self.lexer.name;
        self.lexer.prefix.is_empty()
            && matches!(
                name,
                b"node" | b"text" | b"processing-instruction" | b"comment"
            )
    }

    fn filtered_primary(&mut self) -> Parsed {
        let primary = self.primary()?;
        if self.is(Kind::BracketOpen) {
            return self.filter(primary);
        }
        Ok(primary)
    }

    fn filter(&mut self, input: AstId) -> Parsed {
        self.lexer.next()?;
        let condition = self.expression()?;
        self.expect(Kind::BracketClose, "`]`")?;
        Ok(self.ast.add(Expr::Filter { input, condition }))
    }

    fn primary(&mut self) -> Parsed {
        match self.lexer.kind {
            Kind::String => {
                let text = self.ast.add(Expr::Text(self.lexer.string));
                self.lexer.next()?;
                Ok(text)
            }
            Kind::Number => {
                let number = self.ast.add(Expr::Number(self.lexer.number));
                self.lexer.next()?;
                Ok(number)
            }
            Kind::Dollar => {
                self.lexer.next()?;
                self.expect(Kind::Name, "the name of a variable")?;
                Ok(self.ast.add(Expr::Variable))
            }
            Kind::ParenOpen => {
                self.lexer.next()?;
                let inner = self.expression()?;
                self.expect(Kind::ParenClose, "`)`")?;
                Ok(match self.ast.get(inner) {
                    Expr::Number(_) | Expr::Text(_) => inner,
                    _ => self.ast.add(Expr::Group(inner)),
                })
            }
            _ => self.call(),
        }
    }

    fn call(&mut self) -> Parsed {
        let name = self.lexer.name;
        let mut args = Vec::new();
        self.expect(Kind::Name, "the name of a function")?;
        self.expect(Kind::ParenOpen, "`(`")?;
        if !self.is(Kind::ParenClose) {
            loop {
                args.push(self.expression()?);
                if self.is(Kind::ParenClose) {
                    break;
                }
                self.expect(Kind::Comma, "`,` or `)`")?;
            }
        }
        self.lexer.next()?;
        Ok(self.ast.add(Expr::Call { name, args }))
    }

    fn location(&mut self) -> Parsed {
        match self.lexer.kind {
            Kind::Slash => {
                self.lexer.next()?;
                let root = self.ast.add(Expr::Root);
                match self.lexer.kind {
                    Kind::Dot | Kind::DotDot | Kind::At | Kind::Axis | Kind::Star | Kind::Name => {
                        self.steps(Some(root))
                    }
                    _ => Ok(root),
                }
            }
            Kind::SlashSlash => {
                self.lexer.next()?;
                let root = self.ast.add(Expr::Root);
                let all = self.all_below(Some(root));
                self.steps(Some(all))
            }
            _ => self.steps(None),
        }
    }

    fn steps(&mut self, input: Option<AstId>) -> Parsed {
        let mut path = self.step(input)?;
        loop {
            match self.lexer.kind {
                Kind::SlashSlash => {
                    self.lexer.next()?;
                    path = self.all_below(Some(path));
                }
                Kind::Slash => self.lexer.next()?,
                _ => return Ok(path),
            }
            path = self.step(Some(path))?;
        }
    }

    /// The step that `//` stands for.
    fn all_below(&mut self, input: Option<AstId>) -> AstId {
        self.any(b"descendant-or-self", input)
    }

    fn any(&mut self, axis: &'static [u8], input: Option<AstId>) -> AstId {
        self.ast.add(Expr::Step(Step {
            axis,
            test: NodeTest::Any,
            local: b"",
            prefix: b"",
            input,
        }))
    }

    fn step(&mut self, input: Option<AstId>) -> Parsed {
        let short: Option<&[u8]> = match self.lexer.kind {
            Kind::Dot => Some(b"self"),
            Kind::DotDot => Some(b"parent"),
            _ => None,
        };
        let mut step = if let Some(axis) = short {
            self.lexer.next()?;
            self.any(axis, input)
        } else {
            let mut axis: &[u8] = b"child";
            match self.lexer.kind {
                Kind::At => {
                    axis = b"attribute";
                    self.lexer.next()?;
                }
                Kind::Axis => {
                    axis = self.lexer.name;
                    self.lexer.next()?;
                }
                Kind::ParenOpen => return self.sequence(input),
                _ => {}
            }
            self.node_test(axis, input)?
        };
        while self.is(Kind::BracketOpen) {
            step = self.filter(step)?;
        }
        Ok(step)
    }

    /// Several steps in parentheses from the same nodes.
    fn sequence(&mut self, input: Option<AstId>) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("it nests more than {MAX_DEPTH} levels deep"));
        }
        self.lexer.next()?;
        let mut left = self.step(input)?;
        while self.is(Kind::Comma) {
            self.lexer.next()?;
            let right = self.step(input)?;
            let op = Operator::Union;
            left = self.ast.add(Expr::Operator { op, left, right });
        }
        self.expect(Kind::ParenClose, "`)`")?;
        self.depth -= 1;
        Ok(left)
    }

    fn node_test(&mut self, axis: &'a [u8], input: Option<AstId>) -> Parsed {
        let test = if axis == b"attribute" {
            NodeTest::Attribute
        } else {
            NodeTest::Element
        };
        let mut step = Step {
            axis,
            test,
            local: b"",
            prefix: b"",
            input,
        };
        match self.lexer.kind {
            Kind::Star => self.lexer.next()?,
            Kind::Name if self.lexer.is_call && self.is_node_type() => {
                self.node_type(&mut step)?;
            }
            Kind::Name => {
                step.prefix = self.lexer.prefix;
                step.local = self.lexer.name;
                self.lexer.next()?;
                // The reference looks for the asterisk of `prefix:*` in the latest name, which is
                // another one when a word follows.
                if self.lexer.name == b"*" {
                    step.local = b"";
                }
            }
            _ => return Err("a step of a path is missing".to_owned()),
        }
        Ok(self.ast.add(Expr::Step(step)))
    }

    fn node_type(&mut self, step: &mut Step<'a>) -> Result<(), String> {
        let name = self.lexer.name;
        self.lexer.next()?;
        self.expect(Kind::ParenOpen, "`(`")?;
        if name == b"processing-instruction" && !self.is(Kind::ParenClose) {
            step.local = self.lexer.string;
            self.expect(Kind::String, "the target in quotes")?;
        }
        self.expect(Kind::ParenClose, "`)`")?;
        match name {
            b"comment" => step.test = NodeTest::Comment,
            b"text" => step.test = NodeTest::Text,
            b"node" => step.test = NodeTest::Any,
            _ => {}
        }
        Ok(())
    }
}
