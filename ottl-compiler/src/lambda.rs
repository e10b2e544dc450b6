//! Names that hide paths: the parameters of lambdas and macros while their bodies are looked at, and
//! constants.
//!
//! What a body takes from the lambdas around it is noted as its captures, so that a body can run in
//! registers of its own.

use std::collections::HashMap;
use std::rc::Rc;

use ottl_syntax::ast::{self, ExprKind as Ast};
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::Type;
use ottl_vm::path::Keys;

use crate::expansion::Size;
use crate::hir::{ArgKind, Expr, ExprKind, Lambda, LambdaBody, LocalId};
use crate::lower::Lowering;
use crate::paths::dotted;

/// The names that hide paths at a place in the source, from the outside in.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    /// Constants, which are known everywhere behind their definition.
    constants: HashMap<String, StandIn>,
    scopes: Vec<Scope>,
    next: u32,
    /// The parameters of lambdas that were used, one after the other.
    uses: Vec<LocalId>,
}

#[derive(Debug, Default)]
struct Scope {
    names: Vec<(String, Binding)>,
    /// What the body of a lambda takes from the lambdas around it.
    captures: Vec<LocalId>,
    /// Whether it is the body of a macro, which sees nothing of where the macro is used.
    is_macro: bool,
}

/// What a name means.
#[derive(Clone, Debug)]
pub(crate) enum Binding {
    /// The parameter of a lambda.
    Local(LocalId),
    /// The argument of a macro, with the parameters of lambdas in it.
    Argument(StandIn, Vec<LocalId>),
}

/// A value that is put in the place of a name.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    value: Rc<Expr>,
    size: Size,
}

impl StandIn {
    pub(crate) fn new(value: Expr) -> Self {
        Self {
            size: Size::of(&value),
            value: Rc::new(value),
        }
    }
}

/// What a name means at a place.
enum Meaning {
    Local(LocalId),
    StandIn(StandIn),
}

impl Scopes {
    fn new_local(&mut self) -> LocalId {
        self.next += 1;
        LocalId(self.next - 1)
    }

    pub(crate) fn define(&mut self, name: String, value: Expr) {
        self.constants.insert(name, StandIn::new(value));
    }

    /// Whether a name is bound here.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.lookup(name).is_some() || self.constants.contains_key(name)
    }

    fn lookup(&self, name: &str) -> Option<&Binding> {
        for scope in self.scopes.iter().rev() {
            if let Some((_, binding)) = scope.names.iter().find(|(known, _)| known == name) {
                return Some(binding);
            }
            if scope.is_macro {
                return None;
            }
        }
        None
    }

    /// Notes that a parameter is used here, which all lambdas within the one that declares it
    /// capture.
    fn use_local(&mut self, id: LocalId) {
        self.uses.push(id);
        let declares = |scope: &Scope| {
            let mut names = scope.names.iter();
            names.any(|(_, binding)| matches!(binding, Binding::Local(known) if *known == id))
        };
        let Some(depth) = self.scopes.iter().rposition(declares) else {
            return;
        };
        for scope in &mut self.scopes[depth + 1..] {
            if !scope.captures.contains(&id) {
                scope.captures.push(id);
            }
        }
    }

    /// What a name means here, which is a use of it.
    fn find(&mut self, name: &str) -> Option<Meaning> {
        match self.lookup(name).cloned() {
            Some(Binding::Local(id)) => {
                self.use_local(id);
                Some(Meaning::Local(id))
            }
            Some(Binding::Argument(argument, uses)) => {
                uses.into_iter().for_each(|id| self.use_local(id));
                Some(Meaning::StandIn(argument))
            }
            None => self.constants.get(name).cloned().map(Meaning::StandIn),
        }
    }

    /// Opens the body of a macro with these arguments.
    pub(crate) fn open_macro(&mut self, names: Vec<(String, Binding)>) {
        self.scopes.push(Scope {
            names,
            is_macro: true,
            ..Scope::default()
        });
    }

    pub(crate) fn close(&mut self) {
        self.scopes.pop();
    }

    /// How many uses of parameters there were so far.
    pub(crate) fn mark(&self) -> usize {
        self.uses.len()
    }

    /// The parameters that were used since a mark.
    pub(crate) fn used_since(&self, mark: usize) -> Vec<LocalId> {
        self.uses[mark..].to_vec()
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
            if scope.names.iter().any(|(known, _)| *known == param.text) {
                let message = format!("The lambda has two parameters `{}`.", param.text);
                let diagnostic = Diagnostic::error(Code::DuplicateParameter, param.span, message);
                self.report(diagnostic);
            }
            let id = self.names.scopes.new_local();
            let name = (param.text.clone(), Binding::Local(id));
            scope.names.push(name);
            params.push(Some(id));
        }
        self.names.scopes.scopes.push(scope);
        let body = self.lambda_body(&source.body);
        let scope = self.names.scopes.scopes.pop().unwrap_or_default();
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

    /// A name that is bound.
    pub(crate) fn bound(&mut self, name: &str, span: Span) -> Expr {
        self.meaning(name, span)
            .unwrap_or_else(|| expr(span, ExprKind::Error))
    }

    fn meaning(&mut self, name: &str, span: Span) -> Option<Expr> {
        match self.names.scopes.find(name)? {
            Meaning::Local(id) => Some(expr(span, ExprKind::Local(id))),
            Meaning::StandIn(StandIn { value, size }) if self.expand(size, span) => {
                let value = Expr::clone(&value);
                Some(Expr { span, ..value })
            }
            Meaning::StandIn(_) => Some(expr(span, ExprKind::Error)),
        }
    }

    /// A path that begins with a name that is bound.
    pub(crate) fn local(&mut self, path: &ast::Path) -> Option<Expr> {
        let (first, rest) = path.segments.split_first()?;
        let name = first.name.text.as_str();
        // A constant hides no context: its name is the whole path.
        if self.names.scopes.lookup(name).is_none() && !rest.is_empty() {
            return None;
        }
        let base = self.meaning(name, first.name.span)?;
        if !rest.is_empty() {
            let whole = dotted(&path.segments);
            self.report(
                Diagnostic::error(
                    Code::PathNotIndexable,
                    path.span,
                    format!("`{name}` is a parameter and has no fields, so that `{whole}` means nothing."),
                )
                .with_note("Keys of a map stand in brackets and quotes, as in `v[\"key\"]`."),
            );
            return Some(expr(path.span, ExprKind::Error));
        }
        if first.keys.is_empty() {
            return Some(base);
        }
        // Keys behind an argument that is a path belong to the path.
        if let ExprKind::Path(base) = &base.kind
            && base.def.keys == Keys::Any
        {
            let mut whole = base.clone();
            whole.span = path.span;
            whole.keys.extend(self.keys(&first.keys));
            let ty = whole.ty();
            let kind = ExprKind::Path(whole);
            return Some(Expr {
                span: path.span,
                ty,
                kind,
            });
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
