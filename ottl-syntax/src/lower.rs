//! From the cover tree to the syntax tree: what may stand where.
//!
//! Every function lowers a node *as* something (a value, an operand of arithmetic, a condition) and
//! reports what cannot be that. The rules are the reference's, found in its grammar and confirmed
//! by asking it; `tests/accept_reject.rs` has the answers. What cannot stand where it stands becomes
//! [`ExprKind::Error`].

use crate::ast::{Argument, Call, Expr, ExprKind, Ident, Key, KeyKind, Lambda, MapEntry};
use crate::ast::{Path, Segment, Statement, UnaryOp};
use crate::cover::{self, Kind, Node};
use crate::diagnostic::Sink;
use crate::lexer::TokenKind;
use crate::literal;
use crate::names;
use crate::sorts::{
    begins_with_int, is_condition_only, is_operand, kind_name, lambda_parameter, snake_case,
};
use crate::statement;
use crate::{Code, Diagnostic, Dialect, Span};

pub(crate) struct Lower<'a> {
    source: &'a str,
    pub(crate) dialect: Dialect,
    pub(crate) sink: &'a mut Sink,
}

/// What becomes of each element, in a list of its own: `collect` would make it in the place of the
/// other, which is of another size and has to be shrunk afterwards.
fn each<T, U>(list: Vec<T>, lower: impl FnMut(T) -> U) -> Vec<U> {
    let mut lowered = Vec::with_capacity(list.len());
    lowered.extend(list.into_iter().map(lower));
    lowered
}

fn error_at(span: Span) -> Expr {
    let kind = ExprKind::Error;
    Expr { span, kind }
}

impl<'a> Lower<'a> {
    pub(crate) fn new(source: &'a str, dialect: Dialect, sink: &'a mut Sink) -> Self {
        Self {
            source,
            dialect,
            sink,
        }
    }

    pub(crate) fn statement(&mut self, source: cover::Source) -> Option<Statement> {
        statement::lower(self, source)
    }

    pub(crate) fn text(&self, span: Span) -> &'a str {
        &self.source[span.range()]
    }

    pub(crate) fn reject(&mut self, diagnostic: Diagnostic, span: Span) -> Expr {
        self.sink.push(diagnostic);
        error_at(span)
    }

    fn wrong_sort(&mut self, span: Span, message: impl Into<String>) -> Expr {
        self.reject(Diagnostic::error(Code::WrongSort, span, message), span)
    }

    /// Something that stands where a value is expected.
    pub(crate) fn value(&mut self, node: Node) -> Expr {
        let span = node.span;
        let kind = match node.kind {
            Kind::Leaf(kind) => return self.leaf(kind, span),
            Kind::Path(segments) => return self.path_or_symbol(segments, span),
            Kind::Call(call) => return self.converter(call, span),
            Kind::List(items) => ExprKind::List(each(items, |item| self.value(item))),
            Kind::Map(entries) => ExprKind::Map(each(entries, |entry| self.entry(entry))),
            Kind::Unary(..) | Kind::Binary(..) => return self.math(node),
            Kind::Tuple(items) => return self.parenthesised_value(items, span),
            Kind::Compare(..) | Kind::In(..) | Kind::Not(_) | Kind::And(_) | Kind::Or(_) => {
                return self.condition_as_value(span);
            }
            Kind::Lambda(..) => {
                return self.wrong_sort(
                    span,
                    "A lambda can stand only as an argument of a function.",
                );
            }
            Kind::Error => ExprKind::Error,
        };
        Expr { span, kind }
    }

    fn condition_as_value(&mut self, span: Span) -> Expr {
        let diagnostic = Diagnostic::error(
            Code::WrongSort,
            span,
            "A condition stands where a value is expected.",
        )
        .with_note("Conditions stand behind `where` and in lambdas; they have no value elsewhere.");
        self.reject(diagnostic, span)
    }

    fn leaf(&mut self, kind: TokenKind, span: Span) -> Expr {
        let text = self.text(span);
        let kind = match kind {
            TokenKind::Nil => ExprKind::Nil,
            TokenKind::True => ExprKind::Bool(true),
            TokenKind::False => ExprKind::Bool(false),
            TokenKind::Int => literal::int(text).map_or(ExprKind::Error, ExprKind::Int),
            TokenKind::Float => literal::float(text).map_or(ExprKind::Error, ExprKind::Float),
            TokenKind::String => ExprKind::String(literal::string(text)),
            TokenKind::Bytes => ExprKind::Bytes(literal::bytes(text)),
            _ => {
                let message = "`_` is a lambda parameter that cannot be used.";
                let diagnostic = Diagnostic::error(Code::UnexpectedToken, span, message)
                    .with_note("Give the parameter a name.");
                return self.reject(diagnostic, span);
            }
        };
        Expr { span, kind }
    }

    /// A name, or a path. A single segment may be an enum symbol.
    fn path_or_symbol(&mut self, segments: Vec<cover::Segment>, span: Span) -> Expr {
        if let [only] = segments.as_slice()
            && only.keys.is_empty()
        {
            match only.name.kind {
                TokenKind::Upper => {
                    let kind = ExprKind::Enum(self.text(span).to_owned());
                    return Expr { span, kind };
                }
                TokenKind::MixedUpper => return self.stray_function_name(only.name, span),
                _ => {}
            }
        }
        self.path(segments, span)
    }

    fn stray_function_name(&mut self, name: cover::Name, span: Span) -> Expr {
        let text = names::text(self.text(name.span));
        let diagnostic = Diagnostic::error(
            Code::UnexpectedToken,
            span,
            format!("`{text}` is a function's name, not a value."),
        )
        .with_note("A function's name without brackets can stand only as an argument.")
        .with_fix(span, "call the function", format!("{text}()"));
        self.reject(diagnostic, span)
    }

    fn path(&mut self, segments: Vec<cover::Segment>, span: Span) -> Expr {
        let mut valid = true;
        for segment in &segments {
            valid &= self.check_segment(segment.name);
        }
        let mut lowered = Vec::with_capacity(segments.len());
        for segment in segments {
            lowered.push(Segment {
                name: self.ident(segment.name),
                keys: self.keys(segment.keys),
            });
        }
        if !valid {
            return error_at(span);
        }
        let segments = lowered;
        let kind = ExprKind::Path(Path { span, segments });
        Expr { span, kind }
    }

    fn check_segment(&mut self, name: cover::Name) -> bool {
        if name.kind == TokenKind::Lower {
            return true;
        }
        let text = names::text(self.text(name.span));
        self.sink.push(
            Diagnostic::error(
                Code::UnexpectedToken,
                name.span,
                format!("`{text}` cannot be a part of a path."),
            )
            .with_note("The names in a path are lowercase letters, digits and underscores.")
            .with_fix(name.span, "in snake case", snake_case(&text)),
        );
        false
    }

    pub(crate) fn ident(&self, name: cover::Name) -> Ident {
        let text = self.text(name.span);
        Ident {
            span: name.span,
            text: match name.kind {
                // A single piece.
                TokenKind::Lower | TokenKind::Upper => text.to_owned(),
                _ => names::text(text),
            },
        }
    }

    fn keys(&mut self, keys: Vec<cover::Key>) -> Vec<Key> {
        each(keys, |key| self.key(key))
    }

    /// A key that begins with a string or an integer is nothing but that; otherwise it is
    /// arithmetic, a path or a converter.
    fn key(&mut self, key: cover::Key) -> Key {
        let span = key.span;
        let kind = match key.value.kind {
            Kind::Leaf(TokenKind::String) => {
                KeyKind::String(literal::string(self.text(key.value.span)))
            }
            Kind::Leaf(TokenKind::Int) => match literal::int(self.text(key.value.span)) {
                Ok(index) => KeyKind::Int(index),
                Err(_) => KeyKind::Expr(Box::new(error_at(key.value.span))),
            },
            Kind::Binary(..) if begins_with_int(&key.value) => {
                KeyKind::Expr(Box::new(self.key_beginning_with_int(key.value)))
            }
            _ => KeyKind::Expr(Box::new(self.key_expression(key.value))),
        };
        Key { span, kind }
    }

    fn key_beginning_with_int(&mut self, value: Node) -> Expr {
        let span = value.span;
        let replacement = format!("({})", self.text(span));
        let diagnostic = Diagnostic::error(
            Code::UnexpectedToken,
            span,
            "A key that begins with a number cannot go on with arithmetic.",
        )
        .with_fix(span, "put the arithmetic in parentheses", replacement);
        self.reject(diagnostic, span)
    }

    fn key_expression(&mut self, value: Node) -> Expr {
        if is_operand(&value) || matches!(value.kind, Kind::Error) {
            return self.math(value);
        }
        let span = value.span;
        let diagnostic = Diagnostic::error(
            Code::UnexpectedToken,
            span,
            format!("{} cannot be a key.", kind_name(&value)),
        )
        .with_note("A key is a string, an integer, a path, a call of a converter or arithmetic.");
        self.reject(diagnostic, span)
    }

    fn entry(&mut self, entry: cover::Entry) -> MapEntry {
        MapEntry {
            key_span: entry.key_span,
            key: literal::string(self.text(entry.key_span)),
            value: self.value(entry.value),
        }
    }

    /// A call that stands where a value is expected.
    fn converter(&mut self, call: cover::Call, span: Span) -> Expr {
        let lower = call.name.starts_lower();
        if lower && self.dialect == Dialect::Strict {
            let name = names::text(self.text(call.name.span));
            let mut chars = name.chars();
            let upper: String = chars
                .next()
                .into_iter()
                .flat_map(char::to_uppercase)
                .chain(chars)
                .collect();
            self.sink.push(
                Diagnostic::error(
                    Code::EditorNotFirst,
                    call.name.span,
                    format!(
                        "Converter names must start with an uppercase letter but got `{name}`."
                    ),
                )
                .with_note("An editor changes its target and has no value.")
                .with_fix(
                    call.name.span,
                    format!("a converter would be named `{upper}`"),
                    upper.clone(),
                ),
            );
        }
        if lower {
            self.check_not_indexed(&call);
        }
        let kind = ExprKind::Call(self.call(call, span));
        Expr { span, kind }
    }

    /// Reports keys behind a function with a lowercase name.
    pub(crate) fn check_not_indexed(&mut self, call: &cover::Call) {
        let (Some(first), Some(last)) = (call.keys.first(), call.keys.last()) else {
            return;
        };
        let keys = first.span.to(last.span);
        let name = names::text(self.text(call.name.span));
        self.sink.push(
            Diagnostic::error(
                Code::EditorIndexed,
                keys,
                format!("Only paths and converters may be indexed, not editors, but got `{name}`."),
            )
            .with_fix(keys, "remove the key", ""),
        );
    }

    pub(crate) fn call(&mut self, call: cover::Call, span: Span) -> Call {
        let keys = match call.name.starts_lower() {
            true => Vec::new(),
            false => self.keys(call.keys),
        };
        Call {
            span,
            name: self.ident(call.name),
            args: each(call.args, |arg| self.argument(arg)),
            keys,
        }
    }

    fn argument(&mut self, arg: cover::Arg) -> Argument {
        if let Some(name) = arg.name
            && !name.starts_lower()
        {
            let text = names::text(self.text(name.span));
            let diagnostic = Diagnostic::error(
                Code::UnexpectedToken,
                name.span,
                format!("`{text}` cannot be the name of a parameter."),
            )
            .with_note("Names of parameters start with a lowercase letter.");
            self.sink.push(diagnostic);
        }
        Argument {
            span: arg.span,
            name: arg.name.map(|name| self.ident(name)),
            value: self.argument_value(arg.value),
        }
    }

    fn argument_value(&mut self, node: Node) -> Expr {
        let span = node.span;
        match node.kind {
            Kind::Lambda(params, body) => self.lambda(*params, *body, span),
            Kind::Path(segments) => match segments.as_slice() {
                [only] if only.keys.is_empty() && only.name.kind == TokenKind::MixedUpper => {
                    let kind = ExprKind::FunctionName(names::text(self.text(span)));
                    Expr { span, kind }
                }
                _ => self.path_or_symbol(segments, span),
            },
            kind => self.value(Node { span, kind }),
        }
    }

    fn lambda(&mut self, params: Node, body: Node, span: Span) -> Expr {
        let params = match params.kind {
            Kind::Tuple(params) => params,
            _ => Vec::new(),
        };
        let mut idents = Vec::with_capacity(params.len());
        for param in params {
            match lambda_parameter(&param) {
                Some(name) => idents.push(self.ident(name)),
                None if matches!(param.kind, Kind::Error) => {}
                None => {
                    let message = "A lambda parameter is a lowercase name or `_`.";
                    let error = Diagnostic::error(Code::UnexpectedToken, param.span, message);
                    self.sink.push(error);
                }
            }
        }
        let kind = ExprKind::Lambda(Lambda {
            params: idents,
            body: Box::new(self.lambda_body(body)),
        });
        Expr { span, kind }
    }

    fn lambda_body(&mut self, body: Node) -> Expr {
        if matches!(body.kind, Kind::Lambda(..)) {
            let message = "The body of a lambda cannot be a lambda.";
            let diagnostic = Diagnostic::error(Code::NestedLambda, body.span, message);
            return self.reject(diagnostic, body.span);
        }
        if is_condition_only(&body) {
            self.condition(body)
        } else {
            self.value(body)
        }
    }

    /// Something in parentheses that stands where a value is expected: arithmetic.
    fn parenthesised_value(&mut self, items: Vec<Node>, span: Span) -> Expr {
        let Some(inner) = self.only_item(items, span) else {
            return error_at(span);
        };
        if is_condition_only(&inner) {
            return self.condition_as_value(span);
        }
        if !is_operand(&inner) && !matches!(inner.kind, Kind::Error) {
            let diagnostic = Diagnostic::error(
                Code::UnexpectedToken,
                span,
                format!("{} cannot stand in parentheses.", kind_name(&inner)),
            )
            .with_note("Only arithmetic and conditions can.")
            .with_fix(span, "remove the parentheses", self.text(inner.span));
            return self.reject(diagnostic, span);
        }
        let kind = ExprKind::Paren(Box::new(self.math(inner)));
        Expr { span, kind }
    }

    fn only_item(&mut self, items: Vec<Node>, span: Span) -> Option<Node> {
        match <[Node; 1]>::try_from(items) {
            Ok([item]) => Some(item),
            Err(items) => {
                let message = if items.is_empty() {
                    "There is nothing between the parentheses."
                } else {
                    "Parentheses hold only one value or condition."
                };
                self.sink.push(
                    Diagnostic::error(Code::UnexpectedToken, span, message)
                        .with_note("A list is written `[a, b]`, a lambda `(a, b) => body`."),
                );
                None
            }
        }
    }

    /// Arithmetic, or one operand of it.
    fn math(&mut self, node: Node) -> Expr {
        let span = node.span;
        match node.kind {
            Kind::Binary(op, lhs, rhs) => {
                let lhs = Box::new(self.operand(*lhs));
                let rhs = Box::new(self.operand(*rhs));
                let kind = ExprKind::Binary { op, lhs, rhs };
                Expr { span, kind }
            }
            Kind::Unary(op, operand) => self.signed(op, *operand, span),
            kind => self.value(Node { span, kind }),
        }
    }

    fn signed(&mut self, op: UnaryOp, operand: Node, span: Span) -> Expr {
        if matches!(operand.kind, Kind::Unary(..)) {
            let replacement = format!("({})", self.text(operand.span));
            let diagnostic = Diagnostic::error(
                Code::UnexpectedToken,
                operand.span,
                "Only one sign is possible.",
            )
            .with_fix(
                operand.span,
                "put the inner one in parentheses",
                replacement,
            );
            return self.reject(diagnostic, span);
        }
        let operand = Box::new(self.operand(operand));
        let kind = ExprKind::Unary { op, operand };
        Expr { span, kind }
    }

    fn operand(&mut self, node: Node) -> Expr {
        if is_operand(&node) || matches!(node.kind, Kind::Error) {
            return self.math(node);
        }
        let span = node.span;
        let diagnostic = Diagnostic::error(
            Code::UnexpectedToken,
            span,
            format!("{} cannot be an operand of arithmetic.", kind_name(&node)),
        )
        .with_note(
            "Operands are numbers, paths, calls of converters and arithmetic in parentheses.",
        );
        self.reject(diagnostic, span)
    }

    /// Something that stands where a condition is expected.
    pub(crate) fn condition(&mut self, node: Node) -> Expr {
        let span = node.span;
        let kind = match node.kind {
            Kind::Compare(lhs, op, rhs) => return self.comparison(*lhs, op, *rhs, span),
            Kind::In(value, wanted, items) => ExprKind::In {
                value: Box::new(self.value(*value)),
                wanted,
                list: each(items, |item| self.value(item)),
            },
            Kind::Leaf(kind @ (TokenKind::True | TokenKind::False)) => {
                return self.leaf(kind, span);
            }
            Kind::Call(call) => return self.converter(call, span),
            Kind::Tuple(items) => {
                let Some(inner) = self.only_item(items, span) else {
                    return error_at(span);
                };
                ExprKind::Paren(Box::new(self.condition(inner)))
            }
            Kind::Not(inner) => return self.not(*inner, span),
            Kind::And(items) => ExprKind::And(each(items, |item| self.condition(item))),
            Kind::Or(items) => ExprKind::Or(each(items, |item| self.condition(item))),
            Kind::Error => ExprKind::Error,
            kind => return self.value_as_condition(Node { span, kind }),
        };
        Expr { span, kind }
    }

    fn value_as_condition(&mut self, node: Node) -> Expr {
        let span = node.span;
        let name = kind_name(&node);
        let mut diagnostic =
            Diagnostic::error(Code::WrongSort, span, format!("{name} is not a condition."))
                .with_note(
                    "A condition is a comparison, `true`, `false` or a call of a converter.",
                );
        if let Kind::Path(_) = node.kind {
            let end = Span::new(span.end as usize, span.end as usize);
            diagnostic = diagnostic.with_fix(end, "compare it", " == true");
        }
        // The value's own problems are worth reporting as well.
        self.value(node);
        self.reject(diagnostic, span)
    }

    fn not(&mut self, inner: Node, span: Span) -> Expr {
        if matches!(inner.kind, Kind::Not(_)) {
            let message = "`not` cannot follow `not`.";
            let replacement = format!("({})", self.text(inner.span));
            let diagnostic = Diagnostic::error(Code::UnexpectedToken, inner.span, message)
                .with_fix(inner.span, "put the inner one in parentheses", replacement);
            return self.reject(diagnostic, span);
        }
        let kind = ExprKind::Not(Box::new(self.condition(inner)));
        Expr { span, kind }
    }

    fn comparison(&mut self, lhs: Node, op: cover::Operator, rhs: Node, span: Span) -> Expr {
        if let Kind::Compare(_, _, middle) = &lhs.kind {
            let both = format!("and {} ", self.text(middle.span));
            let start = Span::new(op.span.start as usize, op.span.start as usize);
            let diagnostic = Diagnostic::error(
                Code::UnexpectedToken,
                op.span,
                "Comparisons cannot be chained.",
            )
            .with_fix(start, "compare twice", both);
            return self.reject(diagnostic, span);
        }
        let lhs = Box::new(self.value(lhs));
        let rhs = Box::new(self.value(rhs));
        let op = op.op;
        let kind = ExprKind::Compare { op, lhs, rhs };
        Expr { span, kind }
    }
}
