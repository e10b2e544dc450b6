//! Trees without their places, to compare what was written and not where.

use crate::Span;
use crate::ast::{
    Arm, Call, Const, Expr, ExprKind, Ident, Item, Key, KeyKind, Macro, MacroBody, MacroParam,
    Statement, When,
};

impl Statement {
    /// The same statement with every span empty, so that two spellings of it compare equal.
    #[must_use]
    pub fn without_spans(mut self) -> Self {
        self.span = Span::default();
        clear_call(&mut self.editor);
        if let Some(condition) = &mut self.condition {
            clear_expr(condition);
        }
        if let Some(otherwise) = &mut self.otherwise {
            clear_call(otherwise);
        }
        self
    }
}

impl Item {
    /// The same item with every span empty, so that two spellings of it compare equal.
    #[must_use]
    pub fn without_spans(self) -> Self {
        let all = |items: Vec<Self>| items.into_iter().map(Self::without_spans).collect();
        match self {
            Self::Statement(statement) => Self::Statement(statement.without_spans()),
            Self::When(when) => Self::When(When {
                span: Span::default(),
                arms: when
                    .arms
                    .into_iter()
                    .map(|arm| Arm {
                        condition: arm.condition.without_spans(),
                        items: all(arm.items),
                    })
                    .collect(),
                otherwise: when.otherwise.map(all),
            }),
            Self::Const(constant) => Self::Const(Const {
                span: Span::default(),
                name: unplaced(constant.name),
                value: constant.value.without_spans(),
            }),
            Self::Macro(definition) => Self::Macro(Macro {
                span: Span::default(),
                name: unplaced(definition.name),
                params: definition
                    .params
                    .into_iter()
                    .map(|param| MacroParam {
                        name: unplaced(param.name),
                        ty: unplaced(param.ty),
                    })
                    .collect(),
                body: match definition.body {
                    MacroBody::Value(value) => MacroBody::Value(value.without_spans()),
                    MacroBody::Items(items) => MacroBody::Items(all(items)),
                },
            }),
        }
    }
}

fn unplaced(name: Ident) -> Ident {
    Ident {
        span: Span::default(),
        ..name
    }
}

impl Expr {
    /// The same expression with every span empty, so that two spellings of it compare equal.
    #[must_use]
    pub fn without_spans(mut self) -> Self {
        clear_expr(&mut self);
        self
    }
}

fn clear_expr(expr: &mut Expr) {
    expr.span = Span::default();
    match &mut expr.kind {
        ExprKind::Path(path) => {
            path.span = Span::default();
            for segment in &mut path.segments {
                segment.name.span = Span::default();
                clear_keys(&mut segment.keys);
            }
        }
        ExprKind::Call(call) => clear_call(call),
        ExprKind::List(items) | ExprKind::And(items) | ExprKind::Or(items) => {
            items.iter_mut().for_each(clear_expr);
        }
        ExprKind::Map(entries) => {
            for entry in entries {
                entry.key_span = Span::default();
                clear_expr(&mut entry.value);
            }
        }
        ExprKind::Unary { operand, .. } => clear_expr(operand),
        ExprKind::Binary { lhs, rhs, .. } | ExprKind::Compare { lhs, rhs, .. } => {
            clear_expr(lhs);
            clear_expr(rhs);
        }
        ExprKind::In { value, list, .. } => {
            clear_expr(value);
            list.iter_mut().for_each(clear_expr);
        }
        ExprKind::Not(inner) | ExprKind::Paren(inner) => clear_expr(inner),
        ExprKind::Lambda(lambda) => {
            for param in &mut lambda.params {
                param.span = Span::default();
            }
            clear_expr(&mut lambda.body);
        }
        ExprKind::Nil
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::String(_)
        | ExprKind::Bytes(_)
        | ExprKind::Enum(_)
        | ExprKind::FunctionName(_)
        | ExprKind::Error => {}
    }
}

fn clear_call(call: &mut Call) {
    call.span = Span::default();
    call.name.span = Span::default();
    for arg in &mut call.args {
        arg.span = Span::default();
        if let Some(name) = &mut arg.name {
            name.span = Span::default();
        }
        clear_expr(&mut arg.value);
    }
    clear_keys(&mut call.keys);
}

fn clear_keys(keys: &mut [Key]) {
    for key in keys {
        key.span = Span::default();
        if let KeyKind::Expr(expr) = &mut key.kind {
            clear_expr(expr);
        }
    }
}
