//! The one layout of statements and expressions: which words follow each other, with spaces where,
//! and where a line may break.
//!
//! It walks the tree in the order of the source and asks a [`Spelling`] for each word. The
//! formatter's spelling takes the words from the source, the printer's makes them from the tree.
//! Parentheses that the tree's shape needs and does not have are added; a tree from the parser
//! needs none.

use crate::ast::{
    Argument, BinaryOp, Call, CompareOp, ErrorMode, Expr, ExprKind, Item, Key, KeyKind, Lambda,
    Macro, MacroBody, MapEntry, Path, Statement, StatementForm, UnaryOp, When,
};

use super::doc::{Doc, Flat};
use super::spelling::{Spelling, Word};

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
        ExprKind::Binary { op, .. } => binary_level(*op),
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

fn binary_level(op: BinaryOp) -> Level {
    match op {
        BinaryOp::Add | BinaryOp::Sub => Level::Sum,
        BinaryOp::Mul | BinaryOp::Div => Level::Product,
    }
}

/// Whether the later lines of a chain of operators are indented below its first one; those inside
/// of its first operand are as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hang {
    Indented,
    /// Not where the chain alone fills brackets, which indent it already.
    Flush,
}

/// Builds a document.
#[derive(Debug)]
pub(crate) struct Layout<S> {
    doc: Doc,
    spelling: S,
}

impl<S: Spelling> Layout<S> {
    /// The document of a statement, and the spelling after its last word.
    pub(crate) fn of_statement(spelling: S, statement: &Statement) -> (Doc, S) {
        let doc = Doc::default();
        let mut layout = Self { doc, spelling };
        layout.statement(statement);
        (layout.doc, layout.spelling)
    }

    /// The document of an item, and the spelling after its last word.
    pub(crate) fn of_item(spelling: S, item: &Item) -> (Doc, S) {
        let doc = Doc::default();
        let mut layout = Self { doc, spelling };
        layout.item(item);
        (layout.doc, layout.spelling)
    }

    /// The document of an expression, and the spelling after its last word.
    pub(crate) fn of_expr(spelling: S, expr: &Expr) -> (Doc, S) {
        let doc = Doc::default();
        let mut layout = Self { doc, spelling };
        layout.expr(expr, Level::Lambda);
        (layout.doc, layout.spelling)
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Statement(statement) => self.statement(statement),
            Item::When(when) => self.when(when),
            Item::Const(constant) => {
                self.sign("const");
                self.spaced(|layout| layout.word(Word::Name(&constant.name.text)));
                self.spaced(|layout| layout.sign("="));
                self.spaced(|layout| layout.expr(&constant.value, Level::Or));
            }
            Item::Macro(definition) => self.definition(definition),
        }
    }

    fn when(&mut self, when: &When) {
        for (index, arm) in when.arms.iter().enumerate() {
            if index > 0 {
                self.spaced(|layout| layout.sign("else"));
                self.spaced(|layout| layout.sign("when"));
            } else {
                self.sign("when");
            }
            self.spaced(|layout| layout.expr(&arm.condition, Level::Or));
            self.spaced(|layout| layout.block(&arm.items));
        }
        if let Some(items) = &when.otherwise {
            self.spaced(|layout| layout.sign("else"));
            self.spaced(|layout| layout.block(items));
        }
    }

    fn definition(&mut self, definition: &Macro) {
        self.sign("macro");
        self.spaced(|layout| layout.word(Word::Name(&definition.name.text)));
        self.brackets(["(", ")"], &definition.params, |layout, param| {
            layout.word(Word::Name(&param.name.text));
            layout.sign(":");
            layout.spaced(|layout| layout.word(Word::Name(&param.ty.text)));
        });
        match &definition.body {
            MacroBody::Value(value) => {
                self.spaced(|layout| layout.sign("="));
                self.spaced(|layout| layout.expr(value, Level::Or));
            }
            MacroBody::Items(items) => self.spaced(|layout| layout.block(items)),
        }
    }

    /// Items in braces, each on a line of its own, with the blank lines that are there.
    fn block(&mut self, items: &[Item]) {
        self.sign("{");
        self.doc.indent();
        for (index, item) in items.iter().enumerate() {
            let [before, behind] = match index {
                0 => [false; 2],
                _ => self.spelling.blanks(),
            };
            if before {
                self.doc.hard();
            }
            self.comments();
            if behind {
                self.doc.hard();
            }
            self.doc.hard();
            self.item(item);
        }
        self.comments();
        self.doc.dedent();
        self.doc.hard();
        self.sign("}");
    }

    fn statement(&mut self, statement: &Statement) {
        self.doc.open();
        match (&statement.condition, statement.form) {
            (Some(condition), StatementForm::Rule) => {
                self.expr(condition, Level::Or);
                self.doc.indent();
                self.line(Flat::Space);
                self.sign(">");
                self.spaced(|layout| layout.call(&statement.editor));
                self.doc.dedent();
            }
            (Some(condition), StatementForm::Editor) => {
                self.call(&statement.editor);
                self.doc.indent();
                self.line(Flat::Space);
                self.sign("where");
                self.spaced(|layout| layout.expr(condition, Level::Or));
                self.doc.dedent();
            }
            (None, StatementForm::Rule | StatementForm::Editor) => self.call(&statement.editor),
        }
        if let Some(otherwise) = &statement.otherwise {
            self.doc.indent();
            self.line(Flat::Space);
            self.sign("else");
            self.spaced(|layout| layout.call(otherwise));
            self.doc.dedent();
        }
        if let Some(mode) = statement.error_mode {
            let phrase = match mode {
                ErrorMode::Propagate => "on error propagate",
                ErrorMode::Ignore => "on error ignore",
                ErrorMode::Silent => "on error silent",
            };
            // A line that began with it would be a statement.
            self.doc.text(" ");
            self.word(Word::Phrase(phrase));
        }
        self.doc.close();
    }

    /// Lays `expr` out where only what binds at least as tightly as `least` may stand bare.
    fn expr(&mut self, expr: &Expr, least: Level) {
        if level(&expr.kind) < least {
            self.parenthesised(expr);
        } else {
            self.kind(&expr.kind, Hang::Indented);
        }
    }

    fn parenthesised(&mut self, inner: &Expr) {
        self.doc.open();
        self.sign("(");
        self.doc.indent();
        self.line(Flat::Empty);
        self.kind(&inner.kind, Hang::Flush);
        self.line_before_closing();
        self.sign(")");
        self.doc.close();
    }

    fn kind(&mut self, kind: &ExprKind, hang: Hang) {
        match kind {
            ExprKind::Nil => self.sign("nil"),
            ExprKind::Bool(true) => self.sign("true"),
            ExprKind::Bool(false) => self.sign("false"),
            ExprKind::Int(value) => self.word(Word::Int(*value)),
            ExprKind::Float(value) => self.word(Word::Float(*value)),
            ExprKind::String(value) => self.word(Word::String(value)),
            ExprKind::Bytes(value) => self.word(Word::Bytes(value)),
            ExprKind::Enum(name) => self.word(Word::Name(name)),
            ExprKind::FunctionName(name) => self.word(Word::Pieces(name)),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Call(call) => self.call(call),
            ExprKind::List(items) => {
                self.brackets(["[", "]"], items, |layout, item| {
                    layout.expr(item, Level::Lambda);
                });
            }
            ExprKind::Map(entries) => self.brackets(["{", "}"], entries, Self::entry),
            ExprKind::Unary { op, operand } => {
                self.sign(unary_sign(*op));
                self.expr(operand, Level::Primary);
            }
            ExprKind::Binary { op, lhs, rhs } => self.arithmetic(*op, lhs, rhs, hang),
            ExprKind::Compare { op, lhs, rhs } => self.comparison(*op, lhs, rhs),
            ExprKind::In {
                value,
                wanted,
                list,
            } => {
                self.expr(value, Level::Sum);
                // A line that began with it would be a statement.
                self.doc.text(" ");
                match wanted {
                    true => self.sign("in"),
                    false => self.word(Word::Phrase("not in")),
                }
                self.doc.text(" ");
                self.brackets(["[", "]"], list, |layout, item| {
                    layout.expr(item, Level::Lambda);
                });
            }
            ExprKind::Not(operand) => {
                self.sign("not");
                self.spaced(|layout| layout.expr(operand, Level::Compare));
            }
            ExprKind::And(operands) => self.connective("and", operands, Level::Not, hang),
            ExprKind::Or(operands) => self.connective("or", operands, Level::And, hang),
            ExprKind::Paren(inner) => self.parenthesised(inner),
            ExprKind::Lambda(lambda) => self.lambda(lambda),
            ExprKind::Error => self.sign("<error>"),
        }
    }

    /// `a and b and c`.
    fn connective(&mut self, sign: &'static str, operands: &[Expr], least: Level, hang: Hang) {
        let mut operands = operands.iter();
        let Some(first) = operands.next() else { return };
        self.doc.open();
        self.hang(hang, |layout| {
            layout.expr(first, least);
            for operand in operands {
                layout.infix(sign, operand, least);
            }
        });
        self.doc.close();
    }

    /// A chain of operators that bind alike, as `a + b - c`, is one group.
    fn arithmetic(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr, hang: Hang) {
        let own = binary_level(op);
        let tighter = match op {
            BinaryOp::Add | BinaryOp::Sub => Level::Product,
            BinaryOp::Mul | BinaryOp::Div => Level::Signed,
        };
        let mut first = lhs;
        let mut links = vec![(op, rhs)];
        while let ExprKind::Binary { op, lhs, rhs } = &first.kind
            && binary_level(*op) == own
        {
            links.push((*op, rhs));
            first = lhs;
        }
        self.doc.open();
        self.hang(hang, |layout| {
            layout.expr(first, own);
            for (op, operand) in links.into_iter().rev() {
                layout.infix(binary_sign(op), operand, tighter);
            }
        });
        self.doc.close();
    }

    fn comparison(&mut self, op: CompareOp, lhs: &Expr, rhs: &Expr) {
        self.doc.open();
        self.hang(Hang::Indented, |layout| {
            layout.expr(lhs, Level::Sum);
            layout.infix(compare_sign(op), rhs, Level::Sum);
        });
        self.doc.close();
    }

    fn lambda(&mut self, lambda: &Lambda) {
        self.doc.open();
        self.sign("(");
        for (index, param) in lambda.params.iter().enumerate() {
            if index > 0 {
                self.sign(",");
                self.doc.text(" ");
            }
            self.word(Word::Name(&param.text));
        }
        self.sign(")");
        self.doc.text(" ");
        self.sign("=>");
        self.hang(Hang::Indented, |layout| {
            layout.line(Flat::Space);
            layout.expr(&lambda.body, Level::Or);
        });
        self.doc.close();
    }

    fn entry(&mut self, entry: &MapEntry) {
        self.word(Word::String(&entry.key));
        self.sign(":");
        self.spaced(|layout| layout.expr(&entry.value, Level::Lambda));
    }

    fn call(&mut self, call: &Call) {
        self.word(Word::Pieces(&call.name.text));
        self.brackets(["(", ")"], &call.args, Self::argument);
        self.keys(&call.keys);
    }

    fn argument(&mut self, argument: &Argument) {
        if let Some(name) = &argument.name {
            self.word(Word::Pieces(&name.text));
            self.sign("=");
        }
        self.expr(&argument.value, Level::Lambda);
    }

    fn path(&mut self, path: &Path) {
        for (index, segment) in path.segments.iter().enumerate() {
            if index > 0 {
                self.sign(".");
            }
            self.word(Word::Name(&segment.name.text));
            self.keys(&segment.keys);
        }
    }

    fn keys(&mut self, keys: &[Key]) {
        for key in keys {
            self.sign("[");
            match &key.kind {
                KeyKind::String(value) => self.word(Word::String(value)),
                KeyKind::Int(value) => self.word(Word::Int(*value)),
                KeyKind::Expr(expr) => self.expr(expr, Level::Sum),
            }
            self.sign("]");
        }
    }

    /// Items between brackets, all on one line or each on its own.
    fn brackets<T>(&mut self, signs: [&'static str; 2], items: &[T], each: fn(&mut Self, &T)) {
        self.doc.open();
        self.sign(signs[0]);
        self.doc.indent();
        for (index, item) in items.iter().enumerate() {
            if index == 0 {
                self.line(Flat::Empty);
            } else {
                self.comma();
                self.line(Flat::Space);
            }
            each(self, item);
        }
        if self.spelling.is_at_comma() {
            self.spelling.skip();
        }
        if items.is_empty() {
            let has_comments = self.comments();
            self.doc.dedent();
            if has_comments {
                self.doc.hard();
            }
        } else {
            self.line_before_closing();
        }
        self.sign(signs[1]);
        self.doc.close();
    }

    /// The commas of a map may be missing.
    fn comma(&mut self) {
        if self.spelling.is_at_comma() {
            self.sign(",");
        } else {
            self.doc.text(",");
        }
    }

    /// An operator before which a line may break, and the operand behind it.
    fn infix(&mut self, sign: &'static str, operand: &Expr, least: Level) {
        self.line(Flat::Space);
        self.sign(sign);
        self.spaced(|layout| layout.expr(operand, least));
    }

    fn hang(&mut self, hang: Hang, body: impl FnOnce(&mut Self)) {
        match hang {
            Hang::Indented => {
                self.doc.indent();
                body(self);
                self.doc.dedent();
            }
            Hang::Flush => body(self),
        }
    }

    fn sign(&mut self, sign: &'static str) {
        self.word(Word::Sign(sign));
    }

    fn word(&mut self, word: Word<'_>) {
        self.doc.text_with(|out| self.spelling.spell(word, out));
    }

    /// A place for a break.
    fn line(&mut self, flat: Flat) {
        if self.comments() {
            self.doc.hard();
        } else {
            self.doc.line(flat);
        }
    }

    /// A place for a break that ends the indentation, which comments before it still have.
    fn line_before_closing(&mut self) {
        let has_comments = self.comments();
        self.doc.dedent();
        if has_comments {
            self.doc.hard();
        } else {
            self.doc.line(Flat::Empty);
        }
    }

    /// What stands behind a space, where a line breaks only for comments.
    fn spaced(&mut self, body: impl FnOnce(&mut Self)) {
        self.doc.indent();
        if self.comments() {
            self.doc.hard();
            body(self);
            self.doc.dedent();
        } else {
            self.doc.dedent();
            self.doc.text(" ");
            body(self);
        }
    }

    /// Sets the comments that stand before the next word or wait for a place, and says whether
    /// there are any; a hard break must follow them.
    fn comments(&mut self) -> bool {
        let comments = self.spelling.comments();
        for (index, comment) in comments.iter().enumerate() {
            if index == 0 && !comment.has_own_line() {
                self.doc.comment(comment.text);
            } else {
                self.doc.hard();
                self.doc.text(comment.text);
            }
        }
        !comments.is_empty()
    }
}

fn unary_sign(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "-",
        UnaryOp::Plus => "+",
    }
}

fn binary_sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
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
