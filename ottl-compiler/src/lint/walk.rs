//! The walk over resolved statements that shows lints what is in them.

use ottl_syntax::Span;
use ottl_vm::{CompareOp, ParamKind};

use crate::Registry;
use crate::hir::{ArgKind, Call, Condition, Expr, ExprKind, Key, LambdaBody, Path};

/// What a lint can be about.
#[derive(Clone, Copy)]
pub(super) enum Node<'h> {
    /// A call, of an editor or a converter.
    Call(&'h Call),
    /// A path.
    Path(&'h Path, Usage),
    /// A comparison.
    Compare {
        span: Span,
        op: CompareOp,
        lhs: &'h Expr,
        rhs: &'h Expr,
    },
}

/// What is done with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    Read,
    Write,
    /// Read and written.
    Change,
}

type Visit<'v> = &'v mut dyn FnMut(Node<'_>);

pub(super) fn condition(registry: &Registry, whole: &Condition, visit: Visit<'_>) {
    match whole {
        Condition::Known { .. } => {}
        &Condition::Compare {
            span,
            op,
            ref lhs,
            ref rhs,
        } => {
            visit(Node::Compare { span, op, lhs, rhs });
            expr(registry, lhs, visit);
            expr(registry, rhs, visit);
        }
        Condition::In { value, .. } | Condition::Truth(value) => expr(registry, value, visit),
        Condition::Not(inner) => condition(registry, inner, visit),
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts {
                condition(registry, part, visit);
            }
        }
    }
}

pub(super) fn expr(registry: &Registry, whole: &Expr, visit: Visit<'_>) {
    match &whole.kind {
        ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Error => {}
        ExprKind::Path(found) => path(registry, found, Usage::Read, visit),
        ExprKind::Call(found) => call(registry, found, visit),
        ExprKind::Index { base, keys } => {
            expr(registry, base, visit);
            for key in keys {
                expr(registry, key, visit);
            }
        }
        ExprKind::List(elements) => {
            for element in elements {
                expr(registry, element, visit);
            }
        }
        ExprKind::Map(entries) => {
            for (_, value) in entries {
                expr(registry, value, visit);
            }
        }
        ExprKind::Negate(inner) => expr(registry, inner, visit),
        ExprKind::Arithmetic { lhs, rhs, .. } => {
            expr(registry, lhs, visit);
            expr(registry, rhs, visit);
        }
    }
}

pub(super) fn call(registry: &Registry, whole: &Call, visit: Visit<'_>) {
    visit(Node::Call(whole));
    let signature = registry.get(whole.function).signature();
    for (arg, param) in whole.args.iter().zip(signature.params) {
        match &arg.kind {
            ArgKind::Value(value) => expr(registry, value, visit),
            ArgKind::List(elements) => {
                for element in elements {
                    expr(registry, element, visit);
                }
            }
            ArgKind::Path(found) => {
                let usage = match param.kind {
                    ParamKind::Setter => Usage::Write,
                    _ => Usage::Change,
                };
                path(registry, found, usage, visit);
            }
            ArgKind::Lambda(lambda) => match &*lambda.body {
                LambdaBody::Value(value) => expr(registry, value, visit),
                LambdaBody::Condition(inner) => condition(registry, inner, visit),
            },
            ArgKind::Absent | ArgKind::Function(_) | ArgKind::Output(_) => {}
        }
    }
}

fn path(registry: &Registry, whole: &Path, usage: Usage, visit: Visit<'_>) {
    visit(Node::Path(whole, usage));
    for key in &whole.keys {
        if let Key::Expr(key) = key {
            expr(registry, key, visit);
        }
    }
}
