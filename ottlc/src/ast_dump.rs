//! The syntax tree as an indented text.
//!
//! The parser limits how deep trees are, so that walking them recursively is safe.

use std::fmt::Write as _;

use ottl_syntax::ast::{
    BinaryOp, Call, CompareOp, Expr, ExprKind, Item, Key, KeyKind, Macro, MacroBody, MacroParam,
    Path, Statement, StatementForm, UnaryOp, When,
};
use ottl_syntax::{LineIndex, Span};

/// The trees of a script's statements. Each line ends with the place in the source.
pub(crate) fn dump(items: &[Item], source: &str) -> String {
    let mut dumper = Dumper {
        out: String::new(),
        index: LineIndex::new(source),
        depth: 0,
    };
    dumper.items(items);
    dumper.out
}

struct Dumper<'a> {
    out: String,
    index: LineIndex<'a>,
    depth: usize,
}

impl Dumper<'_> {
    fn line(&mut self, text: &str, span: Span) {
        let at = self.index.line_column(span.start as usize);
        let indent = self.depth * 2;
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{:indent$}{text}  @{}:{}", "", at.line, at.column);
    }

    /// A line, and below it whatever `inside` adds.
    fn node(&mut self, text: &str, span: Span, inside: impl FnOnce(&mut Self)) {
        self.line(text, span);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Statement(statement) => self.statement(statement),
                Item::When(when) => self.when(when),
                Item::Const(constant) => {
                    let text = format!("const {}", constant.name.text);
                    self.node(&text, constant.span, |this| this.expr(&constant.value));
                }
                Item::Macro(definition) => self.definition(definition),
            }
        }
    }

    fn when(&mut self, when: &When) {
        for arm in &when.arms {
            self.node("when", arm.condition.span, |this| {
                this.expr(&arm.condition);
                this.items(&arm.items);
            });
        }
        if let Some(items) = &when.otherwise {
            self.node("else", when.span, |this| this.items(items));
        }
    }

    fn definition(&mut self, definition: &Macro) {
        let param = |param: &MacroParam| format!("{}: {}", param.name.text, param.ty.text);
        let params: Vec<_> = definition.params.iter().map(param).collect();
        let text = format!("macro {}({})", definition.name.text, params.join(", "));
        self.node(&text, definition.span, |this| match &definition.body {
            MacroBody::Value(value) => this.expr(value),
            MacroBody::Items(items) => this.items(items),
        });
    }

    fn statement(&mut self, statement: &Statement) {
        let form = match statement.form {
            StatementForm::Editor => "statement",
            StatementForm::Rule => "rule",
        };
        self.node(form, statement.span, |this| {
            this.call("editor", &statement.editor);
            if let Some(condition) = &statement.condition {
                this.node("where", condition.span, |this| this.expr(condition));
            }
            if let Some(otherwise) = &statement.otherwise {
                this.call("else", otherwise);
            }
            if let Some(mode) = statement.error_mode {
                this.line(&format!("on error {mode:?}"), statement.span);
            }
        });
    }

    fn call(&mut self, word: &str, call: &Call) {
        self.node(&format!("{word} {}", call.name.text), call.span, |this| {
            for argument in &call.args {
                match &argument.name {
                    None => this.expr(&argument.value),
                    Some(name) => {
                        let text = format!("argument {}", name.text);
                        this.node(&text, name.span, |this| this.expr(&argument.value));
                    }
                }
            }
            this.keys(&call.keys);
        });
    }

    fn keys(&mut self, keys: &[Key]) {
        for key in keys {
            match &key.kind {
                KeyKind::String(text) => self.line(&format!("key {}", quoted(text)), key.span),
                KeyKind::Int(index) => self.line(&format!("key {index}"), key.span),
                KeyKind::Expr(expr) => self.node("key", key.span, |this| this.expr(expr)),
            }
        }
    }

    fn path(&mut self, path: &Path) {
        let names = path
            .segments
            .iter()
            .map(|segment| segment.name.text.as_str());
        let text = format!("path {}", names.collect::<Vec<_>>().join("."));
        self.node(&text, path.span, |this| {
            for segment in &path.segments {
                this.keys(&segment.keys);
            }
        });
    }

    fn all(&mut self, word: &str, span: Span, parts: &[Expr]) {
        self.node(word, span, |this| {
            parts.iter().for_each(|part| this.expr(part))
        });
    }

    fn pair(&mut self, word: &str, span: Span, lhs: &Expr, rhs: &Expr) {
        self.node(word, span, |this| {
            this.expr(lhs);
            this.expr(rhs);
        });
    }

    fn expr(&mut self, expr: &Expr) {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Nil => self.line("nil", span),
            ExprKind::Bool(value) => self.line(&format!("bool {value}"), span),
            ExprKind::Int(value) => self.line(&format!("int {value}"), span),
            ExprKind::Float(value) => self.line(&format!("float {value:?}"), span),
            ExprKind::String(text) => self.line(&format!("string {}", quoted(text)), span),
            ExprKind::Bytes(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                self.line(&format!("bytes 0x{digits}"), span);
            }
            ExprKind::Enum(name) => self.line(&format!("enum {name}"), span),
            ExprKind::FunctionName(name) => self.line(&format!("function {name}"), span),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Call(call) => self.call("call", call),
            ExprKind::List(elements) => self.all("list", span, elements),
            ExprKind::Map(entries) => self.node("map", span, |this| {
                for entry in entries {
                    let text = format!("entry {}", quoted(&entry.key));
                    this.node(&text, entry.key_span, |this| this.expr(&entry.value));
                }
            }),
            ExprKind::Unary { op, operand } => {
                let word = match op {
                    UnaryOp::Neg => "negate",
                    UnaryOp::Plus => "plus",
                };
                self.node(word, span, |this| this.expr(operand));
            }
            ExprKind::Binary { op, lhs, rhs } => self.pair(binary_word(*op), span, lhs, rhs),
            ExprKind::Compare { op, lhs, rhs } => self.pair(compare_word(*op), span, lhs, rhs),
            ExprKind::In {
                value,
                wanted,
                list,
            } => {
                let text = if *wanted { "in" } else { "not in" };
                self.node(text, span, |this| {
                    this.expr(value);
                    list.iter().for_each(|element| this.expr(element));
                });
            }
            ExprKind::Not(inner) => self.node("not", span, |this| this.expr(inner)),
            ExprKind::And(parts) => self.all("and", span, parts),
            ExprKind::Or(parts) => self.all("or", span, parts),
            ExprKind::Paren(inner) => self.node("paren", span, |this| this.expr(inner)),
            ExprKind::Lambda(lambda) => {
                let params = lambda.params.iter().map(|param| param.text.as_str());
                let text = format!("lambda ({})", params.collect::<Vec<_>>().join(", "));
                self.node(&text, span, |this| this.expr(&lambda.body));
            }
            ExprKind::Error => self.line("error", span),
        }
    }
}

fn quoted(text: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(text))
}

fn binary_word(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "add",
        BinaryOp::Sub => "subtract",
        BinaryOp::Mul => "multiply",
        BinaryOp::Div => "divide",
    }
}

fn compare_word(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "compare ==",
        CompareOp::Ne => "compare !=",
        CompareOp::Lt => "compare <",
        CompareOp::Le => "compare <=",
        CompareOp::Gt => "compare >",
        CompareOp::Ge => "compare >=",
    }
}

#[cfg(test)]
mod tests {
    use ottl_syntax::{Dialect, Limits, parse_script};

    use super::*;

    #[test]
    fn every_part_of_a_statement_has_a_line() {
        let source = "set(span.attributes[\"a\"], -Len(\"x\")[0])\n  where not (span.kind == 2)\n";
        let parsed = parse_script(source, Dialect::Strict, &Limits::default());
        let expected = "\
statement  @1:1
  editor set  @1:1
    path span.attributes  @1:5
      key \"a\"  @1:20
    negate  @1:27
      call Len  @1:28
        string \"x\"  @1:32
        key 0  @1:36
  where  @2:9
    not  @2:9
      paren  @2:13
        compare ==  @2:14
          path span.kind  @2:14
          int 2  @2:27
";
        assert_eq!(dump(&parsed.value.unwrap(), source), expected);
    }
}
