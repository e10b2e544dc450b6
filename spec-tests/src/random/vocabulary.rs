//! What programs are made of: the functions of the registry, with the literals that their documented
//! examples give to each parameter.
//!
//! No function is named here. One that is added to the registry is drawn from then on, with the
//! arguments of its own examples and with those that parameters of the same name have elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ottl::{Context, Engine, Function, Home, ParamKind, Signature, reference};
use ottl_syntax::ast::{Expr, ExprKind, UnaryOp};
use ottl_vm::{Type, ValueKind};
use serde_json::{Value, json};

use crate::case::{Component, Kind};
use crate::tree::{calls, children};

/// Functions whose result depends on the clock or on chance, so that no two answers are the same.
pub(super) const CHANCE: [&str; 3] = ["Now", "UUID", "UUIDv7"];

/// Functions, and literals by the name of the parameter that takes them.
pub(super) struct Vocabulary {
    functions: Vec<Callable>,
    hints: BTreeMap<&'static str, Vec<Hint>>,
    /// Texts of all examples.
    texts: Vec<String>,
}

/// A function that programs may call.
pub(super) struct Callable {
    function: Arc<dyn Function>,
    contexts: Vec<Context>,
    /// Calls in examples: for each parameter its argument, if that is a literal.
    pub(super) examples: Vec<Vec<Option<Hint>>>,
}

/// A literal of an example.
#[derive(Clone)]
pub(super) struct Hint {
    /// As it is written.
    pub(super) source: String,
    /// As the value of an attribute, if it can be one.
    pub(super) value: Option<Value>,
}

impl Callable {
    pub(super) fn signature(&self) -> &Signature {
        self.function.signature()
    }

    pub(super) fn reshapes(&self) -> bool {
        self.function.reshapes()
    }

    /// Whether it stands behind the gate of lambdas.
    pub(super) fn is_experimental(&self) -> bool {
        self.function.home() == Home::Experimental
    }

    /// Whether only one component has it.
    pub(super) fn is_of_component(&self) -> bool {
        matches!(self.function.home(), Home::Transform | Home::Filter)
    }

    /// Whether a program of `context` may call it.
    fn is_in(&self, context: Context, component: Option<Component>, conditions: bool) -> bool {
        let home = match self.function.home() {
            Home::Standard | Home::Experimental => true,
            Home::Transform => component == Some(Component::Transform) && !conditions,
            Home::Filter => component == Some(Component::Filter),
            Home::Selfops => false,
        };
        home && self.contexts.contains(&context)
    }
}

impl Vocabulary {
    /// Everything in the registry of the strict dialect.
    pub(super) fn new() -> Self {
        let engine = Engine::default();
        let mut functions: Vec<Callable> = engine
            .registry()
            .all()
            .into_iter()
            .filter(|function| function.home() != Home::Selfops)
            .filter(|function| !CHANCE.contains(&function.signature().name))
            .map(|function| Callable {
                function: function.clone(),
                contexts: reference::contexts_of(&**function),
                examples: Vec::new(),
            })
            .collect();
        let mut texts = Vec::new();
        let mut found = Vec::new();
        for callable in &functions {
            let signature = callable.signature();
            let kind = match signature.is_editor() {
                true => Kind::Statements,
                false => Kind::Expressions,
            };
            for example in signature.examples {
                let calls = calls(kind, example.source);
                found.extend(calls.into_iter().map(|call| (example.source, call)));
            }
        }
        let mut hints: BTreeMap<&'static str, Vec<Hint>> = BTreeMap::new();
        for (source, call) in found {
            for argument in &call.args {
                texts_of(&argument.value, &mut texts);
            }
            let Some(callable) = functions
                .iter_mut()
                .find(|callable| callable.signature().name == call.name.text)
            else {
                continue;
            };
            let signature = callable.function.signature();
            let mut example = vec![None; signature.params.len()];
            for (position, argument) in call.args.iter().enumerate() {
                let at = match &argument.name {
                    Some(name) => signature.params.iter().position(|it| it.name == name.text),
                    None => Some(position).filter(|at| *at < signature.params.len()),
                };
                let (Some(at), Some(hint)) = (at, hint(source, &argument.value)) else {
                    continue;
                };
                let param = &signature.params[at];
                let pool = hints.entry(param.name).or_default();
                if pool.iter().all(|known| known.source != hint.source) {
                    pool.push(hint.clone());
                }
                example[at] = Some(hint);
            }
            callable.examples.push(example);
        }
        Self {
            functions,
            hints,
            texts,
        }
    }

    /// The functions that a program of `context` may call, by whether they are editors.
    pub(super) fn callable(
        &self,
        context: Context,
        component: Option<Component>,
        conditions: bool,
        editors: bool,
    ) -> Vec<&Callable> {
        let fits = |callable: &&Callable| {
            callable.signature().is_editor() == editors
                && callable.is_in(context, component, conditions)
        };
        self.functions.iter().filter(fits).collect()
    }

    /// The names of functions that can be called with one text.
    pub(super) fn of_one_text(
        &self,
        context: Context,
        component: Option<Component>,
    ) -> Vec<&'static str> {
        let fits = |callable: &&&Callable| {
            let signature = callable.signature();
            let takes_value =
                |kind| matches!(kind, ParamKind::Value(kind) if type_of(kind) == Type::String);
            !signature.is_editor()
                && signature.required() == 1
                && signature.params.len() == 1
                && takes_value(signature.params[0].kind)
        };
        let all = self.callable(context, component, false, false);
        let names = all.iter().filter(fits);
        names
            .map(|callable| callable.function.signature().name)
            .collect()
    }

    /// Literals that examples give to parameters with a name.
    pub(super) fn hints(&self, param: &str) -> &[Hint] {
        self.hints.get(param).map_or(&[], Vec::as_slice)
    }

    /// Texts of all examples.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// The type of the values that a parameter converts or expects.
pub(super) fn type_of(kind: ValueKind) -> Type {
    match kind {
        ValueKind::Any => Type::Any,
        ValueKind::String | ValueKind::StringLike => Type::String,
        ValueKind::Int | ValueKind::IntLike => Type::Int,
        ValueKind::Double | ValueKind::DoubleLike => Type::Double,
        ValueKind::Bool | ValueKind::BoolLike => Type::Bool,
        ValueKind::BytesLike => Type::Bytes,
        ValueKind::Map => Type::Map,
        ValueKind::Slice => Type::List,
        ValueKind::Time => Type::Time,
        ValueKind::Duration => Type::Duration,
    }
}

/// Whether a literal is of the type that a parameter takes.
pub(super) fn fits(hint: &Hint, kind: ParamKind) -> bool {
    let wanted = match kind {
        ParamKind::Value(kind) => type_of(kind),
        ParamKind::StringLiteral => Type::String,
        ParamKind::IntLiteral => Type::Int,
        ParamKind::DoubleLiteral => Type::Double,
        ParamKind::BoolLiteral => Type::Bool,
        ParamKind::List(_)
        | ParamKind::AnyList(_)
        | ParamKind::StringLiterals
        | ParamKind::DoubleLiterals => Type::List,
        ParamKind::Setter
        | ParamKind::GetSetter
        | ParamKind::MapGetSetter
        | ParamKind::SliceGetSetter
        | ParamKind::Enum
        | ParamKind::Function
        | ParamKind::Output
        | ParamKind::Lambda(_) => return hint.value.is_none(),
    };
    let field = match wanted {
        Type::Any => return true,
        Type::String => "stringValue",
        Type::Int => "intValue",
        Type::Double => "doubleValue",
        Type::Bool => "boolValue",
        Type::Bytes => "bytesValue",
        Type::Map => "kvlistValue",
        Type::List => "arrayValue",
        Type::Nil
        | Type::Time
        | Type::Duration
        | Type::TraceId
        | Type::SpanId
        | Type::ProfileId
        | Type::Opaque => return false,
    };
    let value = hint.value.as_ref();
    value.is_some_and(|value| value.get(field).is_some())
}

/// The texts in an expression that are not known yet.
fn texts_of(expr: &Expr, texts: &mut Vec<String>) {
    if let ExprKind::String(text) = &expr.kind {
        let text = String::from_utf8_lossy(text).into_owned();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    children(expr)
        .into_iter()
        .for_each(|it| texts_of(it, texts));
}

/// An argument without paths and calls, as it is written.
fn hint(source: &str, expr: &Expr) -> Option<Hint> {
    let value = match &expr.kind {
        ExprKind::Enum(_) | ExprKind::FunctionName(_) => None,
        _ => Some(any_value(expr)?),
    };
    Some(Hint {
        source: source.get(expr.span.range())?.to_owned(),
        value,
    })
}

/// A literal as an attribute has it.
fn any_value(expr: &Expr) -> Option<Value> {
    Some(match &expr.kind {
        ExprKind::Nil => json!({}),
        ExprKind::Bool(value) => json!({ "boolValue": value }),
        ExprKind::Int(value) => json!({ "intValue": value.to_string() }),
        ExprKind::Float(value) => json!({ "doubleValue": value }),
        ExprKind::String(text) => json!({ "stringValue": std::str::from_utf8(text).ok()? }),
        ExprKind::Bytes(bytes) => json!({ "bytesValue": STANDARD.encode(bytes) }),
        ExprKind::List(elements) => {
            let values: Option<Vec<_>> = elements.iter().map(any_value).collect();
            json!({ "arrayValue": { "values": values? } })
        }
        ExprKind::Map(entries) => {
            let entry = |key: &[u8], value| {
                Some(json!({ "key": std::str::from_utf8(key).ok()?, "value": any_value(value)? }))
            };
            let values: Option<Vec<_>> =
                entries.iter().map(|it| entry(&it.key, &it.value)).collect();
            json!({ "kvlistValue": { "values": values? } })
        }
        ExprKind::Unary {
            op: UnaryOp::Neg,
            operand,
        } => match &operand.kind {
            ExprKind::Int(value) => json!({ "intValue": value.checked_neg()?.to_string() }),
            ExprKind::Float(value) => json!({ "doubleValue": -value }),
            _ => return None,
        },
        _ => return None,
    })
}
