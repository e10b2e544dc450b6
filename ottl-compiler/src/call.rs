//! Resolving calls: every parameter gets its argument.
//!
//! A call that comes out of here has as many arguments as its function has parameters, in their
//! order, unless a problem was reported. Arguments of a call that is wrong are looked at all the
//! same, for the problems of their own.

use ottl_syntax::ast::{self, ExprKind as Ast};
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::path;
use ottl_vm::{Home, Literal, Param, ParamKind, Signature, Type, ValueKind};

use crate::hir::{Arg, ArgKind, Call, Expr, ExprKind, FunctionId};
use crate::literal;
use crate::lower::{Lowering, as_literal};
use crate::{paths, suggest};

/// Stands for a function that does not exist; a program with one is not generated.
pub(crate) const UNKNOWN: FunctionId = FunctionId(u32::MAX);

impl Lowering<'_> {
    pub(crate) fn call(&mut self, source: &ast::Call) -> Call {
        let function = self.function(&source.name.text, source.name.span);
        let args = match function {
            Some(id) => {
                let registry = self.registry;
                self.arguments(source, registry.get(id).signature())
            }
            None => {
                // Names inside are worth checking all the same.
                for arg in &source.args {
                    self.check_only(&arg.value);
                }
                Vec::new()
            }
        };
        Call {
            span: source.span,
            name_span: source.name.span,
            function: function.unwrap_or(UNKNOWN),
            args,
        }
    }

    fn check_only(&mut self, value: &ast::Expr) {
        match &value.kind {
            Ast::Enum(_) | Ast::FunctionName(_) | Ast::Lambda(_) => {}
            _ => {
                self.value(value);
            }
        }
    }

    /// The function with a name, if it exists in this dialect and context.
    fn function(&mut self, name: &str, span: Span) -> Option<FunctionId> {
        let found = self.registry.find(name);
        let usable = found.filter(|&id| self.is_usable(id));
        if usable.is_some() {
            return usable;
        }
        let mut diagnostic = Diagnostic::error(
            Code::UnknownFunction,
            span,
            format!("There is no function `{name}` here."),
        );
        if let Some(id) = found {
            diagnostic = diagnostic.with_note(self.absence(id));
        } else {
            let is_editor = name.starts_with(|first: char| first.is_ascii_lowercase());
            let all = self.registry.all();
            let known = all
                .iter()
                .map(|function| function.signature())
                .filter(|signature| signature.is_editor() == is_editor)
                .map(|signature| signature.name);
            if let Some(meant) = suggest::nearest(name, known) {
                diagnostic = diagnostic.with_fix(span, format!("did you mean `{meant}`?"), meant);
            }
        }
        self.report(diagnostic);
        None
    }

    fn is_usable(&self, id: FunctionId) -> bool {
        let function = self.registry.get(id);
        let here = |field: &otlp_columns::Field| field.level() == self.context;
        let contexts = function.contexts();
        self.options.has(function.home())
            && (contexts.is_empty() || contexts.contains(&self.context))
            && function.signature().fields.iter().all(here)
    }

    /// Why a function that exists cannot be called here.
    fn absence(&self, id: FunctionId) -> String {
        let function = self.registry.get(id);
        if self.options.has(function.home()) {
            return match function.contexts() {
                [] => "It exists only in the context whose items it reads.".to_owned(),
                contexts => {
                    let names: Vec<_> = contexts
                        .iter()
                        .map(|&context| path::context_name(context))
                        .collect();
                    format!("It exists only in the context {}.", names.join(" or "))
                }
            };
        }
        match function.home() {
            Home::Standard => "This set of functions is without it.",
            Home::Experimental => {
                "It is experimental: --feature-gates=ottl.functions.enableLambda."
            }
            Home::Transform => "Only the transform processor has it.",
            Home::Filter => "Only the filter processor has it.",
            Home::Selfops => "Only the selfops dialect has it: --dialect selfops.",
        }
        .to_owned()
    }

    fn arguments(&mut self, source: &ast::Call, signature: &Signature) -> Vec<Arg> {
        let absent = || Arg {
            span: source.name.span,
            kind: ArgKind::Absent,
        };
        let mut args: Vec<Arg> = signature.params.iter().map(|_| absent()).collect();
        if signature.params.is_empty() {
            // The reference does not look at the arguments of functions without parameters.
            return args;
        }
        if !self.check_order(source) || !self.check_arity(source, signature) {
            for arg in &source.args {
                self.check_only(&arg.value);
            }
            return args;
        }
        let problems = self.problems.count();
        for (position, argument) in source.args.iter().enumerate() {
            let index = match &argument.name {
                None => Some(position),
                Some(name) => self.parameter(signature, name),
            };
            match index.and_then(|index| signature.params.get(index).map(|param| (index, param))) {
                Some((index, param)) => args[index] = self.argument(param, argument, signature),
                None => self.check_only(&argument.value),
            }
        }
        for (arg, param) in args.iter().zip(signature.params) {
            // After another problem an argument may be absent only because it was not understood.
            let missing = matches!(arg.kind, ArgKind::Absent) && !param.optional;
            if missing && self.problems.count() == problems && !self.problems.is_broken {
                self.report(Diagnostic::error(
                    Code::WrongArity,
                    source.span,
                    format!(
                        "The argument `{}` of `{}` is missing.",
                        param.name, signature.name
                    ),
                ));
            }
        }
        args
    }

    fn check_order(&mut self, source: &ast::Call) -> bool {
        let mut named = false;
        for argument in &source.args {
            if named && argument.name.is_none() {
                self.report(Diagnostic::error(
                    Code::PositionalAfterNamed,
                    argument.span,
                    "An argument without a name cannot stand behind one with a name.",
                ));
                return false;
            }
            named |= argument.name.is_some();
        }
        true
    }

    fn check_arity(&mut self, source: &ast::Call, signature: &Signature) -> bool {
        let (min, max) = (signature.required(), signature.params.len());
        let given = source.args.len();
        if (min..=max).contains(&given) {
            return true;
        }
        if self.problems.is_broken {
            return false;
        }
        let expected = match (min, max) {
            (1, 1) => "1 argument".to_owned(),
            (min, max) if min == max => format!("{max} arguments"),
            (min, max) => format!("{min} to {max} arguments"),
        };
        let given = match given {
            0 => "none is given".to_owned(),
            1 => "1 is given".to_owned(),
            given => format!("{given} are given"),
        };
        self.report(
            Diagnostic::error(
                Code::WrongArity,
                source.span,
                format!(
                    "The function `{}` takes {expected}, but {given}.",
                    signature.name
                ),
            )
            .with_note(format!("It is declared as `{}`.", declaration(signature))),
        );
        false
    }

    fn parameter(&mut self, signature: &Signature, name: &ast::Ident) -> Option<usize> {
        let wanted = camel(&name.text);
        let found = signature
            .params
            .iter()
            .position(|param| camel(param.name) == wanted);
        if found.is_none() {
            let mut diagnostic = Diagnostic::error(
                Code::UnknownParameter,
                name.span,
                format!(
                    "The function `{}` has no parameter `{}`.",
                    signature.name, name.text
                ),
            );
            let known = signature.params.iter().map(|param| param.name);
            if let Some(meant) = suggest::nearest(&name.text, known) {
                diagnostic =
                    diagnostic.with_fix(name.span, format!("did you mean `{meant}`?"), meant);
            }
            self.report(
                diagnostic.with_note(format!("It is declared as `{}`.", declaration(signature))),
            );
        }
        found
    }

    fn argument(&mut self, param: &Param, argument: &ast::Argument, signature: &Signature) -> Arg {
        let value = &argument.value;
        let kind = match param.kind {
            ParamKind::Setter
            | ParamKind::GetSetter
            | ParamKind::MapGetSetter
            | ParamKind::SliceGetSetter => self.path_argument(value),
            ParamKind::Value(kind) => self.value_argument(kind, value),
            ParamKind::List(kind) => self.list_argument(kind, value),
            ParamKind::AnyList(kind) => match value.kind {
                Ast::List(_) => self.list_argument(kind, value),
                _ if self.options.gates.dynamic_lists => self.any_list_argument(value),
                _ => None,
            },
            ParamKind::Lambda(params) => self.lambda_argument(value, params),
            ParamKind::Function => self.function_argument(value),
            ParamKind::Output => output_argument(value),
            ParamKind::StringLiterals => {
                self.literals_argument(|element| matches!(element, Ast::String(_)), value)
            }
            ParamKind::DoubleLiterals => {
                self.literals_argument(|element| matches!(element, Ast::Float(_)), value)
            }
            ParamKind::StringLiteral => {
                self.literal_argument(matches!(value.kind, Ast::String(_)), value)
            }
            ParamKind::IntLiteral => {
                self.literal_argument(matches!(value.kind, Ast::Int(_)), value)
            }
            ParamKind::DoubleLiteral => {
                self.literal_argument(matches!(value.kind, Ast::Float(_)), value)
            }
            ParamKind::BoolLiteral => {
                self.literal_argument(matches!(value.kind, Ast::Bool(_)), value)
            }
            ParamKind::Enum => self.literal_argument(matches!(value.kind, Ast::Enum(_)), value),
        };
        let kind = match kind {
            None if self.options.selfops() && param.kind.is_literal() => {
                self.computed_argument(param.kind, value)
            }
            kind => kind,
        };
        let kind = kind.unwrap_or_else(|| {
            self.wrong_argument(param, value, signature);
            ArgKind::Absent
        });
        Arg {
            span: value.span,
            kind,
        }
    }

    fn wrong_argument(&mut self, param: &Param, value: &ast::Expr, signature: &Signature) {
        if matches!(value.kind, Ast::Error) {
            return;
        }
        let mut diagnostic = Diagnostic::error(
            Code::WrongArgument,
            value.span,
            format!(
                "The parameter `{}` of `{}` takes {}.",
                param.name,
                signature.name,
                describe_param(param.kind)
            ),
        );
        if let Ast::FunctionName(name) = &value.kind {
            let constants = ["true", "false", "nil"];
            diagnostic = match constants.iter().find(|it| it.eq_ignore_ascii_case(name)) {
                Some(meant) => {
                    diagnostic.with_fix(value.span, format!("did you mean `{meant}`?"), *meant)
                }
                None => diagnostic.with_note(format!(
                    "`{name}` is read as the name of a function, not a call of it."
                )),
            };
        }
        self.report(diagnostic);
    }

    fn path_argument(&mut self, value: &ast::Expr) -> Option<ArgKind> {
        let Ast::Path(path) = &value.kind else {
            return None;
        };
        if let Some(local) = self.local(path) {
            return match local.kind {
                ExprKind::Path(path) => Some(ArgKind::Path(path)),
                ExprKind::Error => Some(ArgKind::Absent),
                _ => None,
            };
        }
        // An unknown path was reported; nothing more is to be said of it.
        Some(self.path(path).map_or(ArgKind::Absent, ArgKind::Path))
    }

    fn value_argument(&mut self, kind: ValueKind, value: &ast::Expr) -> Option<ArgKind> {
        if matches!(value.kind, Ast::FunctionName(_) | Ast::Lambda(_)) {
            return None;
        }
        let expr = self.value(value);
        self.check_literal(kind, &expr);
        Some(ArgKind::Value(expr))
    }

    fn list_argument(&mut self, kind: ValueKind, value: &ast::Expr) -> Option<ArgKind> {
        let Ast::List(elements) = &value.kind else {
            return None;
        };
        let elements = elements
            .iter()
            .map(|element| {
                let expr = self.value(element);
                self.check_literal(kind, &expr);
                expr
            })
            .collect();
        Some(ArgKind::List(elements))
    }

    /// A literal, if it is one of the kind that the parameter takes.
    fn literal_argument(&mut self, fits: bool, value: &ast::Expr) -> Option<ArgKind> {
        fits.then(|| ArgKind::Value(self.value(value)))
    }

    fn literals_argument(
        &mut self,
        is_one: impl Fn(&Ast) -> bool,
        value: &ast::Expr,
    ) -> Option<ArgKind> {
        let Ast::List(elements) = &value.kind else {
            return None;
        };
        elements
            .iter()
            .all(|element| is_one(&element.kind))
            .then(|| ArgKind::List(elements.iter().map(|element| self.value(element)).collect()))
    }

    /// A value that is computed in place of a literal, unless its type says that it cannot be one.
    fn computed_argument(&mut self, kind: ParamKind, value: &ast::Expr) -> Option<ArgKind> {
        if matches!(
            value.kind,
            Ast::FunctionName(_) | Ast::Lambda(_) | Ast::Error
        ) {
            return None;
        }
        let expr = self.value(value);
        if matches!(expr.kind, ExprKind::Error) {
            return Some(ArgKind::Absent);
        }
        let (wanted, element) = match kind {
            ParamKind::StringLiteral => (Type::String, None),
            ParamKind::StringLiterals => (Type::List, Some(Type::String)),
            ParamKind::IntLiteral => (Type::Int, None),
            ParamKind::DoubleLiteral => (Type::Double, None),
            ParamKind::DoubleLiterals => (Type::List, Some(Type::Double)),
            _ => (Type::Bool, None),
        };
        if expr.ty != Type::Any && expr.ty != wanted {
            return None;
        }
        // What a constant stands for is literal after all.
        if let (Some(element), ExprKind::Literal(Literal::List(literals))) = (element, &expr.kind) {
            let fits = literals.iter().all(|literal| {
                matches!(
                    (element, literal),
                    (Type::String, Literal::String(_)) | (Type::Double, Literal::Double(_))
                )
            });
            let elements = literals.iter().map(|literal| Expr {
                span: expr.span,
                ty: element,
                kind: ExprKind::Literal(literal.clone()),
            });
            return fits.then(|| ArgKind::List(elements.collect()));
        }
        Some(ArgKind::Value(expr))
    }

    /// A list from the data. A literal that is no list is rejected; bytes are a list of numbers.
    fn any_list_argument(&mut self, value: &ast::Expr) -> Option<ArgKind> {
        if matches!(value.kind, Ast::FunctionName(_) | Ast::Lambda(_)) {
            return None;
        }
        let expr = self.value(value);
        match as_literal(&expr) {
            None | Some(Literal::Nil | Literal::Bytes(_)) => Some(ArgKind::Value(expr)),
            Some(_) => None,
        }
    }

    /// A literal that does not convert is rejected, as it is known that it never will.
    fn check_literal(&mut self, kind: ValueKind, expr: &Expr) {
        let Some(literal) = as_literal(expr) else {
            return;
        };
        if let Err(error) = literal::converts(kind, literal) {
            self.report(
                Diagnostic::error(
                    Code::WrongArgument,
                    expr.span,
                    format!(
                        "The literal is not {}.",
                        describe_param(ParamKind::Value(kind))
                    ),
                )
                .with_note(error.message().to_owned()),
            );
        }
    }

    fn function_argument(&mut self, value: &ast::Expr) -> Option<ArgKind> {
        let (Ast::Enum(name) | Ast::FunctionName(name)) = &value.kind else {
            return None;
        };
        let id = self.function(name, value.span);
        Some(id.map_or(ArgKind::Absent, ArgKind::Function))
    }
}

/// An output is named by a path that is none: `exporter.kafka`.
fn output_argument(value: &ast::Expr) -> Option<ArgKind> {
    let Ast::Path(path) = &value.kind else {
        return None;
    };
    let (first, rest) = path.segments.split_first()?;
    let named = first.name.text == "exporter"
        && !rest.is_empty()
        && path.segments.iter().all(|segment| segment.keys.is_empty());
    named.then(|| ArgKind::Output(paths::dotted(rest)))
}

/// `snake_case` and `camelCase` name the same parameter.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = true;
    for char in name.chars() {
        if char == '_' {
            upper = true;
        } else if upper {
            out.push(char.to_ascii_uppercase());
            upper = char.is_ascii_digit();
        } else {
            out.push(char);
            upper = char.is_ascii_digit();
        }
    }
    out
}

/// A signature as it is shown to people: `Concat(vals: list of text, delimiter: string)`.
#[must_use]
pub fn declaration(signature: &Signature) -> String {
    let params: Vec<_> = signature
        .params
        .iter()
        .map(|param| {
            let mark = if param.optional { "?" } else { "" };
            format!("{}{mark}: {}", param.name, describe_param(param.kind))
        })
        .collect();
    let result = match signature.result {
        Type::Nil => String::new(),
        ty => format!(" -> {}", ty.name()),
    };
    format!("{}({}){result}", signature.name, params.join(", "))
}

/// What a parameter takes, in a few words.
#[must_use]
pub fn describe_param(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::Setter | ParamKind::GetSetter => "a path",
        ParamKind::MapGetSetter => "a path to a map",
        ParamKind::SliceGetSetter => "a path to a list",
        ParamKind::List(_) => "a literal list",
        ParamKind::AnyList(_) => "a list",
        ParamKind::StringLiteral => "a literal string",
        ParamKind::StringLiterals => "a list of literal strings",
        ParamKind::IntLiteral => "a literal integer",
        ParamKind::DoubleLiteral => "a literal floating-point number",
        ParamKind::DoubleLiterals => "a list of literal floating-point numbers",
        ParamKind::BoolLiteral => "true or false",
        ParamKind::Enum => "an enum symbol",
        ParamKind::Function => "the name of a function",
        ParamKind::Output => "the name of an output, as exporter.kafka",
        ParamKind::Lambda(0) => "a lambda without parameters, as () => true",
        ParamKind::Lambda(1) => "a lambda with one parameter, as (v) => v",
        ParamKind::Lambda(2) => "a lambda with two parameters, as (k, v) => v",
        ParamKind::Lambda(_) => "a lambda with three parameters, as (a, k, v) => a",
        ParamKind::Value(kind) => match kind {
            ValueKind::Any => "any value",
            ValueKind::String => "a string",
            ValueKind::StringLike => "a value that converts to text",
            ValueKind::Int => "an integer",
            ValueKind::IntLike => "a value that converts to an integer",
            ValueKind::Double => "a floating-point number",
            ValueKind::DoubleLike => "a value that converts to a floating-point number",
            ValueKind::Bool => "a boolean",
            ValueKind::BoolLike => "a value that converts to a boolean",
            ValueKind::BytesLike => "a value that converts to bytes",
            ValueKind::Map => "a map",
            ValueKind::Slice => "a list",
            ValueKind::Time => "a time",
            ValueKind::Duration => "a duration",
        },
    }
}
