//! Syntax tree to HIR: every name is resolved, every argument fits its parameter.
//!
//! What is reported as an error here is what the reference rejects before execution; the rules are
//! those of pkg/ottl (functions.go, expression.go, boolean_value.go). What can be executed but
//! never works is for [`lint`](crate::lint).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ottl_syntax::ast::{self, ExprKind as Ast, KeyKind};
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::path::Context;
use ottl_vm::{ArithmeticOp, CompareOp, ErrorMode, Literal, Type};

use crate::definitions::Macros;
use crate::hir::{Condition, Expr, ExprKind, Key, Statement};
use crate::lambda::Scopes;
use crate::lint::decided_by_types;
use crate::problems::Problems;
use crate::{Options, Registry, enums, literal, suggest};

/// Resolves names of one program and collects what is wrong.
pub(crate) struct Lowering<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) options: &'a Options,
    pub(crate) context: Context,
    pub(crate) problems: &'a mut Problems,
    pub(crate) names: Names,
    /// How many nodes of the source, and of the macros used in it, are around the present one.
    pub(crate) depth: usize,
}

/// What a script has defined so far.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) scopes: Scopes,
    pub(crate) macros: Macros,
    /// How many bytes were put in the place of names.
    pub(crate) expanded: usize,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(
        registry: &'a Registry,
        options: &'a Options,
        context: Context,
        problems: &'a mut Problems,
    ) -> Self {
        Self {
            registry,
            options,
            context,
            problems,
            names: Names::default(),
            depth: 0,
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.problems.report(diagnostic);
    }

    /// A statement that is written as `text`.
    pub(crate) fn statement(&mut self, statement: &ast::Statement, text: &str) -> Statement {
        let editor = self.call(&statement.editor);
        let condition = statement
            .condition
            .as_ref()
            .map(|condition| self.condition(condition));
        Statement {
            span: statement.span,
            text: text.to_owned(),
            error_mode: statement.error_mode.map(error_mode),
            condition,
            editor,
        }
    }

    pub(crate) fn condition(&mut self, expr: &ast::Expr) -> Condition {
        self.depth += 1;
        let condition = self.condition_here(expr);
        self.depth -= 1;
        condition
    }

    fn condition_here(&mut self, expr: &ast::Expr) -> Condition {
        match &expr.kind {
            Ast::Paren(inner) => self.condition(inner),
            Ast::Bool(value) => known(*value),
            Ast::Not(inner) => match self.condition(inner) {
                Condition::Known { value, unevaluated } => Condition::Known {
                    value: !value,
                    unevaluated,
                },
                other => Condition::Not(Box::new(other)),
            },
            Ast::And(parts) => self.chain(parts, true),
            Ast::Or(parts) => self.chain(parts, false),
            Ast::In {
                value,
                wanted,
                list,
            } => self.membership(expr.span, value, *wanted, list),
            Ast::Call(call) if self.is_macro(call) => self.macro_condition(call),
            Ast::Compare { op, lhs, rhs } => {
                let (op, lhs, rhs) = (compare_op(*op), self.value(lhs), self.value(rhs));
                match (&lhs.kind, &rhs.kind) {
                    (ExprKind::Literal(left), ExprKind::Literal(right)) => {
                        if let Some(warning) = decided_by_types(expr.span, op, &lhs, &rhs) {
                            self.report(warning);
                        }
                        known(literal::compare_literals(op, left, right))
                    }
                    _ => Condition::Compare {
                        span: expr.span,
                        op,
                        lhs,
                        rhs,
                    },
                }
            }
            _ => Condition::Truth(self.value(expr)),
        }
    }

    /// `and` where `neutral` is true, `or` where it is false. A part that is known to decide the
    /// whole decides it even when a part before it would fail, as in the reference.
    fn chain(&mut self, parts: &[ast::Expr], neutral: bool) -> Condition {
        let lowered: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
        let is_known = |wanted: bool| move |part: &Condition| matches!(part, Condition::Known { value, .. } if *value == wanted);
        if lowered.iter().any(is_known(!neutral)) {
            return Condition::Known {
                value: !neutral,
                unevaluated: lowered,
            };
        }
        let (neutrals, mut open): (Vec<_>, Vec<_>) =
            lowered.into_iter().partition(is_known(neutral));
        // What is never evaluated comes along with what is.
        let is_plain = |part: &Condition| matches!(part, Condition::Known { unevaluated, .. } if unevaluated.is_empty());
        open.extend(neutrals.into_iter().filter(|part| !is_plain(part)));
        match (open.len(), neutral) {
            (0, _) => known(neutral),
            (1, _) => open.remove(0),
            (_, true) => Condition::And(open),
            (_, false) => Condition::Or(open),
        }
    }

    /// Whether a value is one of some literals, or is none of them.
    fn membership(
        &mut self,
        span: Span,
        value: &ast::Expr,
        wanted: bool,
        list: &[ast::Expr],
    ) -> Condition {
        let value = self.value(value);
        let elements: Vec<_> = list.iter().map(|element| self.value(element)).collect();
        for element in &elements {
            if !matches!(element.kind, ExprKind::Literal(_) | ExprKind::Error) {
                let message = "The elements of a list behind `in` are literals.";
                let diagnostic = Diagnostic::error(Code::WrongArgument, element.span, message)
                    .with_note(
                        "`ContainsValue` takes lists that are known only when the script runs.",
                    );
                self.report(diagnostic);
            }
        }
        let list: Vec<_> = elements.into_iter().filter_map(into_literal).collect();
        let condition = match &value.kind {
            _ if list.is_empty() => known(false),
            ExprKind::Literal(literal) => {
                let is_equal = |other| literal::compare_literals(CompareOp::Eq, literal, other);
                known(list.iter().any(is_equal))
            }
            _ => Condition::In { span, value, list },
        };
        match (wanted, condition) {
            (true, condition) => condition,
            (false, Condition::Known { value, unevaluated }) => Condition::Known {
                value: !value,
                unevaluated,
            },
            (false, condition) => Condition::Not(Box::new(condition)),
        }
    }

    /// A value of whatever type.
    pub(crate) fn value(&mut self, expr: &ast::Expr) -> Expr {
        self.depth += 1;
        let value = self.value_here(expr);
        self.depth -= 1;
        value
    }

    fn value_here(&mut self, expr: &ast::Expr) -> Expr {
        let span = expr.span;
        let known = |ty, literal| (ty, ExprKind::Literal(literal));
        let (ty, kind) = match &expr.kind {
            Ast::Nil => known(Type::Nil, Literal::Nil),
            Ast::Bool(value) => known(Type::Bool, Literal::Bool(*value)),
            Ast::Int(value) => known(Type::Int, Literal::Int(*value)),
            Ast::Float(value) => known(Type::Double, Literal::Double(*value)),
            Ast::String(text) => known(Type::String, Literal::String(text.clone())),
            Ast::Bytes(bytes) => known(Type::Bytes, Literal::Bytes(bytes.clone())),
            Ast::Enum(name) if self.names.scopes.knows(name) => {
                return self.bound(name, span);
            }
            Ast::Enum(name) => match self.enum_number(name, span) {
                Some(number) => known(Type::Int, Literal::Int(number)),
                None => (Type::Any, ExprKind::Error),
            },
            Ast::Path(path) => match self.local(path) {
                Some(local) => return local,
                None => match self.path(path) {
                    Some(path) => (path.ty(), ExprKind::Path(path)),
                    None => (Type::Any, ExprKind::Error),
                },
            },
            Ast::Call(call) if self.is_macro(call) => return self.macro_value(call),
            Ast::Call(call) => return self.converter(call),
            Ast::List(elements) => self.list(elements),
            Ast::Map(entries) => self.map(span, entries),
            Ast::Unary { op, operand } => return self.unary(span, *op, operand),
            Ast::Binary { op, lhs, rhs } => self.arithmetic(*op, lhs, rhs),
            Ast::Paren(inner) => {
                let inner = self.value(inner);
                return Expr { span, ..inner };
            }
            Ast::FunctionName(name) => self.stray_function_name(name, span),
            Ast::Lambda(_) => {
                self.stray_lambda(span);
                (Type::Any, ExprKind::Error)
            }
            // The parser has reported these.
            Ast::Error
            | Ast::Compare { .. }
            | Ast::In { .. }
            | Ast::Not(_)
            | Ast::And(_)
            | Ast::Or(_) => (Type::Any, ExprKind::Error),
        };
        Expr { span, ty, kind }
    }

    fn stray_function_name(&mut self, name: &str, span: Span) -> (Type, ExprKind) {
        let message = format!("The function `{name}` is named but not called.");
        self.report(
            Diagnostic::error(Code::WrongArgument, span, message)
                .with_note("Only a parameter that takes a function takes its name."),
        );
        (Type::Any, ExprKind::Error)
    }

    fn arithmetic(
        &mut self,
        op: ast::BinaryOp,
        lhs: &ast::Expr,
        rhs: &ast::Expr,
    ) -> (Type, ExprKind) {
        let (lhs, rhs) = (self.value(lhs), self.value(rhs));
        let op = arithmetic_op(op);
        let ty = arithmetic_type(op, lhs.ty, rhs.ty);
        let (lhs, rhs) = (Box::new(lhs), Box::new(rhs));
        (ty, ExprKind::Arithmetic { op, lhs, rhs })
    }

    fn unary(&mut self, span: Span, op: ast::UnaryOp, operand: &ast::Expr) -> Expr {
        let inner = self.value(operand);
        if op == ast::UnaryOp::Plus {
            return Expr { span, ..inner };
        }
        // A sign directly before a number belongs to it; before anything else it is an operation.
        let kind = match (&operand.kind, inner.kind) {
            (Ast::Int(_), ExprKind::Literal(Literal::Int(value))) => {
                ExprKind::Literal(Literal::Int(value.wrapping_neg()))
            }
            (Ast::Float(_), ExprKind::Literal(Literal::Double(value))) => {
                ExprKind::Literal(Literal::Double(-value))
            }
            (_, kind) => ExprKind::Negate(Box::new(Expr {
                span: inner.span,
                ty: inner.ty,
                kind,
            })),
        };
        let ty = match inner.ty {
            Type::Int | Type::Double => inner.ty,
            _ => Type::Any,
        };
        Expr { span, ty, kind }
    }

    fn list(&mut self, elements: &[ast::Expr]) -> (Type, ExprKind) {
        let elements: Vec<_> = elements.iter().map(|element| self.value(element)).collect();
        let kind = if elements.iter().all(|element| as_literal(element).is_some()) {
            let literals = elements.into_iter().filter_map(into_literal);
            ExprKind::Literal(Literal::List(literals.collect()))
        } else {
            ExprKind::List(elements)
        };
        (Type::List, kind)
    }

    /// Of equal keys the first gives the place and the last the value.
    fn map(&mut self, span: Span, source: &[ast::MapEntry]) -> (Type, ExprKind) {
        let mut places: HashMap<&[u8], usize> = HashMap::with_capacity(source.len());
        let mut entries: Vec<(Vec<u8>, Expr)> = Vec::with_capacity(source.len());
        for entry in source {
            let value = self.value(&entry.value);
            match places.entry(entry.key.as_slice()) {
                Entry::Occupied(place) => entries[*place.get()].1 = value,
                Entry::Vacant(place) => {
                    place.insert(entries.len());
                    entries.push((entry.key.clone(), value));
                }
            }
        }
        let is_known = entries.iter().all(|(_, value)| as_literal(value).is_some());
        if !is_known {
            return (Type::Map, ExprKind::Map(entries));
        }
        let literals = entries
            .into_iter()
            .filter_map(|(key, value)| into_literal(value).map(|value| (key, value)))
            .collect::<Vec<_>>();
        self.check_map(span, &literals);
        (Type::Map, ExprKind::Literal(Literal::Map(literals)))
    }

    fn check_map(&mut self, span: Span, entries: &[(Vec<u8>, Literal)]) {
        if let Err(error) = literal::makes_map(entries) {
            let message = "The map has a value that a map literal cannot hold.";
            self.report(
                Diagnostic::error(Code::WrongArgument, span, message)
                    .with_note(error.message().to_owned()),
            );
        }
    }

    fn converter(&mut self, call: &ast::Call) -> Expr {
        let lowered = self.call(call);
        let ty = self.registry_result(&lowered);
        let base = Expr {
            span: call.span,
            ty,
            kind: ExprKind::Call(lowered),
        };
        if call.keys.is_empty() {
            return base;
        }
        let keys = call.keys.iter().map(|key| self.key_value(key)).collect();
        Expr {
            span: call.span,
            ty: Type::Any,
            kind: ExprKind::Index {
                base: Box::new(base),
                keys,
            },
        }
    }

    fn registry_result(&self, call: &crate::hir::Call) -> Type {
        if call.function == crate::call::UNKNOWN {
            return Type::Any;
        }
        self.registry.get(call.function).signature().result
    }

    pub(crate) fn key_value(&mut self, key: &ast::Key) -> Expr {
        let (ty, kind) = match &key.kind {
            KeyKind::String(text) => (
                Type::String,
                ExprKind::Literal(Literal::String(text.clone())),
            ),
            KeyKind::Int(index) => (Type::Int, ExprKind::Literal(Literal::Int(*index))),
            KeyKind::Expr(expr) => return self.value(expr),
        };
        Expr {
            span: key.span,
            ty,
            kind,
        }
    }

    pub(crate) fn keys(&mut self, keys: &[ast::Key]) -> Vec<Key> {
        keys.iter()
            .map(|key| match &key.kind {
                KeyKind::String(text) => Key::Str(text.clone()),
                KeyKind::Int(index) => Key::Int(*index),
                KeyKind::Expr(expr) => Key::Expr(self.value(expr)),
            })
            .collect()
    }

    pub(crate) fn enum_number(&mut self, name: &str, span: Span) -> Option<i64> {
        let selfops = self.options.selfops();
        if let Some(number) = enums::lookup(self.context, selfops, name) {
            return Some(number);
        }
        let context = ottl_vm::path::context_name(self.context);
        let mut diagnostic = Diagnostic::error(
            Code::UnknownEnum,
            span,
            format!("The context {context} has no enum symbol `{name}`."),
        );
        let known: Vec<_> = enums::symbols(self.context, selfops)
            .map(|(name, _)| name)
            .collect();
        if let Some(meant) = suggest::nearest(name, known.iter().copied()) {
            diagnostic = diagnostic.with_fix(span, format!("did you mean `{meant}`?"), meant);
        } else if !selfops && enums::lookup(self.context, true, name).is_some() {
            diagnostic = diagnostic.with_note("The selfops dialect has it: --dialect selfops.");
        } else if known.is_empty() {
            diagnostic =
                diagnostic.with_note(format!("The context {context} has no enums at all."));
        }
        self.report(diagnostic);
        None
    }
}

/// A literal argument in the sense of the reference: known without evaluating anything.
pub(crate) fn as_literal(expr: &Expr) -> Option<&Literal> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

fn known(value: bool) -> Condition {
    Condition::Known {
        value,
        unevaluated: Vec::new(),
    }
}

fn into_literal(expr: Expr) -> Option<Literal> {
    match expr.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

pub(crate) fn error_mode(mode: ast::ErrorMode) -> ErrorMode {
    match mode {
        ast::ErrorMode::Propagate => ErrorMode::Propagate,
        ast::ErrorMode::Ignore => ErrorMode::Ignore,
        ast::ErrorMode::Silent => ErrorMode::Silent,
    }
}

fn compare_op(op: ast::CompareOp) -> CompareOp {
    match op {
        ast::CompareOp::Eq => CompareOp::Eq,
        ast::CompareOp::Ne => CompareOp::Ne,
        ast::CompareOp::Lt => CompareOp::Lt,
        ast::CompareOp::Le => CompareOp::Le,
        ast::CompareOp::Gt => CompareOp::Gt,
        ast::CompareOp::Ge => CompareOp::Ge,
    }
}

fn arithmetic_op(op: ast::BinaryOp) -> ArithmeticOp {
    match op {
        ast::BinaryOp::Add => ArithmeticOp::Add,
        ast::BinaryOp::Sub => ArithmeticOp::Sub,
        ast::BinaryOp::Mul => ArithmeticOp::Mul,
        ast::BinaryOp::Div => ArithmeticOp::Div,
    }
}

fn arithmetic_type(op: ArithmeticOp, lhs: Type, rhs: Type) -> Type {
    match (op, lhs, rhs) {
        (_, Type::Int, Type::Int) => Type::Int,
        (_, Type::Int | Type::Double, Type::Int | Type::Double) => Type::Double,
        (ArithmeticOp::Sub, Type::Time, Type::Time) => Type::Duration,
        (ArithmeticOp::Add | ArithmeticOp::Sub, Type::Time, Type::Duration)
        | (ArithmeticOp::Add, Type::Duration, Type::Time) => Type::Time,
        (ArithmeticOp::Add | ArithmeticOp::Sub, Type::Duration, Type::Duration) => Type::Duration,
        _ => Type::Any,
    }
}
