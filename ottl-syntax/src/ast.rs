//! The syntax tree: what was written, with the place of every part.
//!
//! It stays close to the source. Names are unresolved text, string literals are decoded, and
//! parentheses are kept ([`ExprKind::Paren`]) so that the formatter can print them back. What it
//! loses: white space, comments inside a statement, the spelling of numbers and escapes.
//!
//! The parser guarantees the *sort* of each expression: a [`Condition`](ExprKind::Compare) never
//! stands where only a value may stand, lambdas stand only as arguments, and so on, exactly as the
//! reference's grammar has it. Nothing here is resolved: whether a name exists is the compiler's
//! question.

use crate::Span;

/// What a file consists of. The strict dialect has statements only.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A statement.
    Statement(Statement),
    /// `when condition { … } else { … }`
    When(When),
    /// `const name = value`
    Const(Const),
    /// `macro Name(param: type) = value` or `macro name(param: type) { … }`
    Macro(Macro),
}

impl Item {
    /// From the first to the last token.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Statement(statement) => statement.span,
            Self::When(when) => when.span,
            Self::Const(constant) => constant.span,
            Self::Macro(definition) => definition.span,
        }
    }
}

/// Items that run under a condition, which is evaluated before the first of them.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    /// From `when` to the last bracket.
    pub span: Span,
    /// The first whose condition holds runs; one at least.
    pub arms: Vec<Arm>,
    /// What runs when no condition holds; `None` without an `else`.
    pub otherwise: Option<Vec<Item>>,
}

/// One condition of a [`When`] and what runs where it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The condition.
    pub condition: Expr,
    /// What runs.
    pub items: Vec<Item>,
}

/// A name for a value that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Const {
    /// From `const` to the end of the value.
    pub span: Span,
    /// The name.
    pub name: Ident,
    /// The value.
    pub value: Expr,
}

/// A name for a value or for statements, with parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Macro {
    /// From `macro` to the end of the body.
    pub span: Span,
    /// The name; it starts with an uppercase letter if the macro has a value.
    pub name: Ident,
    /// The parameters.
    pub params: Vec<MacroParam>,
    /// What it stands for.
    pub body: MacroBody,
}

/// A parameter of a macro.
#[derive(Clone, Debug, PartialEq)]
pub struct MacroParam {
    /// The name.
    pub name: Ident,
    /// The name of the type.
    pub ty: Ident,
}

/// What a macro stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum MacroBody {
    /// A value or a condition.
    Value(Expr),
    /// Statements.
    Items(Vec<Item>),
}

/// What happens when a statement fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorMode {
    /// The run stops.
    Propagate,
    /// The failure is reported.
    Ignore,
    /// The failure is counted.
    Silent,
}

/// One statement: an editor call and the condition under which it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// From the first to the last token.
    pub span: Span,
    /// The function that edits; its name starts with a lowercase letter.
    pub editor: Call,
    /// The `where` clause, or the left side of a rule.
    pub condition: Option<Expr>,
    /// What runs instead where the condition does not hold: `else editor(…)`.
    pub otherwise: Option<Call>,
    /// What happens when it fails: `on error ignore`.
    pub error_mode: Option<ErrorMode>,
    /// How it was written.
    pub form: StatementForm,
}

/// The two ways to write a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementForm {
    /// `editor(…) where condition`: the only form of the strict dialect.
    Editor,
    /// `condition > editor(…)`: the rule form of the `selfops` dialect.
    Rule,
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// From the first to the last token.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// A decimal integer. A sign is a [`Unary`](ExprKind::Unary) around it.
    Int(i64),
    /// A decimal number with a point.
    Float(f64),
    /// A quoted string, escapes decoded. Straight from the parser it is UTF-8: an escape is a
    /// character, so that `"\xff"` is U+00FF and two bytes.
    String(Vec<u8>),
    /// A byte literal, `0x00ff`.
    Bytes(Vec<u8>),
    /// An uppercase symbol, `STATUS_CODE_OK`; also a converter's name given as an argument
    /// (`function=SHA256`), which looks the same when the name is all uppercase.
    Enum(String),
    /// A converter's name given as an argument without being called, when its name has lowercase
    /// letters: `Sha`.
    FunctionName(String),
    /// A path such as `span.attributes["k"]`, or a lambda parameter.
    Path(Path),
    /// A call of a converter.
    Call(Call),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{"k": a}`; keys in source order, duplicates kept.
    Map(Vec<MapEntry>),
    /// A signed operand.
    Unary {
        /// The sign.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// Arithmetic.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        lhs: Box<Expr>,
        /// Right operand.
        rhs: Box<Expr>,
    },
    /// A comparison; a condition.
    Compare {
        /// The operator.
        op: CompareOp,
        /// Left operand.
        lhs: Box<Expr>,
        /// Right operand.
        rhs: Box<Expr>,
    },
    /// `a in [b, c]` or `a not in [b, c]`; a condition.
    In {
        /// What is looked for.
        value: Box<Expr>,
        /// Whether it is to be in the list.
        wanted: bool,
        /// The elements of the list.
        list: Vec<Expr>,
    },
    /// `not a`; a condition.
    Not(Box<Expr>),
    /// `a and b and c`, two operands at least; a condition.
    And(Vec<Expr>),
    /// `a or b or c`, two operands at least; a condition.
    Or(Vec<Expr>),
    /// A parenthesised value or condition.
    Paren(Box<Expr>),
    /// `(a, b) => body`.
    Lambda(Lambda),
    /// A place where the parser recovered from an error. Never in a tree without diagnostics.
    Error,
}

/// A call of an editor or a converter.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// From the name to the last bracket.
    pub span: Span,
    /// The function's name.
    pub name: Ident,
    /// Arguments in source order.
    pub args: Vec<Argument>,
    /// Keys that index the result; always empty for an editor.
    pub keys: Vec<Key>,
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    /// Where it stands.
    pub span: Span,
    /// The name as written.
    pub text: String,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// From the name, if any, to the end of the value.
    pub span: Span,
    /// The parameter's name in `name = value`.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// A path: `context.field["key"].field`.
///
/// Whether the first segment names a context is for the compiler to decide; here it is a segment
/// like the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// From the first segment to the last bracket.
    pub span: Span,
    /// The segments, one at least.
    pub segments: Vec<Segment>,
}

/// One segment of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The name between the dots.
    pub name: Ident,
    /// The keys behind it.
    pub keys: Vec<Key>,
}

/// A key in square brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// From bracket to bracket.
    pub span: Span,
    /// What is between them.
    pub kind: KeyKind,
}

/// What stands between the brackets of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyKind {
    /// `["name"]`.
    String(Vec<u8>),
    /// `[0]`.
    Int(i64),
    /// A path, a converter or arithmetic that is evaluated for each item.
    Expr(Box<Expr>),
}

/// One entry of a map literal.
#[derive(Clone, Debug, PartialEq)]
pub struct MapEntry {
    /// Where the key stands.
    pub key_span: Span,
    /// The key, escapes decoded.
    pub key: Vec<u8>,
    /// The value.
    pub value: Expr,
}

/// An anonymous function.
#[derive(Clone, Debug, PartialEq)]
pub struct Lambda {
    /// The parameters; `_` may repeat.
    pub params: Vec<Ident>,
    /// A value or a condition.
    pub body: Box<Expr>,
}

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `+`
    Plus,
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}
