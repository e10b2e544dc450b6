//! Resolving lambdas: their parameters are names that hide paths while their bodies are looked at.
//!
//! What a body takes from the lambdas around it is noted as its captures, so that a body can run in
//! registers of its own.

use ottl_syntax::ast::{self, ExprKind as Ast};
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::Type;

use crate::hir::{ArgKind, Expr, ExprKind, Lambda, LambdaBody, LocalId};
use crate::lower::Lowering;
use crate::paths::dotted;

/// The lambdas around a place in the source, from the outside in.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    lambdas: Vec<Scope>,
    next: u32,
}

#[derive(Debug, Default)]
struct Scope {
    params: Vec<(String, LocalId)>,
    captures: Vec<LocalId>,
}

impl Scopes {
    fn new_local(&mut self) -> LocalId {
        self.next += 1;
        LocalId(self.next - 1)
    }

    /// What a name means, which every lambda within the one that declares it captures.
    fn find(&mut self, name: &str) -> Option<LocalId> {
        let declared = |scope: &Scope| {
            let mut params = scope.params.iter();
            params.find(|(param, _)| param == name).map(|(_, id)| *id)
        };
        let (depth, id) = self
            .lambdas
            .iter()
            .enumerate()
            .rev()
            .find_map(|(depth, scope)| declared(scope).map(|id| (depth, id)))?;
        for scope in &mut self.lambdas[depth + 1..] {
            if !scope.captures.contains(&id) {
                scope.captures.push(id);
            }
        }
        Some(id)
    }
}

impl Lowering<'_> {
    /// A lambda as the argument of a parameter for lambdas of `arity` parameters.
    pub(crate) fn lambda_argument(&mut self, value: &ast::Expr, arity: usize) -> Option<ArgKind> {
        let Ast::Lambda(source) = &value.kind else {
            return None;
        };
        if !self.options.gates.lambda {
            self.stray_lambda(value.span);
            return Some(ArgKind::Absent);
        }
        if source.params.len() != arity {
            let params = match arity {
                1 => "1 parameter".to_owned(),
                arity => format!("{arity} parameters"),
            };
            let message = format!(
                "A lambda with {params} must stand here, but this one has {}.",
                source.params.len()
            );
            self.report(Diagnostic::error(Code::WrongArity, value.span, message));
        }
        Some(ArgKind::Lambda(self.lambda(source)))
    }

    fn lambda(&mut self, source: &ast::Lambda) -> Lambda {
        let mut scope = Scope::default();
        let mut params = Vec::with_capacity(source.params.len());
        for param in &source.params {
            if param.text == "_" {
                params.push(None);
                continue;
            }
            let id = self.scopes.new_local();
            scope.params.push((param.text.clone(), id));
            params.push(Some(id));
        }
        self.scopes.lambdas.push(scope);
        let body = self.lambda_body(&source.body);
        let scope = self.scopes.lambdas.pop().unwrap_or_default();
        Lambda {
            params,
            captures: scope.captures,
            body: Box::new(body),
        }
    }

    fn lambda_body(&mut self, body: &ast::Expr) -> LambdaBody {
        let mut inner = body;
        while let Ast::Paren(next) = &inner.kind {
            inner = next;
        }
        match &inner.kind {
            Ast::Compare { .. } | Ast::Not(_) | Ast::And(_) | Ast::Or(_) => {
                LambdaBody::Condition(self.condition(inner))
            }
            _ => LambdaBody::Value(self.value(body)),
        }
    }

    /// A path that begins with the parameter of a lambda.
    pub(crate) fn local(&mut self, path: &ast::Path) -> Option<Expr> {
        let (first, rest) = path.segments.split_first()?;
        let id = self.scopes.find(&first.name.text)?;
        if !rest.is_empty() {
            let whole = dotted(&path.segments);
            self.report(
                Diagnostic::error(
                    Code::PathNotIndexable,
                    path.span,
                    format!("`{}` is the parameter of a lambda and has no fields, so that `{whole}` means nothing.", first.name.text),
                )
                .with_note("Keys of a map stand in brackets and quotes, as in `v[\"key\"]`."),
            );
            return Some(expr(path.span, ExprKind::Error));
        }
        let base = expr(first.name.span, ExprKind::Local(id));
        if first.keys.is_empty() {
            return Some(base);
        }
        let keys = first.keys.iter().map(|key| self.key_value(key)).collect();
        let base = Box::new(base);
        Some(expr(path.span, ExprKind::Index { base, keys }))
    }

    pub(crate) fn stray_lambda(&mut self, span: Span) {
        let diagnostic = if self.options.gates.lambda {
            let message = "A lambda can only be the argument of a parameter that takes one.";
            Diagnostic::error(Code::WrongArgument, span, message)
        } else {
            let message = "A lambda cannot stand here, since lambdas are switched off.";
            Diagnostic::error(Code::NeedsLambda, span, message)
                .with_note("Switch them on with --feature-gates=ottl.functions.enableLambda.")
        };
        self.report(diagnostic);
    }
}

fn expr(span: Span, kind: ExprKind) -> Expr {
    Expr {
        span,
        ty: Type::Any,
        kind,
    }
}
