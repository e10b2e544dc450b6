//! The program after resolution: smaller than the syntax tree, and typed.
//!
//! Paths are definitions with keys, functions are numbers in the registry, enums are integers,
//! signs of literals are folded in. What it loses against the syntax tree: parentheses, argument
//! names and their order, the spelling of everything.

use otlp_columns::Level;
use ottl_syntax::Span;
use ottl_vm::path::{Access, Keys, PathDef, RequestPart, Shapes};
use ottl_vm::{ArithmeticOp, CompareOp, ErrorMode, Literal, Type};

/// What a program consists of, in the order in which it runs for an item.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all items are statements")]
pub enum Item {
    /// A statement.
    Statement(Statement),
    /// Statements that run for some items only.
    Block(Block),
}

/// Statements under conditions: the first arm whose condition holds runs, and if none does, what
/// runs otherwise. Conditions are evaluated before any of the statements; where one fails, nothing
/// of the block runs for the item, unless another condition of the same arm holds.
#[derive(Clone, Debug)]
pub struct Block {
    /// The arms, one at least.
    pub arms: Vec<Arm>,
    /// What runs where no condition holds.
    pub otherwise: Vec<Item>,
}

/// Statements that run for the items for which one of some conditions holds.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The conditions, one at least.
    pub conditions: Vec<Head>,
    /// What runs.
    pub items: Vec<Item>,
}

/// A condition that stands on its own.
#[derive(Clone, Debug)]
pub struct Head {
    /// Where it stands.
    pub span: Span,
    /// How it is written.
    pub text: String,
    /// The condition.
    pub condition: Condition,
    /// What happens when it fails; what the run's settings say, if nothing is said here.
    pub error_mode: Option<ErrorMode>,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Where it stands.
    pub span: Span,
    /// How it is written.
    pub text: String,
    /// What happens when it fails; what the run's settings say, if nothing is said here.
    pub error_mode: Option<ErrorMode>,
    /// When it runs; always, if there is none.
    pub condition: Option<Condition>,
    /// What it does.
    pub editor: Call,
}

/// What holds or does not.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Always or never.
    Known {
        /// Whether always.
        value: bool,
        /// Parts that decide nothing. They are never evaluated, but their functions are bound, since
        /// what is wrong with a part is wrong wherever it stands.
        unevaluated: Vec<Condition>,
    },
    /// A comparison.
    Compare {
        /// Where it stands.
        span: Span,
        /// The operator.
        op: CompareOp,
        /// Left side.
        lhs: Expr,
        /// Right side.
        rhs: Expr,
    },
    /// Whether a value equals one of some literals.
    In {
        /// Where it stands.
        span: Span,
        /// The value, which is evaluated once.
        value: Expr,
        /// The literals, one at least.
        list: Vec<Literal>,
    },
    /// A converter whose result is a boolean.
    Truth(Expr),
    /// The opposite.
    Not(Box<Condition>),
    /// All of them.
    And(Vec<Condition>),
    /// One of them.
    Or(Vec<Condition>),
}

/// A value.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// Its static type.
    pub ty: Type,
    /// What it is.
    pub kind: ExprKind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// Known at compile time.
    Literal(Literal),
    /// Read from the item.
    Path(Path),
    /// A converter's result.
    Call(Call),
    /// A parameter of a lambda around it.
    Local(LocalId),
    /// What keys lead to in a converter's result, or in the argument of a lambda.
    Index {
        /// The result.
        base: Box<Expr>,
        /// The keys.
        keys: Vec<Expr>,
    },
    /// A list with elements that are not all known.
    List(Vec<Expr>),
    /// A map with values that are not all known; keys are distinct.
    Map(Vec<(Vec<u8>, Expr)>),
    /// A number with its sign changed.
    Negate(Box<Expr>),
    /// Arithmetic.
    Arithmetic {
        /// The operator.
        op: ArithmeticOp,
        /// Left operand.
        lhs: Box<Expr>,
        /// Right operand.
        rhs: Box<Expr>,
    },
    /// Stands where a diagnostic was reported; a program with one is not generated.
    Error,
}

/// A resolved path.
#[derive(Clone, Debug)]
pub struct Path {
    /// Where it stands.
    pub span: Span,
    /// Its name with the context, without keys.
    pub name: String,
    /// What it is.
    pub def: PathDef,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// A key of a path.
#[derive(Clone, Debug)]
pub enum Key {
    /// A literal string.
    Str(Vec<u8>),
    /// A literal integer.
    Int(i64),
    /// Evaluated for each item.
    Expr(Expr),
}

/// A call with one argument for each parameter.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where it stands.
    pub span: Span,
    /// Where the function's name stands.
    pub name_span: Span,
    /// The function, as an index into the registry.
    pub function: FunctionId,
    /// The arguments, in the order of the parameters.
    pub args: Vec<Arg>,
}

/// A function's index in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId(pub u32);

/// An argument.
#[derive(Clone, Debug)]
pub struct Arg {
    /// Where it stands; the call's name for an absent one.
    pub span: Span,
    /// What it is.
    pub kind: ArgKind,
}

/// What an argument is.
#[derive(Clone, Debug)]
pub enum ArgKind {
    /// The parameter is optional and nothing was given.
    Absent,
    /// A value.
    Value(Expr),
    /// A literal list, element by element.
    List(Vec<Expr>),
    /// A path that the function reads and writes.
    Path(Path),
    /// A function that is given by name.
    Function(FunctionId),
    /// The name of an output.
    Output(String),
    /// A function without name.
    Lambda(Lambda),
}

/// A parameter of a lambda; no two of a program are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalId(pub u32);

/// A function without name.
#[derive(Clone, Debug)]
pub struct Lambda {
    /// Its parameters; `None` for those without name.
    pub params: Vec<Option<LocalId>>,
    /// Parameters of the lambdas around it that it uses.
    pub captures: Vec<LocalId>,
    /// Its result.
    pub body: Box<LambdaBody>,
}

/// The result of a lambda.
#[derive(Clone, Debug)]
pub enum LambdaBody {
    /// A value.
    Value(Expr),
    /// Whether something holds.
    Condition(Condition),
}

impl Path {
    /// The level whose rows the path belongs to.
    #[must_use]
    pub fn level(&self) -> Level {
        self.def.access.level()
    }

    /// The type of what the path with its keys leads to.
    #[must_use]
    pub fn ty(&self) -> Type {
        if self.keys.is_empty() || self.def.keys != Keys::Any {
            self.def.ty
        } else {
            Type::Any
        }
    }

    /// Whether a read may give nil although the type says otherwise.
    #[must_use]
    pub fn nullable(&self) -> bool {
        let is_everywhere = matches!(self.def.shapes, Shapes::ALL | Shapes::POINTS);
        let may_lack = matches!(
            self.def.access,
            Access::Points | Access::Request(RequestPart::Address)
        );
        !is_everywhere || may_lack
    }
}
