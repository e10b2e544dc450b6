//! What the `selfops` dialect has beyond statements: blocks, constants and macros.
//!
//! All of them are gone in HIR but blocks. A constant is replaced by its value. A use of a macro is
//! replaced by the macro's body, in which the parameters stand for the arguments as they were
//! resolved where the macro is used; the body sees nothing else of that place.

use std::collections::HashMap;
use std::rc::Rc;

use ottl_syntax::ast::{self, ExprKind as Ast, MacroBody};
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::Type;

use crate::expansion::Size;
use crate::hir::{Arm, Block, Condition, Expr, ExprKind, Head, Item};
use crate::lambda::{Binding, StandIn};
use crate::lower::{Lowering, error_mode};

/// How many nodes of an expression a block, or a macro of statements, counts as: so many need the
/// stack that it needs.
const BLOCK_DEPTH: usize = 4;

/// The macros of a script.
#[derive(Debug, Default)]
pub(crate) struct Macros {
    by_name: HashMap<String, Rc<ast::Macro>>,
}

/// The types that a parameter may be declared with. Those without a type take a path that is
/// written.
const TYPES: [(&str, Option<Type>); 11] = [
    ("any", Some(Type::Any)),
    ("string", Some(Type::String)),
    ("int", Some(Type::Int)),
    ("double", Some(Type::Double)),
    ("bool", Some(Type::Bool)),
    ("bytes", Some(Type::Bytes)),
    ("map", Some(Type::Map)),
    ("list", Some(Type::List)),
    ("time", Some(Type::Time)),
    ("duration", Some(Type::Duration)),
    ("path", None),
];

impl Lowering<'_> {
    /// An item of a script, as what it stands for.
    pub(crate) fn item(&mut self, item: &ast::Item, source: &str) -> Vec<Item> {
        match item {
            ast::Item::Statement(statement) => self.statement_items(statement, source),
            ast::Item::When(when) => vec![self.when(when, source)],
            ast::Item::Const(constant) => {
                self.constant(constant);
                Vec::new()
            }
            ast::Item::Macro(definition) => {
                self.define(definition);
                Vec::new()
            }
        }
    }

    fn items(&mut self, items: &[ast::Item], source: &str) -> Vec<Item> {
        items
            .iter()
            .flat_map(|item| self.item(item, source))
            .collect()
    }

    fn when(&mut self, when: &ast::When, source: &str) -> Item {
        let arms = when
            .arms
            .iter()
            .map(|arm| Arm {
                conditions: vec![Head {
                    span: arm.condition.span,
                    text: format!("when {}", text(source, arm.condition.span)),
                    condition: self.condition(&arm.condition),
                    error_mode: None,
                }],
                items: self.inner_items(&arm.items, source),
            })
            .collect();
        let otherwise = when.otherwise.as_deref().unwrap_or_default();
        Item::Block(Block {
            arms,
            otherwise: self.inner_items(otherwise, source),
        })
    }

    /// Items within others.
    fn inner_items(&mut self, items: &[ast::Item], source: &str) -> Vec<Item> {
        self.depth += BLOCK_DEPTH;
        let items = self.items(items, source);
        self.depth -= BLOCK_DEPTH;
        items
    }

    /// A statement, which is a block when it has an alternative or is the use of a macro.
    pub(crate) fn statement_items(
        &mut self,
        statement: &ast::Statement,
        source: &str,
    ) -> Vec<Item> {
        let written = text(source, statement.span);
        let is_plain = statement.otherwise.is_none() && !self.is_macro(&statement.editor);
        if is_plain {
            return vec![Item::Statement(self.statement(statement, written))];
        }
        let chosen = self.branch(&statement.editor, statement, source);
        let otherwise = match &statement.otherwise {
            Some(call) => self.branch(call, statement, source),
            None => Vec::new(),
        };
        let Some(condition) = &statement.condition else {
            return chosen;
        };
        let head = Head {
            span: condition.span,
            text: text(source, condition.span).to_owned(),
            condition: self.condition(condition),
            error_mode: statement.error_mode.map(error_mode),
        };
        let arm = Arm {
            conditions: vec![head],
            items: chosen,
        };
        vec![Item::Block(Block {
            arms: vec![arm],
            otherwise,
        })]
    }

    /// A call of an editor without its condition.
    fn branch(&mut self, call: &ast::Call, of: &ast::Statement, source: &str) -> Vec<Item> {
        if self.is_macro(call) {
            return self.macro_items(call, source);
        }
        let statement = ast::Statement {
            span: call.span,
            editor: call.clone(),
            condition: None,
            otherwise: None,
            error_mode: of.error_mode,
            form: of.form,
        };
        vec![Item::Statement(
            self.statement(&statement, text(source, call.span)),
        )]
    }

    fn constant(&mut self, constant: &ast::Const) {
        let name = &constant.name;
        let value = self.value(&constant.value);
        if !is_constant(&value) {
            let message = format!("The value of the constant `{}` is not known.", name.text);
            let diagnostic = Diagnostic::error(Code::WrongArgument, value.span, message)
                .with_note("It may consist of literals, other constants and arithmetic.");
            self.report(diagnostic);
        }
        if self.is_defined(&name.text) {
            self.defined_twice(name);
            return;
        }
        self.names.scopes.define(name.text.clone(), value);
    }

    fn define(&mut self, definition: &ast::Macro) {
        let name = &definition.name;
        let is_upper = name
            .text
            .starts_with(|first: char| first.is_ascii_uppercase());
        let has_value = matches!(definition.body, MacroBody::Value(_));
        if is_upper != has_value {
            let message = match has_value {
                true => "The name of a macro that has a value begins with an uppercase letter.",
                false => "The name of a macro of statements begins with a lowercase letter.",
            };
            self.report(Diagnostic::error(Code::WrongArgument, name.span, message));
        }
        for param in &definition.params {
            let ty = &param.ty;
            if !TYPES.iter().any(|(known, _)| *known == ty.text) {
                let known: Vec<_> = TYPES.iter().map(|(known, _)| *known).collect();
                let message = format!("There is no type `{}`.", ty.text);
                let diagnostic = Diagnostic::error(Code::WrongArgument, ty.span, message)
                    .with_note(format!("The types are {}.", known.join(", ")));
                self.report(diagnostic);
            }
        }
        if self.is_defined(&name.text) || self.registry.find(&name.text).is_some() {
            self.defined_twice(name);
            return;
        }
        let definition = Rc::new(definition.clone());
        self.names
            .macros
            .by_name
            .insert(name.text.clone(), definition);
    }

    fn is_defined(&self, name: &str) -> bool {
        self.names.scopes.knows(name) || self.names.macros.by_name.contains_key(name)
    }

    fn defined_twice(&mut self, name: &ast::Ident) {
        let message = format!("There is something with the name `{}` already.", name.text);
        self.report(Diagnostic::error(
            Code::DuplicateDefinition,
            name.span,
            message,
        ));
    }

    pub(crate) fn is_macro(&self, call: &ast::Call) -> bool {
        self.names.macros.by_name.contains_key(&call.name.text)
    }

    /// The value that a use of a macro stands for.
    pub(crate) fn macro_value(&mut self, call: &ast::Call) -> Expr {
        let error = Expr {
            span: call.span,
            ty: Type::Any,
            kind: ExprKind::Error,
        };
        let Some(definition) = self.open_macro(call) else {
            return error;
        };
        let value = match &definition.body {
            MacroBody::Value(body) if is_condition(body) => {
                let message = format!(
                    "The macro `{}` is a condition and has no value.",
                    call.name.text
                );
                self.report(Diagnostic::error(Code::WrongSort, call.span, message));
                error
            }
            MacroBody::Value(body) => self.value(body),
            MacroBody::Items(_) => error,
        };
        self.names.scopes.close();
        if call.keys.is_empty() {
            return value;
        }
        let keys = call.keys.iter().map(|key| self.key_value(key)).collect();
        Expr {
            span: call.span,
            ty: Type::Any,
            kind: ExprKind::Index {
                base: Box::new(value),
                keys,
            },
        }
    }

    /// The condition that a use of a macro stands for.
    pub(crate) fn macro_condition(&mut self, call: &ast::Call) -> Condition {
        let definition = self
            .names
            .macros
            .by_name
            .get(&call.name.text)
            .map(Rc::clone);
        match definition.as_deref().map(|definition| &definition.body) {
            Some(MacroBody::Value(body)) if is_condition(body) => match self.open_macro(call) {
                Some(_) => {
                    let condition = self.condition(body);
                    self.names.scopes.close();
                    condition
                }
                None => Condition::Known {
                    value: false,
                    unevaluated: Vec::new(),
                },
            },
            _ => Condition::Truth(self.macro_value(call)),
        }
    }

    fn macro_items(&mut self, call: &ast::Call, source: &str) -> Vec<Item> {
        let Some(definition) = self.open_macro(call) else {
            return Vec::new();
        };
        let items = match &definition.body {
            MacroBody::Items(items) => self.inner_items(items, source),
            MacroBody::Value(_) => Vec::new(),
        };
        self.names.scopes.close();
        items
    }

    /// Resolves the arguments of a use and opens the body of the macro, unless something is wrong.
    fn open_macro(&mut self, call: &ast::Call) -> Option<Rc<ast::Macro>> {
        let definition = Rc::clone(self.names.macros.by_name.get(&call.name.text)?);
        if !self.expand(Size::of_text(definition.span), call.span) {
            return None;
        }
        if call.args.len() != definition.params.len() {
            let message = format!(
                "The macro `{}` takes {} arguments, but {} are given.",
                definition.name.text,
                definition.params.len(),
                call.args.len()
            );
            self.report(Diagnostic::error(Code::WrongArity, call.span, message));
            return None;
        }
        let mut names = Vec::with_capacity(call.args.len());
        for (position, argument) in call.args.iter().enumerate() {
            let param = match &argument.name {
                None => definition.params.get(position),
                Some(name) => {
                    let mut params = definition.params.iter();
                    params.find(|param| param.name.text == name.text)
                }
            };
            let Some(param) = param else {
                let message = format!(
                    "The macro `{}` has no such parameter.",
                    definition.name.text
                );
                self.report(Diagnostic::error(
                    Code::UnknownParameter,
                    argument.span,
                    message,
                ));
                return None;
            };
            let mark = self.names.scopes.mark();
            let value = self.value(&argument.value);
            self.check_type(param, &value);
            let uses = self.names.scopes.used_since(mark);
            let binding = Binding::Argument(StandIn::new(value), uses);
            names.push((param.name.text.clone(), binding));
        }
        self.names.scopes.open_macro(names);
        Some(definition)
    }

    fn check_type(&mut self, param: &ast::MacroParam, value: &Expr) {
        let declared = TYPES.iter().find(|(name, _)| *name == param.ty.text);
        let fits = match declared {
            Some((_, Some(Type::Any))) | None => true,
            Some((_, Some(ty))) => value.ty == Type::Any || value.ty == *ty,
            Some((_, None)) => matches!(value.kind, ExprKind::Path(_)),
        };
        if !fits && !matches!(value.kind, ExprKind::Error) {
            let message = format!(
                "The parameter `{}` takes a value of type {}, but this is of type {}.",
                param.name.text,
                param.ty.text,
                value.ty.name()
            );
            self.report(Diagnostic::error(Code::WrongArgument, value.span, message));
        }
    }
}

fn text(source: &str, span: Span) -> &str {
    &source[span.range()]
}

/// Whether an expression can be nothing but a condition.
fn is_condition(expr: &ast::Expr) -> bool {
    match &expr.kind {
        Ast::Paren(inner) => is_condition(inner),
        Ast::Compare { .. } | Ast::In { .. } | Ast::Not(_) | Ast::And(_) | Ast::Or(_) => true,
        _ => false,
    }
}

fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Error => true,
        ExprKind::Negate(inner) => is_constant(inner),
        ExprKind::Arithmetic { lhs, rhs, .. } => is_constant(lhs) && is_constant(rhs),
        ExprKind::List(elements) => elements.iter().all(is_constant),
        ExprKind::Map(entries) => entries.iter().all(|(_, value)| is_constant(value)),
        ExprKind::Path(_) | ExprKind::Local(_) | ExprKind::Call(_) | ExprKind::Index { .. } => {
            false
        }
    }
}
