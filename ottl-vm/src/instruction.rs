//! The instructions, declared once: the enum, its names and the disassembler follow from the table.
//!
//! The machine has registers of fixed kinds and no stack of values. Where the column interpreter
//! runs, a register is a vector with one element for each item of a chunk; where the row
//! interpreter runs, it is one value. Control flow is structured: a guard opens a region that only
//! the items whose condition has the wanted value enter, and [`Instruction::EndGuard`] closes it.
//! To the row interpreter a guard is a jump, to the column interpreter a narrower selection.
//!
//! Instructions that can fail put [`Value::Error`](otlp_columns::Value::Error) into their register;
//! whoever needs the value fails then. So an argument that no function looks at never fails.

use std::fmt;

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

macro_rules! instructions {
    ($($(#[doc = $doc:literal])+ $name:ident $mnemonic:literal { $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty,)* })*) => {
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
        }
    };
}

instructions! {
    /// Reads a path.
    Load "load" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register,
        /// Index into the program's paths.
        path: u32,
        /// The path's dynamic keys.
        keys: Vec<Operand>,
    }
    /// Reads a path that is always an integer.
    LoadInt "load.int" {
        /// Of kind [`RegisterKind::Int`].
        dst: Register,
        /// Index into the program's paths.
        path: u32,
    }
    /// Reads a path that is always a string.
    LoadStr "load.str" {
        /// Of kind [`RegisterKind::Str`].
        dst: Register,
        /// Index into the program's paths.
        path: u32,
    }
    /// Makes a dynamic value of a typed one or of a constant.
    Box "box" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register,
        /// A constant, or a register of kind Int or Str.
        src: Operand,
    }
    /// Changes the sign of a number.
    Negate "neg" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register,
        /// The number.
        src: Operand,
    }
    /// Arithmetic on values.
    Arithmetic "arith" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register,
        /// The operator.
        op: ArithmeticOp,
        /// Left operand.
        lhs: Operand,
        /// Right operand.
        rhs: Operand,
    }
    /// Wrapping arithmetic on integers, without division.
    ArithmeticInt "arith.int" {
        /// Of kind [`RegisterKind::Int`].
        dst: Register,
        /// Add, subtract or multiply.
        op: ArithmeticOp,
        /// An Int register or an integer constant.
        lhs: Operand,
        /// An Int register or an integer constant.
        rhs: Operand,
    }
    /// Compares values by the rules of the language.
    Compare "cmp" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register,
        /// The operator.
        op: CompareOp,
        /// Left operand.
        lhs: Operand,
        /// Right operand.
        rhs: Operand,
    }
    /// Compares integers.
    CompareInt "cmp.int" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register,
        /// The operator.
        op: CompareOp,
        /// An Int register or an integer constant.
        lhs: Operand,
        /// An Int register or an integer constant.
        rhs: Operand,
    }
    /// Compares strings byte by byte.
    CompareStr "cmp.str" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register,
        /// The operator.
        op: CompareOp,
        /// A Str register or a string constant.
        lhs: Operand,
        /// A Str register or a string constant.
        rhs: Operand,
    }
    /// Takes a value as a condition; anything but a boolean fails.
    Truth "truth" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register,
        /// The value.
        src: Operand,
    }
    /// A condition that is known.
    Bool "bool" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register,
        /// Its value.
        value: bool,
    }
    /// The opposite of a condition.
    Not "not" {
        /// Of kind [`RegisterKind::Bool`].
        dst: Register,
        /// Of kind [`RegisterKind::Bool`].
        src: Register,
    }
    /// Opens a region for the items whose condition is `when`.
    Guard "guard" {
        /// Of kind [`RegisterKind::Bool`].
        condition: Register,
        /// The value with which items enter.
        when: bool,
        /// The index of the matching [`Instruction::EndGuard`].
        end: u32,
    }
    /// Closes the innermost region.
    EndGuard "end" {}
    /// Calls a converter.
    Call "call" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register,
        /// Index into the program's calls.
        call: u32,
        /// The slots of the call.
        slots: Vec<Operand>,
    }
    /// Follows a converter's keys into its result.
    Index "index" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register,
        /// The result.
        src: Operand,
        /// Strings or integers.
        keys: Vec<Operand>,
    }
    /// Makes a list.
    List "list" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register,
        /// The elements.
        elements: Vec<Operand>,
    }
    /// Makes a map.
    Map "map" {
        /// Of kind [`RegisterKind::Value`].
        dst: Register,
        /// String constants.
        keys: Vec<Operand>,
        /// The values, one for each key.
        values: Vec<Operand>,
    }
    /// Counts the items that reach it as matched by the statement.
    Matched "matched" {
        /// Index of the statement.
        part: u32,
    }
    /// Writes a value to a path.
    Store "store" {
        /// Index into the program's paths.
        path: u32,
        /// The path's dynamic keys.
        keys: Vec<Operand>,
        /// The value.
        src: Operand,
    }
    /// Calls an editor.
    Edit "edit" {
        /// Index into the program's calls.
        call: u32,
        /// The slots of the call.
        slots: Vec<Operand>,
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
