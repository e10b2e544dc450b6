//! Inferring the context from the paths, as the reference's context inferrer does.
//!
//! Of the contexts that paths name the one with the highest priority is taken. If it does not have
//! an enum or function that is used, the contexts below it are tried.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;
use otlp_columns::{Level, Signal};
use ottl_syntax::Span;
use ottl_syntax::ast::{self, ExprKind, KeyKind};
use ottl_vm::path::{self, Context};

use crate::hir::FunctionId;
use crate::{Options, Registry, enums, paths};

/// Highest priority first; from pkg/ottl/context_inferrer.go.
const PRIORITY: [Context; 10] = [
    Level::Log,
    Level::Exemplar,
    Level::DataPoint,
    Level::Metric,
    Level::SpanEvent,
    Level::Span,
    Level::Profile,
    Level::ProfileSample,
    Level::Scope,
    Level::Resource,
];

/// What a source uses that tells about its context.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    /// Each context that a path names, and where it is named first: in which source, and where there.
    contexts: HashMap<Context, (usize, Span), RandomState>,
    /// The source that is looked at.
    pub(crate) source: usize,
    enums: HashSet<String, RandomState>,
    functions: HashSet<String, RandomState>,
    /// Uppercase names that are arguments: enum symbols, or functions that are handed on.
    arguments: HashSet<String, RandomState>,
    /// The parameters of the lambdas and macros around a place.
    locals: Vec<String>,
    /// Names that look like enum symbols and are none.
    constants: Vec<String>,
}

impl Hints {
    pub(crate) fn items(&mut self, items: &[ast::Item], options: &Options) {
        for item in items {
            match item {
                ast::Item::Statement(statement) => self.statement(statement, options),
                ast::Item::When(when) => {
                    for arm in &when.arms {
                        self.expr(&arm.condition, options);
                        self.items(&arm.items, options);
                    }
                    self.items(when.otherwise.as_deref().unwrap_or_default(), options);
                }
                ast::Item::Const(constant) => self.constants.push(constant.name.text.clone()),
                ast::Item::Macro(definition) => self.definition(definition, options),
            }
        }
    }

    /// A name that stands where contexts do.
    pub(crate) fn context_named(&mut self, name: &str, span: Span) {
        if let Some(context) = path::context_named(name) {
            self.contexts.entry(context).or_insert((self.source, span));
        }
    }

    fn definition(&mut self, definition: &ast::Macro, options: &Options) {
        let outer = self.locals.len();
        let params = definition.params.iter();
        self.locals
            .extend(params.map(|param| param.name.text.clone()));
        match &definition.body {
            ast::MacroBody::Value(value) => self.expr(value, options),
            ast::MacroBody::Items(items) => self.items(items, options),
        }
        self.locals.truncate(outer);
    }

    pub(crate) fn statement(&mut self, statement: &ast::Statement, options: &Options) {
        self.call(&statement.editor, options);
        if let Some(otherwise) = &statement.otherwise {
            self.call(otherwise, options);
        }
        if let Some(condition) = &statement.condition {
            self.expr(condition, options);
        }
    }

    pub(crate) fn expr(&mut self, expr: &ast::Expr, options: &Options) {
        match &expr.kind {
            ExprKind::Enum(name) if self.constants.contains(name) => {}
            ExprKind::Enum(name) => add(&mut self.enums, name),
            ExprKind::FunctionName(name) => add(&mut self.functions, name),
            ExprKind::Path(path) => self.path(path, options),
            ExprKind::Call(call) => self.call(call, options),
            ExprKind::List(parts) | ExprKind::And(parts) | ExprKind::Or(parts) => {
                for part in parts {
                    self.expr(part, options);
                }
            }
            ExprKind::In { value, list, .. } => {
                self.expr(value, options);
                list.iter().for_each(|element| self.expr(element, options));
            }
            ExprKind::Map(entries) => {
                for entry in entries {
                    self.expr(&entry.value, options);
                }
            }
            ExprKind::Unary { operand: inner, .. }
            | ExprKind::Not(inner)
            | ExprKind::Paren(inner) => self.expr(inner, options),
            ExprKind::Binary { lhs, rhs, .. } | ExprKind::Compare { lhs, rhs, .. } => {
                self.expr(lhs, options);
                self.expr(rhs, options);
            }
            ExprKind::Lambda(lambda) => {
                let outer = self.locals.len();
                let params = lambda.params.iter().map(|param| param.text.clone());
                self.locals.extend(params);
                self.expr(&lambda.body, options);
                self.locals.truncate(outer);
            }
            ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::Bytes(_)
            | ExprKind::Error => {}
        }
    }

    fn call(&mut self, call: &ast::Call, options: &Options) {
        add(&mut self.functions, &call.name.text);
        for argument in &call.args {
            match &argument.value.kind {
                ExprKind::Enum(name) if self.constants.contains(name) => {}
                ExprKind::Enum(name) => add(&mut self.arguments, name),
                _ => self.expr(&argument.value, options),
            }
        }
        self.keys(&call.keys, options);
    }

    fn keys(&mut self, keys: &[ast::Key], options: &Options) {
        for key in keys {
            if let KeyKind::Expr(expr) = &key.kind {
                self.expr(expr, options);
            }
        }
    }

    fn path(&mut self, path: &ast::Path, options: &Options) {
        for segment in &path.segments {
            self.keys(&segment.keys, options);
        }
        let [first, rest @ ..] = path.segments.as_slice() else {
            return;
        };
        if rest.is_empty() || !first.keys.is_empty() || self.locals.contains(&first.name.text) {
            return;
        }
        if let Some(context) = path::context_named(&first.name.text) {
            let name = paths::dotted(rest);
            let of_points = options.selfops()
                && path::selfops_paths(context)
                    .iter()
                    .any(|def| def.name == name && def.access.level() != context);
            let context = if of_points { Level::DataPoint } else { context };
            let place = (self.source, first.name.span);
            self.contexts.entry(context).or_insert(place);
        }
    }

    /// The context, if paths tell.
    pub(crate) fn infer(
        &self,
        registry: &Registry,
        options: &Options,
        signal: Option<Signal>,
    ) -> Option<Context> {
        let fits = |context: &Context| {
            signal.is_none_or(|signal| path::signals_of(*context).contains(&signal))
        };
        let named = PRIORITY
            .into_iter()
            .find(|context| self.contexts.contains_key(context))?;
        if self.has_all(named, registry, options) {
            return Some(named);
        }
        let own = path::context_name(named);
        let below = PRIORITY
            .into_iter()
            .filter(|context| *context != named && path::visible_contexts(*context).contains(&own))
            .filter(fits)
            .find(|context| self.has_all(*context, registry, options));
        // What does not exist anywhere is reported when names are resolved.
        Some(below.unwrap_or(named))
    }

    fn has_all(&self, context: Context, registry: &Registry, options: &Options) -> bool {
        let has_enum = |name: &String| enums::lookup(context, options.selfops(), name).is_some();
        let is_for = |id: FunctionId| {
            let function = registry.get(id);
            let mut fields = function.signature().fields.iter();
            let contexts = function.contexts();
            (contexts.is_empty() || contexts.contains(&context))
                && fields.all(|field| field.level() == context)
        };
        let functions = |name: &String| registry.find(name).is_none_or(is_for);
        let arguments = |name: &String| has_enum(name) || registry.find(name).is_some_and(is_for);
        self.enums.iter().all(has_enum)
            && self.functions.iter().all(functions)
            && self.arguments.iter().all(arguments)
    }

    /// Whether a path speaks of each point of a metric, as the `selfops` dialect allows.
    pub(crate) fn needs_points(&self) -> bool {
        self.contexts.contains_key(&Level::DataPoint)
    }

    /// Where a path names a context first: in which source, and where there.
    pub(crate) fn place(&self, context: Context) -> Option<(usize, Span)> {
        self.contexts.get(&context).copied()
    }
}

fn add(names: &mut HashSet<String, RandomState>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}
