//! Stages of compilation as text, for people. No program reads it back, and it may change.

use std::fmt::Write as _;
use std::ops::Range;

use ottl_vm::{GroupMode, Instruction, KeyUse, Literal, Program, Register, RegisterKind};

use crate::Registry;
use crate::hir::{
    ArgKind, Block, Call, Condition, Expr, ExprKind, Item, Key, LambdaBody, Path, Statement,
};

/// HIR as an indented tree with types.
#[must_use]
pub fn hir(items: &[Item], registry: &Registry) -> String {
    let mut out = String::new();
    let mut printer = Printer {
        out: &mut out,
        registry,
        statements: 0,
    };
    printer.items(items, 0);
    out
}

struct Printer<'a> {
    out: &'a mut String,
    registry: &'a Registry,
    /// Number of statements so far.
    statements: usize,
}

impl Printer<'_> {
    fn items(&mut self, items: &[Item], depth: usize) {
        for item in items {
            match item {
                Item::Statement(statement) => self.statement(statement, depth),
                Item::Block(block) => self.block(block, depth),
            }
        }
    }

    fn statement(&mut self, statement: &Statement, depth: usize) {
        let index = self.statements;
        self.statements += 1;
        self.line(depth, &format!("statement {index}"));
        self.call(&statement.editor, depth + 1);
        if let Some(condition) = &statement.condition {
            self.line(depth + 1, "where");
            self.condition(condition, depth + 2);
        }
    }

    fn block(&mut self, block: &Block, depth: usize) {
        for arm in &block.arms {
            self.line(depth, "when");
            for head in &arm.conditions {
                self.condition(&head.condition, depth + 2);
            }
            self.items(&arm.items, depth + 1);
        }
        if !block.otherwise.is_empty() {
            self.line(depth, "otherwise");
            self.items(&block.otherwise, depth + 1);
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = depth * 2);
    }

    fn condition(&mut self, condition: &Condition, depth: usize) {
        match condition {
            Condition::Known { value, .. } => self.line(depth, &format!("{value}")),
            Condition::In { value, list, .. } => {
                let list: Vec<_> = list.iter().map(show).collect();
                self.line(depth, &format!("in [{}]", list.join(", ")));
                self.expr(value, depth + 1);
            }
            Condition::Compare { op, lhs, rhs, .. } => {
                self.line(depth, &format!("compare {}", op.symbol()));
                self.expr(lhs, depth + 1);
                self.expr(rhs, depth + 1);
            }
            Condition::Truth(expr) => self.expr(expr, depth),
            Condition::Not(inner) => {
                self.line(depth, "not");
                self.condition(inner, depth + 1);
            }
            Condition::And(parts) | Condition::Or(parts) => {
                let word = if matches!(condition, Condition::And(_)) {
                    "and"
                } else {
                    "or"
                };
                self.line(depth, word);
                for part in parts {
                    self.condition(part, depth + 1);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr, depth: usize) {
        let ty = expr.ty.name();
        match &expr.kind {
            ExprKind::Literal(literal) => {
                self.line(depth, &format!("literal {} : {ty}", show(literal)));
            }
            ExprKind::Path(path) => {
                self.line(depth, &format!("path {} : {ty}", path_text(path)));
                self.keys(path, depth + 1);
            }
            ExprKind::Local(id) => self.line(depth, &format!("local {}", id.0)),
            ExprKind::Call(call) => self.call(call, depth),
            ExprKind::Index { base, keys } => {
                self.line(depth, &format!("index : {ty}"));
                self.expr(base, depth + 1);
                keys.iter().for_each(|key| self.expr(key, depth + 1));
            }
            ExprKind::List(elements) => {
                self.line(depth, "list");
                elements
                    .iter()
                    .for_each(|element| self.expr(element, depth + 1));
            }
            ExprKind::Map(entries) => {
                self.line(depth, "map");
                for (key, value) in entries {
                    self.line(depth + 1, &format!("\"{}\":", key.escape_ascii()));
                    self.expr(value, depth + 2);
                }
            }
            ExprKind::Negate(inner) => {
                self.line(depth, &format!("negate : {ty}"));
                self.expr(inner, depth + 1);
            }
            ExprKind::Arithmetic { op, lhs, rhs } => {
                self.line(depth, &format!("arithmetic {} : {ty}", op.symbol()));
                self.expr(lhs, depth + 1);
                self.expr(rhs, depth + 1);
            }
            ExprKind::Error => self.line(depth, "error"),
        }
    }

    fn keys(&mut self, path: &Path, depth: usize) {
        for key in &path.keys {
            if let Key::Expr(expr) = key {
                self.line(depth, "key");
                self.expr(expr, depth + 1);
            }
        }
    }

    fn call(&mut self, call: &Call, depth: usize) {
        let registry = self.registry;
        let signature = registry.get(call.function).signature();
        let ty = signature.result.name();
        self.line(depth, &format!("call {} : {ty}", signature.name));
        for (arg, param) in call.args.iter().zip(signature.params) {
            match &arg.kind {
                ArgKind::Absent => {}
                ArgKind::Value(expr) => {
                    self.line(depth + 1, &format!("{}:", param.name));
                    self.expr(expr, depth + 2);
                }
                ArgKind::List(elements) => {
                    self.line(depth + 1, &format!("{}: list", param.name));
                    elements
                        .iter()
                        .for_each(|element| self.expr(element, depth + 2));
                }
                ArgKind::Path(path) => {
                    let text = format!(
                        "{}: path {} : {}",
                        param.name,
                        path_text(path),
                        path.ty().name()
                    );
                    self.line(depth + 1, &text);
                    self.keys(path, depth + 2);
                }
                ArgKind::Function(id) => {
                    let name = self.registry.get(*id).signature().name;
                    self.line(depth + 1, &format!("{}: function {name}", param.name));
                }
                ArgKind::Output(name) => {
                    self.line(depth + 1, &format!("{}: output {name}", param.name));
                }
                ArgKind::Lambda(lambda) => {
                    let params = lambda.params.iter().map(|param| match param {
                        Some(id) => id.0.to_string(),
                        None => "_".to_owned(),
                    });
                    let params = params.collect::<Vec<_>>().join(" ");
                    self.line(depth + 1, &format!("{}: lambda ({params})", param.name));
                    match &*lambda.body {
                        LambdaBody::Value(expr) => self.expr(expr, depth + 2),
                        LambdaBody::Condition(condition) => self.condition(condition, depth + 2),
                    }
                }
            }
        }
    }
}

fn path_text(path: &Path) -> String {
    let keys = path.keys.iter().map(|key| match key {
        Key::Str(text) => string_key(text),
        Key::Int(index) => int_key(*index),
        Key::Expr(_) => DYNAMIC_KEY.to_owned(),
    });
    format!("{}{}", path.name, keys.collect::<String>())
}

/// A key that is evaluated for each item.
const DYNAMIC_KEY: &str = "[…]";

fn string_key(text: &[u8]) -> String {
    format!("[\"{}\"]", text.escape_ascii())
}

fn int_key(index: i64) -> String {
    format!("[{index}]")
}

fn show(literal: &Literal) -> String {
    match literal {
        Literal::Nil => "nil".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Double(value) => format!("{value:?}"),
        Literal::String(text) => format!("\"{}\"", text.escape_ascii()),
        Literal::Bytes(bytes) => format!("0x{}", ottl_vm::text::hex(bytes)),
        Literal::List(elements) => {
            let elements: Vec<_> = elements.iter().map(show).collect();
            format!("[{}]", elements.join(", "))
        }
        Literal::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("\"{}\": {}", key.escape_ascii(), show(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// A program as text: constants, paths, calls, registers, then the instructions group by group.
#[must_use]
pub fn bytecode(program: &Program) -> String {
    let mut out = String::new();
    let context = ottl_vm::path::context_name(program.context);
    let _ = writeln!(out, "program {} {context}", program.signal.name());
    if let Some(level) = program.separates {
        let level = ottl_vm::path::context_name(level);
        let _ = writeln!(out, "each {level} has what is above it of its own");
    }
    tables(&mut out, program);
    for group in &program.groups {
        let _ = match &group.mode {
            GroupMode::Columns => writeln!(out, "group by columns"),
            GroupMode::Rows { reason } => writeln!(out, "group by rows, since {reason}"),
        };
        for part in &program.parts[group.parts.clone()] {
            let source = part.source.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(out, "  # {source}");
            instructions(&mut out, program, part.code.clone());
            if let Some(result) = part.result {
                let _ = writeln!(out, "       result {result}");
            }
        }
        for fused in &group.fused {
            let (first, last) = (fused.parts.start, fused.parts.end - 1);
            let _ = writeln!(out, "  by columns parts {first} to {last} together");
            instructions(&mut out, program, fused.code.clone());
        }
    }
    for (index, lambda) in program.lambdas.iter().enumerate() {
        let params = lambda.params.iter().map(|param| match param {
            Some(register) => register.to_string(),
            None => "_".to_owned(),
        });
        let captures = lambda.captures.iter().map(Register::to_string);
        let list = |names: Vec<String>| names.join(" ");
        let (params, captures) = (list(params.collect()), list(captures.collect()));
        let _ = writeln!(
            out,
            "lambda {index} params=[{params}] captures=[{captures}]"
        );
        instructions(&mut out, program, lambda.code.clone());
        let _ = writeln!(out, "       result {}", lambda.result);
    }
    out
}

/// What instructions refer to by number.
fn tables(out: &mut String, program: &Program) {
    for (index, constant) in program.constants.iter().enumerate() {
        let _ = writeln!(out, "  c{index} = {}", show(constant));
    }
    for (index, path) in program.paths.iter().enumerate() {
        let keys = path.keys.iter().map(|key| match key {
            KeyUse::Str(text) => string_key(text),
            KeyUse::Int(index) => int_key(*index),
            KeyUse::Dynamic => DYNAMIC_KEY.to_owned(),
        });
        let keys = keys.collect::<String>();
        let _ = writeln!(out, "  path {index} = {}{keys}", path.name);
    }
    for (index, call) in program.calls.iter().enumerate() {
        let _ = writeln!(out, "  call {index} = {}", call.name);
    }
    for (index, table) in program.tables.iter().enumerate() {
        let (keys, arms) = (table.len(), &table.arms);
        let _ = writeln!(out, "  table {index} = {keys} keys, arms at {arms:?}");
    }
    for (index, kind) in program.registers.iter().enumerate() {
        let kind = match kind {
            RegisterKind::Value => "value",
            RegisterKind::Int => "int",
            RegisterKind::Str => "str",
            RegisterKind::Bool => "bool",
        };
        let _ = writeln!(out, "  r{index} : {kind}");
    }
}

fn instructions(out: &mut String, program: &Program, code: Range<usize>) {
    let mut depth = 0usize;
    for at in code {
        let instruction = &program.code[at];
        if matches!(
            instruction,
            Instruction::EndGuard {} | Instruction::EndPart {} | Instruction::EndShared { .. }
        ) {
            depth = depth.saturating_sub(1);
        }
        let text = format!(
            "{} {}",
            instruction.mnemonic(),
            instruction.operands().join(" ")
        );
        let _ = writeln!(
            out,
            "  {at:4} {:indent$}{}",
            "",
            text.trim_end(),
            indent = depth * 2
        );
        if matches!(
            instruction,
            Instruction::Guard { .. } | Instruction::Part { .. } | Instruction::Shared { .. }
        ) {
            depth += 1;
        }
    }
}
