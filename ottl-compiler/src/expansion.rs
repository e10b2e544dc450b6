//! How large a script may become when constants and macros are replaced by what they stand for.
//!
//! Each replacement can double what was there, so that a few lines can stand for more than there is
//! memory, and each can nest what was there deeper than the stack is. The limits are those of a
//! source that is written out.

use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::Literal;

use crate::hir::{ArgKind, Call, Condition, Expr, ExprKind, Key, Lambda, LambdaBody, Path};
use crate::lower::Lowering;

/// How much an expression is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// At least one byte for each node, and the bytes of texts: what writing it out would need.
    bytes: usize,
    /// How many nodes are in each other.
    depth: usize,
}

impl Size {
    pub(crate) fn of(expr: &Expr) -> Self {
        let inner = match &expr.kind {
            ExprKind::Literal(literal) => return Self::of_literal(literal),
            ExprKind::Local(_) | ExprKind::Error => Self::default(),
            ExprKind::Path(path) => return Self::of_path(path),
            ExprKind::Call(call) => return Self::of_call(call),
            ExprKind::Index { base, keys } => Self::of(base).beside(Self::all(keys)),
            ExprKind::List(elements) => Self::all(elements),
            ExprKind::Map(entries) => entries.iter().fold(Self::default(), |size, (key, value)| {
                size.beside(Self::of(value)).with_text(key)
            }),
            ExprKind::Negate(inner) => Self::of(inner),
            ExprKind::Arithmetic { lhs, rhs, .. } => Self::of(lhs).beside(Self::of(rhs)),
        };
        inner.wrapped()
    }

    /// A whole macro, whose text is known.
    pub(crate) fn of_text(span: Span) -> Self {
        Self {
            bytes: span.range().len(),
            depth: 0,
        }
    }

    fn all(exprs: &[Expr]) -> Self {
        exprs
            .iter()
            .fold(Self::default(), |size, expr| size.beside(Self::of(expr)))
    }

    fn of_literal(literal: &Literal) -> Self {
        let inner = match literal {
            Literal::Nil | Literal::Bool(_) | Literal::Int(_) | Literal::Double(_) => {
                Self::default()
            }
            Literal::String(bytes) | Literal::Bytes(bytes) => Self::default().with_text(bytes),
            Literal::List(elements) => elements.iter().fold(Self::default(), |size, element| {
                size.beside(Self::of_literal(element))
            }),
            Literal::Map(entries) => entries.iter().fold(Self::default(), |size, (key, value)| {
                size.beside(Self::of_literal(value)).with_text(key)
            }),
        };
        inner.wrapped()
    }

    fn of_path(path: &Path) -> Self {
        let keys = path.keys.iter().map(|key| match key {
            Key::Str(text) => Self::default().with_text(text),
            Key::Int(_) => Self::default(),
            Key::Expr(expr) => Self::of(expr),
        });
        keys.fold(
            Self::default().with_text(path.name.as_bytes()),
            Self::beside,
        )
        .wrapped()
    }

    fn of_call(call: &Call) -> Self {
        let args = call.args.iter().map(|arg| match &arg.kind {
            ArgKind::Absent | ArgKind::Function(_) => Self::default(),
            ArgKind::Output(name) => Self::default().with_text(name.as_bytes()),
            ArgKind::Value(value) => Self::of(value),
            ArgKind::List(elements) => Self::all(elements),
            ArgKind::Path(path) => Self::of_path(path),
            ArgKind::Lambda(lambda) => Self::of_lambda(lambda),
        });
        args.fold(Self::default(), Self::beside).wrapped()
    }

    fn of_lambda(lambda: &Lambda) -> Self {
        match &*lambda.body {
            LambdaBody::Value(value) => Self::of(value),
            LambdaBody::Condition(condition) => Self::of_condition(condition),
        }
        .wrapped()
    }

    fn of_condition(condition: &Condition) -> Self {
        let inner = match condition {
            Condition::Known { unevaluated, .. } => Self::all_conditions(unevaluated),
            Condition::Compare { lhs, rhs, .. } => Self::of(lhs).beside(Self::of(rhs)),
            Condition::In { value, list, .. } => {
                list.iter().fold(Self::of(value), |size, element| {
                    size.beside(Self::of_literal(element))
                })
            }
            Condition::Truth(value) => Self::of(value),
            Condition::Not(inner) => Self::of_condition(inner),
            Condition::And(parts) | Condition::Or(parts) => Self::all_conditions(parts),
        };
        inner.wrapped()
    }

    fn all_conditions(conditions: &[Condition]) -> Self {
        conditions.iter().fold(Self::default(), |size, condition| {
            size.beside(Self::of_condition(condition))
        })
    }

    fn beside(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            depth: self.depth.max(other.depth),
        }
    }

    fn wrapped(self) -> Self {
        Self {
            bytes: self.bytes + 1,
            depth: self.depth + 1,
        }
    }

    fn with_text(self, text: &[u8]) -> Self {
        Self {
            bytes: self.bytes + text.len(),
            ..self
        }
    }
}

impl Lowering<'_> {
    /// Whether something of this size may be put in the place of a name. Reports when not.
    pub(crate) fn expand(&mut self, size: Size, span: Span) -> bool {
        let limits = self.options.limits;
        if self.depth + size.depth > limits.max_nesting() {
            let message = "Constants and macros are nested too deep here.";
            let diagnostic = Diagnostic::error(Code::NestedTooDeep, span, message).with_note(
                "Calculate a part of it in a statement of its own that sets a key of the cache.",
            );
            self.report(diagnostic);
            return false;
        }
        let before = self.names.expanded;
        self.names.expanded = before.saturating_add(size.bytes);
        let fits = self.names.expanded <= limits.max_source_bytes;
        // What follows an expansion that is too much is too much as well.
        if !fits && before <= limits.max_source_bytes {
            let message = format!(
                "What constants and macros stand for is longer than {} bytes.",
                limits.max_source_bytes
            );
            let diagnostic = Diagnostic::error(Code::SourceTooLong, span, message)
                .with_note("What they stand for counts each time they are used.");
            self.report(diagnostic);
        }
        fits
    }
}
