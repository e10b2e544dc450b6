//! The instructions, declared once: the enum, the disassembler and the verifier follow from the table.
//!
//! The machine has registers of fixed kinds and no stack of values. Where the column interpreter
//! runs, a register is a vector with one element for each item of a chunk; where the row
//! interpreter runs, it is one value. Control flow is structured: a guard opens a region that only
//! the items whose condition has the wanted value enter, and [`Instruction::EndGuard`] closes it.
//! To the row interpreter a guard is a jump, to the column interpreter a narrower selection.
//!
//! Some instructions stand only in the code of statements that run together, which the column
//! interpreter alone runs; see [`Fused`](crate::Fused). They say whose instructions follow, what
//! several statements share, and which of the statements an item is for.
//!
//! Instructions that can fail put [`Value::Error`](otlp_columns::Value::Error) into their register;
//! whoever needs the value fails then. So an argument that no function looks at never fails.

use std::fmt;

use otlp_columns::Level;

use crate::access::Holders;
use crate::path::context_name;

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

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

/// A register's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Register(pub u32);

/// What a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterKind {
    /// Any value.
    Value,
    /// Integers; never nil, never an error.
    Int,
    /// Strings; never nil, never an error.
    Str,
    /// Truth values of conditions.
    Bool,
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A register.
    Register(Register),
    /// An index into [`Program::constants`](crate::Program::constants).
    Constant(u32),
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(register) => register.fmt(f),
            Self::Constant(index) => write!(f, "c{index}"),
        }
    }
}

/// What an operand must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A register of kind value, or any constant.
    Value,
    /// A register of kind integer, or an integer constant.
    Int,
    /// A register of kind string, or a string constant.
    Str,
    /// A register of kind condition.
    Bool,
    /// A register of any kind but condition, or any constant.
    Any,
    /// An index into the paths.
    Path,
    /// An index into the calls.
    Call,
    /// An index into the parts.
    Part,
    /// The index of the instruction that ends the guard.
    Guard,
    /// The index of the instruction that ends the part.
    PartEnd,
    /// The index of the instruction that ends what is shared.
    SharedEnd,
    /// An index into the tables.
    Table,
    /// Registers of any kind.
    Result,
    /// A number below that of the failures that are kept.
    Failures,
    /// Anything.
    Plain,
}

/// An operand as it stands in an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Operand(Operand),
    Index(u32),
}

/// Operands that can be shown to a visitor.
trait Visit {
    fn visit(&self, rule: Rule, visitor: &mut dyn FnMut(Rule, Use));
}

impl Visit for Register {
    fn visit(&self, rule: Rule, visitor: &mut dyn FnMut(Rule, Use)) {
        visitor(rule, Use::Operand(Operand::Register(*self)));
    }
}

impl Visit for Operand {
    fn visit(&self, rule: Rule, visitor: &mut dyn FnMut(Rule, Use)) {
        visitor(rule, Use::Operand(*self));
    }
}

impl Visit for Vec<Operand> {
    fn visit(&self, rule: Rule, visitor: &mut dyn FnMut(Rule, Use)) {
        self.iter().for_each(|operand| operand.visit(rule, visitor));
    }
}

impl Visit for Vec<Register> {
    fn visit(&self, rule: Rule, visitor: &mut dyn FnMut(Rule, Use)) {
        self.iter()
            .for_each(|register| register.visit(rule, visitor));
    }
}

impl Visit for u32 {
    fn visit(&self, rule: Rule, visitor: &mut dyn FnMut(Rule, Use)) {
        visitor(rule, Use::Index(*self));
    }
}

macro_rules! without_operands {
    ($($ty:ty),*) => {
        $(impl Visit for $ty {
            fn visit(&self, _: Rule, _: &mut dyn FnMut(Rule, Use)) {}
        })*
    };
}

without_operands!(
    bool,
    Option<Holders>,
    Option<Level>,
    CompareOp,
    ArithmeticOp
);

macro_rules! instructions {
    ($($(#[doc = $doc:literal])+ $name:ident $mnemonic:literal {
        $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty as $rule:ident,)*
    })*) => {
        /// One instruction.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Instruction {
            $($(#[doc = $doc])+ $name { $($(#[doc = $field_doc])+ $field: $ty,)* },)*
        }

        impl Instruction {
            /// The name in disassembly.
            #[must_use]
            pub fn mnemonic(&self) -> &'static str {
                match self { $(Self::$name { .. } => $mnemonic,)* }
            }

            /// The operands in disassembly, as `dst=r1`.
            #[must_use]
            pub fn operands(&self) -> Vec<String> {
                match self {
                    $(Self::$name { $($field,)* } => {
                        vec![$(format!(concat!(stringify!($field), "={}"), Shown($field)),)*]
                    })*
                }
            }

            /// Shows each operand with the rule it must obey.
            pub(crate) fn visit(&self, visitor: &mut dyn FnMut(Rule, Use)) {
                match self {
                    $(Self::$name { $($field,)* } => {
                        $($field.visit(Rule::$rule, visitor);)*
                        let _ = visitor;
                    })*
                }
            }
        }
    };
}

instructions! {
    /// Reads a path.
    Load "load" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register as Value,
        /// Index into the program's paths.
        path: u32 as Path,
        /// The path's dynamic keys.
        keys: Vec<Operand> as Value,
    }
    /// Reads a path that is always an integer.
    LoadInt "load.int" {
        /// Of kind [`RegisterKind::Int`].
        dst: Register as Int,
        /// Index into the program's paths.
        path: u32 as Path,
    }
    /// Reads a path that is always a string.
    LoadStr "load.str" {
        /// Of kind [`RegisterKind::Str`].
        dst: Register as Str,
        /// Index into the program's paths.
        path: u32 as Path,
    }
    /// Makes a dynamic value of a typed one or of a constant.
    Box "box" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register as Value,
        /// A constant, or a register of kind Int or Str.
        src: Operand as Any,
    }
    /// Changes the sign of a number.
    Negate "neg" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register as Value,
        /// The number.
        src: Operand as Value,
    }
    /// Arithmetic on values.
    Arithmetic "arith" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register as Value,
        /// The operator.
        op: ArithmeticOp as Plain,
        /// Left operand.
        lhs: Operand as Value,
        /// Right operand.
        rhs: Operand as Value,
    }
    /// Wrapping arithmetic on integers, without division.
    ArithmeticInt "arith.int" {
        /// Of kind [`RegisterKind::Int`].
        dst: Register as Int,
        /// Add, subtract or multiply.
        op: ArithmeticOp as Plain,
        /// An Int register or an integer constant.
        lhs: Operand as Int,
        /// An Int register or an integer constant.
        rhs: Operand as Int,
    }
    /// Compares values by the rules of the language.
    Compare "cmp" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register as Bool,
        /// The operator.
        op: CompareOp as Plain,
        /// Left operand.
        lhs: Operand as Value,
        /// Right operand.
        rhs: Operand as Value,
    }
    /// Compares integers.
    CompareInt "cmp.int" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register as Bool,
        /// The operator.
        op: CompareOp as Plain,
        /// An Int register or an integer constant.
        lhs: Operand as Int,
        /// An Int register or an integer constant.
        rhs: Operand as Int,
    }
    /// Compares strings byte by byte.
    CompareStr "cmp.str" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register as Bool,
        /// The operator.
        op: CompareOp as Plain,
        /// A Str register or a string constant.
        lhs: Operand as Str,
        /// A Str register or a string constant.
        rhs: Operand as Str,
    }
    /// Takes a value as a condition; anything but a boolean fails.
    Truth "truth" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register as Bool,
        /// The value.
        src: Operand as Any,
    }
    /// A condition that is known.
    Bool "bool" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register as Bool,
        /// Its value.
        value: bool as Plain,
    }
    /// The opposite of a condition.
    Not "not" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register as Bool,
        /// Of kind [`RegisterKind::Bool`].
        src: Register as Bool,
    }
    /// Another register's condition.
    Copy "copy" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register as Bool,
        /// Of kind [`RegisterKind::Bool`].
        src: Register as Bool,
    }
    /// Whether a value equals one of the keys of a table.
    In "in" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register as Bool,
        /// The value.
        value: Operand as Any,
        /// Index into the program's tables.
        table: u32 as Table,
    }
    /// Opens a region for the items whose condition is `when`.
    Guard "guard" {
        /// Of kind [`RegisterKind::Bool`].
        condition: Register as Bool,
        /// The value with which items enter.
        when: bool as Plain,
        /// The index of the matching [`Instruction::EndGuard`].
        end: u32 as Guard,
    }
    /// Closes the innermost region.
    EndGuard "end" {}
    /// Calls a converter.
    Call "call" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register as Value,
        /// Index into the program's calls.
        call: u32 as Call,
        /// The slots of the call.
        slots: Vec<Operand> as Value,
    }
    /// Follows a converter's keys into its result.
    Index "index" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register as Value,
        /// The result.
        src: Operand as Value,
        /// Strings or integers.
        keys: Vec<Operand> as Value,
    }
    /// Makes a list.
    List "list" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register as Value,
        /// The elements.
        elements: Vec<Operand> as Value,
    }
    /// Makes a map.
    Map "map" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register as Value,
        /// String constants.
        keys: Vec<Operand> as Str,
        /// The values, one for each key.
        values: Vec<Operand> as Value,
    }
    /// Counts the items that reach it as matched by the statement.
    Matched "matched" {
        /// Index of the statement.
        part: u32 as Part,
    }
    /// Writes a value to a path.
    Store "store" {
        /// Index into the program's paths.
        path: u32 as Path,
        /// The path's dynamic keys.
        keys: Vec<Operand> as Value,
        /// The value.
        src: Operand as Any,
        /// What the value may be or contain, when that may be what holds the target.
        within: Option<Holders> as Plain,
    }
    /// Opens the instructions of one statement among those that run together.
    Part "part" {
        /// Index of the statement.
        part: u32 as Part,
        /// The index of the matching [`Instruction::EndPart`].
        end: u32 as PartEnd,
    }
    /// Closes the instructions of a statement.
    EndPart "end.part" {}
    /// Opens instructions that are evaluated once for what several items or statements need.
    Shared "shared" {
        /// The level above the items that the results depend on: they are evaluated for the first
        /// of neighbouring items with the same row there, and are the others' as well.
        level: Option<Level> as Plain,
        /// The index of the matching [`Instruction::EndShared`].
        end: u32 as SharedEnd,
    }
    /// Closes what is shared.
    EndShared "end.shared" {
        /// What is needed of it.
        results: Vec<Register> as Result,
        /// Where its failures are kept for [`Instruction::Fail`].
        failures: u32 as Failures,
    }
    /// Fails the items for which what is shared has failed.
    Fail "fail" {
        /// The number that [`Instruction::EndShared`] has.
        failures: u32 as Failures,
    }
    /// Goes, for each item, to the statements that a table has for a value; they stand behind it.
    /// A value that stands for an error fails all of them.
    Switch "switch" {
        /// The value.
        value: Operand as Any,
        /// Index into the program's tables.
        table: u32 as Table,
        /// The index of the last instruction of the last statement.
        end: u32 as PartEnd,
    }
    /// Calls an editor.
    Edit "edit" {
        /// Index into the program's calls.
        call: u32 as Call,
        /// The slots of the call.
        slots: Vec<Operand> as Value,
    }
}

/// Shows an operand in disassembly.
struct Shown<'a, T>(&'a T);

macro_rules! shown {
    ($($ty:ty => |$value:ident, $f:ident| $show:expr;)*) => {
        $(impl fmt::Display for Shown<'_, $ty> {
            fn fmt(&self, $f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $value = self.0;
                $show
            }
        })*
    };
}

shown! {
    Register => |value, f| value.fmt(f);
    Operand => |value, f| value.fmt(f);
    u32 => |value, f| write!(f, "{value}");
    bool => |value, f| write!(f, "{value}");
    Option<Holders> => |value, f| match value {
        Some(value) => write!(f, "{:#x}", value.keys),
        None => f.write_str("-"),
    };
    Option<Level> => |value, f| match value {
        Some(level) => f.write_str(context_name(*level)),
        None => f.write_str("-"),
    };
    Vec<Register> => |value, f| {
        let registers: Vec<_> = value.iter().map(Register::to_string).collect();
        write!(f, "[{}]", registers.join(" "))
    };
    CompareOp => |value, f| f.write_str(value.symbol());
    ArithmeticOp => |value, f| f.write_str(value.symbol());
    Vec<Operand> => |value, f| {
        let operands: Vec<_> = value.iter().map(Operand::to_string).collect();
        write!(f, "[{}]", operands.join(" "))
    };
}

impl CompareOp {
    /// The operator as it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// Whether an ordering of the left to the right side satisfies the operator.
    #[inline]
    #[must_use]
    pub fn accepts(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::Ne => ordering.is_ne(),
            Self::Lt => ordering.is_lt(),
            Self::Le => ordering.is_le(),
            Self::Gt => ordering.is_gt(),
            Self::Ge => ordering.is_ge(),
        }
    }
}

impl ArithmeticOp {
    /// The operator as it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }
}
