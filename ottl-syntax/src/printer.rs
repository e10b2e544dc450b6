//! The canonical spelling of a tree: one line, single spaces, double quotes.
//!
//! Parsing what was printed gives the same tree but for its spans, provided that the parser built
//! it: a tree that the grammar cannot express, such as one with an [`ExprKind::Error`], has no
//! spelling and prints as something that is rejected. A rule prints as a rule and needs the
//! `selfops` dialect.

use std::fmt::Write;

use crate::ast::{
    BinaryOp, Call, CompareOp, ErrorMode, Expr, ExprKind, Item, Key, KeyKind, MacroBody, MapEntry,
    Path, Statement, StatementForm, UnaryOp,
};

/// The statement on one line.
#[must_use]
pub fn print_statement(statement: &Statement) -> String {
    let mut printer = Printer::default();
    match (&statement.condition, statement.form) {
        (Some(condition), StatementForm::Rule) => {
            printer.expr(condition, Level::Or);
            printer.out.push_str(" > ");
            printer.call(&statement.editor);
        }
        (condition, _) => {
            printer.call(&statement.editor);
            if let Some(condition) = condition {
                printer.out.push_str(" where ");
                printer.expr(condition, Level::Or);
            }
        }
    }
    if let Some(otherwise) = &statement.otherwise {
        printer.out.push_str(" else ");
        printer.call(otherwise);
    }
    printer.out.push_str(match statement.error_mode {
        None => "",
        Some(ErrorMode::Propagate) => " on error propagate",
        Some(ErrorMode::Ignore) => " on error ignore",
        Some(ErrorMode::Silent) => " on error silent",
    });
    printer.out
}

/// An item: a statement, constant or value of a macro on one line, statements in braces on lines of
/// their own.
#[must_use]
pub fn print_item(item: &Item) -> String {
    match item {
        Item::Statement(statement) => print_statement(statement),
        Item::When(when) => {
            let arms = when.arms.iter();
            let arms = arms.map(|arm| {
                let condition = print_expr(&arm.condition);
                format!("when {condition} {}", print_block(&arm.items))
            });
            let otherwise = when.otherwise.as_deref().map(print_block);
            arms.chain(otherwise).collect::<Vec<_>>().join(" else ")
        }
        Item::Const(constant) => {
            let value = print_expr(&constant.value);
            format!("const {} = {value}", constant.name.text)
        }
        Item::Macro(definition) => {
            let params = definition.params.iter();
            let params = params.map(|param| format!("{}: {}", param.name.text, param.ty.text));
            let params = params.collect::<Vec<_>>().join(", ");
            let body = match &definition.body {
                MacroBody::Value(value) => format!("= {}", print_expr(value)),
                MacroBody::Items(items) => print_block(items),
            };
            format!("macro {}({params}) {body}", definition.name.text)
        }
    }
}

fn print_block(items: &[Item]) -> String {
    let lines = items.iter().map(print_item).collect::<Vec<_>>().join("\n");
    let lines = lines.lines().map(|line| format!("    {line}\n"));
    format!("{{\n{}}}", lines.collect::<String>())
}

/// The expression on one line.
#[must_use]
pub fn print_expr(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr, Level::Lambda);
    printer.out
}

/// How tightly an expression binds, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Lambda,
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Signed,
    Primary,
}

fn level(kind: &ExprKind) -> Level {
    match kind {
        ExprKind::Lambda(_) => Level::Lambda,
        ExprKind::Or(_) => Level::Or,
        ExprKind::And(_) => Level::And,
        ExprKind::Not(_) => Level::Not,
        ExprKind::Compare { .. } | ExprKind::In { .. } => Level::Compare,
        ExprKind::Binary { op, .. } => match op {
            BinaryOp::Add | BinaryOp::Sub => Level::Sum,
            BinaryOp::Mul | BinaryOp::Div => Level::Product,
        },
        ExprKind::Unary { .. } => Level::Signed,
        ExprKind::Nil
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::String(_)
        | ExprKind::Bytes(_)
        | ExprKind::Enum(_)
        | ExprKind::FunctionName(_)
        | ExprKind::Path(_)
        | ExprKind::Call(_)
        | ExprKind::List(_)
        | ExprKind::Map(_)
        | ExprKind::Paren(_)
        | ExprKind::Error => Level::Primary,
    }
}

#[derive(Default)]
struct Printer {
    out: String,
}

impl Printer {
    /// Prints `expr` where only what binds at least as tightly as `least` may stand bare.
    fn expr(&mut self, expr: &Expr, least: Level) {
        if level(&expr.kind) < least {
            self.out.push('(');
            self.kind(&expr.kind);
            self.out.push(')');
        } else {
            self.kind(&expr.kind);
        }
    }

    fn kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Nil => self.out.push_str("nil"),
            ExprKind::Bool(value) => self.display(value),
            ExprKind::Int(value) => self.display(value),
            ExprKind::Float(value) => self.float(*value),
            ExprKind::String(value) => self.string(value),
            ExprKind::Bytes(value) => self.bytes(value),
            ExprKind::Enum(name) | ExprKind::FunctionName(name) => self.out.push_str(name),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Call(call) => self.call(call),
            ExprKind::List(items) => {
                self.out.push('[');
                self.separated(items, ", ", Level::Lambda);
                self.out.push(']');
            }
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Unary { op, operand } => {
                self.out.push(match op {
                    UnaryOp::Neg => '-',
                    UnaryOp::Plus => '+',
                });
                self.expr(operand, Level::Primary);
            }
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs),
            ExprKind::Compare { op, lhs, rhs } => {
                self.expr(lhs, Level::Sum);
                self.infix(compare_sign(*op));
                self.expr(rhs, Level::Sum);
            }
            ExprKind::In {
                value,
                wanted,
                list,
            } => {
                self.expr(value, Level::Sum);
                self.out
                    .push_str(if *wanted { " in [" } else { " not in [" });
                for (index, element) in list.iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    self.expr(element, Level::Lambda);
                }
                self.out.push(']');
            }
            ExprKind::Not(operand) => {
                self.out.push_str("not ");
                self.expr(operand, Level::Compare);
            }
            ExprKind::And(operands) => self.separated(operands, " and ", Level::Not),
            ExprKind::Or(operands) => self.separated(operands, " or ", Level::And),
            ExprKind::Paren(inner) => {
                self.out.push('(');
                self.expr(inner, Level::Or);
                self.out.push(')');
            }
            ExprKind::Lambda(lambda) => {
                let params: Vec<&str> = lambda.params.iter().map(|p| p.text.as_str()).collect();
                self.out.push('(');
                self.out.push_str(&params.join(", "));
                self.out.push_str(") => ");
                self.expr(&lambda.body, Level::Or);
            }
            ExprKind::Error => self.out.push_str("<error>"),
        }
    }

    fn display(&mut self, value: impl std::fmt::Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{value}");
    }

    fn infix(&mut self, sign: &str) {
        self.out.push(' ');
        self.out.push_str(sign);
        self.out.push(' ');
    }

    fn separated(&mut self, items: &[Expr], separator: &str, least: Level) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(separator);
            }
            self.expr(item, least);
        }
    }

    fn binary(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr) {
        let (sign, own, tighter) = match op {
            BinaryOp::Add => ("+", Level::Sum, Level::Product),
            BinaryOp::Sub => ("-", Level::Sum, Level::Product),
            BinaryOp::Mul => ("*", Level::Product, Level::Signed),
            BinaryOp::Div => ("/", Level::Product, Level::Signed),
        };
        self.expr(lhs, own);
        self.infix(sign);
        self.expr(rhs, tighter);
    }

    fn map(&mut self, entries: &[MapEntry]) {
        self.out.push('{');
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.string(&entry.key);
            self.out.push_str(": ");
            self.expr(&entry.value, Level::Lambda);
        }
        self.out.push('}');
    }

    fn call(&mut self, call: &Call) {
        self.out.push_str(&call.name.text);
        self.out.push('(');
        for (index, arg) in call.args.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            if let Some(name) = &arg.name {
                self.out.push_str(&name.text);
                self.out.push('=');
            }
            self.expr(&arg.value, Level::Lambda);
        }
        self.out.push(')');
        self.keys(&call.keys);
    }

    fn path(&mut self, path: &Path) {
        for (index, segment) in path.segments.iter().enumerate() {
            if index > 0 {
                self.out.push('.');
            }
            self.out.push_str(&segment.name.text);
            self.keys(&segment.keys);
        }
    }

    fn keys(&mut self, keys: &[Key]) {
        for key in keys {
            self.out.push('[');
            match &key.kind {
                KeyKind::String(value) => self.string(value),
                KeyKind::Int(value) => self.display(value),
                KeyKind::Expr(expr) => self.expr(expr, Level::Sum),
            }
            self.out.push(']');
        }
    }

    /// The shortest digits that give the same number again, always with a point, without which the
    /// language would not take it for a decimal number.
    fn float(&mut self, value: f64) {
        let text = format!("{value:?}");
        match text.split_once('e') {
            Some((digits, exponent)) if !digits.contains('.') => {
                self.display(format_args!("{digits}.0e{exponent}"));
            }
            _ => self.out.push_str(&text),
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        self.out.push_str("0x");
        for byte in value {
            self.display(format_args!("{byte:02x}"));
        }
    }

    /// Only quotes, backslashes and control characters are escaped. No literal has bytes that are
    /// not UTF-8, so that such bytes can only print as U+FFFD.
    fn string(&mut self, value: &[u8]) {
        self.out.push('"');
        for c in String::from_utf8_lossy(value).chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if c.is_control() => self.display(format_args!("\\x{:02x}", u32::from(c))),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

fn compare_sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}
