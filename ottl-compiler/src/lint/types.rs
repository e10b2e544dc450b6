//! What is legal but cannot work: found from static types, reported as warnings.
//!
//! The reference accepts these and fails, or never matches, when it runs. Nothing here is reported
//! that could work on any item.

use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::path::{Access, Keys};
use ottl_vm::{ArithmeticOp, CompareOp, ParamKind, Signature, Type, ValueKind};

use crate::Registry;
use crate::hir::{
    ArgKind, Call, Condition, Expr, ExprKind, Item, Key, LambdaBody, Path, Statement,
};
use crate::problems::Problems;

/// Collects warnings about the types in one program.
pub(super) struct Types<'a> {
    registry: &'a Registry,
    problems: &'a mut Problems,
}

impl<'a> Types<'a> {
    pub(super) fn new(registry: &'a Registry, problems: &'a mut Problems) -> Self {
        Self { registry, problems }
    }

    pub(super) fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Statement(statement) => self.statement(statement),
                Item::Block(block) => {
                    for arm in &block.arms {
                        for head in &arm.conditions {
                            self.condition(&head.condition);
                        }
                        self.items(&arm.items);
                    }
                    self.items(&block.otherwise);
                }
            }
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.call(&statement.editor);
        if let Some(condition) = &statement.condition {
            self.condition(condition);
        }
    }

    fn warn(&mut self, code: Code, span: Span, message: String) {
        self.problems
            .report(Diagnostic::warning(code, span, message));
    }

    pub(super) fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Known { .. } => {}
            Condition::Compare { span, op, lhs, rhs } => {
                self.expr(lhs);
                self.expr(rhs);
                self.comparison(*span, *op, lhs, rhs);
            }
            Condition::In { value, .. } => self.expr(value),
            Condition::Truth(expr) => {
                self.expr(expr);
                if !matches!(expr.ty, Type::Any | Type::Bool) {
                    self.warn(
                        Code::NeverConverts,
                        expr.span,
                        format!(
                            "A condition must be a boolean, but this is always of type {}.",
                            expr.ty.name()
                        ),
                    );
                }
            }
            Condition::Not(inner) => self.condition(inner),
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
        }
    }

    fn comparison(&mut self, span: Span, op: CompareOp, lhs: &Expr, rhs: &Expr) {
        if let Some(warning) = decided_by_types(span, op, lhs, rhs) {
            self.problems.report(warning);
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Error => {}
            ExprKind::Path(path) => self.keys(path),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Index { base, keys } => {
                self.expr(base);
                keys.iter().for_each(|key| self.expr(key));
                if !matches!(base.ty, Type::Any | Type::Map | Type::List | Type::Bytes) {
                    let ty = base.ty.name();
                    let message = format!("A value of type {ty} cannot be indexed.");
                    self.warn(Code::NeverConverts, base.span, message);
                }
            }
            ExprKind::List(elements) => elements.iter().for_each(|element| self.expr(element)),
            ExprKind::Map(entries) => entries.iter().for_each(|(_, value)| self.expr(value)),
            ExprKind::Negate(inner) => {
                self.expr(inner);
                if !matches!(inner.ty, Type::Any | Type::Int | Type::Double) {
                    self.arithmetic(expr.span, "The sign of", inner.ty);
                }
            }
            ExprKind::Arithmetic { op, lhs, rhs } => {
                self.expr(lhs);
                self.expr(rhs);
                self.operands(*op, expr.span, lhs, rhs);
            }
        }
    }

    fn arithmetic(&mut self, span: Span, what: &str, ty: Type) {
        self.warn(
            Code::InvalidArithmetic,
            span,
            format!(
                "{what} a value of type {} cannot be calculated with.",
                ty.name()
            ),
        );
    }

    fn operands(&mut self, op: ArithmeticOp, span: Span, lhs: &Expr, rhs: &Expr) {
        let number = |ty| matches!(ty, Type::Int | Type::Double);
        let temporal = |ty| matches!(ty, Type::Time | Type::Duration);
        let additive = matches!(op, ArithmeticOp::Add | ArithmeticOp::Sub);
        let fits = match (lhs.ty, rhs.ty) {
            (Type::Any, Type::Any) => true,
            (Type::Any, other) | (other, Type::Any) => number(other) || temporal(other) && additive,
            (left, right) if number(left) && number(right) => true,
            (Type::Time, Type::Time) => op == ArithmeticOp::Sub,
            (Type::Duration, Type::Time) => op == ArithmeticOp::Add,
            (left, right) => temporal(left) && right == Type::Duration && additive,
        };
        if !fits {
            self.warn(
                Code::InvalidArithmetic,
                span,
                format!(
                    "`{}` does not go with values of type {} and {}.",
                    op.symbol(),
                    lhs.ty.name(),
                    rhs.ty.name()
                ),
            );
        }
    }

    fn keys(&mut self, path: &Path) {
        for (index, key) in path.keys.iter().enumerate() {
            if let Key::Expr(expr) = key {
                self.expr(expr);
            }
            let on_map =
                index == 0 && matches!(path.def.access, Access::Map(_) | Access::Attributes(_));
            let fits = match key {
                Key::Int(_) => !(on_map || path.def.keys == Keys::One),
                Key::Str(_) => true,
                Key::Expr(expr) => match expr.ty {
                    Type::Any | Type::String => path.def.keys != Keys::One,
                    Type::Int => !on_map && path.def.keys != Keys::One,
                    _ => false,
                },
            };
            if !fits {
                self.warn(
                    Code::NeverConverts,
                    path.span,
                    format!("The path `{}` is indexed with a string.", path.name),
                );
            }
        }
    }

    fn call(&mut self, call: &Call) {
        let registry = self.registry;
        let signature = registry.get(call.function).signature();
        for (arg, param) in call.args.iter().zip(signature.params) {
            match (&arg.kind, param.kind) {
                (ArgKind::Value(expr), ParamKind::Value(kind)) => {
                    self.expr(expr);
                    self.argument(kind, expr, param.name, signature);
                }
                (ArgKind::List(elements), ParamKind::List(kind) | ParamKind::AnyList(kind)) => {
                    for element in elements {
                        self.expr(element);
                        self.argument(kind, element, param.name, signature);
                    }
                }
                (ArgKind::Value(expr), ParamKind::AnyList(_)) => {
                    self.expr(expr);
                    self.argument(ValueKind::Slice, expr, param.name, signature);
                }
                (ArgKind::Path(path), kind) => {
                    self.keys(path);
                    self.target(path, kind, signature);
                }
                (ArgKind::Lambda(lambda), _) => match &*lambda.body {
                    LambdaBody::Value(expr) => self.expr(expr),
                    LambdaBody::Condition(condition) => self.condition(condition),
                },
                _ => {}
            }
        }
        self.assignment(call, signature);
    }

    fn argument(&mut self, kind: ValueKind, expr: &Expr, param: &str, signature: &Signature) {
        // Literals were checked as errors.
        if matches!(expr.kind, ExprKind::Literal(_)) || accepts(kind, expr.ty) {
            return;
        }
        self.warn(
            Code::NeverConverts,
            expr.span,
            format!(
                "The parameter `{param}` of `{}` never accepts a value of type {}.",
                signature.name,
                expr.ty.name()
            ),
        );
    }

    fn target(&mut self, path: &Path, kind: ParamKind, signature: &Signature) {
        if !path.def.writable {
            self.warn(
                Code::NeverWritable,
                path.span,
                format!("The path `{}` can only be read.", path.name),
            );
            return;
        }
        let wanted = match kind {
            ParamKind::MapGetSetter => Type::Map,
            ParamKind::SliceGetSetter => Type::List,
            _ => return,
        };
        let ty = path.ty();
        if ty != Type::Any && ty != wanted {
            self.warn(
                Code::NeverConverts,
                path.span,
                format!(
                    "`{}` changes a {}, but `{}` is of type {}.",
                    signature.name,
                    wanted.name(),
                    path.name,
                    ty.name()
                ),
            );
        }
    }

    /// A value that is put into a path of another type.
    fn assignment(&mut self, call: &Call, signature: &Signature) {
        let [target, value] = call.args.as_slice() else {
            return;
        };
        let is_assignment = matches!(
            signature.params,
            [target, value] if target.kind == ParamKind::Setter
                && value.kind == ParamKind::Value(ValueKind::Any)
        );
        let (ArgKind::Path(path), ArgKind::Value(expr)) = (&target.kind, &value.kind) else {
            return;
        };
        let into = path.ty();
        if !is_assignment || !path.def.writable || path.def.access == Access::MetricType {
            return;
        }
        if !can_hold(into, expr.ty, path) {
            let holds = match into {
                Type::Any => "values of attributes".to_owned(),
                ty => format!("values of type {}", ty.name()),
            };
            let (ty, name) = (expr.ty.name(), &path.name);
            let message =
                format!("A value of type {ty} cannot be put into `{name}`, which holds {holds}.");
            self.warn(Code::NeverWritable, expr.span, message);
        }
    }
}

fn can_hold(into: Type, value: Type, path: &Path) -> bool {
    match (into, value) {
        (_, Type::Any) => true,
        (Type::Map | Type::List | Type::Opaque, Type::Nil) => !matches!(
            path.def.access,
            Access::Status | Access::Buckets(_) | Access::ValueType(..)
        ),
        (Type::Any, value) => !matches!(
            value,
            Type::Time
                | Type::Duration
                | Type::TraceId
                | Type::SpanId
                | Type::ProfileId
                | Type::Opaque
        ),
        (into, value) => into == value,
    }
}

/// The warning that the types of two sides decide a comparison, if they do.
pub(crate) fn decided_by_types(
    span: Span,
    op: CompareOp,
    lhs: &Expr,
    rhs: &Expr,
) -> Option<Diagnostic> {
    let result = impossible(op, known_type(lhs)?, known_type(rhs)?)?;
    let (left, right) = (lhs.ty.name(), rhs.ty.name());
    let message =
        format!("A value of type {left} compared with one of type {right} is always {result}.");
    Some(Diagnostic::warning(Code::NeverTrue, span, message))
}

/// The type of a side that can have no other one; paths may also be nil.
fn known_type(expr: &Expr) -> Option<Type> {
    match &expr.kind {
        ExprKind::Path(path) if path.nullable() => None,
        _ => Some(expr.ty).filter(|ty| *ty != Type::Any),
    }
}

fn impossible(op: CompareOp, left: Type, right: Type) -> Option<bool> {
    let numeric = |ty| matches!(ty, Type::Int | Type::Double);
    let comparable = left == right
        || numeric(left) && numeric(right)
        || matches!(
            (left, right),
            (Type::Bytes, Type::Nil) | (Type::Nil, Type::Bytes)
        );
    if !comparable {
        return Some(op == CompareOp::Ne);
    }
    let ordered = !matches!(
        left,
        Type::Map | Type::List | Type::TraceId | Type::SpanId | Type::ProfileId | Type::Opaque
    );
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    (!ordered && !equality).then_some(false)
}

fn accepts(kind: ValueKind, ty: Type) -> bool {
    let scalar = matches!(ty, Type::Bool | Type::Int | Type::Double | Type::String);
    match (kind, ty) {
        (_, Type::Any) | (ValueKind::Any | ValueKind::StringLike, _) => true,
        (ValueKind::String, ty) => ty == Type::String,
        (ValueKind::Int, ty) => ty == Type::Int,
        (ValueKind::Double, ty) => ty == Type::Double,
        (ValueKind::Bool, ty) => ty == Type::Bool,
        (ValueKind::Map, ty) => ty == Type::Map,
        (ValueKind::Slice, ty) => ty == Type::List,
        (ValueKind::Time, ty) => ty == Type::Time,
        (ValueKind::Duration, ty) => ty == Type::Duration,
        (ValueKind::IntLike | ValueKind::DoubleLike | ValueKind::BoolLike, ty) => {
            scalar || ty == Type::Nil
        }
        (ValueKind::BytesLike, ty) => scalar || matches!(ty, Type::Bytes | Type::Nil),
    }
}
